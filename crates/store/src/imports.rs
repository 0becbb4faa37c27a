//! What imports leave beside the ledger: a note of each, and the records that it refused.
//!
//! A note is written last, when what it tells of is on the disk; an import that was cut short has none, and its batch is there as
//! a whole or not at all. The refused records are a file of their own, named by what it holds, until they are mended.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Seek, Write};
use std::path::{Path, PathBuf};

use kordon_incidents::{Fault, Original};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tempfile::SpooledTempFile;

use crate::bulk::beside;
use crate::ledger::{self, AppendError};
use crate::record::Hash;
use crate::store::{Put, Replaced, Store};

/// The folder of the refused records.
pub(crate) const QUARANTINE_DIR: &str = "quarantine";
/// The folder of the notes.
pub(crate) const IMPORTS_DIR: &str = "imports";

/// Bytes of refused records that wait in memory.
const HELD_BYTES: usize = 16 << 20;

/// What became of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// Sixteen hexadecimal digits, of which the first twelve count the milliseconds since 1970.
    pub id: String,
    /// When it ended (RFC 3339, UTC).
    pub at: String,
    /// Who imported it, as its revisions say.
    pub by: String,
    /// The name of the file, or of the source where it had none.
    pub file: String,
    /// Records in the file: the next four together.
    pub records: u64,
    /// New incidents.
    pub accepted: u64,
    /// Revised ones.
    pub updated: u64,
    /// Those that were there already, saying the same.
    pub unchanged: u64,
    /// Records with faults.
    pub refused: u64,
    /// The batch of the ledger that it became; `None` when nothing was written.
    pub batch: Option<u64>,
    /// The name of the file of what was refused.
    pub quarantine: Option<String>,
}

/// Incidents that an import has revised, by the file that they had come with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Revised {
    /// The name of that file; `None` when they were revised since, one by one.
    pub file: Option<String>,
    /// The batch that it became, of several the last.
    pub batch: u64,
    /// Which they are.
    pub replaced: Replaced,
}

/// A record that an import refused: a line of a file in the quarantine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The name of the file that it stood in.
    pub file: String,
    /// The record as it came.
    pub record: Original,
    /// What is wrong with it.
    pub faults: Vec<Fault>,
}

/// Refused records on their way into the quarantine. Beyond [`HELD_BYTES`] they wait in a nameless file.
pub struct Refusals {
    file: String,
    count: u64,
    hash: Sha256,
    lines: SpooledTempFile,
}

impl Refusals {
    /// None yet, of this file on its way into the store in `dir`, which need not exist.
    pub fn new(dir: &Path, file: &str) -> Self {
        let lines = tempfile::spooled_tempfile_in(HELD_BYTES, beside(dir));
        Self { file: file.to_owned(), count: 0, hash: Sha256::new(), lines }
    }

    /// Adds a record with all that is wrong with it.
    ///
    /// # Errors
    ///
    /// What the disk said.
    pub fn add(&mut self, record: &Original, faults: &[Fault]) -> io::Result<()> {
        /// [`Refused`], borrowed.
        #[derive(Serialize)]
        struct Line<'a> {
            file: &'a str,
            record: &'a Original,
            faults: &'a [Fault],
        }
        let mut line = serde_json::to_vec(&Line { file: &self.file, record, faults })?;
        line.push(b'\n');
        self.count += 1;
        self.hash.update(&line);
        self.lines.write_all(&line)
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

/// Why something that an import left cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum LeftError {
    /// It is not there, and a name of another shape never is.
    #[error("there is none of the name {0}")]
    NoSuch(String),
    /// The disk refused, or a line is not what was written.
    #[error("{file}{}: {problem}", line.map_or_else(String::new, |line| format!(":{line}")))]
    Unread {
        /// The file.
        file: PathBuf,
        /// Counted from 1.
        line: Option<usize>,
        /// What is wrong.
        problem: String,
    },
}

impl LeftError {
    fn at(file: &Path) -> impl Fn(io::Error) -> Self {
        move |error| Self::Unread { file: file.to_owned(), line: None, problem: error.to_string() }
    }
}

/// The notes of the last imports of the store in `dir`, newest first.
///
/// # Errors
///
/// [`LeftError::Unread`] names the note.
pub fn imports(dir: &Path, limit: usize) -> Result<Vec<Import>, LeftError> {
    let folder = dir.join(IMPORTS_DIR);
    let mut ids = ledger::names_beside(&folder, ".json").map_err(LeftError::at(&folder))?;
    ids.reverse();
    ids.iter().take(limit).map(|id| import(dir, id)).collect()
}

/// The note of one import.
///
/// # Errors
///
/// [`LeftError`].
pub fn import(dir: &Path, id: &str) -> Result<Import, LeftError> {
    let path = path_of(dir, IMPORTS_DIR, id, "json")?;
    let text = fs::read(&path)
        .map_err(|error| missing(&error, id).unwrap_or_else(|| LeftError::at(&path)(error)))?;
    serde_json::from_slice(&text).map_err(|error| LeftError::Unread {
        file: path,
        line: Some(error.line()),
        problem: error.to_string(),
    })
}

/// The names of the files of refused records of the store in `dir`.
///
/// # Errors
///
/// [`LeftError::Unread`] when the folder cannot be read.
pub fn quarantined(dir: &Path) -> Result<Vec<String>, LeftError> {
    let folder = dir.join(QUARANTINE_DIR);
    ledger::names_beside(&folder, ".ndjson").map_err(LeftError::at(&folder))
}

