//! Words of the findings about cards: testing, impossible travel, skimming.

use super::FindingTexts;
use super::terminals::LEAVE_IT_AS_IT_IS;
use tg_text::Text;

pub(super) const CARD_TESTING: FindingTexts = FindingTexts {
    code: "card_testing",
    title: Text::fixed("疑似试卡", "Suspected card testing"),
    what_it_rests_on: Text::fixed(
        "一小时内同一终端上多张不同的卡被发卡机构拒绝，且占付款的大多数；金额很小，或卡号相连。",
        "Within an hour issuers refused many different cards at one terminal, most of its payments; amounts were small, or numbers in a row.",
    ),
    does_not_show: &[
        Text::fixed(
            "看不出是谁在试卡；店家可能毫不知情，也可能终端号被他人冒用。",
            "It does not show who does it: the shop may know nothing of it, or its terminal number may be used by others.",
        ),
        Text::fixed(
            "看不出这些卡号从何处泄露，也不能证明这些卡已经泄露。",
            "It does not show where the numbers come from, nor that these cards have leaked.",
        ),
    ],
    other_explanations: &[
        Text::fixed(
            "某家发卡机构正在拒绝它的全部卡（系统故障或风控策略变更）：请看被拒的卡是否都属同一机构、其他终端是否也如此。",
            "An issuer refuses all its cards (a fault or a changed policy): see whether the refused cards are of one issuer and whether other terminals see the same.",
        ),
        Text::fixed(
            "终端或通道在测试、验收，用的是测试卡。",
            "The terminal or line is being tested with test cards.",
        ),
        Text::fixed(
            "自助设备拒收某类卡，许多顾客依次尝试后离开。",
            "An unattended machine can't take a kind of card, and many customers try and leave.",
        ),
    ],
    next_steps: &[
        Text::fixed(
            "请收单机构联系商户，核对该终端此刻是否在店内、由谁操作；店家是知情人，不是嫌疑人。",
            "Ask the acquirer to call the merchant: is the terminal in the shop now, and who is using it? The shop is a witness, not a suspect.",
        ),
        Text::fixed(
            "核实之前，由收单机构决定是否暂停该终端的小额付款或手工输入卡号；本系统只把其付款建议为“复核”一小时。",
            "Until that is clear the acquirer decides whether to hold small or key-entered payments at this terminal; Tillguard only advises review for an hour.",
        ),
        Text::fixed(
            "把涉及的卡（令牌及末四位）报给各发卡机构，尤其是其间获批准的卡。",
            "Report the cards concerned (token and last four digits) to their issuers, above all those approved meanwhile.",
        ),
        Text::fixed(
            "保留终端日志、监控录像和本发现所列的报文，以备核查。",
            "Keep the terminal's logs, the camera's recording and the messages listed here.",
        ),
    ],
};

pub(super) const IMPOSSIBLE_TRAVEL: FindingTexts = FindingTexts {
    code: "impossible_travel",
    title: Text::fixed("同一张卡在赶不到的两地出现", "One card in two places, too far apart for the time"),
    what_it_rests_on: Text::fixed(
        "两笔刷卡、插卡或挥卡的付款相距超过 100 公里，按间隔时间算需要每小时 900 公里以上。",
        "Two payments with the card present are more than 100 km apart, and the time between them asks for more than 900 km/h.",
    ),
    does_not_show: &[
        Text::fixed(
            "看不出哪一笔是持卡人本人所为，也看不出卡在何处被复制。",
            "It does not show which payment was the cardholder's, nor where the card may have been copied.",
        ),
        Text::fixed("位置由终端上报，未经核实。", "The places are the terminals' own word."),
    ],
    other_explanations: &[
        Text::fixed(
            "其中一台终端的位置有误，或终端已被移走：看该终端的其他付款。",
            "One terminal's place is wrong, or the terminal was moved: look at its other payments.",
        ),
        Text::fixed(
            "主卡与附属卡共用卡号，两人同时使用。",
            "A main and a supplementary card share the number, and two people used them.",
        ),
        Text::fixed(
            "脱机付款补送：报文到达的时间不是付款的时间。",
            "An offline payment was sent later: its message came after the payment.",
        ),
    ],
    next_steps: &[
        Text::fixed(
            "请发卡机构向持卡人核实两笔付款（使用发卡机构掌握的联系方式）。",
            "Ask the issuer to check both payments with the cardholder, by the contact that the issuer holds.",
        ),
        Text::fixed(
            "核实之前由发卡机构决定是否限制该卡的磁条交易；芯片卡本身无须交出。",
            "Until then the issuer decides whether to limit the card's magnetic stripe; the cardholder keeps the card.",
        ),
        Text::fixed(
            "若有多张卡如此，查看它们此前共同用过的终端。",
            "If this happens to several cards, look for a terminal that all had used before.",
        ),
    ],
};

pub(super) const SKIMMING: FindingTexts = FindingTexts {
    code: "skimming",
    title: Text::fixed(
        "多张被异常使用的卡曾在同一终端用过",
        "Cards misused elsewhere had met at one terminal",
    ),
    what_it_rests_on: Text::fixed(
        "若干张卡近日在别处出现异常使用；它们此前几天内都在同一终端用过，比例远高于同期用过其他终端的卡。",
        "Several cards were used in an unusual way elsewhere; all had been used at one terminal in the days before, far more than cards that were used at other terminals on the same days.",
    ),
    does_not_show: &[
        Text::fixed(
            "这是统计上的巧合程度，不是设备被改装的证明；须现场检查才能确定。",
            "It is a matter of chance and counts, no proof that the device was tampered with: only an inspection can tell.",
        ),
        Text::fixed(
            "看不出是谁、在何时所为；店家与店员可能毫不知情。",
            "It does not show who did it nor when: the shop and its staff may know nothing.",
        ),
    ],
    other_explanations: &[
        Text::fixed(
            "这些卡同属一家发卡机构或一个小区，泄露发生在别处（如线上商户）。",
            "The cards share an issuer or a neighbourhood, and leaked elsewhere, such as online.",
        ),
        Text::fixed(
            "这是当地人人都去的店：请看同期用过它而未出事的卡有多少。",
            "Everybody there goes to that shop: see how many cards were used there without harm.",
        ),
        Text::fixed(
            "异常使用本身是误判（芯片损坏、持卡人旅行）。",
            "The unusual uses are none: a damaged chip, a travelling cardholder.",
        ),
    ],
    next_steps: &[
        LEAVE_IT_AS_IT_IS,
        Text::fixed(
            "请收单机构安排两人同行的现场检查：卡槽、键盘、封签与周围的摄像头，并与登记照片对比。",
            "Have the acquirer inspect it with two people: slot, keypad, seal, cameras around, compared with the photos on file.",
        ),
        Text::fixed(
            "把这段时间用过该终端而尚未出事的卡（令牌及末四位）告知发卡机构关注。",
            "Tell the issuers of the cards used there in that time and not yet misused (token and last four digits).",
        ),
        Text::fixed(
            "保留终端日志、监控录像与本发现所列的报文。",
            "Keep the terminal's logs, the camera's recordings and the messages listed here.",
        ),
    ],
};
