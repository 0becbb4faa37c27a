//! A store as one file, and a store from such a file.
//!
//! The file is a tar archive: `manifest.json` first, then `ledger/…` up to the last complete batch, what importing
//! refused and noted (`quarantine/…`, `imports/…`), the border sets and reference layers that were added (`borders/…`, `layers/…`), the
//! files of evidence, and the signing key only when asked for. It is taken from a store that is being written to: segments only grow, and
//! what is behind the last complete batch is left out. Packed segments are in it as they are; one that is packed meanwhile is in it as it
//! was when it was opened.
//!
//! A restored store is read from its first byte to its last, and must have the root that the manifest names, before
//! it gets its name. Neither direction overwrites anything.
//!
//! Cost: every record is read and hashed once, and copied.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::evidence::{EVIDENCE_DIR, all_evidence, evidence_content, is_evidence};
use crate::imports::{IMPORTS_DIR, QUARANTINE_DIR};
use crate::layers::LAYERS_DIR;
use crate::ledger::{self, DamagedAt, FORMAT_FILE, KEY_FILE, LEDGER_DIR, Ledger, OpenError};
use crate::record::Hash;
use crate::segment::{Segment, is_segment};
use crate::sets::BORDERS_DIR;
use crate::units::UNITS_DIR;

const MANIFEST: &str = "manifest.json";
const FORMAT_NAME: &str = "kordon-backup";
/// Folders beside the ledger, by the ending of their files.
const BESIDE: [(&str, &str); 5] = [
    (QUARANTINE_DIR, ".ndjson"),
    (IMPORTS_DIR, ".json"),
    (BORDERS_DIR, ".kbs"),
    (LAYERS_DIR, ".geojson"),
    (UNITS_DIR, ".geojson"),
];

/// What a backup holds, as it says itself in `manifest.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    format: String,
    version: u32,
    /// Records of the ledger.
    pub records: u64,
    /// Root of the Merkle tree over them.
    pub root: Hash,
    /// Both, signed, if the key was at hand.
    pub checkpoint: Option<String>,
    /// Whether the signing key is in it.
    pub has_key: bool,
}

/// Why there is no backup, or no restored store. What there was is as it was.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The store cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store, or what a backup holds, is damaged.
    #[error("the ledger is damaged: {0}")]
    Damaged(DamagedAt),
    /// There is something already.
    #[error("{} exists; nothing is overwritten", .0.display())]
    Exists(PathBuf),
    /// The signing key was asked for and is not there.
    #[error("there is no signing key that may be read")]
    NoKey,
    /// The file is no backup, or not a whole one.
    #[error("it is not a whole backup: {0}")]
    NotWhole(String),
    /// The disk refused.
    #[error("{}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> BackupError {
    let path = path.to_owned();
    move |source| BackupError::Io { path, source }
}

/// Writes the store in `dir` into a new file, which nobody else may read.
///
/// # Errors
///
/// [`BackupError`]; there is then no such file.
pub fn backup(dir: &Path, file: &Path, with_key: bool) -> Result<Manifest, BackupError> {
    let part = beside(file, "part");
    absent(file)?;
    let out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part).map_err(at(&part))?;
    let done = write(dir, out, &part, with_key).and_then(|manifest| {
        absent(file)?;
        fs::rename(&part, file).map_err(at(file))?;
        Ok(manifest)
    });
    if done.is_err() {
        // What it says is the reason why there is no backup; that its beginning is still there is a lesser one.
        let _ = fs::remove_file(&part);
    }
    let manifest = done?;
    ledger::sync_dir(folder_of(file)).map_err(at(file))?;
    Ok(manifest)
}

