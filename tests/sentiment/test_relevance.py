import pytest

from domain.campaign import Campaign
from domain.records import Relevance
from sentiment.features import features
from sentiment.relevance import RelevanceFilter
from sentiment.weights import load_weights
from sentiment.words import campaign_words, prepare

CAMPAIGN = [
    "消费券又没抢到",
    "全市核销率过半",
    "商家让利，和政府的券叠着用，比双十一还划算",
    "消费券直播间里商务局长讲怎么领券",
]
COMMERCE = [
    "88VIP领大额消费券",
    "淘宝直播间消费券，到手价更低",
    "双十一抢不到优惠券",
    "６１８消费券叠满减，爆款现货开卖",
]
OTHER = ["", "今天天气不错", "演唱会门票一秒就没了", "电影票黄牛太多", "公司发的购物卡过期了", "👍"]


@pytest.fixture(scope="module")
def relevance(campaign: Campaign) -> RelevanceFilter:
    return RelevanceFilter(campaign)


def judge(relevance: RelevanceFilter, text: str) -> Relevance:
    prepared = prepare(text)
    words = campaign_words().cut(prepared)
    return relevance.judge(prepared, load_weights().talk.logit(features(words)) if words else None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *((text, Relevance.CAMPAIGN) for text in CAMPAIGN),
        *((text, Relevance.COMMERCE) for text in COMMERCE),
        *((text, Relevance.OTHER) for text in OTHER),
    ],
)
def test_the_talk_is_told_apart(relevance: RelevanceFilter, text: str, expected: Relevance) -> None:
    assert judge(relevance, text) is expected


def test_the_campaigns_own_name_is_enough_without_the_word_voucher(
    relevance: RelevanceFilter, campaign: Campaign
) -> None:
    assert judge(relevance, f"{campaign.campaign.theme}来了") is Relevance.CAMPAIGN


def test_a_county_named_is_not_the_campaign_named(relevance: RelevanceFilter, campaign: Campaign) -> None:
    for division in campaign.division:
        assert judge(relevance, f"{division.name}今天下雪") is Relevance.OTHER
