// Copies what the map draws under everything else beside the page, so that it asks nobody for it. A checkout without
// these files builds too: the map then shows countries only.
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
mkdirSync(at('web/public'), { recursive: true });
const FILES = ['gazetteer/places.geojson', 'ground/ground.geojson', 'ground/border-rivers.geojson'];
for (const path of FILES) {
  const [from, to] = [at(`data/${path}`), at(`web/public/${path.split('/')[1]}`)];
  if (existsSync(from)) copyFileSync(from, to);
  else writeFileSync(to, '{"type":"FeatureCollection","features":[]}\n');
}