fn write(dir: &Path, out: File, part: &Path, with_key: bool) -> Result<Manifest, BackupError> {
    let documents = Arc::default();
    let (ledger, recovery) = Ledger::open(dir, false, true, Arc::clone(&documents), &mut |_| {})?;
    if let Some(damage) = recovery.damage.into_iter().next() {
        return Err(BackupError::Damaged(damage));
    }
    let log = documents.log();
    let (records, root) = (log.tree.size(), log.tree.root());
    let key = with_key.then(|| ledger.signer().ok_or(BackupError::NoKey)).transpose()?;
    let manifest = Manifest {
        format: FORMAT_NAME.to_owned(),
        version: ledger::FORMAT_VERSION,
        records,
        root,
        checkpoint: ledger.signer().map(|signer| signer.sign(records, root)),
        has_key: with_key,
    };
    let mut archive = Archive(tar::Builder::new(BufWriter::with_capacity(1 << 20, out)));
    let io_error = at(part);
    let archived = (|| {
        archive.add(MANIFEST, 0o644, &serde_json::to_vec(&manifest)?)?;
        if let Some(key) = key {
            archive.add(KEY_FILE, 0o600, key.to_text().as_bytes())?;
        }
        let segments = dir.join(LEDGER_DIR);
        archive.add(&format!("{LEDGER_DIR}/{FORMAT_FILE}"), 0o644, &fs::read(segments.join(FORMAT_FILE))?)?;
        for (name, len, bytes) in log.files(&documents)? {
            archive.add_stream(&name, 0o644, len, bytes)?;
        }
        for (folder, ending) in BESIDE {
            for stem in ledger::names_beside(&dir.join(folder), ending)? {
                archive.add_file(dir, &Path::new(folder).join(format!("{stem}{ending}")), 0o644)?;
            }
        }
        for sha256 in all_evidence(dir).map_err(io::Error::other)? {
            let home = Path::new(EVIDENCE_DIR).join(&sha256);
            let mut files = ledger::names_beside(&dir.join(&home), "")?;
            files.retain(|file| is_evidence(&sha256, file));
            for file in files {
                archive.add_file(dir, &home.join(file), 0o600)?;
            }
        }
        let file = archive.0.into_inner()?.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()
    })();
    archived.map_err(io_error)?;
    Ok(manifest)
}

/// Every file of evidence is the one that was added, and its name is on the disk.
fn check_evidence(dir: &Path) -> Result<(), BackupError> {
    for sha256 in all_evidence(dir).map_err(|error| BackupError::NotWhole(error.to_string()))? {
        evidence_content(dir, &sha256).map_err(|error| BackupError::NotWhole(error.to_string()))?;
        let home = dir.join(EVIDENCE_DIR).join(sha256);
        ledger::sync_dir(&home).map_err(at(&home))?;
    }
    let folder = dir.join(EVIDENCE_DIR);
    if folder.exists() { ledger::sync_dir(&folder).map_err(at(&folder)) } else { Ok(()) }
}

struct Archive(tar::Builder<BufWriter<File>>);

impl Archive {
    fn add(&mut self, name: &str, mode: u32, bytes: &[u8]) -> io::Result<()> {
        self.add_stream(name, mode, bytes.len() as u64, bytes)
    }

    /// A file of the store under its name there.
    fn add_file(&mut self, dir: &Path, name: &Path, mode: u32) -> io::Result<()> {
        let content = File::open(dir.join(name))?;
        self.add_stream(&name.to_string_lossy(), mode, content.metadata()?.len(), content)
    }

    fn add_stream(&mut self, name: &str, mode: u32, len: u64, bytes: impl Read) -> io::Result<()> {
        let mut header = tar::Header::new_gnu();
        header.set_size(len);
        header.set_mode(mode);
        self.0.append_data(&mut header, name, bytes.take(len))
    }
}

/// The bytes of a segment's file, plain or packed, from some place on, whoever else reads it.
pub(crate) struct FromStart {
    pub segment: Arc<Segment>,
    pub at: u64,
}

