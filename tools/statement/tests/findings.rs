//! What is found, and what must not be: one statement a finding, and a quiet one.

use std::fmt::Write;
use tg_statement::examine;

/// Findings of rows `date time,name,amount`: code and rows.
fn found(rows: &[(&str, &str, &str)]) -> Vec<(&'static str, Vec<usize>)> {
    let mut text = String::from("交易时间,交易对方,收/支,金额,交易状态,商品\n");
    for (when, who, amount) in rows {
        let (amount, status) = amount.split_once(' ').unwrap_or((amount, "支付成功"));
        let way = if amount.starts_with('+') { "收入" } else { "支出" };
        writeln!(text, "{when},{who},{way},{amount},{status},/").expect("writes");
    }
    examine(text.as_bytes()).expect("is a statement").findings.into_iter().map(|f| (f.code, f.rows)).collect()
}

#[test]
fn two_charges_within_minutes_and_not_those_given_back() {
    let twice = [("2024-01-05 10:00:00", "咖啡店", "25.00"), ("2024-01-05 10:03:00", "咖啡店", "25.00")];
    assert_eq!(found(&twice), [("duplicate", vec![0, 1])]);
    assert!(found(&[twice[0], twice[1], ("2024-01-06 10:00:00", "咖啡店", "+25.00")]).is_empty());
    assert!(found(&[twice[0], ("2024-01-05 15:00:00", "咖啡店", "25.00")]).is_empty());
}

#[test]
fn a_trial_before_a_large_charge() {
    let rows = [("2024-01-05 10:00:00", "网店X", "0.10"), ("2024-01-05 12:00:00", "网店X", "1999.00")];
    assert_eq!(found(&rows), [("test_charge", vec![0, 1])]);
    assert!(found(&[rows[0], ("2024-01-09 12:00:00", "网店X", "1999.00")]).is_empty());
}

#[test]
fn a_deposit_of_a_machine_and_not_of_a_shop() {
    assert_eq!(found(&[("2024-01-05 10:00:00", "某某支付科技", "299.00")]), [("pos_deposit", vec![0])]);
    assert!(found(&[("2024-01-05 10:00:00", "书店", "299.00")]).is_empty());
    assert!(found(&[("2024-01-05 10:00:00", "深圳市财付通支付科技", "299.00")]).is_empty());
}

#[test]
fn many_small_ones_and_the_night() {
    let small: Vec<(String, String)> =
        (0..6).map(|n| (format!("2024-01-05 10:0{n}:00"), format!("店{n}甲"))).collect();
    let rows: Vec<(&str, &str, &str)> = small.iter().map(|(w, s)| (w.as_str(), s.as_str(), "9.90")).collect();
    assert_eq!(found(&rows), [("many_small", vec![0, 1, 2, 3, 4, 5])]);
    assert_eq!(found(&[("2024-01-05 03:10:00", "酒吧", "300.00")]), [("night", vec![0])]);
}

#[test]
fn subscriptions_and_their_price() {
    let of = |last: &'static str| {
        found(&[
            ("2024-01-05 10:00:00", "视频会员", "15.00"),
            ("2024-02-05 10:00:00", "视频会员", "15.00"),
            ("2024-03-05 10:00:00", "视频会员", last),
        ])
    };
    assert_eq!(of("15.00"), [("subscription", vec![0, 1, 2])]);
    assert_eq!(of("25.00"), [("subscription_price_change", vec![0, 1, 2])]);
}

#[test]
fn a_refund_that_never_came() {
    let begun = ("2024-01-05 10:00:00", "鞋店", "88.00 退款中");
    let later = ("2024-01-20 10:00:00", "米店", "20.50");
    assert_eq!(found(&[begun, later]), [("refund_missing", vec![0])]);
    assert!(found(&[begun, later, ("2024-01-08 10:00:00", "鞋店", "+88.00")]).is_empty());
    assert!(found(&[begun, ("2024-01-07 10:00:00", "米店", "20.50")]).is_empty());
}

#[test]
fn an_unknown_side_with_an_unusual_amount() {
    let mut rows = vec![("2024-01-05 12:00:00", "未知商贸", "2680.00")];
    let days: Vec<String> = (1..=12).map(|d| format!("2024-02-{d:02} 12:00:00")).collect();
    rows.extend(days.iter().map(|d| (d.as_str(), "食堂", "15.50")));
    // A daily meal is neither a subscription nor a duplicate.
    assert_eq!(found(&rows), [("unknown_merchant", vec![0])]);
    rows[0].1 = "房租转账";
    assert!(found(&rows).is_empty());
}

