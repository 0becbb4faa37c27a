//! Real places against the default set: figures that a reader can check on a map.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop there")]

use std::sync::LazyLock;

use kordon_borders::{Alliance, BorderSet, Day, Kind, LonLat, Nearest, Question, View, distance, spread};

static SET: LazyLock<BorderSet> = LazyLock::new(|| BorderSet::default_set().unwrap());

fn at(lon: f64, lat: f64) -> LonLat {
    LonLat::new(lon, lat).unwrap()
}

fn territories(lon: f64, lat: f64) -> Vec<&'static str> {
    let claims = SET.containing(at(lon, lat));
    claims.iter().map(|id| SET.territory(*id).code.as_str()).collect()
}

fn to(lon: f64, lat: f64, name: &str) -> Nearest {
    SET.nearest_to(at(lon, lat), &SET.target(name, None).unwrap(), f64::INFINITY).unwrap()
}

fn foreign(lon: f64, lat: f64) -> (&'static str, Nearest) {
    let nearest = SET.nearest_foreign(at(lon, lat), f64::INFINITY).unwrap();
    (&SET.territory(nearest.territory).code, nearest)
}

#[track_caller]
fn about(found: f64, expected: f64, give: f64) {
    assert!((found - expected).abs() <= give, "{found} is not {expected} ± {give}");
}

#[test]
fn izmail_is_in_ukraine_and_two_kilometers_from_romania() {
    assert_eq!(territories(28.8372, 45.3512), ["UKR"]);
    let romania = to(28.8372, 45.3512, "ROU");
    about(romania.distance_m, 2_221.0, 0.5);
    about(romania.azimuth_deg.unwrap(), 214.2, 0.1);
    assert_eq!(romania.kind, Kind::RiverOrLake);
    assert_eq!(romania.accuracy_m, 200.0);
    assert_eq!(foreign(28.8372, 45.3512).0, "ROU");
}

#[test]
fn across_the_danube_from_izmail_lies_romania() {
    assert_eq!(territories(28.819, 45.333), ["ROU"]);
    assert_eq!(to(28.819, 45.333, "ROU").distance_m, 0.0);
    assert_eq!(to(28.819, 45.333, "ROU").point, at(28.819, 45.333));
    about(to(28.819, 45.333, "UKR").distance_m, 254.0, 0.5);
}

#[test]
fn the_other_ports_of_the_danube_are_as_near_as_known() {
    about(to(28.2829, 45.4566, "ROU").distance_m, 1_072.0, 0.5);
    about(to(28.2829, 45.4566, "MDA").distance_m, 5_320.0, 0.5);
    about(to(29.2623, 45.4553, "ROU").distance_m, 2_539.0, 0.5);
    for (lon, lat) in [(28.2829, 45.4566), (29.2623, 45.4553)] {
        assert_eq!(to(lon, lat, "ROU").kind, Kind::RiverOrLake);
    }
}

#[test]
fn snake_island_meets_romania_at_sea() {
    let romania = to(30.2039, 45.2553, "ROU");
    about(romania.distance_m, 21_950.0, 5.0);
    assert_eq!(romania.kind, Kind::Maritime);
}

#[test]
fn przewodow_is_in_poland() {
    assert_eq!(territories(23.9345, 50.4717), ["POL"]);
    let ukraine = to(23.9345, 50.4717, "UKR");
    about(ukraine.distance_m, 6_444.0, 0.5);
    assert_eq!(ukraine.kind, Kind::Land);
}

#[test]
fn sevastopol_is_claimed_twice_and_ukrainian_in_the_view_of_the_united_nations() {
    assert_eq!(territories(33.5254, 44.6167), ["RUS", "UKR"]);
    let claims = SET.containing(at(33.5254, 44.6167));
    assert_eq!(SET.holder(&claims, at(33.5254, 44.6167)), SET.find("UKR"));
    // Russia is foreign there, and begins beyond the Kerch Strait.
    let (code, russia) = foreign(33.5254, 44.6167);
    assert_eq!(code, "RUS");
    assert!(russia.point.lon() > 36.4, "{russia:?}");
}

