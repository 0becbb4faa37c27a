//! A filter finds by the columns and indexes what its meaning, told in other words, finds by asking each incident.

use super::*;
use kordon_store::Filter;

/// Whether something is true of an incident; `None` is "not known".
type Means = dyn Fn(&Incident) -> Option<bool>;

/// A condition in CQL2, and what it means.
struct Condition {
    text: String,
    means: Box<Means>,
}

fn condition(text: String, means: impl Fn(&Incident) -> Option<bool> + 'static) -> Condition {
    Condition { text, means: Box::new(means) }
}

fn some_filter(dice: &mut Dice, depth: u64) -> Condition {
    if depth == 0 || dice.below(3) == 0 {
        return simple(dice);
    }
    match dice.below(5) {
        0 => {
            let inner = some_filter(dice, depth - 1);
            condition(format!("NOT ({})", inner.text), move |one| (inner.means)(one).map(|holds| !holds))
        }
        which => {
            let (a, b) = (some_filter(dice, depth - 1), some_filter(dice, depth - 1));
            // Kleene's AND and OR.
            let (word, decides) = if which < 4 { ("AND", false) } else { ("OR", true) };
            condition(format!("({}) {word} ({})", a.text, b.text), move |one| {
                match ((a.means)(one), (b.means)(one)) {
                    (Some(a), Some(b)) => Some(if decides { a || b } else { a && b }),
                    (Some(known), None) | (None, Some(known)) if known == decides => Some(decides),
                    _ => None,
                }
            })
        }
    }
}

