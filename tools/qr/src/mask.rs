//! Card data out of everything that is shown.
//!
//! Why it exists: a code can hold a card number: as text, as a merchant's number of a card scheme, or as track data
//! in the code on a customer's phone. A run of 13 to 19 digits that begins like a card and passes the check of
//! ISO/IEC 7812-1 shows its first six and last four digits; what follows it as a track's remainder is hidden.

/// Hides card numbers in a text. Single blanks or dashes inside a run don't hide it.
pub fn text(text: &str) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    let mut run: Vec<usize> = Vec::new();
    let mut i = 0;
    while i <= chars.len() {
        let c = chars.get(i).copied();
        if c.is_some_and(|c| c.is_ascii_digit()) {
            run.push(i);
        } else {
            let next_digit = chars.get(i + 1).is_some_and(char::is_ascii_digit);
            let joins = matches!(c, Some(' ' | '-')) && next_digit && run.last().is_some_and(|l| l + 1 == i);
            if !joins {
                if mask_run(&mut chars, &run) {
                    mask_track(&mut chars, i);
                }
                run.clear();
            }
        }
        i += 1;
    }
    chars.into_iter().collect()
}

/// True if the whole text is a card number.
pub fn is_card_number(text: &str) -> bool {
    (13..=19).contains(&text.len())
        && begins_like_a_card(text.as_bytes())
        && tg_types::Pan::from_ascii(text.as_bytes()).is_ok_and(|pan| pan.passes_luhn())
}

fn mask_run(chars: &mut [char], run: &[usize]) -> bool {
    let digits: String = run.iter().map(|i| chars[*i]).collect();
    let masks = is_card_number(&digits);
    if masks {
        for i in &run[6..run.len() - 4] {
            chars[*i] = '*';
        }
    }
    masks
}

/// Behind a card number, `=` or `D` and digits are track 2, `^` begins track 1: expiry, service code and more.
fn mask_track(chars: &mut [char], at: usize) {
    if !matches!(chars.get(at), Some('=' | 'D' | 'd' | '^')) {
        return;
    }
    for c in &mut chars[at + 1..] {
        if c.is_control() || matches!(c, '?' | '&' | '"') {
            break;
        }
        *c = '*';
    }
}

/// 2 (Mastercard), 3 (American Express, JCB, Diners), 4, 5, 6, 8 (UnionPay), 9 (national schemes).
fn begins_like_a_card(digits: &[u8]) -> bool {
    matches!(digits.first(), Some(b'2'..=b'6' | b'8' | b'9'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_and_tracks_are_hidden_and_other_numbers_stay() {
        // 4111111111111111 is a published test number.
        assert_eq!(text("付4111111111111111款"), "付411111******1111款");
        assert_eq!(text("4111 1111 1111 1111"), "4111 11** **** 1111");
        assert_eq!(text(";4111111111111111=2512101?x"), ";411111******1111=*******?x");
        assert_eq!(text("4111111111111112"), "4111111111111112");
        assert_eq!(text("62028489073949969691921655610979"), "62028489073949969691921655610979");
    }
}
