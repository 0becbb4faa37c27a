// Days and months as the texts they are in the data: `2023`, `2023-08` or `2023-08-02`, so that no zone
// shifts them. Pure.

const DAY_MS = 86_400_000;
/** A hundred years. */
const MOST_MONTHS = 1200;

/** The day that a date of a record begins with; `null` when it is not known to the day. */
export function dayOf(date: unknown): string | null {
  return /^\d{4}-\d\d-\d\d/.exec(typeof date === 'string' ? date : '')?.[0] ?? null;
}

/** The first day of a year, a month or a day. */
export function firstDay(key: string): string {
  return key + '-01-01'.slice(0, 10 - key.length);
}

/** The last day of a year, a month or a day. */
export function lastDay(key: string): string {
  if (key.length === 4) return `${key}-12-31`;
  return key.length === 7 ? lastOfMonth(key) : key;
}

/** The last day of the month that a month or a day is in, or of one so many months `later`. */
export function lastOfMonth(key: string, later = 0): string {
  const [year, month] = key.split('-').map(Number);
  return new Date(Date.UTC(year ?? 0, (month ?? 1) + later, 0)).toISOString().slice(0, 10);
}

export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** The same day of another month, or its last day when it has fewer. */
export function addMonths(day: string, months: number): string {
  const last = lastOfMonth(day, months);
  const date = Math.min(Number(day.slice(8)), Number(last.slice(8)));
  return last.slice(0, 8) + String(date).padStart(2, '0');
}

/** How many days a period has, both ends included; `null` when an end is open or it ends before it begins. */
export function daysOf(from: string | null, to: string | null): number | null {
  if (!from || !to) return null;
  const days = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
  return days > 0 ? days : null;
}

/** Every year, month or day, by the length of the keys, from the first to the last, `most` at most. */
export function keysBetween(first: string, last: string, most: number): string[] {
  const keys: string[] = [];
  const at = new Date(`${firstDay(first)}T00:00:00Z`);
  while (keys.length < most) {
    const key = at.toISOString().slice(0, first.length);
    if (key > last) break;
    keys.push(key);
    if (first.length === 4) at.setUTCFullYear(at.getUTCFullYear() + 1);
    else if (first.length === 7) at.setUTCMonth(at.getUTCMonth() + 1);
    else at.setUTCDate(at.getUTCDate() + 1);
  }
  return keys;
}

/** Every month from the first to the last, so that a month without incidents is seen as one. */
export function monthsBetween(months: readonly (string | null)[]): string[] {
  const known = months.filter((one): one is string => /^\d{4}-\d\d$/.test(one ?? '')).sort();
  const [first, last] = [known[0], known.at(-1)];
  return first && last ? keysBetween(first, last, MOST_MONTHS) : [];
}
