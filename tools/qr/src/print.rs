//! A code as a path to print: the modules of a text, run by run.
//!
//! Why it exists: issued codes are printed on sheets and labels, and a vector stays sharp at any size. Draws only what it
//! is given; whether the text is right is `check`'s.

use qrcode::{Color, EcLevel, QrCode};

/// Modules of white around a printed code (ISO/IEC 18004).
pub const QUIET_MODULES: usize = 4;

/// A code for a page: an SVG path in units of modules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Printed {
    /// Modules a side, the quiet zone included.
    pub side: usize,
    /// The dark runs, as the path data of an SVG: `M4 4h7v1h-7z …`.
    pub path: String,
}

/// A text as a code to print; nothing if it is longer than a code holds. A quarter of it may be scratched away.
pub fn printed(text: &str) -> Option<Printed> {
    let code = QrCode::with_error_correction_level(text, EcLevel::Q)
        .or_else(|_| QrCode::with_error_correction_level(text, EcLevel::L))
        .ok()?;
    let (width, colors) = (code.width(), code.to_colors());
    let mut path = String::new();
    for (y, row) in colors.chunks_exact(width).enumerate() {
        let mut x = 0;
        while x < width {
            let run = row[x..].iter().take_while(|c| **c == Color::Dark).count();
            if run > 0 {
                path += &format!("M{} {}h{run}v1h-{run}z", x + QUIET_MODULES, y + QUIET_MODULES);
            }
            x += run.max(1);
        }
    }
    Some(Printed { side: width + 2 * QUIET_MODULES, path })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::{Picture, read};

    /// Paints a path of [`printed`].
    fn painted(printed: &Printed, module: usize) -> Picture {
        let width = printed.side * module;
        let mut luma = vec![255_u8; width * width];
        for run in printed.path.split('M').skip(1) {
            let (start, rest) = run.split_once('h').expect("a run goes right");
            let (x, y) = start.split_once(' ').expect("two coordinates");
            let length = rest.split_once('v').expect("and down").0;
            let number = |text: &str| text.parse::<usize>().expect("a number");
            for row in number(y) * module..(number(y) + 1) * module {
                luma[row * width + number(x) * module..][..number(length) * module].fill(0);
            }
        }
        Picture::from_luma(width, width, luma).expect("as many values as pixels")
    }

    #[test]
    fn what_is_printed_reads_as_it_was_issued() {
        let emv = "00020101021126390016A00000033301010101158981100572200015204581253031565802CN5918LIANYU COFFEE NO.36008SHANGHAI62220306ST00030708T10002346304CC82";
        for text in [emv, "https://pay.acquirer.example/q/T1000235?k=3", "联屿咖啡"] {
            let found = read(&painted(&printed(text).expect("fits"), 4));
            assert_eq!(found.readings.iter().map(|r| r.text.as_str()).collect::<Vec<_>>(), [text]);
        }
        assert_eq!(printed(&"x".repeat(3_000)), None);
    }
}
