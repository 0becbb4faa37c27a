//! One record of the ledger: a GeoJSON Feature in an RFC 8142 frame, with its place in the chain.
//!
//! ```text
//! RS {"type":"Feature", … ,"kordon":{"seq":7,"batch":3,"index":0,"of":1,"op":"put","prev":"…","hash":"…"}} LF
//! ```
//!
//! `hash` is the SHA-256 of every byte of the record before `,"hash"`, beginning with the RS. It covers
//! `prev`, which is the `hash` of the record before, so the records form a chain; and as each record carries
//! its own hash, one changed byte names the one record it is in, the last one included.
//!
//! Pure: bytes in, bytes out. Cost: one SHA-256 of the record. `docs/ledger.md` has the format byte by byte.

use std::fmt;

use sha2::{Digest, Sha256};

/// What begins a record (RFC 8142 §2.1).
pub(crate) const RS: u8 = 0x1e;
/// What ends a record.
pub(crate) const LF: u8 = b'\n';

const MEMBER: &[u8] = b",\"kordon\":{\"seq\":";
/// The longest that the member can be: five numbers of 20 digits, two hashes and the words around them.
const MEMBER_MAX: usize = 400;

/// A SHA-256, written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    /// The hash of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The first half, wide enough that no two keys of a store meet in it.
    pub(crate) fn short(self) -> u128 {
        let mut half = [0; 16];
        half.copy_from_slice(&self.0[..16]);
        u128::from_be_bytes(half)
    }

    fn parse(hex: &[u8]) -> Option<Self> {
        if hex.len() != 64 {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(hex.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(Self(bytes))
    }
}

fn digit(hex: u8) -> Option<u8> {
    match hex {
        b'0'..=b'9' => Some(hex - b'0'),
        b'a'..=b'f' => Some(hex - b'a' + 10),
        _ => None,
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{self}")
    }
}

/// What a record did to its incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Made the incident, or changed it.
    Put,
    /// Withdrew it: what is left is a tombstone.
    Withdraw,
}

impl Op {
    /// The word in the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Put => "put",
            Self::Withdraw => "withdraw",
        }
    }

    fn parse(word: &[u8]) -> Option<Self> {
        [Self::Put, Self::Withdraw].into_iter().find(|op| op.as_str().as_bytes() == word)
    }
}

/// Where a record stands: in the ledger, and in its batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Number of the record in the ledger, from 1.
    pub seq: u64,
    /// Number of the batch, from 1.
    pub batch: u64,
    /// Number of the record in its batch, from 0.
    pub index: u32,
    /// How many records the batch has.
    pub of: u32,
    /// What the record did.
    pub op: Op,
    /// The hash of the record before.
    pub prev: Hash,
    /// The hash of this one.
    pub hash: Hash,
}

/// Why some bytes are not a sound record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRecord {
    /// No RS at the start, or no LF at the end.
    #[error("the frame is broken")]
    Frame,
    /// The member `kordon` is missing or malformed.
    #[error("the member \"kordon\" is missing or malformed")]
    Member,
    /// The bytes are not those that were hashed.
    #[error("the hash does not match the bytes")]
    Hash,
}

/// Appends one record to `out` and gives its hash. `feature` is a JSON object in one line.
pub(crate) fn encode(out: &mut Vec<u8>, feature: &[u8], mut link: Link) -> Link {
    debug_assert!(feature.starts_with(b"{") && feature.ends_with(b"}"));
    let start = out.len();
    out.push(RS);
    out.extend_from_slice(&feature[..feature.len() - 1]);
    let Link { seq, batch, index, of, op, prev, .. } = link;
    let member = format!(
        ",\"kordon\":{{\"seq\":{seq},\"batch\":{batch},\"index\":{index},\"of\":{of},\"op\":\"{}\",\"prev\":\"{prev}\"",
        op.as_str()
    );
    out.extend_from_slice(member.as_bytes());
    link.hash = Hash::of(&out[start..]);
    out.extend_from_slice(format!(",\"hash\":\"{}\"}}}}\n", link.hash).as_bytes());
    link
}

