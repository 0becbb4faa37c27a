import { describe, expect, it } from 'vitest';
import { boundsOf, circle, distance, geodesicLine, midpoint } from '../src/geodesic.ts';
import type { Position } from '../src/types.ts';

describe('the geodesic', () => {
  it('ends where it should and has the length that was measured', () => {
    const kyiv: Position = [30.5234, 50.4501];
    const lviv: Position = [24.0297, 49.8397];
    expect(distance(kyiv, lviv)).toBeCloseTo(468_952.9, 1);
    const [line] = geodesicLine(kyiv, lviv);
    expect(line?.[0]?.[0]).toBeCloseTo(kyiv[0], 9);
    expect(line?.at(-1)?.[1]).toBeCloseTo(lviv[1], 9);
    let length = 0;
    for (let i = 1; i < (line?.length ?? 0); i++) {
      length += distance(line?.[i - 1] as Position, line?.[i] as Position);
    }
    expect(length).toBeCloseTo(468_952.9, 1);
  });

  it('is cut in two at the antimeridian, at the same latitude on both sides', () => {
    const parts = geodesicLine([179.5, -17], [-179.2, -16]);
    expect(parts).toHaveLength(2);
    const [west, east] = parts;
    expect(west?.at(-1)?.[0]).toBe(180);
    expect(east?.[0]?.[0]).toBe(-180);
    expect(west?.at(-1)?.[1]).toBe(east?.[0]?.[1]);
    for (const part of parts) {
      for (let i = 1; i < part.length; i++) {
        expect(Math.abs((part[i]?.[0] ?? 0) - (part[i - 1]?.[0] ?? 0))).toBeLessThan(180);
      }
    }
  });

  it('is one part when it only touches nothing', () => {
    expect(geodesicLine([28.8, 45.3], [28.8, 45.3])).toHaveLength(1);
  });

  it('has its middle in the middle', () => {
    const [a, b]: Position[] = [
      [179, 10],
      [-178, 12],
    ];
    if (!a || !b) throw new Error('two places');
    const middle = midpoint(a, b);
    expect(distance(a, middle)).toBeCloseTo(distance(middle, b), 3);
  });
});

describe('the circle', () => {
  it('is closed, counterclockwise, and everywhere as far as its radius', () => {
    const center: Position = [28.8372, 45.3512];
    const ring = circle(center, 3000);
    expect(ring[0]).toEqual(ring.at(-1));
    for (const corner of ring) expect(distance(center, corner)).toBeCloseTo(3000, 3);
    let area = 0;
    for (let i = 1; i < ring.length; i++) {
      const [a, b] = [ring[i - 1] as Position, ring[i] as Position];
      area += a[0] * b[1] - b[0] * a[1];
    }
    expect(area).toBeGreaterThan(0);
  });

  it('stays whole across the antimeridian', () => {
    const lngs = circle([179.99, -17], 50_000).map(([lng]) => lng);
    expect(Math.max(...lngs) - Math.min(...lngs)).toBeLessThan(2);
  });
});

describe('the box around places', () => {
  it('goes the short way round', () => {
    expect(boundsOf([])).toBeNull();
    const box = boundsOf([
      [179, -17],
      [-179, -16],
    ]);
    expect(box).toEqual([179, -17, 181, -16]);
  });
});
