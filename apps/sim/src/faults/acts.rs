//! What a step does to a world, and whether it ended the matter.
//!
//! Two clocks: the sale ends when the customer has paid in some way; the fault ends when it is mended, or in the
//! hands of somebody who can mend it. What is the customer's or the issuer's ends with the sale.

use super::inject::Mechanism;
use super::payment::Attempt;
use super::world::{Chip, Reader, World};
use crate::dice::Dice;

/// What came of a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// The customer has paid.
    pub sale: bool,
    /// It is mended, or in the right hands.
    pub fault: bool,
    /// What a query said: approved, not_approved; none if nothing was queried.
    pub query: Option<&'static str>,
    /// Another payment was sent and its outcome is not known.
    pub open: bool,
    /// The customer paid by this step: the machine or the shop's own phone says so.
    pub paid: bool,
    /// The customer was debited twice, or paid in two ways.
    pub double_charge: bool,
    /// Payments that waited inside are lost.
    pub lost_payments: bool,
}

impl Mechanism {
    /// True where the shop has nothing to mend: the sale's end is the end.
    pub fn is_the_customers(self) -> bool {
        use Mechanism as M;
        matches!(
            self,
            M::ShortOfMoney
                | M::OverLimit
                | M::CardExpired
                | M::CardFrozen
                | M::CardReported
                | M::NotActivated
                | M::NumberInvalid
                | M::ChipDamaged
                | M::TypeNotAllowed
                | M::PinMistyped
                | M::PinBlocked
                | M::CodeMistyped
                | M::IssuerDown
                | M::IssuerSilent
                | M::IssuerSuspects
                | M::IssuerDeclines
                | M::CardPulledEarly
                | M::StripeOfAChipCard
                | M::AmountWrong
                | M::TakenTwice
        )
    }

    /// Who can mend it, or says why.
    pub fn owners(self) -> &'static [&'static str] {
        use Mechanism as M;
        match self {
            M::IspDown | M::RouterOff | M::WifiWeak | M::SimSuspended | M::DnsDropped => {
                &["network_operator"]
            }
            M::FirewallBlocks => &["network_operator", "acquirer"],
            M::BatteryFlat
            | M::AdapterLoose
            | M::PaperOut
            | M::ReaderDirty
            | M::ReaderBroken
            | M::AppHung => &["vendor"],
            M::CardReported | M::PinBlocked | M::IssuerSilent | M::TakenTwice => &["acquirer", "issuer"],
            M::StripeOfAChipCard | M::CardPulledEarly | M::AmountWrong => &["issuer", "acquirer"],
            M::ShortOfMoney
            | M::OverLimit
            | M::CardExpired
            | M::CardFrozen
            | M::NotActivated
            | M::NumberInvalid
            | M::ChipDamaged
            | M::TypeNotAllowed
            | M::PinMistyped
            | M::CodeMistyped
            | M::IssuerDown
            | M::IssuerSuspects
            | M::IssuerDeclines => &["issuer"],
            M::BadUpdate => &["acquirer", "vendor"],
            _ => &["acquirer"],
        }
    }
}

