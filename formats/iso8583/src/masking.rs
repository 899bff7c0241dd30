//! Hides card data in what people see.
//!
//! What is hidden (contract, "Card data in output"): of a card number all but the first six and last four
//! digits; in free text any run of 13 to 19 digits that passes Luhn and begins like a card, also written in
//! groups (`6200 0000 0000 0005`), in full-width digits, behind its two-digit length, or in binary data as
//! BCD, ASCII or EBCDIC; what follows such a number as track data is hidden whole.
//!
//! *Begins like a card*: 22 to 27, 3, 4, 5, 6, 81 and 9792. Not 20 and 21 (dates begin so, cards don't), not
//! 0, 1 and 7; of 8 and 9 only UnionPay's 81 and Troy's 9792, since phone and serial numbers begin with them.
//! A number glued into a longer run of digits without its length is not found; nobody could tell it from
//! amounts and dates. There is no way to switch the masking off.

use crate::content::push_hex;

const STAR: char = '*';

/// True if the digits (values 0 to 9) may be a card number: length, beginning and Luhn.
pub fn looks_like_card_number(digits: &[u8]) -> bool {
    let begins = matches!(digits, [2, 2..=7, ..] | [3..=6, ..] | [8, 1, ..] | [9, 7, 9, 2, ..]);
    begins && (13..=19).contains(&digits.len()) && passes_luhn(digits)
}

/// True if the digits (values 0 to 9) pass the Luhn check.
pub(crate) fn passes_luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| match (at % 2, u32::from(*digit)) {
            (0, digit) => digit,
            (_, digit @ 0..=4) => digit * 2,
            (_, digit) => digit * 2 - 9,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// A card number with its first six and last four digits and stars between; of fewer than 13 characters only
/// the last four, of fewer than 8 nothing.
pub fn mask_account_number(number: &str) -> String {
    let length = number.chars().count();
    let (head, tail) = match length {
        0..8 => (0, 0),
        8..13 => (0, 4),
        _ => (6, 4),
    };
    number
        .chars()
        .enumerate()
        .map(|(at, c)| if at < head || at + tail >= length { c } else { STAR })
        .collect()
}

/// Stars for every character.
pub(crate) fn hide(value: &str) -> String {
    value.chars().map(|_| STAR).collect()
}

/// The text with every card number in it masked.
pub fn mask_card_numbers(text: &str) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    let digits: Vec<Option<u8>> = characters.iter().map(|c| digit(*c)).collect();
    let separators: Vec<bool> = characters.iter().map(|c| matches!(c, ' ' | '-')).collect();
    for place in card_places(&digits, &separators) {
        for (at, character) in characters.iter_mut().enumerate() {
            if place.hides(at) && digits.get(at).is_some_and(Option::is_some) {
                *character = STAR;
            }
        }
        hide_track_rest(&mut characters, &digits, place.end);
    }
    characters.into_iter().collect()
}

/// Upper-case hexadecimal of the bytes, with every card number in them masked, be it BCD, ASCII or EBCDIC.
pub(crate) fn mask_hex(bytes: &[u8]) -> String {
    let mut hex = String::with_capacity(bytes.len() * 2);
    push_hex(&mut hex, bytes);
    let mut characters: Vec<char> = hex.chars().collect();
    let ascii: Vec<Option<u8>> = bytes.iter().map(|b| digit(char::from(*b))).collect();
    let ebcdic: Vec<Option<u8>> = bytes.iter().map(|b| b.checked_sub(0xF0).filter(|d| *d <= 9)).collect();
    for (digits, space, hyphen) in [(ascii, b' ', b'-'), (ebcdic, 0x40, 0x60)] {
        let separators: Vec<bool> = bytes.iter().map(|b| *b == space || *b == hyphen).collect();
        for place in card_places(&digits, &separators) {
            for (at, character) in characters.iter_mut().enumerate() {
                if place.hides(at / 2) && digits.get(at / 2).is_some_and(Option::is_some) {
                    *character = STAR;
                }
            }
        }
    }
    let nibbles: Vec<Option<u8>> =
        bytes.iter().flat_map(|b| [b >> 4, b & 15]).map(|nibble| (nibble <= 9).then_some(nibble)).collect();
    let none = vec![false; nibbles.len()];
    for place in card_places(&nibbles, &none) {
        for (at, character) in characters.iter_mut().enumerate() {
            if place.hides(at) {
                *character = STAR;
            }
        }
        hide_track_rest(&mut characters, &nibbles, place.end);
    }
    characters.into_iter().collect()
}

fn digit(character: char) -> Option<u8> {
    match character {
        '0'..='9' => Some(character as u8 - b'0'),
        // Full-width digits, which merchants' systems write in Chinese text.
        '\u{FF10}'..='\u{FF19}' => u8::try_from(u32::from(character) - 0xFF10).ok(),
        _ => None,
    }
}

/// Where a card number stands, separators included, and which of it is hidden.
struct Place {
    hidden_from: usize,
    hidden_to: usize,
    end: usize,
}

impl Place {
    fn hides(&self, at: usize) -> bool {
        (self.hidden_from..self.hidden_to).contains(&at)
    }
}

