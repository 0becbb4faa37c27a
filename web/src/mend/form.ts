// Controls for the fields of a schema, which read from a record and write into it. A control knows its place
// (`/properties/impacts/0/damage`), so that a fault of the server is told where it belongs.

import { h } from '../dom.ts';
import { LANGUAGES } from '../state.ts';
import type { Words } from '../words.ts';
import { tellFault } from './faults.ts';
import { button, labelled } from './parts.ts';
import type { Field } from './schema.ts';
import { fieldName, languageName, wordOf } from './values.ts';
import type { Fault, Feature } from './write.ts';

type Path = readonly (string | number)[];

export interface FormContext {
  words: Words;
  record: Feature;
  faults: readonly Fault[];
  /** A value was set. */
  changed(path: Path): void;
  /** Records of a list came or went: the form is made anew. */
  remade(): void;
}

type Members = Record<string | number, unknown>;

export function valueAt(record: Feature, path: Path): unknown {
  let value: unknown = record.properties;
  for (const step of path) {
    if (value === null || typeof value !== 'object') return undefined;
    value = (value as Members)[step];
  }
  return value;
}

/** Sets a value; what is on the way is made. An empty one is taken away. */
export function setValue(record: Feature, path: Path, value: unknown): void {
  let at = record.properties as Members;
  path.slice(0, -1).forEach((step, index) => {
    const next = at[step];
    if (next === null || typeof next !== 'object') {
      at[step] = typeof path[index + 1] === 'number' ? [] : {};
    }
    at = at[step] as Members;
  });
  const last = path.at(-1);
  if (last === undefined) return;
  if (value === null || value === undefined || value === '') delete at[last];
  else at[last] = value;
}

export function control(field: Field, path: Path, context: FormContext): HTMLElement {
  switch (field.kind) {
    case 'words':
      return languages(field, path, context);
    case 'records':
      return records(field, path, context);
    default:
      return single(field, path, context);
  }
}

function single(field: Field, path: Path, context: FormContext): HTMLElement {
  const { words, record } = context;
  const value = valueAt(record, path);
  const [element, read] = inputFor(field, value, context);
  element.addEventListener('change', () => {
    setValue(record, path, read());
    context.changed(path);
  });
  return withFaults(fieldName(words, field.name), element, path, context);
}

type Input = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

function inputFor(field: Field, value: unknown, context: FormContext): [Input, () => unknown] {
  const { words } = context;
  if (field.name === 'source' && field.kind === 'number') return sourceSelect(value, context);
  if (field.kind === 'choice' || field.kind === 'flag' || field.name === 'credibility') {
    const options =
      field.kind === 'flag'
        ? ['true', 'false']
        : field.name === 'credibility'
          ? ['1', '2', '3', '4', '5', '6']
          : field.words;
    const text = (word: string) =>
      field.kind === 'flag'
        ? words.t(word === 'true' ? 'mend.yes' : 'mend.no')
        : wordOf(words, field.name, word);
    const now = value === null || value === undefined ? '' : String(value);
    // Who may see a record is changed by a value only: the server takes none away.
    const isFixed = now !== '' && ['sensitivity', 'redistributable'].includes(field.name);
    const select = h(
      'select',
      {},
      !isFixed && h('option', { value: '' }, words.t('mend.nothing')),
      ...options.map((word) => h('option', { value: word, selected: word === now }, text(word))),
    );
    const read = () =>
      field.kind === 'flag'
        ? select.value && select.value === 'true'
        : field.name === 'credibility'
          ? select.value && Number(select.value)
          : select.value;
    return [select, () => (select.value === '' ? null : read())];
  }
  if (field.kind === 'number') {
    const input = h('input', {
      type: 'number',
      inputmode: field.isWhole ? 'numeric' : 'decimal',
      step: field.isWhole ? 1 : 'any',
      min: field.least,
      max: field.most,
      value: typeof value === 'number' ? value : null,
    });
    return [input, () => (input.value === '' ? null : Number(input.value))];
  }
  if (field.kind === 'long') {
    const area = h('textarea', { rows: 4 });
    area.value = typeof value === 'string' ? value : '';
    return [area, () => area.value.trim()];
  }
  if (field.kind === 'list') {
    const input = h('input', {
      type: 'text',
      value: Array.isArray(value) ? value.join(', ') : null,
    });
    const read = () =>
      input.value
        .split(',')
        .map((one) => one.trim())
        .filter(Boolean);
    return [input, () => (read().length ? read() : null)];
  }
  const isUrl = field.name.endsWith('url');
  const known = field.isOpen ? `suggested-${field.name}` : null;
  const input = h('input', {
    type: isUrl ? 'url' : 'text',
    list: known,
    spellcheck: field.kind === 'date' || isUrl ? 'false' : null,
    placeholder: field.kind === 'date' ? words.t('mend.date.form') : null,
    value: typeof value === 'string' || typeof value === 'number' ? value : null,
  });
  if (known && !document.getElementById(known)) {
    const options = field.words.map((word) => h('option', { value: word }));
    document.body.append(h('datalist', { id: known }, ...options));
  }
  return [input, () => input.value.trim()];
}

