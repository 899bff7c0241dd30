//! What rules may name: the fields of a payment and every feature of the catalogue, as a schema and as a row.
//!
//! Why it exists: a rule is checked against exactly what the verdict path can give it. A field that a message
//! does not carry is absent, never zero.

use crate::catalogue::{Aggregate, Catalogue};
use tg_event::{MacState, Message};
use tg_rules::{Field, Row, RuleFile, Schema, Type, Value};
use tg_types::Money;

/// Fields of the message, before the features: name, type, and what they are.
const MESSAGE_FIELDS: [(&str, Type, &str, &str); 24] = [
    ("amount", Type::Money, "本笔金额（DE4、DE49）", "amount of this payment (DE4, DE49)"),
    ("processing_code", Type::Int, "处理码（DE3），如 0 为消费", "processing code (DE3); 0 is a purchase"),
    ("merchant_category", Type::Int, "商户类别码 MCC（DE18）", "merchant category code (DE18)"),
    (
        "country",
        Type::Int,
        "受理地国家代码（DE19 或 9F1A），如 156",
        "country of acceptance (DE19 or 9F1A), such as 156",
    ),
    (
        "entry_mode",
        Type::Int,
        "服务点输入方式（DE22）三位数",
        "point of service entry mode (DE22), three digits",
    ),
    (
        "entry",
        Type::Text,
        "输入方式：chip、contactless、magstripe、fallback、manual、qr",
        "how the card was read: chip, contactless, magstripe, fallback, manual, qr",
    ),
    ("condition", Type::Int, "服务点条件码（DE25）", "point of service condition code (DE25)"),
    ("card_bin", Type::Int, "卡号前六位", "first six digits of the card number"),
    ("card_expiry", Type::Int, "卡有效期 YYMM（DE14）", "expiry as YYMM (DE14)"),
    ("issuer", Type::Text, "发卡机构代码", "issuer's number"),
    ("acquirer", Type::Text, "受理机构代码（DE32）", "acquirer's number (DE32)"),
    ("terminal", Type::Text, "终端号（DE41）", "terminal number (DE41)"),
    ("merchant", Type::Text, "商户号（DE42）", "merchant number (DE42)"),
    ("serial", Type::Text, "终端序列号（DE59）", "serial number of the device (DE59)"),
    ("trace", Type::Int, "流水号（DE11）", "trace number (DE11)"),
    (
        "terminal_hour",
        Type::Int,
        "终端时间的小时，0 至 23（DE12）",
        "hour of the terminal's clock, 0 to 23 (DE12)",
    ),
    ("pin_present", Type::Bool, "报文带有密码（DE52）", "a PIN block was there (DE52)"),
    ("track_present", Type::Bool, "报文带有磁道（DE35、36、45）", "track data were there (DE35, 36, 45)"),
    ("chip_present", Type::Bool, "报文带有芯片数据（DE55）", "chip data were there (DE55)"),
    ("chip_counter", Type::Int, "芯片交易计数器（9F36）", "application transaction counter (9F36)"),
    (
        "chip_offline_approved",
        Type::Bool,
        "芯片脱机批准（9F27 为 TC）",
        "approved offline by the chip (9F27 is a TC)",
    ),
    ("mac", Type::Text, "MAC：absent、unchecked、good、bad", "MAC: absent, unchecked, good, bad"),
    ("place_known", Type::Bool, "终端上送了位置", "the terminal reports a place"),
    ("scheme", Type::Text, "应答码体系，如 unionpay", "scheme of the response codes, such as unionpay"),
];

/// The fields that rules may name, with the features of a catalogue.
pub fn rule_schema(catalogue: &Catalogue) -> Schema {
    let of_message = MESSAGE_FIELDS.iter().map(|(name, kind, zh, en)| Field::new(*name, *kind, *zh, *en));
    let of_features = catalogue.features().iter().map(|f| {
        let kind = match f.aggregate {
            Aggregate::Sum | Aggregate::LastAmount => Type::Money,
            Aggregate::SinceLast => Type::Duration,
            Aggregate::Count | Aggregate::Distinct { .. } => Type::Int,
        };
        Field::new(f.name.clone(), kind, f.text.zh.to_string(), f.text.en.to_string())
    });
    Schema::new(of_message.chain(of_features).collect())
}

