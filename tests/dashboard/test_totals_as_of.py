"""`quanqing totals --as-of`: what was known at a moment, the same bytes whenever it is asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from dashboard.commands.house import as_json
from dashboard.commands.ledger import totals_document
from domain.campaign import Campaign
from domain.records import Counter, Event, Grade, Kind, Parsed
from ingest.run import run_source
from store.engine import read
from store.queries.totals import totals
from tests.ingest.scripted import scripted, site
from tests.store.events import OPENING, event

BY = ("programme", "tranche", "sector")
NOON, EVENING, NEXT_DAY = (OPENING + timedelta(hours=hours) for hours in (3, 10, 26))


def document(engine: Engine, campaign: Campaign, *, known_by: datetime, now: datetime) -> str:
    """As the command prints it."""
    with read(engine) as conn:
        rows = totals(conn, campaign, by=BY, now=now, known_by=known_by)
        return as_json(totals_document(rows, by=BY, as_of=known_by, version=None))


@pytest.fixture
def told(small_campaign: Campaign) -> tuple[Event, Event, Counter]:
    city = small_campaign.city
    claim, used = (event(small_campaign, city.id, kind, 1) for kind in (Kind.CLAIM, Kind.REDEMPTION))
    counted = Counter(
        platform=city.platform, sub_project=claim.sub_project, template=claim.template, round_no=1,
        kind=Kind.CLAIM, value_count=5, counted_at=NOON,
    )  # fmt: skip
    return claim, used, counted


def test_what_comes_later_changes_no_byte_of_what_was_known(
    engine: Engine, small_campaign: Campaign, told: tuple[Event, Event, Counter]
) -> None:
    claim, used, counted = told
    late = event(small_campaign, small_campaign.city.id, Kind.REDEMPTION, 2)
    answers = (
        Parsed(records=(claim, replace(used, order_fen=None), counted), data_time=NOON),
        Parsed(
            records=(
                used,
                late,
                replace(claim, revision=1, cancelled=True),
                replace(counted, value_count=9, counted_at=EVENING),
            ),
            data_time=NEXT_DAY,
            grade=Grade.DAILY,
        ),
    )
    place = site(engine, small_campaign)
    platform = small_campaign.city.platform
    run_source(scripted(answers[0], platform=platform), place, lambda: EVENING)
    before = document(engine, small_campaign, known_by=EVENING, now=EVENING)
    assert f'"data_time": "{NOON.isoformat()}"' in before
    run_source(scripted(*answers, platform=platform), place, lambda: NEXT_DAY)
    assert document(engine, small_campaign, known_by=EVENING, now=NEXT_DAY) == before
    assert document(engine, small_campaign, known_by=NEXT_DAY, now=NEXT_DAY) != before
