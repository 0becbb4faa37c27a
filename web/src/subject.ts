// The incident or the place that the panel tells of: asked for, told, drawn on the map with its distance, and framed.

import { getIncident, isAbort, measure } from './api.ts';
import type { App } from './app.ts';
import { dayOf } from './calendar.ts';
import { byId, h, keepFocus } from './dom.ts';
import { boundsOf, circle, distance } from './geodesic.ts';
import { focusRow, markChosen } from './list.ts';
import type { Hit } from './map.ts';
import { drawMeasured, NOTHING } from './measured.ts';
import { editIncident, isEditing, showHistory } from './mend/entry.ts';
import {
  incidentPanel,
  messagePanel,
  type PanelContext,
  placePanel,
  radiusOf,
  shortDistance,
} from './panel.ts';
import type { Requests } from './requests.ts';
import type { State } from './state.ts';
import { eventTypeOf, fillingOf, imageName } from './symbols.ts';
import type { Answer, Boundary, Incident, Measure, Position } from './types.ts';
import { nameOf } from './words.ts';

/** Sets that a measured place is always compared with. */
const ALWAYS = ['NATO', 'EU'];

interface SubjectContext {
  update(change: Partial<State>): void;
  learnBoundary(boundary: Boundary | null): void;
  cite(): void;
}

