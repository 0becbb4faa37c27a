// What the page costs on a store of a million incidents: how soon it is there, how long the server takes for the tiles of
// another filter, and for how long the page answers nobody ("long tasks"). `make bench-page`; KORDON_PAGE_INCIDENTS says
// how many incidents (a million). Without a graphics card Chromium draws by software, and a long task is then mostly drawing.
// Times are wall clock: run it on a machine that does nothing else.

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startBrowser, startKordon } from '../browser/page.mjs';

const COUNT = Number(process.env.KORDON_PAGE_INCIDENTS ?? 1_000_000);
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const TYPES = [
  'battles',
  'explosions_remote_violence',
  'violence_against_civilians',
  'protests',
  'other',
];
const CLUSTERS = [
  [37.8, 48.0],
  [36.2, 49.9],
  [35.3, 47.4],
  [30.7, 46.4],
  [28.8, 45.3],
  [26.1, 44.4],
];

/** Numbers between 0 and 1 that are the same every time (xorshift). */
function dice(seed) {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

async function write(file) {
  const out = createWriteStream(file);
  const share = dice(20220224);
  let lines = [];
  for (let at = 0; at < COUNT; at++) {
    const [lon, lat] = CLUSTERS[Math.floor(share() * CLUSTERS.length)];
    const spread = () => (share() + share() + share() - 1.5) * 1.2;
    const date = new Date(Date.UTC(2015, 0, 1 + Math.floor(share() * 3_900)))
      .toISOString()
      .slice(0, 10);
    const geometry = { type: 'Point', coordinates: [lon + spread(), lat + spread()] };
    const properties = {
      title: `Incident ${at}`,
      date_start: date,
      event_type: TYPES[Math.floor(share() * TYPES.length)],
      location_radius_m: 150,
      same_as: [`made-up:${at}`],
    };
    lines.push(JSON.stringify({ type: 'Feature', geometry, properties }));
    if (lines.length < 5_000 && at + 1 < COUNT) continue;
    if (!out.write(`${lines.join('\n')}\n`)) await once(out, 'drain');
    lines = [];
  }
  out.end();
  await once(out, 'finish');
}

const median = (all) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0;
const most = (all) => Math.max(0, ...all);
const tell = (what, value) => console.log(`${what.padEnd(66)} ${value}`);
const ms = (value) => `${value.toFixed(0)} ms`;

mkdirSync(join(ROOT, '.make'), { recursive: true });
const dir = mkdtempSync(join(ROOT, '.make/page-'));
let kordon;
let browser;
try {
  const [file, store] = [join(dir, 'incidents.ndjson'), join(dir, 'store')];
  await write(file);
  execFileSync(process.env.KORDON_BIN, ['import', file, '--store', store], { stdio: 'ignore' });
  [kordon, browser] = await Promise.all([startKordon(store), startBrowser()]);
  const items = await fetch(`${kordon.address}collections/incidents/items?limit=1&f=json`);
  const { numberMatched } = await items.json();
  if (numberMatched !== COUNT) throw new Error(`${numberMatched} of ${COUNT} are there`);
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
  const settled = async () => {
    await page.locator('#map[aria-busy="false"]').waitFor({ state: 'attached' });
    await page.locator('#list[aria-busy="true"]').waitFor({ state: 'detached' });
  };
  const takeTasks = () => page.evaluate(() => window.longTasks.splice(0));

  const begun = performance.now();
  await page.goto(kordon.address);
  await page.locator('#list > li').first().waitFor({ state: 'attached' });
  const listed = performance.now() - begun;
  await settled();
  const drawn = performance.now() - begun;
  const painted = await page.evaluate(
    () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0,
  );
  tell(`${COUNT} incidents: first contentful paint`, ms(painted));
  tell('the list is there', ms(listed));
  tell('the map is drawn', ms(drawn));
  const atStart = await takeTasks();
  tell(
    'long tasks until then: over 200 ms, the longest',
    `${atStart.filter((one) => one > 200).length}, ${ms(most(atStart))}`,
  );

  const times = [];
  for (let year = 2016; year < 2025; year++) {
    const from = performance.now();
    await page.locator('#day-from').fill(`${year}-03-01`);
    await page.locator('#day-from').blur();
    await page.waitForURL((url) => url.href.includes(`${year}-03-01`));
    await settled();
    times.push(performance.now() - from);
  }
  tell(
    'another filter: until list and map are still, median and most',
    `${ms(median(times))}, ${ms(most(times))}`,
  );
  const after = await takeTasks();
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
  tell(
    'nine tiles of another filter, without the page: median and most',
    `${ms(median(screens))}, ${ms(most(screens))}`,
  );
} finally {
  await browser?.close();
  await kordon?.stop();
  rmSync(dir, { recursive: true, force: true });
}
