// How far the true place may be from the stated one: the rule of the server, so that a distance that is told while a
// place is moved has the interval that it will have once it is stored. Pure.

/** Of a place of which nothing else is known: that of a town. */
const ASSUMED = 5000;

const BY_METHOD: Record<string, number | null> = {
  gps: 50,
  satellite_match: 100,
  street_match: 100,
  facility_match: 150,
  gazetteer: 3000,
  // The middle of a region is no place to measure from.
  admin_centroid: null,
};

/** In meters; `null` when no distance from the point may be claimed. The first of these that is known counts. */
export function radiusIn(properties: Record<string, unknown>): number | null {
  const stated = properties.location_radius_m;
  if (typeof stated === 'number') return stated;
  const byMethod = BY_METHOD[String(properties.location_method)];
  if (byMethod !== undefined) return byMethod;
  const coded = (code: unknown, first: number) => (code === 1 ? first : code === 2 ? 25_000 : null);
  if (typeof properties.geo_precision === 'number') return coded(properties.geo_precision, 5000);
  if (typeof properties.where_prec === 'number') return coded(properties.where_prec, 1000);
  return ASSUMED;
}
