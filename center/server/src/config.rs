//! The settings of `serve`: from the command line and a TOML file.
//!
//! A wrong key or value names file, line, key, what was expected and the nearest right one; nothing starts
//! with a configuration that was only half understood.

use std::net::SocketAddr;
use std::path::PathBuf;
use tg_text::{Problem, Text, nearest};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// One feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedConfig {
    /// Where it listens.
    pub address: SocketAddr,
    /// The dialect of its messages.
    pub dialect: String,
    /// Its name on pages and in metrics.
    pub name: String,
}

/// Whom the shop calls, as it stands on the pages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AcquirerContact {
    /// The acquirer's name.
    pub name: Option<String>,
    /// Its telephone number for shops.
    pub phone: Option<String>,
}

/// All settings.
#[derive(Clone, Debug)]
pub struct Config {
    /// The data folder.
    pub data: PathBuf,
    /// Where the console listens.
    pub http: SocketAddr,
    /// The feeds.
    pub feeds: Vec<FeedConfig>,
    /// The key file; `None`: the user's configuration folder.
    pub key_file: Option<PathBuf>,
    /// Whom the shop calls.
    pub acquirer: AcquirerContact,
    /// The journal keeps at least what recovery needs and otherwise at most so many bytes.
    pub journal_bytes_max: u64,
    /// Payments that the store may index a second (failed ones have as much again).
    pub index_per_second_max: u32,
    /// A snapshot at the latest after so many events. Recovery replays at most about as many.
    pub snapshot_events: u64,
    /// Simulated data: the pages say so.
    pub demo: bool,
    /// The operator's rules.
    pub rules: crate::RulesSource,
    /// Master keys in memory, by which MACs are checked. In the demo and in tests only: a start without `demo`
    /// refuses them.
    pub soft_keys: Option<std::sync::Arc<tg_ingest::SoftKeys>>,
    /// What the center calls now; the demo's is that of its story.
    pub clock: crate::CenterClock,
    /// The door to the public pages.
    pub public: crate::public::PublicConfig,
    /// The register of issued payment codes, CSV.
    pub codes: Option<PathBuf>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            data: PathBuf::from("tillguard-data"),
            http: SocketAddr::from(([127, 0, 0, 1], 8080)),
            feeds: Vec::new(),
            key_file: None,
            acquirer: AcquirerContact::default(),
            journal_bytes_max: 16 << 30,
            index_per_second_max: 2_000,
            snapshot_events: 1_500_000,
            demo: false,
            rules: crate::RulesSource::None,
            soft_keys: None,
            clock: crate::CenterClock::default(),
            public: crate::public::PublicConfig::default(),
            codes: None,
        }
    }
}

impl FeedConfig {
    /// A feed from `ADDR,dialect=D[,name=N]`.
    ///
    /// # Errors
    /// Names the part that is wrong.
    pub fn from_argument(argument: &str) -> Result<FeedConfig, Problem> {
        let wrong = |zh: String, en: String, expected: &str, found: &str| {
            Problem::new("TG-2002", Text::new(zh, en)).in_field("--feed").because(expected, found)
        };
        let mut parts = argument.split(',');
        let text = parts.next().unwrap_or_default();
        let address: SocketAddr = text.parse().map_err(|_| {
            wrong("接入地址不对".into(), "the feed's address is wrong".into(), "127.0.0.1:9100", text)
        })?;
        let (mut dialect, mut name) = (None, None);
        for part in parts {
            match part.split_once('=') {
                Some(("dialect", value)) => dialect = Some(value.to_owned()),
                Some(("name", value)) => name = Some(value.to_owned()),
                _ => {
                    let key = part.split('=').next().unwrap_or_default();
                    let near = nearest(key, ["dialect", "name"]).unwrap_or("dialect=D");
                    return Err(wrong(format!("不认识 {part}"), format!("{part} is not known"), near, key));
                }
            }
        }
        let dialect = dialect.ok_or_else(|| {
            wrong("没有说明方言".into(), "the dialect is missing".into(), "ADDR,dialect=cup_pos", argument)
        })?;
        feed(address, dialect, name)
    }
}

