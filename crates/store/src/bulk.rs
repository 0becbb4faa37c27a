//! A whole file on its way into the store: read once, whatever its size, and put as one batch.
//!
//! While a file is read, its documents are written as they will stand in the ledger and committed to, and its rows are measured
//! and put into columns: on all cores, and before it is known whether the file will be taken at all. What is left to do when it
//! is taken is to chain and to copy, and to find out which of its incidents are known already; those few go the way of single
//! reports ([`crate::store`]).
//!
//! Memory: the rows, about 320 bytes an incident and its texts, which the snapshot needs in the end; and of the documents
//! [`HELD_BYTES`]. What does not find room waits in a nameless file beside the store, so nothing of it outlives the process.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kordon_borders::BorderSet;
use kordon_incidents::{EventDate, Incident, IncidentId};
use rayon::prelude::*;

use crate::ledger::{self, AppendError, PIECE, Position, Sealed};
use crate::names::Symbol;
use crate::project::Record;
use crate::record::Op;
use crate::snapshot::TierRow;
use crate::snapshot::{Batch, Context, PublicRow, StaffRow};
use crate::store::{Author, Current, PutError, Row, keys_of, now, number_of, sign};

/// Bytes of documents that wait in memory: those of some two million incidents.
const HELD_BYTES: usize = 1 << 30;
/// Incidents that are read back at a time.
const READ_BACK: usize = 16_384;
/// Rows that are measured at a time: along the curve on which they stand, each then helps the next.
const MEASURED: usize = 65_536;

/// The incidents of one file, checked and ready to be put.
pub struct Bulk {
    context: Arc<Context>,
    pub(crate) author: Author,
    pub(crate) restores: bool,
    now: Option<EventDate>,
    spool: Spool,
    pub(crate) staged: Vec<Staged>,
    pub(crate) keys: Vec<u128>,
    public: Vec<PublicRow>,
    staff: Vec<StaffRow>,
    chunks: Vec<Chunk>,
}

/// An incident on its way into a file's batch: see [`Bulk::prepare`].
pub struct Prepared {
    id: IncidentId,
    withdrawn: bool,
    has_status: bool,
    keys: Vec<u128>,
    document: Vec<u8>,
    row: Row,
}

/// One incident of a file.
pub(crate) struct Staged {
    pub id: IncidentId,
    /// Where its keys end.
    keys_end: u32,
    /// Which tier has its row; the rows of each stand in the order of the file.
    tier: RowOf,
    withdrawn: bool,
    /// The report speaks of its status; else the one that it has was put there.
    has_status: bool,
    /// It is not to be put after all.
    pub is_left_out: bool,
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

/// Sealed documents: the first ones in memory, the texts of the others in a file that has no name.
struct Spool {
    folder: PathBuf,
    pieces: Vec<Sealed>,
    /// How many of the pieces have their texts.
    held: usize,
    room: usize,
    file: Option<BufWriter<File>>,
}

/// What is to be written of a file, and what becomes visible with it.
pub(crate) struct Ready {
    pub public: Vec<Batch<PublicRow>>,
    pub staff: Vec<Batch<StaffRow>>,
}

/// What is in a list, with room left in it for as much: growing again would copy each row some times.
fn emptied<T>(list: &mut Vec<T>) -> Vec<T> {
    let room = Vec::with_capacity(list.len());
    std::mem::replace(list, room)
}

impl Bulk {
    /// Nothing yet, on its way into the store in `dir`, which need not exist. The documents wait on its disk.
    pub fn new(dir: &Path, borders: &Arc<BorderSet>, author: &Author) -> Self {
        Self {
            context: Arc::new(Context::new(Arc::clone(borders), Arc::default())),
            author: author.clone(),
            restores: false,
            now: now(),
            spool: Spool::new(beside(dir), HELD_BYTES),
            staged: Vec::new(),
            keys: Vec::new(),
            public: Vec::new(),
            staff: Vec::new(),
            chunks: Vec::new(),
        }
    }

    /// With room for so many bytes of documents in memory.
    #[must_use]
    pub fn holding(self, bytes: usize) -> Self {
        Self { spool: Spool { room: bytes, ..self.spool }, ..self }
    }

    /// So that what was withdrawn is there again, where a report of it does not speak of its status.
    #[must_use]
    pub fn restoring(self, restores: bool) -> Self {
        Self { restores, ..self }
    }

    /// How many incidents it has, with those that are left out.
    pub fn len(&self) -> usize {
        self.staged.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.staged.is_empty()
    }

