//! [`SimDisk`]: a disk that behaves as badly as a real one may, from a seed.
//!
//! Why it exists: what a power cut does can't be tried on the developer's disk ten thousand times. Unsynced
//! writes are dropped, torn or applied, each on its own; names come back; a flush fails and the kernel either
//! forgets the pages or calls them clean; the space ends. It must never be kinder than a real disk: what was
//! not synced has no right to survive.

use crate::Disk;
use std::collections::BTreeMap;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A seeded stream of numbers (xorshift64*, seeded through SplitMix64). Not for keys.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The stream of a seed.
    pub fn new(seed: u64) -> Random {
        let mut z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        Random((z ^ (z >> 31)) | 1)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number below `bound`, which is not 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        (self.bits() >> 16) % bound
    }

    /// True once in `n` times.
    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

/// How a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// The process dies; the kernel and what it has in its cache live on.
    Process,
    /// The power goes: what was not synced is at the mercy of the disk.
    Power,
}

/// A file, by its number: it stays the same file under another name.
#[derive(Clone, Copy, Debug)]
pub struct SimFile {
    inode: u64,
    life: u64,
}

#[derive(Debug)]
enum Change {
    Write { position: u64, bytes: Vec<u8> },
    Zeros { length: u64 },
    Empty,
}

#[derive(Debug, Default)]
struct Inode {
    /// What a read gives.
    visible: Vec<u8>,
    /// What is there after a power cut if nothing pending is applied.
    durable: Vec<u8>,
    pending: Vec<Change>,
}

#[derive(Debug)]
enum NameChange {
    Create { name: String, inode: u64 },
    Rename { from: String, to: String, inode: u64 },
    Remove { name: String, inode: u64 },
}

#[derive(Debug)]
struct State {
    random: Random,
    inodes: BTreeMap<u64, Inode>,
    names: BTreeMap<String, u64>,
    durable_names: BTreeMap<String, u64>,
    pending_names: Vec<NameChange>,
    next_inode: u64,
    /// Counts restarts; a file handle of an earlier life is refused.
    life: u64,
    capacity_bytes: u64,
    operations: u64,
    crash_at: Option<u64>,
    fail_sync_at: Option<u64>,
    fail_write_at: Option<u64>,
    full_writes: bool,
    crashed: bool,
    ignore_syncs: bool,
}

/// The disk. All methods take `&self`, as a real folder's would.
#[derive(Debug)]
pub struct SimDisk {
    state: Mutex<State>,
}

impl SimDisk {
    /// An empty disk.
    pub fn new(seed: u64, capacity_bytes: u64) -> SimDisk {
        SimDisk {
            state: Mutex::new(State {
                random: Random::new(seed),
                inodes: BTreeMap::new(),
                names: BTreeMap::new(),
                durable_names: BTreeMap::new(),
                pending_names: Vec::new(),
                next_inode: 1,
                life: 0,
                capacity_bytes,
                operations: 0,
                crash_at: None,
                fail_sync_at: None,
                fail_write_at: None,
                full_writes: false,
                crashed: false,
                ignore_syncs: false,
            }),
        }
    }

    /// Number of operations so far (reads and lists don't count).
    pub fn operations(&self) -> u64 {
        self.lock().operations
    }

    /// The operation with this number does not come back, and none after it, until [`SimDisk::restart`].
    pub fn crash_at(&self, operation: u64) {
        self.lock().crash_at = Some(operation);
    }

    /// The first flush from this operation on fails.
    pub fn fail_sync_at(&self, operation: u64) {
        self.lock().fail_sync_at = Some(operation);
    }

    /// The first write from this operation on fails, half done.
    pub fn fail_write_at(&self, operation: u64) {
        self.lock().fail_write_at = Some(operation);
    }

    /// New capacity; a full disk refuses new files' bytes.
    pub fn set_capacity(&self, bytes: u64) {
        self.lock().capacity_bytes = bytes;
    }

    /// While set, even overwriting finds no room (a copy-on-write file system, a thin volume).
    pub fn set_full_writes(&self, full: bool) {
        self.lock().full_writes = full;
    }

    /// For tests of the tests: flushes do nothing and say that they did.
    pub fn ignore_syncs(&self, ignore: bool) {
        self.lock().ignore_syncs = ignore;
    }

    /// True after the planned crash.
    pub fn crashed(&self) -> bool {
        self.lock().crashed
    }

    /// Ends this life and begins the next. All plans are cleared.
    pub fn restart(&self, crash: Crash) {
        let mut state = self.lock();
        if crash == Crash::Power {
            state.cut_power();
        }
        state.life += 1;
        state.crashed = false;
        state.crash_at = None;
        state.fail_sync_at = None;
        state.fail_write_at = None;
        state.full_writes = false;
    }