#[test]
fn sevastopol_is_seen_in_each_view() {
    let sevastopol = at(33.5254, 44.6167);
    let day = |text: &str| Some(text.parse::<Day>().unwrap());
    let held = |on| {
        let set = SET.in_view(View::de_facto(), on);
        let answer = set.answer(&Question { place: sevastopol, radius_m: None, to: &[] });
        assert_eq!(answer.territory, ["RUS", "UKR"]);
        assert!(answer.disputed && answer.view_source.is_some());
        assert_eq!(answer.boundary.world_view, "de_facto");
        (answer.territory_in_view, answer.nearest_foreign.unwrap().country)
    };
    assert_eq!(held(day("2014-03-17")), (Some("UKR".into()), "RUS".into()));
    assert_eq!(held(day("2014-03-18")), (Some("RUS".into()), "UKR".into()));
    // What one view settles, another may settle otherwise: the claims are kept.
    let un = SET.in_view(View::de_facto(), None).in_view(View::un(), None);
    let (one, again) =
        (SET.nearest_foreign(sevastopol, f64::INFINITY), un.nearest_foreign(sevastopol, f64::INFINITY));
    assert_eq!(one, again);
    assert_eq!(un.edge_count(), SET.edge_count());
    assert_eq!(un.arcs().count(), SET.arcs().count());
}

#[test]
fn in_the_view_of_the_united_nations_russia_does_not_begin_at_perekop() {
    // Kherson: OpenStreetMap draws Crimea for both, so without a view Russia would be 90 km away.
    let kherson = at(32.6169, 46.6354);
    let russia = SET.target("RUS", None).unwrap();
    let un = SET.nearest_to(kherson, &russia, f64::INFINITY).unwrap();
    let de_facto = SET.in_view(View::de_facto(), None);
    let russia = de_facto.target("RUS", None).unwrap();
    let held = de_facto.nearest_to(kherson, &russia, f64::INFINITY).unwrap();
    assert!(held.distance_m < 100_000.0 && un.distance_m > 250_000.0, "{held:?} {un:?}");
    assert!(held.disputed);
    about(
        un.distance_m,
        SET.nearest_to_slow(kherson, &SET.target("RUS", None).unwrap()).unwrap().distance_m,
        1e-3,
    );
}

#[test]
fn western_sahara_abyei_and_bir_tawil_are_told_as_they_are() {
    let ask =
        |set: &BorderSet, lon, lat| set.answer(&Question { place: at(lon, lat), radius_m: None, to: &[] });
    let de_facto = SET.in_view(View::de_facto(), None);
    assert_eq!(ask(&SET, -13.2, 27.1).territory_in_view.as_deref(), Some("ESH"));
    assert_eq!(ask(&de_facto, -13.2, 27.1).territory_in_view.as_deref(), Some("MAR"));
    for set in [&*SET, &de_facto] {
        let abyei = ask(set, 28.5, 9.6);
        assert_eq!((abyei.territory.len(), abyei.territory_in_view), (2, None));
        assert!(abyei.view_source.unwrap().starts_with("Abyei"));
    }
    let bir_tawil = ask(&SET, 33.75, 21.87);
    assert!(bir_tawil.territory.is_empty() && bir_tawil.notes[0].contains("Bir Tawil"));
    let golan = ask(&SET, 35.77, 33.1);
    assert_eq!(golan.territory, ["ISR"]);
    assert!(!golan.disputed && golan.notes[0].contains("497"), "{:?}", golan.notes);
    assert!(ask(&SET, 28.8372, 45.3512).notes.is_empty());
}

#[test]
fn every_overlap_of_foreign_claims_is_open_or_settled_for_a_reason() {
    for side in SET.arcs().flat_map(|arc| [arc.left.to_vec(), arc.right.to_vec()]) {
        if SET.are_foreign(&side) {
            assert!(SET.ruling(&side, at(0.0, 0.0)).source.is_some(), "{side:?}");
        }
    }
}

