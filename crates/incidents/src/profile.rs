//! Profiles: what the columns of a known source mean here, read from TOML files.
//!
//! A profile names its source by columns that stand together nowhere else, and says which column is which
//! field of ours, what holds for every record, and what the source's codes mean. It is data, so a sheet of
//! one's own needs a file and no program. The known sources are compiled in from `data/profiles`.
//!
//! ```
//! # use kordon_incidents::Profile;
//! let mine = Profile::parse(r#"
//!     name = "our-sheet"
//!     title = "The sheet of our field office"
//!     [fields]
//!     date_start = "Datum"
//!     [[rule]]
//!     field = "event_type"
//!     column = "Art"
//!     values = { Beschuss = "explosions_remote_violence" }
//! "#)?;
//! assert_eq!(mine.name(), "our-sheet");
//! # Ok::<(), kordon_incidents::BadProfile>(())
//! ```
//!
//! Names of columns are compared in small letters with `_` for every run of other characters, so `Event Date`
//! is `event_date`; `/` names a member of an object (`url/report`) or an item of a list (`place/0`). A name that
//! begins or ends with `*` stands for all that end or begin with the rest.

use crate::columns::{FIELDS, plain_name};
use crate::date::DateOrder;
use crate::report::Encoding;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock};

/// What is wrong with a profile, as a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadProfile(Box<str>);

/// What the columns of a known source mean here.
#[derive(Debug)]
pub struct Profile {
    name: String,
    title: String,
    text: String,
    detect: Vec<Detect>,
    /// All its files are one dataset, whose ids are its own.
    pub(crate) one_dataset: bool,
    /// The encoding of older exports, which are not UTF-8.
    pub(crate) encoding: Option<Encoding>,
    /// The order in which the source is documented to write day and month.
    pub(crate) order: Option<DateOrder>,
    /// The offset of times that have none, as the source documents it.
    pub(crate) zone: Option<String>,
    /// What stands between the groups of a question's name; its last step is its name.
    pub(crate) groups: Option<char>,
    /// What holds for every record unless a column says otherwise; `language` first, since texts are in it.
    pub(crate) constants: Vec<(&'static str, String)>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) flags: Vec<Flag>,
    /// Columns that stay in `extra` although their name is one of ours.
    leave: Vec<String>,
    /// Columns about whoever reported, which are not stored.
    private: Vec<String>,
}

/// Columns that give a source away.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Detect {
    #[serde(default)]
    all: Vec<String>,
    #[serde(default)]
    any: Vec<String>,
    #[serde(default)]
    none: Vec<String>,
    /// Texts that values must contain, in small letters.
    #[serde(default)]
    contains: BTreeMap<String, String>,
}

/// How one field of ours is made of theirs.
#[derive(Debug)]
pub(crate) struct Rule {
    /// Our field.
    pub(crate) field: &'static str,
    /// Their columns; the first that is there is read.
    columns: Vec<String>,
    /// What their codes mean, by the code in small letters; `*` is every other one, and `(1)*` each that begins with `(1)`.
    pub(crate) values: HashMap<String, String>,
    pub(crate) other: Other,
    /// Put together from several columns: `{event_type}: {sub_event_type}`.
    pub(crate) text: Option<String>,
    /// Column of the UTC time of day, HHMM without leading zeros at times.
    pub(crate) utc_clock: Option<String>,
    /// Columns of the sides of a pixel in kilometers, half of whose diagonal is the radius.
    pub(crate) pixel_km: Option<[String; 2]>,
    /// What follows one of these labels in its line, if one is there.
    pub(crate) after: Vec<String>,
    /// The web addresses in a text.
    pub(crate) links: bool,
    /// Zero means that it is not known.
    pub(crate) positive: bool,
}

/// What becomes of a code that the profile does not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Other {
    /// It is a fault of the record.
    #[default]
    Fault,
    /// It is taken as it stands.
    AsIs,
    /// It stays in `extra`.
    Leave,
}

/// Fields that are set when a column says so; of several flags for one field the first wins.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Flag {
    #[serde(deserialize_with = "one_or_many")]
    pub(crate) column: Vec<String>,
    /// Columns that must not say so.
    #[serde(default, deserialize_with = "one_or_many")]
    pub(crate) unless: Vec<String>,
    pub(crate) at_least: f64,
    set: BTreeMap<String, String>,
    #[serde(skip)]
    pub(crate) fields: Vec<(&'static str, String)>,
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    title: String,
    #[serde(default, rename = "url")]
    _url: Option<String>,
    #[serde(default, rename = "note")]
    _note: Option<String>,
    #[serde(default)]
    one_dataset: bool,
    encoding: Option<String>,
    date_order: Option<DateOrder>,
    zone: Option<String>,
    groups: Option<char>,
    #[serde(default)]
    leave: Vec<String>,
    #[serde(default)]
    private: Vec<String>,
    #[serde(default)]
    detect: Vec<Detect>,
    #[serde(default)]
    constants: BTreeMap<String, String>,
    #[serde(default)]
    fields: BTreeMap<String, Columns>,
    #[serde(default)]
    rule: Vec<WrittenRule>,
    #[serde(default)]
    flag: Vec<Flag>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    field: String,
    column: Option<Columns>,
    #[serde(default)]
    values: BTreeMap<String, String>,
    #[serde(default)]
    other: Other,
    text: Option<String>,
    utc_clock: Option<String>,
    pixel_km: Option<[String; 2]>,
    #[serde(default)]
    after: Vec<String>,
    #[serde(default)]
    links: bool,
    #[serde(default)]
    positive: bool,
}

