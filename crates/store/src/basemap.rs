//! Territories as Mapbox vector tiles: the ground on which incidents are shown, without any tile server.
//!
//! Layer `land`: polygons of a coarse set (`code`, `iso_a2`). Layer `borders`: lines between territories and the
//! limits of territorial seas (`kind`, `codes` such as `ROU;UKR`), from the precise set from zoom [`PRECISE_FROM`]
//! on and from the coarse one before. Layer `labels`: one point per territory, well inside its largest
//! polygon (`code`, `iso_a2`, `name`, `rank`: 1 for the largest territories to 6).
//!
//! Lines that are only the end of someone's claim at sea have one code. Coasts are the edges of `land`, and no
//! lines of their own. Cost: a fifth of a second and some 60 MB for the built-in sets, once; then
//! 0.1 to 30 ms a tile.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use fast_mvt::{MvtCoord, MvtGeomType, MvtLayerBuilder, MvtResult, MvtTileBuilder};
use kordon_borders::{BorderSet, TerritoryId};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use crate::mercator::{OnTile, Tile, World, cut_line, cut_ring, meet, window_of, world, world_of};

/// From this zoom on borders are those that distances are measured to.
pub const PRECISE_FROM: u8 = 5;
/// Edges in one box of the index of lines.
const RUN: usize = 128;

/// Everything needed to draw territories, prepared once.
pub struct Basemap {
    land: Vec<Land>,
    coarse: Lines,
    precise: Lines,
    labels: Vec<Label>,
}

struct Land {
    code: String,
    iso_a2: Option<String>,
    polygons: Vec<Polygon>,
}

struct Polygon {
    window: [f64; 4],
    rings: Vec<Vec<World>>,
}

struct Label {
    at: World,
    code: String,
    iso_a2: Option<String>,
    name: String,
    rank: u64,
}

/// Borders as lines, with a tree over stretches of them.
struct Lines {
    lines: Vec<Line>,
    stretches: RTree<Stretch>,
}

/// The box of some edges of a line: the line's number, and the first of the edges.
type Stretch = GeomWithData<Rectangle<[f64; 2]>, (u32, u32)>;

struct Line {
    points: Vec<World>,
    kind: &'static str,
    codes: String,
}

impl Basemap {
    /// Prepares land and labels from `coarse`, and borders from both.
    pub fn new(borders: &BorderSet, coarse: &BorderSet) -> Self {
        Self {
            land: land(coarse),
            coarse: Lines::new(coarse, false),
            precise: Lines::new(borders, true),
            labels: labels(borders, coarse),
        }
    }

    /// One tile; empty for a tile that does not exist, or has nothing.
    pub fn tile(&self, z: u8, x: u32, y: u32) -> Vec<u8> {
        let Some(tile) = Tile::new(z, x, y) else { return Vec::new() };
        let lines = if z >= PRECISE_FROM { &self.precise } else { &self.coarse };
        let draw = || -> MvtResult<Vec<u8>> {
            let layers = MvtTileBuilder::new();
            let layers = self.draw_land(tile, layers.layer("land")?)?.end();
            let layers = lines.draw(tile, layers.layer("borders")?)?.end();
            Ok(self.draw_labels(tile, layers.layer("labels")?)?.end().encode())
        };
        // A layer can only be refused for an empty name or for 2^32 keys.
        draw().unwrap_or_default()
    }

    fn draw_land(&self, tile: Tile, mut layer: MvtLayerBuilder) -> MvtResult<MvtLayerBuilder> {
        let window = tile.window();
        for land in &self.land {
            let seen = land.polygons.iter().filter(|polygon| meet(&polygon.window, &window));
            let polygons: Vec<Vec<Vec<OnTile>>> = seen.filter_map(|polygon| polygon.cut(tile)).collect();
            if polygons.is_empty() {
                continue;
            }
            let mut feature = layer.feature_of(MvtGeomType::Polygon);
            for polygon in &polygons {
                for (number, ring) in polygon.iter().enumerate() {
                    feature.ring(ring.iter().map(coord), number == 0)?;
                }
            }
            feature.tag("code", land.code.as_str())?;
            if let Some(iso_a2) = &land.iso_a2 {
                feature.tag("iso_a2", iso_a2.as_str())?;
            }
            layer = feature.end();
        }
        Ok(layer)
    }