#[test]
fn the_nearest_of_reni_is_certain_only_while_its_place_is_known_well() {
    let could_be = |radius_m| {
        let question = Question { place: at(28.2829, 45.4566), radius_m: Some(radius_m), to: &[] };
        let answer = SET.answer(&question);
        let codes: Vec<String> = answer.could_be_nearest.iter().map(|one| one.country.clone()).collect();
        assert_eq!(codes[0], answer.nearest_foreign.unwrap().country);
        codes
    };
    assert_eq!(could_be(1_500.0), ["ROU"]);
    assert_eq!(could_be(5_000.0), ["ROU", "MDA"]);
    // From the pole everything is far, and the nearest land is known.
    let pole = SET.could_be_nearest(at(0.0, 90.0), 0.0);
    assert_eq!(SET.territory(pole[0].0.territory).code, "GRL");
    // In a circle that holds all of Luxembourg its three neighbors could be the nearest.
    let luxembourg = SET.could_be_nearest(at(6.1, 49.7), 40_000.0);
    assert!(luxembourg.len() >= 3, "{luxembourg:?}");
}

#[test]
fn no_country_that_could_be_the_nearest_is_left_out() {
    for (lon, lat, radius_m) in
        [(28.2829, 45.4566, 5_000.0), (4.93, 51.44, 2_000.0), (12.4534, 41.9033, 100.0), (178.0, -17.8, 0.0)]
    {
        let place = at(lon, lat);
        let found = SET.could_be_nearest(place, radius_m);
        let least = found.iter().map(|(_, reach)| reach.high_m + radius_m).fold(f64::INFINITY, f64::min);
        let claims = SET.containing(place);
        for territory in SET.territories() {
            let target = SET.target(&territory.code, None).unwrap();
            let own = claims.iter().any(|id| SET.territory(*id).sovereign == territory.sovereign);
            let Some(nearest) = SET.nearest_to(place, &target, f64::INFINITY).filter(|_| !own) else {
                continue;
            };
            let could = SET.reach_to(place, &nearest, &target).low_m - radius_m <= least;
            let is_there = found.iter().any(|(one, _)| one.territory == nearest.territory);
            assert!(!could || is_there, "{} from {place:?}", territory.code);
        }
    }
}

#[test]
fn a_set_whose_error_swallows_the_distance_gives_no_number() {
    let coarse = BorderSet::natural_earth().unwrap();
    let place = at(28.8372, 45.3512);
    let said = spread(&[&SET, &coarse], place, None, &["ROU", "POL", "ABW"], None);
    assert_eq!(
        said.iter().map(|one| one.to.as_str()).collect::<Vec<_>>(),
        ["nearest_foreign", "ROU", "POL", "ABW"]
    );
    for swallowed in &said[..2] {
        about(swallowed.sets[0].distance_m.unwrap(), 2_221.0, 1.0);
        assert_eq!((swallowed.sets[1].distance_m, swallowed.sets[1].reason), (None, Some("too-coarse")));
        assert_eq!(swallowed.least_m, swallowed.greatest_m);
    }
    let poland = &said[2];
    assert!(poland.sets.iter().all(|one| one.reason.is_none() && one.country.as_deref() == Some("POL")));
    assert!(poland.greatest_m.unwrap() - poland.least_m.unwrap() < 8_000.0);
    let measured = |set: &BorderSet, name| {
        set.measure_to(&set.target(name, None).unwrap(), place, 0.0).unwrap().is_swallowed()
    };
    assert!(measured(&coarse, "ROU") && !measured(&coarse, "POL") && !measured(&SET, "ROU"));
}

#[test]
fn a_set_of_ones_own_is_known_by_its_name() {
    let mut coarse = BorderSet::natural_earth().unwrap();
    let own = "name = \"BLACKSEA\"\ntitle = \"t\"\nsource = \"s\"\nmembers = [\n  { code = \"ROU\", from = 2000-01-01, source = \"s\" },\n]";
    coarse.add_alliance(Alliance::read(own).unwrap()).unwrap();
    assert_eq!(coarse.target("blacksea", None).unwrap().members().len(), 1);
    assert!(coarse.target("blacksea", Some("1999-01-01".parse().unwrap())).unwrap().members().is_empty());
    for taken in ["NATO", "ROU"] {
        assert!(coarse.add_alliance(Alliance::read(&own.replace("BLACKSEA", taken)).unwrap()).is_err());
    }
}

