// Made by scripts/types.mjs from tests/api/openapi.json; not to be changed by hand.

export type Answer = {
  bdist1_m?: number | null;
  bdist2_m?: number | null;
  bdist3_m?: number | null;
  boundary?: Boundary;
  lat?: number;
  lon?: number;
  nearest_foreign?: Measured | null;
  radius_m?: number | null;
  /** What every border set says */
  spread?: Record<string, unknown>[];
  territory?: string[];
  territory_in_view?: string | null;
  to?: Measured[];
};

/** Where an incident stands among the territories */
export type Border = {
  boundary?: Boundary;
  nearest_foreign?: Measured | null;
  /** Why nothing was measured */
  reason?: string;
  territory?: string[];
  to?: Measured[];
};

/** What was measured against */
export type Boundary = {
  accuracy_m?: number;
  attribution?: string;
  checksum?: string;
  edge_model?: string;
  licence?: string;
  on?: string | null;
  set?: string;
  version?: string;
  world_view?: string;
};

export type Evidence = {
  added_at: string;
  added_by: string;
  bytes: number;
  /** Whether what is on the disk is what was added */
  is_as_added?: boolean;
  /** The name that the file had */
  name: string;
  sha256: string;
  timestamps?: Timestamp[];
  /** What it says as a web archive (WACZ), and whether that is so */
  web_archive?: Record<string, unknown> | null;
};

export type Fault = {
  column?: number | null;
  field?: string | null;
  hint?: string | null;
  index?: number | null;
  line?: number | null;
  pointer?: string | null;
  problem?: string;
};

export type Feature = {
  /** Derived: how far it is from the nearest foreign territory */
  border?: Record<string, unknown>;
  geometry: Record<string, unknown> | null;
  id?: string;
  properties: Record<string, unknown> | null;
  type: 'Feature';
};

export type FeatureCollection = {
  /** How to cite the answer; add the day of reading */
  citation?: string;
  features: Feature[];
  links?: Link[];
  numberMatched?: number;
  numberReturned?: number;
  /** What the answer was made from: asked again with `snapshot`, it is the same for ever */
  snapshot?: string;
  /** Not in answers to `snapshot` */
  timeStamp?: string;
  type: 'FeatureCollection';
};

export type ImportResult = {
  batch?: number | null;
  credits?: string[];
  dry_run?: boolean;
  errors: Fault[];
  errors_total?: number;
  explained?: Record<string, unknown>[];
  id?: string;
  imported: number;
  preview?: Feature[];
  quarantine?: string | null;
  records?: number;
  rejected: number;
  repairs?: Fault[];
  repairs_total?: number;
  revised?: Record<string, unknown>[];
  sound?: number;
  unchanged: number;
  updated: number;
  warnings: Fault[];
  warnings_total?: number;
  withdrawn?: number;
  withheld?: number;
  /** Of a dry run: what the sound records would come to now, in the words of an import */
  would?: {
    imported?: number;
    revised?: Record<string, unknown>[];
    unchanged?: number;
    updated?: number;
    withdrawn?: number;
    withheld?: number;
  };
};