    fn draw_labels(&self, tile: Tile, mut layer: MvtLayerBuilder) -> MvtResult<MvtLayerBuilder> {
        for label in &self.labels {
            let Some(at) = tile.cell_of(label.at) else { continue };
            let mut feature = layer.feature_of(MvtGeomType::Point);
            feature.points([coord(&at)])?;
            feature.tag("code", label.code.as_str())?;
            if let Some(iso_a2) = &label.iso_a2 {
                feature.tag("iso_a2", iso_a2.as_str())?;
            }
            feature.tag("name", label.name.as_str())?;
            feature.tag_uint("rank", label.rank)?;
            layer = feature.end();
        }
        Ok(layer)
    }
}

/// A tile of the basemap of these two sets, which is prepared by the first call and kept.
pub fn territory_tile(borders: &BorderSet, coarse: &BorderSet, z: u8, x: u32, y: u32) -> Vec<u8> {
    static LAST: Mutex<Option<(String, Arc<Basemap>)>> = Mutex::new(None);
    let key = format!("{} {}", borders.checksum(), coarse.checksum());
    let basemap = {
        let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some((known, basemap)) if *known == key => Arc::clone(basemap),
            _ => {
                let basemap = Arc::new(Basemap::new(borders, coarse));
                *last = Some((key, Arc::clone(&basemap)));
                basemap
            }
        }
    };
    basemap.tile(z, x, y)
}

fn coord(point: &OnTile) -> MvtCoord {
    MvtCoord { x: point[0], y: point[1] }
}

fn ids(set: &BorderSet) -> Vec<TerritoryId> {
    set.territories().iter().filter_map(|territory| set.find(&territory.code)).collect()
}

fn in_world(points: &[[f64; 2]]) -> Vec<World> {
    points.iter().map(|&[lon, lat]| world(lon, lat)).collect()
}

fn land(set: &BorderSet) -> Vec<Land> {
    let of = |id: TerritoryId| {
        let polygons = set.polygons(id).into_iter().map(|rings| {
            let rings: Vec<Vec<World>> = rings.iter().map(|ring| in_world(ring)).collect();
            Polygon { window: rings.first().map_or([0.0; 4], |exterior| window_of(exterior)), rings }
        });
        let territory = set.territory(id);
        Land { code: territory.code.clone(), iso_a2: territory.iso_a2.clone(), polygons: polygons.collect() }
    };
    ids(set).into_iter().map(of).collect()
}

impl Polygon {
    /// Its rings on a tile, the exterior first; `None` when it cannot be seen.
    fn cut(&self, tile: Tile) -> Option<Vec<Vec<OnTile>>> {
        let (exterior, holes) = self.rings.split_first()?;
        let mut rings = vec![cut_ring(tile, exterior)?];
        rings.extend(holes.iter().filter_map(|hole| cut_ring(tile, hole)));
        Some(rings)
    }
}

impl Lines {
    fn new(set: &BorderSet, with_limits_at_sea: bool) -> Self {
        let code = |id: &TerritoryId| set.territory(*id).code.clone();
        let mut lines = Vec::new();
        for arc in set.arcs() {
            let one_sided = arc.left.is_empty() || arc.right.is_empty();
            if one_sided && !with_limits_at_sea {
                continue;
            }
            let mut codes: Vec<String> = arc.left.iter().chain(arc.right).map(code).collect();
            codes.sort_unstable();
            codes.dedup();
            let kind = arc.kind.as_str();
            lines.push(Line { points: in_world(&arc.points), kind, codes: codes.join(";") });
        }
        let mut stretches = Vec::new();
        for (line, number) in lines.iter().zip(0_u32..) {
            let edges = line.points.len().saturating_sub(1);
            for start in (0..edges).step_by(RUN) {
                let [west, north, east, south] = window_of(&line.points[start..=(start + RUN).min(edges)]);
                let rectangle = Rectangle::from_corners([west, north], [east, south]);
                // A line has far fewer than 2^32 points.
                let start = u32::try_from(start).unwrap_or(u32::MAX);
                stretches.push(GeomWithData::new(rectangle, (number, start)));
            }
        }
        Self { lines, stretches: RTree::bulk_load(stretches) }
    }

