//! The nearest point of a border, certified.
//!
//! The search for it near by goes through the tree of boxes (`tree.rs`) with straight lines in space, in single
//! precision, and keeps the few pieces that could be nearest; only those are measured exactly. What lies beyond
//! [`NEAR`] is left to `far.rs`.
//!
//! # Why no nearer point is missed
//!
//! A box holds every point of its pieces: it is made of their ends, widened by what the pieces stray from their chords
//! (`Edge::slack`). The straight-line distance from the place to a box, or to a chord less what its piece strays, is
//! therefore at most that to any point of the border in it; rounding is added. A box or piece is dropped only if that is more
//! than the limit, and then every way along the ground into it is longer than the one already known (proof in
//! `ellipsoid.rs`). What is left is measured exactly.
//!
//! # Warm start
//!
//! Places asked in a row are often close together, and so are their nearest points. [`Warm`] is where the place before
//! found its own; how far that is bounds the search from the first box on.
//!
//! Cost: `benches/nearest.rs`; about 0.8 µs in a batch near borders, 1.9 µs anywhere on land. Near by, it is spread evenly over
//! boxes, leaves and the winner, and in random order it is the cache's; far away more than half is Karney's
//! inverse. Wider vector instructions (x86-64-v3) gain only 2 to 5 %, so the program stays one for all processors.

use crate::LonLat;
use crate::edge::{Edge, distance2};
use crate::ellipsoid::{NEAR, Observer, Vec3, chord_limit, distance, ecef_of, inverse};
use crate::far::Far;
use crate::format::Chart;
use crate::territory::Mask;
use crate::tree::{MOST_LEVELS, Piece, Tree, Vec3f, WIDTH, limit2};

/// Nearer than this many meters the last digits of coordinates in space turn the azimuth, and Karney's way keeps it.
const CLOSE: f64 = 10.0;
/// From this many meters on, the foot of a straight line is not good enough.
const UNSETTLED: f64 = 400_000.0;
/// More pieces than ever wait to be measured, but for the middle of a circle.
const MOST_WAITING: usize = 16;

/// The nearest point that was found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    pub distance_m: f64,
    pub azimuth_deg: Option<f64>,
    pub point: LonLat,
    pub arc: u32,
    pub spot: Spot,
}

/// Where in a tree a nearest point was found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spot {
    pub leaf: u32,
    pub lane: u32,
    pub t: f64,
}

/// Where the place before found its nearest point, in the same tree: a good guess for the next one.
pub(crate) type Warm = Option<Spot>;

impl Tree {
    /// The point nearest to `place` on the borders of the groups that pass, if one is at most `up_to_m` away.
    pub(crate) fn nearest(
        &self,
        chart: &Chart,
        place: LonLat,
        passes: impl Fn(u32) -> bool + Copy,
        up_to_m: f64,
        warm: Warm,
    ) -> Option<Found> {
        let from = Observer::new(place);
        let warm = warm.filter(|spot| passes(self.leaves[spot.leaf as usize].group));
        let found = match Near::search(self, chart, &from, passes, up_to_m, warm) {
            Some(best) => Some(best.found(self, chart, &from)),
            None if up_to_m > NEAR => Far::search(self, chart, &from, passes, up_to_m, warm),
            None => None,
        };
        found.filter(|found| found.distance_m <= up_to_m)
    }
}

/// A node or, at level 0, a leaf that is still to be looked at.
#[derive(Clone, Copy, Default)]
pub(crate) struct Open {
    /// The nearest is looked at first; the unit is that of who pushes it.
    pub key: f32,
    pub level: u32,
    pub index: u32,
}

/// What is still to be looked at, the next on top.
pub(crate) struct Stack {
    open: [Open; MOST_LEVELS * WIDTH],
    count: usize,
}

impl Stack {
    pub(crate) fn new(top: u32) -> Self {
        let mut open = [Open::default(); MOST_LEVELS * WIDTH];
        open[0] = Open { key: 0.0, level: top, index: 0 };
        Self { open, count: 1 }
    }

