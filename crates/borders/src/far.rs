//! The nearest point of a border that is far away: beyond [`NEAR`](crate::ellipsoid::NEAR).
//!
//! Far away a straight line says little: among ways of 7 000 km that differ by 10 km, the longer may have the shorter
//! chord. So the best point known so far serves as an anchor: from there, every other point is farther by at least what
//! the lemma says, and the tree is walked with that. Each better point that is found becomes the anchor.
//!
//! # Lemma
//!
//! Be `s` the distance from the place, `f` the anchor, `u` the unit vector along which the shortest way arrives there,
//! `x` another point of the ellipsoid, `v = x - f`, and `r` the distance from `f` to `x`. If `s(f) + r` ends before any
//! shortest way stops to be unique, then
//!
//! > `s(x) ≥ s(f) + u·v - κ r²/2 - r³/(6 R₁²)`
//!
//! with `κ = max(0, -cot((s(f) + r)/b)) / b`. For be `γ` the geodesic from `f` to `x`, `θ` the angle between its start
//! and `u`. Then `s` along it has the slope `cos θ` at first, and the second derivative `Hess s (γ', γ')`. The Gaussian
//! curvature of the ellipsoid is at most `1/b²` (at the equator), so by the Hessian comparison theorem that is at least
//! `cot(s/b)/b` across the way from the place and 0 along it, in all at least `-κ`, as the cotangent falls. Hence
//! `s(x) ≥ s(f) + r cos θ - κ r²/2`. And `γ'' = -k n` with `k ≤ 1/R₁` and, as the normal turns by at most `1/R₁`
//! per meter and begins across `u`, `|u·n| ≤ τ/R₁` after `τ` meters: so `u·v = r cos θ - ∫∫ k u·n` differs from `r cos θ` by at
//! most `r³/(6 R₁²)`.
//!
//! Shortest ways stop to be unique only within some 70 km of the antipode, more than 19 900 km away. `r` is at most
//! `2 R₁ asin(|v| / 2R₁)`, which is less than 1.0175 `|v|` up to 4 000 km. Where either fails, or is worse, the chord bound of
//! `ellipsoid.rs` decides.
//!
//! Cost: a Karney inverse for the anchor, often the last point found, and one for each improvement.

use crate::edge::{Edge, FarFoot};
use crate::ellipsoid::{A, F, Observer, R_MIN, Vec3, chord_limit, dot, sub};
use crate::format::Chart;
use crate::nearest::{Found, Spot, Stack, Warm};
use crate::tree::{BLUR, Leaf, Node, Piece, Tree, Vec3f, WIDTH, greater, lesser, limit2};

/// A point that is nearer by less than this many meters is not looked for.
const NEGLIGIBLE: f64 = 1e-4;
/// How much longer than its chord a way of at most [`MOST_CHORD`] can be.
const ARC_BY_CHORD: f32 = 1.0175;
const MOST_CHORD: f32 = 4_000_000.0;
/// Up to here shortest ways are unique.
const UNIQUE: f32 = 19_900_000.0;
const B: f64 = A * (1.0 - F);

pub(crate) struct Far<'a, P> {
    tree: &'a Tree,
    chart: &'a Chart,
    from: &'a Observer,
    passes: P,
    up_to_m: f64,
    anchor: Anchor,
    /// Nothing at a greater straight-line distance can be nearer than the anchor.
    limit2: f32,
}

/// The nearest point known so far.
struct Anchor {
    foot: FarFoot,
    edge: u32,
    spot: Spot,
    at: Vec3,
    /// The same, rounded; and by how much that moves it along `u`.
    rounded: Vec3f,
    moved: f64,
    u: Vec3,
}

impl Anchor {
    fn new(curve: &Edge, foot: FarFoot, edge: u32, spot: Spot) -> Self {
        let (at, u) = (curve.at(foot.t), curve.arrival(&foot));
        let rounded = at.map(|v| v as f32);
        let moved = dot(u, sub(rounded.map(f64::from), at));
        Self { foot, edge, spot: Spot { t: foot.t, ..spot }, at, rounded, moved, u }
    }

