//! The web map's files, embedded in the binary when it is built.
//!
//! Files under `assets/` carry a hash in their name and are kept by browsers for ever; the others are asked
//! for again each time and answered by ETag. A build without the web map serves the API alone.

use crate::answer::{Answer, is_fresh, not_modified};
use crate::page::HTML;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, header};
use kordon_incidents::xml;
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Web;

/// The web map's page, when it is built in; with what it is told of a basemap.
#[must_use]
pub fn index(headers: &HeaderMap, basemap: Option<&str>) -> Option<Response<Body>> {
    let Some(told) = basemap else { return file("index.html", headers) };
    let page = String::from_utf8(Web::get("index.html")?.data.into_owned()).ok()?;
    let meta = format!("<meta name=\"basemap\" content=\"{}\">\n  </head>", xml(told));
    let page = page.replacen("</head>", &meta, 1);
    Some(Answer::bytes(HTML, page).header(header::CACHE_CONTROL, "no-cache").finish(headers))
}

/// Whether the web map is built in.
#[must_use]
pub fn has_map() -> bool {
    Web::get("index.html").is_some()
}

/// One embedded file by its path, `None` when there is none.
#[must_use]
pub fn file(path: &str, headers: &HeaderMap) -> Option<Response<Body>> {
    let found = Web::get(path)?;
    let etag = etag(&found);
    let lifetime =
        if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut response =
        if is_fresh(headers, &etag) { not_modified() } else { Response::new(Body::from(found.data)) };
    let answer = response.headers_mut();
    answer.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
    answer.insert(header::CACHE_CONTROL, HeaderValue::from_static(lifetime));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        answer.insert(header::ETAG, etag);
    }
    Some(response)
}

fn etag(found: &EmbeddedFile) -> String {
    let hash = found.metadata.sha256_hash();
    let short: String = hash.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    format!("W/\"{short}\"")
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("geojson") => "application/geo+json",
        Some("json" | "map") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("pbf" | "mvt") => "application/vnd.mapbox-vector-tile",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_out_of_the_folder_is_nothing() {
        for path in ["../Cargo.toml", "..%2fCargo.toml", "/etc/passwd", "assets/../../Cargo.toml", ""] {
            assert!(file(path, &HeaderMap::new()).is_none(), "{path}");
        }
    }

    #[test]
    fn every_kind_of_file_the_map_uses_has_its_type() {
        for (path, expected) in
            [("a.mjs", "text/javascript"), ("a.woff2", "font/woff2"), ("index.html", "text/html")]
        {
            assert!(content_type(path).starts_with(expected), "{path}");
        }
    }
}