    pub(crate) fn pop(&mut self) -> Option<Open> {
        self.count = self.count.checked_sub(1)?;
        Some(self.open[self.count])
    }

    /// Pushes the children of a node that have a key, the least key on top.
    pub(crate) fn push_children(&mut self, of: &Open, key_of: impl Fn(usize) -> Option<f32>) {
        let first = self.count;
        for i in 0..WIDTH {
            let Some(key) = key_of(i) else {
                continue;
            };
            let mut at = self.count;
            while at > first && self.open[at - 1].key < key {
                self.open[at] = self.open[at - 1];
                at -= 1;
            }
            self.open[at] = Open { key, level: of.level - 1, index: of.index * WIDTH as u32 + i as u32 };
            self.count += 1;
        }
    }
}

/// A piece that may hold the nearest point.
#[derive(Clone, Copy, Default)]
struct Waiting {
    /// It is no nearer than this, in a straight line.
    at_least: f32,
    leaf: u32,
    lane: u32,
    t: f32,
}

#[derive(Clone, Copy)]
struct Best {
    length: f64,
    at: Vec3,
    edge: u32,
    spot: Spot,
}

struct Near<'a, P> {
    tree: &'a Tree,
    chart: &'a Chart,
    from: &'a Observer,
    passes: P,
    /// Nothing at a greater straight-line distance can be nearer than what is known.
    limit: f64,
    /// The same for boxes, squared.
    limit2: f32,
    waiting: [Waiting; MOST_WAITING],
    waiting_count: usize,
    best: Option<Best>,
}

impl<'a, P: Fn(u32) -> bool> Near<'a, P> {
    /// The nearest point at most `up_to_m` and [`NEAR`] away.
    fn search(
        tree: &'a Tree,
        chart: &'a Chart,
        from: &'a Observer,
        passes: P,
        up_to_m: f64,
        warm: Warm,
    ) -> Option<Best> {
        let limit = chord_limit(up_to_m.min(NEAR)) + 1e-6;
        let mut search = Self {
            tree,
            chart,
            from,
            passes,
            limit,
            limit2: limit2(limit),
            waiting: [Waiting::default(); MOST_WAITING],
            waiting_count: 0,
            best: None,
        };
        let known = warm.map(|spot| spot.leaf);
        if let Some(leaf) = known {
            search.look_into(leaf);
        }
        search.descend(known);
        search.measure_waiting();
        search.best
    }

    fn descend(&mut self, known: Option<u32>) {
        let Some(top) = self.tree.top() else {
            return;
        };
        let p: Vec3f = self.from.at.map(|v| v as f32);
        let mut open = Stack::new(top);
        while let Some(next) = open.pop() {
            if next.key > self.limit2 {
                continue;
            }
            if next.level > 0 {
                let node = self.tree.node(next.level, next.index);
                let distances2 = node.distances2(p);
                open.push_children(&next, |i| {
                    (distances2[i] <= self.limit2 && (self.passes)(node.groups[i])).then_some(distances2[i])
                });
            } else if known != Some(next.index) {
                self.look_into(next.index);
            }
        }
    }

    fn tighten(&mut self, chord: f64) {
        let limit = stretched(chord);
        if limit < self.limit {
            (self.limit, self.limit2) = (limit, limit2(limit));
        }
    }

    fn look_into(&mut self, index: u32) {
        let leaf = &self.tree.leaves[index as usize];
        let lanes = leaf.measure(self.from.at);
        let mut at_most = f32::INFINITY;
        for i in 0..WIDTH {
            at_most = at_most.min(lanes.away[i] + lanes.give[i]);
        }
        self.tighten(f64::from(at_most));
        let limit = self.limit as f32;
        for i in 0..WIDTH {
            let at_least = lanes.away[i] - lanes.give[i];
            if at_least <= limit {
                self.wait(Waiting { at_least, leaf: index, lane: i as u32, t: lanes.t[i] });
            }
        }
    }

    fn wait(&mut self, piece: Waiting) {
        if self.waiting_count == MOST_WAITING {
            self.measure_waiting();
        }
        self.waiting[self.waiting_count] = piece;
        self.waiting_count += 1;
    }

