// A file of reports: looked at by the server before anything is stored, mended row by row, then stored.

import { isAbort } from '../api.ts';
import { h } from '../dom.ts';
import type { Words } from '../words.ts';
import type { View } from './desk.ts';
import type { Work } from './entry.ts';
import { tellFault } from './faults.ts';
import {
  explainedTable,
  faultTable,
  mapping,
  noteTable,
  previewTable,
  rowsOfKept,
} from './import-parts.ts';
import { type PastImports, pastImports } from './imports.ts';
import {
  agrees,
  askWhether,
  button,
  choice,
  counted,
  labelled,
  radios,
  scrolling,
  tellError,
} from './parts.ts';
import { decode, type Rows, readRows, TEXTS } from './rows.ts';
import {
  type Fault,
  type ImportChoices,
  importFile,
  type Kept,
  type PastImport,
  Refused,
  readImportChoices,
  readQuarantine,
  readTold,
  type Told,
  takeBack,
  type Would,
} from './write.ts';

const TYPES: Record<string, string> = {
  csv: 'text/csv',
  tsv: 'text/tab-separated-values',
  txt: 'text/csv',
  json: 'application/json',
  geojson: 'application/geo+json',
  ndjson: 'application/x-ndjson',
  jsonl: 'application/x-ndjson',
  geojsonl: 'application/x-ndjson',
  geojsons: 'application/geo+json-seq',
  kml: 'application/vnd.google-earth.kml+xml',
  kmz: 'application/vnd.google-earth.kmz',
  gpx: 'application/gpx+xml',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  fgb: 'application/flatgeobuf',
  parquet: 'application/vnd.apache.parquet',
  geoparquet: 'application/vnd.apache.parquet',
  gz: 'application/gzip',
  zip: 'application/zip',
};
const ENCODINGS = [
  'utf-8',
  'utf-16le',
  'utf-16be',
  'windows-1251',
  'windows-1252',
  'windows-1250',
  'koi8-u',
];
/** A wider table shows the columns with faults first. */
const FEW_COLUMNS = 12;
/** What is read into this page to be mended here; a longer file is only sent. */
const MOST_MENDED = 64 * 2 ** 20;
/** Refused records that are read from the server to be mended here. */
const MOST_KEPT = 500;

interface Failure {
  text: string;
  faults: readonly Fault[];
  faultsTotal: number;
  /** Asks again; `null` where the answer would be the same. */
  retry: (() => Promise<void>) | null;
}

/** By these the server says that it cannot take the file itself. */
const OF_THE_FILE = [400, 413, 415, 422];

/** What was chosen and what became of it: kept while the desk is closed or another view is shown. */
const at = {
  ...nothing(),
  encoding: 'utf-8',
  profile: '',
  fixes: [] as string[],
  onError: 'reject' as 'reject' | 'quarantine',
  dateOrder: '',
  choices: { parameters: new Map(), quarantine: false, takeBack: false } as ImportChoices,
};

/** What another file begins with. */
function nothing() {
  return {
    /** Another one is another file: what was asked of the one before is not answered to it. */
    turn: {},
    /** `null` when what an earlier import left is mended. */
    file: null as File | null,
    /** The name of the file. */
    name: '',
    rows: null as Rows | null,
    /** Records as they were mended. */
    changes: new Map<number, string[]>(),
    /** Some of them no store has. */
    hasUnstored: false,
    source: '',
    isGuessed: false,
    map: new Map<string, string>(),
    preview: null as Told | null,
    /** What the server refused and how it said so. */
    error: null as Failure | null,
    stored: null as Told | null,
    /** The records that were kept aside are no part of what is stored: they alone are sent again. */
    isMending: false,
    /** Those of them that are at hand and not stored yet. */
    waiting: new Set<number>(),
    /** Of what form the records are that the server kept; `null` while it is that of the file. */
    keptType: null as string | null,
    /** The import whose refused records are mended. */
    mends: null as string | null,
    /** Of a wide table all columns are shown, and not only those with faults. */
    hasAllColumns: false,
  };
}

