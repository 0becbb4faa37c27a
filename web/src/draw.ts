// An area or a circle drawn on the map: corner by corner, by clicks, by the cross and Enter, or as
// typed numbers. What is not finished is kept here; what is finished is in the state.

import { circle as circleRing, distance } from './geodesic.ts';
import { MOST_CORNERS, type State, type Tool } from './state.ts';
import type { Circle, Position } from './types.ts';

export type DrawnTool = Exclude<Tool, 'measure'>;

/** What a click made of the points so far: more points, or a whole figure. */
type Drawn =
  | { kind: 'points'; points: Position[] }
  | { kind: 'area'; area: Position[] }
  | { kind: 'circle'; circle: Circle };

/** A click: the next corner; of a circle first the center, then any place on its rim. */
export function addPoint(tool: DrawnTool, points: readonly Position[], place: Position): Drawn {
  const [center] = points;
  if (tool === 'area' || !center) {
    return { kind: 'points', points: [...points, place].slice(0, MOST_CORNERS) };
  }
  const km = distance(center, place) / 1000;
  if (km < 0.01) return { kind: 'points', points: [center] };
  // Three digits: a rim that was clicked is no better known.
  return { kind: 'circle', circle: { center, km: Number(km.toPrecision(3)) } };
}

/** The corners so far as an area; `null` while there are too few. */
export function finish(points: readonly Position[]): Position[] | null {
  return points.length >= 3 ? [...points] : null;
}

/** Typed corners: a longitude and a latitude on each line. A number is the line that cannot be read. */
export function readCorners(text: string): Position[] | number {
  const corners: Position[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (!line.trim()) continue;
    const place = readPlace(line);
    if (!place) return index + 1;
    corners.push(place);
  }
  return corners;
}

/** Two numbers of degrees, longitude first, apart by a blank, a comma or a semicolon. */
export function readPlace(text: string): Position | null {
  const parts = text.trim().split(/[\s,;]+/);
  const [lng, lat] = parts.map(Number);
  if (parts.length !== 2 || lng === undefined || lat === undefined) return null;
  return Math.abs(lng) <= 180 && Math.abs(lat) <= 90 ? [lng, lat] : null;
}

export function writeCorners(corners: readonly Position[]): string {
  return corners.map(([lng, lat]) => `${lng} ${lat}`).join('\n');
}

/** What is drawn for the figures of a state and for one being drawn: `role` is `figure`, `edge` or `corner`. */
export function drawnFeatures(
  state: Pick<State, 'area' | 'circle'>,
  points: readonly Position[],
): GeoJSON.FeatureCollection {
  const features: GeoJSON.Feature[] = [];
  const [first] = state.area;
  if (first) features.push(figure([...state.area, first]));
  if (state.circle) features.push(figure(circleRing(state.circle.center, state.circle.km * 1000)));
  if (points.length > 1)
    features.push(feature('edge', { type: 'LineString', coordinates: points.map(copy) }));
  for (const point of points)
    features.push(feature('corner', { type: 'Point', coordinates: copy(point) }));
  return { type: 'FeatureCollection', features };
}

function figure(ring: readonly Position[]): GeoJSON.Feature {
  return feature('figure', { type: 'Polygon', coordinates: [ring.map(copy)] });
}

function feature(role: string, geometry: GeoJSON.Geometry): GeoJSON.Feature {
  return { type: 'Feature', properties: { role }, geometry };
}

function copy(position: Position): [number, number] {
  return [position[0], position[1]];
}
