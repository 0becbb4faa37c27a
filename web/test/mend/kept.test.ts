import { describe, expect, it } from 'vitest';
import { rowsOfKept } from '../../src/mend/import-parts.ts';
import type { Kept } from '../../src/mend/write.ts';

const kept = (header: string | null, record: unknown, line: number): Kept => ({
  header,
  index: line,
  line,
  record,
  faults: [
    { index: line, line, column: 2, pointer: null, field: 'date', problem: 'wrong', hint: null },
  ],
});

describe('records that the server kept', () => {
  it('of a table are a table again, and each fault is at its row, whatever lines that has', () => {
    const all = rowsOfKept([kept('id;date', '1;"a\nb"', 90), kept('id;date', '2;x', 91)]);
    expect(all?.type).toBe('text/csv');
    expect(all?.faults.map((fault) => all.rows.find(fault))).toEqual([0, 1]);
    expect(all?.rows.cells(0)).toEqual(['1', 'a\nb']);
    expect(all?.rows.only(new Map([[1, ['2', '2024']]]))).toBe('id;date\n2;2024\n');
  });

  it('of another form are lines of JSON, given as they came or as a value', () => {
    const all = rowsOfKept([kept(null, '{\n "id": 1}', 5), kept(null, { id: 2 }, 9)]);
    expect(all?.type).toBe('application/x-ndjson');
    expect(all?.faults.map((fault) => all.rows.find(fault))).toEqual([0, 1]);
    expect(all?.rows.cells(1)).toEqual(['{"id":2}']);
    expect(all?.rows.only(new Map([[0, all.rows.cells(0)]]))).toBe('{ "id": 1}\n');
  });

  it('are none when there are none', () => {
    expect(rowsOfKept([])?.faults).toEqual([]);
  });
});
