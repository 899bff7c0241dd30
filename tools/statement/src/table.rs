//! From cells to transactions: finds the header, knows the columns' names, reads the lines around the table.
//!
//! Why it exists: every bank names its columns differently and changes them; a table of names covers them all and
//! the rest by what the columns hold. Never reads a sum line as a payment: a row without a date is none.

use crate::columns::{Columns, guess};
use crate::day::{self, Order};
use crate::preview::Correction;
use crate::{Amount, Direction, Refused, Role, Statement, Transaction};

/// Rows of cells.
pub type Cells = Vec<Vec<String>>;

/// What the file says of itself.
#[derive(Debug, Default)]
pub struct Preamble {
    /// Number of records.
    pub records: Option<usize>,
    /// Number and sum of what came in.
    pub income: Option<(Option<usize>, Amount)>,
    /// Number and sum of what went out.
    pub spending: Option<(Option<usize>, Amount)>,
    /// First and last day.
    pub period: Option<(jiff::civil::Date, jiff::civil::Date)>,
    /// Rows with a date but without an amount that can be read: their lines, from 1.
    pub unread: Vec<usize>,
    /// No row names its currency.
    pub rows_name_no_currency: bool,
    /// The direction was concluded, not read.
    pub direction_assumed: bool,
    /// The header's cells.
    pub header: Option<Vec<String>>,
}

/// Lines before the header, at most.
const HEADER_LINES_MAX: usize = 100;

/// Where the table begins and what its columns are.
pub(crate) struct Layout {
    /// The header's row.
    pub(crate) header: Option<usize>,
    /// The first row of payments.
    pub(crate) start: usize,
    /// The columns' roles.
    pub(crate) columns: Columns,
}

/// Finds the header, or guesses the columns where there is none; what the reader says goes before both.
pub(crate) fn layout(cells: &Cells, correction: &Correction) -> Option<Layout> {
    let said = |columns: Columns| columns.corrected(&correction.roles);
    if let Some(at) = correction.header {
        let header = cells.get(at)?;
        return Some(Layout { header: Some(at), start: at + 1, columns: said(Columns::of(header)) });
    }
    let followed = |at: usize, columns: &Columns| {
        let rows = cells[at + 1..].iter().filter(|r| r.iter().any(|c| !c.is_empty())).take(8);
        rows.clone().any(|row| {
            columns.all(Role::Date).any(|c| {
                row.get(c).is_some_and(|cell| {
                    day::read(cell, Order::DayFirst).or_else(|| day::read(cell, Order::YearFirst)).is_some()
                })
            })
        })
    };
    let candidates: Vec<(usize, Columns)> = cells
        .iter()
        .take(HEADER_LINES_MAX)
        .enumerate()
        .map(|(at, row)| (at, Columns::of(row)))
        .filter(|(_, columns)| columns.is_header())
        .collect();
    let best = candidates
        .iter()
        .position(|(at, columns)| followed(*at, columns))
        .or((!candidates.is_empty()).then_some(0));
    if let Some(best) = best {
        let (at, columns) = candidates.into_iter().nth(best)?;
        return Some(Layout { header: Some(at), start: at + 1, columns: said(columns) });
    }
    let columns = match guess(cells) {
        Some(columns) => columns,
        None if !correction.roles.is_empty() => Columns::default(),
        None => return None,
    };
    Some(Layout { header: None, start: 0, columns: said(columns) })
}

/// A row that looks like a header whose date or amount has another name: what it holds and what it lacks.
pub(crate) fn broken_header(cells: &Cells) -> Option<(usize, Columns)> {
    let rows = cells.iter().take(HEADER_LINES_MAX).enumerate();
    let places = |c: &Columns| c.found.iter().map(|f| f.1).collect::<std::collections::BTreeSet<_>>().len();
    let known = rows.map(|(at, row)| (at, Columns::of(row))).filter(|(_, columns)| places(columns) >= 2);
    known.max_by_key(|(at, columns)| (places(columns), std::cmp::Reverse(*at)))
}

