//! Vector tiles, and the tiles kept from before.
//!
//! A tile is a pure function of the snapshot, the border set, the filter and its address. These
//! make the key under which a tile is kept, so nothing has to be thrown out when the store changes; and the key makes its
//! ETag, so a browser that has a tile asks only whether it is still true. All of the key: MapLibre takes a tile for
//! unchanged when it has the ETag of the one before in its place, also where that was asked for with another filter.

use crate::answer::short_fingerprint;
use crate::answer::{Answer, MVT, etag_of, is_fresh};
use crate::app::App;
use crate::asked::asked;
use crate::error::{Problem, echo};
use crate::params::Params;
use crate::query;
use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The deepest zoom that is drawn.
pub const MAX_ZOOM: u8 = 22;

/// How much is kept, in bytes of tiles and keys.
const CACHE_BYTES: usize = 64 * 1024 * 1024;

/// `GET /collections/incidents/tiles/WebMercatorQuad/{z}/{y}/{x}`.
///
/// # Errors
///
/// 404 for a tile that does not exist, 400 for a filter that cannot be understood.
pub async fn incidents(
    State(app): State<App>,
    Path((z, y, x)): Path<(String, String, String)>,
    Extension(params): Extension<Arc<Params>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    incidents_at(&app, address(&z, &y, &x)?, &params, &headers).await
}

/// `GET /tiles/incidents/{z}/{x}/{y}`: the same with the column before the row.
///
/// # Errors
///
/// As [`incidents`].
pub async fn incidents_xyz(
    State(app): State<App>,
    Path((z, x, y)): Path<(String, String, String)>,
    Extension(params): Extension<Arc<Params>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    incidents_at(&app, address(&z, without_ending(&y), &x)?, &params, &headers).await
}

async fn incidents_at(
    app: &App,
    (z, y, x): Address,
    params: &Params,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let wanted = query::filter(params, &app.config.borders)?;
    let asked = asked(app, params).await?;
    let (snapshot, cache) = (Arc::clone(&asked.snapshot), asked.cache());
    let key = format!("i/{}/{z}/{y}/{x}?{}", snapshot.id(), params.to_query(&["as-of", "snapshot"]));
    let made = move || query::whole(wanted.patience.as_ref(), snapshot.tile(&wanted, z, x, y));
    serve(app, headers, key, cache, made).await
}

