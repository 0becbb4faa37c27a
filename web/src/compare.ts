// Two periods side by side: the same filter twice, each with its own dates, its own map and its own
// counts, in one table. The maps move together. Loaded when it is first opened.

import './ask.css';
import { aggregate, incidentTiles } from './api.ts';
import { daysOf } from './calendar.ts';
import { chartPicker, labelOf } from './charts.ts';
import { byId, h, keepFocus } from './dom.ts';
import { labelFrom, type Naming } from './layers.ts';
import { createMap, type Hit, type IncidentMap, isSameView, type MapOptions } from './map.ts';
import type { Requests } from './requests.ts';
import { type Chart, filterParams, type State, type View } from './state.ts';
import { typedDay, withDay } from './time.ts';
import type { Aggregate, World } from './types.ts';
import { tellBin, type Words } from './words.ts';

export interface CompareContext {
  state(): State;
  words(): Words;
  world(): World;
  update(change: Partial<State>, step?: 'push' | 'replace'): void;
  /** How the first map is drawn; the second is drawn alike. */
  mapOptions(): Omit<MapOptions, 'container' | 'events'>;
  /** Moves the first map. */
  follow(view: View): void;
  picked(hits: Hit[]): void;
  attempt: Requests['attempt'];
}

export type Comparison = ReturnType<typeof openComparison>;

/** One category in both periods. */
interface Compared {
  key: string | null;
  first: number;
  second: number;
}

export function openComparison(context: CompareContext) {
  const side = byId('map-side');
  const strip = h('div', { class: 'compare-strip' });
  const head = h('div');
  const content = h('div', { 'aria-live': 'polite' });
  const table = h('section', { class: 'compare-table' }, head, content);
  const frame = h('div', { class: 'map-b', id: 'map-b' });
  side.append(strip, frame, table);
  document.body.classList.add('comparing');
  let map: IncidentMap | null = null;
  let view: View | null = context.state().view;
  try {
    map = createMap({
      ...context.mapOptions(),
      container: frame,
      events: {
        moved(moved, _, quietly) {
          if (quietly) return;
          view = moved;
          context.follow(moved);
        },
        picked: context.picked,
        pointed: () => {},
        hovered: () => {},
        loaded: () => {},
      },
    });
  } catch {
    // No second WebGL: the table says what it would show.
    frame.remove();
  }

  async function show(): Promise<void> {
    const state = context.state();
    const words = context.words();
    map?.setLabel(words.t('compare.map.second'));
    map?.setIncidents(incidentTiles(filterParams(otherOf(state))));
    showStrip();
    showHead();
    content.replaceChildren(h('p', { class: 'loading' }, words.t('time.loading')));
    const again = () => {
      byId('compare-title').focus();
      return show();
    };
    await context.attempt('compare', content, again, async (signal) => {
      const by = dimensionOf(state.chart);
      const [first, second] = await Promise.all([
        aggregate(by, filterParams(state), signal),
        aggregate(by, filterParams(otherOf(state)), signal),
      ]);
      signal.throwIfAborted();
      map?.setLabelFrom(labelFrom(second.matched));
      content.replaceChildren(comparisonTable(by, first, second));
    });
  }

  function showHead(): void {
    const { chart, lang } = context.state();
    const by = dimensionOf(chart);
    const key = [by, lang].join();
    if (head.dataset.key === key) return;
    head.dataset.key = key;
    const words = context.words();
    const back = h('button', { type: 'button', class: 'back' }, `← ${words.t('ask.back')}`);
    back.addEventListener('click', () => context.update({ show: 'map' }));
    const title = h(
      'h2',
      { id: 'compare-title', tabindex: -1, class: 'unseen' },
      words.t('compare.title'),
    );
    const pick = (chosen: Chart) => context.update({ chart: chosen });
    const picker = chartPicker('compare-by', by, words, pick, ['month']);
    keepFocus(
      head,
      () => head.replaceChildren(back, title, picker),
      () => title,
    );
  }

  /** The dates of both periods; made anew only when they are other dates, so that the focus stays. */
  function showStrip(): void {
    const { from, to, otherFrom, otherTo, lang } = context.state();
    const key = [from, to, otherFrom, otherTo, lang].join();
    if (strip.dataset.key === key) return;
    strip.dataset.key = key;
    const first = period('first', from, to, (span) => context.update(span));
    const second = period('second', otherFrom, otherTo, (span) =>
      context.update({ otherFrom: span.from, otherTo: span.to }),
    );
    keepFocus(
      strip,
      () => strip.replaceChildren(first, second),
      () => byId('compare-title'),
    );
  }

  function period(
    which: 'first' | 'second',
    from: string | null,
    to: string | null,
    change: (span: { from: string | null; to: string | null }) => void,
  ): HTMLElement {
    const { t } = context.words();
    const date = (end: 'from' | 'to', value: string | null) => {
      const label = `${t(`compare.${which}`)}: ${t(`time.${end}`)}`;
      const input = h('input', {
        type: 'date',
        id: `compare-${which}-${end}`,
        value: value ?? '',
        'aria-label': label,
      });
      input.addEventListener('change', () => {
        const day = typedDay(input.value);
        if (day !== undefined) change(withDay({ from, to }, end, day));
      });
      return input;
    };
    return h(
      'fieldset',
      { class: 'period' },
      h('legend', {}, `${t(`compare.${which}`)}: ${spanText(from, to, context.words())}`),
      h('div', { class: 'dates' }, date('from', from), date('to', to)),
    );
  }

  function comparisonTable(by: Chart, first: Aggregate, second: Aggregate): HTMLElement {
    const state = context.state();
    const words = context.words();
    const { t, number } = words;
    const spans = [
      spanText(state.from, state.to, words),
      spanText(state.otherFrom, state.otherTo, words),
    ];
    // A change goes with time, whichever of the two stands first.
    const isBack = isBefore(state.otherFrom, state.from);
    const [start, end] = isBack ? spans.toReversed() : spans;
    const row = (name: string, a: number, b: number, isWhole: boolean) =>
      h(
        'tr',
        { class: isWhole ? 'whole' : null },
        h('th', { scope: 'row' }, name),
        h('td', { class: 'number' }, number(a)),
        h('td', { class: 'number' }, number(b)),
        h('td', { class: 'number' }, signed(words, isBack ? a - b : b - a)),
      );
    const per = (count: number, from: string | null, to: string | null) => {
      const days = daysOf(from, to);
      return days === null ? '' : number(Number(((30 * count) / days).toPrecision(2)));
    };
    return h(
      'table',
      { class: 'figures' },
      h('caption', { class: 'unseen' }, t('compare.title')),
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          h('th', { scope: 'col' }, t(`chart.by.${by}`)),
          ...spans.map((span) => h('th', { scope: 'col', class: 'number' }, span)),
          h(
            'th',
            { scope: 'col', class: 'number' },
            t('compare.change', { start: start ?? '', end: end ?? '' }),
          ),
        ),
      ),
      h(
        'tbody',
        {},
        row(t('compare.all'), first.matched, second.matched, true),
        // Periods of different length are only comparable by rate.
        h(
          'tr',
          {},
          h('th', { scope: 'row' }, t('compare.rate')),
          h('td', { class: 'number' }, per(first.matched, state.from, state.to)),
          h('td', { class: 'number' }, per(second.matched, state.otherFrom, state.otherTo)),
          h('td', {}),
        ),
        ...compared(first, second).map(({ key, first: a, second: b }) =>
          row(
            key === null ? t('chart.unknown') : labelOf(by, key, words, context.world()),
            a,
            b,
            false,
          ),
        ),
      ),
    );
  }

  return {
    show,
    /** The first map moved. */
    moved(to: View): void {
      if (view && isSameView(view, to)) return;
      view = to;
      map?.jumpTo(to);
    },
    maps: () => (map ? [map] : []),
    setNaming(naming: Naming): void {
      map?.setNaming(naming);
    },
    setTheme(theme: 'light' | 'dark'): void {
      map?.setTheme(theme);
    },
    focus(): void {
      byId('compare-title').focus();
    },
    close(): void {
      map?.remove();
      for (const node of [strip, frame, table]) node.remove();
      document.body.classList.remove('comparing');
    },
  };
}

