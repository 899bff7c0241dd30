//! Names of the values of a dimension, counted through; place 0 is "not known". Bounded: what is too much is
//! counted as not known.

use std::collections::BTreeMap;

/// Values of one dimension, at most.
const MOST: usize = 4_000;

#[derive(Clone, Debug)]
pub(crate) struct Names {
    places: BTreeMap<String, u16>,
    names: Vec<String>,
    /// Names that found no room.
    pub refused: u64,
}

impl Default for Names {
    fn default() -> Names {
        Names { places: BTreeMap::new(), names: vec![String::new()], refused: 0 }
    }
}

impl Names {
    pub fn place(&mut self, name: &str) -> u16 {
        if name.is_empty() {
            return 0;
        }
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        if self.names.len() >= MOST {
            self.refused += 1;
            return 0;
        }
        let place = self.names.len() as u16;
        self.places.insert(name.to_owned(), place);
        self.names.push(name.to_owned());
        place
    }

    pub fn find(&self, name: &str) -> Option<u16> {
        self.places.get(name).copied()
    }

    pub fn name(&self, place: u16) -> &str {
        self.names.get(usize::from(place)).map_or("", String::as_str)
    }
}
