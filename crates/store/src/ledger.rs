//! The ledger: truth on disk, an append-only chain of GeoJSON records in segment files.
//!
//! A batch is written, then fsynced, and only then is the next one begun. So after a power cut only the last
//! batch can be incomplete: that is a torn tail, which is cut off and reported. Anything else that does not
//! parse or does not chain is damage: it is named, the rest is still read, and writes are refused.
//!
//! A Merkle tree grows with the ledger ([`crate::merkle`]); its root, signed, is a checkpoint ([`crate::note`]).
//!
//! After a failed write or fsync nothing more is written until the ledger is opened again: what the disk
//! holds is then unknown, and a second fsync may report success for pages the first one has lost.
//!
//! A batch of [`PACKED_FROM`] bytes or more has a segment to itself, which is packed later ([`crate::packing`]). Where a record lies is
//! told by the text of its segment, so that stays as it is ([`crate::segment`]).
//!
//! Cost: opening reads and hashes every byte, in parallel; an append costs one write and one fsync.
//! Limits: a batch lies in one segment, so a segment may exceed [`SEGMENT_BYTES`]; reading holds [`WINDOW_BYTES`] of it in
//! memory, and of one that is damaged all from there on. Only Unix: documents are read with positioned reads.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::ops::Range;
use std::os::unix::fs::{FileExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, mpsc};
use std::thread::ScopedJoinHandle;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::backup::FromStart;
use crate::bodies::{self, Block, Bodies};
use crate::cores::both;
use crate::direct::Direct;
use crate::erase::Erasure;
use crate::merkle::{self, Tree};
use crate::note::Signer;
use crate::packing::fresh_path;
use crate::record::{self, BadRecord, Hash, LF, Link, Op, RS, Salt};
use crate::segment::{Segment, is_packed, packed_path, segment_path, segments};

/// A new segment is begun once the last one has reached this size.
pub const SEGMENT_BYTES: u64 = 256 << 20;
/// A batch that is so long has a segment to itself, which is packed.
pub const PACKED_FROM: u64 = 1 << 20;
/// The format this program reads and writes.
pub const FORMAT_VERSION: u32 = 2;

/// So much of a segment is read at a time.
const WINDOW_BYTES: u64 = 64 << 20;
pub(crate) const FORMAT_FILE: &str = "format.json";
const READ_AT_ONCE: usize = 8 << 20;
const COPY_AT_ONCE: usize = 1 << 20;
/// Records that are sealed and written in one piece.
pub(crate) const PIECE: usize = bodies::BLOCK;
/// Pieces that may wait for the disk.
const PIECES_AHEAD: usize = 16;
/// So much of a long batch is written before the disk is told to keep it.
const SYNC_BYTES: usize = 32 << 20;
/// Documents that are held in memory: those of some four million incidents.
const DOCUMENTS_BYTES: usize = 2 << 30;
const FORMAT_NAME: &str = "kordon-ledger";
const LOCK_FILE: &str = "lock";
pub(crate) const KEY_FILE: &str = "signing-key";
pub(crate) const LEDGER_DIR: &str = "ledger";

/// Where a record lies on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Number of the segment, from 1, as in its file name.
    pub segment: u32,
    /// First byte of the record.
    pub offset: u64,
    /// Its length in bytes, RS and LF included.
    pub len: u32,
}

/// A record that was read and is sound.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    pub position: Position,
    pub link: Link,
}

/// Some bytes of a segment.
#[derive(Clone, Copy)]
pub(crate) struct Window<'a> {
    pub bytes: &'a [u8],
    /// Where in the segment they begin.
    pub start: u64,
}

impl<'a> Window<'a> {
    /// The bytes of one record that is in it.
    pub fn frame(&self, position: Position) -> &'a [u8] {
        #[expect(clippy::cast_possible_truncation, reason = "an offset into bytes that are in memory")]
        let start = (position.offset - self.start) as usize;
        &self.bytes[start..start + position.len as usize]
    }

    fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }
}

/// What reading a ledger hands over.
pub(crate) enum Seen<'a> {
    /// Sound records that follow those before.
    Records(Window<'a>, &'a [Frame]),
    /// All that was handed over is to be forgotten, and comes again: the end of it was a batch that is not complete.
    Anew,
}

/// What takes what reading a ledger hands over.
pub(crate) type Each<'a> = &'a mut dyn FnMut(Seen<'_>);

/// An incomplete last batch: never acknowledged, so nothing that was promised is lost with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TornTail {
    /// The segment file.
    pub file: PathBuf,
    /// Where the batch began.
    pub offset: u64,
    /// How many bytes of it there were.
    pub bytes: u64,
    /// Number of the batch.
    pub batch: u64,
}

/// A place in the ledger that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DamagedAt {
    /// The file.
    pub file: PathBuf,
    /// The byte at which the sound part ends; of a packed file, the byte of its text.
    pub offset: u64,
    /// The number of the record that should be there.
    pub seq: u64,
    /// What is wrong.
    pub problem: String,
}

impl std::fmt::Display for DamagedAt {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { file, offset, seq, problem } = self;
        let of = if is_packed(file) { " of its text" } else { "" };
        write!(out, "{}: byte {offset}{of}: record {seq}: {problem}", file.display())
    }
}

/// What opening a ledger found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Recovery {
    /// Sound records.
    pub records: u64,
    /// Complete batches.
    pub batches: u64,
    /// Records whose body was erased, as a later record says.
    pub erased: u64,
    /// Records that were checked and not parsed: the index that was kept of them fits.
    pub indexed: u64,
    /// An incomplete last batch. It is cut off when the ledger is opened for writing.
    pub torn: Option<TornTail>,
    /// Everything that is not as it was written; empty in a sound ledger.
    pub damage: Vec<DamagedAt>,
}

/// Why a ledger could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no store, and making one was not asked for.
    #[error("there is no store in {}", .0.display())]
    Missing(PathBuf),
    /// Another process has it.
    #[error("the store in {} is held by process {pid}", dir.display())]
    Held {
        /// The store.
        dir: PathBuf,
        /// The process that holds it, as it wrote it down.
        pid: String,
    },
    /// A later program wrote it.
    #[error("the store in {} has format {found}; this program reads up to {FORMAT_VERSION}", dir.display())]
    Newer {
        /// The store.
        dir: PathBuf,
        /// Its format.
        found: u32,
    },
    /// An earlier program wrote it.
    #[error("the store in {} has format {found}; `kordon upgrade` makes a copy of format {FORMAT_VERSION}", dir.display())]
    Older {
        /// The store.
        dir: PathBuf,
        /// Its format.
        found: u32,
    },
    /// The file with the key that signs checkpoints is not one.
    #[error("{} is not a signing key", .0.display())]
    BadKey(PathBuf),
    /// The file that names the format is not one.
    #[error("{} is not the header of a ledger: {problem}", file.display())]
    BadHeader {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The disk refused.
    #[error("{}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl OpenError {
    /// What the disk said about a file or folder.
    pub(crate) fn at(path: &Path) -> impl Fn(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Io { path: path.clone(), source }
    }
}

/// Why a batch was not written. Nothing of it is acknowledged.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AppendError {
    /// The disk is full, now or since an earlier write.
    #[error("the disk is full; reads go on, and writing begins again after a restart")]
    Full,
    /// An erasure copies the segments that it overwrites, one at a time.
    #[error(
        "there is no room on the disk for a copy of the segment that is to be overwritten; nothing was erased: make room, and erase it then"
    )]
    NoRoomToErase,
    /// A write or an fsync failed, now or earlier: what the disk holds is unknown until it is read again.
    #[error("writing failed ({0}); reads go on, and writing begins again after a restart")]
    Failed(Arc<io::Error>),
    /// The ledger is damaged.
    #[error("the ledger is damaged; writes are refused until it is restored: {0}")]
    Damaged(DamagedAt),
    /// The store was opened for reading only.
    #[error("the store was opened for reading only")]
    ReadOnly,
    /// A record does not fit a frame.
    #[error("a record of {0} bytes is too large")]
    TooLarge(usize),
}

/// Why a document could not be read back.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The disk refused.
    #[error("reading record at {position:?}")]
    Io {
        /// Which record.
        position: Position,
        /// What the system said.
        source: io::Error,
    },
    /// It has changed on disk since it was read last.
    #[error("the record at {position:?} has changed on disk: {source}")]
    Changed {
        /// Which record.
        position: Position,
        /// What is wrong with it.
        source: BadRecord,
    },
    /// Where records stand in a damaged ledger is not known.
    #[error("the ledger is damaged: its records can be neither counted nor proved")]
    Damaged,
    /// It was erased: that it was there is all that is known.
    #[error("the record at {0:?} was erased")]
    Erased(Position),
    /// Its hash is right, but it is not an incident this program understands.
    #[error("the record at {position:?} is not an incident: {problem}")]
    NotAnIncident {
        /// Which record.
        position: Position,
        /// What the parser said.
        problem: String,
    },
}

/// The header, in `ledger/format.json`. Its bytes are hashed into the first record.
#[derive(Serialize, Deserialize)]
struct Header {
    format: String,
    version: u32,
    store: String,
    created: String,
    /// The last hash of the ledger of an older format that this one is a copy of.
    #[serde(skip_serializing_if = "Option::is_none")]
    continues: Option<Hash>,
}

/// How far the ledger has come: what is needed to go on, to prove, and to open it without reading all of it again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Log {
    pub head: Head,
    pub tree: Tree,
    /// Where the first record of each block of the tree lies: its segment, and the byte.
    starts: Vec<(u32, u64)>,
    /// The last record.
    last: Option<Position>,
}

impl Log {
    fn new(head: Head) -> Self {
        Self { head, tree: Tree::default(), starts: Vec::new(), last: None }
    }

    /// The files up to the last complete batch as they are open, each with its name and how much of it counts.
    pub fn files(&self, documents: &Documents) -> io::Result<Vec<(String, u64, FromStart)>> {
        let Some(last) = self.last else { return Ok(Vec::new()) };
        let one = |number| {
            let segment = documents.file(number)?;
            let dir = Path::new(LEDGER_DIR);
            let (path, len) = match &*segment {
                // It holds one batch, and all of that.
                Segment::Packed(packed) => (packed_path(dir, number), packed.file().metadata()?.len()),
                Segment::Plain(_) if number == last.segment => {
                    (segment_path(dir, number), last.offset + u64::from(last.len))
                }
                Segment::Plain(_) => (segment_path(dir, number), segment.len()?),
            };
            Ok((path.to_string_lossy().into_owned(), len, FromStart { segment, at: 0 }))
        };
        (1..=last.segment).map(one).collect()
    }

    /// Whether it says where each block of the tree begins.
    fn has_all_blocks(&self) -> bool {
        self.tree.size() == self.head.seq && self.starts.len() as u64 == self.head.seq.div_ceil(merkle::BLOCK)
    }

    /// The block of the tree in which the record at this place is.
    fn block_of(&self, position: Position) -> Option<u64> {
        let at = (position.segment, position.offset);
        self.starts.partition_point(|start| *start <= at).checked_sub(1).map(|block| block as u64)
    }

    fn push(&mut self, position: Position, leaf: Hash) {
        if self.tree.size().is_multiple_of(merkle::BLOCK) {
            self.starts.push((position.segment, position.offset));
        }
        self.tree.push(leaf);
        self.last = Some(position);
    }
}

/// A sound record, read back.
pub(crate) struct Kept {
    pub position: Position,
    pub link: Link,
    pub frame: Vec<u8>,
}

/// The segment files, open for reading, and what is known of them: shared by all snapshots.
pub(crate) struct Documents {
    files: RwLock<Vec<(u32, Arc<Segment>)>>,
    /// Held by whoever changes names of segments and syncs that: a sync that fails may take with it what another one is to make safe.
    folder: Mutex<()>,
    log: RwLock<Log>,
    bodies: RwLock<Bodies>,
    /// Whether all of the ledger was read since it was opened.
    is_checked: AtomicBool,
}

impl Default for Documents {
    fn default() -> Self {
        Self::with_room(0)
    }
}

impl Documents {
    /// Holds as much in memory as is reasonable.
    pub fn in_memory() -> Self {
        Self::with_room(DOCUMENTS_BYTES)
    }

    fn with_room(room: usize) -> Self {
        let nowhere = Head { seq: 0, batch: 0, hash: Hash::of(&[]) };
        Self {
            files: RwLock::default(),
            folder: Mutex::default(),
            log: RwLock::new(Log::new(nowhere)),
            bodies: RwLock::new(Bodies::with_room(room)),
            is_checked: AtomicBool::new(true),
        }
    }

    /// What is in memory. The writer waits as long as this is held.
    pub fn bodies(&self) -> RwLockReadGuard<'_, Bodies> {
        self.bodies.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes records into memory, if there is room.
    fn hold<B: IntoIterator<Item = Block>>(&self, blocks: impl FnOnce() -> B) {
        if self.bodies().has_room() {
            let blocks = blocks();
            let mut bodies = self.bodies.write().unwrap_or_else(PoisonError::into_inner);
            blocks.into_iter().for_each(|block| bodies.add(block));
        }
    }

