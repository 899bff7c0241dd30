//! Ten thousand seeds of a disk that drops, tears and reorders what was not synced.
//!
//! A model remembers what was accepted and what was committed. After every crash: all that was committed is
//! there with the same bytes at the same offsets, in order, once; what was accepted and not committed is
//! there as an unbroken beginning or not at all; nothing else appears. `SEED=n` runs one seed alone,
//! `SEEDS=n` another number of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use tg_journal::Disk as _;
use tg_journal::sim::{Crash, Random, SimDisk};
use tg_journal::{
    Chore, Journal, JournalError, MasterKey, Options, Randomness, Recovery, Snapshot, StoredBatch,
};

const SEGMENT_BYTES: u64 = 8 * 4096;
const ROOMY_BYTES: u64 = 64 * SEGMENT_BYTES;

/// What happened over all seeds: a test that never rolls or never tears proves nothing.
#[derive(Default)]
struct Seen {
    reopened: AtomicU64,
    torn_tails: AtomicU64,
    lost_unacknowledged: AtomicU64,
    kept_unacknowledged: AtomicU64,
    rolled: AtomicU64,
    released: AtomicU64,
    disk_full: AtomicU64,
    poisoned: AtomicU64,
    snapshots: AtomicU64,
    not_ready: AtomicU64,
    batches: AtomicU64,
}

impl Seen {
    fn each(&self) -> [(&'static str, u64); 11] {
        [
            ("reopened", self.reopened.load(Relaxed)),
            ("torn_tails", self.torn_tails.load(Relaxed)),
            ("lost_unacknowledged", self.lost_unacknowledged.load(Relaxed)),
            ("kept_unacknowledged", self.kept_unacknowledged.load(Relaxed)),
            ("rolled", self.rolled.load(Relaxed)),
            ("released", self.released.load(Relaxed)),
            ("disk_full", self.disk_full.load(Relaxed)),
            ("poisoned", self.poisoned.load(Relaxed)),
            ("snapshots", self.snapshots.load(Relaxed)),
            ("not_ready", self.not_ready.load(Relaxed)),
            ("batches", self.batches.load(Relaxed)),
        ]
    }
}

/// What must and what may be found.
#[derive(Default)]
struct Model {
    /// In order, without gaps; the first `committed` of them must be found.
    accepted: Vec<StoredBatch>,
    committed: usize,
    /// Appends that failed half done: one of them may be found behind all others.
    attempts: Vec<StoredBatch>,
    released_to: u64,
    log_time_us: i64,
    saved: Option<Snapshot>,
    save_attempts: Vec<Snapshot>,
}

impl Model {
    fn durable_offset(&self) -> u64 {
        self.committed
            .checked_sub(1)
            .map_or(0, |i| self.accepted[i].first_offset + u64::from(self.accepted[i].count))
    }
}

struct Run<'a> {
    seed: u64,
    random: Random,
    disk: Arc<SimDisk>,
    key: Arc<MasterKey>,
    model: Model,
    seen: &'a Seen,
}

fn randomness(random: &mut Random) -> Randomness {
    let mut stream = Random::new(random.bits());
    Box::new(move |bytes| {
        bytes.fill_with(|| stream.bits() as u8);
        Ok(())
    })
}

fn options() -> Options {
    Options { segment_bytes: SEGMENT_BYTES, spares_max: 2, keep_free_bytes: SEGMENT_BYTES }
}

