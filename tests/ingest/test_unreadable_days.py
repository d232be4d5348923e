"""A day's file that came and cannot be read is no file of the day: it is set aside, and asked for again."""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from domain.campaign import Campaign
from ingest.answers import Answer
from ingest.daily import days_read
from ingest.http import Http
from ingest.run import Site, run_source
from ingest.source import Source
from rehearsal.platforms import alipay as wallet
from rehearsal.platforms import unionpay as fake
from store.engine import read
from store.queries.comparison import reaches
from store.queries.sources import cursor_of
from store.schema import quarantine
from tests.ingest.sources import test_alipay, test_unionpay
from tests.rehearsal.platforms.test_alipay import played

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NAME = "20221028_业务明细.csv"


class Replaced(Http):
    """Answers from one address carry another body."""

    def __init__(self, address: str, body: bytes, **usual: Any) -> None:
        super().__init__(**usual)
        self.address, self.body, self.asked = address, body, 0

    def get(self, source: str, url: str, **rest: Any) -> Answer:
        return self._passed(url, super().get(source, url, **rest))

    def post(self, source: str, url: str, **rest: Any) -> Answer:
        return self._passed(url, super().post(source, url, **rest))

    def _passed(self, url: str, answer: Answer) -> Answer:
        if self.address not in url:
            return answer
        self.asked += 1
        return replace(answer, body=self.body)


def bill(content: bytes, name: str = NAME) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return out.getvalue()


def table() -> bytes:
    with zipfile.ZipFile(io.BytesIO(wallet.bill_zip(test_alipay.DAY, test_alipay.ROWS))) as archive:
        return archive.read(NAME)


WRONG_ROWS = [[cell if place != 1 else "转赠" for place, cell in enumerate(test_alipay.ROWS[1])]] * 30
UNREADABLE = {
    "another header": bill(table().replace("业务流水号".encode("gbk"), "编号".encode("gbk"))),
    "not GBK": bill(b"\x81\xff" + table()),
    "another file inside": bill(b"%PDF-1.4\n1 0 obj\n", "说明.pdf"),
    "cut within a row": bill(table()[: table().index(b"T1") + 20]),
    "cut after a row": bill(table()[: table().index(b"T1")]),
    "another layout of its rows": wallet.bill_zip(test_alipay.DAY, WRONG_ROWS),
    "a table of totals alone": bill(table(), "20221028_业务明细(汇总).csv"),
}


def run(engine: Engine, campaign: Campaign, source: Source, http: Http, now: datetime) -> str | None:
    site = Site(engine=engine, http=http, campaign=campaign, author_key=b"k" * 32)
    return run_source(source, site, lambda: now).trouble


def state(engine: Engine, source: Source) -> tuple[set[str], bool, list[Any]]:
    """The days that count as read, whether any counts as filed, and what was set aside."""
    with read(engine) as conn:
        days = {day.isoformat() for day in days_read(cursor_of(conn, source.id))}
        filed = any(reach.filed for reach in reaches(conn).values())
        return days, filed, list(conn.execute(select(quarantine)))


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_a_bill_that_unpacks_and_cannot_be_read_is_set_aside_and_asked_for_again(
    engine: Engine, small_campaign: Campaign, now: datetime, body: bytes
) -> None:
    with played(small_campaign, bills_from=test_alipay.DAY) as (server, connector, good, _):
        server.advance(now + DAY)
        bad = Replaced("/bill?", body, allow_private=("127.0.0.0/8",), sleep=lambda _: None)
        trouble = run(engine, small_campaign, connector, bad, server.book.moment)
        days, filed, (aside,) = state(engine, connector)
        assert (days, filed) == (set(), False), "its day has no file yet"
        assert (aside.source, aside.field) == (connector.id, "bill?bill_date=2022-10-28")
        assert trouble == aside.reason
        assert aside.reason.startswith(aside.field)
        server.advance(now + DAY + 7 * HOUR)
        assert run(engine, small_campaign, connector, good, server.book.moment) is None
        days, filed, _ = state(engine, connector)
        assert (days, filed) == ({"2022-10-28"}, True)


def test_it_is_the_file_in_the_archive_that_is_named(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    with played(small_campaign, bills_from=test_alipay.DAY) as (server, connector, _, _):
        server.advance(now + DAY)
        body = UNREADABLE["another header"]
        bad = Replaced("/bill?", body, allow_private=("127.0.0.0/8",), sleep=lambda _: None)
        trouble = run(engine, small_campaign, connector, bad, server.book.moment)
    assert trouble is not None
    assert NAME in trouble


def test_it_is_asked_for_a_few_times_a_day_and_told_until_it_is_read(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    """Its platform has to make it anew: not every ten minutes, as for one that is not there yet."""
    with played(small_campaign, bills_from=test_alipay.DAY) as (server, connector, _, _):
        body = UNREADABLE["another header"]
        bad = Replaced("/bill?", body, allow_private=("127.0.0.0/8",), sleep=lambda _: None)
        for hours in range(14):  # from ten o'clock to midnight
            server.advance(now + DAY + hours * HOUR)
            run(engine, small_campaign, connector, bad, server.book.moment)
        assert bad.asked == 3
        server.advance(now + 2 * DAY)
        run(engine, small_campaign, connector, bad, server.book.moment)
        server.advance(now + 2 * DAY + HOUR)
        trouble = run(engine, small_campaign, connector, bad, server.book.moment)
        assert trouble == "no readable bill yet of 2022-10-28"


def test_a_settlement_file_that_cannot_be_read_is_set_aside_and_asked_for_again(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    odd = zlib.compress(fake.settlement(test_unionpay.ROWS).replace("交易流水号".encode("gbk"), b"No"))
    with test_unionpay.played(small_campaign) as (server, connector, good, _):
        server.advance(now + DAY)
        body = test_unionpay.settled(odd).body
        bad = Replaced("/filedownload", body, allow_private=("127.0.0.0/8",), sleep=lambda _: None)
        run(engine, small_campaign, connector, bad, server.book.moment)
        days, filed, (aside,) = state(engine, connector)
        assert (days, filed, aside.field) == (set(), False, "settlement?settleDate=2022-10-28")
        server.advance(now + DAY + 7 * HOUR)
        assert run(engine, small_campaign, connector, good, server.book.moment) is None
        days, filed, _ = state(engine, connector)
        assert (days, filed) == ({"2022-10-28"}, True)
