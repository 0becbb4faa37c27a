//! An incident as a public answer tells it: the record, and beside it what was measured of it.
//!
//! Every form but GeoJSON is made from this, so that all say the same. It is read from the answer's own Feature: what is
//! not told there cannot slip into a table. Cost: the Feature is parsed, some microseconds.

use crate::Incident;
use crate::incident::Feature;
use serde::{Deserialize, Deserializer};

/// An incident and where it stands among the territories.
#[derive(Clone, Debug, PartialEq)]
pub struct Described {
    /// The record.
    pub incident: Incident,
    /// What was measured.
    pub border: Border,
}

/// The member `border` of a Feature, as far as other forms tell it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Border {
    /// The codes of all who claim one of the places, sorted.
    #[serde(default)]
    pub territory: Vec<String>,
    /// The nearest foreign territory.
    #[serde(default)]
    pub nearest_foreign: Option<Distance>,
    /// What the question asked the distance to.
    #[serde(default)]
    pub to: Vec<Distance>,
    /// Why nothing was measured.
    #[serde(default)]
    pub reason: Option<String>,
    /// What it was measured against.
    #[serde(default)]
    pub boundary: Boundary,
}

/// A distance and the interval that holds the true one, in meters.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Distance {
    /// What was asked for.
    pub to: String,
    /// The code of the territory.
    #[serde(default)]
    pub country: Option<String>,
    /// Its English name.
    #[serde(default)]
    pub name: Option<String>,
    /// By the file; 0 inside, `None` when there is nothing to measure from.
    pub distance_m: Option<f64>,
    /// The least that remains possible.
    #[serde(default)]
    pub distance_low_m: Option<f64>,
    /// The greatest that remains possible.
    #[serde(default)]
    pub distance_high_m: Option<f64>,
    /// `inside`, `outside` or `uncertain`, of a territory.
    #[serde(default)]
    pub side: Option<String>,
}

/// Which borders were measured to.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Boundary {
    /// The name of the set.
    #[serde(default)]
    pub set: String,
    /// Its version.
    #[serde(default)]
    pub version: String,
}

/// From a Feature with its member `border`, of those that [`Incident`] wrote.
impl<'de> Deserialize<'de> for Described {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (incident, border) = Feature::deserialize(deserializer)?.parts()?;
        Ok(Self { incident, border })
    }
}

impl Described {
    /// The distance that was asked for, else that to the nearest foreign territory.
    pub fn distance(&self) -> Option<&Distance> {
        self.border.to.first().or(self.border.nearest_foreign.as_ref())
    }
}
