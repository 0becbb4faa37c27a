//! How far a place is from a border: one place by its address, or many in a body.

mod batch; // The forms of many answers, and points from a table.
mod written; // Points from JSON, as they are written.

use self::batch::Batch;
pub use self::batch::FORMS;
use self::written::{Held, Written, WrittenObject, read_collection, read_list};
use crate::answer::{Answer, NO_STORE};
use crate::app::{App, Lane};
use crate::body;
use crate::error::{Problem, echo};
use crate::params::Params;
use crate::query::MAX_KM;
use crate::stream;
use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use kordon_borders::{BorderSet, Day, LonLat, Question, Target, TooCoarse, View, spread};
use kordon_store::SetError;
use rayon::prelude::*;
use serde_json::{Value, json};
use std::str::FromStr;
use std::sync::Arc;

/// The most targets one place may be measured to.
const MAX_TARGETS: usize = 20;
/// Points answered at a time; a piece of an answer is then well under a megabyte.
const CHUNK_POINTS: usize = 512;
/// Faults listed in an answer; the total is always told.
const MAX_FAULTS: usize = 100;

/// `GET /borders`: the border sets that can be measured against. Those in use say so; what is not in use is known by the
/// beginning of its file only.
///
/// # Errors
///
/// 500 when the installed sets cannot be listed.
pub async fn sets(State(app): State<App>, headers: HeaderMap) -> Result<Response, Problem> {
    let describe = |set: &BorderSet, role: &str| {
        let mut info = json!(set.info());
        info["role"] = json!(role);
        info["checksum"] = json!(set.checksum());
        info["territories"] = json!(set.territories().len());
        info["edges"] = json!(set.edge_count());
        info
    };
    let config = &app.config;
    let mut all = vec![describe(&config.borders, "distances"), describe(&config.coarse, "background")];
    let sets = Arc::clone(&config.sets);
    let listed = app.work(move || sets.installed().map_err(|error| Problem::internal(&error))).await?;
    for set in listed {
        all.push(match set.summary {
            Ok(summary) => {
                let mut info = json!(summary.info);
                info["role"] = json!("installed");
                info["territories"] = json!(summary.territories);
                info["bytes"] = json!(set.bytes);
                info
            }
            Err(why) => json!({ "name": set.name, "role": "unusable", "problem": why.to_string() }),
        });
    }
    let ours = config.borders.view();
    let views = View::built_in().into_iter().filter(|view| view.name() != ours.name());
    let views: Vec<Value> = std::iter::once(ours)
        .chain(views)
        .map(|view| json!({ "name": view.name(), "title": view.title() }))
        .collect();
    let default = &config.borders.info().name;
    let body = json!({ "sets": all, "default": default, "views": views, "default_view": ours.name() });
    Ok(Answer::json(&body).finish(&headers))
}

/// In whose view, and as on which day, a request asks; what it leaves out is as the server was started.
struct Seen {
    view: View,
    on: Option<Day>,
}

impl Seen {
    fn asked(app: &App, params: &Params) -> Result<Self, Problem> {
        let ours = &app.config.borders;
        let on = day(params)?.or(ours.on());
        let Some(name) = params.get("view") else { return Ok(Self { view: ours.view().clone(), on }) };
        // The server's own view comes first: it may be a file of the operator's, but never one of the client's.
        let known: Vec<&View> = std::iter::once(ours.view())
            .chain(View::built_in().into_iter().filter(|view| view.name() != ours.view().name()))
            .collect();
        let view = View::named(name, &known).map_err(|error| {
            Problem::bad_parameter("view", error.to_string()).with("allowed", error.known)
        })?;
        Ok(Self { view: view.clone(), on })
    }
}

/// The set that a request names, else the default, as it is seen. The first request for it waits until it is read.
async fn asked(app: &App, params: &Params, seen: &Seen) -> Result<Arc<BorderSet>, Problem> {
    let ours = &app.config.borders;
    let name = params.get("borders").unwrap_or(&ours.info().name).to_owned();
    let (view, on) = (seen.view.clone(), seen.on);
    if name == ours.info().name && ours.is_seen_in(&view, on) {
        return Ok(Arc::clone(ours));
    }
    if let Some(set) = app.config.sets.kept(&name, &view, on).map_err(set_problem)? {
        return Ok(set);
    }
    let sets = Arc::clone(&app.config.sets);
    app.work_in(Lane::Sets, move || sets.get(&name, &view, on).map_err(set_problem)).await
}

