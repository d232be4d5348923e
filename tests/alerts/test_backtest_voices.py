"""The other opinion rules played again: counts, hot lists, red lines and silent sources as they were known."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine, update

from alerts.parameters import Parameters
from alerts.replay import PLAYED
from alerts.watch import watch
from domain.campaign import Campaign
from domain.judgement import PERSON
from domain.readings import Level
from domain.records import Label
from store import schema
from store.engine import read, write
from store.queries.known_silence import known_silence
from store.queries.sources import Expected
from store.writes.intake import source_alive
from store.writes.posts import save_posts, save_scores
from tests.alerts.test_backtest import COUNTY, HOUR, MINUTE, run
from tests.store.posts import post, say, score

FORUM = (Expected(source="forum", name="论坛", side="opinion", stale_after_s=1800),)


def test_a_count_is_known_from_the_hour_in_which_it_was_seen(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    with write(engine) as conn:
        say(conn, (post(1, published_at=now, likes=10), score(county=COUNTY)), now=now)
        save_posts(conn, [post(1, published_at=now, likes=250)], raw_sha256="0" * 64, now=now + 90 * MINUTE)
        save_posts(conn, [post(1, published_at=now, likes=1500)], raw_sha256="0" * 64, now=now + 150 * MINUTE)
    other = Parameters.model_validate({"high_reach": {"engaged": [1000, 2000, 5000, 20000]}})
    played = run(engine, small_campaign, now, now + 4 * HOUR, rules=("high_reach",), other=other)
    (one,), two = played.now.raised, played.other
    assert (one.opened_at, one.level, one.worst_at) == (now + 90 * MINUTE, Level.ORANGE, now + 150 * MINUTE)
    assert two is not None
    assert [raised.opened_at for raised in two.raised] == [now + 150 * MINUTE]


def test_a_place_on_a_hot_list_counts_from_its_own_moment(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    with write(engine) as conn:
        say(conn, (post(1, published_at=now), score(county=COUNTY)), now=now)
        save_posts(conn, [post(1, published_at=now, rank=3)], raw_sha256="0" * 64, now=now + HOUR)
    (raised,) = run(engine, small_campaign, now, now + 3 * HOUR, rules=("high_reach",)).now.raised
    assert raised.opened_at == now + HOUR


def test_a_red_line_ends_when_a_person_says_it_was_none(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    told = score(issues=("cash_out",), county=COUNTY)
    with write(engine) as conn:
        ids = say(
            conn,
            *(
                (post(n, f"第{n}家店老板说可以套现，返八成", published_at=now, author_ref=f"a{n}"), told)
                for n in (1, 2)
            ),
            (post(3, "套现这个词写在规则里", published_at=now), told),
            now=now + 10 * MINUTE,
        )
    before = run(engine, small_campaign, now, now + HOUR, rules=("red_line",))
    (raised,) = before.now.raised
    assert (raised.opened_at, raised.level) == (now + 10 * MINUTE, Level.ORANGE)
    assert set(raised.evidence) == {str(i) for i in ids[:2]}
    with write(engine) as conn:
        praise = score(Label.POSITIVE, county=COUNTY, model=PERSON)
        save_scores(conn, [(i, praise) for i in ids], now=now + 2 * HOUR)
    assert run(engine, small_campaign, now, now + HOUR, rules=("red_line",)) == before
    (ended,) = run(engine, small_campaign, now, now + 3 * HOUR, rules=("red_line",)).now.raised
    assert ended.ended_at == now + 2 * HOUR + 14 * MINUTE  # 15 minutes after it was last found


def test_the_tone_turns_as_it_was_heard_and_not_beside_a_silent_source(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    def talk(at: datetime, negative: int, count: int, first: int) -> None:
        told = [
            (
                post(first + n, f"说法{first + n}", published_at=at, author_ref=f"a{first + n}"),
                score(Label.NEGATIVE if n < negative else Label.NEUTRAL, county=COUNTY),
            )
            for n in range(count)
        ]
        say(conn, *told, now=at)

    with write(engine) as conn:
        talk(now - 5 * HOUR, 5, 50, 0)
        talk(now + 2 * HOUR, 55, 60, 100)
        source_alive(conn, "forum", joined=HOUR, now=now - 11 * HOUR)
        for hours in range(-10, 3):
            source_alive(conn, "forum", joined=HOUR, now=now + HOUR * hours)
    turning = ("sentiment_turning",)
    (raised,) = run(engine, small_campaign, now, now + 4 * HOUR, rules=turning, expected=FORUM).now.raised
    assert raised.opened_at == now + 2 * HOUR
    assert raised.ended_at is None
    with read(engine) as conn:
        (never, silence) = known_silence(conn, FORUM, until=now + 4 * HOUR)
    assert (never.until, silence.since) == (now - 11 * HOUR, now + 2 * HOUR + 30 * MINUTE)
    with write(engine) as conn:
        earlier = schema.source_alive.c.until > now
        conn.execute(update(schema.source_alive).where(earlier).values(until=now + HOUR))
    assert run(engine, small_campaign, now, now + 4 * HOUR, rules=turning, expected=FORUM).now.raised == ()
    assert run(engine, small_campaign, now, now + 4 * HOUR, rules=turning).now.raised != ()


def test_every_rule_played_again_finds_what_the_worker_found(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    told = score(issues=("scalper",), county=COUNTY)
    words = "黄牛在群里卖券，三折一张"
    with write(engine) as conn:
        calm = [
            (
                post(500 + n, f"路过{n}", published_at=now - 8 * HOUR, author_ref=f"c{n}"),
                score(Label.NEUTRAL, county=COUNTY),
            )
            for n in range(30)
        ]
        angry = [
            (post(n, f"{words}{n}", published_at=now, author_ref=f"a{n}", likes=900 if n == 0 else 1), told)
            for n in range(40)
        ]
        say(conn, *calm, now=now - 8 * HOUR)
        say(conn, *angry, now=now)
    watch(engine, list(PLAYED.values()), small_campaign, (), clock=lambda: now)  # type: ignore[arg-type]
    with read(engine) as conn:
        rows = conn.execute(schema.alerts.select()).all()
    assert {row.rule for row in rows} == set(PLAYED)
    for row in rows:
        raised = run(engine, small_campaign, now, now + MINUTE, rules=(row.rule,)).now.raised
        (mine,) = [r for r in raised if r.subject == row.subject]
        assert (mine.level.value, mine.title, list(mine.reasons)) == (row.level, row.title, row.reasons)
        assert list(mine.evidence) == row.evidence


def test_a_silent_source_ends_nothing_in_the_past_either(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    told = score(issues=("cash_out",), county=COUNTY)
    with write(engine) as conn:
        say(conn, (post(1, "超市老板说可以套现，返八成", published_at=now), told), now=now)
        source_alive(conn, "forum", joined=HOUR, now=now)
    since, until = now + 23 * HOUR, now + 27 * HOUR
    (heard,) = run(engine, small_campaign, since, until, rules=("red_line",)).now.raised
    (unheard,) = run(engine, small_campaign, since, until, rules=("red_line",), expected=FORUM).now.raised
    assert heard.ended_at is not None
    assert unheard.ended_at is None