#[test]
fn an_answer_is_told_from_one_on_another_day_or_with_other_sets_of_ones_own() {
    let plain = BorderSet::natural_earth().unwrap();
    assert_eq!(plain.fingerprint_of_answers(), plain.fingerprint());
    let list = |name: &str, members: &[(&str, &str)]| {
        let line = |(code, days): &(&str, &str)| format!("{{ code = \"{code}\", {days}, source = \"s\" }},");
        let lines: String = members.iter().map(line).collect();
        let text = format!("name = \"{name}\"\ntitle = \"t\"\nsource = \"s\"\nmembers = [{lines}]");
        Alliance::read(&text).unwrap()
    };
    let (rou, pol) = (("ROU", "from = 2000-01-01"), ("POL", "from = 2000-01-01"));
    let told = |on: Option<&str>, lists: &[Alliance]| {
        let mut set = plain.in_view(View::un(), on.map(|day| day.parse().unwrap()));
        lists.iter().for_each(|list| set.add_alliance(list.clone()).unwrap());
        set.fingerprint_of_answers()
    };
    let all = [
        told(None, &[]),
        told(Some("2020-01-01"), &[]),
        told(Some("2024-01-01"), &[]),
        told(None, &[list("MINE", &[rou])]),
        told(None, &[list("MINE", &[pol])]),
        told(None, &[list("MINE", &[("ROU", "from = 2000-01-02")])]),
        told(None, &[list("MINE", &[("ROU", "from = 2000-01-01, until = 2020-01-01")])]),
        told(None, &[list("YOURS", &[rou])]),
        told(Some("2020-01-01"), &[list("MINE", &[rou])]),
        told(None, &[list("MINE", &[rou]), list("YOURS", &[pol])]),
    ];
    for (number, one) in all.iter().enumerate() {
        assert!(!all[..number].contains(one), "{number}");
    }
    assert_eq!(told(None, &[list("YOURS", &[pol]), list("MINE", &[rou])]), all[9], "in another order");
    assert_eq!(told(None, &[list("MINE", &[rou, pol])]), told(None, &[list("MINE", &[pol, rou])]));
}

#[test]
fn fiji_is_one_country_on_both_sides_of_the_antimeridian() {
    for lon in [179.9, 180.0, -180.0, -179.9] {
        assert_eq!(territories(lon, -16.8), ["FJI"], "{lon}");
    }
    let (east, west) = (foreign(180.0, -16.8), foreign(-180.0, -16.8));
    assert_eq!(east.1.distance_m, west.1.distance_m);
    // The antimeridian runs through the place and is no border: the outline is far.
    let fiji = SET.target("FJI", None).unwrap();
    assert!(SET.signed_distance(at(180.0, -16.8), &fiji).unwrap().distance_m < -10_000.0);
    assert!(SET.own_outline(at(-180.0, -16.8)).unwrap().distance_m > 10_000.0);
}

#[test]
fn chukotka_is_russian_across_the_antimeridian() {
    for lon in [179.0, 180.0, -180.0, -175.0] {
        assert_eq!(territories(lon, 67.5), ["RUS"], "{lon}");
    }
    let russia = SET.target("RUS", None).unwrap();
    assert!(SET.signed_distance(at(180.0, 67.5), &russia).unwrap().distance_m < -50_000.0);
}

#[test]
fn the_north_pole_is_nobodys_and_the_south_pole_antarctic() {
    assert!(territories(0.0, 90.0).is_empty());
    for lon in [-180.0, -60.0, 0.0, 77.7, 180.0] {
        assert_eq!(territories(lon, -90.0), ["ATA"], "{lon}");
        assert_eq!(territories(lon, -85.05), ["ATA"], "{lon}");
        assert_eq!(territories(lon, -87.0), ["ATA"], "{lon}");
        // Nor does Antarctica end where maps do.
        assert!(SET.own_outline(at(lon, -87.0)).unwrap().distance_m > 200_000.0);
    }
    assert_eq!(foreign(0.0, 90.0).1.azimuth_deg, None);
    assert_eq!(foreign(0.0, -90.0).1.azimuth_deg, None);
    let all: Vec<f64> = [-180.0, 0.0, 123.0].iter().map(|lon| foreign(*lon, 90.0).1.distance_m).collect();
    assert!(all.windows(2).all(|pair| (pair[0] - pair[1]).abs() < 1e-3), "{all:?}");
}

