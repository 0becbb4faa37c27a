// Lines and circles on the WGS84 ellipsoid, as GeoJSON to draw: the line drawn is the geodesic that
// was measured. Lines are cut at the antimeridian (RFC 7946 §3.1.9).
//
// Accuracy: Karney's, a few nanometers at the vertices. Between them the map draws straight lines in
// Mercator, which part from the geodesic by less than a pixel at the chosen spacing.

import geographiclib from 'geographiclib-geodesic';
import type { Bounds, Position } from './types.ts';

const { Geodesic } = geographiclib;
const earth = Geodesic.WGS84;

/** Points at most this far apart, in meters, but never more than `MOST_POINTS` of them. */
const SPACING = 20_000;
const MOST_POINTS = 256;

export function distance(from: Position, to: Position): number {
  return earth.Inverse(from[1], from[0], to[1], to[0]).s12 ?? 0;
}

/** The geodesic from one place to another: one part, or two when it crosses the antimeridian. */
export function geodesicLine(from: Position, to: Position): Position[][] {
  const line = earth.InverseLine(from[1], from[0], to[1], to[0]);
  const length = line.s13;
  const steps = Math.min(MOST_POINTS, Math.max(1, Math.ceil(length / SPACING)));
  const points: Position[] = [];
  for (let step = 0; step <= steps; step++) {
    const at = line.Position((length * step) / steps);
    points.push([at.lon2 ?? 0, at.lat2 ?? 0]);
  }
  return splitAtAntimeridian(points);
}

/** The place halfway along the geodesic. */
export function midpoint(from: Position, to: Position): Position {
  const line = earth.InverseLine(from[1], from[0], to[1], to[0]);
  const at = line.Position(line.s13 / 2);
  return [at.lon2 ?? 0, at.lat2 ?? 0];
}

/** The places `radius` meters away from `center`, as a closed ring. Longitudes may run past ±180. */
export function circle(center: Position, radius: number, corners = 96): Position[] {
  const ring: Position[] = [];
  for (let corner = 0; corner < corners; corner++) {
    // GeoJSON wants an exterior ring counterclockwise, and azimuths run clockwise.
    const at = earth.Direct(center[1], center[0], (-360 * corner) / corners, radius);
    ring.push([near(at.lon2 ?? 0, center[0]), at.lat2 ?? 0]);
  }
  const [first] = ring;
  if (first) ring.push(first);
  return ring;
}

/** The box around some places, the short way round. */
export function boundsOf(places: readonly Position[]): Bounds | null {
  const [first] = places;
  if (!first) return null;
  let [west, south] = first;
  let [east, north] = first;
  for (const place of places) {
    const lng = near(place[0], first[0]);
    west = Math.min(west, lng);
    east = Math.max(east, lng);
    south = Math.min(south, place[1]);
    north = Math.max(north, place[1]);
  }
  return [west, south, east, north];
}

function splitAtAntimeridian(points: readonly Position[]): Position[][] {
  const parts: Position[][] = [];
  let part: Position[] = [];
  let before: Position | null = null;
  for (const point of points) {
    if (before && Math.abs(point[0] - before[0]) > 180) {
      // Both ends are near ±180 here, so the crossing is found well enough along a straight line.
      const edge = before[0] > 0 ? 180 : -180;
      const beyond = near(point[0], before[0]);
      const share = beyond === before[0] ? 0 : (edge - before[0]) / (beyond - before[0]);
      const lat = before[1] + share * (point[1] - before[1]);
      part.push([edge, lat]);
      parts.push(part);
      part = [[-edge, lat]];
    }
    part.push(point);
    before = point;
  }
  parts.push(part);
  return parts;
}

/** The same meridian, written within half a turn of `reference`. */
function near(lng: number, reference: number): number {
  return lng - 360 * Math.round((lng - reference) / 360);
}