    /// Holds nothing in memory any more.
    pub fn hold_nothing(&self) {
        *self.bodies.write().unwrap_or_else(PoisonError::into_inner) = Bodies::with_room(0);
    }

    fn forget_all(&self) {
        self.bodies.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn forget(&self, position: Position) {
        self.bodies.write().unwrap_or_else(PoisonError::into_inner).forget(position);
    }

    /// The bytes of one record, whose hash is checked again: a disk may change its mind.
    pub fn read(&self, position: Position) -> Result<Vec<u8>, ReadError> {
        let (frame, link) = self.read_frame(position)?;
        if link.erased { Err(ReadError::Erased(position)) } else { Ok(frame) }
    }

    /// The bytes of one record, erased or not, and its place in the chain.
    pub fn read_frame(&self, position: Position) -> Result<(Vec<u8>, Link), ReadError> {
        if !self.is_checked.load(Ordering::Acquire) {
            return self.read_with_neighbors(position);
        }
        let io_error = |source| ReadError::Io { position, source };
        let file = self.file(position.segment).map_err(io_error)?;
        let mut frame = vec![0; position.len as usize];
        file.read_exact_at(&mut frame, position.offset).map_err(io_error)?;
        let (link, _) = record::decode(&frame).map_err(|source| ReadError::Changed { position, source })?;
        Ok((frame, link))
    }

    /// The same of a record that may have been changed, and its hash with it, while nobody looked.
    fn read_with_neighbors(&self, position: Position) -> Result<(Vec<u8>, Link), ReadError> {
        let number = self.log.read().unwrap_or_else(PoisonError::into_inner).block_of(position);
        let block = self.block(number.unwrap_or(u64::MAX))?.into_iter();
        let changed = ReadError::Changed { position, source: BadRecord::Frame };
        let found = block.into_iter().find(|kept| kept.position == position).ok_or(changed)?;
        Ok((found.frame, found.link))
    }

    /// How far the ledger has come.
    pub fn log(&self) -> Log {
        self.log.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The Merkle tree over all records.
    pub fn tree(&self) -> Tree {
        self.log.read().unwrap_or_else(PoisonError::into_inner).tree.clone()
    }

    /// The records of one block of the tree, in order, each checked, and all of them against the tree; of the last one those
    /// that are there.
    pub fn block(&self, number: u64) -> Result<Vec<Kept>, ReadError> {
        let (start, end, root) = {
            let log = self.log.read().unwrap_or_else(PoisonError::into_inner);
            let at = usize::try_from(number).unwrap_or(usize::MAX);
            let last = log.last.map(|last| (last.segment, last.offset + u64::from(last.len)));
            let Some((start, end)) = log.starts.get(at).copied().zip(last) else { return Ok(Vec::new()) };
            (start, log.starts.get(at + 1).copied().unwrap_or(end), log.tree.block_root(at))
        };
        let mut kept = Vec::new();
        for segment in start.0..=end.0 {
            let whole = Position { segment, offset: 0, len: 0 };
            let io_error = |source| ReadError::Io { position: whole, source };
            let file = self.file(segment).map_err(io_error)?;
            let from = if segment == start.0 { start.1 } else { 0 };
            let to = if segment == end.0 { end.1 } else { file.len().map_err(io_error)? };
            let mut bytes = vec![0; usize::try_from(to.saturating_sub(from)).unwrap_or_default()];
            file.read_exact_at(&mut bytes, from).map_err(io_error)?;
            for piece in split(&bytes, record::decode) {
                let position = Position {
                    segment,
                    offset: from + piece.offset as u64,
                    len: u32::try_from(piece.len).unwrap_or(u32::MAX),
                };
                let link = piece.link.map_err(|source| ReadError::Changed { position, source })?;
                let frame = bytes[piece.offset..piece.offset + piece.len].to_vec();
                kept.push(Kept { position, link, frame });
            }
        }
        let leaves: Vec<Hash> = kept.iter().map(|kept| merkle::leaf(kept.link.hash)).collect();
        if merkle::root_of(&leaves) != root {
            let position = Position { segment: start.0, offset: start.1, len: 0 };
            return Err(ReadError::Changed { position, source: BadRecord::Hash });
        }
        Ok(kept)
    }

    /// The hashed leaves of one block of the tree.
    pub fn leaves(&self, block: u64) -> Result<Vec<Hash>, ReadError> {
        Ok(self.block(block)?.iter().map(|kept| merkle::leaf(kept.link.hash)).collect())
    }

    /// A segment, as it is now.
    pub fn file(&self, segment: u32) -> io::Result<Arc<Segment>> {
        let files = self.files.read().unwrap_or_else(PoisonError::into_inner);
        match files.binary_search_by_key(&segment, |(number, _)| *number) {
            Ok(at) => Ok(Arc::clone(&files[at].1)),
            Err(_) => Err(io::Error::new(io::ErrorKind::NotFound, "no such segment")),
        }
    }

    /// Adds a segment, or another file in its place.
    pub fn add(&self, segment: u32, file: Arc<Segment>) {
        let mut files = self.files.write().unwrap_or_else(PoisonError::into_inner);
        match files.binary_search_by_key(&segment, |(number, _)| *number) {
            Ok(at) => files[at].1 = file,
            Err(at) => files.insert(at, (segment, file)),
        }
    }

    /// Changes names in the folder of the segments, and makes that safe, while nobody else does.
    pub fn in_folder<T>(&self, change: impl FnOnce() -> T) -> T {
        let _held = self.folder.lock().unwrap_or_else(PoisonError::into_inner);
        change()
    }

    fn with_log(&self, change: impl FnOnce(&mut Log)) {
        change(&mut self.log.write().unwrap_or_else(PoisonError::into_inner));
    }
}

/// How bytes get to the disk. Tests put a disk that fails in its place.
#[derive(Clone, Copy)]
pub(crate) struct Disk {
    pub write: fn(&File, &[u8], u64) -> io::Result<()>,
    pub sync: fn(&File) -> io::Result<()>,
}

impl Default for Disk {
    fn default() -> Self {
        Self { write: |file, bytes, at| file.write_all_at(bytes, at), sync: File::sync_data }
    }
}

/// The ledger of one store.
pub(crate) struct Ledger {
    dir: PathBuf,
    documents: Arc<Documents>,
    disk: Disk,
    segment_bytes: u64,
    packed_from: u64,
    window_bytes: u64,
    tail: Option<Tail>,
    /// Plain segments that are to be packed.
    unpacked: Vec<u32>,
    /// What the first record follows.
    origin: Head,
    head: Head,
    /// What was cut off before all was read.
    torn: Option<TornTail>,
    refusal: Option<AppendError>,
    signer: Option<Arc<Signer>>,
    _lock: Option<File>,
}

/// The last segment.
#[derive(Clone, Copy)]
struct Tail {
    number: u32,
    len: u64,
    /// It holds a batch that has it to itself: the next one begins another.
    is_closed: bool,
}

/// The end of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    pub seq: u64,
    pub batch: u64,
    pub hash: Hash,
}

/// A batch that is being written, piece by piece.
struct Batch {
    of: u32,
    index: u32,
    head: Head,
    /// Where the next record goes.
    segment: u32,
    offset: u64,
    positions: Vec<Position>,
    leaves: Vec<Hash>,
}

impl Batch {
    /// The bytes of the next records.
    fn encode(&mut self, piece: &Sealed) -> Result<Vec<u8>, AppendError> {
        let mut bytes = Vec::with_capacity(piece.text.len() + piece.ends.len() * record::MEMBER_MAX);
        for (body, op, (salt, commitment)) in piece.records() {
            let (of, index, commitment) = (self.of, self.index, *commitment);
            let Head { seq, batch, hash: prev } = self.head;
            let link =
                Link { seq: seq + 1, batch, index, of, op, prev, commitment, hash: prev, erased: false };
            let link = Link { hash: link.chained(), ..link };
            let start = bytes.len();
            record::encode(&mut bytes, body, salt, &link);
            let len = bytes.len() - start;
            let len = u32::try_from(len).map_err(|_| AppendError::TooLarge(len))?;
            self.positions.push(Position { segment: self.segment, offset: self.offset, len });
            self.leaves.push(merkle::leaf(link.hash));
            self.offset += u64::from(len);
            self.head = Head { seq: link.seq, batch, hash: link.hash };
            self.index += 1;
        }
        Ok(bytes)
    }
}

/// Records that are committed to and not yet in the chain: their bodies one behind the other.
pub(crate) struct Sealed {
    pub text: Vec<u8>,
    /// Where each body ends.
    pub ends: Vec<u32>,
    ops: Vec<Op>,
    secrets: Vec<(Salt, Hash)>,
}

impl Sealed {
    /// Draws salts for these Features and commits to their bodies.
    pub fn of<'a>(entries: impl Iterator<Item = (Op, &'a [u8])>) -> Result<Self, AppendError> {
        let mut sealed = Self { text: Vec::new(), ends: Vec::new(), ops: Vec::new(), secrets: Vec::new() };
        for (op, feature) in entries {
            sealed.text.extend_from_slice(record::body(feature));
            let len = sealed.text.len();
            sealed.ends.push(u32::try_from(len).map_err(|_| AppendError::TooLarge(len))?);
            sealed.ops.push(op);
        }
        let mut salts = vec![Salt::default(); sealed.ops.len()];
        random(salts.as_flattened_mut()).map_err(|error| AppendError::Failed(Arc::new(error)))?;
        let committed = salts.iter().zip(texts(&sealed.text, &sealed.ends));
        sealed.secrets = committed.map(|(salt, body)| (*salt, record::commitment(salt, body))).collect();
        Ok(sealed)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// How long their bodies are.
    pub fn bytes(&self) -> u64 {
        self.ends.last().map_or(0, |end| u64::from(*end))
    }

    fn records(&self) -> impl Iterator<Item = (&[u8], Op, &(Salt, Hash))> {
        let bodies = texts(&self.text, &self.ends);
        bodies.zip(&self.ops).zip(&self.secrets).map(|((body, op), secret)| (body, *op, secret))
    }

    /// Without those that are not to be kept.
    pub fn retain(&mut self, keep: &[bool]) {
        let (mut text, mut ends) = (Vec::with_capacity(self.text.len()), Vec::with_capacity(self.ends.len()));
        for (body, _) in texts(&self.text, &self.ends).zip(keep).filter(|(_, keep)| **keep) {
            text.extend_from_slice(body);
            // Not more than there was.
            ends.push(u32::try_from(text.len()).unwrap_or(u32::MAX));
        }
        (self.text, self.ends) = (text, ends);
        let (mut ops, mut secrets) = (keep.iter(), keep.iter());
        self.ops.retain(|_| ops.next().is_some_and(|keep| *keep));
        self.secrets.retain(|_| secrets.next().is_some_and(|keep| *keep));
    }
}

/// Texts that stand one behind the other, by where each ends.
pub(crate) fn texts<'a>(text: &'a [u8], ends: &'a [u32]) -> impl Iterator<Item = &'a [u8]> {
    let mut start = 0;
    ends.iter().map(move |&end| {
        let body = &text[start..end as usize];
        start = end as usize;
        body
    })
}

fn random(bytes: &mut [u8]) -> io::Result<()> {
    getrandom::fill(bytes).map_err(io::Error::other)
}

/// One record to be written.
pub(crate) struct Entry {
    pub op: Op,
    /// A JSON object in one line.
    pub feature: Vec<u8>,
}

/// Features of some records, sealed on all cores.
pub(crate) fn seal(entries: &[Entry]) -> Result<Vec<Sealed>, AppendError> {
    let features = |some: &[Entry]| Sealed::of(some.iter().map(|one| (one.op, one.feature.as_slice())));
    entries.par_chunks(PIECE).map(features).collect()
}

/// Why a batch was not written.
enum Unwritten {
    Disk(io::Error),
    Refused(AppendError),
}

impl From<io::Error> for Unwritten {
    fn from(problem: io::Error) -> Self {
        Self::Disk(problem)
    }
}

impl From<AppendError> for Unwritten {
    fn from(why: AppendError) -> Self {
        Self::Refused(why)
    }
}

