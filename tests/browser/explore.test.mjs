// What the filters, the tools and the views beside the map promise, through the served page and nothing else.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  addIncident,
  begin,
  checkAccess,
  drawn,
  hold,
  keepShot,
  overflow,
  rows,
  signs,
} from './page.mjs';

const kordon = begin();
const { onPage } = kordon;

/** How many incidents the page says that match, once it says so of the filter in the address. */
async function matched(page) {
  const said = page.getByRole('heading', { level: 2, name: /^\d+ (of \d+ )?incidents?$/ });
  await page.locator('#list:not([aria-busy])').waitFor({ state: 'attached' });
  return Number.parseInt(await said.textContent(), 10);
}

/** What the server says to parameters of its own words. */
async function ask(page, query) {
  const answer = await page.request.get(`${kordon.address}collections/incidents/items?${query}`);
  assert.equal(answer.status(), 200, await answer.text());
  return (await answer.json()).numberMatched;
}

/** The parameters of a link on the page. */
async function paramsOf(link) {
  return new URL(await link.getAttribute('href'), kordon.address).searchParams;
}

/** Waits until the band is that of the view, and drawn. */
async function shaded(page) {
  await page.locator('#band-legend[aria-busy="false"]').waitFor();
  await drawn(page);
}

/**
 * What the map is shaded as, at a pixel in every few of a part of its width, by its color over land in the light theme;
 * without those where something else is drawn.
 */
async function shades(page, { step = 8, part = [0, 1] } = {}) {
  const box = await page.locator('#map').boundingBox();
  const png = (await page.screenshot({ clip: box })).toString('base64');
  const [, zoom, lng, lat] = /map=([^/]+)\/([^/]+)\/([^&]+)/.exec(page.url()).map(Number);
  // The page's own policy would not let it read a picture.
  const reader = await page.context().newPage();
  const found = await reader.evaluate(
    async ({ png, step, part }) => {
      const bytes = await (await fetch(`data:image/png;base64,${png}`)).blob();
      const picture = await createImageBitmap(bytes);
      const { width, height } = picture;
      const pen = new OffscreenCanvas(width, height).getContext('2d');
      pen.drawImage(picture, 0, 0);
      const { data } = pen.getImageData(0, 0, width, height);
      const colorAt = (x, y) => data.slice(4 * (y * width + x), 4 * (y * width + x) + 3).join();
      const all = [];
      for (let y = step; y < height - step; y += step) {
        for (let x = step + Math.round(part[0] * width); x < part[1] * width - step; x += step) {
          const color = colorAt(x, y);
          const around = [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => [x + dx, y + dy]));
          if (around.every(([a, b]) => colorAt(a, b) === color)) all.push({ x, y, color });
        }
      }
      return { all, width, height };
    },
    { png, step, part },
  );
  await reader.close();
  const kinds = { '244,242,236': 'none', '234,222,214': 'inside', '201,209,217': 'certain' };
  const world = 512 * 2 ** zoom;
  const north = Math.asinh(Math.tan((lat * Math.PI) / 180)) / (2 * Math.PI);
  return found.all.flatMap(({ x, y, color }) => {
    const kind = kinds[color] ?? (color === '223,226,226' ? 'possible' : null);
    if (!kind) return [];
    const up = 2 * Math.PI * (north - (y - found.height / 2) / world);
    const place = {
      lon: lng + (360 * (x - found.width / 2)) / world,
      lat: (Math.atan(Math.sinh(up)) * 180) / Math.PI,
    };
    const meters = (40_075_017 * Math.cos((lat * Math.PI) / 180)) / world;
    return [{ x, y, kind, place, meters }];
  });
}

function kindsOf(found) {
  return [...new Set(found.map(({ kind }) => kind))].sort();
}

/** Where the map is not shaded as the server judges the very place; three pixels beside an edge may be either. */
async function misjudged(page, found, to, limit) {
  const answer = await page.request.post(`${kordon.address}borders/distance?to=${to}`, {
    headers: { 'content-type': 'application/x-ndjson', accept: 'application/x-ndjson' },
    data: found.map(({ place }) => JSON.stringify(place)).join('\n'),
  });
  const measured = (await answer.text()).trim().split('\n').map(JSON.parse);
  assert.equal(measured.length, found.length);
  return found.filter(({ kind, meters }, index) => {
    const { signed_distance_m, distance_low_m, distance_high_m } = measured[index].to[0];
    const edges = [signed_distance_m, distance_low_m - limit, distance_high_m - limit];
    if (edges.some((edge) => Math.abs(edge) < 3 * meters)) return false;
    const [isIn, isPossible, isCertain] = edges.map((edge) => edge <= 0);
    const right = isIn ? 'inside' : isCertain ? 'certain' : isPossible ? 'possible' : 'none';
    return kind !== right;
  });
}

