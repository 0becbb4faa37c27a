//! Reference layers: facilities that were there before anything happened, and which of them lie near an incident.
//!
//! A layer is one file, `layers/NAME.geojson` in the store's directory: a FeatureCollection of points that any GIS opens, with what
//! is known of the layer in its member `layer`. What is not a point in the source becomes one, the middle of its corners, with
//! `extent_m`: how far its farthest corner is from there. A layer appears whole or not at all.
//!
//! All layers are read when one is first asked for, and again when one was added or taken away. Cost: some 300 bytes of memory for a
//! facility and its properties; a question is logarithmic.
//!
//! Incidents are measured from the places that a *public* snapshot has of them, never from a place that their mask hides: what has no
//! public form cannot be asked for here.

use std::collections::HashMap;
use std::io::BufRead;
use std::path::Path;
use std::sync::Arc;

use kordon_borders::{BBox, LonLat, distance};
use kordon_incidents::{IncidentId, Infrastructure, ReadOptions, Report, strict_json};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::layer_folder::{LayerError, LayerFolder, Wrong, sound_of};
use crate::query::Query;
use crate::snapshot::{PublicSnapshot, Row};
use crate::tree::PlaceTree;

/// The folder of the layers, beside the ledger.
pub(crate) const LAYERS_DIR: &str = "layers";

/// The most facilities of a layer.
pub const MOST_FACILITIES: usize = 100_000;
/// The longest properties of a facility, in bytes of JSON.
const LONGEST_PROPERTIES: usize = 16 << 10;
/// The most corners of a facility.
const MOST_CORNERS: usize = 100_000;

/// Properties that may name a facility, in this order.
const NAMES: &[&str] = &["name", "name:en", "name_en", "official_name", "title", "NAME", "Name"];
/// Properties that may be its id in the source.
const IDS: &[&str] = &["@id", "full_id", "osm_id", "uuid", "id"];

/// What is known of a layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerInfo {
    /// The name that it is asked for by.
    pub name: String,
    /// What its facilities are.
    pub kind: Infrastructure,
    /// One line for people.
    pub title: String,
    /// The licence of the data.
    pub licence: Option<String>,
    /// The credit that must stand beside what is shown of it.
    pub attribution: Option<String>,
    /// When it was added, RFC 3339.
    pub added_at: String,
    /// How many facilities it has.
    pub facilities: usize,
}

/// A facility.
#[derive(Debug)]
pub struct Facility {
    /// Which of the layers it is in.
    layer: usize,
    /// `LAYER.NUMBER`, by which it is asked for.
    pub id: String,
    /// Its id in the source.
    pub reference: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Where it is, or its middle.
    pub place: LonLat,
    /// Meters from there to its farthest corner; 0 for a point.
    pub extent_m: f64,
    /// What the source says of it, a JSON object.
    properties: Box<str>,
}

/// The layers beside a store.
#[derive(Debug)]
pub struct Layers(LayerFolder<Facilities>);

/// What a file of a layer says besides its features.
#[derive(Deserialize)]
struct Stored {
    layer: LayerInfo,
    features: Vec<StoredFeature>,
}

#[derive(Deserialize)]
struct StoredFeature {
    geometry: StoredPoint,
    #[serde(default)]
    extent_m: f64,
    properties: Map<String, Value>,
}

#[derive(Deserialize)]
struct StoredPoint {
    coordinates: [f64; 2],
}

impl Layers {
    /// The layers beside the store in this directory; it need not exist.
    pub fn of_store(store: &Path) -> Self {
        Self(LayerFolder::of_store(store, LAYERS_DIR))
    }

    /// What is known of each layer, by name; its facilities are not read.
    ///
    /// # Errors
    ///
    /// As [`Layers::facilities`].
    pub fn list(&self) -> Result<Vec<LayerInfo>, LayerError> {
        let info = |name: String| Ok(LayerInfo { name: name.clone(), ..self.0.header(&name)? });
        self.names()?.into_iter().map(info).collect()
    }

