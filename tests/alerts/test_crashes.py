"""A worker killed at every point of detect, persist, send and mark: every alert is told, at most one is told twice.

A duplicate carries the key of the first: whoever gets it can tell (promise A1).
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from alerts.channel import Channel, Wire
from alerts.channels import KINDS
from alerts.deliver import Pace, deliver
from alerts.finding import Finding, Window
from alerts.watch import watch
from domain.campaign import Campaign
from domain.readings import Level
from store import schema
from store.engine import open_store, read
from tests.ingest.dying import die_at

pytestmark = pytest.mark.slow

SUBJECTS = ("140403/system_crash", "140404/redeem_fail", "140405/scalper")
CHANNELS: tuple[Channel, ...] = tuple(
    KINDS["wecom"].model_validate(
        {"id": name, "kind": "wecom", "name": name, "url": "https://x.example/send?key=k"}
    )
    for name in ("office", "leaders")
)
SEND = "send to a channel"


class Finds:
    """A rule that finds the same three things whenever it looks."""

    ID = "opinion_burst"

    def findings(self, window: Window) -> Iterable[Finding]:
        for subject in SUBJECTS:
            yield Finding(
                subject=subject,
                level=Level.ORANGE,
                title=f"预警 {subject}",
                reasons=("由",),
                evidence=(),
                evidence_count=0,
            )


def work(engine: Engine, campaign: Campaign, received: Path, now: datetime, *, dying: bool = False) -> None:
    """One look, and what is due sent: what a worker does over and over."""

    def post(channel: str, url: str, content: bytes, headers: Mapping[str, str]) -> bytes:
        if dying:
            _step(engine, f"before: {SEND}")
        with received.open("ab") as mailbox:  # the other side has it, whatever becomes of us
            mailbox.write(channel.encode() + b" " + content.replace(b"\n", b" ") + b"\n")
        if dying:
            _step(engine, f"after: {SEND}")
        return b'{"errcode":0}'

    watch(engine, (Finds(),), campaign, (), clock=lambda: now, channels=CHANNELS)
    deliver(
        engine,
        CHANNELS,
        Wire(post=post, now=lambda: now),
        Pace(),
        base_url="https://q.example",
        clock=lambda: now,
    )


def _step(engine: Engine, words: str) -> None:
    """A point of its own between the statements: a statement that says where it stands."""
    with engine.connect() as conn:
        conn.exec_driver_sql(f"SELECT 1 /* {words} */")


def _die(url: str, campaign: Campaign, received: Path, now: datetime, nth: int, last_words: Path) -> None:
    engine = open_store(url)
    die_at(engine, nth, last_words)
    work(engine, campaign, received, now, dying=True)
    engine.dispose()
    os._exit(0)


def _empty(engine: Engine) -> None:
    with engine.connect().execution_options(quanqing_write=True) as conn, conn.begin():
        for table in reversed(schema.metadata.sorted_tables):
            conn.execute(table.delete())


def test_killed_anywhere_every_alert_is_told_and_at_most_one_message_comes_twice(
    store_url: str, small_campaign: Campaign, now: datetime, tmp_path: Path
) -> None:
    received, last_words = tmp_path / "received", tmp_path / "last words"
    points: list[str] = []
    doubled = 0
    for nth in range(1, 10_000):
        received.write_bytes(b"")
        child = multiprocessing.get_context("fork").Process(
            target=_die, args=(store_url, small_campaign, received, now, nth, last_words)
        )
        child.start()
        child.join(timeout=60)
        assert child.exitcode in (0, -signal.SIGKILL)
        if child.exitcode == 0:
            break
        points.append(last_words.read_text(encoding="utf-8"))
        again = open_store(store_url)
        for minutes in (1, 2):  # started again; the second look must tell nothing new
            work(again, small_campaign, received, now + timedelta(minutes=minutes))
        doubled += _told(again, received, points[-1])
        _empty(again)
        again.dispose()
    print(f"{len(points)} points, {doubled} messages twice")
    assert len(points) >= 40
    for where in (f"before: {SEND}", f"after: {SEND}", "alerts", "alert_history", "outbox", "COMMIT"):
        assert any(where in statement for statement in points), f"no kill at {where}"
    assert doubled >= 2  # the fault was met: killed between sending and marking


def _told(engine: Engine, received: Path, point: str) -> int:
    """How many messages came twice; everything of every alert must have come to every channel."""
    lines = received.read_text(encoding="utf-8").splitlines()
    for channel in CHANNELS:
        mine = " ".join(line for line in lines if line.startswith(channel.id))
        for subject in SUBJECTS:
            assert subject in mine, f"{channel.id} was never told of {subject}: killed at {point}"
    with read(engine) as conn:
        rows = conn.execute(select(schema.outbox.c.sent_at, schema.outbox.c.alert_id)).all()
    assert len(rows) == len(CHANNELS) * len(SUBJECTS)
    assert all(row.sent_at is not None for row in rows)
    twice = [line for line, n in Counter(lines).items() if n > 1]
    assert len(lines) - len(set(lines)) <= 1, f"more than one duplicate: killed at {point}"
    assert len(lines) <= len(CHANNELS) + 1, f"{len(lines)} messages: killed at {point}"
    return len(twice)


def test_an_outbox_that_marks_before_it_sends_is_caught(
    small_campaign: Campaign, now: datetime, tmp_path: Path
) -> None:
    """What a tired programmer would write loses the message that was being sent."""
    url, received = f"sqlite:///{tmp_path}/wrong.sqlite3", tmp_path / "received"
    schema.metadata.create_all(engine := open_store(url))
    received.write_bytes(b"")
    watch(engine, (Finds(),), small_campaign, (), clock=lambda: now, channels=CHANNELS)
    with engine.connect().execution_options(quanqing_write=True) as conn, conn.begin():
        conn.execute(schema.outbox.update().values(sent_at=now))
    work(engine, small_campaign, received, now)
    with pytest.raises(AssertionError, match="never told"):
        _told(engine, received, "marked first")
