"""At the campaign's door: what cannot be is refused, each thing under a name of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from domain.campaign import Campaign
from domain.measures import Figures
from domain.records import Counter, Event, Grade, Kind, Parsed, Span
from domain.statements import Metric, Statement
from domain.terms import business_day_start
from ingest.admit import AHEAD, MOST_FEN, admit
from ingest.run import run_source
from store import schema
from store.engine import read
from store.queries.totals import total_of, totals
from tests.ingest.scripted import scripted, site
from tests.store.events import event

DAY = timedelta(days=1)


def counter(campaign: Campaign, at: datetime, value: int = 5, **changes: Any) -> Counter:
    owner = campaign.city
    told = {
        "platform": owner.platform, "sub_project": owner.sub_projects.redeem, "round_no": 1, "kind": Kind.CLAIM,
        "template": campaign.rounds[owner.id, 1].lines[0].template, "value_count": value, "counted_at": at,
    } | changes  # fmt: skip
    return Counter(**told)


def statement(campaign: Campaign, at: datetime, **changes: Any) -> Statement:
    owner = campaign.city
    told = {
        "platform": owner.platform, "sub_project": owner.sub_projects.redeem, "metric": Metric.CLAIMED,
        "stated_at": at, "day": business_day_start(at) - DAY, "value_count": 1, "value_fen": None,
    } | changes  # fmt: skip
    return Statement(**told)


def claim(campaign: Campaign, at: datetime) -> Event:
    return event(campaign, "city", Kind.CLAIM, 1, occurred_at=at)


@pytest.mark.parametrize(
    ("made", "field"), [(claim, "occurred_at"), (counter, "counted_at"), (statement, "stated_at")]
)
def test_what_is_dated_days_ahead_is_refused(
    small_campaign: Campaign, now: datetime, made: Any, field: str
) -> None:
    """It would stand before all that is told until then."""
    assert admit(small_campaign, [made(small_campaign, now + AHEAD)], now=now).rejects == ()
    late = made(small_campaign, now + AHEAD + timedelta(seconds=1))
    (refused,) = admit(small_campaign, [late], now=now).rejects
    assert (refused.field, "more than a day ahead" in refused.reason) == (field, True)


def test_a_count_of_another_year_hides_no_count_of_today(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    told = [counter(small_campaign, now + 3_650 * DAY), counter(small_campaign, now, 200)]
    for one in told:
        run_source(scripted(Parsed(records=(one,))), site(engine, small_campaign), lambda: now)
    with read(engine) as conn:
        assert (
            figures(conn, small_campaign, now).claimed_count == 0
        )  # the first page was the one of ten years on
    run_source(scripted(*(Parsed(records=(one,)) for one in told)), site(engine, small_campaign), lambda: now)
    with read(engine) as conn:
        assert figures(conn, small_campaign, now).claimed_count == 200


def figures(conn: Any, campaign: Campaign, now: datetime) -> Figures:
    return total_of(totals(conn, campaign, by=("programme",), now=now))


@pytest.mark.parametrize("field", ["order_fen", "paid_fen"])
@pytest.mark.parametrize("fen", [-1, MOST_FEN + 1, 2**53 - 1])
def test_an_amount_that_nobody_pays_is_refused(small_campaign: Campaign, field: str, fen: int) -> None:
    used = event(small_campaign, "city", Kind.REDEMPTION, 1)
    assert admit(small_campaign, [replace(used, **{field: MOST_FEN})]).rejects == ()
    (refused,) = admit(small_campaign, [replace(used, **{field: fen})]).rejects
    assert refused.field == field


def test_each_refused_row_is_kept(engine: Engine, small_campaign: Campaign, now: datetime) -> None:
    """Beside others of the same payload that differ in one thing alone, and be it the end of a long number."""
    used = event(small_campaign, "city", Kind.REDEMPTION, 1)
    told = (
        *(counter(small_campaign, now, round_no=n) for n in (91, 92)),
        *(counter(small_campaign, now, template=f"x{n}") for n in (1, 2)),
        counter(small_campaign, now, template="x1", kind=Kind.REDEMPTION),
        *(statement(small_campaign, now, template=f"x{n}", round_no=1) for n in (1, 2)),
        *(
            statement(small_campaign, now, day=business_day_start(now) - n * DAY, sub_project="?")
            for n in (1, 2)
        ),
        *(replace(used, event_no=f"{'9' * 70}{n}", county="000000") for n in (1, 2)),
    )
    outcome = run_source(scripted(Parsed(records=told)), site(engine, small_campaign), lambda: now)
    assert (outcome.quarantined, outcome.accepted) == (len(told), 0)
    with read(engine) as conn:
        rows = conn.scalars(select(schema.quarantine.c.row)).all()
    assert len(set(rows)) == len(told)
    assert max(map(len, rows)) == 64


@pytest.mark.parametrize("fault", ["at the door", "in the reader", "with what is known", "none"])
def test_a_file_with_rows_that_could_not_be_booked_tells_no_time_whole(
    engine: Engine, small_campaign: Campaign, now: datetime, fault: str
) -> None:
    day = business_day_start(now)
    used = event(small_campaign, "city", Kind.REDEMPTION, 1)
    other = event(small_campaign, "city", Kind.REDEMPTION, 2)
    before = Parsed(records=(replace(other, merchant="before"),))
    told = replace(other, county=None) if fault == "at the door" else other
    rejects = admit(small_campaign, [replace(used, county=None)]).rejects if fault == "in the reader" else ()
    span = Span(since=day - DAY, until=day)
    file = Parsed(records=(used, told), rejects=rejects, grade=Grade.DAILY, spans=(span,))
    pages = (before, file) if fault == "with what is known" else (file,)
    run_source(scripted(*pages, platform="city-pay"), site(engine, small_campaign), lambda: now)
    with read(engine) as conn:
        spans = conn.scalars(select(schema.feed_spans.c.since)).all()
        aside = conn.scalars(select(schema.quarantine.c.row)).all()
    assert (bool(spans), len(aside)) == ((True, 0) if fault == "none" else (False, 1))


def test_a_feed_is_complete_up_to_now_at_most(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    """A slip in a year would make it look fresh for ever."""
    page = Parsed(records=(claim(small_campaign, now),), data_time=now + 3_650 * DAY)
    run_source(scripted(page, platform="city-pay"), site(engine, small_campaign), lambda: now)
    with read(engine) as conn:
        assert set(conn.scalars(select(schema.feeds.c.data_time))) == {now}
        assert conn.scalars(select(schema.source_state.c.data_time)).all() == [now]
        assert conn.scalars(select(schema.source_runs.c.data_time)).all() == [now]
