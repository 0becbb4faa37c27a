//! Layers of administrative units: polygons with names and P-codes, by which imported records are checked and filled.
//!
//! A layer is one file, `units/NAME.geojson` in the store's directory: a FeatureCollection that any GIS opens, with what is known of the
//! layer in its member `layer`, and in the words of an incident's own fields: `country`, `admin1`, `admin1_pcode`, `admin2`,
//! `admin2_pcode`. A layer appears whole or not at all.
//!
//! In the source, COD-AB's columns are known (`ADM1_EN`, `ADM1_PCODE`, and `adm1_name`, `adm1_pcode` of later editions), geoBoundaries' (`shapeName`,
//! `shapeISO`, `shapeType`, `shapeGroup`), and our own. All layers are read when one is first asked for, and again when one was added or taken away.

use std::io::BufRead;
use std::path::Path;
use std::sync::Arc;

use kordon_borders::LonLat;
use kordon_incidents::{AdminUnit, AdminUnits, Fault, ReadOptions, Report, Rings, UnitName};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::layer_folder::{LayerError, LayerFolder, Wrong, sound_of};

/// The folder of the layers of units, beside the ledger.
pub(crate) const UNITS_DIR: &str = "units";

/// The most corners that all units of a layer have together.
const MOST_CORNERS: usize = 5_000_000;
/// The longest feature, in bytes: a region with a coast in full detail has some.
const FEATURE_BYTES: usize = 64 << 20;
/// The longest name or code, in bytes.
const LONGEST_TEXT: usize = 200;

/// What is known of a layer of units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitsInfo {
    /// The name that it is removed by.
    pub name: String,
    /// One line for people.
    pub title: String,
    /// The licence of the data.
    pub licence: Option<String>,
    /// The credit that must stand beside what is made of it.
    pub attribution: Option<String>,
    /// When it was added, RFC 3339.
    pub added_at: String,
    /// How many polygons or groups of them it has.
    pub units: usize,
}

impl UnitsInfo {
    /// What must stand beside what is made of it: the credit, or else its title with the licence; `None` when neither is known.
    pub fn credit(&self) -> Option<String> {
        let licensed = || self.licence.as_ref().map(|licence| format!("{}, {licence}", self.title));
        self.attribution.clone().or_else(licensed)
    }
}

/// The layers of units beside a store.
#[derive(Debug)]
pub struct Units(LayerFolder<AdminUnits>);

/// A layer's file, but for what is known of it.
#[derive(Deserialize)]
struct Stored {
    features: Vec<Feature>,
}

#[derive(Deserialize)]
struct Feature {
    #[serde(rename = "type")]
    kind: String,
    geometry: Option<Shape>,
    #[serde(default)]
    properties: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
#[serde(tag = "type", content = "coordinates")]
enum Shape {
    Polygon(Rings3),
    MultiPolygon(Vec<Rings3>),
}

/// Rings of positions, which may have heights.
type Rings3 = Vec<Vec<Vec<f64>>>;

impl Units {
    /// The layers beside the store in this directory; it need not exist.
    pub fn of_store(store: &Path) -> Self {
        Self(LayerFolder::of_store(store, UNITS_DIR))
    }

