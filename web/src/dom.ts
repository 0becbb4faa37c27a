// Making elements. Texts go in as text, never as markup, so that a report cannot inject any.

type Child = Node | string | null | undefined | false;
type Attributes = Record<string, string | number | boolean | null | undefined>;

/** An element with attributes (`false`, `null`, `undefined`: left out; `true`: empty) and children. */
export function h<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  setAttributes(element, attributes);
  append(element, children);
  return element;
}

export function svg(name: string, attributes: Attributes = {}, ...children: Child[]): SVGElement {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  setAttributes(element, attributes);
  append(element, children);
  return element;
}

/** The element of the page with this id, which `index.html` promises. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (!element) throw new Error(`index.html has no #${id}`);
  return element as T;
}

/**
 * Runs `act`, which makes anew what is in `box`. What had the focus in it has it again, by its id, else by its kind and
 * name; when it is gone, `otherwise` has it, so that who goes by keyboard is not sent back to the top of the page.
 */
export function keepFocus(
  box: HTMLElement,
  act: () => void,
  otherwise: () => HTMLElement | null,
): void {
  const had = document.activeElement;
  const hadFocus = had instanceof HTMLElement && box.contains(had);
  act();
  if (!hadFocus) return;
  const again = had.id
    ? document.getElementById(had.id)
    : [...box.querySelectorAll<HTMLElement>(had.tagName)].find(
        (one) => nameOf(one) === nameOf(had),
      );
  again?.focus();
  if (!again || document.activeElement !== again) otherwise()?.focus();
}

function nameOf(element: HTMLElement): string {
  return element.getAttribute('aria-label') ?? element.textContent ?? '';
}

/**
 * Shows `text` in a field, where nobody is typing: what somebody has begun there stays until something else is to be shown
 * than before. What was shown last is the field's `defaultValue`.
 */
export function showIn(field: HTMLInputElement | HTMLTextAreaElement, text: string): void {
  if (field === document.activeElement && field.defaultValue === text) return;
  field.defaultValue = text;
  field.value = text;
}

/** Calls `act` once, `wait` milliseconds after the last call. */
export function debounce(wait: number, act: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(act, wait);
  };
}

function setAttributes(element: Element, attributes: Attributes): void {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    element.setAttribute(key, value === true ? '' : String(value));
  }
}

function append(element: Element, children: Child[]): void {
  for (const child of children) if (child) element.append(child);
}
