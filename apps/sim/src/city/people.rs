//! Cardholders: where they live, when they shop, how much they spend, and how fast they can get about.
//!
//! The one promise to the detectors: nobody here is in two places that can't be reached, unless a label says
//! so.

use super::map::{Point, TOWNS};
use super::week::{MINUTE, weekday};
use crate::cards::{Banks, Card};
use crate::dice::Dice;
use std::ops::Range;
use tg_types::Instant;

/// Somebody with a card.
pub(crate) struct Holder {
    pub(crate) card: Card,
    pub(crate) home: Point,
    /// What they spend, in percent of what others do.
    pub(crate) purse_percent: i64,
    /// Shopping days, bit 0 is Monday.
    days: u8,
    /// The chip no longer answers: the stripe is read instead.
    pub(crate) damaged_chip: bool,
    /// When and where the card was used last.
    last: Option<(Instant, Point)>,
    /// Kept for a story until then.
    pub(crate) reserved_until: Instant,
}

/// All cardholders, by town.
pub(crate) struct People {
    pub(crate) all: Vec<Holder>,
    of_town: Vec<Range<usize>>,
}

/// Nobody counts on more than this, in metres a second, between two shops: doors and traffic included.
const PACE: i64 = 8;
/// Round the corner.
const CORNER_M: i64 = 250;

impl People {
    pub(crate) fn new(banks: &mut Banks, dice: &mut Dice, shops_of_town: &[usize], today: u16) -> People {
        let (mut all, mut of_town) = (Vec::new(), Vec::new());
        for (town, shops) in TOWNS.iter().zip(shops_of_town) {
            let from = all.len();
            for _ in 0..(shops * 75).clamp(150, 60_000) {
                let card = banks.issue(dice, today);
                let shops_most = [0b111_1111, 0b110_0000, 0b001_1111, 0b111_0101][dice.below(4) as usize];
                all.push(Holder {
                    card,
                    home: town.somewhere(dice),
                    purse_percent: dice.between(45, 90) + dice.wait(45),
                    days: shops_most,
                    damaged_chip: dice.chance(40),
                    last: None,
                    reserved_until: Instant(i64::MIN),
                });
            }
            of_town.push(from..all.len());
        }
        People { all, of_town }
    }

    /// Somebody who can be at this shop now; near ones sooner than far ones.
    pub(crate) fn customer(&self, dice: &mut Dice, town: usize, shop: Point, at: Instant) -> Option<usize> {
        // Now and then somebody comes over from the neighbouring town.
        let from = if town < 2 && dice.chance(250) { 1 - town } else { town };
        let range = self.of_town.get(from)?;
        let day = 1 << weekday(at);
        let mut best: Option<(i64, usize)> = None;
        for _ in 0..12 {
            let index = range.start + dice.below(range.len() as u64) as usize;
            let holder = &self.all[index];
            if (holder.days & day == 0 && dice.chance(7_500)) || !holder.can_be_at(shop, at) {
                continue;
            }
            let far = holder.home.metres_to(shop);
            if dice.chance(3_000) {
                return Some(index);
            }
            match best {
                Some((nearest, _)) if nearest <= far => {}
                Some(_) => return Some(index),
                None => best = Some((far, index)),
            }
        }
        best.map(|(_, index)| index)
    }

    /// A card was used.
    pub(crate) fn used(&mut self, index: usize, at: Instant, place: Point) {
        if let Some(holder) = self.all.get_mut(index) {
            holder.last = Some((at, place));
        }
    }
}

impl Holder {
    /// True if they can have come here since the card was used last, and no story keeps them.
    pub(crate) fn can_be_at(&self, shop: Point, at: Instant) -> bool {
        self.reserved_until <= at && self.reaches(shop, at)
    }

    /// True if they can have come here since the card was used last.
    pub(crate) fn reaches(&self, shop: Point, at: Instant) -> bool {
        self.last.is_none_or(|(then, there)| {
            let metres = (there.metres_to(shop) - CORNER_M).max(0);
            at.since(then) >= 4 * MINUTE && at.since(then) >= metres * 1_000_000 / PACE
        })
    }
}
