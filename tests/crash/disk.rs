//! A disk that forgets: what a program saw, beside what the medium holds, and the states in which a power cut can leave it.
//!
//! Safe is what an fsync of the file, or of the folder that names it, has returned for. All else may survive or not: each
//! 4 KiB page and each 512-byte sector of it, each new length, each change of a folder, in any combination. A sector that
//! did not reach the medium in a file that has grown reads as zeros. After a failed fsync the pages it was about are
//! forgotten and never written again, as Linux does: a later fsync that succeeds does not bring them back.
//!
//! Not modelled: a disk that acknowledges a flush and loses it, and sectors that hold neither the old nor the new bytes.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use super::recording::{Event, Target};
use crate::harness::Random;

const SECTOR: usize = 512;
const PAGE: usize = 4096;

/// What of the unsafe part survives a cut.
#[derive(Clone, Copy, Debug)]
pub enum Survives {
    Nothing,
    All,
    /// Each page, length and name with this probability.
    Some(f64),
    /// Of each file that grew, the beginning, up to any byte.
    Beginning,
}

#[derive(Clone, Default)]
struct File {
    now: Vec<u8>,
    safe: Vec<u8>,
    /// Sectors written since they were last on their way to the medium.
    dirty: BTreeSet<usize>,
    /// The bytes that an fsync that has begun makes safe, and which sectors of them.
    on_the_way: Option<(Vec<u8>, BTreeSet<usize>)>,
}

impl File {
    fn write(&mut self, at: usize, bytes: &[u8]) {
        let end = at + bytes.len();
        if end > self.now.len() {
            self.resize(end);
        }
        self.now[at..end].copy_from_slice(bytes);
        self.dirty.extend(at / SECTOR..end.div_ceil(SECTOR));
    }

    fn resize(&mut self, len: usize) {
        let before = self.now.len();
        self.now.resize(len, 0);
        self.dirty.extend(before.min(len) / SECTOR..before.max(len).div_ceil(SECTOR));
    }

    fn sync_begins(&mut self) {
        self.on_the_way = Some((self.now.clone(), std::mem::take(&mut self.dirty)));
    }

    fn sync_ends(&mut self, failed: bool) {
        let Some((bytes, sectors)) = self.on_the_way.take() else { return };
        if !failed {
            self.safe.resize(bytes.len(), 0);
            sectors.iter().for_each(|&sector| copy_sector(&bytes, &mut self.safe, sector));
        }
    }

    fn after_cut(&self, survives: Survives, random: &mut Random) -> Vec<u8> {
        let keep = match survives {
            Survives::Nothing => return self.safe.clone(),
            Survives::All => 1.0,
            Survives::Some(keep) => keep,
            Survives::Beginning => {
                let grown = self.now.len().saturating_sub(self.safe.len());
                let len = self.now.len() - (grown as f64 * random.unit()) as usize;
                return self.now[..len].to_vec();
            }
        };
        let mut bytes = self.safe.clone();
        let len = if random.unit() < keep { self.now.len() } else { self.safe.len() };
        bytes.resize(len, 0);
        let mut pending = self.dirty.clone();
        pending.extend(self.on_the_way.iter().flat_map(|(_, sectors)| sectors));
        let mut page = (usize::MAX, false, false);
        for sector in pending {
            if page.0 != sector / (PAGE / SECTOR) {
                let torn = !matches!(survives, Survives::All) && random.unit() < 0.3;
                page = (sector / (PAGE / SECTOR), random.unit() < keep, torn);
            }
            let (_, survives, torn) = page;
            if survives && (!torn || random.unit() < 0.5) {
                copy_sector(&self.now, &mut bytes, sector);
            }
        }
        bytes
    }
}

fn copy_sector(from: &[u8], to: &mut [u8], sector: usize) {
    let end = ((sector + 1) * SECTOR).min(from.len()).min(to.len());
    if let (Some(from), Some(to)) = (from.get(sector * SECTOR..end), to.get_mut(sector * SECTOR..end)) {
        to.copy_from_slice(from);
    }
}

/// A change of a folder that no fsync of it has made safe. A rename is one change: whole or not at all.
#[derive(Clone)]
enum Change {
    Named(String, usize),
    Gone(String),
    Moved(String, String, usize),
}

