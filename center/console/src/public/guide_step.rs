//! One step of the guide: a question with its buttons, or a thing to do with 好了 / 还是不行 under the thumb.
//!
//! A step is a verb, a few lines and two answers; reasons fold away. A guard stands where the harm would happen.
//! What is not known is said so; nothing here says that an account was not debited.

use super::guide_end::{Told, orders, told};
use super::{Page, PublicFrame, icon, page};
use maud::{Markup, html};
use tg_text::Text;

/// What a step's page shows.
#[derive(Clone, Debug)]
pub struct GuideStep {
    /// The message or what else it is about.
    pub title: Text,
    /// The response code.
    pub code: Option<String>,
    /// What the code or message means, in one sentence.
    pub meaning: Option<Text>,
    /// True if the catalogue's row should be checked before it is relied on.
    pub check_before_use: bool,
    /// What is known of the money, in one sentence.
    pub money: Text,
    /// Gates that the facts call for.
    pub gates: Vec<Text>,
    /// Answers that contradict each other.
    pub contradictions: Vec<Text>,
    /// Which step this is, from 1, and how many there are at most.
    pub at: (usize, usize),
    /// Minutes that all steps from here take, without the call.
    pub minutes: u16,
    /// What is to be done or answered.
    pub act: Act,
    /// Red lines.
    pub guards: Vec<Text>,
    /// Why this step.
    pub why: Vec<Text>,
    /// Likely causes: words and percent.
    pub causes: Vec<(Text, u8)>,
    /// How this customer can pay all the same: what to do, what to say.
    pub sale: Option<(Text, Option<Text>)>,
    /// What to do with the customer's goods.
    pub goods: Option<Text>,
    /// True if the reader is the cardholder.
    pub customer: bool,
    /// Whom to call and what to tell.
    pub told: Option<Told>,
    /// Where the arrow leads back to.
    pub back: String,
    /// Where nothing fits.
    pub none_of_these: Option<String>,
}

/// What is to be done or answered.
#[derive(Clone, Debug)]
pub enum Act {
    /// A question with buttons: words and address.
    Ask {
        /// The question.
        text: Text,
        /// Where to look.
        look: Option<Text>,
        /// Buttons.
        answers: Vec<(Text, String)>,
        /// The state that a typed code is added to; `None` where nothing is typed.
        typed_code: Option<String>,
    },
    /// A step.
    Do {
        /// A verb and what to do.
        text: Text,
        /// How, one thing at a time.
        steps: Vec<Text>,
        /// What to say.
        say: Option<Text>,
        /// How to see that it helped.
        verify: Option<Text>,
        /// Address of 好了.
        good: String,
        /// Address of 还是不行.
        bad: String,
    },
    /// A call: the last step.
    Call,
    /// Stop using the machine; `tamper` makes the head red.
    Stop {
        /// True if somebody may have handled the machine.
        tamper: bool,
        /// Address of the next step.
        next: Option<String>,
    },
}

/// The page.
pub fn guide_step(view: &GuideStep, frame: &PublicFrame) -> Markup {
    let title = frame.text(&view.title);
    let red = matches!(view.act, Act::Stop { tamper: true, .. });
    let body = html! {
        @if !red { (progress(view, frame)) (known(view, frame)) }
        @for contradiction in &view.contradictions { p.note.care { (frame.text(contradiction)) } }
        @match &view.act {
            Act::Ask { text, look, answers, typed_code } => (ask(frame, text, look.as_ref(), answers, typed_code.as_deref())),
            Act::Do { text, steps, say, verify , .. } => {
                (do_this(frame, view, text, steps, say.as_ref(), verify.as_ref()))
            }
            Act::Call => (told(frame, view.told.as_ref(), false)),
            Act::Stop { tamper, .. } => {
                (orders(frame, *tamper, &view.guards))
                (told(frame, view.told.as_ref(), *tamper))
            }
        }
        @if !view.guards.is_empty() && !matches!(view.act, Act::Stop { .. }) {
            ul.dont aria-label=(frame.pick("不要做", "Don’t")) {
                @for guard in &view.guards { li { (icon("noswipe")) (frame.text(guard)) } }
            }
        }
        (customer(view, frame))
        (reasons(view, frame))
        @if let Some(href) = &view.none_of_these {
            p { a.textlink.calm href=(href) { (frame.pick("都不是，或做不了：直接看该找谁", "None of these, or not possible: whom to call")) (icon("next")) } }
        }
    };
    let head = html! { span { (title) } @if let Some(code) = &view.code { " " span.m { (code) } } };
    let words = match &view.code {
        Some(code) => format!("{title} {code}"),
        None => title.clone(),
    };
    let gate = red.then(|| super::guide_end::gate(frame, &view.back, &words));
    page(
        frame,
        Page {
            title: &words,
            back: Some((&view.back, &words)),
            back_markup: Some(head),
            gate,
            body,
            dock: dock(view, frame),
            scripts: &["public.js"],
            ..Page::default()
        },
    )
}

fn progress(view: &GuideStep, frame: &PublicFrame) -> Markup {
    let (at, most) = view.at;
    let label =
        frame.lang.pick(format!("第 {at} 步，最多 {most} 步"), format!("Step {at} of at most {most}"));
    let minutes = frame.lang.pick(format!("约 {} 分钟", view.minutes), format!("about {} min", view.minutes));
    html! {
        p.prog role="img" aria-label=(label) {
            @for n in 1..=most.min(8) { i.on[n <= at] {} }
            @if view.minutes > 0 { span { (icon("clock")) (minutes) } }
        }
    }
}

