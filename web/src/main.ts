// One circle: state (in the address) → api → map and list → what the reader does → state.

import './style.css';
import './explore.css';
import { groundFiles, incidentTiles, readBasemap, readWorld, territoryTiles } from './api.ts';
import { createApp } from './app.ts';
import { createChoices } from './choices.ts';
import { citation } from './cite.ts';
import { showCitation, showHelp } from './dialogs.ts';
import { byId, debounce } from './dom.ts';
import { focusCount, listenToFilters, nameFilters, showFilters } from './filters.ts';
import { showFooter, showLegend } from './furniture.ts';
import { boundsOf } from './geodesic.ts';
import { listenToKeys } from './keys.ts';
import { labelFrom, type Naming, NO_BAND } from './layers.ts';
import { walkWithArrows } from './list.ts';
import { listenLive } from './live.ts';
import type { Hit, MapOptions } from './map.ts';
import { NOTHING } from './measured.ts';
import { deskAddress, followWork, leaveDesk, listenToWork, mapBegan } from './mend/entry.ts';
import { followOnPaper } from './paper.ts';
import { createRequests } from './requests.ts';
import { createResults } from './results.ts';
import { createShading, questionOf } from './shading.ts';
import {
  filterParams,
  type Language,
  languageFor,
  listParams,
  readAddress,
  readState,
  type State,
  writeState,
} from './state.ts';
import { createSubject } from './subject.ts';
import { createTimeline } from './timeline.ts';
import { createTools, figurePlaces } from './tools.ts';
import type { Boundary, Incident } from './types.ts';
import { createViews } from './views.ts';
import { isSet, type Key, regionName, tellQuestion, titleOf, wordsFor } from './words.ts';

const homeLanguage: Language = languageFor(navigator.languages);
const dark = matchMedia('(prefers-color-scheme: dark)');
const still = matchMedia('(prefers-reduced-motion: reduce)');

const { state: asked, leftOut } = readAddress(location.search, homeLanguage);
const app = createApp(asked, readBasemap());
const { screen } = app;
const requests = createRequests(app);

const timeline = createTimeline({
  state: () => app.state,
  words: () => app.words,
  update,
  newRequest: () => requests.start('time'),
});
const choices = createChoices({
  state: () => app.state,
  words: () => app.words,
  world: () => app.world,
  change: update,
  newRequest: requests.start,
});
const shading = createShading({
  state: () => app.state,
  words: () => app.words,
  world: () => app.world,
  map: () => app.map,
  twins: () => views.maps(),
  newRequest: () => requests.start('band'),
});
const tools = createTools({
  state: () => app.state,
  words: () => app.words,
  map: () => app.map,
  update,
  uncover: leaveDesk,
});

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
  state: () => app.state,
  words: () => app.words,
  world: () => app.world,
  screen,
  update,
  open: (id) => subject.open(id),
  cite,
  attempt: requests.attempt,
  faultText: requests.faultText,
  mapOptions,
  follow(view) {
    app.map?.jumpTo(view);
    update({ view }, 'replace');
  },
  map: () => app.map,
  picked: (hits) => hits[0] && subject.open(hits[0].id, hits),
  uncover: leaveDesk,
  extent: timeline.extent,
});

const subject = createSubject(app, requests, { update, learnBoundary, cite });
const results = createResults(app, requests, {
  open: (id) => subject.open(id),
  learnBoundary,
  fitOnce,
  loaded() {
    if (app.state.show === 'ask') void views.refresh();
    live.follow(filterParams(app.state), screen.snapshot);
    followOnPaper(app);
  },
  unanswered() {
    if (app.state.show === 'ask') void views.refresh();
  },
});

start();

function start(): void {
  listenToFilters(
    (change) => update(change),
    () => app.words,
  );
  listenToTools();
  listenToKeys(app, { update, close: subject.close });
  listenToWork({
    words: () => app.words,
    world: () => app.world,
    filter: () => filterParams(app.state),
    question: (each) => tellQuestion(each, app.state, app.world).join('; '),
    map: () => app.map,
    open: (id) => subject.open(id),
    changed: reload,
    redraw: subject.show,
  });
  walkWithArrows(byId<HTMLOListElement>('list'));
  addEventListener('popstate', () => {
    timeline.stop();
    const state = readState(location.search, homeLanguage);
    go({ ...state, inView: state.inView && !screen.isMapless }, true);
  });
  dark.addEventListener('change', () => {
    app.map?.setTheme(themeName());
    views.setTheme(themeName());
  });
  document.body.classList.toggle('embed', app.state.embed);
  translate();
  showFilters(app.state, app.words, app.world);
  void startMap();
  void loadWorld();
  void results.loadTotal();
  void results.load();
  loadCounts();
  subject.follow();
  showEmbed();
  followOnPaper(app);
  void views.show(false);
}

