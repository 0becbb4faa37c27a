//! Asks all of them, judges the answers, prints the table.

use std::collections::BTreeMap;
use std::error::Error;
use std::hint::black_box;
use std::path::Path;

use kordon_borders::{BorderSet, LonLat, Target, TerritoryId};
use rayon::prelude::*;

use crate::peers::{Countries, GeoPolygons, S2Lines, S2Polygons, karney_m};
use crate::{ASKED, BATCH, Class, JUDGED, NAMED, places, sovereigns};

/// The processor time of this thread, in seconds.
fn processor_s() -> f64 {
    // The kernel counts when a thread is scheduled; this has it count now.
    std::thread::yield_now();
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).map_or(f64::NAN, |ns| ns / 1e9)
}

/// An answer to a place: meters, or whose land it is.
#[derive(Clone, PartialEq)]
enum Told {
    Meters(f64),
    Land(String),
}

struct Row {
    micros: f64,
    told: Vec<Told>,
}

/// Each place asked once, on one core.
fn ask(places: &[LonLat], mut answer: impl FnMut(LonLat) -> Told) -> Row {
    let begin = processor_s();
    let told: Vec<Told> = places.iter().map(|place| answer(*place)).collect();
    Row { micros: (processor_s() - begin) * 1e6 / places.len() as f64, told }
}

struct Judge {
    named: Target,
    /// Class and work, to the truth about its first places.
    truth: BTreeMap<(&'static str, &'static str), Vec<Told>>,
}

const FOREIGN: &str = "nearest foreign";
const TO_NAMED: &str = "to Romania";
const CONTAINING: &str = "containing";

impl Judge {
    fn new(set: &BorderSet, classes: &[Class]) -> Result<Self, Box<dyn Error>> {
        let named = set.target(NAMED, None)?;
        let mut truth = BTreeMap::new();
        for class in classes {
            let judged = &class.places[..JUDGED];
            let exact = |place: &LonLat, nearest: Option<kordon_borders::Nearest>| {
                Told::Meters(nearest.map_or(f64::NAN, |n| karney_m(*place, n.point.lon(), n.point.lat())))
            };
            let foreign = judged.par_iter().map(|p| exact(p, set.nearest_foreign_slow(*p))).collect();
            let to = judged.par_iter().map(|p| exact(p, set.nearest_to_slow(*p, &named))).collect();
            let land = judged.par_iter().map(|p| Told::Land(codes(set, &set.containing_slow(*p)))).collect();
            truth.insert((class.name, FOREIGN), foreign);
            truth.insert((class.name, TO_NAMED), to);
            truth.insert((class.name, CONTAINING), land);
        }
        Ok(Self { named, truth })
    }

    /// One line of the table.
    fn say(&self, class: &'static str, work: &'static str, who: &str, row: &Row, ours_us: f64) {
        let truth = &self.truth[&(class, work)];
        let pairs = || row.told.iter().zip(truth);
        let verdict = if work == CONTAINING {
            format!("{} of {} differ", pairs().filter(|(a, b)| a != b).count(), pairs().count())
        } else {
            let mut errors: Vec<f64> = pairs()
                .filter_map(|pair| match pair {
                    (Told::Meters(a), Told::Meters(b)) => Some((a - b).abs()),
                    _ => None,
                })
                .collect();
            errors.sort_by(f64::total_cmp);
            match (errors.get(errors.len() / 2), errors.last()) {
                (Some(median), Some(most)) => format!("{} / {}", length(*median), length(*most)),
                _ => String::new(),
            }
        };
        println!(
            "| {class} | {work} | {who} | {} | {:.0}× | {verdict} |",
            micros(row.micros),
            row.micros / ours_us
        );
    }
}

fn micros(us: f64) -> String {
    let decimals = if us < 1.0 {
        3
    } else if us < 100.0 {
        2
    } else {
        0
    };
    format!("{us:.decimals$}")
}

