//! One payment through the parts: it stops where something stops it, and says what that part says.
//!
//! Codes are UnionPay's, given by the part that answers (host, switch, issuer); words are those of common
//! terminals in China. Nothing here knows what was injected.

use super::world::{Chip, Reader, Status, World};
use crate::dice::Dice;

/// How a payment ended.
#[derive(Clone, Debug, Default)]
pub(super) struct Attempt {
    /// card_read, pin, sent, answered, printed.
    pub stage: &'static str,
    /// The words on the screen; none if it is dark or shows nothing of use.
    pub words: Option<&'static str>,
    /// The code of the answer.
    pub code: Option<&'static str>,
    /// approved, declined, unknown; none if nothing was sent.
    pub outcome: Option<&'static str>,
    /// The slip came out.
    pub printed: bool,
}

impl Attempt {
    /// True if a person would come to a desk with it.
    pub fn failed(&self) -> bool {
        !(self.outcome == Some("approved") && self.printed)
    }

    fn stopped(stage: &'static str, words: Option<&'static str>) -> Attempt {
        Attempt { stage, words, ..Attempt::default() }
    }

    fn answered(code: &'static str, words: &'static str) -> Attempt {
        Attempt {
            stage: "answered",
            words: Some(words),
            code: Some(code),
            outcome: Some("declined"),
            printed: false,
        }
    }

    fn lost() -> Attempt {
        Attempt { stage: "sent", words: Some("交易超时"), outcome: Some("unknown"), ..Attempt::default() }
    }
}

/// Minutes by which the host lets a terminal's clock differ.
const CLOCK_MINUTES: i64 = 24 * 60;

impl World {
    /// Takes the payment, debits if the issuer books it, and keeps how it ended.
    pub fn pay(&mut self, dice: &mut Dice) {
        self.last = match self.before_sending(dice) {
            Some(stopped) => stopped,
            None => self.send(dice),
        };
        if self.last.outcome == Some("approved") {
            self.last.printed = self.terminal.paper;
            if !self.terminal.paper {
                (self.last.stage, self.last.words) = ("printed", Some("打印机缺纸"));
            }
        }
        if self.last.stage == "sent" && self.debited {
            // The terminal reverses what it got no answer to, as soon as it can.
            self.terminal.unsent_reversals =
                self.terminal.unsent_reversals.max(u32::from(dice.chance(4_000)));
        }
        // A mistyped PIN and an early hand are of one moment.
        self.mistyped = false;
        self.pulled_early = false;
    }

    fn before_sending(&mut self, dice: &mut Dice) -> Option<Attempt> {
        let stop = |stage, words| Some(Attempt::stopped(stage, words));
        let terminal = &self.terminal;
        if terminal.opened {
            return stop("card_read", Some(if dice.chance(7_000) { "设备被攻击" } else { "请下载主密钥" }));
        }
        if terminal.battery < 8 {
            return stop("card_read", dice.chance(6_000).then_some("电量低"));
        }
        if terminal.hangs {
            return stop(if dice.chance(6_000) { "card_read" } else { "pin" }, None);
        }
        if terminal.stored >= 500 {
            return stop("card_read", Some("交易笔数已满，请结算"));
        }
        if let Some(words) = self.reading_fails(dice) {
            return stop("card_read", Some(words));
        }
        if self.terminal.master_key.is_none() {
            return stop("pin", Some("主密钥不存在"));
        }
        // The secure connection is made before anything is sent; it trusts the terminal's own clock.
        if let Some(words) = self.connecting_fails(dice) {
            return stop("pin", Some(words));
        }
        None
    }

