// One circle: state (in the address) → api → map and list → what the reader does → state.

import './style.css';
import './explore.css';
import {
  ApiError,
  download,
  findIncidents,
  getIncident,
  incidentTiles,
  isAbort,
  measure,
  nextPage,
  readPlaces,
  readWorld,
  territoryTiles,
} from './api.ts';
import { dayOf } from './calendar.ts';
import { createChoices } from './choices.ts';
import { citation } from './cite.ts';
import { isDialogOpen, showCitation, showHelp } from './dialogs.ts';
import { byId, debounce, h } from './dom.ts';
import { listenToFilters, nameFilters, showFilters } from './filters.ts';
import { showFooter, showLegend } from './furniture.ts';
import { boundsOf, circle, distance } from './geodesic.ts';
import { labelFrom, type Naming, NO_BAND } from './layers.ts';
import {
  addRows,
  focusRow,
  type ListContext,
  markChosen,
  showRows,
  toldMeasure,
  walkWithArrows,
} from './list.ts';
import { listenLive } from './live.ts';
import { createMap, type Hit, type IncidentMap, type MapOptions } from './map.ts';
import { drawMeasured, NOTHING } from './measured.ts';
import { deskAddress, editIncident, followWork, listenToWork, showHistory } from './mend/entry.ts';
import {
  incidentPanel,
  messagePanel,
  type PanelContext,
  placePanel,
  radiusOf,
  shortDistance,
} from './panel.ts';
import { createShading, questionOf } from './shading.ts';
import {
  filterParams,
  isFiltered,
  type Language,
  languageFor,
  listParams,
  readState,
  type State,
  writeState,
} from './state.ts';
import { eventTypeOf, fillingOf, imageName } from './symbols.ts';
import { createTimeline } from './timeline.ts';
import { createTools, figurePlaces } from './tools.ts';
import type {
  Answer,
  Boundary,
  Bounds,
  Incident,
  Measure,
  Position,
  Spread,
  World,
} from './types.ts';
import { createViews } from './views.ts';
import {
  isSet,
  type Key,
  nameOf,
  regionName,
  tellQuestion,
  titleOf,
  type Words,
  wordsFor,
} from './words.ts';

const PAGE = 50;
/** Sets that a measured place is always compared with. */
const ALWAYS = ['NATO', 'EU'];

const homeLanguage: Language = languageFor(navigator.languages);
const dark = matchMedia('(prefers-color-scheme: dark)');
const still = matchMedia('(prefers-reduced-motion: reduce)');

let state: State = readState(location.search, homeLanguage);
let words: Words = wordsFor(state.lang);
let world: World = { territories: [], sets: [] };
let map: IncidentMap | null = null;

/** What is on the screen but not in the address: it can be had again from the address alone. */
const screen = {
  incidents: [] as Incident[],
  matched: 0,
  next: null as string | null,
  snapshot: null as string | null,
  total: null as number | null,
  boundary: null as Boundary | null,
  bounds: null as Bounds | null,
  /** The incidents at the spot that was clicked. */
  stack: [] as Hit[],
  subject: null as Subject | null,
  drawn: 0,
  fitted: false,
  stale: false,
  /** How many incidents are new or changed since the list was loaded. */
  fresh: 0,
  places: NOTHING as GeoJSON.FeatureCollection,
};

/** What the panel tells of. */
type Subject =
  | {
      kind: 'incident';
      incident: Incident;
      measures: Measure[];
      boundary: Boundary | null;
      spread: Spread[];
    }
  | { kind: 'place'; place: Position; answer: Answer; measures: Measure[] };

const requests = new Map<string, AbortController>();

const timeline = createTimeline({
  state: () => state,
  words: () => words,
  update,
  newRequest: () => newRequest('time'),
});
const choices = createChoices({
  state: () => state,
  words: () => words,
  world: () => world,
  change: update,
  newRequest,
});
const shading = createShading({
  state: () => state,
  words: () => words,
  world: () => world,
  map: () => map,
  twins: () => views.maps(),
  newRequest: () => newRequest('band'),
});
const tools = createTools({ state: () => state, words: () => words, map: () => map, update });

