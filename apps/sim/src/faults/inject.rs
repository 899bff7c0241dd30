//! The mechanisms: each changes one part of a sound world, nothing else.

use super::world::{Chip, Reader, Status, World};
use crate::dice::Dice;

macro_rules! mechanisms {
    ($($name:ident $often:literal $word:literal $doc:literal,)*) => {
        /// What can be wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Mechanism {
            $(#[doc = $doc] $name,)*
        }

        impl Mechanism {
            /// All of them.
            pub const ALL: &'static [Mechanism] = &[$(Mechanism::$name),*];

            /// Its name.
            pub fn name(self) -> &'static str {
                match self { $(Mechanism::$name => $word,)* }
            }

            /// Of ten thousand failed payments.
            pub(super) fn how_often(self) -> u64 {
                match self { $(Mechanism::$name => $often,)* }
            }
        }
    };
}

mechanisms! {
    IspDown 210 "isp_down" "The store's line is down.",
    RouterOff 120 "router_off" "The router has no power.",
    WifiWeak 260 "wifi_weak" "The radio is weak: messages are lost both ways.",
    SimSuspended 70 "sim_suspended" "The SIM is suspended.",
    DnsDropped 50 "dns_dropped" "The name server drops the host's name.",
    FirewallBlocks 50 "firewall_blocks" "A new router blocks the host's port.",
    EndpointDown 60 "endpoint_down" "The host's door is closed.",
    BatteryFlat 90 "battery_flat" "The battery is flat.",
    AdapterLoose 40 "adapter_loose" "The adapter has no contact.",
    PaperOut 130 "paper_out" "There is no paper.",
    ReaderDirty 160 "reader_dirty" "The reader's contacts are dirty.",
    ReaderBroken 50 "reader_broken" "The reader is broken.",
    AppHung 120 "app_hung" "The program hangs.",
    StorageFull 45 "storage_full" "The store of payments is full.",
    KeyRolled 150 "key_rolled" "The host rolled the key and the answer to the sign-on was lost.",
    NotSignedOn 120 "not_signed_on" "Nobody signed on today.",
    MacKeyCorrupt 40 "mac_key_corrupt" "The MAC key in the terminal is corrupt.",
    MasterKeyWrong 35 "master_key_wrong" "The master key is not the host's.",
    PinKeyWrong 30 "pin_key_wrong" "The PIN key is not the host's.",
    ClockShifted 60 "clock_shifted" "The clock is off by days.",
    BatchMismatch 60 "batch_mismatch" "Terminal and host count different batches.",
    MerchantNumberWrong 60 "merchant_number_wrong" "The merchant number is not the host's.",
    NotRegistered 50 "not_registered" "The host does not know the terminal.",
    ParametersOld 50 "parameters_old" "The terminal's parameters are out of date.",
    CertificateExpired 35 "certificate_expired" "The certificate has expired.",
    BadUpdate 40 "bad_update" "An update formats messages wrongly, on the whole model.",
    ShortOfMoney 2000 "short_of_money" "Not enough money.",
    OverLimit 520 "over_limit" "Over a limit.",
    CardExpired 170 "card_expired" "The card has expired.",
    CardFrozen 260 "card_frozen" "The account is frozen.",
    CardReported 80 "card_reported" "The card was reported lost or stolen.",
    NotActivated 60 "not_activated" "The card was never activated.",
    NumberInvalid 150 "number_invalid" "The issuer does not know the number.",
    ChipDamaged 200 "chip_damaged" "The chip is scratched.",
    TypeNotAllowed 230 "type_not_allowed" "The card may not do this.",
    PinMistyped 900 "pin_mistyped" "The customer mistypes the PIN once.",
    PinBlocked 110 "pin_blocked" "The tries are used up.",
    CodeMistyped 90 "code_mistyped" "The security code was mistyped.",
    IssuerDown 380 "issuer_down" "The issuer is down.",
    IssuerSilent 220 "issuer_silent" "The issuer books but answers too late.",
    IssuerSuspects 260 "issuer_suspects" "The issuer's risk check says no.",
    IssuerDeclines 700 "issuer_declines" "The issuer says no and no more.",
    HostFault 220 "host_fault" "The acquirer's host has a fault.",
    ModuleFault 30 "module_fault" "The host's security module fails.",
    Cutover 35 "cutover" "End of day at the host.",
    SwitchCut 60 "switch_cut" "The switch does not reach the issuer.",
    CardPulledEarly 260 "card_pulled_early" "The card is taken out too early.",
    StripeOfAChipCard 130 "stripe_of_a_chip_card" "A chip card is swiped.",
    AmountWrong 60 "amount_wrong" "The amount is not accepted.",
    TakenTwice 90 "taken_twice" "The same payment was taken a minute ago.",
    Opened 10 "opened" "Somebody opened the machine: its keys are wiped.",
    Swapped 10 "swapped" "The machine is not the one that was installed.",
}

