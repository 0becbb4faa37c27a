// How the map looks, as data. Pure: the same theme and texts give the same style. Bottom to top: sea,
// land, rivers and lakes, borders, what is measured, incidents, names.

import type {
  ExpressionSpecification,
  LayerSpecification,
  SourceSpecification,
  StyleSpecification,
  SymbolLayerSpecification,
} from 'maplibre-gl';
import { EVENT_TYPES } from './state.ts';
import { imageName } from './symbols.ts';
import { LINES, PRECISION_SHARE, THEME_COLORS } from './theme.ts';
import type { Basemap } from './types.ts';

type Theme = (typeof THEME_COLORS)['light' | 'dark'];

export const THEMES: Record<'light' | 'dark', Theme> = THEME_COLORS;

export interface Sources {
  incidents: string;
  /** Clusters of at least so many are labelled; smaller ones are dots, so that millions leave a map to see. */
  labelFrom: number;
  territories: string;
  /** Rivers, lakes and lines between provinces; borders that are rivers; towns: the files beside the page, or nothing yet. */
  ground: GeoJSON.FeatureCollection | string;
  borderRivers: GeoJSON.FeatureCollection | string;
  places: GeoJSON.FeatureCollection | string;
  /** The operator's own, in the place of rivers, lakes and provinces. */
  basemap: Basemap | null;
  measured: GeoJSON.FeatureCollection;
  drawn: GeoJSON.FeatureCollection;
  band: GeoJSON.FeatureCollection;
  /** The zooms at which the band is fine enough to be looked at. */
  bandZooms: readonly [least: number, most: number];
}

/** A band that is not there is to be seen nowhere. */
export const NO_BAND: Pick<Sources, 'band' | 'bandZooms'> = {
  band: { type: 'FeatureCollection', features: [] },
  bandZooms: [0, 0],
};
export const BAND_LAYERS = ['band-inside', 'band-possible', 'band-certain'] as const;

export interface Naming {
  /** Pairs of ISO 3166-1 alpha-2 code and name in the reader's language. */
  countries: readonly (readonly [code: string, name: string])[];
  /** The property of a place that has its name in the reader's language. */
  placeName: 'name' | 'name_uk' | 'name_ro';
  /** Codes of the territories whose outline is asked about; their borders are drawn stronger. */
  targets: readonly string[];
}

const REGULAR = ['Kordon Sans'];
const MEDIUM = ['Kordon Sans Medium'];
const IS_CLUSTER: ExpressionSpecification = ['==', ['get', 'cluster'], true];
const IS_STACKED: ExpressionSpecification = ['has', 'stacked'];
/** Where the number of a stack is, in pixels from the middle of its sign. */
const STACK_CORNER: [number, number] = [11, -11];

export function mapStyle(theme: Theme, sources: Sources, naming: Naming): StyleSpecification {
  const { basemap } = sources;
  return {
    version: 8,
    sources: {
      territories: { type: 'vector', tiles: [sources.territories], maxzoom: 12 },
      incidents: { type: 'vector', tiles: [sources.incidents], maxzoom: 14 },
      ...(basemap
        ? { basemap: basemapSource(basemap) }
        : {
            ground: { type: 'geojson', data: sources.ground, maxzoom: GROUND_END },
            'border-rivers': { type: 'geojson', data: sources.borderRivers },
          }),
      places: { type: 'geojson', data: sources.places },
      measured: { type: 'geojson', data: sources.measured },
      drawn: { type: 'geojson', data: sources.drawn },
      // As exact as it was cut: simplified cells would leave gaps between them.
      band: { type: 'geojson', data: sources.band, tolerance: 0, buffer: 0 },
    },
    layers: [
      { id: 'sea', type: 'background', paint: { 'background-color': theme.sea } },
      ...landLayers('territories', theme),
      ...(basemap
        ? basemapLayers('basemap', basemap, theme)
        : groundLayers('ground', 'border-rivers', theme)),
      ...bandLayers('band', theme, sources.bandZooms),
      ...borderLayers('territories', theme, naming.targets),
      ...drawnLayers('drawn', theme),
      ...placeLayers('places', theme, naming),
      ...countryLayers('territories', theme, naming),
      ...measuredLayers('measured', theme),
      ...incidentLayers('incidents', theme, sources.labelFrom),
      ...measuredTop('measured', theme),
    ],
  };
}

