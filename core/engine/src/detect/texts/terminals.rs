//! Words of the findings about a terminal itself: cloned, moved, storming with sign-ons.

use super::FindingTexts;
use tg_text::Text;

/// What a shop does with a device that may have been tampered with, as notices of schemes and acquirers say it.
pub(super) const LEAVE_IT_AS_IT_IS: Text = Text::fixed(
    "若怀疑设备被改装：先停用，不要拆开，也不要重启或断电，不要交给自称维修的人；从外部拍照留存，并联系收单机构。",
    "If the device may have been tampered with: stop using it, don't open it nor restart or unplug it, don't hand it to a caller who says he repairs it; take photos from outside and call the acquirer.",
);

pub(super) const CLONED_TERMINAL: FindingTexts = FindingTexts {
    code: "cloned_terminal",
    title: Text::fixed("疑似两台设备共用一个终端号", "Two devices suspected behind one terminal number"),
    what_it_rests_on: Text::fixed(
        "一台设备的流水号只朝一个方向数；同一终端号下出现两列各自递增、彼此交错的流水号，或两个序列号、两处位置交替出现。",
        "One device counts its traces in one rising line; under this number two lines rise in turn, or two serial numbers or two places take turns.",
    ),
    does_not_show: &[
        Text::fixed(
            "看不出哪一台是登记的设备：终端号、序列号乃至其密文都可能被复制。",
            "It does not show which device is the registered one: a number, a serial and even its ciphertext can be copied.",
        ),
        Text::fixed(
            "看不出店家是否知情；店家是知情人，不是被指责的对象。",
            "It does not show that the shop knows of it: the shop is a witness, not accused.",
        ),
        Text::fixed(
            "看不出经手的卡是否已被盗用。",
            "It does not show that the cards used there have been misused.",
        ),
    ],
    other_explanations: &[
        Text::fixed(
            "更换设备或恢复备份：此后旧的一列应当停止；若两列继续交错，这一解释不成立。",
            "The device was replaced or a backup restored: the old line would have stopped. If both go on in turn, that does not explain it.",
        ),
        Text::fixed(
            "收单机构把同一终端号登记给了两台设备（登记错误）：请核对台账。",
            "The acquirer gave one number to two devices by mistake: check the register.",
        ),
        Text::fixed(
            "前置或网关代多个收银台转发，却共用一个终端号：请核对接入方式。",
            "A gateway forwards several tills under one number: check how the shop is connected.",
        ),
    ],
    next_steps: &[
        Text::fixed(
            "请收单机构核对台账：该终端号、序列号、商户及布放地点是否一一对应，近日有无换机工单。",
            "Ask the acquirer to check its register: number, serial, merchant and place belong together? Was a swap ordered?",
        ),
        Text::fixed(
            "由收单机构决定是否暂停该终端号（会同时停住两台设备），并请店家改用其他终端收款。",
            "The acquirer decides whether to suspend the number (that stops both devices); the shop uses another terminal meanwhile.",
        ),
        LEAVE_IT_AS_IT_IS,
        Text::fixed(
            "请店家核对机身序列号、封签与卡槽外观，并反馈登记的设备此刻是否在店内。",
            "Have the shop compare the serial on the housing, the seal and the card slot, and say whether the registered device is in the shop now.",
        ),
        Text::fixed(
            "把两列流水中涉及的卡（令牌及末四位）报给发卡机构关注，并保留本发现所列报文。",
            "Tell the issuers of the cards concerned (token and last four digits), and keep the messages listed here.",
        ),
    ],
};