/** Something that happened somewhere: one GeoJSON Feature (RFC 7946). An unknown is null or absent, never 0. */
export type Incident = {
  border?: Border;
  geometry: {
    coordinates: unknown[];
    type: 'Point' | 'MultiPoint';
  } | null;
  id?: string;
  properties: {
    /** Who did it, as far as anybody says. */
    actor1?: string;
    /** To whom. */
    actor2?: string;
    /** First administrative level. */
    admin1?: string;
    /** OCHA p-code of the first level. */
    admin1_pcode?: string;
    /** Second administrative level. */
    admin2?: string;
    /** OCHA p-code of the second level. */
    admin2_pcode?: string;
    /** Third administrative level. */
    admin3?: string;
    /** How well it is known who did it. */
    attribution?: 'none' | 'claimed' | 'reported' | 'assessed' | 'confirmed_by_official' | 'disputed';
    /** Civilians were the target. */
    civilian_targeting?: boolean;
    /** ISO 3166-1 alpha-3, as the source has it. */
    country?: string;
    /** When it ended. */
    date_end?: string;
    /** How much of the date is known. */
    date_precision?: 'exact' | 'hour' | 'day' | 'week' | 'month' | 'year';
    /** When it happened or began. */
    date_start?: string;
    /** Most likely number of dead. */
    deaths_best?: number;
    /** Most dead reported. */
    deaths_high?: number;
    /** Fewest dead reported. */
    deaths_low?: number;
    /** What is known about it. */
    description?: Record<string, string>;
    /** Kind of event, as ACLED has it. */
    event_type?: 'battles' | 'explosions_remote_violence' | 'violence_against_civilians' | 'protests' | 'riots' | 'strategic_developments' | 'disaster' | 'access_constraint' | 'other';
    /** The source's own word or code for the kind of event. */
    event_type_source?: string;
    /** Whatever else the source had, as it had it. */
    extra?: Record<string, unknown>;
    /** ACLED's code of place precision. */
    geo_precision?: number;
    /** What was hit. */
    impacts?: ({
      /** When the damage was assessed. */
      assessed_on?: string;
      /** How badly: UNOSAT's classes. */
      damage?: 'destroyed' | 'severe' | 'moderate' | 'possible' | 'none_visible' | 'possible_adjacent' | 'not_assessed';
      /** The source's own code. */
      damage_code?: unknown;
      /** Whose code damage_code is; an open list. */
      damage_scheme?: string;
      extra?: Record<string, unknown>;
      /** What was hit. */
      facility?: string;
      /** Where the facility is listed, such as osm:way/1. */
      facility_ref?: string;
      /** Whether it still does its work. */
      functional_status?: 'functional' | 'partially_functional' | 'non_functional' | 'repaired' | 'unknown';
      /** Kind of facility. */
      infrastructure?: 'residential' | 'health' | 'education' | 'energy' | 'water_sanitation' | 'port' | 'vessel' | 'rail' | 'road_bridge' | 'airport' | 'postal' | 'telecom' | 'food_storage' | 'agriculture' | 'industrial' | 'commercial' | 'government' | 'cultural' | 'religious' | 'humanitarian' | 'emergency_services' | 'media' | 'dangerous_forces' | 'nuclear' | 'environment' | 'military' | 'other' | 'unknown';
      /** Which of the sources says so, counted from 0. */
      source?: number;
    })[];
    /** Most likely number of injured. */
    injured_best?: number;
    /** Most injured reported. */
    injured_high?: number;
    /** Fewest injured reported. */
    injured_low?: number;
    /** BCP 47 tag of texts that do not tell their language. */
    language?: string;
    /** Licence of the record; an SPDX name where there is one. */
    license?: string;
    /** Name of the place. */
    location?: string;
    /** How the place was found. */
    location_method?: 'gps' | 'satellite_match' | 'street_match' | 'facility_match' | 'gazetteer' | 'admin_centroid' | 'reporter_pin' | 'imported';
    /** Radius in meters that holds the true place with 95 %. */
    location_radius_m?: number;
    /** How the place is shown to the public. */
    masking?: {
      /** How coarse the public form is. */
      level?: 'exact' | 'cell_0.01' | 'cell_0.1' | 'cell_1' | 'admin2' | 'admin1' | 'country' | 'hidden';
    };
    /** Ids of the incidents that were merged into this one. */
    merged_from?: string[];
    /** Id of the incident this one was merged into. */
    merged_into?: string;
    /** Where the record stands in its life. */
    record_status?: 'draft' | 'submitted' | 'in_review' | 'published' | 'embargoed' | 'withdrawn' | 'merged';
    /** When this revision was recorded. */
    recorded_at?: string;
    /** Who recorded it. */
    recorded_by?: string;
    /** false keeps the record out of every public answer. */
    redistributable?: boolean;
    /** How often it has been revised. */
    revision?: number;
    /** Names of this incident elsewhere: source, colon, its id. */
    same_as?: string[];
    /** Sensitivity, as OCHA grades it. */
    sensitivity?: 'low' | 'moderate' | 'high' | 'severe';
    /** Who says so. */
    sources?: (string | {
      archived_url?: string;
      /** Admiralty code of the information, 1 to 6. */
      credibility?: number;
      extra?: Record<string, unknown>;
      /** Licence of the source. */
      license?: string;
      /** Name of the source. */
      name?: string;
      /** When it was published. */
      published_at?: string;
      /** Admiralty code of the source, A to F. */
      reliability?: 'A' | 'B' | 'C' | 'D' | 'E' | 'F';
      sha256?: string;
      /** Kind of source; an open list. */
      type?: string;
      url?: string;
    })[];
    /** Finer kind; an open list. */
    sub_event_type?: string;
    /** Words to find it by. */
    tags?: string[];
    /** What happened, in a line. */
    title?: Record<string, string>;
    /** How far it has been verified. */
    verification?: 'unverified' | 'under_review' | 'partially_verified' | 'verified' | 'disputed' | 'false_or_misleading';
    /** UCDP's code of place precision. */
    where_prec?: number;
  };
  type: 'Feature';
};

