// Every crate and npm package that is built in must come from its registry and carry a licence on this list.
//
// `cargo metadata` and the lock file of npm say what there is. A licence expression passes when one side
// of each OR, and every side of each AND, is allowed.
import {execFileSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

const allowed = new Set([
    '0BSD', 'Apache-2.0', 'Apache-2.0 WITH LLVM-exception', 'BlueOak-1.0.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BSL-1.0',
    'CC0-1.0', 'ISC', 'MIT', 'MIT-0', 'MPL-2.0', 'OFL-1.1', 'Python-2.0', 'Unicode-3.0', 'Unlicense', 'Zlib',
]);

/** Whether an SPDX expression leaves a choice that is allowed. */
export function permits(expression) {
    const text = expression.replaceAll('/', ' OR ').replaceAll(/[()]/g, ' ').trim();
    return text.split(/\s+AND\s+/).every((part) => part.split(/\s+OR\s+/).some((name) => allowed.has(name.trim())));
}

const faults = [];
// The program that paints with maplibre-rs has a lock file of its own.
const manifests = ['Cargo.toml', 'picture/Cargo.toml'].map((path) => fileURLToPath(new URL(`../../${path}`, import.meta.url)));
const crates = manifests.flatMap((manifest) => {
    const command = ['metadata', '--format-version', '1', '--locked', '--manifest-path', manifest];
    return JSON.parse(execFileSync('cargo', command, {maxBuffer: 1 << 28})).packages;
});
for (const {name, version, license, source} of crates) {
    if (source === null) continue;
    if (!source.startsWith('registry+')) faults.push(`crate ${name} ${version}: comes from ${source}, not from the registry`);
    if (!license || !permits(license)) faults.push(`crate ${name} ${version}: licence ${license ?? 'unknown'} is not on the list`);
}

const npm = JSON.parse(readFileSync(new URL('../../web/package-lock.json', import.meta.url), 'utf8'));
for (const [path, {version, license, resolved, link}] of Object.entries(npm.packages)) {
    if (path === '' || link) continue;
    if (!license || !permits(license)) faults.push(`npm ${path} ${version}: licence ${license ?? 'unknown'} is not on the list`);
    if (resolved && !resolved.startsWith('https://registry.npmjs.org/')) faults.push(`npm ${path}: comes from ${resolved}`);
}

for (const fault of faults) console.error(fault);
console.log(`${crates.length} crates, ${Object.keys(npm.packages).length} npm packages, ${faults.length} faults`);
process.exit(faults.length ? 1 : 0);
