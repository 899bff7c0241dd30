//! Whom to call about a finding, and everything to tell them.
//!
//! Why it exists: the first minutes go into looking things up. The acquirer can stop a terminal number and
//! knows its register; issuers can watch cards. What is told holds first six and last four digits at most,
//! says "suspected", and accuses nobody: the shop is a witness and is called through its acquirer.

use super::payment_row::card;
use crate::live::Live;
use std::collections::BTreeSet;
use tg_console::view::{Contact, FindingRow, Tell};
use tg_store::{FindingRecord, PaymentRecord, Reader, StoreError};
use tg_text::{Lang, Text};

/// Cards told to issuers in one call; the export has them all.
const CARDS_TOLD_MAX: usize = 20;
/// Names told of one kind.
const NAMES_TOLD_MAX: usize = 5;

/// Kinds of findings in which cards are at stake.
const ABOUT_CARDS: [&str; 6] =
    ["card_testing", "cloned_terminal", "skimming", "cash_out", "impossible_travel", "rapid_refunds"];
/// Kinds in which a device may have been tampered with.
const ABOUT_DEVICES: [&str; 5] =
    ["cloned_terminal", "several_merchants", "moved_terminal", "signon_storm", "skimming"];

/// What must not be done about a finding of this kind.
pub(crate) fn guards(code: &str) -> Vec<Text> {
    let mut guards = Vec::new();
    if ABOUT_DEVICES.contains(&code) {
        guards.push(Text::fixed(
            "不要拆开、重启设备或断电，也不要交给上门的人",
            "Don't open, restart or unplug the device, nor hand it to a caller",
        ));
    }
    if ABOUT_CARDS.contains(&code) {
        guards.push(Text::fixed(
            "不要因为这条怀疑扣下客户的卡，也不要向客户索要密码",
            "Don't keep a customer's card because of this suspicion, nor ask for a PIN",
        ));
    }
    guards
}

/// Whom to call, in order.
pub(crate) fn contacts(
    reader: &Reader,
    record: &FindingRecord,
    row: &FindingRow,
    payments: &[PaymentRecord],
    live: &Live,
    (lang, zone): (Lang, &jiff::tz::TimeZone),
) -> Result<Vec<Contact>, StoreError> {
    let time = |us: i64| {
        let at = jiff::Timestamp::from_microsecond(us).unwrap_or_default().to_zoned_datetime(zone.clone());
        at.strftime("%Y-%m-%d %H:%M:%S %:z").to_string()
    };
    let mut calls = vec![acquirer(reader, record, row, payments, live, lang, &time)?];
    if ABOUT_CARDS.contains(&record.code.as_str())
        && let Some(issuers) = issuers(payments, lang, &time)
    {
        calls.push(issuers);
    }
    Ok(calls)
}

fn tell(zh: &'static str, en: &'static str, value: String) -> Option<Tell> {
    (!value.is_empty()).then(|| Tell { label: Text::fixed(zh, en), value })
}

/// Different names, in their order, as far as they are told.
fn names<'a>(all: impl Iterator<Item = &'a str>) -> String {
    let mut seen = BTreeSet::new();
    let different: Vec<&str> = all.filter(|name| !name.is_empty() && seen.insert(*name)).collect();
    let more = different.len().saturating_sub(NAMES_TOLD_MAX);
    let told = different[..different.len() - more].join(", ");
    if more > 0 { format!("{told} (+{more})") } else { told }
}

fn acquirer(
    reader: &Reader,
    record: &FindingRecord,
    row: &FindingRow,
    payments: &[PaymentRecord],
    live: &Live,
    lang: Lang,
    time: &impl Fn(i64) -> String,
) -> Result<Contact, StoreError> {
    let of_terminal = record.subject_kind == "terminal";
    let terminal = if of_terminal { reader.terminal(&record.subject)? } else { None };
    let known = terminal.as_ref();
    let terminals = names(
        of_terminal
            .then_some(record.subject.as_str())
            .into_iter()
            .chain(payments.iter().map(|p| p.terminal.as_str())),
    );
    let own_merchant = known
        .map(|t| t.merchant.as_str())
        .into_iter()
        .chain((record.subject_kind == "merchant").then_some(&*record.subject));
    let merchants = names(own_merchant.chain(payments.iter().map(|p| p.merchant.as_str())));
    let own_serial = known
        .map(|t| t.serial.as_str())
        .into_iter()
        .chain((record.subject_kind == "serial").then_some(&*record.subject));
    let serials = names(own_serial.chain(payments.iter().map(|p| p.serial.as_str())));
    let place = of_terminal.then(|| live.place(&record.subject)).flatten();
    let facts: Vec<&str> = record.rests_on.iter().map(|t| t.get(lang)).collect();
    let name = live.acquirer.name.clone();
    Ok(Contact {
        who: name.map_or(Text::fixed("收单机构", "The acquirer"), |name| Text::new(name.clone(), name)),
        by: Text::fixed("由您拨打；店方由收单机构联系", "you call; the shop is called by its acquirer"),
        phone: live.acquirer.phone.clone(),
        tell: [
            tell("发现编号", "Finding", record.id.clone()),
            tell("疑似", "Suspected", row.title.get(lang).to_owned()),
            tell("终端号", "Terminal", terminals),
            tell("商户号", "Merchant", merchants),
            tell("店名", "Shop", place.map(|p| p.name.get(lang).to_owned()).unwrap_or_default()),
            tell("序列号", "Serial", serials),
            tell("起止", "From, to", format!("{} / {}", time(row.first_us), time(record.found_at))),
            tell("依据", "Facts", facts.join(" ")),
            tell(
                "没有证明",
                "Not shown",
                record.not_shown.first().map(|t| t.get(lang).to_owned()).unwrap_or_default(),
            ),
        ]
        .into_iter()
        .flatten()
        .collect(),
    })
}

