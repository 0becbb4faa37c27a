// The working half of `api.ts`: the only file that changes anything on the server, and what is asked for that
// alone. What needs a token is sent with the one that the reader typed; it lives in this module until the page is closed, and nowhere else.

import {
  ApiError,
  itemAddress,
  list,
  number,
  object,
  reach,
  readIncident,
  readJson,
  text,
} from '../api.ts';
import type { Group } from '../report/tables.ts';
import type { Incident, Range } from '../types.ts';

const INCIDENTS = '/collections/incidents';
const DESK = '/desk/incidents';

/** One thing wrong, at its place in a file or a record. Lines, columns and records are told as the server tells them. */
export interface Fault {
  /** Which record, counted from 0. */
  index: number | null;
  line: number | null;
  /** In a table the number of the cell, else the character in the line; from 1. */
  column: number | null;
  pointer: string | null;
  field: string | null;
  problem: string;
  hint: string | null;
}

/** The server refused what it was sent, and says where it is wrong. */
export class Refused extends ApiError {
  readonly faults: Fault[];
  /** How many there are; the server tells the first of them. */
  readonly faultsTotal: number;
  /** What kind of refusal it is: the end of the problem's type; '' when not told. */
  readonly code: string;

  constructor(message: string, status: number, faults: Fault[], faultsTotal: number, code = '') {
    super('status', message, status);
    this.name = 'Refused';
    this.faults = faults;
    this.faultsTotal = faultsTotal;
    this.code = code;
  }
}

/** A record as it is written: the GeoJSON Feature itself, since an editor must not lose what it does not know. */
export type Feature = Record<string, unknown> & {
  id: string;
  geometry: unknown;
  properties: Record<string, unknown>;
};

/** A record with the tag that guards a change of it. */
export interface Held {
  feature: Feature;
  etag: string;
  /** As the map reads it, with its distances. */
  incident: Incident;
}

/** A record that has no public form. */
export type Withheld = Pick<Held, 'feature' | 'incident'>;

interface ImportOrder {
  source: string;
  onError: 'reject' | 'quarantine';
  dryRun: boolean;
  profile: string;
  fixes: readonly string[];
  /** The name of the file, by which its records are named when no source is told. */
  file: string;
  /** Their column for a field of ours. */
  map: ReadonlyMap<string, string>;
  dateOrder: string;
  /** The import whose refused records these are. */
  mends: string | null;
}

export interface Told {
  records: number;
  sound: number;
  imported: number;
  updated: number;
  unchanged: number;
  /** Those that were withdrawn before, and stay so. */
  withdrawn: number;
  /** Those that the public does not see. */
  withheld: number;
  rejected: number;
  faults: Fault[];
  faultsTotal: number;
  warnings: Fault[];
  warningsTotal: number;
  repairs: Fault[];
  /** By which it can be asked for again and taken back. */
  id: string | null;
  /** Where the refused records are kept. */
  quarantine: string | null;
  /** Of a check: what the sound records would come to if they were stored now. */
  would: Would | null;
  /** The first records as they would be stored. */
  preview: Incident[];
  /** What becomes of each column. */
  explained: Explained[];
}

export interface Would {
  imported: number;
  updated: number;
  unchanged: number;
  withdrawn: number;
  withheld: number;
  /** Of the updated ones, those that would be at another time and in another place; and what the first are known by. */
  elsewhere: number;
  elsewhereNames: string[];
}

export interface Explained {
  theirs: string;
  /** `null`: kept beside the fields under its own name. */
  ours: string | null;
  by: string;
  example: string;
}

/** What `POST /imports` can be asked for, by the server's own description: names, and their words. */
export interface ImportChoices {
  parameters: ReadonlyMap<string, readonly string[]>;
  /** The refused records of an import can be had. */
  quarantine: boolean;
  /** An import can be taken back. */
  takeBack: boolean;
}