/// The rules in force: as they were written, and compiled.
#[derive(Default)]
pub(crate) struct ActiveRules {
    pub(crate) text: String,
    pub(crate) file: RuleFile,
}

impl ActiveRules {
    /// Puts other rules in force. Who wrote them into the log had them checked; should this program not
    /// understand them all the same, those before stay in force.
    pub(crate) fn change(&mut self, text: &str, catalogue: &Catalogue) {
        if let Ok(file) = RuleFile::read(&rule_schema(catalogue), text) {
            *self = ActiveRules { text: text.to_owned(), file };
        }
    }
}

/// A payment as rules see it: its message, and its features in the catalogue's order.
pub struct PaymentRow<'a> {
    message: &'a Message,
    features: &'a [i64],
    catalogue: &'a Catalogue,
}

impl<'a> PaymentRow<'a> {
    /// The row of a request and the features that were read for it.
    pub fn new(message: &'a Message, features: &'a [i64], catalogue: &'a Catalogue) -> PaymentRow<'a> {
        PaymentRow { message, features, catalogue }
    }

    fn money(&self, minor: i64) -> Value<'a> {
        match self.message.amount {
            Some(Money { currency, .. }) if currency != 0 => Value::Money { minor, currency },
            _ => Value::Absent,
        }
    }

    fn feature(&self, at: usize) -> Value<'a> {
        let (Some(feature), Some(&n)) = (self.catalogue.features().get(at), self.features.get(at)) else {
            return Value::Absent;
        };
        match feature.aggregate {
            Aggregate::Count | Aggregate::Distinct { .. } => Value::Int(n),
            Aggregate::Sum => self.money(n),
            // -1: the window holds none.
            _ if n < 0 => Value::Absent,
            Aggregate::LastAmount => self.money(n),
            Aggregate::SinceLast => Value::Duration(n.saturating_mul(1_000)),
        }
    }
}

fn int<'a>(n: Option<impl Into<i64>>) -> Value<'a> {
    n.map_or(Value::Absent, |n| Value::Int(n.into()))
}

fn text(t: &str) -> Value<'_> {
    if t.is_empty() { Value::Absent } else { Value::Text(t) }
}

/// How the card was read, by the first two digits of DE22 (ISO 8583:1987 and UnionPay; data/codes/entry_modes.csv).
fn entry(mode: u16) -> Value<'static> {
    match mode / 10 {
        1 => Value::Text("manual"),
        2 | 90 => Value::Text("magstripe"),
        3 => Value::Text("qr"),
        5 | 95 => Value::Text("chip"),
        7 | 91 | 98 => Value::Text("contactless"),
        80 | 92 => Value::Text("fallback"),
        _ => Value::Absent,
    }
}

