import { describe, expect, it } from 'vitest';
import { bandFeatures, type Grid, type Sample } from '../src/band.ts';
import type { Position } from '../src/types.ts';

/** A border along x = 0 with the territory to the west; one unit is a kilometer; borders good to 200 m. */
const columns = 41;
const grid: Grid = { columns, places: [] };
const samples: Sample[] = [];
for (let row = 0; row < 11; row++) {
  for (let column = 0; column < columns; column++) {
    const x = column - 20.3;
    grid.places.push([x, -row]);
    const signed = x * 1000;
    samples.push({ signed, low: Math.max(0, signed - 200), high: Math.max(0, signed + 200) });
  }
}

function area(features: GeoJSON.FeatureCollection, role: string): number {
  const found = features.features.find((feature) => feature.properties?.role === role);
  if (found?.geometry.type !== 'MultiPolygon') throw new Error(role);
  let sum = 0;
  for (const [ring] of found.geometry.coordinates as unknown as Position[][][]) {
    (ring ?? []).forEach(([x, y], index) => {
      const [nextX, nextY] = ring?.[index + 1] ?? [x, y];
      sum += (x * nextY - nextX * y) / 2;
    });
  }
  return sum;
}

describe('the band', () => {
  it('is as wide as was asked, less and more by how good the border is, and never inside', () => {
    const band = bandFeatures(grid, samples, 5000, { inside: true, possible: true });
    expect(area(band, 'certain')).toBeCloseTo(4.8 * 10, 6);
    expect(area(band, 'possible')).toBeCloseTo(0.4 * 10, 6);
    expect(area(band, 'inside')).toBeCloseTo(20.3 * 10, 6);
    for (const feature of band.features) {
      if (feature.properties?.role === 'inside') continue;
      const rings = (feature.geometry as GeoJSON.MultiPolygon).coordinates.flat();
      expect(Math.min(...rings.flat().map(([x]) => x ?? 0))).toBeGreaterThanOrEqual(-1e-9);
    }
  });

  it('leaves out what was not asked for', () => {
    const band = bandFeatures(grid, samples, 5000, { inside: false, possible: false });
    expect([area(band, 'inside'), area(band, 'possible')]).toEqual([0, 0]);
    expect(area(band, 'certain')).toBeCloseTo(48, 6);
  });

  it('has a gap where nothing is known', () => {
    const holed = samples.map((sample, index) => (index % columns === 22 ? null : sample));
    const band = bandFeatures(grid, holed, 5000, { inside: false, possible: false });
    expect(area(band, 'certain')).toBeCloseTo((4.8 - 2) * 10, 0);
  });

  it('has parts that agree with judging each place by itself', () => {
    const limit = 3000;
    const band = bandFeatures(grid, samples, limit, { inside: true, possible: true });
    const ringsOf = (role: string) => {
      const found = band.features.find((feature) => feature.properties?.role === role);
      if (found?.geometry.type !== 'MultiPolygon') throw new Error(role);
      return found.geometry.coordinates.map(([ring]) => ring as unknown as Position[]);
    };
    const has = (role: string, x: number, y: number) =>
      ringsOf(role).some((ring) => holds(ring, x, y));
    for (let x = -19.97; x < 19; x += 0.431) {
      const y = -5.37;
      const signed = x * 1000;
      expect(has('inside', x, y), `inside ${x}`).toBe(signed < 0);
      expect(has('certain', x, y), `certain ${x}`).toBe(signed > 0 && signed + 200 <= limit);
      expect(has('possible', x, y), `possible ${x}`).toBe(
        signed > 0 && signed + 200 > limit && signed - 200 <= limit,
      );
    }
  });
});

function holds(ring: readonly Position[], x: number, y: number): boolean {
  let isIn = false;
  for (let index = 0; index + 1 < ring.length; index++) {
    const [[x1, y1], [x2, y2]] = [ring[index] as Position, ring[index + 1] as Position];
    if (y1 > y !== y2 > y && x < x1 + ((y - y1) / (y2 - y1)) * (x2 - x1)) isIn = !isIn;
  }
  return isIn;
}
