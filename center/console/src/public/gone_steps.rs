//! The steps of "My card or money is gone": what to do, in which order, and what to say.
//!
//! Why it exists: the order is the product (product.md, I1): for a misused card the bank first, then the proof with
//! the real card, then the police; for money sent the police at once and the bank beside it. Never tells anybody to
//! put a card into an ATM before the bank was asked, nor to name a culprit.

use super::Gone;
use tg_text::Text;

/// One step.
pub(super) struct Step {
    /// What it is.
    pub title: (&'static str, &'static str),
    /// What to do, in order.
    pub do_it: &'static [(&'static str, &'static str)],
    /// Which numbers stand under it.
    pub numbers: Numbers,
}

/// Which numbers a step shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Numbers {
    /// None.
    None,
    /// 110 and 96110.
    Police,
    /// Chinese banks.
    Banks,
    /// Wallets and the network.
    Wallets,
    /// Where to complain.
    Complaints,
    /// Other countries.
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

/// The steps of a path, in the order in which minutes count.
pub(super) fn steps(what: Gone) -> Vec<Step> {
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

/// What to say on the phone.
pub(super) fn words(what: Gone) -> Text {
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