/// The cards, one a line; `None` if no payment is known.
fn issuers(payments: &[PaymentRecord], lang: Lang, time: &impl Fn(i64) -> String) -> Option<Contact> {
    let mut seen = BTreeSet::new();
    // Each card with its last payment; those that were approved first: there money moved.
    let mut last: Vec<&PaymentRecord> = payments
        .iter()
        .rev()
        .filter(|p| p.card_token.as_ref().is_some_and(|token| seen.insert(token.as_str())))
        .collect();
    last.sort_by_key(|p| p.outcome != tg_event::Outcome::Approved as u8);
    let all = last.len();
    let lines = last.iter().take(CARDS_TOLD_MAX).filter_map(|p| {
        let card = card(p)?;
        let money = p.amount.map(|minor| {
            let money = tg_types::Money { minor, currency: p.currency.unwrap_or(0) };
            format!("{money} {}", money.currency_letters())
        });
        let reference = (!p.reference.is_empty()).then(|| match lang {
            Lang::Zh => format!("参考号 {}", p.reference),
            Lang::En => format!("reference {}", p.reference),
        });
        let words = [
            Some(format!("{}••••••{}", card.bin, card.last_four)),
            Some(time(p.opened_at)),
            money,
            reference,
        ];
        let value = words.into_iter().flatten().collect::<Vec<_>>().join(" · ");
        Some(Tell { label: Text::new(format!("卡 {}", card.bin), format!("BIN {}", card.bin)), value })
    });
    let mut tell: Vec<Tell> = lines.collect();
    if tell.is_empty() {
        return None;
    }
    if all > CARDS_TOLD_MAX {
        let value = match lang {
            Lang::Zh => format!("另有 {} 张，见导出", all - CARDS_TOLD_MAX),
            Lang::En => format!("{} more, see the export", all - CARDS_TOLD_MAX),
        };
        tell.push(Tell { label: Text::fixed("其余", "More"), value });
    }
    Some(Contact {
        who: Text::fixed("各发卡机构", "The cards' issuers"),
        by: Text::fixed(
            "由收单机构或您通知；只给遮盖的卡号",
            "the acquirer or you tell them; masked numbers only",
        ),
        phone: None,
        tell,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_once_and_not_without_end() {
        assert_eq!(names(["b", "a", "b", ""].into_iter()), "b, a");
        assert_eq!(names(["1", "2", "3", "4", "5", "6", "7"].into_iter()), "1, 2, 3, 4, 5 (+2)");
        assert_eq!(names([].into_iter()), "");
    }

    #[test]
    fn issuers_hear_of_cards_with_money_first_and_of_ten_digits_at_most() {
        let payment = |token: &str, outcome: tg_event::Outcome, last4: u16| PaymentRecord {
            card_token: Some(token.into()),
            bin: Some(999_901),
            last4: Some(last4),
            card_length: Some(16),
            outcome: outcome as u8,
            amount: Some(12_800),
            currency: Some(156),
            ..PaymentRecord::default()
        };
        let payments = [
            payment("a", tg_event::Outcome::Approved, 1),
            payment("b", tg_event::Outcome::Declined, 2),
            payment("b", tg_event::Outcome::Declined, 2),
        ];
        let contact = issuers(&payments, Lang::En, &|_| "then".into()).expect("there are cards");
        let lines: Vec<&str> = contact.tell.iter().map(|t| t.value.as_str()).collect();
        assert_eq!(lines, ["999901••••••0001 · then · 128.00 CNY", "999901••••••0002 · then · 128.00 CNY"]);
        assert!(issuers(&[], Lang::En, &|_| String::new()).is_none());
    }
}
