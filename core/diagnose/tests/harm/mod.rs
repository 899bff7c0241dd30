//! The list of harms (product rule E6) as an oracle for tests, written from the facts and the printed answer alone.
//!
//! Why it exists beside `src/safety.rs`: it reads neither the engine's classes nor its gates, so a mistake there
//! does not hide here. Codes stand as written in the networks' lists.

use tg_diagnose::*;

const TAKES_MONEY: &[&str] = &[
    "retry_payment",
    "retry_pin",
    "other_card",
    "other_terminal",
    "other_way_to_pay",
    "insert_chip",
    "correct_amount",
];
const SAME_CARD: &[&str] = &["retry_payment", "retry_pin", "other_terminal", "insert_chip", "correct_amount"];
const LOSES_UNSENT: &[&str] =
    &["restart", "factory_reset", "settle_batch", "update_software", "download_parameters"];
const NEVER: &[&str] =
    &["load_keys", "factory_reset", "open_device", "keep_card", "fix_numbers", "reverse_payment"];
const ACCUSING: &[&str] = &[
    "stolen",
    "thief",
    "fraudster",
    "criminal",
    "盗",
    "偷",
    "骗",
    "犯罪",
    "嫌疑",
    "挂失卡",
    "被窃",
    "伪卡",
    "没收",
    "genuine",
    "正品",
    "真机",
];
/// Sentences that nobody at a till can know or should say.
const FALSE_COMFORT: &[&str] = &["未扣款", "没有扣款", "不会扣款", "not charged", "not debited"];

