//! The tags that occur in payments, with names in both languages, and which of them hold secrets.
//!
//! Source: EMV Book 3, Annex A; PBOC 3.0 / UnionPay additions (9F51-9F79, DF31-DF34, DF69) from memory of the
//! public specification. A tag that is not listed has no name, never a guessed one.

use tg_text::Text;

/// What is known of a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagInfo {
    /// Its name.
    pub name: Text,
    /// True if its value must never be shown.
    pub secret: bool,
}

/// What is known of a tag; `None` if it isn't listed.
pub fn tag_info(tag: u32) -> Option<TagInfo> {
    let at = TAGS.binary_search_by_key(&tag, |(tag, ..)| *tag).ok()?;
    let (_, zh, en) = TAGS.get(at)?;
    Some(TagInfo { name: Text::fixed(zh, en), secret: is_secret(tag) })
}

/// The name of a tag; for one that isn't listed, that it is unknown.
pub fn tag_name(tag: u32) -> Text {
    tag_info(tag).map_or(Text::fixed("未登记的标签", "unlisted tag"), |info| info.name)
}

/// True for the tags whose values must never be shown or kept: card number (5A), track data (56, 57, 9F6B),
/// discretionary track data (9F1F, 9F20), names (5F20, 9F0B), PIN data (99), identity number (9F61), session
/// key (DF33).
#[inline]
pub fn is_secret(tag: u32) -> bool {
    matches!(tag, 0x56 | 0x57 | 0x5A | 0x99 | 0x5F20 | 0x9F0B | 0x9F1F | 0x9F20 | 0x9F61 | 0x9F6B | 0xDF33)
}

