// Small pieces that every view of the desk is made of.

import { ApiError } from '../api.ts';
import { h } from '../dom.ts';
import type { Key, Words } from '../words.ts';

/** What went wrong, in the reader's words as far as they reach. Anything but an answer of the server is thrown on. */
export function tellError(words: Words, error: unknown): string {
  if (!(error instanceof ApiError)) throw error;
  if (error.kind !== 'status') return words.t(`error.${error.kind}`);
  if (error.status === 401) return words.t('mend.token.needed');
  return words.t('error.status', { detail: error.message });
}

/** A button. While what it does is under way, as `act` tells by a promise, a second click does nothing. */
export function button(label: string, act: () => unknown, kind = 'plain'): HTMLButtonElement {
  const made = h('button', { type: 'button', class: kind }, label);
  made.addEventListener('click', async () => {
    if (made.ariaDisabled === 'true') return;
    const done = act();
    if (!(done instanceof Promise)) return;
    // Not `disabled`, which would take the focus away.
    made.ariaDisabled = 'true';
    try {
      await done;
    } finally {
      made.ariaDisabled = null;
    }
  });
  return made;
}

/** Has the browser ask before the page is left, as `beforeunload` is about to, while there is work that no store has. */
export function askWhether(event: Event, isUnsaved: () => boolean): void {
  // A field that was just typed in has not told its change yet.
  (document.activeElement as HTMLElement | null)?.blur();
  if (isUnsaved()) event.preventDefault();
}

/** What went wrong, and a button that tries again. */
export function faultWithRetry(words: Words, error: unknown, retry: () => unknown): HTMLElement[] {
  return [
    h('p', { class: 'fault', role: 'alert' }, tellError(words, error)),
    button(words.t('error.retry'), retry),
  ];
}

/** A select with its label; `options` are [value, text]. */
export function choice(
  label: string,
  options: readonly (readonly [string, string])[],
  value: string,
  act: (value: string) => void,
): HTMLElement {
  const select = h(
    'select',
    {},
    ...options.map(([word, text]) => h('option', { value: word, selected: word === value }, text)),
  );
  select.addEventListener('change', () => act(select.value));
  return labelled(label, select);
}

/** A control under its label. */
export function labelled(label: string, control: HTMLElement): HTMLElement {
  return h('label', { class: 'mend-field' }, h('span', { class: 'caption' }, label), control);
}

/** Radio buttons, one below the other. */
export function radios(
  legend: string,
  name: string,
  options: readonly (readonly [string, string])[],
  value: string,
  act: (value: string) => void,
): HTMLElement {
  return h(
    'fieldset',
    { class: 'mend-radios' },
    h('legend', {}, legend),
    ...options.map(([word, text]) => {
      const input = h('input', { type: 'radio', name, value: word, checked: word === value });
      input.addEventListener('change', () => act(word));
      return h('label', { class: 'check' }, input, h('span', {}, text));
    }),
  );
}

/** A table that scrolls within itself, by keyboard too. */
export function scrolling(label: string, table: HTMLTableElement): HTMLElement {
  return h(
    'div',
    { class: 'mend-scroll', role: 'region', 'aria-label': label, tabindex: 0 },
    table,
  );
}

/** A modal dialog of its own, gone when it is closed; `closed` is called once. */
export function modal(
  words: Words,
  title: string,
  body: Node[],
  closed: () => void = () => {},
): HTMLDialogElement {
  const id = `mend-dialog-${Math.random().toString(36).slice(2)}`;
  const dialog = h('dialog', { class: 'mend-dialog', 'aria-labelledby': id });
  const close = h(
    'button',
    { type: 'button', class: 'icon', 'aria-label': words.t('panel.close') },
    '×',
  );
  close.addEventListener('click', () => dialog.close());
  dialog.append(h('div', { class: 'dialog-head' }, h('h2', { id }, title), close), ...body);
  dialog.addEventListener('close', () => {
    dialog.remove();
    closed();
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** Asks before something is done that cannot be undone here; `false` when the reader turns away, however. */
export function agrees(
  words: Words,
  title: string,
  lead: string,
  { yes, no }: { yes: string; no: string },
): Promise<boolean> {
  return new Promise((resolve) => {
    let answer = false;
    const accept = button(yes, () => {
      answer = true;
      dialog.close();
    });
    const refuse = button(no, () => dialog.close(), 'plain strong');
    const body = [h('p', {}, lead), h('div', { class: 'mend-actions' }, refuse, accept)];
    const dialog = modal(words, title, body, () => resolve(answer));
    refuse.focus();
  });
}

/** "3 new", or nothing when there are none. */
export function counted(words: Words, key: Key, count: number): string | null {
  return count > 0 ? words.t(key, { count, n: count }) : null;
}
