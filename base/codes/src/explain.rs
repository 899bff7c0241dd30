//! Explains a code, the words on a screen, a vendor's code or a problem of our own: `tillguard explain`.
//!
//! Serialises as `tillguard.explain/1` (contract, section 2). A code that isn't listed is never
//! explained by a neighbour: it says "not listed" and what to do.

use crate::catalogue::Catalogue;
use crate::query::{Asked, Query};
use crate::rows::{ResponseCode, ScreenMessage, VendorCode, from_memory};
use crate::words::*;
use serde::{Serialize, Serializer};
use tg_text::{PROBLEMS, Text};

/// At most this many matches: more is not an answer.
const MOST: usize = 12;

/// Where a match comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Field 39.
    ResponseCode,
    /// Words on a terminal's screen.
    ScreenMessage,
    /// A code of a device, an SDK or a wallet.
    VendorCode,
    /// A problem of Tillguard itself.
    Problem,
}

/// One thing that was found.
#[derive(Clone, Debug, Serialize)]
pub struct Match {
    /// Where it comes from.
    pub kind: Kind,
    /// The scheme or the vendor's family; none for screen messages and problems.
    pub scheme: Option<String>,
    /// The code, the screen message's id or the problem's code.
    pub code: String,
    /// The direction of a response code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// What it says.
    pub meaning: Text,
    /// What the shop does.
    pub action: Text,
    /// What the acquirer's staff do, where that is more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acquirer_action: Option<Text>,
    /// What kind of answer it is.
    pub category: String,
    /// Whether the card is to be kept.
    pub capture_card: CaptureCard,
    /// Whether the payment may be tried again.
    pub retryable: Retryable,
    /// Where the row comes from.
    pub source: String,
    /// True if the row was written down from memory; the action says so too.
    pub check_before_use: bool,
}

/// The answer: what was found, best first, or that nothing is listed and what to do then.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// What was found, best first.
    pub matches: Vec<Match>,
}

/// What to do about a code that isn't in the catalogue.
pub const NOT_LISTED: Text = Text::fixed(
    "目录中没有查到。不要凭猜测处理；查明本笔结果之前，不要再次扣款。请联系收单机构，报应答码或屏幕原文、时间、金额、流水号、参考号、商户号、终端号、序列号和掩码卡号。",
    "Not listed in the catalogue. Do not act on a guess, and do not take the payment again before its outcome is known. Call the acquirer with the code or the exact words on the screen, time, amount, STAN, RRN, merchant and terminal number, serial and masked card number.",
);

impl Explanation {
    /// True if anything was found; if not, the caller exits 1.
    pub fn listed(&self) -> bool {
        !self.matches.is_empty()
    }

    /// What to do if nothing was found.
    pub fn advice(&self) -> Option<&'static Text> {
        static ADVICE: Text = NOT_LISTED;
        (!self.listed()).then_some(&ADVICE)
    }
}

impl Serialize for Explanation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Document<'a> {
            schema: &'static str,
            matches: &'a [Match],
            listed: bool,
            #[serde(skip_serializing_if = "Option::is_none")]
            advice: Option<&'static Text>,
        }
        let document = Document {
            schema: "tillguard.explain/1",
            matches: &self.matches,
            listed: self.listed(),
            advice: self.advice(),
        };
        document.serialize(serializer)
    }
}

/// Looks up what a query asks for.
pub fn explain(query: &Query, catalogue: &Catalogue) -> Explanation {
    let asked = Asked::read(query, catalogue);
    let mut found: Vec<(u32, Match)> = Vec::new();
    for kind in PROBLEMS.iter().filter(|k| asked.tokens.contains(&k.code.to_lowercase())) {
        found.push((2000, problem(kind)));
    }
    let mut vendor = vendor_codes(&asked, catalogue);
    let of_vendor = asked.vendor.is_some() && vendor.iter().any(|(score, _)| *score >= 1500);
    if of_vendor {
        vendor.retain(|(score, _)| *score >= 1500);
    }
    found.append(&mut vendor);
    if !of_vendor {
        response_codes(&asked, catalogue, &mut found);
        screen_messages(&asked, catalogue, &mut found);
    }
    // Stable: rows of one score keep the order of their kind, schemes by their order.
    found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    // Faint likenesses are noise beside a sure answer.
    let best = found.first().map_or(0, |(score, _)| *score);
    let floor = if best >= 1000 { 800 } else { best * 7 / 10 };
    let matches = found.into_iter().filter(|(score, _)| *score >= floor).take(MOST).map(|(_, m)| m).collect();
    Explanation { matches }
}

fn response_codes(asked: &Asked, catalogue: &Catalogue, found: &mut Vec<(u32, Match)>) {
    let direction = asked.direction.unwrap_or(Direction::Response);
    let rows = catalogue
        .response_codes()
        .iter()
        .filter(|c| c.direction == direction && asked.scheme.is_none_or(|s| s == c.scheme));
    for row in rows {
        let rank =
            20 * (Scheme::ALL.len() - Scheme::ALL.iter().position(|s| *s == row.scheme).unwrap_or(0)) as u32;
        let code = row.code.to_lowercase();
        let typed = asked.tokens.iter().any(|t| *t == code && t.len() >= 2);
        let without_zero = asked.bare && asked.tokens.iter().any(|t| t.len() == 1 && code == format!("0{t}"));
        // A standard that reserves a code has nothing to say beside a network that defines it.
        let reserved = if row.category == Category::Reserved { 150 } else { 0 };
        if typed || without_zero {
            found.push((1200 + rank - reserved, response_code(row)));
        } else if row.category != Category::Reserved
            && let Some(words) = &asked.words
        {
            let near = words.nearness(&row.meaning.zh).max(words.nearness(&row.meaning.en));
            if near > 0 {
                // Behind a screen message with the same words.
                found.push((near * 9 / 10 + rank / 5, response_code(row)));
            }
        }
    }
}

