//! Every finding: its stable code, how grave it is, what it means, what to do.
//!
//! Why it exists: scripts rely on the codes, people on the words. Never accuses a person: a finding says what the
//! code is or does. What to do never touches a payment that may have gone through already.

use serde::{Serialize, Serializer};
use tg_text::Text;

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    Info,
    /// A weak sign.
    Low,
    /// Look before you pay.
    Medium,
    /// Don't pay with it.
    High,
}

/// One kind of finding.
#[derive(Debug)]
pub struct Entry {
    /// Stable.
    pub code: &'static str,
    /// How grave.
    pub severity: Severity,
    /// What it means.
    pub text: Text,
    /// What to do.
    pub action: Text,
}

macro_rules! findings {
    ($($name:ident $code:literal $severity:ident: $zh:literal / $en:literal => $act:ident;)*) => {
        /// A kind of finding.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[allow(missing_docs, reason = "the catalogue below says what each means, in both languages")]
        pub enum Kind { $($name),* }

        /// The catalogue, in the order of [`Kind`].
        pub static CATALOGUE: &[Entry] = &[$(Entry {
            code: $code,
            severity: Severity::$severity,
            text: Text::fixed($zh, $en),
            action: $act,
        }),*];
    };
}

impl Kind {
    /// Its entry.
    pub fn entry(self) -> &'static Entry {
        &CATALOGUE[self as usize]
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.entry().code)
    }
}

const DONT_PAY: Text = Text::fixed(
    "不要用这张码付款；请店员出示当面确认过的收款方式。店方：收起这张码，拍照留存，联系收单机构核对。",
    "Don't pay with this code; ask the staff for another way to pay. Shop: take the code away, keep a photo, ask the acquirer.",
);
const COMPARE_NAME: Text = Text::fixed(
    "付款前看清付款页面上的收款方名称，与店名不符就不要付；店方用登记的码重新核对。",
    "Before paying, read the payee's name on the payment page; if it is not the shop, don't pay. Shop: compare with the registered code.",
);
const DONT_OPEN: Text = Text::fixed(
    "不要打开，不要安装任何东西，不要输入卡号、密码或验证码；请店员核对这张码。",
    "Don't open it, install nothing, type no card number, password or one-time code; ask the staff to check the code.",
);
const ASK_ISSUER: Text = Text::fixed(
    "请发码方（收单机构或支付服务商）重新生成并核对，再张贴。",
    "Ask whoever issued the code (acquirer or payment provider) to make it anew and check it before it is put up.",
);
const CHECK_PLACE: Text = Text::fixed(
    "核对这张码登记在哪台终端、哪个位置；放错了就换回本位置登记的码。",
    "Check for which terminal and place the code is registered; if it is in the wrong place, put back the one registered here.",
);
const CHECK_AMOUNT: Text = Text::fixed(
    "付款前核对金额；与应付金额不符就不要付，请店员重新出码。",
    "Check the amount before paying; if it is not what is due, don't pay and ask the staff for a new code.",
);
const NOT_THIS: Text = Text::fixed(
    "这里应当是收款码：不要按它的内容操作；店方核对是否被换过。",
    "A payment code belongs here: don't do what this one asks. Shop: check whether it was exchanged.",
);
const HIDE_IT: Text = Text::fixed(
    "这是顾客付款时出示的码：不要拍照、截图或发给别人；收款请用店方的收款设备。",
    "This is what a customer shows to pay: don't photograph, screenshot or send it; to collect money use the shop's own device.",
);

