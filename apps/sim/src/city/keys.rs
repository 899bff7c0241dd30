//! The master keys of the city's terminals, for the demo's center to check MACs with.
//!
//! A center's operator gets them from its key management; the demo's center and its city are made of one
//! seed, so nothing has to be handed over, neither in a file nor through a pipe. Invented keys of invented
//! terminals only.

use super::City;
use tg_keys::KeyBytes;

impl City {
    /// Terminal number and the master key (TMK) under which the host sends working keys. A device that is
    /// replaced later has another, which only its acquirer knows.
    pub fn master_keys(&self) -> impl Iterator<Item = (&str, KeyBytes)> {
        let devices = self.machines.iter().zip(&self.host.records);
        devices.map(|(machine, record)| (machine.terminal.number.as_str(), KeyBytes::new(&record.master.0)))
    }
}
