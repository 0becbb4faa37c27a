//! Files of evidence beside the ledger, each in a folder named by what it holds.
//!
//! ```text
//! evidence/<SHA-256>/content       the file as it was given
//! evidence/<SHA-256>/about.json    its name then, its length, when it was added and by whom
//! evidence/<SHA-256>/0.tsr         timestamps of it (RFC 3161), as they were given
//! ```
//!
//! A source of an incident points at a file by its `sha256`, so what a revision rests on is under the ledger's hashes too. A file
//! is hashed when it is added, when it is read out, and by `kordon verify`. It is for staff alone: nothing public shows it.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use kordon_evidence::{BadArchive, BadTimestamp, Digests, Timestamp, WebArchive};
use serde::{Deserialize, Serialize};

use crate::ledger::{self, AppendError};
use crate::store::Store;

pub(crate) const EVIDENCE_DIR: &str = "evidence";
/// What folders of additions and of removals begin with while they are under way: no digest.
const FRESH: &str = ".new-";
const GONE: &str = ".gone-";
const CONTENT: &str = "content";
const ABOUT: &str = "about.json";
/// Timestamps of one file.
const MAX_TIMESTAMPS: usize = 100;
/// The longest name that is kept, in characters.
const NAME_CHARS: usize = 255;

/// What is known of a file of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// In lower-case hexadecimal: its name here, and what a source's `sha256` says.
    pub sha256: String,
    /// The name that it had.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// When it was added (RFC 3339, UTC).
    pub added_at: String,
    /// By whom.
    pub added_by: String,
}

/// Why a file of evidence was not taken or is not told.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// There is none of this digest, and text of another shape is never one.
    #[error("there is no evidence {0}")]
    NoSuch(String),
    /// The store was opened for reading only.
    #[error("the store was opened for reading only")]
    ReadOnly,
    /// It is another file than was announced.
    #[error("the SHA-256 of the file is {is}, and {expected} was announced")]
    Other {
        /// What it is.
        is: String,
        /// What was said.
        expected: String,
    },
    /// What is on the disk is not what was added.
    #[error("{0}: this is not the file that was added any more")]
    Damaged(PathBuf),
    /// A timestamp that is none, or of another file.
    #[error(transparent)]
    Timestamp(#[from] BadTimestamp),
    /// More timestamps than are kept.
    #[error("it has {MAX_TIMESTAMPS} timestamps already")]
    TooManyTimestamps,
    /// The disk refused.
    #[error("{0}: {1}")]
    Disk(PathBuf, io::Error),
}

/// What is found of a file when it is looked at again.
#[derive(Debug)]
pub struct Looked {
    /// What is known of it.
    pub evidence: Evidence,
    /// Its timestamps, in the order in which they came.
    pub timestamps: Vec<Result<Timestamp, BadTimestamp>>,
    /// What it says as a web archive, if its name ends in `.wacz`.
    pub web_archive: Option<Result<WebArchive, BadArchive>>,
}

fn at(path: &Path) -> impl Fn(io::Error) -> EvidenceError {
    move |error| EvidenceError::Disk(path.to_owned(), error)
}

