//! Does the statement add up: its own totals, its running balance, its period.
//!
//! Why it exists: an edited or cut file shows here, and so does a row that was read wrongly. Never says "forged":
//! it says which figures differ.

use crate::read::Reading;
use crate::table::{Preamble, currency};
use crate::{Amount, Check, Direction, Statement, Transaction, day};
use std::collections::BTreeMap;
use tg_text::Text;

/// Whose statement it is, by what stands above its table.
pub fn format_of(above: &[String], fallback: &str) -> &'static str {
    const MARKS: &[(&str, &str)] = &[
        ("微信支付账单", "wechat"),
        ("支付宝", "alipay"),
        ("京东账号", "jd"),
        ("美团", "meituan"),
        ("China Construction Bank", "ccb"),
        ("中国建设银行", "ccb"),
        ("工商银行", "icbc"),
        ("明细查询文件下载", "icbc"),
        ("中国银行信用卡账单", "boc"),
        ("农业银行", "abc"),
        ("招商银行", "cmb"),
        ("交通银行", "bocom"),
        ("中信银行", "citic"),
        ("浦发", "spdb"),
        ("邮储银行", "psbc"),
        ("平安银行", "pab"),
        ("兴业银行", "cib"),
        // Headers that only one bank has.
        ("联机余额", "cmb"),
        ("日 志 号", "abc"),
        ("日志号", "abc"),
        ("入账币种/金额", "bocom"),
        ("卡末四位", "citic"),
        ("取出金额", "spdb"),
        ("Billing currency", "hsbc"),
        ("Item # Card #", "bmo"),
    ];
    let found = MARKS.iter().find(|(mark, _)| above.iter().any(|l| l.contains(mark))).map(|(_, name)| *name);
    found.unwrap_or(if fallback == "excel" { "excel" } else { "csv" })
}

/// The columns that a format was known with; one format may have had several.
const KNOWN_COLUMNS: &[(&str, &[&str])] = &[
    (
        "alipay",
        &[
            "交易时间",
            "交易分类",
            "交易对方",
            "对方账号",
            "商品说明",
            "收/支",
            "金额",
            "收/付款方式",
            "交易状态",
            "交易订单号",
            "商家订单号",
            "备注",
        ],
    ),
    (
        "alipay",
        &[
            "交易号",
            "商家订单号",
            "交易创建时间",
            "付款时间",
            "最近修改时间",
            "交易来源地",
            "类型",
            "交易对方",
            "商品名称",
            "金额（元）",
            "收/支",
            "交易状态",
            "服务费（元）",
            "成功退款（元）",
            "备注",
            "资金状态",
        ],
    ),
    (
        "wechat",
        &[
            "交易时间",
            "交易类型",
            "交易对方",
            "商品",
            "收/支",
            "金额(元)",
            "支付方式",
            "当前状态",
            "交易单号",
            "商户单号",
            "备注",
        ],
    ),
    (
        "jd",
        &[
            "交易时间",
            "商户名称",
            "交易说明",
            "金额",
            "收/付款方式",
            "交易状态",
            "收/支",
            "交易分类",
            "交易订单号",
            "商家订单号",
            "备注",
        ],
    ),
    (
        "icbc",
        &[
            "交易日期",
            "摘要",
            "交易场所",
            "交易国家或地区简称",
            "钞/汇",
            "交易金额(收入)",
            "交易金额(支出)",
            "交易币种",
            "记账金额(收入)",
            "记账金额(支出)",
            "记账币种",
            "余额",
            "对方户名",
        ],
    ),
    (
        "abc",
        &[
            "交易日期",
            "交易时间",
            "交易摘要",
            "交易金额",
            "本次余额",
            "对手信息",
            "日 志 号",
            "交易渠道",
            "交易附言",
        ],
    ),
    ("bmo", &["Item #", "Card #", "Transaction Date", "Posting Date", "Transaction Amount", "Description"]),
    ("boc", &["交易日", "银行记账日", "卡号后四位", "交易描述", "存入", "支出", "币种"]),
    ("bocom", &["交易日期", "记账日期", "交易说明", "交易币种/金额", "入账币种/金额"]),
    ("cmb", &["记账日期", "货币", "交易金额", "联机余额", "交易摘要", "对手信息", "客户摘要"]),
    ("hsbc", &["Date", "Description", "Billing amount", "Billing currency", "Balance", "Balance currency"]),
];

