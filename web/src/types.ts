// What the server says, as far as the map reads it. `api.ts` checks it at the door; the rest trusts it.

/** [longitude, latitude] in degrees, WGS84: GeoJSON order. */
export type Position = readonly [lng: number, lat: number];

/** West, south, east, north in degrees; west > east crosses the antimeridian (RFC 7946 §5.2). */
export type Bounds = readonly [west: number, south: number, east: number, north: number];

/** Everything within `km` kilometers of a place, along the ellipsoid. */
export interface Circle {
  center: Position;
  km: number;
}

/** On which side of the border a place lies; `uncertain` when its circle of location crosses it. */
export type Side = 'inside' | 'outside' | 'uncertain';

/** How far one place is from one territory. Lengths in meters along the WGS84 ellipsoid. */
export interface Measure {
  /** What was asked for (`ROU`, `NATO`); for the nearest foreign territory, the territory itself. */
  to: string;
  /** ISO 3166-1 alpha-3 of the territory that was found nearest. */
  country: string;
  name: string;
  distance: number;
  /** Negative inside. */
  signed: number;
  low: number;
  high: number;
  nearestPoint: Position | null;
  azimuth: number | null;
  kind: string;
  side: Side;
  accuracy: number | null;
  /** The truth is within `signed` ± `reach`: the radius of the place and the accuracy of the border. */
  reach: number;
}

/** The border file a distance was measured against. */
export interface Boundary {
  set: string;
  version: string;
  accuracy: number | null;
  license: string;
  attribution: string;
  worldView: string;
}

/** The whole answer for one place. */
export interface Answer {
  place: Position | null;
  /** The radius of location that the intervals count, in meters. */
  radius: number | null;
  territory: string[];
  nearestForeign: Measure | null;
  to: Measure[];
  /** What other border sets say of the same; only where it was asked for. */
  spread: Spread[];
  boundary: Boundary | null;
}

/** One distance by every border set, in meters: how much the answer depends on the file. */
export interface Spread {
  /** As asked (`ROU`); `nearest_foreign` for whichever is nearest in each set. */
  to: string;
  least: number;
  greatest: number;
  /** `country`: where the distance leads to, which is not the same in each set; `null` where it is too coarse. */
  sets: { set: string; version: string; distance: number | null; country: string | null }[];
}

/** Where a report can be read. Only http and https addresses survive `api.ts`. */
export interface Source {
  name: string;
  url: string | null;
  type: string | null;
  publishedAt: string | null;
}

export interface Impact {
  facility: string | null;
  infrastructure: string | null;
  damage: string | null;
  functionalStatus: string | null;
}

/** A count that is known as a range; every part may be unknown. */
export interface Range {
  low: number | null;
  best: number | null;
  high: number | null;
}

export interface Incident {
  id: string;
  places: Position[];
  /** By language tag; a bare string in the data is under the empty tag. */
  title: Record<string, string>;
  description: Record<string, string>;
  dateStart: string | null;
  dateEnd: string | null;
  datePrecision: string;
  eventType: string | null;
  subEventType: string | null;
  location: string | null;
  admin1: string | null;
  country: string | null;
  locationRadius: number | null;
  verification: string | null;
  deaths: Range;
  injured: Range;
  impacts: Impact[];
  sources: Source[];
  license: string | null;
  border: Answer | null;
}

export interface Page {
  incidents: Incident[];
  matched: number;
  /** The address of the page that follows, on this server. */
  next: string | null;
  /** What the page was answered from, to be asked again later. */
  snapshot: string | null;
}

/** What incidents can be counted by. */
export type Dimension =
  | 'day'
  | 'month'
  | 'event_type'
  | 'infrastructure'
  | 'damage'
  | 'verification'
  | 'country'
  | 'distance_band';

/** How many incidents have one value: fall in one month, are of one kind. */
export interface Count {
  key: string;
  count: number;
}

/** The dead of several incidents as a range, and how many of the incidents say how many. */
export interface Casualties {
  low: number;
  high: number;
  statedBy: number;
}

export interface Aggregate {
  matched: number;
  /** In the server's order; `null` for those without a value. */
  groups: { key: string | null; count: number; deaths: Casualties }[];
}

export interface Territory {
  code: string;
  isoA2: string | null;
  name: string;
}

/** A set of countries such as NATO; a membership may begin or end on a day. */
export interface CountrySet {
  name: string;
  members: { code: string; from: string | null; until: string | null }[];
}

/** An operator's own tiles under the map, as the server tells of them. */
export interface Basemap {
  form: 'raster' | 'vector';
  /** The address of a tile with `{z}`, `{x}` and `{y}`, or that of a PMTiles file on this server. */
  source: string;
  isFile: boolean;
  attribution: string;
  minzoom: number;
  maxzoom: number;
  /** The layers of vector tiles; none where they are not known. */
  layers: string[];
}

export interface World {
  territories: Territory[];
  sets: CountrySet[];
}