pub(super) fn act(world: &mut World, mechanism: Mechanism, action: &str, dice: &mut Dice) -> Ended {
    let mut ended = Ended::default();
    if let Some(owner) = action.strip_prefix("call_") {
        ended.fault = owner == "service" || mechanism.owners().contains(&owner);
        return ended;
    }
    let debited_before = world.is_debited();
    match action {
        "query_outcome" => {
            let found = if debited_before { "approved" } else { "not_approved" };
            ended.query = Some(found);
            ended.sale = debited_before || world.paid;
            // What was merely lost on the way is over once it is known to have gone through.
            // Of what was seen to be paid, a look tells nothing new.
            ended.fault =
                debited_before && !world.paid && (mechanism.is_the_customers() || works(world, dice));
            return ended;
        }
        "restart" | "settle_batch" | "factory_reset" => {
            ended.lost_payments = world.terminal.unsent_offline + world.terminal.unsent_reversals > 0;
        }
        _ => {}
    }
    let pays = mend(world, action, dice);
    if pays {
        let (debited_before, paid_before) = (world.is_debited(), world.paid);
        world.debited = false;
        let attempt = match action {
            "other_card" => Some(with_another_card(world, dice)),
            "other_terminal" => at_another_terminal(world, dice),
            "other_way_to_pay" => None,
            _ => {
                world.pay(dice);
                Some(world.last.clone())
            }
        };
        let paid = match (action, &attempt) {
            ("other_way_to_pay", _) => dice.chance(8_500),
            (_, attempt) => attempt.as_ref().is_some_and(|a| a.outcome == Some("approved")),
        };
        // A duplicate is refused because of the first of the two; it debits nothing itself.
        let code = attempt.as_ref().and_then(|a| a.code);
        let debited = world.debited && code != Some("94");
        ended.open = attempt.is_some_and(|a| a.outcome == Some("unknown")) || code == Some("98");
        (ended.sale, ended.paid) = (paid, paid);
        ended.double_charge = (debited_before || paid_before) && (debited || paid);
        world.debited |= debited_before;
        world.paid |= paid;
    }
    let mended = works(world, dice);
    ended.fault = if mechanism.is_the_customers() { ended.sale } else { mended };
    // A mended machine takes the customer's payment with the next try.
    ended.sale |= mended && !mechanism.is_the_customers();
    ended
}

/// True if the next customer with a good card pays and gets a slip.
fn works(world: &World, dice: &mut Dice) -> bool {
    let next = world.with_a_good_card();
    (0..2).all(|_| {
        let mut next = next.clone();
        next.pay(dice);
        !next.last.failed()
    })
}

/// The customer's other card; what it was debited, the customer was.
fn with_another_card(world: &mut World, dice: &mut Dice) -> Attempt {
    let mut other = world.with_a_good_card();
    other.pay(dice);
    world.debited |= other.debited;
    world.terminal.unsent_reversals = other.terminal.unsent_reversals;
    other.last
}

fn at_another_terminal(world: &mut World, dice: &mut Dice) -> Option<Attempt> {
    if world.profile.terminals() < 2 {
        return None;
    }
    let mut other = world.at_another_terminal(dice);
    other.debited = false;
    other.pay(dice);
    world.debited |= other.debited;
    Some(other.last)
}

/// Changes what the step changes; true if a payment is then taken.
fn mend(world: &mut World, action: &str, dice: &mut Dice) -> bool {
    let terminal = &mut world.terminal;
    match action {
        "retry_payment" => return true,
        "insert_chip" => {
            world.entry = "chip";
            return true;
        }
        "correct_amount" => {
            world.amount = world.amount.max(1_000);
            if world.entry == "manual" {
                world.code_right = true;
            }
            return true;
        }
        "retry_pin" => {
            // One in eight does not know the PIN.
            world.mistyped = dice.chance(1_250);
            return true;
        }
        "other_card" | "other_terminal" | "other_way_to_pay" => return true,
        "wait" => world.wait(10),
        "check_network" => {
            world.store.router_on = true;
            if dice.chance(3_500) {
                world.store.loses_of_ten_thousand = world.store.loses_of_ten_thousand.min(300);
            }
            if dice.chance(1_500) {
                world.store.line_up = true; // a loose cable looked like a dead line
            }
        }
        "use_mobile_data" => {
            // A phone's hotspot serves where the SIM is dead.
            let hotspot = dice.chance(8_000);
            if hotspot {
                terminal.on_mobile_data = true;
                terminal.sim_active = true;
                world.store.loses_of_ten_thousand = world.store.loses_of_ten_thousand.min(600);
            }
        }
        "restart" => {
            terminal.hangs &= dice.chance(1_000);
            if terminal.battery < 8 {
                terminal.battery = 0;
            }
        }
        "charge_or_adapter" if terminal.adapter_fits || dice.chance(4_000) => {
            terminal.battery = terminal.battery.max(30);
        }
        "clean_reader" if terminal.reader == Reader::Dirty && dice.chance(7_500) => {
            terminal.reader = Reader::Clean;
        }
        "load_paper" => terminal.paper = true,
        "sign_on" => return sign_on(world, dice),
        "settle_batch" => {
            terminal.stored = 0;
            if dice.chance(6_000) {
                terminal.batch = world.host.batch;
            }
        }
        "set_clock" => terminal.clock_offset_minutes = 0,
        "download_parameters" if dice.chance(8_500) => terminal.parameters = world.host.parameters,
        "update_software" if dice.chance(5_500) => {
            terminal.formats_well = true;
            terminal.software_old = false;
        }
        _ => {}
    }
    if world.card.chip == Chip::Scratched && action == "retry_payment" && dice.chance(3_000) {
        world.card.chip = Chip::Good; // wiped on a sleeve
    }
    false
}

