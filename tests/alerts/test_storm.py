"""5,000 alerts in a minute: nothing is lost from the record, few messages go out, memory stays bounded (promise A5)."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, func, select

from alerts.deliver import Pace, deliver
from alerts.finding import Finding, Window
from alerts.watch import watch
from domain.campaign import Campaign
from domain.readings import Level
from store import schema
from store.engine import read
from store.writes.outbox import MOST_AT_ONCE
from tests.alerts.test_deliver import Receiver, group

pytestmark = pytest.mark.slow

STORM = 5_000
WAVES = 2  # looks within the minute
PER_ALERT_BYTES = 12_000
BATCH_BYTES = 12_000_000


class Storm:
    """Finds half of it more at each look, each with its evidence."""

    ID = "opinion_burst"

    def __init__(self, size: int = STORM) -> None:
        self.looks, self._size = 0, size

    def findings(self, window: Window) -> Iterable[Finding]:
        self.looks += 1
        for n in range(self.looks * self._size // WAVES):
            yield Finding(
                subject=f"140403/{n}",
                level=list(Level)[n % 4],
                title=f"潞州区第{n}件事一小时 {n} 条",
                reasons=("增速：为预期的 8.0 倍（红色档）", "扩散：16 个独立声音（橙色档）"),
                evidence=tuple(map(str, range(20))),
                evidence_count=20,
            )


def peak(work: Callable[[], Any]) -> int:
    """The most memory that Python held at once beyond what it held before."""
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    work()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most - before


def count(conn: Connection, table: Any, *where: Any) -> int:
    return int(conn.execute(select(func.count()).select_from(table).where(*where)).scalar_one())


def test_a_storm_is_kept_whole_and_told_in_few_messages(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    storm, receiver, channel = Storm(), Receiver(), group()
    pace = Pace(lambda: 0.0)
    for n in range(WAVES):
        at = now + timedelta(seconds=30 * n)
        watch(engine, (storm,), small_campaign, (), clock=lambda at=at: at, channels=(channel,))
        deliver(engine, (channel,), receiver.wire(at), pace, base_url="https://q", clock=lambda at=at: at)
    with read(engine) as conn:
        assert count(conn, schema.alerts) == STORM
        assert count(conn, schema.alert_history, schema.alert_history.c.change == "opened") == STORM
        assert count(conn, schema.outbox) == STORM
        assert count(conn, schema.outbox, schema.outbox.c.sent_at.is_(None)) == 0
    assert len(receiver.got) <= STORM // MOST_AT_ONCE + WAVES
    assert max(len(text.encode()) for text in receiver.got) < 4096
    assert all("未列出" in text for text in receiver.got)  # what a message leaves out it says


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_look_holds_so_much_an_alert_and_a_pass_no_more_than_a_batch(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    receiver, channel = Receiver(), group()

    def look(size: int = STORM) -> None:
        storm = Storm(size)
        storm.looks = WAVES - 1
        watch(engine, (storm,), small_campaign, (), clock=lambda: now, channels=(channel,))

    def send() -> None:
        wire = receiver.wire(now)
        deliver(engine, (channel,), wire, Pace(), base_url="https://q", clock=lambda: now)

    some = STORM // 10
    assert peak(lambda: look(some)) < PER_ALERT_BYTES * some
    look()
    assert peak(send) < BATCH_BYTES
    assert len(receiver.got) == STORM // MOST_AT_ONCE
    assert "红色" in receiver.got[0].split("\\n")[0]  # the gravest first
