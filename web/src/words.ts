// Everything the reader reads, in the reader's language: texts, dates, and above all distances.
//
// A catalogue is plain JSON. A text may hold `{name}`, and may be a set of plural forms chosen by
// `count` (Intl.PluralRules). A key that a language lacks fails the type check, hence the build.
//
// Distances print no digit that their interval does not deserve (`stepOf`), and the bounds are
// rounded outward, so that what is printed still holds what was certified.

import type { Language, State } from './state.ts';
import en from './text/en.json';
import ro from './text/ro.json';
import uk from './text/uk.json';
import type { CountrySet, Incident, Measure, Range, World } from './types.ts';

export type Key = keyof typeof en;
type Text = string | Partial<Record<Intl.LDMLPluralRule, string>>;
type Catalogue = Record<Key, Text>;

const CATALOGUES: Record<Language, Catalogue> = { en, uk, ro };

/** The tag that dates and numbers are written by: British order of day and month in English. */
const LOCALES: Record<Language, string> = { en: 'en-GB', uk: 'uk', ro: 'ro' };

const COMPASS = ['N', 'NE', 'E', 'SE', 'S', 'SW', 'W', 'NW'] as const;

export interface Words {
  lang: Language;
  t(key: Key, values?: Record<string, string | number>): string;
  /** The text for a word of the data such as `type.battles`; an unknown word is shown as it is. */
  term(group: string, word: string): string;
  number(value: number): string;
}

export function wordsFor(lang: Language): Words {
  const catalogue = CATALOGUES[lang];
  const plural = new Intl.PluralRules(LOCALES[lang]);
  const numbers = new Intl.NumberFormat(LOCALES[lang], { maximumFractionDigits: 3 });
  const t: Words['t'] = (key, values = {}) => {
    let text: Text = catalogue[key];
    if (typeof text !== 'string') {
      const form = plural.select(Number(values.count ?? 0));
      text = text[form] ?? text.other ?? '';
    }
    return text.replace(/\{(\w+)\}(\.?)/g, (_, name: string, stop: string) => {
      const value = values[name] ?? '';
      if (typeof value === 'number') return numbers.format(value) + stop;
      // A year ends with a stop in Ukrainian ("2024 р."), and a sentence has one only.
      return value.endsWith('.') ? value : value + stop;
    });
  };
  return {
    lang,
    t,
    term(group, word) {
      const key = `${group}.${word}`;
      return key in catalogue ? t(key as Key) : word.replaceAll('_', ' ');
    },
    number: (value) => numbers.format(value),
  };
}

/**
 * The place of the last digit worth printing, in meters, for a value known to ± `half` meters: one
 * digit of `half`, or two when it begins with 1 or 2 (so that rounding never costs a third of it).
 */
export function stepOf(half: number): number {
  return 10 ** Math.max(0, Math.floor(Math.log10(Math.max(half, 3) / 3)));
}

interface PrintedDistance {
  distance: string;
  range: string;
  low: string;
  high: string;
}