fn feed(address: SocketAddr, dialect: String, name: Option<String>) -> Result<FeedConfig, Problem> {
    if !address.ip().is_loopback() {
        let what = Text::new(
            format!("接入只能监听本机回环地址，{address} 不是"),
            format!("feeds listen on loopback only until they have TLS; {address} is not loopback"),
        );
        return Err(Problem::new("TG-2003", what).because("127.0.0.1 / [::1]", address.to_string()));
    }
    if !tg_iso8583::NAMES.contains(&dialect.as_str()) {
        let near = nearest(&dialect, tg_iso8583::NAMES.iter().copied());
        let what = Text::new(format!("没有方言 {dialect}"), format!("there is no dialect {dialect}"));
        let expected = near.map_or_else(|| tg_iso8583::NAMES.join(", "), str::to_owned);
        return Err(Problem::new("TG-1004", what).because(expected, dialect));
    }
    if tg_iso8583::Dialect::named(&dialect).is_some_and(|d| d.header_holds_length()) {
        let what = Text::new(
            format!("{dialect} 是带长度的文件方言，接入的帧不含长度"),
            format!("{dialect} is a dialect of files: the frame of a feed never holds the length"),
        );
        let expected = if dialect.starts_with("cup_pos") { "cup_pos" } else { "a dialect without a length" };
        return Err(Problem::new("TG-1004", what).because(expected, dialect));
    }
    let name = name.unwrap_or_else(|| format!("{dialect}@{}", address.port()));
    Ok(FeedConfig { address, dialect, name })
}

impl Config {
    /// Lays the settings of a TOML file over these.
    ///
    /// # Errors
    /// Names file, line, key and what was expected.
    pub fn apply_toml(&mut self, file: &str, text: &str) -> Result<(), Problem> {
        let at = |span: std::ops::Range<usize>| {
            text.get(..span.start).unwrap_or(text).matches('\n').count() as u64 + 1
        };
        let reader = Reader { file, line_of: &at };
        let table = DeTable::parse(text).map_err(|e| {
            let what =
                Text::new(format!("TOML 语法错误：{}", e.message()), format!("TOML syntax: {}", e.message()));
            let line = e.span().map_or(1, at);
            Problem::new("TG-2001", what).in_file(file).at_line(line)
        })?;
        for (key, value) in table.get_ref() {
            match key.get_ref().as_ref() {
                "data" => self.data = reader.text(key, value)?.into(),
                "http" => self.http = reader.address(key, value)?,
                "rules" => self.rules = crate::RulesSource::of(&reader.text(key, value)?),
                "key_file" => self.key_file = Some(reader.text(key, value)?.into()),
                "feed" => self.feeds.extend(reader.feeds(key, value)?),
                "acquirer" => {
                    for (key, value) in reader.table(key, value)? {
                        match key.get_ref().as_ref() {
                            "name" => self.acquirer.name = Some(reader.text(key, value)?),
                            "phone" => self.acquirer.phone = Some(reader.text(key, value)?),
                            _ => return Err(reader.unknown(key, &["name", "phone"])),
                        }
                    }
                }
                "limits" => {
                    for (key, value) in reader.table(key, value)? {
                        let number = reader.number(key, value);
                        match key.get_ref().as_ref() {
                            "journal_bytes" => self.journal_bytes_max = number?,
                            "index_per_second" => self.index_per_second_max = number?.min(1_000_000) as u32,
                            "snapshot_events" => self.snapshot_events = number?.max(1_000),
                            _ => {
                                let known = ["journal_bytes", "index_per_second", "snapshot_events"];
                                return Err(reader.unknown(key, &known));
                            }
                        }
                    }
                }
                "public" => {
                    for (key, value) in reader.table(key, value)? {
                        self.public.set(&reader, key, value)?;
                    }
                }
                "register" => {
                    for (key, value) in reader.table(key, value)? {
                        match key.get_ref().as_ref() {
                            "terminals" => self.public.register = Some(reader.text(key, value)?.into()),
                            "codes" => self.codes = Some(reader.text(key, value)?.into()),
                            _ => return Err(reader.unknown(key, &["terminals", "codes"])),
                        }
                    }
                }
                "key" | "keys" | "mac" | "macs" | "mac_keys" | "master_key" | "master_keys" | "soft_keys" => {
                    return Err(reader.place(soft_keys_refused(), key));
                }
                _ => return Err(reader.unknown(key, KEYS)),
            }
        }
        Ok(())
    }
}