describe('the categories', () => {
  it('are counted under all other filters, and the counts are what choosing them finds', () =>
    onPage({ query: '?of=ROU&within-km=10' }, async (page) => {
      await page.getByText('Infrastructure', { exact: true }).click();
      const group = page.getByRole('group', { name: 'Infrastructure' });
      const port = group.getByRole('checkbox', { name: /^port \d+$/ });
      await port.waitFor();
      const named = await port.evaluate((input) => input.closest('label').textContent);
      const count = Number.parseInt(/\d+$/.exec(named.trim())[0], 10);
      assert.ok(count > 1, named);
      await port.check();
      await page.waitForURL(/infrastructure=port/);
      assert.equal(await matched(page), count);
      // Its own choice does not narrow what the others of the group are counted under.
      await group.getByRole('checkbox', { name: /^food storage [1-9]/ }).waitFor();
      await checkAccess(page);
      await page.keyboard.press('Escape');
      assert.equal(await group.isVisible(), false);
    }));

  it('follow the filter while they are open', () =>
    onPage({}, async (page) => {
      await page.getByText('Country', { exact: true }).click();
      const ukraine = page.getByRole('group', { name: 'Country' }).getByRole('checkbox', {
        name: /^Ukraine \d+$/,
      });
      await ukraine.waitFor();
      const before = await ukraine.evaluate((input) => input.closest('label').textContent);
      await page.getByRole('slider', { name: 'From' }).focus();
      await page.getByText('Country', { exact: true }).click();
      await ukraine.waitFor();
      await page.goto(`${page.url()}?q=Izmail`);
      await page.getByText('Country', { exact: true }).click();
      await ukraine.waitFor();
      assert.notEqual(
        await ukraine.evaluate((input) => input.closest('label').textContent),
        before,
      );
      await ukraine.check();
      await page.waitForURL(/country=UKR/);
      assert.equal(await matched(page), await ask(page, 'q=Izmail&country=UKR&limit=1'));
    }));

  it('have a floor for verification and a ceiling for how vague a place may be', () =>
    onPage({}, async (page) => {
      await page.getByText('Verification', { exact: true }).click();
      await page.getByLabel('No less than').selectOption('verified');
      await page.waitForURL(/verification=verified$/);
      assert.equal(await matched(page), await ask(page, 'verification=verified&limit=1'));
      await page.getByLabel('No less than').selectOption({ label: 'all' });
      await page.getByLabel('Place good to').selectOption('1000');
      await page.waitForURL(/precision-m=1000/);
      // The samples state a radius each, so the plain condition finds the same.
      const plain = encodeURIComponent('location_radius_m <= 1000');
      const count = await matched(page);
      assert.ok(count > 0);
      assert.equal(count, await ask(page, `filter=${plain}&limit=1`));
    }));
});

describe('an area', () => {
  it('is typed, sent as CQL2, and comes back with the address', () =>
    onPage({}, async (page) => {
      await page.getByText('Area', { exact: true }).click();
      await page.getByLabel(/^Corners:/).fill('28.7 45.2\n29 45.2\n29 45.5\n28.7 45.5');
      await page.getByLabel(/^Center/).focus();
      await page.waitForURL(/area=28\.7,45\.2;29,45\.2;29,45\.5;28\.7,45\.5/);
      const count = await matched(page);
      assert.equal(count, await ask(page, 'bbox=28.7,45.2,29,45.5&limit=1'));
      await page.goto(page.url());
      assert.equal(await matched(page), count);
      await page.getByText('Area', { exact: true }).click();
      assert.match(await page.getByLabel(/^Corners:/).inputValue(), /^28\.7 45\.2\n29 45\.2/);
      await page.getByLabel(/^Corners:/).fill('28.7 45.2\n29 north');
      await page.getByLabel(/^Center/).focus();
      await page.getByText('Line 2 is not a longitude and a latitude in degrees.').waitFor();
      // As many as an address keeps; more would be lost when it is read again.
      const many = Array.from({ length: 201 }, (_, index) => `28.${index + 100} 45.2`).join('\n');
      await page.getByLabel(/^Corners:/).fill(many);
      await page.getByLabel(/^Center/).focus();
      await page.getByText('An area has at most 200 corners.').waitFor();
      const radius = page.getByLabel('Radius in km');
      await radius.fill('-3');
      await page.keyboard.press('Enter');
      await page.getByText('A radius is more than 0 km and at most 20,000.').waitFor();
      assert.equal(await radius.getAttribute('aria-invalid'), 'true');
      await checkAccess(page);
      await page.getByRole('button', { name: 'Remove', exact: true }).click();
      await page.waitForURL((url) => !url.search.includes('area='));
    }));

  it('is mended at its corners, by keyboard and by mouse', () =>
    onPage(
      { query: '?area=28.7,45.2;29,45.2;29,45.5;28.7,45.5&map=9/28.85/45.35' },
      async (page) => {
        await drawn(page);
        const corners = page.getByRole('group', { name: 'Corners of the area' });
        const last = corners.getByRole('button', { name: 'Corner 4 of 4' });
        const areaOf = () =>
          new URL(page.url()).searchParams
            .get('area')
            .split(';')
            .map((corner) => corner.split(',').map(Number));
        await last.focus();
        await page.keyboard.press('ArrowLeft');
        await page.waitForURL(/area=28\.7,45\.2;29,45\.2;29,45\.5;28\.6[\d.]*,45\.5/);
        assert.ok(await last.evaluate((button) => button === document.activeElement));
        const steps = await page.evaluate(() => history.length);
        await page.keyboard.press('Shift+ArrowUp');
        await page.waitForURL(/;28\.6[\d.]*,45\.50\d*/);
        assert.equal(await page.evaluate(() => history.length), steps + 1);
        const box = await last.boundingBox();
        const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
        const before = areaOf();
        await page.mouse.move(x, y);
        await page.mouse.down();
        await page.mouse.move(x + 30, y + 20, { steps: 4 });
        assert.deepEqual(areaOf(), before);
        await page.mouse.up();
        await page.waitForURL((url) => !url.search.includes(`;${before[3].join(',')}`));
        const after = areaOf();
        assert.deepEqual(after.slice(0, 3), before.slice(0, 3));
        assert.ok(after[3][0] > before[3][0] && after[3][1] < before[3][1], `${after}`);
        const count = await matched(page);
        const ring = [...after, after[0]].map((corner) => corner.join(' ')).join(', ');
        const filter = encodeURIComponent(`S_INTERSECTS(geometry, POLYGON((${ring})))`);
        assert.equal(count, await ask(page, `filter=${filter}&limit=1`));
        await checkAccess(page);
        await page.keyboard.press('Delete');
        await page.waitForURL(/area=28\.7,45\.2;29,45\.2;29,45\.5(&|$)/);
        // Two corners are no area.
        await page.keyboard.press('Delete');
        assert.equal(areaOf().length, 3);
        assert.equal(
          await page.evaluate(() => document.activeElement.getAttribute('aria-label')),
          'Corner 3 of 3',
        );
        await page.keyboard.press('m');
        await corners.waitFor({ state: 'hidden' });
      },
    ));

  it('is drawn by clicks on the map', () =>
    onPage({ query: '?map=9/28.85/45.35' }, async (page) => {
      await drawn(page);
      await page.getByText('Area', { exact: true }).click();
      await page.getByRole('button', { name: 'Draw an area' }).click();
      const canvas = page.locator('#map canvas.maplibregl-canvas');
      for (const position of [
        { x: 250, y: 300 },
        { x: 600, y: 300 },
        { x: 600, y: 520 },
      ]) {
        await canvas.click({ position });
      }
      await page.getByText('3 points').waitFor();
      await page.getByRole('button', { name: 'Take back the last point' }).click();
      await canvas.click({ position: { x: 500, y: 520 } });
      await page.getByRole('button', { name: 'Finish' }).click();
      await page.waitForURL(/area=(-?[\d.]+,-?[\d.]+;?){3}(&|$)/);
      await page.getByRole('heading', { level: 2, name: /^\d+ of \d+ incidents?$/ }).waitFor();
      await drawn(page);
      await checkAccess(page);
    }));

  it('is drawn with the keyboard alone, as a circle around the cross', () =>
    onPage({ query: '?map=9/28.8372/45.3512' }, async (page) => {
      await drawn(page);
      await page.keyboard.press('c');
      await page.keyboard.press('Enter');
      await page.getByText('1 point', { exact: true }).waitFor();
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('Enter');
      await page.waitForURL(/circle=28\.83\d*,45\.35\d*,\d/);
      const circle = /circle=([^&]+)/.exec(page.url())[1].split(',');
      const filter = encodeURIComponent(
        `border_distance('${circle[0]},${circle[1]}') <= ${Math.round(circle[2] * 1000)}`,
      );
      assert.equal(await matched(page), await ask(page, `filter=${filter}&limit=1`));
      await page.keyboard.press('Escape');
    }));
});

