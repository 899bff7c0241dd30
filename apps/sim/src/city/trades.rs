//! The kinds of merchants in the city: what they sell, for how much, to how many, at which hours.
//!
//! Figures are estimates of a mid-sized city's trade, made up for the story: what matters is that kinds differ
//! as they do in life. All names are invented.

use super::week::{FOOD, HOUR, Hours, MORNING, OFFICE, ROUND_THE_CLOCK, SHOP};
use crate::dice::Dice;
use tg_text::Text;

/// A trade and its habits.
pub(crate) struct Trade {
    /// Merchant category code (ISO 18245).
    pub(crate) category: u16,
    name_zh: &'static str,
    name_en: &'static str,
    /// The usual range of a bill in fen; one in twelve is up to three times as large.
    bill_fen: (i64, i64),
    /// Percent of bills paid by holding the card to the terminal.
    pub(crate) contactless_percent: u64,
    /// Customers of one terminal on a working day.
    per_day: i64,
    pub(crate) hours: &'static Hours,
    pub(crate) weekend_percent: u64,
    /// Terminals of one merchant, from and to.
    pub(crate) terminals: (i64, i64),
    /// Of a thousand bills so many are taken back.
    pub(crate) returns_per_mille: u64,
    pub(crate) special: Special,
    /// Of a hundred merchants about so many are of this trade.
    share: u64,
}

/// What sets a trade apart.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Special {
    None,
    /// Nobody stands behind the counter.
    Unattended,
    /// The terminal is carried about.
    Portable,
    /// Takes card numbers by telephone now and then.
    Telephone,
    /// Pays out cash and sends transfers (助农取款点).
    Cash,
}

#[allow(clippy::too_many_arguments)]
const fn trade(
    category: u16,
    name_zh: &'static str,
    name_en: &'static str,
    bill_fen: (i64, i64),
    contactless_percent: u64,
    per_day: i64,
    hours: &'static Hours,
    weekend_percent: u64,
    share: u64,
) -> Trade {
    Trade {
        category,
        name_zh,
        name_en,
        bill_fen,
        contactless_percent,
        per_day,
        hours,
        weekend_percent,
        terminals: (1, 1),
        returns_per_mille: 8,
        special: Special::None,
        share,
    }
}

pub(crate) const TRADES: [Trade; 16] = [
    Trade {
        terminals: (2, 4),
        ..trade(5411, "超市", "Supermarket", (1_200, 32_000), 40, 130, &SHOP, 130, 10)
    },
    Trade {
        terminals: (1, 2), ..trade(5812, "餐厅", "Restaurant", (6_500, 58_000), 25, 60, &FOOD, 145, 16)
    },
    Trade {
        terminals: (1, 2),
        ..trade(5541, "加油站", "Petrol Station", (10_000, 60_000), 20, 110, &ROUND_THE_CLOCK, 90, 8)
    },
    trade(5944, "珠宝", "Jewellery", (60_000, 1_800_000), 3, 9, &SHOP, 150, 5),
    Trade {
        special: Special::Telephone,
        ..trade(7011, "酒店", "Hotel", (22_800, 180_000), 5, 16, &ROUND_THE_CLOCK, 120, 5)
    },
    trade(5732, "手机", "Phone Shop", (19_900, 800_000), 5, 14, &SHOP, 140, 6),
    Trade {
        special: Special::Portable,
        ..trade(5422, "菜摊", "Market Stall", (800, 12_000), 55, 55, &MORNING, 115, 9)
    },
    trade(5912, "药房", "Pharmacy", (900, 26_000), 35, 60, &SHOP, 90, 8),
    trade(5462, "面包房", "Bakery", (800, 6_500), 60, 90, &SHOP, 110, 7),
    trade(5651, "服饰", "Clothing", (9_900, 120_000), 15, 26, &SHOP, 160, 7),
    Trade {
        returns_per_mille: 60,
        ..trade(5661, "鞋店", "Shoe Shop", (15_900, 90_000), 15, 30, &SHOP, 170, 4)
    },
    Trade { special: Special::Unattended, returns_per_mille: 0, ..VENDING },
    trade(5814, "快餐", "Fast Food", (1_500, 5_800), 80, 140, &FOOD, 110, 7),
    Trade {
        special: Special::Cash,
        returns_per_mille: 0,
        ..trade(6010, "惠农服务点", "Rural Cash Point", (20_000, 200_000), 0, 18, &OFFICE, 60, 3)
    },
    trade(5331, "便利店", "Convenience Store", (600, 9_000), 55, 75, &ROUND_THE_CLOCK, 105, 6),
    trade(8062, "医院", "Hospital", (3_500, 160_000), 10, 95, &OFFICE, 35, 2),
];

