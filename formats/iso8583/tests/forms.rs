//! Forms that no collected message shows: a third bitmap, EBCDIC digits, long and binary lengths, signed BCD.

use std::sync::Arc;
use tg_iso8583::{Builder, Decoder, Dialect, DialectError, ErrorKind, Mti};

fn dialect(text: &str) -> Arc<Dialect> {
    Arc::new(Dialect::from_toml("own", text).expect("a sound file"))
}

fn built(dialect: &Arc<Dialect>, fields: &[(u8, &str)]) -> Vec<u8> {
    let mut builder = Builder::new(dialect.clone(), Mti::from_number(200).expect("digits"));
    for (number, value) in fields {
        builder.set(*number, value).expect("a value of the form");
    }
    builder.build().expect("builds")
}

#[test]
fn bit_65_announces_a_third_bitmap() {
    for (form, start) in [("binary", 2 + 24), ("hex", 2 + 48)] {
        let own = dialect(&format!(
            "inherits = \"cup_pos_bare\"\nthird_bitmap = true\nbitmap = \"{form}\"\n\
             [fields]\n129 = \"fixed 2 bcd_left\"\n192 = \"LL 9 text\"\n128 = \"fixed 1 text\""
        ));
        let bytes = built(&own, &[(11, "000016"), (128, "x"), (129, "42"), (192, "last")]);
        let mut decoder = Decoder::new(own.clone());
        let message = decoder.decode(&bytes).expect("decodes");
        assert_eq!(message.bitmap(), 1 << 127 | 1 << 117 | 1 << 63 | 1);
        assert_eq!(message.third_bitmap(), 1 << 63 | 1);
        let numbers: Vec<_> = message.fields().map(|f| f.number).collect();
        assert_eq!(numbers, [11, 128, 129, 192]);
        assert_eq!(message.field(11).map(|f| f.offset), Some(start));
        assert_eq!((message.number(129), message.text(192).as_deref()), (Some(42), Some("last")));
        assert_eq!(
            message.bitmap_hex(),
            "80200000000000008000000000000001\
            8000000000000001"
        );
        assert_eq!(Builder::of(&message).build().as_deref(), Ok(&bytes[..]));
        let cut = decoder.decode(&bytes[..start - 1]).expect_err("cut in the third bitmap");
        assert_eq!((cut.kind, cut.field, cut.offset), (ErrorKind::Truncated, None, 2));
    }
}

#[test]
fn a_third_bitmap_that_announces_what_the_dialect_lacks_is_refused() {
    let own =
        dialect("inherits = \"cup_pos_bare\"\nthird_bitmap = true\n[fields]\n129 = \"fixed 2 bcd_left\"");
    let mut bytes = built(&own, &[(129, "42")]);
    bytes[2 + 16] |= 0x40;
    let error = Decoder::new(own).decode(&bytes).expect_err("field 130");
    assert_eq!((error.kind, error.field), (ErrorKind::UnknownField, Some(130)));
}

#[test]
fn ebcdic_is_read_by_its_own_digits_and_separator() {
    let own = Dialect::named("mastercard").expect("dialect");
    let bytes = built(&own, &[(4, "000000012345"), (35, "6200000000000005=29122200"), (39, "00")]);
    assert_eq!(&bytes[..4], [0xF0, 0xF2, 0xF0, 0xF0]);
    let mut decoder = Decoder::new(own);
    let message = decoder.decode(&bytes).expect("decodes");
    assert_eq!(message.number(4), Some(12_345));
    assert_eq!(message.field(35).and_then(|f| f.track_two()).map(|t| t.expiry), Some(2912));
    assert_eq!(message.text(39).as_deref(), Some("00"));
    // ASCII digits are none here.
    let at = message.field(4).map(|f| f.offset).expect("field 4");
    let mut wrong = bytes.clone();
    wrong[at + 3] = b'0';
    let error = decoder.decode(&wrong).expect_err("no digit");
    assert_eq!((error.kind, error.field, error.offset as usize), (ErrorKind::BadCharacter, Some(4), at));
}

