//! A border set, and the questions it answers.
//!
//! [`BorderSet::decode`] reads a `.kbs` file and builds two indexes over it: a table of cells for "whose land is
//! it" (`contain.rs`) and a tree of boxes for "how far is it" (`nearest.rs`). After that the set never changes and
//! may be asked from any number of threads.
//!
//! Cost: four tenths of a second to load the world at 10 m, index included, and 132 MB in a process of its own
//! (`/usr/bin/time -v kordon distance 28.8372 45.3512`); then about a microsecond a question.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc as Shared, Mutex, OnceLock, PoisonError};

use sha2::{Digest, Sha256};

use crate::alliance::{Alliance, Day, Member};
use crate::contain::{Cells, Tangled, containing_slow};
use crate::ellipsoid::NEAR;
use crate::format::{BadSet, Chart, ChartArc, Kind, STEPS_PER_DEGREE, SetInfo, Stretch, decode};
use crate::interval::Reach;
use crate::nearest::{Found, Warm, nearest_slow};
use crate::reach::{GIVE_M, least_slow};
use crate::seam;
use crate::settle::{Claimed, settled};
use crate::territory::{Mask, Territory, TerritoryId};
use crate::tree::{Filter, Tree};
use crate::view::{Ruling, View};
use crate::{BBox, LonLat};

static OSM_MARITIME: &[u8] =
    include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/borders/osm-maritime-10m.kbs"));
static NATURAL_EARTH: &[u8] =
    include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/borders/natural-earth-10m.kbs"));

/// The sets inside this program, by name, the default first: their files' bytes.
pub static BUILT_IN: [(&str, &[u8]); 2] =
    [("osm-maritime-10m", OSM_MARITIME), ("natural-earth-10m", NATURAL_EARTH)];

/// Borders of territories, ready to be asked.
pub struct BorderSet {
    chart: Chart,
    checksum: String,
    fingerprint: String,
    cells: Shared<Cells>,
    /// What [`Cells::at`] gives, with the territories in a list.
    holdings: Vec<Holding>,
    /// Where the holding of some territories is.
    holding_of: HashMap<Mask, usize>,
    tree: Tree,
    outlines: Mutex<HashMap<Mask, Outline>>,
    view: View,
    on: Option<Day>,
    claimed: Claimed,
    alliances: Vec<Alliance>,
    /// The territories of each of the chart's sides.
    side_ids: Vec<Vec<TerritoryId>>,
    everyone: Mask,
    /// For each territory, all that have the same sovereign.
    compatriots: Vec<Mask>,
    /// For each territory, those with another sovereign that it meets on land.
    neighbors: Vec<Mask>,
    /// For each of the chart's sides, whether states that are foreign to each other claim it.
    contested: Vec<bool>,
    worst_accuracy_m: f64,
    edge_count: usize,
}

/// What a set is made of.
struct Parts {
    chart: Chart,
    checksum: String,
    claimed: Claimed,
    cells: Shared<Cells>,
    tree: Tree,
}

/// Some territories that together hold places.
struct Holding {
    ids: Vec<TerritoryId>,
    mask: Mask,
    /// Whether some of them are foreign to others.
    contested: bool,
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

