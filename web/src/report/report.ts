// A report of what the filter holds: text, tables with the incidents behind each number, small multiples; for the
// screen and for paper.

import './report.css';
import { findIncidents, isAbort, pictureOfAll } from '../api.ts';
import { monthsBetween } from '../calendar.ts';
import { h, svg } from '../dom.ts';
import type { View } from '../mend/desk.ts';
import type { Work } from '../mend/entry.ts';
import { button, choice, faultWithRetry, modal, scrolling, tellError } from '../mend/parts.ts';
import { countGroups, type Sums } from '../mend/write.ts';
import { LANGUAGES } from '../state.ts';
import type { Boundary } from '../types.ts';
import {
  nameOf,
  printLength,
  tellBin,
  tellDate,
  tellDistance,
  tellRange,
  titleOf,
  type Words,
  wordsFor,
} from '../words.ts';
import { DIMENSIONS, type Dimension, type Group, type Table, tabulate } from './tables.ts';

/** Small multiples of so many rows: more do not fit a page. */
const MOST_SMALL = 12;
const MOST_COLUMNS = 40;
/** Incidents that are listed behind a number at once. */
const MOST_LISTED = 100;

const TERMS: Record<string, string> = {
  event_type: 'type',
  verification: 'verification',
  infrastructure: 'infrastructure',
  damage: 'damage',
};

interface Report {
  /** The filter and the dimensions that it answers. */
  question: string;
  filter: URLSearchParams;
  by: [Dimension, Dimension];
  table: Sums;
  small: Sums;
  boundary: Boundary | null;
}