/** An import as the server remembers it. */
export interface PastImport {
  id: string;
  at: string | null;
  by: string;
  file: string;
  records: number;
  imported: number;
  updated: number;
  unchanged: number;
  refused: number;
  /** Something was written, which can be taken back. */
  wrote: boolean;
  /** Refused records were kept; whether they still are is not told here. */
  keptSome: boolean;
}

export interface Kept {
  /** The header of the table that it is a row of. */
  header: string | null;
  index: number | null;
  line: number | null;
  record: unknown;
  faults: Fault[];
}

export interface Reason {
  about: string;
  points: number;
  says: string;
  values: Record<string, unknown>;
}

export interface Pair {
  ids: [string, string];
  score: number;
  isRepost: boolean;
  reasons: Reason[];
}

export interface Revision {
  number: number | null;
  at: string | null;
  by: string | null;
  status: string | null;
  /** What it changed: `name: before → now`, in the server's words. */
  differences: string[] | null;
}

type Members = Record<string, unknown>;

type AskToken = (wasRefused: boolean) => Promise<string | null>;

let token: string | null = null;
let askToken: AskToken = async () => null;

/** Says how the reader is asked for a token. */
export function useTokenDialog(ask: AskToken): void {
  askToken = ask;
}

export async function importFile(
  body: Blob,
  type: string,
  order: ImportOrder,
  choices: ImportChoices,
  signal?: AbortSignal,
): Promise<Told> {
  const query = new URLSearchParams({
    'on-error': order.onError,
    'dry-run': String(order.dryRun),
  });
  const { parameters } = choices;
  const add = (name: string, value: string) => {
    if (value && parameters.has(name)) query.append(name, value);
  };
  // A server that does not take the name of a file has the source named by it.
  const named =
    order.mends || parameters.has('file') ? '' : order.file.replace(/\.[^.]*(\.gz)?$/, '');
  const source = order.source.trim() || named;
  if (source) query.set('source', source.slice(0, 100));
  add('file', order.file.slice(0, 100));
  add('profile', order.profile);
  add('fix', order.fixes.join(','));
  add('date-order', order.dateOrder);
  add('mends', order.mends ?? '');
  for (const [ours, theirs] of order.map) add('map', `${ours}=${theirs}`);
  if (order.dryRun) add('explain', 'true');
  const headers = { 'content-type': type };
  return readTold(
    await ask(`/imports?${query}`, { method: 'POST', headers, body, signal: signal ?? null }),
  );
}

let described: Promise<Members> | null = null;

/** The server's description of itself, asked for once. */
function describe(): Promise<Members> {
  described ??= ask('/api?f=json');
  // What failed is asked for again.
  described.catch(() => {
    described = null;
  });
  return described;
}

/** Whether the server has a route; an older one may have fewer. */
export async function serverHas(path: string): Promise<boolean> {
  return path in object((await describe()).paths);
}

/** The members of what the server answers; none when it is not an object. */
export async function ask(address: string, init: RequestInit = {}): Promise<Members> {
  return object(await readJson(await send(address, init)));
}

export async function readImportChoices(): Promise<ImportChoices> {
  const api = await describe();
  const paths = object(api.paths);
  const components = object(object(api.components).parameters);
  const parameters = new Map<string, string[]>();
  for (const one of list(object(object(paths['/imports']).post).parameters).map(object)) {
    // A parameter is described here, or by its name among the components.
    const told = object(components[text(one.$ref)?.split('/').at(-1) ?? ''] ?? one);
    const schema = object(told.schema);
    const words = list(schema.enum ?? object(schema.items).enum).flatMap(
      (word) => text(word) ?? [],
    );
    const name = text(told.name);
    if (name) parameters.set(name, words);
  }
  return {
    parameters,
    quarantine: '/imports/{id}/quarantine' in paths,
    takeBack: 'delete' in object(paths['/imports/{id}']),
  };
}

/**
 * Withdraws what an import made and restores what it revised; gives how many records that were, or on a `dryRun` would be.
 */