impl Change {
    fn apply(&self, names: &mut BTreeMap<String, usize>) {
        match self {
            Change::Named(name, node) => {
                names.insert(name.clone(), *node);
            }
            Change::Gone(name) => {
                names.remove(name);
            }
            Change::Moved(from, to, node) => {
                names.remove(from);
                names.insert(to.clone(), *node);
            }
        }
    }
}

#[derive(Clone, Default)]
struct Folder {
    now: BTreeMap<String, usize>,
    safe: BTreeMap<String, usize>,
    pending: Vec<Change>,
    /// How many of the pending changes an fsync that has begun is about.
    on_the_way: usize,
}

impl Folder {
    fn change(&mut self, change: Change) {
        change.apply(&mut self.now);
        self.pending.push(change);
    }
}

#[derive(Clone)]
enum Node {
    File(File),
    Folder(Folder),
}

/// The files under one folder, as they are and as they would be after a cut.
#[derive(Clone)]
pub struct Disk {
    root: PathBuf,
    nodes: Vec<Node>,
    inodes: HashMap<u64, usize>,
}

/// What is in a folder: bytes of files by their path in it, and `None` for folders.
pub type Tree = BTreeMap<String, Option<Vec<u8>>>;

impl Disk {
    /// A disk mounted at `root` with nothing on it.
    pub fn empty(root: &Path) -> Self {
        let root = root.canonicalize().unwrap();
        Self { root, nodes: vec![Node::Folder(Folder::default())], inodes: HashMap::new() }
    }

    /// The disk under `root` as it is now, all of it safe.
    pub fn of(root: &Path) -> Self {
        let mut disk = Self::empty(root);
        for (path, content) in tree(root) {
            let node = disk.nodes.len();
            disk.nodes.push(match content {
                Some(bytes) => Node::File(File { safe: bytes.clone(), now: bytes, ..File::default() }),
                None => Node::Folder(Folder::default()),
            });
            let (folder, name) = disk.parent(&disk.root.join(path));
            let folder = disk.folder(folder);
            folder.now.insert(name.clone(), node);
            folder.safe.insert(name, node);
        }
        disk
    }

    fn find(&self, path: &Path) -> usize {
        let inside =
            path.strip_prefix(&self.root).unwrap_or_else(|_| panic!("{} is elsewhere", path.display()));
        inside.components().fold(0, |node, name| match &self.nodes[node] {
            Node::Folder(folder) => *folder
                .now
                .get(&name.as_os_str().to_string_lossy().into_owned())
                .unwrap_or_else(|| panic!("the recording does not say where {} comes from", path.display())),
            Node::File(_) => panic!("{} lies in a file", path.display()),
        })
    }

    fn parent(&self, path: &Path) -> (usize, String) {
        (self.find(path.parent().unwrap()), path.file_name().unwrap().to_string_lossy().into_owned())
    }

    fn folder(&mut self, node: usize) -> &mut Folder {
        match &mut self.nodes[node] {
            Node::Folder(folder) => folder,
            Node::File(_) => panic!("a file stands where a folder should"),
        }
    }

    fn file(&mut self, inode: u64) -> &mut File {
        let node = self.inodes[&inode];
        match &mut self.nodes[node] {
            Node::File(file) => file,
            Node::Folder(_) => panic!("a folder stands where a file should"),
        }
    }

    /// One more event has happened.
    pub fn play(&mut self, event: &Event) {
        match event {
            Event::Open { inode, made, emptied, path } => {
                let path = Path::new(path);
                let node = if *made { self.add(path, Node::File(File::default())) } else { self.find(path) };
                self.inodes.insert(*inode, node);
                if *emptied {
                    self.file(*inode).resize(0);
                }
            }
            Event::Write { inode, at, bytes } => self.file(*inode).write(*at, bytes),
            Event::Truncate { inode, len } => self.file(*inode).resize(*len),
            Event::SyncBegins { target: Target::File(inode) } => self.file(*inode).sync_begins(),
            Event::SyncEnds { target: Target::File(inode), failed } => self.file(*inode).sync_ends(*failed),
            Event::SyncBegins { target: Target::Folder(path) } => {
                let node = self.find(Path::new(path));
                let folder = self.folder(node);
                folder.on_the_way = folder.pending.len();
            }
            Event::SyncEnds { target: Target::Folder(path), failed } => {
                let node = self.find(Path::new(path));
                let folder = self.folder(node);
                let on_the_way = std::mem::take(&mut folder.on_the_way).min(folder.pending.len());
                let settled: Vec<Change> = folder.pending.drain(..on_the_way).collect();
                if !failed {
                    settled.iter().for_each(|change| change.apply(&mut folder.safe));
                }
            }
            Event::Rename { from, to } => {
                let (node, (old, name), (new, becomes)) =
                    (self.find(Path::new(from)), self.parent(Path::new(from)), self.parent(Path::new(to)));
                assert_eq!(old, new, "a rename from one folder into another is not modelled");
                self.folder(old).change(Change::Moved(name, becomes, node));
            }
            Event::Remove { path } => {
                let (folder, name) = self.parent(Path::new(path));
                self.folder(folder).change(Change::Gone(name));
            }
            Event::MakeFolder { path } => {
                self.add(Path::new(path), Node::Folder(Folder::default()));
            }
            Event::Heard { .. } | Event::Said { .. } | Event::Failed => {}
        }
    }

