// Two handles over the map: one moves the point, one the radius of its circle. They are buttons of the page, so
// that the keyboard moves them too: arrows by ten pixels, with Shift by one.

import { h } from '../dom.ts';
import { circle, distance } from '../geodesic.ts';
import type { IncidentMap } from '../map.ts';
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
const STEP = 10;

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
    stand(point, place);
    stand(edge, east);
  }

  function stand(handle: HTMLElement, at: Position | null): void {
    const pixel = at ? map.project(at) : null;
    const { clientWidth, clientHeight } = side;
    const isSeen =
      pixel &&
      pixel[0] >= 0 &&
      pixel[1] >= 0 &&
      pixel[0] <= clientWidth &&
      pixel[1] <= clientHeight;
    handle.hidden = !isSeen;
    if (pixel) handle.style.transform = `translate(${pixel[0]}px, ${pixel[1]}px)`;
  }

  function pulled(handle: HTMLElement, act: (x: number, y: number) => void): void {
    handle.addEventListener('pointerdown', (event) => {
      event.preventDefault();
      handle.focus();
      handle.setPointerCapture(event.pointerId);
    });
    handle.addEventListener('pointermove', (event) => {
      if (!handle.hasPointerCapture(event.pointerId)) return;
      const { left, top } = side.getBoundingClientRect();
      act(event.clientX - left, event.clientY - top);
    });
    handle.addEventListener('keydown', (event) => {
      const arrows: Record<string, [number, number]> = {
        ArrowLeft: [-1, 0],
        ArrowRight: [1, 0],
        ArrowUp: [0, -1],
        ArrowDown: [0, 1],
      };
      const arrow = arrows[event.key];
      if (!arrow) return;
      event.preventDefault();
      event.stopPropagation();
      const at = handle === point ? shown.place : edgeOfShown();
      const pixel = at && map.project(at);
      const by = event.shiftKey ? 1 : STEP;
      // Up is wider, as for any slider.
      const step: [number, number] =
        handle === edge && arrow[1] !== 0 ? [-arrow[1], 0] : [arrow[0], arrow[1]];
      if (pixel) act(pixel[0] + step[0] * by, pixel[1] + step[1] * by);
    });
  }

  function edgeOfShown(): Position | null {
    return shown.place && shown.radius ? edgeOf(shown.place, shown.radius) : null;
  }

  pulled(point, (x, y) => {
    const [lng, lat] = map.unproject(x, y);
    events.moved([rounded(lng), rounded(lat)]);
  });
  pulled(edge, (x, y) => {
    if (!shown.place) return;
    const meters = distance(shown.place, map.unproject(x, y));
    events.widened(Math.round(Math.min(RADII[1], Math.max(RADII[0], meters))));
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

/** To about a tenth of a meter: more digits would say what nobody knows. */
function rounded(degrees: number): number {
  return Number(degrees.toFixed(6));
}
