//! The columns of incidents: one list, from which every table is made (CSV, FlatGeobuf, GeoParquet, KML), so that a name
//! means the same in all of them.
//!
//! A table cannot hold all of an incident: texts are in one language, of impacts only kind, damage and facility remain, of
//! sources address and name, and `extra` stays behind. GeoJSON is the form that loses nothing.
//!
//! [`Layout`] names the columns as other datasets do, for scripts that were written for those. It fills only what the
//! record says: a column of theirs that we know nothing of is not there, and a code is written only where it was kept or
//! follows from the word without a choice. HXL tags: hxlstandard.org, 1.1.

use super::described::{Described, Distance};
use crate::incident::{Incident, Properties};
use crate::vocabulary::{DatePrecision, EventType};
use std::borrow::Cow;
use std::str::FromStr;

/// What the cells of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text, a word of a list, a date as it was written.
    Text,
    /// A whole number.
    Whole,
    /// A number.
    Real,
    /// True or false.
    Flag,
}

/// A value of a table.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell<'a> {
    /// Not known.
    Empty,
    /// Of a [`Kind::Text`] column.
    Text(Cow<'a, str>),
    /// Of a [`Kind::Whole`] column.
    Whole(i64),
    /// Of a [`Kind::Real`] column.
    Real(f64),
    /// Of a [`Kind::Flag`] column.
    Flag(bool),
}

impl<'a> Cell<'a> {
    fn text(text: Option<impl Into<Cow<'a, str>>>) -> Self {
        text.map(Into::into).filter(|text| !text.is_empty()).map_or(Cell::Empty, Cell::Text)
    }

    fn whole(number: Option<impl Into<i64>>) -> Self {
        number.map_or(Cell::Empty, |number| Cell::Whole(number.into()))
    }

    fn real(number: Option<f64>) -> Self {
        number.map_or(Cell::Empty, Cell::Real)
    }

    fn flag(flag: Option<bool>) -> Self {
        flag.map_or(Cell::Empty, Cell::Flag)
    }
}

/// A column of a table of incidents.
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What its cells are.
    pub kind: Kind,
    /// Its HXL tag.
    pub hxl: &'static str,
    cell: for<'a> fn(Shown<'a>) -> Cell<'a>,
}

impl Column {
    /// The cell of an incident.
    pub fn cell<'a>(&self, shown: Shown<'a>) -> Cell<'a> {
        (self.cell)(shown)
    }

    /// Whether it says where, which forms with a geometry say otherwise.
    pub(super) fn is_place(&self) -> bool {
        matches!(self.name, "lon" | "lat" | "geometry_wkt")
    }
}

/// An incident on its way into a table.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// What is told.
    pub described: &'a Described,
    /// The language of its texts, or the nearest to it.
    pub language: &'a str,
    /// The name of the snapshot; empty when it has none.
    pub snapshot: &'a str,
}

impl<'a> Shown<'a> {
    fn incident(self) -> &'a Incident {
        &self.described.incident
    }

    fn p(self) -> &'a Properties {
        &self.described.incident.properties
    }

    fn foreign(self) -> Option<&'a Distance> {
        self.described.border.nearest_foreign.as_ref()
    }

    fn to(self) -> Option<&'a Distance> {
        self.described.border.to.first()
    }

    /// The language in which its texts are shown.
    fn shown_language(self) -> &'a str {
        let text = self.p().title.as_ref().or(self.p().description.as_ref());
        let shown = text.and_then(|text| {
            let shown = text.in_language(self.language);
            text.iter().find(|(_, candidate)| *candidate == shown).map(|(tag, _)| tag)
        });
        shown.or(self.p().language.as_deref()).filter(|tag| *tag != "und").unwrap_or_default()
    }
}

/// Whose names the columns have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// Our own.
    #[default]
    Kordon,
    /// Those of ACLED.
    Acled,
    /// Those of UCDP GED.
    Ucdp,
}

impl Layout {
    /// The words that choose one other than our own.
    pub const WORDS: &'static [&'static str] = &["acled", "ucdp"];

    /// The columns, in order.
    pub fn columns(self) -> impl Iterator<Item = &'static Column> + Clone {
        let own = match self {
            Layout::Kordon => OWN,
            Layout::Acled => ACLED,
            Layout::Ucdp => UCDP,
        };
        own.iter().chain(MEASURED)
    }
}

