//! Incidents as Mapbox vector tiles: single ones where there is room, clusters where there is not.
//!
//! Layer `incidents`. A point has `id`, `title`, `event_type`, `verification`, `date`, `foreign` (code of the
//! nearest foreign territory), `distance_m`, `cluster` false and `count` 1; where several stand at the very same place, the one
//! that is drawn last, over the others, has how many they are as `stacked`; a cluster has `cluster` true, `count`,
//! `latest` and, if any is known, the `damage` of its members that comes first in the vocabulary, which begins with the
//! worst; it stands at their mean. The tile is a grid of cells and a cell with two or more incidents is a cluster:
//! counts of the tiles of a zoom add up to the count of the question, since each place is on one tile and in one
//! cell. (An incident with several places is shown at each.)
//!
//! Size: at most [`POINTS_MAX`] points, or as many clusters as a grid has cells.

use fast_mvt::{MvtCoord, MvtGeomType, MvtLayerBuilder, MvtResult};
use kordon_incidents::{Damage, EventType, Verification};
use rayon::prelude::*;
use std::collections::HashMap;

use crate::aggregate::civil;
use crate::columns::Columns;
use crate::mercator::{EXTENT, OnTile, Tile, ZOOM_MAX, world_of};
use crate::query::{Compiled, FEW, Hit, Query};
use crate::snapshot::Snapshot;

/// Where single incidents give way to clusters: from this zoom on, a tile with more spots than `spots_max` is a grid of so
/// many cells aside. A tile is shown at 512 pixels, so the cells are 32 pixels far out, 21 nearer by; at the last zoom that
/// clients ask for, and enlarge, they are a few meters of ground.
struct Crowding {
    from_zoom: u8,
    spots_max: usize,
    cells_aside: usize,
}

const CROWDING: [Crowding; 3] = [
    Crowding { from_zoom: 14, spots_max: POINTS_MAX, cells_aside: 64 },
    Crowding { from_zoom: 9, spots_max: 600, cells_aside: 24 },
    Crowding { from_zoom: 0, spots_max: 0, cells_aside: 16 },
];
/// No tile has more points than this.
pub(crate) const POINTS_MAX: usize = 4_000;

/// One place of an incident on a tile.
#[derive(Clone, Copy)]
struct Spot {
    hit: Hit,
    at: OnTile,
}

/// The incidents at one place, and the last of them.
#[derive(Clone, Copy, Default)]
struct Stack {
    count: u64,
    top: Option<Hit>,
}

/// So many cells along either side of a tile.
struct Grid {
    cells_aside: usize,
    cells: Vec<Cell>,
}

/// A cell of the grid.
#[derive(Clone, Default)]
struct Cell {
    count: u32,
    sum: [i64; 2],
    latest_s: i64,
    /// All kinds of damage that were seen, as bits.
    damage: u32,
    /// The last of its spots: the only one, if there is one only.
    last: Option<Spot>,
}

impl<V> Snapshot<V> {
    /// What matches, as a vector tile of WebMercatorQuad; empty for a tile that does not exist, or has nothing.
    pub fn tile(&self, query: &Query, z: u8, x: u32, y: u32) -> Vec<u8> {
        let Some(tile) = Tile::new(z, x, y) else { return Vec::new() };
        let crowding = CROWDING.iter().find(|crowding| z >= crowding.from_zoom);
        let (spots_max, cells_aside) = crowding.map_or((0, 1), |one| (one.spots_max, one.cells_aside));
        let compiled = Compiled::new(query, &self.context);
        let layer = if spots_max == 0 {
            // Whole countries: too many to be listed first.
            let grid = || Grid::new(cells_aside);
            let add = |grid: &mut Grid, hit| self.spots(hit, tile).for_each(|spot| self.add(grid, spot));
            let grids = compiled.gather_in(&self.slices, &[tile.degrees()], grid, add);
            self.clusters(&grids.into_iter().fold(grid(), Grid::merged))
        } else {
            let add = |spots: &mut Vec<Spot>, hit| spots.extend(self.spots(hit, tile));
            let spots = compiled.gather_in(&self.slices, &[tile.degrees()], Vec::new, add).concat();
            if spots.len() > spots_max {
                let mut grid = Grid::new(cells_aside);
                spots.iter().for_each(|spot| self.add(&mut grid, *spot));
                self.clusters(&grid)
            } else {
                self.singles(&spots)
            }
        };
        // A layer can only be refused for an empty name or for 2^32 keys.
        layer.ok().flatten().map(MvtLayerBuilder::encode).unwrap_or_default()
    }

