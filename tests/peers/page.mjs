// What the page costs on a store of a million incidents: how soon it is there, how long the server takes for the tiles of
// another filter, and for how long the page answers nobody ("long tasks"). `make bench-page`; KORDON_PAGE_INCIDENTS says
// how many incidents (a million). Without a graphics card Chromium draws by software, and a long task is then mostly drawing.
// Times are wall clock: run it on a machine that does nothing else.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startBrowser, startKordon } from '../browser/page.mjs';
import { madeUp } from './made-up.mjs';

const COUNT = Number(process.env.KORDON_PAGE_INCIDENTS ?? 1_000_000);
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

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
  await madeUp(COUNT, file);
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
