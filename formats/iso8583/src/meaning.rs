//! Readable meanings of processing code and entry mode.
//!
//! Source: ISO 8583:1987, data elements 3 and 22; UnionPay additions as in the project's entry_modes
//! catalogue. Never invents: what is not listed has no text.

use tg_text::Text;

/// What a payment wants, by the first two digits of the processing code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessingKind {
    /// 00: goods and services.
    Purchase,
    /// 01: cash.
    Cash,
    /// 02 to 19 otherwise: other debits, among them pre-authorisation (UnionPay 03) and cash back (09).
    OtherDebit,
    /// 20: refund; in UnionPay POS also the void of a sale.
    Refund,
    /// 21: deposit.
    Deposit,
    /// 22 to 29: other credits.
    OtherCredit,
    /// 30 to 39: inquiries and checks of an account.
    Inquiry,
    /// 40 to 49: transfers.
    Transfer,
    /// 50 to 59: payments to someone.
    Payment,
    /// 60 to 63: loading a chip purse from an account or with cash (UnionPay 圈存).
    Load,
    /// Anything else.
    Other,
}

/// The kind of a six-digit processing code.
pub fn processing_kind(code: u64) -> ProcessingKind {
    match code / 10_000 {
        0 => ProcessingKind::Purchase,
        1 => ProcessingKind::Cash,
        2..=19 => ProcessingKind::OtherDebit,
        20 => ProcessingKind::Refund,
        21 => ProcessingKind::Deposit,
        22..=29 => ProcessingKind::OtherCredit,
        30..=39 => ProcessingKind::Inquiry,
        40..=49 => ProcessingKind::Transfer,
        50..=59 => ProcessingKind::Payment,
        60..=63 => ProcessingKind::Load,
        _ => ProcessingKind::Other,
    }
}

/// What a processing code asks for, for people; `None` for codes of private use.
pub fn processing_code(code: u64) -> Option<Text> {
    let text = match (code / 10_000, processing_kind(code)) {
        (3, _) => Text::fixed("预授权", "pre-authorisation"),
        (9, _) => Text::fixed("消费并取现", "purchase with cash back"),
        (17, _) => Text::fixed("现金类扣款", "cash-like debit"),
        (31, _) => Text::fixed("余额查询", "balance inquiry"),
        (33, _) => Text::fixed("账户验证", "account verification"),
        (_, ProcessingKind::Purchase) => Text::fixed("消费", "purchase"),
        (_, ProcessingKind::Cash) => Text::fixed("取现", "cash withdrawal"),
        (_, ProcessingKind::OtherDebit) => Text::fixed("其他扣款", "other debit"),
        (_, ProcessingKind::Refund) => Text::fixed("撤销或退货", "void or refund"),
        (_, ProcessingKind::Deposit) => Text::fixed("存款", "deposit"),
        (_, ProcessingKind::OtherCredit) => Text::fixed("其他入账", "other credit"),
        (_, ProcessingKind::Inquiry) => Text::fixed("查询", "inquiry"),
        (_, ProcessingKind::Transfer) => Text::fixed("转账", "transfer"),
        (_, ProcessingKind::Payment) => Text::fixed("付款", "payment"),
        (_, ProcessingKind::Load) => Text::fixed("圈存", "load of a chip purse"),
        (_, ProcessingKind::Other) => return None,
    };
    Some(text)
}

/// How the card number came in, by the three digits of field 22.
pub fn entry_mode(digits: u64) -> Option<Text> {
    Some(match digits / 10 {
        0 => Text::fixed("未知", "unknown"),
        1 => Text::fixed("手输卡号", "card number keyed in"),
        2 => Text::fixed("磁条", "magnetic stripe"),
        3 => Text::fixed("条码或二维码", "bar or QR code"),
        5 => Text::fixed("接触式 IC 卡", "contact chip"),
        7 => Text::fixed("非接触式 IC 卡", "contactless chip"),
        80 => Text::fixed("芯片降级刷磁条", "chip fallback to magnetic stripe"),
        90 => Text::fixed("完整磁条数据", "full magnetic stripe"),
        91 => Text::fixed("非接磁条模式", "contactless magnetic-stripe mode"),
        95 => Text::fixed("IC 卡（CVV 不可靠）", "chip, CVV unreliable"),
        _ => return None,
    })
}

/// Whether the PIN could be entered, by the last digit of field 22.
pub fn pin_capability(digits: u64) -> Option<Text> {
    Some(match digits % 10 {
        1 => Text::fixed("可输密码", "PIN entry capable"),
        2 => Text::fixed("不可输密码", "no PIN entry"),
        8 => Text::fixed("密码键盘故障", "PIN pad out of order"),
        _ => return None,
    })
}
