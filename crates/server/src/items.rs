//! Incidents on the wire: found, read, written, withdrawn, counted.
//!
//! What readers get is made of the public snapshot alone; a record that is not public is not here for them, as
//! if it did not exist.

use crate::access::Caller;
use crate::answer::{
    Answer, Base, CONTENT_CRS, GEOJSON, JSON, Link, NO_STORE, address, links_json, preferred_language,
    prefers_html, short_fingerprint, time_stamp,
};
use crate::app::{App, Lane};
use crate::asked::{Asked, Source, asked};
use crate::crs::Crs;
use crate::error::{Problem, echo};
use crate::forms::{self, Form, Offer, Wanted};
use crate::history::missing;
use crate::page::{HTML, LANGUAGES, Words};
use crate::params::{Params, encode};
use crate::shape::Shape;
use crate::{body, duplicates, query, record, stream};
use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use kordon_incidents::{Addresses, Checked, Described, Incident, IncidentId};
use kordon_store::{
    Author, Casualties, Cell, Cursor, Dimension, Group, Hit, Outcome, Query, Row, Snapshot, SortBy, Store,
};
use serde_json::{Value, json};
use std::str::FromStr;
use std::sync::Arc;

/// The address of the incidents.
pub const PATH: &str = "/collections/incidents/items";

const AGGREGATE: &str = "/collections/incidents/aggregate";

/// Records written at a time into a long answer.
const CHUNK_ROWS: usize = 500;
/// Things that can be counted by at once.
const MAX_DIMENSIONS: usize = 3;
/// Bytes of what the addresses of all groups repeat.
const MAX_ADDRESSES_BYTES: usize = 64 << 20;

/// `GET /collections/incidents/items`.
///
/// # Errors
///
/// 400 for parameters that cannot be understood, 406 for a form that is not offered.
pub async fn find(
    State(app): State<App>,
    Extension(base): Extension<Base>,
    Extension(params): Extension<Arc<Params>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let shape = Shape::asked(&params)?;
    let content_crs = shape.crs.header();
    let form = forms::wanted(&params, &headers)?;
    if form.form != Form::Json {
        shape.of_another_form()?;
    }
    let mut wanted = query::filter(&params, &app.config.borders)?;
    (wanted.sortby, wanted.then_by) = query::sort(&params)?;
    if form.form == Form::Atom && params.get("sortby").is_none() {
        wanted.sortby = SortBy::RecordedDescending; // Whoever reads a feed looks for what is new at its beginning.
    }
    wanted.cursor = query::cursor(&params, &wanted)?;
    wanted.limit = match (query::limit(&params)?, form.form) {
        (None, Form::Json | Form::Atom | Form::Html) => Some(query::DEFAULT_LIMIT),
        (limit, _) => limit,
    };
    let asked = asked(&app, &params).await?;
    let cache = asked.cache();
    let offer = form.form.offer();
    let etag = match form.form {
        Form::Json => format!("W/\"{}\"", asked.snapshot.id()),
        _ => format!("W/\"{}-{}-{}\"", asked.snapshot.id(), offer.word, form.language),
    };
    let page = Page { base, params, form, shape, asked };
    let answer = match offer.form {
        Form::Json => page.json(&app, wanted).await?,
        Form::Csvw => page.csvw(&app, wanted).await?,
        Form::Html => page.html(&app, wanted).await?,
        _ => page.stream(&app, wanted).await?,
    };
    let answer = match offer.file {
        Some(file) => answer.header(header::CONTENT_DISPOSITION, format!("attachment; filename=\"{file}\"")),
        None => answer,
    };
    Ok(answer
        .etag(etag)
        .cache(cache)
        .header(header::VARY, "Accept, Accept-Language")
        .header(CONTENT_CRS, content_crs)
        .finish(&headers))
}

/// One page of incidents, about to be written.
struct Page {
    base: Base,
    params: Arc<Params>,
    form: Wanted,
    shape: Shape,
    asked: Asked,
}

impl Page {
    fn source(&self, matched: usize, next: Option<&Cursor>) -> Source {
        let borders = self.asked.snapshot.borders();
        let mut source = Source::new(&self.asked, borders, &self.base, PATH, &self.params, matched);
        source.about.next = next.map(|next| self.page_at(next));
        source
    }

