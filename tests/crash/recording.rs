//! Everything a program did to a folder, in order, with what it heard and said between: `shim.c` writes it down.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::book::Book;
use crate::harness::{Said, Server, binary, repository};

/// One thing that happened. Files are known by their inode number, folders by their path.
#[derive(Clone, Debug)]
pub enum Event {
    Open {
        inode: u64,
        made: bool,
        emptied: bool,
        path: String,
    },
    Write {
        inode: u64,
        at: usize,
        bytes: Vec<u8>,
    },
    Truncate {
        inode: u64,
        len: usize,
    },
    SyncBegins {
        target: Target,
    },
    SyncEnds {
        target: Target,
        failed: bool,
    },
    Rename {
        from: String,
        to: String,
    },
    Remove {
        path: String,
    },
    MakeFolder {
        path: String,
    },
    Heard {
        by: i64,
        text: String,
    },
    Said {
        by: i64,
        text: String,
    },
    /// A call was made to fail.
    Failed,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    File(u64),
    Folder(String),
}

impl Event {
    /// Whether it changes what is, or will be, on the disk.
    pub fn is_file_operation(&self) -> bool {
        !matches!(self, Event::Heard { .. } | Event::Said { .. } | Event::Failed)
    }
}

/// How a program is to be watched, and which of its calls fail.
#[derive(Clone, Default)]
pub struct Watch {
    pub fault: Option<String>,
    pub room_bytes: Option<u64>,
    pub lie: Option<&'static str>,
}

impl Watch {
    /// Makes a command run with its files in `folder` watched; what it does is added to the file `log`.
    pub fn over(&self, command: &mut Command, folder: &Path, log: &Path) {
        command
            .env("LD_PRELOAD", shim())
            .env("KORDON_SHIM_DIR", folder.canonicalize().unwrap())
            .env("KORDON_SHIM_LOG", log);
        if let Some(fault) = &self.fault {
            command.env("KORDON_SHIM_FAULT", fault);
        }
        if let Some(room) = self.room_bytes {
            command.env("KORDON_SHIM_ROOM", room.to_string());
        }
        if let Some(lie) = self.lie {
            command.env("KORDON_SHIM_LIE", lie);
        }
    }
}

/// Starts a watched server on the store in `at/disk`; what it does is added to `at/log`.
pub fn serve_watched(at: &Path, watch: &Watch) -> Result<Server, Said> {
    let disk = at.join("disk");
    std::fs::create_dir_all(&disk).unwrap();
    let mut command = Command::new(binary());
    command.args(["serve", "--store", "disk/store", "--listen", "127.0.0.1:0"]).current_dir(at);
    watch.over(&mut command, &disk, &at.join("log"));
    Server::run(command)
}

/// The shim, compiled once for this process. A C compiler is there wherever Rust links.
fn shim() -> &'static Path {
    static SHIM: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = SHIM.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("shim.so");
        let source = repository("tests/crash/shim.c");
        let compiled =
            Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&path).arg(source).status();
        assert!(compiled.unwrap().success(), "shim.c does not compile");
        (dir, path)
    });
    path
}

/// Reads a recording.
pub fn read(log: &Path) -> Vec<Event> {
    let bytes = std::fs::read(log).unwrap_or_default();
    let mut events = Vec::new();
    let mut rest = &bytes[..];
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let head = std::str::from_utf8(&rest[..end]).unwrap();
        let fields: Vec<&str> = head.split(' ').collect();
        let [kind, a, b, c, n] = fields[..] else { panic!("not the head of an entry: {head:?}") };
        let (a, b, c): (i64, i64, i64) = (a.parse().unwrap(), b.parse().unwrap(), c.parse().unwrap());
        let n: usize = n.parse().unwrap();
        // A killed program may leave its last entry unfinished: then that call was not made.
        let Some(payload) = rest.get(end + 1..end + 1 + n) else { break };
        rest = &rest[end + 1 + n..];
        let text = || String::from_utf8_lossy(payload).into_owned();
        let (inode, target) =
            (a as u64, || if b == 1 { Target::Folder(text()) } else { Target::File(a as u64) });
        events.push(match kind {
            "o" => Event::Open { inode, made: b == 1, emptied: c == 1, path: text() },
            "w" => Event::Write { inode, at: b as usize, bytes: payload.to_vec() },
            "t" => Event::Truncate { inode, len: b as usize },
            "s" => Event::SyncBegins { target: target() },
            "e" => Event::SyncEnds { target: target(), failed: c != 0 },
            "r" => {
                let both = text();
                let (from, to) = both.split_once('\n').unwrap();
                Event::Rename { from: from.to_owned(), to: to.to_owned() }
            }
            "u" => Event::Remove { path: text() },
            "m" => Event::MakeFolder { path: text() },
            "q" => Event::Heard { by: a, text: text() },
            "a" => Event::Said { by: a, text: text() },
            "f" => Event::Failed,
            other => panic!("unknown entry {other:?}"),
        });
    }
    events
}

/// What had been asked and what had been acknowledged when these events had happened: in the server's own order, so
/// that an answer that is sent before its record is safe is seen, however short the time between.
#[derive(Default)]
pub struct Listener {
    pub book: Book,
    open: std::collections::HashMap<i64, String>,
}

impl Listener {
    pub fn hear(&mut self, event: &Event) {
        match event {
            Event::Heard { by, text } => {
                let head = text.split("\r\n\r\n").next().unwrap_or_default();
                if let Some(tag) = head.lines().find_map(|line| line.strip_prefix("X-Write: ")) {
                    self.book.ask(tag);
                    self.open.insert(*by, tag.to_owned());
                }
            }
            Event::Said { by, text } if text.starts_with("HTTP/1.1 ") => {
                if let Some(tag) = self.open.remove(by)
                    && text.starts_with("HTTP/1.1 2")
                {
                    self.book.acknowledge(&tag);
                }
            }
            _ => {}
        }
    }
}
