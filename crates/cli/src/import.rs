//! `kordon import`: reads report files into the store.
//!
//! All or nothing unless told otherwise: every file is read and checked in full before anything is stored. Up to
//! [`HELD`] records are kept in memory meanwhile, and each file of them is stored as one batch; of a file for which
//! there is no room nothing is kept, and it is read a second time in batches of [`BATCH`], so memory stays bounded. Each batch is durable when the next is
//! begun: after an interruption the whole batches are there, and the same import again completes the rest.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use indicatif::ProgressBar;
use kordon_incidents::{
    Checked, DateOrder, Encoding, Fault, Format, Incident, IncidentId, ReadOptions, Repeated, Report, check,
    read,
};
use kordon_store::{Author, Options, Store};
use rayon::prelude::*;

use crate::terminal::{progress, say};
use crate::{Done, StoreArg, sets};

/// Records checked at a time.
const BATCH: usize = 20_000;
/// Records kept in memory between checking and storing.
const HELD: usize = 100_000;
/// Warnings printed for one file; the others are counted.
const WARNINGS: usize = 20;

/// Read report files into the store.
#[derive(Args)]
pub struct Import {
    /// Report files; - reads standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    store: StoreArg,
    /// The format, when the name and the first bytes do not tell
    #[arg(long, env = "KORDON_FORMAT", value_name = "geojson|ndjson|geojsonseq|csv")]
    format: Option<Format>,
    /// Take our field from their column: --map date_start=Datum
    #[arg(long, env = "KORDON_MAP", value_name = "OUR=THEIRS", value_parser = pair)]
    map: Vec<(String, String)>,
    /// Where the reports are from; names the records on a later import (default: the file's name)
    #[arg(long, env = "KORDON_SOURCE", value_name = "NAME")]
    source: Option<String>,
    /// The text encoding when it is not UTF-8: cp1252, cp1251, …
    #[arg(long, env = "KORDON_ENCODING", value_name = "NAME")]
    encoding: Option<Encoding>,
    /// How 03/04/2024 is to be read
    #[arg(long, env = "KORDON_DATE_ORDER", value_enum)]
    date_order: Option<Order>,
    /// What a faulty record does: refuse the whole import, or go to the quarantine while the others are stored
    #[arg(long, env = "KORDON_ON_ERROR", value_enum, default_value = "reject")]
    on_error: OnError,
    /// Read and check everything, store nothing
    #[arg(long, env = "KORDON_DRY_RUN")]
    dry_run: bool,
    /// Print `durable N` after each batch that is safely on disk
    #[arg(long, env = "KORDON_ACKNOWLEDGE")]
    acknowledge: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Order {
    Dmy,
    Mdy,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OnError {
    Reject,
    Quarantine,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((ours, theirs)) if !ours.is_empty() && !theirs.is_empty() => Ok((ours.into(), theirs.into())),
        _ => Err("give OUR=THEIRS, for example date_start=Datum".into()),
    }
}

/// How many records took which way.
#[derive(Default)]
struct Tally {
    accepted: u64,
    updated: u64,
    unchanged: u64,
    refused: u64,
}

/// One file after its first reading.
struct FirstReading {
    path: PathBuf,
    records: u64,
    faulty: u64,
    /// Nothing after a fault in the bytes can be read.
    broken: bool,
    /// The sound records, unless there were too many to keep.
    held: Option<Vec<Incident>>,
}

impl Import {
    pub fn run(self) -> anyhow::Result<Done> {
        let stop = interrupted();
        let spooled = self.spool_standard_input()?;
        let mut files = Vec::new();
        let mut room = HELD;
        for path in &self.files {
            let real =
                spooled.as_ref().filter(|_| path.as_os_str() == "-").map_or(path.as_path(), |f| f.path());
            let file = self.read_once(path, real, room, &stop)?;
            room -= file.held.as_ref().map_or(0, Vec::len);
            files.push(file);
        }
        let broken = files.iter().any(|f| f.broken);
        let faulty: u64 = files.iter().map(|f| f.faulty).sum();
        let records: u64 = files.iter().map(|f| f.records).sum();
        if self.dry_run {
            let rest = if broken { ", and bytes that cannot be read" } else { "" };
            say(&format!(
                "dry run: {} sound, {faulty} with faults{rest}; nothing was stored",
                records - faulty
            ));
            return Ok(if faulty == 0 && !broken { Done::All } else { Done::SomeRefused });
        }
        if broken || (faulty > 0 && self.on_error == OnError::Reject) {
            end(&Tally { refused: records, ..Tally::default() });
            say(&if broken {
                "bytes that cannot be read refuse the whole file, so nothing was stored; mend it and import it again".to_owned()
            } else {
                format!(
                    "{faulty} of {records} records have faults, so nothing was stored; \
                     mend them, or use --on-error quarantine to store the others"
                )
            });
            return Ok(Done::SomeRefused);
        }
        let tally = self.store_all(files, spooled.as_ref().map(|f| f.path()), &stop)?;
        end(&tally);
        Ok(if tally.refused == 0 { Done::All } else { Done::SomeRefused })
    }