/** The same question about the other period. */
export function otherOf(state: State): State {
  return { ...state, from: state.otherFrom, to: state.otherTo };
}

/** A comparison by month would have nothing in common. */
function dimensionOf(chart: Chart): Chart {
  return chart === 'month' ? 'event_type' : chart;
}

/** Every category of either period, those with most first; what has no value comes last. */
export function compared(first: Aggregate, second: Aggregate): Compared[] {
  const rows = new Map<string | null, Compared>();
  const row = (key: string | null) => {
    const known = rows.get(key) ?? { key, first: 0, second: 0 };
    rows.set(key, known);
    return known;
  };
  for (const { key, count } of first.groups) row(key).first = count;
  for (const { key, count } of second.groups) row(key).second = count;
  const last = ({ key }: Compared) => (key === null ? 1 : 0);
  return [...rows.values()].sort(
    (a, b) => last(a) - last(b) || b.first + b.second - (a.first + a.second),
  );
}

function spanText(from: string | null, to: string | null, words: Words): string {
  if (!from && !to) return words.t('compare.always');
  if (from?.endsWith('-01-01') && to === `${from.slice(0, 4)}-12-31`) return from.slice(0, 4);
  const end = (date: string | null) => (date ? tellBin(words, date) : '…');
  return words.t('date.range', { start: end(from), end: end(to) });
}

/** Whether a period that begins on `one` begins before one that begins on `other`; an open one begins before all. */
export function isBefore(one: string | null, other: string | null): boolean {
  return (one ?? '') < (other ?? '');
}

/** A change with its sign. */
export function signed(words: Words, change: number): string {
  if (change === 0) return '0';
  return `${change > 0 ? '+' : '−'}${words.number(Math.abs(change))}`;
}
