// What the page promises to those who work with the incidents, through the served page and nothing else.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  begin,
  checkAccess,
  drawn,
  hold,
  keepShot,
  overflow,
  rows,
  signs,
  startKordon,
} from './page.mjs';

const SAMPLES = fileURLToPath(new URL('../../data/samples/incidents.geojson', import.meta.url));

const kordon = begin();
const { onPage } = kordon;

async function openDesk(page, tab) {
  await page.getByRole('button', { name: 'Work', exact: true }).click();
  const desk = page.getByRole('main', { name: 'Work on the incidents' });
  await desk.getByRole('button', { name: tab, exact: true }).click();
  await desk.getByRole('heading', { level: 2 }).waitFor();
  return desk;
}

async function choose(page, name, text) {
  await page
    .locator('input[type=file]')
    .setInputFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(text) });
}

/** Stores a record by the API, and opens it. */
async function opened(page, properties, coordinates = [28.8372, 45.3512]) {
  const response = await page.request.post(`${kordon.address}collections/incidents/items`, {
    headers: { 'content-type': 'application/geo+json' },
    data: { type: 'Feature', geometry: { type: 'Point', coordinates }, properties },
  });
  assert.equal(response.status(), 201, await response.text());
  const { id } = await response.json();
  await page.goto(`${kordon.address}?id=${id}`);
  const panel = page.getByRole('article').first();
  await panel.getByRole('button', { name: 'Edit this incident' }).waitFor();
  return { id, panel, address: `${kordon.address}collections/incidents/items/${id}` };
}

async function edit(page) {
  await page.getByRole('button', { name: 'Edit this incident' }).click();
  const form = page.getByRole('article', { name: /^Edit/ });
  await form.getByRole('button', { name: 'Save' }).waitFor();
  return form;
}

async function group(form, name) {
  const summary = form.locator('summary').filter({ hasText: name });
  if ((await summary.locator('..').getAttribute('open')) === null) await summary.click();
}

async function readItem(page, address) {
  return (await page.request.get(address, { headers: { accept: 'application/geo+json' } })).json();
}

async function fits(page) {
  const wider = await overflow(page);
  assert.ok(wider <= 0, `${wider} px too wide`);
}

const MESSY = `id,date,lat,lon,title,country,deaths
m1,2024-05-01,45.3512,28.8372,Debris in a mended port,UKR,0
m2,1527-05-03,45.4,28.8,A year that cannot be,UKR,1
m3,2024-05-04,30.5234,145.4501,"Far, and elsewhere",UKR,two
m4,2024-05-05 10:20,45.4566,28.2829,Drone over mended Reni,UKR,0
`;

