// Pairs that may be one event: side by side, with what speaks for and against, merged and parted again.

import { isAbort } from '../api.ts';
import { h, keepFocus } from '../dom.ts';
import {
  printLength,
  tellDate,
  tellDistance,
  tellRange,
  tellVerification,
  titleOf,
  type Words,
  wordIn,
} from '../words.ts';
import { readApart, storageOf } from './apart.ts';
import type { View } from './desk.ts';
import { isSame } from './diff.ts';
import type { Work } from './entry.ts';
import { button, choice, faultWithRetry, radios, scrolling, tellError } from './parts.ts';
import { tellValue } from './values.ts';
import {
  type Feature,
  findPairs,
  type Held,
  hold,
  merge,
  type Pair,
  type Reason,
  Refused,
  unmerge,
} from './write.ts';

const SCORES = ['0.3', '0.5', '0.7', '0.9'];
/** Pairs that are shown at first, and that each "more" adds. */
const STEP = 50;

export function showDuplicates(work: Work, body: HTMLElement): View {
  let request = new AbortController();
  /** Of the pairs that are opened: more are looked for meanwhile. */
  let reading = new AbortController();
  let score = '0.5';
  let limit = STEP;
  let matched = 0;
  /** How many of them were told, those among them that were merged since. */
  let listed = 0;
  /** Those that were found, with what is shown of each. */
  let shown: { pair: Pair; view: HTMLElement }[] = [];
  let showsApart = false;
  const apart = readApart(storageOf());
  const status = h('p', { role: 'status', class: 'mend-status' });
  const aside = h('div');
  const list = h('div', { class: 'mend-stack' });
  const foot = h('div', { class: 'mend-actions' });

  function show(): void {
    const words = work.words();
    body.replaceChildren(
      h('h2', { tabindex: -1 }, words.t('mend.pairs.title')),
      h('p', { class: 'mend-lead' }, words.t('mend.pairs.lead')),
      choice(
        words.t('mend.pairs.score'),
        SCORES.map((one) => [one, percent(words, Number(one))]),
        score,
        (value) => {
          score = value;
          void load();
        },
      ),
      status,
      aside,
      list,
      foot,
    );
    void load();
  }

  async function load(): Promise<void> {
    [limit, shown] = [STEP, []];
    reading.abort();
    reading = new AbortController();
    list.replaceChildren();
    aside.replaceChildren();
    await find();
  }

  /** Finds pairs up to the limit; those that are shown stay as they are, with what is done in them. */
  async function find(): Promise<void> {
    request.abort();
    request = new AbortController();
    const words = work.words();
    status.textContent = words.t('mend.pairs.looking');
    foot.replaceChildren();
    try {
      const found = await findPairs(work.filter(), Number(score), limit, request.signal);
      matched = found.matched;
      listed = found.pairs.length;
      const known = new Set(shown.map(({ pair }) => pair.ids.join()));
      const fresh = found.pairs.filter(({ ids }) => !known.has(ids.join()));
      const first = shown.length;
      shown.push(...fresh.map((pair, index) => ({ pair, view: pairView(pair, first + index) })));
      list.append(...shown.slice(first).map(({ view }) => view));
      tellShown();
      // The button that was pressed is gone, or another one.
      if (first) shown[first]?.view.querySelector('summary')?.focus();
    } catch (error) {
      if (isAbort(error)) return;
      status.textContent = '';
      foot.replaceChildren(...faultWithRetry(words, error, find));
    }
  }

  /** Says how many are shown, and hides what was put aside. */
  function tellShown(said = ''): void {
    const words = work.words();
    const away = shown.filter(({ pair }) => apart.has(pair.ids));
    for (const { view } of shown) view.hidden = false;
    if (!showsApart) for (const { view } of away) view.hidden = true;
    const count = words.t('mend.pairs.found', {
      count: matched,
      n: matched,
      shown: listed - (showsApart ? 0 : away.length),
    });
    status.textContent = [said, count].filter(Boolean).join(' ');
    aside.replaceChildren(...(away.length ? [tellAside(words, away.length)] : []));
    const more = button(words.t('mend.pairs.more'), () => {
      limit += STEP;
      return find();
    });
    foot.replaceChildren(...(listed < matched ? [more] : []));
  }

  function tellAside(words: Words, n: number): HTMLElement {
    const box = h('input', { type: 'checkbox', checked: showsApart });
    box.addEventListener('change', () => {
      showsApart = box.checked;
      keepFocus(
        aside,
        () => tellShown(),
        () => status,
      );
    });
    const said = `${words.t('mend.pairs.aside', { count: n, n })} ${words.t('mend.pairs.aside.note')}`;
    return h(
      'div',
      {},
      h('p', { class: 'fine' }, said),
      h('label', { class: 'check' }, box, words.t('mend.pairs.aside.show')),
    );
  }

  /** Puts a pair aside, or takes it back among the others. */
  function putAside(pair: Pair, isApart: boolean): void {
    const words = work.words();
    const isKept = apart.set(pair.ids, isApart);
    const at = shown.findIndex((one) => one.pair === pair);
    tellShown(isApart && !isKept ? words.t('mend.pairs.aside.none') : '');
    const rest = [...shown.slice(at), ...shown.slice(0, at).reverse()];
    const next = rest.find(({ view }) => !view.hidden)?.view.querySelector('summary');
    (next ?? aside.querySelector('input'))?.focus();
  }

  function pairView(pair: Pair, index: number): HTMLElement {
    const words = work.words();
    const content = h('div', { class: 'mend-stack' });
    const title = h('span', {}, words.t('mend.pairs.pair', { n: index + 1 }));
    const details = h(
      'details',
      { class: 'mend-pairview', open: index === 0 },
      h(
        'summary',
        {},
        title,
        h('span', { class: 'badge half' }, percent(words, pair.score)),
        pair.isRepost && h('span', { class: 'fine' }, words.t('mend.pairs.repost')),
      ),
      content,
    );
    const { signal } = reading;
    const fill = async () => {
      if (content.childElementCount) return;
      try {
        const [one, other] = await Promise.all(pair.ids.map((id) => hold(id, signal)));
        if (!one || !other) return;
        title.textContent = [one, other].map((held) => titleOf(words, held.incident)).join(' ↔ ');
        content.replaceChildren(...compared(pair, [one, other], content));
      } catch (error) {
        if (isAbort(error)) return;
        content.replaceChildren(h('p', { class: 'fault' }, tellError(words, error)));
      }
    };
    details.addEventListener('toggle', () => void (details.open && fill()));
    if (index === 0) void fill();
    return details;
  }

  function compared(pair: Pair, features: [Held, Held], content: HTMLElement): HTMLElement[] {
    const words = work.words();
    let keep = 0;
    const preview = h('p', { class: 'mend-preview' });
    const showPreview = () => {
      const [into, other] = keep === 0 ? features : [features[1], features[0]];
      preview.textContent = tellMerge(words, into, other);
    };
    showPreview();
    const act = button(
      words.t('mend.pairs.merge'),
      () => {
        const [into, other] = keep === 0 ? pair.ids : [pair.ids[1], pair.ids[0]];
        return join(other, into, pair, features, content);
      },
      'plain strong',
    );
    const isApart = apart.has(pair.ids);
    const away = button(words.t(isApart ? 'mend.pairs.again' : 'mend.pairs.apart'), () => {
      putAside(pair, !isApart);
      content.replaceChildren(...compared(pair, features, content));
    });
    const badge = h('p', {}, h('span', { class: 'badge half' }, words.t('mend.pairs.aside.badge')));
    return [
      ...(isApart ? [badge] : []),
      sides(words, features),
      reasons(words, pair.reasons),
      radios(
        words.t('mend.pairs.keep'),
        `keep-${pair.ids[0]}`,
        features.map((feature, index) => [
          String(index),
          `${'AB'[index]}: ${titleOf(words, feature.incident)}`,
        ]),
        '0',
        (value) => {
          keep = Number(value);
          showPreview();
        },
      ),
      preview,
      h('div', { class: 'mend-actions' }, act, away),
    ];
  }

  async function join(
    id: string,
    into: string,
    pair: Pair,
    features: [Held, Held],
    content: HTMLElement,
  ): Promise<void> {
    const words = work.words();
    const said = h('p', { role: 'status', class: 'mend-result', tabindex: -1 });
    try {
      await merge(id, into);
      said.textContent = words.t('mend.pairs.merged');
      const undo = button(words.t('mend.pairs.undo'), async () => {
        try {
          await unmerge(id);
          content.replaceChildren(...compared(pair, features, content));
          status.textContent = words.t('mend.pairs.parted');
          void work.changed();
        } catch (error) {
          const isConflict = error instanceof Refused && error.status === 409;
          said.textContent = isConflict ? words.t('mend.merged.not') : tellError(words, error);
        }
      });
      const see = button(words.t('mend.pairs.open'), () => work.open(into));
      content.replaceChildren(said, h('div', { class: 'mend-actions' }, undo, see));
      void work.changed();
    } catch (error) {
      said.textContent = tellNotMerged(error, id, features);
      said.classList.add('fault');
      content.append(said);
    }
    said.focus();
  }

  function tellNotMerged(error: unknown, id: string, features: [Held, Held]): string {
    const words = work.words();
    if (!(error instanceof Refused) || ![404, 409, 410].includes(error.status))
      return tellError(words, error);
    if (error.code !== 'not-merged') return words.t('mend.pairs.gone');
    const [from, into] = features[0].feature.id === id ? features : features.toReversed();
    const name = (held: Held | undefined) => (held ? titleOf(words, held.incident) : '');
    return words.t('mend.pairs.withheld', { from: name(from), into: name(into) });
  }

  /** Two reports in one table; what differs is marked and said. */
  function sides(words: Words, features: [Held, Held]): HTMLElement {
    const told = features.map((held) => factsOf(words, held));
    const [one = [], other = []] = told;
    const rows = one.map(([name, value], index) => {
      const second = other[index]?.[1] ?? '';
      const differs = value !== second;
      return h(
        'tr',
        { class: differs ? 'differs' : null },
        h(
          'th',
          { scope: 'row' },
          name,
          differs && h('span', { class: 'unseen' }, ` (${words.t('mend.pairs.differs')})`),
        ),
        h('td', {}, value),
        h('td', {}, second),
      );
    });
    const table = h(
      'table',
      { class: 'mend-sides' },
      h(
        'thead',
        {},
        h('tr', {}, h('td', {}), h('th', { scope: 'col' }, 'A'), h('th', { scope: 'col' }, 'B')),
      ),
      h('tbody', {}, ...rows),
    );
    return scrolling(words.t('mend.pairs.sides'), table);
  }

  function factsOf(words: Words, { incident, feature }: Held): [string, string][] {
    const { t } = words;
    const { properties } = feature;
    const nearest = incident.border?.nearestForeign ?? null;
    const names = (value: unknown) =>
      Array.isArray(value)
        ? value.map((one) => one?.name ?? one?.url ?? one?.facility ?? one?.infrastructure ?? '')
        : [];
    return [
      [t('mend.field.title'), titleOf(words, incident)],
      [t('panel.what'), wordIn(incident.description, words.lang) || t('mend.nothing')],
      [t('time.region'), tellDate(words, incident)],
      [t('panel.place'), [incident.location, incident.admin1].filter(Boolean).join(', ')],
      [t('mend.coordinates'), tellValue(words, 'geometry', feature.geometry)],
      [
        t('mend.radius'),
        incident.locationRadius ? printLength(words, incident.locationRadius) : t('mend.nothing'),
      ],
      [
        t('panel.distance'),
        nearest ? tellDistance(words, nearest, work.world(), incident.dateStart) : '',
      ],
      [t('panel.type'), words.term('type', incident.eventType ?? 'other')],
      [t('panel.deaths'), tellRange(words, incident.deaths) ?? ''],
      [t('panel.impacts'), names(properties.impacts).join('; ')],
      [t('panel.sources'), names(properties.sources).join('; ')],
      [t('panel.verification'), tellVerification(words, incident)],
    ];
  }

  show();
  return {
    follow: show,
    leave: () => {
      request.abort();
      reading.abort();
    },
  };
}