    /// Standard input can be read only once, so it becomes a file first.
    fn spool_standard_input(&self) -> anyhow::Result<Option<tempfile::NamedTempFile>> {
        if self.files.iter().all(|path| path.as_os_str() != "-") {
            return Ok(None);
        }
        let mut file = tempfile::NamedTempFile::new()?;
        std::io::copy(&mut std::io::stdin().lock(), file.as_file_mut())?;
        Ok(Some(file))
    }

    fn options(&self, path: &Path) -> ReadOptions {
        let name =
            path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned());
        ReadOptions {
            file: name,
            format: self.format,
            map: self.map.clone(),
            source: self.source.clone(),
            encoding: self.encoding,
            date_order: self.date_order.map(|order| match order {
                Order::Dmy => DateOrder::Dmy,
                Order::Mdy => DateOrder::Mdy,
            }),
            ..ReadOptions::default()
        }
    }

    /// Reads and checks a file, prints its faults, and keeps its incidents if they are not too many.
    fn read_once(
        &self,
        path: &Path,
        real: &Path,
        room: usize,
        stop: &AtomicBool,
    ) -> anyhow::Result<FirstReading> {
        let mut file = FirstReading {
            path: path.to_owned(),
            records: 0,
            faulty: 0,
            broken: false,
            held: Some(Vec::new()),
        };
        let mut broken_record = false;
        let mut warnings = 0;
        file.broken = self.each_batch(path, real, "checking", stop, |batch| {
            broken_record |= batch.refused.iter().flat_map(|(_, faults)| faults).any(|fault| fault.fatal);
            file.records += (batch.sound.len() + batch.refused.len()) as u64;
            file.faulty += batch.refused.len() as u64;
            batch.refused.iter().flat_map(|(_, faults)| faults).for_each(|fault| say(&fault.to_string()));
            for warning in &batch.warnings {
                if warnings < WARNINGS {
                    say(&format!("warning: {warning}"));
                }
                warnings += 1;
            }
            match &mut file.held {
                Some(held) if held.len() + batch.sound.len() <= room => held.extend(batch.sound),
                held => *held = None,
            }
            Ok(())
        })?;
        file.broken |= broken_record;
        if warnings > WARNINGS {
            say(&format!("warning: and {} more such warnings in {}", warnings - WARNINGS, path.display()));
        }
        Ok(file)
    }

    fn store_all(
        &self,
        files: Vec<FirstReading>,
        spooled: Option<&Path>,
        stop: &AtomicBool,
    ) -> anyhow::Result<Tally> {
        let dir = &self.store.store;
        let borders = Arc::new(sets::load(sets::BUILT_IN[0])?);
        let store = Store::open(dir, borders, Options { create: true, read_only: false })
            .with_context(|| format!("store {}", dir.display()))?;
        let author = Author::new("import");
        let mut tally = Tally::default();
        let mut put = |incidents: Vec<Incident>| -> anyhow::Result<()> {
            if incidents.is_empty() {
                return Ok(());
            }
            let put = store.put(incidents, &author)?;
            tally.accepted += put.accepted as u64;
            tally.updated += put.updated as u64;
            tally.unchanged += put.unchanged as u64;
            if self.acknowledge {
                say(&format!("durable {}", tally.accepted + tally.updated + tally.unchanged));
            }
            Ok(())
        };
        let mut refused = 0;
        for file in files {
            let real = spooled.filter(|_| file.path.as_os_str() == "-").unwrap_or(&file.path);
            // A file that was kept and has nothing to quarantine need not be read again.
            if let (Some(held), 0) = (file.held, file.faulty) {
                put(held)?;
                continue;
            }
            let mut quarantined = Vec::new();
            let broken = self.each_batch(&file.path, real, "storing", stop, |batch| {
                quarantined.extend(batch.refused);
                put(batch.sound)
            })?;
            if broken {
                bail!("{}: the file changed while it was read; import it again", file.path.display());
            }
            refused += quarantined.len() as u64;
            if !quarantined.is_empty() {
                let kept = store.quarantine(&self.options(&file.path).file, &quarantined)?;
                say(&format!("{} refused records are kept in {}", quarantined.len(), kept.display()));
            }
        }
        tally.refused = refused;
        Ok(tally)
    }