/// Reads one record, from its RS to its LF, and checks its hash.
///
/// Gives its place in the chain and the length of the Feature before the member `kordon`, RS included.
pub(crate) fn decode(frame: &[u8]) -> Result<(Link, usize), BadRecord> {
    if frame.len() < 2 || frame[0] != RS || frame[frame.len() - 1] != LF {
        return Err(BadRecord::Frame);
    }
    let (link, body) = member(frame).ok_or(BadRecord::Member)?;
    // `,"hash":"` + 64 digits + `"}}` + LF
    let hashed = frame.len() - (9 + 64 + 3 + 1);
    if Hash::of(&frame[..hashed]) != link.hash {
        return Err(BadRecord::Hash);
    }
    Ok((link, body))
}

/// The Feature of a sound record as bytes of JSON, without the member `kordon`.
pub(crate) fn feature(frame: &[u8]) -> Option<Vec<u8>> {
    let body = find_member(frame)?;
    let mut json = Vec::with_capacity(body);
    json.extend_from_slice(&frame[1..body]);
    json.push(b'}');
    Some(json)
}

/// Ours is the last of that name: it ends the record, whatever a report may have brought along.
fn find_member(frame: &[u8]) -> Option<usize> {
    let from = frame.len().saturating_sub(MEMBER_MAX);
    memchr::memmem::rfind(&frame[from..], MEMBER).map(|at| from + at)
}

fn member(frame: &[u8]) -> Option<(Link, usize)> {
    let body = find_member(frame)?;
    let mut rest = &frame[body + MEMBER.len()..];
    let seq = number(&mut rest)?;
    let batch = word(&mut rest, b",\"batch\":").and_then(|()| number(&mut rest))?;
    let index = word(&mut rest, b",\"index\":").and_then(|()| number(&mut rest))?;
    let of = word(&mut rest, b",\"of\":").and_then(|()| number(&mut rest))?;
    word(&mut rest, b",\"op\":\"")?;
    let op = Op::parse(until_quote(&mut rest)?)?;
    word(&mut rest, b",\"prev\":\"")?;
    let prev = Hash::parse(until_quote(&mut rest)?)?;
    word(&mut rest, b",\"hash\":\"")?;
    let hash = Hash::parse(until_quote(&mut rest)?)?;
    if rest != b"}}\n" {
        return None;
    }
    let (index, of) = (u32::try_from(index).ok()?, u32::try_from(of).ok()?);
    (index < of).then_some((Link { seq, batch, index, of, op, prev, hash }, body))
}

fn number(rest: &mut &[u8]) -> Option<u64> {
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, after) = rest.split_at(digits);
    *rest = after;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn word(rest: &mut &[u8], expected: &[u8]) -> Option<()> {
    *rest = rest.strip_prefix(expected)?;
    Some(())
}

fn until_quote<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let end = memchr::memchr(b'"', rest)?;
    let (text, after) = rest.split_at(end);
    *rest = &after[1..];
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> (Vec<u8>, Link) {
        let mut out = Vec::new();
        let zero = Hash([0; 32]);
        let link = Link { seq: 7, batch: 3, index: 0, of: 2, op: Op::Put, prev: Hash::of(b"x"), hash: zero };
        let feature = br#"{"type":"Feature","properties":{"a":1,"kordon":{"seq":9}}}"#;
        let link = encode(&mut out, feature, link);
        (out, link)
    }

    #[test]
    fn what_was_written_is_read_and_is_json() {
        let (frame, link) = sample();
        assert_eq!(decode(&frame).unwrap().0, link);
        let json: serde_json::Value = serde_json::from_slice(&frame[1..]).unwrap();
        assert_eq!(json["kordon"]["seq"], 7);
        let feature: serde_json::Value = serde_json::from_slice(&feature(&frame).unwrap()).unwrap();
        assert_eq!(feature["properties"]["kordon"]["seq"], 9, "a report's own member of that name stays");
        assert!(feature.get("kordon").is_none());
    }

    #[test]
    fn any_flipped_bit_is_found() {
        let (frame, _) = sample();
        for at in 0..frame.len() {
            for bit in 0..8 {
                let mut bad = frame.clone();
                bad[at] ^= 1 << bit;
                assert!(decode(&bad).is_err(), "byte {at} bit {bit}");
            }
        }
    }
}
