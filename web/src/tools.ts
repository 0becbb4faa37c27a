// The tools that take places from the map: measuring one, drawing an area or a circle. A place is given
// by a click, by the cross in the middle and Enter, or, for a figure, as typed numbers.

import { type Corners, createCorners } from './corners.ts';
import { byId, showIn } from './dom.ts';
import {
  addPoint,
  type DrawnTool,
  drawnFeatures,
  finish,
  readCorners,
  readPlace,
  writeCorners,
} from './draw.ts';
import type { IncidentMap } from './map.ts';
import { MOST_CORNERS, MOST_KM, type State, type Tool } from './state.ts';
import type { Position } from './types.ts';
import type { Key, Words } from './words.ts';

const HINTS: Record<Tool, Key> = {
  measure: 'measure.hint',
  area: 'draw.hint.area',
  circle: 'draw.hint.circle',
};

interface ToolsContext {
  state(): State;
  words(): Words;
  map(): IncidentMap | null;
  update(change: Partial<State>): void;
  /** Shows the map; `true` when something else was before it. */
  uncover(): boolean;
}

export function createTools(context: ToolsContext) {
  /** The corners of what is being drawn. */
  let points: Position[] = [];
  let inHand: Tool | null = null;
  let corners: Corners | null = null;

  byId('measure').addEventListener('click', () => take('measure'));
  byId('draw-area').addEventListener('click', () => take('area'));
  byId('draw-circle').addEventListener('click', () => take('circle'));
  byId('tool-stop').addEventListener('click', () => context.update({ tool: null }));
  byId('tool-here').addEventListener('click', () => {
    const map = context.map();
    if (map) pointed(map.center());
  });
  byId('tool-undo').addEventListener('click', () => {
    points = points.slice(0, -1);
    show();
    // What had the focus may be gone.
    if (!points.length) byId('tool-here').focus();
  });
  byId('tool-finish').addEventListener('click', finishArea);
  byId('corners').addEventListener('change', typedCorners);
  for (const id of ['circle-center', 'circle-km']) byId(id).addEventListener('change', typedCircle);
  byId('figure-remove').addEventListener('click', () => {
    context.update({ area: [], circle: null });
    byId('draw-area').focus();
  });

  /** Takes a tool in hand, or lays it down. */
  function take(tool: Tool): void {
    const wasCovered = context.uncover();
    const isLaidDown = context.state().tool === tool && !wasCovered;
    context.update({ tool: isLaidDown ? null : tool });
    if (isLaidDown) return;
    document.body.classList.remove('show-filters');
    byId<HTMLDetailsElement>('area-group').open = false;
    context.map()?.focus();
  }

  /** A place was given to the tool in hand. */
  function pointed(place: Position): void {
    const { tool } = context.state();
    if (tool === 'measure') context.update({ at: place, id: null });
    else if (tool) drew(tool, place);
  }

  function drew(tool: DrawnTool, place: Position): void {
    const drawn = addPoint(tool, points, place);
    if (drawn.kind === 'points') {
      points = drawn.points;
      show();
    } else {
      points = [];
      context.update(
        drawn.kind === 'area'
          ? { area: drawn.area, circle: null, tool: null }
          : { circle: drawn.circle, area: [], tool: null },
      );
    }
  }

  function finishArea(): void {
    const area = finish(points);
    if (!area) return;
    points = [];
    context.update({ area, circle: null, tool: null });
    context.map()?.focus();
  }

  function typedCorners(): void {
    const field = byId<HTMLTextAreaElement>('corners');
    const corners = readCorners(field.value);
    const { t } = context.words();
    if (typeof corners === 'number') refuse(field, t('draw.bad.line', { line: corners }));
    else if (corners.length > 0 && corners.length < 3) refuse(field, t('draw.bad.few'));
    else if (corners.length > MOST_CORNERS) refuse(field, t('draw.bad.many', { n: MOST_CORNERS }));
    else {
      refuse(field, '');
      context.update({ area: corners, ...(corners.length > 0 && { circle: null }) });
    }
  }

  function typedCircle(): void {
    const { t } = context.words();
    const center = byId<HTMLInputElement>('circle-center');
    const radius = byId<HTMLInputElement>('circle-km');
    const km = Number(radius.value);
    const isTyped = center.value.trim() !== '';
    const place = isTyped ? readPlace(center.value) : null;
    const isWide = km > 0 && km <= MOST_KM;
    refuse(radius, isWide ? '' : t('draw.bad.radius', { most: MOST_KM }));
    if (isTyped && !place) refuse(center, t('draw.bad.place'));
    // One text tells of both: that of the radius stays where it is the only one.
    else center.removeAttribute('aria-invalid');
    if (place && isWide) {
      context.update({ circle: { center: place, km }, area: [] });
    } else if (!isTyped && context.state().circle) context.update({ circle: null });
  }

  /** Says what is wrong with a field; nothing when it is well. */
  function refuse(field: HTMLElement, why: string): void {
    const said = byId('figure-fault');
    said.textContent = why;
    if (why) field.setAttribute('aria-invalid', 'true');
    else field.removeAttribute('aria-invalid');
  }

  function show(): void {
    const state = context.state();
    const { t } = context.words();
    const { tool } = state;
    if (tool !== inHand) points = [];
    inHand = tool;
    byId('measure').setAttribute('aria-pressed', String(tool === 'measure'));
    byId('draw-area').setAttribute('aria-pressed', String(tool === 'area'));
    byId('draw-circle').setAttribute('aria-pressed', String(tool === 'circle'));
    byId('hint').hidden = tool === null;
    byId('crosshair').hidden = tool === null;
    if (tool) {
      byId('hint-said').textContent = t(HINTS[tool]);
      byId('tool-here').textContent = t(tool === 'measure' ? 'measure.here' : 'draw.here');
      byId('tool-stop').textContent = t(tool === 'measure' ? 'measure.stop' : 'draw.stop');
      byId('tool-undo').hidden = points.length === 0;
      byId('tool-finish').hidden = tool !== 'area' || finish(points) === null;
      const count = byId('hint-count');
      count.hidden = tool === 'measure';
      count.textContent = t('draw.points', { count: points.length });
    }
    showFields(state);
    showOnMap();
  }

  /** Shows on the map what is drawn; what somebody is typing stays. */
  function showOnMap(): void {
    const state = context.state();
    const { tool } = state;
    const map = context.map();
    map?.setTool(tool !== null);
    map?.setDrawn(drawnFeatures(state, points));
    if (map && !state.embed) {
      corners ??= createCorners(map, byId('map'), {
        words: context.words,
        moved: (area) => map.setDrawn(drawnFeatures({ ...context.state(), area }, [])),
        left: (area) => context.update({ area }),
      });
      // A click on the map is meant for the tool in hand.
      corners.show(tool === null ? state.area : []);
    }
  }

  function showFields(state: State): void {
    const { t, number } = context.words();
    const { area, circle } = state;
    showIn(byId<HTMLTextAreaElement>('corners'), writeCorners(area));
    showIn(byId<HTMLInputElement>('circle-center'), circle ? circle.center.join(' ') : '');
    if (circle) showIn(byId<HTMLInputElement>('circle-km'), String(circle.km));
    byId('figure-remove').hidden = !area.length && !circle;
    byId('area-said').textContent = circle
      ? t('draw.said.circle', { km: number(circle.km) })
      : area.length
        ? t('draw.said.area', { count: area.length })
        : t('filter.anywhere');
  }

  return { show, showOnMap, pointed };
}

/** The places of the figures of a state, to move the map to. */
export function figurePlaces(state: Pick<State, 'area' | 'circle'>): Position[] {
  const [figure] = drawnFeatures(state, []).features;
  return figure?.geometry.type === 'Polygon'
    ? (figure.geometry.coordinates.flat() as unknown as Position[])
    : [];
}
