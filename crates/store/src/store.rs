//! The store: puts incidents into the ledger, and shows what is there as snapshots.
//!
//! One writes at a time. Callers hand their batches to a thread and wait; it takes all that are waiting, writes them as
//! one batch of the ledger with one fsync, makes them visible, and only then answers. Who comes alone with a few incidents
//! writes them without waiting for that thread to wake up. So an answer means: on the disk, and seen by every query that begins
//! now.
//!
//! An incident is known by its id and by each of its `same_as`, for ever: a key that once named it still does
//! after a revision that no longer mentions it. Of a report whose keys name different incidents, the one that
//! is named by its id, else by its first key, is revised; the keys stay with their owners.
//!
//! Cost: 32 bytes per key and about 64 per incident, beside the snapshot.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard};
use std::thread::JoinHandle;
use std::time::Duration;
use std::{fmt, io, iter};

use arc_swap::ArcSwap;
use kordon_borders::{BorderSet, LonLat, distance};
use kordon_incidents::{EventDate, Incident, IncidentId, Properties, RecordStatus};
use rayon::prelude::*;
use serde::Serialize;

use crate::bulk::{Bulk, Ready};
use crate::cache::{self, Cached, Draft};
use crate::cores::FEW;
use crate::doubt;
use crate::erase::{Erased, Erasure, Reason, Withdrawn};
use crate::evidence;
use crate::known::Known;
use crate::layers::Layers;
use crate::ledger::{
    self, AppendError, DamagedAt, Documents, Entry, Frame, Ledger, Log, OpenError, Position, ReadError,
    Recovery, Sealed, Seen, Window,
};
use crate::note::{Checkpoint, PublicKey, Signer};
use crate::packing::Packing;
use crate::past::Pasts;
use crate::project::{Record, is_free, is_public, project};
use crate::record::{self, Hash, Link, Op};
use crate::snapshot::{Batch, Context, Full, OnePart, Public, PublicRow, Snapshot, StaffRow, Tier, TierRow};
use crate::units::Units;

/// Waiting batches are written together up to about so many incidents.
const GROUP_MAX: usize = 100_000;
/// The index is kept for the next start once it has so many records more than the one that was kept before.
const KEPT_EVERY: u64 = 10_000;
/// How often whoever waits for packing looks whether it is done, or whether its waiting is over.
const PACKING_POLL: Duration = Duration::from_millis(10);

/// How a store is opened.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Make one if there is none.
    pub create: bool,
    /// Write nothing at all; needs no lock, and works on a disk that cannot be written.
    pub read_only: bool,
}

/// Who puts a revision on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author(String);

impl Author {
    /// By the name that `recorded_by` will have.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.0
    }
}

/// What became of one incident that was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is new.
    Accepted,
    /// It was there, and now says something else.
    Updated,
    /// It was there and says the same, or it was erased and is not to come back; nothing was written.
    Unchanged,
}

/// What became of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Put {
    /// New incidents.
    pub accepted: usize,
    /// Revised ones.
    pub updated: usize,
    /// Those that were there already, saying the same.
    pub unchanged: usize,
    /// Of the last two, those that were withdrawn and stay so, since nothing said that they are to come back.
    pub withdrawn: usize,
    /// Of the new and the revised ones, those that not everybody may see; and of those that say the same, those that stay so although
    /// their file would publish them.
    pub withheld: usize,
    /// Of the revised ones, which batch of the ledger had said what they said before.
    pub replaced: BTreeMap<u64, Replaced>,
    /// What became of each, in the order they were put.
    pub ids: Vec<(IncidentId, Outcome)>,
    /// Number of the last record of the ledger that is visible.
    pub seq: u64,
    /// Number of the batch that a file became by [`Store::load`]; `None` when nothing of it was written, and of single reports,
    /// which may be written together with those of others.
    pub batch: Option<u64>,
}

impl Put {
    /// Adds what became of more incidents of the same file; [`Put::ids`], [`Put::seq`] and [`Put::batch`] stay.
    pub fn absorb(&mut self, more: Self) {
        let Self { accepted, updated, unchanged, withdrawn, withheld, replaced, ids: _, seq: _, batch: _ } =
            more;
        self.accepted += accepted;
        self.updated += updated;
        self.unchanged += unchanged;
        self.withdrawn += withdrawn;
        self.withheld += withheld;
        for (batch, more) in replaced {
            self.replaced.entry(batch).or_default().extend(more);
        }
    }

    /// Takes back what was added by [`Put::absorb`], of what was added last.
    pub fn retract(&mut self, less: &Self) {
        let Self { accepted, updated, unchanged, withdrawn, withheld, replaced, ids: _, seq: _, batch: _ } =
            less;
        self.accepted -= accepted;
        self.updated -= updated;
        self.unchanged -= unchanged;
        self.withdrawn -= withdrawn;
        self.withheld -= withheld;
        for (batch, less) in replaced {
            if let Some(replaced) = self.replaced.get_mut(batch) {
                replaced.all.retract(&less.all);
                replaced.elsewhere.retract(&less.elsewhere);
            }
        }
        self.replaced.retain(|_, replaced| replaced.all.count > 0);
    }
}

/// Incidents whose last revision came in one batch, and which have another now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replaced {
    /// All of them.
    pub all: Counted,
    /// Those that are at another time and in another place now, as another event would be.
    pub elsewhere: Counted,
}

/// How many incidents, and what the first few are known by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// How many.
    pub count: usize,
    /// A `same_as`, or the id, of the first.
    pub names: Vec<String>,
}

impl Replaced {
    fn of(before: &Incident, now: &Incident) -> Self {
        let name = now.properties.same_as.first().or(before.properties.same_as.first());
        let all = Counted { count: 1, names: vec![name.cloned().unwrap_or_else(|| now.id.to_string())] };
        let elsewhere = if is_elsewhere(before, now) { all.clone() } else { Counted::default() };
        Self { all, elsewhere }
    }

    pub(crate) fn extend(&mut self, more: Self) {
        self.all.extend(more.all);
        self.elsewhere.extend(more.elsewhere);
    }
}

impl Counted {
    const NAMES: usize = 3;

    fn extend(&mut self, more: Self) {
        self.count += more.count;
        let room = Self::NAMES - self.names.len();
        self.names.extend(more.names.into_iter().take(room));
    }

    fn retract(&mut self, less: &Self) {
        self.count -= less.count;
        for name in &less.names {
            if let Some(last) = self.names.iter().rposition(|known| known == name) {
                self.names.remove(last);
            }
        }
    }
}

/// Whether two reports cannot be of one event: neither their times nor their places touch.
fn is_elsewhere(one: &Incident, other: &Incident) -> bool {
    let (a, b) = (one.times(), other.times());
    let radii_m: f64 =
        [one, other].map(|incident| incident.radius().meters.unwrap_or(f64::INFINITY)).iter().sum();
    let mut pairs = one.places.iter().flat_map(|a| other.places.iter().map(move |b| (a, b))).peekable();
    (a.end_s <= b.start_s || b.end_s <= a.start_s)
        && pairs.peek().is_some()
        && pairs.all(|(a, b)| distance(*a, *b).get() > radii_m)
}

/// Why nothing was put.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PutError {
    /// The ledger did not take it.
    #[error(transparent)]
    Ledger(#[from] AppendError),
    /// The revision to compare with could not be read.
    #[error("comparing with what is stored: {0}")]
    Read(Arc<ReadError>),
    /// There is no incident of this id.
    #[error("there is no incident {0}")]
    NoSuchIncident(IncidentId),
    /// The report speaks of an incident that was withdrawn or merged, and does not say that it is to come back.
    #[error("the incident {0} was withdrawn or merged")]
    Withdrawn(IncidentId),
    /// The report speaks of an incident that was erased.
    #[error("the incident {0} was erased")]
    Erased(IncidentId),
    /// An incident cannot be written as JSON.
    #[error("incident {0} cannot be written: {1}")]
    NotJson(IncidentId, String),
    /// The documents of a file, kept aside until it is put, could not be read back.
    #[error("reading back what was set aside: {0}")]
    SetAside(Arc<io::Error>),
    /// Two incidents are not to be one, or not to be two again.
    #[error("{0}")]
    NotMerged(NotMerged),
    /// The store is closing.
    #[error("the store is closing")]
    Closing,
}

/// Why two incidents did not become one, or two again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotMerged {
    /// An incident and itself.
    #[error("an incident cannot be merged into itself")]
    Itself,
    /// What the first says may not be seen by all who may see the second.
    #[error(
        "{from} is withheld from the public and {into} is not: merging would publish its sources; merge {into} into {from}"
    )]
    WouldPublish {
        /// The one that is withheld.
        from: IncidentId,
        /// The one that is public.
        into: IncidentId,
    },
    /// It was not merged into another.
    #[error("{0} is not merged into another incident")]
    NotMerged(IncidentId),
    /// What it was merged into went on into a third, with all that it had brought.
    #[error("{id} was merged into {into}, and that into another incident: unmerge {into} first")]
    MergedOn {
        /// The one that is to be an incident of its own again.
        id: IncidentId,
        /// The one that it was merged into.
        into: IncidentId,
    },
}

impl PutError {
    /// Whether the disk is full: what is stored stays, and nothing more is taken.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Ledger(AppendError::Full))
    }
}

/// The place in a store at which something is off.
#[derive(Debug, thiserror::Error)]
pub enum Damage {
    /// The ledger is not as it was written.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Ledger(Vec<DamagedAt>),
    /// The ledger cannot be walked.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A record is sound but no incident.
    #[error(transparent)]
    Document(#[from] ReadError),
    /// The store is not what a checkpoint says that it was.
    #[error("{0}")]
    Checkpoint(String),
    /// The index does not say what the documents say.
    #[error("incident {id}: {problem}")]
    Index {
        /// Which incident.
        id: IncidentId,
        /// What differs.
        problem: String,
    },
}

/// What a walk through a sound store has seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VerifyReport {
    /// Records of the ledger.
    pub records: u64,
    /// Batches of the ledger.
    pub batches: u64,
    /// Incidents, withdrawn ones included.
    pub incidents: usize,
    /// Those of them that everybody may see.
    pub public: usize,
    /// Records whose body was erased, as later records say.
    pub erased: u64,
    /// Hash of the last record.
    pub head: Hash,
    /// Root of the Merkle tree over all records.
    pub root: Hash,
    /// Size and root, signed: whoever keeps it elsewhere can tell whether the store was rewritten since. `None` when
    /// the key is not here, or not to be read by this process.
    pub checkpoint: Option<String>,
    /// Bytes behind the last complete batch, never acknowledged.
    pub torn_bytes: u64,
}

impl fmt::Display for VerifyReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { records, batches, incidents, public, erased, head, root, torn_bytes, .. } = self;
        write!(
            out,
            "{records} records in {batches} batches, {incidents} incidents, {public} public; head {head}; root {root}"
        )?;
        if *erased > 0 {
            write!(out, "; {erased} records are erased")?;
        }
        if *torn_bytes > 0 {
            write!(out, "; {torn_bytes} bytes of a batch that was never acknowledged")?;
        }
        Ok(())
    }
}

/// What shows that revisions are in the ledger of a signed checkpoint.
#[derive(Clone, Debug, Serialize)]
pub struct Proofs {
    /// What checks the signature.
    pub key: Option<String>,
    /// The signed checkpoint; `None` when the key is not here.
    pub checkpoint: Option<String>,
    /// Each revision, oldest first.
    pub revisions: Vec<Proof>,
}

/// What shows that the ledger has only grown: see [`is_extended`](crate::is_extended).
#[derive(Clone, Debug, Serialize)]
pub struct Extension {
    /// The consistency proof.
    pub path: Vec<Hash>,
    /// The signed checkpoint of now; `None` when the key is not here.
    pub checkpoint: Option<String>,
}

