from dataclasses import replace

import pytest

from domain.errors import ConfigError
from domain.issues import ISSUES
from domain.records import Label
from sentiment.composed import ISSUE_POSTS, SEED_POSTS, composed_posts, issues_of
from sentiment.features import features
from sentiment.issue_figures import Tags
from sentiment.issue_model import NONE, IssueModel
from sentiment.issues import IssueTagger, chosen
from sentiment.weights import load_weights

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


MODEL = IssueModel(
    classes=("refund", "grab_fail", "praise", "consult", NONE),
    bias=(0.0,) * 5,
    listed=2.0,
    scale=1.0,
    heard=1.0,
    lifts=((1.0, 1.0, 1.0),) * 5,
    least=(0.5,) * 5,
    terms={},
    runs={},
    weights=b"",
)


def shares(**of: float) -> dict[str, float]:
    return {name: of.get(name, 0.01) for name in MODEL.classes}


def told(forces: dict[str, float], counts: dict[str, int], label: Label | None) -> tuple[str, ...]:
    return chosen(forces, counts, label, dict(zip(MODEL.classes, MODEL.least, strict=True)))


def test_the_class_with_most_is_the_main_issue_and_none_is_no_tag() -> None:
    assert told(shares(refund=0.9), {}, None) == ("refund",)
    assert told(shares(refund=0.3, none=0.6), {}, None) == ()


def test_a_further_issue_needs_its_part_of_what_the_main_one_leaves() -> None:
    assert told(shares(refund=0.6, grab_fail=0.3), {}, None) == ("refund", "grab_fail")
    assert told(shares(refund=0.6, grab_fail=0.2, consult=0.19), {}, None) == ("refund",)


def test_a_topic_that_is_named_goes_before_praise_a_question_or_nothing() -> None:
    for name in ("praise", "consult", NONE):
        assert told(shares(**{name: 0.9}), {"refund": 2}, None)[0] == "refund"
    assert told(shares(consult=0.9), {"refund": 1}, None) == ("consult",)  # words too common alone
    assert told(shares(grab_fail=0.9), {"refund": 2}, None)[0] == "grab_fail"


def test_anger_praises_nothing() -> None:
    assert told(shares(praise=0.6, refund=0.3), {}, Label.NEGATIVE) == ("refund",)


def test_the_list_and_the_tone_are_heard() -> None:
    flat = [1.0] * 5
    listed = MODEL.forces(flat, {"grab_fail": 2})
    assert max(listed, key=lambda name: listed[name]) == "grab_fail"
    rare, often = (1.0, 1.0, 0.1), (0.1, 0.1, 3.0)
    joyful = replace(MODEL, lifts=(rare, rare, often, rare, rare))
    found = features(["好"])
    heard = joyful.leanings(found, (0.05, 0.05, 0.9))
    assert heard.index(max(heard)) == MODEL.classes.index("praise")
    assert joyful.leanings(found, None) == flat


@pytest.mark.parametrize(
    ("text", "issue"),
    [
        ("点了半天一点动静都没有，页面就那么白着", "system_crash"),
        ("我住这儿十几年，就因为证件不是本地的", "geo_limit"),
        ("东西退了，减掉的那份不还我", "refund"),
        ("八十岁的外婆哪会扫脸认证", "digital_divide"),
    ],
)
def test_the_shipped_model_knows_complaints_that_no_list_names(text: str, issue: str) -> None:
    assert IssueTagger().tags(text, NEGATIVE) == ()
    assert Tags(load_weights()).of(text)[0] == issue


def test_the_composed_posts_name_known_issues_in_many_ways() -> None:
    posts = [post for name in (SEED_POSTS, ISSUE_POSTS) for post in composed_posts(name)]
    assert len({post.text for post in posts}) == len(posts) >= 2_500
    assert {issue for post in posts for issue in post.issues} == set(ISSUES)
    assert {post.label for post in posts} == {label.value for label in Label}
    assert sum(not post.issues for post in posts) >= 100


def test_an_unknown_issue_is_refused() -> None:
    assert issues_of(" refund, consult ,") == ("refund", "consult")
    with pytest.raises(ConfigError, match="weather"):
        issues_of("weather")