/// The set that `borders` names, as the server sees it; `None` when nothing is named.
///
/// # Errors
///
/// 400 for a name that is none.
pub async fn named_set(app: &App, params: &Params) -> Result<Option<Arc<BorderSet>>, Problem> {
    if params.get("borders").is_none() {
        return Ok(None);
    }
    let seen = Seen::asked(app, params)?;
    asked(app, params, &seen).await.map(Some)
}

/// Every set but one, as they are seen.
async fn others(app: &App, than: &BorderSet, seen: &Seen) -> Result<Vec<Arc<BorderSet>>, Problem> {
    let sets = Arc::clone(&app.config.sets);
    let (than, view, on) = (than.info().name.clone(), seen.view.clone(), seen.on);
    app.work_in(Lane::Sets, move || sets.others(&than, &view, on).map_err(set_problem)).await
}

fn set_problem(error: SetError) -> Problem {
    match error {
        SetError::Unknown { name, known } => {
            let known = known.join(", ");
            let problem = format!("No border set is called {}; there are {known}.", echo(&name));
            Problem::bad_parameter("borders", problem)
        }
        other => Problem::internal(&other),
    }
}

/// `GET /borders/distance`: one place.
///
/// # Errors
///
/// 400 for a place off the globe, or a target, view or border set that is not known; 422 when the set is too coarse there.
pub async fn measure(
    State(app): State<App>,
    Extension(params): Extension<Arc<Params>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let lon = params.required_number("lon", -180.0, 180.0)?;
    let lat = params.required_number("lat", -90.0, 90.0)?;
    let place = LonLat::new(lon, lat).map_err(|error| Problem::bad_parameter("lon", error.to_string()))?;
    let radius_m = radius(&params)?;
    let seen = Seen::asked(&app, &params)?;
    let borders = asked(&app, &params, &seen).await?;
    let to = targets(&params, &borders, seen.on)?;
    let others = match params.flag("spread")? {
        Some(true) => Some(others(&app, &borders, &seen).await?),
        _ => None,
    };
    let answer = move || {
        let mut answer = answer(&borders, &Question { place, radius_m, to: &to }, seen.on);
        answer.check_coarseness().map_err(too_coarse)?;
        if let Some(others) = others {
            let sets: Vec<&BorderSet> = std::iter::once(&borders).chain(&others).map(Arc::as_ref).collect();
            let to: Vec<&str> = to.iter().map(Target::name).collect();
            answer.spread = spread(&sets, place, radius_m, &to, seen.on);
        }
        to_text(&answer)
    };
    let body = app.work(answer).await?;
    // Of the answer itself: it also hangs on the view's and the sets' files, which may be others after a restart.
    Ok(Answer::text(crate::answer::JSON, body).cache("public, max-age=3600").finish(&headers))
}

/// The answer as on a day: a set that is kept may be that of another one on which its view says the same.
fn answer(borders: &BorderSet, question: &Question, on: Option<Day>) -> kordon_borders::Answer {
    let mut answer = borders.answer(question);
    answer.boundary.on = on.map(|day| day.to_string());
    answer
}

fn too_coarse(error: TooCoarse) -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "too-coarse",
        "The border set is too coarse for this place",
        error.to_string(),
    )
    .with("set", error.set)
    .with("country", error.country)
    .with("accuracy_m", error.accuracy_m)
}

