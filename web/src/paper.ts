// What is printed in the place of the map: a picture by the server, in the reader's language and light colours. What a
// browser drew with WebGL may be gone when it prints, and has neither scale nor origin on it.

import { pictureOfAll, pictureOfOne } from './api.ts';
import type { App } from './app.ts';
import { byId } from './dom.ts';
import { listParams } from './state.ts';
import type { Bounds, Position } from './types.ts';

/** Says where the picture of what is shown is; a browser asks for it when it prints, since it is lazy and not on the screen. */
export function followOnPaper(app: App): void {
  const { state, words, screen } = app;
  const image = byId<HTMLImageElement>('on-paper');
  const shown = listParams({ ...state, inView: true }, screen.bounds);
  shown.delete('sortby');
  image.src = state.id
    ? pictureOfOne(state.id, state.of, state.lang)
    : pictureOfAll(shown, state.lang);
  image.alt = words.t('map.label');
  tellPart(app);
}

/**
 * Says how many of those that are listed are in the picture: the list is of all, wherever the map is. Of a list that is not here
 * whole it says only that: the picture has its own count, and a map that moves asks for nothing that is seldom printed.
 */
function tellPart({ state, words, screen }: App): void {
  const { matched, bounds, incidents } = screen;
  const said = byId('on-paper-said');
  said.textContent = '';
  if (state.id || state.inView || matched === null || !bounds) return;
  if (screen.next !== null) {
    said.textContent = words.t('paper.part.some');
    return;
  }
  const n = incidents.filter(({ places }) => places.some((place) => isIn(bounds, place))).length;
  if (n !== matched) said.textContent = words.t('paper.part', { count: matched, matched, n });
}

export function isIn([west, south, east, north]: Bounds, [lng, lat]: Position): boolean {
  const isBetween = west <= east ? west <= lng && lng <= east : lng >= west || lng <= east;
  return isBetween && south <= lat && lat <= north;
}
