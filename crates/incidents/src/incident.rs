//! The incident: one GeoJSON Feature (RFC 7946), typed.
//!
//! Serde writes and reads exactly the Feature: properties in the order below, absent ones left out, places
//! as Point, MultiPoint or `null`. What serde reads back is what serde wrote, to the last bit of every
//! coordinate. It is made for records that were checked once: it stops at the first thing wrong, and a
//! property it does not know is an error (a record of a newer version must not lose a member unseen).
//! Bytes from outside go through [`crate::read()`] and [`crate::check()`], which explain every fault. Members of the
//! Feature itself that are not part of the record, such as a derived `border`, are passed over.

use crate::date::{EventDate, Times};
use crate::text::Text;
use crate::vocabulary::{
    Attribution, Damage, DatePrecision, EventType, FunctionalStatus, Infrastructure, LocationMethod,
    MaskingLevel, RecordStatus, Reliability, Sensitivity, Verification,
};
use kordon_borders::LonLat;
use serde::de::{self, Deserializer, IgnoredAny, SeqAccess};
use serde::ser::{SerializeStruct, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// The permanent name of an incident: a random UUID, so that it does not tell when the record was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IncidentId(Uuid);

impl IncidentId {
    /// A version 4 UUID made of these random bytes; six bits of them are overwritten by version and variant.
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(uuid::Builder::from_random_bytes(bytes).into_uuid())
    }

    /// The 16 bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl From<Uuid> for IncidentId {
    fn from(uuid: Uuid) -> Self {
        Self(uuid)
    }
}

impl From<IncidentId> for Uuid {
    fn from(id: IncidentId) -> Self {
        id.0
    }
}

impl fmt::Display for IncidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A text that is not a UUID in its usual form, 8-4-4-4-12 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a UUID such as 5f0b6d3c-9e41-4c55-9d2a-0193a8c27b1e")]
pub struct NotAnId;

impl FromStr for IncidentId {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        // Only the hyphenated form: 32 bare digits may well be some other source's id.
        if text.len() != 36 {
            return Err(NotAnId);
        }
        match Uuid::try_parse(text) {
            Ok(uuid) if !uuid.is_nil() && !uuid.is_max() => Ok(Self(uuid)),
            _ => Err(NotAnId),
        }
    }
}

/// Something that happened somewhere.
#[derive(Clone, Debug, PartialEq)]
pub struct Incident {
    /// Permanent and random.
    pub id: IncidentId,
    /// Where: none when unknown or withheld, several when one incident has several places.
    pub places: Vec<LonLat>,
    /// Everything else.
    pub properties: Properties,
}

/// What is known about an incident, in the order in which it is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    missing_docs,
    reason = "the names are the field's own words; units and rules are given where needed"
)]
pub struct Properties {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    /// When it happened or began. The one property that every incident has.
    pub date_start: EventDate,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_end: Option<EventDate>,
    /// How much of the date is known; derived from the form of `date_start` when the source does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_precision: Option<DatePrecision>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_type: Option<EventType>,
    /// Open list; see [`crate::SUB_EVENT_TYPES`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_event_type: Option<String>,
    /// The source's own code or word for the kind of event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_type_source: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor1: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor2: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribution: Option<Attribution>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub civilian_targeting: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// ISO 3166-1 alpha-3, as the source has it; what the borders say is derived, not stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admin1: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admin2: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admin3: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admin1_pcode: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admin2_pcode: Option<String>,
    /// Radius in meters that holds the true place with 95 %; greater than 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location_radius_m: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location_method: Option<LocationMethod>,
    /// ACLED's: 1 a town, 2 a part of a region, 3 a region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub geo_precision: Option<u8>,
    /// UCDP's: 1 exact … 7 international waters or airspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub where_prec: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deaths_low: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deaths_best: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deaths_high: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub injured_low: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub injured_best: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub injured_high: Option<u32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub impacts: Vec<Impact>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verification: Option<Verification>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Source>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sensitivity: Option<Sensitivity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub masking: Option<Masking>,
    /// Names of this incident elsewhere, `<source>:<source id>`; a re-import updates on them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub same_as: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// BCP 47 tag of texts whose language is not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// `false` keeps the record out of every public answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redistributable: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record_status: Option<RecordStatus>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<IncidentId>,
    /// The reports of the same event that were merged into this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merged_from: Vec<IncidentId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_at: Option<EventDate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_by: Option<String>,
    /// Whatever else the source had, as it had it, so that an import loses nothing.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub extra: Map<String, Value>,
}

