//! Makes a border set of a GeoJSON or TopoJSON file: bytes to bytes, the same ones every time.
//!
//! Positions become whole steps of 1e-7 degrees; nothing is simplified. Edges of different territories that have the same
//! two ends are one edge; runs of edges between the same neighbors become arcs. Then each arc learns
//! who lies on its two sides, by asking who holds its middle, so that overlapping claims are known as such.
//!
//! Edges along the antimeridian, at a pole, and along the parallel where Web Mercator ends (85.0511°) are cuts that map
//! files need and no borders: they count neither for distance nor for "inside". So Antarctica, cut off there in every
//! OpenStreetMap extract, reaches to the pole.
//!
//! Cost: some seconds and some hundred megabytes for the world.

use std::collections::HashMap;

use rayon::prelude::*;
use serde::Deserialize;
use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::accuracy;
use crate::contain::{Cells, Tangled};
use crate::edge::Edge;
use crate::format::{
    Chart, ChartArc, ChartRing, HALF_TURN, Kind, MOST_SIDES, QUARTER_TURN, STEPS_PER_DEGREE, SetInfo, encode,
};
use crate::ground::Ground;
use crate::interned::Interned;
use crate::territory::{MOST_TERRITORIES, Mask, Territory, TerritoryId, known_territories};

/// Why a file does not make a border set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// The bytes are not JSON of the expected shape.
    #[error("not a {format}: {problem}")]
    NotReadable {
        /// What it should have been.
        format: &'static str,
        /// What the JSON reader says, with line and column.
        problem: String,
    },
    /// A feature has no code.
    #[error(
        "feature {index} has no code: none of the properties {looked_for}, and no id; name the property that holds it (--code)"
    )]
    NoCode {
        /// Its place in the file, from 0.
        index: usize,
        /// The properties that would have held it.
        looked_for: String,
    },
    /// A geometry without area.
    #[error(
        "{at}: a {geometry} has no inside; a territory is a Polygon, a MultiPolygon or a collection of them. Close a line \
         into an area, or buffer it"
    )]
    NoArea {
        /// Whose.
        at: Place,
        /// The type found.
        geometry: String,
    },
    /// Coordinates that are no rings of positions.
    #[error("{at}: its coordinates are not those of a {geometry}: {problem}")]
    BadCoordinates {
        /// Whose.
        at: Place,
        /// The type that they should fit.
        geometry: String,
        /// What the JSON reader says.
        problem: String,
    },
    /// A position that is not on the globe.
    #[error("{at}: the position {position} is off the globe{}", remedy(.swapped))]
    OffTheGlobe {
        /// Where.
        at: Place,
        /// As read.
        position: String,
        /// Whether it is on the globe with longitude and latitude exchanged.
        swapped: bool,
    },
    /// More borders cross in one place than can be told apart.
    #[error(
        "its borders are tangled: more than 16 different ones meet in one place, or far too many lie close together"
    )]
    Tangled,
    /// A ring that does not end where it began.
    #[error(
        "{at} is not closed: it begins at {first} and ends at {last}. A ring repeats its first position at its end \
         (RFC 7946 §3.1.6)"
    )]
    BadRing {
        /// Which.
        at: Place,
        /// Its first position.
        first: String,
        /// Its last position.
        last: String,
    },
    /// An arc that is referred to and not there.
    #[error("{at} refers to an arc that is not in the file")]
    NoSuchArc {
        /// Whose ring.
        at: Place,
    },
    /// More than a set may have.
    #[error("{found} {what} are more than the {most} that a set may have")]
    TooMany {
        /// `territories`, or `combinations of overlapping territories`.
        what: &'static str,
        /// As many were found.
        found: usize,
        /// As many are allowed.
        most: usize,
    },
    /// No territory at all.
    #[error("the file has no territory: no feature with a polygon")]
    Empty,
}

fn remedy(swapped: &bool) -> &'static str {
    if *swapped { ": longitude comes first, as in GeoJSON; these look exchanged" } else { "" }
}

/// Where in a file something is: `feature 3 (ROU), polygon 0, ring 1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The feature's place in the file, from 0.
    pub feature: usize,
    /// Its code.
    pub code: String,
    /// Polygon and ring, from 0; ring 0 is the exterior.
    pub ring: Option<[usize; 2]>,
}

impl Place {
    fn ring(&self, polygon: usize, ring: usize) -> Self {
        Self { ring: Some([polygon, ring]), ..self.clone() }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "feature {} ({})", self.feature, self.code)?;
        match self.ring {
            Some([polygon, ring]) => write!(f, ", polygon {polygon}, ring {ring}"),
            None => Ok(()),
        }
    }
}