/** Changes the state and everything that follows from it, and leaves a step for the back button. */
function update(change: Partial<State>, step: 'push' | 'replace' = 'push'): void {
  const next = views.takeBack(app.state, { ...app.state, ...change });
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
  const before = app.state;
  app.state = next;
  const filterChanged = filterParams(before).toString() !== filterParams(next).toString();
  if (filterChanged) followWork();
  if (before.lang !== next.lang) {
    app.words = wordsFor(next.lang);
    translate();
  }
  showFilters(next, app.words, app.world);
  showEmbed();
  choices.show();
  timeline.show();
  // A map that moves asks for the list of what it shows itself.
  const isElsewhere = JSON.stringify(before.view) !== JSON.stringify(next.view);
  const jump = byHistory && isElsewhere ? next.view : null;
  if (jump) app.map?.jumpTo(jump);
  if (filterChanged) loadCounts();
  const listChanged =
    filterChanged ||
    before.sort !== next.sort ||
    before.inView !== next.inView ||
    (next.inView && before.view !== next.view);
  if (listChanged && !(jump && next.inView && app.map)) void results.load();
  if (before.of !== next.of) nameMaps();
  if (before.id !== next.id || before.at !== next.at || before.of !== next.of) subject.follow();
  if (before.tool !== next.tool || before.area !== next.area || before.circle !== next.circle)
    tools.show();
  if (before.show !== next.show) void views.show(!byHistory);
  else if (followsState(before, next, filterChanged)) void views.refresh();
  if (questionOf(before) !== questionOf(next)) void shading.show();
  followOnPaper(app);
}

/** The whole page at the same place, for a reader of a map in a frame. */
function showEmbed(): void {
  const link = byId<HTMLAnchorElement>('embed-open');
  link.hidden = !app.state.embed;
  link.href = `?${writeState({ ...app.state, embed: false }, homeLanguage)}`;
}

/** Whether what stands in the place of the map is other now; the question waits for its list. */
function followsState(before: State, next: State, filterChanged: boolean): boolean {
  if (next.show === 'map') return false;
  if (before.chart !== next.chart || before.lang !== next.lang) return true;
  const isOther = before.otherFrom !== next.otherFrom || before.otherTo !== next.otherTo;
  return next.show === 'compare' && (filterChanged || isOther);
}

// --- what is asked of the server -------------------------------------------------------------

function loadCounts(): void {
  app.map?.setIncidents(incidentTiles(filterParams(app.state)));
  void timeline.load();
  choices.loadOpen();
}

/** The incidents are others now: everything that shows them is asked for again; the map stays where it is. */
async function reload(): Promise<void> {
  for (const each of [app.map, ...views.maps()]) each?.reloadIncidents();
  void timeline.reload();
  choices.loadOpen();
  void results.loadTotal();
  await results.load();
  if (app.state.show === 'compare') void views.refresh();
  if (app.state.id) await subject.reload(app.state.id);
}

async function loadWorld(): Promise<void> {
  try {
    app.world = await readWorld();
  } catch {
    // Names then stay as the server tells them with each distance.
    return;
  }
  nameFilters(app.words, app.world);
  showFilters(app.state, app.words, app.world);
  choices.show();
  shading.tell();
  nameMaps();
  if (screen.incidents.length) results.show();
  subject.show();
}

// --- what is shown ----------------------------------------------------------------------------

function learnBoundary(boundary: Boundary | null): void {
  if (!boundary) return;
  screen.boundary = boundary;
  showFooter(boundary, app.words, app.basemap);
}

