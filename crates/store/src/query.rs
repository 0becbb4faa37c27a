//! Questions about incidents: which, how many, in what order.
//!
//! A question is first compiled (words become numbers, boxes are split at the antimeridian, targets are
//! looked up), then every part is filtered, by its tree when a small box is asked for and by a scan of its
//! columns otherwise, on all cores. What matches is counted exactly; only the rows of the page are sorted.
//!
//! `within` alone measures the few rows that neither the bounds of the boxes around them nor their nearest foreign border
//! decide; the part remembers which rows are near. With other conditions a grid of whole degrees says which rows may be near the
//! target at all, the search for the border stops at the limit, and what it found is remembered ([`crate::seen`]); so are the whole
//! answers of many rows at once ([`crate::told`]).
//!
//! Cost: a scan of a million rows takes some 10 ms; the first `within` about a country, a search for each box at the edge of
//! what is near it.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::ops::{Range, RangeInclusive};
use std::str::FromStr;
use std::sync::atomic::{self, AtomicBool};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::{Duration, Instant};

use kordon_borders::{
    BBox, BorderSet, Day, DistanceBounds, Guess, LonLat, Nearest, Reach, Target, TerritoryId, UnknownTarget,
};
use kordon_incidents::{Damage, EventType, IncidentId, Infrastructure, Verification};
use rayon::prelude::*;

use crate::aggregate::{Cell, Cells, FARTHEST_M, band_of};
use crate::answer::{Answers, Reached, To, nearer};
use crate::columns::{Columns, NO_WORD};
use crate::filter::{Choice, Filter};
use crate::names::{NONE, Symbol};
use crate::seen::Seen;
use crate::snapshot::{Context, NearBy, NearTo, Part, Row, Rows, Slice, Snapshot};
use crate::text::Words;
use crate::told::{self, Answered};
use crate::tree::{self, Take, has};

/// A question. The default asks for everything, latest first.
///
/// A list with several words means any of them; an empty list means no condition.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// At least one of its places is in this box.
    pub bbox: Option<BBox>,
    /// Its interval meets this one.
    pub datetime: Option<During>,
    /// It is near something.
    pub within: Option<Within>,
    /// What to measure to, for `border.to` and for sorting by distance; `within.of` when absent.
    pub of: Option<Of>,
    /// A territory that claims one of its places, as ISO 3166-1 alpha-3; the stated country if it has no place.
    pub country: Vec<String>,
    /// Kinds of event.
    pub event_type: Vec<EventType>,
    /// Finer kinds of event.
    pub sub_event_type: Vec<String>,
    /// What was hit.
    pub infrastructure: Vec<Infrastructure>,
    /// How badly.
    pub damage: Vec<Damage>,
    /// How sure it is.
    pub verification: Vec<Verification>,
    /// Words of which each begins a word of its title, description or location.
    pub text: Option<String>,
    /// They are in these groups of an aggregate.
    pub cell: Vec<Cell>,
    /// What else must be true.
    pub filter: Option<Arc<Filter>>,
    /// The order.
    pub sortby: SortBy,
    /// The order of those that are alike in it, at most [`SortBy::MOST`] in all.
    pub then_by: Vec<SortBy>,
    /// At most so many rows; all when absent.
    pub limit: Option<usize>,
    /// Where the page before ended.
    pub cursor: Option<Cursor>,
    /// How long looking at rows may take; for ever when absent.
    pub patience: Option<Arc<Patience>>,
}

/// How long looking at rows may take, from the first question that is asked with it. When that is over, what is found is not all
/// that matches: whoever asks must look whether it [is lost](Self::is_lost).
#[derive(Debug)]
pub struct Patience {
    most: Duration,
    began: OnceLock<Instant>,
    is_lost: AtomicBool,
}

impl Patience {
    /// Patience for so long.
    #[must_use]
    pub fn new(most: Duration) -> Self {
        Self { most, began: OnceLock::new(), is_lost: AtomicBool::new(false) }
    }

    /// Whether it took longer, and an answer is not whole.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.is_lost.load(atomic::Ordering::Relaxed)
    }

    /// Looks at the clock, which the first look starts.
    fn ends(&self) -> bool {
        let ends = self.is_lost() || self.began.get_or_init(Instant::now).elapsed() >= self.most;
        if ends {
            self.is_lost.store(true, atomic::Ordering::Relaxed);
        }
        ends
    }
}

/// An interval of UTC seconds since 1970, half-open and open where `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct During {
    /// First second.
    pub start_s: Option<i64>,
    /// First second after.
    pub end_s: Option<i64>,
}

impl During {
    fn meets(&self, start_s: i64, end_s: i64) -> bool {
        self.start_s.is_none_or(|first| end_s > first) && self.end_s.is_none_or(|after| start_s < after)
    }
}

/// "Within `km` of `of`".
///
/// An incident whose place is only known as an area has no distance, and is never within one.
#[derive(Clone, Debug)]
pub struct Within {
    /// Of what.
    pub of: Of,
    /// How near, in kilometers.
    pub km: f64,
    /// How sure.
    pub certainty: Certainty,
    /// Whether what lies inside the territory counts as near it.
    pub include_inside: bool,
}

impl Within {
    /// Surely or possibly within so many kilometers, inside included.
    pub fn new(of: Of, km: f64) -> Self {
        Self { of, km, certainty: Certainty::default(), include_inside: true }
    }
}

/// How sure "within" must be, given how precisely the place and the border are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Certainty {
    /// Wherever in its circle the incident was, it was near enough.
    Certain,
    /// Somewhere in its circle it was near enough.
    #[default]
    Possible,
}

/// What a distance is measured to.
#[derive(Clone, Debug)]
pub enum Of {
    /// A place.
    Place(LonLat),
    /// A territory, or a set of them that is the same at all times.
    Target(Target),
    /// A named set with the members it had on the day each event began: NATO for an event of 2022 has no Finland.
    Dated(String),
}

impl Of {
    /// Reads `LON,LAT`, a territory's code or the name of a set.
    ///
    /// # Errors
    ///
    /// [`UnknownTarget`] when it is none of them.
    pub fn parse(text: &str, borders: &BorderSet) -> Result<Self, UnknownTarget> {
        if let Some(place) = parse_place(text) {
            return Ok(Self::Place(place));
        }
        let target = borders.target(text, None)?;
        let is_dated = borders.alliances().any(|name| name == target.name());
        Ok(if is_dated { Self::Dated(target.name().to_owned()) } else { Self::Target(target) })
    }

    /// How it is called in an answer.
    pub fn name(&self) -> String {
        match self {
            Self::Place(place) => format!("{},{}", place.lon(), place.lat()),
            Self::Target(target) => target.name().to_owned(),
            Self::Dated(name) => name.clone(),
        }
    }
}

fn parse_place(text: &str) -> Option<LonLat> {
    let (lon, lat) = text.split_once(',')?;
    LonLat::new(lon.trim().parse().ok()?, lat.trim().parse().ok()?).ok()
}

/// The order of the rows. Rows that are alike in it stand by id; rows without a distance stand last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortBy {
    /// Latest first.
    #[default]
    DateStartDescending,
    /// Earliest first.
    DateStart,
    /// Nearest first: to `of`, else to the nearest foreign territory. Inside is 0.
    Distance,
    /// Farthest first.
    DistanceDescending,
    /// By title, folded.
    Title,
    /// By title, backward.
    TitleDescending,
    /// By when the revision was recorded, the latest first.
    RecordedDescending,
    /// By when the revision was recorded, the first first.
    Recorded,
}

impl SortBy {
    /// By so many things at most rows are ordered.
    pub const MOST: usize = 3;

    const WORDS: [(Self, &'static str); 8] = [
        (Self::DateStartDescending, "-date_start"),
        (Self::DateStart, "date_start"),
        (Self::Distance, "distance"),
        (Self::DistanceDescending, "-distance"),
        (Self::Title, "title"),
        (Self::TitleDescending, "-title"),
        (Self::RecordedDescending, "-recorded_at"),
        (Self::Recorded, "recorded_at"),
    ];

    fn number(self) -> usize {
        Self::WORDS.iter().position(|(sort, _)| *sort == self).unwrap_or_default()
    }

    fn numbered(text: &str) -> Option<Self> {
        Self::WORDS.get(text.parse::<usize>().ok()?).map(|(sort, _)| *sort)
    }

    /// The word in a query.
    pub fn as_str(self) -> &'static str {
        Self::WORDS.iter().find(|(sort, _)| *sort == self).map_or("", |(_, word)| word)
    }
}

/// A word that names no order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not one of -date_start, date_start, distance, -distance, title, -title, -recorded_at, recorded_at")]
pub struct UnknownSort;

impl FromStr for SortBy {
    type Err = UnknownSort;
    fn from_str(word: &str) -> Result<Self, UnknownSort> {
        let word = word.strip_prefix('+').unwrap_or(word);
        Self::WORDS.iter().find(|(_, known)| *known == word).map(|(sort, _)| *sort).ok_or(UnknownSort)
    }
}

/// The end of a page: the next one begins behind this row, whatever has been written since. Or the beginning of one: that
/// before it ends before this row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Whether it asks for what stands before the row.
    is_back: bool,
    sort: SortBy,
    key: CursorKey,
    id: IncidentId,
    then: Vec<(SortBy, CursorKey)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum CursorKey {
    Number(i64),
    Text(String),
}

