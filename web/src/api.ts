// The only file that asks the server anything. What comes back is checked here, part by part: a
// missing or odd part becomes `null`, an answer that is not what it claims to be becomes an `ApiError`.
// What parts there are, and what may be asked, is in `api.types.ts`, which is made of the server's own description: a
// name that the server does not know fails the type check.

import type * as wire from './api.types.ts';
import type {
  Aggregate,
  Answer,
  Basemap,
  Boundary,
  Casualties,
  Count,
  CountrySet,
  Dimension,
  Impact,
  Incident,
  Measure,
  Page,
  Position,
  Range,
  Side,
  Source,
  Spread,
  Territory,
  World,
} from './types.ts';

const INCIDENTS = '/collections/incidents';
const TERRITORIES = '/collections/territories';
/** A map on paper: at the width of a page its letters have the size of those beside it. */
const PAPER = '960x600';

/** `offline`: no answer came. `status`: the server refused or failed. `shape`: not what was expected. */
export class ApiError extends Error {
  readonly kind: 'offline' | 'status' | 'shape';
  readonly status: number;

  constructor(kind: 'offline' | 'status' | 'shape', message: string, status = 0) {
    super(message);
    this.name = 'ApiError';
    this.kind = kind;
    this.status = status;
  }
}

export async function findIncidents(
  params: URLSearchParams,
  limit: number,
  signal?: AbortSignal,
): Promise<Page> {
  return readPage(await ask(`${INCIDENTS}/items?${withLimit(params, limit)}`, signal));
}

/** The page after `page`, by the link the server gave. */
export async function nextPage(next: string, signal?: AbortSignal): Promise<Page> {
  return readPage(await ask(next, signal));
}

/** `null` when there is no such incident, or none that may be shown. */
export async function getIncident(
  id: string,
  of: string,
  signal?: AbortSignal,
): Promise<Incident | null> {
  const query = of ? `?of=${encodeURIComponent(of)}` : '';
  try {
    return readIncident(await ask(`${itemAddress(id)}${query}`, signal));
  } catch (error) {
    if (error instanceof ApiError && (error.status === 404 || error.status === 410)) return null;
    throw error;
  }
}