fn length(m: f64) -> String {
    match m {
        m if m < 1e-3 => format!("{:.0} µm", m * 1e6),
        m if m < 1.0 => format!("{:.0} mm", m * 1e3),
        m if m < 1e4 => format!("{m:.1} m"),
        m => format!("{:.0} km", m / 1e3),
    }
}

fn codes(set: &BorderSet, claims: &[TerritoryId]) -> String {
    claims.iter().map(|id| set.territory(*id).code.as_str()).collect::<Vec<_>>().join(";")
}

pub fn print(set: &BorderSet, classes: &[Class], folder: &Path) -> Result<(), Box<dyn Error>> {
    let judge = Judge::new(set, classes)?;
    let postgis = postgis(folder)?;
    let named = judge.named.members()[0];
    let s2_all = S2Lines::new(set, |_| true);
    let s2_named = S2Lines::new(set, |id| id == named);
    let s2_polygons = S2Polygons::new(set);
    let geo = GeoPolygons::new(set);
    let countries = Countries::new()?;
    let all: Vec<TerritoryId> = set.territories().iter().filter_map(|t| set.find(&t.code)).collect();
    let land =
        |numbers: &[usize]| Told::Land(codes(set, &numbers.iter().map(|i| all[*i]).collect::<Vec<_>>()));
    let one_core = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;

    println!("| places | work | by | CPU µs a place | ratio | error: median / most |");
    println!("|---|---|---|---:|---:|---|");
    for Class { name: class, places } in classes {
        let class = *class;
        let asked = &places[..ASKED];
        let to_named = |place: LonLat, m: Option<f64>| match set.containing(place).contains(&named) {
            true => Told::Meters(0.0),
            false => Told::Meters(m.unwrap_or(f64::NAN)),
        };

        let ours = one_core.install(|| many(places, |p| set.nearest_foreign_many(p, f64::INFINITY)));
        judge.say(class, FOREIGN, "**Kordon, batch**", &ours, ours.micros);
        let single = ask(asked, |p| {
            Told::Meters(set.nearest_foreign(p, f64::INFINITY).map_or(f64::NAN, |n| n.distance_m))
        });
        judge.say(class, FOREIGN, "Kordon, one by one", &single, ours.micros);
        let own: Vec<Vec<String>> = asked.iter().map(|p| sovereigns(set, &set.containing(*p))).collect();
        let mut next = own.iter();
        let s2 = ask(asked, |p| {
            let own = next.next().map_or(&[][..], Vec::as_slice);
            let foreign = |id| !own.contains(&set.territory(id).sovereign);
            Told::Meters(s2_all.nearest_m(p, foreign).unwrap_or(f64::NAN))
        });
        judge.say(class, FOREIGN, "s2rst", &s2, ours.micros);
        say_postgis(&judge, &postgis, class, FOREIGN, ours.micros);

        let to = |p: &[LonLat]| set.nearest_to_many(p, &judge.named, f64::INFINITY);
        let ours = one_core.install(|| many(places, to));
        judge.say(class, TO_NAMED, "**Kordon, batch**", &ours, ours.micros);
        let single = ask(asked, |p| {
            let nearest = set.nearest_to(p, &judge.named, f64::INFINITY);
            Told::Meters(nearest.map_or(f64::NAN, |n| n.distance_m))
        });
        judge.say(class, TO_NAMED, "Kordon, one by one", &single, ours.micros);
        let s2 = ask(asked, |p| to_named(p, s2_named.nearest_m(p, |id| id == named)));
        judge.say(class, TO_NAMED, "s2rst", &s2, ours.micros);
        let by_geo = ask(&asked[..JUDGED], |p| to_named(p, Some(geo.nearest_m(p, named.index()))));
        judge.say(class, TO_NAMED, "geo", &by_geo, ours.micros);
        say_postgis(&judge, &postgis, class, TO_NAMED, ours.micros);

        let sorted = places::sorted(places);
        let begin = processor_s();
        sorted.iter().for_each(|p| {
            black_box(set.containing(*p).len());
        });
        let sorted_us = (processor_s() - begin) * 1e6 / BATCH as f64;
        let told: Vec<Told> = asked.iter().map(|p| Told::Land(codes(set, &set.containing(*p)))).collect();
        let ours = Row { micros: sorted_us, told };
        judge.say(class, CONTAINING, "**Kordon, sorted**", &ours, ours.micros);
        let begin = processor_s();
        let s2 = s2_polygons.containing(asked);
        let s2_us = (processor_s() - begin) * 1e6 / ASKED as f64;
        let s2 = Row { micros: s2_us, told: s2.iter().map(|numbers| land(numbers)).collect() };
        judge.say(class, CONTAINING, "s2rst", &s2, ours.micros);
        let by_geo = ask(&asked[..JUDGED], |p| land(&geo.containing(p)));
        judge.say(class, CONTAINING, "geo, boxes first", &by_geo, ours.micros);
        let begin = processor_s();
        places.iter().for_each(|p| {
            black_box(countries.containing(*p).map_or(0, |ids| ids.len()));
        });
        let us = (processor_s() - begin) * 1e6 / BATCH as f64;
        println!(
            "| {class} | {CONTAINING} | country-boundaries | {} | {:.0}× | borders of its own |",
            micros(us),
            us / ours.micros
        );
        say_postgis(&judge, &postgis, class, CONTAINING, ours.micros);
    }
    Ok(())
}