/// What shows that one record is in the ledger: see [`is_included`](crate::is_included).
#[derive(Clone, Debug, Serialize)]
pub struct Proof {
    /// Its place, and what it has committed to.
    #[serde(flatten)]
    pub link: Link,
    /// The record without RS and LF: its salt and its body give the commitment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// The siblings on its way to the root, lowest first.
    pub path: Vec<Hash>,
}

impl Proof {
    /// The same proof for somebody who may know that there is a record, and not what it says.
    #[must_use]
    pub fn without_content(self) -> Self {
        Self { record: None, ..self }
    }
}

/// A store, open. Share it behind an [`Arc`]; dropping it waits for what is being written.
///
/// ```
/// # use std::sync::Arc;
/// # use kordon_borders::{BorderSet, LonLat};
/// # use kordon_incidents::{EventDate, Incident, IncidentId, Properties};
/// # use kordon_store::{Author, Of, Options, Query, Store, Within};
/// # let dir = tempfile::tempdir()?;
/// # let properties = Properties::new(EventDate::parse("2023-08-02")?);
/// # let id = IncidentId::from_random([7; 16]);
/// # let places = vec![LonLat::new(28.8372, 45.3512)?];
/// # let incident = Incident { id, places, properties };
/// let borders = Arc::new(BorderSet::natural_earth()?);
/// let store = Store::open(dir.path(), Arc::clone(&borders), Options { create: true, read_only: false })?;
/// store.put(vec![incident], &Author::new("desk"))?;
///
/// let near = Within::new(Of::parse("ROU", &borders)?, 10.0);
/// let found = store.public().find(&Query { within: Some(near), ..Query::default() });
/// assert_eq!(found.matched, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Store {
    shared: Arc<Shared>,
    dir: PathBuf,
    queue: Option<Sender<Work>>,
    writer: Arc<Mutex<Writer>>,
    thread: Option<JoinHandle<()>>,
    pasts: Pasts,
    layers: Layers,
    units: Units,
}

/// What readers and the writer share.
struct Shared {
    context: Arc<Context>,
    public: ArcSwap<Snapshot<Public>>,
    full: ArcSwap<Snapshot<Full>>,
    index: RwLock<Index>,
    refusal: Mutex<Option<AppendError>>,
    /// How much was handed to the thread that writes and is not done by it.
    waiting: AtomicUsize,
    signer: Option<Arc<Signer>>,
    /// What the whole ledger is like, once that is known.
    recovery: OnceLock<Recovery>,
}

/// Which record of the ledger speaks for which incident.
#[derive(Clone, Default)]
pub(crate) struct Index {
    pub current: Known<Current>,
    pub keys: Known<IncidentId>,
    /// Earlier revisions of those that have any, oldest first.
    pub earlier: HashMap<IncidentId, Vec<Position>>,
}

#[derive(Clone, Copy)]
pub(crate) struct Current {
    pub position: Position,
    pub withdrawn: bool,
    /// It was erased, and this record says so.
    pub erased: bool,
}

impl Current {
    pub fn new(incident: &Incident, position: Position) -> Self {
        let withdrawn = incident.properties.record_status == Some(RecordStatus::Withdrawn);
        Self { position, withdrawn, erased: false }
    }
}

impl Index {
    /// The record that speaks for this incident.
    pub fn current(&self, id: IncidentId) -> Option<&Current> {
        self.current.get(number_of(id))
    }

    fn find(&self, incident: &Incident) -> Option<IncidentId> {
        if self.current(incident.id).is_some() {
            return Some(incident.id);
        }
        incident.properties.same_as.iter().find_map(|key| self.keys.get(key_of(key)).copied())
    }

    fn is_known(&self, id: IncidentId, keys: &[u128]) -> bool {
        self.current(id).is_some() || keys.iter().any(|key| self.keys.get(*key).is_some())
    }

    /// Takes in incidents of which none was known.
    fn extend(&mut self, bulk: &Bulk, apart: &[u32], positions: &[Position]) {
        let mut apart = apart.iter().map(|&at| at as usize).peekable();
        let fresh = (0..bulk.staged.len()).filter(|at| apart.next_if_eq(at).is_none());
        let fresh: Vec<(usize, &Position)> = fresh.zip(positions).collect();
        let Self { current, keys, .. } = self;
        let of_id =
            |&(at, &position): &(usize, _)| (number_of(bulk.staged[at].id), bulk.current(at, position));
        let of_keys =
            |&(at, _): &(usize, _)| bulk.keys_of(at).iter().map(move |key| (*key, bulk.staged[at].id));
        rayon::join(
            || current.extend(fresh.iter().map(of_id).collect()),
            || keys.extend(fresh.iter().flat_map(of_keys).collect()),
        );
    }

    /// Takes in an erasure: what was said by `records`, oldest first, is gone.
    fn erase(&mut self, erasure: &Erasure, position: Position, records: Vec<Position>) {
        self.current.insert(number_of(erasure.id), Current { position, withdrawn: true, erased: true });
        self.earlier.insert(erasure.id, records);
        // Read from the ledger, what it was merged into seems to have had its names first: nothing else says them any more.
        for key in erasure.keys() {
            self.keys.insert(key, erasure.id);
        }
    }

    /// An erased incident of which a report speaks, by a name or as of one that was merged into it, if `before` did not.
    fn erased_in(&self, report: &Incident, before: Option<&Incident>) -> Option<IncidentId> {
        let properties = &report.properties;
        let names = properties.same_as.iter();
        let names =
            names.filter(|name| before.is_none_or(|before| !before.properties.same_as.contains(name)));
        let named = names.filter_map(|name| self.keys.get(key_of(name)).copied());
        let merged = properties.merged_from.iter().copied();
        let merged =
            merged.filter(|id| before.is_none_or(|before| !before.properties.merged_from.contains(id)));
        let is_erased = |id: &IncidentId| self.current(*id).is_some_and(|current| current.erased);
        iter::once(report.id).chain(named).chain(merged).find(is_erased)
    }

    /// Takes in a revision that was found behind later ones.
    fn is_preceded(&mut self, id: IncidentId, position: Position) {
        self.earlier.entry(id).or_default().push(position);
    }

    /// A key stays with whom it has named once.
    fn name(&mut self, id: IncidentId, keys: impl IntoIterator<Item = u128>) {
        for key in keys {
            if self.keys.get(key).is_none() {
                self.keys.insert(key, id);
            }
        }
    }

    /// Where the revisions of an incident lie, oldest first.
    pub fn revisions(&self, id: IncidentId) -> Vec<Position> {
        let earlier = self.earlier.get(&id).into_iter().flatten().copied();
        earlier.chain(self.current(id).map(|current| current.position)).collect()
    }

    fn apply(&mut self, id: IncidentId, current: Current, keys: &[u128]) {
        if let Some(before) = self.current.insert(number_of(id), current) {
            self.earlier.entry(id).or_default().push(before.position);
        }
        self.name(id, keys.iter().copied());
    }
}

pub(crate) fn number_of(id: IncidentId) -> u128 {
    u128::from_be_bytes(*id.as_bytes())
}

fn key_of(key: &str) -> u128 {
    Hash::of(key.as_bytes()).short()
}

pub(crate) fn keys_of(incident: &Incident) -> Vec<u128> {
    incident.properties.same_as.iter().map(|key| key_of(key)).collect()
}

/// Something for the writer to do.
enum Job {
    Put {
        incidents: Vec<Incident>,
        withdrawn: OfWithdrawn,
        author: Author,
        reply: Sender<Result<Put, PutError>>,
    },
    Withdraw {
        id: IncidentId,
        author: Author,
        reply: Sender<Result<Put, PutError>>,
    },
    Merge {
        from: IncidentId,
        into: IncidentId,
        author: Author,
        reply: Sender<Result<Put, PutError>>,
    },
    Unmerge {
        id: IncidentId,
        author: Author,
        reply: Sender<Result<Put, PutError>>,
    },
}

/// What comes to the writer.
enum Work {
    /// Is written together with others like it.
    Job(Job),
    /// Is a batch of its own.
    Load { bulk: Box<Bulk>, reply: Sender<Result<Put, PutError>> },
    /// As well.
    Erase { id: IncidentId, reason: Reason, author: Author, reply: Sender<Result<Put, PutError>> },
    /// What is left to do behind one that was written without this thread.
    Tidy,
}

impl Job {
    fn size(&self) -> usize {
        match self {
            Self::Put { incidents, .. } => incidents.len(),
            Self::Withdraw { .. } => 1,
            Self::Merge { .. } | Self::Unmerge { .. } => 2,
        }
    }
}

impl Store {
    /// Opens the store in `dir`: reads and checks the whole ledger, and builds the snapshots from it; or from the index
    /// that was kept of it and the records behind, and then, if it is opened for writing, the ledger is read and checked while
    /// the store answers already. Until that is done writes wait, and each document is checked as it is read.
    ///
    /// A damaged ledger opens too, and serves what is sound; see [`Self::recovery`]. A disk that cannot be
    /// written is opened for reading.
    ///
    /// # Errors
    ///
    /// [`OpenError`]: there is none, another process holds it, a later program wrote it, the disk refused.
    pub fn open(dir: &Path, borders: Arc<BorderSet>, options: Options) -> Result<Self, OpenError> {
        match Self::open_as(dir, &borders, options, &|_| {}) {
            Err(OpenError::Io { source, .. }) if source.kind() == io::ErrorKind::ReadOnlyFilesystem => {
                Self::open_as(dir, &borders, Options { create: false, read_only: true }, &|_| {})
            }
            opened => opened,
        }
    }

    fn open_as(
        dir: &Path,
        borders: &Arc<BorderSet>,
        options: Options,
        prepare: &dyn Fn(&mut Ledger),
    ) -> Result<Self, OpenError> {
        let Loaded { mut ledger, recovery, mut loading, context } = Loaded::open(dir, borders, options)?;
        let indexed = loading.indexed;
        if indexed == 0 && !options.read_only {
            cache::discard(dir);
        }
        prepare(&mut ledger);
        let known = OnceLock::new();
        if let Some(recovery) = recovery {
            _ = known.set(loading.told(&mut ledger, recovery));
        }
        let (index, public, staff) = loading.finish(&context);
        let head = ledger.head();
        let shared = Arc::new(Shared {
            public: ArcSwap::from_pointee(Snapshot::<Public>::of(&public, &context, head)),
            full: ArcSwap::from_pointee(Snapshot::<Full>::of(&public, &staff, &context, head)),
            index: RwLock::new(index),
            refusal: Mutex::new(ledger.refusal().cloned()),
            waiting: AtomicUsize::new(0),
            signer: ledger.signer(),
            recovery: known,
            context,
        });
        if !options.read_only {
            evidence::tidy(dir);
        }
        let (queue, jobs) = mpsc::channel();
        let keeping = Keeping { dir: dir.to_owned(), kept_seq: indexed, is_over: false, thread: None };
        let packing = Packing::new(ledger.dir().to_owned(), Arc::clone(&shared.context.documents));
        let shared_too = Arc::clone(&shared);
        let writer =
            Writer { ledger, public, staff, shared: shared_too, keeping, packing, is_crowded: false };
        let writer = Arc::new(Mutex::new(writer));
        let thread = {
            let writer = Arc::clone(&writer);
            std::thread::Builder::new().name("kordon-writer".to_owned()).spawn(move || work(&writer, &jobs))
        };
        let thread = Some(thread.map_err(OpenError::at(dir))?);
        Ok(Self {
            shared,
            dir: dir.to_owned(),
            queue: Some(queue),
            writer,
            thread,
            pasts: Pasts::default(),
            layers: Layers::of_store(dir),
            units: Units::of_store(dir),
        })
    }

