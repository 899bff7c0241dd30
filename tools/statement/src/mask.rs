//! Card numbers out of everything that is shown.
//!
//! Why it exists: statements hold them in account cells, payees and notes, and the answer ends in logs and
//! pastebins. A run of 13 to 19 digits that begins like a card and passes Luhn shows its first six and last
//! four digits; an account cell is masked whatever its check digit.

use crate::Statement;

/// Masks what the statement shows.
pub fn statement(statement: &mut Statement) {
    if let Some(account) = &mut statement.account {
        *account = text(account, false);
    }
    for t in &mut statement.transactions {
        for cell in
            [&mut t.counterparty, &mut t.description, &mut t.reference, &mut t.status].into_iter().flatten()
        {
            *cell = text(cell, true);
        }
    }
}

/// Masks the runs of digits of a text; with `cards_only` those that look like a card's. Single blanks or
/// dashes inside a run don't hide it.
pub fn text(text: &str, cards_only: bool) -> String {
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
                mask_run(&mut chars, &run, cards_only);
                run.clear();
            }
        }
        i += 1;
    }
    chars.into_iter().collect()
}

fn mask_run(chars: &mut [char], run: &[usize], cards_only: bool) {
    let digits: Vec<u8> = run.iter().map(|i| chars[*i] as u8).collect();
    let masks = match cards_only {
        true => (13..=19).contains(&digits.len()) && begins_like_a_card(digits[0]) && passes_luhn(&digits),
        false => digits.len() >= 12,
    };
    if masks {
        for i in &run[6..run.len() - 4] {
            chars[*i] = '*';
        }
    }
}

/// 2 (Mastercard), 3 (American Express, JCB, Diners), 4, 5, 6, 8 (UnionPay), 9 (national schemes).
fn begins_like_a_card(first: u8) -> bool {
    matches!(first, b'2'..=b'6' | b'8' | b'9')
}

fn passes_luhn(digits: &[u8]) -> bool {
    tg_types::Pan::from_ascii(digits).is_ok_and(|pan| pan.passes_luhn())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_are_masked_in_every_spelling_and_other_numbers_stay() {
        let masked = |t: &str| text(t, true);
        // 4111111111111111 is a published test number.
        assert_eq!(masked("付4111111111111111款"), "付411111******1111款");
        assert_eq!(masked("4111 1111 1111 1111"), "4111 11** **** 1111");
        assert_eq!(masked("4111111111111112"), "4111111111111112");
        assert_eq!(masked("订单 100000011234"), "订单 100000011234");
        assert_eq!(text("6200000000001230", false), "620000******1230");
        assert_eq!(text("1234****9876", false), "1234****9876");
        assert_eq!(masked(""), "");
    }
}
