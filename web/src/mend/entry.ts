// The door to the work of an analyst: importing, mending, merging, reporting. A reader who never opens it
// loads this file only.

import { byId } from '../dom.ts';
import type { IncidentMap } from '../map.ts';
import type { World } from '../types.ts';
import type { Words } from '../words.ts';

export const TABS = ['import', 'review', 'duplicates', 'report'] as const;
export type Tab = (typeof TABS)[number];

/** What the page lends to those who work in it. */
export interface Work {
  words(): Words;
  world(): World;
  /** What is being looked at, as the API takes it. */
  filter(): URLSearchParams;
  /** The same in words; empty when it asks for all. */
  question(words: Words): string;
  map(): IncidentMap | null;
  /** Shows an incident in the panel. */
  open(id: string): void;
  /** Something was written: what is shown is asked for again. */
  changed(): Promise<void>;
  /** Draws the open incident as it is, after it was drawn as it may become. */
  redraw(): void;
}

let work: Work | null = null;
let desk: typeof import('./desk.ts') | null = null;
let editor: typeof import('./edit.ts') | null = null;

export function listenToWork(lent: Work): void {
  const open = (id: string) => {
    leaveDesk();
    lent.open(id);
  };
  work = { ...lent, open };
  byId('work').addEventListener('click', () => {
    if (!leaveDesk()) void openDesk();
  });
  const wanted = TABS.find((tab) => location.hash === `#${tab}`);
  if (wanted) void openDesk(wanted);
}

export async function openDesk(tab?: Tab): Promise<void> {
  if (!work || editor?.closeEditor() === false) return;
  desk ??= await import('./desk.ts');
  desk.openDesk(work, tab);
}

/** Opens the form of an incident; one that is not public is read `atDesk`. */
export async function editIncident(id: string, atDesk = false): Promise<void> {
  if (!work) return;
  leaveDesk();
  editor ??= await import('./edit.ts');
  editor.openEditor(work, id, atDesk);
}

/** Shows what became of an incident; of one that is not public `atDesk`. */
export async function showHistory(id: string, atDesk = false): Promise<void> {
  if (!work) return;
  const { openHistory } = await import('./history.ts');
  openHistory(work, id, atDesk);
}

/** What is asked for is on the map, which the desk hides; `true` when it did. */
export function leaveDesk(): boolean {
  if (!desk?.isDeskOpen()) return false;
  desk.closeDesk();
  return true;
}

/** The end of the address that says what of the desk is open. */
export function deskAddress(): string {
  return desk?.addressEnd() ?? '';
}

/** Whether the form of an incident is open. */
export function isEditing(): boolean {
  return editor?.isEditing() ?? false;
}

/** The map is there. */
export function mapBegan(): void {
  editor?.mapBegan();
}

/** The filter or the language is another one. */
export function followWork(): void {
  desk?.followDesk();
  editor?.followEditor();
}
