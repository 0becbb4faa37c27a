//! `kordon import`: reads report files into the store.
//!
//! All or nothing unless told otherwise: every file is read and checked in full before anything is stored. Meanwhile
//! its sound records wait on the disk ([`Bulk`]), so a file of any size is read once, in bounded memory. Then
//! each file becomes one durable batch: after an interruption a file is there as a whole or not at all.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use comfy_table::{Table, TableStyle};
use indicatif::ProgressBar;
use kordon_borders::BorderSet;
use kordon_gazetteer::Gazetteer;
use kordon_incidents::{
    DateOrder, Encoding, Explained, Fault, Fix, Format, IncidentId, NamedPlaces, Original, Profile, Profiles,
    ReadOptions, Reader, Repeated, Report, Sighting, Surroundings, check, check_among, explain_all, read,
    read_file,
};
use kordon_store::{Author, Bulk, Options, Prepared, Store, Units};
use rayon::prelude::*;

use crate::find::shortened;
use crate::output::write_to;
use crate::quarantine;
use crate::terminal::{interrupted, progress, say};
use crate::{Done, StoreArg, open_store, sets};

/// Records checked at a time, and bytes of them: of long records there are fewer.
const CHUNK: usize = 16_384;
const CHUNK_BYTES: usize = 16 << 20;
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
    #[arg(long, env = "KORDON_FORMAT", value_name = "geojson|ndjson|geojsonseq|csv|kml|…")]
    format: Option<Format>,
    /// Take our field from their column: --map date_start=Datum
    #[arg(long, env = "KORDON_MAP", value_name = "OUR=THEIRS", value_parser = pair)]
    map: Vec<(String, String)>,
    /// Where the reports are from; names the records on a later import (default: the known dataset's, or the file's name)
    #[arg(long, env = "KORDON_SOURCE", value_name = "NAME")]
    source: Option<String>,
    /// Whose columns they are: a known source (see `kordon profiles`), the file of a profile of your own, or none
    #[arg(long, env = "KORDON_PROFILE", value_name = "NAME|FILE|none")]
    profile: Option<String>,
    /// The text encoding when it is not UTF-8: cp1252, cp1251, …
    #[arg(long, env = "KORDON_ENCODING", value_name = "NAME")]
    encoding: Option<Encoding>,
    /// How 03/04/2024 is to be read
    #[arg(long, env = "KORDON_DATE_ORDER", value_enum)]
    date_order: Option<Order>,
    /// Repairs to make, each listed with its line, the old and the new value: swap-coordinates, trim, decimal-comma,
    /// day-month, utc, place, admin
    #[arg(long, env = "KORDON_FIX", value_name = "NAME,…", value_delimiter = ',')]
    fix: Vec<Fix>,
    /// What a faulty record does: refuse the whole import, or go to the quarantine while the others are stored
    #[arg(long, env = "KORDON_ON_ERROR", value_enum, default_value = "reject")]
    on_error: OnError,
    /// These files are mended records of the quarantine: they keep their source, and those that are stored leave it
    #[arg(long, env = "KORDON_MENDS", value_name = "ID")]
    mends: Option<String>,
    /// Who imports, as the revisions will say
    #[arg(long, env = "KORDON_BY", value_name = "NAME", default_value = "import")]
    by: String,
    /// Read and check everything, store nothing, and print the first records as they would be stored
    #[arg(long, env = "KORDON_DRY_RUN")]
    dry_run: bool,
    /// How many of the first records a dry run prints
    #[arg(long, env = "KORDON_PREVIEW", value_name = "N", default_value = "3")]
    preview: usize,
    /// Print what becomes of each column, by which rule, with an example; store nothing
    #[arg(long, env = "KORDON_EXPLAIN")]
    explain: bool,
    /// Print `durable N` after each file that is safely on disk
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

/// One file after its reading.
struct ReadFile {
    name: String,
    records: u64,
    faulty: u64,
    /// Nothing after a fault in the bytes can be read.
    broken: bool,
    /// The sound records.
    bulk: Bulk,
    /// The others, if they are to be kept.
    refused: Vec<Refused>,
}

