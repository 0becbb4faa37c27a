//! What a store promises: nothing acknowledged is lost, a batch is seen whole or not at all, and every answer of
//! its indexes is the one that a scan of all incidents gives.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use fast_mvt::{MvtReaderRef, MvtValueRef};
use kordon_borders::{Alliance, BBox, BorderSet, Day, LonLat, Reach, Target, View, within};
use kordon_incidents::{
    Damage, EventDate, EventType, Impact, Incident, IncidentId, Infrastructure, LocationMethod, Masking,
    MaskingLevel, Properties, ReadOptions, RecordStatus, Sensitivity, Text, Verification, check, read,
};
use kordon_store::{
    AppendError, Author, BorderSets, Bulk, Cell, Certainty, Checkpoint, Dimension, During, Hash, LeftError,
    Moment, Of, Options, Outcome, PastError, Patience, PutError, Query, Reason, Refusals, Refused, Row,
    Snapshot, SnapshotId, SortBy, Store, Within, is_extended, is_included,
};
use proptest::prelude::*;

#[path = "store/duplicates.rs"]
mod duplicates;
#[path = "store/filter.rs"]
mod filter;

fn borders() -> Arc<BorderSet> {
    static SET: OnceLock<Arc<BorderSet>> = OnceLock::new();
    Arc::clone(SET.get_or_init(|| Arc::new(BorderSet::natural_earth().unwrap())))
}

fn open(dir: &Path) -> Store {
    Store::open(dir, borders(), Options { create: true, read_only: false }).unwrap()
}

fn author() -> Author {
    Author::new("a test")
}

/// Numbers that are the same every time (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.below(1_000_000) as f64 / 1e6
    }

    fn one_of<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }

    fn id(&mut self) -> IncidentId {
        let mut bytes = [0; 16];
        bytes.fill_with(|| self.below(256) as u8);
        IncidentId::from_random(bytes)
    }

    fn place(&mut self) -> LonLat {
        match self.below(10) {
            0 => LonLat::new(self.one_of(&[-180.0, 180.0, 179.9, -179.9]), self.between(-90.0, 90.0)),
            1 => LonLat::new(self.between(-180.0, 180.0), self.between(-90.0, 90.0)),
            // Around the mouth of the Danube.
            _ => LonLat::new(self.between(27.0, 31.0), self.between(44.5, 46.5)),
        }
        .unwrap()
    }
}

const WORDS: [&str; 8] = ["drone", "port", "airport", "зерно", "Ізмаїл", "Brăila", "fire", "склад"];

fn incident(dice: &mut Dice, number: u64) -> Incident {
    let (year, month, day) = (2021 + dice.below(5), 1 + dice.below(12), 1 + dice.below(28));
    let date = match dice.below(6) {
        0 => format!("{year}"),
        1 => format!("{year}-{month:02}"),
        2 => format!("{year}-{month:02}-{day:02}T{:02}:30:00+03:00", dice.below(24)),
        _ => format!("{year}-{month:02}-{day:02}"),
    };
    let mut p = Properties::new(EventDate::parse(&date).unwrap());
    let words: Vec<&str> = (0..1 + dice.below(4)).map(|_| dice.one_of(&WORDS)).collect();
    p.title = Text::new("en", &words.join(" "));
    p.description = Text::new("uk", dice.one_of(&WORDS));
    p.event_type = Some(dice.one_of(EventType::ALL)).filter(|_| dice.below(4) > 0);
    p.sub_event_type =
        Some(dice.one_of(&["attack", "fire", "flood"]).to_owned()).filter(|_| dice.below(2) > 0);
    p.verification = Some(dice.one_of(Verification::ALL)).filter(|_| dice.below(3) > 0);
    p.country = Some(dice.one_of(&["UKR", "ROU", "MDA"]).to_owned());
    p.impacts = (0..dice.below(3)).map(|_| impact(dice)).collect();
    p.deaths_best = Some(dice.below(9) as u32).filter(|_| dice.below(2) > 0);
    p.location_radius_m =
        Some(dice.one_of(&[50.0, 1_000.0, 3_000.0, 40_000.0])).filter(|_| dice.below(2) > 0);
    p.location_method =
        (p.location_radius_m.is_none() && dice.below(4) == 0).then_some(LocationMethod::AdminCentroid);
    p.same_as = vec![format!("test:{number}")];
    let places = [0, 1, 1, 1, 1, 1, 1, 1, 2, 3][dice.below(10) as usize];
    Incident { id: dice.id(), places: (0..places).map(|_| dice.place()).collect(), properties: p }
}

fn impact(dice: &mut Dice) -> Impact {
    let infrastructure = dice.one_of(Infrastructure::ALL).as_str();
    let damage = dice.one_of(Damage::ALL).as_str();
    serde_json::from_value(serde_json::json!({"infrastructure": infrastructure, "damage": damage})).unwrap()
}

fn incidents(dice: &mut Dice, count: u64) -> Vec<Incident> {
    (0..count).map(|number| incident(dice, number)).collect()
}

fn some_query(dice: &mut Dice) -> Query {
    let mut query = Query::default();
    let mut chosen = |one_in: u64| dice.below(one_in) == 0;
    let [boxed, timed, near, placed, typed] = [chosen(3), chosen(3), chosen(3), chosen(4), chosen(4)];
    let [checked, hit, harmed, worded, sub] = [chosen(5), chosen(5), chosen(6), chosen(5), chosen(6)];
    if boxed {
        let (a, b) = (dice.place(), dice.place());
        let (south, north) = (a.lat().min(b.lat()), a.lat().max(b.lat()));
        // West may lie east of east: then the box crosses the antimeridian.
        query.bbox = BBox::new(a.lon(), south, b.lon(), north).ok();
    }
    if timed {
        let start = 1_609_459_200 + dice.below(157_000_000) as i64;
        let length = 1 + dice.below(60_000_000) as i64;
        query.datetime = Some(During {
            start_s: Some(start).filter(|_| dice.below(4) > 0),
            end_s: Some(start + length).filter(|_| dice.below(4) > 0),
        });
    }
    if near {
        let of =
            Of::parse(dice.one_of(&["ROU", "UKR", "NATO", "EU", "MDA", "28.8,45.3"]), &borders()).unwrap();
        query.within = Some(Within {
            of,
            km: dice.one_of(&[0.0, 1.0, 10.0, 100.0, 2_000.0]),
            certainty: dice.one_of(&[Certainty::Certain, Certainty::Possible]),
            include_inside: dice.below(2) == 0,
        });
    }
    if placed {
        query.country = vec![dice.one_of(&["UKR", "ROU", "RUS"]).to_owned()];
    }
    if typed {
        query.event_type = vec![dice.one_of(EventType::ALL), dice.one_of(EventType::ALL)];
    }
    if sub {
        query.sub_event_type = vec![dice.one_of(&["attack", "flood", "never"]).to_owned()];
    }
    if checked {
        query.verification = vec![dice.one_of(Verification::ALL), dice.one_of(Verification::ALL)];
    }
    if hit {
        query.infrastructure = vec![dice.one_of(Infrastructure::ALL), dice.one_of(Infrastructure::ALL)];
    }
    if harmed {
        query.damage = vec![dice.one_of(Damage::ALL)];
    }
    if worded {
        query.text = Some(dice.one_of(&["port", "ЗЕРН", "Ізмаіл drone", "braila", "склад fire"]).to_owned());
    }
    query
}

/// The signed distance of the nearest of its places, and how near and how far it may be from any of them.
fn slow_distance(incident: &Incident, of: &Of) -> Option<(f64, Reach)> {
    incident.radius().meters?;
    let set = borders();
    let start_s = incident.times().start_s;
    let to = |place: LonLat, target: &Target| {
        let nearest = set.signed_distance(place, target)?;
        Some((nearest.distance_m, set.reach_to(place, &nearest, target)))
    };
    let of_place = |&place: &LonLat| match of {
        Of::Place(there) => {
            let distance_m = kordon_borders::distance(place, *there).get();
            Some((distance_m, Reach::around(distance_m, 0.0)))
        }
        Of::Target(target) => to(place, target),
        Of::Dated(name) => to(place, &set.target(name, Some(day(start_s))).unwrap()),
    };
    incident.places.iter().filter_map(of_place).reduce(|a, b| {
        let (low_m, high_m) = (a.1.low_m.min(b.1.low_m), a.1.high_m.min(b.1.high_m));
        (a.0.min(b.0), Reach { low_m, high_m })
    })
}

fn day(start_s: i64) -> Day {
    let text = EventDate::of_epoch_ms(start_s * 1000).unwrap().as_str()[..10].to_owned();
    let part = |range: std::ops::Range<usize>| text[range].parse::<u16>().unwrap();
    Day::new(part(0..4) as i16, part(5..7) as u8, part(8..10) as u8).unwrap()
}

fn is_near(incident: &Incident, distance: Option<(f64, Reach)>, asked: &Within) -> bool {
    let Some((signed, reach)) = distance else { return false };
    let radius = incident.radius().meters.unwrap();
    let answer = within(asked.km * 1000.0, &reach.interval(radius));
    let near = match asked.certainty {
        Certainty::Certain => answer == kordon_borders::Within::Certain,
        Certainty::Possible => answer != kordon_borders::Within::No,
    };
    near && (asked.include_inside || signed >= 0.0)
}

/// The slow twin of a query: one incident at a time, from its own words.
fn matches(incident: &Incident, query: &Query) -> bool {
    let p = &incident.properties;
    let set = borders();
    let times = incident.times();
    let any = |words: &[String], word: &Option<String>| {
        words.is_empty() || word.as_ref().is_some_and(|word| words.contains(word))
    };
    let in_box = query.bbox.as_ref().is_none_or(|b| incident.places.iter().any(|&place| b.contains(place)));
    let in_time = query.datetime.is_none_or(|during| {
        during.start_s.is_none_or(|start| start < times.end_s)
            && during.end_s.is_none_or(|end| times.start_s < end)
    });
    let in_country = query.country.is_empty()
        || if incident.places.is_empty() {
            p.country.as_ref().is_some_and(|country| query.country.contains(country))
        } else {
            let claims = |&place: &LonLat| {
                set.containing(place).iter().map(|&id| set.territory(id).code.clone()).collect::<Vec<_>>()
            };
            incident.places.iter().flat_map(claims).any(|code| query.country.contains(&code))
        };
    let near = query
        .within
        .as_ref()
        .is_none_or(|asked| is_near(incident, slow_distance(incident, &asked.of), asked));
    let has_text = query.text.as_ref().is_none_or(|text| {
        let simple = |text: &str| {
            let text = text.to_lowercase().replace('ї', "і").replace('ă', "a");
            text.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
        };
        let both =
            [p.title.as_ref().unwrap().in_language("en"), p.description.as_ref().unwrap().in_language("uk")];
        let words: Vec<String> = both.iter().flat_map(|text| simple(text)).collect();
        simple(text).iter().all(|wanted| words.iter().any(|word| word.starts_with(wanted)))
    });
    let is_any = |wanted: bool, empty: bool| empty || wanted;
    in_box
        && in_time
        && in_country
        && near
        && has_text
        && any(&query.sub_event_type, &p.sub_event_type)
        && is_any(
            p.event_type.is_some_and(|word| query.event_type.contains(&word)),
            query.event_type.is_empty(),
        )
        && is_any(
            p.verification.is_some_and(|word| query.verification.contains(&word)),
            query.verification.is_empty(),
        )
        && is_any(
            p.impacts
                .iter()
                .any(|impact| impact.infrastructure.is_some_and(|word| query.infrastructure.contains(&word))),
            query.infrastructure.is_empty(),
        )
        && is_any(
            p.impacts.iter().any(|impact| impact.damage.is_some_and(|word| query.damage.contains(&word))),
            query.damage.is_empty(),
        )
}