const live = listenLive({
  changed(count) {
    screen.fresh = count;
    sayLive();
  },
  stale(is) {
    screen.stale = is;
    sayLive();
  },
});
const views = createViews({
  state: () => state,
  words: () => words,
  world: () => world,
  screen,
  update,
  open,
  cite,
  newRequest,
  faultText,
  mapOptions,
  follow(view) {
    map?.jumpTo(view);
    update({ view }, 'replace');
  },
  picked: (hits) => hits[0] && open(hits[0].id, hits),
  extent: timeline.extent,
});

start();

function start(): void {
  listenToFilters((change) => update(change));
  listenToTools();
  listenToKeys();
  listenToWork({
    words: () => words,
    world: () => world,
    filter: () => filterParams(state),
    question: (each) => tellQuestion(each, state, world).join('; '),
    map: () => map,
    open: (id) => open(id),
    changed: reload,
    redraw: showSubject,
  });
  walkWithArrows(byId<HTMLOListElement>('list'));
  addEventListener('popstate', () => {
    timeline.stop();
    go(readState(location.search, homeLanguage), true);
  });
  dark.addEventListener('change', () => {
    map?.setTheme(themeName());
    views.setTheme(themeName());
  });
  document.body.classList.toggle('embed', state.embed);
  translate();
  showFilters(state, words, world);
  void startMap();
  void loadWorld();
  void loadTotal();
  loadAll();
  openSubject();
  tools.show();
  showEmbed();
  void views.show(false);
}

/** Changes the state and everything that follows from it, and leaves a step for the back button. */
function update(change: Partial<State>, step: 'push' | 'replace' = 'push'): void {
  const next = { ...state, ...change };
  const query = writeState(next, homeLanguage);
  const address = (query ? `?${query}` : location.pathname) + deskAddress();
  // What is the same address is no step for the back button.
  const isOther = new URL(address, location.href).href !== location.href;
  if (step === 'push' && isOther) history.pushState(null, '', address);
  else history.replaceState(null, '', address);
  go(next, false);
}

/** Shows `next`, doing only what differs from what is shown. */
function go(next: State, byHistory: boolean): void {
  const before = state;
  state = next;
  const filterChanged = filterParams(before).toString() !== filterParams(next).toString();
  if (filterChanged) followWork();
  if (before.lang !== next.lang) {
    words = wordsFor(next.lang);
    translate();
  }
  showFilters(next, words, world);
  showEmbed();
  choices.show();
  timeline.show();
  if (filterChanged) loadAll();
  else if (
    before.sort !== next.sort ||
    before.inView !== next.inView ||
    (next.inView && before.view !== next.view)
  ) {
    void loadList();
  }
  if (before.of !== next.of) nameMaps();
  if (byHistory && next.view && JSON.stringify(before.view) !== JSON.stringify(next.view)) {
    map?.jumpTo(next.view);
  }
  if (before.id !== next.id || before.at !== next.at || before.of !== next.of) openSubject();
  if (before.tool !== next.tool || before.area !== next.area || before.circle !== next.circle)
    tools.show();
  if (before.show !== next.show) void views.show(!byHistory);
  else if (followsState(before, next, filterChanged)) void views.refresh();
  if (questionOf(before) !== questionOf(next)) void shading.show();
}

/** The whole page at the same place, for a reader of a map in a frame. */
function showEmbed(): void {
  const link = byId<HTMLAnchorElement>('embed-open');
  link.hidden = !state.embed;
  link.href = `?${writeState({ ...state, embed: false }, homeLanguage)}`;
}

/** Whether what stands in the place of the map is other now; the question waits for its list. */
function followsState(before: State, next: State, filterChanged: boolean): boolean {
  if (next.show === 'map') return false;
  if (before.chart !== next.chart || before.lang !== next.lang) return true;
  const isOther = before.otherFrom !== next.otherFrom || before.otherTo !== next.otherTo;
  return next.show === 'compare' && (filterChanged || isOther);
}

