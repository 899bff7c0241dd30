//! The feature catalogue: which windows a verdict reads, as data (`data/features.toml`), compiled once into
//! a plan of plain numbers.
//!
//! Why it exists: a support engineer or a model's author adds a feature by adding a paragraph, not code.
//! The state of the engine does not depend on it: every window of every entity is kept anyway, so a feature
//! that is added is warm at once. Never panics on a wrong catalogue; the error names the line.

use serde::Deserialize;
use tg_text::{Text, nearest};
use tg_types::{TenantId, stable_hash};
use toml::Spanned;

/// The most features that a catalogue may name: verdicts carry one number for each.
pub const FEATURES_MAX: usize = 256;

/// Whose windows a feature reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum EntityKind {
    /// A card, by its token.
    Card = 0,
    /// A terminal number.
    Terminal = 1,
    /// A merchant number.
    Merchant = 2,
    /// The issuer that the message names, else the card's BIN.
    Issuer = 3,
}

impl EntityKind {
    /// All kinds, in the order of their numbers.
    pub const ALL: [EntityKind; 4] =
        [EntityKind::Card, EntityKind::Terminal, EntityKind::Merchant, EntityKind::Issuer];

    /// The name in the catalogue and in metrics.
    pub fn name(self) -> &'static str {
        ["card", "terminal", "merchant", "issuer"][self as usize]
    }
}

/// Which of an entity's two series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum SeriesKind {
    /// One entry for each request that asks for money.
    Payments = 0,
    /// One entry for each such request that was declined, at the time of the answer.
    Declines = 1,
}

/// What is computed over the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aggregate {
    /// How many entries.
    Count,
    /// Sum of the amounts in the currency of the payment at hand, in minor units.
    Sum,
    /// How many different values. A card has two kinds of value (terminals, merchants); the others one (cards).
    Distinct {
        /// 0 or 1: which kind of value.
        dimension: u8,
    },
    /// Amount of the entry before the payment at hand, in minor units; -1 if there is none.
    LastAmount,
    /// Milliseconds since the entry before the payment at hand; -1 if there is none.
    SinceLast,
}

/// The windows, `(t - length, t]`, shortest first: name and length in microseconds.
pub const WINDOWS: [(&str, i64); 4] =
    [("1m", 60_000_000), ("1h", 3_600_000_000), ("24h", 86_400_000_000), ("7d", 604_800_000_000)];

/// One feature: a name, words for people, and where its number is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feature {
    /// Stable name, such as `card_payments_1h`.
    pub name: String,
    /// What it is, for people.
    pub text: Text,
    /// Whose windows.
    pub entity: EntityKind,
    /// Which series.
    pub series: SeriesKind,
    /// Index into [`WINDOWS`].
    pub window: usize,
    /// What is computed.
    pub aggregate: Aggregate,
}

/// Why a catalogue was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("features, line {line}: {what}")]
pub struct CatalogueError {
    /// Line in the text, from 1.
    pub line: usize,
    /// What is wrong, with the nearest right word where there is one.
    pub what: String,
}

/// What one series can tell: six aggregates of four windows, in the order of [`Aggregate::number`].
pub(crate) const BLOCK: usize = 6 * WINDOWS.len();

/// The block of a series that is not there.
pub(crate) const ABSENT: [i64; BLOCK] = {
    let mut block = [0; BLOCK];
    let mut at = 4 * WINDOWS.len();
    while at < BLOCK {
        block[at] = -1;
        at += 1;
    }
    block
};

// Eight blocks (four entities, two series each) are reached by one byte.
const _: () = assert!(8 * BLOCK <= 256);

impl Aggregate {
    /// Its place in a block.
    const fn number(self) -> usize {
        match self {
            Aggregate::Count => 0,
            Aggregate::Distinct { dimension: 0 } => 1,
            Aggregate::Distinct { .. } => 2,
            Aggregate::Sum => 3,
            Aggregate::LastAmount => 4,
            Aggregate::SinceLast => 5,
        }
    }
}

impl Feature {
    /// Twice the entity's number, plus one for declines.
    fn series_number(&self) -> usize {
        self.entity as usize * 2 + self.series as usize
    }
}