fn ids_of(rows: &[kordon_store::Row]) -> Vec<IncidentId> {
    rows.iter().map(kordon_store::Row::id).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn the_indexes_find_what_a_full_scan_finds(seed in 1_u64..u64::MAX) {
        let mut dice = Dice(seed);
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path());
        // Batches of many sizes make parts of many sizes; later ones revise and withdraw what was put before.
        let mut truth: BTreeMap<u64, Incident> = BTreeMap::new();
        for size in [150, 1, 1, 40, 7, 1, 1, 1, 90] {
            let batch: Vec<(u64, Incident)> = (0..size)
                .map(|_| {
                    let number = dice.below(300);
                    (number, incident(&mut dice, number))
                })
                .collect();
            let put = store.put(batch.iter().map(|(_, incident)| incident.clone()).collect(), &author()).unwrap();
            for ((number, mut incident), (id, _)) in batch.into_iter().zip(put.ids) {
                incident.id = id;
                truth.insert(number, incident);
            }
            if dice.below(2) == 0 {
                let number = *truth.keys().nth(dice.below(truth.len() as u64) as usize).unwrap();
                store.withdraw(truth.remove(&number).unwrap().id, &author()).unwrap();
                // Its key stays its own: what is put under it again stays withdrawn.
                truth.retain(|known, _| *known != number);
                let again = incident(&mut dice, number);
                store.put(vec![again], &author()).unwrap();
            }
        }
        // A withdrawn number that came again stayed withdrawn, whatever the model above thinks of it.
        truth.retain(|_, incident| !store.is_withdrawn(incident.id));
        let snapshot = store.public();
        prop_assert_eq!(snapshot.len(), truth.len());
        for _ in 0..25 {
            let mut query = some_query(&mut dice);
            let mut expected: Vec<&Incident> = truth.values().filter(|one| matches(one, &query)).collect();
            expected.sort_by_key(|one| (std::cmp::Reverse(one.times().start_s), one.id));
            let expected: Vec<IncidentId> = expected.into_iter().map(|one| one.id).collect();
            let found = snapshot.find(&query);
            prop_assert_eq!(found.matched, expected.len(), "{:?}", &query);
            prop_assert_eq!(ids_of(&found.rows), expected.clone(), "{:?}", &query);
            // The same, in pages, and in every order.
            for sortby in [SortBy::DateStart, SortBy::Distance, SortBy::DistanceDescending, SortBy::Title, SortBy::TitleDescending, SortBy::Recorded, SortBy::RecordedDescending] {
                query.sortby = sortby;
                query.limit = None;
                query.cursor = None;
                let whole = ids_of(&snapshot.find(&query).rows);
                query.limit = Some(1 + dice.below(40) as usize);
                let mut pages = Vec::new();
                let mut way_back = loop {
                    let found = snapshot.find(&query);
                    prop_assert_eq!(found.matched, expected.len());
                    prop_assert_eq!(found.previous.is_some(), query.cursor.is_some() && !found.rows.is_empty());
                    pages.push(ids_of(&found.rows));
                    let Some(next) = found.next else { break found.previous };
                    prop_assert_eq!(next.to_string().parse::<kordon_store::Cursor>().unwrap(), next.clone());
                    query.cursor = Some(next);
                };
                prop_assert_eq!(&pages.concat(), &whole, "{:?}", &query);
                // Going back, the same pages come again.
                for page in pages.iter().rev().skip(1) {
                    let previous = way_back.take().unwrap();
                    prop_assert_eq!(previous.to_string().parse::<kordon_store::Cursor>().unwrap(), previous.clone());
                    query.cursor = Some(previous);
                    let found = snapshot.find(&query);
                    prop_assert_eq!((&ids_of(&found.rows), found.next.is_some()), (page, true), "{:?}", &query);
                    way_back = found.previous;
                }
                prop_assert_eq!(way_back, None);
                let (mut sorted, mut all) = (whole, expected.clone());
                sorted.sort_unstable();
                all.sort_unstable();
                prop_assert_eq!(sorted, all);
            }
        }
        // Rebuilt from the ledger, it answers alike, word for word.
        let features = |store: &Store| -> Vec<String> {
            let snapshot = store.public();
            snapshot.find(&Query::default()).rows.iter().map(|row| snapshot.feature(row).unwrap()).collect()
        };
        let before = features(&store);
        let report = store.verify().unwrap();
        drop(store);
        let store = open(dir.path());
        prop_assert_eq!(features(&store), before);
        prop_assert_eq!(store.verify().unwrap(), report);
    }
}

#[test]
fn the_nearest_rows_come_page_by_page_as_a_scan_orders_them() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut dice = Dice(5);
    let mut all = incidents(&mut dice, 4_000);
    for chunk in all.chunks(700) {
        store.put(chunk.to_vec(), &author()).unwrap();
    }
    for gone in all.drain(..100) {
        store.withdraw(gone.id, &author()).unwrap();
    }
    let snapshot = store.public();
    for (from, event_type) in [
        ("28.8,45.3", vec![]),
        ("180,-16", vec![]),
        ("0,90", vec![]),
        ("29,45", vec![EventType::Battles, EventType::Other]),
    ] {
        let of = Of::parse(from, &borders()).unwrap();
        let mut scanned: Vec<(f64, IncidentId)> = all
            .iter()
            .filter(|one| {
                event_type.is_empty() || one.properties.event_type.is_some_and(|t| event_type.contains(&t))
            })
            .filter(|one| one.radius().meters.is_some())
            .filter_map(|one| Some((slow_distance(one, &of)?.0, one.id)))
            .collect();
        scanned.sort_by(|a, b| a.partial_cmp(b).unwrap());
        let mut query =
            Query { of: Some(of), sortby: SortBy::Distance, limit: Some(10), event_type, ..Query::default() };
        for page in scanned.chunks(10).take(5) {
            let found = snapshot.find(&query);
            assert_eq!(ids_of(&found.rows), page.iter().map(|one| one.1).collect::<Vec<_>>(), "{query:?}");
            query.cursor = found.next;
        }
    }
}

#[test]
fn rows_by_date_come_page_by_page_as_a_scan_orders_them() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut dice = Dice(29);
    let mut all = incidents(&mut dice, 1_500);
    // Many begin together, so that the ends of pages fall between such.
    for one in &mut all {
        one.properties.date_start = EventDate::parse(&format!("2024-03-{:02}", 1 + dice.below(20))).unwrap();
        one.properties.date_end = None;
    }
    for chunk in all.chunks(400) {
        store.put(chunk.to_vec(), &author()).unwrap();
    }
    for gone in all.drain(..100) {
        store.withdraw(gone.id, &author()).unwrap();
    }
    let snapshot = store.public();
    let bbox = BBox::new(170.0, -90.0, 100.0, 90.0).ok();
    for (sortby, sign) in [(SortBy::DateStart, 1), (SortBy::DateStartDescending, -1)] {
        for query in [Query::default(), Query { bbox, ..Query::default() }] {
            let mut scanned: Vec<&Incident> = all.iter().filter(|one| matches(one, &query)).collect();
            scanned.sort_by_key(|one| (sign * one.times().start_s, one.id));
            let mut query = Query { sortby, limit: Some(17), ..query };
            for page in scanned.chunks(17) {
                let found = snapshot.find(&query);
                assert_eq!(found.matched, scanned.len());
                assert_eq!(ids_of(&found.rows), page.iter().map(|one| one.id).collect::<Vec<_>>());
                query.cursor = found.next;
            }
            assert_eq!(query.cursor, None);
        }
    }
}

/// Also after a restart, and for a reader who goes on while others write.
#[test]
fn what_was_recorded_last_stands_first_when_that_is_asked() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    let mut dice = Dice(31);
    let all = incidents(&mut dice, 60);
    store.put(all[..40].to_vec(), &author()).unwrap();
    let pause = || std::thread::sleep(std::time::Duration::from_millis(1_100));
    pause();
    store.put(all[40..].to_vec(), &author()).unwrap();
    pause();
    let mut corrected = all[7].clone();
    corrected.properties.deaths_best = Some(77_777);
    store.put(vec![corrected], &author()).unwrap();
    for _ in 0..2 {
        let snapshot = store.public();
        for (sortby, sign) in [(SortBy::Recorded, 1), (SortBy::RecordedDescending, -1)] {
            let rows = snapshot.find(&Query { sortby, ..Query::default() }).rows;
            let mut scanned: Vec<(i64, IncidentId)> = (rows.iter())
                .map(|row| snapshot.incident(row).unwrap())
                .map(|one| (sign * one.properties.recorded_at.unwrap().times().start_s, one.id))
                .collect();
            let shown = scanned.clone();
            scanned.sort_unstable();
            assert_eq!(shown, scanned);
            assert!(shown[0].0 < shown[30].0 || shown[30].0 < shown[59].0, "more than one moment");
        }
        let first =
            snapshot.find(&Query { sortby: SortBy::RecordedDescending, ..Query::default() }).rows[0].id();
        assert_eq!(first, all[7].id);
        drop(store);
        store = open(dir.path());
    }
}

#[test]
fn rows_that_are_alike_in_one_thing_stand_in_the_order_of_the_next() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut dice = Dice(23);
    let mut all = incidents(&mut dice, 900);
    for chunk in all.chunks(400) {
        store.put(chunk.to_vec(), &author()).unwrap();
    }
    let snapshot = store.public();
    let of = Some(Of::parse("ROU", &borders()).unwrap());
    for (then, after) in [
        (SortBy::Title, SortBy::Distance),
        (SortBy::TitleDescending, SortBy::DistanceDescending),
        (SortBy::DistanceDescending, SortBy::Title),
    ] {
        // The slow twin: places in the order by one thing alone, and a sort by dates that keeps it.
        let place_by = |sortby| -> HashMap<IncidentId, usize> {
            let rows = snapshot.find(&Query { sortby, of: of.clone(), ..Query::default() }).rows;
            ids_of(&rows).into_iter().zip(0..).collect()
        };
        let places = place_by(then);
        all.sort_by_key(|one| (-one.times().start_s, places[&one.id]));
        let expected: Vec<IncidentId> = all.iter().map(|one| one.id).collect();
        let sortby = SortBy::DateStartDescending;
        let mut query = Query { sortby, then_by: vec![then], of: of.clone(), ..Query::default() };
        assert_eq!(ids_of(&snapshot.find(&query).rows), expected, "{then:?}");
        query.then_by.push(after);
        let whole = ids_of(&snapshot.find(&query).rows);
        query.limit = Some(70);
        let mut pages = Vec::new();
        let way_back = loop {
            let found = snapshot.find(&query);
            assert_eq!(found.matched, all.len());
            pages.extend(ids_of(&found.rows));
            let Some(next) = found.next else { break found.previous };
            assert_eq!(next.to_string().parse(), Ok(next.clone()));
            assert!(next.is_of(sortby, &query.then_by) && !next.is_of(sortby, &[then]));
            query.cursor = Some(next);
        };
        assert_eq!(pages, whole, "{then:?}, {after:?}");
        query.cursor = way_back;
        let shown = pages.len() - pages.len() % 70;
        assert_eq!(ids_of(&snapshot.find(&query).rows), pages[shown - 70..shown], "{then:?}, {after:?}");
        // Without a limit, all that stands before a row, or behind it.
        query.limit = None;
        assert_eq!(ids_of(&snapshot.find(&query).rows), pages[..shown], "{then:?}, {after:?}");
        query.cursor = snapshot.find(&Query { limit: Some(70), cursor: None, ..query.clone() }).next;
        assert_eq!(ids_of(&snapshot.find(&query).rows), pages[70..], "{then:?}, {after:?}");
    }
}

/// Long answers are looked up a piece at a time, and say the same as one that is looked up at once.
#[test]
fn a_list_that_is_told_in_pieces_is_what_is_found_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut dice = Dice(29);
    for chunk in incidents(&mut dice, 700).chunks(300) {
        store.put(chunk.to_vec(), &author()).unwrap();
    }
    let snapshot = store.public();
    for of in [None, Some("ROU"), Some("NATO"), Some("28.84,45.35")] {
        let of = of.map(|of| Of::parse(of, &borders()).unwrap());
        for sortby in [SortBy::DateStartDescending, SortBy::Distance, SortBy::Title] {
            let query = Query { of: of.clone(), sortby, ..Query::default() };
            let (short, whole) = (snapshot.hits(&query), snapshot.find(&query));
            assert_eq!((short.matched, short.rows.len()), (whole.matched, whole.rows.len()));
            assert!(
                short.rows.iter().map(|hit| snapshot.places(*hit)).eq(whole.rows.iter().map(Row::places))
            );
            let told = |rows: &[Row]| snapshot.features(rows).unwrap();
            let pieces: Vec<String> =
                short.rows.chunks(64).map(|hits| told(&snapshot.rows(&query, hits))).collect();
            assert!(pieces.join(",") == told(&whole.rows), "{sortby:?} {of:?}");
        }
    }
}

#[test]
fn what_is_near_a_border_is_what_measuring_every_row_finds_whichever_boxes_are_taken_whole() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut dice = Dice(19);
    let mut all = incidents(&mut dice, 3_000);
    // Circles that are larger than what is asked for, and one that has all of the Earth in it.
    for (one, radius_m) in all.iter_mut().skip(1).step_by(97).zip([200_000.0, 80_000.0].into_iter().cycle()) {
        one.properties.location_radius_m = Some(radius_m);
    }
    all[2].properties.location_radius_m = Some(20_038_000.0);
    let arcs: Vec<_> = borders().arcs().map(|arc| arc.points[0]).step_by(40).collect();
    let ends = [[0.0, 90.0], [0.0, -90.0], [-151.2, -45.3], [28.8, 45.3]];
    for (one, [lon, lat]) in all.iter_mut().skip(5).step_by(5).zip(ends.into_iter().chain(arcs)) {
        one.places.iter_mut().take(1).for_each(|place| *place = LonLat::new(lon, lat).unwrap());
    }
    for chunk in all.chunks(2_000) {
        store.put(chunk.to_vec(), &author()).unwrap();
    }
    // Some rows are removed, and some have been replaced by others.
    for one in all.iter_mut().step_by(7) {
        one.places.iter_mut().for_each(|place| *place = dice.place());
        store.put(vec![one.clone()], &author()).unwrap();
    }
    let withdrawn: Vec<IncidentId> = all.iter().skip(3).step_by(11).map(|one| one.id).collect();
    for &id in &withdrawn {
        store.withdraw(id, &author()).unwrap();
    }
    all.retain(|one| !withdrawn.contains(&one.id));
    let snapshot = store.public();
    for name in ["ROU", "NATO", "UKR", "RUS", "FJI", "28.8,45.3", "180,-16.5"] {
        let of = Of::parse(name, &borders()).unwrap();
        let measured: Vec<_> = all.iter().map(|one| (one, slow_distance(one, &of))).collect();
        for (km, certainty, include_inside) in [
            (0.0, Certainty::Possible, false),
            (0.0, Certainty::Certain, true),
            (10.0, Certainty::Certain, true),
            (50.0, Certainty::Certain, false),
            (50.0, Certainty::Possible, true),
            (200.0, Certainty::Certain, true),
            (200.0, Certainty::Possible, false),
            (20_038.0, Certainty::Certain, true),
            (20_038.0, Certainty::Possible, false),
        ] {
            let near = Within { of: of.clone(), km, certainty, include_inside };
            let is_near = |(one, distance): &&(&Incident, _)| is_near(one, *distance, &near);
            let scanned: BTreeSet<IncidentId> =
                measured.iter().filter(is_near).map(|(one, _)| one.id).collect();
            let query = Query { within: Some(near.clone()), ..Query::default() };
            // The second time the answer is remembered.
            for _ in 0..2 {
                assert_eq!(snapshot.count(&query), scanned.len(), "{query:?}");
            }
            let rows = snapshot.find(&query).rows;
            assert_eq!(rows.iter().map(Row::id).collect::<BTreeSet<_>>(), scanned, "{query:?}");
        }
    }
}