// --- what is asked of the server -------------------------------------------------------------

function loadAll(): void {
  map?.setIncidents(incidentTiles(filterParams(state)));
  void loadList();
  void timeline.load();
  choices.loadOpen();
}

/** The incidents are others now: everything that shows them is asked for again; the map stays where it is. */
async function reload(): Promise<void> {
  map?.reloadIncidents();
  void timeline.reload();
  choices.loadOpen();
  void loadTotal();
  await loadList();
  if (state.show === 'compare') void views.refresh();
  if (state.id) await openIncident(state.id);
}

async function loadList(): Promise<void> {
  const list = byId<HTMLOListElement>('list');
  const message = byId('list-message');
  const params = listParams(state, screen.bounds);
  list.setAttribute('aria-busy', 'true');
  if (!screen.incidents.length)
    message.replaceChildren(h('p', { class: 'loading' }, words.t('list.loading')));
  const isLast = await attempt('list', message, loadList, async (signal) => {
    const page = await findIncidents(params, PAGE, signal);
    signal.throwIfAborted();
    screen.incidents = page.incidents;
    screen.matched = page.matched;
    screen.next = page.next;
    screen.snapshot = page.snapshot;
    message.replaceChildren();
    if (!state.inView) map?.setLabelFrom(labelFrom(page.matched));
    learnBoundary(page.incidents[0]?.border?.boundary ?? null);
    showList();
    byId('list-scroll').scrollTop = 0;
    if (!page.incidents.length) await explainEmpty(message, signal);
    fitOnce(page.incidents);
    if (state.show === 'ask') void views.refresh();
    live.follow(filterParams(state), page.snapshot);
  });
  // One that was given up for another leaves it to that one to say that the list is there.
  if (isLast) list.removeAttribute('aria-busy');
}

async function loadMore(): Promise<void> {
  const next = screen.next;
  if (!next) return;
  const message = byId('list-message');
  const list = byId<HTMLOListElement>('list');
  const isLast = await attempt('list', message, loadMore, async (signal) => {
    const page = await nextPage(next, signal);
    signal.throwIfAborted();
    message.replaceChildren();
    const first = list.children.length;
    screen.incidents.push(...page.incidents);
    screen.next = page.next;
    addRows(list, page.incidents, listContext());
    showMore();
    list.children[first]?.querySelector('button')?.focus();
  });
  if (isLast) list.removeAttribute('aria-busy');
}

async function loadTotal(): Promise<void> {
  try {
    const page = await findIncidents(new URLSearchParams(), 1);
    screen.total = page.matched;
    showCount();
  } catch {
    // The list tells of the fault; without a total the count stands alone.
  }
}

async function loadWorld(): Promise<void> {
  try {
    world = await readWorld();
  } catch {
    // Names then stay as the server tells them with each distance.
    return;
  }
  nameFilters(words, world);
  showFilters(state, words, world);
  choices.show();
  showLegend(words);
  shading.tell();
  nameMaps();
  if (screen.incidents.length) showList();
  showSubject();
}

/** Says why there is nothing, and what would be the nearest. */
async function explainEmpty(message: HTMLElement, signal: AbortSignal): Promise<void> {
  const { withinKm, of } = state;
  if (state.inView) {
    message.replaceChildren(h('p', {}, words.t('list.empty.inview')));
    return;
  }
  if (withinKm === null || !of) {
    message.replaceChildren(h('p', {}, words.t('list.empty')));
    return;
  }
  const name = nameOf(words, of, world);
  message.replaceChildren(h('p', {}, words.t('list.empty.within', { km: withinKm, name })));
  const wider = listParams({ ...state, withinKm: null, sort: 'distance' }, null);
  const page = await findIncidents(wider, 1, signal);
  signal.throwIfAborted();
  const [nearest] = page.incidents;
  const found = nearest && toldMeasure(nearest, of);
  if (!nearest || !found) return;
  const button = h(
    'button',
    { type: 'button', class: 'plain wide' },
    words.t('list.empty.nearest', {
      title: titleOf(words, nearest),
      distance: shortDistance(found, words),
    }),
  );
  button.addEventListener('click', () => open(nearest.id));
  message.append(button);
}