    /// The names of the layers, sorted.
    ///
    /// # Errors
    ///
    /// [`LayerError::Io`].
    pub fn names(&self) -> Result<Vec<String>, LayerError> {
        self.0.names()
    }

    /// Adds a layer from GeoJSON: a FeatureCollection, newline-delimited Features or a text sequence.
    ///
    /// # Errors
    ///
    /// [`LayerError::Faults`] with every fault of the file, its line and column; nothing is added then. The other kinds say what to do.
    pub fn add(
        &self,
        input: impl BufRead + Send,
        file: &str,
        mut info: LayerInfo,
        replace: bool,
    ) -> Result<LayerInfo, LayerError> {
        self.0.check_free(&info.name, replace)?;
        let features = features_of(input, file)?;
        info.facilities = features.len();
        self.0.put(&info.name, &info, &features)?;
        Ok(info)
    }

    /// Takes a layer away.
    ///
    /// # Errors
    ///
    /// [`LayerError::Unknown`] names the layers there are.
    pub fn remove(&self, name: &str) -> Result<(), LayerError> {
        self.0.remove(name)
    }

    /// All facilities, read when they are first asked for and whenever a layer has changed.
    ///
    /// # Errors
    ///
    /// [`LayerError::Damaged`] names the file.
    pub fn facilities(&self) -> Result<Arc<Facilities>, LayerError> {
        self.0.kept(|names| {
            let mut read = Facilities::default();
            for name in names {
                self.read(name, &mut read)?;
            }
            let places: Vec<LonLat> = read.all.iter().map(|facility| facility.place).collect();
            let rows: Vec<u32> = (0..).take(places.len()).collect();
            read.tree = PlaceTree::build(&rows, &places);
            Ok(read)
        })
    }

    fn read(&self, name: &str, into: &mut Facilities) -> Result<(), LayerError> {
        let stored: Stored = self.0.read(name)?;
        let layer = into.layers.len();
        for (number, one) in stored.features.into_iter().enumerate() {
            let [lon, lat] = one.geometry.coordinates;
            let place = LonLat::new(lon, lat).map_err(|error| self.0.damaged(name, error.to_string()))?;
            into.all.push(Facility {
                layer,
                id: format!("{name}.{number}"),
                reference: first_of(&one.properties, IDS),
                name: first_of(&one.properties, NAMES),
                place,
                extent_m: one.extent_m,
                properties: Value::Object(one.properties).to_string().into(),
            });
        }
        into.layers.push(LayerInfo { name: name.to_owned(), ..stored.layer });
        into.first.push(into.all.len());
        Ok(())
    }
}

