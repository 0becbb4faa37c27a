//! Which territories hold a place.
//!
//! # The rule
//!
//! From the place a line is drawn along its meridian to the north pole, which belongs to nobody. Every territory
//! whose border it crosses an odd number of times holds the place. Meridians close at the pole, so the rule needs
//! no care for the antimeridian, for the south pole or for polygons around it.
//!
//! All arithmetic is on whole numbers and exact. A place exactly on a border belongs to what lies north of it; on a
//! border along a meridian, to what lies east of it. So every place on a shared border has one owner, not two or none.
//!
//! # The table
//!
//! The globe is cut into square blocks of 2²³ steps (0.84°). A block that no border touches holds one number: who
//! holds it. Others are cut again, into 4 to 1 024 cells, and so on until a cell has a few edges. A place finds its cell by
//! shifts alone, and most places end at a number: no edge is looked at.
//!
//! # Why it is exact
//!
//! Of each cell this holds: who holds a place in it = who holds the cell's *corner of reference* changed by every
//! edge in the cell's list that lies north of the place. It holds for a column of the globe with all its edges and nobody at
//! the corner, which is the rule itself. When a cell is cut, an edge on the list that cannot lie north of any place in
//! a part is left out there. An edge that lies north of *every* place of the part on its meridians is replaced by two
//! *roofs*: one from its western end and one from its eastern end, each going east to the part's side, beyond the north pole. Both
//! lie north of the same places as the edge did or cancel. Roofs that begin at the same meridian and change nothing
//! together are left out, which is what happens at every vertex of a border; one that begins at the part's western side
//! changes the corner instead. Nothing in this asks that borders close or that sides agree, so a file that was
//! made wrongly is answered as the slow twin answers it.
//!
//! Limits: a territory must not contain the north pole; no more than 16 different borders may meet in one place.
//! Cost: `cargo bench -p kordon-borders --bench containing`.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use crate::LonLat;
use crate::format::{Chart, HALF_TURN, QUARTER_TURN, STEPS_PER_DEGREE};
use crate::interned::Interned;
use crate::settle::Claimed;
use crate::territory::Mask;

/// Places are rounded to 2⁻²⁰ of a step: 1e-13 degrees, 10 nm.
const FINE: u32 = 20;
const TURN: i64 = 2 * HALF_TURN as i64;
/// A block's side is 2 to this power of steps.
const BLOCK: u32 = 23;
const COLUMNS: usize = (TURN as usize >> BLOCK) + 1;
const ROWS: usize = ((2 * QUARTER_TURN as usize) >> BLOCK) + 1;
/// Where a roof lies: north of every place.
const ROOF: i32 = i32::MAX;

/// A cell with at most so many edges, of at most so many kinds, is not cut.
const FEW_EDGES: usize = 16;
const FEW_CHANGES: usize = 6;
/// A cell with more edges is cut down to this side, 90 m; one with more kinds of border down to 0.2 m.
const SMALL: u32 = 13;
const SMALLEST: u32 = 4;
/// A cell answers by a table of 2 to this power at most.
const MOST_CHANGES: usize = 16;
/// So many edges and cells for each edge of the borders, and so many in any case: beyond it the borders are a tangle.
const MOST_COPIES: usize = 32;
const FREE_COPIES: usize = 1 << 20;
/// A word tells so many places apart.
const MOST_WORDS: usize = 1 << 29;

/// A place in whole numbers: 2⁻²⁰ steps east of the antimeridian, and north of the equator.
#[derive(Clone, Copy)]
struct Fine {
    x: i64,
    y: i64,
}

impl Fine {
    #[inline]
    fn of(place: LonLat) -> Self {
        Self::new(fine(place.lon()) + (i64::from(HALF_TURN) << FINE), fine(place.lat()))
    }

    /// 180° east is the same meridian as 180° west.
    #[inline]
    fn new(x: i64, y: i64) -> Self {
        Self { x: if x >= TURN << FINE { x - (TURN << FINE) } else { x }, y }
    }
}

/// Degrees to the nearest 2⁻²⁰ step. The products are below 2⁵¹, and numbers between 2⁵² and 2⁵³ are whole, so that
/// adding 1.5 · 2⁵² rounds them and leaves them in the last bits.
#[inline]
fn fine(degrees: f64) -> i64 {
    const WHOLE: f64 = (3u64 << 51) as f64;
    (degrees * (STEPS_PER_DEGREE * (1u64 << FINE) as f64) + WHOLE).to_bits() as i64 - WHOLE.to_bits() as i64
}

