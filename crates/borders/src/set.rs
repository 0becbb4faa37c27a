//! A border set, and the questions it answers.
//!
//! [`BorderSet::decode`] reads a `.kbs` file and builds two indexes over it: a table of cells for "whose land is
//! it" (`contain.rs`) and a tree of boxes for "how far is it" (`nearest.rs`). After that the set never changes and
//! may be asked from any number of threads.
//!
//! Cost: about 0.2 s to load the world at 10 m, about 120 MB; then a few microseconds a question.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc as Shared, Mutex, OnceLock, PoisonError};

use crate::alliance::{ALLIANCES, Day, Member};
use crate::contain::{Cells, Tangled, containing_slow};
use crate::format::{BadSet, Chart, ChartArc, Kind, STEPS_PER_DEGREE, SetInfo, Stretch, decode};
use crate::nearest::{Found, Warm, nearest_slow};
use crate::seam;
use crate::territory::{Mask, Territory, TerritoryId};
use crate::tree::{Filter, Tree};
use crate::view::View;
use crate::{BBox, LonLat};

static OSM_MARITIME: &[u8] =
    include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/borders/osm-maritime-10m.kbs"));
static NATURAL_EARTH: &[u8] =
    include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/borders/natural-earth-10m.kbs"));

/// Borders of territories, ready to be asked.
pub struct BorderSet {
    chart: Chart,
    checksum: String,
    cells: Cells,
    /// What [`Cells::at`] gives, with the territories in a list.
    holdings: Vec<Holding>,
    tree: Tree,
    outlines: Mutex<HashMap<Mask, Outline>>,
    /// The territories of each of the chart's sides.
    side_ids: Vec<Vec<TerritoryId>>,
    everyone: Mask,
    /// For each territory, all that have the same sovereign.
    compatriots: Vec<Mask>,
    /// For each territory, those with another sovereign that it meets on land.
    neighbors: Vec<Mask>,
    /// For each of the chart's sides, whether states that are foreign to each other claim it.
    contested: Vec<bool>,
    edge_count: usize,
}

/// Some territories that together hold places.
struct Holding {
    ids: Vec<TerritoryId>,
    mask: Mask,
    /// All territories with other sovereigns.
    foreign: Mask,
    /// Where in the tree there are borders of these; made when it is first asked for.
    filter: OnceLock<Filter>,
}

/// The territories that hold a place, sorted by code: none at sea, several where claims overlap. It is a reference into
/// the set that gave it.
#[derive(Clone, Copy)]
pub struct Claims<'a>(&'a Holding);

impl<'a> Claims<'a> {
    /// The territories, for as long as the set lives.
    pub fn ids(self) -> &'a [TerritoryId] {
        &self.0.ids
    }

    pub(crate) fn mask(self) -> &'a Mask {
        &self.0.mask
    }
}

impl Deref for Claims<'_> {
    type Target = [TerritoryId];

    fn deref(&self) -> &[TerritoryId] {
        self.ids()
    }
}

impl std::fmt::Debug for Claims<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.ids().fmt(f)
    }
}

impl PartialEq for Claims<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.ids() == other.ids()
    }
}

impl Eq for Claims<'_> {}

/// One territory or a set of them, whose distance is asked. It belongs to the set that made it.
#[derive(Clone)]
pub struct Target {
    name: String,
    members: Vec<TerritoryId>,
    mask: Mask,
    outline: Outline,
}

/// A tree of the outline of some territories alone, made when it is first needed.
type Outline = Shared<OnceLock<Tree>>;

impl PartialEq for Target {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, &self.members) == (&other.name, &other.members)
    }
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Target")
            .field("name", &self.name)
            .field("members", &self.members)
            .finish_non_exhaustive()
    }
}

impl Target {
    /// The name by which it is known: a code, or `NATO`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its territories, sorted by code.
    pub fn members(&self) -> &[TerritoryId] {
        &self.members
    }
}

/// No territory or set of countries has that name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no territory or set of countries is called {name:?}{}", did_you_mean(.near))]
pub struct UnknownTarget {
    /// What was asked for.
    pub name: String,
    /// Names that look like it, best first.
    pub near: Vec<String>,
}

fn did_you_mean(near: &[String]) -> String {
    if near.is_empty() {
        return "; give an ISO 3166-1 alpha-3 code such as ROU, or NATO or EU".into();
    }
    format!("; did you mean {}?", near.join(", "))
}

