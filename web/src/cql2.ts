// Filters in CQL2 text (OGC 21-065r2): what plain parameters cannot say, and for those who want the
// whole question in one language, all of it. Pure.

import { ASSUMED, BY_GEO_PRECISION, BY_METHOD, BY_WHERE_PREC, WITHOUT_RADIUS } from './radius.ts';
import type { Circle, Position } from './types.ts';

/** Filters that must all hold; `null` when there is none. */
export function both(...filters: (string | null)[]): string | null {
  const said = filters.filter((filter) => filter !== null);
  return said.length ? said.join(' AND ') : null;
}

/** One of the places of the incident is in the area, whose ring is closed here. */
export function areaFilter(corners: readonly Position[]): string {
  const [first] = corners;
  const ring = first ? [...corners, first] : [];
  return `S_INTERSECTS(geometry, POLYGON((${ring.map(([lng, lat]) => `${degrees(lng)} ${degrees(lat)}`).join(', ')})))`;
}

/** The stated place is so near to the center: by the best estimate, as an area takes it. */
export function circleFilter(circle: Circle): string {
  const { center, km } = circle;
  return `border_distance('${degrees(center[0])},${degrees(center[1])}') <= ${Math.round(km * 1000)}`;
}

/** The true place is at most so far from the stated one, stated or derived in the server's order. */
export function precisionFilter(meters: number): string {
  const within = (radii: Readonly<Record<string, number | null>>) =>
    Object.entries(radii).flatMap(([name, radius]) =>
      radius !== null && radius <= meters ? [name] : [],
    );
  const oneOf = (name: string, values: readonly string[]) =>
    values.length ? `${name} IN (${values.join(', ')})` : null;
  const either = (...filters: (string | null)[]) => {
    const said = filters.filter((filter) => filter !== null);
    return said.length > 1 ? `(${said.join(' OR ')})` : (said[0] ?? null);
  };
  const unless = (name: string, then: string | null) =>
    then === null ? null : `(${name} IS NULL AND ${then})`;
  const byWherePrec = either(
    oneOf('where_prec', within(BY_WHERE_PREC)),
    meters >= ASSUMED ? 'where_prec IS NULL' : null,
  );
  const byCode = either(
    oneOf('geo_precision', within(BY_GEO_PRECISION)),
    unless('geo_precision', byWherePrec),
  );
  const silent = `(location_method IS NULL OR ${oneOf('location_method', WITHOUT_RADIUS.map(quote))})`;
  const derived = either(
    oneOf('location_method', within(BY_METHOD).map(quote)),
    byCode === null ? null : `(${silent} AND ${byCode})`,
  );
  const stated = `location_radius_m <= ${meters}`;
  return derived === null ? stated : `(${stated} OR (location_radius_m IS NULL AND ${derived}))`;
}

/**
 * Parameters of a filter said in CQL2, each that can be. `q` cannot: no function of the filter searches
 * all texts, so it stays a parameter beside it.
 */
export function asCql2(params: URLSearchParams): string | null {
  const oneOf = (name: string, of = name.replace('-', '_')) => {
    const words = params.get(name)?.split(',') ?? [];
    return words.length ? `${of} IN (${words.map(quote).join(', ')})` : null;
  };
  const [from, to] = (params.get('datetime') ?? '').split('/');
  const country = oneOf('country', 'territory');
  return both(
    from && to ? `T_INTERSECTS(datetime, INTERVAL(${quote(from)}, ${quote(to)}))` : null,
    oneOf('event-type'),
    oneOf('infrastructure'),
    oneOf('damage'),
    oneOf('verification'),
    // What has no place is where its source says.
    country && `(${country} OR (territory IS NULL AND ${oneOf('country')}))`,
    withinFilter(params),
    params.get('filter'),
  );
}

function withinFilter(params: URLSearchParams): string | null {
  const [of, km] = [params.get('of'), params.get('within-km')];
  if (!of || km === null) return null;
  const certainty = params.get('certainty') ?? 'possible';
  const within = `within_certainty(${quote(of)}, ${Math.round(Number(km) * 1000)}, ${quote(certainty)})`;
  const isOutside = params.get('include-inside') === 'false';
  return isOutside ? `${within} AND border_distance(${quote(of)}) > 0` : within;
}

/** A text as CQL2 writes one. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Degrees to a tenth of a meter, never in the form 1e-7. */
function degrees(value: number): string {
  return String(Number(value.toFixed(6)));
}
