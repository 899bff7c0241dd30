//! The guide's first page: its tiles, and what somebody typed turned into ids of our own.

use super::state::State;
use tg_codes::{Catalogue, Direction, Kind, Query, Scheme, explain};
use tg_console::public::{GuideStart, Tile};
use tg_diagnose::{Facts, Knowledge, diagnose};
use tg_text::Text;

/// What was typed is none of the known words or codes.
pub(super) struct NotUnderstood {
    /// Set if it can't be any, with what to do.
    pub refused: Option<Text>,
    /// Known messages that are near.
    pub near: Vec<&'static str>,
}

/// Words and a code as typed, added to what is known.
pub(super) fn understand(
    knowledge: &Knowledge,
    mut state: State,
    code: &str,
    message: &str,
) -> Result<State, NotUnderstood> {
    let refuse = |text| NotUnderstood { refused: Some(text), near: Vec::new() };
    if [code, message].into_iter().any(|t| t.chars().filter(char::is_ascii_digit).count() >= 12) {
        return Err(refuse(Text::fixed(
            "这里不要填卡号：填屏幕上的字，或两位代码。",
            "No card number here: type the words on the screen, or the two-character code.",
        )));
    }
    let inside =
        Facts { message: Some(message.to_owned()), ..Facts::default() }.with_code_of_message(knowledge);
    let code = if code.is_empty() { inside.code.as_deref().unwrap_or_default() } else { code };
    let code_inside = message.is_empty() || code.is_empty();
    let mut near = Vec::new();
    if !message.is_empty() {
        match recognise(knowledge, message) {
            Ok(id) => state = state.with_message(&id),
            Err(found) => near = found,
        }
    }
    let known_words = state.message(knowledge).is_some();
    if !code.is_empty() {
        let with = state.with_code(code).filter(|s| s.session(knowledge).is_some());
        state = with.ok_or_else(|| {
            refuse(Text::fixed(
                "代码是两位字母或数字，例如 A7、91；看屏幕角落或小票上的“应答码”。",
                "A code is two letters or digits, such as A7 or 91: look in the corner of the screen or on the slip.",
            ))
        })?;
        return Ok(state);
    }
    if known_words || !code_inside {
        return Ok(state);
    }
    Err(NotUnderstood { refused: None, near })
}

/// The message that somebody typed, by its id; else those that are near.
fn recognise(knowledge: &Knowledge, typed: &str) -> Result<String, Vec<&'static str>> {
    let facts = Facts { message: Some(typed.to_owned()), ..Facts::default() };
    let said = diagnose(knowledge, &facts);
    let seen = said.causes.iter().flat_map(|c| &c.why).find(|w| w.observation == "message");
    if let Some(seen) = seen {
        return Ok(seen.state.clone());
    }
    let found = explain(&Query::new(typed), Catalogue::builtin());
    let mut screens = found
        .matches
        .iter()
        .filter(|m| m.kind == Kind::ScreenMessage)
        .filter_map(|m| Catalogue::builtin().screen_message(&m.code).map(|s| s.id.as_str()));
    let near: Vec<&'static str> = screens.by_ref().take(4).collect();
    match near.as_slice() {
        [only] => Ok((*only).to_owned()),
        _ => Err(near),
    }
}

