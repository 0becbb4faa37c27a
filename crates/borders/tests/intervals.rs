//! What an interval promises: wherever in its circle the place is, and wherever within their accuracy the borders are.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop there")]

mod made_up; // Places.

use std::sync::LazyLock;

use kordon_borders::{
    BorderSet, Claims, LonLat, Meters, Nearest, Reach, Target, Within, destination, distance, within,
};
use made_up::Places;

static SET: LazyLock<BorderSet> = LazyLock::new(|| BorderSet::default_set().unwrap());

/// Two ways to the same figure may part by this much, in meters.
const GIVE_M: f64 = 1e-3;
/// A leaf's own bound, which the search takes for a stretch farther than the nearest, may be less than the truth by this much.
const BOUND_M: f64 = 5.0;

fn at(lon: f64, lat: f64) -> LonLat {
    LonLat::new(lon, lat).unwrap()
}

/// A place in a circle, often near its edge.
fn around(places: &mut Places, middle: LonLat, radius_m: f64) -> LonLat {
    let away = radius_m * places.unit().sqrt();
    destination(middle, places.unit() * 360.0, Meters::new(away).unwrap())
}

/// Positions of borders, every so many of them.
fn positions(every: usize) -> Vec<LonLat> {
    let all = SET.arcs().flat_map(|arc| arc.points);
    all.step_by(every).map(|[lon, lat]| at(lon, lat)).collect()
}

/// Places of every kind: at random, by borders, on positions of them, at the antimeridian, at the poles, far out.
fn odd_places(places: &mut Places, count: usize) -> Vec<LonLat> {
    let vertices = positions(997);
    let mut all = vec![
        at(28.8372, 45.3512),
        at(28.2829, 45.4566),
        at(180.0, -16.8),
        at(-180.0, 67.0),
        at(0.0, 90.0),
        at(0.0, -90.0),
        at(28.2, -29.5),
        at(12.4534, 41.9033),
        at(-140.0, -40.0),
    ];
    while all.len() < count {
        let vertex = *places.pick(&vertices);
        all.push(match all.len() % 4 {
            0 => places.anywhere(),
            1 => vertex,
            2 => around(places, vertex, 3_000.0),
            _ => around(places, vertex, 60_000.0),
        });
    }
    all
}

/// Every position of a target's outline, with the accuracy of the border there.
fn outline(target: &Target) -> Vec<(LonLat, f64)> {
    let is_of = |side: &[_]| side.iter().any(|id| target.members().contains(id));
    let arcs = SET.arcs().filter(|arc| is_of(arc.left) != is_of(arc.right));
    arcs.flat_map(|arc| arc.points.into_iter().map(move |[lon, lat]| (at(lon, lat), arc.accuracy_m)))
        .collect()
}

#[track_caller]
fn same(fast: Reach, slow: Reach, nearest: &Nearest, place: LonLat) {
    let far_m = nearest.distance_m.abs();
    let lesser = |fast: f64, slow: f64| {
        if far_m > 600_000.0 {
            fast <= slow + GIVE_M
        } else {
            (slow - BOUND_M..=slow + GIVE_M).contains(&fast)
        }
    };
    let alike = if nearest.distance_m.is_sign_negative() {
        lesser(-fast.high_m, -slow.high_m) && fast.low_m == slow.low_m
    } else {
        lesser(fast.low_m, slow.low_m) && fast.high_m == slow.high_m
    };
    assert!(alike, "from {place:?}: {fast:?} and {slow:?}, {nearest:?}");
}

