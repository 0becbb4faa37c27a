// A file taken apart into its records, so that single ones can be mended and the rest stays byte for byte as
// it was. Pure. Tables and lines of JSON only: of other forms the records are kept and given by the server.

import type { Fault } from './write.ts';

export interface Rows {
  /** Names of the cells of a record; a record of JSON is one cell, its text. */
  columns: readonly string[];
  isTable: boolean;
  /** The cells of a record, counted from 0. */
  cells(record: number): readonly string[];
  /** The line that a record begins on, from 1; of a collection its place in it. */
  line(record: number): number;
  /** Which record a fault belongs to. */
  find(fault: Fault): number | null;
  /** The whole file with some records changed. */
  withChanges(changes: ReadonlyMap<number, readonly string[]>): string;
  /** A file of these records only, in their order. */
  only(changes: ReadonlyMap<number, readonly string[]>): string;
}

interface Slice {
  /** Line of its beginning and of its end, from 1. */
  line: number;
  lastLine: number;
  /** Offsets in the text, without the end of the line. */
  from: number;
  to: number;
  cells: string[];
}

const DELIMITERS = [',', ';', '\t'] as const;

/** Files whose text can be looked at; the others are packed or binary. */
export const TEXTS = /\.(csv|tsv|txt|ndjson|jsonl|geojsonl|geojsons|geojson|json)$/i;

/**
 * The text of a file, and the encoding it was read by. Not told which, UTF-8 unless the bytes are none, then UTF-16 by
 * its mark, then what the West writes: the reader is told of the guess and looks at the letters.
 */
export function decode(
  bytes: ArrayBuffer,
  encoding: string | null,
): { text: string; encoding: string } {
  const by = (name: string) => ({
    text: new TextDecoder(name, { fatal: encoding === null }).decode(bytes),
    encoding: name,
  });
  if (encoding) return by(encoding);
  const [first, second] = new Uint8Array(bytes.slice(0, 2));
  if (first === 0xff && second === 0xfe) return by('utf-16le');
  if (first === 0xfe && second === 0xff) return by('utf-16be');
  try {
    return by('utf-8');
  } catch {
    return by('windows-1252');
  }
}

/** Takes a text apart by the name of its file; `null` when its records are not to be told apart here. */
export function readRows(name: string, content: string): Rows | null {
  const end = name.toLowerCase().split('.').at(-1) ?? '';
  if (['csv', 'tsv', 'txt'].includes(end)) return readTable(content);
  if (['ndjson', 'jsonl', 'geojsonl', 'geojsons'].includes(end)) return readLines(content);
  if (['geojson', 'json'].includes(end)) return readCollection(content);
  return null;
}

/** RFC 4180 with any of three delimiters, and cells that hold lines. */
export function readTable(content: string): Rows | null {
  const text = content.replace(/^\uFEFF/, '');
  const firstLine = text.slice(0, text.search(/[\r\n]|$/));
  const delimiter = DELIMITERS.toSorted((a, b) => count(firstLine, b) - count(firstLine, a))[0];
  const [header, ...records] = slicesOf(text, delimiter ?? ',');
  if (!header || header.cells.length < 2) return null;
  const write = (cells: readonly string[]) =>
    cells.map((cell) => quoted(cell, delimiter ?? ',')).join(delimiter);
  return {
    columns: header.cells,
    isTable: true,
    cells: (record) => records[record]?.cells ?? [],
    line: (record) => records[record]?.line ?? 0,
    find: ({ line }) => indexOrNull(records.findIndex((one) => holds(one, line))),
    withChanges: (changes) => replaced(text, records, changes, write),
    only: (changes) =>
      [text.slice(header.from, header.to), ...inOrder(changes).map(write), ''].join('\n'),
  };
}

