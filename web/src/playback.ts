// Playback: the span of days that is shown moves on, a day, a week or a month at a time. Pure; the
// clock that calls it is in `timeline.ts`.

import { addDays, addMonths, daysOf, lastOfMonth } from './calendar.ts';
import type { Step } from './state.ts';

/** First and last day, both included, as YYYY-MM-DD. */
export interface Span {
  from: string;
  to: string;
}

/**
 * The span after (`by` 1) or before (-1) the one shown, as wide as it is; where an end is open, one step
 * wide. `null` when nothing of `extent` is in it: playback has come to its end.
 */
export function stepSpan(
  shown: { from: string | null; to: string | null },
  step: Step,
  by: 1 | -1,
  extent: Span,
): Span | null {
  const next = nextSpan(shown, step, by, extent);
  return next.from > extent.to || next.to < extent.from ? null : next;
}

/**
 * A period with both its ends, for one that may be open: an open end is that of the year of the other one, or of the
 * data when that is later; without any, the last year of the data. It never ends before it begins.
 */
export function closedPeriod(
  { from, to }: { from: string | null; to: string | null },
  lastOfData: string,
): Span {
  const year = (day: string) => day.slice(0, 4);
  const lastYear = from && year(from) > year(lastOfData) ? year(from) : year(lastOfData);
  const end = to ?? `${lastYear}-12-31`;
  return { from: from ?? `${year(end)}-01-01`, to: end };
}

/**
 * The period to compare with when none is chosen yet: as long, and just before; whole years stay whole.
 */
export function periodBefore(from: string, to: string): { otherFrom: string; otherTo: string } {
  const wholeYears = from.endsWith('-01-01') && to.endsWith('-12-31');
  if (wholeYears) {
    const years = Number(to.slice(0, 4)) - Number(from.slice(0, 4)) + 1;
    const back = (date: string) =>
      String(Number(date.slice(0, 4)) - years).padStart(4, '0') + date.slice(4);
    return { otherFrom: back(from), otherTo: back(to) };
  }
  const days = daysOf(from, to) ?? 1;
  return {
    otherFrom: addDays(from, -days),
    otherTo: addDays(from, -1),
  };
}

/** What is chosen in time, for one map or for two. */
export type Periods = Record<'from' | 'to' | 'otherFrom' | 'otherTo', string | null>;

/** What a comparison begins with: what is chosen, else the last year of the data, beside what was just before it. */
export function comparedPeriods(chosen: Periods, lastOfData: string): Periods {
  const hasOther = chosen.otherFrom || chosen.otherTo;
  if (hasOther && (chosen.from || chosen.to)) return chosen;
  const { from, to } = closedPeriod(chosen, lastOfData);
  return { ...chosen, from, to, ...(!hasOther && periodBefore(from, to)) };
}

/** The periods once the comparison is left: those that were `lent` to it are as before, those that were changed stay. */
export function returnedPeriods(
  now: Periods,
  lent: { before: Periods; given: Periods },
): Partial<Periods> {
  const { before, given } = lent;
  const isFirst = now.from === given.from && now.to === given.to;
  const isOther = now.otherFrom === given.otherFrom && now.otherTo === given.otherTo;
  return {
    ...(isFirst && { from: before.from, to: before.to }),
    ...(isOther && { otherFrom: before.otherFrom, otherTo: before.otherTo }),
  };
}

function nextSpan(
  { from, to }: { from: string | null; to: string | null },
  step: Step,
  by: 1 | -1,
  extent: Span,
): Span {
  if (from === null && to === null) return around(by === 1 ? extent.from : extent.to, step);
  if (from === null || to === null) return shift(around(from ?? to ?? extent.from, step), step, by);
  return shift({ from, to }, step, by);
}

/** The day, the week from Monday on (ISO 8601) or the month that a day is in. */
function around(day: string, step: Step): Span {
  if (step === 'day') return { from: day, to: day };
  if (step === 'month') return { from: `${day.slice(0, 7)}-01`, to: lastOfMonth(day) };
  const weekday = (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7;
  return { from: addDays(day, -weekday), to: addDays(day, 6 - weekday) };
}

function shift({ from, to }: Span, step: Step, by: 1 | -1): Span {
  if (step !== 'month') {
    const days = step === 'week' ? 7 * by : by;
    return { from: addDays(from, days), to: addDays(to, days) };
  }
  // Whole months stay whole: from 1 to 28 February comes 1 to 31 March.
  const isWhole = from.endsWith('-01') && to === lastOfMonth(to);
  return { from: addMonths(from, by), to: isWhole ? lastOfMonth(to, by) : addMonths(to, by) };
}
