//! Which state of the store a command looks at: the flags that say it.

use anyhow::anyhow;
use clap::Args;
use kordon_server::{Asked, When};
use kordon_store::Store;

/// The flags.
#[derive(Args)]
pub struct WhenArgs {
    /// As everybody could see it then: 2025-06-01T12:00:00Z, or the number of a record of the ledger
    #[arg(long, env = "KORDON_AS_OF", value_name = "MOMENT|RECORD", conflicts_with = "snapshot")]
    as_of: Option<String>,
    /// As it was answered before, under the snapshot id that stood there; the same bytes for ever
    #[arg(long, env = "KORDON_SNAPSHOT", value_name = "ID")]
    snapshot: Option<String>,
}

impl WhenArgs {
    /// The state of the store that these flags mean; now, without any.
    pub fn ask(&self, store: &Store) -> anyhow::Result<Asked> {
        let when = When::read(self.as_of.as_deref(), self.snapshot.as_deref());
        when.and_then(|when| when.ask(store)).map_err(|problem| anyhow!("{problem}"))
    }
}