impl Store {
    /// Adds a file, which is there as a whole and on the disk when this returns. A file that is there already stays as it was.
    ///
    /// # Errors
    ///
    /// [`EvidenceError`]; nothing was added.
    pub fn add_evidence(
        &self,
        name: &str,
        content: impl Read,
        expected: Option<&str>,
        by: &str,
    ) -> Result<Evidence, EvidenceError> {
        self.may_write_evidence()?;
        let folder = self.dir().join(EVIDENCE_DIR);
        fs::create_dir_all(&folder).map_err(at(&folder))?;
        ledger::sync_dir(self.dir()).map_err(at(self.dir()))?;
        // What is left of an addition that was cut short is a folder whose name is no digest.
        let fresh = tempfile::Builder::new().prefix(FRESH).tempdir_in(&folder).map_err(at(&folder))?;
        let path = fresh.path().join(CONTENT);
        let mut file = File::create_new(&path).map_err(at(&path))?;
        let digests = Digests::of(content, |piece| file.write_all(piece)).map_err(at(&path))?;
        file.sync_all().map_err(at(&path))?;
        let sha256 = digests.name();
        if let Some(expected) = expected.filter(|expected| !expected.eq_ignore_ascii_case(&sha256)) {
            return Err(EvidenceError::Other { is: sha256, expected: expected.to_owned() });
        }
        let evidence = Evidence {
            sha256,
            name: name.chars().filter(|c| !c.is_control()).take(NAME_CHARS).collect(),
            bytes: digests.len,
            added_at: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            added_by: by.to_owned(),
        };
        let about = serde_json::to_vec(&evidence).map_err(|error| at(&folder)(error.into()))?;
        ledger::write_whole(&fresh.path().join(ABOUT), &about, 0o600).map_err(at(fresh.path()))?;
        let home = folder.join(&evidence.sha256);
        match fs::rename(fresh.path(), &home) {
            Ok(()) => {
                // It has its name now, and is no folder of nobody's any more.
                let _ = fresh.keep();
                ledger::sync_dir(&folder).map_err(at(&folder))?;
                Ok(evidence)
            }
            Err(_) if home.join(ABOUT).exists() => {
                // What was kept may have been damaged since: what is sound takes its place.
                if digests_of(self.dir(), &evidence.sha256).is_err() {
                    let kept = home.join(CONTENT);
                    fs::rename(&path, &kept).map_err(at(&kept))?;
                    ledger::sync_dir(&home).map_err(at(&home))?;
                }
                about_of(&home)
            }
            Err(error) => Err(at(&home)(error)),
        }
    }

    /// Keeps timestamps of a file, as they were given. The file is read once for all of them.
    ///
    /// Of each token what it says, or why it is not kept: it is none, or of another file.
    ///
    /// # Errors
    ///
    /// [`EvidenceError`]: there is no such file, or it is not what was added any more; none was kept.
    pub fn add_timestamps(
        &self,
        sha256: &str,
        tokens: &[Vec<u8>],
    ) -> Result<Vec<Result<Timestamp, EvidenceError>>, EvidenceError> {
        self.may_write_evidence()?;
        if tokens.is_empty() {
            return Ok(Vec::new());
        }
        let (home, digests) = (home(self.dir(), sha256)?, digests_of(self.dir(), sha256)?);
        Ok(tokens.iter().map(|token| Self::add_timestamp(&home, &digests, token)).collect())
    }

    fn add_timestamp(home: &Path, digests: &Digests, token: &[u8]) -> Result<Timestamp, EvidenceError> {
        let stamp = Timestamp::read(token)?;
        stamp.is_of(digests)?;
        for number in 0..MAX_TIMESTAMPS {
            let path = home.join(format!("{number}.tsr"));
            match fs::read(&path) {
                Ok(there) if there == token => return Ok(stamp),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    ledger::write_whole(&path, token, 0o600).map_err(at(&path))?;
                    return Ok(stamp);
                }
                Err(error) => return Err(at(&path)(error)),
            }
        }
        Err(EvidenceError::TooManyTimestamps)
    }

    /// Takes a file of evidence away, with its timestamps.
    ///
    /// # Errors
    ///
    /// [`EvidenceError`].
    pub fn remove_evidence(&self, sha256: &str) -> Result<(), EvidenceError> {
        self.may_write_evidence()?;
        let home = home(self.dir(), sha256)?;
        let folder = self.dir().join(EVIDENCE_DIR);
        // Under another name first: a part of a file of evidence is none.
        let gone = tempfile::Builder::new().prefix(GONE).tempdir_in(&folder).map_err(at(&folder))?;
        fs::rename(&home, gone.path().join(sha256)).map_err(at(&home))?;
        ledger::sync_dir(&folder).map_err(at(&folder))?;
        gone.close().map_err(at(&folder))
    }

    fn may_write_evidence(&self) -> Result<(), EvidenceError> {
        match self.refusal() {
            Some(AppendError::ReadOnly) => Err(EvidenceError::ReadOnly),
            _ => Ok(()),
        }
    }
}

/// Removes what additions and removals that were cut short have left in a store that only this process writes to. Best effort: it is
/// in nobody's way but for its room.
pub(crate) fn tidy(dir: &Path) {
    let folder = dir.join(EVIDENCE_DIR);
    for name in ledger::names_beside(&folder, "").unwrap_or_default() {
        if name.starts_with(FRESH) || name.starts_with(GONE) {
            _ = fs::remove_dir_all(folder.join(name));
        }
    }
}

