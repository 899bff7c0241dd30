//! "Charged, but the machine said failed": finds one payment by facts that only the slip's holder has.
//!
//! A shop: terminal number, amount, last four digits, and the reference or trace number. A cardholder:
//! reference number, amount, last four digits. All must match; whatever doesn't gives one and the same page,
//! after one and the same least time, and attempts run out by asker and by what is looked up. So it is no
//! oracle for which terminals, numbers or cards exist. The answer holds nothing that the asker has not typed,
//! but the payment's state, its times and, for the shop, its own names. A ticket is kept, without a person.

use super::{Class, Fields, Public, Visit};
use crate::live::Live;
use crate::rooms;
use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use std::time::{Duration, Instant};
use tg_console::public::{
    ChargedAnswer, ChargedAs, ChargedAsk, Known, Stop, StopState, charged, charged_answer,
};
use tg_event::{Outcome, PaymentStage};
use tg_store::{
    PaymentFilter, PaymentRecord, Reader, StepRecord, StoreError, Ticket, TicketOutcome, Tickets,
};
use tg_text::Text;
use tg_types::Money;

/// Every look-up takes at least so long, found or not.
const ANSWER_LEAST: Duration = Duration::from_millis(100);
const DAY_US: i64 = 86_400 * 1_000_000;
/// A cardholder's slip may be older than a shop's memory of today.
const CUSTOMER_DAYS: i64 = 60;
/// Working days within which money is usually back (see the page's own source line).
const WORKING_DAYS: u32 = 7;

/// The routes.
pub(crate) fn routes() -> Router<Public> {
    Router::new().route("/charged", get(ask).post(look))
}

async fn ask(mut visit: Visit) -> Response {
    let who = match visit.params.get("as").map(String::as_str) {
        Some("shop") => ChargedAs::Shop,
        Some("customer") => ChargedAs::Customer,
        Some("no-slip") => ChargedAs::NoSlip,
        _ => ChargedAs::Choose,
    };
    if let Some(value) = word(who) {
        visit.frame.query = vec![("as".into(), value.into())];
    }
    visit.ok(|frame| charged(&ChargedAsk { who, ..ChargedAsk::default() }, frame))
}

fn word(who: ChargedAs) -> Option<&'static str> {
    match who {
        ChargedAs::Choose => None,
        ChargedAs::Shop => Some("shop"),
        ChargedAs::Customer => Some("customer"),
        ChargedAs::NoSlip => Some("no-slip"),
    }
}

/// What is looked for.
struct Wanted {
    by_shop: bool,
    terminal: Option<String>,
    fact: String,
    minor_by_decimals: [Option<i64>; 4],
    last4: u16,
    days: i64,
}

async fn look(mut visit: Visit, fields: Fields) -> Response {
    let begun = Instant::now();
    if let Some(code) = fields.some("ticket") {
        return follow(visit, code.to_owned(), fields.some("ended").map(str::to_owned), begun).await;
    }
    let who = if fields.get("as") == "shop" { ChargedAs::Shop } else { ChargedAs::Customer };
    visit.frame.query = word(who).map(|w| vec![("as".to_owned(), w.to_owned())]).unwrap_or_default();
    let wanted = match read(&fields, who == ChargedAs::Shop) {
        Ok(wanted) => wanted,
        Err(wrong) => {
            let view = ChargedAsk { who, not_found: false, wrong: Some(wrong) };
            return visit.page(StatusCode::UNPROCESSABLE_ENTITY, charged(&view, &visit.frame));
        }
    };
    if let Err(wait) = visit.take(Class::Lookup) {
        return wait;
    }
    // Many askers that try one number are stopped too, and learn nothing from it: it is "not found".
    let subject = wanted.terminal.as_deref().unwrap_or(&wanted.fact);
    let allowed = visit.public.limits.take_subject(subject, begun).is_ok();
    let now = visit.frame.now_us;
    let found = visit.public.web.ask(move |reader, _| find(reader, &wanted, now)).await;
    let found = found.map(|f| f.filter(|_| allowed));
    tokio::time::sleep_until((begun + ANSWER_LEAST).into()).await;
    match found {
        Ok(Some(record)) => answer(visit, record, who == ChargedAs::Shop, begun).await,
        Ok(None) => not_found(&visit, who),
        Err(error) => no_store(&visit, &error),
    }
}