impl FromStr for Layout {
    type Err = String;
    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "acled" => Ok(Layout::Acled),
            "ucdp" => Ok(Layout::Ucdp),
            _ => Err(format!("not one of {}", Self::WORDS.join(", "))),
        }
    }
}

/// A column of texts, and so on; the tag stands beside the name.
macro_rules! columns {
    ($($kind:ident $name:literal $hxl:literal = $cell:expr;)+) => {
        &[$(Column { name: $name, kind: Kind::$kind, hxl: $hxl, cell: $cell }),+]
    };
}

/// What the record says.
static OWN: &[Column] = columns! {
    Text "id" "#event+id" = |s| Cell::text(Some(s.incident().id.to_string()));
    Real "lon" "#geo+lon" = |s| Cell::real(s.incident().places.first().map(|place| place.lon()));
    Real "lat" "#geo+lat" = |s| Cell::real(s.incident().places.first().map(|place| place.lat()));
    Text "geometry_wkt" "#geo+wkt" = |s| Cell::text(Some(wkt(s.incident())));
    Text "date_start" "#date+start" = |s| Cell::text(Some(s.p().date_start.as_str()));
    Text "date_end" "#date+end" = |s| Cell::text(s.p().date_end.as_ref().map(|date| date.as_str()));
    Text "date_precision" "#date+precision" = |s| Cell::text(s.p().date_precision.map(|word| word.as_str()));
    Text "title" "#event+name" = |s| Cell::text(s.p().title.as_ref().map(|text| text.in_language(s.language)));
    Text "description" "#description" = |s| Cell::text(s.p().description.as_ref().map(|text| text.in_language(s.language)));
    Text "event_type" "#event+type" = |s| Cell::text(s.p().event_type.map(|word| word.as_str()));
    Text "sub_event_type" "#event+type+sub" = |s| Cell::text(s.p().sub_event_type.as_deref());
    Text "event_type_source" "#event+type+source" = |s| Cell::text(s.p().event_type_source.as_deref());
    Text "actor1" "#group+first+name" = |s| Cell::text(s.p().actor1.as_deref());
    Text "actor2" "#group+name+second" = |s| Cell::text(s.p().actor2.as_deref());
    Text "attribution" "#event+attribution" = |s| Cell::text(s.p().attribution.map(|word| word.as_str()));
    Flag "civilian_targeting" "#event+civilian" = |s| Cell::flag(s.p().civilian_targeting);
    Text "location" "#loc+name" = |s| Cell::text(s.p().location.as_deref());
    Text "country" "#country+code+v_iso3" = |s| Cell::text(s.p().country.as_deref());
    Text "admin1" "#adm1+name" = |s| Cell::text(s.p().admin1.as_deref());
    Text "admin2" "#adm2+name" = |s| Cell::text(s.p().admin2.as_deref());
    Text "admin3" "#adm3+name" = |s| Cell::text(s.p().admin3.as_deref());
    Text "admin1_pcode" "#adm1+code+v_pcode" = |s| Cell::text(s.p().admin1_pcode.as_deref());
    Text "admin2_pcode" "#adm2+code+v_pcode" = |s| Cell::text(s.p().admin2_pcode.as_deref());
    Real "location_radius_m" "#geo+m+radius" = |s| Cell::real(s.p().location_radius_m);
    Text "location_method" "#geo+method" = |s| Cell::text(s.p().location_method.map(|word| word.as_str()));
    Whole "geo_precision" "#geo+precision+v_acled" = |s| Cell::whole(s.p().geo_precision);
    Whole "where_prec" "#geo+precision+v_ucdp" = |s| Cell::whole(s.p().where_prec);
    Whole "deaths_low" "#affected+killed+min" = |s| Cell::whole(s.p().deaths_low);
    Whole "deaths_best" "#affected+killed" = |s| Cell::whole(s.p().deaths_best);
    Whole "deaths_high" "#affected+killed+max" = |s| Cell::whole(s.p().deaths_high);
    Whole "injured_low" "#affected+injured+min" = |s| Cell::whole(s.p().injured_low);
    Whole "injured_best" "#affected+injured" = |s| Cell::whole(s.p().injured_best);
    Whole "injured_high" "#affected+injured+max" = |s| Cell::whole(s.p().injured_high);
    Text "infrastructure" "#impact+type" = |s| listed(&s.p().impacts, |impact| impact.infrastructure.map(|kind| kind.as_str()));
    Text "damage" "#impact+damage" = |s| listed(&s.p().impacts, |impact| impact.damage.map(|damage| damage.as_str()));
    Text "facility" "#impact+facility" = |s| listed(&s.p().impacts, |impact| impact.facility.as_deref());
    Text "verification" "#status+verification" = |s| Cell::text(s.p().verification.map(|word| word.as_str()));
    Text "source_url" "#meta+url" = |s| listed(&s.p().sources, |source| source.url.as_deref());
    Text "source_name" "#meta+source" = |s| listed(&s.p().sources, |source| source.name.as_deref());
    Text "sensitivity" "#meta+sensitivity" = |s| Cell::text(s.p().sensitivity.map(|word| word.as_str()));
    Text "same_as" "#meta+id" = |s| listed(&s.p().same_as, |name| Some(name));
    Text "tags" "#meta+tags" = |s| listed(&s.p().tags, |tag| Some(tag));
    Text "language" "#meta+language" = |s| Cell::text(Some(s.shown_language()));
    Text "license" "#meta+license" = |s| Cell::text(s.p().license.as_deref());
    Flag "redistributable" "#meta+redistributable" = |s| Cell::flag(s.p().redistributable);
    Text "record_status" "#meta+status" = |s| Cell::text(s.p().record_status.map(|word| word.as_str()));
};