#[test]
fn a_page_of_rows_has_the_answers_that_each_row_has_alone_also_when_some_of_them_are_remembered() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let all = incidents(&mut Dice(23), 10_000);
    for chunk in all.chunks(8_000) {
        store.put(chunk.to_vec(), &author()).unwrap();
    }
    let snapshot = store.public();
    for name in ["ROU", "NATO", "MDA", "RUS", "28.8,45.3"] {
        let of = Of::parse(name, &borders()).unwrap();
        // A part keeps what the first finds, knows some of what the second finds, and a little of all.
        let since = |start_s| During { start_s: Some(start_s), end_s: Some(1_735_689_600) };
        let asked = [1_704_067_200, 1_688_169_600].map(|start_s| Query {
            of: Some(of.clone()),
            datetime: Some(since(start_s)),
            ..Query::default()
        });
        for query in asked.into_iter().chain([Query { of: Some(of.clone()), ..Query::default() }]) {
            let rows = snapshot.find(&query).rows;
            assert!(rows.len() > 1_000, "{name}: {}", rows.len());
            for row in rows {
                let alone = snapshot.get_with(row.id(), &of).unwrap();
                assert_eq!(
                    (row.to(), row.reach(&borders())),
                    (alone.to(), alone.reach(&borders())),
                    "{name}"
                );
                assert_eq!(snapshot.feature(&row).unwrap(), snapshot.feature(&alone).unwrap());
            }
        }
    }
}

#[test]
fn who_has_no_patience_left_is_told_that_an_answer_is_not_whole() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.put(incidents(&mut Dice(29), 3_000), &author()).unwrap();
    let public = store.public();
    let by_type = Query { event_type: vec![EventType::Battles, EventType::Protests], ..Query::default() };
    let near = Within::new(Of::parse("ROU", public.borders()).unwrap(), 300.0);
    let by_distance =
        Query { within: Some(near), sortby: SortBy::Distance, limit: Some(10), ..by_type.clone() };
    for query in [by_type, by_distance] {
        let whole = public.find(&query);
        assert!(whole.matched > 0);
        for (most, is_lost) in [(Duration::from_secs(3_600), false), (Duration::ZERO, true)] {
            let patience = Arc::new(Patience::new(most));
            let found = public.find(&Query { patience: Some(Arc::clone(&patience)), ..query.clone() });
            assert_eq!(patience.is_lost(), is_lost);
            assert_eq!(found.matched == whole.matched, !is_lost, "{} of {}", found.matched, whole.matched);
        }
    }
}

#[test]
fn who_has_no_patience_left_does_not_wait_until_all_rows_are_measured_for_their_order() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.put(incidents(&mut Dice(31), 3_000), &author()).unwrap();
    let public = store.public();
    let nearest = Query { sortby: SortBy::Distance, limit: Some(10), ..Query::default() };
    let farthest = Query { sortby: SortBy::DistanceDescending, ..nearest.clone() };
    let all = Query { limit: None, ..farthest.clone() };
    let by_both = Query { then_by: vec![SortBy::Title], ..nearest.clone() };
    // What was measured once is remembered, so each asks about another country.
    for (query, name) in [nearest, farthest, all, by_both].into_iter().zip(["ROU", "UKR", "MDA", "RUS"]) {
        // To see that all of them match takes a tenth of that, to measure them ten times as long.
        for (most, is_lost) in [(Duration::from_micros(200), true), (Duration::from_secs(3_600), false)] {
            let patience = Arc::new(Patience::new(most));
            let of = Of::parse(name, public.borders()).ok();
            public.find(&Query { of, patience: Some(Arc::clone(&patience)), ..query.clone() });
            assert_eq!(patience.is_lost(), is_lost, "{name}: {query:?}");
        }
    }
}

#[test]
fn rows_come_in_the_order_of_their_distance() {
    let mut dice = Dice(7);
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let all = incidents(&mut dice, 300);
    store.put(all.clone(), &author()).unwrap();
    let by_id: HashMap<IncidentId, &Incident> = all.iter().map(|one| (one.id, one)).collect();
    for name in ["ROU", "NATO", "28.8,45.3"] {
        let of = Of::parse(name, &borders()).unwrap();
        for limit in [None, Some(20)] {
            let query = Query { of: Some(of.clone()), sortby: SortBy::Distance, limit, ..Query::default() };
            let found = store.public().find(&query);
            let distances: Vec<f64> = (found.rows.iter())
                .map(|row| {
                    slow_distance(by_id[&row.id()], &of).map_or(f64::INFINITY, |(meters, _)| meters.max(0.0))
                })
                .collect();
            assert!(distances.is_sorted(), "{name}: {distances:?}");
        }
    }
}

#[test]
fn a_single_write_is_visible_when_it_is_acknowledged_and_the_snapshot_before_stays_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut dice = Dice(3);
    for number in 0..50 {
        let before = store.public();
        let put = store.put(vec![incident(&mut dice, number)], &author()).unwrap();
        assert_eq!((put.accepted, put.seq), (1, number + 1));
        let (id, _) = put.ids[0];
        assert!(store.public().get(id).is_some());
        assert!(before.get(id).is_none());
        assert_eq!(before.len() as u64, number);
    }
}

#[test]
fn putting_again_updates_or_changes_nothing_and_every_revision_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut dice = Dice(5);
    let first = incident(&mut dice, 1);
    let outcome = |incident: Incident| store.put(vec![incident], &author()).unwrap().ids[0];
    assert_eq!(outcome(first.clone()), (first.id, Outcome::Accepted));
    assert_eq!(outcome(first.clone()), (first.id, Outcome::Unchanged));
    let mut other_id = first.clone();
    other_id.id = dice.id();
    assert_eq!(outcome(other_id.clone()), (first.id, Outcome::Unchanged), "same_as is the key");
    other_id.properties.deaths_best = Some(77);
    assert_eq!(outcome(other_id.clone()), (first.id, Outcome::Updated));
    let history = store.history(first.id).unwrap();
    let part = |revision: usize, path: &str| history[revision].pointer(path).unwrap().clone();
    assert_eq!(history.len(), 2);
    assert_eq!((part(0, "/properties/revision"), part(1, "/properties/revision")), (1.into(), 2.into()));
    assert_eq!(part(1, "/properties/recorded_by"), "a test");
    assert_eq!(part(1, "/properties/record_status"), "published");
    assert_eq!(part(1, "/kordon/prev"), part(0, "/kordon/hash"));
    // A key that once named it still does, also after opening again.
    other_id.properties.same_as = vec!["test:other".to_owned()];
    other_id.id = first.id;
    assert_eq!(outcome(other_id.clone()), (first.id, Outcome::Updated));
    drop(store);
    let store = open(dir.path());
    let mut by_old_key = first.clone();
    by_old_key.id = dice.id();
    assert_eq!(store.put(vec![by_old_key], &author()).unwrap().ids[0], (first.id, Outcome::Updated));
    assert_eq!(store.history(first.id).unwrap().len(), 4);
    assert_eq!(store.public().len(), 1);
}

/// A reader elsewhere, who knows only what the changes tell.
fn follow(store: &Store, since: &mut u64, replica: &mut BTreeMap<IncidentId, String>, page: usize) {
    loop {
        let changes = store.changes(*since, page).unwrap().unwrap();
        assert!(changes.changes.len() <= page);
        let seqs: Vec<u64> = changes.changes.iter().map(|change| change.seq).collect();
        assert!(seqs.is_sorted_by(|a, b| a < b) && seqs.iter().all(|seq| seq > since), "{seqs:?}");
        for change in changes.changes {
            match change.feature {
                Some(feature) => drop(replica.insert(change.id, feature)),
                None => drop(replica.remove(&change.id)),
            }
        }
        *since = changes.next;
        if !changes.more {
            return;
        }
    }
}

#[test]
fn whoever_follows_the_changes_has_what_everybody_may_see_and_never_heard_of_anything_else() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut dice = Dice(41);
    let mut all = incidents(&mut dice, 60);
    for hidden in &mut all[..15] {
        hidden.properties.redistributable = Some(false);
        hidden.properties.title = Text::new("en", "secret");
    }
    store.put(all.clone(), &author()).unwrap();
    let (mut since, mut replica) = (0, BTreeMap::new());
    for round in 0..40 {
        for _ in 0..dice.below(30) {
            let at = dice.below(60) as usize;
            let one = &mut all[at];
            match dice.below(4) {
                0 => drop(store.withdraw(one.id, &author()).unwrap()),
                1 if at >= 15 => {
                    let masking = dice.one_of(&[MaskingLevel::Exact, MaskingLevel::Hidden]);
                    one.properties.masking = Some(Masking { level: masking });
                    drop(store.put(vec![one.clone()], &author()).unwrap());
                }
                _ => {
                    one.properties.deaths_best = Some(dice.below(1_000) as u32);
                    let back = dice.below(2) == 0;
                    one.properties.record_status = back.then_some(RecordStatus::Published);
                    drop(store.put(vec![one.clone()], &author()).unwrap());
                }
            }
        }
        follow(&store, &mut since, &mut replica, 1 + dice.below(20) as usize);
        let snapshot = store.public();
        let shown = snapshot.find(&Query::default()).rows;
        let scan: BTreeMap<_, _> =
            shown.iter().map(|row| (row.id(), snapshot.feature(row).unwrap())).collect();
        assert_eq!(replica, scan, "round {round}");
        assert_eq!(since, snapshot.seq());
    }
    assert!(replica.values().all(|feature| !feature.contains("secret")));
    let told = store.changes(0, 1_000).unwrap().unwrap().changes;
    assert!(all[..15].iter().all(|hidden| told.iter().all(|change| change.id != hidden.id)));
    assert_eq!(store.changes(since + 1, 10).unwrap(), None, "the ledger is not that long");
}

#[test]
fn every_revision_is_proved_under_the_signed_root_and_no_other_record_passes() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut dice = Dice(43);
    let all = incidents(&mut dice, 700);
    let key = store.public_key().unwrap().clone();
    let read = |note: Option<String>| Checkpoint::verify(&note.unwrap(), &key).unwrap();
    store.put(all[..300].to_vec(), &author()).unwrap();
    let older = read(store.checkpoint());
    store.put(all[300..].to_vec(), &author()).unwrap();
    store.withdraw(all[7].id, &author()).unwrap();
    let proofs = store.prove(all[7].id).unwrap();
    assert_eq!(proofs.revisions.len(), 2);
    let Checkpoint { size, root, .. } = read(proofs.checkpoint);
    for proof in &proofs.revisions {
        assert!(is_included(proof.link.hash, proof.link.seq, size, &proof.path, root));
        assert!(!is_included(proof.link.commitment, proof.link.seq, size, &proof.path, root));
    }
    let extension = store.prove_extension(older.size).unwrap().unwrap();
    let newer = read(extension.checkpoint);
    assert!(is_extended((older.size, older.root), (newer.size, newer.root), &extension.path));
    assert!(!is_extended((older.size, newer.root), (newer.size, newer.root), &extension.path));
    store.extends(&older).unwrap();
    let forged = Checkpoint { root: newer.root, ..older };
    assert!(matches!(store.extends(&forged), Err(kordon_store::Damage::Checkpoint(_))));
    assert!(store.prove_extension(newer.size + 1).unwrap().is_none());
}

/// What one step in the life of a store left behind: its name, the last record, and what was answered then.
struct Step {
    name: SnapshotId,
    answers: Vec<(Query, String)>,
}

fn told(snapshot: &Snapshot, query: &Query) -> String {
    let found = snapshot.find(query);
    format!("{} {}", found.matched, snapshot.features(&found.rows).unwrap())
}

/// All that was ever said of each incident, and after which record; `None` once it was erased.
#[derive(Default)]
struct Replay(BTreeMap<IncidentId, Vec<(u64, Option<Incident>)>>);

impl Replay {
    fn say(&mut self, seq: u64, incident: Incident) {
        self.0.entry(incident.id).or_default().push((seq, Some(incident)));
    }

    fn is_free(p: &Properties) -> bool {
        p.redistributable != Some(false)
            && p.masking.as_ref().is_none_or(|masking| masking.level == MaskingLevel::Exact)
    }

    fn is_public(incident: &Incident) -> bool {
        let p = &incident.properties;
        Self::is_free(p) && p.record_status == Some(RecordStatus::Published)
    }

