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
const FEW_EDGES: usize = 8;
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
#[derive(Clone, Copy, Debug)]
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
#[derive(Default)]
pub(crate) struct Cells {
    /// A word for each block, column by column.
    blocks: Vec<Word>,
    /// Words for the cells of blocks and of cells that were cut, row by row.
    cells: Vec<Word>,
    leaves: Vec<Leaf>,
    edges: Vec<Edge>,
    /// Places in `holders`: for each combination of the bits of a leaf's edges.
    answers: Vec<u32>,
    holders: Vec<Mask>,
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
        let mut edges = Vec::with_capacity(chart.points.len());
        for (arc, sides) in claimed.borders(chart) {
            let change = changes.put(chart.change_between(sides));
            edges.extend(chart.points[arc.range()].windows(2).map(|pair| (pair[0], pair[1], change)));
        }
        Self::of_edges(edges.into_iter(), &changes.list)
    }

    /// Edges with the change that crossing them makes.
    pub(crate) fn of_edges(
        edges: impl Iterator<Item = ([i32; 2], [i32; 2], u32)>,
        changes: &[Mask],
    ) -> Result<Self, Tangled> {
        let edges: Vec<(i64, Edge)> = edges.filter_map(|(a, b, change)| Edge::new(a, b, change)).collect();
        let room = AtomicUsize::new((edges.len() * MOST_COPIES + FREE_COPIES).min(MOST_WORDS));
        let columns: Result<Vec<Self>, Tangled> = by_column(&edges, &room)?
            .into_par_iter()
            .map(|edges| Column::build(edges, changes, &room))
            .collect();
        Ok(Self::of_columns(columns?))
    }

    fn of_columns(columns: Vec<Self>) -> Self {
        let sum = |length: fn(&Self) -> usize| columns.iter().map(length).sum();
        let mut all = Self {
            blocks: Vec::with_capacity(COLUMNS * ROWS),
            cells: Vec::with_capacity(sum(|column| column.cells.len())),
            leaves: Vec::with_capacity(sum(|column| column.leaves.len())),
            edges: Vec::with_capacity(sum(|column| column.edges.len())),
            ..Self::default()
        };
        let mut all_holders = Interned::default();
        for column in columns {
            let holders: Vec<u32> = column.holders.iter().map(|mask| all_holders.put(*mask)).collect();
            let (cells, leaves) = (all.cells.len(), all.leaves.len());
            let (edges, answers) = (all.edges.len() as u32, all.answers.len() as u32);
            let moved = |word: &Word| match word.kind() {
                HELD => Word::new(HELD, holders[word.place()] as usize),
                LEAF => Word::new(LEAF, word.place() + leaves),
                bits => Word::new(bits, word.place() + cells),
            };
            all.blocks.extend(column.blocks.iter().map(moved));
            all.cells.extend(column.cells.iter().map(moved));
            all.leaves.extend(column.leaves.iter().map(|leaf| Leaf {
                first: leaf.first + edges,
                end: leaf.end + edges,
                answers: leaf.answers + answers,
            }));
            all.edges.extend(column.edges);
            all.answers.extend(column.answers.iter().map(|holder| holders[*holder as usize]));
        }
        all.holders = all_holders.list;
        all
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
        let mut word = self.blocks[(x >> size) as usize * ROWS + (y >> size) as usize];
        loop {
            match word.kind() {
                HELD => return word.place(),
                LEAF => return self.in_leaf(&self.leaves[word.place()], place),
                bits => {
                    size -= bits;
                    let part = |of: u64| (of >> size) as usize & ((1 << bits) - 1);
                    word = self.cells[word.place() + (part(y) << bits) + part(x)];
                }
            }
        }
    }

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

