//! On a real folder: refusals, torn tails, damage, full disk; and the golden bytes of the format.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use tg_journal::{Journal, JournalError, MasterKey, Options, Randomness, RealDisk, Recovery, StoredBatch};

const SEGMENT_BYTES: u64 = 64 << 10;

fn options() -> Options {
    Options { segment_bytes: SEGMENT_BYTES, spares_max: 1, keep_free_bytes: 0 }
}

fn fixed_randomness() -> Randomness {
    let mut next = 0u8;
    Box::new(move |bytes| {
        bytes.fill_with(|| {
            next = next.wrapping_add(1);
            next
        });
        Ok(())
    })
}

fn open_with(folder: &Path, key: u8) -> Result<(Journal<RealDisk>, Recovery), JournalError> {
    let disk = Arc::new(RealDisk::open(folder)?);
    Journal::open(disk, Arc::new(MasterKey::new(1, &mut [key; 32])), options(), fixed_randomness())
}

fn open(folder: &Path) -> Result<(Journal<RealDisk>, Recovery), JournalError> {
    open_with(folder, 3)
}

fn append(journal: &mut Journal<RealDisk>, n: i64) {
    journal.append(n, n, 1, format!("payload number {n}").as_bytes()).expect("appends");
}

/// Five batches, each committed, then the process is gone without a word.
fn five_batches(folder: &Path) {
    let (mut journal, _) = open(folder).expect("opens");
    for n in 0..5 {
        append(&mut journal, n);
        journal.commit().expect("commits");
    }
}

fn read_all(journal: &Journal<RealDisk>) -> Vec<StoredBatch> {
    let mut reader = journal.reader(journal.first_offset()).expect("reads");
    std::iter::from_fn(|| reader.next_batch().expect("whole")).collect()
}

fn segment(folder: &Path, n: u64) -> std::path::PathBuf {
    folder.join(format!("{n:016}.segment"))
}

fn flip(path: &Path, position: u64) {
    let file = OpenOptions::new().read(true).write(true).open(path).expect("opens");
    let mut byte = [0];
    file.read_exact_at(&mut byte, position).expect("reads");
    file.write_all_at(&[byte[0] ^ 4], position).expect("writes");
}

fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<_> = std::fs::read_dir(folder)
        .expect("lists")
        .map(|e| e.expect("an entry"))
        .map(|e| (e.file_name().into_string().expect("our names"), std::fs::read(e.path()).expect("reads")))
        .collect();
    all.sort();
    all
}

#[test]
fn two_openings_at_once_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let (first, _) = open(folder.path()).expect("opens");
    let second = open(folder.path()).err().expect("refused");
    assert!(matches!(second, JournalError::Locked { .. }), "{second}");
    assert_eq!(second.to_problem().code, "TG-3002");
    drop(first);
    open(folder.path()).expect("free again");
}

#[test]
fn a_wrong_key_is_refused_and_nothing_is_changed() {
    let folder = tempfile::tempdir().expect("a folder");
    five_batches(folder.path());
    let before = contents(folder.path());
    let error = open_with(folder.path(), 4).err().expect("refused");
    assert!(matches!(error, JournalError::WrongKey { .. }), "{error}");
    assert_eq!(contents(folder.path()), before);
    assert_eq!(read_all(&open(folder.path()).expect("the right key").0).len(), 5);
}

#[test]
fn a_newer_version_is_refused_and_nothing_is_changed() {
    let folder = tempfile::tempdir().expect("a folder");
    five_batches(folder.path());
    let meta = folder.path().join("journal.toml");
    let text = std::fs::read_to_string(&meta).expect("reads").replace("format = 1", "format = 2");
    std::fs::write(&meta, text).expect("writes");
    let before = contents(folder.path());
    let error = open(folder.path()).err().expect("refused");
    assert!(matches!(error, JournalError::NewerVersion { found: 2, known: 1, .. }), "{error}");
    assert_eq!(contents(folder.path()), before);
}

#[test]
fn a_changed_meta_file_is_damage_not_a_wrong_key() {
    let folder = tempfile::tempdir().expect("a folder");
    five_batches(folder.path());
    let meta = folder.path().join("journal.toml");
    let text = std::fs::read_to_string(&meta).expect("reads").replace("started = true", "started = false");
    std::fs::write(&meta, text).expect("writes");
    assert!(matches!(open(folder.path()), Err(JournalError::Damaged { .. })));
    std::fs::remove_file(&meta).expect("removes");
    assert!(matches!(open(folder.path()), Err(JournalError::Damaged { .. })));
}