/// What the code means and what is known of the money, and the gates: before anything is to be done.
fn known(view: &GuideStep, frame: &PublicFrame) -> Markup {
    html! {
        @if let Some(meaning) = &view.meaning {
            p.mean {
                (frame.text(meaning))
                @if view.check_before_use { small.source { (frame.pick("（使用前请核实）", " (check before use)")) } }
            }
        }
        p.lead { (frame.text(&view.money)) }
        @if !view.gates.is_empty() {
            div.note.hot { @for gate in &view.gates { p { (frame.text(gate)) } } }
        }
    }
}

fn ask(
    frame: &PublicFrame,
    text: &Text,
    look: Option<&Text>,
    answers: &[(Text, String)],
    typed_code: Option<&str>,
) -> Markup {
    html! {
        section.step.sheet.asked {
            p.cap { (frame.pick("先看一眼", "First, a look")) }
            h1 { (frame.text(text)) }
            @if let Some(look) = look { p.lead { (frame.text(look)) } }
            @if let Some(state) = typed_code {
                form action="/guide" method="post" {
                    input type="hidden" name="s" value=(state);
                    div.typein {
                        input name="code" aria-label=(frame.pick("代码", "Code")) placeholder="A7" maxlength="6"
                            autocapitalize="characters" autocomplete="off" spellcheck="false" required;
                        button { (frame.pick("就是它", "This one")) }
                    }
                }
            }
            ul.choices { @for (words, href) in answers { li { a.btn-big href=(href) { (frame.text(words)) } } } }
        }
    }
}

fn do_this(
    frame: &PublicFrame,
    view: &GuideStep,
    text: &Text,
    steps: &[Text],
    say: Option<&Text>,
    verify: Option<&Text>,
) -> Markup {
    html! {
        section.step.sheet {
            p.cap { @if view.at.0 == 1 { (frame.pick("先做这一步", "Do this first")) } @else { (frame.pick("再做这一步", "Then this")) } }
            h1 { (frame.text(text)) }
            ol.sub {
                @for step in steps { li { div { (frame.text(step)) } } }
                @if let Some(verify) = verify { li { div { (frame.text(verify)) } } }
            }
            @if let Some(say) = say { blockquote.script { (frame.text(say)) } }
            @if frame.open.contains(&"/charged") {
                a.unless href="/charged" {
                    (icon("tri"))
                    span {
                        @if view.customer { (frame.pick("收到扣款通知？先别再付", "Got a debit notice? Don’t pay again")) }
                        @else { (frame.pick("客户收到扣款通知？先别再收", "The customer got a debit notice? Don’t charge again")) }
                    }
                    svg.i.go aria-hidden="true" { use href="#i-next" {} }
                }
            }
        }
    }
}

/// The sale and the goods: the other clock. The fault may wait, the customer doesn't.
fn customer(view: &GuideStep, frame: &PublicFrame) -> Markup {
    html! {
        @if view.sale.is_some() || view.goods.is_some() {
            section.note.till {
                h2 { (icon("bag")) (frame.pick("这位客户怎么办", "What about this customer")) }
                @if let Some((text, say)) = &view.sale {
                    p { (frame.text(text)) }
                    @if let Some(say) = say { blockquote.script { (frame.text(say)) } }
                }
                @if let Some(goods) = &view.goods { p { (frame.text(goods)) } }
            }
        }
    }
}

fn reasons(view: &GuideStep, frame: &PublicFrame) -> Markup {
    html! {
        @if !view.why.is_empty() || !view.causes.is_empty() {
            details.fold {
                summary { (icon("down")) (frame.pick("为什么是这一步？", "Why this step?")) }
                @for why in &view.why { p { (frame.text(why)) } }
                @if !view.causes.is_empty() {
                    ul.likely { @for (words, percent) in &view.causes {
                        li { span { (frame.text(words)) } b { (percent) "%" } }
                    } }
                }
            }
        }
    }
}

fn dock(view: &GuideStep, frame: &PublicFrame) -> Option<Markup> {
    match &view.act {
        Act::Do { good, bad, .. } => Some(html! {
            p.q { (frame.pick("现在好了吗？", "Does it work now?")) }
            a.btn-big.good href=(good) { (icon("check")) (frame.pick("好了", "Yes")) }
            a.btn-big href=(bad) { (icon("x")) (frame.pick("还是不行", "Still not")) }
        }),
        Act::Call | Act::Stop { .. } => {
            let told = view.told.as_ref()?;
            let next = match &view.act {
                Act::Stop { next: Some(next), .. } => Some(next),
                _ => None,
            };
            if told.phone.is_none() && next.is_none() {
                return None;
            }
            let tone = if matches!(view.act, Act::Stop { tamper: true, .. }) { "alarm" } else { "go" };
            Some(html! {
                @if let Some(phone) = &told.phone {
                    a.btn-big.(tone) .whole[next.is_none()] href={ "tel:" (phone.replace([' ', '-'], "")) } {
                        (icon("phone")) (frame.pick("拨打", "Call ")) (phone)
                    }
                }
                @if let Some(next) = next {
                    a.btn-big .whole[told.phone.is_none()] href=(next) { (icon("next")) (frame.pick("已停用，下一步", "Stopped; next")) }
                }
            })
        }
        Act::Ask { .. } => None,
    }
}
