//! [`Schema`]: the fields that rules may name, and the values that a row gives for them.

use tg_text::Text;

/// What kind of value a field or expression has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// True or false.
    Bool,
    /// A whole number of 64 bits.
    Int,
    /// An amount in minor units of one currency.
    Money,
    /// A length of time, in microseconds.
    Duration,
    /// Text.
    Text,
}

impl Type {
    /// The type's name in diagnostics.
    pub fn name(self) -> Text {
        match self {
            Type::Bool => Text::fixed("真假值", "true or false"),
            Type::Int => Text::fixed("整数", "a whole number"),
            Type::Money => Text::fixed("金额", "money"),
            Type::Duration => Text::fixed("时长", "a duration"),
            Type::Text => Text::fixed("文本", "text"),
        }
    }
}

/// A field that rules may name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name in rules, such as `card_payments_1h`.
    pub name: String,
    /// What its values are.
    pub kind: Type,
    /// What it is, for people.
    pub text: Text,
}

impl Field {
    /// A field with its words in both languages.
    pub fn new(name: impl Into<String>, kind: Type, zh: impl Into<String>, en: impl Into<String>) -> Field {
        Field { name: name.into(), kind, text: Text::new(zh.into(), en.into()) }
    }
}

/// All fields, in the order in which a [`Row`] gives their values.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    fields: Vec<Field>,
    /// Numbers of the fields, by name.
    sorted: Vec<u16>,
}

impl Schema {
    /// A schema of these fields; of fields with one name only the first can be reached.
    pub fn new(fields: Vec<Field>) -> Schema {
        let mut sorted: Vec<u16> = (0..fields.len().min(usize::from(u16::MAX)) as u16).collect();
        sorted.sort_by(|a, b| fields[usize::from(*a)].name.cmp(&fields[usize::from(*b)].name));
        Schema { fields, sorted }
    }

    /// The fields in their order.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    pub(crate) fn find(&self, name: &str) -> Option<(u16, &Field)> {
        let at = self.sorted.partition_point(|n| self.fields[usize::from(*n)].name.as_str() < name);
        let number = *self.sorted.get(at)?;
        let field = &self.fields[usize::from(number)];
        (field.name == name).then_some((number, field))
    }
}

/// What a row holds for a field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Value<'a> {
    /// The row has no such value: the message did not carry the field.
    #[default]
    Absent,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// An amount in minor units and its currency, ISO 4217 numeric.
    Money {
        /// In minor units, such as cents.
        minor: i64,
        /// Numeric code, such as 156.
        currency: u16,
    },
    /// Microseconds.
    Duration(i64),
    /// Text.
    Text(&'a str),
}

/// One payment as rules see it: a value for each field of the schema.
pub trait Row {
    /// The value of the field with this number. One of another type than the schema says counts as absent.
    fn value(&self, field: u16) -> Value<'_>;
}

impl Row for &[Value<'_>] {
    fn value(&self, field: u16) -> Value<'_> {
        self.get(usize::from(field)).copied().unwrap_or_default()
    }
}
