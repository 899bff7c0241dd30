//! The answer about one payment: what is known of the money, its stations, what to say, a slip to show.
//!
//! A mirror sees messages, not accounts: nothing here says that an account was or was not debited. "Pay another
//! way" stands only where a reversal was accepted. Of the card only the last four digits appear, which the asker
//! has typed.

use super::charged::when_back;
use super::{Page, PublicFrame, icon, page};
use maud::{Markup, html};
use tg_text::Text;

/// What is known of the payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// Approved.
    Approved,
    /// Not approved.
    Declined,
    /// The answer may still come.
    Waiting,
    /// No answer, or one that leaves the outcome open.
    Unknown,
    /// A reversal went out and is not confirmed.
    ReversalSent,
    /// A reversal went out and was refused.
    ReversalRefused,
    /// The reversal was accepted.
    Reversed,
}

/// One station of the money's way.
#[derive(Clone, Debug)]
pub struct Stop {
    /// Its name.
    pub name: Text,
    /// When, or what is known of it.
    pub when: Text,
    /// Past, now, or to come.
    pub state: StopState,
}

/// Where a station stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopState {
    /// Seen.
    Past,
    /// Waited for.
    Now,
    /// To come, or not known.
    Later,
}

/// What the answer shows.
#[derive(Clone, Debug)]
pub struct ChargedAnswer {
    /// True for shop staff.
    pub by_shop: bool,
    /// What is known.
    pub known: Known,
    /// The amount with its currency, such as `¥268.00`.
    pub amount: String,
    /// The stations.
    pub stops: Vec<Stop>,
    /// The day by which the money should be back, where that can be said.
    pub latest: Option<Text>,
    /// Lines of the slip: name and value.
    pub slip: Vec<(Text, String)>,
    /// Code with which the ticket is followed.
    pub ticket: String,
    /// True if somebody said how it ended.
    pub closed: bool,
}

impl Known {
    /// The first words, by what they forbid.
    fn flag(self) -> Text {
        match self {
            Known::Approved => Text::fixed("不要再收这一笔", "Don’t charge this again"),
            Known::Reversed => Text::fixed("不要再刷这张卡", "Don’t try this card again"),
            Known::Declined => {
                Text::fixed("收到扣款通知的，先别再付", "If there was a debit notice, don’t pay again yet")
            }
            _ => Text::fixed("先别再付，换一种方式也不行", "Don’t pay again yet, in any way"),
        }
    }

    fn headline(self) -> Text {
        match self {
            Known::Approved => Text::fixed("后台已批准这一笔", "The host approved this payment"),
            Known::Declined => Text::fixed("后台没有批准这一笔", "The host did not approve this payment"),
            Known::Waiting => Text::fixed("还在等后台应答", "The host’s answer is still awaited"),
            Known::Unknown => Text::fixed("结果还在查", "The outcome is not known yet"),
            Known::ReversalSent => {
                Text::fixed("已通知撤销，还没有确认", "Cancelling was asked for and is not confirmed")
            }
            Known::ReversalRefused => Text::fixed(
                "撤销没有被接受，由收单机构处理",
                "Cancelling was refused: the acquirer has to settle it",
            ),
            Known::Reversed => {
                Text::fixed("这笔已撤销，扣的钱原路退回", "Cancelled: what was taken goes back to the card")
            }
        }
    }

