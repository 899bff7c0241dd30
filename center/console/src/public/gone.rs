//! "My card or money is gone": what happened, then what to do, in the order in which minutes count.
//!
//! Why it exists: in the first quarter of an hour people do the right things in the wrong order. For a misused card
//! the bank comes first, then the proof that card and owner were together, then the police; for money sent, the
//! police first and the bank beside it. Numbers to tap are only those that the catalogue calls verified. Never asks
//! for a card number, a PIN or a code, never accuses anybody, never sends anything: the evidence pack is made on the
//! reader's own device.

use super::gone_steps::{Numbers, steps, words};
use super::{Page, PublicFrame, STYLES, icon, page, phone_link};
use maud::{Markup, html};
use tg_text::Text;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    /// Charges that the owner did not make.
    Misused,
    /// The card is lost or stolen.
    Lost,
    /// Money was sent, or a code scanned.
    Sent,
    /// A code, a PIN or the screen was given away.
    GaveCode,
    /// A deposit for a machine, a fee that was to come back.
    Deposit,
    /// A card of a foreign bank, or abroad.
    Abroad,
    /// The evidence pack.
    Pack,
}

impl Gone {
    /// All that are asked for.
    pub const ALL: [Gone; 7] =
        [Gone::Misused, Gone::Lost, Gone::Sent, Gone::GaveCode, Gone::Deposit, Gone::Abroad, Gone::Pack];

    /// The value in the query.
    pub fn value(self) -> &'static str {
        match self {
            Gone::Misused => "misused",
            Gone::Lost => "lost",
            Gone::Sent => "sent",
            Gone::GaveCode => "code",
            Gone::Deposit => "deposit",
            Gone::Abroad => "abroad",
            Gone::Pack => "pack",
        }
    }

    /// What a value means.
    pub fn from_value(value: &str) -> Option<Gone> {
        Gone::ALL.into_iter().find(|g| g.value() == value)
    }

    fn asked(self) -> (&'static str, Text, Text) {
        match self {
            Gone::Misused => (
                "cardx",
                Text::fixed("有不是我刷的交易", "Charges that I didn’t make"),
                Text::fixed("卡还在手里", "The card is still with me"),
            ),
            Gone::Lost => (
                "wallet",
                Text::fixed("卡丢了或被偷", "My card is lost or stolen"),
                Text::fixed("先挂失", "Report it lost first"),
            ),
            Gone::Sent => (
                "qr",
                Text::fixed("转了账或扫了码，发觉不对", "I sent money or scanned a code, and it was wrong"),
                Text::fixed("分秒必争，先打 110 或 96110", "Every minute counts: 110 or 96110 first"),
            ),
            Gone::GaveCode => (
                "lock",
                Text::fixed("给了验证码、密码，或共享了屏幕", "I gave a code or PIN, or shared my screen"),
                Text::fixed("先断开，再冻结", "Cut it off, then freeze"),
            ),
            Gone::Deposit => (
                "pos",
                Text::fixed("办“免费POS机”交了钱", "I paid for a “free” card machine"),
                Text::fixed("押金、激活费、快递费", "Deposit, activation, delivery fee"),
            ),
            Gone::Abroad => (
                "globe",
                Text::fixed("外国银行的卡，或人在国外", "A foreign card, or I am abroad"),
                Text::fixed("各国电话", "Numbers by country"),
            ),
            Gone::Pack => (
                "bag",
                Text::fixed("把证据收好", "Keep the evidence"),
                Text::fixed("清单和校验，全在您自己的手机上", "List and checksums, all on your own device"),
            ),
        }
    }
}

/// A number to tap.
#[derive(Clone, Debug)]
pub struct Line {
    /// Whose.
    pub name: Text,
    /// The number or page, as it is published.
    pub number: String,
    /// For what.
    pub note: Text,
    /// Where the number was verified.
    pub source: String,
}

/// Numbers by use; all verified.
#[derive(Clone, Debug, Default)]
pub struct GoneLines {
    /// Chinese banks.
    pub banks: Vec<Line>,
    /// Wallets and the card network.
    pub wallets: Vec<Line>,
    /// Where to complain.
    pub complaints: Vec<Line>,
    /// Elsewhere: country, then the number.
    pub abroad: Vec<(String, Line)>,
}

