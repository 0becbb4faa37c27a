//! Whose land a place is, at scale: the table of cells against the slow twin, which looks at every edge, and against plain
//! ray casting over the polygons, which shares nothing with either.
//!
//! The real borders are asked in small groups, so that the slow twins are quick. `KORDON_PLACES` asks for more places
//! of each kind in each group than 250.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop there")]

mod made_up;

use std::sync::LazyLock;

use kordon_borders::{BorderSet, LonLat, Meters, TerritoryId, build_from_geojson, destination};
use made_up::{Places, info};
use serde_json::json;

static OSM: LazyLock<BorderSet> = LazyLock::new(|| BorderSet::default_set().unwrap());

/// A place so near to an edge, in degrees, is not for plain ray casting to judge.
const GIVE_DEG: f64 = 1e-10;

fn at(lon: f64, lat: f64) -> LonLat {
    LonLat::new(lon, lat).unwrap()
}

fn count() -> usize {
    std::env::var("KORDON_PLACES").map_or(250, |count| count.parse().unwrap())
}

type Polygons = Vec<Vec<Vec<[f64; 2]>>>;

/// A few territories of the default set as a set of their own.
struct Group {
    set: BorderSet,
    codes: Vec<String>,
    polygons: Vec<Polygons>,
    vertices: Vec<[f64; 2]>,
    edges: Vec<[[f64; 2]; 2]>,
}

impl Group {
    fn of(codes: &[&str]) -> Self {
        let polygons: Vec<Polygons> =
            codes.iter().map(|code| OSM.polygons(OSM.find(code).unwrap())).collect();
        let features: Vec<_> = codes
            .iter()
            .zip(&polygons)
            .map(|(code, polygons)| {
                json!({"type": "Feature", "properties": {"code": code},
                       "geometry": {"type": "MultiPolygon", "coordinates": polygons}})
            })
            .collect();
        let file = serde_json::to_vec(&json!({"type": "FeatureCollection", "features": features})).unwrap();
        let set = BorderSet::decode(&build_from_geojson(&file, info()).unwrap()).unwrap();
        let rings = polygons.iter().flatten().flatten();
        let edges = rings.flat_map(|ring| ring.windows(2).map(|pair| [pair[0], pair[1]])).collect::<Vec<_>>();
        let vertices = edges.iter().map(|edge| edge[0]).collect();
        let codes = codes.iter().map(|code| (*code).into()).collect();
        Self { set, codes, polygons, vertices, edges }
    }

    fn check(&self, place: LonLat) {
        let fast = self.set.containing(place);
        assert_eq!(*fast, self.set.containing_slow(place), "{place:?}");
        for (code, polygons) in self.codes.iter().zip(&self.polygons) {
            let id: TerritoryId = self.set.find(code).unwrap();
            if let Some(inside) = ray_cast(polygons, place) {
                assert_eq!(fast.contains(&id), inside, "{code} at {place:?}");
            }
            // The same borders among all others of the world. A set of its own rounds cuts at the antimeridian anew.
            let whole = OSM.containing(place).contains(&OSM.find(code).unwrap());
            if place.lon().abs() < 179.0 {
                assert_eq!(fast.contains(&id), whole, "{code} in the world at {place:?}");
            }
        }
    }

    fn check_all(&self) {
        let mut places = Places(11);
        for _ in 0..count() {
            self.check(places.anywhere());
            let [lon, lat] = *places.pick(&self.vertices);
            self.check(at(lon, lat));
            // From 1e-9 degrees (a tenth of a millimeter) to some meters off.
            let off = 10f64.powf(-9.0 + 5.0 * places.unit());
            let turn = std::f64::consts::TAU * places.unit();
            self.check(near(lon + off * turn.cos(), lat + off * turn.sin()));
            let [[west, south], [east, north]] = *places.pick(&self.edges);
            let (lon, lat) = ((west + east) / 2.0, (south + north) / 2.0);
            self.check(at(lon, lat));
            self.check(near(lon + off * turn.cos(), lat + off * turn.sin()));
            // On the parallel and on the meridian of a vertex, where rays pass through vertices.
            self.check(near(west + 0.1 * places.unit(), south));
            self.check(near(west, south - 0.1 * places.unit()));
            let away = Meters::new(10f64.powf(6.0 * places.unit())).unwrap();
            self.check(destination(at(west, south), 360.0 * places.unit(), away));
        }
    }
}