    fn foreign(self) -> &'a Mask {
        &self.0.foreign
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

/// A set of countries cannot have a name that means something already.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is the name of a territory or of a set of countries already; give yours another")]
pub struct NameTaken(pub String);

fn did_you_mean(near: &[String]) -> String {
    if near.is_empty() {
        return "; give an ISO 3166-1 alpha-3 code such as ROU, or NATO or EU".into();
    }
    format!("; did you mean {}?", near.join(", "))
}

/// The nearest point of a border.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Nearest {
    /// Whose land is nearest; where several claim it, the one that the view names, else the first by code.
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
        Self::decode_in(bytes, View::un(), None)
    }

    /// Reads a `.kbs` file as seen in a world view on a day; `None` is today.
    ///
    /// Land that the view gives to one of its claimants is that one's for every distance: in a view where Crimea is Ukraine's,
    /// Russia begins beyond it, and is foreign in it. [`BorderSet::containing`] still tells all who claim a place.
    ///
    /// # Errors
    ///
    /// As [`BorderSet::decode`].
    pub fn decode_in(bytes: &[u8], view: &View, on: Option<Day>) -> Result<Self, BadSet> {
        let (mut chart, checksum) = decode(bytes)?;
        let claimed = Claimed::settle(&mut chart, view, on);
        let (cells, tree) = rayon::join(|| Cells::of_chart(&chart, &claimed), || Tree::of_chart(&chart));
        let cells = cells.map_err(|Tangled| BadSet::Malformed("its borders are tangled"))?;
        Ok(Self::of_parts(Parts { chart, checksum, claimed, cells: Shared::new(cells), tree }, view, on))
    }

    /// The same borders and sets of countries, seen in another view or on another day: some tenths of a second, and the memory
    /// of another set.
    pub fn in_view(&self, view: &View, on: Option<Day>) -> Self {
        let mut chart = self.chart.clone();
        self.claimed.restore(&mut chart);
        let claimed = Claimed::settle(&mut chart, view, on);
        let tree = Tree::of_chart(&chart);
        let (checksum, cells) = (self.checksum.clone(), Shared::clone(&self.cells));
        let set = Self::of_parts(Parts { chart, checksum, claimed, cells, tree }, view, on);
        Self { alliances: self.alliances.clone(), ..set }
    }

    fn of_parts(parts: Parts, view: &View, on: Option<Day>) -> Self {
        let Parts { chart, checksum, claimed, cells, tree } = parts;
        let edge_count = claimed.borders(&chart).map(|(arc, _)| arc.len as usize - 1).sum();
        let ids = || (0..chart.territories.len() as u16).map(TerritoryId);
        let compatriots: Vec<Mask> = ids()
            .map(|id| {
                let sovereign = view.sovereign(&chart.territories[id.index()]);
                Mask::of(ids().filter(|other| view.sovereign(&chart.territories[other.index()]) == sovereign))
            })
            .collect();
        let neighbors = neighbors(&chart, &compatriots);
        let contested = chart.sides.iter().map(|side| is_contested(side, &compatriots)).collect();
        let everyone = Mask::of(ids());
        let accuracies = chart.stretches.iter().map(|stretch| stretch.accuracy_m);
        let worst_accuracy_m = accuracies.fold(chart.info.accuracy_m, f64::max);
        let side_ids = chart.sides.iter().map(|side| side.ids().collect()).collect();
        let mut set = Self {
            cells,
            holdings: Vec::new(),
            holding_of: HashMap::new(),
            tree,
            outlines: Mutex::default(),
            view: view.clone(),
            on,
            claimed,
            alliances: Alliance::built_in().to_vec(),
            side_ids,
            everyone,
            compatriots,
            neighbors,
            contested,
            worst_accuracy_m,
            edge_count,
            chart,
            fingerprint: format!("{:x}", Sha256::digest(format!("{checksum} {}", view.said_on(on)))),
            checksum,
        };
        let mut masks: Vec<Mask> = set.cells.holders().to_vec();
        // Whom a view may give disputed land to: each of its claimants, with its compatriots.
        for mask in set.cells.holders().iter().filter(|mask| is_contested(mask, &set.compatriots)) {
            masks.extend(mask.ids().map(|id| mask.and(&set.compatriots[id.index()])));
        }
        let place: HashMap<Mask, usize> =
            masks.iter().enumerate().rev().map(|(at, mask)| (*mask, at)).collect();
        let holding = |mask: &Mask| Holding {
            ids: mask.ids().collect(),
            mask: *mask,
            contested: is_contested(mask, &set.compatriots),
            foreign: set.foreign_to(mask),
            filter: OnceLock::new(),
        };
        set.holdings = masks.iter().map(holding).collect();
        set.holding_of = place;
        set
    }

    /// What the set is.
    pub fn info(&self) -> &SetInfo {
        &self.chart.info
    }

    /// A word that is another one whenever a place may be claimed by others or a distance be another one: of the borders, and of
    /// what the view says on its day.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// A word that is another one, besides, whenever the set has another day or was given other sets of countries: of all that an
    /// answer depends on. With no day and no such sets it is [`BorderSet::fingerprint`].
    pub fn fingerprint_of_answers(&self) -> String {
        let mut own: Vec<String> =
            self.alliances.iter().skip(Alliance::built_in().len()).map(Alliance::said).collect();
        if own.is_empty() && self.on.is_none() {
            return self.fingerprint.clone();
        }
        own.sort_unstable();
        let on = self.on.map(String::from).unwrap_or_default();
        format!("{:x}", Sha256::digest(format!("{} {on} {}", self.fingerprint, own.join(" "))))
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

    /// The world view in which it is seen.
    pub fn view(&self) -> &View {
        &self.view
    }

    /// The day of that view; `None` is today.
    pub fn on(&self) -> Option<Day> {
        self.on
    }

    /// Whether it is what a view shows on a day: it is that view's, and nothing in it changed between that day and the set's own.
    pub fn is_seen_in(&self, view: &View, on: Option<Day>) -> bool {
        self.view == *view && view.says_the_same(self.on, on)
    }

    /// The names of the sets of countries that [`BorderSet::target`] knows.
    pub fn alliances(&self) -> impl Iterator<Item = &str> {
        self.alliances.iter().map(Alliance::name)
    }

    /// Who was in a set of countries, and when; nobody when no set has that name.
    pub fn memberships(&self, alliance: &str) -> &[Member] {
        self.alliances.iter().find(|known| known.name() == alliance).map_or(&[], Alliance::members)
    }

    /// Adds a set of countries, for [`BorderSet::target`] to know.
    ///
    /// # Errors
    ///
    /// [`NameTaken`] when a territory or a set of countries has its name.
    pub fn add_alliance(&mut self, alliance: Alliance) -> Result<(), NameTaken> {
        if self.target(alliance.name(), None).is_ok() {
            return Err(NameTaken(alliance.name().into()));
        }
        self.alliances.push(alliance);
        Ok(())
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
        if let Some(alliance) = self.alliances.iter().find(|a| a.name().eq_ignore_ascii_case(name)) {
            let members = alliance.codes(on).filter_map(|code| self.find(code));
            return Ok(self.target_of(alliance.name().into(), members));
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
            .chain(self.alliances.iter().map(|a| (edits(&name, &a.name().to_lowercase()), a.name())))
            .filter(|(far, _)| *far <= most_edits(&name))
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
        self.claims_slow(place).ids().collect()
    }

    fn claims_slow(&self, place: LonLat) -> Mask {
        containing_slow(&self.chart, &self.claimed, place)
    }

    /// The claimant whose land a place is in the world view; `None` when nobody claims it or the view leaves it open.
    pub fn holder(&self, claims: &[TerritoryId], place: LonLat) -> Option<TerritoryId> {
        match claims {
            [only] => Some(*only),
            _ => self.find(self.ruling(claims, place).holder?),
        }
    }

    /// What the world view says of a place with these claimants.
    pub fn ruling<'a>(&'a self, claims: &[TerritoryId], place: LonLat) -> Ruling<'a> {
        let claimants: Vec<&Territory> = claims.iter().map(|id| self.territory(*id)).collect();
        self.view.ruling(&claimants, place, self.on)
    }

    /// Whether claimants are foreign to each other: a dispute, unlike a dependency and its sovereign.
    pub fn are_foreign(&self, claims: &[TerritoryId]) -> bool {
        is_contested(&Mask::of(claims.iter().copied()), &self.compatriots)
    }

    fn settled(&self, claims: &Mask, place: LonLat) -> Mask {
        settled(&self.chart.territories, &self.view, self.on, claims, place)
    }

    /// Whose land a place is in the world view: of those who claim it the one that the view names, with compatriots; all of
    /// them where it leaves that open.
    pub fn held_by(&self, place: LonLat) -> Claims<'_> {
        let claims = self.containing(place);
        if !claims.0.contested {
            return claims;
        }
        let mask = self.settled(claims.mask(), place);
        self.holding_of.get(&mask).map_or(claims, |at| Claims(&self.holdings[*at]))
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
        let inside = self.held_by(place).mask().and(&target.mask);
        // Inside, the kind and accuracy of the nearest border are asked for, however far it is.
        let up_to_m = if inside.is_empty() { up_to_m } else { f64::INFINITY };
        let found = self.nearest_on(&target.outline, &target.mask, place, up_to_m, *warm)?;
        *warm = Some(found.spot);
        let nearest = self.nearest_of(found, &target.mask);
        if inside.is_empty() {
            return Some(nearest);
        }
        Some(Nearest { territory: self.named(&inside, place), ..nearest.reached(place) })
    }

    /// The slow twin of [`BorderSet::nearest_to`].
    pub fn nearest_to_slow(&self, place: LonLat, target: &Target) -> Option<Nearest> {
        let found = nearest_slow(&self.chart, place, &target.mask)?;
        let nearest = self.nearest_of(found, &target.mask);
        Some(if self.settled(&self.claims_slow(place), place).meets(&target.mask) {
            nearest.reached(place)
        } else {
            nearest
        })
    }

    /// The nearest point of the target's outline, with a distance that is negative inside: minus how deep.
    ///
    /// The outline of a set of countries is where it ends; a border between two of its members is not part of it.
    pub fn signed_distance(&self, place: LonLat, target: &Target) -> Option<Nearest> {
        self.signed_distance_from(place, target, f64::INFINITY, &mut None)
    }

    /// The same if the outline is at most `up_to_m` away, with and for a warm start.
    pub(crate) fn signed_distance_from(
        &self,
        place: LonLat,
        target: &Target,
        up_to_m: f64,
        warm: &mut Warm,
    ) -> Option<Nearest> {
        let found = self.nearest_on(&target.outline, &target.mask, place, up_to_m, *warm)?;
        *warm = Some(found.spot);
        let mut nearest = self.nearest_of(found, &target.mask);
        let inside = self.held_by(place).mask().and(&target.mask);
        if !inside.is_empty() {
            nearest.distance_m = -nearest.distance_m;
            nearest.territory = self.named(&inside, place);
        }
        Some(nearest)
    }

    /// Whether a territory of the target holds the place.
    pub(crate) fn is_inside(&self, place: LonLat, target: &Target) -> bool {
        !self.held_by(place).mask().and(&target.mask).is_empty()
    }

    /// The nearest territory that is foreign to whose land the place is in the world view: its sovereign is another. Where the
    /// view leaves that open, it is foreign to all who claim the place; at sea, where nobody does, it is the nearest of all.
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
        let Claims(Holding { foreign, filter, .. }) = self.held_by(place);
        let filter = filter.get_or_init(|| self.tree.filter(&self.chart, foreign));
        let found = self.tree.nearest(&self.chart, place, |group| filter.passes(group), up_to_m, *warm)?;
        *warm = Some(found.spot);
        Some(self.nearest_of(found, foreign))
    }

    /// The slow twin of [`BorderSet::nearest_foreign`].
    pub fn nearest_foreign_slow(&self, place: LonLat) -> Option<Nearest> {
        let foreign = self.foreign_to(&self.settled(&self.claims_slow(place), place));
        Some(self.nearest_of(nearest_slow(&self.chart, place, &foreign)?, &foreign))
    }

    /// How near and how far the nearest foreign territory may truly be from a place, when `nearest` is what
    /// [`BorderSet::nearest_foreign`] found from there.
    pub fn reach_foreign(&self, place: LonLat, nearest: &Nearest) -> Reach {
        let Claims(Holding { foreign, filter, .. }) = self.held_by(place);
        let filter = filter.get_or_init(|| self.tree.filter(&self.chart, foreign));
        self.reach(&self.tree, |group| filter.passes(group), place, nearest)
    }

    /// How near, or how deep inside, and how far a target may truly be from a place, when `nearest` is what
    /// [`BorderSet::signed_distance`] found from there.
    pub fn reach_to(&self, place: LonLat, nearest: &Nearest, target: &Target) -> Reach {
        self.reach(self.outline_tree(target), |_| true, place, nearest)
    }

    pub(crate) fn outline_tree<'a>(&self, target: &'a Target) -> &'a Tree {
        target.outline.get_or_init(|| self.tree.of_outline(&self.chart, &target.mask))
    }

    fn reach(&self, tree: &Tree, passes: impl Fn(u32) -> bool, place: LonLat, nearest: &Nearest) -> Reach {
        let known = (nearest.distance_m.abs(), nearest.accuracy_m);
        let least_m = tree.least(&self.chart, place, passes, known, self.worst_accuracy_m);
        Reach::of(nearest.distance_m, nearest.accuracy_m, least_m)
    }

    /// The slow twin of [`BorderSet::reach_foreign`].
    pub fn reach_foreign_slow(&self, place: LonLat, nearest: &Nearest) -> Reach {
        let foreign = self.foreign_to(&self.settled(&self.claims_slow(place), place));
        self.reach_slow(place, nearest, &foreign)
    }

    /// The slow twin of [`BorderSet::reach_to`].
    pub fn reach_to_slow(&self, place: LonLat, nearest: &Nearest, target: &Target) -> Reach {
        self.reach_slow(place, nearest, &target.mask)
    }

    fn reach_slow(&self, place: LonLat, nearest: &Nearest, of: &Mask) -> Reach {
        let least_m = least_slow(&self.chart, place, of);
        Reach::of(nearest.distance_m, nearest.accuracy_m, least_m)
    }

    /// The nearest foreign territories with their reach, nearest first: every one that may be the nearest when the place is off by
    /// `radius_m` and each stretch of border by its accuracy. One of them alone is the nearest for certain.
    ///
    /// A country is left out only if it is farther, at its least, than another at its most.
    pub fn could_be_nearest(&self, place: LonLat, radius_m: f64) -> Vec<(Nearest, Reach)> {
        let mut rest = *self.held_by(place).foreign();
        let mut found: Vec<(Nearest, Reach)> = Vec::new();
        let mut least_high_m = f64::INFINITY;
        // No stretch gives more than the worst one, so whatever is beyond this limit is out of the question.
        let slack_m = radius_m + self.worst_accuracy_m;
        loop {
            let filter = self.tree.filter(&self.chart, &rest);
            let passes = |group| filter.passes(group);
            let next = self.tree.nearest(&self.chart, place, passes, least_high_m + slack_m, None);
            let Some(next) = next.map(|next| self.nearest_of(next, &rest)) else { break };
            let its = Mask::of([next.territory]);
            let filter = self.tree.filter(&self.chart, &its);
            let reach = self.reach(&self.tree, |group| filter.passes(group), place, &next);
            least_high_m = least_high_m.min(reach.high_m + radius_m);
            rest = rest.without(&its);
            found.push((next, reach));
        }
        found.retain(|(_, reach)| reach.low_m - radius_m <= least_high_m);
        found
    }

    /// The nearest point of a neighbor by land: PRIO-GRID's `bdist1`. `None` at sea and on islands.
    pub fn nearest_neighbor(&self, place: LonLat) -> Option<Nearest> {
        let claims = self.containing(place);
        let own = claims.iter().fold(Mask::default(), |own, id| own.or(&self.compatriots[id.index()]));
        let holder = self.holder(&claims, place);
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
        let own = match self.holder(&claims, place) {
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
            territory: self.named(&there, found.point),
            distance_m: found.distance_m,
            point: found.point,
            azimuth_deg: found.azimuth_deg,
            kind: arc.kind,
            accuracy_m: self.chart.accuracy_of(arc),
            disputed: self.is_disputed(found.arc),
            unsettled: self.is_unsettled(arc),
        }
    }

    /// The one to name among several that claim the same land.
    fn named(&self, among: &Mask, at: LonLat) -> TerritoryId {
        if let Some(only) = among.sole() {
            return only;
        }
        let ids: Vec<TerritoryId> = among.ids().collect();
        // An outline has a member of the asked territories on one side, so there is a first.
        self.holder(&ids, at).unwrap_or_else(|| ids[0])
    }

    fn sides(&self, arc: &ChartArc) -> (&Mask, &Mask) {
        (&self.chart.sides[usize::from(arc.left)], &self.chart.sides[usize::from(arc.right)])
    }

    fn is_unsettled(&self, arc: &ChartArc) -> bool {
        self.chart.stretch(arc).is_some_and(|stretch| stretch.unsettled)
    }

    fn is_disputed(&self, arc: u32) -> bool {
        let [left, right] = self.claimed.sides(&self.chart, arc);
        self.contested[usize::from(left)] || self.contested[usize::from(right)]
    }

    /// What is known of the accuracy of each stretch, sorted by the codes of the neighbors; none in a set that is equally
    /// accurate everywhere.
    pub fn stretches(&self) -> &[Stretch] {
        &self.chart.stretches
    }

    /// The accuracy of the worst stretch, in meters.
    pub fn worst_accuracy_m(&self) -> f64 {
        self.worst_accuracy_m
    }

    /// No reach begins nearer than its distance less this, in meters, nor ends less deep inside than its depth less this.
    pub fn most_slack_m(&self) -> f64 {
        self.worst_accuracy_m + GIVE_M
    }

    /// The same of reaches to one target from places at most `up_to_m` away from it.
    pub fn most_slack_to(&self, target: &Target, up_to_m: f64) -> f64 {
        // Farther away the worst of the set counts (`reach.rs`).
        if up_to_m > NEAR { self.most_slack_m() } else { self.outline_tree(target).worst_m() + GIVE_M }
    }

    /// All borders as claimed, each shared one once.
    pub fn arcs(&self) -> impl Iterator<Item = Arc<'_>> {
        let borders =
            (0..self.chart.arcs.len() as u32).map(|index| (index, self.claimed.sides(&self.chart, index)));
        borders.filter(|(_, [left, right])| left != right).map(move |(index, [left, right])| {
            let arc = &self.chart.arcs[index as usize];
            Arc {
                points: self.chart.points[arc.range()].iter().map(|point| degrees(*point)).collect(),
                left: &self.side_ids[usize::from(left)],
                right: &self.side_ids[usize::from(right)],
                kind: arc.kind,
                accuracy_m: self.chart.accuracy_of(arc),
                disputed: self.is_disputed(index),
                unsettled: self.is_unsettled(arc),
            }
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

/// How many letters may be wrong for a name to be taken for another one.
pub(crate) fn most_edits(name: &str) -> usize {
    (name.chars().count() / 3).max(1)
}

/// The number of letters to change, add or drop to make one word of the other.
pub(crate) fn edits(a: &str, b: &str) -> usize {
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
