// What the pages without a script promise: to be read by everybody, in their language, page after page.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { begin, checkAccess } from './page.mjs';

const ITEMS = 'collections/incidents/items?f=html';
const WORDS = {
  en: { next: 'Next page', previous: 'Previous page', countries: /Romania|Moldova|Ukraine/ },
  uk: {
    next: 'Наступна сторінка',
    previous: 'Попередня сторінка',
    countries: /Румунія|Молдова|Україна/,
  },
  ro: { next: 'Pagina următoare', previous: 'Pagina anterioară', countries: /România|Ucraina/ },
};

const kordon = begin({ ready: 'main' });
const { onPage } = kordon;

describe('the pages without a script', () => {
  for (const [lang, words] of Object.entries(WORDS)) {
    it(`are read forward and back, countries named too: ${lang}`, () =>
      onPage({ query: `${ITEMS}&limit=5`, locale: lang }, async (page) => {
        assert.equal(await page.locator('html').getAttribute('lang'), lang);
        const first = await page.locator('tbody').textContent();
        assert.match(first, words.countries);
        await page.getByRole('link', { name: words.next }).click();
        await page.getByRole('link', { name: words.previous }).waitFor();
        assert.notEqual(await page.locator('tbody').textContent(), first);
        await page.getByRole('link', { name: words.previous }).click();
        await page.waitForFunction(
          (text) => document.querySelector('tbody').textContent === text,
          first,
        );
      }));

    it(`say nothing in another language but what is told to be in it: ${lang}`, () =>
      onPage({ query: ITEMS, locale: lang }, async (page) => {
        const table = page.locator('tbody');
        if (lang !== 'en')
          assert.doesNotMatch(await table.textContent(), /\b(Romania|Ukraine|from)\b/);
        await table.getByRole('link').first().click();
        await page.locator('dl').waitFor();
        assert.equal(await page.locator('html').getAttribute('lang'), lang);
        const told = await page.locator('dl').textContent();
        assert.doesNotMatch(told, /\b(UKR|ROU|MDA)\b/);
      }));
  }

  for (const screen of ['desktop', 'dark', 'phone', 'small']) {
    it(`have nothing for axe to find: ${screen}`, () =>
      onPage({ screen, query: ITEMS }, async (page) => {
        await checkAccess(page);
        await page.locator('tbody').getByRole('link').first().click();
        await page.locator('dl').waitFor();
        await checkAccess(page);
        await page.goto(`${kordon.address}collections/incidents?f=html`);
        await checkAccess(page);
      }));
  }
});
