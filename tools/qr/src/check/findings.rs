//! The findings of one code, each kind once.
//!
//! Why it exists: several checks see one trick; it is told once, with what was expected and found. Never shows a
//! card number.

use super::catalogue::{Kind, Severity};
use serde::{Serialize, Serializer, ser::SerializeMap};
use tg_text::Text;

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub kind: Kind,
    /// What was expected, where that is known.
    pub expected: Option<String>,
    /// What was found instead.
    pub found: Option<String>,
}

impl Finding {
    /// What it means, with what was expected and found.
    pub fn text(&self) -> Text {
        let entry = self.kind.entry();
        let (mut zh, mut en) = (entry.text.zh.to_string(), entry.text.en.to_string());
        match (&self.expected, &self.found) {
            (Some(e), Some(f)) => {
                zh += &format!("（登记：{e}；实际：{f}）");
                en += &format!(" (registered: {e}; found: {f})");
            }
            (Some(e), None) => {
                zh += &format!("（登记：{e}）");
                en += &format!(" (registered: {e})");
            }
            (None, Some(f)) => {
                zh += &format!("（{f}）");
                en += &format!(" ({f})");
            }
            (None, None) => {}
        }
        Text::new(zh, en)
    }
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("code", &self.kind)?;
        map.serialize_entry("text", &self.text())?;
        map.serialize_entry("severity", &self.kind.entry().severity)?;
        map.serialize_entry("action", &self.kind.entry().action)?;
        for (name, value) in [("expected", &self.expected), ("found", &self.found)] {
            if let Some(value) = value {
                map.serialize_entry(name, value)?;
            }
        }
        map.end()
    }
}

/// The findings of one code.
#[derive(Clone, Debug, Default)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// Tells a finding.
    pub fn tell(&mut self, kind: Kind) {
        self.add(Finding { kind, expected: None, found: None });
    }

    /// Tells a finding and what was found.
    pub fn tell_found(&mut self, kind: Kind, found: impl AsRef<str>) {
        self.add(Finding { kind, expected: None, found: Some(shown(found.as_ref())) });
    }

    /// Tells a finding, what was expected and what was found.
    pub fn tell_differs(&mut self, kind: Kind, expected: Option<&str>, found: Option<&str>) {
        self.add(Finding { kind, expected: expected.map(shown), found: found.map(shown) });
    }

    /// Adds what another check found.
    pub fn add_all(&mut self, other: Findings) {
        other.0.into_iter().for_each(|f| self.add(f));
    }

    /// Takes back findings that something else explains.
    pub fn forget(&mut self, kinds: &[Kind]) {
        self.0.retain(|f| !kinds.contains(&f.kind));
    }

    /// True if this kind was told.
    pub fn has(&self, kind: Kind) -> bool {
        self.0.iter().any(|f| f.kind == kind)
    }

    /// The gravest severity.
    pub fn worst(&self) -> Option<Severity> {
        self.0.iter().map(|f| f.kind.entry().severity).max()
    }

    /// How much speaks against a code: for choosing which issued code it is nearest to.
    pub fn weight(&self) -> u32 {
        let weigh = |f: &Finding| match f.kind.entry().severity {
            Severity::High => 100,
            Severity::Medium => 10,
            Severity::Low | Severity::Info => 1,
        };
        self.0.iter().map(weigh).sum()
    }

    /// The findings, gravest first.
    pub fn into_sorted(mut self) -> Vec<Finding> {
        self.0.sort_by_key(|f| (std::cmp::Reverse(f.kind.entry().severity), f.kind));
        self.0
    }

    /// The codes, in the order they were told.
    #[cfg(test)]
    pub fn codes(&self) -> Vec<&'static str> {
        self.0.iter().map(|f| f.kind.entry().code).collect()
    }

    /// Adds a finding; a kind that is known only gains what was expected and found.
    pub fn add(&mut self, finding: Finding) {
        match self.0.iter_mut().find(|f| f.kind == finding.kind) {
            None => self.0.push(finding),
            Some(known) if known.expected.is_none() && finding.expected.is_some() => *known = finding,
            Some(_) => {}
        }
    }
}

/// What may be shown: no card number, no control characters, not long.
fn shown(text: &str) -> String {
    const CHARACTERS_MAX: usize = 120;
    let masked = crate::mask::text(text);
    let visible = masked.chars().map(|c| match c {
        c if c.is_control() => '\u{fffd}',
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}'..='\u{200f}' | '\u{61c}' => '\u{fffd}',
        c => c,
    });
    let mut out: String = visible.take(CHARACTERS_MAX).collect();
    if masked.chars().count() > CHARACTERS_MAX {
        out.push('…');
    }
    out
}
