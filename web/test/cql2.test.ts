import { describe, expect, it } from 'vitest';
import { areaFilter, both, circleFilter, precisionFilter, quote } from '../src/cql2.ts';

describe('a filter in CQL2', () => {
  it('closes the ring of an area', () => {
    expect(
      areaFilter([
        [28, 45],
        [30, 45.5],
        [29, 46],
      ]),
    ).toBe('S_INTERSECTS(geometry, POLYGON((28 45, 30 45.5, 29 46, 28 45)))');
  });

  it('asks of a circle by the distance to its center, in meters', () => {
    expect(circleFilter({ center: [28.84, 45.35], km: 2.5 })).toBe(
      "border_distance('28.84,45.35') <= 2500",
    );
  });

  it('never writes a number with an exponent', () => {
    expect(circleFilter({ center: [1e-7, -0.0000004], km: 1 })).toMatch(/'0,-?0'/);
  });

  it('takes a radius that is only implied by a method or a code as the server does', () => {
    // By hand, from the table in the model: gps 50, matches 100 and 150, gazetteer 3000; codes 5000, 25000 and 1000.
    expect(precisionFilter(100)).toBe(
      '(location_radius_m <= 100 OR (location_radius_m IS NULL AND ' +
        "location_method IN ('gps', 'satellite_match', 'street_match')))",
    );
    const wide = precisionFilter(25_000);
    expect(wide).toContain("'gazetteer'");
    expect(wide).toContain('geo_precision IN (1, 2)');
    expect(wide).toContain('(where_prec IN (1, 2) OR where_prec IS NULL)');
    expect(precisionFilter(1000)).toContain('(geo_precision IS NULL AND where_prec IN (1))');
  });

  it('joins what must hold, and is nothing when nothing must', () => {
    expect(both(null, 'a', null, 'b')).toBe('a AND b');
    expect(both(null)).toBeNull();
    expect(quote("O'Brien")).toBe("'O''Brien'");
  });
});
