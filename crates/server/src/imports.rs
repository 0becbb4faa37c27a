//! `POST /imports`: a file of reports, checked record by record and stored as one batch.
//!
//! All or nothing unless asked otherwise: one faulty record refuses the file, and the answer lists the faults of
//! *every* record, not only the first. With `on-error=quarantine` the sound records are stored, and the others are
//! kept beside them and told by index and line, so that they can be mended and sent again; stored + unchanged + rejected is always the
//! number of records in the file.
//!
//! `dry-run=true` stores nothing and shows the first records as they would be stored; `explain=true` tells what becomes of each
//! column; `mends` names the import whose refused records these are, mended.
//!
//! Memory: about four times the body, which [`crate::Limits::import_bytes`] bounds; of faulty records no more than is told of
//! them, since a body may be millions: they wait on the disk if they are to be kept. The command line imports files of any size.

use crate::access::Caller;
use crate::answer::{Answer, NO_STORE};
use crate::app::{App, Lane};
use crate::crs::Crs;
use crate::error::{Problem, echo};
use crate::history::whole;
use crate::params::Params;
use crate::record::{MAX_FAULTS, fault_json, not_stored, random_id, unreadable};
use crate::{body, imported, routes};
use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use kordon_borders::BorderSet;
use kordon_gazetteer::Gazetteer;
use kordon_incidents::{
    AdminUnits, Checked, DateOrder, Encoding, Explained, Fault, Fix, Format, Incident, NamedPlaces, Original,
    Profile, Profiles, ReadOptions, Repeated, Report, Sighting, Surroundings, check, check_among,
    explain_all, read,
};
use kordon_store::{Author, Import, Put, Refusals, Revised, Store};
use rayon::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io;
use std::iter;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// The forms a file may have.
pub const FORMATS: &[&str] = Format::WORDS;

/// How day and month may stand.
pub const DATE_ORDERS: &[&str] = &["dmy", "mdy"];
/// How the id of an import looks.
pub const ID: &str = "^[0-9a-f]{16}$";

/// How many of the first records a dry run shows, unless it is told.
const PREVIEW: usize = 3;
/// Characters of a value that are shown as an example.
const EXAMPLE_CHARS: usize = 60;
/// Records that are checked at once.
const CHUNK: usize = 4_096;
/// The longest name of a file, in characters.
const NAME_CHARS: usize = 255;

/// What is to be done with a file.
struct Order {
    options: ReadOptions,
    store_the_sound: bool,
    dry_run: bool,
    /// How many of the first records a dry run shows as they would be stored.
    preview: usize,
    explain: bool,
    /// Whether what was withdrawn is there again.
    restore: bool,
    /// The import whose refused records these are, mended.
    mends: Option<String>,
    author: Author,
}

/// `POST /imports`.
///
/// # Errors
///
/// 400 for a fault in the bytes, 413, 415, 422 with the list of faults, 503 and 507 when it cannot be stored.
pub async fn import(
    State(app): State<App>,
    Extension(params): Extension<Arc<Params>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let most = app.config.limits.import_bytes;
    let order = Order {
        // What is packed may be no longer than what is not.
        options: ReadOptions {
            unpacked_bytes: most as u64,
            memory_bytes: most,
            ..options(&params, &headers)?
        },
        store_the_sound: params.one_of("on-error", &["reject", "quarantine"])? == Some("quarantine"),
        dry_run: params.flag("dry-run")?.unwrap_or(false),
        preview: preview(&params)?,
        explain: params.flag("explain")?.unwrap_or(false),
        restore: params.flag("restore")?.unwrap_or(false),
        mends: params.get("mends").map(str::to_owned),
        author: Author::new(&caller.0),
    };
    let limits = &app.config.limits;
    let bytes = body::read(&app.room, &headers, body, limits.import_bytes, limits.body_idle).await?;
    let store = Arc::clone(&app.config.store);
    let told = app.work_in(Lane::Import, move || carry_out(&store, &bytes, order, caller.0)).await?;
    Ok(Answer::json(&told).cache(NO_STORE).finish(&HeaderMap::new()))
}

