//! The nearest point of a border, found through a tree of boxes and certified.
//!
//! Edges are grouped into leaves of up to eight consecutive ones; an edge that strays from its chord by more than
//! 2 m is cut into pieces first. Over the leaves stands a packed tree, eight children to a node, of boxes in the
//! Earth-centered frame, where there are no poles and no antimeridian. Each box also knows whose border is in it,
//! so that one tree answers for a territory, for a set of them, and for "anyone else".
//!
//! # Why no nearer point is missed
//!
//! A box holds every point of its edges: it is made of the ends of the pieces, widened by their slack, which bounds how
//! far an edge strays from its chord (`Edge::slack`). The straight-line distance from the place to a box, or to
//! the chord of a piece less its slack, is therefore at most the straight-line distance to any point of the border in it.
//! A box or piece is dropped only if that is more than `chord_limit(s)` for the best distance `s` found so far, and
//! then every geodesic distance into it is more than `s` (proof in `ellipsoid.rs`). What is left is measured exactly.
//!
//! Cost: 2 to 3 µs within some hundred kilometers; some 100 µs for a named territory on the other side of the
//! globe, where the chord bound is loose and many stretches of its border are measured.

use rayon::prelude::*;

use crate::LonLat;
use crate::edge::{Edge, on_chord};
use crate::ellipsoid::{Vec3, chord_limit, distance, dot, ecef, ecef_of, inverse, length_of_chord, sub};
use crate::format::{Chart, STEPS_PER_DEGREE};
use crate::territory::Mask;

/// Children of a node, and edges of a leaf at most.
const WIDTH: usize = 8;
/// A piece strays from its chord by at most this many meters.
const MOST_SLACK: f64 = 2.0;
/// Up to this many meters a chord tells the length on the ground to better than 10 µm.
const NEAR: f64 = 200_000.0;
/// Beyond this many meters the chord bound is loose by more than the length of a leaf.
const FAR: f64 = 3_000_000.0;
/// Widens every bound by more than the rounding of coordinates of 6.4e6 m, squared and rooted again.
const ROUNDING: f64 = 1e-6;

pub(crate) struct Tree {
    /// The points of the chart in space, in its order; then the inner points of edges that were cut.
    xyz: Vec<Vec3>,
    leaves: Vec<Leaf>,
    /// From the level above the leaves up to the root.
    levels: Vec<Vec<Node>>,
    masks: Vec<Mask>,
}

/// Up to eight consecutive pieces of one arc: whole edges, or parts of one edge.
#[derive(Clone, Copy)]
struct Leaf {
    /// The first point in `xyz`; the others follow.
    xyz: u32,
    /// The first edge: the place of its first position in the chart.
    edge: u32,
    arc: u32,
    /// 1 when its pieces are whole edges, else the number of parts of its one edge.
    parts: u32,
    /// The first of those parts.
    part: u32,
    count: u32,
    slack: f64,
}

#[derive(Clone)]
struct Node {
    low: [[f64; WIDTH]; 3],
    high: [[f64; WIDTH]; 3],
    masks: [u32; WIDTH],
}

/// The nearest point that was found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    pub distance_m: f64,
    pub azimuth_deg: Option<f64>,
    pub point: LonLat,
    pub arc: u32,
}

impl Tree {
    pub(crate) fn of_chart(chart: &Chart) -> Self {
        let mut xyz: Vec<Vec3> = chart.points.par_iter().map(|point| in_space(*point)).collect();
        let mut leaves = Vec::with_capacity(chart.points.len() / WIDTH * 5 / 4);
        for (index, arc) in chart.arcs.iter().enumerate().filter(|(_, arc)| arc.is_border()) {
            put_leaves(chart, index as u32, arc.range(), &mut xyz, &mut leaves);
        }
        let mut boxes: Vec<(Leaf, Box3)> = leaves.par_iter().map(|leaf| (*leaf, leaf.bounds(&xyz))).collect();
        sort_for_tree(&mut boxes);
        let mut tree = Self {
            xyz,
            leaves: boxes.iter().map(|(leaf, _)| *leaf).collect(),
            levels: Vec::new(),
            masks: Vec::new(),
        };
        tree.put_levels(chart, &boxes);
        tree
    }