/// Keys of the file.
const KEYS: &[&str] =
    &["data", "http", "key_file", "feed", "acquirer", "limits", "public", "register", "rules"];

/// Keys may be in this program's memory in the demo and in tests only.
pub(crate) fn soft_keys_refused() -> Problem {
    let what = Text::fixed(
        "终端主密钥不能放进配置或程序：只有演示和测试可以在内存里用软密钥",
        "terminal master keys have no place in the settings or in the program: keys in memory are for the demo and for tests",
    );
    Problem::new("TG-2006", what)
}

/// Reads values of one file, naming line and key of what is wrong.
pub(crate) struct Reader<'a> {
    file: &'a str,
    line_of: &'a dyn Fn(std::ops::Range<usize>) -> u64,
}

pub(crate) type Key<'i> = Spanned<std::borrow::Cow<'i, str>>;
pub(crate) type Value<'i> = Spanned<DeValue<'i>>;

impl Reader<'_> {
    pub fn wrong(&self, key: &Key<'_>, expected: &str, found: &str) -> Problem {
        let name = key.get_ref();
        let what = Text::new(format!("{name} 的值不对"), format!("the value of {name} is wrong"));
        self.place(Problem::new("TG-2001", what), key).because(expected, found)
    }

    fn place(&self, problem: Problem, key: &Key<'_>) -> Problem {
        problem.in_file(self.file).at_line((self.line_of)(key.span())).in_field(key.get_ref().to_string())
    }

    pub fn unknown(&self, key: &Key<'_>, known: &[&str]) -> Problem {
        let name = key.get_ref();
        let expected = nearest(name, known.iter().copied()).map_or_else(|| known.join(", "), str::to_owned);
        let what = Text::new(format!("没有 {name} 这个键"), format!("there is no key {name}"));
        self.place(Problem::new("TG-2001", what), key).because(expected, name.to_string())
    }

    pub fn text(&self, key: &Key<'_>, value: &Value<'_>) -> Result<String, Problem> {
        value
            .get_ref()
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| self.wrong(key, "text in quotes", kind(value)))
    }

    pub fn texts(&self, key: &Key<'_>, value: &Value<'_>) -> Result<Vec<String>, Problem> {
        let list = value.get_ref().as_array().ok_or_else(|| self.wrong(key, "[\"…\"]", kind(value)))?;
        list.iter().map(|entry| self.text(key, entry)).collect()
    }

    pub fn number(&self, key: &Key<'_>, value: &Value<'_>) -> Result<u64, Problem> {
        let number = value.get_ref().as_integer().and_then(|i| i.as_str().replace('_', "").parse().ok());
        number.ok_or_else(|| self.wrong(key, "a whole number from 0", kind(value)))
    }

    pub fn address(&self, key: &Key<'_>, value: &Value<'_>) -> Result<SocketAddr, Problem> {
        let text = self.text(key, value)?;
        text.parse().map_err(|_| self.wrong(key, "127.0.0.1:8080", &text))
    }

    fn table<'v, 'i>(&self, key: &Key<'_>, value: &'v Value<'i>) -> Result<&'v DeTable<'i>, Problem> {
        value
            .get_ref()
            .as_table()
            .ok_or_else(|| self.wrong(key, &format!("[{}]", key.get_ref()), kind(value)))
    }

    fn feeds(&self, key: &Key<'_>, value: &Value<'_>) -> Result<Vec<FeedConfig>, Problem> {
        let list = value.get_ref().as_array().ok_or_else(|| self.wrong(key, "[[feed]]", kind(value)))?;
        let mut feeds = Vec::new();
        for entry in list {
            let (mut address, mut dialect, mut name) = (None, None, None);
            for (key, value) in self.table(key, entry)? {
                match key.get_ref().as_ref() {
                    "address" => address = Some(self.address(key, value)?),
                    "dialect" => dialect = Some(self.text(key, value)?),
                    "name" => name = Some(self.text(key, value)?),
                    _ => return Err(self.unknown(key, &["address", "dialect", "name"])),
                }
            }
            let line = (self.line_of)(entry.span());
            let (Some(address), Some(dialect)) = (address, dialect) else {
                return Err(self.wrong(key, "address and dialect", "one is missing").at_line(line));
            };
            feeds.push(feed(address, dialect, name).map_err(|p| p.in_file(self.file).at_line(line))?);
        }
        Ok(feeds)
    }
}

