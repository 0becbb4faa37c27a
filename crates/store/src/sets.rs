//! The border sets that can be asked for by name: those inside the program, and those installed beside a store.
//!
//! An installed set is the file `borders/NAME.kbs` in the store's directory. Listing reads the beginning of each; the
//! whole is read when it is first asked for in a world view, and then kept, until its file changes or room is needed. So a
//! set costs nothing until someone wants it, and then as much memory as the index over it: `docs/borders.md` has figures.
//!
//! Limits: one set is read at a time, and sets of [`MOST_EDGES`] together are kept besides those that are held for good; who
//! asks for more of them in turn waits for each to be read again.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use kordon_borders::{Alliance, BUILT_IN, BadSet, BorderSet, Day, NameTaken, Summary, View};

use crate::ledger;

/// The folder of the sets that were added, beside the ledger.
pub(crate) const BORDERS_DIR: &str = "borders";

/// The longest name of a set.
const LONGEST_NAME: usize = 64;
/// Edges of the sets that are kept: four times the world at 10 m, each some 60 to 100 MB.
const MOST_EDGES: usize = 8_000_000;

/// Why there is no such set, or it cannot be installed.
#[derive(Debug, thiserror::Error)]
pub enum SetError {
    /// No set is called that.
    #[error("no border set is called {name:?}; there are {}", .known.join(", "))]
    Unknown {
        /// What was asked for.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// The name cannot be that of a set.
    #[error(
        "{0:?} cannot be the name of a border set: use lower-case letters, digits, '.', '_' and '-', at most {LONGEST_NAME}, the \
         first a letter or a digit"
    )]
    BadName(String),
    /// The name is that of a set inside the program.
    #[error("{0} is built in, and its name cannot be taken; choose another")]
    BuiltIn(String),
    /// A set of that name is installed.
    #[error("{name} is installed already ({version}); --replace puts the new one in its place")]
    Taken {
        /// The name.
        name: String,
        /// The version that is installed.
        version: String,
    },
    /// The file is not a border set that can be used.
    #[error("{name}: {source}")]
    Bad {
        /// The name or file.
        name: String,
        /// Why.
        source: BadSet,
    },
    /// A set of countries of one's own has a name that means something in this set.
    #[error("{name}: {source}")]
    Alliance {
        /// The name of the border set.
        name: String,
        /// Which name.
        source: NameTaken,
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

/// A set as it is listed.
#[derive(Debug)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Its file; none when it is built in.
    pub path: Option<PathBuf>,
    /// The size of its file.
    pub bytes: u64,
    /// What it says of itself, or why it cannot be used.
    pub summary: Result<Summary, BadSet>,
}

/// Changes when a file does.
type Stamp = (u64, Option<SystemTime>);

/// All sets that can be asked for by name.
#[derive(Debug)]
pub struct BorderSets {
    dir: PathBuf,
    alliances: Vec<Alliance>,
    /// In the order in which they were last asked for.
    kept: Mutex<Vec<Kept>>,
    /// Held by who reads a set, never while another is looked up.
    reading: Mutex<()>,
}

/// A set in memory.
#[derive(Debug)]
struct Kept {
    name: String,
    stamp: Stamp,
    set: Arc<BorderSet>,
    /// Whether it is in memory anyway, because something else uses it.
    for_good: bool,
}

impl BorderSets {
    /// The built-in sets, and those installed beside the store in this directory; it need not exist.
    pub fn of_store(store: &Path) -> Self {
        let (kept, reading) = (Mutex::default(), Mutex::default());
        Self { dir: store.join(BORDERS_DIR), alliances: Vec::new(), kept, reading }
    }

    /// The same sets, which all know these sets of countries besides the ones within the program.
    #[must_use]
    pub fn knowing(self, alliances: Vec<Alliance>) -> Self {
        Self { alliances, ..self }
    }

    /// Takes a set that is in use for as long as the process runs, so that it is not read a second time. One that is neither
    /// built in nor installed cannot be asked for by name, and is not taken.
    pub fn hold(&self, set: &Arc<BorderSet>) {
        let name = set.info().name.clone();
        if let Ok(stamp) = self.stamp(&name) {
            self.keep(Kept { name, stamp, set: Arc::clone(set), for_good: true });
        }
    }