export type IncidentCollection = {
  /** How to cite the answer; add the day of reading */
  citation?: string;
  features: Incident[];
  links?: Link[];
  numberMatched?: number;
  numberReturned?: number;
  /** What the answer was made from: asked again with `snapshot`, it is the same for ever */
  snapshot?: string;
  /** Not in answers to `snapshot` */
  timeStamp?: string;
  type: 'FeatureCollection';
};

export type Link = {
  href: string;
  rel: string;
  title?: string;
  type?: string;
};

export type Measured = {
  accuracy_m?: number;
  azimuth_deg?: number | null;
  country?: string;
  distance_high_m?: number;
  distance_low_m?: number;
  distance_m?: number | null;
  kind?: 'land' | 'river-or-lake' | 'maritime';
  name?: string;
  nearest_point?: number[] | null;
  side?: 'inside' | 'outside' | 'uncertain';
  /** Negative inside */
  signed_distance_m?: number;
  to?: string;
};

export type Problem = {
  detail?: string;
  status: number;
  title: string;
  type: string;
};

/** An RFC 3161 timestamp, or why it is none */
export type Timestamp = {
  at?: string;
  digest?: string;
  imprint?: string;
  policy?: string;
  /** Why it does not hold */
  problem?: string;
  serial?: string;
  /** `by_its_certificate`, or an object that says why it was not checked */
  signed?: unknown;
  signer?: string | null;
  /** All of it for people */
  words?: string;
};

