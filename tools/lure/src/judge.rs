//! The verdict: which signals stand in the text, which of them are meant, and what they add up to.
//!
//! Why it exists: a verdict must be explainable, so it is the sum of named signals, each with its place, and of
//! how the wording resembles known texts. The figure is a measure of that sum, no probability.

use crate::catalogue::{Catalogue, Group, Signal};
use crate::normal::{Normal, normalise};
use crate::polarity::{has_grounds, is_denied, is_told, speaks_of_it};
use crate::wording::Wording;
use serde::Serialize;
use std::collections::BTreeSet;
use std::ops::Range;
use tg_text::Text;

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It lures.
    Lure,
    /// Some of it looks like a lure: ask before acting.
    Suspicious,
    /// Nothing that lures was found.
    Benign,
}

/// A signal in the text.
#[derive(Clone, Debug, Serialize)]
pub struct Found {
    /// The signal's code.
    pub code: String,
    /// First scalar value of the original text, and one behind the last.
    pub span: (usize, usize),
    /// What it means.
    pub text: Text,
}

/// The whole answer.
#[derive(Clone, Debug, Serialize)]
pub struct Judgement {
    /// What the text is.
    pub verdict: Verdict,
    /// How strongly, from 0 to 1, in hundredths.
    pub score: f64,
    /// The signals that the text itself sends, in the order of their places.
    pub signals: Vec<Found>,
    /// Signals that it only speaks of: a warning quotes them, a question asks about them.
    pub quoted: Vec<Found>,
    /// What to do.
    pub advice: Text,
}

/// From here on a lure.
const LURE_SUM: f64 = 1.9;
/// From here on suspicious.
const SUSPICIOUS_SUM: f64 = 1.25;
/// Where the score is one half.
const MIDDLE_SUM: f64 = 1.6;
/// What signals count for in a text that speaks of no machine, card or cash-out.
const OFF_SUBJECT: f64 = 0.5;
/// What each group beyond the first adds: an offer that presses and leads somewhere is more than its parts.
const GROUP_BONUS: f64 = 0.35;
/// What the ways of a real service take away, where nothing is taken and no private contact is named.
const GROUNDS: f64 = 0.9;
/// What wording adds that is neither like a lure nor like an honest text, what each unit of likeness adds,
/// and the most that it may add or take away.
const WORDING: (f64, f64, f64, f64) = (1.0, 1.8, -1.0, 2.4);
/// What it adds less to a text that warns, reports or asks.
const WORDING_EXCUSED: f64 = 1.0;
/// A call of this weight asks for card data, codes or the screen: it counts in full whatever the subject.
const TAKES_WEIGHT: f64 = 1.8;

struct Hit<'a> {
    signal: &'a Signal,
    place: Range<usize>,
    denied: bool,
    told: bool,
}

/// Judges a text. What stands behind [`crate::TEXT_BYTES_MAX`] is the caller's to refuse.
pub fn judge(original: &str) -> Judgement {
    let catalogue = Catalogue::builtin();
    let normal = normalise(original);
    let text = normal.text.as_str();
    let mut hits: Vec<Hit<'_>> = catalogue.signals.iter().filter_map(|s| find(catalogue, s, text)).collect();
    let disguise = normal.disguise.filter(|_| !hits.iter().any(|h| h.signal.code == "obfuscated"));
    // A call to act, made and not told, takes the excuse away from everything around it.
    let calls = |h: &Hit<'_>| h.signal.call && !h.denied && !h.told && is_live(h, text);
    let excused = speaks_of_it(catalogue, text) && !hits.iter().any(calls);
    hits.sort_by_key(|h| h.place.start);
    let on_subject = catalogue.subject.iter().any(|p| p.is_match(text));
    let mut sum = 0.0;
    let mut groups: BTreeSet<Group> = BTreeSet::new();
    let (mut signals, mut quoted) = (Vec::new(), Vec::new());
    for hit in &hits {
        let found = found(hit.signal, normal.original(hit.place.start, hit.place.end));
        if excused || hit.denied {
            quoted.push(found);
        } else {
            // Who asks for a PIN need not speak of machines.
            let takes = hit.signal.call && hit.signal.weight >= TAKES_WEIGHT;
            let counts = if on_subject || takes { 1.0 } else { OFF_SUBJECT };
            sum += hit.signal.weight * counts;
            groups.insert(hit.signal.group);
            signals.push(found);
        }
    }
    if let Some(span) = disguise
        && let Some(signal) = catalogue.signals.iter().find(|s| s.code == "obfuscated")
    {
        let found = found(signal, span);
        if excused {
            quoted.push(found);
        } else {
            sum += signal.weight * if on_subject { 1.0 } else { OFF_SUBJECT };
            groups.insert(signal.group);
            signals.push(found);
            signals.sort_by_key(|f| f.span);
        }
    }
    if on_subject {
        sum += GROUP_BONUS * groups.len().saturating_sub(1) as f64;
    }
    let takes = hits.iter().any(|h| h.signal.group == Group::Take && !h.denied);
    if !takes && !hits.iter().any(calls) && has_grounds(catalogue, text) {
        sum -= GROUNDS;
    }
    let named = sum;
    let reading = Wording::builtin().read(text);
    let (base, slope, least, most) = WORDING;
    let mut wording = (base + slope * reading.margin).clamp(least, most);
    if excused {
        wording -= WORDING_EXCUSED;
    }
    sum += if on_subject { wording } else { wording.min(wording * OFF_SUBJECT) };
    // Where the named signals don't carry the verdict, the wording that does is named too.
    if sum >= SUSPICIOUS_SUM
        && named < LURE_SUM
        && let Some(place) = &reading.strongest
    {
        let span = normal.original(place.start, place.end);
        signals.push(Found { code: "wording".to_owned(), span, text: wording_text() });
        signals.sort_by_key(|f| f.span);
    }
    let verdict = match sum {
        s if s >= LURE_SUM => Verdict::Lure,
        s if s >= SUSPICIOUS_SUM => Verdict::Suspicious,
        _ => Verdict::Benign,
    };
    Judgement { verdict, score: score(sum), signals, quoted, advice: advice(verdict, excused, &normal) }
}

