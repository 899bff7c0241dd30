//! What the pages of findings show: the list with its filter, one finding, what people said of it.
//!
//! Why it exists: a finding is suspected, never proven: what it does not show has a place here that can't be
//! left out by forgetting it. Never holds a verdict on a person.

use super::{Amount, Card, Contact, Outcome, PaymentRow};
use tg_text::Text;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Severity {
    /// Good to know.
    Info,
    /// Low.
    Low,
    /// Medium.
    #[default]
    Medium,
    /// High.
    High,
    /// Look at it now.
    Critical,
}

/// What a finding is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A terminal number.
    Terminal(String),
    /// A merchant number and its name, where known.
    Merchant(String, Option<Text>),
    /// A card.
    Card(Card),
    /// An issuer, by name or BIN.
    Issuer(String),
    /// A device's serial number.
    Serial(String),
    /// Anything else, in words.
    Other(Text),
}

/// What a person said of a finding last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FindingState {
    /// Nothing, or it was taken back.
    #[default]
    Open,
    /// It is what it says.
    Confirmed,
    /// It is not.
    Dismissed,
}

impl FindingState {
    /// All, in the order of the list's tabs.
    pub const ALL: [FindingState; 3] = [FindingState::Open, FindingState::Confirmed, FindingState::Dismissed];

    /// The word in addresses, forms and exports.
    pub fn word(self) -> &'static str {
        match self {
            FindingState::Open => "open",
            FindingState::Confirmed => "confirmed",
            FindingState::Dismissed => "dismissed",
        }
    }

    /// The state of a word.
    pub fn from_word(word: &str) -> Option<FindingState> {
        FindingState::ALL.into_iter().find(|s| s.word() == word)
    }
}

/// In the demo: what the simulated city says of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It is one of the attacks that were staged.
    Staged,
    /// No attack was staged there.
    FalseAlarm,
}

/// One finding in a list.
#[derive(Clone, Debug)]
pub struct FindingRow {
    /// Its id as in its address: `/findings/{id}`.
    pub id: String,
    /// The detector's code, such as `card_testing`.
    pub code: String,
    /// What is suspected.
    pub title: Text,
    /// Whom or what it is about.
    pub subject: Subject,
    /// How much it matters.
    pub severity: Severity,
    /// Log time of the first event.
    pub first_us: i64,
    /// Log time of the last event.
    pub last_us: i64,
    /// How many events it rests on.
    pub events: u64,
    /// In one line.
    pub summary: Option<Text>,
    /// What was said of it last.
    pub state: FindingState,
    /// What the city says, while the viewer has that switched on.
    pub truth: Option<Truth>,
}

/// Another explanation of a finding.
#[derive(Clone, Debug)]
pub struct OtherExplanation {
    /// The explanation.
    pub text: Text,
    /// True: checked and not supported by the traffic; false: not checked.
    pub ruled_out: bool,
}

/// One thing to do next.
#[derive(Clone, Debug)]
pub struct Advice {
    /// A verb and what to do.
    pub title: Text,
    /// How, or why, or its limits.
    pub detail: Option<Text>,
}

/// One payment as a mark on a time axis.
#[derive(Clone, Debug, Default)]
pub struct Mark {
    /// When.
    pub at_us: i64,
    /// How it ended.
    pub outcome: Outcome,
    /// Its amount, drawn as height where given.
    pub amount: Option<Amount>,
}

/// One message of a terminal by its trace number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CountPoint {
    /// When it came.
    pub at_us: i64,
    /// Its trace number (DE11).
    pub trace: u32,
    /// True if it stands in the second of two lines.
    pub second: bool,
}

/// One line of marks among several: the payments of one merchant, place or kind.
#[derive(Clone, Debug)]
pub struct Lane {
    /// What its marks have in common.
    pub label: Text,
    /// More of that, in grey.
    pub detail: Option<Text>,
    /// Its payments, oldest first.
    pub marks: Vec<Mark>,
}

/// A place where a card or terminal was seen.
#[derive(Clone, Debug)]
pub struct Sighting {
    /// The place in words or degrees.
    pub place: Text,
    /// When.
    pub at_us: i64,
    /// Its payment, as in its address.
    pub payment: Option<String>,
}

/// The small picture of a finding.
#[derive(Clone, Debug, Default)]
pub enum Picture {
    /// Its payments over time, by amount and outcome.
    #[default]
    Marks,
    /// Trace numbers over time, in two lines.
    Counts(Vec<CountPoint>),
    /// Payments over time, in several lines.
    Lanes(Vec<Lane>),
    /// Two places and what lies between.
    Distance {
        /// Where it was first.
        from: Sighting,
        /// Where it was then.
        to: Sighting,
        /// How far apart.
        kilometres: u32,
    },
}

/// What a person said of a finding, with when and why.
#[derive(Clone, Debug)]
pub struct Judged {
    /// What.
    pub state: FindingState,
    /// Why, in words of the list.
    pub reason: Option<Text>,
    /// Why, in own words.
    pub note: Option<String>,
    /// Who; `None` where it is not known.
    pub by: Option<Text>,
    /// When.
    pub at_us: i64,
}

