//! What queries see: all incidents at one moment, in columns, with their border distances.
//!
//! A snapshot is a list of immutable parts, each with the set of its rows that have since been superseded.
//! A batch becomes a small part; once four parts of a size have come together they are merged into one, so
//! a row is copied about log₄(n) times and a single write never rebuilds the world. A new snapshot shares
//! all parts but the newest with the one before. Queries hold a snapshot and wait for nobody.
//!
//! `Snapshot<Public>` can be made of public rows only ([`crate::project`]); handing a `Snapshot<Full>` to
//! code that serves the public does not compile.
//!
//! Documents stay on disk. Memory: about 400 bytes per incident and its texts.

use std::marker::PhantomData;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use kordon_borders::{BorderSet, LonLat, Nearest, TerritoryId};
use kordon_incidents::{Incident, IncidentId};
use rayon::prelude::*;

use crate::ledger::{Documents, Position, ReadError};
use crate::names::{NONE, Names, Symbol};
use crate::project::{PublicRecord, Record};
use crate::seen::Seen;
use crate::tree::PlaceTree;
use crate::{answer, record, text};

/// What everybody may see.
#[derive(Debug)]
pub struct Public(());
/// What only staff may see.
#[derive(Debug)]
pub struct Full(());

/// No word from a closed list.
pub(crate) const NO_WORD: u8 = u8::MAX;
/// A number that is not known.
pub(crate) const UNKNOWN: u32 = u32::MAX;
/// How many targets a part remembers distances to.
const TARGETS_SEEN: usize = 12;
/// How many parts of one size are merged into one.
const FAN_IN: usize = 4;

/// What all snapshots of a store share.
pub(crate) struct Context {
    pub borders: Arc<BorderSet>,
    pub documents: Arc<Documents>,
    /// Sub-event types and stated countries.
    pub words: Names<str>,
    /// Sets of territories that claim a place.
    pub claims: Names<[TerritoryId]>,
    /// The member `boundary` of every answer.
    boundary: Box<serde_json::value::RawValue>,
    ring_boxes: OnceLock<Vec<Vec<[f64; 4]>>>,
}

impl Context {
    pub fn new(borders: Arc<BorderSet>, documents: Arc<Documents>) -> Self {
        let boundary = answer::boundary(&borders);
        let (words, claims) = (Names::default(), Names::default());
        Self { borders, documents, words, claims, boundary, ring_boxes: OnceLock::new() }
    }

    pub fn boundary(&self) -> &serde_json::value::RawValue {
        &self.boundary
    }

    /// The boxes of the rings of a territory.
    pub fn ring_boxes(&self, id: TerritoryId) -> &[[f64; 4]] {
        let all = self.ring_boxes.get_or_init(|| {
            // On this thread alone: one that helps others while it waits could come here again.
            let territories = self.borders.territories().iter();
            let ids = territories.filter_map(|territory| self.borders.find(&territory.code));
            ids.map(|id| self.borders.rings(id).iter().map(|ring| box_of(ring)).collect()).collect()
        });
        all.get(id.index()).map_or(&[], Vec::as_slice)
    }
}

fn box_of(ring: &[[f64; 2]]) -> [f64; 4] {
    let empty = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    ring.iter().fold(empty, |b, p| [b[0].min(p[0]), b[1].min(p[1]), b[2].max(p[0]), b[3].max(p[1])])
}

/// Where an incident stands among the territories.
#[derive(Clone, Copy)]
pub(crate) struct Border {
    pub claims: Symbol,
    pub foreign: Option<Nearest>,
}

/// One incident as it goes into the columns.
pub(crate) struct Prepared {
    pub id: IncidentId,
    start_s: i64,
    end_s: i64,
    places: Vec<LonLat>,
    radius_m: f64,
    event_type: u8,
    verification: u8,
    sub_event_type: Symbol,
    country: Symbol,
    infrastructure: u32,
    damage: u32,
    deaths: [u32; 3],
    title: String,
    text: String,
    title_len: u32,
    position: Position,
    border: Border,
}

