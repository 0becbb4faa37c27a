//! The store as it was: what everybody could see after some record of the ledger, as far as it may still be told.
//!
//! Most of what is public now was so then. So a past is made of the parts of the present, less the rows that came later,
//! and of one part more: the revisions that have been superseded since, read from the ledger. What has been hidden
//! since ([`may_still_be_told`]) or erased is taken out whenever the present has moved on; the rest of a past never
//! changes. Its rows are told by the same code as those of the present, so a question pinned to a snapshot's name
//! ([`crate::SnapshotId`]) is answered with the same bytes as then; and is refused, whatever it asks for, once something
//! that was public in it may not be told any more: an answer that differed only where that was would tell where it was.
//!
//! Cost: a look at each row of the present, and reading and measuring what was revised since, on half of the cores, so
//! that readers of the present keep theirs. One past is made at a time, and the last [`KEPT`] are kept. Memory: of these,
//! the revised rows and one bit a row; parts of the present are held weakly and go when they are merged.
//!
//! Limits: a past begins and ends with a whole batch. A moment is found by `recorded_at`, which for the records of a file
//! is when reading it began. Of a damaged ledger there is no past.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use kordon_incidents::IncidentId;
use rayon::prelude::*;
use serde::Deserialize;

use crate::erase::Erasure;
use crate::ledger::{Documents, Kept, Position, ReadError};
use crate::merkle;
use crate::project::{Record, may_still_be_told, project};
use crate::record::Hash;
use crate::snapshot::{Batch, Part, PublicRow, PublicSnapshot, Rows, Slice, Tier};
use crate::snapshot_id::SnapshotId;
use crate::store::{Current, Store, incident_of};

/// How many pasts are kept.
const KEPT: usize = 2;
/// Where nothing lies yet.
const NOWHERE: Position = Position { segment: 0, offset: 0, len: 0 };

/// A moment in the life of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// After this record of the ledger; 0 is before the first.
    Record(u64),
    /// The end of this UTC second since 1970.
    Second(i64),
}

/// Why the past is not told.
#[derive(Debug, thiserror::Error)]
pub enum PastError {
    /// The ledger could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The ledger has fewer records.
    #[error("the ledger has {last} records: this is another store, or an older copy")]
    NotYet {
        /// How many it has.
        last: u64,
    },
    /// The name is of a snapshot of other records.
    #[error("the snapshot is of another store, or of a later state of it than this copy has")]
    OtherStore,
    /// The name is of a snapshot with other borders, or with these seen otherwise.
    #[error(
        "the snapshot measured to other borders, or saw them in another world view, on another day or with other sets of countries"
    )]
    OtherBorders,
    /// The name was given by a version of the program that writes answers otherwise.
    #[error("the snapshot was named by a version of Kordon that writes answers in another form")]
    OtherForm,
    /// Something that was public in it may not be shown any more, or what was hidden may be shown again.
    #[error("some of what was public in the snapshot has been hidden or erased since")]
    Hidden {
        /// The last record of the snapshot.
        seq: u64,
    },
}

/// Pasts that were asked for.
#[derive(Default)]
pub(crate) struct Pasts {
    /// The one that was asked for last stands last. Locked for moments only.
    kept: Mutex<Vec<Past>>,
    /// Locked by the one that makes a past, or compares a kept one with the present.
    clock: Mutex<Clock>,
}

impl Store {
    /// What everybody could see at that moment, as far as it may still be told. Waits while another past is made.
    ///
    /// # Errors
    ///
    /// [`PastError::NotYet`]; [`PastError::Read`], also for a damaged ledger.
    pub fn as_of(&self, moment: Moment) -> Result<Arc<PublicSnapshot>, PastError> {
        if let Some(kept) = self.kept_as_of(moment) {
            return Ok(kept);
        }
        if self.is_damaged() {
            return Err(ReadError::Damaged.into());
        }
        let pasts = self.pasts();
        let mut clock = pasts.clock.lock().unwrap_or_else(PoisonError::into_inner);
        // Under the lock, so that what a past was compared with is never newer than this.
        let now = self.public();
        let (mut ledger, last) = (Reader::new(self.documents()), now.seq());
        let seq = match moment {
            Moment::Record(seq) if seq > last => return Err(PastError::NotYet { last }),
            Moment::Record(seq) => seq,
            Moment::Second(second) => clock.at(second, last, &mut ledger)?,
        };
        if seq == last {
            return Ok(now);
        }
        let end = ledger.whole_batches(seq)?;
        let present = Present { store: self, now: &now, end: ledger.end(last)? };
        let known = pasts.take(end.seq);
        let (then, mut past) = match known.and_then(|past| Some((past.then.slices()?, past))) {
            Some(known) => known,
            None => Past::make(end, &present)?,
        };
        let shown = past.take_out(then, &present)?;
        let snapshot = PublicSnapshot::of_past(shown, self.context(), past.name);
        pasts.keep(past);
        Ok(Arc::new(snapshot))
    }

