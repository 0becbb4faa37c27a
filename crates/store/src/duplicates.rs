//! Pairs of incidents that may be one event told twice.
//!
//! Only pairs that have a chance are compared: near in place and time, or resting on the same page or file, or, where a place
//! is not known, of one day and a name in common. Places go into cells of four sizes, by how far off each may be; the cells
//! of one size are one list, ordered by cell and then by time, in which a search looks at a span of days of the few cells
//! around a place.
//!
//! Cost: some hundred bytes an incident while it runs, and two cores take a million incidents of one country and four years
//! in about a minute. Where very many incidents share a place and a day, each is compared with the [`CROWD`] that are nearest in time; how many were cut off so
//! is told.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

use kordon_borders::LonLat;
use kordon_incidents::{IncidentId, Likeness, Traits};
use rayon::prelude::*;
use serde::Serialize;

use crate::ledger::ReadError;
use crate::query::Query;
use crate::snapshot::Snapshot;

/// Of how many other incidents around its place and time one is compared with, at each size of cells and on each side in time.
const CROWD: usize = 1_024;
/// A page or file that so many incidents rest on says nothing about any two of them.
const SHARED_BY: usize = 32;
/// How far [`Traits::reach_m`] goes in each list of cells, and how wide these are, in degrees.
const SIZES: [(f64, f64); 4] = [(2_500.0, 0.05), (10_000.0, 0.2), (40_000.0, 0.8), (Traits::REACH_M, 1.2)];
/// How long intervals are in each list: long ones widen a search in time, so they are looked through apart.
const WIDTHS_S: [i64; 3] = [2 * 86_400, 40 * 86_400, i64::MAX / 4];
/// Meters in a degree of latitude, at the least.
const DEGREE_M: f64 = 110_500.0;
/// Scores that differ by less than so many points are about the same.
const ABOUT: f64 = 1.0;
/// Incidents that one core handles at a time.
const CHUNK: usize = 1 << 10;

/// What to look for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Likely {
    /// The least score; 0.5 is as likely as not.
    pub score: f64,
    /// At most so many pairs, the likeliest.
    pub limit: usize,
}

/// Two incidents that may be one event.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pair {
    /// Which, the smaller id first.
    pub ids: [IncidentId; 2],
    /// How likely, and why.
    #[serde(flatten)]
    pub likeness: Likeness,
}

/// Pairs of incidents that may be one event.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Duplicates {
    /// The likeliest first.
    pub pairs: Vec<Pair>,
    /// How many pairs there are with this score or more.
    pub matched: usize,
    /// How many incidents were not compared with all that are near, because these are too many.
    pub crowded: usize,
}

