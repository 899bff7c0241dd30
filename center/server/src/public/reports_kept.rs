//! Reports of strangers, each a folder of files: what was said, cleaned photos with their hashes, until when.
//!
//! Why it exists: a report must outlive a restart, be found by its code alone, and be gone when it was promised to
//! be. The code itself is kept nowhere: the folder's name is its hash, so that whoever reads the disk can't follow a
//! report in its sender's name. Bounds: so many reports, so many bytes, so many a minute. Never keeps an address, a
//! browser's name or an original photo.

use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Reports at the same time.
const REPORTS_MAX: usize = 5_000;
/// Bytes of all reports.
const BYTES_MAX: u64 = 2 << 30;
/// Reports a minute, from everybody together.
const A_MINUTE_MAX: usize = 60;
const DAY_US: i64 = 86_400 * 1_000_000;
/// Characters of a code: 20 of 32 signs are 100 bits.
const CODE_SIGNS: usize = 20;
/// Crockford's signs: none that can be taken for another.
const SIGNS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// What was said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    /// One of the page's kinds.
    pub kind: String,
    /// Which shop and machine.
    pub place: String,
    /// What was seen.
    pub words: String,
    /// Photos: ending of the file, and content without its surroundings.
    pub photos: Vec<(&'static str, Vec<u8>)>,
    /// The place was left in the photos because the sender wanted it.
    pub place_kept: bool,
}

/// One photo as kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct KeptPhoto {
    /// Its file in the folder.
    pub file: String,
    /// BLAKE3 of its bytes as kept.
    pub blake3: String,
    /// Its size.
    pub bytes: u64,
}

/// One report as kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// When it came.
    pub received_us: i64,
    /// When it is deleted.
    pub until_us: i64,
    /// One of the page's kinds.
    pub kind: String,
    /// Which shop and machine.
    pub place: String,
    /// What was seen.
    pub words: String,
    /// The photos.
    pub photos: Vec<KeptPhoto>,
    /// The place was left in the photos.
    pub place_kept: bool,
}

/// Why a report is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotKept {
    /// Too many at once or in all.
    Full,
    /// The disk.
    Disk,
}

/// The folder.
#[derive(Debug)]
pub(crate) struct Reports {
    folder: PathBuf,
    days: u32,
    /// When the reports of the last minute came.
    recent: Mutex<Vec<i64>>,
}

impl Reports {
    /// The reports of a folder, which is made if it isn't there.
    pub fn open(folder: &Path, days: u32) -> std::io::Result<Reports> {
        std::fs::create_dir_all(folder)?;
        only_ours(folder)?;
        Ok(Reports { folder: folder.to_owned(), days, recent: Mutex::default() })
    }

    /// Keeps a report; its code, and when it will be deleted.
    pub fn keep(&self, said: &Said, now_us: i64) -> Result<(String, i64), NotKept> {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.retain(|at| now_us - at < 60 * 1_000_000 && *at <= now_us);
        if recent.len() >= A_MINUTE_MAX {
            return Err(NotKept::Full);
        }
        let (count, bytes) = self.tidy(now_us).map_err(|_| NotKept::Disk)?;
        let more: u64 = said.photos.iter().map(|(_, p)| p.len() as u64).sum();
        if count >= REPORTS_MAX || bytes + more > BYTES_MAX {
            return Err(NotKept::Full);
        }
        recent.push(now_us);
        drop(recent);
        let code = new_code().ok_or(NotKept::Disk)?;
        let until_us = now_us + i64::from(self.days) * DAY_US;
        self.write(&name_of(&code), said, now_us, until_us).map_err(|error| {
            tracing::warn!(%error, "a report could not be written");
            NotKept::Disk
        })?;
        Ok((code, until_us))
    }

