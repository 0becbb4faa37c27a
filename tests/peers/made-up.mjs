// Made-up incidents around the towns of Ukraine and its neighbours, the same ones every time.

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';

const TYPES = [
  'battles',
  'explosions_remote_violence',
  'violence_against_civilians',
  'protests',
  'other',
];
const CLUSTERS = [
  [37.8, 48.0],
  [36.2, 49.9],
  [35.3, 47.4],
  [30.7, 46.4],
  [28.8, 45.3],
  [26.1, 44.4],
];

/** Numbers between 0 and 1 that are the same every time (xorshift). */
function dice(seed) {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Writes so many incidents, one Feature a line. */
export async function madeUp(count, file) {
  const out = createWriteStream(file);
  const share = dice(20220224);
  let lines = [];
  for (let at = 0; at < count; at++) {
    const [lon, lat] = CLUSTERS[Math.floor(share() * CLUSTERS.length)];
    const spread = () => (share() + share() + share() - 1.5) * 1.2;
    const date = new Date(Date.UTC(2015, 0, 1 + Math.floor(share() * 3_900)))
      .toISOString()
      .slice(0, 10);
    const geometry = { type: 'Point', coordinates: [lon + spread(), lat + spread()] };
    const properties = {
      title: `Incident ${at}`,
      date_start: date,
      event_type: TYPES[Math.floor(share() * TYPES.length)],
      location_radius_m: 150,
      same_as: [`made-up:${at}`],
    };
    lines.push(JSON.stringify({ type: 'Feature', geometry, properties }));
    if (lines.length < 5_000 && at + 1 < count) continue;
    if (!out.write(`${lines.join('\n')}\n`)) await once(out, 'drain');
    lines = [];
  }
  out.end();
  await once(out, 'finish');
}
