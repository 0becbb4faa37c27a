// Writes what the map draws under everything else: ground.geojson, the rivers, lakes and lines between provinces of Natural
// Earth, and border-rivers.geojson, borders that are rivers. SOURCE.md says where its files come from, and how this is called.
//
//     node data/ground/build.mjs MAGICS_FOLDER LAKES.shp BORDERS.geo.json
//
// What is drawn together is one feature: `kind` says what it is, `zoom` from which zoom on it is worth its place. Where
// a river of Natural Earth follows a border in the box of `BETTER`, the border itself, which is known better, is taken for
// its water, corner by corner: water that were simplified would lie beside the line that it stands for.
import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

/** How far a corner may be moved by leaving others out, in meters: at zoom 8 a pixel or two. */
const TOLERANCE_M = 1400;
/** Lines between provinces: those that Natural Earth shows at zoom 7, and every one of the region the project is about. */
const ADMIN_ZOOM = 7;
const REGION = ['UKR', 'ROU', 'MDA', 'POL', 'SVK', 'HUN', 'BGR', 'BLR', 'LTU', 'LVA', 'EST', 'GEO'];
/** The least rank of rivers that is left out, and the least lake in square kilometers. */
const RIVER_RANK = 8;
const LAKE_KM2 = 120;
/** A river that is nearer than this to a border for longer than that follows it; in kilometers. */
const BESIDE_KM = 4;
const FOLLOWS_KM = 8;
/** Two neighbors may each have a corner of its own between two that they share; what is then between the pieces of a border. */
const GAP_KM = 2;
/** Where border rivers are taken from the border set, as west, south, east, north. */
const BETTER = [12, 40, 42, 57];
const isBetter = ([lon, lat]) => lon > BETTER[0] && lon < BETTER[2] && lat > BETTER[1] && lat < BETTER[3];

const [magics, lakes, borders] = process.argv.slice(2);
if (!borders) {
    console.error('node data/ground/build.mjs MAGICS_FOLDER LAKES.shp BORDERS.geo.json (see data/ground/SOURCE.md)');
    process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), 'kordon-ground-'));
const {own, along} = rivers();
write('ground.geojson', [...admin(), ...own, ...stillWaters()]);
write('border-rivers.geojson', borderRivers(along));
rmSync(folder, {recursive: true});

function write(name, features) {
    const text = `{"type":"FeatureCollection","features":[\n${features.map((each) => JSON.stringify(each)).join(',\n')}\n]}\n`;
    writeFileSync(fileURLToPath(new URL(name, import.meta.url)), text);
    console.log(`${name}: ${features.length} features, ${text.length} bytes`);
}

/** The stretches of borders that one of these rivers follows. */
function borderRivers(along) {
    const out = join(folder, 'borders.geojson');
    mapshaper(borders, '-clip', `bbox=${BETTER}`, '-innerlines', '-o', out, 'format=geojson', 'precision=0.00001');
    const {features, geometries} = JSON.parse(readFileSync(out, 'utf8'));
    const lines = (features ?? geometries.map((geometry) => ({geometry}))).flatMap(linesOf);
    return groups(along.flatMap(({properties: {kind, zoom}, geometry}) => {
        const isBeside = nearness(geometry.coordinates);
        const pieces = lines.flatMap((line) => split(line, isBeside).flatMap(([follows, piece]) => (follows ? [piece] : [])));
        return [...pieces, ...gaps(pieces)].map((piece) => [{kind, zoom}, piece]);
    }));
}

/** What is missing between the ends of different lines. */
function gaps(lines) {
    const ends = lines.flatMap((line, of) => [line[0], line.at(-1)].map((end) => ({of, end})));
    return ends.flatMap(({of, end}, at) =>
        ends.slice(at + 1).flatMap((other) => {
            const length = other.of === of ? 0 : kilometers(end, other.end);
            return length > 0 && length < GAP_KM ? [[end, other.end]] : [];
        }));
}

/** The lines of a shapefile that `keep` holds for, joined where they have the same `zoom`, and simplified. */
function lines(shapefile, keep, zoom) {
    const whole = join(folder, 'whole.geojson');
    // Where lines meet, Natural Earth's corners differ by some meters.
    const snap = ['-snap', 'interval=0.003'];
    mapshaper(shapefile, ...snap, '-filter', keep, '-each', `zoom = ${zoom}`, '-dissolve', 'zoom', '-o', whole);
    return read(whole);
}

/** The features of a file, simplified, with positions of three decimals. */
function read(file, ...steps) {
    const out = join(folder, 'out.geojson');
    mapshaper(file, ...steps, '-simplify', 'dp', 'keep-shapes', `interval=${TOLERANCE_M}`, '-o', out, 'format=geojson', 'precision=0.001');
    const {features, geometries} = JSON.parse(readFileSync(out, 'utf8'));
    return (features ?? geometries.map((geometry) => ({geometry}))).filter((each) => each.geometry);
}

function mapshaper(...words) {
    execFileSync('npx', ['mapshaper', ...words], {stdio: ['ignore', 'ignore', 'inherit']});
}

function admin() {
    const kind = "/^Admin-1 (region )?boundary$/.test(featurecla)";
    const keep = `${kind} && (min_zoom <= ${ADMIN_ZOOM} || ${JSON.stringify(REGION)}.includes(adm0_a3))`;
    const found = lines(join(magics, 'ne_10m_admin_1_states_provinces_lines.shp'), keep, 'Math.min(7, Math.max(4, Math.floor(min_zoom) - 1))');
    return groups(found.flatMap((each) => linesOf(each).map((line) => [{kind: 'admin', zoom: each.properties.zoom}, line])));
}