    /// Whether [`Self::as_of`] has nothing to read and waits for nobody.
    pub fn is_at_hand(&self, moment: Moment) -> bool {
        self.kept_as_of(moment).is_some()
    }

    fn kept_as_of(&self, moment: Moment) -> Option<Arc<PublicSnapshot>> {
        let Moment::Record(seq) = moment else { return None };
        let mut kept = self.pasts().kept.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.public();
        let at = kept.iter().position(|past| past.end.seq == seq && past.compared.seq == now.seq())?;
        let past = kept.remove(at);
        let (shown, name) = (past.shown.slices(), past.name);
        kept.push(past);
        Some(Arc::new(PublicSnapshot::of_past(shown?, self.context(), name)))
    }

    /// Whether everybody may be told of an incident that it is there, or that it was and does not stand any more: by the same
    /// rule as what it said in the past. Of one that was erased, whether it was public.
    ///
    /// # Errors
    ///
    /// [`ReadError`] when a revision cannot be read.
    pub fn may_be_told(&self, id: IncidentId) -> Result<bool, ReadError> {
        let (current, revisions) = {
            let index = self.index().read().unwrap_or_else(PoisonError::into_inner);
            (index.current(id).copied(), index.revisions(id))
        };
        let Some(Current { position, erased, .. }) = current else { return Ok(false) };
        if erased {
            let frame = self.documents().read(position)?;
            return Ok(Erasure::read(&frame, position)?.properties.was_public);
        }
        let read = |position| Ok(Record::new(incident_of(&self.documents().read(position)?, position)?));
        may_still_be_told(revisions.into_iter().rev().map(read))
    }

    /// The snapshot of that name: a question to it has the same answer as it had then.
    ///
    /// # Errors
    ///
    /// [`PastError`] says why it cannot be given any more, or not here.
    pub fn pinned(&self, id: &SnapshotId) -> Result<Arc<PublicSnapshot>, PastError> {
        if !id.has_form_of_now() {
            return Err(PastError::OtherForm);
        }
        let snapshot = match self.as_of(Moment::Record(id.seq())) {
            Err(PastError::NotYet { .. }) => return Err(PastError::OtherStore),
            found => found?,
        };
        if !snapshot.id().has_records_of(id) {
            return Err(PastError::OtherStore);
        }
        if !id.has_borders_of(self.context().borders_part) {
            return Err(PastError::OtherBorders);
        }
        if snapshot.id() != *id {
            return Err(PastError::Hidden { seq: id.seq() });
        }
        Ok(snapshot)
    }
}

impl Pasts {
    /// A kept past, to be kept again.
    fn take(&self, seq: u64) -> Option<Past> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().position(|past| past.end.seq == seq)?;
        Some(kept.remove(at))
    }

    fn keep(&self, past: Past) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == KEPT {
            kept.remove(0);
        }
        kept.push(past);
    }
}

/// A record after which a batch is complete, or the beginning of the ledger.
#[derive(Clone, Copy)]
struct End {
    seq: u64,
    hash: Hash,
    position: Position,
}

impl End {
    fn is_before(&self, position: Position) -> bool {
        let of = |position: Position| (position.segment, position.offset);
        of(self.position) < of(position)
    }
}

/// What a past is made from and compared with.
struct Present<'a> {
    store: &'a Store,
    now: &'a PublicSnapshot,
    end: End,
}

/// What was public at the end of some batch.
struct Past {
    end: End,
    then: Held,
    /// The same without what has been hidden since.
    shown: Held,
    /// What has.
    hidden: BTreeSet<IncidentId>,
    /// Up to where the ledger was looked at for that.
    compared: End,
    /// The name of what is shown.
    name: SnapshotId,
}

/// Rows, of which those in parts of the present go when these go.
struct Held {
    shared: Vec<(Weak<Part>, Arc<Rows>)>,
    own: Vec<Slice>,
}

impl Held {
    /// Of slices of which the last ones are nowhere else.
    fn of(slices: &[Slice], own: usize) -> Self {
        let (shared, own) = slices.split_at(slices.len() - own);
        let weak = |slice: &Slice| (Arc::downgrade(&slice.part), Arc::clone(&slice.dead));
        Self { shared: shared.iter().map(weak).collect(), own: own.to_vec() }
    }

    /// The rows; `None` when some part of the present is gone.
    fn slices(&self) -> Option<Vec<Slice>> {
        let shared = self.shared.iter();
        let shared = shared.map(|(part, dead)| Some(Slice::sharing(part.upgrade()?, Arc::clone(dead))));
        let mut slices: Vec<Slice> = shared.collect::<Option<_>>()?;
        slices.extend_from_slice(&self.own);
        Some(slices)
    }
}

