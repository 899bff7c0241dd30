//! The front page's questions: nine, in three groups, each with its path.
//!
//! A question shows only when the server says that its page is there ([`super::PublicFrame::open`]).

use tg_text::Text;

/// The groups of the front page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Something went wrong.
    Trouble,
    /// Somebody wants to check.
    Check,
    /// Something looks wrong.
    Doubt,
}

impl Group {
    /// All, in order.
    pub const ALL: [Group; 3] = [Group::Trouble, Group::Check, Group::Doubt];

    /// Its heading.
    pub fn title(self) -> Text {
        match self {
            Group::Trouble => Text::fixed("出了问题", "Something went wrong"),
            Group::Check => Text::fixed("想核实", "I want to check"),
            Group::Doubt => Text::fixed("觉得不对", "Something looks wrong"),
        }
    }
}

/// One question.
#[derive(Debug)]
pub struct Question {
    /// The path of its page.
    pub path: &'static str,
    /// Where it stands.
    pub group: Group,
    /// Its icon.
    pub icon: &'static str,
    /// The question.
    pub title: Text,
    /// What the page answers.
    pub hint: Text,
    /// True if a minute counts: shown in red.
    pub urgent: bool,
}

const fn question(
    path: &'static str,
    group: Group,
    icon: &'static str,
    title: (&'static str, &'static str),
    hint: (&'static str, &'static str),
) -> Question {
    Question {
        path,
        group,
        icon,
        title: Text::fixed(title.0, title.1),
        hint: Text::fixed(hint.0, hint.1),
        urgent: false,
    }
}

/// All questions.
pub const QUESTIONS: &[Question] = &[
    question(
        "/guide",
        Group::Trouble,
        "posx",
        ("机器报错", "The machine shows an error"),
        ("屏幕上的字是什么意思，怎么办", "What the words on the screen mean, what to do"),
    ),
    question(
        "/charged",
        Group::Trouble,
        "receipt",
        ("扣了款，却显示失败", "I was charged, but it said failed"),
        ("先别再付；钱在哪里、什么时候退", "Don’t pay again yet; where the money is, when it comes back"),
    ),
    Question {
        path: "/gone",
        group: Group::Trouble,
        icon: "cardx",
        title: Text::fixed("卡或钱被盗", "My card or money is gone"),
        hint: Text::fixed("钱正在被转走，先打 110 或 96110", "Money leaving now? Call 110 or 96110 first"),
        urgent: true,
    },
    question(
        "/shop",
        Group::Check,
        "store",
        ("商户登记查询", "Is this shop registered?"),
        ("小票上的商户在不在登记里", "Whether the merchant on the slip is in the register"),
    ),
    question(
        "/machine",
        Group::Check,
        "pos",
        ("机器登记查询", "Is this machine registered?"),
        ("这台机器登记在哪家店", "Which shop this machine is registered for"),
    ),
    question(
        "/code",
        Group::Check,
        "qr",
        ("收款码核验", "Is this code right?"),
        ("这个码收款的是谁", "Whom this code pays"),
    ),
    question(
        "/report",
        Group::Doubt,
        "eye",
        ("机器看着不对", "The machine looks wrong"),
        ("有刮痕、变形、加装的东西", "Scratches, odd shapes, something added"),
    ),
    question(
        "/statement",
        Group::Doubt,
        "sheet",
        ("对账单检查", "Check my statement"),
        ("找出重复和不认识的扣款", "Find charges that repeat or that you don’t know"),
    ),
    question(
        "/offer",
        Group::Doubt,
        "horn",
        ("办机广告是不是骗局", "Is this offer a trap?"),
        ("“免费领 POS 机”这类话术", "“Free card machine” and the like"),
    ),
];