    /// The layers of administrative units beside it.
    pub fn units(&self) -> &Units {
        &self.units
    }

    /// The reference layers beside it.
    pub fn layers(&self) -> &Layers {
        &self.layers
    }

    /// What reading the ledger found: how much there is, a torn tail that was cut off, damage. Waits until all of it was
    /// read, which a store that began with a kept index does while it answers already.
    pub fn recovery(&self) -> &Recovery {
        self.shared.recovery.wait()
    }

    /// Whether all of the ledger was read by now: then nothing waits for [`Self::recovery`].
    pub fn is_checked(&self) -> bool {
        self.shared.recovery.get().is_some()
    }

    /// Holds no documents in memory from now on, for whoever only puts: those of a million incidents are some 500 MB. Whatever is
    /// asked for all the same is read from the disk.
    pub fn hold_no_documents(&self) {
        self.shared.context.documents.hold_nothing();
    }

    /// Whether damage was found by now.
    pub fn is_damaged(&self) -> bool {
        self.shared.recovery.get().is_some_and(|recovery| !recovery.damage.is_empty())
    }

    /// Why nothing can be put now, if so.
    pub fn refusal(&self) -> Option<AppendError> {
        self.shared.refusal.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What everybody may see, now.
    pub fn public(&self) -> Arc<Snapshot<Public>> {
        self.shared.public.load_full()
    }

    /// What staff may see, now.
    pub fn full(&self) -> Arc<Snapshot<Full>> {
        self.shared.full.load_full()
    }

    /// The borders to which distances are measured.
    pub fn borders(&self) -> &Arc<BorderSet> {
        &self.shared.context.borders
    }

    /// Puts a batch: all of it or nothing. Returns once it is on the disk and visible.
    ///
    /// Each incident revises the one of its id or of any of its `same_as`, or is new; what says nothing new
    /// is not written. Who may see an incident is changed only by a report that says so: one that does not
    /// speak of `record_status`, `masking`, `sensitivity` or `redistributable` leaves it as it is, so importing
    /// a withdrawn or masked incident again does not bring it back. A new one is published unless it says else.
    ///
    /// # Errors
    ///
    /// [`PutError`]: nothing of the batch is acknowledged.
    pub fn put(&self, incidents: Vec<Incident>, author: &Author) -> Result<Put, PutError> {
        let author = author.clone();
        self.ask(|reply| Work::Job(Job::Put { incidents, withdrawn: OfWithdrawn::Stay, author, reply }))
    }

    /// Puts one incident as [`Self::put`] does, unless it would become a revision of one that was withdrawn or
    /// merged and stays so: whoever writes a single report is to be told of that.
    ///
    /// # Errors
    ///
    /// [`PutError`], [`PutError::Withdrawn`] among them: nothing was written.
    pub fn put_one(&self, incident: Incident, author: &Author) -> Result<(IncidentId, Outcome), PutError> {
        let id = incident.id;
        let (incidents, author) = (vec![incident], author.clone());
        let put = self
            .ask(|reply| Work::Job(Job::Put { incidents, withdrawn: OfWithdrawn::Refuse, author, reply }))?;
        Ok(put.ids.first().copied().unwrap_or((id, Outcome::Unchanged)))
    }

    /// Returns when all long batches are packed, or `is_over` says so, which is asked again and again: what is at work then is given up.
    /// Packing goes on in the background without this; dropping the store does not wait for it, and the next one that opens it for
    /// writing begins again.
    ///
    /// # Errors
    ///
    /// A batch could not be packed, for want of room or because a call failed: its segment stays as it was, which is as sound.
    pub fn pack(&self, is_over: impl Fn() -> bool) -> io::Result<()> {
        loop {
            let Ok(mut writer) = self.writer.lock() else { return Ok(()) };
            if is_over() {
                let left = writer.packing.stop();
                writer.ledger.give_back(left);
                return Ok(());
            }
            writer.pack();
            if !writer.packing.is_at_work() {
                return writer.packing.take_failure().map_or(Ok(()), Err);
            }
            drop(writer);
            std::thread::sleep(PACKING_POLL);
        }
    }

    /// Why a long batch could not be packed in the background, if that was not told before; `None` while something is written, too.
    pub fn take_packing_failure(&self) -> Option<io::Error> {
        self.writer.try_lock().ok()?.packing.take_failure()
    }

    /// Puts the incidents of a file as [`Self::put`] does, as one batch: all of it or nothing.
    /// [`Put::ids`] stays empty.
    ///
    /// # Errors
    ///
    /// [`PutError`]: nothing of the file is acknowledged.
    pub fn load(&self, bulk: Bulk) -> Result<Put, PutError> {
        self.ask(|reply| Work::Load { bulk: Box::new(bulk), reply })
    }

    /// What putting these incidents by [`Self::load`] would come to now, each for itself; nothing is written. `restores` as
    /// [`Bulk::restoring`]. Of a store that is open for reading only as well.
    ///
    /// # Errors
    ///
    /// [`PutError`], as of [`Self::load`].
    pub fn foresee(&self, incidents: Vec<Incident>, restores: bool) -> Result<Put, PutError> {
        let (author, withdrawn) = (Author::new(""), OfWithdrawn::of_file(restores));
        let foresee = |one| self.shared.resolve_put(vec![one], withdrawn, &author, &mut Group::default());
        let all = incidents.into_par_iter().map(foresee);
        all.try_reduce(Put::default, |mut all, one| {
            all.absorb(one);
            Ok(all)
        })
    }

    /// What putting these incidents by [`Self::put`] would come to now, all of them; nothing is written.
    pub(crate) fn foresee_put(&self, incidents: Vec<Incident>, author: &Author) -> Result<Put, PutError> {
        self.shared.resolve_put(incidents, OfWithdrawn::Stay, author, &mut Group::default())
    }

    /// A file on its way into this store: see [`Self::load`].
    pub fn bulk(&self, author: &Author) -> Bulk {
        Bulk::new(&self.dir, &self.shared.context.borders, author)
    }

    /// Withdraws an incident: a last revision remains as a tombstone. Withdrawing it again changes nothing.
    ///
    /// # Errors
    ///
    /// [`PutError`], [`PutError::NoSuchIncident`] among them.
    pub fn withdraw(&self, id: IncidentId, author: &Author) -> Result<Put, PutError> {
        self.ask(|reply| Work::Job(Job::Withdraw { id, author: author.clone(), reply }))
    }

    /// Erases an incident: what all its revisions said is overwritten, and that they were there stays provable.
    /// A record remains that names their numbers, who erased them and why. Erasing it again changes nothing. If it was merged into
    /// another incident, that one gives back what it had taken over, and is the next one of [`Put::ids`]; what its own earlier
    /// revisions say of it stays. Those that were merged into it come last there, as [`Outcome::Unchanged`]: what they said before
    /// stays as well.
    ///
    /// # Errors
    ///
    /// [`PutError`], [`PutError::NoSuchIncident`] among them.
    pub fn erase(&self, id: IncidentId, reason: Reason, author: &Author) -> Result<Put, PutError> {
        self.ask(|reply| Work::Erase { id, reason, author: author.clone(), reply })
    }

    /// Merges an incident into another that tells of the same event: the other takes over sources, impacts, names elsewhere
    /// and tags, see [`Incident::absorb`], and the first stays as a record that says where it went. Both revisions are one
    /// batch. Doing it again changes nothing.
    ///
    /// # Errors
    ///
    /// [`PutError`], [`PutError::NotMerged`] among them.
    pub fn merge(&self, from: IncidentId, into: IncidentId, author: &Author) -> Result<Put, PutError> {
        self.ask(|reply| Work::Job(Job::Merge { from, into, author: author.clone(), reply }))
    }

    /// Makes two of what [`Self::merge`] made one: the first is as it was before, and the other gives back what it took over.
    ///
    /// # Errors
    ///
    /// [`PutError`], [`PutError::NotMerged`] among them.
    pub fn unmerge(&self, id: IncidentId, author: &Author) -> Result<Put, PutError> {
        self.ask(|reply| Work::Job(Job::Unmerge { id, author: author.clone(), reply }))
    }

    /// Into which incident this one was merged, if it was, and that one if it was merged on.
    ///
    /// # Errors
    ///
    /// [`ReadError`] when the record that would say so cannot be read.
    pub fn merged_into(&self, id: IncidentId) -> Result<Option<IncidentId>, ReadError> {
        // Each was merged into what was no part of another then, so no way leads back; records of other stores may be otherwise.
        let mut passed = vec![id];
        while let Some(next) = self.merged_next(passed[passed.len() - 1])? {
            if passed.contains(&next) {
                return Ok(None);
            }
            passed.push(next);
        }
        Ok(passed.pop().filter(|last| *last != id))
    }

    fn merged_next(&self, id: IncidentId) -> Result<Option<IncidentId>, ReadError> {
        let current = {
            let index = self.shared.index.read().unwrap_or_else(PoisonError::into_inner);
            index.current(id).copied()
        };
        let Some(Current { position, withdrawn: false, .. }) = current else { return Ok(None) };
        let incident = incident_of(&self.shared.context.documents.read(position)?, position)?;
        Ok(gone_into(&incident.properties))
    }

    fn ask(&self, work: impl FnOnce(Sender<Result<Put, PutError>>) -> Work) -> Result<Put, PutError> {
        let (reply, answer) = mpsc::channel();
        let queue = self.queue.as_ref().ok_or(PutError::Closing)?;
        let send = |work| {
            self.shared.waiting.fetch_add(1, Ordering::Relaxed);
            queue.send(work).map_err(|_| self.no_writer())
        };
        match (work(reply), self.free_writer()) {
            (Work::Job(job), Some(mut writer)) if job.size() < FEW => {
                answer_all(writer.commit(vec![job]));
                if writer.is_soon_tidied() {
                    writer.tidy();
                } else {
                    // What is written is written, whether or not anything is tidied.
                    _ = send(Work::Tidy);
                }
            }
            (work, _) => send(work)?,
        }
        answer.recv().map_err(|_| self.no_writer())?
    }

    /// Why nobody writes any more.
    fn no_writer(&self) -> PutError {
        if !self.writer.is_poisoned() {
            return PutError::Closing;
        }
        // After a panic: how far it came is not known until the store is opened again.
        let why = || AppendError::Failed(Arc::new(io::Error::other("a fault of this program, see its log")));
        let mut refusal = self.shared.refusal.lock().unwrap_or_else(PoisonError::into_inner);
        refusal.get_or_insert_with(why).clone().into()
    }

    /// What writes, if it has nothing else to do, nobody waits for it, and the ledger was read to its end.
    fn free_writer(&self) -> Option<MutexGuard<'_, Writer>> {
        self.shared.recovery.get()?;
        // Else whoever comes again and again would always be faster than the thread that wakes up for the others.
        let nobody_waits = self.shared.waiting.load(Ordering::Relaxed) == 0;
        nobody_waits.then(|| self.writer.try_lock().ok())?.filter(|writer| !writer.is_crowded)
    }

    /// The incident that a put of this one would revise: that of its id, else of the first of its `same_as` that is known.
    pub fn known_as(&self, incident: &Incident) -> Option<IncidentId> {
        self.shared.index().find(incident)
    }

    /// Whether an incident was there and has been withdrawn.
    pub fn is_withdrawn(&self, id: IncidentId) -> bool {
        let index = self.shared.index.read().unwrap_or_else(PoisonError::into_inner);
        index.current(id).is_some_and(|current| current.withdrawn)
    }

