//! The text of a segment, packed: a gzip file of many members, any of which can be read alone.
//!
//! ```text
//! block block … block  table  end        each a member of gzip (RFC 1952), so `zcat` gives the text
//! ```
//!
//! A block is a member after BGZF (§4.1 of the SAM specification) that holds at most [`BLOCK`] bytes of text and ends with a
//! record where it can, so that a record lies in one block unless it is longer. Behind the last block stand empty members
//! with what opening needs: how long each block is, and where that begins.
//!
//! Every member has a check over all its other bytes, so one flipped bit anywhere is found, also where unpacking would give
//! the same text. A block that is not as it was written reads as zeros of its length: what is behind it stands where it stood,
//! and what was in it is damaged records, for who walks over them. Without a sound table or end the blocks are looked for
//! one by one; each says where its text belongs.
//!
//! Cost: 24 bytes of memory a block; to read one record, that its block is unpacked. A million imported reports are packed to 22 %.
//! `docs/ledger.md` has the format byte by byte.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::{Compress, Compression, Crc, Decompress, FlushCompress, FlushDecompress, Status};
use rayon::prelude::*;

use crate::record::LF;

/// The most text that a block holds.
const BLOCK: usize = 32 << 10;
/// Of a million reports level 1 makes half as much again, and higher levels hardly less.
const LEVEL: u32 = 3;
/// Text that is packed, or compared, at a time.
const AT_ONCE: usize = 4 << 20;
/// Blocks that one member of the table tells of.
const ROWS: usize = 16_000;
const ROW: usize = 4;
/// What every member begins with: gzip, deflate, an extra field; no time, no flags, an unknown system.
const MAGIC: [u8; 10] = [0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff];
/// What is in a member, as its first subfield is called.
const IS_BLOCK: [u8; 2] = *b"KB";
const IS_TABLE: [u8; 2] = *b"KT";
const IS_END: [u8; 2] = *b"KE";
/// The subfield of BGZF and its length.
const IS_BGZF: [u8; 4] = *b"BC\x02\0";
const NOTHING: [u8; 2] = [3, 0];
/// Where the check of a member stands: behind magic, length of the extra field, name and length of the first subfield.
const CHECK: Range<usize> = 16..20;
/// A member without what its first subfield says and without its deflated bytes.
const AROUND: usize = CHECK.end + 6 + 8;
const END: usize = AROUND + 24 + NOTHING.len();
/// How many bytes are checked and found not to be a block before nobody looks for more of them: so many times those of the file, where
/// all blocks damaged come to one time; and of a small file, so many.
const IN_VAIN: (u64, u64) = (8, 256 << 20);
/// A member is never longer: BGZF has two bytes for that.
const MEMBER_MAX: usize = 1 << 16;

/// A packed segment, open for reading.
pub(crate) struct Packed {
    file: File,
    /// Another for each that is opened.
    id: u64,
    blocks: Vec<Block>,
    len: u64,
    problem: Option<String>,
}

/// Where a block lies, and its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Block {
    /// First byte in the file.
    at: u64,
    /// First byte in the text.
    text_at: u64,
    /// How long it is; 0 of one that cannot be found.
    packed: u32,
    text: u32,
}

impl Block {
    fn end(&self) -> u64 {
        self.text_at + u64::from(self.text)
    }
}

impl Packed {
    pub fn open(file: File) -> io::Result<Self> {
        let size = file.metadata()?.len();
        let end = End::read(&file, size)?;
        let table = end.as_ref().map(|end| read_table(&file, size, end)).transpose()?.flatten();
        let (blocks, problem) = match table {
            Some(blocks) => (blocks, None),
            None => {
                let problem = "what says where its blocks lie is damaged or cut off";
                (look_for_blocks(&file, size, end.map(|end| end.text))?, Some(problem.to_owned()))
            }
        };
        let len = blocks.last().map_or(0, Block::end);
        Ok(Self { file, id: IDS.fetch_add(1, Ordering::Relaxed), blocks, len, problem })
    }

