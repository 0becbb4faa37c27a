//! `/gazetteer`: the places that a name may mean, and the places around a point.

use crate::answer::Answer;
use crate::app::App;
use crate::error::{Problem, echo};
use crate::params::Params;
use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use kordon_borders::LonLat;
use kordon_gazetteer::{Gazetteer, LONGEST_NAME, Wanted};
use kordon_incidents::country_code;
use serde_json::{Value, json};
use std::sync::Arc;

/// The most candidates of one answer.
pub const MOST: usize = 100;
const FEW: usize = 10;

/// `GET /gazetteer`: candidates, the likeliest first; none is picked.
///
/// # Errors
///
/// 400 for parameters that cannot be understood.
pub async fn find(
    State(app): State<App>,
    Extension(params): Extension<Arc<Params>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let limit = limit(&params, FEW)?;
    let name = params
        .get("q")
        .ok_or_else(|| Problem::bad_parameter("q", "is required: a name or its beginning."))?;
    if name.chars().nth(LONGEST_NAME).is_some() {
        return Err(Problem::bad_parameter("q", format!("is longer than {LONGEST_NAME} characters.")));
    }
    let gazetteer = shipped()?;
    if let Some(country) = params.get("country").filter(|code| gazetteer.country(code).is_none()) {
        let problem = format!("{} is no country of the gazetteer (ISO 3166-1 alpha-3).", echo(country));
        return Err(Problem::bad_parameter("country", problem));
    }
    let near = params.get("near").map(point).transpose()?;
    let asked = Arc::clone(&params);
    let found = app
        .work(move || {
            let (name, country) = (asked.get("q").unwrap_or_default(), asked.get("country"));
            let wanted = Wanted { country, near, limit, ..Wanted::named(name) };
            gazetteer.look_up(&wanted, country_code).map_err(|bad| Problem::internal(&bad))
        })
        .await?;
    let mut answer = told(gazetteer, "places", json!(found.places));
    // What stood behind the name, if anything did.
    for (name, hints) in [("used", found.used), ("unused", found.unused)] {
        if !hints.is_empty() {
            answer[name] = json!(hints);
        }
    }
    Ok(Answer::json(&answer).finish(&headers))
}

/// `GET /gazetteer/nearest`.
///
/// # Errors
///
/// 400 for parameters that cannot be understood.
pub async fn nearest(
    State(app): State<App>,
    Extension(params): Extension<Arc<Params>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let limit = limit(&params, 1)?;
    let lon = params.required_number("lon", -180.0, 180.0)?;
    let lat = params.required_number("lat", -90.0, 90.0)?;
    let point = LonLat::new(lon, lat).map_err(|bad| Problem::bad_parameter("lat", bad.to_string()))?;
    let gazetteer = shipped()?;
    let found =
        app.work(move || gazetteer.nearest(point, limit).map_err(|bad| Problem::internal(&bad))).await?;
    Ok(Answer::json(&told(gazetteer, "nearest", json!(found))).finish(&headers))
}

fn shipped() -> Result<&'static Gazetteer, Problem> {
    Gazetteer::shipped().map_err(|bad| Problem::internal(&bad))
}

/// What was found, with the credit that its licence asks for.
fn told(gazetteer: &Gazetteer, name: &str, found: Value) -> Value {
    let info = gazetteer.info();
    json!({ name: found, "attribution": info.attribution, "licence": info.licence, "version": info.version })
}

fn limit(params: &Params, otherwise: usize) -> Result<usize, Problem> {
    let asked = params.number("limit", 1.0, MOST as f64)?;
    Ok(asked.map_or(otherwise, |limit| limit as usize))
}

/// `LON,LAT`.
fn point(text: &str) -> Result<LonLat, Problem> {
    let numbers = text
        .split_once(',')
        .and_then(|(lon, lat)| Some((lon.trim().parse::<f64>().ok()?, lat.trim().parse::<f64>().ok()?)));
    let (lon, lat) =
        numbers.ok_or_else(|| Problem::bad_parameter("near", format!("{} is not LON,LAT.", echo(text))))?;
    LonLat::new(lon, lat).map_err(|bad| Problem::bad_parameter("near", format!("{bad}.")))
}