#[test]
fn every_length_prefix_says_what_it_can() {
    for (kind, form, prefix) in [
        ("LL", "bcd", "13"),
        ("LLL", "bcd", "0013"),
        ("LLLLL", "bcd", "000013"),
        ("LL", "ebcdic", "F1F3"),
        ("LLLL", "ebcdic", "F0F0F1F3"),
        ("LLLLLL", "ascii", "303030303133"),
        ("LL", "binary", "0D"),
        ("LLL", "binary", "000D"),
        ("LLLLLL", "binary", "00000D"),
    ] {
        let own =
            dialect(&format!("inherits = \"cup_pos_bare\"\n[fields]\n63 = \"{kind} 20 text length_{form}\""));
        let bytes = built(&own, &[(63, "thirteen char")]);
        let hex: String = bytes[10..].iter().map(|b| format!("{b:02X}")).collect();
        assert!(hex.starts_with(&format!("{prefix}7468")), "{kind} {form}: {hex}");
        let mut decoder = Decoder::new(own);
        assert_eq!(decoder.decode(&bytes).expect("decodes").text(63).as_deref(), Some("thirteen char"));
        let mut longer = bytes.clone();
        // One more in the last digit: 14 where 13 are; then far too many.
        let last = 10 + prefix.len() / 2 - 1;
        longer[last] += 1;
        assert_eq!(decoder.decode(&longer).expect_err("short").kind, ErrorKind::Truncated, "{kind} {form}");
        longer[last] += if form == "binary" { 20 } else { 0 };
        longer[last - usize::from(form != "binary" && form != "bcd")] |= if form == "bcd" { 0x70 } else { 7 };
        let error = decoder.decode(&longer).expect_err("over the limit");
        assert_eq!(error.kind, ErrorKind::LengthOverLimit, "{kind} {form}: {error}");
    }
}

#[test]
fn signed_bcd_has_a_sign_and_digits() {
    let own = Dialect::named("jpos87b").expect("dialect");
    let bytes = built(&own, &[(28, "C00000100"), (97, "D0000000000000042")]);
    let mut decoder = Decoder::new(own);
    let message = decoder.decode(&bytes).expect("decodes");
    assert_eq!(message.field(28).map(|f| (f.clear_value(), f.length)), Some(("C00000100".to_owned(), 5)));
    assert_eq!(
        message.field(97).map(|f| (f.clear_value(), f.length)),
        Some(("D0000000000000042".to_owned(), 9))
    );
    let at = message.field(28).map(|f| f.offset).expect("field 28");
    let mut wrong = bytes.clone();
    wrong[at + 2] = 0x0A;
    let error = decoder.decode(&wrong).expect_err("no digit");
    assert_eq!((error.kind, error.field), (ErrorKind::BadCharacter, Some(28)));
}

#[test]
fn what_a_dialect_may_not_say() {
    let refused = |text: &str| match Dialect::from_toml("own", &format!("inherits = \"cup_pos\"\n{text}")) {
        Err(error @ DialectError::Toml(_)) => panic!("{error}"),
        Err(error) => error.to_string(),
        Ok(_) => panic!("{text} is accepted"),
    };
    for (text, says) in [
        ("[fields]\n129 = \"fixed 1 bytes\"", "the key third_bitmap (for fields above 128) is missing"),
        ("[fields]\n200 = \"fixed 1 bytes\"", "field 200: a field is a number from 2 to 192"),
        (
            "third_bitmap = true\n[fields]\n65 = \"fixed 8 bytes\"",
            "field 65: with third_bitmap, 65 is the third bitmap and no field",
        ),
        ("message_type = \"binary\"", "header: a message type is bcd, ascii or ebcdic"),
        ("[fields]\n5 = \"none\"", "field 5: none takes away a field that is inherited; there is none"),
        ("[fields]\n5 = \"LL 9 signed_bcd\"", "field 5: signed_bcd is of fixed length"),
        (
            "[fields]\n5 = \"LL 256 bytes length_binary\"",
            "field 5: the maximum is from 1 to what the length's digits can say (fixed: 999)",
        ),
        ("[subfields.5]\nform = \"places\"", "field 5: sub-fields of a field that the dialect lacks"),
        ("[subfields.63]\nform = \"tagged\"", "field 63: tagged sub-fields need tag and length"),
    ] {
        assert_eq!(refused(text), says);
    }
    let removed = dialect("inherits = \"cup_pos\"\n[fields]\n60 = \"none\"");
    assert_eq!(removed.field(60), None);
}
