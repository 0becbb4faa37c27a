//! What a client reads first: the landing page, the standards kept, and the collections.

use crate::answer::{
    Answer, Base, JSON, Link, MVT, OPENAPI, SCHEMA_JSON, links_json, preferred_language, prefers_html,
};
use crate::app::App;
use crate::asked::When;
use crate::basemap::Basemap;
use crate::crs::URIS;
use crate::error::Problem;
use crate::forms::{self, Form};
use crate::page::{self, Words};
use crate::params::Params;
use crate::queryables::{self, QUERYABLES};
use crate::{assets, items, openapi, tables};
use axum::Extension;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use serde_json::{Value, json};
use std::sync::Arc;

/// What a link to vector tiles is.
pub const TILESETS: &str = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector";

const TITLE: &str = "Kordon";
const DESCRIPTION: &str = "Reported incidents, where they happened, and how close that was to a border.";

/// The conformance classes that are kept, and no others.
const CONFORMS: &[&str] = &[
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tileset",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tilesets-list",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/geodata-tilesets",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/mvt",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-common-3/1.0/conf/schemas",
    "http://www.opengis.net/spec/ogcapi-common-3/1.0/conf/advanced-property-roles",
    // The name that it had in the draft, by which QGIS knows it.
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/schemas",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/filter",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/features-filter",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-json",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-cql2",
    "http://www.opengis.net/spec/cql2/1.0/conf/advanced-comparison-operators",
    "http://www.opengis.net/spec/cql2/1.0/conf/case-insensitive-comparison",
    "http://www.opengis.net/spec/cql2/1.0/conf/accent-insensitive-comparison",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions-plus",
    "http://www.opengis.net/spec/cql2/1.0/conf/spatial-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/temporal-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/array-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/property-property",
    "http://www.opengis.net/spec/cql2/1.0/conf/functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/arithmetic",
];

/// `GET /`: the web map for a browser, links for a program.
///
/// # Errors
///
/// 400 for parameters that the JSON form does not know; the map keeps its own state in the address.
pub async fn landing(
    State(app): State<App>,
    Extension(base): Extension<Base>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let query = query.unwrap_or_default();
    let asked = |form: &str| query.split('&').any(|part| part == form);
    let told = app.config.basemap.as_ref().map(Basemap::told);
    let wants_page = asked("f=html") || (prefers_html(&headers) && !asked("f=json"));
    if let Some(mut page) = wants_page.then(|| assets::index(&headers, told)).flatten() {
        page.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept"));
        return Ok(page);
    }
    Params::read(Some(&query), &["f"], &[])?.one_of("f", &["json"])?;
    let mut links = vec![
        Link::new("self", base.at("/?f=json"), JSON, "This page"),
        Link::new("service-desc", base.at("/api"), OPENAPI, "The API, described"),
        Link::new("conformance", base.at("/conformance"), JSON, "The standards that are kept"),
        Link::new("data", base.at("/collections"), JSON, "The collections"),
        Link::new(
            "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes",
            base.at("/tileMatrixSets"),
            JSON,
            "How tiles are cut",
        ),
        Link::new(
            "http://www.opengis.net/def/rel/ogc/1.0/functions",
            base.at("/functions"),
            JSON,
            "The functions that a filter may call",
        ),
        Link::new("related", base.at("/borders"), JSON, "The border sets in use"),
    ];
    if assets::has_map() {
        links.push(Link::new("alternate", base.at("/?f=html"), "text/html", "The map"));
    }
    let body = json!({ "title": TITLE, "description": DESCRIPTION, "links": links_json(&links) });
    Ok(Answer::json(&body).links(&links).header(header::VARY, "Accept").finish(&headers))
}

/// `GET /conformance`.
pub async fn conformance(headers: HeaderMap) -> Response {
    Answer::json(&json!({ "conformsTo": CONFORMS })).finish(&headers)
}

/// `GET /api`: the OpenAPI 3.0.3 document.
pub async fn api(Extension(base): Extension<Base>, headers: HeaderMap) -> Response {
    Answer::json(&openapi::document(&base)).media(OPENAPI).finish(&headers)
}