    /// The file as it is.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// How long the text is.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// What is wrong with the file, its blocks aside.
    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// What is wrong with the block in which this byte of the text lies, if anything is.
    pub fn problem_at(&self, at: u64) -> Option<String> {
        let number = self.number_of(at);
        let Block { at, packed, text, .. } = *self.blocks.get(number)?;
        if packed == 0 {
            return Some(format!("{text} bytes of the text are in no block that can be found"));
        }
        let is_sound =
            SCRATCH.with_borrow_mut(|scratch| scratch.text_of(self, number).is_ok_and(|text| text.is_some()));
        (!is_sound).then(|| format!("the block at byte {at} of the file is damaged"))
    }

    /// Text from this byte on; of a block that is not as it was written, zeros.
    pub fn read_exact_at(&self, bytes: &mut [u8], at: u64) -> io::Result<()> {
        SCRATCH.with_borrow_mut(|scratch| {
            let (mut rest, mut at, mut number) = (bytes, at, self.number_of(at));
            while !rest.is_empty() {
                let block = self.blocks.get(number).ok_or(io::ErrorKind::UnexpectedEof)?;
                // Within a block: less than its length.
                let start = (at - block.text_at) as usize;
                let len = (block.text as usize - start).min(rest.len());
                let (now, later) = rest.split_at_mut(len);
                if len == block.text as usize {
                    if !scratch.unpack(&self.file, block, now)? {
                        now.fill(0);
                    }
                } else {
                    match scratch.text_of(self, number)? {
                        Some(text) => now.copy_from_slice(&text[start..start + len]),
                        None => now.fill(0),
                    }
                }
                (rest, at, number) = (later, at + len as u64, number + 1);
            }
            Ok(())
        })
    }

