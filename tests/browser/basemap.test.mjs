// What lies under the incidents: our own rivers and provinces, or tiles that the operator names. The files of tiles are made
// here, of one tile that shows the whole world.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { crc32, deflateSync } from 'node:zlib';
import { begin, checkAccess, colors, drawn, keepShot } from './page.mjs';

const SAMPLES = new URL('../../data/samples/incidents.geojson', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'kordon-basemap-'));
after(() => rmSync(folder, { recursive: true }));

const PURPLE = [182, 120, 200];
const SEA = '205,219,228';
const LAND = '244,242,236';
const COAST = '180,197,209';
const RIVER = '179,201,216';
const KYIV = '?map=6/30.5/50';

/** A PNG of one color. */
function png(color, size = 256) {
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    return Buffer.concat([uint32(data.length), body, uint32(crc32(body))]);
  };
  const uint32 = (value) => Buffer.from(new Uint32Array([value]).buffer).reverse();
  const row = Buffer.concat([
    Buffer.from([0]),
    Buffer.concat(Array(size).fill(Buffer.from(color))),
  ]);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', Buffer.concat([uint32(size), uint32(size), Buffer.from([8, 2, 0, 0, 0])])),
    chunk('IDAT', deflateSync(Buffer.concat(Array(size).fill(row)))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function varint(value) {
  const bytes = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}

/** A vector tile with one layer, and in it one square over all of the tile. */
function vectorTile(layer) {
  const field = (number, data) =>
    Buffer.concat([varint(number * 8 + 2), varint(data.length), data]);
  const number = (name, value) => Buffer.concat([varint(name * 8), varint(value)]);
  const zigzag = (value) => (value < 0 ? -2 * value - 1 : 2 * value);
  const steps = [9, -64, -64, 26, 4224, 0, 0, 4224, -4224, 0, 15];
  const isCommand = (at) => [0, 3, 10].includes(at);
  const geometry = steps.map((step, at) => varint(isCommand(at) ? step : zigzag(step)));
  const feature = Buffer.concat([number(3, 3), field(4, Buffer.concat(geometry))]);
  return field(
    3,
    Buffer.concat([
      number(15, 2),
      field(1, Buffer.from(layer)),
      field(2, feature),
      number(5, 4096),
    ]),
  );
}

/** A PMTiles file of one tile; `kind` 1 is a vector tile, 2 a PNG. */
function pmtiles(name, kind, tile, metadata) {
  const json = Buffer.from(JSON.stringify(metadata));
  const directory = Buffer.concat([1, 0, 1, tile.length, 1].map(varint));
  const header = Buffer.alloc(127);
  header.write('PMTiles');
  header[7] = 3;
  const [root, meta] = [127, 127 + directory.length];
  const data = meta + json.length;
  const numbers = [root, directory.length, meta, json.length, data, 0, data, tile.length, 1, 1, 1];
  numbers.forEach((value, at) => {
    header.writeBigUInt64LE(BigInt(value), 8 + 8 * at);
  });
  header.set([1, 1, 1, kind, 0, 0], 96);
  [-180, -85, 180, 85].forEach((degrees, at) => {
    header.writeInt32LE(degrees * 1e7, 102 + 4 * at);
  });
  const path = join(folder, name);
  writeFileSync(path, Buffer.concat([header, directory, json, tile]));
  return path;
}

/** The hosts that the policy of the page names besides its own, for each thing that may be loaded. */
async function allowed(address) {
  const policy = (await fetch(address, { headers: { accept: 'text/html' } })).headers;
  const parts = policy
    .get('content-security-policy')
    .split(';')
    .map((part) => part.trim());
  return Object.fromEntries(
    parts.flatMap((part) => {
      const [what, ...sources] = part.split(/\s+/);
      const hosts = sources.filter((source) => !/^('|data:|blob:)/.test(source));
      return hosts.length ? [[what, hosts]] : [];
    }),
  );
}

/** How much of the map a color has. */
async function share(page, color) {
  const counts = await colors(page);
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return (counts[color] ?? 0) / all;
}

describe('the ground', () => {
  const kordon = begin();

  it('has rivers, lakes and provinces, and the Danube at Izmail where the border is', () =>
    kordon.onPage({ query: '?map=6/30.5/49' }, async (page) => {
      await drawn(page);
      const far = await colors(page);
      assert.ok(far[RIVER] > 100, `${far[RIVER]} pixels of rivers`);
      // The sea is far from here: these are the reservoirs of the Dnipro.
      assert.ok(far[SEA] > 300, `${far[SEA]} pixels of lakes`);
      await page.goto(`${kordon.address}?map=10/28.8/45.33`);
      await page.locator('#list > li').first().waitFor({ state: 'attached' });
      await drawn(page);
      const near = await colors(page);
      assert.ok(near[RIVER] > 3000, `${near[RIVER]} pixels of the Danube`);
      await keepShot(page, 'izmail');
    }));

  it('has the water of a border river under the very border, also between its corners', async () => {
    const { features } = await (await fetch(`${kordon.address}border-rivers.geojson`)).json();
    const lines = features.flatMap(({ geometry }) => geometry.coordinates);
    const places = lines
      .flatMap((line) =>
        line.slice(1).map(([lon, lat], at) => [(lon + line[at][0]) / 2, (lat + line[at][1]) / 2]),
      )
      // Ukraine's Danube, from Reni to the sea.
      .filter(([lon, lat]) => lon > 28.3 && lon < 29.7 && lat > 45.2 && lat < 45.5);
    assert.ok(places.length > 100, `${places.length} places`);
    const answer = await fetch(`${kordon.address}borders/distance?to=ROU`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson', accept: 'application/x-ndjson' },
      body: places.map(([lon, lat]) => JSON.stringify({ lon, lat })).join('\n'),
    });
    const measured = (await answer.text()).trim().split('\n').map(JSON.parse);
    const off = measured.map(({ to }) => Math.abs(to[0].signed_distance_m));
    assert.equal(off.length, places.length);
    // A pixel at zoom 13 is seven meters wide there.
    assert.ok(Math.max(...off) < 7, `${Math.max(...off)} m from the border`);
    const ends = lines
      .flatMap((line) => [line[0], line.at(-1)])
      .filter(([lon, lat]) => lon > 28.3 && lon < 29.6 && lat > 45.2 && lat < 45.5)
      .map(String);
    const loose = ends.filter((end) => ends.indexOf(end) === ends.lastIndexOf(end));
    assert.deepEqual(loose, [], 'the river is broken');
  });

  it('comes from this server alone, and no other may be asked', async () => {
    assert.deepEqual(await allowed(kordon.address), {});
  });
});

describe('a PMTiles file of pictures', () => {
  const kordon = begin({ query: KYIV }, () => [
    '--basemap',
    pmtiles('pictures.pmtiles', 2, png(PURPLE), { attribution: '<a href="x">© Somebody</a>' }),
  ]);

  it('is drawn under borders and incidents, from ranges of the file, and its origin is told', () =>
    kordon.onPage({}, async (page) => {
      const ranges = [];
      page.on('response', async (response) => {
        if (response.url().endsWith('.pmtiles')) ranges.push(response.status());
      });
      await page.reload();
      await page.locator('#list > li').first().waitFor({ state: 'attached' });
      await drawn(page);
      assert.ok((await share(page, PURPLE.join())) > 0.5);
      assert.ok(ranges.length > 0 && ranges.every((status) => status === 206), `${ranges}`);
      const foot = page.getByRole('contentinfo');
      assert.match(await foot.textContent(), /tiles: © Somebody/);
      assert.deepEqual(await allowed(kordon.address), {});
      await checkAccess(page);
    }));

  it('is brought down to a dark page', () =>
    kordon.onPage({ screen: 'dark' }, async (page) => {
      await drawn(page);
      assert.equal((await share(page, PURPLE.join())) < 0.01, true);
    }));

  it('is under both maps of a comparison', () =>
    kordon.onPage(
      { query: `${KYIV}&show=compare&datetime=2024-01-01/2024-12-31&other=2023-01-01/2023-12-31` },
      async (page) => {
        await page.locator('.map-b[aria-busy="false"]').waitFor();
        await drawn(page);
        await page.getByRole('table').first().waitFor();
      },
    ));
});

describe('a PMTiles file of vector tiles', () => {
  const water = { vector_layers: [{ id: 'water', fields: {} }] };
  const kordon = begin({ query: KYIV }, () => [
    '--basemap',
    pmtiles('vector.pmtiles', 1, vectorTile('water'), water),
    '--basemap-attribution',
    'Flood & Sons',
  ]);

  it('is drawn by the names of its layers, in the colors of the map', () =>
    kordon.onPage({}, async (page) => {
      await drawn(page);
      assert.ok((await share(page, SEA)) > 0.5);
      assert.ok((await share(page, LAND)) < 0.01);
      assert.match(await page.getByRole('contentinfo').textContent(), /tiles: Flood & Sons/);
    }));
});

describe('an export of incidents as PMTiles', () => {
  // Of the incidents of the demonstration none is called so: all dots are of the file.
  const kordon = begin({ query: '?map=9/28.8/45.4&q=nothingiscalledso' }, () => {
    const [store, file] = [join(folder, 'store'), join(folder, 'incidents.pmtiles')];
    for (const words of [
      ['import', SAMPLES],
      ['export', '-o', file],
    ]) {
      const ended = spawnSync(process.env.KORDON_BIN, [...words, '--store', store]);
      assert.equal(ended.status, 0, `${ended.stderr}`);
    }
    return ['--basemap', file, '--basemap-attribution', 'Another store'];
  });

  it('is seen in our own map, where its incidents are', () =>
    kordon.onPage({ empty: true }, async (page) => {
      await drawn(page);
      const dots = (await colors(page))[COAST] ?? 0;
      assert.ok(dots > 60, `${dots} pixels of dots at the ports of the Danube`);
      await page.goto(`${kordon.address}?map=9/10.8/60.4&q=nothingiscalledso`);
      await drawn(page);
      assert.ok(((await colors(page))[COAST] ?? 0) < dots / 4);
    }));
});

describe('a server of tiles', () => {
  const asked = new Set();
  const server = createServer((request, response) => {
    asked.add(request.url);
    response.writeHead(200, {
      'content-type': 'image/png',
      'access-control-allow-origin': '*',
    });
    response.end(png(PURPLE));
  });
  before(() => new Promise((resolve) => server.listen(0, '127.0.0.1', resolve)));
  after(() => server.close());
  const host = () => `http://127.0.0.1:${server.address().port}`;
  const kordon = begin({ query: KYIV }, () => [
    '--basemap',
    `${host()}/tiles/{z}/{x}/{y}.png`,
    '--basemap-attribution',
    '© Them',
  ]);

  it('is asked for tiles by the page, and is the one other host that the policy names', () =>
    kordon.onPage({ others: [`${host()}/tiles/`] }, async (page) => {
      await drawn(page);
      assert.ok((await share(page, PURPLE.join())) > 0.5);
      assert.match(await page.getByRole('contentinfo').textContent(), /tiles: © Them/);
      assert.ok(asked.size > 0);
      for (const url of asked) assert.match(url, /^\/tiles\/6\/3\d\/2\d\.png$|^\/tiles\/\d+\//);
      assert.deepEqual(await allowed(kordon.address), {
        'img-src': [host()],
        'connect-src': [host()],
      });
    }));
});

describe('a basemap that is none', () => {
  const told = (...words) => {
    const demo = ['demo', '--listen', '127.0.0.1:0', '--basemap', ...words];
    const ended = spawnSync(process.env.KORDON_BIN, demo, { encoding: 'utf8', timeout: 60_000 });
    assert.equal(ended.status, 2, ended.stderr);
    return ended.stderr;
  };

  it('is told when the program starts, with what is wrong', () => {
    const missing = join(folder, 'missing.pmtiles');
    assert.match(told(missing), /--basemap.*missing\.pmtiles/s);
    const broken = join(folder, 'broken.pmtiles');
    writeFileSync(broken, 'no tiles');
    assert.match(told(broken), /broken\.pmtiles: this is no PMTiles file/);
    const whole = pmtiles('whole.pmtiles', 2, png(PURPLE), {});
    const cut = join(folder, 'cut.pmtiles');
    writeFileSync(cut, readFileSync(whole).subarray(0, -10));
    assert.match(told(cut), /cut\.pmtiles: cut off: its header speaks of \d+ bytes/);
    assert.match(told('https://tiles.example/{z}/{x}/{y}.png'), /--basemap-attribution/);
    assert.match(told('https://tiles.example/{z}/{x}.png'), /\{z\}, \{x\} and \{y\}/);
  });
});
