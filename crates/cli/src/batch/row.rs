//! From the text of a chunk to rows: a place, an id, perhaps a target; or what is wrong.
//!
//! Plain text goes a fast way: a table without quotation marks, a line that is one flat JSON object without escapes.
//! Everything else goes to the parsers of the `csv` and `serde_json` crates. The tests hold the two ways together.

use std::borrow::Cow;

use kordon_borders::LonLat;
use kordon_incidents::GEOMETRIES;
use serde_json::{Map, Value};

/// The id that a row came with.
#[derive(Clone, Debug, PartialEq)]
pub enum Id<'a> {
    /// A text.
    Text(Cow<'a, str>),
    /// Another JSON value, as JSON.
    Json(Cow<'a, str>),
    /// None: the row is known by its number, counted from 0.
    Number,
}

/// One row to be answered, or what is wrong with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Row<'a> {
    pub id: Id<'a>,
    /// Counted from 1.
    pub line: usize,
    pub asked: Result<Asked<'a>, Wrong>,
}

/// What a row asks.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked<'a> {
    pub place: LonLat,
    /// The name of its own target.
    pub to: Option<Cow<'a, str>>,
    /// Where that name stands.
    pub to_column: usize,
}

/// What is wrong with a row, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct Wrong {
    pub line: usize,
    /// In a table the number of the cell, in JSON the character of the line; from 1.
    pub column: usize,
    pub field: &'static str,
    pub problem: Cow<'static, str>,
    /// Empty when there is none.
    pub hint: &'static str,
}

/// Where a value stands.
#[derive(Clone, Copy)]
struct Spot {
    line: usize,
    column: usize,
    field: &'static str,
}

impl Spot {
    fn wrong(self, problem: impl Into<Cow<'static, str>>, hint: &'static str) -> Wrong {
        let Self { line, column, field } = self;
        Wrong { line, column, field, problem: problem.into(), hint }
    }

    fn missing(self) -> Wrong {
        self.wrong("is missing", "a row needs lon and lat in degrees")
    }

    fn degrees(self, text: &str) -> Result<f64, Wrong> {
        let text = text.trim();
        if text.is_empty() {
            return Err(self.missing());
        }
        let hint = if text.contains(',') {
            "write a decimal point"
        } else {
            "write decimal degrees, such as 28.8372"
        };
        text.parse().map_err(|_| self.wrong("is not a number of degrees", hint))
    }

    fn off_the_globe(self, degrees: f64, most: f64, hint: &'static str) -> Wrong {
        let problem = match degrees {
            d if !d.is_finite() => "is not a finite number".to_owned(),
            d if d.abs() < 1e9 => format!("{d} is not between -{most} and {most}"),
            d => format!("{d:e} is not between -{most} and {most}"),
        };
        self.wrong(problem, hint)
    }
}

fn place(lon: f64, lat: f64, lon_at: Spot, lat_at: Spot) -> Result<LonLat, Wrong> {
    LonLat::new(lon, lat).map_err(|_| {
        let swapped = lon.abs() <= 90.0 && lat.abs() <= 180.0;
        let hint = if swapped { "are longitude and latitude swapped?" } else { "" };
        if (-180.0..=180.0).contains(&lon) {
            lat_at.off_the_globe(lat, 90.0, hint)
        } else {
            lon_at.off_the_globe(lon, 180.0, hint)
        }
    })
}

// ------------------------------------------------------------------------------------------------ tables

/// Which cell is what, from the header.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Columns {
    pub delimiter: u8,
    pub lon: usize,
    pub lat: usize,
    pub id: Option<usize>,
    pub to: Option<usize>,
}

