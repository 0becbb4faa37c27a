//! `GET /live`: what changes, told as it happens (server-sent events).
//!
//! An event is a change of the feed at `/collections/incidents/changes`, in the same words: nothing is told here that is
//! not told there, so what is not public is not told. Its id is the number of the record in the ledger, by which a
//! browser resumes after a break (`Last-Event-ID`), also at another server with the same ledger.
//!
//! Each listener asks for itself whether the store has moved on, [`POLL`] by [`POLL`], which costs one atomic read; what
//! has changed is read from the disk once for all who stand at the same place. A reader that does not take what it is
//! sent holds one page of changes and is dropped by the time limit on readers (`listen.rs`) or here.
//!
//! Cost: a task a listener, [`LISTENERS`] at most.

use crate::answer::{Answer, NO_STORE};
use crate::app::App;
use crate::error::Problem;
use crate::history::{ahead_of_the_ledger, news, whole};
use crate::listen::Ending;
use crate::params::Params;
use crate::query;
use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::Response;
use kordon_store::{Changes, Query, Store};
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::{Instant, sleep, timeout};

/// `text/event-stream`.
pub const EVENTS: &str = "text/event-stream";

/// How many listen at once.
const LISTENERS: usize = 256;
/// How soon after a change it is noticed.
const POLL: Duration = Duration::from_millis(250);
/// After so long a silence a sign of life is sent: proxies close what is silent for a minute.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Changes told at a time.
const PAGE: usize = 500;
/// How long a browser waits before it comes back.
const RETRY_MS: u32 = 3_000;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Those who listen, and what was last read for one of them.
#[derive(Debug)]
pub struct Listeners {
    places: Arc<Semaphore>,
    page: Mutex<Option<Page>>,
}

/// Changes since a record, as the store was at another one: once it has moved on they are read anew, because what was
/// public in them may be hidden now.
#[derive(Debug)]
struct Page {
    since: u64,
    at: u64,
    changes: Arc<Changes>,
}

impl Default for Listeners {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(LISTENERS)), page: Mutex::default() }
    }
}

impl Listeners {
    /// How many listen now.
    pub fn count(&self) -> usize {
        LISTENERS - self.places.available_permits()
    }

    fn since(&self, since: u64, store: &Store) -> Result<Arc<Changes>, Problem> {
        let mut page = self.page.lock().unwrap_or_else(PoisonError::into_inner);
        let at = store.public().seq();
        if let Some(known) = page.as_ref().filter(|known| (known.since, known.at) == (since, at)) {
            return Ok(Arc::clone(&known.changes));
        }
        let found = store.changes(since, PAGE).map_err(|error| Problem::internal(&error))?;
        let changes = Arc::new(found.ok_or_else(|| ahead_of_the_ledger("Last-Event-ID"))?);
        *page = Some(Page { since, at, changes: Arc::clone(&changes) });
        Ok(changes)
    }
}

/// `GET /live`.
///
/// # Errors
///
/// 400 for a filter that cannot be understood and a place that the ledger does not have, 503 when too many listen.
pub async fn live(
    State(app): State<App>,
    Extension(params): Extension<Arc<Params>>,
    ending: Option<Extension<Ending>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let wanted = query::chosen(&params, &app.config.borders)?;
    let since = match headers.get(LAST_EVENT_ID) {
        Some(id) => Some(id.to_str().ok().and_then(|id| id.trim().parse().ok()).ok_or_else(|| {
            Problem::bad_request("bad-last-event-id", "Last-Event-ID is not the id of an event from here.")
        })?),
        None => whole(&params, "since")?,
    };
    let now = app.config.store.public().seq();
    let since = since.unwrap_or(now);
    if since > now {
        return Err(ahead_of_the_ledger("Last-Event-ID"));
    }
    let place = Arc::clone(&app.listeners.places).try_acquire_owned().map_err(|_| {
        Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too-many-listeners",
            "Too many listen already",
            format!("{LISTENERS} listen; /collections/incidents/changes tells the same to whoever asks."),
        )
        .header(header::RETRY_AFTER, "30")
    })?;
    let (sender, receiver) = mpsc::channel(1);
    let listener = Listener { app, wanted: wanted.map(Arc::new), since, sender, _place: place };
    let ending = ending.map(|Extension(ending)| ending).unwrap_or_default();
    tokio::spawn(async move {
        tokio::select! {
            () = listener.tell() => {}
            () = ending.ended() => {} // Who listens never ends by itself, and the server would wait for it.
        }
    });
    Ok(Answer::bytes(EVENTS, Body::new(crate::stream::Pieces::new(receiver)))
        .cache(NO_STORE)
        .header(HeaderName::from_static("x-accel-buffering"), "no") // nginx would collect events otherwise.
        .finish(&HeaderMap::new()))
}

/// One who listens.
struct Listener {
    app: App,
    wanted: Option<Arc<Query>>,
    since: u64,
    sender: mpsc::Sender<std::io::Result<Bytes>>,
    _place: OwnedSemaphorePermit,
}

impl Listener {
    /// Tells what changes until the reader goes away.
    async fn tell(mut self) {
        // An id without data is no event, but the place from which a browser resumes.
        let mut next = format!("retry: {RETRY_MS}\nid: {}\n\n", self.since);
        loop {
            if !next.is_empty() && !self.send(std::mem::take(&mut next)).await {
                return;
            }
            if !self.wait().await {
                return;
            }
            match self.events().await {
                Ok(events) => next = events,
                Err(problem) => {
                    tracing::warn!(problem = problem.detail(), "a listener was dropped");
                    return; // It comes back, and is told then.
                }
            }
        }
    }

    /// Until the store has moved on, with signs of life; `false` when the reader has gone away.
    async fn wait(&self) -> bool {
        let mut beat = Instant::now() + HEARTBEAT;
        while self.app.config.store.public().seq() <= self.since {
            tokio::select! {
                () = self.sender.closed() => return false,
                () = sleep(POLL) => {}
            }
            if Instant::now() >= beat {
                if !self.send(": still here\n\n".to_owned()).await {
                    return false;
                }
                beat = Instant::now() + HEARTBEAT;
            }
        }
        true
    }

    async fn events(&mut self) -> Result<String, Problem> {
        let (app, wanted, since) = (App::clone(&self.app), self.wanted.clone(), self.since);
        let (events, next) = self
            .app
            .work(move || {
                let store = &app.config.store;
                let changes = app.listeners.since(since, store)?;
                let mut events = String::new();
                for news in news(&changes, wanted.as_deref(), &store.public()) {
                    // Writing to a String cannot fail. No JSON text of ours has a line break in it.
                    let (seq, event) = (news.change.seq, news.event());
                    let _ = write!(events, "id: {seq}\nevent: {event}\ndata: {}\n\n", news.to_json());
                }
                // So that a break does not bring back what was looked at and is not told.
                let _ = write!(events, "id: {}\n\n", changes.next);
                Ok((events, changes.next))
            })
            .await?;
        self.since = next;
        Ok(events)
    }

    async fn send(&self, text: String) -> bool {
        let patience = self.app.config.limits.reader_idle;
        matches!(timeout(patience, self.sender.send(Ok(Bytes::from(text)))).await, Ok(Ok(())))
    }
}