pub(super) const MOVED_TERMINAL: FindingTexts = FindingTexts {
    code: "moved_terminal",
    title: Text::fixed("终端报告的位置与惯常位置不符", "Terminal reports another place than its usual one"),
    what_it_rests_on: Text::fixed(
        "终端以往的报文都来自同一处；此后连续多笔报告的位置明显离开那里，而同商户的其他终端没有一起离开。",
        "The terminal's earlier messages came from one place; now several in a row name a place well away from it, while the merchant's other terminals did not leave with it.",
    ),
    does_not_show: &[
        Text::fixed(
            "位置由终端自己上报，未经核实：看不出设备真的到了那里。",
            "The place is the terminal's own word: it does not show that the device really is there.",
        ),
        Text::fixed(
            "看不出移动是否获得许可：登记的布放地点不在本流水中。",
            "It does not show whether the move was allowed: the registered place is not in these messages.",
        ),
    ],
    other_explanations: &[
        Text::fixed(
            "商户搬迁、外出摆摊、参加集市或送货上门，已向收单机构报备。",
            "The merchant moved, sells at a fair or at customers' doors, and has told the acquirer.",
        ),
        Text::fixed(
            "定位出错：基站定位或室内信号可能偏出数公里，通常会自行跳回。",
            "The position is wrong: by cell tower or indoors it may be kilometres off, and it usually jumps back.",
        ),
        Text::fixed("设备送修或回库检测。", "The device is with a repair shop or in the acquirer's store."),
    ],
    next_steps: &[
        Text::fixed(
            "先问店家：终端此刻在哪里，是否搬迁、外出经营或送修。",
            "First ask the shop: where is the terminal now, did it move, trade elsewhere, or go to repair?",
        ),
        Text::fixed(
            "请收单机构核对登记的布放地点；移动经营的，补登记；（银发〔2021〕259号要求终端位置可追溯。）",
            "Have the acquirer compare the registered place, and register a mobile use (notice 259 of 2021 asks that a terminal's place can be traced).",
        ),
        Text::fixed(
            "若店家称设备仍在店内：按疑似复制终端处理，核对序列号，并保留报文。",
            "If the shop says the device is still there: treat it as a suspected copy, compare the serial number and keep the messages.",
        ),
    ],
};

pub(super) const SIGNON_STORM: FindingTexts = FindingTexts {
    code: "signon_storm",
    title: Text::fixed("反复签到或报文校验失败", "Repeated sign-ons or failed message checks"),
    what_it_rests_on: Text::fixed(
        "一小时内同一终端多次因密钥或 MAC 校验失败被拒，或签到次数远多于正常。",
        "Within an hour one terminal's messages failed key or MAC checks again and again, or it signed on far more often than a terminal does.",
    ),
    does_not_show: &[
        Text::fixed(
            "看不出原因是密钥不同步、设备故障，还是有人冒用终端号或改动报文。",
            "It does not show whether keys are out of step, the device is faulty, or somebody uses its number or alters messages.",
        ),
        Text::fixed("看不出店家做错了什么。", "It does not show that the shop did anything wrong."),
    ],
    other_explanations: &[
        Text::fixed(
            "维修或更换后重新装载密钥：签到成功后失败应当停止。",
            "Keys were loaded anew after a repair or swap: once it has signed on, failures should end.",
        ),
        Text::fixed(
            "网络不稳，终端反复重连并签到：同一地点的其他终端也会如此。",
            "A bad line makes it connect and sign on again and again: other terminals there would do the same.",
        ),
        Text::fixed(
            "收单系统或加密机切换，众多终端同时失败：请看其他终端是否也如此。",
            "The acquirer changed systems or security modules, and many terminals fail at once: see whether others do.",
        ),
    ],
    next_steps: &[
        Text::fixed(
            "请收单机构核对该终端的密钥状态与近日工单；密钥只能由收单机构授权人员装载，店家不要自行操作。",
            "Ask the acquirer for the terminal's key state and recent work orders; only the acquirer's authorised staff load keys, never the shop.",
        ),
        Text::fixed(
            "失败期间请店家改用其他终端；不要因为屏幕提示失败就让顾客再次付款，先查这笔款的结果。",
            "Meanwhile the shop uses another terminal; before a customer pays a second time, find out what became of the first payment.",
        ),
        LEAVE_IT_AS_IT_IS,
        Text::fixed(
            "保留失败报文的时间与应答码，供收单机构核查。",
            "Keep times and response codes of the failures for the acquirer.",
        ),
    ],
};