    /// What was public after record `seq`, and of each whether it may still be told.
    fn at(&self, seq: u64) -> Vec<(&Incident, bool)> {
        let one = |said: &'_ Vec<(u64, Option<Incident>)>| {
            let (_, then) = said.iter().rfind(|(at, _)| *at <= seq)?;
            let then = then.as_ref().filter(|incident| Self::is_public(incident))?;
            let later = said.iter().filter(|(at, _)| *at > seq);
            let mut is_told = true;
            for (_, later) in later {
                let status = later.as_ref().and_then(|later| later.properties.record_status);
                let is_gone = matches!(status, Some(RecordStatus::Withdrawn | RecordStatus::Merged));
                is_told = match later {
                    None => false,
                    Some(later) if is_gone => is_told && Self::is_free(&later.properties),
                    Some(later) => Self::is_public(later),
                };
            }
            Some((seq, is_told, then.id))
        };
        let found: Vec<_> = self.0.values().filter_map(one).collect();
        let incident = |id| {
            let (_, incident) = self.0[id].iter().rfind(|(at, _)| *at <= seq).unwrap();
            incident.as_ref().unwrap()
        };
        found.iter().map(|(_, is_told, id)| (incident(id), *is_told)).collect()
    }

    /// Whether anything public of that time was erased since: then nobody knows any more what was.
    fn is_erased_since(&self, seq: u64) -> bool {
        self.0.values().any(|said| {
            let is_erased = said.last().is_some_and(|(at, last)| *at > seq && last.is_none());
            let was_public = said.iter().any(|(_, one)| one.as_ref().is_some_and(Self::is_public));
            is_erased && was_public && said.first().is_some_and(|(at, _)| *at <= seq)
        })
    }

    fn assert_past_is_told(&self, store: &Store, step: &Step, dice: &mut Dice) {
        let seq = step.name.seq();
        let then = self.at(seq);
        let past = store.as_of(Moment::Record(seq)).unwrap();
        let shown: Vec<&Incident> = then.iter().filter(|(_, told)| *told).map(|(one, _)| *one).collect();
        assert_eq!((past.seq(), past.len()), (seq, shown.len()), "after record {seq}");
        let query = some_query(dice);
        let mut expected: Vec<IncidentId> =
            shown.iter().filter(|one| matches(one, &query)).map(|one| one.id).collect();
        let mut found = ids_of(&past.find(&query).rows);
        expected.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, expected, "after record {seq}: {query:?}");
        let is_whole = shown.len() == then.len() && !self.is_erased_since(seq);
        match store.pinned(&step.name) {
            Ok(pinned) => {
                assert!(is_whole, "after record {seq}");
                for (query, answer) in &step.answers {
                    assert_eq!(told(&pinned, query), *answer, "after record {seq}: {query:?}");
                }
            }
            Err(error) => {
                assert!(
                    !is_whole && matches!(error, PastError::Hidden { .. }),
                    "after record {seq}: {error}"
                );
                // As far as it may be told it has another name, which holds.
                assert_ne!(past.id(), step.name);
                assert_eq!(told(&store.pinned(&past.id()).unwrap(), &query), told(&past, &query));
            }
        }
    }
}

/// Said outright, so that nothing is kept from the revision before.
fn outspoken(mut incident: Incident, dice: &mut Dice) -> Incident {
    let status =
        [RecordStatus::Published, RecordStatus::Published, RecordStatus::Draft, RecordStatus::Merged];
    let level = [MaskingLevel::Exact, MaskingLevel::Exact, MaskingLevel::Exact, MaskingLevel::Hidden];
    let p = &mut incident.properties;
    p.record_status = Some(dice.one_of(&status));
    p.masking = Some(Masking { level: dice.one_of(&level) });
    p.redistributable = Some(dice.below(6) > 0);
    incident
}

#[test]
fn the_past_is_what_a_replay_of_all_revisions_shows_as_far_as_it_may_still_be_told() {
    for seed in 1..=4 {
        let mut dice = Dice(0x9a57 * seed);
        let dir = tempfile::tempdir().unwrap();
        let mut store = Some(open(dir.path()));
        let (mut replay, mut steps, mut number) = (Replay::default(), Vec::<Step>::new(), 0);
        for _ in 0..60 {
            let open_store = store.as_ref().unwrap();
            let known: Vec<IncidentId> = replay.0.keys().copied().collect();
            let before = open_store.public().seq();
            match dice.below(if known.is_empty() { 1 } else { 10 }) {
                0..=3 => {
                    let count = number + 1 + dice.below(6);
                    let new: Vec<Incident> =
                        (number..count).map(|number| incident(&mut dice, number)).collect();
                    number = count;
                    let new: Vec<Incident> = new.into_iter().map(|one| outspoken(one, &mut dice)).collect();
                    let put = open_store.put(new.clone(), &author()).unwrap();
                    assert_eq!(put.accepted, new.len());
                    if let (2.., Some(last)) = (new.len(), steps.last()) {
                        // In the midst of a batch there was only what was before it.
                        assert_eq!(
                            open_store.as_of(Moment::Record(put.seq - 1)).unwrap().seq(),
                            last.name.seq()
                        );
                    }
                    new.into_iter().for_each(|one| replay.say(put.seq, one));
                }
                4..=6 => {
                    let mut revised = outspoken(incident(&mut dice, 0), &mut dice);
                    revised.id = dice.one_of(&known);
                    revised.properties.same_as.clear();
                    if open_store.put(vec![revised.clone()], &author()).unwrap().updated == 1 {
                        replay.say(open_store.public().seq(), revised);
                    }
                }
                7 => {
                    let id = dice.one_of(&known);
                    if open_store.withdraw(id, &author()).unwrap().updated == 1 {
                        let mut gone = replay.0[&id].last().unwrap().1.clone().unwrap();
                        gone.properties.record_status = Some(RecordStatus::Withdrawn);
                        replay.say(open_store.public().seq(), gone);
                    }
                }
                8 if dice.below(3) == 0 => {
                    let id = dice.one_of(&known);
                    let put = open_store.erase(id, Reason::Law, &author()).unwrap();
                    if put.updated == 1 {
                        replay.0.get_mut(&id).unwrap().push((put.seq, None));
                    }
                }
                _ => drop(store.take()),
            }
            let store = store.get_or_insert_with(|| open(dir.path()));
            let now = store.public();
            if now.seq() > before {
                let queries = [Query::default(), some_query(&mut dice)];
                let answers = queries.map(|query| (query.clone(), told(&now, &query))).to_vec();
                steps.push(Step { name: now.id(), answers });
            }
            if let Some(at) = dice.below(2).checked_sub(1).and(steps.len().checked_sub(1)) {
                let step = &steps[dice.below(at as u64 + 1) as usize];
                replay.assert_past_is_told(store, step, &mut dice);
            }
        }
        let store = store.unwrap_or_else(|| open(dir.path()));
        steps.iter().for_each(|step| replay.assert_past_is_told(&store, step, &mut dice));
    }
}

/// What a snapshot id promises is broken by any change of how records are told. If this fails though neither the borders nor
/// their view have changed, `FORM` in `snapshot_id.rs` is to be counted up, so that older ids are refused instead of
/// answered otherwise; then the hash here is the new one.
#[test]
fn answers_are_told_in_the_form_that_snapshot_ids_name() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.put(incidents(&mut Dice(0xf0), 60), &author()).unwrap();
    let public = store.public();
    let mut told = String::new();
    for of in ["ROU", "NATO", "28.8,45.3"] {
        let of = Some(Of::parse(of, &borders()).unwrap());
        for row in public.find(&Query { of, sortby: SortBy::Distance, ..Query::default() }).rows {
            // Without what the clock put into it.
            let feature = public.feature(&row).unwrap();
            told.push_str(feature.split_once(r#","border":"#).unwrap().1);
        }
    }
    let form = public.id().to_string().split('-').next().unwrap().to_owned();
    let told = Hash::of(told.as_bytes()).to_string();
    assert_eq!(
        (form.as_str(), told.as_str()),
        ("3", "e76e2a42b7d39da175e0e69fb48a8ac94e880206b093686eb21b5426f012da68")
    );
}

#[test]
fn a_moment_is_the_end_of_what_was_recorded_by_then() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    assert_eq!(store.as_of(Moment::Second(i64::MAX)).unwrap().seq(), 0, "of an empty store");
    let mut dice = Dice(77);
    let recorded = |store: &Store, number| {
        let mut dice = Dice(number);
        let one = Incident { id: dice.id(), ..incident(&mut dice, number) };
        store.put(vec![one.clone()], &author()).unwrap();
        let text =
            store.history(one.id).unwrap()[0]["properties"]["recorded_at"].as_str().unwrap().to_owned();
        EventDate::parse(&text).unwrap().times().start_s
    };
    let first = recorded(&store, dice.below(1_000));
    let mut later = (1_000..).map(|number| recorded(&store, number));
    let (seq, second) = (1..).zip(&mut later).find(|(_, second)| *second > first).unwrap();
    for (moment, expected) in
        [(i64::MIN, 0), (first - 1, 0), (first, seq), (second - 1, seq), (second, seq + 1)]
    {
        let past = store.as_of(Moment::Second(moment)).unwrap();
        assert_eq!((past.seq(), past.len() as u64), (expected, expected), "{moment} {first} {second}");
    }
    assert!(
        matches!(store.as_of(Moment::Record(seq + 2)), Err(PastError::NotYet { last }) if last == seq + 1)
    );
}

#[test]
fn a_name_of_another_store_other_borders_or_another_form_is_told_as_such() {
    let dir = tempfile::tempdir().unwrap();
    let (one, other) = (dir.path().join("one"), dir.path().join("other"));
    let store = open(&one);
    let other = open(&other);
    let empty = store.public().id();
    for store in [&store, &other] {
        store.put(incidents(&mut Dice(3), 3), &author()).unwrap();
        store.put(incidents(&mut Dice(4), 3), &author()).unwrap();
    }
    let name = store.public().id();
    assert_eq!(store.pinned(&name).unwrap().id(), name);
    assert_eq!(store.pinned(&empty).unwrap().len(), 0);
    for foreign in [name, empty] {
        assert!(matches!(other.pinned(&foreign), Err(PastError::OtherStore)), "{foreign}");
    }
    let text = name.to_string();
    let later: SnapshotId = text.replacen("-6-", "-7-", 1).parse().unwrap();
    assert!(matches!(store.pinned(&later), Err(PastError::OtherStore)), "it is not there yet");
    let (_, rest) = text.split_once('-').unwrap();
    let form: SnapshotId = format!("999-{rest}").parse().unwrap();
    assert!(matches!(store.pinned(&form), Err(PastError::OtherForm)));
    drop(store);
    let sets = BorderSets::of_store(&one);
    let others = sets.read(&borders().info().name, View::de_facto(), None).unwrap();
    let others = Arc::new(others);
    let store = Store::open(&one, others, Options { create: false, read_only: true }).unwrap();
    assert!(matches!(store.pinned(&name), Err(PastError::OtherBorders)));
}

#[test]
fn a_name_holds_only_on_its_day_and_with_its_own_sets_of_countries() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.put(incidents(&mut Dice(5), 30), &author()).unwrap();
    let plain = store.public().id();
    drop(store);
    let opened = |on: Option<&str>, members: &[&str]| {
        let line = |code: &&str| format!("{{ code = \"{code}\", from = 2000-01-01, source = \"s\" }},");
        let lines: String = members.iter().map(line).collect();
        let text = format!("name = \"MINE\"\ntitle = \"t\"\nsource = \"s\"\nmembers = [{lines}]");
        let own = (!members.is_empty()).then(|| Alliance::read(&text).unwrap());
        let mut set = borders().in_view(View::un(), on.map(|day| day.parse().unwrap()));
        own.into_iter().for_each(|own| set.add_alliance(own).unwrap());
        Store::open(dir.path(), Arc::new(set), Options { create: false, read_only: true }).unwrap()
    };
    assert_eq!(opened(None, &[]).pinned(&plain).unwrap().id(), plain);
    let mut names = vec![plain];
    for (on, members) in [
        (None, &["ROU"][..]),
        (None, &["POL"]),
        (Some("2020-01-01"), &[]),
        (Some("2024-01-01"), &[]),
        (Some("2024-01-01"), &["POL"]),
    ] {
        let store = opened(on, members);
        for name in &names {
            let refused = store.pinned(name);
            assert!(matches!(refused, Err(PastError::OtherBorders)), "{name} on {on:?} with {members:?}");
        }
        let name = store.public().id();
        assert_eq!(store.pinned(&name).unwrap().id(), name);
        names.push(name);
    }
    let again = opened(None, &["ROU"]);
    assert_eq!(again.pinned(&names[1]).unwrap().id(), names[1]);
}

fn files_say(dir: &Path, word: &str) -> bool {
    let mut open = vec![dir.to_owned()];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if String::from_utf8_lossy(&text_of(&path)).contains(word) {
            return true;
        }
    }
    false
}

/// What is in a file, also in one that is packed.
fn text_of(path: &Path) -> Vec<u8> {
    let bytes = std::fs::read(path).unwrap();
    if path.extension().is_none_or(|ending| ending != "gz") {
        return bytes;
    }
    let mut text = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::MultiGzDecoder::new(&bytes[..]), &mut text).unwrap();
    text
}

/// So many incidents that their batch is packed.
const LONG: u64 = 3_000;

