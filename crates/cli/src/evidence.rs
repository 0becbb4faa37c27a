//! `kordon evidence`: files that incidents rest on, kept beside the store by what they hold, with their timestamps.

use std::fs::File;
use std::io;
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use kordon_evidence::{Mark, WebArchive};
use kordon_incidents::{IncidentId, Source};
use kordon_store::{
    Author, EvidenceError, Looked, Options, Store, all_evidence, evidence, evidence_content,
    evidence_timestamps, look_at_evidence,
};

use crate::output::write_to;
use crate::terminal::say;
use crate::{Done, StoreArg, open_store, sets};

/// Files of evidence.
#[derive(Subcommand)]
pub enum Evidence {
    /// Keep a file, and name it in a source of an incident
    Add(Add),
    /// The files that are kept
    List {
        #[command(flatten)]
        store: StoreArg,
    },
    /// Read a file again, and tell what it, its timestamps and its web archive say
    Show(One),
    /// Write a file as it was added, after checking that it still is
    Export {
        #[command(flatten)]
        one: One,
        /// Where to write it
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
    /// Take a file away, with its timestamps; what incidents say of it stays
    Remove(One),
}

/// What is to be kept.
#[derive(Args)]
pub struct Add {
    /// The file
    file: PathBuf,
    #[command(flatten)]
    store: StoreArg,
    /// Timestamps of it (RFC 3161): tokens or an authority's answers, in DER
    #[arg(long, value_name = "FILE.tsr")]
    timestamp: Vec<PathBuf>,
    /// The incident whose source the file is
    #[arg(long, value_name = "ID")]
    to: Option<IncidentId>,
    /// Which of its sources, counted from 0; without it the file is a source of its own
    #[arg(long, value_name = "N", requires = "to")]
    source: Option<usize>,
    /// Who adds it
    #[arg(long, env = "KORDON_BY", value_name = "NAME", default_value = "operator")]
    by: String,
}

/// Which of them.
#[derive(Args)]
pub struct One {
    /// Its SHA-256, as `kordon evidence list` has it
    sha256: String,
    #[command(flatten)]
    store: StoreArg,
}

impl Evidence {
    pub fn run(self) -> anyhow::Result<Done> {
        match self {
            Self::Add(add) => add.run(),
            Self::List { store } => list(&store),
            Self::Show(one) => show(&look_at_evidence(&one.store.store, &one.sha256)?),
            Self::Export { one, output } => {
                let mut content = evidence_content(&one.store.store, &one.sha256)?;
                write_to(Some(&output), |out| {
                    io::copy(&mut content, out)?;
                    Ok(())
                })?;
                Ok(Done::All)
            }
            Self::Remove(one) => {
                open(&one.store)?.remove_evidence(&one.sha256)?;
                say(&format!("{} is gone", one.sha256));
                Ok(Done::All)
            }
        }
    }
}

fn open(store: &StoreArg) -> anyhow::Result<Store> {
    open_store(&store.store, &sets::default()?, Options { create: false, read_only: false })
}

impl Add {
    fn run(self) -> anyhow::Result<Done> {
        let path = self.file.display().to_string();
        let name =
            self.file.file_name().map_or_else(|| path.clone(), |name| name.to_string_lossy().into_owned());
        let content = File::open(&self.file).with_context(|| path.clone())?;
        let tokens =
            self.timestamp.iter().map(|file| std::fs::read(file).with_context(|| file.display().to_string()));
        let tokens: Vec<Vec<u8>> = tokens.collect::<Result<_, _>>()?;
        let store = open(&self.store)?;
        let incident = self.to.map(|id| with_source(&store, id, self.source)).transpose()?;
        let kept = store.add_evidence(&name, content, None, &self.by).with_context(|| path)?;
        say(&format!("{} is kept as {}", kept.name, kept.sha256));
        let mut done = Done::All;
        let told = store.add_timestamps(&kept.sha256, &tokens)?;
        for (file, told) in self.timestamp.iter().zip(told) {
            match told {
                Ok(stamp) => say(&stamp.to_string()),
                Err(error) => {
                    say(&format!("{}: {error}; it is not kept", file.display()));
                    done = Done::SomeRefused;
                }
            }
        }
        if let Some((mut incident, at)) = incident {
            let id = incident.id;
            let source = &mut incident.properties.sources[at];
            source.sha256 = Some(kept.sha256);
            source.name.get_or_insert(kept.name);
            store.put(vec![incident], &Author::new(self.by))?;
            say(&format!("source {at} of {id} names it"));
        }
        Ok(done)
    }
}

/// The incident as it is now, and which of its sources is meant; a new one behind the others if none was named.
fn with_source(
    store: &Store,
    id: IncidentId,
    wanted: Option<usize>,
) -> anyhow::Result<(kordon_incidents::Incident, usize)> {
    let snapshot = store.full();
    let Some(row) = snapshot.get(id) else { bail!("there is no incident {id}") };
    let mut incident = snapshot.incident(&row)?;
    let sources = &mut incident.properties.sources;
    let at = wanted.unwrap_or(sources.len());
    if wanted.is_none() {
        sources.push(Source::default());
    }
    let Some(source) = sources.get(at) else {
        bail!("{id} has {} sources, counted from 0, and no source {at}", sources.len());
    };
    if let Some(other) = &source.sha256 {
        bail!("source {at} of {id} names the file {other} already");
    }
    Ok((incident, at))
}

fn list(store: &StoreArg) -> anyhow::Result<Done> {
    let all = all_evidence(&store.store)?;
    write_to(None, |out| {
        for sha256 in all {
            let one = evidence(&store.store, &sha256)?;
            writeln!(out, "{sha256}  {:>12}  {}  {}  {}", one.bytes, one.added_at, one.added_by, one.name)?;
        }
        Ok(())
    })?;
    Ok(Done::All)
}

fn show(looked: &Looked) -> anyhow::Result<Done> {
    let one = &looked.evidence;
    write_to(None, |out| {
        writeln!(out, "{}\n  {} bytes, added {} by {}", one.name, one.bytes, one.added_at, one.added_by)?;
        writeln!(out, "  SHA-256 {}: as it was added", one.sha256)?;
        for stamp in &looked.timestamps {
            match stamp {
                Ok(stamp) => writeln!(out, "  {stamp}")?,
                Err(error) => writeln!(out, "  a timestamp that does not hold: {error}")?,
            }
        }
        match &looked.web_archive {
            None => {}
            Some(Err(error)) => writeln!(out, "  {error}")?,
            Some(Ok(archive)) => of_web_archive(out, archive)?,
        }
        Ok(())
    })?;
    Ok(if holds(looked) { Done::All } else { Done::SomeRefused })
}

fn of_web_archive(out: &mut dyn io::Write, archive: &WebArchive) -> anyhow::Result<()> {
    let page = archive.main_page_url.as_deref().or(archive.title.as_deref()).unwrap_or("a page");
    let made = archive.created.as_deref().unwrap_or("at no stated time");
    writeln!(out, "  web archive of {page}, made {made}, as it says itself")?;
    for member in archive.members.iter().filter(|member| member.mark != Mark::Same) {
        let what = match member.mark {
            Mark::Missing => "is listed and not there",
            Mark::Unlisted => "is there and not listed",
            Mark::UnknownDigest => "has a digest of a kind that is not checked here",
            Mark::Differs | Mark::Same => "is not what the list says",
        };
        writeln!(out, "    {} {what}", member.path)?;
    }
    match archive.is_list_as_digested {
        Some(true) => {}
        Some(false) => writeln!(out, "    the list of its files is not the one whose digest it has")?,
        None => writeln!(out, "    it has no digest of the list of its files")?,
    }
    if archive.is_as_listed() {
        writeln!(out, "    all {} files are what its list says", archive.members.len())?;
    }
    if archive.has_signature {
        writeln!(out, "    it has a signature, which is not checked here")?;
    }
    Ok(())
}

fn holds(looked: &Looked) -> bool {
    let archive = match &looked.web_archive {
        None => true,
        Some(archive) => archive.as_ref().is_ok_and(WebArchive::is_as_listed),
    };
    archive && looked.timestamps.iter().all(Result::is_ok)
}

/// Reads every file of evidence again, for `kordon verify`: how many there are, and each that is not what was added. A web archive may
/// have come as it is, and is not unpacked; a timestamp was taken only if it held.
pub fn verify(store: &std::path::Path) -> Result<(usize, Vec<String>), EvidenceError> {
    let (all, mut problems) = (all_evidence(store)?, Vec::new());
    for sha256 in &all {
        match evidence_timestamps(store, sha256) {
            Ok(stamps) => {
                let bad = stamps.into_iter().filter_map(Result::err);
                problems.extend(bad.map(|error| format!("evidence {sha256}: {error}")));
            }
            Err(error) => problems.push(error.to_string()),
        }
    }
    Ok((all.len(), problems))
}