#[test]
fn enclaves_are_their_own() {
    assert_eq!(territories(28.2, -29.5), ["LSO"]);
    assert_eq!(foreign(28.2, -29.5).0, "ZAF");
    assert_eq!(territories(12.4534, 41.9033), ["VAT"]);
    assert_eq!(foreign(12.4534, 41.9033).0, "ITA");
    // Baarle-Hertog: Belgian parcels within the Netherlands.
    assert_eq!(territories(4.93, 51.44), ["BEL"]);
    let (code, netherlands) = foreign(4.93, 51.44);
    assert_eq!(code, "NLD");
    assert!(netherlands.distance_m < 100.0);
}

#[test]
fn a_dependency_is_not_foreign_to_its_sovereign() {
    let (code, _) = foreign(-149.4, -17.6);
    assert!(code != "FRA" && code != "PYF", "{code}");
    let paris = foreign(2.35, 48.85);
    assert_eq!(paris.0, "BEL");
}

#[test]
fn nato_is_told_by_day() {
    let near_helsinki = at(26.0, 59.0);
    let nato = |day: &str| {
        let target = SET.target("NATO", Some(day.parse::<Day>().unwrap())).unwrap();
        target.members().contains(&SET.find("FIN").unwrap())
    };
    assert!(!nato("2022-06-01") && nato("2023-04-04"));
    let now = SET.target("nato", None).unwrap();
    assert_eq!(now.name(), "NATO");
    assert!(SET.nearest_to(near_helsinki, &now, f64::INFINITY).is_some());
    // Between two members there is no outline: how deep a place lies is told by where the alliance ends.
    let deep = SET.signed_distance(at(23.0, 45.0), &now).unwrap();
    let romania = SET.signed_distance(at(23.0, 45.0), &SET.target("ROU", None).unwrap()).unwrap();
    assert!(deep.distance_m <= romania.distance_m && romania.distance_m < 0.0);
}

#[test]
fn an_unknown_name_is_answered_with_names_like_it() {
    let error = SET.target("ROM", None).unwrap_err();
    assert!(error.near.contains(&"ROU".to_owned()), "{error}");
    assert!(SET.target("Romana", None).unwrap_err().to_string().contains("ROU"));
    for name in ["ROU", "rou", "RO", "Romania", " romania "] {
        assert_eq!(SET.target(name, None).unwrap().name(), "ROU");
    }
    assert!(SET.target("", None).is_err());
}

#[test]
fn a_limit_leaves_out_what_is_farther() {
    let place = at(28.8372, 45.3512);
    let romania = SET.target("ROU", None).unwrap();
    let exact = SET.nearest_to(place, &romania, f64::INFINITY).unwrap().distance_m;
    assert!(SET.nearest_to(place, &romania, exact - 0.001).is_none());
    assert_eq!(SET.nearest_to(place, &romania, exact + 0.001).unwrap().distance_m, exact);
    assert_eq!(SET.nearest_to(place, &romania, exact).unwrap().distance_m, exact);
    assert!(SET.nearest_foreign(place, 2_000.0).is_none());
    assert!(SET.nearest_foreign(place, 3_000.0).is_some());
}

#[test]
fn the_distance_is_that_to_the_nearest_point() {
    for (lon, lat) in [(28.8372, 45.3512), (33.5254, 44.6167), (0.0, 0.0), (-150.0, 30.0), (12.0, -89.9)] {
        let (_, nearest) = foreign(lon, lat);
        about(distance(at(lon, lat), nearest.point).get(), nearest.distance_m, 1e-6);
    }
}

