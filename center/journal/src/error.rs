//! [`JournalError`]: what can go wrong, and the [`Problem`] that a person gets to read.
//!
//! Must never hold a record's content.

use std::fmt::Display;
use std::io;
use tg_text::{Problem, Text};

/// A result of this crate.
pub type Result<T> = std::result::Result<T, JournalError>;

/// What can go wrong with the journal.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The operating system refused.
    #[error("{action} {name}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file.
        name: String,
        /// The system's answer.
        source: io::Error,
    },
    /// Another process has the folder.
    #[error("{folder} is used by another process")]
    Locked {
        /// The folder.
        folder: String,
    },
    /// The key is not the one that the journal was made with.
    #[error("the journal was made with key {expected}, this is key {found}")]
    WrongKey {
        /// Id and check value in the journal.
        expected: String,
        /// Id and check value of the key that was given.
        found: String,
    },
    /// A newer version wrote this.
    #[error("{name} has format {found}, this version knows {known}")]
    NewerVersion {
        /// The file.
        name: String,
        /// Its format.
        found: u32,
        /// The newest format that this version knows.
        known: u32,
    },
    /// Something that was durable is no longer what it was.
    #[error("{name} is damaged at byte {position}: {reason}")]
    Damaged {
        /// The file.
        name: String,
        /// Where in it.
        position: u64,
        /// What shows it.
        reason: String,
    },
    /// No room for the next segment. Everything accepted is kept; the same call works once there is room.
    #[error("the disk is full: {needed_bytes} bytes are needed, {free_bytes} are free")]
    DiskFull {
        /// What the next segment needs, the reserve included.
        needed_bytes: u64,
        /// What is free.
        free_bytes: u64,
    },
    /// A flush or a write failed before, so what the disk holds is unknown: nothing more is accepted until
    /// the journal is opened again.
    #[error("the journal is closed after a failed write or flush; open it again")]
    Poisoned,
    /// The next segment is being prepared elsewhere: finish that chore, then call again.
    #[error("the next segment is still being prepared")]
    NotReady,
    /// A batch larger than a segment can hold.
    #[error("a batch of {bytes} bytes is over the limit of {limit_bytes}")]
    TooLarge {
        /// Its size.
        bytes: u64,
        /// The limit.
        limit_bytes: u64,
    },
    /// The caller broke the contract of the call.
    #[error("{0}")]
    Misuse(&'static str),
    /// The offset was released, or was never written.
    #[error("offset {offset} is not in the journal, which holds {first} to {end}")]
    OutOfRange {
        /// The offset asked for.
        offset: u64,
        /// The first that is kept.
        first: u64,
        /// One after the last.
        end: u64,
    },
    /// The source of random bytes failed.
    #[error("the system gives no random bytes")]
    NoRandomness,
}

impl JournalError {
    pub(crate) fn io(action: &'static str, name: impl Display, source: io::Error) -> JournalError {
        JournalError::Io { action, name: name.to_string(), source }
    }

    pub(crate) fn damaged(name: impl Display, position: u64, reason: impl Into<String>) -> JournalError {
        JournalError::Damaged { name: name.to_string(), position, reason: reason.into() }
    }

    /// The problem as a person reads it.
    pub fn to_problem(&self) -> Problem {
        let english = self.to_string();
        match self {
            JournalError::Io { action: _, name, source } => {
                Problem::new("TG-3001", Text::new(format!("文件 {name}：{source}"), english))
                    .in_file(name.clone())
            }
            JournalError::Locked { folder } => {
                Problem::new("TG-3002", Text::new(format!("{folder} 正被另一个进程使用"), english))
                    .in_file(folder.clone())
            }
            JournalError::WrongKey { expected, found } => Problem::new(
                "TG-3003",
                Text::new(
                    "密钥的编号或校验值与日志记录的不一致",
                    "the key's id or check value differs from the journal's",
                ),
            )
            .because(expected.clone(), found.clone()),
            JournalError::NewerVersion { name, found, known } => Problem::new(
                "TG-3004",
                Text::new(format!("{name} 的格式版本为 {found}，本版本只认识到 {known}"), english),
            )
            .in_file(name.clone())
            .because(format!("≤ {known}"), found.to_string()),
            JournalError::Damaged { name, position, reason } => Problem::new(
                "TG-3005",
                Text::new(format!("{name} 从第 {position} 字节起与写入时不一致（{reason}）"), english),
            )
            .in_file(name.clone())
            .at_offset(*position),
            JournalError::DiskFull { needed_bytes, free_bytes } => Problem::new(
                "TG-3006",
                Text::new(format!("还需要 {needed_bytes} 字节，现有 {free_bytes} 字节"), english),
            ),
            JournalError::Poisoned => Problem::new(
                "TG-3008",
                Text::new("之前有一次写盘失败，重新启动之前不再接收；已确认的内容不受影响", english),
            ),
            JournalError::NotReady => Problem::new("TG-3001", Text::new("下一个日志段还在准备中", english)),
            JournalError::TooLarge { bytes, limit_bytes } => Problem::new(
                "TG-1006",
                Text::new(format!("一批 {bytes} 字节，上限为 {limit_bytes} 字节"), english),
            ),
            JournalError::Misuse(_) => Problem::new("TG-2002", Text::new("日志接口用法有误", english)),
            JournalError::OutOfRange { offset, first, end } => Problem::new(
                "TG-3001",
                Text::new(format!("日志中没有第 {offset} 条，现有第 {first} 至 {end} 条（不含）"), english),
            ),
            JournalError::NoRandomness => Problem::new("TG-3001", Text::new("系统不提供随机数", english)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_its_code() {
        let cases = [
            (JournalError::Locked { folder: "d".into() }, "TG-3002"),
            (JournalError::WrongKey { expected: "1".into(), found: "2".into() }, "TG-3003"),
            (JournalError::NewerVersion { name: "f".into(), found: 2, known: 1 }, "TG-3004"),
            (JournalError::damaged("f", 7, "x"), "TG-3005"),
            (JournalError::DiskFull { needed_bytes: 2, free_bytes: 1 }, "TG-3006"),
            (JournalError::TooLarge { bytes: 2, limit_bytes: 1 }, "TG-1006"),
            (JournalError::Poisoned, "TG-3008"),
        ];
        for (error, code) in cases {
            let problem = error.to_problem();
            assert_eq!(problem.code, code);
            assert!(!problem.what.is_incomplete(), "{code}");
        }
    }
}