/** Rivers that are drawn as they are, and the stretches of them that a border is drawn for. */
function rivers() {
    const isBeside = nearness(read(join(magics, 'ne_10m_admin_0_boundary_lines_land.shp')).flatMap(linesOf));
    const keep = `featurecla == 'River' && scalerank < ${RIVER_RANK}`;
    const found = lines(join(magics, 'ne_10m_rivers_lake_centerlines.shp'), keep, 'Math.max(3, scalerank)');
    const pieces = found.flatMap((each) => {
        const properties = {kind: 'river', zoom: each.properties.zoom};
        return linesOf(each).flatMap((line) => {
            const parts = line.some(isBetter) ? split(line, isBeside) : [[false, line]];
            return parts.map(([follows, part]) => ({isAlong: follows && isBetter(part[0]), pair: [properties, part]}));
        });
    });
    const those = (isAlong) => groups(pieces.flatMap((piece) => (piece.isAlong === isAlong ? [piece.pair] : [])));
    return {own: those(false), along: those(true)};
}

function stillWaters() {
    const found = read(lakes, '-filter', `this.area > ${LAKE_KM2 * 1e6}`);
    const polygons = found.flatMap(({geometry: {type, coordinates}}) => (type === 'Polygon' ? [coordinates] : coordinates));
    return [{type: 'Feature', properties: {kind: 'lake'}, geometry: {type: 'MultiPolygon', coordinates: polygons}}];
}

/** One feature for all lines of the same properties. */
function groups(pairs) {
    const lines = new Map();
    for (const [properties, line] of pairs) {
        const key = JSON.stringify(properties);
        lines.set(key, [...(lines.get(key) ?? []), line]);
    }
    return [...lines].sort().map(([key, coordinates]) => ({type: 'Feature', properties: JSON.parse(key), geometry: {type: 'MultiLineString', coordinates}}));
}

function linesOf({geometry: {type, coordinates}}) {
    return type === 'LineString' ? [coordinates] : coordinates;
}

/** The pieces of a line that follow a border, and those that do not, in their order. */
function split(line, isBeside) {
    const points = line.flatMap((from, at) => (at + 1 < line.length ? between(from, line[at + 1]) : [from]));
    const beside = points.map(isBeside);
    const pieces = [];
    for (let at = 0; at < points.length; at++) {
        const last = pieces.at(-1);
        if (last && last.beside === beside[at]) last.points.push(points[at]);
        else pieces.push({beside: beside[at], points: [points[at]]});
    }
    const isLong = ({points}) => lengthOf(points) > FOLLOWS_KM;
    // A bend that only one of the two makes parts them for a while.
    const isBend = (piece, at) => !piece.beside && pieces[at - 1] && pieces[at + 1] && !isLong(piece);
    const follows = pieces.map((piece, at) => (isBend(piece, at) ? isLong(pieces[at - 1]) && isLong(pieces[at + 1]) : piece.beside && isLong(piece)));
    const joined = [];
    pieces.forEach((piece, at) => {
        const last = joined.at(-1);
        if (last && last.follows === follows[at]) last.points.push(...piece.points);
        // Pieces share the point where they part.
        else joined.push({follows: follows[at], points: last ? [last.points.at(-1), ...piece.points] : piece.points});
    });
    const corners = new Set(line.map(String));
    const slim = (points) => points.filter((point, at) => at === 0 || at === points.length - 1 || corners.has(String(point)));
    return joined.filter(({points}) => points.length > 1).map(({follows, points}) => [follows, slim(points)]);
}

/** Points from `a` on at most a kilometer apart, without `b`. */
function between(a, b) {
    const steps = Math.max(1, Math.ceil(kilometers(a, b)));
    const round = (value) => Math.round(value * 100_000) / 100_000;
    return Array.from({length: steps}, (_, step) => [0, 1].map((axis) => round(a[axis] + ((b[axis] - a[axis]) * step) / steps)));
}

/** Whether a place is nearer to one of the lines than `BESIDE_KM`. */
function nearness(lines) {
    const cells = new Map();
    const cellOf = ([lon, lat]) => [Math.floor(lon * 10), Math.floor(lat * 10)];
    for (const line of lines) {
        const points = line.flatMap((from, at) => (at + 1 < line.length ? between(from, line[at + 1]) : [from]));
        for (const point of points) {
            const key = cellOf(point).join();
            cells.set(key, [...(cells.get(key) ?? []), point]);
        }
    }
    return (place) => {
        const [x, y] = cellOf(place);
        for (let column = x - 1; column <= x + 1; column++)
            for (let row = y - 1; row <= y + 1; row++)
                if (cells.get(`${column},${row}`)?.some((point) => kilometers(point, place) < BESIDE_KM)) return true;
        return false;
    };
}

function lengthOf(points) {
    return points.slice(1).reduce((sum, point, at) => sum + kilometers(points[at], point), 0);
}

/** Good enough beside each other, and the most of the way round at the antimeridian, where no river is. */
function kilometers([lon, lat], [otherLon, otherLat]) {
    return 111.2 * Math.hypot((lon - otherLon) * Math.cos((lat * Math.PI) / 180), lat - otherLat);
}
