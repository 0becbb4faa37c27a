//! Any number of short records in the order of their bytes, in bounded memory.
//!
//! What finds no room is sorted and written to a nameless file, as one run behind the other, and all runs are merged in the end;
//! so nothing outlives the process. Cost: each record is written and read once. Memory: the room that is given, twice while a
//! run is sorted and written.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

/// Records on their way into order.
pub(crate) struct Sorting<const N: usize> {
    folder: PathBuf,
    /// Records that are held in memory.
    room: usize,
    held: Vec<[u8; N]>,
    /// Where each run lies in the file.
    runs: Vec<Range<u64>>,
    file: Option<File>,
}

impl<const N: usize> Sorting<N> {
    /// None yet; what finds no room in so many bytes waits in this folder.
    pub fn new(folder: &Path, bytes: usize) -> Self {
        let room = (bytes / N).max(1);
        Self { folder: folder.to_owned(), room, held: Vec::new(), runs: Vec::new(), file: None }
    }

    pub fn push(&mut self, record: [u8; N]) -> io::Result<()> {
        if self.held.len() == self.room {
            self.write_run()?;
        }
        self.held.push(record);
        Ok(())
    }

    fn write_run(&mut self) -> io::Result<()> {
        self.held.par_sort_unstable();
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile_in(&self.folder)?),
        };
        let from = self.runs.last().map_or(0, |run| run.end);
        let mut out = BufWriter::with_capacity(1 << 18, file);
        self.held.iter().try_for_each(|record| out.write_all(record))?;
        out.flush()?;
        self.runs.push(from..from + (self.held.len() * N) as u64);
        self.held.clear();
        Ok(())
    }

    /// All of them, ascending; those that are alike stand beside each other.
    pub fn ascending(mut self) -> io::Result<Ascending<N>> {
        if self.runs.is_empty() {
            self.held.par_sort_unstable();
            return Ok(Ascending::Held(self.held.into_iter()));
        }
        self.write_run()?;
        self.held = Vec::new();
        let Some(file) = self.file else { return Ok(Ascending::Held(self.held.into_iter())) };
        let block = (self.room / self.runs.len()).max(1) * N;
        let mut merge = Merge { file, block, runs: Vec::new(), next: BinaryHeap::new() };
        for (number, rest) in self.runs.into_iter().enumerate() {
            merge.runs.push(Run { rest, read: Vec::new(), at: 0 });
            merge.take_of(number)?;
        }
        Ok(Ascending::Merged(merge))
    }
}

/// Records in order.
pub(crate) enum Ascending<const N: usize> {
    Held(std::vec::IntoIter<[u8; N]>),
    Merged(Merge<N>),
}

pub(crate) struct Merge<const N: usize> {
    file: File,
    /// Bytes of a run that are read at a time.
    block: usize,
    runs: Vec<Run>,
    /// The next record of each run that has one.
    next: BinaryHeap<Reverse<([u8; N], usize)>>,
}

struct Run {
    /// What is still in the file.
    rest: Range<u64>,
    read: Vec<u8>,
    at: usize,
}

impl<const N: usize> Merge<N> {
    /// Puts the next record of a run among those that may be next of all.
    fn take_of(&mut self, number: usize) -> io::Result<()> {
        let Run { rest, read, at } = &mut self.runs[number];
        if *at == read.len() {
            let length = (rest.end - rest.start).min(self.block as u64);
            read.resize(length as usize, 0);
            self.file.seek(SeekFrom::Start(rest.start))?;
            self.file.read_exact(read)?;
            (rest.start, *at) = (rest.start + length, 0);
        }
        if let Some(record) = read[*at..].first_chunk::<N>() {
            *at += N;
            self.next.push(Reverse((*record, number)));
        }
        Ok(())
    }
}

impl<const N: usize> Iterator for Ascending<N> {
    type Item = io::Result<[u8; N]>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Held(held) => held.next().map(Ok),
            Self::Merged(merge) => {
                let Reverse((record, number)) = merge.next.pop()?;
                Some(merge.take_of(number).map(|()| record))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_the_room_it_is_a_sorted_list() {
        let folder = tempfile::tempdir().unwrap();
        let mut state = 7_u64;
        for count in [0, 1, 2, 3, 50, 1_000] {
            let records: Vec<[u8; 5]> = (0..count)
                .map(|_| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    // Few values, so that many records are alike.
                    [(state >> 40) as u8 & 3, (state >> 50) as u8 & 7, 0, 9, (state >> 60) as u8]
                })
                .collect();
            let mut twin = records.clone();
            twin.sort_unstable();
            for bytes in [0, 5, 14, 60, 999, 5_000, 1 << 20] {
                let mut sorting = Sorting::new(folder.path(), bytes);
                for record in &records {
                    sorting.push(*record).unwrap();
                    assert!(sorting.held.len() <= (bytes / 5).max(1));
                }
                let sorted: Vec<[u8; 5]> = sorting.ascending().unwrap().map(Result::unwrap).collect();
                assert_eq!(sorted, twin, "{count} records in {bytes} bytes");
            }
        }
        assert_eq!(folder.path().read_dir().unwrap().count(), 0, "nothing is left");
    }
}
