//! A folder of layers beside the ledger, of facilities or of administrative units: one GeoJSON file for each, named by its layer.
//!
//! A file is a FeatureCollection with what is known of the layer in its member `layer`, all on the first line before the features, so that a list
//! of layers reads no feature. A layer appears whole or not at all; what is made of all of them is kept until a file is another.

use std::fmt::Display;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use kordon_incidents::{Fault, ReadOptions, Report, read};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::ledger;

/// The most layers of a folder.
const MOST_LAYERS: usize = 32;
/// Faults that are listed.
const MOST_FAULTS: usize = 100;
/// The longest name of a layer.
const LONGEST_NAME: usize = 64;
/// What the first line of a layer's file ends with.
const FEATURES: &str = ",\"features\":[";
/// The longest first line, in bytes.
const LONGEST_HEADER: u64 = 1 << 20;

/// Why a layer cannot be added, read or taken away.
#[derive(Debug, thiserror::Error)]
pub enum LayerError {
    /// No layer is called that.
    #[error("no layer is called {name:?}; there are {}", listed(.known))]
    Unknown {
        /// What was asked for.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// The name cannot be that of a layer.
    #[error(
        "{0:?} cannot be the name of a layer: use lower-case letters, digits, '_' and '-', at most {LONGEST_NAME}, the first a letter"
    )]
    BadName(String),
    /// A layer of that name is there.
    #[error("{0} is there already; --replace puts the new one in its place")]
    Taken(String),
    /// There is no room for another.
    #[error("there are {MOST_LAYERS} layers already; remove one first")]
    TooMany,
    /// The file has faults, and was not taken.
    #[error("{total} faults; nothing was added")]
    Faults {
        /// The first of them.
        faults: Vec<Fault>,
        /// How many there are.
        total: usize,
    },
    /// A layer's own file is not one.
    #[error("{}: is damaged: {problem}; remove the layer and add it again", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// The disk refused.
    #[error("{}: {source}", .path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// Changes when a layer does: the name, length and time of each file.
type Stamp = Vec<(String, u64, Option<SystemTime>)>;

/// A folder, and what was made of its layers.
#[derive(Debug)]
pub(crate) struct LayerFolder<T> {
    dir: PathBuf,
    kept: Mutex<Option<(Stamp, Arc<T>)>>,
}

/// What stands before the features.
#[derive(Deserialize)]
struct Header<I> {
    layer: I,
}

impl<T> LayerFolder<T> {
    /// The folder of that name beside the store in this directory; neither need exist.
    pub fn of_store(store: &Path, folder: &str) -> Self {
        Self { dir: store.join(folder), kept: Mutex::default() }
    }

    /// The names of the layers, sorted.
    pub fn names(&self) -> Result<Vec<String>, LayerError> {
        let mut names = ledger::names_beside(&self.dir, ".geojson").map_err(at(&self.dir))?;
        names.retain(|name| is_name(name));
        Ok(names)
    }

    /// What the first line of a layer's file says of it.
    pub fn header<I: DeserializeOwned>(&self, name: &str) -> Result<I, LayerError> {
        let path = self.path(name);
        let file = File::open(&path).map_err(at(&path))?;
        let mut line = String::new();
        BufReader::new(file).take(LONGEST_HEADER).read_line(&mut line).map_err(at(&path))?;
        let header = line.trim_end().strip_suffix(FEATURES).map(|header| format!("{header}}}"));
        let header = header.and_then(|header| serde_json::from_str::<Header<I>>(&header).ok());
        let damaged = || self.damaged(name, "its first line does not describe it".to_owned());
        Ok(header.ok_or_else(damaged)?.layer)
    }

    /// The whole of a layer's file.
    pub fn read<S: DeserializeOwned>(&self, name: &str) -> Result<S, LayerError> {
        let path = self.path(name);
        let file = File::open(&path).map_err(at(&path))?;
        serde_json::from_reader(BufReader::new(file)).map_err(|error| self.damaged(name, error.to_string()))
    }

    /// Whether a layer of that name may be put there.
    pub fn check_free(&self, name: &str, replace: bool) -> Result<(), LayerError> {
        if !is_name(name) {
            return Err(LayerError::BadName(name.to_owned()));
        }
        let there = self.names()?;
        match there.iter().any(|known| known == name) {
            true if !replace => Err(LayerError::Taken(name.to_owned())),
            false if there.len() >= MOST_LAYERS => Err(LayerError::TooMany),
            _ => Ok(()),
        }
    }

    /// Puts a layer there, in the place of one of that name.
    pub fn put(
        &self,
        name: &str,
        info: &impl Serialize,
        features: impl IntoIterator<Item = impl Display>,
    ) -> Result<(), LayerError> {
        std::fs::create_dir_all(&self.dir).map_err(at(&self.dir))?;
        let path = self.path(name);
        ledger::put_whole(&path, |out| write(out, info, features)).map_err(at(&path))
    }