/// Reads a table of cells.
pub fn read(
    cells: &Cells,
    fallback: &str,
    correction: &Correction,
) -> Result<(Statement, Preamble), Refused> {
    let Some(Layout { header, start, columns }) =
        layout(cells, correction).filter(|l| l.columns.missing().is_empty())
    else {
        return Err(match broken_header(cells) {
            Some((at, columns)) => Refused::Columns {
                line: at + 1,
                missing: columns.missing(),
                seen: cells[at]
                    .iter()
                    .filter(|c| !c.is_empty())
                    .take(30)
                    .map(|c| crate::mask::text(c, true))
                    .collect(),
            },
            None => Refused::NoTransactions,
        });
    };
    let above: Vec<String> = cells[..start].iter().map(|r| r.join(" ")).collect();
    let format = crate::checks::format_of(&above, fallback);
    let mut statement = Statement::new(format);
    let mut claims = Preamble::default();
    let date_at = columns.get(Role::Date);
    let dates = cells[start..].iter().filter_map(|r| r.get(date_at?)).map(String::as_str);
    let rows = Rows {
        order: correction.order.unwrap_or_else(|| day::order(dates.take(5_000))),
        columns: &columns,
        sign: match correction.plus_is_spending {
            Some(true) => Sign::Card,
            Some(false) => Sign::Account,
            None => sign(&cells[start..], &columns, &above),
        },
    };
    claims.header =
        header.map(|at| cells[at].iter().map(|c| c.trim().to_owned()).filter(|c| !c.is_empty()).collect());
    let mut tail = Vec::new();
    for (i, cells) in cells.iter().enumerate().skip(start) {
        match rows.transaction(cells) {
            Row::Read(t) => statement.transactions.push(*t),
            Row::NoDate => tail.push(cells.join(" ")),
            Row::NoAmount => claims.unread.push(i + 1),
        }
    }
    let unsaid = |t: &Transaction| kind(t.description.as_deref().unwrap_or("")).is_none();
    claims.direction_assumed = rows.sign == Sign::Assumed && statement.transactions.iter().any(unsaid);
    claims.rows_name_no_currency = statement.transactions.iter().all(|t| t.currency.is_none());
    crate::checks::preamble(&above, &tail, &mut statement, &mut claims);
    if header.is_some() && statement.account.is_none() {
        let card = columns.get(Role::Card).and_then(|at| cells.get(start)?.get(at)).filter(|c| !c.is_empty());
        statement.account = card.map(|c| c.trim_matches('\'').to_owned());
    }
    settle_currency(&mut statement);
    Ok((statement, claims))
}

/// The commonest currency of the rows becomes the statement's; rows keep theirs only where it differs.
fn settle_currency(statement: &mut Statement) {
    if statement.currency.is_none() {
        let mut counts: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
        for c in statement.transactions.iter().filter_map(|t| t.currency.as_deref()) {
            *counts.entry(c).or_default() += 1;
        }
        statement.currency = counts.into_iter().max_by_key(|(_, n)| *n).map(|(c, _)| c.to_owned());
    }
    for t in &mut statement.transactions {
        if t.currency == statement.currency {
            t.currency = None;
        }
    }
}

/// ISO letters of a currency as statements write it.
pub fn currency(text: &str) -> Option<String> {
    let text = text.trim();
    let known = match text {
        "人民币" | "人民币元" | "人民币（元）" | "RMB" | "元" | "¥" | "156" => "CNY",
        "港币" | "港元" => "HKD",
        "美元" => "USD",
        "欧元" => "EUR",
        "日元" => "JPY",
        "英镑" => "GBP",
        other if other.len() == 3 && other.bytes().all(|b| b.is_ascii_uppercase()) => other,
        _ => return None,
    };
    Some(known.to_owned())
}

/// What a sign means in a column of amounts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Sign {
    /// An account: minus is spending.
    Account,
    /// A credit card: plus is spending.
    Card,
    /// No sign, no flag: taken for spending.
    Assumed,
}