    /// Whether the text is that of a plain segment, read from the disk once more. `is_over` says when nobody wants to know any more.
    pub fn is_that_of(&self, plain: &File, is_over: &dyn Fn() -> bool) -> io::Result<bool> {
        if self.problem.is_some() || plain.metadata()?.len() != self.len {
            return Ok(false);
        }
        let blocks = |some: &[Block]| -> io::Result<bool> {
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            for block in some {
                ours.resize(block.text as usize, 0);
                theirs.resize(block.text as usize, 0);
                plain.read_exact_at(&mut theirs, block.text_at)?;
                let is_sound =
                    SCRATCH.with_borrow_mut(|scratch| scratch.unpack(&self.file, block, &mut ours))?;
                if !is_sound || ours != theirs {
                    return Ok(false);
                }
            }
            Ok(true)
        };
        for some in self.blocks.chunks(AT_ONCE / BLOCK) {
            not_over(is_over)?;
            let same: Vec<io::Result<bool>> = some.par_chunks(8).map(blocks).collect();
            for same in same {
                if !same? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Copies the file with other text at some places, which ascend. Blocks that have none of it are copied as they are.
    pub fn copy_with(&self, changes: &[(u64, Vec<u8>)], out: &mut impl Write) -> io::Result<()> {
        let damaged =
            || io::Error::new(io::ErrorKind::InvalidData, "a block of the packed segment is damaged");
        let mut packer = Packer::new(out);
        for block in &self.blocks {
            let mut member = vec![0; block.packed as usize];
            self.file.read_exact_at(&mut member, block.at)?;
            let first = changes.partition_point(|(at, bytes)| at + bytes.len() as u64 <= block.text_at);
            let its = changes[first..].iter().take_while(|(at, _)| *at < block.end());
            let mut text = Vec::new();
            for (at, bytes) in its {
                if text.is_empty() {
                    text = vec![0; block.text as usize];
                    if !SCRATCH.with_borrow_mut(|scratch| scratch.unpack(&self.file, block, &mut text))? {
                        return Err(damaged());
                    }
                }
                let (from, to) = ((*at).max(block.text_at), (at + bytes.len() as u64).min(block.end()));
                let of = |start: u64| (from - start) as usize..(to - start) as usize;
                text[of(block.text_at)].copy_from_slice(&bytes[of(*at)]);
            }
            if !text.is_empty() {
                member =
                    pack_block(&mut Compress::new(Compression::new(LEVEL), false), &text, block.text_at)?;
            }
            packer.push(&member, block.text as usize)?;
        }
        packer.end()
    }

    fn number_of(&self, at: u64) -> usize {
        self.blocks.partition_point(|block| block.end() <= at)
    }
}

/// Packs a plain segment. `is_over` says when nobody wants it any more.
pub(crate) fn pack(plain: &File, out: &mut impl Write, is_over: &dyn Fn() -> bool) -> io::Result<()> {
    let len = plain.metadata()?.len();
    let (mut packer, mut text, mut read) = (Packer::new(out), Vec::new(), 0);
    while read < len {
        not_over(is_over)?;
        let (held, more) = (text.len(), (len - read).min(AT_ONCE as u64) as usize);
        text.resize(held + more, 0);
        plain.read_exact_at(&mut text[held..], read)?;
        read += more as u64;
        let start = packer.text_at;
        let cuts = cut(&text, read == len);
        let pack = |compress: &mut Compress, &(from, to): &(usize, usize)| {
            pack_block(compress, &text[from..to], start + from as u64)
        };
        let compress = || Compress::new(Compression::new(LEVEL), false);
        let members: Vec<io::Result<Vec<u8>>> =
            cuts.par_iter().with_min_len(4).map_init(compress, pack).collect();
        for (member, (from, to)) in members.into_iter().zip(&cuts) {
            packer.push(&member?, to - from)?;
        }
        text.drain(..cuts.last().map_or(0, |(_, to)| *to));
    }
    packer.end()
}

fn not_over(is_over: &dyn Fn() -> bool) -> io::Result<()> {
    if is_over() { Err(io::ErrorKind::Interrupted.into()) } else { Ok(()) }
}

/// Where the blocks of a text begin and end; the rest is to be cut together with what follows, unless nothing does.
fn cut(text: &[u8], is_end: bool) -> Vec<(usize, usize)> {
    let (mut cuts, mut from) = (Vec::new(), 0);
    while text.len() - from > BLOCK || (is_end && from < text.len()) {
        let most = &text[from..text.len().min(from + BLOCK)];
        let len = if from + most.len() == text.len() {
            most.len()
        } else {
            memchr::memrchr(LF, most).map_or(most.len(), |lf| lf + 1)
        };
        cuts.push((from, from + len));
        from += len;
    }
    cuts
}

fn pack_block(compress: &mut Compress, text: &[u8], text_at: u64) -> io::Result<Vec<u8>> {
    // Bytes that cannot be packed grow by some in a thousand.
    let mut deflated = Vec::with_capacity(MEMBER_MAX - AROUND - 8);
    compress.reset();
    match compress.compress_vec(text, &mut deflated, FlushCompress::Finish)? {
        Status::StreamEnd => member(IS_BLOCK, &text_at.to_le_bytes(), &deflated, text),
        _ => Err(io::Error::other("a block that does not fit a member")),
    }
}

/// The bytes of a member of gzip.
fn member(kind: [u8; 2], said: &[u8], deflated: &[u8], text: &[u8]) -> io::Result<Vec<u8>> {
    let len = AROUND + said.len() + deflated.len();
    let two = |number: usize| u16::try_from(number).map(u16::to_le_bytes).map_err(io::Error::other);
    let mut out = Vec::with_capacity(len);
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&two(CHECK.end - 12 + said.len() + 6)?);
    out.extend_from_slice(&kind);
    out.extend_from_slice(&two(CHECK.len() + said.len())?);
    out.extend_from_slice(&[0; CHECK.end - CHECK.start]);
    out.extend_from_slice(said);
    out.extend_from_slice(&IS_BGZF);
    out.extend_from_slice(&two(len - 1)?);
    out.extend_from_slice(deflated);
    out.extend_from_slice(&crc(&[text]).to_le_bytes());
    out.extend_from_slice(&u32::try_from(text.len()).map_err(io::Error::other)?.to_le_bytes());
    let check = crc(&[&out[..CHECK.start], &out[CHECK.end..]]);
    out[CHECK].copy_from_slice(&check.to_le_bytes());
    Ok(out)
}

fn crc(parts: &[&[u8]]) -> u32 {
    let mut crc = Crc::new();
    parts.iter().for_each(|part| crc.update(part));
    crc.sum()
}

fn two_at(bytes: &[u8], at: usize) -> Option<usize> {
    Some(usize::from(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?)))
}

/// A member, read.
struct Member<'a> {
    kind: [u8; 2],
    said: &'a [u8],
    deflated: &'a [u8],
    /// The CRC-32 of its text, and how long that is.
    crc: u32,
    text: u32,
    /// How long the member is.
    len: usize,
}