/// Every harm that this advice could do; empty: none found.
pub fn harms(facts: &Facts, diagnosis: &Diagnosis) -> Vec<String> {
    let mut found = Vec::new();
    let plan: Vec<&str> = diagnosis.plan.iter().map(|s| s.id.as_str()).collect();
    let gates: Vec<&str> = diagnosis.gates.iter().map(|g| g.id.as_str()).collect();
    let has = |ids: &[&str]| plan.iter().any(|p| ids.contains(p));
    let before = |id: &str, others: &[&str]| {
        let place = plan.iter().position(|p| *p == id).unwrap_or(usize::MAX);
        plan.iter().position(|p| others.contains(p)).is_none_or(|o| place < o)
    };
    let mut harm = |bad: bool, name: &str| {
        if bad {
            found.push(format!("{name}: {plan:?}"));
        }
    };
    let done = facts.did.iter().any(|(_, d)| *d == Did::Fixed);
    let code = facts.code.as_deref().unwrap_or("");
    let unionpay = matches!(facts.scheme, None | Some(Scheme::Unionpay));

    harm(has(NEVER), "the acquirer’s or vendor’s own work was given to the shop");
    let tampered = facts.tamper == Some(YesNo::Yes)
        || facts.machine_looks == Some(Seen::Odd)
        || facts.message.as_deref() == Some("设备被攻击");
    if tampered {
        let allowed = |p: &&str| ["stop_using", "keep_evidence"].contains(p) || p.starts_with("call_");
        harm(!plan.iter().all(allowed), "something other than stopping on a tampered terminal");
        harm(!gates.contains(&"tamper"), "the tamper gate is not shown");
        harm(diagnosis.safe_to_retry == Retry::Yes, "a retry on a tampered terminal is called safe");
        harm(
            !done && plan.first() != Some(&"stop_using") && !facts.did.iter().any(|(d, _)| d == "stop_using"),
            "not stopped first",
        );
    }
    let swapped = facts.changed_recently == Some(Changed::TerminalSwapped);
    if swapped {
        harm(has(TAKES_MONEY) || has(&["sign_on", "settle_batch"]), "payments go on on a foreign machine");
        harm(!gates.contains(&"foreign_machine"), "the foreign machine gate is not shown");
    }
    // A query that says “not approved”, and an accepted reversal, settle it; one that found nothing leaves it open.
    let settled_by_query = facts.query_result == Some(QueryResult::NotApproved);
    let settled_by_reversal =
        facts.reversal == Some(Reversal::Accepted) && facts.query_result.is_none() || settled_by_query;
    let approved_by_query = facts.query_result == Some(QueryResult::Approved);
    let open_code = matches!(code, "68" | "98" | "09" | "20" | "94") && unionpay && !settled_by_reversal;
    let reversal_open =
        matches!(facts.reversal, Some(Reversal::Sent | Reversal::Refused)) && !settled_by_query;
    let unknown = (facts.outcome == Some(Outcome::Unknown) && !settled_by_reversal) || reversal_open;
    let reversal_answer = facts.mti.as_deref().is_some_and(|m| m.starts_with("041") || m.starts_with("043"));
    let not_found = facts.query_result == Some(QueryResult::NotFound);
    let is_open = ((unknown || open_code) && !reversal_answer || not_found) && !approved_by_query;
    if approved_by_query {
        harm(has(TAKES_MONEY), "a payment that the query found approved is taken again");
        harm(diagnosis.safe_to_retry == Retry::Yes, "a retry of what the query found approved");
    }
    if is_open {
        harm(has(TAKES_MONEY), "money is taken while the outcome is unknown");
        harm(has(&["restart", "factory_reset", "settle_batch"]), "a pending reversal could be lost");
        harm(diagnosis.safe_to_retry == Retry::Yes, "a retry before the query is called safe");
        harm(!gates.contains(&"unknown_outcome"), "the unknown outcome gate is not shown");
        let tried = facts.did.iter().any(|(d, _)| d == "query_outcome");
        harm(
            !done
                && !tampered
                && !swapped
                && !gates.contains(&"foreign_machine")
                && !tried
                && !plan.contains(&"query_outcome"),
            "no query",
        );
    }
    if facts.charged == Some(Charged::Yes)
        && facts.outcome == Some(Outcome::Declined)
        && !settled_by_reversal
        && !reversal_answer
    {
        harm(has(TAKES_MONEY), "a customer who was charged is charged again");
        harm(diagnosis.safe_to_retry == Retry::Yes, "a retry is called safe though the customer was charged");
    }
    if facts.outcome == Some(Outcome::Approved) && !reversal_answer && !settled_by_reversal {
        harm(has(TAKES_MONEY), "an approved payment is taken again");
        harm(diagnosis.safe_to_retry == Retry::Yes, "a retry of an approved payment is called safe");
    }
    if facts.outcome.is_none() && facts.code.is_none() && facts.stage.is_none() && !settled_by_reversal {
        let tried = facts.did.iter().any(|(d, _)| d == "query_outcome");
        harm(
            !reversal_answer && !tried && !before("query_outcome", TAKES_MONEY),
            "money before a look at the outcome",
        );
        harm(
            !reversal_answer && diagnosis.safe_to_retry == Retry::Yes,
            "a retry is called safe though nothing is known",
        );
    }
    // Another payment was tried and did not help: nobody knows how that one ended, until it is looked up.
    let leads_to_a_payment = |step: &str| TAKES_MONEY.contains(&step) || ["sign_on", "wait"].contains(&step);
    let since_the_look = facts.did.iter().rev().take_while(|(step, _)| step != "query_outcome");
    let tried_again = since_the_look.into_iter().any(|(s, d)| *d == Did::Failed && leads_to_a_payment(s));
    if tried_again && !reversal_answer {
        harm(!before("query_outcome", TAKES_MONEY), "money before a look at what became of the last try");
        harm(!before("query_outcome", LOSES_UNSENT), "the reversal of the last try could be lost");
        harm(
            diagnosis.safe_to_retry == Retry::Yes,
            "a retry is called safe though the last try’s end is unknown",
        );
    }
    if approved_by_query && facts.unsent_reversals.is_none() {
        harm(has(LOSES_UNSENT), "the reversal of a payment that the query found approved could be lost");
    }
    if done && is_open && !tampered && !gates.contains(&"foreign_machine") {
        let helped = facts.did.iter().rev().find(|(_, d)| *d == Did::Fixed).map(|(s, _)| s.as_str());
        let looked = facts.did.iter().any(|(s, _)| s == "query_outcome");
        harm(
            helped != Some("query_outcome") && !looked && plan.first() != Some(&"query_outcome"),
            "the machine works again and nobody looks before charging again",
        );
    }
    // Between two payments of one plan stands a look.
    let mut open = false;
    for step in &plan {
        harm(open && TAKES_MONEY.contains(step), "two payments without a look between");
        open = leads_to_a_payment(step) || (open && *step != "query_outcome");
    }
    if facts.unsent_offline.is_some_and(|n| n > 0) || facts.unsent_reversals.is_some_and(|n| n > 0) {
        let loses = ["restart", "factory_reset", "settle_batch", "update_software", "download_parameters"];
        harm(has(&loses), "unsent payments could be lost");
        harm(!gates.contains(&"unsent_payments"), "the unsent payments gate is not shown");
    }
    if facts.pin_tries_left.is_some_and(|n| n <= 1) {
        harm(has(SAME_CARD), "the last PIN try is used up");
        harm(!gates.contains(&"last_pin_try"), "the last PIN try gate is not shown");
        harm(diagnosis.safe_to_retry == Retry::Yes, "a retry with the last PIN try is called safe");
    }
    let picked_up = ["04", "07", "41", "43"].contains(&code)
        && facts.mti.is_none()
        && facts.scheme != Some(Scheme::Iso1993);
    let picked_up = picked_up && !(code == "07" && facts.scheme == Some(Scheme::Mastercard));
    if picked_up {
        harm(has(SAME_CARD), "a card to be picked up is tried again");
        harm(!gates.contains(&"pick_up_card"), "the neutral words are missing");
        harm(diagnosis.safe_to_retry == Retry::Yes, "a retry after a pick-up code is called safe");
    }
    if ["A0", "A7", "99", "63"].contains(&code)
        && unionpay
        && facts.mti.is_none()
        && facts.role != Some(Role::Cardholder)
    {
        harm(!gates.contains(&"keys_not_by_shop"), "nobody says that keys are not the shop’s work");
        harm(plan.iter().filter(|p| **p == "sign_on").count() > 1, "signed on more than once");
        harm(has(&["retry_payment", "restart", "other_card"]), "tried again with keys that fail");
        harm(!done && diagnosis.contact.who != "acquirer", "not the acquirer for keys");
    }
    if ["51", "54", "61", "62", "65"].contains(&code) && unionpay && facts.mti.is_none() {
        harm(has(SAME_CARD), "a declined card is tried again");
    }
    if facts.other_cards_here == Some(Works::Fail) {
        harm(has(&["retry_pin"]), "PIN tries are burnt on a machine that fails for every card");
    }
    let tried_query = facts.did.iter().any(|(d, _)| d == "query_outcome");
    harm(
        diagnosis.safe_to_retry == Retry::AfterQuery && !tried_query && !before("query_outcome", TAKES_MONEY),
        "money before the query that the same answer asks for",
    );
    harm(
        diagnosis.safe_to_retry == Retry::No && has(&["retry_payment", "retry_pin"]),
        "a retry that is not safe",
    );
    harm(
        has(&["call_issuer"]) && diagnosis.contact.by != "cardholder",
        "the shop is told to call the issuer",
    );
    harm(
        !done && plan.last().is_none_or(|p| !p.starts_with("call_")),
        "the plan does not end with a contact",
    );
    // A look stands wherever one is needed; anything else once.
    let mut unique: Vec<&str> = plan.iter().copied().filter(|p| *p != "query_outcome").collect();
    let others = unique.len();
    unique.sort_unstable();
    unique.dedup();
    harm(unique.len() != others, "a step is advised twice");
    harm(
        diagnosis.next.as_ref().map(|n| n.id.as_str()) != plan.first().copied(),
        "next is not the plan’s first step",
    );

    // “没收到” (has not received) is no “没收” (confiscate).
    let text = serde_json::to_string(diagnosis).expect("serialises").to_lowercase().replace("没收到", "");
    for word in ACCUSING.iter().chain(FALSE_COMFORT) {
        harm(text.contains(word), word);
    }
    if is_open && let Some(next) = &diagnosis.next {
        let mut said = format!("{}{}", next.text.zh, next.text.en);
        for t in [&next.script, &next.verify].into_iter().flatten().filter(|_| next.id != "query_outcome") {
            said += &format!("{}{}", t.zh, t.en);
        }
        harm(
            said.contains("再收一次") || said.contains("take it once more"),
            "the words ask for another payment",
        );
    }
    found
}
