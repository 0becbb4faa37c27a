// The histogram of time with its handles, and playback. Shows a state and turns what the reader does
// into changes of it; the bars are asked for when something other than the dates has changed.

import { countBy, isAbort } from './api.ts';
import { byId, showIn } from './dom.ts';
import { type Span, stepSpan } from './playback.ts';
import { filterParams, STEPS, type State } from './state.ts';
import { type Bin, binsOf, handlesFor, showTime, spanFor, typedDay, withDay } from './time.ts';
import { tellBin, type Words } from './words.ts';

/** How long each step of playback stays, in milliseconds. */
const TICK_MS = 1200;

interface TimelineContext {
  state(): State;
  words(): Words;
  update(change: Partial<State>, step?: 'push' | 'replace'): void;
  /** A signal that ends the request before. */
  newRequest(): AbortSignal;
}

export function createTimeline(context: TimelineContext) {
  const still = matchMedia('(prefers-reduced-motion: reduce)');
  const elements = {
    bars: document.querySelector('#time-bars') as SVGSVGElement,
    low: byId<HTMLInputElement>('time-low'),
    high: byId<HTMLInputElement>('time-high'),
  };
  const play = byId<HTMLButtonElement>('time-play');
  const step = byId<HTMLSelectElement>('time-step');
  const said = byId('time-said');
  let bins: Bin[] = [];
  /** Under which filter the bars were counted. */
  let counted: string | null = null;
  let clock: ReturnType<typeof setInterval> | undefined;

  /** Counts anew unless only the dates differ from what was counted. */
  async function load(): Promise<void> {
    const params = filterParams({ ...context.state(), from: null, to: null });
    // Also where nothing is asked: what was asked under another filter is no longer wanted.
    const signal = context.newRequest();
    const asked = params.toString();
    if (asked === counted) return show();
    if (!bins.length) said.textContent = context.words().t('time.loading');
    try {
      let counts = await countBy('month', params, signal);
      // A single month or two say little: days do.
      if (counts.length > 0 && counts.length <= 2) counts = await countBy('day', params, signal);
      if (signal.aborted) return;
      bins = binsOf(counts);
      counted = asked;
    } catch (error) {
      if (isAbort(error) || signal.aborted) return;
      bins = [];
      counted = null;
    }
    show();
  }

  function show(): void {
    const state = context.state();
    const [low, high] = handlesFor(bins, state.from, state.to);
    showTime(elements, bins, low, high);
    say(low, high);
    step.value = state.step;
    for (const end of ['from', 'to'] as const)
      showIn(byId<HTMLInputElement>(`day-${end}`), state[end] ?? '');
    for (const id of ['time-play', 'time-before', 'time-after'])
      byId<HTMLButtonElement>(id).disabled = bins.length === 0;
    play.hidden = still.matches;
    showPlaying();
  }

  function say(low: number, high: number): void {
    const words = context.words();
    const [first, last] = [bins[low], bins[high - 1]];
    if (!first || !last) {
      said.textContent = words.t('time.none');
      return;
    }
    const { from, to } = context.state();
    const [start, end] = [tellBin(words, first.key), tellBin(words, last.key)];
    elements.low.setAttribute('aria-valuetext', start);
    elements.high.setAttribute('aria-valuetext', end);
    // A span finer than the bars, as playback by days has it, is told by its days.
    const isFiner = (from && from > first.first) || (to && to < last.last);
    const [a, b] = isFiner
      ? [tellBin(words, from ?? first.first), tellBin(words, to ?? last.last)]
      : [start, end];
    said.textContent = a === b ? a : words.t('date.range', { start: a, end: b });
  }

  function extent(): Span | null {
    const [first, last] = [bins[0], bins.at(-1)];
    return first && last ? { from: first.first, to: last.last } : null;
  }

  /** One step on or back; `false` at the end. */
  function move(by: 1 | -1, history: 'push' | 'replace'): boolean {
    const whole = extent();
    const state = context.state();
    const next = whole && stepSpan(state, state.step, by, whole);
    if (next) context.update(next, history);
    return next !== null;
  }

  function start(): void {
    // At the end, play begins anew.
    if (!move(1, 'push')) context.update({ from: null, to: null }, 'push');
    clock = setInterval(() => {
      if (!move(1, 'replace')) stop();
    }, TICK_MS);
    showPlaying();
  }

  function stop(): void {
    clearInterval(clock);
    clock = undefined;
    showPlaying();
  }

  function showPlaying(): void {
    const isPlaying = clock !== undefined;
    const label = context.words().t(isPlaying ? 'time.pause' : 'time.play');
    play.setAttribute('aria-label', label);
    play.title = label;
    play.dataset.playing = String(isPlaying);
    // Who hears the page is told span and count when it rests, not at every step.
    for (const told of [said, byId('count')])
      told.setAttribute('aria-live', isPlaying ? 'off' : 'polite');
  }

  /** Draws the handles while they move; the state follows when they are let go. */
  function slide(moved: HTMLInputElement): void {
    let [a, b] = [Number(elements.low.value), Number(elements.high.value)];
    // The handles never cross: at least one bar stays between them.
    if (a >= b) {
      if (moved === elements.low) a = b - 1;
      else b = a + 1;
    }
    showTime(elements, bins, Math.max(0, a), b);
    say(Math.max(0, a), b);
  }

  function commit(): void {
    const [from, to] = spanFor(bins, Number(elements.low.value), Number(elements.high.value));
    const state = context.state();
    if (from !== state.from || to !== state.to) context.update({ from, to });
  }

  for (const input of [elements.low, elements.high]) {
    input.addEventListener('input', () => {
      stop();
      slide(input);
    });
    input.addEventListener('change', commit);
  }
  for (const end of ['from', 'to'] as const) {
    const field = byId<HTMLInputElement>(`day-${end}`);
    field.addEventListener('change', () => {
      const day = typedDay(field.value);
      if (day === undefined) return;
      stop();
      const { from, to } = context.state();
      context.update(withDay({ from, to }, end, day));
    });
  }
  play.addEventListener('click', () => (clock === undefined ? start() : stop()));
  byId('time-before').addEventListener('click', () => {
    stop();
    move(-1, 'push');
  });
  byId('time-after').addEventListener('click', () => {
    stop();
    move(1, 'push');
  });
  step.addEventListener('change', () => {
    const chosen = STEPS.find((name) => name === step.value);
    if (chosen) context.update({ step: chosen }, 'replace');
  });
  still.addEventListener('change', () => {
    stop();
    show();
  });

  /** Counts anew, also when nothing that was asked has changed. */
  function reload(): Promise<void> {
    counted = null;
    return load();
  }

  return { load, reload, show, stop, extent };
}