/// `POST /borders/distance`: many places; their answers in their order, one a line unless a table or features are asked for.
///
/// A point for which the set is too coarse is answered with its id and the problem.
///
/// # Errors
///
/// 400 for a body that is not JSON, 413 for too many points, 422 with a list when a point cannot be measured.
pub async fn measure_many(
    State(app): State<App>,
    Extension(params): Extension<Arc<Params>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let limits = &app.config.limits;
    let radius_m = radius(&params)?;
    let seen = Seen::asked(&app, &params)?;
    let borders = asked(&app, &params, &seen).await?;
    let to = Arc::new(targets(&params, &borders, seen.on)?);
    let bytes = body::read(&app.room, &headers, body, limits.points_bytes, limits.body_idle).await?;
    let form = batch::form(&params, &headers)?;
    let written_as = body::media_type(&headers)?.unwrap_or_default();
    let (most, set, on) = (limits.points, Arc::clone(&borders), seen.on);
    let points = app
        .work(move || {
            let written = if written_as.name == "text/csv" {
                batch::read_table(&bytes, most)?
            } else {
                read_written(&bytes, most)?
            };
            points(written, radius_m, on, &set)
        })
        .await?;
    if form != Batch::Lines && to.len() > 1 {
        return Err(Problem::bad_parameter("to", "names one target for a table; f=ndjson takes several."));
    }
    let foot = form.foot().map(|foot| Part::Foot(foot.as_bytes().to_vec()));
    let parts =
        chunked(points).into_iter().enumerate().map(|(at, points)| Part::Points(at, points)).chain(foot);
    let make = move |part| match part {
        Part::Points(at, points) => {
            let rows: Vec<String> = points
                .par_iter()
                .map(|point| match form {
                    Batch::Lines => line(&borders, point, &to, on),
                    Batch::Features | Batch::Table => {
                        batch::row(form, point, &answer_to(&borders, point, &to, on))
                    }
                })
                .collect::<Result<_, Problem>>()?;
            let mark = if at > 0 { form.between() } else { "" };
            Ok(format!("{mark}{}", rows.join(form.between())).into_bytes())
        }
        Part::Foot(foot) => Ok(foot),
    };
    let body = stream::pieces(&app, form.head().as_bytes().to_vec(), parts, make);
    Ok(Answer::bytes(form.media(), body).cache(NO_STORE).finish(&HeaderMap::new()))
}

/// A part of a long answer: some points and how many parts stand before them, or what stands behind all.
enum Part {
    Points(usize, Vec<Point>),
    Foot(Vec<u8>),
}

fn answer_to(borders: &BorderSet, point: &Point, to: &[Target], on: Option<Day>) -> kordon_borders::Answer {
    let own = point.to.as_slice();
    let to = if own.is_empty() { to } else { own };
    answer(borders, &Question { place: point.place, radius_m: point.radius_m, to }, on)
}

/// One point to measure, checked.
struct Point {
    id: Option<Value>,
    place: LonLat,
    radius_m: Option<f64>,
    to: Option<Target>,
}

fn line(borders: &BorderSet, point: &Point, to: &[Target], on: Option<Day>) -> Result<String, Problem> {
    let answer = answer_to(borders, point, to, on);
    let answer = match answer.check_coarseness() {
        Ok(()) => to_text(&answer)?,
        Err(error) => to_text(&json!({ "problem": "too-coarse", "detail": error.to_string() }))?,
    };
    // The id comes first, as a reader of lines expects; an answer is an object, so its brace is replaced.
    let id = point.id.as_ref().unwrap_or(&Value::Null);
    Ok(format!("{{\"id\":{id},{}\n", answer.trim_start_matches('{')))
}

fn to_text(answer: &impl serde::Serialize) -> Result<String, Problem> {
    serde_json::to_string(answer).map_err(|error| Problem::internal(&error))
}

fn chunked(points: Vec<Point>) -> Vec<Vec<Point>> {
    let mut chunks = Vec::with_capacity(points.len() / CHUNK_POINTS + 1);
    let mut points = points.into_iter().peekable();
    while points.peek().is_some() {
        chunks.push(points.by_ref().take(CHUNK_POINTS).collect());
    }
    chunks
}

/// Every point of a body, or every fault in it.
fn points(
    written: Vec<(usize, Written)>,
    radius_m: Option<f64>,
    day: Option<Day>,
    borders: &BorderSet,
) -> Result<Vec<Point>, Problem> {
    let mut points = Vec::with_capacity(written.len());
    let mut faults = Vec::new();
    let mut total = 0_usize;
    for (index, (line, written)) in written.into_iter().enumerate() {
        match check(written, radius_m, day, borders) {
            Ok(point) => points.push(point),
            Err((field, problem)) => {
                total += 1;
                if faults.len() < MAX_FAULTS {
                    faults.push(json!({ "index": index, "line": line, "field": field, "problem": problem }));
                }
            }
        }
    }
    if total == 0 {
        return Ok(points);
    }
    Err(Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "bad-points",
        "Some points cannot be measured",
        format!("{total} of {} points cannot be measured; nothing was.", points.len() + total),
    )
    .with("errors", faults)
    .with("errors_total", total))
}