    fn add(&mut self, path: &Path, node: Node) -> usize {
        let (folder, name) = self.parent(path);
        self.nodes.push(node);
        let node = self.nodes.len() - 1;
        self.folder(folder).change(Change::Named(name, node));
        node
    }

    /// What the program saw.
    pub fn now(&self) -> Tree {
        self.tree(|file| file.now.clone(), |folder| folder.now.clone())
    }

    /// What is there when the power comes back.
    pub fn after_cut(&self, survives: Survives, random: &mut Random) -> Tree {
        let random = std::cell::RefCell::new(random);
        let keep = match survives {
            Survives::Nothing => 0.0,
            Survives::All | Survives::Beginning => 1.0,
            Survives::Some(keep) => keep,
        };
        let names = |folder: &Folder| {
            let mut names = folder.safe.clone();
            for change in &folder.pending {
                if random.borrow_mut().unit() < keep {
                    change.apply(&mut names);
                }
            }
            names
        };
        self.tree(|file| file.after_cut(survives, &mut random.borrow_mut()), names)
    }

    fn tree(
        &self,
        bytes: impl Fn(&File) -> Vec<u8>,
        names: impl Fn(&Folder) -> BTreeMap<String, usize>,
    ) -> Tree {
        let mut tree = Tree::new();
        let mut open = vec![(String::new(), 0)];
        while let Some((path, node)) = open.pop() {
            match &self.nodes[node] {
                Node::File(file) => {
                    tree.insert(path, Some(bytes(file)));
                }
                Node::Folder(folder) => {
                    let join =
                        |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
                    open.extend(names(folder).iter().map(|(name, &node)| (join(name), node)));
                    if !path.is_empty() {
                        tree.insert(path, None);
                    }
                }
            }
        }
        tree
    }
}

/// What is in a folder.
pub fn tree(root: &Path) -> Tree {
    let mut tree = Tree::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                tree.insert(name, None);
                open.push(path);
            } else {
                tree.insert(name, Some(fs::read(&path).unwrap()));
            }
        }
    }
    tree
}

/// Makes a folder hold exactly this.
pub fn write_out(tree: &Tree, root: &Path) {
    let _ = fs::remove_dir_all(root);
    fs::create_dir_all(root).unwrap();
    // Folders come before what is in them: "a" sorts before "a/b".
    for (path, content) in tree {
        match content {
            None => fs::create_dir_all(root.join(path)).unwrap(),
            Some(bytes) => fs::write(root.join(path), bytes).unwrap(),
        }
    }
}

/// Where two folders differ first, in words.
pub fn difference(one: &Tree, other: &Tree) -> Option<String> {
    let paths: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    paths.into_iter().find_map(|path| match (one.get(path), other.get(path)) {
        (Some(one), Some(other)) if one == other => None,
        (Some(Some(one)), Some(Some(other))) => {
            let at = one.iter().zip(other).position(|(a, b)| a != b).unwrap_or(one.len().min(other.len()));
            Some(format!("{path}: {} and {} bytes, differing at {at}", one.len(), other.len()))
        }
        (one, other) => Some(format!("{path}: there {} and {}", one.is_some(), other.is_some())),
    })
}

/// Equal for equal trees, the process id in the lock file aside.
pub fn fingerprint(tree: &Tree) -> u64 {
    let mut hasher = DefaultHasher::new();
    tree.iter().filter(|(path, _)| !path.ends_with("lock")).for_each(|entry| entry.hash(&mut hasher));
    hasher.finish()
}
