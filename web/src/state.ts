// What the reader is looking at, whole, in the address of the page. Pure: nothing here touches the
// browser, so that the same address gives the same page, and the back button works.
//
// The words are those of the API and the command line (`of`, `within-km`, `event-type`), so that a
// filter can be carried from the address bar to `curl` as it stands.

import type { Bounds, Position } from './types.ts';

export const LANGUAGES = ['en', 'uk', 'ro'] as const;
export type Language = (typeof LANGUAGES)[number];

export const SORTS = ['-date_start', 'date_start', 'distance', 'title'] as const;
export type Sort = (typeof SORTS)[number];

export const EVENT_TYPES = [
  'explosions_remote_violence',
  'battles',
  'violence_against_civilians',
  'strategic_developments',
  'protests',
  'riots',
  'disaster',
  'access_constraint',
  'other',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

export const VERIFICATIONS = [
  'verified',
  'partially_verified',
  'under_review',
  'unverified',
  'disputed',
  'false_or_misleading',
] as const;
export type Verification = (typeof VERIFICATIONS)[number];

export interface View {
  center: Position;
  zoom: number;
}

export interface State {
  /** `null`: wherever the map starts. */
  view: View | null;
  q: string;
  /** First and last day, both included, as YYYY-MM-DD; `null` is open. */
  from: string | null;
  to: string | null;
  eventTypes: EventType[];
  verifications: Verification[];
  /** The territory or set that distances are told to; empty is the nearest foreign one. */
  of: string;
  withinKm: number | null;
  certainty: 'certain' | 'possible';
  includeInside: boolean;
  sort: Sort;
  /** The list holds only what the map shows. */
  inView: boolean;
  id: string | null;
  /** The measuring tool is in hand. */
  measuring: boolean;
  /** The place that was measured with it. */
  at: Position | null;
  lang: Language;
}

/** The filters when none is set. */
export function noFilters() {
  return {
    q: '',
    from: null,
    to: null,
    eventTypes: [],
    verifications: [],
    of: '',
    withinKm: null,
    certainty: 'possible',
    includeInside: true,
  } satisfies Partial<State>;
}

export function initialState(lang: Language): State {
  return {
    view: null,
    ...noFilters(),
    sort: '-date_start',
    inView: false,
    id: null,
    measuring: false,
    at: null,
    lang,
  };
}

/** The language of the page for a reader who prefers `wanted`, in order. */
export function languageFor(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const found = LANGUAGES.find((lang) => tag.toLowerCase().split('-')[0] === lang);
    if (found) return found;
  }
  return 'en';
}

/** Reads an address. What it does not understand is left at its default, never refused. */
export function readState(query: string, lang: Language): State {
  const params = new URLSearchParams(query);
  const state = initialState(oneOf(LANGUAGES, params.get('lang')) ?? lang);
  state.view = readView(params.get('map'));
  state.q = (params.get('q') ?? '').slice(0, 200);
  const [from, to] = (params.get('datetime') ?? '').split('/');
  state.from = readDay(from);
  state.to = readDay(to);
  state.eventTypes = someOf(EVENT_TYPES, params.get('event-type'));
  state.verifications = someOf(VERIFICATIONS, params.get('verification'));
  const of = (params.get('of') ?? '').toUpperCase();
  state.of = /^[A-Z0-9-]{2,12}$/.test(of) ? of : '';
  state.withinKm = state.of ? readKm(params.get('within-km')) : null;
  state.certainty = oneOf(['certain', 'possible'] as const, params.get('certainty')) ?? 'possible';
  state.includeInside = params.get('include-inside') !== 'false';
  state.sort = oneOf(SORTS, params.get('sortby')) ?? '-date_start';
  state.inView = params.get('list') === 'in-view';
  state.id = params.get('id')?.slice(0, 100) || null;
  state.measuring = params.get('tool') === 'measure';
  state.at = readPosition(params.get('at'));
  return state;
}