impl Run<'_> {
    fn new(seed: u64, seen: &Seen) -> Run<'_> {
        let random = Random::new(seed);
        let disk = Arc::new(SimDisk::new(seed ^ 0xD15C, ROOMY_BYTES));
        let key = Arc::new(MasterKey::new(1, &mut [seed as u8; 32]));
        Run { seed, random, disk, key, model: Model::default(), seen }
    }

    fn lives(&mut self) {
        for life in 0..4 {
            // The last life is left in peace, so that each seed ends with a full check.
            if life < 3 {
                self.plan();
            }
            self.live();
            let crash = if self.random.one_in(3) { Crash::Process } else { Crash::Power };
            self.disk.restart(crash);
        }
    }

    fn plan(&mut self) {
        let now = self.disk.operations();
        self.disk.crash_at(now + 1 + self.random.below(70));
        if self.random.one_in(4) {
            self.disk.fail_sync_at(now + 1 + self.random.below(60));
        }
        if self.random.one_in(8) {
            self.disk.fail_write_at(now + 1 + self.random.below(60));
        }
    }

    fn live(&mut self) {
        if self.random.one_in(8) {
            self.disk.set_capacity(self.random.below(12) * SEGMENT_BYTES);
        }
        let random = randomness(&mut self.random);
        match Journal::open(self.disk.clone(), self.key.clone(), options(), random) {
            Ok((journal, recovery)) => {
                if !recovery.created {
                    self.seen.reopened.fetch_add(1, Relaxed);
                }
                self.seen.torn_tails.fetch_add(u64::from(recovery.torn_tail), Relaxed);
                self.check_recovered(&journal, &recovery);
                self.work(journal);
            }
            // The machine went off, a planned error came, or there is no room for a new journal.
            Err(JournalError::Io { .. } | JournalError::DiskFull { .. }) => {}
            Err(error) => panic!("seed {}: {error}", self.seed),
        }
        self.disk.set_capacity(ROOMY_BYTES);
    }

    /// Everything that the opening promises.
    fn check_recovered(&mut self, journal: &Journal<SimDisk>, recovery: &Recovery) {
        let seed = self.seed;
        let first = journal.first_offset();
        assert!(first <= self.model.released_to, "seed {seed}: offsets before {first} are gone unreleased");
        let found = read_all(journal, first, seed);
        assert_eq!(
            found.last().map_or(first, end_of),
            recovery.next_offset,
            "seed {seed}: the recovery's end"
        );
        let skip = self.model.accepted.iter().take_while(|b| end_of(b) <= first).count();
        let expected = &self.model.accepted[skip.min(self.model.accepted.len())..];
        let same = found.iter().zip(expected).take_while(|(found, expected)| found == expected).count();
        let kept = skip + same;
        assert!(
            kept >= self.model.committed,
            "seed {seed}: {kept} batches of {} committed",
            self.model.committed
        );
        let accepted = self.model.accepted.len();
        self.seen.lost_unacknowledged.fetch_add((accepted - kept) as u64, Relaxed);
        self.seen.kept_unacknowledged.fetch_add((kept - self.model.committed) as u64, Relaxed);
        self.model.accepted.truncate(kept);
        // A write that reported an error may have reached the disk all the same, as the last of all.
        if let [extra] = &found[same..] {
            assert!(self.model.attempts.contains(extra), "seed {seed}: a batch that nobody wrote");
            self.model.accepted.push(extra.clone());
        } else {
            assert_eq!(same, found.len(), "seed {seed}: batches that nobody wrote");
        }
        // The engine will judge what was found, so from now on it must stay.
        self.model.committed = self.model.accepted.len();
        self.model.attempts.clear();
        let last_time = self.model.accepted.last().map_or(i64::MIN, |b| b.last_log_time_us);
        assert_eq!(recovery.last_log_time_us, last_time, "seed {seed}: the last log time");
        self.model.log_time_us = last_time.max(0);
        self.check_snapshot(journal);
    }

    fn check_snapshot(&mut self, journal: &Journal<SimDisk>) {
        let seed = self.seed;
        let snapshots = journal.snapshots(randomness(&mut self.random));
        let (newest, passed_over) = snapshots.load_newest().expect("no disk error is planned for reading");
        assert!(passed_over.is_empty(), "seed {seed}: {passed_over:?}");
        if let Some(saved) = &self.model.saved
            && saved.cut >= journal.first_offset()
        {
            let newest = newest.as_ref().unwrap_or_else(|| panic!("seed {seed}: the snapshot is gone"));
            assert!(newest.cut >= saved.cut, "seed {seed}: an older snapshot");
        }
        if let Some(newest) = newest {
            let known = self.model.saved.iter().chain(&self.model.save_attempts).any(|s| *s == newest);
            assert!(known, "seed {seed}: a snapshot that nobody saved");
            self.model.saved = Some(newest);
        }
        self.model.save_attempts.clear();
    }

    fn work(&mut self, mut journal: Journal<SimDisk>) {
        let mut chore: Option<Chore<SimDisk>> = None;
        for _ in 0..self.random.below(45) {
            let result = match self.random.below(20) {
                0..=8 => self.append(&mut journal),
                9..=12 => self.commit(&mut journal),
                13 => journal.prepare_next(),
                // A helper thread: the chore is taken now and done some time later.
                14 => match chore.take() {
                    Some(chore) => journal.finish(chore.run()),
                    None => {
                        chore = journal.next_chore();
                        Ok(())
                    }
                },
                15 => self.release(&mut journal),
                16 => self.save(&journal),
                17 => {
                    self.check_live(&journal);
                    Ok(())
                }
                18 => {
                    self.disk.set_capacity(self.random.below(16) * SEGMENT_BYTES);
                    Ok(())
                }
                _ => {
                    self.disk.set_full_writes(self.random.one_in(3));
                    Ok(())
                }
            };
            match result {
                Ok(()) => {}
                Err(JournalError::DiskFull { .. }) => {
                    self.seen.disk_full.fetch_add(1, Relaxed);
                    if self.random.one_in(2) {
                        self.disk.set_capacity(ROOMY_BYTES);
                        self.disk.set_full_writes(false);
                    }
                }
                Err(JournalError::NotReady) => {
                    self.seen.not_ready.fetch_add(1, Relaxed);
                    let chore = chore.take().expect("not ready means that a chore is out");
                    if journal.finish(chore.run()).is_err() && self.disk.crashed() {
                        return;
                    }
                }
                // A new segment could not be filled: nothing that exists is touched.
                Err(JournalError::Io { .. }) if !journal.is_poisoned() && !self.disk.crashed() => {}
                Err(error) => return self.ended(journal, &error),
            }
            if self.disk.crashed() {
                return;
            }
        }
        if self.random.one_in(2) {
            self.disk.set_full_writes(false);
            if journal.close().is_ok() {
                self.model.committed = self.model.accepted.len();
            }
        }
    }

    /// After a failed write or flush the journal must never pretend success again.
    fn ended(&mut self, mut journal: Journal<SimDisk>, error: &JournalError) {
        let seed = self.seed;
        assert!(matches!(error, JournalError::Io { .. } | JournalError::Poisoned), "seed {seed}: {error}");
        if self.disk.crashed() {
            return;
        }
        self.seen.poisoned.fetch_add(1, Relaxed);
        let time = self.model.log_time_us;
        assert!(
            matches!(journal.append(time, time, 1, b"more"), Err(JournalError::Poisoned)),
            "seed {seed}: {error}"
        );
        assert!(matches!(journal.commit(), Err(JournalError::Poisoned)), "seed {seed}: {error}");
    }

    fn append(&mut self, journal: &mut Journal<SimDisk>) -> Result<(), JournalError> {
        let largest = journal.payload_bytes_max();
        // Mostly one block each: what can go wrong grows with the number of writes, not with their length.
        let bytes = match self.random.below(24) {
            0 => largest,
            1 => self.random.below(largest + 1),
            2..=5 => self.random.below(9000),
            _ => self.random.below(300),
        };
        let mut payload = vec![0; bytes as usize];
        let mut content = Random::new(self.random.bits());
        payload.chunks_mut(8).for_each(|c| c.copy_from_slice(&content.bits().to_le_bytes()[..c.len()]));
        let first_log_time_us = self.model.log_time_us + self.random.below(3) as i64;
        let last_log_time_us = first_log_time_us + self.random.below(1000) as i64;
        // Few different counts, so that a batch that took another's place would fit in between its neighbours.
        let count = 1 + self.random.below(2) as u32;
        let first_offset = self.model.accepted.last().map_or(0, end_of);
        let batch = StoredBatch { first_offset, count, first_log_time_us, last_log_time_us, payload };
        match journal.append(first_log_time_us, last_log_time_us, count, &batch.payload) {
            Ok(appended) => {
                assert_eq!(appended.first_offset, first_offset, "seed {}", self.seed);
                self.model.log_time_us = last_log_time_us;
                self.model.accepted.push(batch);
                self.seen.batches.fetch_add(1, Relaxed);
                Ok(())
            }
            Err(error) => {
                // A roll commits what was accepted before it, without our asking: it may be found, and is.
                self.model.attempts.push(batch);
                Err(error)
            }
        }
    }

    fn commit(&mut self, journal: &mut Journal<SimDisk>) -> Result<(), JournalError> {
        journal.commit()?;
        self.model.committed = self.model.accepted.len();
        assert_eq!(journal.durable_offset(), self.model.durable_offset(), "seed {}", self.seed);
        Ok(())
    }

    fn release(&mut self, journal: &mut Journal<SimDisk>) -> Result<(), JournalError> {
        let durable = journal.durable_offset();
        let offset = if self.random.one_in(2) { durable } else { self.random.below(durable + 1) };
        self.model.released_to = self.model.released_to.max(offset);
        let first = journal.first_offset();
        journal.release(offset)?;
        self.seen.released.fetch_add(u64::from(journal.first_offset() > first), Relaxed);
        Ok(())
    }

    fn save(&mut self, journal: &Journal<SimDisk>) -> Result<(), JournalError> {
        let oldest =
            self.model.saved.iter().chain(&self.model.save_attempts).map(|s| s.cut).max().unwrap_or(0);
        let durable = journal.durable_offset();
        let cut = oldest.max(self.random.below(durable + 1));
        let bytes = (0..self.random.below(6000)).map(|_| self.random.bits() as u8).collect::<Vec<u8>>();
        let snapshot = Snapshot { cut, bytes: bytes.clone() };
        self.model.save_attempts.push(snapshot.clone());
        match journal.snapshots(randomness(&mut self.random)).save(cut, bytes) {
            Ok(()) => {
                self.seen.snapshots.fetch_add(1, Relaxed);
                self.model.saved = Some(snapshot);
                self.model.save_attempts.clear();
                Ok(())
            }
            // A snapshot that could not be saved costs nothing but a longer replay.
            Err(JournalError::Io { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn check_live(&mut self, journal: &Journal<SimDisk>) {
        let (first, durable) = (journal.first_offset(), journal.durable_offset());
        let from = first + self.random.below(durable - first + 1);
        let found = read_all(journal, from, self.seed);
        let expected: Vec<_> = self
            .model
            .accepted
            .iter()
            .filter(|b| end_of(b) > from && end_of(b) <= durable)
            .cloned()
            .collect();
        assert_eq!(found, expected, "seed {}: reading from {from}", self.seed);
        assert!(durable >= self.model.durable_offset(), "seed {}", self.seed);
        self.seen.rolled.fetch_add(u64::from(first == 0 && found.len() > 8), Relaxed);
    }
}

fn end_of(batch: &StoredBatch) -> u64 {
    batch.first_offset + u64::from(batch.count)
}

fn read_all(journal: &Journal<SimDisk>, from: u64, seed: u64) -> Vec<StoredBatch> {
    let mut reader = journal.reader(from).unwrap_or_else(|e| panic!("seed {seed}: reader at {from}: {e}"));
    let mut batches = Vec::new();
    while let Some(batch) = reader.next_batch().unwrap_or_else(|e| panic!("seed {seed}: {e}")) {
        batches.push(batch);
    }
    batches
}

#[test]
fn nothing_committed_is_lost_under_ten_thousand_seeds() {
    let seen = Seen::default();
    let number = |name: &str| std::env::var(name).ok().and_then(|v| v.parse::<u64>().ok());
    if let Some(seed) = number("SEED") {
        return Run::new(seed, &seen).lives();
    }
    let seeds = number("SEEDS").unwrap_or(10_000);
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Relaxed);
                    if seed >= seeds {
                        break;
                    }
                    Run::new(seed, &seen).lives();
                }
            });
        }
    });
    for (what, times) in seen.each() {
        println!("{what}: {times}");
        assert!(times > seeds / 100, "{what} happened only {times} times: the test is too tame");
    }
}

