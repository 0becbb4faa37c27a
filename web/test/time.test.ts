import { describe, expect, it } from 'vitest';
import { binsOf, handlesFor, spanFor, typedDay, withDay } from '../src/time.ts';

const counts = [
  { key: '2023-11', count: 4 },
  { key: '2024-02', count: 1 },
];

describe('the bars of time', () => {
  it('have no gaps, and know their first and last day', () => {
    const bins = binsOf(counts);
    expect(bins.map(({ key, count }) => [key, count])).toEqual([
      ['2023-11', 4],
      ['2023-12', 0],
      ['2024-01', 0],
      ['2024-02', 1],
    ]);
    expect(bins[3]).toMatchObject({ first: '2024-02-01', last: '2024-02-29' });
  });

  it('are years when there would be too many months', () => {
    const bins = binsOf([
      { key: '1989-01', count: 1 },
      { key: '1989-07', count: 2 },
      { key: '2024-02', count: 3 },
    ]);
    expect(bins).toHaveLength(36);
    expect(bins[0]).toEqual({ key: '1989', count: 3, first: '1989-01-01', last: '1989-12-31' });
  });

  it('are days when the server counted days, and none without dates', () => {
    expect(
      binsOf([
        { key: '2024-02-28', count: 1 },
        { key: '2024-03-01', count: 1 },
      ]),
    ).toHaveLength(3);
    expect(binsOf([])).toEqual([]);
    expect(binsOf([{ key: 'unknown', count: 3 }])).toEqual([]);
  });
});

describe('the handles', () => {
  const bins = binsOf(counts);

  it('stand outside when a span is open', () => {
    expect(handlesFor(bins, null, null)).toEqual([0, 4]);
    expect(spanFor(bins, 0, 4)).toEqual([null, null]);
  });

  it('give back the span they were set from', () => {
    const [low, high] = handlesFor(bins, '2023-12-01', '2024-01-31');
    expect([low, high]).toEqual([1, 3]);
    expect(spanFor(bins, low, high)).toEqual(['2023-12-01', '2024-01-31']);
  });

  it('keep at least one bar between them, also for a span without incidents', () => {
    for (const [from, to] of [
      ['2030-01-01', null],
      [null, '2001-01-01'],
      ['2023-12-05', '2023-12-06'],
    ] as const) {
      const [low, high] = handlesFor(bins, from, to);
      expect(high).toBeGreaterThan(low);
      expect(low).toBeGreaterThanOrEqual(0);
    }
  });
});

describe('typed days', () => {
  it('wait until the year is whole', () => {
    expect(['', '0002-01-01', '0202-01-01', '2023-01-01'].map(typedDay)).toEqual([
      null,
      undefined,
      undefined,
      '2023-01-01',
    ]);
  });

  it('give up the other end rather than end before they begin', () => {
    const span = { from: '2023-02-01', to: '2023-02-28' };
    expect(withDay(span, 'from', '2023-02-10')).toEqual({ from: '2023-02-10', to: '2023-02-28' });
    expect(withDay(span, 'from', '2024-01-01')).toEqual({ from: '2024-01-01', to: null });
    expect(withDay(span, 'to', '2022-01-01')).toEqual({ from: null, to: '2022-01-01' });
    expect(withDay(span, 'to', null)).toEqual({ from: '2023-02-01', to: null });
  });
});
