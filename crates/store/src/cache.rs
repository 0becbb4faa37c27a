//! The index on disk, for a fast start: what else would be parsed, folded and measured anew from every document.
//!
//! A cache belongs to one record of one ledger (its number and its hash, which covers all before it), to one border set
//! in one view, and to one build of this program: whatever derives rows in another way is another program. The ledger is
//! walked and hashed at every start all the same, while the store answers already, so damage is found with a cache as without
//! one; only records behind the cache are parsed. Whatever does not fit, and any damage of either, makes it worthless, and the index is built from the
//! documents: the file may be deleted at any time.
//!
//! ```text
//! "kordon-index\n" · parts, each: length (8 bytes, little-endian) · tag · blocks
//! a block: its length, and that of what it unpacks to (4 bytes each) · that, packed (Zstandard)
//! ```
//!
//! A tag is SHA-256(key ‖ SHA-256(key ‖ number of the part ‖ blocks)), with a key that is made of the signing key and the
//! first part: who could write a cache that is believed could sign a rewritten ledger as well.
//!
//! It is written without fsync, since a torn one is told by its tags. Before anything is erased it is deleted, and that
//! is made safe. Cost: some 170 bytes a row. Reading holds a few blocks besides the columns that are made of them; what was read
//! counts once the tag of its part is found to be right.

use std::fs::{self, File};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use kordon_borders::{BorderSet, Kind, LonLat, Nearest, TerritoryId};
use kordon_incidents::IncidentId;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::columns::{Border, Columns, Texts};
use crate::known::Known;
use crate::ledger::{KEY_FILE, Log, Position, sync_dir};
use crate::names::Symbol;
use crate::note::Signer;
use crate::record::Hash;
use crate::snapshot::{Context, Part, Rows, Slice};
use crate::store::{Current, Index};
use crate::tree::PlaceTree;

const FILE: &str = "index.cache";
const MAGIC: &[u8] = b"kordon-index\n";
const HASH_LEN: usize = 32;
/// Length and tag of a part.
const PART_HEAD: usize = 8 + HASH_LEN;
/// How many items of a list are put into bytes at once, and made of bytes.
const ITEMS_AT_ONCE: usize = 4_096;
/// So much is packed into a block, and so many blocks at once.
const BLOCK: usize = 1 << 20;
const BLOCKS_AT_ONCE: usize = 8;
/// Its length, and that of what it unpacks to.
const BLOCK_HEAD: usize = 8;
/// The least effort: more of it takes longer than the disk does.
const LEVEL: i32 = 1;

/// What a cache holds.
pub(crate) struct Cached {
    /// How far the ledger had come.
    pub log: Log,
    pub index: Index,
    pub public: Vec<Slice>,
    pub staff: Vec<Slice>,
}

/// What is to be kept of one moment; the writer may go on while it is written.
pub(crate) struct Draft {
    pub log: Log,
    pub context: Arc<Context>,
    pub index: Index,
    pub public: Vec<Slice>,
    pub staff: Vec<Slice>,
}

/// Which program this is: the hash of its file. `None` when that cannot be read; then there are no caches.
fn program() -> Option<Hash> {
    static PROGRAM: OnceLock<Option<Hash>> = OnceLock::new();
    *PROGRAM.get_or_init(|| Some(Hash::of(&fs::read(std::env::current_exe().ok()?).ok()?)))
}

/// Deletes one that was of no use: it may hold what the ledger does not have any more.
pub(crate) fn discard(dir: &Path) {
    if path(dir).exists() {
        // The next one that is kept takes its place in any case.
        let _ = remove(dir);
    }
}

