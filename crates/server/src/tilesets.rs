//! The tiles described: as OGC API – Tiles has it, and as TileJSON 3, which MapLibre and QGIS read.
//!
//! One scheme is offered, WebMercatorQuad, which is also that of plain `z/x/y` addresses. A description that is asked for
//! with a filter names tiles with that filter.

use crate::answer::{Answer, Base, JSON, Link, MVT, address, links_json};
use crate::app::App;
use crate::crs::URIS;
use crate::params::Params;
use crate::tiles::MAX_ZOOM;
use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};
use std::sync::Arc;

/// `application/json`, as TileJSON has no type of its own.
const TILEJSON: &str = JSON;

const SCHEME: &str = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad";
const SCHEME_LINK: &str = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme";
/// Half the side of the square world, in meters.
const HALF_M: f64 = 20_037_508.342_789_244;
/// The side of a tile, in the pixels of the standard.
const PIXELS: f64 = 256.0;
/// The side of a pixel of the standard, in meters.
const PIXEL_M: f64 = 0.000_28;
/// The latitude at which the square world ends.
const EDGE_DEG: f64 = 85.051_128_779_806_59;

/// What has tiles.
struct Tiled {
    id: &'static str,
    title: &'static str,
    /// Layers with their fields.
    layers: &'static [(&'static str, &'static [(&'static str, &'static str)])],
}

const INCIDENTS: Tiled = Tiled {
    id: "incidents",
    title: "Incidents",
    layers: &[(
        "incidents",
        &[
            ("id", "String"),
            ("title", "String"),
            ("event_type", "String"),
            ("verification", "String"),
            ("date", "String"),
            ("foreign", "String"),
            ("distance_m", "Number"),
            ("damage", "String"),
            ("cluster", "Boolean"),
            ("count", "Number"),
            ("stacked", "Number"),
            ("latest", "String"),
        ],
    )],
};

const TERRITORIES: Tiled = Tiled {
    id: "territories",
    title: "Territories",
    layers: &[
        ("land", &[("code", "String")]),
        ("borders", &[("kind", "String"), ("codes", "String")]),
        ("labels", &[("code", "String"), ("name", "String"), ("rank", "Number")]),
    ],
};

/// `GET /tileMatrixSets`.
pub async fn schemes(Extension(base): Extension<Base>, headers: HeaderMap) -> Response {
    let link = Link::new("self", base.at("/tileMatrixSets/WebMercatorQuad"), JSON, "The scheme");
    let body = json!({ "tileMatrixSets": [{
        "id": "WebMercatorQuad",
        "title": "Google Maps Compatible for the World",
        "uri": SCHEME,
        "links": [link.to_json()],
    }]});
    Answer::json(&body).finish(&headers)
}

/// `GET /tileMatrixSets/WebMercatorQuad`.
pub async fn scheme(headers: HeaderMap) -> Response {
    let matrices: Vec<Value> = (0..=MAX_ZOOM)
        .map(|zoom| {
            let side = 1_u32 << zoom;
            let cell_m = 2.0 * HALF_M / PIXELS / f64::from(side);
            json!({
                "id": zoom.to_string(),
                "scaleDenominator": cell_m / PIXEL_M,
                "cellSize": cell_m,
                "cornerOfOrigin": "topLeft",
                "pointOfOrigin": [-HALF_M, HALF_M],
                "tileWidth": PIXELS as u32,
                "tileHeight": PIXELS as u32,
                "matrixWidth": side,
                "matrixHeight": side,
            })
        })
        .collect();
    let body = json!({
        "id": "WebMercatorQuad",
        "title": "Google Maps Compatible for the World",
        "uri": SCHEME,
        "crs": URIS[2],
        "orderedAxes": ["X", "Y"],
        "wellKnownScaleSet": "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
        "tileMatrices": matrices,
    });
    Answer::json(&body).finish(&headers)
}

/// `GET /collections/incidents/tiles`.
pub async fn of_incidents(
    State(app): State<App>,
    Extension(base): Extension<Base>,
    Extension(params): Extension<Arc<Params>>,
    headers: HeaderMap,
) -> Response {
    INCIDENTS.list(&app, &base, &params, &headers)
}

/// `GET /collections/territories/tiles`.
pub async fn of_territories(
    State(app): State<App>,
    Extension(base): Extension<Base>,
    Extension(params): Extension<Arc<Params>>,
    headers: HeaderMap,
) -> Response {
    TERRITORIES.list(&app, &base, &params, &headers)
}

