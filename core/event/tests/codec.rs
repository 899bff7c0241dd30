//! The bytes of events are frozen: golden files, round trips, and no panic on any bytes.

use expect_test::expect_file;
use proptest::prelude::*;
use tg_event::*;
use tg_types::{Card, Instant, MaskedPan, Money, Mti, PanToken, Short, TenantId};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn full_message() -> Message {
    Message {
        tenant: TenantId(3),
        feed: 2,
        scheme: Short::new("unionpay").expect("fits"),
        frame_length: 298,
        duplicate_key: DuplicateKey(0x1122_3344_5566_7788),
        mti: Mti(0x0200),
        card: Some(Card {
            token: PanToken(*b"0123456789abcdef"),
            key_id: 1,
            masked: MaskedPan { bin: 411_111, last4: 1111, length: 16 },
            first12: 7,
            stem: 8,
        }),
        amount: Some(Money { minor: 12_800, currency: 156 }),
        processing_code: Some(0),
        trace: Some(418),
        batch: Some(1),
        original_trace: Some(417),
        terminal_time: Some(TerminalTime { month: 11, day: 24, second_of_day: 52_328 }),
        expiry: Some(2712),
        merchant_category: Some(5812),
        country: Some(156),
        entry_mode: Some(51),
        condition: Some(0),
        acquirer: Short::new("48021000").expect("fits"),
        issuer: Short::new("01020000").expect("fits"),
        retrieval_reference: Short::new("532814000418").expect("fits"),
        authorization: Short::new("A1B2C3").expect("fits"),
        response_code: Short::new("A7").expect("fits"),
        response_class: ResponseClass::Security,
        terminal: Short::new("70310482").expect("fits"),
        merchant: Short::new("899000058120417").expect("fits"),
        serial: Short::new("000024039991810100000206").expect("fits"),
        chip: Some(Chip {
            present: 0x3F,
            terminal_verification_results: [0, 0x80, 0, 0, 0],
            transaction_status: [0xE8, 0],
            verification_method: [0x1F, 0, 2],
            cryptogram_information: 0x80,
            transaction_counter: 99,
            unpredictable_number: 0xDEAD_BEEF,
        }),
        mac: MacState::Good,
        pin_present: true,
        track_present: true,
        place: Place::new(3_123_456, -11_712_345),
        management: Some(3),
        service_code: Some(201),
        card_sequence: Some(1),
        business: Some(22),
        reads: Some(5),
        chip_failed: Some(2),
    }
}

fn samples() -> Vec<(&'static str, Event)> {
    let token = PanToken(*b"0123456789abcdef");
    let feedback = |subject| Feedback {
        tenant: TenantId(3),
        cause: 1042,
        n: 1,
        action: FeedbackAction::Watch,
        subject,
        until: Instant(1_764_000_000_000_000),
    };
    vec![
        ("message, all parts", Event::Message(Box::new(full_message()))),
        ("message, no parts", Event::Message(Box::default())),
        (
            "undecoded",
            Event::Undecoded(Undecoded {
                tenant: TenantId(3),
                feed: 2,
                frame_length: 70_000,
                frame_hash: 5,
                kind: UndecodedKind::BadTlv,
                field: 55,
                error_offset: 170,
            }),
        ),
        ("tick", Event::Tick),
        ("epoch", Event::Epoch(Epoch { engine_version: 1, catalogue_hash: 9, limits: Limits::default() })),
        (
            "feedback, terminal",
            Event::Feedback(feedback(SubjectKey::Terminal(Short::new("70310482").expect("fits")))),
        ),
        ("feedback, card", Event::Feedback(feedback(SubjectKey::Card(token)))),
        (
            "judgement",
            Event::Judgement(Judgement {
                tenant: TenantId(3),
                id: *b"0123456789abcdef",
                finding: Short::new("F-1042-0").expect("fits"),
                verdict: JudgementVerdict::Dismissed,
                reason: Short::new("training_or_test").expect("fits"),
                said_at: Instant(1_764_000_000_000_000),
            }),
        ),
        ("rules", Event::Rules(Rules { tenant: TenantId(3), text: "# 规则 rules\n".into() })),
    ]
}

/// What version 1 of a message could not say.
fn as_version_1(event: Event) -> Event {
    match event {
        Event::Message(m) => Event::Message(Box::new(Message {
            place: None,
            management: None,
            service_code: None,
            card_sequence: None,
            business: None,
            reads: None,
            chip_failed: None,
            ..*m
        })),
        other => other,
    }
}

/// Logs are kept for years: the bytes of version 1 are read as what was meant then.
#[test]
fn version_1_is_still_read() {
    let golden = include_str!("golden/events_v1.txt");
    assert_eq!(golden.lines().count(), samples().len());
    for (line, (name, event)) in golden.lines().zip(samples()) {
        let hex = line.strip_prefix(name).and_then(|rest| rest.strip_prefix(": ")).expect(name);
        let byte = |i| u8::from_str_radix(&hex[i..i + 2], 16).expect("hex");
        let bytes: Vec<u8> = (0..hex.len()).step_by(2).map(byte).collect();
        assert_eq!(Event::decode(&bytes), Ok(as_version_1(event)), "{name}");
    }
}

