//! Maps as pictures: of one incident, and of all that a filter chooses.
//!
//! A picture shows what the public answer at the same address says, and nothing else: it is made from the same snapshot. A record that
//! is not public there has no picture, and one that is known only as an area is drawn as one, without a pin.
//!
//! Cost: about 15 ms of one core for a card of 1200 by 630. Few are drawn at once and few may wait; whoever comes after is told to
//! come back. What was drawn is kept with the tiles, by its whole address and the state of the store.

use crate::answer::{Answer, is_fresh, short_fingerprint};
use crate::app::{App, Lane};
use crate::asked::{Asked, LICENCES, asked, in_ascii};
use crate::error::{Problem, echo};
use crate::items::{self, parse_id};
use crate::page::Words;
use crate::painter::{Painter, PainterLost};
use crate::params::Params;
use crate::{forms, query};
use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use kordon_borders::{BorderSet, LonLat, distance};
use kordon_incidents::{Described, EventType, Incident, Verification};
use kordon_picture_scene::{
    About, Caption, Card, DARK, Dot, EVENTS, Filling, Ground, LIGHT, Lang, Many, Mark, Measured, Scene, Size,
    Theme, card, event_of, many, png,
};
use kordon_store::{Query, Row, Snapshot};
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The media type of a picture.
pub const PNG: &str = "image/png";
/// The themes of pictures, the first unless told.
pub const THEMES: &[&str] = &[LIGHT.name, DARK.name];
/// How many pictures may wait for their turn.
const WAITING: usize = 16;
/// How many incidents are drawn at most; the caption says how many there are.
const MOST_DOTS: usize = 100_000;

/// What pictures are drawn with.
pub struct Studio {
    ground: OnceLock<Ground>,
    queue: Arc<Semaphore>,
}

impl Default for Studio {
    fn default() -> Self {
        Self { ground: OnceLock::new(), queue: Arc::new(Semaphore::new(WAITING)) }
    }
}

impl Studio {
    /// Land and borders; the first call prepares them, which takes some tenths of a second.
    fn ground(&self, borders: &Arc<BorderSet>, coarse: &Arc<BorderSet>) -> &Ground {
        self.ground.get_or_init(|| Ground::new(Arc::clone(borders), Arc::clone(coarse)))
    }

    fn place(&self) -> Result<OwnedSemaphorePermit, Problem> {
        Arc::clone(&self.queue).try_acquire_owned().map_err(|_| Problem::busy())
    }
}

/// How a picture is to look.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Width and height.
    pub size: Size,
    /// The colours.
    pub theme: &'static Theme,
    /// The language.
    pub lang: Lang,
}

impl Look {
    /// From the words of a query string or a command line; a card in English and light colours when nothing is said.
    ///
    /// # Errors
    ///
    /// A 400 problem that names the parameter and what it may be.
    pub fn read(size: Option<&str>, theme: Option<&str>, lang: Option<&str>) -> Result<Self, Problem> {
        let size = match size {
            None => Size::CARD,
            Some(text) => text
                .parse()
                .map_err(|error| Problem::bad_parameter("size", format!("{}: {error}.", echo(text))))?,
        };
        let theme = theme.unwrap_or(LIGHT.name);
        let known = [&LIGHT, &DARK].into_iter().find(|known| known.name == theme);
        let theme = known.ok_or_else(|| {
            let known = THEMES.join(", ");
            Problem::bad_parameter("theme", format!("{} is none of {known}.", echo(theme)))
        })?;
        Ok(Self { size, theme, lang: lang.map_or(Lang::En, Lang::of) })
    }

    fn asked(params: &Params) -> Result<Self, Problem> {
        Self::read(params.get("size"), params.get("theme"), forms::language(params)?)
    }

    /// The words of its language.
    pub(crate) fn words(self) -> Words {
        Words::of(self.lang.tag())
    }
}

