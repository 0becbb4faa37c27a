//! The forms of many answers, and many points from a table.
//!
//! A line has the whole answer. A row of a table, and the properties of a feature, are the same for every point: where it
//! lies, how far the target is if one was asked for, and how far the nearest foreign territory.

use super::written::{Held, Written};
use super::{Point, too_many};
use crate::answer::{GEOJSON, negotiate};
use crate::error::{Problem, echo};
use crate::params::Params;
use axum::http::HeaderMap;
use kordon_borders::{Answer, Measure};
use serde_json::{Map, Value, json};

/// `application/x-ndjson`.
pub const NDJSON: &str = "application/x-ndjson";
const CSV: &str = "text/csv";
/// The words for `f`.
pub const FORMS: &[&str] = &["ndjson", "geojson", "csv"];

/// A form of many answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Batch {
    /// One answer a line.
    Lines,
    /// A FeatureCollection.
    Features,
    /// A table.
    Table,
}

/// The columns of a table, as the command line has them, and what is wrong with a point that cannot be measured.
const COLUMNS: [&str; 15] = [
    "id",
    "lon",
    "lat",
    "territory",
    "to",
    "distance_m",
    "nearest_lon",
    "nearest_lat",
    "azimuth_deg",
    "foreign",
    "foreign_distance_m",
    "foreign_lon",
    "foreign_lat",
    "foreign_azimuth_deg",
    "problem",
];

/// The form that is asked for by `f`, else by `Accept`.
pub fn form(params: &Params, headers: &HeaderMap) -> Result<Batch, Problem> {
    let by_word = params.one_of("f", FORMS)?;
    Ok(match by_word.or_else(|| negotiate(headers, &[NDJSON, GEOJSON, CSV])) {
        Some("geojson" | GEOJSON) => Batch::Features,
        Some("csv" | CSV) => Batch::Table,
        _ => Batch::Lines,
    })
}

impl Batch {
    /// The media type.
    pub fn media(self) -> &'static str {
        match self {
            Self::Lines => NDJSON,
            Self::Features => GEOJSON,
            Self::Table => "text/csv; charset=utf-8; header=present",
        }
    }

    /// What stands before the first answer.
    pub fn head(self) -> String {
        match self {
            Self::Lines => String::new(),
            Self::Features => r#"{"type":"FeatureCollection","features":["#.to_owned(),
            Self::Table => format!("{}\r\n", COLUMNS.join(",")),
        }
    }

    /// What stands between answers.
    pub fn between(self) -> &'static str {
        if self == Self::Features { "," } else { "" }
    }

    /// What stands behind the last one.
    pub fn foot(self) -> Option<&'static str> {
        (self == Self::Features).then_some("]}")
    }
}

/// The answer to one point as a feature or as a row.
pub fn row(form: Batch, point: &Point, answer: &Answer) -> Result<String, Problem> {
    let values = values(point, answer);
    if form == Batch::Table {
        let cells: Vec<String> = values.iter().map(cell).collect();
        return Ok(format!("{}\r\n", cells.join(",")));
    }
    let named = COLUMNS.iter().zip(values).skip(1).map(|(name, value)| ((*name).to_owned(), value));
    let properties: Map<String, Value> = named.collect();
    let mut feature = json!({
        "type": "Feature",
        "geometry": { "type": "Point", "coordinates": [point.place.lon(), point.place.lat()] },
        "properties": properties,
    });
    if let Some(id) = &point.id {
        feature["id"] = id.clone();
    }
    serde_json::to_string(&feature).map_err(|error| Problem::internal(&error))
}

