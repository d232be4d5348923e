import os
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from domain.campaign import Campaign
from domain.placing import PlacedBy
from domain.records import Post, Relevance
from sentiment.backlog import score_all_again, score_new_posts
from sentiment.score import Scorer
from sentiment.score_child import NoChildError, ScoreChild
from store.engine import read, write
from store.queries.posts import stored_posts, unscored_posts
from store.writes.posts import save_posts

POSTS = [("", "消费券又没抢到，气人", None), ("", "终于抢到消费券，开心", None)]
BRITTLE = "tests.sentiment.hanging_child"


@pytest.fixture(scope="module")
def child(campaign: Campaign) -> Iterator[ScoreChild]:
    started = ScoreChild(campaign, module=BRITTLE, batch_s=3.0, post_s=3.0)
    yield started
    started.stop()


def test_the_child_says_what_the_scorer_says(child: ScoreChild, campaign: Campaign) -> None:
    scorer = Scorer(campaign)
    assert child.model == scorer.model
    assert child.score_batch(POSTS) == scorer.score_batch(POSTS)
    assert child.score_batch([]) == []


@pytest.mark.parametrize("bad", ["挂了", "死了"])
def test_a_post_that_kills_the_child_stays_unscored_and_the_others_are_scored(
    child: ScoreChild, bad: str
) -> None:
    before = child.child
    began = time.monotonic()
    first, lost, second = child.score_batch([POSTS[0], ("", bad, None), POSTS[1]])
    assert time.monotonic() - began < 30  # two child starts under load
    assert [first, second] == child.score_batch(POSTS)
    assert (lost.relevance, lost.label, lost.probabilities) == (Relevance.UNKNOWN, None, None)
    assert child.child is not before


def test_the_child_places_posts_by_the_shops_it_was_told_last(child: ScoreChild) -> None:
    post = ("", "潞安大酒店不收消费券", None)
    assert child.score_batch([post])[0].county is None
    child.know({"潞安大酒店": "140423"})
    placed, before = child.score_batch([post])[0], child.child
    assert (placed.county, placed.placed_by) == ("140423", PlacedBy.MERCHANT)
    child.know({"潞安大酒店": "140423"})
    assert child.child is before, "the same shops are no news"
    child.know({})


def test_a_child_killed_from_outside_is_replaced(child: ScoreChild) -> None:
    wanted = child.score_batch(POSTS)
    assert child.child is not None
    os.kill(child.child.pid, 9)
    assert child.score_batch(POSTS) == wanted


def test_the_child_holds_no_secret(child: ScoreChild, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "do not tell")
    child.stop()
    child.score_batch(POSTS)
    assert child.child is not None
    with open(f"/proc/{child.child.pid}/environ", "rb") as environment:
        assert b"do not tell" not in environment.read()


def test_nothing_is_lost_in_the_store_when_a_post_hangs(
    child: ScoreChild, engine: Engine, now: datetime
) -> None:
    with write(engine) as conn:
        _save(conn, ["消费券又没抢到", "挂了", "终于抢到消费券"], now)
    scored = score_new_posts(engine, child.score_batch, model=child.model, clock=lambda: now)
    with read(engine) as conn:
        stored = stored_posts(conn, since=None, county=None, issue=None, limit=10)
        assert scored == len(stored) == 3
        assert {post["text"]: post["relevance"] for post in stored}["挂了"] == "unknown"
        assert unscored_posts(conn, model=child.model, limit=10) == []


def test_posts_wait_while_no_child_can_begin(campaign: Campaign, engine: Engine, now: datetime) -> None:
    child = ScoreChild(campaign)
    with write(engine) as conn:
        _save(conn, ["消费券又没抢到", "终于抢到消费券"], now)
    child.stop()
    child._module = "tests.sentiment.no_such_child"  # as on a machine that has no memory left for one
    with pytest.raises(NoChildError):
        score_new_posts(engine, child.score_batch, model=child.model, clock=lambda: now)
    with read(engine) as conn:
        assert len(unscored_posts(conn, model=child.model, limit=10)) == 2
    child._module = "sentiment.score_child"
    assert score_new_posts(engine, child.score_batch, model=child.model, clock=lambda: now) == 2
    child.stop()


def test_everything_is_scored_again_page_by_page(child: ScoreChild, engine: Engine, now: datetime) -> None:
    with write(engine) as conn:
        _save(conn, [f"消费券又没抢到，气人{i}" for i in range(7)], now)
    assert score_all_again(engine, child.score_batch, clock=lambda: now, page=3) == 7
    with read(engine) as conn:
        assert {p["label"] for p in stored_posts(conn, since=None, county=None, issue=None, limit=10)} == {
            "neg"
        }


def _save(conn: Connection, texts: list[str], now: datetime) -> None:
    shared: dict[str, Any] = dict.fromkeys(Post.__slots__) | {
        "source": "s",
        "media": "weibo",
        "title": "",
        "is_cut": False,
    }
    posts = [Post(**shared | {"external_id": text, "text": text}) for text in texts]
    save_posts(conn, posts, raw_sha256="0" * 64, now=now)