fn joined(thread: ScopedJoinHandle<'_, io::Result<()>>) -> io::Result<()> {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

impl Ledger {
    /// Opens the ledger in `dir`, or makes one when `create`; gives every sound record to `each`, many at a time and in order.
    ///
    /// Reading only takes no lock: a batch is either complete in the file or ignored.
    pub fn open(
        dir: &Path,
        create: bool,
        read_only: bool,
        documents: Arc<Documents>,
        each: Each<'_>,
    ) -> Result<(Self, Recovery), OpenError> {
        let mut ledger = Self::unread(dir, create, read_only, documents)?;
        let recovery = ledger.recover(read_only, each)?;
        if let Some(first) = recovery.damage.first() {
            ledger.refuse(AppendError::Damaged(first.clone()));
        }
        Ok((ledger, recovery))
    }

    /// Opens for writing the ledger that had come as far as `log`, and gives only the records behind to `each`. What is before
    /// is to be read with [`Self::recover`] before anything is written; until then, each document that is asked for is
    /// checked against `log` together with its neighbors.
    ///
    /// `None` when it is another ledger or one that was set back, when what is behind is damaged or has to do with an
    /// erasure: then nothing was changed, and all of it is to be read.
    pub fn open_behind(
        dir: &Path,
        log: &Log,
        documents: Arc<Documents>,
        each: Each<'_>,
    ) -> Result<Option<Self>, OpenError> {
        let mut ledger = Self::unread(dir, false, false, documents)?;
        Ok(ledger.go_behind(log, each)?.then_some(ledger))
    }

    /// The ledger in `dir`, of which nothing has been read.
    fn unread(
        dir: &Path,
        create: bool,
        read_only: bool,
        documents: Arc<Documents>,
    ) -> Result<Self, OpenError> {
        let ledger_dir = dir.join(LEDGER_DIR);
        let lock = if read_only { None } else { lock(dir, create || ledger_dir.exists())? };
        if !ledger_dir.exists() {
            if former(dir).exists() {
                // An upgrade was cut short between its two renamings.
                return Err(OpenError::Older { dir: dir.to_owned(), found: FORMAT_VERSION - 1 });
            }
            if !create || read_only {
                return Err(OpenError::Missing(dir.to_owned()));
            }
            make(dir)?;
        }
        let (origin, store) = read_header(dir)?;
        let signer = signer(dir, &store, read_only)?.map(Arc::new);
        let bare = Self::bare(&ledger_dir, origin, Disk::default());
        let refusal = read_only.then_some(AppendError::ReadOnly);
        Ok(Self { documents, refusal, signer, _lock: lock, ..bare })
    }

    /// A ledger of these segment files, without lock and key, of which nothing has been read.
    pub fn bare(segments: &Path, origin: Hash, disk: Disk) -> Self {
        Self {
            dir: segments.to_owned(),
            documents: Arc::default(),
            disk,
            segment_bytes: SEGMENT_BYTES,
            packed_from: PACKED_FROM,
            window_bytes: WINDOW_BYTES,
            tail: None,
            unpacked: Vec::new(),
            origin: Head { seq: 0, batch: 0, hash: origin },
            head: Head { seq: 0, batch: 0, hash: origin },
            torn: None,
            refusal: None,
            signer: None,
            _lock: None,
        }
    }

    pub fn head(&self) -> Head {
        self.head
    }

    /// Whether what was read begins with what was known as `log`.
    pub fn begins_with(&self, log: &Log) -> bool {
        let (size, tree) = (log.head.seq, self.documents.tree());
        let mut leaves = |block| self.documents.leaves(block);
        size <= tree.size() && tree.root_at(size, &mut leaves).is_ok_and(|root| root == log.tree.root())
    }

    /// What signs its checkpoints, if the key is here and may be read.
    pub fn signer(&self) -> Option<Arc<Signer>> {
        self.signer.clone()
    }

    /// Why nothing can be written now.
    pub fn refusal(&self) -> Option<&AppendError> {
        self.refusal.as_ref()
    }

    /// Refuses all writing from now on; the first reason stays.
    pub fn refuse(&mut self, why: AppendError) {
        self.refusal.get_or_insert(why);
    }

    #[cfg(test)]
    pub fn with_disk(&mut self, disk: Disk, segment_bytes: u64) {
        self.disk = disk;
        self.segment_bytes = segment_bytes;
    }

    /// Writes one batch and returns when it is on the disk; gives the place of each record.
    pub fn append(&mut self, entries: &[Entry]) -> Result<Vec<Position>, AppendError> {
        let pieces: Vec<Sealed> = seal(entries)?;
        let bytes = pieces.iter().map(Sealed::bytes).sum();
        let written = self.append_pieces((entries.len(), bytes), pieces.into_iter().map(Ok), |_| ())?;
        Ok(written.0)
    }

    /// Writes one batch of so many records, with bodies of about so many bytes, that come piece by piece. What is done
    /// `meanwhile`, with the place of each record, is done while the disk still works: nothing of it may be shown unless this returns.
    pub fn append_pieces<T: Send>(
        &mut self,
        (count, bytes): (usize, u64),
        pieces: impl Iterator<Item = io::Result<Sealed>>,
        meanwhile: impl FnOnce(&[Position]) -> T + Send,
    ) -> Result<(Vec<Position>, T), AppendError> {
        if let Some(why) = &self.refusal {
            return Err(why.clone());
        }
        if count == 0 {
            return Ok((Vec::new(), meanwhile(&[])));
        }
        let of = u32::try_from(count).map_err(|_| AppendError::TooLarge(count))?;
        let Tail { number: segment, len: start, .. } =
            self.tail_for(bytes).map_err(|problem| self.stop(problem))?;
        let file = self.documents.file(segment).map_err(|problem| self.stop(problem))?;
        let mut batch = Batch {
            of,
            index: 0,
            head: Head { batch: self.head.batch + 1, ..self.head },
            segment,
            offset: start,
            positions: Vec::with_capacity(count),
            leaves: Vec::with_capacity(count),
        };
        let written = self.write_batch(&mut batch, file.file(), pieces, meanwhile);
        let done = match written {
            Ok(done) => done,
            Err(Unwritten::Disk(problem)) => return Err(self.stop(problem)),
            Err(Unwritten::Refused(why)) => {
                // Of a batch that is written in part nothing may follow.
                if batch.offset > start {
                    self.refuse(why.clone());
                }
                return Err(why);
            }
        };
        let Batch { head, offset, positions, leaves, .. } = batch;
        let is_closed = start == 0 && offset >= self.packed_from;
        if is_closed {
            self.unpacked.push(segment);
        }
        self.tail = Some(Tail { number: segment, len: offset, is_closed });
        self.head = head;
        self.documents.with_log(|log| {
            positions.iter().zip(leaves).for_each(|(position, leaf)| log.push(*position, leaf));
            log.head = head;
        });
        Ok((positions, done))
    }

    /// Writes all of a batch and has it synced. A long one is written and synced by two other threads, so that neither the disk nor
    /// this one waits for the other.
    fn write_batch<T: Send>(
        &self,
        batch: &mut Batch,
        file: &File,
        mut pieces: impl Iterator<Item = io::Result<Sealed>>,
        meanwhile: impl FnOnce(&[Position]) -> T + Send,
    ) -> Result<T, Unwritten> {
        let disk = self.disk;
        let at = batch.offset;
        let mut next = |batch: &mut Batch| -> Result<Option<Vec<u8>>, Unwritten> {
            let Some(piece) = pieces.next().transpose()? else { return Ok(None) };
            let first = batch.positions.len();
            let bytes = batch.encode(&piece)?;
            // Nobody asks for them before they are on the disk: no snapshot has them.
            self.documents.hold(|| Block::new(piece.text, &piece.ends, &batch.positions[first..]));
            Ok(Some(bytes))
        };
        let Some(bytes) = next(batch)? else { return Ok(meanwhile(&[])) };
        if batch.index == batch.of {
            (disk.write)(file, &bytes, at)?;
            let (sync, meanwhile) = (|| (disk.sync)(file), || meanwhile(&batch.positions));
            let (synced, done) = both(batch.positions.len(), sync, meanwhile);
            return synced.map(|()| done).map_err(Unwritten::from);
        }
        let path = segment_path(&self.dir, batch.segment);
        let (written, to_write) = mpsc::sync_channel::<Vec<u8>>(PIECES_AHEAD);
        let (dirty, to_sync) = mpsc::sync_channel::<()>(1);
        std::thread::scope(|scope| {
            let writing = scope.spawn(move || {
                let (mut out, mut since) = (Direct::new(disk, file, &path, at), 0);
                for bytes in to_write {
                    out.write(&bytes)?;
                    since += bytes.len();
                    // One that is still busy will be told of later bytes.
                    if since >= SYNC_BYTES && !out.is_past_cache() && dirty.try_send(()).is_ok() {
                        since = 0;
                    }
                }
                out.flush()
            });
            // What the disk has already need not be waited for in the end. One failure is enough: nothing is tried again.
            let syncing = scope.spawn(move || {
                to_sync.into_iter().try_for_each(|()| (disk.sync)(file))?;
                (disk.sync)(file)
            });
            let mut piece = Some(bytes);
            while let Some(ready) = piece {
                if written.send(ready).is_err() {
                    // It has met an error, and tells it. Nothing can be made of a part of the batch meanwhile.
                    joined(writing)?;
                    return Err(io::Error::other("the thread that writes ended early").into());
                }
                piece = next(batch)?;
            }
            drop(written);
            let done = meanwhile(&batch.positions);
            joined(writing)?;
            joined(syncing)?;
            Ok(done)
        })
    }

    /// The segment to which a batch goes whose bodies have so many bytes.
    fn tail_for(&mut self, bytes: u64) -> io::Result<Tail> {
        let is_long = bytes >= self.packed_from;
        let takes =
            |tail: &Tail| !tail.is_closed && tail.len < self.segment_bytes && (!is_long || tail.len == 0);
        if let Some(tail) = self.tail.filter(takes) {
            return Ok(tail);
        }
        let number = self.tail.map_or(1, |tail| tail.number + 1);
        let path = segment_path(&self.dir, number);
        let file = self.documents.in_folder(|| {
            let file = OpenOptions::new().read(true).write(true).create_new(true).open(path)?;
            sync_dir(&self.dir).map(|()| file)
        })?;
        self.documents.add(number, Arc::new(Segment::Plain(file)));
        Ok(*self.tail.insert(Tail { number, len: 0, is_closed: false }))
    }

    /// The folder of its segments.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The segments that are to be packed and were not told yet; none of a ledger that is written to no more.
    pub fn take_unpacked(&mut self) -> Vec<u32> {
        if self.refusal.is_some() { Vec::new() } else { std::mem::take(&mut self.unpacked) }
    }

    /// Segments that were to be packed and are not.
    pub fn give_back(&mut self, unpacked: Vec<u32>) {
        self.unpacked.extend(unpacked);
    }

    fn stop(&mut self, problem: io::Error) -> AppendError {
        let full = matches!(problem.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
        let why = if full { AppendError::Full } else { AppendError::Failed(Arc::new(problem)) };
        self.refusal = Some(why.clone());
        why
    }

    /// Goes on from the end of what is behind `log`, if that is this ledger and nothing is wrong behind it.
    fn go_behind(&mut self, log: &Log, each: Each<'_>) -> Result<bool, OpenError> {
        let (numbers, Some(last)) = (segments(&self.dir)?, log.last) else { return Ok(false) };
        let in_order = numbers.iter().copied().eq((1..).take(numbers.len()));
        if !in_order || numbers.len() < last.segment as usize || !log.has_all_blocks() {
            return Ok(false);
        }
        for number in numbers {
            let (segment, path) = Segment::open(&self.dir, number, true)?;
            let len = segment.len().map_err(OpenError::at(&path))?;
            if !segment.is_packed() && self.was_packed(&segment, number)? {
                // Packing it was cut short: whether it is whole is for who reads all of it to find out.
                return Ok(false);
            }
            self.tail = Some(Tail { number, len, is_closed: segment.is_packed() });
            self.documents.add(number, Arc::new(segment));
        }
        let Ok((_, link)) = self.documents.read_frame(last) else { return Ok(false) };
        let Head { seq, batch, hash } = log.head;
        if (link.seq, link.batch, link.hash) != (seq, batch, hash) || link.index + 1 != link.of {
            return Ok(false);
        }
        let (mut log, mut walk) = (log.clone(), Walk::new(log.head, record::decode));
        let Some(tail) = self.tail else { return Ok(false) };
        let (mut bytes, mut has_erasures) = (Vec::new(), false);
        for number in last.segment..=tail.number {
            let path = segment_path(&self.dir, number);
            let segment = self.documents.file(number).map_err(OpenError::at(&path))?;
            let from = if number == last.segment { last.offset + u64::from(last.len) } else { 0 };
            let to = segment.len().map_err(OpenError::at(&path))?.max(from);
            let last = number == tail.number;
            let stretch = Stretch { path: &path, number, segment: &segment, from, to, last };
            let walked = self.walk_through(&mut walk, &stretch, &mut bytes, &mut |window, frames| {
                frames.iter().for_each(|frame| log.push(frame.position, merkle::leaf(frame.link.hash)));
                has_erasures |= frames.iter().any(|frame| frame.link.erased || frame.link.op == Op::Erase);
                each(Seen::Records(window, frames));
            })?;
            if has_erasures || walked == Walked::TooFar || !walk.recovery.damage.is_empty() {
                return Ok(false);
            }
        }
        let torn_at = walk.recovery.torn.as_ref().map(|torn| torn.offset);
        if let Some(offset) = torn_at {
            let path = segment_path(&self.dir, tail.number);
            let cut = self.documents.file(tail.number).and_then(|segment| cut_off(&segment, offset));
            cut.map_err(OpenError::at(&path))?;
        }
        self.torn = walk.recovery.torn;
        self.tail = Some(Tail { len: torn_at.unwrap_or(tail.len), ..tail });
        self.head = walk.head;
        log.head = walk.head;
        self.documents.with_log(|known| *known = log);
        self.documents.is_checked.store(false, Ordering::Release);
        Ok(true)
    }

    /// Reads all there is, and goes on from its end.
    pub fn recover(&mut self, read_only: bool, each: Each<'_>) -> Result<Recovery, OpenError> {
        let mut known = None;
        loop {
            match self.read_all(read_only, known.take(), each)? {
                Ok(recovery) => return Ok(recovery),
                Err(torn) => {
                    each(Seen::Anew);
                    known = Some(torn);
                }
            }
        }
    }

    /// Reads all there is, up to a torn tail if one is known. Another one of which records have been handed over is told.
    fn read_all(
        &mut self,
        read_only: bool,
        known: Option<TornTail>,
        each: Each<'_>,
    ) -> Result<Result<Recovery, TornTail>, OpenError> {
        let mut walk = Walk::new(self.origin, record::decode);
        let mut erasures = Erasures::default();
        let mut log = Log::new(self.origin);
        self.documents.forget_all();
        let mut numbers = segments(&self.dir)?;
        if let Some(torn) = &known {
            // Whoever writes may have ended that batch meanwhile, and begun another segment: that is told next time.
            numbers.retain(|number| segment_path(&self.dir, *number) <= torn.file);
        }
        let mut bytes = Vec::new();
        self.unpacked.clear();
        for (at, &number) in numbers.iter().enumerate() {
            let (segment, path) = Segment::open(&self.dir, number, !read_only)?;
            let io_error = &OpenError::at(&path);
            let mut len = segment.len().map_err(io_error)?;
            let last = at + 1 == numbers.len();
            walk.in_order(&path, (at, number));
            if let Some(torn) = known.as_ref().filter(|torn| torn.file == segment_path(&self.dir, number)) {
                len = torn.offset;
                walk.recovery.torn = known.clone();
            }
            if let Some(problem) = segment.problem() {
                walk.damage(&path, 0, problem.to_owned());
            }
            let damaged = walk.recovery.damage.len();
            let (mut batches, mut is_whole) = (None, false);
            let stretch = Stretch { path: &path, number, segment: &segment, from: 0, to: len, last };
            let walked = self.walk_through(&mut walk, &stretch, &mut bytes, &mut |window, frames| {
                let leaves: Vec<Hash> =
                    frames.par_iter().with_min_len(64).map(|frame| merkle::leaf(frame.link.hash)).collect();
                for (frame, leaf) in frames.iter().zip(leaves) {
                    log.push(frame.position, leaf);
                    erasures.see(&path, window, frame);
                }
                let held: Vec<Position> =
                    frames.iter().filter(|frame| !frame.link.erased).map(|frame| frame.position).collect();
                let block = |some: &[Position]| Block::of(window, some);
                let blocks = || held.par_chunks(bodies::BLOCK).filter_map(block).collect::<Vec<Block>>();
                self.documents.hold(blocks);
                if let ([first, ..], [.., last]) = (frames, frames) {
                    batches = Some((batches.map_or(first.link.batch, |(first, _)| first), last.link.batch));
                    is_whole = last.link.index + 1 == last.link.of;
                }
                each(Seen::Records(window, frames));
            })?;
            if walked == Walked::TooFar
                && let Some(torn) = walk.recovery.torn
            {
                return Ok(Err(torn));
            }
            if !is_whole && walk.recovery.damage.len() == damaged && self.was_packed(&segment, number)? {
                walk.damage(&path, len, "it ends before its batch does".to_owned());
            }
            if let Segment::Packed(packed) = &segment {
                for damage in &mut walk.recovery.damage[damaged..] {
                    if let Some(problem) = packed.problem_at(damage.offset) {
                        damage.problem += &format!("; {problem}");
                    }
                }
            }
            // A damaged ledger is left as it is: what its last bytes were may matter to whoever mends it.
            let may_cut = last && !read_only && walk.recovery.damage.is_empty();
            if let (Some(torn), true) = (&walk.recovery.torn, may_cut) {
                cut_off(&segment, torn.offset).map_err(io_error)?;
                len = torn.offset;
            }
            // By itself in its segment, a batch so long stays so, also one that was written when none was packed.
            let is_one = len >= self.packed_from && batches.is_some_and(|(first, last)| first == last);
            if is_one && !segment.is_packed() {
                self.unpacked.push(number);
            }
            self.tail = Some(Tail { number, len, is_closed: is_one || segment.is_packed() });
            self.documents.add(number, Arc::new(segment));
        }
        self.head = walk.head;
        log.head = walk.head;
        self.documents.with_log(|known| *known = log);
        self.documents.is_checked.store(true, Ordering::Release);
        let mut recovery = walk.recovery;
        recovery.torn = recovery.torn.or(self.torn.take());
        recovery.batches = self.head.batch;
        recovery.erased = erasures.found.len() as u64;
        let pending = erasures.pending();
        recovery.damage.extend(erasures.unexplained());
        if !read_only && recovery.damage.is_empty() {
            self.remove_left_over(&numbers);
            if let Err(problem) = self.finish_erasing(&pending) {
                // What is to be erased is in no snapshot; the others are served, and the next start tries it again.
                self.stop(problem);
            }
        }
        Ok(Ok(recovery))
    }

    /// Whether a segment was packed. It was whole then: what is missing of the packed file, or of the plain one beside it, is damage.
    fn was_packed(&self, segment: &Segment, number: u32) -> Result<bool, OpenError> {
        let packed = packed_path(&self.dir, number);
        Ok(segment.is_packed() || packed.try_exists().map_err(OpenError::at(&packed))?)
    }

    /// Reads a stretch of a segment, a window at a time, and gives its sound records to `each`.
    fn walk_through(
        &self,
        walk: &mut Walk,
        stretch: &Stretch<'_>,
        bytes: &mut Vec<u8>,
        each: &mut dyn FnMut(Window<'_>, &[Frame]),
    ) -> Result<Walked, OpenError> {
        let &Stretch { path, number, segment, from, to, last } = stretch;
        let last = last && !self.was_packed(segment, number)?;
        let read = |bytes: &mut Vec<u8>, range| read_into(segment, range, bytes).map_err(OpenError::at(path));
        let mut start = from;
        loop {
            let end = to.min(start + self.window_bytes);
            read(bytes, start..end)?;
            if end < to
                && let Some(lf) = memchr::memrchr(LF, bytes)
            {
                bytes.truncate(lf + 1);
                let window = Window { bytes, start };
                if let Some(frames) = walk.sound(number, window) {
                    each(window, &frames);
                    start = window.end();
                    continue;
                }
            }
            // Whether what is wrong is a batch cut short depends on all that follows.
            if bytes.len() as u64 != to - start {
                read(bytes, start..to)?;
            }
            let window = Window { bytes, start };
            let frames = walk.segment(path, number, window, last);
            if walk.recovery.torn.as_ref().is_some_and(|torn| torn.file == path && torn.offset < start) {
                return Ok(Walked::TooFar);
            }
            each(window, &frames);
            return Ok(Walked::ToItsEnd);
        }
    }

    /// Ends erasures that were cut short.
    fn finish_erasing(&mut self, seqs: &[u64]) -> io::Result<()> {
        let mut positions = Vec::new();
        for seq in seqs {
            let block = self.documents.block((seq - 1) / merkle::BLOCK).map_err(io::Error::other)?;
            positions.extend(block.iter().filter(|kept| kept.link.seq == *seq).map(|kept| kept.position));
        }
        self.rewrite_without(&positions)
    }

    /// Whether there is room for the copies that overwriting these records takes, one segment at a time.
    pub fn has_room_to_erase(&self, positions: &[Position]) -> Result<(), AppendError> {
        let mut numbers: Vec<u32> = positions.iter().map(|position| position.segment).collect();
        numbers.dedup();
        let room = || -> io::Result<bool> {
            let of = rustix::fs::statvfs(&self.dir)?;
            let mut most = 0;
            for number in numbers {
                most = most.max(self.documents.file(number)?.file().metadata()?.len());
            }
            Ok(of.f_bavail.saturating_mul(of.f_frsize) > most)
        };
        match room() {
            Ok(true) => Ok(()),
            Ok(false) => Err(AppendError::NoRoomToErase),
            Err(problem) => Err(AppendError::Failed(Arc::new(problem))),
        }
    }

    /// Overwrites the bodies and salts of these records. That they are erased must be in the ledger already.
    pub fn erase(&mut self, positions: &[Position]) -> Result<(), AppendError> {
        self.rewrite_without(positions).map_err(|problem| self.stop(problem))
    }

    /// What a packing that was cut short, or whose last step failed, has left beside plain segments that were just found sound.
    fn remove_left_over(&self, numbers: &[u32]) {
        for &number in numbers {
            // What cannot be removed is passed over; an erasure does not pass over it.
            _ = self.remove_copies(number);
        }
    }

    /// Removes what does not count of a segment, and makes that safe. Gives the file that counts.
    fn remove_copies(&self, number: u32) -> io::Result<PathBuf> {
        let (plain, packed) = (segment_path(&self.dir, number), packed_path(&self.dir, number));
        let is_plain = plain.try_exists()?;
        let mut is_removed = false;
        for copy in [Some(fresh_path(&self.dir, number)), is_plain.then(|| packed.clone())] {
            match copy.map(fs::remove_file) {
                Some(Err(error)) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Some(Ok(())) => is_removed = true,
                _ => {}
            }
        }
        if is_removed {
            sync_dir(&self.dir)?;
        }
        Ok(if is_plain { plain } else { packed })
    }

    /// Each segment becomes a new file of the same form and the same text but for these records, which takes the place of the old one
    /// when it is on the disk.
    fn rewrite_without(&mut self, positions: &[Position]) -> io::Result<()> {
        let mut positions = positions.to_vec();
        positions.sort_unstable_by_key(|position| (position.segment, position.offset));
        for of_segment in positions.chunk_by(|a, b| a.segment == b.segment) {
            let number = of_segment[0].segment;
            let path = self.remove_copies(number)?;
            let before = Arc::new(Segment::open_file(&path, false)?);
            write_whole_with(&path, 0o644, |file| copy_without(&before, of_segment, file))?;
            self.documents.add(number, Arc::new(Segment::open_file(&path, true)?));
            of_segment.iter().for_each(|position| self.documents.forget(*position));
        }
        Ok(())
    }
}

fn cut_off(segment: &Segment, len: u64) -> io::Result<()> {
    segment.file().set_len(len)?;
    segment.file().sync_all()
}

/// Copies a segment, but for the bodies and salts of these records, which ascend.
fn copy_without(before: &Arc<Segment>, records: &[Position], file: &mut File) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(COPY_AT_ONCE, file);
    let gone = |record: &Position| {
        let mut frame = vec![0; record.len as usize];
        before.read_exact_at(&mut frame, record.offset)?;
        let gone = record::erased(&frame);
        Ok((record.offset, gone.ok_or_else(|| io::Error::other("a record too short to be erased"))?))
    };
    let gone: Vec<(u64, Vec<u8>)> = records.iter().map(gone).collect::<io::Result<_>>()?;
    if let Segment::Packed(packed) = &**before {
        packed.copy_with(&gone, &mut out)?;
        return out.flush();
    }
    let copy = |out: &mut BufWriter<&mut File>, at: u64, to: u64| {
        io::copy(&mut FromStart { segment: Arc::clone(before), at }.take(to - at), out)
    };
    let mut at = 0;
    for (offset, bytes) in gone {
        copy(&mut out, at, offset)?;
        out.write_all(&bytes)?;
        at = offset + bytes.len() as u64;
    }
    copy(&mut out, at, before.len()?)?;
    out.flush()
}

/// Erased records, and what later records say of them.
#[derive(Default)]
struct Erasures {
    /// The number of each erased record, and where it is.
    found: BTreeMap<u64, (PathBuf, u64)>,
    explained: BTreeSet<u64>,
}

impl Erasures {
    fn see(&mut self, path: &Path, window: Window<'_>, frame: &Frame) {
        let Frame { position, link } = frame;
        if link.erased {
            self.found.insert(link.seq, (path.to_owned(), position.offset));
        }
        if link.op == Op::Erase {
            let erasure = Erasure::read(window.frame(*position), *position);
            self.explained.extend(erasure.into_iter().flat_map(|erasure| erasure.properties.erased));
        }
    }

    /// Records that are to be erased and are not.
    fn pending(&self) -> Vec<u64> {
        self.explained.iter().copied().filter(|seq| !self.found.contains_key(seq)).collect()
    }

    /// A record that nobody says to have erased was taken away unseen.
    fn unexplained(self) -> impl Iterator<Item = DamagedAt> {
        let Self { found, explained } = self;
        found.into_iter().filter(move |(seq, _)| !explained.contains(seq)).map(|(seq, (file, offset))| {
            let problem = "it is erased, and no later record says so".to_owned();
            DamagedAt { file, offset, seq, problem }
        })
    }
}

/// Walks a whole ledger again, from its files, as a stranger would; gives how far it has come.
pub(crate) fn inspect(dir: &Path, each: Each<'_>) -> Result<(Log, Recovery), OpenError> {
    let (ledger, recovery) = Ledger::open(dir, false, true, Arc::default(), each)?;
    Ok((ledger.documents.log(), recovery))
}

/// How one record is read and checked; formats differ in it.
pub(crate) type Decode = fn(&[u8]) -> Result<(Link, usize), BadRecord>;

/// A stretch of a segment that is to be read.
struct Stretch<'a> {
    path: &'a Path,
    number: u32,
    segment: &'a Segment,
    from: u64,
    to: u64,
    /// Whether nothing comes behind it.
    last: bool,
}

/// How far a stretch was read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Walked {
    ToItsEnd,
    /// Records were handed over of a batch that is not complete.
    TooFar,
}

