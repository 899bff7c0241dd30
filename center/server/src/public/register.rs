//! The register that "is this shop / machine registered?" is asked of: a CSV file, or the demo's city.
//!
//! Why it exists: until terminals and merchants have their own register, an operator's list serves, and the page
//! says which one answered. Two facts of the slip must stand together in it; a miss tells nothing about either.

use super::{Class, Fields, Public, Visit};
use crate::live::Live;
use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};
use tg_console::public::{RegisterOf, RegisterPage, Registered, register};
use tg_store::{Reader, StoreError};
use tg_text::{Problem, Text, nearest};

/// Every look-up takes at least so long, found or not.
const ANSWER_LEAST: Duration = Duration::from_millis(100);
/// Bytes and rows of a register.
const FILE_BYTES_MAX: u64 = 256 << 20;
const ROWS_MAX: usize = 2_000_000;

/// One row: a terminal and its merchant.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    merchant: String,
    name: Text,
    serial: String,
    withdrawn: bool,
}

/// A register in memory, by terminal number.
#[derive(Debug, Default)]
pub(crate) struct Register {
    rows: HashMap<String, Row>,
    file: String,
}

const REQUIRED: [&str; 3] = ["terminal", "merchant", "name"];
const COLUMNS: [&str; 6] = ["terminal", "merchant", "name", "name_en", "serial", "state"];

impl Register {
    /// Reads a register: `terminal,merchant,name` and, as wanted, `name_en,serial,state` (`active`, `withdrawn`).
    ///
    /// # Errors
    /// Names file, line and column of what is wrong; half a register is none.
    pub fn read(path: &Path) -> Result<Register, Problem> {
        let name = path.display().to_string();
        let cant = |e: &std::io::Error| {
            Problem::new("TG-1001", Text::new(e.to_string(), e.to_string())).in_file(name.clone())
        };
        if std::fs::metadata(path).map_err(|e| cant(&e))?.len() > FILE_BYTES_MAX {
            let what = Text::fixed("登记文件太大", "the register’s file is too large");
            return Err(Problem::new("TG-1006", what).in_file(name.clone()));
        }
        let bytes = std::fs::read(path).map_err(|e| cant(&e))?;
        let rows = rows(&bytes).map_err(|p| p.in_file(name.clone()))?;
        let file = path.file_name().map_or(name, |f| f.to_string_lossy().into_owned());
        Ok(Register { rows, file })
    }
}

fn rows(bytes: &[u8]) -> Result<HashMap<String, Row>, Problem> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let wrong = |line: u64, zh: String, en: String| Problem::new("TG-1007", Text::new(zh, en)).at_line(line);
    let broken = |e: &csv::Error| {
        wrong(e.position().map_or(0, csv::Position::line), format!("不是 CSV：{e}"), format!("not CSV: {e}"))
    };
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
    let header = reader.headers().map_err(|e| broken(&e))?.clone();
    for column in &header {
        if !COLUMNS.contains(&column) {
            let near = nearest(column, COLUMNS).map_or(COLUMNS.join(","), str::to_owned);
            return Err(wrong(1, format!("没有列 {column}"), format!("there is no column {column}"))
                .because(near, column));
        }
    }
    let at = |name: &str| header.iter().position(|c| c == name);
    if let Some(missing) = REQUIRED.into_iter().find(|name| at(name).is_none()) {
        return Err(wrong(1, format!("缺少列 {missing}"), format!("the column {missing} is missing"))
            .because(REQUIRED.join(","), header.iter().collect::<Vec<_>>().join(",")));
    }
    let mut rows = HashMap::new();
    for record in reader.records() {
        let record = record.map_err(|e| broken(&e))?;
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |name: &str| at(name).and_then(|i| record.get(i)).unwrap_or_default().to_owned();
        let terminal = cell("terminal").to_ascii_uppercase();
        if terminal.len() != 8 || cell("merchant").is_empty() || cell("name").is_empty() {
            return Err(wrong(
                line,
                "终端号应为 8 位，商户号和名称不能空".into(),
                "8 characters of terminal, a merchant and a name".into(),
            ));
        }
        let withdrawn = match cell("state").as_str() {
            "" | "active" => false,
            "withdrawn" => true,
            other => {
                return Err(wrong(line, "状态不对".into(), "the state is wrong".into())
                    .in_field("state")
                    .because("active, withdrawn", other));
            }
        };
        let en = Some(cell("name_en")).filter(|n| !n.is_empty()).unwrap_or_else(|| cell("name"));
        let name = Text::new(cell("name"), en);
        let row =
            Row { merchant: cell("merchant").to_ascii_uppercase(), name, serial: cell("serial"), withdrawn };
        if rows.insert(terminal, row).is_some() {
            return Err(wrong(line, "终端号重复".into(), "this terminal stands there twice".into()));
        }
        if rows.len() > ROWS_MAX {
            return Err(Problem::new("TG-1006", Text::fixed("登记太多", "too many rows")));
        }
    }
    Ok(rows)
}