describe('time', () => {
  it('plays month by month until it is paused', () =>
    onPage({ reducedMotion: 'no-preference' }, async (page) => {
      await page.getByRole('button', { name: 'Play', exact: true }).click();
      await page.waitForURL(/datetime=2022-02-01\/2022-02-28/);
      await page.waitForURL(/datetime=2022-03-01\/2022-03-31/);
      await page.getByRole('button', { name: 'Pause' }).click();
      const address = page.url();
      await page.waitForTimeout(1500); // Longer than a step takes: nothing may move now.
      assert.equal(page.url(), address);
      await page.getByRole('button', { name: 'Play', exact: true }).waitFor();
    }));

  it('has the bars of the filter that is set, whatever was asked for meanwhile', () =>
    onPage({ query: '?q=Izmail' }, async (page) => {
      const bars = page.locator('#time-bars rect.bar');
      await bars.first().waitFor({ state: 'attached' });
      await page.getByRole('searchbox').fill('');
      await page.keyboard.press('Enter');
      await page.waitForURL((url) => !url.search.includes('q='));
      await matched(page);
      const count = await bars.count();
      const heights = () => bars.evaluateAll((all) => all.map((bar) => bar.getAttribute('height')));
      const before = await heights();
      const { release } = await hold(page, /aggregate\?.*q=Izmail/);
      await page.goBack();
      await page.waitForURL(/q=Izmail/);
      await page.goForward();
      await page.waitForURL((url) => !url.search.includes('q='));
      release();
      await matched(page);
      await page.waitForTimeout(500); // For an answer that must not come.
      assert.equal(await bars.count(), count);
      assert.deepEqual(await heights(), before);
    }));

  it('is not moved on by a key either for who wants no motion', () =>
    onPage({}, async (page) => {
      await page.locator('#time-bars rect.bar').first().waitFor({ state: 'attached' });
      await page.keyboard.press('p');
      await page.keyboard.press('.');
      await page.waitForURL(/datetime=/);
      const address = page.url();
      await page.waitForTimeout(2500); // Two steps of playback.
      assert.equal(page.url(), address);
      assert.match(address, /datetime=2022-02-01\/2022-02-28/);
    }));

  it('moves by steps of the chosen length, and does not run by itself for who wants no motion', () =>
    onPage({ query: '?datetime=2023-09-01/2023-09-07' }, async (page) => {
      assert.equal(
        await page.getByRole('button', { name: 'Play', exact: true }).isVisible(),
        false,
      );
      await page.getByLabel('Step', { exact: true }).selectOption('week');
      await page.getByRole('button', { name: 'One step on' }).click();
      await page.waitForURL(/datetime=2023-09-08\/2023-09-14.*step=week/);
      await page.getByLabel('Step', { exact: true }).selectOption('day');
      await page.getByRole('button', { name: 'One step back' }).click();
      await page.waitForURL(/datetime=2023-09-07\/2023-09-13.*step=day/);
      await page.getByText('7 September 2023 – 13 September 2023').waitFor();
    }));
});

