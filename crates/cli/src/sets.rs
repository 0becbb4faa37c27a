//! Which border set a command measures against: one that is built in, or a file made by `kordon borders build`.

use std::path::Path;

use anyhow::{Context, bail};
use kordon_borders::BorderSet;

/// The names of the sets inside the binary, the default first.
pub const BUILT_IN: [&str; 2] = ["osm-maritime-10m", "natural-earth-10m"];

/// The set of that name, or in that file (`.kbs`).
pub fn load(name: &str) -> anyhow::Result<BorderSet> {
    match name {
        "osm-maritime-10m" => BorderSet::default_set().context("the built-in border set"),
        "natural-earth-10m" => BorderSet::natural_earth().context("the built-in border set"),
        file if Path::new(file).is_file() => {
            let bytes = std::fs::read(file).with_context(|| file.to_owned())?;
            BorderSet::decode(&bytes).with_context(|| file.to_owned())
        }
        other => bail!("no border set or file is called {other:?}; built in are {}", BUILT_IN.join(", ")),
    }
}