impl Columns {
    /// From the names in a header; `None` without a longitude and a latitude.
    pub fn of_header<'h>(delimiter: u8, names: impl Iterator<Item = &'h str>) -> Option<Self> {
        let names: Vec<String> = names.map(|name| name.trim().to_lowercase()).collect();
        let column = |known: &[&str]| names.iter().position(|name| known.contains(&name.as_str()));
        Some(Self {
            delimiter,
            lon: column(&["lon", "longitude"])?,
            lat: column(&["lat", "latitude"])?,
            id: column(&["id"]),
            to: column(&["to"]),
        })
    }

    fn row<'a>(&self, line: usize, cell: impl Fn(usize) -> Option<Cow<'a, str>>) -> Row<'a> {
        let id = self.id.and_then(&cell).map_or(Id::Number, Id::Text);
        let spot = |field, at: usize| Spot { line, column: at + 1, field };
        let (lon_at, lat_at) = (spot("lon", self.lon), spot("lat", self.lat));
        let degrees = |at: Spot| match cell(at.column - 1) {
            Some(text) => at.degrees(&text),
            None => Err(at.missing()),
        };
        let place = degrees(lon_at)
            .and_then(|lon| degrees(lat_at).map(|lat| (lon, lat)))
            .and_then(|(lon, lat)| place(lon, lat, lon_at, lat_at));
        let to_column = self.to.map_or(0, |at| at + 1);
        let to = self.to.and_then(cell).and_then(name_of);
        Row { id, line, asked: place.map(|place| Asked { place, to, to_column }) }
    }

    /// The rows of a piece of a table that begins and ends where a row does.
    pub fn rows<'a>(&self, text: &'a str, line: usize) -> Vec<Row<'a>> {
        if is_plain_table(text) { self.plain_rows(text, line) } else { self.rows_slow(text, line) }
    }

    /// The fast way: no cell is quoted, and every row is a line.
    fn plain_rows<'a>(&self, text: &'a str, line: usize) -> Vec<Row<'a>> {
        let wanted = [Some(self.lon), Some(self.lat), self.id, self.to];
        let last = wanted.into_iter().flatten().max().unwrap_or(0);
        let mut rows = Vec::with_capacity(text.len() / 32);
        let mut ends = Vec::with_capacity(last + 1);
        for (at, text) in text.split('\n').enumerate() {
            let text = text.strip_suffix('\r').unwrap_or(text);
            if text.is_empty() {
                continue;
            }
            ends.clear();
            ends.extend(memchr::memchr_iter(self.delimiter, text.as_bytes()).take(last + 1));
            let cells = ends.len() + usize::from(ends.len() <= last);
            rows.push(self.row(line + at, |cell| {
                if cell >= cells {
                    return None;
                }
                let start = if cell == 0 { 0 } else { ends[cell - 1] + 1 };
                let end = ends.get(cell).copied().unwrap_or(text.len());
                Some(Cow::Borrowed(&text[start..end]))
            }));
        }
        rows
    }

    /// The full parser, for every table.
    fn rows_slow<'a>(&self, text: &'a str, line: usize) -> Vec<Row<'a>> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(self.delimiter)
            .from_reader(text.as_bytes());
        let mut rows = Vec::new();
        let mut record = csv::StringRecord::new();
        let (mut line, mut counted) = (line, 0);
        // Text read from memory, with any number of cells a row: nothing is left that the reader could refuse.
        while reader.read_record(&mut record).unwrap_or(false) {
            // The reader's own place is before the line ends that it passed over.
            let from = record.position().map_or(0, |at| at.byte() as usize);
            let start = from + text[from..].bytes().take_while(|b| matches!(b, b'\r' | b'\n')).count();
            line += memchr::memchr_iter(b'\n', &text.as_bytes()[counted..start]).count();
            counted = start;
            rows.push(self.row(line, |cell| record.get(cell).map(|text| Cow::Owned(text.to_owned()))));
        }
        rows
    }
}

/// Whether rows are lines and cells are what stands between delimiters.
pub fn is_plain_table(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr(b'"', bytes).is_none()
        && memchr::memchr_iter(b'\r', bytes).all(|at| bytes.get(at + 1) == Some(&b'\n'))
}

fn name_of(text: Cow<'_, str>) -> Option<Cow<'_, str>> {
    let trimmed = text.trim();
    match trimmed.len() {
        0 => None,
        same if same == text.len() => Some(text),
        _ => Some(Cow::Owned(trimmed.to_owned())),
    }
}

// ----------------------------------------------------------------------------------------------- columns

/// The row of two cells of numbers.
pub fn cells_row<'a>(
    id: Id<'a>,
    line: usize,
    [lon, lat]: [Option<f64>; 2],
    to: Option<Cow<'a, str>>,
) -> Row<'a> {
    let at = |field| Spot { line, column: 1, field };
    let degrees = |value: Option<f64>, at: Spot| value.ok_or_else(|| at.missing());
    let found = degrees(lon, at("lon")).and_then(|lon| Ok((lon, degrees(lat, at("lat"))?)));
    let place = found.and_then(|(lon, lat)| place(lon, lat, at("lon"), at("lat")));
    let to = to.and_then(name_of);
    Row { id, line, asked: place.map(|place| Asked { place, to, to_column: 1 }) }
}

