//! `journal.toml`: which journal this folder holds, in which format, under which key.
//!
//! Why it exists: a wrong key or a newer version must be refused before a byte is written. It holds a
//! check value, never the key.

use crate::disk::{read_all, write_atomically};
use crate::key::hex;
use crate::{Disk, FORMAT_VERSION, JournalError, JournalId, MasterKey, Result};
use std::io::ErrorKind;

pub(crate) const META_NAME: &str = "journal.toml";
const META_BYTES_MAX: u64 = 64 << 10;

/// What `journal.toml` says, once the key and version were found right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Meta {
    pub journal: JournalId,
    /// False until the first segment is durable: then a folder without segments is an unfinished creation,
    /// afterwards it is damage.
    pub started: bool,
}

impl Meta {
    /// Reads the file and compares version and key. `None` if there is none.
    pub(crate) fn read<D: Disk>(disk: &D, key: &MasterKey) -> Result<Option<Meta>> {
        let bytes = match read_all(disk, META_NAME, META_BYTES_MAX) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(JournalError::io("read", META_NAME, error)),
        };
        let damaged = |reason: &str| JournalError::damaged(META_NAME, 0, reason);
        let text = String::from_utf8(bytes).map_err(|_| damaged("not UTF-8"))?;
        let value = |name: &str| {
            text.lines().find_map(|line| {
                let (key, value) = line.split_once('=')?;
                (key.trim() == name).then(|| value.trim().trim_matches('"'))
            })
        };
        let format: u32 = value("format").and_then(|v| v.parse().ok()).ok_or_else(|| damaged("no format"))?;
        if format > FORMAT_VERSION {
            let name = META_NAME.to_owned();
            return Err(JournalError::NewerVersion { name, found: format, known: FORMAT_VERSION });
        }
        let (body, crc) = text.rsplit_once("crc = ").ok_or_else(|| damaged("no crc"))?;
        if crc.trim().trim_matches('"') != format!("{:08x}", crc32c::crc32c(body.as_bytes())) {
            return Err(damaged("its content was changed"));
        }
        let journal = value("journal_id").and_then(parse_id).ok_or_else(|| damaged("no journal_id"))?;
        let key_id = value("key_id").ok_or_else(|| damaged("no key_id"))?;
        let check = value("key_check").ok_or_else(|| damaged("no key_check"))?;
        let expected = format!("{key_id}/{check}");
        let found = format!("{}/{}", key.id(), key.check_value(journal));
        if expected != found {
            return Err(JournalError::WrongKey { expected, found });
        }
        let started = match value("started") {
            Some("true") => true,
            Some("false") => false,
            _ => return Err(damaged("no started")),
        };
        Ok(Some(Meta { journal, started }))
    }

    /// Writes the file; afterwards it is durable.
    pub(crate) fn write<D: Disk>(&self, disk: &D, key: &MasterKey) -> Result<()> {
        let mut text = format!(
            "# The journal of this folder. Tillguard reads it at every start; don't change it.\n\
             format = {FORMAT_VERSION}\njournal_id = \"{}\"\nkey_id = {}\nkey_check = \"{}\"\nstarted = {}\n",
            self.journal,
            key.id(),
            key.check_value(self.journal),
            self.started
        );
        text += &format!("crc = \"{:08x}\"\n", crc32c::crc32c(text.as_bytes()));
        write_atomically(disk, META_NAME, &[text.as_bytes()])
            .map_err(|e| JournalError::io("write", META_NAME, e))
    }
}

fn parse_id(text: &str) -> Option<JournalId> {
    let mut id = [0; 16];
    for (i, byte) in id.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * i..2 * i + 2)?, 16).ok()?;
    }
    (hex(&id) == text).then_some(JournalId(id))
}
