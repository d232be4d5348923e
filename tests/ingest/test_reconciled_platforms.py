"""Platforms of the rehearsal that state their totals, read through the connectors: no false alarm, and none missed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from domain.campaign import Campaign
from domain.records import Grade
from domain.statements import Cause, Discrepancy, Metric, Pair
from ingest.http import Http
from ingest.run import Site, run_source
from ingest.source import Deployment
from ingest.sources.bank_drop import BankDrop
from ingest.sources.json_api import JsonApi
from rehearsal.faults import LEVELS, Faults
from rehearsal.ledger import Happening, Ledger
from rehearsal.platforms import bank_drop as bank_fake
from rehearsal.platforms import json_api as pay_fake
from store.engine import read, write
from store.queries.discrepancies import closed_discrepancies, open_discrepancies
from store.queries.totals import totals
from store.writes.reconcile import Reconciled, reconcile
from tests.ingest.played import port_of

LAST = timedelta(days=5)
HOUR = timedelta(hours=1)


@dataclass
class Town:
    """Both platforms, their connectors and a store, under one clock."""

    engine: Engine
    campaign: Campaign
    folder: Path
    port: int
    pay: pay_fake.JsonApi
    bank: bank_fake.BankDrop
    now: datetime
    happenings: list[Happening]
    sources: tuple[JsonApi, BankDrop] = field(init=False)

    def __post_init__(self) -> None:
        usual = {"every_s": 60, "stale_after_s": 600}
        api = {
            "id": "pay", "kind": "json_api", "name": "市民付", "base_url": f"http://127.0.0.1:{self.port}",
            "platform": "city-pay", "token_env": "TOKEN", "statements_from": "2022-10-28",
        }  # fmt: skip
        drop = {
            "id": "bank", "kind": "bank_drop", "name": "银行甲", "platform": "bank-a", "folder": self.folder,
            "format": "csv",
        }  # fmt: skip
        where = Deployment(environ={"TOKEN": "t"}, clock=lambda: self.now)
        self.sources = (
            JsonApi.model_validate(api | usual, context=where),
            BankDrop.model_validate(drop | usual, context=where),
        )

    def move(self, by: timedelta) -> Reconciled:
        """Let time pass, read every source, reconcile."""
        self.now += by
        self.pay.advance(self.now)
        self.bank.advance(self.now)
        http = Http(allow_private=(f"127.0.0.1:{self.port}",), sleep=lambda _: None)
        site = Site(engine=self.engine, http=http, campaign=self.campaign, author_key=b"k" * 32)
        for source in self.sources:
            outcome = run_source(source, site, lambda: self.now)
            # on bad lines answers are cut and asked for again, and rows that never happened are put aside
            assert outcome.quarantined == 0 or outcome.trouble or self.pay.faults.level.names
        with write(self.engine) as conn:
            return reconcile(conn, self.campaign, now=self.now)

    def open_now(self) -> tuple[Discrepancy, ...]:
        with read(self.engine) as conn:
            return open_discrepancies(conn)


@contextmanager
def town(
    engine: Engine, campaign: Campaign, folder: Path, *, faults: str = "none", seed: int = 5
) -> Iterator[Town]:
    start = campaign.campaign.launch_at
    played = list(Ledger(campaign, seed).play_until(start + LAST))
    # how long a slow answer drips is the wire's matter; here nobody's clock runs meanwhile
    level = Faults(replace(LEVELS[faults], drip_s=0), seed)
    pay = pay_fake.JsonApi("city-pay", token="t", seed=seed, faults=level)
    bank = bank_fake.BankDrop(campaign, "bank-a", folder=folder, form="csv", seed=seed, faults=level)
    pay.take(_of(played, "city-pay"))
    bank.take(_of(played, "bank-a"))
    with port_of(pay) as port:
        yield Town(engine, campaign, folder, port, pay, bank, start, played)


def _of(played: list[Happening], platform: str) -> list[Happening]:
    return [h for h in played if h.lot.programme.platform == platform]


def first(played: list[Happening], kind: str, day: datetime) -> Happening:
    """The first of its kind on a day."""
    since = day.replace(hour=0, minute=0).timestamp()
    return min(h for h in played if h.kind == kind and since <= h.at < since + 86_400)


@pytest.mark.slow
def test_a_clean_run_of_five_days_leaves_nothing_open_and_days_that_reconcile_are_final(
    engine: Engine, small_campaign: Campaign, tmp_path: Path
) -> None:
    with town(engine, small_campaign, tmp_path) as played:
        for _ in range(10):
            played.move(LAST / 10)
            assert played.open_now() == ()
        with read(engine) as conn:
            rows = totals(conn, small_campaign, by=("programme", "day"), now=played.now)
            assert closed_discrepancies(conn, since=small_campaign.campaign.launch_at) == ()
    settled = played.now - small_campaign.final_after - timedelta(days=1)
    grades = {row.grade for row in rows if row.key[1] <= settled}
    assert {row.key[0] for row in rows} == {"city", "luzhou", "shangdang"}
    assert grades == {Grade.FINAL}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["claim", "redemption", "refund"])
@pytest.mark.parametrize("platform", ["city-pay", "bank-a"])
def test_one_withheld_event_is_exactly_one_discrepancy(
    engine: Engine, small_campaign: Campaign, tmp_path: Path, platform: str, kind: str
) -> None:
    metric = {"claim": Metric.CLAIMED, "redemption": Metric.REDEEMED_GROSS, "refund": Metric.REFUNDED}[kind]
    with town(engine, small_campaign, tmp_path) as played:
        waiting = _of(played.happenings, platform)
        lost = first(waiting, kind, played.now + timedelta(days=3))
        (played.pay if platform == "city-pay" else played.bank).withhold(lost.event_no)
        opened = [played.move(LAST / 5).opened for _ in range(5)]
        (found,) = played.open_now()
    face = lost.lot.template.face_fen
    assert sum(opened) == 1
    assert (found.subject.platform, found.subject.programme) == (platform, lost.lot.programme.id)
    assert (found.subject.metric, found.difference) == (metric, Pair(count=1, fen=face))
    assert found.subject.day == datetime.fromtimestamp(lost.at, played.now.tzinfo).replace(
        hour=0, minute=0, second=0
    )


def test_what_was_withheld_and_comes_after_all_closes_it(
    engine: Engine, small_campaign: Campaign, tmp_path: Path
) -> None:
    with town(engine, small_campaign, tmp_path) as played:
        lost = first(_of(played.happenings, "city-pay"), "redemption", played.now)
        played.pay.withhold(lost.event_no)
        played.move(timedelta(days=1))
        assert len(played.open_now()) == 1
        played.pay.let_out_late(lost)
        assert played.move(HOUR).closed == 1
        with read(engine) as conn:
            (closed,) = closed_discrepancies(conn, since=played.now)
    assert (closed.cause, closed.closed_by) == (Cause.ARRIVED_LATE, None)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [5, 11, 23])
def test_late_repeated_shuffled_and_resent_files_never_raise_a_false_alarm(
    engine: Engine, small_campaign: Campaign, tmp_path: Path, seed: int
) -> None:
    with town(engine, small_campaign, tmp_path, faults="hard", seed=seed) as played:
        for _ in range(int(LAST / HOUR)):
            assert played.move(HOUR).opened == 0, f"at {played.now}"
        hits = played.pay.faults.hits
    for fault in ("file_late", "file_resent_more", "event_reordered"):
        assert hits[fault]
