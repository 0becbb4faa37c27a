//! The pieces of all borders, eight to a leaf, under a tree of boxes in the Earth-centered frame.
//!
//! Edges are grouped into leaves of up to eight consecutive ones; an edge that strays from its chord by more than
//! [`MOST_SLACK`] is cut into pieces first. Over the leaves stands a packed tree, eight children to a node. In space there
//! are no poles and no antimeridian. What lies in a box is told by a group: for a leaf the territories on its two
//! sides, above that the union of all whose border is inside. A [`Filter`] says for every group whether a search cares.
//!
//! Leaves and boxes are in single precision, eight side by side, so that the compiler can measure several at once and
//! the world fits into 30 MB. Nothing is lost by it: boxes are rounded outward, points are kept relative to the middle of
//! their leaf, and what rounding can still do is added to every bound ([`Leaf::measure`]).

use rayon::prelude::*;

use crate::edge::Edge;
use crate::ellipsoid::{Vec3, dot, ecef, sub};
use crate::format::{Chart, STEPS_PER_DEGREE};
use crate::interned::Interned;
use crate::territory::Mask;

/// Children of a node, and pieces of a leaf at most.
pub(crate) const WIDTH: usize = 8;
/// More levels than four billion leaves need.
pub(crate) const MOST_LEVELS: usize = 12;
/// Arcs whose leaves are made in one go.
const ARCS: usize = 256;
/// A piece strays from its chord by at most this many meters.
const MOST_SLACK: f64 = 1.0;
/// What single precision may do to a length, as a share of it: the eight or so operations that lead to a distance are each
/// wrong by at most 2⁻²⁴, one part in 17 million.
pub(crate) const BLUR: f32 = 1e-6;
/// How far a place may be from its own coordinates in single precision, in meters: half of 0.5 m along each axis.
const ROUNDED: f64 = 0.5;

pub(crate) type Vec3f = [f32; 3];

pub(crate) struct Tree {
    pub(crate) leaves: Vec<Leaf>,
    /// Level by level, from the one above the leaves up to the root; where each begins, and the end.
    nodes: Vec<Node>,
    starts: Vec<u32>,
    groups: Vec<Group>,
}

/// What lies in a box, for a search that cares for some territories only.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Group {
    /// Pieces of arcs with these places in [`Chart::sides`] to their left and right.
    Arc(u16, u16),
    /// Borders of these territories.
    Borders(Mask),
}

/// Up to eight consecutive pieces of one arc: whole edges, or parts of one edge.
#[derive(Clone, Copy)]
#[repr(align(32))]
pub(crate) struct Leaf {
    /// The ends of the pieces, relative to the middle.
    points: [[f32; WIDTH + 1]; 3],
    middle: Vec3f,
    /// A piece strays from its chord by at most this times the chord squared, and by `blur`.
    bend: f32,
    blur: f32,
    /// The first edge: the place of its first position in the chart.
    edge: u32,
    pub(crate) arc: u32,
    pub(crate) group: u32,
    /// 1 when its pieces are whole edges, else the number of parts of its one edge.
    parts: u32,
    /// The first of those parts.
    part: u32,
    count: u32,
}

/// The pieces of a leaf as seen from a place, in meters.
pub(crate) struct Lanes {
    /// Straight-line distances to the chords; infinite where there is no piece.
    pub away: [f32; WIDTH],
    /// The true distance to the piece is within this of `away`.
    pub give: [f32; WIDTH],
    /// Where on the piece the chord is nearest.
    pub t: [f32; WIDTH],
}

/// A piece of an edge: from `t0` to `t1` of the edge that begins at a position of the chart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece {
    pub edge: u32,
    pub t0: f64,
    pub t1: f64,
}

