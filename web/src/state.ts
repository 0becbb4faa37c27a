// What the reader is looking at, whole, in the address of the page. Pure: nothing here touches the
// browser, so that the same address gives the same page, and the back button works.
//
// The words are those of the API and the command line (`of`, `within-km`, `event-type`), so that a
// filter can be carried from the address bar to `curl` as it stands.

import { areaFilter, both, circleFilter, precisionFilter } from './cql2.ts';
import type { Bounds, Circle, Position } from './types.ts';

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

export const INFRASTRUCTURES = [
  'residential',
  'health',
  'education',
  'energy',
  'water_sanitation',
  'port',
  'vessel',
  'rail',
  'road_bridge',
  'airport',
  'postal',
  'telecom',
  'food_storage',
  'agriculture',
  'industrial',
  'commercial',
  'government',
  'cultural',
  'religious',
  'humanitarian',
  'emergency_services',
  'media',
  'dangerous_forces',
  'nuclear',
  'environment',
  'military',
  'other',
  'unknown',
] as const;
export type Infrastructure = (typeof INFRASTRUCTURES)[number];

export const DAMAGES = [
  'destroyed',
  'severe',
  'moderate',
  'possible',
  'none_visible',
  'possible_adjacent',
  'not_assessed',
] as const;
export type Damage = (typeof DAMAGES)[number];

/** How far the true place may be from the stated one, at most, in meters. */
export const CEILINGS = [100, 1000, 5000, 25_000] as const;

/** What playback moves the span of days by. */
export const STEPS = ['day', 'week', 'month'] as const;
export type Step = (typeof STEPS)[number];

/** What is shown in the place of the map: the map itself, the question as others ask it, or two periods. */
const SHOWS = ['map', 'ask', 'compare'] as const;
export type Show = (typeof SHOWS)[number];

/** What incidents are counted by in a chart. */
export const CHARTS = [
  'month',
  'event_type',
  'infrastructure',
  'damage',
  'verification',
  'country',
  'distance_band',
] as const;
export type Chart = (typeof CHARTS)[number];

const TOOLS = ['measure', 'area', 'circle'] as const;
export type Tool = (typeof TOOLS)[number];

/** The most corners of an area, and kilometers of a circle. */
export const MOST_CORNERS = 200;
export const MOST_KM = 20_000;

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
  infrastructures: Infrastructure[];
  damages: Damage[];
  verifications: Verification[];
  /** ISO 3166-1 alpha-3 codes of those who claim the place. */
  countries: string[];
  /** The largest radius of location, in meters; `null` is any. */
  precisionM: number | null;
  /** The corners of a drawn area, three or more, or none. */
  area: Position[];
  circle: Circle | null;
  /** The territory or set that distances are told to; empty is the nearest foreign one. */
  of: string;
  withinKm: number | null;
  certainty: 'certain' | 'possible';
  includeInside: boolean;
  sort: Sort;
  /** The list holds only what the map shows. */
  inView: boolean;
  id: string | null;
  /** The tool in hand on the map. */
  tool: Tool | null;
  /** The place that was measured with it. */
  at: Position | null;
  step: Step;
  show: Show;
  chart: Chart;
  /** The other period of a comparison, first and last day. */
  otherFrom: string | null;
  otherTo: string | null;
  /** Only the map, for a page that shows it in a frame. */
  embed: boolean;
  lang: Language;
}