/// Deletes the cache, and one that is not complete; returns when they will not come back.
pub(crate) fn remove(dir: &Path) -> io::Result<()> {
    for file in [path(dir), fresh(dir)] {
        match fs::remove_file(file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    sync_dir(dir)
}

fn path(dir: &Path) -> PathBuf {
    dir.join(FILE)
}

fn fresh(dir: &Path) -> PathBuf {
    dir.join(format!("{FILE}.new"))
}

/// Makes the tags of the parts.
struct Tagger {
    key: Hash,
}

impl Tagger {
    /// For the first part.
    fn new(dir: &Path) -> Option<Self> {
        let signer = Signer::from_text(&fs::read_to_string(dir.join(KEY_FILE)).ok()?).ok()?;
        Some(Self { key: signer.secret("index") })
    }

    /// For the parts behind a first part that has this tag.
    fn behind(&self, first: Hash) -> Self {
        Self { key: Hash::of(&[*self.key.as_bytes(), *first.as_bytes()].concat()) }
    }

    fn begin(&self, number: u64) -> Sha256 {
        Sha256::new().chain_update(self.key.as_bytes()).chain_update(number.to_le_bytes())
    }

    fn end(&self, hasher: Sha256) -> Hash {
        Hash::of(&[*self.key.as_bytes(), hasher.finalize().into()].concat())
    }
}

impl Draft {
    /// Writes the file; the one before stays until this one is complete.
    pub fn write(&self, dir: &Path) -> io::Result<()> {
        let fresh = fresh(dir);
        let written = self.write_to(dir, &fresh).and_then(|()| fs::rename(&fresh, path(dir)));
        written.inspect_err(|_| {
            // What is left of it only takes room, on a disk that may be full.
            let _ = fs::remove_file(&fresh);
        })
    }

    fn write_to(&self, dir: &Path, fresh: &Path) -> io::Result<()> {
        let unknown = || io::Error::other("no key, or no program, to make it for");
        let (tagger, program) = Tagger::new(dir).zip(program()).ok_or_else(unknown)?;
        let mut file = File::create(fresh)?;
        file.write_all(MAGIC)?;
        let first = write_part(&mut file, &tagger, 0, |out| self.write_head(out, program))?;
        let (tagger, mut number) = (tagger.behind(first), 1);
        write_part(&mut file, &tagger, number, |out| {
            out.text(&serde_json::to_string(&self.log)?)?;
            write_index(out, &self.index)
        })?;
        for slice in self.public.iter().chain(&self.staff) {
            number += 1;
            write_part(&mut file, &tagger, number, |out| write_slice(out, slice))?;
        }
        Ok(())
    }

    fn write_head(&self, out: &mut Out<'_>, program: Hash) -> io::Result<()> {
        let Self { context, public, staff, .. } = self;
        out.write(program.as_bytes())?;
        out.text(context.borders.fingerprint())?;
        // Two caches that begin alike must not be mixed up.
        out.write(uuid::Uuid::new_v4().as_bytes())?;
        out.number(public.len() as u64)?;
        out.number(staff.len() as u64)?;
        // There may be more names by now than the rows use, never fewer.
        let (words, claims) = (context.words.all(), context.claims.all());
        out.number(words.len() as u64)?;
        words.iter().try_for_each(|word| out.text(word))?;
        out.number(claims.len() as u64)?;
        claims.iter().try_for_each(|set| out.list(set, territory_bytes))
    }
}

/// Writes one part, whose length and tag are known only behind it.
fn write_part(
    file: &mut File,
    tagger: &Tagger,
    number: u64,
    fill: impl FnOnce(&mut Out<'_>) -> io::Result<()>,
) -> io::Result<Hash> {
    let start = file.stream_position()?;
    file.write_all(&[0; PART_HEAD])?;
    let mut out = Out { to: BufWriter::new(&mut *file), hasher: tagger.begin(number), unpacked: Vec::new() };
    fill(&mut out)?;
    out.pack()?;
    out.to.flush()?;
    let tag = tagger.end(out.hasher.clone());
    drop(out);
    let end = file.stream_position()?;
    file.seek(SeekFrom::Start(start))?;
    file.write_all(&(end - start - PART_HEAD as u64).to_le_bytes())?;
    file.write_all(tag.as_bytes())?;
    file.seek(SeekFrom::Start(end))?;
    Ok(tag)
}

/// A part of a file: its tag, and where its bytes are.
struct Stored {
    tag: Hash,
    start: u64,
    len: u64,
}

/// The parts of a file.
fn parts(file: &File) -> Option<Vec<Stored>> {
    let file_len = file.metadata().ok()?.len();
    let bytes = |at: u64, count: usize| -> Option<Vec<u8>> {
        let mut bytes = vec![0; count];
        file.read_exact_at(&mut bytes, at).ok()?;
        Some(bytes)
    };
    (bytes(0, MAGIC.len())? == MAGIC).then_some(())?;
    let (mut parts, mut at) = (Vec::new(), MAGIC.len() as u64);
    while at < file_len {
        let head = bytes(at, PART_HEAD)?;
        let (len, start) = (u64::from_le_bytes(part(&head, 0)), at + PART_HEAD as u64);
        at = start.checked_add(len).filter(|end| *end <= file_len)?;
        parts.push(Stored { tag: Hash(part(&head, 8)), start, len });
    }
    Some(parts)
}

impl Cached {
    /// The cache in `dir`, if there is one for these borders and this program, and all of it is as it was written. The
    /// context gets the names that its rows use, and must have none yet.
    pub fn read(dir: &Path, context: &Context) -> Option<Self> {
        let (file, tagger) = (File::open(path(dir)).ok()?, Tagger::new(dir)?);
        let (parts, ids) = (parts(&file)?, territories(&context.borders));
        let first = parts.first()?;
        let names = In::new(&file, first, tagger.begin(0)).whole(&tagger, first.tag, read_head)?;
        let (public_count, staff_count) = names.take(context, &ids)?;
        (parts.len() == public_count.checked_add(staff_count)?.checked_add(2)?).then_some(())?;
        let tagger = tagger.behind(first.tag);
        let open = |number: usize| {
            let stored = parts.get(number)?;
            Some((In::new(&file, stored, tagger.begin(number as u64)), stored.tag))
        };
        let index = || {
            let (part, tag) = open(1)?;
            let (log, lists) = part.whole(&tagger, tag, |from| Some((from.text()?, read_index(from)?)))?;
            Some((serde_json::from_str(&log).ok()?, lists.index()?))
        };
        let slice = |number| {
            let (part, tag) = open(number)?;
            Some(part.whole(&tagger, tag, |from| read_slice(from, &ids))?.slice())
        };
        let slices = || (2..parts.len()).into_par_iter().map(slice).collect::<Option<Vec<Slice>>>();
        let (slices, index) = rayon::join(slices, index);
        let ((log, index), mut public) = (index?, slices?);
        let staff = public.split_off(public_count);
        Some(Self { log, index, public, staff })
    }
}

/// What the first part says.
struct Head {
    program: Hash,
    borders: String,
    public_count: usize,
    staff_count: usize,
    words: Vec<String>,
    claims: Vec<Vec<[u8; 2]>>,
}

fn read_head(from: &mut In<'_>) -> Option<Head> {
    let (program, borders) = (Hash(from.bytes()?), from.text()?);
    let _: [u8; 16] = from.bytes()?;
    let (public_count, staff_count) = (from.count()?, from.count()?);
    let words = (0..from.number()?).map(|_| from.text()).collect::<Option<_>>()?;
    let claims = (0..from.number()?).map(|_| from.list(Some)).collect::<Option<_>>()?;
    Some(Head { program, borders, public_count, staff_count, words, claims })
}

impl Head {
    /// Gives the names to the context, and how many slices there are; `None` when it is for another program or other borders.
    fn take(self, context: &Context, ids: &[TerritoryId]) -> Option<(usize, usize)> {
        let is_ours = self.program == program()? && self.borders == context.borders.fingerprint();
        is_ours.then_some(())?;
        self.words.iter().for_each(|word| _ = context.words.number(word));
        for set in self.claims {
            let set = set.into_iter().map(|bytes| territory_of(bytes, ids)).collect::<Option<Vec<_>>>()?;
            context.claims.number(&set);
        }
        Some((self.public_count, self.staff_count))
    }
}

/// The territories by their numbers.
fn territories(borders: &BorderSet) -> Vec<TerritoryId> {
    borders.territories().iter().filter_map(|territory| borders.find(&territory.code)).collect()
}

fn territory_bytes(id: &TerritoryId) -> [u8; 2] {
    // A border set has at most 2^16 territories: its own format counts them so.
    u16::try_from(id.index()).unwrap_or(u16::MAX).to_le_bytes()
}

fn write_index(out: &mut Out<'_>, index: &Index) -> io::Result<()> {
    let (ids, current) = index.current.ascending();
    out.list(&ids, |id| id.to_le_bytes())?;
    out.list(&current, |current| position_bytes(&current.position))?;
    out.list(&current, |current| [u8::from(current.withdrawn) | u8::from(current.erased) << 1])?;
    let (keys, named) = index.keys.ascending();
    out.list(&keys, |key| key.to_le_bytes())?;
    out.list(&named, |id| *id.as_bytes())?;
    out.number(index.earlier.len() as u64)?;
    index.earlier.iter().try_for_each(|(id, positions)| {
        out.write(id.as_bytes())?;
        out.list(positions, position_bytes)
    })
}

/// The lists of an index.
struct Lists {
    ids: Vec<u128>,
    current: Vec<Current>,
    keys: Vec<u128>,
    named: Vec<IncidentId>,
    earlier: Vec<(IncidentId, Vec<Position>)>,
}

fn read_index(from: &mut In<'_>) -> Option<Lists> {
    let name = |bytes| Some(u128::from_le_bytes(bytes));
    let ids = from.list(name)?;
    let current =
        from.list(|bytes| Some(Current { position: position_of(bytes)?, withdrawn: false, erased: false }));
    let (mut current, mut states) = (current?, from.raw()?.into_iter());
    for current in &mut current {
        let state = states.next()?;
        (current.withdrawn, current.erased) = (state & 1 == 1, state >> 1 & 1 == 1);
    }
    let (keys, named) = (from.list(name)?, from.list(id_of)?);
    let count = from.number()?;
    let earlier = |_| Some((id_of(from.bytes()?)?, from.list(position_of)?));
    let earlier = (0..count).map(earlier).collect::<Option<_>>()?;
    Some(Lists { ids, current, keys, named, earlier })
}

impl Lists {
    fn index(self) -> Option<Index> {
        let Self { ids, current, keys, named, earlier } = self;
        let earlier = earlier.into_iter().collect();
        Some(Index { current: Known::of(ids, current)?, keys: Known::of(keys, named)?, earlier })
    }
}

fn write_slice(out: &mut Out<'_>, slice: &Slice) -> io::Result<()> {
    let (rows, tree) = (&slice.part.columns, &slice.part.tree);
    let short = |number: &u32| number.to_le_bytes();
    let long = |number: &u64| number.to_le_bytes();
    out.list(&rows.ids, |id| *id.as_bytes())?;
    out.list(&rows.start_s, |s| s.to_le_bytes())?;
    out.list(&rows.end_s, |s| s.to_le_bytes())?;
    out.list(&rows.recorded_s, |s| s.to_le_bytes())?;
    out.list(&rows.place_ends, short)?;
    out.list(&rows.places, place_bytes)?;
    out.list(&rows.radius_m, |m| m.to_le_bytes())?;
    out.list(&rows.event_type, |word| [*word])?;
    out.list(&rows.verification, |word| [*word])?;
    let words = [&rows.sub_event_type, &rows.country, &rows.admin1, &rows.admin2];
    for column in words.into_iter().chain([&rows.infrastructure, &rows.damage, &rows.title_len]) {
        out.list(column, short)?;
    }
    for counts in [&rows.deaths, &rows.injured] {
        out.list(counts, counts_bytes)?;
    }
    for texts in [&rows.titles, &rows.texts] {
        out.text(&texts.all)?;
        out.list(&texts.ends, long)?;
    }
    out.list(&rows.position, position_bytes)?;
    out.list(&rows.border, border_bytes)?;
    out.list(slice.part.by_id(), short)?;
    let (tree_rows, tree_places) = tree.flat();
    out.list(tree_rows, short)?;
    out.list(tree_places, place_bytes)?;
    out.list(slice.dead.words(), long)
}

/// The lists of a slice.
struct Listed {
    columns: Columns,
    by_id: Vec<u32>,
    tree_rows: Vec<u32>,
    tree_places: Vec<LonLat>,
    dead: Vec<u64>,
}

fn read_slice(from: &mut In<'_>, ids: &[TerritoryId]) -> Option<Listed> {
    let short = |bytes| Some(u32::from_le_bytes(bytes));
    let long = |bytes| Some(u64::from_le_bytes(bytes));
    let seconds = |bytes| Some(i64::from_le_bytes(bytes));
    let columns = Columns {
        ids: from.list(id_of)?,
        start_s: from.list(seconds)?,
        end_s: from.list(seconds)?,
        recorded_s: from.list(seconds)?,
        place_ends: from.list(short)?,
        places: from.list(place_of)?,
        radius_m: from.list(|bytes| Some(f64::from_le_bytes(bytes)))?,
        event_type: from.raw()?,
        verification: from.raw()?,
        sub_event_type: from.list(short)?,
        country: from.list(short)?,
        admin1: from.list(short)?,
        admin2: from.list(short)?,
        infrastructure: from.list(short)?,
        damage: from.list(short)?,
        title_len: from.list(short)?,
        deaths: from.list(counts_of)?,
        injured: from.list(counts_of)?,
        titles: Texts { all: from.text()?, ends: from.list(long)? },
        texts: Texts { all: from.text()?, ends: from.list(long)? },
        position: from.list(position_of)?,
        border: from.list(|bytes| border_of(&bytes, ids))?,
    };
    let by_id = from.list(short)?;
    let (tree_rows, tree_places) = (from.list(short)?, from.list(place_of)?);
    Some(Listed { columns, by_id, tree_rows, tree_places, dead: from.list(long)? })
}

impl Listed {
    fn slice(self) -> Slice {
        let Self { columns, by_id, tree_rows, tree_places, dead } = self;
        let tree = PlaceTree::of_flat(tree_rows, tree_places);
        Slice::of(Part::of(columns, by_id, tree), Rows::of_words(dead))
    }
}

fn territory_of(bytes: [u8; 2], ids: &[TerritoryId]) -> Option<TerritoryId> {
    ids.get(usize::from(u16::from_le_bytes(bytes))).copied()
}

fn id_of(bytes: [u8; 16]) -> Option<IncidentId> {
    Some(uuid::Uuid::from_bytes(bytes).into())
}

fn counts_bytes([low, best, high]: &[u32; 3]) -> [u8; 12] {
    let mut bytes = [0; 12];
    bytes[..4].copy_from_slice(&low.to_le_bytes());
    bytes[4..8].copy_from_slice(&best.to_le_bytes());
    bytes[8..].copy_from_slice(&high.to_le_bytes());
    bytes
}

fn counts_of(bytes: [u8; 12]) -> Option<[u32; 3]> {
    Some([0, 4, 8].map(|at| u32::from_le_bytes(part(&bytes, at))))
}

fn position_bytes(position: &Position) -> [u8; 16] {
    let Position { segment, offset, len } = position;
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&segment.to_le_bytes());
    bytes[4..8].copy_from_slice(&len.to_le_bytes());
    bytes[8..].copy_from_slice(&offset.to_le_bytes());
    bytes
}

fn position_of(bytes: [u8; 16]) -> Option<Position> {
    let (segment, len) = (u32::from_le_bytes(part(&bytes, 0)), u32::from_le_bytes(part(&bytes, 4)));
    Some(Position { segment, offset: u64::from_le_bytes(part(&bytes, 8)), len })
}

fn place_bytes(place: &LonLat) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&place.lon().to_le_bytes());
    bytes[8..].copy_from_slice(&place.lat().to_le_bytes());
    bytes
}

