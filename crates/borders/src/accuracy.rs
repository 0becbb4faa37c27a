//! How far to trust each stretch of a border, from how far two editions of it lie apart.
//!
//! A stretch is what two neighbors share (or a territory and the open sea) of one kind: the river between Romania and
//! Ukraine is one, their line at sea another. Both editions are walked in steps of [`STEP_M`]; from each point the
//! distance is taken, along the ellipsoid, to the line of the same two neighbors in the other edition. Both ways count, so that a
//! spur that only one edition has is seen. The 95th percentile of these distances, and never less than a floor, is
//! the accuracy of the stretch.
//!
//! Where the editions part by kilometers they do not show the same line any more: the border was changed, or nobody knows
//! it. Such arcs make a stretch of their own, which is marked unsettled, and its accuracy stops growing: no interval covers a
//! border that moved.
//!
//! Limits: two editions of one source share what both have wrong, which is what the floor is for. A pair whose
//! line the other edition lacks has no evidence and gets the accuracy of the set.
//!
//! Cost: some 10 s for the world.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::LonLat;
use crate::edge::Edge;
use crate::ellipsoid::{dot, sub};
use crate::format::{Chart, ChartArc, Evidence, Kind, Stretch};
use crate::territory::{Mask, TerritoryId};
use crate::tree::Tree;

/// The way between two points at which editions are compared, in meters.
const STEP_M: f64 = 500.0;
/// Editions farther apart than this show different lines, in meters.
const UNSETTLED_M: f64 = 2_000.0;
/// The share of points that lie within the accuracy.
const QUANTILE: f64 = 0.95;

/// What a line parts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Pair {
    /// The territories that end on either side of it, the lesser first; none where nobody's begins.
    between: [Vec<TerritoryId>; 2],
    /// Whether nobody's land lies there on land: a sliver that neighbors leave between them, as wide as their lines differ.
    gap: bool,
}

/// Gives every border of `chart` the accuracy that its likeness to `other` shows; `floor_m` is the least for a kind and the
/// codes of the neighbors.
pub(crate) fn estimate(chart: &mut Chart, other: &Chart, floor_m: impl Fn(Kind, &[&str]) -> f64) {
    let there = measure(chart, other);
    let moved = moved(chart, &there);
    let line_of = |arc: u32| {
        let border = &chart.arcs[arc as usize];
        (pair_of(chart, border), border.kind, moved[arc as usize])
    };
    let mut apart: BTreeMap<(Pair, Kind, bool), Vec<f64>> = BTreeMap::new();
    for (arc, _) in borders(chart) {
        apart.entry(line_of(arc)).or_default();
    }
    for point in &there {
        apart.entry(line_of(point.arc)).or_default().push(point.distance_m);
    }
    for point in measure(other, chart) {
        apart.entry(line_of(point.nearest)).or_default().push(point.distance_m);
    }
    let mut stretches = Vec::with_capacity(apart.len());
    let mut places: BTreeMap<(Pair, Kind, bool), u16> = BTreeMap::new();
    for (line, distances) in apart {
        let between = line.0.between.each_ref().map(|ids| codes(chart, ids));
        let all: Vec<&str> = between.iter().flatten().map(String::as_str).collect();
        let (floor_m, evidence) = (floor_m(line.1, &all), evidence_of(distances));
        let unsettled = line.2 || evidence.as_ref().is_some_and(|evidence| evidence.p95_m > UNSETTLED_M);
        let accuracy_m = match &evidence {
            _ if unsettled => UNSETTLED_M,
            Some(evidence) => ((evidence.p95_m / 10.0).ceil() * 10.0).max(floor_m),
            None => chart.info.accuracy_m.max(floor_m),
        };
        stretches.push(Stretch { between, kind: line.1, accuracy_m, unsettled, evidence });
        places.insert(line, stretches.len() as u16);
    }
    let stretch_of: Vec<(u32, u16)> = borders(chart).map(|(arc, _)| (arc, places[&line_of(arc)])).collect();
    for (arc, stretch) in stretch_of {
        chart.arcs[arc as usize].stretch = stretch;
    }
    chart.stretches = stretches;
}