function landLayers(source: string, theme: Theme): LayerSpecification[] {
  return [
    {
      id: 'land',
      source,
      'source-layer': 'land',
      type: 'fill',
      paint: { 'fill-color': theme.land, 'fill-antialias': true },
    },
    {
      id: 'coast',
      source,
      'source-layer': 'land',
      type: 'line',
      // From zoom 5 on borders come from the precise set, and coarse outlines would stand beside them.
      maxzoom: 5,
      paint: { 'line-color': theme.coast, 'line-width': LINES.coast },
    },
  ];
}

function basemapSource(basemap: Basemap): SourceSpecification {
  const { form, source, isFile, minzoom, maxzoom } = basemap;
  const from = isFile ? { url: `pmtiles://${source}` } : { tiles: [source], minzoom, maxzoom };
  return form === 'vector'
    ? { type: 'vector', ...from }
    : { type: 'raster', tileSize: 256, ...from };
}

/** The layers of vector tiles that are drawn, by their names in the schemas of Protomaps, OpenMapTiles and Shortbread. */
const WATERS = ['water', 'ocean', 'water_polygons'];
const STREAMS = ['water', 'waterway', 'water_lines'];
const BUILDINGS = ['buildings', 'building'];
const ROADS = ['roads', 'transportation', 'streets'];

/**
 * Borders and names stay ours. Of vector tiles land, water, roads and buildings are drawn; the lines and points of all layers,
 * where none has a name that is known.
 */
function basemapLayers(source: string, basemap: Basemap, theme: Theme): LayerSpecification[] {
  if (basemap.form === 'raster') {
    // A bright picture in a dark page is brought down to it.
    const paint =
      theme.name === 'dark' ? { 'raster-brightness-max': 0.6, 'raster-saturation': -0.3 } : {};
    return [{ id: 'basemap', source, type: 'raster', paint }];
  }
  const { layers } = basemap;
  const there = (names: string[]) =>
    names.filter((name) => !layers.length || layers.includes(name));
  const fill = (name: string, color: string, minzoom = 0): LayerSpecification => ({
    id: `basemap-${name}`,
    source,
    'source-layer': name,
    type: 'fill',
    minzoom,
    filter: ['==', ['geometry-type'], 'Polygon'],
    paint: { 'fill-color': color },
  });
  const line = (name: string, color: string, width: number): LayerSpecification => ({
    id: `basemap-${name}-line`,
    source,
    'source-layer': name,
    type: 'line',
    filter: ['==', ['geometry-type'], 'LineString'],
    layout: { 'line-cap': 'round', 'line-join': 'round' },
    paint: {
      'line-color': color,
      'line-width': ['interpolate', ['exponential', 1.5], ['zoom'], 6, width / 4, 16, width * 3],
    },
  });
  const dot = (name: string, color: string): LayerSpecification => ({
    id: `basemap-${name}-dot`,
    source,
    'source-layer': name,
    type: 'circle',
    filter: ['==', ['geometry-type'], 'Point'],
    paint: { 'circle-color': color, 'circle-radius': 4 },
  });
  const drawn = [
    ...there(['earth']).map((name) => fill(name, theme.land)),
    ...there(WATERS).map((name) => fill(name, theme.sea)),
    ...there(STREAMS).map((name) => line(name, theme.river, 2)),
    ...there(BUILDINGS).map((name) => fill(name, theme.admin, 13)),
    ...there(ROADS).map((name) => line(name, theme.admin, 1.6)),
  ];
  return drawn.length
    ? drawn
    : layers.flatMap((name) => [line(name, theme.coast, 1.2), dot(name, theme.coast)]);
}

/** What is known to a kilometer or two is not drawn where that would be seen. */
const GROUND_END = 9;

