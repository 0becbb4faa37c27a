// Writes the constants of the map's look for the page and for the pictures out of one file, `style.json`:
// `web/src/theme.ts` and `crates/picture/src/style.rs`.
//
//     node data/style/build.mjs            # writes both
//     node data/style/build.mjs --check    # fails when one is not what would be written, or the stylesheet has other colours
import {readFileSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

const at = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const read = (path) => readFileSync(at(path), 'utf8');
const style = JSON.parse(read('data/style/style.json'));
const THEMES = ['light', 'dark'];
const EVENTS = Object.keys(style.shapes);

const outputs = {'web/src/theme.ts': typescript(), 'crates/picture/src/style.rs': rust()};
const faults = [];
for (const [path, text] of Object.entries(outputs)) {
    if (!process.argv.includes('--check')) writeFileSync(at(path), text);
    else if (read(path) !== text) faults.push(`${path} is not what data/style/build.mjs writes`);
}
faults.push(...stylesheet());
for (const fault of faults) console.error(fault);
process.exit(faults.length ? 1 : 0);

/** What `web/src/style.css` says otherwise: it has the colours of the page as custom properties, light first. */
function stylesheet() {
    const css = read('web/src/style.css');
    const [light, dark] = css.split('@media (prefers-color-scheme: dark)');
    const parts = {light, dark: dark.slice(0, dark.indexOf('}'))};
    return THEMES.flatMap((theme) => {
        const wanted = Object.entries({...style.page[theme], sea: style.themes[theme].sea, ...style.events[theme]});
        return wanted
            .filter(([name, color]) => !parts[theme].includes(`--${name}: ${color};`))
            .map(([name, color]) => `web/src/style.css: --${name} of the ${theme} theme is not ${color}`);
    });
}

function typescript() {
    const object = (entries, indent) => entries.map(([key, value]) => `${indent}${key}: ${value},`).join('\n');
    const quoted = (value) => `'${value}'`;
    const themes = THEMES.map((theme) => {
        const colors = Object.entries(style.themes[theme]).map(([key, color]) => [key, quoted(color)]);
        return `  ${theme}: {\n${object([['name', quoted(theme)], ...colors], '    ')}\n  },`;
    });
    const events = THEMES.map((theme) => {
        const colors = Object.entries(style.events[theme]).map(([key, color]) => [key, quoted(color)]);
        return `  ${theme}: {\n${object(colors, '    ')}\n  },`;
    });
    const shapes = Object.entries(style.shapes).map(([key, path]) => {
        const line = `  ${key}: '${path}',`;
        return line.length <= 100 ? line : `  ${key}:\n    '${path}',`;
    });
    const rims = object(THEMES.map((theme) => [theme, quoted(style.rims[theme])]), '  ');
    const lines = Object.entries(style.lines).map(([key, value]) => [
        key,
        Array.isArray(value) ? `[${value.join(', ')}]` : String(value),
    ]);
    return `// Made by data/style/build.mjs from data/style/style.json; not to be changed by hand.

/** The colours of the map. */
export const THEME_COLORS = {
${themes.join('\n')}
} as const;

/** The colours of kinds of events. At least 3:1 against land and paper of either theme (WCAG 1.4.11). */
export const EVENT_COLORS = {
${events.join('\n')}
} as const;

/** The outlines of signs in a box of 24 by 24, as the \`d\` of an SVG path. */
export const SIGN_SHAPES = {
${shapes.join('\n')}
} as const;

/** The paper around signs. */
export const SIGN_RIMS = {
${rims}
} as const;

/** Widths and dashes in pixels of the page. */
export const LINES = {
${object(lines, '  ')}
};

/** How much of its colour the circle that a place lies in has. */
export const PRECISION_SHARE = ${style.shares.precision};
`;
}

function rust() {
    const snake = (name) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const rgb = (color) => {
        const [r, g, b] = [1, 3, 5].map((start) => `0x${color.slice(start, start + 2)}`);
        return `Rgb(${r}, ${g}, ${b})`;
    };
    const number = (value) => (Number.isInteger(value) ? `${value}.0` : `${value}`);
    const themes = THEMES.map((theme) => {
        const colors = {...style.themes[theme], ...page(theme)};
        const fields = Object.entries(colors).map(([key, color]) => `    ${snake(key)}: ${rgb(color)},`);
        const events = EVENTS.map((kind) => `        ${rgb(style.events[theme][kind])},`);
        return `/// The ${theme} theme.
pub const ${theme.toUpperCase()}: Theme = Theme {
    name: "${theme}",
${fields.join('\n')}
    sign_rim: ${rgb(style.rims[theme])},
    events: [
${events.join('\n')}
    ],
};`;
    });
    const fields = Object.keys({...style.themes.light, ...page('light')}).map((key) => `    pub ${snake(key)}: Rgb,`);
    const lines = Object.entries(style.lines).map(([key, value]) => {
        const name = snake(key).toUpperCase();
        return Array.isArray(value)
            ? `pub const ${name}: [f32; ${value.length}] = [${value.map(number).join(', ')}];`
            : `pub const ${name}: f32 = ${number(value)};`;
    });
    const shapes = EVENTS.map((kind) => {
        const points = polygon(style.shapes[kind]).map(([x, y]) => `[${number(x)}, ${number(y)}]`);
        return `    &[${points.join(', ')}],`;
    });
    return `//! How the map looks: colours, widths and signs, the same as in the page.
//!
//! Made by data/style/build.mjs from data/style/style.json; not to be changed by hand.
#![allow(missing_docs, reason = "the names are those of the file")]

use crate::scene::Rgb;

/// The colours of one theme.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Theme {
    pub name: &'static str,
${fields.join('\n')}
    pub sign_rim: Rgb,
    /// In the order of [\`EVENTS\`].
    pub events: [Rgb; ${EVENTS.length}],
}

${themes.join('\n\n')}

/// The kinds of events, as the vocabulary has them; the last stands for all others.
pub const EVENTS: [&str; ${EVENTS.length}] = [
${EVENTS.map((kind) => `    "${kind}",`).join('\n')}
];

/// The outlines of their signs in a box of 24 by 24.
pub const SIGNS: [&[[f32; 2]]; ${EVENTS.length}] = [
${shapes.join('\n')}
];

// Widths and dashes in pixels.
${lines.join('\n')}

/// How much of its colour the circle that a place lies in has.
pub const PRECISION_SHARE: f32 = ${number(style.shares.precision)};
`;
}

/** The colours of the page that are not among those of the map. */
function page(theme) {
    const own = Object.entries(style.page[theme]).filter(([name]) => !(name in style.themes[theme]));
    return Object.fromEntries(own);
}

/** The corners of an outline of straight edges and of arcs that make up a circle. */
function polygon(path) {
    const tokens = path.match(/[MAZ]|-?\d+(\.\d+)?/g);
    const numbers = tokens.filter((token) => !/[MAZ]/.test(token)).map(Number);
    if (!path.includes('A')) return numbers.reduce((points, x, i) => (i % 2 ? points : [...points, [x, numbers[i + 1]]]), []);
    const [x, top, radius] = numbers;
    return Array.from({length: 24}, (_, step) => {
        const angle = (step / 24) * 2 * Math.PI;
        return [x + radius * Math.sin(angle), top + radius - radius * Math.cos(angle)].map((part) => Math.round(part * 1e4) / 1e4);
    });
}