/// The row of a geometry: a position, or what is there instead.
pub fn point_row<'a>(
    id: Id<'a>,
    line: usize,
    point: Option<Result<[f64; 2], Cow<'static, str>>>,
    to: Option<Cow<'a, str>>,
) -> Row<'a> {
    let hint = "a row needs a Point";
    let problem = match point {
        Some(Ok([lon, lat])) => return cells_row(id, line, [Some(lon), Some(lat)], to),
        Some(Err(problem)) => problem,
        None => "is missing".into(),
    };
    Row { id, line, asked: Err(Spot { line, column: 1, field: "geometry" }.wrong(problem, hint)) }
}

// -------------------------------------------------------------------------------------------------- JSON

/// The rows of a piece of newline-delimited JSON; blank lines are passed over.
pub fn json_lines(text: &str, line: usize) -> Vec<Row<'_>> {
    let mut rows = Vec::with_capacity(text.len() / 64);
    for (at, text) in text.split('\n').enumerate() {
        if !text.trim().is_empty() {
            rows.push(flat_row(text, line + at).unwrap_or_else(|| json_row(text, line + at, 1)));
        }
    }
    rows
}

/// The row of one JSON text that begins there: a Feature with a Point, or an object with `lon` and `lat`.
pub fn json_row(text: &str, line: usize, column: usize) -> Row<'static> {
    match serde_json::from_str::<Map<String, Value>>(text) {
        Ok(object) => object_row(&object, Spot { line, column, field: "" }),
        Err(error) => {
            let before = if error.line() == 1 { column } else { 1 };
            let spot = Spot {
                line: line + error.line().saturating_sub(1),
                column: before + error.column().saturating_sub(1),
                field: "",
            };
            let problem = if error.is_data() { "is not a JSON object" } else { "is not whole JSON" };
            Row { id: Id::Number, line, asked: Err(spot.wrong(problem, "")) }
        }
    }
}

fn object_row(object: &Map<String, Value>, start: Spot) -> Row<'static> {
    let is_feature = object.get("type").is_some_and(|t| t == "Feature");
    let nothing = Map::new();
    let properties = match is_feature {
        true => object.get("properties").and_then(Value::as_object).unwrap_or(&nothing),
        false => object,
    };
    let any = |ours: &str, long: &str| properties.get(ours).or_else(|| properties.get(long));
    let at = |field| Spot { field, ..start };
    let place = match object.get("geometry") {
        _ if !is_feature => json_place(any("lon", "longitude"), any("lat", "latitude"), start),
        None | Some(Value::Null) => Err(at("geometry").wrong("is missing", "a row needs a Point")),
        Some(g) if g["type"] == "Point" => {
            json_place(g["coordinates"].get(0), g["coordinates"].get(1), start)
        }
        Some(g) => {
            let problem = match GEOMETRIES.into_iter().find(|known| g["type"] == **known) {
                Some(known) => format!("is a {known}, not a Point"),
                None => "is not a Point".to_owned(),
            };
            Err(at("geometry").wrong(problem, "a row needs a Point"))
        }
    };
    let id = match object.get("id").or_else(|| properties.get("id")) {
        None => Id::Number,
        Some(Value::String(text)) => Id::Text(Cow::Owned(text.clone())),
        Some(other) => Id::Json(Cow::Owned(other.to_string())),
    };
    let to = properties.get("to").and_then(Value::as_str).and_then(|to| name_of(Cow::Owned(to.to_owned())));
    Row { id, line: start.line, asked: place.map(|place| Asked { place, to, to_column: start.column }) }
}

fn json_place(lon: Option<&Value>, lat: Option<&Value>, start: Spot) -> Result<LonLat, Wrong> {
    let number = |at: Spot, value: Option<&Value>| match value {
        None | Some(Value::Null) => Err(at.missing()),
        Some(Value::String(text)) => at.degrees(text),
        Some(value) => value.as_f64().ok_or_else(|| at.wrong("is not a number of degrees", "")),
    };
    let (lon_at, lat_at) = (Spot { field: "lon", ..start }, Spot { field: "lat", ..start });
    place(number(lon_at, lon)?, number(lat_at, lat)?, lon_at, lat_at)
}