    /// Hands over a file's records, checked, batch by batch; true when its bytes cannot be read to the end.
    fn each_batch(
        &self,
        path: &Path,
        real: &Path,
        what: &str,
        stop: &AtomicBool,
        mut take: impl FnMut(Batch) -> anyhow::Result<()>,
    ) -> anyhow::Result<bool> {
        let options = self.options(path);
        let file = File::open(real).with_context(|| path.display().to_string())?;
        if file.metadata().is_ok_and(|m| m.is_dir()) {
            bail!("{} is a folder; name the files in it", path.display());
        }
        let bar: ProgressBar =
            progress(file.metadata().ok().map(|m| m.len()), &format!("{what} {}", options.file));
        let input = BufReader::with_capacity(1 << 20, bar.wrap_read(file));
        let mut reader = match read(input, &options) {
            Ok(reader) => reader,
            Err(fault) => {
                say(&fault.to_string());
                return Ok(true);
            }
        };
        let mut repeated = Repeated::new(&options.file);
        let mut broken = false;
        while !broken {
            if stop.load(Ordering::Relaxed) {
                bail!("interrupted; what was acknowledged is stored, the same import again completes it");
            }
            let mut reports: Vec<Report> = Vec::with_capacity(BATCH);
            while reports.len() < BATCH {
                match reader.next() {
                    Some(Ok(report)) => reports.push(report),
                    Some(Err(fault)) => {
                        say(&fault.to_string());
                        broken = true;
                        break;
                    }
                    None => break,
                }
            }
            if reports.is_empty() {
                break;
            }
            take(Batch::check(reports, &mut repeated))?;
        }
        bar.finish_and_clear();
        Ok(broken)
    }
}

/// A record as it stood in the file, and all that is wrong with it.
type Refused = (String, Vec<Fault>);

/// Records of one file, checked.
struct Batch {
    sound: Vec<Incident>,
    warnings: Vec<Fault>,
    refused: Vec<Refused>,
}

impl Batch {
    /// Checks records on all cores; then, in the order of the file, whether one stands in it a second time.
    fn check(reports: Vec<Report>, repeated: &mut Repeated) -> Batch {
        let new_id = || IncidentId::from_random(uuid::Uuid::new_v4().into_bytes());
        let checked: Vec<(String, Result<Checked, Vec<Fault>>)> = reports
            .into_par_iter()
            .map(|report| (report.text().to_owned(), check(report, &mut { new_id })))
            .collect();
        let mut batch = Batch { sound: Vec::new(), warnings: Vec::new(), refused: Vec::new() };
        for (text, one) in checked {
            match one.and_then(|checked| match repeated.see(&checked) {
                Some(fault) => Err(vec![fault]),
                None => Ok(checked),
            }) {
                Ok(checked) => {
                    batch.sound.push(checked.incident);
                    batch.warnings.extend(checked.warnings);
                }
                Err(faults) => batch.refused.push((text, faults)),
            }
        }
        batch
    }
}

fn end(tally: &Tally) {
    let Tally { accepted, updated, unchanged, refused } = tally;
    say(&format!("accepted {accepted}, updated {updated}, unchanged {unchanged}, refused {refused}"));
}

/// True once the user has pressed Ctrl-C: the batch at work is finished, then the import ends. A second Ctrl-C ends
/// the process at once, which the store survives as it survives a power cut.
fn interrupted() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    std::thread::spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async {
            while tokio::signal::ctrl_c().await.is_ok() {
                if flag.swap(true, Ordering::Relaxed) {
                    std::process::exit(130);
                }
            }
        });
    });
    stop
}