impl<'a> Member<'a> {
    /// Where the second subfield of what these bytes say to be a member begins, and how long they say that it is.
    fn laid_out(bytes: &[u8]) -> Option<(usize, usize)> {
        let bgzf = CHECK.start + two_at(bytes, 14)?;
        Some((bgzf, two_at(bytes, bgzf + IS_BGZF.len())? + 1))
    }

    /// The one with which these bytes begin, if it is as it was written.
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let (bgzf, len) = Self::laid_out(bytes)?;
        let bytes = bytes.get(..len)?;
        let from = bgzf + IS_BGZF.len() + 2;
        let said = bytes.get(CHECK.end..bgzf)?;
        let (deflated, end) = bytes.get(from..)?.split_last_chunk::<8>()?;
        let check = u32::from_le_bytes(*bytes.get(CHECK)?.first_chunk()?);
        let is_sound = bytes.starts_with(&MAGIC)
            && two_at(bytes, 10)? == from - 12
            && bytes.get(bgzf..)?.starts_with(&IS_BGZF)
            && check == crc(&[&bytes[..CHECK.start], &bytes[CHECK.end..]]);
        let (crc, text) = (u32::from_le_bytes(*end.first_chunk()?), u32::from_le_bytes(*end.last_chunk()?));
        is_sound.then_some(Self { kind: *bytes[12..].first_chunk()?, said, deflated, crc, text, len })
    }

    /// Where its text belongs, if it is a block of one that has `most` bytes of text at most.
    fn text_at(&self, most: u64) -> Option<u64> {
        let at = u64::from_le_bytes(self.said.try_into().ok()?);
        let is_block = self.kind == IS_BLOCK && (1..=BLOCK).contains(&(self.text as usize));
        (is_block && at.checked_add(self.text.into())? <= most).then_some(at)
    }
}

/// How much text a file of this size may hold: deflate makes one byte of 1 032 at most. Whoever says more makes one up.
fn most_text(size: u64) -> u64 {
    size.saturating_mul(1_032)
}

/// What the last member says.
struct End {
    /// How long the text is.
    text: u64,
    blocks: u64,
    /// Where the table begins.
    table: u64,
}

impl End {
    fn read(file: &File, size: u64) -> io::Result<Option<Self>> {
        let mut bytes = [0; END];
        let Some(at) = size.checked_sub(END as u64) else { return Ok(None) };
        file.read_exact_at(&mut bytes, at)?;
        let member = Member::read(&bytes).filter(|member| member.kind == IS_END && member.len == END);
        let numbers = member.and_then(|member| {
            let (eights, rest) = member.said.as_chunks::<8>();
            let numbers: [u64; 3] =
                eights.iter().copied().map(u64::from_le_bytes).collect::<Vec<_>>().try_into().ok()?;
            rest.is_empty().then_some(numbers)
        });
        let is_possible = |[text, _, table]: &[u64; 3]| *table <= at && *text <= most_text(size);
        Ok(numbers.filter(is_possible).map(|[text, blocks, table]| Self { text, blocks, table }))
    }
}

/// Where the blocks lie, by the table; `None` when that is not as it was written.
fn read_table(file: &File, size: u64, end: &End) -> io::Result<Option<Vec<Block>>> {
    let mut bytes = vec![0; usize::try_from(size - END as u64 - end.table).map_err(io::Error::other)?];
    file.read_exact_at(&mut bytes, end.table)?;
    let (mut blocks, mut rest) = (Vec::new(), &bytes[..]);
    let (mut at, mut text_at) = (0, 0);
    while !rest.is_empty() {
        let Some(table) = Member::read(rest).filter(|member| member.kind == IS_TABLE) else {
            return Ok(None);
        };
        let (rows, []) = table.said.as_chunks::<ROW>() else { return Ok(None) };
        for [a, b, c, d] in rows {
            let (packed, text): (u32, u32) =
                (u32::from(u16::from_le_bytes([*a, *b])) + 1, u16::from_le_bytes([*c, *d]).into());
            if (packed as usize) < AROUND || !(1..=BLOCK).contains(&(text as usize)) {
                return Ok(None);
            }
            blocks.push(Block { at, text_at, packed, text });
            at += u64::from(packed);
            text_at += u64::from(text);
        }
        rest = &rest[table.len..];
    }
    let is_all = (at, text_at, blocks.len() as u64) == (end.table, end.text, end.blocks);
    Ok(Some(blocks).filter(|_| is_all))
}

