// The list of what was found: asked for, told row by row, counted, and handed out as files.

import { download, FORMATS, findIncidents, nextPage, readBorders } from './api.ts';
import type { App } from './app.ts';
import { byId, h } from './dom.ts';
import { labelFrom } from './layers.ts';
import { addRows, focusRow, type ListContext, showRows, toldMeasure } from './list.ts';
import { shortDistance } from './panel.ts';
import type { Requests } from './requests.ts';
import { isFiltered, listParams } from './state.ts';
import type { Boundary, Incident } from './types.ts';
import { nameOf, titleOf } from './words.ts';

const PAGE = 50;

interface ResultsContext {
  open(id: string): void;
  learnBoundary(boundary: Boundary | null): void;
  /** Moves the map to the first incidents, when nothing else says where it begins. */
  fitOnce(incidents: readonly Incident[]): void;
  /** The list is that of the state. */
  loaded(): void;
  /** The question of the state has no answer. */
  unanswered(): void;
}

export function createResults(app: App, requests: Requests, context: ResultsContext) {
  const { screen } = app;

  async function loadList(): Promise<void> {
    const list = byId<HTMLOListElement>('list');
    const message = byId('list-message');
    const params = listParams(app.state, screen.bounds);
    list.setAttribute('aria-busy', 'true');
    showDownloads();
    if (!screen.incidents.length)
      message.replaceChildren(h('p', { class: 'loading' }, app.words.t('list.loading')));
    // What the map shows is known once the map is there, which then asks for the list.
    if (awaitsMap()) return requests.giveUp('list');
    let isAnswered = false;
    const isLast = await requests.attempt('list', message, loadList, async (signal) => {
      const page = await findIncidents(params, PAGE, signal);
      signal.throwIfAborted();
      isAnswered = true;
      screen.incidents = page.incidents;
      screen.matched = page.matched;
      screen.next = page.next;
      screen.snapshot = page.snapshot;
      message.replaceChildren();
      if (!app.state.inView) app.map?.setLabelFrom(labelFrom(page.matched));
      void learnBoundary(page.incidents);
      showList();
      byId('list-scroll').scrollTop = 0;
      if (!page.incidents.length) await explainEmpty(message, signal);
      context.fitOnce(page.incidents);
      context.loaded();
    });
    // One that was given up for another leaves it to that one to say that the list is there.
    if (!isLast) return;
    list.removeAttribute('aria-busy');
    if (!isAnswered) forget();
  }

  function awaitsMap(): boolean {
    return app.state.inView && !screen.bounds;
  }

  /** The answer to another question must not stand under this one, which has none. */
  function forget(): void {
    Object.assign(screen, { incidents: [], matched: null, next: null, snapshot: null });
    showList();
    context.unanswered();
  }

  /** From the first incident; where there is none, or none with a distance, the server is asked for it. */
  async function learnBoundary([first]: readonly Incident[]): Promise<void> {
    const told = first?.border?.boundary ?? null;
    if (told || screen.boundary) context.learnBoundary(told);
    else context.learnBoundary(await readBorders().catch(() => null));
  }

  async function loadMore(): Promise<void> {
    const next = screen.next;
    const message = byId('list-message');
    const list = byId<HTMLOListElement>('list');
    // Of a list that is about to be another there is no more.
    if (!next || list.getAttribute('aria-busy') === 'true') return;
    const isLast = await requests.attempt('list', message, loadMore, async (signal) => {
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

  /** Says why there is nothing, and what would be the nearest. */
  async function explainEmpty(message: HTMLElement, signal: AbortSignal): Promise<void> {
    const { withinKm, of } = app.state;
    if (app.state.inView) {
      message.replaceChildren(h('p', {}, app.words.t('list.empty.inview')));
      return;
    }
    if (withinKm === null || !of) {
      message.replaceChildren(h('p', {}, app.words.t('list.empty')));
      return;
    }
    const name = nameOf(app.words, of, app.world);
    message.replaceChildren(h('p', {}, app.words.t('list.empty.within', { km: withinKm, name })));
    const wider = listParams({ ...app.state, withinKm: null, sort: 'distance' }, null);
    const page = await findIncidents(wider, 1, signal);
    signal.throwIfAborted();
    const [nearest] = page.incidents;
    const found = nearest && toldMeasure(nearest, of);
    if (!nearest || !found) return;
    const button = h(
      'button',
      { type: 'button', class: 'plain wide' },
      app.words.t('list.empty.nearest', {
        title: titleOf(app.words, nearest),
        distance: shortDistance(found, app.words),
      }),
    );
    button.addEventListener('click', () => context.open(nearest.id));
    message.append(button);
  }

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
    const { words, world, state } = app;
    return { words, world, of: state.of, chosen: state.id, open: context.open };
  }

  function showMore(): void {
    const more = byId('more');
    const left = (screen.matched ?? 0) - screen.incidents.length;
    more.hidden = screen.next === null || left <= 0;
    more.textContent = app.words.t('list.more', { left });
  }

  function showCount(): void {
    const { matched, total } = screen;
    const { t } = app.words;
    const count = byId('count');
    if (matched === null) {
      count.textContent = t('list.title');
      return;
    }
    const whole = total === null || (!isFiltered(app.state) && !app.state.inView);
    count.textContent = whole
      ? t('list.count.all', { count: matched, total: matched })
      : t('list.count', { count: total, matched, total });
  }

  function showDownloads(): void {
    // What cannot be listed cannot be handed out either.
    byId('list-foot').hidden = screen.matched === null || awaitsMap();
    const params = listParams(app.state, screen.bounds);
    byId<HTMLAnchorElement>('download-csv').href = download(params, 'csv');
    byId<HTMLAnchorElement>('download-json').href = download(params, 'json');
    const cut = byId('json-cut');
    const most = Number(FORMATS.json.limit);
    cut.hidden = (screen.matched ?? 0) <= most;
    cut.textContent = app.words.t('list.download.cut', { n: most });
  }

  return { load: loadList, loadMore, loadTotal, show: showList, showCount, showDownloads };
}
