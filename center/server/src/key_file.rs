//! The one secret of an installation: 32 random bytes in a file that only its owner may read.
//!
//! It stands outside the data folder, so that a stolen or copied folder alone tells nothing. From it come
//! the journal's key and the key of card tokens. Never logged, never printed; overwritten when dropped.

use std::io::{Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use tg_text::{Problem, Text};
use zeroize::{Zeroize, Zeroizing};

/// The secret.
pub struct Secret(Zeroizing<[u8; 32]>);

impl Secret {
    /// A random secret that is kept nowhere: for replays of files, whose tokens are numbers of one run.
    ///
    /// # Errors
    /// If the system gives no random bytes.
    pub fn of_this_run() -> Result<Secret, Problem> {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(bytes.as_mut_slice()).map_err(|e| {
            Problem::new(
                "TG-3003",
                Text::new(format!("系统给不出随机数：{e}"), format!("the system gives no random bytes: {e}")),
            )
        })?;
        Ok(Secret(bytes))
    }

    /// A secret from which everything can be calculated again: only for the demo's bench and tests.
    pub fn from_bytes(bytes: [u8; 32]) -> Secret {
        Secret(Zeroizing::new(bytes))
    }

    /// The secret itself.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The journal's key.
    pub(crate) fn journal_key(&self) -> [u8; 32] {
        blake3::derive_key("tillguard 2026 journal", self.0.as_slice())
    }
}

/// Where the key file stands if none is given: `$XDG_CONFIG_HOME/tillguard/key`.
pub fn default_path() -> Option<PathBuf> {
    let home = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|p| p.is_absolute());
    let home = home.or_else(|| std::env::var_os("HOME").map(|h| PathBuf::from(h).join(".config")))?;
    Some(home.join("tillguard").join("key"))
}

/// Reads the key file, making it at the first start. True if it was made now.
///
/// # Errors
/// If it stands in the data folder, can't be read, is not of the form, or others may read it.
pub fn open(path: &Path, data: &Path) -> Result<(Secret, bool), Problem> {
    let wrong = |zh: String, en: String| {
        Problem::new("TG-3003", Text::new(zh, en)).in_file(path.display().to_string())
    };
    if let (Ok(key), Ok(data)) = (std::path::absolute(path), std::path::absolute(data))
        && key.starts_with(&data)
    {
        return Err(wrong(
            "密钥文件不能放在数据目录里".into(),
            "the key file must not stand in the data folder".into(),
        ));
    }
    match std::fs::File::open(path) {
        Ok(file) => read(file, &wrong).map(|secret| (secret, false)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            let secret = Secret::of_this_run()?;
            write(path, &secret).map_err(|e| {
                wrong(format!("写不了密钥文件：{e}"), format!("the key file can't be written: {e}"))
            })?;
            Ok((secret, true))
        }
        Err(e) => Err(wrong(format!("读不了密钥文件：{e}"), format!("the key file can't be read: {e}"))),
    }
}

fn read(mut file: std::fs::File, wrong: &dyn Fn(String, String) -> Problem) -> Result<Secret, Problem> {
    let mode = file.metadata().map(|m| m.permissions().mode()).unwrap_or(0);
    if mode & 0o077 != 0 {
        return Err(wrong(
            format!("密钥文件的权限是 {:o}，别人也能读，请改为 600", mode & 0o777),
            format!("others may read the key file (mode {:o}); make it 600", mode & 0o777),
        ));
    }
    let mut text = Zeroizing::new(String::new());
    let read = (&mut file).take(256).read_to_string(&mut text);
    let hex = text.trim().as_bytes();
    let mut bytes = Zeroizing::new([0; 32]);
    let whole = read.is_ok() && hex.len() == 64;
    let digit = |c: u8| char::from(c).to_digit(16).map(|d| d as u8);
    for (pair, byte) in hex.chunks(2).zip(bytes.iter_mut()) {
        match pair {
            [high, low] if whole => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => *byte = high << 4 | low,
                _ => return Err(not_a_key(wrong)),
            },
            _ => return Err(not_a_key(wrong)),
        }
    }
    if whole { Ok(Secret(bytes)) } else { Err(not_a_key(wrong)) }
}

fn not_a_key(wrong: &dyn Fn(String, String) -> Problem) -> Problem {
    wrong("内容不是 64 个十六进制字符".into(), "the content is not 64 hexadecimal characters".into())
}

fn write(path: &Path, secret: &Secret) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let mut hex: String = secret.0.iter().map(|b| format!("{b:02x}")).collect();
    hex.push('\n');
    let written = file.write_all(hex.as_bytes()).and_then(|()| file.sync_all());
    hex.zeroize();
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_read_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, data) = (folder.path().join("conf/key"), folder.path().join("data"));
        let (made, new) = open(&path, &data).map_err(|p| p.to_string()).expect("is made");
        let (read, again) = open(&path, &data).map_err(|p| p.to_string()).expect("is read");
        assert!(new && !again);
        assert_eq!(made.bytes(), read.bytes());
    }

    #[test]
    fn a_key_in_the_data_folder_or_open_to_others_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let refused = open(&folder.path().join("key"), folder.path()).err().map(|p| p.what.en.into_owned());
        assert_eq!(refused.as_deref(), Some("the key file must not stand in the data folder"));
        let (path, data) = (folder.path().join("key"), folder.path().join("data"));
        std::fs::write(&path, "00".repeat(32)).expect("writes");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("sets");
        assert!(open(&path, &data).err().is_some_and(|p| p.what.en.contains("644")));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("sets");
        assert!(open(&path, &data).is_ok());
        std::fs::write(&path, "zz".repeat(32)).expect("writes");
        assert!(open(&path, &data).err().is_some_and(|p| p.what.en.contains("hexadecimal")));
    }
}
