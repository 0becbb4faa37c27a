import { describe, expect, it } from 'vitest';
import { decode, readCollection, readLines, readRows, readTable } from '../../src/mend/rows.ts';
import type { Fault } from '../../src/mend/write.ts';

const at = (line: number, index: number | null = null): Fault => ({
  index,
  line,
  column: null,
  pointer: null,
  field: null,
  problem: '',
  hint: null,
});

describe('a table', () => {
  const text =
    'id;date;what\r\n1;2024-05-01;"a ""port"";\nhit"\r\n\r\n2;1527-05-03;fire\r\n3;2024;flood';

  it('is taken apart with its delimiter, quotes, cells of several lines and lines of nothing', () => {
    const rows = readTable(text);
    expect(rows?.columns).toEqual(['id', 'date', 'what']);
    expect(rows?.cells(0)).toEqual(['1', '2024-05-01', 'a "port";\nhit']);
    expect(rows?.cells(2)).toEqual(['3', '2024', 'flood']);
    expect(rows?.cells(3)).toEqual([]);
  });

  it('finds the record of a fault by its line, whichever line of the record that is', () => {
    const rows = readTable(text);
    expect([2, 3, 4, 5, 6, 7].map((line) => rows?.find(at(line)))).toEqual([
      0,
      0,
      null,
      1,
      2,
      null,
    ]);
  });

  it('is as it was but for the records that were mended', () => {
    const rows = readTable(text);
    const mended = rows?.withChanges(new Map([[1, ['2', '2024-05-03', 'fire; "large"']]]));
    expect(mended).toBe(text.replace('2;1527-05-03;fire', '2;2024-05-03;"fire; ""large"""'));
    expect(rows?.withChanges(new Map())).toBe(text);
  });

  it('gives the mended records alone under the same header, in the order of the file', () => {
    const changes = new Map([
      [2, ['3', '2024-06', 'flood']],
      [1, ['2', '2024-05-03', 'fire']],
    ]);
    expect(readTable(text)?.only(changes)).toBe(
      'id;date;what\n2;2024-05-03;fire\n3;2024-06;flood\n',
    );
  });

  it('of one column is none, and a byte order mark belongs to no name', () => {
    expect(readTable('just a text\nof lines')).toBeNull();
    expect(readTable('\uFEFFid,date\n1,2024')?.columns).toEqual(['id', 'date']);
  });

  it('is read again as it was written, for cells of any kind', () => {
    for (const cell of ['', ' a ', '"', 'a"b', 'a,b', 'a\nb', 'ї', "''"]) {
      const rows = readTable('a,b\nx,y\n');
      const written = rows?.only(new Map([[0, ['x', cell]]])) ?? '';
      expect(readTable(written)?.cells(0)).toEqual(['x', cell]);
    }
  });
});

describe('records of JSON', () => {
  it('are lines of a file, and a mended one stays on one line', () => {
    const rows = readLines('{"id":1}\n\n{"id":2}\r\n{"id":3}');
    expect(rows.cells(1)).toEqual(['{"id":2}']);
    expect(rows.find(at(3))).toBe(1);
    expect(rows.withChanges(new Map([[1, ['{\n "id": 9\n}']]]))).toBe(
      '{"id":1}\n\n{ "id": 9 }\r\n{"id":3}',
    );
  });

  it('are the features of a collection, whose other members stay', () => {
    const rows = readCollection(
      '{"type":"FeatureCollection","name":"x","features":[{"id":1},{"id":2}]}',
    );
    const mended = rows?.withChanges(new Map([[1, ['{"id":9}']]])) ?? '';
    expect(JSON.parse(mended)).toEqual({
      type: 'FeatureCollection',
      name: 'x',
      features: [{ id: 1 }, { id: 9 }],
    });
    expect(JSON.parse(rows?.only(new Map([[1, ['{"id":9}']]])) ?? '').features).toEqual([
      { id: 9 },
    ]);
    expect(rows?.find(at(1, 1))).toBe(1);
    expect(rows?.find(at(1, 7))).toBeNull();
  });

  it('are not looked for in forms that are not read here', () => {
    expect(readRows('a.xlsx', 'PK')).toBeNull();
    expect(readRows('a.json', '{"results": []}')).toBeNull();
    expect(readRows('A.CSV', 'a,b\n1,2')?.isTable).toBe(true);
  });
});

describe('the bytes of a file', () => {
  const bytes = (...all: number[]) => new Uint8Array(all).buffer;

  it('are UTF-8 when they can be, else what their mark says, else a guess', () => {
    expect(decode(bytes(0xd1, 0x97), null)).toEqual({ text: 'ї', encoding: 'utf-8' });
    expect(decode(bytes(0xff, 0xfe, 0x57, 0x04), null)).toEqual({
      text: 'ї',
      encoding: 'utf-16le',
    });
    expect(decode(bytes(0xfe, 0xff, 0x04, 0x57), null)).toEqual({
      text: 'ї',
      encoding: 'utf-16be',
    });
    expect(decode(bytes(0xe9), null)).toEqual({ text: 'é', encoding: 'windows-1252' });
  });

  it('are what the reader says', () => {
    expect(decode(bytes(0xbf), 'windows-1251')).toEqual({ text: 'ї', encoding: 'windows-1251' });
  });
});