fn sign(rows: &[Vec<String>], columns: &Columns, above: &[String]) -> Sign {
    if columns.get(Role::Flag).is_some() || columns.get(Role::Out).is_some() {
        return Sign::Account;
    }
    let Some(at) = columns.get(Role::Amount) else { return Sign::Account };
    let of_card = columns.get(Role::Card).is_some()
        || above
            .iter()
            .any(|l| l.contains("信用卡") || l.contains("账单") || l.to_lowercase().contains("credit card"));
    if of_card && columns.get(Role::Balance).is_none() {
        // A card's list is mostly spending: where most amounts are below zero, minus is spending.
        let amounts = rows.iter().filter_map(|r| Amount::read(r.get(at)?));
        let (below, above) =
            amounts.fold((0usize, 0usize), |(b, a), x| (b + usize::from(x.0 < 0), a + usize::from(x.0 > 0)));
        return if below > above { Sign::Account } else { Sign::Card };
    }
    let signed = rows
        .iter()
        .filter_map(|r| r.get(at))
        .any(|c| c.contains(['-', '+', '(', '－', '−', '（']) && Amount::read(c).is_some());
    if signed || columns.get(Role::Balance).is_some() { Sign::Account } else { Sign::Assumed }
}

struct Rows<'a> {
    order: Order,
    columns: &'a Columns,
    sign: Sign,
}

enum Row {
    Read(Box<Transaction>),
    NoDate,
    NoAmount,
}

impl Rows<'_> {
    fn cell<'c>(&self, cells: &'c [String], role: Role) -> Option<&'c str> {
        self.columns.all(role).find_map(|at| cells.get(at).map(|c| c.trim()).filter(|c| !is_empty(c)))
    }

    fn transaction(&self, cells: &[String]) -> Row {
        let date = self.columns.all(Role::Date).find_map(|at| day::read(cells.get(at)?, self.order));
        let Some((date, with_date)) = date else { return Row::NoDate };
        let time =
            with_date.or_else(|| self.columns.all(Role::Time).find_map(|at| day::read_time(cells.get(at)?)));
        let cell = |role| self.cell(cells, role);
        let description = self.description(cells);
        let status = cell(Role::Status).map(str::to_owned);
        let words = format!("{} {}", description.as_deref().unwrap_or(""), status.as_deref().unwrap_or(""));
        let Some((amount, direction, neutral, from)) = self.money(cells, &words) else {
            return Row::NoAmount;
        };
        let note = from.find(['(', '（']).map(|at| &from[at..]);
        let refund_note = note.filter(|n| n.contains("退款"));
        let refunded = match refund_note {
            Some(n) if n.contains("全额") => Some(amount),
            Some(n) => Amount::read(n.trim_matches(|c: char| !c.is_ascii_digit())),
            None => cell(Role::Refund)
                .and_then(Amount::read)
                .or_else(|| {
                    Amount::read(
                        status
                            .as_deref()?
                            .split_once("已退款")?
                            .1
                            .trim_matches(|c: char| !c.is_ascii_digit()),
                    )
                })
                .filter(|a| a.0 > 0),
        };
        let void = status
            .as_deref()
            .is_some_and(|s| ["交易关闭", "已关闭", "失败", "已撤销", "冻结"].iter().any(|w| s.contains(w)));
        let own = currency_in(&from).or_else(|| currency(cell(Role::Currency)?));
        let counterparty = cell(Role::Counterparty).map(str::to_owned);
        Row::Read(Box::new(Transaction {
            date,
            time,
            amount,
            direction,
            description: description.filter(|d| Some(d) != counterparty.as_ref()),
            counterparty,
            balance: cell(Role::Balance).and_then(Amount::read),
            reference: cell(Role::Reference).map(str::to_owned),
            currency: own,
            status,
            neutral,
            void,
            refunded,
        }))
    }

    /// Up to two different texts, the better columns first.
    fn description(&self, cells: &[String]) -> Option<String> {
        let mut parts: Vec<&str> = Vec::new();
        for at in self.columns.all(Role::Description) {
            if let Some(c) = cells.get(at).map(|c| c.trim()).filter(|c| !is_empty(c))
                && !parts.contains(&c)
                && parts.len() < 3
            {
                parts.push(c);
            }
        }
        (!parts.is_empty()).then(|| parts.join(" · "))
    }

    /// Amount, direction, neutral, the cell it came from.
    fn money(&self, cells: &[String], words: &str) -> Option<(Amount, Direction, bool, String)> {
        let of = |role| {
            self.columns.all(role).find_map(|at| {
                let cell = cells.get(at)?;
                Amount::read(cell).map(|a| (a, cell.clone()))
            })
        };
        let split = [(Role::Out, Direction::Out), (Role::In, Direction::In)];
        if split.iter().any(|(role, _)| self.columns.get(*role).is_some()) {
            let both: Vec<_> =
                split.iter().filter_map(|(role, d)| of(*role).map(|(a, c)| (a, *d, c))).collect();
            // Where both cells hold something, one of them is zero.
            let (amount, direction, cell) = both.iter().find(|(a, ..)| a.0 != 0).or(both.first())?.clone();
            let turned = if direction == Direction::Out { Direction::In } else { Direction::Out };
            // A bank's debit column may hold the sign as well: then minus is no reversal.
            let reversed = amount.0 < 0 && direction == Direction::In;
            return Some((amount.abs(), if reversed { turned } else { direction }, false, cell));
        }
        let (amount, cell) = of(Role::Amount)?;
        if self.columns.get(Role::Flag).is_some() {
            let direction = flagged(self.cell(cells, Role::Flag).unwrap_or(""));
            return Some((
                amount.abs(),
                direction.unwrap_or_else(|| moved(words)),
                direction.is_none(),
                cell,
            ));
        }
        if let Some(direction) = Amount::side(&cell) {
            return Some((amount.abs(), direction, false, cell));
        }
        let direction = match (kind(words), self.sign, amount.0 < 0) {
            (Some(by_word), Sign::Card | Sign::Assumed, false) => by_word,
            (_, Sign::Account, negative) => {
                if negative {
                    Direction::Out
                } else {
                    Direction::In
                }
            }
            (_, _, negative) => {
                if negative {
                    Direction::In
                } else {
                    Direction::Out
                }
            }
        };
        Some((amount.abs(), direction, false, cell))
    }
}

