"""UnionPay's settlement file of one day is late: its redemptions are unknown, and no other file speaks for them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select

from domain.campaign import Campaign
from domain.records import Grade
from ingest.daily import start_of
from ingest.http import Http
from ingest.run import Site, run_source
from ingest.sources.unionpay import UnionPay
from rehearsal.platforms import unionpay as fake
from store import schema
from store.engine import read, write
from store.queries.grades import newest_grades
from store.queries.totals import totals
from store.writes.reconcile import reconcile
from tests.ingest.sources.test_unionpay import played

pytestmark = pytest.mark.slow
MIDDLE = date(2022, 10, 29)
"""Every voucher of the city was claimed the day before: its counters stand still, and agree without this day's file."""
POLLED = ("11:00", "23:58", "00:02", "10:30")
FINAL, DAILY, FLASH = Grade.FINAL, Grade.DAILY, Grade.FLASH


class Town:
    """The platform, its source and a store, looked at when POLLED says."""

    def __init__(
        self, engine: Engine, campaign: Campaign, server: fake.UnionPay, source: UnionPay, http: Http
    ) -> None:
        self.engine, self.campaign, self.server, self.source, self.http = (
            engine,
            campaign,
            server,
            source,
            http,
        )
        self.now = campaign.campaign.launch_at
        self.late: set[date] = set()
        rows = server.book.rows
        server.book.rows = lambda day: None if day in self.late else rows(day)  # type: ignore[method-assign]

    def look(self, *, until: datetime) -> None:
        site = Site(engine=self.engine, http=self.http, campaign=self.campaign, author_key=b"k" * 32)
        while self.now < until:
            self.now += timedelta(minutes=1)
            if f"{self.now:%H:%M}" in POLLED:
                self.server.advance(self.now)
                run_source(self.source, site, lambda: self.now)
                with write(self.engine) as conn:
                    reconcile(conn, self.campaign, now=self.now)

    def grades(self, known_by: datetime | None = None) -> list[Grade]:
        """Of the city's days that are over, whether or not anything is known of them."""
        with read(self.engine) as conn:
            found = newest_grades(conn, known_by=known_by or self.now)
        return [found[key] for key in sorted(found) if key[0] == "city"]

    def agree(self, **files: int) -> None:
        """The contract says something of the files."""
        assert self.source.files is not None
        agreed = self.source.files.model_copy(update=files)
        self.source = self.source.model_copy(update={"files": agreed})

    def told_without_trade(self) -> int:
        """How often a day was saved as one without trade."""
        named = schema.raw_archive.c.name.like("settlement%asked_at%")
        runs = schema.source_runs.join(
            schema.raw_archive, schema.raw_archive.c.sha256 == schema.source_runs.c.raw_sha256
        )
        with read(self.engine) as conn:
            return conn.execute(select(func.count()).select_from(runs).where(named)).scalar_one()


@contextmanager
def town(engine: Engine, campaign: Campaign) -> Iterator[Town]:
    with played(campaign) as (server, source, http, _):
        yield Town(engine, campaign, server, source, http)


def morning(day: int) -> datetime:
    return datetime.fromisoformat(f"2022-{10 if day > 27 else 11}-{day:02d}T10:30:00+08:00")


def test_a_day_whose_file_is_late_is_flash_and_not_final_before_its_redemptions_are_in(
    engine: Engine, small_campaign: Campaign
) -> None:
    with town(engine, small_campaign) as city:
        city.late.add(MIDDLE)
        city.look(until=morning(1))
        seen = city.grades()
        assert seen == [FINAL, FLASH, FINAL, DAILY]
        city.late.clear()
        city.look(until=morning(2))
        assert city.grades() == [FINAL, FINAL, FINAL, FINAL, DAILY]
        assert city.grades(known_by=morning(1)) == seen


def test_no_file_means_no_trade_only_where_the_contract_says_from_when_on(
    engine: Engine, small_campaign: Campaign
) -> None:
    """A day without trade never gets a file."""
    with town(engine, small_campaign) as city:
        city.late.add(MIDDLE)
        city.look(until=morning(1))
        assert city.grades() == [FINAL, FLASH, FINAL, DAILY]
        city.agree(no_trade_after_h=12)
        city.look(until=morning(2))
        assert city.grades() == [FINAL, FINAL, FINAL, FINAL, DAILY]
        assert city.told_without_trade() == 1, "once, though it is asked for again and again"


def test_a_file_that_comes_after_its_day_passed_for_one_without_trade_is_read_all_the_same(
    engine: Engine, small_campaign: Campaign
) -> None:
    with town(engine, small_campaign) as city:
        city.agree(no_trade_after_h=9)
        city.late.add(MIDDLE)
        city.look(until=morning(30))
        assert city.told_without_trade() == 1
        city.late.clear()
        city.look(until=morning(31))
        with read(engine) as conn:
            days = totals(conn, small_campaign, by=("programme", "day"), now=city.now)
        start = start_of(MIDDLE)
        (used,) = (row.figures.redeemed_gross_count for row in days if row.key == ("city", start))
        assert used == 361