    fn put_levels(&mut self, chart: &Chart, boxes: &[(Leaf, Box3)]) {
        let mut interned = std::collections::HashMap::new();
        let mut intern = |masks: &mut Vec<Mask>, mask: Mask| {
            *interned.entry(mask).or_insert_with(|| {
                masks.push(mask);
                masks.len() as u32 - 1
            })
        };
        let mut level: Vec<(Box3, u32)> = boxes
            .iter()
            .map(|(leaf, bounds)| {
                let arc = &chart.arcs[leaf.arc as usize];
                let mask = chart.sides[usize::from(arc.left)].xor(&chart.sides[usize::from(arc.right)]);
                (*bounds, intern(&mut self.masks, mask))
            })
            .collect();
        while !level.is_empty() {
            let mut nodes = Vec::with_capacity(level.len().div_ceil(WIDTH));
            let mut above = Vec::with_capacity(nodes.capacity());
            for children in level.chunks(WIDTH) {
                nodes.push(Node::of(children));
                let mut bounds = Box3::EMPTY;
                let mut mask = Mask::default();
                for (child, id) in children {
                    bounds.add_box(child);
                    mask = mask.or(&self.masks[*id as usize]);
                }
                above.push((bounds, intern(&mut self.masks, mask)));
            }
            self.levels.push(nodes);
            if above.len() == 1 {
                break;
            }
            level = above;
        }
    }

    /// The point nearest to `place` on the outline of the union of `of`, if one is at most `up_to_m` away.
    ///
    /// The outline is where one side belongs to one of `of` and the other side to none.
    pub(crate) fn nearest(&self, chart: &Chart, place: LonLat, of: &Mask, up_to_m: f64) -> Option<Found> {
        let mut search =
            Search { tree: self, chart, place, p: ecef_of(place), of, best: None, limit: 0.0, limit_s: 0.0 };
        search.tighten(up_to_m);
        search.run();
        let (edge, t, arc) = search.best?;
        let point = Edge::new(chart.points[edge], chart.points[edge + 1]).place(t);
        let (length, azimuth_deg) = inverse(place, point);
        let distance_m = length.get();
        (distance_m <= up_to_m).then_some(Found { distance_m, azimuth_deg, point, arc })
    }
}

/// Whether an arc is part of the outline of the union of `of`.
pub(crate) fn is_outline(chart: &Chart, arc: usize, of: &Mask) -> bool {
    let arc = &chart.arcs[arc];
    chart.sides[usize::from(arc.left)].meets(of) != chart.sides[usize::from(arc.right)].meets(of)
}

fn in_space(point: [i32; 2]) -> Vec3 {
    let radians = |steps: i32| (f64::from(steps) / STEPS_PER_DEGREE).to_radians();
    ecef(radians(point[0]), radians(point[1]))
}

fn put_leaves(
    chart: &Chart,
    arc: u32,
    range: std::ops::Range<usize>,
    xyz: &mut Vec<Vec3>,
    leaves: &mut Vec<Leaf>,
) {
    let mut run = Leaf { xyz: 0, edge: 0, arc, parts: 1, part: 0, count: 0, slack: 0.0 };
    for edge in range.start..range.end - 1 {
        let curve = Edge::new(chart.points[edge], chart.points[edge + 1]);
        let slack = curve.slack(xyz[edge], xyz[edge + 1]);
        if slack <= MOST_SLACK {
            if run.count == 0 {
                run = Leaf { xyz: edge as u32, edge: edge as u32, ..run };
            }
            run.count += 1;
            run.slack = run.slack.max(slack);
        }
        if run.count > 0 && (run.count == WIDTH as u32 || slack > MOST_SLACK || edge + 2 == range.end) {
            leaves.push(run);
            run = Leaf { count: 0, slack: 0.0, ..run };
        }
        if slack > MOST_SLACK {
            put_parts(&curve, edge, arc, slack, xyz, leaves);
        }
    }
}