fn first_of(properties: &Map<String, Value>, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| match properties.get(*name)? {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// The features of a file as points, or all its faults.
fn features_of(input: impl BufRead + Send, file: &str) -> Result<Vec<Value>, LayerError> {
    let options = ReadOptions { file: file.to_owned(), ..ReadOptions::default() };
    sound_of(input, &options, feature_of, |_, before| match before {
        MOST_FACILITIES => {
            Err((format!("more than {MOST_FACILITIES} facilities"), "cut it into several layers"))
        }
        _ => Ok(()),
    })
}

/// One feature as a point with its properties.
fn feature_of(report: &Report) -> Result<Value, Wrong> {
    const FEATURE: &str = "a layer is GeoJSON: a FeatureCollection, or one Feature a line";
    let value = strict_json(report.text().as_bytes()).map_err(|fault| (fault.problem.into(), FEATURE))?;
    if value["type"] != "Feature" {
        return Err(("is no GeoJSON Feature".to_owned(), FEATURE));
    }
    let mut properties = match &value["properties"] {
        Value::Object(properties) => properties.clone(),
        Value::Null => Map::new(),
        _ => return Err(("properties is no object".to_owned(), "")),
    };
    if let (Some(id), true) = (value.get("id"), first_of(&properties, IDS).is_none()) {
        properties.insert("id".to_owned(), id.clone());
    }
    if Value::Object(properties.clone()).to_string().len() > LONGEST_PROPERTIES {
        return Err((format!("its properties are longer than {LONGEST_PROPERTIES} bytes"), "leave some out"));
    }
    let mut corners = Vec::new();
    corners_of(&value["geometry"]["coordinates"], 0, &mut corners)?;
    let (place, extent_m) = middle_of(&corners).ok_or_else(|| {
        ("has no geometry".to_owned(), "a facility is a Point, a line or a Polygon in longitude and latitude")
    })?;
    Ok(json!({
        "type": "Feature",
        "geometry": { "type": "Point", "coordinates": [place.lon(), place.lat()] },
        "extent_m": extent_m,
        "properties": properties,
    }))
}

/// Every position of a geometry, whatever its type.
fn corners_of(coordinates: &Value, depth: usize, into: &mut Vec<LonLat>) -> Result<(), Wrong> {
    let Value::Array(parts) = coordinates else { return Ok(()) };
    if let (Some(Value::Number(lon)), Some(Value::Number(lat))) = (parts.first(), parts.get(1)) {
        let (lon, lat) = (lon.as_f64().unwrap_or(f64::NAN), lat.as_f64().unwrap_or(f64::NAN));
        let place = LonLat::new(lon, lat)
            .map_err(|bad| (bad.to_string(), "coordinates are degrees, longitude first (RFC 7946)"))?;
        if into.len() == MOST_CORNERS {
            return Err((format!("has more than {MOST_CORNERS} corners"), "simplify it"));
        }
        into.push(place);
        return Ok(());
    }
    if depth == 4 {
        return Err(("its coordinates nest too deep".to_owned(), ""));
    }
    parts.iter().try_for_each(|part| corners_of(part, depth + 1, into))
}

/// The middle of the box around some corners, and how far the farthest is from there. A facility that crosses the antimeridian is
/// measured on one side of it, where its longitudes are turned to.
fn middle_of(corners: &[LonLat]) -> Option<(LonLat, f64)> {
    let first = corners.first()?;
    let turned = |lon: f64| {
        let step = lon - first.lon();
        if step > 180.0 {
            lon - 360.0
        } else if step < -180.0 {
            lon + 360.0
        } else {
            lon
        }
    };
    let span = |of: &dyn Fn(&LonLat) -> f64| {
        let all = corners.iter().map(of);
        all.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), one| (low.min(one), high.max(one)))
    };
    let (west, east) = span(&|corner| turned(corner.lon()));
    let (south, north) = span(&|corner| corner.lat());
    let place = LonLat::wrapped((west + east) / 2.0, (south + north) / 2.0);
    let extent_m = corners.iter().map(|corner| distance(place, *corner).get()).fold(0.0, f64::max);
    Some((place, (extent_m * 10.0).round() / 10.0))
}

/// The facilities of all layers.
#[derive(Default)]
pub struct Facilities {
    layers: Vec<LayerInfo>,
    all: Vec<Facility>,
    /// Where each layer ends in `all`.
    first: Vec<usize>,
    tree: PlaceTree,
}

impl std::fmt::Debug for Facilities {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} facilities of {} layers", self.all.len(), self.layers.len())
    }
}

/// Which facilities.
#[derive(Clone, Debug, Default)]
pub struct Which {
    /// In this box.
    pub bbox: Option<BBox>,
    /// Any of these kinds; empty is all.
    pub kinds: Vec<Infrastructure>,
    /// In this layer.
    pub layer: Option<String>,
}

/// A facility, and how far an incident was from it.
#[derive(Clone, Debug, PartialEq)]
pub struct Distant {
    /// The facility's number; see [`Facilities::get`].
    pub facility: usize,
    /// The incident.
    pub incident: IncidentId,
    /// Meters between the middles of both.
    pub distance_m: f64,
    /// The radius that holds the incident's place, as it is public.
    pub radius_m: f64,
}