fn card_places(digits: &[Option<u8>], separators: &[bool]) -> Vec<Place> {
    let runs = runs(digits);
    let mut places = Vec::new();
    for (index, run) in runs.iter().enumerate() {
        let plain: Vec<(usize, u8)> =
            run.clone().filter_map(|at| Some((at, digits.get(at).copied().flatten()?))).collect();
        // The number alone, or behind its own length in two digits.
        let behind_length = match plain.as_slice() {
            [(_, tens), (_, ones), rest @ ..] if usize::from(tens * 10 + ones) == rest.len() => Some(rest),
            _ => None,
        };
        let candidates = [Some(plain.as_slice()), behind_length, None];
        let grouped = grouped(&runs, index, digits, separators);
        for candidate in candidates.into_iter().flatten().chain([grouped.as_slice()]) {
            places.extend(place(candidate));
        }
    }
    places
}

fn place(candidate: &[(usize, u8)]) -> Option<Place> {
    let values: Vec<u8> = candidate.iter().map(|(_, digit)| *digit).collect();
    if !looks_like_card_number(&values) {
        return None;
    }
    let (hidden_from, _) = candidate.get(6)?;
    let (hidden_to, _) = candidate.get(candidate.len().checked_sub(4)?)?;
    let (last, _) = candidate.last()?;
    Some(Place { hidden_from: *hidden_from, hidden_to: *hidden_to, end: last + 1 })
}

/// The maximal runs of digits.
fn runs(digits: &[Option<u8>]) -> Vec<std::ops::Range<usize>> {
    let mut runs: Vec<std::ops::Range<usize>> = Vec::new();
    for (at, _) in digits.iter().enumerate().filter(|(_, d)| d.is_some()) {
        match runs.last_mut() {
            Some(run) if run.end == at => run.end = at + 1,
            _ => runs.push(at..at + 1),
        }
    }
    runs
}

/// The digits of groups as cards are embossed (4-4-4-1..4, 4-4-4-4-1..3, 4-6-4..5), one separator between.
fn grouped(
    runs: &[std::ops::Range<usize>],
    first: usize,
    digits: &[Option<u8>],
    separators: &[bool],
) -> Vec<(usize, u8)> {
    let mut together: Vec<usize> = Vec::new();
    let mut longest = 0;
    let mut previous_end = None;
    for run in runs.iter().skip(first).take(5) {
        let joined = |end: usize| run.start == end + 1 && separators.get(end) == Some(&true);
        if previous_end.is_some_and(|end| !joined(end)) {
            break;
        }
        previous_end = Some(run.end);
        together.push(run.len());
        let embossed = matches!(together.as_slice(), [4, 4, 4, 1..=4] | [4, 4, 4, 4, 1..=3] | [4, 6, 4 | 5]);
        if embossed {
            longest = together.len();
        }
    }
    let chosen = runs.get(first..first + longest).unwrap_or_default();
    chosen
        .iter()
        .flat_map(|run| run.clone())
        .filter_map(|at| Some((at, digits.get(at).copied().flatten()?)))
        .collect()
}

/// Hides the digits of track data that follow a card number behind `=`, `D` or `^`.
fn hide_track_rest(characters: &mut [char], digits: &[Option<u8>], end: usize) {
    if !matches!(characters.get(end), Some('=' | 'D' | 'd' | '^')) {
        return;
    }
    let mut at = end + 1;
    while digits.get(at).is_some_and(Option::is_some) {
        if let Some(character) = characters.get_mut(at) {
            *character = STAR;
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_numbers_keep_six_and_four() {
        assert_eq!(mask_account_number("6200000000000005"), "620000******0005");
        assert_eq!(mask_account_number("6228480000000000000"), "622848*********0000");
        assert_eq!(mask_account_number("123456789012"), "********9012");
        assert_eq!(mask_account_number("1234567"), "*******");
        assert_eq!(mask_account_number(""), "");
    }

    #[test]
    fn card_numbers_in_text_are_masked_however_they_are_written() {
        for (text, shown) in [
            ("卡号6200000000000005。", "卡号620000******0005。"),
            ("card 4111 1111 1111 1111 ok", "card 4111 11** **** 1111 ok"),
            ("3782-822463-10005", "3782-82****-*0005"),
            ("6200000000000005=29122200000000000000", "620000******0005=********************"),
            ("166200000000000005", "16620000******0005"),
            ("６２０００００００００００００５", "６２００００******０００５"),
            ("5555555555554444 4111111111111111", "555555******4444 411111******1111"),
        ] {
            assert_eq!(mask_card_numbers(text), shown);
        }
    }

    #[test]
    fn what_is_no_card_number_stays() {
        for text in [
            "6200000000000006",
            "20251122153045",
            "0000010001650000",
            "18612345678",
            "03080000   48025800   ",
            "08110012000004096565733200000003000001",
            "交易成功",
        ] {
            assert_eq!(mask_card_numbers(text), text);
        }
    }

    #[test]
    fn card_numbers_in_binary_are_masked() {
        let bcd = [0xAB, 0x62, 0, 0, 0, 0, 0, 0, 0x05, 0xFF];
        assert_eq!(mask_hex(&bcd), "AB620000******0005FF");
        let ascii = [b"\xC9N4111111111111111".as_slice(), &[0x80]].concat();
        assert_eq!(mask_hex(&ascii), "C94E343131313131************3131313180");
        let ebcdic = [0xF4; 1].into_iter().chain([0xF1; 15]).collect::<Vec<u8>>();
        assert_eq!(mask_hex(&ebcdic), "F4F1F1F1F1F1************F1F1F1F1");
        let track = [0x62, 0, 0, 0, 0, 0, 0, 0x05, 0xD2, 0x91, 0x22, 0x20, 0xAA];
        assert_eq!(mask_hex(&track), "620000******0005D*******AA");
        assert_eq!(mask_hex(&[0xCA, 0xFE]), "CAFE");
    }
}
