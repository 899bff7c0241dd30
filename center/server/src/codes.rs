//! The register of issued payment codes: a CSV file, whole or not at all.
//!
//! Why it exists: an exchanged code is well formed and of a right host; only the list of what was issued tells it from
//! the shop's own. Read once at the start. Never holds a customer's paying code or card data: such a row is refused.

use std::collections::HashMap;
use std::path::Path;
use tg_text::{Problem, Text, nearest};

/// Bytes and rows of the file.
const FILE_BYTES_MAX: u64 = 256 << 20;
const ROWS_MAX: usize = 1_000_000;
/// A QR code holds no longer text.
const PAYLOAD_BYTES_MAX: usize = 2_953;
const COLUMNS: [&str; 6] = ["payload", "terminal", "payee", "place", "print_job", "valid_until"];
const REQUIRED: [&str; 2] = ["payload", "terminal"];

/// One issued code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IssuedCode {
    /// What the code says.
    pub payload: String,
    /// The terminal that it belongs to.
    pub terminal: String,
    /// Whom it pays, as it is to be shown.
    pub payee: String,
    /// Where it is put up.
    pub place: String,
    /// The print job that it came from.
    pub print_job: String,
    /// Its last day.
    pub valid_until: Option<jiff::civil::Date>,
}

/// The register in memory.
#[derive(Debug, Default)]
pub(crate) struct IssuedCodes {
    rows: Vec<IssuedCode>,
    /// Rows by the spelling that every app takes for the same.
    by_text: HashMap<String, Vec<usize>>,
}

impl IssuedCodes {
    /// Reads a register.
    ///
    /// # Errors
    /// Names file, line and column of what is wrong.
    pub fn read(path: &Path) -> Result<IssuedCodes, Problem> {
        let name = path.display().to_string();
        let cant = |e: &std::io::Error| {
            Problem::new("TG-1001", Text::new(e.to_string(), e.to_string())).in_file(name.clone())
        };
        if std::fs::metadata(path).map_err(|e| cant(&e))?.len() > FILE_BYTES_MAX {
            let what = Text::fixed("登记文件太大", "the register’s file is too large");
            return Err(Problem::new("TG-1006", what).in_file(name));
        }
        let bytes = std::fs::read(path).map_err(|e| cant(&e))?;
        IssuedCodes::parse(&bytes).map_err(|p| p.in_file(name))
    }

    /// Reads a register's bytes.
    fn parse(bytes: &[u8]) -> Result<IssuedCodes, Problem> {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
        let header = reader.headers().map_err(|e| broken(&e))?.clone();
        if let Some(column) = header.iter().find(|column| !COLUMNS.contains(column)) {
            let near = nearest(column, COLUMNS).map_or(COLUMNS.join(","), str::to_owned);
            return Err(wrong(1, format!("没有列 {column}"), format!("there is no column {column}"))
                .because(near, column));
        }
        let at = |name: &str| header.iter().position(|c| c == name);
        if let Some(missing) = REQUIRED.into_iter().find(|name| at(name).is_none()) {
            return Err(wrong(1, format!("缺少列 {missing}"), format!("the column {missing} is missing"))
                .because(COLUMNS.join(","), header.iter().collect::<Vec<_>>().join(",")));
        }
        let mut codes = IssuedCodes::default();
        for record in reader.records() {
            let record = record.map_err(|e| broken(&e))?;
            let line = record.position().map_or(0, csv::Position::line);
            codes.add(line, |name| at(name).and_then(|i| record.get(i)).unwrap_or_default())?;
        }
        Ok(codes)
    }

