// What the server finds wrong with a record, in the reader's words.
//
// The server says it in sentences and gives no codes. `faults.json` has the sentences that records and tables get most,
// with `{a}`, `{b}` for what stands in them; a test holds each against the server's own source. Any other is told in the
// server's English, in brackets, and called that.

import known from '../text/faults.json';
import type { Words } from '../words.ts';
import type { Fault } from './write.ts';

type Sentences = Record<string, { uk: string; ro: string }>;

interface Sentence {
  form: RegExp;
  uk: string;
  ro: string;
}

/** Those that say most first: a short one would take a longer one for a value. */
const SENTENCES: readonly Sentence[] = Object.entries(known as Sentences)
  .sort(([a], [b]) => b.replace(/\{\w\}/g, '').length - a.replace(/\{\w\}/g, '').length)
  .map(([text, { uk, ro }]) => ({ form: formOf(text), uk, ro }));

/** A fault in one line. */
export function tellFault(words: Words, { field, problem, hint }: Fault): string {
  const told = tellSentence(words, problem);
  const aid = hint ? ` (${tellSentence(words, hint)})` : '';
  return `${field ? `${field}: ` : ''}${told}${aid}`;
}

/** A sentence of the server, in the reader's language. */
export function tellSentence(words: Words, text: string): string {
  if (words.lang === 'en' || text === '') return text;
  return translated(words.lang, text) ?? words.t('mend.import.told', { text });
}

function translated(lang: 'uk' | 'ro', text: string): string | null {
  for (const sentence of SENTENCES) {
    const found = sentence.form.exec(text);
    if (!found) continue;
    return sentence[lang].replace(/\{(\w)\}/g, (_, name: string) => {
      const value = found.groups?.[name] ?? '';
      // What the record says stands in quotation marks, and is nobody's to translate.
      return value.startsWith('"') ? value : (translated(lang, value) ?? value);
    });
  }
  return null;
}

function formOf(text: string): RegExp {
  const parts = text.split(/\{(\w)\}/);
  const form = parts.map((part, at) =>
    at % 2 ? `(?<${part}>.+?)` : part.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'),
  );
  return new RegExp(`^${form.join('')}$`, 's');
}
