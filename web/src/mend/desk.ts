// The desk takes the place of map and list; header and filters stay, so that a report follows the filter.

import './mend.css';
import { byId, h } from '../dom.ts';
import { TABS, type Tab, type Work } from './entry.ts';
import { button } from './parts.ts';
import { askForToken } from './token.ts';
import { useTokenDialog } from './write.ts';

/** One view of the desk, in the element it was given. */
export interface View {
  /** The filter or the language is another one. */
  follow(): void;
  /** The view goes out of sight; what it has asked for is no longer wanted. */
  leave(): void;
}

type ShowView = (work: Work, body: HTMLElement) => View;

const VIEWS: Record<Tab, () => Promise<ShowView>> = {
  import: async () => (await import('./import.ts')).showImport,
  review: async () => (await import('./review.ts')).showReview,
  duplicates: async () => (await import('./duplicates.ts')).showDuplicates,
  report: async () => (await import('../report/report.ts')).showReport,
};

let work: Work | null = null;
let element: HTMLElement | null = null;
let view: View | null = null;
let tab: Tab = 'import';

export function isDeskOpen(): boolean {
  return element !== null;
}

export function openDesk(lent: Work, wanted?: Tab): void {
  work = lent;
  useTokenDialog((wasRefused) => askForToken(lent.words(), wasRefused));
  if (!element) {
    element = h('main', { id: 'desk', class: 'desk', tabindex: -1 });
    element.addEventListener('keydown', keyDown);
    const main = mainOf();
    // Out of sight and out of reach, but laid out: the map goes on, and a report takes a picture of it.
    main.inert = true;
    main.after(element);
  }
  document.body.classList.add('at-desk');
  byId('work').setAttribute('aria-expanded', 'true');
  void go(wanted ?? tab);
}

/** The view is the end of the address, so that a report can be passed on; the filter before it is the page's. */
function tellAddress(end: string): void {
  history.replaceState(history.state, '', location.pathname + location.search + end);
}

/** What the address ends with. */
export function addressEnd(): string {
  return element ? `#${tab}` : '';
}

export function closeDesk(): void {
  tellAddress('');
  view?.leave();
  view = null;
  element?.remove();
  element = null;
  document.body.classList.remove('at-desk', 'at-import');
  mainOf().inert = false;
  const opener = byId('work');
  opener.setAttribute('aria-expanded', 'false');
  opener.focus();
}

export function followDesk(): void {
  if (!element) return;
  tellAddress(`#${tab}`);
  showHead();
  view?.follow();
}

async function go(next: Tab): Promise<void> {
  view?.leave();
  view = null;
  tab = next;
  tellAddress(`#${tab}`);
  // What is imported has nothing to do with what is looked at.
  document.body.classList.toggle('at-import', tab === 'import');
  const body = h('div', { class: 'desk-body' });
  element?.replaceChildren(h('div', { class: 'desk-head' }), body);
  showHead();
  const show = await VIEWS[next]();
  if (!work || tab !== next || !body.isConnected) return;
  view = show(work, body);
  element?.querySelector<HTMLElement>('[aria-current]')?.focus();
}

function showHead(): void {
  const head = element?.querySelector('.desk-head');
  if (!work || !head) return;
  const words = work.words();
  element?.setAttribute('aria-label', words.t('mend.desk'));
  const hadFocus = head.contains(document.activeElement);
  head.replaceChildren(
    h(
      'nav',
      { 'aria-label': words.t('mend.desk') },
      ...TABS.map((name) => {
        const made = button(words.t(`mend.tab.${name}`), () => void go(name), 'desk-tab');
        if (name === tab) made.setAttribute('aria-current', 'page');
        return made;
      }),
    ),
    button(words.t('mend.close'), closeDesk),
  );
  if (hadFocus) head.querySelector<HTMLElement>('[aria-current]')?.focus();
}

/** The page's own keys are not for those who type here. */
function keyDown(event: KeyboardEvent): void {
  event.stopPropagation();
  if (event.key !== 'Escape' || event.defaultPrevented) return;
  const field = (event.target as HTMLElement).closest<HTMLElement>('input, select, textarea');
  if (field) field.blur();
  else closeDesk();
}

function mainOf(): HTMLElement {
  const main = document.querySelector('main');
  if (!main) throw new Error('index.html has no <main>');
  return main;
}
