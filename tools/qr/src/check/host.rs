//! Does a host imitate another? Look-alike letters, near spellings, a known name in front of a foreign domain.
//!
//! Why it exists: whoever exchanges a code can register any name but the right one. Hosts below the same registered
//! domain belong to its owner and imitate nobody.

use super::characters::looks_like;
use crate::format::address::registrable;

/// How a host imitates another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Imitation {
    /// Its registered name looks like the other's.
    Lookalike,
    /// The other's name stands in front of its own registered domain.
    InSubdomain,
}

/// Names shorter than this are found in half of all hosts.
const NAME_MIN: usize = 5;

/// Whether a host imitates this genuine one. `issued`: the genuine one is what this very place should have, so that a
/// mere other ending or a joined word is one too; of a known brand only clear imitations are told, since brands own
/// many domains.
pub fn imitates(host: &str, genuine: &str, issued: bool) -> Option<Imitation> {
    let (own, theirs) = (registrable(host), registrable(genuine));
    if own == theirs {
        return None;
    }
    let (own_name, their_name) = (first_label(own), first_label(theirs));
    let front = host.strip_suffix(own).unwrap_or_default().trim_end_matches('.');
    if in_front(front, genuine, theirs, their_name) {
        return Some(Imitation::InSubdomain);
    }
    let long = their_name.chars().count() >= NAME_MIN;
    let (own_look, their_look) = (looks_like(own_name), looks_like(their_name));
    let alike = own_name != their_name && own_look == their_look && their_name.chars().count() >= 3;
    let near = long && own_name != their_name && is_near(&own_look, &their_look);
    let word = long && own_name.contains('-') && own_name.split('-').any(|w| looks_like(w) == their_look);
    let other_ending = issued && own_name == their_name;
    let joined = issued && long && own_look.contains(&their_look) && own_look != their_look;
    (alike || near || word || other_ending || joined).then_some(Imitation::Lookalike)
}

/// The genuine host, its registered domain, or its name as a label of its own, in front of a foreign domain.
fn in_front(front: &str, genuine: &str, theirs: &str, their_name: &str) -> bool {
    if front.is_empty() {
        return false;
    }
    let dotted = format!(".{front}.");
    let look = looks_like(their_name);
    dotted.contains(&format!(".{genuine}."))
        || dotted.contains(&format!(".{theirs}."))
        || (their_name.chars().count() >= NAME_MIN
            && front.split(['.', '-']).any(|label| looks_like(label) == look))
}

/// One slip of the pen apart; two for long names.
fn is_near(a: &str, b: &str) -> bool {
    let most = if b.chars().count() >= 10 { 2 } else { 1 };
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    a.len().abs_diff(b.len()) <= most && slips(&a, &b) <= most
}

/// Insertions, deletions, replacements and exchanges of neighbours (optimal string alignment).
fn slips(a: &[char], b: &[char]) -> usize {
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    rows[0] = (0..=b.len()).collect();
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
}

fn first_label(domain: &str) -> &str {
    domain.split('.').next().unwrap_or(domain)
}

/// True if the registered name reads like a throw of dice: many changes between letters and digits, or letters that
/// no language puts side by side.
pub fn looks_random(host: &str) -> bool {
    let name = first_label(registrable(host));
    let chars: Vec<char> = name.chars().collect();
    if chars.len() < 10 || !name.is_ascii() || name.contains('-') {
        return false;
    }
    let digits = chars.iter().filter(|c| c.is_ascii_digit()).count();
    let letters = chars.len() - digits;
    let changes = chars.windows(2).filter(|w| w[0].is_ascii_digit() != w[1].is_ascii_digit()).count();
    let vowels = chars.iter().filter(|c| "aeiouy".contains(**c)).count();
    let longest =
        chars.split(|c| "aeiouy0123456789".contains(*c)).map(<[char]>::len).max().unwrap_or_default();
    (digits >= 3 && changes >= 4) || longest >= 6 || (letters >= 10 && vowels * 6 < letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GENUINE: &str = "pay.acquirer.example";

    #[test]
    fn imitations_are_told() {
        use Imitation::{InSubdomain, Lookalike};
        for (host, how) in [
            ("pay.acqu1rer.example", Lookalike),
            ("pay.aquirer.example", Lookalike),
            ("pay.acqurier.example", Lookalike),
            ("pay.acquirеr.example", Lookalike),
            ("pay.acquirer.test", Lookalike),
            ("pay-acquirer-example.test", Lookalike),
            ("acquirerpay.test", Lookalike),
            ("pay.acquirer.example.secure-login.test", InSubdomain),
            ("acquirer.evil.test", InSubdomain),
            ("acqu1rer-login.evil.test", InSubdomain),
        ] {
            assert_eq!(imitates(host, GENUINE, true), Some(how), "{host}");
        }
        for host in
            ["evil.test", "other.acquirer.example", "acquirer.example", "t.cn", "kq3zv9x7w1bnt0a.test"]
        {
            assert_eq!(imitates(host, GENUINE, true), None, "{host}");
        }
    }

    #[test]
    fn brands_own_more_than_one_domain() {
        assert_eq!(imitates("alipay.hk", "alipay.com", false), None);
        assert_eq!(imitates("qr.a1ipay.com", "alipay.com", false), Some(Imitation::Lookalike));
        assert_eq!(imitates("qr.alipay.com.pay.example", "alipay.com", false), Some(Imitation::InSubdomain));
        assert_eq!(imitates("alipay-refund.test", "alipay.com", false), Some(Imitation::Lookalike));
    }

    #[test]
    fn thrown_names_look_random_and_words_do_not() {
        assert!(looks_random("kq3zv9x7w1bnt0a.test") && looks_random("www.xkcdqwrtplk.test"));
        for host in [
            "examplebank.com.br",
            "qrcodes-h.cielo.com.br",
            "pay.acquirer.example",
            "95516.com",
            "schwarzmarkt.test",
            "mercadopago.com",
        ] {
            assert!(!looks_random(host), "{host}");
        }
    }
}