/// Where the blocks lie that are as they were written, and between them those of which only the text's place is known.
///
/// Members that somebody made up, one inside the other, would all have to be checked: after [`IN_VAIN`] bytes nothing more is found.
fn look_for_blocks(file: &File, size: u64, text: Option<u64>) -> io::Result<Vec<Block>> {
    let (mut blocks, mut text_at, mut at) = (Vec::new(), 0, 0);
    let mut window = Window { file, size, from: 0, bytes: Vec::new() };
    let mut in_vain = size.saturating_mul(IN_VAIN.0).max(IN_VAIN.1);
    let gap = |blocks: &mut Vec<Block>, mut from: u64, to: u64| {
        while from < to {
            let text = u32::try_from(to - from).unwrap_or(u32::MAX);
            blocks.push(Block { at: 0, text_at: from, packed: 0, text });
            from += u64::from(text);
        }
    };
    while at < size {
        let bytes = window.at(at)?;
        let Some(member) = Member::read(bytes) else {
            let checked = Member::laid_out(bytes).map_or(0, |(_, len)| len.min(bytes.len()));
            let Some(left) = in_vain.checked_sub(checked as u64) else { break };
            in_vain = left;
            // The next place at which one may begin; what says so may stand across the end of what was read.
            let next = memchr::memmem::find(&bytes[1..], &MAGIC).map(|found| found + 1);
            at += next.unwrap_or(bytes.len().saturating_sub(MAGIC.len()).max(1)) as u64;
            continue;
        };
        if let Some(its) = member.text_at(most_text(size)).filter(|its| *its >= text_at) {
            gap(&mut blocks, text_at, its);
            // At most [`MEMBER_MAX`].
            blocks.push(Block { at, text_at: its, packed: member.len as u32, text: member.text });
            text_at = its + u64::from(member.text);
        }
        at += member.len as u64;
    }
    gap(&mut blocks, text_at, text.unwrap_or(0));
    Ok(blocks)
}

/// A part of a file that moves through it.
struct Window<'a> {
    file: &'a File,
    size: u64,
    from: u64,
    bytes: Vec<u8>,
}

impl Window<'_> {
    /// Bytes from this one on, which is before the end: a whole member, if one begins here.
    fn at(&mut self, at: u64) -> io::Result<&[u8]> {
        let end = self.from + self.bytes.len() as u64;
        if !(self.from..end).contains(&at) || (end - at < MEMBER_MAX as u64 && end < self.size) {
            self.bytes.resize((self.size - at).min(AT_ONCE as u64) as usize, 0);
            self.file.read_exact_at(&mut self.bytes, at)?;
            self.from = at;
        }
        Ok(&self.bytes[(at - self.from) as usize..])
    }
}

/// Writes members one behind the other, and in the end where they lie.
struct Packer<'a, W: Write> {
    out: &'a mut W,
    rows: Vec<u8>,
    at: u64,
    text_at: u64,
}

impl<'a, W: Write> Packer<'a, W> {
    fn new(out: &'a mut W) -> Self {
        Self { out, rows: Vec::new(), at: 0, text_at: 0 }
    }

    /// A block with so many bytes of text.
    fn push(&mut self, member: &[u8], text: usize) -> io::Result<()> {
        for number in [member.len().saturating_sub(1), text] {
            self.rows.extend(u16::try_from(number).map_err(io::Error::other)?.to_le_bytes());
        }
        self.out.write_all(member)?;
        self.at += member.len() as u64;
        self.text_at += text as u64;
        Ok(())
    }

    fn end(self) -> io::Result<()> {
        for rows in self.rows.chunks(ROWS * ROW) {
            self.out.write_all(&member(IS_TABLE, rows, &NOTHING, &[])?)?;
        }
        let numbers = [self.text_at, (self.rows.len() / ROW) as u64, self.at].map(u64::to_le_bytes);
        self.out.write_all(&member(IS_END, numbers.as_flattened(), &NOTHING, &[])?)
    }
}