export function createSubject(app: App, requests: Requests, context: SubjectContext) {
  const { screen } = app;

  /** Shows an incident in the panel; `stack` are those at the same spot. */
  function open(id: string, stack: Hit[] = []): void {
    screen.stack = stack;
    context.update({ id, at: null });
  }

  function close(): void {
    const { id } = app.state;
    context.update({ id: null, at: null });
    focusRow(byId<HTMLOListElement>('list'), id);
  }

  function openSubject(): void {
    const { id, at } = app.state;
    markChosen(byId<HTMLOListElement>('list'), id);
    screen.drawn = 0;
    if (id) void openIncident(id);
    else if (at) void openPlace(at);
    else {
      requests.giveUp('subject');
      showPanel(null);
      forget();
    }
  }

  /** What was shown before is neither drawn nor cited any more. */
  function forget(): void {
    screen.subject = null;
    draw(NOTHING);
  }

  /** Draws what is measured, unless its place is being changed: then that is drawn as it may become. */
  function draw(figures: GeoJSON.FeatureCollection): void {
    if (!isEditing()) app.map?.setMeasured(figures);
  }

  async function openIncident(id: string): Promise<void> {
    const known = screen.incidents.find((incident) => incident.id === id);
    const panel = byId('panel');
    const signal = requests.start('subject');
    const told = screen.subject?.kind === 'incident' ? screen.subject.incident.id : null;
    if (told !== id) forget();
    let isTold = Boolean(known);
    if (known) tellIncident(known, known.border);
    else showPanel(messagePanel(app.words.t('panel.loading'), null, panelContext()));
    try {
      const incident = known ?? (await getIncident(id, app.state.of, signal));
      signal.throwIfAborted();
      if (!incident) {
        forget();
        showPanel(messagePanel(app.words.t('error.gone'), null, panelContext()));
        return;
      }
      if (!known) tellIncident(incident, incident.border);
      isTold = true;
      const place = startOf(incident, incident.border?.nearestForeign);
      if (!place || !incident.border?.nearestForeign) return;
      const answer = await measure(
        place,
        targets(),
        radiusOf(incident),
        dayOf(incident.dateStart),
        signal,
      );
      signal.throwIfAborted();
      tellIncident(incident, answer);
    } catch (error) {
      if (isAbort(error)) return;
      if (!isTold) {
        showPanel(messagePanel(requests.faultText(error), () => openIncident(id), panelContext()));
      } else {
        panel.append(h('p', { class: 'fine', role: 'status' }, requests.faultText(error)));
      }
    }
  }

  function targets(): string[] {
    return [...new Set([app.state.of, ...ALWAYS].filter(Boolean))];
  }

  async function openPlace(place: Position): Promise<void> {
    const signal = requests.start('subject');
    screen.subject = null;
    draw(drawMeasured({ place, radius: null, measure: null, text: '', image: null }));
    showPanel(messagePanel(app.words.t('panel.loading'), null, panelContext()));
    try {
      const answer = await measure(place, targets(), null, null, signal);
      signal.throwIfAborted();
      const measures = tellable(answer.nearestForeign, answer.to);
      context.learnBoundary(answer.boundary);
      screen.subject = { kind: 'place', place, answer, measures };
      screen.drawn = firstDrawn(measures);
      showSubject();
      frame(place, measures[screen.drawn], null);
      focusPanel();
    } catch (error) {
      if (isAbort(error)) return;
      showPanel(messagePanel(requests.faultText(error), () => openPlace(place), panelContext()));
    }
  }

  function tellIncident(incident: Incident, answer: Answer | null): void {
    const again = screen.subject?.kind === 'incident' && screen.subject.incident.id === incident.id;
    const border = incident.border;
    const measures = tellable(
      answer?.nearestForeign ?? border?.nearestForeign ?? null,
      answer?.to ?? border?.to ?? [],
    );
    const boundary = answer?.boundary ?? border?.boundary ?? null;
    context.learnBoundary(boundary);
    const spread = answer?.spread ?? [];
    screen.subject = { kind: 'incident', incident, measures, boundary, spread };
    if (!again) screen.drawn = firstDrawn(measures);
    showSubject();
    if (again) return;
    const shown = measures[screen.drawn];
    frame(startOf(incident, shown), shown, radiusOf(incident));
    focusPanel();
  }

  function firstDrawn(measures: readonly Measure[]): number {
    if (!app.state.of) return 0;
    const asked = measures.findIndex(
      (one) => one.to === app.state.of || one.country === app.state.of,
    );
    return Math.max(0, asked);
  }

  function showSubject(): void {
    const { subject, drawn } = screen;
    if (!subject) return;
    const { measures } = subject;
    const context = panelContext();
    const drawnMeasure = measures[drawn] ?? null;
    if (subject.kind === 'incident') {
      const { incident, boundary, spread } = subject;
      showPanel(incidentPanel(incident, measures, boundary, spread, context));
      const place = startOf(incident, drawnMeasure);
      draw(
        place
          ? drawMeasured({
              place,
              radius: radiusOf(incident),
              measure: drawnMeasure,
              text: lineText(drawnMeasure),
              image: imageName(eventTypeOf(incident.eventType), fillingOf(incident.verification)),
            })
          : NOTHING,
      );
    } else {
      showPanel(placePanel(subject.place, subject.answer, measures, context));
      draw(
        drawMeasured({
          place: subject.place,
          radius: null,
          measure: drawnMeasure,
          text: lineText(drawnMeasure),
          image: null,
        }),
      );
    }
  }

  function lineText(measure: Measure | null): string {
    if (!measure) return '';
    const name = nameOf(app.words, measure.country, app.world);
    return shortDistance(measure, app.words).split(' · ').toSpliced(1, 0, name).join('\n');
  }

  /** Moves the map only when the line would not be seen, or would be a dot. */
  function frame(
    place: Position | undefined,
    measure: Measure | undefined,
    radius: number | null,
  ): void {
    if (!app.map || !place) return;
    const foot = measure?.nearestPoint ?? place;
    const length = measure?.nearestPoint ? app.map.pixelsBetween(place, foot) : 100;
    const seen = Number.isFinite(app.map.pixelsBetween(place, place)) && Number.isFinite(length);
    if (seen && length > 40) return;
    const around = circle(place, Math.min(radius ?? 0, 50_000) || 1000, 4);
    const far = measure ? measure.distance > 600_000 : true;
    const bounds = boundsOf(far ? [place, ...around] : [place, foot, ...around]);
    if (bounds) app.map.show(bounds, 12.5);
  }

  function panelContext(): PanelContext {
    const { words, world, state } = app;
    const { stack } = screen;
    const index = stack.findIndex((hit) => hit.id === state.id);
    return {
      words,
      world,
      drawn: screen.drawn,
      draw(which) {
        screen.drawn = which;
        showSubject();
        byId('panel').querySelectorAll<HTMLElement>('.measures button')[which]?.focus();
      },
      close,
      cite: context.cite,
      locate,
      edit: () => app.state.id && void editIncident(app.state.id),
      history: () => app.state.id && void showHistory(app.state.id),
      stack:
        index >= 0
          ? {
              index,
              count: stack.length,
              go(step) {
                const to = stack[(index + step + stack.length) % stack.length];
                if (to) open(to.id, stack);
              },
            }
          : null,
    };
  }

  function locate(): void {
    const { subject, drawn } = screen;
    if (!subject || !app.map) return;
    const place =
      subject.kind === 'place' ? subject.place : startOf(subject.incident, subject.measures[drawn]);
    if (!place) return;
    document.body.classList.remove('show-list');
    const foot = subject.measures[drawn]?.nearestPoint;
    const bounds = boundsOf([place, ...(foot ? [foot] : []), ...circle(place, 1500, 4)]);
    if (bounds) app.map.show(bounds, 14);
  }

  function showPanel(content: Node[] | null): void {
    const panel = byId('panel');
    panel.hidden = content === null;
    byId('list-side').inert = content !== null;
    document.body.classList.toggle('has-panel', content !== null);
    keepFocus(
      panel,
      () => replaceIn(panel, content ?? []),
      () => panel.querySelector<HTMLElement>('#panel-title'),
    );
  }

  /** What was unfolded stays so when it is told anew. */
  function replaceIn(panel: HTMLElement, content: Node[]): void {
    const spread = () => panel.querySelector<HTMLDetailsElement>('.spread');
    const wasOpen = spread()?.open;
    panel.replaceChildren(...content);
    const now = spread();
    if (now && wasOpen) now.open = true;
  }

  function focusPanel(): void {
    const panel = byId('panel');
    panel.scrollTop = 0;
    panel.querySelector<HTMLElement>('#panel-title')?.focus({ preventScroll: true });
  }

  return { open, close, follow: openSubject, reload: openIncident, show: showSubject, frame };
}

/** The nearest foreign territory first, then what was asked for; nothing told twice. */
function tellable(nearest: Measure | null, to: readonly Measure[]): Measure[] {
  const measures = nearest ? [nearest] : [];
  for (const one of to) {
    const twin = measures.some(
      (known) => known.to === one.to || (known.to === known.country && known.country === one.to),
    );
    if (!twin) measures.push(one);
  }
  return measures;
}

/** The place a distance was measured from: of several, the one nearest to its foot. */
function startOf(incident: Incident, measure: Measure | null | undefined): Position | undefined {
  const foot = measure?.nearestPoint;
  if (!foot || incident.places.length < 2) return incident.places[0];
  return incident.places.toSorted((a, b) => distance(a, foot) - distance(b, foot))[0];
}
