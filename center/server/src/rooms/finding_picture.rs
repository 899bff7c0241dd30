//! The picture that fits a kind of finding, filled from the payments it rests on.
//!
//! Why it exists: what an analyst looks for differs: two lines of trace numbers for a clone, several names
//! behind one device, two places for one card. A picture for which the payments don't suffice becomes the
//! plain time line; nothing is made up.

use super::MINUTE_US;
use super::payment_row::{amount, card, outcome};
use std::collections::BTreeMap;
use tg_console::view::{CountPoint, Lane, Mark, Picture, Sighting};
use tg_store::{FindingRecord, PaymentFilter, PaymentRecord, Reader, StoreError};
use tg_text::Text;

/// Lanes in one picture; the rest stands in the last.
const LANES_MAX: usize = 6;
/// How far around the events a terminal's other messages are drawn.
const AROUND_US: i64 = 30 * MINUTE_US;
/// Messages drawn at most.
const POINTS_MAX: u32 = 400;
/// Positions nearer than this are one place.
const PLACE_ERROR_KM: f64 = 0.5;
/// A trace number that is at most so far ahead of a line's last still belongs to it.
const STEP_MAX: u32 = 64;

/// The picture of a finding; `payments` are those that it rests on, oldest first.
pub(crate) fn picture(
    reader: &Reader,
    record: &FindingRecord,
    payments: &[PaymentRecord],
) -> Result<Picture, StoreError> {
    let plain = |text: &str| Text::new(text.to_owned(), text.to_owned());
    let lanes = match record.code.as_str() {
        "cloned_terminal" => return cloned(reader, record, payments),
        "several_merchants" => lanes(payments, |p| {
            (!p.merchant.is_empty())
                .then(|| Text::new(format!("商户 {}", p.merchant), format!("Merchant {}", p.merchant)))
        }),
        "rapid_refunds" => lanes(payments, |p| {
            // ISO 8583:1987 DE3 first two digits: 20-29 are credits.
            let refund = p.processing_code.is_some_and(|c| (20..30).contains(&(c / 10_000)));
            Some(if refund {
                Text::fixed("退款与撤销", "Refunds and voids")
            } else {
                Text::fixed("消费", "Sales")
            })
        }),
        "skimming" => lanes(payments, |p| {
            Some(Text::new(format!("终端 {}", p.terminal), format!("Terminal {}", p.terminal)))
        }),
        "impossible_travel" => {
            return Ok(furthest(payments).map_or(Picture::Marks, |(from, to)| distance(from, to)));
        }
        "moved_terminal" => return moved(reader, record, payments),
        "cash_out" => lanes(payments, |p| card(p).map(|c| plain(&format!("{}••••••{}", c.bin, c.last_four)))),
        _ => Vec::new(),
    };
    Ok(if lanes.len() > 1 { Picture::Lanes(lanes) } else { Picture::Marks })
}

fn mark(p: &PaymentRecord) -> Mark {
    Mark { at_us: p.opened_at, outcome: outcome(p.outcome), amount: amount(p) }
}

/// Payments by what they have in common, the most first.
fn lanes(payments: &[PaymentRecord], of: impl Fn(&PaymentRecord) -> Option<Text>) -> Vec<Lane> {
    let mut groups: BTreeMap<String, Lane> = BTreeMap::new();
    for payment in payments {
        let Some(label) = of(payment) else { continue };
        let lane = groups.entry(label.zh.clone().into_owned()).or_insert_with(|| Lane {
            label,
            detail: None,
            marks: Vec::new(),
        });
        lane.marks.push(mark(payment));
    }
    let mut lanes: Vec<Lane> = groups.into_values().collect();
    lanes.sort_by_key(|l| std::cmp::Reverse(l.marks.len()));
    if lanes.len() > LANES_MAX {
        let rest = lanes.split_off(LANES_MAX - 1);
        let label = Text::new(format!("其余 {} 个", rest.len()), format!("{} others", rest.len()));
        let mut marks: Vec<Mark> = rest.into_iter().flat_map(|l| l.marks).collect();
        marks.sort_by_key(|m| m.at_us);
        lanes.push(Lane { label, detail: None, marks });
    }
    lanes
}

