//! `kordon verify`: walks the whole store, and names the first place where something is off.
//!
//! A signed checkpoint of what was found goes to stdout. Kept elsewhere, it convicts a store that was rewritten since:
//! `kordon verify > checkpoint.txt`, and later `kordon verify --against checkpoint.txt`.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use kordon_store::{Checkpoint, Options, PublicKey, Store};

use crate::terminal::say;
use crate::{Done, StoreArg, evidence, open_store, sets};

/// Check a store from its first byte to its last.
#[derive(Args)]
pub struct Verify {
    #[command(flatten)]
    store: StoreArg,
    /// Whether the store is still what this earlier checkpoint says, and only more
    #[arg(long, env = "KORDON_AGAINST", value_name = "FILE")]
    against: Option<PathBuf>,
    /// The key that signed the earlier checkpoint, as it was printed then (default: the key in the store)
    #[arg(long, env = "KORDON_KEY", value_name = "NAME+ID+KEY", requires = "against")]
    key: Option<PublicKey>,
}

impl Verify {
    pub fn run(self) -> anyhow::Result<Done> {
        let dir = &self.store.store;
        let store = open_store(dir, &sets::default()?, Options { create: false, read_only: true })?;
        let against = self.against.as_ref().map(|file| self.checkpoint(file, &store)).transpose()?;
        let report = match store.verify() {
            Ok(report) => report,
            Err(damage) => {
                say(&format!("{}: {damage}", dir.display()));
                return Ok(Done::SomeRefused);
            }
        };
        say(&format!("{}: {report}", dir.display()));
        if let Some(against) = &against {
            if let Err(damage) = store.extends(against) {
                say(&format!("{}: {damage}", dir.display()));
                return Ok(Done::SomeRefused);
            }
            say(&format!("its first {} records are those of the checkpoint", against.size));
        }
        match (&report.checkpoint, store.public_key()) {
            (Some(checkpoint), Some(key)) => {
                say(&format!("key {key}"));
                std::io::stdout().write_all(checkpoint.as_bytes())?;
            }
            _ => say("the signing key is not here, or not for you to read: no checkpoint is signed"),
        }
        // After the checkpoint, which is of the ledger alone.
        let (files, problems) = evidence::verify(dir)?;
        if !problems.is_empty() {
            problems.iter().for_each(|problem| say(problem));
            return Ok(Done::SomeRefused);
        }
        if files > 0 {
            say(&format!("{files} files of evidence are what was added"));
        }
        Ok(Done::All)
    }

    fn checkpoint(&self, file: &PathBuf, store: &Store) -> anyhow::Result<Checkpoint> {
        let name = || file.display().to_string();
        let note = std::fs::read_to_string(file).with_context(name)?;
        let Some(key) = self.key.as_ref().or(store.public_key()) else {
            bail!("the key of the store is not here, or not for you to read; name it with --key");
        };
        Checkpoint::verify(&note, key).with_context(name)
    }
}