/// What is missing and what is new in the columns, against the nearest form in which the format was known.
fn column_changes(format: &str, header: &[String]) -> Option<(Vec<String>, Vec<String>, bool)> {
    let plain =
        |c: &str| c.chars().filter(|c| !c.is_whitespace()).map(crate::amount::narrow).collect::<String>();
    let have: Vec<String> = header.iter().map(|c| plain(c)).collect();
    let known = KNOWN_COLUMNS.iter().filter(|(f, _)| *f == format).map(|(_, columns)| {
        let missing: Vec<String> =
            columns.iter().filter(|c| !have.contains(&plain(c))).map(|c| (*c).to_owned()).collect();
        let new: Vec<String> =
            header.iter().filter(|h| !columns.iter().any(|c| plain(c) == plain(h))).cloned().collect();
        let roles = |names: &[String]| -> std::collections::BTreeSet<crate::Role> {
            crate::columns::Columns::of(names).found.iter().map(|f| f.0).collect()
        };
        let known: Vec<String> = columns.iter().map(|c| (*c).to_owned()).collect();
        // What was named anew and is still found is no loss.
        let whole = roles(&known).is_subset(&roles(header));
        (missing, new, whole)
    });
    known.min_by_key(|(missing, new, _)| missing.len() + new.len())
}

/// Reads what stands above and below the table.
pub fn preamble(above: &[String], below: &[String], statement: &mut Statement, claims: &mut Preamble) {
    for line in above.iter().chain(below) {
        let line = line.trim();
        if claims.records.is_none() && line.contains("笔记录") {
            claims.records = first_number(line).and_then(|n| n.parse().ok());
        }
        for (words, place) in
            [(&["收入", "已收入"][..], &mut claims.income), (&["支出", "已支出"][..], &mut claims.spending)]
        {
            let named =
                words.iter().find_map(|w| line.strip_prefix(w)).filter(|r| r.starts_with([':', '：']));
            if let Some(rest) = named.filter(|r| r.contains('笔') && r.contains('元')) {
                let count = first_number(rest).and_then(|n| n.parse().ok());
                let sum = rest.rfind('元').map(|e| &rest[..e]).and_then(|r| {
                    let start = r.rfind(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | ','));
                    let start = start.map_or(0, |s| s + r[s..].chars().next().map_or(1, char::len_utf8));
                    Amount::read(r[start..].trim_start_matches([',', '.']))
                });
                *place = sum.map(|s| (count, s));
            }
        }
        for mark in ["京东账号名", "微信昵称", "支付宝账户", "卡号", "账号", "账户"] {
            let value =
                line.split_once(mark).map(|(_, r)| r.trim_start_matches([':', '：', ' ', '\u{3000}']));
            if let Some(v) = value
                .and_then(|v| v.split_whitespace().next())
                .filter(|v| v.len() >= 4 && !v.contains("类型"))
                && statement.account.is_none()
                && above.iter().rev().skip(1).any(|l| l.trim() == line)
            {
                statement.account = Some(v.trim_matches(['[', ']']).to_owned());
            }
        }
        if line.contains("账号：") || line.contains("账\u{3000}\u{3000}号") {
            let value = line.rsplit(['：', ':']).next().map(str::trim).filter(|v| !v.is_empty());
            statement.account = statement.account.take().or(value.map(str::to_owned));
        }
        if line.starts_with('币') {
            let value = line.rsplit(['：', ':']).next().unwrap_or("");
            statement.currency = statement.currency.take().or_else(|| currency(value));
        }
        if line.contains("终止时间")
            || line.contains("日期区间")
            || line.contains("截止日期")
            || line.contains("日期范围")
        {
            let days: Vec<_> = line
                .split(|c: char| !(c.is_ascii_digit() || "-/.:年月日 ".contains(c)) || c == '至')
                .flat_map(|p| p.split_whitespace())
                .flat_map(|p| if p.len() == 17 { p.split('-').collect() } else { vec![p] })
                .filter_map(|p| day::read(p, day::Order::DayFirst))
                .map(|(d, _)| d)
                .collect();
            if let [first, .., last] = days.as_slice() {
                claims.period = Some((*first, *last));
            }
        }
    }
    totals_line(below, claims);
    let foreign = ["csv", "excel", "hsbc", "bmo"].contains(&statement.format.as_str());
    if statement.currency.is_none() && !foreign && claims.rows_name_no_currency {
        statement.currency = Some("CNY".to_owned());
    }
    if statement.currency.is_none() && above.iter().any(|l| l.contains("人民币")) {
        statement.currency = Some("CNY".to_owned());
    }
}

