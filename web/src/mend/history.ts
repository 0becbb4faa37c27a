// What an incident said before, who changed it, and the review by a second person.

import './mend.css';
import { isAbort } from '../api.ts';
import { h, keepFocus } from '../dom.ts';
import type { Incident } from '../types.ts';
import { tellDate, titleOf, type Words } from '../words.ts';
import type { Work } from './entry.ts';
import { button, choice, modal, tellError } from './parts.ts';
import { askForToken } from './token.ts';
import { tellDifference, tellTime } from './values.ts';
import {
  type Held,
  hold,
  patch,
  Refused,
  type Revision,
  readHistory,
  readMerged,
  unmerge,
  useTokenDialog,
} from './write.ts';

const VERDICTS = [
  'under_review',
  'partially_verified',
  'verified',
  'disputed',
  'false_or_misleading',
] as const;

/** The history of an incident; of one that is not public `atDesk`. */
export function openHistory(work: Work, id: string, atDesk = false): void {
  const words = work.words();
  useTokenDialog((wasRefused) => askForToken(work.words(), wasRefused));
  const request = new AbortController();
  const shown = h('div', { class: 'mend-stack' }, words.t('panel.loading'));
  const status = h('p', { role: 'status', class: 'mend-status' });
  const revisions = h('section');
  const body = h('div', { class: 'mend-stack', 'aria-busy': 'true' }, shown, status, revisions);
  let hasChanged = false;
  const dialog = modal(words, words.t('mend.history.title'), [body], () => {
    request.abort();
    if (hasChanged) void work.changed();
  });
  dialog.classList.add('wide-dialog');

  /** Something was written; who has closed the dialog meanwhile sees it at once. */
  function changed(): void {
    hasChanged = true;
    if (request.signal.aborted) void work.changed();
  }

  async function load(said = ''): Promise<void> {
    try {
      const [all, held] = await Promise.all([
        readHistory(id, request.signal, atDesk),
        hold(id, request.signal, atDesk),
      ]);
      const merged = await readAllMerged(held);
      body.removeAttribute('aria-busy');
      keepFocus(
        shown,
        () => shown.replaceChildren(review(held), ...parting(merged)),
        () => dialog,
      );
      revisions.replaceChildren(
        h('h3', {}, words.t('mend.history.revisions')),
        tellRevisions(words, all),
      );
      status.textContent = said;
    } catch (error) {
      if (isAbort(error)) return;
      shown.replaceChildren(h('p', { class: 'fault', role: 'alert' }, tellError(words, error)));
    }
  }

  /** Those that were merged into this one, with what they said; one that may not be seen any more has its id only. */
  async function readAllMerged({ feature }: Held): Promise<[string, Incident | null][]> {
    const { merged_from: ids } = feature.properties;
    if (!Array.isArray(ids)) return [];
    const read = async (one: string): Promise<[string, Incident | null]> => {
      try {
        return [one, await readMerged(one, atDesk, request.signal)];
      } catch (error) {
        if (isAbort(error)) throw error;
        return [one, null];
      }
    };
    return Promise.all(ids.map((one) => read(String(one))));
  }

  /** A merge can be taken back at any time. */
  function parting(merged: readonly [string, Incident | null][]): HTMLElement[] {
    if (!merged.length) return [];
    const rows = merged.map(([one, before]) => {
      const title = before ? titleOf(words, before) : one;
      const name = h('span', { id: `merged-${one}` }, title);
      const part = button(words.t('mend.merged.part'), async () => {
        try {
          await unmerge(one);
          changed();
          await load(words.t('mend.merged.parted', { title }));
        } catch (error) {
          if (isAbort(error)) return;
          const isConflict = error instanceof Refused && error.status === 409;
          status.textContent = isConflict ? words.t('mend.merged.not') : tellError(words, error);
        }
      });
      part.setAttribute('aria-describedby', name.id);
      const date = before && ` · ${tellDate(words, before)}`;
      return h('li', {}, h('p', {}, name, date), part);
    });
    const title = h('h3', {}, words.t('mend.merged.title'));
    const lead = h('p', { class: 'fine' }, words.t('mend.merged.lead'));
    const list = h('ul', { class: 'mend-merged' }, ...rows);
    return [h('section', { class: 'mend-review' }, title, lead, list)];
  }

  /** Verifying is for another person than the one who wrote: who wrote last is told, before and after. */
  function review(held: Held): HTMLElement {
    const { properties } = held.feature;
    const author = String(properties.recorded_by ?? '?');
    const now = String(properties.verification ?? 'unverified');
    let verdict = VERDICTS.find((one) => one === now) ?? 'under_review';
    const record = button(
      words.t('mend.review.record'),
      async () => {
        try {
          const after = await patch(id, { properties: { verification: verdict } }, held.etag);
          changed();
          await load(
            tellReview(words, author, String(after.feature.properties.recorded_by ?? '?')),
          );
        } catch (error) {
          if (!isAbort(error)) status.textContent = tellError(words, error);
        }
      },
      'plain strong',
    );
    return h(
      'section',
      { class: 'mend-review' },
      h('h3', {}, words.t('mend.review.title')),
      h('p', {}, words.t('mend.review.lead', { by: author })),
      h(
        'div',
        { class: 'mend-actions' },
        choice(
          words.t('panel.verification'),
          VERDICTS.map((one) => [one, words.term('verification', one)]),
          verdict,
          (value) => {
            verdict = VERDICTS.find((one) => one === value) ?? verdict;
          },
        ),
        record,
      ),
    );
  }

  void load();
}

/** Whether it was a second person, by the names that the server wrote down. */
export function tellReview(words: Words, author: string, reviewer: string): string {
  return words.t(author === reviewer ? 'mend.review.same' : 'mend.review.done', {
    author,
    reviewer,
  });
}

/** Each with who wrote it and what it changed, the newest first. */
export function tellRevisions(words: Words, revisions: readonly Revision[]): HTMLElement {
  return h(
    'ol',
    { class: 'mend-history' },
    ...revisions.map((revision) =>
      h(
        'li',
        {},
        h(
          'p',
          {},
          h('strong', {}, words.t('mend.history.revision', { n: revision.number ?? '?' })),
          ` · ${tellTime(words, revision.at)} · ${revision.by ?? '?'}`,
        ),
        differences(words, revision),
      ),
    ),
  );
}

function differences(words: Words, { differences: told }: Revision): HTMLElement {
  if (!told) return h('p', { class: 'fine' }, words.t('mend.history.first'));
  if (!told.length) return h('p', { class: 'fine' }, words.t('mend.history.same'));
  return h('ul', {}, ...told.map((one) => h('li', {}, tellDifference(words, one))));
}
