// What the map promises to the one who reads it, through the served page and nothing else.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { begin, checkAccess, drawn, keepShot, overflow, rows, signs } from './page.mjs';

const kordon = begin();
const { onPage } = kordon;

/** Opens the first incident of the list whose title has `words`. */
async function openIncident(page, words) {
  const row = rows(page).filter({ hasText: words }).first();
  await row.click();
  const panel = page.getByRole('article');
  await panel.getByRole('heading', { level: 2 }).filter({ hasText: words }).waitFor();
  // The answer to NATO and the EU comes a moment after the incident itself.
  await panel
    .getByRole('button', { name: /NATO|НАТО/ })
    .first()
    .waitFor();
  return panel;
}

describe('the list', () => {
  it('counts the incidents and tells of each how far it was from a border', () =>
    onPage({}, async (page) => {
      const count = page.getByRole('heading', { level: 2, name: /^\d+ incidents$/ });
      await count.waitFor();
      assert.ok(Number.parseInt(await count.textContent(), 10) >= 20);
      const told = await rows(page).allTextContents();
      const distances = told.filter((text) =>
        /\d[\d.]* k?m \(.*\) from [A-Z]/.test(text.replace(/\u00a0/g, ' ')),
      );
      assert.ok(distances.length >= told.length / 2, told.slice(0, 3).join('\n'));
      await keepShot(page, 'map');
    }));

  it('narrows to what was near Romania, and says what was asked when nothing was', () =>
    onPage({ query: '?of=ROU&within-km=3&q=Izmail' }, async (page) => {
      await page.getByRole('heading', { level: 2, name: /^\d+ of \d+ incidents$/ }).waitFor();
      for (const text of await rows(page).allTextContents()) assert.match(text, /Romania/);
      await page.getByLabel('inside it too').uncheck();
      await page.waitForURL(/include-inside=false/);
      await page.getByLabel('Distance to').selectOption({ label: 'Portugal' });
      await page
        .getByRole('status')
        .filter({ hasText: 'No incident within 3 km: Portugal.' })
        .waitFor();
      await page.getByRole('button', { name: /^The nearest one: / }).waitFor();
      await page.getByRole('button', { name: 'Clear filters' }).click();
      await page.getByRole('heading', { level: 2, name: /^\d+ incidents$/ }).waitFor();
    }));

  it('can be searched, sorted and taken away as a file', () =>
    onPage({}, async (page) => {
      await page.getByRole('searchbox').fill('Reni');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 2, name: /^\d+ of \d+ incidents?$/ }).waitFor();
      await page.getByLabel('Sort').selectOption('date_start');
      await page.waitForURL(/sortby=date_start/);
      for (const [name, type] of [
        ['CSV', 'text/csv'],
        ['GeoJSON', 'application/geo+json'],
      ]) {
        const href = await page.getByRole('link', { name, exact: true }).getAttribute('href');
        const answer = await page.request.get(new URL(href, kordon.address).href);
        assert.equal(answer.status(), 200);
        assert.ok(
          answer.headers()['content-type'].startsWith(type),
          answer.headers()['content-type'],
        );
        assert.match(await answer.text(), /Reni/);
      }
    }));

  it('is narrowed by the handles of the histogram', () =>
    onPage({}, async (page) => {
      const low = page.getByRole('slider', { name: 'From' });
      await low.focus();
      for (let step = 0; step < 3; step++) await page.keyboard.press('ArrowRight');
      await page.waitForURL(/datetime=\d{4}-\d\d-01/);
      await page.getByRole('heading', { level: 2, name: /^\d+ of \d+ incidents$/ }).waitFor();
      assert.match(await low.getAttribute('aria-valuetext'), /\d{4}/);
    }));
});

describe('the map', () => {
  it('has the signs of what a filter leaves, as who opens that address, and all again without it', () =>
    onPage({ query: '?map=5.5/30/47' }, async (page) => {
      const all = await signs(page);
      await page.getByRole('searchbox').fill('Odesa');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 2, name: /^\d+ of \d+ incidents?$/ }).waitFor();
      const some = await signs(page);
      assert.notEqual(some, all);
      await onPage({ query: new URL(page.url()).search }, async (other) =>
        assert.equal(await signs(other), some),
      );
      await page.getByRole('button', { name: 'Clear filters' }).click();
      await page.getByRole('heading', { level: 2, name: /^\d+ incidents$/ }).waitFor();
      assert.equal(await signs(page), all);
    }));
});

