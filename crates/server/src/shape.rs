//! Features as a client wants them told: in another reference system (`crs`, Part 2), or with some properties only
//! (`properties`, by its name in the draft of Part 6).
//!
//! The store's own text is passed on as it is unless something else is asked for; then it is read and written anew, some
//! ten microseconds a feature. The derived member `border` stays.

use crate::crs::Crs;
use crate::error::{Problem, echo};
use crate::params::Params;
use serde_json::Value;
use std::sync::LazyLock;

/// The properties of an incident, as its schema has them.
static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let schema = kordon_incidents::schema();
    let properties = schema["properties"]["properties"]["properties"].as_object();
    properties.into_iter().flat_map(|all| all.keys().cloned()).collect()
});

/// How features are told.
#[derive(Clone, Debug)]
pub struct Shape {
    /// In which reference system.
    pub crs: Crs,
    /// With which properties; all when not asked.
    properties: Option<Vec<String>>,
}

impl Shape {
    /// What `crs` and `properties` ask for.
    ///
    /// # Errors
    ///
    /// A 400 problem that lists what there is.
    pub fn asked(params: &Params) -> Result<Self, Problem> {
        let crs = Crs::asked(params, "crs")?;
        let properties =
            params.get("properties").map(|text| text.split(',').map(known).collect()).transpose()?;
        Ok(Self { crs, properties })
    }

    /// Refuses what only GeoJSON can be told in.
    ///
    /// # Errors
    ///
    /// A 400 problem.
    pub fn of_another_form(&self) -> Result<(), Problem> {
        let name = match (self.crs, &self.properties) {
            (Crs::Crs84, None) => return Ok(()),
            (Crs::Crs84, Some(_)) => "properties",
            _ => "crs",
        };
        Err(Problem::bad_parameter(
            name,
            "is for f=json; this form has longitude and latitude and all of its columns.",
        ))
    }

    /// Features with commas between them.
    ///
    /// # Errors
    ///
    /// 500 for text that is no features.
    pub fn tell(&self, features: String) -> Result<String, Problem> {
        if (self.crs, &self.properties) == (Crs::Crs84, &None) {
            return Ok(features);
        }
        let mut all: Vec<Value> =
            serde_json::from_str(&format!("[{features}]")).map_err(|error| Problem::internal(&error))?;
        for feature in &mut all {
            self.crs.tell(&mut feature["geometry"]);
            if let (Some(wanted), Some(properties)) =
                (&self.properties, feature["properties"].as_object_mut())
            {
                properties.retain(|name, _| wanted.contains(name));
            }
        }
        let told: Vec<String> = all.iter().map(Value::to_string).collect();
        Ok(told.join(","))
    }
}

fn known(name: &str) -> Result<String, Problem> {
    let name = name.trim();
    let found = NAMES.iter().find(|known| *known == name).cloned();
    found.ok_or_else(|| {
        let detail = format!(
            "{} is no property of an incident; /collections/incidents/schema lists them.",
            echo(name)
        );
        Problem::bad_parameter("properties", detail).with("allowed", NAMES.clone())
    })
}
