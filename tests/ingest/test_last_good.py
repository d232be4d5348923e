"""Whatever a platform answers instead of its data: what was good stays, and it is said to be old (promises F3)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from domain.campaign import Campaign
from domain.readings import Health
from ingest.answers import Limits
from ingest.http import Http
from ingest.run import Outcome, Site, run_source
from ingest.source import Deployment
from ingest.sources.json_api import JsonApi
from store.engine import read
from store.queries.sources import Expected, cursor_of, feed_health, late_feeds
from store.queries.totals import totals
from tests.ingest import faults
from tests.ingest.faults import Call, Script, serving

EVERY_S, STALE_AFTER_S = 60, 120  # two intervals
QUICK = Limits(total_s=0.4, connect_s=0.2, read_s=0.2, budget_s=2, tries=2)
EVENT = {
    "event_no": "H1", "kind": "redemption", "sub_project": "SP-LZ-R", "template": "luzhou.ret20", "round": 1,
    "voucher_no": "V1", "county": "140403", "face_fen": 2000, "occurred_at": "2022-10-28T09:30:00+08:00",
}  # fmt: skip
PAGE = {"events": [EVENT], "next_cursor": "c1", "has_more": False, "data_time": "2022-10-28T10:00:00+08:00"}


def told(body: bytes, **headers: str) -> Script:
    return lambda call: call.answer(body, **headers)


def another(**changes: Any) -> Script:
    """A page that is none of ours: the same in other words."""
    return told(json.dumps(PAGE | {"next_cursor": "c2"} | changes).encode())


FAULTS: dict[str, Script] = {
    "500": faults.status("500 Internal Server Error"),
    "502": faults.status("502 Bad Gateway"),
    "503": faults.status("503 Service Unavailable"),
    "429": faults.status("429 Too Many Requests", Retry_After="600"),
    "401": faults.status("401 Unauthorized"),
    "403": faults.status("403 Forbidden"),
    "404": faults.status("404 Not Found"),
    "moved to the sign-in page": faults.redirect("file:/login"),
    "dripping": faults.drip,
    "silent": faults.stall,
    "endless": faults.endless_chunks,
    "cut": faults.cut,
    "chunks cut": faults.cut_chunks,
    "hung up on": faults.hang_up,
    "no HTTP": faults.garbage,
    "empty 200": told(b""),
    "a page for people": told(b"<!DOCTYPE html><title>502</title>", Content_Type="application/json"),
    "JSON broken off": told(json.dumps(PAGE).encode()[:-40]),
    "a list": told(b"[]"),
    "null": told(b"null"),
    "no events": told(b'{"next_cursor": "c2", "has_more": false}'),
    "events of another type": another(events={}),
    "NaN": told(json.dumps(PAGE).encode().replace(b"2000", b"NaN")),
    "a key twice": told(b'{"events": [], ' + json.dumps(PAGE).encode()[1:]),
    "no encoding": told(b"\xff\xfe\xff"),
    "packed and cut": told(b"\x1f\x8b\x08\x00", Content_Encoding="gzip"),
}


@contextmanager
def platform(
    engine: Engine, campaign: Campaign, clock: list[datetime]
) -> Iterator[tuple[Any, dict[str, Script]]]:
    """(run the source once, what `/v1/events` answers)."""
    answers = {"now": another(next_cursor="c1")}
    scripts: dict[str, Script] = {
        "/v1/events": lambda call: answers["now"](call),
        "/v1/counters": told(b'{"counters": []}'),
    }
    with serving(scripts) as server:
        source = JsonApi.model_validate(
            {"id": "pay", "kind": "json_api", "name": "市民付", "every_s": EVERY_S, "stale_after_s": STALE_AFTER_S,
             "base_url": server.url(""), "platform": "city-pay", "token_env": "TOKEN"},
            context=Deployment(environ={"TOKEN": "t"}, clock=lambda: clock[0]),
        )  # fmt: skip

        def run() -> Outcome:
            http = Http(allow_private=server.allow, limits=QUICK, sleep=lambda _: None)
            site = Site(engine=engine, http=http, campaign=campaign, author_key=b"k" * 32)
            return run_source(source, site, lambda: clock[0])

        yield run, answers


@pytest.mark.parametrize("fault", FAULTS)
def test_what_was_good_stays_and_is_said_to_be_old_two_intervals_later(
    engine: Engine, small_campaign: Campaign, now: datetime, fault: str
) -> None:
    clock, hits = [now], 0

    def hit(call: Call) -> None:
        nonlocal hits
        hits += 1
        FAULTS[fault](call)

    def seen() -> tuple[Any, ...]:
        with read(engine) as conn:
            rows = totals(conn, small_campaign, by=("programme", "county"), now=now)
            return [(row.key, row.figures) for row in rows], cursor_of(conn, "pay")

    def health() -> tuple[Health, bool]:
        expected = Expected(
            source="pay", name="市民付", side="payment", stale_after_s=STALE_AFTER_S, platform="city-pay"
        )
        with read(engine) as conn:
            (found,) = feed_health(conn, [expected], now=clock[0])
            return found.health, "luzhou" in late_feeds(conn, [found])

    with platform(engine, small_campaign, clock) as (run, answers):
        assert run().accepted == 1
        good = seen()
        assert sum(figures.redeemed_gross_fen for _, figures in good[0]) == 2000
        answers["now"] = hit
        for _ in range(2):
            assert health() == (Health.FRESH, False)
            clock[0] += timedelta(seconds=EVERY_S)
            outcome = run()
            assert outcome.accepted == 0
            assert outcome.trouble, "what is wrong is said at once"
            assert seen() == good
        assert hits >= 1, "a fault that was not met proves nothing"
        clock[0] += timedelta(seconds=1)
        assert health() in ((Health.LATE, True), (Health.DOWN, True))
        assert seen() == good
        answers["now"] = another(next_cursor="c1", data_time="2022-10-28T10:05:00+08:00")
        clock[0] = now + timedelta(minutes=5)
        assert run().trouble is None
        assert health() == (Health.FRESH, False)
