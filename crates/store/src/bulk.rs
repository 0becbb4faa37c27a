//! A whole file on its way into the store: read once, whatever its size, and put as one batch.
//!
//! While a file is read, each chunk of its incidents is written as it will stand in the ledger into a nameless file
//! beside the store, and its rows are measured and put into columns: on all cores, and before it is known whether the file will be
//! taken at all. What is left to do when it is taken is copying, and finding out which of its incidents are
//! known already; those few go the way of single reports ([`crate::store`]).
//!
//! Memory: the rows, about 250 bytes an incident and its texts, which the snapshot needs in the end; no document.
//! Disk: the documents twice while the file is read.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

use kordon_borders::BorderSet;
use kordon_incidents::{EventDate, Incident, IncidentId};
use rayon::prelude::*;

use crate::ledger::{Entry, Position};
use crate::names::Symbol;
use crate::project::Record;
use crate::record::Op;
use crate::snapshot::TierRow;
use crate::snapshot::{Batch, Context, PublicRow, StaffRow};
use crate::store::{Author, Current, PutError, Row, keys_of, now, sign};

/// Incidents written to the ledger in one piece.
const PIECE: usize = 8_192;

/// The incidents of one file, checked and ready to be put.
pub struct Bulk {
    context: Arc<Context>,
    pub(crate) author: Author,
    now: Option<EventDate>,
    documents: Spool,
    pub(crate) staged: Vec<Staged>,
    pub(crate) keys: Vec<u128>,
    chunks: Vec<Chunk>,
}

/// One incident of a file.
pub(crate) struct Staged {
    pub id: IncidentId,
    /// Where its keys end.
    keys_end: u32,
    /// Length of its document.
    len: u32,
    /// Which tier has its row; the rows of each stand in the order of the file.
    tier: RowOf,
    withdrawn: bool,
    /// The report speaks of its status; else the one that it has was put there.
    has_status: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum RowOf {
    Public,
    Staff,
    Nobody,
}

/// The rows of one chunk.
struct Chunk {
    public: Batch<PublicRow>,
    staff: Batch<StaffRow>,
}

/// Documents one behind the other in a file that has no name, so nothing of it outlives the process.
struct Spool(BufWriter<File>);

/// What is to be written of a file, and what becomes visible with it.
pub(crate) struct Ready {
    pub public: Vec<Batch<PublicRow>>,
    pub staff: Vec<Batch<StaffRow>>,
}

impl Bulk {
    /// Nothing yet, on its way into the store in `dir`, which need not exist. The documents wait in the folder that
    /// is or will be around the store.
    ///
    /// # Errors
    ///
    /// What the disk said.
    pub fn new(dir: &Path, borders: &Arc<BorderSet>, author: &Author) -> io::Result<Self> {
        let there = dir.ancestors().find(|folder| folder.is_dir() && folder != &Path::new(""));
        let file = tempfile::tempfile_in(there.unwrap_or(Path::new(".")))?;
        Ok(Self {
            context: Arc::new(Context::new(Arc::clone(borders), Arc::default())),
            author: author.clone(),
            now: now(),
            documents: Spool(BufWriter::with_capacity(1 << 20, file)),
            staged: Vec::new(),
            keys: Vec::new(),
            chunks: Vec::new(),
        })
    }

    /// How many incidents it has.
    pub fn len(&self) -> usize {
        self.staged.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.staged.is_empty()
    }

    /// Adds incidents, in the order of the file; some thousands at a time keep all cores busy.
    ///
    /// # Errors
    ///
    /// What the disk said, or that an incident cannot be written as JSON.
    pub fn add(&mut self, incidents: Vec<Incident>) -> io::Result<()> {
        let prepare = |mut incident: Incident| {
            let has_status = incident.properties.record_status.is_some();
            sign(&mut incident, 1, self.now.as_ref(), &self.author);
            let document = serde_json::to_vec(&incident)?;
            let keys = keys_of(&incident);
            let withdrawn = Current::new(&incident, NOWHERE).withdrawn;
            let record = Record::new(incident);
            let row = Row::new(&record, NOWHERE, &self.context);
            let staged = (record.incident().id, withdrawn, has_status);
            Ok((staged, document, keys, row))
        };
        let prepared: Vec<io::Result<_>> = incidents.into_par_iter().with_min_len(64).map(prepare).collect();
        let (mut public, mut staff) = (Vec::new(), Vec::new());
        for one in prepared {
            let ((id, withdrawn, has_status), document, keys, row) = one?;
            self.documents.0.write_all(&document)?;
            self.keys.extend(keys);
            let tier = match row {
                Row::Public(row) => {
                    public.push(row);
                    RowOf::Public
                }
                Row::Staff(row) => {
                    staff.push(row);
                    RowOf::Staff
                }
                Row::Gone => RowOf::Nobody,
            };
            let too_much =
                |_| io::Error::other("a file of more than four billion keys or bytes in one record");
            let keys_end = u32::try_from(self.keys.len()).map_err(too_much)?;
            let len = u32::try_from(document.len()).map_err(too_much)?;
            self.staged.push(Staged { id, keys_end, len, tier, withdrawn, has_status });
        }
        let (public, staff) = (Batch::of(public, &self.context), Batch::of(staff, &self.context));
        self.chunks.push(Chunk { public, staff });
        Ok(())
    }

    pub(crate) fn keys_of(&self, at: usize) -> &[u128] {
        let start = if at == 0 { 0 } else { self.staged[at - 1].keys_end };
        &self.keys[start as usize..self.staged[at].keys_end as usize]
    }

