"""The inbox is drained once, message by message: what is wrong with one is nobody else's loss."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from domain.campaign import Campaign
from domain.records import Counter, Kind, Parsed
from ingest import drain as draining
from ingest.drain import drain
from ingest.run import Site
from ingest.sources.wechatpay import WeChatPay
from rehearsal.platforms.wechatpay_wire import Keys, signed
from store import schema
from store.engine import read, write
from store.queries.inbox import undrained
from store.queries.sources import version_number
from store.queries.verify import verify
from store.writes.inbox import forget_drained, keep_messages
from tests.ingest.pushes import FIRST_COUPON, message, push, pushing
from tests.ingest.scripted import site as made_site
from tests.ingest.sources.test_wechatpay import COUPON


@pytest.fixture(scope="module")
def keys() -> Keys:
    return Keys.made()


@pytest.fixture
def source(keys: Keys, tmp_path: Path) -> WeChatPay:
    return pushing(keys, tmp_path)


@pytest.fixture
def site(engine: Engine, small_campaign: Campaign) -> Site:
    return made_site(engine, small_campaign)


def keep(site: Site, source: WeChatPay, now: datetime, *pushes: tuple[dict[str, str], bytes]) -> None:
    with write(site.engine) as conn:
        keep_messages(conn, [message(source, headers, body, now) for headers, body in pushes])


def rows(site: Site, table: Any) -> list[Any]:
    with read(site.engine) as conn:
        return list(conn.execute(select(table)))


def test_every_message_is_booked_once_with_its_own_bytes_behind_it(
    site: Site, source: WeChatPay, keys: Keys, now: datetime
) -> None:
    pushes = [push(keys, now, no) for no in range(7)]
    keep(site, source, now, *pushes)
    with read(site.engine) as conn:
        before = version_number(conn)
    assert drain([source], site, lambda: now) == 7
    assert drain([source], site, lambda: now) == 0
    sent = {hashlib.sha256(body).hexdigest(): body for _, body in pushes}
    assert {row.raw_sha256 for row in rows(site, schema.events)} == set(sent)
    assert {row.sha256: row.body for row in rows(site, schema.raw_archive)} == sent
    (run,) = rows(site, schema.source_runs)
    assert (run.rows_in, run.accepted, run.duplicate, run.quarantined) == (7, 7, 0, 0)
    with read(site.engine) as conn:
        assert verify(conn, site.campaign) == []
        assert version_number(conn) == before + 1


def test_a_push_says_nothing_of_how_complete_the_source_is(
    site: Site, source: WeChatPay, keys: Keys, now: datetime
) -> None:
    keep(site, source, now, push(keys, now))
    drain([source], site, lambda: now)
    assert rows(site, schema.feeds) == []
    assert rows(site, schema.source_state) == []


def test_more_messages_than_a_transaction_takes_are_drained_in_order(
    site: Site, source: WeChatPay, keys: Keys, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draining, "BATCH", 3)
    keep(site, source, now, *(push(keys, now, no) for no in range(9)))
    assert drain([source], site, lambda: now) == 9
    assert [run.accepted for run in rows(site, schema.source_runs)] == [3, 3, 3]


def test_a_message_that_cannot_be_read_is_put_aside_and_the_rest_goes_on(
    site: Site, source: WeChatPay, keys: Keys, now: datetime
) -> None:
    strange = b'{"id": "EV-strange", "event_type": "COUPON.USE"}'
    at = int(now.timestamp())
    unknown = push(keys, now, 3, stock_id="777")
    keep(
        site,
        source,
        now,
        push(keys, now, 1),
        (signed(keys, strange, at=at), strange),
        unknown,
        push(keys, now, 2),
    )
    drain([source], site, lambda: now)
    assert len(rows(site, schema.events)) == 2
    aside = {row.field: (row.row, row.raw_sha256) for row in rows(site, schema.quarantine)}
    assert aside["/callback"] == ("EV-strange", hashlib.sha256(strange).hexdigest())
    assert aside["stock_id"][1] == hashlib.sha256(unknown[1]).hexdigest()
    assert rows(site, schema.source_state) == []  # the source has not failed
    (run,) = rows(site, schema.source_runs)
    assert (run.rows_in, run.accepted, run.quarantined) == (4, 2, 2)
    with read(site.engine) as conn:
        assert undrained(conn, [source.id], limit=9) == []


def test_a_message_our_own_reader_fails_on_is_put_aside_and_the_rest_goes_on(
    site: Site, source: WeChatPay, keys: Keys, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It had been answered: of what nobody can read nothing else may wait behind it."""
    real = WeChatPay.parse
    monkeypatch.setattr(WeChatPay, "parse", lambda self, p: real(self, p) if p.body != broken[1] else 1 / 0)
    broken = push(keys, now, 1)
    keep(site, source, now, broken, push(keys, now, 2))
    assert drain([source], site, lambda: now) == 2
    assert [row.event_no for row in rows(site, schema.events)] == [str(FIRST_COUPON + 2)]
    (aside,) = rows(site, schema.quarantine)
    assert (aside.row, aside.reason) == ("EV-1", "the connector failed on it: ZeroDivisionError")
    with read(site.engine) as conn:
        assert undrained(conn, [source.id], limit=9) == []