    /// All revisions of an incident, oldest first, as they stand in the ledger, with their place in its chain
    /// in the member `kordon`. Empty when there is none. For staff: a revision may say what was never public.
    ///
    /// # Errors
    ///
    /// [`ReadError`] when one of them cannot be read.
    pub fn history(&self, id: IncidentId) -> Result<Vec<serde_json::Value>, ReadError> {
        let is_erased = {
            let index = self.shared.index.read().unwrap_or_else(PoisonError::into_inner);
            index.current(id).is_some_and(|current| current.erased)
        };
        let read = |position| {
            let (mut frame, link) = self.shared.context.documents.read_frame(position)?;
            if is_erased && link.op != Op::Erase {
                // On a disk that cannot be written it may still be there.
                frame = record::erased(&frame).ok_or(ReadError::Erased(position))?;
            }
            let problem =
                |error: serde_json::Error| ReadError::NotAnIncident { position, problem: error.to_string() };
            serde_json::from_slice(&frame[1..]).map_err(problem)
        };
        self.revisions(id).into_iter().map(read).collect()
    }

    /// The folder in which it lies.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    pub(crate) fn documents(&self) -> &Documents {
        &self.shared.context.documents
    }

    pub(crate) fn index(&self) -> &RwLock<Index> {
        &self.shared.index
    }

    pub(crate) fn context(&self) -> &Arc<Context> {
        &self.shared.context
    }

    pub(crate) fn pasts(&self) -> &Pasts {
        &self.pasts
    }

    /// Where the revisions of an incident lie, oldest first.
    fn revisions(&self, id: IncidentId) -> Vec<Position> {
        let index = self.shared.index.read().unwrap_or_else(PoisonError::into_inner);
        index.revisions(id)
    }

    /// Walks the whole ledger again, from the files: frames, hashes, chain, batches; and compares what the
    /// snapshots have with what the documents say. The store may be written to meanwhile.
    ///
    /// # Errors
    ///
    /// [`Damage`] names the place.
    pub fn verify(&self) -> Result<VerifyReport, Damage> {
        // Batches that come while this walks are not looked at: these snapshots have not seen them either.
        let (public, full) = self.both();
        let mut check = Verify { up_to: full.seq(), ..Verify::default() };
        let (log, recovery) = ledger::inspect(&self.dir, &mut |seen| check.see(seen))?;
        if !recovery.damage.is_empty() {
            return Err(Damage::Ledger(recovery.damage));
        }
        if let Some(problem) = check.problem {
            return Err(Damage::Document(problem));
        }
        check.seen.iter().try_for_each(|(&id, written)| compare(id, written, &public, &full))?;
        let (size, root) = (log.tree.size(), log.tree.root());
        Ok(VerifyReport {
            records: recovery.records,
            batches: recovery.batches,
            incidents: check.seen.len(),
            public: public.len(),
            erased: recovery.erased,
            head: log.head.hash,
            root,
            checkpoint: self.shared.signer.as_ref().map(|signer| signer.sign(size, root)),
            torn_bytes: recovery.torn.map_or(0, |torn| torn.bytes),
        })
    }

    /// Whether what the store held when this checkpoint was signed is still what it begins with.
    ///
    /// # Errors
    ///
    /// [`Damage::Checkpoint`] convicts the store.
    pub fn extends(&self, checkpoint: &Checkpoint) -> Result<(), Damage> {
        let documents = &self.shared.context.documents;
        let tree = documents.tree();
        let Checkpoint { size, root, .. } = checkpoint;
        if *size > tree.size() {
            let problem = format!(
                "the checkpoint speaks of {size} records and the store has only {}: records were taken away",
                tree.size()
            );
            return Err(Damage::Checkpoint(problem));
        }
        let found = tree.root_at(*size, &mut |block| documents.leaves(block))?;
        if found != *root {
            let problem = format!(
                "the first {size} records have the root {found}, and the checkpoint says {root}: the store was rewritten"
            );
            return Err(Damage::Checkpoint(problem));
        }
        Ok(())
    }

    /// The size and the root of the ledger, signed. `None` when the key is not here, and of a damaged ledger.
    pub fn checkpoint(&self) -> Option<String> {
        let signer = self.shared.signer.as_ref().filter(|_| self.recovery().damage.is_empty())?;
        let tree = self.shared.context.documents.tree();
        Some(signer.sign(tree.size(), tree.root()))
    }

    /// Proves of each revision of an incident that it is in the ledger, oldest first; none when there is no incident.
    /// For staff: a revision may say what was never public, and [`Proof::without_content`] leaves that out.
    ///
    /// # Errors
    ///
    /// [`ReadError`] when a record cannot be read.
    pub fn prove(&self, id: IncidentId) -> Result<Proofs, ReadError> {
        if !self.recovery().damage.is_empty() {
            return Err(ReadError::Damaged);
        }
        let documents = self.documents();
        let positions = self.revisions(id);
        // Later than the positions, so that all of them are in it.
        let tree = documents.tree();
        let size = tree.size();
        let prove = |position| {
            let (frame, link) = documents.read_frame(position)?;
            let path = tree.inclusion(link.seq - 1, size, &mut |block| documents.leaves(block))?;
            let record = String::from_utf8_lossy(&frame[1..frame.len() - 1]).into_owned();
            Ok(Proof { link, record: Some(record), path })
        };
        let revisions = positions.into_iter().map(prove).collect::<Result<_, ReadError>>()?;
        let checkpoint = self.shared.signer.as_ref().map(|signer| signer.sign(size, tree.root()));
        Ok(Proofs { key: self.public_key().map(ToString::to_string), checkpoint, revisions })
    }

    /// Proves that the ledger, when it had `size` records, was the beginning of what it is now. `None` when it never had so many.
    ///
    /// # Errors
    ///
    /// [`ReadError`] when a record cannot be read.
    pub fn prove_extension(&self, size: u64) -> Result<Option<Extension>, ReadError> {
        if !self.recovery().damage.is_empty() {
            return Err(ReadError::Damaged);
        }
        let documents = self.documents();
        let tree = documents.tree();
        if size > tree.size() {
            return Ok(None);
        }
        let path = tree.consistency(size, tree.size(), &mut |block| documents.leaves(block))?;
        let checkpoint = self.shared.signer.as_ref().map(|signer| signer.sign(tree.size(), tree.root()));
        Ok(Some(Extension { path, checkpoint }))
    }

    /// What checks the signatures of this store's checkpoints.
    pub fn public_key(&self) -> Option<&PublicKey> {
        self.shared.signer.as_ref().map(|signer| signer.public())
    }

    /// Both snapshots of one moment.
    fn both(&self) -> (Arc<Snapshot<Public>>, Arc<Snapshot<Full>>) {
        loop {
            let (public, full) = (self.public(), self.full());
            if public.seq() == full.seq() {
                return (public, full);
            }
            std::thread::yield_now();
        }
    }
}

/// Whether the snapshots show what the last revision of an incident says.
fn compare(
    id: IncidentId,
    written: &Written,
    public: &Snapshot,
    full: &Snapshot<Full>,
) -> Result<(), Damage> {
    let off = |problem: &str| Err(Damage::Index { id, problem: problem.to_owned() });
    if public.get(id).is_some() != (written.seen_by == SeenBy::All) {
        return off("the public index has it, and should not, or the other way round");
    }
    match (full.get(id), written.seen_by) {
        (None, SeenBy::Nobody) => Ok(()),
        (None, _) => off("the index has lost it"),
        (Some(_), SeenBy::Nobody) => off("it was withdrawn, but is in the index"),
        (Some(row), _) if row.position() != written.position => off("the index points at another revision"),
        (Some(row), _) if (row.start_s(), row.end_s()) != written.times || row.places() != written.places => {
            off("the index has another time or place than the document")
        }
        (Some(_), _) => Ok(()),
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // One that panicked has said so already, and its callers got `Closing`.
            let _ = thread.join();
        }
    }
}

/// A ledger that was read.
struct Loaded {
    ledger: Ledger,
    /// What reading all of it found; `None` when that is still to be done.
    recovery: Option<Recovery>,
    loading: Loading,
    context: Arc<Context>,
}

impl Loaded {
    /// With the help of a kept index, if there is one that fits.
    fn open(dir: &Path, borders: &Arc<BorderSet>, options: Options) -> Result<Self, OpenError> {
        let context = Self::context(borders);
        if let Some(cached) = Cached::read(dir, &context)
            && let Some(loaded) = Self::behind(dir, options, context, cached)?
        {
            return Ok(loaded);
        }
        let (context, mut loading) = (Self::context(borders), Loading::default());
        let Options { create, read_only } = options;
        let documents = Arc::clone(&context.documents);
        let (ledger, recovery) =
            Ledger::open(dir, create, read_only, documents, &mut |seen| loading.see(seen, &context))?;
        Ok(Self { ledger, recovery: Some(recovery), loading, context })
    }

    /// From a kept index and the records behind it. `None` when it is not one of this ledger; or something was erased
    /// since, and the index may have words of it; or the ledger is damaged, and then only documents count.
    fn behind(
        dir: &Path,
        options: Options,
        context: Arc<Context>,
        cached: Cached,
    ) -> Result<Option<Self>, OpenError> {
        let (log, mut loading) = Loading::behind(cached);
        let documents = Arc::clone(&context.documents);
        let mut is_anew = false;
        let mut each = |window: Window<'_>, frames: &[Frame]| loading.records(window, frames, &context);
        let ledger = if options.read_only {
            // Who only looks takes no lock: all of it is read now, as it is now.
            let mut unread = |seen: Seen<'_>| match seen {
                Seen::Records(window, frames) => {
                    each(window, &frames[frames.partition_point(|frame| frame.link.seq <= log.head.seq)..]);
                }
                Seen::Anew => is_anew = true,
            };
            let (ledger, recovery) = Ledger::open(dir, false, true, documents, &mut unread)?;
            let fits = recovery.damage.is_empty() && ledger.begins_with(&log);
            fits.then_some((ledger, Some(recovery)))
        } else {
            let mut behind = |seen: Seen<'_>| {
                if let Seen::Records(window, frames) = seen {
                    each(window, frames);
                }
            };
            Ledger::open_behind(dir, &log, documents, &mut behind)?.map(|ledger| (ledger, None))
        };
        let fits = !is_anew && !loading.has_erased && loading.damage.is_empty();
        Ok(ledger.filter(|_| fits).map(|(ledger, recovery)| Self { ledger, recovery, loading, context }))
    }

    fn context(borders: &Arc<BorderSet>) -> Arc<Context> {
        Arc::new(Context::new(Arc::clone(borders), Arc::new(Documents::in_memory())))
    }
}

/// Reads the ledger into rows.
#[derive(Default)]
struct Loading {
    /// How many records a kept index has, if there is one.
    indexed: u64,
    /// Whether anything that was read is an erasure.
    has_erased: bool,
    /// The rows of the kept index.
    public: Tier<PublicRow>,
    staff: Tier<StaffRow>,
    /// Where in `rows` the latest revision of each incident is, and the number of its record.
    latest: HashMap<IncidentId, (usize, u64)>,
    rows: Vec<Option<Row>>,
    index: Index,
    /// Where erased records lie, by number: they no longer say whose they were.
    erased: HashMap<u64, Position>,
    damage: Vec<DamagedAt>,
}

/// What one record of the ledger is.
enum Said {
    Incident(IncidentId, Current, Vec<u128>, Row),
    Erased,
    Erasure(Erasure),
}

/// One row, for one of the tiers; withdrawn ones have none.
pub(crate) enum Row {
    Public(PublicRow),
    Staff(StaffRow),
    Gone,
}

