//! A Parquet file in chunks of rows: columns `lon` and `lat`, or the points of GeoParquet.
//!
//! Only the columns that are asked for are read, page by page, so that memory is bounded by a page of each. A GeoParquet file
//! says what its coordinates are; anything but longitude and latitude in degrees is refused, since a number that looks like
//! one would be answered wrong. Known encodings of a point: WKB, also with height or measure, and GeoArrow's pair of columns.
//! A row is known by its number, from 1, where a text file has a line.
//!
//! The file may be damaged, or made to harm; a fault within the decoder ends the run with its name and is never taken for
//! the end of the file.
//!
//! Sources: Apache Parquet, read by its own Rust crate; GeoParquet 1.1; ISO 19125-1 for WKB.

use std::borrow::Cow;
use std::fs::File;
use std::panic::AssertUnwindSafe;

use anyhow::{Context, anyhow, bail};
use kordon_incidents::GEOMETRIES;
use parquet::basic::{Compression, ConvertedType, Type};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType};
use parquet::file::metadata::FileMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};
use rayon::prelude::*;
use serde_json::Value;

use super::row::{Id, Row, cells_row, point_row};

/// Rows in a chunk.
const CHUNK_ROWS: usize = 128 << 10;

/// A file that is being read.
pub struct Parquet {
    name: String,
    reader: SerializedFileReader<File>,
    columns: Columns,
    /// The row group that is being read, its columns, and how many of its rows are left.
    group: usize,
    open: Option<(Group, usize)>,
    /// Rows handed out.
    row: usize,
}

/// Which leaf column is what.
#[derive(Clone, Copy)]
struct Columns {
    place: PlaceColumns,
    id: Option<usize>,
    to: Option<usize>,
}

#[derive(Clone, Copy)]
enum PlaceColumns {
    LonLat([usize; 2]),
    Wkb(usize),
}

/// The columns of one row group.
struct Group {
    place: Place,
    id: Option<Leaf>,
    to: Option<Leaf>,
}

enum Place {
    LonLat(Box<[Leaf; 2]>),
    Wkb(Box<Leaf>),
}

struct Leaf {
    reader: ColumnReader,
    /// The level of a value that is there; 0 where none can be missing.
    full: i16,
}

/// Some rows of some columns.
pub struct Rows {
    /// The number of the first, from 1.
    first: usize,
    places: Places,
    ids: Option<Cells>,
    to: Option<Cells>,
}

enum Places {
    LonLat([Vec<Option<f64>>; 2]),
    Wkb(Vec<Option<ByteArray>>),
}

enum Cells {
    Bytes(Vec<Option<ByteArray>>),
    /// As JSON.
    Numbers(Vec<Option<String>>),
}

impl Parquet {
    /// Opens a file and looks for its columns.
    pub fn open(name: &str, file: File) -> anyhow::Result<Self> {
        let reader = sound(|| SerializedFileReader::new(file)).with_context(|| name.to_owned())?;
        let columns = columns_of(reader.metadata().file_metadata()).with_context(|| name.to_owned())?;
        Ok(Self { name: name.to_owned(), reader, columns, group: 0, open: None, row: 0 })
    }

    /// How many rows it says that it has.
    pub fn count(&self) -> u64 {
        self.reader.metadata().file_metadata().num_rows().max(0) as u64
    }

    /// The next rows; `None` at the end.
    pub fn next(&mut self) -> anyhow::Result<Option<Rows>> {
        let (group, row) = (self.group + 1, self.row + 1);
        sound(|| self.read()).with_context(|| format!("{}: row group {group}, at row {row}", self.name))
    }

    fn read(&mut self) -> anyhow::Result<Option<Rows>> {
        loop {
            let (group, left) = match &mut self.open {
                Some((group, left)) if *left > 0 => (group, left),
                _ => {
                    if self.open.take().is_some() {
                        self.group += 1;
                    }
                    if self.group == self.reader.num_row_groups() {
                        return Ok(None);
                    }
                    let rows = self.reader.metadata().row_group(self.group).num_rows();
                    let rows = usize::try_from(rows).context("says that it has fewer than no rows")?;
                    self.open = Some((Group::open(&self.reader, self.group, self.columns)?, rows));
                    continue;
                }
            };
            let count = CHUNK_ROWS.min(*left);
            let rows = group.read(self.row + 1, count)?;
            *left -= count;
            self.row += count;
            return Ok(Some(rows));
        }
    }
}

