"""What is scored a second time: the past keeps what was known in it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from domain.judgement import Judgement
from domain.records import Label, Relevance, Score
from store.queries.known_posts import learned
from store.queries.posts import unscored_posts
from store.writes.corrections import correct_post
from store.writes.posts import save_scores
from tests.store.events import OPENING
from tests.store.posts import post, say, score

DAY = timedelta(days=1)


def known(conn: Connection) -> list[tuple[datetime, str | None]]:
    found = learned(conn, since=OPENING - DAY, until=OPENING + DAY)
    return [(change.at, change.seen.label if change.seen else None) for change in found]


def again(conn: Connection, post_id: int, said: Score, days: int) -> None:
    save_scores(conn, [(post_id, said)], now=OPENING + days * DAY)


def test_what_a_model_says_again_was_known_since_it_first_said_it(conn: Connection) -> None:
    (one,) = say(conn, (post(1), score()))
    again(conn, one, score(county="140403"), days=2)
    assert known(conn) == [(OPENING, "neg")]


def test_what_it_says_otherwise_is_known_from_then_on(conn: Connection) -> None:
    (one,) = say(conn, (post(1), score(None, relevance=Relevance.UNKNOWN)))
    again(conn, one, score(), days=2)
    assert known(conn) == [(OPENING + 2 * DAY, "neg")]


def test_a_model_gone_back_to_scores_again_what_the_other_scored(conn: Connection) -> None:
    one, two = say(conn, (post(1), score()), (post(2), score()))
    correct_post(
        conn,
        two,
        Judgement(relevance=Relevance.CAMPAIGN, label=None, issues=(), county=None),
        by="a",
        now=OPENING,
    )
    for n, post_id in enumerate((one, two), start=1):
        again(conn, post_id, score(Label.POSITIVE, model="m2"), days=n)
    assert [post.post_id for post in unscored_posts(conn, model="m1", limit=9)] == [one]
    again(conn, one, score(), days=3)
    assert unscored_posts(conn, model="m1", limit=9) == []


def test_a_model_gone_back_to_counts_from_then_on(conn: Connection) -> None:
    (one,) = say(conn, (post(1), score()))
    again(conn, one, score(Label.POSITIVE, model="m2"), days=2)
    again(conn, one, score(), days=3)
    assert known(conn)[-1] == (OPENING + 3 * DAY, "neg")
