// What was imported before: what became of each file, whose refused records still wait, and how one is taken back.
// It is asked for when the reader opens it, since the server may want a token for it.

import { isAbort } from '../api.ts';
import { h, keepFocus } from '../dom.ts';
import type { Words } from '../words.ts';
import type { Work } from './entry.ts';
import { agrees, button, counted, faultWithRetry, tellError } from './parts.ts';
import { tellTime } from './values.ts';
import {
  type PastImport,
  Refused,
  readImportChoices,
  readImports,
  readQuarantine,
  takeBack,
} from './write.ts';

const STEP = 10;

/** An import with how many of its refused records are still there. */
type Listed = PastImport & { waiting: number };

export interface PastImports {
  element: HTMLElement;
  /** The language is another one. */
  show(): void;
  /** Something was imported. */
  follow(): void;
  leave(): void;
}

/** Once opened it is open whenever the view is shown, until the page is closed. */
let isOpen = false;

export function pastImports(work: Work, mend: (one: PastImport) => Promise<boolean>): PastImports {
  let request = new AbortController();
  let limit = STEP;
  let listed: Listed[] | null = null;
  let canTakeBack = false;
  const summary = h('summary');
  const status = h('p', { role: 'status', class: 'mend-status' });
  const rows = h('ol', { class: 'mend-stack mend-withheld' });
  const foot = h('div', { class: 'mend-actions' });
  const element = h(
    'details',
    { class: 'mend-notes', open: isOpen },
    summary,
    h('div', { class: 'mend-stack' }, status, rows, foot),
  );
  // Once made open it tells so, too.
  element.addEventListener('toggle', () => {
    isOpen = element.open;
    if (isOpen && !listed) void load();
  });

  async function load(said = ''): Promise<void> {
    request.abort();
    request = new AbortController();
    const { signal } = request;
    const words = work.words();
    status.textContent = said || words.t('panel.loading');
    try {
      const [imports, choices] = await Promise.all([
        readImports(limit, signal),
        readImportChoices(),
      ]);
      const waiting = await Promise.all(
        imports.map(async ({ id, keptSome }) =>
          keptSome ? (await readQuarantine(id, 1, signal)).matched : 0,
        ),
      );
      canTakeBack = choices.takeBack;
      listed = imports.map((one, index) => ({ ...one, waiting: waiting[index] ?? 0 }));
      status.textContent = said;
      keepFocus(element, show, () => summary);
    } catch (error) {
      if (isAbort(error)) return;
      status.textContent = said;
      foot.replaceChildren(...faultWithRetry(words, error, () => load()));
    }
  }

  function show(): void {
    const words = work.words();
    summary.textContent = words.t('mend.imports');
    if (!listed) return;
    rows.replaceChildren(...listed.map((one) => h('li', {}, row(words, one))));
    // Whether there are more is not told; less than was asked for are all.
    const hasMore = listed.length === limit;
    const none = listed.length ? null : h('p', {}, words.t('mend.imports.none'));
    const more = button(words.t('mend.imports.more'), () => {
      limit += STEP;
      return load();
    });
    const shown = h('span', { class: 'fine' }, words.t('mend.imports.shown', { n: limit }));
    foot.replaceChildren(...(none ? [none] : hasMore ? [more, shown] : []));
  }

  function row(words: Words, one: Listed): HTMLElement {
    const name = `import-${one.id}`;
    const { waiting } = one;
    const counts = [
      words.t('mend.import.records', { count: one.records, n: one.records }),
      counted(words, 'mend.import.imported', one.imported),
      counted(words, 'mend.import.updated', one.updated),
      counted(words, 'mend.import.unchanged', one.unchanged),
      counted(words, 'mend.import.refused', one.refused),
    ];
    const left = waiting
      ? words.t('mend.imports.waiting', { count: waiting, n: waiting })
      : words.t('mend.imports.mended');
    const mending =
      waiting > 0 && button(words.t('mend.imports.mend'), () => open(one), 'plain strong');
    const taking =
      one.wrote && canTakeBack && button(words.t('mend.import.takeback'), () => take(one));
    // The same words in every row: by its id the focus finds its own again.
    if (mending) mending.id = `${name}-mend`;
    if (taking) taking.id = `${name}-take`;
    for (const act of [mending, taking]) if (act) act.setAttribute('aria-describedby', name);
    return h(
      'article',
      { class: 'mend-review', 'aria-labelledby': name },
      h('h3', { id: name }, one.file),
      h(
        'p',
        { class: 'fine' },
        `${tellTime(words, one.at)} · ${words.t('mend.imports.by', { by: one.by })}`,
      ),
      h('p', {}, [...counts, one.keptSome ? left : null].filter(Boolean).join(' · ')),
      mending || taking ? h('div', { class: 'mend-actions' }, mending, taking) : null,
    );
  }

  async function open(one: PastImport): Promise<void> {
    try {
      // Mended meanwhile by somebody else.
      if (!(await mend(one))) await load(work.words().t('mend.imports.mended'));
    } catch (error) {
      if (!isAbort(error)) status.textContent = tellError(work.words(), error);
    }
  }

  /** What it would come to is told first. */
  async function take(one: PastImport): Promise<void> {
    const words = work.words();
    try {
      const would = await takeBack(one.id, true);
      if (would.withdrawn + would.restored === 0) {
        status.textContent = words.t('mend.imports.nothing');
        return;
      }
      const isMeant = await agrees(
        words,
        words.t('mend.imports.take', { file: one.file }),
        words.t('mend.imports.would', would),
        { yes: words.t('mend.import.takeback'), no: words.t('mend.cancel') },
      );
      if (!isMeant) return;
      await load(words.t('mend.import.taken', await takeBack(one.id)));
      void work.changed();
    } catch (error) {
      const holdsMerge = error instanceof Refused && error.status === 409;
      status.textContent = holdsMerge ? words.t('mend.imports.merged') : tellError(words, error);
    }
  }

  return {
    element,
    show,
    follow: () => {
      if (listed) void load();
    },
    leave: () => request.abort(),
  };
}
