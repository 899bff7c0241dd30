//! "Is this code right?": a photo or a pasted text, and what the code would do, to whom, and whether it is registered.
//!
//! Why it exists: a payer sees dots, and a sticker over a shop's code is seen by nobody. Never says that a code is
//! genuine: a copy of a registered code looks the same. Never links what a code holds, accuses nobody, keeps nothing.

use super::{Page, PublicFrame, STYLES, icon, page};
use maud::{Markup, html};
use tg_text::Text;

/// What it comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeTone {
    /// It stands in the register.
    Registered,
    /// Nothing speaks against it, nothing proves it.
    Unproven,
    /// Look first.
    Care,
    /// Leave it alone.
    Stop,
}

/// One thing that was seen in a code.
#[derive(Clone, Debug)]
pub struct CodeFinding {
    /// What.
    pub text: Text,
    /// What to do.
    pub action: Text,
}

/// What is told of one code.
#[derive(Clone, Debug)]
pub struct CodeAnswer {
    /// What it comes to.
    pub tone: CodeTone,
    /// What the code would do.
    pub does: Text,
    /// To whom, how much, where: names and values, card data hidden.
    pub facts: Vec<(Text, Text)>,
    /// Whether it is registered here.
    pub register: Text,
    /// What was seen, gravest first.
    pub findings: Vec<CodeFinding>,
    /// What to do.
    pub advice: Text,
    /// Its text, card data hidden, cut and without characters that turn or hide text.
    pub content: String,
}