/// The page.
pub fn gone(what: Option<Gone>, lines: &GoneLines, frame: &PublicFrame) -> Markup {
    let title = frame.pick("卡或钱被盗", "My card or money is gone");
    let body = match what {
        None => choose(frame),
        Some(Gone::Pack) => pack(frame),
        Some(what) => path(what, lines, frame),
    };
    let back = if what.is_some() { "/gone" } else { "/" };
    let scripts: &[&str] = if what == Some(Gone::Pack) { &["pack.js"] } else { &[] };
    page(frame, Page { title, back: Some((back, title)), body, scripts, styles: STYLES, ..Page::default() })
}

fn choose(frame: &PublicFrame) -> Markup {
    html! {
        h1 { (frame.pick("发生了什么？", "What happened?")) }
        section.note.hot {
            p { b { (frame.pick("钱正在被转走？现在就打", "Money leaving right now? Call")) } " " (phone_link("110")) " " (frame.pick("或", "or")) " " (phone_link("96110")) }
            p { (frame.pick("请求紧急止付，同时让家人打银行电话。", "and ask for an emergency stop, while somebody beside you calls the bank.")) }
        }
        ul.rows.sheet.later-list {
            @for what in Gone::ALL {
                @let (name, title, hint) = what.asked();
                li { a href={ "/gone?what=" (what.value()) } {
                    (icon(name)) b { (frame.text(&title)) }
                    svg.i.go aria-hidden="true" { use href="#i-next" {} }
                    small { (frame.text(&hint)) }
                } }
            }
        }
        p.later { (frame.pick("银行、警察和我们都不会要您的密码或验证码。说能帮您“追回”而先收费的，是第二次骗。", "No bank, police officer or we will ask for your PIN or a code. Whoever offers to “recover” your money for a fee cheats you a second time.")) }
    }
}

fn path(what: Gone, lines: &GoneLines, frame: &PublicFrame) -> Markup {
    let (_, title, _) = what.asked();
    html! {
        h1 { (frame.text(&title)) }
        ol.gone {
            @for step in steps(what) {
                li.sheet {
                    h2 { (frame.lang.pick(step.title.0, step.title.1)) }
                    ul { @for (zh, en) in step.do_it { li { (frame.pick(zh, en)) } } }
                    (numbers(step.numbers, lines, frame))
                }
            }
        }
        section.say.sheet {
            h2 { (frame.pick("电话里这样说", "Say this on the phone")) }
            blockquote.script { (frame.text(&words(what))) }
        }
        h2.cap { (frame.pick("留好这些", "Keep these")) }
        (checklist(frame))
        p { a.textlink href="/gone?what=pack" { (icon("bag")) (frame.pick("在自己手机上做一份证据清单", "Make an evidence list on your own device")) (icon("next")) } }
        ul.dont {
            li { (icon("x")) (frame.pick("不告诉任何人密码、验证码，也不拍卡背面的三位数", "Tell nobody your PIN or codes, and take no photo of the three digits on the back")) }
            li { (icon("x")) (frame.pick("不理会主动找来“帮您追款”的人和网站", "Ignore people and websites that offer to recover the money")) }
        }
    }
}

fn numbers(which: Numbers, lines: &GoneLines, frame: &PublicFrame) -> Markup {
    let list = |lines: &[Line]| {
        html! { ul.tels { @for line in lines { li { span { (frame.text(&line.name)) small.source { (frame.pick("来源：", "source: ")) (line.source) } } (reach(&line.number)) } } } }
    };
    match which {
        Numbers::None => html! {},
        Numbers::Police => html! {
            p.calls { a.btn-big.alarm href="tel:110" { (icon("phone")) "110" } a.btn-big.alarm href="tel:96110" { (icon("phone")) "96110" } }
        },
        Numbers::Banks => html! {
            details.fold { summary { (icon("down")) (frame.pick("卡不在手边？已核实的银行电话", "Card not at hand? Verified numbers of banks")) } (list(&lines.banks))
                p { (frame.pick("没有列出的银行，号码尚未核实，请看卡背面或官方App。", "Banks that are not listed: their numbers are not verified; look on the card or in the official app.")) } }
        },
        Numbers::Wallets => list(&lines.wallets),
        Numbers::Complaints => {
            html! { ul.tels { @for line in &lines.complaints { li { span { (frame.text(&line.name)) small { (frame.text(&line.note)) } } (reach(&line.number)) } } } }
        }
        Numbers::Abroad => html! {
            ul.tels { @for (country, line) in &lines.abroad { li { span { (country) " · " (frame.text(&line.name)) small { (frame.text(&line.note)) } } (reach(&line.number)) } } }
        },
    }
}

