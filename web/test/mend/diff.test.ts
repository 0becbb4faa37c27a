import { describe, expect, it } from 'vitest';
import { isSame, mergePatch, resolved, threeWay } from '../../src/mend/diff.ts';
import type { Feature } from '../../src/mend/write.ts';

/** RFC 7396, the slow obvious way. */
function apply(target: unknown, patch: unknown): unknown {
  if (patch === null || typeof patch !== 'object' || Array.isArray(patch)) return patch;
  const isPlain = target !== null && typeof target === 'object' && !Array.isArray(target);
  const result: Record<string, unknown> = isPlain ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = apply(result[name], value);
  }
  return result;
}

const record = (properties: Record<string, unknown>, geometry: unknown = null): Feature => ({
  type: 'Feature',
  id: 'a',
  geometry,
  properties,
});

describe('a merge patch', () => {
  it('makes of what was what is, for values of every kind', () => {
    const values = [1, 'x', true, ['a'], ['a', 'b'], { en: 'x' }, { en: 'y', uk: 'ж' }, 0];
    for (const before of [undefined, ...values]) {
      for (const after of values) {
        const [old, now] = [
          { same: 1, v: before },
          { same: 1, v: after },
        ];
        const patch = mergePatch(old, now);
        expect(isSame(patch ? apply(old, patch) : old, now)).toBe(true);
      }
    }
  });

  it('names only what changed, and takes away by null', () => {
    const before = { title: { en: 'a', uk: 'б' }, deaths_best: 0, tags: ['x'] };
    expect(mergePatch(before, { title: { en: 'a', uk: '' }, deaths_best: 0, tags: [] })).toEqual({
      title: { uk: null },
      tags: null,
    });
    expect(mergePatch(before, structuredClone(before))).toBeNull();
  });

  it('does not take a zero for nothing', () => {
    expect(mergePatch({ deaths_best: null }, { deaths_best: 0 })).toEqual({ deaths_best: 0 });
    expect(mergePatch({ civilian: null }, { civilian: false })).toEqual({ civilian: false });
  });
});

describe('two editors', () => {
  const base = record({ title: 'a', damage: 'x', deaths_best: 1, revision: 1 });
  const mine = record({ title: 'mine', damage: 'x', deaths_best: 2, revision: 1 });
  const theirs = record({ title: 'theirs', damage: 'y', deaths_best: 1, revision: 2 });
  const split = threeWay(base, mine, theirs);

  it('clash only where both changed the same value otherwise', () => {
    expect(split.clashes.map(({ name }) => name)).toEqual(['title']);
    expect(split.taken.map(({ name }) => name)).toEqual(['damage']);
    expect(split.kept.map(({ name }) => name)).toEqual(['deaths_best']);
    expect(threeWay(base, mine, mine).clashes).toEqual([]);
  });

  it('lose nothing: what one of them changed is there, and the chosen side of a clash', () => {
    expect(resolved(theirs, split, new Set()).properties).toEqual({
      title: 'theirs',
      damage: 'y',
      deaths_best: 2,
      revision: 2,
    });
    expect(resolved(theirs, split, new Set(['title'])).properties.title).toBe('mine');
    expect(theirs.properties.title).toBe('theirs');
  });

  it('may both move the point', () => {
    const at = (lng: number) => record({}, { type: 'Point', coordinates: [lng, 45] });
    const moved = threeWay(at(1), at(2), at(3));
    expect(moved.clashes.map(({ name }) => name)).toEqual(['geometry']);
    expect(resolved(at(3), moved, new Set(['geometry'])).geometry).toEqual(at(2).geometry);
  });
});
