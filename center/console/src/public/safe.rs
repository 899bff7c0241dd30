//! How to pay safely: five short illustrated pages.
//!
//! Why it exists: most misuse needs a habit that is easily changed. The drawings are ours and are reused where
//! machines are inspected and people are trained ([`drawing`]). Each drawing has words that say the same.

use super::{Page, PublicFrame, STYLES, icon, page};
use maud::{Markup, PreEscaped, html};
use tg_text::Text;

/// One page of the guide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Safe {
    /// Choosing where to pay.
    Merchant,
    /// Looking at the machine.
    Device,
    /// Covering the PIN.
    Pin,
    /// Keeping receipts.
    Receipt,
    /// Checking the account.
    Account,
}

impl Safe {
    /// All, in order.
    pub const ALL: [Safe; 5] = [Safe::Merchant, Safe::Device, Safe::Pin, Safe::Receipt, Safe::Account];

    /// The value in the query.
    pub fn value(self) -> &'static str {
        match self {
            Safe::Merchant => "merchant",
            Safe::Device => "device",
            Safe::Pin => "pin",
            Safe::Receipt => "receipt",
            Safe::Account => "account",
        }
    }

    /// What a value means.
    pub fn from_value(value: &str) -> Option<Safe> {
        Safe::ALL.into_iter().find(|s| s.value() == value)
    }

    /// Its title.
    pub fn title(self) -> Text {
        match self {
            Safe::Merchant => Text::fixed("挑对商家", "Choose where you pay"),
            Safe::Device => Text::fixed("看一眼机器", "Look at the machine"),
            Safe::Pin => Text::fixed("遮住密码", "Cover the PIN"),
            Safe::Receipt => Text::fixed("留好小票", "Keep the receipt"),
            Safe::Account => Text::fixed("常看账户", "Check your account"),
        }
    }

    /// What to do, in a few lines.
    pub fn lines(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Safe::Merchant => &[
                (
                    "店名和小票、付款页上的商户名对得上；对不上先问清再付。",
                    "The shop’s name fits the name on the slip or the payment page; if not, ask before you pay.",
                ),
                (
                    "扫码前看清收款人；贴纸翘边、盖着另一张码的，请店员出示机器上的码。",
                    "Look at the payee before you pay by code; if a sticker is loose or covers another, ask for the code on the machine.",
                ),
                (
                    "网上：看网址和锁，不点短信里的付款链接。",
                    "Online: look at the address and the lock; don’t pay by a link in a message.",
                ),
            ],
            Safe::Device => &[
                (
                    "卡口、键盘有没有松动、鼓起、颜色不一样的一层。看，不用掰。",
                    "Is a layer at slot or keypad loose, raised or of another colour? Look; don’t pry.",
                ),
                (
                    "封条完整，序列号看得见，周围没有摄像头对着键盘。",
                    "The seal is whole, the serial number can be seen, no camera looks at the keypad.",
                ),
                (
                    "卡不离手、不离眼；优先插卡或挥卡，少刷磁条。",
                    "Keep the card in hand and in sight; insert or tap rather than swipe.",
                ),
                (
                    "觉得不对：不用它，告诉店长，在这里报告。",
                    "Something wrong? Don’t use it, tell the manager, report it here.",
                ),
            ],
            Safe::Pin => &[
                ("输密码时用另一只手和身体遮住。", "Cover the keypad with your other hand and your body."),
                (
                    "密码只按在机器键盘上：不告诉店员，不写进手机，不输进链接。",
                    "Press the PIN on the machine only: tell no one, don’t store it, don’t type it into a link.",
                ),
                ("看清屏幕上的金额再按密码。", "Read the amount on the screen before you press the PIN."),
                (
                    "让您多输几次密码、说“机器坏了再来一次”：先要失败小票，查清再付。",
                    "Asked for the PIN again because “the machine failed”? Ask for the slip of the failed one, and find out first.",
                ),
            ],
            Safe::Receipt => &[
                (
                    "核对商户、金额、时间、卡号后四位，和短信对一对。",
                    "Compare shop, amount, time and last four digits with the message from your bank.",
                ),
                (
                    "扣了款却显示失败：不重复付，留好两张小票和短信。",
                    "Debited but it says failed? Don’t pay again; keep both slips and the message.",
                ),
                (
                    "小票留到账单核完；扔之前撕碎。",
                    "Keep slips until the statement is checked; tear them up before you throw them away.",
                ),
            ],
            Safe::Account => &[
                (
                    "开通每笔动账提醒；小额免密的额度调到够用就好。",
                    "Turn on a message for every charge; set the limit without PIN as low as suits you.",
                ),
                (
                    "每周看一次流水：不认识的、重复的、几毛钱的试探。",
                    "Look once a week for charges that you don’t know, that repeat, or that are tiny trials.",
                ),
                (
                    "不用的卡和自动扣款关掉；手机号换了先改银行预留号。",
                    "Close cards and automatic payments that you don’t use; if your number changes, tell the bank first.",
                ),
                (
                    "出事第一步：打卡背面的电话冻结。",
                    "If something happens: first call the number on the card and freeze it.",
                ),
            ],
        }
    }
}

