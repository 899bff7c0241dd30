//! Traditional forms of the characters that occur in the catalogue, so that a screen or a person that
//! writes 安全處理失敗 finds 安全处理失败.
//!
//! Only characters of the catalogue's Chinese texts: this is for finding rows, never for turning text
//! into another script. Made from OpenCC's STCharacters table (Apache-2.0) over data/codes.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Pairs: a traditional character, then the simplified one that stands in the catalogue.
const PAIRS: &str = "\
    並并亂乱併并係系側侧備备傳传僅仅僞伪儘尽儲储兌兑內内凍冻別别動动務务匯汇區区參参啓启啟启單单嚮向國国報报塊块學学寫写對对 \
    層层幣币庫库廠厂強强彔录彙汇後后復复態态應应懷怀戶户掛挂採采換换撥拨擊击擔担據据敗败數数斷断於于時时暫暂書书條条業业構构 \
    機机檢检權权歐欧毀毁沒没沖冲況况準准滿满無无熱热爭争爲为狀状現现環环異异發发盜盗盡尽盤盘確确碼码種种竊窃筆笔節节範范簽签 \
    籤签約约紙纸級级終终組组結结絕绝絡络給给統统經经維维網网線线編编緩缓緻致總总繫系義义聯联脩修脫脱與与舊旧蔘参藉借處处號号 \
    衕同衝冲製制複复覆复覈核見见規规觸触訂订計计訊讯記记設设許许証证詐诈詢询試试該该認认誤误調调請请證证識识譭毁議议護护讀读 \
    貨货責责買买費费資资賙周賣卖賬账購购軟软載载輯辑輸输轉转迴回連连週周進进過过達达違违遠远遲迟鈅钥銀银銷销錄录錢钱錯错錶表 \
    鍊链鍵键鎖锁鏈链鑑鉴鑒鉴鑰钥長长門门閉闭開开閑闲閒闲間间閤合關关隨随險险電电響响預预額额類类顯显風风餘余驗验髮发點点齣出 \
    為为眾众說说裝装";

/// The simplified form of a traditional character of the catalogue; any other character as it is.
pub(crate) fn simplified(c: char) -> char {
    match c {
        '\u{4E00}'..='\u{9FFF}' => TABLE.get(&c).copied().unwrap_or(c),
        _ => c,
    }
}

static TABLE: LazyLock<BTreeMap<char, char>> = LazyLock::new(|| {
    let mut pairs = PAIRS.chars().filter(|p| !p.is_whitespace());
    std::iter::from_fn(|| Some((pairs.next()?, pairs.next()?))).collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_made_of_pairs_and_maps_no_character_twice() {
        let flat: Vec<char> = PAIRS.chars().filter(|p| !p.is_whitespace()).collect();
        assert_eq!(flat.len() % 2, 0);
        let left: std::collections::BTreeSet<char> = flat.iter().step_by(2).copied().collect();
        assert_eq!(left.len(), flat.len() / 2);
        let right: Vec<char> = flat.iter().skip(1).step_by(2).copied().collect();
        assert!(right.iter().all(|c| !left.contains(c)), "a simplified form is also a key");
    }

    #[test]
    fn a_traditional_screen_reads_as_the_catalogue_writes() {
        let simple: String = "安全處理失敗 請先簽到 密鑰不存在".chars().map(simplified).collect();
        assert_eq!(simple, "安全处理失败 请先签到 密钥不存在");
    }
}
