"""Reposts of one text are one event; what turns a text into its opposite is another one."""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sentiment.reposts import CONTAINED, Events, Told, are_opposites, containment, normalised, trigrams

_DATA = Path(__file__).parents[1] / "data" / "reposts"
_SHARED = Path(__file__).parents[3] / "shared" / "data" / "sentiment"
NOW = datetime(2022, 10, 28, 2, 0, tzinfo=UTC)
TEXT = "潞州区这家超市今天不肯收政府消费券，说系统坏了，让我改天再来，白跑一趟"


def told(post_id: int, text: str, *, label: str | None = None, county: str | None = None) -> Told:
    return Told(post_id=post_id, text=text, label=label, county=county, at=NOW)


def merged(a: str, b: str) -> bool:
    return Events([told(1, a)]).join(told(2, b)) == 1


@pytest.mark.parametrize(
    "again",
    [
        TEXT,
        TEXT.replace("，", " ") + "[怒][怒] https://example.com/t/1",
        "气死了//@某某:" + TEXT,
        "这就离谱 - 转发 @某某: " + TEXT,
        "转发微博//@甲:真的？//@乙:" + TEXT,
        "不信//@某某：" + TEXT,
        TEXT[:28] + "...全文",
    ],
)
def test_a_repost_belongs_to_what_it_passes_on(again: str) -> None:
    assert merged(TEXT, again)
    assert merged(again, TEXT), "also when the repost is found first"


def test_a_short_text_is_only_the_same_as_itself() -> None:
    assert merged("消费券根本抢不到", "消费券根本抢不到！！[泪]")
    assert not merged("消费券根本抢不到", "消费券根本抢不到啊")


def test_a_syllable_over_and_over_is_nobodys_repost() -> None:
    assert not merged("给我一个消费券" + "啊" * 30, "啊" * 40)


def _opposites() -> list[tuple[str, str]]:
    lines = (_DATA / "opposites.tsv").read_text(encoding="utf-8").splitlines()
    return [(a, b) for a, b in (line.split("\t") for line in lines)]


def test_opposites_are_never_merged() -> None:
    pairs = _opposites()
    assert len(pairs) >= 40
    assert [(a, b) for a, b in pairs if merged(a, b) or merged(b, a)] == []


def test_it_is_the_reading_of_differences_that_keeps_opposites_apart() -> None:
    alike = [
        (a, b)
        for a, b in ((normalised(a), normalised(b)) for a, b in _opposites())
        if min(len(a), len(b)) >= 25 and containment(trigrams(a), trigrams(b)) >= CONTAINED
    ]
    assert len(alike) >= 30, "most of them look like reposts of each other"
    assert all(are_opposites(a, b) for a, b in alike)


@pytest.mark.parametrize("field", ["label", "county"])
def test_never_across_polarity_or_county_where_both_are_known(field: str) -> None:
    known = {"label": ("neg", "pos"), "county": ("140403", "140404")}[field]
    events = Events([told(1, TEXT, **{field: known[0]})])
    assert events.join(told(2, TEXT, **{field: known[1]})) == 2
    assert events.join(told(3, TEXT, **{field: known[0]})) == 1
    assert events.join(told(4, TEXT)) == 1, "unknown is no other"


def test_what_is_learnt_of_an_event_later_counts_for_the_next_post() -> None:
    events = Events([told(1, TEXT)])
    assert events.join(told(2, TEXT, county="140403")) == 1
    assert events.join(told(3, TEXT, county="140404")) == 3


def test_an_event_that_nobody_passes_on_is_let_go() -> None:
    events = Events([told(1, TEXT)])
    events.forget(NOW + timedelta(days=1))
    assert len(events) == 0
    assert events.join(told(2, TEXT)) == 2


@pytest.mark.parametrize("text", ["", "！！！", "[泪][泪]", "https://example.com", "//@甲:"])
def test_a_text_with_nothing_in_it_is_no_trouble(text: str) -> None:
    assert Events([told(1, TEXT)]).join(told(2, text)) == 2


def _real_posts() -> list[str]:
    if not _SHARED.is_dir():
        pytest.skip("the shared posts are not beside this repository")
    posts = []
    for name in ("smp2020_usual_eval", "smp2020_virus_eval", "nlpcc2013_weibo"):
        with gzip.open(_SHARED / f"{name}.tsv.gz", "rt", encoding="utf-8") as lines:
            next(lines)
            posts += [line.split("\t")[0] for line in lines]
    return posts


@pytest.mark.parametrize(
    "passed_on",
    [
        lambda post, comment: post,
        lambda post, comment: post.replace("，", " ") + "[泪] http://t.cn/A6",
        lambda post, comment: f"{comment}//@某人:{post}",
        lambda post, comment: f"{comment} - 转发 @某人: {post}",
        lambda post, comment: post[: int(len(post) * 0.6)] + "...全文",
    ],
    ids=["plain", "decorated", "commented", "commented in a feed", "cut to 60 %"],
)
def test_real_posts_are_found_again(passed_on: Callable[[str, str], str]) -> None:
    """Cut posts keep 25 characters: shorter ones are merged only if they are the same."""
    dice = random.Random(11)
    posts = _real_posts()
    whole = [p for p in posts if len(normalised(p[: int(len(p) * 0.6)])) >= 25]
    comments = [p for p in posts if 4 < len(p) < 25]
    chosen = dice.sample(whole, 500)
    found = sum(merged(post, passed_on(post, dice.choice(comments))) for post in chosen)
    assert found >= 0.98 * len(chosen)


def test_random_pairs_of_real_posts_are_never_merged() -> None:
    dice = random.Random(12)
    posts = [p for p in _real_posts() if len(normalised(p)) >= 25]
    pairs = (dice.sample(posts, 2) for _ in range(20_000))
    assert [(a, b) for a, b in pairs if merged(a, b)] == []