/// The nearest point of a border.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Nearest {
    /// Whose land is nearest; where several claim it, the one that the view of the United Nations names, else the
    /// first by code.
    pub territory: TerritoryId,
    /// Along the ellipsoid, in meters; negative only in [`BorderSet::signed_distance`].
    pub distance_m: f64,
    /// The nearest point.
    pub point: LonLat,
    /// The way to it, in degrees clockwise from north; `None` where it means nothing.
    pub azimuth_deg: Option<f64>,
    /// What the border is there.
    pub kind: Kind,
    /// How far the border may lie from the truth there, in meters.
    pub accuracy_m: f64,
    /// Whether states that are foreign to each other claim what lies on one side of it.
    pub disputed: bool,
    /// Whether another edition shows another line there, kilometers off; `accuracy_m` does not cover that.
    pub unsettled: bool,
}

/// One piece of border: a chain of positions with the same territories along each of its sides.
#[derive(Clone, Debug)]
pub struct Arc<'a> {
    /// `[longitude, latitude]` in degrees. No arc crosses the antimeridian unless an edge of its source did.
    pub points: Vec<[f64; 2]>,
    /// The territories to the left, going along the points.
    pub left: &'a [TerritoryId],
    /// The territories to the right.
    pub right: &'a [TerritoryId],
    /// What the border is here.
    pub kind: Kind,
    /// How far the line may lie from the truth here, in meters.
    pub accuracy_m: f64,
    /// As in [`Nearest::disputed`].
    pub disputed: bool,
    /// As in [`Nearest::unsettled`].
    pub unsettled: bool,
}

impl BorderSet {
    /// The set that answers unless another is named: OpenStreetMap's borders at 10 m, with territorial seas.
    ///
    /// # Errors
    ///
    /// [`BadSet`] when the bytes within this program are damaged.
    pub fn default_set() -> Result<Self, BadSet> {
        Self::decode(OSM_MARITIME)
    }

    /// Natural Earth 1:10m: coarse (4 km), for backgrounds and for comparison.
    ///
    /// # Errors
    ///
    /// [`BadSet`] when the bytes within this program are damaged.
    pub fn natural_earth() -> Result<Self, BadSet> {
        Self::decode(NATURAL_EARTH)
    }

    /// Reads a `.kbs` file; its checksum is verified.
    ///
    /// # Errors
    ///
    /// [`BadSet`] says whether the bytes are another kind of file, a newer format, cut off, or damaged.
    pub fn decode(bytes: &[u8]) -> Result<Self, BadSet> {
        let (chart, checksum) = decode(bytes)?;
        let (cells, tree) = rayon::join(|| Cells::of_chart(&chart), || Tree::of_chart(&chart));
        let cells = cells.map_err(|Tangled| BadSet::Malformed("its borders are tangled"))?;
        let ids = || (0..chart.territories.len() as u16).map(TerritoryId);
        let compatriots: Vec<Mask> = ids()
            .map(|id| {
                let sovereign = &chart.territories[id.index()].sovereign;
                Mask::of(ids().filter(|other| chart.territories[other.index()].sovereign == *sovereign))
            })
            .collect();
        let neighbors = neighbors(&chart, &compatriots);
        let contested = chart.sides.iter().map(|side| is_contested(side, &compatriots)).collect();
        let everyone = Mask::of(ids());
        let edge_count =
            chart.arcs.iter().filter(|arc| arc.is_border()).map(|arc| arc.len as usize - 1).sum();
        let side_ids = chart.sides.iter().map(|side| side.ids().collect()).collect();
        let mut set = Self {
            cells,
            holdings: Vec::new(),
            tree,
            outlines: Mutex::default(),
            side_ids,
            everyone,
            compatriots,
            neighbors,
            contested,
            edge_count,
            chart,
            checksum,
        };
        let holding = |mask: &Mask| Holding {
            ids: mask.ids().collect(),
            mask: *mask,
            foreign: set.foreign_to(mask),
            filter: OnceLock::new(),
        };
        set.holdings = set.cells.holders().iter().map(holding).collect();
        Ok(set)
    }

    /// What the set is.
    pub fn info(&self) -> &SetInfo {
        &self.chart.info
    }

    /// The SHA-256 that closes its file, in hexadecimal.
    pub fn checksum(&self) -> &str {
        &self.checksum
    }

    /// The number of edges, each shared one counted once.
    pub fn edge_count(&self) -> usize {
        self.edge_count
    }