/// One name or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Columns {
    One(String),
    Many(Vec<String>),
}

impl Columns {
    fn into_names(self) -> Vec<String> {
        match self {
            Columns::One(name) => vec![name],
            Columns::Many(names) => names,
        }
    }
}

fn one_or_many<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Columns::deserialize(deserializer).map(Columns::into_names)
}

/// Which profile a reader is to use.
#[derive(Clone, Debug, Default)]
pub enum Profiles {
    /// The first known source whose columns are there.
    #[default]
    Detect,
    /// This one, whatever the columns are.
    Use(Arc<Profile>),
    /// None: only names that are ours or common.
    Off,
}

impl Profiles {
    /// The profile of a table with these headers.
    pub(crate) fn of_table(&self, plain: &[String]) -> Option<Arc<Profile>> {
        match self {
            Profiles::Detect => Profile::detect(plain, |_| None),
            Profiles::Use(profile) => Some(Arc::clone(profile)),
            Profiles::Off => None,
        }
    }

    /// What a table with these headers may be in, when it is not UTF-8.
    pub(crate) fn encoding_of(&self, names: &[String]) -> Option<Encoding> {
        let plain: Vec<String> = names.iter().map(|name| plain_name(name)).collect();
        self.of_table(&plain)?.encoding
    }
}

/// The files of `data/profiles`, those that ask for more columns before those that ask for fewer.
const FILES: &[&str] = &[
    include_str!("../../../data/profiles/acled.toml"),
    include_str!("../../../data/profiles/ucdp.toml"),
    include_str!("../../../data/profiles/viina.toml"),
    include_str!("../../../data/profiles/firms.toml"),
    include_str!("../../../data/profiles/usgs.toml"),
    include_str!("../../../data/profiles/gdacs.toml"),
    include_str!("../../../data/profiles/eyes-on-russia.toml"),
    include_str!("../../../data/profiles/timemap.toml"),
    include_str!("../../../data/profiles/geoconfirmed.toml"),
    include_str!("../../../data/profiles/kobo.toml"),
    include_str!("../../../data/profiles/odk.toml"),
    include_str!("../../../data/profiles/ushahidi.toml"),
    include_str!("../../../data/profiles/insecurity-insight.toml"),
    include_str!("../../../data/profiles/auto-archiver.toml"),
];

static KNOWN: LazyLock<Vec<Arc<Profile>>> =
    LazyLock::new(|| FILES.iter().filter_map(|text| Profile::parse(text).ok()).map(Arc::new).collect());

impl Profile {
    /// Every known source.
    pub fn known() -> &'static [Arc<Profile>] {
        &KNOWN
    }

    /// Reads a profile.
    ///
    /// # Errors
    ///
    /// What is wrong with it, with the line where the TOML itself is broken.
    pub fn parse(text: &str) -> Result<Profile, BadProfile> {
        let written: Written =
            toml::from_str(text).map_err(|error| BadProfile(error.to_string().trim().into()))?;
        let bad = |problem: String| BadProfile(problem.into());
        let field = |name: &str| {
            let found = FIELDS.iter().copied().find(|field| *field == name);
            found.ok_or_else(|| bad(format!("{name} is not a field; the fields are {}", FIELDS.join(", "))))
        };
        if plain_name(&written.name).is_empty() {
            return Err(bad("the profile has no name".into()));
        }
        if written.name.contains(|c: char| c == ':' || c.is_whitespace() || c.is_control()) {
            return Err(bad("the profile's name is one word without a colon".into()));
        }
        let encoding = written.encoding.as_deref().map(str::parse::<Encoding>).transpose();
        let mut rules = Vec::new();
        for (name, columns) in written.fields {
            rules.push(Rule::plain(field(&name)?, columns.into_names()));
        }
        for rule in written.rule {
            let name = field(&rule.field)?;
            rules.push(rule.read(name));
        }
        let mut constants = Vec::new();
        for (name, value) in written.constants {
            constants.push((field(&name)?, value));
        }
        constants.sort_by_key(|(name, _)| *name != "language");
        let mut flags = written.flag;
        for flag in &mut flags {
            for (name, value) in &flag.set {
                flag.fields.push((field(name)?, value.clone()));
            }
        }
        Ok(Profile {
            name: written.name,
            title: written.title,
            text: text.to_owned(),
            detect: written.detect,
            one_dataset: written.one_dataset,
            encoding: encoding.map_err(|unknown| bad(format!("encoding: {unknown}")))?,
            order: written.date_order,
            zone: written.zone,
            groups: written.groups,
            constants,
            rules,
            flags,
            leave: written.leave.iter().map(|name| normal(name)).collect(),
            private: written.private.iter().map(|name| normal(name)).collect(),
        })
    }

    /// Its short name, such as `ucdp`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whose data it reads, in words.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The file, as it is written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The first known source that has these columns. `value` gives the text of a column, where there is one yet.
    pub(crate) fn detect<'v>(
        plain: &[String],
        value: impl Fn(usize) -> Option<&'v str>,
    ) -> Option<Arc<Profile>> {
        let has = |wanted: &String| plain.contains(wanted);
        let says = |(wanted, part): (&String, &String)| {
            let at = plain.iter().position(|name| name == wanted)?;
            Some(value(at)?.to_lowercase().contains(part))
        };
        let fits = |detect: &Detect| {
            detect.all.iter().all(has)
                && (detect.any.is_empty() || detect.any.iter().any(has))
                && !detect.none.iter().any(has)
                && detect.contains.iter().all(|pair| says(pair) == Some(true))
        };
        KNOWN.iter().find(|profile| profile.detect.iter().any(fits)).cloned()
    }

    pub(crate) fn leaves(&self, plain: &str) -> bool {
        self.leave.iter().any(|name| fits(name, plain))
    }

    pub(crate) fn is_private(&self, plain: &str) -> bool {
        self.private.iter().any(|name| fits(name, plain))
    }
}

