// The question that the filters ask, for those who go on with it elsewhere: as a call of the API, in
// CQL2, counted, as a table, as a file in every form, and as a feed. Loaded when it is first opened.

import './ask.css';
import {
  aggregate,
  aggregateAddress,
  download,
  FORMATS,
  type Format,
  feedAddress,
  itemsAddress,
} from './api.ts';
import { barsOf, chart, chartPicker } from './charts.ts';
import { copyButton } from './copy.ts';
import { asCql2 } from './cql2.ts';
import { h } from './dom.ts';
import { toldMeasure } from './list.ts';
import type { Requests } from './requests.ts';
import { filterParams, listParams, type State, writeState } from './state.ts';
import type { Incident, World } from './types.ts';
import {
  tellDay,
  tellDistance,
  tellQuestion,
  tellRange,
  tellVerification,
  titleLanguage,
  titleOf,
  type Words,
} from './words.ts';

export interface AskContext {
  state: State;
  words: Words;
  world: World;
  /** The page of the list that is shown already, and how many match; `null` while it has no answer. */
  incidents: readonly Incident[];
  matched: number | null;
  attempt: Requests['attempt'];
  update(change: Partial<State>): void;
  open(id: string): void;
  cite(): void;
  close(): void;
}

/** Fills `box`; the chart comes when it is counted. */
export async function showAsk(box: HTMLElement, context: AskContext): Promise<void> {
  const { words, state } = context;
  const { t } = words;
  const back = h('button', { type: 'button', class: 'back' }, `← ${t('ask.back')}`);
  back.addEventListener('click', context.close);
  const counted = h('div', { class: 'counted', 'aria-live': 'polite' });
  box.replaceChildren(
    h(
      'div',
      { class: 'ask-head' },
      back,
      h('h2', { id: 'ask-title', tabindex: -1 }, t('ask.title')),
      h('p', {}, inWords(context)),
    ),
    h(
      'section',
      { 'aria-labelledby': 'ask-charts' },
      h('h3', { id: 'ask-charts' }, t('ask.charts')),
      chartPicker('ask-by', state.chart, words, (name) => context.update({ chart: name })),
      counted,
    ),
    h(
      'section',
      { 'aria-labelledby': 'ask-table' },
      h('h3', { id: 'ask-table' }, t('ask.table')),
      results(context),
    ),
    h(
      'section',
      { 'aria-labelledby': 'ask-call' },
      h('h3', { id: 'ask-call' }, t('ask.call')),
      ...calls(context),
    ),
    h(
      'section',
      { 'aria-labelledby': 'ask-files' },
      h('h3', { id: 'ask-files' }, t('ask.files')),
      ...files(context),
    ),
    h(
      'section',
      { 'aria-labelledby': 'ask-feed' },
      h('h3', { id: 'ask-feed' }, t('ask.feed')),
      h('p', {}, t('ask.feed.what')),
      code(feedAddress(filterParams(state)), t('ask.feed'), words),
    ),
    h(
      'section',
      { 'aria-labelledby': 'ask-embed' },
      h('h3', { id: 'ask-embed' }, t('ask.embed')),
      h('p', {}, t('ask.embed.what')),
      code(frameFor(context), t('ask.embed'), words),
    ),
  );
  await count(counted, context);
}

/** Only the chart, anew. */
async function count(box: HTMLElement, context: AskContext): Promise<void> {
  const { state, words, world } = context;
  box.setAttribute('aria-busy', 'true');
  box.replaceChildren(h('p', { class: 'loading' }, words.t('time.loading')));
  const again = () => count(box, context);
  const isLast = await context.attempt('chart', box, again, async (signal) => {
    const found = await aggregate(state.chart, filterParams(state), signal);
    signal.throwIfAborted();
    const bars = barsOf(state.chart, found, words, world);
    box.replaceChildren(...chart(state.chart, bars, words, context.update));
  });
  if (isLast) box.removeAttribute('aria-busy');
}

/** What is asked, as a sentence would list it. */
function inWords({ state, words, world, matched }: AskContext): string {
  const count =
    matched === null ? '' : words.t('list.count.all', { count: matched, total: matched });
  const parts = tellQuestion(words, state, world).join(' · ');
  return [count, parts].filter(Boolean).join(': ');
}

