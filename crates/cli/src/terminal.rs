//! Words for a person at a terminal: always to stderr, so that stdout stays data.

use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::signal::unix::{SignalKind, signal};

/// Prints one line to stderr. A terminal that has gone away is no reason to fail.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Whether an error is only that the reader of our output has had enough, as `head` has.
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<std::io::Error>();
        io.is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
    })
}

/// An error and what caused it, each said once: some errors tell their cause themselves.
pub fn causes(error: &anyhow::Error) -> String {
    let mut said = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if !said.ends_with(&cause) {
            said.push_str(if said.is_empty() { "" } else { ": " });
            said.push_str(&cause);
        }
    }
    said
}

/// A progress bar over bytes when stderr is a terminal; nothing otherwise.
pub fn progress(total_bytes: Option<u64>, what: &str) -> ProgressBar {
    match total_bytes {
        Some(total) => drawn(ProgressBar::new(total), "{msg} {wide_bar} {bytes}/{total_bytes} {eta}", what),
        None => drawn(ProgressBar::new_spinner(), "{spinner} {msg} {bytes}", what),
    }
}

/// The same over things that are counted, of which there are `total`.
pub fn counted(total: u64, what: &str) -> ProgressBar {
    drawn(ProgressBar::new(total), "{msg} {wide_bar} {human_pos}/{human_len} {eta}", what)
}

/// That something goes on of which nobody knows how long it takes.
pub fn waiting(what: &str) -> ProgressBar {
    drawn(ProgressBar::new_spinner(), "{spinner} {msg}", what)
}

fn drawn(bar: ProgressBar, style: &str, what: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
    }
    bar.set_style(ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_message(what.to_owned());
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// The user has pressed Ctrl-C, and nothing was kept of what was at work.
#[derive(Debug)]
pub struct Interrupted;

impl std::fmt::Display for Interrupted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("interrupted")
    }
}

impl std::error::Error for Interrupted {}

/// True once the user has pressed Ctrl-C: what is at work is finished, then the command ends. A second Ctrl-C ends the
/// process at once, which a store survives as it survives a power cut.
pub fn interrupted() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    let (listening, heard) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async {
            let Ok(mut presses) = signal(SignalKind::interrupt()) else { return };
            // The caller has gone on only if it has ended.
            let _ = listening.send(());
            while presses.recv().await.is_some() {
                if flag.swap(true, Ordering::Relaxed) {
                    std::process::exit(130);
                }
            }
        });
    });
    // An error here is that nobody listens: then Ctrl-C ends the process at once, as it does by itself.
    let _ = heard.recv();
    stop
}
