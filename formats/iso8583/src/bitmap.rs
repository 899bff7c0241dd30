//! Reads the bitmaps: 8 bytes or 16 hexadecimal characters each, one, two or three of them.
//!
//! Never reads beyond the message, and never guesses a half that isn't there.

use crate::content::hex_value;
use crate::dialect::{BitmapForm, Dialect};
use crate::plan::bit;

/// Why a bitmap can't be read.
pub(crate) enum BitmapFault {
    /// So many bytes are needed and not there.
    Cut(usize),
    /// No hexadecimal character at this position.
    NotHex(usize),
}

/// The first two bitmaps, the third, and where they end.
#[inline]
pub(crate) fn read_bitmap(
    dialect: &Dialect,
    bytes: &[u8],
    at: usize,
) -> Result<(u128, u64, usize), BitmapFault> {
    let form = dialect.bitmap;
    let half = |at: usize| -> Result<u64, BitmapFault> {
        match form {
            BitmapForm::Binary => {
                let half = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>());
                half.map(|half| u64::from_be_bytes(*half)).ok_or(BitmapFault::Cut(8))
            }
            BitmapForm::Hex | BitmapForm::Hex32 => {
                let half = bytes.get(at..).and_then(|rest| rest.first_chunk::<16>());
                let mut bits = 0;
                for (i, character) in half.ok_or(BitmapFault::Cut(16))?.iter().enumerate() {
                    let value = hex_value(*character).ok_or(BitmapFault::NotHex(at + i))?;
                    bits = bits << 4 | u64::from(value);
                }
                Ok(bits)
            }
        }
    };
    let size = if form == BitmapForm::Binary { 8 } else { 16 };
    let first = half(at)?;
    if first >> 63 == 0 && form != BitmapForm::Hex32 {
        return Ok((u128::from(first) << 64, 0, at + size));
    }
    let further = |nth: usize| {
        half(at + size * nth).map_err(|fault| match fault {
            BitmapFault::Cut(_) => BitmapFault::Cut(size * (nth + 1)),
            other => other,
        })
    };
    let second = further(1)?;
    let bitmap = u128::from(first) << 64 | u128::from(second);
    if dialect.third_bitmap && bitmap & bit(65) != 0 {
        return Ok((bitmap, further(2)?, at + size * 3));
    }
    Ok((bitmap, 0, at + size * 2))
}