fn options(params: &Params, headers: &HeaderMap) -> Result<ReadOptions, Problem> {
    if Crs::of_body(headers)? != Crs::Crs84 {
        let detail = "A file that is imported is in longitude and latitude (CRS84); single records may be in another system.";
        return Err(Problem::bad_request("bad-content-crs", detail));
    }
    let media = body::media_type(headers)?.unwrap_or_default();
    let format = match params.one_of("format", FORMATS)? {
        Some(word) => Format::from_str(word).ok(),
        None => Format::from_media_type(&media.name),
    };
    let encoding = media.charset.filter(|charset| !body::is_utf8(charset));
    let encoding = encoding.map(|charset| match (Encoding::from_str(&charset), format) {
        (Ok(encoding), Some(Format::Csv)) => Ok(encoding),
        _ => Err(Problem::unsupported(&routes::IMPORTS).with("charset", charset)),
    });
    let map = params.all("map").map(|pair| match pair.split_once('=') {
        Some((ours, theirs)) if !ours.is_empty() && !theirs.is_empty() => Ok((ours.into(), theirs.into())),
        _ => Err(Problem::bad_parameter(
            "map",
            format!("{} is not OUR=THEIRS, such as date_start=Datum.", echo(pair)),
        )),
    });
    Ok(ReadOptions {
        format,
        file: short(params, "file", NAME_CHARS)?.unwrap_or_default(),
        source: short(params, "source", 100)?,
        encoding: encoding.transpose()?,
        map: map.collect::<Result<_, _>>()?,
        fixes: params.any_of("fix", Fix::WORDS)?,
        profile: profile(params)?,
        date_order: params.one_of("date-order", DATE_ORDERS)?.map(|order| match order {
            "dmy" => DateOrder::Dmy,
            _ => DateOrder::Mdy,
        }),
        ..ReadOptions::default()
    })
}

fn preview(params: &Params) -> Result<usize, Problem> {
    let told = whole(params, "preview")?.map_or(PREVIEW, |told| usize::try_from(told).unwrap_or(MAX_FAULTS));
    Ok(told.min(MAX_FAULTS))
}

fn short(params: &Params, name: &str, most: usize) -> Result<Option<String>, Problem> {
    let text = params.get(name).map(str::trim);
    match text {
        Some(text) if text.chars().count() > most => {
            Err(Problem::bad_parameter(name, format!("is longer than {most} characters.")))
        }
        Some(text) if text.chars().any(char::is_control) => {
            Err(Problem::bad_parameter(name, "holds a control character."))
        }
        text => Ok(text.map(str::to_owned)),
    }
}

/// The sources whose columns are known, and `none`.
pub fn profiles() -> Vec<&'static str> {
    iter::once("none").chain(Profile::known().iter().map(|known| known.name())).collect()
}

fn profile(params: &Params) -> Result<Profiles, Problem> {
    Ok(match params.one_of("profile", &profiles())? {
        None => Profiles::Detect,
        Some(word) => match Profile::known().iter().find(|known| known.name() == word) {
            Some(known) => Profiles::Use(Arc::clone(known)),
            None => Profiles::Off,
        },
    })
}

fn carry_out(store: &Store, bytes: &[u8], mut order: Order, by: String) -> Result<Value, Problem> {
    let mends = order.mends.as_deref().map(|id| refused_of(store.dir(), id)).transpose()?;
    if let Some(mended) = &mends {
        order.options.source = order.options.source.take().or_else(|| Some(mended.source.clone()));
    }
    let units = store.units().all().map_err(|error| Problem::internal(&error))?;
    let name = [Some(&order.options.file), order.options.source.as_ref()];
    let name = name.into_iter().flatten().find(|name| !name.is_empty());
    let name = name.map_or("import", String::as_str);
    let keeps = order.store_the_sound && !order.dry_run;
    let kept = keeps.then(|| Refusals::new(store.dir(), name));
    let file = CheckedFile::read(bytes, &order, kept, store.borders(), units.as_deref())?;
    let mut told = file.told(order.dry_run);
    if file.refused > 0 && !order.store_the_sound {
        return Err(refuse_all(&file, &told));
    }
    if order.dry_run {
        told["sound"] = json!(file.sound.len());
        let put = store.foresee(file.sound, order.restore).map_err(|error| not_stored(&error))?;
        told["would"] = counts(&put).into_iter().collect();
        told["would"]["revised"] = revised_by(store, &put);
        return Ok(told);
    }
    let (records, refused) = (file.records as u64, file.refused as u64);
    // Kept before the others are stored: what is not stored must be somewhere.
    let kept = file.kept.filter(|kept| !kept.is_empty());
    let quarantine = kept.map(|kept| store.quarantine(kept)).transpose().map_err(not_kept)?;
    // As a batch of its own, so that it can be taken back as one.
    let mut bulk = store.bulk(&order.author);
    let prepared = file.sound.into_par_iter().map(|one| bulk.prepare(one)).collect::<io::Result<_>>();
    prepared.and_then(|prepared| bulk.add(prepared)).map_err(|error| Problem::internal(&error))?;
    let put = store.load(bulk.restoring(order.restore)).map_err(|error| not_stored(&error))?;
    // It is stored; that it cannot be noted must not say that it was not.
    let noted = store.note_import(Import {
        by,
        file: name.to_owned(),
        records,
        accepted: put.accepted as u64,
        updated: put.updated as u64,
        unchanged: put.unchanged as u64,
        refused,
        batch: put.batch,
        quarantine: quarantine.clone(),
        ..Import::default()
    });
    match noted {
        Ok(import) => told["id"] = json!(import.id),
        Err(error) => tracing::error!("an import is stored and could not be noted: {error}"),
    }
    // What is refused again just as it was is the same file.
    if let Some(mended) = mends.filter(|mended| quarantine.as_ref() != Some(&mended.quarantine)) {
        store.mended(&mended.quarantine, records).map_err(not_kept)?;
    }
    for (name, count) in counts(&put) {
        told[name] = json!(count);
    }
    told["revised"] = revised_by(store, &put);
    told["batch"] = json!(put.batch);
    told["quarantine"] = json!(quarantine);
    Ok(told)
}

