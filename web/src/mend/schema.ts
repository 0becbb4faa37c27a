// The form of a record, made from the JSON Schema that the server gives: a property that is added to the model
// is in the form without a line of code. Pure.

import { list, object, text } from '../api.ts';

type FieldKind =
  | 'text'
  | 'long'
  | 'words'
  | 'number'
  | 'date'
  | 'flag'
  | 'choice'
  | 'list'
  | 'records';

export interface Field {
  name: string;
  kind: FieldKind;
  /** The words of a closed list; of an open one what is suggested. */
  words: string[];
  isOpen: boolean;
  isWhole: boolean;
  least: number | null;
  most: number | null;
  /** The fields of each record of a list. */
  fields: Field[];
}

export interface Group {
  name: GroupName;
  fields: Field[];
}

const GROUPS = {
  what: [
    'title',
    'description',
    'event_type',
    'sub_event_type',
    'actor1',
    'actor2',
    'attribution',
    'civilian_targeting',
  ],
  when: ['date_start', 'date_end', 'date_precision'],
  where: [
    'location',
    'country',
    'admin1',
    'admin2',
    'admin3',
    'admin1_pcode',
    'admin2_pcode',
    'location_method',
  ],
  people: [
    'deaths_low',
    'deaths_best',
    'deaths_high',
    'injured_low',
    'injured_best',
    'injured_high',
  ],
  damage: ['impacts'],
  sources: ['sources'],
  verification: ['verification'],
} as const;

type GroupName = keyof typeof GROUPS | 'more';

/** Of the records of a list, what an editor fills in first. */
const FIRST = [
  'facility',
  'infrastructure',
  'damage',
  'functional_status',
  'assessed_on',
  'source',
  'name',
  'url',
  'type',
  'published_at',
  'reliability',
  'credibility',
];

/** Not for a form: the server writes these, or they have a control of their own. */
const LEFT_OUT = [
  'revision',
  'recorded_at',
  'recorded_by',
  'merged_from',
  'merged_into',
  'extra',
  'record_status',
  'location_radius_m',
  'geo_precision',
  'where_prec',
  'event_type_source',
];

/** Properties in groups; those that no group names come last. */
export function groupsOf(schema: unknown): Group[] {
  const all = object(object(object(object(schema).properties).properties).properties);
  const fields = new Map(
    Object.entries(all)
      .filter(([name]) => !LEFT_OUT.includes(name))
      .flatMap(([name, about]) => {
        const field = fieldOf(name, about);
        return field ? [[name, field] as const] : [];
      }),
  );
  const groups: Group[] = Object.entries(GROUPS).map(([name, names]) => ({
    name: name as GroupName,
    fields: names.flatMap((one) => fields.get(one) ?? []),
  }));
  const grouped = new Set(Object.values(GROUPS).flat() as string[]);
  const more = [...fields.values()].filter(({ name }) => !grouped.has(name));
  return [...groups, { name: 'more' as const, fields: more }].filter(
    (group) => group.fields.length,
  );
}

/** `null` for what no control can show: an object of any kind. */
export function fieldOf(name: string, value: unknown): Field | null {
  const about = object(value);
  const kind = kindOf(name, about);
  if (!kind) return null;
  const items = object(about.items);
  const choices = kind === 'records' ? list(items.anyOf).map(object) : [];
  const record = choices.find((one) => one.type === 'object') ?? items;
  const closed = list(about.enum).flatMap((word) => text(word) ?? []);
  return {
    name,
    kind,
    words: closed.length ? closed : list(about.examples).flatMap((word) => text(word) ?? []),
    isOpen: closed.length === 0 && list(about.examples).length > 0,
    isWhole: about.type === 'integer',
    least: typeof about.minimum === 'number' ? about.minimum : null,
    most: typeof about.maximum === 'number' ? about.maximum : null,
    fields: kind === 'records' ? innerFields(object(record.properties)) : [],
  };
}

/** The order of a JSON object says nothing: ours first, then the others. */
function innerFields(properties: Record<string, unknown>): Field[] {
  const place = (name: string) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
  return Object.entries(properties)
    .flatMap(([name, about]) => fieldOf(name, about) ?? [])
    .toSorted((a, b) => place(a.name) - place(b.name));
}

function kindOf(name: string, about: Record<string, unknown>): FieldKind | null {
  if (Array.isArray(about.enum)) return 'choice';
  if (about.format === 'date-time') return 'date';
  const type = Array.isArray(about.type)
    ? about.type.filter((one) => one !== 'null')[0]
    : about.type;
  if (type === 'boolean') return 'flag';
  if (type === 'number' || type === 'integer') return 'number';
  if (type === 'string') return name === 'description' ? 'long' : 'text';
  if (type === 'array') return object(about.items).type === 'string' ? 'list' : 'records';
  return type === 'object' && object(about.additionalProperties).type === 'string' ? 'words' : null;
}