impl Row {
    pub fn new(record: &Record, position: Position, context: &Context) -> Self {
        if let Some(public) = project(record) {
            return Self::Public(PublicRow::new(&public, position, context));
        }
        match record.status() {
            RecordStatus::Withdrawn | RecordStatus::Merged => Self::Gone,
            _ => Self::Staff(StaffRow::new(record, position, context)),
        }
    }
}

impl Loading {
    /// Of the records behind a kept index.
    fn behind(cached: Cached) -> (Log, Self) {
        let Cached { log, index, public, staff } = cached;
        let (public, staff) = (Tier::new(public), Tier::new(staff));
        let loading = Self { indexed: log.head.seq, index, public, staff, ..Self::default() };
        (log, loading)
    }

    /// What is to be told of the ledger once all of it was read; damage refuses writes, and whoever it spoke of is withheld.
    fn told(&mut self, ledger: &mut Ledger, mut recovery: Recovery) -> Recovery {
        recovery.indexed = self.indexed;
        self.withhold(&recovery.damage);
        recovery.damage.append(&mut self.damage);
        if let Some(damage) = recovery.damage.first() {
            ledger.refuse(AppendError::Damaged(damage.clone()));
        }
        recovery
    }

    fn see(&mut self, seen: Seen<'_>, context: &Context) {
        match seen {
            Seen::Records(window, frames) => self.records(window, frames, context),
            Seen::Anew => *self = Self::default(),
        }
    }

    fn records(&mut self, window: Window<'_>, frames: &[Frame], context: &Context) {
        let read = |frame: &Frame| {
            if frame.link.op == Op::Erase {
                return Erasure::read(window.frame(frame.position), frame.position).map(Said::Erasure);
            }
            if frame.link.erased {
                return Ok(Said::Erased);
            }
            let incident = parse(window, frame)?;
            let keys = keys_of(&incident);
            let current = Current::new(&incident, frame.position);
            let record = Record::new(incident);
            let row = Row::new(&record, frame.position, context);
            Ok(Said::Incident(record.incident().id, current, keys, row))
        };
        let read: Vec<Result<Said, ReadError>> = frames.par_iter().with_min_len(64).map(read).collect();
        for (frame, read) in frames.iter().zip(read) {
            match read {
                Ok(Said::Incident(id, current, keys, row)) => {
                    self.row(frame.link.seq, id, current, &keys, row)
                }
                Ok(Said::Erased) => drop(self.erased.insert(frame.link.seq, frame.position)),
                Ok(Said::Erasure(erasure)) => self.erase(&erasure, frame.position),
                Err(problem) => self.damage.push(DamagedAt {
                    file: format!("{:06}.geojsons", frame.position.segment).into(),
                    offset: frame.position.offset,
                    seq: frame.link.seq,
                    problem: problem.to_string(),
                }),
            }
        }
    }

    fn erase(&mut self, erasure: &Erasure, position: Position) {
        self.has_erased = true;
        self.drop_row(erasure.id);
        // Those that were to be erased when the process ended still say whose they are.
        let mut records = self.index.revisions(erasure.id);
        records.extend(erasure.properties.erased.iter().filter_map(|seq| self.erased.get(seq)));
        records.sort_unstable_by_key(|record| (record.segment, record.offset));
        self.index.erase(erasure, position, records);
    }

    fn row(&mut self, seq: u64, id: IncidentId, current: Current, keys: &[u128], row: Row) {
        let is_older = match self.latest.get(&id) {
            Some(&(_, latest)) => latest > seq,
            None => self.index.current(id).is_some_and(|current| current.erased),
        };
        if is_older {
            // Its segment stands where another belongs. Somebody may have hidden the incident since.
            self.index.is_preceded(id, current.position);
            return;
        }
        self.index.apply(id, current, keys);
        self.drop_row(id);
        self.latest.insert(id, (self.rows.len(), seq));
        self.rows.push(Some(row));
    }

    fn drop_row(&mut self, id: IncidentId) {
        match self.latest.remove(&id) {
            Some((before, _)) => self.rows[before] = None,
            None => {
                self.public.remove(id);
                self.staff.remove(id);
            }
        }
    }

    /// Whoever a damaged record spoke of is not shown as it was before.
    fn withhold(&mut self, damage: &[DamagedAt]) {
        for id in doubt::spoken_of(damage, self.latest.keys()) {
            self.rows[self.latest[&id].0] = None;
        }
    }

    fn finish(self, context: &Context) -> (Index, Tier<PublicRow>, Tier<StaffRow>) {
        let Self { rows, index, mut public, mut staff, .. } = self;
        let (public_rows, staff_rows) = split(rows.into_iter().flatten(), context);
        rayon::join(|| public.add(public_rows), || staff.add(staff_rows));
        (index, public, staff)
    }
}

fn split(rows: impl Iterator<Item = Row>, context: &Context) -> (Batch<PublicRow>, Batch<StaffRow>) {
    let (mut public, mut staff) = (Vec::new(), Vec::new());
    for row in rows {
        match row {
            Row::Public(row) => public.push(row),
            Row::Staff(row) => staff.push(row),
            Row::Gone => {}
        }
    }
    (Batch::of(public, context), Batch::of(staff, context))
}

fn parse(window: Window<'_>, frame: &Frame) -> Result<Incident, ReadError> {
    incident_of(window.frame(frame.position), frame.position)
}

pub(crate) fn incident_of(frame: &[u8], position: Position) -> Result<Incident, ReadError> {
    let problem = |problem: String| ReadError::NotAnIncident { position, problem };
    let json = record::feature(frame).ok_or_else(|| problem("no Feature".to_owned()))?;
    serde_json::from_slice(&json).map_err(|error| problem(error.to_string()))
}

fn read(documents: &Documents, position: Position) -> Result<Incident, PutError> {
    read_of_batch(documents, position).map(|(incident, _)| incident)
}

/// The same, and the batch in which it was written.
fn read_of_batch(documents: &Documents, position: Position) -> Result<(Incident, u64), PutError> {
    let unread = |error| PutError::Read(Arc::new(error));
    let (frame, link) = documents.read_frame(position).map_err(unread)?;
    if link.erased {
        return Err(unread(ReadError::Erased(position)));
    }
    Ok((incident_of(&frame, position).map_err(unread)?, link.batch))
}

/// What `verify` has seen.
#[derive(Default)]
struct Verify {
    seen: HashMap<IncidentId, Written>,
    problem: Option<ReadError>,
    up_to: u64,
}

/// What the last revision of an incident says.
struct Written {
    position: Position,
    times: (i64, i64),
    places: Vec<LonLat>,
    seen_by: SeenBy,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum SeenBy {
    All,
    Staff,
    Nobody,
}

impl Written {
    /// Of one that was erased.
    fn nothing(position: Position) -> Self {
        Self { position, times: (0, 0), places: Vec::new(), seen_by: SeenBy::Nobody }
    }

    fn new(incident: Incident, position: Position) -> Self {
        let times = incident.times();
        let record = Record::new(incident);
        let seen_by = match (project(&record).is_some(), record.status()) {
            (true, _) => SeenBy::All,
            (false, RecordStatus::Withdrawn | RecordStatus::Merged) => SeenBy::Nobody,
            (false, _) => SeenBy::Staff,
        };
        let places = record.incident().places.clone();
        Self { position, times: (times.start_s, times.end_s), places, seen_by }
    }
}

impl Verify {
    fn see(&mut self, seen: Seen<'_>) {
        match seen {
            Seen::Records(window, frames) => self.records(window, frames),
            Seen::Anew => *self = Self { up_to: self.up_to, ..Self::default() },
        }
    }

    fn records(&mut self, window: Window<'_>, frames: &[Frame]) {
        let read = |frame: &Frame| {
            if frame.link.op == Op::Erase {
                let erasure = Erasure::read(window.frame(frame.position), frame.position)?;
                return Ok(Some((erasure.id, Written::nothing(frame.position))));
            }
            if frame.link.erased {
                return Ok(None);
            }
            parse(window, frame).map(|incident| Some((incident.id, Written::new(incident, frame.position))))
        };
        let read: Vec<Result<_, ReadError>> = frames.par_iter().with_min_len(64).map(read).collect();
        for (frame, read) in frames.iter().zip(read) {
            if frame.link.seq > self.up_to {
                return;
            }
            match read {
                Ok(Some((id, written))) => {
                    self.seen.insert(id, written);
                }
                Ok(None) => {}
                Err(problem) => self.problem = self.problem.take().or(Some(problem)),
            }
        }
    }
}

/// What writes, for one at a time.
struct Writer {
    ledger: Ledger,
    public: Tier<PublicRow>,
    staff: Tier<StaffRow>,
    shared: Arc<Shared>,
    keeping: Keeping,
    packing: Packing,
    /// Several came at once: they are written together.
    is_crowded: bool,
}

/// How the index is kept for the next start.
struct Keeping {
    dir: PathBuf,
    /// Up to which record it is.
    kept_seq: u64,
    /// Something was erased: words of it may still be in memory, so this process keeps no index any more.
    is_over: bool,
    /// What writes it, if it is being written.
    thread: Option<JoinHandle<()>>,
}

impl Keeping {
    /// Writes it in the background. Nothing depends on it, so a disk that does not take it is no fault.
    fn begin(&mut self, draft: Draft) {
        self.kept_seq = draft.log.head.seq;
        let dir = self.dir.clone();
        let write = move || _ = draft.write(&dir);
        self.thread = std::thread::Builder::new().name("kordon-index".to_owned()).spawn(write).ok();
    }

    fn is_busy(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    fn wait(&mut self) {
        if let Some(thread) = self.thread.take() {
            // One that panicked has said so, and left no file that is complete.
            let _ = thread.join();
        }
    }

    /// Nothing is kept any more; returns when what was is gone from the disk.
    fn end(&mut self) -> io::Result<()> {
        self.wait();
        self.is_over = true;
        cache::remove(&self.dir)
    }
}

/// A revision that is about to be written.
struct Revision {
    op: Op,
    incident: Incident,
}

/// What a group of jobs comes to.
#[derive(Default)]
struct Group {
    revisions: Vec<Revision>,
    /// Where in `revisions` the newest one of an incident is.
    newest: HashMap<IncidentId, usize>,
    keys: HashMap<u128, IncidentId>,
}

/// What a group changes in the index. It is made while the disk still works, and is worth nothing unless that ends well.
struct Indexed {
    changes: Vec<(IncidentId, Current, Vec<u128>)>,
    public: OnePart<PublicRow>,
    staff: OnePart<StaffRow>,
}

impl Group {
    fn find(&self, incident: &Incident, index: &Index) -> Option<IncidentId> {
        if self.newest.contains_key(&incident.id) || index.current(incident.id).is_some() {
            return Some(incident.id);
        }
        let by_key = |key: &String| {
            let key = key_of(key);
            index.keys.get(key).or_else(|| self.keys.get(&key)).copied()
        };
        incident.properties.same_as.iter().find_map(by_key)
    }

    /// What is to be written.
    fn entries(&self) -> Result<Vec<Entry>, PutError> {
        let entry = |revision: &Revision| match serde_json::to_vec(&revision.incident) {
            Ok(feature) => Ok(Entry { op: revision.op, feature }),
            Err(error) => Err(PutError::NotJson(revision.incident.id, error.to_string())),
        };
        self.revisions.par_iter().with_min_len(64).map(entry).collect()
    }

