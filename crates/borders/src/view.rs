//! World views: one answer where several states claim the same land.
//!
//! A border set keeps every claim; a place in Crimea lies in RUS and in UKR. A view turns the claimants into one territory
//! or leaves it open, line by line, each line with its source: `data/borders/views/un.toml` follows the resolutions and
//! lists of the United Nations, `de_facto.toml` says who holds the land, and a user writes a file of their own. A line may end
//! or begin on a day. What no line decides stays open, and all who claim it count as being there.
//!
//! A dependency and its sovereign are no dispute: France's polygon may hold French Polynesia's, and the place is then
//! French Polynesia's. A view may say otherwise of whose a dependency is (`[[sovereign]]`).
//!
//! Limits: a view chooses among the claimants that the set draws. Where a set draws land for one state only, as
//! OpenStreetMap does the Golan Heights, no view can give it to another; a `[[note]]` then says so in every answer there.

use std::sync::OnceLock;

use serde::Deserialize;
use toml::Spanned;

use crate::alliance::Day;
use crate::listing::{BadList, Days, WrittenDay, fault, read};
use crate::set::{edits, most_edits};
use crate::territory::Territory;
use crate::{BBox, LonLat};

/// A view of disputed land.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    name: String,
    title: String,
    otherwise: String,
    lands: Vec<Land>,
    notes: Vec<Note>,
    sovereigns: Vec<(String, String)>,
}

/// One line: who claims which land, whose it is, and who says so.
#[derive(Clone, Debug, PartialEq)]
struct Land {
    place: String,
    claimants: Vec<String>,
    within: Option<BBox>,
    days: Days,
    holder: Option<String>,
    source: String,
}

/// What an answer says where the set draws less than there is to know.
#[derive(Clone, Debug, PartialEq)]
struct Note {
    claimants: Vec<String>,
    within: Option<BBox>,
    says: String,
}

/// No view has that name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no world view is called {name:?}{}; there are {}", did_you_mean(.near), .known.join(", "))]
pub struct UnknownView {
    /// What was asked for.
    pub name: String,
    /// A name that looks like it.
    pub near: Option<String>,
    /// The names there are.
    pub known: Vec<String>,
}

fn did_you_mean(near: &Option<String>) -> String {
    near.as_ref().map(|near| format!(", did you mean {near}?")).unwrap_or_default()
}