/// The first place where the signal is meant; if it is nowhere meant, the first where it stands.
fn find<'a>(catalogue: &Catalogue, signal: &'a Signal, text: &str) -> Option<Hit<'a>> {
    let mut best: Option<Hit<'a>> = None;
    for pattern in &signal.patterns {
        for place in pattern.find_iter(text).map(|m| trimmed(text, m.range())) {
            let denied = is_denied(catalogue, text, &place);
            let told = signal.call && is_told(catalogue, text, &place);
            let hit = Hit { signal, place, denied, told };
            let rank = |h: &Hit<'_>| (h.denied, h.told, h.place.start);
            if best.as_ref().is_none_or(|b| rank(&hit) < rank(b)) {
                best = Some(hit);
            }
            // Later places of this pattern can't be better than one that is meant.
            if best.as_ref().is_some_and(|b| !b.denied && !b.told) {
                break;
            }
        }
    }
    best
}

/// Without the mark that a pattern needed to see behind its word.
fn trimmed(text: &str, place: Range<usize>) -> Range<usize> {
    let inside = &text[place.clone()];
    let end = inside.trim_end_matches(|c: char| ",:!?;。 \n".contains(c)).len();
    place.start..place.start + end
}

/// A contact is a call only if it names one; "add me" without a name is talk.
fn is_live(hit: &Hit<'_>, text: &str) -> bool {
    hit.signal.code != "contact_id" || text[hit.place.clone()].bytes().any(|b| b.is_ascii_alphanumeric())
}

fn found(signal: &Signal, span: (usize, usize)) -> Found {
    Found { code: signal.code.clone(), span, text: signal.text.clone() }
}

/// The sum on a scale from 0 to 1, in hundredths so that every machine prints the same.
fn score(sum: f64) -> f64 {
    if sum <= 0.0 {
        return 0.0;
    }
    let logistic = 1.0 / (1.0 + (-2.0 * (sum - MIDDLE_SUM)).exp());
    (logistic * 100.0).round() / 100.0
}

fn wording_text() -> Text {
    Text::fixed(
        "整段措辞与已知的诱骗文字相近，最相近的是标出的这几个字",
        "the wording as a whole resembles known lures, most of all the words marked",
    )
}

fn advice(verdict: Verdict, excused: bool, normal: &Normal) -> Text {
    match verdict {
        Verdict::Lure => Text::fixed(
            "不要添加联系方式、扫码、付款或提供卡号、密码、验证码。要办POS机，请找银行网点或在人民银行公布的持牌名单里核对过的机构。已经付款或给出资料：先打发卡银行电话挂失，再拨110或96110。",
            "Don't write to the contact, scan, pay, or give card number, PIN or codes. For a terminal go to a bank branch or an acquirer that you found on the central bank's list. If you have paid or given data: call your card's bank first, then the police (110 or 96110 in China).",
        ),
        Verdict::Suspicious => Text::fixed(
            "先核实再行动：用合同或卡背面的电话打给银行或收单机构，不用对方给的号码。",
            "Check before you act: call your bank or acquirer on the number in your contract or on the card, not on one that the text gives.",
        ),
        Verdict::Benign if excused && !normal.text.is_empty() => Text::fixed(
            "这段文字是在提醒、报道或询问这类骗术。遇到时不付款、不给资料，可拨96110咨询。",
            "This text warns of, reports or asks about such offers. If one reaches you, pay nothing and give no data; in China 96110 gives advice.",
        ),
        Verdict::Benign => Text::fixed(
            "没有发现诱骗特征。这不等于保证属实：任何人索要密码或验证码都不要给。",
            "Nothing that lures was found. That proves nothing: never give anybody a PIN or a code.",
        ),
    }
}