/** One JSON text a line. */
export function readLines(content: string): Rows {
  const records: Slice[] = [];
  let from = 0;
  content.split('\n').forEach((raw, index) => {
    const text = raw.replace(/\r$/, '');
    const slice = { line: index + 1, lastLine: index + 1, from, to: from + text.length };
    if (text.trim()) records.push({ ...slice, cells: [text] });
    from += raw.length + 1;
  });
  const write = (cells: readonly string[]) => (cells[0] ?? '').replaceAll(/\s*[\r\n]+\s*/g, ' ');
  return {
    columns: ['JSON'],
    isTable: false,
    cells: (record) => records[record]?.cells ?? [],
    line: (record) => records[record]?.line ?? 0,
    find: ({ line }) => indexOrNull(records.findIndex((one) => holds(one, line))),
    withChanges: (changes) => replaced(content, records, changes, write),
    only: (changes) => [...inOrder(changes).map(write), ''].join('\n'),
  };
}

/** The features of a GeoJSON collection. */
export function readCollection(content: string): Rows | null {
  let whole: { type?: unknown; features?: unknown };
  try {
    whole = JSON.parse(content);
  } catch {
    return null;
  }
  if (whole?.type !== 'FeatureCollection' || !Array.isArray(whole.features)) return null;
  const features = whole.features.map((feature) => JSON.stringify(feature, null, 1));
  const collection = (records: readonly string[]) => {
    const { features: _all, ...rest } = whole;
    const head = JSON.stringify(rest).slice(0, -1);
    return `${head},"features":[\n${records.join(',\n')}\n]}\n`;
  };
  return {
    columns: ['JSON'],
    isTable: false,
    cells: (record) => (features[record] === undefined ? [] : [features[record]]),
    line: (record) => record + 1,
    find: ({ index }) => (index !== null && index < features.length ? index : null),
    withChanges: (changes) =>
      collection(features.map((feature, index) => changes.get(index)?.[0] ?? feature)),
    only: (changes) => collection(inOrder(changes).map((cells) => cells[0] ?? 'null')),
  };
}

function slicesOf(text: string, delimiter: string): Slice[] {
  const slices: Slice[] = [];
  let [at, line] = [0, 1];
  while (at < text.length) {
    const [from, firstLine] = [at, line];
    const cells: string[] = [];
    let [cell, isQuoted, ended] = ['', false, false];
    while (at < text.length && !ended) {
      const char = text[at] as string;
      if (char === '\n') line++;
      if (isQuoted && char === '"' && text[at + 1] === '"') {
        cell += '"';
        at++;
      } else if (char === '"' && (isQuoted || cell === '')) isQuoted = !isQuoted;
      else if (!isQuoted && char === delimiter) {
        cells.push(cell);
        cell = '';
      } else if (!isQuoted && char === '\n') ended = true;
      else cell += char;
      at++;
    }
    let to = ended ? at - 1 : at;
    if (text[to - 1] === '\r' && to > from) {
      to--;
      cell = cell.replace(/\r$/, '');
    }
    cells.push(cell);
    const lastLine = ended ? line - 1 : line;
    // A line without a letter is no record.
    if (cells.some((one) => one.trim())) {
      slices.push({ line: firstLine, lastLine, from, to, cells });
    }
  }
  return slices;
}

function holds(slice: Slice, line: number | null): boolean {
  return line !== null && slice.line <= line && line <= slice.lastLine;
}

function replaced(
  text: string,
  records: readonly Slice[],
  changes: ReadonlyMap<number, readonly string[]>,
  write: (cells: readonly string[]) => string,
): string {
  let [done, at] = ['', 0];
  records.forEach((slice, index) => {
    const change = changes.get(index);
    if (!change) return;
    done += text.slice(at, slice.from) + write(change);
    at = slice.to;
  });
  return done + text.slice(at);
}

function inOrder(changes: ReadonlyMap<number, readonly string[]>): (readonly string[])[] {
  return [...changes].sort(([a], [b]) => a - b).map(([, cells]) => cells);
}

function quoted(cell: string, delimiter: string): string {
  const isPlain = !cell.includes(delimiter) && !/["\r\n]|^\s|\s$/.test(cell);
  return isPlain ? cell : `"${cell.replaceAll('"', '""')}"`;
}

function count(text: string, char: string): number {
  return text.split(char).length - 1;
}

function indexOrNull(index: number): number | null {
  return index < 0 ? null : index;
}
