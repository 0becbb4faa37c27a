// How the page begins: what it asks for first, and what it leaves until that is on the screen.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { begin, drawn, hold } from './page.mjs';

const kordon = begin();

/** A page that nothing has been asked for yet. */
async function blank() {
  const context = await kordon.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(Number(process.env.KORDON_PATIENCE ?? 30) * 1000);
  return { page, close: () => context.close() };
}

describe('the start', () => {
  it('needs at most 400 kB of JavaScript, none of what is opened later, and the map only once the page is seen', async () => {
    const { page, close } = await blank();
    const scripts = [];
    page.on('response', (response) => {
      if (/\/assets\/[^?]*\.js$/.test(response.url())) scripts.push(response);
    });
    await page.goto(kordon.address);
    await page.locator('#list > li').first().waitFor({ state: 'attached' });
    await drawn(page);
    const bodies = await Promise.all(scripts.map((response) => response.body()));
    const size = bodies.reduce((sum, body) => sum + gzipSync(body).length, 0);
    assert.ok(size > 0 && size <= 400_000, `${size} bytes`);
    assert.ok(!scripts.some((response) => /ask|compare|charts/.test(response.url())));
    const { seen, asked } = await page.evaluate(() => ({
      seen: performance.getEntriesByName('first-paint')[0].startTime,
      asked: performance.getEntriesByType('resource').find(({ name }) => /\/map-/.test(name))
        .startTime,
    }));
    assert.ok(asked > seen, `asked for at ${asked} ms, seen at ${seen} ms`);
    await close();
  });

  it('draws the map too where neither the browser tells of a paint nor the graphics card of its work', async () => {
    const { page, close } = await blank();
    await page.addInitScript(() => {
      window.PerformanceObserver = class {
        observe() {}
        disconnect() {}
      };
      WebGL2RenderingContext.prototype.getSyncParameter = function () {
        return this.UNSIGNALED;
      };
    });
    await page.goto(kordon.address);
    await drawn(page);
    await close();
  });

  it('leaves what is being typed as it is when the map comes', async () => {
    const { page, close } = await blank();
    const { release } = await hold(page, '**/assets/map-*.js');
    await page.goto(kordon.address);
    await page.getByText('Area', { exact: true }).click();
    const corners = page.getByLabel(/^Corners:/);
    await corners.fill('28.7 45.2\n29 45.2\n29 45.5');
    release();
    await drawn(page);
    assert.equal(await corners.inputValue(), '28.7 45.2\n29 45.2\n29 45.5');
    await page.getByLabel(/^Center/).focus();
    await page.waitForURL(/area=28\.7,45\.2;29,45\.2;29,45\.5/);
    await close();
  });

  it('draws no frame of the map while the one before is still being drawn', async () => {
    const { page, close } = await blank();
    await page.addInitScript(() => {
      const gl = WebGL2RenderingContext.prototype;
      const ask = gl.getSyncParameter;
      window.frames_ = { held: true, drawn: 0 };
      // A graphics card that takes its time.
      gl.getSyncParameter = function (...words) {
        return window.frames_.held ? this.UNSIGNALED : ask.apply(this, words);
      };
      const clear = gl.clear;
      gl.clear = function (...words) {
        window.frames_.drawn++;
        return clear.apply(this, words);
      };
    });
    await page.goto(kordon.address);
    await page.locator('#list > li').first().waitFor({ state: 'attached' });
    await page.locator('canvas.maplibregl-canvas').waitFor();
    await page.waitForTimeout(1500); // Long enough for tiles to come: nothing may be drawn for them now.
    const held = await page.evaluate(() => window.frames_.drawn);
    await page.evaluate(() => {
      window.frames_.held = false;
    });
    await drawn(page);
    const after = await page.evaluate(() => window.frames_.drawn);
    assert.ok(held <= 1 && after > held, `${held} frames while it was at work, ${after} after`);
    await close();
  });
});
