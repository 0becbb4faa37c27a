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
//! Documents are those of the ledger, held in memory as far as there is room ([`crate::bodies`]). Memory: about 300 bytes
//! per incident beside its texts.

use std::marker::PhantomData;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use kordon_borders::{BorderSet, LonLat, Nearest, Reach, TerritoryId};
use kordon_incidents::{EventType, Incident, IncidentId};
use rayon::prelude::*;

use crate::answer::Standing;
use crate::columns::{Columns, Prepared, Source, measure_all};
use crate::cores::FEW;
use crate::ledger::{Documents, Head, Position, ReadError};
use crate::mercator::{FINE_ZOOM_MAX, Fine, OnTile, Tile, fine_of, world_of};
use crate::names::{Names, Symbol};
use crate::project::{PublicRecord, Record};
use crate::query::Certainty;
use crate::seen::Seen;
use crate::snapshot_id::{SnapshotId, borders_part};
use crate::told::Tellings;
use crate::tree::PlaceTree;
use crate::{answer, record};

/// What everybody may see.
#[derive(Debug)]
pub struct Public(());
/// What only staff may see.
#[derive(Debug)]
pub struct Full(());

/// Pieces of so many rows that are made at once.
const PIECES: usize = 16;
/// How many targets a part remembers distances to.
const TARGETS_SEEN: usize = 12;
/// How many parts of one size are merged into one.
const FAN_IN: usize = 4;

/// What all snapshots of a store share.
pub(crate) struct Context {
    pub borders: Arc<BorderSet>,
    pub documents: Arc<Documents>,
    /// Sub-event types, stated countries and their units.
    pub words: Names<str>,
    /// Sets of territories that claim a place.
    pub claims: Names<[TerritoryId]>,
    /// The names of the territories, as JSON.
    pub names: Vec<answer::Named>,
    /// The member `boundary` of every answer.
    boundary: Box<serde_json::value::RawValue>,
    /// What stands for the borders, and for how they are asked, in the name of a snapshot.
    pub borders_part: u64,
    /// The boxes of the rings of each territory.
    ring_boxes: Vec<OnceLock<Vec<[f64; 4]>>>,
}

impl Context {
    pub fn new(borders: Arc<BorderSet>, documents: Arc<Documents>) -> Self {
        let (names, boundary) = (answer::names(&borders), answer::boundary(&borders));
        let (words, claims) = (Names::default(), Names::default());
        let borders_part = borders_part(&borders);
        let ring_boxes = vec![OnceLock::new(); borders.territories().len()];
        Self { borders, documents, words, claims, names, boundary, borders_part, ring_boxes }
    }

    pub fn boundary(&self) -> &serde_json::value::RawValue {
        &self.boundary
    }

    /// The boxes of the rings of a territory.
    pub fn ring_boxes(&self, id: TerritoryId) -> &[[f64; 4]] {
        let Some(boxes) = self.ring_boxes.get(id.index()) else { return &[] };
        boxes.get_or_init(|| self.borders.rings(id).iter().map(|ring| box_of(ring)).collect())
    }
}