fn place_of(bytes: [u8; 16]) -> Option<LonLat> {
    LonLat::new(f64::from_le_bytes(part(&bytes, 0)), f64::from_le_bytes(part(&bytes, 8))).ok()
}

/// Claims, kind of border (0 for none) and its flags, territory, point, distance, azimuth (NaN for none), accuracy.
fn border_bytes(border: &Border) -> [u8; 48] {
    let mut bytes = [0; 48];
    bytes[..4].copy_from_slice(&border.claims.to_le_bytes());
    if let Some(nearest) = &border.foreign {
        bytes[4] = match nearest.kind {
            Kind::Land => 1,
            Kind::RiverOrLake => 2,
            Kind::Maritime => 3,
        };
        bytes[4] |= u8::from(nearest.disputed) << 4 | u8::from(nearest.unsettled) << 5;
        bytes[6..8].copy_from_slice(&territory_bytes(&nearest.territory));
        bytes[8..24].copy_from_slice(&place_bytes(&nearest.point));
        bytes[24..32].copy_from_slice(&nearest.distance_m.to_le_bytes());
        bytes[32..40].copy_from_slice(&nearest.azimuth_deg.unwrap_or(f64::NAN).to_le_bytes());
        bytes[40..].copy_from_slice(&nearest.accuracy_m.to_le_bytes());
    }
    bytes
}