    /// Every set: those built in, the default first, then the installed ones by name.
    ///
    /// # Errors
    ///
    /// [`SetError::Io`] when the directory of installed sets cannot be read.
    pub fn list(&self) -> Result<Vec<Listed>, SetError> {
        let built_in = BUILT_IN.iter().map(|(name, bytes)| Listed {
            name: (*name).to_owned(),
            path: None,
            bytes: bytes.len() as u64,
            summary: Summary::read(*bytes),
        });
        Ok(built_in.chain(self.installed()?).collect())
    }

    /// The installed sets, by name.
    ///
    /// # Errors
    ///
    /// As [`BorderSets::list`].
    pub fn installed(&self) -> Result<Vec<Listed>, SetError> {
        let listed = |name: String| {
            let path = self.path(&name);
            let file = File::open(&path).map_err(at(&path))?;
            let bytes = file.metadata().map_err(at(&path))?.len();
            let summary = Summary::read(io::BufReader::new(file));
            Ok(Listed { name, path: Some(path), bytes, summary })
        };
        self.installed_names()?.into_iter().map(listed).collect()
    }

    /// The set of that name as seen in a world view on a day, if it is in memory.
    ///
    /// Days on which the view says the same are one: the set may be that of another day.
    ///
    /// # Errors
    ///
    /// [`SetError::Unknown`] names the sets there are.
    pub fn kept(&self, name: &str, view: &View, on: Option<Day>) -> Result<Option<Arc<BorderSet>>, SetError> {
        let stamp = self.stamp(name)?;
        let mut kept = self.in_memory();
        let is_it = |kept: &Kept| kept.name == name && kept.stamp == stamp && kept.set.is_seen_in(view, on);
        let Some(at) = kept.iter().position(is_it) else { return Ok(None) };
        let found = kept.remove(at);
        let set = Arc::clone(&found.set);
        kept.push(found);
        Ok(Some(set))
    }

    /// The set of that name as seen in a world view on a day, read when it is asked for so the first time; as in
    /// [`BorderSets::kept`], days on which the view says the same are one.
    ///
    /// # Errors
    ///
    /// [`SetError`] names the sets there are, or says what is wrong with the file.
    pub fn get(&self, name: &str, view: &View, on: Option<Day>) -> Result<Arc<BorderSet>, SetError> {
        if let Some(set) = self.kept(name, view, on)? {
            return Ok(set);
        }
        let _turn = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        // Who had the turn before may have read the same.
        if let Some(set) = self.kept(name, view, on)? {
            return Ok(set);
        }
        let stamp = self.stamp(name)?;
        let is_same = |kept: &&Kept| kept.name == name && kept.stamp == stamp;
        let otherwise = self.in_memory().iter().find(is_same).map(|kept| Arc::clone(&kept.set));
        let set = Arc::new(match otherwise {
            Some(set) => set.in_view(view, on),
            None => self.read(name, view, on)?,
        });
        self.keep(Kept { name: name.to_owned(), stamp, set: Arc::clone(&set), for_good: false });
        Ok(set)
    }

    /// Every set that can be used but the one of that name, as seen in a world view on a day: what a spread compares it with.
    ///
    /// # Errors
    ///
    /// As [`BorderSets::get`].
    pub fn others(&self, than: &str, view: &View, on: Option<Day>) -> Result<Vec<Arc<BorderSet>>, SetError> {
        let listed = self.list()?;
        let others = listed.iter().filter(|set| set.summary.is_ok() && set.name != than);
        others.map(|set| self.get(&set.name, view, on)).collect()
    }

    /// The set of that name as seen in a world view on a day, for its only user: read anew, and not kept.
    ///
    /// # Errors
    ///
    /// As [`BorderSets::get`].
    pub fn read(&self, name: &str, view: &View, on: Option<Day>) -> Result<BorderSet, SetError> {
        let set = match BUILT_IN.iter().find(|(known, _)| *known == name) {
            Some((_, bytes)) => BorderSet::decode_in(bytes, view, on),
            None => {
                self.stamp(name)?;
                let bytes = std::fs::read(self.path(name)).map_err(at(&self.path(name)))?;
                BorderSet::decode_in(&bytes, view, on)
            }
        };
        let mut set = set.map_err(|source| SetError::Bad { name: name.to_owned(), source })?;
        for alliance in &self.alliances {
            set.add_alliance(alliance.clone())
                .map_err(|source| SetError::Alliance { name: name.to_owned(), source })?;
        }
        Ok(set)
    }

