// The lists of categories to choose from, each with how many incidents it has under all the other
// filters. Counts are asked for only while a list is open, and again when the filter changes.

import { countBy } from './api.ts';
import { byId, h } from './dom.ts';
import {
  DAMAGES,
  EVENT_TYPES,
  filterParams,
  INFRASTRUCTURES,
  type State,
  VERIFICATIONS,
} from './state.ts';
import { eventTypeOf, fillingOf, symbol } from './symbols.ts';
import type { Count, Dimension, World } from './types.ts';
import { countryName, type Words } from './words.ts';

type Group = 'type' | 'infrastructure' | 'damage' | 'verification' | 'country';
type Member = 'eventTypes' | 'infrastructures' | 'damages' | 'verifications' | 'countries';

const GROUPS: Record<Group, { member: Member; by: Dimension; names: readonly string[] }> = {
  type: { member: 'eventTypes', by: 'event_type', names: EVENT_TYPES },
  infrastructure: { member: 'infrastructures', by: 'infrastructure', names: INFRASTRUCTURES },
  damage: { member: 'damages', by: 'damage', names: DAMAGES },
  verification: { member: 'verifications', by: 'verification', names: VERIFICATIONS },
  // Those that the incidents are in.
  country: { member: 'countries', by: 'country', names: [] },
};
const NAMES = Object.keys(GROUPS) as Group[];
/** The grades that a floor can be set at, best first; those that follow are no grades of it. */
const FLOORS = VERIFICATIONS.slice(0, 3);

interface ChoicesContext {
  state(): State;
  words(): Words;
  world(): World;
  change(change: Partial<State>): void;
  newRequest(kind: string): AbortSignal;
}

export function createChoices(context: ChoicesContext) {
  const counts = new Map<Group, Map<string, number>>();

  for (const group of NAMES) {
    const details = detailsOf(group);
    details.addEventListener('toggle', () => void load(group));
    byId(`${group}-choices`).addEventListener('change', () => {
      const all = byId(`${group}-choices`).querySelectorAll<HTMLInputElement>('input:checked');
      context.change({ [GROUPS[group].member]: [...all].map((input) => input.value) });
    });
  }
  const floor = byId<HTMLSelectElement>('floor');
  floor.addEventListener('change', () => {
    const lowest = (FLOORS as readonly string[]).indexOf(floor.value);
    context.change({ verifications: VERIFICATIONS.slice(0, lowest + 1) });
  });
  closeOutside();

  /** Shows a state; names what depends on the language. */
  function show(): void {
    const [state, words] = [context.state(), context.words()];
    for (const group of NAMES) {
      const chosen = state[GROUPS[group].member];
      showGroup(group, chosen);
      byId(`${group}-said`).textContent = told(group, chosen);
    }
    floor.replaceChildren(
      h('option', { value: '' }, words.t('filter.all')),
      ...FLOORS.map((name) => h('option', { value: name }, words.term('verification', name))),
    );
    floor.value = floorOf(state.verifications);
  }

  function loadOpen(): void {
    for (const group of NAMES) void load(group);
  }

  async function load(group: Group): Promise<void> {
    if (!detailsOf(group).open) return;
    const { member, by } = GROUPS[group];
    const params = filterParams({ ...context.state(), [member]: [] });
    const signal = context.newRequest(`count-${group}`);
    let found: Count[] | null;
    try {
      found = await countBy(by, params, signal);
    } catch {
      // The names can be chosen without counts; the list tells of a fault.
      found = null;
    }
    // The counts of another filter are told by the request that took the place of this one.
    if (signal.aborted) return;
    if (found) counts.set(group, new Map(found.map(({ key, count }) => [key, count])));
    else counts.delete(group);
    showGroup(group, context.state()[member]);
  }

  function showGroup(group: Group, chosen: readonly string[]): void {
    const box = byId(`${group}-choices`);
    const known = counts.get(group);
    // The focus stays where it is: rows are only made anew when they are others.
    const names = namesOf(group, chosen, known);
    const key = `${context.words().lang} ${names.join()}`;
    if (box.dataset.names !== key) {
      box.dataset.names = key;
      box.replaceChildren(...names.map((name) => row(group, name)));
    }
    for (const input of box.querySelectorAll('input')) {
      input.checked = chosen.includes(input.value);
      const count = known ? (known.get(input.value) ?? 0) : null;
      const label = input.closest('label');
      label?.classList.toggle('none', count === 0);
      const said = label?.querySelector('.number');
      if (said) said.textContent = count === null ? '' : context.words().number(count);
    }
  }

  function row(group: Group, name: string): HTMLElement {
    return h(
      'label',
      { class: 'check' },
      h('input', { type: 'checkbox', value: name }),
      group === 'type' && symbol(eventTypeOf(name), 'full'),
      group === 'verification' && symbol('protests', fillingOf(name), 'neutral'),
      h('span', {}, nameOf(group, name)),
      h('span', { class: 'number' }),
    );
  }

  function namesOf(
    group: Group,
    chosen: readonly string[],
    known: Map<string, number> | undefined,
  ): string[] {
    if (group !== 'country') return [...GROUPS[group].names];
    const collator = new Intl.Collator(context.words().lang);
    const codes = [...new Set([...(known?.keys() ?? []), ...chosen])];
    return codes
      .filter((code) => /^[A-Z0-9-]{3,4}$/.test(code))
      .sort((a, b) => collator.compare(nameOf(group, a), nameOf(group, b)));
  }

  function nameOf(group: Group, name: string): string {
    const words = context.words();
    return group === 'country'
      ? countryName(words, name, context.world(), name)
      : words.term(group, name);
  }

  function told(group: Group, names: readonly string[]): string {
    const words = context.words();
    const [only] = names;
    if (!only) return words.t('filter.all');
    return names.length === 1
      ? nameOf(group, only)
      : words.t('filter.chosen', { count: names.length });
  }

  return { show, loadOpen };
}

/** The lowest grade when exactly those from the best to it are chosen. */
export function floorOf(chosen: readonly string[]): string {
  const lowest = chosen.at(-1);
  const isFloor = chosen.every((name, index) => name === FLOORS[index]);
  return lowest && isFloor ? lowest : '';
}

function detailsOf(group: Group): HTMLDetailsElement {
  return byId<HTMLDetailsElement>(`${group}-group`);
}

/** A list of choices closes on a click elsewhere, on Escape and when the focus leaves it. */
function closeOutside(): void {
  const all = [...document.querySelectorAll<HTMLDetailsElement>('details.choice')];
  document.addEventListener('pointerdown', (event) => {
    for (const one of all) if (!one.contains(event.target as Node)) one.open = false;
  });
  for (const one of all) {
    one.addEventListener('focusout', (event) => {
      const to = event.relatedTarget as Node | null;
      if (to && !one.contains(to)) one.open = false;
    });
    one.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || !one.open) return;
      event.stopPropagation();
      one.open = false;
      one.querySelector('summary')?.focus();
    });
  }
}