impl Prepared {
    fn new(incident: &Incident, position: Position, context: &Context) -> Self {
        let p = &incident.properties;
        let times = incident.times();
        let title = incident.title_in("en").to_owned();
        let mut folded = text::fold(&title);
        let title_len = u32::try_from(folded.len()).unwrap_or(u32::MAX);
        for other in p.title.iter().chain(&p.description).flat_map(|text| text.iter()) {
            if other.1 != title {
                text::fold_into(&mut folded, other.1);
            }
        }
        for place in p.location.iter().chain(&p.admin1).chain(&p.admin2).chain(&p.admin3) {
            text::fold_into(&mut folded, place);
        }
        let symbol = |word: &Option<String>| word.as_ref().map_or(NONE, |word| context.words.number(word));
        let infrastructure = p.impacts.iter().filter_map(|impact| impact.infrastructure);
        let damage = p.impacts.iter().filter_map(|impact| impact.damage);
        Self {
            id: incident.id,
            start_s: times.start_s,
            end_s: times.end_s,
            places: incident.places.clone(),
            radius_m: incident.radius().meters.unwrap_or(f64::NAN),
            event_type: p.event_type.map_or(NO_WORD, |word| word as u8),
            verification: p.verification.map_or(NO_WORD, |word| word as u8),
            sub_event_type: symbol(&p.sub_event_type),
            country: symbol(&p.country),
            infrastructure: infrastructure.fold(0, |set, word| set | 1 << word as u32),
            damage: damage.fold(0, |set, word| set | 1 << word as u32),
            deaths: [p.deaths_low, p.deaths_best, p.deaths_high].map(|n| n.unwrap_or(UNKNOWN)),
            title,
            text: folded,
            title_len,
            position,
            border: Border { claims: NONE, foreign: None },
        }
    }

    /// Where the incident stands among the territories: who claims its places, and the nearest foreign border.
    fn measure(&self, context: &Context) -> Border {
        let mut claims: Vec<TerritoryId> = Vec::new();
        for &place in &self.places {
            claims.extend(context.borders.containing(place).iter());
        }
        claims.sort_unstable();
        claims.dedup();
        let mut foreign: Option<Nearest> = None;
        // Without a radius the place is an area's mark, and its distance would be an invention.
        let measured = if self.radius_m.is_nan() { &[][..] } else { &self.places };
        for &place in measured {
            let limit = foreign.as_ref().map_or(f64::INFINITY, |nearest| nearest.distance_m);
            let found = context.borders.nearest_foreign(place, limit);
            if found.as_ref().is_some_and(|found| found.distance_m < limit) {
                foreign = found;
            }
        }
        Border { claims: context.claims.number(&claims), foreign }
    }

    /// Along a curve that keeps neighbors together, so that measuring them meets the same edges.
    fn curve_key(&self) -> u32 {
        let Some(place) = self.places.first() else { return u32::MAX };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within 0..=65535")]
        let cell = |fraction: f64| spread((fraction * 65_535.0) as u16);
        cell((place.lon() + 180.0) / 360.0) | cell((place.lat() + 90.0) / 180.0) << 1
    }
}

/// The bits of a number with a zero before each (Morton order).
fn spread(number: u16) -> u32 {
    let mut bits = u32::from(number);
    bits = (bits | bits << 8) & 0x00ff_00ff;
    bits = (bits | bits << 4) & 0x0f0f_0f0f;
    bits = (bits | bits << 2) & 0x3333_3333;
    (bits | bits << 1) & 0x5555_5555
}

/// A row that everybody may see.
pub(crate) struct PublicRow(Prepared);
/// A row that only staff may see.
pub(crate) struct StaffRow(Prepared);

impl PublicRow {
    pub fn new(record: &PublicRecord<'_>, position: Position, context: &Context) -> Self {
        Self(Prepared::new(record.incident(), position, context))
    }
}

impl StaffRow {
    pub fn new(record: &Record, position: Position, context: &Context) -> Self {
        Self(Prepared::new(record.incident(), position, context))
    }
}

/// A row of either kind, as a tier takes it.
pub(crate) trait TierRow: Send {
    fn prepared(&mut self) -> &mut Prepared;
    fn start_s(&self) -> i64;
}

impl TierRow for PublicRow {
    fn prepared(&mut self) -> &mut Prepared {
        &mut self.0
    }

    fn start_s(&self) -> i64 {
        self.0.start_s
    }
}

impl TierRow for StaffRow {
    fn prepared(&mut self) -> &mut Prepared {
        &mut self.0
    }

    fn start_s(&self) -> i64 {
        self.0.start_s
    }
}

/// Measures many rows on all cores.
pub(crate) fn measure_all<R: TierRow>(rows: &mut [R], context: &Context) {
    let mut prepared: Vec<&mut Prepared> = rows.iter_mut().map(TierRow::prepared).collect();
    prepared.par_sort_by_cached_key(|row| row.curve_key());
    prepared.par_iter_mut().with_min_len(64).for_each(|row| row.border = row.measure(context));
}