/// Follows the chain through the segments.
pub(crate) struct Walk {
    pub head: Head,
    /// How many records of the batch of `head` are still to come.
    missing: u32,
    index: u32,
    /// Where in its segment that batch began, and what it followed.
    began: (u64, Head),
    /// The record before was not sound: where the next one should stand is not known.
    lost: bool,
    pub recovery: Recovery,
    decode: Decode,
}

/// A stretch of a window that is, or should be, one record.
struct Piece {
    offset: usize,
    len: usize,
    link: Result<Link, BadRecord>,
}

impl Walk {
    pub fn new(head: Head, decode: Decode) -> Self {
        let recovery = Recovery::default();
        Self { head, missing: 0, index: 0, began: (0, head), lost: false, recovery, decode }
    }

    fn damage(&mut self, file: &Path, offset: u64, problem: String) {
        let seq = self.head.seq + 1;
        self.recovery.damage.push(DamagedAt { file: file.to_owned(), offset, seq, problem });
    }

    /// Whether the segment that stands at place `at` has the number that it should have there.
    fn in_order(&mut self, path: &Path, (at, number): (usize, u32)) {
        if number as usize != at + 1 {
            self.damage(path, 0, format!("segment {} is missing", at + 1));
        }
    }

    /// Reads the whole segment that stands at place `at` in the order of their numbers.
    pub fn segment_in_order(
        &mut self,
        path: &Path,
        (at, number): (usize, u32),
        bytes: &[u8],
        last: bool,
    ) -> Vec<Frame> {
        self.in_order(path, (at, number));
        self.segment(path, number, Window { bytes, start: 0 }, last)
    }

