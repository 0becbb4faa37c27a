//! Which border set a command measures against: one that is built in, one that is installed beside the store, or a file
//! made by `kordon borders`.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use kordon_borders::{BorderSet, Day, View};
use kordon_store::BorderSets;

/// The name of the set that answers unless another is named.
pub const DEFAULT: &str = "osm-maritime-10m";

/// The set that answers unless another is named.
pub fn default() -> anyhow::Result<Arc<BorderSet>> {
    Ok(Arc::new(BorderSet::default_set().context("the built-in border set")?))
}

/// The coarse set, for backgrounds.
pub fn coarse() -> anyhow::Result<Arc<BorderSet>> {
    Ok(Arc::new(BorderSet::natural_earth().context("the built-in border set")?))
}

/// The set of that name, or in that file (`.kbs`), in the view of the United Nations.
pub fn load(name: &str, store: &Path) -> anyhow::Result<BorderSet> {
    if name.ends_with(".kbs") {
        return load_file(name, View::un(), None);
    }
    Ok(BorderSets::of_store(store).read(name, View::un(), None)?)
}

/// The set in a file, as seen in a view on a day.
pub fn load_file(file: &str, view: &View, on: Option<Day>) -> anyhow::Result<BorderSet> {
    let bytes = std::fs::read(file).with_context(|| file.to_owned())?;
    BorderSet::decode_in(&bytes, view, on).with_context(|| file.to_owned())
}
