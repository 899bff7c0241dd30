//! Payments in person in two places that nobody reaches in the time between.
//!
//! Why it exists: a copied card is used far from its owner. Places are the names of cities in what a row says.
//! Never counts what may be paid from anywhere (online shops, transfers, automatic payments), and never a row
//! without a time: on one day a traveller may be in two cities.

use super::{Seen, View, ask_then_freeze, minute};
use crate::{Severity, Transaction};
use tg_text::Text;

/// Cities: name, second name, latitude and longitude in hundredths of a degree. Large ones, for those are named.
const CITIES: &[(&str, &str, i32, i32)] = &[
    ("北京", "beijing", 3990, 11641),
    ("上海", "shanghai", 3123, 12147),
    ("天津", "tianjin", 3912, 11719),
    ("重庆", "chongqing", 2956, 10655),
    ("广州", "guangzhou", 2313, 11326),
    ("深圳", "shenzhen", 2254, 11406),
    ("东莞", "dongguan", 2302, 11375),
    ("佛山", "foshan", 2302, 11312),
    ("珠海", "zhuhai", 2227, 11358),
    ("成都", "chengdu", 3057, 10407),
    ("武汉", "wuhan", 3059, 11431),
    ("长沙", "changsha", 2823, 11294),
    ("南昌", "nanchang", 2868, 11586),
    ("杭州", "hangzhou", 3027, 12016),
    ("宁波", "ningbo", 2987, 12154),
    ("温州", "wenzhou", 2799, 12070),
    ("南京", "nanjing", 3206, 11880),
    ("苏州", "suzhou", 3130, 12058),
    ("无锡", "wuxi", 3149, 12031),
    ("合肥", "hefei", 3182, 11723),
    ("福州", "fuzhou", 2607, 11930),
    ("厦门", "xiamen", 2448, 11809),
    ("泉州", "quanzhou", 2487, 11868),
    ("济南", "jinan", 3665, 11712),
    ("青岛", "qingdao", 3607, 12038),
    ("烟台", "yantai", 3746, 12145),
    ("郑州", "zhengzhou", 3475, 11363),
    ("洛阳", "luoyang", 3462, 11245),
    ("石家庄", "shijiazhuang", 3804, 11451),
    ("太原", "taiyuan", 3787, 11255),
    ("西安", "xi'an", 3434, 10894),
    ("兰州", "lanzhou", 3606, 10383),
    ("银川", "yinchuan", 3849, 10623),
    ("西宁", "xining", 3662, 10178),
    ("乌鲁木齐", "urumqi", 4383, 8762),
    ("呼和浩特", "hohhot", 4084, 11175),
    ("沈阳", "shenyang", 4180, 12343),
    ("大连", "dalian", 3891, 12161),
    ("长春", "changchun", 4382, 12532),
    ("哈尔滨", "harbin", 4580, 12653),
    ("南宁", "nanning", 2282, 10832),
    ("桂林", "guilin", 2527, 11029),
    ("贵阳", "guiyang", 2665, 10663),
    ("昆明", "kunming", 2504, 10271),
    ("海口", "haikou", 2004, 11020),
    ("三亚", "sanya", 1825, 10951),
    ("拉萨", "lhasa", 2965, 9114),
    ("香港", "hong kong", 2232, 11417),
    ("澳门", "macau", 2220, 11354),
    ("台北", "taipei", 2503, 12157),
    ("新加坡", "singapore", 135, 10382),
    ("东京", "tokyo", 3568, 13969),
    ("大阪", "osaka", 3469, 13550),
    ("首尔", "seoul", 3757, 12698),
    ("曼谷", "bangkok", 1376, 10050),
    ("吉隆坡", "kuala lumpur", 314, 10169),
    ("悉尼", "sydney", -3387, 15121),
    ("墨尔本", "melbourne", -3781, 14496),
    ("迪拜", "dubai", 2520, 5527),
    ("莫斯科", "moscow", 5576, 3762),
    ("伦敦", "london", 5151, -13),
    ("巴黎", "paris", 4886, 235),
    ("柏林", "berlin", 5252, 1341),
    ("法兰克福", "frankfurt", 5011, 868),
    ("阿姆斯特丹", "amsterdam", 5237, 490),
    ("马德里", "madrid", 4042, -370),
    ("罗马", "rome", 4190, 1250),
    ("纽约", "new york", 4071, -7401),
    ("洛杉矶", "los angeles", 3405, -11824),
    ("旧金山", "san francisco", 3777, -12242),
    ("芝加哥", "chicago", 4188, -8763),
    ("温哥华", "vancouver", 4928, -12312),
    ("多伦多", "toronto", 4365, -7938),
];

