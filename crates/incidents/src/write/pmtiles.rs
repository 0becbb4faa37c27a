//! PMTiles 3: vector tiles in one file, which a map reads by range requests from any web server.
//!
//! A header, a directory of where each tile is, metadata, and the tiles in the order of a Hilbert curve through all zooms
//! (`clustered`). Equal neighbors are written once. A directory that is too long for the first 16 KiB is cut into leaves.
//!
//! Tiles are handed over in the order of [`tile_id`]; their bytes go to the writer at once, so what is held is 24 bytes a
//! tile. [`PmTiles::write_head`] then tells what belongs before them. No clock and no name of a file goes into the bytes.
//!
//! Source: github.com/protomaps/PMTiles, spec/v3.

use super::hilbert::hilbert;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use std::io::{self, Write};

const HEADER_BYTES: usize = 127;
/// Header and root directory lie in the first 16 KiB, which a reader asks for first.
const ROOT_BYTES: usize = (16 << 10) - HEADER_BYTES;
/// Entries of a leaf, to begin with.
const LEAF_ENTRIES: usize = 4_096;

/// Numbers of the standard.
const GZIP: u8 = 2;
const MVT: u8 = 1;

/// A tile's place in the file: all of zoom 0, then all of zoom 1 along the curve, and so on. `z` is at most 31.
pub fn tile_id(z: u8, x: u32, y: u32) -> u64 {
    let before = ((1_u64 << (2 * u64::from(z))) - 1) / 3;
    before + hilbert(u32::from(z), x, y)
}

/// One tile, or some equal ones in a row.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Entry {
    id: u64,
    run: u32,
    offset: u64,
    length: u32,
}

/// What is told of all tiles.
#[derive(Clone, Debug)]
pub struct Tileset {
    /// The first and the last zoom.
    pub zooms: [u8; 2],
    /// West, south, east, north.
    pub bounds: [f64; 4],
    /// The TileJSON members of the metadata.
    pub metadata: Value,
}

/// A writer of PMTiles.
#[derive(Debug, Default)]
pub struct PmTiles {
    entries: Vec<Entry>,
    last: Vec<u8>,
    addressed: u64,
    length: u64,
}

impl PmTiles {
    /// Appends a tile, which is not empty; ids ascend.
    ///
    /// # Errors
    ///
    /// What the writer returns.
    pub fn add(&mut self, id: u64, tile: &[u8], out: &mut dyn Write) -> io::Result<()> {
        self.addressed += 1;
        if let Some(last) = self.entries.last_mut()
            && last.id + u64::from(last.run) == id
            && self.last == tile
        {
            last.run += 1;
            return Ok(());
        }
        let packed = gzip(tile)?;
        out.write_all(&packed)?;
        let length = u32::try_from(packed.len()).map_err(io::Error::other)?;
        self.entries.push(Entry { id, run: 1, offset: self.length, length });
        self.length += u64::from(length);
        self.last.clear();
        self.last.extend_from_slice(tile);
        Ok(())
    }

    /// How many tiles were added.
    pub fn len(&self) -> u64 {
        self.addressed
    }

    /// Whether none were.
    pub fn is_empty(&self) -> bool {
        self.addressed == 0
    }

    /// Writes what stands before the tiles that were added.
    ///
    /// # Errors
    ///
    /// What the writer returns.
    pub fn write_head(&self, set: &Tileset, out: &mut dyn Write) -> io::Result<()> {
        let metadata = gzip(set.metadata.to_string().as_bytes())?;
        let (root, leaves) = directories(&self.entries)?;
        let lengths = [root.len(), metadata.len(), leaves.len()].map(|length| length as u64);
        let root_at = HEADER_BYTES as u64;
        let metadata_at = root_at + lengths[0];
        let leaves_at = metadata_at + lengths[1];
        let tiles_at = leaves_at + lengths[2];
        let mut header = b"PMTiles\x03".to_vec();
        for number in [
            root_at,
            lengths[0],
            metadata_at,
            lengths[1],
            leaves_at,
            lengths[2],
            tiles_at,
            self.length,
            self.addressed,
            self.entries.len() as u64,
            self.entries.len() as u64,
        ] {
            header.extend_from_slice(&number.to_le_bytes());
        }
        let [first, last] = set.zooms;
        header.extend_from_slice(&[1, GZIP, GZIP, MVT, first, last]);
        let [west, south, east, north] = set.bounds;
        for degrees in [west, south, east, north] {
            header.extend_from_slice(&e7(degrees));
        }
        header.push(first);
        for degrees in [(west + east) / 2.0, (south + north) / 2.0] {
            header.extend_from_slice(&e7(degrees));
        }
        [header, root, metadata, leaves].iter().try_for_each(|part| out.write_all(part))
    }
}

/// Ten-millionths of a degree: the whole globe fits.
fn e7(degrees: f64) -> [u8; 4] {
    ((degrees * 1e7).round() as i32).to_le_bytes()
}

/// The root directory, and the leaves it points to, if it needs any.
fn directories(entries: &[Entry]) -> io::Result<(Vec<u8>, Vec<u8>)> {
    let root = directory(entries)?;
    if root.len() <= ROOT_BYTES {
        return Ok((root, Vec::new()));
    }
    let mut entries_in_leaf = LEAF_ENTRIES;
    loop {
        let (mut pointers, mut leaves) = (Vec::new(), Vec::new());
        for part in entries.chunks(entries_in_leaf) {
            let leaf = directory(part)?;
            let length = u32::try_from(leaf.len()).map_err(io::Error::other)?;
            // A run of none points to a leaf.
            pointers.push(Entry { id: part[0].id, run: 0, offset: leaves.len() as u64, length });
            leaves.extend_from_slice(&leaf);
        }
        let root = directory(&pointers)?;
        if root.len() <= ROOT_BYTES {
            return Ok((root, leaves));
        }
        entries_in_leaf *= 2;
    }
}

fn directory(entries: &[Entry]) -> io::Result<Vec<u8>> {
    let mut out = Vec::with_capacity(entries.len() * 6);
    varint(entries.len() as u64, &mut out);
    let mut before = 0;
    for entry in entries {
        varint(entry.id - before, &mut out);
        before = entry.id;
    }
    entries.iter().for_each(|entry| varint(u64::from(entry.run), &mut out));
    entries.iter().for_each(|entry| varint(u64::from(entry.length), &mut out));
    let mut end = None;
    for entry in entries {
        // 0 means: right behind the one before.
        varint(if end == Some(entry.offset) { 0 } else { entry.offset + 1 }, &mut out);
        end = Some(entry.offset + u64::from(entry.length));
    }
    gzip(&out)
}

fn varint(mut number: u64, out: &mut Vec<u8>) {
    while number > 0x7f {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish()
}
