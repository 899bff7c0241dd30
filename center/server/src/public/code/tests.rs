//! What a stranger is told of a code, and what they are not told.

use super::*;
use crate::codes::tests::register;

const TODAY: jiff::civil::Date = jiff::civil::Date::constant(2026, 5, 1);
/// `data/qr/attacks.jsonl`, X001 and X003: a clean code and one whose payee was exchanged.
const CLEAN: &str = "00020101021126390016A00000033301010101158981100572200015204581253031565802CN5918LIANYU COFFEE NO.36008SHANGHAI62220306ST00030708T10002346304CC82";
const SWAPPED: &str = "00020101021126390016A00000033301010101158981100572299995204581253031565802CN5918LIANYU СOFFEE NO.36008SHANGHAI62220306ST00030708T100023463046E8F";

fn asked<'a>(register: Option<&'a IssuedCodes>) -> Asked<'a> {
    Asked { register, terminal: String::new(), today: TODAY }
}

fn told(fields: &[(&str, &[u8])], register: Option<&IssuedCodes>) -> Result<CodePage, Wrong> {
    let parts: Vec<Part<'_>> = fields
        .iter()
        .map(|(name, data)| Part { name: (*name).to_owned(), is_file: *name == "photo", data })
        .collect();
    answers(&parts, asked(register))
}

fn one(fields: &[(&str, &[u8])], register: Option<&IssuedCodes>) -> CodeAnswer {
    match told(fields, register) {
        Ok(CodePage::Answers(mut all)) if all.len() == 1 => all.remove(0),
        other => panic!("one answer: {other:?}"),
    }
}

fn codes() -> IssuedCodes {
    register(&format!(
        "{CLEAN},T1000234,联屿咖啡,收银台,P-7,2027-12-31\nhttps://pay.acquirer.example/q/T2,T2,,门口,,2026-04-30\n"
    ))
}

#[test]
fn a_registered_code_is_called_so_and_never_genuine() {
    let codes = codes();
    let answer = one(&[("text", CLEAN.as_bytes()), ("terminal", b"t1000234")], Some(&codes));
    assert_eq!(answer.tone, CodeTone::Registered);
    assert!(answer.register.zh.contains("T1000234") && answer.register.zh.contains("联屿咖啡"));
    assert!(answer.register.en.contains("A copy says the same"), "{}", answer.register.en);
    let facts: Vec<String> = answer.facts.iter().map(|(n, v)| format!("{}={}", n.en, v.en)).collect();
    assert!(facts.iter().any(|f| f.contains("898110057220001")), "{facts:?}");
    assert!(facts.contains(&"Merchant=LIANYU COFFEE NO.3".to_owned()), "{facts:?}");
}

#[test]
fn without_a_register_nothing_is_proven() {
    let answer = one(&[("text", CLEAN.as_bytes())], None);
    assert_eq!(answer.tone, CodeTone::Unproven);
    assert!(answer.register.en.contains("No codes are registered here"));
}

#[test]
fn what_is_not_registered_is_answered_alike_whatever_terminal_is_named() {
    let codes = codes();
    let words = |terminal: &[u8]| {
        let a = one(&[("text", SWAPPED.as_bytes()), ("terminal", terminal)], Some(&codes));
        let findings: Vec<String> = a.findings.iter().map(|f| f.text.en.to_string()).collect();
        (a.tone, a.register, findings, a.advice)
    };
    assert_eq!(words(b"T1000234"), words(b"T9999999"));
    assert_eq!(words(b"T1000234"), words(b""));
    let said = format!("{:?}", words(b"T1000234"));
    assert!(!said.contains("898110057220001"), "the registered payee stays unsaid: {said}");
}

#[test]
fn another_terminal_and_a_past_day_are_said() {
    let codes = codes();
    let other = one(&[("text", CLEAN.as_bytes()), ("terminal", b"T7")], Some(&codes));
    assert_eq!(other.tone, CodeTone::Care);
    assert!(other.advice.en.contains("to which machine"), "{}", other.advice.en);
    let past = one(&[("text", b"https://pay.acquirer.example/q/T2")], Some(&codes));
    assert_eq!(past.tone, CodeTone::Care);
    assert!(past.register.zh.contains("2026-04-30") && past.advice.en.contains("still holds"));
}

#[test]
fn a_trick_is_stopped_and_nothing_links_or_accuses() {
    let text = b"https://www.alipay.com.pay-verify.example/qr?next=http://198.51.100.7/a.apk";
    let answer = one(&[("text", text)], None);
    assert_eq!(answer.tone, CodeTone::Stop);
    assert!(!answer.findings.is_empty());
    let frame = tg_console::public::PublicFrame::default();
    let page = code(&CodePage::Answers(vec![answer]), true, 16, &frame).into_string();
    assert!(!page.contains("href=\"http") && !page.contains("href=\"//"), "nothing of the code is a link");
    for word in ["骗子", "正品", "真码", "安全的码"] {
        assert!(!page.contains(word), "{word}");
    }
}

#[test]
fn a_customers_code_shows_neither_facts_nor_card() {
    let answer = one(&[("text", b"hQVDUFYwMWEaTwegAAAAVVVVVw8SNFZ4kBI0WNGRIgESNF8=")], None);
    assert_eq!((answer.tone, answer.facts.len()), (CodeTone::Care, 0));
    let said = format!("{answer:?}");
    assert!(!said.contains("1234567890") && !said.contains("EjRWeJ"), "{said}");
    assert!(answer.advice.en.contains("don't photograph"), "{}", answer.advice.en);
}

#[test]
fn hidden_characters_never_reach_the_page() {
    let answer = one(&[("text", "https://a.example/\u{202e}gpj.exe\u{200b}".as_bytes())], None);
    assert!(!answer.content.contains(['\u{202e}', '\u{200b}']), "{:?}", answer.content);
    let long = "x".repeat(CONTENT_SHOWN + 1);
    assert_eq!(one(&[("text", long.as_bytes())], None).content.chars().count(), CONTENT_SHOWN + 1);
}

fn png_of(picture: &Picture) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, picture.width as u32, picture.height as u32);
    encoder.set_color(png::ColorType::Grayscale);
    let mut writer = encoder.write_header().expect("writes to memory");
    writer.write_image_data(&picture.luma).expect("writes to memory");
    writer.finish().expect("writes to memory");
    bytes
}

#[test]
fn a_photo_is_read_and_what_is_none_is_refused_in_words() {
    let draw = |seed| tg_qr::scene::scene(tg_qr::scene::Condition::TwoCodes, 0.0, seed, 640, 480);
    let scene = (1..).map(draw).find(|s| s.codes[0].0 != s.codes[1].0).expect("most seeds draw two texts");
    let png = png_of(&scene.picture);
    let Ok(CodePage::Answers(all)) = told(&[("photo", &png), ("text", b"ignored")], None) else {
        panic!("codes are read")
    };
    let mut read: Vec<String> = all.iter().map(|a| a.content.clone()).collect();
    let mut drawn: Vec<String> = scene.codes.iter().map(|(text, _)| text.clone()).collect();
    read.sort();
    drawn.sort();
    assert_eq!(read, drawn);
    let field = |data: &[u8]| told(&[("photo", data)], None).expect_err("is refused").0;
    assert_eq!(field(b"GIF89a"), "photo");
    assert_eq!(field(&png[..png.len() / 2]), "photo");
    assert!(matches!(told(&[], None), Err(("photo", _))));
    assert!(matches!(told(&[("terminal", "终端".as_bytes())], None), Err(("terminal", _))));
}