impl<V: Sync> Snapshot<V> {
    /// Pairs among the incidents that `query` asks for. `tick` is told how many incidents have been looked at, of how
    /// many; when it answers `false` the search ends with what it has found.
    ///
    /// Of several reports of one dataset that an incident may be, only the likeliest are named.
    ///
    /// # Errors
    ///
    /// [`ReadError`] when a document cannot be read.
    pub fn duplicates(
        &self,
        query: &Query,
        likely: Likely,
        tick: &(dyn Fn(usize, usize) -> bool + Sync),
    ) -> Result<Duplicates, ReadError> {
        let rows = self.find(&Query { limit: None, cursor: None, ..query.clone() }).rows;
        let traits = self.incidents(&rows, Traits::of)?;
        let (near, shared, named) = (Near::new(&traits), Shared::new(&traits), Named::new(&traits));
        let (done, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
        let crowded = AtomicUsize::new(0);
        // Those that are nearly as likely may be rivals.
        let least = logit(likely.score) - ABOUT;
        let of_one = |one: u32| {
            let mut pairs = Vec::new();
            let mut tell = |other: u32| {
                let score = traits[one as usize].score(&traits[other as usize]);
                if logit(score) >= least {
                    pairs.push(Scored { score, of: [one.min(other), one.max(other)] });
                }
            };
            crowded.fetch_add(usize::from(near.look_around(one, &mut tell)), Relaxed);
            shared.look_around(one, &mut tell);
            crowded.fetch_add(usize::from(named.look_around(one, &mut tell)), Relaxed);
            pairs
        };
        let all: Vec<u32> = (0..u32::try_from(rows.len()).unwrap_or(u32::MAX)).collect();
        let mut pairs: Vec<Scored> = all
            .par_chunks(CHUNK)
            .flat_map_iter(|few| {
                let found: Vec<Scored> = if is_over.load(Relaxed) {
                    Vec::new()
                } else {
                    few.iter().flat_map(|&one| of_one(one)).collect()
                };
                if !tick(done.fetch_add(few.len(), Relaxed) + few.len(), rows.len()) {
                    is_over.store(true, Relaxed);
                }
                found
            })
            .collect();
        pairs.sort_unstable_by_key(|pair| pair.of);
        pairs.dedup_by_key(|pair| pair.of);
        let best = only_the_best(pairs, &traits);
        let exact = |(pair, rivals): (Scored, usize)| {
            let [one, other] = pair.of.map(|at| at as usize);
            let (one, other) = if rows[one].id() < rows[other].id() { (one, other) } else { (other, one) };
            let likeness = traits[one].compare(&traits[other], rivals);
            (likeness.score >= likely.score)
                .then(|| Pair { ids: [rows[one].id(), rows[other].id()], likeness })
        };
        let mut pairs: Vec<Pair> = best.into_par_iter().filter_map(exact).collect();
        pairs.sort_by(|a, b| b.likeness.score.total_cmp(&a.likeness.score).then(a.ids.cmp(&b.ids)));
        let matched = pairs.len();
        pairs.truncate(likely.limit);
        Ok(Duplicates { pairs, matched, crowded: crowded.into_inner() })
    }
}

/// Two incidents, by their numbers in a list, the smaller first.
#[derive(Clone, Copy)]
struct Scored {
    score: f64,
    of: [u32; 2],
}

/// Of an incident and the reports of one dataset that may be the same event only the likeliest stay, with how many others
/// are about as likely: the dataset gives each event one number, so at most one of them is it.
fn only_the_best(pairs: Vec<Scored>, traits: &[Traits]) -> Vec<(Scored, usize)> {
    let sides = |pair: &Scored| {
        let [one, other] = pair.of;
        let of = move |at: u32, of: u32| traits[of as usize].datasets().iter().map(move |&set| (at, set));
        of(one, other).chain(of(other, one))
    };
    let mut partners: HashMap<(u32, u64), Vec<f64>> = HashMap::new();
    for pair in &pairs {
        for side in sides(pair) {
            partners.entry(side).or_default().push(logit(pair.score));
        }
    }
    partners.par_iter_mut().for_each(|(_, scores)| scores.sort_unstable_by(f64::total_cmp));
    let rivals = |pair: &Scored, side| {
        let (own, ascending) = (logit(pair.score), &partners[&side]);
        let is_best = ascending.last().is_none_or(|best| best - own <= ABOUT);
        is_best.then(|| ascending.len() - ascending.partition_point(|score| *score < own - ABOUT) - 1)
    };
    let judge = |pair: Scored| {
        let rivals: Option<Vec<usize>> = sides(&pair).map(|side| rivals(&pair, side)).collect();
        Some((pair, rivals?.into_iter().max().unwrap_or(0)))
    };
    pairs.into_par_iter().filter_map(judge).collect()
}

/// Points for a score.
fn logit(score: f64) -> f64 {
    (score / (1.0 - score)).ln()
}

/// An incident in a list.
#[derive(Clone, Copy)]
struct Entry<K> {
    key: K,
    start_s: i64,
    at: u32,
}

/// Tells what has this key and begins between two moments, the nearest to the middle one first on each side: up to [`CROWD`] a
/// side. Whether there were more.
fn look<K: Ord + Copy>(
    entries: &[Entry<K>],
    key: K,
    [from_s, middle_s, to_s]: [i64; 3],
    tell: &mut impl FnMut(&Entry<K>),
) -> bool {
    let middle = entries.partition_point(|entry| (entry.key, entry.start_s) < (key, middle_s));
    let after = entries[middle..].iter().take_while(|entry| entry.key == key && entry.start_s <= to_s);
    let before =
        entries[..middle].iter().rev().take_while(|entry| entry.key == key && entry.start_s >= from_s);
    let mut some = |entries: &mut dyn Iterator<Item = &Entry<K>>| {
        entries.take(CROWD).for_each(&mut *tell);
        entries.next().is_some()
    };
    some(&mut { after }) | some(&mut { before })
}

/// Incidents by cell and time: a list for each size of cells and length of interval.
struct Near<'a> {
    traits: &'a [Traits],
    lists: [[Vec<Entry<u32>>; WIDTHS_S.len()]; SIZES.len()],
}

