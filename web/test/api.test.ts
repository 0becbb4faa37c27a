import { describe, expect, it } from 'vitest';
import { ApiError, isAbort, readIncident, readJson, safeAddress } from '../src/api.ts';
import { labelFrom, outlineOf } from '../src/layers.ts';
import { drawMeasured } from '../src/measured.ts';
import type { Measure } from '../src/types.ts';

describe('an answer', () => {
  const fault = (body: BodyInit) =>
    readJson(new Response(body)).catch((error: unknown) => error as ApiError);
  const broken = (error: unknown) => new ReadableStream({ pull: (all) => all.error(error) });

  it('that is no JSON is told from one that breaks off and from one that was given up', async () => {
    expect(await readJson(new Response('[1]'))).toEqual([1]);
    expect(await fault('<p>')).toMatchObject({ kind: 'shape' });
    expect(await fault(broken(new TypeError('network error')))).toMatchObject({ kind: 'offline' });
    expect(isAbort(await fault(broken(new DOMException('', 'AbortError'))))).toBe(true);
  });
});

describe('an incident from the server', () => {
  it('is read with what it has; the rest is null', () => {
    const read = readIncident({
      type: 'Feature',
      id: 'a',
      geometry: {
        type: 'MultiPoint',
        coordinates: [
          [28, 45],
          [29, 'x'],
          [30, 46],
        ],
      },
      properties: { title: 'Bare title', date_start: '2025', deaths_low: '3', impacts: 'none' },
      border: { territory: ['UKR'], nearest_foreign: { country: 'ROU', distance_m: 12 } },
    });
    expect(read.places).toEqual([
      [28, 45],
      [30, 46],
    ]);
    expect(read.title).toEqual({ '': 'Bare title' });
    expect(read.deaths).toEqual({ low: null, best: null, high: null });
    expect(read.impacts).toEqual([]);
    expect(read.border?.nearestForeign).toMatchObject({
      low: 12,
      high: 12,
      side: 'outside',
      reach: 0,
    });
    expect(readIncident({ type: 'Feature', id: 'b', geometry: null }).places).toEqual([]);
  });

  it('lets the width of an interval be known also where it is cut off', () => {
    const nearest = { country: 'UKR', distance_m: 2540, distance_high_m: 2840, accuracy_m: 200 };
    const to = { country: 'ROU', distance_m: 0, signed_distance_m: -2540, distance_high_m: 0 };
    const border = {
      nearest_foreign: nearest,
      to: [{ ...to, side: 'inside', accuracy_m: 200 }],
      boundary: { set: 'x' },
    };
    const read = readIncident({ type: 'Feature', id: 'a', border });
    expect(read.border?.radius).toBe(100);
    expect(read.border?.to[0]).toMatchObject({ side: 'inside', reach: 300, signed: -2540 });
  });

  it('is refused when it is no feature', () => {
    expect(() => readIncident({ error: 'no' })).toThrow(ApiError);
  });

  it('never sends a reader to a script', () => {
    expect(safeAddress('https://example.org/a')).toBe('https://example.org/a');
    for (const address of ['javascript:alert(1)', 'data:text/html,x', 'nonsense', '', 3, null]) {
      expect(safeAddress(address)).toBeNull();
    }
  });
});

describe('what is drawn', () => {
  const measure: Measure = {
    to: 'ROU',
    country: 'ROU',
    name: 'Romania',
    distance: 2221,
    signed: 2221,
    low: 1221,
    high: 3221,
    nearestPoint: [28.82, 45.335],
    azimuth: 214,
    kind: 'river-or-lake',
    side: 'outside',
    accuracy: 200,
    reach: 1000,
  };
  const roles = (radius: number | null, one: Measure | null) =>
    drawMeasured({
      place: [28.8372, 45.3512],
      radius,
      measure: one,
      text: '2 km',
      image: null,
    }).features.map((feature) => feature.properties?.role);

  it('is the circle, the line, its foot, its length and the place', () => {
    expect(roles(1000, measure)).toEqual(['precision', 'geodesic', 'foot', 'length', 'chosen']);
  });

  it('has no line without a nearest point and no circle without a radius', () => {
    expect(roles(null, null)).toEqual(['chosen']);
    expect(roles(null, { ...measure, nearestPoint: [28.8372, 45.3512] })).toEqual(['chosen']);
  });

  it('labels every cluster of a few incidents, and only the large ones of a million', () => {
    expect([0, 47, 999].map(labelFrom)).toEqual([1, 1, 1]);
    expect([4031, 100_000, 1_000_000].map(labelFrom)).toEqual([10, 1000, 10_000]);
  });

  it('outlines a set of countries and not the borders between them', () => {
    expect(JSON.stringify(outlineOf(['ROU', 'BGR']))).toContain('"!="');
    expect(outlineOf([])).toEqual(['literal', false]);
  });
});
