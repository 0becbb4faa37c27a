//! Answers on the wire: JSON with links and validators, and the choice between forms.
//!
//! Every link in a body stands in a `Link` header too (RFC 8288), and is absolute, because GDAL and QGIS
//! follow it literally. An `ETag` names the state an answer was made from; a client that has it gets 304.
//!
//! Everybody gets the same answers, so a shared cache may carry the readers ([`NOW`]). A browser asks each time, by
//! ETag: who has just written something must see it. What is kept is kept for minutes even where the bytes never change
//! ([`PINNED`]): a record may have to be hidden, and then no cache may tell it for long.

use crate::params::Params;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use kordon_borders::BorderSet;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fmt::Display;
use std::str::FromStr;

/// `application/json`.
pub const JSON: &str = "application/json";
/// `application/geo+json`.
pub const GEOJSON: &str = "application/geo+json";
/// `application/schema+json`.
pub const SCHEMA_JSON: &str = "application/schema+json";
/// The media type by which OWSLib, GDAL and QGIS know an OpenAPI 3.0 document.
pub const OPENAPI: &str = "application/vnd.oai.openapi+json;version=3.0";
/// Mapbox vector tiles.
pub const MVT: &str = "application/vnd.mapbox-vector-tile";

/// The reference system of an answer (OGC API – Features Part 2).
pub const CONTENT_CRS: HeaderName = HeaderName::from_static("content-crs");

/// `Cache-Control` of what may change at any time.
pub const NOW: &str = "public, max-age=0, s-maxage=5";
/// The same for caches that have a header of their own (RFC 9213), which may also tell the old while they fetch the new.
const NOW_AT_THE_EDGE: &str = "public, max-age=5, stale-while-revalidate=30";
/// `Cache-Control` of what is the same bytes for ever, or is refused.
pub const PINNED: &str = "public, max-age=600, immutable";
/// `Cache-Control` of what no cache may keep.
pub const NO_STORE: &str = "no-store";

/// Where this server stands, as its clients write it: scheme and authority, perhaps a path, no slash at the end.
#[derive(Clone, Debug)]
pub struct Base(pub String);

impl Base {
    /// An absolute address of a path of ours.
    #[must_use]
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}

/// A link from one answer to another.
#[derive(Clone, Debug)]
pub struct Link {
    /// What the target is to this answer.
    pub rel: &'static str,
    /// The absolute address.
    pub href: String,
    /// Its media type.
    pub media: &'static str,
    /// Its name for people.
    pub title: &'static str,
}

impl Link {
    /// A link with its parts in reading order.
    pub fn new(rel: &'static str, href: String, media: &'static str, title: &'static str) -> Self {
        Self { rel, href, media, title }
    }

    /// As it stands in a JSON body.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({ "rel": self.rel, "href": self.href, "type": self.media, "title": self.title })
    }

    fn to_header(&self) -> String {
        let media = self.media.replace('"', "");
        format!("<{}>; rel=\"{}\"; type=\"{media}\"", self.href, self.rel)
    }
}

/// Links as a JSON array.
#[must_use]
pub fn links_json(links: &[Link]) -> Value {
    links.iter().map(Link::to_json).collect()
}

/// An absolute address of a path of ours with a query, which may be empty.
#[must_use]
pub fn address(base: &Base, path: &str, query: &str) -> String {
    let mark = if query.is_empty() { "" } else { "?" };
    base.at(&format!("{path}{mark}{query}"))
}

/// The links of a page: to itself and, when more follow, to the next, which begins at a cursor.
#[must_use]
pub fn page_links(
    base: &Base,
    path: &str,
    media: &'static str,
    params: &Params,
    next: Option<impl Display>,
) -> Vec<Link> {
    let own = address(base, path, &params.to_query(&[]));
    let mut links = vec![Link::new("self", own, media, "This page")];
    if let Some(next) = next {
        let rest = params.to_query(&["cursor"]);
        let query = format!("{rest}{}cursor={next}", if rest.is_empty() { "" } else { "&" });
        links.push(Link::new("next", address(base, path, &query), media, "The next page"));
    }
    links
}