#[repr(align(64))]
pub(crate) struct Node {
    pub(crate) low: [[f32; WIDTH]; 3],
    pub(crate) high: [[f32; WIDTH]; 3],
    pub(crate) groups: [u32; WIDTH],
    /// How accurate the worst border under each child is, in meters; never told better than it is.
    pub(crate) worst_m: [f32; WIDTH],
}

/// A leaf or a node on its way into the node above it.
struct Child {
    bounds: Box3,
    group: u32,
    worst_m: f32,
}

/// A bit for each group of a tree: whether the outline of the union of some territories can be in it.
pub(crate) struct Filter(Vec<u64>);

impl Filter {
    pub(crate) fn passes(&self, group: u32) -> bool {
        self.0[group as usize / 64] >> (group % 64) & 1 == 1
    }
}

impl Tree {
    pub(crate) fn of_chart(chart: &Chart) -> Self {
        let mut groups = Interned::default();
        let arc_groups: Vec<u32> =
            chart.arcs.iter().map(|arc| groups.put(Group::Arc(arc.left, arc.right))).collect();
        let arcs: Vec<u32> =
            (0..chart.arcs.len() as u32).filter(|arc| chart.arcs[*arc as usize].is_border()).collect();
        let leaves: Vec<Vec<Leaf>> = arcs
            .par_chunks(ARCS)
            .map(|arcs| {
                let mut leaves = Vec::new();
                for arc in arcs {
                    put_leaves(chart, *arc, arc_groups[*arc as usize], &mut leaves);
                }
                leaves
            })
            .collect();
        Self::over(chart, leaves, groups, Cores::All)
    }

    /// A tree of the outline of the union of `of` alone. Made by the thread that asks for it: it is asked for under a lock,
    /// and threads of the pool that wait for the lock would wait for a part of the work that nobody is left to do.
    pub(crate) fn of_outline(&self, chart: &Chart, of: &Mask) -> Self {
        let filter = self.filter(chart, of);
        let mut groups = Interned::default();
        let kept = self.leaves_of(&filter).into_iter().map(|index| {
            let leaf = &self.leaves[index as usize];
            let arc = &chart.arcs[leaf.arc as usize];
            Leaf { group: groups.put(Group::Arc(arc.left, arc.right)), ..*leaf }
        });
        let leaves = vec![kept.collect()];
        Self::over(chart, leaves, groups, Cores::Own)
    }

    /// The leaves of the groups that pass, ascending, from the top down: most of the world has none.
    fn leaves_of(&self, filter: &Filter) -> Vec<u32> {
        let mut open = vec![0];
        for level in (1..=self.top().unwrap_or(0) as usize).rev() {
            let below = match level {
                1 => self.leaves.len() as u32,
                _ => self.starts[level - 1] - self.starts[level - 2],
            };
            let children = open.iter().flat_map(|&index| {
                let first = index * WIDTH as u32;
                let groups = self.node(level as u32, index).groups;
                (first..below).zip(groups).filter(|(_, group)| filter.passes(*group)).map(|(child, _)| child)
            });
            open = children.collect();
        }
        open
    }

    fn over(chart: &Chart, leaves: Vec<Vec<Leaf>>, mut groups: Interned<Group>, cores: Cores) -> Self {
        let leaves = in_order(leaves, cores);
        let child = |leaf: &Leaf| {
            let accuracy_m = chart.accuracy_of(&chart.arcs[leaf.arc as usize]);
            Child { bounds: leaf.bounds(), group: leaf.group, worst_m: rounded_up(accuracy_m) }
        };
        let mut level: Vec<Child> = match cores {
            Cores::All => leaves.par_iter().map(child).collect(),
            Cores::Own => leaves.iter().map(child).collect(),
        };
        let (mut nodes, mut starts) = (Vec::with_capacity(level.len() / 7 + MOST_LEVELS), vec![0]);
        while !level.is_empty() {
            let mut above = Vec::with_capacity(level.len().div_ceil(WIDTH));
            for children in level.chunks(WIDTH) {
                nodes.push(Node::of(children));
                let (mut bounds, mut mask, mut worst_m) = (Box3::EMPTY, Mask::default(), 0.0f32);
                for child in children {
                    bounds.add_point(child.bounds.low);
                    bounds.add_point(child.bounds.high);
                    mask = mask.or(&groups.list[child.group as usize].borders(chart));
                    worst_m = worst_m.max(child.worst_m);
                }
                above.push(Child { bounds, group: groups.put(Group::Borders(mask)), worst_m });
            }
            starts.push(nodes.len() as u32);
            if above.len() == 1 {
                break;
            }
            level = above;
        }
        Self { leaves, nodes, starts, groups: groups.list }
    }

