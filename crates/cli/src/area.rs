//! `kordon distance --within`: how near and how far a whole area may be, read from a GeoJSON file.
//!
//! All polygons of the file are one area together: a raion of several parts, or several features.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, bail};
use kordon_borders::{Area, BorderSet, Boundary, Over, Side, Target};
use serde::Serialize;
use serde_json::Value;

use crate::Done;
use crate::distance::span;

#[derive(Serialize)]
struct Answer {
    within: String,
    to: Vec<Over>,
    boundary: Boundary,
}

/// Answers for every target.
pub fn run(borders: &BorderSet, to: &[Target], file: &Path, json: bool) -> anyhow::Result<Done> {
    let name = file.display().to_string();
    let area = read(file).with_context(|| name.clone())?;
    let over = to.iter().filter_map(|target| borders.measure_over(&area, target)).collect();
    let answer = Answer { within: name, to: over, boundary: borders.boundary() };
    let mut out = std::io::stdout().lock();
    if json {
        writeln!(out, "{}", serde_json::to_string_pretty(&answer)?)?;
    } else {
        write!(out, "{}", in_words(&answer))?;
    }
    Ok(Done::All)
}

fn in_words(answer: &Answer) -> String {
    let one = |over: &Over| {
        let distance = span(over.distance_low_m, over.distance_high_m, 100.0);
        match over.side {
            Side::Outside => format!("{}: {distance} from wherever in it", over.to),
            Side::Inside => format!("{}: all of it lies inside", over.to),
            Side::Uncertain => format!("{}: {distance}, and some of it lies, or may lie, inside", over.to),
        }
    };
    let mut lines: Vec<String> = answer.to.iter().map(|over| format!("To {}.", one(over))).collect();
    let b = &answer.boundary;
    lines.push(format!(
        "From the area in {}, measured against {} {} ({}; {}), world view {}.",
        answer.within, b.set, b.version, b.licence, b.attribution, b.world_view
    ));
    lines.join("\n") + "\n"
}

fn read(file: &Path) -> anyhow::Result<Area> {
    let value: Value = serde_json::from_slice(&std::fs::read(file)?)?;
    let mut polygons = Vec::new();
    put_polygons(&value, &mut polygons)?;
    Ok(Area::new(polygons)?)
}

/// The polygons of a GeoJSON object, whatever they are wrapped in.
fn put_polygons(value: &Value, out: &mut Vec<Vec<Vec<[f64; 2]>>>) -> anyhow::Result<()> {
    let kind = value["type"].as_str().unwrap_or_default();
    let members = match kind {
        "FeatureCollection" => &value["features"],
        "GeometryCollection" => &value["geometries"],
        "Feature" => return put_polygons(&value["geometry"], out),
        "Polygon" => return put_polygon(&value["coordinates"], out),
        "MultiPolygon" => &value["coordinates"],
        "" => bail!("this is no GeoJSON: it has no type"),
        other => bail!("a {other} has no area; give a Polygon or a MultiPolygon"),
    };
    for member in members.as_array().with_context(|| format!("this {kind} is empty"))? {
        if kind == "MultiPolygon" { put_polygon(member, out)? } else { put_polygons(member, out)? }
    }
    Ok(())
}

fn put_polygon(rings: &Value, out: &mut Vec<Vec<Vec<[f64; 2]>>>) -> anyhow::Result<()> {
    // A third number is a height, which no distance counts.
    let rings: Vec<Vec<Vec<f64>>> =
        serde_json::from_value(rings.clone()).context("its coordinates are no rings of positions")?;
    let position = |at: Vec<f64>| match at[..] {
        [lon, lat] | [lon, lat, _] => Ok([lon, lat]),
        _ => bail!("a position is [longitude, latitude]"),
    };
    let rings = rings.into_iter().map(|ring| ring.into_iter().map(position).collect());
    out.push(rings.collect::<anyhow::Result<_>>()?);
    Ok(())
}
