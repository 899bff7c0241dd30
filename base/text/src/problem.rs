//! [`Problem`]: what happened, where, what was found and expected, what to do, whom to call.
//!
//! The titles and steps stand in one table, [`PROBLEMS`], so that `tillguard explain TG-…` and the
//! place where a problem occurs say the same. Never holds card data: `found` is for words and numbers
//! of the configuration or the position in a message, not for its content.

use crate::{Lang, Text};
use serde::Serialize;

/// One kind of problem: its stable code and what is always true of it.
#[derive(Debug)]
pub struct Kind {
    /// Stable, `TG-` and four digits: 1xxx input, 2xxx configuration, 3xxx disk and data folder, 4xxx network.
    pub code: &'static str,
    /// What happened, in one sentence.
    pub title: Text,
    /// What to do, in order.
    pub steps: &'static [Text],
}

/// Where in the input a problem lies. Lines count from 1, offsets from 0.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Where {
    /// A file's path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The byte, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// The field or key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

/// A problem as it is shown to a person and printed as JSON (contract, section 7).
#[derive(Clone, Debug, Serialize)]
pub struct Problem {
    /// The stable code.
    pub code: &'static str,
    /// What happened, in one sentence.
    pub title: Text,
    /// The particular case: names, paths, numbers.
    pub what: Text,
    /// Where in the input.
    #[serde(rename = "where")]
    pub place: Where,
    /// What was expected there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What was found instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// What to do, in order.
    pub steps: Vec<Text>,
    /// Whom to ask, if not oneself.
    pub contact: Option<Text>,
    /// What to tell them.
    pub tell: Vec<Text>,
}

impl Problem {
    /// A problem of a kind in [`PROBLEMS`], with its particular case.
    ///
    /// # Panics
    /// If the code is not in the table; a test walks over all codes that the source names.
    pub fn new(code: &'static str, what: Text) -> Problem {
        let kind = PROBLEMS.iter().find(|k| k.code == code).expect("a code of PROBLEMS");
        Problem {
            code: kind.code,
            title: kind.title.clone(),
            what,
            place: Where::default(),
            expected: None,
            found: None,
            steps: kind.steps.to_vec(),
            contact: None,
            tell: Vec::new(),
        }
    }

    /// Names the file.
    pub fn in_file(mut self, file: impl Into<String>) -> Problem {
        self.place.file = Some(file.into());
        self
    }

    /// Names the line, from 1.
    pub fn at_line(mut self, line: u64) -> Problem {
        self.place.line = Some(line);
        self
    }

    /// Names the byte, from 0.
    pub fn at_offset(mut self, offset: u64) -> Problem {
        self.place.offset = Some(offset);
        self
    }

    /// Names the field or key.
    pub fn in_field(mut self, field: impl Into<String>) -> Problem {
        self.place.field = Some(field.into());
        self
    }

    /// Says what was expected and what was found.
    pub fn because(mut self, expected: impl Into<String>, found: impl Into<String>) -> Problem {
        self.expected = Some(expected.into());
        self.found = Some(found.into());
        self
    }

    /// The problem as lines for a terminal.
    pub fn render(&self, lang: Lang) -> String {
        let mut out = format!("{} {}\n  {}\n", self.code, self.title.get(lang), self.what.get(lang));
        let place = [
            self.place.file.clone(),
            self.place.line.map(|l| lang.pick(format!("第 {l} 行"), format!("line {l}"))),
            self.place.offset.map(|o| lang.pick(format!("第 {o} 字节"), format!("byte {o}"))),
            self.place.field.clone(),
        ];
        let place: Vec<String> = place.into_iter().flatten().collect();
        if !place.is_empty() {
            out += &format!("  {} {}\n", lang.pick("位置：", "where:"), place.join(", "));
        }
        if let Some(expected) = &self.expected {
            out += &format!("  {} {expected}\n", lang.pick("应为：", "expected:"));
        }
        if let Some(found) = &self.found {
            out += &format!("  {} {found}\n", lang.pick("实际：", "found:"));
        }
        for (i, step) in self.steps.iter().enumerate() {
            out += &format!("  {}. {}\n", i + 1, step.get(lang));
        }
        out
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.render(Lang::En).trim_end())
    }
}

impl std::error::Error for Problem {}

