//! `kordon distance --input`: a file of places, one answer a row.
//!
//! One thread reads chunks that end where a record ends; another has them parsed, measured and written out as text,
//! each of the three on all cores; the main thread writes. So memory is bounded by a few chunks however long the file
//! is, and rows come out in the order they came in. The places of a chunk are measured along a Hilbert curve, which
//! pays because a chunk is large ([`read::CHUNK_BYTES`]).
//!
//! A row that cannot be read is named on stderr and answered with its `id` and nothing else. Bytes that cannot be text
//! end the whole run, and an old output file stays as it was; so does Ctrl-C.

mod parquet;
mod read;
mod row;
mod write;

use std::collections::HashMap;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use anyhow::{anyhow, bail};
use kordon_borders::{BorderSet, LonLat, Nearest, Target};
use kordon_incidents::Fault;

use crate::Done;
use crate::output::write_to;
use crate::terminal::{Interrupted, interrupted, progress, say};
use read::Input;
use row::{Asked, Row, Wrong};
use write::Line;

/// Faults that are told one by one; the rest are counted.
const TOLD: u64 = 100;
/// Names of targets that are remembered, known or not.
const NAMES: usize = 4_096;
/// The longest name that a country can have.
const NAME_BYTES: usize = 100;

/// Whether two names lead to one regular file.
fn is_same_file(a: &Path, b: &Path) -> bool {
    let known = |path: &Path| std::fs::metadata(path).ok().filter(|meta| meta.is_file());
    let [a, b] = [known(a), known(b)].map(|meta| meta.map(|meta| (meta.dev(), meta.ino())));
    a.is_some() && a == b
}

