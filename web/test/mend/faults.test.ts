import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { tellSentence } from '../../src/mend/faults.ts';
import known from '../../src/text/faults.json';
import { wordsFor } from '../../src/words.ts';

const [english, ukrainian, romanian] = [wordsFor('en'), wordsFor('uk'), wordsFor('ro')];

/** The source of the server that reads and checks records, with `{}` for what is put into a text. */
function sourceOfServer(): string {
  const folder = new URL('../../../crates/incidents/src/', import.meta.url);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return files
    .filter((name) => name.endsWith('.rs'))
    .map((name) => readFileSync(new URL(name, folder), 'utf8'))
    .join('\n')
    .replaceAll('\\"', '"')
    .replaceAll(/\{[^{}"\n]*\}/g, '{}');
}

describe('a sentence of the server', () => {
  it('that is translated is one that the server says', () => {
    const source = sourceOfServer();
    const plain = (text: string) => text.replaceAll(/\{\w\}/g, '{}');
    // One sentence goes on with how many more there are.
    const saidAs = (text: string) => ['"', '{}"'].some((end) => source.includes(`"${text}${end}`));
    // Of a date what is wrong is said behind it, of a country what it is.
    const isSaid = (text: string) =>
      ['', '{} ', '{} is '].some(
        (start) => text.startsWith(start) && saidAs(text.slice(start.length)),
      );
    expect(
      Object.keys(known)
        .map(plain)
        .filter((text) => !isSaid(text)),
    ).toEqual([]);
  });

  it('keeps its values, and translates those that are words of its own', () => {
    expect(
      tellSentence(ukrainian, '"1527-05-03" lies in the year 1527; years run from 1900 to 2100'),
    ).toBe('"1527-05-03" припадає на рік 1527; можливі роки від 1900 до 2100');
    expect(tellSentence(romanian, 'is a text, but a list of ids is expected')).toBe(
      'aici este un text, dar se așteaptă o listă de identificatori',
    );
    expect(tellSentence(ukrainian, '"a text" is not a number')).toBe('"a text" не є числом');
    expect(
      tellSentence(
        ukrainian,
        'this is the longitude, whose letters are E or W; or are the columns swapped?',
      ),
    ).toBe('це довгота, її літери E чи W; чи, може, стовпці переставлено?');
  });

  it('that is not known here is told in English and called that, and in English as it is', () => {
    const other = 'half of a surrogate pair';
    expect(tellSentence(english, other)).toBe(other);
    expect(tellSentence(ukrainian, other)).toBe(`сервер каже англійською (${other})`);
    expect(tellSentence(romanian, other)).toContain(`(${other})`);
    expect(tellSentence(ukrainian, '')).toBe('');
  });

  it('has every value in every language', () => {
    for (const [text, { uk, ro }] of Object.entries(known)) {
      const names = (sentence: string) => [...new Set(sentence.match(/\{\w\}/g))].sort();
      expect([text, names(uk), names(ro)]).toEqual([text, names(text), names(text)]);
    }
  });
});