/// The fast way: a flat object with `lon` and `lat` as plain numbers. `None` sends the line to the full parser.
fn flat_row(text: &str, line: usize) -> Option<Row<'_>> {
    let mut rest = text.trim().strip_prefix('{')?;
    let (mut lon, mut lat, mut id, mut to) = (None, None, None, None);
    loop {
        let (name, after) = plain_text(rest.trim_start())?;
        let (value, after) = plain_value(after.trim_start().strip_prefix(':')?.trim_start())?;
        let seen = match (name, value) {
            ("lon", Plain::Number(text)) => lon.replace(text).is_some(),
            ("lat", Plain::Number(text)) => lat.replace(text).is_some(),
            ("id", Plain::Text(text)) => id.replace(text).is_some(),
            ("to", Plain::Text(text)) => to.replace(text).is_some(),
            // Their other forms, and names that change what the object is.
            ("lon" | "lat" | "id" | "to" | "longitude" | "latitude" | "type" | "geometry", _) => true,
            _ => false,
        };
        if seen {
            return None;
        }
        let after = after.trim_start();
        match after.strip_prefix(',') {
            Some(more) => rest = more,
            None if after == "}" => break,
            None => return None,
        }
    }
    let at = |field| Spot { line, column: 1, field };
    let place = place(lon?.parse().ok()?, lat?.parse().ok()?, at("lon"), at("lat"));
    let to = to.map(Cow::Borrowed).and_then(name_of);
    Some(Row {
        id: id.map_or(Id::Number, |id| Id::Text(Cow::Borrowed(id))),
        line,
        asked: place.map(|place| Asked { place, to, to_column: 1 }),
    })
}

