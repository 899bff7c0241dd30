//! Reasons, score and advice of a verdict.
//!
//! Why it exists: one place weighs. The weights are plain numbers that a person can add up; a reason's text
//! holds the numbers that it rests on. Of itself the engine advises no more than a review: nothing that is
//! known here is strong enough to advise that a customer be turned away. An operator's rule may.

use crate::ahead::Named;
use crate::catalogue::{ABSENT, BLOCK, Catalogue, EntityKind, SeriesKind, WINDOWS};
use crate::rule_fields::PaymentRow;
use crate::window::{Entities, Series};
use tg_event::{Decision, MacState, Message, Reason, ResponseClass};
use tg_rules::{Answer, RuleFile};
use tg_text::Text;

/// From this score on a person should look.
const REVIEW_FROM: u16 = 500;
/// A watched subject alone is enough for a review.
const WATCHED: u16 = 600;
/// A wrong MAC under the configured key: the message was changed, or the terminal has a wrong key.
const MAC_BAD: u16 = 500;
/// More payments than this with one card in an hour (INTEK's velocity rule names 4).
const CARD_HOUR_MAX: i64 = 4;
const CARD_BUSY: u16 = 150;
/// At so many terminals in an hour one card is worth a look. (Proposed.)
const CARD_TERMINALS_MIN: i64 = 4;
const CARD_TERMINALS: u16 = 250;
/// So many refusals of one card in a day. (Rule V5 names 3 wrong PINs; proposed for refusals.)
const CARD_DECLINES_MIN: i64 = 3;
const CARD_DECLINES: u16 = 200;
/// So many different refused cards at one terminal in an hour. (Proposed: half of card testing's threshold.)
const TERMINAL_DECLINED_CARDS_MIN: i64 = 4;
const TERMINAL_DECLINED_CARDS: u16 = 200;

const HOUR: usize = 1;
const DAY: usize = 2;

/// The series of a payment's entities, payments and declines of each kind in turn.
pub(crate) struct Windows<'a> {
    series: [Option<&'a Series>; 8],
    /// Something that belongs in one of them is missing.
    partial: bool,
}

