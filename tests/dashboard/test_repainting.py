"""A picture made with what the last ones left is, byte for byte, the one that is made from nothing."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random

import pytest
from sqlalchemy import Connection, Engine

from dashboard.live.painted import Painted
from dashboard.live.shared import SCORE_JOB, WATCH_JOB
from dashboard.live.snapshot import Memory, Press, city_scope, county_scopes, measure, publish
from domain.campaign import Campaign
from domain.readings import Level
from domain.records import Grade, Kind, Label
from store.engine import read, write
from store.queries.snapshots import latest_snapshot
from store.queries.sources import Expected
from store.writes.alerts import Alarm, settle
from store.writes.intake import move_version, report_feed, source_alive, source_failed, source_succeeded
from store.writes.jobs import job_succeeded
from store.writes.ledger import save_batch
from store.writes.snapshots import saw_scope
from tests.store.events import OPENING, entries, event
from tests.store.posts import post, say, score

REAL = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
STEPS = 14
PASSES = (
    timedelta(seconds=1),
    timedelta(seconds=20),
    timedelta(minutes=1),
    timedelta(minutes=31),
    timedelta(hours=9),
)
SOURCES = (
    Expected(source="pay", name="支付", side="payment", stale_after_s=600),
    Expected(source="forum", name="论坛", side="opinion", stale_after_s=1_800),
)


@pytest.fixture
def press(engine: Engine, small_campaign: Campaign) -> Press:
    return Press(engine=engine, campaign=small_campaign, expected=SOURCES, build="b0b0")


class Life:
    """What may happen to a store between two pictures: each time one thing, or nothing but time."""

    def __init__(self, press: Press, seed: int) -> None:
        self.campaign, self.rng, self.numbers = press.campaign, Random(seed), count(1)
        self.used = {p.id: [0, 0] for p in self.campaign.programme}  # claimed, redeemed
        self.happenings = (self.money, self.money, self.talk, self.alarm, self.sources, self.nothing)

    def money(self, conn: Connection, now: datetime) -> None:
        programme = self.rng.choice([p.id for p in self.campaign.programme])
        used, batch = self.used[programme], []
        for _ in range(self.rng.randrange(1, 9)):
            used[0] += 1
            batch.append(event(self.campaign, programme, Kind.CLAIM, used[0], occurred_at=now))
        while used[1] < used[0] - 3:
            used[1] += 1
            batch.append(event(self.campaign, programme, Kind.REDEMPTION, used[1], occurred_at=now))
        sha = f"{next(self.numbers):064d}"
        save_batch(
            conn, entries(self.campaign, *batch), source="pay", grade=Grade.FLASH, raw_sha256=sha, now=now
        )
        report_feed(conn, programmes=[programme], source="pay", data_time=now, grade=Grade.FLASH)

    def talk(self, conn: Connection, now: datetime) -> None:
        county = self.rng.choice([None, *(d.code for d in self.campaign.division)])
        label = self.rng.choice([*Label, None])
        said = post(next(self.numbers), f"{next(self.numbers)} 号抢不到券", published_at=now)
        say(conn, (said, score(label, county=county, issues=("grab_fail",) if label else ())), now=now)
        job_succeeded(conn, SCORE_JOB, now=now)

    def alarm(self, conn: Connection, now: datetime) -> None:
        level = self.rng.choice(list(Level))
        found = Alarm(
            subject="x", level=level, title=f"抢不到 {next(self.numbers)} 条", reasons=(), evidence=(),
            evidence_count=3, county=None,
        )  # fmt: skip
        settle(conn, "opinion_burst", [found] if self.rng.random() < 0.7 else [], now=now)
        job_succeeded(conn, WATCH_JOB, now=now)

    def sources(self, conn: Connection, now: datetime) -> None:
        source = self.rng.choice(SOURCES).source
        if self.rng.random() < 0.3:
            source_failed(conn, source, trouble="down", now=now)
        else:
            source_succeeded(conn, source, cursor=None, data_time=now, now=now)
            source_alive(conn, source, joined=timedelta(minutes=30), now=now)

    def nothing(self, conn: Connection, now: datetime) -> None:
        pass


def bodies(press: Press) -> dict[str, bytes]:
    scopes = [city_scope(press.campaign), *county_scopes(press.campaign)]
    with read(press.engine) as conn:
        found = {s.code: latest_snapshot(conn, s.code) for s in scopes}
    return {code: snapshot.body_gzip for code, snapshot in found.items() if snapshot}


def lives(press: Press, seed: int) -> Iterator[datetime]:
    """The moments at which a picture is due; every scope is looked at."""
    life, now = Life(press, seed), OPENING + timedelta(minutes=30)
    for n in range(STEPS):
        now += life.rng.choice(PASSES)
        with write(press.engine) as conn:
            (life.money if n < 3 else life.rng.choice(life.happenings))(conn, now)
            for scope in county_scopes(press.campaign):
                saw_scope(conn, scope.code, REAL)
            move_version(conn, now)
        yield now


@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_kept_between_pictures_changes_nothing_in_them(press: Press, seed: int):
    memory, kept = Memory(), 0
    for now in lives(press, seed):
        if seed != 1:
            measure(press, memory, now=now)
        last, before = memory.last, _painted(memory)
        number = publish(press, memory, now=now, real_now=REAL)
        made = bodies(press)
        kept += sum(before.get(at) is painted for at, painted in _painted(memory).items())
        if last is None:
            continue
        assert publish(press, Memory(last=last, slow=memory.slow), now=now, real_now=REAL) == number
        again = bodies(press)
        assert len(made) == 1 + len(county_scopes(press.campaign))
        assert {code: found for code in made if (found := _differences(made[code], again[code]))} == {}
        assert made == again
    assert kept > STEPS * 3, "hardly anything was kept: nothing was tested"


def _painted(memory: Memory) -> dict[tuple[str, str], Painted]:
    return {(scope, slot): one for scope, wall in memory.painted.items() for slot, one in wall.items()}


def _differences(one: bytes, other: bytes) -> set[str]:
    """Components that are not the same in both."""
    mine, theirs = (json.loads(gzip.decompress(body))["values"] for body in (one, other))
    return {
        component for component in mine.keys() | theirs.keys() if mine.get(component) != theirs.get(component)
    }
