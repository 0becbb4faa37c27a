//! `kordon upgrade`: copies a store of an older format to that of today.

use anyhow::Context;
use clap::Args;

use crate::terminal::say;
use crate::{Done, StoreArg};

/// Copy a store of an older format to that of today.
#[derive(Args)]
pub struct Upgrade {
    #[command(flatten)]
    store: StoreArg,
}

impl Upgrade {
    pub fn run(self) -> anyhow::Result<Done> {
        let dir = &self.store.store;
        let upgraded = kordon_store::upgrade(dir).with_context(|| format!("store {}", dir.display()))?;
        say(&format!(
            "{}: {} records copied; the old ledger is kept in {}",
            dir.display(),
            upgraded.records,
            upgraded.kept.display()
        ));
        Ok(Done::All)
    }
}
