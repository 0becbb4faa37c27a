// A button that copies a text, and says that it did.

import { h } from './dom.ts';
import type { Words } from './words.ts';

/**
 * The button, and beside it the place where it is said. `select` marks the text on the page: without permission or TLS
 * there is no clipboard, and the reader copies what is selected.
 */
export function copyButton(
  words: Words,
  text: string,
  select: () => void,
  { label = null, kind = 'plain' }: { label?: string | null; kind?: string } = {},
): [HTMLButtonElement, HTMLElement] {
  const said = h('span', { role: 'status', class: 'fine' });
  const button = h(
    'button',
    { type: 'button', class: kind, 'aria-label': label && `${words.t('cite.copy')}: ${label}` },
    words.t('cite.copy'),
  );
  button.addEventListener('click', async () => {
    select();
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      return;
    }
    said.textContent = words.t('cite.copied');
  });
  return [button, said];
}
