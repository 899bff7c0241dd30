//! The parts of one payment, all sound: terminal, store, host, switch, issuer, card, customer.

use super::payment::Attempt;
use super::profile::Profile;
use crate::dice::Dice;

/// The card reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reader {
    Clean,
    Dirty,
    Broken,
}

/// The card's chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chip {
    Good,
    Scratched,
    Dead,
}

/// What the issuer has on file for the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Good,
    Frozen,
    Lost,
    Stolen,
    New,
    Unknown,
}

#[derive(Clone, Debug)]
pub(super) struct Terminal {
    pub battery: i64,
    pub adapter_fits: bool,
    pub paper: bool,
    pub reader: Reader,
    pub hangs: bool,
    pub stored: u32,
    pub unsent_offline: u32,
    pub unsent_reversals: u32,
    pub clock_offset_minutes: i64,
    pub signed_on_days_ago: i64,
    pub work_key: u64,
    pub pin_key: u64,
    pub master_key: Option<u64>,
    pub certificate_days: i64,
    pub formats_well: bool,
    pub software_old: bool,
    pub parameters: i64,
    pub merchant: u64,
    pub batch: u64,
    pub sim_active: bool,
    pub on_mobile_data: bool,
    pub opened: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Store {
    pub router_on: bool,
    pub line_up: bool,
    pub resolves: bool,
    pub port_open: bool,
    pub loses_of_ten_thousand: u64,
}

#[derive(Clone, Debug)]
pub(super) struct Host {
    pub door_open_in: i64,
    pub well_in: i64,
    pub module_well_in: i64,
    pub cutover_over_in: i64,
    pub work_key: u64,
    pub pin_key: u64,
    pub master_key: u64,
    pub knows_terminal: bool,
    pub merchant: u64,
    pub batch: u64,
    pub parameters: i64,
}

#[derive(Clone, Debug)]
pub(super) struct Issuer {
    pub up_in: i64,
    pub silent: bool,
    pub suspects: bool,
    pub declines: bool,
    /// Some issuers hide their reasons behind 05.
    pub says_little: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Card {
    pub money: i64,
    pub limit: i64,
    pub expired: bool,
    pub status: Status,
    pub chip: Chip,
    pub allowed: bool,
    pub tries_left: i64,
}

/// Everything that decides about one payment.
#[derive(Clone, Debug)]
pub(super) struct World {
    pub profile: Profile,
    pub terminal: Terminal,
    pub store: Store,
    pub host: Host,
    pub issuer: Issuer,
    pub switch_joined_in: i64,
    pub card: Card,
    pub amount: i64,
    pub entry: &'static str,
    pub with_pin: bool,
    pub mistyped: bool,
    pub code_right: bool,
    pub pulled_early: bool,
    pub taken_a_minute_ago: bool,
    pub changed: Option<&'static str>,
    pub model_is_ill: bool,
    pub debited: bool,
    pub reversed: bool,
    /// The customer has paid in some way, and both sides know it.
    pub paid: bool,
    pub last: Attempt,
}

impl World {
    pub fn sound(profile: Profile, dice: &mut Dice) -> World {
        let sim = profile.on_a_sim();
        World {
            profile,
            terminal: Terminal {
                battery: dice.between(25, 100),
                adapter_fits: true,
                paper: true,
                reader: Reader::Clean,
                hangs: false,
                stored: 0,
                unsent_offline: if dice.chance(250) { 2 } else { 0 },
                unsent_reversals: if dice.chance(150) { 1 } else { 0 },
                clock_offset_minutes: dice.between(-3, 3),
                signed_on_days_ago: 0,
                work_key: 0x1111,
                pin_key: 0x2222,
                master_key: Some(0x9999),
                certificate_days: dice.between(10, 700),
                formats_well: true,
                software_old: dice.chance(2_500),
                parameters: 7,
                merchant: 0x8844,
                batch: 12,
                sim_active: true,
                on_mobile_data: sim,
                opened: false,
            },
            store: Store {
                router_on: true,
                line_up: true,
                resolves: true,
                port_open: true,
                loses_of_ten_thousand: 20,
            },
            host: Host {
                door_open_in: 0,
                well_in: 0,
                module_well_in: 0,
                cutover_over_in: 0,
                work_key: 0x1111,
                pin_key: 0x2222,
                master_key: 0x9999,
                knows_terminal: true,
                merchant: 0x8844,
                batch: 12,
                parameters: 7,
            },
            issuer: Issuer {
                up_in: 0,
                silent: false,
                suspects: false,
                declines: false,
                says_little: dice.chance(1_200),
            },
            switch_joined_in: 0,
            card: Card {
                money: 500_000,
                limit: 500_000,
                expired: false,
                status: Status::Good,
                chip: Chip::Good,
                allowed: true,
                tries_left: 3,
            },
            amount: dice.between(500, 200_000),
            entry: if dice.chance(5_000) { "chip" } else { "contactless" },
            with_pin: dice.chance(4_000),
            mistyped: false,
            code_right: true,
            pulled_early: false,
            taken_a_minute_ago: false,
            changed: dice.chance(300).then_some("moved"),
            model_is_ill: false,
            debited: false,
            reversed: false,
            paid: false,
            last: Attempt::default(),
        }
    }

    /// True if the account was debited for this payment and nothing gave it back.
    pub fn is_debited(&self) -> bool {
        self.debited && !self.reversed
    }

    /// Opening trips the protection: the keys are gone.
    pub fn open_up(&mut self) {
        self.terminal.opened = true;
        self.terminal.master_key = None;
        self.terminal.work_key = 0;
        self.terminal.pin_key = 0;
    }

    /// Time passes: outages end.
    pub fn wait(&mut self, minutes: i64) {
        for until in [
            &mut self.host.door_open_in,
            &mut self.host.well_in,
            &mut self.host.module_well_in,
            &mut self.host.cutover_over_in,
            &mut self.issuer.up_in,
            &mut self.switch_joined_in,
        ] {
            *until = (*until - minutes).max(0);
        }
    }

    /// This world with another customer's good card.
    pub fn with_a_good_card(&self) -> World {
        let mut other = self.clone();
        other.card = Card {
            money: 500_000,
            limit: 500_000,
            expired: false,
            status: Status::Good,
            chip: Chip::Good,
            allowed: true,
            tries_left: 3,
        };
        other.issuer =
            Issuer { up_in: 0, silent: false, suspects: false, declines: false, says_little: false };
        other.switch_joined_in = 0;
        other.amount = other.amount.max(1_000);
        (other.entry, other.with_pin) = ("chip", true);
        (other.mistyped, other.code_right, other.pulled_early) = (false, true, false);
        (other.taken_a_minute_ago, other.debited) = (false, false);
        other
    }

    /// This world at a sound terminal of the same store.
    pub fn at_another_terminal(&self, dice: &mut Dice) -> World {
        let mut other = self.clone();
        other.terminal = World::sound(self.profile, dice).terminal;
        other.terminal.work_key = 0x1111;
        other.host.work_key = 0x1111;
        other.host.knows_terminal = true;
        (other.host.merchant, other.host.batch, other.host.parameters) = (0x8844, 12, 7);
        other.host.pin_key = 0x2222;
        if self.model_is_ill {
            other.terminal.formats_well = false;
        }
        (other.pulled_early, other.mistyped) = (false, false);
        other
    }

    /// This world at a sound terminal somewhere else, with its own network.
    pub fn at_another_store(&self, dice: &mut Dice) -> World {
        let mut other = self.at_another_terminal(dice);
        other.store = World::sound(self.profile, dice).store;
        other.terminal.formats_well = true;
        other
    }
}
