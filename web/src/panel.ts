// One incident, or one measured place, told in full. The distance comes first: it is what the reader
// came for. Every row of it can be drawn on the map.

import { incidentAddress } from './api.ts';
import { h, svg } from './dom.ts';
import { eventTypeOf, fillingOf, symbol } from './symbols.ts';
import type {
  Answer,
  Boundary,
  Impact,
  Incident,
  Measure,
  Position,
  Spread,
  World,
} from './types.ts';
import {
  boundsOfMeasure,
  countryName,
  type Key,
  languageOf,
  nameOf,
  printDistance,
  printLength,
  targetName,
  tellAzimuth,
  tellDate,
  tellDistance,
  tellPeople,
  tellUtc,
  tellVerification,
  titleLanguage,
  titleOf,
  type Words,
  wordIn,
} from './words.ts';

export interface PanelContext {
  words: Words;
  world: World;
  /** Which of `measures` is drawn on the map. */
  drawn: number;
  draw(index: number): void;
  close(): void;
  cite(): void;
  locate(): void;
  /** For those who work with it: the form, and what it said before. */
  edit(): void;
  history(): void;
  /** Other incidents at the same spot. */
  stack: { index: number; count: number; go(step: 1 | -1): void } | null;
}

/** An incident; `measures` are told in this order, `answer` brings the border set. */
export function incidentPanel(
  incident: Incident,
  measures: readonly Measure[],
  boundary: Boundary | null,
  spread: readonly Spread[],
  context: PanelContext,
): Node[] {
  const { words } = context;
  const description = wordIn(incident.description, words.lang);
  return [
    bar(context),
    h(
      'header',
      { class: 'panel-head' },
      symbol(eventTypeOf(incident.eventType), fillingOf(incident.verification)),
      h(
        'div',
        {},
        h(
          'h2',
          { id: 'panel-title', tabindex: -1, lang: titleLanguage(incident, words.lang) },
          titleOf(words, incident),
        ),
        h('p', { class: 'panel-date' }, tellDate(words, incident), utc(words, incident)),
      ),
    ),
    distanceSection(measures, spread, incident.dateStart, context),
    description
      ? h(
          'section',
          {},
          h('h3', {}, words.t('panel.what')),
          h('p', { lang: languageOf(incident.description, words.lang) }, description),
        )
      : h('span', { hidden: true }),
    facts(incident, context),
    impacts(incident.impacts, words),
    sources(incident, words),
    foot(boundary, main(measures, context), words, [
      h('a', { href: incidentAddress(incident.id) }, words.t('panel.raw')),
      incident.license && `${words.t('panel.license')}: ${incident.license}`,
    ]),
    actions(context, incident.places.length > 0, [
      ['mend.edit', context.edit],
      ['mend.history', context.history],
    ]),
  ];
}

/** A place that was measured with the tool. */
export function placePanel(
  place: Position,
  answer: Answer,
  measures: readonly Measure[],
  context: PanelContext,
): Node[] {
  const { words, world } = context;
  const territory = answer.territory.map((code) => nameOf(words, code, world)).join(', ');
  return [
    bar(context),
    h(
      'header',
      { class: 'panel-head' },
      h(
        'div',
        {},
        h('h2', { id: 'panel-title', tabindex: -1 }, words.t('measure.title')),
        h('p', { class: 'panel-date' }, coordinates(words, place)),
        h('p', { class: 'panel-date' }, territory || words.t('measure.sea')),
      ),
    ),
    distanceSection(measures, answer.spread, null, context),
    foot(answer.boundary, main(measures, context), words, []),
    actions(context, true, []),
  ];
}

/** Something went wrong, or there is nothing to tell. */
export function messagePanel(
  message: string,
  retry: (() => void) | null,
  context: PanelContext,
): Node[] {
  const button = h('button', { type: 'button', class: 'plain' }, context.words.t('error.retry'));
  if (retry) button.addEventListener('click', retry);
  return [
    bar(context),
    h('h2', { id: 'panel-title', tabindex: -1, class: 'message' }, message),
    retry ? button : h('span', { hidden: true }),
  ];
}

