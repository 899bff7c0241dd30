//! How records stand in a payload: length (u32, little-endian), then that many bytes, of which the first
//! eight are the log time (i64 microseconds, little-endian) that the log stamps. What follows is the caller's.
//!
//! Must never read outside the payload: it may come from a damaged caller.

/// Bytes before a record's own content: length and log time.
pub const PREFIX_BYTES: usize = 4 + TIME_BYTES;
const TIME_BYTES: usize = 8;

/// Appends a record with room for its log time.
///
/// # Panics
/// If the body is 4 GiB or more.
pub fn push(records: &mut Vec<u8>, body: &[u8]) {
    push_with(records, |out| out.extend_from_slice(body));
}

/// Appends a record that the closure encodes in place.
///
/// # Panics
/// If the body is 4 GiB or more.
pub fn push_with(records: &mut Vec<u8>, encode: impl FnOnce(&mut Vec<u8>)) {
    let start = records.len();
    records.extend_from_slice(&[0; PREFIX_BYTES]);
    encode(records);
    let length = u32::try_from(records.len() - start - 4).expect("a record is shorter than 4 GiB");
    records[start..start + 4].copy_from_slice(&length.to_le_bytes());
}

/// The records of a payload: log time and body. Ends early if the payload isn't whole.
pub fn iter(payload: &[u8]) -> impl Iterator<Item = (i64, &[u8])> {
    let mut rest = payload;
    std::iter::from_fn(move || {
        let (time, body, after) = split_first(rest)?;
        rest = after;
        Some((time, body))
    })
}

fn split_first(payload: &[u8]) -> Option<(i64, &[u8], &[u8])> {
    let (length, rest) = payload.split_first_chunk::<4>()?;
    let (record, after) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    let (time, body) = record.split_first_chunk::<TIME_BYTES>()?;
    Some((i64::from_le_bytes(*time), body, after))
}

/// Number of records if the payload is whole, else `None`.
pub fn count(payload: &[u8]) -> Option<u32> {
    let mut count: u32 = 0;
    let mut rest = payload;
    while !rest.is_empty() {
        (_, _, rest) = split_first(rest)?;
        count = count.checked_add(1)?;
    }
    Some(count)
}

/// Writes the log time into every record of a whole payload.
pub(crate) fn stamp(payload: &mut [u8], log_time_us: i64) {
    let mut position = 0;
    while let Some(length) = payload[position..].first_chunk::<4>() {
        let length = u32::from_le_bytes(*length) as usize;
        payload[position + 4..position + PREFIX_BYTES].copy_from_slice(&log_time_us.to_le_bytes());
        position += 4 + length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn records_come_back_with_their_time(bodies in proptest::collection::vec(any::<Vec<u8>>(), 0..20), time: i64) {
            let mut payload = Vec::new();
            for body in &bodies {
                push(&mut payload, body);
            }
            prop_assert_eq!(count(&payload), Some(bodies.len() as u32));
            stamp(&mut payload, time);
            let read: Vec<_> = iter(&payload).map(|(t, b)| (t, b.to_vec())).collect();
            let expected: Vec<_> = bodies.into_iter().map(|b| (time, b)).collect();
            prop_assert_eq!(read, expected);
        }

        #[test]
        fn garbage_neither_panics_nor_counts_beyond_its_bytes(bytes: Vec<u8>) {
            if let Some(count) = count(&bytes) {
                prop_assert!(count as usize * PREFIX_BYTES <= bytes.len());
            }
            prop_assert!(iter(&bytes).count() * PREFIX_BYTES <= bytes.len());
        }
    }

    #[test]
    fn a_record_cut_short_is_not_whole() {
        let mut payload = Vec::new();
        push(&mut payload, b"body");
        assert_eq!(count(&payload[..payload.len() - 1]), None);
        assert_eq!(count(&[4, 0, 0, 0, 1, 2, 3, 4]), None, "no room for the log time");
    }
}