/** The filters when none is set. */
export function noFilters() {
  return {
    q: '',
    from: null,
    to: null,
    eventTypes: [],
    infrastructures: [],
    damages: [],
    verifications: [],
    countries: [],
    precisionM: null,
    area: [],
    circle: null,
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
    tool: null,
    at: null,
    step: 'month',
    show: 'map',
    chart: 'month',
    otherFrom: null,
    otherTo: null,
    embed: false,
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
  return readAddress(query, lang).state;
}

/** A state with what of its address was not understood and is left out, each as `name=value`. */
export function readAddress(query: string, lang: Language): { state: State; leftOut: string[] } {
  const params = new URLSearchParams(query);
  const leftOut: string[] = [];
  const names = new Set<string>();
  const leave = (name: string, text: string) =>
    leftOut.push((text ? `${name}=${text}` : name).slice(0, 80));
  /** What `read` makes of a word of the address; `null` when there is none, or none that is understood. */
  const take = <T>(name: string, read: (text: string) => T | null): T | null => {
    names.add(name);
    const [text, ...more] = params.getAll(name);
    for (const one of more) leave(name, one);
    const value = text ? read(text) : null;
    if (text && value === null) leave(name, text);
    return value;
  };
  /** Those of a list that `read` knows. */
  const takeSome = <T extends string>(name: string, read: (text: string) => T | null): T[] => {
    const some = take(name, (text) => text.split(','))?.filter(Boolean) ?? [];
    for (const one of some) if (read(one) === null) leave(name, one);
    return some.flatMap((one) => read(one) ?? []);
  };
  const takeWord = <T extends string>(name: string, allowed: readonly T[]) =>
    take(name, (text) => oneOf(allowed, text));
  const takeWords = <T extends string>(name: string, allowed: readonly T[]): T[] => {
    const asked = takeSome(name, (text) => oneOf(allowed, text));
    // In the order in which they are listed, each once.
    return allowed.filter((value) => asked.includes(value));
  };
  /** Of a span one day is enough. */
  const takeSpan = (name: string): [string | null, string | null] => {
    const span = take(name, readSpan);
    for (const day of span ? (params.get(name) ?? '').split('/') : []) {
      if (!isOpen(day) && !span?.includes(day)) leave(name, day);
    }
    return span ?? [null, null];
  };

  const state = initialState(takeWord('lang', LANGUAGES) ?? lang);
  state.view = take('map', readView);
  state.q = take('q', (text) => text.slice(0, 200)) ?? '';
  [state.from, state.to] = takeSpan('datetime');
  state.eventTypes = takeWords('event-type', EVENT_TYPES);
  state.infrastructures = takeWords('infrastructure', INFRASTRUCTURES);
  state.damages = takeWords('damage', DAMAGES);
  state.countries = [...new Set(takeSome('country', readCode))].slice(0, 50);
  state.precisionM = take(
    'precision-m',
    (text) => CEILINGS.find((m) => String(m) === text) ?? null,
  );
  state.area = take('area', readArea) ?? [];
  state.circle = take('circle', readCircle);
  state.verifications = takeWords('verification', VERIFICATIONS);
  state.of = take('of', readTarget) ?? '';
  // Near to nothing is nowhere.
  state.withinKm = take('within-km', (text) => (state.of ? readKm(text) : null));
  state.certainty = takeWord('certainty', ['certain', 'possible']) ?? 'possible';
  state.includeInside = takeWord('include-inside', ['true', 'false']) !== 'false';
  state.sort = takeWord('sortby', SORTS) ?? '-date_start';
  state.inView = takeWord('list', ['in-view']) !== null;
  state.id = take('id', (text) => text.slice(0, 100));
  state.tool = takeWord('tool', TOOLS);
  state.at = take('at', readPosition);
  state.step = takeWord('step', STEPS) ?? 'month';
  state.show = takeWord('show', SHOWS) ?? 'map';
  state.chart = takeWord('by', CHARTS) ?? 'month';
  [state.otherFrom, state.otherTo] = takeSpan('other');
  state.embed = takeWord('embed', ['1']) !== null;
  for (const [name, text] of params) {
    if (!names.has(name) && !FOREIGN.test(name)) leave(name, text);
  }
  return { state, leftOut };
}

/** What mail, search and social networks add to the addresses that they pass on. */
const FOREIGN =
  /^(utm_.*|[a-z]+clk?id|gad_.*|[gw]braid|_g[al]|mc_[ce]id|mtm_.*|pk_.*|_hs.*|hsa_.*|igshid?|igsh|li_fat_id|srsltid|ref|ref_src|ref_url|si|fb_.*|__.*)$/i;

/** The address of a state, without the question mark: only what differs from the default. */
export function writeState(state: State, lang: Language): string {
  const params = plainParams(state);
  if (state.precisionM !== null) params.set('precision-m', String(state.precisionM));
  if (state.area.length) params.set('area', state.area.map(writePosition).join(';'));
  if (state.circle)
    params.set('circle', `${writePosition(state.circle.center)},${state.circle.km}`);
  if (state.view) {
    const { center, zoom } = state.view;
    params.set('map', `${trim(zoom, 2)}/${trim(center[0], 5)}/${trim(center[1], 5)}`);
  }
  if (state.sort !== '-date_start') params.set('sortby', state.sort);
  if (state.inView) params.set('list', 'in-view');
  if (state.id) params.set('id', state.id);
  if (state.tool) params.set('tool', state.tool);
  if (state.at) params.set('at', writePosition(state.at));
  if (state.step !== 'month') params.set('step', state.step);
  if (state.show !== 'map') params.set('show', state.show);
  if (state.chart !== 'month') params.set('by', state.chart);
  if (state.otherFrom || state.otherTo)
    params.set('other', writeSpan(state.otherFrom, state.otherTo));
  if (state.embed) params.set('embed', '1');
  if (state.lang !== lang) params.set('lang', state.lang);
  // A comma, a slash and a semicolon may stand in a query (RFC 3986 §3.4); the address stays readable.
  return params.toString().replaceAll('%2C', ',').replaceAll('%2F', '/').replaceAll('%3B', ';');
}

/** The filter as the API takes it: nothing about the screen, nothing about order. */
export function filterParams(state: State): URLSearchParams {
  const params = plainParams(state);
  const filter = both(
    state.area.length ? areaFilter(state.area) : null,
    state.circle ? circleFilter(state.circle) : null,
    state.precisionM === null ? null : precisionFilter(state.precisionM),
  );
  if (filter) params.set('filter', filter);
  return params;
}

/** What plain parameters can say. */
function plainParams(state: State): URLSearchParams {
  const params = new URLSearchParams();
  if (state.q.trim()) params.set('q', state.q.trim());
  if (state.from || state.to) params.set('datetime', writeSpan(state.from, state.to));
  if (state.eventTypes.length) params.set('event-type', state.eventTypes.join(','));
  if (state.infrastructures.length) params.set('infrastructure', state.infrastructures.join(','));
  if (state.damages.length) params.set('damage', state.damages.join(','));
  if (state.verifications.length) params.set('verification', state.verifications.join(','));
  if (state.countries.length) params.set('country', state.countries.join(','));
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

function readView(text: string): View | null {
  const [zoom, lng, lat] = text.split('/').map((part) => (part ? Number(part) : Number.NaN));
  if (zoom === undefined || lat === undefined || lng === undefined) return null;
  if (!(zoom >= 0 && zoom <= 22 && Math.abs(lat) <= 90 && Math.abs(lng) <= 180)) return null;
  return { center: [lng, lat], zoom };
}

function readPosition(text: string): Position | null {
  const [lng, lat, more] = text.split(',').map((part) => (part ? Number(part) : Number.NaN));
  if (lng === undefined || lat === undefined || more !== undefined) return null;
  return Math.abs(lng) <= 180 && Math.abs(lat) <= 90 ? [lng, lat] : null;
}

function writePosition(place: Position): string {
  return `${trim(place[0], 6)},${trim(place[1], 6)}`;
}

/** Corners as `lng,lat;lng,lat;…`: of an area that is not one, nothing. */
function readArea(text: string): Position[] | null {
  const corners = text.split(';').map(readPosition);
  if (corners.length < 3 || corners.length > MOST_CORNERS) return null;
  return corners.every((corner) => corner !== null) ? corners : null;
}

/** `lng,lat,km`. */
function readCircle(text: string): Circle | null {
  const [lng, lat, km] = text.split(',');
  const center = readPosition(`${lng},${lat}`);
  const radius = km ? Number(km) : Number.NaN;
  return center && radius > 0 && radius <= MOST_KM ? { center, km: radius } : null;
}

function readCode(text: string): string | null {
  const code = text.toUpperCase();
  return /^[A-Z0-9-]{3,4}$/.test(code) ? code : null;
}

function readTarget(text: string): string | null {
  const name = text.toUpperCase();
  return /^[A-Z0-9-]{2,12}$/.test(name) ? name : null;
}

/** A first and a last day, of which either may be open. What ends before it begins is no span. */
function readSpan(text: string): [string | null, string | null] | null {
  const days = text.split('/');
  const [from = null, to = null] = days.map(readDay);
  const isSpan = from && to ? from <= to : from !== null || to !== null || days.every(isOpen);
  return isSpan ? [from, to] : null;
}

function isOpen(day: string): boolean {
  return day === '' || day === '..';
}

function writeSpan(from: string | null, to: string | null): string {
  return `${from ?? '..'}/${to ?? '..'}`;
}

function readDay(text: string): string | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  return Number.isNaN(Date.parse(text)) ? null : text;
}

function readKm(text: string): number | null {
  const km = Number(text);
  return Number.isFinite(km) && km >= 0 && km <= 20_100 ? km : null;
}

function oneOf<T extends string>(allowed: readonly T[], text: string): T | null {
  return allowed.find((value) => value === text) ?? null;
}

function trim(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)));
}