    /// What is to be shown of it once it is on the disk; `positions` are those of the revisions.
    fn indexed(self, positions: &[Position], context: &Context) -> Indexed {
        let Group { revisions, newest, .. } = self;
        let row = |(at, revision): (usize, Revision)| {
            let id = revision.incident.id;
            let current = Current::new(&revision.incident, positions[at]);
            let keys = keys_of(&revision.incident);
            let is_newest = newest.get(&id) == Some(&at);
            let row = is_newest.then(|| Row::new(&Record::new(revision.incident), positions[at], context));
            ((id, current, keys), row)
        };
        let rows = revisions.into_par_iter().enumerate().with_min_len(64).map(row);
        let (changes, rows): (Vec<_>, Vec<_>) = rows.unzip();
        let (public, staff) = split(rows.into_iter().flatten(), context);
        Indexed { changes, public: public.into(), staff: staff.into() }
    }

    fn push(&mut self, op: Op, incident: Incident) {
        for key in keys_of(&incident) {
            self.keys.entry(key).or_insert(incident.id);
        }
        self.newest.insert(incident.id, self.revisions.len());
        self.revisions.push(Revision { op, incident });
    }
}

impl Shared {
    /// What putting these comes to, behind what the group has already.
    fn resolve_put(
        &self,
        incidents: Vec<Incident>,
        withdrawn: OfWithdrawn,
        author: &Author,
        group: &mut Group,
    ) -> Result<Put, PutError> {
        let index = self.index();
        let documents = &self.context.documents;
        // What is stored is read on all cores; what the same batch has just said is newer, and in memory.
        let stored = |incident: &Incident| match index.find(incident).and_then(|id| index.current(id)) {
            Some(current) if !current.erased => read_of_batch(documents, current.position).map(Some),
            _ => Ok(None),
        };
        let stored: Vec<Option<(Incident, u64)>> =
            incidents.par_iter().with_min_len(64).map(stored).collect::<Result<_, _>>()?;
        let now = now();
        let mut put = Put::default();
        for (mut incident, stored) in incidents.into_iter().zip(stored) {
            let known = group.find(&incident, &index);
            let newest = known.and_then(|id| group.newest.get(&id)).map(|&at| &group.revisions[at].incident);
            let before = newest.or(stored.as_ref().map(|(stored, _)| stored));
            if let Some(id) = index.erased_in(&incident, before) {
                if withdrawn == OfWithdrawn::Refuse {
                    return Err(PutError::Erased(id));
                }
                put.ids.push((id, Outcome::Unchanged));
                put.unchanged += 1;
                continue;
            }
            let outcome = match before {
                None => Outcome::Accepted,
                Some(before) => {
                    incident.id = before.id;
                    let stays_gone = match withdrawn {
                        OfWithdrawn::StayHidden => is_gone(before),
                        OfWithdrawn::Restore => gone_into(&before.properties).is_some(),
                        OfWithdrawn::Refuse | OfWithdrawn::Stay => false,
                    };
                    if stays_gone && !is_gone(&incident) {
                        incident.properties.record_status = None;
                    }
                    let is_said = incident.properties.record_status.is_some();
                    keep_unsaid(&mut incident, before);
                    if withdrawn == OfWithdrawn::StayHidden {
                        keep_hidden(&mut incident, before);
                    }
                    if !is_said && incident.properties.record_status == Some(RecordStatus::Withdrawn) {
                        match withdrawn {
                            OfWithdrawn::Restore => {
                                incident.properties.record_status = Some(RecordStatus::Published);
                            }
                            OfWithdrawn::Stay | OfWithdrawn::StayHidden | OfWithdrawn::Refuse => {
                                put.withdrawn += 1;
                            }
                        }
                    }
                    self.keep_merged(&mut incident, before, group, &index)?;
                    if is_public(&incident) {
                        self.leave_out_withheld(&mut incident, &mut Vec::new(), group, &index)?;
                    }
                    if withdrawn == OfWithdrawn::Refuse && is_gone(&incident) && is_gone(before) {
                        return Err(PutError::Withdrawn(before.id));
                    }
                    let is_same = incident.same_content(before);
                    if let Some((_, batch)) = stored.as_ref().filter(|_| !is_same && newest.is_none()) {
                        put.replaced.entry(*batch).or_default().extend(Replaced::of(before, &incident));
                    }
                    if is_same { Outcome::Unchanged } else { Outcome::Updated }
                }
            };
            let revision = before.map_or(0, |before| before.properties.revision.unwrap_or(1));
            put.ids.push((incident.id, outcome));
            put.withheld += usize::from(!is_gone(&incident) && !is_public(&incident));
            match outcome {
                Outcome::Accepted => put.accepted += 1,
                Outcome::Updated => put.updated += 1,
                Outcome::Unchanged => {
                    put.unchanged += 1;
                    continue;
                }
            }
            let is_hidden_now = !is_free(&incident) && before.is_some_and(is_free);
            sign(&mut incident, revision + 1, now.as_ref(), author);
            let id = incident.id;
            group.push(Op::Put, incident);
            if is_hidden_now {
                self.take_back(id, TakeBack::WhereItIsPublic, author, group, &index)?;
            }
        }
        Ok(put)
    }

    /// A report that knows nothing of a merge does not undo it: what was merged into the incident stays with it. Of one that was
    /// merged in another store only the id is known here, and stays.
    fn keep_merged(
        &self,
        incident: &mut Incident,
        before: &Incident,
        group: &Group,
        index: &Index,
    ) -> Result<(), PutError> {
        if incident.properties.merged_from.is_empty() {
            for &merged in &before.properties.merged_from {
                match self.newest(merged, group, index) {
                    Err(PutError::Erased(_) | PutError::NoSuchIncident(_)) => {
                        incident.properties.merged_from.push(merged);
                    }
                    Err(error) => return Err(error),
                    // What is withheld is not published by having been merged before it was.
                    Ok(merged) if is_free(incident) && !is_free(&merged) => {}
                    Ok(merged) => incident.absorb(&merged),
                }
            }
        }
        Ok(())
    }

    /// Leaves out what withheld incidents have brought that were merged into this one, or into one of those: it is not published with
    /// it. Gives them. `seen` are those that it has been asked for.
    fn leave_out_withheld(
        &self,
        holder: &mut Incident,
        seen: &mut Vec<IncidentId>,
        group: &Group,
        index: &Index,
    ) -> Result<Vec<IncidentId>, PutError> {
        let mut withheld = Vec::new();
        seen.push(holder.id);
        for id in holder.properties.merged_from.clone() {
            if seen.contains(&id) {
                continue;
            }
            let mut child = match self.newest(id, group, index) {
                Err(PutError::Erased(_) | PutError::NoSuchIncident(_)) => continue,
                child => child?,
            };
            let its = if is_free(&child) {
                self.leave_out_withheld(&mut child, seen, group, index)?
            } else {
                vec![id]
            };
            for &one in &its {
                let theirs = self.revisions_of(one, group, index)?;
                self.release(holder, &child, (one, &theirs), group, index)?;
            }
            withheld.extend(its);
        }
        Ok(withheld)
    }

    /// Takes back what a merged incident had brought to the one that it was merged into, and to those that this one was merged into
    /// since: when it is withheld, from those that are not, and when it is erased, from all. Gives those that are revised.
    fn take_back(
        &self,
        id: IncidentId,
        of: TakeBack,
        author: &Author,
        group: &mut Group,
        index: &Index,
    ) -> Result<Vec<IncidentId>, PutError> {
        let mut child = self.newest(id, group, index)?;
        if gone_into(&child.properties).is_none() {
            return Ok(Vec::new());
        }
        let theirs = self.revisions_of(id, group, index)?;
        let mut revised = Vec::new();
        while let Some(into) = gone_into(&child.properties) {
            let mut holder = match self.newest(into, group, index) {
                Err(PutError::Erased(_) | PutError::NoSuchIncident(_)) => break,
                holder => holder?,
            };
            let is_meant = of == TakeBack::Everywhere || is_free(&holder);
            if !is_meant || !holder.properties.merged_from.contains(&child.id) {
                break;
            }
            self.release(&mut holder, &child, (id, &theirs), group, index)?;
            revised.push(into);
            revise(group, Op::Put, holder.clone(), author);
            child = holder;
        }
        Ok(revised)
    }

    /// Takes from an incident what another brought, of which all revisions are given. It came with `child`, which is that one or has
    /// given it back already, and keeps the rest.
    fn release(
        &self,
        holder: &mut Incident,
        child: &Incident,
        (id, theirs): (IncidentId, &[Properties]),
        group: &Group,
        index: &Index,
    ) -> Result<(), PutError> {
        let revisions = self.revisions_of(holder.id, group, index)?;
        let of_child = (child.id != id).then_some(&child.properties);
        let kept: Vec<&Properties> = before_merge(&revisions, child.id).into_iter().chain(of_child).collect();
        holder.release(id, theirs, &kept);
        Ok(())
    }

    /// What every revision of an incident said, oldest first, with those that are about to be written.
    fn revisions_of(
        &self,
        id: IncidentId,
        group: &Group,
        index: &Index,
    ) -> Result<Vec<Properties>, PutError> {
        let read = |position| read(&self.context.documents, position).map(|incident| incident.properties);
        let written = index.revisions(id).into_iter().map(read);
        let waiting =
            group.revisions.iter().map(|revision| &revision.incident).filter(|incident| incident.id == id);
        written.chain(waiting.map(|incident| Ok(incident.properties.clone()))).collect()
    }

    fn index(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// An incident as it is now, with what the group is about to write.
    fn newest(&self, id: IncidentId, group: &Group, index: &Index) -> Result<Incident, PutError> {
        if let Some(&at) = group.newest.get(&id) {
            return Ok(group.revisions[at].incident.clone());
        }
        let current = index.current(id).ok_or(PutError::NoSuchIncident(id))?;
        if current.erased {
            return Err(PutError::Erased(id));
        }
        read(&self.context.documents, current.position)
    }
}

type Reply = (Sender<Result<Put, PutError>>, Result<Put, PutError>);

fn answer_all(replies: Vec<Reply>) {
    for (reply, result) in replies {
        // Whoever asked may have gone; what is written is written.
        let _ = reply.send(result);
    }
}

/// Writes what comes until nothing can come any more.
fn work(writer: &Mutex<Writer>, queue: &Receiver<Work>) {
    // After a panic of whoever wrote it is not known how far that came: nothing more is written.
    let Ok(mut first) = writer.lock() else { return };
    first.check();
    first.keep_index();
    first.pack();
    drop(first);
    let mut waiting = None;
    while let Some(first) = waiting.take().or_else(|| queue.recv().ok()) {
        let Ok(mut writer) = writer.lock() else { return };
        let mut done = 1;
        match first {
            Work::Load { bulk, reply } => answer_all(vec![(reply, writer.load(*bulk))]),
            Work::Erase { id, reason, author, reply } => {
                answer_all(vec![(reply, writer.erase(id, reason, &author))]);
            }
            Work::Tidy => {}
            Work::Job(first) => {
                let mut size = first.size();
                let mut group = vec![first];
                while size < GROUP_MAX
                    && let Ok(next) = queue.try_recv()
                {
                    match next {
                        Work::Job(next) => {
                            size += next.size();
                            group.push(next);
                        }
                        Work::Tidy => {}
                        alone => {
                            waiting = Some(alone);
                            break;
                        }
                    }
                    done += 1;
                }
                writer.is_crowded = group.len() > 1;
                answer_all(writer.commit(group));
            }
        }
        writer.tidy();
        writer.shared.waiting.fetch_sub(done, Ordering::Relaxed);
    }
    let Ok(mut last) = writer.lock() else { return };
    last.packing.cancel();
    last.keeping.wait();
    last.keep_index();
    last.keeping.wait();
    last.packing.wait();
}

impl Writer {
    /// Whether [`Self::tidy`] would move a few rows at most.
    fn is_soon_tidied(&self) -> bool {
        self.public.unsettled() + self.staff.unsettled() < FEW && !self.is_to_be_kept()
    }

