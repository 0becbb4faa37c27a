// The sign of an incident, the same on the map, in the list and in the legend. Its shape says what
// happened and its filling how well that is verified; colour only repeats the shape, so that nothing
// is lost to a reader who does not see it.

import { EVENT_TYPES, type EventType } from './state.ts';
import { EVENT_COLORS, LINES, SIGN_RIMS, SIGN_SHAPES } from './theme.ts';

export const FILLINGS = ['full', 'half', 'hollow', 'struck'] as const;
export type Filling = (typeof FILLINGS)[number];

/** Outlines in a box of 24 by 24. */
const SHAPES: Record<EventType, string> = SIGN_SHAPES;

/** At least 3:1 against land and paper of either theme (WCAG 1.4.11). */
const COLORS: Record<'light' | 'dark', Record<EventType, string>> = EVENT_COLORS;

export function eventTypeOf(name: string | null): EventType {
  return EVENT_TYPES.find((known) => known === name) ?? 'other';
}

export function fillingOf(verification: string | null): Filling {
  switch (verification) {
    case 'verified':
      return 'full';
    case 'partially_verified':
      return 'half';
    case 'disputed':
    case 'false_or_misleading':
      return 'struck';
    default:
      return 'hollow';
  }
}

export function imageName(type: EventType, filling: Filling): string {
  return `${type}|${filling}`;
}

/** The sign as SVG for the page; decorative, the words beside it say the same. */
export function symbol(
  type: EventType,
  filling: Filling,
  color: EventType | 'neutral' = type,
): SVGSVGElement {
  const svg = element('svg', { viewBox: '-1 -1 26 26', class: `symbol ${color}` }) as SVGSVGElement;
  svg.setAttribute('aria-hidden', 'true');
  svg.append(element('path', { d: SHAPES[type], class: filling === 'full' ? 'fill' : 'hollow' }));
  if (filling === 'half') svg.append(element('path', { d: SHAPES[type], class: 'fill half' }));
  if (filling !== 'full') svg.append(element('path', { d: SHAPES[type], class: 'outline' }));
  if (filling === 'struck') svg.append(element('path', { d: 'M3 21 21 3', class: 'outline' }));
  return svg;
}

/**
 * A pen for a picture that is read right away. Drawn by the processor: to have it back from a graphics card, or from the
 * software that stands for one, the page would wait up to half a second for each sign.
 */
export function penFor(size: number): CanvasRenderingContext2D | null {
  const canvas = document.createElement('canvas');
  canvas.width = size;
  canvas.height = size;
  return canvas.getContext('2d', { willReadFrequently: true });
}

/** The sign as pixels for the map, with a rim of paper around it that parts it from its neighbours. */
export function paintSymbol(
  type: EventType,
  filling: Filling,
  theme: 'light' | 'dark',
  size: number,
): ImageData | null {
  const pen = penFor(size);
  if (!pen) return null;
  const color = COLORS[theme][type];
  const paper = SIGN_RIMS[theme];
  const shape = new Path2D(SHAPES[type]);
  pen.scale(size / 30, size / 30);
  pen.translate(3, 3);
  pen.lineJoin = 'round';
  pen.strokeStyle = paper;
  pen.lineWidth = LINES.signRim;
  pen.stroke(shape);
  pen.fillStyle = filling === 'full' ? color : paper;
  pen.fill(shape);
  if (filling === 'half') {
    pen.save();
    pen.beginPath();
    pen.rect(0, 0, 12, 24);
    pen.clip();
    pen.fillStyle = color;
    pen.fill(shape);
    pen.restore();
  }
  pen.strokeStyle = color;
  pen.lineWidth = LINES.signLine;
  pen.stroke(shape);
  if (filling === 'struck') pen.stroke(new Path2D('M3 21 21 3'));
  return pen.getImageData(0, 0, size, size);
}

function element(name: string, attributes: Record<string, string>): SVGElement {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
