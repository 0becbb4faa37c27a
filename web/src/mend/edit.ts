// The form of one incident, beside the map on which its place is moved.

import './mend.css';
import { isAbort, measure } from '../api.ts';
import { dayOf } from '../calendar.ts';
import { byId, debounce, h } from '../dom.ts';
import { drawMeasured } from '../measured.ts';
import { radiusIn } from '../radius.ts';
import type { Answer, Measure, Position } from '../types.ts';
import { nameOf, printDistance, tellDistance, wordIn } from '../words.ts';
import { chooseSides } from './conflict.ts';
import { mergePatch, threeWay } from './diff.ts';
import { openDesk, type Work } from './entry.ts';
import { tellFault } from './faults.ts';
import { control, type FormContext, setValue, valueAt } from './form.ts';
import { createHandles, type Handles } from './handles.ts';
import { tellRevisions } from './history.ts';
import { askWhether, button, labelled, tellError } from './parts.ts';
import { type Candidate, findPlaces } from './places.ts';
import { whyWithheld } from './review.ts';
import { type Field, type Group, groupsOf } from './schema.ts';
import { askForToken } from './token.ts';
import {
  type Fault,
  type Feature,
  type Held,
  hold,
  patch,
  Refused,
  readHistory,
  readSchema,
  useTokenDialog,
} from './write.ts';

/** The group of the form that tells what was before. */
const HISTORY = 'history';
/** The least time between two questions about a distance, in milliseconds. */
const PAUSE = 350;

interface Editor {
  work: Work;
  id: string;
  /** It is not public, and read where who writes reads. */
  atDesk: boolean;
  base: Held;
  draft: Feature;
  groups: Group[];
  faults: Fault[];
  element: HTMLElement;
  handles: Handles | null;
  /** Which of several places is moved. */
  place: number;
  answer: Answer | null;
  open: Set<string>;
  /** The reader was told that closing loses changes. */
  isWarned: boolean;
  request: AbortController;
}

let editor: Editor | null = null;
/** A record is on its way: a second click asks for no second form. */
let isOpening = false;

export async function openEditor(work: Work, id: string, atDesk = false): Promise<void> {
  if (isOpening || !closeEditor()) return;
  document.getElementById('editor')?.remove();
  useTokenDialog((wasRefused) => askForToken(work.words(), wasRefused));
  const words = work.words();
  const element = h(
    'article',
    { id: 'editor', class: 'panel editor', 'aria-labelledby': 'editor-title' },
    h('h2', { id: 'editor-title', class: 'message', tabindex: -1 }, words.t('panel.loading')),
  );
  element.addEventListener('keydown', keyDown);
  const panel = byId('panel');
  panel.after(element);
  panel.inert = true;
  // It lies beneath the form where no panel was open.
  byId('list-side').inert = true;
  const request = new AbortController();
  isOpening = true;
  try {
    const [base, schema] = await Promise.all([
      hold(id, request.signal, atDesk),
      readSchema(request.signal),
    ]);
    editor = {
      work,
      id,
      atDesk,
      base,
      draft: structuredClone(base.feature),
      groups: groupsOf(schema),
      faults: [],
      element,
      handles: null,
      place: 0,
      answer: null,
      open: new Set(['what', 'where']),
      isWarned: false,
      request,
    };
  } catch (error) {
    const close = button(words.t('mend.cancel'), () => removeElement(element));
    element.append(h('p', { class: 'fault', role: 'alert' }, tellError(words, error)), close);
    close.focus();
    return;
  } finally {
    isOpening = false;
  }
  addEventListener('beforeunload', beforeLeaving);
  startOnMap(editor);
  show(editor);
  byId('editor-title').focus();
  void measureSoon();
}

/** `false` when there are changes, and the reader was only told so. */
export function closeEditor(force = false): boolean {
  if (!editor) return true;
  const { element, handles, work, request } = editor;
  if (!force && changeOf(editor) && !editor.isWarned) {
    editor.isWarned = true;
    say(work.words().t('mend.unsaved'));
    return false;
  }
  request.abort();
  handles?.remove();
  editor = null;
  removeEventListener('beforeunload', beforeLeaving);
  removeElement(element);
  work.redraw();
  return true;
}

function beforeLeaving(event: Event): void {
  askWhether(event, () => editor !== null && changeOf(editor) !== null);
}

export function isEditing(): boolean {
  return editor !== null;
}

