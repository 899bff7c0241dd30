//! What no page may do: style or script inline, leak a card number, let outside text become markup, advise
//! harm, or leave a control without a name.

mod sample;

use proptest::prelude::*;
use tg_console::view::*;
use tg_console::{Frame, assets, mask_cards, one_line, payment_row};
use tg_text::{Lang, Text};

fn every_page() -> Vec<(String, String)> {
    [Lang::Zh, Lang::En]
        .into_iter()
        .flat_map(|lang| {
            sample::pages(lang)
                .into_iter()
                .map(move |(name, page)| (format!("{name} {}", lang.tag()), page.0))
        })
        .collect()
}

/// The tags of a page. Attribute values are quoted by maud, so a `>` inside one is escaped.
fn tags(html: &str) -> Vec<&str> {
    html.split('<').skip(1).filter_map(|rest| rest.split_once('>').map(|t| t.0)).collect()
}

#[test]
fn nothing_is_inline() {
    for (name, page) in every_page() {
        for tag in tags(&page) {
            assert!(!tag.contains(" style="), "{name}: <{tag}>");
            for (at, _) in tag.match_indices(" on") {
                let word: String = tag[at + 3..].chars().take_while(char::is_ascii_alphabetic).collect();
                assert!(!tag[at + 3 + word.len()..].starts_with('='), "{name}: <{tag}>");
            }
            if tag.starts_with("script") {
                assert!(tag.contains(r#" src="/assets/"#), "{name}: <{tag}>");
            }
            assert!(!tag.starts_with("style"), "{name}: <{tag}>");
        }
        let scripts: Vec<&str> = page.split("<script").skip(1).collect();
        assert!(
            scripts.iter().all(|s| s.split_once('>').is_some_and(|s| s.1.starts_with("</script>"))),
            "{name}"
        );
        assert!(!page.contains("javascript:"), "{name}");
    }
}

#[test]
fn links_stay_in_the_house_and_assets_exist() {
    for (name, page) in every_page() {
        for piece in page.split(" href=\"").skip(1) {
            let target = piece.split('"').next().unwrap_or_default();
            assert!(
                target.starts_with('#')
                    || target.starts_with("tel:")
                    || (target.starts_with('/') && !target.starts_with("//")),
                "{name}: {target}"
            );
            if target.starts_with("/assets/") {
                assert!(assets().iter().any(|a| a.path == target), "{name}: {target}");
            }
        }
    }
}

#[test]
fn every_control_has_a_name_and_ids_are_unique() {
    for (name, page) in every_page() {
        for tag in tags(&page)
            .into_iter()
            .filter(|t| t.starts_with("input") || t.starts_with("select") || t.starts_with("textarea"))
        {
            let at = page.find(&format!("<{tag}>")).expect("the tag is of this page");
            let before = &page[..at];
            let labelled = before.rfind("<label>") > before.rfind("</label>");
            assert!(labelled || tag.contains("aria-label="), "{name}: <{tag}>");
        }
        let mut ids: Vec<&str> =
            page.split(" id=\"").skip(1).map(|s| s.split('"').next().unwrap_or_default()).collect();
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        // The gallery shows one payment twice in no list, so every id stands once.
        assert_eq!(ids.len(), all, "{name}");
        assert_eq!(page.matches("<h1").count(), 1, "{name}");
        assert!(page.matches("aria-current=\"page\"").count() <= 1, "{name}");
    }
}

#[test]
fn no_page_says_what_it_cannot_know() {
    for (name, page) in every_page() {
        for word in [
            "未扣款",
            "没有扣款",
            "was not charged",
            "genuine",
            "正品",
            "是伪造",
            "骗子",
            "fraudster",
            "已拦截",
        ] {
            assert!(!page.contains(word), "{name} says {word}");
        }
    }
}

#[test]
fn an_unknown_result_forbids_a_second_charge_first() {
    for (lang, rule, next) in [
        (Lang::Zh, "先查询原交易，不要再收款。", "报文</h2>"),
        (Lang::En, "Query the original first; don't take the payment again.", "Messages</h2>"),
    ] {
        let page = tg_console::payment(&sample::unknown(), &sample::frame(lang, "/payments/20431")).0;
        let rule_at = page.find(rule).expect("the rule stands on the page");
        assert!(rule_at < page.find(next).expect("the messages follow"), "the rule comes before the proof");
    }
}

#[test]
fn a_card_declined_by_its_bank_is_worded_neutrally_to_the_customer() {
    let page = tg_console::payment(&sample::expired(), &sample::frame(Lang::Zh, "/payments/20312")).0;
    let say = page.split_once("id=\"say-words\">").expect("there is something to say").1;
    let say = say.split_once("</span>").expect("it ends").0;
    assert!(!say.contains("过期") && !say.contains("冻结") && !say.contains("挂失"), "{say}");
}

#[test]
fn a_finding_is_suspected_whatever_the_detector_wrote() {
    for (lang, word) in [(Lang::Zh, "疑似"), (Lang::En, "Suspected")] {
        let mut view = sample::finding();
        view.finding.title = Text::fixed("盗刷团伙", "card fraud ring");
        let page = tg_console::finding(&view, &sample::frame(lang, "/findings/1")).0;
        let heading = page.split_once("<h1>").expect("a heading").1.split_once("</h1>").expect("it ends").0;
        assert!(heading.starts_with(word), "{heading}");
    }
}

#[test]
fn what_people_write_of_a_finding_stays_text_and_holds_no_card() {
    let attack = r#""><script>alert(1)</script>"#;
    for text in [attack, PAN] {
        let mut view = sample::cloned();
        view.judged[0].note = Some(text.into());
        view.finding.subject = Subject::Serial(text.into());
        view.shop = Some(Text::new(text, text));
        view.contacts[0].tell[0].value = text.into();
        view.form_problem = Some(Text::new(text, text));
        let page = tg_console::finding(&view, &sample::frame(Lang::En, "/findings/1")).0;
        let filter =
            FindingFilterForm { text: text.into(), subject: text.into(), ..FindingFilterForm::default() };
        let list = FindingsPage { filter, ..sample::findings_page() };
        let list = tg_console::findings(&list, &sample::frame(Lang::En, "/findings")).0;
        for page in [page, list] {
            assert!(!page.contains("<script>") && !page.contains(PAN), "{text}");
        }
    }
}

#[test]
fn what_was_said_can_be_taken_back_and_what_is_open_can_be_said() {
    let page = |view: &FindingPage| tg_console::finding(view, &sample::frame(Lang::En, "/findings/1")).0;
    let states = |page: &str| {
        let mut found: Vec<&str> = Vec::new();
        for state in FindingState::ALL {
            if page.contains(&format!(r#"name="state" value="{}""#, state.word())) {
                found.push(state.word());
            }
        }
        found
    };
    assert_eq!(states(&page(&sample::finding())), ["confirmed", "dismissed"]);
    assert_eq!(states(&page(&sample::cloned())), ["open"]);
    assert!(page(&sample::finding()).contains(r#"method="post" action="/findings/F-20399-0/judgement""#));
}

#[test]
fn the_truth_is_nowhere_until_it_is_asked_for() {
    let mut view = sample::findings_page();
    view.truth = Some(TruthPart::default());
    view.findings.iter_mut().for_each(|f| f.truth = None);
    let page = tg_console::findings(&view, &sample::frame(Lang::En, "/findings")).0;
    assert!(page.contains("?truth=on") && !page.contains("staged</h2>") && !page.contains("Truth:"));
    view.truth = None;
    assert!(!tg_console::findings(&view, &sample::frame(Lang::En, "/findings")).0.contains("truth="));
}

#[test]
fn undecoded_bytes_have_no_place_to_stand() {
    let mut view = sample::undecoded();
    view.rows[0].keyed_hash = "ab".repeat(400);
    let page = tg_console::undecoded(&view, &sample::frame(Lang::En, "/undecoded")).0;
    assert!(!page.contains(&"ab".repeat(9)), "at most 16 characters of a hash are shown");
}

const PAN: &str = "4111111111111111";

/// A payment whose every free text holds `text`.
fn hostile(text: &str) -> PaymentPage {
    let both = || Text::new(text.to_string(), text.to_string());
    let mut page = sample::mac_failed();
    let p = &mut page.payment;
    p.id = text.into();
    p.terminal = text.into();
    p.merchant_name = Some(both());
    p.kind = Some(both());
    p.code_words = Some(both());
    p.why = Some(both());
    p.code = Some(text.into());
    p.reference = Some(text.into());
    p.trace = text.into();
    for message in &mut p.messages {
        message.meaning = Some(both());
        message.feed = text.into();
        message.mti = text.into();
        message.code = Some(text.into());
        message.fields =
            vec![FieldRow { number: text.into(), name: Some(both()), value: text.into(), masked: true }];
    }
    page.reach.acquirer = Some(text.into());
    page.reach.basis = Some(both());
    page.reach.stopped_by = Some(both());
    page.causes[0].text = both();
    if let Some(contact) = &mut page.contact {
        contact.phone = Some(text.into());
        contact.tell[0].value = text.into();
    }
    page
}

#[test]
fn hostile_text_stays_text() {
    let attack = r#""><script>alert(1)</script><img src=x onerror=alert(2)>' onclick='x"#;
    for lang in [Lang::Zh, Lang::En] {
        let mut frame = sample::frame(lang, "/search");
        frame.query = vec![("q".into(), attack.into())];
        let search = SearchPage { query: attack.into(), ..SearchPage::default() };
        let filter = Filter {
            reference: attack.into(),
            from: attack.into(),
            code: attack.into(),
            ..Filter::default()
        };
        let pages = [
            tg_console::payment(&hostile(attack), &frame).0,
            tg_console::search(&search, &frame).0,
            tg_console::payments(
                &PaymentsPage { filter, older: Some(attack.into()), ..PaymentsPage::default() },
                &frame,
            )
            .0,
            payment_row(&hostile(attack).payment, &frame).0,
        ];
        for page in pages {
            assert!(!page.contains("<script>"), "a script came through");
            assert!(!page.contains("<img"), "an image came through");
            assert!(
                !tags(&page).iter().any(|t| t.contains(" onclick=") && !t.contains("&quot;")),
                "an attribute was left"
            );
        }
    }
}

#[test]
fn a_card_number_in_free_text_is_masked_everywhere() {
    for lang in [Lang::Zh, Lang::En] {
        let frame = Frame { query: vec![("q".into(), PAN.into())], ..sample::frame(lang, "/search") };
        let mut view = hostile("x");
        view.payment.merchant_name = Some(Text::new(format!("店 {PAN}"), PAN));
        view.payment.why = Some(Text::new(format!("卡 {PAN}"), PAN));
        view.payment.card = Some(Card { bin: PAN.into(), last_four: PAN.into(), length: 16 });
        view.payment.messages[0].fields[0].value = PAN.into();
        let filter = Filter { reference: PAN.into(), ..Filter::default() };
        let pages = [
            tg_console::payment(&view, &frame).0,
            tg_console::search(
                &SearchPage { query: PAN.into(), looks_like_card: true, ..SearchPage::default() },
                &frame,
            )
            .0,
            tg_console::payments(
                &PaymentsPage { filter, payments: vec![view.payment.clone()], ..PaymentsPage::default() },
                &frame,
            )
            .0,
        ];
        for page in pages {
            assert!(!page.contains(PAN), "the whole number stands on the page");
            assert!(
                page.contains("411111••••••1111") || page.contains("622202%E2%80%A2"),
                "it is shown masked"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_keeps_the_markup_whole(text in "\\PC{0,40}", ascii in "[ -~]{0,40}") {
        for text in [text, ascii] {
            let frame = sample::frame(Lang::En, "/payments/1");
            let plain = tg_console::payment(&hostile("x"), &frame).0;
            let page = tg_console::payment(&hostile(&text), &frame).0;
            let shape = |page: &str| tags(page).iter().map(|t| t.split(' ').next().unwrap_or_default().to_string()).collect::<Vec<_>>();
            // An empty reference falls back to the trace number; everything else has the same elements.
            prop_assert_eq!(shape(&plain), shape(&page));
        }
    }

    #[test]
    fn any_view_of_numbers_draws(at in any::<i64>(), later in any::<i64>(), minor in any::<i64>(), n in any::<u32>(), ms in any::<u64>()) {
        let frame = Frame { now_us: later, ..sample::frame(Lang::Zh, "/") };
        let mut view = sample::mac_failed();
        view.payment.at_us = at;
        view.payment.amount = Some(Amount { minor, currency: 392 });
        view.payment.answer_ms = Some(ms);
        view.reach.waited_ms = Some(ms);
        view.payment.messages[0].at_us = at;
        view.payment.messages[1].at_us = later;
        let _ = tg_console::payment(&view, &frame);
        let marks = vec![Mark { at_us: at, ..Mark::default() }, Mark { at_us: later, amount: Some(Amount { minor, currency: 156 }), ..Mark::default() }];
        let finding = FindingPage { marks: marks.clone(), found_us: Some(at), ..sample::finding() };
        let point = |at_us, trace, second| CountPoint { at_us, trace, second };
        let points = vec![point(at, n, false), point(later, 0, true), point(at, u32::MAX, true)];
        let sighting = |at_us| Sighting { place: Text::fixed("甲", "A"), at_us, payment: None };
        for picture in [
            Picture::Marks,
            Picture::Counts(points),
            Picture::Counts(vec![]),
            Picture::Lanes(vec![Lane { label: Text::fixed("甲", "A"), detail: None, marks }]),
            Picture::Distance { from: sighting(at), to: sighting(later), kilometres: n },
        ] {
            let page = tg_console::finding(&FindingPage { picture, ..finding.clone() }, &frame).0;
            prop_assert!(!page.contains("NaN") && !page.contains("inf\"") && !page.contains("inf "));
        }
        let minutes = vec![Minute { start_us: at, approved: n, declined: n, unknown: n, reversed: n }];
        let page = tg_console::overview(&OverviewPage { minutes, frames: ms, undecoded: ms, ..sample::overview() }, &frame).0;
        prop_assert!(!page.contains("NaN") && !page.contains("inf\""));
    }

    #[test]
    fn a_valid_card_number_never_survives(body in "[456][0-9]{14,17}") {
        let digits: Vec<u32> = body.chars().filter_map(|c| c.to_digit(10)).collect();
        let sum: u32 = digits.iter().rev().enumerate().map(|(i, d)| if i % 2 == 0 { let t = d * 2; if t > 9 { t - 9 } else { t } } else { *d }).sum();
        let pan = format!("{body}{}", (10 - sum % 10) % 10);
        let text = format!("a {pan} b");
        let masked = mask_cards(&text);
        prop_assert!(!masked.contains(&pan));
        let end = format!("{} b", &pan[pan.len() - 4..]);
        prop_assert!(masked.starts_with("a ") && masked.ends_with(&end));
    }
}

#[test]
fn a_fragment_is_one_line_and_is_the_row_of_the_page() {
    let frame = sample::frame(Lang::Zh, "/payments");
    let row = payment_row(&sample::mac_failed().payment, &frame);
    let line = one_line(&row);
    assert!(line.starts_with("<tr id=\"p-20481\">") && !line.contains('\n'));
    assert!(
        tg_console::payments(&sample::payments(), &frame).0.contains(&row.0),
        "live and page rows are the same"
    );
}

#[test]
fn parts_carry_their_ids() {
    for (id, part) in tg_console::overview_parts(&sample::overview(), &sample::frame(Lang::En, "/")) {
        let root = tags(&part.0)[0].to_string();
        assert!(root.contains(&format!("id=\"{id}\"")), "{id}: <{root}>");
    }
}
