//! The set of land: countries that end at their coasts, without territorial seas, for "how far is that from land".
//!
//! Its source (npm `@geo-maps/countries-coastline-10m`) keeps outer rings only, so that Lesotho lies in South Africa too.
//! A polygon that lies wholly within another territory's, and touches its line nowhere, is therefore taken for an enclave
//! and cut out there. Claims that overlap share some of their outline and are left as they are.
//!
//! Where one country ends alone there is a coast, if the sea is beside it; else a sliver that neighbors leave between them.
//!
//! Limits: the source is of 2017. Lines between countries are as accurate as they are close to the newer edition of the default set; for
//! coasts there is no second edition, and they have the accuracy of the set.
//!
//! Cost: half a minute for the world.

use rayon::prelude::*;

use crate::accuracy;
use crate::build::{BuildError, Polygons, Reading, assemble, osm_floor_m, osm_maritime_info, read_waters};
use crate::format::{Kind, SetInfo, Stretch, encode};
use crate::ground::Ground;
use crate::territory::Territory;

/// Builds the set of land from `map.geo.json` of npm `@geo-maps/countries-coastline-10m` 0.6.0; `map.geo.json` of npm
/// `@geo-maps/earth-waterbodies-10m` 0.6.0 tells land, inland water and coasts apart, and `borders.geo.json` of npm
/// `@osm_borders/maritime_10m` 1.1.0 how accurate the line between two countries is.
///
/// # Errors
///
/// [`BuildError`] names the territory at fault.
pub fn build_osm_coastline(coasts: &[u8], waters: &[u8], borders: &[u8]) -> Result<Vec<u8>, BuildError> {
    let ground = Ground::of_waters(&read_waters(waters)?)?;
    let mut land = Reading::default().read(coasts)?;
    cut_enclaves(&mut land);
    let mut chart = assemble(land, osm_coastline_info(), &|edge, owners| match owners {
        1 if ground.is_by_the_sea(edge) => Kind::Maritime,
        _ => ground.under(edge),
    })?;
    let mut newer =
        assemble(Reading::default().read(borders)?, osm_maritime_info(), &|edge, _| ground.under(edge))?;
    // What parts seas says nothing of land.
    for arc in newer.arcs.iter_mut().filter(|arc| arc.kind == Kind::Maritime) {
        arc.right = arc.left;
    }
    accuracy::estimate(&mut chart, &newer, osm_floor_m);
    for coast in
        chart.stretches.iter_mut().filter(|line| line.kind == Kind::Maritime && line.between[1].is_empty())
    {
        *coast =
            Stretch { accuracy_m: chart.info.accuracy_m, unsettled: false, evidence: None, ..coast.clone() };
    }
    Ok(encode(&chart))
}

fn osm_coastline_info() -> SetInfo {
    SetInfo {
        name: "osm-coastline-10m".into(),
        version: "0.6.0".into(),
        title: "OpenStreetMap countries up to their coasts, 10 m".into(),
        origin: "npm @geo-maps/countries-coastline-10m 0.6.0, map.geo.json, \
                 SHA-256 9b4ed1a017cc1743821366af7d9174465020b86a425f9a022b914b7f5ce7fcb2; enclaves cut out; \
                 kind by npm @geo-maps/earth-waterbodies-10m 0.6.0"
            .into(),
        accuracy_method: "Lines between neighbors: the 95th percentile of how far this edition (2017) and npm \
                          @osm_borders/maritime_10m 1.1.0 lie apart, sampled every 500 m along both; at least 50 m on \
                          land, 200 m on rivers, at sea, and on every line of Ukraine, Romania and Moldova; at most 2 000 m, \
                          and then unsettled. Coasts: an estimate."
            .into(),
        // Of the same project's data: its licence and credit, what is claimed without evidence, all claims.
        ..osm_maritime_info()
    }
}

/// A polygon without holes, by its territory and its place there.
struct Disc {
    territory: usize,
    polygon: usize,
    bounds: Bounds,
}

