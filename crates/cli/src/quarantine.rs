//! `kordon quarantine`: the records that imports refused and kept, out to a file and in again.
//!
//! Each import that kept some has a file beside the store, named by what it holds. `export` writes the records as they came,
//! a table with its header, so that they can be mended where they were made; `kordon import FILE --mends ID` reads them in
//! again under their old source, and the file of those that are stored goes.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use kordon_incidents::Original;
use serde::Deserialize;

use crate::find::shortened;
use crate::output::write_to;
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

/// A line of a quarantine file.
#[derive(Deserialize)]
pub struct Kept {
    file: String,
    record: Original,
    faults: Vec<Told>,
}

/// A fault, as it was written down.
#[derive(Deserialize)]
struct Told {
    line: usize,
    column: usize,
    field: Option<String>,
    problem: String,
    hint: Option<String>,
}

impl Quarantine {
    pub fn run(self) -> anyhow::Result<Done> {
        match self {
            Self::List { store } => list(&store.store),
            Self::Show(one) => show(&read(&one.store.store, &one.id)?),
            Self::Export { one, output } => export(&read(&one.store.store, &one.id)?, &one.id, &output),
        }
    }
}

/// The file of an import's refused records.
pub fn path_of(store: &Path, id: &str) -> anyhow::Result<PathBuf> {
    if id.is_empty() || !id.bytes().all(|b| b.is_ascii_hexdigit()) {
        bail!("{id} is no name of refused records; kordon quarantine list has them");
    }
    Ok(store.join("quarantine").join(format!("{id}.ndjson")))
}

/// The records that an import refused.
pub fn read(store: &Path, id: &str) -> anyhow::Result<Vec<Kept>> {
    let path = path_of(store, id)?;
    let file = File::open(&path).with_context(|| format!("there are no refused records {id}"))?;
    let mut kept = Vec::new();
    for (number, line) in BufReader::new(file).lines().enumerate() {
        let place = || format!("{}:{}", path.display(), number + 1);
        kept.push(serde_json::from_str(&line.with_context(place)?).with_context(place)?);
    }
    Ok(kept)
}

impl Kept {
    /// The name of the source in `same_as`.
    pub fn source(&self) -> &str {
        self.record.source()
    }
}

fn list(store: &Path) -> anyhow::Result<Done> {
    let Ok(files) = std::fs::read_dir(store.join("quarantine")) else { return Ok(Done::All) };
    let mut names: Vec<String> = files
        .filter_map(|file| file.ok()?.file_name().to_str()?.strip_suffix(".ndjson").map(str::to_owned))
        .collect();
    names.sort_unstable();
    for id in names {
        let kept = read(store, &id)?;
        let file = kept.first().map_or("", |kept| kept.file.as_str());
        write_to(None, |out| Ok(writeln!(out, "{id}  {:>7}  {}", kept.len(), shortened(file))?))?;
    }
    Ok(Done::All)
}

fn show(kept: &[Kept]) -> anyhow::Result<Done> {
    write_to(None, |out| {
        for Kept { file, record, faults } in kept {
            writeln!(out, "{}", shortened(record.text()))?;
            for Told { line, column, field, problem, hint } in faults {
                let field = field.as_ref().map_or_else(String::new, |field| format!("{field}: "));
                let hint = hint.as_ref().map_or_else(String::new, |hint| format!(" ({hint})"));
                writeln!(out, "  {file}:{line}:{column}: {field}{problem}{hint}")?;
            }
        }
        Ok(())
    })?;
    Ok(Done::All)
}

fn export(kept: &[Kept], id: &str, output: &Path) -> anyhow::Result<Done> {
    let header = kept.first().and_then(|kept| kept.record.header());
    if kept.iter().any(|kept| kept.record.header() != header) {
        bail!("these records are of several tables, whose headers differ; mend them in their own files");
    }
    write_to(Some(output), |out| {
        if let Some(header) = header {
            writeln!(out, "{header}")?;
        }
        for kept in kept {
            // A record of JSON may stand over several lines, and in what is read again a line is a record.
            match header {
                Some(_) => writeln!(out, "{}", kept.record.text())?,
                None => writeln!(out, "{}", kept.record.text().replace(['\r', '\n'], " "))?,
            }
        }
        Ok(())
    })?;
    let format = if header.is_some() { "csv" } else { "ndjson" };
    say(&format!(
        "{} records; when they are mended: kordon import {} --format {format} --mends {id}, with the flags of the first import",
        kept.len(),
        output.display()
    ));
    Ok(Done::All)
}