def test_the_same_use_told_differently_is_put_aside_with_the_message_that_told_it(
    site: Site, source: WeChatPay, keys: Keys, now: datetime
) -> None:
    elsewhere = {**COUPON["consume_information"], "consume_time": "2022-10-28T09:59:59.000+08:00"}
    first = push(keys, now, 1)
    other = push(keys, now, 1, message_id="EV-other", consume_information=elsewhere)
    keep(site, source, now, first, other)
    drain([source], site, lambda: now)
    (event,), (aside,) = rows(site, schema.events), rows(site, schema.quarantine)
    assert event.raw_sha256 == hashlib.sha256(first[1]).hexdigest()
    assert aside.raw_sha256 == hashlib.sha256(other[1]).hexdigest()
    (run,) = rows(site, schema.source_runs)
    assert (run.rows_in, run.accepted, run.quarantined) == (2, 1, 1)


def test_a_connector_that_pushes_a_counter_loses_nothing_silently(
    site: Site, source: WeChatPay, keys: Keys, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = Counter(
        platform="city-pay",
        sub_project="SP-CITY-R",
        template="city.ret20",
        round_no=1,
        kind=Kind.CLAIM,
        value_count=7,
        counted_at=now,
    )
    monkeypatch.setattr(WeChatPay, "parse", lambda *_: Parsed(records=(counted,)))
    keep(site, source, now, push(keys, now))
    assert drain([source], site, lambda: now) == 1
    (aside,) = rows(site, schema.quarantine)
    assert (aside.row, aside.field, aside.reason) == (
        "EV-1",
        "Counter",
        "only events and posts can be pushed",
    )


def test_what_breaks_before_the_commit_leaves_every_message_waiting(
    site: Site, source: WeChatPay, keys: Keys, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(site, source, now, *(push(keys, now, no) for no in range(4)))

    def broken(*_: Any, **__: Any) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(draining, "mark_drained", broken)
        with pytest.raises(MemoryError):
            drain([source], site, lambda: now)
    assert rows(site, schema.events) == rows(site, schema.raw_archive) == []
    assert drain([source], site, lambda: now) == 4
    assert len(rows(site, schema.events)) == 4


def test_messages_of_a_source_that_is_not_configured_wait_for_it(
    site: Site, source: WeChatPay, keys: Keys, now: datetime
) -> None:
    keep(site, source, now, push(keys, now))
    assert drain([], site, lambda: now) == 0
    assert drain([source], site, lambda: now) == 1


def test_drained_messages_are_forgotten_later_and_waiting_ones_never(
    site: Site, source: WeChatPay, keys: Keys, now: datetime
) -> None:
    keep(site, source, now, push(keys, now, 1))
    drain([source], site, lambda: now)
    keep(site, source, now, push(keys, now, 2))
    with write(site.engine) as conn:
        assert forget_drained(conn, before=now) == 0
        assert forget_drained(conn, before=now + timedelta(days=400)) == 1
        left = conn.execute(select(func.count()).select_from(schema.inbox)).scalar_one()
    assert left == 1
