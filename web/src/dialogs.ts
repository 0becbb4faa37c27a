// Two small dialogs: the keyboard, and how to cite. The browser's own <dialog> keeps the focus in.

import { copyButton } from './copy.ts';
import { byId, h } from './dom.ts';
import type { Words } from './words.ts';

export function showHelp(words: Words): void {
  const rows: [string[], Parameters<Words['t']>[0]][] = [
    [['/'], 'help.search'],
    [['l'], 'help.list'],
    [['g'], 'help.map'],
    [['↑', '↓', '←', '→'], 'help.arrows'],
    [['Enter'], 'help.enter'],
    [['Esc'], 'help.escape'],
    [['m'], 'help.measure'],
    [['a'], 'help.area'],
    [['c'], 'help.circle'],
    [['p'], 'help.play'],
    [[',', '.'], 'help.step'],
    [['q'], 'help.ask'],
    [['v'], 'help.compare'],
    [['?'], 'help.help'],
  ];
  show(words, words.t('help.title'), [
    h(
      'dl',
      { class: 'keys' },
      ...rows.flatMap(([keys, what]) => [
        h('dt', {}, ...keys.map((key) => h('kbd', {}, key))),
        h('dd', {}, words.t(what)),
      ]),
    ),
  ]);
}

export function showCitation(words: Words, text: string): void {
  const area = h('textarea', { readonly: true, rows: 7, 'aria-label': words.t('cite.title') });
  area.value = text;
  const copy = copyButton(words, text, () => area.select(), { kind: 'plain strong' });
  show(words, words.t('cite.title'), [area, h('p', { class: 'dialog-row' }, ...copy)]);
  area.select();
}

/** Whether any dialog is over the page, whose keys are then not for the page. */
export function isDialogOpen(): boolean {
  return document.querySelector('dialog[open]') !== null;
}

function show(words: Words, title: string, body: Node[]): void {
  const dialog = byId<HTMLDialogElement>('dialog');
  const close = h(
    'button',
    { type: 'button', class: 'icon', 'aria-label': words.t('panel.close') },
    '×',
  );
  close.addEventListener('click', () => dialog.close());
  dialog.replaceChildren(
    h('div', { class: 'dialog-head' }, h('h2', { id: 'dialog-title' }, title), close),
    ...body,
  );
  if (!dialog.open) dialog.showModal();
}