pub(super) fn inject(mechanism: Mechanism, world: &mut World, dice: &mut Dice) {
    use Mechanism as M;
    // Outages end by themselves, some soon.
    let outage = dice.between(3, 90);
    match mechanism {
        M::IspDown => world.store.line_up = false,
        M::RouterOff => world.store.router_on = false,
        M::WifiWeak => world.store.loses_of_ten_thousand = dice.between(4_500, 8_500) as u64,
        M::SimSuspended => world.terminal.sim_active = false,
        M::DnsDropped => world.store.resolves = false,
        M::FirewallBlocks => {
            world.store.port_open = false;
            world.changed = Some("router");
        }
        M::EndpointDown => world.host.door_open_in = outage,
        M::BatteryFlat => world.terminal.battery = dice.between(1, 4),
        M::AdapterLoose => {
            world.terminal.battery = dice.between(2, 6);
            world.terminal.adapter_fits = false;
        }
        M::PaperOut => world.terminal.paper = false,
        M::ReaderDirty => world.terminal.reader = Reader::Dirty,
        M::ReaderBroken => world.terminal.reader = Reader::Broken,
        M::AppHung => world.terminal.hangs = true,
        M::StorageFull => world.terminal.stored = 500,
        M::KeyRolled => {
            world.host.work_key += 1;
            if dice.chance(4_000) {
                world.terminal.signed_on_days_ago = 1;
            }
        }
        M::NotSignedOn => {
            world.terminal.signed_on_days_ago = dice.between(1, 3);
            world.host.work_key += 1;
        }
        M::MacKeyCorrupt => world.terminal.work_key ^= 0x55,
        M::MasterKeyWrong => {
            world.terminal.master_key = Some(0xBAD);
            world.terminal.work_key ^= 0xA5;
            world.changed = dice.chance(6_000).then_some("keys");
        }
        M::PinKeyWrong => world.terminal.pin_key ^= 0x33,
        M::ClockShifted => {
            let days = dice.between(20, 900);
            world.terminal.clock_offset_minutes =
                if dice.chance(8_000) { -days * 1_440 } else { days * 1_440 };
        }
        M::BatchMismatch => world.host.batch += 1,
        M::MerchantNumberWrong => world.terminal.merchant ^= 1,
        M::NotRegistered => world.host.knows_terminal = false,
        M::ParametersOld => world.terminal.parameters -= 1,
        M::CertificateExpired => world.terminal.certificate_days = dice.between(-20, 0),
        M::BadUpdate => {
            world.terminal.formats_well = false;
            world.model_is_ill = true;
            world.changed = dice.chance(7_000).then_some("software");
            world.terminal.software_old = !dice.chance(5_000);
        }
        M::ShortOfMoney => world.card.money = world.amount - 1,
        M::OverLimit => world.card.limit = world.amount - 1,
        M::CardExpired => world.card.expired = true,
        M::CardFrozen => world.card.status = Status::Frozen,
        M::CardReported => {
            world.card.status = if dice.chance(6_000) { Status::Lost } else { Status::Stolen };
        }
        M::NotActivated => world.card.status = Status::New,
        M::NumberInvalid => world.card.status = Status::Unknown,
        M::ChipDamaged => world.card.chip = if dice.chance(4_000) { Chip::Dead } else { Chip::Scratched },
        M::TypeNotAllowed => world.card.allowed = false,
        M::PinMistyped => {
            world.with_pin = true;
            world.mistyped = true;
            world.card.tries_left = if dice.chance(8_500) { 3 } else { 2 };
        }
        M::PinBlocked => {
            world.with_pin = true;
            world.card.tries_left = 0;
        }
        M::CodeMistyped => {
            world.entry = "manual";
            world.code_right = false;
        }
        M::IssuerDown => world.issuer.up_in = outage,
        M::IssuerSilent => world.issuer.silent = true,
        M::IssuerSuspects => world.issuer.suspects = true,
        M::IssuerDeclines => world.issuer.declines = true,
        M::HostFault => world.host.well_in = outage,
        M::ModuleFault => world.host.module_well_in = dice.between(15, 120),
        M::Cutover => world.host.cutover_over_in = dice.between(2, 15),
        M::SwitchCut => world.switch_joined_in = outage,
        M::CardPulledEarly => world.pulled_early = true,
        M::StripeOfAChipCard => world.entry = "magstripe",
        M::AmountWrong => world.amount = 0,
        M::TakenTwice => world.taken_a_minute_ago = true,
        M::Opened => world.open_up(),
        M::Swapped => {
            world.host.knows_terminal = false;
            world.terminal.master_key = Some(0xF0);
            world.terminal.work_key ^= 0x77;
            world.changed = Some("terminal_swapped");
        }
    }
}