/// An incident that was there and about which something was recorded later.
struct Revised {
    id: IncidentId,
    current: Current,
    /// Its revisions, oldest first.
    revisions: Vec<Position>,
}

impl Past {
    /// With its rows, which it does not hold itself.
    fn make(end: End, present: &Present<'_>) -> Result<(Vec<Slice>, Self), PastError> {
        let mut then = Vec::new();
        for slice in &present.now.slices {
            let mut dead = Rows::clone(&slice.dead);
            for (row, &position) in slice.part.columns.position.iter().enumerate() {
                if end.is_before(position) {
                    dead.insert(row);
                }
            }
            let slice = Slice::sharing(Arc::clone(&slice.part), Arc::new(dead));
            then.extend((slice.live() > 0).then_some(slice));
        }
        let own = superseded(end, &then, present)?;
        then.extend_from_slice(&own);
        let past = Self {
            end,
            then: Held::of(&then, own.len()),
            shown: Held::of(&then, own.len()),
            hidden: BTreeSet::new(),
            compared: end,
            name: SnapshotId::new(end.seq, end.hash, present.store.context().borders_part),
        };
        Ok((then, past))
    }

    /// Finds out what has been hidden since it was last compared with the present, and takes it out of what was public
    /// then.
    fn take_out(&mut self, then: Vec<Slice>, present: &Present<'_>) -> Result<Vec<Slice>, PastError> {
        for revised in present.revised_after(self.compared, self.end) {
            match self.is_hidden(&revised, &then, present)? {
                Some(true) => _ = self.hidden.insert(revised.id),
                Some(false) => _ = self.hidden.remove(&revised.id),
                None => {}
            }
        }
        let mut shown = then;
        for id in &self.hidden {
            if let Some((at, row)) = find(&shown, *id) {
                shown[at].remove(row);
            }
        }
        self.shown = Held::of(&shown, self.then.own.len());
        self.name = self.name.without(self.hidden.iter());
        self.compared = present.end;
        Ok(shown)
    }

    /// Whether an incident has been hidden since; `None` when it was not public in this past.
    fn is_hidden(
        &self,
        revised: &Revised,
        then: &[Slice],
        present: &Present<'_>,
    ) -> Result<Option<bool>, PastError> {
        let Revised { id, current, revisions } = revised;
        let documents = present.store.documents();
        if current.erased {
            // What its records said is gone: also which of them was public.
            let frame = documents.read(current.position)?;
            let was_public = Erasure::read(&frame, current.position)?.properties.was_public;
            return Ok(was_public.then_some(true));
        }
        if find(then, *id).is_none() {
            return Ok(None);
        }
        if present.now.get(*id).is_some() {
            return Ok(Some(false));
        }
        let later = revisions.iter().rev().take_while(|&&position| self.end.is_before(position));
        let read = |&position: &Position| match documents.read(position) {
            Ok(frame) => Ok(Some(Record::new(incident_of(&frame, position)?))),
            // Just now, by another thread: the next comparison hears of it.
            Err(ReadError::Erased(_)) => Ok(None),
            Err(error) => Err(error),
        };
        let told = may_still_be_told(later.filter_map(|position| read(position).transpose()))?;
        Ok(Some(!told))
    }
}

/// The row of an incident: its slice, and its number there.
fn find(slices: &[Slice], id: IncidentId) -> Option<(usize, usize)> {
    slices.iter().enumerate().find_map(|(at, slice)| {
        let row = slice.part.find(id).filter(|&row| !slice.dead.has(row))?;
        Some((at, row))
    })
}

impl Present<'_> {
    /// The incidents that were there at `then` and of which something was recorded after `since`.
    fn revised_after(&self, since: End, then: End) -> Vec<Revised> {
        let index = self.store.index().read().unwrap_or_else(PoisonError::into_inner);
        let revised = index.earlier.iter().filter_map(|(&id, earlier)| {
            let current = *index.current(id)?;
            let was_there = earlier.first().is_some_and(|&first| !then.is_before(first));
            let is_revised = since.is_before(current.position) && was_there;
            is_revised.then(|| Revised { id, current, revisions: index.revisions(id) })
        });
        revised.collect()
    }
}

