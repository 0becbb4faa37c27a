// What an editor changed, as a merge patch (RFC 7396), and what two editors changed at once. Pure.

import type { Feature } from './write.ts';

export type Members = Record<string, unknown>;

/** The patch that makes `after` of `before`; `null` when there is nothing to change. Lists are replaced whole. */
export function mergePatch(before: Members, after: Members): Members | null {
  const patch: Members = {};
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [old, now] = [before[name], after[name]];
    if (isSame(old, now)) continue;
    if (isEmpty(now)) patch[name] = null;
    else if (isMembers(old) && isMembers(now)) patch[name] = mergePatch(old, now);
    else patch[name] = now;
  }
  return Object.keys(patch).length ? patch : null;
}

/** One value as it was, as I have it, and as somebody else has it by now. */
export interface Clash {
  /** `geometry`, or the name of a property. */
  name: string;
  base: unknown;
  mine: unknown;
  theirs: unknown;
}

export interface ThreeWay {
  /** Both of us changed it, and not alike. */
  clashes: Clash[];
  /** Only they changed it. */
  taken: Clash[];
  /** Only I changed it. */
  kept: Clash[];
}

export function threeWay(base: Feature, mine: Feature, theirs: Feature): ThreeWay {
  const sides = [base, mine, theirs].map(
    ({ geometry, properties }): Members => ({ geometry, ...properties }),
  ) as [Members, Members, Members];
  const split: ThreeWay = { clashes: [], taken: [], kept: [] };
  for (const name of new Set(sides.flatMap((side) => Object.keys(side)))) {
    if (OF_EVERY_REVISION.includes(name)) continue;
    const [was, own, other] = sides.map((side) => side[name]);
    const clash = { name, base: was, mine: own, theirs: other };
    if (isSame(own, other)) continue;
    if (isSame(was, own)) split.taken.push(clash);
    else if (isSame(was, other)) split.kept.push(clash);
    else split.clashes.push(clash);
  }
  return split;
}

/** Their record with what only I changed, and with mine where I chose it. */
export function resolved(theirs: Feature, split: ThreeWay, mine: ReadonlySet<string>): Feature {
  const wanted = [...split.kept, ...split.clashes.filter(({ name }) => mine.has(name))];
  const result: Feature = { ...theirs, properties: { ...theirs.properties } };
  for (const { name, mine: value } of wanted) {
    if (name === 'geometry') result.geometry = value;
    else result.properties[name] = value;
  }
  return result;
}

/** Equal as JSON; what is absent, null or empty is one. */
export function isSame(a: unknown, b: unknown): boolean {
  if (isEmpty(a) || isEmpty(b)) return isEmpty(a) && isEmpty(b);
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((one, index) => isSame(one, b[index]));
  }
  if (isMembers(a) && isMembers(b)) {
    return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((name) =>
      isSame(a[name], b[name]),
    );
  }
  return a === b;
}

const OF_EVERY_REVISION = ['revision', 'recorded_at', 'recorded_by'];

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  return isMembers(value) && Object.values(value).every(isEmpty);
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
