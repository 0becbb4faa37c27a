// How far the true place may be from the stated one, where a record does not say: the rule of the server, so that a
// distance that is told while a place is moved has the interval that it will have once it is stored, and a filter
// written in CQL2 finds what the server derives. Pure.

/** Of a place of which nothing else is known: that of a town, in meters. */
export const ASSUMED = 5000;

/** In meters, by how the place was found; `null`: no distance from the point may be claimed. */
export const BY_METHOD: Readonly<Record<string, number | null>> = {
  gps: 50,
  satellite_match: 100,
  street_match: 100,
  facility_match: 150,
  gazetteer: 3000,
  // The middle of a region is no place to measure from.
  admin_centroid: null,
};
/** These methods say nothing of the radius; a code may. */
export const WITHOUT_RADIUS: readonly string[] = ['reporter_pin', 'imported'];
/** In meters, by the codes of precision of ACLED and of UCDP; of any other code none may be claimed. */
export const BY_GEO_PRECISION: Readonly<Record<string, number>> = { 1: 5000, 2: 25_000 };
export const BY_WHERE_PREC: Readonly<Record<string, number>> = { 1: 1000, 2: 25_000 };

/** In meters; `null` when no distance from the point may be claimed. The first of these that is known counts. */
export function radiusIn(properties: Record<string, unknown>): number | null {
  const { location_radius_m: stated, geo_precision: geo, where_prec: where } = properties;
  if (typeof stated === 'number') return stated;
  const byMethod = BY_METHOD[String(properties.location_method)];
  if (byMethod !== undefined) return byMethod;
  if (typeof geo === 'number') return BY_GEO_PRECISION[geo] ?? null;
  if (typeof where === 'number') return BY_WHERE_PREC[where] ?? null;
  return ASSUMED;
}
