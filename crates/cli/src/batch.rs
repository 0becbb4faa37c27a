//! `kordon distance --input`: a file of places, one answer a row.
//!
//! A file is read and answered in chunks, so memory stays bounded however long it is; rows come out in the order
//! they came in. A row that cannot be read is named on stderr and answered with its `id` and nothing else.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;

use anyhow::{Context, bail};
use kordon_borders::{BorderSet, LonLat, Nearest, Target};
use kordon_incidents::{Format, ReadOptions};
use rayon::prelude::*;
use serde_json::{Map, Value, json};

use crate::Done;
use crate::output::write_to;
use crate::terminal::{progress, say};

/// Rows answered between two writes.
const CHUNK_ROWS: usize = 20_000;

/// The columns of a batch answer, in order.
const COLUMNS: [&str; 12] = [
    "id",
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
];

/// One row to be answered, or what is wrong with it.
struct Row {
    id: Value,
    asked: Result<Asked, String>,
}

struct Asked {
    place: LonLat,
    to: Option<String>,
}

/// Answers every row of `input`.
pub fn run(borders: &BorderSet, to: &[Target], input: &Path, output: Option<&Path>) -> anyhow::Result<Done> {
    let name = input.display().to_string();
    let file = File::open(input).with_context(|| name.clone())?;
    let bar = progress(file.metadata().ok().map(|m| m.len()), &name);
    let rows = rows_of(BufReader::new(bar.wrap_read(file)), &name)?;
    let csv = output.is_some_and(|o| o.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv")));
    let mut refused = 0_u64;
    let mut written = 0_u64;
    let write_all = |out: &mut dyn Write| -> anyhow::Result<()> {
        if csv {
            writeln!(out, "{}", COLUMNS.join(","))?;
        }
        let mut rows = rows.into_iter();
        loop {
            let chunk: Vec<(String, Row)> = rows.by_ref().take(CHUNK_ROWS).collect::<anyhow::Result<_>>()?;
            if chunk.is_empty() {
                return Ok(());
            }
            let answered: Vec<_> = chunk.par_iter().map(|(_, row)| answer(borders, to, row)).collect();
            for ((place, row), answers) in chunk.iter().zip(answered) {
                let answers = match answers {
                    Ok(answers) => answers,
                    Err(problem) => {
                        refused += 1;
                        say(&format!("{place}: {problem}"));
                        vec![Map::from_iter([("id".to_owned(), row.id.clone())])]
                    }
                };
                for answer in answers {
                    written += 1;
                    write_row(out, &answer, csv)?;
                }
            }
        }
    };
    write_to(output, write_all)?;
    bar.finish_and_clear();
    say(&format!("answered {}, refused {refused}", written - refused));
    Ok(if refused == 0 { Done::All } else { Done::SomeRefused })
}

/// The answers to one row: one for each target, or one without any.
fn answer(borders: &BorderSet, to: &[Target], row: &Row) -> Result<Vec<Map<String, Value>>, String> {
    let asked = row.asked.as_ref().map_err(Clone::clone)?;
    let own: Option<Target> = match &asked.to {
        Some(name) => Some(borders.target(name, None).map_err(|e| format!("to: {e}"))?),
        None => None,
    };
    let targets: Vec<Option<&Target>> = match (&own, to) {
        (Some(own), _) => vec![Some(own)],
        (None, []) => vec![None],
        (None, several) => several.iter().map(Some).collect(),
    };
    let territory: Vec<&str> =
        borders.containing(asked.place).iter().map(|&id| borders.territory(id).code.as_str()).collect();
    let foreign = borders.nearest_foreign(asked.place, f64::INFINITY);
    Ok(targets
        .into_iter()
        .map(|target| {
            let nearest = target.and_then(|t| borders.nearest_to(asked.place, t, f64::INFINITY));
            let mut out = Map::new();
            out.insert("id".into(), row.id.clone());
            out.insert("territory".into(), json!(territory.join(";")));
            out.insert("to".into(), json!(target.map(|t| t.name())));
            put_nearest(
                &mut out,
                ["distance_m", "nearest_lon", "nearest_lat", "azimuth_deg"],
                nearest.as_ref(),
            );
            let code = foreign.as_ref().map(|n| borders.territory(n.territory).code.as_str());
            out.insert("foreign".into(), json!(code));
            let names = ["foreign_distance_m", "foreign_lon", "foreign_lat", "foreign_azimuth_deg"];
            put_nearest(&mut out, names, foreign.as_ref());
            out
        })
        .collect())
}

fn put_nearest(out: &mut Map<String, Value>, names: [&str; 4], nearest: Option<&Nearest>) {
    let round = |x: f64, digits: f64| (x * digits).round() / digits;
    let values = nearest.map(|n| {
        [
            json!(round(n.distance_m, 1e4)),
            json!(round(n.point.lon(), 1e9)),
            json!(round(n.point.lat(), 1e9)),
            json!(n.azimuth_deg.map(|a| round(a, 1e6))),
        ]
    });
    let values = values.unwrap_or([Value::Null, Value::Null, Value::Null, Value::Null]);
    for (name, value) in names.into_iter().zip(values) {
        out.insert(name.into(), value);
    }
}

fn write_row(out: &mut dyn Write, row: &Map<String, Value>, csv: bool) -> anyhow::Result<()> {
    if !csv {
        let ordered: Vec<String> = COLUMNS
            .iter()
            .map(|name| format!("\"{name}\":{}", row.get(*name).unwrap_or(&Value::Null)))
            .collect();
        writeln!(out, "{{{}}}", ordered.join(","))?;
        return Ok(());
    }
    let mut writer = csv::WriterBuilder::new().from_writer(out);
    writer.write_record(COLUMNS.iter().map(|name| match row.get(*name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }))?;
    writer.flush()?;
    Ok(())
}

// ------------------------------------------------------------------------------------- reading the rows

type Rows<'a> = Box<dyn Iterator<Item = anyhow::Result<(String, Row)>> + 'a>;

/// The rows of a file, each with where it stands. What the file is, its first bytes tell.
fn rows_of<'a, R: Read + 'a>(mut input: BufReader<R>, name: &'a str) -> anyhow::Result<Rows<'a>> {
    let start = input.fill_buf()?;
    let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    let first = text.iter().copied().find(|b| !b.is_ascii_whitespace());
    let first_line = text.split(|&b| b == b'\n').next().unwrap_or_default();
    match first {
        None => bail!("{name}: the file is empty"),
        Some(b'{') if serde_json::from_slice::<Value>(first_line).is_ok() && !is_collection(first_line) => {
            Ok(Box::new(ndjson_rows(input, name)))
        }
        Some(b'{') => Ok(Box::new(feature_rows(input, name)?)),
        Some(_) => csv_rows(input, name),
    }
}

fn is_collection(line: &[u8]) -> bool {
    serde_json::from_slice::<Value>(line).is_ok_and(|v| v["type"] == "FeatureCollection")
}

/// Longitude and latitude from two values that are numbers or text.
fn place_of(lon: Option<&Value>, lat: Option<&Value>) -> Result<LonLat, String> {
    let number = |name: &str, value: Option<&Value>| match value {
        None | Some(Value::Null) => Err(format!("{name}: missing; a row needs lon and lat in degrees")),
        Some(Value::String(text)) => {
            text.trim().parse::<f64>().map_err(|_| format!("{name}: not a number of degrees"))
        }
        Some(value) => value.as_f64().ok_or_else(|| format!("{name}: not a number of degrees")),
    };
    LonLat::new(number("lon", lon)?, number("lat", lat)?).map_err(|e| e.to_string())
}

/// A row from a JSON object: a Feature with a Point, or members `lon` and `lat`.
fn object_row(object: &Map<String, Value>, index: usize) -> Row {
    let is_feature = object.get("type").is_some_and(|t| t == "Feature");
    let nothing = Map::new();
    let properties =
        if is_feature { object.get("properties").and_then(Value::as_object) } else { Some(object) };
    let properties = properties.unwrap_or(&nothing);
    let any = |ours: &str, long: &str| properties.get(ours).or_else(|| properties.get(long));
    let place = match object.get("geometry") {
        _ if !is_feature => place_of(any("lon", "longitude"), any("lat", "latitude")),
        Some(g) if g["type"] == "Point" => place_of(g["coordinates"].get(0), g["coordinates"].get(1)),
        Some(g) if g["type"].is_string() => {
            Err(format!("geometry: a row needs a Point, not a {}", g["type"]))
        }
        _ => Err("geometry: missing; a row needs a Point".to_owned()),
    };
    let id = object.get("id").or_else(|| properties.get("id")).cloned().unwrap_or(json!(index));
    Row { id, asked: place.map(|place| Asked { place, to: own_target(properties.get("to")) }) }
}

/// The features of a collection, cut out one by one as they come.
fn feature_rows<'a, R: BufRead + 'a>(
    input: R,
    name: &'a str,
) -> anyhow::Result<impl Iterator<Item = anyhow::Result<(String, Row)>> + 'a> {
    let options =
        ReadOptions { format: Some(Format::GeoJson), file: name.to_owned(), ..ReadOptions::default() };
    let reports = kordon_incidents::read(input, &options)?;
    Ok(reports.map(move |report| {
        let report = report?;
        Ok((format!("{name}:{}", report.line), json_row(report.text(), report.index)))
    }))
}

fn json_row(text: &str, index: usize) -> Row {
    match serde_json::from_str::<Map<String, Value>>(text) {
        Ok(object) => object_row(&object, index),
        Err(error) => Row { id: json!(index), asked: Err(format!("not a JSON object: {error}")) },
    }
}

fn own_target(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned)
}