/// Leaves for an edge that is too bent for one chord.
fn put_parts(curve: &Edge, edge: usize, arc: u32, slack: f64, xyz: &mut Vec<Vec3>, leaves: &mut Vec<Leaf>) {
    let parts = (slack / MOST_SLACK).sqrt().ceil();
    let slack = slack / (parts * parts);
    let first = xyz.len() as u32;
    xyz.extend((0..=parts as u32).map(|i| curve.at(f64::from(i) / parts)));
    let parts = parts as u32;
    for part in (0..parts).step_by(WIDTH) {
        let count = (parts - part).min(WIDTH as u32);
        leaves.push(Leaf { xyz: first + part, edge: edge as u32, arc, parts, part, count, slack });
    }
}

impl Leaf {
    fn points<'a>(&self, xyz: &'a [Vec3]) -> &'a [Vec3] {
        &xyz[self.xyz as usize..=(self.xyz + self.count) as usize]
    }

    fn bounds(&self, xyz: &[Vec3]) -> Box3 {
        let mut bounds = Box3::EMPTY;
        for point in self.points(xyz) {
            bounds.add_point(*point);
        }
        bounds.widened(self.slack + ROUNDING)
    }

    /// Edge and span of its piece number `i`.
    fn piece(&self, i: usize) -> (usize, f64, f64) {
        if self.parts == 1 {
            return (self.edge as usize + i, 0.0, 1.0);
        }
        let (parts, part) = (f64::from(self.parts), f64::from(self.part) + i as f64);
        (self.edge as usize, part / parts, (part + 1.0) / parts)
    }
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

    fn add_box(&mut self, other: &Self) {
        self.add_point(other.low);
        self.add_point(other.high);
    }

    fn widened(self, by: f64) -> Self {
        Self { low: self.low.map(|v| v - by), high: self.high.map(|v| v + by) }
    }

    fn middle(&self, axis: usize) -> f64 {
        self.low[axis] + self.high[axis]
    }
}

impl Node {
    fn of(children: &[(Box3, u32)]) -> Self {
        // A child that is not there is infinitely far away.
        let mut node =
            Self { low: [[f64::INFINITY; WIDTH]; 3], high: [[f64::INFINITY; WIDTH]; 3], masks: [0; WIDTH] };
        for (i, (bounds, mask)) in children.iter().enumerate() {
            for axis in 0..3 {
                node.low[axis][i] = bounds.low[axis];
                node.high[axis][i] = bounds.high[axis];
            }
            node.masks[i] = *mask;
        }
        node
    }

    /// Straight-line distances from `p` to the children, squared.
    #[expect(clippy::needless_range_loop, reason = "axes run through several arrays side by side")]
    fn distances2(&self, p: Vec3) -> [f64; WIDTH] {
        let mut out = [0.0; WIDTH];
        for axis in 0..3 {
            for i in 0..WIDTH {
                let away = (self.low[axis][i] - p[axis]).max(p[axis] - self.high[axis][i]).max(0.0);
                out[i] += away * away;
            }
        }
        out
    }
}