/// Words of payments that may be made from anywhere.
const REMOTE: &[&str] = &[
    "支付宝",
    "财付通",
    "微信",
    "京东",
    "淘宝",
    "天猫",
    "拼多多",
    "美团",
    "抖音",
    "网上",
    "网银",
    "线上",
    "在线",
    "快捷",
    "云闪付",
    "转账",
    "汇款",
    "代扣",
    "自动",
    "还款",
    "缴费",
    "充值",
    "话费",
    "机票",
    "航空",
    "铁路",
    "12306",
    "携程",
    "酒店预订",
    "公司",
    "银行",
    "保险",
    "基金",
    "online",
    "paypal",
    "apple.com",
    "google",
    "amazon",
    "subscription",
    "transfer",
    "booking",
    "airline",
];

/// Nobody travels faster, from door to door, in kilometres per hour.
const SPEED_MAX: f64 = 700.0;
/// Nearer places share people.
const DISTANCE_MIN: f64 = 120.0;
/// Looked at together.
const MINUTES_MAX: i64 = 24 * 60;

/// The city of a payment in person.
pub fn city_of(t: &Transaction) -> Option<usize> {
    t.time?;
    let words = format!("{} {}", t.who(), t.description.as_deref().unwrap_or("")).to_lowercase();
    if REMOTE.iter().any(|w| words.contains(w)) {
        return None;
    }
    let mut cities = CITIES.iter().enumerate().filter(|(_, (zh, en, ..))| {
        words.match_indices(zh).any(|(at, _)| !is_name(&words[at + zh.len()..])) || has_word(&words, en)
    });
    // Two cities in one row: which of them it was made in is not known.
    let first = cities.next()?;
    cities.next().is_none().then_some(first.0)
}

/// 北京路, 上海菜, 重庆小面: the name of a street or a dish, not the place.
fn is_name(behind: &str) -> bool {
    [
        "路", "街", "道", "菜", "小面", "火锅", "烤鸭", "拉面", "米粉", "牛肉", "小吃", "银行", "大厦",
        "东路", "西路", "南路", "北路", "中路", "大道",
    ]
    .iter()
    .any(|w| behind.starts_with(w))
}

fn has_word(words: &str, name: &str) -> bool {
    words.match_indices(name).any(|(at, _)| {
        let letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        let road = words[at + name.len()..]
            .trim_start()
            .split(' ')
            .next()
            .is_some_and(|w| ["road", "rd", "street", "st", "restaurant", "bank"].contains(&w));
        !letter(words[..at].chars().next_back()) && !letter(words[at + name.len()..].chars().next()) && !road
    })
}

/// Kilometres between two cities, over the globe.
fn distance(a: usize, b: usize) -> f64 {
    let radians = |hundredths: i32| (f64::from(hundredths) / 100.0).to_radians();
    let ((.., lat_a, lon_a), (.., lat_b, lon_b)) = (CITIES[a], CITIES[b]);
    let (lat_a, lat_b, lon) = (radians(lat_a), radians(lat_b), radians(lon_b) - radians(lon_a));
    let half = ((lat_b - lat_a) / 2.0).sin().powi(2) + lat_a.cos() * lat_b.cos() * (lon / 2.0).sin().powi(2);
    2.0 * 6_371.0 * half.sqrt().min(1.0).asin()
}

/// Two payments in person, one after the other, too far apart for the time between.
pub fn too_far_apart(view: &View<'_>) -> Vec<Seen> {
    let placed: Vec<(usize, usize)> =
        view.spending.iter().filter_map(|i| Some((*i, city_of(&view.rows[*i])?))).collect();
    let mut out = Vec::new();
    for pair in placed.windows(2) {
        let [(first, here), (second, there)] = *pair else { continue };
        let minutes = minute(&view.rows[second]) - minute(&view.rows[first]);
        if here == there || !(0..=MINUTES_MAX).contains(&minutes) {
            continue;
        }
        let far = distance(here, there);
        let hours = minutes as f64 / 60.0;
        if far < DISTANCE_MIN || far <= SPEED_MAX * hours {
            continue;
        }
        let (a, b) = (CITIES[here], CITIES[there]);
        let kilometres = (far / 10.0).round() * 10.0;
        let foreign = |name: &str| name.split(' ').map(capital).collect::<Vec<_>>().join(" ");
        out.push(Seen {
            code: "places_too_far_apart",
            rows: vec![first, second],
            text: Text::new(
                format!("{}在{}付款，{minutes}分钟后又在{}付款，两地相距约{kilometres}公里，一个人赶不到：可能有人用了卡的复制品，也可能商户名里的城市不是刷卡地", view.rows[first].date, a.0, b.0),
                format!("{}: paid in {}, and {minutes} minutes later in {}, about {kilometres} km away: nobody gets there in that time. A copy of the card may be in use, or a shop's name holds a city where it is not", view.rows[first].date, foreign(a.1), foreign(b.1)),
            ),
            severity: Severity::High,
            confidence: "medium",
            action: ask_then_freeze(),
        });
    }
    out
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or(String::new(), |c| c.to_ascii_uppercase().to_string() + chars.as_str())
}
