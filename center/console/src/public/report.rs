//! "The machine looks wrong": a report with a photo, and a code to follow it.
//!
//! Why it exists: a customer sees the skimmer before anybody else does. Asks for consent, says how long it is kept,
//! takes the place out of photos unless it is wanted. Never shows a report to anybody but the support desk and, by
//! its code, its state to whoever sent it. Advises nobody to touch or open a machine.

use super::{Page, PublicFrame, STYLES, icon, page};
use maud::{Markup, html};
use tg_text::Text;

/// What can look wrong: value and words.
pub const REPORT_KINDS: &[(&str, Text)] = &[
    ("added", Text::fixed("卡口或键盘上像是加装了东西", "Something seems added at the card slot or keypad")),
    (
        "damaged",
        Text::fixed("外壳撬过、裂开、封条破了", "The case was forced, is cracked, or a seal is broken"),
    ),
    (
        "swapped",
        Text::fixed(
            "机器和平时不一样，或序列号被遮住",
            "Not the usual machine, or its serial number is covered",
        ),
    ),
    ("code", Text::fixed("收款码像是被贴了一层", "The payment code seems pasted over")),
    ("camera", Text::fixed("有摄像头对着键盘", "A camera looks at the keypad")),
    (
        "behaviour",
        Text::fixed(
            "让我重复刷卡、把卡拿走、要密码",
            "I was made to swipe again, the card was taken away, a PIN was asked for",
        ),
    ),
    ("other", Text::fixed("其他", "Something else")),
];

