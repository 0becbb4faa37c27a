//! Documents in memory, so that an answer of a hundred thousand of them waits for no disk.
//!
//! The bodies of records lie one behind the other in blocks, in the order of the ledger. One is found by its place: its block
//! by halving a short list, and itself near where it would be if all records were of one length, since every step of a
//! search through what is not in the processor's cache costs as much as copying the body. Only records that were read
//! and found sound, or that are on the disk, come here.
//!
//! Cost: the texts and 8 bytes a record, up to a limit. What finds no room any more is read from the disk and hashed again,
//! which takes some three microseconds.

use std::collections::HashSet;
use std::hint::black_box;
use std::ops::Range;

use crate::ledger::{Position, Window};
use crate::record;

/// Records of one block, unless it has a long one.
pub(crate) const BLOCK: usize = 1_024;
/// Bytes that come from memory at a time.
const LINE: usize = 64;
/// Bytes from the first record of a block to its last.
const SPAN_MAX: u64 = 1 << 30;

/// The bodies of records that follow each other.
pub(crate) struct Block {
    /// The segment, and where the first record begins.
    start: (u32, u64),
    /// How far its last record begins behind its first.
    span: u32,
    /// Where each record begins, behind `start`, and where its body ends in `text`.
    records: Vec<(u32, u32)>,
    text: Vec<u8>,
}

impl Block {
    /// Of records of one window. `None` when they are none, or too long for a block.
    pub fn of(window: Window<'_>, positions: &[Position]) -> Option<Self> {
        let body = |position: &Position| {
            let frame = window.frame(*position);
            Some(&frame[1..record::find_member(frame)?])
        };
        let bodies: Vec<&[u8]> = positions.iter().map(body).collect::<Option<_>>()?;
        let mut end = 0;
        let end_of = |body: &&[u8]| {
            end += body.len();
            u32::try_from(end).ok()
        };
        let ends: Vec<u32> = bodies.iter().map(end_of).collect::<Option<_>>()?;
        Self::new(bodies.concat(), &ends, positions)
    }

    /// Of bodies that stand one behind the other in `text`, up to `ends`.
    pub fn new(text: Vec<u8>, ends: &[u32], positions: &[Position]) -> Option<Self> {
        let first = positions.first()?;
        let record = |(position, end): (&Position, &u32)| {
            Some((u32::try_from(position.offset - first.offset).ok()?, *end))
        };
        let records: Vec<(u32, u32)> = positions.iter().zip(ends).map(record).collect::<Option<_>>()?;
        let span = records.last()?.0;
        Some(Self { start: (first.segment, first.offset), span, records, text })
    }

    fn has_room_for(&self, next: &Self) -> bool {
        self.start.0 == next.start.0
            && self.records.len() + next.records.len() <= BLOCK
            && next.start.1 - self.start.1 + u64::from(next.span) < SPAN_MAX
            && self.text.len() as u64 + (next.text.len() as u64) < SPAN_MAX
    }

    #[expect(clippy::cast_possible_truncation, reason = "below SPAN_MAX, as `has_room_for` has found")]
    fn append(&mut self, next: &Self) {
        let (behind, end) = ((next.start.1 - self.start.1) as u32, self.text.len() as u32);
        self.span = behind + next.span;
        self.records.extend(next.records.iter().map(|record| (record.0 + behind, record.1 + end)));
        self.text.extend_from_slice(&next.text);
    }

    /// The number of the record that begins there, if all were of one length.
    fn guess(&self, offset: u64) -> usize {
        let last = self.records.len() - 1;
        let guess = (offset - self.start.1) * last as u64 / u64::from(self.span).max(1);
        usize::try_from(guess).unwrap_or(last).min(last)
    }

    /// Where the body of the record that begins there is in `text`.
    fn body(&self, offset: u64) -> Option<Range<usize>> {
        let behind = u32::try_from(offset - self.start.1).ok()?;
        let last = self.records.len() - 1;
        let mut at = self.guess(offset);
        while self.records[at].0 > behind && at > 0 {
            at -= 1;
        }
        while self.records[at].0 < behind && at < last {
            at += 1;
        }
        let start = if at == 0 { 0 } else { self.records[at - 1].1 };
        (self.records[at].0 == behind).then_some(start as usize..self.records[at].1 as usize)
    }
}

/// The bodies of the records of a ledger, as far as there is room.
pub(crate) struct Bodies {
    blocks: Vec<Block>,
    /// Where each block starts.
    starts: Vec<(u32, u64)>,
    /// Records whose bodies were overwritten.
    gone: HashSet<(u32, u64)>,
    /// How many bytes may still come.
    room: usize,
}

impl Bodies {
    pub fn with_room(room: usize) -> Self {
        Self { blocks: Vec::new(), starts: Vec::new(), gone: HashSet::new(), room }
    }

    pub fn has_room(&self) -> bool {
        self.room > 0
    }

    /// Without all that it holds.
    pub fn clear(&mut self) {
        self.room += self.blocks.iter().map(|block| block.text.len()).sum::<usize>();
        (self.blocks, self.starts) = (Vec::new(), Vec::new());
    }

    /// Adds records that stand behind all that are here.
    pub fn add(&mut self, block: Block) {
        let Some(room) = self.room.checked_sub(block.text.len()) else {
            self.room = 0;
            return;
        };
        self.room = room;
        match self.blocks.last_mut() {
            Some(last) if last.has_room_for(&block) => last.append(&block),
            _ => {
                self.starts.push(block.start);
                self.blocks.push(block);
            }
        }
    }

