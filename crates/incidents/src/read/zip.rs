//! The directory of a zip archive, and its members as streams.
//!
//! Stored and deflated members are read, ZIP64 too; encrypted ones and other methods are faults. A member ends with an
//! error when it is longer than the directory says or its checksum is another: what is handed out by then is refused as a
//! whole, since a fault in the bytes refuses the input. Limits: [`MOST_MEMBERS`] members, and the bytes that all of them
//! may unpack to ([`super::packed`]).
//!
//! Source: PKWARE's APPNOTE 6.3.10, §4.3.

use flate2::Crc;
use flate2::read::DeflateDecoder;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, PoisonError};

/// Members that an archive may have.
pub(super) const MOST_MEMBERS: usize = 1_000;

/// Something that can be read from any place, shared by the members of an archive.
pub(super) struct Shared<R>(Arc<Mutex<R>>);

impl<R> Clone for Shared<R> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<R: Read + Seek> Shared<R> {
    pub(super) fn new(input: R) -> Self {
        Self(Arc::new(Mutex::new(input)))
    }

    /// Reads some bytes at a place.
    pub(super) fn read_at(&self, at: u64, out: &mut [u8]) -> io::Result<usize> {
        let mut input = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        input.seek(SeekFrom::Start(at))?;
        input.read(out)
    }

    /// So many bytes at a place.
    pub(super) fn bytes_at(&self, at: u64, count: usize) -> io::Result<Vec<u8>> {
        let mut input = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        input.seek(SeekFrom::Start(at))?;
        let mut bytes = Vec::new();
        (&mut *input).take(count as u64).read_to_end(&mut bytes)?;
        if bytes.len() < count {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(bytes)
    }

    pub(super) fn length(&self) -> io::Result<u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).seek(SeekFrom::End(0))
    }
}

/// One file of an archive.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) name: String,
    /// Bytes that it says to have unpacked.
    pub(super) size: u64,
    method: u16,
    encrypted: bool,
    pub(super) packed: u64,
    header_at: u64,
    checksum: u32,
}

/// Why an archive cannot be read.
fn broken(problem: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?)))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?)))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

/// The files of an archive, in the order of its directory; folders are left out.
///
/// # Errors
///
/// What the disk said, or why this is no archive.
pub(super) fn directory<R: Read + Seek>(input: &Shared<R>) -> io::Result<Vec<Member>> {
    let length = input.length()?;
    // A comment of at most 65 535 bytes may stand behind the end record of 22.
    let tail_at = length.saturating_sub(65_535 + 22);
    let tail = input.bytes_at(tail_at, (length - tail_at) as usize)?;
    let end = (0..tail.len().saturating_sub(21)).rev().find(|&at| tail[at..].starts_with(b"PK\x05\x06"));
    let end = end.ok_or_else(|| broken("the archive has no directory"))?;
    let short = || broken("the archive's directory ends too early");
    let mut count = u16_at(&tail, end + 10).ok_or_else(short)?;
    let mut size = u32_at(&tail, end + 12).ok_or_else(short)?;
    let mut at = u32_at(&tail, end + 16).ok_or_else(short)?;
    if at == 0xffff_ffff || count == 0xffff {
        let end_at = tail_at + end as u64;
        let locator = input.bytes_at(end_at.saturating_sub(20), 20)?;
        if locator.starts_with(b"PK\x06\x07") {
            let record = input.bytes_at(u64_at(&locator, 8).ok_or_else(short)?, 56)?;
            count = u64_at(&record, 32).ok_or_else(short)?;
            size = u64_at(&record, 40).ok_or_else(short)?;
            at = u64_at(&record, 48).ok_or_else(short)?;
        }
    }
    if count > MOST_MEMBERS as u64 {
        return Err(broken(&format!("the archive has {count} members, more than {MOST_MEMBERS}")));
    }
    if size > 16 << 20 || at.checked_add(size).is_none_or(|end| end > length) {
        return Err(short());
    }
    let bytes = input.bytes_at(at, size as usize)?;
    let (mut members, mut at) = (Vec::new(), 0);
    for _ in 0..count {
        let (member, next) = entry(&bytes, at).ok_or_else(short)?;
        if !member.name.ends_with('/') {
            members.push(member);
        }
        at = next;
    }
    Ok(members)
}

