//! Many places at once answer as each alone does; a box is bounded by what its places answer.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop there")]

mod made_up; // Places of a fixed seed.

use std::sync::LazyLock;

use kordon_borders::{BBox, BorderSet, DistanceBounds, Guess, LonLat, distance, hilbert_order};
use made_up::Places;

static FINE: LazyLock<BorderSet> = LazyLock::new(|| BorderSet::default_set().unwrap());
static COARSE: LazyLock<BorderSet> = LazyLock::new(|| BorderSet::natural_earth().unwrap());

fn at(lon: f64, lat: f64) -> LonLat {
    LonLat::new(lon, lat).unwrap()
}

#[test]
fn a_batch_answers_in_the_order_of_its_places_what_each_alone_is_answered() {
    let mut random = Places(5);
    let mut places: Vec<LonLat> = (0..600).map(|_| random.anywhere()).collect();
    places.extend([at(180.0, -16.8), at(-180.0, -16.8), at(0.0, 90.0), at(0.0, -90.0), at(28.2, -29.5)]);
    let fiji = COARSE.target("FJI", None).unwrap();
    let foreign = COARSE.nearest_foreign_many(&places, f64::INFINITY);
    let to_fiji = COARSE.nearest_to_many(&places, &fiji, 5_000_000.0);
    for (i, place) in places.iter().enumerate() {
        for (many, one) in [
            (foreign[i], COARSE.nearest_foreign(*place, f64::INFINITY)),
            (to_fiji[i], COARSE.nearest_to(*place, &fiji, 5_000_000.0)),
        ] {
            let meters = |n: Option<kordon_borders::Nearest>| n.map(|n| n.distance_m);
            match (meters(many), meters(one)) {
                (Some(many), Some(one)) => assert!((many - one).abs() < 1e-3, "{place:?}: {many} {one}"),
                (many, one) => assert_eq!(many, one, "{place:?}"),
            }
        }
    }
    assert!(COARSE.nearest_foreign_many(&[], f64::INFINITY).is_empty());
}

#[test]
fn the_nearest_foreign_border_is_the_same_to_the_last_digit_whoever_else_is_asked_about() {
    let mut random = Places(8);
    let mut places: Vec<LonLat> = (0..5_000).map(|_| random.anywhere()).collect();
    // Some 786 km off Cabo Verde, where a step of a centimeter along the coast changes no digit of the distance.
    places.push(at(-30.98447999999999, 21.75192));
    for (place, many) in places.iter().zip(COARSE.nearest_foreign_each(&places)) {
        assert_eq!(many, COARSE.nearest_foreign(*place, f64::INFINITY), "{place:?}");
    }
}

/// A server stood still for good: a request that counts incidents near Portugal had begun to make the outline of Portugal and left
/// a part of that to the pool, whose threads all measured a batch of places to Portugal and waited for that outline. It is made by
/// the thread that asks first.
#[test]
fn an_outline_is_made_while_every_thread_of_the_pool_waits_for_it() {
    let (done, waits) = std::sync::mpsc::channel();
    let portugal = COARSE.target("PRT", None).unwrap();
    static GATE: std::sync::RwLock<()> = std::sync::RwLock::new(());
    let closed = GATE.write().unwrap();
    let (busy, all_busy) = std::sync::mpsc::channel();
    for _ in 0..rayon::current_num_threads() {
        let busy = busy.clone();
        rayon::spawn(move || {
            let _ = busy.send(());
            drop(GATE.read());
        });
    }
    for _ in 0..rayon::current_num_threads() {
        all_busy.recv().unwrap();
    }
    std::thread::spawn(move || {
        let _ = done.send(COARSE.nearest_to(at(28.84, 45.35), &portugal, f64::INFINITY).is_some());
    });
    let answer = waits.recv_timeout(std::time::Duration::from_secs(60));
    drop(closed);
    assert_eq!(answer, Ok(true));
}

/// Places by the Danube and the Prut, around enclaves, by the antimeridian, on disputed land, at the poles, anywhere; on border points
/// and where borders meet, and some centimeters to some kilometers from there.
fn odd_places(random: &mut Places, each: usize) -> Vec<LonLat> {
    let boxes = [
        [26.0, 44.0, 31.0, 48.5],
        [27.0, -31.0, 30.0, -28.0],
        [176.0, -20.0, 180.0, -14.0],
        [-180.0, 62.0, -168.0, 70.0],
        [32.0, 44.0, 37.0, 47.0],
        [4.9, 51.4, 5.0, 51.5],
    ];
    let mut places: Vec<LonLat> =
        boxes.iter().flat_map(|&edges| (0..each).map(|_| random.in_box(edges)).collect::<Vec<_>>()).collect();
    places.extend((0..each).map(|_| random.anywhere()));
    places.extend([at(0.0, 90.0), at(0.0, -90.0), at(180.0, -16.8), at(-180.0, -16.8), at(28.2, -29.5)]);
    let arcs: Vec<_> = FINE.arcs().collect();
    for number in 0..2 * each {
        let points = &random.pick(&arcs).points;
        let [lon, lat] = if number % 2 == 0 { points[0] } else { *random.pick(points) };
        let off = |random: &mut Places| (random.unit() - 0.5) * *random.pick(&[0.0, 1e-6, 1e-3, 0.3]);
        let (lon, lat) = (lon + off(random), lat + off(random));
        places.extend(LonLat::new(lon, lat).ok());
    }
    places
}

const TARGETS: [&str; 9] = ["ROU", "UKR", "RUS", "MDA", "NATO", "LSO", "FJI", "BEL", "DNK"];