    /// What the lemma takes off, for points at most as far from the anchor, in a straight line, as `chord`.
    fn bend(&self, chord: f32) -> f32 {
        let r = ARC_BY_CHORD * chord;
        let s = self.foot.length as f32 + r;
        // -cot(s/b) = tan z, and tan z ≤ z π² / (π² - 4 z²) below a right angle (Becker and Stark 1978).
        let z = greater(s / B as f32 - std::f32::consts::FRAC_PI_2, 0.0);
        let tan = z * 9.8697 / (9.8696 - 4.0 * z * z);
        let bend = r * r * (0.500_1 * tan / B as f32 + r * (0.166_67 / (R_MIN * R_MIN) as f32));
        if chord < MOST_CHORD && s < UNIQUE { bend } else { f32::INFINITY }
    }

    /// How much farther than the anchor the children of a node are at least, in meters.
    fn beyond_nodes(&self, node: &Node) -> [f32; WIDTH] {
        let (mut along, mut chord2) = ([self.moved as f32; WIDTH], [0.0f32; WIDTH]);
        for axis in 0..3 {
            let (low, high) = (&node.low[axis], &node.high[axis]);
            let (f, u) = (self.rounded[axis], self.u[axis] as f32);
            for i in 0..WIDTH {
                let (a, b) = (low[i] - f, high[i] - f);
                along[i] += lesser(u * a, u * b);
                chord2[i] += greater(a * a, b * b);
            }
        }
        // The anchor was moved by less than half a meter.
        std::array::from_fn(|i| {
            let chord = chord2[i].sqrt() + 0.5;
            along[i] - self.bend(chord) - BLUR * chord
        })
    }

    /// The same for the pieces of a leaf.
    fn beyond_pieces(&self, leaf: &Leaf) -> [f32; WIDTH] {
        let [xs, ys, zs] = leaf.relative_to(self.at);
        let u = self.u.map(|v| v as f32);
        let along: [f32; WIDTH + 1] = std::array::from_fn(|i| u[0] * xs[i] + u[1] * ys[i] + u[2] * zs[i]);
        let chord2: [f32; WIDTH + 1] = std::array::from_fn(|i| xs[i] * xs[i] + ys[i] * ys[i] + zs[i] * zs[i]);
        std::array::from_fn(|i| {
            let slack = leaf.slack(i);
            let chord = greater(chord2[i], chord2[i + 1]).sqrt() + slack;
            let beyond = lesser(along[i], along[i + 1]) - self.bend(chord) - BLUR * chord - slack;
            if i < leaf.count() { beyond } else { f32::INFINITY }
        })
    }

    /// The same for one piece, without rounding. A piece that begins or ends at the anchor, and leads away from it by more
    /// than it bends, has nothing nearer: it strays from its chord at a share `t` of the way by at most `4 slack t (1 - t)`.
    fn beyond_piece(&self, curve: &Edge, piece: &Piece, slack: f64) -> f64 {
        let ends = [piece.t0, piece.t1].map(|t| sub(curve.at(t), self.at));
        let along = ends.map(|v| dot(self.u, v));
        let rise = along[1] - along[0];
        let t = (0.5 - rise / (8.0 * slack)).clamp(0.0, 1.0);
        let chord = ends.into_iter().map(|v| dot(v, v)).fold(0.0, f64::max).sqrt();
        along[0] + t * rise - 4.0 * slack * t * (1.0 - t) - f64::from(self.bend((chord + slack) as f32))
    }
}

impl<'a, P: Fn(u32) -> bool> Far<'a, P> {
    /// The nearest point, if there is one; it may be farther than `up_to_m` when all are.
    pub(crate) fn search(
        tree: &'a Tree,
        chart: &'a Chart,
        from: &'a Observer,
        passes: P,
        up_to_m: f64,
        warm: Warm,
    ) -> Option<Found> {
        let spot = match warm {
            Some(spot) => spot,
            None => nearest_by_chord(tree, from, &passes)?,
        };
        let leaf = &tree.leaves[spot.leaf as usize];
        let piece = leaf.piece(spot.lane as usize);
        let curve = chart.edge(piece.edge);
        let slack = f64::from(leaf.slack(spot.lane as usize));
        let foot = curve.foot_far(from.place, spot.t, (piece.t0, piece.t1), slack, f64::INFINITY);
        let anchor = Anchor::new(&curve, foot, piece.edge, spot);
        let mut search = Self { tree, chart, from, passes, up_to_m, anchor, limit2: 0.0 };
        search.tighten();
        search.descend();
        Some(search.found())
    }