/// An edge from its western end eastwards, or a roof.
#[derive(Clone, Copy, Debug, Default)]
struct Edge {
    /// Steps from the western side of a column of blocks; negative where the edge begins west of it.
    west: i32,
    at_west: i32,
    /// More than 0, at most half a turn.
    width: u32,
    rise: i32,
    /// What a crossing changes: a place in the list of changes, and in a leaf the bit that stands for it.
    change: u32,
}

impl Edge {
    /// An edge, and its western end in steps from the antimeridian. No meridian crosses an edge along a meridian.
    fn new(a: [i32; 2], b: [i32; 2], change: u32) -> Option<(i64, Self)> {
        let mut east = i64::from(b[0]) - i64::from(a[0]);
        if east > i64::from(HALF_TURN) {
            east -= TURN;
        } else if east <= -i64::from(HALF_TURN) {
            east += TURN;
        }
        let (west, other) = match east {
            0 => return None,
            1.. => (a, b),
            _ => (b, a),
        };
        let edge = Self {
            west: 0,
            at_west: west[1],
            width: east.unsigned_abs() as u32,
            rise: other[1] - west[1],
            change,
        };
        Some(((i64::from(west[0]) + i64::from(HALF_TURN)) % TURN, edge))
    }

    /// Whether it lies north of a place so far east of its western end, in 2⁻²⁰ steps.
    #[inline]
    fn is_north_of(&self, along: i64, y: i64) -> bool {
        let above = y - (i64::from(self.at_west) << FINE);
        // Negative lengths are huge when read without a sign.
        (along as u64) < u64::from(self.width) << FINE
            && i128::from(self.rise) * i128::from(along) > i128::from(above) * i128::from(self.width)
    }

    fn east(&self) -> i64 {
        i64::from(self.west) + i64::from(self.width)
    }

    /// The part of it between two meridians, or one that is wider by a step, from south to north.
    fn reach(&self, x: &Range<i64>) -> (i64, i64) {
        let (west, east) = (i64::from(self.at_west), i64::from(self.at_west) + i64::from(self.rise));
        let ends = (west.min(east), west.max(east));
        if x.start <= i64::from(self.west) && self.east() <= x.end {
            return ends;
        }
        // Rounding errs by less than 2⁻²⁰ of a step.
        let at = |x: i64| {
            let along = (x - i64::from(self.west)).clamp(0, i64::from(self.width)) as f64;
            f64::from(self.at_west) + f64::from(self.rise) * along / f64::from(self.width)
        };
        let (a, b) = (at(x.start), at(x.end));
        ((a.min(b).floor() as i64 - 1).max(ends.0), (a.max(b).ceil() as i64 + 1).min(ends.1))
    }
}

/// More borders meet in one place than can be told apart, or edges go round the globe by the thousand.
#[derive(Debug)]
pub(crate) struct Tangled;

/// Who holds each place: see the head of this file.
pub(crate) struct Cells {
    columns: Vec<Column>,
    holders: Vec<Mask>,
}

/// The blocks between two meridians.
struct Column {
    /// For each block from south to north, then for the cells of blocks and of cells that were cut, row by row.
    words: Box<[Word]>,
    leaves: Box<[Leaf]>,
    edges: Box<[Edge]>,
    /// Places in the list of holders: for each combination of the bits of a leaf's edges.
    answers: Box<[u32]>,
}

/// What a cell is: its last three bits say which, the others where it goes on.
#[derive(Clone, Copy)]
struct Word(u32);

const HELD: u32 = 0;
const LEAF: u32 = 7;
/// The sides of a cell can be cut into 2 to the power of 1 to 5.
const MOST_BITS: u32 = 5;

impl Word {
    fn new(kind: u32, place: usize) -> Self {
        Self((place as u32) << 3 | kind)
    }

    #[inline]
    fn kind(self) -> u32 {
        self.0 & 7
    }

    #[inline]
    fn place(self) -> usize {
        (self.0 >> 3) as usize
    }
}

#[derive(Clone, Copy)]
struct Leaf {
    first: u32,
    end: u32,
    answers: u32,
}

