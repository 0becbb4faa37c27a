// Handles over the map that are pulled by a pointer, or moved by arrow keys: ten pixels, with Shift one.

type Pixel = [x: number, y: number];

interface Pull {
  /** What pixels are counted in. */
  side: HTMLElement;
  /** Where the handle is; `null` while it is nowhere. */
  at(): Pixel | null;
  moved(x: number, y: number): void;
  /** The handle was let go. */
  released?(): void;
  /** What an arrow moves it by, when not as it points. */
  along?(arrow: Pixel): Pixel;
}

const STEP = 10;
const ARROWS: Readonly<Record<string, Pixel>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export function pulled(handle: HTMLElement, pull: Pull): void {
  handle.addEventListener('pointerdown', (event) => {
    event.preventDefault();
    handle.focus();
    handle.setPointerCapture(event.pointerId);
  });
  handle.addEventListener('pointermove', (event) => {
    if (!handle.hasPointerCapture(event.pointerId)) return;
    const { left, top } = pull.side.getBoundingClientRect();
    pull.moved(event.clientX - left, event.clientY - top);
  });
  handle.addEventListener('lostpointercapture', () => pull.released?.());
  handle.addEventListener('keydown', (event) => {
    const arrow = ARROWS[event.key];
    if (!arrow) return;
    event.preventDefault();
    event.stopPropagation();
    const at = pull.at();
    const by = event.shiftKey ? 1 : STEP;
    const [x, y] = pull.along?.(arrow) ?? arrow;
    if (at) pull.moved(at[0] + x * by, at[1] + y * by);
  });
  handle.addEventListener('keyup', (event) => {
    if (event.key in ARROWS) pull.released?.();
  });
}

/** Puts a handle at a pixel of `side`; out of sight it is out of reach too. */
export function stand(handle: HTMLElement, side: HTMLElement, pixel: Pixel | null): void {
  const isIn = (value: number, most: number) => value >= 0 && value <= most;
  handle.hidden = !(pixel && isIn(pixel[0], side.clientWidth) && isIn(pixel[1], side.clientHeight));
  if (pixel) handle.style.transform = `translate(${pixel[0]}px, ${pixel[1]}px)`;
}

/** To about a tenth of a meter: more digits would say what nobody knows. */
export function rounded(degrees: number): number {
  return Number(degrees.toFixed(6));
}
