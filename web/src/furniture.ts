// What stands around the map and tells how to read it: the legend and the foot of the page.

import { byId, h, keepFocus } from './dom.ts';
import { EVENT_TYPES, type State } from './state.ts';
import { FILLINGS, symbol } from './symbols.ts';
import type { Basemap, Boundary, World } from './types.ts';
import { nameOf, printLength, type Words } from './words.ts';

/** The border set in use, how accurate it is, in whose view, and under which licence. */
export function showFooter(boundary: Boundary | null, words: Words, basemap: Basemap | null): void {
  const footer = byId('footer');
  if (!boundary) {
    footer.replaceChildren(h('div', {}, words.t('footer.loading')));
    return;
  }
  const { set, version, accuracy, license, attribution, worldView } = boundary;
  const parts = [
    words.t('footer.borders', { set, version }),
    accuracy !== null && words.t('footer.accuracy', { accuracy: printLength(words, accuracy) }),
    license && words.t('footer.license', { license }),
    attribution,
    worldView && words.t('footer.worldview', { view: words.term('view', worldView) }),
    basemap?.attribution && words.t('footer.basemap', { attribution: basemap.attribution }),
    words.t('footer.background'),
  ];
  const spans = parts.flatMap((part) => (part ? [h('span', {}, part), ' '] : []));
  footer.replaceChildren(h('div', {}, ...spans));
}

export function showLegend(words: Words): void {
  const line = (sign: Node, text: string) => h('li', {}, sign, h('span', {}, text));
  const mark = (kind: string) => h('i', { class: `mark ${kind}`, 'aria-hidden': 'true' });
  const states = {
    full: 'verified',
    half: 'partially_verified',
    hollow: 'unverified',
    struck: 'disputed',
  };
  byId('legend-body').replaceChildren(
    h('ul', {}, ...EVENT_TYPES.map((type) => line(symbol(type, 'full'), words.term('type', type)))),
    h(
      'ul',
      {},
      ...FILLINGS.map((filling) =>
        line(symbol('protests', filling, 'neutral'), words.term('verification', states[filling])),
      ),
      line(mark('cluster'), words.t('map.legend.cluster')),
      line(
        h('i', { class: 'mark stack', 'aria-hidden': 'true' }, '3'),
        words.t('map.legend.stack'),
      ),
      line(mark('circle'), words.t('map.legend.circle')),
      line(mark('line'), words.t('map.legend.line')),
    ),
  );
}

/** `shown` is of the view; while it is `measured`, what is shaded may be of an earlier one, and end where that ended. */
export type Standing = 'shown' | 'measured' | 'thin' | 'failed';

/** What the shaded band is, while there is one, and what keeps it from being shown. */
export function showBandLegend(state: State, words: Words, world: World, standing: Standing): void {
  const { of, withinKm } = state;
  const box = byId('band-legend');
  box.hidden = withinKm === null;
  box.setAttribute('aria-busy', String(standing === 'measured'));
  if (withinKm === null) return;
  const values = { km: withinKm, name: nameOf(words, of, world) };
  const line = (kind: string, text: string) =>
    h('li', {}, h('i', { class: `mark ${kind}`, 'aria-hidden': 'true' }), h('span', {}, text));
  const summary = h('summary', { id: 'band-summary' }, words.t('band.title', values));
  if (standing !== 'shown')
    summary.append(h('span', { class: 'fine' }, words.t(`band.${standing}`)));
  const lines = [
    line('band-certain', words.t('band.certain', values)),
    state.certainty === 'possible' && line('band-possible', words.t('band.possible', values)),
    state.includeInside && line('band-inside', words.t('band.inside', values)),
  ];
  keepFocus(
    box,
    () => box.replaceChildren(summary, h('ul', {}, ...lines)),
    () => null,
  );
}