/// The refused records of one file, one at a time and in their order.
///
/// # Errors
///
/// [`LeftError`]; of a line that cannot be read, in its place.
pub fn refused(
    dir: &Path,
    id: &str,
) -> Result<impl Iterator<Item = Result<Refused, LeftError>> + use<>, LeftError> {
    let path = path_of(dir, QUARANTINE_DIR, id, "ndjson")?;
    let file = File::open(&path)
        .map_err(|error| missing(&error, id).unwrap_or_else(|| LeftError::at(&path)(error)))?;
    Ok(BufReader::new(file).lines().enumerate().map(move |(number, line)| {
        let unread =
            |problem: String| LeftError::Unread { file: path.clone(), line: Some(number + 1), problem };
        let line = line.map_err(|error| unread(error.to_string()))?;
        serde_json::from_str(&line).map_err(|error| unread(error.to_string()))
    }))
}

impl Store {
    /// Keeps refused records beside the ledger, to be mended and sent again. Returns the name of their file, once it is on the
    /// disk: that of its content, so the same records refused again are the same file.
    ///
    /// # Errors
    ///
    /// What the disk said, or that the store was opened for reading only.
    pub fn quarantine(&self, mut refusals: Refusals) -> io::Result<String> {
        self.may_write_beside()?;
        let mut name = Hash(refusals.hash.finalize().into()).to_string();
        name.truncate(16);
        let folder = ledger::folder_beside(self.dir(), QUARANTINE_DIR)?;
        refusals.lines.rewind()?;
        ledger::put_whole(&folder.join(format!("{name}.ndjson")), |out| {
            io::copy(&mut refusals.lines, out).map(drop)
        })?;
        Ok(name)
    }

    /// Takes a file of refused records away, since they were mended and sent again: `sent` is how many were. Where these are fewer
    /// than it has, nothing is known of the others, and it stays. Says whether it is gone; that it was already is no fault.
    ///
    /// # Errors
    ///
    /// What the disk said, or that the store was opened for reading only.
    pub fn mended(&self, quarantine: &str, sent: u64) -> io::Result<bool> {
        self.may_write_beside()?;
        let Ok(path) = path_of(self.dir(), QUARANTINE_DIR, quarantine, "ndjson") else { return Ok(true) };
        let gone = |error: io::Error| {
            if error.kind() == io::ErrorKind::NotFound { Ok(true) } else { Err(error) }
        };
        let kept = match File::open(&path) {
            Ok(file) => {
                BufReader::new(file).split(b'\n').try_fold(0, |count, line| line.map(|_| count + 1))?
            }
            Err(error) => return gone(error),
        };
        if sent < kept {
            return Ok(false);
        }
        match fs::remove_file(&path) {
            Err(error) => gone(error),
            Ok(()) => ledger::sync_dir(&self.dir().join(QUARANTINE_DIR)).map(|()| true),
        }
    }

    /// With which files the incidents had come that an import has revised.
    ///
    /// # Errors
    ///
    /// [`LeftError::Unread`] names the note that cannot be read.
    pub fn revised(&self, put: &Put) -> Result<Vec<Revised>, LeftError> {
        if put.replaced.is_empty() {
            return Ok(Vec::new());
        }
        let notes = imports(self.dir(), usize::MAX)?;
        let file_of: HashMap<u64, &str> =
            notes.iter().filter_map(|note| Some((note.batch?, note.file.as_str()))).collect();
        let mut by_file: BTreeMap<Option<&str>, Revised> = BTreeMap::new();
        for (batch, replaced) in &put.replaced {
            let revised = by_file.entry(file_of.get(batch).copied()).or_default();
            revised.batch = *batch;
            revised.replaced.extend(replaced.clone());
        }
        Ok(by_file
            .into_iter()
            .map(|(file, revised)| Revised { file: file.map(str::to_owned), ..revised })
            .collect())
    }

    /// Notes what became of a file; its `id` and `at` are made here. Call it when what it tells of is stored.
    ///
    /// # Errors
    ///
    /// What the disk said, or that the store was opened for reading only.
    pub fn note_import(&self, import: Import) -> io::Result<Import> {
        self.may_write_beside()?;
        let now = jiff::Timestamp::now();
        let mut import = Import { at: now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(), ..import };
        let content = Hash::of(&serde_json::to_vec(&import)?).to_string();
        import.id = format!("{:012x}{}", now.as_millisecond(), &content[..4]);
        let name = format!("{}.json", import.id);
        ledger::write_beside(self.dir(), IMPORTS_DIR, &name, &serde_json::to_vec(&import)?)?;
        Ok(import)
    }

    fn may_write_beside(&self) -> io::Result<()> {
        match self.refusal() {
            Some(AppendError::ReadOnly) => {
                Err(io::Error::new(io::ErrorKind::ReadOnlyFilesystem, AppendError::ReadOnly))
            }
            _ => Ok(()),
        }
    }
}

/// The file of a name, which cannot lead elsewhere.
fn path_of(dir: &Path, folder: &str, id: &str, ending: &str) -> Result<PathBuf, LeftError> {
    if id.len() != 16 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(LeftError::NoSuch(id.chars().take(40).collect()));
    }
    Ok(dir.join(folder).join(format!("{id}.{ending}")))
}

fn missing(error: &io::Error, id: &str) -> Option<LeftError> {
    (error.kind() == io::ErrorKind::NotFound).then(|| LeftError::NoSuch(id.to_owned()))
}
