// Somebody was faster: what both wrote, side by side, and a choice for each value that both changed.

import { h } from '../dom.ts';
import type { Words } from '../words.ts';
import { type Clash, resolved, type ThreeWay } from './diff.ts';
import { modal } from './parts.ts';
import { fieldName, tellValue } from './values.ts';
import type { Feature } from './write.ts';

/** Resolves with the record to write, or `null` when the reader goes back to the form. */
export function chooseSides(
  words: Words,
  theirs: Feature,
  split: ThreeWay,
  by: string,
): Promise<Feature | null> {
  const mine = new Set(split.clashes.map(({ name }) => name));
  const { t } = words;
  const row = (clash: Clash) => {
    const name = fieldName(words, clash.name);
    const side = (value: 'mine' | 'theirs') => {
      const input = h('input', {
        type: 'radio',
        name: `side-${clash.name}`,
        checked: (value === 'mine') === mine.has(clash.name),
        'aria-label': t(
          value === 'mine' ? 'mend.conflict.take.mine' : 'mend.conflict.take.theirs',
          {
            name,
          },
        ),
      });
      input.addEventListener('change', () => {
        if (value === 'mine') mine.add(clash.name);
        else mine.delete(clash.name);
      });
      const told = tellValue(words, clash.name, clash[value]);
      return h('td', {}, h('label', { class: 'check' }, input, h('span', {}, told)));
    };
    return h(
      'tr',
      {},
      h('th', { scope: 'row' }, name),
      h('td', { class: 'fine' }, tellValue(words, clash.name, clash.base)),
      side('theirs'),
      side('mine'),
    );
  };
  const head = [
    '',
    t('mend.conflict.before'),
    t('mend.conflict.theirs', { by }),
    t('mend.conflict.mine'),
  ];
  const table = h(
    'table',
    { class: 'mend-sides' },
    h(
      'thead',
      {},
      h('tr', {}, ...head.map((one) => (one ? h('th', { scope: 'col' }, one) : h('td', {})))),
    ),
    h('tbody', {}, ...split.clashes.map(row)),
  );
  const others = (key: 'mend.conflict.taken' | 'mend.conflict.kept', clashes: readonly Clash[]) =>
    clashes.length > 0 &&
    h(
      'p',
      { class: 'fine' },
      t(key, { names: clashes.map(({ name }) => fieldName(words, name)).join(', ') }),
    );
  const save = h('button', { class: 'plain strong' }, t('mend.conflict.save'));
  const form = h(
    'form',
    { class: 'mend-stack' },
    h('p', {}, t(split.clashes.length ? 'mend.conflict.lead' : 'mend.conflict.none', { by })),
    split.clashes.length > 0 && h('div', { class: 'mend-scroll' }, table),
    others('mend.conflict.taken', split.taken),
    others('mend.conflict.kept', split.kept),
    h('div', { class: 'dialog-row' }, save),
  );
  return new Promise((resolve) => {
    let chosen: Feature | null = null;
    const dialog = modal(words, t('mend.conflict.title'), [form], () => resolve(chosen));
    dialog.classList.add('wide-dialog');
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      chosen = resolved(theirs, split, mine);
      dialog.close();
    });
  });
}