/// The digests of all files of evidence of the store in `dir`, in order.
///
/// # Errors
///
/// [`EvidenceError::Disk`].
pub fn all_evidence(dir: &Path) -> Result<Vec<String>, EvidenceError> {
    let folder = dir.join(EVIDENCE_DIR);
    let mut all = ledger::names_beside(&folder, "").map_err(at(&folder))?;
    all.retain(|name| is_digest(name));
    Ok(all)
}

/// What is known of a file; it is not looked at.
///
/// # Errors
///
/// [`EvidenceError::NoSuch`], [`EvidenceError::Disk`].
pub fn evidence(dir: &Path, sha256: &str) -> Result<Evidence, EvidenceError> {
    about_of(&home(dir, sha256)?)
}

/// The file, at its beginning, after it was read to its end and found to be the one that was added.
///
/// # Errors
///
/// [`EvidenceError::NoSuch`], [`EvidenceError::Damaged`], [`EvidenceError::Disk`].
pub fn evidence_content(dir: &Path, sha256: &str) -> Result<File, EvidenceError> {
    digests_of(dir, sha256)?;
    let path = home(dir, sha256)?.join(CONTENT);
    File::open(&path).map_err(at(&path))
}

/// Reads a file to its end and tells what it, its timestamps and, if it is one, its web archive say.
///
/// # Errors
///
/// [`EvidenceError::NoSuch`], [`EvidenceError::Damaged`], [`EvidenceError::Disk`].
pub fn look_at_evidence(dir: &Path, sha256: &str) -> Result<Looked, EvidenceError> {
    let home = home(dir, sha256)?;
    let (evidence, timestamps) = (about_of(&home)?, evidence_timestamps(dir, sha256)?);
    let content = home.join(CONTENT);
    let is_archive = evidence.name.to_ascii_lowercase().ends_with(".wacz");
    let archive = is_archive.then(|| File::open(&content).map_err(at(&content))).transpose()?;
    let web_archive = archive.map(WebArchive::read);
    Ok(Looked { evidence, timestamps, web_archive })
}

/// Reads a file to its end, finds it to be the one that was added, and tells what its timestamps say, in the order in which they came.
///
/// # Errors
///
/// [`EvidenceError::NoSuch`], [`EvidenceError::Damaged`], [`EvidenceError::Disk`].
pub fn evidence_timestamps(
    dir: &Path,
    sha256: &str,
) -> Result<Vec<Result<Timestamp, BadTimestamp>>, EvidenceError> {
    let (home, digests) = (home(dir, sha256)?, digests_of(dir, sha256)?);
    let mut timestamps = Vec::new();
    for number in 0..MAX_TIMESTAMPS {
        let path = home.join(format!("{number}.tsr"));
        let token = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => break,
            token => token.map_err(at(&path))?,
        };
        timestamps.push(Timestamp::read(&token).and_then(|stamp| stamp.is_of(&digests).map(|()| stamp)));
    }
    Ok(timestamps)
}

fn digests_of(dir: &Path, sha256: &str) -> Result<Digests, EvidenceError> {
    let path = home(dir, sha256)?.join(CONTENT);
    let file = File::open(&path).map_err(at(&path))?;
    let digests = Digests::of(file, |_| Ok(())).map_err(at(&path))?;
    if digests.name() == sha256 { Ok(digests) } else { Err(EvidenceError::Damaged(path)) }
}

fn about_of(home: &Path) -> Result<Evidence, EvidenceError> {
    let path = home.join(ABOUT);
    let text = fs::read(&path).map_err(at(&path))?;
    serde_json::from_slice(&text).map_err(|error| at(&path)(error.into()))
}

/// The folder of a file, whose name cannot lead elsewhere.
fn home(dir: &Path, sha256: &str) -> Result<PathBuf, EvidenceError> {
    let no_such = || EvidenceError::NoSuch(sha256.chars().take(80).collect());
    let home = dir.join(EVIDENCE_DIR).join(sha256);
    if is_digest(sha256) && home.is_dir() { Ok(home) } else { Err(no_such()) }
}

/// Whether a file of this name belongs into the folder of that one.
pub(crate) fn is_evidence(of: &str, file: &str) -> bool {
    let is_timestamp = |stem: &str| !stem.is_empty() && stem.bytes().all(|byte| byte.is_ascii_digit());
    is_digest(of) && (file == CONTENT || file == ABOUT || file.strip_suffix(".tsr").is_some_and(is_timestamp))
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}