fn box_of(ring: &[[f64; 2]]) -> [f64; 4] {
    let empty = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    ring.iter().fold(empty, |b, p| [b[0].min(p[0]), b[1].min(p[1]), b[2].max(p[0]), b[3].max(p[1])])
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

/// A row of either kind.
pub(crate) trait TierRow: Send {
    fn prepared(self) -> Prepared;
}

impl TierRow for PublicRow {
    fn prepared(self) -> Prepared {
        self.0
    }
}

impl TierRow for StaffRow {
    fn prepared(self) -> Prepared {
        self.0
    }
}

/// Measured rows of one kind in columns, on their way into a tier. In the order in which they were given.
pub(crate) struct Batch<R> {
    columns: Columns,
    _kind: PhantomData<fn(R)>,
}

impl<R: TierRow> Batch<R> {
    pub fn of(rows: Vec<R>, context: &Context) -> Self {
        let mut rows: Vec<Prepared> = rows.into_iter().map(TierRow::prepared).collect();
        measure_all(&mut rows, context);
        Self { columns: Columns::of(&rows), _kind: PhantomData }
    }

    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// Where the documents of the rows are, once they are written.
    pub fn positions(&mut self) -> &mut [Position] {
        &mut self.columns.position
    }

    /// Drops the rows that are not to be kept.
    pub fn retain(&mut self, keep: &[bool]) {
        let rows = (0..).zip(keep).filter(|(_, keep)| **keep).map(|(row, _)| (0, row));
        self.columns = Columns::gather(&[&self.columns], &rows.collect::<Vec<Source>>());
    }

    /// From the numbers of another context to those of this one.
    pub fn renumber(&mut self, words: &[Symbol], claims: &[Symbol]) {
        self.columns.renumber(words, claims);
    }
}

/// Rows of one kind with their indexes, ready to be added to a tier.
pub(crate) struct OnePart<R> {
    slice: Option<Slice>,
    _kind: PhantomData<fn(R)>,
}

impl<R> From<Batch<R>> for OnePart<R> {
    fn from(Batch { columns, .. }: Batch<R>) -> Self {
        let slice = (columns.len() > 0).then(|| Slice::new(Part::merged(&[&columns], |_, _| true)));
        Self { slice, _kind: PhantomData }
    }
}

/// Distances to one target, by its members.
type SeenOf = (Arc<[TerritoryId]>, Arc<Seen>);

/// Columns with their indexes. Never changes.
pub(crate) struct Part {
    pub columns: Columns,
    by_id: Vec<u32>,
    pub tree: PlaceTree,
    /// The greatest radius of a place.
    pub radius_max_m: f64,
    /// The rows that have a radius.
    pub with_radius: Rows,
    seen: Mutex<Vec<SeenOf>>,
    /// How near the nearest foreign territory may be to each row, NaN where nobody has asked.
    low_m: OnceLock<Vec<AtomicU64>>,
    near: Mutex<Vec<(NearBy, Arc<[u32]>)>>,
    pub told: Tellings,
    /// The places, as tiles have them.
    fine: Vec<Fine>,
}

/// "Near what, how near and how sure": what a part remembers the answer to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NearBy {
    pub of: NearTo,
    pub km: f64,
    pub certainty: Certainty,
    pub include_inside: bool,
}

/// What a part remembers to be near.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum NearTo {
    /// Some territories.
    Members(Arc<[TerritoryId]>),
    /// A set, with the members of the day of each row.
    Dated(String),
}

impl Part {
    fn new(columns: Columns) -> Self {
        let rows = 0..u32::try_from(columns.len()).unwrap_or(u32::MAX);
        let mut by_id: Vec<u32> = rows.clone().collect();
        by_id.par_sort_unstable_by_key(|&row| columns.ids[row as usize]);
        let mut row_of = Vec::with_capacity(columns.places.len());
        for row in rows {
            row_of.resize(columns.place_ends[row as usize] as usize, row);
        }
        let tree = PlaceTree::build(&row_of, &columns.places);
        Self::of(columns, by_id, tree)
    }

    /// Columns with the indexes that were made of them before.
    pub fn of(columns: Columns, by_id: Vec<u32>, tree: PlaceTree) -> Self {
        let (mut radius_max_m, mut with_radius) = (0.0_f64, Rows::none(columns.len()));
        for (row, radius_m) in columns.radius_m.iter().enumerate().filter(|(_, radius_m)| !radius_m.is_nan())
        {
            radius_max_m = radius_max_m.max(*radius_m);
            with_radius.insert(row);
        }
        let fine = columns.places.par_iter().with_min_len(1 << 10).map(|&place| fine_of(place)).collect();
        let (seen, low_m, near) = (Mutex::default(), OnceLock::new(), Mutex::default());
        let told = Tellings::default();
        Self { columns, by_id, tree, radius_max_m, with_radius, seen, low_m, near, told, fine }
    }

    /// Where the places of a row are on a tile.
    pub fn on_tile(&self, row: usize, tile: Tile) -> impl Iterator<Item = OnTile> {
        self.columns.places_range(row).filter_map(move |at| match tile.z {
            ..=FINE_ZOOM_MAX => tile.cell_of_fine(self.fine[at]),
            _ => tile.cell_of(world_of(self.columns.places[at])),
        })
    }

