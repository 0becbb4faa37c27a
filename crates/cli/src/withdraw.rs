//! `kordon withdraw`: takes a whole import back, as one.

use clap::Args;
use kordon_incidents::IncidentId;
use kordon_store::{Author, Options};

use crate::terminal::say;
use crate::{Done, StoreArg, open_store, sets};

/// Take an import back. Nothing is lost: all revisions stay in the ledger.
#[derive(Args)]
pub struct Withdraw {
    #[command(flatten)]
    store: StoreArg,
    /// The number that `kordon import` told
    #[arg(long, env = "KORDON_BATCH", value_name = "ID")]
    batch: u64,
    /// Only tell what would be done
    #[arg(long, env = "KORDON_DRY_RUN")]
    dry_run: bool,
    /// Who withdraws it, as the record of it will say
    #[arg(long, env = "KORDON_BY", value_name = "NAME", default_value = "operator")]
    by: String,
}

impl Withdraw {
    pub fn run(self) -> anyhow::Result<Done> {
        let options = Options { create: false, read_only: self.dry_run };
        let store = open_store(&self.store.store, &sets::default()?, options)?;
        let taken = store.take_back(self.batch, &Author::new(self.by), self.dry_run)?;
        let would = if self.dry_run { "would be " } else { "" };
        say(&format!(
            "batch {}: {would}withdrawn {}, restored {}, left {}",
            self.batch,
            taken.withdrawn.len(),
            taken.restored.len(),
            taken.left.len()
        ));
        if !taken.left.is_empty() {
            let ids: Vec<String> = taken.left.iter().map(IncidentId::to_string).collect();
            say(&format!(
                "left as they are, since they were revised or withdrawn meanwhile, or are hidden: {}",
                ids.join(" ")
            ));
        }
        Ok(if taken.left.is_empty() { Done::All } else { Done::SomeRefused })
    }
}