/// What was measured. (No `+code` on these countries: a reader would take them for the one where it happened.)
static MEASURED: &[Column] = columns! {
    Text "territory" "#country+territory" = |s| Cell::text(Some(s.described.border.territory.join(";")));
    Text "foreign" "#country+foreign" = |s| Cell::text(s.foreign().and_then(|foreign| foreign.country.as_deref()));
    Real "foreign_distance_m" "#indicator+distance+foreign+m" = |s| Cell::real(s.foreign().and_then(|foreign| foreign.distance_m));
    Real "foreign_distance_low_m" "#indicator+distance+foreign+m+min" = |s| Cell::real(s.foreign().and_then(|foreign| foreign.distance_low_m));
    Real "foreign_distance_high_m" "#indicator+distance+foreign+m+max" = |s| Cell::real(s.foreign().and_then(|foreign| foreign.distance_high_m));
    Text "to" "#country+to" = |s| Cell::text(s.to().map(|to| to.to.as_str()));
    Real "distance_m" "#indicator+distance+m+to" = |s| Cell::real(s.to().and_then(|to| to.distance_m));
    Real "distance_low_m" "#indicator+distance+m+min+to" = |s| Cell::real(s.to().and_then(|to| to.distance_low_m));
    Real "distance_high_m" "#indicator+distance+m+max+to" = |s| Cell::real(s.to().and_then(|to| to.distance_high_m));
    Text "border_set" "#meta+borders" = |s| Cell::text(Some(s.described.border.boundary.set.as_str()));
    Text "snapshot" "#meta+snapshot" = |s| Cell::text(Some(s.snapshot));
};