describe('an incident', () => {
  it('in Izmail is told with its distance to Romania, its interval, NATO and the border set', () =>
    onPage({}, async (page) => {
      await page.getByRole('searchbox').fill('Izmail');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 2, name: /^\d+ of \d+ incidents?$/ }).waitFor();
      const panel = await openIncident(page, 'postal centre in Izmail');
      await keepShot(page, 'incident');
      const line = (await panel.locator('#distance').textContent()).replace(/\u00a0/g, ' ');
      assert.match(line, /Romania \(NATO\)/);
      assert.match(line, /\d k?m/);
      await panel.getByText(/Measured against osm-maritime-10m .* accurate to ±200/).waitFor();
      const sources = panel.getByRole('link').filter({ hasNotText: 'GeoJSON' });
      for (const link of await sources.all()) {
        assert.match(await link.getAttribute('href'), /^https?:/);
        assert.match(await link.getAttribute('rel'), /noopener/);
      }
      await panel.getByRole('button', { name: 'Show on the map' }).click();
    }));

  it('is opened by a click on its sign on the map, and the page does not ask other hosts', () =>
    onPage({ query: '?map=13/28.8372/45.3512' }, async (page) => {
      const target = await page.evaluate(async () => {
        const found = await fetch('/collections/incidents/items?bbox=28.7,45.25,29,45.45&limit=1');
        const [incident] = (await found.json()).features;
        return { place: incident.geometry.coordinates.flat().slice(0, 2), id: incident.id };
      });
      const [lng, lat] = target.place;
      await page.goto(`${kordon.address}?map=14/${lng}/${lat}`);
      await page.locator('#list > li').first().waitFor({ state: 'attached' });
      await drawn(page);
      const canvas = page.locator('canvas.maplibregl-canvas');
      const box = await canvas.boundingBox();
      const heading = page.getByRole('article').getByRole('heading', { level: 2 });
      for (let attempt = 0; attempt < 20 && !(await heading.isVisible()); attempt++) {
        await canvas.click({ position: { x: box.width / 2, y: box.height / 2 } });
        await page.waitForTimeout(500); // A tile that is still being drawn cannot be hit.
      }
      await heading.waitFor();
      assert.match(page.url(), /[?&]id=/);
      // Several strikes on the town are told at its middle: all of them can be reached from there.
      const first = await heading.textContent();
      await page
        .getByRole('article')
        .getByText(/^1 of \d+ at this spot$/)
        .waitFor();
      await page.getByRole('button', { name: 'Next at this spot' }).click();
      await heading.filter({ hasNotText: first }).waitFor();
    }));

  it('is shown again by its address, and the back button closes it', () =>
    onPage({}, async (page) => {
      await openIncident(page, 'Izmail');
      await page.waitForURL(/[?&]id=/);
      const title = await page
        .getByRole('article')
        .getByRole('heading', { level: 2 })
        .textContent();
      const address = page.url();
      await page.goBack();
      await page.getByRole('article').waitFor({ state: 'hidden' });
      await page.goto('about:blank');
      await page.goto(address);
      await page.getByRole('article').getByRole('heading', { level: 2, name: title }).waitFor();
    }));

  it('can be cited with border set, licence, day and address', () =>
    onPage({}, async (page) => {
      const panel = await openIncident(page, 'Izmail');
      await panel.getByRole('button', { name: 'Cite' }).click();
      const text = await page.getByRole('dialog').getByRole('textbox').inputValue();
      assert.match(text, /osm-maritime-10m .*ODbL.*Read on \d{4}-\d\d-\d\d.*http:\/\/127/s);
      const cited = /Data as cited: (\S+\?snapshot=\S+)$/.exec(text)?.[1];
      const feature = await page.evaluate(async (address) => (await fetch(address)).json(), cited);
      assert.match(feature.properties.title.en, /Izmail/);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'hidden' });
      await panel.waitFor();
    }));
});