impl Distant {
    /// Whether the facility lies where the incident may have been.
    pub fn is_inside_radius(&self) -> bool {
        self.distance_m <= self.radius_m
    }

    /// The least and the greatest distance that the radius and the facility's extent leave open.
    pub fn interval(&self, extent_m: f64) -> (f64, f64) {
        let slack = self.radius_m + extent_m;
        ((self.distance_m - slack).max(0.0), self.distance_m + slack)
    }
}

impl Facilities {
    /// What is known of each layer, by name.
    pub fn layers(&self) -> &[LayerInfo] {
        &self.layers
    }

    /// How many facilities there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// A facility by its number.
    pub fn get(&self, number: usize) -> Option<&Facility> {
        self.all.get(number)
    }

    /// The number of a facility by its id.
    pub fn find_id(&self, id: &str) -> Option<usize> {
        let (layer, number) = id.rsplit_once('.')?;
        let layer = self.layers.iter().position(|known| known.name == layer)?;
        let begins = if layer == 0 { 0 } else { self.first[layer - 1] };
        let at = begins.checked_add(number.parse().ok()?)?;
        (at < self.first[layer] && self.all[at].id == id).then_some(at)
    }

    /// The layer that a facility is of.
    pub fn layer_of(&self, facility: &Facility) -> &LayerInfo {
        &self.layers[facility.layer]
    }

    /// The numbers of the facilities that are asked for, ascending.
    pub fn find(&self, which: &Which) -> Vec<usize> {
        let mut rows: Vec<usize> = match &which.bbox {
            Some(bbox) => self.tree.rows_in(&bbox.parts()).into_iter().map(|row| row as usize).collect(),
            None => (0..self.all.len()).collect(),
        };
        rows.retain(|row| self.is_asked(*row, which));
        rows
    }

    fn is_asked(&self, row: usize, which: &Which) -> bool {
        let facility = &self.all[row];
        let layer = self.layer_of(facility);
        (which.kinds.is_empty() || which.kinds.contains(&layer.kind))
            && which.layer.as_ref().is_none_or(|name| *name == layer.name)
            && which.bbox.is_none_or(|bbox| bbox.contains(facility.place))
    }

    /// The facilities at most so far from an incident's public places, the nearest first. None for an incident that is known only to
    /// be somewhere in an area: the mark of an area is no place where it was.
    pub fn near(&self, row: &Row, within_m: f64, which: &Which) -> Vec<Distant> {
        let Some(radius_m) = row.radius_m() else { return Vec::new() };
        let mut nearest: HashMap<usize, f64> = HashMap::new();
        for place in row.places() {
            for (facility, distance_m) in self.tree.nearest(*place) {
                if distance_m > within_m {
                    break;
                }
                let facility = facility as usize;
                if self.is_asked(facility, which) {
                    let known = nearest.entry(facility).or_insert(distance_m);
                    *known = known.min(distance_m);
                }
            }
        }
        let distant = |(facility, distance_m)| Distant { facility, incident: row.id(), distance_m, radius_m };
        let mut found: Vec<Distant> = nearest.into_iter().map(distant).collect();
        found.sort_by(|a, b| a.distance_m.total_cmp(&b.distance_m).then(a.facility.cmp(&b.facility)));
        found
    }

    /// The facilities at most so far from any incident under a filter, each with the nearest of them; by number. Of incidents at one
    /// distance it is the one of the lowest id. Incidents that are known only to be somewhere in an area are near to none.
    pub fn near_any(
        &self,
        snapshot: &PublicSnapshot,
        query: &Query,
        within_m: f64,
        which: &Which,
    ) -> Vec<Distant> {
        let rows = snapshot.find(query).rows;
        let mut places = Vec::new();
        for (number, row) in (0_u32..).zip(&rows).filter(|(_, row)| row.radius_m().is_some()) {
            places.extend(row.places().iter().map(|place| (number, *place)));
        }
        let (numbers, places): (Vec<u32>, Vec<LonLat>) = places.into_iter().unzip();
        let incidents = PlaceTree::build(&numbers, &places);
        let nearest = |facility: usize| {
            let mut nearest: Option<(f64, &Row)> = None;
            for (number, distance_m) in incidents.nearest(self.all[facility].place) {
                if distance_m > within_m || nearest.is_some_and(|(least_m, _)| distance_m > least_m) {
                    break;
                }
                let row = &rows[number as usize];
                if nearest.is_none_or(|(_, known)| row.id() < known.id()) {
                    nearest = Some((distance_m, row));
                }
            }
            let (distance_m, row) = nearest?;
            Some(Distant { facility, incident: row.id(), distance_m, radius_m: row.radius_m()? })
        };
        self.find(which).into_par_iter().filter_map(nearest).collect()
    }

