//! The file, and how it is searched as it lies.
//!
//! ```text
//! "KORDGAZ1" · u32 length of the head · head (deflated JSON) · blocks of places · blocks of names
//! ```
//!
//! Places stand by country and, within it, along a Hilbert curve, so a block of up to 256 is a neighborhood of one country. Names
//! stand in the order of their keys, up to 2 048 in a block, each with the number of its place. Every block is deflated by
//! itself; the head says how long each is, with what key a block of names begins, and in which circle the places of a block lie.
//!
//! Cost: the head is 50 kB and is read once; a block takes some 0.3 ms to unpack.

use std::borrow::Cow;
use std::io::Read;
use std::sync::OnceLock;

use flate2::read::DeflateDecoder;
use kordon_borders::{LonLat, distance};
use serde::{Deserialize, Serialize};

/// What a file begins with.
pub(crate) const MAGIC: &[u8; 8] = b"KORDGAZ1";
/// No part of a file unpacks to more.
const LONGEST_PART: u64 = 16 << 20;

static SHIPPED: &[u8] =
    include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/gazetteer/names.kgz"));

/// The file is not a gazetteer, or is damaged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the gazetteer cannot be read: {0}")]
pub struct BadGazetteer(pub(crate) &'static str);

/// Where a gazetteer is from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Info {
    /// What it was made from.
    pub origin: String,
    /// Which edition of that.
    pub version: String,
    /// An SPDX identifier.
    pub licence: String,
    /// The credit that must stand beside what is shown of it.
    pub attribution: String,
    /// How many places it has.
    pub places: u32,
}

/// The beginning of a file.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Head {
    pub info: Info,
    pub countries: Vec<Country>,
    pub places: Vec<PlacesAt>,
    pub names: Vec<NamesAt>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Country {
    /// ISO 3166-1.
    pub a3: String,
    pub a2: String,
    /// The number of its first place.
    pub first: u32,
    pub units: Vec<Unit>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Unit {
    pub code: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pcode: Option<String>,
    pub largest: String,
}

/// A block of places.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PlacesAt {
    pub bytes: u32,
    pub count: u32,
    /// All of them lie within `radius_m` of this.
    pub lon: f64,
    pub lat: f64,
    pub radius_m: f64,
}

impl PlacesAt {
    /// None of its places is nearer than this: geodesic distances keep the triangle inequality.
    pub fn least_m(&self, from: LonLat) -> Result<f64, BadGazetteer> {
        let middle = LonLat::new(self.lon, self.lat).map_err(|_| BadGazetteer("a block is off the globe"))?;
        Ok((distance(from, middle).get() - self.radius_m).max(0.0))
    }
}

/// A block of names.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct NamesAt {
    pub bytes: u32,
    pub key: String,
}

/// A place as it stands in a block.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stored {
    pub id: u32,
    /// Which of the units of its country.
    pub unit: u32,
    pub lon: f64,
    pub lat: f64,
    pub population: u32,
    /// Its main name, then the others.
    pub names: Vec<String>,
}

impl Stored {
    pub fn place(&self) -> Result<LonLat, BadGazetteer> {
        LonLat::new(self.lon, self.lat).map_err(|_| BadGazetteer("a place is off the globe"))
    }
}

/// A name as it stands in a block.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    pub key: String,
    /// The number of the place.
    pub place: u32,
    /// How many binary digits its population has.
    pub class: u8,
}

/// Places and their names, searched as they lie.
#[derive(Debug)]
pub struct Gazetteer {
    bytes: Cow<'static, [u8]>,
    pub(crate) head: Head,
    /// The number of the first place of each block, and where its bytes begin; one more at the end.
    places_at: Vec<(u32, usize)>,
    names_at: Vec<usize>,
}

