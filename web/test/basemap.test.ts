import { describe, expect, it } from 'vitest';
import { mapStyle, NO_BAND, THEMES } from '../src/layers.ts';
import type { Basemap } from '../src/types.ts';

const BASEMAP: Basemap = {
  form: 'raster',
  source: 'https://tiles.example/{z}/{x}/{y}.png',
  isFile: false,
  attribution: 'Them',
  minzoom: 0,
  maxzoom: 19,
  layers: [],
};

function styleWith(basemap: Basemap | null, theme: 'light' | 'dark' = 'light') {
  const none = NO_BAND.band;
  const sources = {
    ...NO_BAND,
    incidents: '',
    labelFrom: 1,
    territories: '',
    ground: none,
    borderRivers: none,
    places: none,
    basemap,
    measured: none,
    drawn: none,
  };
  return mapStyle(THEMES[theme], sources, { countries: [], placeName: 'name', targets: [] });
}

const idsOf = (basemap: Basemap | null) => styleWith(basemap).layers.map(({ id }) => id);
const drawnOf = (layers: string[]) =>
  idsOf({ ...BASEMAP, form: 'vector', layers }).filter((id) => id.startsWith('basemap'));

describe('what lies under the borders', () => {
  it('is our own ground where the operator names no other', () => {
    const ids = idsOf(null);
    for (const id of ['lake', 'river', 'border-river', 'admin']) {
      expect(ids.indexOf(id), id).toBeGreaterThan(ids.indexOf('land'));
      expect(ids.indexOf(id), id).toBeLessThan(ids.indexOf('border'));
    }
    expect(styleWith(null).sources).not.toHaveProperty('basemap');
  });

  it('is a picture of the operator over the land and in the place of our rivers', () => {
    const ids = idsOf(BASEMAP);
    expect(ids).not.toContain('river');
    expect(ids.indexOf('basemap')).toBeGreaterThan(ids.indexOf('land'));
    expect(ids.indexOf('basemap')).toBeLessThan(ids.indexOf('border-casing'));
    expect(styleWith(BASEMAP).sources.basemap).toEqual({
      type: 'raster',
      tileSize: 256,
      tiles: [BASEMAP.source],
      minzoom: 0,
      maxzoom: 19,
    });
  });

  it('is read from a file by its own protocol, which knows the zooms', () => {
    const file = { ...BASEMAP, isFile: true, source: 'https://map.example/basemap.pmtiles' };
    const url = 'pmtiles://https://map.example/basemap.pmtiles';
    expect(styleWith(file).sources.basemap).toEqual({ type: 'raster', tileSize: 256, url });
  });

  it('draws of vector tiles the layers that are known by name in either schema', () => {
    expect(drawnOf(['earth', 'water', 'roads', 'places'])).toEqual([
      'basemap-earth',
      'basemap-water',
      'basemap-water-line',
      'basemap-roads-line',
    ]);
    expect(drawnOf(['waterway', 'transportation', 'building'])).toEqual([
      'basemap-waterway-line',
      'basemap-building',
      'basemap-transportation-line',
    ]);
  });

  it('draws the lines and points of all layers where none is known, and tries all names where no list is there', () => {
    expect(drawnOf(['parcels', 'fields'])).toEqual([
      'basemap-parcels-line',
      'basemap-parcels-dot',
      'basemap-fields-line',
      'basemap-fields-dot',
    ]);
    expect(drawnOf([])).toContain('basemap-ocean');
  });
});