    /// The level of the root, counted from the leaves, which are level 0; `None` for a tree without leaves.
    pub(crate) fn top(&self) -> Option<u32> {
        self.starts.len().checked_sub(2).map(|levels| levels as u32 + 1)
    }

    /// How accurate the worst border in it is, in meters; never told better than it is.
    pub(crate) fn worst_m(&self) -> f64 {
        let root = self.nodes.last().map_or([0.0; WIDTH], |root| root.worst_m);
        f64::from(root.into_iter().fold(0.0, f32::max))
    }

    pub(crate) fn node(&self, level: u32, index: u32) -> &Node {
        &self.nodes[(self.starts[level as usize - 1] + index) as usize]
    }

    /// Which groups hold some of the outline of the union of `of`: where one side belongs to one of them and the other to none.
    pub(crate) fn filter(&self, chart: &Chart, of: &Mask) -> Filter {
        let mut bits = vec![0; self.groups.len().div_ceil(64)];
        for (i, group) in self.groups.iter().enumerate() {
            let passes = match group {
                Group::Arc(left, right) => {
                    chart.sides[usize::from(*left)].meets(of) != chart.sides[usize::from(*right)].meets(of)
                }
                Group::Borders(mask) => mask.meets(of),
            };
            bits[i / 64] |= u64::from(passes) << (i % 64);
        }
        Filter(bits)
    }
}

impl Group {
    /// The territories whose border is in it.
    fn borders(&self, chart: &Chart) -> Mask {
        match self {
            Self::Arc(left, right) => chart.change_between([*left, *right]),
            Self::Borders(mask) => *mask,
        }
    }
}

fn put_leaves(chart: &Chart, arc: u32, group: u32, leaves: &mut Vec<Leaf>) {
    let range = chart.arcs[arc as usize].range();
    let points = &chart.points[range.clone()];
    let xyz: Vec<Vec3> = points.iter().map(|point| in_space(*point)).collect();
    // The edges that wait for a leaf, and how far each strays.
    let (mut begin, mut slacks) = (0, Vec::with_capacity(WIDTH));
    for i in 0..points.len() - 1 {
        let curve = Edge::new(points[i], points[i + 1]);
        let slack = curve.slack(xyz[i], xyz[i + 1]);
        let edge = (range.start + i) as u32;
        if slack <= MOST_SLACK {
            slacks.push(slack);
        }
        if !slacks.is_empty() && (slacks.len() == WIDTH || slack > MOST_SLACK || i + 2 == points.len()) {
            let first = (range.start + begin) as u32;
            let whole = Leaf { edge: first, parts: 1, arc, group, ..Leaf::EMPTY };
            leaves.push(whole.with(&xyz[begin..=begin + slacks.len()], &slacks));
            begin += slacks.len();
            slacks.clear();
        }
        if slack > MOST_SLACK {
            put_parts(&curve, slack, Leaf { edge, arc, group, ..Leaf::EMPTY }, leaves);
            begin = i + 1;
        }
    }
}