/// The cells of one size, numbered along parallels.
#[derive(Clone, Copy)]
struct Cells {
    degrees: f64,
    columns: u32,
}

impl Cells {
    fn of_size(degrees: f64) -> Self {
        // Rounded down, so that the last column is the wider one and none is left over.
        Self { degrees, columns: (360.0 / degrees) as u32 }
    }

    fn column(self, lon: f64) -> u32 {
        (((lon + 180.0) / self.degrees) as u32).min(self.columns - 1)
    }

    fn row(self, lat: f64) -> u32 {
        ((lat.clamp(-90.0, 90.0) + 90.0) / self.degrees) as u32
    }

    /// Every cell that comes within so many meters of a place.
    fn around(self, place: LonLat, meters: f64) -> impl Iterator<Item = u32> {
        let up = meters / DEGREE_M;
        let (south, north) = (place.lat() - up, place.lat() + up);
        let shrunk = south.abs().max(north.abs()).min(90.0).to_radians().cos();
        // Around a pole every column may be near.
        let side = if shrunk * 180.0 > up { up / shrunk } else { 180.0 };
        let first = self.column(place.lon() - side + if place.lon() - side < -180.0 { 360.0 } else { 0.0 });
        let span = if side >= 179.0 {
            self.columns
        } else {
            ((2.0 * side / self.degrees) as u32 + 3).min(self.columns)
        };
        (self.row(south)..=self.row(north)).flat_map(move |row| {
            (0..span).map(move |step| row * self.columns + (first + step) % self.columns)
        })
    }
}

/// The last size holds whatever reaches further than the others; see [`SIZES`].
fn size_of(traits: &Traits) -> usize {
    SIZES.iter().position(|(reach, _)| traits.reach_m() <= *reach).unwrap_or(SIZES.len() - 1)
}

impl<'a> Near<'a> {
    fn new(traits: &'a [Traits]) -> Self {
        let mut lists: [[Vec<Entry<u32>>; WIDTHS_S.len()]; SIZES.len()] = Default::default();
        for (at, of) in (0..).zip(traits) {
            let size = size_of(of);
            let (start_s, end_s) = of.interval_s();
            let width =
                WIDTHS_S.iter().position(|width| end_s - start_s <= *width).unwrap_or(WIDTHS_S.len() - 1);
            let cells = Cells::of_size(SIZES[size].1);
            for place in of.places() {
                let key = cells.row(place.lat()) * cells.columns + cells.column(place.lon());
                lists[size][width].push(Entry { key, start_s, at });
            }
        }
        lists.par_iter_mut().flatten().for_each(|list| {
            list.par_sort_unstable_by_key(|entry| (entry.key, entry.start_s, entry.at));
            list.dedup_by_key(|entry| (entry.key, entry.at));
        });
        Self { traits, lists }
    }

