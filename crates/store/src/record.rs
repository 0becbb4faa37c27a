//! One record of the ledger: a GeoJSON Feature in an RFC 8142 frame, with its place in the chain.
//!
//! ```text
//! RS {"type":"Feature", … ,"kordon":{"seq":7,"batch":3,"index":0,"of":1,"op":"put","salt":"…","prev":"…","hash":"…"}} LF
//! ```
//!
//! The body is what stands before `,"kordon"`. Its commitment is the SHA-256 of the salt, 32 random bytes, and the
//! body; `hash` is the SHA-256 of `prev` (the `hash` of the record before), the commitment and the other members. So
//! records form a chain, one changed byte names the one record it is in, and a record whose body and salt have been
//! erased, with only the commitment left in their place, still proves that it was there and changes no later hash.
//! Without the salt nobody can find out by trying which places and names the commitment stands for.
//!
//! Pure: bytes in, bytes out. Cost: one SHA-256 of the body and one of two blocks. `docs/ledger.md` has the format
//! byte by byte.

use std::fmt;
use std::io::Write as _;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

/// What begins a record (RFC 8142 §2.1).
pub(crate) const RS: u8 = 0x1e;
/// What ends a record.
pub(crate) const LF: u8 = b'\n';

pub(crate) const MEMBER: &[u8] = b",\"kordon\":{\"seq\":";
/// The longest that the member can be: numbers of 20 digits, three hashes and the words around them.
pub(crate) const MEMBER_MAX: usize = 400;
/// What is left of a body that was erased; blanks follow, up to the length that the record had.
const ERASED: &[u8] = b"{\"type\":\"Feature\",\"geometry\":null,\"properties\":{}";
/// By so much `"commitment"` is longer than `"salt"`.
const NAME_GROWS: usize = 6;

/// Random bytes that are committed to together with a body.
pub(crate) type Salt = [u8; 32];

/// A SHA-256, written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash(pub(crate) [u8; 32]);

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

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub(crate) fn parse(hex: &[u8]) -> Option<Self> {
        if hex.len() != 64 {
            return None;
        }
        let (mut bytes, mut all) = ([0; 32], 0);
        for (byte, [high, low]) in bytes.iter_mut().zip(hex.as_chunks().0) {
            let (high, low) = (DIGITS[usize::from(*high)], DIGITS[usize::from(*low)]);
            *byte = high << 4 | low & 15;
            all |= high | low;
        }
        (all < 16).then_some(Self(bytes))
    }

    fn push_hex(self, out: &mut Vec<u8>) {
        let digits = self.0.map(|byte| [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        out.extend_from_slice(digits.as_flattened());
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// What each character is worth as a hexadecimal digit; more than 15 for one that is none. A start reads millions.
const DIGITS: [u8; 256] = {
    let (mut digits, mut value) = ([u8::MAX; 256], 0);
    while value < 16 {
        digits[HEX[value] as usize] = value as u8;
        value += 1;
    }
    digits
};

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::parse(text.as_bytes()).ok_or_else(|| D::Error::custom("not 64 hexadecimal digits"))
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Op {
    /// Made the incident, or changed it.
    Put,
    /// Withdrew it: what is left is a tombstone.
    Withdraw,
    /// Erased what earlier records said of it.
    Erase,
}

impl Op {
    /// The word in the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Put => "put",
            Self::Withdraw => "withdraw",
            Self::Erase => "erase",
        }
    }

    fn parse(word: &[u8]) -> Option<Self> {
        [Self::Put, Self::Withdraw, Self::Erase].into_iter().find(|op| op.as_str().as_bytes() == word)
    }
}

/// Where a record stands: in the ledger, and in its batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
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
    /// What the record has committed to: its salt and its body.
    pub commitment: Hash,
    /// The hash of this one.
    pub hash: Hash,
    /// Body and salt are gone; the commitment is all that is left.
    pub erased: bool,
}

impl Link {
    /// The hash that these members have.
    pub(crate) fn chained(&self) -> Hash {
        let mut hasher = Sha256::new();
        hasher.update(self.prev.0);
        hasher.update(self.commitment.0);
        hasher.update(self.seq.to_be_bytes());
        hasher.update(self.batch.to_be_bytes());
        hasher.update(self.index.to_be_bytes());
        hasher.update(self.of.to_be_bytes());
        hasher.update(self.op.as_str());
        Hash(hasher.finalize().into())
    }
}

/// What a record commits to.
pub(crate) fn commitment(salt: &Salt, body: &[u8]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(salt);
    hasher.update(body);
    Hash(hasher.finalize().into())
}

/// The body of a Feature: all of it but the last brace.
pub(crate) fn body(feature: &[u8]) -> &[u8] {
    debug_assert!(feature.starts_with(b"{") && feature.ends_with(b"}"));
    &feature[..feature.len() - 1]
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

/// Appends one record to `out`. `body` is a JSON object in one line without its last brace; `link` has its commitment and its hash.
pub(crate) fn encode(out: &mut Vec<u8>, body: &[u8], salt: &Salt, link: &Link) {
    out.push(RS);
    out.extend_from_slice(body);
    push_member(out, link, "salt", Hash(*salt));
}

fn push_member(out: &mut Vec<u8>, link: &Link, secret: &str, value: Hash) {
    let Link { seq, batch, index, of, op, .. } = link;
    // Writing to memory does not fail.
    let _ = write!(
        out,
        ",\"kordon\":{{\"seq\":{seq},\"batch\":{batch},\"index\":{index},\"of\":{of},\"op\":\"{}\"",
        op.as_str()
    );
    for (name, hash) in [(secret, value), ("prev", link.prev), ("hash", link.hash)] {
        out.extend_from_slice(b",\"");
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"\":\"");
        hash.push_hex(out);
        out.push(b'"');
    }
    out.extend_from_slice(b"}}\n");
}