/// The page.
pub(super) fn view(refused: Option<Text>, near: &[&'static str], not_found: bool) -> GuideStart {
    let knowledge = Knowledge::builtin();
    let of = |id: &str| State::default().with_message(id).href();
    let tile = |icon, zh: &'static str, en: &'static str, hint: (&'static str, &'static str), tone| Tile {
        icon,
        words: Text::fixed(zh, en),
        hint: Text::fixed(hint.0, hint.1),
        tone,
    };
    let tiles = vec![
        (
            tile(
                "shieldx",
                "安全处理失败",
                "Security processing failed",
                ("看有没有代码，如 A7", "Look for a code such as A7"),
                "",
            ),
            of("SEC_FAIL"),
        ),
        (
            tile(
                "clock",
                "交易超时",
                "Timed out",
                ("先查结果，别急着重刷", "Query first, don’t try again yet"),
                "care",
            ),
            of("TIMEOUT"),
        ),
        (tile("sign", "请重新签到", "Please sign on", ("约 1 分钟", "About a minute"), ""), of("SIGNON")),
        (
            tile(
                "cardx",
                "卡被拒绝",
                "Card declined",
                ("看代码，分清谁来处理", "The code says whose it is"),
                "",
            ),
            State::default().given("outcome", "declined").href(),
        ),
        (
            tile(
                "receipt",
                "扣款了，但显示失败",
                "Charged, but it says failed",
                ("先别再刷一次", "Don’t charge again yet"),
                "care",
            ),
            "/charged".into(),
        ),
        (
            tile(
                "lock",
                "机器被锁、防拆报警",
                "Locked, tamper alarm",
                ("先停用，不要重启", "Stop using it, don’t restart"),
                "hot",
            ),
            of("TAMPER"),
        ),
    ];
    let signs = vec![
        (Text::fixed("没网络", "No network"), State::default().given("network", "down").href()),
        (Text::fixed("不出单", "No slip"), of("PRINT")),
        (Text::fixed("读不了卡", "Card not read"), of("CARD_READ")),
        (Text::fixed("开不了机", "Won’t start"), of("BATT")),
    ];
    let codes = ["A7", "A0", "51", "55", "05", "54", "61", "91", "96", "98", "77", "03"];
    let codes = codes.into_iter().filter_map(|code| {
        let row = Catalogue::builtin().response_code(Scheme::UnionPay, Direction::Response, code)?;
        let words = super::step::short(&row.meaning);
        Some((code, words, State::default().with_code(code)?.href()))
    });
    GuideStart {
        not_found,
        refused,
        near: near.iter().filter_map(|id| Some((super::state::words_of(knowledge, id)?, of(id)))).collect(),
        none_of_these: State::default().answered("response_code", "dont_know").href(),
        as_customer: State::default().given("role", "cardholder").href(),
        tiles,
        signs,
        codes: codes.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(code: &str, message: &str) -> Option<String> {
        understand(Knowledge::builtin(), State::default(), code, message).ok().map(|s| s.write())
    }

    #[test]
    fn words_become_ids_as_people_type_them() {
        for (message, expected) in [
            ("安全处理失败", "m.security_failed"),
            ("安全處理失敗！", "m.security_failed"),
            ("A7 安全处理失败", "m.security_failed~c.A7"),
            ("请先签到", "m.sign_on_needed"),
            ("交易超时", "m.timeout"),
        ] {
            assert_eq!(typed("", message).as_deref(), Some(expected), "{message}");
        }
        assert_eq!(typed("a7", "").as_deref(), Some("c.A7"));
        assert_eq!(typed("", "今天天气不错"), None);
        assert_eq!(typed("", ""), None);
    }

    #[test]
    fn a_card_number_is_refused_and_not_kept() {
        let number = ["6222 0222", "0000 0001"].concat();
        for (code, message) in [("", number.as_str()), (number.as_str(), "")] {
            let refused =
                understand(Knowledge::builtin(), State::default(), code, message).expect_err("is refused");
            assert!(refused.refused.expect("says why").zh.contains("卡号"));
        }
    }

    #[test]
    fn every_tile_sign_and_code_leads_to_a_step() {
        let view = view(None, &[], false);
        let hrefs = view.tiles.iter().map(|(_, href)| href);
        let hrefs =
            hrefs.chain(view.signs.iter().map(|(_, href)| href)).chain(view.codes.iter().map(|(.., h)| h));
        for href in hrefs.chain([&view.none_of_these, &view.as_customer]).filter(|h| *h != "/charged") {
            let state = href.strip_prefix("/guide?s=").expect("a step of the guide");
            assert!(State::read(Knowledge::builtin(), state).is_some(), "{href}");
        }
        assert_eq!(view.codes.len(), 12);
    }
}