/// A text that is not a cursor, or one of another order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor of this collection")]
pub struct BadCursor;

impl Cursor {
    /// Whether the page was in this order.
    pub fn is_of(&self, sortby: SortBy, then_by: &[SortBy]) -> bool {
        self.sort == sortby && self.then.iter().map(|(sort, _)| *sort).eq(then_by.iter().copied())
    }

    /// Whether it asks for the page that ends before the row.
    pub fn is_back(&self) -> bool {
        self.is_back
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}{}", if self.is_back { BACK } else { "" }, self.sort.number())?;
        self.id.as_bytes().iter().try_for_each(|byte| write!(out, "{byte:02x}"))?;
        write!(out, "{}", self.key)?;
        self.then.iter().try_for_each(|(sort, key)| write!(out, ".{}{key}", sort.number()))
    }
}

/// How the text of a cursor begins that asks for what stands before.
const BACK: &str = "b";

impl fmt::Display for CursorKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(out, "n{:016x}", number.cast_unsigned()),
            Self::Text(text) => {
                out.write_str("t")?;
                text.bytes().try_for_each(|byte| write!(out, "{byte:02x}"))
            }
        }
    }
}

impl FromStr for Cursor {
    type Err = BadCursor;
    fn from_str(text: &str) -> Result<Self, BadCursor> {
        parse_cursor(text).ok_or(BadCursor)
    }
}

fn parse_cursor(text: &str) -> Option<Cursor> {
    let (is_back, text) = text.strip_prefix(BACK).map_or((false, text), |rest| (true, rest));
    let mut parts = text.split('.');
    let first = parts.next().filter(|first| first.is_ascii() && first.len() >= 34)?;
    let sort = SortBy::numbered(&first[..1])?;
    let id = IncidentId::from(uuid::Uuid::from_slice(&unhex(&first[1..33])?).ok()?);
    let key = parse_key(sort, &first[33..])?;
    let then = |part: &str| {
        let sort = SortBy::numbered(part.get(..1)?)?;
        Some((sort, parse_key(sort, part.get(1..)?)?))
    };
    Some(Cursor { is_back, sort, key, id, then: parts.map(then).collect::<Option<_>>()? })
}

fn parse_key(sort: SortBy, text: &str) -> Option<CursorKey> {
    let key = match (text.get(..1)?, text.get(1..)?) {
        ("n", number) => CursorKey::Number(u64::from_str_radix(number, 16).ok()?.cast_signed()),
        ("t", text) => CursorKey::Text(String::from_utf8(unhex(text)?).ok()?),
        _ => return None,
    };
    let by_title = matches!(sort, SortBy::Title | SortBy::TitleDescending);
    (by_title == matches!(key, CursorKey::Text(_))).then_some(key)
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

/// An answer: one page of rows, or of their [hits](Snapshot::hits).
#[derive(Debug)]
pub struct Found<R = Row> {
    /// How many rows match in all, exactly.
    pub matched: usize,
    /// The rows of this page, in order.
    pub rows: Vec<R>,
    /// Where this page ends, when there is another.
    pub next: Option<Cursor>,
    /// Where this page begins, when another stands before it.
    pub previous: Option<Cursor>,
}

impl<V> Snapshot<V> {
    /// The rows that a question asks for.
    ///
    /// A cursor of another order than the question's is not followed: the first page is given.
    pub fn find(&self, query: &Query) -> Found {
        let compiled = Compiled::new(query, &self.context);
        let Found { matched, rows, next, previous } = self.hits_of(query, &compiled);
        Found { matched, rows: self.told(compiled.of.as_ref(), &rows), next, previous }
    }

    /// The same before anything is told of the rows: 8 bytes each, so that an answer that is too long to be held whole is a
    /// short list until it is written.
    pub fn hits(&self, query: &Query) -> Found<Hit> {
        self.hits_of(query, &Compiled::new(query, &self.context))
    }

    /// The rows of some hits that this snapshot gave to the same question.
    pub fn rows(&self, query: &Query, hits: &[Hit]) -> Vec<Row> {
        self.told(Measure::asked(query, &self.context).as_ref(), hits)
    }

    /// The rows of some hits, with their answers to the target.
    fn told(&self, of: Option<&Measure<'_>>, hits: &[Hit]) -> Vec<Row> {
        let answers = of.map(|of| of.answers(&self.slices, hits));
        // On one core: two would only count references to the same part in turns.
        let row = |(number, hit): (usize, &Hit)| {
            let part = Arc::clone(&self.slices[hit.slice as usize].part);
            let to = answers.as_ref().map(|(of, at)| To { of: Arc::clone(of), at: at[number] });
            Row { part, row: hit.row as usize, to }
        };
        hits.iter().enumerate().map(row).collect()
    }

    /// The places of a hit that this snapshot gave; none when unknown or withheld.
    pub fn places(&self, hit: Hit) -> &[LonLat] {
        self.slices[hit.slice as usize].part.columns.places(hit.row as usize)
    }

    fn hits_of(&self, query: &Query, compiled: &Compiled<'_>) -> Found<Hit> {
        let sorter = |sort| Sorter { compiled, slices: &self.slices, sort };
        let (after, limit) = (query.cursor.as_ref(), query.limit);
        // What stands before a row has no short ways either.
        let by_several = !query.then_by.is_empty() || after.is_some_and(Cursor::is_back);
        let Some(limit) = limit.filter(|_| !by_several) else {
            let sorters = [query.sortby].iter().chain(&query.then_by).map(|sort| sorter(*sort)).collect();
            let several = Several { sorters, slices: &self.slices };
            return self.hits_by_several(compiled, &several, after, limit);
        };
        let sorter = sorter(query.sortby);
        let of_all = if compiled.takes_all() { sorter.page_of_all(after, limit) } else { None };
        let (matched, (page, more)) = match of_all {
            Some(page) => (self.len(), page),
            None => {
                let hits = compiled.hits(&self.slices);
                (hits.len(), sorter.page(&hits, after, limit))
            }
        };
        let next = if more { page.last().map(|last| sorter.cursor(last)) } else { None };
        let follows = after.is_some_and(|cursor| cursor.is_of(query.sortby, &query.then_by));
        let previous = page.first().filter(|_| follows).map(|first| sorter.cursor(first).back());
        Found { matched, rows: page.iter().map(|one| one.hit).collect(), next, previous }
    }

    fn hits_by_several(
        &self,
        compiled: &Compiled<'_>,
        sorters: &Several<'_>,
        after: Option<&Cursor>,
        limit: Option<usize>,
    ) -> Found<Hit> {
        let hits = compiled.hits(&self.slices);
        let matched = hits.len();
        let (hits, more) = match limit {
            Some(limit) => sorters.page(&hits, after, limit),
            None => (sorters.all(hits, after), false),
        };
        let cursor = |hit: Option<&Hit>, is_there: bool| {
            let hit = hit.filter(|_| is_there)?;
            sorters.cursor(&sorters.ranked(*hit, &mut Memo::default()))
        };
        let follows = after.filter(|cursor| sorters.is_order_of(cursor));
        let is_back = follows.is_some_and(Cursor::is_back);
        let next = cursor(hits.last(), more || is_back);
        let previous = cursor(hits.first(), if is_back { more } else { follows.is_some() });
        Found { matched, rows: hits, next, previous: previous.map(Cursor::back) }
    }

    /// How many rows match.
    pub fn count(&self, query: &Query) -> usize {
        let compiled = Compiled::new(query, &self.context);
        match &compiled.within {
            _ if !compiled.asks_nothing_but_near() => compiled.hits(&self.slices).len(),
            None => self.len(),
            Some((measure, within)) => {
                let near = |slice: &Slice| {
                    let rows = measure.rows_within(&slice.part, within);
                    if slice.live() == slice.part.columns.len() {
                        return rows.len();
                    }
                    rows.iter().filter(|&&row| !slice.dead.has(row as usize)).count()
                };
                self.slices.iter().map(near).sum()
            }
        }
    }

    /// Of each of these incidents whether it is here and matches.
    pub fn matching(&self, query: &Query, ids: &[IncidentId]) -> Vec<bool> {
        let compiled = Compiled::new(query, &self.context);
        let mut memo = Memo::default();
        let mut matches = |slice: &Slice, id| {
            let Some(row) = slice.part.find(id) else { return false };
            compiled.matches(slice, row, compiled.boxes.as_deref())
                && compiled.is_near(&slice.part, row, &mut memo)
                && compiled.is_chosen(&slice.part, row, &mut memo)
        };
        ids.iter().map(|&id| self.slices.iter().any(|slice| matches(slice, id))).collect()
    }

    /// The row of this id with its answer to `of`, as `find` would give it.
    pub fn get_with(&self, id: IncidentId, of: &Of) -> Option<Row> {
        let mut row = self.get(id)?;
        let of = Measure::new(of, &self.context);
        let found = of.answer(&row.part, row.row);
        row.to =
            Some(To { of: Arc::new(Answers::new(of.of.name(), vec![Arc::new(vec![found])])), at: (0, 0) });
        Some(row)
    }
}

/// A row that matches, of the snapshot that gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    pub(crate) slice: u32,
    pub(crate) row: u32,
}