export function showImport(work: Work, body: HTMLElement): View {
  let request = new AbortController();
  let storing = new AbortController();
  const out = h('div', { class: 'mend-stack' });
  const status = h('p', { role: 'status', class: 'mend-status' });
  const past: PastImports = pastImports(work, mendAgain);
  // Also while another view is shown: what was typed is kept. Added again it is still one.
  addEventListener('beforeunload', beforeLeaving);

  function show(): void {
    const words = work.words();
    body.replaceChildren(
      h('h2', { tabindex: -1 }, words.t('mend.import.title')),
      h('p', { class: 'mend-lead' }, words.t('mend.import.lead')),
      chooser(words),
      past.element,
      at.file === null && at.isMending
        ? h('h3', { tabindex: -1 }, words.t('mend.imports.mending', { file: at.name }))
        : h('span', { hidden: true }),
      at.file || at.isMending ? order(words) : h('span', { hidden: true }),
      at.rows?.isTable && at.choices.parameters.has('map')
        ? mapping(words, at.rows.columns, at.map, () => void check())
        : h('span', { hidden: true }),
      h(
        'p',
        { class: 'fine', hidden: !at.isGuessed },
        words.t('mend.import.guessed', { encoding: at.encoding }),
      ),
      status,
      out,
    );
    past.show();
    showOutcome();
  }

  function chooser(words: Words): HTMLElement {
    const input = h('input', {
      type: 'file',
      class: 'unseen',
      accept: Object.keys(TYPES)
        .map((end) => `.${end}`)
        .join(','),
    });
    const zone = h(
      'label',
      { class: 'mend-drop' },
      input,
      h('strong', {}, at.file ? at.file.name : words.t('mend.import.choose')),
      h('span', { class: 'fine' }, words.t(at.file ? 'mend.import.another' : 'mend.import.forms')),
    );
    input.addEventListener('change', () => take(input.files?.[0]));
    zone.addEventListener('dragover', (event) => {
      event.preventDefault();
      zone.classList.add('over');
    });
    zone.addEventListener('dragleave', () => zone.classList.remove('over'));
    zone.addEventListener('drop', (event) => {
      event.preventDefault();
      take(event.dataTransfer?.files[0]);
    });
    return zone;
  }

  function order(words: Words): HTMLElement {
    const source = h('input', {
      type: 'text',
      value: at.source,
      maxlength: 100,
      placeholder: words.t('mend.import.source.found'),
    });
    source.addEventListener('change', () => {
      at.source = source.value;
      void check();
    });
    const again = (change: () => void) => {
      change();
      void check();
    };
    const { parameters } = at.choices;
    const profiles = parameters.get('profile') ?? [];
    const fixes = parameters.get('fix') ?? [];
    const orders = parameters.get('date-order') ?? [];
    return h(
      'div',
      { class: 'mend-order' },
      labelled(words.t('mend.import.source'), source),
      at.rows?.isTable &&
        !at.isMending &&
        choice(
          words.t('mend.import.encoding'),
          ENCODINGS.map((name) => [name, name.toUpperCase()]),
          at.encoding,
          (value) => void readAs(value),
        ),
      profiles.length > 0 &&
        choice(
          words.t('mend.import.profile'),
          [
            ['', words.t('mend.import.profile.found')],
            ...profiles.map((one) => [one, words.term('mend.profile', one)] as const),
          ],
          at.profile,
          (value) => again(() => (at.profile = value)),
        ),
      orders.length > 0 &&
        choice(
          words.t('mend.import.order'),
          [
            ['', words.t('mend.import.order.found')],
            ...orders.map((one) => [one, words.term('mend.order', one)] as const),
          ],
          at.dateOrder,
          (value) => again(() => (at.dateOrder = value)),
        ),
      fixes.length > 0 &&
        h(
          'fieldset',
          { class: 'mend-radios' },
          h('legend', {}, words.t('mend.import.fix')),
          ...fixes.map((fix) => {
            const box = h('input', { type: 'checkbox', checked: at.fixes.includes(fix) });
            box.addEventListener('change', () =>
              again(() => {
                at.fixes = fixes.filter((one) =>
                  one === fix ? box.checked : at.fixes.includes(one),
                );
              }),
            );
            return h('label', { class: 'check' }, box, words.term('mend.fix', fix));
          }),
        ),
      !at.isMending &&
        radios(
          words.t('mend.import.onerror'),
          'on-error',
          [
            ['reject', words.t('mend.import.reject')],
            ['quarantine', words.t('mend.import.quarantine')],
          ],
          at.onError,
          (value) => {
            at.onError = value === 'quarantine' ? 'quarantine' : 'reject';
            showOutcome();
          },
        ),
    );
  }

  /** Whether what was typed may be lost; nobody is asked when nothing was. */
  async function mayDrop(): Promise<boolean> {
    (document.activeElement as HTMLElement | null)?.blur();
    if (!at.hasUnstored) return true;
    const { t } = work.words();
    const lead = t('mend.import.drop.lead', { file: at.name });
    return agrees(work.words(), t('mend.import.drop'), lead, {
      yes: t('mend.import.drop.yes'),
      no: t('mend.import.drop.no'),
    });
  }

  async function take(file: File | undefined): Promise<void> {
    if (!file) return;
    if (!(await mayDrop())) {
      // The same file can be chosen again.
      show();
      return;
    }
    Object.assign(at, nothing(), { file, name: file.name });
    await recode(null);
    try {
      at.choices = await readImportChoices();
    } catch {
      // Without the list of profiles there is none to choose from.
    }
    show();
    await check();
  }

  /** Goes on with what an earlier import left; `false` when nothing of it is. */
  async function mendAgain(one: PastImport): Promise<boolean> {
    request.abort();
    request = new AbortController();
    const { signal } = request;
    const left = await readQuarantine(one.id, MOST_KEPT, signal);
    const choices = await readImportChoices();
    signal.throwIfAborted();
    if (!left.records.length) return false;
    if (!(await mayDrop())) return true;
    const told = readTold({ id: one.id, records: left.matched, rejected: left.matched });
    Object.assign(at, nothing(), { name: one.file, choices, isMending: true, mends: one.id });
    showKept(told, left);
    show();
    body.querySelector<HTMLElement>('h3')?.focus();
    return true;
  }

  /** Reads the file by another encoding, which gives other rows. */
  async function readAs(encoding: string): Promise<void> {
    const isMeant = await mayDrop();
    if (isMeant) await recode(encoding);
    show();
    if (isMeant) await check();
  }

  async function recode(encoding: string | null): Promise<void> {
    const { file } = at;
    at.turn = {};
    at.changes.clear();
    at.hasUnstored = false;
    at.encoding = encoding ?? 'utf-8';
    if (!file || file.size > MOST_MENDED || !TEXTS.test(file.name)) return;
    const read = decode(await file.arrayBuffer(), encoding);
    at.encoding = read.encoding;
    at.isGuessed = encoding === null && read.encoding.startsWith('windows');
    at.rows = readRows(file.name, read.text);
  }

  /** What is sent: the file as it is, or as it was mended. */
  function content(sent: ReadonlyMap<number, readonly string[]>): [Blob, string] {
    const { file, rows, changes } = at;
    const end = file?.name.toLowerCase().split('.').at(-1) ?? '';
    const type = at.keptType ?? TYPES[end] ?? 'application/json';
    if (rows && at.isMending) return [new Blob([rows.only(sent)]), type];
    if (rows && changes.size) return [new Blob([rows.withChanges(changes)]), type];
    // UTF-16 is known by its mark.
    const isNamed = rows?.isTable && !at.encoding.startsWith('utf');
    const named = isNamed ? `${type}; charset=${at.encoding}` : type;
    return [file ?? new Blob(), named];
  }

  async function send(
    dryRun: boolean,
    sent: ReadonlyMap<number, readonly string[]>,
  ): Promise<Told | null> {
    request.abort();
    const own = new AbortController();
    // What is being stored is not given up for a check of something else.
    if (dryRun) request = own;
    else storing = own;
    const words = work.words();
    status.textContent = words.t(dryRun ? 'mend.import.checking' : 'mend.import.storing');
    at.error = null;
    const { turn } = at;
    try {
      // A check that refuses would not tell how many are sound.
      const keepsAside = dryRun || (at.isMending ? keepsCount() : at.onError === 'quarantine');
      const onError = keepsAside ? 'quarantine' : 'reject';
      const { source, profile, fixes, map, dateOrder } = at;
      const file = at.name;
      // Fewer than were kept take nothing away from them.
      const mends = at.isMending ? at.mends : null;
      const [body, type] = content(sent);
      return await importFile(
        body,
        type,
        { source, profile, fixes, map, dateOrder, file, mends, onError, dryRun },
        at.choices,
        own.signal,
      );
    } catch (error) {
      if (isAbort(error) || at.turn !== turn) return null;
      const isRefused = error instanceof Refused;
      at.error = {
        text:
          isRefused && error.faults.length
            ? words.t(error.code === 'unreadable' ? 'mend.import.unreadable' : 'mend.import.faulty')
            : tellError(words, error),
        faults: isRefused ? error.faults : [],
        faultsTotal: isRefused ? error.faultsTotal : 0,
        retry: isRefused && OF_THE_FILE.includes(error.status) ? null : dryRun ? check : store,
      };
      return null;
    }
  }

  async function check(): Promise<void> {
    const { turn } = at;
    const sent = sentRecords();
    const told = await send(true, sent);
    if (at.turn !== turn) return;
    if (told) {
      if (at.isMending) takeAnswer(sent, told);
      else at.preview = told;
      at.stored = null;
    } else if (!at.error) return;
    showOutcome();
    focusFailure();
  }

  async function store(): Promise<void> {
    const { turn } = at;
    const sent = sentRecords();
    const told = await send(false, sent);
    if (at.turn !== turn) {
      past.follow();
      void work.changed();
      return;
    }
    if (told) {
      at.stored = told;
      if (at.isMending) {
        takeStored(takeAnswer(sent, told));
        if (told.quarantine) at.mends = told.id;
        if (isCut(told)) await readLeft(told);
      } else if (told.rejected > 0) await keepForMending(told);
      else {
        at.preview = null;
        at.hasUnstored = false;
      }
      past.follow();
      void work.changed();
    } else if (at.isMending && at.error?.faults.length) {
      takeAnswer(sent, at.error);
      at.error.faults = [];
    }
    showOutcome();
    body.querySelector<HTMLElement>('.mend-result')?.focus();
    focusFailure();
  }

  /** What was pressed is made anew, and what it came to stands above it. */
  function focusFailure(): void {
    if (at.error) body.querySelector<HTMLElement>('.mend-failure')?.focus();
  }

  /**
   * What is sent when mending: all that was refused, so that the server sees what is still left of it, if it keeps
   * count; else what was mended.
   */
  function sentRecords(): Map<number, readonly string[]> {
    const { rows, changes, waiting } = at;
    const sent = new Map<number, readonly string[]>(changes);
    if (!rows || !keepsCount()) return sent;
    for (const record of waiting) if (!sent.has(record)) sent.set(record, rows.cells(record));
    return sent;
  }

  /** Whether the server is told which refused records these are. Without all of them at hand it must keep its own. */
  function keepsCount(): boolean {
    const { mends, choices } = at;
    return mends !== null && !isPart() && choices.parameters.has('mends');
  }

  /** Whether more records were refused than are at hand. */
  function isPart(): boolean {
    return at.preview !== null && at.waiting.size < at.preview.rejected;
  }

  /** The records at hand that have these faults. */
  function recordsWith(faults: readonly Fault[]): Set<number> {
    const found = faults.map((fault) => at.rows?.find(fault) ?? null);
    return new Set(found.filter((record) => record !== null));
  }

  /** Tells the faults of what was sent at their places in the file; gives the records that have none. */
  function takeAnswer(
    sent: ReadonlyMap<number, readonly string[]>,
    { faults, faultsTotal }: Pick<Failure, 'faults' | 'faultsTotal'>,
  ): number[] {
    const { rows, preview, name, keptType } = at;
    if (!rows || !preview) return [];
    const records = [...sent.keys()].sort((a, b) => a - b);
    const kept = rows.isTable ? 'sent.csv' : 'sent.ndjson';
    const part = readRows(keptType ? kept : name, rows.only(sent));
    const again = faults.flatMap((fault) => {
      const record = records[part?.find(fault) ?? -1];
      return record === undefined ? [] : [{ ...fault, index: record, line: rows.line(record) }];
    });
    // An answer tells the first faults: of the records behind these nothing is known.
    const isAll = faultsTotal <= faults.length;
    const last = isAll ? Number.POSITIVE_INFINITY : Math.max(-1, ...again.map((one) => one.index));
    const isTold = (record: number) => sent.has(record) && record <= last;
    const others = preview.faults.filter((fault) => !isTold(rows.find(fault) ?? -1));
    const left = [...others, ...again];
    const elsewhere = preview.faultsTotal - preview.faults.length;
    const total = left.length + elsewhere;
    at.preview = { ...preview, faults: left, faultsTotal: total, warnings: [], repairs: [] };
    return records.filter((record) => isTold(record) && again.every((one) => one.index !== record));
  }

  /** These records wait no more. */
  function takeStored(records: readonly number[]): void {
    for (const record of records) {
      at.changes.delete(record);
      at.waiting.delete(record);
    }
    if (at.preview) at.preview.rejected -= records.length;
    at.hasUnstored = at.changes.size > 0;
  }

  /** The sound records are stored; what is left are the others. */
  async function keepForMending(told: Told): Promise<void> {
    at.isMending = true;
    at.mends = told.id;
    const { faults, faultsTotal, rejected } = told;
    at.waiting = recordsWith(faults);
    takeStored([...at.changes.keys()].filter((record) => !at.waiting.has(record)));
    if (at.preview) Object.assign(at.preview, { faults, faultsTotal, rejected });
    if (!at.rows || isCut(told)) await readLeft(told);
  }

  /** Whether an answer tells only the first faults. */
  function isCut({ faults, faultsTotal }: Told): boolean {
    return faultsTotal > faults.length;
  }

  /** The refused records as the server keeps them, with what was typed into them, become the rows to mend. */
  async function readLeft(told: Told): Promise<void> {
    const { turn } = at;
    if (!told.id || !at.choices.quarantine) return;
    try {
      const left = await readQuarantine(told.id, MOST_KEPT);
      if (at.turn !== turn) return;
      at.changes.clear();
      at.hasUnstored = false;
      showKept(told, left);
    } catch (error) {
      const text = tellError(work.words(), error);
      if (at.turn === turn) at.error = { text, faults: [], faultsTotal: 0, retry: null };
    }
  }

  function showKept(told: Told, left: { records: readonly Kept[]; matched: number }): void {
    const kept = rowsOfKept(left.records);
    const faults = kept?.faults ?? left.records.flatMap((one) => one.faults);
    at.rows = kept?.rows ?? null;
    at.keptType = kept?.type ?? null;
    const faultsTotal = faults.length + left.matched - left.records.length;
    at.preview = { ...told, faults, faultsTotal, rejected: left.matched, warnings: [] };
    at.waiting = recordsWith(faults);
  }

  function showOutcome(): void {
    const words = work.words();
    const { preview, stored, error } = at;
    status.textContent = error ? '' : summary(words);
    // Of a file that was refused as a whole there is nothing to look at; what was kept aside is still there.
    // What was typed is never thrown away by a question that failed.
    const isWhole = error !== null && error.retry === null && !at.changes.size;
    const isLooked = preview !== null && (!isWhole || at.isMending);
    const parts: (HTMLElement | null)[] = [
      error && failure(words, error),
      error?.faults.length ? faultTable(words, error.faults, error.faultsTotal) : null,
      stored && result(words, stored),
      isLooked && !at.isMending && isKnown(preview.would) ? foreseen(words, preview.would) : null,
      isLooked && preview.faults.length
        ? faultTable(words, preview.faults, preview.faultsTotal)
        : null,
      isLooked && (preview.faults.length || at.waiting.size)
        ? mending(words, preview.faults)
        : null,
      preview?.repairs.length
        ? noteTable(words, 'mend.import.repairs', preview.repairs, preview.repairs.length)
        : null,
      preview?.warnings.length
        ? noteTable(words, 'mend.import.warnings', preview.warnings, preview.warningsTotal)
        : null,
      isLooked && !at.isMending && preview.preview.length
        ? previewTable(words, preview.preview)
        : null,
      isLooked && !at.isMending && preview.explained.length
        ? explainedTable(words, preview.explained)
        : null,
      isLooked && !at.isMending ? toStore(words, preview) : null,
    ];
    out.replaceChildren(...parts.filter((part) => part !== null));
  }

  function failure(words: Words, { text, retry }: Failure): HTMLElement {
    return h(
      'div',
      { class: 'mend-failure mend-actions', tabindex: -1 },
      h('p', { class: 'fault', role: 'alert' }, text),
      retry && button(words.t('error.retry'), retry),
    );
  }

  function summary(words: Words): string {
    const { preview, stored } = at;
    if (stored || !preview) return '';
    if (at.isMending) {
      const n = at.waiting.size;
      const waiting = counted(words, 'mend.imports.waiting', n) ?? words.t('mend.imports.mended');
      const first = words.t('mend.imports.first', { shown: n, n: preview.rejected });
      return isPart() ? first : waiting;
    }
    return [
      words.t('mend.import.records', { count: preview.records, n: preview.records }),
      words.t('mend.import.sound', { count: preview.sound, n: preview.sound }),
      counted(words, 'mend.import.refused', preview.rejected),
      counted(words, 'mend.import.warned', preview.warningsTotal),
    ]
      .filter(Boolean)
      .join(' · ');
  }

  function toStore(words: Words, preview: Told): HTMLElement {
    const sound = preview.rejected > 0 && at.onError === 'reject' ? 0 : preview.sound;
    const made = button(
      words.t('mend.import.store', { count: sound, n: sound }),
      () => store(),
      'plain strong',
    );
    made.disabled = sound === 0;
    const note = sound === 0 ? words.t('mend.import.blocked') : words.t('mend.import.preview.note');
    return h('div', { class: 'mend-actions' }, made, h('span', { class: 'fine' }, note));
  }

  /** What became of the sound records, or would. */
  function outcome(words: Words, told: Would | Told): (string | null)[] {
    return [
      words.t('mend.import.imported', { count: told.imported, n: told.imported }),
      counted(words, 'mend.import.updated', told.updated),
      counted(words, 'mend.import.unchanged', told.unchanged),
      counted(words, 'mend.import.withdrawn', told.withdrawn),
      counted(words, 'mend.import.withheld', told.withheld),
    ];
  }

  /** Whether there is more to say than how many are sound. */
  function isKnown(would: Would | null): would is Would {
    if (would === null) return false;
    return would.updated + would.unchanged + would.withdrawn + would.withheld > 0;
  }

  function foreseen(words: Words, would: Would): HTMLElement {
    const said = outcome(words, would).filter(Boolean).join(' · ');
    const { elsewhere, elsewhereNames } = would;
    return h(
      'div',
      {},
      h('p', {}, words.t('mend.import.would', { said })),
      elsewhere
        ? h(
            'p',
            { class: 'fault' },
            words.t('mend.import.moved', {
              count: elsewhere,
              n: elsewhere,
              names: elsewhereNames.join(', '),
            }),
          )
        : h('span', { hidden: true }),
    );
  }

  function result(words: Words, told: Told): HTMLElement {
    const refused = counted(words, 'mend.import.refused', told.rejected);
    const said = [...outcome(words, told), refused].filter(Boolean).join(' · ');
    return h(
      'div',
      {
        class: 'mend-result',
        tabindex: -1,
        role: 'group',
        'aria-label': words.t('mend.import.done'),
      },
      h('p', {}, h('strong', {}, words.t('mend.import.done')), ` ${said}`),
      told.quarantine
        ? h('p', { class: 'fine' }, words.t('mend.import.kept', { id: told.quarantine }))
        : h('span', { hidden: true }),
      told.id && at.choices.takeBack ? taking(words, told.id) : h('span', { hidden: true }),
    );
  }

  /** An import that should not have been is taken back as one. */
  function taking(words: Words, id: string): HTMLElement {
    const said = h('span', { role: 'status' });
    const made = button(words.t('mend.import.takeback'), async () => {
      try {
        const { withdrawn, restored, left } = await takeBack(id);
        said.textContent = words.t('mend.import.taken', { withdrawn, restored, left });
        made.remove();
        void work.changed();
      } catch (error) {
        said.textContent = tellError(words, error);
      }
    });
    return h('div', { class: 'mend-actions' }, made, said);
  }

  /** The refused records as a table of fields. */
  function mending(words: Words, faults: readonly Fault[]): HTMLElement {
    const { rows } = at;
    if (!rows) return h('p', { class: 'fine' }, words.t('mend.import.elsewhere'));
    // What has no fault any more and is not stored yet waits as well.
    const waiting = at.isMending ? [...at.waiting].sort((a, b) => a - b) : [];
    const byRecord = new Map<number, Fault[]>(waiting.map((record) => [record, []]));
    for (const fault of faults) {
      const record = rows.find(fault);
      if (record !== null) byRecord.set(record, [...(byRecord.get(record) ?? []), fault]);
    }
    if (!byRecord.size) return h('p', { class: 'fine' }, words.t('mend.import.elsewhere'));
    const shown = shownColumns(rows, faults);
    const head = [
      words.t('mend.import.line'),
      words.t('mend.import.fault'),
      ...shown.map((index) => rows.columns[index] ?? ''),
    ];
    const table = h(
      'table',
      { class: 'mend-rows' },
      h('caption', {}, words.t('mend.import.mend')),
      h('thead', {}, h('tr', {}, ...head.map((name) => h('th', { scope: 'col' }, name)))),
      h(
        'tbody',
        {},
        ...[...byRecord].map(([record, found]) => mendedRow(words, rows, shown, record, found)),
      ),
    );
    const send = at.isMending
      ? button(
          words.t('mend.import.send'),
          () => {
            // Records that nobody touched would only be refused again.
            const isSound = [...byRecord.values()].some((found) => !found.length);
            return at.changes.size || isSound ? store() : null;
          },
          'plain strong',
        )
      : button(words.t('mend.import.again'), () => check(), 'plain strong');
    return h(
      'section',
      {},
      rows.columns.length > FEW_COLUMNS && columnsBox(words, rows),
      scrolling(words.t('mend.import.mend'), table),
      h('div', { class: 'mend-actions' }, send),
    );
  }

  function columnsBox(words: Words, rows: Rows): HTMLElement {
    const box = h('input', { type: 'checkbox', checked: at.hasAllColumns });
    box.addEventListener('change', () => {
      at.hasAllColumns = box.checked;
      showOutcome();
    });
    const name = words.t('mend.import.columns', { n: rows.columns.length });
    return h('label', { class: 'check' }, box, name);
  }

  function mendedRow(
    words: Words,
    rows: Rows,
    shown: readonly number[],
    record: number,
    faults: readonly Fault[],
  ): HTMLTableRowElement {
    const cells = at.changes.get(record) ?? [...rows.cells(record)];
    const said = `mend-faults-${record}`;
    const line = String(rows.line(record));
    const fields = shown.map((index) => {
      const name = rows.columns[index] ?? '';
      const label = words.t('mend.import.cell', { line, name });
      const isFaulty = !rows.isTable || faults.some((fault) => isAt(rows, fault, index));
      const about = {
        'aria-label': label,
        'aria-invalid': isFaulty ? 'true' : null,
        'aria-describedby': isFaulty ? said : null,
      };
      const field = rows.isTable
        ? h('input', {
            type: 'text',
            size: Math.min(28, Math.max(6, cells[index]?.length ?? 0)),
            ...about,
          })
        : h('textarea', { rows: 8, cols: 60, spellcheck: 'false', ...about });
      field.value = cells[index] ?? '';
      field.addEventListener('change', () => {
        cells[index] = field.value;
        at.changes.set(record, cells);
        at.hasUnstored = true;
      });
      return h('td', {}, field);
    });
    return h(
      'tr',
      {},
      h('th', { scope: 'row' }, line),
      h(
        'td',
        { id: said, class: 'fault' },
        ...faults.map((fault) => h('p', {}, tellFault(words, fault))),
      ),
      ...fields,
    );
  }

  show();
  return {
    follow: show,
    leave: () => {
      request.abort();
      storing.abort();
      past.leave();
    },
  };
}

function beforeLeaving(event: Event): void {
  askWhether(event, () => at.hasUnstored);
}

/** The columns of the table of mending, by their number: of a wide file the first and those with faults. */
function shownColumns(rows: Rows, faults: readonly Fault[]): number[] {
  const all = rows.columns.map((_, index) => index);
  const isPlaced = (fault: Fault) => all.some((index) => isAt(rows, fault, index));
  if (at.hasAllColumns || all.length <= FEW_COLUMNS || !faults.every(isPlaced)) return all;
  return all.filter((index) => index === 0 || faults.some((fault) => isAt(rows, fault, index)));
}

/** Whether a fault is of this cell. One of the whole record is told at the first cell, under another name. */
function isAt(rows: Rows, { column, field }: Fault, index: number): boolean {
  return column === index + 1 && (index > 0 || field === rows.columns[0]);
}