fn near(lon: f64, lat: f64) -> LonLat {
    at(lon.clamp(-180.0, 180.0), lat.clamp(-90.0, 90.0))
}

/// Whether an odd number of edges cross the parallel to the east of the place; `None` on an edge or hard by, and where maps
/// are cut.
fn ray_cast(polygons: &Polygons, place: LonLat) -> Option<bool> {
    let (lon, lat) = (place.lon(), place.lat());
    if lon.abs() > 179.999 || lat.abs() > 85.0 {
        return None;
    }
    let mut inside = false;
    for ring in polygons.iter().flatten() {
        for pair in ring.windows(2) {
            let [[ax, ay], [bx, by]] = [pair[0], pair[1]];
            let off_box =
                lat < ay.min(by) - GIVE_DEG || lat > ay.max(by) + GIVE_DEG || lon > ax.max(bx) + GIVE_DEG;
            if off_box {
                continue;
            }
            let cross = (bx - ax) * (lat - ay) - (by - ay) * (lon - ax);
            let hard_by = cross.abs() <= GIVE_DEG * (bx - ax).hypot(by - ay);
            if hard_by && lon >= ax.min(bx) - GIVE_DEG {
                return None;
            }
            if (ay > lat) != (by > lat) && (cross > 0.0) == (by > ay) {
                inside = !inside;
            }
        }
    }
    Some(inside)
}

#[test]
fn enclaves_are_found_by_all_three_ways() {
    // Baarle, the Vatican and San Marino, Lesotho, and Madha with Nahwa in it.
    for codes in [&["BEL", "NLD"][..], &["ITA", "SMR", "VAT"], &["LSO", "ZAF"], &["ARE", "OMN"]] {
        Group::of(codes).check_all();
    }
}

#[test]
fn overlapping_claims_are_found_by_all_three_ways() {
    for codes in [&["ESH", "MAR"][..], &["SDN", "SSD"], &["MDA", "ROU", "UKR"]] {
        Group::of(codes).check_all();
    }
}

#[test]
fn poles_and_the_antimeridian_are_found_by_all_three_ways() {
    for codes in [&["FJI"][..], &["ATA"]] {
        let group = Group::of(codes);
        group.check_all();
        let mut places = Places(12);
        for _ in 0..count() {
            let lat = 180.0 * places.unit() - 90.0;
            let (east, west) = (group.set.containing(at(180.0, lat)), group.set.containing(at(-180.0, lat)));
            assert_eq!(east, west, "180° at {lat}");
            for lon in [180.0, 180.0 - 1e-13, -180.0, 180.0 - 1e-9, -180.0 + 1e-9] {
                group.check(at(lon, lat));
            }
            let lon = 360.0 * places.unit() - 180.0;
            for lat in [90.0, 90.0 - 1e-9, -90.0, -90.0 + 1e-9, -85.05, -85.051_128_7] {
                group.check(at(lon, lat));
            }
        }
    }
}

#[test]
fn on_the_whole_world_a_sample_is_found_both_ways() {
    let mut places = Places(13);
    let arcs: Vec<_> = OSM.arcs().collect();
    for _ in 0..count() / 5 {
        let place = places.anywhere();
        assert_eq!(*OSM.containing(place), OSM.containing_slow(place), "{place:?}");
        let arc = places.pick(&arcs);
        let [lon, lat] = *places.pick(&arc.points);
        assert_eq!(*OSM.containing(at(lon, lat)), OSM.containing_slow(at(lon, lat)), "{lon}, {lat}");
    }
}