    /// All that can be done for an incident before its turn comes, on whichever core has checked it.
    ///
    /// # Errors
    ///
    /// That it cannot be written as JSON.
    pub fn prepare(&self, mut incident: Incident) -> io::Result<Prepared> {
        let has_status = incident.properties.record_status.is_some();
        sign(&mut incident, 1, self.now.as_ref(), &self.author);
        let mut document = Vec::with_capacity(DOCUMENT_BYTES);
        serde_json::to_writer(&mut document, &incident)?;
        let keys = keys_of(&incident);
        let withdrawn = Current::new(&incident, NOWHERE).withdrawn;
        let record = Record::new(incident);
        let row = Row::new(&record, NOWHERE, &self.context);
        Ok(Prepared { id: record.incident().id, withdrawn, has_status, keys, document, row })
    }

    /// Adds incidents, in the order of the file; some thousands at a time keep all cores busy.
    ///
    /// # Errors
    ///
    /// What the disk said.
    pub fn add(&mut self, incidents: Vec<Prepared>) -> io::Result<()> {
        let seal = |some: &[Prepared]| Sealed::of(some.iter().map(|one| (Op::Put, one.document.as_slice())));
        let sealed: Vec<Result<Sealed, AppendError>> = incidents.par_chunks(PIECE).map(seal).collect();
        for piece in sealed {
            self.spool.push(piece.map_err(io::Error::other)?)?;
        }
        for Prepared { id, withdrawn, has_status, keys, row, .. } in incidents {
            self.keys.extend(keys);
            let tier = match row {
                Row::Public(row) => {
                    self.public.push(row);
                    RowOf::Public
                }
                Row::Staff(row) => {
                    self.staff.push(row);
                    RowOf::Staff
                }
                Row::Gone => RowOf::Nobody,
            };
            let too_much = |_| io::Error::other("a file of more than four billion keys");
            let keys_end = u32::try_from(self.keys.len()).map_err(too_much)?;
            self.staged.push(Staged { id, keys_end, tier, withdrawn, has_status, is_left_out: false });
        }
        if self.public.len() + self.staff.len() >= MEASURED {
            self.measure();
        }
        Ok(())
    }

    /// Takes out the one that was added behind so many others; they keep their places.
    pub fn leave_out(&mut self, place: usize) {
        if let Some(staged) = self.staged.get_mut(place) {
            staged.is_left_out = true;
        }
    }

    /// Turns the rows that have come into columns.
    fn measure(&mut self) {
        let (public, staff) = (emptied(&mut self.public), emptied(&mut self.staff));
        let (public, staff) = (Batch::of(public, &self.context), Batch::of(staff, &self.context));
        self.chunks.push(Chunk { public, staff });
    }

    pub(crate) fn keys_of(&self, at: usize) -> &[u128] {
        let start = if at == 0 { 0 } else { self.staged[at - 1].keys_end };
        &self.keys[start as usize..self.staged[at].keys_end as usize]
    }

    pub(crate) fn current(&self, at: usize, position: Position) -> Current {
        Current { position, withdrawn: self.staged[at].withdrawn, erased: false }
    }

    /// How many not everybody may see, without those of `apart` (ascending).
    pub(crate) fn withheld(&self, apart: &[u32]) -> usize {
        let mut apart = apart.iter().map(|&at| at as usize).peekable();
        let fresh = self.staged.iter().enumerate().filter(|(at, _)| apart.next_if_eq(at).is_none());
        fresh.filter(|(_, one)| one.tier == RowOf::Staff).count()
    }

    /// Which of its incidents share an id or a key with an earlier or later one of it, apart from those that are left out; ascending.
    pub(crate) fn entangled(&self) -> Vec<u32> {
        let put = |(one, _): &(&Staged, u32)| !one.is_left_out;
        let ids = self.staged.iter().zip(0..).filter(put).map(|(one, at)| (number_of(one.id), at));
        let mut names: Vec<(u128, u32)> = ids.collect();
        let mut entangled = repeated(&mut names);
        names.clear();
        for at in (0..self.staged.len()).filter(|at| !self.staged[*at].is_left_out) {
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

    /// How long the documents are, with those that are left out.
    pub(crate) fn bytes(&self) -> u64 {
        self.spool.pieces.iter().map(Sealed::bytes).sum()
    }

    /// The documents for the ledger, without those of `apart` (ascending). They can be taken once.
    pub(crate) fn sealed<'a>(
        &mut self,
        apart: &'a [u32],
    ) -> io::Result<impl Iterator<Item = io::Result<Sealed>> + use<'a>> {
        let (mut pieces, mut at, mut apart) = (self.spool.take()?, 0, apart);
        Ok(std::iter::from_fn(move || {
            let mut piece = match pieces.next()? {
                Ok(piece) => piece,
                Err(error) => return Some(Err(error)),
            };
            let (from, to) = (at, at + piece.len());
            at = to;
            let (of_piece, rest) = apart.split_at(apart.partition_point(|&one| (one as usize) < to));
            apart = rest;
            if !of_piece.is_empty() {
                let mut keep = vec![true; piece.len()];
                of_piece.iter().for_each(|&one| keep[one as usize - from] = false);
                piece.retain(&keep);
            }
            Some(Ok(piece))
        }))
    }