/// A compiled catalogue of features. The order of a verdict's numbers is the order of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catalogue {
    features: Vec<Feature>,
    plan: Vec<u8>,
    sums: u32,
    hash: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    #[serde(default)]
    feature: Vec<Spanned<RawFeature>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFeature {
    name: Spanned<String>,
    entity: Spanned<String>,
    series: Spanned<String>,
    window: Spanned<String>,
    aggregate: Spanned<String>,
    of: Option<Spanned<String>>,
    zh: Spanned<String>,
    en: Spanned<String>,
}

impl Catalogue {
    /// The catalogue that the program carries.
    pub fn builtin() -> Catalogue {
        Catalogue::parse(include_str!("../../../data/features.toml"))
            .expect("the catalogue in the repository is parsed by a test")
    }

    /// Reads a catalogue.
    ///
    /// # Errors
    /// With the line, if the text is not TOML, a key or word is unknown, a name stands twice, a text is
    /// missing in one language, or there are more than [`FEATURES_MAX`] features.
    pub fn parse(toml_text: &str) -> Result<Catalogue, CatalogueError> {
        let line_of = |at: usize| toml_text.get(..at).unwrap_or("").matches('\n').count() + 1;
        let raw: RawFile = toml::from_str(toml_text).map_err(|e| CatalogueError {
            line: line_of(e.span().map_or(0, |s| s.start)),
            what: e.message().to_owned(),
        })?;
        let mut features: Vec<Feature> = Vec::with_capacity(raw.feature.len());
        for raw in raw.feature {
            let at = raw.span().start;
            let feature =
                compile(raw.into_inner()).map_err(|(at, what)| CatalogueError { line: line_of(at), what })?;
            let refuse = |what: String| Err(CatalogueError { line: line_of(at), what });
            if features.iter().any(|f| f.name == feature.name) {
                return refuse(format!("the name {:?} stands twice", feature.name));
            }
            if features.len() == FEATURES_MAX {
                return refuse(format!("more than {FEATURES_MAX} features"));
            }
            features.push(feature);
        }
        let mut canonical = String::new();
        for f in &features {
            canonical.push_str(&format!(
                "{} {} {:?} {} {:?}\n",
                f.name,
                f.entity.name(),
                f.series,
                WINDOWS[f.window].0,
                f.aggregate
            ));
        }
        let place = |f: &Feature| f.series_number() * BLOCK + f.aggregate.number() * WINDOWS.len() + f.window;
        let plan = features.iter().map(|f| place(f) as u8).collect();
        let sums = features
            .iter()
            .filter(|f| f.aggregate == Aggregate::Sum)
            .fold(0, |sums, f| sums | 1 << (f.series_number() * WINDOWS.len() + f.window));
        Ok(Catalogue { features, plan, sums, hash: stable_hash(TenantId(0), canonical.as_bytes()) })
    }

    /// Names the meaning of the numbers: stands in the epoch event. Changed words don't change it.
    pub fn hash(&self) -> u64 {
        self.hash
    }

    /// The features in order.
    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    /// Where each feature stands in the blocks of all series.
    pub(crate) fn plan(&self) -> &[u8] {
        &self.plan
    }

    /// Which sums the features read: one bit for each series and window.
    pub(crate) fn sums(&self) -> u32 {
        self.sums
    }

    /// The features' names in order.
    pub fn names(&self) -> Vec<String> {
        self.features.iter().map(|f| f.name.clone()).collect()
    }
}

type Refusal = (usize, String);

/// The place of a word among those known, or a refusal that names the nearest.
fn choose(word: &Spanned<String>, key: &str, known: &[&str]) -> Result<usize, Refusal> {
    known.iter().position(|k| k == word.get_ref()).ok_or_else(|| {
        let hint = match nearest(word.get_ref(), known.iter().copied()) {
            Some(near) => format!("did you mean {near:?}?"),
            None => format!("known: {}", known.join(", ")),
        };
        (word.span().start, format!("{key} {:?} is not known; {hint}", word.get_ref()))
    })
}