/// A reason for which a finding is dismissed: its stable name and words.
#[derive(Debug)]
pub struct DismissReason {
    /// The name in forms, in the store and in the log.
    pub name: &'static str,
    /// What a person reads.
    pub text: Text,
}

/// The reasons for which a finding is dismissed. Names are kept in the log: one that is no longer offered
/// stays here.
pub static DISMISS_REASONS: [DismissReason; 7] = [
    DismissReason {
        name: "training_or_test",
        text: Text::fixed("培训、测试或验收", "Training, a test or an acceptance"),
    },
    DismissReason {
        name: "known_swap_or_move",
        text: Text::fixed("已知的换机、维修或搬迁", "A known swap, repair or move"),
    },
    DismissReason {
        name: "register_error",
        text: Text::fixed(
            "登记有误（终端、商户或位置）",
            "The register is wrong (terminal, merchant or place)",
        ),
    },
    DismissReason {
        name: "fault",
        text: Text::fixed("故障造成（终端、通道或发卡机构）", "A fault of terminal, line or issuer"),
    },
    DismissReason {
        name: "ordinary_business",
        text: Text::fixed(
            "正常业务（退货、分单、集中消费等）",
            "Ordinary business (returns, split bills, a crowd)",
        ),
    },
    DismissReason {
        name: "same_as_another",
        text: Text::fixed("与另一条发现是同一件事", "The same matter as another finding"),
    },
    DismissReason {
        name: "other",
        text: Text::fixed("其他（请在备注写明）", "Other (say what in the note)"),
    },
];

/// Characters that a note may have.
pub const NOTE_CHARACTERS_MAX: usize = 500;

/// The page of one finding.
#[derive(Clone, Debug)]
pub struct FindingPage {
    /// The finding.
    pub finding: FindingRow,
    /// The subject's shop, where known.
    pub shop: Option<Text>,
    /// When it was found.
    pub found_us: Option<i64>,
    /// What it rests on.
    pub rests_on: Vec<Text>,
    /// What it does not show.
    pub not_shown: Vec<Text>,
    /// Other explanations.
    pub other_explanations: Vec<OtherExplanation>,
    /// What to do next.
    pub advice: Vec<Advice>,
    /// Whom to call, in order, and what to tell.
    pub contacts: Vec<Contact>,
    /// What must not be done. Shown in red.
    pub guards: Vec<Text>,
    /// Its picture.
    pub picture: Picture,
    /// Its events as marks, oldest first.
    pub marks: Vec<Mark>,
    /// Its payments, newest first.
    pub payments: Vec<PaymentRow>,
    /// First and last place in the log.
    pub offsets: (u64, u64),
    /// Other findings of the same subject, newest first.
    pub similar: Vec<FindingRow>,
    /// What was said of it, the last first.
    pub judged: Vec<Judged>,
    /// What is wrong with what was just sent, if anything.
    pub form_problem: Option<Text>,
    /// The identity of what will be said with this page's form.
    pub form_id: String,
}

/// The filter form of the findings list, as typed:
/// `?state=&code=&severity=&subject=&from=&to=&text=`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindingFilterForm {
    /// `open` (also if empty), `confirmed`, `dismissed` or `all`.
    pub state: String,
    /// A detector's code.
    pub code: String,
    /// At least so bad: `low`, `medium`, `high`, `critical`.
    pub severity: String,
    /// Number of a terminal or merchant, or a serial number.
    pub subject: String,
    /// From, `YYYY-MM-DDTHH:MM` in the viewer's zone.
    pub from: String,
    /// To, the same.
    pub to: String,
    /// Text in it.
    pub text: String,
}

/// In the demo: one attack that the city staged.
#[derive(Clone, Debug)]
pub struct StagedAttack {
    /// The detector's code that should find it.
    pub code: String,
    /// In words.
    pub title: Text,
    /// Whom it is about.
    pub subject: Subject,
    /// When it began.
    pub started_us: i64,
    /// The finding that names it, and how long that took.
    pub found: Option<(String, u64)>,
}

/// In the demo: the switch, and what it shows.
#[derive(Clone, Debug, Default)]
pub struct TruthPart {
    /// Whether the viewer has switched it on.
    pub on: bool,
    /// What was staged so far, the newest first; empty while it is off.
    pub staged: Vec<StagedAttack>,
    /// Findings that name no staged attack; 0 while it is off.
    pub false_alarms: u64,
}

/// The list of findings.
#[derive(Clone, Debug, Default)]
pub struct FindingsPage {
    /// The filter in force.
    pub filter: FindingFilterForm,
    /// What is wrong with the filter, if anything.
    pub filter_problem: Option<Text>,
    /// Newest first.
    pub findings: Vec<FindingRow>,
    /// Cursor of the next page (`?before=`).
    pub older: Option<String>,
    /// How many are open, confirmed, dismissed under the filter.
    pub counts: (u64, u64, u64),
    /// The detectors that a filter can name: code and words.
    pub codes: Vec<(String, Text)>,
    /// In the demo, the truth.
    pub truth: Option<TruthPart>,
}
