import { describe, expect, it } from 'vitest';
import { daysOf } from '../src/calendar.ts';
import { barsOf, drillDown } from '../src/charts.ts';
import { floorOf } from '../src/choices.ts';
import { compared, isBefore, otherOf, signed } from '../src/compare.ts';
import { asCql2 } from '../src/cql2.ts';
import { recordOf } from '../src/live.ts';
import { closedPeriod, periodBefore } from '../src/playback.ts';
import { filterParams, initialState, readState } from '../src/state.ts';
import type { Aggregate } from '../src/types.ts';
import { wordsFor } from '../src/words.ts';

const words = wordsFor('en');
const world = {
  territories: [{ code: 'UKR', isoA2: 'UA', name: 'Ukraine' }],
  sets: [],
};
const none = { low: 0, high: 0, statedBy: 0 };

function counted(...groups: [string | null, number][]): Aggregate {
  const matched = groups.reduce((sum, [, count]) => sum + count, 0);
  return { matched, groups: groups.map(([key, count]) => ({ key, count, deaths: none })) };
}

describe('the bars of a chart', () => {
  it('stand in the order of time, of distance, or of how many there are; what is not known is last', () => {
    const keys = (by: Parameters<typeof barsOf>[0], found: Aggregate) =>
      barsOf(by, found, words, world).map(({ key }) => key);
    expect(
      keys(
        'distance_band',
        counted(['10-25', 9], ['250-', 1], [null, 3], ['inside', 2], ['0-1', 1]),
      ),
    ).toEqual(['inside', '0-1', '10-25', '250-', null]);
    expect(keys('damage', counted(['severe', 1], [null, 7], ['destroyed', 4]))).toEqual([
      'destroyed',
      'severe',
      null,
    ]);
  });

  it('are every month from the first to the last, also those without incidents', () => {
    const found = counted([null, 9], ['2024-02', 1], ['2023-11', 4]);
    const bars = barsOf('month', found, words, world);
    expect(bars.map(({ key, count }) => [key, count])).toEqual([
      ['2023-11', 4],
      ['2023-12', 0],
      ['2024-01', 0],
      ['2024-02', 1],
      [null, 9],
    ]);
    expect(bars[1]?.label).toBe('December 2023');
    expect(barsOf('month', counted([null, 9]), words, world)).toHaveLength(1);
  });

  it('are named in the words of the page, and tell the dead as a range where any are told', () => {
    const found: Aggregate = {
      matched: 3,
      groups: [
        { key: '10-25', count: 2, deaths: { low: 1, high: 4, statedBy: 1 } },
        { key: '250-', count: 1, deaths: none },
      ],
    };
    const bars = barsOf('distance_band', found, words, world);
    expect(bars.map(({ label, deaths }) => [label.replace(/\u00a0/g, ' '), deaths])).toEqual([
      ['10–25 km', '1–4'],
      ['250 km or more', ''],
    ]);
    expect(barsOf('country', counted(['UKR', 1]), words, world)[0]?.label).toBe('Ukraine');
  });

  it('lead to the state that asks for one of them', () => {
    expect(drillDown('month', '2024-02')).toEqual({ from: '2024-02-01', to: '2024-02-29' });
    expect(drillDown('infrastructure', 'port')).toEqual({ infrastructures: ['port'] });
    expect(drillDown('distance_band', '1-5')).toBeNull();
    expect(drillDown('damage', null)).toBeNull();
  });
});