    pub(crate) fn current(&self, at: usize, position: Position) -> Current {
        Current { position, withdrawn: self.staged[at].withdrawn, erased: false }
    }

    /// Which of its incidents share an id or a key with an earlier or later one of it; ascending.
    pub(crate) fn entangled(&self) -> Vec<u32> {
        let ids = self.staged.iter().zip(0..).map(|(one, at)| (u128::from_be_bytes(*one.id.as_bytes()), at));
        let mut names: Vec<(u128, u32)> = ids.collect();
        let mut entangled = repeated(&mut names);
        names.clear();
        for at in 0..self.staged.len() {
            let short = u32::try_from(at).unwrap_or(u32::MAX);
            let mut own = self.keys_of(at).to_vec();
            own.sort_unstable();
            own.dedup();
            names.extend(own.into_iter().map(|key| (key, short)));
        }
        entangled.extend(repeated(&mut names));
        entangled.sort_unstable();
        entangled.dedup();
        entangled
    }

    /// Reads all documents once more, in pieces for the ledger, without those of `apart` (ascending).
    pub(crate) fn entries<'a>(
        &'a mut self,
        apart: &'a [u32],
    ) -> io::Result<impl Iterator<Item = io::Result<Vec<Entry>>> + use<'a>> {
        let mut documents = self.documents.read_again()?;
        let (staged, mut apart, mut at) = (&self.staged, apart, 0);
        Ok(std::iter::from_fn(move || {
            let mut piece = Vec::with_capacity(PIECE);
            while at < staged.len() && piece.len() < PIECE {
                let mut feature = vec![0; staged[at].len as usize];
                if let Err(error) = documents.read_exact(&mut feature) {
                    return Some(Err(error));
                }
                if apart.first().is_some_and(|&first| first as usize == at) {
                    apart = &apart[1..];
                } else {
                    piece.push(Entry { op: Op::Put, feature });
                }
                at += 1;
            }
            (!piece.is_empty()).then_some(Ok(piece))
        }))
    }

    /// These incidents (ascending), read back.
    pub(crate) fn read(&mut self, wanted: &[u32]) -> Result<Vec<Incident>, PutError> {
        let unread = |error: io::Error| PutError::SetAside(Arc::new(error));
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let mut documents = self.documents.read_again().map_err(unread)?;
        let mut wanted = wanted.iter().map(|&at| at as usize).peekable();
        let mut incidents = Vec::new();
        for (at, staged) in self.staged.iter().enumerate() {
            let mut feature = vec![0; staged.len as usize];
            documents.read_exact(&mut feature).map_err(unread)?;
            if wanted.next_if_eq(&at).is_some() {
                let mut incident: Incident = serde_json::from_slice(&feature)
                    .map_err(|error| PutError::NotJson(staged.id, error.to_string()))?;
                if !staged.has_status {
                    incident.properties.record_status = None;
                }
                incidents.push(incident);
            }
        }
        Ok(incidents)
    }

    /// The rows with their places in the ledger, in the numbers of another context; without those of `apart`.
    pub(crate) fn rows(&mut self, positions: &[Position], apart: &[u32], context: &Context) -> Ready {
        let words: Vec<Symbol> =
            self.context.words.all().iter().map(|word| context.words.number(word)).collect();
        let claims: Vec<Symbol> =
            self.context.claims.all().iter().map(|set| context.claims.number(set)).collect();
        let mut positions = positions.iter();
        let mut apart = apart.iter().map(|&at| at as usize).peekable();
        let (mut places, mut kept) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
        for (at, staged) in self.staged.iter().enumerate() {
            let is_apart = apart.next_if_eq(&at).is_some();
            let position = if is_apart { Some(&NOWHERE) } else { positions.next() };
            if staged.tier != RowOf::Nobody {
                let tier = usize::from(staged.tier == RowOf::Staff);
                places[tier].push(*position.unwrap_or(&NOWHERE));
                kept[tier].push(!is_apart);
            }
        }
        let mut ready = Ready { public: Vec::new(), staff: Vec::new() };
        let mut from = [0, 0];
        for Chunk { mut public, mut staff } in self.chunks.drain(..) {
            place(&mut public, &mut from[0], &places[0], &kept[0], &words, &claims);
            place(&mut staff, &mut from[1], &places[1], &kept[1], &words, &claims);
            ready.public.push(public);
            ready.staff.push(staff);
        }
        ready
    }
}

/// Not in the ledger yet.
const NOWHERE: Position = Position { segment: 0, offset: 0, len: 0 };

fn place<R: TierRow>(
    batch: &mut Batch<R>,
    from: &mut usize,
    places: &[Position],
    kept: &[bool],
    words: &[Symbol],
    claims: &[Symbol],
) {
    let range = *from..*from + batch.len();
    *from = range.end;
    batch.positions().copy_from_slice(&places[range.clone()]);
    batch.renumber(words, claims);
    if kept[range.clone()].contains(&false) {
        batch.retain(&kept[range]);
    }
}

/// Sorts names and gives the numbers of all that have a name which another one has too.
fn repeated(names: &mut [(u128, u32)]) -> Vec<u32> {
    names.par_sort_unstable();
    let groups = names.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1);
    groups.flat_map(|group| group.iter().map(|(_, at)| *at)).collect()
}

impl Spool {
    fn read_again(&mut self) -> io::Result<BufReader<&mut File>> {
        self.0.flush()?;
        let file = self.0.get_mut();
        file.seek(SeekFrom::Start(0))?;
        Ok(BufReader::with_capacity(1 << 20, file))
    }
}
