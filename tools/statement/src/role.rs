//! What a column holds: its stable names, and what it is called for people.
//!
//! Why it exists: readers, the preview and the page that corrects it speak of the same roles. Never knows how a bank
//! calls them: that is [`crate::columns`].

use serde::Serialize;
use tg_text::Text;

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The day, perhaps with its time.
    Date,
    /// The time alone.
    Time,
    /// An amount of either direction.
    Amount,
    /// An amount that came in.
    In,
    /// An amount that went out.
    Out,
    /// The direction in words.
    Flag,
    /// The balance after the row.
    Balance,
    /// The currency.
    Currency,
    /// The other side.
    Counterparty,
    /// What for.
    Description,
    /// The bank's number for the row.
    Reference,
    /// What became of it.
    Status,
    /// The account or card.
    Card,
    /// What came back.
    Refund,
}

impl Role {
    /// All, in the order in which a reader would look for them.
    pub const ALL: [Role; 14] = [
        Role::Date,
        Role::Time,
        Role::Amount,
        Role::In,
        Role::Out,
        Role::Flag,
        Role::Balance,
        Role::Counterparty,
        Role::Description,
        Role::Currency,
        Role::Reference,
        Role::Status,
        Role::Card,
        Role::Refund,
    ];

    /// Its stable name, as in JSON and forms.
    pub fn name(self) -> &'static str {
        match self {
            Role::Date => "date",
            Role::Time => "time",
            Role::Amount => "amount",
            Role::In => "in",
            Role::Out => "out",
            Role::Flag => "flag",
            Role::Balance => "balance",
            Role::Currency => "currency",
            Role::Counterparty => "counterparty",
            Role::Description => "description",
            Role::Reference => "reference",
            Role::Status => "status",
            Role::Card => "card",
            Role::Refund => "refund",
        }
    }

    /// The role of a name.
    pub fn from_name(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|r| r.name() == name)
    }

    /// What it is called for people.
    pub fn title(self) -> Text {
        match self {
            Role::Date => Text::fixed("日期", "date"),
            Role::Time => Text::fixed("时间", "time"),
            Role::Amount => Text::fixed("金额", "amount"),
            Role::In => Text::fixed("收入金额", "money in"),
            Role::Out => Text::fixed("支出金额", "money out"),
            Role::Flag => Text::fixed("收支方向", "direction in words"),
            Role::Balance => Text::fixed("余额", "balance"),
            Role::Currency => Text::fixed("币种", "currency"),
            Role::Counterparty => Text::fixed("对方", "other side"),
            Role::Description => Text::fixed("说明", "description"),
            Role::Reference => Text::fixed("流水号", "reference"),
            Role::Status => Text::fixed("状态", "status"),
            Role::Card => Text::fixed("卡号或账号", "card or account"),
            Role::Refund => Text::fixed("退款金额", "refunded"),
        }
    }
}