/** The parameters that each operation takes in its query. */
export interface Queries {
  landing: 'f';
  api: 'f';
  borderSets: 'f';
  measure: 'lon' | 'lat' | 'to' | 'radius_m' | 'borders' | 'view' | 'on' | 'spread' | 'f';
  measureMany: 'to' | 'radius_m' | 'borders' | 'view' | 'on' | 'f';
  checkpoint: never;
  checkpointExtension: 'size' | 'f';
  collections: 'f';
  borderDistances: 'f';
  findBorderDistances: 'bbox' | 'datetime' | 'country' | 'event-type' | 'sub-event-type' | 'infrastructure' | 'damage' | 'verification' | 'q' | 'cell' | 'filter' | 'filter-lang' | 'filter-crs' | 'territory' | 'within-km' | 'certainty' | 'include-inside' | 'limit' | 'cursor' | 'as-of' | 'snapshot' | 'f' | 'crs' | 'bbox-crs';
  getBorderDistance: 'as-of' | 'snapshot' | 'f' | 'crs';
  borderDistanceQueryables: 'f';
  borderDistanceSchema: 'f';
  facilities: 'f';
  findFacilities: 'bbox' | 'datetime' | 'within-km' | 'of' | 'certainty' | 'include-inside' | 'country' | 'event-type' | 'event_type' | 'sub-event-type' | 'sub_event_type' | 'infrastructure' | 'damage' | 'verification' | 'q' | 'cell' | 'filter' | 'filter-lang' | 'filter-crs' | 'kind' | 'layer' | 'near-incidents-m' | 'limit' | 'cursor' | 'f' | 'crs' | 'bbox-crs';
  getFacility: 'f' | 'crs';
  facilityQueryables: 'f';
  facilitySchema: 'f';
  impacts: 'f';
  findImpacts: 'bbox' | 'datetime' | 'within-km' | 'of' | 'certainty' | 'include-inside' | 'country' | 'event-type' | 'event_type' | 'sub-event-type' | 'sub_event_type' | 'infrastructure' | 'damage' | 'verification' | 'q' | 'cell' | 'filter' | 'filter-lang' | 'filter-crs' | 'limit' | 'cursor' | 'as-of' | 'snapshot' | 'f' | 'crs' | 'bbox-crs';
  getImpact: 'as-of' | 'snapshot' | 'f' | 'crs';
  impactQueryables: 'f';
  impactSchema: 'f';
  incidents: 'f' | 'lang';
  aggregateIncidents: 'bbox' | 'datetime' | 'within-km' | 'of' | 'certainty' | 'include-inside' | 'country' | 'event-type' | 'event_type' | 'sub-event-type' | 'sub_event_type' | 'infrastructure' | 'damage' | 'verification' | 'q' | 'cell' | 'filter' | 'filter-lang' | 'filter-crs' | 'by' | 'as-of' | 'snapshot' | 'f';
  incidentChanges: 'bbox' | 'datetime' | 'within-km' | 'of' | 'certainty' | 'include-inside' | 'country' | 'event-type' | 'event_type' | 'sub-event-type' | 'sub_event_type' | 'infrastructure' | 'damage' | 'verification' | 'q' | 'cell' | 'filter' | 'filter-lang' | 'filter-crs' | 'since' | 'limit' | 'f';
  findDuplicates: 'bbox' | 'datetime' | 'within-km' | 'of' | 'certainty' | 'include-inside' | 'country' | 'event-type' | 'event_type' | 'sub-event-type' | 'sub_event_type' | 'infrastructure' | 'damage' | 'verification' | 'q' | 'cell' | 'filter' | 'filter-lang' | 'filter-crs' | 'score' | 'limit' | 'f';
  findIncidents: 'bbox' | 'datetime' | 'within-km' | 'of' | 'certainty' | 'include-inside' | 'country' | 'event-type' | 'event_type' | 'sub-event-type' | 'sub_event_type' | 'infrastructure' | 'damage' | 'verification' | 'q' | 'cell' | 'filter' | 'filter-lang' | 'filter-crs' | 'sortby' | 'limit' | 'cursor' | 'as-of' | 'snapshot' | 'f' | 'bom' | 'hxl' | 'profile' | 'lang' | 'crs' | 'bbox-crs' | 'properties' | 'title' | 'date_start' | 'date_end' | 'territory' | 'deaths_low' | 'deaths_best' | 'deaths_high' | 'description' | 'date_precision' | 'event_type_source' | 'actor1' | 'actor2' | 'attribution' | 'civilian_targeting' | 'location' | 'admin1' | 'admin2' | 'admin3' | 'admin1_pcode' | 'admin2_pcode' | 'location_radius_m' | 'location_method' | 'geo_precision' | 'where_prec' | 'injured_low' | 'injured_best' | 'injured_high' | 'sensitivity' | 'same_as' | 'tags' | 'language' | 'license' | 'revision' | 'recorded_at' | 'recorded_by';
  createIncident: never;
  withdrawIncident: never;
  getIncident: 'of' | 'as-of' | 'snapshot' | 'f' | 'lang' | 'crs' | 'properties';
  updateIncident: never;
  replaceIncident: never;
  findFacilitiesNear: 'within-m' | 'kind' | 'layer' | 'limit' | 'f' | 'crs';
  incidentHistory: 'f';
  incidentProof: 'f';
  drawIncident: 'of' | 'size' | 'theme' | 'lang' | 'as-of' | 'snapshot';
  unmergeIncident: never;
  mergeIncident: never;
  queryables: 'f';
  schema: 'f';
  incidentTilesets: 'bbox' | 'datetime' | 'within-km' | 'of' | 'certainty' | 'include-inside' | 'country' | 'event-type' | 'event_type' | 'sub-event-type' | 'sub_event_type' | 'infrastructure' | 'damage' | 'verification' | 'q' | 'cell' | 'filter' | 'filter-lang' | 'filter-crs' | 'as-of' | 'snapshot' | 'f';
  incidentTileset: 'bbox' | 'datetime' | 'within-km' | 'of' | 'certainty' | 'include-inside' | 'country' | 'event-type' | 'event_type' | 'sub-event-type' | 'sub_event_type' | 'infrastructure' | 'damage' | 'verification' | 'q' | 'cell' | 'filter' | 'filter-lang' | 'filter-crs' | 'as-of' | 'snapshot' | 'f';
  incidentTileJson: 'bbox' | 'datetime' | 'within-km' | 'of' | 'certainty' | 'include-inside' | 'country' | 'event-type' | 'event_type' | 'sub-event-type' | 'sub_event_type' | 'infrastructure' | 'damage' | 'verification' | 'q' | 'cell' | 'filter' | 'filter-lang' | 'filter-crs' | 'as-of' | 'snapshot' | 'f';
  incidentTile: 'bbox' | 'datetime' | 'within-km' | 'of' | 'certainty' | 'include-inside' | 'country' | 'event-type' | 'event_type' | 'sub-event-type' | 'sub_event_type' | 'infrastructure' | 'damage' | 'verification' | 'q' | 'cell' | 'filter' | 'filter-lang' | 'filter-crs' | 'as-of' | 'snapshot';
  territories: 'f';
  findTerritories: 'bbox' | 'datetime' | 'filter' | 'filter-lang' | 'filter-crs' | 'borders' | 'limit' | 'cursor' | 'skipGeometry' | 'f' | 'crs' | 'bbox-crs';
  getTerritory: 'borders' | 'skipGeometry' | 'f' | 'crs';
  territoryQueryables: 'f';
  territorySchema: 'f';
  territoryTilesets: 'f';
  territoryTileset: 'f';
  territoryTileJson: 'f';
  territoryTile: never;
  conformance: 'f';
  withheld: 'bbox' | 'datetime' | 'within-km' | 'of' | 'certainty' | 'include-inside' | 'country' | 'event-type' | 'event_type' | 'sub-event-type' | 'sub_event_type' | 'infrastructure' | 'damage' | 'verification' | 'q' | 'cell' | 'filter' | 'filter-lang' | 'filter-crs' | 'limit' | 'cursor' | 'f';
  getForDesk: 'f';
  historyForDesk: 'f';
  listEvidence: 'limit' | 'cursor' | 'f';
  addEvidence: 'file' | 'sha256';
  removeEvidence: never;
  getEvidence: 'f';
  getEvidenceContent: never;
  addTimestamp: never;
  functions: 'f';
  findPlaces: 'q' | 'country' | 'near' | 'limit' | 'f';
  nearestPlaces: 'lon' | 'lat' | 'limit' | 'f';
  health: 'f';
  imports: 'limit' | 'f';
  importFile: 'on-error' | 'dry-run' | 'preview' | 'explain' | 'file' | 'source' | 'format' | 'profile' | 'map' | 'fix' | 'date-order' | 'restore' | 'mends';
  takeBackImport: 'dry-run';
  getImport: 'f';
  getRefused: 'limit' | 'f';
  live: 'bbox' | 'datetime' | 'within-km' | 'of' | 'certainty' | 'include-inside' | 'country' | 'event-type' | 'event_type' | 'sub-event-type' | 'sub_event_type' | 'infrastructure' | 'damage' | 'verification' | 'q' | 'cell' | 'filter' | 'filter-lang' | 'filter-crs' | 'since';
  drawIncidents: 'bbox' | 'datetime' | 'within-km' | 'of' | 'certainty' | 'include-inside' | 'country' | 'event-type' | 'event_type' | 'sub-event-type' | 'sub_event_type' | 'infrastructure' | 'damage' | 'verification' | 'q' | 'cell' | 'filter' | 'filter-lang' | 'filter-crs' | 'size' | 'theme' | 'lang' | 'as-of' | 'snapshot';
  metrics: never;
  ready: 'f';
  tileMatrixSets: 'f';
  webMercatorQuad: 'f';
  incidentTileXyz: 'bbox' | 'datetime' | 'within-km' | 'of' | 'certainty' | 'include-inside' | 'country' | 'event-type' | 'event_type' | 'sub-event-type' | 'sub_event_type' | 'infrastructure' | 'damage' | 'verification' | 'q' | 'cell' | 'filter' | 'filter-lang' | 'filter-crs' | 'as-of' | 'snapshot';
  territoryTileXyz: never;
}