/** Writes every text of the page in the reader's language. */
function translate(): void {
  document.documentElement.lang = app.state.lang;
  document.title = app.words.t('app.title');
  followWork();
  byId<HTMLSelectElement>('language').value = app.state.lang;
  for (const element of document.querySelectorAll<HTMLElement>('[data-text]')) {
    element.textContent = app.words.t(element.dataset.text as Key);
  }
  for (const element of document.querySelectorAll<HTMLElement>('[data-label]')) {
    const label = app.words.t(element.dataset.label as Key);
    element.setAttribute('aria-label', label);
    if (element.matches('.map-buttons button, .square')) element.title = label;
  }
  for (const element of document.querySelectorAll<HTMLInputElement>('[data-placeholder]')) {
    element.placeholder = app.words.t(element.dataset.placeholder as Key);
  }
  nameFilters(app.words, app.world);
  choices.show();
  showLegend(app.words);
  shading.tell();
  sayLive();
  tellLeftOut();
  showFooter(screen.boundary, app.words, app.basemap);
  timeline.show();
  tools.show();
  if (screen.incidents.length) results.show();
  else results.showCount();
  subject.show();
  nameMaps();
  app.map?.setLabel(app.words.t('map.label'));
}

/** Tells what of the address was not understood, until that is closed. */
function tellLeftOut(): void {
  const words = leftOut.join(', ');
  byId('left-out-close').hidden = !words;
  byId('left-out-said').textContent = words && app.words.t('app.leftout', { words });
}

/** Tells quietly what is new, and whether the connection is there. */
function sayLive(): void {
  const { stale, fresh } = screen;
  const button = byId('fresh');
  button.hidden = fresh === 0;
  button.textContent = app.words.t('live.fresh', { count: fresh });
  const said = fresh > 0 ? app.words.t('live.said', { count: fresh }) : '';
  const told = stale ? app.words.t('live.stale') : said;
  // The same text set again would be read out again.
  const line = byId('live-said');
  if (line.textContent !== told) line.textContent = told;
}

// --- the map ----------------------------------------------------------------------------------

function mapOptions(): Omit<MapOptions, 'container' | 'events'> {
  return {
    theme: themeName(),
    sources: {
      incidents: incidentTiles(filterParams(app.state)),
      labelFrom: labelFrom(screen.matched ?? 0),
      territories: territoryTiles(),
      ground: NOTHING,
      borderRivers: NOTHING,
      places: NOTHING,
      basemap: app.basemap,
      measured: NOTHING,
      drawn: NOTHING,
      ...NO_BAND,
    },
    later: groundFiles(),
    naming: naming(),
    view: app.state.view ?? app.map?.view() ?? null,
    reducedMotion: still.matches,
  };
}