/// The routes of both questions.
pub(crate) fn routes(of: RegisterOf) -> Router<Public> {
    let path = match of {
        RegisterOf::Shop => "/shop",
        RegisterOf::Machine => "/machine",
    };
    let asked = move |visit: Visit| async move { draw(&visit, of, Registered::Ask, StatusCode::OK) };
    let looked = move |visit: Visit, fields: Fields| look(visit, fields, of);
    Router::new().route(path, get(asked).post(looked))
}

fn draw(visit: &Visit, of: RegisterOf, found: Registered, status: StatusCode) -> Response {
    let register_name = match &visit.public.register {
        Some(r) => Some(Text::new(
            format!("运营方的登记表（{}）", r.file),
            format!("the operator’s list ({})", r.file),
        )),
        None if visit.public.web.live.demo => {
            Some(Text::fixed("演示城市的登记（虚构）", "the demo city’s register (invented)"))
        }
        None => None,
    };
    visit.page(status, register(&RegisterPage { of, found, register: register_name }, &visit.frame))
}

async fn look(visit: Visit, fields: Fields, of: RegisterOf) -> Response {
    let begun = Instant::now();
    let number = |name: &str| fields.get(name).replace([' ', '-'], "").to_ascii_uppercase();
    let own = |text: &str, min: usize, max: usize| {
        (min..=max).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    let (merchant, terminal, serial) = (number("merchant"), number("terminal"), number("serial"));
    let wrong = if !own(&merchant, 15, 15) {
        Some(("merchant", Text::fixed("商户号是 15 位", "A merchant number has 15 characters")))
    } else if !own(&terminal, 8, 8) {
        Some(("terminal", Text::fixed("终端号是 8 位", "A terminal number has 8 characters")))
    } else if !serial.is_empty() && !own(&serial, 6, 6) {
        Some(("serial", Text::fixed("填序列号最后六位", "The serial number’s last six characters")))
    } else {
        None
    };
    if let Some((field, words)) = wrong {
        return draw(&visit, of, Registered::Wrong(field, words), StatusCode::UNPROCESSABLE_ENTITY);
    }
    if let Err(wait) = visit.take(Class::Lookup) {
        return wait;
    }
    let allowed = visit.public.limits.take_subject(&terminal, begun).is_ok();
    let public = visit.public.clone();
    let found = visit.public.web.ask(move |reader, live| row(&public, reader, live, &terminal)).await;
    tokio::time::sleep_until((begun + ANSWER_LEAST).into()).await;
    let row = match found {
        Ok(row) => row.filter(|row| allowed & (row.merchant == merchant)),
        Err(error) => {
            tracing::error!(%error, "the register was not answered");
            None
        }
    };
    let found = row.map_or(Registered::No, |row| Registered::Yes {
        serial_fits: (!serial.is_empty() && !row.serial.is_empty()).then(|| ends_with(&row.serial, &serial)),
        name: row.name,
        withdrawn: row.withdrawn,
    });
    draw(&visit, of, found, StatusCode::OK)
}

fn ends_with(registered: &str, typed: &str) -> bool {
    registered.replace([' ', '-'], "").to_ascii_uppercase().ends_with(typed)
}

/// The row of a terminal: from the file, else from the demo's city.
fn row(public: &Public, reader: &Reader, live: &Live, terminal: &str) -> Result<Option<Row>, StoreError> {
    if let Some(register) = &public.register {
        return Ok(register.rows.get(terminal).cloned());
    }
    let Some(place) = live.place(terminal).filter(|_| live.demo) else { return Ok(None) };
    let seen = reader.terminal(terminal)?;
    Ok(seen.map(|t| Row { merchant: t.merchant, name: place.name, serial: place.serial, withdrawn: false }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_register_is_read_whole_or_not_at_all() {
        let text = "terminal,merchant,name,name_en,serial,state\n70310482,898310070310482,老榆树面馆,Old Elm Noodles,N5A0-7731-2046,\n70310955,898310070310955,河埠杂货,,,withdrawn\n";
        let read = rows(text.as_bytes()).expect("reads");
        assert_eq!(
            (read["70310482"].name.en.as_ref(), read["70310955"].withdrawn),
            ("Old Elm Noodles", true)
        );
        let line = |text: &str| rows(text.as_bytes()).expect_err("is refused").place.line;
        assert_eq!(line("terminal,merchnt,name\n"), Some(1));
        assert_eq!(line("terminal,merchant\n"), Some(1));
        assert_eq!(line("terminal,merchant,name\n7031,1,x\n"), Some(2));
        assert_eq!(line("terminal,merchant,name\n70310482,1,x\n70310482,1,x\n"), Some(3));
        assert_eq!(line("terminal,merchant,name,state\n70310482,1,x,gone\n"), Some(2));
    }

    #[test]
    fn serials_are_compared_by_their_end() {
        assert!(ends_with("N5A0-7731-2046", "312046") && !ends_with("N5A0-7731-2046", "312047"));
    }
}