/// How a GeoJSON file is to be understood.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The property that holds a territory's code; when none is named, the first of `isoA3`, `iso_a3`, `ISO_A3`,
    /// `ADM0_A3`, `A3`, `code`, the id of the feature, or `name`.
    pub code: Option<String>,
    /// What a border is where only one territory ends: `maritime` for a file of coastlines.
    pub outer: Kind,
}

impl Default for Reading {
    fn default() -> Self {
        Self { code: None, outer: Kind::Land }
    }
}

impl Reading {
    /// Builds a set from a FeatureCollection of territories.
    ///
    /// A code that ISO 3166-1 knows brings its English name and its sovereign with it; any other takes the properties `name` and
    /// `sovereign`, where they are text. Features of one code are one territory.
    ///
    /// # Errors
    ///
    /// [`BuildError`] says which feature and ring is at fault, and what to do.
    pub fn build(&self, bytes: &[u8], info: SetInfo) -> Result<Vec<u8>, BuildError> {
        Ok(encode(&self.chart(bytes, info)?))
    }

    pub(crate) fn chart(&self, bytes: &[u8], info: SetInfo) -> Result<Chart, BuildError> {
        let outer = |_: &Edge, owners| if owners == 1 { self.outer } else { Kind::Land };
        assemble(self.read(bytes)?, info, &outer)
    }
}

/// A territory's polygons: rings of positions in steps, the first of each polygon its exterior.
pub(crate) type Polygons = Vec<Vec<Vec<[i32; 2]>>>;

/// Decides what a border is on the ground, from an edge and the number of territories that end there.
pub(crate) type KindOf<'a> = dyn Fn(&Edge, usize) -> Kind + Sync + 'a;

/// A stretch shorter than this between two stretches of one other kind is of that kind too, in meters: a river that is
/// not drawn as an area under a bridge is still that river.
const SHORTEST_STRETCH: f64 = 300.0;

/// Builds a set from a GeoJSON FeatureCollection of territories, with the readings of [`Reading::default`].
///
/// # Errors
///
/// [`BuildError`] names the territory at fault.
pub fn build_from_geojson(bytes: &[u8], info: SetInfo) -> Result<Vec<u8>, BuildError> {
    Reading::default().build(bytes, info)
}

/// Builds a set from a TopoJSON file whose object `countries` has numeric ISO codes as ids, such as `world-atlas`.
///
/// # Errors
///
/// [`BuildError`] names the territory at fault.
pub fn build_from_topojson(bytes: &[u8], info: SetInfo) -> Result<Vec<u8>, BuildError> {
    Ok(encode(&assemble(read_topojson(bytes)?, info, &|_, _| Kind::Land)?))
}

/// Builds the coarse set from `countries-10m.json` of npm `world-atlas` 2.0.2.
///
/// # Errors
///
/// [`BuildError`] names the territory at fault.
pub fn build_natural_earth(countries: &[u8]) -> Result<Vec<u8>, BuildError> {
    // Land without territorial seas: where only one ends, the sea begins.
    let kind = |_: &Edge, owners| if owners == 1 { Kind::Maritime } else { Kind::Land };
    Ok(encode(&assemble(read_topojson(countries)?, natural_earth_info(), &kind)?))
}

/// Builds the default set from `borders.geo.json` of npm `@osm_borders/maritime_10m` 1.1.0; `map.geo.json` of npm
/// `@geo-maps/earth-waterbodies-10m` 0.6.0 tells land, inland water and sea apart, and `map.geo.json` of npm
/// `@geo-maps/countries-maritime-10m` 0.6.0, an older edition of the borders, how accurate each stretch is.
///
/// # Errors
///
/// [`BuildError`] names the territory at fault.
pub fn build_osm_maritime(borders: &[u8], waters: &[u8], older: &[u8]) -> Result<Vec<u8>, BuildError> {
    let ground = Ground::of_waters(&read_waters(waters)?)?;
    let chart =
        |file| assemble(Reading::default().read(file)?, osm_maritime_info(), &|edge, _| ground.under(edge));
    let (mut chart, older) = (chart(borders)?, chart(older)?);
    accuracy::estimate(&mut chart, &older, osm_floor_m);
    Ok(encode(&chart))
}