/// The two payments one after the other that lie furthest apart.
fn furthest(payments: &[PaymentRecord]) -> Option<(&PaymentRecord, &PaymentRecord)> {
    let placed: Vec<&PaymentRecord> = payments.iter().filter(|p| p.place.is_some()).collect();
    let pairs = placed.windows(2).filter_map(|pair| Some((*pair.first()?, *pair.last()?)));
    pairs
        .max_by(|a, b| kilometres(a.0, a.1).total_cmp(&kilometres(b.0, b.1)))
        .filter(|(a, b)| a.place != b.place)
}

/// Where the terminal was before and where it says it is now.
fn moved(reader: &Reader, record: &FindingRecord, payments: &[PaymentRecord]) -> Result<Picture, StoreError> {
    let Some(now) = payments.iter().rev().find(|p| p.place.is_some()) else { return Ok(Picture::Marks) };
    let before = reader.payments(&PaymentFilter {
        terminal: Some(record.subject.clone()),
        to: Some(now.opened_at),
        limit: POINTS_MAX,
        ..PaymentFilter::default()
    })?;
    // The last message from a place that is another by more than a position's error.
    let usual = before.iter().find(|p| p.place.is_some() && kilometres(p, now) > PLACE_ERROR_KM);
    Ok(usual.map_or(Picture::Marks, |usual| distance(usual, now)))
}

/// Great-circle distance (haversine, mean radius of the earth 6,371.0 km); 0 without two places.
fn kilometres(a: &PaymentRecord, b: &PaymentRecord) -> f64 {
    let (Some(a), Some(b)) = (a.place, b.place) else { return 0.0 };
    let radians = |n: i32| (f64::from(n) * 1e-5).to_radians();
    let (lat_a, lat_b) = (radians(a.0), radians(b.0));
    let (lat, long) = (lat_b - lat_a, radians(b.1) - radians(a.1));
    let h = (lat / 2.0).sin().powi(2) + lat_a.cos() * lat_b.cos() * (long / 2.0).sin().powi(2);
    2.0 * 6_371.0 * h.sqrt().min(1.0).asin()
}

fn distance(from: &PaymentRecord, to: &PaymentRecord) -> Picture {
    let sighting = |p: &PaymentRecord| {
        let (lat, long) = p.place.unwrap_or_default();
        let degrees = |n: i32| format!("{:.4}°", f64::from(n.unsigned_abs() as i32) * 1e-5);
        let (lat_zh, lat_en) = if lat < 0 { ("南纬", "S") } else { ("北纬", "N") };
        let (long_zh, long_en) = if long < 0 { ("西经", "W") } else { ("东经", "E") };
        let place = Text::new(
            format!("{lat_zh} {}，{long_zh} {}", degrees(lat), degrees(long)),
            format!("{} {lat_en}, {} {long_en}", degrees(lat), degrees(long)),
        );
        Sighting { place, at_us: p.opened_at, payment: Some(p.payment.to_string()) }
    };
    Picture::Distance {
        from: sighting(from),
        to: sighting(to),
        kilometres: kilometres(from, to).round() as u32,
    }
}

