//! The tables of `data/qr`: schemes by identifier, countries, hosts by kind.
//!
//! Why it exists: schemes and hosts change faster than code; a support engineer edits the tables. Plain commas, no
//! quotes but around the last column. Never holds a payee.

use std::sync::LazyLock;

const SCHEMES: &str = include_str!("../../../data/qr/schemes.csv");
const COUNTRIES: &str = include_str!("../../../data/qr/countries.csv");
const HOSTS: &str = include_str!("../../../data/qr/hosts.csv");

/// A national scheme, known by an identifier.
#[derive(Debug)]
pub struct SchemeRow {
    /// The identifier's beginning, in lower case.
    pub guid: &'static str,
    /// Its name in our JSON.
    pub scheme: &'static str,
    /// ISO 3166 alpha-2.
    pub country: &'static str,
    /// ISO 4217, numeric, parted by blanks.
    pub currencies: &'static str,
}

/// A country.
#[derive(Debug)]
pub struct CountryRow {
    /// ISO 3166 alpha-2.
    pub country: &'static str,
    /// ISO 4217, numeric, parted by blanks.
    pub currencies: &'static str,
    /// The scheme that a code of this country belongs to, or nothing.
    pub scheme: &'static str,
}

/// What a host is known as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A name that look-alikes imitate.
    Brand,
    /// Payment codes of a wallet.
    Wallet,
    /// Hides where it leads.
    Shortener,
    /// Joins a chat or a group.
    Contact,
    /// Installs an app.
    Store,
}

/// A host.
#[derive(Debug)]
pub struct HostRow {
    /// The host, with all hosts below it.
    pub host: &'static str,
    /// What it is known as.
    pub kind: Kind,
    /// Whose it is; for a wallet the scheme's name in our JSON.
    pub owner: &'static str,
}

/// All tables.
pub struct Tables {
    /// Schemes by identifier.
    pub schemes: Vec<SchemeRow>,
    /// Countries.
    pub countries: Vec<CountryRow>,
    /// Hosts.
    pub hosts: Vec<HostRow>,
}

/// The compiled-in tables.
pub fn tables() -> &'static Tables {
    static TABLES: LazyLock<Tables> = LazyLock::new(|| {
        Tables::read(SCHEMES, COUNTRIES, HOSTS).expect("a test reads the compiled-in tables")
    });
    &TABLES
}

impl Tables {
    fn read(schemes: &'static str, countries: &'static str, hosts: &'static str) -> Result<Tables, String> {
        let rows = |text: &'static str, columns: usize| {
            text.lines().skip(1).enumerate().map(move |(i, line)| {
                let cells: Vec<&'static str> = line.splitn(columns, ',').collect();
                if cells.len() == columns { Ok(cells) } else { Err(format!("line {}: {line}", i + 2)) }
            })
        };
        let scheme =
            |c: Vec<&'static str>| SchemeRow { guid: c[0], scheme: c[1], country: c[2], currencies: c[3] };
        let country = |c: Vec<&'static str>| CountryRow { country: c[0], currencies: c[1], scheme: c[2] };
        let host = |c: Vec<&'static str>| {
            let kind = match c[1] {
                "brand" => Kind::Brand,
                "wallet" => Kind::Wallet,
                "shortener" => Kind::Shortener,
                "contact" => Kind::Contact,
                "store" => Kind::Store,
                other => return Err(format!("{}: kind {other}", c[0])),
            };
            Ok(HostRow { host: c[0], kind, owner: c[2] })
        };
        Ok(Tables {
            schemes: rows(schemes, 5).map(|r| r.map(scheme)).collect::<Result<_, _>>()?,
            countries: rows(countries, 3).map(|r| r.map(country)).collect::<Result<_, _>>()?,
            hosts: rows(hosts, 4).map(|r| r.and_then(host)).collect::<Result<_, _>>()?,
        })
    }

    /// The scheme of an identifier.
    pub fn scheme_of(&self, guid: &str) -> Option<&SchemeRow> {
        let guid = guid.to_ascii_lowercase();
        self.schemes.iter().find(|row| guid.starts_with(row.guid))
    }

    /// A country's row.
    pub fn country(&self, alpha2: &str) -> Option<&CountryRow> {
        self.countries.iter().find(|row| row.country.eq_ignore_ascii_case(alpha2))
    }

    /// True if the currency is used as its own by some country of the table.
    pub fn is_national(&self, currency: &str) -> bool {
        self.countries.iter().any(|row| row.currencies.split(' ').next() == Some(currency))
    }

    /// What a host of this kind is known as.
    pub fn host(&self, host: &str, kind: Kind) -> Option<&HostRow> {
        self.hosts.iter().filter(|row| row.kind == kind).find(|row| is_below(host, row.host))
    }
}

/// True for the host itself and all below it.
pub fn is_below(host: &str, above: &str) -> bool {
    host.strip_suffix(above).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// What is wrong with the tables, for `cargo xtask tidy`.
pub fn lint_builtin() -> Vec<String> {
    let tables = match Tables::read(SCHEMES, COUNTRIES, HOSTS) {
        Ok(tables) => tables,
        Err(e) => return vec![e],
    };
    let mut wrong = Vec::new();
    for row in &tables.schemes {
        if row.guid != row.guid.to_ascii_lowercase() || tables.country(row.country).is_none() {
            wrong.push(format!("schemes.csv: {}: lower case, and a country of countries.csv", row.guid));
        }
    }
    let currencies = tables.countries.iter().map(|r| (r.country, r.currencies));
    for (name, list) in currencies.chain(tables.schemes.iter().map(|r| (r.guid, r.currencies))) {
        if !list.split(' ').all(|c| c.len() == 3 && c.bytes().all(|b| b.is_ascii_digit())) {
            wrong.push(format!("{name}: currencies {list}: three digits each"));
        }
    }
    for (i, row) in tables.hosts.iter().enumerate() {
        let twice = tables.hosts[i + 1..].iter().any(|r| r.host == row.host && r.kind == row.kind);
        if twice || row.host != row.host.to_ascii_lowercase() || row.owner.is_empty() {
            wrong.push(format!("hosts.csv: {}: twice, upper case or without owner", row.host));
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_in_order() {
        assert_eq!(lint_builtin(), Vec::<String>::new());
    }

    #[test]
    fn rows_are_found() {
        let t = tables();
        assert_eq!(t.scheme_of("BR.GOV.BCB.PIX").map(|r| r.scheme), Some("PIX"));
        assert!(
            t.host("a.b.bit.ly", Kind::Shortener).is_some() && t.host("xbit.ly", Kind::Shortener).is_none()
        );
        assert!(t.is_national("156") && !t.is_national("978"));
        assert!(Tables::read("h\na,b", "", "").is_err());
    }
}
