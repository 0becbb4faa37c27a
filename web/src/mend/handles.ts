// Two handles over the map: one moves the point, one the radius of its circle. They are buttons of the page, so
// that the keyboard moves them too.

import { h } from '../dom.ts';
import { circle, distance } from '../geodesic.ts';
import type { IncidentMap } from '../map.ts';
import { pulled, rounded, stand } from '../pull.ts';
import type { Position } from '../types.ts';
import { printLength, type Words } from '../words.ts';

interface HandleEvents {
  moved(place: Position): void;
  widened(radius: number): void;
}

export interface Handles {
  /** Where they stand: at the place, and at the circle's eastern edge. */
  show(place: Position | null, radius: number | null): void;
  name(words: Words): void;
  remove(): void;
}

/** The least and the largest radius that a handle makes, in meters. */
const RADII: readonly [number, number] = [10, 100_000];

export function createHandles(map: IncidentMap, side: HTMLElement, events: HandleEvents): Handles {
  const point = h('button', { type: 'button', class: 'handle point' });
  const edge = h('button', { type: 'button', class: 'handle edge', role: 'slider' });
  edge.setAttribute('aria-valuemin', String(RADII[0]));
  edge.setAttribute('aria-valuemax', String(RADII[1]));
  side.append(point, edge);
  const shown = { place: null as Position | null, radius: null as number | null };
  let said: Words | null = null;

  function put(): void {
    const { place, radius } = shown;
    // A radius out of sight is set by its number only.
    const east = place && radius ? edgeOf(place, radius) : null;
    stand(point, side, place && map.project(place));
    stand(edge, side, east && map.project(east));
  }

  function edgeOfShown(): Position | null {
    return shown.place && shown.radius ? edgeOf(shown.place, shown.radius) : null;
  }

  pulled(point, {
    side,
    at: () => shown.place && map.project(shown.place),
    moved(x, y) {
      const [lng, lat] = map.unproject(x, y);
      events.moved([rounded(lng), rounded(lat)]);
    },
  });
  pulled(edge, {
    side,
    at() {
      const east = edgeOfShown();
      return east && map.project(east);
    },
    moved(x, y) {
      if (!shown.place) return;
      const meters = distance(shown.place, map.unproject(x, y));
      events.widened(Math.round(Math.min(RADII[1], Math.max(RADII[0], meters))));
    },
    // Up is wider, as for any slider.
    along: ([x, y]) => (y === 0 ? [x, 0] : [-y, 0]),
  });
  const stop = map.onMove(put);

  return {
    show(place, radius) {
      Object.assign(shown, { place, radius });
      if (radius !== null) {
        edge.setAttribute('aria-valuenow', String(radius));
        if (said) edge.setAttribute('aria-valuetext', printLength(said, radius));
      }
      put();
    },
    name(words) {
      said = words;
      point.setAttribute('aria-label', words.t('mend.handle.point'));
      edge.setAttribute('aria-label', words.t('mend.handle.radius'));
    },
    remove() {
      stop();
      point.remove();
      edge.remove();
    },
  };
}

function edgeOf(place: Position, radius: number): Position {
  // Corners of the circle run from north by west: the last quarter is east.
  return circle(place, radius, 4)[3] ?? place;
}