/// What a view says of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ruling<'a> {
    /// The code of the one whose land it is; `None` when nobody claims it or the view leaves it open.
    pub holder: Option<&'a str>,
    /// What the land is called, where a line of the view names it.
    pub place: Option<&'a str>,
    /// Why: the source of that line. `None` where there is nothing to decide.
    pub source: Option<&'a str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenView {
    name: Spanned<String>,
    title: String,
    otherwise: Option<String>,
    #[serde(default)]
    land: Vec<WrittenLand>,
    #[serde(default)]
    note: Vec<WrittenNote>,
    #[serde(default)]
    sovereign: Vec<WrittenSovereign>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenLand {
    place: String,
    claimants: Spanned<Vec<String>>,
    within: Option<Spanned<[f64; 4]>>,
    from: Option<WrittenDay>,
    until: Option<WrittenDay>,
    holder: Option<Spanned<String>>,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenNote {
    claimants: Spanned<Vec<String>>,
    within: Option<Spanned<[f64; 4]>>,
    says: String,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSovereign {
    territory: String,
    sovereign: String,
    #[expect(dead_code, reason = "asked for, so that whoever reads the file knows who says so")]
    source: String,
}

impl View {
    /// The view of the United Nations.
    pub fn un() -> &'static Self {
        static UN: OnceLock<View> = OnceLock::new();
        UN.get_or_init(|| built_in(include_str!("../../../data/borders/views/un.toml")))
    }

    /// Who holds the land, recognised or not.
    pub fn de_facto() -> &'static Self {
        static DE_FACTO: OnceLock<View> = OnceLock::new();
        DE_FACTO.get_or_init(|| built_in(include_str!("../../../data/borders/views/de_facto.toml")))
    }

    /// The views within this program, the default first.
    pub fn built_in() -> [&'static Self; 2] {
        [Self::un(), Self::de_facto()]
    }

    /// The one among `known` that has this name.
    ///
    /// # Errors
    ///
    /// [`UnknownView`] with the names there are.
    pub fn named<'a>(name: &str, known: &[&'a Self]) -> Result<&'a Self, UnknownView> {
        if let Some(view) = known.iter().find(|view| view.name == name) {
            return Ok(view);
        }
        let asked = name.to_lowercase();
        let near = known.iter().map(|view| (edits(&asked, &view.name.to_lowercase()), view));
        let near = near.filter(|(far, _)| *far <= most_edits(&asked)).min_by_key(|(far, _)| *far);
        Err(UnknownView {
            name: name.into(),
            near: near.map(|(_, view)| view.name.clone()),
            known: known.iter().map(|view| view.name.clone()).collect(),
        })
    }

    /// Reads a view from the text of its file.
    ///
    /// # Errors
    ///
    /// [`BadList`] with the line and the field.
    pub fn read(text: &str) -> Result<Self, BadList> {
        let written: WrittenView = read(text)?;
        if written.name.get_ref().trim().is_empty() {
            return Err(fault(text, &written.name, "name: is empty".into()));
        }
        Ok(Self {
            name: written.name.into_inner(),
            title: written.title,
            otherwise: written.otherwise.unwrap_or_else(|| "the view has no line for it".into()),
            lands: written.land.into_iter().map(|land| land.check(text)).collect::<Result<_, _>>()?,
            notes: written.note.into_iter().map(|note| note.check(text)).collect::<Result<_, _>>()?,
            sovereigns: written.sovereign.into_iter().map(|line| (line.territory, line.sovereign)).collect(),
        })
    }

    /// The name given in answers.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it goes by, in a line for people.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Every code that its lines name.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        let lands = self.lands.iter().flat_map(|land| &land.claimants);
        let notes = self.notes.iter().flat_map(|note| &note.claimants);
        let sovereigns = self.sovereigns.iter().flat_map(|(territory, of)| [territory, of]);
        lands.chain(notes).chain(sovereigns).map(String::as_str)
    }

    /// Whether nothing in it changes between two days.
    pub(crate) fn says_the_same(&self, on: Option<Day>, as_on: Option<Day>) -> bool {
        self.lands.iter().all(|land| land.days.hold(on) == land.days.hold(as_on))
    }

    /// All that it says on a day, as a text.
    pub(crate) fn said_on(&self, on: Option<Day>) -> String {
        let holds: String =
            self.lands.iter().map(|land| if land.days.hold(on) { '1' } else { '0' }).collect();
        format!("{self:?} {holds}")
    }

    /// The code of the state that a territory belongs to.
    pub fn sovereign<'a>(&'a self, territory: &'a Territory) -> &'a str {
        let said = self.sovereigns.iter().find(|(code, _)| *code == territory.code);
        said.map_or(&territory.sovereign, |(_, sovereign)| sovereign)
    }

    /// Whose land a place is among its claimants (sorted by code) on a day; on `None`, today.
    pub fn ruling<'a>(&'a self, claimants: &[&'a Territory], at: LonLat, on: Option<Day>) -> Ruling<'a> {
        let claimants = self.without_sovereigns(claimants);
        let undisputed = |holder| Ruling { holder, place: None, source: None };
        match claimants[..] {
            [] => return undisputed(None),
            [only] => return undisputed(Some(only)),
            _ => {}
        }
        match self.lands.iter().find(|land| land.is_about(&claimants, at, on)) {
            Some(land) => Ruling {
                holder: land.holder.as_deref(),
                place: Some(&land.place),
                source: Some(&land.source),
            },
            None => Ruling { holder: None, place: None, source: Some(&self.otherwise) },
        }
    }

    /// What there is to say of a place besides whose it is.
    pub fn notes<'a>(&'a self, claimants: &[&'a Territory], at: LonLat) -> impl Iterator<Item = &'a str> {
        let claimants = self.without_sovereigns(claimants);
        let fits = move |note: &&Note| {
            note.claimants == claimants && note.within.is_none_or(|within| within.contains(at))
        };
        self.notes.iter().filter(fits).map(|note| note.says.as_str())
    }

    /// The codes of those whose dependencies do not claim the same place.
    fn without_sovereigns<'a>(&'a self, claimants: &[&'a Territory]) -> Vec<&'a str> {
        let has_dependency = |of: &str| {
            claimants.iter().any(|territory| territory.code != of && self.sovereign(territory) == of)
        };
        claimants
            .iter()
            .map(|territory| territory.code.as_str())
            .filter(|code| !has_dependency(code))
            .collect()
    }
}

impl Land {
    fn is_about(&self, claimants: &[&str], at: LonLat, on: Option<Day>) -> bool {
        self.claimants == claimants
            && self.within.is_none_or(|within| within.contains(at))
            && self.days.hold(on)
    }
}

impl WrittenLand {
    fn check(self, text: &str) -> Result<Land, BadList> {
        let days = Days::read(text, self.from.as_ref(), self.until.as_ref())?;
        let claimants = sorted(text, &self.claimants)?;
        if claimants.len() < 2 {
            return Err(fault(text, &self.claimants, "claimants: name at least two".into()));
        }
        if let Some(holder) = &self.holder
            && !claimants.contains(holder.get_ref())
        {
            let problem = format!("holder: {:?} is not among the claimants", holder.get_ref());
            return Err(fault(text, holder, problem));
        }
        let within = bbox(text, self.within.as_ref())?;
        let holder = self.holder.map(Spanned::into_inner);
        Ok(Land { place: self.place, claimants, within, days, holder, source: self.source })
    }
}

impl WrittenNote {
    fn check(self, text: &str) -> Result<Note, BadList> {
        let claimants = sorted(text, &self.claimants)?;
        let within = bbox(text, self.within.as_ref())?;
        if claimants.is_empty() && within.is_none() {
            return Err(fault(text, &self.claimants, "claimants: without any, `within` is needed".into()));
        }
        Ok(Note { claimants, within, says: format!("{} ({})", self.says, self.source) })
    }
}

fn sorted(text: &str, codes: &Spanned<Vec<String>>) -> Result<Vec<String>, BadList> {
    let codes_in_order = codes.get_ref();
    if !codes_in_order.windows(2).all(|pair| pair[0] < pair[1]) {
        return Err(fault(text, codes, "claimants: list the codes in alphabetical order, each once".into()));
    }
    Ok(codes_in_order.clone())
}

fn bbox(text: &str, written: Option<&Spanned<[f64; 4]>>) -> Result<Option<BBox>, BadList> {
    let Some(written) = written else { return Ok(None) };
    let [west, south, east, north] = *written.get_ref();
    let read = BBox::new(west, south, east, north);
    read.map(Some).map_err(|error| fault(text, written, format!("within: {error}")))
}

fn built_in(text: &str) -> View {
    View::read(text).expect("the views in this program are read by its tests")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(lon: f64, lat: f64) -> LonLat {
        LonLat::new(lon, lat).unwrap()
    }

    fn day(text: &str) -> Option<Day> {
        Some(text.parse().unwrap())
    }

    #[track_caller]
    fn holder(view: &View, codes: &[&str], place: LonLat, on: Option<Day>) -> Option<String> {
        let territories: Vec<Territory> = codes.iter().map(|code| Territory::of_code(code)).collect();
        let territories: Vec<&Territory> = territories.iter().collect();
        view.ruling(&territories, place, on).holder.map(str::to_owned)
    }

    const SEVASTOPOL: (f64, f64) = (33.5254, 44.6167);

    #[test]
    fn crimea_is_ukraine_in_the_view_of_the_united_nations_on_every_day() {
        let place = at(SEVASTOPOL.0, SEVASTOPOL.1);
        for on in [None, day("2010-01-01"), day("2014-03-18"), day("2025-01-01")] {
            assert_eq!(holder(View::un(), &["RUS", "UKR"], place, on).as_deref(), Some("UKR"));
        }
    }

    #[test]
    fn crimea_is_held_by_russia_since_the_day_it_said_so() {
        let place = at(SEVASTOPOL.0, SEVASTOPOL.1);
        let held = |on| holder(View::de_facto(), &["RUS", "UKR"], place, on);
        assert_eq!(held(day("2014-03-17")).as_deref(), Some("UKR"));
        assert_eq!(held(day("2014-03-18")).as_deref(), Some("RUS"));
        assert_eq!(held(None).as_deref(), Some("RUS"));
    }

    #[test]
    fn a_strip_along_the_border_is_not_crimea() {
        for view in View::built_in() {
            assert_eq!(holder(view, &["RUS", "UKR"], at(37.0, 50.4), None), None);
        }
    }

    #[test]
    fn a_dependency_goes_before_its_sovereign() {
        let anywhere = at(0.0, 0.0);
        assert_eq!(holder(View::un(), &["FRA", "PYF"], anywhere, None).as_deref(), Some("PYF"));
        assert_eq!(holder(View::un(), &["HTI", "USA"], anywhere, None), None);
        assert_eq!(holder(View::de_facto(), &["HTI", "USA"], anywhere, None).as_deref(), Some("USA"));
        assert_eq!(holder(View::un(), &["ROU"], anywhere, None).as_deref(), Some("ROU"));
        assert_eq!(holder(View::un(), &[], anywhere, None), None);
    }

    #[test]
    fn a_view_may_say_whose_a_territory_is() {
        let text = "name = \"mine\"\ntitle = \"t\"\n[[sovereign]]\nterritory = \"PYF\"\nsovereign = \"PYF\"\nsource = \"s\"";
        let view = View::read(text).unwrap();
        assert_eq!(view.sovereign(&Territory::of_code("PYF")), "PYF");
        assert_eq!(view.sovereign(&Territory::of_code("NCL")), "FRA");
        assert_eq!(holder(&view, &["FRA", "PYF"], at(0.0, 0.0), None), None);
    }

    #[test]
    fn the_golan_is_drawn_for_one_claimant_and_the_answer_says_so() {
        let israel = Territory::of_code("ISR");
        let notes = |lon, lat| View::un().notes(&[&israel], at(lon, lat)).count();
        assert_eq!(notes(35.77, 33.1), 1);
        assert_eq!(notes(34.8, 32.0), 0);
    }

    #[test]
    fn every_code_of_the_built_in_views_is_one_of_iso() {
        for view in View::built_in() {
            for code in view.codes() {
                assert!(Territory::of_code(code).iso_a2.is_some(), "{}: {code}", view.name());
            }
        }
    }

    #[test]
    fn a_fault_is_told_with_its_line_and_field() {
        let head = "name = \"x\"\ntitle = \"y\"\n[[land]]\nplace = \"p\"\n";
        for (rest, line, words) in [
            ("claimants = [\"RUS\", \"UKR\"]\nholder = \"UKE\"\nsource = \"s\"", 6, "holder"),
            ("claimants = [\"UKR\", \"RUS\"]\nsource = \"s\"", 5, "alphabetical"),
            ("claimants = [\"UKR\"]\nsource = \"s\"", 5, "at least two"),
            ("claimants = [\"RUS\", \"UKR\"]", 3, "source"),
            ("claimants = [\"RUS\", \"UKR\"]\nholdr = \"UKR\"\nsource = \"s\"", 6, "holdr"),
            ("claimants = [\"RUS\", \"UKR\"]\nwithin = [0, 9, 1, 2]\nsource = \"s\"", 6, "within"),
            ("claimants = [\"RUS\", \"UKR\"]\nuntil = 2014-02-30\nsource = \"s\"", 6, ""),
            (
                "claimants = [\"RUS\", \"UKR\"]\nfrom = 2015-01-01\nuntil = 2014-01-01\nsource = \"s\"",
                7,
                "until",
            ),
            ("claimants = [", 5, ""),
        ] {
            let error = View::read(&format!("{head}{rest}")).unwrap_err();
            assert_eq!(error.line, line, "{rest}: {error}");
            assert!(error.problem.contains(words), "{rest}: {error}");
        }
    }
}