/// Now, as `timeStamp` has it.
#[must_use]
pub fn time_stamp() -> String {
    let now = jiff::Timestamp::now();
    jiff::Timestamp::from_second(now.as_second()).unwrap_or(now).to_string()
}

/// Enough of a set's fingerprint to tell it, in its view, on its day and with its sets of countries, from any other in an ETag.
#[must_use]
pub fn short_fingerprint(set: &BorderSet) -> String {
    set.fingerprint_of_answers().chars().take(12).collect()
}

/// The ETag of what `told` tells from all else.
#[must_use]
pub fn etag_of(told: &str) -> String {
    let hash = Sha256::digest(told);
    let hash = u64::from_be_bytes(std::array::from_fn(|at| hash[at]));
    format!("W/\"{hash:016x}\"")
}

/// An answer before it becomes a response.
#[derive(Debug)]
pub struct Answer {
    status: StatusCode,
    media: &'static str,
    body: Body,
    etag: Option<String>,
    cache: &'static str,
    links: Vec<String>,
    headers: Vec<(HeaderName, String)>,
}

impl Answer {
    /// An answer of any bytes.
    pub fn bytes(media: &'static str, body: impl Into<Body>) -> Self {
        Self {
            status: StatusCode::OK,
            media,
            body: body.into(),
            etag: None,
            cache: NOW,
            links: Vec::new(),
            headers: Vec::new(),
        }
    }

    /// A JSON answer; its ETag is that of its text unless told.
    #[must_use]
    pub fn json(value: &Value) -> Self {
        Self::text(JSON, value.to_string())
    }

    /// An answer of text that is small enough to be told from another by its hash.
    pub fn text(media: &'static str, text: String) -> Self {
        let etag = etag_of(&text);
        Self::bytes(media, text).etag(etag)
    }

    /// The status, 200 unless told.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Another media type for the same bytes.
    #[must_use]
    pub fn media(mut self, media: &'static str) -> Self {
        self.media = media;
        self
    }

    /// The state this answer was made from.
    #[must_use]
    pub fn etag(mut self, etag: impl Into<String>) -> Self {
        self.etag = Some(etag.into());
        self
    }

    /// The `Cache-Control`; [`NOW`] unless told.
    #[must_use]
    pub fn cache(mut self, cache: &'static str) -> Self {
        self.cache = cache;
        self
    }

    /// Links for the `Link` header.
    #[must_use]
    pub fn links(mut self, links: &[Link]) -> Self {
        self.links.extend(links.iter().map(Link::to_header));
        self
    }

    /// One more header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The response; 304 without a body when the client has this state already.
    #[must_use]
    pub fn finish(self, request: &HeaderMap) -> Response<Body> {
        let fresh =
            self.status == StatusCode::OK && self.etag.as_ref().is_some_and(|etag| is_fresh(request, etag));
        let mut response = if fresh { not_modified() } else { Response::new(self.body) };
        if !fresh {
            *response.status_mut() = self.status;
        }
        let headers = response.headers_mut();
        if !fresh {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.media));
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(self.cache));
        if self.cache == NOW {
            headers.insert("cdn-cache-control", HeaderValue::from_static(NOW_AT_THE_EDGE));
        }
        if let Some(etag) = self.etag.and_then(|etag| HeaderValue::from_str(&etag).ok()) {
            headers.insert(header::ETAG, etag);
        }
        for link in self.links.iter().filter_map(|link| HeaderValue::from_str(link).ok()) {
            headers.append(header::LINK, link);
        }
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
        response
    }
}

/// Whether the client's `If-None-Match` names this state (weak comparison, RFC 9110 §13.1.2).
#[must_use]
pub fn is_fresh(request: &HeaderMap, etag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    request
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|tag| tag.trim() == "*" || opaque(tag) == opaque(etag))
}

/// 304, without a body.
#[must_use]
pub fn not_modified() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    response
}

/// Whether a client would rather have HTML than JSON: a browser says so, `curl` and GDAL do not.
#[must_use]
pub fn prefers_html(headers: &HeaderMap) -> bool {
    let accept = accept(headers);
    quality(&accept, "text/html") > quality(&accept, JSON)
}