    fn reading_fails(&self, dice: &mut Dice) -> Option<&'static str> {
        let touches = matches!(self.entry, "chip" | "contactless");
        match (self.terminal.reader, self.card.chip) {
            _ if self.entry == "manual" => None,
            (Reader::Broken, _) => Some("读卡失败"),
            (Reader::Dirty, _) if dice.chance(8_500) => Some("读卡失败"),
            (_, Chip::Dead) if touches => Some("读卡失败"),
            (_, Chip::Scratched) if touches && dice.chance(7_000) => Some("读卡错误，请重试"),
            _ if self.pulled_early => {
                Some(if dice.chance(5_000) { "读卡失败" } else { "请勿拔卡，交易中止" })
            }
            _ => None,
        }
    }

    fn connecting_fails(&self, dice: &mut Dice) -> Option<&'static str> {
        let terminal = &self.terminal;
        if terminal.on_mobile_data {
            if !terminal.sim_active {
                return Some(if dice.chance(5_000) { "无信号" } else { "网络连接失败" });
            }
        } else {
            if !(self.store.router_on && self.store.line_up) {
                return Some(if dice.chance(5_000) { "通讯失败" } else { "网络异常" });
            }
            if !self.store.resolves {
                return Some("连接主机失败");
            }
            if !self.store.port_open {
                return Some("通讯失败");
            }
        }
        if self.host.door_open_in > 0 {
            return Some("连接主机失败");
        }
        if dice.chance(self.store.loses_of_ten_thousand / 3) {
            return Some("通讯失败");
        }
        let days_left = terminal.certificate_days - terminal.clock_offset_minutes / 1_440;
        // A certificate runs for three years: a clock far back finds it not yet valid.
        if !(1..=1_095).contains(&days_left) {
            return Some(if dice.chance(6_000) { "证书未生效或过期" } else { "连接主机失败" });
        }
        None
    }

    fn send(&mut self, dice: &mut Dice) -> Attempt {
        let loses = if self.terminal.on_mobile_data && !self.profile.on_a_sim() {
            100 // another road than the store's radio
        } else {
            self.store.loses_of_ten_thousand
        };
        if dice.chance(loses) {
            return Attempt::lost(); // lost on the way there
        }
        let answer = self.at_the_host(dice);
        if dice.chance(loses) && answer.stage != "sent" {
            return Attempt::lost(); // lost on the way back; it may be booked
        }
        answer
    }

    fn at_the_host(&mut self, dice: &mut Dice) -> Attempt {
        let (host, terminal) = (&self.host, &self.terminal);
        if host.well_in > 0 {
            return if dice.chance(7_500) {
                Attempt::answered("96", "系统异常、失效")
            } else {
                Attempt::lost()
            };
        }
        if host.module_well_in > 0 {
            return Attempt::answered("A7", "安全处理失败");
        }
        if !terminal.formats_well {
            return Attempt::answered("30", "格式错误");
        }
        if !host.knows_terminal {
            return Attempt::answered("97", "终端未登记");
        }
        let keys_match = terminal.work_key == host.work_key && terminal.master_key == Some(host.master_key);
        if !keys_match {
            // Hosts differ in what they call a wrong MAC.
            return if dice.chance(6_000) {
                Attempt::answered("A0", "MAC校验错")
            } else {
                Attempt::answered("A7", "安全处理失败")
            };
        }
        if terminal.clock_offset_minutes.abs() > CLOCK_MINUTES && dice.chance(6_000) {
            return Attempt::answered("A7", "安全处理失败");
        }
        if terminal.merchant != host.merchant {
            return Attempt::answered("03", "无效商户");
        }
        if terminal.parameters < host.parameters {
            return Attempt::answered("30", "格式错误");
        }
        if terminal.batch != host.batch {
            return Attempt::answered("77", "请向网络中心签到");
        }
        if host.cutover_over_in > 0 {
            return Attempt::answered("90", "系统日切，请稍后重试");
        }
        if self.amount == 0 {
            return Attempt::answered("13", "交易金额超限或无效");
        }
        if self.taken_a_minute_ago {
            self.debited = true; // by the first of the two
            return Attempt::answered("94", "重复交易");
        }
        if self.with_pin && terminal.pin_key != host.pin_key {
            // Translated under another key, a PIN block has no form, or by chance a wrong PIN.
            return if dice.chance(7_000) {
                Attempt::answered("99", "PIN格式错")
            } else {
                self.card.tries_left -= 1;
                Attempt::answered("55", "密码错")
            };
        }
        if self.switch_joined_in > 0 {
            return Attempt::answered("92", "发卡方线路异常，请稍后重试");
        }
        self.at_the_issuer(dice)
    }

    fn at_the_issuer(&mut self, dice: &mut Dice) -> Attempt {
        if self.issuer.up_in > 0 {
            return if dice.chance(8_000) {
                Attempt::answered("91", "发卡行状态异常，请稍后重试")
            } else {
                Attempt::answered("98", "发卡方超时")
            };
        }
        if self.issuer.silent {
            self.debited |= dice.chance(5_000);
            return if dice.chance(6_000) {
                Attempt::answered("98", "发卡方超时")
            } else {
                Attempt::lost()
            };
        }
        let card = &mut self.card;
        let answer = match card.status {
            Status::Lost => Some(("41", "没收卡，请联系收单行")),
            Status::Stolen => Some(("43", "没收卡，请联系收单行")),
            Status::Frozen => Some(("62", "受限制的卡")),
            Status::New => Some(("21", "该卡未初始化")),
            Status::Unknown => Some(("14", "无效卡号")),
            Status::Good if self.entry == "magstripe" => Some(("45", "请使用芯片")),
            Status::Good if card.expired => Some(("54", "过期的卡")),
            Status::Good if self.with_pin && card.tries_left <= 0 => Some(if dice.chance(8_000) {
                ("75", "密码错误次数超限")
            } else {
                ("38", "超过允许的密码试输入")
            }),
            Status::Good if self.with_pin && self.mistyped => {
                card.tries_left -= 1;
                return Attempt::answered("55", "密码错");
            }
            Status::Good if !self.code_right => Some(("59", "不能校验CVN")),
            Status::Good if !card.allowed => Some(if dice.chance(7_000) {
                ("57", "不允许此卡交易")
            } else {
                ("15", "卡号有误")
            }),
            Status::Good if card.money < self.amount => Some(("51", "可用余额不足")),
            Status::Good if card.limit < self.amount => Some(if dice.chance(7_000) {
                ("61", "超出金额限制")
            } else {
                ("65", "超出取款次数限制")
            }),
            Status::Good if self.issuer.suspects => {
                Some(if dice.chance(4_000) { ("66", "请联系收单行") } else { ("05", "不承兑") })
            }
            Status::Good if self.issuer.declines => {
                Some(if dice.chance(7_500) { ("05", "不承兑") } else { ("01", "请联系发卡行") })
            }
            Status::Good => None,
        };
        match answer {
            Some(("51" | "61" | "65" | "57" | "62", _)) if self.issuer.says_little => {
                Attempt::answered("05", "不承兑")
            }
            Some((code, words)) => Attempt::answered(code, words),
            None => {
                self.debited = true;
                Attempt {
                    stage: "answered",
                    code: Some("00"),
                    outcome: Some("approved"),
                    ..Attempt::default()
                }
            }
        }
    }
}