/// A question in numbers.
pub(crate) struct Compiled<'a> {
    boxes: Option<Vec<[f64; 4]>>,
    datetime: Option<During>,
    event_type: Option<u32>,
    verification: Option<u32>,
    infrastructure: Option<u32>,
    damage: Option<u32>,
    sub_event_type: Option<Vec<Symbol>>,
    country: Option<Countries>,
    text: Option<Words>,
    within: Option<(Measure<'a>, &'a Within)>,
    cells: Option<Cells<'a>>,
    filter: Option<Choice<'a>>,
    of: Option<Measure<'a>>,
    patience: Option<&'a Patience>,
}

/// The countries asked for: which sets of claimants have one of them, and their own names.
struct Countries {
    claims: Vec<bool>,
    stated: Vec<Symbol>,
}

fn mask<T: Copy>(words: &[T], bit: impl Fn(T) -> u32) -> Option<u32> {
    (!words.is_empty()).then(|| words.iter().fold(0, |set, &word| set | 1 << bit(word)))
}

impl<'a> Compiled<'a> {
    pub fn new(query: &'a Query, context: &'a Context) -> Self {
        let words = |words: &[String]| -> Option<Vec<Symbol>> {
            (!words.is_empty()).then(|| words.iter().filter_map(|word| context.words.find(word)).collect())
        };
        let within = query.within.as_ref().map(|within| (Measure::new(&within.of, context), within));
        Self {
            boxes: query.bbox.as_ref().map(boxes_of),
            datetime: query.datetime,
            event_type: mask(&query.event_type, |word| word as u32),
            verification: mask(&query.verification, |word| word as u32),
            infrastructure: mask(&query.infrastructure, |word| word as u32),
            damage: mask(&query.damage, |word| word as u32),
            sub_event_type: words(&query.sub_event_type),
            country: Countries::new(&query.country, context),
            text: query.text.as_deref().map(Words::new),
            within,
            cells: Cells::new(&query.cell, context),
            filter: query.filter.as_deref().map(|filter| Choice::new(filter, context)),
            of: Measure::asked(query, context),
            patience: query.patience.as_deref(),
        }
    }

    /// Whether it takes longer than it may.
    fn is_late(&self) -> bool {
        self.patience.is_some_and(Patience::ends)
    }

    /// Whether the clock has said so before.
    fn is_lost(&self) -> bool {
        self.patience.is_some_and(Patience::is_lost)
    }

    /// Whether every row matches.
    fn takes_all(&self) -> bool {
        self.within.is_none() && self.asks_nothing_but_near()
    }

    /// Whether every row matches that is near what was asked about.
    fn asks_nothing_but_near(&self) -> bool {
        let Self { boxes, datetime, event_type, verification, infrastructure, damage, .. } = self;
        let Self { sub_event_type, country, text, cells, filter, within: _, of: _, patience: _, .. } = self;
        boxes.is_none()
            && datetime.is_none()
            && [event_type, verification, infrastructure, damage].iter().all(|words| words.is_none())
            && sub_event_type.is_none()
            && country.is_none()
            && text.is_none()
            && cells.is_none()
            && filter.is_none()
    }

    /// Gathers what matches, and has a place in these boxes if they are small; each piece on one core, in the order of the
    /// rows. The caller leaves out what it finds to be elsewhere.
    pub fn gather_in<T: Send>(
        &self,
        slices: &[Slice],
        boxes: &[[f64; 4]],
        empty: impl Fn() -> T + Sync + Send,
        add: impl Fn(&mut T, Hit) + Sync + Send,
    ) -> Vec<T> {
        match &self.boxes {
            None => self.gather(slices, Some(boxes).filter(|boxes| are_small(boxes)), empty, add),
            Some(own) => {
                let both: Vec<[f64; 4]> =
                    own.iter().flat_map(|a| boxes.iter().filter_map(|b| meet(a, b))).collect();
                self.gather(slices, Some(&both), empty, add)
            }
        }
    }

    /// All rows that match, part by part.
    pub fn hits(&self, slices: &[Slice]) -> Vec<Hit> {
        self.gather(slices, self.boxes.as_deref(), Vec::new, Vec::push).concat()
    }

    fn gather<T: Send>(
        &self,
        slices: &[Slice],
        boxes: Option<&[[f64; 4]]>,
        empty: impl Fn() -> T + Sync + Send,
        add: impl Fn(&mut T, Hit) + Sync + Send,
    ) -> Vec<T> {
        let mut gathered = Vec::new();
        for (slice, number) in slices.iter().zip(0..) {
            let stretch =
                self.filter.as_ref().map_or(slice.part.rows(), |filter| filter.stretch(&slice.part));
            let (rows, are_near) = self.rows_to_scan(slice, boxes);
            // Ascending, so those within the stretch stand together.
            let within = rows.as_deref().map(|rows| {
                let behind = |end: u32| rows.partition_point(|row| *row < end);
                &rows[behind(stretch.start)..behind(stretch.end)]
            });
            let piece = |rows: &mut dyn Iterator<Item = u32>| {
                let (mut piece, mut memo) = (empty(), Memo::default());
                for (seen, row) in rows.enumerate() {
                    if seen % LOOKED_UP == 0 && self.is_late() {
                        break;
                    }
                    if self.matches(slice, row as usize, boxes)
                        && (are_near || self.is_near(&slice.part, row as usize, &mut memo))
                        && self.is_chosen(&slice.part, row as usize, &mut memo)
                    {
                        add(&mut piece, Hit { slice: number, row });
                    }
                }
                piece
            };
            match within {
                Some(rows) if rows.len() <= FEW => gathered.push(piece(&mut rows.iter().copied())),
                Some(rows) => {
                    let pieces = rows.par_chunks(FEW);
                    gathered.par_extend(pieces.map(|rows| piece(&mut rows.iter().copied())));
                }
                None => {
                    let all = stretch;
                    let firsts = all.clone().into_par_iter().step_by(SCANNED);
                    let rows = |first: u32| first..all.end.min(first.saturating_add(SCANNED as u32));
                    gathered.par_extend(firsts.map(|first| piece(&mut rows(first))));
                }
            }
        }
        gathered
    }

    /// The rows among which all matches are, ascending, as an index knows them, `None` for all; and whether these
    /// are near enough to what was asked about.
    fn rows_to_scan(&self, slice: &Slice, boxes: Option<&[[f64; 4]]>) -> (Option<Arc<[u32]>>, bool) {
        match (boxes, &self.within) {
            (Some(boxes), _) if are_small(boxes) => (Some(slice.part.tree.rows_in(boxes).into()), false),
            (_, Some((measure, within))) => (Some(measure.rows_within(&slice.part, within)), true),
            _ => {
                let chosen = self.filter.as_ref().and_then(|filter| filter.rows(&slice.part));
                (chosen.map(Arc::from), true)
            }
        }
    }

    fn is_near(&self, part: &Part, row: usize, memo: &mut Memo) -> bool {
        self.within.as_ref().is_none_or(|(measure, within)| measure.is_within(part, row, within, memo))
    }

    /// Whether the filter, if there is one, chooses a row.
    fn is_chosen(&self, part: &Part, row: usize, memo: &mut Memo) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter.holds(part, row, memo))
    }

    /// Whether a row matches in all but being near something and the filter: cheap conditions first.
    fn matches(&self, slice: &Slice, row: usize, boxes: Option<&[[f64; 4]]>) -> bool {
        let columns = &slice.part.columns;
        !slice.dead.has(row)
            && self.datetime.is_none_or(|during| during.meets(columns.start_s[row], columns.end_s[row]))
            && self.event_type.is_none_or(|words| has_word(words, columns.event_type[row]))
            && self.verification.is_none_or(|words| has_word(words, columns.verification[row]))
            && self.infrastructure.is_none_or(|words| words & columns.infrastructure[row] != 0)
            && self.damage.is_none_or(|words| words & columns.damage[row] != 0)
            && self.sub_event_type.as_ref().is_none_or(|w| w.contains(&columns.sub_event_type[row]))
            && self.country.as_ref().is_none_or(|countries| countries.have(columns, row))
            && boxes.is_none_or(|boxes| columns.places(row).iter().any(|&place| is_in(place, boxes)))
            && self.text.as_ref().is_none_or(|words| words.are_in(columns.text(row)))
            && self.cells.as_ref().is_none_or(|cells| {
                cells.have(columns, row, || self.band(&slice.part, row, &mut Memo::default()))
            })
    }

    /// The band of the distance of a row to what was asked about, else to the nearest foreign territory.
    pub fn band(&self, part: &Part, row: usize, memo: &mut Memo) -> u32 {
        let columns = &part.columns;
        if columns.radius_m[row].is_nan() || columns.places(row).is_empty() {
            return NONE;
        }
        match (&self.of, &columns.border[row].foreign) {
            (Some(of), _) => band_of(of.signed_m(part, row, FARTHEST_M, memo)),
            (None, Some(nearest)) => band_of(Some(nearest.distance_m)),
            (None, None) => NONE,
        }
    }
}

/// Whether a word, by its number in a column, is among those of these bits.
pub(crate) fn has_word(words: u32, word: u8) -> bool {
    word != NO_WORD && words >> word & 1 == 1
}

/// The parts of a box, in degrees. A part that reaches one edge of the map has the other edge too: the
/// antimeridian is one line, whichever way a report writes it.
fn boxes_of(bbox: &BBox) -> Vec<[f64; 4]> {
    let mut boxes = bbox.parts();
    for [west, south, east, north] in bbox.parts() {
        if east == 180.0 {
            boxes.push([-180.0, south, -180.0, north]);
        }
        if west == -180.0 {
            boxes.push([180.0, south, 180.0, north]);
        }
    }
    boxes
}