/// Orders leaves so that each run of 8, 64, 512 … of them lies close together: halves along the longest axis, cut at
/// whole nodes.
fn sort_for_tree(items: &mut [(Leaf, Box3)]) {
    if items.len() <= WIDTH {
        return;
    }
    let mut unit = WIDTH;
    while unit * WIDTH < items.len() {
        unit *= WIDTH;
    }
    let (mut low, mut high) = ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
    for (_, bounds) in items.iter() {
        for axis in 0..3 {
            low[axis] = low[axis].min(bounds.middle(axis));
            high[axis] = high[axis].max(bounds.middle(axis));
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
    items.select_nth_unstable_by(cut, |a, b| a.1.middle(axis).total_cmp(&b.1.middle(axis)));
    let (left, right) = items.split_at_mut(cut);
    if left.len() > 4_096 {
        rayon::join(|| sort_for_tree(left), || sort_for_tree(right));
    } else {
        sort_for_tree(left);
        sort_for_tree(right);
    }
}

struct Search<'a> {
    tree: &'a Tree,
    chart: &'a Chart,
    place: LonLat,
    p: Vec3,
    of: &'a Mask,
    /// Edge, where on it, arc.
    best: Option<(usize, f64, u32)>,
    /// Nothing at a greater straight-line distance can be nearer than the best.
    limit: f64,
    /// The distance of the best.
    limit_s: f64,
}

/// A node or, at level 0, a leaf that is still to be looked at.
#[derive(Clone, Copy)]
struct Open {
    distance2: f64,
    level: u32,
    index: u32,
}

impl Search<'_> {
    fn tighten(&mut self, s: f64) {
        self.limit_s = s;
        self.limit = chord_limit(s) + ROUNDING;
    }

    fn run(&mut self) {
        let Some(top) = self.tree.levels.len().checked_sub(1) else {
            return;
        };
        let mut open = Vec::with_capacity(64);
        open.push(Open { distance2: 0.0, level: top as u32 + 1, index: 0 });
        while let Some(next) = open.pop() {
            if next.distance2 > self.limit * self.limit {
                continue;
            }
            if next.level == 0 {
                self.look_into(&self.tree.leaves[next.index as usize]);
                continue;
            }
            let node = &self.tree.levels[next.level as usize - 1][next.index as usize];
            let distances2 = node.distances2(self.p);
            let from = open.len();
            for (i, distance2) in distances2.into_iter().enumerate() {
                // The first of two tests for a child that is not there: no limit is beyond infinity.
                if distance2 > self.limit * self.limit || distance2 == f64::INFINITY {
                    continue;
                }
                if self.tree.masks[node.masks[i] as usize].meets(self.of) {
                    open.push(Open {
                        distance2,
                        level: next.level - 1,
                        index: next.index * WIDTH as u32 + i as u32,
                    });
                }
            }
            // The nearest is popped first.
            open[from..].sort_unstable_by(|a, b| b.distance2.total_cmp(&a.distance2));
        }
    }

    fn look_into(&mut self, leaf: &Leaf) {
        if !is_outline(self.chart, leaf.arc as usize, self.of) {
            return;
        }
        let points = leaf.points(&self.tree.xyz);
        if self.best.is_some()
            && distance2(self.p, points[0]) > FAR * FAR
            && self.is_out_of_reach(leaf, points)
        {
            return;
        }
        let mut pieces = [(f64::INFINITY, 0.0); WIDTH];
        for (i, pair) in points.windows(2).enumerate() {
            let (t, away2) = on_chord(self.p, pair[0], pair[1]);
            pieces[i] = (away2.sqrt() - leaf.slack, t);
        }
        loop {
            let mut next = 0;
            for i in 1..WIDTH {
                if pieces[i].0 < pieces[next].0 {
                    next = i;
                }
            }
            let (at_least, on_piece) = pieces[next];
            if at_least > self.limit || at_least == f64::INFINITY {
                return;
            }
            pieces[next].0 = f64::INFINITY;
            self.measure(leaf, next, on_piece, at_least + leaf.slack, [points[next], points[next + 1]]);
        }
    }

    /// Whether all of a far leaf is farther than the best, by one exact distance.
    ///
    /// Far away the chord bound is loose by kilometers, for want of the exact curvature of the way. But no distance shrinks by
    /// more than a meter per meter walked, and from the middle of the leaf to anywhere on it is no farther than half of it
    /// along its chords, and its slack; 0.1 % covers that the ground curves under chords of at most some kilometers.
    fn is_out_of_reach(&self, leaf: &Leaf, points: &[Vec3]) -> bool {
        let middle = points.len() / 2;
        let length = |points: &[Vec3]| -> f64 {
            points.windows(2).map(|pair| distance2(pair[0], pair[1]).sqrt() + leaf.slack).sum()
        };
        let reach = 1.001 * length(&points[..=middle]).max(length(&points[middle..])) + ROUNDING;
        let (edge, t, _) = leaf.piece(middle);
        let place = match leaf.parts {
            1 => self.chart.points[edge].map(|steps| f64::from(steps) / STEPS_PER_DEGREE),
            _ => {
                let curve = Edge::new(self.chart.points[edge], self.chart.points[edge + 1]);
                let place = curve.place(t);
                [place.lon(), place.lat()]
            }
        };
        distance(self.place, LonLat::wrapped(place[0], place[1])).get() - reach > self.limit_s
    }

    /// Measures one piece exactly. `chord` is the straight-line distance to its chord.
    fn measure(&mut self, leaf: &Leaf, piece: usize, on_piece: f64, chord: f64, ends: [Vec3; 2]) {
        let (edge, t0, t1) = leaf.piece(piece);
        let curve = Edge::new(self.chart.points[edge], self.chart.points[edge + 1]);
        let start = t0 + on_piece * (t1 - t0);
        let (s, t) = if chord > NEAR {
            curve.foot_far(self.place, start, (t0, t1), leaf.slack, self.limit_s)
        } else {
            let foot = curve.foot(self.p, start, t0, t1);
            let mut nearest = (distance2(self.p, foot.at), foot.t, foot.at);
            // Where an edge bends more than the distance does, an end may be nearer than the point Newton stops at.
            for (end, t) in ends.into_iter().zip([t0, t1]) {
                let away2 = distance2(self.p, end);
                if away2 < nearest.0 {
                    nearest = (away2, t, end);
                }
            }
            (length_of_chord(self.p, nearest.2), nearest.1)
        };
        if s < self.limit_s || (self.best.is_none() && s <= self.limit_s) {
            self.best = Some((edge, t, leaf.arc));
            self.tighten(s);
        }
    }
}