/// The same record without body and salt, of the same length. `None` for one too short to be told from its erasure.
pub(crate) fn erased(frame: &[u8]) -> Option<Vec<u8>> {
    let (link, body) = decode(frame).ok()?;
    if link.erased {
        return Some(frame.to_vec());
    }
    let blanks = (body - 1).checked_sub(ERASED.len() + NAME_GROWS)?;
    let mut out = Vec::with_capacity(frame.len());
    out.push(RS);
    out.extend_from_slice(ERASED);
    out.resize(out.len() + blanks, b' ');
    push_member(&mut out, &link, "commitment", link.commitment);
    (out.len() == frame.len()).then_some(out)
}

/// Reads one record, from its RS to its LF, and checks its hash.
///
/// Gives its place in the chain and the length of the Feature before the member `kordon`, RS included.
pub(crate) fn decode(frame: &[u8]) -> Result<(Link, usize), BadRecord> {
    if frame.len() < 2 || frame[0] != RS || frame[frame.len() - 1] != LF {
        return Err(BadRecord::Frame);
    }
    let (link, body) = member(frame).ok_or(BadRecord::Member)?;
    if link.chained() != link.hash {
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
pub(crate) fn find_member(frame: &[u8]) -> Option<usize> {
    let from = frame.len().saturating_sub(MEMBER_MAX);
    memchr::memmem::rfind(&frame[from..], MEMBER).map(|at| from + at)
}

fn member(frame: &[u8]) -> Option<(Link, usize)> {
    let body = find_member(frame)?;
    let mut rest = &frame[body + MEMBER.len()..];
    let Place { seq, batch, index, of, op } = place(&mut rest)?;
    let erased = word(&mut rest, b",\"salt\":\"").is_none();
    if erased {
        word(&mut rest, b",\"commitment\":\"")?;
        // No hash covers what stands in the place of an erased body, so it must be just this.
        let blanks = frame[1..body].strip_prefix(ERASED)?;
        if blanks.iter().any(|byte| *byte != b' ') {
            return None;
        }
    }
    let secret = Hash::parse(until_quote(&mut rest)?)?;
    let commitment = if erased { secret } else { commitment(&secret.0, &frame[1..body]) };
    word(&mut rest, b",\"prev\":\"")?;
    let prev = Hash::parse(until_quote(&mut rest)?)?;
    word(&mut rest, b",\"hash\":\"")?;
    let hash = Hash::parse(until_quote(&mut rest)?)?;
    if rest != b"}}\n" {
        return None;
    }
    Some((Link { seq, batch, index, of, op, prev, commitment, hash, erased }, body))
}

/// The members that say where a record stands.
pub(crate) struct Place {
    pub seq: u64,
    pub batch: u64,
    pub index: u32,
    pub of: u32,
    pub op: Op,
}

/// Reads the members from the value of `seq` to that of `op`.
pub(crate) fn place(rest: &mut &[u8]) -> Option<Place> {
    let seq = number(rest)?;
    let batch = word(rest, b",\"batch\":").and_then(|()| number(rest))?;
    let index = word(rest, b",\"index\":").and_then(|()| number(rest))?;
    let of = word(rest, b",\"of\":").and_then(|()| number(rest))?;
    word(rest, b",\"op\":\"")?;
    let op = Op::parse(until_quote(rest)?)?;
    let (index, of) = (u32::try_from(index).ok()?, u32::try_from(of).ok()?);
    (index < of).then_some(Place { seq, batch, index, of, op })
}

/// A number as it is written: with no zero before it.
fn number(rest: &mut &[u8]) -> Option<u64> {
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, after) = rest.split_at(digits);
    *rest = after;
    if digits.len() > 1 && digits[0] == b'0' {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

pub(crate) fn word(rest: &mut &[u8], expected: &[u8]) -> Option<()> {
    *rest = rest.strip_prefix(expected)?;
    Some(())
}

pub(crate) fn until_quote<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
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
        let feature =
            br#"{"type":"Feature","properties":{"a":1,"text":"as long as any","kordon":{"seq":9}}}"#;
        let (salt, zero) = ([9; 32], Hash([0; 32]));
        let commitment = commitment(&salt, body(feature));
        let prev = Hash::of(b"x");
        let place = Link {
            seq: 7,
            batch: 3,
            index: 0,
            of: 2,
            op: Op::Put,
            prev,
            commitment,
            hash: zero,
            erased: false,
        };
        let link = Link { hash: place.chained(), ..place };
        encode(&mut out, body(feature), &salt, &link);
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
    fn any_flipped_bit_is_found_before_and_after_erasing() {
        let (frame, _) = sample();
        for frame in [erased(&frame).unwrap(), frame] {
            for at in 0..frame.len() {
                for bit in 0..8 {
                    let mut bad = frame.clone();
                    bad[at] ^= 1 << bit;
                    assert!(decode(&bad).is_err(), "byte {at} bit {bit}");
                }
            }
        }
    }

    #[test]
    fn an_erased_record_keeps_its_length_and_its_place_in_the_chain_and_nothing_else() {
        let (frame, link) = sample();
        let gone = erased(&frame).unwrap();
        assert_eq!(gone.len(), frame.len());
        assert_eq!(decode(&gone).unwrap().0, Link { erased: true, ..link });
        let json: serde_json::Value = serde_json::from_slice(&gone[1..]).unwrap();
        assert_eq!(json["properties"], serde_json::json!({}));
        assert!(json["kordon"].get("salt").is_none());
        assert_eq!(erased(&gone).unwrap(), gone);
    }
}
