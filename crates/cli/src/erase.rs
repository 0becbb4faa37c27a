//! `kordon erase`: overwrites what a record said, where the law or a danger to life demands it.

use anyhow::bail;
use clap::{Args, ValueEnum};
use kordon_incidents::IncidentId;
use kordon_store::{Author, Options, Outcome, Reason};

use crate::terminal::say;
use crate::{Done, StoreArg, open_store, sets};

/// Erase what an incident said; that it was there stays provable.
#[derive(Args)]
pub struct Erase {
    #[command(flatten)]
    store: StoreArg,
    /// The incident
    #[arg(value_name = "ID")]
    id: IncidentId,
    /// Why
    #[arg(long, env = "KORDON_REASON", value_enum)]
    reason: Why,
    /// Who erases it, as the record of it will say
    #[arg(long, env = "KORDON_BY", value_name = "NAME", default_value = "operator")]
    by: String,
}

#[derive(Clone, Copy, ValueEnum)]
enum Why {
    DangerToLife,
    Law,
}

impl Erase {
    pub fn run(self) -> anyhow::Result<Done> {
        let dir = &self.store.store;
        let store = open_store(dir, &sets::default()?, Options { create: false, read_only: false })?;
        let reason = match self.reason {
            Why::DangerToLife => Reason::DangerToLife,
            Why::Law => Reason::Law,
        };
        let put = store.erase(self.id, reason, &Author::new(self.by))?;
        if put.updated == 0 {
            bail!("{} was erased before", self.id);
        }
        say(&format!("{}: what it said is overwritten; that it was there stays provable", self.id));
        for (other, outcome) in put.ids.iter().skip(1) {
            say(&match outcome {
                Outcome::Unchanged => format!(
                    "{other} was merged into it, and what it said before that, its place as well, is still told: erase it, too, if that must go"
                ),
                _ => format!(
                    "{other} had taken it in, and says nothing of it any more; its earlier revisions do: erase it, too, if that must go"
                ),
            });
        }
        say("out of reach: backups, copies elsewhere, and what the disk itself keeps of overwritten files");
        for (name, what) in [
            ("ledger.v1", "the ledger of an older format"),
            ("quarantine", "refused records"),
            ("evidence", "files of evidence"),
        ] {
            let path = dir.join(name);
            if path.exists() {
                say(&format!("{}: {what} may still say it; look there", path.display()));
            }
        }
        Ok(Done::All)
    }
}
