"""A store as it is a month into a campaign: events, posts with scores, and new ones a while later."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from random import Random

from sqlalchemy import Engine, insert

from benchmarks.month import fill
from benchmarks.workload import SEED, cold, rehearsal_campaign
from dashboard.clock import Clock
from dashboard.entry.identity import new_token, token_hash
from dashboard.live.publishing import MEASURE_EVERY_S
from dashboard.live.shared import SCORE_JOB, WATCH_JOB
from dashboard.live.snapshot import Memory, Press, measure, publish
from domain.campaign import Campaign
from domain.issues import ISSUES
from domain.records import Entry, Event, Grade, Kind, Relevance
from store.engine import write
from store.schema import posts, scores
from store.writes.access import pair_display
from store.writes.intake import move_version, report_feed
from store.writes.jobs import job_succeeded
from store.writes.ledger import save_batch
from store.writes.opinion_hours import refresh_opinion_hours

AT = timedelta(days=29, hours=8)
"""After the launch: a day with a morning behind it, and a month before that."""

DAYS = 30
PICTURE_EVERY_S = 5.0
"""What a rebuild costs is told for a wall that changes this often: unwatched counties take their turns meanwhile."""

QUICK_S = 2
_LABELS = ("neg", "neu", "pos", None)


def quick_campaign() -> Campaign:
    """The rehearsal's, whose scenes change every two seconds."""
    campaign = rehearsal_campaign()
    dwell = dict.fromkeys(campaign.wall.scenes, QUICK_S)
    return campaign.model_copy(update={"wall": campaign.wall.model_copy(update={"dwell_seconds": dwell})})


@dataclass(slots=True, kw_only=True)
class Month:
    """The store, and what moves it on."""

    engine: Engine
    campaign: Campaign
    clock: Clock
    press: Press
    memory: Memory = field(default_factory=Memory)
    numbers: Iterator[int] = field(default_factory=count)
    pictures: Iterator[int] = field(default_factory=count)

    @classmethod
    def begun(cls, engine: Engine, campaign: Campaign, *, events: int, talk: int, build: str) -> Month:
        """Filled with so many events and posts, its pictures made."""
        tranche = campaign.in_scope.id
        fill(engine, campaign, events, tranches=(tranche, tranche))
        clock = Clock.rehearsal(campaign.campaign.launch_at + AT, speed=1)
        _talk(engine, campaign, talk, clock.now())
        with write(engine) as conn:
            for job in (SCORE_JOB, WATCH_JOB):
                job_succeeded(conn, job, now=clock.now())
            move_version(conn, clock.now())
        press = Press(engine=engine, campaign=campaign, expected=(), build=build)
        month = cls(engine=engine, campaign=campaign, clock=clock, press=press)
        month.publish()
        return month

    def commit(self, n: int = 20) -> int:
        """So many claims of now, in one transaction as a run of a source's is. Returns the version that shows them."""
        now = self.clock.now()
        with write(self.engine) as conn:
            save_batch(
                conn,
                self._claims(n, now),
                source="benchmark",
                grade=Grade.FLASH,
                raw_sha256="0" * 64,
                now=now,
            )
            every = [p.id for p in self.campaign.programme]
            report_feed(conn, programmes=every, source="benchmark", data_time=now, grade=Grade.FLASH)
            return move_version(conn, now)

    def _claims(self, n: int, now: datetime) -> list[Entry]:
        tranche = self.campaign.in_scope.id
        drawn = cold(self.campaign, 2 * n, batch=2 * n, tranches=(tranche, tranche)).batches[0]
        claims = [entry for entry in drawn if entry.event.kind is Kind.CLAIM][:n]
        return [replace(claim, event=self._anew(claim, now)) for claim in claims]

    def _anew(self, claim: Entry, now: datetime) -> Event:
        number = f"N{next(self.numbers):09d}"
        return replace(claim.event, event_no=number, voucher_no=number, occurred_at=now)

    def publish(self) -> None:
        """The next pictures, as the worker makes them when five seconds have gone since the last."""
        self.memory.drawn_at = {code: at - PICTURE_EVERY_S for code, at in self.memory.drawn_at.items()}
        if next(self.pictures) % round(MEASURE_EVERY_S / PICTURE_EVERY_S) == 0:
            measure(self.press, self.memory, now=self.clock.now())
        publish(self.press, self.memory, now=self.clock.now())

    def move(self) -> int:
        """A commit and its picture; the version."""
        version = self.commit()
        self.publish()
        return version

    def display(self) -> str:
        """The token of a display paired with the city's wall."""
        token = new_token()
        with write(self.engine) as conn:
            city, now = self.campaign.campaign.city_code, Clock().now()
            pair_display(conn, "benchmark", scope=city, token_hash=token_hash(token), now=now)
        return token


def _talk(engine: Engine, campaign: Campaign, n: int, now: datetime) -> None:
    """Posts of the month, numbered as they came, two in three about the campaign."""
    rng, issues = Random(SEED), sorted(ISSUES)
    counties = [d.code for d in campaign.division]
    said, scored = [], []
    ages = sorted((rng.random() * DAYS * 86_400 for _ in range(n)), reverse=True)
    for i, age in enumerate(ages, start=1):
        at = now - timedelta(seconds=age)
        said.append(
            {"post_id": i, "source": f"forum-{i % 5}", "external_id": str(i), "media": "forum", "title": "",
             "text": f"消费券 {i} 号帖:今天又没抢到", "published_at": at, "received_at": at, "raw_sha256": "0" * 64}
        )  # fmt: skip
        about = Relevance.CAMPAIGN if i % 3 else Relevance.OTHER
        scored.append(
            {"post_id": i, "model": "benchmark", "scored_at": at, "relevance": about.value, "current": True,
             "label": rng.choice(_LABELS), "confident": True, "issues": rng.sample(issues, i % 3), "counties": [],
             "county": rng.choice([*counties, None]), "why": []}
        )  # fmt: skip
    with write(engine) as conn:
        for start in range(0, n, 5_000):
            conn.execute(insert(posts), said[start : start + 5_000])
            conn.execute(insert(scores), scored[start : start + 5_000])
        refresh_opinion_hours(conn, range(1, n + 1))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.exec_driver_sql("ANALYZE")
