// The band within X km of a territory, cut from distances that the server measured at the corners of a
// grid over the map. Between corners they are taken to change evenly, so an edge of the band is good to
// a small part of a cell where the border is smooth; no incident is judged by it.
//
// `certain`: a place known exactly is surely so near. `possible`: the accuracy of the border leaves it
// open. `inside`: in the territory itself, which is not near it.

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

export type BandRole = 'certain' | 'possible' | 'inside';

export function bandFeatures(
  grid: Grid,
  samples: readonly (Sample | null)[],
  limit: number,
  shown: { inside: boolean; possible: boolean },
): GeoJSON.FeatureCollection {
  const parts: Record<BandRole, Position[][]> = { certain: [], possible: [], inside: [] };
  for (const triangle of triangles(grid, samples)) {
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

/** Two triangles for each cell; none where a corner is not known. */
function* triangles(grid: Grid, samples: readonly (Sample | null)[]): Generator<Known[]> {
  const { columns, places } = grid;
  const known = (index: number): Known | null => {
    const [place, sample] = [places[index], samples[index]];
    return place && sample ? [place, sample] : null;
  };
  for (let at = 0; at + columns + 1 < places.length; at++) {
    if (at % columns === columns - 1) continue;
    const [a, b] = [known(at), known(at + 1)];
    const [c, d] = [known(at + columns), known(at + columns + 1)];
    if (!a || !b || !c || !d) continue;
    yield [a, c, b];
    yield [b, c, d];
  }
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
  const mix = (x: number, y: number) => x + share * (y - x);
  return [
    [mix(a[0], b[0]), mix(a[1], b[1])],
    {
      signed: mix(from.signed, to.signed),
      low: mix(from.low, to.low),
      high: mix(from.high, to.high),
    },
  ];
}

function keep(rings: Position[][], polygon: readonly Known[]): void {
  const ring = polygon.map(([place]) => place);
  const [first] = ring;
  if (first && ring.length >= 3) rings.push([...ring, first]);
}