    fn tidy(&mut self) {
        if self.public.settle() | self.staff.settle() {
            self.publish();
        }
        self.keep_index();
        self.pack();
    }

    /// Packs what is to be packed, in the background.
    fn pack(&mut self) {
        let numbers = self.ledger.take_unpacked();
        self.packing.add(numbers);
    }

    /// Reads all of a ledger that was begun behind a kept index. If anything is wrong with it, the index is worth nothing, and is
    /// made from what is left.
    fn check(&mut self) {
        let shared = Arc::clone(&self.shared);
        if shared.recovery.get().is_some() {
            return;
        }
        let (log, indexed) = (shared.context.documents.log(), self.keeping.kept_seq);
        let mut recovery = match self.ledger.recover(false, &mut |_| {}) {
            Ok(recovery) if recovery.damage.is_empty() && self.ledger.begins_with(&log) => {
                self.tell_refusal();
                _ = shared.recovery.set(Recovery { indexed, ..recovery });
                return;
            }
            Ok(recovery) => recovery,
            Err(error) => Recovery { damage: vec![unread(&self.keeping.dir, &error)], ..Recovery::default() },
        };
        let mut loading = Loading::default();
        match self.ledger.recover(false, &mut |seen| loading.see(seen, &shared.context)) {
            Ok(again) => recovery = Recovery { torn: recovery.torn.or(again.torn.clone()), ..again },
            Err(error) => recovery.damage.push(unread(&self.keeping.dir, &error)),
        }
        let recovery = loading.told(&mut self.ledger, recovery);
        self.tell_refusal();
        let (index, public, staff) = loading.finish(&shared.context);
        *shared.index.write().unwrap_or_else(PoisonError::into_inner) = index;
        (self.public, self.staff) = (public, staff);
        self.publish();
        self.keeping.kept_seq = 0;
        cache::discard(&self.keeping.dir);
        _ = shared.recovery.set(recovery);
    }

    /// Whether reading what came since the index was kept would make a start slower by a tenth.
    fn is_to_be_kept(&self) -> bool {
        let head = self.ledger.head();
        let due = self.keeping.kept_seq + KEPT_EVERY.max(head.seq / 10);
        let may = !self.keeping.is_over && !self.keeping.is_busy() && self.ledger.refusal().is_none();
        may && head.seq >= due
    }

    fn keep_index(&mut self) {
        if !self.is_to_be_kept() {
            return;
        }
        let index = self.shared.index.read().unwrap_or_else(PoisonError::into_inner).clone();
        self.keeping.begin(Draft {
            log: self.shared.context.documents.log(),
            context: Arc::clone(&self.shared.context),
            index,
            public: self.public.slices().to_vec(),
            staff: self.staff.slices().to_vec(),
        });
    }

    /// Write, fsync, apply; what is returned is then answered.
    fn commit(&mut self, jobs: Vec<Job>) -> Vec<Reply> {
        let mut group = Group::default();
        let mut replies: Vec<Reply> = jobs.into_iter().map(|job| self.resolve(job, &mut group)).collect();
        match self.write(group) {
            Ok(seq) => {
                for (_, result) in &mut replies {
                    if let Ok(put) = result {
                        put.seq = seq;
                    }
                }
            }
            Err(error) => {
                self.tell_refusal();
                for (_, result) in &mut replies {
                    if result.is_ok() {
                        *result = Err(error.clone());
                    }
                }
            }
        }
        replies
    }

    fn writable(&self) -> Result<(), PutError> {
        self.ledger.refusal().map_or(Ok(()), |why| Err(why.clone().into()))
    }

    fn tell_refusal(&self) {
        let refusal = self.ledger.refusal().cloned();
        if refusal.is_some() {
            // Of a disk that fails no more is asked than must be.
            self.packing.cancel();
        }
        *self.shared.refusal.lock().unwrap_or_else(PoisonError::into_inner) = refusal;
    }

    /// Puts a whole file. What is known already, or stands in it twice, is resolved as single reports are; the
    /// rest is written as it was prepared.
    fn load(&mut self, mut bulk: Bulk) -> Result<Put, PutError> {
        self.writable()?;
        let apart = self.apart(&bulk);
        let (mut group, author) = (Group::default(), bulk.author.clone());
        let withdrawn = OfWithdrawn::of_file(bulk.restores);
        let mut put = Put::default();
        bulk.read(&apart, |some| {
            put.absorb(self.shared.resolve_put(some, withdrawn, &author, &mut group)?);
            Ok(())
        })?;
        let fresh = bulk.len() - apart.len();
        put.accepted += fresh;
        put.withheld += bulk.withheld(&apart);
        let others = group.entries()?;
        let count = fresh + others.len();
        if count > 0 {
            // As long as others of the file are those that are left out.
            let bytes = bulk.bytes() * fresh as u64 / (bulk.len() as u64).max(1);
            let others = ledger::seal(&others)?;
            let bytes = bytes + others.iter().map(Sealed::bytes).sum::<u64>();
            let pieces = bulk.sealed(&apart).map_err(|error| PutError::SetAside(Arc::new(error)))?;
            let pieces = pieces.chain(others.into_iter().map(Ok));
            let context = Arc::clone(&self.shared.context);
            let build = |positions: &[Position]| {
                let Ready { public, staff } = bulk.rows(&positions[..fresh], &apart, &context);
                rayon::join(|| parts_of(public), || parts_of(staff))
            };
            let written = self.ledger.append_pieces((count, bytes), pieces, build);
            let (positions, (public, staff)) = written.inspect_err(|_| self.tell_refusal())?;
            public.into_iter().for_each(|part| self.public.add(part));
            staff.into_iter().for_each(|part| self.staff.add(part));
            {
                let mut index = self.shared.index.write().unwrap_or_else(PoisonError::into_inner);
                index.extend(&bulk, &apart, &positions[..fresh]);
            }
            self.apply(group.indexed(&positions[fresh..], &self.shared.context));
            put.batch = Some(self.ledger.head().batch);
        }
        put.seq = self.ledger.head().seq;
        Ok(put)
    }

    /// Which incidents of a file cannot simply be added, or are not to be; ascending.
    fn apart(&self, bulk: &Bulk) -> Vec<u32> {
        let index = self.shared.index.read().unwrap_or_else(PoisonError::into_inner);
        let mut apart = bulk.entangled();
        let known = (0..bulk.len()).into_par_iter().with_min_len(1 << 12).filter(|&at| {
            bulk.staged[at].is_left_out || index.is_known(bulk.staged[at].id, bulk.keys_of(at))
        });
        apart.par_extend(known.filter_map(|at| u32::try_from(at).ok()));
        apart.sort_unstable();
        apart.dedup();
        apart
    }

    fn erase(&mut self, id: IncidentId, reason: Reason, author: &Author) -> Result<Put, PutError> {
        self.writable()?;
        let shared = Arc::clone(&self.shared);
        let mut group = Group::default();
        let (records, keys, holders, merged) = {
            let index = shared.index();
            match index.current(id) {
                None => return Err(PutError::NoSuchIncident(id)),
                Some(current) if current.erased => return Ok(unchanged(id)),
                Some(_) => {}
            }
            let keys = index.keys.iter().filter(|(_, of)| **of == id).map(|(key, _)| format!("{key:032x}"));
            let mut merged = shared.newest(id, &group, &index)?.properties.merged_from;
            merged.retain(|merged| index.current(*merged).is_some_and(|current| !current.erased));
            // What it was merged into says what it said.
            let holders = shared.take_back(id, TakeBack::Everywhere, author, &mut group, &index)?;
            (index.revisions(id), keys.collect(), holders, merged)
        };
        let (mut erased, mut was_public) = (Vec::with_capacity(records.len()), false);
        for &position in &records {
            let unread = |error| PutError::Read(Arc::new(error));
            let (frame, link) = shared.context.documents.read_frame(position).map_err(unread)?;
            let incident = incident_of(&frame, position).map_err(unread)?;
            was_public |= is_public(&incident);
            erased.push(link.seq);
        }
        let erasure = Erasure::new(
            id,
            Erased {
                record_status: Withdrawn::Withdrawn,
                revision: records.len() as u64 + 1,
                recorded_at: now().map(|now| now.to_string()),
                recorded_by: author.0.clone(),
                reason,
                erased,
                was_public,
                keys,
            },
        );
        let feature =
            serde_json::to_vec(&erasure).map_err(|error| PutError::NotJson(id, error.to_string()))?;
        // What was kept of it goes first: it has the words, too.
        let unsafe_yet = |error| PutError::Ledger(AppendError::Failed(Arc::new(error)));
        self.keeping.end().map_err(unsafe_yet)?;
        // And what is being packed has them as well. It goes on when this is over.
        self.ledger.give_back(self.packing.stop());
        self.ledger.has_room_to_erase(&records)?;
        self.write(group).inspect_err(|_| self.tell_refusal())?;
        let written = self.ledger.append(&[Entry { op: Op::Erase, feature }]);
        let positions = written.inspect_err(|_| self.tell_refusal())?;
        {
            let mut index = shared.index.write().unwrap_or_else(PoisonError::into_inner);
            index.erase(&erasure, positions[0], records.clone());
        }
        self.public.remove(id);
        self.staff.remove(id);
        self.publish();
        // Nobody finds it any more; now the disk forgets it.
        self.ledger.erase(&records).inspect_err(|_| self.tell_refusal())?;
        let seq = self.ledger.head().seq;
        let revised = iter::once(id).chain(holders).map(|id| (id, Outcome::Updated));
        let ids = revised.chain(merged.into_iter().map(|id| (id, Outcome::Unchanged))).collect();
        Ok(Put { updated: 1, ids, seq, ..Put::default() })
    }

    fn resolve(&self, job: Job, group: &mut Group) -> Reply {
        match job {
            Job::Put { incidents, withdrawn, author, reply } => (
                reply,
                self.writable().and_then(|()| self.shared.resolve_put(incidents, withdrawn, &author, group)),
            ),
            Job::Withdraw { id, author, reply } => (reply, self.resolve_withdraw(id, &author, group)),
            Job::Merge { from, into, author, reply } => {
                (reply, self.resolve_merge(from, into, &author, group))
            }
            Job::Unmerge { id, author, reply } => (reply, self.resolve_unmerge(id, &author, group)),
        }
    }

    fn resolve_withdraw(&self, id: IncidentId, author: &Author, group: &mut Group) -> Result<Put, PutError> {
        self.writable()?;
        let mut incident = match self.shared.newest(id, group, &self.shared.index()) {
            Err(PutError::Erased(id)) => return Ok(unchanged(id)),
            incident => incident?,
        };
        if incident.properties.record_status == Some(RecordStatus::Withdrawn) {
            return Ok(unchanged(id));
        }
        incident.properties.record_status = Some(RecordStatus::Withdrawn);
        revise(group, Op::Withdraw, incident, author);
        Ok(Put { updated: 1, ids: vec![(id, Outcome::Updated)], ..Put::default() })
    }