describe('any place', () => {
  it('is measured from its address: Sevastopol is claimed by two', () =>
    onPage({ query: '?at=33.5254,44.6167' }, async (page) => {
      const panel = page.getByRole('article');
      await panel.getByRole('heading', { level: 2, name: 'Measured place' }).waitFor();
      await panel.getByText(/Russia, Ukraine|Ukraine, Russia/).waitFor();
    }));

  it('is measured at the cross by keyboard', () =>
    onPage({ query: '?map=11/28.8372/45.3512' }, async (page) => {
      // The key may come before the map does.
      await page.keyboard.press('m');
      await drawn(page);
      await page.keyboard.press('Enter');
      const panel = page.getByRole('article');
      await panel.getByRole('heading', { level: 2, name: 'Measured place' }).waitFor();
      const line = (await panel.locator('#distance').textContent()).replace(/\u00a0/g, ' ');
      assert.match(line, /^2\.22 km \(2\.0\d–2\.4\d km\) from Romania \(NATO\)$/);
      await page.waitForURL(/at=28\.83\d*,45\.35/);
      await keepShot(page, 'measure');
    }));
});

describe('on paper', () => {
  const onPaper = (page) => page.locator('#on-paper');

  it('stands what the map shows, as the server draws it, and is asked for only then', () =>
    onPage({}, async (page) => {
      await drawn(page);
      const asked = [];
      page.on('request', (request) => /\.png/.test(request.url()) && asked.push(request.url()));
      await page.getByRole('button', { name: 'Zoom in' }).click();
      await page.waitForURL(/map=/);
      await drawn(page);
      assert.deepEqual(asked, []);
      await page.emulateMedia({ media: 'print' });
      await onPaper(page).evaluate((image) => image.decode());
      assert.match(asked.join(), /\/maps\/static\.png\?.*bbox=[\d.,%C-]+&lang=en/);
      assert.ok(await page.locator('#map').isHidden());
      assert.ok(await page.getByRole('searchbox').isHidden());
      await keepShot(page, 'print', { fullPage: true });
    }));

  it('stays what the map showed when that is hidden for it', () =>
    onPage({ query: '?map=5/28.8/47' }, async (page) => {
      await drawn(page);
      const shown = await onPaper(page).getAttribute('src');
      await page.emulateMedia({ media: 'print' });
      // What MapLibre takes a map for that has no size.
      await page.waitForFunction(
        () => document.querySelector('#map canvas').style.width === '400px',
      );
      assert.equal(await onPaper(page).getAttribute('src'), shown);
    }));

  it('says how many of those that are listed are in the picture, where these are not all', () =>
    onPage({ query: '?map=9/28.8/45.3' }, async (page) => {
      await drawn(page);
      const said = page.locator('#on-paper-said');
      await page.waitForFunction(() => document.querySelector('#on-paper-said').textContent);
      assert.ok(await said.isHidden());
      await page.emulateMedia({ media: 'print' });
      const [shown, matched] = (await said.textContent()).match(/\d+/g).map(Number);
      const box = new URL(await onPaper(page).getAttribute('src'), kordon.address).searchParams;
      const items = `${kordon.address}collections/incidents/items?limit=1`;
      const count = async (query) =>
        (await (await page.request.get(items + query)).json()).numberMatched;
      assert.equal(shown, await count(`&bbox=${box.get('bbox')}`));
      assert.equal(matched, await count(''));
      assert.ok(shown < matched);
      assert.ok(await said.isVisible());
      await page.emulateMedia({ media: 'screen' });
      await page.getByLabel('only what the map shows').check();
      await page.waitForFunction(() => !document.querySelector('#on-paper-said').textContent);
    }));

  it('stands one incident with its distance, in the language of its reader', () =>
    onPage({ query: '?of=ROU&lang=uk' }, async (page) => {
      await rows(page).first().click();
      await page.getByRole('article').waitFor();
      await page.emulateMedia({ media: 'print' });
      await onPaper(page).evaluate((image) => image.decode());
      const address = await onPaper(page).getAttribute('src');
      assert.match(address, /\/items\/[0-9a-f-]+\/map\.png\?lang=uk&size=960x600&of=ROU$/);
      await keepShot(page, 'print-incident', { fullPage: true });
    }));
});