    fn draw(&self, tile: Tile, mut layer: MvtLayerBuilder) -> MvtResult<MvtLayerBuilder> {
        let [west, north, east, south] = tile.window();
        let window = AABB::from_corners([west, north], [east, south]);
        let seen = self.stretches.locate_in_envelope_intersecting(&window);
        let mut stretches: Vec<(u32, u32)> = seen.map(|stretch| stretch.data).collect();
        stretches.sort_unstable();
        // One feature for all lines between the same territories.
        let mut drawn: BTreeMap<(&str, &str), Vec<Vec<OnTile>>> = BTreeMap::new();
        let joined = |a: &(u32, u32), b: &(u32, u32)| a.0 == b.0 && a.1 as usize + RUN == b.1 as usize;
        for run in stretches.chunk_by(joined) {
            let [(number, start), ..] = *run else { continue };
            let (line, start) = (&self.lines[number as usize], start as usize);
            let end = (start + RUN * run.len()).min(line.points.len() - 1);
            let pieces = cut_line(tile, &line.points[start..=end]);
            drawn.entry((line.kind, &line.codes)).or_default().extend(pieces);
        }
        for ((kind, codes), pieces) in drawn.into_iter().filter(|(_, pieces)| !pieces.is_empty()) {
            let mut feature = layer.feature_of(MvtGeomType::LineString);
            for piece in &pieces {
                feature.line(piece.iter().map(coord))?;
            }
            feature.tag("kind", kind)?;
            feature.tag("codes", codes)?;
            layer = feature.end();
        }
        Ok(layer)
    }
}

/// One label per territory, from the coarse set where it has the territory: its polygons end at the coast.
fn labels(borders: &BorderSet, coarse: &BorderSet) -> Vec<Label> {
    let of = |id: TerritoryId| {
        let territory = borders.territory(id);
        let polygons = match coarse.find(&territory.code) {
            Some(id) => coarse.polygons(id),
            None => borders.polygons(id),
        };
        let polygons = polygons.iter().filter_map(|rings| Some((area(rings.first()?), rings)));
        let total: f64 = polygons.clone().map(|(area, _)| area).sum();
        let (_, largest) = polygons.max_by(|a, b| a.0.total_cmp(&b.0))?;
        let [lon, lat] = inner_point(largest)?;
        let place = kordon_borders::LonLat::new(lon, lat).ok()?;
        let (code, iso_a2, name) = (territory.code.clone(), territory.iso_a2.clone(), territory.name.clone());
        Some(Label { at: world_of(place), code, iso_a2, name, rank: rank(total) })
    };
    ids(borders).into_iter().filter_map(of).collect()
}

/// About how many square degrees at the equator a ring holds.
fn area(ring: &[[f64; 2]]) -> f64 {
    let flat = |p: &[f64; 2]| [p[0] * p[1].to_radians().cos(), p[1]];
    let cross = |pair: &[[f64; 2]]| {
        let (a, b) = (flat(&pair[0]), flat(&pair[1]));
        a[0] * b[1] - b[0] * a[1]
    };
    ring.windows(2).map(cross).sum::<f64>().abs() / 2.0
}

/// 1 from the size of Algeria on, 2 from Ukraine, 3 from Romania, 4 from Moldova, 5 from Luxembourg, 6 below.
fn rank(square_degrees: f64) -> u64 {
    let limits = [160.0, 45.0, 17.0, 2.5, 0.2];
    limits.iter().take_while(|limit| square_degrees < **limit).count() as u64 + 1
}

/// A place well inside a polygon: the middle of the longest stretch that it has on one of some parallels.
fn inner_point(rings: &[Vec<[f64; 2]>]) -> Option<[f64; 2]> {
    let lats = rings.first()?.iter().map(|point| point[1]);
    let (south, north) =
        lats.fold((f64::INFINITY, f64::NEG_INFINITY), |(s, n), lat| (s.min(lat), n.max(lat)));
    let mut best: Option<(f64, [f64; 2])> = None;
    for step in 1..40 {
        let share = f64::from(step) / 40.0;
        let lat = south + (north - south) * share;
        let mut crossings: Vec<f64> =
            rings.iter().flat_map(|ring| ring.windows(2)).filter_map(|e| crossing(e, lat)).collect();
        crossings.sort_unstable_by(f64::total_cmp);
        for pair in crossings.chunks_exact(2) {
            // A long stretch in the middle is better than a slightly longer one at the edge.
            let length = (pair[1] - pair[0]) * (share * (1.0 - share)).sqrt();
            if best.is_none_or(|(longest, _)| length > longest) {
                best = Some((length, [f64::midpoint(pair[0], pair[1]), lat]));
            }
        }
    }
    best.map(|(_, place)| place)
}

/// The longitude at which an edge crosses a parallel.
fn crossing(edge: &[[f64; 2]], lat: f64) -> Option<f64> {
    let ([x0, y0], [x1, y1]) = (edge[0], edge[1]);
    ((y0 <= lat) != (y1 <= lat)).then(|| x0 + (lat - y0) / (y1 - y0) * (x1 - x0))
}
