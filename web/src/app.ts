// What the parts of the page share: the state in the address, the words of its language, what is known of the world,
// the map, and what is on the screen.

import type { Hit, IncidentMap } from './map.ts';
import type { State } from './state.ts';
import type {
  Answer,
  Basemap,
  Boundary,
  Bounds,
  Incident,
  Measure,
  Position,
  Spread,
  World,
} from './types.ts';
import { type Words, wordsFor } from './words.ts';

/** What the panel tells of. */
type Subject =
  | {
      kind: 'incident';
      incident: Incident;
      measures: Measure[];
      boundary: Boundary | null;
      spread: Spread[];
    }
  | { kind: 'place'; place: Position; answer: Answer; measures: Measure[] };

export interface App {
  state: State;
  words: Words;
  world: World;
  readonly basemap: Basemap | null;
  /** `null` until it is there, and where the browser cannot draw one. */
  map: IncidentMap | null;
  readonly screen: Screen;
}

/** What is on the screen but not in the address: it can be had again from the address alone. */
interface Screen {
  incidents: Incident[];
  /** `null` while the question has no answer. */
  matched: number | null;
  next: string | null;
  snapshot: string | null;
  total: number | null;
  boundary: Boundary | null;
  bounds: Bounds | null;
  /** The browser can draw no map. */
  isMapless: boolean;
  /** The incidents at the spot that was clicked. */
  stack: Hit[];
  subject: Subject | null;
  /** Which of the distances of the subject is drawn. */
  drawn: number;
  fitted: boolean;
  stale: boolean;
  /** How many incidents are new or changed since the list was loaded. */
  fresh: number;
}

export function createApp(state: State, basemap: Basemap | null): App {
  return {
    state,
    words: wordsFor(state.lang),
    world: { territories: [], sets: [] },
    basemap,
    map: null,
    screen: {
      incidents: [],
      matched: null,
      next: null,
      snapshot: null,
      total: null,
      boundary: null,
      bounds: null,
      isMapless: false,
      stack: [],
      subject: null,
      drawn: 0,
      fitted: false,
      stale: false,
      fresh: 0,
    },
  };
}
