// Handles at the corners of a drawn area, by which it is mended: buttons of the page over the map, so that the keyboard
// moves them too, and Delete takes a corner away.

import { h } from './dom.ts';
import type { IncidentMap } from './map.ts';
import { pulled, rounded, stand } from './pull.ts';
import type { Position } from './types.ts';
import type { Words } from './words.ts';

/** An area with more corners is mended as text: so many buttons would be in the way of everything else. */
const MOST_HANDLES = 40;

interface CornersContext {
  words(): Words;
  /** The area while a corner is moved. */
  moved(area: Position[]): void;
  /** The area as it was left. */
  left(area: Position[]): void;
}

export type Corners = ReturnType<typeof createCorners>;

export function createCorners(map: IncidentMap, side: HTMLElement, context: CornersContext) {
  const group = h('div', { role: 'group', class: 'corners', hidden: true });
  side.append(group);
  const handles: HTMLButtonElement[] = [];
  let area: Position[] = [];
  /** The area was moved, and is not told of yet. */
  let isMoved = false;
  map.onMove(put);

  function put(): void {
    for (const [index, handle] of handles.entries()) {
      const corner = area[index];
      stand(handle, side, corner ? map.project(corner) : null);
    }
  }

  function handleOf(index: number): HTMLButtonElement {
    const handle = h('button', { type: 'button', class: 'handle corner' });
    const release = () => {
      if (!isMoved) return;
      isMoved = false;
      context.left(area);
    };
    pulled(handle, {
      side,
      at() {
        const corner = area[index];
        return corner ? map.project(corner) : null;
      },
      moved(x, y) {
        const [lng, lat] = map.unproject(x, y);
        area = area.with(index, [rounded(lng), rounded(lat)]);
        isMoved = true;
        put();
        context.moved(area);
      },
      released: release,
    });
    handle.addEventListener('blur', release);
    handle.addEventListener('keydown', (event) => {
      if (event.key !== 'Delete' && event.key !== 'Backspace') return;
      event.preventDefault();
      // Two corners are no area.
      if (area.length <= 3) return;
      context.left(area.toSpliced(index, 1));
      handles[Math.min(index, handles.length - 1)]?.focus();
    });
    return handle;
  }

  return {
    /** Puts a handle at each corner; those that stand already keep the focus. */
    show(now: readonly Position[]): void {
      area = now.length <= MOST_HANDLES ? [...now] : [];
      while (handles.length > area.length) handles.pop()?.remove();
      while (handles.length < area.length) {
        const handle = handleOf(handles.length);
        handles.push(handle);
        group.append(handle);
      }
      const { t } = context.words();
      group.hidden = !area.length;
      group.setAttribute('aria-label', t('draw.handles'));
      for (const [index, handle] of handles.entries()) {
        handle.setAttribute('aria-label', t('draw.handle', { n: index + 1, of: area.length }));
        handle.title = t('draw.handle.hint');
      }
      put();
    },
  };
}