/// `GET /collections/incidents/tiles/WebMercatorQuad`.
pub async fn incidents(
    State(app): State<App>,
    Extension(base): Extension<Base>,
    Extension(params): Extension<Arc<Params>>,
    headers: HeaderMap,
) -> Response {
    Answer::json(&INCIDENTS.tileset(&app, &base, &params)).finish(&headers)
}

/// `GET /collections/territories/tiles/WebMercatorQuad`.
pub async fn territories(
    State(app): State<App>,
    Extension(base): Extension<Base>,
    Extension(params): Extension<Arc<Params>>,
    headers: HeaderMap,
) -> Response {
    Answer::json(&TERRITORIES.tileset(&app, &base, &params)).finish(&headers)
}

/// `GET /collections/incidents/tiles/WebMercatorQuad/tilejson.json`.
pub async fn incidents_tilejson(
    State(app): State<App>,
    Extension(base): Extension<Base>,
    Extension(params): Extension<Arc<Params>>,
    headers: HeaderMap,
) -> Response {
    Answer::json(&INCIDENTS.tilejson(&app, &base, &params)).media(TILEJSON).finish(&headers)
}

/// `GET /collections/territories/tiles/WebMercatorQuad/tilejson.json`.
pub async fn territories_tilejson(
    State(app): State<App>,
    Extension(base): Extension<Base>,
    Extension(params): Extension<Arc<Params>>,
    headers: HeaderMap,
) -> Response {
    Answer::json(&TERRITORIES.tilejson(&app, &base, &params)).media(TILEJSON).finish(&headers)
}

impl Tiled {
    fn at(&self, base: &Base, path: &str, params: &Params) -> String {
        address(base, &format!("/collections/{}/tiles{path}", self.id), &params.to_query(&["f"]))
    }

    fn list(&self, app: &App, base: &Base, params: &Params, headers: &HeaderMap) -> Response {
        let links = [Link::new("self", self.at(base, "", params), JSON, "The tilesets")];
        let body = json!({ "links": links_json(&links), "tilesets": [self.tileset(app, base, params)] });
        Answer::json(&body).links(&links).finish(headers)
    }

    fn tileset(&self, app: &App, base: &Base, params: &Params) -> Value {
        let quad = "/WebMercatorQuad";
        let template = self.at(base, &format!("{quad}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}"), params);
        let mut links = vec![
            Link::new("self", self.at(base, quad, params), JSON, "This tileset").to_json(),
            Link::new(SCHEME_LINK, base.at("/tileMatrixSets/WebMercatorQuad"), JSON, "The scheme").to_json(),
            Link::new("item", template, MVT, "The tiles").to_json(),
            Link::new(
                "describedby",
                self.at(base, &format!("{quad}/tilejson.json"), params),
                TILEJSON,
                "TileJSON",
            )
            .to_json(),
        ];
        links[2]["templated"] = json!(true);
        let layers: Vec<Value> = self
            .layers
            .iter()
            .map(|(id, fields)| {
                let properties: serde_json::Map<String, Value> = fields
                    .iter()
                    .map(|(name, kind)| ((*name).to_owned(), json!({ "type": kind.to_lowercase() })))
                    .collect();
                json!({ "id": id, "dataType": "vector", "propertiesSchema": { "type": "object", "properties": properties } })
            })
            .collect();
        json!({
            "title": self.title,
            "dataType": "vector",
            "crs": URIS[2],
            "tileMatrixSetId": "WebMercatorQuad",
            "tileMatrixSetURI": SCHEME,
            "attribution": app.config.borders.info().attribution,
            "layers": layers,
            "links": links,
        })
    }

    fn tilejson(&self, app: &App, base: &Base, params: &Params) -> Value {
        let layers: Vec<Value> = self
            .layers
            .iter()
            .map(|(id, fields)| {
                let fields: serde_json::Map<String, Value> =
                    fields.iter().map(|(name, kind)| ((*name).to_owned(), json!(kind))).collect();
                json!({ "id": id, "fields": fields, "minzoom": 0, "maxzoom": MAX_ZOOM })
            })
            .collect();
        json!({
            "tilejson": "3.0.0",
            "name": self.title,
            "attribution": app.config.borders.info().attribution,
            "scheme": "xyz",
            "tiles": [address(base, &format!("/tiles/{}/{{z}}/{{x}}/{{y}}", self.id), &params.to_query(&["f"]))],
            "minzoom": 0,
            "maxzoom": MAX_ZOOM,
            "bounds": [-180.0, -EDGE_DEG, 180.0, EDGE_DEG],
            "vector_layers": layers,
        })
    }
}