function groundLayers(ground: string, borderRivers: string, theme: Theme): LayerSpecification[] {
  const worth: ExpressionSpecification = [
    '<=',
    ['coalesce', ['get', 'zoom'], 0],
    ['step', ['zoom'], 3, 4, 4, 5, 5, 6, 6, 7, 7],
  ];
  const kind = (name: string): ExpressionSpecification => ['==', ['get', 'kind'], name];
  return [
    {
      id: 'lake',
      source: ground,
      type: 'fill',
      minzoom: 3,
      maxzoom: GROUND_END,
      filter: kind('lake'),
      paint: { 'fill-color': theme.sea, 'fill-outline-color': theme.river },
    },
    {
      id: 'river',
      source: ground,
      type: 'line',
      minzoom: 3,
      maxzoom: GROUND_END,
      filter: ['all', kind('river'), worth],
      layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: {
        'line-color': theme.river,
        'line-width': ['interpolate', ['linear'], ['zoom'], 3, 0.5, 6, 1.3, 9, 2.4],
      },
    },
    // Wider than the line of the border, which lies in it.
    {
      id: 'border-river',
      source: borderRivers,
      type: 'line',
      minzoom: 4,
      filter: worth,
      layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: {
        'line-color': theme.river,
        'line-width': ['interpolate', ['linear'], ['zoom'], 4, 2, 8, 6, 12, 12, 15, 18],
      },
    },
    {
      id: 'admin',
      source: ground,
      type: 'line',
      minzoom: 4,
      maxzoom: GROUND_END,
      filter: ['all', kind('admin'), worth],
      layout: { 'line-join': 'round' },
      paint: {
        'line-color': theme.admin,
        'line-width': ['interpolate', ['linear'], ['zoom'], 4, 0.5, 9, 1.1],
        'line-dasharray': [4, 2],
      },
    },
  ];
}

function borderLayers(
  source: string,
  theme: Theme,
  targets: readonly string[],
): LayerSpecification[] {
  const maritime: ExpressionSpecification = ['==', ['get', 'kind'], 'maritime'];
  return [
    {
      id: 'border-maritime',
      source,
      'source-layer': 'borders',
      type: 'line',
      minzoom: 4,
      filter: maritime,
      paint: {
        'line-color': theme.maritime,
        'line-width': LINES.maritime,
        'line-dasharray': LINES.maritimeDash,
      },
    },
    {
      id: 'border-casing',
      source,
      'source-layer': 'borders',
      type: 'line',
      minzoom: 4,
      filter: ['!', maritime],
      layout: { 'line-join': 'round' },
      paint: {
        'line-color': theme.borderCasing,
        'line-width': ['interpolate', ['linear'], ['zoom'], 4, 2, 10, 4.5],
        'line-opacity': 0.7,
      },
    },
    {
      id: 'border',
      source,
      'source-layer': 'borders',
      type: 'line',
      filter: ['!', maritime],
      layout: { 'line-join': 'round' },
      paint: {
        'line-color': theme.border,
        'line-width': ['interpolate', ['linear'], ['zoom'], 2, 0.5, 6, 1, 10, 1.8],
      },
    },
    {
      id: 'border-target',
      source,
      'source-layer': 'borders',
      type: 'line',
      filter: outlineOf(targets),
      layout: { 'line-join': 'round' },
      paint: {
        'line-color': theme.target,
        'line-width': ['interpolate', ['linear'], ['zoom'], 2, 0.8, 6, 1.4, 10, 2.2],
      },
    },
  ];
}

/** Borders with a territory of `targets` on one side only: the outline of a set, without its seams. */
export function outlineOf(targets: readonly string[]): ExpressionSpecification {
  if (!targets.length) return ['literal', false] as unknown as ExpressionSpecification;
  const codes: ExpressionSpecification = ['coalesce', ['get', 'codes'], ''];
  const known: ExpressionSpecification = ['literal', [...targets]];
  return ['!=', ['in', ['slice', codes, 0, 3], known], ['in', ['slice', codes, 4, 7], known]];
}

