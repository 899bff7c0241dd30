//! From cells to transactions: finds the header, knows the columns' names, reads the lines around the table.
//!
//! Why it exists: every bank names its columns differently and changes them; a table of names covers them all and
//! the rest by what the columns hold. Never reads a sum line as a payment: a row without a date is none.

use crate::day::{self, Order};
use crate::{Amount, Direction, Refused, Statement, Transaction};

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
}

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Role {
    Date,
    Time,
    Amount,
    In,
    Out,
    Flag,
    Balance,
    Currency,
    Counterparty,
    Description,
    Reference,
    Status,
    Card,
    Refund,
}

/// Names of columns, the better one of a role first. Compared without blanks and what stands in brackets, except
/// where the bracket is the name's point.
const NAMES: &[(Role, &[&str])] = &[
    (
        Role::Date,
        &[
            "交易时间",
            "交易日期",
            "交易日",
            "交易创建时间",
            "付款时间",
            "支付时间",
            "消费日期",
            "transactiondate",
            "记账日期",
            "记账日",
            "入账日期",
            "日期",
            "date",
            "datetime",
            "createdat",
            "completeddate",
            "postingdate",
            "posteddate",
            "bookingdate",
            "valuedate",
            "时间",
            "buchungstag",
            "datum",
        ],
    ),
    (Role::Time, &["交易时间", "时间", "time"]),
    (
        Role::Amount,
        &[
            "结算金额",
            "入账币种/金额",
            "入账金额",
            "记账金额",
            "billingamount",
            "交易金额",
            "金额",
            "发生额",
            "人民币金额",
            "实付金额",
            "支付金额",
            "交易币种/金额",
            "transactionamount",
            "amount",
            "value",
            "betrag",
        ],
    ),
    (
        Role::In,
        &[
            "记账金额(收入)",
            "收入",
            "收入金额",
            "存入",
            "存入金额",
            "转入金额",
            "贷方金额",
            "贷方发生额",
            "贷方",
            "credit",
            "credits",
            "creditamount",
            "deposit",
            "deposits",
            "paidin",
            "moneyin",
            "交易金额(收入)",
        ],
    ),
    (
        Role::Out,
        &[
            "记账金额(支出)",
            "支出",
            "支出金额",
            "取出金额",
            "转出金额",
            "消费金额",
            "借方金额",
            "借方发生额",
            "借方",
            "debit",
            "debits",
            "debitamount",
            "withdrawal",
            "withdrawals",
            "paidout",
            "moneyout",
            "交易金额(支出)",
        ],
    ),
    (
        Role::Flag,
        &[
            "收/支",
            "收支",
            "收支类型",
            "借贷标志",
            "借/贷",
            "借贷",
            "资金流向",
            "dr/cr",
            "cr/dr",
            "debit/credit",
            "direction",
        ],
    ),
    (
        Role::Balance,
        &["账户余额", "联机余额", "本次余额", "交易后余额", "余额", "balance", "runningbalance", "saldo"],
    ),
    (
        Role::Currency,
        &["结算币种", "记账币种", "billingcurrency", "币种", "货币", "交易币种", "currency", "ccy"],
    ),
    (
        Role::Counterparty,
        &[
            "交易对方",
            "商户名称",
            "对方户名",
            "对方名称",
            "交易对手名称",
            "交易对手",
            "对手信息",
            "对方信息",
            "对方账户名",
            "收款方",
            "商家名称",
            "payee",
            "merchant",
            "merchantname",
            "counterparty",
            "name",
        ],
    ),
    (
        Role::Description,
        &[
            "商品说明",
            "商品名称",
            "商品",
            "交易说明",
            "交易描述",
            "订单标题",
            "交易附言",
            "附言",
            "交易地点",
            "交易场所",
            "摘要",
            "交易摘要",
            "交易类型",
            "类型",
            "业务类型",
            "客户摘要",
            "备注",
            "description",
            "details",
            "memo",
            "narrative",
            "reference",
            "transactiondescription",
            "type",
        ],
    ),
    (
        Role::Reference,
        &[
            "交易订单号",
            "交易单号",
            "交易号",
            "流水号",
            "交易流水号",
            "日志号",
            "订单号",
            "transactionid",
            "referencenumber",
            "checkorslip#",
            "id",
        ],
    ),
    (Role::Status, &["交易状态", "当前状态", "状态", "status"]),
    (Role::Card, &["卡号后四位", "卡末四位", "卡号", "card#", "cardnumber", "account", "账号"]),
    (Role::Refund, &["成功退款(元)", "成功退款", "退款金额"]),
];

fn name_of(cell: &str) -> String {
    let wide: String = cell
        .chars()
        .map(|c| match c {
            '（' => '(',
            '）' => ')',
            '：' => ':',
            other => other,
        })
        .collect();
    wide.chars().filter(|c| !c.is_whitespace() && *c != '\u{feff}').collect::<String>().to_lowercase()
}

fn without_brackets(name: &str) -> &str {
    name.find('(').filter(|at| *at > 0).map_or(name, |at| &name[..at])
}

/// Which column has which role.
#[derive(Debug, Default)]
struct Columns {
    found: Vec<(Role, usize)>,
}

