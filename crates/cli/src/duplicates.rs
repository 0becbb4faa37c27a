//! `kordon duplicates`: pairs of incidents that may be one event, with what speaks for and against it.

use std::io::{BufWriter, Write};

use clap::Args;
use kordon_store::{Duplicates as Found, Full, Likely, Pair, Snapshot};
use serde::Serialize;

use crate::filter::Filter;
use crate::find::{day, look_into, shortened};
use crate::terminal::{Interrupted, counted, interrupted, say};
use crate::{Done, StoreArg};

/// List pairs of incidents that may be one event, the likeliest first.
#[derive(Args)]
pub struct Duplicates {
    #[command(flatten)]
    filter: Filter,
    #[command(flatten)]
    store: StoreArg,
    /// The least score, 0 to 1; 0.5 is as likely as not
    #[arg(long, env = "KORDON_SCORE", default_value = "0.5", value_parser = score)]
    score: f64,
    /// At most so many pairs (default: 50 in words, all as JSON)
    #[arg(long, env = "KORDON_LIMIT")]
    limit: Option<usize>,
    /// Print JSON, one pair a line
    #[arg(long, env = "KORDON_JSON")]
    json: bool,
}

/// Below a tenth everything that happened in one town on one day is a pair.
fn score(text: &str) -> Result<f64, String> {
    let score = text.parse().ok().filter(|score| (0.1..1.0).contains(score));
    score.ok_or_else(|| "give a number from 0.1 to 0.99".to_owned())
}

/// A pair as JSON: with the reasons in words as well.
#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    pair: &'a Pair,
    is_repost: bool,
    why: Vec<String>,
}

impl Duplicates {
    pub fn run(self) -> anyhow::Result<Done> {
        let stop = interrupted();
        let (store, borders, whole) = look_into(&self.store)?;
        let query = self.filter.query(&borders)?;
        let snapshot = store.full();
        let limit = self.limit.unwrap_or(if self.json { usize::MAX } else { 50 });
        let bar = counted(snapshot.len() as u64, "incidents compared");
        let goes_on = |done: usize, of: usize| {
            bar.set_length(of as u64);
            bar.set_position(done as u64);
            !stop.load(std::sync::atomic::Ordering::Relaxed)
        };
        let found = snapshot.duplicates(&query, Likely { score: self.score, limit }, &goes_on)?;
        bar.finish_and_clear();
        if stop.load(std::sync::atomic::Ordering::Relaxed) {
            return Err(Interrupted.into());
        }
        let mut out = BufWriter::new(std::io::stdout().lock());
        for pair in &found.pairs {
            if self.json {
                let why = pair.likeness.reasons.iter().map(|weighed| weighed.reason.to_string()).collect();
                serde_json::to_writer(&mut out, &Told { pair, is_repost: pair.likeness.is_repost(), why })?;
                writeln!(out)?;
            } else {
                tell(&mut out, pair, &snapshot)?;
            }
        }
        out.flush()?;
        end(&found);
        Ok(whole)
    }
}

fn tell(out: &mut impl Write, pair: &Pair, snapshot: &Snapshot<Full>) -> std::io::Result<()> {
    for (at, id) in pair.ids.iter().enumerate() {
        let begin = if at == 0 { format!("{:.2}", pair.likeness.score) } else { String::new() };
        let row = snapshot.get(*id);
        let (day, title) =
            row.map_or_else(Default::default, |row| (day(row.start_s()), shortened(row.title())));
        writeln!(out, "{begin:4}  {id}  {day}  {title}")?;
    }
    for weighed in &pair.likeness.reasons {
        writeln!(out, "      {:+.1}  {}", weighed.points, weighed.reason)?;
    }
    if pair.likeness.is_repost() {
        writeln!(out, "            one may repeat the other: together they are one source, not two")?;
    }
    writeln!(out)
}

fn end(found: &Found) {
    say(&format!("{} of {} pairs", found.pairs.len(), found.matched));
    if found.crowded > 0 {
        say(&format!(
            "{} incidents have more neighbours in place and time than are compared; those nearest in time were",
            found.crowded
        ));
    }
    if !found.pairs.is_empty() {
        say("`kordon merge ID --into ID` makes one of two");
    }
}