/// `人民币合计 ,1,234.56 9,876.54`: income, then spending.
fn totals_line(below: &[String], claims: &mut Preamble) {
    let Some(line) = below.iter().find(|l| l.contains("合计")) else { return };
    let amounts: Vec<Amount> = line.split_whitespace().filter_map(Amount::read).collect();
    if let [income, spending] = amounts.as_slice() {
        claims.income = claims.income.or(Some((None, *income)));
        claims.spending = claims.spending.or(Some((None, *spending)));
    }
}

fn first_number(text: &str) -> Option<&str> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let rest = &text[start..];
    Some(&rest[..rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())])
}

/// Runs all checks and sets the balances.
pub fn check(reading: &mut Reading) {
    let Reading { statement, claims } = reading;
    let mut checks = Vec::new();
    let mut say = |code, ok, zh: String, en: String| checks.push(Check { code, ok, text: Text::new(zh, en) });
    let read = statement.transactions.len();
    if let Some(claimed) = claims.records {
        let zh = format!("账单写明{claimed}笔记录，读到{read}笔");
        say(
            "record_count",
            claimed == read,
            zh,
            format!("the statement says {claimed} records, {read} were read"),
        );
    }
    for (code, zh, en, direction, claim) in [
        ("income_total", "收入", "income", Direction::In, claims.income),
        ("spending_total", "支出", "spending", Direction::Out, claims.spending),
    ] {
        let Some((count, sum)) = claim else { continue };
        let rows =
            statement.transactions.iter().filter(|t| t.direction == direction && !t.neutral && !t.void);
        let (mut n, mut total) = (0usize, Amount::default());
        for t in rows {
            n += 1;
            total = total.plus(t.amount).minus(t.refunded.unwrap_or_default());
        }
        let ok = sum == total && count.is_none_or(|c| c == n);
        let claimed = count.map_or(String::new(), |c| format!("{c} / "));
        let zh = format!("账单写明{zh}{claimed}{sum}，按行相加为{n} / {total}（已扣除行内注明的退款）");
        say(
            code,
            ok,
            zh,
            format!(
                "the statement says {en} {claimed}{sum}; its rows give {n} / {total}, less refunds named in them"
            ),
        );
    }
    let changes = claims.header.as_ref().and_then(|h| column_changes(&statement.format, h));
    if let Some((missing, new, whole)) =
        changes.filter(|(missing, new, _)| !missing.is_empty() || !new.is_empty())
    {
        let zh = |c: &[String]| if c.is_empty() { "无".to_owned() } else { c.join("、") };
        let en = |c: &[String]| if c.is_empty() { "none".to_owned() } else { c.join(", ") };
        let name = &statement.format;
        say(
            "columns",
            whole,
            format!(
                "表头和已知的{name}格式不同：缺少的列：{}；新出现的列：{}。已按列名重新识别，请核对几行",
                zh(&missing),
                zh(&new)
            ),
            format!(
                "the columns differ from the known form of {name}: missing: {}; new: {}. They were recognised by their names; compare a few rows",
                en(&missing),
                en(&new)
            ),
        );
    }
    if !claims.unread.is_empty() {
        let lines: Vec<String> = claims.unread.iter().take(10).map(usize::to_string).collect();
        let (n, lines) = (claims.unread.len(), lines.join(", "));
        say(
            "unread_rows",
            false,
            format!("{n}行有日期但读不出金额：第{lines}行"),
            format!("{n} rows have a date but no amount that can be read: lines {lines}"),
        );
    }
    if claims.direction_assumed {
        say(
            "direction",
            false,
            "账单没有写明收支方向，全部按支出处理，请核对".to_owned(),
            "the statement does not say which way the money went; all was taken for spending".to_owned(),
        );
    }
    if let Some((first, last)) = claims.period {
        let outside = statement.transactions.iter().filter(|t| t.date < first || t.date > last).count();
        let zh = format!("账单期间{first}至{last}，期间外有{outside}笔");
        say(
            "period",
            outside == 0,
            zh,
            format!("the statement covers {first} to {last}; {outside} rows lie outside"),
        );
    }
    balances(statement, &mut checks);
    statement.checks = checks;
}

