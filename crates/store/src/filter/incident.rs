//! Incidents as filters see them: which properties and functions there are, and where their values lie.
//!
//! The properties are those of the Feature, by their names there; a hyphen may stand for `_`. What the columns have costs a
//! few nanoseconds a row. What only the document has is read from it, which takes some microseconds: such conditions are
//! asked last.
//!
//! Limits: a document that cannot be read says nothing of its properties, so that the row is not chosen by them.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell, RefCell};
use std::fmt;

use kordon_borders::BorderSet;
use kordon_incidents::{Damage, DatePrecision, EventDate, EventType, Infrastructure, Text, Verification};
use serde::Deserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::expression::{Expression, Name, Wrong, shortened};
use super::schema::{Record, Schema};
use super::time::{Granule, Span};
use super::value::{Constant, Place, Type, Value};
use crate::columns::{NO_WORD, UNKNOWN};
use crate::query::{Certainty, Measure, Memo, Of, Within};
use crate::record;
use crate::snapshot::{Context, Part};

/// A property of an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Property {
    Id,
    Geometry,
    Title,
    DateStart,
    /// The day, month or other stretch of time that `date_start` is.
    DateStartWhole,
    DateEnd,
    /// From the beginning to the end of the incident.
    Datetime,
    EventType,
    SubEventType,
    Country,
    Territory,
    Infrastructure,
    Damage,
    Verification,
    /// Low, best, high.
    Deaths(usize),
    /// What only the document has.
    Document(&'static str, Type),
}

/// What is in the columns.
const IN_COLUMNS: [(&str, Property, Type); 16] = [
    ("id", Property::Id, Type::Text),
    ("geometry", Property::Geometry, Type::Place),
    ("title", Property::Title, Type::Text),
    ("datetime", Property::Datetime, Type::Interval),
    ("date_start", Property::DateStart, Type::Moment),
    ("date_end", Property::DateEnd, Type::Moment),
    ("event_type", Property::EventType, Type::Text),
    ("sub_event_type", Property::SubEventType, Type::Text),
    ("country", Property::Country, Type::Text),
    ("territory", Property::Territory, Type::List),
    ("infrastructure", Property::Infrastructure, Type::List),
    ("damage", Property::Damage, Type::List),
    ("verification", Property::Verification, Type::Text),
    ("deaths_low", Property::Deaths(0), Type::Number),
    ("deaths_best", Property::Deaths(1), Type::Number),
    ("deaths_high", Property::Deaths(2), Type::Number),
];

/// What is in the document.
const IN_DOCUMENT: [(&str, Type); 28] = [
    ("description", Type::Text),
    ("date_precision", Type::Text),
    ("event_type_source", Type::Text),
    ("actor1", Type::Text),
    ("actor2", Type::Text),
    ("attribution", Type::Text),
    ("civilian_targeting", Type::Boolean),
    ("location", Type::Text),
    ("admin1", Type::Text),
    ("admin2", Type::Text),
    ("admin3", Type::Text),
    ("admin1_pcode", Type::Text),
    ("admin2_pcode", Type::Text),
    ("location_radius_m", Type::Number),
    ("location_method", Type::Text),
    ("geo_precision", Type::Number),
    ("where_prec", Type::Number),
    ("injured_low", Type::Number),
    ("injured_best", Type::Number),
    ("injured_high", Type::Number),
    ("sensitivity", Type::Text),
    ("same_as", Type::List),
    ("tags", Type::List),
    ("language", Type::Text),
    ("license", Type::Text),
    ("revision", Type::Number),
    ("recorded_at", Type::Moment),
    ("recorded_by", Type::Text),
];

/// The names of all properties, and what kind of thing each is.
pub(crate) fn properties() -> impl Iterator<Item = (&'static str, Type)> {
    IN_COLUMNS.iter().map(|(name, _, kind)| (*name, *kind)).chain(IN_DOCUMENT)
}

/// A function of an incident.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Function {
    /// To which of the targets.
    BorderDistance(usize),
    NearestForeign,
    NearestForeignDistance,
    /// To which of the targets, how near, and how sure.
    Within(usize, f64, Certainty),
}