/// What the page shows.
#[derive(Clone, Debug)]
pub enum ReportPage {
    /// The form; a field that can't be taken, and why.
    Ask(Option<(&'static str, Text)>),
    /// The operator takes no reports here: whom to tell.
    Closed,
    /// It was kept: its code, and the day on which it is deleted.
    Kept {
        /// The code.
        code: String,
        /// The day.
        until: String,
        /// What was done to the photos, if there were any.
        photos: Option<Text>,
    },
    /// The form to follow a report; true if nothing was found.
    Follow(bool),
    /// A report's state: received, until, the words of its state.
    State {
        /// When it came.
        received: String,
        /// When it is deleted.
        until: String,
        /// What has become of it.
        state: Text,
    },
}

/// The page.
pub fn report(view: &ReportPage, days: u32, frame: &PublicFrame) -> Markup {
    let title = frame.pick("机器看着不对", "The machine looks wrong");
    let body = match view {
        ReportPage::Ask(wrong) => ask(wrong.as_ref(), days, frame),
        ReportPage::Closed => closed(frame),
        ReportPage::Kept { code, until, photos } => html! {
            section.note.good role="status" {
                h1 { (frame.pick("收到了，谢谢", "Received, thank you")) }
                p { (frame.pick("支持人员会查看。您的查询码：", "The support desk will look at it. Your code:")) }
                p.m.receipt { (code) }
                p { (frame.pick("请抄下或截图。只有它能查到这份报告；我们没有您的联系方式。", "Write it down or take a screenshot. Only with it can this report be found; we have no way to reach you.")) }
            }
            @if let Some(photos) = photos { p.note { (frame.text(photos)) } }
            p.later { (frame.pick("保存到 ", "Kept until ")) (until) (frame.pick("，之后删除。", ", then deleted.")) }
            (care(frame))
            p { a.textlink href="/report/follow" { (frame.pick("查询报告", "Follow a report")) (icon("next")) } }
        },
        ReportPage::Follow(not_found) => html! {
            h1 { (frame.pick("查询报告", "Follow a report")) }
            @if *not_found { p.note.care role="alert" { (frame.pick("没有找到：查询码不对，或报告已到期删除。", "Nothing was found: the code is wrong, or the report was deleted in time.")) } }
            form method="post" action="/report/follow" {
                div.field { label for="code" { (frame.pick("查询码", "Your code")) } input #code name="code" required maxlength="40" autocomplete="off" spellcheck="false" autocapitalize="characters"; }
                button.btn-big.go.full { (icon("search")) (frame.pick("查询", "Look up")) }
            }
        },
        ReportPage::State { received, until, state } => html! {
            section.note role="status" { h1 { (frame.text(state)) }
                dl.pairs { dt { (frame.pick("收到", "Received")) } dd { (received) } dt { (frame.pick("保存到", "Kept until")) } dd { (until) } }
            }
            p.later { (frame.pick("这里只显示进度，不显示内容，也不显示处理了谁。", "Only the state is shown here, not the report, nor anybody’s name.")) }
        },
    };
    let back = if matches!(view, ReportPage::Ask(_) | ReportPage::Closed) { "/" } else { "/report" };
    page(frame, Page { title, back: Some((back, title)), body, styles: STYLES, ..Page::default() })
}

fn care(frame: &PublicFrame) -> Markup {
    html! {
        ul.dont {
            li { (icon("x")) (frame.pick("不要拆、不要掰、不要重启这台机器", "Don’t open, pry at or restart the machine")) }
            li { (icon("x")) (frame.pick("不要再在上面刷卡、输密码", "Don’t use it again for a card or a PIN")) }
            li { (icon("x")) (frame.pick("不要当面指责任何人；店员也可能是受害者", "Accuse nobody: the staff may be victims too")) }
        }
        p { a.textlink href="/gone?what=misused" { (frame.pick("已经在上面刷过卡，怕被盗刷", "I used my card on it and worry")) (icon("next")) } }
    }
}

fn closed(frame: &PublicFrame) -> Markup {
    html! {
        h1 { (frame.pick("告诉店长或收单机构", "Tell the shop’s manager or the acquirer")) }
        p.lead { (frame.pick("运行单位没有开放在线报告。请告诉店里负责人，或打小票、机身上的收单机构电话。", "The operator takes no reports here. Tell the person in charge, or call the acquirer’s number on the slip or the machine.")) }
        (care(frame))
    }
}

fn ask(wrong: Option<&(&'static str, Text)>, days: u32, frame: &PublicFrame) -> Markup {
    let at = |name: &str| wrong.filter(|(field, _)| *field == name).map(|(_, why)| frame.text(why));
    let complaint =
        |name: &str| html! { @if let Some(why) = at(name) { span.wrong-words role="alert" { (why) } } };
    html! {
        h1 { (frame.pick("机器看着不对", "The machine looks wrong")) }
        p.lead { (frame.pick("不用登录，不用留姓名。", "No sign-in, no name.")) }
        @if let Some(why) = at("all") { p.note.care role="alert" { (why) } }
        form method="post" action="/report" enctype="multipart/form-data" {
            fieldset.field.wrong[at("kind").is_some()] {
                legend { (frame.pick("哪里不对？", "What looks wrong?")) }
                @for (value, words) in REPORT_KINDS { label.tick { input type="radio" name="kind" value=(value) required; span { (frame.text(words)) } } }
                (complaint("kind"))
            }
            div.field.wrong[at("place").is_some()] {
                label for="place" { (frame.pick("在哪家店、哪台机器", "Which shop, which machine")) }
                input #place name="place" maxlength="200" autocomplete="off" required;
                small { (frame.pick("店名、地址；看得到的话写终端号", "Name and address; the terminal’s number if you can see it")) }
                (complaint("place"))
            }
            div.field.wrong[at("words").is_some()] {
                label for="words" { (frame.pick("您看到了什么（选填）", "What you saw (optional)")) }
                textarea #words name="words" maxlength="2000" {}
                small { (frame.pick("不要写卡号、密码、人名。", "No card numbers, PINs or people’s names.")) }
                (complaint("words"))
            }
            div.field.wrong[at("photo").is_some()] {
                label for="photo" { (frame.pick("照片（选填，最多 3 张）", "Photos (optional, at most 3)")) }
                input #photo type="file" name="photo" accept="image/jpeg,image/png" multiple;
                small { (frame.pick("JPEG 或 PNG，每张 5 MB 以内。不拍人脸、卡号、键盘上的手。照片里的拍摄地点和设备信息会先去掉。", "JPEG or PNG, up to 5 MB each. No faces, card numbers or hands on the keypad. Place and device details are taken out of photos first.")) }
                (complaint("photo"))
                label.tick { input type="checkbox" name="keep_place" value="yes"; span { (frame.pick("保留照片里的拍摄地点，帮助找到机器", "Keep the place in the photos, to help find the machine")) } }
            }
            div.field.wrong[at("consent").is_some()] {
                label.tick { input type="checkbox" name="consent" value="yes" required; span {
                    (frame.pick("我同意把以上内容交给运行单位的支持人员查看，保存 ", "I agree that the operator’s support desk sees this and that it is kept for ")) (days) (frame.pick(" 天后删除。", " days, then deleted.")) } }
                (complaint("consent"))
            }
            button.btn-big.go.full { (icon("eye")) (frame.pick("送出报告", "Send the report")) }
        }
        (care(frame))
        p { a.textlink href="/report/follow" { (frame.pick("我有查询码", "I have a code")) (icon("next")) } }
    }
}
