// Counts as a table: what the server groups by two dimensions, as rows and columns. Pure.

import type { Range } from '../types.ts';

export const DIMENSIONS = [
  'admin1',
  'admin2',
  'country',
  'foreign',
  'month',
  'year',
  'event_type',
  'infrastructure',
  'damage',
  'verification',
  'distance_band',
] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** One group of the server: its values in the order that was asked for, and the incidents in it. */
export interface Group {
  key: (string | null)[];
  count: number;
  deaths: Range;
  /** The address of its incidents, on this server. */
  items: string;
}

export interface Table {
  rows: (string | null)[];
  columns: (string | null)[];
  cell(row: string | null, column: string | null): Group | null;
  /** The largest count of a cell. */
  most: number;
}

const OF_TIME: readonly string[] = ['day', 'week', 'month', 'year'];
const DAMAGES = [
  'destroyed',
  'severe',
  'moderate',
  'possible',
  'possible_adjacent',
  'none_visible',
  'not_assessed',
];

/** Rows and columns in their own order: times as they ran, damage from the worst, the rest by their number. */
export function tabulate(groups: readonly Group[], by: readonly [string, string]): Table {
  const cells = new Map(groups.map((group) => [JSON.stringify(group.key), group]));
  return {
    rows: ordered(groups, 0, by[0]),
    columns: ordered(groups, 1, by[1]),
    cell: (row, column) => cells.get(JSON.stringify([row, column])) ?? null,
    most: Math.max(1, ...groups.map(({ count }) => count)),
  };
}

function ordered(groups: readonly Group[], at: 0 | 1, dimension: string): (string | null)[] {
  const sums = new Map<string | null, number>();
  for (const { key, count } of groups) {
    const value = key[at] ?? null;
    sums.set(value, (sums.get(value) ?? 0) + count);
  }
  const rank = (value: string): number => {
    if (dimension === 'damage') return DAMAGES.indexOf(value);
    if (dimension === 'distance_band') return value === 'inside' ? -1 : Number.parseInt(value, 10);
    return OF_TIME.includes(dimension) ? 0 : -(sums.get(value) ?? 0);
  };
  // What is not stated stands last, whatever its number.
  return [...sums.keys()].sort((a, b) => {
    if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
    return rank(a) - rank(b) || (a < b ? -1 : 1);
  });
}
