// The researcher's story: a question, its answer, one incident, files, a citation, and the same again from
// the address alone. Once with the mouse, once with nothing but the keyboard.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { addIncident, begin, checkAccess, drawn, keepShot, rows } from './page.mjs';

/** Known as precisely as a satellite picture gives it, so that its interval is narrow enough to be told. */
const TERMINAL = {
  title: { en: 'Drones hit the Danube ports: a terminal at Izmail burns' },
  event_type: 'explosions_remote_violence',
  sub_event_type: 'air_drone_strike',
  date_start: '2024-05-14',
  location: 'Izmail',
  country: 'UKR',
  location_radius_m: 100,
  location_method: 'satellite_match',
  verification: 'verified',
  impacts: [{ facility: 'terminal', infrastructure: 'port', damage: 'severe' }],
  sources: [{ name: 'Example source', url: 'https://example.org/terminal', type: 'media' }],
};

const kordon = begin();

const plain = (text) => text.replace(/\u00a0/g, ' ');

/** What the page shows of the question: to be the same wherever its address is opened. */
async function shown(page) {
  await page.locator('#list:not([aria-busy])').waitFor({ state: 'attached' });
  return {
    count: await page.locator('#count').textContent(),
    titles: await rows(page).allTextContents(),
    distance: plain(await page.getByRole('article').locator('#distance').textContent()),
    within: await page.getByLabel('Within', { exact: true }).inputValue(),
    sure: await page.getByLabel('How sure').inputValue(),
    search: await page.getByRole('searchbox').inputValue(),
    time: await page.locator('#time-said').textContent(),
  };
}

/** What the story ends with, whoever tells it. */
async function checkEnd(page) {
  const panel = page.getByRole('article');
  await panel.getByRole('heading', { level: 2, name: TERMINAL.title.en }).waitFor();
  // Which sets the country is in comes a moment after its distance.
  const distance = panel.locator('#distance').filter({ hasText: 'NATO' });
  const line = plain(await distance.textContent());
  assert.match(line, /^2\.2 km \(1\.9–2\.6 km\) from Romania \(NATO\)$/);
  for (const part of [
    /q=Danube(\+|%20)ports/,
    /datetime=2023-01-01\/2025-12-31/,
    /infrastructure=port/,
    /of=ROU/,
    /within-km=10/,
    /certainty=certain/,
    /id=/,
  ]) {
    assert.match(page.url(), part);
  }
}

describe('the researcher', () => {
  let withdraw;
  before(async () => {
    withdraw = await addIncident(kordon.address, TERMINAL, [28.8372, 45.3512]);
  });
  after(() => withdraw?.());

  it('asks, reads, takes away, cites, and sends the question to another', async () => {
    const { page, check, close } = await kordon.open();
    await page.getByRole('searchbox').fill('Danube ports');
    await page.keyboard.press('Enter');
    await page.getByLabel('Distance to').selectOption({ label: 'Romania' });
    await page.getByLabel('Within', { exact: true }).fill('10');
    await page.keyboard.press('Enter');
    await page.getByLabel('How sure').selectOption('certain');
    await page.getByText('Infrastructure', { exact: true }).click();
    await page.getByRole('checkbox', { name: /^port/ }).check();
    await page.keyboard.press('Escape');
    await page.getByLabel('First day').fill('2023-01-01');
    await page.getByLabel('Last day').fill('2025-12-31');
    await page.waitForURL(/datetime=2023-01-01\/2025-12-31/);
    await page.getByText(/certainly within 10 km: Romania/).waitFor();
    const row = rows(page).filter({ hasText: 'Danube ports' });
    assert.match(plain(await row.textContent()), /2\.2\d? km .* from Romania/);
    await page.getByRole('slider', { name: 'From' }).waitFor();
    await checkAccess(page);
    await row.click();
    await checkEnd(page);
    await drawn(page);
    await checkAccess(page);
    await keepShot(page, 'story');

    await page.getByRole('article').getByRole('button', { name: 'Cite' }).click();
    const cited = await page.getByRole('dialog').getByRole('textbox').inputValue();
    assert.match(plain(cited), /Danube ports.*from Romania.*osm-maritime-10m.*ODbL.*snapshot=/s);
    await checkAccess(page);
    await page.keyboard.press('Escape');

    const told = await shown(page);
    const other = await kordon.open({
      query: new URL(page.url()).search,
    });
    await checkEnd(other.page);
    assert.deepEqual(await shown(other.page), told);
    other.check();
    await other.close();

    await page.getByRole('article').getByRole('button', { name: 'Back to the list' }).click();
    const csv = await page.getByRole('link', { name: 'CSV', exact: true }).getAttribute('href');
    const table = await page.request.get(new URL(csv, kordon.address).href);
    assert.match(await table.text(), /Danube ports: a terminal at Izmail/);
    check();
    await close();
  });

  it('does the same with nothing but the keyboard', async () => {
    const { page, check, close } = await kordon.open();
    /** Goes on by Tab until the element with this name has the focus; a reader hears role and name there. */
    const tabTo = async (role, name) => {
      const target = page.getByRole(role, { name });
      for (let step = 0; step < 60; step++) {
        const is = await target.evaluateAll((all) => all.includes(document.activeElement));
        if (is) return;
        await page.keyboard.press('Tab');
      }
      assert.fail(`Tab does not lead to ${role} ${name}`);
    };
    await page.keyboard.press('/');
    await page.keyboard.type('Danube ports');
    await page.keyboard.press('Enter');
    for (const [name, keys] of [
      ['First day', '01012023'],
      ['Last day', '12312025'],
    ]) {
      const field = page.getByLabel(name);
      for (let step = 0; step < 40; step++) {
        if (await field.evaluate((one) => one === document.activeElement)) break;
        await page.keyboard.press('Tab');
      }
      await page.keyboard.type(keys);
    }
    await page.waitForURL(/datetime=2023-01-01\/2025-12-31/);
    await tabTo('combobox', 'Distance to');
    await page.keyboard.type('Romania');
    await page.waitForURL(/of=ROU/);
    await tabTo('spinbutton', 'Within');
    await page.keyboard.type('10');
    await page.keyboard.press('Enter');
    await page.waitForURL(/within-km=10/);
    await tabTo('combobox', 'How sure');
    await page.keyboard.type('certainly');
    await page.waitForURL(/certainty=certain/);
    const summary = page.locator('#infrastructure-group summary');
    for (let step = 0; step < 30; step++) {
      if (await summary.evaluate((one) => one === document.activeElement)) break;
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Enter');
    await tabTo('checkbox', /^port/);
    await page.keyboard.press('Space');
    await page.waitForURL(/infrastructure=port/);
    await page.keyboard.press('Escape');
    assert.equal(await summary.evaluate((one) => one === document.activeElement), true);
    await page.locator('#list:not([aria-busy])').waitFor({ state: 'attached' });
    await page.locator('#list li:first-child').filter({ hasText: TERMINAL.title.en }).waitFor();
    await page.keyboard.press('l');
    await page.keyboard.press('Enter');
    await checkEnd(page);
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'panel-title');
    await tabTo('button', 'Cite');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Cite this' }).waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await page.getByRole('article').waitFor({ state: 'hidden' });
    await tabTo('link', 'CSV');
    check();
    await close();
  });
});