impl Import {
    pub fn run(mut self) -> anyhow::Result<Done> {
        self.dry_run |= self.explain;
        let profile = self.profile()?;
        if let Some(id) = &self.mends {
            let source =
                quarantine::read(&self.store.store, id)?.first().map(|one| one.record.source().to_owned());
            self.source = self.source.or(source);
        }
        let stop = interrupted();
        let spooled = self.spool_standard_input()?;
        let borders = sets::default()?;
        let places = NamedPlaces::new(Gazetteer::shipped()?);
        let units = Units::of_store(&self.store.store).all()?;
        let around = Surroundings {
            borders: &borders,
            places: Some(&places),
            units: units.as_deref(),
            now_s: Some(jiff::Timestamp::now().as_second()),
        };
        let mut files = Vec::new();
        for path in &self.files {
            let real =
                spooled.as_ref().filter(|_| path.as_os_str() == "-").map_or(path.as_path(), |f| f.path());
            files.push(self.read(path, real, &borders, &around, &profile, &stop)?);
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
        let tally = self.store(files, borders, &stop)?;
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

    /// The profile that was asked for.
    fn profile(&self) -> anyhow::Result<Profiles> {
        let Some(wanted) = &self.profile else { return Ok(Profiles::Detect) };
        if wanted == "none" {
            return Ok(Profiles::Off);
        }
        if let Some(known) = Profile::known().iter().find(|profile| profile.name() == wanted) {
            return Ok(Profiles::Use(Arc::clone(known)));
        }
        let text = std::fs::read_to_string(wanted)
            .with_context(|| format!("{wanted} is no known source (kordon profiles) and no file"))?;
        let profile = Profile::parse(&text).with_context(|| wanted.clone())?;
        Ok(Profiles::Use(Arc::new(profile)))
    }

    fn options(&self, path: &Path, profile: &Profiles) -> ReadOptions {
        let name =
            path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned());
        ReadOptions {
            file: name,
            format: self.format,
            map: self.map.clone(),
            source: self.source.clone(),
            encoding: self.encoding,
            profile: profile.clone(),
            fixes: self.fix.clone(),
            date_order: self.date_order.map(|order| match order {
                Order::Dmy => DateOrder::Dmy,
                Order::Mdy => DateOrder::Mdy,
            }),
            ..ReadOptions::default()
        }
    }

    /// Reads and checks a file, prints its faults, and sets its sound records aside.
    fn read(
        &self,
        path: &Path,
        real: &Path,
        borders: &Arc<BorderSet>,
        around: &Surroundings<'_>,
        profile: &Profiles,
        stop: &AtomicBool,
    ) -> anyhow::Result<ReadFile> {
        let options = self.options(path, profile);
        let input = File::open(real).with_context(|| path.display().to_string())?;
        if input.metadata().is_ok_and(|m| m.is_dir()) {
            bail!("{} is a folder; name the files in it", path.display());
        }
        let mut file = ReadFile {
            name: options.file.clone(),
            records: 0,
            faulty: 0,
            broken: false,
            bulk: Bulk::new(&self.store.store, borders, &Author::new(self.by.as_str())),
            refused: Vec::new(),
        };
        let bar: ProgressBar =
            progress(input.metadata().ok().map(|m| m.len()), &format!("reading {}", options.file));
        let whole = input.metadata().is_ok_and(|m| m.is_file());
        let input = bar.wrap_read(input);
        let begun = if whole {
            read_file(input, &options)
        } else {
            read(BufReader::with_capacity(1 << 20, input), &options)
        };
        let mut reader = match begun {
            Ok(reader) => reader,
            Err(fault) => {
                say(&fault.to_string());
                file.broken = true;
                return Ok(file);
            }
        };
        let (mut repeated, mut warnings) = (Repeated::new(&options.file), 0);
        let mut reports = next_chunk(&mut reader);
        if self.explain {
            print_explained(&reports)?;
        }
        while !reports.is_empty() {
            if stop.load(Ordering::Relaxed) {
                bail!("interrupted; nothing of {} was stored", path.display());
            }
            // The next chunk is cut out of the bytes while this one is checked.
            let (next, taken) = rayon::join(
                || next_chunk(&mut reader),
                || self.take(&mut file, reports, around, &mut repeated, &mut warnings),
            );
            taken?;
            reports = next;
        }
        bar.finish_and_clear();
        if warnings > WARNINGS {
            say(&format!("warning: and {} more such warnings in {}", warnings - WARNINGS, path.display()));
        }
        Ok(file)
    }

    fn take(
        &self,
        file: &mut ReadFile,
        reports: Vec<Result<Report, Fault>>,
        around: &Surroundings<'_>,
        repeated: &mut Repeated,
        warnings: &mut usize,
    ) -> anyhow::Result<()> {
        let mut sound = Vec::with_capacity(reports.len());
        for checked in check_all(reports, repeated, &file.bulk, around, self.shown()) {
            match checked {
                Ok(Sound { warnings: told, repairs, prepared, shown, .. }) => {
                    file.records += 1;
                    repairs.iter().for_each(|repair| say(&format!("repaired: {repair}")));
                    if let Some(shown) = shown {
                        write_to(None, |out| Ok(writeln!(out, "{shown}")?))?;
                    }
                    for warning in &told {
                        if *warnings < WARNINGS {
                            say(&format!("warning: {warning}"));
                        }
                        *warnings += 1;
                    }
                    sound.push(prepared);
                }
                Err(Bad::Bytes(fault)) => {
                    say(&fault.to_string());
                    file.broken = true;
                }
                Err(Bad::Unwritable(error)) => return Err(error.into()),
                Err(Bad::Record(text, faults)) => {
                    file.records += 1;
                    file.faulty += 1;
                    file.broken |= faults.iter().any(|fault| fault.fatal);
                    faults.iter().for_each(|fault| say(&fault.to_string()));
                    if self.on_error == OnError::Quarantine {
                        file.refused.push((text, faults));
                    }
                }
            }
        }
        if !self.dry_run {
            file.bulk
                .add(sound)
                .with_context(|| format!("beside the store {}", self.store.store.display()))?;
        }
        Ok(())
    }

    /// How many of the first records are printed.
    fn shown(&self) -> usize {
        if self.dry_run && !self.explain { self.preview } else { 0 }
    }

    /// What was mended is stored, and what is still refused is kept anew.
    fn leave_quarantine(&self, store: &Store, kept: &[String]) -> anyhow::Result<()> {
        // What is refused again just as it was is the same file.
        let Some(id) = self.mends.as_ref().filter(|id| !kept.contains(id)) else { return Ok(()) };
        store.mended(id).with_context(|| format!("the refused records {id}"))?;
        say(&format!("the refused records {id} are resolved"));
        Ok(())
    }

    fn store(
        &self,
        files: Vec<ReadFile>,
        borders: Arc<BorderSet>,
        stop: &AtomicBool,
    ) -> anyhow::Result<Tally> {
        let dir = &self.store.store;
        let store = open_store(dir, &borders, Options { create: true, read_only: false })?;
        store.hold_no_documents();
        let (mut tally, mut kept_in) = (Tally::default(), Vec::new());
        for file in files {
            if stop.load(Ordering::Relaxed) {
                bail!("interrupted; what was acknowledged is stored, the same import again completes it");
            }
            let (name, refused) = (file.name, file.refused.len() as u64);
            // Kept before the others are stored: what is not stored must be somewhere.
            let mut kept = None;
            if refused > 0 {
                let id = store.quarantine(&name, &file.refused)?;
                say(&format!("{refused} refused records are kept; kordon quarantine show {id} has them"));
                kept_in.push(id.clone());
                kept = Some(id);
            }
            let put = store.load(file.bulk)?;
            if let Some(batch) = put.batch {
                say(&format!("{name} is batch {batch}; kordon withdraw --batch {batch} takes it back"));
            }
            let noted = store.note_import(kordon_store::Import {
                by: self.by.clone(),
                file: name,
                records: file.records,
                accepted: put.accepted as u64,
                updated: put.updated as u64,
                unchanged: put.unchanged as u64,
                refused,
                batch: put.batch,
                quarantine: kept,
                ..kordon_store::Import::default()
            });
            if let Err(error) = noted {
                say(&format!("this import is stored, but not among those that GET /imports tells: {error}"));
            }
            tally.accepted += put.accepted as u64;
            tally.updated += put.updated as u64;
            tally.unchanged += put.unchanged as u64;
            tally.refused += refused;
            if self.acknowledge {
                say(&format!("durable {}", tally.accepted + tally.updated + tally.unchanged));
            }
        }
        self.leave_quarantine(&store, &kept_in)?;
        Ok(tally)
    }
}

/// A record as it stood in the file, and all that is wrong with it.
type Refused = (Original, Vec<Fault>);

/// What is no incident.
enum Bad {
    /// The bytes cannot be read further.
    Bytes(Fault),
    /// A record with faults.
    Record(Original, Vec<Fault>),
    /// It is sound and cannot be written as JSON.
    Unwritable(std::io::Error),
}

/// The next records; after a fault in the bytes nothing more comes.
fn next_chunk(reader: &mut Reader<'_>) -> Vec<Result<Report, Fault>> {
    let (mut chunk, mut bytes) = (Vec::new(), 0);
    while chunk.len() < CHUNK && bytes < CHUNK_BYTES {
        let Some(report) = reader.next() else { break };
        bytes += report.as_ref().map_or(0, |report| report.text().len());
        chunk.push(report);
    }
    chunk
}

/// A record that passed, ready to be put.
struct Sound {
    sighting: Sighting,
    warnings: Vec<Fault>,
    repairs: Vec<Fault>,
    prepared: Prepared,
    /// The record as it would be stored, when it is to be printed.
    shown: Option<String>,
}

/// Checks records on all cores; then, in the order of the file, whether one stands in it a second time.
fn check_all(
    reports: Vec<Result<Report, Fault>>,
    repeated: &mut Repeated,
    bulk: &Bulk,
    around: &Surroundings<'_>,
    shown: usize,
) -> Vec<Result<Sound, Bad>> {
    let new_id = || IncidentId::from_random(uuid::Uuid::new_v4().into_bytes());
    let check_one = |report: Result<Report, Fault>| {
        let report = report.map_err(Bad::Bytes)?;
        let checked = check(&report, &mut { new_id });
        let checked = match checked.and_then(|checked| check_among(checked, &report, around)) {
            Ok(checked) => checked,
            Err(faults) => return Err(Bad::Record(report.into_original(), faults)),
        };
        let sighting = Sighting::of(&checked);
        let shown = (report.index < shown).then(|| serde_json::to_string(&checked.incident)).transpose();
        let shown = shown.map_err(|error| Bad::Unwritable(error.into()))?;
        let prepared = bulk.prepare(checked.incident).map_err(Bad::Unwritable)?;
        Ok((
            report,
            Sound { sighting, warnings: checked.warnings, repairs: checked.repairs, prepared, shown },
        ))
    };
    let checked: Vec<Result<(Report, Sound), Bad>> =
        reports.into_par_iter().with_min_len(64).map(check_one).collect();
    let once = |one: Result<(Report, Sound), Bad>| {
        let (report, sound) = one?;
        match repeated.see(&sound.sighting) {
            Some(fault) => Err(Bad::Record(report.into_original(), vec![fault])),
            None => Ok(sound),
        }
    };
    checked.into_iter().map(once).collect()
}

/// Prints what becomes of each column, with the first value that is there.
fn print_explained(reports: &[Result<Report, Fault>]) -> anyhow::Result<()> {
    let mut table = Table::new();
    table.load_style(TableStyle::new()).set_header(["column", "field", "by", "for example"]);
    for Explained { theirs, ours, why, value } in explain_all(reports.iter().flatten()) {
        let ours = ours.unwrap_or_else(|| "extra".into());
        table.add_row([shortened(&theirs), ours, why, shortened(&value)]);
    }
    write_to(None, |out| Ok(writeln!(out, "{table}")?))
}

fn end(tally: &Tally) {
    let Tally { accepted, updated, unchanged, refused } = tally;
    say(&format!("accepted {accepted}, updated {updated}, unchanged {unchanged}, refused {refused}"));
}
