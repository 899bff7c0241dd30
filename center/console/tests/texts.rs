//! The words of the pages that matter most, in both languages, as golden files: what a person reads, without
//! markup. `UPDATE_EXPECT=1 cargo test -p tg-console` writes them anew; read the difference before you keep it.

mod sample;

use expect_test::expect_file;
use tg_text::Lang;

/// The text of `<main>`, a line for each block.
fn words(html: &str) -> String {
    let main = html.split_once("<main").expect("a page has a main").1;
    let main = main.split_once("</header>").expect("the search stands first").1;
    let main = main.split_once("</main>").expect("main ends").0;
    let mut out = String::new();
    let mut rest = main;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        let (tag, after) = after.split_once('>').expect("tags close");
        let name = tag.trim_start_matches('/').split([' ', '>']).next().unwrap_or_default();
        match name {
            "p" | "div" | "li" | "tr" | "h1" | "h2" | "h3" | "section" | "summary" | "blockquote" | "dt"
            | "details" => out.push('\n'),
            "td" | "th" | "dd" | "small" | "text" | "label" | "option" => out.push_str(" | "),
            _ => {}
        }
        rest = after;
    }
    let lines = out.lines().map(|l| l.split_whitespace().collect::<Vec<_>>().join(" "));
    let lines = lines.map(|l| l.trim_matches([' ', '|']).replace("| | |", "|").replace("| |", "|"));
    let text = lines.filter(|l| !l.is_empty()).collect::<Vec<_>>().join("\n");
    text.replace("&quot;", "\"").replace("&amp;", "&") + "\n"
}

#[test]
fn pages_say_what_they_said() {
    let kept = [
        "overview-bad",
        "payment-mac",
        "payment-expired",
        "payment-unknown",
        "payment-reversal",
        "findings",
        "finding",
        "finding-cloned",
        "finding-travel",
        "terminal",
        "undecoded",
        "search-card",
        "health",
        "problem",
    ];
    for (lang, tag) in [(Lang::Zh, "zh"), (Lang::En, "en")] {
        let pages = sample::pages(lang);
        for name in kept {
            let page = &pages.iter().find(|p| p.0 == name).expect("the sample has it").1;
            expect_file![format!("{}/tests/golden/{name}-{tag}.txt", env!("CARGO_MANIFEST_DIR"))]
                .assert_eq(&words(&page.0));
        }
    }
}

#[test]
fn english_pages_are_english() {
    // What a message carries (field 43) and names of invented institutions stay as they are; nothing else may
    // be Chinese.
    let names = ["老榆树面馆", "文渠路店", "云汀支付", "澜江银行", "中文"];
    for (name, page) in sample::pages(Lang::En) {
        let mut text = page.0;
        for shop in names {
            text = text.replace(shop, "");
        }
        let chinese: String = text.chars().filter(|c| ('\u{4E00}'..='\u{9FFF}').contains(c)).collect();
        assert_eq!(chinese, "", "{name}");
    }
}

#[test]
fn chinese_sentences_use_full_width_punctuation() {
    for (name, page) in sample::pages(Lang::Zh) {
        let chars: Vec<char> = words(&page.0).chars().collect();
        for i in 1..chars.len().saturating_sub(1) {
            let near = ('\u{4E00}'..='\u{9FFF}').contains(&chars[i - 1]);
            let around: String = chars[i.saturating_sub(6)..(i + 6).min(chars.len())].iter().collect();
            assert!(!(near && matches!(chars[i], ';' | '?' | '!')), "{name}: {around}");
        }
    }
}
