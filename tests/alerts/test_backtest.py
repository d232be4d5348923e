"""A replay sees what was known at each moment; two sets of parameters side by side; verdicts measure them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, func, select, update

from alerts.backtest import Backtest, Played, backtest
from alerts.parameters import Parameters
from alerts.rules import opinion_burst
from alerts.watch import watch
from domain.campaign import Campaign
from domain.casework import Stage, Verdict
from domain.errors import ConfigError
from domain.judgement import PERSON
from domain.readings import Level
from domain.records import Label, Relevance
from store import schema
from store.engine import read, write
from store.writes.cases import open_by_hand
from store.writes.posts import save_scores
from tests.store.posts import post, say, score

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
STRICT = Parameters.model_validate({"opinion_burst": {"min_count": 15}})
COUNTY = "140403"


def told(
    conn: Connection,
    now: datetime,
    *,
    n: int = 20,
    first: int = 0,
    late: timedelta = timedelta(0),
    **more: Any,
) -> list[int]:
    """A complaint a minute from `now` on, each received and scored `late` after it was said."""
    found = []
    for k in range(n):
        at = now + MINUTE * k
        made = post(first + k, published_at=at, author_ref=f"a{first + k}")
        judged = score(**({"issues": ("redeem_fail",), "county": COUNTY} | more))
        found += say(conn, (made, judged), now=at + late)
    return found


def run(engine: Engine, campaign: Campaign, since: datetime, until: datetime, **more: Any) -> Played:
    """Of the rule of bursts, unless another is asked for."""
    more = {"rules": ("opinion_burst",)} | more
    with read(engine) as conn:
        found: Backtest = backtest(
            conn, campaign, Parameters(), more.pop("other", None), since=since, until=until, **more
        )
    (played,) = found.rules
    return played


def test_it_raises_when_the_eighth_voice_was_known_and_not_when_it_spoke(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    with write(engine) as conn:
        told(conn, now, late=30 * MINUTE)
    found = run(engine, small_campaign, now - HOUR, now + 3 * HOUR)
    (raised,) = found.now.raised
    assert raised.opened_at == now + 37 * MINUTE
    assert (raised.subject, raised.level) == (f"{COUNTY}/redeem_fail", Level.ORANGE)
    assert raised.ended_at is not None


def test_what_was_learned_later_changes_nothing_before(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    """A newer model, a person's word: they count from their own moment on."""
    with write(engine) as conn:
        ids = told(conn, now)
    before = run(engine, small_campaign, now, now + HOUR)
    with write(engine) as conn:
        elsewhere = score(Label.NEGATIVE, relevance=Relevance.OTHER, model="m2")
        save_scores(conn, [(i, elsewhere) for i in ids], now=now + HOUR)
        person = score(Label.NEGATIVE, issues=("redeem_fail",), county=COUNTY, model=PERSON)
        save_scores(conn, [(i, person) for i in ids[:4]], now=now + 2 * HOUR)
        save_scores(conn, [(i, elsewhere) for i in ids], now=now + 3 * HOUR)
    assert run(engine, small_campaign, now, now + HOUR) == before


def test_a_replay_finds_what_the_worker_found(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    with write(engine) as conn:
        told(conn, now, n=25)
    for minutes in range(60):
        with write(engine) as conn:  # the posts of later looks are not there yet for the worker
            known = select(schema.posts.c.post_id).where(schema.posts.c.received_at > now + MINUTE * minutes)
            conn.execute(update(schema.scores).values(current=schema.scores.c.post_id.not_in(known)))
        watch(
            engine, (opinion_burst,), small_campaign, (), clock=lambda minutes=minutes: now + MINUTE * minutes
        )
    with read(engine) as conn:
        (row,) = conn.execute(select(schema.alerts)).all()
    (raised,) = run(engine, small_campaign, now, now + HOUR).now.raised
    assert (raised.opened_at, raised.subject) == (row.raised_at, row.subject)
    assert raised.level is Level(row.computed_level)


def test_two_sets_of_parameters_stand_side_by_side(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    with write(engine) as conn:
        told(conn, now, n=20)
        told(conn, now, n=10, first=100, issues=("refund",))
    found = run(engine, small_campaign, now, now + 3 * HOUR, other=STRICT)
    sides = {pair.subject: (pair.now, pair.other) for pair in found.pairs}
    both, gone = sides[f"{COUNTY}/redeem_fail"], sides[f"{COUNTY}/refund"]
    assert both[0] is not None
    assert both[1] is not None
    assert both[1].opened_at - both[0].opened_at == 7 * MINUTE
    assert gone[0] is not None
    assert gone[1] is None
    assert found.other is not None
    assert found.other.version == STRICT.opinion_burst.version


def test_verdicts_give_precision_lead_and_what_was_missed(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    with write(engine) as conn:
        told(conn, now, n=20)
        told(conn, now, n=10, first=100, issues=("refund",))
        watch_at = now + 20 * MINUTE
    watch(engine, (opinion_burst,), small_campaign, (), clock=lambda: watch_at)
    with write(engine) as conn:
        judged = {"stage": Stage.CLOSED.value, "done_at": now + HOUR}
        for issue, verdict in (("redeem_fail", Verdict.REAL), ("refund", Verdict.FALSE)):
            mine = schema.alerts.c.subject == f"{COUNTY}/{issue}"
            known = {"verdict": verdict.value, "known_at": now + 37 * MINUTE} | judged
            conn.execute(update(schema.alerts).where(mine).values(known))
        for county in (COUNTY, "140404"):
            missed = open_by_hand(
                conn, title="t", level=Level.RED, county=county, note="", who="wang", now=now + HOUR
            )
            mine = schema.alerts.c.alert_id == missed
            conn.execute(update(schema.alerts).where(mine).values(judged | {"verdict": Verdict.REAL.value}))
    found = run(engine, small_campaign, now, now + 3 * HOUR, other=STRICT)
    assert found.other is not None
    one, two = found.now.verdicts, found.other.verdicts
    assert (one.real_count, one.false_count, one.missed_count, one.lead) == (2, 1, 1, 30 * MINUTE)
    assert (two.real_count, two.false_count, two.missed_count, two.lead) == (2, 0, 1, 23 * MINUTE)
    assert one.precision == pytest.approx(2 / 3)


def test_it_reads_only_and_is_bounded(engine: Engine, small_campaign: Campaign, now: datetime) -> None:
    with write(engine) as conn:
        told(conn, now)
    run(engine, small_campaign, now, now + HOUR, other=STRICT)
    with read(engine) as conn:
        tables = (schema.alerts, schema.alert_history, schema.outbox, schema.rule_parameters)
        assert [conn.scalar(select(func.count()).select_from(t)) for t in tables] == [0, 0, 0, 0]
    for since, until, every in (
        (now, now, MINUTE),
        (now, now + timedelta(days=32), MINUTE),
        (now, now + HOUR, timedelta(seconds=1)),
    ):
        with pytest.raises(ConfigError):
            run(engine, small_campaign, since, until, every=every)
    ticking = iter(range(0, 10_000, 100))
    with pytest.raises(ConfigError, match="not done within"):
        run(engine, small_campaign, now, now + HOUR, monotonic=lambda: next(ticking))


def test_a_rule_that_is_off_would_have_raised_nothing(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    with write(engine) as conn:
        told(conn, now)
    off = Parameters.model_validate({"opinion_burst": {"on": False}})
    found = run(engine, small_campaign, now, now + HOUR, other=off)
    assert found.other is not None
    assert (len(found.now.raised), found.other.raised) == (1, ())
