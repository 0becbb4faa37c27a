//! `kordon serve` and `kordon demo`: sockets, signals and logs around the router of `kordon-server`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use kordon_borders::BorderSet;
use kordon_incidents::{IncidentId, ReadOptions, check, read};
use kordon_server::access::Access;
use kordon_server::basemap::Basemap;
use kordon_server::{Config, Limits};
use kordon_store::{Author, BorderSets, Options, Store};

use crate::import::not_packed;
use crate::painter::PainterArg;
use crate::terminal::say;
use crate::view::ViewArgs;
use crate::{Done, StoreArg, open_store, sets, token};

/// The incidents that a demonstration shows.
const SAMPLES: &[u8] =
    include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/samples/incidents.geojson"));

/// Serve the web map and the API.
#[derive(Args)]
pub struct Serve {
    #[command(flatten)]
    socket: Socket,
    #[command(flatten)]
    store: StoreArg,
    #[command(flatten)]
    view: ViewArgs,
}

/// Serve the sample incidents from a fresh store that goes with the process.
#[derive(Args)]
pub struct Demo {
    #[command(flatten)]
    socket: Socket,
}

#[derive(Args)]
struct Socket {
    /// The address to listen on; beyond the loopback, writing needs a token (`kordon token add`)
    #[arg(long, env = "KORDON_LISTEN", value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// The address clients use, when a proxy stands before the server: https://map.example
    #[arg(long, env = "KORDON_BASE_URL", value_name = "URL")]
    base_url: Option<String>,
    /// Take a change or withdrawal of an incident only with the ETag of the revision it is meant for (`If-Match`)
    #[arg(long, env = "KORDON_REQUIRE_IF_MATCH")]
    require_if_match: bool,
    #[command(flatten)]
    painter: PainterArg,
    /// Tiles to draw under the map: a PMTiles file, or the address of a server that each reader's browser then asks, such as
    /// https://tiles.example/{z}/{x}/{y}.png; without this, the page asks nobody but this server
    #[arg(long, env = "KORDON_BASEMAP", value_name = "FILE|URL")]
    basemap: Option<String>,
    /// Whom the map names for these tiles; a PMTiles file may say it itself
    #[arg(long, env = "KORDON_BASEMAP_ATTRIBUTION", value_name = "TEXT", requires = "basemap")]
    basemap_attribution: Option<String>,
}

impl Serve {
    pub fn run(self) -> anyhow::Result<Done> {
        let dir = &self.store.store;
        let borders = Arc::new(self.view.load(sets::DEFAULT, dir)?);
        let store = open(dir, &borders)?;
        self.socket.serve(store, borders, self.view.sets(dir)?, dir)
    }
}

impl Demo {
    pub fn run(self) -> anyhow::Result<Done> {
        let borders = sets::default()?;
        let dir = tempfile::Builder::new().prefix("kordon-demo-").tempdir()?;
        let store = open(&dir.path().join("store"), &borders)?;
        let options = ReadOptions { file: "incidents.geojson".to_owned(), ..ReadOptions::default() };
        let mut samples = Vec::new();
        let mut new_id = || IncidentId::from_random(uuid::Uuid::new_v4().into_bytes());
        for report in read(SAMPLES, &options)? {
            match check(&report?, &mut new_id) {
                Ok(checked) => samples.push(checked.incident),
                Err(faults) => faults.iter().for_each(|fault| say(&fault.to_string())),
            }
        }
        let put = store.put(samples, &Author::new("samples"))?;
        say(&format!("{} sample incidents, in a store that ends with this process", put.accepted));
        let dir = dir.path().join("store");
        self.socket.serve(store, borders, BorderSets::of_store(&dir), &dir)
    }
}

/// Opens a store for writing, and says so when its disk takes no writes: what is on it is served all the same.
fn open(dir: &Path, borders: &Arc<BorderSet>) -> anyhow::Result<Store> {
    let store = open_store(dir, borders, Options { create: true, read_only: false })?;
    if let Some(refusal) = store.refusal() {
        say(&format!("{}: {refusal}", dir.display()));
    }
    Ok(store)
}