/// The least accuracy that is claimed for a stretch of OpenStreetMap's borders, in meters. Both editions are traced
/// from images and simplified to 10 m, and may err together; a river moves, and its middle is a matter of opinion; a
/// limit at sea follows from a coast.
pub(crate) fn osm_floor_m(kind: Kind, codes: &[&str]) -> f64 {
    match kind {
        Kind::Land if !codes.iter().any(|code| ["MDA", "ROU", "UKR"].contains(code)) => 50.0,
        _ => 200.0,
    }
}

pub(crate) fn osm_maritime_info() -> SetInfo {
    SetInfo {
        name: "osm-maritime-10m".into(),
        version: "1.1.0".into(),
        title: "OpenStreetMap borders with territorial seas, 10 m".into(),
        licence: "ODbL-1.0".into(),
        attribution: "© OpenStreetMap contributors".into(),
        origin: "npm @osm_borders/maritime_10m 1.1.0, borders.geo.json, \
                 SHA-256 a1aaf348a83087e9c210fc673a2226c0193aa41178b0ea53b4f79460d76eb7e4; \
                 kind by npm @geo-maps/earth-waterbodies-10m 0.6.0"
            .into(),
        accuracy_m: 500.0,
        accuracy_method: "Each stretch: the 95th percentile of how far this edition and npm \
                          @geo-maps/countries-maritime-10m 0.6.0 (2017) lie apart, sampled every 500 m along both; at least 50 m on \
                          land, 200 m on rivers, at sea, and on every line of Ukraine, Romania and Moldova; at most 2 000 m, \
                          and then unsettled. Elsewhere: an estimate."
            .into(),
        valid_from: None,
        valid_to: None,
        world_view: "all claims".into(),
        edge_model: "rfc7946".into(),
    }
}

fn natural_earth_info() -> SetInfo {
    SetInfo {
        name: "natural-earth-10m".into(),
        version: "2.0.2".into(),
        title: "Natural Earth 1:10m countries".into(),
        licence: "public domain".into(),
        attribution: "Made with Natural Earth".into(),
        origin: "npm world-atlas 2.0.2, countries-10m.json".into(),
        accuracy_m: 4_000.0,
        accuracy_method:
            "an estimate for the whole set; docs/borders.md compares it with OpenStreetMap's lines".into(),
        valid_from: None,
        valid_to: None,
        world_view: "de facto".into(),
        edge_model: "rfc7946".into(),
    }
}

// ---- From territories to arcs ----

pub(crate) fn assemble(
    mut territories: Vec<(Territory, Polygons)>,
    info: SetInfo,
    kind_of: &KindOf,
) -> Result<Chart, BuildError> {
    territories.sort_by(|a, b| a.0.code.cmp(&b.0.code));
    territories.dedup_by(|later, kept| {
        let same = later.0.code == kept.0.code;
        if same {
            kept.1.append(&mut later.1);
        }
        same
    });
    if territories.iter().all(|(_, polygons)| polygons.is_empty()) {
        return Err(BuildError::Empty);
    }
    if territories.len() > MOST_TERRITORIES {
        let (what, found) = ("territories", territories.len());
        return Err(BuildError::TooMany { what, found, most: MOST_TERRITORIES });
    }
    let mut net = Net::of(&territories);
    net.put_kinds(&territories, kind_of);
    let (chains, rings) = net.chains(&territories);
    let chart = net.chart(territories.into_iter().map(|(t, _)| t).collect(), info, chains, rings)?;
    if chart.sides.len() > MOST_SIDES {
        let (what, found) = ("combinations of overlapping territories", chart.sides.len());
        return Err(BuildError::TooMany { what, found, most: MOST_SIDES });
    }
    Ok(chart)
}

/// All edges, each once, with what crossing them changes.
struct Net {
    /// Sorted; a vertex is known by its place here.
    vertices: Vec<[i32; 2]>,
    /// Sorted pairs of vertices.
    edges: Vec<[u32; 2]>,
    /// For each edge its place in `changes`.
    change: Vec<u32>,
    kind: Vec<Kind>,
    changes: Vec<Mask>,
}

impl Net {
    fn of(territories: &[(Territory, Polygons)]) -> Self {
        let mut vertices: Vec<[i32; 2]> = territories
            .iter()
            .flat_map(|(_, polygons)| polygons.iter().flatten().flatten())
            .copied()
            .collect();
        vertices.par_sort_unstable();
        vertices.dedup();
        let mut net =
            Self { vertices, edges: Vec::new(), change: Vec::new(), kind: Vec::new(), changes: Vec::new() };
        let mut owned: Vec<([u32; 2], u16)> = Vec::new();
        for (id, (_, polygons)) in territories.iter().enumerate() {
            for ring in polygons.iter().flatten() {
                let ring: Vec<u32> = ring.iter().map(|point| net.vertex(point)).collect();
                owned.extend(ring.windows(2).map(|pair| (ordered(pair[0], pair[1]), id as u16)));
            }
        }
        owned.par_sort_unstable();
        net.put_edges(&owned);
        net.kind = vec![Kind::Land; net.edges.len()];
        net
    }

