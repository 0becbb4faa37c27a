//! For operators: is it up, can it answer, what has it done.

use crate::answer::{Answer, NO_STORE};
use crate::app::App;
use crate::error::Problem;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use serde_json::json;
use std::fmt::Write;

/// `GET /health`: the process answers.
pub async fn health(State(app): State<App>, headers: HeaderMap) -> Response {
    let body = json!({
        "status": "ok",
        "version": env!("CARGO_PKG_VERSION"),
        "incidents": app.config.store.public().len(),
        "writable": app.config.store.refusal().is_none(),
        "borders": app.config.borders.info().name,
        "uptime_s": app.started.elapsed().as_secs(),
    });
    Answer::json(&body).cache(NO_STORE).finish(&headers)
}

/// `GET /ready`: the store answers.
///
/// # Errors
///
/// 503 when all workers are busy for long, which is when a balancer should send people elsewhere.
pub async fn ready(State(app): State<App>, headers: HeaderMap) -> Result<Response, Problem> {
    let store = std::sync::Arc::clone(&app.config.store);
    let seq = app.work(move || Ok(store.public().seq())).await?;
    Ok(Answer::json(&json!({ "status": "ready", "seq": seq })).cache(NO_STORE).finish(&headers))
}

/// `GET /metrics`: Prometheus text.
pub async fn metrics(State(app): State<App>, headers: HeaderMap) -> Response {
    let snapshot = app.config.store.public();
    let mut text = String::new();
    let mut gauge = |name: &str, kind: &str, help: &str, value: u64| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}");
    };
    gauge("kordon_incidents", "gauge", "Public incidents.", snapshot.len() as u64);
    gauge("kordon_store_seq", "counter", "Sequence number of the last batch.", snapshot.seq());
    gauge("kordon_uptime_seconds", "gauge", "Time since serving began.", app.started.elapsed().as_secs());
    gauge("kordon_tile_cache_bytes", "gauge", "Size of the tiles kept.", app.tiles.bytes() as u64);
    gauge("kordon_listeners", "gauge", "Who listens to changes.", app.listeners.count() as u64);
    let name = "kordon_http_responses_total";
    let _ = writeln!(text, "# HELP {name} Answers by class of status.\n# TYPE {name} counter");
    for (class, count) in app.counts.read() {
        let _ = writeln!(text, "{name}{{class=\"{class}\"}} {count}");
    }
    Answer::bytes("text/plain; version=0.0.4; charset=utf-8", text)
        .cache(NO_STORE)
        .header(header::VARY, "Accept-Encoding")
        .finish(&headers)
}