/** How many of the incidents under a filter have each value; those without a value are left out. */
export async function countBy(
  by: Dimension,
  params: URLSearchParams,
  signal?: AbortSignal,
): Promise<Count[]> {
  const { groups } = await aggregate(by, params, signal);
  const counts = groups.flatMap(({ key, count }) => (key === null ? [] : [{ key, count }]));
  return counts.sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** The same with those that have no value, and with the dead. */
export async function aggregate(
  by: Dimension,
  params: URLSearchParams,
  signal?: AbortSignal,
): Promise<Aggregate> {
  const body = object(await ask(aggregateAddress(by, params), signal));
  const groups = list(body.groups)
    .map(object)
    .flatMap((group) => {
      const count = number(group.count);
      return count === null
        ? []
        : [{ key: text(group[by]), count, deaths: readCasualties(group.deaths) }];
    });
  return { matched: number(body.matched) ?? 0, groups };
}

export function aggregateAddress(by: Dimension, params: URLSearchParams): string {
  const query = new URLSearchParams(params);
  query.set('by' satisfies wire.Queries['aggregateIncidents'], by);
  return `${INCIDENTS}/aggregate?${query}`;
}

/** How far `place` is from each of `to`, and from the nearest foreign territory. */
export async function measure(
  place: Position,
  to: readonly string[],
  radius: number | null,
  on: string | null,
  signal?: AbortSignal,
): Promise<Answer> {
  const query = new URLSearchParams({ lon: String(place[0]), lat: String(place[1]) });
  for (const name of to) query.append('to', name);
  const set = (name: wire.Queries['measure'], value: string) => query.set(name, value);
  if (radius !== null) set('radius_m', String(Math.round(radius)));
  // Sets of countries are taken as they were on that day.
  if (on) set('on', on);
  set('spread', 'true');
  const answer = readAnswer(await ask(`/borders/distance?${query}`, signal));
  if (!answer) throw new ApiError('shape', 'not an answer about a distance');
  return answer;
}

/** How far each of `places` is from `to`; `null` where the border set is too coarse. In their order. */
export async function measureMany(
  places: readonly Position[],
  to: string,
  signal?: AbortSignal,
): Promise<(Measure | null)[]> {
  const lines = places
    .map(([lng, lat]) => JSON.stringify({ lon: lng - 360 * Math.round(lng / 360), lat }))
    .join('\n');
  const response = await send(`/borders/distance?${new URLSearchParams({ to })}`, {
    method: 'POST',
    body: lines,
    headers: { 'content-type': 'application/x-ndjson', accept: 'application/x-ndjson' },
    signal: signal ?? null,
  });
  const answers = (await response.text()).trimEnd().split('\n');
  return answers.map((line) => readAnswer(parse(line))?.to[0] ?? null);
}

/** The countries and the sets of countries that distances can be asked to. */
export async function readWorld(signal?: AbortSignal): Promise<World> {
  const [items, collection] = await Promise.all([
    ask(`${TERRITORIES}/items?limit=300&skipGeometry=true`, signal),
    ask(TERRITORIES, signal),
  ]);
  const territories: Territory[] = [];
  for (const feature of list(object(items).features).map((one) => object(one))) {
    const properties = object(feature.properties);
    const code = text(properties.code);
    if (code) {
      territories.push({
        code,
        isoA2: text(properties.iso_a2),
        name: text(properties.name) ?? code,
      });
    }
  }
  return { territories, sets: readSets(object(collection).sets) };
}

/** The border set that distances are measured against, as each of them names it. */
export async function readBorders(signal?: AbortSignal): Promise<Boundary | null> {
  const body = object(await ask('/borders', signal));
  const set = list(body.sets)
    .map((one) => object(one))
    .find(({ name }) => name === body.default);
  return readBoundary(set && { ...set, set: set.name, world_view: body.default_view });
}

/** Towns and cities by name; none is not an error. */
export async function readPlaces(signal?: AbortSignal): Promise<GeoJSON.FeatureCollection | null> {
  try {
    const body = object(await ask('/places.geojson', signal));
    return body.type === 'FeatureCollection'
      ? (body as unknown as GeoJSON.FeatureCollection)
      : null;
  } catch (error) {
    if (error instanceof ApiError) return null;
    throw error;
  }
}

/** The operator's own basemap, which the server names in the page itself; `null` where there is none. */
export function readBasemap(): Basemap | null {
  const told = document.querySelector<HTMLMetaElement>('meta[name="basemap"]')?.content;
  if (!told) return null;
  const { form, source, attribution, minzoom, maxzoom, layers } = object(JSON.parse(told));
  const address = text(source) ?? '';
  const isFile = address.startsWith('/');
  // What a file says of its origin is HTML as often as not.
  const named = new DOMParser().parseFromString(text(attribution) ?? '', 'text/html');
  return {
    form: form === 'vector' ? 'vector' : 'raster',
    source: isFile ? absolute(address) : address,
    isFile,
    attribution: named.body.textContent?.trim() ?? '',
    minzoom: number(minzoom) ?? 0,
    maxzoom: number(maxzoom) ?? 14,
    layers: list(layers).flatMap((layer) => text(layer) ?? []),
  };
}

/** Rivers, lakes and lines between provinces, and towns: files beside the page, which MapLibre's worker reads. */
export function groundFiles() {
  return {
    ground: absolute('/ground.geojson'),
    borderRivers: absolute('/border-rivers.geojson'),
    places: absolute('/places.geojson'),
  };
}

/** The address of the incidents' tiles under a filter, absolute, as MapLibre's worker needs it. */
export function incidentTiles(params: URLSearchParams): string {
  const query = params.toString();
  return absolute(`${INCIDENTS}/tiles/WebMercatorQuad/{z}/{y}/{x}${query ? `?${query}` : ''}`);
}

export function territoryTiles(): string {
  return absolute(`${TERRITORIES}/tiles/WebMercatorQuad/{z}/{y}/{x}`);
}

/** The forms in which incidents can be taken away (`docs/formats.md`), and what a file of each is called. */
export const FORMATS = {
  csv: { f: 'csv', file: 'kordon.csv' },
  excel: { f: 'csv', bom: 'true', file: 'kordon-excel.csv' },
  hxl: { f: 'csv', hxl: 'true', file: 'kordon-hxl.csv' },
  json: { f: 'json', limit: '10000', file: 'kordon.geojson' },
  geojsonseq: { f: 'geojsonseq', file: 'kordon.geojsons' },
  flatgeobuf: { f: 'flatgeobuf', file: 'kordon.fgb' },
  geoparquet: { f: 'geoparquet', file: 'kordon.parquet' },
  kml: { f: 'kml', file: 'kordon.kml' },
} as const;
export type Format = keyof typeof FORMATS;

/** Where the incidents under a filter can be had as a file. */
export function download(params: URLSearchParams, format: Format): string {
  const { file: _, ...how } = FORMATS[format];
  return itemsAddress(params, how);
}

/** Where the incidents under a filter can be followed by a feed reader: the newest first. */
export function feedAddress(params: URLSearchParams): string {
  return absolute(itemsAddress(params, { f: 'atom' }));
}

/** Where the incidents under a filter are, with more parameters. */
export function itemsAddress(
  params: URLSearchParams,
  more: Readonly<Record<string, string>> = {},
): string {
  const query = new URLSearchParams(params);
  for (const [name, value] of Object.entries(more)) query.set(name, value);
  return `${INCIDENTS}/items${query.size ? `?${query}` : ''}`;
}

/** Where what happens is told as it happens, under a filter. */
export function liveAddress(params: URLSearchParams, since: string | null): string {
  const query = new URLSearchParams(params);
  if (since) query.set('since', since);
  return `/live${query.size ? `?${query}` : ''}`;
}

/** Where one incident is. */
export function itemAddress(id: string): string {
  return `${INCIDENTS}/items/${encodeURIComponent(id)}`;
}

/** Where one incident can be read as GeoJSON. */
export function incidentAddress(id: string): string {
  return `${itemAddress(id)}?f=json`;
}

/** A map of one incident on paper, as the server draws it; `of` is what its distance is told to. */
export function pictureOfOne(id: string, of: string, lang: string): string {
  const query = new URLSearchParams({ lang, size: PAPER });
  if (of) query.set('of', of);
  return `${itemAddress(id)}/map.png?${query}`;
}

/** A map on paper of all incidents under a filter. A box in it is what the map shows. */
export function pictureOfAll(params: URLSearchParams, lang: string): string {
  const query = new URLSearchParams(params);
  query.set('lang', lang);
  query.set('size', PAPER);
  return `/maps/static.png?${query}`;
}

/** Where the incidents under a filter, or one of them, are answered from `snapshot`: the same bytes for ever. */
export function citedAddress(params: URLSearchParams, id: string | null, snapshot: string): string {
  const query = id ? new URLSearchParams() : withLimit(params, 10_000);
  query.set('snapshot', snapshot);
  return absolute(`${id ? itemAddress(id) : `${INCIDENTS}/items`}?${query}`);
}

/** Reads one incident; exported for tests. */
export function readIncident(value: unknown): Incident {
  const feature = object<wire.Incident>(value);
  const id = text(feature.id);
  if (feature.type !== 'Feature' || !id) throw new ApiError('shape', 'not an incident');
  const p = object<Properties>(feature.properties);
  return {
    id,
    places: readPlacesOf(object<NonNullable<wire.Incident['geometry']>>(feature.geometry)),
    title: readWords(p.title),
    description: readWords(p.description),
    dateStart: text(p.date_start),
    dateEnd: text(p.date_end),
    datePrecision: text(p.date_precision) ?? 'exact',
    eventType: text(p.event_type),
    subEventType: text(p.sub_event_type),
    location: text(p.location),
    admin1: text(p.admin1),
    country: text(p.country),
    locationRadius: number(p.location_radius_m),
    verification: text(p.verification),
    deaths: readRange(p, 'deaths'),
    injured: readRange(p, 'injured'),
    impacts: list(p.impacts).map(readImpact),
    sources: list(p.sources).map(readSource),
    license: text(p.license),
    border: readAnswer(feature.border),
  };
}

/** An address a reader may be sent to, or `null`: a report must not smuggle in `javascript:`. */
export function safeAddress(value: unknown): string | null {
  const address = text(value);
  if (!address) return null;
  try {
    const { protocol, href } = new URL(address);
    return protocol === 'http:' || protocol === 'https:' ? href : null;
  } catch {
    return null;
  }
}

async function ask(address: string, signal?: AbortSignal): Promise<unknown> {
  const headers = { accept: 'application/geo+json, application/json' };
  return readJson(await send(address, { headers, signal: signal ?? null }));
}

/** The body of an answer, which must be JSON. */
export async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch (error) {
    if (isAbort(error)) throw error;
    // An answer that breaks off is none.
    if (!(error instanceof SyntaxError)) throw new ApiError('offline', String(error));
    throw new ApiError('shape', 'not JSON');
  }
}

