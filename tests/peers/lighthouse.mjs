// Lighthouse on the map and on a page without a script, as on a desk and on a phone: accessibility must be 100, best
// practices at least 95. `make lighthouse`; it installs itself beside the project's build. What is slow depends on the
// machine and is printed, not judged.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startKordon } from '../browser/page.mjs';

const VERSION = '12.8.2';
const HOME = fileURLToPath(new URL('../../.make/lighthouse/', import.meta.url));
const LEAST = { accessibility: 100, 'best-practices': 95 };
const PAGES = ['', '?of=ROU&within-km=20', 'collections/incidents/items?f=html'];
const FLAGS =
  '--headless=new --no-sandbox --use-gl=angle --use-angle=swiftshader --enable-unsafe-swiftshader';

mkdirSync(HOME, { recursive: true });
execFileSync(
  'npm',
  ['install', '--prefix', HOME, '--no-audit', '--no-fund', '--silent', `lighthouse@${VERSION}`],
  { stdio: 'inherit' },
);
const kordon = await startKordon();
let tooLow = 0;
try {
  for (const page of PAGES) {
    for (const screen of ['desktop', 'phone']) {
      const report = join(HOME, 'report.json');
      execFileSync(
        join(HOME, 'node_modules/.bin/lighthouse'),
        [
          kordon.address + page,
          `--only-categories=${Object.keys(LEAST).join(',')},performance`,
          '--output=json',
          `--output-path=${report}`,
          '--quiet',
          `--chrome-flags=${FLAGS}`,
          ...(screen === 'desktop' ? ['--preset=desktop'] : []),
        ],
        {
          env: { ...process.env, CHROME_PATH: process.env.CHROMIUM ?? '/usr/bin/chromium' },
          stdio: ['ignore', 'inherit', 'inherit'],
        },
      );
      const { categories, audits } = JSON.parse(readFileSync(report, 'utf8'));
      const scores = Object.entries(categories).map(([name, { score }]) => {
        const points = Math.round((score ?? 0) * 100);
        if (points >= (LEAST[name] ?? 0)) return `${name} ${points}`;
        tooLow++;
        const refs = categories[name].auditRefs.map(({ id }) => audits[id]);
        const failed = refs.filter((audit) => audit.score !== null && audit.score < 1);
        return `${name} ${points} (${failed.map(({ id }) => id).join(', ')})`;
      });
      console.log(`${screen} /${page}: ${scores.join(', ')}`);
    }
  }
} finally {
  await kordon.stop();
}
process.exitCode = tooLow ? 1 : 0;