/// A number to tap, or what isn't one as it stands.
fn reach(number: &str) -> Markup {
    let first = number.split([';', '(', '/']).next().unwrap_or("").trim();
    let plain =
        !first.is_empty() && first.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | ' '));
    html! { @if plain { (phone_link(first)) @if first != number.trim() { small { " " (number) } } } @else { span { (number) } } }
}

const KEEP: &[(&str, &str)] = &[
    (
        "扣款短信、App推送、流水截图（看得见时间和金额）",
        "Messages, notifications, statement (time and amount visible)",
    ),
    ("小票、快递单、合同、押金条的照片", "Photos of slips, delivery notes, contracts, deposit receipts"),
    (
        "聊天、通话记录、对方主页和收款码截图，不要删",
        "Chats, call log, the other side’s profile and code; don’t delete them",
    ),
    ("转账凭证：户名、账号、开户行、流水号", "Transfer receipts: name, account, bank, reference"),
    ("当时您在哪里：行程、打卡、发票", "Where you were: travel, check-in, receipts"),
    ("每通电话：时间、工号、受理编号", "Each call: time, agent, case number"),
];

fn checklist(frame: &PublicFrame) -> Markup {
    html! {
        ul.sheet.ticks {
            @for (n, (zh, en)) in KEEP.iter().enumerate() {
                li { label { input type="checkbox" id={ "keep-" (n) }; span { (frame.pick(zh, en)) } } }
            }
        }
    }
}

fn pack(frame: &PublicFrame) -> Markup {
    html! {
        h1 { (frame.pick("把证据收好", "Keep the evidence")) }
        p.lead { (frame.pick("照片、录音、截图留着原件不要改。下面给每个文件算一个“指纹”（SHA-256），以后任何人都能核对它有没有变。", "Keep photos, recordings and screenshots as they are. Each file gets a “fingerprint” (SHA-256) by which anybody can check later that it has not changed.")) }
        p.note.good { (icon("lock")) " " (frame.pick("文件不会上传，全在您的手机上算。", "Nothing is uploaded: it is all worked out on your device.")) }
        div.field data-pack {
            label for="files" { (frame.pick("选择文件（可多选）", "Choose files (several)")) }
            input #files type="file" multiple;
            small { (frame.pick("不要选拍到卡背面三位数、密码的照片。", "Don’t choose photos that show the three digits on the back, or a PIN.")) }
        }
        noscript { p.note.care { (frame.pick("浏览器没有开启脚本，这一步做不了。您可以把原件发到自己的邮箱留底，或在电脑上运行 sha256sum。", "Scripts are off, so this step can’t be done here. Send the originals to your own mailbox, or run sha256sum on a computer.")) } }
        p.note.care hidden data-pack-no { (frame.pick("这个页面不是加密连接（https），浏览器不允许计算。", "This page is not an encrypted connection (https), so the browser won’t compute it.")) }
        p role="status" data-pack-status data-busy=(frame.pick("正在计算…", "Working…")) data-done=(frame.pick("个文件已算好", "files done")) data-large=(frame.pick("超过 200 MB，跳过", "larger than 200 MB, left out")) {}
        ul.sheet.seen hidden data-pack-list {}
        a.btn-big.go.full hidden data-pack-save download="SHA256SUMS.txt" { (icon("offline")) (frame.pick("保存清单", "Save the list")) }
        p.later { (frame.pick("清单和原件一起存两份（手机、电脑或云盘）。核对：sha256sum -c SHA256SUMS.txt。清单证明“从现在起没有变”，不证明内容真假；越早做越有用。", "Keep the list with the originals in two places. To check: sha256sum -c SHA256SUMS.txt. The list shows that nothing has changed since now; it doesn’t prove what the files say. The sooner, the better.")) }
        h2.cap { (frame.pick("收齐了吗", "Is it complete?")) }
        (checklist(frame))
    }
}