/** Near for certain, possibly near, and inside, which is neither. */
function bandLayers(
  source: string,
  theme: Theme,
  [minzoom, maxzoom]: Sources['bandZooms'],
): LayerSpecification[] {
  const fill = (role: string, color: string, opacity: number): LayerSpecification => ({
    id: `band-${role}`,
    source,
    type: 'fill',
    minzoom,
    maxzoom,
    filter: ['==', ['get', 'role'], role],
    // Cells that share an edge would show it.
    paint: { 'fill-color': color, 'fill-opacity': opacity, 'fill-antialias': false },
  });
  return [
    fill('inside', theme.inside, 0.1),
    fill('possible', theme.target, 0.1),
    fill('certain', theme.target, 0.2),
  ];
}

/** Areas and circles that were drawn, and the corners of one that is being drawn. */
function drawnLayers(source: string, theme: Theme): LayerSpecification[] {
  return [
    {
      id: 'drawn-fill',
      source,
      type: 'fill',
      filter: ['==', ['get', 'role'], 'figure'],
      paint: { 'fill-color': theme.drawn, 'fill-opacity': 0.07 },
    },
    {
      id: 'drawn-line',
      source,
      type: 'line',
      filter: ['in', ['get', 'role'], ['literal', ['figure', 'edge']]],
      layout: { 'line-join': 'round' },
      paint: { 'line-color': theme.drawn, 'line-width': 2.2, 'line-dasharray': [2, 1.5] },
    },
    {
      id: 'drawn-corner',
      source,
      type: 'circle',
      filter: ['==', ['get', 'role'], 'corner'],
      paint: {
        'circle-radius': 5,
        'circle-color': theme.lineCasing,
        'circle-stroke-color': theme.drawn,
        'circle-stroke-width': 2.2,
      },
    },
  ];
}

function countryLayers(source: string, theme: Theme, naming: Naming): LayerSpecification[] {
  return [
    {
      id: 'country-name',
      source,
      'source-layer': 'labels',
      type: 'symbol',
      maxzoom: 9,
      layout: {
        'text-field': countryName(naming.countries),
        'text-font': MEDIUM,
        'text-size': ['interpolate', ['linear'], ['zoom'], 2, 10, 5, 13, 8, 17],
        'text-letter-spacing': 0.08,
        'text-max-width': 7,
        'text-padding': 6,
        'symbol-sort-key': ['coalesce', ['get', 'rank'], 9],
      },
      paint: {
        'text-color': theme.country,
        'text-halo-color': theme.halo,
        'text-halo-width': 1.4,
      },
    },
  ];
}

/** A country's name in the reader's language; what the browser cannot name keeps its English name. */
export function countryName(countries: Naming['countries']): ExpressionSpecification {
  const otherwise: ExpressionSpecification = ['coalesce', ['get', 'name'], ''];
  const seen = new Map(countries);
  if (!seen.size) return otherwise;
  const pairs = [...seen].flat();
  const match = ['match', ['coalesce', ['get', 'iso_a2'], ''], ...pairs, otherwise];
  return match as unknown as ExpressionSpecification;
}

function placeLayers(source: string, theme: Theme, naming: Naming): LayerSpecification[] {
  const rank: ExpressionSpecification = ['coalesce', ['get', 'rank'], 5];
  return [
    {
      id: 'place-name',
      source,
      type: 'symbol',
      minzoom: 4,
      filter: ['<=', rank, ['step', ['zoom'], 1, 5, 2, 6.5, 3, 8, 4, 9.5, 5]],
      layout: {
        'icon-image': 'place-dot',
        'text-field': ['coalesce', ['get', naming.placeName], ['get', 'name']],
        'text-font': REGULAR,
        'text-size': [
          'interpolate',
          ['linear'],
          ['zoom'],
          5,
          ['match', rank, 1, 12, 2, 11, 10.5],
          11,
          ['match', rank, 1, 17, 2, 15, 3, 14, 13],
        ],
        'text-variable-anchor': ['left', 'right', 'top', 'bottom'],
        'text-radial-offset': 0.55,
        'text-justify': 'auto',
        'text-optional': false,
        'symbol-sort-key': ['-', ['*', 100_000_000, rank], ['coalesce', ['get', 'pop'], 0]],
      },
      paint: {
        'text-color': theme.place,
        'text-halo-color': theme.halo,
        'text-halo-width': 1.3,
      },
    },
  ];
}