/// `GET /collections`.
///
/// # Errors
///
/// As [`tables::item_counts`].
pub async fn collections(
    State(app): State<App>,
    Extension(base): Extension<Base>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let counts = tables::item_counts(&app).await?;
    let links = [
        Link::new("self", base.at("/collections"), JSON, "The collections"),
        Link::new("root", base.at("/"), JSON, "Landing page"),
    ];
    let (reader, of) = (Arc::clone(&app), base.clone());
    // A reference layer that cannot be read is logged, and costs its own collection, not the others.
    let facilities = app.work(move || Ok(crate::facilities::describe(&reader, &of).ok())).await?;
    let mut collections = vec![
        incidents_json(&app, &base).0,
        crate::territories::describe(&app, &base).0,
        tables::describe(&base, tables::DISTANCES, counts).0,
        tables::describe(&base, tables::IMPACTS, counts).0,
    ];
    collections.extend(facilities.map(|(facilities, _)| facilities));
    let body = json!({ "links": links_json(&links), "crs": URIS, "collections": collections });
    Ok(Answer::json(&body).links(&links).finish(&headers))
}

/// `GET /collections/incidents`.
///
/// # Errors
///
/// 400 for a form that is not offered.
pub async fn incidents(
    State(app): State<App>,
    Extension(base): Extension<Base>,
    Extension(params): Extension<Arc<Params>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (body, links) = incidents_json(&app, &base);
    let asked = params.one_of("f", items::ONE_FORMS)?;
    let answer = if asked == Some("html") || (asked.is_none() && prefers_html(&headers)) {
        let tag = match forms::language(&params)? {
            Some(tag) => tag,
            None => preferred_language(&headers, &page::LANGUAGES),
        };
        let asked = When::Now.ask(&app.config.store)?;
        let words = Words::of(tag);
        let page = page::Page {
            words,
            base: &base,
            in_language: base.at("/collections/incidents?f=html&lang="),
            about: &asked.about(&app.config.borders, "", asked.snapshot.len(), None),
            forms: &links,
        };
        Answer::bytes(page::HTML, page.collection()).header(header::CONTENT_LANGUAGE, words.tag())
    } else {
        Answer::json(&body)
    };
    Ok(answer.links(&links).header(header::VARY, "Accept, Accept-Language").finish(&headers))
}

fn incidents_json(app: &App, base: &Base) -> (Value, Vec<Link>) {
    let at = |path: &str| base.at(&format!("/collections/incidents{path}"));
    let items = forms::OFFERS.iter().map(|offer| {
        let address =
            if offer.form == Form::Json { at("/items") } else { at(&format!("/items?f={}", offer.word)) };
        Link::new("items", address, offer.media, offer.title)
    });
    let mut links = vec![Link::new("self", at(""), JSON, "The incidents, described")];
    links.extend(items);
    links.extend([
        Link::new(TILESETS, at("/tiles"), JSON, "The incidents as vector tiles"),
        Link::new(QUERYABLES, at("/queryables"), SCHEMA_JSON, "What incidents can be chosen by"),
    ]);
    links.extend(queryables::schema_links(base, "/collections/incidents"));
    let body = json!({
        "id": "incidents",
        "title": "Incidents",
        "description": DESCRIPTION,
        "itemType": "feature",
        "itemCount": app.config.store.public().len(),
        "extent": {
            "spatial": { "bbox": [[-180.0, -90.0, 180.0, 90.0]], "crs": URIS[0] },
            "temporal": { "interval": [[null, null]] },
        },
        "crs": URIS,
        "storageCrs": URIS[0],
        "tiles": { "template": at("/tiles/WebMercatorQuad/{z}/{y}/{x}"), "type": MVT, "layers": ["incidents"] },
        "links": links_json(&links),
    });
    (body, links)
}

/// `GET /collections/incidents/schema`.
///
/// # Errors
///
/// 400 for a form that is none of [`queryables::SCHEMA_FORMS`].
pub async fn schema(
    Extension(base): Extension<Base>,
    Extension(params): Extension<Arc<Params>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let body = match params.one_of("f", queryables::SCHEMA_FORMS)? {
        Some("geojson") => kordon_incidents::served_schema(),
        _ => {
            let mut schema = kordon_incidents::logical_schema();
            schema["$id"] = json!(base.at("/collections/incidents/schema"));
            schema
        }
    };
    Ok(Answer::json(&body).media(SCHEMA_JSON).finish(&headers))
}