/// Names and types of the functions, with what they are for.
pub(crate) const FUNCTIONS: [Described; 4] = [
    Described {
        name: "border_distance",
        about: "Meters from the incident to the border of a country (ISO 3166-1 alpha-3), of the countries of a set that were \
                in it on the day (NATO, EU), or to a place LON,LAT; 0 inside. NULL where the place is known only as an area.",
        operands: &[("of", "A country, a set or LON,LAT", "string")],
        returns: "number",
    },
    Described {
        name: "nearest_foreign",
        about: "The ISO 3166-1 alpha-3 code of the nearest territory other than the one where it happened",
        operands: &[],
        returns: "string",
    },
    Described {
        name: "nearest_foreign_distance",
        about: "Meters to the nearest territory other than the one where it happened",
        operands: &[],
        returns: "number",
    },
    Described {
        name: "within_certainty",
        about: "Whether the incident is so near, given how precisely its place and the border are known: certainly, wherever in \
                its circle it was, or possibly, somewhere in it",
        operands: &[
            ("of", "A country, a set or LON,LAT", "string"),
            ("meters", "How near", "number"),
            ("certainty", "certain or possible", "string"),
        ],
        returns: "boolean",
    },
];

/// A function, described for people and programs.
#[derive(Clone, Copy, Debug)]
pub struct Described {
    /// Its name.
    pub name: &'static str,
    /// What it tells.
    pub about: &'static str,
    /// Names, meanings and JSON types of its operands.
    pub operands: &'static [(&'static str, &'static str, &'static str)],
    /// The JSON type of its value.
    pub returns: &'static str,
}

/// The schema of incidents, and what a filter measures to.
pub(crate) struct Incidents<'a> {
    borders: &'a BorderSet,
    pub targets: RefCell<Vec<Of>>,
}

impl<'a> Incidents<'a> {
    pub fn new(borders: &'a BorderSet) -> Self {
        Self { borders, targets: RefCell::default() }
    }

    /// The number of a target; one is counted once however often it is asked for.
    fn target(&self, name: &str) -> Result<usize, String> {
        let of = Of::parse(name, self.borders).map_err(|error| error.to_string())?;
        let mut targets = self.targets.borrow_mut();
        if let Some(number) = targets.iter().position(|known| known.name() == of.name()) {
            return Ok(number);
        }
        if targets.len() == MAX_TARGETS {
            return Err(format!("a filter measures to at most {MAX_TARGETS} targets"));
        }
        targets.push(of);
        Ok(targets.len() - 1)
    }
}

/// More countries, sets and places than this a filter does not measure to.
const MAX_TARGETS: usize = 8;

impl Schema for Incidents<'_> {
    type Property = Property;
    type Function = Function;

    fn names(&self) -> Vec<&str> {
        properties().map(|(name, _)| name).chain(FUNCTIONS.iter().map(|function| function.name)).collect()
    }

    fn property(&self, name: &str) -> Option<(Property, Type)> {
        let name = name.replace('-', "_");
        let column =
            IN_COLUMNS.iter().find(|known| known.0 == name).map(|(_, property, kind)| (*property, *kind));
        let document = || IN_DOCUMENT.iter().find(|known| known.0 == name);
        column.or_else(|| document().map(|(name, kind)| (Property::Document(name, *kind), *kind)))
    }

    fn as_interval(&self, property: Property) -> Property {
        if property == Property::DateStart { Property::DateStartWhole } else { property }
    }

    fn interval(&self, from: Property, to: Property) -> Option<Property> {
        ((from, to) == (Property::DateStart, Property::DateEnd)).then_some(Property::Datetime)
    }

    fn function(&self, name: &Name, operands: &[Expression]) -> Option<Result<(Function, Type), Wrong>> {
        let described = FUNCTIONS.iter().find(|known| known.name.eq_ignore_ascii_case(&name.text))?;
        let wrong = |why: String| Some(Err(Wrong::new(name.at, format!("{}: {why}", described.name))));
        let target = |of: &str| self.target(of);
        Some(Ok(match (described.name, operands) {
            ("border_distance", [Expression::Text(of)]) => match target(of) {
                Ok(number) => (Function::BorderDistance(number), Type::Number),
                Err(why) => return wrong(why),
            },
            ("nearest_foreign", []) => (Function::NearestForeign, Type::Text),
            ("nearest_foreign_distance", []) => (Function::NearestForeignDistance, Type::Number),
            (
                "within_certainty",
                [Expression::Text(of), Expression::Number(meters), Expression::Text(sure)],
            ) => {
                let certainty = match sure.as_str() {
                    "certain" => Certainty::Certain,
                    "possible" => Certainty::Possible,
                    other => return wrong(format!("'{}' is neither certain nor possible", shortened(other))),
                };
                if *meters < 0.0 {
                    return wrong(format!("{meters} is no distance"));
                }
                match target(of) {
                    Ok(number) => (Function::Within(number, *meters, certainty), Type::Boolean),
                    Err(why) => return wrong(why),
                }
            }
            _ => {
                let operands: Vec<String> =
                    described.operands.iter().map(|(name, _, kind)| format!("{name} ({kind})")).collect();
                return wrong(format!("takes these values: {}", operands.join(", ")));
            }
        }))
    }

    fn cost(&self, property: Property) -> u32 {
        match property {
            Property::Document(..) | Property::DateEnd | Property::DateStartWhole => 3_000,
            Property::Id | Property::Territory => 50,
            Property::Title => 20,
            _ => 1,
        }
    }
}

