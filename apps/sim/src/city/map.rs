//! Where things are: four invented towns at real distances, points, and how far it is between them.
//!
//! Only additions, multiplications and one square root, whose results the floating-point standard fixes: the
//! same seed gives the same places on every machine.

use crate::dice::Dice;

/// A place, in millionths of a degree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// North of the equator.
    pub latitude: i32,
    /// East of Greenwich.
    pub longitude: i32,
}

/// A town that does not exist.
pub(crate) struct TownSite {
    pub(crate) name_zh: &'static str,
    pub(crate) name_en: &'static str,
    centre: Point,
    /// Shops lie so far from the centre at most, in each direction.
    reach_m: i64,
    /// Of a hundred shops so many are here.
    pub(crate) share: u64,
}

/// The towns: one large, a neighbour an hour away, two that take a train and a flight.
pub(crate) const TOWNS: [TownSite; 4] = [
    site("云汀", "Yunting", 30_250_000, 117_900_000, 7_000, 70),
    site("鹭浦", "Lupu", 30_700_000, 118_300_000, 4_000, 12),
    site("柏川", "Bochuan", 32_600_000, 116_600_000, 4_000, 10),
    site("霞屿", "Xiayu", 24_900_000, 113_400_000, 5_000, 8),
];

const fn site(
    name_zh: &'static str,
    name_en: &'static str,
    latitude: i32,
    longitude: i32,
    reach_m: i64,
    share: u64,
) -> TownSite {
    TownSite { name_zh, name_en, centre: Point { latitude, longitude }, reach_m, share }
}

/// Metres in a millionth of a degree of latitude.
const METRES: f64 = 0.111_195;

impl TownSite {
    /// Somewhere in the town.
    pub(crate) fn somewhere(&self, dice: &mut Dice) -> Point {
        self.centre.near(dice, self.reach_m)
    }
}

impl Point {
    /// Somewhere at most so many metres north or south and east or west.
    pub(crate) fn near(self, dice: &mut Dice, metres: i64) -> Point {
        let north = dice.between(-metres, metres) as f64 / METRES;
        let east = dice.between(-metres, metres) as f64 / (METRES * cosine(self.latitude));
        Point { latitude: self.latitude + north as i32, longitude: self.longitude + east as i32 }
    }

    /// The distance in metres, good to a few in a thousand within a country.
    pub fn metres_to(self, other: Point) -> i64 {
        let middle = (i64::from(self.latitude) + i64::from(other.latitude)) / 2;
        let north = f64::from(self.latitude - other.latitude) * METRES;
        let east = f64::from(self.longitude - other.longitude) * METRES * cosine(middle as i32);
        (north * north + east * east).sqrt() as i64
    }

    /// Signed decimal degrees with five places, as field 59 has them: longitude, latitude.
    pub(crate) fn written(self) -> (String, String) {
        let degrees = |millionths: i32, whole: usize| {
            let sign = if millionths < 0 { '-' } else { '+' };
            let all = millionths.unsigned_abs() / 10;
            format!("{sign}{:0whole$}.{:05}", all / 100_000, all % 100_000)
        };
        (degrees(self.longitude, 3), degrees(self.latitude, 2))
    }
}

/// The cosine of a latitude, by its series.
fn cosine(latitude: i32) -> f64 {
    let x = f64::from(latitude) * 1e-6 * 0.017_453_292_519_943_295;
    let square = x * x;
    1.0 - square / 2.0 * (1.0 - square / 12.0 * (1.0 - square / 30.0 * (1.0 - square / 56.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn towns_lie_where_their_roads_say() {
        let far = |a: usize, b: usize| TOWNS[a].centre.metres_to(TOWNS[b].centre) / 1_000;
        // Great-circle distances: 63, 289, 740 km.
        assert!(
            (62..=64).contains(&far(0, 1)) && (284..=294).contains(&far(0, 2)),
            "{} {}",
            far(0, 1),
            far(0, 2)
        );
        assert!((730..=750).contains(&far(0, 3)), "{}", far(0, 3));
    }

    #[test]
    fn a_place_is_written_with_sign_and_five_decimals() {
        let place = Point { latitude: 30_250_004, longitude: 117_900_009 };
        assert_eq!(place.written(), ("+117.90000".to_owned(), "+30.25000".to_owned()));
        let south = Point { latitude: -3_100_000, longitude: -7_050_000 };
        assert_eq!(south.written(), ("-007.05000".to_owned(), "-03.10000".to_owned()));
    }
}