impl<'a> Windows<'a> {
    /// Those of the entities in these slots.
    pub(crate) fn of(entities: &'a Entities, slots: &[u32; 4], named: &Named, now: i64) -> Windows<'a> {
        // The longest window reaches over all that the shorter ones do.
        const LONGEST: usize = WINDOWS.len() - 1;
        let mut windows = Windows { series: [None; 8], partial: false };
        for (kind, (&slot, named)) in slots.iter().zip(&named.0).enumerate() {
            let (Some(entity), Some((_, place))) = (entities.get(slot), named) else { continue };
            windows.partial |= entities.is_refusing(place.partition, LONGEST, now);
            for which in [SeriesKind::Payments, SeriesKind::Declines] {
                let series = entity.series(which);
                windows.partial |= series.is_some_and(|s| s.is_partial(LONGEST, now));
                windows.series[kind * 2 + which as usize] = series;
            }
        }
        windows
    }

    fn read(&self, entity: EntityKind, which: SeriesKind, read: fn(&Series) -> i64) -> i64 {
        self.series[entity as usize * 2 + which as usize].map_or(0, read)
    }
}

/// The features of a payment in the catalogue's order, and whether one of them may lack something.
pub(crate) fn features(
    catalogue: &Catalogue,
    windows: &Windows<'_>,
    unplaced: bool,
    currency: u16,
    now: i64,
) -> (Vec<i64>, bool) {
    // Everything that a series can tell is computed, without a branch for each feature, and what the
    // catalogue names is picked.
    let mut values = [0_i64; 256];
    let (blocks, _) = values.as_chunks_mut::<BLOCK>();
    let mut inexact = 0_u32;
    for (i, (block, series)) in blocks.iter_mut().zip(&windows.series).enumerate() {
        match series {
            // The payment itself is the newest entry of its series; the one before it is the last.
            Some(s) => inexact |= s.read_all(currency, 2 - (i as u32 & 1), now, block) << (i * WINDOWS.len()),
            None => *block = ABSENT,
        }
    }
    let partial = unplaced | windows.partial | (inexact & catalogue.sums() != 0);
    (catalogue.plan().iter().map(|&place| values[usize::from(place)]).collect(), partial)
}

/// What a judgement of a payment comes to.
pub(crate) struct Judgement {
    pub(crate) score: u16,
    pub(crate) decision: Decision,
    pub(crate) reasons: Vec<Reason>,
}

fn reason(code: &'static str, zh: String, en: String) -> Reason {
    Reason { code: code.into(), text: Text::new(zh, en) }
}

/// A number between words. These reasons stand in many verdicts of a busy day, and `format!` costs several
/// times as much.
fn around(before: &str, n: i64, after: &str) -> String {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    let mut rest = n.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    let mut text = String::with_capacity(before.len() + digits.len() + 1 + after.len());
    text.push_str(before);
    if n < 0 {
        text.push('-');
    }
    text.push_str(std::str::from_utf8(&digits[at..]).unwrap_or(""));
    text.push_str(after);
    text
}

/// The reason of an ordinary message.
pub(crate) fn nothing_unusual() -> Reason {
    Reason { code: "nothing_unusual".into(), text: Text::fixed("未见异常", "Nothing unusual") }
}

/// Weighs what is known when a request asks for money: what the engine itself looks at, then the operator's
/// rules. Only a rule can advise more than a review.
pub(crate) fn payment(
    m: &Message,
    windows: &Windows<'_>,
    partial: bool,
    watched: Option<EntityKind>,
    rules: &RuleFile,
    row: &PaymentRow<'_>,
) -> Judgement {
    let mut score = 0_u16;
    let mut reasons = Vec::new();
    let mut add = |weight: u16, reason: Reason| {
        score = score.saturating_add(weight);
        reasons.push(reason);
    };
    if let Some(kind) = watched {
        let (zh, en) = match kind {
            EntityKind::Terminal => ("终端", "terminal"),
            EntityKind::Merchant => ("商户", "merchant"),
            _ => ("卡", "card"),
        };
        let code = match kind {
            EntityKind::Terminal => "terminal_watched",
            EntityKind::Merchant => "merchant_watched",
            _ => "card_watched",
        };
        add(
            WATCHED,
            reason(
                code,
                format!("该{zh}因近期的可疑发现处于关注期，建议复核"),
                format!("The {en} is under watch after a recent finding: review advised"),
            ),
        );
    }
    if m.mac == MacState::Bad {
        add(
            MAC_BAD,
            Reason {
                code: "mac_wrong".into(),
                text: Text::fixed(
                    "报文的 MAC 与所配密钥不符：报文被改动，或终端密钥不对",
                    "The message's MAC is wrong under the configured key: the message was changed, or the terminal has a wrong key",
                ),
            },
        );
    }
    let busy = windows.read(EntityKind::Card, SeriesKind::Payments, |s| s.entries(HOUR));
    if busy > CARD_HOUR_MAX {
        add(
            CARD_BUSY,
            reason(
                "card_busy",
                around("该卡近 1 小时内付款 ", busy, " 笔"),
                around("", busy, " payments with this card within an hour"),
            ),
        );
    }
    let terminals = windows.read(EntityKind::Card, SeriesKind::Payments, |s| s.different(HOUR, 0));
    if terminals >= CARD_TERMINALS_MIN {
        add(
            CARD_TERMINALS,
            reason(
                "card_at_many_terminals",
                around("该卡近 1 小时内在 ", terminals, " 台终端上付款"),
                around("This card was used at ", terminals, " terminals within an hour"),
            ),
        );
    }
    let declines = windows.read(EntityKind::Card, SeriesKind::Declines, |s| s.entries(DAY));
    if declines >= CARD_DECLINES_MIN {
        add(
            CARD_DECLINES,
            reason(
                "card_declined_often",
                around("该卡近 24 小时内被拒绝 ", declines, " 次"),
                around("This card was refused ", declines, " times within 24 hours"),
            ),
        );
    }
    let refused_cards = windows.read(EntityKind::Terminal, SeriesKind::Declines, |s| s.different(HOUR, 0));
    if refused_cards >= TERMINAL_DECLINED_CARDS_MIN {
        add(
            TERMINAL_DECLINED_CARDS,
            reason(
                "terminal_declined_many_cards",
                around("该终端近 1 小时内有 ", refused_cards, " 张不同的卡被拒绝"),
                around("", refused_cards, " different cards were refused at this terminal within an hour"),
            ),
        );
    }
    let mut advised = Decision::Approve;
    for rule in rules.rules.iter().filter(|rule| rule.rule.answer(row) == Answer::True) {
        add(rule.weight, Reason { code: format!("rule_{}", rule.id).into(), text: rule.text.clone() });
        advised = match rule.decision.as_deref() {
            Some("decline") => Decision::Decline,
            Some("review") if advised == Decision::Approve => Decision::Review,
            _ => advised,
        };
    }
    if partial {
        add(0, partial_features());
    }
    if reasons.is_empty() {
        reasons.push(nothing_unusual());
    }
    let score = score.min(1000);
    let decision =
        if advised == Decision::Approve && score >= REVIEW_FROM { Decision::Review } else { advised };
    Judgement { score, decision, reasons }
}

fn partial_features() -> Reason {
    Reason {
        code: "features_partial".into(),
        text: Text::fixed(
            "部分统计不完整：窗口内有记录因内存上限未能保留",
            "Some figures are incomplete: entries within their windows could not be kept because of the memory limit",
        ),
    }
}

/// Why an answer is worth a word; nothing for an approval.
pub(crate) fn answer(m: &Message) -> Reason {
    let code = m.response_code;
    let (name, zh, en) = match m.response_class {
        ResponseClass::Approved => return nothing_unusual(),
        ResponseClass::Declined => ("answer_declined", "发卡方拒绝", "Declined by the issuer"),
        ResponseClass::KeepCard => {
            ("answer_keep_card", "拒绝并要求没收卡", "Declined, and the card is to be kept")
        }
        ResponseClass::Unavailable => {
            ("answer_unavailable", "发卡方或网络无法应答", "Issuer or network could not answer")
        }
        ResponseClass::Security => {
            ("answer_security", "密钥、MAC 或密码处理失败", "A key, MAC or PIN routine failed")
        }
        ResponseClass::Settings => {
            ("answer_settings", "报文或终端设置有误", "The message or the terminal's settings are wrong")
        }
        ResponseClass::Unlisted => (
            "answer_unlisted",
            "应答码未收录，按未批准处理",
            "The response code is not listed: taken as not approved",
        ),
        ResponseClass::None => {
            return Reason {
                code: "answer_without_code".into(),
                text: Text::fixed(
                    "应答没有应答码，按未批准处理",
                    "The answer carries no response code: taken as not approved",
                ),
            };
        }
    };
    let code = code.as_str();
    reason(name, [zh, "（应答码 ", code, "）"].concat(), [en, " (response code ", code, ")"].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_number_between_words_is_written_as_format_writes_it(n: i64, shift in 0_u32..64) {
            let n = n >> shift;
            prop_assert_eq!(around("近 ", n, " 次"), format!("近 {n} 次"));
        }
    }
}