fn border_of(bytes: &[u8; 48], ids: &[TerritoryId]) -> Option<Border> {
    let claims: Symbol = u32::from_le_bytes(part(bytes, 0));
    let kind = match bytes[4] & 15 {
        0 => return Some(Border { claims, foreign: None }),
        1 => Kind::Land,
        2 => Kind::RiverOrLake,
        3 => Kind::Maritime,
        _ => return None,
    };
    let float = |at| f64::from_le_bytes(part(bytes, at));
    let foreign = Nearest {
        territory: territory_of(part(bytes, 6), ids)?,
        distance_m: float(24),
        point: place_of(part(bytes, 8))?,
        azimuth_deg: Some(float(32)).filter(|azimuth| !azimuth.is_nan()),
        kind,
        accuracy_m: float(40),
        disputed: bytes[4] >> 4 & 1 == 1,
        unsettled: bytes[4] >> 5 & 1 == 1,
    };
    Some(Border { claims, foreign: Some(foreign) })
}

fn part<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut part = [0; N];
    part.copy_from_slice(&bytes[at..at + N]);
    part
}

/// Bytes of a part on their way out.
struct Out<'a> {
    to: BufWriter<&'a mut File>,
    hasher: Sha256,
    /// What waits to be packed.
    unpacked: Vec<u8>,
}

