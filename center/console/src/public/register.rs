//! "Is this shop registered?", "Is this machine registered?": asked with two facts of the slip.
//!
//! The words are "registered" and "not in this register", and which register it is. Nothing here says that a shop
//! or machine is genuine, nor that somebody did wrong: a register can be out of date, a machine can carry another
//! one's numbers.

use super::{Page, PublicFrame, icon, page, phone_link};
use maud::{Markup, html};
use tg_text::Text;

/// Which of the two questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegisterOf {
    /// The shop.
    Shop,
    /// The machine.
    Machine,
}

/// What the look-up gave.
#[derive(Clone, Debug, Default)]
pub enum Registered {
    /// Nothing was asked yet.
    #[default]
    Ask,
    /// A field that can't be read: its name and what it should be.
    Wrong(&'static str, Text),
    /// Both numbers stand together in the register.
    Yes {
        /// The registered name.
        name: Text,
        /// True or false if the serial was given and the register has one.
        serial_fits: Option<bool>,
        /// True if the register says that it is no longer in use.
        withdrawn: bool,
    },
    /// They don't: one answer for all that did not fit.
    No,
}

/// The page.
#[derive(Clone, Debug)]
pub struct RegisterPage {
    /// Which question.
    pub of: RegisterOf,
    /// What the look-up gave.
    pub found: Registered,
    /// Which register answers; `None`: there is none here.
    pub register: Option<Text>,
}

impl RegisterOf {
    fn path(self) -> &'static str {
        match self {
            RegisterOf::Shop => "/shop",
            RegisterOf::Machine => "/machine",
        }
    }

    fn title(self) -> Text {
        match self {
            RegisterOf::Shop => Text::fixed("商户登记查询", "Is this shop registered?"),
            RegisterOf::Machine => Text::fixed("机器登记查询", "Is this machine registered?"),
        }
    }
}

/// The page.
pub fn register(view: &RegisterPage, frame: &PublicFrame) -> Markup {
    let title = frame.text(&view.of.title());
    let body = html! {
        @match &view.found {
            Registered::Yes { name, serial_fits, withdrawn } => (yes(frame, view.of, name, *serial_fits, *withdrawn)),
            Registered::No => (no(frame)),
            Registered::Ask | Registered::Wrong(..) => h1 { (title) },
        }
        @match &view.register {
            Some(register) => {
                p.lead { (frame.pick("查的是：", "Asked of: ")) (frame.text(register)) }
                (form(view, frame))
            }
            None => p.note.care { (frame.pick(
                "这里没有登记簿，查不了。请打小票或机器标签上的收单机构电话核实。",
                "There is no register here to ask. Call the acquirer whose number is on the slip or the machine’s label.",
            )) },
        }
        p.source { (frame.pick(
            "“已登记”只说明登记簿里有这两个号码，不能证明眼前这台机器就是它；登记簿也可能没有及时更新。",
            "“Registered” means that both numbers stand in the register; it doesn’t prove that the machine before you is that one, and a register can be out of date.",
        )) }
    };
    page(frame, Page { title: &title, back: Some(("/", &title)), body, ..Page::default() })
}

fn yes(
    frame: &PublicFrame,
    of: RegisterOf,
    name: &Text,
    serial_fits: Option<bool>,
    withdrawn: bool,
) -> Markup {
    let name = frame.text(name);
    html! {
        @if serial_fits == Some(false) || withdrawn {
            section.note.care role="status" {
                h2 { (icon("tri"))
                    @if withdrawn { (frame.pick("登记里已停用", "Registered as no longer in use")) }
                    @else { (frame.pick("号码在登记里，序列号对不上", "Registered, but the serial number differs")) }
                }
                p { (frame.pick("登记的商户：", "Registered for: ")) b { (name) } }
                p { (frame.pick(
                    "先不要在这台机器上付款，换一种方式；请店员联系收单机构核对。登记可能还没更新。",
                    "Don’t pay on this machine for now; pay another way, and ask the shop to check with its acquirer. The register may be out of date.",
                )) }
            }
        } @else {
            section.note.good role="status" {
                h2 { (icon("check")) (frame.pick("已登记", "Registered")) }
                p { (frame.pick("登记的商户：", "Registered for: ")) b { (name) } }
                @if serial_fits == Some(true) { p { (frame.pick("序列号后六位与登记一致。", "The serial number’s last six match.")) } }
                p { @if of == RegisterOf::Shop {
                    (frame.pick("看看和店招、小票上的名字是不是同一家；不一样，先问店员。", "Compare it with the name over the door and on the slip; if they differ, ask the shop first."))
                } @else {
                    (frame.pick("店名不一样，或机器上有多出来的东西，先不要付款。", "If the shop’s name differs or something is added to the machine, don’t pay yet."))
                } }
            }
        }
    }
}

fn no(frame: &PublicFrame) -> Markup {
    html! {
        section.note.care role="status" {
            h2 { (icon("ask")) (frame.pick("不在这个登记里", "Not in this register")) }
            p { (frame.pick(
                "可能号码看错了一位，可能属于别的收单机构，也可能登记还没更新。照小票再核对一次。",
                "A digit may be misread, it may belong to another acquirer, or the register may be out of date. Check the slip again.",
            )) }
            p { (frame.pick(
                "拿不准就换一种方式付款，或请店员打收单机构核实。",
                "If in doubt pay another way, or ask the shop to check with its acquirer.",
            )) }
            @if let Some(phone) = &frame.service_phone { p { (frame.pick("客服：", "Service: ")) (phone_link(phone)) } }
        }
    }
}

fn form(view: &RegisterPage, frame: &PublicFrame) -> Markup {
    let field = |name: &'static str, label: (&str, &str), hint: (&str, &str), max: u8, required: bool| {
        let wrong = match &view.found {
            Registered::Wrong(field, words) if *field == name => Some(words),
            _ => None,
        };
        html! {
            div.field.wrong[wrong.is_some()] {
                label for=(name) { (frame.pick(label.0, label.1)) }
                input #(name) name=(name) maxlength=(max) required[required] autocomplete="off"
                    autocapitalize="characters" spellcheck="false" aria-describedby={ (name) "-hint" }
                    aria-invalid=[wrong.map(|_| "true")];
                @if let Some(words) = wrong { span.wrong-words role="alert" { (frame.text(words)) } }
                small id={ (name) "-hint" } { (frame.pick(hint.0, hint.1)) }
            }
        }
    };
    html! {
        form action=(view.of.path()) method="post" {
            (field("merchant", ("商户号", "Merchant number"), ("小票上的“商户编号”，15 位", "“Merchant” on the slip, 15 characters"), 15, true))
            (field("terminal", ("终端号", "Terminal number"), ("小票上的“终端编号”，8 位", "“Terminal” on the slip, 8 characters"), 8, true))
            @if view.of == RegisterOf::Machine {
                (field("serial", ("序列号后六位（可不填）", "Serial number, last six (may be empty)"), ("机器背面标签上的 SN", "“SN” on the label at the back"), 6, false))
            }
            button.btn-big.go.full { (frame.pick("查询", "Look up")) }
        }
        p.source { (frame.pick("两个号码都在小票上：只有拿着小票的人能查。", "Both numbers stand on the slip: only who holds it can ask.")) }
    }
}
