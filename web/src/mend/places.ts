// Places by name: of the server's gazetteer, or of the towns that the map draws when it has none.

import { list, number, object, readPlaces, text } from '../api.ts';
import type { Position } from '../types.ts';
import { ask, serverHas } from './write.ts';

export interface Candidate {
  name: string;
  place: Position;
  /** What tells it from others of its name. */
  admin1: string | null;
  country: string | null;
  /** The radius of the place, in meters. */
  radius: number | null;
}

const MOST = 8;

/** The likeliest first; none is picked. */
export async function findPlaces(
  name: string,
  near: Position | null,
  signal: AbortSignal,
): Promise<Candidate[]> {
  if (!(await serverHas('/gazetteer'))) return findTowns(name);
  const query = new URLSearchParams({ q: name, limit: String(MOST) });
  if (near) query.set('near', near.join(','));
  const body = await ask(`/gazetteer?${query}`, { signal });
  return list(body.places)
    .map(object)
    .flatMap((one) => {
      const [lng, lat] = [number(one.lon), number(one.lat)];
      const found = text(one.name);
      if (!found || lng === null || lat === null) return [];
      return [
        {
          name: found,
          place: [lng, lat] as const,
          admin1: text(one.admin1),
          country: text(one.country),
          radius: number(one.radius_m),
        },
      ];
    });
}

async function findTowns(name: string): Promise<Candidate[]> {
  const wanted = plain(name);
  const found: Candidate[] = [];
  for (const { geometry, properties } of (await readPlaces())?.features ?? []) {
    if (geometry.type !== 'Point' || found.length >= MOST) continue;
    const [lng, lat] = geometry.coordinates;
    const names = [properties?.name, properties?.name_uk, properties?.name_ro].flatMap(
      (one) => text(one) ?? [],
    );
    const matched = names.find((one) => plain(one).startsWith(wanted));
    if (!matched || lng === undefined || lat === undefined) continue;
    found.push({ name: matched, place: [lng, lat], admin1: null, country: null, radius: null });
  }
  return found;
}

/** Small letters without marks. */
function plain(name: string): string {
  return name.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase();
}