fn borders(chart: &Chart) -> impl Iterator<Item = (u32, &ChartArc)> {
    (0..).zip(&chart.arcs).filter(|(_, arc)| arc.is_border())
}

/// For each arc, whether at least half of it lies too far from the other edition to be the same line.
fn moved(chart: &Chart, points: &[Apart]) -> Vec<bool> {
    let mut moved = vec![false; chart.arcs.len()];
    for same in points.chunk_by(|a, b| a.arc == b.arc) {
        let far = same.iter().filter(|point| point.distance_m > UNSETTLED_M).count();
        moved[same[0].arc as usize] = 2 * far >= same.len();
    }
    moved
}

fn pair_of(chart: &Chart, arc: &ChartArc) -> Pair {
    let (left, right) = (&chart.sides[usize::from(arc.left)], &chart.sides[usize::from(arc.right)]);
    let (one, two) = (left.without(right).ids().collect(), right.without(left).ids().collect());
    let (one, two): (Vec<_>, Vec<_>) = (one, two);
    let gap = (one.is_empty() || two.is_empty()) && arc.kind != Kind::Maritime;
    // Nobody comes last.
    let in_order = two.is_empty() || (!one.is_empty() && one < two);
    Pair { between: if in_order { [one, two] } else { [two, one] }, gap }
}

fn codes(chart: &Chart, ids: &[TerritoryId]) -> Vec<String> {
    ids.iter().map(|id| chart.territories[id.index()].code.clone()).collect()
}

/// A point of one edition, and how far the other is.
struct Apart {
    /// The arc on which the point lies.
    arc: u32,
    /// The arc of the other edition that is nearest.
    nearest: u32,
    distance_m: f64,
}

/// Points along every border of `from`, sorted by arc, with the way to the line between the same neighbors in `to`; where there is
/// none, no points.
fn measure(from: &Chart, to: &Chart) -> Vec<Apart> {
    let (ours, theirs) = (by_pair(from), by_pair(to));
    let mut all: Vec<Apart> = ours
        .par_iter()
        .flat_map_iter(|(pair, arcs)| {
            let between = pair.between.each_ref().map(|ids| translated(from, to, ids));
            let is_same = |their: &Pair| is_same(&between, pair.gap, their);
            let same = theirs.iter().filter(|(their, _)| is_same(their)).flat_map(|(_, arcs)| arcs);
            let same: Vec<u32> = same.copied().collect();
            let line = (!same.is_empty()).then(|| Line::of(to, same));
            line.map(|line| line.to_points_of(from, arcs)).unwrap_or_default()
        })
        .collect();
    all.sort_by_key(|point| point.arc);
    all
}

fn by_pair(chart: &Chart) -> BTreeMap<Pair, Vec<u32>> {
    let mut arcs: BTreeMap<Pair, Vec<u32>> = BTreeMap::new();
    for (index, arc) in borders(chart) {
        arcs.entry(pair_of(chart, arc)).or_default().push(index);
    }
    arcs
}

/// The same territories in another set; those that it lacks are left out.
fn translated(from: &Chart, to: &Chart, ids: &[TerritoryId]) -> Mask {
    let there = |id: &TerritoryId| {
        let code = &from.territories[id.index()].code;
        let at = to.territories.binary_search_by(|t| t.code.cmp(code)).ok()?;
        Some(TerritoryId(at as u16))
    };
    Mask::of(ids.iter().filter_map(there))
}

/// Whether a line of the other set lies between the same neighbors: some of the one on one side, some of the other (or
/// nobody) on the other. One edition may draw a dependency into its sovereign, the other not. A sliver's line
/// is that of its owner, whoever lies across the sliver.
fn is_same(between: &[Mask; 2], gap: bool, their: &Pair) -> bool {
    let [one, two] = between;
    let [their_one, their_two] = their.between.each_ref().map(|ids| Mask::of(ids.iter().copied()));
    if gap || their.gap {
        return one.or(two).meets(&their_one.or(&their_two));
    }
    let same = |ours: &Mask, theirs: &Mask| ours.meets(theirs) || (ours.is_empty() && theirs.is_empty());
    (same(one, &their_one) && same(two, &their_two)) || (same(one, &their_two) && same(two, &their_one))
}