/// The disk did not take refused records.
fn not_kept(error: io::Error) -> Problem {
    Problem::internal(&error)
}

/// What became of the sound records, or would.
fn counts(put: &Put) -> [(&'static str, usize); 5] {
    let Put { accepted, updated, unchanged, withdrawn, withheld, .. } = *put;
    [
        ("imported", accepted),
        ("updated", updated),
        ("unchanged", unchanged),
        ("withdrawn", withdrawn),
        ("withheld", withheld),
    ]
}

/// With which files the revised incidents had come.
fn revised_by(store: &Store, put: &Put) -> Value {
    let revised = store.revised(put).unwrap_or_else(|error| {
        tracing::error!("with which files revised incidents had come cannot be told: {error}");
        Vec::new()
    });
    revised.iter().map(revised_json).collect()
}

/// Incidents that were revised, by the file that they had come with.
fn revised_json(Revised { file, batch, replaced }: &Revised) -> Value {
    json!({ "file": file, "batch": batch, "updated": replaced.all, "elsewhere": replaced.elsewhere })
}

/// The refused records of an import, by where they are kept and from which source they were.
struct Mended {
    quarantine: String,
    source: String,
}

fn refused_of(dir: &Path, id: &str) -> Result<Mended, Problem> {
    let import = kordon_store::import(dir, id).map_err(|error| imported::not_told(&error))?;
    let none = || Problem::bad_parameter("mends", format!("{} has no refused records left.", echo(id)));
    let quarantine = import.quarantine.ok_or_else(none)?;
    let mut records = kordon_store::refused(dir, &quarantine).map_err(|_| none())?;
    let first = records.next().ok_or_else(none)?.map_err(|error| imported::not_told(&error))?;
    Ok(Mended { quarantine, source: first.record.source().to_owned() })
}

/// 422: nothing of the file was stored, so all of its records are rejected, the faulty ones with their reasons.
fn refuse_all(file: &CheckedFile, told: &Value) -> Problem {
    let faulty = file.refused;
    let first = file.first.as_ref().map(ToString::to_string).unwrap_or_default();
    let mut problem = Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "faulty-records",
        "Some records have faults; nothing was stored",
        format!("{faulty} of {} records have faults. The first: {}", file.records, echo_whole(&first)),
    );
    for (name, value) in told.as_object().into_iter().flatten() {
        problem = problem.with(name, value.clone());
    }
    problem.with("faulty", faulty).with("rejected", file.records)
}

/// A fault says what it says in a bounded number of characters already; this only guards the bound.
fn echo_whole(text: &str) -> String {
    if text.chars().count() <= 500 { text.to_owned() } else { echo(text) }
}

/// A file after its reading: the sound records, and what is to be told of the others.
#[derive(Default)]
struct CheckedFile {
    records: usize,
    sound: Vec<Incident>,
    /// How many records have faults.
    refused: usize,
    /// The faults.
    errors: Listed,
    /// The first of them.
    first: Option<Fault>,
    /// The faulty records with their faults, if they are to be kept.
    kept: Option<Refusals>,
    warnings: Listed,
    /// What was changed because it was asked for.
    repairs: Listed,
    /// Whom to credit for what was filled in.
    credits: BTreeSet<Arc<str>>,
    /// The first records as they would be stored.
    preview: Vec<Value>,
    /// What becomes of each column.
    explained: Vec<Explained>,
}

