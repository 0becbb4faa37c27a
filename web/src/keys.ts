// The keys of the page, which the help lists. Those who type, or are in a dialog, have theirs to themselves.

import type { App } from './app.ts';
import { isDialogOpen, showHelp } from './dialogs.ts';
import { byId } from './dom.ts';
import { focusRow } from './list.ts';
import type { State } from './state.ts';

interface KeysContext {
  update(change: Partial<State>): void;
  /** Closes the panel. */
  close(): void;
}

export function listenToKeys(app: App, context: KeysContext): void {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isDialogOpen()) return;
    const typing = (event.target as HTMLElement).closest?.(
      'input:not([type=range]):not([type=checkbox]), select, textarea',
    );
    if (event.key === 'Escape') {
      stepBack(typing as HTMLElement | null, app.state, context);
      return;
    }
    if (typing) return;
    const act = {
      '/': () => byId('search').focus(),
      l: () => focusRow(byId<HTMLOListElement>('list'), app.state.id),
      g: () => app.map?.focus(),
      m: () => press('measure'),
      a: () => press('draw-area'),
      c: () => press('draw-circle'),
      q: () => press('ask-open'),
      v: () => press('compare-open'),
      p: () => press('time-play'),
      ',': () => press('time-before'),
      '.': () => press('time-after'),
      '?': () => showHelp(app.words),
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

/** Out of a field, else of the tool, of the panel, of the view: one thing at a time. */
function stepBack(field: HTMLElement | null, state: State, context: KeysContext): void {
  if (field) field.blur();
  else if (state.tool && state.tool !== 'measure') context.update({ tool: null });
  else if (state.id || state.at) context.close();
  else if (state.tool) context.update({ tool: null });
  else if (state.show !== 'map') context.update({ show: 'map' });
}