    /// What the shop says to the customer.
    fn say(self, amount: &str, latest: Option<&Text>) -> Text {
        let by =
            latest.map_or(("以银行答复为准".to_owned(), "your bank can say when".to_owned()), |t| {
                (
                    format!("一般到{}，以银行答复为准", t.zh),
                    format!("usually by {}; your bank can say exactly", t.en),
                )
            });
        match self {
            Known::Approved => Text::new(
                format!("这 {amount} 后台已经批准，是付成功的；您不用再付，我给您补打签购单。"),
                format!(
                    "These {amount} were approved: you have paid. Please don’t pay again; I’ll reprint the slip."
                ),
            ),
            Known::Declined => Text::new(
                format!(
                    "这 {amount} 后台没有批准。您收到扣款通知的话，先不要再付：请问一下银行这笔是冻结还是入账，我们也请收单机构查。"
                ),
                format!(
                    "These {amount} were not approved. If you got a debit notice, please don’t pay again yet: ask your bank whether it is a hold or booked; we ask our acquirer."
                ),
            ),
            Known::Waiting => Text::new(
                format!("这 {amount} 还在等结果，过两分钟我再查一次，请先不要再付。"),
                format!(
                    "These {amount} still wait for their outcome; I’ll look again in two minutes. Please don’t pay again yet."
                ),
            ),
            Known::Unknown => Text::new(
                format!(
                    "这 {amount} 的结果还没出来，可能扣了，也可能没扣。请先不要再付，我们正在请收单机构查。"
                ),
                format!(
                    "The outcome of these {amount} is not known yet: they may have been taken or not. Please don’t pay again; we are asking our acquirer."
                ),
            ),
            Known::ReversalSent | Known::ReversalRefused => Text::new(
                format!(
                    "机器已经通知银行撤销这 {amount}，还没有得到确认。请先不要再付，我们正在请收单机构查。"
                ),
                format!(
                    "The machine asked the bank to cancel these {amount}; that is not confirmed yet. Please don’t pay again; we are asking our acquirer."
                ),
            ),
            Known::Reversed => Text::new(
                format!("这 {amount} 已经撤销。您卡上如果扣了，会原路退回，{}。", by.0),
                format!(
                    "These {amount} were cancelled. If your card was charged, the money goes back to it, {}.",
                    by.1
                ),
            ),
        }
    }

    /// What comes next, for whoever asks.
    fn next(self, by_shop: bool) -> Vec<Text> {
        let mut lines = Vec::new();
        match self {
            Known::Approved => {
                lines.push(Text::fixed(
                    "机器没出单也算收到：在机器上补打签购单；对账时核对这一笔。",
                    "No slip doesn’t mean no payment: reprint it on the machine and check it in the reconciliation.",
                ));
            }
            Known::Reversed => {
                lines.push(Text::fixed(
                    "还要收这笔款：撤销已确认，请客户换一种方式付。",
                    "Still to be paid: cancelling is confirmed, the customer may pay another way.",
                ));
            }
            Known::Declined => {
                lines.push(Text::fixed(
                    "客户没有收到扣款通知的，按代码的提示处理；收到的，查清之前不再收。",
                    "No debit notice: do as the code says. A debit notice: no second payment before it is clear.",
                ));
            }
            Known::Waiting => {
                lines.push(Text::fixed(
                    "机器保持开机联网，两分钟后再查一次。",
                    "Leave the machine on and online; look again in two minutes.",
                ));
            }
            Known::Unknown | Known::ReversalSent | Known::ReversalRefused => {
                lines.push(Text::fixed(
                    "机器保持开机联网，十分钟后再查；还是这样，店里打收单机构，报下面的凭证。",
                    "Leave the machine on and online and look again in ten minutes; if nothing has changed the shop calls its acquirer with the slip below.",
                ));
                lines.push(Text::fixed(
                    "货先留着，请客户留个联系方式，结果出来再约；不退现金。",
                    "Keep the goods, ask how to reach the customer, agree on a time once it is known; no cash back.",
                ));
            }
        }
        if by_shop {
            lines.push(Text::fixed(
                "谁打给谁：店里打收单机构；客户打卡背面的电话。",
                "Who calls whom: the shop its acquirer; the customer the number on the back of the card.",
            ));
        } else {
            lines.push(Text::fixed(
                "您打卡背面的电话问发卡行；店里打收单机构。请店员看这一页。",
                "You call the issuer (back of the card); the shop calls its acquirer. Show this page to the shop.",
            ));
        }
        lines.push(Text::fixed(
            "这里看到的是交易报文，看不到您的账户：账户以发卡行为准。",
            "This shows the payment’s messages, not an account: the account is for the issuer to say.",
        ));
        lines
    }

    fn chip(self) -> (&'static str, Text) {
        match self {
            Known::Approved => ("ok", Text::fixed("已批准", "approved")),
            Known::Reversed => ("ok", Text::fixed("冲正已受理", "reversal accepted")),
            Known::Declined => ("warn", Text::fixed("未批准", "not approved")),
            Known::ReversalSent => ("warn", Text::fixed("冲正未确认", "reversal not confirmed")),
            Known::ReversalRefused => ("warn", Text::fixed("冲正未接受", "reversal refused")),
            Known::Waiting | Known::Unknown => ("warn", Text::fixed("结果未知", "outcome unknown")),
        }
    }
}