/// Leaves for an edge that is too bent for one chord. Of `n` equal parts each strays by the `n²`-th of what the edge does.
fn put_parts(curve: &Edge, slack: f64, leaf: Leaf, leaves: &mut Vec<Leaf>) {
    let parts = (slack / MOST_SLACK).sqrt().ceil();
    let slacks = [slack / (parts * parts); WIDTH];
    for part in (0..parts as u32).step_by(WIDTH) {
        let count = (parts as u32 - part).min(WIDTH as u32);
        let points: Vec<Vec3> = (part..=part + count).map(|i| curve.at(f64::from(i) / parts)).collect();
        leaves.push(Leaf { parts: parts as u32, part, ..leaf }.with(&points, &slacks[..count as usize]));
    }
}

fn in_space(point: [i32; 2]) -> Vec3 {
    let radians = |steps: i32| (f64::from(steps) / STEPS_PER_DEGREE).to_radians();
    ecef(radians(point[0]), radians(point[1]))
}

impl Leaf {
    const EMPTY: Self = Self {
        points: [[0.0; WIDTH + 1]; 3],
        middle: [0.0; 3],
        bend: 0.0,
        blur: 0.0,
        edge: 0,
        arc: 0,
        group: 0,
        parts: 1,
        part: 0,
        count: 0,
    };

    /// The same leaf with the pieces between these points, each with what it strays from its chord.
    fn with(mut self, points: &[Vec3], slacks: &[f64]) -> Self {
        let mut bounds = Box3::EMPTY;
        for point in points {
            bounds.add_point(*point);
        }
        self.middle = std::array::from_fn(|axis| (0.5 * bounds.middle(axis)) as f32);
        let middle = self.middle.map(f64::from);
        let mut extent: f64 = 0.0;
        for i in 0..=WIDTH {
            let away = sub(points[i.min(points.len() - 1)], middle);
            extent = extent.max(dot(away, away).sqrt());
            for (points, away) in self.points.iter_mut().zip(away) {
                points[i] = away as f32;
            }
        }
        self.count = slacks.len() as u32;
        self.blur = (2.0 * f64::from(BLUR) * extent + 1e-6) as f32;
        for (i, slack) in slacks.iter().enumerate() {
            let bend = (slack * 1.000_01) as f32 / self.chord2(i);
            // A chord that is all but closed bends without measure: what it strays is then an addition.
            if bend < 1e-6 {
                self.bend = self.bend.max(bend);
            } else {
                self.blur = self.blur.max((slack + 2.0 * f64::from(BLUR) * extent + 1e-6) as f32);
            }
        }
        self
    }

    fn chord2(&self, i: usize) -> f32 {
        let along: Vec3f = std::array::from_fn(|axis| self.points[axis][i + 1] - self.points[axis][i]);
        along[0] * along[0] + along[1] * along[1] + along[2] * along[2]
    }

    fn bounds(&self) -> Box3 {
        let (mut bounds, mut stray) = (Box3::EMPTY, 0.0f32);
        for i in 0..=self.count as usize {
            let point =
                std::array::from_fn(|axis| f64::from(self.middle[axis]) + f64::from(self.points[axis][i]));
            bounds.add_point(point);
            if i < self.count as usize {
                stray = stray.max(self.chord2(i));
            }
        }
        bounds.widened(f64::from(stray * self.bend + self.blur))
    }

    /// Piece number `i`.
    pub(crate) fn piece(&self, i: usize) -> Piece {
        if self.parts == 1 {
            return Piece { edge: self.edge + i as u32, t0: 0.0, t1: 1.0 };
        }
        let (parts, part) = (f64::from(self.parts), f64::from(self.part) + i as f64);
        Piece { edge: self.edge, t0: part / parts, t1: (part + 1.0) / parts }
    }