    fn add<'a>(&mut self, line: u64, cell: impl Fn(&str) -> &'a str) -> Result<(), Problem> {
        let fixed = |zh: &str, en: &str| wrong(line, zh.to_owned(), en.to_owned());
        let payload = cell("payload");
        if payload.is_empty() || payload.len() > PAYLOAD_BYTES_MAX {
            return Err(fixed("码的内容是空的或太长", "the code’s text is empty or too long")
                .in_field("payload")
                .because(format!("1–{PAYLOAD_BYTES_MAX}"), payload.len().to_string()));
        }
        // What a customer shows is card data or as good as money, and is nothing that was issued to a shop.
        if shown_by_customer(&tg_qr::check(payload, &tg_qr::Place::default())) {
            return Err(fixed(
                "这是顾客付款时出示的码，不能登记；请从文件里删掉",
                "a customer shows this code to pay: it has no place in the register; delete it from the file",
            )
            .in_field("payload"));
        }
        let terminal = cell("terminal").to_ascii_uppercase();
        if terminal.is_empty() || terminal.len() > 20 || !terminal.bytes().all(|b| b.is_ascii_alphanumeric())
        {
            return Err(fixed("终端号应为 1–20 位字母或数字", "a terminal has 1 to 20 letters and digits")
                .in_field("terminal"));
        }
        let valid_until = match cell("valid_until") {
            "" => None,
            day => Some(day.parse().map_err(|_| {
                fixed("日期不对", "the date is wrong").in_field("valid_until").because("2027-12-31", day)
            })?),
        };
        let text = |name: &str| tg_console::mask_cards(cell(name));
        let code = IssuedCode {
            payload: payload.to_owned(),
            terminal,
            payee: text("payee"),
            place: text("place"),
            print_job: text("print_job"),
            valid_until,
        };
        let same = self.by_text.entry(tg_qr::normal_text(payload)).or_default();
        let twice = |known: &IssuedCode| known.terminal == code.terminal && known.place == code.place;
        if same.iter().any(|i| twice(&self.rows[*i])) {
            return Err(fixed("同一终端、同一位置的码重复", "this code stands there twice for one place"));
        }
        same.push(self.rows.len());
        self.rows.push(code);
        if self.rows.len() > ROWS_MAX {
            return Err(Problem::new("TG-1006", Text::fixed("登记太多", "too many rows")));
        }
        Ok(())
    }

    /// The rows of a code, by what it says; one code may stand in several places.
    pub fn of_text(&self, text: &str) -> Vec<&IssuedCode> {
        let found = self.by_text.get(&tg_qr::normal_text(text));
        found.into_iter().flatten().map(|i| &self.rows[*i]).collect()
    }

    /// All rows, in the file's order.
    pub fn rows(&self) -> &[IssuedCode] {
        &self.rows
    }
}

/// It is what a customer shows to pay.
pub(crate) fn shown_by_customer(report: &tg_qr::Report) -> bool {
    report.fields.get("shown_by").is_some_and(|v| v == "customer")
}

fn wrong(line: u64, zh: String, en: String) -> Problem {
    Problem::new("TG-1007", Text::new(zh, en)).at_line(line)
}

fn broken(e: &csv::Error) -> Problem {
    wrong(e.position().map_or(0, csv::Position::line), format!("不是 CSV：{e}"), format!("not CSV: {e}"))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    const HEAD: &str = "payload,terminal,payee,place,print_job,valid_until\n";

    pub(crate) fn register(rows: &str) -> IssuedCodes {
        IssuedCodes::parse(format!("{HEAD}{rows}").as_bytes()).expect("reads")
    }

    #[test]
    fn a_code_is_found_in_every_spelling_that_apps_take_for_the_same() {
        let codes = register(
            "https://pay.acquirer.example/q/T1?a=1&b=2,70310482,老榆树面馆,收银台,P-7,2027-12-31\nhttps://pay.acquirer.example/q/T1?a=1&b=2,70310482,老榆树面馆,二楼,,\n",
        );
        let places = |text: &str| codes.of_text(text).iter().map(|c| c.place.clone()).collect::<Vec<_>>();
        assert_eq!(places("https://PAY.acquirer.example:443/q/T1?b=2&a=1"), ["收银台", "二楼"]);
        assert!(places("https://pay.acquirer.example/q/T2?a=1&b=2").is_empty());
        assert_eq!(codes.rows()[0].valid_until, Some(jiff::civil::date(2027, 12, 31)));
    }

    #[test]
    fn a_bad_row_is_refused_with_its_line_and_column() {
        let refused = |text: &str| {
            let p = IssuedCodes::parse(text.as_bytes()).expect_err("is refused");
            assert_eq!(p.code, "TG-1007");
            (p.place.line, p.place.field.unwrap_or_default())
        };
        let row = |row: &str| refused(&format!("{HEAD}https://a.example/1,70310482,,,,\n{row}\n"));
        assert_eq!(refused("paylod,terminal\n"), (Some(1), String::new()));
        assert_eq!(refused("payload,place\n"), (Some(1), String::new()));
        assert_eq!(row(",70310482,,,,"), (Some(3), "payload".into()));
        assert_eq!(row("https://a.example/2,7031 0482,,,,"), (Some(3), "terminal".into()));
        assert_eq!(row("https://a.example/2,70310482,,,,2027-13-01"), (Some(3), "valid_until".into()));
        assert_eq!(row("https://a.example/1,70310482,,,,"), (Some(3), String::new()));
        // A customer's code, EMVCo CPM (data/qr/payloads.jsonl).
        assert_eq!(
            row("hQVDUFYwMWEaTwegAAAAVVVVVw8SNFZ4kBI0WNGRIgESNF8=,1,,,,"),
            (Some(3), "payload".into())
        );
    }
}