/** A length and its interval in meters, as words. All are written with the same unit and digits. */
export function printDistance(
  words: Words,
  meters: number,
  low: number,
  high: number,
): PrintedDistance {
  const step = stepOf(Math.max(high - meters, meters - low));
  const unit = high >= 1000 ? 'km' : 'm';
  const per = unit === 'km' ? 1000 : 1;
  const digits = unit === 'km' ? Math.max(0, 3 - Math.round(Math.log10(step))) : 0;
  const format = new Intl.NumberFormat(LOCALES[words.lang], {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  // A bound that already is a whole number of steps must not be pushed out by a rounding error.
  const slack = 1e-6;
  const down = (value: number) => Math.floor(value / step + slack) * step;
  const up = (value: number) => Math.ceil(value / step - slack) * step;
  const show = (value: number) => (value === 0 ? '0' : format.format(value / per));
  const nearest = Math.round(meters / step) * step;
  const [a, b] = [show(down(low)), show(up(high))];
  return {
    // What rounds to nothing is not nothing: it is less than one step.
    distance: words.t(`unit.${unit}`, {
      n: nearest > 0 || meters <= 0 ? show(nearest) : `<${show(step)}`,
    }),
    range: words.t(`unit.range.${unit}`, { low: a, high: b }),
    low: words.t(`unit.${unit}`, { n: a }),
    high: words.t(`unit.${unit}`, { n: b }),
  };
}

/** A round length such as an accuracy or a radius: "200 m", "4 km". */
export function printLength(words: Words, meters: number): string {
  return meters >= 1000
    ? words.t('unit.km', { n: Number((meters / 1000).toPrecision(3)) })
    : words.t('unit.m', { n: Number(meters.toPrecision(2)) });
}

/** Distance and bounds to the boundary itself, in meters, whichever side of it the place is on. */
export function boundsOfMeasure(measure: Measure): { distance: number; low: number; high: number } {
  if (measure.side === 'outside') {
    return { distance: measure.distance, low: measure.low, high: measure.high };
  }
  const distance = Math.abs(measure.signed);
  return { distance, low: Math.max(0, distance - measure.reach), high: distance + measure.reach };
}

/** THE sentence: "2.2 km (1.2–3.3 km) from Romania (NATO)". */
export function tellDistance(
  words: Words,
  measure: Measure,
  world: World,
  on: string | null,
): string {
  const name = targetName(words, measure, world, on);
  const { distance, low, high } = boundsOfMeasure(measure);
  const printed = printDistance(words, distance, low, high);
  if (measure.side === 'outside') {
    return words.t('distance.from', { name, distance: printed.distance, range: printed.range });
  }
  if (measure.side === 'inside') {
    return measure.signed < 0
      ? words.t('distance.inside.depth', { name, distance: printed.distance, range: printed.range })
      : words.t('distance.inside', { name });
  }
  if (measure.signed >= 0) {
    return words.t('distance.uncertain', {
      name,
      distance: printed.distance,
      range: printed.range,
    });
  }
  const { reach } = measure;
  const outside = printDistance(words, measure.high, measure.high, measure.high + reach);
  return words.t('distance.uncertain.inside', {
    name,
    distance: printed.distance,
    high: outside.distance,
  });
}

/** "Romania (NATO)": the country found; for a set, the set and the member found: "NATO (Romania)". */
export function targetName(
  words: Words,
  measure: Measure,
  world: World,
  on: string | null,
): string {
  const country = countryName(words, measure.country, world, measure.name);
  if (isSet(measure.to, world)) return `${setName(words, measure.to)} (${country})`;
  const nato = world.sets.find((set) => set.name === 'NATO');
  return nato && isMember(nato, measure.country, on)
    ? `${country} (${setName(words, 'NATO')})`
    : country;
}

export function isSet(name: string, world: World): boolean {
  return name === 'NATO' || name === 'EU' || world.sets.some((set) => set.name === name);
}

/** Whether a country was a member on that day; without a day, whether it is one now. */
export function isMember(set: CountrySet, code: string, on: string | null): boolean {
  const day = (on ?? '9999').slice(0, 10);
  return set.members.some(
    (member) =>
      member.code === code &&
      (!member.from || member.from <= day) &&
      (!member.until || day < member.until),
  );
}

export function setName(words: Words, name: string): string {
  return name === 'NATO' || name === 'EU' ? words.t(`set.${name}`) : name;
}

/** A territory's or a set's name in the reader's language. */
export function nameOf(words: Words, code: string, world: World): string {
  return isSet(code, world) ? setName(words, code) : countryName(words, code, world, code);
}

export function countryName(words: Words, code: string, world: World, otherwise: string): string {
  const territory = world.territories.find((known) => known.code === code);
  return regionName(words.lang, territory?.isoA2 ?? null, territory?.name ?? otherwise);
}

/** The name the browser knows for an ISO 3166-1 alpha-2 code, else `otherwise`. */
export function regionName(lang: Language, isoA2: string | null, otherwise: string): string {
  if (!isoA2 || !/^[A-Z]{2}$/.test(isoA2)) return otherwise;
  const name = regions(lang).of(isoA2);
  return name && name !== isoA2 ? name : otherwise;
}

const displayNames = new Map<Language, Intl.DisplayNames>();

function regions(lang: Language): Intl.DisplayNames {
  let names = displayNames.get(lang);
  if (!names) {
    names = new Intl.DisplayNames([LOCALES[lang]], { type: 'region', fallback: 'code' });
    displayNames.set(lang, names);
  }
  return names;
}

/** "southwest, azimuth 214°". */
export function tellAzimuth(words: Words, azimuth: number): string {
  const direction = COMPASS[Math.round(azimuth / 45) % 8] ?? 'N';
  return words.t('panel.azimuth', {
    direction: words.t(`direction.${direction}`),
    degrees: Math.round(azimuth) % 360,
  });
}

/** The longest piece of a description that stands for a title, in characters. */
const LONGEST_TITLE = 110;

/**
 * The title in the reader's language, else in English, else in any; without one the beginning of the
 * description, as the terminal and feeds have it; else what kind of event it was, and where.
 */
export function titleOf(words: Words, incident: Incident): string {
  const kind = incident.subEventType
    ? words.term('subtype', incident.subEventType)
    : incident.eventType
      ? words.term('type', incident.eventType)
      : null;
  if (Object.keys(incident.title).length) return wordIn(incident.title, words.lang);
  const description = wordIn(incident.description, words.lang);
  if (description) return beginningOf(description);
  const what = kind ? kind.charAt(0).toLocaleUpperCase(words.lang) + kind.slice(1) : null;
  const parts = [what, incident.location].filter(Boolean);
  return parts.length ? parts.join(', ') : words.t('list.untitled');
}

/** The language of what `titleOf` tells, for the `lang` attribute; `null` when it is the page's or unknown. */
export function titleLanguage(incident: Incident, lang: Language): string | null {
  const { title, description } = incident;
  return languageOf(Object.keys(title).length ? title : description, lang);
}

/** The first sentence, or as many whole words of it as a title may have. */
function beginningOf(text: string): string {
  const line = text.trim().replace(/\s+/g, ' ');
  // A sentence ends before a capital; "Mr. Smith" is taken for one, which costs a few words.
  const sentence = /^.{20,}?[.!?](?= \p{Lu})/u.exec(line)?.[0] ?? line;
  if (sentence.length <= LONGEST_TITLE) return sentence.replace(/\.$/, '');
  return `${sentence.slice(0, LONGEST_TITLE).replace(/\s+\S*$/, '')}…`;
}

/** The entry for a language, else the English, else the untagged, else any one; '' when empty. */
export function wordIn(texts: Record<string, string>, lang: Language): string {
  return texts[lang] ?? texts.en ?? texts[''] ?? Object.values(texts)[0] ?? '';
}

/** The language of the entry that `wordIn` picks, for the `lang` attribute; `null` when unknown. */
export function languageOf(texts: Record<string, string>, lang: Language): string | null {
  if (texts[lang]) return lang;
  if (texts.en) return 'en';
  if (texts['']) return null;
  return Object.keys(texts)[0] ?? null;
}

/** A date no finer than it is known: "May 2025" for a month, "30 May 2025, 01:10 (UTC+3)" exactly. */
export function tellDate(words: Words, incident: Incident): string {
  const { dateStart, dateEnd, datePrecision } = incident;
  if (!dateStart) return words.t('date.unknown');
  const start = tellMoment(words, dateStart, datePrecision);
  if (!dateEnd) return start;
  const end = tellMoment(words, dateEnd, datePrecision);
  return start === end ? start : words.t('date.range', { start, end });
}

/** Only the day (or month, or year), for a narrow list. */
export function tellDay(words: Words, incident: Incident): string {
  const coarse = incident.datePrecision === 'exact' || incident.datePrecision === 'hour';
  return tellDate(words, {
    ...incident,
    dateEnd: null,
    datePrecision: coarse ? 'day' : incident.datePrecision,
  });
}

/** The same moment in UTC, when it was told with a time and in another zone. */
export function tellUtc(words: Words, dateStart: string, precision: string): string | null {
  if (precision !== 'exact' && precision !== 'hour') return null;
  if (!/T.*[+-](?!00:?00)\d\d:?\d\d$/.test(dateStart)) return null;
  const instant = Date.parse(dateStart);
  if (Number.isNaN(instant)) return null;
  return `${formatDate(words.lang, instant, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })} UTC`;
}

/** The label of a bin of time: "2023", "August 2023" or "2 August 2023", by the length of its key. */
export function tellBin(words: Words, key: string): string {
  const precision = key.length <= 4 ? 'year' : key.length <= 7 ? 'month' : 'day';
  return tellMoment(words, key, precision);
}

/** What the filters ask, part by part; nothing when they ask for all. */
export function tellQuestion(words: Words, state: State, world: World): string[] {
  const { t } = words;
  const { of, withinKm, from, to, area, circle, precisionM } = state;
  const end = (day: string | null) => (day ? tellBin(words, day) : '…');
  const named = (key: Key, names: readonly string[]) =>
    names.length > 0 && `${t(key)}: ${names.join(', ')}`;
  const terms = (group: 'type' | 'infrastructure' | 'damage' | 'verification', all: string[]) =>
    named(
      `filter.${group}`,
      all.map((name) => words.term(group, name)),
    );
  const near =
    withinKm !== null &&
    t(`band.${state.certainty}`, { km: withinKm, name: nameOf(words, of, world) });
  const parts = [
    state.q && `“${state.q}”`,
    (from || to) && (from === to ? end(from) : t('date.range', { start: end(from), end: end(to) })),
    near && (state.includeInside ? near : `${near}, ${t('question.outside')}`),
    of && !near && named('filter.of', [nameOf(words, of, world)]),
    terms('type', state.eventTypes),
    terms('infrastructure', state.infrastructures),
    terms('damage', state.damages),
    terms('verification', state.verifications),
    named(
      'filter.country',
      state.countries.map((code) => nameOf(words, code, world)),
    ),
    circle && t('draw.said.circle', { km: circle.km }),
    area.length > 0 && t('draw.said.area', { count: area.length }),
    precisionM !== null && `${t('filter.precision')} ≤ ${printLength(words, precisionM)}`,
  ];
  return parts.filter((part): part is string => typeof part === 'string' && part !== '');
}

/** How far it is verified; that a record does not say so is not that it was found unverified. */
export function tellVerification(words: Words, { verification }: Incident): string {
  return verification === null ? words.t('mend.nothing') : words.term('verification', verification);
}

/** Casualties as the range they are: "3", "3–5", "3 or more"; `null` when nothing is known. */
export function tellRange(words: Words, range: Range): string | null {
  const known = [range.low, range.best, range.high].filter((value) => value !== null);
  if (!known.length) return null;
  const low = Math.min(...known);
  const high = Math.max(...known);
  if (low !== high) return `${words.number(low)}–${words.number(high)}`;
  return range.high === null && range.best === null ? `≥ ${words.number(low)}` : words.number(low);
}

/** "3–5 killed", the word in the form of the last of the numbers; `null` when nothing is known. */
export function tellPeople(
  words: Words,
  key: 'panel.people.deaths' | 'panel.people.injured',
  range: Range,
): string | null {
  const n = tellRange(words, range);
  const count = Math.max(range.low ?? 0, range.best ?? 0, range.high ?? 0);
  return n === null ? null : words.t(key, { count, n });
}

function tellMoment(words: Words, date: string, precision: string): string {
  const parts = /^(\d{4})(?:-(\d\d))?(?:-(\d\d))?(?:[T ](\d\d):(\d\d))?/.exec(date);
  if (!parts) return date;
  const [, year, month, day, hour, minute] = parts;
  // The wall clock of the place, told as if it were UTC, so that the reader's zone does not shift it.
  const wall = Date.UTC(
    Number(year),
    Number(month ?? 1) - 1,
    Number(day ?? 1),
    Number(hour ?? 0),
    Number(minute ?? 0),
  );
  if (precision === 'year' || !month) return formatDate(words.lang, wall, { year: 'numeric' });
  if (precision === 'month' || !day) {
    return formatDate(words.lang, wall, { year: 'numeric', month: 'long' });
  }
  const onDay = formatDate(words.lang, wall, { year: 'numeric', month: 'long', day: 'numeric' });
  if (precision === 'week') return words.t('date.week', { day: onDay });
  if (precision === 'day' || !hour) return onDay;
  const clock = formatDate(words.lang, wall, {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const time = `${clock}${zoneOf(date)}`;
  return words.t(precision === 'hour' ? 'date.hour' : 'date.exact', { day: onDay, time });
}

function zoneOf(date: string): string {
  const zone = /T.*?(Z|[+-]\d\d:?\d\d)$/.exec(date)?.[1];
  if (!zone) return '';
  const [, sign, hours, minutes] = /([+-])(\d\d):?(\d\d)/.exec(zone) ?? [];
  if (!sign || (hours === '00' && minutes === '00')) return ' UTC';
  return ` (UTC${sign === '-' ? '−' : '+'}${Number(hours)}${minutes === '00' ? '' : `:${minutes}`})`;
}

const dateFormats = new Map<string, Intl.DateTimeFormat>();

function formatDate(lang: Language, instant: number, options: Intl.DateTimeFormatOptions): string {
  const key = lang + JSON.stringify(options);
  let format = dateFormats.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat(LOCALES[lang], { timeZone: 'UTC', ...options });
    dateFormats.set(key, format);
  }
  return format.format(instant);
}