#[test]
fn fifty_thousand_rows_are_looked_at() {
    let mut text = String::from("交易时间,交易对方,收/支,金额\n");
    for n in 0..50_000 {
        let (day, hour, minute) = (n / 1440 % 28 + 1, n / 60 % 24, n % 60);
        writeln!(text, "2024-01-{day:02} {hour:02}:{minute:02}:00,店{},支出,{}.50", n % 7, n % 500)
            .expect("writes");
    }
    let s = examine(text.as_bytes()).expect("is a statement");
    assert_eq!(s.transactions.len(), 50_000);
    assert!(s.findings.len() < 600);
}

#[test]
fn two_cities_that_nobody_reaches_in_time() {
    let s = |second: &str| {
        let file = format!(
            "交易时间,交易对方,金额,收/支\n2024-01-05 10:00:00,北京王府井联裕咖啡,25.00,支出\n{second}\n2024-01-06 10:00:00,某便利店,5.00,支出\n"
        );
        tg_statement::examine(file.as_bytes()).expect("reads")
    };
    let found = |second: &str| {
        s(second)
            .findings
            .iter()
            .find(|f| f.code == "places_too_far_apart")
            .map(|f| (f.rows.clone(), f.text.zh.to_string(), f.text.en.to_string()))
    };
    let (rows, zh, en) = found("2024-01-05 10:40:00,广州天河某金店,8800.00,支出").expect("is found");
    assert_eq!(rows, [0, 1]);
    assert!(
        zh.contains("40分钟后又在广州付款，两地相距约1890公里")
            && en.contains("paid in Beijing, and 40 minutes later in Guangzhou"),
        "{zh} {en}"
    );
    // In the afternoon one may be there; online one is everywhere; a dish is no place; a neighbour is near.
    for fine in [
        "2024-01-05 15:40:00,广州天河某金店,8800.00,支出",
        "2024-01-05 10:40:00,广州唯品会网上商城,88.00,支出",
        "2024-01-05 10:40:00,重庆小面,18.00,支出",
        "2024-01-05 10:40:00,天津某店,18.00,支出",
        "2024-01-05,广州某店,18.00,支出",
    ] {
        assert_eq!(found(fine), None, "{fine}");
    }
}

#[test]
fn reminders_go_into_a_calendar() {
    let mut file = String::from("交易时间,交易对方,金额,收/支,当前状态\n");
    for month in 1..=4 {
        file += &format!("2024-{month:02}-05 10:00:00,某视频会员,25.00,支出,支付成功\n");
    }
    file += "2024-04-06 10:00:00,某支付科技POS押金,299.00,支出,支付成功\n2024-01-02 10:00:00,某网店,88.00,支出,退款中\n";
    let s = tg_statement::examine(file.as_bytes()).expect("reads");
    let today = jiff::civil::date(2024, 4, 10);
    let reminders = tg_statement::reminders(&s, today);
    let shown: Vec<String> = reminders.iter().map(|r| format!("{} {}", r.date, r.title.zh)).collect();
    assert_eq!(
        shown,
        [
            "2024-04-10 核对2024-04-06 “某支付科技POS押金”299.00",
            "2024-04-13 查“某网店”退款88.00",
            "2024-04-17 追问银行：“某支付科技POS押金”299.00",
            "2024-05-03 “某视频会员”将自动扣款25.00",
        ]
    );
    let calendar = tg_statement::calendar(&reminders, today, tg_text::Lang::Zh);
    assert_eq!(calendar.matches("BEGIN:VEVENT").count(), 4);
    assert!(
        calendar.starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n") && calendar.ends_with("END:VCALENDAR\r\n")
    );
    assert!(calendar.split("\r\n").all(|l| l.len() <= 75), "lines are folded");
    assert!(calendar.contains("DTSTART;VALUE=DATE:20240503\r\n"));
    // A payee cannot write lines of its own into the calendar.
    let evil = file.replace("某支付科技POS押金", "\"拉卡拉\nEND:VCALENDAR;X,Y\"");
    let out = tg_statement::calendar(
        &tg_statement::reminders(&tg_statement::examine(evil.as_bytes()).expect("reads"), today),
        today,
        tg_text::Lang::En,
    );
    assert_eq!(out.matches("\r\nEND:VCALENDAR").count(), 1, "{out}");
}