/// One row, to be asked.
pub(crate) struct Asked<'a> {
    pub part: &'a Part,
    pub row: usize,
    pub context: &'a Context,
    pub measures: &'a [Measure<'a>],
    pub memo: RefCell<&'a mut Memo>,
    /// Fetched for the first property that only the document has.
    pub document: OnceCell<Option<Vec<u8>>>,
}

impl Record<Property, Function> for Asked<'_> {
    fn value(&self, property: Property) -> Value<'_> {
        let (columns, row) = (&self.part.columns, self.row);
        let word = |words: &[&'static str], word: u8| {
            if word == NO_WORD { Value::Null } else { Value::text(words.get(usize::from(word)).copied()) }
        };
        let words = |words, set: u32| if set == 0 { Value::Null } else { Value::Words(words, set) };
        let symbol = |symbol| match self.context.words.name(symbol) {
            Some(name) => Value::Text(Cow::Owned(name.to_string())),
            None => Value::Null,
        };
        match property {
            Property::Id => Value::Text(Cow::Owned(columns.ids[row].to_string())),
            Property::Geometry if columns.places(row).is_empty() => Value::Null,
            Property::Geometry => Value::Place(Place::Points(columns.places(row))),
            Property::Title => Value::text(Some(columns.title(row))),
            Property::DateStart => Value::Moment(second(columns.start_s[row])),
            Property::Datetime => Value::Interval(Span {
                first: second(columns.start_s[row]),
                last: second(columns.end_s[row] - 1),
            }),
            Property::EventType => word(EventType::WORDS, columns.event_type[row]),
            Property::Verification => word(Verification::WORDS, columns.verification[row]),
            Property::SubEventType => symbol(columns.sub_event_type[row]),
            Property::Country => symbol(columns.country[row]),
            Property::Territory => self.territory(),
            Property::Infrastructure => words(Infrastructure::WORDS, columns.infrastructure[row]),
            Property::Damage => words(Damage::WORDS, columns.damage[row]),
            Property::Deaths(which) => match columns.deaths[row][which] {
                UNKNOWN => Value::Null,
                number => Value::Number(f64::from(number)),
            },
            Property::DateEnd | Property::DateStartWhole | Property::Document(..) => {
                self.document().map_or(Value::Null, |body| told(body, property))
            }
        }
    }

    fn call(&self, function: &Function, enough: f64) -> Value<'_> {
        let columns = &self.part.columns;
        if columns.radius_m[self.row].is_nan() || columns.places(self.row).is_empty() {
            return Value::Null;
        }
        let foreign = columns.border[self.row].foreign.as_ref();
        match *function {
            Function::NearestForeign => {
                let territory = foreign.map(|nearest| self.context.borders.territory(nearest.territory));
                Value::text(territory.map(|territory| territory.code.as_str()))
            }
            Function::NearestForeignDistance => {
                foreign.map_or(Value::Null, |nearest| Value::Number(nearest.distance_m))
            }
            Function::BorderDistance(target) => {
                let mut memo = self.memo.borrow_mut();
                let enough = enough.max(0.0);
                let found =
                    self.measures[target].signed_m(self.part, self.row, enough, memo.of_target(target));
                match found {
                    Some(meters) => Value::Number(meters.max(0.0)),
                    None if enough.is_finite() => Value::Number(f64::INFINITY),
                    None => Value::Null,
                }
            }
            Function::Within(target, meters, certainty) => {
                let mut memo = self.memo.borrow_mut();
                let measure = &self.measures[target];
                let within = within(measure.of(), meters, certainty);
                Value::Boolean(measure.is_within(self.part, self.row, &within, memo.of_target(target)))
            }
        }
    }
}