impl Gazetteer {
    /// The gazetteer within the program: GeoNames, CC BY 4.0. Its head is read when it is first asked for.
    ///
    /// # Errors
    ///
    /// Only when the program's own bytes are damaged.
    pub fn shipped() -> Result<&'static Gazetteer, BadGazetteer> {
        static OPENED: OnceLock<Result<Gazetteer, BadGazetteer>> = OnceLock::new();
        OPENED.get_or_init(|| Gazetteer::open(SHIPPED)).as_ref().map_err(Clone::clone)
    }

    /// A gazetteer from the bytes of its file.
    ///
    /// # Errors
    ///
    /// [`BadGazetteer`] when they are none.
    pub fn open(bytes: impl Into<Cow<'static, [u8]>>) -> Result<Gazetteer, BadGazetteer> {
        let bytes = bytes.into();
        let rest = bytes.strip_prefix(MAGIC).ok_or(BadGazetteer("it does not begin as one"))?;
        let (length, rest) = rest.split_first_chunk::<4>().ok_or(BadGazetteer("it ends in its head"))?;
        let length = u32::from_le_bytes(*length) as usize;
        let head = rest.get(..length).ok_or(BadGazetteer("it ends in its head"))?;
        let head: Head =
            serde_json::from_slice(&unpacked(head)?).map_err(|_| BadGazetteer("its head is damaged"))?;
        let (mut at, mut number) = (MAGIC.len() + 4 + length, 0_u32);
        let mut places_at = vec![(number, at)];
        for block in &head.places {
            number = number.checked_add(block.count).ok_or(BadGazetteer("its head is damaged"))?;
            at += block.bytes as usize;
            places_at.push((number, at));
        }
        let mut names_at = vec![at];
        for block in &head.names {
            at += block.bytes as usize;
            names_at.push(at);
        }
        if at != bytes.len() || number != head.info.places {
            return Err(BadGazetteer("it is not as long as its head says"));
        }
        if head.countries.first().is_none_or(|first| first.first != 0) {
            return Err(BadGazetteer("its first place is in no country"));
        }
        Ok(Gazetteer { bytes, head, places_at, names_at })
    }

    /// Where it is from.
    pub fn info(&self) -> &Info {
        &self.head.info
    }

    /// The code ISO 3166-1 alpha-3 of a country by either of its codes, in any case; `None` when it has no places here.
    pub fn country(&self, code: &str) -> Option<&str> {
        self.country_named(code).map(|at| self.head.countries[at].a3.as_str())
    }

    pub(crate) fn country_named(&self, code: &str) -> Option<usize> {
        let is_it = |c: &Country| c.a3.eq_ignore_ascii_case(code) || c.a2.eq_ignore_ascii_case(code);
        self.head.countries.iter().position(is_it)
    }

    /// Which country a place lies in.
    pub(crate) fn country_of(&self, place: u32) -> usize {
        self.head.countries.partition_point(|country| country.first <= place).saturating_sub(1)
    }

    /// Which block a place stands in, and where in it.
    pub(crate) fn block_of(&self, place: u32) -> (usize, usize) {
        let block = self.places_at.partition_point(|(first, _)| *first <= place).saturating_sub(1);
        (block, (place - self.places_at[block].0) as usize)
    }

    /// The number of a block's first place.
    pub(crate) fn first_of(&self, block: usize) -> u32 {
        self.places_at[block].0
    }

    /// The places of a block.
    pub(crate) fn places(&self, block: usize) -> Result<Vec<Stored>, BadGazetteer> {
        let bytes = unpacked(&self.bytes[self.places_at[block].1..self.places_at[block + 1].1])?;
        read_places(&bytes, self.head.places[block].count).ok_or(BadGazetteer("a block of places is damaged"))
    }

    /// The names of a block, in order.
    pub(crate) fn names(&self, block: usize) -> Result<Vec<Entry>, BadGazetteer> {
        let bytes = unpacked(&self.bytes[self.names_at[block]..self.names_at[block + 1]])?;
        let names = read_names(&bytes).ok_or(BadGazetteer("a block of names is damaged"))?;
        match names.iter().all(|entry| entry.place < self.head.info.places) {
            true => Ok(names),
            false => Err(BadGazetteer("a name has no place")),
        }
    }
}

fn unpacked(packed: &[u8]) -> Result<Vec<u8>, BadGazetteer> {
    let mut bytes = Vec::with_capacity(packed.len() * 4);
    let read = DeflateDecoder::new(packed).take(LONGEST_PART).read_to_end(&mut bytes);
    read.map(|_| bytes).map_err(|_| BadGazetteer("a block cannot be unpacked"))
}

/// Degrees are kept in units of 1e-5, as GeoNames has them.
pub(crate) const UNITS_A_DEGREE: f64 = 1e5;

/// Numbers stand before texts, each kind together, which packs best.
pub(crate) fn write_places(places: &[Stored]) -> Vec<u8> {
    let mut out = Vec::new();
    places.iter().for_each(|place| number(&mut out, place.id));
    places.iter().for_each(|place| number(&mut out, place.unit));
    places.iter().for_each(|place| number(&mut out, place.population));
    for degrees in [|place: &Stored| place.lon, |place: &Stored| place.lat] {
        let mut before = 0;
        for place in places {
            let units = (degrees(place) * UNITS_A_DEGREE).round() as i32;
            let step = units - before;
            number(&mut out, ((step << 1) ^ (step >> 31)) as u32);
            before = units;
        }
    }
    places.iter().for_each(|place| number(&mut out, place.names.len() as u32));
    for place in places {
        place.names.iter().for_each(|name| text(&mut out, name));
    }
    out
}

