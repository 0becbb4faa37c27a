//! GeoParquet 1.1: columns in row groups, geometries as WKB, the box of each in columns of its own, so that a reader passes
//! over what is elsewhere.
//!
//! The columns are those of the table but for the place. Rows come together to groups of [`GROUP_ROWS`], which is what is
//! held in memory; a group is written when it is full, so a file can be read while it is written. Boxes tell a reader most
//! when the rows were given in the order of [`crate::hilbert_of`]. What the file is and how to cite it stands in its
//! key-value metadata, under `geo` as the standard has it and under `kordon:` the rest.
//!
//! Sources: geoparquet.org, 1.1.0; Apache Parquet, written by its own Rust crate.

use super::Form;
use super::about::About;
use super::hilbert::{bbox, both};
use super::table::{Cell, Column, Kind, Layout, Shown};
use bytes::Bytes;
use kordon_borders::LonLat;
use parquet::basic::{Compression, ConvertedType, LogicalType, Repetition, Type as Physical, ZstdLevel};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{ColumnPath, Type};
use serde_json::json;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// Rows of a group.
const GROUP_ROWS: usize = 10_000;

/// A writer of GeoParquet.
pub struct GeoParquet {
    about: About,
    columns: Vec<(&'static Column, Cells)>,
    geometry: Texts,
    boxes: Vec<Option<[f64; 4]>>,
    file: Option<SerializedFileWriter<Shared>>,
    sink: Shared,
    /// The box of all, and whether there were single and several places.
    all: Option<[f64; 4]>,
    seen: [bool; 2],
}

/// The cells of a column that wait for their group to be full.
enum Cells {
    Text(Texts),
    Whole(Vec<Option<i64>>),
    Real(Vec<Option<f64>>),
    Flag(Vec<Option<bool>>),
}

/// Bytes of a column one behind the other, and where each cell ends; `None` of an empty one.
#[derive(Default)]
struct Texts {
    all: Vec<u8>,
    ends: Vec<Option<usize>>,
}

impl Texts {
    fn push(&mut self, bytes: Option<&[u8]>) {
        self.ends.push(bytes.map(|bytes| {
            self.all.extend_from_slice(bytes);
            self.all.len()
        }));
    }

    /// The cells, which share one piece of memory.
    fn take(&mut self) -> Vec<Option<ByteArray>> {
        let (all, mut start) = (Bytes::from(std::mem::take(&mut self.all)), 0);
        let mut cell = |end| ByteArray::from(all.slice(std::mem::replace(&mut start, end)..end));
        std::mem::take(&mut self.ends).into_iter().map(|end| end.map(&mut cell)).collect()
    }
}

/// What was written and not yet handed out.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Shared {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl GeoParquet {
    /// A writer of a file that says this of itself.
    pub fn new(about: &About) -> Self {
        let columns = Layout::Kordon.columns().filter(|column| !column.is_place());
        Self {
            about: about.clone(),
            columns: columns.map(|column| (column, Cells::of(column.kind))).collect(),
            geometry: Texts::default(),
            boxes: Vec::new(),
            file: None,
            sink: Shared::default(),
            all: None,
            seen: [false; 2],
        }
    }

    fn flush(&mut self) -> Result<(), ParquetError> {
        let Some(file) = self.file.as_mut().filter(|_| !self.boxes.is_empty()) else { return Ok(()) };
        let mut group = file.next_row_group()?;
        for (_, cells) in &mut self.columns {
            cells.flush(&mut group)?;
        }
        for side in 0..4 {
            let sides = self.boxes.iter().map(|of| of.map(|of| of[side])).collect();
            put::<DoubleType>(&mut group, sides)?;
        }
        put::<ByteArrayType>(&mut group, self.geometry.take())?;
        self.boxes.clear();
        group.close()?;
        Ok(())
    }