/// The engine's batch, on this thread.
fn many(places: &[LonLat], answer: impl Fn(&[LonLat]) -> Vec<Option<kordon_borders::Nearest>>) -> Row {
    // Twice, so that the first does not pay for memory that is touched for the first time.
    black_box(answer(places));
    let begin = processor_s();
    let nearest = answer(places);
    let micros = (processor_s() - begin) * 1e6 / places.len() as f64;
    let told =
        nearest.iter().take(ASKED).map(|n| Told::Meters(n.map_or(f64::NAN, |n| n.distance_m))).collect();
    Row { micros, told }
}

// ----------------------------------------------------------------------------------------------- PostGIS

/// One query that PostGIS answered.
struct Queried {
    class: String,
    work: String,
    who: String,
    row: Row,
}

fn say_postgis(judge: &Judge, all: &[Queried], class: &'static str, work: &'static str, ours_us: f64) {
    for query in all.iter().filter(|query| query.class == class && query.work == work) {
        judge.say(class, work, &query.who, &query.row, ours_us);
    }
}

/// The answers that `run.sh` had written: `cpu.tsv` names the queries (class, work, words, processor time in nanoseconds
/// before and after, file), each file has a line `number,answer` for each place.
fn postgis(folder: &Path) -> Result<Vec<Queried>, Box<dyn Error>> {
    let Ok(queries) = std::fs::read_to_string(folder.join("cpu.tsv")) else {
        println!("PostGIS was not asked.");
        return Ok(Vec::new());
    };
    let mut all = Vec::new();
    for line in queries.lines() {
        let [class, work, who, before, after, file] = line.split('\t').collect::<Vec<_>>()[..] else {
            return Err(format!("cpu.tsv: {line}").into());
        };
        let answers = std::fs::read_to_string(folder.join(file))?;
        let mut told: Vec<(usize, Told)> = Vec::new();
        for line in answers.lines() {
            let (number, answer) = line.split_once(',').ok_or("an answer is number,answer")?;
            let answer = match work {
                CONTAINING => Told::Land(answer.to_owned()),
                _ => Told::Meters(answer.parse()?),
            };
            told.push((number.parse()?, answer));
        }
        told.sort_by_key(|(number, _)| *number);
        let ns = after.parse::<f64>()? - before.parse::<f64>()?;
        let micros = ns / 1e3 / told.len() as f64;
        let row = Row { micros, told: told.into_iter().map(|(_, answer)| answer).collect() };
        all.push(Queried { class: class.into(), work: work.into(), who: who.into(), row });
    }
    Ok(all)
}