/** Sends a request; no answer at all is `offline`, whatever the answer is else. */
export async function reach(address: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(address, init);
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new ApiError('offline', String(error));
  }
}

/** Whether a request ended because it was given up. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

async function send(address: string, init: RequestInit): Promise<Response> {
  const response = await reach(address, init);
  if (!response.ok) throw new ApiError('status', await problem(response), response.status);
  return response;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiError('shape', 'not JSON');
  }
}

/** The words of an RFC 9457 answer, or the bare status. */
async function problem(response: Response): Promise<string> {
  try {
    const body = object<wire.Problem>(await response.json());
    return text(body.detail) ?? text(body.title) ?? `${response.status}`;
  } catch {
    return `${response.status} ${response.statusText}`.trim();
  }
}

function readPage(value: unknown): Page {
  const body = object<wire.IncidentCollection>(value);
  if (body.type !== 'FeatureCollection') throw new ApiError('shape', 'not a feature collection');
  const incidents = list(body.features).map(readIncident);
  const next = list(body.links)
    .map((link) => object<wire.Link>(link))
    .find((link) => link.rel === 'next');
  return {
    incidents,
    matched: number(body.numberMatched) ?? incidents.length,
    next: next ? localAddress(text(next.href)) : null,
    snapshot: text(body.snapshot),
  };
}