fn kind(value: &Value<'_>) -> &'static str {
    match value.get_ref() {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a point",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        let problem = Config::default().apply_toml("c.toml", text).expect_err("is refused");
        let p = &problem.place;
        format!(
            "{} line {} {}: {} not {}",
            problem.code,
            p.line.unwrap_or(0),
            p.field.as_deref().unwrap_or(""),
            problem.expected.as_deref().unwrap_or(""),
            problem.found.as_deref().unwrap_or("")
        )
    }

    #[test]
    fn a_whole_file_is_understood() {
        let mut config = Config::default();
        let text = "http = \"127.0.0.1:9000\"\n[[feed]]\naddress = \"127.0.0.1:9100\"\ndialect = \"cup_pos\"\nname = \"east\"\n[acquirer]\nphone = \"400-000-0000\"\n[limits]\nindex_per_second = 5_000\n";
        config.apply_toml("c.toml", text).expect("is understood");
        assert_eq!(config.http.port(), 9000);
        assert_eq!((config.feeds[0].name.as_str(), config.feeds[0].dialect.as_str()), ("east", "cup_pos"));
        assert_eq!(
            (config.acquirer.phone.as_deref(), config.index_per_second_max),
            (Some("400-000-0000"), 5_000)
        );
    }

    #[test]
    fn what_is_wrong_is_named_with_line_and_nearest_key() {
        assert_eq!(refused("http = \"127.0.0.1:1\"\nfead = 1\n"), "TG-2001 line 2 fead: feed not fead");
        assert_eq!(
            refused("[[feed]]\naddress = \"127.0.0.1:1\"\ndialct = \"cup_pos\"\n"),
            "TG-2001 line 3 dialct: dialect not dialct"
        );
        assert_eq!(refused("\n\nhttp = 5\n"), "TG-2001 line 3 http: text in quotes not a whole number");
        assert_eq!(
            refused("[limits]\nsnapshot_events = -1\n"),
            "TG-2001 line 2 snapshot_events: a whole number from 0 not a whole number"
        );
        assert_eq!(
            refused("[[feed]]\naddress = \"127.0.0.1:1\"\ndialect = \"cup_poz\"\n"),
            "TG-1004 line 1 : cup_pos not cup_poz"
        );
        assert!(refused("http = ").starts_with("TG-2001 line 1"));
    }

    #[test]
    fn keys_in_the_settings_are_refused_by_name_and_never_repeated() {
        for key in ["keys", "mac_keys", "master_key", "soft_keys"] {
            let text = format!("http = \"127.0.0.1:1\"\n[{key}]\n70310482 = \"0123456789ABCDEF\"\n");
            let problem = Config::default().apply_toml("c.toml", &text).expect_err("is refused");
            assert_eq!((problem.code, problem.place.line), ("TG-2006", Some(2)), "{key}");
            assert!(!format!("{problem:?}").contains("0123456789ABCDEF"), "the key is not repeated");
        }
    }

    #[test]
    fn a_feed_on_the_network_is_refused_with_a_word_why() {
        let problem = FeedConfig::from_argument("0.0.0.0:9100,dialect=cup_pos").expect_err("is refused");
        assert_eq!(problem.code, "TG-2003");
        assert!(problem.what.en.contains("TLS"));
        let problem =
            FeedConfig::from_argument("127.0.0.1:9100,dialect=cup_pos_len").expect_err("is refused");
        assert_eq!(problem.expected.as_deref(), Some("cup_pos"));
        let problem = FeedConfig::from_argument("127.0.0.1:9100,dialct=cup_pos").expect_err("is refused");
        assert_eq!(problem.expected.as_deref(), Some("dialect"));
    }
}
