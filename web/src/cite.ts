// How to cite what is shown, in words: what, measured against which borders, read when and where, and
// the address that gives the same data for ever.

import { citedAddress } from './api.ts';
import type { Boundary, Incident, Measure, World } from './types.ts';
import { printLength, tellDate, tellDistance, titleOf, type Words } from './words.ts';

interface Cited {
  boundary: Boundary | null;
  /** `null` where that is not known. */
  matched: number | null;
  /** What was answered from; `null` when that is not sure. */
  snapshot: string | null;
  /** The filter and order that were asked. */
  params: URLSearchParams;
  /** One incident, else all that match. */
  one: { incident: Incident; measure: Measure | null } | null;
  /** Of the page. */
  address: string;
}

export function citation(words: Words, world: World, cited: Cited): string {
  const { boundary, matched, snapshot, params, one, address } = cited;
  const what = one
    ? words.t('cite.incident', {
        title: titleOf(words, one.incident),
        date: tellDate(words, one.incident),
        distance: one.measure
          ? tellDistance(words, one.measure, world, one.incident.dateStart)
          : words.t('list.nodistance'),
      })
    : matched === null
      ? ''
      : `${words.t('cite.list', { count: matched, matched })}.`;
  const said = words.t('cite.text', {
    what,
    set: boundary?.set ?? '?',
    version: boundary?.version ?? '?',
    accuracy: boundary?.accuracy ? printLength(words, boundary.accuracy) : '?',
    license: boundary?.license ?? '?',
    attribution: boundary?.attribution ?? '?',
    view: boundary ? words.term('view', boundary.worldView) : '?',
    day: new Date().toISOString().slice(0, 10),
    address,
  });
  const text = said.trimStart();
  if (!snapshot) return text;
  const data = citedAddress(params, one?.incident.id ?? null, snapshot);
  return `${text} ${words.t('cite.data', { address: data })}`;
}