/** The map is there: it begins behind the page, and a quick reader may be at work before. */
export function mapBegan(): void {
  if (!editor) return;
  startOnMap(editor);
  draw(editor, editor.answer !== null);
}

export function followEditor(): void {
  if (!editor) return;
  editor.handles?.name(editor.work.words());
  show(editor);
  draw(editor, editor.answer !== null);
}

function removeElement(element: HTMLElement): void {
  element.remove();
  const panel = byId('panel');
  panel.inert = false;
  byId('list-side').inert = !panel.hidden;
  (panel.querySelector<HTMLElement>('#panel-title') ?? byId('work')).focus();
}

function keyDown(event: KeyboardEvent): void {
  event.stopPropagation();
  if (event.key !== 'Escape') return;
  const field = (event.target as HTMLElement).closest<HTMLElement>('input, select, textarea');
  if (field) field.blur();
  else closeEditor();
}

// --- the form ---------------------------------------------------------------------------------

function show(now: Editor): void {
  const { work, element, groups, draft } = now;
  const words = work.words();
  const focused = (document.activeElement as HTMLElement | null)?.dataset.pointer;
  const [scroll, said] = [element.scrollTop, element.querySelector('.mend-status')?.textContent];
  const save = button(words.t('mend.save'), () => store(), 'plain strong');
  const cancel = button(words.t('mend.cancel'), () => closeEditor());
  const status = h('p', { role: 'status', class: 'mend-status' }, said ?? '');
  const title = wordIn((draft.properties.title ?? {}) as Record<string, string>, words.lang);
  const context: FormContext = {
    words,
    record: draft,
    faults: now.faults,
    changed: (path) => {
      now.isWarned = false;
      if (path[0] === 'location_method') placeChanged(now);
      else if (path[0] === 'date_start') void measureSoon();
    },
    remade: () => show(now),
  };
  element.replaceChildren(
    h(
      'div',
      { class: 'panel-bar' },
      h('h2', { id: 'editor-title', tabindex: -1 }, words.t('mend.edit.title')),
      h('span', { class: 'editor-actions' }, cancel, save),
      // Always in sight: it is what moves when the place does.
      h('output', { id: 'editor-distance', class: figureClass(now) }, toldDistance(now)),
      // As is what became of Save and Cancel, wherever the form was scrolled to.
      status,
    ),
    faultsElsewhere(now),
    ...groups.map((group) => section(now, group, context)),
    before(now),
  );
  if (title) byId('editor-title').append(h('span', { class: 'unseen' }, `: ${title}`));
  element.scrollTop = scroll;
  if (focused) element.querySelector<HTMLElement>(`[data-pointer="${focused}"]`)?.focus();
}

function section(now: Editor, group: Group, context: FormContext): HTMLElement {
  const { words } = context;
  const isOpen =
    now.open.has(group.name) ||
    now.faults.some(({ pointer }) => group.fields.some(({ name }) => isUnder(pointer, name)));
  const details = h(
    'details',
    { class: 'mend-group', open: isOpen },
    h('summary', {}, words.t(`mend.group.${group.name}`)),
    group.name === 'where' && placeFields(now),
    ...group.fields.map((field: Field) => control(field, [field.name], context)),
  );
  details.addEventListener('toggle', () => {
    if (details.open) now.open.add(group.name);
    else now.open.delete(group.name);
  });
  return details;
}

/** What the record said before; asked for when it is opened. */
function before({ id, atDesk, open, request, work }: Editor): HTMLElement {
  const words = work.words();
  const told = h('div', { class: 'mend-stack' }, words.t('panel.loading'));
  const details = h(
    'details',
    { class: 'mend-group', open: open.has(HISTORY) },
    h('summary', {}, words.t('mend.history.revisions')),
    told,
  );
  details.addEventListener('toggle', async () => {
    if (!details.open) return void open.delete(HISTORY);
    open.add(HISTORY);
    try {
      told.replaceChildren(tellRevisions(words, await readHistory(id, request.signal, atDesk)));
    } catch (error) {
      if (isAbort(error)) return;
      told.replaceChildren(h('p', { class: 'fault', role: 'alert' }, tellError(words, error)));
    }
  });
  return details;
}

function isUnder(pointer: string | null, name: string): boolean {
  const at = `/properties/${name}`;
  return pointer === at || (pointer?.startsWith(`${at}/`) ?? false);
}