    /// How near and how far the nearest foreign territory of a row may be: found once for a row of one place.
    fn reach_foreign(&self, row: usize, borders: &BorderSet) -> Option<Reach> {
        let (nearest, places) = (self.columns.border[row].foreign.as_ref()?, self.columns.places(row));
        if places.len() != 1 {
            return Some(answer::reach_foreign(borders, places, nearest));
        }
        let unknown = || (0..self.columns.len()).map(|_| AtomicU64::new(f64::NAN.to_bits())).collect();
        let known = &self.low_m.get_or_init(unknown)[row];
        let low_m = f64::from_bits(known.load(Ordering::Relaxed));
        if low_m.is_nan() {
            let reach = answer::reach_foreign(borders, places, nearest);
            known.store(reach.low_m.to_bits(), Ordering::Relaxed);
            return Some(reach);
        }
        // Outside, only the near end depends on other stretches than the nearest.
        Some(Reach { low_m, ..Reach::around(nearest.distance_m, nearest.accuracy_m) })
    }

    /// The numbers of all rows.
    pub fn rows(&self) -> Range<u32> {
        0..u32::try_from(self.columns.len()).unwrap_or(u32::MAX)
    }

    /// The rows in the order of their ids.
    pub fn by_id(&self) -> &[u32] {
        &self.by_id
    }

    /// The rows that are near, ascending: found once, since a part never changes.
    pub fn near(&self, by: &NearBy, find: impl FnOnce() -> Vec<u32>) -> Arc<[u32]> {
        let known = |all: &Vec<(NearBy, Arc<[u32]>)>| {
            all.iter().find(|(key, _)| key == by).map(|(_, rows)| Arc::clone(rows))
        };
        if let Some(rows) = known(&self.near.lock().unwrap_or_else(PoisonError::into_inner)) {
            return rows;
        }
        // Without the lock: who asks for something else meanwhile does not wait.
        let rows: Arc<[u32]> = find().into();
        let mut all = self.near.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() == TARGETS_SEEN {
            all.remove(0);
        }
        all.push((by.clone(), Arc::clone(&rows)));
        rows
    }

    /// The rows of these columns that are to be kept, ascending by start.
    fn merged(from: &[&Columns], keep: impl Fn(usize, usize) -> bool) -> Self {
        let kept = |(at, number): (usize, u32)| {
            let (starts, keep) = (&from[at].start_s, &keep);
            let rows = (0..starts.len()).zip(0_u32..).filter(move |&(row, _)| keep(at, row));
            rows.map(move |(row, short)| (starts[row], (number, short)))
        };
        let mut order: Vec<(i64, Source)> = (0..from.len()).zip(0_u32..).flat_map(kept).collect();
        order.par_sort_unstable();
        let order: Vec<Source> = order.into_iter().map(|(_, source)| source).collect();
        Self::new(Columns::gather(from, &order))
    }