fn check(
    written: Written,
    radius_m: Option<f64>,
    day: Option<Day>,
    borders: &BorderSet,
) -> Result<Point, (&'static str, String)> {
    let (lon, lat) = position(&written)?;
    let properties = written.properties.unwrap_or_default();
    let own = written.radius_m.or(properties.radius_m);
    let place = LonLat::new(lon, lat).map_err(|error| ("lon", error.to_string()))?;
    if own.is_some_and(|radius| !(0.0..=MAX_KM * 1_000.0).contains(&radius)) {
        return Err(("radius_m", "is not a length in meters, 0 or more".to_owned()));
    }
    let to = match written.to.or(properties.to) {
        Some(name) => Some(borders.target(&name, day).map_err(|error| ("to", error.to_string()))?),
        None => None,
    };
    let id = match written.id.or(properties.id) {
        Some(Held::Plain(id)) => Some(id),
        Some(Held::Numbers(_) | Held::Object) => {
            return Err(("id", "is neither text nor a number".to_owned()));
        }
        None => None,
    };
    Ok(Point { id, place, radius_m: own.or(radius_m), to })
}

fn position(written: &Written) -> Result<(f64, f64), (&'static str, String)> {
    let pair = |coordinates: &[f64]| match coordinates {
        [lon, lat] | [lon, lat, _] => Ok((*lon, *lat)),
        _ => Err(("geometry", "a position is [longitude, latitude]".to_owned())),
    };
    if let Some(geometry) = &written.geometry {
        let coordinates = geometry.coordinates.as_ref().and_then(Held::numbers);
        return match (geometry.kind.as_str(), coordinates) {
            ("Point", Some(coordinates)) => pair(coordinates),
            ("Point", None) => Err(("geometry", "a position is [longitude, latitude]".to_owned())),
            (kind, _) => Err(("geometry", format!("{} is not measured here; a Point is", echo(kind)))),
        };
    }
    if let Some(coordinates) = &written.coordinates {
        return pair(coordinates);
    }
    match (written.lon, written.lat, written.kind.as_deref()) {
        (Some(lon), Some(lat), _) => Ok((lon, lat)),
        (_, _, Some("Feature")) => Err(("geometry", "is null or missing; a Point is needed".to_owned())),
        (None, _, _) => Err(("lon", "is missing".to_owned())),
        (_, None, _) => Err(("lat", "is missing".to_owned())),
    }
}

/// The points of a body as written, each with its line. A body whose first value is a FeatureCollection or an
/// array is one JSON text; any other is one point a line (or after a record separator, RFC 8142).
fn read_written(bytes: &[u8], most: usize) -> Result<Vec<(usize, Written)>, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = count_lines(&bytes[..error.valid_up_to()]);
        Problem::bad_request("not-utf8", format!("The body is not UTF-8 text; the fault is in line {line}."))
            .with("line", line)
    })?;
    let text = text.trim_start_matches('\u{feff}').trim_start_matches(['\u{1e}', ' ', '\n', '\r', '\t']);
    let skipped = count_lines(&bytes[..bytes.len() - text.len()]) - 1;
    let whole = if text.starts_with('[') {
        Some(read_list(text, most))
    } else if is_collection(text) {
        Some(read_collection(text, most))
    } else {
        None
    };
    let written = match whole {
        Some(read) => {
            let read = read.map_err(|error| not_json(skipped, &error))?;
            let read = read.ok_or_else(|| too_many(most))?;
            read.into_iter().map(|WrittenObject(point)| (skipped + 1, point)).collect()
        }
        None => lines(text, skipped, most)?,
    };
    if written.is_empty() {
        return Err(Problem::bad_request("no-points", "The body holds no points."));
    }
    Ok(written)
}

fn lines(text: &str, skipped: usize, most: usize) -> Result<Vec<(usize, Written)>, Problem> {
    // One Feature may be written over several lines; then the first line by itself is not JSON.
    if let Ok(WrittenObject(one)) = serde_json::from_str(text.trim_end_matches('\u{1e}')) {
        return Ok(vec![(skipped + 1, one)]);
    }
    let mut written = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_matches(['\u{1e}', ' ', '\t', '\r']);
        if line.is_empty() {
            continue;
        }
        if written.len() == most {
            return Err(too_many(most));
        }
        let WrittenObject(point) =
            serde_json::from_str(line).map_err(|error| not_json(skipped + index, &error))?;
        written.push((skipped + index + 1, point));
    }
    Ok(written)
}

