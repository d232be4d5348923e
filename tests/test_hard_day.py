"""A day and a morning on five kinds of platforms with everything going wrong: nothing is lost, nothing counts twice."""

from __future__ import annotations

import time
from pathlib import Path

import psutil
import pytest
from sqlalchemy import func, select

from rehearsal.faults import LEVELS
from store import schema
from store.engine import open_store, read
from tests.test_journeys import assert_equal_to_the_truth, printed, rehearsal

SPEED, SECONDS = 1_600, 58  # from before the opening until about noon of the second day
WEB_DIES_AT_S = (36, 42)  # WeChat calls back from 18:00 to midnight: half a minute after the start


@pytest.mark.slow
def test_on_a_hard_day_nothing_is_lost_nothing_doubled_and_what_is_missing_is_named(
    tmp_path: Path, empty_url: str
) -> None:
    hard_day = ("--speed", str(SPEED), "--for", str(SECONDS), "--faults", "hard", "--database", empty_url)
    with rehearsal(tmp_path, *hard_day) as process:
        started = time.monotonic()
        for at in WEB_DIES_AT_S:
            time.sleep(max(0.0, started + at - time.monotonic()))
            assert _kill_web(process.pid), "callbacks are to find nobody for a while"
        _, said = process.communicate(timeout=SECONDS + 240)
    assert process.returncode == 0, said
    truth = assert_equal_to_the_truth(tmp_path)
    printed(tmp_path, "check")  # the folder carries every secret that was made for it

    assert set(truth["faults"]) == set(LEVELS["hard"].names)
    assert [name for name, hits in truth["faults"].items() if not hits] == [], (
        "a fault that was not hit proves nothing"
    )

    kinds = {row for rows in truth["events"].values() for row in rows}
    assert kinds >= {"claim", "redemption", "refund", "application"}
    assert _stored(empty_url) == {
        (platform, kind): n for platform, rows in truth["events"].items() for kind, n in rows.items()
    }
    assert {p for p, rows in truth["events"].items() if rows} == set(truth["outstanding"])
    assert {p for p, rows in truth["counted"].items() if rows} == {"wechat", "alipay", "unionpay"}

    held = truth["outstanding"]
    assert held["alipay"]["redemption"] > 0, "today's details come tomorrow"
    assert held["unionpay"]["redemption"] > 0
    callbacks = truth["callbacks"]["wechat"]
    assert callbacks["lost"] > 0
    assert callbacks["tried_again"] > 0, "the web was away"
    assert callbacks["probes_taken"] == 0
    assert "redemption" not in held["wechat"], "the use-flow file has told what no callback did"

    reasons = _quarantined(empty_url)
    assert all(reason.strip() for _, reason in reasons)
    assert {source for source, _ in reasons} >= {
        "city-pay",
        "bank-a",
        "bank-b",
        "wechat",
        "alipay",
        "unionpay",
    }
    for reason in REASONS:
        assert any(reason in told for _, told in reasons), reason


REASONS = (
    "no programme has the sub-project",  # an event of the pulled platform
    "not the sub-project of the file's name",  # a row of a bank's file
    "no activity of sources.toml",  # a row of a bill
    "is not among the source's stocks",  # a whole stock
    "Input should be a valid integer",  # an amount that is none, as JSON
    "not strict JSON",  # a page for people
)


def _kill_web(parent: int) -> bool:
    webs = [child for child in psutil.Process(parent).children() if "serve" in child.cmdline()]
    for web in webs:
        web.kill()
    return bool(webs)


def _stored(url: str) -> dict[tuple[str, str], int]:
    """(platform, kind) -> rows of the ledger."""
    events = schema.events
    query = select(events.c.platform, events.c.kind, func.count()).group_by(events.c.platform, events.c.kind)
    with read(open_store(url)) as conn:
        return {(platform, kind): n for platform, kind, n in conn.execute(query)}


def _quarantined(url: str) -> list[tuple[str, str]]:
    """(source, reason) of every row and every payload set aside."""
    query = select(schema.quarantine.c.source, schema.quarantine.c.reason)
    with read(open_store(url)) as conn:
        return [tuple(row) for row in conn.execute(query)]
