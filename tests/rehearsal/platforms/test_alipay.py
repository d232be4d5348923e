"""The rehearsal's Alipay and our connector understand each other, over a real port."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.campaign import Campaign
from domain.errors import FetchError, ParseError
from domain.records import Counter, Event, Kind
from ingest.answers import Limits
from ingest.http import Http
from ingest.sources.alipay import Alipay
from rehearsal.faults import LEVELS, Faults
from rehearsal.ledger import Happening, Ledger
from rehearsal.platforms import alipay as fake
from tests.ingest.played import CutShort, port_of
from tests.ingest.sources.test_alipay import APP, DAY, OWN, STRANGER, source


@contextmanager
def played(campaign: Campaign, **changes: Any) -> Iterator[tuple[fake.Alipay, Alipay, Http, list[Happening]]]:
    """The platform, a connector on its clock, and the whole truth."""
    launch = campaign.campaign.launch_at
    happenings = [h for h in Ledger(campaign, 5).play_until(launch) if h.lot.programme.platform == "city-pay"]
    server = fake.Alipay(
        campaign,
        "city-pay",
        app_id="2021000000000001",
        app_key=APP,
        own_key=OWN,
        faults=Faults(LEVELS["none"], 5),
    )
    server.take(happenings)
    with port_of(server) as port:
        settings = {
            "gateway": f"http://127.0.0.1:{port}/gateway.do",
            "activities": [
                {
                    "activity_id": a.number,
                    "sub_project": a.sub_project,
                    "template": a.template,
                    "round": a.round_no,
                }
                for a in server.book.activities
            ],
        }
        connector = source(clock=lambda: server.book.moment, **(settings | changes))
        yield server, connector, Http(allow_private=(f"127.0.0.1:{port}",), sleep=lambda _: None), happenings


def test_counters_and_bills_add_up_to_what_happened(small_campaign: Campaign, now: datetime) -> None:
    with played(small_campaign, bills_from=DAY) as (server, connector, http, happenings):
        server.advance(now)
        first = list(connector.fetch(http, None))
        counted = [r for p in first for r in connector.parse(p).records if isinstance(r, Counter)]
        assert len(first) == len(server.book.activities)
        for kind in (Kind.CLAIM, Kind.REDEMPTION):
            told = sum(c.value_count for c in counted if c.kind is kind)
            assert told == sum(h.kind == kind and h.at <= now.timestamp() for h in happenings) > 0
        server.advance(now + timedelta(days=2))
        payloads = [p for p in connector.fetch(http, None) if p.name.startswith("bill")]
        events = [e for p in payloads for e in connector.parse(p).records]
        assert [p.name for p in payloads] == ["bill?bill_date=2022-10-28", "bill?bill_date=2022-10-29"]
        assert {e.event_no for e in events if isinstance(e, Event)} == {h.event_no for h in server.published}
        assert len(events) == len(server.published) > 1000
        cursor = payloads[-1].cursor
        assert not [p for p in connector.fetch(http, cursor) if p.name.startswith("bill")]


def test_a_bill_may_be_larger_than_any_other_answer(small_campaign: Campaign, now: datetime) -> None:
    with played(small_campaign, bills_from=DAY) as (server, connector, _, _):
        server.advance(now + timedelta(days=1))
        narrow = Http(allow_private=("127.0.0.0/8",), limits=Limits(decoded_bytes=2_000))
        *_, bill = connector.fetch(narrow, None)
        assert bill.name.startswith("bill")
        assert len(bill.body) > 2_000


def test_a_bill_is_there_on_the_next_morning_and_not_before(small_campaign: Campaign, now: datetime) -> None:
    with played(small_campaign, bills_from=DAY) as (server, connector, http, _):
        for hours, bills in ((23 - 10, 0), (32 - 10, 0), (33 - 10, 1)):
            server.advance(now + timedelta(hours=hours))
            assert sum(p.name.startswith("bill") for p in connector.fetch(http, None)) == bills


def test_a_refused_request_is_told_last_and_holds_up_no_other(
    small_campaign: Campaign, now: datetime
) -> None:
    with played(small_campaign) as (server, connector, http, _):
        server.advance(now)
        unknown = connector.activities[0].model_copy(update={"activity_id": "A9"})
        odd = connector.model_copy(update={"activities": (unknown, *connector.activities)})
        payloads = []
        with pytest.raises(FetchError, match="ACTIVITY_NOT_EXIST"):
            payloads.extend(odd.fetch(http, None))
        with pytest.raises(FetchError, match="invalid-app-id"):
            list(connector.model_copy(update={"app_id": "1"}).fetch(http, None))
        server._app_key = STRANGER
        with pytest.raises(FetchError, match=r"isv\.invalid-signature") as caught:
            list(connector.fetch(http, None))
        assert caught.value.permanent


def test_a_bill_cut_short_on_the_way_is_set_aside_and_asked_for_again(
    small_campaign: Campaign, now: datetime
) -> None:
    with played(small_campaign, bills_from=DAY) as (server, connector, good, _):
        server.advance(now + timedelta(days=1))
        http = CutShort("/bill?", allow_private=("127.0.0.0/8",), sleep=lambda _: None)
        (cut,) = (p for p in connector.fetch(http, None) if p.name.startswith("bill"))
        assert cut.cursor is None, "the day counts as read only with its bill"
        with pytest.raises(ParseError, match="no ZIP"):
            connector.parse(cut)
        server.advance(now + timedelta(days=1, minutes=11))
        (whole,) = (p for p in connector.fetch(good, cut.cursor) if p.name.startswith("bill"))
        assert connector.parse(whole).records
        assert whole.cursor == '["2022-10-28"]'