/** What the one that stays takes over from the other, as the server does it. */
function takenOver(
  into: Feature,
  other: Feature,
): Record<'sources' | 'impacts' | 'same_as' | 'tags', unknown[]> {
  const all = (record: Feature, name: string) =>
    Array.isArray(record.properties[name]) ? (record.properties[name] as unknown[]) : [];
  // An impact names its source by number, which is another one in the other record.
  const plain = (value: unknown) =>
    value !== null && typeof value === 'object' && 'source' in value
      ? { ...value, source: null }
      : value;
  const taken = (name: string) => {
    const own = all(into, name).map(plain);
    return all(other, name).filter((one) => !own.some((known) => isSame(known, plain(one))));
  };
  return {
    sources: taken('sources'),
    impacts: taken('impacts'),
    same_as: taken('same_as'),
    tags: taken('tags'),
  };
}

function tellMerge(words: Words, into: Held, other: Held): string {
  const taken = takenOver(into.feature, other.feature);
  const parts = (['sources', 'impacts', 'same_as', 'tags'] as const).flatMap((name) =>
    taken[name].length
      ? [`${words.term('mend.field', name)}: ${tellValue(words, name, taken[name].map(shortOf))}`]
      : [],
  );
  return words.t('mend.pairs.preview', {
    title: titleOf(words, into.incident),
    taken: parts.join('. ') || words.t('mend.nothing'),
  });
}

