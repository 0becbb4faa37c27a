// Copies the gazetteer beside the page, so that the map can name towns without asking anyone.
// A checkout without a gazetteer builds too: the map then shows countries only.
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const from = fileURLToPath(new URL('../../data/gazetteer/places.geojson', import.meta.url));
const to = fileURLToPath(new URL('../public/places.geojson', import.meta.url));
mkdirSync(fileURLToPath(new URL('../public/', import.meta.url)), { recursive: true });
if (existsSync(from)) {
  copyFileSync(from, to);
} else {
  writeFileSync(to, '{"type":"FeatureCollection","features":[]}\n');
}
