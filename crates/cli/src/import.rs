//! `kordon import`: reads report files into the store.
//!
//! All or nothing unless told otherwise: every file is read and checked in full before anything is stored. Meanwhile
//! its sound records wait on the disk ([`Bulk`]), and what is held in memory to tell refusals and repeats is bounded
//! ([`Refusals`], [`NamesSeen`]), so a file of any size is read once; a second time only as far as the last repeat. Then
//! each file becomes one durable batch: after an interruption a file is there as a whole or not at all.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::fs::File;
use std::io::Seek;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, anyhow, bail};
use clap::{Args, ValueEnum};
use comfy_table::{Table, TableStyle};
use indicatif::ProgressBar;
use kordon_borders::BorderSet;
use kordon_gazetteer::Gazetteer;
use kordon_incidents::{
    Checked, DateOrder, Encoding, Explained, Fault, Fix, Format, Incident, IncidentId, NamedPlaces, Original,
    Profile, Profiles, ReadOptions, Reader, Repeated, Report, Sighting, Surroundings, check, check_among,
    explain_all, read_file,
};
use kordon_store::{
    Author, Bulk, Counted, NamesSeen, OpenError, Options, Prepared, Put, Refusals, Repeats, Replaced,
    Revised, Store, Units,
};
use rayon::prelude::*;

use crate::find::shortened;
use crate::output::write_to;
use crate::quarantine;
use crate::terminal::{interrupted, progress, say, waiting};
use crate::{Done, StoreArg, open_store, sets};

/// Records checked at a time, and bytes of them: of long records there are fewer.
const CHUNK: usize = 4_096;
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
    /// Bring incidents back that were withdrawn and stand in these files, and publish those that were hidden where the files say
    /// so; without it they stay withdrawn and hidden
    #[arg(long, env = "KORDON_RESTORE")]
    restore: bool,
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
    refused: Refusals,
    /// What a store that a dry run compares with would make of the sound ones.
    foreseen: Put,
}

/// What records are held against.
#[derive(Clone, Copy)]
struct Ground<'r> {
    around: &'r Surroundings<'r>,
    /// What a dry run compares with.
    known: Option<&'r Store>,
}

/// What is known while a file is read.
struct Reading<'r> {
    ground: Ground<'r>,
    names: NamesSeen,
    /// The names of the records that were printed.
    printed: Repeated,
    warnings: usize,
    /// Whom to credit for what was filled in.
    credits: BTreeSet<Arc<str>>,
}