/** Faults that no field of the form shows. */
function faultsElsewhere(now: Editor): HTMLElement {
  const shown = now.groups.flatMap(({ fields }) => fields.map(({ name }) => name));
  const others = now.faults.filter(({ pointer }) => !shown.some((name) => isUnder(pointer, name)));
  return h(
    'div',
    { class: 'fault', role: 'alert', hidden: !others.length },
    ...others.map((fault) => h('p', {}, tellFault(now.work.words(), fault))),
  );
}

// --- the place --------------------------------------------------------------------------------

export function placesOf(record: Feature): Position[] {
  const { type, coordinates } = (record.geometry ?? {}) as {
    type?: string;
    coordinates?: unknown[];
  };
  const all = type === 'MultiPoint' ? (coordinates ?? []) : type === 'Point' ? [coordinates] : [];
  return all.flatMap((one) => {
    const [lng, lat] = Array.isArray(one) ? one : [];
    return typeof lng === 'number' && typeof lat === 'number' ? [[lng, lat] as const] : [];
  });
}

/** Puts one of the places elsewhere; what else a position had, such as a height, stays. */
export function withPlace(record: Feature, index: number, place: Position): unknown {
  const geometry = record.geometry as { type?: string; coordinates?: unknown[] } | null;
  const moved = (old: unknown) => [place[0], place[1], ...(Array.isArray(old) ? old.slice(2) : [])];
  if (geometry?.type !== 'MultiPoint') {
    return { type: 'Point', coordinates: moved(geometry?.coordinates) };
  }
  const all = geometry.coordinates ?? [];
  return {
    type: 'MultiPoint',
    coordinates: all.map((one, at) => (at === index ? moved(one) : one)),
  };
}

function radiusOf(record: Feature): number | null {
  const radius = record.properties.location_radius_m;
  return typeof radius === 'number' ? radius : null;
}

function placeFields(now: Editor): HTMLElement {
  const { work, draft } = now;
  const words = work.words();
  const places = placesOf(draft);
  const place = places[now.place];
  const number = (name: 'lat' | 'lon', value: number | undefined, most: number) => {
    const input = h('input', {
      type: 'number',
      inputmode: 'decimal',
      step: 'any',
      min: -most,
      max: most,
      value: value ?? null,
      'data-place': name,
    });
    input.addEventListener('change', () => {
      const [lng, lat] = ['lon', 'lat'].map((one) => {
        const typed = now.element.querySelector<HTMLInputElement>(`[data-place="${one}"]`)?.value;
        return typed ? Number(typed) : Number.NaN;
      });
      if (lng === undefined || lat === undefined) return;
      if (Math.abs(lng) <= 180 && Math.abs(lat) <= 90) moveTo(now, [lng, lat]);
    });
    return labelled(words.t(`mend.${name}`), input);
  };
  const radius = h('input', {
    type: 'number',
    inputmode: 'decimal',
    step: 'any',
    min: 1,
    value: radiusOf(draft),
    // What counts while none is stated.
    placeholder: radiusIn(draft.properties),
    'data-place': 'radius',
    'data-pointer': '/properties/location_radius_m',
  });
  radius.addEventListener('change', () =>
    widen(now, radius.value === '' ? null : Number(radius.value)),
  );
  return h(
    'div',
    { class: 'mend-place' },
    places.length > 1 && whichPlace(now, places.length),
    finder(now),
    h('div', { class: 'mend-pair' }, number('lon', place?.[0], 180), number('lat', place?.[1], 90)),
    labelled(words.t('mend.radius'), radius),
    h('p', { class: 'fine' }, words.t('mend.place.note')),
  );
}

function whichPlace(now: Editor, count: number): HTMLElement {
  const words = now.work.words();
  const select = h(
    'select',
    {},
    ...Array.from({ length: count }, (_, index) =>
      h('option', { value: index, selected: index === now.place }, `${index + 1} / ${count}`),
    ),
  );
  select.addEventListener('change', () => {
    now.place = Number(select.value);
    show(now);
    moveHandles(now);
    void measureSoon();
  });
  return labelled(words.t('mend.place.which'), select);
}