/// Rows in columns, ascending by start.
#[derive(Default)]
pub(crate) struct Columns {
    pub ids: Vec<IncidentId>,
    pub start_s: Vec<i64>,
    pub end_s: Vec<i64>,
    place_ends: Vec<u32>,
    places: Vec<LonLat>,
    pub radius_m: Vec<f64>,
    pub event_type: Vec<u8>,
    pub verification: Vec<u8>,
    pub sub_event_type: Vec<Symbol>,
    pub country: Vec<Symbol>,
    pub infrastructure: Vec<u32>,
    pub damage: Vec<u32>,
    pub deaths: Vec<[u32; 3]>,
    titles: String,
    title_ends: Vec<usize>,
    texts: String,
    text_ends: Vec<usize>,
    title_len: Vec<u32>,
    position: Vec<Position>,
    pub border: Vec<Border>,
}

fn span(ends: &[usize], row: usize) -> std::ops::Range<usize> {
    (if row == 0 { 0 } else { ends[row - 1] })..ends[row]
}

impl Columns {
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    pub fn places(&self, row: usize) -> &[LonLat] {
        let start = if row == 0 { 0 } else { self.place_ends[row - 1] };
        &self.places[start as usize..self.place_ends[row] as usize]
    }

    pub fn title(&self, row: usize) -> &str {
        &self.titles[span(&self.title_ends, row)]
    }

    pub fn text(&self, row: usize) -> &str {
        &self.texts[span(&self.text_ends, row)]
    }

    /// The folded title, by which rows are sorted.
    pub fn title_key(&self, row: usize) -> &str {
        self.text(row).get(..self.title_len[row] as usize).unwrap_or_default()
    }

    fn push(&mut self, row: &Prepared) {
        self.titles.push_str(&row.title);
        self.texts.push_str(&row.text);
        self.places.extend_from_slice(&row.places);
        self.ids.push(row.id);
        self.start_s.push(row.start_s);
        self.end_s.push(row.end_s);
        self.radius_m.push(row.radius_m);
        self.event_type.push(row.event_type);
        self.verification.push(row.verification);
        self.sub_event_type.push(row.sub_event_type);
        self.country.push(row.country);
        self.infrastructure.push(row.infrastructure);
        self.damage.push(row.damage);
        self.deaths.push(row.deaths);
        self.title_len.push(row.title_len);
        self.position.push(row.position);
        self.border.push(row.border);
        self.close();
    }

    fn push_from(&mut self, other: &Columns, row: usize) {
        self.titles.push_str(other.title(row));
        self.texts.push_str(other.text(row));
        self.places.extend_from_slice(other.places(row));
        self.ids.push(other.ids[row]);
        self.start_s.push(other.start_s[row]);
        self.end_s.push(other.end_s[row]);
        self.radius_m.push(other.radius_m[row]);
        self.event_type.push(other.event_type[row]);
        self.verification.push(other.verification[row]);
        self.sub_event_type.push(other.sub_event_type[row]);
        self.country.push(other.country[row]);
        self.infrastructure.push(other.infrastructure[row]);
        self.damage.push(other.damage[row]);
        self.deaths.push(other.deaths[row]);
        self.title_len.push(other.title_len[row]);
        self.position.push(other.position[row]);
        self.border.push(other.border[row]);
        self.close();
    }

    fn close(&mut self) {
        self.title_ends.push(self.titles.len());
        self.text_ends.push(self.texts.len());
        // A part has at most u32::MAX places: the writer's batches and merges stay far below.
        self.place_ends.push(u32::try_from(self.places.len()).unwrap_or(u32::MAX));
    }
}

/// Distances to one target, by its members.
type SeenOf = (Arc<[TerritoryId]>, Arc<Seen>);

/// Columns with their indexes. Never changes.
pub(crate) struct Part {
    pub columns: Columns,
    by_id: Vec<u32>,
    pub tree: PlaceTree,
    seen: Mutex<Vec<SeenOf>>,
}

impl Part {
    fn new(columns: Columns) -> Self {
        let rows = 0..u32::try_from(columns.len()).unwrap_or(u32::MAX);
        let mut by_id: Vec<u32> = rows.clone().collect();
        by_id.par_sort_unstable_by_key(|&row| columns.ids[row as usize]);
        let places = rows.flat_map(|row| columns.places(row as usize).iter().map(move |&place| (row, place)));
        let tree = PlaceTree::build(places);
        Self { columns, by_id, tree, seen: Mutex::default() }
    }

    fn of_rows<R: TierRow>(mut rows: Vec<R>) -> Self {
        rows.sort_by_key(TierRow::start_s);
        let mut columns = Columns::default();
        for row in &mut rows {
            columns.push(row.prepared());
        }
        Self::new(columns)
    }

