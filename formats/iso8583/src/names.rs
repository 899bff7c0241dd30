//! The fields' names in both languages, from `data/dialects/field_names.csv`.
//!
//! Why it exists: "field 39" helps nobody who isn't an engineer. A field without a name gets its number.

use std::sync::OnceLock;
use tg_text::Text;

/// The name of a field.
pub fn field_name(number: u8) -> Text {
    static NAMES: OnceLock<Vec<Option<(&'static str, &'static str)>>> = OnceLock::new();
    let names = NAMES.get_or_init(|| {
        let mut names = vec![None; 129];
        for line in include_str!("../../../data/dialects/field_names.csv").lines().skip(1) {
            let mut cells = line.split(',');
            if let (Some(number), Some(zh), Some(en)) = (cells.next(), cells.next(), cells.next())
                && let Some(slot) = number.parse().ok().and_then(|n: usize| names.get_mut(n))
            {
                *slot = Some((zh, en));
            }
        }
        names
    });
    match names.get(usize::from(number)).copied().flatten() {
        Some((zh, en)) => Text::fixed(zh, en),
        None => Text::new(format!("第 {number} 域"), format!("field {number}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::{Dialect, NAMES};

    #[test]
    fn every_field_of_every_dialect_has_a_name() {
        for name in NAMES {
            let dialect = Dialect::named(name).expect(name);
            for number in (2..=128).filter(|n| dialect.field(*n).is_some()) {
                let text = dialect.field_name(number);
                assert!(!text.is_incomplete() && !text.en.starts_with("field "), "{number} has no name");
            }
        }
        assert_eq!(field_name(39).en, "response code");
        assert_eq!(field_name(1).zh, "第 1 域");
    }
}
