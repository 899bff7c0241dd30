//! The rules that every row keeps, ours and an operator's.
//!
//! Why it exists: a wrong row harms people. A shipping SDK's table shows 交易成功 for "capture card"
//! (its rows have slipped by one); a step that says "load the key" opens the terminal to a thief.

use crate::catalogue::Catalogue;
use crate::rows::ResponseCode;
use crate::words::*;
use tg_text::Text;

/// Every broken rule, one line each; empty if all is well. `xtask tidy` and an operator's overrides go
/// through it.
pub fn lint(catalogue: &Catalogue) -> Vec<String> {
    let mut broken = Vec::new();
    let codes = catalogue.response_codes();
    for pair in codes.windows(2) {
        if pair[0].key() == pair[1].key() {
            broken.push(format!("{}: stands twice", name(&pair[1])));
        }
    }
    for code in codes {
        response_code(code, &mut broken);
    }
    let screens = catalogue.screen_messages();
    unique("screen message", screens.iter().map(|m| m.id.clone()), &mut broken);
    for message in screens {
        let name = format!("screen message {}", message.id);
        both(&name, "words", &message.words, &mut broken);
        source(&name, &message.source, &mut broken);
        shop_text(&name, &message.action, &mut broken);
        if message.category.is_approved() {
            broken.push(format!("{name}: a message of trouble is never approved (I8)"));
        }
        optional(&name, message.acquirer_action.as_ref(), &mut broken);
    }
    let vendor = catalogue.vendor_codes();
    unique("vendor code", vendor.iter().map(|v| format!("{} {}", v.family, v.code)), &mut broken);
    for code in vendor {
        let name = format!("vendor code {} {}", code.family, code.code);
        both(&name, "meaning", &code.meaning, &mut broken);
        source(&name, &code.source, &mut broken);
        shop_text(&name, &code.action, &mut broken);
        optional(&name, code.acquirer_action.as_ref(), &mut broken);
    }
    small_tables(catalogue, &mut broken);
    broken
}

fn name(code: &ResponseCode) -> String {
    match code.direction {
        Direction::Response => format!("{} {}", code.scheme, code.code),
        Direction::ReversalRequest => format!("{} {} in a reversal request", code.scheme, code.code),
    }
}

fn response_code(code: &ResponseCode, broken: &mut Vec<String>) {
    let name = name(code);
    both(&name, "meaning", &code.meaning, broken);
    source(&name, &code.source, broken);
    shop_text(&name, &code.action, broken);
    optional(&name, code.acquirer_action.as_ref(), broken);
    // Invariant I8: a code that keeps the card or declines is never an approval.
    if code.is_approval() {
        if code.capture_card != CaptureCard::No {
            broken.push(format!("{name}: keeps the card, so it is never approved (I8)"));
        }
        if declines(code) {
            broken.push(format!("{name}: declines, so it is never approved (I8)"));
        }
        if code.retryable != Retryable::No {
            broken.push(format!("{name}: approved, so a retry would charge twice"));
        }
    }
    if code.category == Category::Pickup && !says_pick_up_neutrally(&code.action) {
        broken.push(format!("{name}: a pick-up code needs neutral words to the cardholder"));
    }
    if code.category == Category::Reserved && code.retryable != Retryable::QueryFirst {
        broken.push(format!("{name}: a code without a meaning leaves the outcome unknown: query first"));
    }
    let reason = code.category == Category::ReversalReason;
    if (code.direction == Direction::ReversalRequest) != reason {
        broken.push(format!("{name}: reversal_reason belongs to reversal requests, and only there"));
    }
    let signs_on = code.scheme == Scheme::UnionPay
        && code.direction == Direction::Response
        && ["A7", "A0", "99", "63"].contains(&code.code.as_str());
    if signs_on && !(code.retryable == Retryable::AfterSignOn && says_sign_on_once(&code.action)) {
        broken.push(format!(
            "{name}: says to sign on once, and if it fails again to stop using the machine and call the acquirer"
        ));
    }
    let mistyped = code.scheme == Scheme::Visa && code.code == "N7";
    if mistyped && !(code.action.en.contains("mistyped") && code.action.zh.contains("输错")) {
        broken.push(format!("{name}: a wrong CVV2 is usually mistyped, and the text says so"));
    }
    if code.scheme == Scheme::Visa && code.scheme_class == "cat1" && code.retryable != Retryable::No {
        broken.push(format!("{name}: Visa's category 1 is never tried again"));
    }
    if code.scheme == Scheme::UnionPay && code.scheme_class == "E" && code.retryable != Retryable::QueryFirst
    {
        broken.push(format!("{name}: class E leaves the debit unknown: query first"));
    }
    if code.scheme == Scheme::UnionPay
        && code.direction == Direction::Response
        && code.is_approval() != (code.scheme_class == "A")
    {
        broken.push(format!("{name}: class A means approved and nothing else does"));
    }
}

