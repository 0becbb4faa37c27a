//! What every handler shares: the store, the border sets, the limits, and a place for slow work.

use crate::access::Access;
use crate::basemap::Basemap as OwnBasemap;
use crate::body::Room;
use crate::error::Problem;
use crate::guard;
use crate::listen::Limits;
use crate::live::Listeners;
use crate::painter::Painter;
use crate::pictures::Studio;
use crate::tables::ItemCounts;
use crate::tiles::TileCache;
use axum::http::{HeaderValue, StatusCode};
use kordon_borders::BorderSet;
use kordon_store::{Basemap, BorderSets, Store};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// How long work may wait for its turn before the client is told to come back.
const PATIENCE: Duration = Duration::from_secs(5);

/// Single records being written at once: they wait for one fsync together, so many cost little.
const WRITERS: usize = 64;
/// Files being imported at once.
const IMPORTERS: usize = 2;
/// Files of evidence being read or written at once.
const FILES: usize = 4;
/// States of the past being made at once: each takes half of the cores.
const PASTS: usize = 1;

/// Border sets being read at once: each takes a core and the memory of a set.
const READERS_OF_SETS: usize = 1;

/// Kinds of work that do not wait for each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Questions.
    Read,
    /// Single records.
    Write,
    /// Whole files.
    Import,
    /// Border sets being read.
    Sets,
    /// States of the past, which may have to be made.
    Past,
    /// Pictures.
    Picture,
    /// Files of evidence, which may be large.
    Evidence,
}

/// What a server is made of.
pub struct Config {
    /// Truth and its index.
    pub store: Arc<Store>,
    /// The precise border set: distances and border lines.
    pub borders: Arc<BorderSet>,
    /// The border sets that can be asked for by name.
    pub sets: Arc<BorderSets>,
    /// The coarse border set: the land that maps are drawn on.
    pub coarse: Arc<BorderSet>,
    /// Who may write.
    pub access: Access,
    /// The address clients know this server by, when a proxy stands before it: `https://map.example`.
    pub base_url: Option<String>,
    /// Whether the server listens on a loopback address only; then only names of this desk are answered.
    pub loopback: bool,
    /// Whether a record is changed only by who names, in `If-Match`, the revision that is to be changed. QGIS names none.
    pub require_if_match: bool,
    /// Who paints pictures.
    pub painter: Painter,
    /// What lies under the map in place of our own rivers and lakes.
    pub basemap: Option<OwnBasemap>,
    /// What one client may ask of time and memory.
    pub limits: Limits,
}

/// [`Config`] and what is counted and kept while serving.
pub struct Shared {
    /// As it was given.
    pub config: Config,
    /// Tiles made before.
    pub tiles: TileCache,
    /// What was answered so far.
    pub counts: Counts,
    /// Who listens to changes.
    pub listeners: Listeners,
    /// When serving began.
    pub started: Instant,
    /// The memory for bodies on their way in.
    pub room: Room,
    /// How many rows the tables of a snapshot have, by its id.
    pub table_counts: Mutex<Option<(String, ItemCounts)>>,
    /// What pictures are drawn with.
    pub studio: Studio,
    /// What pages of ours may load.
    pub policy: HeaderValue,
    lanes: Lanes,
    replacing: RwLock<()>,
    basemap: OnceLock<Basemap>,
}

/// The state of the router.
pub type App = Arc<Shared>;

impl Shared {
    /// Takes a configuration into use.
    #[must_use]
    pub fn new(config: Config) -> Self {
        config.sets.hold(&config.borders);
        config.sets.hold(&config.coarse);
        Self {
            tiles: TileCache::default(),
            counts: Counts::default(),
            listeners: Listeners::default(),
            started: Instant::now(),
            room: Room::new(config.limits.bodies_bytes),
            table_counts: Mutex::default(),
            studio: Studio::default(),
            policy: guard::policy(config.basemap.as_ref().and_then(OwnBasemap::host)),
            lanes: Lanes::default(),
            replacing: RwLock::new(()),
            basemap: OnceLock::new(),
            config,
        }
    }

    /// The ground that maps are drawn on. The first call prepares it, which takes a second.
    pub fn basemap(&self) -> &Basemap {
        self.basemap.get_or_init(|| Basemap::new(&self.config.borders, &self.config.coarse))
    }

    /// A turn to compare a record with what a client saw and then replace it, with no other such change between.
    /// It holds against other clients of this server; the store takes an import meanwhile as it always does.
    pub fn replacing(&self) -> RwLockWriteGuard<'_, ()> {
        self.replacing.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// A turn to add what is new. Nobody replaces meanwhile, and others may add: they wait for one fsync together.
    pub fn adding(&self) -> RwLockReadGuard<'_, ()> {
        self.replacing.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs reading work that takes time: at most two pieces a core at once.
    ///
    /// # Errors
    ///
    /// As [`Shared::work_in`].
    pub async fn work<T, F>(&self, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T, Problem> + Send + 'static,
    {
        self.work_in(Lane::Read, work).await
    }

    /// Runs work that takes time on a thread made for it, so that other connections are not held up. Each lane has
    /// its own places: a long import keeps no reader waiting.
    ///
    /// # Errors
    ///
    /// The work's own; 503 when its turn does not come soon; 500 when it panicked.
    pub async fn work_in<T, F>(&self, lane: Lane, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T, Problem> + Send + 'static,
    {
        self.lanes.run(lane, work).await
    }
}

/// The places of each [`Lane`].
struct Lanes([Arc<Semaphore>; 7]);

impl Default for Lanes {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let permits = [cores * 2, WRITERS, IMPORTERS, READERS_OF_SETS, PASTS, cores, FILES];
        Self(permits.map(|permits| Arc::new(Semaphore::new(permits))))
    }
}

impl Lanes {
    async fn run<T, F>(&self, lane: Lane, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T, Problem> + Send + 'static,
    {
        let places = Arc::clone(&self.0[lane as usize]);
        let Ok(Ok(place)) = tokio::time::timeout(PATIENCE, places.acquire_owned()).await else {
            return Err(Problem::busy());
        };
        let done = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(place);
            result
        });
        done.await.unwrap_or_else(|error| Err(Problem::internal(&error)))
    }
}

/// Answers by class of status, for operators.
#[derive(Debug, Default)]
pub struct Counts([AtomicU64; 6]);

impl Counts {
    /// Counts one answer.
    pub fn add(&self, status: StatusCode) {
        if let Some(count) = self.0.get(usize::from(status.as_u16() / 100)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The classes (`2xx` …) and how many answers each had.
    pub fn read(&self) -> impl Iterator<Item = (String, u64)> {
        self.0
            .iter()
            .enumerate()
            .skip(1)
            .map(|(class, count)| (format!("{class}xx"), count.load(Ordering::Relaxed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[tokio::test]
    async fn who_asks_for_a_second_past_is_told_to_come_back_and_questions_do_not_wait() {
        let lanes = Lanes::default();
        let (let_go, hold) = mpsc::channel::<()>();
        let first = lanes.run(Lane::Past, move || Ok(hold.recv().is_ok()));
        let others = async {
            assert_eq!(lanes.run(Lane::Read, || Ok(7)).await.unwrap(), 7);
            let second = lanes.run(Lane::Past, || Ok(())).await.unwrap_err();
            assert_eq!(second.status(), StatusCode::SERVICE_UNAVAILABLE);
            let_go.send(()).unwrap();
        };
        let (first, ()) = tokio::join!(first, others);
        assert!(first.unwrap());
        lanes.run(Lane::Past, || Ok(())).await.unwrap();
    }
}