#[test]
fn how_near_a_border_may_come_is_what_a_full_scan_finds() {
    let mut places = Places(11);
    let targets = ["ROU", "RUS", "NATO"].map(|name| SET.target(name, None).unwrap());
    let mut nearer = 0;
    for (i, place) in odd_places(&mut places, 36).into_iter().enumerate() {
        let nearest = SET.nearest_foreign(place, f64::INFINITY).unwrap();
        let fast = SET.reach_foreign(place, &nearest);
        same(fast, SET.reach_foreign_slow(place, &nearest), &nearest, place);
        nearer += usize::from(fast.low_m < nearest.distance_m - nearest.accuracy_m);
        let target = &targets[i % targets.len()];
        let nearest = SET.signed_distance(place, target).unwrap();
        let fast = SET.reach_to(place, &nearest, target);
        same(fast, SET.reach_to_slow(place, &nearest, target), &nearest, place);
    }
    assert!(nearer > 0, "no place had a farther stretch that may come nearer");
}

#[test]
fn an_interval_holds_the_distance_from_all_of_the_circle_to_every_border_there_may_be() {
    let mut places = Places(12);
    let target = SET.target("ROU", None).unwrap();
    let outline = outline(&target);
    let mut middles = vec![at(28.8372, 45.3512), at(29.9, 45.2), at(26.1, 44.4), at(30.2039, 45.2553)];
    middles.extend((0..8).map(|_| {
        let (by, _) = *places.pick(&outline);
        around(&mut places, by, 20_000.0)
    }));
    for middle in middles {
        let radius_m = [0.0, 100.0, 2_000.0, 10_000.0][places.below(4)];
        let nearest = SET.signed_distance(middle, &target).unwrap();
        let reach = SET.reach_to(middle, &nearest, &target);
        let interval = reach.interval(radius_m);
        for _ in 0..20 {
            let place = around(&mut places, middle, radius_m);
            let by_file = SET.signed_distance(place, &target).unwrap();
            // The border moved away as far as it may; where another stretch is nearest, the first one bounds how far all the same.
            let (foot, off) = (distance(place, nearest.point).get(), nearest.accuracy_m);
            let moved = if by_file.accuracy_m == off { by_file.distance_m.max(0.0) } else { foot } + off;
            let outside = by_file.distance_m >= 0.0 && nearest.distance_m >= 0.0;
            assert!(!outside || moved <= interval.high_m + GIVE_M, "{moved} from {place:?} of {middle:?}");
            // And towards the place.
            let least = outline.iter().filter(|(to, _)| (to.lat() - place.lat()).abs() < 0.4);
            let least = least.map(|(to, off)| distance(place, *to).get() - off).fold(f64::INFINITY, f64::min);
            assert!(least.max(0.0) >= interval.low_m - GIVE_M, "{least} from {place:?} of {middle:?}");
            if by_file.distance_m < 0.0 {
                assert_eq!(interval.low_m, 0.0, "{place:?} of {middle:?} is inside");
            }
            // Three-valued "within" says of each limit what holds for all of these distances.
            for limit_m in [moved, least.max(0.0), interval.low_m, interval.high_m, places.unit() * 30_000.0]
            {
                match within(limit_m, &interval) {
                    Within::Certain => assert!(!outside || moved <= limit_m + GIVE_M),
                    Within::No => assert!(least > limit_m),
                    Within::Possible => assert!(interval.low_m <= limit_m && limit_m < interval.high_m),
                }
            }
        }
    }
}

#[test]
fn those_that_could_be_nearest_hold_the_nearest_from_all_of_the_circle() {
    let mut places = Places(13);
    for middle in odd_places(&mut places, 60) {
        let radius_m = [50.0, 1_000.0, 8_000.0][places.below(3)];
        let could: Vec<_> =
            SET.could_be_nearest(middle, radius_m).iter().map(|(nearest, _)| nearest.territory).collect();
        let own: Claims = SET.held_by(middle);
        for _ in 0..20 {
            let place = around(&mut places, middle, radius_m);
            // Elsewhere in the circle other territories are foreign.
            if SET.held_by(place) == own {
                let nearest = SET.nearest_foreign(place, f64::INFINITY).unwrap().territory;
                assert!(could.contains(&nearest), "{} from {place:?}", SET.territory(nearest).code);
            }
        }
    }
}