#[test]
fn a_packed_store_is_told_as_it_was_and_what_is_erased_in_it_is_on_no_disk() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut dice = Dice(71);
    let mut all = incidents(&mut dice, LONG);
    for one in &mut all {
        one.properties.same_as = vec![one.id.to_string()];
    }
    all[5].properties.title = Text::new("en", "shelter under the school");
    let mut bulk = store.bulk(&author());
    let prepared = all.iter().map(|one| bulk.prepare(one.clone()).unwrap()).collect();
    bulk.add(prepared).unwrap();
    store.load(bulk).unwrap();
    store.hold_no_documents();
    let packed = dir.path().join("ledger/000001.geojsons.gz");
    store.pack(|| true).unwrap();
    assert!(packed.exists() != packed.with_extension("").exists());
    store.pack(|| false).unwrap();
    assert!(packed.exists() && !packed.with_extension("").exists());
    let told = everything(&store);
    store.put(incidents(&mut dice, 3), &author()).unwrap();
    store.pack(|| false).unwrap();
    assert!(dir.path().join("ledger/000002.geojsons").exists());
    store.verify().unwrap();
    drop(store);
    let store = open(dir.path());
    store.hold_no_documents();
    assert_eq!(everything(&store).len(), told.len() + 3);
    let (id, before) = (all[5].id, store.checkpoint().unwrap());
    let older = Checkpoint::verify(&before, store.public_key().unwrap()).unwrap();
    assert!(files_say(dir.path(), "shelter under"));
    store.erase(id, Reason::DangerToLife, &author()).unwrap();
    store.pack(|| false).unwrap();
    assert!(!files_say(dir.path(), "shelter under"));
    assert!(packed.exists() && !packed.with_extension("").exists());
    let mut at_hand = Some(store);
    for when in ["at once", "opened again"] {
        let store = at_hand.take().unwrap_or_else(|| open(dir.path()));
        store.extends(&older).unwrap();
        assert_eq!((store.verify().unwrap().erased, store.recovery().damage.len()), (1, 0), "{when}");
        assert!(store.public().get(id).is_none() && store.prove(id).unwrap().revisions[0].link.erased);
        assert_eq!(store.history(all[6].id).unwrap().len(), 1);
    }
}

#[test]
fn what_is_erased_is_on_no_disk_and_in_no_answer_and_every_proof_still_holds() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut dice = Dice(47);
    let mut all = incidents(&mut dice, 300);
    all[5].properties.title = Text::new("en", "shelter under the school");
    store.put(all.clone(), &author()).unwrap();
    all[5].properties.deaths_best = Some(999);
    store.put(vec![all[5].clone()], &author()).unwrap();
    let key = store.public_key().unwrap().clone();
    let older = Checkpoint::verify(&store.checkpoint().unwrap(), &key).unwrap();
    let (id, before) = (all[5].id, store.prove(all[5].id).unwrap());
    assert!(files_say(dir.path(), "shelter under"));

    let put = store.erase(id, Reason::DangerToLife, &author()).unwrap();
    assert_eq!((put.updated, put.seq), (1, 302));
    assert_eq!(store.erase(id, Reason::Law, &author()).unwrap().unchanged, 1);
    let mut at_hand = Some(store);
    for _ in ["at once", "opened again"] {
        let store = at_hand.take().unwrap_or_else(|| open(dir.path()));
        assert!(!files_say(dir.path(), "shelter under"));
        assert_eq!(store.public().len(), 299);
        assert!(store.public().get(id).is_none() && store.full().get(id).is_none());
        // That it was there is still shown, revision by revision, under the checkpoint of before.
        store.extends(&older).unwrap();
        let after = store.prove(id).unwrap();
        let links = |proofs: &kordon_store::Proofs| -> Vec<_> {
            proofs
                .revisions
                .iter()
                .map(|proof| (proof.link.seq, proof.link.commitment, proof.link.hash))
                .collect()
        };
        assert_eq!(links(&after)[..2], links(&before)[..]);
        assert!(after.revisions[..2].iter().all(|proof| proof.link.erased));
        let history = store.history(id).unwrap();
        assert_eq!(history.len(), 3);
        assert_eq!(history[2]["properties"]["erased"], serde_json::json!([6, 301]));
        assert!(history.iter().all(|revision| !revision.to_string().contains("shelter")));
        // Its source does not bring it back, under its old key or its old id.
        let mut again = all[5].clone();
        again.id = dice.id();
        assert_eq!(store.put(vec![again.clone()], &author()).unwrap().unchanged, 1);
        assert!(matches!(store.put_one(all[5].clone(), &author()), Err(PutError::Erased(of)) if of == id));
        assert_eq!(store.withdraw(id, &author()).unwrap().unchanged, 1);
        let changes = store.changes(301, 10).unwrap().unwrap().changes;
        assert_eq!(changes.iter().map(|change| (change.seq, change.id)).collect::<Vec<_>>(), [(302, id)]);
        let report = store.verify().unwrap();
        assert_eq!((report.records, report.erased, report.incidents), (302, 2, 300));
    }
}

#[test]
fn an_erasure_that_was_cut_short_is_ended_when_the_store_is_opened_next() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut dice = Dice(53);
    let mut all = incidents(&mut dice, 20);
    all[5].properties.title = Text::new("en", "shelter under the school");
    store.put(all.clone(), &author()).unwrap();
    let segment = dir.path().join("ledger/000001.geojsons");
    let before = std::fs::read(&segment).unwrap();
    store.erase(all[5].id, Reason::DangerToLife, &author()).unwrap();
    drop(store);
    // The record of the erasure was on the disk, and the power went before anything was overwritten.
    let after = std::fs::read(&segment).unwrap();
    std::fs::write(&segment, [&before[..], &after[before.len()..]].concat()).unwrap();
    // A reader may not overwrite, and shows nothing of it all the same.
    let reader = Store::open(dir.path(), borders(), Options { create: false, read_only: true }).unwrap();
    assert_eq!(reader.public().len(), 19);
    assert!(!format!("{:?}", reader.history(all[5].id).unwrap()).contains("shelter"));
    drop(reader);
    assert!(files_say(dir.path(), "shelter under"));
    let store = open(dir.path());
    assert!(!files_say(dir.path(), "shelter under"));
    assert_eq!(std::fs::read(&segment).unwrap(), after);
    assert_eq!((store.public().len(), store.verify().unwrap().erased), (19, 1));
}

#[test]
fn an_erasure_that_the_disk_refuses_ends_writing_and_nothing_else_until_the_disk_takes_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut dice = Dice(59);
    let mut all = incidents(&mut dice, 20);
    all[5].properties.title = Text::new("en", "shelter under the school");
    store.put(all.clone(), &author()).unwrap();
    // Something stands where the copy of the segment would be made.
    let in_the_way = dir.path().join("ledger/000001.geojsons.new");
    std::fs::create_dir(&in_the_way).unwrap();
    store.erase(all[5].id, Reason::DangerToLife, &author()).unwrap_err();
    let mut at_hand = Some(store);
    for when in ["at once", "opened again"] {
        let store = at_hand.take().unwrap_or_else(|| open(dir.path()));
        assert_eq!(store.public().len(), 19, "{when}");
        assert!(store.public().get(all[5].id).is_none(), "{when}");
        assert!(store.put(incidents(&mut dice, 1), &author()).is_err(), "{when}");
        assert!(matches!(store.refusal(), Some(AppendError::Failed(_))), "{when}");
    }
    std::fs::remove_dir(&in_the_way).unwrap();
    assert!(files_say(dir.path(), "shelter under"));
    let store = open(dir.path());
    assert!(!files_say(dir.path(), "shelter under"));
    store.put(incidents(&mut dice, 1), &author()).unwrap();
}

#[test]
fn a_tile_is_the_same_bytes_however_its_incidents_came() {
    let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [at_once, one_by_one] = [&dirs[0], &dirs[1]].map(|dir| open(dir.path()));
    let mut all = incidents(&mut Dice(61), 300);
    for one in &mut all {
        one.properties.date_start = EventDate::parse("2024-05-30").unwrap();
    }
    at_once.put(all.clone(), &author()).unwrap();
    all.reverse();
    all.chunks(7).for_each(|some| _ = one_by_one.put(some.to_vec(), &author()).unwrap());
    for (z, x, y) in [(0, 0, 0), (5, 18, 11), (8, 148, 91), (10, 594, 366), (12, 2376, 1466)] {
        let [a, b] = [&at_once, &one_by_one].map(|store| store.public().tile(&Query::default(), z, x, y));
        assert!(a == b, "{z}/{x}/{y}");
    }
    assert!(!at_once.public().tile(&Query::default(), 8, 148, 91).is_empty());
}

#[test]
fn two_reports_of_one_key_in_one_batch_are_one_incident() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut dice = Dice(9);
    let first = incident(&mut dice, 1);
    let mut same = first.clone();
    same.id = dice.id();
    let mut changed = same.clone();
    changed.properties.deaths_best = Some(50);
    let put = store.put(vec![first.clone(), same, changed], &author()).unwrap();
    assert_eq!((put.accepted, put.unchanged, put.updated), (1, 1, 1));
    assert!(put.ids.iter().all(|(id, _)| *id == first.id));
    assert_eq!(store.public().len(), 1);
    let report = store.verify().unwrap();
    assert_eq!((report.records, report.batches, report.incidents), (2, 1, 1));
}

#[test]
fn what_is_withdrawn_is_gone_from_every_answer_and_stays_so_when_it_is_imported_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut dice = Dice(11);
    let one = incident(&mut dice, 1);
    store.put(vec![one.clone()], &author()).unwrap();
    assert_eq!(store.withdraw(one.id, &author()).unwrap().updated, 1);
    assert_eq!(store.withdraw(one.id, &author()).unwrap().unchanged, 1);
    assert_eq!(store.put(vec![one.clone()], &author()).unwrap().unchanged, 1);
    let nobody = dice.id();
    assert!(matches!(store.withdraw(nobody, &author()), Err(PutError::NoSuchIncident(id)) if id == nobody));
    let is_gone = |store: &Store| {
        assert!(store.is_withdrawn(one.id));
        assert!(store.public().get(one.id).is_none() && store.full().get(one.id).is_none());
        assert_eq!((store.public().len(), store.full().len()), (0, 0));
        assert_eq!(store.history(one.id).unwrap()[1]["kordon"]["op"], "withdraw");
    };
    is_gone(&store);
    drop(store);
    let store = open(dir.path());
    is_gone(&store);
    // Who says so expressly brings it back.
    let mut back = one.clone();
    back.properties.record_status = Some(RecordStatus::Published);
    assert_eq!(store.put(vec![back], &author()).unwrap().updated, 1);
    assert!(store.public().get(one.id).is_some() && !store.is_withdrawn(one.id));
}

#[test]
fn a_withdrawn_record_takes_revisions_from_a_file_but_not_from_a_single_report() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut dice = Dice(12);
    let one = incident(&mut dice, 1);
    assert_eq!(store.put_one(one.clone(), &author()).unwrap(), (one.id, Outcome::Accepted));
    assert_eq!(store.put_one(one.clone(), &author()).unwrap(), (one.id, Outcome::Unchanged));
    store.withdraw(one.id, &author()).unwrap();
    let mut other = one.clone();
    other.id = dice.id();
    for deaths in [one.properties.deaths_best, Some(99)] {
        other.properties.deaths_best = deaths;
        let refused = store.put_one(other.clone(), &author());
        assert!(matches!(refused, Err(PutError::Withdrawn(id)) if id == one.id), "{refused:?}");
    }
    assert_eq!(store.history(one.id).unwrap().len(), 2, "nothing was written");
    // A file is taken whole: what it says of a withdrawn record is on record, and not to be seen.
    assert_eq!(store.put(vec![one.clone(), other.clone()], &author()).unwrap().ids.len(), 2);
    let ops: Vec<_> =
        store.history(one.id).unwrap().iter().map(|revision| revision["kordon"]["op"].clone()).collect();
    assert_eq!(ops, ["put", "withdraw", "put"]);
    assert!(store.is_withdrawn(one.id) && store.full().is_empty());
    other.properties.record_status = Some(RecordStatus::Published);
    assert_eq!(store.put_one(other, &author()).unwrap(), (one.id, Outcome::Updated));
    assert_eq!(store.public().len(), 1);
}

#[test]
fn what_hides_a_record_stays_until_a_report_says_otherwise() {
    let hide: [fn(&mut Properties); 3] = [
        |p| p.masking = Some(Masking { level: MaskingLevel::Admin1 }),
        |p| p.redistributable = Some(false),
        |p| p.sensitivity = Some(Sensitivity::Severe),
    ];
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut dice = Dice(13);
    for (number, hide) in hide.into_iter().enumerate() {
        let row = incident(&mut dice, number as u64);
        store.put(vec![row.clone()], &author()).unwrap();
        let mut hidden = row.clone();
        hide(&mut hidden.properties);
        assert_eq!(store.put(vec![hidden.clone()], &author()).unwrap().updated, 1);
        let seen = store.public().get(row.id).is_some();
        // The same row of the source again, and then the row with news, in one batch.
        assert_eq!(store.put(vec![row.clone()], &author()).unwrap().unchanged, 1);
        let mut news = row.clone();
        news.properties.deaths_best = Some(98);
        let put = store.put(vec![row.clone(), news], &author()).unwrap();
        assert_eq!((put.unchanged, put.updated), (1, 1));
        assert_eq!(store.public().get(row.id).is_some(), seen);
        let full = store.full();
        let kept = full.incident(&full.get(row.id).unwrap()).unwrap().properties;
        let told = &hidden.properties;
        assert_eq!(
            (kept.masking, kept.redistributable, kept.sensitivity, kept.deaths_best),
            (told.masking.clone(), told.redistributable, told.sensitivity, Some(98))
        );
    }
    assert_eq!((store.public().len(), store.full().len()), (1, 3));
    // Who says so expressly lifts it.
    let mut shown = incident(&mut dice, 0);
    shown.properties.masking = Some(Masking { level: MaskingLevel::Exact });
    store.put(vec![shown], &author()).unwrap();
    assert_eq!(store.public().len(), 2);
}