/// What a cell says of the direction; None for what is neither.
fn flagged(cell: &str) -> Option<Direction> {
    let flag: String = cell.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect();
    match flag.as_str() {
        "c" | "cr" | "+" | "贷" | "收" | "入" | "in" => return Some(Direction::In),
        "d" | "dr" | "-" | "借" | "支" | "出" | "out" => return Some(Direction::Out),
        _ => {}
    }
    let has = |words: &[&str]| words.iter().any(|w| flag.contains(w));
    if has(&["不计", "中性", "其他", "收支", "收/支"]) {
        None
    } else if has(&[
        "支出", "支取", "借方", "转出", "取出", "付款", "出账", "消费", "已支", "debit", "moneyout",
        "withdraw", "paidout",
    ]) {
        Some(Direction::Out)
    } else if has(&[
        "收入", "收款", "贷方", "转入", "存入", "入账", "进账", "退款", "已收", "credit", "moneyin",
        "deposit", "paidin",
    ]) {
        Some(Direction::In)
    } else {
        None
    }
}

/// Which way money moved that is neither income nor spending.
fn moved(words: &str) -> Direction {
    let towards = ["退款", "充值", "转出到", "转出-到", "赎回", "收款", "收入", "退回"];
    if towards.iter().any(|w| words.contains(w)) { Direction::In } else { Direction::Out }
}

/// What a credit card's row says by its first word.
fn kind(words: &str) -> Option<Direction> {
    let words = words.trim_start();
    let of = |list: &[&str]| list.iter().any(|w| words.starts_with(w));
    if of(&["退货", "退款", "还款", "信用卡还款", "自动还款", "返现", "存入", "refund", "payment received"])
    {
        Some(Direction::In)
    } else if of(&["消费", "取现", "预借现金", "分期", "利息", "年费"]) {
        Some(Direction::Out)
    } else {
        None
    }
}

fn currency_in(cell: &str) -> Option<String> {
    currency(cell.trim().get(..3)?)
}

fn is_empty(cell: &str) -> bool {
    matches!(cell, "" | "/" | "-" | "--" | "—" | "无")
}
