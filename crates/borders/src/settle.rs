//! A world view laid over a set: whose each side of each border is, and what was claimed before.
//!
//! Where the view gives land to one of its claimants, the others are taken from both sides of the borders there. A border
//! between two sides that then are alike is none any more: in a view where Crimea is Ukraine's, no outline runs along Perekop. All
//! searches work on these sides, so a view costs nothing when a distance is asked; what was claimed is kept beside.

use std::collections::HashMap;

use crate::LonLat;
use crate::alliance::Day;
use crate::format::{Chart, ChartArc, MOST_SIDES, STEPS_PER_DEGREE};
use crate::territory::{Mask, Territory, TerritoryId};
use crate::view::View;

/// The sides as claimed of those arcs whose sides a view has settled otherwise.
#[derive(Default)]
pub(crate) struct Claimed(HashMap<u32, [u16; 2]>);

impl Claimed {
    /// Lays a view over a chart.
    pub(crate) fn settle(chart: &mut Chart, view: &View, on: Option<Day>) -> Self {
        let mut places: HashMap<Mask, u16> =
            chart.sides.iter().enumerate().map(|(at, side)| (*side, at as u16)).collect();
        let mut claimed = HashMap::new();
        // A side with one claimant stays what it is; of equal sides all become the same one.
        let same: Vec<Option<u16>> = chart
            .sides
            .iter()
            .map(|side| (side.is_empty() || side.sole().is_some()).then(|| places[side]))
            .collect();
        for index in 0..chart.arcs.len() {
            let ChartArc { left, right, .. } = chart.arcs[index];
            if left == right {
                continue;
            }
            let points = &chart.points[chart.arcs[index].range()];
            let [lon, lat] = points[points.len() / 2].map(|steps| f64::from(steps) / STEPS_PER_DEGREE);
            let at = LonLat::wrapped(lon, lat);
            let sides = [left, right].map(|side| {
                if let Some(Some(same)) = same.get(usize::from(side)) {
                    return *same;
                }
                let is = settled(&chart.territories, view, on, &chart.sides[usize::from(side)], at);
                if let Some(known) = places.get(&is) {
                    return *known;
                }
                if chart.sides.len() == MOST_SIDES {
                    return side;
                }
                let new = chart.sides.len() as u16;
                chart.sides.push(is);
                places.insert(is, new);
                new
            });
            if sides != [left, right] {
                claimed.insert(index as u32, [left, right]);
                [chart.arcs[index].left, chart.arcs[index].right] = sides;
            }
        }
        Self(claimed)
    }

    /// Takes the view off again.
    pub(crate) fn restore(&self, chart: &mut Chart) {
        for (arc, sides) in &self.0 {
            let arc = &mut chart.arcs[*arc as usize];
            [arc.left, arc.right] = *sides;
        }
    }

    /// The sides of an arc as claimed: places in [`Chart::sides`].
    pub(crate) fn sides(&self, chart: &Chart, arc: u32) -> [u16; 2] {
        let settled = &chart.arcs[arc as usize];
        self.0.get(&arc).copied().unwrap_or([settled.left, settled.right])
    }

    /// The arcs that are borders by what is claimed, with their sides as claimed.
    pub(crate) fn borders<'a>(&self, chart: &'a Chart) -> impl Iterator<Item = (&'a ChartArc, [u16; 2])> {
        let all = chart.arcs.iter().enumerate().map(|(index, arc)| (arc, self.sides(chart, index as u32)));
        all.filter(|(_, [left, right])| left != right)
    }
}

/// Of those who claim a place, whom it belongs to in a view: the one it names and that one's compatriots.
pub(crate) fn settled(
    territories: &[Territory],
    view: &View,
    on: Option<Day>,
    claims: &Mask,
    at: LonLat,
) -> Mask {
    let ids: Vec<TerritoryId> = claims.ids().collect();
    if ids.len() < 2 {
        return *claims;
    }
    let claimants: Vec<&Territory> = ids.iter().map(|id| &territories[id.index()]).collect();
    let Some(holder) = view.ruling(&claimants, at, on).holder else { return *claims };
    let Some(holder) = claimants.iter().find(|territory| territory.code == holder) else { return *claims };
    let sovereign = view.sovereign(holder);
    let stays = |(_, claimant): &(TerritoryId, &&Territory)| view.sovereign(claimant) == sovereign;
    Mask::of(ids.into_iter().zip(&claimants).filter(stays).map(|(id, _)| id))
}