    /// Takes a layer away.
    pub fn remove(&self, name: &str) -> Result<(), LayerError> {
        let known = self.names()?;
        if !known.iter().any(|there| there == name) {
            return Err(LayerError::Unknown { name: name.to_owned(), known });
        }
        let path = self.path(name);
        std::fs::remove_file(&path).map_err(at(&path))?;
        ledger::sync_dir(&self.dir).map_err(at(&self.dir))
    }

    /// What is made of the layers of these names, when it is first asked for and whenever a file is another.
    pub fn kept(
        &self,
        make: impl FnOnce(&mut dyn Iterator<Item = &str>) -> Result<T, LayerError>,
    ) -> Result<Arc<T>, LayerError> {
        let stamp = self.stamp()?;
        // Held while they are read: who asks meanwhile waits for the same.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, made)) = &*kept
            && *of == stamp
        {
            return Ok(Arc::clone(made));
        }
        let made = Arc::new(make(&mut stamp.iter().map(|(name, ..)| name.as_str()))?);
        *kept = Some((stamp, Arc::clone(&made)));
        Ok(made)
    }

    fn stamp(&self) -> Result<Stamp, LayerError> {
        let stamp = self.names()?.into_iter().map(|name| {
            let path = self.path(&name);
            let file = std::fs::metadata(&path).map_err(at(&path))?;
            Ok((name, file.len(), file.modified().ok()))
        });
        stamp.collect()
    }

    /// A layer's own file is not one.
    pub fn damaged(&self, name: &str, problem: String) -> LayerError {
        LayerError::Damaged { path: self.path(name), problem }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.join(format!("{name}.geojson"))
    }
}

fn at(path: &Path) -> impl Fn(io::Error) -> LayerError {
    move |source| LayerError::Io { path: path.to_owned(), source }
}

/// A name is one word that is a file's name on every system and a part of an id, and no way out of the directory.
fn is_name(name: &str) -> bool {
    name.len() <= LONGEST_NAME
        && name.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte))
}

fn write(
    out: &mut File,
    info: &impl Serialize,
    features: impl IntoIterator<Item = impl Display>,
) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    write!(out, "{{\"type\":\"FeatureCollection\",\"layer\":{}{FEATURES}", serde_json::to_string(info)?)?;
    for (at, feature) in features.into_iter().enumerate() {
        write!(out, "{}\n{feature}", if at > 0 { "," } else { "" })?;
    }
    writeln!(out, "\n]}}")?;
    out.flush()
}

/// What is wrong, and what to do.
pub(crate) type Wrong = (String, &'static str);

/// What is made of the records of a file to be added, or all its faults. `room` is asked for each with how many came before it;
/// where it says no, that ends the file.
pub(crate) fn sound_of<M>(
    mut input: impl BufRead + Send,
    options: &ReadOptions,
    make: impl Fn(&Report) -> Result<M, Wrong>,
    mut room: impl FnMut(&M, usize) -> Result<(), Wrong>,
) -> Result<Vec<M>, LayerError> {
    let whole = |fault: Fault| LayerError::Faults { faults: vec![fault], total: 1 };
    check_is_json(&mut input, options).map_err(whole)?;
    let (mut sound, mut faults, mut total) = (Vec::new(), Vec::new(), 0);
    for report in read(input, options).map_err(whole)? {
        let report = report.map_err(whole)?;
        match make(&report) {
            Ok(made) => {
                room(&made, sound.len()).map_err(|wrong| whole(fault(&report, options, wrong)))?;
                sound.push(made);
            }
            Err(wrong) => {
                total += 1;
                if faults.len() < MOST_FAULTS {
                    faults.push(fault(&report, options, wrong));
                }
            }
        }
    }
    if total > 0 { Err(LayerError::Faults { faults, total }) } else { Ok(sound) }
}

/// That the file is GeoJSON, or packed, as far as its first bytes tell: other kinds of files are read too, as reports.
fn check_is_json(input: &mut impl BufRead, options: &ReadOptions) -> Result<(), Fault> {
    let file: Arc<str> = options.file.as_str().into();
    let unread = |error| Fault::of_input(&file, 1, format!("cannot be read: {error}"), None);
    let first = input.fill_buf().map_err(unread)?;
    let text = first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(first).trim_ascii_start();
    match text.first() {
        None | Some(b'{' | b'[' | 0x1e | 0x1f | 0xfe | 0xff) => Ok(()),
        Some(_) if text.starts_with(b"PK") => Ok(()),
        Some(_) => Err(Fault::of_input(
            &file,
            1,
            "the file is not GeoJSON, of which layers are made",
            "make it of a table, a Shapefile or a GeoPackage: ogr2ogr -t_srs EPSG:4326 layer.geojson FILE \
             (of a table, with -s_srs EPSG:4326 -oo X_POSSIBLE_NAMES=lon -oo Y_POSSIBLE_NAMES=lat)",
        )),
    }
}

fn fault(report: &Report, options: &ReadOptions, (problem, hint): Wrong) -> Fault {
    Fault {
        file: options.file.as_str().into(),
        index: Some(report.index),
        line: report.line,
        column: report.column,
        pointer: None,
        field: None,
        problem: problem.into(),
        hint: (!hint.is_empty()).then(|| hint.into()),
        fatal: false,
    }
}