    /// Decides the kind of each edge by itself, then mends what is too short to be true along each run.
    fn put_kinds(&mut self, territories: &[(Territory, Polygons)], kind_of: &KindOf) {
        let (chains, _) = self.chains(territories);
        let owners: Vec<usize> = self.changes.iter().map(|change| change.ids().count()).collect();
        let change = self.edges.par_iter().zip(&self.change);
        self.kind =
            change.map(|(edge, change)| kind_of(&self.curve(*edge), owners[*change as usize])).collect();
        for chain in &chains {
            let edges: Vec<usize> = chain.windows(2).map(|pair| self.edge(pair[0], pair[1])).collect();
            let mut stretches: Vec<(Kind, &[usize])> = Vec::new();
            for same in edges.chunk_by(|a, b| self.kind[*a] == self.kind[*b]) {
                stretches.push((self.kind[same[0]], same));
            }
            for i in 1..stretches.len().saturating_sub(1) {
                let around = stretches[i - 1].0;
                let length: f64 =
                    stretches[i].1.iter().map(|edge| self.curve(self.edges[*edge]).longest()).sum();
                if around == stretches[i + 1].0 && length < SHORTEST_STRETCH {
                    stretches[i].0 = around;
                    for edge in stretches[i].1 {
                        self.kind[*edge] = around;
                    }
                }
            }
        }
    }

    fn put_edges(&mut self, owned: &[([u32; 2], u16)]) {
        let mut changes = Interned::default();
        for same in owned.chunk_by(|a, b| a.0 == b.0) {
            let edge = same[0].0;
            // Who has the edge twice has land on both its sides: no border of his.
            let mut change = Mask::default();
            if !is_cut(self.vertices[edge[0] as usize], self.vertices[edge[1] as usize]) {
                for (_, id) in same {
                    change = change.xor(&Mask::of([TerritoryId(*id)]));
                }
            }
            self.edges.push(edge);
            self.change.push(changes.put(change));
        }
        self.changes = changes.list;
    }

    fn vertex(&self, point: &[i32; 2]) -> u32 {
        self.vertices.binary_search(point).expect("every position of every ring is in the list") as u32
    }

    fn edge(&self, a: u32, b: u32) -> usize {
        self.edges.binary_search(&ordered(a, b)).expect("every edge of every ring is in the list")
    }

    fn curve(&self, edge: [u32; 2]) -> Edge {
        Edge::new(self.vertices[edge[0] as usize], self.vertices[edge[1] as usize])
    }

    /// The vertices where more than two edges meet, or two of different nature.
    fn junctions(&self) -> Vec<bool> {
        let mut degree = vec![0u32; self.vertices.len()];
        let mut nature = vec![None; self.vertices.len()];
        let mut junction = vec![false; self.vertices.len()];
        for (i, edge) in self.edges.iter().enumerate() {
            for vertex in edge.map(|v| v as usize) {
                degree[vertex] += 1;
                let here = (self.change[i], self.kind[i]);
                if *nature[vertex].get_or_insert(here) != here {
                    junction[vertex] = true;
                }
            }
        }
        for (junction, degree) in junction.iter_mut().zip(degree) {
            *junction |= degree != 2;
        }
        junction
    }

    /// Runs of edges between junctions, each once, and for each territory its rings as references to them.
    fn chains(&self, territories: &[(Territory, Polygons)]) -> (Vec<Vec<u32>>, Vec<Vec<ChartRing>>) {
        let junction = self.junctions();
        let mut chain_of = vec![u32::MAX; self.edges.len()];
        let mut chains: Vec<Vec<u32>> = Vec::new();
        let mut all = Vec::with_capacity(territories.len());
        for (_, polygons) in territories {
            let mut rings = Vec::new();
            for polygon in polygons {
                for (i, ring) in polygon.iter().enumerate() {
                    let ring: Vec<u32> = ring[1..].iter().map(|point| self.vertex(point)).collect();
                    let mut arcs = Vec::new();
                    for run in runs(ring, &junction) {
                        let first = self.edge(run[0], run[1]);
                        if chain_of[first] == u32::MAX {
                            for pair in run.windows(2) {
                                chain_of[self.edge(pair[0], pair[1])] = chains.len() as u32;
                            }
                            arcs.push(2 * chains.len() as u32);
                            chains.push(run);
                        } else {
                            let known = chain_of[first];
                            let forwards = chains[known as usize][..2] == run[..2];
                            arcs.push(2 * known + u32::from(!forwards));
                        }
                    }
                    rings.push(ChartRing { exterior: i == 0, arcs });
                }
            }
            all.push(rings);
        }
        (chains, all)
    }

