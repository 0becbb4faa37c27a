//! Parquet, row by row, as GeoJSON Features: GeoParquet's points, or columns of longitude and latitude.
//!
//! What the file says of its coordinates is believed; anything but longitude and latitude in degrees is refused. A geometry is
//! WKB, also with height, or GeoArrow's pair of numbers. A row is known by its number, from 1, where a text file has a
//! line. Values become what JSON has for them: dates and times as RFC 3339 texts, other bytes as their count.
//!
//! The file may be damaged, or made to harm: a fault within the decoder is a fault of the file, and a column that says to
//! unpack to more than [`MOST_COLUMN_BYTES`] in one row group is refused.
//!
//! Sources: Apache Parquet, read by its own Rust crate; GeoParquet 1.1; ISO 19125-1 for WKB.

use super::Piece;
use super::features::GEOMETRIES;
use super::zip::Shared;
use crate::columns::{OWN_EXPORT, is_own_export};
use crate::date::civil_text;
use crate::fault::Fault;
use parquet::basic::LogicalType;
use parquet::file::metadata::FileMetaData;
use parquet::file::reader::{ChunkReader, FileReader, Length, SerializedFileReader};
use parquet::record::reader::RowIter;
use parquet::record::{Field, Row};
use parquet::schema::types::ColumnDescriptor;
use serde_json::{Map, Value, json};
use std::io::{self, BufReader, Read, Seek};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

/// Bytes to which one column of one row group may unpack.
const MOST_COLUMN_BYTES: i64 = 256 << 20;

/// The rows of a file.
pub(super) struct Rows {
    rows: RowIter<'static>,
    file: Arc<str>,
    geometry: Option<String>,
    /// Columns of times that say of no offset from UTC.
    local: Vec<String>,
    number: usize,
}

impl Rows {
    /// Reads the description at the end of the file.
    pub(super) fn open<R: Read + Seek + Send + 'static>(
        input: Shared<R>,
        file: Arc<str>,
    ) -> Result<Rows, Fault> {
        let fatal = |problem: String| Fault::of_input(&file, 1, problem, "is the file complete?");
        let length = input.length().map_err(|error| fatal(error.to_string()))?;
        let reader = sound(|| SerializedFileReader::new(Chunks { input, length })).map_err(&fatal)?;
        let metadata = reader.metadata();
        for group in metadata.row_groups() {
            for column in group.columns() {
                if !(0..=MOST_COLUMN_BYTES).contains(&column.uncompressed_size()) {
                    let problem =
                        format!("a column unpacks to more than {MOST_COLUMN_BYTES} bytes in one row group");
                    return Err(Fault::of_input(&file, 1, problem, "write it with smaller row groups"));
                }
            }
        }
        let geometry = geometry_column(metadata.file_metadata()).map_err(|problem| {
            let hint = "transform the coordinates to WGS84 longitude and latitude, encoded as WKB";
            Fault::of_input(&file, 1, problem, hint)
        })?;
        let is_local = |column: &ColumnDescriptor| match column.logical_type_ref() {
            Some(LogicalType::Timestamp(time)) => !time.is_adjusted_to_u_t_c,
            _ => false,
        };
        let columns = metadata.file_metadata().schema_descr().columns().iter();
        if is_own_export(columns.clone().map(|column| column.name())) {
            return Err(Fault::of_input(&file, 1, OWN_EXPORT.0, OWN_EXPORT.1));
        }
        let local = columns.filter(|column| is_local(column)).map(|column| column.path().string()).collect();
        let rows =
            sound(|| Ok::<_, parquet::errors::ParquetError>(RowIter::from_file_into(Box::new(reader))));
        Ok(Rows { rows: rows.map_err(fatal)?, file, geometry, local, number: 0 })
    }

    pub(super) fn next(&mut self) -> Result<Option<Piece>, Fault> {
        self.number += 1;
        let next = sound(|| self.rows.next().transpose());
        let row = next
            .map_err(|problem| Fault::of_input(&self.file, self.number, problem, "is the file complete?"))?;
        let Some(row) = row else { return Ok(None) };
        let text = feature(&row, self.geometry.as_deref(), &self.local).to_string();
        Ok(Some(Piece::new(text, self.number, 1)))
    }
}

/// The file, read from any place.
struct Chunks<R> {
    input: Shared<R>,
    length: u64,
}

/// The file from one place on.
struct From<R> {
    input: Shared<R>,
    at: u64,
}

impl<R> Length for Chunks<R> {
    fn len(&self) -> u64 {
        self.length
    }
}

