// Values of a record in the reader's words.

import type { Words } from '../words.ts';

/** The group of texts for the words of a property. */
const GROUPS: Record<string, string> = {
  event_type: 'type',
  sub_event_type: 'subtype',
  verification: 'verification',
  infrastructure: 'infrastructure',
  damage: 'damage',
  functional_status: 'functional',
  credibility: 'mend.credibility',
  reliability: 'mend.reliability',
  type: 'sourcetype',
};

/** Properties whose values are texts by language. */
const TEXTS = ['title', 'description'];

export function fieldName(words: Words, name: string): string {
  return words.term('mend.field', name);
}

/** A word of the data as the reader says it. */
export function wordOf(words: Words, field: string, word: string): string {
  return words.term(GROUPS[field] ?? 'mend.word', word);
}

/** A language by its name. */
export function languageName(words: Words, tag: string): string {
  if (tag === 'und') return words.t('mend.language.unknown');
  try {
    return new Intl.DisplayNames([words.lang], { type: 'language' }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}

/** Any value of a record in a line or a few. */
export function tellValue(words: Words, name: string, value: unknown): string {
  if (value === null || value === undefined || value === '') return words.t('mend.nothing');
  if (Array.isArray(value)) {
    if (!value.length) return words.t('mend.nothing');
    return value
      .map((one) => tellValue(words, name, one))
      .join(name === 'coordinates' ? ', ' : '; ');
  }
  if (typeof value === 'object') {
    const members = Object.entries(value).filter(([, one]) => one !== null);
    if (TEXTS.includes(name)) {
      const isPlain = members.length === 1 && members[0]?.[0] === 'und';
      return members
        .map(([tag, text]) => (isPlain ? text : `${languageName(words, tag)}: ${text}`))
        .join('; ');
    }
    if (name === 'geometry') {
      const { coordinates } = value as { coordinates?: unknown };
      return tellValue(words, 'coordinates', coordinates);
    }
    return members
      .map(([inner, one]) => `${fieldName(words, inner)}: ${tellValue(words, inner, one)}`)
      .join(', ');
  }
  if (typeof value === 'boolean') return words.t(value ? 'mend.yes' : 'mend.no');
  if (typeof value === 'number') {
    if (name === 'coordinates') return String(Number(value.toFixed(6)));
    return name === 'credibility' ? wordOf(words, name, String(value)) : words.number(value);
  }
  const isWord = /^([a-z][a-z0-9_]*|[A-F]|[1-6])$/.test(String(value));
  return isWord ? wordOf(words, name, String(value)) : String(value);
}

/** When something was written, by the clock of UTC. */
export function tellTime(words: Words, at: string | null): string {
  const instant = at ? new Date(at) : null;
  if (!instant || Number.isNaN(instant.getTime())) return at ?? '?';
  const locale = words.lang === 'en' ? 'en-GB' : words.lang;
  const format = new Intl.DateTimeFormat(locale, {
    dateStyle: 'medium',
    timeStyle: 'short',
    timeZone: 'UTC',
  });
  return `${format.format(instant)} UTC`;
}

/** A difference as the server tells it, `impacts[0].damage: severe → destroyed`, in the reader's words. */
export function tellDifference(words: Words, told: string): string {
  const [, path, before, after] = /^(\S+?): (.*) → (.*)$/s.exec(told) ?? [];
  if (!path || before === undefined || after === undefined) return told;
  const parts = path.split('.');
  const names = parts.map((part, at) => {
    if (at === 1 && TEXTS.includes(parts[0] ?? '')) return languageName(words, part);
    const [, name, index] = /^(.*?)(?:\[(\d+)\])?$/.exec(part) ?? [];
    const n = Number(index) + 1;
    if (index && name === 'impacts') return words.t('mend.impact', { n });
    if (index && name === 'sources') return words.t('mend.source', { n });
    const told = name === 'place' ? words.t('panel.place') : fieldName(words, name ?? part);
    return index ? `${told} ${n}` : told;
  });
  const field = (parts.at(-1) ?? '').replace(/\[\d+\]$/, '');
  const side = (value: string) => {
    if (value === 'not stated') return words.t('mend.nothing');
    // Positions come as they are in GeoJSON.
    return field === 'place'
      ? value.replaceAll(/[[\]]/g, '').replaceAll(',', ', ')
      : tellValue(words, field, value);
  };
  return `${names.join(', ')}: ${side(before)} → ${side(after)}`;
}
