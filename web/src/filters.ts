// The row of filters: shows a state, and turns what the reader does into changes of it.

import { byId, h, showIn } from './dom.ts';
import { CEILINGS, isFiltered, noFilters, SORTS, type Sort, type State } from './state.ts';
import type { World } from './types.ts';
import { nameOf, printLength, regionName, setName, type Words } from './words.ts';

/** What a set is offered as when the server does not list its sets. */
const USUAL_SETS = ['NATO', 'EU'];

/** What a limit is near to when nothing was chosen. */
const USUAL_TARGET = 'NATO';

export function listenToFilters(
  change: (change: Partial<State>) => void,
  words: () => Words,
): void {
  const search = byId<HTMLInputElement>('search');
  const commit = () => change({ q: search.value.trim() });
  byId('search-form').addEventListener('submit', (event) => {
    event.preventDefault();
    commit();
  });
  search.addEventListener('change', commit);
  // The cross in the field empties it without a `change` in some browsers.
  search.addEventListener('search', commit);

  const of = byId<HTMLSelectElement>('of');
  const within = byId<HTMLInputElement>('within');
  of.addEventListener('change', () => {
    change(of.value ? { of: of.value } : { of: '', withinKm: null });
    tellTaken(words(), false);
  });
  within.addEventListener('change', () => {
    const km = within.value === '' ? null : Number(within.value);
    if (km !== null && !(km >= 0 && km <= 20_000)) {
      // What is not taken must not look as if it were in use.
      within.value = within.defaultValue;
      return;
    }
    // A limit needs something to be near to.
    const isTaken = km !== null && !of.value;
    change({ withinKm: km, ...(isTaken && { of: USUAL_TARGET }) });
    tellTaken(words(), isTaken);
  });
  const certainty = byId<HTMLSelectElement>('certainty');
  certainty.addEventListener('change', () => {
    change({ certainty: certainty.value === 'certain' ? 'certain' : 'possible' });
  });
  const inside = byId<HTMLInputElement>('inside');
  inside.addEventListener('change', () => change({ includeInside: inside.checked }));
  const precision = byId<HTMLSelectElement>('precision');
  precision.addEventListener('change', () => {
    change({ precisionM: CEILINGS.find((m) => String(m) === precision.value) ?? null });
  });
  byId('reset').addEventListener('click', () => {
    change(noFilters());
    focusCount();
  });
  const sort = byId<HTMLSelectElement>('sort');
  sort.addEventListener('change', () => change({ sort: sort.value as Sort }));
  const inView = byId<HTMLInputElement>('in-view');
  inView.addEventListener('change', () => change({ inView: inView.checked }));
}

/** Whoever pressed a button that is gone goes on from the count, which the desk and the panel cover. */
export function focusCount(): void {
  const count = byId('count');
  count.focus();
  if (document.activeElement !== count) byId('search').focus();
}

/** Says to what distances are told since nobody chose it. */
function tellTaken(words: Words, isTaken: boolean): void {
  const name = setName(words, USUAL_TARGET);
  byId('of-said').textContent = isTaken ? words.t('filter.of.taken', { name }) : '';
}

/** Fills what depends on the language and on the world: options and their names. */
export function nameFilters(words: Words, world: World): void {
  nameTargets(words, world);
  tellTaken(words, byId('of-said').textContent !== '');
  const precision = byId<HTMLSelectElement>('precision');
  const chosen = precision.value;
  precision.replaceChildren(
    h('option', { value: '' }, words.t('filter.precision.any')),
    ...CEILINGS.map((meters) => h('option', { value: meters }, `≤ ${printLength(words, meters)}`)),
  );
  precision.value = chosen;
}

/** Shows a state in the controls. */
export function showFilters(state: State, words: Words, world: World): void {
  showIn(byId<HTMLInputElement>('search'), state.q);
  const of = byId<HTMLSelectElement>('of');
  if (state.of && ![...of.options].some((option) => option.value === state.of)) {
    of.append(h('option', { value: state.of }, nameOf(words, state.of, world)));
  }
  of.value = state.of;
  if (state.withinKm === null) tellTaken(words, false);
  showIn(byId<HTMLInputElement>('within'), String(state.withinKm ?? ''));
  byId<HTMLSelectElement>('certainty').value = state.certainty;
  byId<HTMLInputElement>('inside').checked = state.includeInside;
  byId('near-fields').hidden = state.withinKm === null;
  byId<HTMLSelectElement>('precision').value = String(state.precisionM ?? '');
  byId('reset').hidden = !isFiltered(state) && !state.of;
  byId<HTMLInputElement>('in-view').checked = state.inView;
  const sort = byId<HTMLSelectElement>('sort');
  sort.replaceChildren(
    ...SORTS.map((name) => {
      const label =
        name === 'distance' && state.of
          ? words.t('list.sort.distance.of', { name: nameOf(words, state.of, world) })
          : words.term('list.sort', name);
      return h('option', { value: name }, label);
    }),
  );
  sort.value = state.sort;
}

function nameTargets(words: Words, world: World): void {
  const of = byId<HTMLSelectElement>('of');
  const chosen = of.value;
  const collator = new Intl.Collator(words.lang);
  const countries = world.territories
    .map(({ code, isoA2, name }) => ({ code, name: regionName(words.lang, isoA2, name) }))
    .sort((a, b) => collator.compare(a.name, b.name));
  const sets = world.sets.length ? world.sets.map((set) => set.name) : USUAL_SETS;
  of.replaceChildren(
    h('option', { value: '' }, words.t('filter.of.foreign')),
    h(
      'optgroup',
      { label: words.t('filter.of.sets') },
      ...sets.map((name) => h('option', { value: name }, setName(words, name))),
    ),
    h(
      'optgroup',
      { label: words.t('filter.of.countries') },
      ...countries.map(({ code, name }) => h('option', { value: code }, name)),
    ),
  );
  of.value = chosen;
}
