//! One small account, written in the hundreds of ways in which banks and people write such files.
//!
//! Why it exists: a statement that somebody brings is like none of the samples. Every combination must give the
//! same rows; what can't be told must be refused, never guessed.

use std::fmt::Write;
use tg_statement::{
    Correction, Direction, Refused, Role, Statement, examine, examine_with, export_csv, preview,
};

/// Day of January 2024, hour and minute, hundredths (below zero: spent), other side, balance after.
const ROWS: &[(i8, i8, i8, i64, &str, i64)] = &[
    (13, 9, 5, 123_456, "某公司工资", 223_456),
    (14, 12, 30, -2_550, "联裕咖啡", 220_906),
    (15, 18, 0, -100_000, "房东", 120_906),
    (20, 20, 15, 990, "退货", 121_896),
];

fn expected() -> Vec<String> {
    ROWS.iter()
        .map(|(d, _, _, cents, who, _)| {
            let way = if *cents < 0 { "out" } else { "in" };
            format!("2024-01-{d:02} {way} {} {who}", money(cents.abs()))
        })
        .collect()
}

fn money(cents: i64) -> String {
    format!("{}{}.{:02}", if cents < 0 { "-" } else { "" }, cents.abs() / 100, cents.abs() % 100)
}

fn grouped(cents: i64) -> String {
    let (whole, part) = (cents.abs() / 100, cents.abs() % 100);
    let whole =
        if whole >= 1000 { format!("{},{:03}", whole / 1000, whole % 1000) } else { whole.to_string() };
    format!("{whole}.{part:02}")
}

fn full_width(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_ascii_graphic() { char::from_u32(c as u32 + 0xfee0).expect("full-width form") } else { c }
        })
        .collect()
}

fn rows(s: &Statement) -> Vec<String> {
    let way = |d| if d == Direction::In { "in" } else { "out" };
    s.transactions
        .iter()
        .map(|t| format!("{} {} {} {}", t.date, way(t.direction), t.amount, t.who()))
        .collect()
}

const DATES: &[fn(i8, i8, i8) -> String] = &[
    |d, h, m| format!("2024-01-{d:02} {h:02}:{m:02}:00"),
    |d, _, _| format!("2024/1/{d}"),
    |d, _, _| format!("202401{d:02}"),
    |d, h, m| format!("202401{d:02}{h:02}{m:02}00"),
    |d, _, _| format!("2024.01.{d:02}"),
    |d, h, m| format!("2024年01月{d:02}日 {h:02}时{m:02}分"),
    |d, h, m| format!("2024-01-{d:02}T{h:02}:{m:02}:00+08:00"),
    |d, _, _| format!("{d} Jan 2024"),
    |d, _, _| format!("{d:02}-JAN-24"),
    |d, h, m| format!("01/{d:02}/2024 {:02}:{m:02} {}", (h + 11) % 12 + 1, if h >= 12 { "PM" } else { "AM" }),
    |d, _, _| format!("{d:02}.01.2024"),
    |d, _, _| format!("24-01-{d:02}"),
    |d, _, _| full_width(&format!("2024-01-{d:02}")),
];

/// Names of columns, and their cells for hundredths.
type Writing = (&'static [&'static str], fn(i64) -> Vec<String>);

/// Cells of the columns for money, by way of writing, for hundredths.
const MONEY: &[Writing] = &[
    (&["交易金额"], |c| vec![money(c)]),
    (&["金额(元)"], |c| vec![if c < 0 { format!("({})", grouped(c)) } else { grouped(c) }]),
    (&["金额"], |c| vec![format!("{}¥{}", if c < 0 { "-" } else { "+" }, grouped(c))]),
    (&["金额"], |c| vec![full_width(&money(c))]),
    (&["Amount"], |c| vec![format!("{} {}", grouped(c), if c < 0 { "DR" } else { "CR" })]),
    (&["收/支", "金额"], |c| vec![if c < 0 { "支出" } else { "收入" }.to_owned(), money(c.abs())]),
    (&["借贷标志", "发生额"], |c| vec![if c < 0 { "借" } else { "贷" }.to_owned(), grouped(c)]),
    (&["支/收", "交易金额（元）"], |c| vec![if c < 0 { "支" } else { "收" }.to_owned(), grouped(c)]),
    (&["Dr/Cr", "Amount"], |c| vec![if c < 0 { "DR" } else { "CR" }.to_owned(), money(c.abs())]),
    (&["收入金额(元)", "支出金额(元)"], |c| {
        vec![if c < 0 { String::new() } else { grouped(c) }, if c < 0 { grouped(c) } else { String::new() }]
    }),
    (&["借方发生额(支取)", "贷方发生额(存入)"], |c| {
        vec![if c < 0 { grouped(c) } else { "0.00".into() }, if c < 0 { "0.00".into() } else { grouped(c) }]
    }),
    (&["Money Out", "Money In"], |c| {
        vec![if c < 0 { money(-c) } else { String::new() }, if c < 0 { String::new() } else { money(c) }]
    }),
];

