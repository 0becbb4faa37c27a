import { describe, expect, it } from 'vitest';
import {
  bandFeatures,
  cellsAtBorder,
  finer,
  type Grid,
  type Sample,
  type Sampled,
  zoomsOf,
} from '../src/band.ts';
import { BAND_LAYERS, mapStyle, NO_BAND, THEMES } from '../src/layers.ts';
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
    const band = bandFeatures({ ...grid, samples }, 5000, { inside: true, possible: true });
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
    const band = bandFeatures({ ...grid, samples }, 5000, { inside: false, possible: false });
    expect([area(band, 'inside'), area(band, 'possible')]).toEqual([0, 0]);
    expect(area(band, 'certain')).toBeCloseTo(48, 6);
  });

  it('has a gap where nothing is known', () => {
    const holed = samples.map((sample, index) => (index % columns === 22 ? null : sample));
    const band = bandFeatures({ ...grid, samples: holed }, 5000, {
      inside: false,
      possible: false,
    });
    expect(area(band, 'certain')).toBeCloseTo((4.8 - 2) * 10, 0);
  });

  it('has parts that agree with judging each place by itself', () => {
    const limit = 3000;
    const band = bandFeatures({ ...grid, samples }, limit, { inside: true, possible: true });
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

describe('a border with bends', () => {
  /** A river that swings about the meridian 0.04, with the territory to the west; degrees. */
  const riverAt = (lat: number) => 0.04 + 0.006 * Math.sin(lat * 900);
  const river: Position[] = Array.from({ length: 1000 }, (_, index) => {
    const lat = -0.01 + index * 0.0001;
    return [riverAt(lat), lat];
  });
  const sampleAt = ([lng, lat]: Position): Sample => {
    const near = river.filter((point) => Math.abs(point[1] - lat) < 0.01);
    // By the equator a degree is so many meters.
    const away = Math.min(
      ...near.map(([x, y]) => Math.hypot((x - lng) * 111_320, (y - lat) * 110_574)),
    );
    const signed = lng < riverAt(lat) ? -away : away;
    return { signed, low: Math.max(0, signed), high: Math.max(0, signed) };
  };
  const sampled = (one: Grid): Sampled => ({ ...one, samples: one.places.map(sampleAt) });
  const step = 0.004;
  const places: Position[] = [];
  for (let row = 0; row < 17; row++) {
    for (let column = 0; column < 21; column++) places.push([column * step, 0.07 - row * step]);
  }
  const coarse = sampled({ columns: 21, places });
  const cells = cellsAtBorder(coarse);

  it('is looked at again in every cell that it runs through, and in few others', () => {
    const crossed = new Set<number>();
    for (const [lng, lat] of river) {
      const [column, row] = [Math.floor(lng / step), Math.floor((0.07 - lat) / step)];
      if (row >= 0 && row < 16) crossed.add(row * 21 + column);
    }
    for (const at of crossed) expect(cells, `cell ${at}`).toContain(at);
    expect(cells.length).toBeLessThan(3 * crossed.size);
  });

  it('parts inside from near better than the first grid does, as judging each place by itself tells', () => {
    const shown = { inside: true, possible: true };
    const fine = finer(coarse, cells).map(sampled);
    const wrong = (band: GeoJSON.FeatureCollection) => {
      const rings = (role: string) =>
        band.features
          .filter((feature) => feature.properties?.role === role)
          .flatMap((feature) => (feature.geometry as GeoJSON.MultiPolygon).coordinates)
          .map(([ring]) => ring as unknown as Position[]);
      const [inside, near] = [rings('inside'), rings('certain')];
      const torn: string[] = [];
      let count = 0;
      for (let lat = 0.00913; lat < 0.06; lat += 0.002307) {
        for (let lng = 0.03031; lng < 0.05; lng += 0.000703) {
          const isIn = inside.some((ring) => holds(ring, lng, lat));
          const isNear = near.some((ring) => holds(ring, lng, lat));
          // Every place is shaded, and once: the grids fit together.
          if (isIn === isNear) torn.push(`${lng} ${lat}`);
          if (isIn !== lng < riverAt(lat)) count++;
        }
      }
      expect(torn).toEqual([]);
      return count;
    };
    const before = wrong(bandFeatures(coarse, 20_000, shown));
    const after = wrong(bandFeatures(coarse, 20_000, shown, cells, fine));
    expect(before).toBeGreaterThan(15);
    expect(after).toBeLessThan(before / 5);
  }, 30_000);
});

describe('a band that was measured for another scale', () => {
  it('is drawn only where its cells are not much larger than they were meant to be', () => {
    const sources = { ...NO_BAND, bandZooms: zoomsOf(8), incidents: '', labelFrom: 1 };
    const none = NO_BAND.band;
    const naming = { countries: [], placeName: 'name', targets: [] } as const;
    const rest = {
      territories: '',
      ground: none,
      borderRivers: none,
      places: none,
      basemap: null,
      measured: none,
      drawn: none,
    };
    const { layers } = mapStyle(THEMES.light, { ...sources, ...rest }, naming);
    for (const name of BAND_LAYERS) {
      const layer = layers.find(({ id }) => id === name);
      const [least, most] = [layer?.minzoom ?? 0, layer?.maxzoom ?? 24];
      expect(8 >= least && 8 < most, name).toBe(true);
      expect(most, name).toBeLessThan(8.6);
      expect(least, name).toBeGreaterThan(6.9);
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