impl Socket {
    fn serve(
        self,
        store: Store,
        borders: Arc<BorderSet>,
        sets: BorderSets,
        dir: &Path,
    ) -> anyhow::Result<Done> {
        tracing_subscriber::fmt()
            .with_env_filter(
                tracing_subscriber::EnvFilter::try_from_env("KORDON_LOG")
                    .unwrap_or_else(|_| "warn,kordon=info".into()),
            )
            .with_writer(std::io::stderr)
            .init();
        let loopback = self.listen.ip().is_loopback();
        let tokens = token::load(dir)?;
        // A desk of one's own: on the loopback, with no proxy before it and no token made, whoever sits there may write.
        let own_desk = loopback && self.base_url.is_none() && tokens.is_empty();
        if !loopback && tokens.is_empty() {
            say("no token is made yet (`kordon token add NAME`), so this server is read-only");
        }
        let basemap =
            self.basemap.as_deref().map(|source| Basemap::read(source, self.basemap_attribution.as_deref()));
        let basemap = basemap.transpose().context("--basemap")?;
        let store = Arc::new(store);
        tell_damage(&store, dir)?;
        let config = Config {
            store,
            borders,
            sets: Arc::new(sets),
            coarse: sets::coarse()?,
            access: Access::new(tokens, own_desk),
            base_url: self.base_url,
            loopback,
            require_if_match: self.require_if_match,
            painter: self.painter.painter(),
            basemap,
            limits: Limits::default(),
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(async {
            let listener = match tokio::net::TcpListener::bind(self.listen).await {
                Ok(listener) => listener,
                Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
                    bail!(
                        "{} is in use by another process; choose another with --listen (or `make run PORT=…`)",
                        self.listen
                    )
                }
                Err(error) => return Err(error).with_context(|| format!("listening on {}", self.listen)),
            };
            // Whoever reads that it serves may ask it to end.
            let ended = asked_to_end().context("listening for signals")?;
            let address = listener.local_addr()?;
            // Every address of the machine is no address to open; this machine's own is one of them.
            let open = if address.ip().is_unspecified() { format!("127.0.0.1:{}", address.port()) } else { address.to_string() };
            say(&format!("Kordon serves http://{open}/  (Ctrl-C ends it)"));
            let limits = config.limits.clone();
            tokio::spawn(reread_tokens(dir.to_owned(), config.access.clone()));
            tokio::spawn(tell_unpacked(Arc::clone(&config.store), dir.to_owned()));
            kordon_server::serve(listener, kordon_server::router(config), limits, ended).await;
            Ok(Done::All)
        })
    }
}

/// A store that began with a kept index reads its ledger while it serves already: what is found then is told then.
fn tell_damage(store: &Arc<Store>, dir: &Path) -> std::io::Result<()> {
    if store.refusal().is_some() {
        return Ok(());
    }
    let (store, dir) = (Arc::clone(store), dir.to_owned());
    let wait = move || {
        if let (Some(_), Some(refusal)) = (store.recovery().damage.first(), store.refusal()) {
            say(&format!("{}: {refusal}", dir.display()));
        }
    };
    std::thread::Builder::new().name("kordon-damage".to_owned()).spawn(wait).map(drop)
}

/// Takes tokens that were added or revoked into use while serving. A list that cannot be read changes nothing: nobody
/// gains a right by it, and the next reading tries again.
async fn reread_tokens(dir: PathBuf, access: Access) {
    let mut every = tokio::time::interval(Duration::from_secs(2));
    loop {
        every.tick().await;
        if let Ok(tokens) = token::load(&dir) {
            access.replace(tokens);
        }
    }
}

/// Says which long batches could not be packed: whoever imported them has had an answer by then.
async fn tell_unpacked(store: Arc<Store>, dir: PathBuf) {
    let mut every = tokio::time::interval(Duration::from_secs(2));
    loop {
        every.tick().await;
        if let Some(error) = store.take_packing_failure() {
            say(&format!("{}: {}", dir.display(), not_packed(&error, "the next start")));
        }
    }
}

/// Ends when the process is asked to end, from now on.
fn asked_to_end() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