    /// The distances from `p` to the pieces.
    ///
    /// # What single precision does
    ///
    /// `p` relative to the middle is taken in double precision and then rounded, by 2⁻²⁴ of its length; so are
    /// the points, and the few operations that follow. A place on the chord that is a little off by rounding is farther
    /// than the nearest by no more than it is off. All of that together is less than 14 roundings of a length that is at
    /// most `away` and twice the leaf's extent: 14 / 2²⁴ < [`BLUR`].
    pub(crate) fn measure(&self, p: Vec3) -> Lanes {
        let p: Vec3f = std::array::from_fn(|axis| (p[axis] - f64::from(self.middle[axis])) as f32);
        let [xs, ys, zs] = &self.points;
        let mut lanes = Lanes { away: [0.0; WIDTH], give: [0.0; WIDTH], t: [0.0; WIDTH] };
        for i in 0..WIDTH {
            let (dx, dy, dz) = (xs[i + 1] - xs[i], ys[i + 1] - ys[i], zs[i + 1] - zs[i]);
            let (px, py, pz) = (p[0] - xs[i], p[1] - ys[i], p[2] - zs[i]);
            let chord2 = dx * dx + dy * dy + dz * dz;
            let t = (dx * px + dy * py + dz * pz) / greater(chord2, f32::MIN_POSITIVE);
            let t = lesser(greater(t, 0.0), 1.0);
            let (x, y, z) = (px - t * dx, py - t * dy, pz - t * dz);
            let away = (x * x + y * y + z * z).sqrt();
            lanes.away[i] = away;
            lanes.give[i] = self.bend * chord2 + self.blur + BLUR * away;
            lanes.t[i] = t;
        }
        for away in &mut lanes.away[self.count as usize..] {
            *away = f32::INFINITY;
        }
        lanes
    }

    /// The ends of the pieces relative to `origin`, rounded to single precision.
    pub(crate) fn relative_to(&self, origin: Vec3) -> [[f32; WIDTH + 1]; 3] {
        std::array::from_fn(|axis| {
            let shift = (f64::from(self.middle[axis]) - origin[axis]) as f32;
            self.points[axis].map(|v| v + shift)
        })
    }

    /// The longest way from a piece's chord to the piece, for piece number `i`.
    pub(crate) fn slack(&self, i: usize) -> f32 {
        self.bend * self.chord2(i) + self.blur
    }

    pub(crate) fn count(&self) -> usize {
        self.count as usize
    }
}