    /// The records of a window, if nothing is wrong with any; else the walk stands where it stood before.
    fn sound(&mut self, number: u32, window: Window<'_>) -> Option<Vec<Frame>> {
        let Self { head, missing, index, began, .. } = *self;
        let pieces = split(window.bytes, self.decode);
        let follow = |piece: &Piece| match (self.anomaly(piece), &piece.link) {
            (None, Ok(link)) if !self.lost => Some(self.follow(number, window, piece, *link)),
            _ => None,
        };
        let frames: Option<Vec<Frame>> = pieces.iter().map(follow).collect();
        match &frames {
            Some(frames) => self.recovery.records += frames.len() as u64,
            None => (self.head, self.missing, self.index, self.began) = (head, missing, index, began),
        }
        frames
    }

    /// Goes on to a record that is sound.
    fn follow(&mut self, number: u32, window: Window<'_>, piece: &Piece, link: Link) -> Frame {
        let offset = window.start + piece.offset as u64;
        if self.missing == 0 {
            self.began = (offset, self.head);
        }
        self.head = Head { seq: link.seq, batch: link.batch, hash: link.hash };
        self.missing = link.of - link.index - 1;
        self.index = link.index;
        // At most u32::MAX: the writer refuses longer records.
        let len = u32::try_from(piece.len).unwrap_or(u32::MAX);
        Frame { position: Position { segment: number, offset, len }, link }
    }

    /// Reads a segment to its end, from the beginning of the window on.
    fn segment(&mut self, path: &Path, number: u32, window: Window<'_>, last: bool) -> Vec<Frame> {
        let pieces = split(window.bytes, self.decode);
        let at = |piece: &Piece| window.start + piece.offset as u64;
        let mut frames = Vec::with_capacity(pieces.len());
        let mut batch =
            Begun { piece: 0, frame: 0, before: if self.missing > 0 { self.index as usize + 1 } else { 0 } };
        for (number_of_piece, piece) in pieces.iter().enumerate() {
            if self.missing == 0 {
                // Of a batch whose first records are damaged, the first sound one tells how many these are.
                let began = match &piece.link {
                    Ok(link) if self.lost => {
                        number_of_piece.saturating_sub(link.index as usize).max(batch.piece)
                    }
                    Err(_) if self.lost => batch.piece,
                    _ => number_of_piece,
                };
                batch = Begun { piece: began, frame: frames.len(), before: 0 };
            }
            if let Some(problem) = self.anomaly(piece) {
                if last && self.is_torn(window, &pieces[batch.piece..], batch.before) {
                    self.cut(path, window, &pieces, &batch, &mut frames);
                    return frames;
                }
                self.damage(path, at(piece), problem);
            }
            self.lost = piece.link.is_err();
            self.head.seq += u64::from(self.lost);
            if let Ok(link) = piece.link {
                frames.push(self.follow(number, window, piece, link));
                self.recovery.records += 1;
            }
        }
        if self.missing > 0 && !self.lost {
            if last && self.is_torn(window, &pieces[batch.piece..], batch.before) {
                self.cut(path, window, &pieces, &batch, &mut frames);
                return frames;
            }
            self.damage(
                path,
                window.end(),
                format!("{} records of batch {} are missing", self.missing, self.head.batch),
            );
        }
        self.missing = 0;
        frames
    }

    /// What is wrong with this piece as the next record, if anything.
    fn anomaly(&self, piece: &Piece) -> Option<String> {
        let link = match &piece.link {
            Ok(link) => link,
            Err(problem) => return Some(problem.to_string()),
        };
        if self.lost {
            return None;
        }
        let (batch, index) =
            if self.missing > 0 { (self.head.batch, self.index + 1) } else { (self.head.batch + 1, 0) };
        if link.seq != self.head.seq + 1 {
            return Some(format!("here is record {} instead", link.seq));
        }
        if link.prev != self.head.hash {
            return Some("it does not follow from the record before it".to_owned());
        }
        if (link.batch, link.index) != (batch, index) {
            return Some(format!("it belongs to batch {}, not {batch}", link.batch));
        }
        None
    }

    /// Whether what follows is a last batch that was never acknowledged, being incomplete.
    ///
    /// Incomplete means that bytes are missing: the file ends within a record, a sector was never written,
    /// or there are fewer records than the batch has. A batch of full size with a wrong byte in it was
    /// acknowledged, and is damage.
    ///
    /// Of its records `before` were sound and stand before these.
    fn is_torn(&self, window: Window<'_>, pieces: &[Piece], before: usize) -> bool {
        let links = || pieces.iter().filter_map(|piece| piece.link.as_ref().ok());
        let batch = if self.missing > 0 { self.head.batch } else { self.head.batch + 1 };
        if links().any(|link| link.batch != batch) {
            return false;
        }
        let Some(first) = pieces.first() else { return before > 0 };
        if has_unwritten_sector(window, first.offset) {
            return true;
        }
        if window.bytes.last() != Some(&LF) {
            return !last_byte_was_changed(window.bytes, pieces, self.decode);
        }
        links().next().is_some_and(|link| before + pieces.len() < link.of as usize)
    }

    /// Drops a torn batch, with those of its records that are sound.
    fn cut(
        &mut self,
        path: &Path,
        window: Window<'_>,
        pieces: &[Piece],
        batch: &Begun,
        frames: &mut Vec<Frame>,
    ) {
        let first = pieces.get(batch.piece);
        let (offset, follows) = if batch.before > 0 {
            self.began
        } else {
            let follows = match first.map(|piece| &piece.link) {
                // The first record of a batch names what is before it.
                Some(Ok(link)) => Head { seq: link.seq - 1, batch: link.batch - 1, hash: link.prev },
                _ => self.head,
            };
            (window.start + first.map_or(0, |piece| piece.offset as u64), follows)
        };
        self.recovery.records -= (frames.len() - batch.frame) as u64;
        frames.truncate(batch.frame);
        // The head goes back to the last complete batch.
        if self.missing > 0 {
            self.head = match frames.last() {
                Some(frame) => Head { seq: frame.link.seq, batch: frame.link.batch, hash: frame.link.hash },
                None => follows,
            };
        }
        self.missing = 0;
        self.recovery.torn = Some(TornTail {
            file: path.to_owned(),
            offset,
            bytes: window.end() - offset,
            batch: self.head.batch + 1,
        });
    }
}

/// Where a batch began.
struct Begun {
    /// Its first record among those of the window, and among the sound ones of these.
    piece: usize,
    frame: usize,
    /// How many of its records stand before the window.
    before: usize,
}

/// A sector that was allotted but never written reads as zeros up to its end.
fn has_unwritten_sector(window: Window<'_>, from: usize) -> bool {
    let (bytes, mut at) = (window.bytes, from);
    while let Some(found) = memchr::memchr(0, &bytes[at..]) {
        let start = at + found;
        let run = bytes[start..].iter().take_while(|byte| **byte == 0).count();
        at = start + run;
        if at == bytes.len() || (window.start + at as u64).is_multiple_of(512) {
            return true;
        }
    }
    false
}

/// Whether the batch is complete but for its very last byte, which is there and is not LF.
fn last_byte_was_changed(bytes: &[u8], pieces: &[Piece], decode: Decode) -> bool {
    let Some(last) = pieces.last() else { return false };
    let mut frame = bytes[last.offset..].to_vec();
    if let Some(byte) = frame.last_mut() {
        *byte = LF;
    }
    decode(&frame).is_ok_and(|(link, _)| link.index + 1 == link.of)
}

/// Splits some bytes into records, sound or not, and checks each by itself.
fn split(bytes: &[u8], decode: Decode) -> Vec<Piece> {
    let mut spans = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        // A record ends with LF; a stretch that does not begin with RS ends where the next RS is.
        let rest = &bytes[at..];
        let end = match memchr::memchr2(LF, RS, &rest[1..]) {
            Some(found) if rest[1 + found] == LF => found + 2,
            Some(found) => found + 1,
            None => rest.len(),
        };
        spans.push((at, end));
        at += end;
    }
    let check = |(offset, len): (usize, usize)| {
        let link = decode(&bytes[offset..offset + len]).map(|(link, _)| link);
        Piece { offset, len, link }
    };
    spans.into_par_iter().map(check).collect()
}

/// Reads some bytes of a segment on all cores into the room of those before: what takes long is to find room for them in memory.
fn read_into(segment: &Segment, range: Range<u64>, bytes: &mut Vec<u8>) -> io::Result<()> {
    let len = usize::try_from(range.end - range.start).map_err(io::Error::other)?;
    if bytes.capacity() < len {
        // Nothing is copied, and pages that come as zeros are not written.
        *bytes = vec![0; len];
    }
    bytes.resize(len, 0);
    let read = |(at, piece): (u64, &mut [u8])| segment.read_exact_at(piece, at);
    let starts = (0..).map(|number: u64| range.start + number * READ_AT_ONCE as u64);
    starts.zip(bytes.chunks_mut(READ_AT_ONCE)).collect::<Vec<_>>().into_par_iter().try_for_each(read)
}

/// The hash that the first record follows, and the id of the store.
pub(crate) fn read_header(dir: &Path) -> Result<(Hash, String), OpenError> {
    let path = dir.join(LEDGER_DIR).join(FORMAT_FILE);
    let bytes = fs::read(&path).map_err(OpenError::at(&path))?;
    let bad = |problem: String| OpenError::BadHeader { file: path.clone(), problem };
    let json: serde_json::Value = serde_json::from_slice(&bytes).map_err(|error| bad(error.to_string()))?;
    if json["format"] != FORMAT_NAME {
        return Err(bad(format!("\"format\" is not \"{FORMAT_NAME}\"")));
    }
    // The version is read alone: another format may have any other members.
    let found = json["version"].as_u64().and_then(|version| u32::try_from(version).ok());
    let dir = dir.to_owned();
    match found {
        Some(FORMAT_VERSION) => {}
        Some(found) if found > FORMAT_VERSION => return Err(OpenError::Newer { dir, found }),
        Some(found @ 1..) => return Err(OpenError::Older { dir, found }),
        _ => return Err(bad("\"version\" is not a number from 1".to_owned())),
    }
    let header: Header = serde_json::from_value(json).map_err(|error| bad(error.to_string()))?;
    Ok((Hash::of(&bytes), header.store))
}

/// The key that signs checkpoints. One that is missing is made, unless nothing may be written; one that this process
/// may not read is none.
fn signer(dir: &Path, store: &str, read_only: bool) -> Result<Option<Signer>, OpenError> {
    let path = dir.join(KEY_FILE);
    let at = &OpenError::at(&path);
    match fs::read_to_string(&path) {
        Ok(text) => Signer::from_text(&text).map(Some).map_err(|_| OpenError::BadKey(path)),
        Err(_) if read_only => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let mut seed = [0; 32];
            random(&mut seed).map_err(at)?;
            let signer = Signer::new(&format!("kordon/{store}"), seed);
            write_whole(&path, signer.to_text().as_bytes(), 0o600).map_err(at)?;
            Ok(Some(signer))
        }
        Err(error) => Err(at(error)),
    }
}

/// Where the ledger of an older format is kept when it has been copied.
pub(crate) fn former(dir: &Path) -> PathBuf {
    dir.join(format!("{LEDGER_DIR}.v{}", FORMAT_VERSION - 1))
}