    fn found(&self) -> Found {
        let Anchor { foot, edge, spot, .. } = &self.anchor;
        let azimuth = foot.azimuth_deg;
        Found {
            distance_m: foot.length,
            azimuth_deg: (self.from.place.lat().abs() < 90.0).then_some(if azimuth < 0.0 {
                (azimuth + 360.0) % 360.0
            } else {
                azimuth
            }),
            point: self.chart.edge(*edge).place(foot.t),
            arc: self.tree.leaves[spot.leaf as usize].arc,
            spot: *spot,
        }
    }

    fn tighten(&mut self) {
        let limit = chord_limit(self.anchor.foot.length.min(self.up_to_m));
        self.limit2 = limit2(limit + 1e-3);
    }

    /// A point that is farther than the anchor by this or more is of no interest.
    fn enough(&self) -> f64 {
        (self.up_to_m - self.anchor.foot.length).min(0.0) - NEGLIGIBLE
    }

    fn descend(&mut self) {
        let Some(top) = self.tree.top() else {
            return;
        };
        let p: Vec3f = self.from.at.map(|v| v as f32);
        let mut open = Stack::new(top);
        while let Some(next) = open.pop() {
            if next.level == 0 {
                self.look_into(next.index);
                continue;
            }
            let node = self.tree.node(next.level, next.index);
            let (distances2, beyond) = (node.distances2(p), self.anchor.beyond_nodes(node));
            let enough = self.enough();
            open.push_children(&next, |i| {
                let may_be_nearer = distances2[i] <= self.limit2
                    && f64::from(beyond[i]) <= enough
                    && (self.passes)(node.groups[i]);
                // Where the lemma does not hold, any chord is more than no bound.
                may_be_nearer
                    .then_some(greater(self.anchor.foot.length as f32 + beyond[i], distances2[i].sqrt()))
            });
        }
    }

    fn look_into(&mut self, index: u32) {
        let leaf = &self.tree.leaves[index as usize];
        let mut beyond = self.anchor.beyond_pieces(leaf);
        let mut measured = [false; WIDTH];
        loop {
            let left = (0..WIDTH).filter(|i| !measured[*i] && f64::from(beyond[*i]) <= self.enough());
            let Some(next) = left.min_by(|a, b| beyond[*a].total_cmp(&beyond[*b])) else {
                return;
            };
            measured[next] = true;
            if self.measure(leaf, Spot { leaf: index, lane: next as u32, t: 0.0 }) {
                beyond = self.anchor.beyond_pieces(leaf);
            }
        }
    }

    /// Measures one piece; whether it is nearer and so the new anchor.
    fn measure(&mut self, leaf: &Leaf, spot: Spot) -> bool {
        if (spot.leaf, spot.lane) == (self.anchor.spot.leaf, self.anchor.spot.lane) {
            return false;
        }
        let piece = leaf.piece(spot.lane as usize);
        let curve = self.chart.edge(piece.edge);
        let slack = f64::from(leaf.slack(spot.lane as usize));
        if self.anchor.beyond_piece(&curve, &piece, slack) > self.enough() {
            return false;
        }
        let known = self.anchor.foot.length;
        let start = [piece.t0, piece.t1].map(|t| dot(self.anchor.u, curve.at(t)));
        let start = if start[0] < start[1] { piece.t0 } else { piece.t1 };
        let foot = curve.foot_far(self.from.place, start, (piece.t0, piece.t1), slack, known);
        if foot.length >= known {
            return false;
        }
        self.anchor = Anchor::new(&curve, foot, piece.edge, spot);
        self.tighten();
        true
    }
}

/// A point that is nearest in a straight line, or nearly: the nearest box each time, until a leaf is reached.
fn nearest_by_chord(tree: &Tree, from: &Observer, passes: impl Fn(u32) -> bool) -> Option<Spot> {
    let p: Vec3f = from.at.map(|v| v as f32);
    let mut open = Stack::new(tree.top()?);
    let index = loop {
        let next = open.pop()?;
        if next.level == 0 {
            break next.index;
        }
        let node = tree.node(next.level, next.index);
        let distances2 = node.distances2(p);
        open.push_children(&next, |i| {
            (distances2[i] < f32::INFINITY && passes(node.groups[i])).then_some(distances2[i])
        });
    };
    let leaf = &tree.leaves[index as usize];
    let lanes = leaf.measure(from.at);
    let lane = (0..WIDTH).min_by(|a, b| lanes.away[*a].total_cmp(&lanes.away[*b]))?;
    let piece = leaf.piece(lane);
    let t = piece.t0 + f64::from(lanes.t[lane]) * (piece.t1 - piece.t0);
    Some(Spot { leaf: index, lane: lane as u32, t })
}