export function showReport(work: Work, body: HTMLElement): View {
  let request = new AbortController();
  let by: [Dimension, Dimension] = ['admin1', 'damage'];
  let inAllLanguages = false;
  let report: Report | null = null;
  const status = h('p', { role: 'status', class: 'mend-status' });
  const paper = h('div', { class: 'report' });

  function show(): void {
    const words = work.words();
    const dimensions = DIMENSIONS.map((one) => [one, words.term('report.by', one)] as const);
    const pick = (at: 0 | 1) => (value: string) => {
      const chosen = DIMENSIONS.find((one) => one === value) ?? by[at];
      // A dimension against itself says nothing: the two change places.
      const other = by[1 - at] === chosen ? by[at] : (by[1 - at] as Dimension);
      by = at === 0 ? [chosen, other] : [other, chosen];
      show();
    };
    const print = button(words.t('report.print'), () => window.print(), 'plain strong');
    body.replaceChildren(
      h(
        'div',
        { class: 'report-tools' },
        choice(words.t('report.rows'), dimensions, by[0], pick(0)),
        choice(words.t('report.columns'), dimensions, by[1], pick(1)),
        choice(
          words.t('report.text'),
          [
            ['one', words.t('report.text.one')],
            ['all', words.t('report.text.all')],
          ],
          inAllLanguages ? 'all' : 'one',
          (value) => {
            inAllLanguages = value === 'all';
            draw();
          },
        ),
        print,
      ),
      status,
      paper,
    );
    if (report?.question === questionNow()) draw();
    else void load();
  }

  function questionNow(): string {
    return `${work.filter()}|${by}`;
  }

  async function load(): Promise<void> {
    request.abort();
    request = new AbortController();
    const { signal } = request;
    const words = work.words();
    status.textContent = words.t('report.counting');
    try {
      const [filter, question, asked] = [work.filter(), questionNow(), by];
      const [table, small, first] = await Promise.all([
        countGroups(asked, filter, signal),
        countGroups([multipliedOf(asked), 'month'], filter, signal),
        findIncidents(filter, 20, signal),
      ]);
      // What has come is no longer wanted.
      if (signal.aborted) return;
      report = {
        question,
        filter,
        by: asked,
        table,
        small,
        boundary: first.incidents.find(({ border }) => border?.boundary)?.border?.boundary ?? null,
      };
      status.textContent = '';
      draw();
    } catch (error) {
      if (isAbort(error) || signal.aborted) return;
      status.textContent = '';
      paper.replaceChildren(...faultWithRetry(words, error, load));
    }
  }

  function draw(): void {
    if (!report) return;
    const words = work.words();
    const now = report;
    const { table, small, by } = now;
    const languages = inAllLanguages ? LANGUAGES.map(wordsFor) : [words];
    const multiplied = multipliedOf(by);
    paper.replaceChildren(
      h('h2', { tabindex: -1 }, words.t('report.title')),
      ...languages.map((each) => textBlock(each, work, now)),
      mapFigure(words, now),
      tableView(words, tabulate(table.groups, by), by),
      h('p', { class: 'fine' }, words.t('report.table.note')),
      smallMultiples(words, tabulate(small.groups, [multiplied, 'month']), multiplied),
    );
  }

  /** A map of all that is counted, as the server draws it from the same state of the store. */
  function mapFigure(words: Words, of: Report): HTMLElement {
    const params = new URLSearchParams(of.filter);
    if (of.table.snapshot) params.set('snapshot', of.table.snapshot);
    const src = pictureOfAll(params, words.lang);
    const image = h('img', { src, alt: words.t('report.map'), width: 960, height: 600 });
    const save = h('a', { href: src, download: 'kordon-map.png' }, words.t('report.map.save'));
    const figure = h(
      'figure',
      { class: 'report-map' },
      image,
      h('figcaption', { class: 'fine' }, save),
    );
    image.addEventListener('error', () => {
      const again = button(words.t('error.retry'), () => figure.replaceWith(mapFigure(words, of)));
      figure.replaceChildren(
        h('p', { class: 'fault', role: 'alert' }, words.t('report.map.fault')),
        again,
      );
    });
    return figure;
  }

  function tableView(
    words: Words,
    table: Table,
    [rowBy, columnBy]: [Dimension, Dimension],
  ): HTMLElement {
    // Of many months the last, of anything else the largest.
    const isTime = columnBy === 'month' || columnBy === 'year';
    const columns = isTime
      ? table.columns.slice(-MOST_COLUMNS)
      : table.columns.slice(0, MOST_COLUMNS);
    const left = table.columns.length - columns.length;
    const label = (dimension: Dimension, value: string | null) =>
      labelOf(words, work, dimension, value);
    const title = words.t('report.table', {
      rows: words.term('report.by', rowBy),
      columns: words.term('report.by', columnBy),
    });
    const made = h(
      'table',
      { class: 'report-table' },
      h('caption', {}, title),
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          h('th', { scope: 'col' }, words.term('report.by', rowBy)),
          ...columns.map((column) => h('th', { scope: 'col' }, label(columnBy, column))),
        ),
      ),
      h(
        'tbody',
        {},
        ...table.rows.map((row) =>
          h(
            'tr',
            {},
            h('th', { scope: 'row' }, label(rowBy, row)),
            ...columns.map((column) => {
              const group = table.cell(row, column);
              if (!group) return h('td', {}, '–');
              const name = `${label(rowBy, row)}, ${label(columnBy, column)}`;
              return countCell(words, group, name, table.most);
            }),
          ),
        ),
      ),
    );
    const cut = left > 0 && h('p', { class: 'fine' }, words.t('report.table.cut', { n: left }));
    return h('div', {}, scrolling(title, made), cut);
  }

  function countCell(words: Words, group: Group, name: string, most: number): HTMLTableCellElement {
    const deaths = tellRange(words, group.deaths);
    const made = button(words.number(group.count), () => drill(group, name), 'count');
    made.setAttribute(
      'aria-label',
      `${name}: ${words.t('report.count', { count: group.count, n: group.count })}`,
    );
    const cell = h('td', {}, made, deaths ? h('span', { class: 'fine' }, `† ${deaths}`) : null);
    // The shade is a help to the eye; the number says it.
    cell.style.setProperty('--share', String(Math.sqrt(group.count / most)));
    return cell;
  }

  /** The incidents behind a number. */
  async function drill(group: Group, name: string): Promise<void> {
    const words = work.words();
    const list = h('ol', { class: 'report-list' });
    const said = h('p', { role: 'status', class: 'fine' }, words.t('panel.loading'));
    const controller = new AbortController();
    const dialog = modal(words, name, [said, list], () => controller.abort());
    try {
      const params = new URL(group.items, location.origin).searchParams;
      params.delete('limit');
      const { incidents, matched } = await findIncidents(params, MOST_LISTED, controller.signal);
      said.textContent = words.t('report.listed', {
        count: matched,
        n: matched,
        shown: incidents.length,
      });
      list.replaceChildren(
        ...incidents.map((incident) => {
          const measure = incident.border?.to[0] ?? incident.border?.nearestForeign;
          const open = button(
            titleOf(words, incident),
            () => {
              dialog.close();
              work.open(incident.id);
            },
            'link',
          );
          const told = measure
            ? tellDistance(words, measure, work.world(), incident.dateStart)
            : words.t('list.nodistance');
          return h(
            'li',
            {},
            open,
            h('p', { class: 'fine' }, `${tellDate(words, incident)} · ${told}`),
          );
        }),
      );
      list.querySelector('button')?.focus();
    } catch (error) {
      if (!isAbort(error)) said.textContent = tellError(words, error);
    }
  }

  function smallMultiples(words: Words, table: Table, dimension: Dimension): HTMLElement {
    const months = monthsBetween(table.columns);
    const [first, last] = [months[0], months.at(-1)];
    if (!first || !last) return h('span', { hidden: true });
    const rows = table.rows.slice(0, MOST_SMALL);
    const label = (row: string | null) => labelOf(words, work, dimension, row);
    const [start, end] = [tellBin(words, first), tellBin(words, last)];
    const span = start === end ? start : words.t('date.range', { start, end });
    return h(
      'section',
      { class: 'report-small' },
      h('h3', {}, words.t('report.small', { by: words.term('report.by', dimension) })),
      h('p', { class: 'fine' }, words.t('report.small.note', { span, n: table.most })),
      h(
        'ul',
        {},
        ...rows.map((row) => {
          const counts = months.map((month) => table.cell(row, month)?.count ?? 0);
          const peak = Math.max(...counts);
          const at = months[counts.indexOf(peak)] ?? first;
          const total = counts.reduce((sum, one) => sum + one, 0);
          const said = words.t('report.small.said', { n: total, peak, month: tellBin(words, at) });
          return h(
            'li',
            {},
            h('strong', {}, label(row)),
            bars(counts, table.most, `${label(row)}: ${said}`),
            h('span', { class: 'fine' }, said),
          );
        }),
      ),
    );
  }

  show();
  return { follow: show, leave: () => request.abort() };
}