    /// The body of a record: its Feature without the closing brace.
    pub fn get(&self, position: Position) -> Option<&[u8]> {
        self.body_in(&self.blocks[self.block_of(position)?], position)
    }

    fn body_in<'a>(&self, block: &'a Block, position: Position) -> Option<&'a [u8]> {
        if !self.gone.is_empty() && self.gone.contains(&(position.segment, position.offset)) {
            return None;
        }
        Some(&block.text[block.body(position.offset)?])
    }

    /// The bodies of records, for whoever copies them at once.
    ///
    /// They lie anywhere, and each step to one of them hangs on the one before. So each step is made for all, and every
    /// line of the bodies is looked at: the processor waits for the memory of many at a time then, not of each in its turn.
    pub fn get_each(&self, positions: &[Position]) -> Vec<Option<&[u8]>> {
        let blocks: Vec<Option<&Block>> =
            positions.iter().map(|position| Some(&self.blocks[self.block_of(*position)?])).collect();
        let guessed = positions
            .iter()
            .zip(&blocks)
            .filter_map(|(position, block)| block.map(|block| block.records[block.guess(position.offset)].1));
        black_box(guessed.fold(0, u32::wrapping_add));
        let found = positions.iter().zip(blocks);
        let bodies: Vec<Option<&[u8]>> =
            found.map(|(position, block)| self.body_in(block?, *position)).collect();
        let lines = bodies.iter().flatten().flat_map(|body| body.iter().step_by(LINE));
        black_box(lines.fold(0, |sum: u8, byte| sum.wrapping_add(*byte)));
        bodies
    }

    /// Overwrites the body of a record that is erased.
    pub fn forget(&mut self, position: Position) {
        let Some(block) = self.block_of(position) else { return };
        let block = &mut self.blocks[block];
        if let Some(body) = block.body(position.offset) {
            block.text[body].fill(0);
            self.gone.insert((position.segment, position.offset));
        }
    }

    /// The number of the block that has a record, if one has it.
    fn block_of(&self, position: Position) -> Option<usize> {
        let at = (position.segment, position.offset);
        let block = self.starts.partition_point(|start| *start <= at).checked_sub(1)?;
        (self.starts[block].0 == position.segment).then_some(block)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Records of a segment that have bodies of these lengths, with something else between them.
    fn segment(number: u32, lens: &[usize]) -> (Vec<u8>, Vec<Position>) {
        let (mut bytes, mut positions) = (vec![b'?'; 7], Vec::new());
        for (at, len) in lens.iter().enumerate() {
            let offset = bytes.len() as u64;
            bytes.push(0x1e);
            bytes.push(b'{');
            bytes.resize(bytes.len() + len, b'a' + (at % 26) as u8);
            bytes.extend_from_slice(record::MEMBER);
            bytes.extend_from_slice(b"1}}\n");
            let len = u32::try_from(bytes.len() as u64 - offset).unwrap();
            positions.push(Position { segment: number, offset, len });
        }
        (bytes, positions)
    }

    fn body_of<'a>(bytes: &'a [u8], position: &Position) -> &'a [u8] {
        let frame = Window { bytes, start: 0 }.frame(*position);
        &frame[1..record::find_member(frame).unwrap()]
    }

    #[test]
    fn every_record_is_found_however_it_came_until_it_is_forgotten() {
        for at_once in [1, 3, 1_000] {
            let (mut bodies, mut all) = (Bodies::with_room(1 << 20), Vec::new());
            for number in [1, 2, 5] {
                let lens: Vec<usize> = (0..2_500).map(|at| at % 40).collect();
                let (bytes, positions) = segment(number, &lens);
                for some in positions.chunks(at_once) {
                    bodies.add(Block::of(Window { bytes: &bytes, start: 0 }, some).unwrap());
                }
                all.push((bytes, positions));
            }
            for (bytes, positions) in &all {
                let each = bodies.get_each(positions);
                assert!(positions.iter().zip(each).all(|(position, body)| bodies.get(*position) == body));
                for position in positions {
                    assert_eq!(bodies.get(*position), Some(body_of(bytes, position)), "{position:?}");
                }
                assert_eq!(bodies.get(Position { offset: positions[0].offset + 1, ..positions[0] }), None);
            }
            assert_eq!(bodies.get(Position { segment: 3, offset: 7, len: 40 }), None);
            let (gone, stays) = (all[1].1[700], all[1].1[701]);
            bodies.forget(gone);
            assert_eq!(bodies.get(gone), None);
            assert_eq!(bodies.get(stays), Some(body_of(&all[1].0, &stays)));
        }
    }

    #[test]
    fn what_finds_no_room_is_not_here_and_nothing_comes_behind_it() {
        let (bytes, positions) = segment(1, &[10, 10, 500, 10]);
        let mut bodies = Bodies::with_room(100);
        for position in &positions {
            bodies.add(Block::of(Window { bytes: &bytes, start: 0 }, &[*position]).unwrap());
        }
        let found: Vec<bool> = positions.iter().map(|position| bodies.get(*position).is_some()).collect();
        assert_eq!(found, [true, true, false, false]);
        assert!(!bodies.has_room());
    }
}
