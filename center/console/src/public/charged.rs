//! "Charged, but the machine said failed" (扣款未出单): who asks, the look-up's forms, and help without one.
//!
//! The first words are the ones that prevent the harm: don't pay again yet. A shop looks among its own
//! terminal's payments, a cardholder by the reference number of the slip; each with facts from the slip that only
//! its holder has. Whoever has no slip gets guidance without a look-up. Never repeats what was typed.

use super::{Page, PublicFrame, icon, page, phone_link};
use maud::{Markup, html};
use tg_text::Text;

/// Which form is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChargedAs {
    /// Not said yet.
    #[default]
    Choose,
    /// Shop staff.
    Shop,
    /// The cardholder.
    Customer,
    /// Guidance without a look-up.
    NoSlip,
}

/// What the page before the answer shows.
#[derive(Clone, Debug, Default)]
pub struct ChargedAsk {
    /// Who asks.
    pub who: ChargedAs,
    /// Nothing was found: one answer for "no such payment" and "a wrong fact".
    pub not_found: bool,
    /// A field that can't be read, and what it should be.
    pub wrong: Option<(&'static str, Text)>,
}

/// The page before the answer.
pub fn charged(view: &ChargedAsk, frame: &PublicFrame) -> Markup {
    let title = frame.pick("扣了款，却显示失败", "Charged, but it said failed");
    let body = html! {
        section.answer {
            p.flag.no { (icon("noswipe")) (frame.pick("先别再付、再收", "Don’t pay or charge again yet")) }
            h1 { (frame.pick("查清结果再说，换一种方式付也先等等", "First find out; paying another way has to wait too")) }
        }
        @if view.not_found { (not_found(frame)) }
        @match view.who {
            ChargedAs::Choose => (choose(frame)),
            ChargedAs::Shop => (shop(view, frame)),
            ChargedAs::Customer => (customer(view, frame)),
            ChargedAs::NoSlip => (guidance(frame)),
        }
    };
    let back = if view.who == ChargedAs::Choose { "/" } else { "/charged" };
    page(frame, Page { title, back: Some((back, title)), body, ..Page::default() })
}

fn choose(frame: &PublicFrame) -> Markup {
    html! {
        h2.cap { (frame.pick("您是", "You are")) }
        ul.rows.sheet {
            @for (href, name, zh, en) in [
                ("/charged?as=shop", "store", ("店员", "查本店终端上的这一笔"), ("Shop staff", "Find the payment on your own terminal")),
                ("/charged?as=customer", "cardx", ("付款的顾客，有小票", "用小票上的参考号查"), ("The customer, with a slip", "Find it by the slip’s reference number")),
                ("/charged?as=no-slip", "ask", ("付款的顾客，没有小票", "不用查询，直接看怎么办"), ("The customer, no slip", "What to do, without a look-up")),
            ] {
                li { a href=(href) {
                    (icon(name)) b { (frame.lang.pick(zh.0, en.0)) }
                    svg.i.go aria-hidden="true" { use href="#i-next" {} }
                    small { (frame.lang.pick(zh.1, en.1)) }
                } }
            }
        }
        p.later { (frame.pick(
            "“扣款”常常只是银行先冻结；钱要不要入账，看后台的结果和第二天的对账。",
            "A “debit” is often only a hold. Whether it is booked depends on the host’s outcome and the next day’s reconciliation.",
        )) }
    }
}

/// A field of a form.
struct Field {
    name: &'static str,
    label: Text,
    hint: Text,
    mode: &'static str,
    max: u8,
    required: bool,
}

fn field(frame: &PublicFrame, view: &ChargedAsk, f: &Field) -> Markup {
    let wrong = view.wrong.as_ref().filter(|(name, _)| *name == f.name);
    html! {
        div.field.wrong[wrong.is_some()] {
            label for=(f.name) { (frame.text(&f.label)) }
            input #(f.name) name=(f.name) inputmode=(f.mode) maxlength=(f.max) required[f.required]
                autocomplete="off" autocapitalize="characters" spellcheck="false"
                aria-describedby={ (f.name) "-hint" } aria-invalid=[wrong.map(|_| "true")];
            @if let Some((_, words)) = wrong { span.wrong-words role="alert" { (frame.text(words)) } }
            small id={ (f.name) "-hint" } { (frame.text(&f.hint)) }
        }
    }
}

fn amount() -> Field {
    Field {
        name: "amount",
        label: Text::fixed("金额", "Amount"),
        hint: Text::fixed(
            "和小票或扣款通知上的一样，如 268.00",
            "As on the slip or the debit notice, such as 268.00",
        ),
        mode: "decimal",
        max: 14,
        required: true,
    }
}

fn last4() -> Field {
    Field {
        name: "last4",
        label: Text::fixed("卡号后四位", "Last four digits of the card"),
        hint: Text::fixed("只填四位，不要填整张卡号", "Four digits only, never the whole number"),
        mode: "numeric",
        max: 4,
        required: true,
    }
}

fn shop(view: &ChargedAsk, frame: &PublicFrame) -> Markup {
    let terminal = Field {
        name: "terminal",
        label: Text::fixed("终端号", "Terminal number"),
        hint: Text::fixed("小票上的“终端号”或 TID，8 位", "“Terminal” or TID on the slip, 8 characters"),
        mode: "text",
        max: 8,
        required: true,
    };
    let fact = Field {
        name: "fact",
        label: Text::fixed("参考号或流水号", "Reference or trace number"),
        hint: Text::fixed(
            "小票上的参考号（12 位），或凭证号、流水号（6 位）；没出票就看机器的“末笔交易”",
            "Reference (12) or trace number (6) from the slip; no slip: the machine’s “last transaction”",
        ),
        mode: "text",
        max: 12,
        required: true,
    };
    html! {
        form action="/charged" method="post" {
            input type="hidden" name="as" value="shop";
            (field(frame, view, &terminal))
            (field(frame, view, &fact))
            div.pair { (field(frame, view, &amount())) (field(frame, view, &last4())) }
            div.field {
                label for="day" { (frame.pick("哪一天", "Which day")) }
                select #day name="day" {
                    @for (value, zh, en) in [("0", "今天", "Today"), ("1", "昨天", "Yesterday"), ("2", "前天", "The day before"), ("7", "一周内", "Within a week")] {
                        option value=(value) { (frame.pick(zh, en)) }
                    }
                }
            }
            button.btn-big.go.full { (frame.pick("查这一笔", "Find this payment")) }
        }
        (privacy(frame))
    }
}

