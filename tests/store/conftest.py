"""The day that several files compare, count and grade."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from domain.campaign import Campaign
from domain.records import Kind
from tests.store.events import event
from tests.store.played_citus import citus_url
from tests.store.stated_day import CLAIMS, MORNING, USES, feed, save

__all__ = ["citus_url"]


@pytest.fixture
def played(conn: Connection, small_campaign: Campaign) -> Connection:
    """The city's first day: five claims, three redemptions, one of them refunded; its feed is past midnight."""
    told = [event(small_campaign, "city", Kind.CLAIM, n) for n in range(1, CLAIMS + 1)]
    told += [event(small_campaign, "city", Kind.REDEMPTION, n) for n in range(1, USES + 1)]
    told += [event(small_campaign, "city", Kind.REFUND, 1)]
    save(conn, small_campaign, *told)
    feed(conn, MORNING)
    return conn
