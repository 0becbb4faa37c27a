// When: a histogram with a handle at each end. The handles are two native range inputs laid over the
// bars, so keyboard, touch and screen readers work as they do for any slider.

import { firstDay, keysBetween, lastDay } from './calendar.ts';
import { svg } from './dom.ts';
import type { Count } from './types.ts';

/** One bar: its key (`2023`, `2023-08` or `2023-08-02`), and the days it runs from and to. */
export interface Bin {
  key: string;
  count: number;
  first: string;
  last: string;
}

const MOST_MONTHS = 180;
const MOST_BINS = 400;

/** Bars without gaps, one for each month from the first to the last, or for each year when there are many. */
export function binsOf(counts: readonly Count[]): Bin[] {
  const known = counts.filter(({ key }) => /^\d{4}(-\d\d){0,2}$/.test(key));
  const [head] = known;
  const tail = known.at(-1);
  if (!head || !tail) return [];
  const byMonth = head.key.length === 7;
  const keys = keysBetween(head.key, tail.key, MOST_BINS);
  if (byMonth && keys.length > MOST_MONTHS) return binsOf(byYear(known));
  const found = new Map(known.map(({ key, count }) => [key, count]));
  return keys.map((key) => ({
    key,
    count: found.get(key) ?? 0,
    first: firstDay(key),
    last: lastDay(key),
  }));
}

/**
 * The handles for a span of days, as the gaps between bars: 0 is before the first, `bins.length`
 * after the last. A handle on an outer end means that this end is open.
 */
export function handlesFor(
  bins: readonly Bin[],
  from: string | null,
  to: string | null,
): [number, number] {
  const start = from === null ? 0 : bins.findIndex((bin) => bin.last >= from);
  const end = to === null ? bins.length : bins.filter((bin) => bin.first <= to).length;
  const low = start < 0 ? bins.length - 1 : start;
  return [Math.max(0, low), Math.max(low + 1, end)];
}

/** The span of days for two handles; the outer ends stay open. */
export function spanFor(
  bins: readonly Bin[],
  low: number,
  high: number,
): [string | null, string | null] {
  const from = low <= 0 ? null : (bins[low]?.first ?? null);
  const to = high >= bins.length ? null : (bins[high - 1]?.last ?? null);
  return [from, to];
}

/**
 * A day as a field of type date has it: `null` when it is empty, `undefined` while its year is still
 * being typed (a browser tells of the year 2 when 2023 is on its way).
 */
export function typedDay(value: string): string | null | undefined {
  if (value === '') return null;
  return value >= '1000' && value.length === 10 ? value : undefined;
}

/** A span with one end set anew; the other end is given up when it would lie on the wrong side. */
export function withDay(
  span: { from: string | null; to: string | null },
  end: 'from' | 'to',
  day: string | null,
): { from: string | null; to: string | null } {
  const next = { ...span, [end]: day };
  if (next.from === null || next.to === null || next.from <= next.to) return next;
  return end === 'from' ? { from: day, to: null } : { from: null, to: day };
}

interface TimeElements {
  bars: SVGSVGElement;
  low: HTMLInputElement;
  high: HTMLInputElement;
}

/** Draws the bars and sets the handles. */
export function showTime(
  elements: TimeElements,
  bins: readonly Bin[],
  low: number,
  high: number,
): void {
  const { bars } = elements;
  const most = Math.max(1, ...bins.map((bin) => bin.count));
  bars.setAttribute('viewBox', `0 0 ${Math.max(1, bins.length)} 100`);
  bars.replaceChildren(
    ...bins.map((bin, index) => {
      // A root keeps rare months visible beside a month with thousands.
      const height = bin.count === 0 ? 1.5 : 6 + 94 * Math.sqrt(bin.count / most);
      return svg('rect', {
        x: index + 0.08,
        y: 100 - height,
        width: 0.84,
        height,
        class: index >= low && index < high ? 'bar on' : 'bar',
      });
    }),
  );
  for (const [input, value] of [
    [elements.low, low],
    [elements.high, high],
  ] as const) {
    input.min = '0';
    input.max = String(Math.max(1, bins.length));
    input.value = String(value);
    input.disabled = bins.length === 0;
  }
}

function byYear(counts: readonly Count[]): Count[] {
  const years = new Map<string, number>();
  for (const { key, count } of counts) {
    const year = key.slice(0, 4);
    years.set(year, (years.get(year) ?? 0) + count);
  }
  return [...years].map(([key, count]) => ({ key, count }));
}
