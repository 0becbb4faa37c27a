//! A border set as one compact file: `.kbs`, for Kordon border set.
//!
//! ```text
//! magic "KORDONBS" | version u16 | header length u32 | body length u64   (little-endian)
//! header: JSON — what the set is, its territories, the sides that occur, counts
//! body:   arcs, then rings
//! SHA-256 of everything before it
//! ```
//!
//! A border that two territories share is stored once, as an arc: a chain of positions in steps of 1e-7 degrees,
//! each written as a zigzag varint of its difference from the one before. An arc knows which territories lie to
//! its left and to its right. A ring is a list of arcs, `2 * arc` walked forwards or `2 * arc + 1` backwards.
//! An arc with the same territories on both sides is no border: it is the antimeridian, a pole, or the
//! edge of a map sheet, kept because rings need it to close.
//!
//! Reading checks the checksum first and every number afterwards, so a file that was made wrongly
//! is an error too and never a panic. Cost: about 20 ms for the world's million edges.

use std::io::Read;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::alliance::Day;
use crate::edge::Edge;
use crate::territory::{MOST_TERRITORIES, Mask, Territory, TerritoryId};

const MAGIC: &[u8; 8] = b"KORDONBS";
const VERSION: u16 = 1;
/// The oldest version that can be read.
const OLDEST: u16 = 1;
/// Magic, version, header length, body length.
const FIXED: usize = 8 + 2 + 4 + 8;
const CHECKSUM: usize = 32;
/// Positions are whole multiples of this part of a degree.
pub(crate) const STEPS_PER_DEGREE: f64 = 1e7;
/// 180 degrees in steps.
pub(crate) const HALF_TURN: i32 = 1_800_000_000;
/// 90 degrees in steps.
pub(crate) const QUARTER_TURN: i32 = 900_000_000;

/// How long all edges may be together: a degree for each and ten thousand, many times more than any map. The indexes cut
/// long edges into pieces, and a short file must not make them cut millions.
const MOST_LENGTH: i64 = 10_000 * STEPS_PER_DEGREE as i64;
const MOST_LENGTH_EACH: i64 = STEPS_PER_DEGREE as i64;

/// The bytes of the longest number.
const LONGEST_NUMBER: usize = 6;

/// An arc names its sides with two bytes.
pub(crate) const MOST_SIDES: usize = 1 << 16;

/// What a border set is and how far to trust it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetInfo {
    /// The short name by which it is asked for, such as `osm-maritime-10m`.
    pub name: String,
    /// The version of its source.
    pub version: String,
    /// One line for people.
    pub title: String,
    /// The licence of the data, as an SPDX identifier where there is one.
    pub licence: String,
    /// The credit that must stand beside a map made of it.
    pub attribution: String,
    /// Where it came from: package, version, checksum.
    pub origin: String,
    /// How far a line may lie from the truth, in meters, where no [`Stretch`] says otherwise.
    pub accuracy_m: f64,
    /// How the accuracy of the set and of its stretches was found.
    pub accuracy_method: String,
    /// The first day on which these were the borders; none when they are not said to have begun.
    pub valid_from: Option<Day>,
    /// The last day on which these were the borders; none when they still are.
    pub valid_to: Option<Day>,
    /// Whose view of disputed land the territories show.
    pub world_view: String,
    /// What lies between two positions; always `rfc7946`: a line straight in degrees.
    pub edge_model: String,
}

/// The accuracy of what two neighbors share of one kind of border.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stretch {
    /// The codes of the territories that end on either side; none on the second where the open sea begins.
    pub between: [Vec<String>; 2],
    /// What the border is there.
    pub kind: Kind,
    /// How far the line may lie from the truth, in meters.
    pub accuracy_m: f64,
    /// Whether another edition shows another line, kilometers off.
    pub unsettled: bool,
    /// How far the other edition is; none when it has no such line.
    pub evidence: Option<Evidence>,
}

