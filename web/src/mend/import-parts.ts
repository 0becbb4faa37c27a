// What a look at a file has found, as tables: pure of what becomes of it.

import { h } from '../dom.ts';
import type { Incident } from '../types.ts';
import { type Key, tellDate, titleOf, type Words } from '../words.ts';
import { tellSentence } from './faults.ts';
import { choice, scrolling } from './parts.ts';
import { type Rows, readTable } from './rows.ts';
import { fieldName } from './values.ts';
import type { Explained, Fault, Kept } from './write.ts';

/** Fields for which another column can be named. */
const MAPPED = [
  'id',
  'date_start',
  'date_end',
  'title',
  'description',
  'lat',
  'lon',
  'location',
  'country',
  'admin1',
  'event_type',
  'deaths_best',
] as const;

export function faultTable(words: Words, faults: readonly Fault[], total: number): HTMLElement {
  return folded(
    words,
    'mend.import.faults',
    placed(words, faults),
    faults.length,
    total,
    total <= 10,
  );
}

export function noteTable(
  words: Words,
  key: 'mend.import.warnings' | 'mend.import.repairs',
  notes: readonly Fault[],
  total: number,
): HTMLElement {
  return folded(words, key, placed(words, notes), notes.length, total, false);
}

/** The first records as they would be stored. */
export function previewTable(words: Words, incidents: readonly Incident[]): HTMLElement {
  const { t } = words;
  const rows = incidents.map((incident) => [
    titleOf(words, incident),
    tellDate(words, incident),
    incident.location ?? '',
    incident.places.map(([lng, lat]) => `${lng}, ${lat}`).join('; '),
    incident.eventType ? words.term('type', incident.eventType) : '',
  ]);
  const head = [
    t('mend.field.title'),
    t('time.region'),
    t('panel.place'),
    t('mend.coordinates'),
    t('panel.type'),
  ];
  const count = incidents.length;
  return folded(words, 'mend.import.preview', table(head, rows), count, count, true);
}

/** What becomes of each column, and by which rule. */
export function explainedTable(words: Words, explained: readonly Explained[]): HTMLElement {
  const { t } = words;
  const rows = explained.map(({ theirs, ours, by, example }) => [
    theirs.startsWith('(') ? tellSentence(words, theirs) : theirs,
    ours ? fieldName(words, ours) : t('mend.import.extra'),
    tellSentence(words, by),
    example,
  ]);
  const head = [
    t('mend.import.theirs'),
    t('mend.import.ours'),
    t('mend.import.by'),
    t('mend.import.example'),
  ];
  const count = explained.length;
  return folded(words, 'mend.import.explained', table(head, rows), count, count, false);
}

/** A choice of their column for each field of ours. */
export function mapping(
  words: Words,
  columns: readonly string[],
  chosen: Map<string, string>,
  act: () => void,
): HTMLElement {
  const options = [
    ['', words.t('mend.import.map.found')],
    ...columns.filter(Boolean).map((name) => [name, name]),
  ] as [string, string][];
  return h(
    'details',
    { class: 'mend-notes', open: chosen.size > 0 },
    h('summary', {}, words.t('mend.import.map')),
    h(
      'div',
      { class: 'mend-order' },
      ...MAPPED.map((ours) =>
        choice(nameOfField(words, ours), options, chosen.get(ours) ?? '', (theirs) => {
          if (theirs) chosen.set(ours, theirs);
          else chosen.delete(ours);
          act();
        }),
      ),
    ),
  );
}

function nameOfField(words: Words, ours: (typeof MAPPED)[number]): string {
  return ours === 'lat' || ours === 'lon' ? words.t(`mend.${ours}`) : fieldName(words, ours);
}

/** Records that the server kept, as a file of their own; their faults are told at its lines. */
export function rowsOfKept(
  kept: readonly Kept[],
): { rows: Rows; faults: Fault[]; type: string } | null {
  const header = kept[0]?.header;
  const texts = kept.map(({ record }) =>
    typeof record === 'string' ? record : JSON.stringify(record),
  );
  const lines = header ? [header, ...texts] : texts;
  const rows = header ? readTable(lines.join('\n')) : linesOf(texts);
  if (!rows) return null;
  let line = header ? 2 : 1;
  const faults = kept.flatMap((one, index) => {
    const own = one.faults.map((fault) => ({ ...fault, index, line }));
    line += header ? (texts[index] ?? '').split('\n').length : 1;
    return own;
  });
  return { rows, faults, type: header ? 'text/csv' : 'application/x-ndjson' };
}

/** Texts of one record each, whatever lines they have. */
function linesOf(texts: readonly string[]): Rows {
  const one = (text: string) => text.replaceAll(/\s*[\r\n]+\s*/g, ' ');
  const joined = (all: readonly string[]) => [...all.map(one), ''].join('\n');
  return {
    columns: ['JSON'],
    isTable: false,
    cells: (record) => (texts[record] === undefined ? [] : [texts[record]]),
    line: (record) => record + 1,
    find: ({ line }) => (line !== null && line <= texts.length ? line - 1 : null),
    withChanges: (changes) => joined(texts.map((text, at) => changes.get(at)?.[0] ?? text)),
    only: (changes) =>
      joined([...changes].sort(([a], [b]) => a - b).map(([, cells]) => cells[0] ?? '')),
  };
}

function folded(
  words: Words,
  key: Key,
  content: HTMLTableElement,
  shown: number,
  total: number,
  open: boolean,
): HTMLElement {
  const name = words.t(key, { count: total, n: total });
  return h(
    'details',
    { class: 'mend-notes', open },
    h('summary', {}, name),
    scrolling(name, content),
    total > shown && h('p', { class: 'fine' }, words.t('mend.import.more', { n: total - shown })),
  );
}

/** Each with line, cell, field, what is wrong and what would be right. */
function placed(words: Words, faults: readonly Fault[]): HTMLTableElement {
  const { t } = words;
  const head = [
    t('mend.import.line'),
    t('mend.import.column'),
    t('mend.import.field'),
    t('mend.import.problem'),
    t('mend.import.hint'),
  ];
  const rows = faults.map(({ line, column, field, problem, hint }) =>
    [line, column, field, tellSentence(words, problem), hint && tellSentence(words, hint)].map(
      (value) => String(value ?? ''),
    ),
  );
  return table(head, rows);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): HTMLTableElement {
  return h(
    'table',
    {},
    h('thead', {}, h('tr', {}, ...head.map((name) => h('th', { scope: 'col' }, name)))),
    h('tbody', {}, ...rows.map((cells) => h('tr', {}, ...cells.map((cell) => h('td', {}, cell))))),
  );
}