describe('the band', () => {
  it('is shaded and said in words: certainly and possibly near, and inside apart from both', () =>
    onPage({ query: '?of=ROU&within-km=10&map=8.5/28.8/45.3' }, async (page) => {
      for (const text of [
        'certainly within 10 km: Romania',
        'possibly within 10 km: Romania',
        'inside: Romania',
      ]) {
        await page.getByText(text).waitFor();
      }
      await drawn(page);
      await keepShot(page, 'band');
      await page.getByLabel('inside it too').uncheck();
      await page.getByText('inside: Romania').waitFor({ state: 'hidden' });
      await page.getByLabel('How sure').selectOption('certain');
      await page.getByText('possibly within 10 km: Romania').waitFor({ state: 'hidden' });
      await checkAccess(page);
    }));

  it('is never shaded as it was measured for a farther view or another question, and ends at the border', () =>
    onPage({ query: '?of=ROU&within-km=20&map=8/28.1/46' }, async (page) => {
      await shaded(page);
      const requests = await hold(page, '**/borders/distance?*');
      const zoomIn = page.getByRole('button', { name: 'Zoom in' });
      await zoomIn.click();
      await zoomIn.click();
      await page.waitForURL(/map=10\//);
      await drawn(page);
      // Two steps nearer, its inner edge would be kilometers off the border that is drawn.
      assert.deepEqual(kindsOf(await shades(page)), ['none']);
      await page.getByText('being measured for this view…').waitFor();
      requests.release();
      await shaded(page);
      const found = await shades(page);
      assert.deepEqual(kindsOf(found), ['certain', 'inside', 'none', 'possible']);
      assert.deepEqual(await misjudged(page, found, 'ROU', 20_000), []);
      // The Prut in the middle has bends of less than a cell of the grid.
      const bends = await shades(page, { step: 3, part: [0.4, 0.6] });
      assert.deepEqual(await misjudged(page, bends, 'ROU', 20_000), []);
      requests.hold();
      await page.getByLabel('Distance to').selectOption({ label: 'Moldova' });
      await page.getByText('certainly within 20 km: Moldova').waitFor();
      await drawn(page);
      assert.deepEqual(kindsOf(await shades(page)), ['none']);
      requests.release();
      await shaded(page);
      assert.deepEqual(await misjudged(page, await shades(page), 'MDA', 20_000), []);
    }));

  it('says so where it would be too narrow to see, and where it could not be measured', async () => {
    await onPage({ query: '?of=ROU&within-km=1&map=5/28.1/46' }, (page) =>
      page.getByText('too narrow to be shaded at this scale').waitFor(),
    );
    const { page, close } = await kordon.open({
      query: '?of=ROU&within-km=20&map=8/28.1/46',
    });
    await shaded(page);
    await page.route('**/borders/distance?*', (route) => route.abort());
    await page.getByRole('button', { name: 'Zoom out' }).click();
    await page.getByText('could not be measured: nothing is shaded').waitFor();
    await drawn(page);
    assert.deepEqual(kindsOf(await shades(page)), ['none']);
    await close();
  });
});

describe('an incident', () => {
  it('is told with what every border file says of its distance', () =>
    onPage({ query: '?q=Izmail&of=ROU' }, async (page) => {
      await rows(page).filter({ hasText: 'Izmail' }).first().click();
      const said = page.getByRole('article').getByText(/^By \d border files?: \d/);
      await said.click();
      const table = page.getByRole('table', { name: 'The same distance by each border file' });
      await table.getByRole('rowheader', { name: /osm-maritime-10m/ }).waitFor();
      assert.ok((await table.getByRole('row').count()) >= 2);
      await checkAccess(page);
      // Whose Crimea is differs between them: these are no two values of one distance.
      await page.goto(`${kordon.address}?at=33.417,46.8405`);
      await page.getByText(/^By 2 border files: .* · to different countries$/).click();
      const apart = page.getByRole('table', { name: /of different countries$/ });
      await apart.getByRole('row', { name: /^osm-maritime.* Moldova$/ }).waitFor();
      await apart.getByRole('row', { name: /^natural-earth.* Russia$/ }).waitFor();
    }));
});

describe('the question to take along', () => {
  it('shows the call, the same filter in CQL2, and both find the same', () =>
    onPage(
      {
        query:
          '?of=ROU&within-km=10&certainty=certain&infrastructure=port&country=UKR&datetime=2023-01-01/2025-12-31',
      },
      async (page) => {
        const count = await matched(page);
        assert.ok(count > 2);
        await page.getByRole('button', { name: 'Ask', exact: true }).click();
        await page.waitForURL(/show=ask/);
        await page.getByRole('heading', { name: 'This question, to take along' }).waitFor();
        assert.equal(await page.evaluate(() => document.activeElement?.id), 'ask-title');
        const call = await page.getByRole('group', { name: 'The incidents' }).textContent();
        const address = /'(http:.*)'/.exec(call)[1];
        assert.equal((await (await page.request.get(address)).json()).numberMatched, count);
        const cql2 = await page.getByRole('group', { name: 'The filter in CQL2' }).textContent();
        assert.match(cql2, /within_certainty\('ROU', 10000, 'certain'\)/);
        assert.equal(await ask(page, `filter=${encodeURIComponent(cql2)}&limit=1`), count);
        await page.getByRole('button', { name: 'Copy: The filter in CQL2' }).click();
        assert.equal(await page.evaluate(() => String(getSelection())), cql2);
        await drawn(page);
        await checkAccess(page);
        await keepShot(page, 'ask');
      },
    ));

  it('draws counts and tells the same numbers as a table, whose rows narrow the question', () =>
    onPage({ query: '?show=ask&by=infrastructure' }, async (page) => {
      await page
        .getByRole('img', { name: /^Chart of incidents by infrastructure: \d+ bars/ })
        .waitFor();
      await page.getByText('The same numbers as a table').click();
      const table = page.getByRole('table', { name: 'Incidents by infrastructure' });
      const row = table
        .getByRole('row')
        .filter({ has: page.getByRole('button', { name: 'port', exact: true }) });
      const count = Number.parseInt(await row.getByRole('cell').first().textContent(), 10);
      await checkAccess(page);
      await row.getByRole('button', { name: 'port', exact: true }).click();
      await page.waitForURL(/infrastructure=port/);
      assert.equal(await matched(page), count);
      await page.getByLabel('Counted by').selectOption({ label: 'distance' });
      await page.getByRole('img', { name: /^Chart of incidents by distance/ }).waitFor();
      await page.getByLabel('Counted by').selectOption({ label: 'month' });
      await page.getByRole('img', { name: /^Chart of incidents by month/ }).waitFor();
    }));

  it('hands out every form of file and a feed, each answered and none empty', () =>
    onPage({ query: '?show=ask&q=Reni' }, async (page) => {
      const files = page.getByRole('region', { name: 'As a file' }).getByRole('link');
      await files.first().waitFor();
      assert.equal(await files.count(), 8);
      for (const link of await files.all()) {
        assert.equal((await paramsOf(link)).get('q'), 'Reni');
        const answer = await page.request.get(
          new URL(await link.getAttribute('href'), kordon.address).href,
        );
        assert.equal(answer.status(), 200, await link.textContent());
        assert.ok((await answer.body()).length > 500, await link.textContent());
        assert.match(answer.headers()['kordon-citation'], /snapshot/i);
      }
      const feed = await page
        .getByRole('region', { name: 'As a feed' })
        .getByRole('group')
        .textContent();
      const answer = await page.request.get(feed);
      assert.match(answer.headers()['content-type'], /^application\/atom\+xml/);
      assert.match(await answer.text(), /<entry>[\s\S]*Reni/);
    }));

  it('opens an incident from its table', () =>
    onPage({ query: '?show=ask&q=Reni' }, async (page) => {
      const table = page.getByRole('region', { name: 'Table', exact: true }).getByRole('table');
      const title = table.getByRole('button').first();
      const name = await title.textContent();
      await title.click();
      await page.getByRole('article').getByRole('heading', { level: 2, name }).waitFor();
    }));
});

describe('two periods', () => {
  it('differ as time went, also where the later one stands first', () =>
    onPage({}, async (page) => {
      await page.getByRole('button', { name: 'Compare', exact: true }).click();
      const table = page.getByRole('table', { name: 'Two periods side by side' });
      await table.getByRole('columnheader', { name: 'change: 2024 → 2025' }).waitFor();
      const all = table.getByRole('row').filter({ hasText: 'all incidents' });
      const [later, earlier, change] = await all.getByRole('cell').allTextContents();
      const difference = Number(later) - Number(earlier);
      const sign = difference > 0 ? '+' : difference < 0 ? '−' : '';
      assert.equal(change, `${sign}${Math.abs(difference)}`);
      assert.notEqual(difference, 0);
    }));

  it('stand side by side with maps, counts and the difference, and agree with the server', () =>
    onPage({ query: '?infrastructure=port' }, async (page) => {
      const open = async () => {
        await page.getByRole('button', { name: 'Compare', exact: true }).click();
        await page.waitForURL(
          /datetime=2025-01-01\/2025-12-31.*show=compare.*other=2024-01-01\/2024-12-31/,
        );
      };
      await open();
      await page.getByRole('button', { name: 'Back to the map' }).click();
      // The days that nobody chose are no filter of the map.
      await page.waitForURL((url) => !/datetime=|other=|show=/.test(url.search));
      await open();
      await page.getByLabel('First period: From').fill('2023-01-01');
      await page.waitForURL(/datetime=2023-01-01\/2025-12-31/);
      await page.getByLabel('First period: To').fill('2023-12-31');
      await page.waitForURL(/datetime=2023-01-01\/2023-12-31/);
      const table = page.getByRole('table', { name: 'Two periods side by side' });
      await table.getByRole('columnheader', { name: '2023', exact: true }).waitFor();
      const all = table.getByRole('row').filter({ hasText: 'all incidents' });
      const [first, second, change] = (await all.getByRole('cell').allTextContents()).map((text) =>
        Number.parseInt(text.replace('−', '-'), 10),
      );
      const year = (number) =>
        ask(page, `infrastructure=port&datetime=${number}-01-01/${number}-12-31&limit=1`);
      assert.deepEqual([first, second], [await year(2023), await year(2024)]);
      assert.equal(change, second - first);
      await page.getByRole('region', { name: 'Map of the second period' }).waitFor();
      await drawn(page);
      await checkAccess(page);
      await keepShot(page, 'compare');
      await page.getByRole('button', { name: 'Back to the map' }).click();
      await page.waitForURL((url) => !url.search.includes('show='));
      assert.equal(await page.locator('canvas.maplibregl-canvas').count(), 1);
    }));
});

describe('the maps of two periods', () => {
  it('show what the map showed, each of its own period, and leave it as it was', () =>
    onPage({ query: '?datetime=2023-08-01/2023-08-31&map=4.1/23.2/50.6' }, async (page) => {
      const scale = page.locator('#map .maplibregl-ctrl-scale');
      const before = await scale.textContent();
      await page.getByRole('button', { name: 'Compare', exact: true }).click();
      await page.getByRole('region', { name: 'Map of the second period' }).waitFor();
      const some = await signs(page);
      assert.notEqual(await scale.textContent(), before);
      await page.getByLabel('First period: From').fill('2021-08-01');
      await page.getByLabel('First period: To').fill('2021-08-31');
      await page.getByText('0 of 47 incidents').waitFor();
      assert.notEqual(await signs(page), some);
      await page.getByRole('button', { name: 'Back to the map' }).click();
      await page.waitForURL((url) => !url.search.includes('show='));
      await drawn(page);
      assert.equal(await scale.textContent(), before);
    }));
});

describe('a distance that is typed without a target', () => {
  it('is told to NATO, which the choice shows and the page says until another is chosen', () =>
    onPage({}, async (page) => {
      const within = page.getByLabel('Within');
      await within.fill('10');
      await within.press('Enter');
      const target = page.getByLabel('Distance to');
      assert.equal(await target.inputValue(), 'NATO');
      const said = page.getByRole('status').filter({ hasText: 'No target was chosen' });
      await said.getByText('No target was chosen: it is NATO. “Distance to” has others.').waitFor();
      await checkAccess(page);
      await page.getByLabel('Language').selectOption('ro');
      await page.getByText(/^Nu s-a ales o țintă: este NATO/).waitFor();
      await page.locator('#of').selectOption('ROU');
      await page.getByText(/^Nu s-a ales o țintă/).waitFor({ state: 'detached' });
      await page.locator('#within').fill('5');
      await page.locator('#within').press('Enter');
      assert.equal(await page.locator('#of-said').textContent(), '');
      assert.equal(await page.locator('#of').inputValue(), 'ROU');
    }));
});

describe('the address', () => {
  it('has what is not understood in it told once, in the reader’s language, and closed by keyboard', () =>
    onPage(
      { query: '?within-km=abc&foo=1&damage=nonsense&datetime=x&utm_source=mail' },
      async (page) => {
        const said = page.getByRole('status').filter({ hasText: 'Not understood in the address' });
        await said
          .getByText(/left out: datetime=x, damage=nonsense, within-km=abc, foo=1$/)
          .waitFor();
        await checkAccess(page);
        await page.getByLabel('Language').selectOption('uk');
        await page.getByText(/^В адресі не зрозуміло й пропущено: datetime=x/).waitFor();
        // The next change of the page has taken them from the address.
        assert.equal(new URL(page.url()).search, '?lang=uk');
        const close = page.locator('#left-out-close');
        await close.focus();
        await page.keyboard.press('Enter');
        await close.waitFor({ state: 'hidden' });
        const focused = await page.evaluate(() => document.activeElement?.id);
        assert.equal(focused, 'count');
      },
    ));

  it('says nothing of what it knows and of what other tools add', () =>
    onPage({ query: '?of=ROU&within-km=10&fbclid=x&gclid=y' }, async (page) => {
      assert.equal(await page.locator('#left-out-said').textContent(), '');
      assert.ok(await page.locator('#left-out-close').isHidden());
    }));

  for (const screen of ['phone', 'small', 'zoomed', 'dark']) {
    it(`has room for what it says: ${screen}`, () =>
      onPage({ screen, query: `?foo=${'long'.repeat(30)}` }, async (page) => {
        await page.locator('#left-out-close').waitFor();
        assert.ok((await overflow(page)) <= 0);
        await checkAccess(page);
      }));
  }
});

describe('the page while it is changed', () => {
  it('has no step back to the same page', () =>
    onPage({}, async (page) => {
      await page.getByRole('searchbox').fill('Reni');
      await page.keyboard.press('Enter');
      await page.waitForURL(/q=Reni/);
      const length = await page.evaluate(() => history.length);
      for (let time = 0; time < 3; time++) await page.keyboard.press('Enter');
      assert.equal(await page.evaluate(() => history.length), length);
      await page.goBack();
      await page.waitForURL((url) => !url.search.includes('q='));
    }));

  it('leaves what is being typed in its filters as it is while the map moves', () =>
    onPage({}, async (page) => {
      await drawn(page);
      const search = page.getByRole('searchbox');
      const near = page.getByRole('spinbutton', { name: /^Within/ });
      for (const [field, typed] of [
        [search, 'Reni'],
        [near, '40'],
      ]) {
        const before = page.url();
        await field.fill(typed);
        await page.locator('#map').hover();
        await page.mouse.wheel(0, -400);
        await page.waitForURL((url) => url.href !== before && /map=/.test(url.search));
        assert.equal(await field.inputValue(), typed);
        await page.keyboard.press('Enter');
        await page.waitForURL(new RegExp(`(q|within-km)=${typed}`));
      }
      // What the state says now takes the place of what it said before, also in the field that has the focus.
      await near.fill('7');
      await page.goBack();
      await page.waitForURL((url) => !url.search.includes('within-km'));
      assert.equal(await near.inputValue(), '');
      await page.getByRole('button', { name: 'Clear filters' }).focus();
      await page.keyboard.press('Enter');
      await page.waitForURL((url) => !/q=|of=/.test(url.search));
      assert.equal(await page.evaluate(() => document.activeElement.id), 'count');
    }));

  it('has each id once, also after another view, and keeps the focus where it was', () =>
    onPage({ query: '?show=ask' }, async (page) => {
      await page.getByRole('img', { name: /^Chart/ }).waitFor();
      const focused = () => page.evaluate(() => document.activeElement.id);
      await page.getByLabel('Counted by').focus();
      await page.getByLabel('Counted by').selectOption({ label: 'damage' });
      await page.getByRole('img', { name: /^Chart of incidents by damage/ }).waitFor();
      assert.equal(await focused(), 'ask-by');
      // Its row is gone when the question is told anew: who pressed it goes on from the heading.
      await page.getByText('The same numbers as a table').click();
      const table = page.getByRole('table', { name: 'Incidents by damage' });
      await table.getByRole('button').first().click();
      await page.waitForURL(/[?&]damage=\w+/);
      await page.getByText(/^\d+ incidents?: Damage: /).waitFor();
      assert.equal(await focused(), 'ask-title');
      await page.keyboard.press('v');
      await page.getByRole('table', { name: 'Two periods side by side' }).waitFor();
      const ids = await page.evaluate(() =>
        [...document.querySelectorAll('[id]')].map((e) => e.id),
      );
      assert.deepEqual(
        ids.filter((id, index) => ids.indexOf(id) !== index),
        [],
      );
      await page.getByLabel('Counted by').focus();
      await page.getByLabel('Counted by').selectOption({ label: 'country' });
      await page.getByRole('columnheader', { name: 'country' }).waitFor();
      assert.equal(await focused(), 'compare-by');
      await page.getByRole('button', { name: 'Back to the map' }).focus();
      await page.getByLabel('First period: From').fill('2023-01-01');
      await page.waitForURL(/datetime=2023-01-01/);
      await page.getByRole('table', { name: 'Two periods side by side' }).waitFor();
      assert.equal(await focused(), 'compare-first-from');
    }));

  it('is named in the language of the page on both maps of a comparison', () =>
    onPage(
      {
        query:
          '?show=compare&datetime=2023-01-01/2023-12-31&other=2024-01-01/2024-12-31&map=4/28/47',
      },
      async (page) => {
        const second = page.locator('#map-b[aria-busy="false"]');
        const names = page.locator('#map-b canvas');
        const settle = async () => {
          await drawn(page);
          await second.waitFor();
          await page.getByRole('table').first().waitFor();
        };
        await settle();
        const english = await names.screenshot();
        await page.getByLabel('Language').selectOption('uk');
        await page.getByRole('table', { name: 'Два періоди поруч' }).waitFor();
        await settle();
        const ukrainian = await names.screenshot();
        assert.ok(!english.equals(ukrainian), 'the second map is named as before');
      },
    ));
});

describe('what is new', () => {
  it('is told quietly, and shown when the reader wants it', () =>
    onPage({ query: '?q=quiet&map=8/28.84/45.35', empty: true }, async (page) => {
      await page.getByText('No incident matches.').waitFor();
      const none = await signs(page);
      const withdraw = await addIncident(
        kordon.address,
        {
          title: { en: 'A quiet arrival in Izmail' },
          event_type: 'other',
          date_start: '2025-12-01',
          location: 'Izmail',
        },
        [28.84, 45.35],
      );
      await page.getByText('1 incident is new or changed.').waitFor();
      assert.equal(await rows(page).count(), 0);
      await page.getByLabel('Language').selectOption('ro');
      await page.getByRole('button', { name: 'Arată', exact: true }).waitFor();
      await page.getByLabel('Limba').selectOption('en');
      await page.getByRole('button', { name: 'Show it' }).click();
      await rows(page).filter({ hasText: 'A quiet arrival in Izmail' }).waitFor();
      await page.getByText('1 incident is new or changed.').waitFor({ state: 'hidden' });
      assert.notEqual(await signs(page), none);
      await withdraw();
    }));
});

describe('the files of the list', () => {
  it('say where one does not hold all that matches', () =>
    onPage({ locale: 'ro-RO' }, async (page) => {
      const cut = page.getByText('primele 10.000', { exact: true });
      assert.equal(await cut.isVisible(), false);
      await page.route(/items\?.*limit=50/, async (route) => {
        const response = await route.fetch();
        await route.fulfill({
          response,
          json: { ...(await response.json()), numberMatched: 10_001 },
        });
      });
      await page.reload();
      await cut.waitFor();
      assert.ok((await overflow(page)) <= 0);
    }));
});

describe('only what the map shows', () => {
  it('is listed and handed out from the start, and not offered without a map', () =>
    onPage({ query: '?list=in-view&map=9/28.85/45.35' }, async (page) => {
      const asked = [];
      page.on('request', (request) => asked.push(request.url()));
      await page.reload();
      const box = page.getByLabel('only what the map shows');
      const count = await matched(page);
      const { bbox } = Object.fromEntries(await paramsOf(page.locator('#download-csv')));
      assert.equal(count, await ask(page, `bbox=${bbox}&limit=1`));
      const lists = asked.filter((url) => /items\?.*limit=50/.test(url));
      assert.ok(lists.length > 0 && lists.every((url) => url.includes('bbox=')), `${lists}`);
      await page.addInitScript(() => {
        HTMLCanvasElement.prototype.getContext = () => null;
      });
      await page.reload();
      await page.getByText(/^The map cannot be drawn in this browser/).waitFor();
      await page.waitForURL((url) => !url.search.includes('list='));
      assert.equal(await box.isVisible(), false);
      assert.equal(await matched(page), await ask(page, 'limit=1'));
    }));
});

describe('a map in a frame', () => {
  it('is the map alone with its licences, an incident when one is clicked, and a way to the whole page', () =>
    onPage({ query: '?embed=1&of=ROU&within-km=10&map=9/28.8/45.3', empty: true }, async (page) => {
      await drawn(page);
      assert.equal(await page.getByRole('searchbox').isVisible(), false);
      assert.equal(await page.getByRole('list', { name: /incidents/ }).isVisible(), false);
      await page.getByRole('contentinfo').getByText(/ODbL/).waitFor();
      const link = page.getByRole('link', { name: 'Open the whole map' });
      assert.match(await link.getAttribute('href'), /of=ROU&within-km=10/);
      assert.doesNotMatch(await link.getAttribute('href'), /embed/);
      await checkAccess(page);
      await keepShot(page, 'embed');
    }));
});

describe('when the server does not answer', () => {
  it('the list says so and offers to try again, and so does the chart', async () => {
    const { page, close } = await kordon.open({ query: '?show=ask' });
    await page.getByRole('img', { name: /^Chart/ }).waitFor();
    await page.context().setOffline(true);
    await page.getByRole('searchbox').fill('Reni');
    await page.keyboard.press('Enter');
    await page.getByRole('status').getByText('The server does not answer.').waitFor();
    // What was found for another question stands under this one no more.
    await page.getByRole('heading', { level: 2, name: 'Incidents', exact: true }).waitFor();
    assert.equal(await page.locator('#list > li').count(), 0);
    assert.equal(await page.locator('#download-csv').isVisible(), false);
    await page.getByText('The list has no answer yet.').waitFor();
    await page.getByLabel('Counted by').selectOption({ label: 'damage' });
    await page.locator('.counted').getByText('The server does not answer.').waitFor();
    await checkAccess(page);
    await page.context().setOffline(false);
    await page.getByRole('status').getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('heading', { level: 2, name: /^\d+ of \d+ incidents?$/ }).waitFor();
    await page.locator('#download-csv').waitFor();
    await page.getByRole('img', { name: /^Chart of incidents by damage/ }).waitFor();
    await close();
  });
});

describe('every view', () => {
  for (const screen of ['desktop', 'dark', 'phone', 'small']) {
    it(`has nothing for axe to find, and fits: ${screen}`, () =>
      onPage({ screen, query: '?show=ask&of=ROU&within-km=10' }, async (page) => {
        await page.getByRole('img', { name: /^Chart/ }).waitFor();
        await checkAccess(page);
        assert.ok((await overflow(page)) <= 0, 'ask is too wide');
        if (screen === 'phone') await keepShot(page, 'phone-ask');
        await page.goto(
          `${kordon.address}?show=compare&datetime=2023-01-01/2023-12-31&other=2024-01-01/2024-12-31`,
        );
        await page.getByRole('table', { name: 'Two periods side by side' }).waitFor();
        await checkAccess(page);
        assert.ok((await overflow(page)) <= 0, 'compare is too wide');
        if (screen === 'phone' || screen === 'small') {
          await page.goto(kordon.address);
          await page.getByRole('button', { name: 'Filters' }).click();
          for (const name of ['Infrastructure', 'Area']) {
            await page.getByText(name, { exact: true }).click();
            await checkAccess(page);
            assert.ok((await overflow(page)) <= 0, `${name} is too wide`);
          }
        }
      }));
  }

  for (const [locale, ask, compare] of [
    ['uk-UA', 'Цей запит, щоб узяти з собою', 'Два періоди поруч'],
    ['ro-RO', 'Această întrebare, de luat cu sine', 'Două perioade alăturate'],
  ]) {
    it(`speaks ${locale}`, () =>
      onPage({ locale, query: '?show=ask' }, async (page) => {
        await page.getByRole('heading', { name: ask }).waitFor();
        await page.keyboard.press('v');
        await page.getByRole('table', { name: compare }).waitFor();
        await checkAccess(page);
      }));
  }

  it('is opened by its key, which the help names', () =>
    onPage({}, async (page) => {
      await page.keyboard.press('?');
      const help = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
      for (const text of [
        'draw an area',
        'two periods side by side',
        'play through time, or pause',
      ]) {
        await help.getByText(text).waitFor();
      }
      await checkAccess(page);
      await page.keyboard.press('Escape');
      await page.keyboard.press('q');
      await page.waitForURL(/show=ask/);
      await page.keyboard.press('Escape');
      await page.waitForURL((url) => !url.search.includes('show='));
      assert.equal(await page.evaluate(() => document.activeElement?.id), 'ask-open');
    }));
});
