// Writes countries.json: the names of the territories of ISO 3166-1 in Ukrainian and Romanian, as the Unicode CLDR in
// this Node.js has them. `--check` fails instead when the file is not what would be written.
import { readFileSync, writeFileSync } from 'node:fs';

const file = new URL('countries.json', import.meta.url);
const table = readFileSync(new URL('../../crates/borders/src/territory.rs', import.meta.url), 'utf8');
const codes = [...table.matchAll(/known\("[A-Z]{3}", "([A-Z]{2})"/g)].map(([, code]) => code).sort();
const named = (lang) => {
  const names = new Intl.DisplayNames([lang], { type: 'region', fallback: 'none' });
  return codes.flatMap((code) => (names.of(code) ? [[code, names.of(code)]] : []));
};
const all = Object.fromEntries(['uk', 'ro'].map((lang) => [lang, Object.fromEntries(named(lang))]));
const text = `${JSON.stringify(all, null, 1)}\n`;
if (process.argv[2] !== '--check') {
  writeFileSync(file, text);
} else if (readFileSync(file, 'utf8') !== text) {
  console.error(`countries.json is not what CLDR ${process.versions.cldr} has`);
  process.exitCode = 1;
}