function calls(context: AskContext): Node[] {
  const { state, words } = context;
  const { t } = words;
  const params = listParams(state, null);
  const cql2 = asCql2(filterParams(state));
  const curl = (path: string) => `curl '${location.origin}${path.replaceAll("'", '%27')}'`;
  const nodes: Node[] = [
    h('h4', {}, t('ask.call.items')),
    code(curl(itemsAddress(params)), t('ask.call.items'), words),
    h('h4', {}, t('ask.call.count')),
    code(curl(aggregateAddress(state.chart, filterParams(state))), t('ask.call.count'), words),
    h('h4', {}, t('ask.cql2')),
  ];
  if (!cql2) return [...nodes, h('p', { class: 'fine' }, t('ask.cql2.none'))];
  nodes.push(code(cql2, t('ask.cql2'), words));
  if (state.q) nodes.push(h('p', { class: 'fine' }, t('ask.cql2.q')));
  return nodes;
}

function results(context: AskContext): HTMLElement {
  const { incidents, matched, words, world, state } = context;
  const { t } = words;
  if (matched === null) return h('p', { class: 'fine' }, t('ask.table.unanswered'));
  if (!incidents.length) return h('p', { class: 'fine' }, t('list.empty'));
  const head = ['ask.column.when', 'ask.column.what', 'panel.place', 'panel.distance'] as const;
  const more = ['panel.type', 'panel.verification', 'panel.deaths'] as const;
  return h(
    'div',
    { class: 'wide-table', tabindex: 0, role: 'group', 'aria-labelledby': 'ask-table' },
    h(
      'table',
      { class: 'figures' },
      h(
        'caption',
        {},
        t('ask.table.caption', { count: incidents.length, shown: incidents.length, matched }),
      ),
      h(
        'thead',
        {},
        h('tr', {}, ...[...head, ...more].map((key) => h('th', { scope: 'col' }, t(key)))),
      ),
      h(
        'tbody',
        {},
        ...incidents.map((incident) => {
          const measure = toldMeasure(incident, state.of);
          const title = h(
            'button',
            { type: 'button', class: 'link', lang: titleLanguage(incident, words.lang) },
            titleOf(words, incident),
          );
          title.addEventListener('click', () => context.open(incident.id));
          return h(
            'tr',
            {},
            h('td', {}, tellDay(words, incident)),
            h('th', { scope: 'row' }, title),
            h('td', {}, incident.location ?? ''),
            h(
              'td',
              {},
              measure
                ? tellDistance(words, measure, world, incident.dateStart)
                : t('list.nodistance'),
            ),
            h('td', {}, incident.eventType ? words.term('type', incident.eventType) : ''),
            h('td', {}, tellVerification(words, incident)),
            h('td', { class: 'number' }, tellRange(words, incident.deaths) ?? ''),
          );
        }),
      ),
    ),
  );
}

function files(context: AskContext): Node[] {
  const { state, words } = context;
  const { t } = words;
  const params = listParams(state, null);
  const cite = h('button', { type: 'button', class: 'plain' }, t('list.cite'));
  cite.addEventListener('click', context.cite);
  return [
    h('p', {}, t('ask.files.what')),
    h(
      'ul',
      { class: 'files' },
      ...(Object.keys(FORMATS) as Format[]).map((format) =>
        h(
          'li',
          {},
          h(
            'a',
            { href: download(params, format), download: FORMATS[format].file },
            t(`format.${format}`),
          ),
          h('span', { class: 'fine' }, ` ${t(`format.${format}.for`)}`),
        ),
      ),
    ),
    h('p', {}, cite),
  ];
}

function frameFor({ state, words }: AskContext): string {
  const query = writeState(
    { ...state, show: 'map', id: null, tool: null, embed: true },
    state.lang,
  );
  const address = `${location.origin}/?${query}&lang=${state.lang}`.replaceAll('"', '%22');
  return `<iframe src="${address}" title="${words.t('map.label')}" width="100%" height="480" loading="lazy"></iframe>`;
}

/** A text to take along, with a button that copies it. */
function code(text: string, label: string, words: Words): HTMLElement {
  const shown = h('code', {}, text);
  const copy = copyButton(words, text, () => getSelection()?.selectAllChildren(shown), { label });
  return h(
    'div',
    { class: 'code' },
    h('pre', { tabindex: 0, role: 'group', 'aria-label': label }, shown),
    h('p', { class: 'code-row' }, ...copy),
  );
}
