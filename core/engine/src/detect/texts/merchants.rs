//! Words of the findings about what is done at a terminal: several merchants, refunds, cash-out.

use super::FindingTexts;
use tg_text::Text;

pub(super) const SEVERAL_MERCHANTS: FindingTexts = FindingTexts {
    code: "several_merchants",
    title: Text::fixed("同一设备序列号下出现多个商户号", "Several merchant numbers behind one device"),
    what_it_rests_on: Text::fixed(
        "报文中的设备序列号相同，商户号却不止一个；银发〔2021〕259号要求一机一户。",
        "Messages with one device serial number name more than one merchant; notice 259 of 2021 asks for one merchant for each device.",
    ),
    does_not_show: &[
        Text::fixed(
            "看不出是谁设置的：可能是服务商、代理或固件，店家可能不知情。",
            "It does not show who set it up: a service provider, an agent or the firmware, and the shop may not know.",
        ),
        Text::fixed(
            "看不出序列号是否真实：序列号可能被抄写到别的设备上。",
            "It does not show that the serial number is real: it may have been copied to another device.",
        ),
    ],
    other_explanations: &[
        Text::fixed(
            "设备依法转给了新商户：旧商户号此后应不再出现。",
            "The device went to a new merchant in the regular way: the old number would not appear any more.",
        ),
        Text::fixed(
            "同一法人的多个门店或业务共用设备，收单机构已登记。",
            "Several shops or businesses of one owner share the device, and the acquirer has registered it.",
        ),
        Text::fixed(
            "前置系统填错了序列号（多台设备报同一号）：看这些终端号是否同属一个厂商或接入方。",
            "A gateway fills in one serial number for many devices: see whether these terminals share a vendor or connection.",
        ),
    ],
    next_steps: &[
        Text::fixed(
            "请收单机构核对序列号、商户号、终端号与布放地点的登记关系。",
            "Ask the acquirer how serial, merchants, terminals and place are registered.",
        ),
        Text::fixed(
            "询问店家小票上的商户名称是否是自己的店名；让店家知道结算可能受影响。",
            "Ask the shop whether the name on its receipts is its own; tell it that settlement may be affected.",
        ),
        Text::fixed(
            "保留各商户号下的报文时间与金额，由收单机构判断是否违反一机一户。",
            "Keep times and amounts under each merchant number; the acquirer judges whether the rule is broken.",
        ),
    ],
};

pub(super) const RAPID_REFUNDS: FindingTexts = FindingTexts {
    code: "rapid_refunds",
    title: Text::fixed("短时间内多笔找不到原消费的退款", "Many refunds in a short time without their sales"),
    what_it_rests_on: Text::fixed(
        "一小时内多笔退款所用的卡在该商户没有可对应的消费，或退款超过当日消费。",
        "Within an hour several refunds went to cards without a matching sale at this merchant, or refunds exceed the day's sales.",
    ),
    does_not_show: &[
        Text::fixed(
            "看不出退款由谁发起，也看不出是否获得授权。",
            "It does not show who made the refunds, nor whether they were authorised.",
        ),
        Text::fixed(
            "原消费可能早于本系统所见（如去年的订单、其他渠道的消费）：看不出它们不存在。",
            "The sale may be older than what was seen here, or made through another channel: it does not show that there was none.",
        ),
    ],
    other_explanations: &[
        Text::fixed(
            "商户集中退货（活动取消、商品召回）：退款应能与以往订单对上。",
            "A cancelled event or recalled goods: the refunds would match earlier orders.",
        ),
        Text::fixed(
            "顾客以另一张卡收取退款，或原卡已更换卡号。",
            "The customer gets it back on another card, or the card was renewed under a new number.",
        ),
        Text::fixed(
            "消费走线上或其他收单渠道，退款在门店办理。",
            "The sale was made online or through another acquirer, the refund in the shop.",
        ),
    ],
    next_steps: &[
        Text::fixed(
            "请商户负责人（不只是当班人员）核对这些退款的订单或小票。",
            "Ask the merchant's management (not only the person on duty) for the orders or receipts of these refunds.",
        ),
        Text::fixed(
            "由收单机构决定是否延后这些退款的清算，直到核对完毕；正当的退款不应让顾客久等。",
            "The acquirer decides whether to hold the settlement of these refunds until that is done; customers with a fair claim should not wait long.",
        ),
        Text::fixed(
            "检查终端的退款权限与操作员密码是否被多人共用，必要时更换。",
            "See whether the terminal's refund rights or operator passwords are shared, and change them if so.",
        ),
    ],
};

pub(super) const CASH_OUT: FindingTexts = FindingTexts {
    code: "cash_out",
    title: Text::fixed("疑似集中套现的付款形态", "Payments in the pattern of cashing out"),
    what_it_rests_on: Text::fixed(
        "短时间内少数几张卡反复在同一处作大额、整数金额的付款，或同一组卡在几家商户轮流出现。",
        "In a short time a few cards make large payments again and again in one place, or one group of cards takes turns at several merchants.",
    ),
    does_not_show: &[
        Text::fixed(
            "看不出有没有真实的货物或服务。",
            "It does not show whether goods or services stood behind the payments.",
        ),
        Text::fixed(
            "看不出持卡人是否知情：卡也可能被盗用。",
            "It does not show that the cardholders know: their cards may be in others' hands.",
        ),
    ],
    other_explanations: &[
        Text::fixed(
            "批发、定金、学费、医疗等大额收款：金额与频次应与行业相称。",
            "Wholesale, deposits, tuition or hospital bills: amounts and counts would suit the trade.",
        ),
        Text::fixed(
            "发薪日或促销日的集中消费：卡应当很多而且互不相同。",
            "A pay-day or sale: many different cards would be seen, not the same few.",
        ),
        Text::fixed(
            "限额低的顾客把一笔大额拆成几次支付。",
            "A customer with a low limit splits one large payment.",
        ),
    ],
    next_steps: &[
        Text::fixed(
            "请收单机构向商户索取这些付款的订单、发票或送货凭证。",
            "Ask the acquirer to request orders, invoices or delivery notes of these payments from the merchant.",
        ),
        Text::fixed(
            "请发卡机构确认持卡人是否知晓这些付款。",
            "Ask the issuers whether their cardholders know these payments.",
        ),
        Text::fixed(
            "核实前由收单机构依规决定是否延迟结算；本系统只建议复核，不替任何人下结论。",
            "Until then the acquirer decides under its rules whether to delay settlement; Tillguard only advises review.",
        ),
    ],
};