impl<R: Read + Seek> Read for From<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read_at(self.at, out)?;
        self.at += count as u64;
        Ok(count)
    }
}

impl<R: Read + Seek + Send> ChunkReader for Chunks<R> {
    type T = BufReader<From<R>>;

    fn get_read(&self, start: u64) -> parquet::errors::Result<Self::T> {
        Ok(BufReader::new(From { input: self.input.clone(), at: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<bytes::Bytes> {
        Ok(self.input.bytes_at(start, length)?.into())
    }
}

/// Runs a part of the decoder; what it trips over is an error like another.
fn sound<T, E: std::fmt::Display>(run: impl FnOnce() -> Result<T, E>) -> Result<T, String> {
    std::panic::catch_unwind(AssertUnwindSafe(run))
        .map_err(|_| "the file is damaged: its pages do not fit together".to_owned())?
        .map_err(|error| {
            let text = format!("the file cannot be read: {error}");
            text.chars().filter(|c| !c.is_control()).take(200).collect()
        })
}

/// The column that GeoParquet names for geometries; `None` when the file is no GeoParquet.
fn geometry_column(metadata: &FileMetaData) -> Result<Option<String>, String> {
    let geo = metadata.key_value_metadata().into_iter().flatten().find(|pair| pair.key == "geo");
    let Some(geo) = geo.and_then(|pair| pair.value.as_deref()) else { return Ok(None) };
    let geo: Value =
        serde_json::from_str(geo).map_err(|_| "its description of geometries is no JSON".to_owned())?;
    let primary = geo["primary_column"].as_str().unwrap_or("geometry");
    let column = &geo["columns"][primary];
    match column["encoding"].as_str() {
        Some("WKB" | "point") => {}
        other => return Err(format!("its geometries are encoded as {}", other.unwrap_or("nothing known"))),
    }
    let id = &column["crs"]["id"];
    let is_degrees = column["crs"].is_null()
        || matches!(
            (
                id["authority"].as_str(),
                id["code"]
                    .as_str()
                    .map(str::to_owned)
                    .or(id["code"].as_u64().map(|code| code.to_string()))
                    .as_deref()
            ),
            (Some("OGC"), Some("CRS84")) | (Some("EPSG"), Some("4326" | "4979"))
        );
    if !is_degrees {
        return Err("the coordinates are in another reference system".into());
    }
    Ok(Some(primary.to_owned()))
}

fn feature(row: &Row, geometry: Option<&str>, local: &[String]) -> Value {
    let mut properties = Map::new();
    let mut shape = Value::Null;
    for (name, field) in row.get_column_iter() {
        if geometry == Some(name.as_str()) {
            shape = geometry_of(field);
        } else if !(geometry.is_some() && name == "bbox" && matches!(field, Field::Group(_))) {
            let said = match value(field, 0) {
                Value::String(time) if local.contains(name) => json!(time.trim_end_matches('Z')),
                said => said,
            };
            properties.insert(name.clone(), said);
        }
    }
    if geometry.is_none() {
        shape = point_of(&mut properties);
    }
    json!({"type": "Feature", "geometry": shape, "properties": properties})
}

/// The place in columns of longitude and latitude, which leave the properties.
fn point_of(properties: &mut Map<String, Value>) -> Value {
    for (lon, lat) in [("lon", "lat"), ("longitude", "latitude"), ("lng", "lat"), ("x", "y")] {
        if let (Some(Value::Number(_)), Some(Value::Number(_))) = (properties.get(lon), properties.get(lat)) {
            let place = [properties.remove(lon), properties.remove(lat)];
            return json!({"type": "Point", "coordinates": place});
        }
    }
    Value::Null
}

fn geometry_of(field: &Field) -> Value {
    match field {
        Field::Null => Value::Null,
        Field::Bytes(bytes) => {
            wkb(bytes.data()).unwrap_or_else(|| json!({"type": "damaged WKB", "coordinates": []}))
        }
        Field::Group(row) => {
            let numbers: Vec<Value> = row.get_column_iter().map(|(_, field)| value(field, 0)).collect();
            json!({"type": "Point", "coordinates": numbers})
        }
        _ => json!({"type": "unknown geometry", "coordinates": []}),
    }
}

/// A point or several, with or without height; other shapes by their name alone. `None` when it is damaged.
fn wkb(bytes: &[u8]) -> Option<Value> {
    let mut rest = bytes;
    let (kind, numbers, little) = wkb_head(&mut rest)?;
    let position = |rest: &mut &[u8]| -> Option<Vec<f64>> {
        let all: Vec<f64> = (0..numbers).map(|_| f64_of(rest, little)).collect::<Option<_>>()?;
        Some(all.into_iter().take(3).collect())
    };
    match kind {
        1 => {
            let place = position(&mut rest)?;
            // An empty point is written as not-a-number.
            Some(if place.iter().take(2).all(|n| n.is_nan()) {
                Value::Null
            } else {
                json!({"type": "Point", "coordinates": place})
            })
        }
        4 => {
            let count = u32_of(&mut rest, little)?;
            let mut places = Vec::new();
            for _ in 0..count {
                let (kind, numbers, little) = wkb_head(&mut rest)?;
                let place: Vec<f64> =
                    (0..numbers).map(|_| f64_of(&mut rest, little)).collect::<Option<_>>()?;
                (kind == 1).then_some(())?;
                places.push(place);
            }
            Some(json!({"type": "MultiPoint", "coordinates": places}))
        }
        kind => {
            let known = GEOMETRIES.get((kind as usize).wrapping_sub(1));
            Some(json!({"type": known.unwrap_or(&"GeometryCollection"), "coordinates": []}))
        }
    }
}

/// The kind of a shape, how many numbers its positions have, and whether they are little-endian.
fn wkb_head(rest: &mut &[u8]) -> Option<(u32, usize, bool)> {
    let (order, after) = rest.split_first()?;
    *rest = after;
    let little = *order == 1;
    let code = u32_of(rest, little)?;
    let (flags, base) = (code & 0xe000_0000, code & 0x1fff_ffff);
    if flags & 0x2000_0000 != 0 {
        u32_of(rest, little)?; // EWKB: the reference system.
    }
    let extra = (flags & 0x8000_0000 != 0 || matches!(base / 1000, 1 | 3)) as usize
        + (flags & 0x4000_0000 != 0 || matches!(base / 1000, 2 | 3)) as usize;
    Some((base % 1000, 2 + extra, little))
}

fn u32_of(rest: &mut &[u8], little: bool) -> Option<u32> {
    let (bytes, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(if little { u32::from_le_bytes(*bytes) } else { u32::from_be_bytes(*bytes) })
}

fn f64_of(rest: &mut &[u8], little: bool) -> Option<f64> {
    let (bytes, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(if little { f64::from_le_bytes(*bytes) } else { f64::from_be_bytes(*bytes) })
}

/// Groups within groups that are looked into.
const DEEPEST: usize = 16;

fn value(field: &Field, depth: usize) -> Value {
    if depth > DEEPEST {
        return "nested too deep".into();
    }
    let time = |seconds: i64, fraction: i64, digits: usize| {
        let Some(text) = civil_text(seconds) else { return json!(seconds) };
        if fraction == 0 { json!(format!("{text}Z")) } else { json!(format!("{text}.{fraction:0digits$}Z")) }
    };
    match field {
        Field::Null => Value::Null,
        Field::Bool(truth) => json!(truth),
        Field::Byte(n) => json!(n),
        Field::Short(n) => json!(n),
        Field::Int(n) => json!(n),
        Field::Long(n) => json!(n),
        Field::UByte(n) => json!(n),
        Field::UShort(n) => json!(n),
        Field::UInt(n) => json!(n),
        Field::ULong(n) => json!(n),
        Field::Float16(n) => json!(n.to_f64()),
        // The shortest text that is this number, not the nearest double's.
        Field::Float(n) => n.to_string().parse().map_or(Value::Null, |n: f64| json!(n)),
        Field::Double(n) => json!(n),
        Field::Str(text) => json!(text),
        Field::Bytes(bytes) => match std::str::from_utf8(bytes.data()) {
            Ok(text) => json!(text),
            Err(_) => json!(format!("{} bytes", bytes.data().len())),
        },
        Field::Date(days) => {
            let day = civil_text(i64::from(*days) * 86_400).map(|text| text[..10].to_owned());
            day.map_or_else(|| json!(days), Value::String)
        }
        Field::TimestampMillis(ms) => time(ms.div_euclid(1_000), ms.rem_euclid(1_000), 3),
        Field::TimestampMicros(us) => time(us.div_euclid(1_000_000), us.rem_euclid(1_000_000), 6),
        Field::Group(row) => Value::Object(
            row.get_column_iter().map(|(name, field)| (name.clone(), value(field, depth + 1))).collect(),
        ),
        Field::ListInternal(list) => list.elements().iter().map(|field| value(field, depth + 1)).collect(),
        other => json!(other.to_string()),
    }
}