fn is_in(place: LonLat, boxes: &[[f64; 4]]) -> bool {
    boxes.iter().any(|asked| has(asked, place))
}

fn meet(a: &[f64; 4], b: &[f64; 4]) -> Option<[f64; 4]> {
    let both = [a[0].max(b[0]), a[1].max(b[1]), a[2].min(b[2]), a[3].min(b[3])];
    (both[0] <= both[2] && both[1] <= both[3]).then_some(both)
}

/// A box of a continent or more is scanned: the tree would only give back most rows, one by one.
pub(crate) fn are_small(boxes: &[[f64; 4]]) -> bool {
    boxes.iter().map(|b| (b[2] - b[0]) * (b[3] - b[1])).sum::<f64>() < 2_000.0
}

impl Countries {
    fn new(codes: &[String], context: &Context) -> Option<Self> {
        if codes.is_empty() {
            return None;
        }
        let wanted: Vec<TerritoryId> = codes.iter().filter_map(|code| context.borders.find(code)).collect();
        let has_one = |claims: &Arc<[TerritoryId]>| claims.iter().any(|id| wanted.contains(id));
        let claims = context.claims.all().iter().map(has_one).collect();
        let stated = codes.iter().filter_map(|code| context.words.find(&code.to_ascii_uppercase())).collect();
        Some(Self { claims, stated })
    }

    fn have(&self, columns: &Columns, row: usize) -> bool {
        if columns.places(row).is_empty() {
            return self.stated.contains(&columns.country[row]);
        }
        self.claims.get(columns.border[row].claims as usize).copied().unwrap_or(false)
    }
}

/// Distances from rows to what was asked about.
pub(crate) struct Measure<'a> {
    of: &'a Of,
    context: &'a Context,
    /// Targets by their members, and which of them holds on a day.
    targets: RwLock<Targets>,
}

#[derive(Default)]
struct Targets {
    known: Vec<Arc<Dated>>,
    by_day: HashMap<i64, Arc<Dated>>,
}

/// The target that a thread met last: rows stand by their start, so it mostly is the next one's too.
#[derive(Default)]
pub(crate) struct Memo {
    met: Option<Met>,
    /// How many rows were measured.
    measured: usize,
    /// The same for the targets of the filter.
    of_targets: Vec<Memo>,
}

impl Memo {
    /// Of a target of the filter.
    pub fn of_target(&mut self, number: usize) -> &mut Self {
        if self.of_targets.len() <= number {
            self.of_targets.resize_with(number + 1, Self::default);
        }
        &mut self.of_targets[number]
    }
}

/// A target, and the numbers of the rows that are measured to it.
type OfTarget = (Arc<Dated>, Vec<u32>);

/// "Within", asked of one part about one target (`None` for a place).
struct Asked<'a> {
    target: Option<&'a Target>,
    within: &'a Within,
    /// By how much a reach within that may begin nearer than its distance.
    slack_m: f64,
}

impl Asked<'_> {
    /// What is nearer, of places with such radii, is within, and what is farther is not: off by what a place and a border can be off, in
    /// the direction that the question is about.
    fn near_and_far_m(&self, radii_m: RangeInclusive<f64>) -> RangeInclusive<f64> {
        let (limit_m, slack_m) = (self.within.km * 1000.0, self.slack_m);
        match self.within.certainty {
            Certainty::Certain => limit_m - radii_m.end() - slack_m..=limit_m - radii_m.start(),
            Certainty::Possible => limit_m + radii_m.start()..=limit_m + radii_m.end() + slack_m,
        }
    }

    /// Between which lengths bounds must be told: what is inside must not count as near only where it does.
    fn between_m(&self, radii_m: RangeInclusive<f64>) -> RangeInclusive<f64> {
        let (near_m, far_m) = self.near_and_far_m(radii_m).into_inner();
        (if self.within.include_inside { near_m } else { f64::NEG_INFINITY })..=far_m
    }
}

/// In which part and on which day, which target, and the distances to it.
type Met = ((usize, i64), Arc<Dated>, Arc<Seen>);

/// A target on some days: its members, and the cells of the globe that may be near it.
struct Dated {
    target: Target,
    members: Arc<[TerritoryId]>,
    near: RwLock<Option<(f64, Arc<Near>)>>,
}

impl<'a> Measure<'a> {
    pub fn new(of: &'a Of, context: &'a Context) -> Self {
        Self { of, context, targets: RwLock::default() }
    }

    /// To what a question asks about; what it must be near is that too, unless it names another.
    pub fn asked(query: &'a Query, context: &'a Context) -> Option<Self> {
        let of = query.of.as_ref().or(query.within.as_ref().map(|within| &within.of));
        of.map(|of| Self::new(of, context))
    }

