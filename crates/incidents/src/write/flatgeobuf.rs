//! FlatGeobuf 3: binary features one behind the other, with an index of their places if wanted, which GDAL, QGIS, GeoPandas
//! and map libraries read by range requests.
//!
//! A stream has no index, since that stands before the features and needs all of them: such a file is written while it is
//! read, in bounded memory. For an index the features are written first and [`FlatGeobuf::write_head`] then tells what
//! belongs before them; it costs 40 bytes a feature. Queries by box are then best served when the features were given in
//! the order of [`crate::hilbert_of`].
//!
//! The columns are those of the table but for the place, which is the geometry. A feature without a place has no geometry;
//! in the index it has a box that no other box meets.
//!
//! Source: flatgeobuf.org, doc/specification and src/fbs, version 3.0; crate `flatbuffers` for the tables.

use super::Form;
use super::about::About;
use super::hilbert::{bbox, both};
use super::table::{Cell, Column, Kind, Layout, Shown};
use flatbuffers::{FlatBufferBuilder, TableFinishedWIPOffset, WIPOffset};
use kordon_borders::LonLat;
use std::io::{self, Write};

const MAGIC: [u8; 8] = *b"fgb\x03fgb\0";
/// Children of an index node.
const NODE_SIZE: usize = 16;
/// An index node: west, south, east, north; where its feature, or its first child, is.
type Node = ([f64; 4], u64);
/// Of a feature without a place.
const NOWHERE: [f64; 4] = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];

/// Numbers of geometry types.
const UNKNOWN: u8 = 0;
const POINT: u8 = 1;
const MULTI_POINT: u8 = 4;

/// What all the features are, known before the first is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Layer {
    count: u64,
    geometry_type: u8,
    envelope: Option<[f64; 4]>,
}

impl Layer {
    /// Of features with these places, one list for each.
    pub fn of<'a>(places: impl Iterator<Item = &'a [LonLat]>) -> Self {
        let mut layer = Self { count: 0, geometry_type: POINT, envelope: None };
        for places in places {
            layer.count += 1;
            if places.len() > 1 {
                layer.geometry_type = UNKNOWN; // Some are points, some are several.
            }
            layer.envelope = match (layer.envelope, bbox(places)) {
                (Some(a), Some(b)) => Some(both(a, b)),
                (a, b) => a.or(b),
            };
        }
        layer
    }

    /// The box around all, west, south, east, north; `None` without a place.
    pub fn envelope(&self) -> Option<[f64; 4]> {
        self.envelope
    }
}

/// A writer of FlatGeobuf.
pub struct FlatGeobuf {
    about: About,
    layer: Layer,
    columns: Vec<&'static Column>,
    builder: FlatBufferBuilder<'static>,
    /// The box of each feature and where it begins, when there will be an index.
    leaves: Option<Vec<Node>>,
    length: u64,
}

impl FlatGeobuf {
    /// A stream without an index.
    pub fn stream(about: &About, layer: Layer) -> Self {
        let columns = Layout::Kordon.columns().filter(|column| !column.is_place()).collect();
        let builder = FlatBufferBuilder::new();
        Self { about: about.clone(), layer, columns, builder, leaves: None, length: 0 }
    }

    /// Features for which [`Self::write_head`] makes an index: `begin` and `end` write nothing.
    pub fn indexed(about: &About, layer: Layer) -> Self {
        Self { leaves: Some(Vec::new()), ..Self::stream(about, layer) }
    }

    /// Writes what stands before the features that were added: the header and their index.
    ///
    /// # Errors
    ///
    /// What the writer returns.
    pub fn write_head(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let leaves = self.leaves.take().unwrap_or_default();
        let node_size = if leaves.is_empty() { 0 } else { NODE_SIZE };
        let header = self.header(node_size);
        out.write_all(&header)?;
        for ([west, south, east, north], at) in tree(leaves) {
            for degrees in [west, south, east, north] {
                out.write_all(&degrees.to_le_bytes())?;
            }
            out.write_all(&at.to_le_bytes())?;
        }
        Ok(())
    }

    fn header(&mut self, node_size: usize) -> Vec<u8> {
        let builder = &mut self.builder;
        builder.reset();
        let columns: Vec<_> = self.columns.iter().map(|column| column_of(builder, column)).collect();
        let columns = builder.create_vector(&columns);
        let crs = crs(builder);
        let name = builder.create_string("incidents");
        let title = builder.create_string(self.about.title());
        let told = self.about.citation.clone().unwrap_or_else(|| self.about.licences());
        let description = builder.create_string(&told);
        let metadata = builder.create_string(&self.about.to_text_json());
        let envelope = self.layer.envelope.map(|envelope| builder.create_vector(&envelope));
        let table = builder.start_table();
        builder.push_slot_always(slot(0), name);
        if let Some(envelope) = envelope {
            builder.push_slot_always(slot(1), envelope);
        }
        builder.push_slot(slot(2), self.layer.geometry_type, UNKNOWN);
        builder.push_slot_always(slot(7), columns);
        builder.push_slot(slot(8), self.layer.count, 0);
        builder.push_slot(slot(9), u16::try_from(node_size).unwrap_or_default(), NODE_SIZE as u16);
        builder.push_slot_always(slot(10), crs);
        builder.push_slot_always(slot(11), title);
        builder.push_slot_always(slot(12), description);
        builder.push_slot_always(slot(13), metadata);
        let root = builder.end_table(table);
        builder.finish_size_prefixed(root, None);
        [&MAGIC, builder.finished_data()].concat()
    }
}