/// One entry of the directory, and where the next begins.
fn entry(bytes: &[u8], at: usize) -> Option<(Member, usize)> {
    if !bytes.get(at..)?.starts_with(b"PK\x01\x02") {
        return None;
    }
    let flags = u16_at(bytes, at + 8)?;
    let (name_length, extra_length, comment_length) = (
        u16_at(bytes, at + 28)? as usize,
        u16_at(bytes, at + 30)? as usize,
        u16_at(bytes, at + 32)? as usize,
    );
    let name_at = at + 46;
    let extra_at = name_at + name_length;
    let mut member = Member {
        name: String::from_utf8_lossy(bytes.get(name_at..extra_at)?).into_owned(),
        size: u32_at(bytes, at + 24)?,
        method: u16_at(bytes, at + 10)? as u16,
        encrypted: flags & 1 != 0,
        packed: u32_at(bytes, at + 20)?,
        header_at: u32_at(bytes, at + 42)?,
        checksum: u32_at(bytes, at + 16)? as u32,
    };
    let extra = bytes.get(extra_at..extra_at + extra_length)?;
    large_sizes(extra, &mut member);
    Some((member, extra_at + extra_length + comment_length))
}

/// Sizes that do not fit into 32 bits stand in an extra field.
fn large_sizes(mut extra: &[u8], member: &mut Member) {
    while let (Some(kind), Some(length)) = (u16_at(extra, 0), u16_at(extra, 2)) {
        let Some(field) = extra.get(4..4 + length as usize) else { return };
        if kind == 1 {
            let mut at = 0;
            for slot in [&mut member.size, &mut member.packed, &mut member.header_at] {
                if *slot == 0xffff_ffff
                    && let Some(large) = u64_at(field, at)
                {
                    *slot = large;
                    at += 8;
                }
            }
        }
        extra = &extra[4 + length as usize..];
    }
}

impl Member {
    /// Its bytes, unpacked.
    ///
    /// # Errors
    ///
    /// That it is encrypted, packed in a way that is not read here, or not where the directory says.
    pub(super) fn open<'a, R: Read + Seek + Send + 'a>(
        &self,
        input: &Shared<R>,
    ) -> io::Result<Box<dyn Read + Send + 'a>> {
        if self.encrypted {
            return Err(broken("is encrypted; unpack it with its password first"));
        }
        let header = input.bytes_at(self.header_at, 30)?;
        if !header.starts_with(b"PK\x03\x04") {
            return Err(broken("is not where the archive's directory says"));
        }
        let rest = u16_at(&header, 26).zip(u16_at(&header, 28));
        let (name, extra) = rest.ok_or_else(|| broken("is not where the archive's directory says"))?;
        let window =
            Window { input: input.clone(), at: self.header_at + 30 + name + extra, left: self.packed };
        let read: Box<dyn Read + Send + 'a> = match self.method {
            0 => Box::new(window),
            8 => Box::new(DeflateDecoder::new(std::io::BufReader::with_capacity(1 << 16, window))),
            other => {
                return Err(broken(&format!(
                    "is packed by method {other}; stored and deflated members are read"
                )));
            }
        };
        Ok(Box::new(Verified { read, left: self.size, sum: Crc::new(), checksum: self.checksum }))
    }
}

/// A stretch of the archive.
struct Window<R> {
    input: Shared<R>,
    at: u64,
    left: u64,
}

impl<R: Read + Seek> Read for Window<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let most = out.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let count = self.input.read_at(self.at, &mut out[..most])?;
        self.at += count as u64;
        self.left -= count as u64;
        Ok(count)
    }
}

/// A member that is as long as its directory says, and has its checksum.
struct Verified<'a> {
    read: Box<dyn Read + Send + 'a>,
    left: u64,
    sum: Crc,
    checksum: u32,
}

impl Read for Verified<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.read.read(out)?;
        self.sum.update(&out[..count]);
        self.left = self
            .left
            .checked_sub(count as u64)
            .ok_or_else(|| broken("unpacks to more than the archive's directory says"))?;
        if count == 0 && !out.is_empty() && (self.left > 0 || self.sum.sum() != self.checksum) {
            return Err(broken(
                "is damaged: its length or checksum is not what the archive's directory says",
            ));
        }
        Ok(count)
    }
}
