import { describe, expect, it } from 'vitest';
import { type Group, tabulate } from '../../src/report/tables.ts';

const group = (key: (string | null)[], count: number): Group => ({
  key,
  count,
  deaths: { low: null, best: null, high: null },
  items: '',
});

describe('a table of counts', () => {
  const groups = [
    group(['Odeska', '2025-02'], 1),
    group([null, '2025-01'], 9),
    group(['Odeska', '2025-01'], 2),
    group(['Kyiv', '2024-12'], 7),
  ];

  it('has the largest row first, times as they ran, and what is not stated last', () => {
    const table = tabulate(groups, ['admin1', 'month']);
    expect(table.rows).toEqual(['Kyiv', 'Odeska', null]);
    expect(table.columns).toEqual(['2024-12', '2025-01', '2025-02']);
    expect(table.most).toBe(9);
  });

  it('holds every group of the server once, and none where there was none', () => {
    const table = tabulate(groups, ['admin1', 'month']);
    const cells = table.rows.flatMap((row) =>
      table.columns.map((column) => table.cell(row, column)),
    );
    const counts = cells.flatMap((cell) => (cell ? [cell.count] : []));
    expect(counts.toSorted()).toEqual([1, 2, 7, 9]);
    expect(table.cell('Kyiv', '2025-01')).toBeNull();
  });

  it('goes from the worst damage to the least, and from the border outward', () => {
    const damage = tabulate(
      [group(['none_visible', 'x'], 9), group(['destroyed', 'x'], 1)],
      ['damage', 'country'],
    );
    expect(damage.rows).toEqual(['destroyed', 'none_visible']);
    const bands = ['100-250', 'inside', '5-10', '0-1'].map((band) => group([band, 'x'], 1));
    expect(tabulate(bands, ['distance_band', 'country']).rows).toEqual([
      'inside',
      '0-1',
      '5-10',
      '100-250',
    ]);
  });
});