describe('two periods', () => {
  it('have every category of either, those with most first', () => {
    const rows = compared(counted(['a', 1], [null, 50]), counted(['b', 5], ['a', 2]));
    expect(rows).toEqual([
      { key: 'b', first: 0, second: 5 },
      { key: 'a', first: 1, second: 2 },
      { key: null, first: 50, second: 0 },
    ]);
  });

  it('differ by a number with its sign', () => {
    expect([3, -2, 0, -1200].map((change) => signed(words, change))).toEqual([
      '+3',
      '−2',
      '0',
      '−1,200',
    ]);
  });

  it('are told apart by which begins first, and one that is open begins before all', () => {
    expect(isBefore('2024-01-01', '2025-01-01')).toBe(true);
    expect(isBefore('2025-01-01', '2024-01-01')).toBe(false);
    expect(isBefore(null, '2024-01-01')).toBe(true);
    expect(isBefore(null, null)).toBe(false);
  });

  it('are the same question at another time', () => {
    const state = readState(
      '?infrastructure=port&datetime=2023-01-01/2023-12-31&other=2022-01-01/..',
      'en',
    );
    const other = filterParams(otherOf(state));
    expect(other.get('infrastructure')).toBe('port');
    expect(other.get('datetime')).toBe('2022-01-01/..');
  });

  it('never end before they begin, whichever end was chosen alone', () => {
    expect(closedPeriod({ from: null, to: null }, '2025-11-30')).toEqual({
      from: '2025-01-01',
      to: '2025-12-31',
    });
    expect(closedPeriod({ from: null, to: '2023-06-30' }, '2025-11-30')).toEqual({
      from: '2023-01-01',
      to: '2023-06-30',
    });
    expect(closedPeriod({ from: '2024-05-01', to: null }, '2025-11-30')).toEqual({
      from: '2024-05-01',
      to: '2025-12-31',
    });
    expect(closedPeriod({ from: '2027-05-01', to: null }, '2025-11-30')).toEqual({
      from: '2027-05-01',
      to: '2027-12-31',
    });
  });

  it('are as long as each other when only one is chosen', () => {
    expect(periodBefore('2023-01-01', '2024-12-31')).toEqual({
      otherFrom: '2021-01-01',
      otherTo: '2022-12-31',
    });
    const { otherFrom, otherTo } = periodBefore('2024-03-01', '2024-03-31');
    expect([otherFrom, otherTo]).toEqual(['2024-01-30', '2024-02-29']);
    expect(daysOf(otherFrom, otherTo)).toBe(daysOf('2024-03-01', '2024-03-31'));
    expect(daysOf(null, '2024-03-31')).toBeNull();
  });
});

describe('a question in CQL2', () => {
  it('says everything that the parameters say but the search for words', () => {
    const state = readState(
      '?q=port&datetime=2023-01-01/2025-12-31&event-type=battles&infrastructure=port,vessel&damage=severe' +
        '&verification=verified&of=ROU&within-km=10&certainty=certain&include-inside=false&circle=28.8,45.3,20',
      'en',
    );
    expect(asCql2(filterParams(state))).toBe(
      "T_INTERSECTS(datetime, INTERVAL('2023-01-01', '2025-12-31')) AND event_type IN ('battles')" +
        " AND infrastructure IN ('port', 'vessel') AND damage IN ('severe') AND verification IN ('verified')" +
        " AND within_certainty('ROU', 10000, 'certain') AND border_distance('ROU') > 0" +
        " AND border_distance('28.8,45.3') <= 20000",
    );
  });

  it('is nothing where nothing is asked', () => {
    expect(asCql2(filterParams(initialState('en')))).toBeNull();
  });
});

describe('small things', () => {
  it('a floor is the lowest of the grades that are chosen without a gap', () => {
    expect(floorOf(['verified', 'partially_verified'])).toBe('partially_verified');
    expect(floorOf(['verified'])).toBe('verified');
    expect(floorOf(['partially_verified'])).toBe('');
    expect(floorOf(['verified', 'under_review'])).toBe('');
    expect(floorOf([])).toBe('');
  });

  it('a snapshot says with which record it ends', () => {
    expect(recordOf('3f-48-a1-9')).toBe('48');
    expect(recordOf('x')).toBeNull();
    expect(recordOf(null)).toBeNull();
  });
});
