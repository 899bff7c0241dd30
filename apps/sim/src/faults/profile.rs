//! Five stores that fail in their own ways.
//!
//! Frequencies are counts of ten thousand failed payments, written for this simulator from the public split of
//! technical and customer declines (NPCI 2021: about four of five are the customer's or the account's) and from
//! what each place has: a stall has no router, a forecourt nobody who looks.

use super::inject::Mechanism;
use crate::dice::Dice;

/// A sort of store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// A supermarket on fibre, six tills.
    Supermarket,
    /// A market stall on a SIM.
    Stall,
    /// A hotel's front desk.
    Hotel,
    /// A forecourt's machine without staff.
    Forecourt,
    /// A taxi.
    Taxi,
}

impl Profile {
    /// All of them.
    pub const ALL: [Profile; 5] =
        [Profile::Supermarket, Profile::Stall, Profile::Hotel, Profile::Forecourt, Profile::Taxi];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Profile::Supermarket => "supermarket",
            Profile::Stall => "stall",
            Profile::Hotel => "hotel",
            Profile::Forecourt => "forecourt",
            Profile::Taxi => "taxi",
        }
    }

    /// The sort of store as the machine interface calls it.
    pub fn store(self) -> &'static str {
        match self {
            Profile::Supermarket => "staffed",
            Profile::Stall => "stall",
            Profile::Hotel => "hotel",
            Profile::Forecourt => "unattended",
            Profile::Taxi => "taxi",
        }
    }

    /// Terminals in the store.
    pub(super) fn terminals(self) -> u32 {
        match self {
            Profile::Supermarket => 6,
            Profile::Hotel => 3,
            Profile::Forecourt => 2,
            Profile::Stall | Profile::Taxi => 1,
        }
    }

    /// True if the terminal is on its own SIM and not on the store's network.
    pub(super) fn on_a_sim(self) -> bool {
        matches!(self, Profile::Stall | Profile::Taxi)
    }

    /// How often a mechanism is behind a failed payment here, relative to the others.
    fn weight(self, mechanism: Mechanism) -> u64 {
        use Mechanism as M;
        let common = mechanism.how_often();
        let sim = self.on_a_sim();
        match mechanism {
            M::IspDown | M::RouterOff | M::DnsDropped | M::FirewallBlocks if sim => 0,
            M::SimSuspended if !sim => 0,
            M::SimSuspended => common * 3,
            M::WifiWeak if sim => common * 2,
            M::BatteryFlat if matches!(self, Profile::Stall | Profile::Taxi) => common * 3,
            M::BatteryFlat | M::AdapterLoose if self == Profile::Forecourt => common / 3,
            M::ReaderDirty | M::ReaderBroken | M::Opened if self == Profile::Forecourt => common * 4,
            M::CardPulledEarly if self == Profile::Forecourt => common * 2,
            M::CodeMistyped | M::AmountWrong if self == Profile::Hotel => common * 3,
            M::OverLimit if self == Profile::Hotel => common * 2,
            M::CodeMistyped if self == Profile::Forecourt => 0,
            _ => common,
        }
    }

    pub(super) fn draw(self, dice: &mut Dice) -> Mechanism {
        let total: u64 = Mechanism::ALL.iter().map(|m| self.weight(*m)).sum();
        let mut at = dice.below(total);
        for mechanism in Mechanism::ALL {
            let weight = self.weight(*mechanism);
            if at < weight {
                return *mechanism;
            }
            at -= weight;
        }
        Mechanism::ShortOfMoney
    }
}