    fn write(&self, name: &str, said: &Said, received_us: i64, until_us: i64) -> std::io::Result<()> {
        let draft = self.folder.join(format!("{name}.draft"));
        std::fs::create_dir(&draft)?;
        only_ours(&draft)?;
        let mut photos = Vec::new();
        for (n, (ending, bytes)) in said.photos.iter().enumerate() {
            let file = format!("{n}.{ending}");
            write_durably(&draft.join(&file), bytes)?;
            let hash = blake3::hash(bytes).to_hex().to_string();
            photos.push(KeptPhoto { file, blake3: hash, bytes: bytes.len() as u64 });
        }
        let kept = Kept {
            received_us,
            until_us,
            kind: said.kind.clone(),
            place: said.place.clone(),
            words: said.words.clone(),
            photos,
            place_kept: said.place_kept,
        };
        write_durably(&draft.join("report.json"), &serde_json::to_vec(&kept)?)?;
        std::fs::rename(&draft, self.folder.join(name))?;
        std::fs::File::open(&self.folder)?.sync_all()
    }

    /// The report of a code, if it isn't past its time; and whether the support desk has seen it.
    pub fn find(&self, code: &str, now_us: i64) -> Option<(Kept, bool)> {
        let plain: String = code.chars().filter(char::is_ascii_alphanumeric).take(CODE_SIGNS + 1).collect();
        let plain = plain.to_ascii_uppercase().replace('O', "0").replace(['I', 'L'], "1");
        if plain.len() != CODE_SIGNS {
            return None;
        }
        self.get(&name_of(&plain), now_us)
    }

    fn get(&self, name: &str, now_us: i64) -> Option<(Kept, bool)> {
        let folder = self.folder.join(name);
        let kept: Kept = serde_json::from_slice(&std::fs::read(folder.join("report.json")).ok()?).ok()?;
        (kept.until_us > now_us).then(|| (kept, folder.join("seen").exists()))
    }

    /// All reports for the support desk, the newest first, under names that are no codes.
    pub fn list(&self, now_us: i64) -> Vec<(String, Kept, bool)> {
        let mut out: Vec<(String, Kept, bool)> = self
            .names()
            .into_iter()
            .filter_map(|name| self.get(&name, now_us).map(|(kept, seen)| (name, kept, seen)))
            .collect();
        out.sort_by_key(|(_, kept, _)| std::cmp::Reverse(kept.received_us));
        out
    }

    /// Notes that the support desk has seen a report.
    pub fn seen(&self, name: &str) {
        if is_name(name) {
            // If it can't be noted now, it is noted the next time.
            let _ = std::fs::write(self.folder.join(name).join("seen"), b"");
        }
    }

    /// A photo's bytes and content type; only names that we gave.
    pub fn photo(&self, name: &str, n: usize, now_us: i64) -> Option<(&'static str, Vec<u8>)> {
        if !is_name(name) {
            return None;
        }
        let (kept, _) = self.get(name, now_us)?;
        let photo = kept.photos.get(n)?;
        let kind = if photo.file == format!("{n}.png") { "image/png" } else { "image/jpeg" };
        let file = if kind == "image/png" { format!("{n}.png") } else { format!("{n}.jpg") };
        let bytes = std::fs::read(self.folder.join(name).join(file)).ok()?;
        // A photo that was changed on the disk is no evidence any more.
        (blake3::hash(&bytes).to_hex().as_str() == photo.blake3).then_some((kind, bytes))
    }

    fn names(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(&self.folder) else { return Vec::new() };
        let names = entries.flatten().filter_map(|e| e.file_name().into_string().ok());
        names.filter(|n| is_name(n)).take(REPORTS_MAX).collect()
    }

    /// Deletes what is past its time, and drafts that a crash left; counts the rest.
    pub fn tidy(&self, now_us: i64) -> std::io::Result<(usize, u64)> {
        let (mut count, mut bytes) = (0, 0);
        for entry in std::fs::read_dir(&self.folder)?.flatten() {
            let Ok(name) = entry.file_name().into_string() else { continue };
            let draft = name.strip_suffix(".draft").is_some_and(is_name);
            if !draft && !is_name(&name) {
                continue;
            }
            match self.get(&name, now_us).filter(|_| !draft) {
                Some((kept, _)) => {
                    count += 1;
                    bytes += kept.photos.iter().map(|p| p.bytes).sum::<u64>();
                }
                None => std::fs::remove_dir_all(entry.path())?,
            }
        }
        Ok((count, bytes))
    }

    /// Reports by kind, for figures.
    #[cfg(test)]
    fn kinds(&self, now_us: i64) -> std::collections::BTreeMap<String, usize> {
        let mut out = std::collections::BTreeMap::new();
        for (_, kept, _) in self.list(now_us) {
            *out.entry(kept.kind).or_default() += 1;
        }
        out
    }
}