/// Two lines of trace numbers; where there is only one, but two serial numbers take turns, those.
fn cloned(
    reader: &Reader,
    record: &FindingRecord,
    payments: &[PaymentRecord],
) -> Result<Picture, StoreError> {
    let first = payments.first().map_or(record.found_at, |p| p.opened_at);
    let around = reader.payments(&PaymentFilter {
        terminal: Some(record.subject.clone()),
        from: Some(first - AROUND_US),
        to: Some(record.found_at + AROUND_US),
        limit: POINTS_MAX,
        ..PaymentFilter::default()
    })?;
    let points: Vec<(i64, u32)> = around.iter().rev().filter_map(|p| Some((p.opened_at, p.trace?))).collect();
    let points = in_two_lines(&points);
    if points.iter().filter(|p| p.second).count() > 1 {
        return Ok(Picture::Counts(points));
    }
    let mut around = around;
    around.reverse();
    let by_serial = lanes(&around, |p| {
        (!p.serial.is_empty())
            .then(|| Text::new(format!("序列号 {}", p.serial), format!("Serial {}", p.serial)))
    });
    Ok(if by_serial.len() > 1 { Picture::Lanes(by_serial) } else { Picture::Marks })
}

/// Trace numbers in the order in which they came, each to the line that it continues: the one whose last
/// number it exceeds by the least. A number that continues none begins the second line; once there are two,
/// it goes to the nearer.
fn in_two_lines(arrived: &[(i64, u32)]) -> Vec<CountPoint> {
    let mut last: [Option<u32>; 2] = [None, None];
    let mut points = Vec::with_capacity(arrived.len());
    for &(at_us, trace) in arrived {
        let ahead = |line: Option<u32>| line.and_then(|l| trace.checked_sub(l)).filter(|d| *d <= STEP_MAX);
        let line = match (ahead(last[0]), ahead(last[1])) {
            (Some(a), Some(b)) => usize::from(b < a),
            (Some(_), None) => 0,
            (None, Some(_)) => 1,
            (None, None) => match last {
                [None, _] => 0,
                [_, None] => 1,
                [Some(a), Some(b)] => usize::from(trace.abs_diff(b) < trace.abs_diff(a)),
            },
        };
        last[line] = Some(trace);
        points.push(CountPoint { at_us, trace, second: line == 1 });
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(traces: &[u32]) -> Vec<bool> {
        let arrived: Vec<(i64, u32)> = (0..).zip(traces.iter().copied()).collect();
        in_two_lines(&arrived).iter().map(|p| p.second).collect()
    }

    #[test]
    fn one_device_is_one_line_and_two_are_two() {
        assert_eq!(seconds(&[1, 2, 3, 5, 9]), [false; 5]);
        assert_eq!(
            seconds(&[212, 213, 102, 214, 103, 104, 215]),
            [false, false, true, false, true, true, false]
        );
        assert_eq!(
            seconds(&[102, 212, 103, 213]),
            [false, true, false, true],
            "the first seen is the first line"
        );
        assert!(seconds(&[]).is_empty());
    }

    #[test]
    fn distances_are_those_of_the_globe() {
        let at = |place| PaymentRecord { place, ..PaymentRecord::default() };
        // Chengdu and Shanghai: about 1,660 km.
        let (west, east) = (at(Some((3_057_000, 10_407_000))), at(Some((3_123_000, 12_147_000))));
        assert!((1_640.0..1_680.0).contains(&kilometres(&west, &east)), "{}", kilometres(&west, &east));
        assert_eq!(kilometres(&west, &at(None)), 0.0);
        let payments = [west.clone(), west.clone(), east, at(None)];
        assert!(furthest(&payments).is_some() && furthest(&[west.clone(), west]).is_none());
    }

    #[test]
    fn lanes_are_few_and_none_is_lost() {
        let payments: Vec<PaymentRecord> = (0..20_i64)
            .map(|i| PaymentRecord {
                merchant: format!("{:015}", i % 9),
                opened_at: i,
                ..PaymentRecord::default()
            })
            .collect();
        let lanes = lanes(&payments, |p| Some(Text::new(p.merchant.clone(), p.merchant.clone())));
        assert_eq!(lanes.len(), LANES_MAX);
        assert_eq!(lanes.iter().map(|l| l.marks.len()).sum::<usize>(), 20);
        assert_eq!(lanes[LANES_MAX - 1].label.en, "4 others");
    }
}