/** The circle the true place lies in and the geodesic to the border, under the incidents. */
function measuredLayers(source: string, theme: Theme): LayerSpecification[] {
  return [
    {
      id: 'precision',
      source,
      type: 'fill',
      filter: ['==', ['get', 'role'], 'precision'],
      paint: { 'fill-color': theme.circle, 'fill-opacity': PRECISION_SHARE },
    },
    {
      id: 'precision-edge',
      source,
      type: 'line',
      filter: ['==', ['get', 'role'], 'precision'],
      paint: {
        'line-color': theme.circle,
        'line-width': LINES.precisionEdge,
        'line-dasharray': LINES.precisionDash,
        'line-opacity': 0.8,
      },
    },
    {
      id: 'geodesic-casing',
      source,
      type: 'line',
      filter: ['==', ['get', 'role'], 'geodesic'],
      layout: { 'line-cap': 'round' },
      paint: {
        'line-color': theme.lineCasing,
        'line-width': LINES.geodesicCasing,
        'line-opacity': 0.85,
      },
    },
    {
      id: 'geodesic',
      source,
      type: 'line',
      filter: ['==', ['get', 'role'], 'geodesic'],
      layout: { 'line-cap': 'round' },
      paint: { 'line-color': theme.line, 'line-width': LINES.geodesic },
    },
    {
      id: 'chosen',
      source,
      type: 'circle',
      filter: ['==', ['get', 'role'], 'chosen'],
      paint: {
        'circle-radius': 17,
        'circle-color': theme.lineCasing,
        'circle-opacity': 0.75,
        'circle-stroke-color': theme.line,
        'circle-stroke-width': 2.5,
      },
    },
  ];
}

function incidentLayers(source: string, theme: Theme, labelFrom: number): LayerSpecification[] {
  const count: ExpressionSpecification = ['max', 1, ['coalesce', ['get', 'count'], 1]];
  const isLarge: ExpressionSpecification = ['>=', count, labelFrom];
  return [
    {
      id: 'cluster',
      source,
      'source-layer': 'incidents',
      type: 'circle',
      filter: IS_CLUSTER,
      layout: { 'circle-sort-key': ['get', 'count'] },
      paint: {
        'circle-color': theme.cluster,
        'circle-opacity': ['case', isLarge, 0.92, 0.6],
        'circle-radius': [
          'case',
          isLarge,
          ['min', 40, ['+', 12, ['*', 6, ['log10', ['/', count, labelFrom]]]]],
          ['+', 2.5, ['*', 4, ['/', ['log10', count], ['log10', Math.max(labelFrom, 2)]]]],
        ],
        'circle-stroke-color': theme.clusterRing,
        'circle-stroke-width': ['case', isLarge, 1.5, 0.5],
        'circle-stroke-opacity': 0.9,
      },
    },
    {
      id: 'cluster-count',
      source,
      'source-layer': 'incidents',
      type: 'symbol',
      filter: ['all', IS_CLUSTER, isLarge],
      layout: { ...countLayout('count', 12), 'symbol-sort-key': ['get', 'count'] },
      paint: { 'text-color': theme.clusterText },
    },
    {
      id: 'incident',
      source,
      'source-layer': 'incidents',
      type: 'symbol',
      filter: ['!', IS_CLUSTER],
      layout: {
        'icon-image': incidentImage(),
        'icon-size': ['interpolate', ['linear'], ['zoom'], 4, 0.7, 8, 0.9, 12, 1.1],
        'icon-allow-overlap': true,
        'icon-ignore-placement': true,
      },
    },
    // How many stand at one place, at the corner of the sign that hides the others.
    {
      id: 'incident-stack',
      source,
      'source-layer': 'incidents',
      type: 'circle',
      filter: IS_STACKED,
      paint: {
        'circle-color': theme.cluster,
        'circle-radius': ['step', ['get', 'stacked'], 7, 10, 8.5, 100, 10.5, 1_000, 13],
        'circle-stroke-color': theme.clusterRing,
        'circle-stroke-width': 1,
        'circle-translate': STACK_CORNER,
      },
    },
    {
      id: 'incident-stack-count',
      source,
      'source-layer': 'incidents',
      type: 'symbol',
      filter: IS_STACKED,
      layout: countLayout('stacked', 10.5),
      paint: { 'text-color': theme.clusterText, 'text-translate': STACK_CORNER },
    },
  ];
}