fn values(point: &Point, answer: &Answer) -> [Value; COLUMNS.len()] {
    let problem = answer.check_coarseness().err().map(|error| error.to_string());
    // Of a point for which the set is too coarse nothing is claimed.
    let to = answer.to.first().filter(|_| problem.is_none());
    let foreign = answer.nearest_foreign.as_ref().filter(|_| problem.is_none());
    let of = |measure: Option<&Measure>, value: fn(&Measure) -> Value| measure.map_or(Value::Null, value);
    let nearest = |axis: usize| {
        move |measure: Option<&Measure>| {
            measure.and_then(|measure| measure.nearest_point).map_or(Value::Null, |point| json!(point[axis]))
        }
    };
    [
        point.id.clone().unwrap_or(Value::Null),
        json!(point.place.lon()),
        json!(point.place.lat()),
        json!(answer.territory.join(";")),
        of(to, |to| json!(to.to)),
        of(to, |to| json!(to.distance_m)),
        nearest(0)(to),
        nearest(1)(to),
        of(to, |to| json!(to.azimuth_deg)),
        of(foreign, |foreign| json!(foreign.country)),
        of(foreign, |foreign| json!(foreign.distance_m)),
        nearest(0)(foreign),
        nearest(1)(foreign),
        of(foreign, |foreign| json!(foreign.azimuth_deg)),
        json!(problem),
    ]
}

/// A value as a cell; a text that a spreadsheet would run as a formula gets an apostrophe before it.
fn cell(value: &Value) -> String {
    let text = match value {
        Value::Null => return String::new(),
        Value::String(text) => text,
        other => return other.to_string(),
    };
    let guard =
        if text.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    if text.contains(['"', ',', '\n', '\r']) {
        return format!("\"{guard}{}\"", text.replace('"', "\"\""));
    }
    format!("{guard}{text}")
}

/// The points of a table with a header row, each with its line.
pub fn read_table(bytes: &[u8], most: usize) -> Result<Vec<(usize, Written)>, Problem> {
    let bad = |line: u64, detail: String| {
        Problem::bad_request("bad-table", format!("Line {line}: {detail}.")).with("line", line)
    };
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let mut reader = csv::Reader::from_reader(bytes);
    let header = reader.headers().map_err(|error| bad(1, not_read(&error)))?.clone();
    let column = |names: &[&str]| {
        header.iter().position(|cell| names.iter().any(|name| cell.trim().eq_ignore_ascii_case(name)))
    };
    let lon = column(&["lon", "longitude", "lng"]);
    let lat = column(&["lat", "latitude"]);
    let (Some(lon), Some(lat)) = (lon, lat) else {
        return Err(bad(1, "the header names no columns lon and lat, or longitude and latitude".to_owned()));
    };
    let (id, to, radius) = (column(&["id"]), column(&["to"]), column(&["radius_m", "location_radius_m"]));
    let mut points = Vec::new();
    let mut record = csv::StringRecord::new();
    loop {
        let line = reader.position().line();
        if !reader.read_record(&mut record).map_err(|error| bad(line, not_read(&error)))? {
            break;
        }
        if points.len() == most {
            return Err(too_many(most));
        }
        let line = record.position().map_or(line, csv::Position::line);
        let text = |at: Option<usize>| {
            at.and_then(|at| record.get(at)).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let number = |at: Option<usize>, name: &str| match text(at) {
            None => Ok(None),
            Some(text) => {
                let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
                number
                    .map(Some)
                    .ok_or_else(|| bad(line, format!("{name} is {}, which is no number", echo(&text))))
            }
        };
        let point = Written {
            id: text(id).map(|id| Held::Plain(id.into())),
            lon: number(Some(lon), "lon")?,
            lat: number(Some(lat), "lat")?,
            to: text(to),
            radius_m: number(radius, "radius_m")?,
            ..Written::default()
        };
        points.push((usize::try_from(line).unwrap_or(usize::MAX), point));
    }
    if points.is_empty() {
        return Err(Problem::bad_request("no-points", "The table holds no points."));
    }
    Ok(points)
}

fn not_read(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Utf8 { .. } => "the text is not UTF-8".to_owned(),
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("{len} cells where the header has {expected_len}")
        }
        _ => "the row cannot be read".to_owned(),
    }
}