    fn chart(
        &self,
        territories: Vec<Territory>,
        info: SetInfo,
        chains: Vec<Vec<u32>>,
        rings: Vec<Vec<ChartRing>>,
    ) -> Result<Chart, BuildError> {
        let ends = |edge: &[u32; 2]| (self.vertices[edge[0] as usize], self.vertices[edge[1] as usize]);
        let borders = self
            .edges
            .iter()
            .zip(&self.change)
            .filter(|(_, change)| !self.changes[**change as usize].is_empty());
        let cells = Cells::of_edges(
            borders.map(|(edge, change)| (ends(edge).0, ends(edge).1, *change)),
            &self.changes,
        )
        .map_err(|Tangled| BuildError::Tangled)?;
        let mut sides = Interned::default();
        let mut side = |mask: Mask| sides.put(mask) as u16;
        // Nobody's is the first.
        side(Mask::default());
        let mut points = Vec::new();
        let mut arcs = Vec::with_capacity(chains.len());
        for chain in &chains {
            let start = points.len() as u32;
            points.extend(chain.iter().map(|vertex| self.vertices[*vertex as usize]));
            let middle = chain.len() / 2 - 1;
            let edge = self.edge(chain[middle], chain[middle + 1]);
            let change = &self.changes[self.change[edge] as usize];
            let (mut left, mut right) = (0, 0);
            if !change.is_empty() {
                let (a, b) = (points[start as usize + middle], points[start as usize + middle + 1]);
                let north = *cells.north_of_edge(a, b);
                let south = north.xor(change);
                let (on_left, on_right) = if goes_east(a, b) { (north, south) } else { (south, north) };
                (left, right) = (side(on_left), side(on_right));
            }
            arcs.push(ChartArc {
                start,
                len: chain.len() as u32,
                left,
                right,
                kind: self.kind[edge],
                stretch: 0,
            });
        }
        Ok(Chart { info, territories, stretches: Vec::new(), sides: sides.list, points, arcs, rings })
    }
}

/// Whether north lies to the left of an edge; for one along a meridian, whether east does.
fn goes_east(a: [i32; 2], b: [i32; 2]) -> bool {
    let mut east = i64::from(b[0]) - i64::from(a[0]);
    if east.abs() > i64::from(HALF_TURN) {
        east = -east;
    }
    if east == 0 { b[1] < a[1] } else { east > 0 }
}

/// Cuts a ring (its last position is its first, which is not repeated) at junctions; a ring without any begins at its least
/// vertex, so that all who share it agree.
fn runs(mut ring: Vec<u32>, junction: &[bool]) -> Vec<Vec<u32>> {
    let first_junction = ring.iter().position(|vertex| junction[*vertex as usize]);
    let least = || (0..ring.len()).min_by_key(|i| ring[*i]).unwrap_or(0);
    let start = first_junction.unwrap_or_else(least);
    ring.rotate_left(start);
    ring.push(ring[0]);
    let mut runs = Vec::new();
    let mut run = vec![ring[0]];
    for vertex in &ring[1..] {
        run.push(*vertex);
        if junction[*vertex as usize] {
            runs.push(std::mem::replace(&mut run, vec![*vertex]));
        }
    }
    if run.len() > 1 {
        runs.push(run);
    }
    runs
}

/// Whether an edge closes a ring where the map is cut, and no territory ends.
fn is_cut(a: [i32; 2], b: [i32; 2]) -> bool {
    // Within 10 m of the antimeridian, and going along it: rounding draws some of these lines askew.
    let beside_antimeridian = |p: [i32; 2]| p[0].abs() >= HALF_TURN - 1_000;
    let (east, north) = (i64::from(a[0]) - i64::from(b[0]), i64::from(a[1]) - i64::from(b[1]));
    let turned = east.abs().min(2 * i64::from(HALF_TURN) - east.abs());
    let on_antimeridian = beside_antimeridian(a) && beside_antimeridian(b) && 10 * turned <= north.abs();
    let at_pole = a[1] == b[1] && a[1].abs() == QUARTER_TURN;
    // Where Web Mercator ends; files round it to 85.05 or 85.0511287.
    let at_sheet_edge = |p: [i32; 2]| (850_500_000..=850_512_000).contains(&p[1].abs());
    let wide = east.abs() >= 10_000_000;
    on_antimeridian || at_pole || (at_sheet_edge(a) && at_sheet_edge(b) && wide)
}