impl Out<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.unpacked.extend_from_slice(bytes);
        if self.unpacked.len() < BLOCK * BLOCKS_AT_ONCE { Ok(()) } else { self.pack() }
    }

    fn pack(&mut self) -> io::Result<()> {
        let pack = |bytes: &[u8]| -> io::Result<Vec<u8>> {
            let packed = zstd::bulk::compress(bytes, LEVEL)?;
            let lengths =
                [packed.len(), bytes.len()].map(|len| u32::try_from(len).unwrap_or(u32::MAX).to_le_bytes());
            Ok([lengths.as_flattened(), &packed].concat())
        };
        let blocks: Vec<_> = self.unpacked.par_chunks(BLOCK).map(pack).collect();
        self.unpacked.clear();
        blocks.into_iter().try_for_each(|block| {
            let block = block?;
            self.hasher.update(&block);
            self.to.write_all(&block)
        })
    }

    fn number(&mut self, number: u64) -> io::Result<()> {
        self.write(&number.to_le_bytes())
    }

    fn text(&mut self, text: &str) -> io::Result<()> {
        self.number(text.len() as u64)?;
        text.as_bytes().chunks(BLOCK).try_for_each(|bytes| self.write(bytes))
    }

    fn list<T, const N: usize>(&mut self, items: &[T], bytes: impl Fn(&T) -> [u8; N]) -> io::Result<()> {
        self.number(items.len() as u64)?;
        items.chunks(ITEMS_AT_ONCE).try_for_each(|items| {
            let bytes: Vec<[u8; N]> = items.iter().map(&bytes).collect();
            self.write(bytes.as_flattened())
        })
    }
}