#[test]
fn what_is_not_public_is_in_no_public_answer_and_in_every_full_one() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut dice = Dice(13);
    let mut hidden = incidents(&mut dice, 4);
    for one in &mut hidden {
        one.places = vec![LonLat::new(28.84, 45.35).unwrap()];
    }
    hidden[0].properties.redistributable = Some(false);
    hidden[1].properties.masking = Some(Masking { level: MaskingLevel::Cell01 });
    hidden[2].properties.record_status = Some(RecordStatus::Draft);
    hidden[3].properties.record_status = Some(RecordStatus::Embargoed);
    store.put(hidden.clone(), &author()).unwrap();
    let shown = incident(&mut dice, 99);
    store.put(vec![shown.clone()], &author()).unwrap();
    let (public, full) = (store.public(), store.full());
    assert_eq!((public.len(), full.len()), (1, 5));
    let within = Some(Within::new(Of::parse("ROU", &borders()).unwrap(), 5_000.0));
    for query in [Query::default(), Query { within, ..Query::default() }] {
        assert!(ids_of(&public.find(&query).rows).iter().all(|id| *id == shown.id));
    }
    for one in &hidden {
        assert!(public.get(one.id).is_none() && full.get(one.id).is_some());
        assert!(full.feature(&full.get(one.id).unwrap()).unwrap().contains("\"nearest_foreign\""));
    }
    // What is published later appears, what is hidden later disappears.
    let mut change = hidden[2].clone();
    change.properties.record_status = Some(RecordStatus::Published);
    let mut hide = shown.clone();
    hide.properties.redistributable = Some(false);
    store.put(vec![change, hide], &author()).unwrap();
    assert_eq!(ids_of(&store.public().find(&Query::default()).rows), [hidden[2].id]);
    assert_eq!(store.full().len(), 5);
}

#[test]
fn many_writers_share_fsyncs_and_lose_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    std::thread::scope(|scope| {
        // Walking the ledger meanwhile finds nothing wrong: what is half written is not acknowledged.
        scope.spawn(|| (0..10).for_each(|_| drop(store.verify().unwrap())));
        for thread in 0..8 {
            let store = &store;
            scope.spawn(move || {
                let mut dice = Dice(100 + thread);
                for number in 0..25 {
                    let put =
                        store.put(vec![incident(&mut dice, thread * 1000 + number)], &author()).unwrap();
                    assert_eq!(put.accepted, 1);
                    assert!(store.public().get(put.ids[0].0).is_some(), "visible when acknowledged");
                    assert!(store.public().seq() >= put.seq);
                }
            });
        }
    });
    assert_eq!(store.public().len(), 200);
    let report = store.verify().unwrap();
    assert_eq!(report.records, 200);
    assert!(report.batches <= 200);
    drop(store);
    assert_eq!(open(dir.path()).public().len(), 200);
}

#[test]
fn a_damaged_store_serves_the_rest_refuses_writes_and_names_the_place() {
    let dir = tempfile::tempdir().unwrap();
    let mut dice = Dice(17);
    let all = incidents(&mut dice, 20);
    {
        let store = open(dir.path());
        for one in &all {
            store.put(vec![one.clone()], &author()).unwrap();
        }
    }
    let segment = dir.path().join("ledger/000001.geojsons");
    let mut bytes = std::fs::read(&segment).unwrap();
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    std::fs::write(&segment, &bytes).unwrap();
    let store = open(dir.path());
    assert_eq!(store.public().len(), 19);
    let damage = store.recovery().damage[0].clone();
    assert_eq!(damage.file, segment);
    assert!(damage.offset <= at as u64 && damage.seq > 1, "{damage}");
    let refused = store.put(vec![all[0].clone()], &author());
    assert!(matches!(refused, Err(PutError::Ledger(AppendError::Damaged(_)))), "{refused:?}");
    let problem = store.verify().unwrap_err().to_string();
    assert!(problem.contains("000001.geojsons") && problem.contains(&damage.seq.to_string()), "{problem}");
}

#[test]
fn a_reader_needs_no_lock_and_cannot_write() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut dice = Dice(19);
    store.put(incidents(&mut dice, 3), &author()).unwrap();
    let reader = Store::open(dir.path(), borders(), Options { create: false, read_only: true }).unwrap();
    assert_eq!(reader.public().len(), 3);
    let refused = reader.put(incidents(&mut dice, 1), &author());
    assert!(matches!(refused, Err(PutError::Ledger(AppendError::ReadOnly))));
    let missing = Store::open(&dir.path().join("nowhere"), borders(), Options::default());
    assert!(missing.is_err());
}

#[test]
fn an_alliance_has_the_members_of_the_day_of_the_event() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut dice = Dice(23);
    // Vyborg: 40 km from Finland, far from any other member.
    let vyborg = |dice: &mut Dice, date: &str| {
        let mut one = incident(dice, dice.0);
        one.places = vec![LonLat::new(28.75, 60.71).unwrap()];
        one.properties.date_start = EventDate::parse(date).unwrap();
        one.properties.date_precision = None;
        one.properties.location_method = None;
        one.properties.location_radius_m = Some(100.0);
        one
    };
    let (before, after) = (vyborg(&mut dice, "2022-06-01"), vyborg(&mut dice, "2024-06-01"));
    store.put(vec![before.clone(), after.clone()], &author()).unwrap();
    let nato = Of::parse("nato", &borders()).unwrap();
    let query = Query { within: Some(Within::new(nato, 60.0)), ..Query::default() };
    let found = store.public().find(&query);
    assert_eq!(ids_of(&found.rows), [after.id]);
    let feature: serde_json::Value =
        serde_json::from_str(&store.public().feature(&found.rows[0]).unwrap()).unwrap();
    assert_eq!(feature["border"]["to"][0]["to"], "NATO");
    assert_eq!(feature["border"]["to"][0]["country"], "FIN");
}

#[test]
fn a_feature_tells_its_distance_its_interval_and_its_borders() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut dice = Dice(29);
    let mut one = incident(&mut dice, 1);
    one.places = vec![LonLat::new(28.8372, 45.3512).unwrap()];
    one.properties.location_method = None;
    one.properties.location_radius_m = Some(1_000.0);
    let mut area = incident(&mut dice, 2);
    area.places = one.places.clone();
    area.properties.location_radius_m = None;
    area.properties.location_method = Some(LocationMethod::AdminCentroid);
    store.put(vec![one.clone(), area.clone()], &author()).unwrap();
    let public = store.public();
    let feature = |id| -> serde_json::Value {
        serde_json::from_str(&public.feature(&public.get(id).unwrap()).unwrap()).unwrap()
    };
    let told = feature(one.id);
    let foreign = &told["border"]["nearest_foreign"];
    assert_eq!(foreign["country"], "ROU");
    // Natural Earth: 3 239 m (BORDERS: the coarse set), give or take 1 000 m of place and 4 000 m of border.
    assert_eq!(foreign["distance_m"].as_f64().unwrap().round(), 3_239.0);
    assert_eq!(foreign["distance_low_m"], 0.0);
    assert_eq!(foreign["distance_high_m"].as_f64().unwrap().round(), 8_239.0);
    assert_eq!(told["border"]["territory"][0], "UKR");
    assert_eq!(told["border"]["boundary"]["set"], "natural-earth-10m");
    assert!(told.get("kordon").is_none() && told["border"].get("to").is_none());
    let told = feature(area.id);
    assert!(told["border"]["nearest_foreign"].is_null());
    assert!(told["border"]["reason"].is_string());
}

/// Many documents come from memory, one from the disk; borders come from numbers that are remembered.
#[test]
fn documents_are_those_of_the_ledger_with_their_border_measured_anew() {
    let dir = tempfile::tempdir().unwrap();
    let (mut dice, author) = (Dice(77), author());
    let store = open(dir.path());
    store.put(incidents(&mut dice, 1_500), &author).unwrap();
    for _ in 0..5 {
        store.put(incidents(&mut dice, 3), &author).unwrap();
    }
    let check = |store: &Store| {
        let (public, borders) = (store.public(), borders());
        for of in [None, Some(Of::parse("ROU", &borders).unwrap())] {
            let rows = public.find(&Query { of, ..Query::default() }).rows;
            let mut pieces = Vec::new();
            public.write_features(&rows, |piece| pieces.extend_from_slice(piece)).unwrap();
            let one_by_one: Vec<String> = rows.iter().map(|row| public.feature(row).unwrap()).collect();
            assert_eq!(String::from_utf8(pieces).unwrap(), one_by_one.join(","));
            for (row, document) in rows.iter().zip(&one_by_one) {
                let mut document: serde_json::Value = serde_json::from_str(document).unwrap();
                let border = document.as_object_mut().unwrap().remove("border").unwrap();
                let mut last = store.history(row.id()).unwrap().pop().unwrap();
                last.as_object_mut().unwrap().remove("kordon");
                assert_eq!(document, last);
                if let ([place], Some(nearest)) = (row.places(), row.nearest_foreign()) {
                    let radius_m = row.radius_m().unwrap_or_default();
                    let measured = borders.measure_foreign(*place, radius_m, nearest);
                    let plain: serde_json::Value =
                        serde_json::from_str(&serde_json::to_string(&measured).unwrap()).unwrap();
                    assert_eq!(border["nearest_foreign"], plain);
                }
            }
        }
    };
    check(&store);
    drop(store);
    check(&open(dir.path()));
}

#[test]
fn a_store_that_holds_no_documents_tells_the_same_from_the_disk() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let all = incidents(&mut Dice(31), 300);
    store.put(all[..200].to_vec(), &author()).unwrap();
    let told = |store: &Store| {
        let snapshot = store.public();
        snapshot.features(&snapshot.find(&Query::default()).rows).unwrap()
    };
    let held = told(&store);
    store.hold_no_documents();
    assert_eq!(told(&store), held);
    store.put(all[200..].to_vec(), &author()).unwrap();
    assert_eq!(told(&store), told(&reopened(dir.path())));
}

#[test]
fn counts_are_those_of_the_drill_down() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut dice = Dice(31);
    let all = incidents(&mut dice, 400);
    store.put(all.clone(), &author()).unwrap();
    let public = store.public();
    let by = |dimension| public.aggregate(&Query::default(), &[dimension]);
    let groups = |dimension| {
        by(dimension)
            .groups
            .into_iter()
            .filter_map(|g| Some((g.key[0].clone()?, g.count)))
            .collect::<Vec<_>>()
    };
    for (word, count) in groups(Dimension::EventType) {
        assert_eq!(
            public.count(&Query { event_type: vec![word.parse().unwrap()], ..Query::default() }),
            count,
            "{word}"
        );
    }
    for (word, count) in groups(Dimension::Infrastructure) {
        assert_eq!(
            public.count(&Query { infrastructure: vec![word.parse().unwrap()], ..Query::default() }),
            count,
            "{word}"
        );
    }
    for (code, count) in groups(Dimension::Country) {
        assert_eq!(public.count(&Query { country: vec![code.clone()], ..Query::default() }), count, "{code}");
    }
    let mut months: BTreeMap<String, usize> = BTreeMap::new();
    for one in &all {
        let date = EventDate::of_epoch_ms(one.times().start_s * 1000).unwrap().as_str()[..7].to_owned();
        *months.entry(date).or_default() += 1;
    }
    assert_eq!(groups(Dimension::Month), months.into_iter().collect::<Vec<_>>());
    let two = public.aggregate(&Query::default(), &[Dimension::Year, Dimension::Verification]);
    assert_eq!((two.matched, two.groups.iter().map(|group| group.count).sum::<usize>()), (400, 400));
    let dead: u64 = all.iter().filter_map(|one| one.properties.deaths_best).map(u64::from).sum();
    assert_eq!((two.deaths.low, two.deaths.best, two.deaths.high), (dead, dead, dead));
}