/// `GET /collections/territories/tiles/WebMercatorQuad/{z}/{y}/{x}`.
///
/// # Errors
///
/// 404 for a tile that does not exist.
pub async fn territories(
    State(app): State<App>,
    Path((z, y, x)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    territories_at(&app, address(&z, &y, &x)?, &headers).await
}

/// `GET /tiles/territories/{z}/{x}/{y}`: the same with the column before the row.
///
/// # Errors
///
/// As [`territories`].
pub async fn territories_xyz(
    State(app): State<App>,
    Path((z, x, y)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    territories_at(&app, address(&z, without_ending(&y), &x)?, &headers).await
}

async fn territories_at(app: &App, (z, y, x): Address, headers: &HeaderMap) -> Result<Response, Problem> {
    let state =
        format!("{}-{}", short_fingerprint(&app.config.borders), short_fingerprint(&app.config.coarse));
    let key = format!("t/{state}/{z}/{y}/{x}");
    let ground = Arc::clone(app);
    let made = move || Ok(ground.basemap().tile(z, x, y));
    serve(app, headers, key, "public, max-age=3600", made).await
}

async fn serve(
    app: &App,
    headers: &HeaderMap,
    key: String,
    cache: &'static str,
    made: impl FnOnce() -> Result<Vec<u8>, Problem> + Send + 'static,
) -> Result<Response, Problem> {
    let etag = etag_of(&key);
    let known = is_fresh(headers, &etag).then(Bytes::new).or_else(|| app.tiles.get(&key));
    let tile = match known {
        Some(tile) => tile,
        None => {
            let tile = Bytes::from(app.work(made).await?);
            app.tiles.put(key, tile.clone());
            tile
        }
    };
    Ok(Answer::bytes(MVT, tile).etag(etag).cache(cache).finish(headers))
}

/// Zoom, row and column.
type Address = (u8, u32, u32);

/// Plain addresses often end as a file would.
fn without_ending(y: &str) -> &str {
    [".mvt", ".pbf"].iter().find_map(|ending| y.strip_suffix(ending)).unwrap_or(y)
}

/// Zoom, row and column, when such a tile exists.
fn address(z: &str, y: &str, x: &str) -> Result<Address, Problem> {
    let zoom = z.parse::<u8>().ok().filter(|zoom| *zoom <= MAX_ZOOM);
    let side = zoom.map(|zoom| 1_u32 << zoom);
    let part = |text: &str| text.parse::<u32>().ok().filter(|part| side.is_some_and(|side| *part < side));
    match (zoom, part(y), part(x)) {
        (Some(z), Some(y), Some(x)) => Ok((z, y, x)),
        _ => Err(Problem::not_found(format!(
            "There is no tile {}: zoom goes from 0 to {MAX_ZOOM}, row and column from 0 to 2^zoom - 1.",
            echo(&format!("{z}/{y}/{x}"))
        ))),
    }
}

/// A bounded memory of tiles: two generations, of which the older is dropped whole when the younger is full.
/// That is within a factor of two of "least recently used", and every step is a hash lookup.
#[derive(Debug, Default)]
pub struct TileCache(Mutex<Generations>);

#[derive(Debug, Default)]
struct Generations {
    young: HashMap<String, Bytes>,
    young_bytes: usize,
    old: HashMap<String, Bytes>,
    old_bytes: usize,
}

impl TileCache {
    /// A tile made before.
    pub fn get(&self, key: &str) -> Option<Bytes> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tile) = kept.young.get(key) {
            return Some(tile.clone());
        }
        let tile = kept.old.get(key)?.clone();
        kept.insert(key.to_owned(), tile.clone());
        Some(tile)
    }

    /// Keeps a tile for a while.
    pub fn put(&self, key: String, tile: Bytes) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, tile);
    }

    /// How much is kept.
    pub fn bytes(&self) -> usize {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.young_bytes + kept.old_bytes
    }
}

impl Generations {
    fn insert(&mut self, key: String, tile: Bytes) {
        let weight = key.len() + tile.len();
        if weight > CACHE_BYTES / 8 {
            return;
        }
        if self.young_bytes + weight > CACHE_BYTES / 2 {
            self.old = std::mem::take(&mut self.young);
            self.old_bytes = std::mem::take(&mut self.young_bytes);
        }
        if self.young.insert(key, tile).is_none() {
            self.young_bytes += weight;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tiles_that_exist_have_an_address() {
        assert_eq!(address("2", "3", "1").unwrap(), (2, 3, 1));
        for (z, y, x) in [
            ("0", "1", "0"),
            ("0", "0", "1"),
            ("23", "0", "0"),
            ("-1", "0", "0"),
            ("a", "0", "0"),
            ("1", "1.5", "0"),
        ] {
            assert!(address(z, y, x).is_err(), "{z}/{y}/{x}");
        }
    }

    #[test]
    fn the_memory_of_tiles_is_bounded_and_keeps_what_is_asked_for() {
        let cache = TileCache::default();
        let tile = Bytes::from(vec![0_u8; 1024 * 1024]);
        cache.put("wanted".into(), tile.clone());
        for n in 0..200 {
            cache.put(format!("passing/{n}"), tile.clone());
            assert!(cache.get("wanted").is_some(), "after {n}");
            assert!(cache.bytes() <= CACHE_BYTES, "after {n}: {}", cache.bytes());
        }
        assert!(cache.get("passing/0").is_none());
    }
}