/** The path and query of a link; the host is always the one that served the page. */
function localAddress(href: string | null): string | null {
  if (!href) return null;
  try {
    const { pathname, search } = new URL(href, 'http://local');
    return pathname + search;
  } catch {
    return null;
  }
}

function readAnswer(value: unknown): Answer | null {
  if (value === null || typeof value !== 'object') return null;
  const body = object<wire.Answer>(value);
  const lon = number(body.lon);
  const lat = number(body.lat);
  const boundary = readBoundary(body.boundary);
  const radius = number(body.radius_m) ?? radiusBehind(object<wire.Measured>(body.nearest_foreign));
  const read = (item: unknown) => readMeasure(item, boundary, radius);
  return {
    place: lon !== null && lat !== null ? [lon, lat] : null,
    radius,
    territory: list(body.territory).flatMap((code) => text(code) ?? []),
    nearestForeign: read(body.nearest_foreign),
    to: list(body.to).flatMap((item) => read(item) ?? []),
    spread: list(body.spread).map(object).flatMap(readSpread),
    boundary,
  };
}

/** What an interval says of the radius it counts; below a meter, that there is none. */
function radiusBehind(nearest: Unread<wire.Measured>): number | null {
  const high = number(nearest.distance_high_m);
  const distance = number(nearest.distance_m);
  if (high === null || distance === null) return null;
  const radius = high - distance - (number(nearest.accuracy_m) ?? 0);
  return radius >= 1 ? Math.round(radius) : null;
}

function readMeasure(
  value: unknown,
  boundary: Boundary | null,
  radius: number | null,
): Measure | null {
  if (value === null || typeof value !== 'object') return null;
  const body = object<wire.Measured>(value);
  const distance = number(body.distance_m);
  const country = text(body.country);
  if (distance === null || !country) return null;
  const side = text(body.side);
  const signed = number(body.signed_distance_m) ?? distance;
  const high = number(body.distance_high_m) ?? distance;
  const accuracy = number(body.accuracy_m) ?? boundary?.accuracy ?? null;
  return {
    to: text(body.to) ?? country,
    country,
    name: text(body.name) ?? country,
    distance,
    signed,
    low: number(body.distance_low_m) ?? distance,
    high,
    nearestPoint: readPositionOf(body.nearest_point),
    azimuth: number(body.azimuth_deg),
    kind: text(body.kind) ?? 'land',
    side: side === 'inside' || side === 'uncertain' ? (side as Side) : 'outside',
    accuracy,
    // Inside for certain the interval is cut off at 0, and says nothing of its width.
    reach: high > 0 ? high - signed : (radius ?? 0) + (accuracy ?? 0),
  };
}