const VENDING: Trade =
    trade(5499, "自助售货机", "Vending Machine", (300, 1_500), 100, 45, &ROUND_THE_CLOCK, 100, 8);

impl Trade {
    /// A trade by its share.
    pub(crate) fn any(dice: &mut Dice) -> &'static Trade {
        let all = TRADES.iter().map(|t| t.share).sum();
        let mut at = dice.below(all);
        for trade in &TRADES {
            if at < trade.share {
                return trade;
            }
            at -= trade.share;
        }
        &TRADES[0]
    }

    /// The trade of a category.
    pub(crate) fn of(category: u16) -> &'static Trade {
        TRADES.iter().find(|t| t.category == category).unwrap_or(&TRADES[0])
    }

    pub(crate) fn attended(&self) -> bool {
        self.special != Special::Unattended
    }

    /// The mean time between two customers in the busiest hour.
    pub(crate) fn gap_at_peak_us(&self) -> i64 {
        let full_hours: i64 = self.hours.iter().map(|busy| i64::from(*busy)).sum();
        full_hours * (HOUR / 100) / self.per_day.max(1)
    }

    /// True for a shop that sells to many people a day.
    pub(crate) fn is_busy(&self) -> bool {
        self.per_day >= 50
    }

    /// The next bill, for a customer who spends so many percent of what others do.
    pub(crate) fn bill_fen(&self, purse_percent: i64, dice: &mut Dice) -> i64 {
        let (low, high) = self.bill_fen;
        let usual = dice.between(low, high).min(dice.between(low, high * 2)) * purse_percent / 100;
        let bill = if dice.chance(830) { usual * dice.between(2, 3) } else { usual };
        match self.special {
            Special::Unattended => bill / 50 * 50,
            Special::Cash => bill / 10_000 * 10_000,
            _ if dice.chance(4_000) => bill / 100 * 100,
            _ => bill,
        }
        .max(if self.special == Special::Cash { 10_000 } else { 50 })
    }
}

const SIGNS: [(&str, &str); 24] = [
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
    ("松风", "Songfeng"),
    ("望江", "Wangjiang"),
    ("麦浪", "Mailang"),
    ("竹里", "Zhuli"),
    ("芦花", "Luhua"),
    ("石榴", "Shiliu"),
    ("朝露", "Zhaolu"),
    ("溪口", "Xikou"),
];

/// A shop.
pub(crate) struct Merchant {
    /// DE42: institution (999, of no acquirer), area, category, number.
    pub(crate) number: String,
    pub(crate) name: Text,
}

impl Merchant {
    pub(crate) fn new(dice: &mut Dice, trade: &Trade, town: usize, index: usize) -> Merchant {
        let (zh, en) = SIGNS[dice.below(SIGNS.len() as u64) as usize];
        let site = &super::map::TOWNS[town];
        // Two shops of a name are told apart as real chains do it.
        let branch = index / SIGNS.len() + 1;
        Merchant {
            number: format!("999{:04}{:04}{:04}", 5710 + town, trade.category, (index + 1) % 10_000),
            name: Text::new(
                format!("{}{zh}{}{branch}店", site.name_zh, trade.name_zh),
                format!("{en} {} No. {branch}, {}", trade.name_en, site.name_en),
            ),
        }
    }
}