/// Answers every row of `input`: `-` is standard input.
pub fn run(
    borders: &BorderSet,
    to: Vec<Target>,
    input: &Path,
    output: Option<&Path>,
) -> anyhow::Result<Done> {
    if output.is_some_and(|output| is_same_file(input, output)) {
        bail!("{}: the answers would take the place of the places; give -o another name", input.display());
    }
    let stop = interrupted();
    let bar = progress(std::fs::metadata(input).ok().map(|m| m.len()), &input.display().to_string());
    let input = Input::open(input, &bar)?;
    let csv = output.is_some_and(|o| o.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv")));
    let tally = write_to(output, |out| {
        if csv {
            writeln!(out, "{}", write::COLUMNS.join(","))?;
        }
        let (filled, chunks) = sync_channel(1);
        // Not joined: it may wait for ever on a standard input that nobody writes to.
        std::thread::spawn(move || read_all(input, &filled));
        let batch = Batch::new(borders, to, csv);
        std::thread::scope(|scope| {
            let (answered, texts) = sync_channel(1);
            let halt = Arc::clone(&stop);
            scope.spawn(move || answer_all(batch, &chunks, &answered, &halt));
            let mut tally = Tally::default();
            // Owned here, so that an error below closes the channel and so ends the thread above.
            let texts = texts;
            while let Some(part) = receive(&texts, &stop)? {
                let part = part?;
                for text in &part.texts {
                    out.write_all(text)?;
                }
                tally.add(&part);
            }
            anyhow::Ok(tally)
        })
    })?;
    bar.finish_and_clear();
    let Tally { answered, refused } = tally;
    let told = if refused > TOLD { format!(", of which {TOLD} are named above") } else { String::new() };
    say(&format!("answered {answered}, refused {refused}{told}"));
    Ok(if refused == 0 { Done::All } else { Done::SomeRefused })
}

#[derive(Default)]
struct Tally {
    answered: u64,
    refused: u64,
}

impl Tally {
    fn add(&mut self, part: &Part) {
        let room = TOLD.saturating_sub(self.refused) as usize;
        part.faults.iter().take(room).for_each(|fault| say(&fault.to_string()));
        self.answered += part.answered;
        self.refused += part.refused;
    }
}

/// The chunks of a file and, when it was read to its end, `None`.
type Reading = anyhow::Result<Option<read::Chunk>>;

fn read_all(mut input: Input, filled: &SyncSender<Reading>) {
    loop {
        let chunk = input.next();
        let is_last = !matches!(chunk, Ok(Some(_)));
        if filled.send(chunk).is_err() || is_last {
            return;
        }
    }
}

fn answer_all(
    mut batch: Batch,
    chunks: &Receiver<Reading>,
    answered: &SyncSender<anyhow::Result<Part>>,
    stop: &AtomicBool,
) {
    // An interruption is told by the thread that waits for the answers.
    while let Ok(chunk) = receive(chunks, stop) {
        let part = match chunk.unwrap_or_else(|| Err(anyhow!("the input was not read to its end"))) {
            Ok(Some(chunk)) => Ok(batch.answer(&chunk)),
            Ok(None) => return,
            Err(error) => Err(error),
        };
        let failed = part.is_err();
        if answered.send(part).is_err() || failed {
            return;
        }
    }
}

/// What comes next; `None` when nothing will. After an interruption it is always that: a thread which has stopped for it has
/// not come to its end.
fn receive<T>(from: &Receiver<T>, stop: &AtomicBool) -> Result<Option<T>, Interrupted> {
    loop {
        let received = from.recv_timeout(Duration::from_millis(100));
        if stop.load(Ordering::Relaxed) {
            return Err(Interrupted);
        }
        match received {
            Ok(next) => return Ok(Some(next)),
            Err(RecvTimeoutError::Disconnected) => return Ok(None),
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

/// The answers to one chunk, as text in the order of its rows.
struct Part {
    texts: Vec<Vec<u8>>,
    /// The first of what was wrong.
    faults: Vec<Fault>,
    refused: u64,
    answered: u64,
}

struct Batch<'a> {
    borders: &'a BorderSet,
    csv: bool,
    /// How many of the targets every row without one of its own is measured to.
    common: usize,
    /// Those, then the ones that rows asked for by name.
    targets: Vec<Target>,
    names: HashMap<String, Result<usize, String>>,
    /// Rows of the chunks before.
    rows_before: u64,
}

impl<'a> Batch<'a> {
    fn new(borders: &'a BorderSet, targets: Vec<Target>, csv: bool) -> Self {
        Self { borders, csv, common: targets.len(), targets, names: HashMap::new(), rows_before: 0 }
    }

    fn answer(&mut self, chunk: &read::Chunk) -> Part {
        let mut rows = chunk.rows();
        let own: Vec<Option<usize>> = rows.iter_mut().map(|row| self.own_target(row)).collect();
        let lines = self.lines(&rows, &own);
        let places: Vec<LonLat> =
            rows.iter().filter_map(|row| row.asked.as_ref().ok()).map(|asked| asked.place).collect();
        let foreign = self.borders.nearest_foreign_many(&places, f64::INFINITY);
        let to = self.measure(&lines, &places);
        let texts = write::texts(self.borders, &self.targets, &lines, &foreign, &to, self.csv);
        let wrong = || rows.iter().filter_map(|row| row.asked.as_ref().err());
        let refused = wrong().count() as u64;
        let part = Part {
            texts,
            faults: wrong().take(TOLD as usize).map(|wrong| chunk.fault(wrong)).collect(),
            refused,
            answered: lines.len() as u64 - refused,
        };
        self.rows_before += rows.len() as u64;
        part
    }

    /// One line for each row and target.
    fn lines<'r>(&self, rows: &'r [Row<'_>], own: &[Option<usize>]) -> Vec<Line<'r>> {
        let mut lines = Vec::with_capacity(rows.len() * self.common.max(1));
        let mut place = 0;
        for (at, (row, own)) in rows.iter().zip(own).enumerate() {
            let number = self.rows_before + at as u64;
            let mut put = |asked, target| lines.push(Line { id: &row.id, number, asked, target });
            let Ok(asked) = &row.asked else {
                put(None, None);
                continue;
            };
            let asked = Some((place, asked.place));
            place += 1;
            match own {
                Some(own) => put(asked, Some(*own)),
                None if self.common == 0 => put(asked, None),
                None => (0..self.common).for_each(|target| put(asked, Some(target))),
            }
        }
        lines
    }

    /// The target that a row named; a name that nobody bears makes a fault of the row.
    fn own_target(&mut self, row: &mut Row<'_>) -> Option<usize> {
        let Ok(Asked { to: Some(name), to_column, .. }) = &row.asked else { return None };
        match self.target_named(name) {
            Ok(target) => Some(target),
            Err(problem) => {
                let (line, column) = (row.line, *to_column);
                row.asked = Err(Wrong { line, column, field: "to", problem: problem.into(), hint: "" });
                None
            }
        }
    }

    fn target_named(&mut self, name: &str) -> Result<usize, String> {
        if let Some(known) = self.names.get(name) {
            return known.clone();
        }
        if name.len() > NAME_BYTES {
            return Err("no territory or set of countries has so long a name".into());
        }
        let found = self.borders.target(name, None).map_err(|error| error.to_string()).map(|target| {
            self.targets.iter().position(|known| *known == target).unwrap_or_else(|| {
                self.targets.push(target);
                self.targets.len() - 1
            })
        });
        if self.names.len() < NAMES {
            self.names.insert(name.to_owned(), found.clone());
        }
        found
    }

    /// The nearest point of each line's target.
    fn measure(&self, lines: &[Line], places: &[LonLat]) -> Vec<Option<Nearest>> {
        let mut asked: HashMap<usize, Vec<usize>> = HashMap::new();
        for (at, line) in lines.iter().enumerate() {
            if let Some(target) = line.target {
                asked.entry(target).or_default().push(at);
            }
        }
        let mut nearest = vec![None; lines.len()];
        for (target, at) in asked {
            let theirs: Vec<LonLat> =
                at.iter().filter_map(|&at| lines[at].asked).map(|(place, _)| places[place]).collect();
            let found = self.borders.nearest_to_many(&theirs, &self.targets[target], f64::INFINITY);
            for (at, found) in at.into_iter().zip(found) {
                nearest[at] = found;
            }
        }
        nearest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_stopped_for_an_interruption_is_not_taken_for_one_that_is_done() {
        let (answered, texts) = sync_channel::<()>(1);
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                // Time for the other side to wait.
                std::thread::sleep(Duration::from_millis(20));
                stop.store(true, Ordering::Relaxed);
                drop(answered);
            });
            assert!(receive(&texts, &stop).is_err());
        });
    }

    #[test]
    fn a_name_is_looked_up_once_and_a_wrong_one_gets_a_suggestion() {
        let borders = BorderSet::natural_earth().unwrap();
        let mut batch = Batch::new(&borders, vec![borders.target("ROU", None).unwrap()], false);
        assert_eq!(batch.target_named("ROU"), Ok(0));
        assert_eq!(batch.target_named("Romania"), Ok(0));
        assert_eq!(batch.target_named("MDA"), Ok(1));
        assert!(batch.target_named("ROM").unwrap_err().contains("ROU"));
        assert!(batch.target_named(&"x".repeat(1_000)).unwrap_err().len() < 100);
    }
}