/// The names of ACLED's export; its numbers of countries and its scale of sources have no counterpart here.
static ACLED: &[Column] = columns! {
    Text "event_id_cnty" "#event+id" = |s| Cell::text(Some(their_id(s, "acled:")));
    Text "event_date" "#date+start" = |s| Cell::text(Some(day(s.p().date_start.as_str())));
    Whole "time_precision" "#date+precision" = |s| Cell::whole(precision(s.p()).and_then(|precision| match precision {
        DatePrecision::Exact | DatePrecision::Hour | DatePrecision::Day => Some(1),
        DatePrecision::Week => Some(2),
        DatePrecision::Month => Some(3),
        DatePrecision::Year => None,
    }));
    Text "event_type" "#event+type" = |s| Cell::text(s.p().event_type.map(acled_event_type));
    Text "sub_event_type" "#event+type+sub" = |s| Cell::text(s.p().sub_event_type.as_deref().map(acled_sub_event_type));
    Text "actor1" "#group+first+name" = |s| Cell::text(s.p().actor1.as_deref());
    Text "actor2" "#group+name+second" = |s| Cell::text(s.p().actor2.as_deref());
    Text "civilian_targeting" "#event+civilian" = |s| Cell::text(s.p().civilian_targeting.unwrap_or(false).then_some("Civilian targeting"));
    Text "iso3" "#country+code+v_iso3" = |s| Cell::text(s.p().country.as_deref());
    Text "admin1" "#adm1+name" = |s| Cell::text(s.p().admin1.as_deref());
    Text "admin2" "#adm2+name" = |s| Cell::text(s.p().admin2.as_deref());
    Text "admin3" "#adm3+name" = |s| Cell::text(s.p().admin3.as_deref());
    Text "location" "#loc+name" = |s| Cell::text(s.p().location.as_deref());
    Real "latitude" "#geo+lat" = |s| Cell::real(s.incident().places.first().map(|place| place.lat()));
    Real "longitude" "#geo+lon" = |s| Cell::real(s.incident().places.first().map(|place| place.lon()));
    Whole "geo_precision" "#geo+precision+v_acled" = |s| Cell::whole(s.p().geo_precision);
    Text "source" "#meta+source" = |s| listed(&s.p().sources, |source| source.name.as_deref());
    Text "notes" "#description" = |s| Cell::text(notes(s));
    Whole "fatalities" "#affected+killed" = |s| Cell::whole(s.p().deaths_best);
    Text "tags" "#meta+tags" = |s| listed(&s.p().tags, |tag| Some(tag));
    Text "license" "#meta+license" = |s| Cell::text(s.p().license.as_deref());
};

/// The names of UCDP's Georeferenced Event Dataset.
static UCDP: &[Column] = columns! {
    Text "id" "#event+id" = |s| Cell::text(Some(their_id(s, "ucdp:")));
    Whole "type_of_violence" "#event+type" = |s| Cell::whole(type_of_violence(s.p()));
    Text "side_a" "#group+first+name" = |s| Cell::text(s.p().actor1.as_deref());
    Text "side_b" "#group+name+second" = |s| Cell::text(s.p().actor2.as_deref());
    Text "source_article" "#meta+url" = |s| listed(&s.p().sources, |source| source.url.as_deref());
    Text "source_office" "#meta+source" = |s| listed(&s.p().sources, |source| source.name.as_deref());
    Text "source_headline" "#description" = |s| Cell::text(notes(s));
    Whole "where_prec" "#geo+precision+v_ucdp" = |s| Cell::whole(s.p().where_prec);
    Text "where_coordinates" "#loc+name" = |s| Cell::text(s.p().location.as_deref());
    Text "adm_1" "#adm1+name" = |s| Cell::text(s.p().admin1.as_deref());
    Text "adm_2" "#adm2+name" = |s| Cell::text(s.p().admin2.as_deref());
    Real "latitude" "#geo+lat" = |s| Cell::real(s.incident().places.first().map(|place| place.lat()));
    Real "longitude" "#geo+lon" = |s| Cell::real(s.incident().places.first().map(|place| place.lon()));
    Text "geom_wkt" "#geo+wkt" = |s| Cell::text(Some(wkt(s.incident())));
    Text "iso3" "#country+code+v_iso3" = |s| Cell::text(s.p().country.as_deref());
    Whole "date_prec" "#date+precision" = |s| Cell::whole(precision(s.p()).map(|precision| match precision {
        DatePrecision::Exact | DatePrecision::Hour | DatePrecision::Day => 1,
        DatePrecision::Week => 3,
        DatePrecision::Month => 4,
        DatePrecision::Year => 5,
    }));
    Text "date_start" "#date+start" = |s| Cell::text(Some(day(s.p().date_start.as_str())));
    Text "date_end" "#date+end" = |s| Cell::text(s.p().date_end.as_ref().map(|date| day(date.as_str())));
    Whole "best" "#affected+killed" = |s| Cell::whole(s.p().deaths_best);
    Whole "high" "#affected+killed+max" = |s| Cell::whole(s.p().deaths_high);
    Whole "low" "#affected+killed+min" = |s| Cell::whole(s.p().deaths_low);
    Text "license" "#meta+license" = |s| Cell::text(s.p().license.as_deref());
};

