//! `kordon quarantine`: the records that imports refused and kept, out to a file and in again.
//!
//! Each import that kept some has a file beside the store, named by what it holds. `export` writes the records as they came,
//! a table with its header, so that they can be mended where they were made; `kordon import FILE --mends ID` reads them in
//! again under their old source, and the file of those that are stored goes.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use kordon_store::{LeftError, Refused, quarantined};

use crate::find::shortened;
use crate::output::{file, write_to};
use crate::terminal::say;
use crate::{Done, StoreArg};

/// Refused records.
#[derive(Subcommand)]
pub enum Quarantine {
    /// The imports that kept refused records
    List {
        #[command(flatten)]
        store: StoreArg,
    },
    /// The records of one, each with its faults
    Show(One),
    /// The records of one as they came, to be mended and read again
    Export {
        #[command(flatten)]
        one: One,
        /// Where to write them
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
}

/// Which of them.
#[derive(Args)]
pub struct One {
    #[command(flatten)]
    store: StoreArg,
    /// As `kordon quarantine list` names it
    #[arg(value_name = "ID")]
    id: String,
}

impl Quarantine {
    pub fn run(self) -> anyhow::Result<Done> {
        match self {
            Self::List { store } => list(&store.store),
            Self::Show(one) => show(read(&one.store.store, &one.id)?),
            Self::Export { one, output } => export(&one, &output),
        }
    }
}

/// The records that an import refused, one at a time: there may be more than memory holds.
pub fn read(
    store: &Path,
    id: &str,
) -> anyhow::Result<impl Iterator<Item = Result<Refused, LeftError>> + use<>> {
    kordon_store::refused(store, id).context("refused records; kordon quarantine list has them")
}

fn list(store: &Path) -> anyhow::Result<Done> {
    for id in quarantined(store)? {
        let (mut file, mut count) = (String::new(), 0);
        for refused in read(store, &id)? {
            file = refused?.file;
            count += 1;
        }
        write_to(None, |out| Ok(writeln!(out, "{id}  {count:>7}  {}", shortened(&file))?))?;
    }
    Ok(Done::All)
}

fn show(refused: impl Iterator<Item = Result<Refused, LeftError>>) -> anyhow::Result<Done> {
    write_to(None, |out| {
        for one in refused {
            let Refused { file, record, faults } = one?;
            writeln!(out, "{}", shortened(record.text()))?;
            for fault in faults {
                // A body of HTTP need not have a name.
                let file = if fault.file.is_empty() { format!("{file}:") } else { String::new() };
                writeln!(out, "  {file}{fault}")?;
            }
        }
        Ok(())
    })?;
    Ok(Done::All)
}

fn export(One { store, id }: &One, output: &Path) -> anyhow::Result<Done> {
    let first = read(&store.store, id)?.next().transpose()?;
    let header = first.as_ref().and_then(|kept| kept.record.header());
    let mut count = 0;
    if file(output).is_some_and(Path::is_file) {
        bail!(
            "{} is there already, and may be what somebody has mended; give another name",
            output.display()
        );
    }
    write_to(Some(output), |out| {
        if let Some(header) = header {
            writeln!(out, "{header}")?;
        }
        for kept in read(&store.store, id)? {
            let kept = kept?;
            if kept.record.header() != header {
                bail!(
                    "these records are of several tables, whose headers differ; mend them in their own files"
                );
            }
            // A record of JSON may stand over several lines, and in what is read again a line is a record.
            match header {
                Some(_) => writeln!(out, "{}", kept.record.text())?,
                None => writeln!(out, "{}", kept.record.text().replace(['\r', '\n'], " "))?,
            }
            count += 1;
        }
        Ok(())
    })?;
    let format = if header.is_some() { "csv" } else { "ndjson" };
    say(&format!(
        "{count} records; when they are mended: kordon import {} --format {format} --mends {id}, with the flags of the first import",
        output.display()
    ));
    Ok(Done::All)
}
