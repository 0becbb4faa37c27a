//! Whose view of disputed land, on which day, and with which sets of countries: the flags that say it.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use kordon_borders::{Alliance, BorderSet, Day, View};
use kordon_store::BorderSets;

use crate::sets;
use crate::terminal::say;

/// The flags.
#[derive(Args, Clone)]
pub struct ViewArgs {
    /// The world view that says whose disputed land is: un, de_facto, or a TOML file
    #[arg(long, env = "KORDON_VIEW", value_name = "NAME|FILE", default_value = "un")]
    view: String,
    /// The day for the view and for membership of sets, such as 2022-06-01; today when absent
    #[arg(long, env = "KORDON_ON", value_name = "DATE")]
    on: Option<Day>,
    /// A TOML file with a set of countries of your own; may be repeated
    #[arg(long, env = "KORDON_SET", value_name = "FILE", value_delimiter = ',')]
    set: Vec<PathBuf>,
}

impl ViewArgs {
    /// The day that was given.
    pub fn on(&self) -> Option<Day> {
        self.on
    }

    /// The view that was named.
    pub fn view(&self) -> anyhow::Result<View> {
        read_view(&self.view)
    }

    /// The border sets beside a store, which know the sets of countries that were given.
    pub fn sets(&self, store: &Path) -> anyhow::Result<BorderSets> {
        Ok(BorderSets::of_store(store).knowing(self.alliances()?))
    }

    fn alliances(&self) -> anyhow::Result<Vec<Alliance>> {
        self.set.iter().map(|file| read_alliance(file)).collect()
    }

    /// The border set of that name, or in that file (`.kbs`), as seen so.
    pub fn load(&self, name: &str, store: &Path) -> anyhow::Result<BorderSet> {
        let view = self.view()?;
        let borders = if name.ends_with(".kbs") {
            let mut borders = sets::load_file(name, &view, self.on)?;
            for alliance in self.alliances()? {
                borders.add_alliance(alliance).with_context(|| name.to_owned())?;
            }
            borders
        } else {
            self.sets(store)?.read(name, &view, self.on)?
        };
        if !View::built_in().contains(&&view) {
            warn_of_unknown(&borders, view.name(), view.codes());
        }
        for alliance in self.alliances()? {
            let codes = alliance.members().iter().map(|member| member.code.as_str());
            warn_of_unknown(&borders, alliance.name(), codes);
        }
        Ok(borders)
    }
}

/// The view of that name, or in that file.
fn read_view(name: &str) -> anyhow::Result<View> {
    let unknown = match View::named(name, &View::built_in()) {
        Ok(view) => return Ok(view.clone()),
        Err(unknown) => unknown,
    };
    if !Path::new(name).is_file() {
        bail!("{unknown}; nor is there such a file");
    }
    let text = std::fs::read_to_string(name).with_context(|| name.to_owned())?;
    View::read(&text).with_context(|| name.to_owned())
}

/// The set of countries in a file.
fn read_alliance(file: &Path) -> anyhow::Result<Alliance> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    Alliance::read(&text).with_context(|| file.display().to_string())
}

/// Says which codes of a view or a set of countries the border set does not know: they are perhaps misspelt.
fn warn_of_unknown<'a>(borders: &BorderSet, whose: &str, codes: impl Iterator<Item = &'a str>) {
    let unknown: Vec<&str> = codes.filter(|code| borders.find(code).is_none()).collect();
    if !unknown.is_empty() {
        say(&format!("{whose}: not in the border set {}: {}", borders.info().name, unknown.join(", ")));
    }
}