fn simple(dice: &mut Dice) -> Condition {
    match dice.below(18) {
        0 => {
            let word = dice.one_of(EventType::ALL);
            condition(format!("event_type = '{word}'"), move |one| Some(one.properties.event_type? == word))
        }
        1 => {
            let (a, b) = (dice.one_of(Verification::ALL), dice.one_of(Verification::ALL));
            condition(format!("verification NOT IN ('{a}', '{b}')"), move |one| {
                one.properties.verification.map(|word| word != a && word != b)
            })
        }
        2 => {
            let least = dice.below(9) as u32;
            condition(format!("deaths_best * 2 >= {}", least * 2), move |one| {
                Some(one.properties.deaths_best? >= least)
            })
        }
        3 => {
            let word = dice.one_of(Infrastructure::ALL);
            condition(format!("infrastructure <> '{word}'"), move |one| {
                let mut hit =
                    one.properties.impacts.iter().filter_map(|impact| impact.infrastructure).peekable();
                hit.peek()?;
                Some(!hit.any(|hit| hit == word))
            })
        }
        4 => {
            let word = dice.one_of(&WORDS);
            condition(format!("CASEI(title) LIKE CASEI('%{}%')", word.to_uppercase()), move |one| {
                let title = one.properties.title.as_ref()?.in_language("en").to_lowercase();
                Some(title.contains(&word.to_lowercase()))
            })
        }
        5 => {
            let (word, country) = (dice.one_of(&WORDS), dice.one_of(&["UKR", "ROU"]));
            condition(format!("description = '{word}' OR country = '{country}'"), move |one| {
                let p = &one.properties;
                Some(p.description.as_ref()?.in_language("uk") == word || p.country.as_deref()? == country)
            })
        }
        6 => {
            let day = format!("{}-{:02}-{:02}", 2021 + dice.below(5), 1 + dice.below(12), 1 + dice.below(28));
            let times = EventDate::parse(&day).unwrap().times();
            match dice.below(4) {
                0 => condition(format!("date_start <= '{day}'"), move |one| {
                    Some(one.times().start_s < times.end_s)
                }),
                1 => condition(format!("date_start > '{day}'"), move |one| {
                    Some(one.times().start_s >= times.end_s)
                }),
                2 => condition(format!("T_INTERSECTS(datetime, DATE('{day}'))"), move |one| {
                    Some(one.times().start_s < times.end_s && one.times().end_s > times.start_s)
                }),
                _ => condition(format!("T_AFTER(date_start, DATE('{day}'))"), move |one| {
                    Some(one.properties.date_start.times().start_s >= times.end_s)
                }),
            }
        }
        14 => {
            let (a, b) = (dice.one_of(EventType::ALL), dice.one_of(EventType::ALL));
            condition(format!("event_type IN ('{a}', 'of no kind', '{b}')"), move |one| {
                one.properties.event_type.map(|word| word == a || word == b)
            })
        }
        15 => {
            let (a, b) = (dice.one_of(Damage::ALL), dice.one_of(Damage::ALL));
            condition(format!("damage IN ('{a}', '{b}') AND '{b}' = damage"), move |one| {
                let mut how = one.properties.impacts.iter().filter_map(|impact| impact.damage).peekable();
                how.peek()?;
                Some(how.any(|how| how == b))
            })
        }
        16 => {
            let month = format!("{}-{:02}", 2021 + dice.below(5), 1 + dice.below(12));
            let times = EventDate::parse(&month).unwrap().times();
            let (noon, noon_s) = (format!("{month}-15T12:00:00.5Z"), times.start_s + 14 * 86_400 + 43_200);
            match dice.below(8) {
                0 => condition(format!("date_start = '{month}'"), move |one| {
                    Some((times.start_s..times.end_s).contains(&one.times().start_s))
                }),
                1 => condition(format!("date_start <> '{month}' AND '{month}' < date_start"), move |one| {
                    Some(one.times().start_s >= times.end_s)
                }),
                2 => condition(format!("date_start BETWEEN '2022-06' AND '{month}'"), move |one| {
                    let first = EventDate::parse("2022-06").unwrap().times().start_s;
                    Some(one.times().start_s >= first && one.times().start_s < times.end_s)
                }),
                // An instant is its second.
                3 => {
                    condition(format!("date_start < '{noon}'"), move |one| Some(one.times().start_s < noon_s))
                }
                4 => condition(format!("date_start >= '{noon}'"), move |one| {
                    Some(one.times().start_s >= noon_s)
                }),
                5 => condition(format!("date_start = '{noon}'"), move |one| {
                    Some(one.times().start_s == noon_s)
                }),
                6 => condition(format!("T_AFTER(datetime, TIMESTAMP('{noon}'))"), move |one| {
                    Some(one.times().start_s > noon_s)
                }),
                _ => condition(format!("T_EQUALS(date_start, TIMESTAMP('{noon}'))"), move |one| {
                    let times = one.properties.date_start.times();
                    Some((times.start_s, times.end_s) == (noon_s, noon_s + 1))
                }),
            }
        }
        17 => {
            let (from, length) = (dice.below(1_500), dice.below(400));
            let day = |number: u64| {
                let start_s = 1_609_459_200 + i64::try_from(number).unwrap() * 86_400;
                (jiff::Timestamp::from_second(start_s).unwrap().to_string()[..10].to_owned(), start_s)
            };
            let ((first, from_s), (last, to_s)) = (day(from), day(from + length));
            let to_s = to_s + 86_400;
            let interval = format!("INTERVAL('{first}', '{last}')");
            match dice.below(6) {
                0 => condition(format!("T_BEFORE(datetime, {interval})"), move |one| {
                    Some(one.times().end_s <= from_s)
                }),
                1 => condition(format!("T_AFTER(datetime, {interval})"), move |one| {
                    Some(one.times().start_s >= to_s)
                }),
                2 => condition(format!("T_DURING(datetime, {interval})"), move |one| {
                    Some(one.times().start_s > from_s && one.times().end_s < to_s)
                }),
                3 => condition(format!("T_CONTAINS(datetime, {interval})"), move |one| {
                    Some(one.times().start_s < from_s && one.times().end_s > to_s)
                }),
                4 => condition(format!("T_DISJOINT({interval}, datetime)"), move |one| {
                    Some(one.times().end_s <= from_s || one.times().start_s >= to_s)
                }),
                _ => condition(format!("T_INTERSECTS(datetime, INTERVAL('{first}', '..'))"), move |one| {
                    Some(one.times().end_s > from_s)
                }),
            }
        }
        7 | 8 => {
            let (a, b) = (dice.place(), dice.place());
            let (south, north) = (a.lat().min(b.lat()), a.lat().max(b.lat()));
            let bbox = BBox::new(a.lon(), south, b.lon(), north).unwrap();
            let corners = format!("{},{south},{},{north}", a.lon(), b.lon());
            condition(format!("S_INTERSECTS(geometry, BBOX({corners}))"), move |one| {
                (!one.places.is_empty()).then(|| one.places.iter().any(|&place| bbox.contains(place)))
            })
        }
        9 => {
            // A triangle: inside is to the left of all sides, or to the right.
            let [a, b, c] =
                [dice.place(), dice.place(), dice.place()].map(|place| [place.lon(), place.lat()]);
            let text = |[lon, lat]: [f64; 2]| format!("{lon} {lat}");
            let ring = [a, b, c, a].map(text).join(", ");
            let turn = |a: [f64; 2], b: [f64; 2], p: LonLat| {
                (b[0] - a[0]) * (p.lat() - a[1]) - (b[1] - a[1]) * (p.lon() - a[0])
            };
            condition(format!("S_WITHIN(geometry, POLYGON(({ring})))"), move |one| {
                let is_in = |&place: &LonLat| {
                    let sides = [turn(a, b, place), turn(b, c, place), turn(c, a, place)];
                    sides.iter().all(|side| *side > 0.0) || sides.iter().all(|side| *side < 0.0)
                };
                (!one.places.is_empty()).then(|| one.places.iter().all(is_in))
            })
        }
        10 | 11 => {
            let name = dice.one_of(&["ROU", "UKR", "NATO", "MDA", "28.8,45.3"]);
            let of = Of::parse(name, &borders()).unwrap();
            let meters = dice.one_of(&[0.0, 1_000.0, 12_345.0, 100_000.0]);
            let nearer = dice.below(2) == 0;
            condition(
                format!("border_distance('{name}') {} {meters}", if nearer { "<=" } else { ">" }),
                move |one| {
                    let near = slow_distance(one, &of)?.0.max(0.0) <= meters;
                    Some(near == nearer)
                },
            )
        }
        12 => {
            let name = dice.one_of(&["ROU", "UKR", "NATO"]);
            let of = Of::parse(name, &borders()).unwrap();
            let (word, certainty) =
                dice.one_of(&[("certain", Certainty::Certain), ("possible", Certainty::Possible)]);
            let asked = Within { certainty, ..Within::new(of, 10.0) };
            condition(format!("within_certainty('{name}', 10000, '{word}')"), move |one| {
                let distance = slow_distance(one, &asked.of)?;
                Some(is_near(one, Some(distance), &asked))
            })
        }
        _ => {
            let code = dice.one_of(&["ROU", "MDA", "UKR", "RUS"]);
            condition(format!("nearest_foreign() = '{code}'"), move |one| {
                one.radius().meters?;
                let set = borders();
                let found = one.places.iter().filter_map(|&place| set.nearest_foreign(place, f64::INFINITY));
                let nearest = found.min_by(|a, b| a.distance_m.total_cmp(&b.distance_m))?;
                Some(set.territory(nearest.territory).code == code)
            })
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    #[test]
    fn a_filter_finds_what_asking_each_incident_finds(seed in 1_u64..u64::MAX) {
        let mut dice = Dice(seed);
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path());
        let mut all = incidents(&mut dice, 300);
        for one in all.iter_mut().step_by(6) {
            // In the second that some filters name, before or behind their fraction of it.
            let (year, month, ms) = (2021 + dice.below(5), 1 + dice.below(12), dice.below(1_000));
            let date = format!("{year}-{month:02}-15T12:00:00.{ms:03}Z");
            one.properties.date_start = EventDate::parse(&date).unwrap();
        }
        for batch in all.chunks(120) {
            store.put(batch.to_vec(), &author()).unwrap();
        }
        all.sort_by_key(|one| (std::cmp::Reverse(one.times().start_s), one.id));
        let snapshot = store.public();
        for _ in 0..40 {
            let Condition { text, means } = some_filter(&mut dice, 3);
            let filter = Filter::of_text(&text, &borders()).unwrap_or_else(|error| panic!("{text}: {error}"));
            // Told as JSON and as text again, it is the same.
            let told = Filter::of_json(&filter.to_json().to_string(), &borders()).unwrap();
            prop_assert_eq!(told.to_text(), filter.to_text());
            let expected: Vec<IncidentId> =
                all.iter().filter(|one| means(one) == Some(true)).map(|one| one.id).collect();
            let query = Query { filter: Some(Arc::new(told)), ..Query::default() };
            prop_assert_eq!(ids_of(&snapshot.find(&query).rows), expected.clone(), "{}", &text);
            let fits = |one: &Incident| expected.contains(&one.id);
            let ids: Vec<IncidentId> = all.iter().map(|one| one.id).collect();
            prop_assert_eq!(snapshot.matching(&query, &ids), all.iter().map(fits).collect::<Vec<_>>());
        }
    }
}

#[test]
fn an_incident_is_found_by_its_own_beginning_with_its_fraction_of_a_second() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let own = "2022-04-04T05:57:16.769Z";
    let mut one = incident(&mut Dice(8), 1);
    one.properties.date_start = EventDate::parse(own).unwrap();
    one.properties.date_end = Some(EventDate::parse("2022-04-04T05:57:18.25Z").unwrap());
    store.put(vec![one], &author()).unwrap();
    let snapshot = store.public();
    let found = |text: &str| {
        let filter = Filter::of_text(text, &borders()).unwrap();
        snapshot.find(&Query { filter: Some(Arc::new(filter)), ..Query::default() }).matched
    };
    for (text, is_found) in [
        (format!("date_start = TIMESTAMP('{own}')"), true),
        (format!("date_start <= '{own}' AND date_start >= '{own}'"), true),
        (format!("date_start BETWEEN '{own}' AND '{own}' AND date_start IN ('{own}')"), true),
        (format!("date_start < TIMESTAMP('{own}')"), false),
        (format!("date_start > TIMESTAMP('{own}')"), false),
        (format!("date_start <> TIMESTAMP('{own}')"), false),
        ("date_start = '2022-04-04T05:57:16.2Z'".to_owned(), true),
        ("date_start < '2022-04-04T05:57:17Z' AND date_start > '2022-04-04T05:57:15.9Z'".to_owned(), true),
        (format!("T_EQUALS(date_start, TIMESTAMP('{own}'))"), true),
        (format!("T_INTERSECTS(date_start, TIMESTAMP('{own}'))"), true),
        (format!("T_AFTER(date_start, TIMESTAMP('{own}'))"), false),
        (format!("T_BEFORE(date_start, TIMESTAMP('{own}'))"), false),
        (format!("T_STARTS(date_start, INTERVAL('{own}', '..'))"), true),
        (format!("T_EQUALS(datetime, INTERVAL('{own}', '2022-04-04T05:57:18.25Z'))"), true),
        ("T_DURING(datetime, INTERVAL('2022-04-04T05:57:15.9Z', '2022-04-04T05:57:19.1Z'))".to_owned(), true),
        ("date_end = '2022-04-04T05:57:18.25Z' AND date_start < date_end".to_owned(), true),
    ] {
        let expected = usize::from(is_found);
        assert_eq!(found(&text), expected, "{text}");
        // By the columns, and then by asking the row.
        assert_eq!(found(&format!("({text}) OR title = 'never'")), expected, "{text}");
        assert_eq!(found(&format!("NOT ({text})")), 1 - expected, "{text}");
    }
    let property = Filter::of_equal("date_start", own, &borders()).unwrap();
    let query = Query { filter: Some(Arc::new(property)), ..Query::default() };
    assert_eq!(snapshot.find(&query).matched, 1);
}