/// `GET /collections/incidents/items/{id}/map.png`.
///
/// # Errors
///
/// As of the incident itself; 400 for a size, theme or language that cannot be; 503 when too many are asked for, or the painter
/// was lost.
pub async fn of_incident(
    State(app): State<App>,
    Path(id): Path<String>,
    Extension(params): Extension<Arc<Params>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let look = Look::asked(&params)?;
    let of = params.get("of").map(|name| query::of(name, &app.config.borders)).transpose()?;
    let id = parse_id(&id)?;
    let asked = asked(&app, &params).await?;
    let snapshot = Arc::clone(&asked.snapshot);
    let (store, is_now, found_in) = (Arc::clone(&app.config.store), asked.is_now, Arc::clone(&snapshot));
    let row = app
        .work(move || {
            let row = match &of {
                Some(of) => found_in.get_with(id, of),
                None => found_in.get(id),
            };
            row.ok_or_else(|| items::not_here(&store, id, is_now))
        })
        .await?;
    let query = format!("{id}?{}", params.to_query(&["as-of", "snapshot"]));
    let draw = move |ground: &Ground| scene_of(ground, &snapshot, &row, look);
    serve(&app, &headers, &asked, query, draw).await
}

/// `GET /maps/static.png`: all incidents that match.
///
/// # Errors
///
/// 400 for parameters that cannot be understood; 503 as [`of_incident`].
pub async fn of_filter(
    State(app): State<App>,
    Extension(params): Extension<Arc<Params>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let look = Look::asked(&params)?;
    let wanted = query::filter(&params, &app.config.borders)?;
    let asked = asked(&app, &params).await?;
    let snapshot = Arc::clone(&asked.snapshot);
    let query = format!("static?{}", params.to_query(&["as-of", "snapshot"]));
    // A box is what the picture shows, and says nothing to who looks at it.
    let question = params.without(&["size", "theme", "lang", "as-of", "snapshot", "bbox"]).to_words(&[]);
    let draw = move |ground: &Ground| {
        let patience = wanted.patience.clone();
        query::whole(patience.as_ref(), scene_of_many(ground, &snapshot, wanted, &question, look))
    };
    serve(&app, &headers, &asked, query, draw).await
}

/// Draws, unless the client has it or it was drawn before.
async fn serve(
    app: &App,
    headers: &HeaderMap,
    asked: &Asked,
    query: String,
    draw: impl FnOnce(&Ground) -> Result<Scene, Problem> + Send + 'static,
) -> Result<Response, Problem> {
    let config = &app.config;
    let state = format!("{}-{}", asked.snapshot.id(), short_fingerprint(&config.coarse));
    let etag = format!("W/\"{state}-{}\"", env!("CARGO_PKG_VERSION"));
    let key = format!("p/{state}/{query}");
    let known = is_fresh(headers, &etag).then(Bytes::new).or_else(|| app.tiles.get(&key));
    let bytes = match known {
        Some(bytes) => bytes,
        None => {
            let place = app.studio.place()?;
            let studio = Arc::clone(app);
            let bytes = app
                .work_in(Lane::Picture, move || {
                    let (config, studio) = (&studio.config, &studio.studio);
                    let ground = studio.ground(&config.borders, &config.coarse);
                    let bytes = picture(&config.painter, ground, &draw(ground)?, &query)?;
                    drop(place);
                    Ok(Bytes::from(bytes))
                })
                .await?;
            app.tiles.put(key, bytes.clone());
            bytes
        }
    };
    let attribution = attribution(&config.borders, &config.coarse);
    Ok(Answer::bytes(PNG, bytes)
        .etag(etag)
        .cache(asked.cache())
        .header(LICENCES, in_ascii(&attribution))
        .finish(headers))
}

/// The file of a scene.
///
/// # Errors
///
/// 503 when the painter was lost; the client may ask again.
pub fn picture(painter: &Painter, ground: &Ground, scene: &Scene, query: &str) -> Result<Vec<u8>, Problem> {
    let (pixels, painter) = painter.paint(scene).map_err(|error| lost(&error))?;
    let info = ground.borders().info();
    let about = About {
        painter,
        borders: format!("{} {} {}", info.name, info.version, ground.borders().fingerprint()),
        copyright: attribution(ground.borders(), ground.coarse()),
        query: query.to_owned(),
    };
    Ok(png(&pixels, &about))
}

fn lost(error: &PainterLost) -> Problem {
    tracing::warn!(%error, "a picture was not drawn");
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "painter-lost",
        "The picture was not drawn",
        "The program that paints ended while it drew this; ask again.",
    )
    .header(header::RETRY_AFTER, "1")
}

fn attribution(borders: &BorderSet, coarse: &BorderSet) -> String {
    let (ours, coarse) = (borders.info(), coarse.info());
    let mut told = format!("Borders: {}, {}", ours.attribution, ours.licence);
    if ours.name != coarse.name {
        told.push_str(&format!(". Land: {}, {}", coarse.attribution, coarse.licence));
    }
    told
}

