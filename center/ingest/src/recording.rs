//! Recordings: one `RFC3339-time hex` a line, as `tillguard replay` and `send` read them.

use std::io::BufRead;
use tg_text::{Problem, Text};
use tg_types::Instant;

/// One line of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedFrame {
    /// The line, from 1.
    pub line: u64,
    /// When, as the recording says.
    pub at: Instant,
    /// The message's bytes.
    pub frame: Vec<u8>,
}

/// Why a recording can't be read.
#[derive(Debug)]
pub enum RecordingError {
    /// The file can't be read.
    Io(std::io::Error),
    /// A line is not of the form.
    Line(Box<Problem>),
}

/// Reads a recording line by line. Empty lines and lines that begin with `#` are passed over.
pub struct Recording<R> {
    input: R,
    name: String,
    line: u64,
    text: String,
}

/// A line longer than this is no message: 65,535 bytes in hex, a time and room to spare.
const LINE_BYTES_MAX: usize = 140_000;

impl<R: BufRead> Recording<R> {
    /// A recording; `name` stands in errors.
    pub fn new(input: R, name: impl Into<String>) -> Recording<R> {
        Recording { input, name: name.into(), line: 0, text: String::new() }
    }

    fn problem(&self, zh: &str, en: &str, expected: &str, found: &str) -> RecordingError {
        let problem = Problem::new("TG-1002", Text::new(zh.to_owned(), en.to_owned()))
            .in_file(self.name.clone())
            .at_line(self.line)
            .because(expected, found);
        RecordingError::Line(Box::new(problem))
    }

    fn read_line(&mut self) -> std::io::Result<bool> {
        self.text.clear();
        self.line += 1;
        let limit = LINE_BYTES_MAX as u64 + 1;
        std::io::Read::take(&mut self.input, limit).read_line(&mut self.text).map(|n| n > 0)
    }

    fn parse(&self) -> Result<RecordedFrame, RecordingError> {
        let text = self.text.trim();
        if self.text.len() > LINE_BYTES_MAX {
            return Err(self.problem(
                "这一行太长",
                "the line is too long",
                "at most 65,535 bytes in hex",
                "more",
            ));
        }
        let (time, hex) = text.split_once([' ', '\t']).ok_or_else(|| {
            self.problem("缺少时间或报文", "the time or the message is missing", "TIME HEX", "one word")
        })?;
        let at: jiff::Timestamp = time.parse().map_err(|_| {
            self.problem(
                "时间不是 RFC 3339",
                "the time is not RFC 3339",
                "2026-01-02T03:04:05Z",
                "something else",
            )
        })?;
        let frame = hex_bytes(hex.trim()).ok_or_else(|| {
            self.problem(
                "报文不是十六进制",
                "the message is not in hex",
                "an even count of 0-9 A-F",
                "something else",
            )
        })?;
        if frame.len() > usize::from(u16::MAX) {
            return Err(self.problem(
                "报文太长",
                "the message is too long",
                "at most 65,535 bytes",
                &frame.len().to_string(),
            ));
        }
        Ok(RecordedFrame { line: self.line, at: Instant(at.as_microsecond()), frame })
    }
}

impl<R: BufRead> Iterator for Recording<R> {
    type Item = Result<RecordedFrame, RecordingError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.read_line() {
                Ok(false) => return None,
                Err(error) => return Some(Err(RecordingError::Io(error))),
                Ok(true) if matches!(self.text.trim().as_bytes().first(), None | Some(b'#')) => {}
                Ok(true) => return Some(self.parse()),
            }
        }
    }
}

fn hex_bytes(text: &str) -> Option<Vec<u8>> {
    let digit = |c: u8| char::from(c).to_digit(16).map(|d| d as u8);
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Result<RecordedFrame, String>> {
        Recording::new(text.as_bytes(), "r.txt")
            .map(|r| {
                r.map_err(|e| match e {
                    RecordingError::Io(e) => e.to_string(),
                    RecordingError::Line(p) => format!("{:?} {}", p.place, p.what.en),
                })
            })
            .collect()
    }

    #[test]
    fn lines_become_frames_and_comments_are_passed_over() {
        let frames = read("# town\n\n2026-01-02T03:04:05.250Z 0200aB\n");
        let at = Instant(1_767_323_045_250_000);
        assert_eq!(frames, [Ok(RecordedFrame { line: 3, at, frame: vec![2, 0, 0xAB] })]);
    }

    #[test]
    fn a_bad_line_is_named_and_the_next_one_is_read() {
        let frames = read(
            "yesterday 0200\n2026-01-02T03:04:05Z 020\n2026-01-02T03:04:05Z\n2026-01-02T03:04:05Z 0200\n",
        );
        let words: Vec<String> =
            frames.into_iter().map(|f| f.map_or_else(|e| e, |f| format!("{:?}", f.frame))).collect();
        assert!(words[0].contains("line: Some(1)") && words[0].contains("RFC 3339"), "{}", words[0]);
        assert!(words[1].contains("line: Some(2)") && words[1].contains("hex"), "{}", words[1]);
        assert!(words[2].contains("line: Some(3)") && words[2].contains("missing"), "{}", words[2]);
        assert_eq!(words[3], "[2, 0]");
    }
}