/// Bytes of a part on their way in; every read is `None` when there are too few, or the disk does not give them.
struct In<'a> {
    file: &'a File,
    /// The next block, and the end of the last one.
    at: u64,
    end: u64,
    /// What was unpacked, and how much of it was taken.
    unpacked: Vec<Vec<u8>>,
    taken: usize,
    hasher: Sha256,
}

impl<'a> In<'a> {
    fn new(file: &'a File, of: &Stored, hasher: Sha256) -> Self {
        Self { file, at: of.start, end: of.start + of.len, unpacked: Vec::new(), taken: 0, hasher }
    }

    /// All of a part, if it has this tag and is what `read` makes of it, no byte more.
    fn whole<T>(
        mut self,
        tagger: &Tagger,
        tag: Hash,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        let all = read(&mut self)?;
        let is_all = self.at == self.end && self.next().is_empty();
        (is_all && tagger.end(self.hasher) == tag).then_some(all)
    }

    /// The next bytes that were unpacked; none when others are to be.
    fn next(&mut self) -> &[u8] {
        if self.unpacked.first().is_some_and(|block| block.len() == self.taken) {
            self.unpacked.remove(0);
            self.taken = 0;
        }
        self.unpacked.first().map_or(&[], |block| &block[self.taken..])
    }