/// The guide's first page, or one of the five.
pub fn safe(which: Option<Safe>, frame: &PublicFrame) -> Markup {
    let all = frame.pick("怎样用卡更稳妥", "How to pay safely");
    let title = which.map_or(all.to_owned(), |w| frame.text(&w.title()));
    let body = match which {
        None => html! {
            h1 { (all) }
            p.lead { (frame.pick("五件小事，一分钟看完一件。", "Five small things, a minute each.")) }
            ul.rows.sheet.later-list { @for which in Safe::ALL { li { a href={ "/safe?on=" (which.value()) } {
                (icon(match which { Safe::Merchant => "store", Safe::Device => "pos", Safe::Pin => "lock", Safe::Receipt => "receipt", Safe::Account => "sheet" }))
                b { (frame.text(&which.title())) } svg.i.go aria-hidden="true" { use href="#i-next" {} }
                small { (frame.pick(which.lines()[0].0, which.lines()[0].1)) }
            } } } }
        },
        Some(which) => {
            let at = Safe::ALL.iter().position(|w| *w == which).unwrap_or(0);
            html! {
                h1 { (title) }
                figure.drawn { (drawing(which, frame)) }
                ol.sub.sheet.told { @for (zh, en) in which.lines() { li { span { (frame.pick(zh, en)) } } } }
                @if which == Safe::Device { p { a.textlink href="/report" { (icon("eye")) (frame.pick("报告一台机器", "Report a machine")) (icon("next")) } } }
                @if let Some(next) = Safe::ALL.get(at + 1) {
                    a.btn-big.full href={ "/safe?on=" (next.value()) } { (frame.text(&next.title())) (icon("next")) }
                }
            }
        }
    };
    let back = if which.is_some() { ("/safe", all) } else { ("/", frame.pick("首页", "Front page")) };
    page(frame, Page { title: &title, back: Some(back), body, styles: STYLES, ..Page::default() })
}

/// A drawing, with words that say the same to who can't see it.
pub fn drawing(which: Safe, frame: &PublicFrame) -> Markup {
    let (words, lines) = match which {
        Safe::Merchant => (
            Text::fixed(
                "店招和小票上的商户名一致",
                "The name over the shop and the name on the slip are the same",
            ),
            r#"<path class="f" d="M20 60h120v70H20z"/><path d="M20 60h120v70H20zM14 60l10-28h112l10 28"/><path class="a" d="M36 40h88v14H36z"/><path d="M92 130V88h30v42M36 80h38v28H36z"/><path class="f" d="M190 30h76v104l-12-7-13 7-13-7-13 7-13-7-12 7z"/><path d="M190 30h76v104l-12-7-13 7-13-7-13 7-13-7-12 7z"/><path class="a" d="M202 44h52v12h-52z"/><path d="M202 72h52M202 86h52M202 100h34"/><path class="g" d="M150 78h28M170 70l8 8-8 8M150 78l8-8M150 78l8 8"/>"#,
        ),
        Safe::Device => (
            Text::fixed(
                "看卡口、键盘、封条和序列号四处",
                "Look at four places: card slot, keypad, seal, serial number",
            ),
            r#"<rect class="f" x="104" y="6" width="92" height="148" rx="10"/><rect x="104" y="6" width="92" height="148" rx="10"/><path class="a" d="M116 18h68v26h-68z"/><path d="M118 60h12M144 60h12M170 60h12M118 76h12M144 76h12M170 76h12M118 92h12M144 92h12M170 92h12"/><path d="M196 50h10v28h-10z"/><path class="a" d="M112 112h22v12h-22z"/><path d="M150 116h36M150 122h24M120 142h60"/><path class="g" d="M226 64h24M84 76h24M84 118h20M198 119h52"/><circle class="g" cx="204" cy="64" r="21"/><circle class="g" cx="150" cy="76" r="41"/><circle class="g" cx="123" cy="118" r="18"/><ellipse class="g" cx="170" cy="119" rx="28" ry="13"/><text x="254" y="70">1</text><text x="66" y="82">2</text><text x="66" y="124">3</text><text x="254" y="125">4</text>"#,
        ),
        Safe::Pin => (
            Text::fixed("一只手按键，另一只手遮在上面", "One hand presses the keys, the other covers them"),
            r#"<rect class="f" x="90" y="40" width="120" height="100" rx="10"/><rect x="90" y="40" width="120" height="100" rx="10"/><path d="M108 66h18M141 66h18M174 66h18M108 90h18M141 90h18M174 90h18M108 114h18M141 114h18M174 114h18"/><path class="a" d="M60 52c30-30 140-38 178-8l14 22-30 12c-40-22-96-20-130 2z"/><path class="g" d="M146 150c-2-20 0-34 4-46l10 2c0 14 0 28 4 44"/>"#,
        ),
        Safe::Receipt => (
            Text::fixed(
                "小票和手机上的扣款短信金额一致",
                "The slip and the message on the phone show the same amount",
            ),
            r#"<path class="f" d="M40 16h88v128l-14-8-15 8-15-8-15 8-15-8-14 8z"/><path d="M40 16h88v128l-14-8-15 8-15-8-15 8-15-8-14 8zM54 34h60M54 50h60M54 66h36"/><path class="a" d="M54 88h60v16H54z"/><rect class="f" x="186" y="10" width="74" height="136" rx="12"/><rect x="186" y="10" width="74" height="136" rx="12"/><path d="M198 36h50v44h-34l-10 10v-10h-6z"/><path class="a" d="M204 50h38v14h-38z"/><path class="g" d="M138 92h38M168 84l8 8-8 8"/>"#,
        ),
        Safe::Account => (
            Text::fixed("在流水里圈出不认识的一笔", "One unknown charge is marked in a list"),
            r#"<rect class="f" x="70" y="10" width="160" height="138" rx="10"/><rect x="70" y="10" width="160" height="138" rx="10"/><path d="M86 34h80M196 34h18M86 58h60M196 58h18M86 106h70M196 106h18M86 130h50M196 130h18"/><path class="a" d="M82 72h136v20H82z"/><ellipse class="g" cx="150" cy="82" rx="84" ry="18"/>"#,
        ),
    };
    html! {
        svg.draw viewBox="0 0 300 160" role="img" aria-label=(frame.text(&words)) { (PreEscaped(lines)) }
        figcaption { (frame.text(&words)) }
    }
}