function bar(context: PanelContext): HTMLElement {
  const { words, stack } = context;
  const back = h('button', { type: 'button', class: 'back' }, `← ${words.t('panel.back')}`);
  back.addEventListener('click', context.close);
  const parts: Node[] = [back];
  if (stack && stack.count > 1) {
    const step = (by: 1 | -1, label: string, sign: string) => {
      const button = h('button', { type: 'button', class: 'icon', 'aria-label': label }, sign);
      button.addEventListener('click', () => stack.go(by));
      return button;
    };
    parts.push(
      h(
        'span',
        { class: 'stack' },
        step(-1, words.t('panel.previous'), '‹'),
        h('span', {}, words.t('panel.stack', { index: stack.index + 1, count: stack.count })),
        step(1, words.t('panel.next'), '›'),
      ),
    );
  }
  return h('div', { class: 'panel-bar' }, ...parts);
}

function distanceSection(
  measures: readonly Measure[],
  spread: readonly Spread[],
  on: string | null,
  context: PanelContext,
): HTMLElement {
  const { words, world, drawn } = context;
  const told = main(measures, context);
  const section = h('section', { class: 'distance' }, h('h3', {}, words.t('panel.distance')));
  if (!told) {
    section.append(h('p', { class: 'none' }, words.t('list.nodistance')));
    return section;
  }
  section.append(
    h('p', { id: 'distance', class: `figure ${told.side}` }, tellDistance(words, told, world, on)),
    scale(told, words),
    h('p', { class: 'how' }, how(told, words)),
    spreadOf(told, measures[0] === told, spread, context),
  );
  if (measures.length > 1) {
    section.append(
      h(
        'ul',
        { class: 'measures', 'aria-label': words.t('panel.others') },
        ...measures.map((measure, index) => {
          const button = h(
            'button',
            { type: 'button', 'aria-pressed': String(index === drawn) },
            h('span', { class: 'to' }, targetName(words, measure, world, on)),
            h('span', { class: 'value' }, shortDistance(measure, words)),
          );
          button.addEventListener('click', () => context.draw(index));
          return h('li', {}, button);
        }),
      ),
    );
  }
  return section;
}

/** What every border set says of the same distance: how much the answer depends on the file. */
function spreadOf(
  told: Measure,
  isNearest: boolean,
  spread: readonly Spread[],
  { words, world }: PanelContext,
): HTMLElement {
  const found =
    spread.find((one) => one.to === told.to) ??
    (isNearest ? spread.find((one) => one.to === 'nearest_foreign') : undefined);
  if (!found || found.sets.length < 2) return h('span', { hidden: true });
  const { least, greatest, sets } = found;
  const [low, high] = [printLength(words, least), printLength(words, greatest)];
  const coarse = sets.filter(({ distance }) => distance === null).length;
  // World views differ in whose a territory is: then these are distances to different borders.
  const isElsewhere = new Set(sets.flatMap(({ country }) => country ?? [])).size > 1;
  return h(
    'details',
    { class: 'spread' },
    h(
      'summary',
      {},
      [
        words.t('spread.said', {
          count: sets.length - coarse,
          range: low === high ? low : words.t('date.range', { start: low, end: high }),
        }),
        ...(isElsewhere ? [words.t('spread.elsewhere')] : []),
        ...(coarse ? [words.t('spread.coarse.count', { count: coarse })] : []),
      ].join(' · '),
    ),
    h(
      'table',
      {},
      h(
        'caption',
        { class: 'unseen' },
        words.t(isElsewhere ? 'spread.caption.elsewhere' : 'spread.caption'),
      ),
      h(
        'tbody',
        {},
        ...sets.map(({ set, version, distance, country }) =>
          h(
            'tr',
            {},
            h('th', { scope: 'row' }, `${set} ${version}`),
            h(
              'td',
              {},
              distance === null ? words.t('spread.coarse') : printLength(words, distance),
            ),
            isElsewhere && h('td', {}, country && countryName(words, country, world, country)),
          ),
        ),
      ),
    ),
  );
}