    /// What is known of each layer, by name; its units are not read.
    ///
    /// # Errors
    ///
    /// [`LayerError::Damaged`] names the file.
    pub fn list(&self) -> Result<Vec<UnitsInfo>, LayerError> {
        let info = |name: String| Ok(UnitsInfo { name: name.clone(), ..self.0.header(&name)? });
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
        mut info: UnitsInfo,
        replace: bool,
    ) -> Result<UnitsInfo, LayerError> {
        self.0.check_free(&info.name, replace)?;
        let units = units_of(input, file)?;
        info.units = units.len();
        self.0.put(&info.name, &info, units.iter().map(stored))?;
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

    /// All units, read when they are first asked for and whenever a layer has changed; `None` when there is no layer.
    ///
    /// # Errors
    ///
    /// [`LayerError::Damaged`] names the file.
    pub fn all(&self) -> Result<Option<Arc<AdminUnits>>, LayerError> {
        let units = self.0.kept(|names| {
            let mut all = Vec::new();
            for name in names {
                let credit = self.0.header::<UnitsInfo>(name)?.credit().map(Arc::from);
                let Stored { features } = self.0.read(name)?;
                for feature in features {
                    let (mut unit, rings) =
                        unit_of(feature).map_err(|(problem, _)| self.0.damaged(name, problem))?;
                    unit.credit.clone_from(&credit);
                    all.push((unit, rings));
                }
            }
            Ok(AdminUnits::new(all))
        })?;
        // A layer has a unit at least.
        Ok((!units.is_empty()).then_some(units))
    }
}

/// A unit as it stands in a layer's file.
fn stored((unit, rings): &(AdminUnit, Rings)) -> Value {
    let AdminUnit { country, admin1, admin2, .. } = unit;
    // Which rings are holes is not kept: by the even-odd rule each of them may stand by itself.
    let polygons: Vec<[&Vec<[f64; 2]>; 1]> = rings.iter().map(|ring| [ring]).collect();
    json!({
        "type": "Feature",
        "properties": {
            "country": country,
            "admin1": admin1.name, "admin1_pcode": admin1.pcode,
            "admin2": admin2.name, "admin2_pcode": admin2.pcode,
        },
        "geometry": { "type": "MultiPolygon", "coordinates": polygons },
    })
}

/// The units of a file, or all its faults.
fn units_of(input: impl BufRead + Send, file: &str) -> Result<Vec<(AdminUnit, Rings)>, LayerError> {
    let options =
        ReadOptions { file: file.to_owned(), record_bytes: FEATURE_BYTES, ..ReadOptions::default() };
    let mut corners = 0;
    let room = |(_, rings): &(AdminUnit, Rings), _| {
        corners += rings.iter().map(Vec::len).sum::<usize>();
        match corners {
            ..=MOST_CORNERS => Ok(()),
            _ => Err((format!("the units have more than {MOST_CORNERS} corners"), "simplify them")),
        }
    };
    let units = sound_of(input, &options, |report| feature_of(report).and_then(unit_of), room)?;
    if !units.is_empty() {
        return Ok(units);
    }
    let none = Fault::of_input(&file.into(), 1, "the file has no unit", None);
    Err(LayerError::Faults { faults: vec![none], total: 1 })
}

fn feature_of(report: &Report) -> Result<Feature, Wrong> {
    const HINT: &str = "a layer of units is GeoJSON with Polygons and MultiPolygons";
    serde_json::from_str(report.text())
        .map_err(|error| (format!("is no Feature with an area: {error}"), HINT))
}

/// A feature as a unit and its rings.
fn unit_of(feature: Feature) -> Result<(AdminUnit, Rings), Wrong> {
    if feature.kind != "Feature" {
        return Err(("is no GeoJSON Feature".to_owned(), "wrap the geometry in a Feature"));
    }
    let unit = named(&feature.properties.unwrap_or_default())?;
    let polygons = match feature.geometry {
        Some(Shape::Polygon(rings)) => vec![rings],
        Some(Shape::MultiPolygon(polygons)) => polygons,
        None => return Err(("has no geometry".to_owned(), "a unit is a Polygon or a MultiPolygon")),
    };
    let mut rings = Vec::new();
    for ring in polygons.into_iter().flatten() {
        let ring = ring.iter().map(|position| corner(position)).collect::<Result<Vec<_>, _>>()?;
        if ring.len() < 4 || ring.first() != ring.last() {
            let problem = format!("has a ring of {} positions that is not closed", ring.len());
            return Err((problem, "a ring repeats its first position at its end (RFC 7946 §3.1.6)"));
        }
        rings.push(ring);
    }
    if rings.is_empty() { Err(("has no ring".to_owned(), "")) } else { Ok((unit, rings)) }
}

fn corner(position: &[f64]) -> Result<[f64; 2], Wrong> {
    let [lon, lat, ..] = *position else {
        return Err(("has a position of less than two numbers".to_owned(), "[longitude, latitude]"));
    };
    let place = LonLat::new(lon, lat)
        .map_err(|bad| (bad.to_string(), "coordinates are degrees, longitude first (RFC 7946)"))?;
    Ok([place.lon(), place.lat()])
}

/// What the properties of a feature say of its unit, whatever the case of their names.
fn named(properties: &Map<String, Value>) -> Result<AdminUnit, Wrong> {
    let text = |value: &Value| match value {
        Value::String(text) if !text.trim().is_empty() && text.len() <= LONGEST_TEXT => {
            Some(text.trim().to_owned())
        }
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let of = |wanted: &str| {
        properties
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
            .and_then(|(_, value)| text(value))
    };
    let first = |names: &[String]| names.iter().find_map(|name| of(name));
    let level = |number: u8| {
        let known = ["_en", "_name", "_name_en"]
            .map(|ending| format!("adm{number}{ending}"))
            .into_iter()
            .chain([format!("admin{number}")]);
        let known: Vec<String> = known.collect();
        // COD-AB names a column for each language, the country's own first.
        let in_another = || {
            let prefix = format!("adm{number}_");
            let is_of_language = |name: &str| {
                let name = name.to_ascii_lowercase();
                name.strip_prefix(&prefix)
                    .is_some_and(|rest| rest.len() == 2 && rest.bytes().all(|b| b.is_ascii_lowercase()))
            };
            properties.iter().find(|(name, _)| is_of_language(name)).and_then(|(_, value)| text(value))
        };
        UnitName {
            name: first(&known).or_else(in_another),
            pcode: first(&[format!("adm{number}_pcode"), format!("admin{number}_pcode")]),
        }
    };
    let mut unit = AdminUnit {
        country: first(&["adm0_pcode", "shapeGroup", "iso3", "country"].map(str::to_owned)),
        admin1: level(1),
        admin2: level(2),
        credit: None,
    };
    let shape = UnitName { name: of("shapeName"), pcode: of("shapeISO") };
    match of("shapeType").as_deref() {
        Some("ADM1") if unit.admin1.is_empty() => unit.admin1 = shape,
        Some("ADM2") if unit.admin2.is_empty() => unit.admin2 = shape,
        _ => {}
    }
    if unit.admin1.is_empty() && unit.admin2.is_empty() {
        return Err((
            "no property says which unit it is".to_owned(),
            "ADM1_EN and ADM1_PCODE (COD-AB), shapeName and shapeISO with shapeType ADM1 or ADM2 (geoBoundaries), or admin1 and admin1_pcode",
        ));
    }
    Ok(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(name: &str) -> UnitsInfo {
        UnitsInfo {
            name: name.into(),
            title: name.into(),
            licence: Some("CC-BY-IGO-3.0".into()),
            attribution: None,
            added_at: "2026-01-01T00:00:00Z".into(),
            units: 0,
        }
    }

    fn feature(properties: &str, west: f64) -> String {
        let east = west + 1.0;
        format!(
            r#"{{"type":"Feature","properties":{properties},"geometry":{{"type":"Polygon","coordinates":[[[{west},45],[{east},45],[{east},46],[{west},46],[{west},45]]]}}}}"#
        )
    }

    fn units() -> (tempfile::TempDir, Units) {
        let dir = tempfile::tempdir().unwrap();
        let units = Units::of_store(dir.path());
        (dir, units)
    }

    fn held(units: &Units, lon: f64) -> Vec<AdminUnit> {
        let all = units.all().unwrap().unwrap();
        all.holding(LonLat::new(lon, 45.5).unwrap()).into_iter().cloned().collect()
    }

    #[test]
    fn the_columns_of_known_publishers_are_names_and_codes_of_their_level() {
        let (_dir, units) = units();
        let cases = [
            r#"{"ADM2_EN":"Izmailskyi","ADM2_PCODE":"UA5108","ADM1_EN":"Odeska","ADM1_PCODE":"UA51","ADM0_PCODE":"UA"}"#,
            r#"{"adm1_name":"Tulcea","adm1_pcode":"RO38","adm1_name1":"x"}"#,
            r#"{"ADM1_FR":"Bamako","ADM1_PCODE":"ML09"}"#,
            r#"{"shapeName":"Odesa Oblast","shapeISO":"UA-51","shapeGroup":"UKR","shapeType":"ADM1"}"#,
            r#"{"shapeName":"Izmail Raion","shapeISO":"","shapeGroup":"UKR","shapeType":"ADM2"}"#,
            r#"{"admin1":"Our","admin1_pcode":7}"#,
        ];
        let lines: Vec<String> =
            cases.iter().enumerate().map(|(at, properties)| feature(properties, at as f64 * 2.0)).collect();
        let added = units.add(lines.join("\n").as_bytes(), "a.ndjson", info("cod"), false).unwrap();
        assert_eq!(added.units, cases.len());
        let told = |at: usize| {
            let unit = held(&units, at as f64 * 2.0 + 0.5).pop().unwrap();
            let name = |of: UnitName| (of.name.unwrap_or_default(), of.pcode.unwrap_or_default());
            let ((a, b), (c, d)) = (name(unit.admin1), name(unit.admin2));
            [unit.country.unwrap_or_default(), a, b, c, d].join("|")
        };
        for (at, expected) in [
            "UA|Odeska|UA51|Izmailskyi|UA5108",
            "|Tulcea|RO38||",
            "|Bamako|ML09||",
            "UKR|Odesa Oblast|UA-51||",
            "UKR|||Izmail Raion|",
            "|Our|7||",
        ]
        .into_iter()
        .enumerate()
        {
            assert_eq!(told(at), expected);
        }
        assert_eq!(units.list().unwrap(), [added]);
    }

    #[test]
    fn a_layer_is_read_anew_when_it_has_changed_and_is_gone_when_it_is_removed() {
        let (_dir, units) = units();
        assert!(units.all().unwrap().is_none());
        let one = feature(r#"{"ADM1_EN":"A","ADM1_PCODE":"X1"}"#, 0.0);
        units.add(one.as_bytes(), "a.geojson", info("cod"), false).unwrap();
        assert_eq!(held(&units, 0.5).len(), 1);
        assert!(matches!(units.add(one.as_bytes(), "a", info("cod"), false), Err(LayerError::Taken(_))));
        let two = format!("{one}\n{}", feature(r#"{"ADM1_EN":"B","ADM1_PCODE":"X2"}"#, 3.0));
        units.add(two.as_bytes(), "a.ndjson", info("cod"), true).unwrap();
        assert_eq!(held(&units, 3.5)[0].admin1.pcode.as_deref(), Some("X2"));
        units.remove("cod").unwrap();
        assert!(units.all().unwrap().is_none());
        assert!(matches!(units.remove("cod"), Err(LayerError::Unknown { .. })));
    }

    #[test]
    fn a_hole_in_a_unit_is_none_of_it_also_when_it_was_written_and_read_again() {
        let (_dir, units) = units();
        let with_hole = r#"{"type":"Feature","properties":{"ADM1_EN":"A"},"geometry":{"type":"MultiPolygon","coordinates":[[[[0,45,1],[4,45,1],[4,47,1],[0,47,1],[0,45,1]],[[1,45.2],[1,46],[2,46],[2,45.2],[1,45.2]]]]}}"#;
        units.add(with_hole.as_bytes(), "a.geojson", info("cod"), false).unwrap();
        assert_eq!((held(&units, 0.5).len(), held(&units, 1.5).len(), held(&units, 3.0).len()), (1, 0, 1));
    }

    #[test]
    fn every_fault_of_a_file_is_told_with_its_line_and_nothing_is_kept() {
        let (dir, units) = units();
        let properties = r#"{"ADM1_EN":"A"}"#;
        let lines = [
            feature(properties, 0.0),
            feature("{}", 0.0),
            feature(properties, 0.0).replace("45]", "145]"),
            feature(properties, 0.0).replace(",[0,45]]]", "]]"),
            r#"{"type":"Feature","properties":{"ADM1_EN":"A"},"geometry":{"type":"Point","coordinates":[0,45]}}"#.to_owned(),
            r#"{"type":"Feature","properties":{"ADM1_EN":"A"},"geometry":null}"#.to_owned(),
        ];
        let refused = units.add(lines.join("\n").as_bytes(), "a.ndjson", info("cod"), false).unwrap_err();
        let LayerError::Faults { faults, total } = refused else { panic!("{refused}") };
        assert_eq!((total, faults.iter().map(|f| f.line).collect::<Vec<_>>()), (5, vec![2, 3, 4, 5, 6]));
        let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
        for (told, words) in told.iter().zip(["ADM1_PCODE", "145", "not closed", "area", "no geometry"]) {
            assert!(told.contains(words), "{told}");
        }
        for broken in ["{", "\u{0}", "[1,2]", r#"{"type":"FeatureCollection","features":[]}"#] {
            let refused = units.add(broken.as_bytes(), "x.geojson", info("x"), false);
            assert!(matches!(refused, Err(LayerError::Faults { .. })), "{broken:?}: {refused:?}");
        }
        assert!(!dir.path().join("units").exists());
        std::fs::create_dir(dir.path().join("units")).unwrap();
        std::fs::write(dir.path().join("units/cod.geojson"), "{").unwrap();
        assert!(units.all().unwrap_err().to_string().contains("cod.geojson"));
    }
}
