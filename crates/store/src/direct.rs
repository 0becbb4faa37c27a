//! Long writes past the page cache.
//!
//! A file of a million incidents is some 850 MB in the ledger. Through the page cache each byte is copied once more, into pages that
//! have to be found first, and pages that somebody may ask for go; and nobody asks for these soon, whoever imports them has them in
//! memory. So the whole blocks of a long batch go from memory to the disk (`O_DIRECT` of open(2)), the pieces of a block before
//! the first and behind the last one go the usual way, and the sync that follows is for all of them.
//!
//! Where the system or the file system does not know of it, all goes the usual way.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::ledger::Disk;

/// Places, lengths and addresses of direct writes are multiples of this: the largest block that a disk is read by.
const ALIGNED: usize = 4096;
/// Bytes that are written at a time.
const AT_ONCE: usize = 4 << 20;

/// Writes bytes that follow one another.
pub(crate) struct Direct<'a> {
    disk: Disk,
    file: &'a File,
    /// The same file, past the page cache.
    past_cache: Option<File>,
    block: Vec<u8>,
    /// Where in `block` it begins, at an address that is a multiple of [`ALIGNED`].
    start: usize,
    /// How many bytes of it are there.
    len: usize,
    /// Where they belong.
    at: u64,
}

impl<'a> Direct<'a> {
    /// From the place `at` of the file in `path`.
    pub fn new(disk: Disk, file: &'a File, path: &Path, at: u64) -> Self {
        let block = vec![0; AT_ONCE + ALIGNED];
        let start = block.as_ptr().align_offset(ALIGNED);
        // Where an address cannot be told, nothing is aligned.
        let past_cache = if start <= ALIGNED { open(path).ok() } else { None };
        Self { disk, file, past_cache, block, start: start.min(ALIGNED), len: 0, at }
    }

    /// Whether it is still written past the cache: nothing waits there then.
    pub fn is_past_cache(&self) -> bool {
        self.past_cache.is_some()
    }

    pub fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            // Up to where the next block begins.
            let room = AT_ONCE - self.len - (self.at % ALIGNED as u64) as usize;
            let (now, later) = bytes.split_at(bytes.len().min(room));
            self.block[self.start + self.len..][..now.len()].copy_from_slice(now);
            self.len += now.len();
            bytes = later;
            if now.len() == room {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// Writes what is there.
    pub fn flush(&mut self) -> io::Result<()> {
        let bytes = &self.block[self.start..][..self.len];
        let is_aligned = |number: u64| number.is_multiple_of(ALIGNED as u64);
        let is_whole = is_aligned(self.at) && is_aligned(self.len as u64);
        match self.past_cache.as_ref().filter(|_| is_whole) {
            Some(past_cache) => match (self.disk.write)(past_cache, bytes, self.at) {
                // It is not known here after all, or it went on in the middle of a block.
                Err(problem) if problem.kind() == io::ErrorKind::InvalidInput => {
                    self.past_cache = None;
                    (self.disk.write)(self.file, bytes, self.at)?;
                }
                written => written?,
            },
            None => (self.disk.write)(self.file, bytes, self.at)?,
        }
        self.at += self.len as u64;
        self.len = 0;
        Ok(())
    }
}

#[cfg(target_os = "linux")]
fn open(path: &Path) -> io::Result<File> {
    let direct = rustix::fs::OFlags::DIRECT.bits().cast_signed();
    OpenOptions::new().write(true).custom_flags(direct).open(path)
}

#[cfg(not(target_os = "linux"))]
fn open(_: &Path) -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::fs::{OFlags, fcntl_getfl};

    use super::*;

    /// Bytes that say where they stand.
    fn odd(len: usize) -> Vec<u8> {
        (0..len).map(|at| (at % 251) as u8).collect()
    }

    /// Writes in pieces of odd lengths from `at`, and gives what is in the file behind that.
    fn written(disk: Disk, at: usize, bytes: &[u8]) -> io::Result<(Vec<u8>, bool)> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("segment");
        std::fs::write(&path, vec![b'.'; at])?;
        let file = OpenOptions::new().write(true).open(&path)?;
        let mut out = Direct::new(disk, &file, &path, at as u64);
        bytes.chunks(777_777).try_for_each(|piece| out.write(piece))?;
        out.flush()?;
        let found = std::fs::read(&path)?;
        assert!(found[..at].iter().all(|byte| *byte == b'.'), "what stood before {at} was changed");
        Ok((found[at..].to_vec(), out.is_past_cache()))
    }

    fn is_direct(file: &File) -> bool {
        fcntl_getfl(file).is_ok_and(|flags| flags.contains(OFlags::DIRECT))
    }

    #[test]
    fn a_file_has_what_was_given_wherever_it_begins_and_ends() {
        for at in [0, 1, 4_095, 4_096, 70_000] {
            for len in [0, 1, 4_096, AT_ONCE - 1, AT_ONCE, 2 * AT_ONCE, 2 * AT_ONCE + 4_097] {
                let bytes = odd(len);
                let (found, _) = written(Disk::default(), at, &bytes).unwrap();
                assert!(found == bytes, "{len} bytes from {at}");
            }
        }
    }

    #[test]
    fn a_disk_that_takes_no_direct_writes_gets_them_the_usual_way() {
        let refuse = |file: &File, bytes: &[u8], at: u64| {
            if is_direct(file) {
                return Err(io::ErrorKind::InvalidInput.into());
            }
            (Disk::default().write)(file, bytes, at)
        };
        let bytes = odd(3 * AT_ONCE);
        let (found, is_past_cache) = written(Disk { write: refuse, ..Disk::default() }, 10, &bytes).unwrap();
        assert!(found == bytes && !is_past_cache);
    }

    #[test]
    fn a_direct_write_that_fails_is_told_and_not_tried_again() {
        let fail = |file: &File, bytes: &[u8], at: u64| {
            if is_direct(file) {
                return Err(io::ErrorKind::StorageFull.into());
            }
            (Disk::default().write)(file, bytes, at)
        };
        let disk = Disk { write: fail, ..Disk::default() };
        match written(disk, 0, &odd(AT_ONCE)) {
            Err(problem) => assert_eq!(problem.kind(), io::ErrorKind::StorageFull),
            // Only where files cannot be written past the cache at all.
            Ok((_, is_past_cache)) => assert!(!is_past_cache),
        }
    }
}