/** "2.2 km (1.2–3.3 km)", or the side where the place is not surely outside. */
export function shortDistance(measure: Measure, words: Words): string {
  if (measure.side === 'inside') return words.t('side.inside');
  const { distance, low, high } = boundsOfMeasure(measure);
  const printed = printDistance(words, distance, low, high);
  const side = measure.side === 'uncertain' ? ` · ${words.t('side.uncertain')}` : '';
  return `${printed.distance} (${printed.range})${side}`;
}

function how(measure: Measure, words: Words): string {
  const parts = [words.term('kind', measure.kind)];
  if (measure.azimuth !== null && measure.nearestPoint)
    parts.push(tellAzimuth(words, measure.azimuth));
  return parts.join(' · ');
}

/** The interval drawn to scale: the border is the upright stroke, the band is where the place may be. */
function scale(measure: Measure, words: Words): SVGElement | HTMLElement {
  const { reach } = measure;
  const [low, high] = [measure.signed - reach, measure.signed + reach];
  const [left, right] = [Math.min(0, low), Math.max(0, high)];
  const span = right - left || 1;
  const x = (meters: number) => Math.round((14 + (292 * (meters - left)) / span) * 10) / 10;
  const anchor = x(0) < 40 ? 'start' : x(0) > 280 ? 'end' : 'middle';
  return svg(
    'svg',
    { viewBox: '0 0 320 44', class: 'scale', 'aria-hidden': 'true' },
    svg('path', { class: 'axis', d: 'M8 30H312' }),
    low < 0 &&
      svg('rect', { class: 'inside', x: 8, y: 18, width: Math.max(0, x(0) - 8), height: 24 }),
    svg('rect', {
      class: 'band',
      x: x(low),
      y: 25,
      width: Math.max(2, x(high) - x(low)),
      height: 10,
      rx: 5,
    }),
    svg('path', { class: 'border', d: `M${x(0)} 16V44` }),
    svg('circle', { class: 'dot', cx: x(measure.signed), cy: 30, r: 6 }),
    svg('text', { x: x(0), y: 11, 'text-anchor': anchor }, words.t('scale.border')),
  );
}

function facts(incident: Incident, context: PanelContext): HTMLElement {
  const { words, world } = context;
  const { t } = words;
  const rows: [string, (Node | string)[]][] = [];
  const kinds = [
    incident.eventType && words.term('type', incident.eventType),
    incident.subEventType && words.term('subtype', incident.subEventType),
  ].filter((kind): kind is string => Boolean(kind));
  if (kinds.length) rows.push([t('panel.type'), [kinds.join(': ')]]);
  rows.push([
    t('panel.verification'),
    [
      h(
        'span',
        { class: `badge ${fillingOf(incident.verification)}` },
        tellVerification(words, incident),
      ),
    ],
  ]);
  const [first] = incident.places;
  const where = [incident.location, incident.admin1].filter(Boolean).join(', ');
  const radius = radiusOf(incident);
  const precision = radius
    ? t('panel.precision', { radius: printLength(words, radius) })
    : t('panel.precision.unknown');
  rows.push([
    t('panel.place'),
    [
      where,
      ...(first ? [h('span', { class: 'coordinates' }, coordinates(words, first))] : []),
      h('span', { class: 'fine' }, precision),
    ],
  ]);
  const territory = incident.border?.territory ?? [];
  if (territory.length) {
    rows.push([
      t('panel.territory'),
      [territory.map((code) => nameOf(words, code, world)).join(', ')],
    ]);
  }
  const people = [
    tellPeople(words, 'panel.people.deaths', incident.deaths),
    tellPeople(words, 'panel.people.injured', incident.injured),
  ].filter((told) => told !== null);
  if (people.length) rows.push([t('panel.people'), [people.join(', ')]]);
  return h(
    'dl',
    { class: 'facts' },
    ...rows.flatMap(([term, values]) => [h('dt', {}, term), h('dd', {}, ...values)]),
  );
}