impl Cells {
    pub(crate) fn of_chart(chart: &Chart, claimed: &Claimed) -> Result<Self, Tangled> {
        let mut changes = Interned::default();
        let borders: Vec<_> = claimed
            .borders(chart)
            .map(|(arc, sides)| (arc.range(), changes.put(chart.change_between(sides))))
            .collect();
        let edges = borders.iter().flat_map(|(range, change)| {
            chart.points[range.clone()].windows(2).map(|pair| (pair[0], pair[1], *change))
        });
        Self::of_edges(edges, &changes.list)
    }

    /// Edges with the change that crossing them makes.
    pub(crate) fn of_edges(
        edges: impl Iterator<Item = ([i32; 2], [i32; 2], u32)> + Clone,
        changes: &[Mask],
    ) -> Result<Self, Tangled> {
        let edges = edges.filter_map(|(a, b, change)| Edge::new(a, b, change));
        let (columns, room) = by_column(edges)?;
        let columns: Result<Vec<(Column, Vec<Mask>)>, Tangled> =
            columns.into_par_iter().map_init(|| Builder::new(changes, &room), Builder::column).collect();
        Ok(Self::of_columns(columns?))
    }

    /// Each column counts its own holders; here they are told apart.
    fn of_columns(made: Vec<(Column, Vec<Mask>)>) -> Self {
        let mut all = Interned::default();
        let mut columns = Vec::with_capacity(made.len());
        for (mut column, holders) in made {
            let holders: Vec<u32> = holders.into_iter().map(|mask| all.put(mask)).collect();
            for word in column.words.iter_mut().filter(|word| word.kind() == HELD) {
                *word = Word::new(HELD, holders[word.place()] as usize);
            }
            for answer in &mut column.answers {
                *answer = holders[*answer as usize];
            }
            columns.push(column);
        }
        Self { columns, holders: all.list }
    }

    /// All who hold some place, each once. [`Cells::at`] gives a place in this list.
    pub(crate) fn holders(&self) -> &[Mask] {
        &self.holders
    }

    /// Who holds the place.
    #[inline]
    pub(crate) fn at(&self, place: LonLat) -> usize {
        self.at_fine(Fine::of(place))
    }

    /// The territories that hold the place.
    pub(crate) fn containing(&self, place: LonLat) -> &Mask {
        &self.holders[self.at(place)]
    }

    /// The territories on the northern side of the middle of an edge, or on its eastern side when it runs along a
    /// meridian. Halves of steps are whole numbers here, so the middle lies on the edge exactly.
    pub(crate) fn north_of_edge(&self, a: [i32; 2], b: [i32; 2]) -> &Mask {
        let half = 1i64 << (FINE - 1);
        let mut east = i64::from(b[0]) - i64::from(a[0]);
        if east.abs() > i64::from(HALF_TURN) {
            east -= TURN * east.signum();
        }
        let x = half * (2 * (i64::from(a[0]) + i64::from(HALF_TURN)) + east);
        let y = half * (i64::from(a[1]) + i64::from(b[1]));
        &self.holders[self.at_fine(Fine::new(x.rem_euclid(TURN << FINE), y))]
    }

    #[inline]
    fn at_fine(&self, place: Fine) -> usize {
        let x = place.x as u64;
        let y = (place.y + (i64::from(QUARTER_TURN) << FINE)) as u64;
        let mut size = BLOCK + FINE;
        let column = &self.columns[(x >> size) as usize];
        let mut word = column.words[(y >> size) as usize];
        loop {
            match word.kind() {
                HELD => return word.place(),
                LEAF => return column.in_leaf(&column.leaves[word.place()], place),
                bits => {
                    size -= bits;
                    let part = |of: u64| (of >> size) as usize & ((1 << bits) - 1);
                    word = column.words[word.place() + (part(y) << bits) + part(x)];
                }
            }
        }
    }
}

impl Column {
    #[inline]
    fn in_leaf(&self, leaf: &Leaf, place: Fine) -> usize {
        let x = place.x & ((1 << (BLOCK + FINE)) - 1);
        let mut crossed = 0;
        for edge in &self.edges[leaf.first as usize..leaf.end as usize] {
            if edge.is_north_of(x - (i64::from(edge.west) << FINE), place.y) {
                crossed ^= edge.change;
            }
        }
        self.answers[(leaf.answers + crossed) as usize] as usize
    }
}