    fn of_slices(slices: &[Slice]) -> Self {
        let columns: Vec<&Columns> = slices.iter().map(|slice| &slice.part.columns).collect();
        Self::merged(&columns, |at, row| !slices[at].dead.has(row))
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
    pub fn none(of: usize) -> Self {
        Self(vec![0; of.div_ceil(64)])
    }

    pub fn words(&self) -> &[u64] {
        &self.0
    }

    pub fn of_words(words: Vec<u64>) -> Self {
        Self(words)
    }

    pub fn has(&self, row: usize) -> bool {
        self.0[row / 64] >> (row % 64) & 1 == 1
    }

    pub fn insert(&mut self, row: usize) {
        self.0[row / 64] |= 1 << (row % 64);
    }

    /// Those that are in another set of as many as well, ascending.
    pub fn also_in(&self, other: &Self) -> Vec<u32> {
        let both = || self.0.iter().zip(&other.0).map(|(a, b)| a & b);
        let mut rows = Vec::with_capacity(both().map(|word| word.count_ones() as usize).sum());
        for (mut word, first) in both().zip((0..).step_by(64)) {
            while word != 0 {
                rows.push(first + word.trailing_zeros());
                word &= word - 1;
            }
        }
        rows
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
        Self::of(part, Rows::none(rows))
    }

    pub fn of(part: Part, dead: Rows) -> Self {
        Self::sharing(Arc::new(part), Arc::new(dead))
    }

    /// Of a part that others have too.
    pub fn sharing(part: Arc<Part>, dead: Arc<Rows>) -> Self {
        let gone: usize = dead.0.iter().map(|word| word.count_ones() as usize).sum();
        Self { live: part.columns.len() - gone, part, dead }
    }

    /// Takes out a row that counts.
    pub fn remove(&mut self, row: usize) {
        Arc::make_mut(&mut self.dead).insert(row);
        self.live -= 1;
    }

    /// How many rows count.
    pub fn live(&self) -> usize {
        self.live
    }

    /// Whether most of its rows have been superseded.
    fn is_sparse(&self) -> bool {
        self.live * 2 < self.part.columns.len()
    }
}

/// How many of the last parts are no larger than the last one, by how many rows of each count. Parts of one level are within a factor
/// of four of each other.
fn of_last_level(live: &[usize]) -> usize {
    let level = |live: &usize| live.max(&1).ilog2() / 2;
    let Some(last) = live.last().map(level) else { return 0 };
    live.iter().rev().take_while(|live| level(live) <= last).count()
}

/// The parts of one kind of rows.
pub(crate) struct Tier<R> {
    slices: Vec<Slice>,
    _kind: PhantomData<fn(R)>,
}

impl<R> Default for Tier<R> {
    fn default() -> Self {
        Self { slices: Vec::new(), _kind: PhantomData }
    }
}

impl<R: TierRow> Tier<R> {
    pub fn new(slices: Vec<Slice>) -> Self {
        Self { slices, _kind: PhantomData }
    }

    pub fn slices(&self) -> &[Slice] {
        &self.slices
    }

    /// Adds rows as one part.
    pub fn add(&mut self, rows: impl Into<OnePart<R>>) {
        self.slices.extend(rows.into().slice);
    }

    /// Supersedes the row of this incident, if there is one here.
    pub fn remove(&mut self, id: IncidentId) {
        for slice in self.slices.iter_mut().rev() {
            if let Some(row) = slice.part.find(id)
                && !slice.dead.has(row)
            {
                return slice.remove(row);
            }
        }
    }

    /// How many rows [`Self::settle`] would move; a part without one counts as one.
    pub fn unsettled(&self) -> usize {
        let sparse = self.slices.iter().filter(|slice| slice.is_sparse());
        let mut rows: usize = sparse.map(|slice| slice.live.max(1)).sum();
        let mut live: Vec<usize> = self.slices.iter().map(Slice::live).collect();
        loop {
            let same = of_last_level(&live);
            if same < FAN_IN {
                return rows;
            }
            let merged = live.split_off(live.len() - same).into_iter().sum();
            live.push(merged);
            rows += merged;
        }
    }

    /// Merges parts that have become many or mostly dead; says whether anything was done.
    pub fn settle(&mut self) -> bool {
        let before = self.slices.len();
        self.slices.retain(|slice| slice.live > 0);
        let mut changed = self.slices.len() != before;
        for slice in &mut self.slices {
            if slice.is_sparse() {
                *slice = Slice::new(Part::of_slices(std::slice::from_ref(slice)));
                changed = true;
            }
        }
        loop {
            let live: Vec<usize> = self.slices.iter().map(Slice::live).collect();
            let same = of_last_level(&live);
            if same < FAN_IN {
                return changed;
            }
            let merged = Part::of_slices(&self.slices[self.slices.len() - same..]);
            self.slices.truncate(self.slices.len() - same);
            self.slices.push(Slice::new(merged));
            changed = true;
        }
    }
}

/// All incidents at one moment, as `V` may see them.
pub struct Snapshot<V = Public> {
    pub(crate) slices: Vec<Slice>,
    pub(crate) context: Arc<Context>,
    id: SnapshotId,
    len: usize,
    /// How many of the first slices everybody may see.
    public: usize,
    _view: PhantomData<fn() -> V>,
}

/// What everybody may see, at one moment.
pub type PublicSnapshot = Snapshot<Public>;

impl Snapshot<Public> {
    pub(crate) fn of(public: &Tier<PublicRow>, context: &Arc<Context>, head: Head) -> Self {
        let id = SnapshotId::new(head.seq, head.hash, context.borders_part);
        Self::new(public.slices.clone(), context, id, public.slices.len())
    }