/** The radius of location that the distances count; `null` when none is known. */
export function radiusOf(incident: Incident): number | null {
  return incident.border?.radius ?? incident.locationRadius;
}

function impacts(items: readonly Impact[], words: Words): HTMLElement {
  if (!items.length) return h('span', { hidden: true });
  return h(
    'section',
    {},
    h('h3', {}, words.t('panel.impacts')),
    h(
      'ul',
      { class: 'impacts' },
      ...items.map((impact) => {
        const infrastructure =
          impact.infrastructure && words.term('infrastructure', impact.infrastructure);
        const what = impact.facility ?? infrastructure ?? '';
        const rest = [
          impact.facility && infrastructure !== impact.facility ? infrastructure : null,
          impact.damage && words.term('damage', impact.damage),
          impact.functionalStatus && words.term('functional', impact.functionalStatus),
        ].filter(Boolean);
        return h('li', {}, h('strong', {}, what), rest.length ? ` · ${rest.join(' · ')}` : '');
      }),
    ),
  );
}

function sources(incident: Incident, words: Words): HTMLElement {
  const section = h('section', {}, h('h3', {}, words.t('panel.sources')));
  if (!incident.sources.length) {
    section.append(h('p', { class: 'fine' }, words.t('panel.sources.none')));
    return section;
  }
  section.append(
    h(
      'ul',
      { class: 'sources' },
      ...incident.sources.map((source) => {
        const day = source.publishedAt?.slice(0, 10);
        const kind = source.type && words.term('sourcetype', source.type);
        const more = [kind, day].filter(Boolean).join(', ');
        const link = source.url
          ? h(
              'a',
              { href: source.url, rel: 'noopener noreferrer nofollow', target: '_blank' },
              source.name || source.url,
            )
          : h('span', {}, source.name);
        return h('li', {}, link, more ? h('span', { class: 'fine' }, ` ${more}`) : '');
      }),
    ),
  );
  return section;
}

/** The measure that is drawn and told at length. */
function main(measures: readonly Measure[], context: PanelContext): Measure | null {
  return measures[context.drawn] ?? measures[0] ?? null;
}

/** The border set, and how accurate it is along the stretch that was found. */
function foot(
  boundary: Boundary | null,
  measure: Measure | null,
  words: Words,
  more: (Node | string | null)[],
): HTMLElement {
  const accuracy = measure?.accuracy ?? boundary?.accuracy ?? null;
  const said = boundary
    ? words.t('panel.measuredby', {
        set: boundary.set,
        version: boundary.version,
        accuracy: accuracy === null ? '?' : printLength(words, accuracy),
      })
    : '';
  return h(
    'div',
    { class: 'panel-foot fine' },
    h('p', {}, said),
    ...more.filter((item) => item !== null).map((item) => h('p', {}, item)),
  );
}

function actions(
  context: PanelContext,
  hasPlace: boolean,
  more: readonly (readonly [Key, () => void])[],
): HTMLElement {
  const { words } = context;
  const button = (label: string, act: () => void) => {
    const made = h('button', { type: 'button', class: 'plain' }, label);
    made.addEventListener('click', act);
    return made;
  };
  return h(
    'div',
    { class: 'panel-actions' },
    hasPlace && button(words.t('map.locate'), context.locate),
    button(words.t('list.cite'), context.cite),
    ...more.map(([key, act]) => button(words.t(key), act)),
  );
}

function coordinates(words: Words, place: Position): string {
  const degrees = (value: number) => String(Number(value.toFixed(4)));
  return words.t('panel.coordinates', { lat: degrees(place[1]), lng: degrees(place[0]) });
}

function utc(words: Words, incident: Incident): HTMLElement | null {
  const told = incident.dateStart && tellUtc(words, incident.dateStart, incident.datePrecision);
  return told ? h('span', { class: 'fine' }, `= ${told}`) : null;
}
