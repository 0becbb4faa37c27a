import { describe, expect, it } from 'vitest';
import { placesOf, withPlace } from '../../src/mend/edit.ts';
import { forgetSource, pointerOf, setText, setValue, valueAt } from '../../src/mend/form.ts';
import type { Feature } from '../../src/mend/write.ts';

const record = (properties: Record<string, unknown>, geometry: unknown = null): Feature => ({
  id: 'a',
  geometry,
  properties,
});

describe('a value of a record', () => {
  it('is set where a fault of the server would point, and taken away when it is empty', () => {
    const one = record({});
    setValue(one, ['impacts', 0, 'damage'], 'severe');
    expect(one.properties).toEqual({ impacts: [{ damage: 'severe' }] });
    expect(pointerOf(['impacts', 0, 'damage'])).toBe('/properties/impacts/0/damage');
    setValue(one, ['impacts', 0, 'damage'], '');
    expect(one.properties).toEqual({ impacts: [{}] });
    expect(valueAt(one, ['sources', 3, 'url'])).toBeUndefined();
  });

  it('of zero or false is a value', () => {
    const one = record({});
    setValue(one, ['deaths_best'], 0);
    setValue(one, ['civilian_targeting'], false);
    expect(one.properties).toEqual({ deaths_best: 0, civilian_targeting: false });
  });
});

describe('a text', () => {
  it('that tells no language stays plain until it gets a second one', () => {
    const one = record({ title: 'Пожежа', language: 'uk' });
    setText(one, ['title'], 'uk', 'Вибух');
    expect(one.properties.title).toBe('Вибух');
    setText(one, ['title'], 'en', '');
    expect(one.properties.title).toBe('Вибух');
    setText(one, ['title'], 'en', 'Blast');
    expect(one.properties.title).toEqual({ uk: 'Вибух', en: 'Blast' });
  });

  it('of no language at all is not said to be of one', () => {
    const one = record({ title: 'x' });
    setText(one, ['title'], 'en', 'y');
    expect(one.properties.title).toEqual({ und: 'x', en: 'y' });
  });
});

describe('a source that goes', () => {
  it('takes its number from the impacts that named it, and the others are told by their new one', () => {
    const one = record({ impacts: [{ source: 0 }, { source: 1 }, { source: 2 }, {}] });
    forgetSource(one, 1);
    expect(one.properties.impacts).toEqual([{ source: 0 }, {}, { source: 1 }, {}]);
  });
});

describe('a place', () => {
  it('is moved alone among several, and keeps its height', () => {
    const several = record(
      {},
      {
        type: 'MultiPoint',
        coordinates: [
          [1, 2],
          [3, 4, 50],
        ],
      },
    );
    expect(placesOf(several)).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(withPlace(several, 1, [5, 6])).toEqual({
      type: 'MultiPoint',
      coordinates: [
        [1, 2],
        [5, 6, 50],
      ],
    });
  });

  it('of a record that had none is a point', () => {
    expect(placesOf(record({}))).toEqual([]);
    expect(withPlace(record({}), 0, [5, 6])).toEqual({ type: 'Point', coordinates: [5, 6] });
  });
});
