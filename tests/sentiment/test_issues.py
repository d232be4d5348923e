import pytest

from domain.records import Label
from sentiment.issues import IssueTagger

NEGATIVE = Label.NEGATIVE


@pytest.fixture(scope="module")
def issues() -> IssueTagger:
    return IssueTagger()


@pytest.mark.parametrize(
    ("text", "issue"),
    [
        ("又没抢到", "grab_fail"),
        ("页面白屏", "system_crash"),
        ("二手平台有人代抢", "scalper"),
        ("老板说可以套现", "cash_out"),
        ("先涨价再打折", "price_gouging"),
        ("商场拒收", "merchant_refusal"),
        ("核销失败三次", "redeem_fail"),
        ("我退货了，券没回来", "refund"),
        ("垫资两个月没结算", "merchant_settlement"),
    ],
)
def test_a_complaint_gets_its_category(issues: IssueTagger, text: str, issue: str) -> None:
    assert issues.tags(text, NEGATIVE)[0] == issue


def test_a_post_may_have_several_issues(issues: IssueTagger) -> None:
    assert {"system_crash", "service_hotline"} <= set(issues.tags("系统崩溃，客服占线", NEGATIVE))


def test_sarcastic_praise_is_no_praise(issues: IssueTagger) -> None:
    assert "praise" not in issues.tags("呵呵真惠民", NEGATIVE)
    assert "praise" in issues.tags("真惠民", Label.POSITIVE)


def test_joint_phrases_need_every_part(issues: IssueTagger) -> None:
    assert issues.tags("验证码一直收不到", NEGATIVE) == ("system_crash",)
    assert issues.tags("验证码", NEGATIVE) == ()


def test_every_category_of_the_taxonomy_has_phrases(issues: IssueTagger) -> None:
    assert len(issues.categories) == len(set(issues.categories)) == 24


@pytest.mark.parametrize(
    ("text", "label", "wanted"),
    [
        ("领了三张券,周末一家人吃了火锅", Label.POSITIVE, ("praise",)),
        ("这券去哪个窗口?", Label.NEUTRAL, ("consult",)),
        ("领了三张券,周末一家人吃了火锅", Label.NEGATIVE, ()),
        ("周末一家人吃了火锅", Label.POSITIVE, ()),
    ],
)
def test_without_a_word_of_the_list_the_tone_says_what_a_voucher_post_is(
    issues: IssueTagger, text: str, label: Label, wanted: tuple[str, ...]
) -> None:
    assert issues.tags(text, label) == wanted