    /// The tiles that have something, as zoom, column, row: of all zooms up to `last_zoom`, in no order.
    pub fn tiles_with(&self, query: &Query, last_zoom: u8) -> Vec<(u8, u32, u32)> {
        let side = f64::from(1_u32 << last_zoom.min(ZOOM_MAX));
        let hits = Compiled::new(query, &self.context).hits(&self.slices);
        let mut level: Vec<[u32; 2]> = hits
            .par_iter()
            .with_min_len(FEW)
            .flat_map_iter(|&hit| self.columns(hit).places(hit.row as usize))
            .map(|&place| world_of(place).map(|part| (part * side) as u32))
            .collect();
        let mut tiles = Vec::new();
        for z in (0..=last_zoom.min(ZOOM_MAX)).rev() {
            level.par_sort_unstable();
            level.dedup();
            tiles.extend(level.iter().map(|&[x, y]| (z, x, y)));
            level.iter_mut().for_each(|tile| *tile = tile.map(|part| part >> 1));
        }
        tiles
    }

    fn spots(&self, hit: Hit, tile: Tile) -> impl Iterator<Item = Spot> {
        let part = &self.slices[hit.slice as usize].part;
        part.on_tile(hit.row as usize, tile).map(move |at| Spot { hit, at })
    }

    fn columns(&self, hit: Hit) -> &Columns {
        &self.slices[hit.slice as usize].part.columns
    }

    fn add(&self, grid: &mut Grid, spot: Spot) {
        grid.cell(spot.at).add(spot, self.columns(spot.hit));
    }

    fn singles(&self, spots: &[Spot]) -> MvtResult<Option<MvtLayerBuilder>> {
        let mut layer = MvtLayerBuilder::new("incidents")?;
        // Later ones are drawn above earlier ones, and those of one second always in the same order: a tile of a named snapshot is
        // the same however its rows are held.
        let mut order: Vec<&Spot> = spots.iter().collect();
        order.sort_by_key(|spot| {
            let (columns, row) = (self.columns(spot.hit), spot.hit.row as usize);
            (columns.start_s[row], columns.ids[row])
        });
        let mut stacks: HashMap<OnTile, Stack> = HashMap::new();
        for spot in &order {
            stacks.entry(spot.at).or_default().add(spot.hit);
        }
        for spot in order {
            let stack = stacks[&spot.at];
            layer = self.single(layer, spot, if stack.top == Some(spot.hit) { stack.count } else { 1 })?;
        }
        Ok(Some(layer).filter(|_| !spots.is_empty()))
    }

    /// One place, which `stacked` incidents share.
    fn single(&self, layer: MvtLayerBuilder, spot: &Spot, stacked: u64) -> MvtResult<MvtLayerBuilder> {
        let (columns, row) = (self.columns(spot.hit), spot.hit.row as usize);
        let mut point = layer.feature_of(MvtGeomType::Point);
        point.points([coord(spot.at)])?;
        point.tag_string("id", columns.ids[row].to_string())?;
        point.tag_string("title", shortened(columns.title(row)))?;
        if let Some(word) = EventType::WORDS.get(columns.event_type[row] as usize) {
            point.tag("event_type", *word)?;
        }
        if let Some(word) = Verification::WORDS.get(columns.verification[row] as usize) {
            point.tag("verification", *word)?;
        }
        point.tag_string("date", date(columns.start_s[row]))?;
        if let Some(nearest) = &columns.border[row].foreign {
            point.tag("foreign", self.context.borders.territory(nearest.territory).code.as_str())?;
            point.tag_double("distance_m", nearest.distance_m.round())?;
        }
        point.tag_bool("cluster", false)?;
        point.tag_uint("count", 1)?;
        if stacked > 1 {
            point.tag_uint("stacked", stacked)?;
        }
        Ok(point.end())
    }

