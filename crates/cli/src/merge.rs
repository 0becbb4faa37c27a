//! `kordon merge` and `kordon unmerge`: two reports of one event become one incident, and two again.

use clap::Args;
use kordon_incidents::IncidentId;
use kordon_store::{Author, Options, Store};

use crate::terminal::say;
use crate::{Done, StoreArg, open_store, sets};

/// Make one of two incidents that tell of the same event: sources, impacts, names elsewhere and tags of the first go to the
/// other; the first keeps its id, which leads to the other from now on.
#[derive(Args)]
pub struct Merge {
    /// The incident that goes
    id: IncidentId,
    /// The incident that stays
    #[arg(long, value_name = "ID")]
    into: IncidentId,
    #[command(flatten)]
    common: Common,
}

/// Make two again of what `kordon merge` made one.
#[derive(Args)]
pub struct Unmerge {
    /// The incident that was merged into another
    id: IncidentId,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
struct Common {
    #[command(flatten)]
    store: StoreArg,
    /// Who decides, as the record of it will say
    #[arg(long, env = "KORDON_BY", value_name = "NAME", default_value = "operator")]
    by: String,
}

impl Common {
    fn open(&self) -> anyhow::Result<(Store, Author)> {
        let borders = sets::default()?;
        let store = open_store(&self.store.store, &borders, Options { create: false, read_only: false })?;
        Ok((store, Author::new(&self.by)))
    }
}

impl Merge {
    pub fn run(self) -> anyhow::Result<Done> {
        let Self { id, into, common } = self;
        let (store, author) = common.open()?;
        let put = store.merge(id, into, &author)?;
        say(&if put.updated == 0 {
            format!("{id} is merged into {into} already")
        } else {
            format!("{id} is merged into {into}; `kordon unmerge {id}` makes two of them again")
        });
        Ok(Done::All)
    }
}

impl Unmerge {
    pub fn run(self) -> anyhow::Result<Done> {
        let Self { id, common } = self;
        let (store, author) = common.open()?;
        store.unmerge(id, &author)?;
        say(&format!("{id} is an incident of its own again"));
        Ok(Done::All)
    }
}