    fn merged(slices: &[Slice]) -> Self {
        let live = |at: usize| {
            let slice = &slices[at];
            let starts = &slice.part.columns.start_s;
            (0..starts.len()).filter(|&row| !slice.dead.has(row)).map(move |row| (starts[row], at, row))
        };
        let mut order: Vec<(i64, usize, usize)> = (0..slices.len()).flat_map(live).collect();
        order.par_sort_unstable();
        let mut columns = Columns::default();
        for (_, at, row) in order {
            columns.push_from(&slices[at].part.columns, row);
        }
        Self::new(columns)
    }

    pub fn find(&self, id: IncidentId) -> Option<usize> {
        let at = self.by_id.binary_search_by_key(&id, |&row| self.columns.ids[row as usize]).ok()?;
        Some(self.by_id[at] as usize)
    }

    /// Distances from the rows to these territories, as far as they have been asked for.
    pub fn seen(&self, members: &Arc<[TerritoryId]>) -> Arc<Seen> {
        let mut all = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = all.iter().position(|(known, _)| known == members) {
            // The one asked for last stands last, and goes last.
            let found = all.remove(at);
            all.push(found);
        } else {
            if all.len() == TARGETS_SEEN {
                all.remove(0);
            }
            all.push((Arc::clone(members), Arc::new(Seen::new(self.columns.len()))));
        }
        Arc::clone(&all[all.len() - 1].1)
    }
}

/// A set of row numbers.
#[derive(Clone, Default)]
pub(crate) struct Rows(Vec<u64>);

impl Rows {
    fn none(of: usize) -> Self {
        Self(vec![0; of.div_ceil(64)])
    }

    pub fn has(&self, row: usize) -> bool {
        self.0[row / 64] >> (row % 64) & 1 == 1
    }

    fn insert(&mut self, row: usize) {
        self.0[row / 64] |= 1 << (row % 64);
    }
}

/// A part, and which of its rows have been superseded.
#[derive(Clone)]
pub(crate) struct Slice {
    pub part: Arc<Part>,
    pub dead: Arc<Rows>,
    live: usize,
}

impl Slice {
    fn new(part: Part) -> Self {
        let rows = part.columns.len();
        Self { part: Arc::new(part), dead: Arc::new(Rows::none(rows)), live: rows }
    }

    /// Parts of one level are within a factor of four of each other.
    fn level(&self) -> u32 {
        self.live.max(1).ilog2() / 2
    }
}

/// The parts of one kind of rows.
pub(crate) struct Tier<R> {
    slices: Vec<Slice>,
    _kind: PhantomData<fn(R)>,
}

impl<R: TierRow> Tier<R> {
    pub fn new() -> Self {
        Self { slices: Vec::new(), _kind: PhantomData }
    }

    /// Adds rows as one part.
    pub fn add(&mut self, rows: Vec<R>) {
        if !rows.is_empty() {
            self.slices.push(Slice::new(Part::of_rows(rows)));
        }
    }

    /// Supersedes the row of this incident, if there is one here.
    pub fn remove(&mut self, id: IncidentId) {
        for slice in self.slices.iter_mut().rev() {
            if let Some(row) = slice.part.find(id)
                && !slice.dead.has(row)
            {
                Arc::make_mut(&mut slice.dead).insert(row);
                slice.live -= 1;
                return;
            }
        }
    }

    /// Merges parts that have become many or mostly dead; says whether anything was done.
    pub fn settle(&mut self) -> bool {
        let before = self.slices.len();
        self.slices.retain(|slice| slice.live > 0);
        let mut changed = self.slices.len() != before;
        for slice in &mut self.slices {
            if slice.live * 2 < slice.part.columns.len() {
                *slice = Slice::new(Part::merged(std::slice::from_ref(slice)));
                changed = true;
            }
        }
        while let Some(last) = self.slices.last() {
            let level = last.level();
            let same = self.slices.iter().rev().take_while(|slice| slice.level() <= level).count();
            if same < FAN_IN {
                break;
            }
            let merged = Part::merged(&self.slices[self.slices.len() - same..]);
            self.slices.truncate(self.slices.len() - same);
            self.slices.push(Slice::new(merged));
            changed = true;
        }
        changed
    }
}

/// All incidents at one moment, as `V` may see them.
pub struct Snapshot<V = Public> {
    pub(crate) slices: Vec<Slice>,
    pub(crate) context: Arc<Context>,
    seq: u64,
    len: usize,
    _view: PhantomData<fn() -> V>,
}

/// What everybody may see, at one moment.
pub type PublicSnapshot = Snapshot<Public>;