function readSpread(body: Record<string, unknown>): Spread[] {
  const [to, least, greatest] = [text(body.to), number(body.least_m), number(body.greatest_m)];
  if (!to || least === null || greatest === null) return [];
  const sets = list(body.sets)
    .map(object)
    .flatMap((said) => {
      const set = text(said.set);
      const [distance, country] = [number(said.distance_m), text(said.country)];
      return set ? [{ set, version: text(said.version) ?? '', distance, country }] : [];
    });
  return [{ to, least, greatest, sets }];
}

function readBoundary(value: unknown): Boundary | null {
  const body = object<wire.Boundary>(value);
  const set = text(body.set);
  if (!set) return null;
  return {
    set,
    version: text(body.version) ?? '',
    accuracy: number(body.accuracy_m),
    license: text(body.licence) ?? '',
    attribution: text(body.attribution) ?? '',
    worldView: text(body.world_view) ?? '',
  };
}

/** Sets come as `[{name, members: [{code, from, until}]}]`. */
function readSets(value: unknown): CountrySet[] {
  return list(value)
    .map((one) => object(one))
    .flatMap((set) => {
      const name = text(set.name);
      const members = list(set.members)
        .map((one) => object(one))
        .flatMap((member) => {
          const code = text(member.code);
          return code ? [{ code, from: text(member.from), until: text(member.until) }] : [];
        });
      return name ? [{ name, members }] : [];
    });
}

function readPlacesOf(geometry: Unread<NonNullable<wire.Incident['geometry']>>): Position[] {
  if (geometry.type === 'Point') {
    const position = readPositionOf(geometry.coordinates);
    return position ? [position] : [];
  }
  if (geometry.type !== 'MultiPoint') return [];
  return list(geometry.coordinates).flatMap((pair) => {
    const position = readPositionOf(pair);
    return position ? [position] : [];
  });
}

function readPositionOf(value: unknown): Position | null {
  const [lng, lat] = list(value).map(number);
  return typeof lng === 'number' && typeof lat === 'number' ? [lng, lat] : null;
}

function readWords(value: unknown): Record<string, string> {
  const plain = text(value);
  if (plain) return { '': plain };
  const words: Record<string, string> = {};
  for (const [lang, word] of Object.entries(object(value))) {
    const read = text(word);
    if (read) words[lang] = read;
  }
  return words;
}

function readRange(p: Unread<Properties>, name: 'deaths' | 'injured'): Range {
  return {
    low: number(p[`${name}_low` as const]),
    best: number(p[`${name}_best` as const]),
    high: number(p[`${name}_high` as const]),
  };
}

function readCasualties(value: unknown): Casualties {
  const body = object(value);
  return {
    low: number(body.low) ?? 0,
    high: number(body.high) ?? 0,
    statedBy: number(body.stated_by) ?? 0,
  };
}

function readImpact(value: unknown): Impact {
  const impact = object<Item<Properties['impacts']>>(value);
  return {
    facility: text(impact.facility),
    infrastructure: text(impact.infrastructure),
    damage: text(impact.damage),
    functionalStatus: text(impact.functional_status),
  };
}

function readSource(value: unknown): Source {
  const source = object<Exclude<Item<Properties['sources']>, string>>(value);
  const url = safeAddress(source.url) ?? safeAddress(source.archived_url);
  return {
    name: text(source.name) ?? (url ? new URL(url).hostname : ''),
    url,
    type: text(source.type),
    publishedAt: text(source.published_at),
  };
}

function withLimit(params: URLSearchParams, limit: number): URLSearchParams {
  const query = new URLSearchParams(params);
  query.set('limit', String(limit));
  return query;
}

function absolute(path: string): string {
  return location.origin + path;
}

type Properties = wire.Incident['properties'];

/** One of a list. */
type Item<List> = NonNullable<List> extends (infer One)[] ? One : never;

/** The parts that the server's description names, of which nothing is known before they are read. */
type Unread<Described> = { readonly [Name in keyof Described]?: unknown };

export function object<Described = Record<string, unknown>>(value: unknown): Unread<Described> {
  const isObject = value !== null && typeof value === 'object' && !Array.isArray(value);
  return isObject ? (value as Unread<Described>) : {};
}

export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

export function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

export function number(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