    /// Gives these incidents (ascending) back, apart from those that are left out, some thousands at a time.
    pub(crate) fn read(
        &mut self,
        wanted: &[u32],
        mut give: impl FnMut(Vec<Incident>) -> Result<(), PutError>,
    ) -> Result<(), PutError> {
        let unread = |error: io::Error| PutError::SetAside(Arc::new(error));
        if wanted.is_empty() {
            return Ok(());
        }
        let wanted = wanted.iter().map(|&at| at as usize).filter(|at| !self.staged[*at].is_left_out);
        let (mut at, mut wanted) = (0, wanted.peekable());
        let (mut incidents, mut problem) = (Vec::new(), None);
        let each = |text: &[u8], ends: &[u32]| {
            for body in ledger::texts(text, ends) {
                if wanted.next_if_eq(&at).is_some() {
                    let (staged, feature) = (&self.staged[at], [body, b"}"].concat());
                    match serde_json::from_slice::<Incident>(&feature) {
                        Ok(mut incident) => {
                            if !staged.has_status {
                                incident.properties.record_status = None;
                            }
                            incidents.push(incident);
                        }
                        Err(error) => problem = Some(PutError::NotJson(staged.id, error.to_string())),
                    }
                }
                at += 1;
            }
            if incidents.len() >= READ_BACK && problem.is_none() {
                problem = give(std::mem::take(&mut incidents)).err();
            }
        };
        self.spool.read(each).map_err(unread)?;
        problem.map_or_else(|| give(incidents), Err)
    }

    /// The rows with their places in the ledger, in the numbers of another context; without those of `apart`.
    pub(crate) fn rows(&mut self, positions: &[Position], apart: &[u32], context: &Context) -> Ready {
        self.measure();
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

/// The folder in which what is on its way into the store in `dir` waits, which need not exist: it, or the nearest that is there.
pub(crate) fn beside(dir: &Path) -> &Path {
    let there = dir.ancestors().find(|folder| folder.is_dir() && folder != &Path::new(""));
    there.unwrap_or(Path::new("."))
}

/// Room for a document, which seldom grows then.
const DOCUMENT_BYTES: usize = 768;
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
    fn new(folder: &Path, room: usize) -> Self {
        Self { folder: folder.to_owned(), pieces: Vec::new(), held: 0, room, file: None }
    }

    fn push(&mut self, mut piece: Sealed) -> io::Result<()> {
        let room = self.room.checked_sub(piece.text.len()).filter(|_| self.file.is_none());
        if let Some(room) = room {
            self.room = room;
            self.held += 1;
        } else {
            let text = std::mem::take(&mut piece.text);
            match &mut self.file {
                Some(file) => file.write_all(&text)?,
                none => {
                    let file = tempfile::tempfile_in(&self.folder)?;
                    none.insert(BufWriter::with_capacity(1 << 20, file)).write_all(&text)?;
                }
            }
        }
        self.pieces.push(piece);
        Ok(())
    }

    /// The file from its beginning.
    fn again(&mut self) -> io::Result<Option<BufReader<File>>> {
        let Some(file) = &mut self.file else { return Ok(None) };
        file.flush()?;
        file.seek(SeekFrom::Start(0))?;
        Ok(Some(BufReader::with_capacity(1 << 20, file.get_ref().try_clone()?)))
    }

    /// Gives the texts of all pieces to `each`, with where each body ends.
    fn read(&mut self, mut each: impl FnMut(&[u8], &[u32])) -> io::Result<()> {
        let mut file = self.again()?;
        for (at, piece) in self.pieces.iter().enumerate() {
            match &mut file {
                Some(file) if at >= self.held => each(&text_of(piece, file)?, &piece.ends),
                _ => each(&piece.text, &piece.ends),
            }
        }
        Ok(())
    }

    /// All pieces with their texts.
    fn take(&mut self) -> io::Result<impl Iterator<Item = io::Result<Sealed>> + use<>> {
        let (mut file, held) = (self.again()?, self.held);
        let pieces = std::mem::take(&mut self.pieces).into_iter().enumerate();
        Ok(pieces.map(move |(at, mut piece)| {
            if let Some(file) = file.as_mut().filter(|_| at >= held) {
                piece.text = text_of(&piece, file)?;
            }
            Ok(piece)
        }))
    }
}

fn text_of(piece: &Sealed, file: &mut BufReader<File>) -> io::Result<Vec<u8>> {
    let mut text = vec![0; piece.ends.last().map_or(0, |end| *end as usize)];
    file.read_exact(&mut text)?;
    Ok(text)
}