impl Snapshot<Public> {
    pub(crate) fn of(public: &Tier<PublicRow>, context: &Arc<Context>, seq: u64) -> Self {
        Self::new(public.slices.clone(), context, seq)
    }
}

impl Snapshot<Full> {
    pub(crate) fn of(
        public: &Tier<PublicRow>,
        staff: &Tier<StaffRow>,
        context: &Arc<Context>,
        seq: u64,
    ) -> Self {
        // Each incident is in one tier only: with its public form, or withheld.
        Self::new([public.slices.as_slice(), &staff.slices].concat(), context, seq)
    }
}

impl<V> Snapshot<V> {
    fn new(slices: Vec<Slice>, context: &Arc<Context>, seq: u64) -> Self {
        let len = slices.iter().map(|slice| slice.live).sum();
        Self { slices, context: Arc::clone(context), seq, len, _view: PhantomData }
    }

    /// The number of the last record of the ledger that is in it.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// How many incidents there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The borders to which distances are measured.
    pub fn borders(&self) -> &Arc<BorderSet> {
        &self.context.borders
    }

    /// The incident of this id, if there is one to be seen.
    pub fn get(&self, id: IncidentId) -> Option<Row> {
        self.slices.iter().find_map(|slice| {
            let row = slice.part.find(id).filter(|&row| !slice.dead.has(row))?;
            Some(Row { part: Arc::clone(&slice.part), row, to: None })
        })
    }

    /// The document of an incident: its GeoJSON Feature as text, with the derived member `border`.
    ///
    /// `border.to` has the answer to the target that the query asked about.
    ///
    /// # Errors
    ///
    /// [`ReadError`] when the document cannot be read from the ledger, or is not what it was.
    pub fn feature(&self, row: &Row) -> Result<String, ReadError> {
        let mut json = self.document(row)?;
        json.pop();
        json.push_str(",\"border\":");
        json.push_str(&answer::border(&self.context, row));
        json.push('}');
        Ok(json)
    }

    /// The incident itself, read from the ledger.
    ///
    /// # Errors
    ///
    /// As [`Self::feature`].
    pub fn incident(&self, row: &Row) -> Result<Incident, ReadError> {
        let problem = |error: serde_json::Error| ReadError::NotAnIncident {
            position: row.part.columns.position[row.row],
            problem: error.to_string(),
        };
        serde_json::from_str(&self.document(row)?).map_err(problem)
    }

    fn document(&self, row: &Row) -> Result<String, ReadError> {
        let position = row.part.columns.position[row.row];
        let frame = self.context.documents.read(position)?;
        let not_one = || ReadError::NotAnIncident { position, problem: "no Feature".to_owned() };
        let json = record::feature(&frame).ok_or_else(not_one)?;
        String::from_utf8(json)
            .map_err(|error| ReadError::NotAnIncident { position, problem: error.to_string() })
    }
}

/// One incident in a snapshot. It stays readable when the snapshot is gone.
#[derive(Clone)]
pub struct Row {
    pub(crate) part: Arc<Part>,
    pub(crate) row: usize,
    pub(crate) to: Option<answer::To>,
}

impl Row {
    /// The id.
    pub fn id(&self) -> IncidentId {
        self.part.columns.ids[self.row]
    }

    pub(crate) fn position(&self) -> Position {
        self.part.columns.position[self.row]
    }

    /// First second of its interval, UTC since 1970.
    pub fn start_s(&self) -> i64 {
        self.part.columns.start_s[self.row]
    }

    /// First second after its interval.
    pub fn end_s(&self) -> i64 {
        self.part.columns.end_s[self.row]
    }

    /// Its places; none when unknown or withheld.
    pub fn places(&self) -> &[LonLat] {
        self.part.columns.places(self.row)
    }

    /// The radius that holds the true place; `None` when no point distance may be claimed.
    pub fn radius_m(&self) -> Option<f64> {
        Some(self.part.columns.radius_m[self.row]).filter(|radius| !radius.is_nan())
    }

    /// A title, in English if there is one.
    pub fn title(&self) -> &str {
        self.part.columns.title(self.row)
    }

    /// The nearest foreign territory.
    pub fn nearest_foreign(&self) -> Option<&Nearest> {
        self.part.columns.border[self.row].foreign.as_ref()
    }

    /// The answer to the territory the query asked about, as signed distance: negative inside.
    pub fn to(&self) -> Option<&Nearest> {
        match self.to.as_ref()?.found.as_ref()? {
            answer::Reached::Territory(_, nearest) => Some(nearest),
            answer::Reached::Place(..) => None,
        }
    }
}

impl std::fmt::Debug for Row {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Row").field("id", &self.id()).field("title", &self.title()).finish()
    }
}