    /// Measures the pieces that wait, the most promising first.
    fn measure_waiting(&mut self) {
        loop {
            let waiting = &mut self.waiting[..self.waiting_count];
            let Some(next) =
                (0..waiting.len()).min_by(|a, b| waiting[*a].at_least.total_cmp(&waiting[*b].at_least))
            else {
                return;
            };
            let piece = waiting[next];
            if f64::from(piece.at_least) > self.limit {
                self.waiting_count = 0;
                return;
            }
            self.waiting_count -= 1;
            self.waiting[next] = self.waiting[self.waiting_count];
            self.measure(piece);
        }
    }

    fn measure(&mut self, waiting: Waiting) {
        let leaf = &self.tree.leaves[waiting.leaf as usize];
        let piece = leaf.piece(waiting.lane as usize);
        let Piece { edge, t0, t1 } = piece;
        let curve = self.chart.edge(edge);
        let start = t0 + f64::from(waiting.t) * (t1 - t0);
        let mut foot = curve.foot(self.from.at, start, t0, t1);
        let mut length = self.from.length_to(foot.at);
        if length > UNSETTLED {
            foot = curve.settled(self.from, foot, t0, t1);
            length = self.from.length_to(foot.at);
        }
        // Where two edges meet both are as near, and so are, to the last digit, places a centimeter apart on an edge that is far
        // away: the first of the file counts, whatever the shape of the tree and whichever was looked at first.
        let first = |best: Best| (length, edge, foot.t) < (best.length, best.edge, best.spot.t);
        if length <= NEAR && self.best.is_none_or(first) {
            let spot = Spot { leaf: waiting.leaf, lane: waiting.lane, t: foot.t };
            self.best = Some(Best { length, at: foot.at, edge, spot });
        }
        self.tighten(distance2(self.from.at, foot.at).sqrt());
    }
}

impl Best {
    fn found(&self, tree: &Tree, chart: &Chart, from: &Observer) -> Found {
        let point = chart.edge(self.edge).place(self.spot.t);
        let (distance_m, azimuth_deg) = if self.length < CLOSE || from.place.lat().abs() == 90.0 {
            let (length, azimuth_deg) = inverse(from.place, point);
            (length.get(), azimuth_deg)
        } else {
            let (length, azimuth_deg) = from.line_to(self.at);
            (length, Some(azimuth_deg))
        };
        let arc = tree.leaves[self.spot.leaf as usize].arc;
        Found { distance_m, azimuth_deg, point, arc, spot: self.spot }
    }
}

/// At least as long as every chord to a point that is no farther along the ground than the end of this chord, up to
/// 1 000 km.
///
/// A chord `c` belongs to a way of at most `2 R₁ asin(c / 2R₁)`, and another way as long has a chord of at most
/// `2 R₂ sin((R₁/R₂) asin(c / 2R₁)) = c (1 + (1 - R₁²/R₂²) c² / 24 R₁² + …)`; the factor of `c²` is 2.071e-17, and what follows
/// adds less than a part in a hundred to it.
fn stretched(chord: f64) -> f64 {
    chord * (1.0 + 2.1e-17 * chord * chord) + 1e-6
}

/// Whether an arc is part of the outline of the union of `of`.
pub(crate) fn is_outline(chart: &Chart, arc: usize, of: &Mask) -> bool {
    let arc = &chart.arcs[arc];
    chart.sides[usize::from(arc.left)].meets(of) != chart.sides[usize::from(arc.right)].meets(of)
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
                let spot = Spot { leaf: 0, lane: 0, t };
                best = Some(Found { distance_m, azimuth_deg: inverse(place, point).1, point, arc, spot });
            }
        }
    }
    best
}

/// The distance along an edge of at most this length, and where on it: sampled, then narrowed.
pub(crate) fn along_slow(edge: &Edge, place: LonLat, length: f64) -> (f64, f64) {
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
    while (b - a) * length > 1e-6 {
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