static IDS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::new(Scratch {
        inflate: Decompress::new(false),
        member: Vec::new(),
        text: Vec::new(),
        has: None,
    });
}

/// What a thread unpacks with; and the last block of which it wanted a part, as it often wants the next part of it next.
struct Scratch {
    inflate: Decompress,
    member: Vec<u8>,
    text: Vec<u8>,
    /// Whose text that is: which file, which of its blocks.
    has: Option<(u64, usize)>,
}

impl Scratch {
    /// Unpacks a whole block; `false` when it is not as it was written.
    fn unpack(&mut self, file: &File, block: &Block, into: &mut [u8]) -> io::Result<bool> {
        if block.packed == 0 {
            return Ok(false);
        }
        self.member.resize(block.packed as usize, 0);
        match file.read_exact_at(&mut self.member, block.at) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
            read => read?,
        }
        let member = Member::read(&self.member);
        let its = |member: &Member<'_>| {
            (member.len, member.text_at(u64::MAX), member.text)
                == (self.member.len(), Some(block.text_at), block.text)
        };
        let Some(member) = member.filter(its) else { return Ok(false) };
        self.inflate.reset(false);
        let status = self.inflate.decompress(member.deflated, into, FlushDecompress::Finish);
        let all = (member.deflated.len() as u64, into.len() as u64);
        Ok(matches!(status, Ok(Status::StreamEnd))
            && (self.inflate.total_in(), self.inflate.total_out()) == all
            && crc(&[into]) == member.crc)
    }

    /// The text of a block, if it is as it was written.
    fn text_of(&mut self, packed: &Packed, number: usize) -> io::Result<Option<&[u8]>> {
        if self.has != Some((packed.id, number)) {
            let block = &packed.blocks[number];
            let mut text = std::mem::take(&mut self.text);
            self.has = None;
            text.resize(if block.packed == 0 { 0 } else { block.text as usize }, 0);
            let is_sound = self.unpack(&packed.file, block, &mut text)?;
            self.text = text;
            if !is_sound {
                return Ok(None);
            }
            self.has = Some((packed.id, number));
        }
        Ok(Some(&self.text))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Read as _;

    use super::*;

    const GO_ON: &dyn Fn() -> bool = &|| false;

    /// A text of records, some of them longer than a block.
    fn text(len: usize) -> Vec<u8> {
        let (mut text, mut number) = (Vec::new(), 0_u64);
        while text.len() < len {
            number += 1;
            let words = if number.is_multiple_of(97) { 9_000 } else { 20 + number % 30 };
            text.extend_from_slice(b"\x1e{");
            for word in 0..words {
                text.extend_from_slice(
                    format!("{:x},", (number * 7_919 + word).wrapping_mul(0x9e37_79b9)).as_bytes(),
                );
            }
            text.extend_from_slice(b"}\n");
        }
        text
    }

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut plain = tempfile::tempfile().unwrap();
        plain.write_all(text).unwrap();
        let mut bytes = Vec::new();
        pack(&plain, &mut bytes, GO_ON).unwrap();
        bytes
    }

    fn open(bytes: &[u8]) -> Packed {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        Packed::open(file).unwrap()
    }

    fn all(packed: &Packed) -> Vec<u8> {
        let mut text = vec![0; packed.len() as usize];
        packed.read_exact_at(&mut text, 0).unwrap();
        text
    }

    #[test]
    fn what_was_packed_is_read_back_from_any_place_and_any_gzip_gives_it_back() {
        for len in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3_000_000, AT_ONCE + 70_000] {
            let text = text(len);
            let bytes = packed(&text);
            let packed = open(&bytes);
            assert_eq!((packed.problem(), packed.len()), (None, text.len() as u64));
            assert!(all(&packed) == text, "{len}");
            let mut again = Vec::new();
            flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_end(&mut again).unwrap();
            assert!(again == text, "{len}");
            let mut state = 7_u64;
            let mut random = |below: usize| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (state >> 33) as usize % below.max(1)
            };
            for _ in 0..if text.is_empty() { 0 } else { 300 } {
                let from = random(text.len());
                let mut some = vec![0; random((text.len() - from).min(3 * BLOCK)) + 1];
                packed.read_exact_at(&mut some, from as u64).unwrap();
                assert!(some == text[from..from + some.len()]);
            }
            assert!(packed.read_exact_at(&mut [0; 2], text.len() as u64 - u64::from(len > 0)).is_err());
        }
    }

    #[test]
    fn a_record_lies_in_one_block_unless_it_is_longer() {
        let text = text(1_000_000);
        let packed = open(&packed(&text));
        let starts: Vec<u64> = packed.blocks.iter().map(|block| block.text_at).collect();
        assert!(starts.len() > 20);
        let mut at = 0;
        for record in text.split_inclusive(|byte| *byte == LF) {
            let cuts =
                starts.iter().filter(|start| (at + 1..at + record.len() as u64).contains(*start)).count();
            assert!(cuts == 0 || record.len() > BLOCK, "{cuts} within a record of {}", record.len());
            at += record.len() as u64;
        }
    }

    #[test]
    fn a_bit_that_was_flipped_anywhere_is_found_and_at_most_its_block_is_zeros() {
        let text = text(100_000);
        let bytes = packed(&text);
        let blocks = open(&bytes).blocks;
        assert!(blocks.len() > 2, "{}", blocks.len());
        let table = blocks.last().map(|block| (block.at + u64::from(block.packed)) as usize).unwrap();
        let mut number = 0;
        for at in 0..bytes.len() {
            // Each byte of what is around the texts, and some of these.
            let is_within = |block: &Block| {
                (block.at + 40..block.at + u64::from(block.packed) - 12).contains(&(at as u64))
            };
            if blocks.iter().any(is_within) && at % 37 > 0 {
                continue;
            }
            for bit in [at % 8, (at + 3) % 8] {
                let mut bad = bytes.clone();
                bad[at] ^= 1 << bit;
                let packed = open(&bad);
                if at >= table {
                    assert!(packed.problem().is_some(), "byte {at}, bit {bit}");
                    assert!(all(&packed) == text, "byte {at}, bit {bit}");
                    continue;
                }
                number = blocks.partition_point(|block| block.at <= at as u64) - 1;
                let Block { text_at, text: len, .. } = blocks[number];
                let (from, to) = (text_at as usize, text_at as usize + len as usize);
                assert_eq!((packed.problem(), packed.len()), (None, text.len() as u64));
                assert!(
                    packed.problem_at(text_at).is_some()
                        && packed.problem_at(text_at + u64::from(len)).is_none()
                );
                let found = all(&packed);
                assert!(found[..from] == text[..from] && found[to..] == text[to..], "byte {at}, bit {bit}");
                assert!(found[from..to].iter().all(|byte| *byte == 0), "byte {at}, bit {bit}");
            }
        }
        assert_eq!(number, blocks.len() - 1, "all blocks were tried");
    }

    #[test]
    fn cut_at_any_length_it_has_its_whole_blocks_and_says_that_it_is_not_whole() {
        let text = text(100_000);
        let bytes = packed(&text);
        let blocks = open(&bytes).blocks;
        for len in (0..bytes.len()).step_by(61).chain(bytes.len() - 300..bytes.len()) {
            let packed = open(&bytes[..len]);
            let whole = blocks.iter().take_while(|block| block.at + u64::from(block.packed) <= len as u64);
            let there = whole.last().map_or(0, Block::end);
            assert!(packed.problem().is_some(), "{len}");
            assert_eq!(packed.len(), there, "{len}");
            assert!(all(&packed) == text[..there as usize], "{len}");
        }
        let longer = open(&[&bytes[..], b"x"].concat());
        assert!(longer.problem().is_some() && all(&longer) == text);
    }

    #[test]
    fn without_a_table_each_sound_block_is_where_it_was_whatever_stands_between() {
        let text = text(200_000);
        let mut bytes = packed(&text);
        let blocks = open(&bytes).blocks;
        let end = bytes.len();
        bytes[end - 1] ^= 1;
        let second = blocks[1].at as usize;
        bytes[second..second + 30].fill(0);
        let packed = open(&bytes);
        assert!(packed.problem().is_some() && packed.problem_at(blocks[1].text_at).is_some());
        let found = all(&packed);
        let (from, to) = (blocks[1].text_at as usize, blocks[1].end() as usize);
        assert!(found[..from] == text[..from] && found[to..] == text[to..] && found.len() == text.len());
        assert!(found[from..to].iter().all(|byte| *byte == 0));
    }

    #[test]
    fn who_makes_up_a_length_or_a_place_is_not_believed() {
        let said =
            |numbers: &[u64]| numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>();
        let end = |text: u64| member(IS_END, &said(&[text, 1, 0]), &NOTHING, &[]).unwrap();
        let block = |at: u64| {
            pack_block(&mut Compress::new(Compression::new(LEVEL), false), b"\x1e{}\n", at).unwrap()
        };
        for bytes in [end(1 << 40), end(u64::MAX), block(u64::MAX - 1), block(1 << 40)] {
            let packed = open(&bytes);
            assert!(packed.problem().is_some() && packed.len() < 1 << 20, "{} bytes of text", packed.len());
            all(&packed);
        }
    }

    #[test]
    fn members_made_up_one_inside_the_other_end_the_search_and_as_many_damaged_ones_do_not() {
        let block = pack_block(&mut Compress::new(Compression::new(LEVEL), false), b"\x1e{}\n", 0).unwrap();
        let found = |before: Vec<u8>| all(&open(&[before, block.clone()].concat())) == b"\x1e{}\n";
        let mut made_up = member(IS_BLOCK, &[0; 8], &[0; MEMBER_MAX - AROUND - 8], &[]).unwrap();
        made_up.truncate(CHECK.end + 8 + 6);
        assert!(found(made_up.repeat(1_000)));
        assert!(!found(made_up.repeat(2_000 + IN_VAIN.1 as usize / MEMBER_MAX)));
        let mut damaged = block.clone();
        damaged[CHECK.start] ^= 1;
        assert!(found(damaged.repeat(100_000)));
    }

    #[test]
    fn a_copy_with_other_text_at_some_places_has_only_that_changed_and_no_damaged_block_is_made_sound() {
        let text = text(400_000);
        let bytes = packed(&text);
        let before = open(&bytes);
        let long =
            text.split_inclusive(|byte| *byte == LF).find(|record| record.len() > BLOCK).unwrap().len();
        let long_at = text
            .windows(long)
            .position(|some| some[0] == 0x1e && some[..long - 1].iter().all(|byte| *byte != LF))
            .unwrap();
        let mut expected = text.clone();
        let mut changes = Vec::new();
        for (at, len) in [(0, 10), (500, 700), (long_at, long), (text.len() - 3, 3)] {
            expected[at..at + len].fill(b' ');
            changes.push((at as u64, vec![b' '; len]));
        }
        let mut copy = Vec::new();
        before.copy_with(&changes, &mut copy).unwrap();
        let after = open(&copy);
        assert!(after.problem().is_none() && all(&after) == expected);
        // A damaged block is copied as it is, and one that is to be changed is not copied at all.
        let mut bad = bytes.clone();
        bad[before.blocks[3].at as usize + 60] ^= 1;
        let bad = open(&bad);
        let mut copy = Vec::new();
        bad.copy_with(&changes[..1], &mut copy).unwrap();
        assert!(open(&copy).problem_at(before.blocks[3].text_at).is_some());
        assert!(bad.copy_with(&[(before.blocks[3].text_at, vec![b' '])], &mut Vec::new()).is_err());
    }

    #[test]
    fn what_is_not_the_text_of_the_plain_file_is_not_taken_for_it() {
        let dir = tempfile::tempdir().unwrap();
        let text = text(100_000);
        let is_same = |plain: &[u8], bytes: &[u8]| {
            let path = dir.path().join("plain");
            fs::write(&path, plain).unwrap();
            open(bytes).is_that_of(&File::open(path).unwrap(), GO_ON).unwrap()
        };
        let bytes = packed(&text);
        assert!(is_same(&text, &bytes));
        let mut other = text.clone();
        other[70_000] ^= 1;
        assert!(!is_same(&other, &bytes) && !is_same(&text[1..], &bytes));
        for at in [30, 5_000, bytes.len() - 1] {
            let mut bad = bytes.clone();
            bad[at] ^= 1;
            assert!(!is_same(&text, &bad), "{at}");
        }
    }
}