findings! {
    PayeeMismatch "payee_mismatch" High: "收款方与登记的不同" / "the payee is not the registered one" => DONT_PAY;
    PayeeMissing "payee_missing" Medium: "码里没有收款方" / "the code names no payee" => ASK_ISSUER;
    SecondAccount "second_account_template" High: "多出一个登记里没有的收款账户" / "it holds one more payee account than was issued" => DONT_PAY;
    PersonalCode "personal_code_at_merchant" Medium: "商户收款处用的是个人收款码" / "a private person's code stands where a shop's is registered" => DONT_PAY;
    ConsumerCode "consumer_code_at_merchant" High: "收款处放的是顾客的付款码" / "a customer's paying code stands where the shop's code is registered" => HIDE_IT;
    NameMismatch "name_mismatch" Medium: "商户名与登记的不同" / "the merchant's name is not the registered one" => COMPARE_NAME;
    NameConfusable "name_confusable" High: "商户名用了形似字符：看着像，其实不同" / "the merchant's name uses look-alike letters: it looks right and is another" => DONT_PAY;
    TerminalMismatch "terminal_mismatch" Medium: "这张码属于另一台终端" / "this code belongs to another terminal" => CHECK_PLACE;
    StoreMismatch "store_mismatch" Medium: "这张码属于另一家门店" / "this code belongs to another store" => CHECK_PLACE;
    AmountMismatch "amount_mismatch" High: "金额与登记的不同" / "the amount is not the registered one" => CHECK_AMOUNT;
    AmountMalformed "amount_malformed" Medium: "金额格式有误" / "the amount is malformed" => CHECK_AMOUNT;
    CountryMismatch "country_mismatch" Medium: "国家与收款方案、货币或登记不符" / "the country does not fit the scheme, the currency or the registration" => ASK_ISSUER;
    CurrencyMismatch "currency_mismatch" Medium: "货币与收款方案或登记不符" / "the currency does not fit the scheme or the registration" => CHECK_AMOUNT;
    Differs "differs_from_issued" Medium: "内容与登记的码不同" / "its content is not that of the registered code" => COMPARE_NAME;
    DynamicWithoutOrder "dynamic_without_order" Medium: "标为一次性订单码，却没有金额和订单号" / "it says it is made for one order and has neither amount nor reference" => ASK_ISSUER;
    CrcBad "crc_bad" Medium: "校验码不对：内容被改过或损坏" / "the check value is wrong: the content was edited or damaged" => ASK_ISSUER;
    CrcMissing "crc_missing" Medium: "缺少校验码" / "the check value is missing" => ASK_ISSUER;
    Malformed "malformed" Medium: "内容残缺，读不出完整的收款信息" / "the content is broken: no whole payment data can be read" => ASK_ISSUER;
    TemplateMalformed "template_malformed" Low: "有一个子项格式有误" / "a template inside is malformed" => ASK_ISSUER;
    DuplicateTag "duplicate_tag" High: "同一项出现两次：不同软件会读出不同的收款方" / "one item stands twice: different apps will read different data" => DONT_PAY;
    DataAfterCrc "data_after_crc" High: "校验码后面还有内容，不受校验" / "there is data behind the check value, not covered by it" => DONT_PAY;
    DuplicateParameter "duplicate_parameter" High: "同一参数出现两次：不同软件会读出不同内容" / "one parameter stands twice: different apps will read different data" => DONT_PAY;
    BidiControl "bidi_control" High: "含有改变文字方向的隐藏字符" / "it holds hidden characters that turn the direction of text" => DONT_PAY;
    ZeroWidth "zero_width" High: "含有看不见的字符" / "it holds invisible characters" => DONT_PAY;
    SignatureBad "signature_bad" High: "签名与内容不符" / "the signature does not fit the content" => DONT_PAY;
    SignatureMissing "signature_missing" Medium: "登记的码有签名，这张没有" / "the registered code is signed, this one is not" => COMPARE_NAME;
    SignatureMalformed "signature_malformed" Medium: "签名残缺" / "the signature is broken" => ASK_ISSUER;
    DataAfterSignature "data_after_signature" High: "签名后面还有内容，不受签名保护" / "there is data behind the signature, not covered by it" => DONT_PAY;
    CodeExpired "code_expired" Medium: "这张码已过有效期" / "this code is past its date" => ASK_ISSUER;
    SchemeNotAllowed "scheme_not_allowed" High: "扫码后会打开应用、拨号、发短信或运行程序，而不是付款" / "it opens an app, dials, sends a message or runs something instead of a payment" => DONT_OPEN;
    CallForward "call_forward_code" High: "含有呼叫转移等拨号指令" / "it holds a dialling command such as call forwarding" => DONT_OPEN;
    NotAPaymentCode "not_a_payment_code" Medium: "不是收款码" / "this is no payment code" => NOT_THIS;
    HostNotAllowed "host_not_allowed" High: "网址不是登记或允许的" / "the host is neither registered nor allowed" => DONT_OPEN;
    HostLookalike "host_lookalike" High: "网址仿冒登记的网址或知名品牌" / "the host imitates the registered one or a known name" => DONT_OPEN;
    BrandInSubdomain "brand_in_subdomain" High: "把正规网址写在别人网址的前面" / "a known name stands in front of somebody else's domain" => DONT_OPEN;
    BrandInPath "brand_in_path" Medium: "把正规网址写在别人网址的后面" / "a known name stands in the path of somebody else's address" => DONT_OPEN;
    UserInfo "userinfo_in_url" High: "网址里“@”前面的内容是障眼法" / "what stands before “@” in the address is a disguise" => DONT_OPEN;
    Disguised "disguised_url" High: "网址写法特殊，不同软件会打开不同地方" / "the address is written so that programs disagree where it leads" => DONT_OPEN;
    UnusualPort "unusual_port" Medium: "网址用了不寻常的端口" / "the address uses an unusual port" => DONT_OPEN;
    IpLiteral "ip_literal" High: "网址是一串数字，没有名称" / "the address is a bare number, not a name" => DONT_OPEN;
    NotHttps "not_https" Medium: "网址没有加密（不是https）" / "the address is not encrypted (no https)" => DONT_OPEN;
    MixedScript "idn_mixed_script" High: "网址混用了不同文字的形似字母" / "the host mixes look-alike letters of different scripts" => DONT_OPEN;
    Shortener "url_shortener" Medium: "短链接：看不出最终去哪里" / "a short link: it hides where it leads" => DONT_OPEN;
    NestedForeign "nested_foreign_url" High: "会转到另一个网址" / "it passes on to another address" => DONT_OPEN;
    AppDownload "app_download" High: "会下载或安装应用" / "it downloads or installs an app" => DONT_OPEN;
    ContactLure "contact_lure" Medium: "扫码后是加好友或进群，不是付款" / "it adds a contact or joins a group instead of paying" => NOT_THIS;
    RandomHost "random_host" Low: "网址像是随机生成的" / "the host looks randomly made" => DONT_OPEN;
    PathNotIssued "path_not_issued" Medium: "网址对，但路径不是登记的" / "the host is right, the path is not the registered one" => COMPARE_NAME;
    Ambiguous "ambiguous_code" High: "同一处读出两种内容：不同应用会读到不同的码" / "one place reads as two contents: different apps will read different codes" => DONT_PAY;
    Extra "extra_code" High: "比登记的多出一张码" / "there is one code more than is registered here" => DONT_PAY;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finding_is_complete_unique_and_says_what_to_do() {
        for (i, e) in CATALOGUE.iter().enumerate() {
            assert!(!e.text.is_incomplete() && !e.action.is_incomplete(), "{}", e.code);
            assert!(CATALOGUE[i + 1..].iter().all(|o| o.code != e.code), "{} twice", e.code);
        }
        assert_eq!(Kind::Extra.entry().code, "extra_code");
        assert_eq!(Kind::PayeeMismatch.entry().code, "payee_mismatch");
    }

    #[test]
    fn no_finding_accuses_a_person() {
        for e in CATALOGUE {
            let said = format!("{} {} {} {}", e.text.zh, e.text.en, e.action.zh, e.action.en);
            for word in ["骗子", "小偷", "犯罪", "thief", "fraudster", "criminal"] {
                assert!(!said.contains(word), "{}: {word}", e.code);
            }
        }
    }
}