/// Whether the text is one FeatureCollection: such an object has a `features` member near its beginning.
fn is_collection(text: &str) -> bool {
    let head: String = text.chars().take(4_096).filter(|letter| !letter.is_whitespace()).collect();
    head.starts_with('{')
        && (head.contains("\"type\":\"FeatureCollection\"") || head.starts_with("{\"features\":"))
}

fn too_many(most: usize) -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too-many-points",
        "Too many points",
        format!("At most {most} points are measured at once. Send them in parts."),
    )
    .with("limit_points", most)
}

fn not_json(lines_before: usize, error: &serde_json::Error) -> Problem {
    let line = lines_before + error.line();
    let mut problem = error.to_string();
    if let Some(end) = problem.find(" at line ") {
        problem.truncate(end);
    }
    // The reader speaks of the types of this program; these are the words of JSON for them.
    for (ours, plain) in [
        ("invalid type: ", "found "),
        ("invalid value: ", "found "),
        ("found map", "found an object"),
        ("found sequence", "found an array"),
        ("expected f64", "expected a number"),
        ("expected a sequence", "expected an array"),
        ("EOF while parsing", "the text ends within"),
    ] {
        problem = problem.replace(ours, plain);
    }
    Problem::bad_request("not-json", format!("Line {line}, column {}: {}.", error.column(), echo(&problem)))
        .with("line", line)
        .with("column", error.column())
}

fn count_lines(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte == b'\n').count() + 1
}

fn radius(params: &Params) -> Result<Option<f64>, Problem> {
    params.number("radius_m", 0.0, MAX_KM * 1_000.0)
}

/// The targets named by `to`, repeated or comma-separated.
fn targets(params: &Params, borders: &BorderSet, day: Option<Day>) -> Result<Vec<Target>, Problem> {
    let names: Vec<&str> = params
        .all("to")
        .flat_map(|names| names.split(','))
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .collect();
    if names.len() > MAX_TARGETS {
        return Err(Problem::bad_parameter(
            "to",
            format!("names {} targets; at most {MAX_TARGETS} are measured.", names.len()),
        ));
    }
    names.into_iter().map(|name| target(borders, "to", name, day)).collect()
}

/// A target by its name, or a problem that names the parameter and what is near.
pub fn target(borders: &BorderSet, parameter: &str, name: &str, day: Option<Day>) -> Result<Target, Problem> {
    borders.target(name, day).map_err(|error| Problem::bad_parameter(parameter, error.to_string()))
}