/** Which of the record's sources says so. */
function sourceSelect(value: unknown, { words, record }: FormContext): [Input, () => unknown] {
  const sources = Array.isArray(record.properties.sources) ? record.properties.sources : [];
  const select = h(
    'select',
    {},
    h('option', { value: '' }, words.t('mend.nothing')),
    ...sources.map((source: Members, index) =>
      h(
        'option',
        { value: index, selected: index === value },
        `${index + 1}: ${source.name ?? source.url ?? ''}`,
      ),
    ),
  );
  return [select, () => (select.value === '' ? null : Number(select.value))];
}

/** A text in several languages: ours, and those that it has. */
function languages(field: Field, path: Path, context: FormContext): HTMLElement {
  const { words, record } = context;
  const texts = textsOf(record, path);
  const tags = [...new Set([words.lang, ...LANGUAGES, ...Object.keys(texts)])];
  return h(
    'fieldset',
    { class: 'mend-languages' },
    h('legend', {}, fieldName(words, field.name)),
    ...tags.map((tag) => {
      const isLong = field.name === 'description';
      const input = isLong ? h('textarea', { rows: 3 }) : h('input', { type: 'text' });
      input.lang = tag;
      input.value = texts[tag] ?? '';
      input.addEventListener('change', () => {
        setText(record, path, tag, input.value.trim());
        context.changed(path);
      });
      const label = `${fieldName(words, field.name)}: ${languageName(words, tag)}`;
      return withFaults(languageName(words, tag), input, [...path, tag], context, label);
    }),
  );
}

/** A text that does not tell its language is in that of the record, if it tells one. */
function tagOf(record: Feature): string {
  const { language } = record.properties;
  return typeof language === 'string' && language ? language : 'und';
}

function textsOf(record: Feature, path: Path): Record<string, string> {
  const value = valueAt(record, path);
  return typeof value === 'string'
    ? { [tagOf(record)]: value }
    : ((value ?? {}) as Record<string, string>);
}

/** Sets a text in one language. A plain text stays one until it has a second language. */
export function setText(record: Feature, path: Path, tag: string, text: string): void {
  const value = valueAt(record, path);
  if (typeof value === 'string') {
    const own = tagOf(record);
    if (tag !== own && text) setValue(record, path, { [own]: value, [tag]: text });
    else if (tag === own) setValue(record, path, text);
    return;
  }
  setValue(record, [...path, tag], text);
}

/** A list of records: facilities with their damage, sources. */
function records(field: Field, path: Path, context: FormContext): HTMLElement {
  const { words, record } = context;
  const value = valueAt(record, path);
  const items = Array.isArray(value) ? value : [];
  const isImpact = field.name === 'impacts';
  const put = (next: unknown[]) => {
    setValue(record, path, next.length ? next : null);
    context.changed(path);
    context.remade();
  };
  const rows = items.map((item: Members, index) => {
    const again = () => {
      // What was assessed before stays; the new assessment stands beside it.
      const { damage: _d, damage_code: _c, damage_scheme: _s, source: _o, ...same } = item;
      const today = new Date().toISOString().slice(0, 10);
      put([...items, { ...same, assessed_on: today }]);
    };
    const remove = () => {
      if (field.name === 'sources') forgetSource(record, index);
      put(items.filter((_, at) => at !== index));
    };
    const name = words.t(isImpact ? 'mend.impact' : 'mend.source', { n: index + 1 });
    return h(
      'fieldset',
      { class: 'mend-record' },
      h('legend', {}, name),
      ...field.fields.map((inner) => control(inner, [...path, index, inner.name], context)),
      h(
        'div',
        { class: 'mend-actions' },
        isImpact && named(button(words.t('mend.impact.again'), again), name),
        named(button(words.t('mend.remove'), remove), name),
      ),
    );
  });
  const add = button(words.t(isImpact ? 'mend.impact.add' : 'mend.source.add'), () =>
    put([...items, {}]),
  );
  return h(
    'div',
    { class: 'mend-stack', 'data-pointer': pointerOf(path) },
    ...rows,
    h('div', {}, add),
  );
}

function named(made: HTMLButtonElement, of: string): HTMLButtonElement {
  made.setAttribute('aria-label', `${made.textContent}: ${of}`);
  return made;
}

/** Impacts name their source by its number, which moves when one before it goes. */
export function forgetSource(record: Feature, index: number): void {
  const { impacts } = record.properties;
  if (!Array.isArray(impacts)) return;
  for (const impact of impacts as Members[]) {
    if (typeof impact.source !== 'number') continue;
    if (impact.source === index) delete impact.source;
    else if (impact.source > index) impact.source -= 1;
  }
}

function withFaults(
  caption: string,
  input: HTMLElement,
  path: Path,
  { faults, words }: FormContext,
  label?: string,
): HTMLElement {
  const pointer = pointerOf(path);
  input.dataset.pointer = pointer;
  if (label) input.setAttribute('aria-label', label);
  const own = faults.filter((fault) => fault.pointer === pointer);
  const made = labelled(caption, input);
  if (!own.length) return made;
  const id = `fault${pointer.replaceAll('/', '-')}`;
  input.setAttribute('aria-invalid', 'true');
  input.setAttribute('aria-describedby', id);
  const said = own.map((fault) => tellFault(words, { ...fault, field: null })).join(' ');
  return h('div', {}, made, h('p', { id, class: 'fault' }, said));
}

export function pointerOf(path: Path): string {
  return `/properties/${path.join('/')}`;
}
