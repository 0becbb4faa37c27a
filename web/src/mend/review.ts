// What is not public yet, and the step that makes it so. It is asked for with the token of who writes, and stands
// nowhere else on the page.

import { isAbort } from '../api.ts';
import { h } from '../dom.ts';
import { tellDate, tellDistance, titleOf, type Words } from '../words.ts';
import type { View } from './desk.ts';
import { editIncident, showHistory, type Work } from './entry.ts';
import { button, faultWithRetry, tellError } from './parts.ts';
import { type Feature, hold, patch, readWithheld, type Withheld } from './write.ts';

/** States from which a record is published; the others are for the record that took its place. */
const PUBLISHABLE = ['draft', 'submitted', 'in_review', 'embargoed'];

export function showReview(work: Work, body: HTMLElement): View {
  let request = new AbortController();
  const status = h('p', { role: 'status', class: 'mend-status' });
  const rows = h('ol', { class: 'mend-stack mend-withheld' });

  function show(): void {
    const words = work.words();
    body.replaceChildren(
      h('h2', { tabindex: -1 }, words.t('mend.withheld.title')),
      h('p', { class: 'mend-lead' }, words.t('mend.withheld.lead')),
      status,
      rows,
    );
    void load();
  }

  async function load(said = ''): Promise<void> {
    request.abort();
    request = new AbortController();
    const { signal } = request;
    const words = work.words();
    if (!said) status.textContent = words.t('panel.loading');
    try {
      const { records, matched } = await readWithheld(work.filter(), signal);
      if (signal.aborted) return;
      const count = words.t('mend.withheld.count', { count: matched, n: matched });
      const shown =
        records.length < matched ? words.t('mend.withheld.shown', { n: records.length }) : '';
      status.textContent = [said, count, shown].filter(Boolean).join(' ');
      rows.replaceChildren(...records.map((one) => h('li', {}, row(words, one))));
    } catch (error) {
      if (isAbort(error)) return;
      status.textContent = said;
      rows.replaceChildren(h('li', {}, ...faultWithRetry(words, error, () => load())));
    }
  }

  function row(words: Words, one: Withheld): HTMLElement {
    const { feature, incident } = one;
    const { properties } = feature;
    const measure = incident.border?.nearestForeign;
    const by = String(properties.recorded_by ?? '?');
    const title = titleOf(words, incident);
    const name = `withheld-${feature.id}`;
    const why = whyWithheld(feature);
    const publish =
      why.canPublish &&
      button(words.t('mend.withheld.publish'), () => makePublic(one), 'plain strong');
    const edit = button(words.t('mend.withheld.edit'), () => editIncident(feature.id, true));
    const history = button(words.t('mend.history'), () => showHistory(feature.id, true));
    for (const act of [publish, edit, history]) if (act) act.setAttribute('aria-describedby', name);
    return h(
      'article',
      { class: 'mend-review', 'aria-labelledby': name },
      h('h3', { id: name }, title),
      h(
        'p',
        {},
        [
          tellDate(words, incident),
          incident.location,
          measure && tellDistance(words, measure, work.world(), null),
        ]
          .filter(Boolean)
          .join(' · '),
      ),
      h(
        'p',
        { class: 'fine' },
        [
          ...why.reasons.map((reason) => words.t(`mend.withheld.${reason}`)),
          words.t('mend.withheld.by', { by }),
        ].join(' · '),
      ),
      h('div', { class: 'mend-actions' }, publish, edit, history),
    );
  }

  /** What is published is what was read in the list, and not what somebody made of it meanwhile. */
  async function makePublic({ feature }: Withheld): Promise<void> {
    const words = work.words();
    try {
      const held = await hold(feature.id, undefined, true);
      if (held.feature.properties.revision !== feature.properties.revision) {
        await load(words.t('mend.withheld.changed'));
        body.querySelector('h2')?.focus();
        return;
      }
      const change = { properties: { record_status: 'published' } };
      const after = await patch(feature.id, change, held.etag);
      const author = String(feature.properties.recorded_by ?? '?');
      const reviewer = String(after.feature.properties.recorded_by ?? '?');
      await load(
        words.t(author === reviewer ? 'mend.withheld.same' : 'mend.withheld.done', {
          author,
          reviewer,
        }),
      );
      body.querySelector('h2')?.focus();
      await work.changed();
    } catch (error) {
      if (!isAbort(error)) status.textContent = tellError(words, error);
    }
  }

  show();
  return { follow: show, leave: () => request.abort() };
}

type Reason = 'draft' | 'submitted' | 'in_review' | 'embargoed' | 'masked' | 'restricted';

/** Why nobody else sees a record, and whether publishing it would change that. */
export function whyWithheld({ properties }: Pick<Feature, 'properties'>): {
  reasons: Reason[];
  canPublish: boolean;
} {
  const reasons: Reason[] = [];
  const status = String(properties.record_status ?? 'published');
  const canPublish = PUBLISHABLE.includes(status);
  if (canPublish) reasons.push(status as Reason);
  const masking = properties.masking as { level?: unknown } | null | undefined;
  if (masking && masking.level !== 'exact') reasons.push('masked');
  if (properties.redistributable === false) reasons.push('restricted');
  return { reasons, canPublish };
}
