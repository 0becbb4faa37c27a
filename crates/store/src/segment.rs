//! A file of the ledger, plain or packed, read by the places that its bytes have in its text.
//!
//! `000001.geojsons` is the text itself; `000001.geojsons.gz` is the same text packed ([`crate::packed`]). Where a record lies does
//! not change by packing. If both are there, the plain one counts: packing it was cut short behind the end, or has not ended yet.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::ledger::OpenError;
use crate::packed::Packed;

const PLAIN: &str = ".geojsons";
const PACKED: &str = ".geojsons.gz";

/// A segment, open.
pub(crate) enum Segment {
    Plain(File),
    Packed(Packed),
}

impl Segment {
    /// Opens the segment of this number, to append to it if `write`; a packed one is only read. Gives its file's name as well.
    pub fn open(dir: &Path, number: u32, write: bool) -> Result<(Self, PathBuf), OpenError> {
        let plain = segment_path(dir, number);
        let packed = packed_path(dir, number);
        // It may be packed just now, by whoever writes; or unpacked, by hand.
        for path in [&plain, &packed] {
            match Self::open_file(path, write) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                opened => return Ok((opened.map_err(OpenError::at(path))?, path.clone())),
            }
        }
        Ok((Self::open_file(&plain, write).map_err(OpenError::at(&plain))?, plain))
    }

    /// Opens a file that is one by its name.
    pub fn open_file(path: &Path, write: bool) -> io::Result<Self> {
        if is_packed(path) {
            return Ok(Self::Packed(Packed::open(File::open(path)?)?));
        }
        Ok(Self::Plain(OpenOptions::new().read(true).write(write).open(path)?))
    }

    pub fn is_packed(&self) -> bool {
        matches!(self, Self::Packed(_))
    }

    /// The file itself, whatever its form.
    pub fn file(&self) -> &File {
        match self {
            Self::Plain(file) => file,
            Self::Packed(packed) => packed.file(),
        }
    }

    /// What is wrong with the file itself.
    pub fn problem(&self) -> Option<&str> {
        match self {
            Self::Plain(_) => None,
            Self::Packed(packed) => packed.problem(),
        }
    }

    /// How long the text is.
    pub fn len(&self) -> io::Result<u64> {
        match self {
            Self::Plain(file) => Ok(file.metadata()?.len()),
            Self::Packed(packed) => Ok(packed.len()),
        }
    }

    /// Reads text; what is damaged in a packed file reads as zeros.
    pub fn read_exact_at(&self, bytes: &mut [u8], at: u64) -> io::Result<()> {
        match self {
            Self::Plain(file) => file.read_exact_at(bytes, at),
            Self::Packed(packed) => packed.read_exact_at(bytes, at),
        }
    }
}

/// The plain file of a segment.
pub(crate) fn segment_path(dir: &Path, number: u32) -> PathBuf {
    dir.join(format!("{number:06}{PLAIN}"))
}

/// The packed one.
pub(crate) fn packed_path(dir: &Path, number: u32) -> PathBuf {
    dir.join(format!("{number:06}{PACKED}"))
}

/// Whether a file of this name is a packed segment.
pub(crate) fn is_packed(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "gz")
}

/// Whether a file of this name is a segment.
pub(crate) fn is_segment(name: &str) -> bool {
    number_of(name).is_some()
}

fn number_of(name: &str) -> Option<u32> {
    name.strip_suffix(PLAIN).or_else(|| name.strip_suffix(PACKED))?.parse().ok()
}

/// The numbers of the segments in a folder, in order.
pub(crate) fn segments(dir: &Path) -> Result<Vec<u32>, OpenError> {
    let io_error = &OpenError::at(dir);
    let mut numbers = BTreeSet::new();
    // One that is being packed changes its name, and may be passed over by who lists a large folder meanwhile: once, not twice.
    for _ in 0..2 {
        for entry in fs::read_dir(dir).map_err(io_error)? {
            numbers.extend(entry.map_err(io_error)?.file_name().to_str().and_then(number_of));
        }
    }
    Ok(numbers.into_iter().collect())
}
