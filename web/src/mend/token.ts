// Asks for a token when the server wants one. It is kept in the memory of this page only, and the dialog says so.

import { h } from '../dom.ts';
import type { Words } from '../words.ts';
import { labelled, modal } from './parts.ts';

/** What the reader typed; `null` when the dialog was closed without. */
export function askForToken(words: Words, wasRefused: boolean): Promise<string | null> {
  const input = h('input', {
    type: 'password',
    autocomplete: 'off',
    spellcheck: 'false',
    required: true,
    maxlength: 200,
    'aria-describedby': 'token-note',
  });
  const form = h(
    'form',
    { class: 'mend-stack', method: 'dialog' },
    wasRefused && h('p', { class: 'fault', role: 'alert' }, words.t('mend.token.refused')),
    labelled(words.t('mend.token.label'), input),
    h('p', { id: 'token-note', class: 'fine' }, words.t('mend.token.note')),
    h(
      'div',
      { class: 'dialog-row' },
      h('button', { class: 'plain strong' }, words.t('mend.token.use')),
    ),
  );
  return new Promise((resolve) => {
    let given: string | null = null;
    const dialog = modal(words, words.t('mend.token.title'), [form], () => resolve(given));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      given = input.value.trim() || null;
      dialog.close();
    });
    input.focus();
  });
}
