//! Who paints: the program `kordon-picture` beside this one, when it is there.

use std::path::PathBuf;

use clap::Args;
use kordon_server::Painter;

/// The word that means no program.
const NONE: &str = "none";

/// The flag.
#[derive(Args)]
pub struct PainterArg {
    /// The program that paints with maplibre-rs, or none; without this, kordon-picture beside this program if it is there
    #[arg(long, env = "KORDON_PAINTER", value_name = "PROGRAM")]
    painter: Option<PathBuf>,
}

impl PainterArg {
    /// Who paints by this flag.
    pub fn painter(&self) -> Painter {
        let beside = || {
            let path = std::env::current_exe().ok()?.with_file_name("kordon-picture");
            path.is_file().then_some(path)
        };
        let path = self.painter.clone().or_else(beside).filter(|path| path.as_os_str() != NONE);
        path.map_or_else(Painter::built_in, |path| Painter::program(&path))
    }
}