/// The rows of `then` that are in no part of the present.
fn superseded(then: End, shared: &[Slice], present: &Present<'_>) -> Result<Vec<Slice>, PastError> {
    let store = present.store;
    let (documents, context) = (store.documents(), store.context());
    let revised = present.revised_after(then, then).into_iter();
    // One that was revised after this present was taken is still in a part of it.
    let revised = revised.filter(|one| !one.current.erased && find(shared, one.id).is_none());
    let last = |one: Revised| one.revisions.into_iter().rfind(|&position| !then.is_before(position));
    let mut positions: Vec<Position> = revised.filter_map(last).collect();
    positions.sort_unstable_by_key(|position| (position.segment, position.offset));
    let row = |&position: &Position| {
        let frame = match documents.read(position) {
            Err(ReadError::Erased(_)) => return Ok(None),
            frame => frame?,
        };
        let record = Record::new(incident_of(&frame, position)?);
        Ok(project(&record).map(|public| PublicRow::new(&public, position, context)))
    };
    let make = || {
        let rows: Vec<Option<PublicRow>> =
            positions.par_iter().with_min_len(64).map(row).collect::<Result<_, ReadError>>()?;
        let mut tier = Tier::default();
        tier.add(Batch::of(rows.into_iter().flatten().collect(), context));
        Ok(tier.slices().to_vec())
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    match rayon::ThreadPoolBuilder::new().num_threads(cores.div_ceil(2)).build() {
        Ok(half_of_the_cores) => half_of_the_cores.install(make),
        Err(_) => make(),
    }
}

/// Reads the ledger record by record, and keeps the block that it read last.
struct Reader<'a> {
    documents: &'a Documents,
    block: Option<(u64, Vec<Kept>)>,
}

impl<'a> Reader<'a> {
    fn new(documents: &'a Documents) -> Self {
        Self { documents, block: None }
    }

    /// Record `seq`, which there is.
    fn record(&mut self, seq: u64) -> Result<&Kept, ReadError> {
        let number = (seq - 1) / merkle::BLOCK;
        let block = match self.block.take().filter(|(known, _)| *known == number) {
            Some((_, block)) => block,
            None => self.documents.block(number)?,
        };
        let (_, block) = self.block.insert((number, block));
        block.iter().find(|kept| kept.link.seq == seq).ok_or(ReadError::Damaged)
    }

    /// The last record of the last batch that ends with `seq` or before.
    fn whole_batches(&mut self, seq: u64) -> Result<End, ReadError> {
        if seq == 0 {
            return self.end(0);
        }
        let link = self.record(seq)?.link;
        let is_last = link.index + 1 == link.of;
        self.end(if is_last { seq } else { seq - u64::from(link.index) - 1 })
    }

    fn end(&mut self, seq: u64) -> Result<End, ReadError> {
        if seq == 0 {
            // The first record follows the header, whose hash stands for the store.
            let hash = self.record(1)?.link.prev;
            return Ok(End { seq, hash, position: NOWHERE });
        }
        let Kept { link, position, .. } = self.record(seq)?;
        Ok(End { seq, hash: link.hash, position: *position })
    }
}

/// When the batches of a ledger were recorded.
///
/// Clocks go back at times, and a file may be long on its way. So a moment is the end of the last batch before the
/// first one that was recorded later: what is appended never changes where it is, and nothing later is in it.
#[derive(Default)]
struct Clock {
    /// The last record that was looked at.
    seen: u64,
    /// Batches that were recorded later than all before: when, and after which record they begin. Ascending.
    later: Vec<(i64, u64)>,
}

/// A record, for its time.
#[derive(Deserialize)]
struct Dated {
    properties: When,
}

#[derive(Deserialize)]
struct When {
    recorded_at: Option<String>,
}

impl Clock {
    /// The last record that was there at the end of this second, of the `last` ones that there are.
    fn at(&mut self, second: i64, last: u64, ledger: &mut Reader<'_>) -> Result<u64, ReadError> {
        while self.seen < last {
            let first = ledger.record(self.seen + 1)?.link;
            let end = self.seen + u64::from(first.of);
            if let Some(recorded) = recorded(self.seen, end, ledger)?
                && self.later.last().is_none_or(|(before, _)| *before < recorded)
            {
                self.later.push((recorded, self.seen));
            }
            self.seen = end;
        }
        let at = self.later.partition_point(|(recorded, _)| *recorded <= second);
        Ok(self.later.get(at).map_or(last, |(_, before)| (*before).min(last)))
    }
}

/// When the last record of the batch from after `start` to `end` was recorded that is not erased.
fn recorded(start: u64, end: u64, ledger: &mut Reader<'_>) -> Result<Option<i64>, ReadError> {
    for seq in (start + 1..=end).rev() {
        let frame = &ledger.record(seq)?.frame;
        let dated: Option<Dated> = serde_json::from_slice(&frame[1..]).ok();
        let text = dated.and_then(|dated| dated.properties.recorded_at);
        if let Some(time) = text.and_then(|text| text.parse::<jiff::Timestamp>().ok()) {
            return Ok(Some(time.as_second()));
        }
    }
    Ok(None)
}