    /// What was public at some time: rows of a public snapshot, and some that were in one.
    pub(crate) fn of_past(slices: Vec<Slice>, context: &Arc<Context>, id: SnapshotId) -> Self {
        let public = slices.len();
        Self::new(slices, context, id, public)
    }
}

impl Snapshot<Full> {
    pub(crate) fn of(
        public: &Tier<PublicRow>,
        staff: &Tier<StaffRow>,
        context: &Arc<Context>,
        head: Head,
    ) -> Self {
        let id = SnapshotId::new(head.seq, head.hash, context.borders_part);
        // Each incident is in one tier only: with its public form, or withheld.
        Self::new([public.slices.as_slice(), &staff.slices].concat(), context, id, public.slices.len())
    }

    /// Only what has no public form: drafts, what is under review or embargoed, what is masked or must not be passed on.
    #[must_use]
    pub fn withheld(&self) -> Self {
        Self::new(self.slices[self.public..].to_vec(), &self.context, self.id, 0)
    }
}

impl<V> Snapshot<V> {
    fn new(slices: Vec<Slice>, context: &Arc<Context>, id: SnapshotId, public: usize) -> Self {
        let len = slices.iter().map(|slice| slice.live).sum();
        Self { slices, context: Arc::clone(context), id, len, public, _view: PhantomData }
    }

    /// Its name: what is asked of it can be asked again by [`Store::pinned`](crate::Store::pinned).
    pub fn id(&self) -> SnapshotId {
        self.id
    }