/// One thing that was hit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names are the field's own words")]
pub struct Impact {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility: Option<String>,
    /// `osm:way/1` and the like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility_ref: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub infrastructure: Option<Infrastructure>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub damage: Option<Damage>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub damage_scheme: Option<String>,
    /// The source's own code, as it had it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub damage_code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub functional_status: Option<FunctionalStatus>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assessed_on: Option<EventDate>,
    /// Which of the incident's `sources` says so, counted from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<usize>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub extra: Map<String, Value>,
}

/// Who says so.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names are the field's own words")]
pub struct Source {
    /// http or https.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Open list: `media`, `official`, `ngo`, `satellite`, `social_media` …
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_at: Option<EventDate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reliability: Option<Reliability>,
    /// Admiralty code: 1 confirmed … 5 improbable, 6 cannot be judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credibility: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub extra: Map<String, Value>,
}

/// How the place is shown to the public.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Masking {
    /// How coarse.
    pub level: MaskingLevel,
}

/// How far from the stated place the true one may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Radius {
    /// Radius in meters that holds the true place with 95 %; `None` when no distance from a point may be claimed.
    pub meters: Option<f64>,
    /// What that rests on.
    pub why: RadiusOrigin,
}

/// What a location radius rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RadiusOrigin {
    /// `location_radius_m` says so.
    Stated,
    /// Derived from `location_method`.
    Method,
    /// Derived from ACLED's `geo_precision`.
    GeoPrecision,
    /// Derived from UCDP's `where_prec`.
    WherePrec,
    /// Nothing is known but the point: [`ASSUMED_RADIUS_M`].
    Assumed,
    /// There is no point.
    Unknown,
}

impl RadiusOrigin {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            RadiusOrigin::Stated => "stated",
            RadiusOrigin::Method => "method",
            RadiusOrigin::GeoPrecision => "geo_precision",
            RadiusOrigin::WherePrec => "where_prec",
            RadiusOrigin::Assumed => "assumed",
            RadiusOrigin::Unknown => "unknown",
        }
    }
}

/// Radius in meters of a point about which nothing else is known: that of a town (ACLED geo_precision 1).
pub const ASSUMED_RADIUS_M: f64 = 5_000.0;

impl Properties {
    /// Only a date; everything else unknown.
    pub fn new(date_start: EventDate) -> Self {
        Properties {
            title: None,
            description: None,
            date_start,
            date_end: None,
            date_precision: None,
            event_type: None,
            sub_event_type: None,
            event_type_source: None,
            actor1: None,
            actor2: None,
            attribution: None,
            civilian_targeting: None,
            location: None,
            country: None,
            admin1: None,
            admin2: None,
            admin3: None,
            admin1_pcode: None,
            admin2_pcode: None,
            location_radius_m: None,
            location_method: None,
            geo_precision: None,
            where_prec: None,
            deaths_low: None,
            deaths_best: None,
            deaths_high: None,
            injured_low: None,
            injured_best: None,
            injured_high: None,
            impacts: Vec::new(),
            verification: None,
            sources: Vec::new(),
            sensitivity: None,
            masking: None,
            same_as: Vec::new(),
            tags: Vec::new(),
            language: None,
            license: None,
            redistributable: None,
            record_status: None,
            merged_into: None,
            merged_from: Vec::new(),
            revision: None,
            recorded_at: None,
            recorded_by: None,
            extra: Map::new(),
        }
    }
}