/// Runs a part of the decoder; what it trips over is an error like another.
fn sound<T, E: Into<anyhow::Error>>(run: impl FnOnce() -> Result<T, E>) -> anyhow::Result<T> {
    std::panic::catch_unwind(AssertUnwindSafe(run))
        .map_err(|_| anyhow!("the file is damaged: its pages do not fit together"))?
        .map_err(Into::into)
}

impl Group {
    fn open(reader: &SerializedFileReader<File>, group: usize, columns: Columns) -> anyhow::Result<Self> {
        let rows = reader.get_row_group(group)?;
        let leaf = |at: usize| -> anyhow::Result<Leaf> {
            let column = rows.metadata().column(at);
            let codec = column.compression();
            if !matches!(
                codec,
                Compression::UNCOMPRESSED | Compression::SNAPPY | Compression::GZIP(_) | Compression::ZSTD(_)
            ) {
                bail!("is compressed with {codec} (write it with snappy, gzip, zstd or no compression)");
            }
            let full = column.column_descr().max_def_level();
            Ok(Leaf { reader: rows.get_column_reader(at)?, full })
        };
        let place = match columns.place {
            PlaceColumns::LonLat([lon, lat]) => Place::LonLat(Box::new([leaf(lon)?, leaf(lat)?])),
            PlaceColumns::Wkb(geometry) => Place::Wkb(Box::new(leaf(geometry)?)),
        };
        Ok(Self { place, id: columns.id.map(leaf).transpose()?, to: columns.to.map(leaf).transpose()? })
    }

    fn read(&mut self, first: usize, count: usize) -> anyhow::Result<Rows> {
        let places = match &mut self.place {
            Place::LonLat(both) => {
                let [lon, lat] = &mut **both;
                Places::LonLat([lon.degrees(count)?, lat.degrees(count)?])
            }
            Place::Wkb(geometry) => Places::Wkb(geometry.bytes(count)?),
        };
        let cells = |leaf: &mut Option<Leaf>| leaf.as_mut().map(|leaf| leaf.cells(count)).transpose();
        Ok(Rows { first, places, ids: cells(&mut self.id)?, to: cells(&mut self.to)? })
    }
}

impl Leaf {
    fn degrees(&mut self, count: usize) -> anyhow::Result<Vec<Option<f64>>> {
        let full = self.full;
        Ok(match &mut self.reader {
            ColumnReader::DoubleColumnReader(reader) => values(reader, full, count)?,
            ColumnReader::FloatColumnReader(reader) => shortest(values(reader, full, count)?),
            ColumnReader::Int32ColumnReader(reader) => floats(values(reader, full, count)?),
            _ => bail!("is not a column of numbers"),
        })
    }

    fn bytes(&mut self, count: usize) -> anyhow::Result<Vec<Option<ByteArray>>> {
        match &mut self.reader {
            ColumnReader::ByteArrayColumnReader(reader) => values(reader, self.full, count),
            _ => bail!("is not a column of bytes"),
        }
    }

    fn cells(&mut self, count: usize) -> anyhow::Result<Cells> {
        let full = self.full;
        Ok(Cells::Numbers(match &mut self.reader {
            ColumnReader::ByteArrayColumnReader(reader) => {
                return Ok(Cells::Bytes(values(reader, full, count)?));
            }
            ColumnReader::Int32ColumnReader(reader) => texts(values(reader, full, count)?),
            ColumnReader::Int64ColumnReader(reader) => texts(values(reader, full, count)?),
            _ => bail!("is a column neither of texts nor of whole numbers"),
        }))
    }
}

/// The next values of a column, with those that are missing.
fn values<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    full: i16,
    count: usize,
) -> anyhow::Result<Vec<Option<T::T>>> {
    let (mut levels, mut values) = (Vec::new(), Vec::new());
    let mut rows = 0;
    while rows < count {
        let (read, ..) = reader.read_records(count - rows, Some(&mut levels), None, &mut values)?;
        if read == 0 {
            bail!("a column ends before its row group does");
        }
        rows += read;
    }
    if full == 0 {
        return Ok(values.into_iter().map(Some).collect());
    }
    let mut values = values.into_iter();
    Ok(levels.into_iter().map(|level| if level == full { values.next() } else { None }).collect())
}

