//! FlatGeobuf, feature by feature, as GeoJSON Features.
//!
//! Header and features are verified as flatbuffers before anything of them is believed; the index is passed over. Only
//! longitude and latitude on WGS84 are taken. A feature is known by its number, from 1, where a text file has a line.
//!
//! Source: flatgeobuf.org, version 3; the tables are those of its own Rust crate.

use super::Piece;
use super::bytes::Bytes;
use crate::columns::{OWN_EXPORT, is_own_export};
use crate::fault::Fault;
use flatgeobuf::packed_r_tree::PackedRTree;
use flatgeobuf::{ColumnType, GeometryType, size_prefixed_root_as_feature, size_prefixed_root_as_header};
use serde_json::{Map, Value, json};
use std::io::BufRead;

const MAGIC: &[u8] = b"fgb\x03fgb";
/// Longest header, in bytes.
const HEADER_BYTES: usize = 4 << 20;

/// The features of a file.
pub(super) struct Features {
    columns: Vec<(String, ColumnType)>,
    geometry_type: GeometryType,
    number: usize,
}

impl Features {
    /// Reads the header and passes over the index.
    pub(super) fn open<R: BufRead>(bytes: &mut Bytes<R>) -> Result<Features, Fault> {
        let mut magic = [0; 8];
        bytes.exactly(&mut magic)?;
        if !magic.starts_with(MAGIC) {
            return Err(bytes
                .fatal("the file is not FlatGeobuf of version 3", "write it anew with GDAL 3.1 or later"));
        }
        let Some(header) = bytes.sized(HEADER_BYTES)? else {
            return Err(bytes.fatal("the file ends within its header", "is the file complete?"));
        };
        let header = size_prefixed_root_as_header(&header)
            .map_err(|_| bytes.fatal("the header of the file is damaged", None))?;
        if let Some(crs) = header.crs() {
            // 4979 is 4326 with heights, which GDAL writes where a GeoJSON has some.
            let is_wgs84 =
                matches!((crs.org().unwrap_or("EPSG"), crs.code()), (_, 0 | 4326 | 4979) | ("OGC", 84));
            if !is_wgs84 {
                let hint = "transform the coordinates to WGS84 longitude and latitude (EPSG:4326)";
                return Err(bytes.fatal("the coordinates are in another reference system", hint));
            }
        }
        let columns: Vec<(String, ColumnType)> = header
            .columns()
            .map(|columns| columns.iter().map(|column| (column.name().to_owned(), column.type_())).collect())
            .unwrap_or_default();
        if is_own_export(columns.iter().map(|(name, _)| name.as_str())) {
            return Err(bytes.fatal(OWN_EXPORT.0, OWN_EXPORT.1));
        }
        let (count, node_size) = (header.features_count(), header.index_node_size());
        let geometry_type = header.geometry_type();
        if count > 0 && node_size > 0 {
            let most = u64::MAX / 64;
            let index =
                (node_size >= 2 && count < most).then(|| PackedRTree::index_size(count as usize, node_size));
            let index = index.ok_or_else(|| bytes.fatal("the header of the file is damaged", None))?;
            bytes.pass_over(index as u64)?;
        }
        Ok(Features { columns, geometry_type, number: 0 })
    }

    pub(super) fn next<R: BufRead>(&mut self, bytes: &mut Bytes<R>) -> Result<Option<Piece>, Fault> {
        self.number += 1;
        (bytes.line, bytes.column) = (self.number, 1);
        let Some(feature) = bytes.sized(bytes.limit)? else { return Ok(None) };
        let damaged = |bytes: &Bytes<R>| bytes.fatal(format!("feature {} is damaged", self.number), None);
        let feature = size_prefixed_root_as_feature(&feature).map_err(|_| damaged(bytes))?;
        let mut properties = Map::new();
        let blob = feature.properties().map(|blob| blob.bytes()).unwrap_or_default();
        self.properties(blob, &mut properties).ok_or_else(|| damaged(bytes))?;
        let geometry = feature.geometry().map_or(Value::Null, |geometry| {
            let kind =
                if geometry.type_() == GeometryType::Unknown { self.geometry_type } else { geometry.type_() };
            let xy: Vec<f64> = geometry.xy().map(|xy| xy.iter().collect()).unwrap_or_default();
            let mut places: Vec<Value> = xy.chunks(2).map(|place| json!(place)).collect();
            match kind {
                GeometryType::Point if places.len() == 1 => {
                    json!({"type": "Point", "coordinates": places.remove(0)})
                }
                GeometryType::Point | GeometryType::MultiPoint if !places.is_empty() => {
                    json!({"type": "MultiPoint", "coordinates": places})
                }
                GeometryType::Point | GeometryType::MultiPoint => Value::Null,
                other => json!({"type": other.variant_name().unwrap_or("Unknown"), "coordinates": []}),
            }
        });
        let text = json!({"type": "Feature", "geometry": geometry, "properties": properties}).to_string();
        Ok(Some(Piece::new(text, self.number, 1)))
    }

    /// Reads values, each behind the number of its column; `None` when they do not fit their columns.
    fn properties(&self, mut blob: &[u8], properties: &mut Map<String, Value>) -> Option<()> {
        while !blob.is_empty() {
            let number = u16::from_le_bytes(*blob.first_chunk()?);
            blob = &blob[2..];
            let (name, kind) = self.columns.get(usize::from(number))?;
            let value = match *kind {
                ColumnType::Byte => json!(i8::from_le_bytes(take(&mut blob)?)),
                ColumnType::UByte => json!(u8::from_le_bytes(take(&mut blob)?)),
                ColumnType::Bool => json!(take::<1>(&mut blob)? != [0]),
                ColumnType::Short => json!(i16::from_le_bytes(take(&mut blob)?)),
                ColumnType::UShort => json!(u16::from_le_bytes(take(&mut blob)?)),
                ColumnType::Int => json!(i32::from_le_bytes(take(&mut blob)?)),
                ColumnType::UInt => json!(u32::from_le_bytes(take(&mut blob)?)),
                ColumnType::Long => json!(i64::from_le_bytes(take(&mut blob)?)),
                ColumnType::ULong => json!(u64::from_le_bytes(take(&mut blob)?)),
                ColumnType::Float => json!(f32::from_le_bytes(take(&mut blob)?)),
                ColumnType::Double => json!(f64::from_le_bytes(take(&mut blob)?)),
                ColumnType::String | ColumnType::DateTime => {
                    json!(std::str::from_utf8(sized(&mut blob)?).ok()?)
                }
                ColumnType::Json => {
                    let text = std::str::from_utf8(sized(&mut blob)?).ok()?;
                    serde_json::from_str(text).unwrap_or_else(|_| text.into())
                }
                ColumnType::Binary => {
                    let bytes = sized(&mut blob)?;
                    json!(format!("{} bytes", bytes.len()))
                }
                _ => return None,
            };
            properties.insert(name.clone(), value);
        }
        Some(())
    }
}

fn take<const N: usize>(blob: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = blob.split_first_chunk()?;
    *blob = rest;
    Some(*first)
}

fn sized<'b>(blob: &mut &'b [u8]) -> Option<&'b [u8]> {
    let length = u32::from_le_bytes(take(blob)?) as usize;
    let (first, rest) = blob.split_at_checked(length)?;
    *blob = rest;
    Some(first)
}
