//! How near a border may truly come, where its stretches are not equally accurate.
//!
//! A border is taken to lie, along each stretch, within the stretch's accuracy of where it is drawn. Be `d` the distance to a
//! stretch and `a` its accuracy; then a territory is nowhere nearer than the least `d - a` over all stretches of its outline: the way
//! to a point of it either crosses the outline as it is drawn, or ends where the outline was moved to, and both are at
//! least so far. The nearest stretch alone does not tell that: a line at sea that is good to 4 km and 10 km away may come nearer
//! than a river that is good to 200 m and 9 km away. The same holds for the way out of a territory that a place is inside of.
//!
//! Only stretches less accurate than the nearest one can matter, and only those within what they are worse by. So the tree is
//! walked once more; a node tells how accurate the worst stretch under it is, which says whether and within which limit it is looked
//! into. Leaves are not measured exactly: a leaf's own lower bound is less by [`GIVE_M`] at most, which is on the safe side.
//!
//! Limits: beyond [`NEAR`], where chords bound ways badly, the worst accuracy of the set counts instead.
//!
//! Cost: nothing where no stretch is worse; else about as much as a search for the nearest (`benches/nearest.rs`).

use crate::LonLat;
use crate::edge::{Edge, distance2};
use crate::ellipsoid::{NEAR, Observer, chord_limit, ecef_of, shortest_way};
use crate::format::Chart;
use crate::nearest::{Stack, along_slow, is_outline};
use crate::territory::Mask;
use crate::tree::{Tree, Vec3f, WIDTH, limit2};

/// A leaf's lower bound is less than the distance to it by no more than this: twice what its pieces stray, and rounding.
pub(crate) const GIVE_M: f64 = 4.0;

impl Tree {
    /// The least of distance less accuracy over the borders of the groups that pass, in meters, when the nearest of them is
    /// `away_m` away and good to `accuracy_m`, and the worst of the set to `worst_m`. It may be negative.
    pub(crate) fn least(
        &self,
        chart: &Chart,
        place: LonLat,
        passes: impl Fn(u32) -> bool,
        (away_m, accuracy_m): (f64, f64),
        worst_m: f64,
    ) -> f64 {
        let (Some(top), true) = (self.top(), accuracy_m < worst_m) else { return away_m - accuracy_m };
        if away_m > NEAR {
            return away_m - worst_m;
        }
        let mut least_m = away_m - accuracy_m;
        // What is farther than this is farther by more than its accuracy, whatever that is.
        let within = |least_m: f64, accuracy_m: f64| limit2(chord_limit(least_m + accuracy_m) + 1e-6);
        let mut limit2 = within(least_m, worst_m);
        let from = Observer::new(place);
        let p: Vec3f = from.at.map(|v| v as f32);
        let mut open = Stack::new(top);
        while let Some(next) = open.pop() {
            if next.key > limit2 {
                continue;
            }
            if next.level > 0 {
                let node = self.node(next.level, next.index);
                let distances2 = node.distances2(p);
                open.push_children(&next, |i| {
                    let worst_m = f64::from(node.worst_m[i]);
                    let matters = distances2[i] <= limit2
                        && worst_m > accuracy_m
                        && distances2[i] <= within(least_m, worst_m + GIVE_M)
                        && passes(node.groups[i]);
                    matters.then_some(distances2[i])
                });
                continue;
            }
            let leaf = &self.leaves[next.index as usize];
            let of_leaf_m = chart.accuracy_of(&chart.arcs[leaf.arc as usize]);
            if of_leaf_m <= accuracy_m {
                continue;
            }
            let lanes = leaf.measure(from.at);
            let at_least = (0..WIDTH).map(|i| lanes.away[i] - lanes.give[i]).fold(f32::INFINITY, f32::min);
            let maybe_m = shortest_way(f64::from(at_least)) - of_leaf_m;
            if maybe_m < least_m {
                least_m = maybe_m;
                limit2 = within(least_m, worst_m);
            }
        }
        least_m
    }
}

/// The slow twin of [`Tree::least`]: every edge of the outline, by nothing but geodesic distances along the edge.
pub(crate) fn least_slow(chart: &Chart, place: LonLat, of: &Mask) -> f64 {
    let p = ecef_of(place);
    let mut least_m = f64::INFINITY;
    for (_, arc) in chart.arcs.iter().enumerate().filter(|(i, _)| is_outline(chart, *i, of)) {
        let accuracy_m = chart.accuracy_of(arc);
        for pair in chart.points[arc.range()].windows(2) {
            let edge = Edge::new(pair[0], pair[1]);
            let length = edge.longest();
            let nearer = distance2(p, edge.at(0.0)).min(distance2(p, edge.at(1.0))).sqrt();
            if nearer - length - accuracy_m <= least_m {
                least_m = least_m.min(along_slow(&edge, place, length).0 - accuracy_m);
            }
        }
    }
    least_m
}