/// Rising by tag.
const TAGS: &[(u32, &str, &str)] = &[
    (0x42, "发卡机构标识号", "Issuer identification number"),
    (0x4F, "应用标识符（卡片）", "Application identifier (card)"),
    (0x50, "应用标签", "Application label"),
    (0x56, "1磁道等效数据", "Track 1 equivalent data"),
    (0x57, "2磁道等效数据", "Track 2 equivalent data"),
    (0x5A, "应用主账号", "Application primary account number"),
    (0x61, "应用模板", "Application template"),
    (0x6F, "文件控制信息模板", "File control information template"),
    (0x70, "记录模板", "Record template"),
    (0x71, "发卡行脚本模板1", "Issuer script template 1"),
    (0x72, "发卡行脚本模板2", "Issuer script template 2"),
    (0x73, "目录自由格式模板", "Directory discretionary template"),
    (0x77, "响应报文模板格式2", "Response message template format 2"),
    (0x80, "响应报文模板格式1", "Response message template format 1"),
    (0x81, "授权金额（二进制）", "Amount, authorised (binary)"),
    (0x82, "应用交互特征", "Application interchange profile"),
    (0x83, "命令模板", "Command template"),
    (0x84, "专用文件名", "Dedicated file name"),
    (0x86, "发卡行脚本命令", "Issuer script command"),
    (0x87, "应用优先指示符", "Application priority indicator"),
    (0x88, "短文件标识符", "Short file identifier"),
    (0x89, "授权码", "Authorisation code"),
    (0x8A, "授权响应码", "Authorisation response code"),
    (0x8C, "卡片风险管理数据对象列表1", "Card risk management data object list 1"),
    (0x8D, "卡片风险管理数据对象列表2", "Card risk management data object list 2"),
    (0x8E, "持卡人验证方法列表", "Cardholder verification method list"),
    (0x8F, "CA公钥索引", "Certification authority public key index"),
    (0x90, "发卡行公钥证书", "Issuer public key certificate"),
    (0x91, "发卡行认证数据", "Issuer authentication data"),
    (0x92, "发卡行公钥余项", "Issuer public key remainder"),
    (0x93, "签名的静态应用数据", "Signed static application data"),
    (0x94, "应用文件定位器", "Application file locator"),
    (0x95, "终端验证结果", "Terminal verification results"),
    (0x97, "交易证书数据对象列表", "Transaction certificate data object list"),
    (0x98, "交易证书哈希值", "Transaction certificate hash value"),
    (0x99, "交易PIN数据", "Transaction PIN data"),
    (0x9A, "交易日期", "Transaction date"),
    (0x9B, "交易状态信息", "Transaction status information"),
    (0x9C, "交易类型", "Transaction type"),
    (0x9D, "目录定义文件名", "Directory definition file name"),
    (0xA5, "文件控制信息专有模板", "File control information proprietary template"),
    (0x5F20, "持卡人姓名", "Cardholder name"),
    (0x5F24, "应用失效日期", "Application expiration date"),
    (0x5F25, "应用生效日期", "Application effective date"),
    (0x5F28, "发卡行国家代码", "Issuer country code"),
    (0x5F2A, "交易货币代码", "Transaction currency code"),
    (0x5F2D, "首选语言", "Language preference"),
    (0x5F30, "服务码", "Service code"),
    (0x5F34, "主账号序列号", "Primary account number sequence number"),
    (0x5F36, "交易货币指数", "Transaction currency exponent"),
    (0x9F01, "收单行标识", "Acquirer identifier"),
    (0x9F02, "授权金额", "Amount, authorised"),
    (0x9F03, "其他金额", "Amount, other"),
    (0x9F04, "其他金额（二进制）", "Amount, other (binary)"),
    (0x9F05, "应用自由数据", "Application discretionary data"),
    (0x9F06, "应用标识符（终端）", "Application identifier (terminal)"),
    (0x9F07, "应用用途控制", "Application usage control"),
    (0x9F08, "应用版本号（卡片）", "Application version number (card)"),
    (0x9F09, "应用版本号（终端）", "Application version number (terminal)"),
    (0x9F0B, "持卡人姓名扩展", "Cardholder name extended"),
    (0x9F0D, "发卡行行为代码－缺省", "Issuer action code - default"),
    (0x9F0E, "发卡行行为代码－拒绝", "Issuer action code - denial"),
    (0x9F0F, "发卡行行为代码－联机", "Issuer action code - online"),
    (0x9F10, "发卡行应用数据", "Issuer application data"),
    (0x9F11, "发卡行代码表索引", "Issuer code table index"),
    (0x9F12, "应用首选名称", "Application preferred name"),
    (0x9F13, "上次联机应用交易计数器", "Last online application transaction counter"),
    (0x9F14, "连续脱机交易下限", "Lower consecutive offline limit"),
    (0x9F15, "商户类别码", "Merchant category code"),
    (0x9F16, "商户标识", "Merchant identifier"),
    (0x9F17, "PIN尝试计数器", "PIN try counter"),
    (0x9F18, "发卡行脚本标识符", "Issuer script identifier"),
    (0x9F1A, "终端国家代码", "Terminal country code"),
    (0x9F1B, "终端最低限额", "Terminal floor limit"),
    (0x9F1C, "终端标识", "Terminal identification"),
    (0x9F1D, "终端风险管理数据", "Terminal risk management data"),
    (0x9F1E, "接口设备序列号", "Interface device serial number"),
    (0x9F1F, "1磁道自由数据", "Track 1 discretionary data"),
    (0x9F20, "2磁道自由数据", "Track 2 discretionary data"),
    (0x9F21, "交易时间", "Transaction time"),
    (0x9F22, "CA公钥索引（终端）", "Certification authority public key index (terminal)"),
    (0x9F23, "连续脱机交易上限", "Upper consecutive offline limit"),
    (0x9F24, "支付账户参考号", "Payment account reference"),
    (0x9F26, "应用密文", "Application cryptogram"),
    (0x9F27, "密文信息数据", "Cryptogram information data"),
    (0x9F32, "发卡行公钥指数", "Issuer public key exponent"),
    (0x9F33, "终端性能", "Terminal capabilities"),
    (0x9F34, "持卡人验证方法结果", "Cardholder verification method results"),
    (0x9F35, "终端类型", "Terminal type"),
    (0x9F36, "应用交易计数器", "Application transaction counter"),
    (0x9F37, "不可预知数", "Unpredictable number"),
    (0x9F38, "处理选项数据对象列表", "Processing options data object list"),
    (0x9F39, "销售点输入方式", "Point-of-service entry mode"),
    (0x9F40, "终端附加性能", "Additional terminal capabilities"),
    (0x9F41, "交易序列计数器", "Transaction sequence counter"),
    (0x9F42, "应用货币代码", "Application currency code"),
    (0x9F44, "应用货币指数", "Application currency exponent"),
    (0x9F45, "数据认证码", "Data authentication code"),
    (0x9F46, "IC卡公钥证书", "Card public key certificate"),
    (0x9F47, "IC卡公钥指数", "Card public key exponent"),
    (0x9F48, "IC卡公钥余项", "Card public key remainder"),
    (0x9F49, "动态数据认证数据对象列表", "Dynamic data authentication data object list"),
    (0x9F4A, "静态数据认证标签列表", "Static data authentication tag list"),
    (0x9F4B, "签名的动态应用数据", "Signed dynamic application data"),
    (0x9F4C, "IC卡动态数", "Card dynamic number"),
    (0x9F4D, "交易日志入口", "Log entry"),
    (0x9F4E, "商户名称和位置", "Merchant name and location"),
    (0x9F4F, "交易日志格式", "Log format"),
    (0x9F51, "应用货币代码（PBOC）", "Application currency code (PBOC)"),
    (0x9F52, "应用缺省行为（PBOC）", "Application default action (PBOC)"),
    (0x9F53, "连续脱机交易限制数（国际－货币）", "Consecutive transaction limit (international, currency)"),
    (0x9F54, "累计脱机交易金额限制", "Cumulative total transaction amount limit"),
    (0x9F58, "连续脱机交易下限（PBOC）", "Lower consecutive offline limit (PBOC)"),
    (0x9F59, "连续脱机交易上限（PBOC）", "Upper consecutive offline limit (PBOC)"),
    (0x9F5B, "发卡行脚本结果", "Issuer script results"),
    (0x9F5D, "可用脱机消费金额", "Available offline spending amount"),
    (0x9F61, "持卡人证件号（PBOC）", "Cardholder identity number (PBOC)"),
    (0x9F62, "持卡人证件类型（PBOC）", "Cardholder identity type (PBOC)"),
    (0x9F63, "卡产品标识信息（银联）", "Card product identification (UnionPay)"),
    (0x9F66, "终端交易属性", "Terminal transaction qualifiers"),
    (0x9F69, "卡片认证相关数据", "Card authentication related data"),
    (0x9F6B, "2磁道数据（非接）", "Track 2 data (contactless)"),
    (0x9F6C, "卡片交易属性", "Card transaction qualifiers"),
    (0x9F6D, "电子现金重置阈值（PBOC）", "Electronic cash reset threshold (PBOC)"),
    (0x9F6E, "形状系数指示", "Form factor indicator"),
    (0x9F74, "电子现金发卡行授权码（PBOC）", "Electronic cash issuer authorisation code (PBOC)"),
    (0x9F77, "电子现金余额上限（PBOC）", "Electronic cash balance limit (PBOC)"),
    (0x9F78, "电子现金单笔交易限额（PBOC）", "Electronic cash single transaction limit (PBOC)"),
    (0x9F79, "电子现金余额（PBOC）", "Electronic cash balance (PBOC)"),
    (0x9F7A, "电子现金终端支持指示器（PBOC）", "Electronic cash terminal support indicator (PBOC)"),
    (0x9F7B, "电子现金终端交易限额（PBOC）", "Electronic cash terminal transaction limit (PBOC)"),
    (0xBF0C, "发卡行自由数据", "Issuer discretionary data"),
    (0xDF31, "发卡行脚本结果（银联）", "Issuer script results (UnionPay)"),
    (0xDF32, "芯片序列号（银联）", "Chip serial number (UnionPay)"),
    (0xDF33, "过程密钥（银联）", "Session key (UnionPay)"),
    (0xDF34, "终端读取时间（银联）", "Terminal read time (UnionPay)"),
    (0xDF69, "SM算法支持指示器（PBOC）", "SM algorithm support indicator (PBOC)"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_rises_and_is_complete() {
        assert!(TAGS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(TAGS.iter().all(|(_, zh, en)| !zh.is_empty() && !en.is_empty()));
        assert_eq!(tag_name(0x9F26).en, "Application cryptogram");
        assert_eq!(tag_info(0x9F99), None);
    }

    #[test]
    fn every_secret_tag_is_known_by_name() {
        for tag in [0x56, 0x57, 0x5A, 0x9F6B, 0x5F20, 0x9F1F, 0x9F20, 0x99, 0x9F0B, 0x9F61, 0xDF33] {
            assert!(tag_info(tag).is_some_and(|info| info.secret), "{tag:X}");
        }
        assert!(!is_secret(0x9F26));
    }
}