    /// The number of the last record of the ledger that is in it.
    pub fn seq(&self) -> u64 {
        self.id.seq()
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
    /// `border.to` has the answer to the target that the query asked about. It is read from the disk: whoever has put one
    /// incident and is shown it knows that it is there.
    ///
    /// # Errors
    ///
    /// [`ReadError`] when the document cannot be read from the ledger, or is not what it was.
    pub fn feature(&self, row: &Row) -> Result<String, ReadError> {
        let mut json = self.document(row)?;
        json.pop();
        let standing = Standing::of(row, &self.context.borders);
        answer::Borders::new(&self.context).end_with_border(row, &standing, &mut json);
        String::from_utf8(json).map_err(|error| self.not_one(row, &error))
    }

    /// Many documents, with commas between them: the inside of the member `features` of a collection. They come from memory.
    ///
    /// # Errors
    ///
    /// As [`Self::feature`].
    pub fn features(&self, rows: &[Row]) -> Result<String, ReadError> {
        let mut all = Vec::with_capacity(rows.len() * 1_400);
        self.write_features(rows, |piece| all.extend_from_slice(piece))?;
        String::from_utf8(all).map_err(|error| self.not_one(&rows[0], &error))
    }

    /// Writes what [`Self::features`] gives in pieces, in order. They are made on all cores, and only some are in memory at
    /// a time: finding room for a long answer takes longer than making it.
    ///
    /// # Errors
    ///
    /// As [`Self::feature`]; what was written then is not to be used.
    pub fn write_features(&self, rows: &[Row], mut write: impl FnMut(&[u8])) -> Result<(), ReadError> {
        let mut pieces = vec![Vec::new(); rows.len().div_ceil(FEW).min(PIECES)];
        for (number, rows) in rows.chunks(FEW * PIECES).enumerate() {
            let make = |(piece, rows): (&mut Vec<u8>, &[Row])| {
                piece.clear();
                self.write(rows, piece)
            };
            if rows.len() <= FEW {
                make((&mut pieces[0], rows))?;
            } else {
                pieces.par_iter_mut().zip(rows.par_chunks(FEW)).try_for_each(make)?;
            }
            for (at, piece) in pieces[..rows.len().div_ceil(FEW)].iter().enumerate() {
                if number + at > 0 {
                    write(b",");
                }
                write(piece);
            }
        }
        Ok(())
    }

    /// Writes documents, with commas between them, into what is empty yet.
    fn write(&self, rows: &[Row], out: &mut Vec<u8>) -> Result<(), ReadError> {
        let mut borders = answer::Borders::new(&self.context);
        let held = self.context.documents.bodies();
        // As there, what is read of the columns of all comes from memory together.
        let positions: Vec<Position> = rows.iter().map(Row::position).collect();
        let standing: Vec<Standing> =
            rows.iter().map(|row| Standing::of(row, &self.context.borders)).collect();
        for ((row, body), standing) in rows.iter().zip(held.get_each(&positions)).zip(&standing) {
            if !out.is_empty() {
                out.push(b',');
            }
            match body {
                Some(body) => out.extend_from_slice(body),
                None => out.extend_from_slice(record::body(&self.document(row)?)),
            }
            borders.end_with_border(row, standing, out);
        }
        Ok(())
    }

    /// The incident itself, read from the ledger.
    ///
    /// # Errors
    ///
    /// As [`Self::feature`].
    pub fn incident(&self, row: &Row) -> Result<Incident, ReadError> {
        serde_json::from_slice(&self.document(row)?).map_err(|error| self.not_one(row, &error))
    }

    /// Something of each of these incidents, made on all cores; documents come from memory as far as they are there.
    ///
    /// # Errors
    ///
    /// As [`Self::feature`].
    pub fn incidents<T: Send>(
        &self,
        rows: &[Row],
        of: impl Fn(&Incident) -> T + Sync,
    ) -> Result<Vec<T>, ReadError>
    where
        V: Sync,
    {
        let of_one = |buffer: &mut Vec<u8>, row: &Row| {
            let held = self.context.documents.bodies();
            let Some(body) = held.get(row.position()) else {
                drop(held);
                return Ok(of(&self.incident(row)?));
            };
            buffer.clear();
            buffer.extend_from_slice(body);
            buffer.push(b'}');
            drop(held);
            serde_json::from_slice(buffer)
                .map(|incident| of(&incident))
                .map_err(|error| self.not_one(row, &error))
        };
        rows.par_iter().with_min_len(64).map_init(Vec::new, of_one).collect()
    }

    /// The document as the ledger on the disk has it.
    fn document(&self, row: &Row) -> Result<Vec<u8>, ReadError> {
        let frame = self.context.documents.read(row.position())?;
        record::feature(&frame).ok_or_else(|| self.not_one(row, &"no Feature"))
    }

    fn not_one(&self, row: &Row, problem: &dyn std::fmt::Display) -> ReadError {
        ReadError::NotAnIncident { position: row.position(), problem: problem.to_string() }
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

    /// What happened, where a word of the vocabulary says it.
    pub fn event_type(&self) -> Option<EventType> {
        EventType::ALL.get(usize::from(self.part.columns.event_type[self.row])).copied()
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
        match self.to.as_ref()?.found()? {
            answer::Reached::Territory(_, nearest, _) => Some(nearest),
            answer::Reached::Place(..) => None,
        }
    }

    /// How near and how far that territory may be, or the nearest foreign one when the query asked about none; `borders` are the
    /// store's.
    pub fn reach(&self, borders: &BorderSet) -> Option<Reach> {
        match self.to.as_ref().and_then(answer::To::found) {
            Some(answer::Reached::Territory(_, _, reach)) => Some(*reach),
            _ => self.reach_foreign(borders),
        }
    }

    pub(crate) fn reach_foreign(&self, borders: &BorderSet) -> Option<Reach> {
        self.part.reach_foreign(self.row, borders)
    }
}

impl std::fmt::Debug for Row {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Row").field("id", &self.id()).field("title", &self.title()).finish()
    }
}