/// "Within so many meters", inside included.
pub(crate) fn within(of: &Of, meters: f64, certainty: Certainty) -> Within {
    Within { of: of.clone(), km: meters / 1_000.0, certainty, include_inside: true }
}

fn second(start_s: i64) -> Granule {
    Granule::of_seconds(start_s, start_s + 1)
}

impl Asked<'_> {
    fn territory(&self) -> Value<'_> {
        let claims = self.context.claims.name(self.part.columns.border[self.row].claims);
        let code = |id: &kordon_borders::TerritoryId| {
            Constant::Text(self.context.borders.territory(*id).code.clone())
        };
        let codes: Vec<Constant> = claims.iter().flat_map(|ids| ids.iter()).map(code).collect();
        if codes.is_empty() { Value::Null } else { Value::List(codes.into()) }
    }

    /// The document, without what is derived and the last bracket.
    fn document(&self) -> Option<&[u8]> {
        let fetch = || {
            let position = self.part.columns.position[self.row];
            let held = self.context.documents.bodies().get(position).map(<[u8]>::to_vec);
            held.or_else(|| {
                let frame = self.context.documents.read(position).ok()?;
                Some(record::body(&record::feature(&frame)?).to_vec())
            })
        };
        self.document.get_or_init(fetch).as_deref()
    }
}

/// Reads one property out of a document and steps over all else, which is most of it.
struct Wanted<'a, 'de> {
    name: &'a str,
    found: &'a Cell<Option<&'de RawValue>>,
    is_inside: bool,
}

impl<'de> Visitor<'de> for Wanted<'_, 'de> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            if self.is_inside && name == self.name {
                self.found.set(Some(map.next_value()?));
                break;
            } else if !self.is_inside && name == "properties" {
                map.next_value_seed(Self { is_inside: true, ..self })?;
                break;
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Wanted<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_map(self)
    }
}

/// A property of a document as it is written there.
fn written<'a>(document: &'a [u8], name: &str) -> Option<&'a str> {
    let found = Cell::new(None);
    let wanted = Wanted { name, found: &found, is_inside: false };
    // Nothing is read behind what is wanted, so that the end is missed: what matters is whether it was found.
    drop(wanted.deserialize(&mut serde_json::Deserializer::from_slice(document)));
    found.get().map(RawValue::get)
}

/// What a document tells of a property.
fn told(document: &[u8], property: Property) -> Value<'static> {
    fn read<T: DeserializeOwned>(document: &[u8], name: &str) -> Option<T> {
        serde_json::from_str::<Option<T>>(written(document, name)?).ok().flatten()
    }
    let moment = |name: &str| read::<EventDate>(document, name);
    let found = match property {
        Property::DateEnd => {
            moment("date_end").and_then(|date| Granule::read(date.as_str())).map(Value::Moment)
        }
        Property::DateStartWhole => moment("date_start").map(|date| {
            let precision = read::<DatePrecision>(document, "date_precision");
            let times = precision.map_or(date.times(), |precision| date.times_at(precision));
            Value::Moment(Granule::of_seconds(times.start_s, times.end_s))
        }),
        Property::Document("description", _) => read::<Text>(document, "description")
            .map(|text| Value::Text(Cow::Owned(text.in_language("en").to_owned()))),
        Property::Document(name, Type::Text) => {
            read(document, name).map(|text| Value::Text(Cow::Owned(text)))
        }
        Property::Document(name, Type::Number) => read(document, name).map(Value::Number),
        Property::Document(name, Type::Boolean) => read(document, name).map(Value::Boolean),
        Property::Document(name, Type::Moment) => {
            moment(name).and_then(|date| Granule::read(date.as_str())).map(Value::Moment)
        }
        Property::Document(name, _) => read::<Vec<String>>(document, name)
            .map(|all| Value::List(all.into_iter().map(Constant::Text).collect::<Vec<_>>().into())),
        _ => None,
    };
    found.unwrap_or(Value::Null)
}