    /// What is measured to.
    pub fn of(&self) -> &'a Of {
        self.of
    }

    /// Three-valued "within", as asked: is the row certainly, or at least possibly, so near?
    pub fn is_within(&self, part: &Part, row: usize, within: &Within, memo: &mut Memo) -> bool {
        let radius = part.columns.radius_m[row];
        if radius.is_nan() {
            return false;
        }
        let reach = self.search_m(within, radius, self.most_slack_m());
        let Some(signed) = self.signed_m(part, row, reach, memo) else { return false };
        self.is_so_near(part, row, signed, within, self.most_slack_m())
    }

    /// What is farther from a place of this radius than so many meters is not within.
    fn search_m(&self, within: &Within, radius_m: f64, slack_m: f64) -> f64 {
        let limit_m = within.km * 1000.0;
        match within.certainty {
            Certainty::Certain => limit_m,
            // Accuracy belongs to the stretch of border that is nearest; the worst counts here.
            Certainty::Possible => limit_m + radius_m + slack_m,
        }
    }

    /// Whether a row is within whose signed distance is known, and whose reach begins nearer by at most `slack_m`.
    fn is_so_near(&self, part: &Part, row: usize, signed: f64, within: &Within, slack_m: f64) -> bool {
        let (radius, limit_m) = (part.columns.radius_m[row], within.km * 1000.0);
        if signed < 0.0 && !within.include_inside {
            return false;
        }
        let holds = |reach: Reach| match kordon_borders::within(limit_m, &reach.interval(radius)) {
            kordon_borders::Within::Certain => true,
            kordon_borders::Within::Possible => within.certainty == Certainty::Possible,
            kordon_borders::Within::No => false,
        };
        // Which stretches of border are near matters only where the best and the worst disagree.
        let around = |accuracy_m| holds(Reach::around(signed, accuracy_m));
        let (best, worst) = (around(0.0), around(slack_m));
        if best == worst { best } else { self.reach(part, row, signed).map_or(worst, holds) }
    }

    /// The rows of a part that are within, ascending; the part remembers those of a target.
    pub fn rows_within(&self, part: &Part, within: &Within) -> Arc<[u32]> {
        let of = match self.of {
            Of::Place(_) => return self.find_within(part, None, within, part.rows()).into(),
            Of::Target(target) => NearTo::Members(Arc::from(target.members())),
            Of::Dated(name) => NearTo::Dated(name.clone()),
        };
        let Within { km, certainty, include_inside, .. } = *within;
        let by = NearBy { of, km, certainty, include_inside };
        part.near(&by, || {
            let find = |rows: Range<u32>| {
                let start_s = part.columns.start_s.get(rows.start as usize)?;
                let dated = self.target_on(*start_s)?;
                Some(self.find_within(part, Some(&dated.target), within, rows))
            };
            self.of_one_target(part)
                .into_iter()
                .filter_map(find)
                .reduce(|before, next| [before, next].concat())
                .unwrap_or_default()
        })
    }

    /// The rows of a part, cut where a set won or lost a member.
    fn of_one_target(&self, part: &Part) -> Vec<Range<u32>> {
        let mut ends = vec![part.rows().end];
        if let Of::Dated(name) = self.of {
            let members = self.context.borders.memberships(name).iter();
            for day in members.flat_map(|member| [Some(member.from), member.until]).flatten() {
                let is_before = |start_s: &i64| day_of(*start_s).is_some_and(|began| began < day);
                let end = part.columns.start_s.partition_point(is_before);
                ends.push(u32::try_from(end).unwrap_or(u32::MAX));
            }
            ends.sort_unstable();
        }
        let mut start = 0;
        ends.into_iter()
            .map(|end| std::mem::replace(&mut start, end)..end)
            .filter(|rows| !rows.is_empty())
            .collect()
    }

    /// Those of some rows of a part that are within, ascending. Whole boxes, and many single rows of the others, are near or far
    /// by the bounds of their distances; only what is left is measured.
    fn find_within(
        &self,
        part: &Part,
        target: Option<&Target>,
        within: &Within,
        rows: Range<u32>,
    ) -> Vec<u32> {
        let search_m = within.km * 1000.0 + part.radius_max_m + self.most_slack_m();
        let slack_m = target.map_or(0.0, |target| self.context.borders.most_slack_to(target, search_m));
        let asked = &Asked { target, within, slack_m };
        let (mut near, mut unsure) = (Rows::none(part.columns.len()), Vec::new());
        let mut is_near = |row: u32| {
            // Another of several places may be inside, however near one is.
            if within.include_inside || part.columns.places(row as usize).len() == 1 {
                near.insert(row as usize);
            } else {
                unsure.push(row);
            }
        };
        let rest = part.tree.sift(|boxes| self.judge(boxes, part.radius_max_m, asked), &mut is_near);
        let judged = rest.par_iter().with_min_len(16).flat_map_iter(|&(leaf, bounds)| {
            let mut guess = Guess::default();
            let here = part.tree.leaf(leaf).filter(|(row, _)| rows.contains(row));
            here.map(move |of| (of.0, self.judge_row(part, of, bounds, asked, &mut guess)))
        });
        let judged: Vec<(u32, Take)> = judged.filter(|(_, take)| *take != Take::None).collect();
        let (all, some): (Vec<_>, Vec<_>) = judged.into_iter().partition(|(_, take)| *take == Take::All);
        all.into_iter().for_each(|(row, _)| is_near(row));
        unsure.extend(some.into_iter().map(|(row, _)| row));
        tree::ascending(&mut unsure);
        let is_within =
            |memo: &mut Memo, row: u32| self.is_within(part, row as usize, within, memo).then_some(row);
        let measured = unsure.into_par_iter().with_min_len(64).map_init(Memo::default, is_within);
        measured.flatten_iter().collect::<Vec<u32>>().into_iter().for_each(|row| near.insert(row as usize));
        // Without a radius nothing is said of a distance.
        let mut near = near.also_in(&part.with_radius);
        near.truncate(near.partition_point(|row| *row < rows.end));
        near.drain(..near.partition_point(|row| *row < rows.start));
        near
    }

    /// Whether a row is near by one of its places, which is in a box with such bounds; by all of them, if it has several and this one
    /// does not tell, is for the caller to find out.
    fn judge_row(
        &self,
        part: &Part,
        (row, place): (u32, LonLat),
        of_box: DistanceBounds,
        asked: &Asked<'_>,
        guess: &mut Guess,
    ) -> Take {
        let row = row as usize;
        let radius_m = part.columns.radius_m[row];
        if radius_m.is_nan() {
            return Take::None;
        }
        let take = self.take(&of_box, radius_m..=radius_m, asked);
        let (Some(target), Take::Some) = (asked.target, take) else { return take };
        let between_m = &asked.between_m(radius_m..=radius_m);
        let bounds = self.context.borders.distance_bounds_at(place, target, between_m, guess);
        let take = self.take(&bounds, radius_m..=radius_m, asked);
        if take != Take::Some || part.columns.places(row).len() > 1 {
            return take;
        }
        let found = self.nearest_at(target, place, self.search_m(asked.within, radius_m, asked.slack_m));
        let is_near =
            |found: Nearest| self.is_so_near(part, row, found.distance_m, asked.within, asked.slack_m);
        if found.is_some_and(is_near) { Take::All } else { Take::None }
    }

    /// Which boxes are certainly near, and which certainly not, for rows whose radius is at most `radius_max_m`; and the bounds of
    /// their distances.
    fn judge(&self, boxes: &[[f64; 4]], radius_max_m: f64, asked: &Asked<'_>) -> Vec<(Take, DistanceBounds)> {
        let bbox = |&[west, south, east, north]: &[f64; 4]| {
            BBox::new(west, south, east, north).expect("the least and the greatest degrees of places")
        };
        let boxes: Vec<BBox> = boxes.iter().map(bbox).collect();
        let bounds = match (self.of, asked.target) {
            (Of::Place(place), _) => {
                boxes.iter().map(|bbox| DistanceBounds::to_place(bbox, *place)).collect()
            }
            (_, Some(target)) => {
                let between_m = &asked.between_m(0.0..=radius_max_m);
                self.context.borders.distance_bounds_many(&boxes, target, between_m)
            }
            (_, None) => Vec::new(),
        };
        bounds.into_iter().map(|bounds| (self.take(&bounds, 0.0..=radius_max_m, asked), bounds)).collect()
    }

    /// Whether places with such bounds and radii are all within, or none of them.
    fn take(&self, bounds: &DistanceBounds, radii_m: RangeInclusive<f64>, asked: &Asked<'_>) -> Take {
        let within = asked.within;
        let (near_m, far_m) = asked.near_and_far_m(radii_m).into_inner();
        if bounds.low_m > far_m || (!within.include_inside && bounds.high_m < 0.0) {
            Take::None
        } else if bounds.high_m <= near_m && (within.include_inside || bounds.low_m >= 0.0) {
            Take::All
        } else {
            Take::Some
        }
    }

    fn most_slack_m(&self) -> f64 {
        match self.of {
            Of::Place(_) => 0.0,
            _ => self.context.borders.most_slack_m(),
        }
    }

    /// How near and how far a target may truly be from a row whose signed distance is known.
    fn reach(&self, part: &Part, row: usize, signed: f64) -> Option<Reach> {
        match self.of {
            Of::Place(_) => Some(Reach::around(signed, 0.0)),
            // Another of several places may be nearer once all is counted.
            _ => Some(self.nearest_up_to(part, row, signed.abs() + 1.0 + self.most_slack_m())?.2),
        }
    }

    /// The distance of a row, negative inside, if it is at most `limit_m`.
    pub fn signed_m(&self, part: &Part, row: usize, limit_m: f64, memo: &mut Memo) -> Option<f64> {
        match self.of {
            Of::Place(place) => {
                let nearest =
                    part.columns.places(row).iter().map(|&from| kordon_borders::distance(*place, from).get());
                nearest.reduce(f64::min).filter(|distance| *distance <= limit_m)
            }
            _ => {
                let (dated, seen) = self.recall(part, row, memo)?;
                seen.within(row, limit_m, |limit_m| {
                    let near = dated.near(limit_m, self.context);
                    let places = part.columns.places(row).iter().filter(|place| near.has(**place));
                    let found = places.filter_map(|&place| self.nearest_at(&dated.target, place, limit_m));
                    found.map(|nearest| nearest.distance_m).reduce(f64::min)
                })
            }
        }
    }

    /// The nearest point of a target from one place, negative inside, if it is at most `limit_m` away.
    fn nearest_at(&self, target: &Target, place: LonLat, limit_m: f64) -> Option<Nearest> {
        let borders = &self.context.borders;
        if borders.held_by(place).iter().any(|holder| target.members().contains(holder)) {
            return borders.signed_distance(place, target);
        }
        borders.nearest_to(place, target, limit_m)
    }

    /// The nearest of a row's places, with its answer, and the reach from all of them.
    fn nearest_up_to(&self, part: &Part, row: usize, limit_m: f64) -> Option<(LonLat, Nearest, Reach)> {
        let dated = self.target_on(part.columns.start_s[row])?;
        let from = |place: LonLat| {
            let nearest = self.nearest_at(&dated.target, place, limit_m)?;
            Some((place, nearest, self.context.borders.reach_to(place, &nearest, &dated.target)))
        };
        let found = part.columns.places(row).iter().filter_map(|&place| from(place));
        found.reduce(|a, b| {
            let reach = nearer(a.2, b.2);
            let (place, nearest, _) = if b.1.distance_m < a.1.distance_m { b } else { a };
            (place, nearest, reach)
        })
    }

    /// The whole answers of rows, signed, each with its foot; and where among them that of each row is.
    fn answers(&self, slices: &[Slice], rows: &[Hit]) -> (Arc<Answers>, Vec<(u32, u32)>) {
        let (mut found, mut at) = (Vec::new(), vec![(0, 0); rows.len()]);
        let (groups, others) = self.of_one_place(slices, rows);
        for (dated, mut numbers) in groups {
            self.recall_answers(slices, rows, &dated, &mut numbers, (&mut found, &mut at));
            if numbers.is_empty() {
                continue;
            }
            let (order, answers) = self.measure_along_curve(slices, rows, &dated.target, &numbers);
            let (list, answers) = (found.len() as u32, Arc::new(answers));
            let places: Vec<(u32, u32)> = order.iter().map(|&of| numbers[of as usize]).zip(0..).collect();
            places.iter().for_each(|&(number, place)| at[number as usize] = (list, place));
            keep_answers(slices, rows, &dated.members, &answers, &places);
            found.push(answers);
        }
        let answer = |&number: &u32| {
            let Hit { slice, row } = rows[number as usize];
            self.answer(&slices[slice as usize].part, row as usize)
        };
        let list = found.len() as u32;
        others.iter().zip(0..).for_each(|(&number, place)| at[number as usize] = (list, place));
        found.push(Arc::new(others.par_iter().with_min_len(8).map(answer).collect()));
        (Arc::new(Answers::new(self.of.name(), found)), at)
    }

    /// Adds what the parts remember of these rows, and leaves the others.
    fn recall_answers(
        &self,
        slices: &[Slice],
        rows: &[Hit],
        dated: &Dated,
        numbers: &mut Vec<u32>,
        (found, at): (&mut Vec<Answered>, &mut [(u32, u32)]),
    ) {
        for (slice, of_slice) in slices.iter().zip(0..) {
            let Some(told) = slice.part.told.of(&dated.members) else { continue };
            let (lists, first) = (told.lists(), found.len() as u32);
            numbers.retain(|&number| {
                let hit = rows[number as usize];
                let known = if hit.slice == of_slice { told.find(&lists, hit.row) } else { None };
                if let Some((list, place)) = known {
                    at[number as usize] = (first + list, place);
                }
                known.is_none()
            });
            found.extend(lists.lists);
        }
    }

    /// The numbers of the rows that one place alone has a measured distance of, by their targets; and the others. Few rows are all others.
    fn of_one_place(&self, slices: &[Slice], rows: &[Hit]) -> (Vec<OfTarget>, Vec<u32>) {
        let (mut groups, mut others): (Vec<OfTarget>, _) = (Vec::new(), Vec::new());
        let mut met: Option<(i64, usize)> = None;
        for (hit, number) in rows.iter().zip(0..) {
            let (columns, row) = (&slices[hit.slice as usize].part.columns, hit.row as usize);
            let is_one = rows.len() > 8 && columns.places(row).len() == 1 && !columns.radius_m[row].is_nan();
            let day = self.day_on(columns.start_s[row]);
            if is_one && met.is_none_or(|(known, _)| known != day) {
                met = self.target_on(columns.start_s[row]).map(|dated| {
                    let known = groups.iter().position(|(known, _)| Arc::ptr_eq(known, &dated));
                    let group = known.unwrap_or(groups.len());
                    if known.is_none() {
                        groups.push((dated, Vec::new()));
                    }
                    (day, group)
                });
            }
            match met {
                Some((_, group)) if is_one => groups[group].1.push(number),
                _ => others.push(number),
            }
        }
        (groups, others)
    }

    /// The answers of rows of one place to one target in the order in which they are found fastest, and that order.
    fn measure_along_curve(
        &self,
        slices: &[Slice],
        rows: &[Hit],
        target: &Target,
        numbers: &[u32],
    ) -> (Vec<u32>, Vec<Option<Reached>>) {
        let place = |&number: &u32| {
            let Hit { slice, row } = rows[number as usize];
            slices[slice as usize].part.columns.places(row as usize)[0]
        };
        let places: Vec<LonLat> = numbers.par_iter().with_min_len(FEW).map(place).collect();
        let make = |at: usize, nearest, reach| Reached::Territory(places[at], nearest, reach);
        self.context.borders.signed_along_curve(&places, target, make)
    }

    /// The whole answer for one row: signed, with its foot.
    fn answer(&self, part: &Part, row: usize) -> Option<Reached> {
        match self.of {
            _ if part.columns.radius_m[row].is_nan() => None,
            Of::Place(place) => {
                let ways = part.columns.places(row).iter().map(|&from| kordon_borders::inverse(from, *place));
                let shortest = ways.reduce(|a, b| if b.0 < a.0 { b } else { a });
                shortest.map(|(meters, azimuth_deg)| Reached::Place(*place, meters.get(), azimuth_deg))
            }
            _ => self
                .nearest_up_to(part, row, f64::INFINITY)
                .map(|(from, nearest, reach)| Reached::Territory(from, nearest, reach)),
        }
    }

    /// The target of a row and the distances to it that are known in its part.
    fn recall<'m>(&self, part: &Part, row: usize, memo: &'m mut Memo) -> Option<(&'m Dated, &'m Seen)> {
        let start_s = part.columns.start_s[row];
        let key = (std::ptr::from_ref(part).addr(), self.day_on(start_s));
        if memo.met.as_ref().is_none_or(|(known, ..)| *known != key) {
            let dated = self.target_on(start_s)?;
            let seen = part.seen(&dated.members);
            memo.met = Some((key, dated, seen));
        }
        memo.met.as_ref().map(|(_, dated, seen)| (&**dated, &**seen))
    }

    fn day_on(&self, start_s: i64) -> i64 {
        if matches!(self.of, Of::Dated(_)) { start_s.div_euclid(86_400) } else { 0 }
    }

    fn target_on(&self, start_s: i64) -> Option<Arc<Dated>> {
        let day = self.day_on(start_s);
        if let Some(known) = self.targets.read().unwrap_or_else(PoisonError::into_inner).by_day.get(&day) {
            return Some(Arc::clone(known));
        }
        let target = match self.of {
            Of::Place(_) => return None,
            Of::Target(target) => target.clone(),
            Of::Dated(name) => self.context.borders.target(name, Some(day_of(start_s)?)).ok()?,
        };
        let mut targets = self.targets.write().unwrap_or_else(PoisonError::into_inner);
        let known = targets.known.iter().find(|known| *known.members == *target.members()).cloned();
        let dated = known.unwrap_or_else(|| {
            let members = Arc::from(target.members());
            Arc::new(Dated { target, members, near: RwLock::default() })
        });
        targets.known.push(Arc::clone(&dated));
        targets.by_day.insert(day, Arc::clone(&dated));
        Some(dated)
    }
}