fn ordered(a: u32, b: u32) -> [u32; 2] {
    [a.min(b), a.max(b)]
}

// ---- Reading GeoJSON ----

#[derive(Deserialize)]
struct Collection<'a> {
    #[serde(borrow)]
    features: Vec<Feature<'a>>,
}

#[derive(Deserialize)]
struct Feature<'a> {
    id: Option<serde_json::Value>,
    properties: Option<serde_json::Map<String, serde_json::Value>>,
    #[serde(borrow)]
    geometry: Option<Geometry<'a>>,
}

#[derive(Deserialize)]
struct Geometry<'a> {
    #[serde(rename = "type")]
    kind: String,
    #[serde(borrow)]
    coordinates: Option<&'a RawValue>,
    #[serde(borrow)]
    geometries: Option<Vec<Geometry<'a>>>,
}

/// The first two numbers of a position.
struct Position([f64; 2]);

impl<'de> Deserialize<'de> for Position {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Numbers;
        impl<'de> Visitor<'de> for Numbers {
            type Value = Position;

            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("a position of two or three numbers")
            }

            fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<Position, S::Error> {
                let short = || serde::de::Error::custom("a position has two numbers");
                let lon = seq.next_element()?.ok_or_else(short)?;
                let lat = seq.next_element()?.ok_or_else(short)?;
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Position([lon, lat]))
            }
        }
        deserializer.deserialize_seq(Numbers)
    }
}

fn not_geojson(problem: serde_json::Error) -> BuildError {
    BuildError::NotReadable { format: "GeoJSON collection of territories", problem: problem.to_string() }
}

impl Reading {
    pub(crate) fn read(&self, bytes: &[u8]) -> Result<Vec<(Territory, Polygons)>, BuildError> {
        let collection: Collection = serde_json::from_slice(bytes).map_err(not_geojson)?;
        let mut territories = Vec::new();
        for (index, feature) in collection.features.iter().enumerate() {
            let code = self.code_of(feature).ok_or_else(|| BuildError::NoCode {
                index,
                looked_for: self.code.clone().unwrap_or_else(|| [&CODES[..], &["name"]].concat().join(", ")),
            })?;
            let mut polygons = Vec::new();
            let at = Place { feature: index, code: code.clone(), ring: None };
            if let Some(geometry) = &feature.geometry {
                put_polygons(&at, geometry, &mut polygons)?;
            }
            territories.push((territory_of(&code, feature), polygons));
        }
        Ok(territories)
    }

    fn code_of(&self, feature: &Feature) -> Option<String> {
        if let Some(property) = &self.code {
            return match feature.properties.as_ref()?.get(property)? {
                serde_json::Value::Number(number) => Some(number.to_string()),
                _ => text_of(feature, property),
            };
        }
        let id = || match feature.id.as_ref()? {
            serde_json::Value::String(id) => Some(id.clone()),
            serde_json::Value::Number(id) => Some(id.to_string()),
            _ => None,
        };
        let named = CODES.into_iter().find_map(|property| text_of(feature, property));
        named.or_else(id).or_else(|| text_of(feature, "name"))
    }
}

/// The properties in which a code is looked for.
const CODES: [&str; 6] = ["isoA3", "iso_a3", "ISO_A3", "ADM0_A3", "A3", "code"];

fn text_of(feature: &Feature, property: &str) -> Option<String> {
    let value = feature.properties.as_ref()?.get(property)?.as_str()?.trim();
    // Natural Earth writes -99 for no code.
    (!value.is_empty() && value != "-99").then(|| value.to_owned())
}

fn territory_of(code: &str, feature: &Feature) -> Territory {
    let mut territory = Territory::of_code(code);
    if territory.iso_a2.is_none() {
        territory.name = text_of(feature, "name").unwrap_or(territory.name);
        territory.sovereign = text_of(feature, "sovereign").unwrap_or(territory.sovereign);
    }
    territory
}

