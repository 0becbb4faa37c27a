// The sign of an incident, the same on the map, in the list and in the legend. Its shape says what
// happened and its filling how well that is verified; colour only repeats the shape, so that nothing
// is lost to a reader who does not see it.

import { EVENT_TYPES, type EventType } from './state.ts';

export const FILLINGS = ['full', 'half', 'hollow', 'struck'] as const;
export type Filling = (typeof FILLINGS)[number];

/** Outlines in a box of 24 by 24. */
const SHAPES: Record<EventType, string> = {
  explosions_remote_violence:
    'M12.0 1.2 14.4 6.1 19.6 4.4 17.9 9.6 22.8 12.0 17.9 14.4 19.6 19.6 14.4 17.9 12.0 22.8 9.6 17.9 4.4 19.6 6.1 14.4 1.2 12.0 6.1 9.6 4.4 4.4 9.6 6.1Z',
  battles: 'M12 2 22 12 12 22 2 12Z',
  violence_against_civilians: 'M12 2.5 22 20.5 2 20.5Z',
  strategic_developments: 'M7.5 3.5 16.5 3.5 21.5 12 16.5 20.5 7.5 20.5 2.5 12Z',
  protests: 'M12 3A9 9 0 1 1 12 21A9 9 0 1 1 12 3Z',
  riots: 'M4 4 20 4 20 20 4 20Z',
  disaster: 'M2 4 22 4 12 21.5Z',
  access_constraint: 'M9 3 15 3 15 9 21 9 21 15 15 15 15 21 9 21 9 15 3 15 3 9 9 9Z',
  other: 'M12 4.5A7.5 7.5 0 1 1 12 19.5A7.5 7.5 0 1 1 12 4.5Z',
};

/** At least 3:1 against land and paper of either theme (WCAG 1.4.11). */
const COLORS: Record<'light' | 'dark', Record<EventType, string>> = {
  light: {
    explosions_remote_violence: '#c03a0e',
    battles: '#97195f',
    violence_against_civilians: '#8a5300',
    strategic_developments: '#0b6e66',
    protests: '#0a639c',
    riots: '#5a3db0',
    disaster: '#3f640f',
    access_constraint: '#5b6472',
    other: '#475569',
  },
  dark: {
    explosions_remote_violence: '#ff8a54',
    battles: '#f47fb6',
    violence_against_civilians: '#e6b24a',
    strategic_developments: '#52cfc0',
    protests: '#66bff2',
    riots: '#b9a3f8',
    disaster: '#a6d362',
    access_constraint: '#aab4c2',
    other: '#9fb0c4',
  },
};

export function eventTypeOf(name: string | null): EventType {
  return EVENT_TYPES.find((known) => known === name) ?? 'other';
}

export function fillingOf(verification: string): Filling {
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

/** The sign as pixels for the map, with a rim of paper around it that parts it from its neighbours. */
export function paintSymbol(
  type: EventType,
  filling: Filling,
  theme: 'light' | 'dark',
  size: number,
): ImageData | null {
  const canvas = document.createElement('canvas');
  canvas.width = size;
  canvas.height = size;
  const pen = canvas.getContext('2d');
  if (!pen) return null;
  const color = COLORS[theme][type];
  const paper = theme === 'light' ? '#ffffff' : '#12181f';
  const shape = new Path2D(SHAPES[type]);
  pen.scale(size / 30, size / 30);
  pen.translate(3, 3);
  pen.lineJoin = 'round';
  pen.strokeStyle = paper;
  pen.lineWidth = 5.5;
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
  pen.lineWidth = 2.2;
  pen.stroke(shape);
  if (filling === 'struck') pen.stroke(new Path2D('M3 21 21 3'));
  return pen.getImageData(0, 0, size, size);
}

function element(name: string, attributes: Record<string, string>): SVGElement {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