/** What there is one small picture of each: the rows, unless they are the months that it runs over. */
function multipliedOf([rows, columns]: readonly [Dimension, Dimension]): Dimension {
  return rows === 'month' ? columns : rows;
}

/** Bars on one scale, so that two pictures can be compared. */
function bars(counts: readonly number[], most: number, label: string): SVGElement {
  return svg(
    'svg',
    {
      viewBox: `0 0 ${counts.length} 40`,
      preserveAspectRatio: 'none',
      class: 'report-bars',
      role: 'img',
      'aria-label': label,
    },
    ...counts.map((count, index) => {
      const height = count === 0 ? 0.5 : Math.max(2, (40 * count) / most);
      return svg('rect', { x: index + 0.1, y: 40 - height, width: 0.8, height });
    }),
  );
}

function labelOf(words: Words, work: Work, dimension: Dimension, value: string | null): string {
  if (value === null || value === '') return words.t('mend.nothing');
  if (dimension === 'month' || dimension === 'year') return tellBin(words, value);
  if (dimension === 'country' || dimension === 'foreign') {
    return value
      .split(';')
      .map((code) => nameOf(words, code, work.world()))
      .join(', ');
  }
  if (dimension === 'distance_band') {
    if (value === 'inside') return words.t('side.inside');
    return words.t('unit.km', { n: value.replace('-', '–').replace(/–$/, '+') });
  }
  const group = TERMS[dimension];
  return group ? words.term(group, value) : value;
}

/** What the numbers are of, how wide they are, and against which borders the distances were measured. */
function textBlock(words: Words, work: Work, { table, boundary }: Report): HTMLElement {
  const { t } = words;
  const filter = work.question(words);
  const people = (['deaths', 'injured'] as const).flatMap((kind) => {
    const range = tellRange(words, table[kind]);
    const stated = t('report.stated', { n: table.stated[kind], of: table.matched });
    return range && table.stated[kind] ? [`${t(`panel.${kind}`)}: ${range} (${stated})`] : [];
  });
  return h(
    'section',
    { class: 'report-text', lang: words.lang },
    h('h3', {}, t('report.about')),
    h('p', {}, t('report.matched', { count: table.matched, n: table.matched })),
    h('p', {}, filter ? t('report.filter', { filter }) : t('report.filter.none')),
    h(
      'p',
      {},
      people.length
        ? t('report.people', { people: upperFirst(people.join('; '), words) })
        : t('report.people.none'),
    ),
    h(
      'p',
      {},
      boundary
        ? t('report.borders', {
            set: boundary.set,
            version: boundary.version,
            accuracy: boundary.accuracy === null ? '?' : printLength(words, boundary.accuracy),
            license: boundary.license,
            attribution: boundary.attribution,
            view: words.term('view', boundary.worldView),
          })
        : t('report.borders.none'),
    ),
    h('p', {}, t('report.ranges')),
    h(
      'p',
      { class: 'fine' },
      t('report.made', {
        day: new Date().toISOString().slice(0, 10),
        snapshot: table.snapshot ?? '?',
      }),
    ),
  );
}

function upperFirst(text: string, words: Words): string {
  return text.charAt(0).toLocaleUpperCase(words.lang) + text.slice(1);
}
