//! Whom to call, and what they will ask for.
//!
//! The shop calls its acquirer, the cardholder calls the issuer; what to tell stands in the order in which it is
//! asked for. Never holds a card number, PIN or security code: values that the facts don't hold are the caller's
//! to fill in, masked.

use crate::diagnosis::text_for;
use crate::facts::{Facts, Role};
use crate::knowledge::Knowledge;
use crate::plan::Plan;
use serde::Serialize;
use tg_text::Text;

/// One line that the person called will ask for.
#[derive(Clone, Debug, Serialize)]
pub struct Tell {
    /// The field's id.
    pub field: &'static str,
    /// Its name.
    pub label: Text,
    /// Its value where the facts hold it, in English words or as a code; the caller fills in the others.
    pub value: Option<String>,
}

/// Whom to call and what to tell.
#[derive(Clone, Debug, Serialize)]
pub struct Contact {
    /// acquirer, issuer, vendor, network_operator, police, merchant_office, none.
    pub who: String,
    /// Who calls: shop or cardholder.
    pub by: &'static str,
    /// In words.
    pub text: Text,
    /// What to tell, in the order in which it is asked for.
    pub tell: Vec<Tell>,
}

pub(crate) fn owner_text(owner: &str) -> Text {
    match owner {
        "issuer" => Text::fixed("发卡行", "the issuer"),
        "vendor" => Text::fixed("终端厂商", "the terminal’s vendor"),
        "network_operator" => Text::fixed("网络运营商", "the network operator"),
        "police" => Text::fixed("公安机关", "the police"),
        "merchant_office" => Text::fixed("商户总部", "the merchant’s head office"),
        "none" => Text::fixed("不用联系", "nobody"),
        _ => Text::fixed("收单机构", "the acquirer"),
    }
}

pub(crate) fn show_contact(knowledge: &Knowledge, plan: &Plan, facts: &Facts) -> Contact {
    let last = plan.steps.last().and_then(|step| step.action(knowledge));
    let call = last.filter(|a| a.calls.is_some());
    let fields: &[&str] = match plan.contact.as_str() {
        "issuer" => &["time", "amount", "card", "merchant", "reference"],
        "vendor" => &["serial", "model", "software", "terminal", "time", "what_happened"],
        "network_operator" => &["line", "time", "what_happened"],
        "none" => &[],
        _ => &[
            "merchant",
            "merchant_number",
            "terminal",
            "serial",
            "time",
            "amount",
            "card",
            "code",
            "trace",
            "reference",
            "model",
            "software",
            "last_sign_on",
            "terminal_state",
        ],
    };
    let by_cardholder = plan.contact == "issuer" || facts.role == Some(Role::Cardholder);
    Contact {
        who: plan.contact.clone(),
        by: if by_cardholder { "cardholder" } else { "shop" },
        text: call.map_or_else(|| owner_text(&plan.contact), |a| text_for(a, facts)),
        tell: fields.iter().map(|field| tell(field, facts)).collect(),
    }
}

fn tell(field: &'static str, facts: &Facts) -> Tell {
    let (zh, en) = match field {
        "merchant" => ("商户", "Merchant"),
        "merchant_number" => ("商户号", "Merchant number"),
        "terminal" => ("终端号", "Terminal number"),
        "serial" => ("序列号", "Serial number"),
        "time" => ("时间", "Time"),
        "amount" => ("金额", "Amount"),
        "card" => ("卡号（前六后四）", "Card (first six, last four)"),
        "code" => ("应答码", "Response code"),
        "trace" => ("流水号", "Trace number"),
        "reference" => ("参考号", "Reference number"),
        "model" => ("型号", "Model"),
        "software" => ("软件版本", "Software version"),
        "last_sign_on" => ("上次签到", "Last sign-on"),
        "line" => ("宽带或流量卡号码", "Line or SIM number"),
        "what_happened" => ("现象", "What happened"),
        _ => ("终端状态", "State of the terminal"),
    };
    let value = match field {
        "code" => facts.code.clone(),
        "last_sign_on" => facts.last_sign_on.map(|s| s.word().to_owned()),
        "terminal_state" => {
            let key = facts.key_check_value.map(|k| format!("key check value: {}", k.word()));
            let tamper = facts.tamper.map(|t| format!("tamper: {}", t.word()));
            let known: Vec<String> = key.into_iter().chain(tamper).collect();
            (!known.is_empty()).then(|| known.join(", "))
        }
        _ => None,
    };
    Tell { field, label: Text::fixed(zh, en), value }
}
