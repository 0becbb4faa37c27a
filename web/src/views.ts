// What can stand where the map is: the question to take along, or two periods. Each is loaded when it is
// first opened; the first page needs neither.

import { ApiError, isAbort } from './api.ts';
import type { AskContext } from './ask.ts';
import type { CompareContext, Comparison } from './compare.ts';
import { byId, keepFocus } from './dom.ts';
import type { Naming } from './layers.ts';
import type { IncidentMap } from './map.ts';
import { comparedPeriods, type Periods, returnedPeriods, type Span } from './playback.ts';
import type { Requests } from './requests.ts';
import type { Show, State, View } from './state.ts';
import type { Bounds, Incident, World } from './types.ts';
import type { Words } from './words.ts';

interface ViewsContext {
  state(): State;
  words(): Words;
  world(): World;
  /** What the list has. */
  screen: { incidents: Incident[]; matched: number | null };
  update(change: Partial<State>, step?: 'push' | 'replace'): void;
  open(id: string): void;
  cite(): void;
  attempt: Requests['attempt'];
  faultText(error: unknown): string;
  mapOptions: CompareContext['mapOptions'];
  follow(view: View): void;
  map(): IncidentMap | null;
  picked: CompareContext['picked'];
  /** Shows the place of the map; `true` when something else was before it. */
  uncover(): boolean;
  /** The days that the data has. */
  extent(): Span | null;
}

export function createViews(context: ViewsContext) {
  let comparison: Comparison | null = null;
  let shown: Show = 'map';
  /** What time was chosen when a comparison was opened, and what it was given. */
  let lent: { before: Periods; given: Periods } | null = null;

  /** What the map showed when a comparison was opened, whose maps are smaller; and the view of the address then. */
  let seen: { bounds: Bounds; view: View; address: View | null } | null = null;

  byId('ask-open').addEventListener('click', () => toggle('ask'));
  byId('compare-open').addEventListener('click', () => toggle('compare'));

  function toggle(show: Show): void {
    const wasCovered = context.uncover();
    const isOpen = context.state().show === show;
    if (isOpen && wasCovered) return;
    const map = context.map();
    if (show === 'compare' && !isOpen && map)
      seen = { bounds: map.bounds(), view: map.view(), address: context.state().view };
    context.update(isOpen ? { show: 'map' } : { show, ...(show === 'compare' && periods()) });
  }

  function periods(): Periods {
    const { from, to, otherFrom, otherTo } = context.state();
    const last = context.extent()?.to ?? new Date().toISOString().slice(0, 10);
    const before = { from, to, otherFrom, otherTo };
    lent = { before, given: comparedPeriods(before, last) };
    return lent.given;
  }

  /** Days that only the comparison needed are no filter any more once it is left. */
  function takeBack(before: State, next: State): State {
    const isLeft = before.show === 'compare' && next.show !== 'compare';
    return isLeft && lent ? { ...next, ...returnedPeriods(next, lent) } : next;
  }

  /** Shows what the state says; `focus` when the reader asked for it. */
  async function show(focus: boolean): Promise<void> {
    const wanted = context.state().show;
    const was = shown;
    shown = wanted;
    byId('ask-open').setAttribute('aria-pressed', String(wanted === 'ask'));
    byId('compare-open').setAttribute('aria-pressed', String(wanted === 'compare'));
    document.body.classList.toggle('showing-ask', wanted === 'ask');
    byId('ask').hidden = wanted !== 'ask';
    if (wanted !== 'ask') byId('ask').replaceChildren();
    if (wanted !== 'compare') {
      comparison?.close();
      // Who has moved the maps since stays there.
      if (comparison && seen && context.state().view === seen.address) {
        context.map()?.resize();
        context.map()?.jumpTo(seen.view);
      }
      comparison = null;
      seen = null;
    }
    if (wanted === 'map') {
      if (focus && was !== 'map') byId(`${was}-open`).focus();
      return;
    }
    await refresh(focus);
    if (focus && wanted === 'compare' && context.state().show === wanted) comparison?.focus();
  }

  async function refresh(focus = false): Promise<void> {
    const { show: wanted } = context.state();
    try {
      if (wanted === 'ask') await ask(focus);
      if (wanted === 'compare') await compare();
    } catch (error) {
      // The module itself did not come: the server is gone, or another version of it is there.
      if (isAbort(error)) return;
      byId('ask').replaceChildren(context.faultText(new ApiError('offline', String(error))));
      byId('ask').hidden = false;
    }
  }

  async function ask(focus: boolean): Promise<void> {
    const { showAsk } = await import('./ask.ts');
    if (context.state().show !== 'ask') return;
    const box = byId('ask');
    const { incidents, matched } = context.screen;
    const given: AskContext = {
      state: context.state(),
      words: context.words(),
      world: context.world(),
      incidents,
      matched,
      attempt: context.attempt,
      update: context.update,
      open: context.open,
      cite: context.cite,
      close: () => context.update({ show: 'map' }),
    };
    let done = Promise.resolve();
    const show = () => {
      done = showAsk(box, given);
    };
    keepFocus(box, show, () => byId('ask-title'));
    // At once: by the time that the chart is counted the reader may be elsewhere.
    if (focus) byId('ask-title').focus();
    await done;
  }

  async function compare(): Promise<void> {
    const { openComparison } = await import('./compare.ts');
    if (context.state().show !== 'compare') return;
    if (!comparison) {
      comparison = openComparison(context);
      context.map()?.resize();
      if (seen) context.map()?.show(seen.bounds, seen.view.zoom, true);
    }
    await comparison.show();
  }

  return {
    show,
    refresh,
    takeBack,
    moved: (view: View) => comparison?.moved(view),
    /** Maps beside the first one. */
    maps: (): IncidentMap[] => comparison?.maps() ?? [],
    setNaming: (naming: Naming) => comparison?.setNaming(naming),
    setTheme: (theme: 'light' | 'dark') => comparison?.setTheme(theme),
  };
}
