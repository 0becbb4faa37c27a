// The band within X km of a territory, cut from distances that the server measured at the corners of a
// grid over the map. Between corners they are taken to change evenly, so an edge of the band is good to
// a small part of a cell where the border is smooth; no incident is judged by it. Where the border itself
// may run, cells are measured again at the corners of smaller ones, so that the band ends at the line that
// is drawn and not across its bends.
//
// `certain`: a place known exactly is surely so near. `possible`: the accuracy of the border leaves it
// open. `inside`: in the territory itself, which is not near it.

import { distance } from './geodesic.ts';
import type { Position } from './types.ts';

/** What is known at one corner, in meters; `null` where the border set is too coarse to tell. */
export interface Sample {
  /** Negative inside. */
  signed: number;
  low: number;
  high: number;
}

/** Corners row by row from the north west. */
export interface Grid {
  columns: number;
  places: Position[];
}

/** A grid with what is known at its corners. */
export interface Sampled extends Grid {
  samples: readonly (Sample | null)[];
}

/** How far apart the corners are, in pixels of the scale they are measured for. */
export const CELL = 16;

/** The most corners that are measured for the sake of the border alone. */
const MOST_FINE = 12_000;

/**
 * The zooms at which a band may be looked at that was measured for `zoom`: nearer, its cells would be so large that
 * its edge is not the border; much farther, it would be a patch in the middle of the map.
 */
export function zoomsOf(zoom: number): [number, number] {
  return [Math.max(0, zoom - 1), zoom + Math.log2(1.5)];
}

/**
 * The cells that the border may run through, each by its north western corner: a distance changes by no more than the
 * way, so from every corner of such a cell it is at most the diagonal to the border.
 */
export function cellsAtBorder({ columns, places, samples }: Sampled): number[] {
  const found: number[] = [];
  let [row, reach] = [-1, 0];
  for (const at of cellsOf(columns, places.length)) {
    const corners = cornersOf(at, columns);
    const [first, , , last] = corners.map((corner) => places[corner]);
    if (!first || !last) continue;
    if (Math.floor(at / columns) !== row) {
      row = Math.floor(at / columns);
      // Rows of a map are level, so its cells are alike; the other diagonal may be a little longer.
      reach = 1.02 * distance(first, last);
    }
    const isNear = (corner: number) => Math.abs(samples[corner]?.signed ?? Infinity) <= reach;
    if (corners.every(isNear)) found.push(at);
  }
  return found;
}

/** The grid of each of these cells, with sides a quarter as long; half as long when there would be too many. */
export function finer(grid: Grid, cells: readonly number[]): Grid[] {
  const parts = [4, 2].find((each) => cells.length * each ** 2 <= MOST_FINE);
  return parts ? cells.map((at) => divided(grid, at, parts)) : [];
}

function divided({ columns, places }: Grid, at: number, parts: number): Grid {
  const [a, b, c, d] = cornersOf(at, columns).map((corner) => places[corner] ?? [0, 0]);
  const fine: Position[] = [];
  if (!a || !b || !c || !d) return { columns: 0, places: fine };
  for (let row = 0; row <= parts; row++) {
    for (let column = 0; column <= parts; column++) {
      const [x, y] = [column / parts, row / parts];
      const of = (axis: 0 | 1) => mix(mix(a[axis], b[axis], x), mix(c[axis], d[axis], x), y);
      fine.push([of(0), of(1)]);
    }
  }
  return { columns: parts + 1, places: fine };
}

type BandRole = 'certain' | 'possible' | 'inside';

/** The parts of the band over a grid, and over those that take the place of its cells `replaced`. */
export function bandFeatures(
  grid: Sampled,
  limit: number,
  shown: { inside: boolean; possible: boolean },
  replaced: readonly number[] = [],
  fine: readonly Sampled[] = [],
): GeoJSON.FeatureCollection {
  const parts: Record<BandRole, Position[][]> = { certain: [], possible: [], inside: [] };
  for (const triangle of allTriangles(grid, new Set(replaced), fine)) {
    if (shown.inside)
      keep(
        parts.inside,
        cut(triangle, (sample) => sample.signed),
      );
    const outside = cut(triangle, (sample) => -sample.signed);
    keep(
      parts.certain,
      cut(outside, (sample) => sample.high - limit),
    );
    if (!shown.possible) continue;
    const farther = cut(outside, (sample) => limit - sample.high);
    keep(
      parts.possible,
      cut(farther, (sample) => sample.low - limit),
    );
  }
  return {
    type: 'FeatureCollection',
    features: (Object.keys(parts) as BandRole[]).map((role) => ({
      type: 'Feature',
      properties: { role },
      geometry: {
        type: 'MultiPolygon',
        coordinates: parts[role].map((ring) => [ring.map(([lng, lat]) => [lng, lat])]),
      },
    })),
  };
}

type Known = readonly [Position, Sample];

function* allTriangles(
  grid: Sampled,
  replaced: ReadonlySet<number>,
  fine: readonly Sampled[],
): Generator<Known[]> {
  yield* triangles(grid, replaced);
  for (const one of fine) yield* triangles(one, new Set());
}

/** Two triangles for each cell; none where a corner is not known. */
function* triangles(
  { columns, places, samples }: Sampled,
  without: ReadonlySet<number>,
): Generator<Known[]> {
  const known = (index: number): Known | null => {
    const [place, sample] = [places[index], samples[index]];
    return place && sample ? [place, sample] : null;
  };
  for (const at of cellsOf(columns, places.length)) {
    if (without.has(at)) continue;
    const [a, b, c, d] = cornersOf(at, columns).map(known);
    if (!a || !b || !c || !d) continue;
    yield [a, c, b];
    yield [b, c, d];
  }
}

/** The north western corners of all cells. */
function* cellsOf(columns: number, corners: number): Generator<number> {
  for (let at = 0; at + columns + 1 < corners; at++) {
    if (at % columns !== columns - 1) yield at;
  }
}

/** North west, north east, south west, south east. */
function cornersOf(at: number, columns: number): [number, number, number, number] {
  return [at, at + 1, at + columns, at + columns + 1];
}

/** The part of a polygon where `of` is at most 0; what is new is halfway in proportion (Sutherland and Hodgman). */
function cut(polygon: readonly Known[], of: (sample: Sample) => number): Known[] {
  const kept: Known[] = [];
  polygon.forEach((here, index) => {
    const next = polygon[(index + 1) % polygon.length] ?? here;
    const [value, beyond] = [of(here[1]), of(next[1])];
    if (value <= 0) kept.push(here);
    if (value <= 0 !== beyond <= 0) kept.push(between(here, next, value / (value - beyond)));
  });
  return kept;
}

function between([a, from]: Known, [b, to]: Known, share: number): Known {
  return [
    [mix(a[0], b[0], share), mix(a[1], b[1], share)],
    {
      signed: mix(from.signed, to.signed, share),
      low: mix(from.low, to.low, share),
      high: mix(from.high, to.high, share),
    },
  ];
}

/** Exact at both ends, so that cells that share an edge share its corners. */
function mix(x: number, y: number, share: number): number {
  return (1 - share) * x + share * y;
}

function keep(rings: Position[][], polygon: readonly Known[]): void {
  const ring = polygon.map(([place]) => place);
  const [first] = ring;
  if (first && ring.length >= 3) rings.push([...ring, first]);
}