#[test]
fn prio_distances_are_absent_where_they_mean_nothing() {
    let ask = |lon, lat| SET.answer(&Question { place: at(lon, lat), radius_m: None, to: &[] });
    let sea = ask(-150.0, 30.0);
    assert_eq!((sea.bdist1_m, sea.bdist2_m, sea.bdist3_m), (None, None, None));
    assert!(sea.nearest_foreign.is_some());
    let iceland = ask(-19.0, 65.0);
    assert_eq!(iceland.bdist1_m, None);
    assert!(iceland.bdist2_m.is_some() && iceland.bdist3_m.is_some());
    let izmail = ask(28.8372, 45.3512);
    assert_eq!(izmail.bdist1_m, izmail.bdist2_m);
    // Odesa: the nearest neighbor by land is Moldova; the sea is not one.
    let odesa = ask(30.7233, 46.4825);
    assert!(odesa.bdist3_m.unwrap() <= odesa.bdist1_m.unwrap());
}

#[test]
fn an_answer_is_the_json_that_clients_were_promised() {
    let to = [SET.target("ROU", None).unwrap(), SET.target("NATO", None).unwrap()];
    let answer = SET.answer(&Question { place: at(28.8372, 45.3512), radius_m: Some(500.0), to: &to });
    let json = serde_json::to_value(&answer).unwrap();
    assert_eq!(json["territory"], serde_json::json!(["UKR"]));
    assert_eq!(json["territory_in_view"], "UKR");
    let romania = &json["to"][0];
    assert_eq!(
        (&romania["to"], &romania["country"], &romania["name"]),
        (&"ROU".into(), &"ROU".into(), &"Romania".into())
    );
    assert_eq!(json["to"][1]["to"], "NATO");
    assert_eq!(romania["kind"], "river-or-lake");
    assert_eq!(romania["side"], "outside");
    let number = |name: &str| romania[name].as_f64().unwrap();
    about(number("distance_low_m"), number("distance_m") - 700.0, 1e-3);
    about(number("distance_high_m"), number("distance_m") + 700.0, 1e-3);
    assert_eq!(json["boundary"]["set"], "osm-maritime-10m");
    assert_eq!(json["boundary"]["edge_model"], "rfc7946");
    assert_eq!(json["boundary"]["world_view"], "un");
    assert_eq!(json["boundary"]["checksum"].as_str().unwrap().len(), 64);
}

#[test]
fn rings_are_closed_and_hold_what_the_territory_holds() {
    for code in ["ROU", "FJI", "LSO", "VAT", "ZAF"] {
        let id = SET.find(code).unwrap();
        for ring in SET.rings(id) {
            assert!(ring.len() >= 4 && ring.first() == ring.last(), "{code}");
        }
    }
    // Lesotho is a hole in South Africa.
    assert!(SET.polygons(SET.find("ZAF").unwrap()).iter().any(|polygon| polygon.len() > 1));
    let fiji = SET.bounds(SET.find("FJI").unwrap()).unwrap();
    assert!(fiji.west() > fiji.east(), "{fiji:?}");
    let romania = SET.bounds(SET.find("ROU").unwrap()).unwrap();
    assert!(romania.contains(at(26.1, 44.43)) && !romania.contains(at(30.5, 50.45)));
}

#[test]
fn every_border_is_drawn_once_and_knows_its_sides() {
    let mut edges = 0;
    for arc in SET.arcs() {
        assert_ne!(arc.left, arc.right);
        edges += arc.points.len() - 1;
    }
    assert_eq!(edges, SET.edge_count());
    let between = |a: &str, b: &str| {
        let (a, b) = ([SET.find(a).unwrap()], [SET.find(b).unwrap()]);
        SET.arcs()
            .filter(|arc| (arc.left == a && arc.right == b) || (arc.left == b && arc.right == a))
            .count()
    };
    assert!(between("ROU", "UKR") > 0 && between("ROU", "POL") == 0);
}

#[test]
fn the_coarse_set_is_coarse() {
    let coarse = BorderSet::natural_earth().unwrap();
    let romania = coarse.target("ROU", None).unwrap();
    let izmail = coarse.nearest_to(at(28.8372, 45.3512), &romania, f64::INFINITY).unwrap();
    about(izmail.distance_m, 3_239.0, 20.0);
    assert_eq!(izmail.accuracy_m, 4_000.0);
    assert_eq!(coarse.territory(coarse.containing(at(0.0, -90.0))[0]).code, "ATA");
}
