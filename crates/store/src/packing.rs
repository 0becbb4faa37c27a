//! Long segments are packed while nobody waits for it.
//!
//! A segment that holds one long batch and nothing else is packed once it is on the disk and seen by queries: into a new file, which is
//! synced, read back from the disk and compared with the plain one, and named; only when the name is on the disk as well is the
//! plain one removed. Whatever comes between leaves one of the two whole, and the plain one counts while it is there.
//!
//! Nothing depends on it: what cannot be packed, for want of room or because a call fails, stays as it is and is tried again when the
//! store is next opened for writing.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use crate::ledger::{Documents, sync_dir};
use crate::packed::{self, Packed};
use crate::segment::{Segment, packed_path, segment_path};

const WRITE_AT_ONCE: usize = 1 << 20;

/// What packs the segments of one ledger, one after the other.
pub(crate) struct Packing {
    dir: PathBuf,
    documents: Arc<Documents>,
    queue: Arc<Mutex<Queue>>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<u32>,
    is_worked_off: bool,
    failure: Option<io::Error>,
}

impl Packing {
    /// Of the segments in this folder, as they are open.
    pub fn new(dir: PathBuf, documents: Arc<Documents>) -> Self {
        Self { dir, documents, queue: Arc::default(), is_over: Arc::default(), thread: None }
    }

    /// Packs these segments as well, in the background.
    pub fn add(&mut self, numbers: Vec<u32>) {
        let mut queue = locked(&self.queue);
        // One that panicked has said so, and left the plain segment where it was.
        queue.is_worked_off &= self.is_at_work();
        queue.waiting.extend(numbers);
        if queue.waiting.is_empty() || queue.is_worked_off || self.is_over.load(Ordering::Relaxed) {
            return;
        }
        let (dir, documents) = (self.dir.clone(), Arc::clone(&self.documents));
        let (waiting, is_over) = (Arc::clone(&self.queue), Arc::clone(&self.is_over));
        let work = move || work_off(&dir, &documents, &waiting, &is_over);
        self.thread = std::thread::Builder::new().name("kordon-packing".to_owned()).spawn(work).ok();
        queue.is_worked_off = self.thread.is_some();
    }

    /// Whether something is being packed.
    pub fn is_at_work(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// Why a segment was not packed, if that was not told before: the last one.
    pub fn take_failure(&self) -> Option<io::Error> {
        locked(&self.queue).failure.take()
    }

    /// Waits until nothing is left to be packed.
    pub fn wait(&mut self) {
        if let Some(thread) = self.thread.take() {
            _ = thread.join();
        }
    }

    /// Nothing is packed from now on.
    pub fn cancel(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// Stops; gives what was not packed. [`Self::add`] begins again.
    pub fn stop(&mut self) -> Vec<u32> {
        let was_over = self.is_over.swap(true, Ordering::Relaxed);
        self.wait();
        self.is_over.store(was_over, Ordering::Relaxed);
        std::mem::take(&mut locked(&self.queue).waiting).into()
    }
}

fn locked(queue: &Mutex<Queue>) -> MutexGuard<'_, Queue> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

fn work_off(dir: &Path, documents: &Documents, queue: &Mutex<Queue>, is_over: &AtomicBool) {
    let is_over = || is_over.load(Ordering::Relaxed);
    loop {
        let number = {
            let mut queue = locked(queue);
            let next = if is_over() { None } else { queue.waiting.pop_front() };
            let Some(number) = next else {
                queue.is_worked_off = false;
                return;
            };
            number
        };
        // What cannot be packed stays as it is.
        if let Err(error) = pack(dir, number, documents, &is_over) {
            let mut queue = locked(queue);
            if is_over() {
                queue.waiting.push_front(number);
            } else {
                queue.failure = Some(error);
            }
        }
    }
}

/// Packs one segment, and removes the plain file.
pub(crate) fn pack(
    dir: &Path,
    number: u32,
    documents: &Documents,
    is_over: &dyn Fn() -> bool,
) -> io::Result<()> {
    let segment = documents.file(number)?;
    let Segment::Plain(plain) = &*segment else { return Ok(()) };
    has_room(dir, plain)?;
    let (path, fresh) = (packed_path(dir, number), fresh_path(dir, number));
    let written = write(plain, &fresh, is_over).and_then(|packed| {
        let named = documents.in_folder(|| fs::rename(&fresh, &path).and_then(|()| sync_dir(dir)));
        named.map(|()| packed)
    });
    let packed = written.inspect_err(|_| {
        // If they cannot go either, they are passed over, and go when the store is next opened.
        _ = fs::remove_file(&fresh);
        _ = fs::remove_file(&path);
    })?;
    documents.add(number, Arc::new(Segment::Packed(packed)));
    // Whatever comes of that, the packed one stays: a removal that is said to have failed may be found done later.
    fs::remove_file(segment_path(dir, number))
}

/// Where a segment is packed before it has its name.
pub(crate) fn fresh_path(dir: &Path, number: u32) -> PathBuf {
    packed_path(dir, number).with_extension("gz.new")
}

/// Whoever writes must not meet a full disk because of this.
fn has_room(dir: &Path, plain: &File) -> io::Result<()> {
    let of = rustix::fs::statvfs(dir)?;
    let has_room = of.f_bavail.saturating_mul(of.f_frsize) > plain.metadata()?.len();
    if has_room { Ok(()) } else { Err(io::ErrorKind::StorageFull.into()) }
}

/// The packed file, on the disk and compared with the plain one.
fn write(plain: &File, path: &Path, is_over: &dyn Fn() -> bool) -> io::Result<Packed> {
    let file = OpenOptions::new().write(true).create(true).truncate(true).open(path)?;
    let mut out = BufWriter::with_capacity(WRITE_AT_ONCE, file);
    packed::pack(plain, &mut out, is_over)?;
    out.flush()?;
    out.get_ref().sync_all()?;
    drop(out);
    let file = File::open(path)?;
    forget(&file);
    let packed = Packed::open(file)?;
    if packed.is_that_of(plain, is_over)? {
        Ok(packed)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidData, "what was packed is not read back as it was written"))
    }
}

/// What is read next comes from the disk. Where the system does not know of it, what is in its memory is compared.
#[cfg(target_os = "linux")]
fn forget(file: &File) {
    _ = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed);
}

#[cfg(not(target_os = "linux"))]
fn forget(_: &File) {}