impl Rule {
    fn plain(field: &'static str, columns: Vec<String>) -> Rule {
        Rule {
            field,
            columns: columns.iter().map(|name| normal(name)).collect(),
            values: HashMap::new(),
            other: Other::Fault,
            text: None,
            utc_clock: None,
            pixel_km: None,
            after: Vec::new(),
            links: false,
            positive: false,
        }
    }

    /// What a code means: by the code itself, else by the longest beginning of it that is known, of which `*` is the shortest.
    pub(crate) fn word_of(&self, code: &str) -> Option<&String> {
        let code = code.to_lowercase();
        let begins = |known: &&String| known.strip_suffix('*').is_some_and(|start| code.starts_with(start));
        self.values
            .get(&code)
            .or_else(|| self.values.get(self.values.keys().filter(begins).max_by_key(|k| k.len())?))
    }

    /// The columns that it reads: the first that is there, or all of them where several may stand side by side.
    pub(crate) fn columns_among(&self, plain: &[String]) -> Vec<usize> {
        let found =
            self.columns.iter().flat_map(|name| (0..plain.len()).filter(move |&at| fits(name, &plain[at])));
        if self.field == "source_extra" { found.collect() } else { found.take(1).collect() }
    }
}

impl WrittenRule {
    fn read(self, field: &'static str) -> Rule {
        let columns = self.column.map_or_else(|| vec![self.field], Columns::into_names);
        Rule {
            values: self.values.into_iter().map(|(code, word)| (code.to_lowercase(), word)).collect(),
            other: self.other,
            text: self.text,
            utc_clock: self.utc_clock,
            pixel_km: self.pixel_km,
            after: self.after,
            links: self.links,
            positive: self.positive,
            ..Rule::plain(field, columns)
        }
    }
}

/// The name of a column as columns are compared, with the `*` that it may begin or end with.
fn normal(name: &str) -> String {
    match (name.strip_prefix('*'), name.strip_suffix('*')) {
        (Some(_), _) | (None, Some(_)) => name.to_lowercase(),
        (None, None) => plain_name(name),
    }
}

/// Whether a column is one that a profile names.
fn fits(wanted: &str, plain: &str) -> bool {
    match (wanted.strip_prefix('*'), wanted.strip_suffix('*')) {
        (Some(end), _) => plain.ends_with(end),
        (None, Some(start)) => plain.starts_with(start),
        (None, None) => plain == wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_of_ours_is_read_and_known_by_its_name() {
        for text in FILES {
            Profile::parse(text).unwrap();
        }
        assert_eq!(Profile::known().len(), FILES.len());
        let mut names: Vec<&str> = Profile::known().iter().map(|profile| profile.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), FILES.len());
        assert!(Profile::known().iter().all(|profile| !profile.detect.is_empty()));
    }

    #[test]
    fn a_profile_that_is_wrong_says_what_is() {
        for (text, says) in [
            ("name = 3", "invalid type"),
            ("name = \"x\"\ntitle = \"x\"\nfeilds = {}", "feilds"),
            ("name = \"x\"\ntitle = \"x\"\n[fields]\ntitel = \"a\"", "titel is not a field"),
            ("name = \"x\"\ntitle = \"x\"\nencoding = \"klingon\"", "encoding"),
            ("name = \"\"\ntitle = \"x\"", "no name"),
        ] {
            let bad = Profile::parse(text).unwrap_err().to_string();
            assert!(bad.contains(says), "{text}: {bad}");
        }
    }
}