/** Places by name; each that is found is a button, since a name may mean several. */
function finder(now: Editor): HTMLElement {
  const { work, draft } = now;
  const words = work.words();
  const input = h('input', { type: 'search', autocomplete: 'off', maxlength: 100 });
  const found = h('ul', { class: 'mend-found', 'aria-label': words.t('mend.place.found') });
  const said = h('p', { role: 'status', class: 'fine' });
  const take = (one: Candidate) => {
    setValue(draft, ['location'], one.name);
    setValue(draft, ['location_method'], 'gazetteer');
    if (one.country) setValue(draft, ['country'], one.country);
    if (one.admin1) setValue(draft, ['admin1'], one.admin1);
    if (one.radius && radiusOf(draft) === null) setValue(draft, ['location_radius_m'], one.radius);
    moveTo(now, one.place);
    const [lng, lat] = one.place;
    work.map()?.show([lng, lat, lng, lat], 11);
    show(now);
    now.element.querySelector<HTMLElement>('[data-place="lon"]')?.focus();
  };
  let asked = 0;
  const look = debounce(250, async () => {
    const name = input.value.trim();
    const turn = ++asked;
    if (!name) return found.replaceChildren();
    try {
      const near = placesOf(draft)[now.place] ?? null;
      const places = await findPlaces(name, near, now.request.signal);
      if (turn !== asked) return;
      said.textContent = places.length ? '' : words.t('mend.place.none');
      found.replaceChildren(
        ...places.map((one) => {
          const country = one.country && nameOf(words, one.country, work.world());
          const full = [one.name, one.admin1, country].filter(Boolean).join(', ');
          return h(
            'li',
            {},
            button(full, () => take(one), 'plain wide'),
          );
        }),
      );
    } catch (error) {
      if (!isAbort(error)) said.textContent = tellError(words, error);
    }
  });
  input.addEventListener('input', look);
  return h('div', {}, labelled(words.t('mend.place.find'), input), said, found);
}

function startOnMap(now: Editor): void {
  const map = now.work.map();
  if (!map) return;
  // One that is not public was not looked at on the map.
  const place = now.atDesk && placesOf(now.draft)[0];
  if (place) map.show([...place, ...place], 12);
  now.handles = createHandles(map, byId('map-side'), {
    moved: (place) => moveTo(now, place),
    widened: (radius) => widen(now, radius),
  });
  now.handles.name(now.work.words());
  moveHandles(now);
}

function moveTo(now: Editor, place: Position): void {
  now.draft.geometry = withPlace(now.draft, now.place, place);
  now.isWarned = false;
  placeChanged(now);
}

function widen(now: Editor, radius: number | null): void {
  setValue(now.draft, ['location_radius_m'], radius);
  now.isWarned = false;
  placeChanged(now);
}

/** Numbers and handles follow at once, the distance when it has come. */
function placeChanged(now: Editor): void {
  const place = placesOf(now.draft)[now.place];
  const values = { lon: place?.[0], lat: place?.[1], radius: radiusOf(now.draft) };
  for (const [name, value] of Object.entries(values)) {
    const input = now.element.querySelector<HTMLInputElement>(`[data-place="${name}"]`);
    if (input && document.activeElement !== input) input.value = value == null ? '' : String(value);
  }
  moveHandles(now);
  draw(now, false);
  void measureSoon();
}

function moveHandles(now: Editor): void {
  now.handles?.show(placesOf(now.draft)[now.place] ?? null, radiusIn(now.draft.properties));
}

let isAsking = false;
let isWanted = false;

/** Asks for the distance of the place as it is now; while one question is under way, only the last of the others waits. */
async function measureSoon(): Promise<void> {
  if (isAsking) {
    isWanted = true;
    return;
  }
  const now = editor;
  const place = now && placesOf(now.draft)[now.place];
  if (!now || !place) return;
  isAsking = true;
  try {
    const of = now.work.filter().get('of');
    const on = dayOf(now.draft.properties.date_start);
    const radius = radiusIn(now.draft.properties);
    const answer = await measure(place, of ? [of] : [], radius, on, now.request.signal);
    if (editor === now) {
      now.answer = answer;
      // What was moved meanwhile is measured next; a distance of another place is not told of it.
      draw(now, !isWanted);
    }
  } catch (error) {
    if (!isAbort(error) && editor === now) say(tellError(now.work.words(), error));
  }
  setTimeout(() => {
    isAsking = false;
    if (!isWanted) return;
    isWanted = false;
    void measureSoon();
  }, PAUSE);
}

function told(now: Editor): Measure | null {
  return now.answer?.to[0] ?? now.answer?.nearestForeign ?? null;
}

