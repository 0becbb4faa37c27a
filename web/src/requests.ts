// Asking, and failing: of each kind one request at a time, and a fault told with a way to try again.

import { ApiError, isAbort } from './api.ts';
import type { App } from './app.ts';
import { h } from './dom.ts';

export type Requests = ReturnType<typeof createRequests>;

export function createRequests(app: App) {
  const running = new Map<string, AbortController>();

  /** The signal of a new request; an older one of its kind is given up. */
  function start(kind: string): AbortSignal {
    giveUp(kind);
    const controller = new AbortController();
    running.set(kind, controller);
    return controller.signal;
  }

  function giveUp(kind: string): void {
    running.get(kind)?.abort();
  }

  /** Runs one kind of request, and tells a fault with a way to try again; `false` when a newer one took its place. */
  async function attempt(
    kind: string,
    message: HTMLElement,
    retry: () => Promise<void>,
    act: (signal: AbortSignal) => Promise<void>,
  ): Promise<boolean> {
    const signal = start(kind);
    try {
      await act(signal);
    } catch (error) {
      if (isAbort(error)) return false;
      const button = h('button', { type: 'button', class: 'plain' }, app.words.t('error.retry'));
      button.addEventListener('click', () => void retry());
      message.replaceChildren(h('p', { class: 'fault' }, faultText(error)), button);
    }
    return !signal.aborted;
  }

  function faultText(error: unknown): string {
    if (!(error instanceof ApiError)) throw error;
    return app.words.t(`error.${error.kind}`, { detail: error.message });
  }

  return { start, giveUp, attempt, faultText };
}
