//! Perceptual hashes of pictures, as others have computed and supplied them: how alike two pictures look.
//!
//! Known are hashes in hexadecimal of 64 bits (pHash) to 256 (PDQ, which the auto-archiver writes), alone or several in one
//! text, each perhaps behind a name (`pdq:…`). Only those of one length are compared. Two look alike when at most an eighth
//! of their bits differ, which for PDQ is what its authors advise (31 of 256).
//!
//! Limits: the kind of a hash is not known beyond its length. A picture of one colour has a hash that says nothing, and is
//! passed over.

use super::hash;
use crate::incident::Incident;
use serde_json::Value;

/// Members of a source, or columns of a record, in which the hashes stand.
const MEMBERS: [&str; 5] = ["phash", "perceptual_hash", "perceptual_hashes", "pdq_hash", "pdq_hashes"];
/// Bits of the shortest and of the longest.
const LENGTHS: std::ops::RangeInclusive<u32> = 64..=256;
/// Hashes of one incident that are compared.
const MOST: usize = 16;
/// One of so many bits may differ.
const ALIKE: u32 = 8;

/// A perceptual hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Picture {
    length: u32,
    bits: [u64; 4],
}

/// The pictures that an incident rests on.
pub(super) fn pictures(incident: &Incident) -> Box<[Picture]> {
    let p = &incident.properties;
    let all = p.sources.iter().map(|source| &source.extra).chain([&p.extra]);
    let values = all.flat_map(|extra| MEMBERS.iter().filter_map(|name| extra.get(*name)));
    let texts = values.flat_map(|value| match value {
        Value::String(text) => vec![text.as_str()],
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    });
    let words = texts.flat_map(|text| text.split([',', ';', ' ', '\n', '\t', '|']));
    words.filter_map(Picture::parse).take(MOST).collect()
}

impl Picture {
    fn parse(text: &str) -> Option<Picture> {
        let digits = text.rsplit(':').next().unwrap_or(text);
        let length = u32::try_from(digits.len()).ok()?.checked_mul(4)?;
        if !LENGTHS.contains(&length) {
            return None;
        }
        let mut bits = [0; 4];
        for (at, digit) in digits.chars().enumerate() {
            bits[at / 16] = bits[at / 16] << 4 | u64::from(digit.to_digit(16)?);
        }
        let picture = Picture { length, bits };
        let set = picture.bits.iter().map(|part| part.count_ones()).sum::<u32>();
        (length / 8..=length - length / 8).contains(&set).then_some(picture)
    }

    /// The same for the same hash only, or nearly so.
    pub(super) fn key(&self) -> u64 {
        hash([format!("{:x}:{:x?}", self.length, self.bits).as_str()])
    }
}

/// In how many of how many bits the two most alike differ, if they look alike.
pub(super) fn alike(one: &[Picture], other: &[Picture]) -> Option<(u32, u32)> {
    let pairs = one.iter().flat_map(|a| other.iter().map(move |b| (a, b)));
    let bits = pairs.filter(|(a, b)| a.length == b.length).map(|(a, b)| {
        let differ = a.bits.iter().zip(&b.bits).map(|(a, b)| (a ^ b).count_ones()).sum::<u32>();
        (differ, a.length)
    });
    let alike = bits.filter(|(differ, length)| differ * ALIKE <= *length);
    alike.min_by(|a, b| (a.0 * b.1).cmp(&(b.0 * a.1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_read_as_it_is_supplied_and_one_that_says_nothing_is_not() {
        let pdq = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22";
        for (text, length) in [
            ("ff00ff00ff00ff00", Some(64)),
            ("FF00FF00FF00FF00", Some(64)),
            (&format!("pdq:{pdq}"), Some(256)),
            ("0000000000000000", None),
            ("fffffffffffffffe", None),
            ("ff00ff00ff00ff0", None),
            ("ff00ff00ff00ffxx", None),
            (&format!("{pdq}00"), None),
            ("", None),
        ] {
            assert_eq!(Picture::parse(text).map(|picture| picture.length), length, "{text}");
        }
    }

    #[test]
    fn an_eighth_of_the_bits_may_differ_and_no_more() {
        let picture = |text: &str| [Picture::parse(text).unwrap()];
        let one = picture("ff00ff00ff00ff00");
        for (other, bits) in [
            ("ff00ff00ff00ff00", Some((0, 64))),
            ("ff00ff00ff00ffff", Some((8, 64))),
            ("ff00ff00ff01ffff", None),
            ("ff00ff00ff00ff00ff00", None),
        ] {
            assert_eq!(alike(&one, &picture(other)), bits, "{other}");
            assert_eq!(alike(&picture(other), &one), bits, "{other}");
        }
        assert_eq!(alike(&one, &[]), None);
    }
}