export async function takeBack(
  id: string,
  dryRun = false,
): Promise<{ withdrawn: number; restored: number; left: number }> {
  const address = `/imports/${encodeURIComponent(id)}${dryRun ? '?dry-run=true' : ''}`;
  const body = await ask(address, { method: 'DELETE' });
  const count = (name: string) => list(body[name]).length;
  return { withdrawn: count('withdrawn'), restored: count('restored'), left: count('left') };
}

/** The last imports, newest first. */
export async function readImports(limit: number, signal?: AbortSignal): Promise<PastImport[]> {
  const init: RequestInit = { cache: 'no-store', signal: signal ?? null };
  return list((await ask(`/imports?limit=${limit}`, init)).imports)
    .map(object)
    .flatMap((one) => {
      const id = text(one.id);
      const count = (name: string) => number(one[name]) ?? 0;
      return id === null
        ? []
        : [
            {
              id,
              at: text(one.at),
              by: text(one.by) ?? '?',
              file: text(one.file) ?? id,
              records: count('records'),
              imported: count('accepted'),
              updated: count('updated'),
              unchanged: count('unchanged'),
              refused: count('refused'),
              wrote: number(one.batch) !== null,
              keptSome: text(one.quarantine) !== null,
            },
          ];
    });
}

/** The refused records of an import that are still kept, as they came, with what is wrong with each; and how many there are. */
export async function readQuarantine(
  id: string,
  limit: number,
  signal?: AbortSignal,
): Promise<{ records: Kept[]; matched: number }> {
  const address = `/imports/${encodeURIComponent(id)}/quarantine?limit=${limit}`;
  const body = await ask(address, { cache: 'no-store', signal: signal ?? null });
  const records = list(body.records)
    .map(object)
    .map((kept) => ({
      index: number(kept.index),
      line: number(kept.line),
      header: text(kept.header),
      record: kept.record,
      faults: list(kept.errors).map(object).map(readFault),
    }));
  return { records, matched: number(body.numberMatched) ?? records.length };
}

export async function readSchema(signal?: AbortSignal): Promise<unknown> {
  return ask(`${INCIDENTS}/schema?f=geojson`, { signal: signal ?? null });
}

/** The record as it is now, past any cache, with its tag; one that is not public is asked for `atDesk`. */
export async function hold(id: string, signal?: AbortSignal, atDesk = false): Promise<Held> {
  return readHeld(
    await send(heldAddress(id, atDesk), {
      cache: 'no-store',
      headers: { accept: 'application/geo+json' },
      signal: signal ?? null,
    }),
  );
}

/** The records under a filter that are not public, what was recorded last first. */
export async function readWithheld(
  filter: URLSearchParams,
  signal?: AbortSignal,
): Promise<{ records: Withheld[]; matched: number }> {
  const query = new URLSearchParams(filter);
  query.set('limit', '100');
  const init: RequestInit = { cache: 'no-store', signal: signal ?? null };
  const body = await ask(`${DESK}?${query}`, init);
  const records = list(body.features).map((one) => ({
    feature: readFeature(object(one)),
    incident: readIncident(one),
  }));
  return { records, matched: number(body.numberMatched) ?? records.length };
}

/** Changes members of a record by a merge patch (RFC 7396); `status` 412 when somebody was faster. */
export async function patch(id: string, change: unknown, etag: string): Promise<Held> {
  return readHeld(
    await send(itemAddress(id), {
      method: 'PATCH',
      headers: { 'content-type': 'application/merge-patch+json', 'if-match': etag },
      body: JSON.stringify(change),
    }),
  );
}

export async function findPairs(
  filter: URLSearchParams,
  score: number,
  limit: number,
  signal?: AbortSignal,
): Promise<{ pairs: Pair[]; matched: number }> {
  const query = new URLSearchParams(filter);
  query.set('score', String(score));
  query.set('limit', String(limit));
  const body = await ask(`${INCIDENTS}/duplicates?${query}`, { signal: signal ?? null });
  const pairs = list(body.pairs).map(object).flatMap(readPair);
  return { pairs, matched: number(body.numberMatched) ?? pairs.length };
}

