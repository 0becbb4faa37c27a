//! `kordon verify`: walks the whole store, and names the first place where something is off.

use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use kordon_store::{Options, Store};

use crate::terminal::say;
use crate::{Done, StoreArg, sets};

/// Check a store from its first byte to its last.
#[derive(Args)]
pub struct Verify {
    #[command(flatten)]
    store: StoreArg,
}

impl Verify {
    pub fn run(self) -> anyhow::Result<Done> {
        let dir = &self.store.store;
        let borders = Arc::new(sets::load(sets::BUILT_IN[0])?);
        let store = Store::open(dir, borders, Options { create: false, read_only: true })
            .with_context(|| format!("store {}", dir.display()))?;
        match store.verify() {
            Ok(report) => {
                say(&format!("{}: {report}", dir.display()));
                Ok(Done::All)
            }
            Err(damage) => {
                say(&format!("{}: {damage}", dir.display()));
                Ok(Done::SomeRefused)
            }
        }
    }
}