// --- the incident or the place that is told of -------------------------------------------------

function open(id: string, stack: Hit[] = []): void {
  screen.stack = stack;
  update({ id, at: null });
}

function close(): void {
  const { id } = state;
  update({ id: null, at: null });
  focusRow(byId<HTMLOListElement>('list'), id);
}

function openSubject(): void {
  const { id, at } = state;
  markChosen(byId<HTMLOListElement>('list'), id);
  screen.drawn = 0;
  if (id) void openIncident(id);
  else if (at) void openPlace(at);
  else {
    requests.get('subject')?.abort();
    screen.subject = null;
    showPanel(null);
    map?.setMeasured(NOTHING);
  }
}

async function openIncident(id: string): Promise<void> {
  const known = screen.incidents.find((incident) => incident.id === id);
  const panel = byId('panel');
  const signal = newRequest('subject');
  if (known) tellIncident(known, known.border);
  else showPanel(messagePanel(words.t('panel.loading'), null, panelContext()));
  try {
    const incident = known ?? (await getIncident(id, state.of, signal));
    signal.throwIfAborted();
    if (!incident) {
      showPanel(messagePanel(words.t('error.gone'), null, panelContext()));
      return;
    }
    if (!known) tellIncident(incident, incident.border);
    const place = startOf(incident, incident.border?.nearestForeign);
    if (!place || !incident.border?.nearestForeign) return;
    const to = [...new Set([state.of, ...ALWAYS].filter(Boolean))];
    const answer = await measure(place, to, radiusOf(incident), dayOf(incident.dateStart), signal);
    signal.throwIfAborted();
    tellIncident(incident, answer);
  } catch (error) {
    if (isAbort(error)) return;
    if (!screen.subject) {
      showPanel(messagePanel(faultText(error), () => openIncident(id), panelContext()));
    } else {
      panel.append(h('p', { class: 'fine', role: 'status' }, faultText(error)));
    }
  }
}

function tellIncident(incident: Incident, answer: Answer | null): void {
  const again = screen.subject?.kind === 'incident' && screen.subject.incident.id === incident.id;
  const border = incident.border;
  const measures = tellable(
    answer?.nearestForeign ?? border?.nearestForeign ?? null,
    answer?.to ?? border?.to ?? [],
  );
  const boundary = answer?.boundary ?? border?.boundary ?? null;
  learnBoundary(boundary);
  const spread = answer?.spread ?? [];
  screen.subject = { kind: 'incident', incident, measures, boundary, spread };
  if (!again) screen.drawn = firstDrawn(measures);
  showSubject();
  if (again) return;
  const shown = measures[screen.drawn];
  frame(startOf(incident, shown), shown, radiusOf(incident));
  focusPanel();
}

async function openPlace(place: Position): Promise<void> {
  const signal = newRequest('subject');
  screen.subject = null;
  map?.setMeasured(drawMeasured({ place, radius: null, measure: null, text: '', image: null }));
  showPanel(messagePanel(words.t('panel.loading'), null, panelContext()));
  try {
    const to = [...new Set([state.of, ...ALWAYS].filter(Boolean))];
    const answer = await measure(place, to, null, null, signal);
    signal.throwIfAborted();
    const measures = tellable(answer.nearestForeign, answer.to);
    learnBoundary(answer.boundary);
    screen.subject = { kind: 'place', place, answer, measures };
    screen.drawn = firstDrawn(measures);
    showSubject();
    frame(place, measures[screen.drawn], null);
    focusPanel();
  } catch (error) {
    if (isAbort(error)) return;
    showPanel(messagePanel(faultText(error), () => openPlace(place), panelContext()));
  }
}

