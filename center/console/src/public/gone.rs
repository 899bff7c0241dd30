//! "My card or money is gone": what happened, then what to do, in the order in which minutes count.
//!
//! Why it exists: in the first quarter of an hour people do the right things in the wrong order. For a misused card
//! the bank comes first, then the proof that card and owner were together, then the police; for money sent, the
//! police first and the bank beside it. Numbers to tap are only those that the catalogue calls verified. Never asks
//! for a card number, a PIN or a code, never accuses anybody, never sends anything: the evidence pack is made on the
//! reader's own device.

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

struct Step {
    title: (&'static str, &'static str),
    do_it: &'static [(&'static str, &'static str)],
    numbers: Numbers,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Numbers {
    None,
    Police,
    Banks,
    Wallets,
    Complaints,
    Abroad,
}

const BANK_FIRST: Step = Step {
    title: ("打给银行，冻结", "Call the bank and freeze the card"),
    do_it: &[
        (
            "打卡背面的电话（或官方App里的电话），说“要冻结这张卡，有交易不是我做的”。",
            "Call the number on the back of the card (or in the official app): “Freeze this card; there are charges that I didn’t make.”",
        ),
        (
            "问：现在拿真卡去ATM做一次余额查询，是否还安全、机器会不会吞卡？",
            "Ask: is a balance enquiry with the real card at an ATM still safe now, or will the machine keep the card?",
        ),
        (
            "记下客服工号、受理编号、通话时间。",
            "Write down the agent’s number, the case number and the time of the call.",
        ),
    ],
    numbers: Numbers::Banks,
};
const POLICE_THEN: Step = Step {
    title: ("报警", "Go to the police"),
    do_it: &[
        (
            "带身份证、银行卡、流水和截图到派出所，或先打110；要《受案回执》。",
            "Bring your ID, the card, the statement and screenshots to a police station, or call 110 first; ask for the written receipt of your report.",
        ),
        (
            "说清每笔的时间、金额、商户、是否本人操作，只说事实，不猜是谁。",
            "Say time, amount and shop of each charge and whether it was you. Say facts; don’t guess who it was.",
        ),
    ],
    numbers: Numbers::Police,
};

fn steps(what: Gone) -> Vec<Step> {
    match what {
        Gone::Misused => vec![
            BANK_FIRST,
            Step {
                title: ("证明真卡在您手里", "Prove that the real card is with you"),
                do_it: &[
                    (
                        "银行说可以：马上到最近的ATM用真卡查一次余额，保留凭条。",
                        "If the bank says that it is safe: do one balance enquiry with the real card at the nearest ATM and keep the slip.",
                    ),
                    (
                        "银行说不要，或卡已挂失：不要插ATM（可能吞卡），拿卡去银行网点或派出所，请对方记录“见到真卡”的时间。",
                        "If it says no, or the card is reported lost: don’t put it into an ATM, which may keep it. Show it at a branch or a police station and have the time noted.",
                    ),
                ],
                numbers: Numbers::None,
            },
            POLICE_THEN,
            Step {
                title: ("向银行否认交易", "Dispute the charges with the bank"),
                do_it: &[
                    (
                        "问最后期限和要交的材料，要书面答复；附受案回执、ATM凭条和当时您在哪里的证明。",
                        "Ask for the last day and what is needed, and for a written answer; add the police receipt, the ATM slip and where you were at the time.",
                    ),
                    ("银行答复不满意，可以投诉。", "If the answer doesn’t satisfy you, you can complain."),
                ],
                numbers: Numbers::Complaints,
            },
        ],
        Gone::Lost => vec![
            Step {
                title: ("挂失", "Report the card lost"),
                do_it: &[
                    (
                        "打银行电话挂失，问最近一笔交易是什么。挂失后找到卡也不要再插ATM。",
                        "Call the bank, report it lost and ask for the latest charge. If the card turns up afterwards, don’t put it into an ATM.",
                    ),
                    ("记下受理编号和时间。", "Write down the case number and the time."),
                ],
                numbers: Numbers::Banks,
            },
            Step {
                title: ("手机钱包里也停掉", "Stop it in your wallets too"),
                do_it: &[(
                    "手机也丢了：用别人的手机打钱包客服冻结账户，再让运营商停机。",
                    "If the phone is gone too: call the wallet’s service from another phone to freeze the account, then have the SIM blocked.",
                )],
                numbers: Numbers::Wallets,
            },
            POLICE_THEN,
        ],
        Gone::Sent => vec![
            Step {
                title: ("立刻打 110 或 96110", "Call 110 or 96110 now"),
                do_it: &[
                    (
                        "说“我被骗转账，请求紧急止付”。报：转出账户和开户行、对方户名和账号、每笔时间和金额。",
                        "Say “I was tricked into a transfer; please stop the payment.” Give: your account and bank, the name and account it went to, time and amount of each.",
                    ),
                    ("96110打来的电话一定要接。", "If 96110 calls you, answer it."),
                ],
                numbers: Numbers::Police,
            },
            Step {
                title: ("同时打给银行或钱包", "Call your bank or wallet at the same time"),
                do_it: &[(
                    "让身边的人用另一部手机打：请求拦截、冻结，问是否还没入账。",
                    "Have somebody beside you use another phone: ask to intercept or freeze it, and whether it is booked yet.",
                )],
                numbers: Numbers::Banks,
            },
            Step {
                title: ("钱包付的，再找钱包", "Paid from a wallet? Tell the wallet"),
                do_it: &[(
                    "在官方App的账单里点“投诉/对订单有疑惑”，或打客服电话。",
                    "In the official app open the bill and choose the complaint, or call service.",
                )],
                numbers: Numbers::Wallets,
            },
            Step {
                title: ("保留证据，不要再转", "Keep the evidence, send nothing more"),
                do_it: &[(
                    "不删聊天、不拉黑、不交“解冻费”“保证金”。",
                    "Don’t delete the chat, don’t block, don’t pay an “unfreezing fee” or “guarantee”.",
                )],
                numbers: Numbers::None,
            },
        ],
        Gone::GaveCode => vec![
            Step {
                title: ("先断开", "Cut it off"),
                do_it: &[
                    (
                        "挂电话、退出会议、关掉屏幕共享；手机开飞行模式。远程软件先不删，留作证据。",
                        "Hang up, leave the meeting, stop sharing; switch the phone to flight mode. Don’t delete the remote app yet: it is evidence.",
                    ),
                    ("用另一部手机做下面的事。", "Do the following on another phone."),
                ],
                numbers: Numbers::None,
            },
            Step {
                title: ("冻结卡和账户", "Freeze cards and accounts"),
                do_it: &[(
                    "逐家打银行电话冻结，再在干净的手机上改密码、解绑免密支付。",
                    "Call each bank and freeze; then change passwords on a clean phone and end payments without a PIN.",
                )],
                numbers: Numbers::Banks,
            },
            Step {
                title: ("钱已经走了：报警", "Money has gone: the police"),
                do_it: &[(
                    "打110或96110，请求紧急止付。",
                    "Call 110 or 96110 and ask for an emergency stop.",
                )],
                numbers: Numbers::Police,
            },
            Step {
                title: ("钱包客服", "Your wallets"),
                do_it: &[(
                    "冻结钱包账户，检查登录设备。",
                    "Freeze the wallet’s account and look at its devices.",
                )],
                numbers: Numbers::Wallets,
            },
        ],
        Gone::Deposit => vec![
            Step {
                title: ("到此为止，不再付、不再给", "Stop here: pay nothing more, give nothing more"),
                do_it: &[
                    (
                        "不要再“刷一笔激活”，不扫“退押金”的码，不共享屏幕。",
                        "No further “activation swipe”, no “refund” code, no screen sharing.",
                    ),
                    (
                        "给过卡号、密码或验证码：先打银行冻结。",
                        "If you gave a card number, PIN or code: freeze the card first.",
                    ),
                ],
                numbers: Numbers::Banks,
            },
            Step {
                title: ("找机器上写的收单机构", "Ask the acquirer named on the machine"),
                do_it: &[(
                    "用官网上的电话（不用卖机人的），问商户名和结算账户是不是您的、押金依据，要书面答复。",
                    "Use the number on its own website (not the seller’s): ask whether merchant and settlement account are yours and what the deposit was for; ask for a written answer.",
                )],
                numbers: Numbers::None,
            },
            Step {
                title: ("投诉或报警", "Complain, or go to the police"),
                do_it: &[(
                    "交不出道理就投诉；拉黑失联就报警。",
                    "Without a good answer, complain; if the seller has vanished, go to the police.",
                )],
                numbers: Numbers::Complaints,
            },
            POLICE_THEN,
        ],
        Gone::Abroad => vec![
            Step {
                title: ("打给发卡银行", "Call the bank that issued the card"),
                do_it: &[(
                    "用卡背面的国际电话，说丢失或盗用；找不到号码就打卡组织。",
                    "Use the international number on the card and say lost or misused; if you have no number, call the card network.",
                )],
                numbers: Numbers::Abroad,
            },
            Step {
                title: ("就地报警", "Go to the police where you are"),
                do_it: &[(
                    "在中国打110（说英语也可以）；要书面回执，银行和保险会要。",
                    "In China call 110 (English is possible); ask for a written receipt: bank and insurer will want it.",
                )],
                numbers: Numbers::Police,
            },
            Step {
                title: ("中国的卡在国外", "A Chinese card abroad"),
                do_it: &[(
                    "打中国的银行电话前加+86；卡在手里就拍下当地的小票和护照出入境页。",
                    "Call your bank with +86 before its number; if you hold the card, keep local slips and the stamps in your passport.",
                )],
                numbers: Numbers::Banks,
            },
        ],
        Gone::Pack => Vec::new(),
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

fn words(what: Gone) -> Text {
    match what {
        Gone::Sent => Text::fixed(
            "“我叫____，____年__月__日__时__分，从____银行尾号____的账户转出____元，到____银行户名____、账号____。我发觉被骗，请求紧急止付。”",
            "“My name is ____. On ____ at ____ I sent ____ from my account ending ____ at ____ to the account ____ of ____ at ____. I was deceived; please stop the payment.”",
        ),
        Gone::Lost => Text::fixed(
            "“我叫____，尾号____的卡在____丢了，请马上挂失，并告诉我最近的几笔交易和受理编号。”",
            "“My name is ____. My card ending ____ was lost at ____. Please block it now and tell me the latest charges and the case number.”",
        ),
        _ => Text::fixed(
            "“我叫____，尾号____的卡，__月__日__时__分有一笔____元的交易，商户是____，不是我做的，卡在我手里。请马上冻结，登记否认交易，告诉我受理编号和下一步。”",
            "“My name is ____. On my card ending ____ there is a charge of ____ at ____ on ____ that I didn’t make; the card is with me. Please freeze it, register my dispute, and give me the case number and the next step.”",
        ),
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