    /// The address of this list in another form, from its beginning unless `more` says otherwise.
    fn in_form(&self, form: Form, more: &[(&str, &str)]) -> String {
        let is_table = matches!(form, Form::Csv | Form::Csvw);
        let mut without = vec!["cursor", "f"];
        if form != Form::Json {
            without.extend(["crs", "properties"]); // Only GeoJSON can be told so.
        }
        if !is_table {
            without.extend(["bom", "hxl", "profile"]);
        }
        if more.iter().any(|(name, _)| *name == "lang") {
            without.push("lang");
        }
        let mut query = self.params.to_query(&without);
        let word = if form == Form::Json { "" } else { form.offer().word };
        for (name, value) in
            [("f", word)].iter().chain(more).filter(|(name, value)| *name == "lang" || !value.is_empty())
        {
            let mark = if query.is_empty() { "" } else { "&" };
            query.push_str(&format!("{mark}{name}={value}"));
        }
        address(&self.base, PATH, &query)
    }

    /// The page behind or before that place.
    fn page_at(&self, cursor: &Cursor) -> String {
        self.in_form(self.form.form, &[("cursor", &cursor.to_string())])
    }

    fn links(&self, [previous, next]: [Option<&Cursor>; 2]) -> Vec<Link> {
        let media = self.form.form.offer().media;
        let at = address(&self.base, PATH, &self.params.to_query(&[]));
        let mut links = vec![Link::new("self", at, media, "This page")];
        if let Some(next) = next {
            links.push(Link::new("next", self.page_at(next), media, "The next page"));
        }
        if let Some(previous) = previous {
            links.push(Link::new("prev", self.page_at(previous), media, "The page before"));
        }
        if self.form.form == Form::Csv {
            let about = self.in_form(Form::Csvw, &[]);
            links.push(Link::new("describedby", about, Form::Csvw.offer().media, "The table, described"));
        }
        links.push(Link::new(
            "collection",
            self.base.at("/collections/incidents"),
            JSON,
            "The incidents, described",
        ));
        links
    }

