//! What must hold for every message and for any bytes at all.

use proptest::prelude::*;
use std::sync::Arc;
use tg_iso8583::{
    Builder, Charset, Decoder, Dialect, Encoding, FieldSpec, LengthKind, Message, Mti, NAMES, describe,
};

/// The values of a message, for comparing two of them.
fn values(message: &Message<'_>) -> Vec<(u8, String)> {
    message.fields().map(|f| (f.number, f.clear_value())).collect()
}

/// A value of a field's form, from random bytes.
fn value(dialect: &Dialect, spec: FieldSpec, seed: &[u8]) -> String {
    let length = match spec.length {
        LengthKind::Fixed => spec.max as usize,
        _ => usize::from(seed[0]) % (spec.max as usize + 1),
    };
    let pick = |at: usize| seed[at % seed.len()].wrapping_add((at / seed.len()) as u8);
    let from = |alphabet: &[u8], count: usize| -> String {
        (0..count).map(|at| char::from(alphabet[usize::from(pick(at)) % alphabet.len()])).collect()
    };
    match spec.encoding {
        Encoding::Text if spec.digits => from(b"0123456789", length),
        Encoding::Text if length >= 2 && pick(1) % 3 == 0 => {
            // A character outside ASCII, with as many bytes as the charset gives it.
            let (character, bytes) =
                if dialect.charset() == Charset::Gb18030 { ('成', 2) } else { ('é', 1) };
            format!("{character}{}", from(b"AZaz09 .=", length - bytes))
        }
        Encoding::Text => from(b"AZaz09 .=", length),
        Encoding::Bytes | Encoding::HexText => from(b"0123456789ABCDEF", length * 2),
        Encoding::BcdLeft | Encoding::BcdRight => from(b"0123456789", length),
        Encoding::SignedBcd => from(b"CD+-", 1) + &from(b"0123456789", length - 1),
        Encoding::Track | Encoding::TrackLeft => from(b"0123456789=", length),
    }
}

fn chosen_fields(dialect: &Dialect, choice: u128) -> Vec<(u8, FieldSpec)> {
    (2..=128u8)
        .filter(|n| choice >> (128 - u32::from(*n)) & 1 == 1)
        .filter_map(|n| Some((n, dialect.field(n)?)))
        .collect()
}

fn builder(dialect: &Arc<Dialect>, mti: u16, choice: u128, seed: &[u8]) -> Builder {
    let mut builder = Builder::new(dialect.clone(), Mti::from_number(mti).expect("four digits"));
    for (name, length) in dialect.header_parts().filter(|(name, _)| *name != "len") {
        builder.header(name, &vec![0x60; length]).expect("a part of the header");
    }
    for (number, spec) in chosen_fields(dialect, choice) {
        builder
            .set(number, &value(dialect, spec, &seed[usize::from(number) % 7..]))
            .expect("a value of the form");
    }
    builder
}

fn any_message() -> impl Strategy<Value = (&'static str, Vec<u8>)> {
    let parts =
        (0..NAMES.len(), 0u16..=9999, any::<u128>(), any::<u128>(), prop::collection::vec(any::<u8>(), 40));
    parts.prop_map(|(name, mti, choice, thin, seed)| {
        let dialect = Dialect::named(NAMES[name]).expect("compiled in");
        (NAMES[name], builder(&dialect, mti, choice & thin, &seed).build().expect("builds"))
    })
}

fn check_any_bytes(name: &str, bytes: &[u8]) {
    let mut decoder = Decoder::named(name).expect("compiled in");
    let short = decoder.decode(bytes).map(|m| values(&m));
    match decoder.decode_or_explain(bytes) {
        Ok(message) => {
            assert_eq!(Ok(values(&message)), short);
            let mut end = None;
            for field in message.fields() {
                assert!(end.is_none_or(|end| end == field.offset), "fields lie side by side");
                end = Some(field.offset + field.length);
            }
            assert!(end.is_none_or(|end| end == bytes.len()));
            // What was read can be written, and reads the same.
            let again = Builder::of(&message).build().expect("builds");
            let mut other = Decoder::named(name).expect("compiled in");
            assert_eq!(other.decode(&again).map(|m| values(&m)), Ok(values(&message)));
        }
        Err(failure) => {
            assert_eq!(short, Err(failure.error));
            assert!(failure.error.offset as usize <= bytes.len());
            if let Some(partial) = &failure.partial.message {
                assert!(partial.fields().all(|f| f.offset + f.length <= bytes.len()));
                if let Some(number) = failure.error.field {
                    assert!(!partial.has(number) && partial.fields().all(|f| f.number < number));
                }
            }
        }
    }
    let description = describe(&mut decoder, bytes, &|_, _| None);
    serde_json::to_string(&description).expect("serialises");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn what_is_built_decodes_to_the_same(
        name in 0..NAMES.len(), mti in 0u16..=9999, choice: u128, thin: u128,
        seed in prop::collection::vec(any::<u8>(), 40),
    ) {
        let dialect = Dialect::named(NAMES[name]).expect("compiled in");
        let choice = choice & thin;
        let bytes = builder(&dialect, mti, choice, &seed).build().expect("builds");
        let mut decoder = Decoder::new(dialect.clone());
        let message = decoder.decode(&bytes).expect("decodes");
        prop_assert_eq!(message.mti().number(), mti);
        let expected: Vec<_> = chosen_fields(&dialect, choice)
            .into_iter()
            .map(|(number, spec)| (number, value(&dialect, spec, &seed[usize::from(number) % 7..])))
            .collect();
        prop_assert_eq!(values(&message), expected);
        prop_assert_eq!(Builder::of(&message).build().expect("builds"), bytes);
    }

    #[test]
    fn any_bytes_are_decoded_or_refused(
        name in 0..NAMES.len(), bytes in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        check_any_bytes(NAMES[name], &bytes);
    }

    #[test]
    fn a_sound_message_with_changed_bytes_is_decoded_or_refused(
        (name, bytes) in any_message(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in prop::option::of(any::<prop::sample::Index>()),
        more in prop::collection::vec(any::<u8>(), 0..3),
    ) {
        let mut bytes = bytes;
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        bytes.extend(more);
        check_any_bytes(name, &bytes);
    }
}