/// The greater of two numbers that are numbers; `f32::max` takes care of those that are not, and three times as long.
pub(crate) fn greater(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

pub(crate) fn lesser(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

impl Node {
    fn of(children: &[Child]) -> Self {
        // A child that is not there is infinitely far away.
        let nowhere = [[f32::INFINITY; WIDTH]; 3];
        let mut node = Self { low: nowhere, high: nowhere, groups: [0; WIDTH], worst_m: [0.0; WIDTH] };
        for (i, child) in children.iter().enumerate() {
            for axis in 0..3 {
                node.low[axis][i] = rounded_down(child.bounds.low[axis]);
                node.high[axis][i] = rounded_up(child.bounds.high[axis]);
            }
            (node.groups[i], node.worst_m[i]) = (child.group, child.worst_m);
        }
        node
    }

    /// Straight-line distances from `p` to the children, squared; to be compared with [`limit2`].
    pub(crate) fn distances2(&self, p: Vec3f) -> [f32; WIDTH] {
        let mut out = [0.0; WIDTH];
        for axis in 0..3 {
            let (low, high, p) = (&self.low[axis], &self.high[axis], p[axis]);
            for i in 0..WIDTH {
                let away = greater(greater(low[i] - p, p - high[i]), 0.0);
                out[i] += away * away;
            }
        }
        out
    }
}

/// What [`Node::distances2`] may not exceed for a box that has a point within `limit` meters.
///
/// The place that asks is rounded by less than 0.5 m there, and the arithmetic is wrong by less than [`BLUR`].
pub(crate) fn limit2(limit: f64) -> f32 {
    let widened = (limit + ROUNDED) * (1.0 + f64::from(BLUR));
    ((widened * widened) as f32).min(f32::MAX)
}

fn rounded_up(v: f64) -> f32 {
    -rounded_down(-v)
}

fn rounded_down(v: f64) -> f32 {
    let rounded = v as f32;
    if f64::from(rounded) > v { rounded.next_down() } else { rounded }
}

#[derive(Clone, Copy)]
struct Box3 {
    low: Vec3,
    high: Vec3,
}

impl Box3 {
    const EMPTY: Self = Self { low: [f64::INFINITY; 3], high: [f64::NEG_INFINITY; 3] };

    #[expect(clippy::needless_range_loop, reason = "axes run through several arrays side by side")]
    fn add_point(&mut self, p: Vec3) {
        for axis in 0..3 {
            self.low[axis] = self.low[axis].min(p[axis]);
            self.high[axis] = self.high[axis].max(p[axis]);
        }
    }

    fn widened(self, by: f64) -> Self {
        Self { low: self.low.map(|v| v - by), high: self.high.map(|v| v + by) }
    }

    fn middle(&self, axis: usize) -> f64 {
        self.low[axis] + self.high[axis]
    }
}

/// Where a leaf is while leaves are sorted.
struct Placed {
    /// Twice the middle of its box.
    middle: Vec3,
    chunk: u32,
    index: u32,
}

/// Who makes a tree: all threads of the pool, or the one that asks for it.
#[derive(Clone, Copy, PartialEq)]
enum Cores {
    All,
    Own,
}

/// The leaves so that each run of 8, 64, 512 … of them lies close together.
fn in_order(chunks: Vec<Vec<Leaf>>, cores: Cores) -> Vec<Leaf> {
    fn places(chunk: usize, leaves: &[Leaf]) -> impl Iterator<Item = Placed> {
        leaves.iter().enumerate().map(move |(index, leaf)| {
            let bounds = leaf.bounds();
            let middle = std::array::from_fn(|axis| bounds.middle(axis));
            Placed { middle, chunk: chunk as u32, index: index as u32 }
        })
    }
    let of = |leaf: &Placed| chunks[leaf.chunk as usize][leaf.index as usize];
    let mut placed: Vec<Placed> = match cores {
        Cores::All => {
            chunks.par_iter().enumerate().flat_map_iter(|(chunk, leaves)| places(chunk, leaves)).collect()
        }
        Cores::Own => chunks.iter().enumerate().flat_map(|(chunk, leaves)| places(chunk, leaves)).collect(),
    };
    sort_for_tree(&mut placed, cores);
    match cores {
        Cores::All => placed.par_iter().map(of).collect(),
        Cores::Own => placed.iter().map(of).collect(),
    }
}

/// Halves along the longest axis, cut at whole nodes.
fn sort_for_tree(items: &mut [Placed], cores: Cores) {
    if items.len() <= WIDTH {
        return;
    }
    let mut unit = WIDTH;
    while unit * WIDTH < items.len() {
        unit *= WIDTH;
    }
    let (mut low, mut high) = ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
    for item in items.iter() {
        for axis in 0..3 {
            low[axis] = low[axis].min(item.middle[axis]);
            high[axis] = high[axis].max(item.middle[axis]);
        }
    }
    let spread: [f64; 3] = std::array::from_fn(|axis| high[axis] - low[axis]);
    let mut axis = 0;
    for other in 1..3 {
        if spread[other] > spread[axis] {
            axis = other;
        }
    }
    let cut = (items.len().div_ceil(2 * unit)) * unit;
    items.select_nth_unstable_by(cut, |a, b| a.middle[axis].total_cmp(&b.middle[axis]));
    let (left, right) = items.split_at_mut(cut);
    if cores == Cores::All && left.len() > 4_096 {
        rayon::join(|| sort_for_tree(left, cores), || sort_for_tree(right, cores));
    } else {
        sort_for_tree(left, cores);
        sort_for_tree(right, cores);
    }
}