    fn clusters(&self, grid: &Grid) -> MvtResult<Option<MvtLayerBuilder>> {
        let mut layer = MvtLayerBuilder::new("incidents")?;
        let mut is_empty = true;
        for cell in grid.cells.iter().filter(|cell| cell.count > 0) {
            is_empty = false;
            layer = match &cell.last {
                Some(only) if cell.count == 1 => self.single(layer, only, 1)?,
                _ => cell.write(layer)?,
            };
        }
        Ok(Some(layer).filter(|_| !is_empty))
    }
}

impl Stack {
    /// Several places of one incident follow each other; they are one.
    fn add(&mut self, hit: Hit) {
        if self.top != Some(hit) {
            (self.count, self.top) = (self.count + 1, Some(hit));
        }
    }
}

impl Grid {
    fn new(cells_aside: usize) -> Self {
        Self { cells_aside, cells: vec![Cell::default(); cells_aside * cells_aside] }
    }

    fn cell(&mut self, at: OnTile) -> &mut Cell {
        let [column, row] = at.map(|part| part.unsigned_abs() as usize * self.cells_aside / EXTENT as usize);
        &mut self.cells[row * self.cells_aside + column]
    }

    /// With what another one has of other incidents.
    fn merged(mut self, other: Self) -> Self {
        self.cells.iter_mut().zip(other.cells).for_each(|(cell, other)| cell.merge(other));
        self
    }
}

impl Cell {
    fn add(&mut self, spot: Spot, columns: &Columns) {
        // Several places of one incident follow each other; in one cell they are one.
        if self.last.is_some_and(|last| last.hit == spot.hit) {
            return;
        }
        self.last = Some(spot);
        let start_s = columns.start_s[spot.hit.row as usize];
        self.latest_s = if self.count == 0 { start_s } else { self.latest_s.max(start_s) };
        self.damage |= columns.damage[spot.hit.row as usize];
        self.count += 1;
        for axis in 0..2 {
            self.sum[axis] += i64::from(spot.at[axis]);
        }
    }

    fn merge(&mut self, other: Self) {
        if self.count == 0 {
            *self = other;
        } else if other.count > 0 {
            self.latest_s = self.latest_s.max(other.latest_s);
            self.damage |= other.damage;
            self.count += other.count;
            for axis in 0..2 {
                self.sum[axis] += other.sum[axis];
            }
        }
    }

    fn write(&self, layer: MvtLayerBuilder) -> MvtResult<MvtLayerBuilder> {
        let count = i64::from(self.count);
        // The mean of numbers below EXTENT.
        let mean = self.sum.map(|sum| i32::try_from(sum / count).unwrap_or_default());
        let mut point = layer.feature_of(MvtGeomType::Point);
        point.points([coord(mean)])?;
        point.tag_bool("cluster", true)?;
        point.tag_uint("count", u64::from(self.count))?;
        point.tag_string("latest", date(self.latest_s))?;
        if let Some(worst) = Damage::WORDS.get(self.damage.trailing_zeros() as usize) {
            point.tag("damage", *worst)?;
        }
        Ok(point.end())
    }
}

fn coord([x, y]: OnTile) -> MvtCoord {
    MvtCoord { x, y }
}

fn date(start_s: i64) -> String {
    let (year, month, day) = civil(start_s);
    format!("{year:04}-{month:02}-{day:02}")
}

/// A title of at most 120 characters: a tile is not the place for stories.
fn shortened(title: &str) -> String {
    match title.char_indices().nth(120) {
        Some((end, _)) => format!("{}…", &title[..end]),
        None => title.to_owned(),
    }
}
