// What a download of a million incidents costs in every form: time, bytes, and the memory that it takes beside what the
// server holds anyway. `make bench-stream`; KORDON_STREAM_INCIDENTS says how many incidents (a million).
//
// At rest is a server that has read its whole ledger (documents are held in memory, by design) and has answered small questions; over
// that, what was resident at most until the last byte was here. All downloads are of one server, so what one leaves behind
// counts for the next. `kordon export` is a process of its own, beside one that gives one incident. Linux tells what is resident.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startKordon } from '../browser/page.mjs';
import { madeUp } from './made-up.mjs';

const COUNT = Number(process.env.KORDON_STREAM_INCIDENTS ?? 1_000_000);
const MOST_MB = 64;
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const ITEMS = 'collections/incidents/items';
// What is asked, and the byte that each incident has one of, where there is one.
const DOWNLOADS = [
  ['GeoJSON, page by page of 10 000', `${ITEMS}?f=json&limit=10000`],
  ['GeoJSON text sequence', `${ITEMS}?f=geojsonseq`, 0x1e],
  ['CSV', `${ITEMS}?f=csv`, 0x0a],
  ['FlatGeobuf', `${ITEMS}?f=flatgeobuf`],
  ['GeoParquet', `${ITEMS}?f=geoparquet`],
  ['KML', `${ITEMS}?f=kml`],
  ['CSV by title', `${ITEMS}?f=csv&sortby=title`, 0x0a],
  ['CSV by distance, measured to Romania', `${ITEMS}?f=csv&of=ROU&sortby=distance`, 0x0a],
];
const EXPORTS = ['geojson', 'geojsonseq', 'csv', 'fgb', 'parquet', 'kml', 'pmtiles'];

const status = (pid, member) =>
  Number(
    new RegExp(`^${member}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1],
  ) / 1024;

/**
 * Once a server has done what it does of itself, such as reading its ledger, and has given back what that took: what is resident
 * then. Memory is given back some ten seconds later, and by servers that are asked something.
 */
async function atRest(pid, ask) {
  let [before, still] = [0, 0];
  while (still < 30) {
    await sleep(500);
    await ask();
    const now = status(pid, 'VmRSS');
    still = Math.abs(now - before) < 1 ? still + 1 : 0;
    before = now;
  }
  return before;
}

/** Reads an answer to its end, and the pages behind it; how many bytes they had, and how many of `mark`. */
async function download(address, mark) {
  let [bytes, marks] = [0, 0];
  for (let next = address; next; ) {
    const [answer] = await once(get(next), 'response');
    if (answer.statusCode !== 200) throw new Error(`${answer.statusCode}: ${next}`);
    for await (const chunk of answer) {
      bytes += chunk.length;
      if (mark === undefined) continue;
      for (let at = chunk.indexOf(mark); at >= 0; at = chunk.indexOf(mark, at + 1)) marks += 1;
    }
    next = /<([^>]+)>; rel="next"/.exec(answer.headers.link ?? '')?.[1];
  }
  return { bytes, marks };
}

/** Runs the program; the most that was resident of it. */
async function run(args) {
  const child = spawn(process.env.KORDON_BIN, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let [most, said] = [0, ''];
  child.stderr.on('data', (text) => {
    said += text;
  });
  const ended = once(child, 'exit');
  while (child.exitCode === null) {
    try {
      most = Math.max(most, status(child.pid, 'VmHWM') || 0);
    } catch {} // It ended between two looks.
    await Promise.race([ended, sleep(10)]);
  }
  if (child.exitCode !== 0) throw new Error(`kordon ${args.join(' ')}: ${said}`);
  return most;
}

const over = [];
function tell(what, seconds, bytes, mb) {
  if (mb > MOST_MB) over.push(what);
  console.log(
    `| ${what} | ${seconds.toFixed(1)} s | ${(bytes / 1e6).toFixed(0)} MB | ${mb.toFixed(0)} MB |`,
  );
}

mkdirSync(join(ROOT, '.make'), { recursive: true });
const dir = mkdtempSync(join(ROOT, '.make/stream-'));
let kordon;
try {
  const [file, store] = [join(dir, 'incidents.ndjson'), join(dir, 'store')];
  await madeUp(COUNT, file);
  await run(['import', file, '--store', store]);
  rmSync(file);
  kordon = await startKordon(store);
  const some = `${kordon.address}${ITEMS}?f=csv&bbox=37,48,37.1,48.1`;
  const rest = await atRest(kordon.pid, () => download(some));
  console.log(`${COUNT} incidents; the server at rest: ${rest.toFixed(0)} MB\n`);
  console.log('| what | time | bytes | memory over rest, at most |\n|---|---:|---:|---:|');
  for (const [what, query, mark] of DOWNLOADS) {
    writeFileSync(`/proc/${kordon.pid}/clear_refs`, '5'); // The most that was resident counts from now.
    const begun = performance.now();
    const { bytes, marks } = await download(`${kordon.address}${query}`, mark);
    const seconds = (performance.now() - begun) / 1000;
    if (mark !== undefined && marks < COUNT) throw new Error(`${what}: ${marks} of ${COUNT}`);
    tell(what, seconds, bytes, status(kordon.pid, 'VmHWM') - rest);
  }
  await kordon.stop();
  kordon = undefined;

  const one = await run(['find', '--limit', '1', '--store', store]);
  for (const ending of EXPORTS) {
    const path = join(dir, `out.${ending}`);
    const begun = performance.now();
    const most = await run(['export', '-o', path, '--store', store]);
    const seconds = (performance.now() - begun) / 1000;
    tell(`kordon export, ${ending}`, seconds, statSync(path).size, most - one);
    rmSync(path);
  }
} finally {
  await kordon?.stop();
  rmSync(dir, { recursive: true, force: true });
}
if (over.length > 0) throw new Error(`over ${MOST_MB} MB: ${over.join(', ')}`);