fn ndjson_rows<'a, R: BufRead + 'a>(
    input: R,
    name: &'a str,
) -> impl Iterator<Item = anyhow::Result<(String, Row)>> + 'a {
    let lines =
        input.lines().enumerate().filter(|(_, line)| line.as_ref().map_or(true, |l| !l.trim().is_empty()));
    lines.enumerate().map(move |(index, (number, line))| {
        let place = format!("{name}:{}", number + 1);
        let line = line.with_context(|| place.clone())?;
        Ok((place, json_row(line.trim_start_matches(['\u{feff}', '\u{1e}']), index)))
    })
}

fn csv_rows<'a, R: Read + 'a>(input: R, name: &'a str) -> anyhow::Result<Rows<'a>> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(input);
    let headers: Vec<String> =
        reader.headers()?.iter().map(|h| h.trim_start_matches('\u{feff}').trim().to_lowercase()).collect();
    let column = |names: &[&str]| headers.iter().position(|h| names.contains(&h.as_str()));
    let (Some(lon), Some(lat)) = (column(&["lon", "longitude"]), column(&["lat", "latitude"])) else {
        bail!(
            "{name}:1: needs columns lon and lat (or longitude and latitude); found {}",
            headers.join(", ")
        );
    };
    let (id, to) = (column(&["id"]), column(&["to"]));
    Ok(Box::new(reader.into_records().enumerate().map(move |(index, record)| {
        let record = record.with_context(|| name.to_owned())?;
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |i: usize| record.get(i).map(|text| json!(text));
        let place = place_of(cell(lon).as_ref(), cell(lat).as_ref());
        let own = to.and_then(|i| own_target(cell(i).as_ref()));
        let id = id.and_then(cell).unwrap_or(json!(index));
        Ok((format!("{name}:{line}"), Row { id, asked: place.map(|place| Asked { place, to: own }) }))
    })))
}