/// The scene of one incident.
///
/// # Errors
///
/// 500 when its document cannot be read.
pub fn scene_of<V>(ground: &Ground, snapshot: &Snapshot<V>, row: &Row, look: Look) -> Result<Scene, Problem> {
    let feature = snapshot.feature(row).map_err(|error| Problem::internal(&error))?;
    let described: Described = serde_json::from_str(&feature).map_err(|error| Problem::internal(&error))?;
    let Incident { places, properties: p, .. } = &described.incident;
    let mark = described.incident.radius().meters.map_or(Mark::Area, Mark::Within);
    Ok(card(
        ground,
        &Card {
            size: look.size,
            theme: look.theme,
            lang: look.lang,
            caption: caption(look.words(), &described),
            places: places.clone(),
            mark,
            event: event_of(p.event_type.map(EventType::as_str)),
            filling: filling(p.verification),
            measured: measured(look.words(), row, &described),
        },
    ))
}

fn caption(words: Words, described: &Described) -> Caption {
    let incident = &described.incident;
    let p = &incident.properties;
    let country = p.country.as_deref().map(|code| words.country(code));
    let names = [p.location.clone(), p.admin1.clone(), country];
    let at: Vec<String> = names.into_iter().flatten().collect();
    let first = [crate::page::when(incident), at.join(", ")];
    let kind = p.event_type.map(|kind| words.term("type", kind.as_str()));
    let hit = p.impacts.first();
    let infrastructure =
        hit.and_then(|hit| hit.infrastructure).map(|kind| words.term("infrastructure", kind.as_str()));
    let damage = hit.and_then(|hit| hit.damage).map(|damage| words.term("damage", damage.as_str()));
    let sure = p.verification.map(|word| words.term("verification", word.as_str()));
    let second: Vec<String> = [kind, infrastructure, damage, sure].into_iter().flatten().collect();
    let mut lines = vec![
        first.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · "),
        second.join(" · "),
    ];
    if incident.radius().meters.is_none() {
        lines.push(words.precision(incident));
    }
    Caption {
        title: incident.title_in(words.tag()).to_owned(),
        lines,
        strong: described.distance().map(|distance| words.distance(distance)),
    }
}

/// The way to the territory that was asked about, else to the nearest foreign one; none from within it.
fn measured(words: Words, row: &Row, described: &Described) -> Option<Measured> {
    let nearest = row.to().or(row.nearest_foreign()).filter(|nearest| nearest.distance_m > 0.0)?;
    let told = words.interval(described.distance()?)?;
    let length = |place: &LonLat| distance(*place, nearest.point).get();
    let from = row.places().iter().min_by(|a, b| length(a).total_cmp(&length(b)))?;
    Some(Measured { from: *from, to: nearest.point, told })
}

fn filling(verification: Option<Verification>) -> Filling {
    match verification {
        Some(Verification::Verified) => Filling::Full,
        Some(Verification::PartiallyVerified) => Filling::Half,
        Some(Verification::Disputed | Verification::FalseOrMisleading) => Filling::Struck,
        _ => Filling::Hollow,
    }
}

/// The scene of all incidents that match, with what was asked in words; where a box was asked for, that box is shown.
pub fn scene_of_many<V>(
    ground: &Ground,
    snapshot: &Snapshot<V>,
    wanted: Query,
    question: &str,
    look: Look,
) -> Scene {
    let bbox = wanted.bbox;
    let found = snapshot.find(&Query { limit: Some(MOST_DOTS), cursor: None, ..wanted });
    let words = look.words();
    let mut dots = Vec::with_capacity(found.rows.len());
    for row in &found.rows {
        let event = event_of(row.event_type().map(EventType::as_str));
        dots.extend(row.places().iter().map(|place| Dot { place: *place, event }));
    }
    let kinds: BTreeSet<usize> = dots.iter().map(|dot| dot.event).collect();
    let legend = kinds.into_iter().map(|event| (event, words.term("type", EVENTS[event]))).collect();
    let mut title = format!("{}: {}", words.say("list.title"), found.matched);
    if found.rows.len() < found.matched {
        title.push_str(&format!(" ({})", found.rows.len()));
    }
    many(
        ground,
        &Many {
            size: look.size,
            theme: look.theme,
            lang: look.lang,
            caption: Caption { title, lines: vec![question.to_owned()], strong: None },
            dots,
            bbox,
            legend,
        },
    )
}
