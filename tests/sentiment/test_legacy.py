"""Stock SnowNLP costs 430 MB and seconds to load: everything here is slow."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sentiment.composed import SEED_POSTS, composed_posts
from sentiment.legacy import Legacy, legacy_score

pytestmark = pytest.mark.slow

ODD = [
    "䶮龘好",
    "我䶮们龘",
    "龘",
    "龘好的䴔啊好吗",
    "abc",
    "😀",
    " ",
    "很好 a很差 b",
    "\n消费券\r\n",
    "哈" * 300,
    "的的的",
]
TEXTS = st.text(
    alphabet="的一是不了在人有我好差坏喜欢退款快慢很太真消费券没抢到龘䶮㐀 ab，。!1\n",
    min_size=1,
    max_size=40,
)


@pytest.fixture(scope="module")
def legacy() -> Legacy:
    return Legacy()


def stock(text: str) -> float:
    from snownlp import SnowNLP

    return float(SnowNLP(text).sentiments)


def test_composed_and_odd_texts_score_as_snownlp_scores_them(legacy: Legacy) -> None:
    texts = [*ODD, *(post.text for post in composed_posts(SEED_POSTS)[:150])]
    assert legacy.scores(texts) == pytest.approx([stock(text) for text in texts], abs=1e-9)


@given(texts=st.lists(TEXTS, min_size=1, max_size=5))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_texts_score_as_snownlp_scores_them(legacy: Legacy, texts: list[str]) -> None:
    assert legacy.scores(texts) == pytest.approx([stock(text) for text in texts], abs=1e-9)


def test_an_empty_text_has_no_score_where_snownlp_raises() -> None:
    with pytest.raises(ZeroDivisionError):
        stock("")
    assert legacy_score("") is None


def test_a_long_run_takes_no_time(legacy: Legacy) -> None:
    """Stock SnowNLP needs 38 s for this."""
    assert legacy.scores(["哈" * 20_000])[0] is not None
