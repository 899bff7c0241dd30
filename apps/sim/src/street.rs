//! The shops of the town: what they sell, for how much, how often, and what they are called.
//!
//! All names are invented. They are on the wire only in field 43 of the answer to a sign-on, as some
//! acquirers send the shop's name for the receipt.

use crate::dice::Dice;
use tg_text::Text;

/// A trade and its habits.
pub(crate) struct Trade {
    /// Merchant category code (ISO 18245).
    pub(crate) category: u16,
    name_zh: &'static str,
    name_en: &'static str,
    /// The usual range of a bill in fen; one in twelve is up to four times as large.
    bill_fen: (i64, i64),
    /// Percent of bills paid by holding the card to the terminal.
    pub(crate) contactless_percent: u64,
    /// Waiting time between customers, in percent of the town's usual.
    pub(crate) gap_percent: i64,
    /// Nobody stands behind the counter.
    pub(crate) unattended: bool,
}

pub(crate) const TRADES: [Trade; 10] = [
    trade(5411, "超市", "Supermarket", (1_200, 32_000), 40, 70),
    trade(5812, "餐厅", "Restaurant", (4_500, 48_000), 25, 110),
    trade(5912, "药房", "Pharmacy", (900, 26_000), 35, 120),
    trade(5651, "服饰", "Clothing", (9_900, 120_000), 15, 160),
    trade(5541, "加油站", "Petrol Station", (10_000, 60_000), 20, 100),
    trade(7011, "旅馆", "Hotel", (16_800, 150_000), 5, 220),
    trade(5732, "数码", "Electronics", (19_900, 600_000), 5, 200),
    trade(5462, "面包房", "Bakery", (800, 6_500), 60, 80),
    FAST_FOOD,
    VENDING,
];

pub(crate) const FAST_FOOD: Trade = trade(5814, "快餐", "Fast Food", (1_500, 5_800), 85, 60);
pub(crate) const VENDING: Trade =
    Trade { unattended: true, ..trade(5499, "自助售货机", "Vending Machine", (300, 1_500), 100, 130) };

const fn trade(
    category: u16,
    name_zh: &'static str,
    name_en: &'static str,
    bill_fen: (i64, i64),
    contactless_percent: u64,
    gap_percent: i64,
) -> Trade {
    Trade { category, name_zh, name_en, bill_fen, contactless_percent, gap_percent, unattended: false }
}

const SIGNS: [(&str, &str); 16] = [
    ("春和", "Chunhe"),
    ("小满", "Xiaoman"),
    ("拾光", "Shiguang"),
    ("南枝", "Nanzhi"),
    ("半夏", "Banxia"),
    ("云朵", "Yunduo"),
    ("老巷", "Laoxiang"),
    ("星河", "Xinghe"),
    ("漫步", "Manbu"),
    ("青石", "Qingshi"),
    ("听雨", "Tingyu"),
    ("橘园", "Juyuan"),
    ("白鹭", "Bailu"),
    ("山茶", "Shancha"),
    ("晴川", "Qingchuan"),
    ("渡口", "Dukou"),
];

/// A shop.
pub(crate) struct Merchant {
    /// DE42: institution (999, of no acquirer), area, category, number.
    pub(crate) number: String,
    pub(crate) trade: &'static Trade,
    pub(crate) name: Text,
}

impl Merchant {
    pub(crate) fn new(dice: &mut Dice, trade: &'static Trade, index: usize) -> Merchant {
        let (zh, en) = SIGNS[dice.below(SIGNS.len() as u64) as usize];
        // Two shops of a name are told apart as real chains do it.
        let branch = index / TRADES.len() + 1;
        Merchant {
            number: format!("9995710{:04}{:04}", trade.category, (index + 1) % 10_000),
            trade,
            name: Text::new(
                format!("{zh}{}{branch}店", trade.name_zh),
                format!("{en} {} No. {branch}", trade.name_en),
            ),
        }
    }

    /// The next bill.
    pub(crate) fn bill_fen(&self, dice: &mut Dice) -> i64 {
        let (low, high) = self.trade.bill_fen;
        let usual = dice.between(low, high).min(dice.between(low, high * 2));
        let bill = if dice.chance(830) { usual * dice.between(2, 4) } else { usual };
        match self.trade.unattended {
            true => bill / 50 * 50,
            false if dice.chance(4_000) => bill / 100 * 100,
            false => bill,
        }
        .max(50)
    }
}
