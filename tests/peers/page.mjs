// What the page costs on a store of a million incidents: how soon it is there, how long the server takes for the tiles of
// another filter, and for how long the page answers nobody ("long tasks"). `make bench-page`; KORDON_PAGE_INCIDENTS says
// how many incidents (a million). Without a graphics card Chromium draws by software, and a long task is then mostly drawing:
// an empty map of MapLibre in a page of nothing else, opened in turns with ours, says what no page with a map goes below.
// Times are wall clock: run it on a machine that does nothing else.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startBrowser, startKordon } from '../browser/page.mjs';
import { madeUp } from './made-up.mjs';

const COUNT = Number(process.env.KORDON_PAGE_INCIDENTS ?? 1_000_000);
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Starts of either page, each in a browser of its own, which has drawn nothing yet. */
const STARTS = 5;
const MAPLIBRE = join(ROOT, 'web/node_modules/maplibre-gl/dist');
const EMPTY = `<!doctype html><title>empty</title><div id="map" style="height: 900px"></div><script type="module">
  import { Map, setWorkerUrl } from './maplibre-gl.mjs';
  setWorkerUrl('./maplibre-gl-worker.mjs');
  const layers = [{ id: 'sea', type: 'background', paint: { 'background-color': '#cddbe4' } }];
  const map = new Map({ container: 'map', style: { version: 8, sources: {}, layers }, attributionControl: false });
  map.once('idle', () => document.getElementById('map').setAttribute('aria-busy', 'false'));
</script>`;

const median = (all) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0;
const most = (all) => Math.max(0, ...all);
const tell = (what, value) => console.log(`${what.padEnd(66)} ${value}`);
const ms = (value) => `${value.toFixed(0)} ms`;
const both = (all) => `${ms(median(all))}, ${ms(most(all))}`;

/** Opens `address` in a browser of its own, and counts from there; `settled` waits until it is all there. */
async function start(address, settled) {
  const browser = await startBrowser();
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(120_000);
  await page.addInitScript(() => {
    window.longTasks = [];
    const note = (list) => window.longTasks.push(...list.getEntries().map((one) => one.duration));
    new PerformanceObserver(note).observe({ type: 'longtask', buffered: true });
  });
  await page.route(/\/empty\//, (route) => {
    const name = basename(route.request().url());
    return name === 'map.html'
      ? route.fulfill({ contentType: 'text/html', body: EMPTY })
      : route.fulfill({ contentType: 'text/javascript', path: join(MAPLIBRE, name) });
  });
  const begun = performance.now();
  await page.goto(address);
  const told = await settled(page, () => performance.now() - begun);
  const painted = await page.evaluate(
    () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0,
  );
  const tasks = await takeTasks(page);
  return { ...told, painted, tasks, page, close: () => browser.close() };
}

/** The long tasks since the last time. */
function takeTasks(page) {
  return page.evaluate(() => window.longTasks.splice(0));
}

async function ourMap(page) {
  await page.locator('#map[aria-busy="false"]').waitFor({ state: 'attached' });
  await page.locator('#list[aria-busy="true"]').waitFor({ state: 'detached' });
}

async function ourPage(page, clock) {
  await page.locator('#list > li').first().waitFor({ state: 'attached' });
  const listed = clock();
  await ourMap(page);
  return { listed, drawn: clock() };
}

function tellTasks(what, starts) {
  const over = starts.map(({ tasks }) => tasks.filter((one) => one > 200).length);
  tell(`${what}, long tasks over 200 ms: median and most`, `${median(over)}, ${most(over)}`);
  tell('the longest', both(starts.map(({ tasks }) => most(tasks))));
}

mkdirSync(join(ROOT, '.make'), { recursive: true });
const dir = mkdtempSync(join(ROOT, '.make/page-'));
let kordon;
let last;
try {
  const [file, store] = [join(dir, 'incidents.ndjson'), join(dir, 'store')];
  await madeUp(COUNT, file);
  execFileSync(process.env.KORDON_BIN, ['import', file, '--store', store], { stdio: 'ignore' });
  kordon = await startKordon(store);
  const items = await fetch(`${kordon.address}collections/incidents/items?limit=1&f=json`);
  const { numberMatched } = await items.json();
  if (numberMatched !== COUNT) throw new Error(`${numberMatched} of ${COUNT} are there`);

  const [empty, ours] = [[], []];
  for (let time = 0; time < STARTS; time++) {
    await last?.close();
    last = await start(`${kordon.address}empty/map.html`, ourMap);
    empty.push(last);
    await last.close();
    last = await start(kordon.address, ourPage);
    ours.push(last);
  }
  tell(
    `${COUNT} incidents, ${STARTS} starts: first contentful paint, median and most`,
    both(ours.map(({ painted }) => painted)),
  );
  tell('the list is there', both(ours.map(({ listed }) => listed)));
  tell('the map is drawn', both(ours.map(({ drawn }) => drawn)));
  tellTasks('until then', ours);
  tellTasks('an empty map in an empty page', empty);

  const { page } = last;
  const times = [];
  for (let year = 2016; year < 2025; year++) {
    const from = performance.now();
    await page.locator('#day-from').fill(`${year}-03-01`);
    await page.locator('#day-from').blur();
    await page.waitForURL((url) => url.href.includes(`${year}-03-01`));
    await ourMap(page);
    times.push(performance.now() - from);
  }
  tell('another filter: until list and map are still, median and most', both(times));
  const after = await takeTasks(page);
  tell(
    'long tasks meanwhile: over 200 ms, the longest',
    `${after.filter((one) => one > 200).length}, ${ms(most(after))}`,
  );

  // As many tiles as a screen has, of filters that nobody has asked for yet.
  const screens = [];
  for (let year = 2016; year < 2025; year++) {
    const from = performance.now();
    const tiles = [17, 18, 19].flatMap((x) => [10, 11, 12].map((y) => `5/${x}/${y}`));
    await Promise.all(
      tiles.map(async (tile) => {
        const address = `${kordon.address}tiles/incidents/${tile}?datetime=${year}-05-01/..`;
        await (await fetch(address)).arrayBuffer();
      }),
    );
    screens.push(performance.now() - from);
  }
  tell('nine tiles of another filter, without the page: median and most', both(screens));
} finally {
  await last?.close();
  await kordon?.stop();
  rmSync(dir, { recursive: true, force: true });
}
