//! The message type indicator (ISO 8583:1987 section 4.1.1): version, class, function, origin.

/// The class of a message: the second digit of its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MtiClass {
    /// 1: may the payment be made?
    Authorization,
    /// 2: the payment itself.
    Financial,
    /// 3: file actions; at UnionPay's terminals batch upload.
    FileAction,
    /// 4: an earlier payment is taken back because its outcome is in doubt.
    Reversal,
    /// 5: totals are compared.
    Reconciliation,
    /// 8: sign-on, keys, echo.
    NetworkManagement,
    /// Anything else.
    Other,
}

/// Four decimal digits as binary-coded decimals: `0x0200` is "0200".
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mti(pub u16);

impl Mti {
    /// A message type from four ASCII digits.
    pub fn from_ascii(digits: [u8; 4]) -> Option<Mti> {
        digits
            .iter()
            .try_fold(0_u16, |n, d| d.is_ascii_digit().then(|| (n << 4) | u16::from(d - b'0')))
            .map(Mti)
    }

    /// What kind of message.
    pub fn class(self) -> MtiClass {
        match (self.0 >> 8) & 0xF {
            1 => MtiClass::Authorization,
            2 => MtiClass::Financial,
            3 => MtiClass::FileAction,
            4 => MtiClass::Reversal,
            5 => MtiClass::Reconciliation,
            8 => MtiClass::NetworkManagement,
            _ => MtiClass::Other,
        }
    }

    /// True for a request or an advice: the third digit is even.
    pub fn is_request(self) -> bool {
        (self.0 >> 4).is_multiple_of(2)
    }

    /// True for an answer: the third digit is odd.
    pub fn is_response(self) -> bool {
        !self.is_request()
    }

    /// True for an advice or notification (third digit 2 to 5): it tells of something that has happened.
    pub fn is_advice(self) -> bool {
        (2..=5).contains(&((self.0 >> 4) & 0xF))
    }

    /// True for a repeat (the last digit is odd).
    pub fn is_repeat(self) -> bool {
        self.0 & 1 == 1
    }

    /// The type of the request that an answer belongs to: 0210 and 0211 to 0200.
    pub fn request_of_response(self) -> Mti {
        Mti(self.0 & 0xFFEF & 0xFFF0)
    }
}

impl std::fmt::Display for Mti {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04x}", self.0)
    }
}

impl std::fmt::Debug for Mti {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

impl serde::Serialize for Mti {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_mean_class_and_function() {
        let mti = |d: &[u8; 4]| Mti::from_ascii(*d).expect("digits");
        assert_eq!(mti(b"0200").class(), MtiClass::Financial);
        assert!(mti(b"0200").is_request() && mti(b"0210").is_response() && mti(b"0230").is_response());
        assert!(mti(b"0220").is_advice() && !mti(b"0200").is_advice() && mti(b"0401").is_repeat());
        assert_eq!(mti(b"0411").request_of_response().to_string(), "0400");
        assert_eq!(mti(b"0230").request_of_response().to_string(), "0220");
        assert_eq!(Mti::from_ascii(*b"02x0"), None);
    }
}