#[test]
fn version_2_is_frozen() {
    let lines: String = samples()
        .iter()
        .map(|(name, event)| {
            let mut bytes = Vec::new();
            event.encode(&mut bytes);
            format!("{name}: {}\n", hex(&bytes))
        })
        .collect();
    expect_file!["golden/events_v2.txt"].assert_eq(&lines);
}

#[test]
fn what_is_written_is_read_back_and_nothing_else_is() {
    for (name, event) in samples() {
        let mut bytes = Vec::new();
        event.encode(&mut bytes);
        assert_eq!(Event::decode(&bytes).as_ref(), Ok(&event), "{name}");
        for cut in 0..bytes.len() {
            assert!(Event::decode(&bytes[..cut]).is_err(), "{name} cut at {cut}");
        }
        bytes.push(0);
        assert_eq!(Event::decode(&bytes), Err(DecodeError::Trailing(1)), "{name}");
    }
}

#[test]
fn a_newer_version_is_refused_by_name() {
    assert_eq!(Event::decode(&[3, 2]), Err(DecodeError::Version { kind: 3, version: 2, known: 1 }));
    assert_eq!(Event::decode(&[1, 3]), Err(DecodeError::Version { kind: 1, version: 3, known: 2 }));
    assert_eq!(Event::decode(&[3, 0]), Err(DecodeError::Version { kind: 3, version: 0, known: 1 }));
    assert_eq!(Event::decode(&[99, 1]), Err(DecodeError::Kind(99)));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(event) = Event::decode(&bytes) {
            let mut again = Vec::new();
            event.encode(&mut again);
            prop_assert_eq!(Event::decode(&again), Ok(event));
        }
    }

    #[test]
    fn a_damaged_message_is_read_or_refused(place in 0_usize..200, bits in 1_u8..=255) {
        let mut bytes = Vec::new();
        Event::Message(Box::new(full_message())).encode(&mut bytes);
        let place = place % bytes.len();
        bytes[place] ^= bits;
        let _ = Event::decode(&bytes);
    }
}

#[test]
fn only_requests_for_money_ask_for_money() {
    let message = |mti, code| Message { mti: Mti(mti), processing_code: Some(code), ..Message::default() };
    assert!(message(0x0200, 0).asks_for_money());
    assert!(message(0x0100, 10_000).asks_for_money());
    assert!(message(0x0200, 400_000).asks_for_money(), "a transfer");
    assert!(!message(0x0200, 310_000).asks_for_money(), "an enquiry");
    assert!(!message(0x0200, 200_000).asks_for_money(), "a refund or void");
    assert!(!message(0x0220, 0).asks_for_money(), "an advice");
    assert!(!message(0x0210, 0).asks_for_money(), "an answer");
    assert!(!message(0x0400, 0).asks_for_money(), "a reversal");
    assert!(!message(0x0800, 0).asks_for_money(), "a sign-on");
}

#[test]
fn refunds_are_told_from_voids_and_sign_ons_from_other_management() {
    let refund = |mti, business| Message {
        mti: Mti(mti),
        processing_code: Some(200_000),
        business,
        ..Message::default()
    };
    assert!(refund(0x0220, Some(25)).gives_money_back());
    assert!(refund(0x0200, None).gives_money_back());
    assert!(!refund(0x0200, Some(23)).gives_money_back(), "a void");
    assert!(!refund(0x0230, Some(25)).gives_money_back(), "an answer");
    assert!(!Message { mti: Mti(0x0200), processing_code: Some(0), ..Message::default() }.gives_money_back());
    let management = |mti, management| Message { mti: Mti(mti), management, ..Message::default() };
    assert!(management(0x0800, Some(1)).is_sign_on() && management(0x0800, None).is_sign_on());
    assert!(!management(0x0810, Some(1)).is_sign_on());
    assert!(!management(0x0820, Some(301)).is_sign_on(), "an echo");
}

#[test]
fn a_stripe_read_though_there_is_a_chip_is_a_fallback() {
    let read = |entry_mode, service_code, chip_failed| Message {
        entry_mode: Some(entry_mode),
        service_code,
        chip_failed,
        ..Message::default()
    };
    assert!(read(801, None, None).is_fallback());
    assert!(read(21, Some(201), None).is_fallback() && read(901, Some(601), None).is_fallback());
    assert!(read(21, None, Some(2)).is_fallback());
    assert!(!read(21, Some(101), Some(0)).is_fallback(), "a card without a chip");
    assert!(!read(51, Some(201), None).is_fallback(), "the chip was read");
    assert!(read(71, None, None).card_present() && !read(12, None, None).card_present());
}

#[test]
fn a_place_lies_on_the_globe() {
    assert_eq!(Place::new(9_000_001, 0), None);
    assert_eq!(Place::new(0, -18_000_001), None);
    assert_eq!(Place::new(i32::MIN, i32::MIN), None);
    assert_eq!(Place::new(0, 0), None, "a device without a position");
    assert!(Place::new(-9_000_000, 18_000_000).is_some());
}
