// Counts as a picture and as a table: the same numbers twice, so that nothing is only for the eye.
// Where a value can be asked for by itself, its row is a button that does so.

import { firstDay, lastDay, monthsBetween } from './calendar.ts';
import { h, svg } from './dom.ts';
import { CHARTS, type Chart, type State } from './state.ts';
import type { Aggregate, World } from './types.ts';
import { countryName, tellBin, type Words } from './words.ts';

/** In the order in which a reader expects them: near before far. */
const BANDS = [
  'inside',
  '0-1',
  '1-5',
  '5-10',
  '10-25',
  '25-50',
  '50-100',
  '100-250',
  '250-',
] as const;

interface Bar {
  key: string | null;
  label: string;
  count: number;
  /** "3–5", when any incident says how many died. */
  deaths: string;
}

/**
 * Groups as bars: time and distance in their order, the rest by how many. What has no value comes last. Months without
 * incidents are bars of nothing, so that a gap in time is seen as one.
 */
export function barsOf(by: Chart, found: Aggregate, words: Words, world: World): Bar[] {
  const bars = found.groups.map(({ key, count, deaths }) => ({
    key,
    count,
    label: key === null ? words.t('chart.unknown') : labelOf(by, key, words, world),
    deaths: deaths.statedBy === 0 ? '' : range(words, deaths.low, deaths.high),
  }));
  if (by === 'month') return withEmptyMonths(bars, words);
  const last = (bar: Bar) => (bar.key === null ? 1 : 0);
  const place = (bar: Bar) => (BANDS as readonly string[]).indexOf(bar.key ?? '');
  const order: (a: Bar, b: Bar) => number =
    by === 'distance_band'
      ? (a, b) => place(a) - place(b)
      : (a, b) => b.count - a.count || a.label.localeCompare(b.label, words.lang);
  return bars.sort((a, b) => last(a) - last(b) || order(a, b));
}

function withEmptyMonths(bars: readonly Bar[], words: Words): Bar[] {
  const known = new Map(bars.map((bar) => [bar.key, bar]));
  const months = monthsBetween([...known.keys()]);
  const every = months.map(
    (key) => known.get(key) ?? { key, count: 0, label: tellBin(words, key), deaths: '' },
  );
  // What is no month, and those beyond the most that are shown.
  const others = bars.filter(({ key }) => key === null || !months.includes(key));
  return [...every, ...others.sort((a, b) => ((a.key ?? '~') < (b.key ?? '~') ? -1 : 1))];
}

/** The change of the state that asks for one value only; `null` where no parameter asks for it. */
export function drillDown(by: Chart, key: string | null): Partial<State> | null {
  if (key === null) return null;
  switch (by) {
    case 'month':
      return { from: firstDay(key), to: lastDay(key) };
    case 'event_type':
      return { eventTypes: [key] } as Partial<State>;
    case 'infrastructure':
      return { infrastructures: [key] } as Partial<State>;
    case 'damage':
      return { damages: [key] } as Partial<State>;
    case 'verification':
      return { verifications: [key] } as Partial<State>;
    case 'country':
      return { countries: [key] };
    case 'distance_band':
      return null;
  }
}

/** A choice of what is counted by; `id` is that of its field, of which a page may have two. */
export function chartPicker(
  id: string,
  chosen: Chart,
  words: Words,
  pick: (chart: Chart) => void,
  without: readonly Chart[] = [],
): HTMLElement {
  const select = h(
    'select',
    { id },
    ...CHARTS.filter((name) => !without.includes(name)).map((name) =>
      h('option', { value: name, selected: name === chosen }, words.t(`chart.by.${name}`)),
    ),
  );
  select.addEventListener('change', () => {
    const name = CHARTS.find((one) => one === select.value);
    if (name) pick(name);
  });
  return h('div', { class: 'field' }, h('label', { for: id }, words.t('chart.by')), select);
}

/** The picture and its table. `apply` is called with what a row asks for. */
export function chart(
  by: Chart,
  bars: readonly Bar[],
  words: Words,
  apply: (change: Partial<State>) => void,
): Node[] {
  if (!bars.length) return [h('p', { class: 'fine' }, words.t('list.empty'))];
  return [picture(by, bars, words), table(by, bars, words, apply)];
}

