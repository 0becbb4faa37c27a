// What happens, told quietly: a line above the list says that there is something new, and the reader
// decides when it is shown. Nothing moves by itself.
//
// A page in the background does not listen: browsers allow few connections to one server, and what it
// missed is told when it is looked at again, from the last event on.

import { liveAddress } from './api.ts';

/** A filter that stays for so long is listened to: playback changes it every second. */
const SETTLE_MS = 1500;
/** Without a connection for so long, what is shown may be old, and the reader is told. */
const STALE_MS = 6000;

interface LiveEvents {
  /** So many incidents were created, revised or withdrawn since the list was loaded. */
  changed(count: number): void;
  /** The connection is lost, or there again. */
  stale(is: boolean): void;
}

export function listenLive(events: LiveEvents) {
  let source: EventSource | null = null;
  let params = new URLSearchParams();
  let last: string | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let settling: ReturnType<typeof setTimeout> | undefined;
  const changed = new Set<string>();

  function open(): void {
    close();
    source = new EventSource(liveAddress(params, last));
    source.onopen = () => {
      clearTimeout(timer);
      timer = undefined;
      events.stale(false);
    };
    source.onerror = () => {
      timer ??= setTimeout(() => events.stale(true), STALE_MS);
      // A server that refuses ends it for good (its browser does not come back by itself).
      if (source?.readyState === EventSource.CLOSED) setTimeout(reopen, STALE_MS);
    };
    for (const kind of ['created', 'revised', 'withdrawn', 'left']) {
      source.addEventListener(kind, (event) => heard(event as MessageEvent<string>));
    }
  }

  function heard(event: MessageEvent<string>): void {
    last = event.lastEventId || last;
    changed.add(idOf(event.data) ?? event.lastEventId);
    events.changed(changed.size);
  }

  function close(): void {
    source?.close();
    source = null;
  }

  function reopen(): void {
    if (!document.hidden && source?.readyState !== EventSource.OPEN) open();
  }

  document.addEventListener('visibilitychange', () => {
    if (document.hidden) close();
    else if (!source) open();
  });

  return {
    /** The list was loaded under this filter from this snapshot: what comes after it is new. */
    follow(next: URLSearchParams, snapshot: string | null): void {
      changed.clear();
      events.changed(0);
      last = recordOf(snapshot) ?? last;
      if (source && next.toString() === params.toString()) return;
      params = next;
      close();
      clearTimeout(settling);
      settling = setTimeout(() => {
        if (!document.hidden) open();
      }, SETTLE_MS);
    },
  };
}

/** The record of the ledger that a snapshot ends with: the second number of its id (`docs/ledger.md`). */
export function recordOf(snapshot: string | null): string | null {
  const record = snapshot?.split('-')[1];
  return record && /^\d+$/.test(record) ? record : null;
}

/** The id of the incident that an event tells of. */
function idOf(data: string): string | null {
  try {
    const body: unknown = JSON.parse(data);
    const id = body !== null && typeof body === 'object' && 'id' in body ? body.id : null;
    return typeof id === 'string' ? id : null;
  } catch {
    return null;
  }
}
