// The shaded band on the map, from the question to the picture: measured for the view that the map has come to
// rest at, taken away when it is of another question, and told in the legend while it is not that of the view.

import { isAbort, measureMany } from './api.ts';
import {
  bandFeatures,
  CELL,
  cellsAtBorder,
  finer,
  type Grid,
  type Sample,
  type Sampled,
} from './band.ts';
import { type Standing, showBandLegend } from './furniture.ts';
import type { IncidentMap } from './map.ts';
import type { State } from './state.ts';
import type { Position, World } from './types.ts';
import type { Words } from './words.ts';

/** The thinnest band to see, in pixels. */
const THINNEST = 5;

interface ShadingContext {
  state(): State;
  words(): Words;
  world(): World;
  map(): IncidentMap | null;
  /** Others that show the same view. */
  twins(): IncidentMap[];
  newRequest(): AbortSignal;
}

export function createShading(context: ShadingContext) {
  let standing: Standing = 'measured';
  /** The question that what is on the map answers. */
  let answered = '';

  /** Measures anew what is within so many kilometers, when there is such a filter and the band would be seen. */
  async function show(): Promise<void> {
    const state = context.state();
    const map = context.map();
    const signal = context.newRequest();
    const question = questionOf(state);
    if (question !== answered) clear();
    answered = question;
    const limit = (state.withinKm ?? 0) * 1000;
    const isThin = map !== null && limit < THINNEST * map.metersPerPixel();
    stand(!map ? 'failed' : isThin ? 'thin' : 'measured');
    if (!map || !question) return;
    if (isThin) return clear();
    try {
      const { zoom } = map.view();
      const measured = await sampled(map.grid(CELL), state.of, signal);
      const cells = cellsAtBorder(measured);
      const fine = await allSampled(finer(measured, cells), measured, state.of, signal);
      const shown = { inside: state.includeInside, possible: state.certainty === 'possible' };
      const replaced = fine.length ? cells : [];
      const band = bandFeatures(measured, limit, shown, replaced, fine);
      await Promise.all([map, ...context.twins()].map((each) => each.setBand(band, zoom)));
      if (!signal.aborted) stand('shown');
    } catch (error) {
      if (isAbort(error)) return;
      // The list and the signs say the same without it.
      clear();
      stand('failed');
    }
  }

  function clear(): void {
    for (const each of [context.map(), ...context.twins()]) each?.clearBand();
  }

  function stand(now: Standing): void {
    standing = now;
    tell();
  }

  function tell(): void {
    showBandLegend(context.state(), context.words(), context.world(), standing);
  }

  return { show, tell };
}

/** What a band is of; empty when none is asked for. */
export function questionOf({ of, withinKm, includeInside, certainty }: State): string {
  return withinKm === null ? '' : [of, withinKm, includeInside, certainty].join();
}

async function sampled(grid: Grid, of: string, signal: AbortSignal): Promise<Sampled> {
  return { ...grid, samples: await measureMany(grid.places, of, signal) };
}

/** Many small grids in one request, each corner once and none that is known. */
async function allSampled(
  grids: readonly Grid[],
  known: Sampled,
  of: string,
  signal: AbortSignal,
): Promise<Sampled[]> {
  const samples = new Map<string, Sample | null>();
  const learn = (places: readonly Position[], found: readonly (Sample | null)[]) => {
    for (const [index, place] of places.entries()) samples.set(String(place), found[index] ?? null);
  };
  learn(known.places, known.samples);
  const wanted = new Map<string, Position>();
  for (const place of grids.flatMap(({ places }) => places)) {
    if (!samples.has(String(place))) wanted.set(String(place), place);
  }
  const places = [...wanted.values()];
  if (places.length) learn(places, await measureMany(places, of, signal));
  return grids.map((grid) => ({
    ...grid,
    samples: grid.places.map((place) => samples.get(String(place)) ?? null),
  }));
}
