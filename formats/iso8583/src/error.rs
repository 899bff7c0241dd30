//! Why a message could not be decoded: kind, field, position, what was expected and found.
//!
//! Small and `Copy`, because a flood of undecodable messages must not cost allocations. Never holds bytes of
//! the message beyond a single nibble or a length: an error may be logged, card data may not.

use tg_text::Text;

/// The kinds of the machine interface (contract, section 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ErrorKind {
    /// The message ends inside a field, the header, the message type or the bitmap.
    Truncated,
    /// A length prefix is not made of digits.
    LengthNotDigits,
    /// A length prefix says more than the dialect allows.
    LengthOverLimit,
    /// A character that the field's form does not allow, such as a BCD nibble above 9.
    BadCharacter,
    /// The bitmap can't be read.
    BadBitmap,
    /// Bytes are left after the last field that the bitmap announces.
    TrailingBytes,
    /// The bitmap announces a field that the dialect does not have.
    UnknownField,
    /// The header contradicts the message.
    BadHeader,
    /// The EMV data of a field are not BER-TLV.
    BadTlv,
}

impl ErrorKind {
    /// The name in the machine interface.
    pub fn code(self) -> &'static str {
        match self {
            ErrorKind::Truncated => "truncated",
            ErrorKind::LengthNotDigits => "length_not_digits",
            ErrorKind::LengthOverLimit => "length_over_limit",
            ErrorKind::BadCharacter => "bad_character",
            ErrorKind::BadBitmap => "bad_bitmap",
            ErrorKind::TrailingBytes => "trailing_bytes",
            ErrorKind::UnknownField => "unknown_field",
            ErrorKind::BadHeader => "bad_header",
            ErrorKind::BadTlv => "bad_tlv",
        }
    }
}

/// What was expected or found, as numbers; the words are made only when someone reads them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// So many bytes.
    Bytes(u32),
    /// Nothing more.
    End,
    /// At most so many units (digits, characters or bytes, as the field counts).
    AtMost(u32),
    /// A length of so many units.
    Length(u32),
    /// Decimal digits.
    Digits,
    /// Hexadecimal characters.
    HexCharacters,
    /// Something else in the byte at this position of the message.
    OtherAt(u32),
    /// A field that the dialect defines.
    DefinedField,
    /// A field that it does not define.
    UndefinedField,
    /// BER-TLV.
    Tlv,
    /// A broken tag or length at this position of the message.
    BrokenTlvAt(u32),
}

impl Finding {
    /// In words.
    pub fn text(self) -> Text {
        match self {
            Finding::Bytes(n) => Text::new(format!("{n} 字节"), format!("{n} bytes")),
            Finding::End => Text::fixed("报文到此结束", "the end of the message"),
            Finding::AtMost(n) => Text::new(format!("长度不超过 {n}"), format!("a length of at most {n}")),
            Finding::Length(n) => Text::new(format!("长度 {n}"), format!("a length of {n}")),
            Finding::Digits => Text::fixed("十进制数字", "decimal digits"),
            Finding::HexCharacters => Text::fixed("十六进制字符", "hexadecimal characters"),
            Finding::OtherAt(at) => {
                Text::new(format!("第 {at} 字节是别的内容"), format!("something else at byte {at}"))
            }
            Finding::DefinedField => Text::fixed("本方言定义的域", "a field that this dialect defines"),
            Finding::UndefinedField => Text::fixed("未定义的域", "an undefined field"),
            Finding::Tlv => Text::fixed("BER-TLV 数据", "BER-TLV data"),
            Finding::BrokenTlvAt(at) => Text::new(
                format!("第 {at} 字节处的标签或长度不完整"),
                format!("a broken tag or length at byte {at}"),
            ),
        }
    }
}

/// Why a message could not be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} in {} at byte {offset}", .kind.code(), Place(*.field))]
pub struct DecodeError {
    /// What went wrong.
    pub kind: ErrorKind,
    /// The field, or `None` for header, message type, bitmap and trailing bytes.
    pub field: Option<u8>,
    /// Where the failing field begins, in bytes from the message's first; for trailing bytes, their first.
    pub offset: u32,
    /// What stands there in a sound message.
    pub expected: Finding,
    /// What was found.
    pub found: Finding,
}

struct Place(Option<u8>);

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(field) => write!(f, "field {field}"),
            None => f.write_str("the message"),
        }
    }
}

impl DecodeError {
    /// What to look at first.
    pub fn hint(&self) -> Text {
        match self.kind {
            ErrorKind::Truncated if self.field == Some(64) || self.field == Some(128) => Text::fixed(
                "位图宣告了 MAC 域，但报文里没有：可能是计算 MAC 之前的数据，或报文被截断。",
                "The bitmap announces the MAC but the message doesn't carry it: it may be the input of the MAC, or be cut.",
            ),
            ErrorKind::Truncated => Text::fixed(
                "报文不完整：先查抓取或转发是否截断，再查前一个域的长度。",
                "The message is cut: check the capture or the relay first, then the length of the field before.",
            ),
            ErrorKind::LengthNotDigits | ErrorKind::LengthOverLimit => Text::fixed(
                "多半是前面某个域的格式与方言不符，位置错开了；核对方言和长度的编码方式（BCD 或 ASCII）。",
                "Most likely an earlier field has another form than the dialect says and the position slipped; check the dialect and how lengths are written (BCD or ASCII).",
            ),
            ErrorKind::BadCharacter => Text::fixed(
                "此域应为数字；核对方言的编码方式（BCD 或 ASCII），或前面某个域的长度。",
                "This field holds digits; check how the dialect writes them (BCD or ASCII), or the length of an earlier field.",
            ),
            ErrorKind::BadBitmap => Text::fixed(
                "位图不是十六进制字符：多半是方言选错（二进制位图），或前面还有报文头。",
                "The bitmap is not hexadecimal characters: most likely the wrong dialect (a binary bitmap), or a header stands before it.",
            ),
            ErrorKind::TrailingBytes => Text::fixed(
                "最后一个域之后还有多余字节：常见原因是按 GBK 算长度却按 UTF-8 发送，或位图漏了一位。",
                "Bytes are left after the last field: often the length was counted in GBK and the text sent in UTF-8, or the bitmap lacks a bit.",
            ),
            ErrorKind::UnknownField => Text::fixed(
                "位图里有本方言没有的域：核对方言，或报文头的长度。",
                "The bitmap has a field that this dialect does not: check the dialect, or the length of the header.",
            ),
            ErrorKind::BadHeader => Text::fixed(
                "报文头里的长度与实际不符。",
                "The length in the header is not the length of the message.",
            ),
            ErrorKind::BadTlv => Text::fixed(
                "IC 卡数据的标签或长度有误：其余各域可用，55 域请收单机构核对。",
                "A tag or length of the chip data is wrong: the other fields can be used; ask the acquirer to check field 55.",
            ),
        }
    }
}
