//! `kordon prove`: what shows a stranger that an incident is in the ledger, as JSON.

use std::io::Write;

use anyhow::bail;
use clap::Args;
use kordon_incidents::IncidentId;

use crate::find::look_into;
use crate::{Done, StoreArg};

/// Print the inclusion proof of each revision of an incident.
#[derive(Args)]
pub struct Prove {
    #[command(flatten)]
    store: StoreArg,
    /// The incident
    #[arg(value_name = "ID")]
    id: IncidentId,
}

impl Prove {
    pub fn run(self) -> anyhow::Result<Done> {
        let (store, _, whole) = look_into(&self.store)?;
        let proofs = store.prove(self.id)?;
        if proofs.revisions.is_empty() {
            bail!("there is no incident {}", self.id);
        }
        writeln!(std::io::stdout().lock(), "{}", serde_json::to_string_pretty(&proofs)?)?;
        Ok(whole)
    }
}