impl Incident {
    /// The interval in which it happened: from `date_start` to the end of `date_end` or, without one, to
    /// the end of what `date_precision` leaves open.
    pub fn times(&self) -> Times {
        let p = &self.properties;
        let start = match p.date_precision {
            Some(precision) => p.date_start.times_at(precision),
            None => p.date_start.times(),
        };
        match &p.date_end {
            Some(end) => Times { start_s: start.start_s, end_s: end.times().end_s.max(start.start_s + 1) },
            None => start,
        }
    }

    /// How far the true place may be from the stated one, and why that is thought.
    ///
    /// The first of these that is known: `location_radius_m`, `location_method`, `geo_precision`,
    /// `where_prec`; else [`ASSUMED_RADIUS_M`].
    pub fn radius(&self) -> Radius {
        let p = &self.properties;
        if self.places.is_empty() {
            return Radius { meters: None, why: RadiusOrigin::Unknown };
        }
        if let Some(stated) = p.location_radius_m {
            return Radius { meters: Some(stated), why: RadiusOrigin::Stated };
        }
        let by_method = match p.location_method {
            Some(LocationMethod::Gps) => Some(Some(50.0)),
            Some(LocationMethod::SatelliteMatch | LocationMethod::StreetMatch) => Some(Some(100.0)),
            Some(LocationMethod::FacilityMatch) => Some(Some(150.0)),
            Some(LocationMethod::Gazetteer) => Some(Some(3_000.0)),
            Some(LocationMethod::AdminCentroid) => Some(None),
            Some(LocationMethod::ReporterPin | LocationMethod::Imported) | None => None,
        };
        if let Some(meters) = by_method {
            return Radius { meters, why: RadiusOrigin::Method };
        }
        let coded = |code: u8, first: f64| match code {
            1 => Some(first),
            2 => Some(25_000.0),
            _ => None,
        };
        if let Some(code) = p.geo_precision {
            return Radius { meters: coded(code, 5_000.0), why: RadiusOrigin::GeoPrecision };
        }
        if let Some(code) = p.where_prec {
            return Radius { meters: coded(code, 1_000.0), why: RadiusOrigin::WherePrec };
        }
        Radius { meters: Some(ASSUMED_RADIUS_M), why: RadiusOrigin::Assumed }
    }

    /// A title in this language or the nearest thing to it: another language, the description, the kind of
    /// event, the place. Never empty.
    pub fn title_in(&self, language: &str) -> &str {
        let p = &self.properties;
        if let Some(text) = p.title.as_ref().or(p.description.as_ref()) {
            return text.in_language(language);
        }
        (p.sub_event_type.as_deref())
            .or(p.event_type.map(EventType::as_str))
            .or(p.location.as_deref())
            .unwrap_or(p.date_start.as_str())
    }

    /// Whether both say the same, apart from id, revision and who recorded it when.
    pub fn same_content(&self, other: &Incident) -> bool {
        let mut mine = self.properties.clone();
        mine.revision = other.properties.revision;
        mine.recorded_at.clone_from(&other.properties.recorded_at);
        mine.recorded_by.clone_from(&other.properties.recorded_by);
        self.places == other.places && mine == other.properties
    }
}

impl Serialize for Incident {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut feature = serializer.serialize_struct("Feature", 4)?;
        feature.serialize_field("type", "Feature")?;
        feature.serialize_field("id", &self.id)?;
        feature.serialize_field("geometry", &Geometry(&self.places))?;
        feature.serialize_field("properties", &self.properties)?;
        feature.end()
    }
}

/// Places as a GeoJSON geometry: `null`, Point or MultiPoint.
struct Geometry<'a>(&'a [LonLat]);

impl Serialize for Geometry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let pair = |place: &LonLat| [place.lon(), place.lat()];
        if self.0.is_empty() {
            return serializer.serialize_none();
        }
        let mut geometry = serializer.serialize_struct("Geometry", 2)?;
        if let [place] = self.0 {
            geometry.serialize_field("type", "Point")?;
            geometry.serialize_field("coordinates", &pair(place))?;
        } else {
            geometry.serialize_field("type", "MultiPoint")?;
            geometry.serialize_field("coordinates", &self.0.iter().map(pair).collect::<Vec<_>>())?;
        }
        geometry.end()
    }
}