/** The address of a state, without the question mark: only what differs from the default. */
export function writeState(state: State, lang: Language): string {
  const params = filterParams(state);
  if (state.view) {
    const { center, zoom } = state.view;
    params.set('map', `${trim(zoom, 2)}/${trim(center[0], 5)}/${trim(center[1], 5)}`);
  }
  if (state.sort !== '-date_start') params.set('sortby', state.sort);
  if (state.inView) params.set('list', 'in-view');
  if (state.id) params.set('id', state.id);
  if (state.measuring) params.set('tool', 'measure');
  if (state.at) params.set('at', `${trim(state.at[0], 6)},${trim(state.at[1], 6)}`);
  if (state.lang !== lang) params.set('lang', state.lang);
  // A comma and a slash may stand in a query (RFC 3986 §3.4); the address stays readable.
  return params.toString().replaceAll('%2C', ',').replaceAll('%2F', '/');
}

/** The filter as the API takes it: nothing about the screen, nothing about order. */
export function filterParams(state: State): URLSearchParams {
  const params = new URLSearchParams();
  if (state.q.trim()) params.set('q', state.q.trim());
  if (state.from || state.to) params.set('datetime', `${state.from ?? '..'}/${state.to ?? '..'}`);
  if (state.eventTypes.length) params.set('event-type', state.eventTypes.join(','));
  if (state.verifications.length) params.set('verification', state.verifications.join(','));
  if (state.of) params.set('of', state.of);
  if (state.of && state.withinKm !== null) {
    params.set('within-km', String(state.withinKm));
    if (state.certainty !== 'possible') params.set('certainty', state.certainty);
    if (!state.includeInside) params.set('include-inside', 'false');
  }
  return params;
}

/** What the list asks for: the filter, its order and, when wished, what the map shows. */
export function listParams(state: State, bounds: Bounds | null): URLSearchParams {
  const params = filterParams(state);
  params.set('sortby', state.sort);
  if (state.inView && bounds)
    params.set('bbox', bounds.map((degrees) => trim(degrees, 5)).join(','));
  return params;
}

/** Whether anything hides an incident. */
export function isFiltered(state: State): boolean {
  const narrowed = filterParams(state);
  narrowed.delete('of');
  if (state.withinKm !== null) return true;
  return narrowed.size > 0;
}

function readView(text: string | null): View | null {
  const [zoom, lng, lat] = (text ?? '')
    .split('/')
    .map((part) => (part ? Number(part) : Number.NaN));
  if (zoom === undefined || lat === undefined || lng === undefined) return null;
  if (!(zoom >= 0 && zoom <= 22 && Math.abs(lat) <= 90 && Math.abs(lng) <= 180)) return null;
  return { center: [lng, lat], zoom };
}

function readPosition(text: string | null): Position | null {
  const [lng, lat, more] = (text ?? '')
    .split(',')
    .map((part) => (part ? Number(part) : Number.NaN));
  if (lng === undefined || lat === undefined || more !== undefined) return null;
  return Math.abs(lng) <= 180 && Math.abs(lat) <= 90 ? [lng, lat] : null;
}

function readDay(text: string | undefined): string | null {
  if (!text || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  return Number.isNaN(Date.parse(text)) ? null : text;
}

function readKm(text: string | null): number | null {
  if (!text) return null;
  const km = Number(text);
  return Number.isFinite(km) && km >= 0 && km <= 20_100 ? km : null;
}

function oneOf<T extends string>(allowed: readonly T[], text: string | null): T | null {
  return allowed.find((value) => value === text) ?? null;
}

/** Those that are allowed, in the order in which they are listed, each once. */
function someOf<T extends string>(allowed: readonly T[], text: string | null): T[] {
  const asked = new Set((text ?? '').split(','));
  return allowed.filter((value) => asked.has(value));
}

function trim(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)));
}
