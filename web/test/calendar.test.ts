import { describe, expect, it } from 'vitest';
import {
  addDays,
  addMonths,
  dayOf,
  keysBetween,
  lastDay,
  lastOfMonth,
  monthsBetween,
} from '../src/calendar.ts';

describe('a day', () => {
  it('is told of a date that is known to it, and of no other', () => {
    expect(['2024-05-14', '2024-05-14T03:20+03:00', '2024-05', '', null, 5].map(dayOf)).toEqual([
      '2024-05-14',
      '2024-05-14',
      null,
      null,
      null,
      null,
    ]);
  });

  it('of a shorter month is its last', () => {
    expect(addMonths('2024-01-31', 1)).toBe('2024-02-29');
    expect(addMonths('2024-03-31', -1)).toBe('2024-02-29');
    expect(addDays('2024-02-28', 2)).toBe('2024-03-01');
  });
});

describe('a month', () => {
  it('ends on the day after which comes the first of the next', () => {
    for (let year = 1996; year < 2005; year++) {
      for (let month = 1; month <= 12; month++) {
        const key = `${year}-${String(month).padStart(2, '0')}`;
        expect(addDays(lastDay(key), 1), key).toBe(addMonths(`${key}-01`, 1));
      }
    }
    expect(lastOfMonth('2024-01-15', 1)).toBe('2024-02-29');
  });
});

describe('the keys between two', () => {
  it('are as many as there are days, months or years, and no more than wanted', () => {
    expect(keysBetween('2024-02-28', '2024-03-01', 9)).toEqual([
      '2024-02-28',
      '2024-02-29',
      '2024-03-01',
    ]);
    expect(keysBetween('2023-11', '2024-02', 9)).toEqual([
      '2023-11',
      '2023-12',
      '2024-01',
      '2024-02',
    ]);
    expect(keysBetween('2022', '2024', 2)).toEqual(['2022', '2023']);
    expect(keysBetween('2024-02', '2024-01', 9)).toEqual([]);
  });
});

describe('months', () => {
  it('have no gap and cross the year', () => {
    expect(monthsBetween(['2025-02', null, '2024-11'])).toEqual([
      '2024-11',
      '2024-12',
      '2025-01',
      '2025-02',
    ]);
    expect(monthsBetween([null])).toEqual([]);
  });
});