    /// Tells of every incident near this one, once for each of its cells; of two with cells of one size only the later in
    /// the list, so that a pair comes up from one side. Whether some were left out.
    fn look_around(&self, one: u32, tell: &mut impl FnMut(u32)) -> bool {
        let of = &self.traits[one as usize];
        let (own, (start_s, end_s)) = (size_of(of), of.interval_s());
        let mut crowded = false;
        for (size, &(reach, degrees)) in SIZES.iter().enumerate().skip(own) {
            let cells = Cells::of_size(degrees);
            let lists = || WIDTHS_S.iter().zip(&self.lists[size]).filter(|(_, list)| !list.is_empty());
            if lists().next().is_none() {
                continue;
            }
            for place in of.places() {
                for cell in cells.around(*place, of.reach_m() + reach) {
                    for (width, list) in lists() {
                        let around = [start_s - Traits::AROUND_S - width, start_s, end_s + Traits::AROUND_S];
                        crowded |= look(list, cell, around, &mut |entry| {
                            let other = &self.traits[entry.at as usize];
                            if (size > own || entry.at > one) && of.is_near(other) {
                                tell(entry.at);
                            }
                        });
                    }
                }
            }
        }
        crowded
    }
}

/// Incidents by the pages and files that they rest on.
struct Shared<'a> {
    traits: &'a [Traits],
    list: Vec<(u64, u32)>,
}

impl<'a> Shared<'a> {
    fn new(traits: &'a [Traits]) -> Self {
        let of_one = |(at, of): (usize, &'a Traits)| of.keys().map(move |key| (key, at as u32));
        let mut list: Vec<(u64, u32)> = traits.par_iter().enumerate().flat_map_iter(of_one).collect();
        list.par_sort_unstable();
        Self { traits, list }
    }

    /// Tells of the later ones in the list that share a page or file with this one.
    fn look_around(&self, one: u32, tell: &mut impl FnMut(u32)) {
        for key in self.traits[one as usize].keys() {
            let rest = &self.list[self.list.partition_point(|entry| entry.0 < key)..];
            let count = rest.iter().take(SHARED_BY + 1).take_while(|entry| entry.0 == key).count();
            if count <= SHARED_BY {
                rest[..count].iter().map(|entry| entry.1).filter(|&at| at > one).for_each(&mut *tell);
            }
        }
    }
}

/// Incidents by the words of their place's name: what one is found by that has no place.
struct Named<'a> {
    traits: &'a [Traits],
    /// The longest interval of all: how long before another one may have begun and still go on.
    longest_s: i64,
    list: Vec<Entry<u64>>,
}

impl<'a> Named<'a> {
    fn new(traits: &'a [Traits]) -> Self {
        if traits.iter().all(|of| !of.places().is_empty()) {
            return Self { traits, longest_s: 0, list: Vec::new() };
        }
        let of_one = |(at, of): (usize, &'a Traits)| {
            of.named().map(move |key| Entry { key, start_s: of.interval_s().0, at: at as u32 })
        };
        let mut list: Vec<Entry<u64>> = traits.par_iter().enumerate().flat_map_iter(of_one).collect();
        list.par_sort_unstable_by_key(|entry| (entry.key, entry.start_s, entry.at));
        let length = |of: &Traits| of.interval_s().1 - of.interval_s().0;
        Self { traits, longest_s: traits.iter().map(length).max().unwrap_or(0), list }
    }

    /// Tells of all that share a name and a time with this one, if it has no place; and whether some were left out.
    fn look_around(&self, one: u32, tell: &mut impl FnMut(u32)) -> bool {
        let of = &self.traits[one as usize];
        if !of.places().is_empty() {
            return false;
        }
        let (start_s, end_s) = of.interval_s();
        let around = [start_s - Traits::AROUND_S - self.longest_s, start_s, end_s + Traits::AROUND_S];
        of.named().fold(false, |crowded, key| {
            crowded
                | look(&self.list, key, around, &mut |entry| {
                    if entry.at != one && of.is_near(&self.traits[entry.at as usize]) {
                        tell(entry.at);
                    }
                })
        })
    }
}
