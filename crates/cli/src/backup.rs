//! `kordon backup` and `kordon restore`: a store as one file, also while it is served, and back.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use crate::terminal::say;
use crate::{Done, StoreArg};

/// Write the store into one new file.
#[derive(Args)]
pub struct Backup {
    #[command(flatten)]
    store: StoreArg,
    /// The file, which must not exist
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Put the key that signs checkpoints into it, so that a restored store signs with it
    #[arg(long, env = "KORDON_WITH_KEY")]
    with_key: bool,
}

/// Make a new store from a backup.
#[derive(Args)]
pub struct Restore {
    #[command(flatten)]
    store: StoreArg,
    /// The backup
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl Backup {
    pub fn run(self) -> anyhow::Result<Done> {
        let name = || self.file.display().to_string();
        let manifest =
            kordon_store::backup(&self.store.store, &self.file, self.with_key).with_context(name)?;
        let key = if manifest.has_key { "with its signing key" } else { "without its signing key" };
        say(&format!("{}: {} records, root {}, {key}", name(), manifest.records, manifest.root));
        Ok(Done::All)
    }
}

impl Restore {
    pub fn run(self) -> anyhow::Result<Done> {
        let dir = &self.store.store;
        let name = || self.file.display().to_string();
        let manifest = kordon_store::restore(&self.file, dir).with_context(name)?;
        say(&format!("{}: {} records, root {}, read again", dir.display(), manifest.records, manifest.root));
        if !manifest.has_key {
            say("the signing key was not in it: a new one is made when the store is next written to");
        }
        Ok(Done::All)
    }
}