describe('an import', () => {
  it('shows what is wrong before anything is stored, takes the rows as they are mended, and stores all', () =>
    onPage({ refused: [503] }, async (page) => {
      const desk = await openDesk(page, 'Import');
      await checkAccess(page);
      await choose(page, 'messy.csv', MESSY);
      await desk.getByText('4 records · 2 sound · 2 refused').waitFor();
      const told = await desk
        .getByRole('region', { name: /^\d+ faults?$/ })
        .getByRole('row')
        .allTextContents();
      assert.ok(
        told.some((row) => /^3.*1527/.test(row)),
        told.join('\n'),
      );
      await desk.getByText('Nothing can be stored yet').waitFor();
      assert.ok(await desk.getByRole('button', { name: 'Store 0 records' }).isDisabled());
      await checkAccess(page);
      await keepShot(page, 'import');
      await desk.getByLabel('Line 3, date').fill('2024-05-03');
      await desk.getByLabel('Line 4, deaths').fill('2');
      // A server that is gone for a while takes nothing of what was typed with it.
      await page.route('**/imports?*', (route) => route.fulfill({ status: 503 }), { times: 1 });
      await desk.getByRole('button', { name: 'Check again' }).click();
      const again = desk.getByRole('button', { name: 'Try again' });
      await again.waitFor();
      assert.equal(await desk.getByLabel('Line 4, deaths').inputValue(), '2');
      await again.click();
      await desk.getByText(/4 records · 4 sound/).waitFor();
      const asked = [];
      page.on('request', (request) => asked.push(request.url()));
      await desk.getByRole('button', { name: 'Store 4 records' }).click();
      await desk.getByText('4 new').waitFor();
      await page.locator('#list:not([aria-busy])').waitFor({ state: 'attached' });
      // What is shown is asked for again, and once: the list, and the bars of time.
      assert.equal(asked.filter((url) => /items\?.*limit=50/.test(url)).length, 1);
      assert.equal(asked.filter((url) => /aggregate\?.*by=month/.test(url)).length, 1);
      await desk.getByRole('button', { name: 'Back to the map' }).click();
      await page.getByRole('searchbox').fill('mended Reni');
      await page.keyboard.press('Enter');
      await rows(page).filter({ hasText: 'Drone over mended Reni' }).waitFor();
    }));

  it('stores the sound rows and keeps the others aside, which are mended and sent afterwards', () =>
    onPage({ refused: [422] }, async (page) => {
      const desk = await openDesk(page, 'Import');
      await choose(page, 'aside.csv', MESSY.replaceAll(/^m/gm, 'q'));
      await desk.getByText('4 records · 2 sound · 2 refused').waitFor();
      await desk.getByLabel('are kept aside, the others are stored').check();
      await desk.getByRole('button', { name: 'Store 2 records' }).click();
      await desk.getByText('2 new · 2 refused').waitFor();
      await desk.getByText(/refused rows are kept as /).waitFor();
      await desk.getByLabel('Line 3, date').fill('1527-01-01');
      const answer = page.waitForResponse((response) => response.url().includes('/imports?'));
      await desk.getByRole('button', { name: 'Send the mended rows' }).click();
      await answer;
      await desk.getByText('1527-01-01" lies in the year 1527').first().waitFor();
      assert.equal(await desk.getByLabel('Line 3, date').inputValue(), '1527-01-01');
      await desk.getByLabel('Line 3, date').fill('2024-05-03');
      await desk.getByLabel('Line 4, deaths').fill('2');
      await desk.getByRole('button', { name: 'Send the mended rows' }).click();
      await desk
        .getByText('2 new', { exact: false })
        .filter({ hasNotText: 'refused' })
        .first()
        .waitFor();
      await desk.getByRole('table').waitFor({ state: 'detached' });
    }));

  it('says before it is stored what the incidents that are known would become', () =>
    onPage({}, async (page) => {
      const head = 'id,date,lat,lon,title,country\n';
      const port = 'k1,2024-07-01,45.35,28.84,A port,UKR\n';
      const desk = await openDesk(page, 'Import');
      await choose(page, 'known.csv', `${head}${port}k2,2024-07-02,45.45,28.28,A ferry,UKR\n`);
      await desk.getByRole('button', { name: 'Store 2 records' }).click();
      await desk.getByText('Stored: 2 new').waitFor();
      const elsewhere = 'k2,2021-01-02,46.48,30.73,Another event,UKR\n';
      const fresh = 'k3,2024-07-03,45.35,28.84,A new one,UKR\n';
      await choose(page, 'known.csv', head + port + elsewhere + fresh);
      await desk.getByText('Stored now: 1 new · 1 updated · 1 unchanged.').waitFor();
      await choose(
        page,
        'drafts.csv',
        `${head.trim()},record_status\nk4,2024-07-04,45.35,28.84,A draft,UKR,draft\n`,
      );
      await desk.getByText('Stored now: 1 new · 1 withheld from the public.').waitFor();
      await desk.getByRole('button', { name: 'Store 1 record' }).click();
      await desk.getByText('Stored: 1 new · 1 withheld from the public').waitFor();
      await choose(page, 'known.csv', head + port + elsewhere + fresh);
      await desk.getByText(/1 known incident would be at another time .* \(known:k2\)/).waitFor();
      await checkAccess(page);
    }));

  it('is stored once and taken back once by a double click', () =>
    onPage({}, async (page) => {
      const desk = await openDesk(page, 'Import');
      const file = 'id,date,lat,lon,title,country\nt1,2024-07-01,45.35,28.84,Taken back,UKR\n';
      await choose(page, 'twice.csv', file);
      const store = desk.getByRole('button', { name: 'Store 1 record' });
      await store.waitFor();
      const sent = [];
      page.on('request', (request) => {
        if (/\/imports/.test(request.url())) sent.push(request.method());
      });
      const requests = await hold(page, '**/imports*');
      await store.dblclick();
      requests.release();
      await desk.getByText('1 new').waitFor();
      await page.unroute('**/imports*');
      const { release } = await hold(page, '**/imports/*');
      await desk.getByRole('button', { name: 'Take this import back' }).dblclick();
      release();
      await desk.getByText('Taken back: 1 withdrawn').waitFor();
      assert.deepEqual(sent, ['POST', 'DELETE']);
    }));

  it('is listed after the page is loaded again, where its refused rows are mended and it is taken back', () =>
    onPage({}, async (page) => {
      let desk = await openDesk(page, 'Import');
      const name = `again-${Date.now()}.csv`;
      await choose(page, name, MESSY.replaceAll(/^m/gm, 'again'));
      await desk.getByLabel('are kept aside, the others are stored').check();
      await desk.getByRole('button', { name: 'Store 2 records' }).click();
      await desk.getByText('2 new · 2 refused').waitFor();

      await page.reload();
      desk = page.getByRole('main', { name: 'Work on the incidents' });
      await desk.getByText('Earlier imports').click();
      const listed = desk.getByRole('article', { name }).first();
      await listed.getByText(/^4 records · 2 new · 2 refused · 2 refused rows wait/).waitFor();
      await listed.getByText(/UTC · by local$/).waitFor();
      await checkAccess(page);
      await listed.getByRole('button', { name: 'Mend the refused rows' }).click();
      await desk.getByRole('heading', { name: `Refused rows of ${name}` }).waitFor();
      await desk.getByText('2 refused rows wait to be mended', { exact: true }).waitFor();
      await desk.getByLabel('Line 2, date').fill('2024-05-03');
      await desk.getByLabel('Line 3, deaths').fill('2');
      await checkAccess(page);
      await desk.getByRole('button', { name: 'Send the mended rows' }).click();
      await desk.getByText('Stored: 2 new').waitFor();
      // The import of what was mended is one of its own.
      const both = desk.getByRole('article', { name });
      await both
        .nth(1)
        .getByText(/no refused row is left to mend$/)
        .waitFor();
      await both
        .first()
        .getByText(/^2 records · 2 new$/)
        .waitFor();

      const act = both.first().getByRole('button', { name: 'Take this import back' });
      await act.click();
      const question = page.getByRole('dialog', { name: `Take ${name} back?` });
      await question.getByText(/would be withdrawn: 2\./).waitFor();
      await checkAccess(page);
      await question.getByRole('button', { name: 'Cancel' }).click();
      await act.click();
      await question.getByRole('button', { name: 'Take this import back' }).click();
      await desk.getByText('Taken back: 2 withdrawn').waitFor();
      await act.click();
      await desk
        .getByText('Nothing of this import is left to take back', { exact: false })
        .waitFor();
    }));

  it('mends some of more rows than an answer tells the faults of, and keeps all others', () =>
    onPage({}, async (page) => {
      const desk = await openDesk(page, 'Import');
      const name = `many-${Date.now()}.csv`;
      const row = (n) => `${name}-${n},1527-05-${10 + (n % 20)},45.35,28.84,Row ${n},UKR`;
      const rows = Array.from({ length: 130 }, (_, n) => row(n));
      const sound = `${name}-s,2024-05-03,45.35,28.84,Sound,UKR`;
      await choose(page, name, ['id,date,lat,lon,title,country', ...rows, sound, ''].join('\n'));
      await desk.getByLabel('are kept aside, the others are stored').check();
      await desk.getByRole('button', { name: 'Store 1 record' }).click();
      await desk.getByText('1 new · 130 refused').waitFor();
      const dates = desk.getByLabel(/^Line \d+, date$/);
      assert.equal(await dates.count(), 130);
      // The first, and one behind all faults that an answer tells; this one is still wrong.
      await dates.first().fill('2024-05-03');
      await dates.nth(128).fill('2024-05-04');
      await dates.nth(129).fill('1528-01-01');
      await desk.getByRole('button', { name: 'Send the mended rows' }).click();
      await desk.getByText('2 new · 128 refused').waitFor();
      assert.equal(await dates.count(), 128);
      assert.equal(await dates.last().inputValue(), '1528-01-01');
      await dates.last().fill('2024-05-05');
      await desk.getByRole('button', { name: 'Send the mended rows' }).click();
      await desk.getByText('1 new · 127 refused').waitFor();
      assert.equal(await dates.count(), 127);
      // What waits on the server is what is left, once.
      await page.reload();
      await desk.getByText('Earlier imports').click();
      const listed = desk.getByRole('article', { name });
      await listed
        .first()
        .getByText(/127 refused rows wait to be mended$/)
        .waitFor();
      for (const one of [1, 2])
        await listed
          .nth(one)
          .getByText(/no refused row is left to mend$/)
          .waitFor();
    }));

  it('tells its faults and hints in the language of the page, and what it cannot say as what the server says', () =>
    onPage({ query: '?lang=uk#import', refused: [400, 422] }, async (page) => {
      const desk = page.getByRole('main', { name: 'Робота з інцидентами' });
      await desk.getByRole('heading', { level: 2 }).waitFor();
      const head = 'id,date,lat,lon,title,country,deaths\n';
      const wrong = [
        'u1,1527-05-03,45.4,28.8,Рік,UKR,1',
        'u2,2024-05-04,30.5,145.4,Далеко,UKR,two',
        'u3,2024-31-06,45.4,28.8,Місяць,UKR,0',
        'u4,2024-05-04,45.4,928.8,Довгота,UKR,0',
      ];
      await choose(page, 'uk.csv', `${head}${wrong.join('\n')}\n`);
      const faults = desk.getByRole('region', { name: /помил/ }).first();
      await faults.getByText('"1527-05-03" припадає на рік 1527', { exact: false }).waitFor();
      const told = await desk.getByRole('table').allTextContents();
      assert.match(told.join(), /перевірте, чи немає друкарської помилки/);
      assert.doesNotMatch(told.join(), /\b(is|not|the|lies|check|are)\b/);
      await choose(page, 'broken.geojson', '{"type":"FeatureCollection","features":[{"type" 5}]}');
      await desk.getByText('Файл у такому вигляді не читається', { exact: false }).waitFor();
      await desk.getByText(/^сервер каже англійською \(.*expected/).waitFor();
      await checkAccess(page);
    }));

  it('asks before another file takes the place of rows that were typed in and not stored', () =>
    onPage({}, async (page) => {
      const desk = await openDesk(page, 'Import');
      await choose(page, 'typed.csv', MESSY.replaceAll(/^m/gm, 'typed'));
      await desk.getByLabel('Line 4, deaths').fill('2');
      await choose(page, 'other.csv', MESSY.replaceAll(/^m/gm, 'other'));
      const question = page.getByRole('dialog', { name: 'What was typed is not stored yet' });
      await question
        .getByText('The mended rows of typed.csv were not sent.', { exact: false })
        .waitFor();
      await checkAccess(page);
      await page.keyboard.press('Escape');
      await question.waitFor({ state: 'detached' });
      assert.equal(await desk.getByLabel('Line 4, deaths').inputValue(), '2');
      await desk.getByText('typed.csv', { exact: true }).waitFor();
      await desk.getByLabel('Encoding').selectOption('windows-1251');
      await question.getByRole('button', { name: 'Keep them' }).click();
      const encoding = desk.getByLabel('Encoding').locator('option:checked');
      await encoding.filter({ hasText: 'UTF-8' }).waitFor({ state: 'attached' });
      assert.equal(await desk.getByLabel('Line 4, deaths').inputValue(), '2');
      await choose(page, 'other.csv', MESSY.replaceAll(/^m/gm, 'other'));
      await question.getByRole('button', { name: 'Go on and lose them' }).click();
      await desk.getByText('other.csv', { exact: true }).waitFor();
      await desk.getByText('4 records · 2 sound · 2 refused').waitFor();
      assert.equal(await desk.getByLabel('Line 4, deaths').inputValue(), 'two');
      // Nothing was typed now, and nobody is asked.
      await choose(page, 'third.csv', MESSY.replaceAll(/^m/gm, 'third'));
      await desk.getByText('third.csv', { exact: true }).waitFor();
      assert.equal(await question.count(), 0);
    }));

  for (const screen of ['dark', 'phone', 'small']) {
    it(`has nothing for axe to find and fits: ${screen}`, () =>
      onPage({ screen }, async (page) => {
        const desk = await openDesk(page, 'Import');
        await choose(page, 'narrow.csv', MESSY.replaceAll(/^m/gm, screen));
        await desk.getByText('4 records · 2 sound · 2 refused').waitFor();
        await checkAccess(page);
        await fits(page);
        if (screen === 'phone') await keepShot(page, 'import-phone');
      }));
  }
});

describe('the form', () => {
  it('changes titles, damage and sources, and the history tells it in words', () =>
    onPage({}, async (page) => {
      const { address, panel } = await opened(page, {
        title: { en: 'A grain store was hit' },
        date_start: '2025-03-02',
        event_type: 'explosions_remote_violence',
        location_radius_m: 500,
        impacts: [{ facility: 'grain store', infrastructure: 'food_storage', damage: 'possible' }],
      });
      const form = await edit(page);
      await form.getByLabel('Title: Ukrainian').fill('Влучання у зерносховище');
      await group(form, 'Damage');
      await form.getByLabel('Damage grade').selectOption('severe');
      await form.getByRole('button', { name: 'Assess again: Facility 1' }).click();
      const second = form.getByRole('group', { name: 'Facility 2' });
      await second.getByLabel('Damage grade').selectOption('destroyed');
      await group(form, 'Sources');
      await form.getByRole('button', { name: 'Add a source' }).click();
      const source = form.getByRole('group', { name: 'Source 1' });
      await source.getByLabel('Web address').fill('https://example.org/report');
      await source.getByLabel('Reliability of the source').selectOption('B');
      await source.getByLabel('Credibility of the information').selectOption('2');
      await checkAccess(page);
      await form.getByRole('button', { name: 'Save' }).click();
      await form.waitFor({ state: 'detached' });
      await panel.getByText('destroyed').waitFor();
      const { properties } = await readItem(page, address);
      assert.deepEqual(properties.title, {
        en: 'A grain store was hit',
        uk: 'Влучання у зерносховище',
      });
      assert.deepEqual(
        properties.impacts.map(({ damage, facility }) => [facility, damage]),
        [
          ['grain store', 'severe'],
          ['grain store', 'destroyed'],
        ],
      );
      assert.equal(properties.sources[0].credibility, 2);
      await page.getByRole('button', { name: 'History and review' }).click();
      const dialog = page.getByRole('dialog', { name: 'History and review' });
      await dialog.getByText('possible damage → severe damage').first().waitFor();
      await checkAccess(page);
      await keepShot(page, 'history');
      await dialog.getByLabel('Verification').selectOption('verified');
      await dialog.getByRole('button', { name: 'Record the review' }).click();
      await dialog.getByText('not the review of a second person').waitFor();
      assert.equal((await readItem(page, address)).properties.verification, 'verified');
    }));

  it('moves the place by mouse, by arrow keys and by typing, and tells the distance meanwhile', () =>
    onPage({}, async (page) => {
      const { address } = await opened(page, {
        title: { en: 'A place to be moved' },
        date_start: '2025-03-02',
        location_radius_m: 800,
      });
      const form = await edit(page);
      const told = form.locator('#editor-distance');
      await told.filter({ hasText: 'Romania' }).waitFor();
      const before = await told.textContent();
      const point = page.getByRole('button', { name: /^Place of the incident/ });
      await point.waitFor();
      await drawn(page);
      const box = await point.boundingBox();
      await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
      await page.mouse.down();
      await page.mouse.move(box.x + 60, box.y - 60, { steps: 6 });
      await page.mouse.up();
      await page.waitForFunction(
        (old) => document.querySelector('#editor-distance').textContent !== old,
        before,
      );
      const lng = form.getByLabel('Longitude, degrees');
      const dragged = Number(await lng.inputValue());
      assert.ok(dragged > 28.8372, `${dragged}`);
      await point.focus();
      await page.keyboard.press('ArrowRight');
      assert.ok(Number(await lng.inputValue()) > dragged);
      const radius = page.getByRole('slider', { name: 'Radius of the place' });
      await radius.focus();
      await page.keyboard.press('ArrowUp');
      assert.ok(Number(await form.getByLabel(/^Radius that holds/).inputValue()) > 800);
      await keepShot(page, 'edit');
      await checkAccess(page);
      await lng.fill('28.9');
      await form.getByLabel('Latitude, degrees').fill('45.4');
      await form.getByLabel('Latitude, degrees').press('Enter');
      await form.getByRole('button', { name: 'Save' }).click();
      await form.waitFor({ state: 'detached' });
      assert.deepEqual((await readItem(page, address)).geometry.coordinates, [28.9, 45.4]);
    }));

  it('is drawn where it was moved to, also in another language', () =>
    onPage({}, async (page) => {
      await opened(page, {
        title: { en: 'Moved before it is read in Ukrainian' },
        date_start: '2025-03-02',
        location_radius_m: 800,
      });
      const form = await edit(page);
      const told = form.locator('#editor-distance');
      await told.filter({ hasText: 'Romania' }).waitFor();
      const first = await told.textContent();
      const before = await signs(page);
      await form.getByLabel('Longitude, degrees').fill('28.86');
      await form.getByLabel('Longitude, degrees').press('Enter');
      await told.filter({ hasNotText: first }).waitFor();
      const moved = await signs(page);
      assert.notEqual(moved, before);
      const language = page.locator('#language');
      for (const lang of ['uk', 'en']) {
        await language.selectOption(lang);
        await page.locator(`html[lang="${lang}"]`).waitFor();
      }
      assert.equal(await signs(page), moved);
    }));

  it('can be moved on the map also where that begins after the form', () =>
    onPage({}, async (page) => {
      const { release } = await hold(page, '**/assets/map-*.js');
      await opened(page, { title: { en: 'Before the map' }, date_start: '2025-03-02' });
      await edit(page);
      const point = page.getByRole('button', { name: /^Place of the incident/ });
      assert.equal(await point.count(), 0);
      release();
      await point.waitFor();
    }));

  it('finds a town by its name', () =>
    onPage({}, async (page) => {
      const { address } = await opened(page, { title: { en: 'In some town' }, date_start: '2025' });
      const form = await edit(page);
      await form.getByLabel('Find a town').fill('Galat');
      await form
        .getByRole('button', { name: /^Galați|^Galaţi/ })
        .first()
        .click();
      await form
        .locator('#editor-distance')
        .filter({ hasText: /inside|Romania|Moldova/ })
        .waitFor();
      await form.getByRole('button', { name: 'Save' }).click();
      await form.waitFor({ state: 'detached' });
      const { geometry, properties } = await readItem(page, address);
      assert.ok(Math.abs(geometry.coordinates[0] - 28.05) < 0.1, `${geometry.coordinates}`);
      assert.equal(properties.location_method, 'gazetteer');
    }));

  it('shows at its field what the server finds wrong, and loses nothing of the rest', () =>
    onPage({ refused: [422] }, async (page) => {
      await opened(page, { title: { en: 'With a wrong date' }, date_start: '2025-03-02' });
      const form = await edit(page);
      // No radius is stated: that of a town counts, which reaches across the river.
      await form.locator('#editor-distance.uncertain').waitFor();
      await form.getByLabel('Title: Romanian').fill('Cu o dată greșită');
      await group(form, 'When');
      await form.getByLabel('Began').fill('1527-01-01');
      await form.getByRole('button', { name: 'Save' }).click();
      await form.getByText('Not saved: 1 fault is shown at its field.').waitFor();
      const date = form.getByLabel('Began');
      assert.equal(await date.getAttribute('aria-invalid'), 'true');
      assert.match(
        await form.locator(`#${await date.getAttribute('aria-describedby')}`).textContent(),
        /1527/,
      );
      assert.equal(await form.getByLabel('Title: Romanian').inputValue(), 'Cu o dată greșită');
      await checkAccess(page);
      await date.fill('2025-01-01');
      await form.getByRole('button', { name: 'Save' }).click();
      await form.waitFor({ state: 'detached' });
    }));

  it('shows both versions when somebody was faster, and keeps what is chosen', () =>
    onPage({ refused: [412] }, async (page) => {
      const { address } = await opened(page, {
        title: { en: 'Two editors' },
        date_start: '2025-03-02',
        deaths_best: 1,
      });
      const form = await edit(page);
      await form.getByLabel('Title: English').fill('Mine');
      await group(form, 'People');
      await form.getByLabel('Killed, most likely').fill('3');
      const other = await page.request.patch(address, {
        headers: { 'content-type': 'application/merge-patch+json' },
        data: { properties: { deaths_best: 2, actor1: 'Somebody' } },
      });
      assert.equal(other.status(), 200);
      await form.getByRole('button', { name: 'Save' }).click();
      const dialog = page.getByRole('dialog', { name: 'Somebody changed it meanwhile' });
      await dialog.getByText('Taken from what was saved: Who did it').waitFor();
      await dialog.getByText('Kept of yours: Title').waitFor();
      await checkAccess(page);
      await keepShot(page, 'conflict');
      await dialog.getByLabel('Killed, most likely: take what was saved').check();
      await dialog.getByRole('button', { name: 'Save the choice' }).click();
      await form.waitFor({ state: 'detached' });
      const { properties } = await readItem(page, address);
      assert.deepEqual(
        [properties.title, properties.deaths_best, properties.actor1],
        [{ en: 'Mine' }, 2, 'Somebody'],
      );
    }));

  it('is opened once and saved once by a double click', () =>
    onPage({}, async (page) => {
      await opened(page, { title: { en: 'Clicked twice' }, date_start: '2025-03-05' });
      await page.getByRole('button', { name: 'Edit this incident' }).dblclick();
      const form = page.getByRole('article', { name: /^Edit/ });
      await form.getByRole('button', { name: 'Save' }).waitFor();
      assert.equal(await page.locator('.editor').count(), 1);
      await form.getByLabel('Title: English').fill('Saved once');
      const sent = [];
      page.on('request', (request) => request.method() === 'PATCH' && sent.push(request.url()));
      const { release } = await hold(page, '**/items/*');
      await form.getByRole('button', { name: 'Save' }).dblclick();
      release();
      await form.waitFor({ state: 'detached' });
      assert.equal(sent.length, 1);
    }));

  it('leaves the focus in the history once a review is recorded, and the keys with its dialog', () =>
    onPage({}, async (page) => {
      await opened(page, { title: { en: 'Reviewed by keyboard' }, date_start: '2025-03-06' });
      await page.getByRole('button', { name: 'History and review' }).click();
      const dialog = page.getByRole('dialog', { name: 'History and review' });
      await dialog.getByLabel('Verification').selectOption('verified');
      const record = dialog.getByRole('button', { name: 'Record the review' });
      await record.focus();
      await page.keyboard.press('Enter');
      await dialog.getByText(/^Recorded/).waitFor();
      assert.ok(await record.evaluate((button) => button === document.activeElement));
      await dialog.getByText('Revision 2').waitFor();
      // With the focus nowhere, keys are not for the page behind the dialog.
      await page.evaluate(() => document.activeElement.blur());
      await page.keyboard.press('q');
      assert.doesNotMatch(page.url(), /show=ask/);
    }));

  it('does not lose what was not saved without a word', () =>
    onPage({}, async (page) => {
      await opened(page, { title: { en: 'Unsaved' }, date_start: '2025-03-02' });
      const form = await edit(page);
      await form.getByLabel('Title: English').fill('Changed');
      const asked = page.waitForEvent('dialog');
      await page.close({ runBeforeUnload: true });
      const dialog = await asked;
      assert.equal(dialog.type(), 'beforeunload');
      await dialog.dismiss();
      await group(form, 'More');
      await form.locator('summary').last().scrollIntoViewIfNeeded();
      await form.getByRole('button', { name: 'Cancel' }).click();
      const said = form.getByText('There are changes that were not saved');
      await said.waitFor();
      assert.ok(await form.evaluate((one) => one.scrollTop > 0));
      const [box, frame] = await Promise.all([said.boundingBox(), form.boundingBox()]);
      assert.ok(box.y >= frame.y && box.y + box.height <= frame.y + frame.height);
      await form.getByRole('button', { name: 'Cancel' }).click();
      await form.waitFor({ state: 'detached' });
    }));

  for (const screen of ['dark', 'phone', 'small']) {
    it(`has nothing for axe to find and fits: ${screen}`, () =>
      onPage({ screen }, async (page) => {
        await opened(page, {
          title: { en: `On ${screen}` },
          date_start: '2025-03-02',
          location_radius_m: 900,
          impacts: [{ facility: 'school', infrastructure: 'education' }],
        });
        const form = await edit(page);
        await group(form, 'Damage');
        await group(form, 'More');
        await checkAccess(page);
        await fits(page);
        if (screen === 'dark') await keepShot(page, 'edit-dark');
      }));
  }
});

const TWICE = [
  {
    title: { en: 'Drones hit the grain terminal of the port of Kiliia, two workers hurt' },
    date_start: '2025-04-11T02:10:00+03:00',
    event_type: 'explosions_remote_violence',
    location: 'Kiliia',
    location_radius_m: 500,
    impacts: [{ facility: 'grain terminal', infrastructure: 'port', damage: 'moderate' }],
    sources: [{ url: 'https://example.org/kiliia-terminal', name: 'Example News' }],
  },
  {
    title: { en: 'Grain terminal at Kiliia port hit by drones, two workers injured' },
    date_start: '2025-04-11T02:30:00+03:00',
    event_type: 'explosions_remote_violence',
    location: 'Kiliia',
    location_radius_m: 800,
    impacts: [{ facility: 'warehouse', infrastructure: 'port' }],
    sources: [{ url: 'https://example.net/kiliia', name: 'Other News' }],
  },
];

describe('duplicates', () => {
  it('are shown side by side with reasons, merged with a preview, and parted again', () =>
    onPage({ query: '?q=Kiliia' }, async (page) => {
      const ids = [];
      for (const [index, properties] of TWICE.entries()) {
        const { id } = await opened(page, properties, [29.268 + index * 0.001, 45.437]);
        ids.push(id);
      }
      await page.goto(`${kordon.address}?q=Kiliia`);
      const desk = await openDesk(page, 'Duplicates');
      const pair = desk.getByRole('region', { name: 'The two reports side by side' }).first();
      await pair.getByRole('cell', { name: /grain terminal of the port/ }).waitFor();
      await desk
        .getByText(/words in common/)
        .first()
        .waitFor();
      await desk
        .getByText(
          / stays with all its values\. It takes over: .*Other News|takes over: .*Example News/,
        )
        .waitFor();
      await checkAccess(page);
      await keepShot(page, 'duplicates');
      await desk.getByRole('button', { name: 'Merge', exact: true }).first().click();
      await desk.getByText('The two are one incident now.').waitFor();
      const answers = await Promise.all(
        ids.map((id) =>
          page.request.get(`${kordon.address}collections/incidents/items/${id}`, {
            maxRedirects: 0,
          }),
        ),
      );
      assert.deepEqual(answers.map((answer) => answer.status()).sort(), [200, 307]);
      await desk.getByRole('button', { name: 'Undo the merge' }).click();
      await desk.getByText('The two are two incidents again.').waitFor();
      for (const id of ids) {
        const answer = await page.request.get(
          `${kordon.address}collections/incidents/items/${id}`,
          { maxRedirects: 0 },
        );
        assert.equal(answer.status(), 200);
      }
    }));

  it('are shown fifty at a time, and those that are two events are put aside in this browser', () =>
    onPage({}, async (page) => {
      // Reports of one dataset that are all alike are no pairs by themselves; these are made of eleven.
      const ids = [];
      for (let n = 0; n < 11; n++) {
        const answer = await page.request.post(`${kordon.address}collections/incidents/items`, {
          headers: { 'content-type': 'application/geo+json' },
          data: {
            type: 'Feature',
            geometry: { type: 'Point', coordinates: [28.9, 45.41] },
            properties: {
              title: 'Kindred drones over the same ferry pier',
              description: `Kindred fire at the pier, as told by witness ${n}`,
              date_start: '2025-08-02T02:10:00+03:00',
              location_radius_m: 500,
            },
          },
        });
        assert.ok(answer.ok());
        ids.push((await answer.json()).id);
      }
      const reasons = [{ about: 'page', points: 2, says: 'the same page' }];
      const all = ids.flatMap((one, index) =>
        ids.slice(index + 1).map((other) => ({ ids: [one, other], score: 0.9, reasons })),
      );
      await page.route('**/duplicates?*', (route) => {
        const limit = Number(new URL(route.request().url()).searchParams.get('limit'));
        return route.fulfill({ json: { pairs: all.slice(0, limit), numberMatched: all.length } });
      });
      await page.goto(`${kordon.address}?q=kindred#duplicates`);
      const desk = page.getByRole('main', { name: 'Work on the incidents' });
      await desk.getByText('50 of 55 pairs, the likeliest first').waitFor();
      const pairs = desk.locator('details');
      const sides = pairs.first().getByRole('region', { name: 'The two reports side by side' });
      await sides.getByRole('row', { name: /What happened.*witness/ }).waitFor();
      assert.doesNotMatch(await sides.textContent(), /und:/);
      await desk.getByRole('button', { name: 'Show more' }).click();
      await desk.getByText('55 of 55 pairs, the likeliest first').waitFor();
      assert.equal(await pairs.count(), 55);
      assert.equal(await desk.getByRole('button', { name: 'Show more' }).count(), 0);
      assert.ok(await sides.isVisible());
      // One of the first fifty, which nobody had opened.
      await pairs.nth(6).locator('summary').click();
      const seventh = pairs.nth(6).getByRole('region', { name: 'The two reports side by side' });
      await seventh.waitFor();
      await pairs.nth(6).locator('summary').click();

      const apart = pairs.first().getByRole('button', { name: 'They are two events' });
      await apart.focus();
      await page.keyboard.press('Enter');
      await desk.getByText('54 of 55 pairs').waitFor();
      await desk.getByText(/^1 pair is put aside as two events\. .* this browser only/).waitFor();
      assert.ok(await pairs.first().isHidden());
      const focused = pairs.nth(1).locator('summary');
      assert.ok(await focused.evaluate((one) => one === document.activeElement));
      await checkAccess(page);

      await page.reload();
      await desk.getByText('49 of 55 pairs').waitFor();
      await desk.getByLabel('show those that were put aside, too').check();
      await desk.getByText('50 of 55 pairs').waitFor();
      const first = pairs.first();
      if ((await first.getAttribute('open')) === null) await first.locator('summary').click();
      await first.getByText('put aside', { exact: true }).waitFor();
      await checkAccess(page);
      await first.getByRole('button', { name: 'They may be one event after all' }).click();
      await desk.getByText(/put aside as two events/).waitFor({ state: 'detached' });
      assert.equal(await page.evaluate(() => localStorage.getItem('kordon.apart')), '[]');
    }));

  it('are parted again from the history of the one that stayed, also after the page is loaded again', () =>
    onPage({ refused: [409] }, async (page) => {
      const date = { date_start: '2025-04-07' };
      const other = await opened(page, { title: { en: 'The same tanker' }, ...date });
      const one = await opened(page, { title: { en: 'A tanker at the berth' }, ...date });
      const answer = await page.request.post(`${other.address}/merge`, { data: { into: one.id } });
      assert.equal(answer.status(), 204);
      await page.reload();
      await page.getByRole('button', { name: 'History and review' }).click();
      const dialog = page.getByRole('dialog', { name: 'History and review' });
      await dialog.getByText('The same tanker · 7 April 2025').waitFor();
      await checkAccess(page);
      // Somebody was faster.
      const part = dialog.getByRole('button', { name: 'Part again' });
      await page.request.delete(`${other.address}/merge`);
      await part.click();
      await dialog.getByText(/^Not parted: it is not merged into this one any more/).waitFor();
      await page.request.post(`${other.address}/merge`, { data: { into: one.id } });
      await part.focus();
      await page.keyboard.press('Enter');
      await dialog.getByText('“The same tanker” is an incident of its own again').waitFor();
      assert.equal(await part.count(), 0);
      await dialog.getByText('Revision 3').waitFor();
      assert.equal((await page.request.get(other.address, { maxRedirects: 0 })).status(), 200);
      assert.deepEqual((await readItem(page, one.address)).properties.merged_from ?? [], []);
    }));

  it('are not merged when that would publish one that is not public, and the page says why', () =>
    onPage({ refused: [409] }, async (page) => {
      const conflict = (type) => ({
        status: 409,
        contentType: 'application/problem+json',
        body: JSON.stringify({
          type: `urn:kordon:problem:${type}`,
          detail: 'in English',
          status: 409,
        }),
      });
      for (const [index, properties] of TWICE.entries()) {
        const title = { en: `${properties.title.en}, as is said` };
        await opened(page, { ...properties, title }, [29.269 + index * 0.001, 45.438]);
      }
      await page.goto(`${kordon.address}?q=as+is+said&lang=uk#duplicates`);
      const desk = page.getByRole('main', { name: 'Робота з інцидентами' });
      const merge = desk.getByRole('button', { name: 'Об’єднати', exact: true }).first();
      await page.route('**/merge', (route) => route.fulfill(conflict('not-merged')), { times: 1 });
      await merge.click();
      await desk.getByText(/^Не об’єднано: «.+» не оприлюднено, а «.+» оприлюднено/).waitFor();
      await page.route('**/merge', (route) => route.fulfill(conflict('withdrawn')), { times: 1 });
      await merge.click();
      await desk.getByText(/^Один із двох тим часом змінено/).waitFor();
      assert.equal(await desk.getByText('in English').count(), 0);
    }));

  for (const screen of ['dark', 'phone', 'small']) {
    it(`have nothing for axe to find and fit: ${screen}`, () =>
      onPage({ screen }, async (page) => {
        const desk = await openDesk(page, 'Duplicates');
        await desk.getByText(/^\d+ of \d+ pairs?, /).waitFor();
        await page.waitForLoadState('networkidle');
        await checkAccess(page);
        await fits(page);
      }));
  }
});

describe('the report', () => {
  it('counts what the filter holds, opens the incidents behind a number, and follows the filter', () =>
    onPage({}, async (page) => {
      await drawn(page);
      const desk = await openDesk(page, 'Report');
      await desk.getByRole('table', { name: 'Incidents: Region by Damage' }).waitFor();
      const picture = desk.getByRole('img', { name: 'The incidents on a map' });
      await picture.evaluate((image) => image.decode());
      const box = await picture.boundingBox();
      assert.ok(Math.abs(box.width / box.height - 960 / 600) < 0.02, 'the map is stretched');
      const shown = await desk.getByRole('link', { name: 'Save the picture' }).getAttribute('href');
      assert.match(shown, /^\/maps\/static\.png\?.*snapshot=/);
      await checkAccess(page);
      await keepShot(page, 'report');
      await desk.getByLabel('Rows').selectOption('infrastructure');
      const table = desk.getByRole('table', { name: 'Incidents: Infrastructure by Damage' });
      await table.waitFor();
      const number = table.getByRole('button', { name: /^port, .*: \d+ incidents?$/ }).first();
      const count = Number(/: (\d+) incident/.exec(await number.getAttribute('aria-label'))[1]);
      await number.click();
      const dialog = page.getByRole('dialog', { name: /^port, / });
      await dialog.getByText(`${count} incident`).first().waitFor();
      assert.equal(await dialog.getByRole('listitem').count(), count);
      await checkAccess(page);
      await page.keyboard.press('Escape');
      await page.getByRole('searchbox').fill('Reni');
      await page.keyboard.press('Enter');
      await desk.getByText('Chosen by “Reni”.').waitFor();
      const address = page.url();
      await page.goto('about:blank');
      await page.goto(address);
      await desk.getByText('Chosen by “Reni”.').waitFor();
    }));

  it('tells what it has under its own name, whatever was asked for meanwhile', () =>
    onPage({}, async (page) => {
      const desk = await openDesk(page, 'Report');
      await desk.getByRole('table', { name: 'Incidents: Region by Damage' }).waitFor();
      const { release } = await hold(page, '**/incidents/aggregate?*');
      await desk.getByLabel('Rows').selectOption('infrastructure');
      // Written anew while the other counts are on their way.
      await desk.getByLabel('Text').selectOption('all');
      await desk.locator('.report-text[lang=uk]').waitFor();
      await desk.getByRole('table', { name: 'Incidents: Region by Damage' }).waitFor();
      release();
      await desk.getByRole('table', { name: 'Incidents: Infrastructure by Damage' }).waitFor();
    }));

  it('says that its map could not be drawn, and draws it when asked again', () =>
    onPage({ refused: [503] }, async (page) => {
      await page.route('**/maps/static.png?*', (route) => route.fulfill({ status: 503 }), {
        times: 1,
      });
      const desk = await openDesk(page, 'Report');
      await desk.getByText('The map could not be drawn.').waitFor();
      await desk.getByRole('button', { name: 'Try again' }).click();
      const picture = desk.getByRole('img', { name: 'The incidents on a map' });
      await picture.evaluate((image) => image.decode());
    }));

  it('says in three languages what it rests on, and prints without the controls', () =>
    onPage({}, async (page) => {
      await drawn(page);
      const desk = await openDesk(page, 'Report');
      await desk.getByLabel('Text').selectOption('all');
      for (const words of [/accurate to ±\d/, /точність ±\d/, /acuratețea ±\d/]) {
        await desk.getByText(words).waitFor();
      }
      for (const lang of ['en', 'uk', 'ro']) {
        assert.equal(await desk.locator(`.report-text[lang=${lang}]`).count(), 1);
      }
      await page.emulateMedia({ media: 'print' });
      assert.ok(await desk.getByRole('button', { name: 'Print' }).isHidden());
      assert.ok(await page.getByRole('searchbox').isHidden());
      await desk.getByRole('table').first().waitFor();
      await keepShot(page, 'report-print', { fullPage: true });
      const pdf = await page.pdf({ format: 'A4' });
      assert.ok(pdf.length > 10_000);
    }));

  for (const screen of ['dark', 'phone', 'small']) {
    it(`has nothing for axe to find and fits: ${screen}`, () =>
      onPage({ screen }, async (page) => {
        const desk = await openDesk(page, 'Report');
        await desk.getByRole('table').first().waitFor();
        await checkAccess(page);
        await fits(page);
      }));
  }
});

describe('the desk', () => {
  for (const [lang, work, tabs] of [
    ['uk', 'Робота', ['Імпорт', 'Дублікати', 'Звіт']],
    ['ro', 'Lucru', ['Import', 'Duplicate', 'Raport']],
  ]) {
    it(`speaks ${lang}`, () =>
      onPage({ query: `?lang=${lang}` }, async (page) => {
        await drawn(page);
        await page.getByRole('button', { name: work, exact: true }).click();
        for (const tab of tabs) {
          await page.getByRole('button', { name: tab, exact: true }).click();
          await page.locator('.desk-body h2').waitFor();
        }
        if (lang === 'uk') await keepShot(page, 'report-ukrainian');
      }));
  }

  it('can be used with the keyboard alone', () =>
    onPage({}, async (page) => {
      await page.getByRole('button', { name: 'Work', exact: true }).focus();
      await page.keyboard.press('Enter');
      const focused = () => page.evaluate(() => document.activeElement?.textContent);
      await page.waitForFunction(() => document.activeElement?.textContent === 'Import');
      for (const tab of ['Not public', 'Duplicates']) {
        await page.keyboard.press('Tab');
        assert.equal(await focused(), tab);
      }
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 2, name: 'Duplicates' }).waitFor();
      await page.keyboard.press('Escape');
      await page.locator('#desk').waitFor({ state: 'detached' });
      assert.equal((await focused()).trim(), 'Work');
      // What is on the map is not opened behind the desk.
      for (const name of ['Ask', 'Measure']) {
        await page.getByRole('button', { name: 'Work', exact: true }).click();
        await page.getByRole('heading', { level: 2, name: 'Duplicates' }).waitFor();
        await page.getByRole('button', { name, exact: true }).click();
        await page.locator('#desk').waitFor({ state: 'detached' });
        await page.waitForURL(/(show=ask|tool=measure)$/);
      }
    }));
});

