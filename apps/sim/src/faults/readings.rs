//! What instruments and people see of a world: by the keys of the machine interface, never by its mechanism.
//!
//! Traffic around the payment is made by paying: the same card elsewhere, other cards here, other terminals, the
//! issuer and the acquirer at large. What a center does not always have (tamper, key check values, batteries) is
//! missing as often as it is missing in the field.

use super::payment::Attempt;
use super::world::{Chip, World};
use crate::dice::Dice;

/// One fact: key and value.
pub type Reading = (&'static str, String);

/// Payments tried to see whether something works at large.
const TRIES: usize = 12;

/// True if more than a third fails.
fn ails(tries: usize, mut one: impl FnMut() -> Attempt) -> bool {
    (0..tries).filter(|_| one().outcome != Some("approved")).count() * 3 > tries
}

fn works(fails: bool) -> String {
    if fails { "fail" } else { "ok" }.to_owned()
}

fn health(ill: bool) -> String {
    if ill { "degraded" } else { "ok" }.to_owned()
}

fn pays(mut world: World, dice: &mut Dice) -> Attempt {
    world.pay(dice);
    world.last
}

pub(super) fn readings(world: &World, dice: &mut Dice) -> Vec<Reading> {
    let mut seen: Vec<Reading> = Vec::new();
    let last = &world.last;
    if let Some(code) = last.code {
        seen.push(("code", code.to_owned()));
        seen.push(("scheme", "unionpay".to_owned()));
    }
    // A person types the words; with a code they are seldom typed.
    if let Some(words) = last.words.filter(|_| last.code.is_none() || dice.chance(3_000)) {
        seen.push(("message", words.to_owned()));
    }
    seen.push(("stage", last.stage.to_owned()));
    if let Some(outcome) = last.outcome {
        seen.push(("outcome", outcome.to_owned()));
    }
    if last.stage != "card_read" || world.entry != "chip" || dice.chance(5_000) {
        seen.push(("entry_mode", world.entry.to_owned()));
    }
    around(world, dice, &mut seen);
    instruments(world, dice, &mut seen);
    seen
}

/// What other payments show.
fn around(world: &World, dice: &mut Dice, seen: &mut Vec<Reading>) {
    if dice.chance(7_500) {
        let here = world.with_a_good_card();
        seen.push(("other_cards_here", works(ails(3, || pays(here.clone(), dice)))));
    }
    if dice.chance(2_000) {
        let mut elsewhere = world.at_another_store(dice);
        elsewhere.taken_a_minute_ago = false;
        seen.push(("same_card_elsewhere", works(ails(1, || pays(elsewhere.clone(), dice)))));
    }
    if world.profile.terminals() > 1 && dice.chance(8_500) {
        let other = world.with_a_good_card().at_another_terminal(dice);
        seen.push(("other_terminals_in_store", works(ails(5, || pays(other.clone(), dice)))));
    }
    if dice.chance(8_500) {
        let mut others = world.with_a_good_card().at_another_store(dice);
        (others.issuer.up_in, others.issuer.silent) = (world.issuer.up_in, world.issuer.silent);
        others.switch_joined_in = world.switch_joined_in;
        others.host = sound_host(world, &others);
        if world.issuer.silent {
            others.issuer.silent = dice.chance(6_000);
        }
        seen.push(("issuer_elsewhere", health(ails(TRIES, || pays(others.clone(), dice)))));
    }
    let at_large = world.with_a_good_card().at_another_store(dice);
    seen.push(("acquirer_elsewhere", health(ails(TRIES, || pays(at_large.clone(), dice)))));
    if dice.chance(8_000) {
        let mut model = world.with_a_good_card().at_another_store(dice);
        model.host = sound_host(world, &model);
        model.terminal.formats_well = !world.model_is_ill;
        seen.push(("same_model_elsewhere", health(ails(TRIES, || pays(model.clone(), dice)))));
    }
}

/// The host without its outages: what ails an issuer or a model is counted beside the others.
fn sound_host(world: &World, other: &World) -> super::world::Host {
    let mut host = other.host.clone();
    host.door_open_in = 0;
    host.well_in = 0;
    host.module_well_in = 0;
    host.cutover_over_in = 0;
    host.master_key = world.host.master_key;
    host
}

fn network(world: &World) -> &'static str {
    let terminal = &world.terminal;
    let cut = if terminal.on_mobile_data {
        !terminal.sim_active
    } else {
        !(world.store.router_on && world.store.line_up)
    };
    match (cut, world.store.loses_of_ten_thousand) {
        (true, _) => "down",
        (false, 3_000..) => "weak",
        _ => "ok",
    }
}