#[test]
fn a_signed_distance_is_the_same_to_the_last_digit_whoever_else_is_asked_about() {
    let places = odd_places(&mut Places(9), 400);
    for name in TARGETS {
        let target = FINE.target(name, None).unwrap();
        let (order, made) =
            FINE.signed_along_curve(&places, &target, |number, nearest, reach| (number, nearest, reach));
        for (number, made) in order.into_iter().map(|number| number as usize).zip(made) {
            let place = places[number];
            let alone = FINE.signed_distance(place, &target).unwrap();
            let reach = FINE.reach_to(place, &alone, &target);
            assert_eq!(made, Some((number, alone, reach)), "{name} from {place:?}");
        }
    }
}

#[test]
fn the_bounds_of_a_place_hold_its_distance_and_are_near_it_where_that_is_asked_for() {
    let places = odd_places(&mut Places(10), 300);
    let all = f64::NEG_INFINITY..=f64::INFINITY;
    let (mut guess, mut told) = (Guess::default(), [0; 3]);
    for name in TARGETS {
        let target = FINE.target(name, None).unwrap();
        for &place in &places {
            let signed = FINE.signed_distance(place, &target).unwrap().distance_m;
            // Straight lines through the Earth tell ways to the other side of it badly.
            let give_m = if signed.abs() < 1e7 { 10.0 + 0.005 * signed.abs() } else { 1e6 };
            for between_m in [
                all.clone(),
                50_000.0..=60_000.0,
                f64::NEG_INFINITY..=0.0,
                1e6..=3e6,
                -90_000.0..=10_000.0,
                -90_000.0..=-50_000.0,
            ] {
                let bounds = FINE.distance_bounds_at(place, &target, &between_m, &mut guess);
                let DistanceBounds { low_m, high_m } = bounds;
                let context = format!("{name} from {place:?}, {between_m:?}: {signed}, {bounds:?}");
                assert!(low_m <= signed && signed <= high_m, "{context}");
                let (near_m, far_m) = (*between_m.start(), *between_m.end());
                if signed < near_m - give_m {
                    assert!(high_m <= near_m, "{context}");
                    told[0] += 1;
                } else if signed > far_m + give_m {
                    assert!(low_m > far_m, "{context}");
                    told[1] += 1;
                } else if (near_m.max(-far_m.abs())..=far_m).contains(&signed) {
                    assert!(high_m - low_m <= give_m || signed > 1e7, "{context}");
                    told[2] += 1;
                }
            }
        }
    }
    assert!(told.iter().all(|times| *times > 1_000), "{told:?}");
}

#[test]
fn no_reach_begins_nearer_than_is_told() {
    let places = odd_places(&mut Places(11), 300);
    let mut least_m = f64::INFINITY;
    for name in TARGETS {
        let target = FINE.target(name, None).unwrap();
        for &place in &places {
            let nearest = FINE.signed_distance(place, &target).unwrap();
            let reach = FINE.reach_to(place, &nearest, &target);
            let slack_m = FINE.most_slack_to(&target, nearest.distance_m.abs());
            let spare_m = (slack_m - (nearest.distance_m - reach.low_m))
                .min(slack_m - (reach.high_m - nearest.distance_m));
            assert!(spare_m >= 0.0, "{name} from {place:?}: {reach:?} and {nearest:?}, {slack_m}");
            assert!(slack_m <= FINE.most_slack_m());
            least_m = least_m.min(spare_m);
        }
    }
    assert!(least_m < 10.0, "the bound is far from what it bounds: {least_m}");
}

#[test]
fn the_hilbert_order_names_each_place_once() {
    let mut random = Places(6);
    let places: Vec<LonLat> = (0..1_000).map(|_| random.anywhere()).collect();
    let mut order = hilbert_order(&places);
    order.sort_unstable();
    assert!(order.into_iter().eq(0..1_000));
}

#[test]
fn no_place_of_a_box_is_nearer_or_farther_than_its_bounds() {
    let mut random = Places(7);
    let boxes = [
        [22.0, 44.0, 41.0, 53.0],
        [28.0, 45.0, 28.1, 45.1],
        [177.0, -19.0, -178.0, -16.0],
        [-180.0, 80.0, 180.0, 90.0],
        [-180.0, -90.0, 180.0, -60.0],
        [-180.0, -90.0, 180.0, 90.0],
        [25.0, 45.0, 25.0, 45.0],
    ];
    for name in ["ROU", "FJI", "NATO"] {
        let target = COARSE.target(name, None).unwrap();
        for edges in boxes {
            let bbox = BBox::new(edges[0], edges[1], edges[2], edges[3]).unwrap();
            let told = |between_m| COARSE.distance_bounds_many(&[bbox], &target, &between_m)[0];
            let bounds = [
                COARSE.distance_bounds(&bbox, &target),
                told(f64::NEG_INFINITY..=0.0),
                told(f64::NEG_INFINITY..=200_000.0),
                told(50_000.0..=200_000.0),
                told(3_000_000.0..=f64::INFINITY),
            ];
            let others = [random.anywhere(), random.anywhere()];
            for part in bbox.parts() {
                for _ in 0..40 {
                    let place = random.in_box(part);
                    let signed = COARSE.signed_distance(place, &target).unwrap().distance_m;
                    for bounds in &bounds {
                        assert!(
                            bounds.low_m <= signed && signed <= bounds.high_m,
                            "{name}, {edges:?}, {place:?}: {signed} is not within {bounds:?}"
                        );
                    }
                    for other in others {
                        let (bounds, away_m) =
                            (DistanceBounds::to_place(&bbox, other), distance(place, other).get());
                        assert!(
                            bounds.low_m <= away_m && away_m <= bounds.high_m,
                            "{edges:?}, {place:?}, {other:?}"
                        );
                    }
                }
            }
        }
    }
}