/// The running balance of each currency, in the order in which it fits better.
fn balances(statement: &mut Statement, checks: &mut Vec<Check>) {
    let mut chains: BTreeMap<Option<&str>, Vec<&Transaction>> = BTreeMap::new();
    for t in statement.transactions.iter().filter(|t| t.balance.is_some() && !t.void) {
        chains.entry(t.currency.as_deref()).or_default().push(t);
    }
    let own = chains.get(&None).cloned().or_else(|| chains.values().next().cloned()).unwrap_or_default();
    if let (Some(first), Some(last)) = (own.first(), own.last()) {
        let (down, up) = (breaks(own.iter().rev()), breaks(own.iter()));
        // A newest-first file is read from its end; dates decide where both fit alike.
        let newest_first = down < up || down == up && first.date > last.date;
        let (oldest, newest) = if newest_first { (last, first) } else { (first, last) };
        let opening = oldest.balance.map(|b| b.minus(signed(oldest)));
        let closing = newest.balance;
        statement.opening_balance = opening;
        statement.closing_balance = closing;
        let total: usize = chains.values().map(|c| c.len().saturating_sub(1)).sum();
        let broken: usize = chains.values().map(|c| breaks(c.iter()).min(breaks(c.iter().rev()))).sum();
        let days = if newest_first { break_days(own.iter().rev()) } else { break_days(own.iter()) };
        let (mut zh, mut en) = (
            format!("逐行余额：{total}处衔接中有{broken}处对不上"),
            format!("running balance: {broken} of {total} steps don't fit"),
        );
        if broken > 0 && !days.is_empty() {
            zh += &format!("（{}附近；可能缺行、被改动或读错）", days.join("、"));
            en += &format!(" (near {}; a row may be missing, changed or misread)", days.join(", "));
        }
        let text = Text::new(zh, en);
        checks.push(Check { code: "running_balance", ok: broken == 0, text });
    } else if let (Some(opening), Some(closing)) = (statement.opening_balance, statement.closing_balance) {
        let rows = statement.transactions.iter().filter(|t| t.currency.is_none() && !t.void);
        let end = rows.fold(opening, |b, t| b.plus(signed(t)));
        let zh = format!("期初{opening}加减各行应为{end}，账单期末为{closing}");
        let text = Text::new(
            zh,
            format!("opening balance {opening} and the rows give {end}; the statement closes with {closing}"),
        );
        checks.push(Check { code: "balance_total", ok: end == closing, text });
    }
}

fn signed(t: &Transaction) -> Amount {
    if t.direction == Direction::Out { Amount(-t.amount.0) } else { t.amount }
}

/// The first days at which the balance does not go on.
fn break_days<'a>(rows: impl Iterator<Item = &'a &'a Transaction>) -> Vec<String> {
    let mut before: Option<Amount> = None;
    let mut days: Vec<String> = Vec::new();
    for t in rows {
        if let (Some(b), Some(now)) = (before, t.balance)
            && b.plus(signed(t)) != now
            && days.len() < 3
            && days.last() != Some(&t.date.to_string())
        {
            days.push(t.date.to_string());
        }
        before = t.balance;
    }
    days
}

/// Steps at which the balance is not the one before plus the row.
fn breaks<'a>(rows: impl Iterator<Item = &'a &'a Transaction>) -> usize {
    let mut before: Option<Amount> = None;
    let mut broken = 0;
    for t in rows {
        if let (Some(b), Some(now)) = (before, t.balance)
            && b.plus(signed(t)) != now
        {
            broken += 1;
        }
        before = t.balance;
    }
    broken
}
