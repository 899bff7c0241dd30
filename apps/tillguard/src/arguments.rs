//! The arguments of every command. The help stands in both languages, since a help text is read before a
//! language can be chosen.

use clap::{Args, Parser, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;
use tg_text::Lang;

fn lang(text: &str) -> Result<Lang, String> {
    Lang::from_tag(text).ok_or_else(|| "zh-CN, en".to_owned())
}

/// POS机安全中心：支付为何失败、现在怎么办、是否可疑
/// (security center for payment terminals: why a payment failed, what to do now, is something wrong)
#[derive(Parser)]
#[command(name = "tillguard", version, arg_required_else_help = true)]
pub struct Arguments {
    /// 语言 / language: zh-CN, en
    #[arg(long, global = true, value_parser = lang)]
    pub lang: Option<Lang>,
    /// 输出 JSON，供程序读取 / print JSON for programs
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// 解开 ISO 8583 报文（卡号等自动遮蔽）/ decode ISO 8583 messages, card data masked
    Decode(Decode),
    /// 解释应答码、屏幕文字、厂商代码 / explain a response code, words on a screen, a vendor's code
    Explain(Explain),
    /// 这笔为什么失败、现在怎么办 / why a payment failed and what to do now
    Diagnose(Diagnose),
    /// 这段文字是不是诱骗（免费POS机、套现、退押金）/ is this text a lure (free terminals, cash-out, deposits)?
    Lure(Lure),
    /// 检查对账单：是否对得上、哪些要留意 / check a statement: does it add up, what to look at
    Statement(Statement),
    /// 这张收款码对不对（文字或照片）/ is this payment code right? Its text, or a photo of it
    Qr(Qr),
    /// 失败或交易量变化出在哪里 / where failures or missing volume come from
    Locate(Locate),
    /// 检查规则文件、在录音上试算、列出可用字段 / check a file of rules, try it on a recording, list the fields
    #[command(subcommand)]
    Rules(Rules),
    /// 启动安全中心 / run the center
    Serve(Serve),
    /// 把录像发送到接入口 / send a recording to a feed
    Send(Send),
    /// 重放录像或数据目录，输出判定与发现 / replay a recording or data folder: verdicts and findings
    Replay(Replay),
    /// 演示：一座被攻击的模拟城市 / demo: a simulated city under attack
    Demo(Demo),
    /// 测速 / measure speed
    Bench(Bench),
    /// 检查这台机器是否适合运行 / is this machine fit?
    Doctor(Doctor),
    /// 模拟城市：录像与真相、检验发现 / the simulated city: recordings with their truth, findings measured
    #[command(subcommand)]
    Sim(Sim),
    #[command(hide = true)]
    SimTown(SimTown),
}

#[derive(Args)]
pub struct Decode {
    /// 方言，auto 为自动识别 / dialect; auto finds it out: cup_pos, cups_interchange, mastercard, iso87_ascii_hexbm …
    #[arg(long, default_value = "cup_pos")]
    pub dialect: String,
    /// 每行一条十六进制报文，或一个二进制文件；“-”为标准输入 / one message a line in hex, or one binary file; "-": standard input
    #[arg(default_value = "-")]
    pub file: String,
}

#[derive(Args)]
#[command(allow_negative_numbers = true)]
pub struct Explain {
    /// 应答码或屏幕文字 / a code, or the words on the screen
    #[arg(required = true)]
    pub what: Vec<String>,
    /// 卡组织 / scheme: unionpay, visa, mastercard, iso8583-1987, iso8583-1993
    #[arg(long)]
    pub scheme: Option<String>,
    /// 报文类型 / message type, such as 0210; in 0400 a code is the reason of the reversal
    #[arg(long)]
    pub mti: Option<String>,
    /// 厂商 / vendor, such as pax
    #[arg(long)]
    pub vendor: Option<String>,
    /// 覆盖内置目录的文件，列同 data/codes/de39.csv / a file with rows that replace or add to the catalogue’s, columns as in data/codes/de39.csv
    #[arg(long, value_name = "FILE.csv")]
    pub catalogue: Option<String>,
}

#[derive(Args)]
pub struct Diagnose {
    /// 已知的情况，例如 code=A7、message=安全处理失败、network=ok / what is known
    #[arg(long, value_name = "KEY=VALUE", num_args = 1..)]
    pub given: Vec<String>,
    /// 对问题的回答，不知道填 dont_know / the answer to a question; dont_know is one
    #[arg(long, value_name = "QUESTION=VALUE", num_args = 1..)]
    pub answer: Vec<String>,
    /// 已经做过的步骤；查询结果写 query_outcome=approved|not_approved|not_found / a step that was tried: sign_on=failed; what a query said: query_outcome=approved|not_approved|not_found
    #[arg(long, value_name = "ACTION=failed|fixed", num_args = 1..)]
    pub did: Vec<String>,
    /// 逐步提问，输入编号回答，也可用管道 / ask step by step, answered by numbers; a pipe will do
    #[arg(long, conflicts_with_all = ["answer", "did", "network", "json"])]
    pub ask: bool,
    /// 对一个公开的排障问题求计划 / plan over a published troubleshooting problem
    #[arg(long, value_name = "FILE.json", conflicts_with_all = ["given", "answer", "did"])]
    pub network: Option<String>,
    /// 求解方法 / how to plan: exact, questions, repairs
    #[arg(long, default_value = "exact", requires = "network")]
    pub policy: String,
}

#[derive(Args)]
pub struct Lure {
    /// 文件、文字本身或“-”（标准输入）/ a file, the text itself, or "-" for standard input
    #[arg(required = true)]
    pub what: Vec<String>,
    /// 每行一段文字，输出 NDJSON / one text a line
    #[arg(long)]
    pub lines: bool,
}

#[derive(Args)]
pub struct Qr {
    /// 本位置登记的码 / a code issued for this place
    #[arg(long, value_name = "CODE")]
    pub issued: Vec<String>,
    /// 允许的网址，“.example”含所有下级 / a host that is allowed; ".example" means all below
    #[arg(long, value_name = "HOST")]
    pub allow_host: Vec<String>,
    /// 验签公钥（PEM、DER）/ a public key (PEM, DER) by id: Ed25519 or P-256
    #[arg(long, value_name = "ID=FILE")]
    pub key: Vec<String>,
    /// 码的文字，或照片（JPEG、PNG、WebP）/ the code's text, or a photo (JPEG, PNG, WebP)
    pub what: String,
}

#[derive(Args)]
pub struct Statement {
    /// 对账单（CSV、XLS、XLSX、OFX、QIF、MT940、CAMT.053）或“-” / the statement, or "-" for standard input
    pub file: String,
    /// 只显示各列怎样识别（JSON）/ only show how the columns were understood (JSON)
    #[arg(long)]
    pub columns: bool,
    /// 更正一列，如 3=amount、5=none，可多次 / correct a column, such as 3=amount or 5=none; may be repeated
    #[arg(long, value_name = "N=WHAT")]
    pub column: Vec<String>,
    /// 没有收支方向时，正数是否为支出 / where no column tells the direction: is plus money spent
    #[arg(long, value_name = "true|false")]
    pub plus_is_spending: Option<bool>,
    /// 把各行写成不含公式的CSV / write the rows as CSV without formulas
    #[arg(long, value_name = "FILE")]
    pub export: Option<std::path::PathBuf>,
    /// 把提醒写成日历文件（.ics）/ write the reminders as a calendar file (.ics)
    #[arg(long, value_name = "FILE")]
    pub reminders: Option<std::path::PathBuf>,
}

#[derive(Args)]
pub struct Locate {
    /// CSV：维度列，然后 actual,expected 或 failures,total(,expected_rate)；“-”为标准输入 / CSV: dimensions, then actual,expected or failures,total(,expected_rate); "-": standard input
    pub file: String,
    /// 跳过有错的行，继续 / leave out bad rows and go on
    #[arg(long)]
    pub skip_bad_rows: bool,
}

#[derive(Subcommand)]
pub enum Rules {
    /// 检查规则文件，指出每处错误 / check a file of rules and name every fault
    Check {
        /// 规则文件（TOML）/ the file of rules (TOML)
        file: String,
    },
    /// 在录制的报文上试算，不改变任何东西 / count what each rule would have said of a recording
    Test(RulesTest),
    /// 列出规则可用的字段 / list the fields that rules may name
    Fields,
}

#[derive(Args)]
pub struct RulesTest {
    /// 规则文件（TOML）/ the file of rules (TOML)
    pub file: String,
    /// 录制文件，每行“时间 十六进制” / the recording, one `RFC3339-time hex` a line
    #[arg(long, value_name = "RECORDING")]
    pub on: String,
    /// 录制报文的方言 / dialect of the recorded messages
    #[arg(long, default_value = "cup_pos")]
    pub dialect: String,
}

#[derive(Args)]
pub struct Serve {
    /// 数据目录 / data folder
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// 控制台地址（本机回环）/ address of the console (loopback) [default: 127.0.0.1:8080]
    #[arg(long)]
    pub http: Option<SocketAddr>,
    /// 接入：地址,dialect=方言[,name=名称] / feed: ADDR,dialect=D[,name=N]
    #[arg(long, value_name = "ADDR,dialect=D[,name=N]")]
    pub feed: Vec<String>,
    /// 公众页面的地址：指引、扣款查询等，不含控制台 / address of the public pages, without the console
    #[arg(long, value_name = "ADDR")]
    pub public: Option<SocketAddr>,
    /// 公众页面的 TLS 证书（PEM）/ certificate of the public pages (PEM)
    #[arg(long, value_name = "FILE", requires = "public_key")]
    pub public_cert: Option<PathBuf>,
    /// 证书的私钥（PEM）/ the certificate's private key (PEM)
    #[arg(long, value_name = "FILE", requires = "public_cert")]
    pub public_key: Option<PathBuf>,
    /// 规则文件，或 starter（自带的起步规则）/ a file of rules, or `starter` for the pack that comes with it
    #[arg(long, value_name = "FILE|starter")]
    pub rules: Option<String>,
    /// 密钥文件（不在数据目录里）/ key file, outside the data folder
    #[arg(long)]
    pub key_file: Option<PathBuf>,
    /// 配置文件 / configuration file (TOML)
    #[arg(long)]
    pub config: Option<PathBuf>,
}

#[derive(Args)]
pub struct Send {
    /// 录像：每行“RFC 3339 时间 十六进制报文” / a recording: one "RFC3339-time hex" a line
    pub file: PathBuf,
    /// 接入口地址 / address of the feed
    #[arg(long)]
    pub to: SocketAddr,
}

#[derive(Args)]
pub struct Replay {
    /// 录像文件 / recordings
    #[arg(conflicts_with = "data", required_unless_present = "data")]
    pub files: Vec<PathBuf>,
    /// 数据目录 / a data folder
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// 录像的方言 / the recordings' dialect
    #[arg(long, default_value = "cup_pos")]
    pub dialect: String,
    /// 数据目录的密钥文件 / the data folder's key file
    #[arg(long)]
    pub key_file: Option<PathBuf>,
}

#[derive(Args)]
pub struct Demo {
    /// 随机种子 / seed of the city
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// 运行秒数，到时自行结束 / seconds; ends by itself
    #[arg(long = "for", value_name = "SECONDS")]
    pub for_seconds: Option<u32>,
    /// 攻击 / attacks: all, none, or a list of card_testing, cloned_terminal, skimming, moved_terminal, several_merchants, cash_out, impossible_travel, rapid_refunds, signon_storm
    #[arg(long, default_value = "all")]
    pub attacks: String,
    /// 故事快慢：1 为每秒 30 故事秒 / pace of the story: at 1 a second holds 30 story seconds
    #[arg(long, default_value_t = 1.0)]
    pub speed: f64,
    /// 终端数 / number of terminals
    #[arg(long, default_value_t = 120)]
    pub terminals: usize,
    /// 数据目录，默认用临时目录 / data folder [default: a temporary one]
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// 控制台地址 / address of the console [default: 127.0.0.1:8080, or the next free port]
    #[arg(long)]
    pub http: Option<SocketAddr>,
}

#[derive(Args)]
pub struct Bench {
    /// decode, engine, journal, path, latency, diagnose, locate, fleet, qr
    pub name: String,
    /// path、latency 的秒数 / seconds for `path` and `latency`
    #[arg(long, default_value_t = 10)]
    pub seconds: u32,
    /// latency 每秒的交易数 / transactions a second for `latency`
    #[arg(long, default_value_t = 100_000)]
    pub rate: u64,
    /// 测盘的目录 / folder whose disk is measured [default: a temporary one]
    #[arg(long)]
    pub data: Option<PathBuf>,
}

#[derive(Args)]
pub struct Doctor {
    /// 数据目录（测其磁盘）/ the data folder, whose disk is measured [default: here]
    #[arg(long)]
    pub data: Option<PathBuf>,
}

#[derive(Subcommand)]
pub enum Sim {
    /// 写出一份录像，旁边附真相 / write a recording, with the truth beside it
    Export(SimExport),
    /// 用真相检验一次重放的发现 / hold the findings of a replay against the truth
    Check(SimCheck),
    /// 在许多种子上检验本程序的发现 / measure this program's findings over many seeds
    Measure(SimMeasure),
}

#[derive(Args)]
pub struct SimExport {
    /// 随机种子 / seed of the city
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// 天数 / days
    #[arg(long, conflicts_with = "hours")]
    pub days: Option<u32>,
    /// 小时数，默认 24 / hours [default: 24]
    #[arg(long)]
    pub hours: Option<u32>,
    /// 终端数 / number of terminals
    #[arg(long, default_value_t = 120)]
    pub terminals: usize,
    /// 攻击 / attacks: all, none, or a list
    #[arg(long, default_value = "all")]
    pub attacks: String,
    /// 另加一台撒谎、重放、灌流、时间倒走的终端 / add a terminal that lies, replays, floods and goes back in time
    #[arg(long)]
    pub hostile: bool,
    /// 录像写到这里 / where the recording goes
    #[arg(long)]
    pub out: PathBuf,
    /// 真相写到这里 / where the truth goes
    #[arg(long)]
    pub truth: Option<PathBuf>,
}

#[derive(Args)]
pub struct SimCheck {
    /// 真相文件 / the truth
    #[arg(long)]
    pub truth: PathBuf,
    /// “replay --json”的输出；“-”为标准输入 / the output of `replay --json`; "-": standard input
    #[arg(long, default_value = "-")]
    pub findings: String,
    /// 真相所属的录像，用来核对 / the recording, to make sure that the truth is its own
    #[arg(long)]
    pub recording: Option<PathBuf>,
}

#[derive(Args)]
pub struct SimMeasure {
    /// 第一个种子 / the first seed
    #[arg(long, default_value_t = 1)]
    pub first_seed: u64,
    /// 种子数 / how many seeds
    #[arg(long, default_value_t = 5)]
    pub seeds: u32,
    /// 每份录像的小时数 / hours of each recording
    #[arg(long, default_value_t = 72)]
    pub hours: u32,
    /// 终端数 / number of terminals
    #[arg(long, default_value_t = 120)]
    pub terminals: usize,
    /// 攻击 / attacks: all, none, or a list
    #[arg(long, default_value = "all")]
    pub attacks: String,
}

#[derive(Args)]
pub struct SimTown {
    #[arg(long)]
    pub feed: SocketAddr,
    #[arg(long)]
    pub seed: u64,
    #[arg(long)]
    pub terminals: usize,
    #[arg(long)]
    pub attacks: String,
    #[arg(long)]
    pub speed: f64,
    #[arg(long)]
    pub for_seconds: Option<u32>,
    #[arg(long)]
    pub resume_us: Option<i64>,
}
