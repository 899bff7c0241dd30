//! The columns of a table: by their names, or where there is no header by what they hold.
//!
//! Why it exists: every bank names its columns differently; a new bank is a name in [`NAMES`]. Never looks at
//! more than the first rows.

use crate::Amount;
use crate::day::{self, Order};
use crate::table::Cells;

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
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
pub(crate) struct Columns {
    /// The better name of a role first.
    pub(crate) found: Vec<(Role, usize)>,
}

impl Columns {
    /// The roles of a header's cells, the better name first.
    pub(crate) fn of(header: &[String]) -> Columns {
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

    /// The best column of a role.
    pub(crate) fn get(&self, role: Role) -> Option<usize> {
        self.found.iter().find(|(r, _)| *r == role).map(|(_, at)| *at)
    }

    /// All columns of a role, the best first.
    pub(crate) fn all(&self, role: Role) -> impl Iterator<Item = usize> + '_ {
        self.found.iter().filter(move |(r, _)| *r == role).map(|(_, at)| *at)
    }

    /// A date, money, and three columns in all.
    pub(crate) fn is_header(&self) -> bool {
        let money = [Role::Amount, Role::In, Role::Out].iter().any(|r| self.get(*r).is_some());
        let places: std::collections::BTreeSet<usize> = self.found.iter().map(|f| f.1).collect();
        self.get(Role::Date).is_some() && money && places.len() >= 3
    }
}

/// Columns of a table without a header: by what most rows hold.
pub(crate) fn guess(cells: &Cells) -> Option<Columns> {
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