describe('a server with tokens', { skip: !process.env.KORDON_BIN }, () => {
  let store;
  let guarded;
  const tokens = {};

  before(async () => {
    store = mkdtempSync(join(tmpdir(), 'kordon-desk-'));
    const run = (...args) =>
      execFileSync(process.env.KORDON_BIN, [...args, '--store', store], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).trim();
    run('import', SAMPLES);
    for (const name of ['analyst', 'verifier']) tokens[name] = run('token', 'add', name);
    guarded = await startKordon(store);
  });

  after(async () => {
    await guarded?.stop();
    rmSync(store, { recursive: true, force: true });
  });

  /** Gives the token that is asked for, on a page that has none yet. */
  async function giveToken(page, name) {
    const dialog = page.getByRole('dialog', { name: 'A token is needed' });
    await dialog.getByText('Kept in the memory of this page only').waitFor();
    await dialog.getByLabel('Token').fill(name);
    await dialog.getByRole('button', { name: 'Use it' }).click();
  }

  /** Runs `act` on a fresh page, which knows no token. */
  async function as(act) {
    const opened = await kordon.open({}, guarded.address);
    try {
      await act(opened.page);
      opened.check([401]);
    } finally {
      await opened.close();
    }
  }

  it('asks for one when something is written, keeps it nowhere, and a second person reviews', async () => {
    let address;
    await as(async (page) => {
      await rows(page).filter({ hasText: 'Izmail' }).first().click();
      const form = await edit(page);
      await group(form, 'People');
      await form.getByLabel('Injured, at most').fill('7');
      await form.getByRole('button', { name: 'Save' }).click();
      await giveToken(page, 'kordon_of_nobody');
      await page.getByText('The server does not know this token.').waitFor();
      await checkAccess(page);
      await giveToken(page, tokens.analyst);
      await form.waitFor({ state: 'detached' });
      address = page.url();
      assert.ok(!address.includes('kordon_'), address);
      const kept = await page.evaluate(() => [
        JSON.stringify({ ...localStorage, ...sessionStorage }),
        document.cookie,
      ]);
      assert.deepEqual(kept, ['{}', '']);
    });
    await as(async (page) => {
      await page.goto(address);
      await page.getByRole('button', { name: 'History and review' }).click();
      const dialog = page.getByRole('dialog', { name: 'History and review' });
      await dialog.getByText('Last written by analyst.').waitFor();
      await dialog.getByLabel('Verification').selectOption('verified');
      await dialog.getByRole('button', { name: 'Record the review' }).click();
      await giveToken(page, tokens.verifier);
      await dialog.getByText('Recorded: verifier reviewed what analyst wrote.').waitFor();
    });
  });

  it('shows what is not public to those who write, and a second person publishes it', async () => {
    const drafted = (title, token) =>
      fetch(`${guarded.address}collections/incidents/items`, {
        method: 'POST',
        headers: {
          'content-type': 'application/geo+json',
          authorization: `Bearer ${tokens[token]}`,
        },
        body: JSON.stringify({
          type: 'Feature',
          geometry: { type: 'Point', coordinates: [28.8372, 45.3512] },
          properties: { title, date_start: '2024-05-05', record_status: 'draft' },
        }),
      }).then((answer) => answer.json());
    const [first, second] = [
      await drafted('A first draft', 'analyst'),
      await drafted('A second draft', 'verifier'),
    ];
    const status = async (id) =>
      (await fetch(`${guarded.address}collections/incidents/items/${id}`)).status;
    assert.equal(await status(first.id), 404);
    await as(async (page) => {
      await page.getByRole('button', { name: 'Work', exact: true }).click();
      const desk = page.getByRole('main', { name: 'Work on the incidents' });
      await desk.getByRole('button', { name: 'Not public', exact: true }).click();
      await giveToken(page, tokens.verifier);
      await desk.getByText('2 records').waitFor();
      const one = desk.getByRole('article', { name: 'A first draft' });
      await one.getByText('draft · last written by analyst').waitFor();
      await one.getByText(/Romania/).waitFor();
      await checkAccess(page);
      await keepShot(page, 'not-public');
      await one.getByRole('button', { name: 'Publish' }).click();
      await desk.getByText('Published: verifier published what analyst wrote.').waitFor();
      assert.equal(await status(first.id), 200);

      // One's own may be published too, and is told as that; before, it is mended, and stays a draft.
      await desk
        .getByRole('article', { name: 'A second draft' })
        .getByRole('button', { name: 'Edit' })
        .click();
      const form = page.getByRole('article', { name: 'A second draft' });
      await form.getByText('Revisions, the newest first').click();
      await form.getByText(/^Revision 1 · .* · verifier$/).waitFor();
      await checkAccess(page);
      await form.getByLabel('Latitude, degrees').fill('45.36');
      await form.getByRole('button', { name: 'Save' }).click();
      await desk.getByText('1 record', { exact: false }).waitFor();
      assert.equal(await status(second.id), 404);
      const again = desk.getByRole('article', { name: 'A second draft' });

      // What became of it while nobody else saw it.
      assert.equal(await status(`${second.id}/history`), 404);
      await again.getByRole('button', { name: 'History and review' }).click();
      const history = page.getByRole('dialog', { name: 'History and review' });
      await history.getByText(/^Revision 2 · .* · verifier$/).waitFor();
      await history.getByText(/45\.3512.*45\.36/).waitFor();
      await history.getByText('The first record.').waitFor();
      await page.keyboard.press('Escape');
      await again.getByRole('button', { name: 'Publish' }).click();
      await desk.getByText('both names are verifier').waitFor();
      const now = await fetch(`${guarded.address}collections/incidents/items/${second.id}`);
      assert.deepEqual((await now.json()).geometry.coordinates, [28.8372, 45.36]);
      await desk.getByText('0 records').waitFor();
    });
  });
});