/** The nearest foreign territory first, then what was asked for; nothing told twice. */
function tellable(nearest: Measure | null, to: readonly Measure[]): Measure[] {
  const measures = nearest ? [nearest] : [];
  for (const one of to) {
    const twin = measures.some(
      (known) => known.to === one.to || (known.to === known.country && known.country === one.to),
    );
    if (!twin) measures.push(one);
  }
  return measures;
}

/** The place a distance was measured from: of several, the one nearest to its foot. */
function startOf(incident: Incident, measure: Measure | null | undefined): Position | undefined {
  const foot = measure?.nearestPoint;
  if (!foot || incident.places.length < 2) return incident.places[0];
  return incident.places.toSorted((a, b) => distance(a, foot) - distance(b, foot))[0];
}

function firstDrawn(measures: readonly Measure[]): number {
  if (!state.of) return 0;
  const asked = measures.findIndex((one) => one.to === state.of || one.country === state.of);
  return Math.max(0, asked);
}

function showSubject(): void {
  const { subject, drawn } = screen;
  if (!subject) return;
  const { measures } = subject;
  const context = panelContext();
  const drawnMeasure = measures[drawn] ?? null;
  if (subject.kind === 'incident') {
    const { incident, boundary, spread } = subject;
    showPanel(incidentPanel(incident, measures, boundary, spread, context));
    const place = startOf(incident, drawnMeasure);
    map?.setMeasured(
      place
        ? drawMeasured({
            place,
            radius: radiusOf(incident),
            measure: drawnMeasure,
            text: lineText(drawnMeasure),
            image: imageName(eventTypeOf(incident.eventType), fillingOf(incident.verification)),
          })
        : NOTHING,
    );
  } else {
    showPanel(placePanel(subject.place, subject.answer, measures, context));
    map?.setMeasured(
      drawMeasured({
        place: subject.place,
        radius: null,
        measure: drawnMeasure,
        text: lineText(drawnMeasure),
        image: null,
      }),
    );
  }
}

function lineText(measure: Measure | null): string {
  if (!measure) return '';
  const name = nameOf(words, measure.country, world);
  return shortDistance(measure, words).split(' · ').toSpliced(1, 0, name).join('\n');
}

/** Moves the map only when the line would not be seen, or would be a dot. */
function frame(
  place: Position | undefined,
  measure: Measure | undefined,
  radius: number | null,
): void {
  if (!map || !place) return;
  const foot = measure?.nearestPoint ?? place;
  const length = measure?.nearestPoint ? map.pixelsBetween(place, foot) : 100;
  const seen = Number.isFinite(map.pixelsBetween(place, place)) && Number.isFinite(length);
  if (seen && length > 40) return;
  const around = circle(place, Math.min(radius ?? 0, 50_000) || 1000, 4);
  const far = measure ? measure.distance > 600_000 : true;
  const bounds = boundsOf(far ? [place, ...around] : [place, foot, ...around]);
  if (bounds) map.show(bounds, 12.5);
}

function panelContext(): PanelContext {
  const { stack } = screen;
  const index = stack.findIndex((hit) => hit.id === state.id);
  return {
    words,
    world,
    drawn: screen.drawn,
    draw(which) {
      screen.drawn = which;
      showSubject();
      byId('panel').querySelectorAll<HTMLElement>('.measures button')[which]?.focus();
    },
    close,
    cite,
    locate,
    edit: () => state.id && void editIncident(state.id),
    history: () => state.id && void showHistory(state.id),
    stack:
      index >= 0
        ? {
            index,
            count: stack.length,
            go(step) {
              const to = stack[(index + step + stack.length) % stack.length];
              if (to) open(to.id, stack);
            },
          }
        : null,
  };
}