/// What the meaning itself says, whatever the category column claims.
fn declines(code: &ResponseCode) -> bool {
    let en = code.meaning.en.to_lowercase();
    let says_en = [
        "pick up",
        "pick-up",
        "capture card",
        "declined",
        "do not honour",
        "keep card",
        "stolen card",
        "lost card",
    ];
    let says_zh = ["没收", "拒绝", "不予承兑", "被窃", "被盗", "挂失卡"];
    // "original top-up had been declined", "not declined": approvals that speak of another decline.
    let other = ["had been declined", "not declined"].iter().any(|w| en.contains(w));
    let zh = &code.meaning.zh;
    let other_zh = ["原充值为拒绝", "未拒绝", "卡片参考后批准"].iter().any(|w| zh.contains(w));
    (!other && says_en.iter().any(|w| en.contains(w)))
        || (!other_zh && says_zh.iter().any(|w| zh.contains(w)))
}

fn says_pick_up_neutrally(action: &Text) -> bool {
    action.en.contains("cannot be used right now") && action.zh.contains("暂时不能使用")
}

fn says_sign_on_once(action: &Text) -> bool {
    let en = action.en.to_lowercase();
    let en_right = ["sign on", "once", "stop using", "call the acquirer"].iter().all(|w| en.contains(w));
    let zh_right = ["重新签到一次", "停用", "联系收单机构"].iter().all(|w| action.zh.contains(w));
    en_right && zh_right
}

fn both(name: &str, what: &str, text: &Text, broken: &mut Vec<String>) {
    if text.is_incomplete() {
        broken.push(format!("{name}: {what} needs both languages"));
    }
}

fn optional(name: &str, text: Option<&Text>, broken: &mut Vec<String>) {
    if let Some(text) = text {
        both(name, "the acquirer's action", text, broken);
    }
}

fn source(name: &str, source: &str, broken: &mut Vec<String>) {
    if source.trim().is_empty() {
        broken.push(format!("{name}: has no source"));
    }
}

fn unique(what: &str, keys: impl Iterator<Item = String>, broken: &mut Vec<String>) {
    let mut keys: Vec<String> = keys.collect();
    keys.sort();
    let mut twice: Vec<&String> = keys.windows(2).filter(|p| p[0] == p[1]).map(|p| &p[0]).collect();
    twice.dedup();
    broken.extend(twice.into_iter().map(|key| format!("{what} {key}: stands twice")));
}

/// One harm that a text for the shop must not advise: words that advise it, in either language, unless
/// the same clause forbids it.
struct Harm {
    what: &'static str,
    words: &'static [&'static str],
    /// False: the words are wrong even with a "don't" before them.
    may_be_forbidden: bool,
}

const HARMS: &[Harm] = &[
    Harm {
        what: "tells the shop to load keys",
        words: &[
            "灌密钥",
            "灌装密钥",
            "灌密",
            "灌装",
            "下载主密钥",
            "下载密钥",
            "装载密钥",
            "输入密钥",
            "导入密钥",
            "重装密钥",
            "load key",
            "load the key",
            "loading key",
            "load master key",
            "load the master key",
            "inject key",
            "inject the key",
            "key injection",
            "download the key",
            "download key",
            "download a master key",
            "download the master key",
            "reload the key",
            "reload key",
            "enter the key",
        ],
        may_be_forbidden: true,
    },
    Harm {
        what: "asks for a card secret",
        words: &[
            "索取",
            "告知密码",
            "报密码",
            "说出密码",
            "提供密码",
            "抄写",
            "拍摄安全码",
            "提供安全码",
            "报安全码",
            "告诉安全码",
            "提供cvn",
            "提供cvv",
            "报cvn",
            "报cvv",
            "询问cvn",
            "询问密码",
            "ask for the pin",
            "ask for pin",
            "tell the pin",
            "tell you the pin",
            "tell us the pin",
            "give the pin",
            "read out the pin",
            "ask for the cvn",
            "ask for the cvv",
            "ask for cvv",
            "ask for the security code",
            "give the cvv",
            "give the security code",
            "write down the pin",
            "write down the cvv",
            "photograph the card",
            "photo of the card",
        ],
        may_be_forbidden: true,
    },
    Harm {
        what: "accuses a person",
        words: &[
            "被盗",
            "被窃",
            "盗刷",
            "盗用",
            "偷",
            "小偷",
            "骗子",
            "犯罪",
            "嫌疑",
            "作弊",
            "伪卡",
            "假卡",
            "stolen",
            "thief",
            "thieves",
            "fraudster",
            "criminal",
            "counterfeit card",
            "suspect",
            "cheat",
        ],
        may_be_forbidden: false,
    },
    Harm {
        what: "tells the shop to open, reset or unlock the machine",
        words: &[
            "恢复出厂",
            "拆机",
            "拆开",
            "清除交易",
            "factory reset",
            "reset the machine",
            "open the machine",
            "open it",
            "clear the records",
        ],
        may_be_forbidden: true,
    },
];

