//! Who paints: the program `kordon-picture`, which has maplibre-rs, or tiny-skia in this process.
//!
//! The program is another process because maplibre-rs brings a graphics driver, which may crash or hang, and network
//! libraries, which this server does not want in it. It is started by the first picture, gets scenes on its standard input, and is
//! ended when a picture takes too long or it has become too large. A picture that it dies of is refused (the client may ask again);
//! the next one starts it anew. Where it cannot be started, or has no graphics, or finds a scene too large, tiny-skia paints.

use kordon_picture_scene::{
    MOST_FRAME_BYTES, Pixels, Reply, Scene, letter, paint, read_frame, read_reply, write_frame, write_scene,
};
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long the program may take to find a graphics device.
const START: Duration = Duration::from_secs(15);
/// How long it may take for a picture.
const PICTURE: Duration = Duration::from_secs(8);
/// How much memory it may hold between two pictures, in bytes, where the system tells.
const MOST_BYTES: u64 = 768 * 1024 * 1024;
/// How long it is not tried again after it could not be started.
const REST: Duration = Duration::from_secs(600);

/// Who paints when the program does not.
const BUILT_IN: &str = "tiny-skia";

/// The program ended, or took too long, while it painted this picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the program that paints ended, or took too long; it is started anew for the next picture")]
pub struct PainterLost;

/// Who paints.
pub struct Painter(Option<Program>);

struct Program {
    path: PathBuf,
    state: Mutex<State>,
}

enum State {
    /// Not started, or ended.
    Idle,
    /// Waiting for scenes.
    Running(Running),
    /// It could not be started at that time.
    Absent(Instant),
}

struct Running {
    child: Child,
    scenes: Sender<Vec<u8>>,
    replies: Receiver<Reply>,
    draws_with: String,
}

impl Painter {
    /// Always tiny-skia.
    #[must_use]
    pub fn built_in() -> Self {
        Self(None)
    }

    /// The program at this path, and tiny-skia where it cannot be started.
    #[must_use]
    pub fn program(path: &Path) -> Self {
        Self(Some(Program { path: path.to_owned(), state: Mutex::new(State::Idle) }))
    }

    /// The picture, and who painted it. Takes its turn: one picture is painted at a time by the program.
    ///
    /// # Errors
    ///
    /// [`PainterLost`]; the same scene may be tried again.
    pub fn paint(&self, scene: &Scene) -> Result<(Pixels, String), PainterLost> {
        if let Some(program) = &self.0
            && let Some(painted) = program.paint(scene)?
        {
            return Ok(painted);
        }
        Ok((paint(scene), BUILT_IN.to_owned()))
    }

    /// The process of the program, if it runs.
    #[must_use]
    pub fn process(&self) -> Option<u32> {
        match &*self.0.as_ref()?.state() {
            State::Running(running) => Some(running.child.id()),
            State::Idle | State::Absent(_) => None,
        }
    }
}

impl Program {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `None` when tiny-skia should paint.
    fn paint(&self, scene: &Scene) -> Result<Option<(Pixels, String)>, PainterLost> {
        let bytes = write_scene(scene);
        if bytes.len() > MOST_FRAME_BYTES as usize {
            return Ok(None);
        }
        let mut state = self.state();
        let mut running = match std::mem::replace(&mut *state, State::Idle) {
            State::Running(running) => running,
            State::Absent(since) if since.elapsed() < REST => {
                *state = State::Absent(since);
                return Ok(None);
            }
            State::Idle | State::Absent(_) => match Running::start(&self.path) {
                Ok(running) => running,
                Err(why) => {
                    tracing::warn!(why, "kordon-picture cannot paint here; tiny-skia does");
                    *state = State::Absent(Instant::now());
                    return Ok(None);
                }
            },
        };
        // Whoever leaves by an error drops the process, which ends it.
        match running.ask(bytes, PICTURE)? {
            Reply::Pixels(rgba) => {
                let Some(pixels) = letter(scene, &rgba) else { return Err(PainterLost) };
                let painted = (pixels, running.draws_with.clone());
                if running.bytes().is_none_or(|bytes| bytes < MOST_BYTES) {
                    *state = State::Running(running);
                }
                Ok(Some(painted))
            }
            Reply::Refused(why) => {
                tracing::debug!(why, "kordon-picture leaves a picture to tiny-skia");
                *state = State::Running(running);
                Ok(None)
            }
            Reply::Ready(_) => Err(PainterLost),
        }
    }
}

impl Running {
    fn start(path: &Path) -> Result<Self, String> {
        let mut child = Command::new(path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("{}: {error}", path.display()))?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("it has no pipes".to_owned());
        };
        let (scenes, to_write) = channel::<Vec<u8>>();
        let (read, replies) = channel();
        // Threads of their own, because a pipe blocks without a limit. Both end with the process.
        std::thread::spawn(move || {
            let mut stdin = BufWriter::new(stdin);
            for scene in to_write {
                if write_frame(&mut stdin, &scene).is_err() {
                    break;
                }
            }
        });
        std::thread::spawn(move || {
            let mut stdout = BufReader::new(stdout);
            while let Ok(Some(frame)) = read_frame(&mut stdout) {
                let Ok(reply) = read_reply(frame) else { break };
                if read.send(reply).is_err() {
                    break;
                }
            }
        });
        let mut running = Self { child, scenes, replies, draws_with: String::new() };
        match running.replies.recv_timeout(START) {
            Ok(Reply::Ready(with)) => running.draws_with = with,
            Ok(Reply::Refused(why)) => return Err(why),
            Ok(Reply::Pixels(_)) => return Err("it began with a picture".to_owned()),
            Err(RecvTimeoutError::Timeout) => return Err("it did not become ready".to_owned()),
            Err(RecvTimeoutError::Disconnected) => return Err("it ended at once".to_owned()),
        }
        Ok(running)
    }

    fn ask(&mut self, scene: Vec<u8>, most: Duration) -> Result<Reply, PainterLost> {
        self.scenes.send(scene).map_err(|_| PainterLost)?;
        self.replies.recv_timeout(most).map_err(|_| PainterLost)
    }

    /// The memory that it holds, where the system tells.
    fn bytes(&self) -> Option<u64> {
        let told = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let resident =
            told.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"))?;
        Some(resident.parse::<u64>().ok()? * 1_024)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has nothing to lose. One that ended before is only taken note of.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
