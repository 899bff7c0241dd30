//! The parts of a ZIP archive, as far as an Excel file needs them: stored and deflated, no encryption.
//!
//! Why it exists: a zip bomb must be refused before it fills the memory: each part unpacks into a buffer of
//! fixed size, whatever the archive claims. Never trusts a size or an offset.

use crate::{Refused, UNPACKED_BYTES_MAX};
use miniz_oxide::inflate::decompress_to_vec_with_limit;

/// More parts than any statement has.
const PARTS_MAX: usize = 2_000;

/// One part.
pub struct Part<'a> {
    pub name: String,
    method: u16,
    data: &'a [u8],
}

fn u16_at(bytes: &[u8], at: usize) -> Option<usize> {
    Some(usize::from(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?)))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?)).ok()
}

/// The archive's parts, by its directory.
pub fn parts(bytes: &[u8]) -> Result<Vec<Part<'_>>, Refused> {
    const END: &[u8] = b"PK\x05\x06";
    let tail = bytes.len().saturating_sub(66_000);
    let end = bytes[tail..].windows(4).rposition(|w| w == END).ok_or(Refused::Damaged("zip"))? + tail;
    let count = u16_at(bytes, end + 10).ok_or(Refused::Damaged("zip"))?;
    if count > PARTS_MAX {
        return Err(Refused::TooLarge("parts"));
    }
    let mut at = u32_at(bytes, end + 16).ok_or(Refused::Damaged("zip"))?;
    let mut parts = Vec::new();
    for _ in 0..count {
        let (part, next) = entry(bytes, at).ok_or(Refused::Damaged("zip"))?;
        parts.push(part);
        at = next;
    }
    Ok(parts)
}

fn entry(bytes: &[u8], at: usize) -> Option<(Part<'_>, usize)> {
    if bytes.get(at..at + 4)? != b"PK\x01\x02" {
        return None;
    }
    let method = u16_at(bytes, at + 10)? as u16;
    let packed = u32_at(bytes, at + 20)?;
    let (name, extra, comment) = (u16_at(bytes, at + 28)?, u16_at(bytes, at + 30)?, u16_at(bytes, at + 32)?);
    let local = u32_at(bytes, at + 42)?;
    let title = bytes.get(at + 46..at + 46 + name)?;
    if bytes.get(local..local.checked_add(4)?)? != b"PK\x03\x04" {
        return None;
    }
    let start = local + 30 + u16_at(bytes, local + 26)? + u16_at(bytes, local + 28)?;
    let data = bytes.get(start..start.checked_add(packed)?)?;
    let name_text = String::from_utf8_lossy(title).into_owned();
    Some((Part { name: name_text, method, data }, at + 46 + name + extra + comment))
}

impl Part<'_> {
    /// The part's content.
    pub fn unpack(&self) -> Result<Vec<u8>, Refused> {
        match self.method {
            0 => Ok(self.data.to_vec()),
            8 => decompress_to_vec_with_limit(self.data, UNPACKED_BYTES_MAX).map_err(|e| match e.status {
                miniz_oxide::inflate::TINFLStatus::HasMoreOutput => Refused::TooLarge("unpacked"),
                _ => Refused::Damaged("zip"),
            }),
            _ => Err(Refused::Damaged("zip")),
        }
    }
}
