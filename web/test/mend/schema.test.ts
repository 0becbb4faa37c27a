import { describe, expect, it } from 'vitest';
import { fieldOf, groupsOf } from '../../src/mend/schema.ts';

const schema = {
  properties: {
    properties: {
      properties: {
        revision: { type: 'integer' },
        title: { type: 'object', additionalProperties: { type: 'string' } },
        date_start: { type: 'string', format: 'date-time', pattern: '^x$' },
        damage_of_tomorrow: { type: 'string', enum: ['big', 'small'] },
        impacts: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              damage: { enum: ['destroyed'] },
              damage_scheme: { type: 'string' },
              facility: { type: 'string' },
              extra: { type: 'object' },
            },
          },
        },
        sources: {
          type: 'array',
          items: {
            anyOf: [
              { type: 'string' },
              { type: 'object', properties: { url: { type: 'string' } } },
            ],
          },
        },
      },
    },
  },
};

describe('a form', () => {
  it('has what the schema has, in groups, and a property of tomorrow too', () => {
    const groups = groupsOf(schema).map(({ name, fields }) => [
      name,
      fields.map((one) => one.name),
    ]);
    expect(groups).toEqual([
      ['what', ['title']],
      ['when', ['date_start']],
      ['damage', ['impacts']],
      ['sources', ['sources']],
      ['more', ['damage_of_tomorrow']],
    ]);
  });

  it('knows the records of a list, and shows no control for what none can show', () => {
    const [impacts, sources] = groupsOf(schema)
      .flatMap(({ fields }) => fields)
      .filter(({ kind }) => kind === 'records');
    expect(impacts?.fields.map(({ name, kind }) => [name, kind])).toEqual([
      ['facility', 'text'],
      ['damage', 'choice'],
      ['damage_scheme', 'text'],
    ]);
    expect(sources?.fields.map(({ name }) => name)).toEqual(['url']);
  });

  it('takes each kind of value by its type', () => {
    const kind = (about: unknown) => fieldOf('x', about)?.kind;
    expect(kind({ type: 'integer', minimum: 1, maximum: 6 })).toBe('number');
    expect(kind({ type: ['boolean', 'null'] })).toBe('flag');
    expect(kind({ type: 'array', items: { type: 'string' } })).toBe('list');
    expect(kind({ type: 'object' })).toBeUndefined();
    expect(fieldOf('x', { type: 'string', examples: ['media'] })).toMatchObject({
      kind: 'text',
      words: ['media'],
      isOpen: true,
    });
  });
});
