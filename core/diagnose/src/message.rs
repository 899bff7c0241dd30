//! Recognises the words on a terminal's screen as people type them.
//!
//! Characters may be missing, doubled or traditional; spaces and punctuation don't count. Never guesses: below a
//! fair likeness the message is not recognised, and the diagnosis goes on without it.

/// Likeness (Dice coefficient over pairs of characters) from which two messages count as the same.
const LIKENESS: f64 = 0.6;

/// Lower case, simplified characters, without spaces and punctuation.
pub(crate) fn normalised(text: &str) -> Vec<char> {
    text.chars().flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()).map(simplified).collect()
}

/// How well the typed words hold the known message: 1 is exact.
pub(crate) fn likeness(typed: &[char], known: &[char]) -> f64 {
    if typed == known {
        return 1.0;
    }
    if known.len() >= 2 && typed.windows(known.len()).any(|w| w == known) {
        // A longer message found inside is the better find than a shorter one.
        return 0.9 + 0.09 * known.len() as f64 / typed.len() as f64;
    }
    let score = 0.9 * dice(typed, known);
    if score >= 0.9 * LIKENESS { score } else { 0.0 }
}

fn dice(a: &[char], b: &[char]) -> f64 {
    if a.len() < 3 || b.len() < 3 {
        return 0.0;
    }
    let mut rest: Vec<&[char]> = b.windows(2).collect();
    let pairs = (a.len() - 1 + rest.len()) as f64;
    let mut common = 0.0;
    for pair in a.windows(2) {
        if let Some(i) = rest.iter().position(|other| *other == pair) {
            rest.swap_remove(i);
            common += 2.0;
        }
    }
    common / pairs
}

/// The simplified form of a traditional character that occurs in terminals' messages.
fn simplified(c: char) -> char {
    const PAIRS: &str = "處处敗败請请簽签終终機机連连網网絡络異异錯错誤误鑰钥額额過过證证書书電电無无號号應应時时間间觸触發发報报\
                         設设備备擊击讀读識识別别餘余資资凍冻結结參参數数載载幣币種种戶户開开確确紙纸複复狀状態态衝冲驗验鑒鉴\
                         訊讯損损壞坏筆笔滿满儲储銀银關关";
    let mut chars = PAIRS.chars();
    while let (Some(traditional), Some(simple)) = (chars.next(), chars.next()) {
        if c == traditional {
            return simple;
        }
    }
    c
}

#[cfg(test)]
mod tests {
    use super::*;

    fn like(typed: &str, known: &str) -> f64 {
        likeness(&normalised(typed), &normalised(known))
    }

    #[test]
    fn messages_are_known_as_people_type_them() {
        assert_eq!(like("安全處理失敗", "安全处理失败"), 1.0);
        assert_eq!(like(" 安全 处理，失败! ", "安全处理失败"), 1.0);
        assert!(like("机器显示安全处理失败怎么办", "安全处理失败") >= 0.9);
        assert!(like("安全处理失", "安全处理失败") > 0.5);
        assert_eq!(like("今天天气不错", "安全处理失败"), 0.0);
    }
}
