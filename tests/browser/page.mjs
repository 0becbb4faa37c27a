// Opens the real program in a real browser: starts `kordon demo` on a free port, reads the address it
// prints, and gives each test a page of its own that notes every console message and every request.
//
// KORDON_PATIENCE is how many seconds a condition may take, 30 unless told.
// Needs KORDON_BIN (the binary; or KORDON_URL, a server with the samples) and Chromium (CHROMIUM, else /usr/bin/chromium). Without a graphics card
// Chromium draws by software, so a picture takes a second or two: waits are for conditions, never for time.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';

const require = createRequire(new URL('../../web/package.json', import.meta.url));
const { chromium } = require('playwright-core');
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const SHOTS = fileURLToPath(new URL('../../docs/screenshots/', import.meta.url));

const CHROMIUM_FLAGS = [
  '--headless=new',
  '--no-sandbox',
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  // Fields for dates go by the language of the browser, not of the page.
  '--lang=en-US',
];

/** Starts `kordon demo`, or `kordon serve` on a store, with more `words`; resolves with its address once it serves. */
export async function startKordon(store = null, words = []) {
  // A server that runs already, for work on the page itself.
  if (process.env.KORDON_URL && !store && !words.length)
    return { address: process.env.KORDON_URL, stop: async () => {} };
  const binary = process.env.KORDON_BIN;
  assert.ok(binary, 'KORDON_BIN must name the kordon binary');
  const verb = store ? ['serve', '--store', store] : ['demo'];
  const child = spawn(binary, [...verb, ...words, '--listen', '127.0.0.1:0'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  });
  let said = '';
  const address = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no address within 60 s:\n${said}`)), 60_000);
    const read = (chunk) => {
      said += chunk;
      const found = /http:\/\/127\.0\.0\.1:[1-9]\d*\//.exec(said);
      if (!found) return;
      clearTimeout(timer);
      resolve(found[0]);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`kordon ended with ${code}:\n${said}`));
    });
  });
  const stop = () =>
    new Promise((resolve) => {
      child.once('exit', resolve);
      child.kill('SIGTERM');
    });
  return { address, stop, pid: child.pid };
}

export function startBrowser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: CHROMIUM_FLAGS,
  });
}

const SCREENS = {
  desktop: { viewport: { width: 1440, height: 900 }, colorScheme: 'light' },
  dark: { viewport: { width: 1440, height: 900 }, colorScheme: 'dark' },
  phone: {
    viewport: { width: 360, height: 740 },
    colorScheme: 'light',
    isMobile: true,
    hasTouch: true,
    deviceScaleFactor: 2,
  },
  // A window of 1440 by 900 at 200 %.
  zoomed: { viewport: { width: 720, height: 450 }, colorScheme: 'light', deviceScaleFactor: 2 },
  small: { viewport: { width: 320, height: 640 }, colorScheme: 'light' },
};

/**
 * A page on one of `SCREENS`, opened at `query`, with what `ready` names there, which is the map's list unless that is to be `empty`.
 * `check()` fails on any console message, any failed request and any request to another host than `others`, but for the
 * statuses that the server is meant to answer with.
 */
async function openPage(
  browser,
  address,
  {
    screen = 'desktop',
    query = '',
    locale = 'en-GB',
    reducedMotion = 'reduce',
    empty = false,
    others = [],
    ready = '#list > li',
  } = {},
) {
  const context = await browser.newContext({ ...SCREENS[screen], locale, reducedMotion });
  const page = await context.newPage();
  // A machine that builds at the same time takes its time.
  page.setDefaultTimeout(Number(process.env.KORDON_PATIENCE ?? 30) * 1000);
  const faults = [];
  page.on('console', (message) => faults.push(`console ${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('request', (request) => {
    const url = request.url();
    const isKnown = [address, ...others].some((known) => url.startsWith(known));
    if (!isKnown && !/^(data|blob):/.test(url)) faults.push(`asked ${url}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) faults.push(`${response.status()} ${response.url()}`);
  });
  await page.goto(address + query);
  if (!empty) await page.locator(ready).first().waitFor({ state: 'attached' });
  return {
    page,
    faults,
    check(refused = []) {
      const isMeant = (fault) =>
        refused.some(
          (status) => fault.startsWith(`${status} `) || fault.includes(`status of ${status}`),
        );
      assert.deepEqual(
        faults.filter((fault) => !isMeant(fault)),
        [],
      );
    },
    close: () => context.close(),
  };
}

/**
 * Begins a file of tests: the program and a browser are there while they run. `onPage(options, act)` runs `act` on a fresh
 * page and fails on any fault that the page had meanwhile, but for the statuses `refused` that the server is meant to
 * answer with; `options` are those of `openPage`, and `usual` those of the whole file. `words` go to the program.
 */
export function begin(usual = {}, words = () => []) {
  let kordon;
  let browser;
  before(async () => {
    [kordon, browser] = await Promise.all([startKordon(null, words()), startBrowser()]);
  });
  after(async () => {
    await browser?.close();
    await kordon?.stop();
  });
  const open = (options = {}, address = kordon.address) =>
    openPage(browser, address, { ...usual, ...options });
  return {
    get address() {
      return kordon.address;
    },
    newContext: (options) => browser.newContext(options),
    open,
    async onPage({ refused = [], ...options }, act) {
      const opened = await open(options);
      try {
        await act(opened.page);
        opened.check(refused);
      } finally {
        await opened.close();
      }
    },
  };
}

/** How many pixels the page is wider than its window. */
export function overflow(page) {
  return page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
}

/**
 * The controls in sight whose text is wider than their box, and those that lie on one another, in words. A list of choices
 * is as wide as it would make itself for the one that is chosen.
 */
export function squeezed(page) {
  return page.evaluate(() => {
    const kinds = 'button, select, summary, input, textarea, .chosen, a.plain';
    const seen = [...document.querySelectorAll(kinds)].filter(
      (one) =>
        one.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true }) &&
        !one.closest('.unseen') &&
        one.clientWidth > 1,
    );
    const nameOf = (one) => {
      const label = one.getAttribute('aria-label') ?? one.labels?.[0]?.textContent;
      const name = (one.id || label || one.textContent).trim().replace(/\s+/g, ' ');
      return `${one.localName} ${name.slice(0, 40)}`;
    };
    const roomFor = (select) => {
      const free = select.cloneNode(true);
      free.value = select.value;
      for (const property of ['id', 'name', 'aria-label']) free.removeAttribute(property);
      free.style.cssText =
        'position:absolute; visibility:hidden; width:auto; min-width:0; max-width:none; field-sizing:content';
      select.after(free);
      const wanted = free.offsetWidth;
      free.remove();
      return wanted;
    };
    const wanted = (one) => {
      if (one.localName === 'select') return roomFor(one) - one.offsetWidth;
      if (!one.placeholder || one.value) return one.scrollWidth - one.clientWidth;
      const pen = document.createElement('canvas').getContext('2d');
      const { font, paddingLeft, paddingRight } = getComputedStyle(one);
      pen.font = font;
      // The arrow of a field with suggestions takes its place from the text.
      const sides = Number.parseFloat(paddingLeft) + Number.parseFloat(paddingRight);
      const room = one.clientWidth - sides - (one.list ? 24 : 0);
      return pen.measureText(one.placeholder).width - room;
    };
    const clipped = seen
      .filter((one) => wanted(one) > 1)
      .map((one) => `${nameOf(one)}: ${Math.ceil(wanted(one))} px too narrow`);
    const boxes = seen
      // The two handles of a span share their line.
      .filter((one) => one.type !== 'range')
      .map((one) => ({ one, box: one.getBoundingClientRect() }));
    const over = boxes.flatMap(({ one, box }, at) =>
      boxes.slice(at + 1).flatMap(({ one: other, box: its }) => {
        const isApart =
          box.right <= its.left + 1 ||
          its.right <= box.left + 1 ||
          box.bottom <= its.top + 1 ||
          its.bottom <= box.top + 1;
        // What floats over the page, as an open list of choices does, is no fault.
        const isOne =
          one.parentElement.closest('form, section, header, aside, div') !==
          other.parentElement.closest('form, section, header, aside, div');
        return isApart || isOne || one.contains(other) || other.contains(one)
          ? []
          : [`${nameOf(one)} lies on ${nameOf(other)}`];
      }),
    );
    return [...clipped, ...over];
  });
}

/**
 * Stores an incident; resolves with a function that withdraws it again, so that a server that goes on
 * running is left as it was found. What an earlier run withdrew is brought back.
 */
export async function addIncident(address, properties, coordinates) {
  const items = `${address}collections/incidents/items`;
  const answer = await fetch(items, {
    method: 'POST',
    headers: { 'content-type': 'application/geo+json' },
    body: JSON.stringify({
      type: 'Feature',
      geometry: { type: 'Point', coordinates },
      properties: { ...properties, record_status: 'published' },
    }),
  });
  assert.ok(answer.ok, `${answer.status}`);
  const { id } = await answer.json();
  return () => fetch(`${items}/${id}`, { method: 'DELETE' });
}

/** The buttons of the list. */
export function rows(page) {
  return page.getByRole('list', { name: /inciden|інцидент/i }).getByRole('button');
}

/** Waits until the map has drawn everything it asked for, and fonts are loaded. */
export async function drawn(page) {
  await page.locator('#map[aria-busy="false"]').waitFor({ state: 'attached' });
  await page.evaluate(async () => {
    await document.fonts.ready;
    for (let frame = 0; frame < 12; frame++) await new Promise(requestAnimationFrame);
  });
  await page.locator('#map[aria-busy="false"]').waitFor({ state: 'attached' });
}

/** Lets requests to `pattern` wait until they are released. */
export async function hold(page, pattern) {
  let gate;
  let open;
  const holdOn = () => {
    gate = new Promise((resolve) => {
      open = resolve;
    });
  };
  holdOn();
  await page.route(pattern, async (route) => {
    await gate;
    // One that was given up meanwhile is gone.
    await route.continue().catch(() => {});
  });
  return { hold: holdOn, release: () => open() };
}

/** Fails with what axe-core finds, in words. A list that is about to be replaced is faded, so it is waited for. */
export async function checkAccess(page) {
  await page.locator('#list[aria-busy="true"]').waitFor({ state: 'detached' });
  // The page's policy forbids foreign scripts; the debugger's door is not bound by it.
  await page.evaluate(AXE);
  const found = await page.evaluate(async () => {
    const { violations } = await window.axe.run(document, {
      resultTypes: ['violations'],
      // WCAG 2.2, which axe does not look at unless told to.
      rules: { 'target-size': { enabled: true } },
    });
    const where = (nodes) => nodes.map((node) => node.target.join(' ')).join(', ');
    return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${where(nodes)}`);
  });
  assert.deepEqual(found, []);
}

/** How many pixels of the map have each color, as "r,g,b". */
export async function colors(page) {
  const png = (await page.locator('#map').screenshot()).toString('base64');
  // The page's own policy would not let it read a picture.
  const reader = await page.context().newPage();
  const found = await reader.evaluate(async (png) => {
    const bytes = await (await fetch(`data:image/png;base64,${png}`)).blob();
    const picture = await createImageBitmap(bytes);
    const pen = new OffscreenCanvas(picture.width, picture.height).getContext('2d');
    pen.drawImage(picture, 0, 0);
    const { data } = pen.getImageData(0, 0, picture.width, picture.height);
    const counts = {};
    for (let at = 0; at < data.length; at += 4) {
      const color = data.slice(at, at + 3).join();
      counts[color] = (counts[color] ?? 0) + 1;
    }
    return counts;
  }, png);
  await reader.close();
  return found;
}

/** What the map shows, to be compared with itself. */
export async function signs(page) {
  await drawn(page);
  return (await page.locator('#map canvas').screenshot()).toString('base64');
}

/** Keeps a picture for the docs when KORDON_SHOTS=1. */
export async function keepShot(page, name, options = {}) {
  if (process.env.KORDON_SHOTS !== '1') return;
  mkdirSync(SHOTS, { recursive: true });
  await drawn(page);
  await page.screenshot({ path: `${SHOTS}${name}.png`, scale: 'css', ...options });
}