#[test]
fn a_torn_tail_is_cut_and_the_journal_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    five_batches(folder.path());
    // The fifth batch stands in block 5; half of its only sector did not arrive.
    flip(&segment(folder.path(), 1), 5 * 4096 + 150);
    let (mut journal, recovery) = open(folder.path()).expect("opens");
    assert_eq!((recovery.next_offset, recovery.torn_tail), (4, true));
    append(&mut journal, 9);
    journal.commit().expect("commits");
    drop(journal);
    let (journal, recovery) = open(folder.path()).expect("opens");
    assert!(!recovery.torn_tail);
    let times: Vec<_> = read_all(&journal).iter().map(|b| b.first_log_time_us).collect();
    assert_eq!(times, [0, 1, 2, 3, 9]);
}

#[test]
fn after_a_gentle_end_even_the_last_batch_can_not_be_lost_in_silence() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut journal, _) = open(folder.path()).expect("opens");
    append(&mut journal, 1);
    journal.close().expect("closes");
    let (journal, recovery) = open(folder.path()).expect("opens");
    assert_eq!(recovery.next_offset, 1, "the mark is no record");
    assert_eq!(read_all(&journal).len(), 1);
    drop(journal);
    flip(&segment(folder.path(), 1), 4096 + 150);
    assert!(matches!(open(folder.path()), Err(JournalError::Damaged { .. })));
}

#[test]
fn a_flipped_bit_before_the_last_commit_is_refused_wherever_it_is() {
    for position in [0, 100, 4096, 4096 + 70, 4096 + 150, 2 * 4096 + 5, 4 * 4096 + 160] {
        let folder = tempfile::tempdir().expect("a folder");
        five_batches(folder.path());
        flip(&segment(folder.path(), 1), position);
        let before = contents(folder.path());
        let error = open(folder.path()).err().unwrap_or_else(|| panic!("byte {position} was accepted"));
        assert_eq!(error.to_problem().code, "TG-3005", "byte {position}: {error}");
        assert_eq!(contents(folder.path()), before, "the evidence is left alone");
    }
}

#[test]
fn damage_in_an_older_segment_is_found_by_its_reader() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut journal, _) = open(folder.path()).expect("opens");
    for n in 0..20 {
        append(&mut journal, n);
        journal.commit().expect("commits");
    }
    drop(journal);
    flip(&segment(folder.path(), 1), 3 * 4096 + 150);
    let (journal, recovery) = open(folder.path()).expect("the last segment is whole");
    assert_eq!((recovery.next_offset, recovery.segments), (20, 2));
    let mut reader = journal.reader(0).expect("reads");
    assert_eq!(reader.next_batch().expect("whole").expect("there").first_offset, 0);
    assert_eq!(reader.next_batch().expect("whole").expect("there").first_offset, 1);
    assert!(matches!(reader.next_batch(), Err(JournalError::Damaged { .. })));
    assert_eq!(
        journal.reader(17).expect("reads").next_batch().expect("whole").expect("there").first_offset,
        17
    );
}

#[test]
fn a_shortened_or_missing_segment_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut journal, _) = open(folder.path()).expect("opens");
    for n in 0..40 {
        append(&mut journal, n);
    }
    journal.commit().expect("commits");
    journal.prepare_next().expect("prepares");
    drop(journal);
    let middle = segment(folder.path(), 2);
    let moved = folder.path().join("elsewhere");
    std::fs::rename(&middle, &moved).expect("moves");
    assert!(matches!(open(folder.path()), Err(JournalError::Damaged { .. })));
    std::fs::rename(&moved, &middle).expect("moves back");
    assert_eq!(read_all(&open(folder.path()).expect("whole again").0).len(), 40);
    let last = segment(folder.path(), 3);
    let file = OpenOptions::new().write(true).open(&last).expect("opens");
    file.set_len(SEGMENT_BYTES - 1).expect("shortens");
    assert!(matches!(open(folder.path()), Err(JournalError::Damaged { .. })));
}