/// Some arcs of a set, as the outline of one made-up territory.
struct Line {
    chart: Chart,
    tree: Tree,
    arcs: Vec<u32>,
}

impl Line {
    fn of(chart: &Chart, arcs: Vec<u32>) -> Self {
        let mut line = Chart {
            info: chart.info.clone(),
            territories: Vec::new(),
            stretches: Vec::new(),
            sides: vec![Mask::default(), Mask::of([TerritoryId(0)])],
            points: Vec::new(),
            arcs: Vec::new(),
            rings: Vec::new(),
        };
        for arc in arcs.iter().map(|arc| &chart.arcs[*arc as usize]) {
            let start = line.points.len() as u32;
            line.points.extend_from_slice(&chart.points[arc.range()]);
            line.arcs.push(ChartArc { start, left: 0, right: 1, ..*arc });
        }
        Self { tree: Tree::of_chart(&line), chart: line, arcs }
    }

    /// From points along some arcs of another set.
    fn to_points_of(&self, other: &Chart, arcs: &[u32]) -> Vec<Apart> {
        let measure = |(arc, place): &(u32, LonLat)| {
            let found = self.tree.nearest(&self.chart, *place, |_| true, f64::INFINITY, None)?;
            let nearest = self.arcs[found.arc as usize];
            Some(Apart { arc: *arc, nearest, distance_m: found.distance_m })
        };
        points_along(other, arcs).par_iter().filter_map(measure).collect()
    }
}

/// A point each [`STEP_M`] along the arcs, taken one after the other, and at least one.
fn points_along(chart: &Chart, arcs: &[u32]) -> Vec<(u32, LonLat)> {
    let mut points = Vec::new();
    let mut to_next = STEP_M / 2.0;
    for &index in arcs {
        for pair in chart.points[chart.arcs[index as usize].range()].windows(2) {
            let edge = Edge::new(pair[0], pair[1]);
            let chord = sub(edge.at(1.0), edge.at(0.0));
            let length = dot(chord, chord).sqrt();
            while to_next < length {
                points.push((index, edge.place(to_next / length)));
                to_next += STEP_M;
            }
            to_next -= length;
        }
    }
    if points.is_empty() {
        points.extend(arcs.iter().take(1).map(|&index| {
            let first = chart.arcs[index as usize].start as usize;
            (index, Edge::new(chart.points[first], chart.points[first + 1]).place(0.5))
        }));
    }
    points
}

