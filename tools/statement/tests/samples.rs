//! The twelve samples: what is read of each, as golden files (`UPDATE_EXPECT=1` writes them).

use expect_test::expect_file;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use tg_statement::{Amount, Direction, Statement, examine};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples")
}

/// A sample's bytes; Excel files stand in the repository as hexadecimal text.
fn sample(file: &str) -> Vec<u8> {
    let bytes = std::fs::read(folder().join(file)).expect("the sample is in the repository");
    if !file.ends_with(".hex") {
        return bytes;
    }
    let digits: Vec<u8> = bytes.into_iter().filter(u8::is_ascii_hexdigit).collect();
    let digit = |b: u8| char::from(b).to_digit(16).expect("a hexadecimal digit") as u8;
    digits.chunks(2).map(|p| digit(p[0]) << 4 | digit(p[1])).collect()
}

/// Count and sum of one direction, neutral and void rows apart.
fn total(s: &Statement, direction: Direction) -> (usize, String) {
    let rows = s.transactions.iter().filter(|t| t.direction == direction && !t.neutral && !t.void);
    let (n, sum) = rows.fold((0, Amount::default()), |(n, sum), t| (n + 1, sum.plus(t.amount)));
    (n, sum.to_string())
}

fn shown(s: &Statement) -> String {
    let mut out = String::new();
    let text = |v: &Option<String>| v.clone().unwrap_or_default();
    let amount = |v: &Option<Amount>| v.map_or(String::new(), |a| a.to_string());
    let (income, spending) = (total(s, Direction::In), total(s, Direction::Out));
    writeln!(out, "{} account={} currency={}", s.format, text(&s.account), text(&s.currency))
        .expect("writes");
    writeln!(out, "balance {} -> {}", amount(&s.opening_balance), amount(&s.closing_balance))
        .expect("writes");
    writeln!(out, "rows {} in {income:?} out {spending:?}", s.transactions.len()).expect("writes");
    for c in &s.checks {
        writeln!(out, "check {} {} {}", c.code, c.ok, c.text.en).expect("writes");
    }
    for f in &s.findings {
        writeln!(out, "finding {} {:?} {:?} {}", f.code, f.severity, f.rows, f.text.zh).expect("writes");
    }
    for t in &s.transactions {
        let json = serde_json::to_string(t).expect("serialises");
        writeln!(out, "{json}").expect("writes");
    }
    out
}

type Expected = (&'static str, usize, (usize, &'static str), (usize, &'static str));

/// File, rows, income, spending: counted by an independent script (Python's csv and xlrd).
const EXPECTED: &[Expected] = &[
    ("abc_debit.csv", 5, (3, "10000.01"), (2, "12355.89")),
    ("bmo.csv", 3, (0, "0.00"), (3, "94.33")),
    ("boc.csv", 14, (6, "989.84"), (8, "1231.81")),
    ("bocom_credit.csv", 8, (4, "805.27"), (4, "73.58")),
    ("cmb.csv", 5, (1, "1234.00"), (4, "2013.14")),
    ("hsbchk.csv", 10, (4, "25505.45"), (6, "3526.50")),
    ("icbc.csv", 11, (5, "2841.74"), (6, "4241.08")),
    ("jd.csv", 26, (0, "0.00"), (16, "2277.70")),
    ("wechat.csv", 27, (5, "28.49"), (11, "2904.53")),
    ("ccb.xls.hex", 6, (0, "0.00"), (6, "703.26")),
    ("citic.xls.hex", 13, (2, "1.41"), (11, "1098.80")),
    ("spdb_debit.xls.hex", 4, (1, "10.00"), (3, "11.64")),
];

#[test]
fn every_sample_reads_as_its_golden_file() {
    let mut files: Vec<String> = std::fs::read_dir(folder())
        .expect("lists")
        .map(|f| f.expect("an entry").file_name().into_string().expect("is text"))
        .collect();
    files.retain(|f| f != "README.md");
    files.sort();
    assert_eq!(files.len(), 12);
    for file in files {
        let statement = examine(&sample(&file)).unwrap_or_else(|e| panic!("{file}: {e:?}"));
        let name = file.split('.').next().expect("a name");
        expect_file![folder().join(format!("../golden/{name}.txt"))].assert_eq(&shown(&statement));
    }
}

#[test]
fn totals_are_those_that_an_independent_script_counted() {
    for (file, rows, income, spending) in EXPECTED {
        let s = examine(&sample(file)).unwrap_or_else(|e| panic!("{file}: {e:?}"));
        let (i, o) = (total(&s, Direction::In), total(&s, Direction::Out));
        assert_eq!(
            (s.transactions.len(), (i.0, i.1.as_str()), (o.0, o.1.as_str())),
            (*rows, *income, *spending),
            "{file}"
        );
    }
}