    /// Keeps a set, and lets go of those asked for the longest ago until there is room.
    fn keep(&self, new: Kept) {
        let mut kept = self.in_memory();
        kept.retain(|old| old.name != new.name || old.stamp == new.stamp);
        kept.push(new);
        while edges(&kept) > MOST_EDGES {
            let others = &kept[..kept.len() - 1];
            let Some(oldest) = others.iter().position(|kept| !kept.for_good) else { return };
            kept.remove(oldest);
        }
    }

    fn in_memory(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What changes when the set of that name does.
    fn stamp(&self, name: &str) -> Result<Stamp, SetError> {
        if BUILT_IN.iter().any(|(known, _)| *known == name) {
            return Ok((0, None));
        }
        let path = self.path(name);
        if !(is_name(name) && path.is_file()) {
            return Err(self.unknown(name));
        }
        let file = std::fs::metadata(&path).map_err(at(&path))?;
        Ok((file.len(), file.modified().ok()))
    }

    /// Puts a set beside the store under the name that it gives itself, whole or not at all.
    ///
    /// # Errors
    ///
    /// [`SetError`] when the bytes are no set, or the name is taken.
    pub fn install(&self, bytes: &[u8], replace: bool) -> Result<PathBuf, SetError> {
        let bad = |name: &str, source| SetError::Bad { name: name.to_owned(), source };
        let set = BorderSet::decode(bytes).map_err(|source| bad("the new set", source))?;
        let name = &set.info().name;
        self.check_free(name, replace)?;
        std::fs::create_dir_all(&self.dir).map_err(at(&self.dir))?;
        let path = self.path(name);
        ledger::put_whole(&path, |out| out.write_all(bytes)).map_err(at(&path))?;
        Ok(path)
    }

    /// Whether a set of that name may be installed.
    ///
    /// # Errors
    ///
    /// [`SetError`] when it is no name, or taken.
    pub fn check_free(&self, name: &str, replace: bool) -> Result<(), SetError> {
        if !is_name(name) {
            return Err(SetError::BadName(name.to_owned()));
        }
        if BUILT_IN.iter().any(|(known, _)| *known == name) {
            return Err(SetError::BuiltIn(name.to_owned()));
        }
        let Ok(there) = File::open(self.path(name)) else { return Ok(()) };
        if replace {
            return Ok(());
        }
        let version =
            Summary::read(io::BufReader::new(there)).map_or("unreadable".into(), |s| s.info.version);
        Err(SetError::Taken { name: name.to_owned(), version })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.join(format!("{name}.kbs"))
    }

    fn unknown(&self, name: &str) -> SetError {
        let known = BUILT_IN.iter().map(|(known, _)| (*known).to_owned());
        let known = known.chain(self.installed_names().unwrap_or_default()).collect();
        SetError::Unknown { name: name.to_owned(), known }
    }

    /// The names of the installed sets, sorted.
    fn installed_names(&self) -> Result<Vec<String>, SetError> {
        let mut names = ledger::names_beside(&self.dir, ".kbs").map_err(at(&self.dir))?;
        names.retain(|name| is_name(name));
        Ok(names)
    }
}

/// The edges of the sets that may be let go.
fn edges(kept: &[Kept]) -> usize {
    kept.iter().filter(|kept| !kept.for_good).map(|kept| kept.set.edge_count()).sum()
}

fn at(path: &Path) -> impl Fn(io::Error) -> SetError {
    move |source| SetError::Io { path: path.to_owned(), source }
}

/// A name is one word that is a file's name on every system, and no way out of the directory.
fn is_name(name: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    name.len() <= LONGEST_NAME
        && name.bytes().next().is_some_and(letter)
        && name.bytes().all(|byte| letter(byte) || b"._-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kordon_borders::{SetInfo, build_from_geojson};

    fn set(name: &str, version: &str) -> Vec<u8> {
        let info = SetInfo {
            name: name.into(),
            version: version.into(),
            title: "Made up".into(),
            licence: "CC0-1.0".into(),
            attribution: String::new(),
            origin: "a test".into(),
            accuracy_m: 10.0,
            accuracy_method: "stated".into(),
            valid_from: None,
            valid_to: None,
            world_view: "none".into(),
            edge_model: "rfc7946".into(),
        };
        let file = br#"{"features": [{"id": "QA", "geometry":
            {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}}]}"#;
        build_from_geojson(file, info).unwrap()
    }

    #[test]
    fn an_installed_set_is_listed_found_and_replaced_only_when_asked() {
        let store = tempfile::tempdir().unwrap();
        let sets = BorderSets::of_store(store.path());
        assert_eq!(sets.list().unwrap().len(), BUILT_IN.len());
        sets.install(&set("front", "1"), false).unwrap();
        let get = || sets.get("front", View::un(), None).unwrap();
        assert!(Arc::ptr_eq(&get(), &get()));
        let taken = sets.install(&set("front", "2.0"), false).unwrap_err();
        assert_eq!(
            taken.to_string(),
            "front is installed already (1); --replace puts the new one in its place"
        );
        sets.install(&set("front", "2.0"), true).unwrap();
        assert_eq!(get().info().version, "2.0");
        let listed = sets.list().unwrap();
        assert_eq!(listed.last().unwrap().summary.as_ref().unwrap().info.version, "2.0");
        // No file is left over but the set.
        assert_eq!(std::fs::read_dir(store.path().join("borders")).unwrap().count(), 1);
    }

    #[test]
    fn a_set_is_kept_once_for_each_view_and_not_for_each_day() {
        let store = tempfile::tempdir().unwrap();
        let sets = BorderSets::of_store(store.path());
        sets.install(&set("front", "1"), false).unwrap();
        let day = |text: &str| Some(text.parse::<Day>().unwrap());
        let un = sets.get("front", View::un(), None).unwrap();
        let de_facto = sets.get("front", View::de_facto(), day("2024-01-01")).unwrap();
        assert_eq!(de_facto.view().name(), "de_facto");
        assert!(!Arc::ptr_eq(&un, &de_facto));
        // Between these days the view changed nothing; in 2014 it changed Crimea.
        let later = sets.get("front", View::de_facto(), day("2025-01-01")).unwrap();
        assert!(Arc::ptr_eq(&de_facto, &later));
        let before = sets.get("front", View::de_facto(), day("2014-01-01")).unwrap();
        assert!(!Arc::ptr_eq(&de_facto, &before));
        assert_eq!(sets.in_memory().len(), 3);
    }

    #[test]
    fn a_set_that_is_held_is_the_one_that_is_given() {
        let store = tempfile::tempdir().unwrap();
        let sets = BorderSets::of_store(store.path());
        sets.install(&set("front", "1"), false).unwrap();
        let mine = Arc::new(sets.read("front", View::un(), None).unwrap());
        sets.hold(&mine);
        assert!(Arc::ptr_eq(&mine, &sets.get("front", View::un(), None).unwrap()));
        assert_eq!(edges(&sets.in_memory()), 0);
    }

    #[test]
    fn the_others_are_all_that_can_be_used() {
        let store = tempfile::tempdir().unwrap();
        let sets = BorderSets::of_store(store.path());
        sets.install(&set("front", "1"), false).unwrap();
        std::fs::write(store.path().join("borders/broken.kbs"), b"not a set").unwrap();
        let others = sets.others("osm-maritime-10m", View::de_facto(), None).unwrap();
        let names: Vec<&str> = others.iter().map(|set| set.info().name.as_str()).collect();
        assert_eq!(names, ["natural-earth-10m", "front"]);
        assert!(others.iter().all(|set| set.view().name() == "de_facto"));
    }

    #[test]
    fn a_name_leads_to_a_set_and_nowhere_else() {
        let store = tempfile::tempdir().unwrap();
        let sets = BorderSets::of_store(store.path());
        for name in ["", "../front", "Front", "a b", ".hidden", &"x".repeat(65)] {
            assert!(matches!(sets.install(&set(name, "1"), true), Err(SetError::BadName(_))), "{name}");
            assert!(matches!(sets.get(name, View::un(), None), Err(SetError::Unknown { .. })), "{name}");
        }
        let taken = sets.install(&set("osm-maritime-10m", "9"), true).unwrap_err();
        assert!(taken.to_string().contains("built in"), "{taken}");
        assert!(matches!(sets.install(b"PK", false), Err(SetError::Bad { .. })));
    }

    #[test]
    fn a_damaged_set_is_listed_with_what_is_wrong_and_refused_when_asked_for() {
        let store = tempfile::tempdir().unwrap();
        let sets = BorderSets::of_store(store.path());
        let path = sets.install(&set("front", "1"), false).unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        let last = bytes.len() - 40;
        bytes[last] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert!(sets.get("front", View::un(), None).unwrap_err().to_string().contains("damaged"));
        std::fs::write(&path, b"not a set").unwrap();
        assert!(sets.list().unwrap().last().unwrap().summary.is_err());
    }
}