impl Import {
    pub fn run(mut self) -> anyhow::Result<Done> {
        self.dry_run |= self.explain;
        let profile = self.profile()?;
        if let Some(id) = &self.mends {
            let first = quarantine::read(&self.store.store, id)?.next().transpose()?;
            let source = first.map(|one| one.record.source().to_owned());
            self.source = self.source.or(source);
        }
        let is_piped = self.files.iter().any(|file| file.as_os_str() == "-");
        if is_piped && self.source.is_none() && !self.dry_run {
            bail!(
                "standard input has no name, by which its records would be known again: --source gives one"
            );
        }
        let stop = interrupted();
        let borders = sets::default()?;
        let places = NamedPlaces::new(Gazetteer::shipped()?);
        let units = Units::of_store(&self.store.store).all()?;
        let around = Surroundings {
            borders: &borders,
            places: Some(&places),
            units: units.as_deref(),
            now_s: Some(jiff::Timestamp::now().as_second()),
        };
        let known = self.known(&borders);
        let ground = Ground { around: &around, known: known.as_ref() };
        let mut files = Vec::new();
        for path in &self.files {
            files.push(self.read(path, &borders, ground, &profile, &stop)?);
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
            if let Some(store) = &known {
                files.iter().for_each(|file| tell_foreseen(store, file));
            }
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
        let (tally, store) = self.store(files, borders, &stop)?;
        end(&tally);
        let bar = waiting("packing the ledger; Ctrl-C leaves that to whoever writes next");
        let packed = store.pack(|| stop.load(Ordering::Relaxed));
        bar.finish_and_clear();
        if let Err(error) = packed {
            say(&not_packed(&error, "whoever writes next"));
        }
        Ok(if tally.refused == 0 { Done::All } else { Done::SomeRefused })
    }

    /// What a dry run compares with: the store, if there is one and it can be read.
    fn known(&self, borders: &Arc<BorderSet>) -> Option<Store> {
        let dir = &self.store.store;
        let may_read = Options { create: false, read_only: true };
        match (self.dry_run && !self.explain).then(|| Store::open(dir, Arc::clone(borders), may_read))? {
            Ok(store) => {
                store.hold_no_documents();
                Some(store)
            }
            Err(OpenError::Missing(_)) => None,
            Err(error) => {
                say(&format!(
                    "warning: what the store {} has already cannot be told: {error}",
                    dir.display()
                ));
                None
            }
        }
    }

    /// What can be read only once, such as standard input, becomes a file first.
    fn spooled(&self, path: &Path) -> anyhow::Result<File> {
        let is_standard_input = path.as_os_str() == "-";
        let mut input: Box<dyn std::io::Read> = if is_standard_input {
            Box::new(std::io::stdin().lock())
        } else {
            let input = File::open(path)?;
            let kind = input.metadata()?.file_type();
            if kind.is_dir() {
                bail!("it is a folder; name the files in it");
            }
            if kind.is_file() {
                return Ok(input);
            }
            Box::new(input)
        };
        let mut file = tempfile::tempfile()?;
        std::io::copy(&mut input, &mut file)?;
        Ok(file)
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
        borders: &Arc<BorderSet>,
        ground: Ground<'_>,
        profile: &Profiles,
        stop: &AtomicBool,
    ) -> anyhow::Result<ReadFile> {
        let options = self.options(path, profile);
        let input = self.spooled(path).with_context(|| path.display().to_string())?;
        let mut file = ReadFile {
            name: options.file.clone(),
            records: 0,
            faulty: 0,
            broken: false,
            bulk: Bulk::new(&self.store.store, borders, &Author::new(self.by.as_str())),
            refused: Refusals::new(&self.store.store, &options.file),
            foreseen: Put::default(),
        };
        let mut reading = Reading {
            ground,
            names: NamesSeen::new(&self.store.store),
            printed: Repeated::new(&options.file),
            warnings: 0,
            credits: BTreeSet::new(),
        };
        let bar = progress(input.metadata().ok().map(|m| m.len()), &format!("reading {}", options.file));
        let mut reader = match begin(&input, &bar, &options)? {
            Ok(reader) => reader,
            Err(fault) => {
                say(&fault.to_string());
                file.broken = true;
                return Ok(file);
            }
        };
        reader.passed_over().iter().for_each(|one| say(&format!("warning: {one}")));
        let mut reports = next_chunk(&mut reader);
        if self.explain {
            print_explained(&reports)?;
        }
        while !reports.is_empty() {
            if stop.load(Ordering::Relaxed) {
                bail!("interrupted; nothing of {} was stored", path.display());
            }
            // The next chunk is cut out of the bytes while this one is checked.
            let (next, taken) =
                rayon::join(|| next_chunk(&mut reader), || self.take(&mut file, reports, &mut reading));
            taken?;
            reports = next;
        }
        bar.finish_and_clear();
        if reading.warnings > WARNINGS {
            let more = reading.warnings - WARNINGS;
            say(&format!("warning: and {more} more such warnings in {}", path.display()));
        }
        reading.credits.iter().for_each(|credit| say(&format!("filled in from: {credit}")));
        let beside = || format!("beside the store {}", self.store.store.display());
        let mut repeats = reading.names.repeats().with_context(beside)?.peekable();
        if repeats.peek().is_some() {
            let bar =
                progress(input.metadata().ok().map(|m| m.len()), &format!("repeats in {}", options.file));
            let reader = begin(&input, &bar, &options)?.map_err(|fault| changed(&options.file, &fault))?;
            self.refuse_repeats(&mut file, reader, repeats, ground, stop)?;
            bar.finish_and_clear();
        }
        Ok(file)
    }

    fn take(
        &self,
        file: &mut ReadFile,
        reports: Vec<Result<Report, Fault>>,
        reading: &mut Reading<'_>,
    ) -> anyhow::Result<()> {
        let beside = || format!("beside the store {}", self.store.store.display());
        let (mut sound, mut compared) = (Vec::new(), Vec::new());
        for checked in self.check_all(reports, &file.bulk, reading.ground) {
            match checked {
                Ok(Sound { sighting, warnings: told, repairs, credits, prepared, compare, shown }) => {
                    file.records += 1;
                    let (record, line) = (sighting.index() as u64, sighting.line() as u64);
                    reading.names.see(sighting.key(), record, line).with_context(beside)?;
                    repairs.iter().for_each(|repair| say(&format!("repaired: {repair}")));
                    reading.credits.extend(credits);
                    if let Some(shown) = shown
                        && reading.printed.see(&sighting).is_none()
                    {
                        write_to(None, |out| Ok(writeln!(out, "{shown}")?))?;
                    }
                    for warning in &told {
                        if reading.warnings < WARNINGS {
                            say(&format!("warning: {warning}"));
                        }
                        reading.warnings += 1;
                    }
                    sound.extend(prepared);
                    compared.extend(compare);
                }
                Err(Bad::Bytes(fault)) => {
                    say(&fault.to_string());
                    file.broken = true;
                }
                Err(Bad::Unwritable(error)) => return Err(error.into()),
                Err(Bad::Record(text, faults)) => {
                    file.records += 1;
                    self.refuse(file, &text, &faults)?;
                }
            }
        }
        if let Some(store) = reading.ground.known {
            file.foreseen.absorb(store.foresee(compared, self.restore)?);
        }
        file.bulk.add(sound).with_context(beside)
    }

    /// Tells why a record is refused, and keeps it if that was asked for.
    fn refuse(&self, file: &mut ReadFile, record: &Original, faults: &[Fault]) -> anyhow::Result<()> {
        file.faulty += 1;
        file.broken |= faults.iter().any(|fault| fault.fatal);
        faults.iter().for_each(|fault| say(&fault.to_string()));
        if self.on_error == OnError::Quarantine && !self.dry_run {
            file.refused
                .add(record, faults)
                .with_context(|| format!("beside the store {}", self.store.store.display()))?;
        }
        Ok(())
    }

    /// Refuses the records that are known as an earlier one is. What they say is read a second time.
    fn refuse_repeats(
        &self,
        file: &mut ReadFile,
        reader: Reader<'_>,
        repeats: impl Iterator<Item = <Repeats as Iterator>::Item>,
        ground: Ground<'_>,
        stop: &AtomicBool,
    ) -> anyhow::Result<()> {
        let (name, mut next) = (file.name.clone(), 0);
        let mut reader = reader.map_while(|report| (!stop.load(Ordering::Relaxed)).then_some(report));
        for repeat in repeats {
            let repeat = repeat?;
            let ahead = usize::try_from(repeat.record - next)?;
            next = repeat.record + 1;
            let report = match reader.nth(ahead) {
                Some(Ok(report)) => report,
                Some(Err(fault)) => return Err(changed(&name, &fault)),
                None if stop.load(Ordering::Relaxed) => bail!("interrupted; nothing of {name} was stored"),
                None => return Err(changed(&name, &"it is shorter")),
            };
            let checked = checked(&report, ground.around).map_err(|faults| {
                changed(&name, &faults.first().map(ToString::to_string).unwrap_or_default())
            })?;
            let fault = Sighting::of(&checked).repeats(&name, repeat.earlier_line);
            if !self.dry_run {
                file.bulk.leave_out(usize::try_from(repeat.place)?);
            }
            if let Some(store) = ground.known {
                file.foreseen.retract(&store.foresee(vec![checked.incident], self.restore)?);
            }
            self.refuse(file, &report.into_original(), &[fault])?;
        }
        Ok(())
    }

    /// Checks records on all cores.
    fn check_all(
        &self,
        reports: Vec<Result<Report, Fault>>,
        bulk: &Bulk,
        ground: Ground<'_>,
    ) -> Vec<Result<Sound, Bad>> {
        let check_one = |report: Result<Report, Fault>| {
            let report = report.map_err(Bad::Bytes)?;
            let checked = match checked(&report, ground.around) {
                Ok(checked) => checked,
                Err(faults) => return Err(Bad::Record(report.into_original(), faults)),
            };
            let sighting = Sighting::of(&checked);
            let Checked { index, incident, warnings, repairs, credits, .. } = checked;
            let shown = (index < self.shown()).then(|| serde_json::to_string(&incident)).transpose();
            let shown = shown.map_err(|error| Bad::Unwritable(error.into()))?;
            let (prepared, compare) = match ground.known {
                None if self.dry_run => (None, None),
                None => (Some(bulk.prepare(incident).map_err(Bad::Unwritable)?), None),
                Some(_) => (None, Some(incident)),
            };
            Ok(Sound { sighting, warnings, repairs, credits, prepared, compare, shown })
        };
        reports.into_par_iter().with_min_len(64).map(check_one).collect()
    }

    /// How many of the first records are printed.
    fn shown(&self) -> usize {
        if self.dry_run && !self.explain { self.preview } else { 0 }
    }

    /// What was mended is stored, and what is still refused is kept anew.
    fn leave_quarantine(&self, store: &Store, kept: &[String], sent: u64) -> anyhow::Result<()> {
        // What is refused again just as it was is the same file.
        let Some(id) = self.mends.as_ref().filter(|id| !kept.contains(id)) else { return Ok(()) };
        if store.mended(id, sent).with_context(|| format!("the refused records {id}"))? {
            say(&format!("the refused records {id} are resolved"));
        } else {
            say(&format!(
                "the refused records {id} stay where they are: only {sent} came back, and which ones cannot be told; \
                 send all of them together"
            ));
        }
        Ok(())
    }

    fn store(
        &self,
        files: Vec<ReadFile>,
        borders: Arc<BorderSet>,
        stop: &AtomicBool,
    ) -> anyhow::Result<(Tally, Store)> {
        let dir = &self.store.store;
        let store = open_store(dir, &borders, Options { create: true, read_only: false })?;
        store.hold_no_documents();
        let (mut tally, mut kept_in) = (Tally::default(), Vec::new());
        let sent = files.iter().map(|file| file.records).sum();
        for file in files {
            if stop.load(Ordering::Relaxed) {
                bail!("interrupted; what was acknowledged is stored, the same import again completes it");
            }
            let (name, refused) = (file.name, file.refused.len());
            // Kept before the others are stored: what is not stored must be somewhere.
            let mut kept = None;
            if refused > 0 {
                let id = store.quarantine(file.refused)?;
                say(&format!("{refused} refused records are kept; kordon quarantine show {id} has them"));
                kept_in.push(id.clone());
                kept = Some(id);
            }
            let put = store.load(file.bulk.restoring(self.restore))?;
            tell_held_back(&name, &put);
            tell_revised(&store, &name, &put, true);
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
        self.leave_quarantine(&store, &kept_in, sent)?;
        Ok((tally, store))
    }
}

/// Tells what of a file a store would take up.
fn tell_foreseen(store: &Store, file: &ReadFile) {
    let (name, put) = (&file.name, &file.foreseen);
    let Put { accepted, updated, unchanged, .. } = put;
    say(&format!("of {name} would be accepted {accepted}, updated {updated}, unchanged {unchanged}"));
    tell_held_back(name, put);
    tell_revised(store, name, put, false);
}

/// Tells what of a file the public does not see.
fn tell_held_back(name: &str, put: &Put) {
    if put.withdrawn > 0 {
        let stay = "stay withdrawn; --restore brings them back";
        say(&format!("{} of {name} were withdrawn before and {stay}", put.withdrawn));
    }
    if put.withheld > 0 {
        let (many, why) = (put.withheld, "not to be passed on, masked, embargoed or not published yet");
        say(&format!(
            "{many} of {name} are withheld from the public: {why}; the desk shows them. A file publishes none that was hidden, \
             without --restore"
        ));
    }
}

/// Tells which incidents are revised that had come with another file, and which are quite another event now: records of two files
/// are taken for the same when they are known by the same.
fn tell_revised(store: &Store, name: &str, put: &Put, is_stored: bool) {
    let (updates, take_back) = match is_stored {
        true => ("updated", format!("take {name} back as below, and ")),
        false => ("would update", String::new()),
    };
    let revised = match store.revised(put) {
        Ok(revised) => revised,
        Err(error) => {
            return say(&format!("with which files the updated ones had come cannot be told: {error}"));
        }
    };
    let of = |Counted { names, count }: &Counted| {
        let more = if *count > names.len() { ", …" } else { "" };
        names.iter().map(|name| shortened(name)).collect::<Vec<_>>().join(", ") + more
    };
    let others: Vec<&Revised> = revised.iter().filter(|one| one.file.as_deref() != Some(name)).collect();
    if !others.is_empty() {
        let count: usize = others.iter().map(|one| one.replaced.all.count).sum();
        let told = |Revised { file, batch, replaced: Replaced { all, .. } }: &Revised| match file {
            Some(file) => format!("{} of {} (batch {batch}: {})", all.count, shortened(file), of(all)),
            None => format!("{} that were revised one by one ({})", all.count, of(all)),
        };
        let told: Vec<String> = others.into_iter().map(told).collect();
        say(&format!("{name} {updates} {count} incidents that had not come with it: {}", told.join("; ")));
    }
    for Revised { file, batch, replaced: Replaced { elsewhere, .. } } in &revised {
        if elsewhere.count > 0 {
            let before = file
                .as_deref()
                .map_or_else(|| "before".into(), |file| format!("in {} (batch {batch})", shortened(file)));
            say(&format!(
                "warning: {} of the updated incidents are at another time and in another place than {before}: {}; \
                 if these are other events, {take_back}--source NAME gives its records names of their own",
                elsewhere.count,
                of(elsewhere)
            ));
        }
    }
}

/// Begins to read a file, from its first byte; or what keeps it from being read at all.
fn begin(
    input: &File,
    bar: &ProgressBar,
    options: &ReadOptions,
) -> anyhow::Result<Result<Reader<'static>, Fault>> {
    let mut input = input.try_clone()?;
    input.rewind()?;
    Ok(read_file(bar.wrap_read(input), options))
}

/// A file says something else when it is read for the second time.
fn changed(file: &str, how: &dyn Display) -> anyhow::Error {
    anyhow!("{file} was changed while it was read ({how}); nothing of it was stored, import it again")
}

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

/// A record that passed.
struct Sound {
    sighting: Sighting,
    warnings: Vec<Fault>,
    repairs: Vec<Fault>,
    credits: Vec<Arc<str>>,
    /// Ready to be put, when it is to be.
    prepared: Option<Prepared>,
    /// To be compared with what is stored, when that is only to be told.
    compare: Option<Incident>,
    /// The record as it would be stored, when it is to be printed.
    shown: Option<String>,
}

fn checked(report: &Report, around: &Surroundings<'_>) -> Result<Checked, Vec<Fault>> {
    let new_id = || IncidentId::from_random(uuid::Uuid::new_v4().into_bytes());
    check(report, &mut { new_id }).and_then(|checked| check_among(checked, report, around))
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

/// That a long batch was not packed, why, and who tries again.
pub fn not_packed(error: &std::io::Error, who: &str) -> String {
    format!(
        "warning: the ledger takes more room than it needs, since it cannot be packed: {error}; {who} tries again"
    )
}
