import { describe, expect, it } from 'vitest';
import { comparedPeriods, returnedPeriods, stepSpan } from '../src/playback.ts';

const extent = { from: '2022-02-10', to: '2024-03-31' };
const open = { from: null, to: null };

describe('playback', () => {
  it('begins with the first day, week or month, and backward with the last', () => {
    expect(stepSpan(open, 'day', 1, extent)).toEqual({ from: '2022-02-10', to: '2022-02-10' });
    // 10 February 2022 was a Thursday.
    expect(stepSpan(open, 'week', 1, extent)).toEqual({ from: '2022-02-07', to: '2022-02-13' });
    expect(stepSpan(open, 'month', 1, extent)).toEqual({ from: '2022-02-01', to: '2022-02-28' });
    expect(stepSpan(open, 'month', -1, extent)).toEqual({ from: '2024-03-01', to: '2024-03-31' });
  });

  it('keeps whole months whole, whatever their length', () => {
    const february = { from: '2024-02-01', to: '2024-02-29' };
    expect(stepSpan(february, 'month', 1, extent)).toEqual({
      from: '2024-03-01',
      to: '2024-03-31',
    });
    const winter = { from: '2022-12-01', to: '2023-02-28' };
    expect(stepSpan(winter, 'month', 1, extent)).toEqual({ from: '2023-01-01', to: '2023-03-31' });
    expect(stepSpan(winter, 'month', -1, extent)).toEqual({ from: '2022-11-01', to: '2023-01-31' });
  });

  it('moves a span of any width, across the end of a year and a leap day', () => {
    const span = { from: '2023-12-30', to: '2024-01-02' };
    expect(stepSpan(span, 'day', 1, extent)).toEqual({ from: '2023-12-31', to: '2024-01-03' });
    expect(stepSpan(span, 'week', 1, extent)).toEqual({ from: '2024-01-06', to: '2024-01-09' });
    const late = { from: '2024-01-31', to: '2024-02-15' };
    expect(stepSpan(late, 'month', 1, extent)).toEqual({ from: '2024-02-29', to: '2024-03-15' });
  });

  it('ends where there is nothing more', () => {
    expect(stepSpan({ from: '2024-03-01', to: '2024-03-31' }, 'month', 1, extent)).toBeNull();
    expect(stepSpan({ from: '2022-02-01', to: '2022-02-28' }, 'month', -1, extent)).toBeNull();
  });

  it('shows every day of the extent once when it goes through it day by day', () => {
    const seen: string[] = [];
    let span = stepSpan(open, 'day', 1, extent);
    while (span) {
      seen.push(span.from);
      span = stepSpan(span, 'day', 1, extent);
    }
    const days = (Date.parse(extent.to) - Date.parse(extent.from)) / 86_400_000 + 1;
    expect(new Set(seen).size).toBe(days);
    expect(seen).toHaveLength(days);
  });
});

describe('the periods of a comparison', () => {
  const before = { from: null, to: null, otherFrom: null, otherTo: null };
  const given = comparedPeriods(before, '2024-11-30');

  it('are the last year of the data and the one before, unless others are chosen', () => {
    expect(given).toEqual({
      from: '2024-01-01',
      to: '2024-12-31',
      otherFrom: '2023-01-01',
      otherTo: '2023-12-31',
    });
    const chosen = { ...given, from: '2022-05-01', otherTo: null };
    expect(comparedPeriods(chosen, '2024-11-30')).toEqual(chosen);
    const other = { ...before, otherFrom: '2020-01-01' };
    expect(comparedPeriods(other, '2024-11-30')).toEqual({
      ...other,
      from: '2024-01-01',
      to: '2024-12-31',
    });
  });

  it('filter nothing once it is left, unless the reader changed them', () => {
    expect(returnedPeriods(given, { before, given })).toEqual(before);
    const changed = { ...given, to: '2024-06-30' };
    expect(returnedPeriods(changed, { before, given })).toEqual({ otherFrom: null, otherTo: null });
    const half = { ...before, from: '2023-03-01' };
    const closed = comparedPeriods(half, '2024-11-30');
    expect(returnedPeriods(closed, { before: half, given: closed })).toEqual(half);
  });
});