#[test]
fn a_journal_behind_its_snapshot_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut journal, _) = open(folder.path()).expect("opens");
    append(&mut journal, 1);
    assert!(matches!(journal.snapshots(fixed_randomness()).save(1, vec![]), Err(JournalError::Misuse(_))));
    journal.commit().expect("commits");
    journal.snapshots(fixed_randomness()).save(1, b"state".to_vec()).expect("saves");
    drop(journal);
    // Alone, this would look like a torn write; the snapshot proves that it was durable.
    flip(&segment(folder.path(), 1), 4096 + 150);
    assert!(matches!(open(folder.path()), Err(JournalError::Damaged { .. })));
}

#[test]
fn a_damaged_snapshot_is_passed_over_for_the_older_and_only_two_are_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut journal, _) = open(folder.path()).expect("opens");
    let mut snapshots = journal.snapshots(fixed_randomness());
    for n in 1..=3 {
        append(&mut journal, n);
        journal.commit().expect("commits");
        snapshots.save(n as u64, format!("state {n}").into_bytes()).expect("saves");
    }
    assert_eq!(snapshots.releasable_offset().expect("lists"), 2);
    let names: Vec<_> =
        contents(folder.path()).into_iter().map(|(n, _)| n).filter(|n| n.ends_with(".snapshot")).collect();
    assert_eq!(names, ["00000000000000000002.snapshot", "00000000000000000003.snapshot"]);
    assert_eq!(snapshots.load_newest().expect("lists").0.expect("there").bytes, b"state 3");
    flip(&folder.path().join(&names[1]), 90);
    let (newest, passed_over) = snapshots.load_newest().expect("lists");
    assert_eq!(newest.expect("there").bytes, b"state 2");
    assert!(matches!(passed_over[..], [JournalError::Damaged { .. }]));
}

#[test]
fn a_full_file_system_is_a_polite_refusal_and_keeps_what_was_accepted() {
    let folder = tempfile::tempdir().expect("a folder");
    let disk = Arc::new(RealDisk::open(folder.path()).expect("opens"));
    let key = Arc::new(MasterKey::new(1, &mut [3; 32]));
    let reserve = |keep_free_bytes| Options { keep_free_bytes, ..options() };
    let (mut journal, _) =
        Journal::open(disk.clone(), key.clone(), reserve(0), fixed_randomness()).expect("opens");
    append(&mut journal, 1);
    journal.commit().expect("commits");
    drop(journal);
    // More must stay free than any disk has: the real statvfs is asked, and no test fills a real disk.
    let (mut journal, _) =
        Journal::open(disk, key, reserve(u64::MAX / 2), fixed_randomness()).expect("opens");
    let mut n = 1;
    let error = loop {
        n += 1;
        if let Err(error) = journal.append(n, n, 1, b"more") {
            break error;
        }
    };
    assert!(matches!(error, JournalError::DiskFull { free_bytes, .. } if free_bytes > 0), "{error}");
    assert_eq!(error.to_problem().code, "TG-3006");
    journal.commit().expect("what was accepted is kept");
    assert_eq!(read_all(&journal).len() as i64, n - 1);
}

#[test]
fn clear_text_is_nowhere_in_the_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    five_batches(folder.path());
    let (mut journal, _) = open(folder.path()).expect("opens");
    journal.snapshots(fixed_randomness()).save(5, b"payload of a snapshot".to_vec()).expect("saves");
    append(&mut journal, 7);
    journal.close().expect("closes");
    for (name, bytes) in contents(folder.path()) {
        assert!(!bytes.windows(10).any(|w| w == b"payload nu" || w == b"payload of"), "{name}");
    }
}

/// If this fails, the format has changed: journals in the field can't be read any more. A change needs a
/// new `FORMAT_VERSION` and code that still reads this one.
#[test]
fn the_format_on_disk_is_pinned() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut journal, _) = open(folder.path()).expect("opens");
    journal.append(1_000_000, 2_000_000, 3, &[0xA5; 5000]).expect("appends");
    journal.append(2_000_001, 2_000_001, 1, b"second").expect("appends");
    journal.commit().expect("commits");
    journal.snapshots(fixed_randomness()).save(4, b"state".to_vec()).expect("saves");
    journal.close().expect("closes");
    let mut hashes = String::new();
    for (name, bytes) in contents(folder.path()).iter().filter(|(n, _)| n != "lock") {
        hashes += &format!("{name} {} {}\n", bytes.len(), blake3::hash(bytes).to_hex());
    }
    assert_eq!(hashes, include_str!("golden_format.txt"));
}