/// A bare geometry whose every polygon is water.
pub(crate) fn read_waters(bytes: &[u8]) -> Result<Polygons, BuildError> {
    let geometry: Geometry = serde_json::from_slice(bytes).map_err(|problem| BuildError::NotReadable {
        format: "GeoJSON geometry of waters",
        problem: problem.to_string(),
    })?;
    let mut polygons = Vec::new();
    put_polygons(&Place { feature: 0, code: "waters".into(), ring: None }, &geometry, &mut polygons)?;
    Ok(polygons)
}

fn put_polygons(at: &Place, geometry: &Geometry, out: &mut Polygons) -> Result<(), BuildError> {
    let raw = || geometry.coordinates.map_or("null", RawValue::get);
    let bad = |problem: serde_json::Error| BuildError::BadCoordinates {
        at: at.clone(),
        geometry: geometry.kind.clone(),
        problem: problem.to_string(),
    };
    let read: Vec<Vec<Vec<Position>>> = match geometry.kind.as_str() {
        "Polygon" => vec![serde_json::from_str(raw()).map_err(bad)?],
        "MultiPolygon" => serde_json::from_str(raw()).map_err(bad)?,
        "GeometryCollection" => {
            for part in geometry.geometries.iter().flatten() {
                put_polygons(at, part, out)?;
            }
            return Ok(());
        }
        other => return Err(BuildError::NoArea { at: at.clone(), geometry: other.into() }),
    };
    for (polygon, read) in read.into_iter().enumerate() {
        let mut rings = Vec::with_capacity(read.len());
        for (ring, positions) in read.into_iter().enumerate() {
            let steps = |Position(degrees): Position| {
                in_steps(degrees).ok_or_else(|| off_the_globe(at.ring(polygon, ring), degrees))
            };
            rings.push(positions.into_iter().map(steps).collect::<Result<_, _>>()?);
        }
        put_polygon(at, polygon, rings, out)?;
    }
    Ok(())
}

fn off_the_globe(at: Place, [lon, lat]: [f64; 2]) -> BuildError {
    let swapped = in_steps([lat, lon]).is_some();
    BuildError::OffTheGlobe { at, position: format!("[{lon}, {lat}]"), swapped }
}

/// A position in whole steps; `None` when it is off the globe.
fn in_steps(degrees: [f64; 2]) -> Option<[i32; 2]> {
    // A number that is not finite is in no range.
    let on_the_globe = degrees[0].abs() <= 180.0 && degrees[1].abs() <= 90.0;
    on_the_globe.then(|| degrees.map(|d| (d * STEPS_PER_DEGREE).round() as i32))
}

/// Puts a polygon whose rings are closed. A ring that has shrunk to a point or a line, as coarse files have them, holds no
/// place and is left out.
fn put_polygon(
    at: &Place,
    polygon: usize,
    rings: Vec<Vec<[i32; 2]>>,
    out: &mut Polygons,
) -> Result<(), BuildError> {
    let mut kept = Vec::with_capacity(rings.len());
    for (i, mut ring) in rings.into_iter().enumerate() {
        if ring.is_empty() || ring.first() != ring.last() {
            let position = |at: Option<&[i32; 2]>| match at {
                Some(steps) => format!("{:?}", steps.map(|steps| f64::from(steps) / STEPS_PER_DEGREE)),
                None => "nothing".into(),
            };
            let (first, last) = (position(ring.first()), position(ring.last()));
            return Err(BuildError::BadRing { at: at.ring(polygon, i), first, last });
        }
        ring.dedup();
        if ring.len() >= 4 {
            kept.push(ring);
        } else if i == 0 {
            return Ok(());
        }
    }
    if !kept.is_empty() {
        out.push(kept);
    }
    Ok(())
}

// ---- Reading TopoJSON ----

#[derive(Deserialize)]
struct Topology {
    transform: Transform,
    arcs: Vec<Vec<Position>>,
    objects: HashMap<String, TopoCollection>,
}

#[derive(Deserialize)]
struct Transform {
    scale: [f64; 2],
    translate: [f64; 2],
}

#[derive(Deserialize)]
struct TopoCollection {
    #[serde(default)]
    geometries: Vec<TopoGeometry>,
}

#[derive(Deserialize)]
struct TopoGeometry {
    #[serde(rename = "type")]
    kind: Option<String>,
    id: Option<String>,
    #[serde(default)]
    properties: TopoProperties,
    arcs: Option<serde_json::Value>,
}

#[derive(Deserialize, Default)]
struct TopoProperties {
    #[serde(default)]
    name: String,
}

fn not_topojson(problem: impl ToString) -> BuildError {
    BuildError::NotReadable { format: "TopoJSON of countries", problem: problem.to_string() }
}

