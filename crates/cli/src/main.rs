//! `kordon`: reported incidents, where they happened, and how close that was to a border.
//!
//! One verb, one file. Data goes to stdout, words to stderr. The exit code is 0 when all was done, 1 when some
//! input was refused, 2 when the command could not run. Every flag is also an environment variable.

mod area;
mod backup;
mod batch;
mod borders;
mod distance;
mod duplicates;
mod erase;
mod evidence;
mod export;
mod filter;
mod find;
mod import;
mod layer;
mod merge;
mod output;
mod painter;
mod picture;
mod place;
mod profiles;
mod prove;
mod quarantine;
mod serve;
mod sets;
mod terminal;
mod token;
mod upgrade;
mod verify;
mod view;
mod when;
mod withdraw;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::builder::{PathBufValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};
use kordon_borders::BorderSet;
use kordon_store::{Options, Store};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Long answers are made on all threads, and the allocator of the C library keeps for each what it gave back.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Incidents, and how far they were from a border.
#[derive(Parser)]
#[command(name = "kordon", version, max_term_width = 100, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Serve the web map and the API from a store
    Serve(serve::Serve),
    /// Serve the sample incidents from a fresh store, and print the address to open
    Demo(serve::Demo),
    /// Read reports into the store: GeoJSON, NDJSON, CSV, Excel, KML, GPX, FlatGeobuf, GeoParquet, also zipped
    Import(import::Import),
    /// The records that an import refused: list them, show them, write them to a file to be mended
    #[command(subcommand)]
    Quarantine(quarantine::Quarantine),
    /// Take a whole import back: what it made is withdrawn, what it revised says what it said before
    Withdraw(withdraw::Withdraw),
    /// The sources whose columns are known, or the file of one
    Profiles(profiles::Profiles),
    /// List the incidents that match, as a table or as JSON
    Find(find::Find),
    /// List pairs of incidents that may be one event, and why
    Duplicates(duplicates::Duplicates),
    /// Make one of two incidents that tell of the same event
    Merge(merge::Merge),
    /// Make two again of what was merged
    Unmerge(merge::Unmerge),
    /// Write the incidents that match to a file: GeoJSON, CSV, FlatGeobuf, GeoParquet, KML or PMTiles
    Export(export::Export),
    /// Draw a map as a PNG: of one incident, or of all that match
    Picture(picture::Picture),
    /// Write a report of what matches as one HTML file: tables, map, citation
    Report(picture::Report),
    /// How far a place is from a border, in words; or a whole file of places
    Distance(distance::Distance),
    /// The places that a name may mean, in any of their languages
    Place(place::Place),
    /// Where the names of places are from; and how their file is built
    #[command(subcommand)]
    Gazetteer(place::OfGazetteer),
    /// Reference layers: hospitals, schools, ports; and which of them lie near incidents
    #[command(subcommand)]
    Layer(layer::Layer),
    /// The border sets: list them, describe one, add one of your own, check one
    #[command(subcommand)]
    Borders(borders::Borders),
    /// Files that incidents rest on, with their timestamps: keep them, check them, write them out
    #[command(subcommand)]
    Evidence(evidence::Evidence),
    /// Walk the whole store: hashes, chain, index against documents, files of evidence; print a signed checkpoint
    Verify(verify::Verify),
    /// Print what shows that an incident is in the ledger, and has been since a checkpoint
    Prove(prove::Prove),
    /// Overwrite what an incident said, for danger to life or by law; that it was there stays provable
    Erase(erase::Erase),
    /// Write the store into one new file, also while it is served
    Backup(backup::Backup),
    /// Make a new store from a backup, and read it from first byte to last
    Restore(backup::Restore),
    /// Copy a store of an older format to that of today; the old ledger is kept
    Upgrade(upgrade::Upgrade),
    /// Tokens for writing over HTTP
    #[command(subcommand)]
    Token(token::Token),
}

/// Where the incidents are kept.
#[derive(Args, Clone)]
pub struct StoreArg {
    /// The store's directory
    #[arg(
        long,
        env = "KORDON_STORE",
        value_name = "DIR",
        default_value = "kordon-data",
        value_parser = PathBufValueParser::new().try_map(no_file)
    )]
    store: PathBuf,
}

/// A store that is there is a folder.
fn no_file(store: PathBuf) -> Result<PathBuf, &'static str> {
    if store.is_file() { Err("it is a file, but a store is a folder") } else { Ok(store) }
}

/// Opens the store in a directory.
fn open_store(dir: &Path, borders: &Arc<BorderSet>, options: Options) -> anyhow::Result<Store> {
    Store::open(dir, Arc::clone(borders), options).with_context(|| format!("store {}", dir.display()))
}

/// How a command ended when it could run at all.
pub enum Done {
    /// Everything asked for was done.
    All,
    /// Some input was refused; the reasons were printed.
    SomeRefused,
}

/// A store has one file open for each segment of its ledger, and an import of some length is a segment: as many may be open as the
/// system allows, where it allows more than it gives at first.
fn allow_many_files() {
    let limit = getrlimit(Resource::Nofile);
    // Where it cannot be raised, it is what it was.
    _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    allow_many_files();
    let done = match cli.verb {
        Verb::Serve(verb) => verb.run(),
        Verb::Demo(verb) => verb.run(),
        Verb::Import(verb) => verb.run(),
        Verb::Quarantine(verb) => verb.run(),
        Verb::Withdraw(verb) => verb.run(),
        Verb::Profiles(verb) => verb.run(),
        Verb::Find(verb) => verb.run(),
        Verb::Duplicates(verb) => verb.run(),
        Verb::Merge(verb) => verb.run(),
        Verb::Unmerge(verb) => verb.run(),
        Verb::Export(verb) => verb.run(),
        Verb::Picture(verb) => verb.run(),
        Verb::Report(verb) => verb.run(),
        Verb::Distance(verb) => verb.run(),
        Verb::Place(verb) => verb.run(),
        Verb::Gazetteer(verb) => verb.run(),
        Verb::Layer(verb) => verb.run(),
        Verb::Borders(verb) => verb.run(),
        Verb::Evidence(verb) => verb.run(),
        Verb::Verify(verb) => verb.run(),
        Verb::Prove(verb) => verb.run(),
        Verb::Erase(verb) => verb.run(),
        Verb::Backup(verb) => verb.run(),
        Verb::Restore(verb) => verb.run(),
        Verb::Upgrade(verb) => verb.run(),
        Verb::Token(verb) => verb.run(),
    };
    match done {
        Ok(Done::All) => ExitCode::SUCCESS,
        Ok(Done::SomeRefused) => ExitCode::from(1),
        Err(error) if terminal::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) if error.is::<terminal::Interrupted>() => {
            terminal::say("kordon: interrupted");
            ExitCode::from(130)
        }
        Err(error) => {
            terminal::say(&format!("kordon: {}", terminal::causes(&error)));
            ExitCode::from(2)
        }
    }
}