fn compile(raw: RawFeature) -> Result<Feature, Refusal> {
    let kinds: Vec<&str> = EntityKind::ALL.iter().map(|k| k.name()).collect();
    let entity = EntityKind::ALL[choose(&raw.entity, "entity", &kinds)?];
    let series = [SeriesKind::Payments, SeriesKind::Declines]
        [choose(&raw.series, "series", &["payments", "declines"])?];
    let window = choose(&raw.window, "window", &WINDOWS.map(|(name, _)| name))?;
    let which = choose(&raw.aggregate, "aggregate", &["count", "sum", "distinct", "last"])?;
    let known_of: &[&str] = match (which, entity) {
        (2, EntityKind::Card) => &["terminals", "merchants"],
        (2, _) => &["cards"],
        (3, _) => &["amount", "milliseconds"],
        _ => &[],
    };
    let of = match (&raw.of, known_of.is_empty()) {
        (None, true) => 0,
        (Some(of), true) => return Err((of.span().start, "this aggregate takes no `of`".to_owned())),
        (None, false) => {
            let what = format!("`of` is missing; known: {}", known_of.join(", "));
            return Err((raw.aggregate.span().start, what));
        }
        (Some(of), false) => choose(of, "of", known_of)?,
    };
    let aggregate = match (which, of) {
        (0, _) => Aggregate::Count,
        (1, _) => Aggregate::Sum,
        (2, dimension) => Aggregate::Distinct { dimension: dimension as u8 },
        (_, 0) => Aggregate::LastAmount,
        _ => Aggregate::SinceLast,
    };
    let name = raw.name.get_ref();
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
        return Err((raw.name.span().start, format!("name {name:?} may hold only a-z, 0-9 and _")));
    }
    for text in [&raw.zh, &raw.en] {
        if text.get_ref().trim().is_empty() {
            return Err((text.span().start, "the text is empty".to_owned()));
        }
    }
    let text = Text::new(raw.zh.into_inner(), raw.en.into_inner());
    Ok(Feature { name: raw.name.into_inner(), text, entity, series, window, aggregate })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_builtin_catalogue_covers_every_entity_window_and_aggregate() {
        let catalogue = Catalogue::builtin();
        for entity in EntityKind::ALL {
            for window in 0..WINDOWS.len() {
                let has = |wanted: fn(&Aggregate) -> bool| {
                    catalogue
                        .features()
                        .iter()
                        .any(|f| f.entity == entity && f.window == window && wanted(&f.aggregate))
                };
                assert!(
                    has(|a| *a == Aggregate::Count) && has(|a| *a == Aggregate::Sum),
                    "{entity:?} {window}"
                );
                assert!(has(|a| matches!(a, Aggregate::Distinct { .. })), "{entity:?} {window}");
            }
        }
        assert!(catalogue.features().iter().all(|f| !f.text.is_incomplete()));
        assert_eq!(catalogue.names().len(), catalogue.features().len());
    }

    fn refused(text: &str) -> String {
        Catalogue::parse(text).expect_err("a wrong catalogue").to_string()
    }

    const GOOD: &str = "[[feature]]\nname = \"a\"\nentity = \"card\"\nseries = \"payments\"\nwindow = \"1h\"\naggregate = \"distinct\"\nof = \"terminals\"\nzh = \"甲\"\nen = \"a\"\n";

    #[test]
    fn a_wrong_word_is_refused_with_its_line_and_the_nearest_right_one() {
        expect_test::expect![[r#"features, line 3: entity "crad" is not known; did you mean "card"?"#]]
            .assert_eq(&refused(&GOOD.replace("\"card\"", "\"crad\"")));
        expect_test::expect![[r#"features, line 7: of "cards" is not known; known: terminals, merchants"#]]
            .assert_eq(&refused(&GOOD.replace("\"terminals\"", "\"cards\"")));
        expect_test::expect![[r#"features, line 5: window "24hh" is not known; did you mean "24h"?"#]]
            .assert_eq(&refused(&GOOD.replace("\"1h\"", "\"24hh\"")));
        expect_test::expect![[r#"features, line 10: the name "a" stands twice"#]]
            .assert_eq(&refused(&GOOD.repeat(2)));
    }

    #[test]
    fn the_hash_names_the_meaning_not_the_words() {
        let hash = |text: &str| Catalogue::parse(text).expect("a catalogue").hash();
        assert_eq!(hash(GOOD), hash(&GOOD.replace('甲', "乙")));
        assert_ne!(hash(GOOD), hash(&GOOD.replace("terminals", "merchants")));
    }
}