impl Form for FlatGeobuf {
    fn begin(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        if self.leaves.is_none() {
            let header = self.header(0);
            out.extend_from_slice(&header);
        }
        Ok(())
    }

    fn add(&mut self, shown: Shown<'_>, out: &mut Vec<u8>) -> io::Result<()> {
        let places = &shown.described.incident.places;
        let properties = properties(&self.columns, shown);
        let builder = &mut self.builder;
        builder.reset();
        let geometry = (!places.is_empty()).then(|| geometry(builder, places));
        let properties = builder.create_vector(&properties);
        let table = builder.start_table();
        if let Some(geometry) = geometry {
            builder.push_slot_always(slot(0), geometry);
        }
        builder.push_slot_always(slot(1), properties);
        let root = builder.end_table(table);
        builder.finish_size_prefixed(root, None);
        let feature = builder.finished_data();
        out.extend_from_slice(feature);
        if let Some(leaves) = &mut self.leaves {
            leaves.push((bbox(places).unwrap_or(NOWHERE), self.length));
        }
        self.length += feature.len() as u64;
        Ok(())
    }

    fn end(&mut self, _: &mut Vec<u8>) -> io::Result<()> {
        Ok(())
    }
}

/// Where the vtable says of a field where it is.
const fn slot(field: u16) -> u16 {
    4 + 2 * field
}

fn column_of(builder: &mut FlatBufferBuilder<'static>, column: &Column) -> WIPOffset<TableFinishedWIPOffset> {
    let kind: u8 = match column.kind {
        Kind::Flag => 2,
        Kind::Whole => 7,
        Kind::Real => 10,
        Kind::Text => 11,
    };
    let name = builder.create_string(column.name);
    let table = builder.start_table();
    builder.push_slot_always(slot(0), name);
    builder.push_slot(slot(1), kind, 0);
    builder.end_table(table)
}

fn crs(builder: &mut FlatBufferBuilder<'static>) -> WIPOffset<TableFinishedWIPOffset> {
    let (org, name) = (builder.create_string("EPSG"), builder.create_string("WGS 84"));
    let table = builder.start_table();
    builder.push_slot_always(slot(0), org);
    builder.push_slot(slot(1), 4326_i32, 0);
    builder.push_slot_always(slot(2), name);
    builder.end_table(table)
}

fn geometry(
    builder: &mut FlatBufferBuilder<'static>,
    places: &[LonLat],
) -> WIPOffset<TableFinishedWIPOffset> {
    let degrees: Vec<f64> = places.iter().flat_map(|place| [place.lon(), place.lat()]).collect();
    let degrees = builder.create_vector(&degrees);
    let table = builder.start_table();
    builder.push_slot_always(slot(1), degrees);
    builder.push_slot(slot(6), if places.len() == 1 { POINT } else { MULTI_POINT }, UNKNOWN);
    builder.end_table(table)
}

/// The cells that are known, each with the number of its column.
fn properties(columns: &[&'static Column], shown: Shown<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    for (column, number) in columns.iter().zip(0_u16..) {
        let cell = column.cell(shown);
        if cell == Cell::Empty {
            continue;
        }
        out.extend_from_slice(&number.to_le_bytes());
        match cell {
            Cell::Empty => {}
            Cell::Text(text) => {
                // A record is far shorter than 4 GiB: it was read within a limit.
                let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
                out.extend_from_slice(&length.to_le_bytes());
                out.extend_from_slice(text.as_bytes());
            }
            Cell::Whole(number) => out.extend_from_slice(&number.to_le_bytes()),
            Cell::Real(number) => out.extend_from_slice(&number.to_le_bytes()),
            Cell::Flag(flag) => out.push(u8::from(flag)),
        }
    }
    out
}

/// The whole index, the root first, of leaves in the order of the features.
fn tree(leaves: Vec<Node>) -> Vec<Node> {
    if leaves.is_empty() {
        return Vec::new();
    }
    let mut levels = vec![leaves];
    // Always at least one node above the leaves.
    while levels.len() == 1 || levels[levels.len() - 1].len() > 1 {
        let above = levels[levels.len() - 1]
            .chunks(NODE_SIZE)
            .map(|children| (children.iter().fold(NOWHERE, |around, (own, _)| both(around, *own)), 0));
        let above = above.collect();
        levels.push(above);
    }
    // A node tells the number of its first child; the levels stand from the root down.
    let counts: Vec<usize> = levels.iter().map(Vec::len).collect();
    for level in 1..levels.len() {
        let below: usize = counts[level..].iter().sum();
        for (at, node) in levels[level].iter_mut().enumerate() {
            node.1 = (below + at * NODE_SIZE) as u64;
        }
    }
    levels.into_iter().rev().flatten().collect()
}
