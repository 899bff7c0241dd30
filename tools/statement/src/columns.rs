//! The columns of a table: by their names, or where there is no header by what they hold.
//!
//! Why it exists: every bank names its columns differently; a new bank is a name in [`NAMES`], and what stands
//! in no list is recognised by the words in it ([`WORDS`]). What is recognised wrongly, the reader corrects
//! ([`crate::Correction`]). Never looks at more than the first rows.

use crate::Amount;
use crate::Role;
use crate::day::{self, Order};
use crate::table::Cells;

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

/// Words that tell a column's role where no list knows its name: in the order in which they are tried, a column
/// having one role. The second list: words that forbid it.
const WORDS: &[(Role, &[&str], &[&str])] = &[
    (Role::Balance, &["余额", "结余", "balance", "saldo", "solde"], &[]),
    (Role::Refund, &["退款金额", "refundamount", "refunded"], &[]),
    (Role::Status, &["状态", "status"], &[]),
    (
        Role::Flag,
        &[
            "收/支",
            "收支",
            "支/收",
            "借/贷",
            "贷/借",
            "借贷",
            "资金流向",
            "交易方向",
            "资金方向",
            "收付",
            "存取",
            "dr/cr",
            "cr/dr",
            "indicator",
            "direction",
        ],
        &["金额"],
    ),
    (Role::Currency, &["币种", "币别", "货币", "currency", "ccy", "devise"], &["金额"]),
    (
        Role::In,
        &[
            "收入", "贷方", "存入", "转入", "入金", "收方", "credit", "deposit", "moneyin", "paidin",
            "received", "haben",
        ],
        &["支出", "支取", "借", "余额", "账号", "户名", "方式", "类型", "card", "limit", "线"],
    ),
    (
        Role::Out,
        &[
            "支出",
            "借方",
            "支取",
            "取出",
            "转出",
            "付出",
            "支付金额",
            "消费金额",
            "出金",
            "debit",
            "withdraw",
            "moneyout",
            "paidout",
            "spent",
            "soll",
        ],
        &["收入", "存入", "贷", "余额", "账号", "户名", "方式", "类型", "card"],
    ),
    (
        Role::Amount,
        &["金额", "发生额", "交易额", "amount", "betrag", "montant", "importe", "总额", "total", "价格"],
        &[
            "手续费",
            "服务费",
            "优惠",
            "折扣",
            "立减",
            "退款",
            "积分",
            "税",
            "fee",
            "tax",
            "discount",
            "限额",
            "大写",
        ],
    ),
    (
        Role::Date,
        &["日期", "date", "datum", "fecha", "交易日", "记账日", "入账日", "时间"],
        &["有效", "到期", "开户", "截止"],
    ),
    (Role::Time, &["时间", "time", "时刻"], &[]),
    (
        Role::Reference,
        &[
            "流水",
            "单号",
            "订单号",
            "凭证",
            "交易序号",
            "日志号",
            "参考号",
            "reference",
            "refno",
            "transactionid",
            "txnid",
        ],
        &["商户订单", "商家订单", "对方"],
    ),
    (
        Role::Counterparty,
        &[
            "对方户名",
            "对方名称",
            "对方姓名",
            "对手户名",
            "对手名称",
            "交易对方",
            "交易商户",
            "商户",
            "商家",
            "店铺",
            "收款人",
            "收款方",
            "付款人",
            "对方",
            "对手",
            "户名",
            "payee",
            "merchant",
            "beneficiary",
            "counterparty",
            "counter party",
            "payer",
        ],
        &[
            "账号",
            "账户号",
            "帐号",
            "开户",
            "行名",
            "行号",
            "编号",
            "订单",
            "单号",
            "号码",
            "类别",
            "code",
            "category",
        ],
    ),
    (
        Role::Card,
        &["卡号", "账号", "帐号", "尾号", "cardno", "cardnumber", "accountn"],
        &["对方", "对手", "收款", "付款", "余额"],
    ),
    (
        Role::Description,
        &[
            "摘要",
            "说明",
            "描述",
            "用途",
            "附言",
            "备注",
            "商品",
            "地点",
            "场所",
            "渠道",
            "类型",
            "分类",
            "description",
            "detail",
            "memo",
            "narrative",
            "remark",
            "particular",
            "purpose",
            "verwendungszweck",
            "libell",
            "type",
            "category",
        ],
        &[],
    ),
];
/// A header's cell is short.
const NAME_CHARACTERS_MAX: usize = 24;