function picture(by: Chart, bars: readonly Bar[], words: Words): HTMLElement {
  const most = Math.max(...bars.map((bar) => bar.count));
  const label = words.t('chart.label', {
    by: words.t(`chart.by.${by}`),
    count: bars.length,
    most: words.number(most),
  });
  return by === 'month' ? columns(bars, most, label) : rows(bars, most, label, words);
}

function columns(bars: readonly Bar[], most: number, label: string): HTMLElement {
  const width = 100 / bars.length;
  return h(
    'figure',
    { class: 'chart' },
    svg(
      'svg',
      { viewBox: '0 0 100 40', preserveAspectRatio: 'none', role: 'img', 'aria-label': label },
      ...bars.map(({ count }, index) =>
        svg('rect', {
          x: index * width + width * 0.08,
          y: 40 - (39 * count) / most,
          width: width * 0.84,
          height: (39 * count) / most,
          class: 'bar on',
        }),
      ),
    ),
    h(
      'figcaption',
      { 'aria-hidden': 'true' },
      h('span', {}, bars[0]?.label ?? ''),
      h('span', {}, bars.length > 1 ? (bars.at(-1)?.label ?? '') : ''),
    ),
  );
}

function rows(bars: readonly Bar[], most: number, label: string, words: Words): HTMLElement {
  return h(
    'figure',
    { class: 'chart rows', role: 'img', 'aria-label': label },
    ...bars.slice(0, 12).map((bar) => {
      const line = h('span', { class: 'length' });
      line.style.inlineSize = `${(100 * bar.count) / most}%`;
      return h(
        'div',
        { class: 'chart-row' },
        h('span', { class: 'name' }, bar.label),
        h('span', { class: 'room' }, line),
        h('span', { class: 'number' }, words.number(bar.count)),
      );
    }),
  );
}

function table(
  by: Chart,
  bars: readonly Bar[],
  words: Words,
  apply: (change: Partial<State>) => void,
): HTMLElement {
  const { t } = words;
  const cell = (bar: Bar): Node | string => {
    const change = drillDown(by, bar.key);
    if (!change || bar.count === 0) return bar.label;
    const button = h('button', { type: 'button', class: 'link' }, bar.label);
    button.addEventListener('click', () => apply(change));
    return button;
  };
  return h(
    'details',
    { class: 'twin' },
    h('summary', {}, t('chart.table')),
    h(
      'table',
      { class: 'figures' },
      h('caption', { class: 'unseen' }, t('chart.label.table', { by: t(`chart.by.${by}`) })),
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          h('th', { scope: 'col' }, t(`chart.by.${by}`)),
          h('th', { scope: 'col', class: 'number' }, t('list.title')),
          h('th', { scope: 'col', class: 'number' }, t('panel.deaths')),
        ),
      ),
      h(
        'tbody',
        {},
        ...bars.map((bar) =>
          h(
            'tr',
            {},
            h('th', { scope: 'row' }, cell(bar)),
            h('td', { class: 'number' }, words.number(bar.count)),
            h('td', { class: 'number' }, bar.deaths),
          ),
        ),
      ),
    ),
  );
}

export function labelOf(by: Chart, key: string, words: Words, world: World): string {
  switch (by) {
    case 'month':
      return tellBin(words, key);
    case 'country':
      return countryName(words, key, world, key);
    case 'distance_band':
      return tellBand(words, key);
    case 'event_type':
      return words.term('type', key);
    default:
      return words.term(by, key);
  }
}

/** "10–25 km" for `10-25`; the last band is open. */
function tellBand(words: Words, key: string): string {
  if (key === 'inside') return words.t('side.inside');
  const [low, high] = key.split('-');
  return high
    ? words.t('unit.range.km', { low: low ?? '', high })
    : words.t('chart.band.last', { km: low ?? '' });
}

function range(words: Words, low: number, high: number): string {
  return low === high ? words.number(low) : `${words.number(low)}–${words.number(high)}`;
}