function locate(): void {
  const { subject, drawn } = screen;
  if (!subject || !map) return;
  const place =
    subject.kind === 'place' ? subject.place : startOf(subject.incident, subject.measures[drawn]);
  if (!place) return;
  document.body.classList.remove('show-list');
  const foot = subject.measures[drawn]?.nearestPoint;
  const bounds = boundsOf([place, ...(foot ? [foot] : []), ...circle(place, 1500, 4)]);
  if (bounds) map.show(bounds, 14);
}

function showPanel(content: Node[] | null): void {
  const panel = byId('panel');
  const hadFocus = panel.contains(document.activeElement);
  panel.hidden = content === null;
  byId('list-side').inert = content !== null;
  document.body.classList.toggle('has-panel', content !== null);
  panel.replaceChildren(...(content ?? []));
  if (hadFocus && content) focusPanel();
}

function focusPanel(): void {
  const panel = byId('panel');
  panel.scrollTop = 0;
  panel.querySelector<HTMLElement>('#panel-title')?.focus({ preventScroll: true });
}

// --- what is shown ----------------------------------------------------------------------------

function showList(): void {
  const list = byId<HTMLOListElement>('list');
  const focused = list.contains(document.activeElement)
    ? ((document.activeElement as HTMLElement).dataset.id ?? '')
    : null;
  showRows(list, screen.incidents, listContext());
  // Who walks the list stays in it when it is told anew.
  if (focused !== null) focusRow(list, focused);
  showMore();
  showCount();
  showDownloads();
}

function listContext(): ListContext {
  return { words, world, of: state.of, chosen: state.id, open: (id) => open(id) };
}

function showMore(): void {
  const more = byId('more');
  const left = screen.matched - screen.incidents.length;
  more.hidden = screen.next === null || left <= 0;
  more.textContent = words.t('list.more', { left });
}

function showCount(): void {
  const { matched, total } = screen;
  const whole = total === null || (!isFiltered(state) && !state.inView);
  byId('count').textContent = whole
    ? words.t('list.count.all', { count: matched, total: matched })
    : words.t('list.count', { count: total, matched, total });
}

function showDownloads(): void {
  const params = listParams(state, screen.bounds);
  byId<HTMLAnchorElement>('download-csv').href = download(params, 'csv');
  byId<HTMLAnchorElement>('download-json').href = download(params, 'json');
}

function learnBoundary(boundary: Boundary | null): void {
  if (!boundary) return;
  screen.boundary = boundary;
  showFooter(boundary, words);
}

/** Writes every text of the page in the reader's language. */
function translate(): void {
  document.documentElement.lang = state.lang;
  document.title = words.t('app.title');
  followWork();
  byId<HTMLSelectElement>('language').value = state.lang;
  for (const element of document.querySelectorAll<HTMLElement>('[data-text]')) {
    element.textContent = words.t(element.dataset.text as Key);
  }
  for (const element of document.querySelectorAll<HTMLElement>('[data-label]')) {
    const label = words.t(element.dataset.label as Key);
    element.setAttribute('aria-label', label);
    if (element.matches('.map-buttons button, .square')) element.title = label;
  }
  for (const element of document.querySelectorAll<HTMLInputElement>('[data-placeholder]')) {
    element.placeholder = words.t(element.dataset.placeholder as Key);
  }
  nameFilters(words, world);
  choices.show();
  showLegend(words);
  shading.tell();
  sayLive();
  showFooter(screen.boundary, words);
  timeline.show();
  tools.show();
  if (screen.incidents.length) showList();
  else showCount();
  showSubject();
  nameMaps();
  map?.setLabel(words.t('map.label'));
}

/** Tells quietly what is new, and whether the connection is there. */
function sayLive(): void {
  const { stale, fresh } = screen;
  const button = byId('fresh');
  button.hidden = fresh === 0;
  button.textContent = words.t('live.fresh', { count: fresh });
  const said = fresh > 0 ? words.t('live.said', { count: fresh }) : '';
  const told = stale ? words.t('live.stale') : said;
  // The same text set again would be read out again.
  const line = byId('live-said');
  if (line.textContent !== told) line.textContent = told;
}