/// The answer.
pub fn charged_answer(view: &ChargedAnswer, frame: &PublicFrame) -> Markup {
    let title = frame.pick("扣了款，却显示失败", "Charged, but it said failed");
    let say = frame.text(&view.known.say(&view.amount, view.latest.as_ref()));
    let body = html! {
        section.answer {
            p.flag.no { (icon("noswipe")) (frame.text(&view.known.flag())) }
            h1 { (frame.text(&view.known.headline())) }
        }
        ol.stepper.sheet {
            @for stop in &view.stops {
                li.past[stop.state == StopState::Past].now[stop.state == StopState::Now]
                    aria-current=[(stop.state == StopState::Now).then_some("step")] {
                    span.dot { @if stop.state == StopState::Past { (icon("check")) } }
                    b { (frame.text(&stop.name)) } (frame.text(&stop.when))
                }
            }
        }
        @if view.by_shop {
            section.say.sheet {
                h2 { (frame.pick("对客户这样说", "What to tell the customer")) }
                blockquote #say { (say) }
                p.acts {
                    button.textlink.flat type="button" hidden data-large="#slip" { (icon("eye")) span { (frame.pick("大字给客户看", "Show it large")) } }
                    button.textlink.flat type="button" hidden data-copy="#say" data-done=(frame.pick("已复制", "Copied")) { (icon("copy")) span { (frame.pick("复制", "Copy")) } }
                }
            }
        }
        (slip(view, frame))
        ul.later { @for line in view.known.next(view.by_shop) { li { (frame.text(&line)) } } }
        @if view.known != Known::Approved { (when_back(frame)) }
        (follow(view, frame))
    };
    let dock = html! {
        @if let Some(phone) = frame.service_phone.as_ref().filter(|_| view.by_shop) {
            a.btn-big href={ "tel:" (phone.replace([' ', '-'], "")) } { (icon("phone")) (frame.pick("打给收单机构", "Call the acquirer")) }
        } @else {
            a.btn-big href="/charged" { (icon("search")) (frame.pick("查另一笔", "Another one")) }
        }
        form action="/charged" method="post" {
            input type="hidden" name="ticket" value=(view.ticket);
            button.btn-big.go.full-width { (icon("sign")) (frame.pick("再查一次", "Look again")) }
        }
    };
    page(
        frame,
        Page {
            title,
            back: Some(("/charged", title)),
            body,
            dock: Some(dock),
            scripts: &["public.js"],
            ..Page::default()
        },
    )
}

fn slip(view: &ChargedAnswer, frame: &PublicFrame) -> Markup {
    let (tone, words) = view.known.chip();
    html! {
        section.slip #slip aria-label=(frame.pick("凭证", "Slip")) {
            header {
                h2 { (frame.pick("查询凭证", "Slip of this query")) }
                span.chip.(tone) { (frame.text(&words)) }
                b { (view.amount) }
            }
            dl.pairs {
                @for (name, value) in &view.slip { dt { (frame.text(name)) } dd.n { (value) } }
                dt { (frame.pick("查询编号", "Query number")) } dd.n { (view.ticket) }
            }
        }
        p { button.textlink.flat type="button" hidden data-print { (icon("print")) (frame.pick("打印或存为 PDF", "Print or save as PDF")) } }
    }
}

/// How it ended, from whoever asked: learnt from, kept without a name.
fn follow(view: &ChargedAnswer, frame: &PublicFrame) -> Markup {
    html! {
        section.note {
            @if view.closed {
                p { (frame.pick("已记下结果，谢谢。", "Noted how it ended, thank you.")) }
            } @else {
                h2 { (frame.pick("后来怎样了？", "How did it end?")) }
                form.ends action="/charged" method="post" {
                    input type="hidden" name="ticket" value=(view.ticket);
                    @for (value, zh, en) in [("money_back", "钱退回来了", "Money came back"), ("paid_once", "付成了，只扣一次", "Paid, charged once"), ("not_back", "还没退", "Not back yet")] {
                        button.btn-big name="ended" value=(value) { (frame.pick(zh, en)) }
                    }
                }
                p.source { (frame.pick("只记结果和时间，不记姓名和卡号。", "Only the outcome and the time are kept: no name, no card.")) }
            }
        }
    }
}