/// What the page shows.
#[derive(Clone, Debug)]
pub enum CodePage {
    /// The form; a field that can't be taken, and why.
    Ask(Option<(&'static str, Text)>),
    /// No code was read in the photo.
    Nothing,
    /// The codes.
    Answers(Vec<CodeAnswer>),
}

/// The page. `has_register`: a terminal's number can be asked for; `megabytes`: the largest photo.
pub fn code(view: &CodePage, has_register: bool, megabytes: usize, frame: &PublicFrame) -> Markup {
    let title = frame.pick("收款码核验", "Is this code right?");
    let wrong = match view {
        CodePage::Ask(wrong) => wrong.as_ref(),
        _ => None,
    };
    let body = html! {
        @match view {
            CodePage::Ask(_) => {
                h1 { (title) }
                p.lead { (frame.pick("看看这张码会做什么、钱付给谁。不用登录，照片不保存。", "See what this code does and whom it pays. No sign-in, and the photo isn’t kept.")) }
            }
            CodePage::Nothing => section.note.care role="alert" {
                h1 { (icon("info")) " " (frame.pick("没有读出码", "No code was read")) }
                p { (frame.pick("靠近一些、避开反光，把整张码和四周的白边都拍进去，再试一次。这不说明码有问题，也不说明没有问题。", "Go nearer, avoid glare, take in the whole code with its white border, and try again. This says nothing for the code and nothing against it.")) }
            },
            CodePage::Answers(answers) => {
                @if answers.len() > 1 { p.lead role="status" { (frame.pick("照片里读出 ", "Codes read in the photo: ")) (answers.len()) (frame.pick(" 张码，请逐张看。", ". Look at each.")) } }
                @for answer in answers { (answered(answer, frame)) }
            }
        }
        (form(view, wrong, has_register, megabytes, frame))
        @if matches!(view, CodePage::Ask(_)) {
            h2.cap { (frame.pick("付款前自己看三样", "Look at three things before you pay")) }
            ul.ends.sheet.seen {
                @for (zh, en) in [
                    ("付款页面上的收款方名称和这家店对得上", "The payee’s name on the payment page fits this shop"),
                    ("码没有贴在另一张码上面，边上没有翘起", "The code isn’t pasted over another one, and no edge is loose"),
                    ("金额对；要求填卡号、密码、验证码或装应用的，不要继续", "The amount is right; stop if it asks for a card number, password or one-time code, or to install something"),
                ] { li { (frame.pick(zh, en)) } }
            }
        }
    };
    let back = if matches!(view, CodePage::Ask(_)) { "/" } else { "/code" };
    page(frame, Page { title, back: Some((back, title)), body, styles: STYLES, ..Page::default() })
}

fn form(
    view: &CodePage,
    wrong: Option<&(&'static str, Text)>,
    has_register: bool,
    megabytes: usize,
    frame: &PublicFrame,
) -> Markup {
    let at = |name: &str| wrong.filter(|(field, _)| *field == name).map(|(_, why)| frame.text(why));
    let complaint =
        |name: &str| html! { @if let Some(why) = at(name) { span.wrong-words role="alert" { (why) } } };
    html! {
        form method="post" action="/code" enctype="multipart/form-data" {
            @if !matches!(view, CodePage::Ask(_)) { h2.cap { (frame.pick("再查一张", "Check another code")) } }
            div.field.wrong[at("photo").is_some()] {
                label for="photo" { (frame.pick("码的照片", "A photo of the code")) }
                input #photo type="file" name="photo" accept="image/jpeg,image/png,image/webp";
                small { (frame.pick("JPEG、PNG 或 WebP，", "JPEG, PNG or WebP, up to ")) (megabytes) (frame.pick(" MB 以内。只拍店里贴出的码；不要拍您自己付款时出示的码，也不拍人脸、卡片。", " MB. Only a code that the shop puts up: not the one you show to pay, no faces, no cards.")) }
                (complaint("photo"))
            }
            div.field.wrong[at("text").is_some()] {
                label for="text" { (frame.pick("或者粘贴码的内容", "Or paste what the code says")) }
                textarea #text name="text" maxlength="4000" autocomplete="off" spellcheck="false" autocapitalize="none" {}
                small { (frame.pick("用扫码软件的“复制内容”得到；不要先打开里面的网址。", "As a scanner’s “copy” gives it; don’t open the address in it first.")) }
                (complaint("text"))
            }
            @if has_register {
                div.field.wrong[at("terminal").is_some()] {
                    label for="terminal" { (frame.pick("终端号（选填）", "The terminal’s number (optional)")) }
                    input #terminal name="terminal" maxlength="20" autocomplete="off" spellcheck="false" autocapitalize="characters";
                    small { (frame.pick("贴在码旁或印在小票上；填了就一并核对这张码是不是这台机器的。", "Beside the code or on a slip: then it is checked whether the code belongs to this machine.")) }
                    (complaint("terminal"))
                }
            }
            button.btn-big.go.full { (icon("search")) (frame.pick("看看这张码", "Check this code")) }
        }
    }
}

fn answered(answer: &CodeAnswer, frame: &PublicFrame) -> Markup {
    let (tone, name, words) = match answer.tone {
        CodeTone::Registered => {
            ("good", "check", frame.pick("与登记的码一致", "The same as a registered code"))
        }
        CodeTone::Unproven => {
            ("", "info", frame.pick("没有发现问题，但无法证明", "Nothing against it, nothing to prove it"))
        }
        CodeTone::Care => ("care", "tri", frame.pick("先核对", "Check first")),
        CodeTone::Stop => ("hot", "stop", frame.pick("先不要用这张码", "Don’t use this code for now")),
    };
    html! {
        section.note.(tone) role="status" {
            h1 { (icon(name)) " " (words) }
            p { (frame.text(&answer.advice)) }
        }
        h2.cap { (frame.pick("这张码会做什么", "What this code would do")) }
        div.note {
            p { (frame.text(&answer.does)) }
            @if !answer.facts.is_empty() {
                dl.pairs { @for (name, value) in &answer.facts { dt { (frame.text(name)) } dd { bdi { (frame.pick(&value.zh, &value.en)) } } } }
            }
        }
        h2.cap { (frame.pick("登记情况", "Registration")) }
        p.note { (frame.text(&answer.register)) }
        @if !answer.findings.is_empty() {
            h2.cap { (frame.pick("看到了什么", "What was seen")) }
            ul.sheet.seen { @for finding in &answer.findings { li {
                (frame.text(&finding.text))
                @if finding.action != answer.advice { small { (frame.text(&finding.action)) } }
            } } }
        }
        details.fold { summary { (icon("down")) (frame.pick("码的原文", "The code’s text")) } p.m { bdi { (answer.content) } } }
    }
}