    /// What the standard wants to know; the default reference system is longitude and latitude on WGS84.
    fn geo(&self) -> String {
        let kinds = ["Point", "MultiPoint"].into_iter().zip(self.seen).filter(|(_, seen)| *seen);
        let side = |name: &str| json!(["bbox", name]);
        let mut column = json!({
            "encoding": "WKB",
            "geometry_types": kinds.map(|(kind, _)| kind).collect::<Vec<_>>(),
            "covering": { "bbox": {
                "xmin": side("xmin"), "ymin": side("ymin"), "xmax": side("xmax"), "ymax": side("ymax"),
            }},
        });
        if let Some(all) = self.all {
            column["bbox"] = json!(all);
        }
        json!({ "version": "1.1.0", "primary_column": "geometry", "columns": { "geometry": column } })
            .to_string()
    }
}

impl Form for GeoParquet {
    fn begin(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        let columns = self.columns.iter().map(|(column, _)| *column);
        let schema = schema(columns).map_err(io::Error::other)?;
        let properties = properties().map_err(io::Error::other)?;
        let file = SerializedFileWriter::new(self.sink.clone(), Arc::new(schema), Arc::new(properties));
        self.file = Some(file.map_err(io::Error::other)?);
        out.append(&mut self.sink.take());
        Ok(())
    }

    fn add(&mut self, shown: Shown<'_>, out: &mut Vec<u8>) -> io::Result<()> {
        for (column, cells) in &mut self.columns {
            cells.push(column.cell(shown));
        }
        let places = &shown.described.incident.places;
        let around = bbox(places);
        if let Some(around) = around {
            self.all = Some(self.all.map_or(around, |all| both(all, around)));
            self.seen[usize::from(places.len() > 1)] = true;
        }
        self.geometry.push(around.map(|_| wkb(places)).as_deref());
        self.boxes.push(around);
        if self.boxes.len() == GROUP_ROWS {
            self.flush().map_err(io::Error::other)?;
            out.append(&mut self.sink.take());
        }
        Ok(())
    }

    fn end(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        self.flush().map_err(io::Error::other)?;
        let geo = self.geo();
        if let Some(mut file) = self.file.take() {
            file.append_key_value_metadata(KeyValue::new("geo".to_owned(), geo));
            for (name, text) in self.about.to_texts() {
                file.append_key_value_metadata(KeyValue::new(format!("kordon:{name}"), text));
            }
            file.close().map_err(io::Error::other)?;
        }
        out.append(&mut self.sink.take());
        Ok(())
    }
}

impl Cells {
    fn of(kind: Kind) -> Self {
        match kind {
            Kind::Text => Cells::Text(Texts::default()),
            Kind::Whole => Cells::Whole(Vec::new()),
            Kind::Real => Cells::Real(Vec::new()),
            Kind::Flag => Cells::Flag(Vec::new()),
        }
    }

    /// A cell is of its column's kind, or empty.
    fn push(&mut self, cell: Cell<'_>) {
        match (self, cell) {
            (Cells::Text(all), Cell::Text(text)) => all.push(Some(text.as_bytes())),
            (Cells::Whole(all), Cell::Whole(number)) => all.push(Some(number)),
            (Cells::Real(all), Cell::Real(number)) => all.push(Some(number)),
            (Cells::Flag(all), Cell::Flag(flag)) => all.push(Some(flag)),
            (Cells::Text(all), _) => all.push(None),
            (Cells::Whole(all), _) => all.push(None),
            (Cells::Real(all), _) => all.push(None),
            (Cells::Flag(all), _) => all.push(None),
        }
    }

    fn flush(&mut self, group: &mut SerializedRowGroupWriter<'_, Shared>) -> Result<(), ParquetError> {
        match self {
            Cells::Text(all) => put::<ByteArrayType>(group, all.take()),
            Cells::Whole(all) => put::<Int64Type>(group, std::mem::take(all)),
            Cells::Real(all) => put::<DoubleType>(group, std::mem::take(all)),
            Cells::Flag(all) => put::<BoolType>(group, std::mem::take(all)),
        }
    }
}