fn customer(view: &ChargedAsk, frame: &PublicFrame) -> Markup {
    let reference = Field {
        name: "fact",
        label: Text::fixed("参考号", "Reference number"),
        hint: Text::fixed("小票上的“参考号”，12 位", "“Reference” or RRN on the slip, 12 characters"),
        mode: "text",
        max: 12,
        required: true,
    };
    html! {
        form action="/charged" method="post" {
            input type="hidden" name="as" value="customer";
            (field(frame, view, &reference))
            div.pair { (field(frame, view, &amount())) (field(frame, view, &last4())) }
            button.btn-big.go.full { (frame.pick("查这一笔", "Find this payment")) }
        }
        p { a.textlink href="/charged?as=no-slip" { (frame.pick("没有小票", "No slip")) (icon("next")) } }
        (privacy(frame))
    }
}

fn privacy(frame: &PublicFrame) -> Markup {
    html! {
        p.source { (frame.pick(
            "填的内容只用来查这一笔，不进网址，也不另外保存。不会问密码、验证码和卡背三位数。",
            "What you enter is used for this look-up only; it is not put into an address and not kept. Nobody asks for a PIN, a code you were sent, or the three digits on the back.",
        )) }
    }
}

/// One answer for all that was not found, so that it teaches nothing.
fn not_found(frame: &PublicFrame) -> Markup {
    html! {
        section.note.care role="alert" {
            b { (frame.pick("没有查到完全相符的一笔。", "No payment matches all of this.")) }
            p { (frame.pick(
                "可能有一项不对，也可能这笔没有到过这里；查不到不等于没有扣款。照小票再核对一次；还是查不到，按下面的办法处理，结果明确之前不要再付。",
                "One of the facts may be wrong, or the payment never came here; not found does not mean not charged. Check the slip again; if it is still not found, do as below, and don’t pay again before the outcome is known.",
            )) }
        }
        (guidance(frame))
    }
}

/// What to do without a look-up.
pub(super) fn guidance(frame: &PublicFrame) -> Markup {
    html! {
        section.sheet.step {
            p.cap { (frame.pick("没有查询也能做的", "What helps without a look-up")) }
            ol.sub {
                li { div { (frame.pick("请店员在机器上查“末笔交易”，或请收单机构查这一笔。", "Ask the shop to query “last transaction” on the machine, or its acquirer to look it up."))
                    small { (frame.pick("查清之前不再付，也不再收，换一种方式也一样", "Until then no second payment, in any way")) } } }
                li { div { (frame.pick("记下时间、金额、卡号后四位、店名；截下扣款通知。", "Note time, amount, the card’s last four, the shop; take a screenshot of the debit notice."))
                    small { (frame.pick("不要拍整张卡", "No photo of the whole card")) } } }
                li { div { (frame.pick("顾客问发卡行：这一笔是冻结，还是已入账？打卡背面的电话。", "The cardholder asks the issuer whether it is a hold or booked: the number on the back of the card.")) } }
                li { div { (frame.pick("店里问收单机构：有没有冲正，对账有没有这一笔。", "The shop asks its acquirer whether there was a reversal, and whether reconciliation has this payment.")) } }
            }
        }
        (when_back(frame))
        @if let Some(phone) = &frame.service_phone {
            p.note { (frame.pick("店员打客服：", "Shop staff call service: ")) (phone_link(phone)) }
        }
    }
}

/// How long money takes, with where that is from.
pub(super) fn when_back(frame: &PublicFrame) -> Markup {
    html! {
        section.note {
            h2 { (frame.pick("钱一般什么时候退", "When money usually comes back")) }
            p { (frame.pick(
                "冲正成功：多数发卡行当天到 3 个工作日恢复，也有到 7 个工作日的；境外卡、预授权可能更久。没有冲正、靠对账退回：一般 3 到 7 个工作日。",
                "After an accepted reversal: with most issuers the same day to 3 working days, with some up to 7; foreign cards and pre-authorisations can take longer. Without a reversal, by reconciliation: usually 3 to 7 working days.",
            )) }
            p.source { (frame.pick(
                "依据：发卡与支付机构公开的帮助页（所说 1 至 7 个工作日不等），不是承诺；以发卡行的答复为准。",
                "From public help pages of issuers and payment firms (1 to 7 working days between them); no promise: the issuer’s answer counts.",
            )) }
        }
    }
}