fn name_of(cell: &str) -> String {
    let wide: String = cell
        .chars()
        .map(|c| match c {
            '（' => '(',
            '）' => ')',
            '：' => ':',
            'à' | 'á' | 'â' | 'ä' | 'Ä' => 'a',
            'é' | 'è' | 'ê' | 'ë' | 'É' => 'e',
            'í' | 'î' | 'ï' => 'i',
            'ó' | 'ô' | 'ö' | 'Ö' => 'o',
            'ú' | 'ù' | 'û' | 'ü' | 'Ü' => 'u',
            'ç' => 'c',
            'ñ' => 'n',
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
        by_words(&names, &mut found);
        Columns { found }
    }

    /// With what a reader says of some columns: these roles come first, and these columns have no other.
    pub(crate) fn corrected(mut self, said: &[(usize, Option<Role>)]) -> Columns {
        self.found
            .retain(|(role, at)| !said.iter().any(|(column, wanted)| column == at || *wanted == Some(*role)));
        // Amounts of either direction and of one direction exclude each other.
        let says = |role| said.iter().any(|(_, r)| *r == Some(role));
        if says(Role::Amount) {
            self.found.retain(|(role, _)| !matches!(role, Role::In | Role::Out));
        }
        if says(Role::In) || says(Role::Out) {
            self.found.retain(|(role, _)| *role != Role::Amount);
        }
        let first = said.iter().filter_map(|(column, role)| Some(((*role)?, *column)));
        self.found = first.chain(std::mem::take(&mut self.found)).collect();
        self
    }

    /// The role that is shown for a column.
    pub(crate) fn role_of(&self, column: usize) -> Option<Role> {
        let role = |r: &Role| self.get(*r) == Some(column);
        Role::ALL.into_iter().find(role).or_else(|| self.found.iter().find(|f| f.1 == column).map(|f| f.0))
    }

    /// Which of the roles without which nothing can be read are missing.
    pub(crate) fn missing(&self) -> Vec<Role> {
        let money = [Role::Amount, Role::In, Role::Out].iter().any(|r| self.get(*r).is_some());
        let mut missing = Vec::new();
        missing.extend(self.get(Role::Date).is_none().then_some(Role::Date));
        missing.extend((!money).then_some(Role::Amount));
        missing
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

/// Gives columns that no list knows the role that their words tell, where that role is still free.
fn by_words(names: &[String], found: &mut Vec<(Role, usize)>) {
    let like_a_name = |name: &String| {
        let digits = name.bytes().filter(u8::is_ascii_digit).count();
        !name.is_empty() && digits <= 1 && name.chars().count() <= NAME_CHARACTERS_MAX
    };
    let candidates: Vec<usize> = (0..names.len()).filter(|at| like_a_name(&names[*at])).take(60).collect();
    if candidates.len() < 3 {
        return;
    }
    for (role, words, forbidden) in WORDS {
        let split =
            matches!(role, Role::Amount) && found.iter().any(|(r, _)| matches!(r, Role::In | Role::Out));
        let whole = matches!(role, Role::In | Role::Out) && found.iter().any(|(r, _)| *r == Role::Amount);
        if split || whole || found.iter().any(|(r, _)| r == role) {
            continue;
        }
        for word in *words {
            let free = |at: usize| !found.iter().any(|(_, taken)| *taken == at);
            let fits = |name: &str| name.contains(word) && !forbidden.iter().any(|w| name.contains(w));
            if let Some(at) = candidates.iter().find(|at| free(**at) && fits(&names[**at])) {
                found.push((*role, *at));
                break;
            }
        }
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
