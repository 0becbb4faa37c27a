//! `kordon picture` and `kordon report`: maps for documents, without a server.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{anyhow, bail};
use clap::Args;
use kordon_borders::BorderSet;
use kordon_incidents::IncidentId;
use kordon_server::pictures::{Look, picture, scene_of, scene_of_many};
use kordon_server::report;
use kordon_server::{Ground, Problem};

use crate::filter::Filter;
use crate::find::look_into;
use crate::output::write_to;
use crate::painter::PainterArg;
use crate::terminal::say;
use crate::when::WhenArgs;
use crate::{Done, StoreArg, sets};

/// How a map looks.
#[derive(Args)]
struct LookArgs {
    /// Width and height in pixels: 1200x630 unless told
    #[arg(long, env = "KORDON_SIZE", value_name = "WxH")]
    size: Option<String>,
    /// light, the default, or dark
    #[arg(long, env = "KORDON_THEME", value_name = "THEME")]
    theme: Option<String>,
    /// The language: en, the default, uk or ro
    #[arg(long, env = "KORDON_LANG", value_name = "LANGUAGE", value_parser = ["en", "uk", "ro"])]
    lang: Option<String>,
}

impl LookArgs {
    fn look(&self) -> anyhow::Result<Look> {
        Look::read(self.size.as_deref(), self.theme.as_deref(), self.lang.as_deref()).map_err(told)
    }
}

/// Draw a map: of one incident, or of all that match.
#[derive(Args)]
pub struct Picture {
    /// The incident; without it, all that match the filter
    #[arg(value_name = "ID")]
    id: Option<IncidentId>,
    /// The file; - for standard output
    #[arg(long, short, env = "KORDON_OUTPUT", value_name = "FILE.png")]
    output: PathBuf,
    #[command(flatten)]
    look: LookArgs,
    #[command(flatten)]
    filter: Filter,
    #[command(flatten)]
    when: WhenArgs,
    #[command(flatten)]
    painter: PainterArg,
    #[command(flatten)]
    store: StoreArg,
}

/// Write a report of what matches: tables, a map and how to cite it, in one HTML file that loads nothing.
#[derive(Args)]
pub struct Report {
    /// The file; - for standard output
    #[arg(long, short, env = "KORDON_OUTPUT", value_name = "FILE.html")]
    output: PathBuf,
    #[command(flatten)]
    look: LookArgs,
    #[command(flatten)]
    filter: Filter,
    #[command(flatten)]
    when: WhenArgs,
    #[command(flatten)]
    painter: PainterArg,
    #[command(flatten)]
    store: StoreArg,
}

impl Picture {
    pub fn run(self) -> anyhow::Result<Done> {
        let look = self.look.look()?;
        let (store, borders, whole) = look_into(&self.store)?;
        let query = self.filter.query(&borders)?;
        let asked = self.when.ask(&store)?;
        let (snapshot, ground) = (&asked.snapshot, ground(&borders)?);
        let words = self.filter.words();
        let (scene, question) = match self.id {
            Some(id) if words.is_empty() => {
                let Some(row) = snapshot.get(id) else { bail!("there is no public incident {id}") };
                (scene_of(&ground, snapshot, &row, look).map_err(told)?, id.to_string())
            }
            Some(_) => bail!("an incident is drawn by itself: leave out either its id or the filter"),
            None => (scene_of_many(&ground, snapshot, query, &words, look), words),
        };
        let bytes = picture(&self.painter.painter(), &ground, &scene, &question).map_err(told)?;
        write_whole(&self.output, &bytes)?;
        let info = borders.info();
        say(&format!(
            "{} bytes; borders: {} {}, {} ({})",
            bytes.len(),
            info.name,
            info.version,
            info.attribution,
            info.licence
        ));
        Ok(whole)
    }
}

impl Report {
    pub fn run(self) -> anyhow::Result<Done> {
        let look = self.look.look()?;
        let (store, borders, whole) = look_into(&self.store)?;
        let query = self.filter.query(&borders)?;
        let asked = self.when.ask(&store)?;
        let about = asked.about(&borders, &self.filter.words(), asked.snapshot.count(&query), None);
        let (ground, painter) = (ground(&borders)?, self.painter.painter());
        let made = report::Report {
            painter: &painter,
            ground: &ground,
            snapshot: &*asked.snapshot,
            query: &query,
            about: &about,
            look,
        };
        let html = made.html().map_err(told)?;
        write_whole(&self.output, html.as_bytes())?;
        say(&format!("a report of {} incidents, {} bytes", about.matched, html.len()));
        Ok(whole)
    }
}

fn ground(borders: &Arc<BorderSet>) -> anyhow::Result<Ground> {
    Ok(Ground::new(Arc::clone(borders), sets::coarse()?))
}

fn write_whole(path: &std::path::Path, bytes: &[u8]) -> anyhow::Result<()> {
    write_to(Some(path), |out| Ok(out.write_all(bytes)?))
}

fn told(problem: Problem) -> anyhow::Error {
    anyhow!("{problem}")
}