fn not_found(visit: &Visit, who: ChargedAs) -> Response {
    visit.ok(|frame| charged(&ChargedAsk { who, not_found: true, wrong: None }, frame))
}

fn no_store(visit: &Visit, error: &StoreError) -> Response {
    tracing::error!(%error, "a look-up was not answered");
    visit.refuse(
        StatusCode::SERVICE_UNAVAILABLE,
        &Text::fixed("现在查不了", "The look-up doesn’t work just now"),
        &[Text::fixed(
            "过几分钟再查；查清之前不要再付。",
            "Try again in a few minutes; don’t pay again before that.",
        )],
    )
}

/// Reads the form; the wrong field is named with what it should be, never with what was typed.
fn read(fields: &Fields, by_shop: bool) -> Result<Wanted, (&'static str, Text)> {
    let own = |text: &str, min: usize, max: usize| {
        (min..=max).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    let upper = |name: &str| fields.get(name).replace(' ', "").to_ascii_uppercase();
    let terminal = by_shop.then(|| upper("terminal"));
    if terminal.as_deref().is_some_and(|t| !own(t, 8, 8)) {
        return Err((
            "terminal",
            Text::fixed("终端号是 8 位字母或数字", "A terminal number has 8 letters or digits"),
        ));
    }
    let fact = upper("fact");
    if !(own(&fact, 12, 12) || (by_shop && own(&fact, 6, 6))) {
        let words = match by_shop {
            true => Text::fixed(
                "参考号 12 位，流水号 6 位",
                "12 characters of the reference or 6 of the trace number",
            ),
            false => Text::fixed("参考号是 12 位", "A reference number has 12 characters"),
        };
        return Err(("fact", words));
    }
    let minor_by_decimals = amount(fields.get("amount"))
        .ok_or(("amount", Text::fixed("金额写成 268.00 这样", "Write the amount like 268.00")))?;
    let last4 = fields.get("last4");
    let four = last4.len() == 4 && last4.bytes().all(|b| b.is_ascii_digit());
    let last4 = last4
        .parse()
        .ok()
        .filter(|_| four)
        .ok_or(("last4", Text::fixed("只填卡号的后四位数字", "The last four digits only")))?;
    let days = match fields.get("day") {
        "1" => 2,
        "2" => 3,
        "7" => 8,
        _ => 1,
    };
    Ok(Wanted {
        by_shop,
        terminal,
        fact,
        minor_by_decimals,
        last4,
        days: if by_shop { days } else { CUSTOMER_DAYS },
    })
}

/// The amount in minor units, for currencies of 0, 1, 2 and 3 decimals; `None` if it is no amount.
fn amount(text: &str) -> Option<[Option<i64>; 4]> {
    let text =
        text.trim_start_matches(['¥', '￥', '$', '€', '£']).trim_end_matches('元').replace([',', ' '], "");
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 12 || part.len() > 3 || !digits(whole) || !digits(part) {
        return None;
    }
    let of = |decimals: usize| {
        let kept = part.trim_end_matches('0');
        (kept.len() <= decimals).then(|| format!("{whole}{kept:0<decimals$}").parse().ok()).flatten()
    };
    Some([of(0), of(1), of(2), of(3)])
}

/// The payment that all facts match, the newest if several do. Every wrong fact takes the same way.
fn find(reader: &Reader, wanted: &Wanted, now: i64) -> Result<Option<PaymentRecord>, StoreError> {
    let filter = PaymentFilter {
        terminal: wanted.terminal.clone(),
        reference: (!wanted.by_shop).then(|| wanted.fact.clone()),
        last4: wanted.by_shop.then_some(wanted.last4),
        from: Some(now - wanted.days * DAY_US),
        limit: 200,
        ..PaymentFilter::default()
    };
    let fits = |p: &PaymentRecord| {
        let money = Money { minor: p.amount.unwrap_or(-1), currency: p.currency.unwrap_or(0) };
        let typed = wanted.minor_by_decimals[money.decimals().min(3) as usize];
        let trace = p.trace.map(|t| format!("{t:06}"));
        let fact = p.reference == wanted.fact || (wanted.by_shop && trace.as_deref() == Some(&wanted.fact));
        let terminal = wanted.terminal.as_ref().is_none_or(|t| *t == p.terminal);
        fact & terminal & (p.last4 == Some(wanted.last4)) & (typed == Some(money.minor))
    };
    Ok(reader.payments(&filter)?.into_iter().find(fits))
}

/// A ticket's payment once more, and how it ended if that is said.
async fn follow(visit: Visit, code: String, ended: Option<String>, begun: Instant) -> Response {
    if let Err(wait) = visit.take(Class::Lookup) {
        return wait;
    }
    let now = visit.frame.now_us;
    let found = visit
        .public
        .web
        .ask(move |reader, live| {
            let mut tickets = open(live)?;
            if let Some(outcome) = ended.as_deref().and_then(TicketOutcome::from_name) {
                tickets.close(&code, outcome, now)?;
            }
            let Some(ticket) = tickets.find(&code)? else { return Ok(None) };
            Ok(reader.payment(ticket.payment)?.map(|record| (record, ticket.by_shop)))
        })
        .await;
    tokio::time::sleep_until((begun + ANSWER_LEAST).into()).await;
    match found {
        Ok(Some((record, by_shop))) => answer(visit, record, by_shop, begun).await,
        Ok(None) => not_found(&visit, ChargedAs::Choose),
        Err(error) => no_store(&visit, &error),
    }
}

fn open(live: &Live) -> Result<Tickets, StoreError> {
    Tickets::open(&live.data.join("tickets.sqlite"))
}

/// Letters and digits that nobody mixes up.
const CODE_ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// Ten random characters (50 bits), in two groups; `None` without a source of randomness.
fn ticket_code() -> Option<String> {
    let mut bytes = [0_u8; 10];
    getrandom::fill(&mut bytes).ok()?;
    let code: String = bytes.iter().map(|b| char::from(CODE_ALPHABET[usize::from(b % 32)])).collect();
    Some(format!("{}-{}", &code[..5], &code[5..]))
}

async fn answer(visit: Visit, record: PaymentRecord, by_shop: bool, _begun: Instant) -> Response {
    let frame = visit.frame.clone();
    let drawn = visit
        .public
        .web
        .ask(move |reader, live| {
            let steps = reader.steps(record.payment)?;
            let Some(code) = ticket_code() else { return Ok(None) };
            let ticket = open(live)?.keep(&Ticket {
                code,
                kind: "charged".into(),
                opened_at: frame.now_us,
                by_shop,
                payment: record.payment,
                terminal: record.terminal.clone(),
                state_then: record.outcome,
                outcome: TicketOutcome::Open,
                closed_at: None,
            })?;
            Ok(Some(charged_answer(&view(&record, &steps, &ticket, live, &frame), &frame)))
        })
        .await;
    match drawn {
        Ok(Some(markup)) => visit.page(StatusCode::OK, markup),
        Ok(None) => not_found(&visit, ChargedAs::Choose),
        Err(error) => no_store(&visit, &error),
    }
}

fn known(record: &PaymentRecord) -> Known {
    match record.outcome {
        o if o == Outcome::Approved as u8 => Known::Approved,
        o if o == Outcome::Reversed as u8 => Known::Reversed,
        o if o == Outcome::ReversalSent as u8 => Known::ReversalSent,
        o if o == Outcome::ReversalRefused as u8 => Known::ReversalRefused,
        // Who gave the code is known; what a time-out behind it left at the issuer is not.
        o if o == Outcome::Declined as u8 && rooms::query_first(record) => Known::Unknown,
        o if o == Outcome::Declined as u8 => Known::Declined,
        o if o == Outcome::Open as u8 => Known::Waiting,
        _ => Known::Unknown,
    }
}

type Frame = tg_console::public::PublicFrame;

fn view(
    record: &PaymentRecord,
    steps: &[StepRecord],
    ticket: &Ticket,
    live: &Live,
    frame: &Frame,
) -> ChargedAnswer {
    let known = known(record);
    let money = Money { minor: record.amount.unwrap_or(0), currency: record.currency.unwrap_or(0) };
    let amount = match money.currency {
        156 => format!("¥{money}"),
        0 => money.to_string(),
        _ => format!("{money} {}", money.currency_letters()),
    };
    let reversed_at = steps.iter().find(|s| s.stage == PaymentStage::ReversalSent as u8).map(|s| s.at);
    let confirmed_at = steps.iter().find(|s| s.stage == PaymentStage::ReversalAnswered as u8).map(|s| s.at);
    let latest = matches!(known, Known::Reversed | Known::ReversalSent | Known::Unknown)
        .then(|| day(working_days_after(reversed_at.unwrap_or(record.opened_at), frame), frame));
    let mut slip = Vec::new();
    if ticket.by_shop {
        if let Some(place) = live.place(&record.terminal) {
            slip.push((Text::fixed("商户", "Merchant"), place.name.get(frame.lang).to_owned()));
        }
        let trace = record.trace.map_or_else(|| "—".into(), |t| format!("{t:06}"));
        slip.push((
            Text::fixed("终端 / 流水号", "Terminal / trace"),
            format!("{} / {trace}", record.terminal),
        ));
    }
    slip.push((
        Text::fixed("卡号后四位", "Card ending in"),
        record.last4.map_or_else(String::new, |l| format!("{l:04}")),
    ));
    slip.push((Text::fixed("交易时间", "Time"), time(record.opened_at, "%Y-%m-%d %H:%M:%S", frame)));
    if !record.reference.is_empty() {
        slip.push((Text::fixed("参考号", "Reference"), record.reference.clone()));
    }
    slip.push((Text::fixed("查询时间", "Asked"), time(frame.now_us, "%Y-%m-%d %H:%M", frame)));
    ChargedAnswer {
        by_shop: ticket.by_shop,
        known,
        amount,
        stops: stops(known, record, reversed_at, confirmed_at, latest.as_ref(), frame),
        latest: latest.filter(|_| known == Known::Reversed),
        slip,
        ticket: ticket.code.clone(),
        closed: ticket.outcome != TicketOutcome::Open,
    }
}

/// The money's way, in four stations; each says what was seen, or that it is not known here.
fn stops(
    known: Known,
    record: &PaymentRecord,
    reversed_at: Option<i64>,
    confirmed_at: Option<i64>,
    latest: Option<&Text>,
    frame: &Frame,
) -> Vec<Stop> {
    let at = |us: i64| Text::new(time(us, "%H:%M", frame), time(us, "%H:%M", frame));
    let stop = |zh, en, when: Text, state| Stop { name: Text::fixed(zh, en), when, state };
    let asked = stop("付款请求", "Request", at(record.opened_at), StopState::Past);
    let books = |state| stop("对账", "Books", Text::fixed("次日，收单机构", "next day, acquirer"), state);
    let back = |latest: Option<&Text>| {
        let when = latest.map_or(Text::fixed("问发卡行", "ask the issuer"), |t| {
            Text::new(format!("一般到{}", t.zh), format!("usually by {}", t.en))
        });
        stop("退回", "Back", when, StopState::Later)
    };
    let answered = record.answered_at.map_or(Text::fixed("没有看到", "not seen"), at);
    match known {
        Known::Approved => vec![
            asked,
            stop("后台批准", "Approved", answered, StopState::Past),
            books(StopState::Now),
            stop("到店", "Paid out", Text::fixed("按结算周期", "by the payout cycle"), StopState::Later),
        ],
        Known::Declined => vec![
            asked,
            stop("未批准", "Not approved", answered, StopState::Past),
            books(StopState::Now),
            back(None),
        ],
        Known::Reversed => {
            let when = confirmed_at.or(reversed_at);
            let when = when.map_or(Text::fixed("已受理", "accepted"), |us| {
                let t = time(us, "%H:%M", frame);
                Text::new(format!("{t} 已受理"), format!("{t} accepted"))
            });
            vec![asked, stop("冲正", "Reversal", when, StopState::Past), books(StopState::Now), back(latest)]
        }
        Known::ReversalSent | Known::ReversalRefused => {
            let when = reversed_at.map_or(Text::fixed("已发出", "sent"), |us| {
                let t = time(us, "%H:%M", frame);
                let (zh, en) = if known == Known::ReversalSent {
                    ("已发，未确认", "sent, open")
                } else {
                    ("未接受", "refused")
                };
                Text::new(format!("{t} {zh}"), format!("{t} {en}"))
            });
            vec![asked, stop("冲正", "Reversal", when, StopState::Now), books(StopState::Later), back(None)]
        }
        Known::Waiting | Known::Unknown => vec![
            asked,
            stop("冲正", "Reversal", Text::fixed("没有看到", "not seen"), StopState::Now),
            books(StopState::Later),
            back(None),
        ],
    }
}

fn time(us: i64, form: &str, frame: &Frame) -> String {
    let at = jiff::Timestamp::from_microsecond(us).unwrap_or_default();
    at.to_zoned_datetime(frame.time_zone.clone()).strftime(form).to_string()
}

/// The end of the usual time; public holidays are not known here.
fn working_days_after(us: i64, frame: &Frame) -> i64 {
    let mut at = us;
    let mut left = WORKING_DAYS;
    while left > 0 {
        at += DAY_US;
        // %u: 1 is Monday, 7 is Sunday.
        if !matches!(time(at, "%u", frame).as_str(), "6" | "7") {
            left -= 1;
        }
    }
    at
}

fn day(us: i64, frame: &Frame) -> Text {
    let part = |form| time(us, form, frame).trim_start_matches('0').to_owned();
    Text::new(
        format!("{} 月 {} 日", part("%m"), part("%d")),
        format!("{} {}", part("%d"), time(us, "%b", frame)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_people_write_them() {
        for (text, yuan) in
            [("268", 26_800), ("268.00", 26_800), ("¥1,268.5", 126_850), ("0.01", 1), ("268元", 26_800)]
        {
            assert_eq!(amount(text).and_then(|a| a[2]), Some(yuan), "{text}");
        }
        assert_eq!(amount("268.00").and_then(|a| a[0]), Some(268), "a currency without decimals");
        assert_eq!(amount("268.5").and_then(|a| a[0]), None);
        for wrong in ["", "-1", "2.6.8", "1e5", "268.0001", "abc", "1234567890123"] {
            assert_eq!(amount(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn weekends_are_no_working_days() {
        let frame = Frame::default();
        // Friday 2025-11-28, seven working days on: Tuesday 2025-12-09.
        let friday = 1_764_331_200_000_000;
        assert_eq!(time(friday, "%u", &frame), "5");
        assert_eq!(time(working_days_after(friday, &frame), "%Y-%m-%d", &frame), "2025-12-09");
        assert_eq!(day(working_days_after(friday, &frame), &frame).zh, "12 月 9 日");
    }

    #[test]
    fn codes_can_not_be_guessed() {
        let codes: std::collections::BTreeSet<String> = (0..1000).filter_map(|_| ticket_code()).collect();
        assert_eq!(codes.len(), 1000);
        assert!(codes.iter().all(|c| c.len() == 11));
    }
}
