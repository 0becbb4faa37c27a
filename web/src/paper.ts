// What is printed in the place of the map: a picture by the server, in the reader's language and light colours. What a
// browser drew with WebGL may be gone when it prints, and has neither scale nor origin on it.

import { ApiError, findIncidents, isAbort, pictureOfAll, pictureOfOne } from './api.ts';
import type { App } from './app.ts';
import { byId } from './dom.ts';
import { listParams } from './state.ts';
import type { Bounds, Position } from './types.ts';

/** How long the map has to rest before the server is asked how many are on it, in milliseconds. */
const REST_MS = 600;

let counting = new AbortController();

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
  void tellPart(app, shown);
}

/** Says how many of those that are listed are in the picture: the list is of all, wherever the map is. */
async function tellPart({ state, words, screen }: App, shown: URLSearchParams): Promise<void> {
  counting.abort();
  counting = new AbortController();
  const { signal } = counting;
  const { matched, bounds, incidents } = screen;
  const said = byId('on-paper-said');
  said.textContent = '';
  if (state.id || state.inView || matched === null || !bounds) return;
  const say = (n: number) => {
    said.textContent = n === matched ? '' : words.t('paper.part', { count: matched, matched, n });
  };
  if (screen.next === null) {
    say(incidents.filter(({ places }) => places.some((place) => isIn(bounds, place))).length);
    return;
  }
  // Who prints before the answer is there is told as much as is known.
  said.textContent = words.t('paper.part.some');
  await new Promise((resolve) => setTimeout(resolve, REST_MS));
  if (signal.aborted) return;
  try {
    say((await findIncidents(shown, 1, signal)).matched);
  } catch (error) {
    if (!isAbort(error) && !(error instanceof ApiError)) throw error;
  }
}

export function isIn([west, south, east, north]: Bounds, [lng, lat]: Position): boolean {
  const isBetween = west <= east ? west <= lng && lng <= east : lng >= west || lng <= east;
  return isBetween && south <= lat && lat <= north;
}
