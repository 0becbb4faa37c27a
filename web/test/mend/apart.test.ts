import { describe, expect, it } from 'vitest';
import { readApart } from '../../src/mend/apart.ts';

/** As much of a browser's storage as is used. */
function storage(kept: Record<string, string> = {}): Storage {
  return {
    getItem: (name: string) => kept[name] ?? null,
    setItem: (name: string, value: string) => {
      kept[name] = value;
    },
  } as Storage;
}

describe('a pair that was put aside', () => {
  it('is remembered, whichever of the two is named first', () => {
    const browser = storage();
    expect(readApart(browser).set(['b', 'a'], true)).toBe(true);
    const later = readApart(browser);
    expect(later.has(['a', 'b'])).toBe(true);
    expect(later.has(['a', 'c'])).toBe(false);
  });

  it('can be taken back', () => {
    const browser = storage();
    readApart(browser).set(['a', 'b'], true);
    readApart(browser).set(['b', 'a'], false);
    expect(readApart(browser).has(['a', 'b'])).toBe(false);
  });

  it('is kept beside what another window put aside meanwhile', () => {
    const browser = storage();
    const [one, other] = [readApart(browser), readApart(browser)];
    one.set(['a', 'b'], true);
    other.set(['c', 'd'], true);
    expect(readApart(browser).has(['a', 'b'])).toBe(true);
  });

  it('is remembered until the page is closed where the browser keeps nothing, and says so', () => {
    const full = {
      ...storage(),
      setItem: () => {
        throw new DOMException('full');
      },
    } as Storage;
    for (const browser of [null, full]) {
      const apart = readApart(browser);
      expect(apart.set(['a', 'b'], true)).toBe(false);
      expect(apart.has(['a', 'b'])).toBe(true);
    }
  });

  it('is none when what is kept is something else', () => {
    for (const kept of ['{', '{"a":1}', '[1,null]', 'null']) {
      expect(readApart(storage({ 'kordon.apart': kept })).has(['a', 'b'])).toBe(false);
    }
  });
});