/// A coordinate kept in four bytes stands for the decimal fraction that it was written as: 28.8372, not 28.837200164794922.
fn shortest(values: Vec<Option<f32>>) -> Vec<Option<f64>> {
    let shortest = |value: f32| value.to_string().parse().unwrap_or(f64::NAN);
    values.into_iter().map(|value| value.map(shortest)).collect()
}

fn floats(values: Vec<Option<i32>>) -> Vec<Option<f64>> {
    values.into_iter().map(|value| value.map(f64::from)).collect()
}

fn texts<T: ToString>(values: Vec<Option<T>>) -> Vec<Option<String>> {
    values.into_iter().map(|value| value.map(|value| value.to_string())).collect()
}

impl Rows {
    pub fn count(&self) -> usize {
        match &self.places {
            Places::LonLat([lon, _]) => lon.len(),
            Places::Wkb(geometry) => geometry.len(),
        }
    }

    /// The rows, in order.
    pub fn rows(&self) -> Vec<Row<'_>> {
        (0..self.count()).into_par_iter().map(|at| self.row(at)).collect()
    }

    fn row(&self, at: usize) -> Row<'_> {
        let id = match &self.ids {
            None => Id::Number,
            Some(Cells::Bytes(texts)) => {
                texts[at].as_ref().map_or(Id::Json("null".into()), |text| Id::Text(text_of(text)))
            }
            Some(Cells::Numbers(numbers)) => Id::Json(numbers[at].as_deref().unwrap_or("null").into()),
        };
        let to = match &self.to {
            Some(Cells::Bytes(texts)) => texts[at].as_ref().map(text_of),
            _ => None,
        };
        let line = self.first + at;
        match &self.places {
            Places::LonLat([lon, lat]) => cells_row(id, line, [lon[at], lat[at]], to),
            Places::Wkb(geometry) => {
                point_row(id, line, geometry[at].as_ref().map(|wkb| point(wkb.data())), to)
            }
        }
    }
}

fn text_of(bytes: &ByteArray) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes.data())
}

// ---- What the columns are ----

fn columns_of(file: &FileMetaData) -> anyhow::Result<Columns> {
    let schema = file.schema_descr();
    let path = |at: usize| schema.column(at).path().parts().join(".");
    let leaf = |names: &[&str]| {
        (0..schema.num_columns()).find(|at| names.contains(&path(*at).to_lowercase().as_str()))
    };
    let one = |at: usize, types: &[Type], what: &str| {
        let column = schema.column(at);
        let is_plain = matches!(
            column.converted_type(),
            ConvertedType::NONE | ConvertedType::UTF8 | ConvertedType::INT_32 | ConvertedType::INT_64
        );
        if column.max_rep_level() > 0 || !is_plain || !types.contains(&column.physical_type()) {
            let (path, kept) = (path(at), column.physical_type());
            bail!(
                "the column {path} is not one of {what} but kept as {kept} {} (write it as {})",
                column.converted_type(),
                types[0]
            );
        }
        Ok(at)
    };
    const NUMBERS: [Type; 3] = [Type::DOUBLE, Type::FLOAT, Type::INT32];
    let degrees = |at: usize| one(at, &NUMBERS, "numbers of degrees");
    let geo = geo_of(file)?;
    let place = match (leaf(&["lon", "longitude"]), leaf(&["lat", "latitude"]), geo) {
        (Some(lon), Some(lat), _) => PlaceColumns::LonLat([degrees(lon)?, degrees(lat)?]),
        (_, _, Some(Geometry { column, encoding })) => match encoding.as_str() {
            "WKB" => {
                let at = leaf(&[&column.to_lowercase()])
                    .with_context(|| format!("there is no column {column}"))?;
                PlaceColumns::Wkb(one(at, &[Type::BYTE_ARRAY], "WKB")?)
            }
            "point" => {
                let part = |axis: &str| {
                    let name = format!("{column}.{axis}").to_lowercase();
                    degrees(leaf(&[&name]).with_context(|| format!("there is no column {name}"))?)
                };
                PlaceColumns::LonLat([part("x")?, part("y")?])
            }
            other => bail!("{column} holds a {other}, not points (a row needs a point)"),
        },
        _ => bail!(
            "needs columns lon and lat (or longitude and latitude), or to be GeoParquet; found {}",
            (0..schema.num_columns()).map(path).collect::<Vec<_>>().join(", ")
        ),
    };
    let id = leaf(&["id"])
        .map(|at| one(at, &[Type::BYTE_ARRAY, Type::INT32, Type::INT64], "texts or whole numbers"));
    let to = leaf(&["to"]).map(|at| one(at, &[Type::BYTE_ARRAY], "texts"));
    Ok(Columns { place, id: id.transpose()?, to: to.transpose()? })
}