    /// A facility as a GeoJSON Feature.
    pub fn feature(&self, facility: &Facility) -> Value {
        let layer = self.layer_of(facility);
        let source: Value = serde_json::from_str(&facility.properties).unwrap_or_default();
        json!({
            "type": "Feature",
            "id": facility.id,
            "geometry": { "type": "Point", "coordinates": [facility.place.lon(), facility.place.lat()] },
            "properties": {
                "name": facility.name,
                "kind": layer.kind,
                "layer": layer.name,
                "reference": facility.reference,
                "extent_m": facility.extent_m,
                "source": source,
            },
        })
    }

    /// A facility as a GeoJSON Feature, with the incident that it is near to and how far it is, in meters to one digit.
    pub fn feature_near(&self, near: &Distant) -> Option<Value> {
        let facility = self.get(near.facility)?;
        let (low_m, high_m) = near.interval(facility.extent_m);
        let mut feature = self.feature(facility);
        let told = &mut feature["properties"];
        told["incident"] = json!(near.incident);
        for (name, meters) in
            [("distance_m", near.distance_m), ("distance_low_m", low_m), ("distance_high_m", high_m)]
        {
            told[name] = json!((meters * 10.0).round() / 10.0);
        }
        told["inside_radius"] = json!(near.is_inside_radius());
        Some(feature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn info(name: &str, kind: Infrastructure) -> LayerInfo {
        LayerInfo {
            name: name.into(),
            kind,
            title: name.into(),
            licence: Some("ODbL-1.0".into()),
            attribution: None,
            added_at: "2026-11-28T00:00:00Z".into(),
            facilities: 0,
        }
    }

    fn point(name: &str, lon: f64, lat: f64) -> String {
        format!(
            r#"{{"type":"Feature","geometry":{{"type":"Point","coordinates":[{lon},{lat}]}},"properties":{{"name":"{name}","@id":"node/{name}"}}}}"#
        )
    }

    fn collection(features: &[String]) -> String {
        format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","))
    }

    fn layers() -> (tempfile::TempDir, Layers) {
        let dir = tempfile::tempdir().unwrap();
        let layers = Layers::of_store(dir.path());
        (dir, layers)
    }

    #[test]
    fn a_layer_is_added_listed_found_replaced_and_removed() {
        let (dir, layers) = layers();
        assert!(layers.list().unwrap().is_empty());
        let file = collection(&[point("a", 28.84, 45.35), point("b", 28.85, 45.36)]);
        let add = |text: &str, replace| {
            layers.add(text.as_bytes(), "h.geojson", info("clinics", Infrastructure::Health), replace)
        };
        assert_eq!(add(&file, false).unwrap().facilities, 2);
        let listed = layers.list().unwrap();
        assert_eq!((listed.len(), listed[0].facilities, &*listed[0].title), (1, 2, "clinics"));
        assert_eq!(listed, layers.facilities().unwrap().layers(), "the first line says what the whole says");
        assert!(matches!(add(&file, false), Err(LayerError::Taken(_))));
        let facilities = layers.facilities().unwrap();
        assert!(Arc::ptr_eq(&facilities, &layers.facilities().unwrap()), "read once");
        let a = facilities.get(facilities.find_id("clinics.0").unwrap()).unwrap();
        assert_eq!((a.name.as_deref(), a.reference.as_deref()), (Some("a"), Some("node/a")));
        assert_eq!(facilities.find_id("clinics.2"), None);
        assert_eq!(facilities.find_id("clinics.01"), None, "a facility has one id");
        add(&collection(&[point("c", 1.0, 2.0)]), true).unwrap();
        assert_eq!(layers.facilities().unwrap().len(), 1, "read again when it has changed");
        assert_eq!(std::fs::read_dir(dir.path().join("layers")).unwrap().count(), 1);
        assert!(matches!(layers.remove("schools"), Err(LayerError::Unknown { .. })));
        layers.remove("clinics").unwrap();
        assert!(layers.facilities().unwrap().is_empty());
    }