    /// Changes bytes behind everybody's back: a failing medium.
    ///
    /// # Errors
    /// If there is no such file.
    pub fn damage(&self, name: &str, position: u64, change: impl FnOnce(&mut u8)) -> io::Result<()> {
        let mut state = self.lock();
        let inode = *state.names.get(name).ok_or(io::ErrorKind::NotFound)?;
        let file = state.inodes.get_mut(&inode).ok_or(io::ErrorKind::NotFound)?;
        let byte = file.visible.get_mut(position as usize).ok_or(io::ErrorKind::UnexpectedEof)?;
        change(byte);
        let value = *byte;
        if let Some(byte) = file.durable.get_mut(position as usize) {
            *byte = value;
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn alive(&self) -> io::Result<()> {
        if self.crashed { Err(io::Error::other("the simulated machine is off")) } else { Ok(()) }
    }

    /// Counts a changing operation; true if it is the one that does not come back.
    fn count(&mut self) -> io::Result<bool> {
        self.alive()?;
        self.operations += 1;
        self.crashed = self.crash_at.is_some_and(|at| self.operations >= at);
        Ok(self.crashed)
    }

    fn came_back(crashing: bool) -> io::Result<()> {
        if crashing { Err(io::Error::other("the simulated machine went off")) } else { Ok(()) }
    }

    fn file(&mut self, file: &SimFile) -> io::Result<&mut Inode> {
        self.alive()?;
        if file.life != self.life {
            return Err(io::Error::other("a file handle from before the crash"));
        }
        self.inodes.get_mut(&file.inode).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn used_bytes(&self) -> u64 {
        self.names.values().filter_map(|i| self.inodes.get(i)).map(|i| i.visible.len() as u64).sum()
    }

    fn change(&mut self, file: &SimFile, change: Change) -> io::Result<()> {
        let inode = self.file(file)?;
        change.apply(&mut inode.visible);
        inode.pending.push(change);
        Ok(())
    }

    fn cut_power(&mut self) {
        let State { random, inodes, durable_names, pending_names, names, .. } = self;
        for inode in inodes.values_mut() {
            let mut pending = std::mem::take(&mut inode.pending);
            for change in pending.drain(..) {
                change.apply_perhaps(&mut inode.durable, random);
            }
            inode.visible.clone_from(&inode.durable);
        }
        for change in pending_names.drain(..) {
            if random.one_in(2) {
                change.apply(durable_names, random);
            }
        }
        names.clone_from(durable_names);
        let alive: Vec<u64> = names.values().copied().collect();
        inodes.retain(|inode, _| alive.contains(inode));
    }
}

impl Change {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Change::Write { position, bytes } => write(content, *position, bytes),
            // Not `resize`, which goes byte by byte in a debug build.
            Change::Zeros { length } => *content = vec![0; *length as usize],
            Change::Empty => content.clear(),
        }
    }

    /// What a power cut leaves of it: nothing, all, a beginning, or any of its sectors.
    fn apply_perhaps(self, content: &mut Vec<u8>, random: &mut Random) {
        match (self, random.below(4)) {
            (_, 0) => {}
            (change, 1) => change.apply(content),
            (Change::Write { position, bytes }, 2) => {
                let kept = random.below(bytes.len() as u64 + 1) as usize;
                write(content, position, &bytes[..kept]);
            }
            (Change::Write { position, bytes }, _) => {
                for (index, sector) in bytes.chunks(512).enumerate() {
                    if random.one_in(2) {
                        write(content, position + index as u64 * 512, sector);
                    }
                }
            }
            (Change::Zeros { length }, _) => {
                Change::Zeros { length: random.below(length + 1) }.apply(content)
            }
            (Change::Empty, _) => content.clear(),
        }
    }
}

fn write(content: &mut Vec<u8>, position: u64, bytes: &[u8]) {
    let (start, end) = (position as usize, position as usize + bytes.len());
    if content.len() < end {
        content.extend_from_slice(&vec![0; end - content.len()]);
    }
    content[start..end].copy_from_slice(bytes);
}

impl NameChange {
    fn apply(self, names: &mut BTreeMap<String, u64>, random: &mut Random) {
        let remove = |names: &mut BTreeMap<String, u64>, name: &str, inode: u64| {
            if names.get(name) == Some(&inode) {
                names.remove(name);
            }
        };
        match self {
            NameChange::Create { name, inode } => {
                names.insert(name, inode);
            }
            NameChange::Rename { from, to, inode } => {
                names.insert(to, inode);
                // Without a journal the file system may keep both names.
                if !random.one_in(4) {
                    remove(names, &from, inode);
                }
            }
            NameChange::Remove { name, inode } => remove(names, &name, inode),
        }
    }
}

impl Disk for SimDisk {
    type File = SimFile;

    fn list(&self) -> io::Result<Vec<String>> {
        let state = self.lock();
        state.alive()?;
        Ok(state.names.keys().cloned().collect())
    }

