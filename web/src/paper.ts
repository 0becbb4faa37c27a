// What is printed in the place of the map: a picture by the server, in the reader's language and light colours. What a
// browser drew with WebGL may be gone when it prints, and has neither scale nor origin on it.

import { pictureOfAll, pictureOfOne } from './api.ts';
import type { App } from './app.ts';
import { byId } from './dom.ts';
import { listParams } from './state.ts';

/** Says where the picture of what is shown is; a browser asks for it when it prints, since it is lazy and not on the screen. */
export function followOnPaper({ state, words, screen }: App): void {
  const image = byId<HTMLImageElement>('on-paper');
  const shown = listParams({ ...state, inView: true }, screen.bounds);
  shown.delete('sortby');
  image.src = state.id
    ? pictureOfOne(state.id, state.of, state.lang)
    : pictureOfAll(shown, state.lang);
  image.alt = words.t('map.label');
}