    #[test]
    fn a_file_with_a_fault_is_refused_whole_with_every_line() {
        let (dir, layers) = layers();
        let lines = [
            point("a", 28.84, 45.35),
            point("b", 128.84, 145.35),
            r#"{"type":"Feature","geometry":null,"properties":{}}"#.to_owned(),
            format!(
                r#"{{"type":"Feature","geometry":{{"type":"Point","coordinates":[1,2]}},"properties":{{"x":"{}"}}}}"#,
                "y".repeat(20_000)
            ),
        ];
        let error = layers
            .add(lines.join("\n").as_bytes(), "h.ndjson", info("clinics", Infrastructure::Health), false)
            .unwrap_err();
        let LayerError::Faults { faults, total } = error else { panic!("{error}") };
        let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert_eq!((total, faults.iter().map(|f| f.line).collect::<Vec<_>>()), (3, vec![2, 3, 4]));
        assert!(told[0].contains("latitude 145.35") && told[1].contains("no geometry"), "{told:?}");
        for broken in ["{\"type\":\"FeatureCollection\",\"features\":[{]}", "\u{0}", "[1,2]"] {
            let refused = layers.add(broken.as_bytes(), "x.geojson", info("x", Infrastructure::Port), false);
            assert!(matches!(refused, Err(LayerError::Faults { .. })), "{broken:?}: {refused:?}");
        }
        assert!(!dir.path().join("layers").exists(), "nothing is left behind");
        for name in ["", "../x", "X", "a.b", &"x".repeat(65)] {
            let refused = layers.add("".as_bytes(), "x", info(name, Infrastructure::Port), false);
            assert!(matches!(refused, Err(LayerError::BadName(_))), "{name}");
        }
    }

    #[test]
    fn an_outline_becomes_its_middle_and_how_far_it_reaches_also_across_the_antimeridian() {
        let at = |lon, lat| LonLat::new(lon, lat).unwrap();
        let (middle, extent) =
            middle_of(&[at(28.0, 45.0), at(28.02, 45.0), at(28.02, 45.01), at(28.0, 45.01)]).unwrap();
        assert!((middle.lon() - 28.01).abs() < 1e-9 && (middle.lat() - 45.005).abs() < 1e-9);
        assert!((extent - distance(middle, at(28.0, 45.0)).get()).abs() < 1.0, "{extent}");
        let (fiji, extent) = middle_of(&[at(179.99, -17.0), at(-179.98, -17.0)]).unwrap();
        assert!((fiji.lon() + 179.995).abs() < 1e-9 && extent < 2_000.0, "{fiji:?} {extent}");
        assert_eq!(middle_of(&[]), None);
    }

    #[test]
    fn a_damaged_file_is_named() {
        let (dir, layers) = layers();
        std::fs::create_dir(dir.path().join("layers")).unwrap();
        std::fs::write(dir.path().join("layers/ports.geojson"), "{").unwrap();
        let told = layers.facilities().unwrap_err().to_string();
        assert!(told.contains("ports.geojson") && told.contains("damaged"), "{told}");
        let told = layers.list().unwrap_err().to_string();
        assert!(told.contains("ports.geojson") && told.contains("first line"), "{told}");
    }
}