// --- the map ----------------------------------------------------------------------------------

function mapOptions(): Omit<MapOptions, 'container' | 'events'> {
  return {
    theme: themeName(),
    sources: {
      incidents: incidentTiles(filterParams(state)),
      labelFrom: labelFrom(screen.matched),
      territories: territoryTiles(),
      places: screen.places,
      measured: NOTHING,
      drawn: NOTHING,
      ...NO_BAND,
    },
    naming: naming(),
    view: state.view ?? map?.view() ?? null,
    reducedMotion: still.matches,
  };
}

async function startMap(): Promise<void> {
  // Names on the map are drawn with the page's own font, which must be there first.
  await Promise.allSettled(
    ['16px "Kordon Sans"', '500 16px "Kordon Sans Medium"'].map((font) =>
      document.fonts.load(font, 'Aaйșі'),
    ),
  );
  try {
    map = createMap({
      ...mapOptions(),
      container: byId('map'),
      events: {
        moved(view, bounds, quietly) {
          screen.bounds = bounds;
          if (!quietly) update({ view }, 'replace');
          else if (state.inView) void loadList();
          views.moved(view);
          showDownloads();
          void shading.show();
        },
        picked: (hits) => hits[0] && open(hits[0].id, hits),
        pointed: (place) => tools.pointed(place),
        hovered: showTip,
        loaded(whole) {
          byId('map-fault').hidden = whole;
        },
      },
    });
  } catch {
    const error = byId('map-error');
    error.hidden = false;
    error.textContent = words.t('error.map');
    document.body.classList.add('show-list');
    return;
  }
  map.setLabel(words.t('map.label'));
  screen.bounds = map.bounds();
  tools.show();
  void shading.show();
  fitOnce(screen.incidents);
  if (screen.subject) {
    showSubject();
    if (!state.view) {
      const { subject, drawn } = screen;
      const place = subject.kind === 'place' ? subject.place : subject.incident.places[0];
      frame(place, subject.measures[drawn], null);
    }
  }
  const places = await readPlaces();
  if (!places) return;
  screen.places = places;
  map.setPlaces(places);
  views.setPlaces(places);
}

/** Without a view in the address, the map begins where the first incidents are. */
function fitOnce(incidents: readonly Incident[]): void {
  if (screen.fitted || state.view || state.id || state.at || !map || !incidents.length) return;
  screen.fitted = true;
  home();
}

function home(): void {
  const figure = boundsOf(figurePlaces(state));
  if (figure) {
    map?.show(figure, 14, !state.view);
    return;
  }
  const bounds = boundsOf(screen.incidents.flatMap((incident) => incident.places));
  if (bounds) map?.show(bounds, 9, !state.view);
}

function themeName(): 'light' | 'dark' {
  return dark.matches ? 'dark' : 'light';
}

function nameMaps(): void {
  map?.setNaming(naming());
  views.setNaming(naming());
}

function naming(): Naming {
  const set = world.sets.find((known) => known.name === state.of);
  const members = set?.members.map((member) => member.code) ?? [];
  return {
    countries: world.territories.flatMap(({ isoA2, name }) =>
      isoA2 ? [[isoA2, regionName(state.lang, isoA2, name)] as const] : [],
    ),
    placeName: state.lang === 'en' ? 'name' : `name_${state.lang}`,
    targets: state.of && !isSet(state.of, world) ? [state.of] : members,
  };
}

function showTip(hit: Hit | null, x: number, y: number): void {
  const tip = byId('tip');
  tip.hidden = !hit?.title;
  if (!hit?.title) return;
  const known = screen.incidents.find((incident) => incident.id === hit.id);
  tip.textContent = known ? titleOf(words, known) : hit.title;
  tip.style.transform = `translate(${Math.round(x + 14)}px, ${Math.round(y + 14)}px)`;
}

// --- what the reader does ---------------------------------------------------------------------