impl Columns {
    /// The roles of a header's cells, the better name first.
    fn of(header: &[String]) -> Columns {
        let names: Vec<String> = header.iter().map(|c| name_of(c)).collect();
        let mut found = Vec::new();
        for (role, known) in NAMES {
            for wanted in *known {
                let at = names.iter().position(|n| n == wanted).or_else(|| {
                    // The bracket tells income from spending in a bank's column; elsewhere it holds a unit.
                    names.iter().position(|n| {
                        without_brackets(n) == *wanted && !n.contains("(收入)") && !n.contains("(支出)")
                    })
                });
                found.extend(at.map(|at| (*role, at)));
            }
        }
        Columns { found }
    }

    fn get(&self, role: Role) -> Option<usize> {
        self.found.iter().find(|(r, _)| *r == role).map(|(_, at)| *at)
    }

    fn all(&self, role: Role) -> impl Iterator<Item = usize> + '_ {
        self.found.iter().filter(move |(r, _)| *r == role).map(|(_, at)| *at)
    }

    fn is_header(&self) -> bool {
        let money = [Role::Amount, Role::In, Role::Out].iter().any(|r| self.get(*r).is_some());
        let places: std::collections::BTreeSet<usize> = self.found.iter().map(|f| f.1).collect();
        self.get(Role::Date).is_some() && money && places.len() >= 3
    }
}

/// Lines before the header, at most.
const HEADER_LINES_MAX: usize = 100;

/// Reads a table of cells.
pub fn read(cells: &Cells, fallback: &str) -> Result<(Statement, Preamble), Refused> {
    let header = cells.iter().take(HEADER_LINES_MAX).position(|row| Columns::of(row).is_header());
    let (start, columns) = match header {
        Some(at) => (at + 1, Columns::of(&cells[at])),
        None => (0, guess(cells).ok_or(Refused::NoTransactions)?),
    };
    let above: Vec<String> = cells[..start].iter().map(|r| r.join(" ")).collect();
    let format = crate::checks::format_of(&above, fallback);
    let mut statement = Statement::new(format);
    let mut claims = Preamble::default();
    let date_at = columns.get(Role::Date);
    let dates = cells[start..].iter().filter_map(|r| r.get(date_at?)).map(String::as_str);
    let rows = Rows {
        order: day::order(dates.take(5_000)),
        columns: &columns,
        sign: sign(&cells[start..], &columns, &above),
    };
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
        "人民币" | "人民币元" | "RMB" | "元" | "¥" => "CNY",
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
        return Sign::Card;
    }
    let signed = rows
        .iter()
        .filter_map(|r| r.get(at))
        .any(|c| c.contains(['-', '+', '(']) && Amount::read(c).is_some());
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
            let flag = self.cell(cells, Role::Flag).unwrap_or("").to_lowercase();
            let direction = match flag.as_str() {
                "收入" | "收" | "贷" | "贷方" | "in" | "cr" | "credit" | "c" | "转入" | "存入" => {
                    Some(Direction::In)
                }
                "支出" | "支" | "借" | "借方" | "out" | "dr" | "debit" | "d" | "转出" | "取出" => {
                    Some(Direction::Out)
                }
                _ => None,
            };
            return Some((
                amount.abs(),
                direction.unwrap_or_else(|| moved(words)),
                direction.is_none(),
                cell,
            ));
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

/// Columns of a table without a header: by what most rows hold.
fn guess(cells: &Cells) -> Option<Columns> {
    let rows: Vec<&Vec<String>> = cells.iter().filter(|r| r.len() >= 3).take(200).collect();
    let width = rows.iter().map(|r| r.len()).max()?;
    let share = |at: usize, test: &dyn Fn(&str) -> bool| {
        rows.iter().filter(|r| r.get(at).is_some_and(|c| test(c))).count() * 10 >= rows.len() * 8
    };
    let date = (0..width).find(|at| share(*at, &|c| day::read(c, Order::DayFirst).is_some()))?;
    let number = |c: &str| c.trim().is_empty() || Amount::read(c).is_some();
    let money: Vec<usize> = (0..width)
        .filter(|at| {
            *at != date
                && share(*at, &number)
                && rows.iter().any(|r| r.get(*at).is_some_and(|c| Amount::read(c).is_some()))
        })
        .collect();
    let filled = |at: usize| share(at, &|c| !c.trim().is_empty());
    let text = (0..width).find(|at| *at != date && !money.contains(at) && filled(*at));
    let mut found = vec![(Role::Date, date)];
    found.extend(text.map(|at| (Role::Description, at)));
    match money.as_slice() {
        [out, income, balance] if filled(*balance) && !(filled(*out) && filled(*income)) => {
            found.extend([(Role::Out, *out), (Role::In, *income), (Role::Balance, *balance)]);
        }
        [out, income] if !filled(*out) && !filled(*income) => {
            found.extend([(Role::Out, *out), (Role::In, *income)])
        }
        [amount, balance, ..] if filled(*balance) => {
            found.extend([(Role::Amount, *amount), (Role::Balance, *balance)])
        }
        [amount, ..] => found.push((Role::Amount, *amount)),
        [] => return None,
    }
    (rows.len() >= 2).then_some(Columns { found })
}