/// The edges of each column of blocks, with their western ends told from the column's side.
fn by_column(edges: &[(i64, Edge)], room: &AtomicUsize) -> Result<Vec<Vec<Edge>>, Tangled> {
    let reach = |(west, edge): &(i64, Edge)| (west >> BLOCK, (west + i64::from(edge.width) - 1) >> BLOCK);
    let mut counts = vec![0usize; COLUMNS];
    let columns_of = |edge: &(i64, Edge)| {
        let (first, last) = reach(edge);
        // Blocks that lie beyond a whole turn are those at its beginning; the last one is cut short by it.
        let beyond = edge.0 + i64::from(edge.1.width) - TURN;
        let again = if beyond > 0 { ((beyond - 1) >> BLOCK) + 1 } else { 0 };
        (first..=last.min(COLUMNS as i64 - 1)).map(|c| (c, 0)).chain((0..again).map(|c| (c, TURN)))
    };
    for edge in edges {
        for (column, _) in columns_of(edge) {
            counts[column as usize] += 1;
        }
    }
    take(room, counts.iter().sum())?;
    let mut columns: Vec<Vec<Edge>> = counts.into_iter().map(Vec::with_capacity).collect();
    for (west, edge) in edges {
        for (column, turn) in columns_of(&(*west, *edge)) {
            // At least minus half a turn, less than a block: it fits.
            let west = (west - turn - (column << BLOCK)) as i32;
            columns[column as usize].push(Edge { west, ..*edge });
        }
    }
    Ok(columns)
}

fn take(room: &AtomicUsize, count: usize) -> Result<(), Tangled> {
    let enough = |left: usize| left.checked_sub(count);
    room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, enough).map(|_| ()).map_err(|_| Tangled)
}

/// The blocks between two meridians while they are made.
struct Column<'a> {
    made: Cells,
    changes: &'a [Mask],
    holders: Interned<Mask>,
    answered: HashMap<(u32, Vec<u32>), u32>,
    room: &'a AtomicUsize,
}

/// A square of 2 to the power of `size` steps: its western and southern sides.
#[derive(Clone, Copy)]
struct Square {
    x: i64,
    y: i64,
    size: u32,
}

/// A part of a cell: who holds its corner of reference, and its edges.
struct Part {
    corner: Mask,
    edges: Vec<Edge>,
}

impl<'a> Column<'a> {
    fn build(edges: Vec<Edge>, changes: &'a [Mask], room: &'a AtomicUsize) -> Result<Cells, Tangled> {
        let (made, holders) = (Cells::default(), Interned::default());
        let mut column = Self { made, changes, holders, answered: HashMap::new(), room };
        let south = Square { x: 0, y: -i64::from(QUARTER_TURN), size: BLOCK };
        let parts = column.stack(&edges, &Mask::default(), south, ROWS);
        drop(edges);
        for (row, part) in parts.into_iter().enumerate() {
            let block = column.word(part, Square { y: south.y + ((row as i64) << BLOCK), ..south })?;
            column.made.blocks.push(block);
        }
        Ok(Cells { holders: column.holders.list, ..column.made })
    }

    /// Puts a cell and gives the word for it.
    fn word(&mut self, part: Part, square: Square) -> Result<Word, Tangled> {
        if part.edges.is_empty() {
            return Ok(Word::new(HELD, self.holders.put(part.corner) as usize));
        }
        let mut changes: Vec<u32> = part.edges.iter().map(|edge| edge.change).collect();
        changes.sort_unstable();
        changes.dedup();
        let too_many = part.edges.len() > FEW_EDGES && square.size > SMALL;
        let too_mixed = changes.len() > FEW_CHANGES && square.size > SMALLEST;
        if too_many || too_mixed { self.cut(part, square) } else { self.leaf(part, &changes) }
    }

    fn leaf(&mut self, part: Part, changes: &[u32]) -> Result<Word, Tangled> {
        if changes.len() > MOST_CHANGES {
            return Err(Tangled);
        }
        take(self.room, part.edges.len())?;
        let first = self.made.edges.len() as u32;
        for edge in part.edges {
            let bit = changes.binary_search(&edge.change).expect("the list was made of these edges");
            self.made.edges.push(Edge { change: 1 << bit, ..edge });
        }
        let answers = self.answers(&part.corner, changes)?;
        self.made.leaves.push(Leaf { first, end: self.made.edges.len() as u32, answers });
        Ok(Word::new(LEAF, self.made.leaves.len() - 1))
    }

    /// Where the answers for all combinations of changes begin.
    fn answers(&mut self, corner: &Mask, changes: &[u32]) -> Result<u32, Tangled> {
        let key = (self.holders.put(*corner), changes.to_vec());
        if let Some(known) = self.answered.get(&key) {
            return Ok(*known);
        }
        take(self.room, 1 << changes.len())?;
        let start = self.made.answers.len() as u32;
        for crossed in 0..1u32 << changes.len() {
            let mut holder = *corner;
            for (bit, change) in changes.iter().enumerate() {
                if crossed >> bit & 1 == 1 {
                    holder = holder.xor(&self.changes[*change as usize]);
                }
            }
            let holder = self.holders.put(holder);
            self.made.answers.push(holder);
        }
        self.answered.insert(key, start);
        Ok(start)
    }