/// One bit of a failing medium, anywhere: a reader never gets other bytes than were written, and what was
/// durable is either read or refused. Only the last commit alone can look like a torn write.
#[test]
fn a_flipped_bit_is_never_a_silent_loss() {
    let (mut refused, mut unharmed, mut torn) = (0, 0, 0);
    for seed in 0..1500 {
        let mut random = Random::new(seed);
        let disk = Arc::new(SimDisk::new(seed, ROOMY_BYTES));
        let key = Arc::new(MasterKey::new(1, &mut [seed as u8; 32]));
        let mut written = Vec::new();
        let mut before_last_commit = 0;
        for _ in 0..2 {
            let source = randomness(&mut random);
            let (mut journal, _) =
                Journal::open(disk.clone(), key.clone(), options(), source).expect("opens");
            for _ in 0..2 + random.below(12) {
                before_last_commit = written.len();
                for _ in 0..1 + random.below(2) {
                    let payload: Vec<u8> = (0..random.below(7000)).map(|_| random.bits() as u8).collect();
                    journal.append(1, 1, 1, &payload).expect("appends");
                    written.push(payload);
                }
                journal.commit().expect("commits");
            }
        }
        let files: Vec<String> =
            disk.list().expect("lists").into_iter().filter(|n| n.ends_with(".segment")).collect();
        let file = &files[random.below(files.len() as u64) as usize];
        let position = random.below(SEGMENT_BYTES);
        disk.damage(file, position, |byte| *byte ^= 1 << random.below(8)).expect("there");
        let found = read_until_refused(&disk, &key, &mut random);
        for (payload, expected) in found.batches.iter().zip(&written) {
            assert_eq!(payload, expected, "seed {seed}: wrong bytes");
        }
        if found.refused {
            refused += 1;
        } else if found.batches.len() == written.len() {
            unharmed += 1;
        } else {
            assert!(
                found.batches.len() >= before_last_commit,
                "seed {seed}: a silent loss ({file} at {position})"
            );
            torn += 1;
        }
    }
    assert!(refused > 100 && unharmed > 100 && torn > 10, "{refused} {unharmed} {torn}");
}

struct Found {
    batches: Vec<Vec<u8>>,
    refused: bool,
}

fn read_until_refused(disk: &Arc<SimDisk>, key: &Arc<MasterKey>, random: &mut Random) -> Found {
    let mut found = Found { batches: Vec::new(), refused: true };
    let opened = Journal::open(disk.clone(), key.clone(), options(), randomness(random));
    let journal = match opened {
        Ok((journal, _)) => journal,
        Err(JournalError::Damaged { .. }) => return found,
        Err(error) => panic!("not a word of damage: {error}"),
    };
    let mut reader = journal.reader(0).expect("nothing was released");
    loop {
        match reader.next_batch() {
            Ok(Some(batch)) => found.batches.push(batch.payload),
            Ok(None) => break,
            Err(JournalError::Damaged { .. }) => return found,
            Err(error) => panic!("not a word of damage: {error}"),
        }
    }
    found.refused = false;
    found
}