/** Makes `id` a part of `into`. */
export async function merge(id: string, into: string): Promise<void> {
  await send(`${itemAddress(id)}/merge`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ into }),
  });
}

/** Makes `id` an incident of its own again. */
export async function unmerge(id: string): Promise<void> {
  await send(`${itemAddress(id)}/merge`, { method: 'DELETE' });
}

/** All revisions that may be shown, the newest first; `atDesk` those of before it was public, too. */
export async function readHistory(
  id: string,
  signal?: AbortSignal,
  atDesk = false,
): Promise<Revision[]> {
  const init: RequestInit = { cache: 'no-store', signal: signal ?? null };
  return list((await ask(`${heldAddress(id, atDesk)}/history`, init)).revisions)
    .map(object)
    .map((revision) => {
      const properties = object(revision.properties);
      return {
        number: number(properties.revision),
        at: text(properties.recorded_at),
        by: text(properties.recorded_by),
        status: text(properties.record_status),
        differences: Array.isArray(revision.differences)
          ? revision.differences.flatMap((one) => text(one) ?? [])
          : null,
      };
    })
    .reverse();
}

/** What an incident said before it was merged into another; `null` when that is not to be seen any more. */
export async function readMerged(
  id: string,
  atDesk: boolean,
  signal?: AbortSignal,
): Promise<Incident | null> {
  const init: RequestInit = { cache: 'no-store', signal: signal ?? null };
  const { revisions } = await ask(`${heldAddress(id, atDesk)}/history`, init);
  const before = list(revisions)
    .map(object)
    .findLast(({ properties }) => object(properties).record_status !== 'merged');
  if (!before) return null;
  if (atDesk) return readIncident(before);
  // To everybody the history says that there were revisions, and the past what they said.
  const seq = number(object(before.kordon).seq);
  return seq === null ? null : readIncident(await ask(`${itemAddress(id)}?as-of=${seq}`, init));
}

/** The incidents under a filter, counted in groups. */
export interface Sums {
  /** What it was counted from, to be asked again later. */
  snapshot: string | null;
  matched: number;
  deaths: Range;
  injured: Range;
  /** How many of the incidents state a number at all. */
  stated: { deaths: number; injured: number };
  groups: Group[];
}

export async function countGroups(
  by: readonly string[],
  filter: URLSearchParams,
  signal?: AbortSignal,
): Promise<Sums> {
  const query = new URLSearchParams(filter);
  query.set('by', by.join(','));
  const body = await ask(`${INCIDENTS}/aggregate?${query}`, { signal: signal ?? null });
  const groups = list(body.groups).map(object);
  return {
    snapshot: text(body.snapshot),
    matched: number(body.matched) ?? 0,
    deaths: readRange(body.deaths),
    injured: readRange(body.injured),
    stated: {
      deaths: number(object(body.deaths).stated_by) ?? 0,
      injured: number(object(body.injured).stated_by) ?? 0,
    },
    groups: groups.map((group) => ({
      key: by.map((name) => text(group[name])),
      count: number(group.count) ?? 0,
      deaths: readRange(group.deaths),
      items: text(group.items) ?? '',
    })),
  };
}

function readRange(value: unknown): Range {
  const range = object(value);
  return { low: number(range.low), best: number(range.best), high: number(range.high) };
}

function heldAddress(id: string, atDesk: boolean): string {
  return atDesk ? `${DESK}/${encodeURIComponent(id)}` : itemAddress(id);
}

/** Sends a request with the token; asks for one when it is missing or not known, as long as the reader gives one. */
async function send(address: string, init: RequestInit): Promise<Response> {
  for (;;) {
    const response = await fetchWithToken(address, init);
    if (response.status !== 401) {
      if (!response.ok) throw await refusal(response);
      return response;
    }
    const given = await askToken(token !== null);
    if (!given) throw await refusal(response);
    token = given;
  }
}

async function fetchWithToken(address: string, init: RequestInit): Promise<Response> {
  const headers = new Headers(init.headers);
  if (!headers.has('accept')) headers.set('accept', 'application/json');
  if (token) headers.set('authorization', `Bearer ${token}`);
  return reach(address, { ...init, headers });
}