fn read_places(bytes: &[u8], count: u32) -> Option<Vec<Stored>> {
    let mut bytes = bytes;
    let mut column = || (0..count).map(|_| take_number(&mut bytes)).collect::<Option<Vec<u32>>>();
    let (ids, units, populations) = (column()?, column()?, column()?);
    let (lons, lats, names) = (column()?, column()?, column()?);
    let degrees = |steps: Vec<u32>| {
        let running = steps.into_iter().scan(0_i32, |at, step| {
            *at = at.checked_add((step >> 1) as i32 ^ -((step & 1) as i32))?;
            Some(f64::from(*at) / UNITS_A_DEGREE)
        });
        running.collect::<Vec<f64>>()
    };
    let (lons, lats) = (degrees(lons), degrees(lats));
    let mut places = Vec::with_capacity(ids.len());
    for (at, id) in ids.into_iter().enumerate() {
        let names = (0..*names.get(at)?).map(|_| take_text(&mut bytes)).collect::<Option<Vec<String>>>()?;
        let (unit, population) = (*units.get(at)?, *populations.get(at)?);
        places.push(Stored { id, unit, lon: *lons.get(at)?, lat: *lats.get(at)?, population, names });
    }
    bytes.is_empty().then_some(places)
}

/// Of each name only what it does not share with the one before it.
pub(crate) fn write_names(entries: &[Entry]) -> Vec<u8> {
    let mut out = Vec::new();
    number(&mut out, entries.len() as u32);
    let mut before = "";
    for Entry { key, .. } in entries {
        let shared = key.char_indices().zip(before.chars()).find(|((_, a), b)| a != b);
        let shared = shared.map_or(key.len().min(before.len()), |((at, _), _)| at);
        number(&mut out, shared as u32);
        text(&mut out, &key[shared..]);
        before = key;
    }
    out.extend(entries.iter().map(|entry| entry.class));
    for byte in [2, 1, 0] {
        out.extend(entries.iter().map(|entry| entry.place.to_le_bytes()[byte]));
    }
    out
}

fn read_names(bytes: &[u8]) -> Option<Vec<Entry>> {
    let mut bytes = bytes;
    let count = take_number(&mut bytes)? as usize;
    let mut keys: Vec<String> = Vec::new();
    for _ in 0..count {
        let shared = take_number(&mut bytes)? as usize;
        let mut key = keys.last().map_or(Some(""), |before| before.get(..shared))?.to_owned();
        key.push_str(&take_text(&mut bytes)?);
        keys.push(key);
    }
    if bytes.len() != count * 4 {
        return None;
    }
    let byte = |column: usize, at: usize| u32::from(bytes[column * count + at]);
    let entry = |(at, key)| Entry {
        key,
        place: byte(1, at) << 16 | byte(2, at) << 8 | byte(3, at),
        class: bytes[at],
    };
    Some(keys.into_iter().enumerate().map(entry).collect())
}

/// Seven bits a byte, the least first; the eighth says that more follow.
fn number(out: &mut Vec<u8>, mut number: u32) {
    while number > 127 {
        out.push(number as u8 | 128);
        number >>= 7;
    }
    out.push(number as u8);
}

fn take_number(bytes: &mut &[u8]) -> Option<u32> {
    let mut number = 0;
    for shift in (0..35).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u32::from(byte & 127).checked_shl(shift)?;
        if *byte < 128 {
            return Some(number);
        }
    }
    None
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
    out.push(0);
}

fn take_text(bytes: &mut &[u8]) -> Option<String> {
    let end = bytes.iter().position(|byte| *byte == 0)?;
    let text = std::str::from_utf8(&bytes[..end]).ok()?.to_owned();
    *bytes = &bytes[end + 1..];
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let place = |id, lon, lat, names: &[&str]| Stored {
            id,
            unit: 7,
            lon,
            lat,
            population: 300,
            names: names.iter().map(|name| (*name).into()).collect(),
        };
        let places = [
            place(1, -179.99999, -90.0, &["Ізмаїл", ""]),
            place(4_000_000_000, 180.0, 90.0, &["x"]),
            place(0, 0.0, 0.00001, &["a", "b", "c"]),
        ];
        assert_eq!(read_places(&write_places(&places), 3).unwrap(), places);
        let entry = |key: &str, place| Entry { key: key.into(), place, class: 17 };
        let entries = [entry("", 0), entry("odesa", 1), entry("odesa", 234_907), entry("odжa", 16_777_215)];
        assert_eq!(read_names(&write_names(&entries)).unwrap(), entries);
    }

    #[test]
    fn no_bytes_are_mistaken_for_a_gazetteer() {
        for end in 0..64 {
            assert!(Gazetteer::open(&SHIPPED[..end]).is_err(), "{end}");
        }
        assert!(Gazetteer::open(&SHIPPED[..SHIPPED.len() - 1]).is_err());
        assert!(read_places(&[255; 40], 3).is_none() && read_names(&[255; 40]).is_none());
    }
}