    /// Unpacks the next blocks, while they are hashed.
    fn unpack(&mut self) -> Option<()> {
        let (mut packed, mut blocks) = (Vec::new(), Vec::new());
        while blocks.len() < BLOCKS_AT_ONCE && self.at < self.end {
            let mut head = [0; BLOCK_HEAD];
            self.file.read_exact_at(&mut head, self.at).ok()?;
            let [len, unpacked_len] = [0, 4].map(|at| u32::from_le_bytes(part(&head, at)) as usize);
            let next = self.at + (BLOCK_HEAD + len) as u64;
            (next <= self.end && unpacked_len <= BLOCK).then_some(())?;
            let start = packed.len();
            packed.resize(start + BLOCK_HEAD + len, 0);
            self.file.read_exact_at(&mut packed[start..], self.at).ok()?;
            blocks.push((start + BLOCK_HEAD..packed.len(), unpacked_len));
            self.at = next;
        }
        let unpack = |(packed_at, len): (Range<usize>, usize)| {
            zstd::bulk::decompress(&packed[packed_at], len).ok().filter(|bytes| bytes.len() == len)
        };
        let unpack = || blocks.into_par_iter().map(unpack).collect::<Option<Vec<_>>>();
        let (unpacked, ()) = rayon::join(unpack, || self.hasher.update(&packed));
        self.unpacked = unpacked?;
        self.taken = 0;
        Some(())
    }

    /// Fills the room with the next bytes.
    fn fill(&mut self, mut room: &mut [u8]) -> Option<()> {
        while !room.is_empty() {
            let next = self.next();
            if next.is_empty() {
                (self.at < self.end).then_some(())?;
                self.unpack()?;
                continue;
            }
            let (some, rest) = room.split_at_mut(next.len().min(room.len()));
            some.copy_from_slice(&next[..some.len()]);
            self.taken += some.len();
            room = rest;
        }
        Some(())
    }

    fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Some(bytes)
    }

    fn number(&mut self) -> Option<u64> {
        self.bytes().map(u64::from_le_bytes)
    }

    fn count(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok()
    }

    fn text(&mut self) -> Option<String> {
        String::from_utf8(self.raw()?).ok()
    }

    /// Room for so many items, whatever the number says: it takes memory only as it is filled.
    fn room<T>(&mut self) -> Option<(usize, Vec<T>)> {
        let (count, mut room) = (self.count()?, Vec::new());
        room.try_reserve_exact(count).ok()?;
        Some((count, room))
    }

    fn raw(&mut self) -> Option<Vec<u8>> {
        let (count, mut bytes) = self.room()?;
        while bytes.len() < count {
            let start = bytes.len();
            bytes.resize(count.min(start + BLOCK), 0);
            self.fill(&mut bytes[start..])?;
        }
        Some(bytes)
    }

    fn list<T, const N: usize>(&mut self, item: impl Fn([u8; N]) -> Option<T>) -> Option<Vec<T>> {
        let (count, mut items) = self.room()?;
        let mut room = vec![[0; N]; count.min(ITEMS_AT_ONCE)];
        while items.len() < count {
            let room = &mut room[..(count - items.len()).min(ITEMS_AT_ONCE)];
            self.fill(room.as_flattened_mut())?;
            room.iter().try_for_each(|bytes| {
                items.push(item(*bytes)?);
                Some(())
            })?;
        }
        Some(items)
    }
}
