// The controls of the page: their text is seen whole in every language, and none lies on another, on a phone and on a desk.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { begin, checkAccess, squeezed } from './page.mjs';

const kordon = begin();

/** What is looked at, by the end of its address, and what is there once it is. */
const VIEWS = {
  '': '#list > li',
  '&of=ROU&within-km=10&q=a': '#list > li',
  '&show=ask': '.ask svg[role="img"]',
  '&show=compare&datetime=2023-01-01/2023-12-31&other=2024-01-01/2024-12-31':
    '.compare-table table',
  '#import': '.desk-body h2',
  '#duplicates': '.desk-body h2',
  '#report': '.desk-body table',
};

describe('the controls', () => {
  for (const lang of ['en', 'uk', 'ro']) {
    it(`have room for their text: ${lang}`, async () => {
      const { page, close } = await kordon.open({ query: `?lang=${lang}` });
      const found = [];
      for (const [end, there] of Object.entries(VIEWS)) {
        await page.goto('about:blank');
        await page.goto(`${kordon.address}?lang=${lang}${end}`);
        await page.locator(there).first().waitFor();
        for (const width of [360, 1280]) {
          await page.setViewportSize({ width, height: 740 });
          const toggle = page.locator('#filter-toggle');
          if (!end.includes('#') && (await toggle.isVisible())) await toggle.click();
          for (const fault of await squeezed(page)) found.push(`${end} ${width}: ${fault}`);
        }
      }
      assert.deepEqual(found, []);
      await close();
    });
  }

  it('are as large as the text beside them: the scale of a distance on a tablet', () =>
    kordon.onPage({}, async (page) => {
      await page.setViewportSize({ width: 768, height: 900 });
      await page.locator('#list > li button').first().click();
      const letters = page.locator('#panel .scale text').first();
      // The panel is told anew when the answers to NATO and the EU are there.
      await page.locator('#panel').getByRole('button', { name: 'NATO' }).first().waitFor();
      const { height } = await letters.boundingBox();
      assert.ok(height < 22, `${height} px`);
    }));

  it('leave the foot of the page alone while the filters are open on a phone', () =>
    kordon.onPage({ screen: 'phone', query: '?lang=uk' }, async (page) => {
      await page.locator('#filter-toggle').click();
      await page.getByRole('heading', { level: 2 }).first().waitFor();
      const foot = await page.getByRole('contentinfo').boundingBox();
      const under = await page.locator('#list-side :is(a, button, select)').evaluateAll(
        (all, top) =>
          all
            .filter((one) => one.checkVisibility({ contentVisibilityAuto: true }))
            .filter((one) => !one.closest('.list-scroll'))
            .filter((one) => one.getBoundingClientRect().bottom > top + 1)
            .map((one) => one.textContent),
        foot.y,
      );
      assert.deepEqual(under, []);
      // And there is an incident to see.
      const list = await page.locator('#list-scroll').boundingBox();
      assert.ok(list.height > 60, `${list.height} px for the list`);
    }));

  for (const screen of ['zoomed', 'small', 'phone']) {
    it(`open the legend where the map is low, which is read to its end and closed again: ${screen}`, () =>
      kordon.onPage({ screen, query: '?of=ROU&within-km=10' }, async (page) => {
        const button = page.locator('#legend summary');
        const isFree = () =>
          button.evaluate((summary) => {
            const { left, right, top, bottom } = summary.getBoundingClientRect();
            const points = [left + 6, (left + right) / 2, right - 6].flatMap((x) =>
              [top + 6, (top + bottom) / 2, bottom - 6].map((y) => [x, y]),
            );
            return points.every(([x, y]) => document.elementFromPoint(x, y) === summary);
          });
        assert.ok(await isFree(), 'the button is covered before it is opened');
        await button.focus();
        await page.keyboard.press('Enter');
        const lines = page.locator('#legend li');
        await lines.first().waitFor();
        await checkAccess(page);
        const isSeen = (line) =>
          line.evaluate((one) => {
            const { left, top, width, height } = one.getBoundingClientRect();
            const at = document.elementFromPoint(left + width / 2, top + height / 2);
            return one.contains(at) && top >= 0 && top + height <= innerHeight;
          });
        for (const line of await lines.all()) {
          await line.scrollIntoViewIfNeeded();
          assert.ok(await isSeen(line), `${await line.textContent()} is not seen`);
        }
        assert.ok(await isFree(), 'the button is covered while it is open');
        await page.keyboard.press('Escape');
        await lines.first().waitFor({ state: 'hidden' });
        assert.ok(await button.evaluate((one) => one === document.activeElement));
        await button.click();
        await lines.first().waitFor();
        await button.click();
        await lines.first().waitFor({ state: 'hidden' });
      }));
  }
});