/** A count in the middle of its circle, whatever else is there. */
function countLayout(
  property: 'count' | 'stacked',
  size: number,
): NonNullable<SymbolLayerSpecification['layout']> {
  return {
    'text-field': shortCount(property),
    'text-font': MEDIUM,
    'text-size': size,
    'text-allow-overlap': true,
    'text-ignore-placement': true,
  };
}

/** "1.2k" for 1234: a count that fits its circle. */
function shortCount(property: 'count' | 'stacked'): ExpressionSpecification {
  const count: ExpressionSpecification = ['get', property];
  const tenths = (unit: number): ExpressionSpecification => [
    'to-string',
    ['/', ['round', ['/', count, unit / 10]], 10],
  ];
  return [
    'case',
    ['<', count, 1000],
    ['to-string', count],
    ['<', count, 9950],
    ['concat', tenths(1000), 'k'],
    ['<', count, 999_500],
    ['concat', ['to-string', ['round', ['/', count, 1000]]], 'k'],
    ['concat', tenths(1_000_000), 'M'],
  ];
}

function incidentImage(): ExpressionSpecification {
  const type = [
    'match',
    ['get', 'event_type'],
    ...EVENT_TYPES.flatMap((name) => [name, name]),
    'other',
  ];
  const filling: ExpressionSpecification = [
    'match',
    ['get', 'verification'],
    'verified',
    'full',
    'partially_verified',
    'half',
    ['disputed', 'false_or_misleading'],
    'struck',
    'hollow',
  ];
  return ['concat', type as unknown as ExpressionSpecification, '|', filling];
}

/** The foot on the border, the sign of what is chosen and the length at the line: over everything. */
function measuredTop(source: string, theme: Theme): LayerSpecification[] {
  return [
    {
      id: 'chosen-sign',
      source,
      type: 'symbol',
      filter: ['all', ['==', ['get', 'role'], 'chosen'], ['has', 'image']],
      layout: { 'icon-image': ['get', 'image'], 'icon-allow-overlap': true, 'icon-size': 1.1 },
    },
    {
      id: 'chosen-dot',
      source,
      type: 'circle',
      filter: ['all', ['==', ['get', 'role'], 'chosen'], ['!', ['has', 'image']]],
      paint: { 'circle-radius': 4.5, 'circle-color': theme.line },
    },
    {
      id: 'foot',
      source,
      type: 'circle',
      filter: ['==', ['get', 'role'], 'foot'],
      paint: {
        'circle-radius': 5,
        'circle-color': theme.lineCasing,
        'circle-stroke-color': theme.line,
        'circle-stroke-width': 2.6,
      },
    },
    {
      id: 'length',
      source,
      type: 'symbol',
      filter: ['==', ['get', 'role'], 'length'],
      layout: {
        'text-field': ['get', 'text'],
        'text-font': MEDIUM,
        'text-size': 14,
        'text-anchor': ['get', 'anchor'],
        'text-offset': [
          'match',
          ['get', 'anchor'],
          'left',
          ['literal', [0.9, 0]],
          'right',
          ['literal', [-0.9, 0]],
          'top',
          ['literal', [0, 0.7]],
          ['literal', [0, -0.7]],
        ],
        'text-max-width': 18,
        'text-justify': ['match', ['get', 'anchor'], 'left', 'left', 'center'],
        'text-allow-overlap': true,
      },
      paint: {
        'text-color': theme.line,
        'text-halo-color': theme.lineCasing,
        'text-halo-width': 2.4,
      },
    },
  ];
}

/** From which count on clusters are labelled, for so many incidents in all. */
export function labelFrom(incidents: number): number {
  return incidents < 1000 ? 1 : 10 ** Math.round(Math.log10(incidents / 300));
}

/** The names of all images the style may ask for. */
export function imageNames(): string[] {
  return EVENT_TYPES.flatMap((type) =>
    (['full', 'half', 'hollow', 'struck'] as const).map((filling) => imageName(type, filling)),
  );
}
