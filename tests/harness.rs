//! The binary, a server that ends with its test, and an HTTP client of a few lines.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::Value;

/// The binary under test: the one just built, or any other that `KORDON_BIN` names.
pub fn binary() -> String {
    std::env::var("KORDON_BIN").unwrap_or_else(|_| env!("CARGO_BIN_EXE_kordon").to_owned())
}

/// A folder that goes with its test.
pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// A file of the repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// What a finished command said.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Said {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }
}

/// Runs `kordon` with these arguments in this folder.
pub fn kordon(at: &Path, args: &[&str]) -> Said {
    let Output { status, stdout, stderr } =
        Command::new(binary()).args(args).current_dir(at).stdin(Stdio::null()).output().unwrap();
    Said {
        code: status.code().unwrap_or(-1),
        out: String::from_utf8(stdout).unwrap(),
        err: String::from_utf8(stderr).unwrap(),
    }
}

/// A seeded row of numbers in 0..1, the same in every run.
pub struct Random(pub u64);

impl Random {
    pub fn unit(&mut self) -> f64 {
        // xorshift64*: enough for places and cutting points.
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// A running server; dropping it ends the process.
pub struct Server {
    child: Mutex<Child>,
    pub address: String,
    /// What it has said on stderr after its address.
    words: Arc<Mutex<String>>,
}

impl Server {
    /// Starts a verb that serves (`serve`, `demo`) on a free loopback port, and waits until it says where.
    pub fn start(at: &Path, args: &[&str]) -> Server {
        Self::listen(at, args, "127.0.0.1:0")
    }

    pub fn listen(at: &Path, args: &[&str], listen: &str) -> Server {
        let mut command = Command::new(binary());
        command.args(args).args(["--listen", listen]).current_dir(at);
        Self::run(command).unwrap_or_else(|said| panic!("the server ended: {said:?}"))
    }

    /// Runs a command that serves; what it said if it ends instead.
    pub fn run(mut command: Command) -> Result<Server, Said> {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let mut heard = String::new();
        let address = loop {
            let Some(line) = lines.next() else {
                let code = child.wait().unwrap().code().unwrap_or(-1);
                return Err(Said { code, out: String::new(), err: heard });
            };
            if let Some((_, rest)) = line.split_once("http://") {
                break rest.split('/').next().unwrap().trim().to_owned();
            }
            heard += &format!("{line}\n");
        };
        let words = Arc::new(Mutex::new(heard));
        // The rest is read away, so that a full pipe never stops the server.
        let more = Arc::clone(&words);
        std::thread::spawn(move || lines.for_each(|line| *more.lock().unwrap() += &format!("{line}\n")));
        let port = address.rsplit(':').next().unwrap().to_owned();
        Ok(Server { child: Mutex::new(child), address: format!("127.0.0.1:{port}"), words })
    }

    /// The id of its process.
    pub fn id(&self) -> u32 {
        self.child.lock().unwrap().id()
    }

    /// What it has said on stderr so far.
    pub fn words(&self) -> String {
        self.words.lock().unwrap().clone()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], b"")
    }

    pub fn post(&self, path: &str, media_type: &str, body: &[u8]) -> Reply {
        self.send("POST", path, &[("Content-Type", media_type)], body)
    }

    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        self.ask(method, path, headers, body).expect("an answer")
    }

    /// `None` when the server is gone before it has answered.
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Option<Reply> {
        let mut stream = TcpStream::connect(&self.address).ok()?;
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.address);
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        head += &format!("Content-Length: {}\r\n\r\n", body.len());
        stream.write_all(head.as_bytes()).ok()?;
        // A server that refuses early may close before it has read the whole body.
        let _ = stream.write_all(body);
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        Reply::parse(&bytes)
    }

    /// Ends the server as a crash would: at once.
    pub fn kill(&self) {
        let mut child = self.child.lock().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Asks the server to end, as an operator does, and waits until it has.
    pub fn end(self) -> i32 {
        let mut child = self.child.lock().unwrap();
        let pid = child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        child.wait().unwrap().code().unwrap_or(-1)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Ok(child) = self.child.get_mut() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// An HTTP answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Reply {
    fn parse(bytes: &[u8]) -> Option<Reply> {
        let end = bytes.windows(4).position(|w| w == b"\r\n\r\n")?;
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap().to_lowercase();
        let raw = &bytes[end + 4..];
        let body = if head.contains("transfer-encoding: chunked") { unchunked(raw) } else { raw.to_vec() };
        Some(Reply { status: head[9..12].parse().unwrap(), head, body })
    }

    /// The path of the `Location` header.
    pub fn location(&self) -> Option<String> {
        let location = self.head.lines().find_map(|line| line.strip_prefix("location: "))?;
        Some(
            location
                .split_once("://")
                .map_or(location, |(_, rest)| &rest[rest.find('/').unwrap_or(0)..])
                .to_owned(),
        )
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

fn unchunked(mut raw: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = raw.windows(2).position(|w| w == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&raw[..end]).unwrap().trim(), 16).unwrap();
        if size == 0 {
            break;
        }
        // A server that is killed leaves its last answer unfinished.
        let Some(chunk) = raw.get(end + 2..end + 2 + size + 2) else { break };
        body.extend_from_slice(&chunk[..size]);
        raw = &raw[end + 2 + size + 2..];
    }
    body
}