enum Plain<'a> {
    Text(&'a str),
    Number(&'a str),
}

/// A text without escapes, and what follows it.
fn plain_text(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_prefix('"')?;
    let end = text.bytes().position(|b| b == b'"' || b == b'\\' || b < b' ')?;
    (text.as_bytes()[end] == b'"').then(|| (&text[..end], &text[end + 1..]))
}

/// A text without escapes or a number without an exponent, and what follows it.
fn plain_value(text: &str) -> Option<(Plain<'_>, &str)> {
    if text.starts_with('"') {
        return plain_text(text).map(|(value, rest)| (Plain::Text(value), rest));
    }
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let minus = usize::from(text.starts_with('-'));
    let whole = digits(&text[minus..]);
    if whole == 0 || whole > 1 && text[minus..].starts_with('0') {
        return None;
    }
    let mut end = minus + whole;
    if text[end..].starts_with('.') {
        let part = digits(&text[end + 1..]);
        if part == 0 {
            return None;
        }
        end += 1 + part;
    }
    let ends = text[end..].starts_with([',', '}', ' ', '\t', '\r']);
    ends.then(|| (Plain::Number(&text[..end]), &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Vec<Row<'_>> {
        let columns = Columns { delimiter: b',', id: Some(0), lon: 1, lat: 2, to: Some(3) };
        let rows = columns.rows_slow(text, 2);
        assert_eq!(columns.rows(text, 2), rows, "{text:?}");
        if is_plain_table(text) {
            assert_eq!(columns.plain_rows(text, 2), rows, "{text:?}");
        }
        rows
    }

    #[test]
    fn the_fast_way_through_a_table_finds_what_the_full_parser_finds() {
        for text in [
            "",
            "\n\n\n",
            "a,28.8372,45.3512,ROU\n",
            "a,28.8372,45.3512,ROU",
            "a,28.8372,45.3512,ROU\r\nb,1,2,\r\n\r\nc,-1e1,+2.5,  MDA \r\n",
            "a,1,2\nb,1\nc\n,,,\n,1,2,x,y,z\n",
            "a,1e400,2,\nb,NaN,2,\nc,inf,2,\nd,1,-infinity,\ne,.5,5.,\nf,0x10,1,\ng,1_0,1,\n",
            "a,45.35,128.8,\nb,200,1,\nc, 1 , 2 ,\nd,28,5,45,3\n",
            "  \n\t,\n",
            "\"a,b\",1,2,\n\"a\"\"b\",1,2,\n\"two\nlines\",1,2,\nz,\"3\",\"4\",\"ROU\"\n",
            "a\"b,1,2,\nc,1\"2,3,\n",
            "a,1,2,\rb,3,4,\r\nc,5,6,\n",
            "Ізмаїл,28.8372,45.3512,ROU\n",
        ] {
            table(text);
        }
        let lines: Vec<usize> =
            table("a,1,2,\n\n\"x\ny\",1,2,\nb,1,2,\n").iter().map(|row| row.line).collect();
        assert_eq!(lines, [2, 4, 6]);
    }

    #[test]
    fn a_wrong_cell_is_named_with_its_number_and_what_would_be_right() {
        let wrong = |text| match table(text).remove(0).asked {
            Err(Wrong { line: 2, column, field, problem, hint }) => {
                format!("{column} {field} {problem} ({hint})")
            }
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(
            wrong("a,x,2"),
            "2 lon is not a number of degrees (write decimal degrees, such as 28.8372)"
        );
        assert_eq!(wrong("a,1"), "3 lat is missing (a row needs lon and lat in degrees)");
        assert_eq!(wrong("a,1e400,2"), "2 lon is not a finite number ()");
        assert_eq!(wrong("a,1e300,2"), "2 lon 1e300 is not between -180 and 180 ()");
        assert_eq!(
            wrong("a,45.3,128.8"),
            "3 lat 128.8 is not between -90 and 90 (are longitude and latitude swapped?)"
        );
    }

    #[test]
    fn the_fast_way_through_json_finds_what_the_full_parser_finds() {
        let mut fast = 0;
        for text in [
            r#"{"id":"a","lon":28.8372,"lat":45.3512,"to":"ROU"}"#,
            r#" { "lat" : -0.5 , "lon" : 180 , "note" : "x, y}" , "n" : 12 } "#,
            r#"{"lon":1,"lat":2,"to":"  "}"#,
            r#"{"lon":200,"lat":2,"id":"far"}"#,
            r#"{"lon":45,"lat":128}"#,
            r#"{"lon":"28.8","lat":"45.3"}"#,
            r#"{"longitude":28.8,"latitude":45.3,"id":7}"#,
            r#"{"lon":1,"lat":2,"id":null}"#,
            r#"{"lon":1,"lat":2,"id":"a\"b"}"#,
            r#"{"lon":1,"lat":2,"lon":3}"#,
            r#"{"lon":1e1,"lat":2E0}"#,
            r#"{"lon":01,"lat":2}"#,
            r#"{"lon":1.,"lat":2}"#,
            r#"{"lon":+1,"lat":2}"#,
            r#"{"lon":1,"lat":2}x"#,
            r#"{"lon":1,"lat":2,}"#,
            r#"{"lon":1 "lat":2}"#,
            r#"{"lon":1e400,"lat":2}"#,
            r#"{"lon":NaN,"lat":2}"#,
            r#"{"lon":1}"#,
            r#"{}"#,
            r#"[1,2]"#,
            r#"{"lon":1,"lat":2,"deep":{"lon":9}}"#,
            r#"{"type":"Feature","geometry":{"type":"Point","coordinates":[1,2]},"properties":{"to":"ROU"}}"#,
            r#"{"type":"Feature","geometry":null,"properties":{}}"#,
            r#"{"type":"Feature","geometry":{"type":"MultiPoint","coordinates":[[1,2]]},"properties":{}}"#,
            r#"{"lon":28.837211111111111111111111,"lat":45.35120000000000000000003}"#,
        ] {
            let row = json_row(text, 3, 1);
            assert_eq!(json_lines(text, 3), std::slice::from_ref(&row), "{text}");
            if let Some(flat) = flat_row(text, 3) {
                fast += 1;
                assert_eq!(flat, row, "{text}");
            }
        }
        assert_eq!(fast, 6, "lines that went the fast way");
    }

    #[test]
    fn a_geometry_that_is_no_point_is_a_fault_that_says_so() {
        for (geometry, words) in [
            ("null", "is missing"),
            (r#"{"type":"MultiPoint","coordinates":[[1,2]]}"#, "is a MultiPoint, not a Point"),
            (r#"{"type":"Circle"}"#, "is not a Point"),
        ] {
            let text = format!(r#"{{"type":"Feature","id":1,"geometry":{geometry},"properties":{{}}}}"#);
            let row = json_row(&text, 1, 1);
            assert_eq!(row.id, Id::Json("1".into()));
            let wrong = row.asked.unwrap_err();
            assert_eq!((wrong.field, &*wrong.problem), ("geometry", words));
        }
    }
}