describe('the analyst', () => {
  it('imports, mends, merges, moves, grades and prints', () =>
    onPage({}, async (page) => {
      const file = `id,date,lat,lon,title,country,location,deaths
s1,2025-06-01T03:00Z,45.4412,29.2601,"Shahed drones set the Kiliia ship repair yard on fire, one guard hurt",UKR,Kiliia yard,0
s2,2025-06-01T03:20Z,45.4414,29.2605,"Kiliia ship repair yard on fire after Shahed drones, guard hurt",UKR,Kiliia yard,0
s3,2025-31-06,45.35,28.84,A month that is none,UKR,Izmail,0
s4,2025-06-03,45.46,928.28,A longitude that is none,UKR,Reni,0
`;
      let desk = await openDesk(page, 'Import');
      await choose(page, 'story.csv', file);
      await desk.getByText('4 records · 2 sound · 2 refused').waitFor();
      await desk.getByLabel('Line 4, date').fill('2025-06-02');
      await desk.getByLabel('Line 5, lon').fill('28.28');
      await desk.getByRole('button', { name: 'Check again' }).click();
      await desk.getByRole('button', { name: 'Store 4 records' }).click();
      await desk.getByText('4 new').waitFor();

      await page.getByRole('button', { name: 'Back to the map' }).click();
      await page.getByRole('searchbox').fill('ship repair yard');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 2, name: /^2 of \d+ incidents$/ }).waitFor();
      desk = await openDesk(page, 'Duplicates');
      await desk.getByLabel('Likely at least').selectOption('0.3');
      await desk.getByRole('row', { name: /^Radius .*not stated/ }).waitFor();
      await desk.getByRole('button', { name: 'Merge', exact: true }).click();
      await desk.getByText('The two are one incident now.').waitFor();
      await desk.getByRole('button', { name: 'Show the incident' }).click();

      const form = await edit(page);
      const point = page.getByRole('button', { name: /^Place of the incident/ });
      await point.focus();
      const lng = form.getByLabel('Longitude, degrees');
      const before = await lng.inputValue();
      await page.keyboard.press('ArrowLeft');
      assert.notEqual(await lng.inputValue(), before);
      await group(form, 'Damage');
      for (const [n, name, damage] of [
        [1, 'slipway', 'severe'],
        [2, 'workshop', 'destroyed'],
      ]) {
        await form.getByRole('button', { name: 'Add a facility' }).click();
        const facility = form.getByRole('group', { name: `Facility ${n}` });
        await facility.getByLabel('Facility', { exact: true }).fill(name);
        await facility.getByLabel('Kind of facility').selectOption('port');
        await facility.getByLabel('Damage grade').selectOption(damage);
      }
      await form.getByRole('button', { name: 'Save' }).click();
      await form.waitFor({ state: 'detached' });
      const panel = page.getByRole('article').first();
      await panel.getByText('workshop').waitFor();
      await panel
        .getByText(/from Romania/)
        .first()
        .waitFor();

      desk = await openDesk(page, 'Report');
      await desk.getByLabel('Rows').selectOption('infrastructure');
      const table = desk.getByRole('table', { name: 'Incidents: Infrastructure by Damage' });
      await table.getByRole('button', { name: 'port, destroyed: 1 incident' }).waitFor();
      // No record says how many were injured, and all are of one month.
      const text = await desk.locator('.report-text').textContent();
      assert.match(text, /Killed: 0 \(stated by 1 of 1\)\. /);
      assert.doesNotMatch(text, /injured/);
      await desk.getByText(/^June 2025\. All on one scale/).waitFor();
      await page.emulateMedia({ media: 'print' });
      const pdf = await page.pdf({ format: 'A4' });
      assert.ok(pdf.length > 10_000);
    }));
});