/// West, south, east, north in steps.
#[derive(Clone, Copy)]
struct Bounds([i32; 4]);

impl Bounds {
    fn of(ring: &[[i32; 2]]) -> Self {
        let start = [i32::MAX, i32::MAX, i32::MIN, i32::MIN];
        Self(ring.iter().fold(start, |[west, south, east, north], [lon, lat]| {
            [west.min(*lon), south.min(*lat), east.max(*lon), north.max(*lat)]
        }))
    }

    fn are_within(self, Self([west, south, east, north]): Self) -> bool {
        self.0[0] > west && self.0[1] > south && self.0[2] < east && self.0[3] < north
    }
}

/// Makes a hole in each polygon that wholly surrounds one of another territory.
fn cut_enclaves(territories: &mut [(Territory, Polygons)]) {
    let discs: Vec<Disc> = (0..)
        .zip(territories.iter())
        .flat_map(|(territory, (_, polygons))| {
            (0..).zip(polygons).map(move |(polygon, rings)| Disc {
                territory,
                polygon,
                bounds: Bounds::of(&rings[0]),
            })
        })
        .collect();
    let ring_of = |disc: &Disc| &territories[disc.territory].1[disc.polygon][0];
    let surrounds = |around: &Disc, disc: &Disc| {
        around.territory != disc.territory
            && disc.bounds.are_within(around.bounds)
            && ring_of(disc).iter().all(|corner| is_inside(*corner, ring_of(around)))
    };
    let holes: Vec<(usize, usize, Vec<[i32; 2]>)> = discs
        .par_iter()
        .flat_map_iter(|disc| {
            let around = discs.iter().filter(move |around| surrounds(around, disc));
            around.map(move |around| (around.territory, around.polygon, ring_of(disc).clone()))
        })
        .collect();
    for (territory, polygon, ring) in holes {
        territories[territory].1[polygon].push(ring);
    }
}