function shortOf(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  const { name, url, facility, infrastructure } = value as Record<string, unknown>;
  return name ?? facility ?? infrastructure ?? url ?? '';
}

function reasons(words: Words, all: readonly Reason[]): HTMLElement {
  const side = (isFor: boolean) => all.filter(({ points }) => points > 0 === isFor);
  const part = (title: string, some: readonly Reason[]) =>
    h(
      'div',
      {},
      h('h3', {}, title),
      h(
        'ul',
        {},
        ...some.map((reason) =>
          h(
            'li',
            {},
            `${tellReason(words, reason)} (${reason.points > 0 ? '+' : ''}${words.number(Number(reason.points.toFixed(1)))})`,
          ),
        ),
      ),
    );
  return h(
    'div',
    { class: 'mend-reasons' },
    part(words.t('mend.pairs.for'), side(true)),
    part(words.t('mend.pairs.against'), side(false)),
  );
}

/** A reason in the reader's words; one that this page does not know yet, in the server's. */
function tellReason(words: Words, { about, says, values }: Reason): string {
  const { t } = words;
  const number = (name: string) => Number(values[name] ?? 0);
  switch (about) {
    case 'place':
      return t('mend.why.place', { distance: printLength(words, Math.max(1, number('meters'))) });
    case 'time':
      return number('lag_s') === 0
        ? t('mend.why.time.same')
        : t('mend.why.time', { hours: Math.max(1, Math.round(number('lag_s') / 3600)) });
    case 'text':
      return t('mend.why.text', {
        n: number('words'),
        percent: percent(words, number('similarity')),
      });
    case 'page':
      return t('mend.why.page');
    case 'media':
      return t('mend.why.media');
    case 'picture':
      return t('mend.why.picture');
    case 'kind':
      return t(values.same ? 'mend.why.kind.same' : 'mend.why.kind.other');
    case 'facility':
      return t(values.same ? 'mend.why.facility.same' : 'mend.why.facility.other');
    case 'deaths':
      return t('mend.why.deaths');
    case 'dataset':
      return t('mend.why.dataset');
    case 'rivals':
      return t('mend.why.rivals', { n: number('rivals') });
    default:
      return says;
  }
}

function percent(words: Words, share: number): string {
  return `${words.number(Math.round(share * 100))} %`;
}