macro_rules! problems {
    ($($code:literal: $zh:literal / $en:literal $(=> $step_zh:literal / $step_en:literal)*;)*) => {
        /// Every kind of problem, by code.
        pub const PROBLEMS: &[Kind] = &[$(Kind {
            code: $code,
            title: Text::fixed($zh, $en),
            steps: &[$(Text::fixed($step_zh, $step_en)),*],
        }),*];
    };
}

problems! {
    "TG-1001": "读不了这个文件" / "This file can't be read"
        => "确认路径正确，文件存在，并且有读取权限。" / "Check that the path is right, the file exists and you may read it.";
    "TG-1002": "这一行不是报文" / "This line is not a message"
        => "录像文件每行是“RFC 3339 时间 十六进制报文”，例如 2026-01-02T03:04:05Z 0200…。" / "A recording holds one “RFC 3339 time, space, message in hex” a line, such as 2026-01-02T03:04:05Z 0200….";
    "TG-1003": "报文解不开" / "The message can't be decoded"
        => "看出错的字段和位置，确认方言与对方系统一致。" / "Look at the field and position, and check that the dialect is the one that the other side speaks."
        => "所有报文都解不开时，多半是方言选错。" / "If no message can be decoded, the dialect is most likely the wrong one.";
    "TG-1004": "没有这个方言" / "There is no such dialect"
        => "用“tillguard decode --help”列出的方言。" / "Use a dialect that `tillguard decode --help` lists.";
    "TG-1005": "目录里没有这一项" / "Not in the catalogue"
        => "核对代码和卡组织；不要凭猜测处理，也不要再次扣款。" / "Check the code and the scheme; don't act on a guess and don't take the payment again."
        => "店方联系收单机构，报应答码、时间、流水号和终端号。" / "The shop calls its acquirer with the code, time, trace number and terminal number.";
    "TG-1006": "要处理的内容太大" / "The input is too large"
        => "把文件分成几份。" / "Split the file.";
    "TG-1007": "文件内容有误" / "The file's content is wrong"
        => "改正所指的位置，再运行一次。" / "Correct the place that is named and run it again.";
    "TG-1008": "这不是能读的对账单" / "This is no statement that can be read"
        => "从银行或钱包重新导出（CSV、XLS、XLSX、OFX、QIF、MT940或CAMT.053），不要另存或改动。" / "Export it again from your bank or wallet (CSV, XLS, XLSX, OFX, QIF, MT940 or CAMT.053), and don't change it."
        => "文件加了密码时，先用密码打开再导出。" / "If the file has a password, open it with the password and export it again.";
    "TG-1009": "真相出自另一版模拟器" / "The truth is of another version of the simulator"
        => "用“tillguard sim export”以同样的种子重新生成录像和真相；不同版本的同一种子不是同一座城市。" / "Make recording and truth again with `tillguard sim export` and the same seed; the same seed of another version is another city.";
    "TG-1010": "真相与录像不是一对" / "The truth does not fit its recording"
        => "用同一次“tillguard sim export”写出的录像和真相。" / "Use the recording and the truth that one `tillguard sim export` wrote together."
        => "录像写出之后不要改动。" / "Don't change the recording afterwards.";
    "TG-1011": "这张图片读不了" / "This picture can't be read"
        => "用 JPEG、PNG 或 WebP 原图，最大 48 MB、6400 万像素；重新拍摄或重新保存后再试。" / "Use the original picture as JPEG, PNG or WebP, at most 48 MB and 64 megapixels; take or save it again.";
    "TG-2001": "配置有误" / "The configuration is wrong"
        => "改正所指的行，再启动。" / "Correct the line that is named and start again.";
    "TG-2002": "参数用错" / "Wrong use"
        => "用 --help 看用法。" / "See --help.";
    "TG-2003": "地址不允许" / "This address is not allowed"
        => "在没有登录和 TLS 之前，只能用本机回环地址（127.0.0.1 或 [::1]）。" / "Until sign-in and TLS exist, use a loopback address (127.0.0.1 or [::1])."
        => "需要从别处访问时，请用 SSH 隧道。" / "To reach it from elsewhere, use an SSH tunnel.";
    "TG-2004": "公众页面不能这样开放" / "The public pages can't be opened like this"
        => "给出证书和私钥：--public-cert 与 --public-key，或 [public] certificate 与 key。" / "Give a certificate and its key: --public-cert and --public-key, or [public] certificate and key."
        => "或放在代理后面，并写明代理的地址：[public] behind_proxy。" / "Or put it behind a proxy and name the proxy's address: [public] behind_proxy."
        => "只在本机看时，用 127.0.0.1。" / "To look at it on this machine only, use 127.0.0.1.";
    "TG-2005": "证书或私钥用不了" / "The certificate or its key can't be used"
        => "两个文件都要是 PEM 格式，私钥与证书要配套，且不带口令。" / "Both files must be PEM, the key must belong to the certificate, and must have no password.";
    "TG-2006": "密钥不能这样配置" / "Keys can't be configured like this"
        => "从配置中删去这一项，再启动；没有密钥时，MAC 显示为“有，未校验”。" / "Remove the entry and start again; without keys a MAC is shown as present, not checked."
        => "密钥若曾写进文件，请按密钥管理制度上报并更换。" / "If keys were written into a file, report it under your key management rules and have them replaced.";
    "TG-3001": "数据目录用不了" / "The data folder can't be used"
        => "确认路径、权限和剩余空间。" / "Check the path, permissions and free space.";
    "TG-3002": "数据目录已被另一个进程占用" / "Another process is using this data folder"
        => "先停掉那个进程，或换一个数据目录。" / "Stop that process first, or use another data folder.";
    "TG-3003": "密钥文件不对" / "The key file is wrong"
        => "使用创建该数据目录时的密钥文件。" / "Use the key file with which this data folder was made."
        => "不要删除或覆盖原有数据。" / "Don't delete or overwrite the existing data.";
    "TG-3004": "数据目录由更新版本写成" / "The data folder was written by a newer version"
        => "换用该版本或更新的 tillguard。" / "Use that version of tillguard or a newer one.";
    "TG-3005": "日志已损坏" / "The journal is damaged"
        => "不要删除任何文件；先复制整个数据目录。" / "Delete nothing; copy the whole data folder first."
        => "检查磁盘，然后用副本恢复。" / "Check the disk, then recover from the copy.";
    "TG-3006": "磁盘已满，暂不接收" / "The disk is full, nothing more is accepted for now"
        => "清出空间；之前接收的内容都在，空间恢复后会自动继续。" / "Free some space; everything accepted so far is kept and work goes on by itself.";
    "TG-3007": "快照读不了" / "A snapshot can't be read"
        => "不用处理：将从更早的快照或日志重放。" / "Nothing to do: an older snapshot or the journal is replayed instead.";
    "TG-3008": "写盘失败，已停止接收" / "A write to the disk failed; nothing more is accepted"
        => "检查磁盘和系统日志，然后重新启动；已确认的内容不受影响。" / "Check the disk and the system's log, then start again; what was acknowledged is safe."
        => "反复出现时，先复制整个数据目录，再换盘。" / "If it comes back, copy the whole data folder first, then replace the disk.";
    "TG-4001": "端口被占用" / "The port is taken"
        => "停掉占用它的程序，或换一个端口。" / "Stop the program that uses it, or choose another port.";
    "TG-4002": "连不上" / "Can't connect"
        => "确认对方已启动，地址和端口正确。" / "Check that the other side is running and that address and port are right.";
    "TG-4003": "对方在确认之前断开" / "The other side closed before acknowledging"
        => "未确认的部分请重发；十分钟内完全相同的重发会标为重复，不会算两次。" / "Send again what was not acknowledged; an exact repeat within ten minutes is marked a duplicate and does not count twice.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_is_complete_and_unique() {
        for (i, kind) in PROBLEMS.iter().enumerate() {
            assert!(!kind.title.is_incomplete(), "{}", kind.code);
            assert!(!kind.steps.is_empty(), "{} says nothing to do", kind.code);
            assert!(kind.steps.iter().all(|s| !s.is_incomplete()), "{}", kind.code);
            assert!(PROBLEMS[i + 1..].iter().all(|k| k.code != kind.code), "{} twice", kind.code);
        }
    }

    #[test]
    fn a_problem_says_where_and_what_to_do() {
        let shown = Problem::new("TG-2001", Text::new("没有键 dialct", "no key dialct"))
            .in_file("tillguard.toml")
            .at_line(3)
            .because("dialect", "dialct")
            .render(Lang::En);
        assert_eq!(
            shown,
            "TG-2001 The configuration is wrong\n  no key dialct\n  where: tillguard.toml, line 3\n  expected: dialect\n  found: dialct\n  1. Correct the line that is named and start again.\n"
        );
    }
}
