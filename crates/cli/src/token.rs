//! `kordon token`: who may write over HTTP. Only the hash of a token is kept; the token is shown once.
//!
//! The file `<store>/tokens` is replaced whole and atomically, so a crash leaves the old list or the new one.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use kordon_server::access::{Tokens, new_token};

use crate::terminal::say;
use crate::{Done, StoreArg};

/// Tokens for writing over HTTP.
#[derive(Subcommand)]
pub enum Token {
    /// Make a token and print it; it cannot be shown again
    Add(Named),
    /// List the names of the tokens
    List(Unnamed),
    /// Make a token worthless, for a running server too
    Revoke(Named),
}

#[derive(Args)]
pub struct Named {
    /// Whose token it is
    name: String,
    #[command(flatten)]
    store: StoreArg,
}

#[derive(Args)]
pub struct Unnamed {
    #[command(flatten)]
    store: StoreArg,
}

/// Where the hashes of a store's tokens are kept.
pub fn file(store: &Path) -> PathBuf {
    store.join("tokens")
}

/// The tokens of a store; none when none was ever made.
pub fn load(store: &Path) -> anyhow::Result<Tokens> {
    let path = file(store);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).with_context(|| path.display().to_string()),
    };
    Tokens::parse(&text).with_context(|| path.display().to_string())
}

impl Token {
    pub fn run(self) -> anyhow::Result<Done> {
        match self {
            Self::Add(Named { name, store }) => {
                let mut tokens = load(&store.store)?;
                let (plain, token) = new_token(&name)?;
                tokens.add(token)?;
                save(&store.store, &tokens)?;
                writeln!(std::io::stdout().lock(), "{plain}")?;
                say(
                    "Keep it safe: it is not shown again. Use it as `Authorization: Bearer …`; restart a running server.",
                );
            }
            Self::List(Unnamed { store }) => {
                for name in load(&store.store)?.names() {
                    writeln!(std::io::stdout().lock(), "{name}")?;
                }
            }
            Self::Revoke(Named { name, store }) => {
                let mut tokens = load(&store.store)?;
                if !tokens.remove(&name) {
                    bail!("no token is called {name:?}; `kordon token list` shows them");
                }
                save(&store.store, &tokens)?;
                say(&format!(
                    "the token of {name} is worthless now; a running server takes note within seconds"
                ));
            }
        }
        Ok(Done::All)
    }
}

fn save(store: &Path, tokens: &Tokens) -> anyhow::Result<()> {
    if !store.is_dir() {
        bail!("{} is not a store; `kordon serve` or `kordon import` makes one", store.display());
    }
    let mut whole = tempfile::NamedTempFile::new_in(store)?;
    whole.write_all(tokens.to_string().as_bytes())?;
    whole.as_file().sync_all()?;
    whole.persist(file(store))?;
    std::fs::File::open(store)?.sync_all()?;
    Ok(())
}