/// Makes an empty ledger beside its place, and moves it there once it is on the disk.
fn make(dir: &Path) -> Result<(), OpenError> {
    let (fresh, place) = (dir.join(format!("{LEDGER_DIR}.new")), dir.join(LEDGER_DIR));
    if fresh.exists() {
        // Left by a creation that was cut short; nothing was ever put into it.
        fs::remove_dir_all(&fresh).map_err(OpenError::at(&fresh))?;
    }
    let header = Header {
        format: FORMAT_NAME.to_owned(),
        version: FORMAT_VERSION,
        store: uuid::Uuid::new_v4().to_string(),
        created: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        continues: None,
    };
    begin(&fresh, &header)?;
    fs::rename(&fresh, &place).map_err(OpenError::at(&place))?;
    sync_dir(dir).map_err(OpenError::at(dir))
}

/// Makes a folder with a header in it, on the disk; gives the hash that its first record follows.
fn begin(fresh: &Path, header: &Header) -> Result<Hash, OpenError> {
    let path = fresh.join(FORMAT_FILE);
    let at = &OpenError::at(&path);
    fs::create_dir(fresh).map_err(at)?;
    let mut json = serde_json::to_vec(header).map_err(|error| at(error.into()))?;
    json.push(LF);
    let mut file = File::create_new(&path).map_err(at)?;
    file.write_all(&json).and_then(|()| file.sync_all()).map_err(at)?;
    sync_dir(fresh).map_err(at)?;
    Ok(Hash::of(&json))
}

/// Begins the copy of a ledger of an older format, which ends with this hash.
pub(crate) fn continue_header(old: &Path, fresh: &Path, last: Hash) -> Result<Hash, OpenError> {
    let path = old.join(FORMAT_FILE);
    let bytes = fs::read(&path).map_err(OpenError::at(&path))?;
    let header: Header = serde_json::from_slice(&bytes)
        .map_err(|error| OpenError::BadHeader { file: path, problem: error.to_string() })?;
    begin(fresh, &Header { version: FORMAT_VERSION, continues: Some(last), ..header })
}

/// Writes a whole file into a folder of the store: it is there complete and on the disk, or not at all.
pub(crate) fn write_beside(dir: &Path, folder: &str, name: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    let path = folder_beside(dir, folder)?.join(name);
    write_whole(&path, bytes, 0o644)?;
    Ok(path)
}

/// A folder of the store; it is made when it is not there.
pub(crate) fn folder_beside(dir: &Path, folder: &str) -> io::Result<PathBuf> {
    let folder = dir.join(folder);
    if !folder.exists() {
        fs::create_dir(&folder)?;
        sync_dir(dir)?;
    }
    Ok(folder)
}

/// Writes a whole file: it is there complete and on the disk, or not at all.
pub(crate) fn write_whole(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    write_whole_with(path, mode, |file| file.write_all(bytes))
}

fn write_whole_with(
    path: &Path,
    mode: u32,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    let mut fresh = path.as_os_str().to_owned();
    fresh.push(".new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&fresh)?;
    let put = || {
        // One that was left by a write that was cut short has the mode it had.
        file.set_permissions(fs::Permissions::from_mode(mode))?;
        write(&mut file)?;
        file.sync_all()?;
        fs::rename(&fresh, path)
    };
    if let Err(problem) = put() {
        // On a full disk it would take the room that others need. If it cannot go, the next one takes its place.
        _ = fs::remove_file(&fresh);
        return Err(problem);
    }
    path.parent().map_or(Ok(()), sync_dir)
}

/// Writes a file that others may read into a folder that exists: it is there as a whole and on the disk when this returns, or is what
/// it was. Readable as any new file is: the process's umask takes away what it must. Several may write at once; the last one's stays.
pub(crate) fn put_whole(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut whole =
        tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o666)).tempfile_in(folder)?;
    write(whole.as_file_mut())?;
    whole.as_file().sync_all()?;
    whole.persist(path).map_err(|error| error.error)?;
    sync_dir(folder)
}

/// The entries of a folder beside the ledger whose names end so, without that ending, in order; none when there is no folder.
pub(crate) fn names_beside(folder: &Path, ending: &str) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry?.file_name();
        names.extend(name.to_str().and_then(|name| name.strip_suffix(ending)).map(str::to_owned));
    }
    names.sort_unstable();
    Ok(names)
}

pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// Takes the lock of the store, for as long as the file is open. `None` when there is no folder to lock in.
pub(crate) fn lock(dir: &Path, create: bool) -> Result<Option<File>, OpenError> {
    if !create {
        return Ok(None);
    }
    if !dir.exists() {
        fs::create_dir_all(dir).map_err(OpenError::at(dir))?;
        if let Some(parent) = dir.canonicalize().map_err(OpenError::at(dir))?.parent() {
            sync_dir(parent).map_err(OpenError::at(parent))?;
        }
    }
    let path = dir.join(LOCK_FILE);
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(OpenError::at(&path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(fs::TryLockError::WouldBlock) => {
            let mut pid = String::new();
            file.read_to_string(&mut pid).map_err(OpenError::at(&path))?;
            let pid = pid.trim().to_owned();
            return Err(OpenError::Held { dir: dir.to_owned(), pid });
        }
        Err(fs::TryLockError::Error(source)) => return Err(OpenError::at(&path)(source)),
    }
    let pid = format!("{}\n", std::process::id());
    file.set_len(0).and_then(|()| file.write_all(pid.as_bytes())).map_err(OpenError::at(&path))?;
    Ok(Some(file))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packing;

    fn open(dir: &Path) -> (Ledger, Recovery, Vec<Link>) {
        let mut links = Vec::new();
        let (ledger, recovery) = Ledger::open(dir, true, false, Arc::default(), &mut |seen| match seen {
            Seen::Records(_, frames) => links.extend(frames.iter().map(|frame| frame.link)),
            Seen::Anew => links.clear(),
        })
        .unwrap();
        (ledger, recovery, links)
    }

    fn entries(count: usize, name: &str) -> Vec<Entry> {
        let feature =
            |n: usize| format!(r#"{{"type":"Feature","id":"{name}{n}","properties":{{}}}}"#).into_bytes();
        (0..count).map(|n| Entry { op: Op::Put, feature: feature(n) }).collect()
    }

    /// A store with batches of 2, 1 and 3 records, and its only segment.
    fn sample() -> (tempfile::TempDir, PathBuf, Vec<u8>, usize) {
        let dir = tempfile::tempdir().unwrap();
        let (mut ledger, ..) = open(dir.path());
        ledger.append(&entries(2, "a")).unwrap();
        ledger.append(&entries(1, "b")).unwrap();
        let last = ledger.append(&entries(3, "c")).unwrap();
        let segment = segment_path(&ledger.dir, 1);
        let bytes = fs::read(&segment).unwrap();
        (dir, segment, bytes, last[0].offset as usize)
    }

    /// A batch written again has the length it had, and salts of its own.
    fn is_whole_again(segment: &Path, before: &[u8], len: usize) {
        let now = fs::read(segment).unwrap();
        assert!(now.starts_with(before) && now.len() == len, "{} bytes of {len}", now.len());
    }

    #[test]
    fn what_was_appended_is_there_after_opening_again() {
        let (dir, _, bytes, _) = sample();
        let (mut ledger, recovery, links) = open(dir.path());
        assert_eq!((recovery.records, recovery.batches, recovery.torn), (6, 3, None));
        assert!(recovery.damage.is_empty());
        assert_eq!(
            links.iter().map(|link| (link.batch, link.index, link.of)).collect::<Vec<_>>(),
            [(1, 0, 2), (1, 1, 2), (2, 0, 1), (3, 0, 3), (3, 1, 3), (3, 2, 3)]
        );
        let place = ledger.append(&entries(1, "d")).unwrap()[0];
        assert_eq!((place.segment, place.offset), (1, bytes.len() as u64));
        assert!(ledger.documents.read(place).is_ok());
    }

    #[test]
    fn a_batch_cut_short_at_any_byte_is_a_torn_tail_and_nothing_else_is_lost() {
        let (dir, segment, bytes, last) = sample();
        for len in last..bytes.len() {
            fs::write(&segment, &bytes[..len]).unwrap();
            let (mut ledger, recovery, links) = open(dir.path());
            assert_eq!(recovery.damage, [], "cut at {len}");
            assert_eq!(links.len(), 3, "cut at {len}");
            assert_eq!((recovery.records, recovery.batches), (3, 2), "cut at {len}");
            let torn = recovery.torn.map(|torn| (torn.offset, torn.bytes, torn.batch));
            assert_eq!(torn, (len > last).then_some((last as u64, (len - last) as u64, 3)), "cut at {len}");
            assert_eq!(fs::metadata(&segment).unwrap().len(), last as u64, "cut at {len}");
            // And the store goes on from there.
            ledger.append(&entries(3, "c")).unwrap();
            drop(ledger);
            is_whole_again(&segment, &bytes[..last], bytes.len());
        }
    }

    /// Found by fuzzing: with the first record of the last batch damaged, the batch was taken to begin at the second one; with
    /// another one damaged as well, it then had fewer records than it should, passed for torn, and was cut off.
    #[test]
    fn a_last_batch_with_two_damaged_records_is_damage_and_not_cut_off() {
        let (dir, segment, bytes, last) = sample();
        let ends: Vec<usize> = (last..bytes.len()).filter(|at| bytes[*at] == LF).collect();
        let mut broken = bytes.clone();
        for at in [last + 20, ends[1] + 20] {
            broken[at] ^= 1;
        }
        fs::write(&segment, &broken).unwrap();
        let (_, recovery, links) = open(dir.path());
        assert_eq!((recovery.records, recovery.torn), (4, None));
        assert_eq!(links.iter().map(|link| link.seq).collect::<Vec<_>>(), [1, 2, 3, 5]);
        assert_eq!(recovery.damage.len(), 2, "{:?}", recovery.damage);
        assert_eq!(fs::read(&segment).unwrap(), broken);
    }

    #[test]
    fn a_first_batch_cut_short_leaves_an_empty_ledger_that_works() {
        let dir = tempfile::tempdir().unwrap();
        let (mut ledger, ..) = open(dir.path());
        ledger.append(&entries(2, "a")).unwrap();
        let segment = segment_path(&ledger.dir, 1);
        drop(ledger);
        let bytes = fs::read(&segment).unwrap();
        for len in 0..bytes.len() {
            fs::write(&segment, &bytes[..len]).unwrap();
            let (mut ledger, recovery, _) = open(dir.path());
            assert_eq!(
                (recovery.records, recovery.batches, recovery.damage.len()),
                (0, 0, 0),
                "cut at {len}"
            );
            ledger.append(&entries(2, "a")).unwrap();
            drop(ledger);
            is_whole_again(&segment, &[], bytes.len());
        }
    }

    #[test]
    fn a_sector_that_was_never_written_is_a_torn_tail() {
        let (dir, segment, bytes, last) = sample();
        for start in (last / 512 * 512..bytes.len()).step_by(512) {
            let mut bad = bytes.clone();
            let end = (start + 512).min(bytes.len());
            bad[start.max(last)..end].fill(0);
            fs::write(&segment, &bad).unwrap();
            let (_, recovery, links) = open(dir.path());
            assert_eq!((recovery.damage.len(), links.len()), (0, 3), "sector at {start}");
        }
    }

    #[test]
    fn a_flipped_bit_is_found_wherever_it_is_and_only_its_record_is_missing() {
        let (dir, segment, bytes, _) = sample();
        let mut record = 0;
        for at in 0..bytes.len() {
            let mut bad = bytes.clone();
            bad[at] ^= 1 << (at % 8);
            fs::write(&segment, &bad).unwrap();
            let (mut ledger, recovery, links) = open(dir.path());
            let damage = &recovery.damage;
            assert_eq!(recovery.torn, None, "byte {at}");
            assert_eq!(damage.first().map(|damage| damage.seq), Some(record + 1), "byte {at}: {damage:?}");
            assert_eq!(links.len(), 5, "byte {at}");
            assert!(matches!(ledger.append(&entries(1, "d")), Err(AppendError::Damaged(_))), "byte {at}");
            drop(ledger);
            assert_eq!(fs::read(&segment).unwrap(), bad, "a damaged ledger is left as it is");
            record += u64::from(bytes[at] == LF);
        }
    }

    #[test]
    fn a_record_that_was_taken_out_is_found() {
        let (dir, segment, bytes, _) = sample();
        let ends: Vec<usize> = memchr::memchr_iter(LF, &bytes).map(|at| at + 1).collect();
        for (number, end) in ends.iter().enumerate().take(ends.len() - 1) {
            let start = if number == 0 { 0 } else { ends[number - 1] };
            fs::write(&segment, [&bytes[..start], &bytes[*end..]].concat()).unwrap();
            let (_, recovery, _) = open(dir.path());
            // In the last batch a missing record is one that was never acknowledged.
            let acknowledged = number < 3;
            assert_eq!(recovery.damage.is_empty(), !acknowledged, "record {number}: {recovery:?}");
        }
    }

    fn fails(_: &File) -> io::Result<()> {
        Err(io::Error::other("the disk is gone"))
    }

    fn full(file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
        file.write_all_at(&bytes[..bytes.len() / 2], at)?;
        Err(io::Error::from(io::ErrorKind::StorageFull))
    }

    #[test]
    fn after_a_failed_fsync_nothing_is_written_until_the_ledger_is_opened_again() {
        let (dir, segment, ..) = sample();
        let (mut ledger, ..) = open(dir.path());
        ledger.with_disk(Disk { sync: fails, ..Disk::default() }, SEGMENT_BYTES);
        assert!(matches!(ledger.append(&entries(1, "d")), Err(AppendError::Failed(_))));
        let after = fs::read(&segment).unwrap();
        ledger.with_disk(Disk::default(), SEGMENT_BYTES);
        assert!(matches!(ledger.append(&entries(1, "e")), Err(AppendError::Failed(_))));
        assert_eq!(fs::read(&segment).unwrap(), after);
        drop(ledger);
        let (mut ledger, ..) = open(dir.path());
        ledger.append(&entries(1, "e")).unwrap();
    }

    /// Who hands over the pieces of a long batch is ahead of who writes them: what it has when that fails is a part of the batch.
    #[test]
    fn a_full_disk_loses_nothing_and_says_so_of_a_short_batch_and_of_a_long_one() {
        for count in [4, 4 * PIECES_AHEAD * PIECE] {
            let (dir, segment, bytes, _) = sample();
            let (mut ledger, ..) = open(dir.path());
            ledger.with_disk(Disk { write: full, ..Disk::default() }, SEGMENT_BYTES);
            let pieces = seal(&entries(count, "d")).unwrap().into_iter().map(Ok);
            let written = ledger.append_pieces((count, 0), pieces, |positions| positions[count - 1]);
            assert!(matches!(written, Err(AppendError::Full)), "{count}: {written:?}");
            drop(ledger);
            let (_, recovery, links) = open(dir.path());
            assert!(recovery.torn.is_some());
            assert_eq!(links.len(), 6);
            assert_eq!(fs::read(&segment).unwrap(), bytes);
        }
    }

    #[test]
    fn who_read_a_batch_under_way_is_not_misled_by_what_was_written_meanwhile() {
        let dir = tempfile::tempdir().unwrap();
        let (mut ledger, ..) = open(dir.path());
        ledger.with_disk(Disk::default(), 500);
        let positions: Vec<Position> =
            (0..6).flat_map(|_| ledger.append(&entries(1, "a")).unwrap()).collect();
        assert_eq!((positions[1].segment, positions[2].segment), (1, 2));
        let (mut reader, _) = Ledger::open(dir.path(), false, true, Arc::default(), &mut |_| {}).unwrap();
        let file = segment_path(&reader.dir, 1);
        let torn = TornTail { file, offset: positions[1].offset, bytes: 1, batch: 2 };
        let mut seen = 0;
        let recovery = reader.read_all(true, Some(torn.clone()), &mut |records| {
            if let Seen::Records(_, frames) = records {
                seen += frames.len();
            }
        });
        let recovery = recovery.unwrap().unwrap();
        assert_eq!((seen, recovery.damage.len(), recovery.torn), (1, 0, Some(torn)));
    }

    #[test]
    fn a_full_segment_is_followed_by_another_and_a_missing_one_is_damage() {
        let dir = tempfile::tempdir().unwrap();
        let (mut ledger, ..) = open(dir.path());
        ledger.with_disk(Disk::default(), 500);
        for _ in 0..6 {
            ledger.append(&entries(1, "a")).unwrap();
        }
        let ledger_dir = ledger.dir.clone();
        drop(ledger);
        assert_eq!(segments(&ledger_dir).unwrap(), [1, 2, 3]);
        let (ledger, recovery, links) = open(dir.path());
        assert_eq!((recovery.records, recovery.damage.len(), links.len()), (6, 0, 6));
        drop(ledger);
        fs::remove_file(segment_path(&ledger_dir, 2)).unwrap();
        let (_, recovery, links) = open(dir.path());
        assert_eq!(links.len(), 4);
        assert!(!recovery.damage.is_empty());
    }

    #[test]
    fn a_second_opener_is_told_who_holds_the_store_and_a_reader_needs_no_lock() {
        let (dir, ..) = sample();
        let (ledger, ..) = open(dir.path());
        let second = Ledger::open(dir.path(), true, false, Arc::default(), &mut |_| {});
        let Err(OpenError::Held { pid, .. }) = second else { panic!("it is held") };
        assert_eq!(pid, std::process::id().to_string());
        assert!(Ledger::open(dir.path(), false, true, Arc::default(), &mut |_| {}).is_ok());
        drop(ledger);
        open(dir.path());
    }

    #[test]
    fn a_newer_format_is_refused_and_so_is_a_file_that_is_no_header() {
        let (dir, ..) = sample();
        let header = dir.path().join(LEDGER_DIR).join(FORMAT_FILE);
        let try_open = || Ledger::open(dir.path(), false, true, Arc::default(), &mut |_| {});
        fs::write(&header, r#"{"format":"kordon-ledger","version":3}"#).unwrap();
        assert!(matches!(try_open(), Err(OpenError::Newer { found: 3, .. })));
        fs::write(&header, "{}").unwrap();
        assert!(matches!(try_open(), Err(OpenError::BadHeader { .. })));
    }

    #[test]
    fn another_header_than_the_one_the_chain_began_with_is_damage() {
        let (dir, ..) = sample();
        let header = dir.path().join(LEDGER_DIR).join(FORMAT_FILE);
        let text = fs::read_to_string(&header).unwrap().replace("\"created\":\"2", "\"created\":\"1");
        fs::write(&header, text).unwrap();
        let (_, recovery, _) = open(dir.path());
        assert_eq!(recovery.damage[0].seq, 1);
    }

    #[test]
    fn a_record_that_is_erased_and_that_none_says_to_be_so_is_damage() {
        let (dir, segment, bytes, _) = sample();
        let end = memchr::memchr(LF, &bytes).unwrap() + 1;
        let gone = record::erased(&bytes[..end]);
        // The sample's records are too short to be erased; one that is as long as any incident is not.
        assert_eq!(gone, None);
        let (mut ledger, ..) = open(dir.path());
        let feature = br#"{"type":"Feature","id":"x","geometry":null,"properties":{"date_start":"2025"}}"#;
        let place = ledger.append(&[Entry { op: Op::Put, feature: feature.to_vec() }]).unwrap()[0];
        ledger.erase(&[place]).unwrap();
        drop(ledger);
        let len = fs::metadata(&segment).unwrap().len();
        assert_eq!(len, place.offset + u64::from(place.len));
        let (_, recovery, links) = open(dir.path());
        assert_eq!(links.last().map(|link| (link.seq, link.erased)), Some((7, true)));
        assert_eq!(recovery.damage.iter().map(|damage| damage.seq).collect::<Vec<_>>(), [7]);
    }

    /// What a ledger is found to be that is read in windows of so many bytes: what was handed over, its end, what is wrong.
    fn read_in_windows(dir: &Path, window_bytes: u64) -> (Vec<(u64, Position)>, Head, String, Log) {
        let mut ledger = Ledger::unread(dir, false, true, Arc::default()).unwrap();
        ledger.window_bytes = window_bytes;
        let mut seen = Vec::new();
        let recovery = ledger.recover(true, &mut |read| match read {
            Seen::Records(window, frames) => seen.extend(frames.iter().map(|frame| {
                assert_eq!(record::decode(window.frame(frame.position)).unwrap().0.hash, frame.link.hash);
                (frame.link.seq, frame.position)
            })),
            Seen::Anew => seen.clear(),
        });
        (seen, ledger.head(), format!("{:?}", recovery.unwrap()), ledger.documents.log())
    }

    #[test]
    fn a_ledger_read_in_windows_is_what_it_is_read_whole_however_it_was_cut_or_damaged() {
        let (dir, segment, bytes, last) = sample();
        let same = |what: &str| {
            let whole = read_in_windows(dir.path(), u64::MAX);
            for window_bytes in [1, 300, 700, 1_100] {
                let windows = read_in_windows(dir.path(), window_bytes);
                assert_eq!((&whole.0, whole.1, &whole.2), (&windows.0, windows.1, &windows.2), "{what}");
                assert_eq!(format!("{:?}", whole.3), format!("{:?}", windows.3), "{what}");
            }
            whole
        };
        assert_eq!(same("as it was written").0.len(), 6);
        let mut anew = 0;
        for len in 0..bytes.len() {
            fs::write(&segment, &bytes[..len]).unwrap();
            anew += usize::from(same(&format!("cut behind {len} bytes")).0.len() == 3);
        }
        assert_eq!(anew, bytes.len() - last, "what is cut within the last batch loses all of it");
        for at in (0..bytes.len()).step_by(3) {
            for (what, change) in [("one bit", 1), ("the byte", bytes[at])] {
                let mut bytes = bytes.clone();
                bytes[at] ^= change;
                fs::write(&segment, &bytes).unwrap();
                same(&format!("{what} at {at} is another"));
            }
        }
    }

    /// Whoever can compute a hash can change a record so that it seems sound by itself.
    #[test]
    fn behind_what_is_known_a_record_that_was_hashed_anew_is_not_read_and_its_place_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let (mut ledger, ..) = open(dir.path());
        let positions = ledger.append(&entries(600, "a")).unwrap();
        let (log, segment) = (ledger.documents.log(), segment_path(&ledger.dir, 1));
        ledger.append(&entries(2, "behind")).unwrap();
        drop(ledger);
        let mut bytes = fs::read(&segment).unwrap();
        let (link, body) = record::decode(Window { bytes: &bytes, start: 0 }.frame(positions[4])).unwrap();
        let (other, salt) = (br#"{"type":"Feature","id":"x4","properties":{}"#, [7; 32]);
        assert_eq!(other.len(), body - 1);
        let link = Link { commitment: record::commitment(&salt, other), ..link };
        let mut frame = Vec::new();
        record::encode(&mut frame, other, &salt, &Link { hash: link.chained(), ..link });
        let start = positions[4].offset as usize;
        bytes[start..start + frame.len()].copy_from_slice(&frame);
        fs::write(&segment, &bytes).unwrap();
        let (documents, mut behind) = (Arc::new(Documents::in_memory()), 0);
        let opened = Ledger::open_behind(dir.path(), &log, Arc::clone(&documents), &mut |seen| {
            if let Seen::Records(_, some) = seen {
                behind += some.len();
            }
        });
        let mut ledger = opened.unwrap().expect("what is behind is sound");
        assert_eq!((behind, ledger.head().seq), (2, 602));
        assert!(matches!(documents.read(positions[4]), Err(ReadError::Changed { .. })));
        assert!(documents.read(positions[3]).is_err(), "nor are its neighbors");
        assert!(documents.read(positions[599]).is_ok());
        let recovery = ledger.recover(false, &mut |_| {}).unwrap();
        assert_eq!(recovery.damage.first().map(|damage| damage.seq), Some(6));
        drop(ledger);
        // A torn tail is cut off, and told when all was read.
        bytes.truncate(bytes.len() - 3);
        fs::write(&segment, &bytes).unwrap();
        let opened = Ledger::open_behind(dir.path(), &log, Arc::default(), &mut |_| {});
        assert!(opened.unwrap().is_some());
        assert_eq!(
            fs::metadata(&segment).unwrap().len(),
            positions[599].offset + u64::from(positions[599].len)
        );
        // What has not come so far, or is another ledger, is not the one that is known.
        fs::write(&segment, &bytes[..positions[599].offset as usize]).unwrap();
        assert!(Ledger::open_behind(dir.path(), &log, Arc::default(), &mut |_| {}).unwrap().is_none());
    }

    const PACKED_FROM_HERE: u64 = 1_500;

    fn open_packing(dir: &Path, read_only: bool) -> (Ledger, Recovery, Vec<Link>) {
        let mut ledger = Ledger::unread(dir, !read_only, read_only, Arc::default()).unwrap();
        ledger.packed_from = PACKED_FROM_HERE;
        let mut links = Vec::new();
        let recovery = ledger.recover(read_only, &mut |seen| match seen {
            Seen::Records(_, frames) => links.extend(frames.iter().map(|frame| frame.link)),
            Seen::Anew => links.clear(),
        });
        let recovery = recovery.unwrap();
        if let Some(first) = recovery.damage.first() {
            ledger.refuse(AppendError::Damaged(first.clone()));
        }
        (ledger, recovery, links)
    }

    fn pack_all(ledger: &mut Ledger) -> Vec<u32> {
        let numbers = ledger.take_unpacked();
        for number in &numbers {
            packing::pack(&ledger.dir, *number, &ledger.documents, &|| false).unwrap();
        }
        numbers
    }

    /// A store with small batches in segments 1 and 3 and long ones in 2 and 4, which are packed; and where all records lie.
    fn packed_sample() -> (tempfile::TempDir, PathBuf, Vec<Position>) {
        let dir = tempfile::tempdir().unwrap();
        let (mut ledger, ..) = open_packing(dir.path(), false);
        let batches = [(1, "a"), (100, "b"), (2, "c"), (1, "d"), (150, "e")];
        let positions =
            batches.iter().flat_map(|&(count, name)| ledger.append(&entries(count, name)).unwrap());
        let positions: Vec<Position> = positions.collect();
        let frames: Vec<Vec<u8>> =
            positions.iter().map(|position| ledger.documents.read(*position).unwrap()).collect();
        assert_eq!(pack_all(&mut ledger), [2, 4]);
        for (position, frame) in positions.iter().zip(&frames) {
            assert!(ledger.documents.read(*position).unwrap() == *frame, "{position:?}");
        }
        let folder = ledger.dir.clone();
        (dir, folder, positions)
    }

    fn names(dir: &Path) -> Vec<String> {
        names_beside(dir, "").unwrap().into_iter().filter(|name| name != FORMAT_FILE).collect()
    }

    const PACKED_SAMPLE: [&str; 4] =
        ["000001.geojsons", "000002.geojsons.gz", "000003.geojsons", "000004.geojsons.gz"];

    #[test]
    fn a_long_batch_has_a_segment_to_itself_and_packed_it_says_what_it_said() {
        let (dir, folder, positions) = packed_sample();
        assert_eq!(names(&folder), PACKED_SAMPLE);
        let of = |range: Range<usize>| positions[range].iter().map(|position| position.segment);
        assert!(of(0..1).all(|one| one == 1) && of(1..101).all(|one| one == 2));
        assert!(of(101..104).all(|one| one == 3) && of(104..254).all(|one| one == 4));
        for read_only in [true, false] {
            let (mut ledger, recovery, links) = open_packing(dir.path(), read_only);
            assert_eq!((recovery.damage.len(), recovery.torn, links.len()), (0, None, 254));
            assert!(positions.iter().all(|position| ledger.documents.read(*position).is_ok()));
            assert!(ledger.take_unpacked().is_empty());
        }
        let (mut ledger, ..) = open_packing(dir.path(), false);
        assert_eq!(ledger.append(&entries(1, "f")).unwrap()[0].segment, 5, "nothing follows in a packed one");
    }

    #[test]
    fn what_was_not_packed_in_time_is_packed_after_the_next_start_also_when_it_is_the_last() {
        let dir = tempfile::tempdir().unwrap();
        let (mut ledger, ..) = open_packing(dir.path(), false);
        ledger.append(&entries(100, "a")).unwrap();
        drop(ledger);
        let (mut ledger, ..) = open_packing(dir.path(), false);
        assert_eq!(pack_all(&mut ledger), [1]);
        assert_eq!(ledger.append(&entries(1, "b")).unwrap()[0].segment, 2);
        drop(ledger);
        let (mut ledger, recovery, links) = open_packing(dir.path(), false);
        assert_eq!((recovery.damage.len(), links.len(), ledger.take_unpacked().len()), (0, 101, 0));
        // Several batches in one segment, as a store has them from before, stay plain however long they are.
        drop(ledger);
        let dir = tempfile::tempdir().unwrap();
        let (mut ledger, ..) = open(dir.path());
        ledger.append(&entries(100, "a")).unwrap();
        ledger.append(&entries(1, "b")).unwrap();
        drop(ledger);
        let (mut ledger, ..) = open_packing(dir.path(), false);
        assert!(ledger.take_unpacked().is_empty());
    }

    #[test]
    fn what_a_cut_left_beside_a_plain_segment_is_passed_over_and_removed_by_who_writes() {
        let (dir, folder, _) = packed_sample();
        let Segment::Packed(packed) = Segment::open(&folder, 2, false).unwrap().0 else {
            panic!("it is packed")
        };
        let mut text = vec![0; packed.len() as usize];
        packed.read_exact_at(&mut text, 0).unwrap();
        fs::write(segment_path(&folder, 2), &text).unwrap();
        // The plain one counts, whatever is in the other.
        fs::write(packed_path(&folder, 2), b"half").unwrap();
        fs::write(fresh_path(&folder, 4), b"half").unwrap();
        let (_, recovery, links) = open_packing(dir.path(), true);
        assert_eq!((recovery.damage, links.len(), names(&folder).len()), (vec![], 254, 6));
        let (mut ledger, recovery, links) = open_packing(dir.path(), false);
        assert_eq!((recovery.damage, links.len(), names(&folder).len()), (vec![], 254, 4));
        assert_eq!(pack_all(&mut ledger), [2]);
        assert_eq!(names(&folder), PACKED_SAMPLE);
        drop(ledger);
        // Where the plain one is damaged, nothing is removed: the other may be what mends it.
        text[1_000] ^= 1;
        fs::write(segment_path(&folder, 2), text).unwrap();
        let (mut ledger, recovery, _) = open_packing(dir.path(), false);
        assert_eq!((recovery.damage.len(), names(&folder).len(), ledger.take_unpacked().len()), (1, 5, 0));
    }

    #[test]
    fn a_last_plain_segment_that_lacks_something_beside_its_packed_one_is_damage_and_both_stay() {
        let (dir, folder, _) = packed_sample();
        let (plain, packed) = (segment_path(&folder, 4), packed_path(&folder, 4));
        let mut text = vec![0; Segment::open_file(&packed, false).unwrap().len().unwrap() as usize];
        Segment::open_file(&packed, false).unwrap().read_exact_at(&mut text, 0).unwrap();
        let mut unwritten = text.clone();
        unwritten[1_024..1_536].fill(0);
        // Alone, each would be taken for a batch that was not written to its end.
        let at_a_record = text[..text.len() / 2].iter().rposition(|byte| *byte == LF).unwrap() + 1;
        for lacks in [unwritten.as_slice(), &text[..text.len() / 2], &text[..at_a_record], &[]] {
            fs::write(&plain, lacks).unwrap();
            let sound = fs::read(&packed).unwrap();
            let (mut ledger, recovery, _) = open_packing(dir.path(), false);
            assert_eq!((recovery.torn, recovery.damage.is_empty()), (None, false), "{} bytes", lacks.len());
            assert!(ledger.append(&entries(1, "f")).is_err());
            assert!(fs::read(&plain).unwrap() == lacks && fs::read(&packed).unwrap() == sound);
        }
        fs::remove_file(&plain).unwrap();
        assert_eq!(open_packing(dir.path(), false).1.damage, []);
    }

    #[test]
    fn packing_that_fails_leaves_the_plain_segment_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let (mut ledger, ..) = open_packing(dir.path(), false);
        let positions = ledger.append(&entries(100, "a")).unwrap();
        let (folder, documents) = (ledger.dir.clone(), Arc::clone(&ledger.documents));
        let stays = |is_over: &dyn Fn() -> bool| {
            assert!(packing::pack(&folder, 1, &documents, is_over).is_err());
            assert!(positions.iter().all(|position| documents.read(*position).is_ok()));
            assert!(!documents.file(1).unwrap().is_packed());
        };
        stays(&|| true);
        assert_eq!(names(&folder), ["000001.geojsons"]);
        // Something stands where it would be.
        for in_the_way in [fresh_path(&folder, 1), packed_path(&folder, 1)] {
            fs::create_dir(&in_the_way).unwrap();
            stays(&|| false);
            fs::remove_dir(&in_the_way).unwrap();
            assert_eq!(names(&folder), ["000001.geojsons"]);
        }
        ledger.append(&entries(1, "b")).unwrap();
    }

    #[test]
    fn a_flipped_bit_in_a_packed_segment_is_named_and_nothing_else_is_lost() {
        let (dir, folder, positions) = packed_sample();
        for number in [2, 4] {
            let path = packed_path(&folder, number);
            let sound = fs::read(&path).unwrap();
            for at in (0..sound.len()).step_by(41).chain([sound.len() - 1]) {
                let mut bad = sound.clone();
                bad[at] ^= 1 << (at % 8);
                fs::write(&path, &bad).unwrap();
                let (mut ledger, recovery, links) = open_packing(dir.path(), false);
                let first = recovery.damage.first().map(ToString::to_string).unwrap_or_default();
                assert!(first.contains(&format!("{number:06}.geojsons.gz: byte ")), "byte {at}: {first}");
                assert_eq!(recovery.torn, None, "byte {at}");
                let others = positions.iter().filter(|position| position.segment != number).count();
                assert!(links.len() >= others, "byte {at}: {} records", links.len());
                assert!(matches!(ledger.append(&entries(1, "f")), Err(AppendError::Damaged(_))), "byte {at}");
                // Where a record is read, it is the one that was there.
                let told =
                    positions.iter().filter(|position| ledger.documents.read(**position).is_ok()).count();
                assert_eq!(told, links.len(), "byte {at}");
                drop(ledger);
                assert_eq!(fs::read(&path).unwrap(), bad, "a damaged ledger is left as it is");
            }
            fs::write(&path, &sound).unwrap();
        }
        let (_, recovery, links) = open_packing(dir.path(), true);
        assert_eq!((recovery.damage.len(), links.len()), (0, 254));
    }

    #[test]
    fn a_packed_segment_that_is_cut_short_is_damage_also_when_it_is_the_last() {
        let (dir, folder, _) = packed_sample();
        let path = packed_path(&folder, 4);
        let sound = fs::read(&path).unwrap();
        for len in (0..sound.len()).step_by(97).chain([sound.len() - 1]) {
            fs::write(&path, &sound[..len]).unwrap();
            let (_, recovery, links) = open_packing(dir.path(), false);
            assert!(!recovery.damage.is_empty() && recovery.torn.is_none(), "{len} bytes");
            assert!(links.len() >= 104, "{len} bytes");
            assert_eq!(fs::metadata(&path).unwrap().len(), len as u64);
        }
    }

    #[test]
    fn a_record_of_a_packed_segment_is_erased_in_it() {
        let dir = tempfile::tempdir().unwrap();
        let (mut ledger, ..) = open_packing(dir.path(), false);
        let feature = |n: usize| {
            let text = format!(
                r#"{{"type":"Feature","id":"x{n}","geometry":null,"properties":{{"secret":"{n:09}"}}}}"#
            );
            Entry { op: Op::Put, feature: text.into_bytes() }
        };
        let positions = ledger.append(&(0..100).map(feature).collect::<Vec<_>>()).unwrap();
        assert_eq!(pack_all(&mut ledger), [1]);
        let is_full = ledger.has_room_to_erase(&positions[..1]);
        assert!(is_full.is_ok(), "{is_full:?}");
        // Nor is anything left of a packing that was cut short.
        fs::write(fresh_path(&ledger.dir, 1), b"\"secret\":\"000000007\"").unwrap();
        ledger.erase(&[positions[7], positions[99]]).unwrap();
        assert_eq!(names(&ledger.dir), ["000001.geojsons.gz"]);
        let text = |ledger: &Ledger| {
            let segment = ledger.documents.file(1).unwrap();
            let mut text = vec![0; segment.len().unwrap() as usize];
            segment.read_exact_at(&mut text, 0).unwrap();
            String::from_utf8(text).unwrap()
        };
        let says = |n: usize| text(&ledger).contains(&format!("\"secret\":\"{n:09}\""));
        assert!(!says(7) && !says(99) && (0..99).filter(|n| *n != 7).all(says));
        assert!(matches!(ledger.documents.read(positions[7]), Err(ReadError::Erased(_))));
        assert!(ledger.documents.read(positions[8]).is_ok());
        drop(ledger);
        let (_, recovery, links) = open_packing(dir.path(), true);
        let unexplained: Vec<u64> = recovery.damage.iter().map(|damage| damage.seq).collect();
        assert_eq!((links.len(), unexplained), (100, vec![8, 100]));
    }

    #[test]
    fn behind_what_is_known_a_ledger_is_opened_whether_or_not_its_end_was_packed_since() {
        let dir = tempfile::tempdir().unwrap();
        let (mut ledger, ..) = open_packing(dir.path(), false);
        ledger.append(&entries(1, "a")).unwrap();
        let positions = ledger.append(&entries(100, "b")).unwrap();
        let log = ledger.documents.log();
        assert_eq!(pack_all(&mut ledger), [2]);
        ledger.append(&entries(100, "c")).unwrap();
        assert_eq!(pack_all(&mut ledger), [3]);
        drop(ledger);
        let mut behind = 0;
        let opened = Ledger::open_behind(dir.path(), &log, Arc::default(), &mut |seen| {
            if let Seen::Records(_, some) = seen {
                behind += some.len();
            }
        });
        let mut ledger = opened.unwrap().expect("it is sound");
        assert_eq!(behind, 100);
        assert!(ledger.documents.read(positions[50]).is_ok());
        assert_eq!(ledger.recover(false, &mut |_| {}).unwrap().damage, []);
        assert_eq!(ledger.append(&entries(1, "d")).unwrap()[0].segment, 4);
    }

    #[test]
    fn a_creation_that_was_cut_short_is_begun_anew() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("ledger.new")).unwrap();
        fs::write(dir.path().join("ledger.new").join(FORMAT_FILE), "{\"for").unwrap();
        let (mut ledger, ..) = open(dir.path());
        ledger.append(&entries(1, "a")).unwrap();
        assert!(!dir.path().join("ledger.new").exists());
    }

    #[test]
    fn a_store_is_not_made_unless_asked() {
        let dir = tempfile::tempdir().unwrap();
        let missing = Ledger::open(dir.path(), false, false, Arc::default(), &mut |_| {});
        assert!(matches!(missing, Err(OpenError::Missing(_))));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