struct Geometry {
    column: String,
    encoding: String,
}

/// What a GeoParquet file says of its geometry; `None` for a plain Parquet file.
fn geo_of(file: &FileMetaData) -> anyhow::Result<Option<Geometry>> {
    let entries = file.key_value_metadata().map_or(&[][..], Vec::as_slice);
    let Some(said) = entries.iter().find(|entry| entry.key == "geo").and_then(|entry| entry.value.as_ref())
    else {
        return Ok(None);
    };
    let said: Value = serde_json::from_str(said).context("its \"geo\" metadata is not JSON")?;
    let column = said["primary_column"].as_str().context("its \"geo\" metadata names no primary_column")?;
    let about = &said["columns"][column];
    if let Some(crs) = about.get("crs") {
        refuse_other_crs(crs)?;
    }
    let encoding = about["encoding"].as_str().context("its \"geo\" metadata names no encoding")?;
    Ok(Some(Geometry { column: column.to_owned(), encoding: encoding.to_owned() }))
}

/// GeoParquet writes longitude before latitude whatever the reference system says of its axes; without one, degrees are meant.
fn refuse_other_crs(crs: &Value) -> anyhow::Result<()> {
    if crs.is_null() {
        bail!(
            "does not know its coordinate reference system (set it before writing; in GeoPandas: \
             frame.set_crs(4326, inplace=True))"
        );
    }
    let id = &crs["id"];
    let code = id["code"].as_str().map_or_else(|| id["code"].to_string(), str::to_owned);
    let known = format!("{}:{code}", id["authority"].as_str().unwrap_or_default());
    if ["OGC:CRS84", "OGC:CRS84h", "EPSG:4326", "EPSG:4979"].contains(&known.as_str()) {
        return Ok(());
    }
    let name = crs["name"].as_str().unwrap_or("another system");
    bail!(
        "its coordinates are in {name} ({known}), not longitude and latitude on WGS84 (reproject it; in GeoPandas: \
         frame.to_crs(4326))"
    );
}

