import { describe, expect, it } from 'vitest';
import { radiusIn } from '../src/radius.ts';

describe('the radius of a place', () => {
  it('is what is stated, else what the method says, else the code of precision, else that of a town', () => {
    const all = {
      location_radius_m: 70,
      location_method: 'gazetteer',
      geo_precision: 2,
      where_prec: 1,
    };
    expect(radiusIn(all)).toBe(70);
    const { location_radius_m: _stated, ...unstated } = all;
    expect(radiusIn(unstated)).toBe(3000);
    expect(radiusIn({ geo_precision: 1, where_prec: 1 })).toBe(5000);
    expect(radiusIn({ geo_precision: 2 })).toBe(25_000);
    expect(radiusIn({ where_prec: 1 })).toBe(1000);
    expect(radiusIn({})).toBe(5000);
  });

  it('is none where no distance may be claimed', () => {
    expect(radiusIn({ location_method: 'admin_centroid' })).toBeNull();
    expect(radiusIn({ geo_precision: 3 })).toBeNull();
    expect(radiusIn({ where_prec: 4 })).toBeNull();
  });

  it('is not told by a method that says nothing of it', () => {
    expect(radiusIn({ location_method: 'imported' })).toBe(5000);
    expect(radiusIn({ location_method: 'reporter_pin', geo_precision: 2 })).toBe(25_000);
  });
});