/// The edges of each column of blocks, with their western ends told from the column's side; and how much room is left for copies.
fn by_column(
    edges: impl Iterator<Item = (i64, Edge)> + Clone,
) -> Result<(Vec<Vec<Edge>>, AtomicUsize), Tangled> {
    let columns_of = |west: i64, edge: &Edge| {
        let end = west + i64::from(edge.width);
        let last = ((end - 1) >> BLOCK).min(COLUMNS as i64 - 1);
        // Blocks that lie beyond a whole turn are those at its beginning; the last one is cut short by it.
        let again = if end > TURN { ((end - TURN - 1) >> BLOCK) + 1 } else { 0 };
        (west >> BLOCK..=last).map(|c| (c, 0)).chain((0..again).map(|c| (c, TURN)))
    };
    let (mut counts, mut count) = (vec![0usize; COLUMNS], 0);
    for (west, edge) in edges.clone() {
        count += 1;
        for (column, _) in columns_of(west, &edge) {
            counts[column as usize] += 1;
        }
    }
    let room = AtomicUsize::new((count * MOST_COPIES + FREE_COPIES).min(MOST_WORDS));
    take(&room, counts.iter().sum())?;
    let mut columns: Vec<Vec<Edge>> = counts.into_iter().map(Vec::with_capacity).collect();
    for (west, edge) in edges {
        for (column, turn) in columns_of(west, &edge) {
            // At least minus half a turn, less than a block: it fits.
            let west = (west - turn - (column << BLOCK)) as i32;
            columns[column as usize].push(Edge { west, ..edge });
        }
    }
    Ok((columns, room))
}

fn take(room: &AtomicUsize, count: usize) -> Result<(), Tangled> {
    let enough = |left: usize| left.checked_sub(count);
    room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, enough).map(|_| ()).map_err(|_| Tangled)
}

/// Makes columns, one after another, with the same working space.
struct Builder<'a> {
    changes: &'a [Mask],
    room: &'a AtomicUsize,
    words: Vec<Word>,
    leaves: Vec<Leaf>,
    edges: Vec<Edge>,
    answers: Vec<u32>,
    holders: Interned<Mask>,
    /// Where the answers begin, by the holder of the corner and then the changes.
    answered: HashMap<Vec<u32>, u32>,
    /// The key of a leaf in that table.
    key: Vec<u32>,
    /// The edges of the cells that are being cut, those of a part after those of the whole.
    open: Vec<Edge>,
    /// Where the edges of each part end.
    ends: Vec<usize>,
    /// The parts that each edge reaches: the first, and the one after the last.
    spans: Vec<(usize, usize)>,
    /// The roofs that begin to lie over a row when going south, by rows.
    roofs: Vec<Roof>,
}

/// A square of 2 to the power of `size` steps: its western and southern sides.
#[derive(Clone, Copy)]
struct Square {
    x: i64,
    y: i64,
    size: u32,
}

/// Squares above each other: the southernmost one, and where their words go.
struct Pile {
    south: Square,
    rows: usize,
    first: usize,
    step: usize,
}

/// A part of a cell: who holds its corner of reference, and where its edges are among the open ones.
struct Part {
    corner: u32,
    edges: Range<usize>,
}

/// The meridian where a roof begins, and what it changes; first of all the row.
type Roof = (usize, i64, u32);

impl<'a> Builder<'a> {
    fn new(changes: &'a [Mask], room: &'a AtomicUsize) -> Self {
        Self {
            changes,
            room,
            words: Vec::new(),
            leaves: Vec::new(),
            edges: Vec::new(),
            answers: Vec::new(),
            holders: Interned::default(),
            answered: HashMap::new(),
            key: Vec::new(),
            open: Vec::new(),
            ends: Vec::new(),
            spans: Vec::new(),
            roofs: Vec::new(),
        }
    }

    /// A column of blocks, and who holds its places.
    fn column(&mut self, edges: Vec<Edge>) -> Result<(Column, Vec<Mask>), Tangled> {
        self.words.clear();
        self.leaves.clear();
        self.edges.clear();
        self.answers.clear();
        self.answered.clear();
        self.ends.clear();
        self.roofs.clear();
        self.holders = Interned::default();
        self.open = edges;
        self.words.resize(ROWS, Word::new(HELD, 0));
        let corner = self.holders.put(Mask::default());
        let south = Square { x: 0, y: -i64::from(QUARTER_TURN), size: BLOCK };
        let all = Part { corner, edges: 0..self.open.len() };
        self.stack(all, &Pile { south, rows: ROWS, first: 0, step: 1 })?;
        let column = Column {
            words: self.words.as_slice().into(),
            leaves: self.leaves.as_slice().into(),
            edges: self.edges.as_slice().into(),
            answers: self.answers.as_slice().into(),
        };
        Ok((column, std::mem::take(&mut self.holders.list)))
    }