/// The day that a request names, for the view and for membership of sets.
fn day(params: &Params) -> Result<Option<Day>, Problem> {
    let Some(text) = params.get("on") else { return Ok(None) };
    Day::from_str(text)
        .map(Some)
        .map_err(|error| Problem::bad_parameter("on", format!("{} is {error}.", echo(text))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<(usize, Written)>, Problem> {
        read_written(text.as_bytes(), 3)
    }

    fn places(text: &str) -> Vec<(usize, f64, f64)> {
        let placed = |(line, written): (usize, Written)| {
            let (lon, lat) = position(&written).unwrap();
            (line, lon, lat)
        };
        read(text).unwrap().into_iter().map(placed).collect()
    }

    #[test]
    fn points_are_read_in_every_form() {
        let feature =
            r#"{"type":"Feature","geometry":{"type":"Point","coordinates":[1,2,3]},"properties":null}"#;
        let collection = format!(r#"{{ "type": "FeatureCollection", "features": [{feature},{feature}]}}"#);
        assert_eq!(places(r#"{"lon":1,"lat":2}"#), [(1, 1.0, 2.0)]);
        assert_eq!(
            places("{\"lon\":1,\"lat\":2}\n\n{\"longitude\":3,\"latitude\":4}\n"),
            [(1, 1.0, 2.0), (3, 3.0, 4.0)]
        );
        assert_eq!(places(feature), [(1, 1.0, 2.0)]);
        assert_eq!(places(&collection).len(), 2);
        assert_eq!(places(r#"[{"lon":1,"lat":2}]"#), [(1, 1.0, 2.0)]);
        assert_eq!(places(r#"{"type":"Point","coordinates":[1,2]}"#), [(1, 1.0, 2.0)]);
        assert_eq!(places(&format!("\u{1e}{feature}\n\u{1e}{feature}\n")), [(1, 1.0, 2.0), (2, 1.0, 2.0)]);
        assert_eq!(places(&format!("\u{feff}{feature}")), [(1, 1.0, 2.0)]);
    }

    #[test]
    fn a_fault_in_the_bytes_is_told_with_its_line() {
        for (text, line) in [
            ("{\"lon\":1,\"lat\":2}\n{\"lon\":1,\"lon\":2}", 2),
            ("{\"lon\":1}\n{\"lon\"", 2),
            ("\n[{", 2),
            ("nonsense", 1),
        ] {
            let problem = read(text).err().unwrap();
            assert_eq!(problem.status(), StatusCode::BAD_REQUEST);
            assert!(problem.detail().starts_with(&format!("Line {line},")), "{text}: {}", problem.detail());
        }
        assert!(read_written(b"{\"id\":\"\xff\"}", 3).is_err());
        assert!(read("").is_err());
    }

    #[test]
    fn a_fault_in_a_point_is_told_in_plain_words() {
        for (text, words) in [
            ("7", "expected an object with lon and lat"),
            ("{\"lon\":\"7\",\"lat\":1}", "found string \"7\", expected a number"),
            ("[[28.8,45.3]]", "found an array, expected an object with lon and lat"),
            ("[null]", "found null, expected an object"),
            ("{\"geometry\":7}", "expected a GeoJSON geometry"),
            ("{\"coordinates\":{}}", "found an object, expected an array"),
            ("{\"type\":\"FeatureCollection\",\"features\":7}", "expected an array"),
            ("{\"lon\":", "the text ends within a value"),
        ] {
            let problem = read(text).err().unwrap();
            let told = problem.detail();
            assert!(told.contains(words), "{text}: {told}");
            assert!(!told.contains("struct") && !told.contains("f64") && !told.contains("Written"), "{told}");
        }
    }

    #[test]
    fn too_many_points_are_refused_in_every_form() {
        let one = r#"{"lon":1,"lat":2}"#;
        let four = format!("[{one},{one},{one},{one}]");
        for text in [
            format!("{one}\n{one}\n{one}\n{one}"),
            format!(r#"{{"type":"FeatureCollection","features":{four}}}"#),
            four,
        ] {
            assert_eq!(read(&text).err().unwrap().status(), StatusCode::PAYLOAD_TOO_LARGE, "{text}");
        }
    }

    #[test]
    fn what_stands_behind_the_most_points_is_not_read() {
        // Thirty megabytes of empty objects were six gigabytes of points before they were counted.
        let list = "[{},{},{},{},nonsense";
        for text in [list.to_owned(), format!(r#"{{"type":"FeatureCollection","features":{list}"#)] {
            assert_eq!(read(&text).err().unwrap().status(), StatusCode::PAYLOAD_TOO_LARGE, "{text}");
        }
        assert_eq!(read("[{},{},{},nonsense").err().unwrap().status(), StatusCode::BAD_REQUEST);
    }

    #[test]
    fn what_is_no_id_and_no_position_is_told_and_not_held() {
        let check = |text: &str| {
            let (_, written) = read(text).unwrap().remove(0);
            check(written, None, None, &BorderSet::natural_earth().unwrap()).err().unwrap()
        };
        for id in ["{}", "[]", r#"[{"a":1},[2]]"#] {
            let told = check(&format!(r#"{{"lon":1,"lat":2,"id":{id}}}"#));
            assert_eq!(told, ("id", "is neither text nor a number".to_owned()));
        }
        let of = |kind: &str, coordinates: &str| {
            check(&format!(r#"{{"geometry":{{"type":"{kind}","coordinates":{coordinates}}}}}"#)).1
        };
        for coordinates in ["[1]", "[1,2,3,4,5]", "[[1,2],[3,4]]", r#"["1","2"]"#, "{}", "null", "7"] {
            assert_eq!(of("Point", coordinates), "a position is [longitude, latitude]", "{coordinates}");
        }
        assert!(of("Polygon", "[[[1,2],[3,4],[5,6],[1,2]]]").contains("is not measured here"));
    }
}