function listenToTools(): void {
  const language = byId<HTMLSelectElement>('language');
  language.addEventListener('change', () => update({ lang: language.value as Language }));
  byId('more').addEventListener('click', () => void loadMore());
  byId('help').addEventListener('click', () => showHelp(words));
  byId('cite').addEventListener('click', cite);
  byId('fresh').addEventListener('click', () => {
    byId('count').focus();
    void reload();
  });
  byId('zoom-in').addEventListener('click', () => map?.zoomBy(1));
  byId('zoom-out').addEventListener('click', () => map?.zoomBy(-1));
  byId('zoom-home').addEventListener('click', home);
  const toggle = byId('filter-toggle');
  toggle.addEventListener('click', () => {
    const shown = document.body.classList.toggle('show-filters');
    toggle.setAttribute('aria-expanded', String(shown));
    map?.resize();
  });
  addEventListener(
    'resize',
    debounce(150, () => map?.resize()),
  );
  byId<HTMLDetailsElement>('legend').open = false;
}

function listenToKeys(): void {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isDialogOpen()) return;
    const typing = (event.target as HTMLElement).closest?.(
      'input:not([type=range]):not([type=checkbox]), select, textarea',
    );
    if (event.key === 'Escape') {
      stepBack(typing as HTMLElement | null);
      return;
    }
    if (typing) return;
    const act = {
      '/': () => byId('search').focus(),
      l: () => focusRow(byId<HTMLOListElement>('list'), state.id),
      g: () => map?.focus(),
      m: () => press('measure'),
      a: () => press('draw-area'),
      c: () => press('draw-circle'),
      q: () => press('ask-open'),
      v: () => press('compare-open'),
      p: () => press('time-play'),
      ',': () => press('time-before'),
      '.': () => press('time-after'),
      '?': () => showHelp(words),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}

/** Presses a button for a key; not one that is hidden, as play is from those who want no motion. */
function press(id: string): void {
  const button = byId<HTMLButtonElement>(id);
  if (!button.hidden) button.click();
}

function stepBack(field: HTMLElement | null): void {
  if (field) field.blur();
  else if (state.tool && state.tool !== 'measure') update({ tool: null });
  else if (state.id || state.at) close();
  else if (state.tool) update({ tool: null });
  else if (state.show !== 'map') update({ show: 'map' });
}

function cite(): void {
  const { boundary, snapshot, matched, incidents, subject } = screen;
  const one = subject?.kind === 'incident' ? subject : null;
  // One that the list does not have may be newer than what the list was answered from.
  const isListed = !one || incidents.some((incident) => incident.id === one.incident.id);
  showCitation(
    words,
    citation(words, world, {
      boundary,
      matched,
      snapshot: isListed ? snapshot : null,
      params: listParams(state, screen.bounds),
      one: one && { incident: one.incident, measure: one.measures[0] ?? null },
      address: location.href,
    }),
  );
}

// --- asking, and failing --------------------------------------------------------------------

/** Runs one kind of request; a newer one of the same kind ends it. A fault is told with a retry. */
async function attempt(
  kind: string,
  message: HTMLElement,
  retry: () => Promise<void>,
  act: (signal: AbortSignal) => Promise<void>,
): Promise<boolean> {
  const signal = newRequest(kind);
  try {
    await act(signal);
  } catch (error) {
    if (isAbort(error)) return false;
    const button = h('button', { type: 'button', class: 'plain' }, words.t('error.retry'));
    button.addEventListener('click', () => void retry());
    message.replaceChildren(h('p', { class: 'fault' }, faultText(error)), button);
  }
  return !signal.aborted;
}

function newRequest(kind: string): AbortSignal {
  requests.get(kind)?.abort();
  const controller = new AbortController();
  requests.set(kind, controller);
  return controller.signal;
}

function faultText(error: unknown): string {
  if (!(error instanceof ApiError)) throw error;
  return words.t(`error.${error.kind}`, { detail: error.message });
}
