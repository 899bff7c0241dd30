//! CRC-16/CCITT-FALSE (polynomial 1021, start FFFF, no reflection), as EMVCo QRCPS for merchant-presented codes,
//! section 4.7.3, and its national profiles use it.
//!
//! Why it exists: the check finds a damaged or carelessly edited code. It is no protection: whoever makes a
//! code can compute it. Never taken as proof of anything but the absence of a slip.

/// The check value over these bytes.
pub fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xFFFF, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| match crc & 0x8000 {
            0 => crc << 1,
            _ => (crc << 1) ^ 0x1021,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_check_value_holds() {
        // The catalogue of CRC algorithms (reveng): CRC-16/CCITT-FALSE, check 29B1.
        assert_eq!(crc16(b"123456789"), 0x29B1);
        assert_eq!(crc16(b""), 0xFFFF);
    }
}