/// The host gives a new working key under the master key; without a network nothing comes.
fn sign_on(world: &mut World, dice: &mut Dice) -> bool {
    let terminal = &mut world.terminal;
    let on_line = if terminal.on_mobile_data {
        terminal.sim_active
    } else {
        world.store.router_on && world.store.line_up && world.store.resolves && world.store.port_open
    };
    let lost = dice.chance(world.store.loses_of_ten_thousand);
    let host_well = world.host.well_in == 0 && world.host.module_well_in == 0 && world.host.door_open_in == 0;
    let same_master = terminal.master_key == Some(world.host.master_key);
    if on_line && !lost && host_well && same_master && world.host.knows_terminal && !terminal.opened {
        terminal.work_key = world.host.work_key;
        terminal.pin_key = world.host.pin_key;
        terminal.signed_on_days_ago = 0;
        if dice.chance(7_000) {
            terminal.batch = world.host.batch;
        }
    }
    false
}

/// Minutes that a step takes on the average: this simulator's own figures, on top of them the way to the place.
pub fn mean_minutes(profile: super::Profile, step: &str) -> f64 {
    use super::Profile as P;
    let (minutes, place) = match step {
        // What the customer does at the machine needs nobody to come.
        "retry_payment" | "retry_pin" | "insert_chip" | "correct_amount" => (0.8, 2),
        "other_card" => (1.5, 2),
        "other_way_to_pay" => (2.0, 2),
        "other_terminal" => (2.5, 2),
        // From the back office as well.
        "query_outcome" => (2.0, 2),
        "wait" => (10.8, 2),
        "check_network" | "phone_same_wifi" => (3.0, 1),
        "use_mobile_data" | "restart" => (3.0, 0),
        "charge_or_adapter" | "clean_reader" | "keep_evidence" => (2.0, 0),
        "load_paper" | "sign_on" | "stop_using" => (1.0, 0),
        "settle_batch" => (3.0, 0),
        "set_clock" | "check_original" => (2.0, 0),
        "download_parameters" => (4.0, 0),
        "update_software" => (13.0, 0),
        "call_issuer" => (12.0, 2),
        "call_acquirer" => (20.0, 2),
        "call_network_operator" => (25.0, 2),
        "call_vendor" => (45.0, 2),
        "call_service" => (90.0, 2),
        "network_test" => (1.5, 0),
        "bank_app" => (2.0, 2),
        "look_at_card" | "card_elsewhere" | "response_code" | "other_cards_work" | "changed_lately"
        | "signed_on_today" => (0.5, 2),
        "look_at_machine" => (1.0, 0),
        _ => (0.5, 0), // a question that is answered by a look
    };
    let way = match (profile, place) {
        (P::Forecourt, 0 | 1) => 25.0,
        (P::Hotel, 1) => 6.0,
        (P::Stall, 1) => 4.0,
        (P::Taxi, 1) => 8.0,
        (_, 1) => 1.0,
        _ => 0.0,
    };
    minutes + way
}
