"""Alipay states no day's totals, but counts: its counters at midnight are held against its bills of the day after."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from domain.campaign import Campaign
from domain.records import Grade
from domain.statements import Discrepancy, Metric
from ingest.http import Http
from ingest.run import Site, run_source
from ingest.source import Deployment
from ingest.sources.alipay import Alipay
from rehearsal.faults import LEVELS, Faults
from rehearsal.ledger import REDEMPTION, Ledger
from rehearsal.platforms import alipay as fake
from rehearsal.platforms.activities import activities
from rehearsal.rsa import KeyPair
from store.engine import read, write
from store.queries.discrepancies import open_discrepancies
from store.queries.totals import totals
from store.writes.reconcile import reconcile
from tests.ingest.played import port_of

APP, OWN = KeyPair.new(), KeyPair.new()
POLLED = ("08:00", "12:00", "22:30", "23:58", "00:02", "03:00")
DAYS = 3

Counted = Callable[[str, str], int]


def played(engine: Engine, campaign: Campaign, *, lost: int = 0) -> tuple[list[Discrepancy], datetime]:
    """Three days of the city's activities, polled at POLLED; its counters know of `lost` redemptions no bill has."""
    start = campaign.campaign.launch_at
    moment = [start]
    happened = [h for h in Ledger(campaign, 5).play_until(start) if h.lot.programme.platform == "city-pay"]
    book = activities(campaign, "city-pay")
    number = {(a.template, a.round_no): a.number for a in book}

    def counted(wanted: str, kind: str) -> int:
        until = moment[0].timestamp()
        own = [h for h in happened if h.kind == kind and number[h.lot.template.id, h.lot.round_no] == wanted]
        more = lost if kind == REDEMPTION and wanted == book[0].number else 0
        return sum(h.at <= until for h in own) + more

    keys = {"app_key": APP, "own_key": OWN, "app_id": "1", "faults": Faults(LEVELS["none"], 5)}
    platform = fake.Alipay(campaign, "city-pay", counted=counted, **keys)
    platform.take(happened)
    with port_of(platform) as port:
        source = _source(port, campaign, lambda: moment[0])
        http = Http(allow_private=(f"127.0.0.1:{port}",), sleep=lambda _: None)
        site = Site(engine=engine, http=http, campaign=campaign, author_key=b"k" * 32)
        for at in _polls(start):
            moment[0] = at
            platform.advance(at)
            run_source(source, site, lambda: moment[0])
            with write(engine) as conn:
                reconcile(conn, campaign, now=at)
    with read(engine) as conn:
        return list(open_discrepancies(conn)), moment[0]


def _polls(start: datetime) -> list[datetime]:
    midnight = start.replace(hour=0, minute=0)
    times = [timedelta(hours=int(t[:2]), minutes=int(t[3:])) for t in POLLED]
    return sorted(
        midnight + timedelta(days=day) + t
        for day in range(DAYS + 1)
        for t in times
        if midnight + timedelta(days=day) + t >= start
    )


def _source(port: int, campaign: Campaign, clock: Callable[[], datetime]) -> Alipay:
    settings = {
        "id": "alipay", "kind": "alipay", "name": "支付宝", "every_s": 60, "stale_after_s": 600,
        "platform": "city-pay", "gateway": f"http://127.0.0.1:{port}/gateway.do", "app_id": "1",
        "private_key_env": "KEY", "alipay_public_key_env": "THEIRS", "bills_from": "2022-10-28",
        "activities": [
            {"activity_id": a.number, "sub_project": a.sub_project, "template": a.template, "round": a.round_no,
             "county": a.county or "140403"}
            for a in activities(campaign, "city-pay")
        ],
    }  # fmt: skip
    environ = {"KEY": APP.private_text, "THEIRS": OWN.public_text}
    return Alipay.model_validate(settings, context=Deployment(environ=environ, clock=clock))


@pytest.mark.slow
def test_counters_and_bills_that_agree_open_nothing_and_make_days_final(
    engine: Engine, small_campaign: Campaign
) -> None:
    found, now = played(engine, small_campaign)
    assert found == []
    with read(engine) as conn:
        rows = totals(conn, small_campaign, by=("programme", "day"), now=now)
    launch = small_campaign.campaign.launch_at.replace(hour=0, minute=0)
    of_day = {row.key: row.grade for row in rows}
    assert of_day["city", launch] is Grade.FINAL
    assert of_day["luzhou", launch] is Grade.FINAL


@pytest.mark.slow
def test_a_redemption_that_is_counted_and_in_no_bill_is_one_discrepancy(
    engine: Engine, small_campaign: Campaign
) -> None:
    (found,), _ = played(engine, small_campaign, lost=1)
    assert (found.subject.metric, found.difference.count) == (Metric.REDEEMED_GROSS, 1)
    assert (found.subject.day, found.subject.round_no) == (None, 1)