const FORBIDS: &[&str] =
    &["不要", "不得", "不可", "勿", "禁止", "do not", "don't", "never", "not ", "nor ", "install nothing"];

fn shop_text(name: &str, text: &Text, broken: &mut Vec<String>) {
    both(name, "action", text, broken);
    for sentence in [text.zh.to_lowercase(), text.en.to_lowercase()] {
        // A "don't" reaches to the end of its sentence (，does not end it; ；。 do).
        for clause in sentence.split(['；', '。', ';', '.', '：', ':', '\n']) {
            let forbids = FORBIDS.iter().filter_map(|f| clause.find(f)).min();
            for harm in HARMS {
                for word in harm.words {
                    let Some(place) = clause.find(word) else { continue };
                    let forbidden = harm.may_be_forbidden && forbids.is_some_and(|f| f < place);
                    if !forbidden {
                        broken.push(format!("{name}: {} (\"{word}\")", harm.what));
                    }
                }
            }
            restart_on_tamper(name, &sentence, clause, forbids, broken);
        }
    }
}

/// A terminal whose tamper protection may have tripped keeps its evidence only while it is left alone.
fn restart_on_tamper(
    name: &str,
    sentence: &str,
    clause: &str,
    forbids: Option<usize>,
    broken: &mut Vec<String>,
) {
    const RESTART: &[&str] =
        &["重启", "关机", "断电", "reboot", "restart", "power off", "switch it off", "power cycle"];
    // A router may be restarted; a terminal that is sealed as evidence may not.
    let sealed = ["封存", "留证", "seal and keep", "tamper", "防拆"].iter().any(|w| sentence.contains(w));
    let router = ["重启路由", "restart the router"].iter().any(|w| clause.contains(w));
    for word in RESTART {
        let Some(place) = clause.find(word) else { continue };
        let forbidden = forbids.is_some_and(|f| f < place);
        if !forbidden && (sealed || !router) {
            broken.push(format!("{name}: tells the shop to restart the machine (\"{word}\")"));
        }
    }
}

fn small_tables(catalogue: &Catalogue, broken: &mut Vec<String>) {
    for mode in catalogue.entry_modes() {
        both(&format!("entry mode {} {}", mode.scheme, mode.prefix), "meaning", &mode.meaning, broken);
        let note = &mode.security_note;
        if note.zh.is_empty() != note.en.is_empty() {
            broken.push(format!("entry mode {} {}: note needs both languages", mode.scheme, mode.prefix));
        }
    }
    for line in catalogue.hotlines() {
        let name = format!("hotline {}", line.organisation.en);
        both(&name, "organisation", &line.organisation, broken);
        both(&name, "purpose", &line.purpose, broken);
        source(&name, &line.source, broken);
        if line.verified && line.source.contains("from memory") {
            broken.push(format!("{name}: verified, though its source says from memory"));
        }
    }
    for advice in catalogue.merchant_advices() {
        let name = format!("merchant advice {} {}", advice.scheme, advice.code);
        both(&name, "meaning", &advice.meaning, broken);
        both(&name, "retry rule", &advice.retry_rule, broken);
        source(&name, &advice.source, broken);
    }
    for class in catalogue.action_classes() {
        let name = format!("action class {}", class.class);
        both(&name, "meaning", &class.meaning, broken);
        both(&name, "terminal behaviour", &class.terminal_behaviour, broken);
        source(&name, &class.source, broken);
    }
    let classes = catalogue.action_classes();
    unique("action class", classes.iter().map(|c| c.class.clone()), broken);
}

#[cfg(test)]
mod tests;