impl<'de> Deserialize<'de> for Incident {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Feature::<IgnoredAny>::deserialize(deserializer)?.parts().map(|(incident, _)| incident)
    }
}

/// A Feature as it is written, with what stands beside the record as `B`.
#[derive(Deserialize)]
pub(crate) struct Feature<B> {
    r#type: FeatureType,
    id: IncidentId,
    geometry: Option<Shape>,
    properties: Properties,
    #[serde(default)]
    border: B,
}

#[derive(Deserialize)]
enum FeatureType {
    Feature,
}

#[derive(Deserialize)]
struct Shape {
    r#type: ShapeType,
    coordinates: Coordinates,
}

#[derive(Deserialize)]
enum ShapeType {
    Point,
    MultiPoint,
}

impl<B> Feature<B> {
    /// The record, and what stands beside it.
    pub(crate) fn parts<E: de::Error>(self) -> Result<(Incident, B), E> {
        let Self { r#type: FeatureType::Feature, id, geometry, properties, border } = self;
        let places = match geometry {
            None => Vec::new(),
            Some(Shape { r#type: ShapeType::Point, coordinates: Coordinates::One(place) }) => vec![place],
            Some(Shape { r#type: ShapeType::MultiPoint, coordinates: Coordinates::Several(places) }) => {
                places
            }
            Some(_) => return Err(E::custom("coordinates do not fit the type of the geometry")),
        };
        Ok((Incident { id, places, properties }, border))
    }
}

/// The coordinates of a Point or of a MultiPoint.
enum Coordinates {
    One(LonLat),
    Several(Vec<LonLat>),
}

impl<'de> Deserialize<'de> for Coordinates {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// A number, or a position.
        enum Part {
            Number(f64),
            Position(LonLat),
        }
        impl<'de> Deserialize<'de> for Part {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Parts;
                impl<'de> de::Visitor<'de> for Parts {
                    type Value = Part;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("a number or a position")
                    }
                    fn visit_f64<E>(self, number: f64) -> Result<Part, E> {
                        Ok(Part::Number(number))
                    }
                    fn visit_u64<E>(self, number: u64) -> Result<Part, E> {
                        Ok(Part::Number(number as f64))
                    }
                    fn visit_i64<E>(self, number: i64) -> Result<Part, E> {
                        Ok(Part::Number(number as f64))
                    }
                    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Part, A::Error> {
                        let mut pair = [0.0; 2];
                        for (at, number) in pair.iter_mut().enumerate() {
                            *number =
                                seq.next_element()?.ok_or_else(|| de::Error::invalid_length(at, &self))?;
                        }
                        while seq.next_element::<f64>()?.is_some() {}
                        place(pair[0], pair[1]).map(Part::Position)
                    }
                }
                deserializer.deserialize_any(Parts)
            }
        }
        struct List;
        impl<'de> de::Visitor<'de> for List {
            type Value = Coordinates;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a position, or a list of positions")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Coordinates, A::Error> {
                let (mut numbers, mut places) = (Vec::with_capacity(2), Vec::new());
                while let Some(part) = seq.next_element()? {
                    match part {
                        Part::Number(number) => numbers.push(number),
                        Part::Position(place) => places.push(place),
                    }
                }
                match (numbers.as_slice(), places.is_empty()) {
                    (&[lon, lat, ..], true) => place(lon, lat).map(Coordinates::One),
                    (&[], false) => Ok(Coordinates::Several(places)),
                    _ => Err(de::Error::invalid_length(numbers.len(), &self)),
                }
            }
        }
        deserializer.deserialize_seq(List)
    }
}

