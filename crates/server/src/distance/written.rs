//! Points to measure, as they stand in JSON: plain members, or a GeoJSON Feature or Point.
//!
//! A body of millions of points is known to be too long at the first point beyond the most, and nothing behind that is
//! read. What a point cannot have, such as a list for its id, is passed over and not held: it would take many
//! times the memory of its text.

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::fmt;

/// Numbers of a position that are held: one more than it may have.
const MAX_NUMBERS: usize = 4;

/// A point as it is written. Reading into named fields makes a member that comes twice an error.
#[derive(Default, Deserialize)]
pub struct Written {
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub id: Option<Held>,
    #[serde(alias = "longitude", alias = "lng")]
    pub lon: Option<f64>,
    #[serde(alias = "latitude")]
    pub lat: Option<f64>,
    pub to: Option<String>,
    pub radius_m: Option<f64>,
    pub geometry: Option<WrittenGeometry>,
    pub coordinates: Option<Vec<f64>>,
    pub properties: Option<WrittenProperties>,
}

/// Where a Feature lies.
#[derive(Deserialize)]
#[serde(expecting = "a GeoJSON geometry")]
pub struct WrittenGeometry {
    #[serde(rename = "type")]
    pub kind: String,
    pub coordinates: Option<Held>,
}

/// What a Feature says of how it is to be measured.
#[derive(Default, Deserialize)]
#[serde(expecting = "an object of properties")]
pub struct WrittenProperties {
    pub id: Option<Held>,
    pub to: Option<String>,
    #[serde(alias = "location_radius_m")]
    pub radius_m: Option<f64>,
}

/// A point that is an object: a struct by itself would also be read from an array of its members in order, and
/// `[28.8,45.3]` would be told that its longitude is no text.
pub struct WrittenObject(pub Written);

impl<'de> Deserialize<'de> for WrittenObject {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct OnlyMap;
        impl<'de> Visitor<'de> for OnlyMap {
            type Value = WrittenObject;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object with lon and lat")
            }

            fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<WrittenObject, M::Error> {
                Written::deserialize(MapAccessDeserializer::new(map)).map(WrittenObject)
            }
        }
        from.deserialize_map(OnlyMap)
    }
}

/// What is held of a value that is an id or a position, or should be.
pub enum Held {
    /// A text, a number, or another value that is neither a list nor an object.
    Plain(Value),
    /// The numbers of a list, or of a long one the first few; `None` when anything else is among these.
    Numbers(Option<Vec<f64>>),
    /// An object.
    Object,
}

impl Held {
    /// The numbers, if it is a list of numbers.
    pub fn numbers(&self) -> Option<&[f64]> {
        match self {
            Self::Numbers(numbers) => numbers.as_deref(),
            Self::Plain(_) | Self::Object => None,
        }
    }
}

impl<'de> Deserialize<'de> for Held {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Held;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a value")
            }

            fn visit_bool<E: Error>(self, value: bool) -> Result<Held, E> {
                Ok(Held::Plain(value.into()))
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Held, E> {
                Ok(Held::Plain(value.into()))
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Held, E> {
                Ok(Held::Plain(value.into()))
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<Held, E> {
                Ok(Held::Plain(value.into()))
            }

            fn visit_str<E: Error>(self, value: &str) -> Result<Held, E> {
                Ok(Held::Plain(value.into()))
            }

            fn visit_unit<E: Error>(self) -> Result<Held, E> {
                Ok(Held::Plain(Value::Null))
            }

            fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<Held, S::Error> {
                let mut values = Vec::new();
                while values.len() < MAX_NUMBERS {
                    let Some(value) = list.next_element()? else { break };
                    values.push(match value {
                        Held::Plain(value) => value.as_f64(),
                        Held::Numbers(_) | Held::Object => None,
                    });
                }
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Held::Numbers(values.into_iter().collect()))
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Held, M::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Held::Object)
            }
        }
        from.deserialize_any(Any)
    }
}

/// The points of a JSON array; `None` when there are more than the most.
pub fn read_list(text: &str, most: usize) -> serde_json::Result<Option<Vec<WrittenObject>>> {
    whole(text, |json, is_too_long| List { most, is_too_long }.deserialize(json))
}

/// The points of a GeoJSON FeatureCollection; `None` when there are more than the most.
pub fn read_collection(text: &str, most: usize) -> serde_json::Result<Option<Vec<WrittenObject>>> {
    whole(text, |json, is_too_long| json.deserialize_map(Collection(List { most, is_too_long })))
}

type Json<'de> = serde_json::Deserializer<serde_json::de::StrRead<'de>>;

/// Reads a text to its end, unless it is found to be too long before.
fn whole<'de, T>(
    text: &'de str,
    read: impl FnOnce(&mut Json<'de>, &mut bool) -> serde_json::Result<T>,
) -> serde_json::Result<Option<T>> {
    let mut json = serde_json::Deserializer::from_str(text);
    let mut is_too_long = false;
    let read = read(&mut json, &mut is_too_long);
    if is_too_long {
        return Ok(None);
    }
    let read = read?;
    json.end()?;
    Ok(Some(read))
}

/// A list that ends with a mark, and the reading with an error, when it is longer than the most.
struct List<'a> {
    most: usize,
    is_too_long: &'a mut bool,
}

impl<'de> DeserializeSeed<'de> for List<'_> {
    type Value = Vec<WrittenObject>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for List<'_> {
    type Value = Vec<WrittenObject>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a sequence")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<Self::Value, S::Error> {
        let mut points = Vec::new();
        while points.len() < self.most {
            let Some(point) = list.next_element()? else { return Ok(points) };
            points.push(point);
        }
        if list.next_element::<IgnoredAny>()?.is_some() {
            *self.is_too_long = true;
            return Err(Error::custom("too many points"));
        }
        Ok(points)
    }
}

/// An object of whose members only `features` counts.
struct Collection<'a>(List<'a>);

impl<'de> Visitor<'de> for Collection<'_> {
    type Value = Vec<WrittenObject>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a GeoJSON FeatureCollection")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let List { most, is_too_long } = self.0;
        let mut features = None;
        while let Some(name) = map.next_key::<String>()? {
            if name != "features" {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            if features.is_some() {
                return Err(Error::duplicate_field("features"));
            }
            features = Some(map.next_value_seed(List { most, is_too_long })?);
        }
        features.ok_or_else(|| Error::missing_field("features"))
    }
}