    /// Puts a cell and gives the word for it.
    fn word(&mut self, part: Part, square: Square) -> Result<Word, Tangled> {
        if part.edges.is_empty() {
            return Ok(Word::new(HELD, part.corner as usize));
        }
        if part.edges.len() > FEW_EDGES && square.size > SMALL {
            return self.cut(part, square);
        }
        self.key.clear();
        self.key.push(part.corner);
        for edge in &self.open[part.edges.clone()] {
            if !self.key[1..].contains(&edge.change) {
                self.key.push(edge.change);
            }
            if self.key.len() - 1 > MOST_CHANGES {
                break;
            }
        }
        let too_mixed = self.key.len() - 1 > FEW_CHANGES && square.size > SMALLEST;
        if too_mixed { self.cut(part, square) } else { self.leaf(part.edges) }
    }

    /// A leaf of some of the open edges; their changes are in the key.
    fn leaf(&mut self, edges: Range<usize>) -> Result<Word, Tangled> {
        if self.key.len() - 1 > MOST_CHANGES {
            return Err(Tangled);
        }
        take(self.room, edges.len())?;
        self.key[1..].sort_unstable();
        let first = self.edges.len() as u32;
        for edge in &self.open[edges] {
            let bit = self.key[1..].iter().position(|change| *change == edge.change);
            let bit = bit.expect("the key was made of these edges");
            self.edges.push(Edge { change: 1 << bit, ..*edge });
        }
        let answers = self.answers()?;
        self.leaves.push(Leaf { first, end: self.edges.len() as u32, answers });
        Ok(Word::new(LEAF, self.leaves.len() - 1))
    }

    /// Where the answers for all combinations of the key's changes begin.
    fn answers(&mut self) -> Result<u32, Tangled> {
        if let Some(known) = self.answered.get(self.key.as_slice()) {
            return Ok(*known);
        }
        let combinations = 1usize << (self.key.len() - 1);
        take(self.room, combinations)?;
        let start = self.answers.len();
        self.answers.push(self.key[0]);
        // The second half of the answers to the changes so far and one more are the first half, across that one.
        for i in 1..self.key.len() {
            for at in start..self.answers.len() {
                let holder = self.across(self.answers[at], self.key[i]);
                self.answers.push(holder);
            }
        }
        self.answered.insert(self.key.clone(), start as u32);
        Ok(start as u32)
    }

    /// Who holds what lies across a border from the land of others.
    fn across(&mut self, holder: u32, change: u32) -> u32 {
        let holder = self.holders.list[holder as usize];
        self.holders.put(holder.xor(&self.changes[change as usize]))
    }

    /// Cuts a cell into parts and puts each of them.
    fn cut(&mut self, part: Part, square: Square) -> Result<Word, Tangled> {
        // A line through the cell meets about three parts for each two on a side: some five edges each.
        let bits = (part.edges.len() / 8).max(2).ilog2().min(MOST_BITS).min(square.size - SMALLEST);
        let size = square.size - bits;
        let side = 1usize << bits;
        take(self.room, side * side)?;
        let first = self.words.len();
        self.words.resize(first + side * side, Word::new(HELD, 0));
        self.spans.clear();
        for edge in &self.open[part.edges.clone()] {
            let west = ((i64::from(edge.west) - square.x) >> size).max(0) as usize;
            let last = ((edge.east() - 1 - square.x) >> size).min(side as i64 - 1) as usize;
            self.spans.push((west, last + 1));
        }
        let ends = self.share_out(part.edges, side);
        for i in (0..side).rev() {
            let edges = self.ends[ends + i]..self.ends[ends + i + 1];
            self.open.truncate(edges.end);
            let south = Square { x: square.x + ((i as i64) << size), y: square.y, size };
            let pile = Pile { south, rows: side, first: first + i, step: side };
            self.stack(Part { corner: part.corner, edges }, &pile)?;
        }
        self.ends.truncate(ends);
        Ok(Word::new(bits, first))
    }