/// Names for date, other side and balance.
const NAMES: &[[&str; 3]] = &[
    ["交易时间", "交易对方", "余额"],
    ["记账日期", "对方户名", "账户余额（元）"],
    ["入账时间", "收款人/付款人姓名", "本次结余"],
    ["Transaction Date", "Payee", "Running Balance"],
    ["发生日期", "对方单位名称", "可用余额"],
];

/// A cell as CSV of this delimiter; `quotes`: every cell.
fn cell(text: &str, delimiter: char, quotes: bool) -> String {
    if quotes || text.contains([delimiter, '"']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

fn table(date: usize, way: usize, names: usize, turned: bool, newest_first: bool) -> Vec<Vec<String>> {
    let (columns, amounts) = MONEY[way];
    let [when, who, balance] = NAMES[names];
    let mut header = vec![when.to_owned(), who.to_owned()];
    header.extend(columns.iter().map(|c| (*c).to_owned()));
    header.push(balance.to_owned());
    let mut out: Vec<Vec<String>> = ROWS
        .iter()
        .map(|(d, h, m, cents, other, after)| {
            let mut row = vec![DATES[date](*d, *h, *m), (*other).to_owned()];
            row.extend(amounts(*cents));
            row.push(grouped(*after));
            row
        })
        .collect();
    if newest_first {
        out.reverse();
    }
    out.insert(0, header);
    if turned {
        out.iter_mut().for_each(|r| r.reverse());
    }
    out
}

fn text(table: &[Vec<String>], delimiter: char, quotes: bool, preamble: usize) -> String {
    let mut out = String::new();
    for n in 0..preamble {
        let line =
            ["账户明细查询", "户名：某某", "查询日期范围 2024-01-01 至 2024-01-31", "", "本明细仅供参考"]
                [n % 5];
        writeln!(out, "{line}").expect("writes");
    }
    for row in table {
        let cells: Vec<String> = row.iter().map(|c| cell(c, delimiter, quotes)).collect();
        out += &cells.join(&delimiter.to_string());
        out += "\r\n";
    }
    out
}

#[test]
fn every_way_of_writing_dates_amounts_and_names() {
    let mut wrong = Vec::new();
    for date in 0..DATES.len() {
        for way in 0..MONEY.len() {
            for names in 0..NAMES.len() {
                let n = date + way + names;
                let (turned, newest_first) = (n % 2 == 1, n % 3 == 0);
                let delimiter = [',', ';', '\t', '|'][n % 4];
                let written =
                    text(&table(date, way, names, turned, newest_first), delimiter, n % 5 == 0, n % 26);
                let bytes = match n % 4 {
                    0 => encoding_rs::GB18030.encode(&written).0.into_owned(),
                    1 => [b"\xEF\xBB\xBF", written.as_bytes()].concat(),
                    2 => written.encode_utf16().flat_map(u16::to_le_bytes).collect(),
                    _ => written.clone().into_bytes(),
                };
                let got = examine(&bytes).map(|s| {
                    let mut got = rows(&s);
                    if newest_first {
                        got.reverse();
                    }
                    let fits = s.checks.iter().any(|c| c.code == "running_balance" && c.ok);
                    (got, fits)
                });
                if got != Ok((expected(), true)) {
                    wrong.push(format!("date {date} money {way} names {names}: {got:?}\n{written}"));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        DATES.len() * MONEY.len() * NAMES.len(),
        wrong[..wrong.len().min(3)].join("\n")
    );
}

#[test]
fn web_pages_and_old_excel_xml_under_the_name_xls() {
    let table = table(1, 9, 0, false, false);
    let html: String = table
        .iter()
        .map(|r| {
            format!(
                "<tr>{}</tr>",
                r.iter().map(|c| format!("<TD align=left>&nbsp;{c}<br></TD>")).collect::<String>()
            )
        })
        .collect();
    let page = format!(
        "<html><head><style>td{{}}</style></head><body><table>{html}</table><script>x</script></body></html>"
    );
    assert_eq!(rows(&examine(page.as_bytes()).expect("reads")), expected());
    let cells = |r: &Vec<String>| {
        r.iter().map(|c| format!("<Cell><Data ss:Type=\"String\">{c}</Data></Cell>")).collect::<String>()
    };
    let body: String = table.iter().map(|r| format!("<Row>{}</Row>", cells(r))).collect();
    let book = format!(
        "<?xml version=\"1.0\"?><?mso-application progid=\"Excel.Sheet\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\" xmlns:ss=\"urn:schemas-microsoft-com:office:spreadsheet\"><Worksheet><Table>{body}</Table></Worksheet></Workbook>"
    );
    assert_eq!(rows(&examine(book.as_bytes()).expect("reads")), expected());
}

#[test]
fn a_column_that_is_gone_is_named() {
    let refused = examine("某银行明细\n交易日期,对方户名,摘要,余额\n2024-01-05,甲,乙,3.00\n".as_bytes())
        .expect_err("has no amount");
    let Refused::Columns { line, missing, seen } = &refused else { panic!("{refused:?}") };
    assert_eq!((*line, missing.as_slice(), seen.len()), (2, &[Role::Amount][..], 4));
    assert!(refused.text().zh.contains("没有“金额”这一列；现有的列：交易日期、对方户名、摘要、余额"));
    // WeChat's file with one column renamed and one new: read all the same, and said.
    let wechat = "微信支付账单明细,,,\n交易时间,交易类型,交易对方,商品,收/支,实付(元),支付方式,当前状态,交易单号,商户单号,备注,门店金额\n2024-01-05 10:00:00,商户消费,甲,乙,支出,¥3.00,零钱,支付成功,1,2,/,9\n";
    let s = examine(wechat.as_bytes()).expect("reads");
    let columns = s.checks.iter().find(|c| c.code == "columns").expect("is said");
    assert!(
        columns.text.zh.contains("缺少的列：金额(元)；新出现的列：实付(元)、门店金额"),
        "{}",
        columns.text.zh
    );
}

#[test]
fn the_reader_sees_the_columns_and_corrects_them() {
    let file = "甲,乙,丙,丁,戊\nx1,2024-01-05,3.00,9.00,店\nx2,2024-01-06,4.00,8.00,铺\n".as_bytes();
    let shown = preview(file, &Correction::default()).expect("is a table");
    assert_eq!(shown.columns.len(), 5);
    assert_eq!(shown.columns[4].samples.last().map(String::as_str), Some("铺"));
    let said = Correction {
        header: Some(0),
        roles: vec![(1, Some(Role::Date)), (3, Some(Role::Amount)), (4, Some(Role::Counterparty)), (2, None)],
        plus_is_spending: Some(true),
        ..Correction::default()
    };
    let s = examine_with(file, &said).expect("reads");
    assert_eq!(rows(&s), ["2024-01-05 out 9.00 店", "2024-01-06 out 8.00 铺"]);
    let again = preview(file, &said).expect("is a table");
    let roles: Vec<_> = again.columns.iter().map(|c| c.role).collect();
    assert_eq!(roles, [None, Some(Role::Date), None, Some(Role::Amount), Some(Role::Counterparty)]);
    assert!(again.missing.is_empty() && preview(b"hello", &said).is_err());
}

#[test]
fn exported_rows_hold_no_formula() {
    for evil in ["=1+1", "+1", "-1+2", "@SUM(A1)", "\t=1", " =HYPERLINK(1)", "＝1+1"] {
        let file =
            format!("date,amount,payee,memo\n2024-01-05,-3.00,\"{evil}\",\"a\"\"b\"\n2024-01-06,-4.00,x,y\n");
        let out = export_csv(&examine(file.as_bytes()).expect("reads"));
        let mut records = csv::ReaderBuilder::new()
            .from_reader(out.trim_start_matches('\u{feff}').as_bytes())
            .into_records();
        let first = records.next().expect("a row").expect("is CSV");
        assert!(
            first.iter().all(|c| !c.trim_start().starts_with(['=', '+', '@', '\t', '＝'])
                && (!c.starts_with('-') || c.parse::<f64>().is_ok())),
            "{out}"
        );
        assert_eq!(&first[6], "a\"b");
    }
}

#[test]
fn further_forms_of_banks_and_wallets() {
    let cases: &[(&str, &[&str])] = &[
        // One column for both directions, told by the sign.
        (
            "交易日期,账号,储种,序号,币种,钞汇,摘要,地区,收入/支出金额,余额,对方户名,对方账号,渠道\n2024-01-05,6200000000001230,活期,1,人民币,钞,消费,0200,\"-1,025.00\",\"8,975.00\",某商店,,快捷\n2024-01-06,6200000000001230,活期,2,人民币,钞,工资,0200,\"+5,000.00\",\"13,975.00\",某公司,,网银\n",
            &["2024-01-05 out 1025.00 某商店", "2024-01-06 in 5000.00 某公司"],
        ),
        (
            "美团账单,,\n交易创建时间,交易成功时间,交易类型,订单标题,收/支,支付方式,订单金额,实付金额,交易单号,商家单号,备注\n2024-01-05 12:00:00,2024-01-05 12:00:09,支付,某外卖,支出,银行卡,¥30.00,¥25.00,\t1\t,\t2\t,/\n2024-01-05 13:00:00,2024-01-05 13:00:09,退款,某外卖,收入,银行卡,¥30.00,¥25.00,\t3\t,\t4\t,/\n",
            &["2024-01-05 out 25.00 某外卖 · 支付", "2024-01-05 in 25.00 某外卖 · 退款"],
        ),
        // A card's list: plus is spending, without a word of it in a column.
        (
            "Card Number,Transaction Date,Posting Date,Transaction Amount,Description\n'5100000000000008',20240105,20240106,3.27,COSTCO\n'5100000000000008',20240107,20240108,-50.00,PAYMENT RECEIVED\n'5100000000000008',20240109,20240110,8.00,CAFE\n",
            &[
                "2024-01-05 out 3.27 COSTCO",
                "2024-01-07 in 50.00 PAYMENT RECEIVED",
                "2024-01-09 out 8.00 CAFE",
            ],
        ),
        // A generic list with an account column, where minus is spending.
        (
            "Account,Date,Payee,Amount\nXX01,2024-01-05,Cafe,-3.27\nXX01,2024-01-06,Shop,-4.00\nXX01,2024-01-07,Pay,100.00\n",
            &["2024-01-05 out 3.27 Cafe", "2024-01-06 out 4.00 Shop", "2024-01-07 in 100.00 Pay"],
        ),
        (
            "Date;Libellé;Débit euros;Crédit euros\n05/01/2024;CAFÉ;3,50;\n16/01/2024;SALAIRE;;1 500,00\n",
            &["2024-01-05 out 3.50 CAFÉ", "2024-01-16 in 1500.00 SALAIRE"],
        ),
        (
            "Started Date,Completed Date,Description,Amount,Fee,Currency,State,Balance,Type\n2024-01-05 10:00:00,2024-01-06 10:00:00,Cafe,-3.50,0.00,GBP,COMPLETED,96.50,CARD_PAYMENT\n2024-01-07 10:00:00,2024-01-07 10:00:01,Top-Up,10.00,0.00,GBP,COMPLETED,106.50,TOPUP\n",
            &["2024-01-06 out 3.50 Cafe · CARD_PAYMENT", "2024-01-07 in 10.00 Top-Up · TOPUP"],
        ),
    ];
    for (file, expected) in cases {
        let s = examine(file.as_bytes()).unwrap_or_else(|e| panic!("{e:?}\n{file}"));
        assert_eq!(rows(&s), *expected, "{file}");
    }
    // Windows letters without any mark.
    let latin = encoding_rs::WINDOWS_1252.encode(cases[4].0).0.into_owned();
    assert_eq!(rows(&examine(&latin).expect("reads")), cases[4].1);
}