fn evidence_of(mut distances: Vec<f64>) -> Option<Evidence> {
    distances.sort_unstable_by(f64::total_cmp);
    // The nearest rank: of less than twenty points the farthest counts.
    let rank = |share: f64| {
        let at = (share * distances.len() as f64).ceil() as usize;
        distances.get(at.saturating_sub(1)).map(|meters| (meters * 10.0).round() / 10.0)
    };
    Some(Evidence {
        samples: distances.len() as u32,
        median_m: rank(0.5)?,
        p95_m: rank(QUANTILE)?,
        max_m: rank(1.0)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::Reading;
    use crate::format::SetInfo;
    use serde_json::json;

    fn chart(territories: &[(&str, [f64; 4])]) -> Chart {
        let feature = |(code, [west, south, east, north]): &(&str, [f64; 4])| {
            let ring = [[west, south], [east, south], [east, north], [west, north], [west, south]];
            let geometry = json!({ "type": "Polygon", "coordinates": [ring] });
            json!({ "type": "Feature", "properties": { "code": code }, "geometry": geometry })
        };
        let features: Vec<_> = territories.iter().map(feature).collect();
        let info = SetInfo {
            name: "made-up".into(),
            version: "1".into(),
            title: "Made up".into(),
            licence: "CC0-1.0".into(),
            attribution: String::new(),
            origin: "a test".into(),
            accuracy_m: 500.0,
            accuracy_method: "two editions".into(),
            valid_from: None,
            valid_to: None,
            world_view: "none".into(),
            edge_model: "rfc7946".into(),
        };
        let file = json!({ "type": "FeatureCollection", "features": features });
        Reading::default().chart(&serde_json::to_vec(&file).unwrap(), info).unwrap()
    }

    fn between(chart: &Chart, one: &str, other: &str) -> Stretch {
        let sides = [one, other].map(|code| if code.is_empty() { vec![] } else { vec![code.to_owned()] });
        chart.stretches.iter().find(|stretch| stretch.between == sides).unwrap().clone()
    }

    /// Two countries side by side on the equator, the line between them at `line` degrees east.
    fn neighbors(line: f64) -> Chart {
        chart(&[("QA", [0.0, 0.0, line, 0.5]), ("QB", [line, 0.0, 2.0, 0.5])])
    }

    #[test]
    fn a_line_that_moved_by_111_meters_is_good_to_120() {
        let mut new = neighbors(1.0);
        estimate(&mut new, &neighbors(1.001), |_, _| 50.0);
        let line = between(&new, "QA", "QB");
        let evidence = line.evidence.unwrap();
        assert_eq!((line.accuracy_m, line.unsettled), (120.0, false));
        // 0.001 degrees of the equator.
        assert_eq!((evidence.median_m, evidence.max_m), (111.3, 111.3));
        // Half a degree of a meridian, a point each 500 m, in both editions.
        assert!((220..=222).contains(&evidence.samples), "{evidence:?}");
        // What did not move has the floor.
        assert_eq!(between(&new, "QA", "").accuracy_m, 50.0);
        let arc = new.arcs.iter().find(|arc| arc.left != 0 && arc.right != 0).unwrap();
        assert_eq!(new.stretches[usize::from(arc.stretch) - 1].accuracy_m, 120.0);
    }

    #[test]
    fn a_line_that_moved_by_kilometers_is_unsettled() {
        let mut new = neighbors(1.0);
        estimate(&mut new, &neighbors(1.1), |_, _| 50.0);
        let line = between(&new, "QA", "QB");
        assert_eq!((line.accuracy_m, line.unsettled), (UNSETTLED_M, true));
        assert!(line.evidence.unwrap().median_m > 11_000.0);
    }

    #[test]
    fn a_line_that_the_other_edition_lacks_has_the_accuracy_of_the_set() {
        let mut new = neighbors(1.0);
        estimate(&mut new, &chart(&[("QA", [0.0, 0.0, 1.0, 0.5])]), |_, _| 50.0);
        // The other edition has a line of QA there, with nobody across: a sliver's, which counts.
        assert_eq!(between(&new, "QA", "QB").accuracy_m, 50.0);
        let end = between(&new, "QB", "");
        assert_eq!((end.accuracy_m, end.unsettled, end.evidence), (500.0, false, None));
    }

    #[test]
    fn neighbors_that_leave_a_sliver_between_them_are_compared_across_it() {
        // 0.0005 degrees, 56 m, belong to nobody.
        let slivered = || chart(&[("QA", [0.0, 0.0, 0.9995, 0.5]), ("QB", [1.0, 0.0, 2.0, 0.5])]);
        let mut new = neighbors(1.0);
        estimate(&mut new, &slivered(), |_, _| 10.0);
        assert!(between(&new, "QA", "QB").accuracy_m <= 60.0);
        let mut new = slivered();
        estimate(&mut new, &neighbors(1.0), |_, _| 10.0);
        assert!(new.stretches.iter().all(|stretch| stretch.accuracy_m <= 60.0), "{:?}", new.stretches);
    }

    #[test]
    fn a_quantile_is_the_nearest_rank() {
        let evidence = evidence_of((1..=100).rev().map(f64::from).collect()).unwrap();
        assert_eq!((evidence.median_m, evidence.p95_m, evidence.max_m), (50.0, 95.0, 100.0));
        assert_eq!(evidence_of(vec![7.0, 3.0]).unwrap().p95_m, 7.0);
        assert_eq!(evidence_of(Vec::new()), None);
    }
}