    fn open(&self, name: &str) -> io::Result<SimFile> {
        let state = self.lock();
        state.alive()?;
        let inode = *state.names.get(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(SimFile { inode, life: state.life })
    }

    fn create(&self, name: &str) -> io::Result<SimFile> {
        let mut state = self.lock();
        let crashing = state.count()?;
        let life = state.life;
        if let Some(&inode) = state.names.get(name) {
            let file = SimFile { inode, life };
            if !crashing {
                state.change(&file, Change::Empty)?;
            }
            State::came_back(crashing)?;
            return Ok(file);
        }
        let inode = state.next_inode;
        state.next_inode += 1;
        state.inodes.insert(inode, Inode::default());
        state.names.insert(name.to_owned(), inode);
        state.pending_names.push(NameChange::Create { name: name.to_owned(), inode });
        State::came_back(crashing)?;
        Ok(SimFile { inode, life })
    }

    fn len(&self, file: &SimFile) -> io::Result<u64> {
        Ok(self.lock().file(file)?.visible.len() as u64)
    }

    fn read_at(&self, file: &SimFile, position: u64, buffer: &mut [u8]) -> io::Result<()> {
        let mut state = self.lock();
        let content = &state.file(file)?.visible;
        let start = position as usize;
        let source = content.get(start..start + buffer.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(source);
        Ok(())
    }

    fn write_at(&self, file: &SimFile, position: u64, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.lock();
        let crashing = state.count()?;
        let fails = state.fail_write_at.is_some_and(|at| state.operations >= at);
        let end = position + bytes.len() as u64;
        // `file` refuses when the machine is off, but this write may have been under way.
        let grows = state.inodes.get(&file.inode).is_some_and(|i| end > i.visible.len() as u64);
        let full =
            state.full_writes || (grows && state.used_bytes() + bytes.len() as u64 > state.capacity_bytes);
        let kept = if fails || full || crashing {
            state.random.below(bytes.len() as u64 + 1) as usize
        } else {
            bytes.len()
        };
        let was_off = std::mem::replace(&mut state.crashed, false);
        let changed = state.change(file, Change::Write { position, bytes: bytes[..kept].to_vec() });
        state.crashed = was_off;
        changed?;
        State::came_back(crashing)?;
        if fails {
            state.fail_write_at = None;
            return Err(io::Error::other("simulated write error"));
        }
        if full {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }

    fn fill_with_zeros(&self, file: &SimFile, bytes: u64) -> io::Result<()> {
        let mut state = self.lock();
        if state.count()? {
            return State::came_back(true);
        }
        if state.used_bytes() + bytes > state.capacity_bytes {
            let some = state.capacity_bytes.saturating_sub(state.used_bytes());
            state.change(file, Change::Zeros { length: some })?;
            return Err(io::ErrorKind::StorageFull.into());
        }
        state.change(file, Change::Zeros { length: bytes })
    }

    fn sync_data(&self, file: &SimFile) -> io::Result<()> {
        let mut state = self.lock();
        let crashing = state.count()?;
        if crashing {
            // Under way: the power cut decides over each pending write.
            return State::came_back(true);
        }
        state.file(file)?;
        if state.fail_sync_at.is_some_and(|at| state.operations >= at) {
            state.fail_sync_at = None;
            let State { random, inodes, .. } = &mut *state;
            let inode = inodes.get_mut(&file.inode).ok_or(io::ErrorKind::NotFound)?;
            for change in inode.pending.drain(..) {
                change.apply_perhaps(&mut inode.durable, random);
            }
            // The kernel either drops the pages, or keeps them and calls them clean: then they can be read,
            // and no later flush writes them.
            if random.one_in(2) {
                inode.visible.clone_from(&inode.durable);
            }
            return Err(io::Error::other("simulated flush error"));
        }
        if state.ignore_syncs {
            return Ok(());
        }
        let inode = state.file(file)?;
        for change in inode.pending.drain(..) {
            change.apply(&mut inode.durable);
        }
        Ok(())
    }

    fn sync_dir(&self) -> io::Result<()> {
        let mut state = self.lock();
        if state.count()? {
            return State::came_back(true);
        }
        if state.fail_sync_at.is_some_and(|at| state.operations >= at) {
            state.fail_sync_at = None;
            return Err(io::Error::other("simulated flush error"));
        }
        if !state.ignore_syncs {
            state.pending_names.clear();
            state.durable_names = state.names.clone();
        }
        Ok(())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.lock();
        let crashing = state.count()?;
        let inode = *state.names.get(from).ok_or(io::ErrorKind::NotFound)?;
        state.names.remove(from);
        state.names.insert(to.to_owned(), inode);
        state.pending_names.push(NameChange::Rename { from: from.to_owned(), to: to.to_owned(), inode });
        State::came_back(crashing)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = self.lock();
        let crashing = state.count()?;
        let inode = state.names.remove(name).ok_or(io::ErrorKind::NotFound)?;
        state.pending_names.push(NameChange::Remove { name: name.to_owned(), inode });
        State::came_back(crashing)
    }

    fn free_bytes(&self) -> io::Result<u64> {
        let state = self.lock();
        state.alive()?;
        Ok(state.capacity_bytes.saturating_sub(state.used_bytes()))
    }
}
