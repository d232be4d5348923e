"""Events and their spread, hours that outlive their posts, and what people correct."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, delete, func, select

from domain.errors import StoreError
from domain.judgement import PERSON, Judgement
from domain.records import Label, Relevance
from sentiment.grouping import Grouping
from store import schema
from store.engine import read, write
from store.queries.opinion_events import OpinionEvent, opinion_events, topics, ungrouped_posts
from store.writes.corrections import correct_post
from store.writes.forgetting import forget_link
from store.writes.posts import save_scores
from tests.store.events import OPENING
from tests.store.posts import post, say, score

TEXT = "潞州区这家超市今天不肯收政府消费券，说系统坏了，让我改天再来，白跑一趟"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def events(engine: Engine) -> tuple[OpinionEvent, ...]:
    with read(engine) as conn:
        return opinion_events(conn, since=OPENING - HOUR, until=OPENING + timedelta(days=2))


def test_an_event_knows_its_spread(engine: Engine) -> None:
    with write(engine) as conn:
        say(
            conn,
            (post(1, TEXT, published_at=OPENING, author_ref="a", likes=3), score()),
            (post(2, "气死//@某某:" + TEXT, published_at=OPENING + 70 * MINUTE, author_ref="b"), score()),
            (post(3, TEXT, published_at=OPENING + 80 * MINUTE, author_ref="b", media="weibo"), score()),
            (post(4, TEXT[:30] + "...全文", published_at=OPENING + 90 * MINUTE, author_ref="a", reposts=4), score()),
            (post(5, "完全是另外一件事情，说的是加油站的油价今天又涨了，跟谁都没有关系"), score()),
            (post(6, "天猫消费券满减", published_at=OPENING), score(relevance=Relevance.COMMERCE)),
        )  # fmt: skip
    assert Grouping(engine, clock=lambda: OPENING + 2 * HOUR).run() == 5
    large, small = events(engine)
    assert (large.posts_count, large.voices, large.media, large.reach) == (4, 2, ("forum", "weibo"), 7)
    assert (large.first_at, large.last_at, large.peak_after) == (OPENING, OPENING + 90 * MINUTE, HOUR)
    assert (large.label, large.issues) == ("neg", ("grab_fail",))
    assert large.event_id == large.first_post_id
    assert small.posts_count == 1


def test_a_short_post_is_the_same_where_a_feed_makes_a_title_of_it(engine: Engine) -> None:
    with write(engine) as conn:
        say(
            conn,
            (post(1, "抢不到券\n太坑了", title="抢不到券 太坑了"), score()),
            (post(2, "抢不到券，太坑了"), score()),
        )
    assert Grouping(engine, clock=lambda: OPENING).run() == 2
    (only,) = events(engine)
    assert only.posts_count == 2


def test_a_worker_that_begins_anew_goes_on_with_the_same_events(engine: Engine) -> None:
    with write(engine) as conn:
        say(conn, (post(1, TEXT), score()))
    assert Grouping(engine, clock=lambda: OPENING).run() == 1
    with write(engine) as conn:
        say(conn, (post(2, "转发//@某某:" + TEXT), score()))
    again = Grouping(engine, clock=lambda: OPENING + HOUR)
    assert (again.run(), again.run()) == (1, 0)
    (only,) = events(engine)
    assert only.posts_count == 2


def test_a_group_that_was_not_saved_is_found_again(engine: Engine) -> None:
    with write(engine) as conn:
        say(conn, (post(1, TEXT), score()), (post(2, TEXT), score()))
    grouping = Grouping(engine, clock=lambda: OPENING)

    def fenced(conn: Connection) -> None:
        raise StoreError("the lease is lost")

    with pytest.raises(StoreError):
        grouping.run(fenced)
    assert grouping.run() == 2
    assert [event.posts_count for event in events(engine)] == [2]


def test_what_was_deleted_is_not_remembered_for_those_who_pass_it_on(engine: Engine) -> None:
    with write(engine) as conn:
        say(conn, (post(1, TEXT, url="https://x.example/1"), score()))
    grouping = Grouping(engine, clock=lambda: OPENING)
    assert grouping.run() == 1
    assert TEXT[:10] in memory(grouping)
    with write(engine) as conn:
        assert forget_link(conn, "https://x.example/1", now=OPENING) == 1
    assert grouping.run() == 0
    assert TEXT[:10] not in memory(grouping)
    with write(engine) as conn:
        say(conn, (post(2, TEXT), score()))
    assert grouping.run() == 1
    with read(engine) as conn:
        assert len(set(conn.scalars(select(schema.reposts.c.event_id)))) == 2


def memory(grouping: Grouping) -> str:
    """All texts it holds on to."""
    assert grouping._events is not None
    return " ".join(event.text for event in grouping._events._events.values())


def test_a_text_of_another_week_is_another_event(engine: Engine) -> None:
    with write(engine) as conn:
        say(conn, (post(1, TEXT), score()))
    now = [OPENING]
    grouping = Grouping(engine, clock=lambda: now[0])
    grouping.run()
    now[0] += timedelta(days=9)
    with write(engine) as conn:
        say(conn, (post(2, TEXT, published_at=now[0]), score()))
    grouping.run()
    with read(engine) as conn:
        assert len(set(conn.scalars(select(schema.reposts.c.event_id)))) == 2


def test_events_of_one_issue_and_county_are_one_topic_until_it_is_quiet(engine: Engine) -> None:
    texts = ("抢不到一", "抢不到二", "抢不到三", "抢不到四")
    at = (OPENING, OPENING + HOUR, OPENING + 9 * HOUR, OPENING)
    counties = ("140403", "140403", "140403", None)
    with write(engine) as conn:
        say(
            conn,
            *(
                (post(n, text, published_at=when), score(county=county))
                for n, (text, when, county) in enumerate(zip(texts, at, counties, strict=True))
            ),
        )
    Grouping(engine, clock=lambda: OPENING + 10 * HOUR).run()
    found = topics(events(engine))
    assert [(t.county, t.posts_count) for t in found] == [("140403", 2), (None, 1), ("140403", 1)]
    assert {t.issue for t in found} == {"grab_fail"}


# ---------------------------------------------------------------- by hour


def hours(conn: Connection, **named: str) -> dict[datetime, int]:
    table = schema.rollup_opinion
    where = [table.c[name] == value for name, value in named.items()]
    query = select(table.c.hour, func.sum(table.c.posts_count)).where(*where).group_by(table.c.hour)
    return {hour: int(n) for hour, n in conn.execute(query)}


def test_hours_count_every_post_once_and_each_under_its_issues(conn: Connection) -> None:
    say(
        conn,
        (post(1), score(issues=("grab_fail", "crash"), county="140403")),
        (post(2), score(Label.POSITIVE, issues=())),
        (post(3, published_at=OPENING + HOUR), score(None)),
        (post(4, published_at=None), score(relevance=Relevance.OTHER)),
    )
    assert hours(conn, issue="", relevance="campaign") == {OPENING: 2, OPENING + HOUR: 1}
    assert hours(conn, issue="crash") == {OPENING: 1}
    assert hours(conn, issue="", label="", relevance="campaign") == {OPENING + HOUR: 1}
    assert hours(conn, county="140403", issue="") == {OPENING: 1}
    assert hours(conn, relevance="other") == {OPENING: 1}, (
        "by when it came, where nobody says when it was said"
    )


def test_another_score_moves_a_post_and_adds_nothing(conn: Connection) -> None:
    ids = say(conn, (post(1), score()))
    save_scores(conn, [(ids[0], score(Label.POSITIVE, model="m2"))], now=OPENING)
    assert hours(conn, label="neg") == {}
    assert hours(conn, label="pos", issue="") == {OPENING: 1}


def test_hours_outlive_the_posts_they_count(conn: Connection) -> None:
    say(conn, (post(1), score()))
    conn.execute(delete(schema.posts))
    assert hours(conn, issue="") == {OPENING: 1}


# ---------------------------------------------------------------- corrections

SAID = Judgement(relevance=Relevance.CAMPAIGN, label=Label.POSITIVE, issues=("praise",), county="140404")


def current(conn: Connection, post_id: int) -> tuple[str, str | None]:
    row = conn.execute(
        select(schema.scores).where(schema.scores.c.post_id == post_id, schema.scores.c.current)
    ).one()
    return row.model, row.label


def test_what_a_person_says_is_kept_field_by_field_and_stands(conn: Connection) -> None:
    (one,) = say(conn, (post(1), score()))
    assert correct_post(conn, one, SAID, by="wang", now=OPENING + HOUR) == 3
    kept = {row.field: row for row in conn.execute(select(schema.corrections))}
    assert {name: (row.before, row.after) for name, row in kept.items()} == {
        "label": ("neg", "pos"),
        "issues": (["grab_fail"], ["praise"]),
        "county": (None, "140404"),
    }
    assert {(row.corrected_by, row.corrected_at) for row in kept.values()} == {("wang", OPENING + HOUR)}
    assert current(conn, one) == (PERSON, "pos")
    assert hours(conn, label="pos", county="140404", issue="praise") == {OPENING: 1}


def test_no_model_takes_the_place_of_a_person(conn: Connection) -> None:
    (one,) = say(conn, (post(1), score()))
    correct_post(conn, one, SAID, by="wang", now=OPENING)
    save_scores(conn, [(one, score(model="m2"))], now=OPENING + HOUR)
    assert current(conn, one) == (PERSON, "pos")
    models = conn.scalars(select(schema.scores.c.model).where(schema.scores.c.post_id == one))
    assert set(models) == {"m1", "m2", PERSON}, "and each keeps what it said"


def test_a_second_opinion_is_a_correction_of_the_first(conn: Connection) -> None:
    (one,) = say(conn, (post(1), score()))
    correct_post(conn, one, SAID, by="wang", now=OPENING)
    assert correct_post(conn, one, SAID, by="li", now=OPENING) == 0, "a confirmation changes nothing"
    back = Judgement(relevance=Relevance.CAMPAIGN, label=None, issues=(), county=None)
    assert correct_post(conn, one, back, by="li", now=OPENING + HOUR) == 3
    assert current(conn, one) == (PERSON, None)


def test_a_post_without_a_score_cannot_be_corrected(conn: Connection) -> None:
    (one,) = say(conn, (post(1), None))
    with pytest.raises(StoreError, match="no score"):
        correct_post(conn, one, SAID, by="wang", now=OPENING)


def test_what_a_person_calls_irrelevant_belongs_to_no_event(conn: Connection) -> None:
    (one,) = say(conn, (post(1), score()))
    assert [p.post_id for p in ungrouped_posts(conn, limit=9)] == [one]
    away = Judgement(relevance=Relevance.OTHER, label=None, issues=(), county=None)
    correct_post(conn, one, away, by="wang", now=OPENING)
    assert ungrouped_posts(conn, limit=9) == []