#[test]
fn every_cell_of_every_dimension_finds_the_rows_it_counts() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut dice = Dice(32);
    let mut all = incidents(&mut dice, 300);
    for (number, one) in all.iter_mut().enumerate() {
        one.properties.admin1 = (number % 3 > 0).then(|| format!("Oblast, {}", number % 4));
        one.properties.admin2_pcode = (number % 2 > 0).then(|| format!("UA{}", number % 5));
        one.properties.injured_best = (number % 7 == 0).then_some(3);
    }
    store.put(all, &author()).unwrap();
    let public = store.public();
    let of = Some(Of::parse("NATO", public.borders()).unwrap());
    let asked = [
        Query::default(),
        Query { of, country: vec!["UKR".to_owned(), "POL".to_owned()], ..Query::default() },
    ];
    for (query, second) in asked.iter().flat_map(|query| Dimension::ALL.map(|by| (query, by))) {
        for by in [vec![second], vec![Dimension::Infrastructure, second], vec![second, Dimension::Country]] {
            if by.len() == 2 && by[0] == by[1] {
                continue;
            }
            let sums = public.aggregate(query, &by);
            assert_eq!(sums.matched, public.count(query));
            for group in sums.groups {
                let cell = |(by, value): (&Dimension, &Option<String>)| {
                    let cell = Cell { by: *by, value: value.clone() };
                    assert_eq!(cell.to_string().parse(), Ok(cell.clone()));
                    cell
                };
                let cell = by.iter().zip(&group.key).map(cell).collect();
                let found = public.find(&Query { cell, ..query.clone() });
                assert_eq!(found.matched, group.count, "{by:?} {:?}", group.key);
                assert_eq!(found.rows.len(), group.count);
            }
        }
    }
    let injured = public.aggregate(&Query::default(), &[Dimension::Year]).injured;
    assert_eq!((injured.best, injured.stated_by), (43 * 3, 43));
    let nothing = ["week:2099-W01", "month:2099-08", "country:XXX", "sub_event_type:none_such"];
    for cell in nothing {
        let cell = vec![cell.parse().unwrap()];
        assert_eq!(public.count(&Query { cell, ..Query::default() }), 0);
    }
}

/// What the points of a tile count together.
fn counted(tile: &[u8]) -> u64 {
    if tile.is_empty() {
        return 0;
    }
    let reader = MvtReaderRef::new(tile).unwrap();
    let mut sum = 0;
    for layer in reader.layers() {
        assert_eq!(layer.name(), "incidents");
        for feature in layer.features() {
            for property in feature.properties() {
                if let ("count", MvtValueRef::UInt(count)) = property.unwrap() {
                    sum += count;
                }
            }
        }
    }
    sum
}

#[test]
fn the_tiles_of_a_zoom_count_every_place_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut dice = Dice(37);
    let mut all = incidents(&mut dice, 300);
    for one in &mut all {
        one.places.truncate(1);
    }
    let placed = all.iter().filter(|one| !one.places.is_empty()).count() as u64;
    store.put(all, &author()).unwrap();
    let public = store.public();
    for z in 0..4_u8 {
        let side = 1_u32 << z;
        let tiles = (0..side * side).map(|n| public.tile(&Query::default(), z, n % side, n / side));
        assert_eq!(tiles.map(|tile| counted(&tile)).sum::<u64>(), placed, "zoom {z}");
    }
    assert!(public.tile(&Query::default(), 1, 2, 0).is_empty(), "there is no such tile");
    // Near by, incidents stand alone.
    let (x, y) = (593 >> 1, 366 >> 1);
    let query = Query::default();
    assert!(counted(&public.tile(&query, 9, x, y)) > 0);
}

/// Column and row of the tile of a zoom that a place is on, and of its unit there.
fn unit_of(place: LonLat, z: u8) -> [(u32, u32); 2] {
    let side = f64::from(1_u32 << z);
    let sine = place.lat().to_radians().sin();
    let y = 0.5 - ((1.0 + sine) / (1.0 - sine)).ln() / (4.0 * std::f64::consts::PI);
    [place.lon() / 360.0 + 0.5, y].map(|part| {
        let along = part.clamp(0.0, 1.0 - f64::EPSILON) * side;
        (along as u32, (along.fract() * 4096.0) as u32)
    })
}

/// Where a point is on its tile: behind one command, both numbers with their sign in the last bit.
fn point_of(commands: &[u32]) -> [i32; 2] {
    [commands[1], commands[2]].map(|part| (part / 2).cast_signed() ^ -(part & 1).cast_signed())
}

#[test]
fn the_clusters_of_a_tile_are_those_of_a_scan() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut dice = Dice(41);
    let mut all = incidents(&mut dice, 2_500);
    for chunk in all.chunks(900) {
        store.put(chunk.to_vec(), &author()).unwrap();
    }
    for gone in all.drain(..60) {
        store.withdraw(gone.id, &author()).unwrap();
    }
    let public = store.public();
    for (z, query) in [
        (0, Query::default()),
        (1, Query { event_type: vec![EventType::Battles], ..Query::default() }),
        (3, Query { bbox: BBox::new(170.0, -80.0, 60.0, 80.0).ok(), ..Query::default() }),
        (5, Query::default()),
        (8, Query::default()),
    ] {
        let is_asked = |place: &LonLat| query.bbox.as_ref().is_none_or(|bbox| bbox.contains(*place));
        // Of each cell: the count, and where its incidents are on the tile, in sum.
        let mut cells: BTreeMap<[u32; 4], (u64, [u64; 2])> = BTreeMap::new();
        for one in all.iter().filter(|one| matches(one, &Query { bbox: None, ..query.clone() })) {
            let mut met = std::collections::HashSet::new();
            for place in &one.places {
                let [(x, u), (y, v)] = unit_of(*place, z);
                let on_tile = |place: &&LonLat| unit_of(**place, z).map(|(tile, _)| tile) == [x, y];
                let cell = [x, y, u / 256, v / 256];
                if one.places.iter().filter(on_tile).any(is_asked) && met.insert(cell) {
                    let (count, sum) = cells.entry(cell).or_default();
                    *count += 1;
                    *sum = [sum[0] + u64::from(u), sum[1] + u64::from(v)];
                }
            }
        }
        let mut tiles: BTreeMap<[u32; 2], Vec<(u64, [i32; 2])>> = BTreeMap::new();
        for ([x, y, ..], (count, sum)) in cells {
            tiles.entry([x, y]).or_default().push((count, sum.map(|sum| (sum / count) as i32)));
        }
        for ([x, y], mut expected) in tiles {
            let tile = public.tile(&query, z, x, y);
            let reader = MvtReaderRef::new(&tile).unwrap();
            let layer = reader.layers().next().unwrap();
            let mut found: Vec<(u64, [i32; 2])> = (layer.features())
                .map(|feature| {
                    let count = feature.properties().find_map(|property| match property.unwrap() {
                        ("count", MvtValueRef::UInt(count)) => Some(count),
                        _ => None,
                    });
                    (count.unwrap(), point_of(feature.geometry_commands()))
                })
                .collect();
            expected.sort_unstable();
            found.sort_unstable();
            assert_eq!(found, expected, "{z}/{x}/{y} {query:?}");
        }
    }
}

#[test]
fn a_cluster_tells_the_worst_damage_of_its_members() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut all = incidents(&mut Dice(43), 3);
    for (one, damage) in all.iter_mut().zip(["moderate", "severe", "not_assessed"]) {
        one.places = vec![LonLat::new(28.8, 45.3).unwrap()];
        one.properties.impacts = vec![serde_json::from_value(serde_json::json!({"damage": damage})).unwrap()];
    }
    store.put(all, &author()).unwrap();
    let tile = store.public().tile(&Query::default(), 0, 0, 0);
    let reader = MvtReaderRef::new(&tile).unwrap();
    let clusters: Vec<_> = reader.layers().flat_map(|layer| layer.features().collect::<Vec<_>>()).collect();
    assert_eq!(clusters.len(), 1);
    let damage = ("damage", MvtValueRef::String("severe"));
    assert!(clusters[0].properties().any(|property| property.unwrap() == damage));
}

#[test]
fn the_topmost_of_those_at_one_place_tells_how_many_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut all = incidents(&mut Dice(47), 4);
    let (here, aside) = (LonLat::new(28.8, 45.3).unwrap(), LonLat::new(28.81, 45.3).unwrap());
    for (one, places) in all.iter_mut().zip([vec![here], vec![here, here, aside], vec![here], vec![aside]]) {
        one.places = places;
    }
    store.put(all, &author()).unwrap();
    let [(x, _), (y, _)] = unit_of(here, 12);
    let tile = store.public().tile(&Query::default(), 12, x, y);
    let reader = MvtReaderRef::new(&tile).unwrap();
    let layer = reader.layers().next().unwrap();
    // Of each place in turn, as they are drawn: how many the point says that they are.
    let mut told: BTreeMap<[i32; 2], Vec<u64>> = BTreeMap::new();
    for feature in layer.features() {
        let stacked = feature.properties().find_map(|property| match property.unwrap() {
            ("stacked", MvtValueRef::UInt(count)) => Some(count),
            _ => None,
        });
        told.entry(point_of(feature.geometry_commands())).or_default().push(stacked.unwrap_or(1));
    }
    let told: Vec<Vec<u64>> = told.into_values().collect();
    assert_eq!(told.len(), 2, "{told:?}");
    let (most, [last @ .., top]) = (told[0].len(), &told[0][..]) else { panic!("{told:?}") };
    assert_eq!((most, *top), (4, 3), "{told:?}");
    assert!(last[..2].iter().all(|stacked| *stacked == 1), "{told:?}");
    assert_eq!(told[1], [1, 2]);
}

#[test]
fn a_tile_of_territories_has_land_borders_and_names() {
    let set = borders();
    let layers = |z, x, y| -> HashMap<String, usize> {
        let tile = kordon_store::territory_tile(&set, &set, z, x, y);
        let reader = MvtReaderRef::new(&tile).unwrap();
        reader.layers().map(|layer| (layer.name().to_owned(), layer.features().count())).collect()
    };
    let world = layers(0, 0, 0);
    assert!(world["land"] > 100 && world["borders"] > 200 && world["labels"] > 200, "{world:?}");
    // The mouth of the Danube at zoom 6, from the set that distances are measured to.
    let danube = layers(6, 37, 22);
    assert!(danube["land"] >= 3 && danube["borders"] >= 3, "{danube:?}");
}

#[test]
fn refused_records_are_kept_as_they_came() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let options = ReadOptions { file: "reports.csv".into(), ..ReadOptions::default() };
    let reports = read("id,lon,lat,date\n1,28.8,45.3,1527\n2,999,45.3,2024\n".as_bytes(), &options).unwrap();
    let mut new_id = || IncidentId::from_random([7; 16]);
    let refused: Vec<_> = reports
        .map(|report| {
            let report = report.unwrap();
            let faults = check(&report, &mut new_id).unwrap_err();
            (report.into_original(), faults)
        })
        .collect();
    let refusals = || {
        let mut refusals = Refusals::new(dir.path(), "reports.csv");
        refused.iter().for_each(|(record, faults)| refusals.add(record, faults).unwrap());
        refusals
    };
    let id = store.quarantine(refusals()).unwrap();
    let kept: Vec<Refused> =
        kordon_store::refused(dir.path(), &id).unwrap().collect::<Result<_, _>>().unwrap();
    for (kept, (record, faults)) in kept.iter().zip(&refused) {
        assert_eq!((&kept.record, &kept.faults), (record, faults));
    }
    assert_eq!((kept.len(), kept[1].record.text()), (2, "2,999,45.3,2024"));
    assert_eq!(store.quarantine(refusals()).unwrap(), id, "the same records are the same file");
    assert_eq!(kordon_store::quarantined(dir.path()).unwrap(), [id.as_str()]);
    assert!(!store.mended(&id, 1).unwrap(), "one of two came back, and it is not known which");
    assert_eq!(kordon_store::quarantined(dir.path()).unwrap(), [id.as_str()]);
    assert!(store.mended(&id, 2).unwrap() && store.mended(&id, 2).unwrap());
    assert!(kordon_store::quarantined(dir.path()).unwrap().is_empty());
    assert!(matches!(kordon_store::refused(dir.path(), &id), Err(LeftError::NoSuch(_))));
}

fn bulk(dir: &Path, incidents: &[Incident]) -> Bulk {
    // Some wait in memory, the others on the disk.
    let mut bulk = Bulk::new(dir, &borders(), &author()).holding(50_000);
    for chunk in incidents.chunks(97) {
        bulk.add(chunk.iter().map(|one| bulk.prepare(one.clone()).unwrap()).collect()).unwrap();
    }
    bulk
}

/// All that a store shows, but for moments of recording.
fn everything(store: &Store) -> Vec<(String, String)> {
    let snapshot = store.full();
    let features = |row: &kordon_store::Row| {
        let mut feature: serde_json::Value = serde_json::from_str(&snapshot.feature(row).unwrap()).unwrap();
        feature["properties"]["recorded_at"] = serde_json::Value::Null;
        (row.id().to_string(), feature.to_string())
    };
    let mut all: Vec<_> = snapshot.find(&Query::default()).rows.iter().map(features).collect();
    all.sort();
    all
}

#[test]
fn a_file_is_stored_as_its_reports_would_be_one_after_the_other() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (by_file, by_report) = (open(one.path()), open(other.path()));
    let mut dice = Dice(99);
    let mut first = incidents(&mut dice, 400);
    first[5].properties.record_status = Some(RecordStatus::Withdrawn);
    first[6].properties.masking = Some(Masking { level: MaskingLevel::Cell01 });
    // Some stand in the file twice, under their id or under a key; some have several keys.
    for at in [300, 301] {
        first[at].id = first[at - 100].id;
        first[at + 10].properties.same_as = first[at - 90].properties.same_as.clone();
        first[at + 20].properties.same_as.push(format!("other:{at}"));
    }
    let mut second = first.clone();
    for (at, incident) in second.iter_mut().enumerate() {
        match at % 5 {
            0 => incident.properties.deaths_best = Some(1_000),
            1 => incident.id = dice.id(),
            2 => {
                incident.id = dice.id();
                incident.properties.same_as = vec![format!("new:{at}")];
            }
            _ => {}
        }
    }
    for file in [first, second] {
        let put = by_file.load(bulk(one.path(), &file)).unwrap();
        let slow = by_report.put(file, &author()).unwrap();
        assert_eq!((put.accepted, put.updated, put.unchanged), (slow.accepted, slow.updated, slow.unchanged));
        assert_eq!(everything(&by_file), everything(&by_report));
    }
    by_file.verify().unwrap();
    drop(by_file);
    assert_eq!(everything(&open(one.path())), everything(&by_report));
}