/// Has the parts keep answers: of which numbers of `rows`, and where in the list.
fn keep_answers(
    slices: &[Slice],
    rows: &[Hit],
    members: &Arc<[TerritoryId]>,
    answers: &Answered,
    places: &[(u32, u32)],
) {
    for (slice, of_slice) in slices.iter().zip(0..) {
        let of_part = || {
            let hits = places.iter().map(|&(number, place)| (rows[number as usize], place));
            hits.filter(|(hit, _)| hit.slice == of_slice).map(|(hit, place)| (hit.row, place))
        };
        if answers.len() >= told::KEPT_FROM && of_part().nth(told::KEPT_FROM - 1).is_some() {
            slice.part.told.keep(members, slice.part.columns.len(), answers, of_part());
        }
    }
}

fn day_of(start_s: i64) -> Option<Day> {
    let date = jiff::Timestamp::from_second(start_s).ok()?.to_zoned(jiff::tz::TimeZone::UTC).date();
    Day::new(date.year(), date.month().cast_unsigned(), date.day().cast_unsigned())
}

impl Dated {
    /// The cells that may be within `limit_m`, computed for the largest limit asked so far.
    fn near(&self, limit_m: f64, context: &Context) -> Arc<Near> {
        if let Some((known_m, near)) = &*self.near.read().unwrap_or_else(PoisonError::into_inner)
            && *known_m >= limit_m
        {
            return Arc::clone(near);
        }
        // Somewhat more, so that the next row's larger radius does not paint the globe again.
        let limit_m = limit_m * 1.5 + 30_000.0;
        let near = Arc::new(Near::new(&self.members, limit_m, context));
        *self.near.write().unwrap_or_else(PoisonError::into_inner) = Some((limit_m, Arc::clone(&near)));
        near
    }
}

/// Which cells of one degree may hold places within some distance of a target.
struct Near(Vec<bool>);

impl Near {
    fn new(members: &[TerritoryId], limit_m: f64, context: &Context) -> Self {
        // Beyond that most cells are near, and finding out which are not costs more than it spares.
        let everywhere = limit_m > 3e6;
        let mut cells = vec![everywhere; 360 * 180];
        for &id in members.iter().filter(|_| !everywhere) {
            for ring in context.ring_boxes(id) {
                paint(&mut cells, ring, limit_m);
            }
        }
        Self(cells)
    }