/// The position of a WKB point, or what it is instead.
fn point(wkb: &[u8]) -> Result<[f64; 2], Cow<'static, str>> {
    let broken = || Err("is not WKB".into());
    let little = match wkb.first() {
        Some(0) => false,
        Some(1) => true,
        _ => return broken(),
    };
    let Some(kind) = wkb.get(1..5).and_then(|bytes| bytes.try_into().ok()) else { return broken() };
    let kind = if little { u32::from_le_bytes(kind) } else { u32::from_be_bytes(kind) };
    // PostGIS puts a number of the reference system before the coordinates, and flags into the type.
    let start = if kind & 0x2000_0000 == 0 { 5 } else { 9 };
    let kind = (kind & 0x0fff_ffff) % 1_000;
    if kind != 1 {
        let index = (kind as usize).wrapping_sub(1);
        return GEOMETRIES
            .get(index)
            .map_or_else(broken, |kind| Err(format!("is a {kind}, not a Point").into()));
    }
    let ordinate = |at: usize| {
        let bytes = wkb.get(at..at + 8)?.try_into().ok()?;
        Some(if little { f64::from_le_bytes(bytes) } else { f64::from_be_bytes(bytes) })
    };
    let (Some(x), Some(y)) = (ordinate(start), ordinate(start + 8)) else { return broken() };
    if x.is_nan() && y.is_nan() {
        return Err("is an empty Point".into());
    }
    Ok([x, y])
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::io::Write;
    use std::sync::Arc;

    use parquet::data_type::{ByteArrayType, DoubleType, FloatType, Int64Type};
    use parquet::file::metadata::KeyValue;
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;

    /// A column: its values, and whether each row has one.
    enum Column<'a> {
        Doubles(&'a [f64], &'a [i16]),
        Floats(&'a [f32], &'a [i16]),
        Integers(&'a [i64], &'a [i16]),
        Bytes(Vec<&'a [u8]>, &'a [i16]),
    }

    fn written(schema: &str, geo: Option<&str>, groups: usize, columns: &[Column]) -> Vec<u8> {
        let entries = geo.map(|geo| vec![KeyValue::new("geo".to_owned(), geo.to_owned())]);
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_key_value_metadata(entries)
            .build();
        let schema = Arc::new(parse_message_type(schema).unwrap());
        let mut file = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties)).unwrap();
        for _ in 0..groups {
            let mut group = file.next_row_group().unwrap();
            for column in columns {
                let mut writer = group.next_column().unwrap().unwrap();
                match column {
                    Column::Doubles(values, levels) => {
                        writer.typed::<DoubleType>().write_batch(values, Some(levels), None).unwrap();
                    }
                    Column::Floats(values, levels) => {
                        writer.typed::<FloatType>().write_batch(values, Some(levels), None).unwrap();
                    }
                    Column::Integers(values, levels) => {
                        writer.typed::<Int64Type>().write_batch(values, Some(levels), None).unwrap();
                    }
                    Column::Bytes(values, levels) => {
                        let values: Vec<ByteArray> =
                            values.iter().map(|bytes| bytes.to_vec().into()).collect();
                        writer.typed::<ByteArrayType>().write_batch(&values, Some(levels), None).unwrap();
                    }
                }
                writer.close().unwrap();
            }
            group.close().unwrap();
        }
        file.into_inner().unwrap()
    }

    fn opened(bytes: &[u8]) -> anyhow::Result<Parquet> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        Parquet::open("t.parquet", file)
    }

    /// Each row as words.
    fn told(bytes: &[u8]) -> anyhow::Result<Vec<String>> {
        let mut parquet = opened(bytes)?;
        let mut all = Vec::new();
        while let Some(rows) = parquet.next()? {
            all.extend(rows.rows().into_iter().map(|row| {
                let id = match row.id {
                    Id::Text(text) => format!("{text:?}"),
                    Id::Json(json) => json.into_owned(),
                    Id::Number => "-".to_owned(),
                };
                match row.asked {
                    Ok(asked) => format!(
                        "{} {id} {} {} {}",
                        row.line,
                        asked.place.lon(),
                        asked.place.lat(),
                        asked.to.as_deref().unwrap_or("-")
                    ),
                    Err(wrong) => format!("{} {id} {} {}", wrong.line, wrong.field, wrong.problem),
                }
            }));
        }
        Ok(all)
    }

    const TABLE: &str = "message m { optional int64 id; optional float Longitude; optional double LAT; optional binary to (UTF8); }";

    fn table(groups: usize) -> Vec<u8> {
        let columns = [
            Column::Integers(&[7, 8], &[1, 0, 1]),
            Column::Floats(&[28.8372, 200.0], &[1, 0, 1]),
            Column::Doubles(&[45.3512, 1.0, 1.0], &[1, 1, 1]),
            Column::Bytes(vec![b" ROU ", b""], &[1, 1, 0]),
        ];
        written(TABLE, None, groups, &columns)
    }

    #[test]
    fn a_table_is_read_over_all_its_row_groups_with_what_is_missing() {
        assert_eq!(
            told(&table(2)).unwrap(),
            [
                "1 7 28.8372 45.3512 ROU",
                "2 null lon is missing",
                "3 8 lon 200 is not between -180 and 180",
                "4 7 28.8372 45.3512 ROU",
                "5 null lon is missing",
                "6 8 lon 200 is not between -180 and 180",
            ]
        );
        assert_eq!(opened(&table(2)).unwrap().count(), 6);
        assert!(told(&table(0)).unwrap().is_empty());
    }

    /// Well-known binary of Izmail: little and big end first, with a height, with a reference system as PostGIS writes it.
    fn izmail() -> [Vec<u8>; 4] {
        let little = [28.8372_f64.to_le_bytes(), 45.3512_f64.to_le_bytes()].concat();
        let big = [28.8372_f64.to_be_bytes(), 45.3512_f64.to_be_bytes()].concat();
        [
            [&[1, 1, 0, 0, 0][..], &little].concat(),
            [&[0, 0, 0, 0, 1][..], &big].concat(),
            [&[1, 0xe9, 3, 0, 0][..], &little, &5.0_f64.to_le_bytes()].concat(),
            [&[1, 1, 0, 0, 0x20, 0xe6, 0x10, 0, 0][..], &little].concat(),
        ]
    }

    fn points(geo: &str, wkb: &[&[u8]]) -> Vec<u8> {
        let schema = "message m { optional binary geometry; optional binary id (UTF8); }";
        let levels = vec![1; wkb.len()];
        let ids = vec!["Ізмаїл".as_bytes(); wkb.len()];
        written(schema, Some(geo), 1, &[Column::Bytes(wkb.to_vec(), &levels), Column::Bytes(ids, &levels)])
    }

    const GEO: &str = r#"{"version":"1.1.0","primary_column":"geometry","columns":{"geometry":{"encoding":"WKB","geometry_types":[]}}}"#;

    #[test]
    fn the_points_of_geoparquet_are_read_and_other_geometries_are_named() {
        let line: &[u8] = &[1, 2, 0, 0, 0, 0, 0, 0, 0];
        let empty = [&[1, 1, 0, 0, 0][..], &f64::NAN.to_le_bytes(), &f64::NAN.to_le_bytes()].concat();
        let izmail = izmail();
        let all: Vec<&[u8]> = izmail
            .iter()
            .map(Vec::as_slice)
            .chain([line, &empty, &[], &[1, 1, 0, 0, 0, 9], &[2], &[1, 99, 0, 0, 0]])
            .collect();
        let id = "\"Ізмаїл\"";
        let mut expected: Vec<String> = (1..=4).map(|row| format!("{row} {id} 28.8372 45.3512 -")).collect();
        expected.push(format!("5 {id} geometry is a LineString, not a Point"));
        expected.push(format!("6 {id} geometry is an empty Point"));
        expected.extend((7..=10).map(|row| format!("{row} {id} geometry is not WKB")));
        assert_eq!(told(&points(GEO, &all)).unwrap(), expected);
    }

    #[test]
    fn coordinates_that_are_not_degrees_are_refused_with_a_remedy() {
        let crs = |crs: &str| GEO.replace("\"encoding\"", &format!("\"crs\":{crs},\"encoding\""));
        let refused = |geo: &str| format!("{:#}", told(&points(geo, &[&izmail()[0]])).unwrap_err());
        for known in
            [r#"{"id":{"authority":"EPSG","code":4326}}"#, r#"{"id":{"authority":"OGC","code":"CRS84"}}"#]
        {
            assert_eq!(told(&points(&crs(known), &[&izmail()[0]])).unwrap().len(), 1, "{known}");
        }
        let mercator =
            refused(&crs(r#"{"name":"WGS 84 / Pseudo-Mercator","id":{"authority":"EPSG","code":3857}}"#));
        assert!(
            mercator.contains("Pseudo-Mercator (EPSG:3857)") && mercator.contains("to_crs(4326)"),
            "{mercator}"
        );
        assert!(refused(&crs("null")).contains("set_crs"), "{}", refused(&crs("null")));
        assert!(refused("{").contains("not JSON"));
        assert!(refused("{}").contains("primary_column"));
    }

    #[test]
    fn a_file_without_places_says_what_it_has() {
        let bytes = written("message m { optional double x; }", None, 1, &[Column::Doubles(&[1.0], &[1])]);
        let error = format!("{:#}", told(&bytes).unwrap_err());
        assert!(error.contains("needs columns lon and lat") && error.ends_with("found x"), "{error}");
        let texts = "message m { optional binary lon (UTF8); optional double lat; }";
        let columns = [Column::Bytes(vec![b"28"], &[1]), Column::Doubles(&[1.0], &[1])];
        let error = format!("{:#}", told(&written(texts, None, 1, &columns)).unwrap_err());
        assert!(error.contains("the column lon is not one of numbers of degrees but kept as BYTE_ARRAY UTF8 (write it as DOUBLE)"), "{error}");
    }

    #[test]
    fn a_damaged_file_is_an_error_or_the_same_number_of_rows() {
        let whole = table(3);
        for at in 0..whole.len() {
            for flip in [1, 0x80, 0xff] {
                let mut bytes = whole.clone();
                bytes[at] ^= flip;
                let rows = told(&bytes).map(|rows| rows.len());
                assert!(rows.is_err() || rows.as_ref().is_ok_and(|rows| *rows == 9), "{at} {flip}: {rows:?}");
            }
            assert!(told(&whole[..at]).is_err());
        }
    }
}