fn place<E: de::Error>(lon: f64, lat: f64) -> Result<LonLat, E> {
    LonLat::new(lon, lat).map_err(E::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn incident() -> Incident {
        let mut properties = Properties::new(EventDate::parse("2025-05").unwrap());
        properties.title = Text::new("en", "A port burned");
        Incident {
            id: IncidentId::from_random([7; 16]),
            places: vec![LonLat::new(179.999_999_9, -16.8).unwrap()],
            properties,
        }
    }

    #[test]
    fn an_incident_is_a_feature_that_leaves_out_what_is_unknown() {
        assert_eq!(
            serde_json::to_string(&incident()).unwrap(),
            r#"{"type":"Feature","id":"07070707-0707-4707-8707-070707070707","geometry":{"type":"Point","coordinates":[179.9999999,-16.8]},"properties":{"title":{"en":"A port burned"},"date_start":"2025-05"}}"#
        );
    }

    #[test]
    fn several_places_are_a_multipoint_and_none_is_null() {
        let mut incident = incident();
        for count in [2, 0] {
            incident.places = vec![LonLat::new(28.8, 45.3).unwrap(); count];
            let text = serde_json::to_string(&incident).unwrap();
            assert_eq!(text.contains("MultiPoint"), count == 2);
            assert_eq!(serde_json::from_str::<Incident>(&text).unwrap(), incident);
        }
    }

    #[test]
    fn a_derived_border_beside_the_properties_is_passed_over_but_an_unknown_property_is_not() {
        let text = serde_json::to_string(&incident()).unwrap();
        let with_border =
            text.replacen("\"geometry\"", "\"border\":{\"territory\":[\"UKR\"]},\"geometry\"", 1);
        assert_eq!(serde_json::from_str::<Incident>(&with_border).unwrap(), incident());
        let newer = text.replacen("\"date_start\"", "\"shape_of_crater\":1,\"date_start\"", 1);
        assert!(serde_json::from_str::<Incident>(&newer).is_err());
    }

    #[test]
    fn the_radius_says_what_it_rests_on() {
        let mut incident = incident();
        let mut radius = |change: fn(&mut Properties)| {
            change(&mut incident.properties);
            let Radius { meters, why } = incident.radius();
            (meters, why.as_str())
        };
        assert_eq!(radius(|_| ()), (Some(5_000.0), "assumed"));
        assert_eq!(radius(|p| p.where_prec = Some(1)), (Some(1_000.0), "where_prec"));
        assert_eq!(radius(|p| p.where_prec = Some(4)), (None, "where_prec"));
        assert_eq!(radius(|p| p.geo_precision = Some(2)), (Some(25_000.0), "geo_precision"));
        assert_eq!(radius(|p| p.location_method = Some(LocationMethod::Imported)).1, "geo_precision");
        assert_eq!(radius(|p| p.location_method = Some(LocationMethod::AdminCentroid)), (None, "method"));
        assert_eq!(radius(|p| p.location_radius_m = Some(40.0)), (Some(40.0), "stated"));
        incident.places.clear();
        assert_eq!(incident.radius(), Radius { meters: None, why: RadiusOrigin::Unknown });
    }

    #[test]
    fn a_month_lasts_to_its_end_and_a_stated_end_ends_it() {
        let mut incident = incident();
        assert_eq!(incident.times().end_s - incident.times().start_s, 31 * 86_400);
        incident.properties.date_end = Some(EventDate::parse("2025-05-02").unwrap());
        assert_eq!(incident.times().end_s - incident.times().start_s, 2 * 86_400);
    }

    #[test]
    fn the_same_content_under_another_id_and_revision_is_the_same() {
        let (mine, mut other) = (incident(), incident());
        other.id = IncidentId::from_random([8; 16]);
        other.properties.revision = Some(4);
        other.properties.recorded_by = Some("somebody".into());
        assert!(mine.same_content(&other));
        other.properties.deaths_best = Some(0);
        assert!(!mine.same_content(&other), "nobody killed is not the same as nothing known");
    }

    #[test]
    fn an_id_is_a_hyphenated_uuid_and_nothing_else() {
        assert!("5f0b6d3c-9e41-4c55-9d2a-0193a8c27b1e".parse::<IncidentId>().is_ok());
        for text in ["5f0b6d3c9e414c559d2a0193a8c27b1e", "00000000-0000-0000-0000-000000000000", "147997", ""]
        {
            assert_eq!(text.parse::<IncidentId>(), Err(NotAnId), "{text}");
        }
    }
}