/// So many records are worth keeping the index for.
const WORTH_KEEPING: u64 = 10_200;

/// A store that was closed with its index kept, and what is in it: one is masked, one was withdrawn.
fn kept(dir: &Path) -> Vec<Incident> {
    let mut all = incidents(&mut Dice(41), WORTH_KEEPING - 1);
    all[3].properties.masking = Some(Masking { level: MaskingLevel::Cell01 });
    let store = open(dir);
    store.load(bulk(dir, &all)).unwrap();
    store.withdraw(all[7].id, &author()).unwrap();
    // Else how far it is packed would be another thing each time.
    store.pack(|| false).unwrap();
    drop(store);
    // What is kept while it runs may be of a moment before the last batch.
    drop(open_without_index(dir));
    assert_eq!(reopened(dir).recovery().indexed, WORTH_KEEPING);
    all
}

fn index_of(dir: &Path) -> std::path::PathBuf {
    dir.join("index.cache")
}

fn open_without_index(dir: &Path) -> Store {
    std::fs::remove_file(index_of(dir)).unwrap();
    let store = open(dir);
    assert_eq!(store.recovery().indexed, 0);
    store
}

/// The files of the ledger, in order.
fn segments_of(dir: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(dir.join("ledger")).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.filter(|path| !path.ends_with("format.json")).collect();
    files.sort();
    files
}

/// Opened for reading, which leaves the index as it is.
fn reopened(dir: &Path) -> Store {
    Store::open(dir, borders(), Options { create: false, read_only: true }).unwrap()
}

/// What a store shows in every way: documents, counts, an order, a tile, revisions, damage.
fn shown(store: &Store, of: &[Incident]) -> impl PartialEq + std::fmt::Debug + use<> {
    let snapshot = store.public();
    let counts: Vec<usize> = (1..60).map(|seed| snapshot.count(&some_query(&mut Dice(seed)))).collect();
    let near = Of::parse("28.8,45.3", &borders()).unwrap();
    let query = Query { of: Some(near), sortby: SortBy::Distance, limit: Some(50), ..Query::default() };
    let nearest = ids_of(&snapshot.find(&query).rows);
    let revisions: Vec<_> = of.iter().map(|one| store.history(one.id).ok()).collect();
    let withdrawn: Vec<bool> = of.iter().map(|one| store.is_withdrawn(one.id)).collect();
    let tile = snapshot.tile(&Query::default(), 5, 18, 11);
    (everything(store), counts, nearest, tile, revisions, withdrawn, store.recovery().damage.clone())
}

/// Holds a store opened from its index against the same one opened from its ledger.
fn assert_index_is_the_ledger(dir: &Path, indexed: u64, of: &[Incident]) {
    let from_index = reopened(dir);
    assert_eq!(from_index.recovery().indexed, indexed);
    let index = std::fs::read(index_of(dir)).unwrap();
    std::fs::remove_file(index_of(dir)).unwrap();
    let from_ledger = reopened(dir);
    assert!(shown(&from_index, of) == shown(&from_ledger, of));
    assert_eq!(from_index.verify().unwrap(), from_ledger.verify().unwrap());
    // One that may be written to answers while its ledger is still read.
    std::fs::write(index_of(dir), &index).unwrap();
    let early = open(dir);
    assert!(shown(&early, of) == shown(&from_ledger, of));
    assert_eq!(early.recovery().indexed, indexed);
    drop(early);
    std::fs::write(index_of(dir), index).unwrap();
}

#[test]
fn a_store_opened_from_its_index_shows_what_its_ledger_says() {
    let dir = tempfile::tempdir().unwrap();
    let mut all = kept(dir.path());
    let before = std::fs::read(index_of(dir.path())).unwrap();
    assert_index_is_the_ledger(dir.path(), WORTH_KEEPING, &all[..20]);
    // Behind the index: new ones, revisions of those within it and of new ones, withdrawals, one that comes back.
    let mut dice = Dice(43);
    let store = open(dir.path());
    store.withdraw(all[8].id, &author()).unwrap();
    let mut more = incidents(&mut dice, 50);
    more.iter_mut().for_each(|one| one.properties.same_as = vec![format!("more:{}", one.id)]);
    all[9].properties.deaths_best = Some(77);
    all[7].properties.record_status = Some(RecordStatus::Published);
    let put = [&more[..], &[all[9].clone(), all[7].clone(), incident(&mut dice, 12)]].concat();
    let put = store.put(put, &author()).unwrap();
    assert_eq!((put.accepted, put.updated), (50, 3), "a key of an indexed incident is known");
    more[3].properties.deaths_best = Some(78);
    store.put(vec![more[3].clone()], &author()).unwrap();
    store.withdraw(more[4].id, &author()).unwrap();
    drop(store);
    assert!(
        std::fs::read(index_of(dir.path())).unwrap() == before,
        "so few more are not worth keeping it again"
    );
    all.extend(more);
    let some = [&all[..20], &all[all.len() - 50..]].concat();
    assert_index_is_the_ledger(dir.path(), WORTH_KEEPING, &some);
    // And kept with rows that are gone, when so many more have come.
    let more = incidents(&mut dice, 10_001);
    let fresh = more.into_iter().map(|mut one| {
        one.properties.same_as = vec![one.id.to_string()];
        one
    });
    let store = open(dir.path());
    store.put(fresh.collect(), &author()).unwrap();
    let seq = store.public().seq();
    drop(store);
    assert_index_is_the_ledger(dir.path(), seq, &some);
}

#[test]
fn an_index_that_does_not_fit_or_is_not_as_it_was_written_is_not_used() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    // The last one: nothing long is in it.
    let segment = |dir: &Path| segments_of(dir).pop().unwrap();
    let all = kept(dir.path());
    kept(other.path());
    let index = std::fs::read(index_of(dir.path())).unwrap();
    let sound = shown(&reopened(dir.path()), &all[..10]);
    let refused = |index: &[u8], why: &str| {
        std::fs::write(index_of(dir.path()), index).unwrap();
        let store = reopened(dir.path());
        assert_eq!(store.recovery().indexed, 0, "{why}");
        assert_eq!(store.full().len() as u64, WORTH_KEEPING - 2, "{why}");
        store
    };
    let mut dice = Dice(53);
    for _ in 0..12 {
        let mut broken = index.clone();
        let at = dice.below(index.len() as u64) as usize;
        broken[at] ^= 1 << dice.below(8);
        refused(&broken, &format!("byte {at} is another one"));
        refused(&index[..at], &format!("cut off at byte {at}"));
    }
    for at in (0..100).step_by(3) {
        let mut broken = index.clone();
        broken[at] ^= 4;
        refused(&broken, &format!("byte {at} is another one"));
    }
    refused(b"", "it is empty");
    let longer = [&index[..], b"\0"].concat();
    assert!(shown(&refused(&longer, "one byte more"), &all[..10]) == sound);
    // One of another store, and of this one under another key.
    refused(&std::fs::read(index_of(other.path())).unwrap(), "it is of another store");
    let key = std::fs::read(dir.path().join("signing-key")).unwrap();
    std::fs::copy(other.path().join("signing-key"), dir.path().join("signing-key")).unwrap();
    refused(&index, "the key is another one");
    std::fs::write(dir.path().join("signing-key"), key).unwrap();
    // Other borders, or the same in another view.
    std::fs::write(index_of(dir.path()), &index).unwrap();
    let reading = Options { create: false, read_only: true };
    for set in [borders().in_view(kordon_borders::View::de_facto(), None), BorderSet::default_set().unwrap()]
    {
        let store = Store::open(dir.path(), Arc::new(set), reading).unwrap();
        assert_eq!(store.recovery().indexed, 0);
    }
    assert_eq!(reopened(dir.path()).recovery().indexed, WORTH_KEEPING, "it was the borders alone");
    // The ledger was set back: the index knows more than it says.
    let bytes = std::fs::read(segment(dir.path())).unwrap();
    let last = bytes.iter().rposition(|byte| *byte == 0x1e).unwrap();
    std::fs::write(segment(dir.path()), &bytes[..last]).unwrap();
    let store = reopened(dir.path());
    assert_eq!((store.recovery().indexed, store.full().len() as u64), (0, WORTH_KEEPING - 1));
    drop(store);
    // Opened for writing, one of no use is replaced.
    let store = open(dir.path());
    assert_eq!(store.recovery().indexed, 0);
    drop(store);
    assert_index_is_the_ledger(dir.path(), WORTH_KEEPING - 1, &all[..10]);
}

#[test]
fn damage_behind_an_index_and_before_its_end_is_named_and_withheld_as_without_one() {
    let dir = tempfile::tempdir().unwrap();
    let mut all = kept(dir.path());
    let store = open(dir.path());
    all[11].properties.deaths_best = Some(77);
    store.put(vec![all[11].clone(), incident(&mut Dice(59), 20_000)], &author()).unwrap();
    drop(store);
    let index = std::fs::read(index_of(dir.path())).unwrap();
    let sound = everything(&reopened(dir.path()));
    let mut dice = Dice(61);
    // In the long batch, packed, up to the end of its file; and behind that.
    let (segments, mut flips) = (segments_of(dir.path()), Vec::new());
    assert_eq!(segments.len(), 2);
    for (segment, count) in segments.iter().zip([7, 2]) {
        let len = std::fs::metadata(segment).unwrap().len();
        flips.extend((0..count).map(|_| (segment, dice.below(len) as usize)));
        flips.push((segment, len as usize - 20));
    }
    for (segment, at) in flips {
        let bytes = std::fs::read(segment).unwrap();
        let mut bad = bytes.clone();
        bad[at] ^= 1 << dice.below(8);
        std::fs::write(segment, &bad).unwrap();
        std::fs::write(index_of(dir.path()), &index).unwrap();
        let with = reopened(dir.path());
        std::fs::remove_file(index_of(dir.path())).unwrap();
        let without = reopened(dir.path());
        assert!(!without.recovery().damage.is_empty(), "byte {at}");
        assert!(shown(&with, &all[..12]) == shown(&without, &all[..12]), "byte {at}");
        // Until the place is known a document is told as it was, or not at all.
        std::fs::write(index_of(dir.path()), &index).unwrap();
        let early = open(dir.path());
        let snapshot = early.full();
        for row in snapshot.find(&Query::default()).rows.iter().step_by(97) {
            let Ok(told) = snapshot.feature(row) else { continue };
            let mut told: serde_json::Value = serde_json::from_str(&told).unwrap();
            told["properties"]["recorded_at"] = serde_json::Value::Null;
            assert!(sound.binary_search(&(row.id().to_string(), told.to_string())).is_ok(), "byte {at}");
        }
        let put = early.put(vec![incident(&mut dice, 30_000)], &author());
        assert!(matches!(put, Err(PutError::Ledger(AppendError::Damaged(_)))), "byte {at}: {put:?}");
        assert!(shown(&early, &all[..12]) == shown(&without, &all[..12]), "byte {at}");
        drop(early);
        assert!(std::fs::read(segment).unwrap() == bad, "a damaged ledger is left as it is");
        std::fs::write(segment, bytes).unwrap();
    }
}

#[test]
fn what_is_erased_is_in_no_index_that_was_or_will_be_kept() {
    let dir = tempfile::tempdir().unwrap();
    let mut all = kept(dir.path());
    all[5].properties.title = Text::new("en", "shelter under the school");
    all[5].properties.sub_event_type = Some("cellar".to_owned());
    open(dir.path()).put(vec![all[5].clone()], &author()).unwrap();
    let says = |word: &str| files_say(dir.path(), word) || files_say(dir.path(), &word.to_lowercase());
    // The index has it as well.
    drop(open_without_index(dir.path()));
    assert!(String::from_utf8_lossy(&std::fs::read(index_of(dir.path())).unwrap()).contains("shelter under"));
    let before = std::fs::read(index_of(dir.path())).unwrap();
    let store = open(dir.path());
    assert_eq!(store.recovery().indexed, WORTH_KEEPING + 1);
    store.erase(all[5].id, Reason::DangerToLife, &author()).unwrap();
    assert!(!says("shelter under") && !says("cellar") && !index_of(dir.path()).exists());
    // This process keeps none any more, however much it is given.
    let more = incidents(&mut Dice(67), 10_001).into_iter().map(|mut one| {
        one.properties.same_as = vec![one.id.to_string()];
        one
    });
    store.put(more.collect(), &author()).unwrap();
    drop(store);
    assert!(!index_of(dir.path()).exists());
    // The next one does, of what is left.
    let store = open(dir.path());
    let seq = store.public().seq();
    drop(store);
    assert!(!says("shelter under") && !says("cellar"));
    assert_index_is_the_ledger(dir.path(), seq, &all[..10]);
    // One from before the erasure, put back by hand, is not used and does not stay.
    std::fs::write(index_of(dir.path()), before).unwrap();
    let store = reopened(dir.path());
    assert_eq!(store.recovery().indexed, 0);
    assert!(store.full().get(all[5].id).is_none());
    drop(store);
    drop(open(dir.path()));
    assert!(!says("shelter under") && !says("cellar"));
}