impl Row for PaymentRow<'_> {
    fn value(&self, field: u16) -> Value<'_> {
        let m = self.message;
        match field {
            0 => m.amount.map_or(Value::Absent, |a| self.money(a.minor)),
            1 => int(m.processing_code),
            2 => int(m.merchant_category),
            3 => int(m.country),
            4 => int(m.entry_mode),
            5 => m.entry_mode.map_or(Value::Absent, entry),
            6 => int(m.condition),
            7 => int(m.card.map(|c| c.masked.bin)),
            8 => int(m.expiry),
            9 => text(m.issuer.as_str()),
            10 => text(m.acquirer.as_str()),
            11 => text(m.terminal.as_str()),
            12 => text(m.merchant.as_str()),
            13 => text(m.serial.as_str()),
            14 => int(m.trace),
            15 => int(m.terminal_time.map(|t| t.second_of_day / 3_600)),
            16 => Value::Bool(m.pin_present),
            17 => Value::Bool(m.track_present),
            18 => Value::Bool(m.chip.is_some()),
            19 => int(m.chip.filter(|c| c.present & 1 << 4 != 0).map(|c| c.transaction_counter)),
            20 => m
                .chip
                .filter(|c| c.present & 1 << 3 != 0)
                .map_or(Value::Absent, |c| Value::Bool(c.cryptogram_information & 0xC0 == 0x40)),
            21 => Value::Text(match m.mac {
                MacState::Absent => "absent",
                MacState::Unchecked => "unchecked",
                MacState::Good => "good",
                MacState::Bad => "bad",
            }),
            22 => Value::Bool(m.place.is_some()),
            23 => text(m.scheme.as_str()),
            other => self.feature(usize::from(other) - MESSAGE_FIELDS.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Till, card, purchase};
    use tg_event::{Decision, Event};
    use tg_rules::{Answer, Rule, Unknown};

    #[test]
    fn rules_read_the_message_and_its_features_by_name() {
        let catalogue = Catalogue::builtin();
        let schema = rule_schema(&catalogue);
        let mut m = purchase("10016919", 7, card(1, 1), 12_345);
        (m.entry_mode, m.terminal_time) = (Some(801), None);
        let features: Vec<i64> = catalogue
            .features()
            .iter()
            .map(|f| match f.name.as_str() {
                "card_payments_1h" => 5,
                "card_amount_24h" => 99_900,
                "card_since_last_ms" => 30_000,
                "terminal_last_amount" => -1,
                _ => 0,
            })
            .collect();
        let row = PaymentRow::new(&m, &features, &catalogue);
        let answer = |text: &str| Rule::compile(&schema, text).expect(text).answer(&row);
        for yes in [
            r#"amount == money("123.45", "CNY") && terminal == "10016919""#,
            r#"entry == "fallback" && entry_mode in [801, 802]"#,
            "card_payments_1h == 5 && terminal_cards_1h == 0",
            r#"card_amount_24h == money("999", "CNY") && card_since_last_ms == duration("30s")"#,
            "!has(terminal_hour) && !has(terminal_last_amount) && !chip_present",
        ] {
            assert_eq!(answer(yes), Answer::True, "{yes}");
        }
        assert_eq!(answer("terminal_hour < 5"), Answer::Unknown(Unknown::Absent(15)));
    }

    fn rules(text: &str) -> Event {
        Event::Rules(tg_event::Rules { text: text.into(), ..Default::default() })
    }

    const BIG: &str = r#"
        [[rule]]
        id = "big"
        when = 'amount > money("100", "CNY")'
        weight = 70
        decision = "decline"
        zh = "大额"
        en = "large"
        source = "test"
    "#;

    #[test]
    fn a_change_of_rules_is_an_event_and_holds_from_there_on() {
        let mut till = Till::new();
        let mut next = 0;
        let mut pay = |till: &mut Till| {
            next += 1;
            let paid = till.wait(60).send(&purchase("10016919", next, card(next, 1), 20_000));
            let verdict = &paid.verdicts[0];
            (verdict.score, verdict.decision, verdict.reasons[0].code.to_string())
        };
        let ordinary = (0, Decision::Approve, "nothing_unusual".to_owned());
        let ruled = (70, Decision::Decline, "rule_big".to_owned());
        assert_eq!(pay(&mut till), ordinary);
        till.apply(rules(BIG));
        assert_eq!(pay(&mut till), ruled);
        till.apply(rules("[[rule]] nonsense"));
        assert_eq!(pay(&mut till), ruled, "what can't be understood changes nothing");
        let mut bytes = Vec::new();
        till.engine.snapshot(&mut bytes);
        till.engine = crate::Engine::restore(Catalogue::builtin(), &bytes).expect("a snapshot of our own");
        assert_eq!((pay(&mut till), till.engine.rules()), (ruled, BIG));
        till.apply(rules(""));
        assert_eq!(pay(&mut till), ordinary);
    }

    #[test]
    fn every_field_gives_what_its_type_says() {
        let catalogue = Catalogue::builtin();
        let schema = rule_schema(&catalogue);
        let m = Message {
            chip: Some(tg_event::Chip { present: 0x3F, ..Default::default() }),
            terminal_time: Some(Default::default()),
            ..purchase("10016919", 7, card(1, 1), 100)
        };
        let features = vec![3; catalogue.features().len()];
        let row = PaymentRow::new(&m, &features, &catalogue);
        for (field, number) in schema.fields().iter().zip(0..) {
            let fits = match row.value(number) {
                Value::Absent => true,
                Value::Bool(_) => field.kind == Type::Bool,
                Value::Int(_) => field.kind == Type::Int,
                Value::Money { .. } => field.kind == Type::Money,
                Value::Duration(_) => field.kind == Type::Duration,
                Value::Text(_) => field.kind == Type::Text,
            };
            assert!(fits, "{} gives another type", field.name);
        }
    }
}