    /// Cuts a column of squares into them and puts each, from north to south.
    fn stack(&mut self, part: Part, pile: &Pile) -> Result<(), Tangled> {
        let Pile { south, rows, first, step } = *pile;
        let x = south.x..south.x + (1 << south.size);
        let roofs = self.roofs.len();
        self.spans.clear();
        for edge in &self.open[part.edges.clone()] {
            let (low, high) = edge.reach(&x);
            let row = |y: i64| ((y - south.y) >> south.size).clamp(-1, rows as i64);
            let (low, end) = (row(low), (row(high) + 1).min(rows as i64));
            self.spans.push((low.max(0) as usize, end as usize));
            if low > 0 {
                let row = low as usize - 1;
                toggle(&mut self.roofs, roofs, (row, i64::from(edge.west).max(x.start), edge.change));
                if edge.east() < x.end {
                    toggle(&mut self.roofs, roofs, (row, edge.east(), edge.change));
                }
            }
        }
        self.roofs[roofs..].sort_unstable();
        let ends = self.share_out(part.edges, rows);
        let (mut over, mut corner): (Vec<(i64, u32)>, u32) = (Vec::new(), part.corner);
        for row in (0..rows).rev() {
            self.open.truncate(self.ends[ends + row + 1]);
            while self.roofs.len() > roofs
                && let Some((_, west, change)) = self.roofs.pop_if(|roof| roof.0 == row)
            {
                if west == x.start {
                    corner = self.across(corner, change);
                } else {
                    over.push((west, change));
                }
            }
            tidy(&mut over, self.changes);
            self.open.extend(over.iter().map(|(west, change)| Edge {
                west: *west as i32,
                at_west: ROOF,
                width: (x.end - west) as u32,
                rise: 0,
                change: *change,
            }));
            let part = Part { corner, edges: self.ends[ends + row]..self.open.len() };
            let square = Square { y: south.y + ((row as i64) << south.size), ..south };
            self.words[first + row * step] = self.word(part, square)?;
        }
        self.ends.truncate(ends);
        Ok(())
    }

    /// Copies open edges behind them all, part by part of those that `spans` says. Where each part begins, and the last ends, is in
    /// `ends` from the place that is given.
    fn share_out(&mut self, edges: Range<usize>, parts: usize) -> usize {
        let first = self.ends.len();
        self.ends.resize(first + parts + 1, 0);
        let ends = &mut self.ends[first..];
        for (begin, end) in &self.spans {
            for part in &mut ends[*begin..*end] {
                *part += 1;
            }
        }
        let mut end = self.open.len();
        for part in ends.iter_mut() {
            end += *part;
            *part = end;
        }
        self.open.resize(end, Edge::default());
        // From the last to the first, each to the end of what is left of its parts: so they keep their order, and ends become
        // beginnings.
        for (from, (begin, end)) in edges.zip(&self.spans).rev() {
            for part in &mut ends[*begin..*end] {
                *part -= 1;
                self.open[*part] = self.open[from];
            }
        }
        first
    }
}

/// Adds a roof to those from `first` on. Two equal ones cancel; mostly the two lie close together, as the edges of a border
/// follow each other.
fn toggle(roofs: &mut Vec<Roof>, first: usize, roof: Roof) {
    match roofs[first..].iter().rev().take(4).position(|other| *other == roof) {
        Some(back) => {
            roofs.swap_remove(roofs.len() - 1 - back);
        }
        None => roofs.push(roof),
    }
}

/// Leaves out the roofs that change nothing together.
fn tidy(roofs: &mut Vec<(i64, u32)>, changes: &[Mask]) {
    if roofs.len() < 2 {
        return;
    }
    roofs.sort_unstable();
    let mut kept = Vec::with_capacity(roofs.len());
    for group in roofs.chunk_by(|a, b| a.0 == b.0) {
        let all = group.iter().fold(Mask::default(), |all, (_, change)| all.xor(&changes[*change as usize]));
        if all.is_empty() {
            continue;
        }
        for equal in group.chunk_by(|a, b| a == b) {
            kept.extend_from_slice(&equal[..equal.len() % 2]);
        }
    }
    *roofs = kept;
}

/// The slow twin of [`Cells::containing`]: every edge of every border is looked at.
pub(crate) fn containing_slow(chart: &Chart, claimed: &Claimed, place: LonLat) -> Mask {
    let place = Fine::of(place);
    let mut holding = Mask::default();
    for (arc, sides) in claimed.borders(chart) {
        let change = chart.change_between(sides);
        for pair in chart.points[arc.range()].windows(2) {
            let Some((west, edge)) = Edge::new(pair[0], pair[1], 0) else { continue };
            if edge.is_north_of((place.x - (west << FINE)).rem_euclid(TURN << FINE), place.y) {
                holding = holding.xor(&change);
            }
        }
    }
    holding
}