    /// All territories, sorted by code.
    pub fn territories(&self) -> &[Territory] {
        &self.chart.territories
    }

    /// One territory.
    pub fn territory(&self, id: TerritoryId) -> &Territory {
        &self.chart.territories[id.index()]
    }

    /// The territory with this code, in whatever case.
    pub fn find(&self, code: &str) -> Option<TerritoryId> {
        let at = self.chart.territories.iter().position(|t| t.code.eq_ignore_ascii_case(code))?;
        Some(TerritoryId(at as u16))
    }

    /// The names of the sets of countries that [`BorderSet::target`] knows.
    pub fn alliances(&self) -> impl Iterator<Item = &'static str> {
        ALLIANCES.iter().map(|alliance| alliance.name)
    }

    /// Who was in a set of countries, and when; nobody when no set has that name.
    pub fn memberships(&self, alliance: &str) -> &'static [Member] {
        ALLIANCES.iter().find(|known| known.name == alliance).map_or(&[], |known| known.members)
    }

    /// A territory by its code (alpha-3 or alpha-2) or English name, or a set of countries (`NATO`, `EU`) with its
    /// members of that day; of today when none is given.
    ///
    /// # Errors
    ///
    /// [`UnknownTarget`] with the names that look most like it.
    pub fn target(&self, name: &str, on: Option<Day>) -> Result<Target, UnknownTarget> {
        let name = name.trim();
        if let Some(id) = self.find(name) {
            return Ok(self.target_of(self.territory(id).code.clone(), [id]));
        }
        if let Some(alliance) = ALLIANCES.iter().find(|a| a.name.eq_ignore_ascii_case(name)) {
            let members = alliance.codes(on).filter_map(|code| self.find(code));
            return Ok(self.target_of(alliance.name.into(), members));
        }
        let known_by = |t: &Territory| {
            t.iso_a2.as_deref().is_some_and(|a2| a2.eq_ignore_ascii_case(name))
                || t.name.to_lowercase() == name.to_lowercase()
        };
        if let Some(at) = self.chart.territories.iter().position(known_by) {
            let id = TerritoryId(at as u16);
            return Ok(self.target_of(self.territory(id).code.clone(), [id]));
        }
        Err(UnknownTarget { name: name.into(), near: self.names_like(name) })
    }

    fn target_of(&self, name: String, members: impl IntoIterator<Item = TerritoryId>) -> Target {
        let mask = Mask::of(members);
        Target { name, members: mask.ids().collect(), mask, outline: self.outline_of(&mask) }
    }

    /// The outline of the union of some territories; the same one every time.
    fn outline_of(&self, of: &Mask) -> Outline {
        let mut outlines = self.outlines.lock().unwrap_or_else(PoisonError::into_inner);
        Shared::clone(outlines.entry(*of).or_default())
    }

    fn nearest_on(
        &self,
        outline: &Outline,
        of: &Mask,
        place: LonLat,
        up_to_m: f64,
        warm: Warm,
    ) -> Option<Found> {
        let tree = outline.get_or_init(|| self.tree.of_outline(&self.chart, of));
        tree.nearest(&self.chart, place, |_| true, up_to_m, warm)
    }

    fn names_like(&self, name: &str) -> Vec<String> {
        let name = name.to_lowercase();
        let codes = self.chart.territories.iter().flat_map(|t| [(t.code.as_str(), t), (t.name.as_str(), t)]);
        let mut near: Vec<(usize, &str)> = codes
            .map(|(known, t)| (edits(&name, &known.to_lowercase()), t.code.as_str()))
            .chain(ALLIANCES.iter().map(|a| (edits(&name, &a.name.to_lowercase()), a.name)))
            .filter(|(far, _)| *far <= (name.chars().count() / 3).max(1))
            .collect();
        near.sort_unstable();
        let mut names: Vec<String> = Vec::new();
        for (_, code) in near {
            if !names.iter().any(|known| known == code) && names.len() < 3 {
                names.push(code.into());
            }
        }
        names
    }

    /// The territories that hold the place. On a border it belongs to what lies north of it, and east of it where the
    /// border runs along a meridian.
    ///
    /// Nothing is allocated; it takes 10 to 50 ns.
    #[inline]
    pub fn containing(&self, place: LonLat) -> Claims<'_> {
        Claims(&self.holdings[self.cells.at(place)])
    }

    /// The slow twin of [`BorderSet::containing`]: every edge is looked at.
    pub fn containing_slow(&self, place: LonLat) -> Vec<TerritoryId> {
        containing_slow(&self.chart, place).ids().collect()
    }

    /// The claimant whose land it is in a world view; `None` when nobody claims it or the view leaves it open.
    pub fn holder(&self, claims: &[TerritoryId], view: View) -> Option<TerritoryId> {
        if let [only] = claims {
            return Some(*only);
        }
        let codes: Vec<&str> = claims.iter().map(|id| self.territory(*id).code.as_str()).collect();
        self.find(view.holder(&codes)?)
    }

    /// The nearest point of a territory or of a set of them: 0 m and the place itself inside, `None` when it is
    /// farther than `up_to_m` (infinity for no limit).
    pub fn nearest_to(&self, place: LonLat, target: &Target, up_to_m: f64) -> Option<Nearest> {
        self.nearest_to_from(place, target, up_to_m, &mut None)
    }

    /// The same, with and for a warm start.
    pub(crate) fn nearest_to_from(
        &self,
        place: LonLat,
        target: &Target,
        up_to_m: f64,
        warm: &mut Warm,
    ) -> Option<Nearest> {
        let inside = self.containing(place).mask().and(&target.mask);
        // Inside, the kind and accuracy of the nearest border are asked for, however far it is.
        let up_to_m = if inside.is_empty() { up_to_m } else { f64::INFINITY };
        let found = self.nearest_on(&target.outline, &target.mask, place, up_to_m, *warm)?;
        *warm = Some(found.spot);
        let nearest = self.nearest_of(found, &target.mask);
        if inside.is_empty() {
            return Some(nearest);
        }
        Some(Nearest { territory: self.named(&inside), ..nearest.reached(place) })
    }

    /// The slow twin of [`BorderSet::nearest_to`].
    pub fn nearest_to_slow(&self, place: LonLat, target: &Target) -> Option<Nearest> {
        let found = nearest_slow(&self.chart, place, &target.mask)?;
        let nearest = self.nearest_of(found, &target.mask);
        Some(if containing_slow(&self.chart, place).meets(&target.mask) {
            nearest.reached(place)
        } else {
            nearest
        })
    }

    /// The nearest point of the target's outline, with a distance that is negative inside: minus how deep.
    ///
    /// The outline of a set of countries is where it ends; a border between two of its members is not part of it.
    pub fn signed_distance(&self, place: LonLat, target: &Target) -> Option<Nearest> {
        let found = self.nearest_on(&target.outline, &target.mask, place, f64::INFINITY, None)?;
        let mut nearest = self.nearest_of(found, &target.mask);
        let inside = self.containing(place).mask().and(&target.mask);
        if !inside.is_empty() {
            nearest.distance_m = -nearest.distance_m;
            nearest.territory = self.named(&inside);
        }
        Some(nearest)
    }

    /// The nearest territory that is foreign to whoever claims the place: none of the claimants' sovereigns is its
    /// sovereign. At sea, where nobody claims it, the nearest territory of all.
    pub fn nearest_foreign(&self, place: LonLat, up_to_m: f64) -> Option<Nearest> {
        self.nearest_foreign_from(place, up_to_m, &mut None)
    }

    /// The same, with and for a warm start.
    pub(crate) fn nearest_foreign_from(
        &self,
        place: LonLat,
        up_to_m: f64,
        warm: &mut Warm,
    ) -> Option<Nearest> {
        let Claims(Holding { foreign, filter, .. }) = self.containing(place);
        let filter = filter.get_or_init(|| self.tree.filter(&self.chart, foreign));
        let found = self.tree.nearest(&self.chart, place, |group| filter.passes(group), up_to_m, *warm)?;
        *warm = Some(found.spot);
        Some(self.nearest_of(found, foreign))
    }

    /// The slow twin of [`BorderSet::nearest_foreign`].
    pub fn nearest_foreign_slow(&self, place: LonLat) -> Option<Nearest> {
        let foreign = self.foreign_to(&containing_slow(&self.chart, place));
        Some(self.nearest_of(nearest_slow(&self.chart, place, &foreign)?, &foreign))
    }

    /// The nearest point of a neighbor by land: PRIO-GRID's `bdist1`. `None` at sea and on islands.
    pub fn nearest_neighbor(&self, place: LonLat) -> Option<Nearest> {
        let claims = self.containing(place);
        let own = claims.iter().fold(Mask::default(), |own, id| own.or(&self.compatriots[id.index()]));
        let holder = self.holder(&claims, View::Un);
        let of = holder.as_ref().map_or(&claims[..], std::slice::from_ref);
        let neighbors = of.iter().fold(Mask::default(), |all, id| all.or(&self.neighbors[id.index()]));
        let neighbors = neighbors.without(&own);
        let found = self.nearest_on(&self.outline_of(&neighbors), &neighbors, place, f64::INFINITY, None)?;
        Some(self.nearest_of(found, &neighbors))
    }

    /// The nearest point of the outline of the territory that holds the place: PRIO-GRID's `bdist3`. Where several
    /// claim it, of the one that the view names, else of all their land together. `None` at sea.
    pub fn own_outline(&self, place: LonLat) -> Option<Nearest> {
        let claims = self.containing(place);
        let own = match self.holder(&claims, View::Un) {
            Some(holder) => Mask::of([holder]),
            None => Mask::of(claims.iter().copied()),
        };
        let found = self.nearest_on(&self.outline_of(&own), &own, place, f64::INFINITY, None)?;
        Some(self.nearest_of(found, &own))
    }

    fn foreign_to(&self, claims: &Mask) -> Mask {
        claims.ids().fold(self.everyone, |foreign, id| foreign.without(&self.compatriots[id.index()]))
    }

    fn nearest_of(&self, found: Found, of: &Mask) -> Nearest {
        let arc = &self.chart.arcs[found.arc as usize];
        let (left, right) = self.sides(arc);
        let there = left.or(right).and(of);
        Nearest {
            territory: self.named(&there),
            distance_m: found.distance_m,
            point: found.point,
            azimuth_deg: found.azimuth_deg,
            kind: arc.kind,
            accuracy_m: self.accuracy_of(arc),
            disputed: self.is_disputed(arc),
            unsettled: self.is_unsettled(arc),
        }
    }

    /// The one to name among several that claim the same land.
    fn named(&self, among: &Mask) -> TerritoryId {
        if let Some(only) = among.sole() {
            return only;
        }
        let ids: Vec<TerritoryId> = among.ids().collect();
        // An outline has a member of the asked territories on one side, so there is a first.
        self.holder(&ids, View::Un).unwrap_or_else(|| ids[0])
    }

    fn sides(&self, arc: &ChartArc) -> (&Mask, &Mask) {
        (&self.chart.sides[usize::from(arc.left)], &self.chart.sides[usize::from(arc.right)])
    }

    fn accuracy_of(&self, arc: &ChartArc) -> f64 {
        self.stretch(arc).map_or(self.chart.info.accuracy_m, |stretch| stretch.accuracy_m)
    }

    fn stretch(&self, arc: &ChartArc) -> Option<&Stretch> {
        self.chart.stretches.get(usize::from(arc.stretch).checked_sub(1)?)
    }

    fn is_unsettled(&self, arc: &ChartArc) -> bool {
        self.stretch(arc).is_some_and(|stretch| stretch.unsettled)
    }

    fn is_disputed(&self, arc: &ChartArc) -> bool {
        self.contested[usize::from(arc.left)] || self.contested[usize::from(arc.right)]
    }

    /// What is known of the accuracy of each stretch, sorted by the codes of the neighbors; none in a set that is equally
    /// accurate everywhere.
    pub fn stretches(&self) -> &[Stretch] {
        &self.chart.stretches
    }

    /// The accuracy of the worst stretch, in meters.
    pub fn worst_accuracy_m(&self) -> f64 {
        let info = &self.chart.info;
        self.chart.stretches.iter().map(|stretch| stretch.accuracy_m).fold(info.accuracy_m, f64::max)
    }

    /// All borders, each shared one once.
    pub fn arcs(&self) -> impl Iterator<Item = Arc<'_>> {
        self.chart.arcs.iter().filter(|arc| arc.is_border()).map(move |arc| Arc {
            points: self.chart.points[arc.range()].iter().map(|point| degrees(*point)).collect(),
            left: &self.side_ids[usize::from(arc.left)],
            right: &self.side_ids[usize::from(arc.right)],
            kind: arc.kind,
            accuracy_m: self.accuracy_of(arc),
            disputed: self.is_disputed(arc),
            unsettled: self.is_unsettled(arc),
        })
    }

    /// The rings of a territory, closed and cut at the antimeridian; exterior and interior rings are not told apart, so
    /// that a place is inside when an odd number of them hold it.
    pub fn rings(&self, id: TerritoryId) -> Vec<Vec<[f64; 2]>> {
        self.polygons(id).into_iter().flatten().collect()
    }

    /// The polygons of a territory, each an exterior ring followed by its holes, cut at the antimeridian: as in a GeoJSON
    /// MultiPolygon (RFC 7946 §3.1.9).
    pub fn polygons(&self, id: TerritoryId) -> Vec<Vec<Vec<[f64; 2]>>> {
        let mut polygons: Vec<Vec<Vec<[f64; 2]>>> = Vec::new();
        for ring in &self.chart.rings[id.index()] {
            let mut points = Vec::new();
            for reference in &ring.arcs {
                let arc = &self.chart.points[self.chart.arcs[*reference as usize / 2].range()];
                // Each arc begins where the one before it ended.
                points.pop();
                if reference % 2 == 0 {
                    points.extend(arc.iter().map(|point| degrees(*point)));
                } else {
                    points.extend(arc.iter().rev().map(|point| degrees(*point)));
                }
            }
            match polygons.last_mut() {
                Some(polygon) if !ring.exterior => polygon.push(points),
                _ => polygons.push(vec![points]),
            }
        }
        polygons.into_iter().flat_map(seam::cut).collect()
    }

    /// The smallest box around a territory's positions; across the antimeridian when that is smaller. `None` when it has no
    /// land.
    pub fn bounds(&self, id: TerritoryId) -> Option<BBox> {
        let rings = self.rings(id);
        let (mut south, mut north) = (f64::INFINITY, f64::NEG_INFINITY);
        let mut spans: Vec<(f64, f64)> = Vec::new();
        for ring in &rings {
            let mut span = (f64::INFINITY, f64::NEG_INFINITY);
            for [lon, lat] in ring {
                span = (span.0.min(*lon), span.1.max(*lon));
                (south, north) = (south.min(*lat), north.max(*lat));
            }
            spans.push(span);
        }
        spans.sort_by(|a, b| a.0.total_cmp(&b.0));
        let first = *spans.first()?;
        // The widest gap between the rings' spans, going round the globe, is what the box leaves out.
        let mut reach = first.1;
        let mut gap = (f64::NEG_INFINITY, first.0, first.1);
        for span in &spans[1..] {
            if span.0 - reach > gap.0 {
                gap = (span.0 - reach, span.0, reach);
            }
            reach = reach.max(span.1);
        }
        if first.0 + 360.0 - reach >= gap.0 {
            gap = (first.0 + 360.0 - reach, first.0, reach);
        }
        BBox::new(gap.1, south, gap.2, north).ok()
    }
}