fn screen_messages(asked: &Asked, catalogue: &Catalogue, found: &mut Vec<(u32, Match)>) {
    for row in catalogue.screen_messages() {
        let by_id = asked.bare && asked.tokens.iter().any(|t| *t == row.id.to_lowercase());
        let near =
            asked.words.as_ref().map_or(0, |w| w.nearness(&row.words.zh).max(w.nearness(&row.words.en)));
        let score = if by_id { 1400 } else { near };
        if score > 0 {
            found.push((score, screen_message(row)));
        }
    }
}

fn vendor_codes(asked: &Asked, catalogue: &Catalogue) -> Vec<(u32, Match)> {
    let mut found = Vec::new();
    for row in catalogue.vendor_codes() {
        let of_vendor =
            asked.vendor.as_ref().is_some_and(|v| !v.is_empty() && row.family.starts_with(v.as_str()));
        let scheme = asked.scheme.is_some() && !of_vendor;
        let code = row.code.to_lowercase();
        // A name such as ERROR or LOCKED is also a word; NO_KEY is not.
        let name = row.name.to_lowercase();
        let is_name = |t: &String| *t == name && (of_vendor || asked.bare && name.contains('_'));
        let is_code = |t: &String| code.split(" / ").any(|part| part == t) || is_name(t);
        let typed = asked.tokens.iter().any(is_code);
        let unsigned = of_vendor && asked.tokens.iter().any(|t| code.strip_prefix('-') == Some(t.as_str()));
        // Codes of one or two characters mean something else everywhere: only with their vendor.
        let telling = of_vendor || code.len() > 2;
        if (typed || unsigned) && telling && !scheme {
            let named = asked.tokens.iter().any(|t| row.family.split('-').any(|p| p == t));
            found.push((if of_vendor { 1600 } else { 1300 + 50 * u32::from(named) }, vendor_code(row)));
        } else if let Some(words) = &asked.words
            && asked.scheme.is_none()
        {
            let near = words.nearness(&row.meaning.zh).max(words.nearness(&row.meaning.en));
            // Without its vendor a mere likeness would explain one device's code by another's.
            if of_vendor && near > 0 {
                found.push((near, vendor_code(row)));
            } else if near >= 850 && words.tells() {
                found.push((near / 2, vendor_code(row)));
            }
        }
    }
    found
}

fn response_code(row: &ResponseCode) -> Match {
    checked(Match {
        kind: Kind::ResponseCode,
        scheme: Some(row.scheme.word().to_owned()),
        code: row.code.clone(),
        direction: Some(row.direction),
        meaning: row.meaning.clone(),
        action: row.action.clone(),
        acquirer_action: row.acquirer_action.clone(),
        category: row.category.word().to_owned(),
        capture_card: row.capture_card,
        retryable: row.retryable,
        source: row.source.clone(),
        check_before_use: false,
    })
}

fn screen_message(row: &ScreenMessage) -> Match {
    checked(Match {
        kind: Kind::ScreenMessage,
        scheme: None,
        code: row.id.clone(),
        direction: None,
        meaning: row.words.clone(),
        action: row.action.clone(),
        acquirer_action: row.acquirer_action.clone(),
        category: row.category.word().to_owned(),
        capture_card: CaptureCard::No,
        retryable: row.retryable,
        source: row.source.clone(),
        check_before_use: false,
    })
}

fn vendor_code(row: &VendorCode) -> Match {
    checked(Match {
        kind: Kind::VendorCode,
        scheme: Some(row.family.clone()),
        code: row.code.clone(),
        direction: None,
        meaning: row.meaning.clone(),
        action: row.action.clone(),
        acquirer_action: row.acquirer_action.clone(),
        category: row.domain.clone(),
        capture_card: CaptureCard::No,
        retryable: row.retryable,
        source: row.source.clone(),
        check_before_use: false,
    })
}

fn problem(kind: &tg_text::Kind) -> Match {
    let join = |pick: fn(&Text) -> &str, between: &str| {
        kind.steps.iter().map(pick).collect::<Vec<_>>().join(between)
    };
    Match {
        kind: Kind::Problem,
        scheme: None,
        code: kind.code.to_owned(),
        direction: None,
        meaning: kind.title.clone(),
        action: Text::new(join(|t| &t.zh, ""), join(|t| &t.en, " ")),
        acquirer_action: None,
        category: "problem".to_owned(),
        capture_card: CaptureCard::No,
        retryable: Retryable::AfterFix,
        source: "Tillguard".to_owned(),
        check_before_use: false,
    }
}

/// A row from memory says so in its text too, since a text travels without its row.
fn checked(mut row: Match) -> Match {
    row.check_before_use = from_memory(&row.source);
    if row.check_before_use {
        let (zh, en) = (row.action.zh.trim_end(), row.action.en.trim_end());
        row.action = Text::new(format!("{zh}（使用前请核实。）"), format!("{en} (Check before use.)"));
    }
    row
}