    /// A collection: in one piece if it is short, else written while it is read.
    async fn json(self, app: &App, wanted: Query) -> Result<Answer, Problem> {
        let snapshot = Arc::clone(&self.asked.snapshot);
        let (searched, shape) = (Arc::clone(&snapshot), self.shape.clone());
        let (found, short) = app
            .work(move || {
                let found = searched.find(&wanted);
                let is_short = found.rows.len() <= CHUNK_ROWS;
                let short = is_short
                    .then(|| features(&searched, &found.rows).and_then(|all| shape.tell(all)))
                    .transpose()?;
                Ok((found, short))
            })
            .await?;
        let edges = [found.previous.as_ref(), found.next.as_ref()];
        let (links, source) = (self.links(edges), self.source(found.matched, edges[1]));
        let time_stamp =
            if self.asked.is_pinned { String::new() } else { format!(r#""timeStamp":"{}","#, time_stamp()) };
        let head = r#"{"type":"FeatureCollection","features":["#;
        let foot = format!(
            r#"],"numberMatched":{},"numberReturned":{},{time_stamp}{}"links":{}}}"#,
            found.matched,
            found.rows.len(),
            source.to_members(),
            links_json(&[links.as_slice(), &self.alternates()].concat()),
        );
        let body = match short {
            Some(features) => Body::from([head, &features, &foot].concat()),
            None => {
                let parts = chunks(found.rows).enumerate().map(Part::Rows).chain([Part::Foot(foot)]);
                let shape = self.shape.clone();
                stream::pieces(app, head.into(), parts, move |part| {
                    Ok(match part {
                        Part::Rows((0, rows)) => shape.tell(features(&snapshot, &rows)?)?,
                        Part::Rows((_, rows)) => format!(",{}", shape.tell(features(&snapshot, &rows)?)?),
                        Part::Foot(foot) => foot,
                    }
                    .into_bytes())
                })
            }
        };
        Ok(source.head(GEOJSON, Answer::bytes(GEOJSON, body).links(&links)))
    }

    /// All that was found in any other form, looked up and written while it is read.
    async fn stream(self, app: &App, wanted: Query) -> Result<Answer, Problem> {
        let searched = Arc::clone(&self.asked.snapshot);
        let (found, wanted) = app.work(move || Ok((searched.hits(&wanted), wanted))).await?;
        let edges = [found.previous.as_ref(), found.next.as_ref()];
        let (links, source) = (self.links(edges), self.source(found.matched, edges[1]));
        let media = self.form.form.offer().content_type;
        let addresses = Addresses {
            own: address(&self.base, PATH, &self.params.to_query(&[])),
            page: self.in_form(Form::Html, &[]),
            items: self.base.at(PATH),
        };
        let places = found.rows.iter().map(|hit| self.asked.snapshot.places(*hit));
        let body = match forms::writer(&self.form, &source.about, addresses, places) {
            Some(writer) => self.written(app, writer, (wanted, found.rows)),
            None => self.sequence(app, (wanted, found.rows)),
        };
        let answer =
            Answer::bytes(media, body).links(&links).header(NUMBER_MATCHED, found.matched.to_string());
        Ok(source.head(media, answer))
    }

    fn sequence(self, app: &App, (wanted, hits): (Query, Vec<Hit>)) -> Body {
        let snapshot = self.asked.snapshot;
        stream::pieces(app, Vec::new(), chunks(hits), move |hits| {
            let mut piece = Vec::new();
            forms::features(&snapshot, &snapshot.rows(&wanted, &hits), |feature| {
                piece.push(0x1e);
                piece.extend_from_slice(feature.as_bytes());
                piece.push(b'\n');
            })?;
            Ok(piece)
        })
    }

    fn written(
        self,
        app: &App,
        mut writer: Box<dyn kordon_incidents::Form>,
        (wanted, hits): (Query, Vec<Hit>),
    ) -> Body {
        let (snapshot, language) = (self.asked.snapshot, self.form.language);
        let name = self.asked.name.map(|name| name.to_string()).unwrap_or_default();
        let parts = [Written::Head].into_iter().chain(chunks(hits).map(Written::Rows)).chain([Written::Foot]);
        stream::pieces(app, Vec::new(), parts, move |part| {
            let mut piece = Vec::new();
            match part {
                Written::Head => writer.begin(&mut piece).map_err(|error| Problem::internal(&error))?,
                Written::Rows(hits) => {
                    let described = forms::described(&snapshot, &snapshot.rows(&wanted, &hits))?;
                    forms::add(&mut *writer, &described, (&language, &name), &mut piece)?;
                }
                Written::Foot => writer.end(&mut piece).map_err(|error| Problem::internal(&error))?,
            }
            Ok(piece)
        })
    }

    /// This list in every other form.
    fn alternates(&self) -> Vec<Link> {
        let others = forms::OFFERS.iter().filter(|offer| offer.form != self.form.form);
        let link =
            |offer: &Offer| Link::new("alternate", self.in_form(offer.form, &[]), offer.media, offer.title);
        others.map(link).collect()
    }

    /// A page for people.
    async fn html(self, app: &App, wanted: Query) -> Result<Answer, Problem> {
        let snapshot = Arc::clone(&self.asked.snapshot);
        let is_first = wanted.cursor.is_none();
        let (found, described) = app
            .work(move || {
                let found = snapshot.find(&wanted);
                let described = forms::described(&snapshot, &found.rows)?;
                Ok((found, described))
            })
            .await?;
        let edges = [found.previous.as_ref(), found.next.as_ref()];
        let (links, source) = (self.links(edges), self.source(found.matched, edges[1]));
        let forms = self.alternates();
        let page = crate::page::Page {
            words: Words::of(&self.form.language),
            base: &self.base,
            in_language: self.in_form(Form::Html, &[("lang", "")]),
            about: &source.about,
            forms: &forms,
        };
        let first = (!is_first).then(|| self.in_form(Form::Html, &[]));
        let previous = edges[0].map(|previous| self.page_at(previous));
        let body = page.list(&described, [first.as_deref(), previous.as_deref()]);
        let answer =
            Answer::bytes(HTML, body).links(&links).header(header::CONTENT_LANGUAGE, page.words.tag());
        Ok(source.head(HTML, answer))
    }

    /// The description of the table that `f=csv` gives.
    async fn csvw(self, app: &App, wanted: Query) -> Result<Answer, Problem> {
        let searched = Arc::clone(&self.asked.snapshot);
        let matched = app.work(move || Ok(searched.count(&wanted))).await?;
        let (links, source) = (self.links([None; 2]), self.source(matched, None));
        let url = self.in_form(Form::Csv, &[]);
        let media = self.form.form.offer().media;
        let body = kordon_incidents::csvw(&url, self.form.table, &source.about).to_string();
        Ok(source.head(media, Answer::bytes(media, body).links(&links)))
    }
}

/// A part of an answer that a writer makes.
enum Written {
    Head,
    Rows(Vec<Hit>),
    Foot,
}

/// How many match, where the body has no place for it.
const NUMBER_MATCHED: header::HeaderName = header::HeaderName::from_static("ogc-numbermatched");

/// A part of a long collection.
enum Part<R> {
    /// Some rows, and how many such parts stand before them.
    Rows((usize, Vec<R>)),
    /// What stands behind the rows.
    Foot(String),
}

/// Rows in the portions in which they are written.
fn chunks<R>(rows: Vec<R>) -> impl Iterator<Item = Vec<R>> {
    let mut rows = rows.into_iter();
    std::iter::from_fn(move || {
        let chunk: Vec<R> = rows.by_ref().take(CHUNK_ROWS).collect();
        (!chunk.is_empty()).then_some(chunk)
    })
}

/// Documents with commas between them.
fn features(snapshot: &Snapshot, rows: &[Row]) -> Result<String, Problem> {
    snapshot.features(rows).map_err(|error| Problem::internal(&error))
}

fn feature<V>(snapshot: &Snapshot<V>, row: &Row) -> Result<String, Problem> {
    snapshot.feature(row).map_err(|error| Problem::internal(&error))
}

/// `GET /collections/incidents/items/{id}`.
///
/// # Errors
///
/// 404 when there is none, or was none at that time; 410 when it was withdrawn.
pub async fn one(
    State(app): State<App>,
    Path(id): Path<String>,
    Extension(base): Extension<Base>,
    Extension(params): Extension<Arc<Params>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let form = one_form(&params, &headers)?;
    let shape = Shape::asked(&params)?;
    if form != Form::Json {
        shape.of_another_form()?;
    }
    let content_crs = shape.crs.header();
    let of = params.get("of").map(|name| query::of(name, &app.config.borders)).transpose()?;
    let id = parse_id(&id)?;
    let asked = asked(&app, &params).await?;
    let path = format!("{PATH}/{id}");
    let source = Source::new(&asked, &app.config.borders, &base, &path, &params, 1);
    let cache = asked.cache();
    let store = Arc::clone(&app.config.store);
    let elsewhere = (base.clone(), params.to_query(&[]));
    let (found, revision) = app
        .work(move || {
            let snapshot = &asked.snapshot;
            let row = match &of {
                Some(of) => snapshot.get_with(id, of),
                None => snapshot.get(id),
            };
            match row {
                Some(row) => {
                    let feature = feature(snapshot, &row)?;
                    let revision = revision(&feature);
                    Ok((shape.tell(feature)?, revision))
                }
                None if asked.is_now => Err(missing_or_moved(&store, id, &elsewhere)),
                None => Err(not_here(&store, id, false)),
            }
        })
        .await?;
    if form == Form::Html {
        return one_page(&app, &base, (id, &found, revision), &source, (&params, &headers));
    }
    let answer = written(&app, &base, id, &params.to_query(&[]), (&found, revision));
    Ok(source
        .head(GEOJSON, answer)
        .media(GEOJSON)
        .cache(cache)
        .header(header::VARY, "Accept, Accept-Language")
        .header(CONTENT_CRS, content_crs)
        .finish(&headers))
}

/// Why there is no such incident.
pub fn not_here(store: &Store, id: IncidentId, is_now: bool) -> Problem {
    if is_now {
        return missing(store, id);
    }
    Problem::not_found(format!("There was no incident {id} then, or none that may still be shown."))
}

fn missing_or_moved(store: &Store, id: IncidentId, (base, query): &(Base, String)) -> Problem {
    duplicates::moved(store, base, id, query).unwrap_or_else(|| missing(store, id))
}

/// The form of one incident that a request asks for.
fn one_form(params: &Params, headers: &HeaderMap) -> Result<Form, Problem> {
    Ok(match params.one_of("f", ONE_FORMS)? {
        Some("html") => Form::Html,
        None if prefers_html(headers) => Form::Html,
        _ => Form::Json,
    })
}

/// One incident for people.
fn one_page(
    app: &App,
    base: &Base,
    (id, feature, revision): (IncidentId, &str, u64),
    source: &Source,
    (params, headers): (&Params, &HeaderMap),
) -> Result<Response, Problem> {
    let described: Described = serde_json::from_str(feature).map_err(|error| Problem::internal(&error))?;
    let tag = match forms::language(params)? {
        Some(tag) => tag,
        None => preferred_language(headers, &LANGUAGES),
    };
    let path = format!("{PATH}/{id}");
    let with = |more: &str| {
        let query = params.to_query(&["f", "lang"]);
        address(base, &path, &if query.is_empty() { more.to_owned() } else { format!("{query}&{more}") })
    };
    let alternate = Link::new("alternate", with("f=json"), GEOJSON, "GeoJSON");
    let page = crate::page::Page {
        words: Words::of(tag),
        base,
        in_language: with("f=html&lang="),
        about: &source.about,
        forms: std::slice::from_ref(&alternate),
    };
    let etag =
        format!("\"{}.{}.html.{}\"", revision, short_fingerprint(&app.config.borders), page.words.tag());
    let picture = {
        let query = params.to_query(&["f", "lang", "crs", "properties"]);
        let mark = if query.is_empty() { "" } else { "&" };
        address(base, &format!("{path}/map.png"), &format!("{query}{mark}lang={}", page.words.tag()))
    };
    let answer = Answer::bytes(HTML, page.one(&described, &picture))
        .links(std::slice::from_ref(&alternate))
        .etag(etag)
        .header(header::VARY, "Accept, Accept-Language")
        .header(header::CONTENT_LANGUAGE, page.words.tag());
    Ok(source.head(HTML, answer).finish(headers))
}

/// The forms of one incident.
pub const ONE_FORMS: &[&str] = &["json", "html"];

/// An answer of one feature to a query, which may be empty, with its ETag and links.
fn written(app: &App, base: &Base, id: IncidentId, query: &str, (feature, revision): (&str, u64)) -> Answer {
    let links = [
        Link::new("self", address(base, &format!("{PATH}/{id}"), query), GEOJSON, "This incident"),
        Link::new("collection", base.at("/collections/incidents"), JSON, "The incidents, described"),
        Link::new("version-history", base.at(&format!("{PATH}/{id}/history")), JSON, "All its revisions"),
    ];
    let mut body = feature.to_owned();
    body.pop();
    body.push_str(&format!(",\"links\":{}}}", links_json(&links)));
    Answer::bytes(GEOJSON, body).links(&links).etag(etag(app, revision))
}

/// The state of one record: its revision, and the borders that its distances were measured to.
pub fn etag(app: &App, revision: u64) -> String {
    format!("\"{revision}.{}\"", short_fingerprint(&app.config.borders))
}

/// The number of the revision that a feature says it is, 0 if it says none.
pub fn revision(feature: &str) -> u64 {
    let parsed: Option<Value> = serde_json::from_str(feature).ok();
    parsed.and_then(|feature| feature["properties"]["revision"].as_u64()).unwrap_or(0)
}

/// The id in an address.
///
/// # Errors
///
/// 404 for what is none.
pub fn parse_id(text: &str) -> Result<IncidentId, Problem> {
    IncidentId::from_str(text)
        .map_err(|_| Problem::not_found(format!("There is no incident {}.", echo(text))))
}

/// `POST /collections/incidents/items`: one Feature becomes an incident.
///
/// # Errors
///
/// 400 and 422 with every fault; 409 for an id that is taken, and for a record that was withdrawn; 428 for what would revise
/// a record where `If-Match` is required; 507 and 503 when it cannot be stored.
pub async fn create(
    State(app): State<App>,
    Extension(base): Extension<Base>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let crs = Crs::of_body(&headers)?;
    let bytes = one_body(&app, &headers, body).await?;
    let work = Arc::clone(&app);
    let (id, outcome, feature) = app
        .work_in(Lane::Write, move || {
            let store = &work.config.store;
            let incident = record::read_one(&bytes, crs)?.incident;
            // A report of what is known is a revision, so it must not come between what others compare and write.
            let beside = work.adding();
            let _turn = if store.known_as(&incident).is_some() {
                drop(beside);
                (Some(work.replacing()), None)
            } else {
                (None, Some(beside))
            };
            // One that was withdrawn is not in this snapshot, and PUT would not replace it: the store tells of it.
            if store.full().get(incident.id).is_some() {
                return Err(Problem::new(
                    StatusCode::CONFLICT,
                    "id-taken",
                    "An incident of this id exists",
                    format!("{} exists; PUT replaces it.", incident.id),
                ));
            }
            if work.config.require_if_match {
                revises_none(store, &incident)?;
            }
            put_one(store, incident, &caller)
        })
        .await?;
    let answer = stored(&app, &base, id, &feature).header(header::LOCATION, base.at(&format!("{PATH}/{id}")));
    let status = if outcome == Outcome::Accepted { StatusCode::CREATED } else { StatusCode::OK };
    Ok(answer.status(status).finish(&HeaderMap::new()))
}

/// 428 for a report that the store would take for a new revision of a record, which may be another one than whoever sends it
/// has seen. What says the same again changes nothing, and one that was withdrawn has no ETag to name.
fn revises_none(store: &Store, incident: &Incident) -> Result<(), Problem> {
    let Some(id) = store.known_as(incident).filter(|id| store.full().get(*id).is_some()) else {
        return Ok(());
    };
    let would = store.foresee(vec![incident.clone()], false).map_err(|error| record::not_stored(&error))?;
    if would.updated == 0 {
        return Ok(());
    }
    let detail = format!(
        "By its same_as this is a revision of {id}. Read that record, and replace it by PUT with the ETag of that answer in \
         If-Match."
    );
    Err(precondition_required(detail).with("id", id.to_string()))
}

/// `PUT /collections/incidents/items/{id}`: a new revision.
///
/// # Errors
///
/// As [`create`]; 404, 410; 422 when the body says another id; 412 when the record changed since the revision that
/// `If-Match` names.
pub async fn replace(
    State(app): State<App>,
    Path(id): Path<String>,
    Extension(base): Extension<Base>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let id = parse_id(&id)?;
    let crs = Crs::of_body(&headers)?;
    let bytes = one_body(&app, &headers, body).await?;
    let if_match = if_match(&app, &headers)?;
    let work = Arc::clone(&app);
    let feature = app
        .work_in(Lane::Write, move || {
            let incident = of_id(record::read_one(&bytes, crs)?, id)?;
            let _turn = work.replacing();
            unchanged_since(&work, id, if_match.as_deref())?;
            put_one(&work.config.store, incident, &caller).map(|(_, _, feature)| feature)
        })
        .await?;
    Ok(stored(&app, &base, id, &feature).finish(&HeaderMap::new()))
}

/// `PATCH /collections/incidents/items/{id}`: a new revision, by a JSON merge patch of the Feature.
///
/// # Errors
///
/// As [`replace`]; 422 also when what the patch makes of the record is no sound incident.
pub async fn patch(
    State(app): State<App>,
    Path(id): Path<String>,
    Extension(base): Extension<Base>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let id = parse_id(&id)?;
    let crs = Crs::of_body(&headers)?;
    let bytes = one_body(&app, &headers, body).await?;
    let if_match = if_match(&app, &headers)?;
    let work = Arc::clone(&app);
    let feature = app
        .work_in(Lane::Write, move || {
            let patch = record::read_patch(&bytes, crs)?;
            // What is patched is what is there, so nobody else may write between the two.
            let _turn = work.replacing();
            let before = unchanged_since(&work, id, if_match.as_deref())?;
            let mut feature = serde_json::from_str(&before).map_err(|error| Problem::internal(&error))?;
            record::merge(&mut feature, patch);
            let incident = of_id(record::read_one(feature.to_string().as_bytes(), Crs::Crs84)?, id)?;
            put_one(&work.config.store, incident, &caller).map(|(_, _, feature)| feature)
        })
        .await?;
    Ok(stored(&app, &base, id, &feature).finish(&HeaderMap::new()))
}

/// A body that is one record.
async fn one_body(app: &App, headers: &HeaderMap, body: Body) -> Result<body::Received, Problem> {
    let limits = &app.config.limits;
    body::read(&app.room, headers, body, limits.record_bytes, limits.body_idle).await
}

/// The answer to who has just stored a record: its feature, as it is now.
fn stored(app: &App, base: &Base, id: IncidentId, feature: &str) -> Answer {
    written(app, base, id, "", (feature, revision(feature))).cache(NO_STORE)
}

/// The incident of a body, which has the id of its address or none.
fn of_id(read: Checked, id: IncidentId) -> Result<Incident, Problem> {
    if read.has_own_id && read.incident.id != id {
        return Err(record::other_id(&read, id));
    }
    Ok(Incident { id, ..read.incident })
}

/// `DELETE /collections/incidents/items/{id}`: withdraws it; the history stays.
///
/// # Errors
///
/// 404, 410, and 412 when it changed since the revision that `If-Match` names.
pub async fn withdraw(
    State(app): State<App>,
    Path(id): Path<String>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = parse_id(&id)?;
    let if_match = if_match(&app, &headers)?;
    let work = Arc::clone(&app);
    app.work_in(Lane::Write, move || {
        let _turn = work.replacing();
        unchanged_since(&work, id, if_match.as_deref())?;
        work.config
            .store
            .withdraw(id, &Author::new(&caller.0))
            .map_err(|error| record::not_stored(&error))?;
        Ok(())
    })
    .await?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}

/// Stores one incident; gives its id, what became of it, and its feature as the store has it now.
fn put_one(
    store: &Store,
    incident: Incident,
    caller: &Caller,
) -> Result<(IncidentId, Outcome, String), Problem> {
    let (id, outcome) =
        store.put_one(incident, &Author::new(&caller.0)).map_err(|error| record::not_stored(&error))?;
    let snapshot = store.full();
    let Some(row) = snapshot.get(id) else {
        // The store refuses what would not be seen, so somebody took it away between the two lines above.
        return Err(Problem::gone(format!("The incident {id} was stored, and has been withdrawn since.")));
    };
    Ok((id, outcome, feature(&snapshot, &row)?))
}

fn if_match(app: &App, headers: &HeaderMap) -> Result<Option<String>, Problem> {
    match headers.get(header::IF_MATCH).map(|value| value.to_str()) {
        None if app.config.require_if_match => {
            Err(precondition_required("Read the record, and send the ETag of that answer in If-Match."))
        }
        None => Ok(None),
        Some(Ok(value)) => Ok(Some(value.to_owned())),
        Some(Err(_)) => Err(Problem::bad_request("bad-if-match", "If-Match is not a list of entity tags.")),
    }
}

fn precondition_required(detail: impl Into<String>) -> Problem {
    Problem::new(
        StatusCode::PRECONDITION_REQUIRED,
        "precondition-required",
        "Say which revision you mean to change",
        detail,
    )
}

/// The record, which exists and is still what the client saw.
fn unchanged_since(app: &App, id: IncidentId, if_match: Option<&str>) -> Result<String, Problem> {
    let store = &app.config.store;
    let snapshot = store.full();
    let row = snapshot.get(id).ok_or_else(|| missing(store, id))?;
    let feature = feature(&snapshot, &row)?;
    let Some(if_match) = if_match else { return Ok(feature) };
    let etag = etag(app, revision(&feature));
    if if_match.split(',').any(|tag| tag.trim() == "*" || tag.trim() == etag) {
        return Ok(feature);
    }
    Err(Problem::new(
        StatusCode::PRECONDITION_FAILED,
        "changed-meanwhile",
        "The record changed since you read it",
        "Read it again, mend your change, and send it with the new ETag in If-Match.",
    )
    .header(header::ETAG, &etag))
}

/// `GET /collections/incidents/aggregate`: each group with the address of the incidents that are in it.
///
/// # Errors
///
/// 400 for parameters that cannot be understood, and for more groups than can be told with so long a question.
pub async fn aggregate(
    State(app): State<App>,
    Extension(base): Extension<Base>,
    Extension(params): Extension<Arc<Params>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let by = dimensions(&params)?;
    let wanted = query::filter(&params, &app.config.borders)?;
    let asked = asked(&app, &params).await?;
    let etag = format!("W/\"{}\"", asked.snapshot.id());
    let (counted, snapshot) = (by.clone(), Arc::clone(&asked.snapshot));
    let sums = app.work(move || Ok(snapshot.aggregate(&wanted, &counted))).await?;
    let told = Told { items: address(&base, PATH, &params.to_query(&["by", "f"])), by };
    told.is_short_enough(sums.groups.len())?;
    let words: Vec<&str> = told.by.iter().map(|dimension| dimension.as_str()).collect();
    let source = Source::new(&asked, &app.config.borders, &base, AGGREGATE, &params, sums.matched);
    // In the order in which one object with all of it would be written.
    let (by, deaths, injured) = (json!(words), range(&sums.deaths), range(&sums.injured));
    let head = format!(r#"{{{}"by":{by},"deaths":{deaths},"groups":["#, source.to_members());
    let foot = format!(r#"],"injured":{injured},"matched":{}}}"#, sums.matched);
    let body = if sums.groups.len() <= CHUNK_ROWS {
        Body::from([head, told.groups(&sums.groups), foot].concat())
    } else {
        let parts = chunks(sums.groups).enumerate().map(Part::Rows).chain([Part::Foot(foot)]);
        stream::pieces(&app, head.into(), parts, move |part| {
            Ok(match part {
                Part::Rows((0, groups)) => told.groups(&groups),
                Part::Rows((_, groups)) => format!(",{}", told.groups(&groups)),
                Part::Foot(foot) => foot,
            }
            .into_bytes())
        })
    };
    Ok(source.head(JSON, Answer::bytes(JSON, body)).etag(etag).cache(asked.cache()).finish(&headers))
}

/// How groups are told.
struct Told {
    by: Vec<Dimension>,
    /// The address of all that were counted, with which that of each group begins.
    items: String,
}

impl Told {
    /// Each group repeats the question, which may be as long as a request: of many groups that is an answer of gigabytes.
    fn is_short_enough(&self, groups: usize) -> Result<(), Problem> {
        if self.items.len().saturating_mul(groups) <= MAX_ADDRESSES_BYTES {
            return Ok(());
        }
        let most = MAX_ADDRESSES_BYTES >> 20;
        let detail = format!(
            "makes {groups} groups, and the addresses of their incidents would be longer than {most} MiB together. Count by \
             fewer or coarser things, or ask with a shorter filter."
        );
        Err(Problem::bad_parameter("by", detail).with("groups", groups))
    }

    /// Groups with commas between them.
    fn groups(&self, groups: &[Group]) -> String {
        let groups: Vec<String> = groups.iter().map(|group| self.group(group).to_string()).collect();
        groups.join(",")
    }

    fn group(&self, group: &Group) -> Value {
        let mut object = json!({
            "count": group.count,
            "deaths": range(&group.deaths),
            "injured": range(&group.injured),
        });
        let mut items = self.items.clone();
        for (dimension, value) in self.by.iter().zip(&group.key) {
            object[dimension.as_str()] = json!(value);
            let cell = Cell { by: *dimension, value: value.clone() }.to_string();
            items.push(if items.contains('?') { '&' } else { '?' });
            items.push_str("cell=");
            items.push_str(&encode(&cell));
        }
        object["items"] = items.into();
        object
    }
}

fn range(people: &Casualties) -> Value {
    json!({ "low": people.low, "best": people.best, "high": people.high, "stated_by": people.stated_by })
}

/// What can be counted by.
#[must_use]
pub fn dimension_words() -> Vec<&'static str> {
    Dimension::ALL.iter().map(|dimension| dimension.as_str()).collect()
}

fn dimensions(params: &Params) -> Result<Vec<Dimension>, Problem> {
    let words = dimension_words();
    let by = params.any_of::<Dimension>("by", &words)?;
    let repeated = by.iter().enumerate().any(|(index, dimension)| by[..index].contains(dimension));
    if by.is_empty() || by.len() > MAX_DIMENSIONS || repeated {
        return Err(Problem::bad_parameter(
            "by",
            format!("names one to {MAX_DIMENSIONS} of these, each once: {}.", words.join(", ")),
        )
        .with("allowed", words));
    }
    Ok(by)
}