/// The first of `offers` that the client's `Accept` likes best; the first of all when it says nothing.
#[must_use]
pub fn negotiate(headers: &HeaderMap, offers: &[&'static str]) -> Option<&'static str> {
    let accept = accept(headers);
    if accept.is_empty() {
        return offers.first().copied();
    }
    let mut best: Option<(&'static str, f32)> = None;
    for offer in offers {
        let found = quality(&accept, offer);
        if found > 0.0 && best.is_none_or(|(_, quality)| found > quality) {
            best = Some((offer, found));
        }
    }
    best.map(|(offer, _)| offer)
}

/// The language out of `offers` that the client likes best; the first of all when it names none of them.
#[must_use]
pub fn preferred_language<'o>(headers: &HeaderMap, offers: &[&'o str]) -> &'o str {
    let mut best = (offers.first().copied().unwrap_or_default(), 0.0);
    for (range, quality) in ranges(headers, &header::ACCEPT_LANGUAGE) {
        let base = range.split('-').next().unwrap_or_default();
        if let Some(offer) = offers.iter().find(|offer| **offer == base)
            && quality > best.1
        {
            best = (offer, quality);
        }
    }
    best.0
}

fn accept(headers: &HeaderMap) -> Vec<(String, f32)> {
    ranges(headers, &header::ACCEPT)
}

/// What a client would take, and how much it likes each.
fn ranges(headers: &HeaderMap, name: &HeaderName) -> Vec<(String, f32)> {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let name = parts.next().unwrap_or_default().to_ascii_lowercase();
            let quality = parts.find_map(|part| part.strip_prefix("q=")).map_or(Ok(1.0), f32::from_str);
            (name, quality.unwrap_or(0.0))
        })
        .collect()
}

/// How much a media type is wanted: by its own name, else by `type/*`, else by `*/*`.
fn quality(accept: &[(String, f32)], media: &str) -> f32 {
    let kind = media.split('/').next().unwrap_or_default();
    let wanted = |name: &str| accept.iter().find(|(range, _)| range == name).map(|(_, quality)| *quality);
    wanted(media).or_else(|| wanted(&format!("{kind}/*"))).or_else(|| wanted("*/*")).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepting(accept: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, accept.parse().unwrap());
        headers
    }

    #[test]
    fn a_browser_gets_the_map_and_a_program_gets_json() {
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";
        assert!(prefers_html(&accepting(browser)));
        for program in
            ["*/*", "application/json", "application/json, text/html;q=0.5", "application/geo+json"]
        {
            assert!(!prefers_html(&accepting(program)), "{program}");
        }
        assert!(!prefers_html(&HeaderMap::new()));
    }

    #[test]
    fn the_form_is_chosen_by_what_is_wanted_most() {
        let offers = [GEOJSON, "text/csv"];
        assert_eq!(negotiate(&HeaderMap::new(), &offers), Some(GEOJSON));
        assert_eq!(negotiate(&accepting("text/csv"), &offers), Some("text/csv"));
        assert_eq!(negotiate(&accepting("text/*;q=0.9, */*;q=0.1"), &offers), Some("text/csv"));
        assert_eq!(negotiate(&accepting("image/png"), &offers), None);
    }

    #[test]
    fn the_language_is_the_one_that_is_liked_best() {
        let of = |accept: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, accept.parse().unwrap());
            preferred_language(&headers, &["en", "uk", "ro"])
        };
        assert_eq!(of("uk-UA,uk;q=0.9,en;q=0.8"), "uk");
        assert_eq!(of("fr, ro;q=0.3, en;q=0.2"), "ro");
        assert_eq!(of("uk;q=0, fr"), "en");
        assert_eq!(preferred_language(&HeaderMap::new(), &["en", "uk"]), "en");
    }

    #[test]
    fn a_known_state_is_answered_with_304_and_keeps_its_etag() {
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_NONE_MATCH, "\"a\", W/\"b\"".parse().unwrap());
        let response = Answer::json(&json!({})).etag("\"b\"").finish(&headers);
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(response.headers()[header::ETAG], "\"b\"");
        assert_eq!(Answer::json(&json!({})).etag("\"c\"").finish(&headers).status(), StatusCode::OK);
    }
}