impl Read for FromStart {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.segment.file().read_at(into, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

/// Makes the store `dir`, which must not exist, from a backup.
///
/// # Errors
///
/// [`BackupError`]; there is then no such store.
pub fn restore(file: &Path, dir: &Path) -> Result<Manifest, BackupError> {
    absent(dir)?;
    let part = beside(dir, "part");
    let input = File::open(file).map_err(at(file))?;
    fs::create_dir(&part).map_err(at(&part))?;
    let done = read(BufReader::with_capacity(1 << 20, input), file, &part).and_then(|manifest| {
        absent(dir)?;
        fs::rename(&part, dir).map_err(at(dir))?;
        Ok(manifest)
    });
    if done.is_err() {
        // As above: the reason matters, not what is left of the attempt.
        let _ = fs::remove_dir_all(&part);
    }
    let manifest = done?;
    ledger::sync_dir(folder_of(dir)).map_err(at(dir))?;
    Ok(manifest)
}

fn read(input: impl Read, file: &Path, dir: &Path) -> Result<Manifest, BackupError> {
    let mut archive = tar::Archive::new(input);
    let mut manifest: Option<Manifest> = None;
    for entry in archive.entries().map_err(at(file))? {
        let mut entry = entry.map_err(at(file))?;
        let name = entry.path().map_err(at(file))?.into_owned();
        match (&manifest, name.to_str()) {
            (None, Some(MANIFEST)) => {
                let mut text = Vec::new();
                entry.read_to_end(&mut text).map_err(at(file))?;
                manifest = Some(parse(&text)?);
            }
            (Some(_), Some(_)) if is_ours(&name) => unpack(&mut entry, &dir.join(&name))?,
            _ => return Err(BackupError::NotWhole(format!("{} has no place in one", name.display()))),
        }
    }
    let manifest = manifest.ok_or_else(|| BackupError::NotWhole("the manifest is missing".to_owned()))?;
    let beside = BESIDE.map(|(folder, _)| dir.join(folder));
    for folder in
        beside.into_iter().chain([dir.join(LEDGER_DIR), dir.to_owned()]).filter(|folder| folder.exists())
    {
        ledger::sync_dir(&folder).map_err(at(&folder))?;
    }
    check_evidence(dir)?;
    let (log, recovery) = ledger::inspect(dir, &mut |_| {})?;
    if let Some(damage) = recovery.damage.into_iter().next() {
        return Err(BackupError::Damaged(damage));
    }
    let (records, root) = (log.tree.size(), log.tree.root());
    if (records, root) != (manifest.records, manifest.root) {
        let problem = format!(
            "{} records with root {} were promised, and {records} are there",
            manifest.records, manifest.root
        );
        return Err(BackupError::NotWhole(problem));
    }
    Ok(manifest)
}

fn parse(text: &[u8]) -> Result<Manifest, BackupError> {
    let manifest: Manifest =
        serde_json::from_slice(text).map_err(|error| BackupError::NotWhole(error.to_string()))?;
    let known = manifest.format == FORMAT_NAME && manifest.version == ledger::FORMAT_VERSION;
    let unknown = || BackupError::NotWhole(format!("its format is {} {}", manifest.format, manifest.version));
    if known { Ok(manifest) } else { Err(unknown()) }
}

/// Only what a backup is made of, each in its own folder: a name cannot lead elsewhere.
fn is_ours(name: &Path) -> bool {
    let parts: Option<Vec<&str>> = name
        .components()
        .map(|part| match part {
            Component::Normal(part) => part.to_str(),
            _ => None,
        })
        .collect();
    match parts.as_deref() {
        Some([KEY_FILE]) => true,
        Some([LEDGER_DIR, file]) => *file == FORMAT_FILE || is_segment(file),
        Some([folder, file]) => BESIDE.iter().any(|(of, ending)| folder == of && file.ends_with(ending)),
        Some([EVIDENCE_DIR, of, file]) => is_evidence(of, file),
        _ => false,
    }
}

fn unpack(entry: &mut tar::Entry<'_, impl Read>, path: &Path) -> Result<(), BackupError> {
    if !entry.header().entry_type().is_file() {
        return Err(BackupError::NotWhole(format!("{} is not a file", path.display())));
    }
    fs::create_dir_all(folder_of(path)).map_err(at(path))?;
    // What nobody else could read stays so.
    let is_private = path.ends_with(KEY_FILE) || entry.header().mode().is_ok_and(|mode| mode & 0o077 == 0);
    let mode = if is_private { 0o600 } else { 0o644 };
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path).map_err(at(path))?;
    io::copy(entry, &mut file).and_then(|_| file.sync_all()).map_err(at(path))
}

fn absent(path: &Path) -> Result<(), BackupError> {
    if path.symlink_metadata().is_ok() { Err(BackupError::Exists(path.to_owned())) } else { Ok(()) }
}

/// The same name with an ending, in the same folder.
fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(end);
    name.into()
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