#[test]
fn whatever_is_sent_as_a_filter_is_read_or_refused() {
    let borders = borders();
    proptest!(ProptestConfig::with_cases(400), |(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        parts in proptest::collection::vec(0..PARTS.len(), 0..40),
    )| {
        let text = String::from_utf8_lossy(&bytes);
        let made: String = parts.iter().map(|part| PARTS[*part]).collect();
        for text in [text.as_ref(), &made] {
            if let Ok(filter) = Filter::of_text(text, &borders) {
                prop_assert_eq!(Filter::of_text(&filter.to_text(), &borders).unwrap().to_text(), filter.to_text());
            }
            if let Err(error) = Filter::of_json(text, &borders) {
                prop_assert!(!error.why.is_empty());
            }
        }
    });
}

const PARTS: [&str; 40] = [
    " ",
    "(",
    ")",
    ",",
    "'",
    "\"",
    "title",
    "geometry",
    "deaths_best",
    "date_start",
    "tags",
    "=",
    "<>",
    "<=",
    "+",
    "-",
    "*",
    "^",
    " AND ",
    " OR ",
    " NOT ",
    " IS NULL",
    " LIKE ",
    " BETWEEN ",
    " IN ",
    "'a'",
    "'%'",
    "3",
    "1e3",
    "-7.5",
    "POINT(1 2)",
    "BBOX(1,2,3,4)",
    "S_INTERSECTS(",
    "T_AFTER(",
    "INTERVAL(",
    "DATE('2025-05-30')",
    "CASEI(",
    "A_EQUALS(",
    "border_distance('ROU')",
    "TRUE",
];