    fn resolve_merge(
        &self,
        from: IncidentId,
        into: IncidentId,
        author: &Author,
        group: &mut Group,
    ) -> Result<Put, PutError> {
        self.writable()?;
        if from == into {
            return Err(PutError::NotMerged(NotMerged::Itself));
        }
        let (mut one, mut other) = {
            let index = self.shared.index();
            (self.shared.newest(from, group, &index)?, self.shared.newest(into, group, &index)?)
        };
        if gone_into(&one.properties) == Some(into) {
            return Ok(Put {
                unchanged: 2,
                ids: vec![(from, Outcome::Unchanged), (into, Outcome::Unchanged)],
                ..Put::default()
            });
        }
        if let Some(gone) = [&one, &other].into_iter().find(|incident| is_gone(incident)) {
            return Err(PutError::Withdrawn(gone.id));
        }
        if is_public(&other) && !is_public(&one) {
            return Err(PutError::NotMerged(NotMerged::WouldPublish { from, into }));
        }
        other.absorb(&one);
        one.properties.record_status = Some(RecordStatus::Merged);
        one.properties.merged_into = Some(into);
        revise(group, Op::Put, one, author);
        revise(group, Op::Put, other, author);
        Ok(both_updated(from, into))
    }

    fn resolve_unmerge(&self, id: IncidentId, author: &Author, group: &mut Group) -> Result<Put, PutError> {
        self.writable()?;
        let index = self.shared.index();
        let mut one = self.shared.newest(id, group, &index)?;
        let was_merged = |p: &Properties| p.record_status == Some(RecordStatus::Merged);
        let Some(into) = gone_into(&one.properties) else {
            return Err(PutError::NotMerged(NotMerged::NotMerged(id)));
        };
        let theirs = self.shared.revisions_of(id, group, &index)?;
        let before = theirs.iter().rev().find(|revision| !was_merged(revision));
        one.properties.record_status = before.and_then(|before| before.record_status);
        one.properties.merged_into = None;
        let mut other = match self.shared.newest(into, group, &index) {
            Err(PutError::Erased(_)) => None,
            other => Some(other?),
        };
        if let Some(other) = &mut other {
            if was_merged(&other.properties) {
                return Err(PutError::NotMerged(NotMerged::MergedOn { id, into }));
            }
            let revisions = self.shared.revisions_of(into, group, &index)?;
            if other.properties.merged_from.contains(&id)
                && let Some(without) = before_merge(&revisions, id)
            {
                other.release(id, &theirs, &[without]);
            }
        }
        revise(group, Op::Put, one, author);
        let Some(other) = other else {
            return Ok(Put { updated: 1, ids: vec![(id, Outcome::Updated)], ..Put::default() });
        };
        revise(group, Op::Put, other, author);
        Ok(both_updated(id, into))
    }

    fn write(&mut self, group: Group) -> Result<u64, PutError> {
        if group.revisions.is_empty() {
            return Ok(self.ledger.head().seq);
        }
        let entries = group.entries()?;
        let (pieces, context) = (ledger::seal(&entries)?, Arc::clone(&self.shared.context));
        let index = |positions: &[Position]| group.indexed(positions, &context);
        let size = (entries.len(), pieces.iter().map(Sealed::bytes).sum());
        let (_, indexed) = self.ledger.append_pieces(size, pieces.into_iter().map(Ok), index)?;
        self.apply(indexed);
        Ok(self.ledger.head().seq)
    }

    fn apply(&mut self, indexed: Indexed) {
        {
            let mut index = self.shared.index.write().unwrap_or_else(PoisonError::into_inner);
            for (id, current, keys) in indexed.changes {
                let known = index.current(id).is_some();
                index.apply(id, current, &keys);
                if known {
                    self.public.remove(id);
                    self.staff.remove(id);
                }
            }
        }
        self.public.add(indexed.public);
        self.staff.add(indexed.staff);
        self.publish();
    }

    fn publish(&self) {
        let Shared { context, public, full, .. } = &*self.shared;
        let head = self.ledger.head();
        public.store(Arc::new(Snapshot::<Public>::of(&self.public, context, head)));
        full.store(Arc::new(Snapshot::<Full>::of(&self.public, &self.staff, context, head)));
    }
}

/// A part of each batch: they are made in memory that is used again and again, and merged when the file has been acknowledged.
fn parts_of<R: TierRow + Send>(batches: Vec<Batch<R>>) -> Vec<OnePart<R>> {
    batches.into_par_iter().map(OnePart::from).collect()
}

/// A ledger that could be opened and cannot be read.
fn unread(dir: &Path, error: &OpenError) -> DamagedAt {
    let file = dir.join(ledger::LEDGER_DIR);
    DamagedAt { file, offset: 0, seq: 0, problem: error.to_string() }
}

fn both_updated(one: IncidentId, other: IncidentId) -> Put {
    Put { updated: 2, ids: vec![(one, Outcome::Updated), (other, Outcome::Updated)], ..Put::default() }
}

/// What an incident said before it last took another one in, of all its revisions.
fn before_merge(revisions: &[Properties], merged: IncidentId) -> Option<&Properties> {
    let took = |pair: &&[Properties]| {
        !pair[0].merged_from.contains(&merged) && pair[1].merged_from.contains(&merged)
    };
    revisions.windows(2).rev().find(took).map(|pair| &pair[0])
}

/// From where it is taken back what a merged incident had brought.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TakeBack {
    WhereItIsPublic,
    Everywhere,
}

/// Adds the next revision of an incident to what is about to be written.
fn revise(group: &mut Group, op: Op, mut incident: Incident, author: &Author) {
    let revision = incident.properties.revision.unwrap_or(1) + 1;
    sign(&mut incident, revision, now().as_ref(), author);
    group.push(op, incident);
}

fn unchanged(id: IncidentId) -> Put {
    Put { unchanged: 1, ids: vec![(id, Outcome::Unchanged)], ..Put::default() }
}

/// What decides who may see an incident stays as it was unless a report speaks of it: the source of a masked
/// record knows nothing of the mask, and must not take it off by being imported again.
fn keep_unsaid(incident: &mut Incident, before: &Incident) {
    let (said, kept) = (&mut incident.properties, &before.properties);
    said.record_status = said.record_status.or(kept.record_status);
    said.masking = said.masking.take().or_else(|| kept.masking.clone());
    said.sensitivity = said.sensitivity.or(kept.sensitivity);
    said.redistributable = said.redistributable.or(kept.redistributable);
    if said.record_status == Some(RecordStatus::Merged) {
        said.merged_into = said.merged_into.or(kept.merged_into);
    }
}

/// Where a report would publish what is withheld, what keeps it from the public is kept. Nor does it take a mask off anything that is not
/// public yet.
fn keep_hidden(incident: &mut Incident, before: &Incident) {
    let would_publish = !is_public(before) && is_public(incident);
    let takes_mask_off = is_free(incident) && !is_free(before);
    let (said, kept) = (&mut incident.properties, &before.properties);
    if takes_mask_off {
        said.masking.clone_from(&kept.masking);
        said.redistributable = kept.redistributable;
    }
    if would_publish {
        said.record_status = kept.record_status;
    }
}

/// What becomes of a report of an incident that was withdrawn and does not speak of its status.
#[derive(Clone, Copy, PartialEq, Eq)]
enum OfWithdrawn {
    /// It is refused.
    Refuse,
    /// The incident takes further revisions and stays withdrawn.
    Stay,
    /// As [`Self::Stay`], also where the report says that it is published; and one that is withheld from the public stays so, whatever
    /// the report says. That is for files: one that comes again says what it said before somebody hid the incident.
    StayHidden,
    /// The incident is there again, and public if the report says so; one that was merged stays so.
    Restore,
}

impl OfWithdrawn {
    fn of_file(restores: bool) -> Self {
        if restores { Self::Restore } else { Self::StayHidden }
    }
}

/// What a merged incident was merged into.
fn gone_into(properties: &Properties) -> Option<IncidentId> {
    properties.merged_into.filter(|_| properties.record_status == Some(RecordStatus::Merged))
}

/// Whether it is in no snapshot, neither the public one nor that for staff.
fn is_gone(incident: &Incident) -> bool {
    matches!(incident.properties.record_status, Some(RecordStatus::Withdrawn | RecordStatus::Merged))
}

/// Says who recorded this revision, and when.
pub(crate) fn sign(incident: &mut Incident, revision: u64, now: Option<&EventDate>, author: &Author) {
    let properties = &mut incident.properties;
    properties.record_status = properties.record_status.or(Some(RecordStatus::Published));
    properties.revision = Some(revision);
    properties.recorded_at = now.cloned();
    properties.recorded_by = Some(author.0.clone());
}

/// The moment, to the second. `None` only for a clock outside the years an incident may have.
pub(crate) fn now() -> Option<EventDate> {
    let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    EventDate::parse(&now).ok()
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Instant;

    use super::*;
    use crate::ledger::{Disk, SEGMENT_BYTES};

    fn incident(number: u8) -> Incident {
        let mut properties = Properties::new(EventDate::parse("2025-05-30").expect("a date"));
        properties.same_as = vec![format!("test:{number}")];
        Incident { id: IncidentId::from_random([number; 16]), places: Vec::new(), properties }
    }

    #[test]
    fn after_a_failed_fsync_reads_go_on_and_writes_do_not_until_the_store_is_opened_again() {
        let borders = Arc::new(BorderSet::natural_earth().expect("it is built in"));
        let dir = tempfile::tempdir().expect("a folder");
        let options = Options { create: true, read_only: false };
        let author = Author::new("a test");
        let store = Store::open(dir.path(), Arc::clone(&borders), options).expect("it opens");
        store.put(vec![incident(1)], &author).expect("it is put");
        drop(store);
        let failing = Disk { sync: |_| Err(io::Error::other("the disk is gone")), ..Disk::default() };
        let break_disk = |ledger: &mut Ledger| ledger.with_disk(failing, SEGMENT_BYTES);
        let store = Store::open_as(dir.path(), &borders, options, &break_disk).expect("it opens");
        for number in 2..4 {
            let refused = store.put(vec![incident(number)], &author);
            assert!(matches!(refused, Err(PutError::Ledger(AppendError::Failed(_)))), "{refused:?}");
        }
        assert!(matches!(store.refusal(), Some(AppendError::Failed(_))));
        assert_eq!(store.public().len(), 1, "what was not acknowledged is not seen");
        let public = store.public();
        let row = public.get(incident(1).id).expect("it is there");
        assert!(public.feature(&row).is_ok());
        drop(store);
        let store = Store::open(dir.path(), borders, options).expect("it opens");
        store.put(vec![incident(4)], &author).expect("it is put");
    }

    /// Who comes alone writes without the thread that waits for work. Nobody may do so again and again while others wait: they
    /// count as waiting until their work is done, not until it is taken from the queue.
    #[test]
    fn whoever_waits_for_the_thread_that_writes_is_passed_by_nobody() {
        let borders = Arc::new(BorderSet::natural_earth().expect("it is built in"));
        let dir = tempfile::tempdir().expect("a folder");
        let options = Options { create: true, read_only: false };
        let author = Author::new("a test");
        let store = Store::open(dir.path(), borders, options).expect("it opens");
        let waiting = |store: &Store| store.shared.waiting.load(Ordering::Relaxed);
        let wait_until = |is_so: &dyn Fn() -> bool| {
            let begun = Instant::now();
            while !is_so() {
                assert!(begun.elapsed() < Duration::from_secs(60), "it never was");
                thread::sleep(Duration::from_millis(1));
            }
        };
        let many = (2..2 + u8::try_from(FEW).expect("a few")).map(incident).collect();
        store.put(many, &author).expect("they are put");
        wait_until(&|| waiting(&store) == 0);
        let at_work = store.writer.lock().expect("nothing has panicked");
        thread::scope(|scope| {
            let other = scope.spawn(|| store.put(vec![incident(1)], &author));
            wait_until(&|| waiting(&store) > 0);
            // Time enough for the thread that writes to take it from the queue.
            thread::sleep(Duration::from_millis(100));
            assert_eq!(waiting(&store), 1);
            drop(at_work);
            other.join().expect("it does not panic").expect("it is put");
        });
        assert_eq!(store.public().len(), FEW + 1);
    }
}