/// All places as well-known text; nothing without one.
fn wkt(incident: &Incident) -> String {
    let points: Vec<String> =
        incident.places.iter().map(|place| format!("({} {})", place.lon(), place.lat())).collect();
    match points.as_slice() {
        [] => String::new(),
        [point] => format!("POINT {point}"),
        points => format!("MULTIPOINT ({})", points.join(", ")),
    }
}

/// One item of each thing with semicolons between them, places kept; nothing when none has one.
fn listed<'t, T>(things: &'t [T], item: impl Fn(&'t T) -> Option<&'t str>) -> Cell<'t> {
    if let [thing] = things {
        return match item(thing) {
            Some(text) if text.contains(';') => Cell::text(Some(text.replace(';', ","))),
            one => Cell::text(one),
        };
    }
    if things.iter().all(|thing| item(thing).is_none()) {
        return Cell::Empty;
    }
    let texts: Vec<String> =
        things.iter().map(|thing| item(thing).unwrap_or_default().replace(';', ",")).collect();
    Cell::text(Some(texts.join(";")))
}

/// The id that it has in that dataset, else ours.
fn their_id<'a>(shown: Shown<'a>, source: &str) -> Cow<'a, str> {
    let theirs = shown.p().same_as.iter().find_map(|name| name.strip_prefix(source));
    theirs.map_or_else(|| shown.incident().id.to_string().into(), Cow::Borrowed)
}

/// A date without its time of day.
fn day(date: &str) -> &str {
    date.split('T').next().unwrap_or(date)
}

fn precision(p: &Properties) -> Option<DatePrecision> {
    p.date_precision.or(Some(p.date_start.precision()))
}

fn notes(shown: Shown<'_>) -> Option<&str> {
    let text = shown.p().description.as_ref().or(shown.p().title.as_ref())?;
    Some(text.in_language(shown.language))
}

/// Their number where it was kept; else only violence against civilians has one that is not a guess.
fn type_of_violence(p: &Properties) -> Option<u8> {
    let kept = p.event_type_source.as_deref().and_then(|code| code.parse().ok());
    let told = (p.event_type == Some(EventType::ViolenceAgainstCivilians)).then_some(3);
    kept.filter(|code| (1..=3).contains(code)).or(told)
}

/// ACLED's spelling of the kinds that are ACLED's.
fn acled_event_type(kind: EventType) -> &'static str {
    match kind {
        EventType::Battles => "Battles",
        EventType::ExplosionsRemoteViolence => "Explosions/Remote violence",
        EventType::ViolenceAgainstCivilians => "Violence against civilians",
        EventType::Protests => "Protests",
        EventType::Riots => "Riots",
        EventType::StrategicDevelopments => "Strategic developments",
        EventType::Disaster | EventType::AccessConstraint | EventType::Other => kind.as_str(),
    }
}

fn acled_sub_event_type(kind: &str) -> &str {
    match kind {
        "air_drone_strike" => "Air/drone strike",
        "shelling_artillery_missile" => "Shelling/artillery/missile attack",
        "remote_explosive_landmine_ied" => "Remote explosive/landmine/IED",
        "suicide_bomb" => "Suicide bomb",
        "chemical_weapon" => "Chemical weapon",
        "grenade" => "Grenade",
        "armed_clash" => "Armed clash",
        "government_regains_territory" => "Government regains territory",
        "non_state_actor_overtakes_territory" => "Non-state actor overtakes territory",
        "attack" => "Attack",
        "abduction" | "abduction_forced_disappearance" => "Abduction/forced disappearance",
        "sexual_violence" => "Sexual violence",
        "peaceful_protest" => "Peaceful protest",
        "protest_with_intervention" => "Protest with intervention",
        "excessive_force_against_protesters" => "Excessive force against protesters",
        "violent_demonstration" => "Violent demonstration",
        "mob_violence" => "Mob violence",
        "looting_property_destruction" => "Looting/property destruction",
        "arrests" => "Arrests",
        "agreement" => "Agreement",
        "change_to_group_activity" => "Change to group/activity",
        "disrupted_weapons_use" => "Disrupted weapons use",
        "headquarters_or_base_established" => "Headquarters or base established",
        "non_violent_transfer_of_territory" => "Non-violent transfer of territory",
        other => other,
    }
}