impl std::fmt::Debug for BorderSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BorderSet")
            .field("name", &self.chart.info.name)
            .field("version", &self.chart.info.version)
            .field("edges", &self.edge_count)
            .finish_non_exhaustive()
    }
}

impl Nearest {
    /// The same border, for a place that is inside: no way to go.
    fn reached(self, place: LonLat) -> Self {
        Self { distance_m: 0.0, point: place, azimuth_deg: None, ..self }
    }
}

fn degrees(point: [i32; 2]) -> [f64; 2] {
    point.map(|steps| f64::from(steps) / STEPS_PER_DEGREE)
}

/// Whether land is claimed by states that are foreign to each other.
fn is_contested(claimants: &Mask, compatriots: &[Mask]) -> bool {
    claimants.ids().next().is_some_and(|first| !claimants.without(&compatriots[first.index()]).is_empty())
}

/// For each territory, those of other sovereigns that lie across a border on land, a river or a lake.
fn neighbors(chart: &Chart, compatriots: &[Mask]) -> Vec<Mask> {
    let mut neighbors = vec![Mask::default(); chart.territories.len()];
    let mut seen = std::collections::HashSet::new();
    for arc in chart.arcs.iter().filter(|arc| arc.is_border() && arc.kind != Kind::Maritime) {
        if !seen.insert((arc.left, arc.right)) {
            continue;
        }
        let (left, right) = (&chart.sides[usize::from(arc.left)], &chart.sides[usize::from(arc.right)]);
        for (one, other) in [(left, right), (right, left)] {
            for id in one.ids() {
                let across = other.without(&compatriots[id.index()]).without(one);
                neighbors[id.index()] = neighbors[id.index()].or(&across);
            }
        }
    }
    neighbors
}

/// The number of letters to change, add or drop to make one word of the other.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let change = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