fn read_topojson(bytes: &[u8]) -> Result<Vec<(Territory, Polygons)>, BuildError> {
    let topology: Topology = serde_json::from_slice(bytes).map_err(not_topojson)?;
    let countries =
        topology.objects.get("countries").ok_or_else(|| not_topojson("no object named countries"))?;
    let mut arcs = Vec::with_capacity(topology.arcs.len());
    for (index, arc) in topology.arcs.iter().enumerate() {
        let (mut x, mut y) = (0.0, 0.0);
        let mut points = Vec::with_capacity(arc.len());
        for Position([dx, dy]) in arc {
            (x, y) = (x + dx, y + dy);
            let Transform { scale, translate } = &topology.transform;
            let lon = (x * scale[0] + translate[0]).clamp(-180.0, 180.0);
            let degrees = [lon, y * scale[1] + translate[1]];
            let at = || Place { feature: index, code: "an arc".into(), ring: None };
            points.push(in_steps(degrees).ok_or_else(|| off_the_globe(at(), degrees))?);
        }
        arcs.push(points);
    }
    let mut territories = Vec::new();
    for (feature, geometry) in countries.geometries.iter().enumerate() {
        let territory = territory_of_topology(geometry);
        let at = Place { feature, code: territory.code.clone(), ring: None };
        let bad = || BuildError::NoSuchArc { at: at.clone() };
        let references: Vec<Vec<Vec<i64>>> = match (geometry.kind.as_deref(), &geometry.arcs) {
            (Some("Polygon"), Some(arcs)) => vec![serde_json::from_value(arcs.clone()).map_err(|_| bad())?],
            (Some("MultiPolygon"), Some(arcs)) => serde_json::from_value(arcs.clone()).map_err(|_| bad())?,
            (kind, _) => {
                let geometry = kind.unwrap_or("null").to_owned();
                return Err(BuildError::NoArea { at, geometry });
            }
        };
        let mut polygons = Vec::new();
        for (index, polygon) in references.into_iter().enumerate() {
            let mut rings = Vec::new();
            for ring in polygon {
                rings.push(joined(&ring, &arcs).ok_or_else(bad)?);
            }
            put_polygon(&at, index, rings, &mut polygons)?;
        }
        territories.push((territory, polygons));
    }
    Ok(territories)
}

/// One ring of arcs; `!i` is arc `i` backwards.
fn joined(ring: &[i64], arcs: &[Vec<[i32; 2]>]) -> Option<Vec<[i32; 2]>> {
    let mut points: Vec<[i32; 2]> = Vec::new();
    for reference in ring {
        let arc = arcs.get(usize::try_from(if *reference < 0 { !reference } else { *reference }).ok()?)?;
        points.pop();
        if *reference < 0 {
            points.extend(arc.iter().rev());
        } else {
            points.extend(arc);
        }
    }
    Some(points)
}

/// Natural Earth's areas without a number of their own: whose they are in a set of states. Land that is leased or
/// occupied goes with its state; land that nobody's claim has settled keeps a code from ISO's private range.
const NUMBERLESS: [(&str, &str); 16] = [
    ("Akrotiri", "GBR"),
    ("Ashmore and Cartier Is.", "AUS"),
    ("Baikonur", "KAZ"),
    ("Bajo Nuevo Bank", "COL"),
    ("Clipperton I.", "FRA"),
    ("Coral Sea Is.", "AUS"),
    ("Cyprus U.N. Buffer Zone", "CYP"),
    ("Dhekelia", "GBR"),
    ("Indian Ocean Ter.", "AUS"),
    ("Kosovo", "XKX"),
    ("N. Cyprus", "CYP"),
    ("Scarborough Reef", "XSR"),
    ("Serranilla Bank", "COL"),
    ("Siachen Glacier", "XSG"),
    ("Somaliland", "SOM"),
    ("USNB Guantanamo Bay", "CUB"),
];

fn territory_of_topology(geometry: &TopoGeometry) -> Territory {
    let name = geometry.properties.name.as_str();
    let number: u16 = geometry.id.as_deref().and_then(|id| id.parse().ok()).unwrap_or(0);
    if let Some(known) = known_territories().iter().find(|t| t.number == number && number != 0) {
        return Territory::of_code(known.code);
    }
    let code = NUMBERLESS.iter().find(|(known, _)| *known == name).map(|(_, code)| *code);
    let code = code.unwrap_or(if name == "Spratly Is." { "XSP" } else { name });
    let mut territory = Territory::of_code(code);
    if territory.iso_a2.is_none() {
        territory.name = name.into();
    }
    territory
}
