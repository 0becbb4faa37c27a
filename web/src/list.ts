// The list of incidents: in words whatever the map shows as signs. A real list of buttons, so that a
// screen reader counts it and the keyboard walks it: arrows move, Home and End jump, Enter opens.
//
// Rows come a page at a time; those out of sight are not laid out (`content-visibility`).

import { h } from './dom.ts';
import { eventTypeOf, fillingOf, symbol } from './symbols.ts';
import type { Incident, Measure, World } from './types.ts';
import {
  tellDay,
  tellDistance,
  tellVerification,
  titleLanguage,
  titleOf,
  type Words,
} from './words.ts';

export interface ListContext {
  words: Words;
  world: World;
  /** What distances are told to; empty is the nearest foreign territory. */
  of: string;
  chosen: string | null;
  open(id: string): void;
}

export function showRows(
  list: HTMLOListElement,
  incidents: Incident[],
  context: ListContext,
): void {
  list.replaceChildren(...incidents.map((incident) => row(incident, context)));
}

export function addRows(list: HTMLOListElement, incidents: Incident[], context: ListContext): void {
  list.append(...incidents.map((incident) => row(incident, context)));
}

/** Marks the row of the open incident, if it is in the list. */
export function markChosen(list: HTMLOListElement, id: string | null): void {
  for (const button of list.querySelectorAll('button')) {
    if (button.dataset.id === id) button.setAttribute('aria-current', 'true');
    else button.removeAttribute('aria-current');
  }
}

export function focusRow(list: HTMLOListElement, id: string | null): boolean {
  const buttons = [...list.querySelectorAll('button')];
  const target = buttons.find((button) => button.dataset.id === id) ?? buttons[0];
  target?.focus();
  return target !== undefined;
}

/** Arrow keys walk the rows. */
export function walkWithArrows(list: HTMLOListElement): void {
  list.addEventListener('keydown', (event) => {
    const buttons = [...list.querySelectorAll('button')];
    const here = buttons.indexOf(document.activeElement as HTMLButtonElement);
    const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: buttons.length - 1 }[
      event.key
    ];
    if (to === undefined || here < 0) return;
    event.preventDefault();
    buttons[Math.min(buttons.length - 1, Math.max(0, to))]?.focus();
  });
}

/** The answer that the list tells of an incident; `null` when no distance may be claimed. */
export function toldMeasure(incident: Incident, of: string): Measure | null {
  if (!incident.border) return null;
  if (!of) return incident.border.nearestForeign;
  return incident.border.to.find((measure) => measure.to === of) ?? null;
}

/** With its name where "not stated" alone would not say what. */
function verificationOf(words: Words, incident: Incident): string {
  const said = tellVerification(words, incident);
  return incident.verification === null ? `${words.t('panel.verification')}: ${said}` : said;
}

function row(incident: Incident, context: ListContext): HTMLLIElement {
  const { words, world, of } = context;
  const type = eventTypeOf(incident.eventType);
  const measure = toldMeasure(incident, of);
  const kind = incident.subEventType
    ? words.term('subtype', incident.subEventType)
    : incident.eventType && words.term('type', type);
  const button = h(
    'button',
    {
      type: 'button',
      'data-id': incident.id,
      'aria-current': incident.id === context.chosen ? 'true' : null,
    },
    symbol(type, fillingOf(incident.verification)),
    h(
      'span',
      { class: 'row-text' },
      h('span', { class: 'row-date' }, tellDay(words, incident)),
      h(
        'span',
        { class: 'row-title', lang: titleLanguage(incident, words.lang) },
        titleOf(words, incident),
      ),
      measure
        ? h(
            'span',
            { class: `row-distance ${measure.side}` },
            tellDistance(words, measure, world, incident.dateStart),
          )
        : h('span', { class: 'row-distance none' }, words.t('list.nodistance')),
      h(
        'span',
        { class: 'row-meta' },
        // Of what kind it was is left out where the record does not say.
        [kind, verificationOf(words, incident)].filter(Boolean).join(' · '),
      ),
    ),
  );
  button.addEventListener('click', () => context.open(incident.id));
  return h('li', {}, button);
}