    fn has(&self, place: LonLat) -> bool {
        self.0[cell_row(place.lat()) * 360 + cell_column(place.lon())]
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the grid")]
fn cell_row(lat: f64) -> usize {
    (lat + 90.0).floor().clamp(0.0, 179.0) as usize
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the grid")]
fn cell_column(lon: f64) -> usize {
    (lon + 180.0).floor().clamp(0.0, 359.0) as usize
}

/// Marks the cells that a box grown by `limit_m` meets.
///
/// Growing is never too small: no degree of latitude is shorter than 110 500 m; and on a sphere smaller than
/// the Earth, a meridian `g` degrees away is at least `asin(cos(lat) sin(g))` off, least at the highest latitude.
fn paint(cells: &mut [bool], ring: &[f64; 4], limit_m: f64) {
    let [west, south, east, north] = *ring;
    let by_lat = limit_m / 110_500.0;
    let (south, north) = ((south - by_lat).max(-90.0), (north + by_lat).min(90.0));
    let sine = (limit_m / 6_330_000.0).min(std::f64::consts::FRAC_PI_2).sin();
    let cosine = south.abs().max(north.abs()).to_radians().cos();
    let by_lon = if sine < cosine { (sine / cosine).asin().to_degrees() } else { 360.0 };
    let columns: Vec<usize> = if east - west + 2.0 * by_lon >= 358.0 {
        (0..360).collect()
    } else {
        #[expect(clippy::cast_possible_truncation, reason = "a few hundred degrees at most")]
        let (first, last) = ((west - by_lon).floor() as i32, (east + by_lon).floor() as i32);
        (first..=last).map(|lon| cell_column(f64::from((lon + 180).rem_euclid(360) - 180))).collect()
    };
    for row in cell_row(south)..=cell_row(north) {
        for &column in &columns {
            cells[row * 360 + column] = true;
        }
    }
}

/// Orders the rows that match.
struct Sorter<'a> {
    compiled: &'a Compiled<'a>,
    slices: &'a [Slice],
    sort: SortBy,
}

/// A row with what it is sorted by.
#[derive(Clone, Copy)]
struct Candidate<'a> {
    key: Key<'a>,
    id: IncidentId,
    hit: Hit,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Key<'a> {
    Number(i64),
    Text(&'a str),
}

/// So many rows are looked at on one core: they are done before another one has woken up.
pub(crate) const FEW: usize = 4_096;
/// Who looks at rows looks at the clock at every so many.
const LOOKED_UP: usize = 256;
/// So many rows of a part one core scans in a row.
const SCANNED: usize = 1 << 14;
/// Of more rows than so many that match, the nearest are looked for in the trees.
const SCANNED_FOR_NEAREST: usize = 2_000;

/// A key that stands behind all others.
const LAST: i64 = i64::MAX;

impl<'a> Sorter<'a> {
    /// Puts all rows in order; those that are alike in it by id, or as they stand. What a column has is looked at where it is;
    /// only distances are held meanwhile, 16 bytes each.
    fn put_in_order(&self, hits: &mut Vec<Hit>, alike_by_id: bool) {
        let columns = |hit: &Hit| &self.slices[hit.slice as usize].part.columns;
        let id = |hit: &Hit| columns(hit).ids[hit.row as usize];
        if matches!(self.sort, SortBy::Distance | SortBy::DistanceDescending) {
            let number = |memo: &mut Memo, (hit, at): (&Hit, u32)| {
                let Key::Number(number) = self.candidate(*hit, f64::INFINITY, memo).key else {
                    return (LAST, at);
                };
                (number, at)
            };
            let numbered = hits.par_iter().zip(0..u32::MAX).with_min_len(FEW);
            let mut order: Vec<(i64, u32)> = numbered.map_init(Memo::default, number).collect();
            let hit = |at: u32| &hits[at as usize];
            order.par_sort_unstable_by(|a, b| {
                let alike = || if alike_by_id { id(hit(a.1)).cmp(&id(hit(b.1))) } else { a.1.cmp(&b.1) };
                a.0.cmp(&b.0).then_with(alike)
            });
            *hits = order.iter().map(|(_, at)| *hit(*at)).collect();
            return;
        }
        if self.is_by_date() && alike_by_id {
            // Rows of a part stand by their start: there is next to nothing to sort.
            if self.sort == SortBy::DateStartDescending {
                hits.reverse();
            }
            let start = |hit: &Hit| columns(hit).start_s[hit.row as usize];
            hits.sort_by_key(|hit| self.by_date(start(hit)));
            let is_alike = |a: &Hit, b: &Hit| start(a) == start(b);
            let order = |alike: &mut [Hit]| alike.sort_unstable_by_key(id);
            if hits.len() <= FEW {
                hits.chunk_by_mut(is_alike).for_each(order);
            } else {
                hits.par_chunk_by_mut(is_alike).for_each(order);
            }
            return;
        }
        let key = |hit: &Hit| self.candidate(*hit, f64::INFINITY, &mut Memo::default()).key;
        let order = |a: &Hit, b: &Hit| self.order_of_keys(&key(a), &key(b));
        if alike_by_id {
            hits.par_sort_unstable_by(|a, b| order(a, b).then_with(|| id(a).cmp(&id(b))));
        } else {
            hits.par_sort_by(order);
        }
    }

    /// The page when all rows match, where these need not be gone through one by one.
    fn page_of_all(&self, after: Option<&Cursor>, limit: usize) -> Option<(Vec<Candidate<'a>>, bool)> {
        if !self.is_by_date() {
            return self.nearest(after, limit);
        }
        let mut first = Vec::new();
        for (slice, number) in self.slices.iter().zip(0..) {
            let rows = slice.part.rows().filter(|&row| !slice.dead.has(row as usize));
            self.take_by_date(rows.map(|row| Hit { slice: number, row }), after, limit, &mut first);
        }
        Some(self.measured_page(&first, after, limit))
    }

    /// The rows of a page, and whether there are more behind it.
    fn page(&self, hits: &[Hit], after: Option<&Cursor>, limit: usize) -> (Vec<Candidate<'a>>, bool) {
        if hits.len() > SCANNED_FOR_NEAREST
            && let Some(page) = self.nearest(after, limit)
        {
            return page;
        }
        if !self.is_by_date() {
            return self.measured_page(hits, after, limit);
        }
        let mut first = Vec::with_capacity(hits.len().min(limit.saturating_add(FEW)));
        for run in hits.chunk_by(|a, b| a.slice == b.slice) {
            self.take_by_date(run.iter().copied(), after, limit, &mut first);
        }
        self.measured_page(&first, after, limit)
    }

    fn is_by_date(&self) -> bool {
        matches!(self.sort, SortBy::DateStart | SortBy::DateStartDescending)
    }

    /// Takes those of some rows of a part, ascending, that may be on a page by date, in the order of dates. Rows of a part
    /// ascend by their start, so those behind the page are not looked at.
    fn take_by_date(
        &self,
        rows: impl DoubleEndedIterator<Item = Hit>,
        after: Option<&Cursor>,
        limit: usize,
        out: &mut Vec<Hit>,
    ) {
        if self.sort == SortBy::DateStartDescending {
            self.take_in_order(rows.rev(), after, limit, out);
        } else {
            self.take_in_order(rows, after, limit, out);
        }
    }

    fn take_in_order(
        &self,
        rows: impl Iterator<Item = Hit>,
        after: Option<&Cursor>,
        limit: usize,
        out: &mut Vec<Hit>,
    ) {
        let after = after.filter(|cursor| cursor.sort == self.sort).map(|cursor| (cursor.key(), cursor.id));
        let (mut taken, mut last) = (0, 0);
        for hit in rows {
            let columns = &self.slices[hit.slice as usize].part.columns;
            let start_s = columns.start_s[hit.row as usize];
            // Those that start together stand by id, which is not their order in the part.
            if taken > limit && start_s != last {
                break;
            }
            let key = Key::Number(self.by_date(start_s));
            if after.is_none_or(|(behind, id)| {
                key > behind || (key == behind && columns.ids[hit.row as usize] > id)
            }) {
                out.push(hit);
                (taken, last) = (taken + 1, start_s);
            }
        }
    }

    fn by_date(&self, start_s: i64) -> i64 {
        if self.sort == SortBy::DateStartDescending { -start_s } else { start_s }
    }

    /// The page, when all rows must be compared.
    fn measured_page(
        &self,
        hits: &[Hit],
        after: Option<&Cursor>,
        limit: usize,
    ) -> (Vec<Candidate<'a>>, bool) {
        let to_target = matches!(self.sort, SortBy::Distance) && self.compiled.of.is_some();
        // The nearest rows are looked for nearby first: measuring is what costs.
        let mut reach_m = if to_target && limit < hits.len() / 4 { 20_000.0 } else { f64::INFINITY };
        loop {
            let mut page = self.first(hits, after, limit.saturating_add(1), reach_m);
            let known = |one: &Candidate<'_>| one.key != Key::Number(LAST);
            if reach_m.is_infinite() || (page.len() > limit && page.iter().all(known)) {
                let more = page.len() > limit;
                page.truncate(limit);
                return (page, more);
            }
            reach_m = if reach_m < 1e6 { reach_m * 8.0 } else { f64::INFINITY };
        }
    }

    /// The page of the rows nearest to a place, by walking the trees from it; `None` when that is not asked, or when
    /// rows without a distance belong on the page.
    fn nearest(&self, after: Option<&Cursor>, limit: usize) -> Option<(Vec<Candidate<'a>>, bool)> {
        let (SortBy::Distance, Of::Place(place)) = (self.sort, self.compiled.of.as_ref()?.of) else {
            return None;
        };
        let after = after.filter(|cursor| cursor.sort == self.sort);
        let mut walks: Vec<_> = self.slices.iter().map(|slice| slice.part.tree.nearest(*place)).collect();
        let (mut page, mut seen, mut memo) = (Vec::new(), HashSet::new(), Memo::default());
        loop {
            let least = |(number, walk): (u32, &tree::Nearest<'_>)| Some((walk.least_m()?, number));
            let nearest = (0..).zip(&walks).filter_map(least).min_by(|a, b| a.0.total_cmp(&b.0));
            let full =
                (page.len() > limit).then(|| page.last().map(|last: &Candidate<'_>| last.key)).flatten();
            let Some((least_m, slice)) = nearest else { break };
            if self.compiled.is_late() {
                break;
            }
            if full.is_some_and(|last| Key::Number(ascending(least_m)) > last) {
                break;
            }
            let Some((row, meters)) = walks[slice as usize].next() else { continue };
            let (part, hit) = (&self.slices[slice as usize], Hit { slice, row });
            // A row comes again for each of its places, farther every time.
            if part.part.columns.radius_m[row as usize].is_nan() || !seen.insert((slice, row)) {
                continue;
            }
            let one = Candidate {
                key: Key::Number(ascending(meters)),
                id: part.part.columns.ids[row as usize],
                hit,
            };
            let is_behind = after.is_none_or(|cursor| self.order(&one, &cursor.key(), cursor.id).is_gt());
            let boxes = self.compiled.boxes.as_deref();
            if is_behind
                && self.compiled.matches(part, row as usize, boxes)
                && self.compiled.is_near(&part.part, row as usize, &mut memo)
                && self.compiled.is_chosen(&part.part, row as usize, &mut memo)
            {
                let at = page.partition_point(|other| self.order(other, &one.key, one.id).is_lt());
                page.insert(at, one);
                page.truncate(limit.saturating_add(1));
            }
        }
        let more = page.len() > limit;
        page.truncate(limit);
        more.then_some((page, true))
    }

    /// The first `keep` rows behind the cursor, in order.
    fn first(&self, hits: &[Hit], after: Option<&Cursor>, keep: usize, reach_m: f64) -> Vec<Candidate<'a>> {
        let after = after.filter(|cursor| cursor.sort == self.sort);
        let chunk = |hits: &[Hit]| {
            let (mut kept, mut memo) = (Vec::new(), Memo::default());
            for &hit in hits {
                let one = self.candidate(hit, reach_m, &mut memo);
                if after.is_none_or(|cursor| self.order(&one, &cursor.key(), cursor.id) == Ordering::Greater)
                {
                    kept.push(one);
                }
                if kept.len() >= keep.saturating_mul(2).saturating_add(1024) {
                    self.keep(&mut kept, keep);
                }
            }
            self.keep(&mut kept, keep);
            kept
        };
        let mut all: Vec<Candidate<'a>> = hits.par_chunks(1 << 13).flat_map_iter(chunk).collect();
        self.keep(&mut all, keep);
        if self.is_by_date() && all.is_sorted_by(|a, b| a.key <= b.key) {
            for alike in all.chunk_by_mut(|a, b| a.key == b.key).filter(|alike| alike.len() > 1) {
                alike.sort_unstable_by_key(|one| one.id);
            }
        } else {
            all.par_sort_unstable_by(|a, b| self.order(a, &b.key, b.id));
        }
        all
    }

    fn keep(&self, rows: &mut Vec<Candidate<'a>>, keep: usize) {
        if rows.len() > keep {
            if keep > 0 {
                rows.select_nth_unstable_by(keep - 1, |a, b| self.order(a, &b.key, b.id));
            }
            rows.truncate(keep);
        }
    }

    fn order(&self, one: &Candidate<'_>, key: &Key<'_>, id: IncidentId) -> Ordering {
        self.order_of_keys(&one.key, key).then_with(|| one.id.cmp(&id))
    }

    fn order_of_keys(&self, a: &Key<'_>, b: &Key<'_>) -> Ordering {
        match (a, b) {
            (Key::Number(a), Key::Number(b)) => a.cmp(b),
            (Key::Text(a), Key::Text(b)) if self.sort == SortBy::TitleDescending => b.cmp(a),
            (Key::Text(a), Key::Text(b)) => a.cmp(b),
            (Key::Number(_), Key::Text(_)) => Ordering::Less,
            (Key::Text(_), Key::Number(_)) => Ordering::Greater,
        }
    }

    fn candidate(&self, hit: Hit, reach_m: f64, memo: &mut Memo) -> Candidate<'a> {
        let (part, row) = (&self.slices[hit.slice as usize].part, hit.row as usize);
        let columns = &part.columns;
        let key = match self.sort {
            SortBy::DateStart | SortBy::DateStartDescending => {
                Key::Number(self.by_date(columns.start_s[row]))
            }
            SortBy::Distance => Key::Number(self.distance(part, row, reach_m, memo).map_or(LAST, ascending)),
            SortBy::DistanceDescending => Key::Number(
                self.distance(part, row, f64::INFINITY, memo).map_or(LAST, |meters| -ascending(meters)),
            ),
            SortBy::Title | SortBy::TitleDescending => Key::Text(columns.title_key(row)),
            SortBy::Recorded => Key::Number(columns.recorded_s[row]),
            SortBy::RecordedDescending => Key::Number(-columns.recorded_s[row]),
        };
        Candidate { key, id: columns.ids[row], hit }
    }

    /// How far a row is. Once it is late, no row is measured any more, since nobody will be told.
    fn distance(&self, part: &Part, row: usize, reach_m: f64, memo: &mut Memo) -> Option<f64> {
        memo.measured += 1;
        let is_late = memo.measured.is_multiple_of(LOOKED_UP) && self.compiled.is_late();
        if is_late || self.compiled.is_lost() || part.columns.radius_m[row].is_nan() {
            return None;
        }
        match &self.compiled.of {
            Some(of) => of.signed_m(part, row, reach_m, memo).map(|meters| meters.max(0.0)),
            None => part.columns.border[row].foreign.as_ref().map(|nearest| nearest.distance_m),
        }
    }

    fn cursor(&self, last: &Candidate<'_>) -> Cursor {
        let key = CursorKey::of(&last.key);
        Cursor { is_back: false, sort: self.sort, key, id: last.id, then: Vec::new() }
    }
}

/// Orders the rows that match by several things, of which there are no short ways to the first.
struct Several<'a> {
    sorters: Vec<Sorter<'a>>,
    slices: &'a [Slice],
}

/// A row with all that it is sorted by.
#[derive(Clone, Copy)]
struct Ranked<'a> {
    keys: [Key<'a>; SortBy::MOST],
    id: IncidentId,
    hit: Hit,
}

impl<'a> Several<'a> {
    /// All rows on the asked side of the cursor, in order.
    fn all(&self, mut hits: Vec<Hit>, after: Option<&Cursor>) -> Vec<Hit> {
        if let Some(cursor) = after.filter(|cursor| self.is_order_of(cursor)) {
            let (keys, side) = (cursor.keys(), cursor.side());
            let is_there = |memo: &mut Memo, hit: Hit| {
                let is_there = self.order(&self.ranked(hit, memo), &keys, cursor.id) == side;
                is_there.then_some(hit)
            };
            let rows = hits.into_par_iter().with_min_len(FEW);
            hits = rows.map_init(Memo::default, is_there).flatten_iter().collect();
        }
        // Those that are alike in an order stand as the one behind it has put them.
        for (at, sorter) in self.sorters.iter().enumerate().rev() {
            sorter.put_in_order(&mut hits, at + 1 == self.sorters.len());
        }
        hits
    }

    /// The rows of a page, and whether there are more behind it, or before it when these were asked for.
    fn page(&self, hits: &[Hit], after: Option<&Cursor>, limit: usize) -> (Vec<Hit>, bool) {
        let ranked = |memo: &mut Memo, hit: &Hit| self.ranked(*hit, memo);
        let mut all: Vec<_> = hits.par_iter().with_min_len(FEW).map_init(Memo::default, ranked).collect();
        let after = after.filter(|cursor| self.is_order_of(cursor));
        let is_back = after.is_some_and(Cursor::is_back);
        if let Some(cursor) = after {
            let (keys, side) = (cursor.keys(), cursor.side());
            all.retain(|one| self.order(one, &keys, cursor.id) == side);
        }
        let order = |a: &Ranked<'_>, b: &Ranked<'_>| self.order(a, &b.keys, b.id);
        let more = all.len() > limit;
        if more {
            let at = if is_back { all.len() - limit } else { limit };
            if at < all.len() {
                all.select_nth_unstable_by(at, order);
            }
            if is_back {
                all.drain(..at);
            } else {
                all.truncate(at);
            }
        }
        all.par_sort_unstable_by(order);
        (all.iter().map(|one| one.hit).collect(), more)
    }

    fn ranked(&self, hit: Hit, memo: &mut Memo) -> Ranked<'a> {
        let mut keys = [Key::Number(0); SortBy::MOST];
        for (sorter, key) in self.sorters.iter().zip(&mut keys) {
            *key = sorter.candidate(hit, f64::INFINITY, memo).key;
        }
        let columns = &self.slices[hit.slice as usize].part.columns;
        Ranked { keys, id: columns.ids[hit.row as usize], hit }
    }

    fn order(&self, one: &Ranked<'_>, keys: &[Key<'_>], id: IncidentId) -> Ordering {
        let by_each = self.sorters.iter().zip(one.keys.iter().zip(keys));
        let mut orders = by_each.map(|(sorter, (a, b))| sorter.order_of_keys(a, b));
        orders.find(|order| order.is_ne()).unwrap_or_else(|| one.id.cmp(&id))
    }