    /// Cuts a cell into parts and puts each of them.
    fn cut(&mut self, part: Part, square: Square) -> Result<Word, Tangled> {
        // A line through the cell meets about three parts for each two on a side.
        let bits = (part.edges.len() / 4).max(2).ilog2().min(MOST_BITS).min(square.size - SMALLEST);
        let size = square.size - bits;
        let side = 1usize << bits;
        take(self.room, side * side)?;
        let mut columns: Vec<Vec<Edge>> = vec![Vec::new(); side];
        for edge in &part.edges {
            let first = ((i64::from(edge.west) - square.x) >> size).max(0) as usize;
            let last = ((edge.east() - 1 - square.x) >> size).min(side as i64 - 1) as usize;
            for column in &mut columns[first..=last] {
                column.push(*edge);
            }
        }
        let start = self.made.cells.len();
        self.made.cells.resize(start + side * side, Word::new(HELD, 0));
        let corner = part.corner;
        drop(part.edges);
        for (i, edges) in columns.into_iter().enumerate() {
            let south = Square { x: square.x + ((i as i64) << size), y: square.y, size };
            for (row, part) in self.stack(&edges, &corner, south, side).into_iter().enumerate() {
                let square = Square { y: south.y + ((row as i64) << size), ..south };
                self.made.cells[start + row * side + i] = self.word(part, square)?;
            }
        }
        Ok(Word::new(bits, start))
    }

    /// The parts of a column of squares, from south to north.
    fn stack(&self, edges: &[Edge], corner: &Mask, south: Square, rows: usize) -> Vec<Part> {
        let x = south.x..south.x + (1 << south.size);
        let mut parts: Vec<Part> = Vec::new();
        parts.resize_with(rows, || Part { corner: *corner, edges: Vec::new() });
        // For each row, the roofs that begin to lie over it when going south.
        let mut roofs: Vec<Roofs> = Vec::new();
        roofs.resize_with(rows, Roofs::default);
        for edge in edges {
            let (low, high) = edge.reach(&x);
            let row = |y: i64| (y - south.y) >> south.size;
            let (low, high) = (row(low), row(high).min(rows as i64 - 1));
            for row in low.max(0)..=high {
                parts[row as usize].edges.push(*edge);
            }
            if low > 0 {
                let roofs = &mut roofs[(low as usize).min(rows) - 1];
                roofs.toggle(i64::from(edge.west).max(x.start), edge.change);
                if edge.east() < x.end {
                    roofs.toggle(edge.east(), edge.change);
                }
            }
        }
        let mut over = Roofs::default();
        for (part, roofs) in parts.iter_mut().zip(roofs).rev() {
            for (x, change) in roofs.0 {
                over.toggle(x, change);
            }
            over.tidy(self.changes);
            for (west, change) in &over.0 {
                if *west == x.start {
                    part.corner = part.corner.xor(&self.changes[*change as usize]);
                } else {
                    let (west, width) = (*west as i32, (x.end - *west) as u32);
                    part.edges.push(Edge { west, at_west: ROOF, width, rise: 0, change: *change });
                }
            }
        }
        parts
    }
}

/// The meridians where roofs begin, and what each changes.
#[derive(Default)]
struct Roofs(Vec<(i64, u32)>);

impl Roofs {
    /// Two equal ones cancel; mostly the two lie close together, as the edges of a border follow each other.
    fn toggle(&mut self, x: i64, change: u32) {
        match self.0.iter().rev().take(4).position(|roof| *roof == (x, change)) {
            Some(back) => {
                self.0.swap_remove(self.0.len() - 1 - back);
            }
            None => self.0.push((x, change)),
        }
    }

    /// Leaves out those that change nothing together.
    fn tidy(&mut self, changes: &[Mask]) {
        if self.0.len() < 2 {
            return;
        }
        self.0.sort_unstable();
        let mut kept = Vec::with_capacity(self.0.len());
        for group in self.0.chunk_by(|a, b| a.0 == b.0) {
            let all =
                group.iter().fold(Mask::default(), |all, (_, change)| all.xor(&changes[*change as usize]));
            if all.is_empty() {
                continue;
            }
            for equal in group.chunk_by(|a, b| a == b) {
                kept.extend_from_slice(&equal[..equal.len() % 2]);
            }
        }
        self.0 = kept;
    }
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
