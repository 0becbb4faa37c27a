// What is drawn for one measured place, as GeoJSON with a `role` for each part: the place itself, the
// circle it is known to lie in, the geodesic to the border, its foot, and its length in words.

import { circle, geodesicLine, midpoint } from './geodesic.ts';
import type { Measure, Position } from './types.ts';

interface Drawing {
  place: Position;
  radius: number | null;
  measure: Measure | null;
  /** The words at the line. */
  text: string;
  /** The sign of the incident, by the name of its image; none for a place that was only clicked. */
  image: string | null;
}

export const NOTHING: GeoJSON.FeatureCollection = { type: 'FeatureCollection', features: [] };

/** A radius beyond this is no longer a place: the circle would hide the map. */
const LARGEST_CIRCLE = 300_000;

export function drawMeasured(drawing: Drawing): GeoJSON.FeatureCollection {
  const { place, radius, measure, text, image } = drawing;
  const features: GeoJSON.Feature[] = [];
  if (radius !== null && radius > 0 && radius <= LARGEST_CIRCLE) {
    features.push(
      feature('precision', { type: 'Polygon', coordinates: [circle(place, radius).map(copy)] }),
    );
  }
  const foot = measure?.nearestPoint;
  if (foot && (foot[0] !== place[0] || foot[1] !== place[1])) {
    const parts = geodesicLine(place, foot).map((part) => part.map(copy));
    features.push(feature('geodesic', { type: 'MultiLineString', coordinates: parts }));
    features.push(feature('foot', { type: 'Point', coordinates: copy(foot) }));
    features.push(
      feature(
        'length',
        { type: 'Point', coordinates: copy(midpoint(place, foot)) },
        { text, anchor: anchorFor(measure.azimuth) },
      ),
    );
  }
  const sign: Record<string, string> = image ? { image } : {};
  features.push(feature('chosen', { type: 'Point', coordinates: copy(place) }, sign));
  return { type: 'FeatureCollection', features };
}

/** Words stand beside a line that runs north or south, and above one that runs east or west. */
function anchorFor(azimuth: number | null): 'left' | 'bottom' {
  const steepness = Math.abs(Math.cos(((azimuth ?? 0) * Math.PI) / 180));
  return steepness > 0.5 ? 'left' : 'bottom';
}

function feature(
  role: string,
  geometry: GeoJSON.Geometry,
  properties: Record<string, string> = {},
): GeoJSON.Feature {
  return { type: 'Feature', properties: { role, ...properties }, geometry };
}

function copy(position: Position): [number, number] {
  return [position[0], position[1]];
}
