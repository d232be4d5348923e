"""A platform whose pages shift, overlap, fall short, and end inside a second: no event is skipped (promises L8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select

from domain.campaign import Campaign
from ingest.http import Http
from ingest.run import Site, run_source
from ingest.source import Deployment
from ingest.sources.json_api import JsonApi
from rehearsal.faults import EDGE, LEVELS, PAGE, STREAM, Faults
from rehearsal.ledger import Ledger
from rehearsal.platforms import json_api as fake
from store.engine import read
from store.queries.totals import total_of, totals
from store.queries.verify import verify
from store.schema import events
from tests.ingest.played import port_of

DISORDER = replace(LEVELS["hard"], wire_deck=0, seldom=("clock_skewed",))
LOOKS, PAGE_LIMIT = 12, 37


@pytest.mark.parametrize("seed", [5, 11])
def test_every_event_is_booked_once_however_the_pages_fall(
    engine: Engine, small_campaign: Campaign, now: datetime, seed: int
) -> None:
    level = Faults(DISORDER, seed)
    platform = fake.JsonApi("city-pay", token="t", seed=seed, faults=level)
    played = Ledger(small_campaign, seed).play_until(small_campaign.campaign.launch_at)
    platform.take([h for h in played if h.lot.programme.platform == "city-pay"][::3])
    clock = [now]
    with port_of(platform) as port:
        source = JsonApi.model_validate(
            {"id": "pay", "kind": "json_api", "name": "市民付", "every_s": 60, "stale_after_s": 600,
             "base_url": f"http://127.0.0.1:{port}", "platform": "city-pay", "token_env": "TOKEN",
             "page_limit": PAGE_LIMIT},
            context=Deployment(environ={"TOKEN": "t"}, clock=lambda: clock[0]),
        )  # fmt: skip
        http = Http(allow_private=(f"127.0.0.1:{port}",), sleep=lambda _: None)
        site = Site(engine=engine, http=http, campaign=small_campaign, author_key=b"k" * 32)
        told = repeated = 0
        for _ in range(LOOKS):
            platform.advance(clock[0])
            outcome = run_source(source, site, lambda: clock[0])
            assert (outcome.trouble, outcome.quarantined) == (None, 0)
            told += outcome.accepted
            repeated += outcome.duplicate
            clock[0] += timedelta(hours=3)
    assert min(level.hits[fault] for fault in (*STREAM, *PAGE, *EDGE, "clock_skewed")) > 0
    assert repeated > 0
    with read(engine) as conn:
        stored = conn.execute(select(events.c.event_no, func.count()).group_by(events.c.event_no))
        assert {str(number): int(n) for number, n in stored} == {h.event_no: 1 for h in platform.published}
        whole = total_of(totals(conn, small_campaign, by=("programme",), now=clock[0]))
        assert verify(conn, small_campaign) == []
    used = [h for h in platform.published if h.kind == "redemption"]
    assert whole.redeemed_gross_fen == sum(h.face_fen for h in used) > 0
    assert len(platform.published) > LOOKS * PAGE_LIMIT