/// Whether a position lies strictly inside a closed ring in the plane of degrees: a ray to the east crosses it an odd number of times.
/// In whole steps, so exact.
fn is_inside([lon, lat]: [i32; 2], ring: &[[i32; 2]]) -> bool {
    let mut inside = false;
    for pair in ring.windows(2) {
        let [[a_lon, a_lat], [b_lon, b_lat]] = [pair[0], pair[1]].map(|end| end.map(i128::from));
        let (lon, lat) = (i128::from(lon), i128::from(lat));
        let side = (b_lon - a_lon) * (lat - a_lat) - (b_lat - a_lat) * (lon - a_lon);
        let between = |a: i128, b: i128, value: i128| a.min(b) <= value && value <= a.max(b);
        if side == 0 && between(a_lon, b_lon, lon) && between(a_lat, b_lat, lat) {
            return false;
        }
        if (a_lat > lat) != (b_lat > lat) && (side > 0) == (b_lat > a_lat) {
            inside = !inside;
        }
    }
    inside
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(west: i32, south: i32, side: i32) -> Vec<[i32; 2]> {
        let (east, north) = (west + side, south + side);
        vec![[west, south], [east, south], [east, north], [west, north], [west, south]]
    }

    fn land(territories: &[(&str, &[Vec<[i32; 2]>])]) -> Vec<(Territory, Polygons)> {
        let of = |(code, rings): &(&str, &[Vec<[i32; 2]>])| {
            (Territory::of_code(code), rings.iter().map(|ring| vec![ring.clone()]).collect())
        };
        territories.iter().map(of).collect()
    }

    fn holes(land: &[(Territory, Polygons)]) -> Vec<usize> {
        land.iter().map(|(_, polygons)| polygons.iter().map(|rings| rings.len() - 1).sum()).collect()
    }

    #[test]
    fn an_enclave_is_cut_out_of_the_land_around_it_and_an_exclave_within_it_out_of_the_enclave() {
        // Baarle: Belgium in the Netherlands, the Netherlands in that.
        let mut land = land(&[
            ("BEL", &[square(-50, 0, 40), square(10, 10, 20)]),
            ("NLD", &[square(0, 0, 100), square(15, 15, 5)]),
        ]);
        cut_enclaves(&mut land);
        assert_eq!(holes(&land), [1, 1]);
        assert_eq!(land[0].1[1][1], square(15, 15, 5));
        assert_eq!(land[1].1[0][1], square(10, 10, 20));
    }

    #[test]
    fn a_claim_that_shares_a_line_and_an_island_within_the_box_of_a_land_are_left_alone() {
        let horseshoe =
            vec![[0, 0], [100, 0], [100, 100], [80, 100], [80, 20], [20, 20], [20, 100], [0, 100], [0, 0]];
        let mut land =
            land(&[("RUS", &[square(0, 90, 10)]), ("TUR", &[horseshoe]), ("GRC", &[square(40, 50, 20)])]);
        cut_enclaves(&mut land);
        assert_eq!(holes(&land), [0, 0, 0]);
    }

    #[test]
    fn a_position_on_the_line_is_not_inside() {
        let ring = square(0, 0, 10);
        assert!(is_inside([5, 5], &ring));
        for [lon, lat] in [[0, 5], [10, 5], [5, 0], [5, 10], [0, 0], [11, 5], [-1, 5], [5, 11], [5, -1]] {
            assert!(!is_inside([lon, lat], &ring), "{lon} {lat}");
        }
    }

    #[test]
    fn a_line_between_neighbors_is_as_good_as_its_likeness_to_the_newer_edition_and_a_coast_as_the_set_says()
    {
        // A box with positions where the coast meets its sides.
        let feature = |code: &str, [west, south, east, north]: [f64; 4]| {
            let (lower, upper) = (south.max(0.0), north.min(1.0));
            let right = [[east, south], [east, lower], [east, upper], [east, north]];
            let left = [[west, north], [west, upper], [west, lower], [west, south]];
            let ring = [&[[west, south]][..], &right, &left].concat();
            serde_json::json!({ "type": "Feature", "properties": { "code": code },
                "geometry": { "type": "Polygon", "coordinates": [ring] } })
        };
        let file = |features: &[serde_json::Value]| {
            serde_json::json!({ "type": "FeatureCollection", "features": features }).to_string().into_bytes()
        };
        // Moldova and Romania on an island, without and with their seas; their line moved by 0.01 degrees of the equator.
        let coasts = file(&[feature("MDA", [31.0, 0.0, 32.0, 1.0]), feature("ROU", [30.0, 0.0, 31.0, 1.0])]);
        let borders =
            file(&[feature("MDA", [31.01, -0.2, 32.2, 1.2]), feature("ROU", [29.8, -0.2, 31.01, 1.2])]);
        let world = [[-180, -90], [180, -90], [180, 90], [-180, 90], [-180, -90]];
        // Off the Gulf of Guinea, which is known to be sea.
        let island = [[30, 0], [30, 1], [32, 1], [32, 0], [30, 0]];
        let waters = serde_json::json!({ "type": "Polygon", "coordinates": [world, island] }).to_string();
        let bytes = build_osm_coastline(&coasts, waters.as_bytes(), &borders).unwrap();
        let set = crate::BorderSet::decode(&bytes).unwrap();
        let told: Vec<(String, Kind, f64, bool)> = set
            .stretches()
            .iter()
            .map(|line| {
                (line.between.concat().join(" "), line.kind, line.accuracy_m, line.evidence.is_some())
            })
            .collect();
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(told.contains(&("MDA".into(), Kind::Maritime, 500.0, false)), "{told:?}");
        assert!(told.contains(&("ROU".into(), Kind::Maritime, 500.0, false)), "{told:?}");
        // 1 113 m, rounded up to 10 m.
        assert!(told.contains(&("MDA ROU".into(), Kind::Land, 1120.0, true)), "{told:?}");
    }
}