/// Names are what [`name_of`] makes: no other reaches the disk.
fn is_name(name: &str) -> bool {
    name.len() == 32 && name.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn name_of(code: &str) -> String {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    blake3::derive_key("tillguard report code v1", plain.as_bytes())[..16]
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect()
}

/// `XXXX-XXXX-XXXX-XXXX-XXXX`.
fn new_code() -> Option<String> {
    let mut random = [0u8; CODE_SIGNS];
    getrandom::fill(&mut random).ok()?;
    let signs: Vec<u8> = random.iter().map(|b| SIGNS[usize::from(b & 31)]).collect();
    let groups: Vec<&str> = signs.chunks(4).filter_map(|g| std::str::from_utf8(g).ok()).collect();
    Some(groups.join("-"))
}

fn write_durably(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = std::fs::File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Nobody else on the machine reads reports.
fn only_ours(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000_000_000;

    fn said(kind: &str) -> Said {
        Said {
            kind: kind.into(),
            place: "人民路某店".into(),
            photos: vec![("jpg", vec![1, 2, 3])],
            ..Said::default()
        }
    }

    #[test]
    fn a_report_is_found_by_its_code_alone_until_its_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let reports = Reports::open(folder.path(), 90).expect("opens");
        let (code, until) = reports.keep(&said("added"), NOW).expect("is kept");
        assert_eq!((code.len(), until), (24, NOW + 90 * DAY_US));
        let (kept, seen) = reports.find(&code.to_lowercase().replace('-', " "), NOW).expect("is found");
        assert_eq!((kept.kind.as_str(), seen, kept.photos[0].blake3.len()), ("added", false, 64));
        let other = format!("{}0", &code[..23]);
        assert!(other == code || reports.find(&other, NOW).is_none());
        for guess in ["", "0", "../../../etc/passwd", &"0".repeat(20), &"A".repeat(400)] {
            assert!(reports.find(guess, NOW).is_none(), "{guess}");
        }
        // The code stands nowhere on the disk.
        let names = reports.names();
        assert!(!names[0].contains(&code.replace('-', "").to_lowercase()));
        reports.seen(&names[0]);
        assert!(reports.find(&code, NOW).expect("is found").1);
        assert!(reports.photo(&names[0], 0, NOW).is_some() && reports.photo("..", 0, NOW).is_none());
        std::fs::write(folder.path().join(&names[0]).join("0.jpg"), b"changed").expect("writes");
        assert!(reports.photo(&names[0], 0, NOW).is_none(), "a changed photo is not shown as evidence");
        assert!(reports.find(&code, until).is_none(), "past its time");
        assert_eq!(reports.tidy(until).expect("tidies"), (0, 0));
        assert!(reports.names().is_empty(), "and gone from the disk");
    }

    #[test]
    fn a_thousand_a_minute_are_not_kept_and_drafts_of_a_crash_go() {
        let folder = tempfile::tempdir().expect("a folder");
        let reports = Reports::open(folder.path(), 1).expect("opens");
        std::fs::create_dir(folder.path().join(format!("{}.draft", "a".repeat(32)))).expect("makes");
        let kept = (0..1_000).filter(|n| reports.keep(&said("other"), NOW + n).is_ok()).count();
        assert_eq!(kept, A_MINUTE_MAX);
        assert_eq!(reports.keep(&said("other"), NOW + 999).err(), Some(NotKept::Full));
        assert!(reports.keep(&said("added"), NOW + 61 * 1_000_000).is_ok());
        assert_eq!(reports.kinds(NOW)["other"], A_MINUTE_MAX);
        assert!(!folder.path().join(format!("{}.draft", "a".repeat(32))).exists());
    }

    #[test]
    fn codes_have_a_hundred_bits_and_no_signs_that_look_alike() {
        let codes: std::collections::BTreeSet<String> = (0..200).filter_map(|_| new_code()).collect();
        assert_eq!(codes.len(), 200);
        assert!(codes.iter().all(|c| !c.contains(['I', 'L', 'O', 'U'])));
        assert!(codes.iter().all(|c| c.replace('-', "").len() * 5 >= 80), "bits of a code");
    }
}