/// Writes the next column of a group. All are optional, at one level.
fn put<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Shared>,
    cells: Vec<Option<T::T>>,
) -> Result<(), ParquetError> {
    let Some(mut column) = group.next_column()? else {
        return Err(ParquetError::General("more columns than the schema has".to_owned()));
    };
    let levels: Vec<i16> = cells.iter().map(|cell| i16::from(cell.is_some())).collect();
    let values: Vec<T::T> = cells.into_iter().flatten().collect();
    column.typed::<T>().write_batch(&values, Some(&levels), None)?;
    column.close()
}

/// How columns are packed. A dictionary of cells that hardly ever come again makes a column longer, and costs most of the time.
fn properties() -> Result<WriterProperties, ParquetError> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_created_by(concat!("kordon ", env!("CARGO_PKG_VERSION")).to_owned());
    let numbers = Layout::Kordon.columns().filter(|column| column.kind == Kind::Real);
    let names = numbers.map(|column| column.name).chain(HARDLY_AGAIN).map(ColumnPath::from);
    let sides = SIDES.map(|side| ColumnPath::new(vec!["bbox".to_owned(), side.to_owned()]));
    let alone = names.chain(sides);
    Ok(alone
        .fold(properties, |properties, path| properties.set_column_dictionary_enabled(path, false))
        .build())
}

/// Texts of which each incident mostly has its own, and its place.
const HARDLY_AGAIN: [&str; 6] = ["id", "title", "description", "source_url", "same_as", "geometry"];
/// The columns of a box.
const SIDES: [&str; 4] = ["xmin", "ymin", "xmax", "ymax"];

fn schema<'c>(columns: impl Iterator<Item = &'c Column>) -> Result<Type, ParquetError> {
    let mut fields = Vec::new();
    for column in columns {
        let physical = match column.kind {
            Kind::Text => Physical::BYTE_ARRAY,
            Kind::Whole => Physical::INT64,
            Kind::Real => Physical::DOUBLE,
            Kind::Flag => Physical::BOOLEAN,
        };
        let mut field =
            Type::primitive_type_builder(column.name, physical).with_repetition(Repetition::OPTIONAL);
        if column.kind == Kind::Text {
            field =
                field.with_logical_type(Some(LogicalType::String)).with_converted_type(ConvertedType::UTF8);
        }
        fields.push(Arc::new(field.build()?));
    }
    let side = |name: &str| {
        let side = Type::primitive_type_builder(name, Physical::DOUBLE);
        side.with_repetition(Repetition::REQUIRED).build().map(Arc::new)
    };
    let sides = SIDES.into_iter().map(side).collect::<Result<_, _>>()?;
    let around = Type::group_type_builder("bbox").with_repetition(Repetition::OPTIONAL).with_fields(sides);
    fields.push(Arc::new(around.build()?));
    let geometry = Type::primitive_type_builder("geometry", Physical::BYTE_ARRAY);
    fields.push(Arc::new(geometry.with_repetition(Repetition::OPTIONAL).build()?));
    Type::group_type_builder("incidents").with_fields(fields).build()
}

/// Well-known binary, little end first: a Point, or a MultiPoint of several.
fn wkb(places: &[LonLat]) -> Vec<u8> {
    let mut out = Vec::with_capacity(9 + places.len() * 21);
    if places.len() != 1 {
        out.extend_from_slice(&[1, 4, 0, 0, 0]);
        out.extend_from_slice(&u32::try_from(places.len()).unwrap_or(u32::MAX).to_le_bytes());
    }
    for place in places {
        out.extend_from_slice(&[1, 1, 0, 0, 0]);
        out.extend_from_slice(&place.lon().to_le_bytes());
        out.extend_from_slice(&place.lat().to_le_bytes());
    }
    out
}
