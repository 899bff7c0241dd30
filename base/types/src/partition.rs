//! Logical partitions: every key of state belongs to one of 4,096, whatever machine or thread holds it.
//!
//! Changing anything here moves state between partitions: it needs a new version of the log contract.

use serde::Serialize;

/// How many logical partitions there are. Fixed for ever; nodes and threads share them out.
pub const PARTITIONS: u16 = 4096;

/// One logical partition, `0..4096`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Partition(pub u16);

impl Partition {
    /// The partition of a hash made by [`stable_hash`]: its upper twelve bits.
    pub fn of_hash(hash: u64) -> Partition {
        Partition((hash >> 52) as u16)
    }
}

/// Mixes 64 bits so that every input bit reaches every output bit (the finaliser of SplitMix64,
/// Steele, Lea, Flood 2014).
pub fn mix64(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

/// A hash that is the same on every machine and in every version. Well mixed, because terminal numbers
/// are ASCII digits that differ in few bits. It is not a secret: tables that an attacker may fill mix a
/// key of their own into it.
pub fn stable_hash(tenant: crate::TenantId, bytes: &[u8]) -> u64 {
    let mut hash = mix64(0x7469_6C6C_6775_6172 ^ (u64::from(tenant.0) << 32) ^ bytes.len() as u64);
    for chunk in bytes.chunks(8) {
        let mut word = [0_u8; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        hash = mix64(hash ^ u64::from_le_bytes(word)).wrapping_add(0x9E37_79B9_7F4A_7C15);
    }
    mix64(hash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TenantId;

    #[test]
    fn the_partition_function_is_frozen() {
        let of = |t, s: &str| Partition::of_hash(stable_hash(TenantId(t), s.as_bytes())).0;
        assert_eq!([of(0, "10016919"), of(0, "10016920"), of(1, "10016919"), of(0, "")], GOLDEN);
    }

    const GOLDEN: [u16; 4] = [3892, 3132, 3487, 1806];

    #[test]
    fn neighbouring_terminal_numbers_spread_evenly() {
        let mut counts = vec![0_u32; usize::from(PARTITIONS)];
        for n in 0..409_600_u32 {
            let name = format!("{:08}", 10_000_000 + n);
            counts[usize::from(Partition::of_hash(stable_hash(TenantId(0), name.as_bytes())).0)] += 1;
        }
        let (least, most) = (counts.iter().min(), counts.iter().max());
        assert!(least >= Some(&50) && most <= Some(&160), "{least:?} to {most:?} where 100 is the mean");
    }
}