fn distance2(a: Vec3, b: Vec3) -> f64 {
    let d = sub(a, b);
    dot(d, d)
}

/// The slow twin of [`Tree::nearest`]: every edge of the outline, by nothing but geodesic distances along the edge.
///
/// An edge is passed over only when the nearer of its ends is farther away, in a straight line, than the best so far
/// and the edge's own length together. The distance along what remains is sampled every 2 km and then narrowed by
/// golden section.
pub(crate) fn nearest_slow(chart: &Chart, place: LonLat, of: &Mask) -> Option<Found> {
    let p = ecef_of(place);
    let mut best: Option<Found> = None;
    for (index, arc) in chart.arcs.iter().enumerate().filter(|(i, _)| is_outline(chart, *i, of)) {
        for pair in chart.points[arc.range()].windows(2) {
            let edge = Edge::new(pair[0], pair[1]);
            let length = edge.longest();
            if let Some(best) = best {
                let ends = [edge.at(0.0), edge.at(1.0)];
                let nearer = distance2(p, ends[0]).min(distance2(p, ends[1])).sqrt();
                if nearer - length > best.distance_m {
                    continue;
                }
            }
            let (distance_m, t) = along_slow(&edge, place, length);
            if best.is_none_or(|best| distance_m < best.distance_m) {
                let (point, arc) = (edge.place(t), index as u32);
                best = Some(Found { distance_m, azimuth_deg: inverse(place, point).1, point, arc });
            }
        }
    }
    best
}

fn along_slow(edge: &Edge, place: LonLat, length: f64) -> (f64, f64) {
    let measure = |t: f64| (distance(place, edge.place(t)).get(), t);
    let steps = (length / 2_000.0).ceil().max(1.0);
    let mut best = (f64::INFINITY, 0.0);
    for i in 0..=steps as u32 {
        let found = measure(f64::from(i) / steps);
        if found.0 < best.0 {
            best = found;
        }
    }
    let (mut a, mut b) = ((best.1 - 1.0 / steps).max(0.0), (best.1 + 1.0 / steps).min(1.0));
    let golden = (5f64.sqrt() - 1.0) / 2.0;
    let (mut c, mut d) = (measure(b - golden * (b - a)), measure(a + golden * (b - a)));
    while (b - a) * length > 1e-4 {
        if c.0 < d.0 {
            (b, d) = (d.1, c);
            c = measure(b - golden * (b - a));
        } else {
            (a, c) = (c.1, d);
            d = measure(a + golden * (b - a));
        }
    }
    [c, d].into_iter().fold(best, |best, found| if found.0 < best.0 { found } else { best })
}
