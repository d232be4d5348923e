"""What the people of the scripted campaign write, for rules that read words: made without any rule's lists."""

from __future__ import annotations

import random

_USUAL = {
    "system_crash": (
        "页面打不开，一直转圈",
        "APP闪退三次了",
        "服务器又崩了，九点准时卡死",
        "刷了半小时还是系统繁忙",
    ),
    "redeem_fail": ("付款时券用不上", "扫码提示核销失败", "收银台说券不能抵", "明明有券，结账没减"),
    "merchant_refusal": ("老板说不收消费券", "店里贴着参加活动，结账又不认", "说是名额用完了，不给用"),
    "refund": ("退货了券没退回来", "退款只退了一半", "退单以后券就没了，客服不理"),
    "threshold": ("满三百才能用，谁家买菜花三百", "门槛太高，凑单凑得头疼", "满减规则看不懂"),
    "grab_fail": ("一秒就没了，抢了个寂寞", "准点进去就显示已抢完", "连着三轮没抢到", "手速再快也没用"),
}
_GRUMBLES = (
    "肯定又被黄牛抢光了", "黄牛太多，普通人抢不到", "感觉都被脚本秒抢了", "是不是都让黄牛抢走了啊",
    "抢不过黄牛，散了吧", "外挂一秒扫光，还怎么抢", "一秒就没，不是黄牛我不信",
)  # fmt: skip
_NOTICES = (
    "民警提醒：领消费券认准官方入口，不点陌生短信链接，谨防被骗", "市场监管局：严查商户套现消费券，发现一起处理一起",
    "社区通知：商场领券请有序排队，防止拥挤踩踏", "平台公告：倒卖消费券的账号一律封停",
)  # fmt: skip
_QUESTIONS = (
    "收到短信说领券要填银行卡，是诈骗吗",
    "朋友圈有人收券，这算倒卖吗？",
    "领券一定要办银行卡吗？",
    "这个二维码会不会是骗人的",
)
_FLOOD = ("本店可用消费券，欢迎光临", "用券立减，先到先得，门口就有停车位", "周末用券吃火锅，太划算了")
HAPPENINGS = {
    "cash_out": (
        "解放路那家烟酒店，扫你的券直接返现，抽三成",
        "有中介在群里组织套现，一单给二十",
        "亲眼看见老板拿顾客手机空刷消费券分钱",
        "我邻居的店天天刷单套券，一箱酒没卖出去",
        "楼下收券换现金，排着队呢，没人管",
    ),
    "scalper": (
        "黄牛在超市门口收券，五十的券给三十",
        "二手平台上全是出券的，加价卖",
        "群里有人代抢，一张收十块",
        "黄牛七折倒卖消费券，截图在此",
        "有人一次出两百张券，哪来的",
    ),
    "scam": (
        "我爸点了领券短信里的链接，卡里被转走八千",
        "冒充银行打电话说领消费券要交保证金，已经有人被骗",
        "假公众号领券，填了密码钱就没了",
        "扫了小区门口的领券二维码，微信被盗刷两千",
    ),
    "crowd": (
        "商场排队领券挤倒了一个老太太，送医院了",
        "门口为抢券打起来了，保安拉不开",
        "超市开门一涌而入，孩子被踩到手，现场没人管",
        "排队领券有大爷晕倒，救护车来了",
    ),
}


def complaint(dice: random.Random, subject: str) -> str:
    """A grumble now and then: who did not get one thinks of touts."""
    if subject == "grab_fail" and dice.random() < 0.06:
        return dice.choice(_GRUMBLES)
    return dice.choice(_USUAL[subject])


def aside(dice: random.Random) -> tuple[str, bool]:
    """A warning or a question of every day, and whether its tone is negative."""
    return (
        (dice.choice(_NOTICES), False)
        if dice.random() < 0.5
        else (dice.choice(_QUESTIONS), dice.random() < 0.5)
    )


def advertisement(dice: random.Random) -> str:
    return dice.choice(_FLOOD)
