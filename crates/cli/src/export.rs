//! `kordon export`: the public incidents that match, as GeoJSON, a GeoJSON text sequence or CSV.
//!
//! Written page by page, so memory stays bounded, and through a new file that takes the old one's place when it is
//! complete. What the public may not see is counted, never written.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::{Args, ValueEnum};
use kordon_server::{Asked, csv_header, csv_row};
use kordon_store::Query;

use crate::filter::Filter;
use crate::find::{look_into, named};
use crate::output::write_to;
use crate::terminal::say;
use crate::when::WhenArgs;
use crate::{Done, StoreArg};

/// Rows read at a time.
const PAGE: usize = 5_000;

/// Write incidents to a file.
#[derive(Args)]
pub struct Export {
    #[command(flatten)]
    filter: Filter,
    #[command(flatten)]
    when: WhenArgs,
    #[command(flatten)]
    store: StoreArg,
    /// Where to write; stdout when absent
    #[arg(short, long, env = "KORDON_OUTPUT", value_name = "FILE")]
    output: Option<PathBuf>,
    /// The format; without it, the file's name tells
    #[arg(long, env = "KORDON_FORMAT", value_enum)]
    format: Option<Format>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Geojson,
    Geojsonseq,
    Csv,
}

impl Format {
    fn of(path: Option<&Path>) -> anyhow::Result<Format> {
        let Some(ending) = path.and_then(Path::extension) else { return Ok(Format::Geojson) };
        match ending.to_string_lossy().as_ref() {
            "geojson" | "json" => Ok(Format::Geojson),
            "geojsonseq" | "geojsons" => Ok(Format::Geojsonseq),
            "csv" => Ok(Format::Csv),
            other => bail!(
                ".{other} is no format that is written here: .geojson, .geojsonseq or .csv; or say --format"
            ),
        }
    }
}

impl Export {
    pub fn run(self) -> anyhow::Result<Done> {
        let (store, borders, whole) = look_into(&self.store)?;
        let query = self.filter.query(&borders)?;
        let format = match self.format {
            Some(format) => format,
            None => Format::of(self.output.as_deref())?,
        };
        let asked = self.when.ask(&store)?;
        let words = self.filter.words();
        let cite = |matched| asked.citation(&borders, &words, matched, None);
        let written = write_to(self.output.as_deref(), |out| write(out, &asked, query, format, &cite))?;
        let info = borders.info();
        // Of staff's view there is no past.
        let withheld = match asked.is_now {
            true => format!(
                "{} records of the store are withheld from the public; ",
                store.full().len() - asked.snapshot.len()
            ),
            false => String::new(),
        };
        say(&format!(
            "wrote {written} incidents; {withheld}borders {} {}, {}, {}{}",
            info.name,
            info.version,
            info.licence,
            info.attribution,
            named(&asked)
        ));
        Ok(whole)
    }
}

fn write(
    out: &mut dyn Write,
    asked: &Asked,
    mut query: Query,
    format: Format,
    cite: &dyn Fn(usize) -> Option<String>,
) -> anyhow::Result<usize> {
    let snapshot = &asked.snapshot;
    query.limit = Some(PAGE);
    let mut written = 0;
    match format {
        Format::Geojson => out.write_all(b"{\"type\":\"FeatureCollection\",\"features\":[")?,
        Format::Geojsonseq => {}
        Format::Csv => out.write_all(&csv_header()?)?,
    }
    loop {
        let found = snapshot.find(&query);
        for row in &found.rows {
            match format {
                Format::Geojson => {
                    out.write_all(if written == 0 { b"\n" } else { b",\n" })?;
                    out.write_all(snapshot.feature(row)?.as_bytes())?;
                }
                Format::Geojsonseq => {
                    out.write_all(b"\x1e")?;
                    out.write_all(snapshot.feature(row)?.as_bytes())?;
                    out.write_all(b"\n")?;
                }
                Format::Csv => {
                    let mut line = Vec::new();
                    csv_row(&mut line, asked, row)?;
                    out.write_all(&line)?;
                }
            }
            written += 1;
        }
        match found.next {
            None => break,
            next => query.cursor = next,
        }
    }
    if format == Format::Geojson {
        out.write_all(b"\n]")?;
        if let (Some(name), Some(citation)) = (asked.name, cite(written)) {
            write!(out, r#","snapshot":"{name}","citation":{}"#, serde_json::to_string(&citation)?)?;
        }
        out.write_all(b"}\n")?;
    }
    out.flush()?;
    Ok(written)
}