/// How far the lines of two editions lie apart, in meters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The points at which they were compared.
    pub samples: u32,
    /// Half of the points are no farther apart.
    pub median_m: f64,
    /// 95 of 100 points are no farther apart.
    pub p95_m: f64,
    /// No point is farther apart.
    pub max_m: f64,
}

/// What a border is, on the ground.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// On land, as far as the set's source knows: no water is mapped there.
    Land,
    /// In or close by a river or a lake.
    RiverOrLake,
    /// At sea: a boundary between territorial seas, or their outer limit.
    Maritime,
}

impl Kind {
    /// The word used in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Land => "land",
            Self::RiverOrLake => "river-or-lake",
            Self::Maritime => "maritime",
        }
    }
}

/// Why bytes are not a border set that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSet {
    /// The bytes do not begin like a border set.
    #[error("not a Kordon border set: it does not begin with KORDONBS")]
    NotABorderSet,
    /// A newer Kordon wrote it.
    #[error("border set format {found} is newer than this Kordon understands (up to {known})")]
    Newer {
        /// The version in the file.
        found: u16,
        /// The newest version that can be read.
        known: u16,
    },
    /// An older Kordon wrote it, before there was a format to keep to.
    #[error(
        "border set format {found} is older than this Kordon reads (from {known}): build the file again from its source, with \
         `kordon borders build`"
    )]
    Older {
        /// The version in the file.
        found: u16,
        /// The oldest version that can be read.
        known: u16,
    },
    /// The file ends early.
    #[error("the border set is cut off: {found} bytes of {expected}")]
    Truncated {
        /// The length that the file's own beginning promises.
        expected: u64,
        /// The bytes that are there.
        found: u64,
    },
    /// The bytes are not those that were written.
    #[error("the border set is damaged: its SHA-256 is {found}, {expected} was written")]
    Corrupt {
        /// The checksum in the file.
        expected: String,
        /// The checksum of the bytes.
        found: String,
    },
    /// The reader gave no bytes.
    #[error("the border set cannot be read: {0}")]
    Unreadable(String),
    /// The checksum is right, yet the content contradicts itself.
    #[error("the border set was made wrongly: {0}")]
    Malformed(&'static str),
}

/// A border set as it lies in the file: everything an index is made of.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Chart {
    pub info: SetInfo,
    /// Sorted by code.
    pub territories: Vec<Territory>,
    pub stretches: Vec<Stretch>,
    /// The groups of territories that lie on some side of some arc.
    pub sides: Vec<Mask>,
    /// The positions of all arcs, one arc after the other.
    pub points: Vec<[i32; 2]>,
    pub arcs: Vec<ChartArc>,
    /// For each territory its rings.
    pub rings: Vec<Vec<ChartRing>>,
}

impl Chart {
    /// The edge that begins at a position.
    pub(crate) fn edge(&self, position: u32) -> Edge {
        let at = position as usize;
        Edge::new(self.points[at], self.points[at + 1])
    }

    /// Whose land begins or ends between two sides.
    pub(crate) fn change_between(&self, [left, right]: [u16; 2]) -> Mask {
        self.sides[usize::from(left)].xor(&self.sides[usize::from(right)])
    }

    /// What is known of the accuracy of an arc, if anything is known of it alone.
    pub(crate) fn stretch(&self, arc: &ChartArc) -> Option<&Stretch> {
        self.stretches.get(usize::from(arc.stretch).checked_sub(1)?)
    }