async function startMap(): Promise<void> {
  const { tool } = app.state;
  // What draws maps is most of the script, and its start takes the graphics card: the page comes first. Names on the map
  // are drawn with the page's own font, which must be there.
  await Promise.allSettled([
    painted(),
    ...['16px "Kordon Sans"', '500 16px "Kordon Sans Medium"'].map((font) =>
      document.fonts.load(font, 'Aaйșі'),
    ),
  ]);
  try {
    const { createMap } = await import('./map.ts');
    app.map = createMap({
      ...mapOptions(),
      container: byId('map'),
      events: {
        moved(view, bounds, quietly) {
          screen.bounds = bounds;
          if (!quietly) update({ view }, 'replace');
          else if (app.state.inView) void results.load();
          views.moved(view);
          results.showDownloads();
          void shading.show();
          followOnPaper(app);
        },
        picked: (hits) => hits[0] && subject.open(hits[0].id, hits),
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
    error.textContent = app.words.t('error.map');
    document.body.classList.add('show-list');
    void shading.show();
    listAll();
    return;
  }
  app.map.setLabel(app.words.t('map.label'));
  screen.bounds = app.map.bounds();
  followOnPaper(app);
  if (app.state.inView) void results.load();
  tools.showOnMap();
  // A tool that was taken in hand meanwhile waits for its first point.
  if (app.state.tool && app.state.tool !== tool) app.map.focus();
  void shading.show();
  fitOnce(screen.incidents);
  if (screen.subject) {
    subject.show();
    if (!app.state.view) {
      const { subject: told, drawn } = screen;
      const place = told.kind === 'place' ? told.place : told.incident.places[0];
      subject.frame(place, told.measures[drawn], null);
    }
  }
  mapBegan();
}

/** Without a map the list has no part of it to keep to. */
function listAll(): void {
  screen.isMapless = true;
  byId('in-view-choice').hidden = true;
  if (app.state.inView) update({ inView: false }, 'replace');
}

/** Without a view in the address, the map begins where the first incidents are. */
function fitOnce(incidents: readonly Incident[]): void {
  if (
    screen.fitted ||
    app.state.view ||
    app.state.id ||
    app.state.at ||
    !app.map ||
    !incidents.length
  )
    return;
  screen.fitted = true;
  home();
}

function home(): void {
  const figure = boundsOf(figurePlaces(app.state));
  if (figure) {
    app.map?.show(figure, 14, !app.state.view);
    return;
  }
  const bounds = boundsOf(screen.incidents.flatMap((incident) => incident.places));
  if (bounds) app.map?.show(bounds, 9, !app.state.view);
}

function themeName(): 'light' | 'dark' {
  return dark.matches ? 'dark' : 'light';
}

function nameMaps(): void {
  app.map?.setNaming(naming());
  views.setNaming(naming());
}

function naming(): Naming {
  const set = app.world.sets.find((known) => known.name === app.state.of);
  const members = set?.members.map((member) => member.code) ?? [];
  return {
    countries: app.world.territories.flatMap(({ isoA2, name }) =>
      isoA2 ? [[isoA2, regionName(app.state.lang, isoA2, name)] as const] : [],
    ),
    placeName: app.state.lang === 'en' ? 'name' : `name_${app.state.lang}`,
    targets: app.state.of && !isSet(app.state.of, app.world) ? [app.state.of] : members,
  };
}

function showTip(hit: Hit | null, x: number, y: number): void {
  const tip = byId('tip');
  tip.hidden = !hit?.title;
  if (!hit?.title) return;
  const known = screen.incidents.find((incident) => incident.id === hit.id);
  tip.textContent = known ? titleOf(app.words, known) : hit.title;
  tip.style.transform = `translate(${Math.round(x + 14)}px, ${Math.round(y + 14)}px)`;
}

// --- what the reader does ---------------------------------------------------------------------

function listenToTools(): void {
  const language = byId<HTMLSelectElement>('language');
  language.addEventListener('change', () => update({ lang: language.value as Language }));
  byId('more').addEventListener('click', () => void results.loadMore());
  byId('help').addEventListener('click', () => showHelp(app.words));
  byId('cite').addEventListener('click', cite);
  byId('fresh').addEventListener('click', () => {
    byId('count').focus();
    void reload();
  });
  byId('left-out-close').addEventListener('click', () => {
    leftOut.length = 0;
    tellLeftOut();
    app.map?.resize();
    focusCount();
  });
  byId('zoom-in').addEventListener('click', () => app.map?.zoomBy(1));
  byId('zoom-out').addEventListener('click', () => app.map?.zoomBy(-1));
  byId('zoom-home').addEventListener('click', home);
  const toggle = byId('filter-toggle');
  toggle.addEventListener('click', () => {
    const shown = document.body.classList.toggle('show-filters');
    toggle.setAttribute('aria-expanded', String(shown));
    app.map?.resize();
  });
  addEventListener(
    'resize',
    debounce(150, () => app.map?.resize()),
  );
  const legend = byId<HTMLDetailsElement>('legend');
  legend.open = false;
  legend.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !legend.open) return;
    // It may lie over the page, which the key is then not for.
    event.stopPropagation();
    legend.open = false;
    legend.querySelector('summary')?.focus();
  });
  // On a phone it would hide what it explains.
  byId<HTMLDetailsElement>('band-legend').open = !matchMedia('(max-width: 820px)').matches;
}

function cite(): void {
  const { boundary, snapshot, matched, incidents, subject: told } = screen;
  const one = told?.kind === 'incident' ? told : null;
  // One that the list does not have may be newer than what the list was answered from.
  const isListed = !one || incidents.some((incident) => incident.id === one.incident.id);
  showCitation(
    app.words,
    citation(app.words, app.world, {
      boundary,
      matched,
      snapshot: isListed ? snapshot : null,
      params: listParams(app.state, screen.bounds),
      one: one && { incident: one.incident, measure: one.measures[0] ?? null },
      address: location.href,
    }),
  );
}

/** Resolves once the page is on the screen; after some seconds where the browser, so as not to be recognised, tells of no paint. */
function painted(): Promise<void> {
  return new Promise((resolve) => {
    new PerformanceObserver(() => resolve()).observe({ type: 'paint', buffered: true });
    setTimeout(resolve, 3_000);
  });
}