/// What the terminal, its register and the center's own measuring tell.
fn instruments(world: &World, dice: &mut Dice, seen: &mut Vec<Reading>) {
    let terminal = &world.terminal;
    let network = network(world);
    // A terminal that is off the air is known to be silent; its inner readings are not at hand.
    let reports = network != "down" && terminal.battery >= 3;
    if dice.chance(9_000) {
        seen.push(("network", network.to_owned()));
    }
    if terminal.signed_on_days_ago > 0 || dice.chance(9_500) {
        let signed_on = if terminal.signed_on_days_ago == 0 { "today" } else { "old" };
        seen.push(("last_sign_on", signed_on.to_owned()));
    }
    if dice.chance(9_000) {
        seen.push(("certificate_days_left", terminal.certificate_days.to_string()));
    }
    seen.push(("unsent_offline", terminal.unsent_offline.to_string()));
    seen.push(("unsent_reversals", terminal.unsent_reversals.to_string()));
    if dice.chance(9_000) {
        seen.push(("software", if terminal.software_old { "old" } else { "current" }.to_owned()));
    }
    if dice.chance(6_500) {
        seen.push(("changed_recently", world.changed.unwrap_or("nothing").to_owned()));
    }
    if world.card.expired && world.last.stage == "answered" {
        seen.push(("expiry_passed", "yes".to_owned()));
    } else if world.last.stage == "answered" {
        seen.push(("expiry_passed", "no".to_owned()));
    }
    if world.last.code.is_some() && dice.chance(3_000) {
        let good =
            terminal.work_key == world.host.work_key && terminal.master_key == Some(world.host.master_key);
        seen.push(("mac", if good { "good" } else { "bad" }.to_owned()));
    }
    if world.last.code == Some("55") && dice.chance(5_000) {
        seen.push(("pin_tries_left", world.card.tries_left.max(0).to_string()));
    }
    if !reports {
        return;
    }
    if dice.chance(9_000) {
        seen.push(("clock_offset_minutes", terminal.clock_offset_minutes.to_string()));
    }
    if dice.chance(6_000) {
        seen.push(("battery_percent", terminal.battery.to_string()));
    }
    if dice.chance(6_000) {
        let value = match terminal.master_key {
            None => "missing",
            Some(key) if key == world.host.master_key => "match",
            Some(_) => "mismatch",
        };
        seen.push(("key_check_value", value.to_owned()));
    }
    if dice.chance(5_000) {
        seen.push(("tamper", if terminal.opened { "yes" } else { "no" }.to_owned()));
    }
}

type Seen = (&'static str, &'static [&'static str]);

/// What a person sees who looks: the truth, and what somebody who errs might say instead.
pub(super) fn seen_by_a_person(world: &World, key: &str, dice: &mut Dice) -> Option<Seen> {
    let either = |yes: bool,
                  a: &'static str,
                  b: &'static str,
                  wrong: (&'static [&'static str], &'static [&'static str])| {
        if yes { (a, wrong.0) } else { (b, wrong.1) }
    };
    let works = |fails: bool| either(fails, "fail", "ok", (&["ok"], &["fail"]));
    let store = &world.store;
    Some(match key {
        "network" => match network(world) {
            "down" => ("down", &["weak"]),
            "weak" => ("weak", &["ok", "down"]),
            _ => ("ok", &["weak"]),
        },
        "phone_online" => {
            either(store.router_on && store.line_up && store.resolves, "yes", "no", (&["no"], &["yes"]))
        }
        "network_test" => {
            let days = world.terminal.certificate_days - world.terminal.clock_offset_minutes / 1_440;
            let truth = match network(world) {
                "down" => "connect",
                _ if !store.resolves && !world.terminal.on_mobile_data => "name_lookup",
                _ if !store.port_open && !world.terminal.on_mobile_data || world.host.door_open_in > 0 => {
                    "connect"
                }
                _ if !(1..=1_095).contains(&days) => "certificate",
                "weak" if dice.chance(5_000) => "connect",
                _ => "passed",
            };
            (truth, &["passed", "connect"])
        }
        "screen" if world.terminal.hangs => ("frozen", &["dark", "shows"]),
        "screen" if world.terminal.battery < 8 && world.last.words.is_none() => ("dark", &["frozen"]),
        "screen" => ("shows", &["frozen"]),
        "battery_icon" => either(world.terminal.battery < 15, "low", "fine", (&["fine"], &["low"])),
        "other_cards_here" => {
            let here = world.with_a_good_card();
            works(ails(2, || pays(here.clone(), dice)))
        }
        "other_terminals_in_store" => {
            if world.profile.terminals() < 2 {
                return None;
            }
            let other = world.with_a_good_card().at_another_terminal(dice);
            works(ails(3, || pays(other.clone(), dice)))
        }
        "same_card_elsewhere" => {
            let elsewhere = world.at_another_store(dice);
            works(ails(1, || pays(elsewhere.clone(), dice)))
        }
        "card_looks" => match (world.card.expired, world.card.chip) {
            (true, _) => ("expired", &["fine"]),
            (_, Chip::Good) => ("fine", &["damaged"]),
            // Half of the damage can't be seen.
            _ if dice.chance(5_000) => ("damaged", &["fine"]),
            _ => ("fine", &["damaged"]),
        },
        "charged" => either(world.debited && !world.reversed, "yes", "no", (&["no"], &["yes"])),
        "last_sign_on" => {
            either(world.terminal.signed_on_days_ago == 0, "today", "old", (&["old"], &["today"]))
        }
        "screen_time" => {
            either(world.terminal.clock_offset_minutes.abs() > 30, "wrong", "right", (&["right"], &["wrong"]))
        }
        "changed_recently" => match world.changed {
            Some("moved") => ("moved", &["nothing"]),
            Some("router") => ("router", &["nothing"]),
            Some("software") => ("software", &["nothing"]),
            Some("terminal_swapped") => ("terminal_swapped", &["nothing"]),
            _ => ("nothing", &["moved", "software"]),
        },
        "machine_looks" => {
            either(world.terminal.opened && dice.chance(6_000), "odd", "none", (&["none"], &[]))
        }
        _ => return None,
    })
}