    fn is_order_of(&self, cursor: &Cursor) -> bool {
        let sorts: Vec<SortBy> = self.sorters.iter().map(|sorter| sorter.sort).collect();
        sorts.split_first().is_some_and(|(first, then)| cursor.is_of(*first, then))
    }

    fn cursor(&self, last: &Ranked<'_>) -> Option<Cursor> {
        let mut keys =
            self.sorters.iter().zip(&last.keys).map(|(sorter, key)| (sorter.sort, CursorKey::of(key)));
        let (sort, key) = keys.next()?;
        Some(Cursor { is_back: false, sort, key, id: last.id, then: keys.collect() })
    }
}

impl CursorKey {
    fn of(key: &Key<'_>) -> Self {
        match key {
            Key::Number(number) => Self::Number(*number),
            Key::Text(text) => Self::Text((*text).to_owned()),
        }
    }

    fn key(&self) -> Key<'_> {
        match self {
            Self::Number(number) => Key::Number(*number),
            Self::Text(text) => Key::Text(text),
        }
    }
}

impl Cursor {
    /// How a row stands to this one that is asked for.
    fn side(&self) -> Ordering {
        if self.is_back { Ordering::Less } else { Ordering::Greater }
    }

    /// The same row, but for what stands before it.
    fn back(self) -> Self {
        Self { is_back: true, ..self }
    }

    fn key(&self) -> Key<'_> {
        self.key.key()
    }

    fn keys(&self) -> Vec<Key<'_>> {
        [&self.key].into_iter().chain(self.then.iter().map(|(_, key)| key)).map(CursorKey::key).collect()
    }
}

/// A distance as a number that orders alike: the bits of an `f64` that is not negative.
fn ascending(meters: f64) -> i64 {
    meters.max(0.0).to_bits().cast_signed()
}