function toldDistance(now: Editor): string {
  const found = told(now);
  const words = now.work.words();
  if (placesOf(now.draft).length && radiusIn(now.draft.properties) === null) {
    return words.t('list.nodistance');
  }
  if (!found) return '';
  const on = valueAt(now.draft, ['date_start']);
  return tellDistance(words, found, now.work.world(), typeof on === 'string' ? on : null);
}

/** In the color of the side, as the panel has it. */
function figureClass(now: Editor): string {
  return radiusIn(now.draft.properties) === null ? 'figure' : `figure ${told(now)?.side ?? ''}`;
}

/** Draws the place as it would be; the length is at the line only once it is that of the line. */
function draw(now: Editor, isMeasured: boolean): void {
  const { work, draft } = now;
  const place = placesOf(draft)[now.place];
  const words = work.words();
  const radius = radiusIn(draft.properties);
  // From a place that is known too roughly nothing is measured.
  const found = radius === null ? null : told(now);
  const output = now.element.querySelector('#editor-distance');
  if (output && isMeasured) {
    output.textContent = toldDistance(now);
    output.className = figureClass(now);
  }
  if (!place) return;
  const printed = found && printDistance(words, found.distance, found.low, found.high);
  const text =
    found && printed && isMeasured
      ? [printed.distance, nameOf(words, found.country, work.world()), `(${printed.range})`].join(
          '\n',
        )
      : '';
  work.map()?.setMeasured(drawMeasured({ place, radius, measure: found, text, image: null }));
}

// --- storing ----------------------------------------------------------------------------------

/** What is to be written, as a merge patch. */
function changeOf({ base, draft }: Pick<Editor, 'base' | 'draft'>): Record<string, unknown> | null {
  return patchOf(base.feature, draft);
}

function patchOf(before: Feature, after: Feature): Record<string, unknown> | null {
  return mergePatch(
    { geometry: before.geometry, properties: before.properties },
    { geometry: after.geometry, properties: after.properties },
  );
}

async function store(): Promise<void> {
  const now = editor;
  if (!now) return;
  const words = now.work.words();
  // A field that was just typed in has not told its change yet.
  (document.activeElement as HTMLElement | null)?.blur();
  const change = changeOf(now);
  if (!change) {
    say(words.t('mend.unchanged'));
    return;
  }
  say(words.t('mend.saving'));
  now.faults = [];
  try {
    await done(now, await patch(now.id, change, now.base.etag));
  } catch (error) {
    if (error instanceof Refused && error.status === 412) {
      await settle(now);
      return;
    }
    now.faults = error instanceof Refused ? error.faults : [];
    show(now);
    say(
      now.faults.length
        ? words.t('mend.faulty', { count: now.faults.length, n: now.faults.length })
        : tellError(words, error),
    );
    showFault(now);
  }
}

/** Goes to the first field that is wrong; faults that no field shows stand at the top. */
function showFault({ element, faults }: Editor): void {
  const field = element.querySelector<HTMLElement>('[aria-invalid]');
  if (field) field.focus();
  else if (faults.length) element.scrollTop = 0;
}

/** Somebody was faster: both versions are shown, and the chosen one is the draft upon theirs. */
async function settle(now: Editor): Promise<void> {
  const words = now.work.words();
  try {
    const theirs = await hold(now.id, now.request.signal, now.atDesk);
    const by = String(theirs.feature.properties.recorded_by ?? '?');
    const split = threeWay(now.base.feature, now.draft, theirs.feature);
    const chosen = await chooseSides(words, theirs.feature, split, by);
    if (!chosen || editor !== now) {
      say(words.t('mend.conflict.open'));
      return;
    }
    now.base = theirs;
    now.draft = structuredClone(chosen);
    show(now);
    placeChanged(now);
    if (changeOf(now)) await store();
    else await done(now, theirs);
  } catch (error) {
    if (!isAbort(error)) say(tellError(words, error));
  }
}

async function done(now: Editor, stored: Held): Promise<void> {
  const { work, id } = now;
  closeEditor(true);
  await work.changed();
  // What is not public is not on the map.
  if (whyWithheld(stored.feature).reasons.length) await openDesk('review');
  else work.open(id);
}

function say(text: string): void {
  const status = editor?.element.querySelector('.mend-status');
  if (status) status.textContent = text;
}