async function refusal(response: Response): Promise<Refused> {
  let body: Members = {};
  try {
    body = object(await response.json());
  } catch {
    // An answer without a reason has its status only.
  }
  const message = text(body.detail) ?? text(body.title) ?? String(response.status);
  const faults = list(body.errors).map(object).map(readFault);
  const code = text(body.type)?.split(':').at(-1);
  const total = number(body.errors_total) ?? faults.length;
  return new Refused(message, response.status, faults, total, code);
}

function readWould(would: unknown): Would | null {
  if (!would) return null;
  const body = object(would);
  const count = (name: string) => number(body[name]) ?? 0;
  const elsewhere = list(body.revised).map((one) => object(object(one).elsewhere));
  return {
    imported: count('imported'),
    updated: count('updated'),
    unchanged: count('unchanged'),
    withdrawn: count('withdrawn'),
    withheld: count('withheld'),
    elsewhere: elsewhere.reduce((sum, one) => sum + (number(one.count) ?? 0), 0),
    elsewhereNames: elsewhere.flatMap((one) =>
      list(one.names)
        .map(text)
        .filter((name) => name !== null),
    ),
  };
}

/** What became of a file; what `body` does not say is nothing. */
export function readTold(body: Record<string, unknown>): Told {
  const faults = list(body.errors).map(object).map(readFault);
  const warnings = list(body.warnings).map(object).map(readFault);
  const count = (name: string) => number(body[name]) ?? 0;
  const stored = count('imported') + count('updated') + count('unchanged');
  return {
    records: number(body.records) ?? stored + count('rejected'),
    sound: number(body.sound) ?? stored,
    imported: count('imported'),
    updated: count('updated'),
    unchanged: count('unchanged'),
    withdrawn: count('withdrawn'),
    withheld: count('withheld'),
    rejected: count('rejected'),
    faults,
    faultsTotal: number(body.errors_total) ?? faults.length,
    warnings,
    warningsTotal: number(body.warnings_total) ?? warnings.length,
    repairs: list(body.repairs).map(object).map(readFault),
    id: text(body.id),
    quarantine: text(body.quarantine),
    would: readWould(body.would),
    preview: list(body.preview).map(readIncident),
    explained: list(body.explained)
      .map(object)
      .map((one) => ({
        theirs: text(one.theirs) ?? '',
        ours: text(one.ours),
        by: text(one.by) ?? '',
        example: text(one.example) ?? '',
      })),
  };
}

function readFault(fault: Record<string, unknown>): Fault {
  return {
    index: number(fault.index),
    line: number(fault.line),
    column: number(fault.column),
    pointer: text(fault.pointer),
    field: text(fault.field),
    problem: text(fault.problem) ?? '',
    hint: text(fault.hint),
  };
}

async function readHeld(response: Response): Promise<Held> {
  const body = object(await readJson(response));
  const etag = response.headers.get('etag');
  if (!etag) throw new ApiError('shape', 'not an incident');
  return { feature: readFeature(body), etag, incident: readIncident(body) };
}

/** The record itself: what the server adds on reading is no part of it. */
function readFeature(body: Members): Feature {
  const { border: _border, links: _links, ...record } = body;
  const id = text(record.id);
  if (!id) throw new ApiError('shape', 'not an incident');
  return {
    ...record,
    id,
    geometry: record.geometry ?? null,
    properties: object(record.properties),
  };
}

function readPair(pair: Record<string, unknown>): Pair[] {
  const [one, other] = list(pair.ids).map(text);
  if (!one || !other) return [];
  const reasons = list(pair.reasons)
    .map(object)
    .map((reason) => {
      const { about, points, says, ...values } = reason;
      return {
        about: text(about) ?? '',
        points: number(points) ?? 0,
        says: text(says) ?? '',
        values,
      };
    });
  return [
    {
      ids: [one, other],
      score: number(pair.score) ?? 0,
      isRepost: pair.is_repost === true,
      reasons,
    },
  ];
}
