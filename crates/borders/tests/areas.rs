//! What is told of an area holds for every place in it, and is not much wider than it must be.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop there")]

mod made_up; // Places.

use std::sync::LazyLock;

use kordon_borders::{Area, BBox, BorderSet, LonLat, NotAnArea, Side};
use made_up::Places;

static SET: LazyLock<BorderSet> = LazyLock::new(|| BorderSet::default_set().unwrap());

/// The least and the greatest of what the reach says of many places, a grid of a box with its corners.
fn by_grid([west, south, east, north]: [f64; 4], to: &str, holds: impl Fn([f64; 2]) -> bool) -> (f64, f64) {
    const STEPS: u32 = 60;
    let target = SET.target(to, None).unwrap();
    let width = if west > east { east + 360.0 - west } else { east - west };
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for i in 0..=STEPS {
        for j in 0..=STEPS {
            let mut lon = west + width * f64::from(i) / f64::from(STEPS);
            let lat = south + (north - south) * f64::from(j) / f64::from(STEPS);
            if !holds([lon, lat]) {
                continue;
            }
            lon = if lon > 180.0 { lon - 360.0 } else { lon };
            let place = LonLat::new(lon, lat).unwrap();
            let nearest = SET.signed_distance(place, &target).unwrap();
            let reach = SET.reach_to(place, &nearest, &target);
            (low, high) = (low.min(reach.low_m), high.max(reach.high_m));
        }
    }
    (low, high)
}

#[track_caller]
fn holds(area: &Area, to: &str, (low, high): (f64, f64), step_m: f64) {
    let reach = SET.reach_over(area, &SET.target(to, None).unwrap()).unwrap();
    assert!(
        reach.low_m <= low + 1e-3 && high <= reach.high_m + 1e-3,
        "{reach:?} holds not {low}..{high} to {to}"
    );
    let sharp = |found: f64| step_m + 1.0 + 1e-3 * found.abs();
    assert!(low - reach.low_m <= sharp(low), "{reach:?} is wide of {low} to {to}");
    assert!(reach.high_m - high <= sharp(high), "{reach:?} is wide of {high} to {to}");
}

#[test]
fn a_box_holds_the_distances_of_all_its_places_and_little_else() {
    // Each with the most that one step of the grid is wide.
    let boxes = [
        ([28.7, 45.4, 29.0, 45.6], "ROU", 600.0),
        ([33.0, 46.0, 37.0, 49.0], "ROU", 8_000.0),
        ([24.0, 45.0, 25.0, 46.0], "ROU", 3_000.0),
        ([27.9, 45.2, 28.4, 45.7], "ROU", 1_500.0),
        ([177.0, -19.0, -178.0, -16.0], "FJI", 12_000.0),
        ([-30.0, 84.0, 30.0, 90.0], "GRL", 20_000.0),
    ];
    for ([west, south, east, north], to, step_m) in boxes {
        let area = Area::of_box(&BBox::new(west, south, east, north).unwrap());
        holds(&area, to, by_grid([west, south, east, north], to, |_| true), step_m);
    }
}

#[test]
fn a_triangle_and_a_hole_leave_places_out() {
    let triangle = Area::new(vec![vec![vec![[28.0, 46.0], [30.0, 46.0], [28.0, 48.0]]]]).unwrap();
    let inside = |[lon, lat]: [f64; 2]| (lon - 28.0) + (lat - 46.0) <= 2.0;
    holds(&triangle, "ROU", by_grid([28.0, 46.0, 30.0, 48.0], "ROU", inside), 5_000.0);
    // The place that is deepest inside Romania is in the hole.
    let outer = vec![[21.0, 44.5], [28.5, 44.5], [28.5, 47.0], [21.0, 47.0], [21.0, 44.5]];
    let hole = vec![[23.0, 45.0], [26.9, 45.0], [26.9, 46.9], [23.0, 46.9], [23.0, 45.0]];
    let framed = Area::new(vec![vec![outer.clone(), hole]]).unwrap();
    let in_hole = |[lon, lat]: [f64; 2]| 23.0 < lon && lon < 26.9 && 45.0 < lat && lat < 46.9;
    let grid = by_grid([21.0, 44.5, 28.5, 47.0], "ROU", |at| !in_hole(at));
    holds(&framed, "ROU", grid, 14_000.0);
    let whole = SET.reach_over(&Area::new(vec![vec![outer]]).unwrap(), &SET.target("ROU", None).unwrap());
    assert!(whole.unwrap().low_m < grid.0 - 20_000.0);
}

#[test]
fn small_boxes_anywhere_hold_their_corners_and_middles() {
    let mut places = Places(21);
    for _ in 0..60 {
        let middle =
            if places.unit() < 0.5 { places.anywhere() } else { places.in_box([22.0, 44.0, 41.0, 53.0]) };
        let (lon, lat) = (middle.lon().clamp(-179.0, 179.0), middle.lat().clamp(-89.0, 89.0));
        let (w, s, e, n) = (lon - 0.3, lat - 0.2, lon + 0.3, lat + 0.2);
        let target = SET.target(["ROU", "NATO"][places.below(2)], None).unwrap();
        let reach = SET.reach_over(&Area::of_box(&BBox::new(w, s, e, n).unwrap()), &target).unwrap();
        for (lon, lat) in [(w, s), (e, s), (e, n), (w, n), (lon, lat)] {
            let place = LonLat::new(lon, lat).unwrap();
            let signed = SET.signed_distance(place, &target).unwrap().distance_m;
            assert!(
                (reach.low_m..=reach.high_m).contains(&signed),
                "{reach:?} has not {signed} of {place:?}"
            );
        }
    }
}

#[test]
fn an_area_says_on_which_side_it_lies() {
    let side = |bbox: [f64; 4]| {
        let [w, s, e, n] = bbox;
        let area = Area::of_box(&BBox::new(w, s, e, n).unwrap());
        let over = SET.measure_over(&area, &SET.target("ROU", None).unwrap()).unwrap();
        assert_eq!(over.distance_low_m > 0.0, over.side == Side::Outside, "{over:?}");
        over.side
    };
    assert_eq!(side([24.0, 45.0, 25.0, 46.0]), Side::Inside);
    assert_eq!(side([33.0, 46.0, 37.0, 49.0]), Side::Outside);
    assert_eq!(side([28.0, 45.0, 29.0, 46.0]), Side::Uncertain);
}

#[test]
fn what_has_no_area_is_refused() {
    assert_eq!(Area::new(vec![]), Err(NotAnArea::Empty));
    assert_eq!(Area::new(vec![vec![vec![[1.0, 2.0], [3.0, 4.0]]]]), Err(NotAnArea::Empty));
    let off = vec![vec![vec![[50.0, 100.0], [1.0, 1.0], [2.0, 2.0]]]];
    assert_eq!(Area::new(off), Err(NotAnArea::OffTheGlobe(50.0, 100.0)));
    let long = vec![vec![vec![[0.0, 0.0]; 100_001]]];
    assert_eq!(Area::new(long), Err(NotAnArea::TooLong));
}