/// The first of many, and how many there are.
#[derive(Default)]
struct Listed {
    first: Vec<Value>,
    total: usize,
}

impl Listed {
    fn extend(&mut self, faults: &[Fault]) {
        self.total += faults.len();
        let room = MAX_FAULTS - self.first.len();
        self.first.extend(faults.iter().take(room).map(fault_json));
    }
}

impl CheckedFile {
    fn read(
        bytes: &[u8],
        order: &Order,
        kept: Option<Refusals>,
        borders: &BorderSet,
        units: Option<&AdminUnits>,
    ) -> Result<Self, Problem> {
        let options = &order.options;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok();
        let places = NamedPlaces::new(Gazetteer::shipped().map_err(|bad| Problem::internal(&bad))?);
        let now_s = now.and_then(|now| now.as_secs().try_into().ok());
        let around = Surroundings { borders, places: Some(&places), units, now_s };
        let mut reports = read(bytes, options).map_err(|fault| unreadable(&fault))?;
        let mut repeated = Repeated::new(&options.file);
        let mut file = Self { kept, ..Self::default() };
        let shown = if order.dry_run { order.preview } else { 0 };
        loop {
            let chunk = reports.by_ref().take(CHUNK).collect::<Result<Vec<Report>, Fault>>();
            let chunk = chunk.map_err(|fault| unreadable(&fault))?;
            if chunk.is_empty() {
                return Ok(file);
            }
            if order.explain && file.records == 0 {
                file.explained = explain_all(&chunk);
            }
            file.records += chunk.len();
            let checked: Vec<_> = chunk.into_par_iter().map(|report| check_one(report, &around)).collect();
            for (text, checked) in checked {
                // A record that comes twice in one file would silently replace itself.
                match checked.and_then(|one| {
                    repeated.see(&Sighting::of(&one)).map_or(Ok(one), |fault| Err(vec![fault]))
                }) {
                    Ok(checked) => file.take(checked, shown)?,
                    Err(faults) => {
                        if let Some(fatal) = faults.iter().find(|fault| fault.fatal) {
                            return Err(unreadable(fatal));
                        }
                        file.refuse(&text, faults)?;
                    }
                }
            }
        }
    }

    /// Takes a sound record.
    fn take(&mut self, checked: Checked, shown: usize) -> Result<(), Problem> {
        self.warnings.extend(&checked.warnings);
        self.repairs.extend(&checked.repairs);
        self.credits.extend(checked.credits);
        if self.preview.len() < shown {
            let shown = serde_json::to_value(&checked.incident);
            self.preview.push(shown.map_err(|error| Problem::internal(&error))?);
        }
        self.sound.push(checked.incident);
        Ok(())
    }

    /// Takes a faulty record, of which no more is held than is told.
    fn refuse(&mut self, record: &Original, faults: Vec<Fault>) -> Result<(), Problem> {
        self.refused += 1;
        self.errors.extend(&faults);
        if let Some(kept) = &mut self.kept {
            kept.add(record, &faults).map_err(not_kept)?;
        }
        self.first = self.first.take().or_else(|| faults.into_iter().next());
        Ok(())
    }

    /// What is told of it before anything is stored.
    fn told(&self, dry_run: bool) -> Value {
        let mut told = json!({
            "rejected": self.refused,
            "errors": self.errors.first,
            "errors_total": self.errors.total,
            "warnings": self.warnings.first,
            "warnings_total": self.warnings.total,
            "repairs": self.repairs.first,
            "repairs_total": self.repairs.total,
            "records": self.records,
            "dry_run": dry_run,
        });
        for (name, count) in counts(&Put::default()) {
            told[name] = json!(count);
        }
        if !self.credits.is_empty() {
            told["credits"] = json!(self.credits);
        }
        if dry_run {
            told["preview"] = json!(self.preview);
        }
        if !self.explained.is_empty() {
            let line = |line: &Explained| json!({ "theirs": line.theirs, "ours": line.ours, "by": line.why, "example": line.value.chars().take(EXAMPLE_CHARS).collect::<String>() });
            told["explained"] = self.explained.iter().map(line).collect();
        }
        told
    }
}

/// A record's own text, and what it is.
fn check_one(report: Report, around: &Surroundings<'_>) -> (Original, Result<Checked, Vec<Fault>>) {
    let checked = check(&report, &mut random_id).and_then(|checked| check_among(checked, &report, around));
    (report.into_original(), checked)
}