describe('the page', () => {
  for (const [lang, locale, heading, distance] of [
    ['uk', 'uk-UA', /інцидент/, /до кордону: |на території: /],
    ['ro', 'ro-RO', /incident/, /până la frontieră: |pe teritoriul: /],
  ]) {
    it(`speaks ${lang} to one who reads ${locale}, and on demand`, async () => {
      await onPage({ locale }, async (page) => {
        await page.getByRole('heading', { level: 2, name: heading }).waitFor();
        assert.equal(await page.locator('html').getAttribute('lang'), lang);
      });
      await onPage({}, async (page) => {
        await page.getByLabel('Language').selectOption(lang);
        await page.getByRole('heading', { level: 2, name: heading }).waitFor();
        assert.match((await rows(page).allTextContents()).join('\n'), distance);
        await page.waitForURL(new RegExp(`lang=${lang}`));
        if (lang === 'uk') {
          await rows(page).first().click();
          await page.getByRole('article').getByRole('button', { name: 'НАТО' }).first().waitFor();
          await keepShot(page, 'ukrainian');
        }
      });
    });
  }

  it('can be used with the keyboard alone', () =>
    onPage({}, async (page) => {
      await page.keyboard.press('Tab');
      assert.equal(await page.evaluate(() => document.activeElement?.className), 'skip');
      await page.keyboard.press('Enter');
      await page.keyboard.press('Tab');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowUp');
      assert.equal(
        await page.evaluate(() =>
          [...document.querySelectorAll('#list button')].indexOf(document.activeElement),
        ),
        1,
      );
      await page.keyboard.press('Enter');
      await page.getByRole('article').waitFor();
      assert.equal(await page.evaluate(() => document.activeElement?.id), 'panel-title');
      await page.keyboard.press('Escape');
      await page.getByRole('article').waitFor({ state: 'hidden' });
      assert.equal(
        await page.evaluate(() =>
          [...document.querySelectorAll('#list button')].indexOf(document.activeElement),
        ),
        1,
      );
      await page.keyboard.press('?');
      await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
      await page.keyboard.press('Escape');
      await page.keyboard.press('/');
      assert.equal(await page.evaluate(() => document.activeElement?.id), 'search');
    }));

  for (const screen of ['desktop', 'dark', 'phone', 'small']) {
    it(`has nothing for axe to find: ${screen}`, () =>
      onPage({ screen }, async (page) => {
        await drawn(page);
        await checkAccess(page);
        const wider = await overflow(page);
        assert.ok(wider <= 0, `${wider} px too wide`);
        if (screen === 'phone') await keepShot(page, 'phone');
        const panel = await openIncident(page, 'Izmail');
        await drawn(page);
        await checkAccess(page);
        // A rule for the figures that are drawn once made the figure of the distance wider than a phone.
        const [figure, section] = await Promise.all([
          panel.locator('#distance').boundingBox(),
          panel.locator('section.distance').boundingBox(),
        ]);
        assert.ok(figure.x + figure.width <= section.x + section.width, 'the distance is too wide');
        if (screen === 'dark') await keepShot(page, 'dark');
        if (screen === 'phone') await keepShot(page, 'phone-incident');
      }));
  }

  it('says on screen which borders it measures against, how well, and under which licence', () =>
    onPage({}, async (page) => {
      const footer = page.getByRole('contentinfo');
      await footer.getByText(/osm-maritime-10m/).waitFor();
      const said = await footer.textContent();
      assert.match(said, /accurate to ±\d+\s(m|km) /);
      assert.match(said, /ODbL/);
      assert.match(said, /OpenStreetMap/);
      assert.match(said, /world view: /);
    }));

  it('says so too where no incident is there to say it', () =>
    onPage({ query: '?q=nothing-is-called-so', empty: true }, async (page) => {
      await page.getByText('No incident matches.').waitFor();
      const footer = page.getByRole('contentinfo');
      await footer.getByText(/osm-maritime-10m/).waitFor();
      assert.match(
        await footer.textContent(),
        /accurate to ±500.*ODbL.*world view: United Nations/,
      );
    }));

  it('offers the incidents as a list to read and as data without scripts', async () => {
    const context = await kordon.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(kordon.address);
    const link = page.locator('.noscript[lang=en]').getByRole('link', { name: 'GeoJSON' });
    const answer = await page.request.get(
      new URL(await link.getAttribute('href'), kordon.address).href,
    );
    assert.equal(answer.status(), 200);
    assert.equal((await answer.json()).type, 'FeatureCollection');
    for (const [lang, name, said] of [
      ['uk', 'перелік для читання', /Інциденти/],
      ['ro', 'listă de citit', /Incidente/],
    ]) {
      await page.locator(`.noscript[lang=${lang}]`).getByRole('link', { name }).click();
      await page.locator(`html[lang=${lang}]`).getByText(said).first().waitFor();
      await page.goBack();
    }
    await page.getByRole('link', { name: 'a list to read' }).click();
    await page
      .getByRole('link', { name: /Izmail/ })
      .first()
      .waitFor();
    await page
      .getByText(/from Romania/)
      .first()
      .waitFor();
    await context.close();
  });
});