    /// How far an arc may lie from the truth, in meters.
    pub(crate) fn accuracy_of(&self, arc: &ChartArc) -> f64 {
        self.stretch(arc).map_or(self.info.accuracy_m, |stretch| stretch.accuracy_m)
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ChartArc {
    pub start: u32,
    /// Number of positions, at least 2.
    pub len: u32,
    /// Places in [`Chart::sides`].
    pub left: u16,
    pub right: u16,
    pub kind: Kind,
    /// 0, or its place in [`Chart::stretches`] and 1 more.
    pub stretch: u16,
}

impl ChartArc {
    pub(crate) fn is_border(&self) -> bool {
        self.left != self.right
    }

    pub(crate) fn range(&self) -> std::ops::Range<usize> {
        self.start as usize..(self.start + self.len) as usize
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ChartRing {
    /// The first ring of a polygon; the holes of that polygon follow.
    pub exterior: bool,
    /// `2 * arc`, or `2 * arc + 1` when it is walked backwards.
    pub arcs: Vec<u32>,
}

#[derive(Serialize, Deserialize)]
struct Header {
    set: SetInfo,
    territories: Vec<Territory>,
    stretches: Vec<Stretch>,
    sides: Vec<Vec<u16>>,
    arcs: u32,
    positions: u32,
}

/// Writes a set. The same chart gives the same bytes.
pub(crate) fn encode(chart: &Chart) -> Vec<u8> {
    let header = Header {
        set: chart.info.clone(),
        territories: chart.territories.clone(),
        stretches: chart.stretches.clone(),
        sides: chart.sides.iter().map(|side| side.ids().map(|id| id.0).collect()).collect(),
        arcs: chart.arcs.len() as u32,
        positions: chart.points.len() as u32,
    };
    let header = serde_json::to_vec(&header).expect("a header holds nothing that JSON cannot say");
    let body = encode_body(chart);
    let mut out = Vec::with_capacity(FIXED + header.len() + body.len() + CHECKSUM);
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&VERSION.to_le_bytes());
    out.extend_from_slice(&(header.len() as u32).to_le_bytes());
    out.extend_from_slice(&(body.len() as u64).to_le_bytes());
    out.extend_from_slice(&header);
    out.extend_from_slice(&body);
    let checksum = Sha256::digest(&out);
    out.extend_from_slice(&checksum);
    out
}

fn encode_body(chart: &Chart) -> Vec<u8> {
    let mut out = Vec::with_capacity(chart.points.len() * 5);
    let mut at = [0i32; 2];
    for arc in &chart.arcs {
        put_varint(&mut out, u64::from(arc.left));
        put_varint(&mut out, u64::from(arc.right));
        out.push(arc.kind as u8);
        put_varint(&mut out, u64::from(arc.stretch));
        put_varint(&mut out, u64::from(arc.len));
        for point in &chart.points[arc.range()] {
            put_signed(&mut out, i64::from(point[0]) - i64::from(at[0]));
            put_signed(&mut out, i64::from(point[1]) - i64::from(at[1]));
            at = *point;
        }
    }
    for rings in &chart.rings {
        put_varint(&mut out, rings.len() as u64);
        for ring in rings {
            put_varint(&mut out, ring.arcs.len() as u64 * 2 + u64::from(ring.exterior));
            let mut before = 0;
            for arc in &ring.arcs {
                put_signed(&mut out, i64::from(*arc) - before);
                before = i64::from(*arc);
            }
        }
    }
    out
}

/// What the beginning of a file says of it, without its borders: cheap, and unverified.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// What the set is.
    pub info: SetInfo,
    /// The number of its territories.
    pub territories: usize,
    /// The number of positions that its borders are made of.
    pub positions: u32,
}

impl Summary {
    /// Reads as much of a `.kbs` file as it takes.
    ///
    /// # Errors
    ///
    /// [`BadSet`], as for the whole file; damage further on stays unseen.
    pub fn read(mut file: impl Read) -> Result<Self, BadSet> {
        let unreadable = |error: std::io::Error| BadSet::Unreadable(error.to_string());
        let mut bytes = Vec::new();
        file.by_ref().take(FIXED as u64).read_to_end(&mut bytes).map_err(unreadable)?;
        let (header_len, _) = read_fixed(&bytes)?;
        let mut header = Vec::new();
        file.take(header_len).read_to_end(&mut header).map_err(unreadable)?;
        let header = read_header(&header)?;
        Ok(Self { info: header.set, territories: header.territories.len(), positions: header.positions })
    }
}

/// Reads a set and gives its checksum in hexadecimal.
pub(crate) fn decode(bytes: &[u8]) -> Result<(Chart, String), BadSet> {
    let (header_len, body_len) = read_fixed(bytes)?;
    let found = bytes.len() as u64;
    let expected = (FIXED as u64).saturating_add(header_len).saturating_add(body_len).saturating_add(32);
    if found < expected {
        return Err(BadSet::Truncated { expected, found });
    }
    let (content, written) = bytes.split_at(bytes.len() - CHECKSUM);
    let sum = Sha256::digest(content);
    if sum.as_slice() != written {
        return Err(BadSet::Corrupt { expected: hex(written), found: hex(&sum) });
    }
    if found != expected {
        return Err(BadSet::Malformed("its parts do not add up to its length"));
    }
    let (header, body) = content[FIXED..].split_at(header_len as usize);
    Ok((decode_body(read_header(header)?, body)?, hex(&sum)))
}

/// The lengths of header and body.
fn read_fixed(bytes: &[u8]) -> Result<(u64, u64), BadSet> {
    if !bytes.starts_with(&MAGIC[..bytes.len().min(8)]) || bytes.is_empty() {
        return Err(BadSet::NotABorderSet);
    }
    if bytes.len() < FIXED {
        return Err(BadSet::Truncated { expected: (FIXED + CHECKSUM) as u64, found: bytes.len() as u64 });
    }
    let version = u16::from_le_bytes([bytes[8], bytes[9]]);
    if version > VERSION {
        return Err(BadSet::Newer { found: version, known: VERSION });
    }
    if version < OLDEST {
        return Err(BadSet::Older { found: version, known: OLDEST });
    }
    let header_len = u64::from(u32::from_le_bytes([bytes[10], bytes[11], bytes[12], bytes[13]]));
    let body_len = u64::from_le_bytes(std::array::from_fn(|i| bytes[14 + i]));
    Ok((header_len, body_len))
}

fn read_header(bytes: &[u8]) -> Result<Header, BadSet> {
    serde_json::from_slice(bytes).map_err(|_| BadSet::Malformed("its header is not readable"))
}

fn decode_body(header: Header, body: &[u8]) -> Result<Chart, BadSet> {
    let territories = header.territories;
    if territories.len() > MOST_TERRITORIES || header.sides.len() > MOST_SIDES {
        return Err(BadSet::Malformed("it has too many territories"));
    }
    if !territories.windows(2).all(|pair| pair[0].code < pair[1].code) {
        return Err(BadSet::Malformed("its territories are not sorted by code"));
    }
    if header.sides.iter().flatten().any(|id| usize::from(*id) >= territories.len()) {
        return Err(BadSet::Malformed("a side names a territory that is not there"));
    }
    let sides: Vec<Mask> =
        header.sides.iter().map(|ids| Mask::of(ids.iter().map(|id| TerritoryId(*id)))).collect();
    let mut read = Reader { rest: body };
    // Each position takes at least two bytes, each arc at least eight.
    if header.positions as usize > body.len() / 2 || header.arcs as usize > body.len() / 8 {
        return Err(BadSet::Malformed("it promises more than it holds"));
    }
    let mut points: Vec<[i32; 2]> = Vec::with_capacity(header.positions as usize);
    let mut arcs = Vec::with_capacity(header.arcs as usize);
    let mut at = [0i64; 2];
    for _ in 0..header.arcs {
        let arc = read.arc(points.len(), sides.len(), header.stretches.len())?;
        if arc.len as usize > read.rest.len() / 2 {
            return Err(BadSet::Malformed("an arc is longer than the file"));
        }
        for _ in 0..arc.len {
            at[0] += read.signed()?;
            at[1] += read.signed()?;
            if at[0].abs() > i64::from(HALF_TURN) || at[1].abs() > i64::from(QUARTER_TURN) {
                return Err(BadSet::Malformed("a position is off the globe"));
            }
            points.push([at[0] as i32, at[1] as i32]);
        }
        arcs.push(arc);
    }
    if length(&arcs, &points) > MOST_LENGTH + MOST_LENGTH_EACH * points.len() as i64 {
        return Err(BadSet::Malformed("its edges go round the globe too often"));
    }
    if points.len() != header.positions as usize {
        return Err(BadSet::Malformed("its positions are not as many as promised"));
    }
    let mut rings = Vec::with_capacity(territories.len());
    for _ in &territories {
        rings.push(read.rings(arcs.len())?);
    }
    if !read.rest.is_empty() {
        return Err(BadSet::Malformed("something follows its last ring"));
    }
    let (info, stretches) = (header.set, header.stretches);
    Ok(Chart { info, territories, stretches, sides, points, arcs, rings })
}

/// The length of all edges, in steps, as if east and north were one direction and the globe had no other side.
fn length(arcs: &[ChartArc], points: &[[i32; 2]]) -> i64 {
    let edges = arcs.iter().flat_map(|arc| points[arc.range()].windows(2));
    edges.map(|pair| (0..2).map(|i| i64::from(pair[0][i].abs_diff(pair[1][i]))).sum::<i64>()).sum()
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn byte(&mut self) -> Result<u8, BadSet> {
        let (first, rest) = self.rest.split_first().ok_or(BadSet::Malformed("it ends within a number"))?;
        self.rest = rest;
        Ok(*first)
    }

    fn varint(&mut self) -> Result<u64, BadSet> {
        let mut value = 0u64;
        for (i, byte) in self.rest.iter().take(LONGEST_NUMBER).enumerate() {
            value |= u64::from(byte & 0x7f) << (7 * i);
            if byte & 0x80 == 0 {
                self.rest = &self.rest[i + 1..];
                return Ok(value);
            }
        }
        let cut_off = self.rest.len() < LONGEST_NUMBER;
        Err(BadSet::Malformed(if cut_off { "it ends within a number" } else { "a number is too long" }))
    }

    fn signed(&mut self) -> Result<i64, BadSet> {
        let value = self.varint()?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    fn arc(&mut self, start: usize, sides: usize, stretches: usize) -> Result<ChartArc, BadSet> {
        let (left, right) = (self.varint()?, self.varint()?);
        if left >= sides as u64 || right >= sides as u64 {
            return Err(BadSet::Malformed("an arc names a side that is not there"));
        }
        let kind = match self.byte()? {
            0 => Kind::Land,
            1 => Kind::RiverOrLake,
            2 => Kind::Maritime,
            _ => return Err(BadSet::Malformed("an arc is of an unknown kind")),
        };
        let stretch = self.varint()?;
        if stretch > stretches.min(usize::from(u16::MAX)) as u64 {
            return Err(BadSet::Malformed("an arc names a stretch that is not there"));
        }
        let len = self.varint()?;
        if !(2..=u64::from(u32::MAX)).contains(&len) {
            return Err(BadSet::Malformed("an arc has no edge"));
        }
        Ok(ChartArc {
            start: start as u32,
            len: len as u32,
            left: left as u16,
            right: right as u16,
            kind,
            stretch: stretch as u16,
        })
    }

    fn rings(&mut self, arcs: usize) -> Result<Vec<ChartRing>, BadSet> {
        let count = self.varint()?;
        let mut rings = Vec::new();
        for _ in 0..count {
            let head = self.varint()?;
            let mut ring = ChartRing { exterior: head & 1 == 1, arcs: Vec::new() };
            let mut at = 0i64;
            for _ in 0..head / 2 {
                at += self.signed()?;
                if at < 0 || at as usize / 2 >= arcs {
                    return Err(BadSet::Malformed("a ring names an arc that is not there"));
                }
                ring.arcs.push(at as u32);
            }
            rings.push(ring);
        }
        Ok(rings)
    }
}

fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn put_signed(out: &mut Vec<u8>, value: i64) {
    put_varint(out, ((value << 1) ^ (value >> 63)) as u64);
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
