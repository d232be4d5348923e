"""Pictures: the city's at every version, a county's when somebody looks, and none with a figure that cannot be."""

from __future__ import annotations

import gzip
import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, update

from dashboard.live import snapshot
from dashboard.live.gate import packed, unpacked
from dashboard.live.snapshot import Memory, Press, city_scope, county_scopes, publish
from domain.campaign import Campaign
from domain.records import Entry, Grade, Kind
from store.engine import read, write
from store.queries.news import read_news
from store.queries.snapshots import latest_snapshot, latest_step
from store.schema import displays, rollup_day, rollup_minute, rollup_total
from store.writes.access import pair_display
from store.writes.intake import move_version, report_feed
from store.writes.ledger import save_batch
from store.writes.snapshots import saw_scope
from tests.layouts.readings import text
from tests.store.events import OPENING, entries, event

NOON = OPENING + timedelta(hours=3)
REAL = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
COUNTY = "140403"


@pytest.fixture
def press(engine: Engine, small_campaign: Campaign) -> Press:
    return Press(engine=engine, campaign=small_campaign, expected=(), build="b0b0")


def save(press: Press, *batch: Entry, now: datetime = NOON, sha: str = "0") -> None:
    with write(press.engine) as conn:
        save_batch(conn, batch, source="test", grade=Grade.FLASH, raw_sha256=sha * 64, now=now)
        report_feed(conn, programmes=["luzhou"], source="test", data_time=now, grade=Grade.FLASH)
        move_version(conn, now)


def some(
    press: Press, kind: Kind, *numbers: int, programme: str = "luzhou", **changes: Any
) -> tuple[Entry, ...]:
    return entries(press.campaign, *(event(press.campaign, programme, kind, n, **changes) for n in numbers))


def picture(press: Press, scope: str | None = None) -> dict[str, Any]:
    with read(press.engine) as conn:
        found = latest_snapshot(conn, scope or city_scope(press.campaign).code)
    assert found
    return json.loads(gzip.decompress(found.body_gzip))


def shown(press: Press, component: str, scope: str | None = None) -> str:
    return words(picture(press, scope)["values"][component]["children"])


def words(value: Any) -> str:
    if isinstance(value, dict):
        return words(value["props"].get("children"))
    return " ".join(filter(None, map(words, value))) if isinstance(value, list) else text(value)


def test_the_city_and_every_county_with_a_programme_get_a_picture_of_one_version(press: Press):
    save(press, *some(press, Kind.CLAIM, 1, 2), *some(press, Kind.REDEMPTION, 1))
    number = publish(press, Memory(), now=NOON, real_now=REAL)
    with read(press.engine) as conn:
        versions = read_news(conn, lease="worker").versions
    assert versions == dict.fromkeys(
        [city_scope(press.campaign).code, *(s.code for s in county_scopes(press.campaign))], number
    )
    assert shown(press, "headline-rate-more", COUNTY).startswith("1 / 2 张")
    assert "good" not in picture(press, COUNTY), "a county's picture holds its own figures alone"
    assert "counties" not in picture(press, COUNTY)["values"]["scene-plan"]["data-plan"]


def test_a_county_nobody_looks_at_is_drawn_seldom(press: Press, monkeypatch: pytest.MonkeyPatch):
    memory = Memory()
    first = publish(press, memory, now=NOON, real_now=REAL)
    save(press, *some(press, Kind.CLAIM, 1))
    second = publish(press, memory, now=NOON, real_now=REAL)
    assert _versions(press, COUNTY) == (second, first)
    later = time.monotonic() + snapshot.UNWATCHED_EVERY_S
    monkeypatch.setattr(snapshot.time, "monotonic", lambda: later)
    save(press, *some(press, Kind.CLAIM, 2))
    third = publish(press, memory, now=NOON, real_now=REAL)
    assert _versions(press, COUNTY) == (third, third)


def test_a_county_on_a_display_follows_every_version(press: Press):
    memory = Memory()
    with write(press.engine) as conn:
        pair_display(conn, "县大厅", scope=COUNTY, token_hash="h", now=REAL)
        conn.execute(update(displays).values(seen_at=REAL - snapshot.WATCHED_FOR + timedelta(seconds=1)))
    publish(press, memory, now=NOON, real_now=REAL)
    save(press, *some(press, Kind.CLAIM, 1))
    second = publish(press, memory, now=NOON, real_now=REAL)
    assert _versions(press, COUNTY) == (second, second)
    save(press, *some(press, Kind.CLAIM, 2))
    third = publish(press, memory, now=NOON, real_now=REAL + timedelta(seconds=1))
    assert _versions(press, COUNTY) == (third, second), "not seen for two minutes"


def test_a_county_somebody_has_open_follows_every_version(press: Press):
    memory = Memory()
    with write(press.engine) as conn:
        for _ in range(2):
            saw_scope(conn, COUNTY, REAL)
    publish(press, memory, now=NOON, real_now=REAL)
    save(press, *some(press, Kind.CLAIM, 1))
    second = publish(press, memory, now=NOON, real_now=REAL + timedelta(seconds=90))
    assert _versions(press, COUNTY) == (second, second)


def test_news_draws_few_unwatched_counties_and_a_quiet_redraw_all_that_are_due(
    campaign: Campaign, press: Press
):
    whole = replace(press, campaign=campaign)
    codes = [s.code for s in county_scopes(campaign)]
    memory = Memory(drawn_at={code: float(n) - 1_000 for n, code in enumerate(codes)})

    def drawn(at_once: int | None, *watched: str) -> list[str]:
        return [s.code for s in snapshot._counties_to_draw(whole, memory, watched, at_once=at_once)]

    assert len(codes) == 12
    assert drawn(2) == codes[:2], "the longest overdue"
    assert drawn(2, codes[7]) == [codes[7], *codes[:2]]
    assert drawn(None) == codes
    del memory.drawn_at[codes[9]]
    assert drawn(2)[0] == codes[9], "a county without any picture does not wait"


def test_the_step_from_the_picture_before_leads_to_the_newest_and_no_other_is_kept(press: Press):
    memory = Memory()
    publish(press, memory, now=NOON, real_now=REAL)
    city = city_scope(press.campaign).code
    with read(press.engine) as conn:
        assert latest_step(conn, city) is None, "what pages show was another worker's: they take the whole"
    for n in (1, 2):
        before = picture(press)
        save(press, *some(press, Kind.CLAIM, n))
        publish(press, memory, now=NOON + timedelta(minutes=n), real_now=REAL)
    with read(press.engine) as conn:
        step = latest_step(conn, city)
    assert step
    assert (step.since, step.version) == (before["version"], picture(press)["version"])
    changed = json.loads(gzip.decompress(step.body_gzip))["values"]
    assert 0 < len(changed) < len(before["values"])
    values = before["values"] | {c: before["values"].get(c, {}) | props for c, props in changed.items()}
    assert values == picture(press)["values"]


def test_without_news_the_wall_is_drawn_again_only_as_time_passes(press: Press):
    memory = Memory()
    assert publish(press, memory, now=NOON, real_now=REAL) is not None
    assert publish(press, memory, now=NOON + snapshot.REDRAW_AFTER / 2, real_now=REAL) is None
    assert publish(press, memory, now=NOON + snapshot.REDRAW_AFTER, real_now=REAL) is not None


def test_more_redeemed_than_claimed_is_under_check_and_told_why(press: Press):
    save(press, *some(press, Kind.CLAIM, 1), *some(press, Kind.REDEMPTION, 1, 2))
    publish(press, Memory(), now=NOON, real_now=REAL)
    assert shown(press, "headline-redeemed-value") == "核查中"
    assert shown(press, "headline-claimed-value") == "0.00", "twenty yuan, which nobody doubts"
    assert "核销 核销超过领取" in shown(press, "trust-checks-rows")
    save(press, *some(press, Kind.CLAIM, 2))
    publish(press, Memory(), now=NOON, real_now=REAL)
    assert shown(press, "headline-redeemed-value") == "0.00"


def test_a_figure_that_falls_is_held_even_by_a_worker_that_was_restarted(press: Press):
    save(press, *some(press, Kind.CLAIM, *range(1, 600)))
    publish(press, Memory(), now=NOON, real_now=REAL)
    with write(press.engine) as conn:  # all roll-ups alike: no sum gives it away
        for table in (rollup_day, rollup_total):
            conn.execute(update(table).values(claimed_count=500, claimed_fen=1_000_000))
        conn.execute(update(rollup_minute).values(claimed_count=0))
        move_version(conn, NOON)
    publish(press, Memory(), now=NOON + timedelta(days=1), real_now=REAL)
    assert shown(press, "headline-claimed-value") == "核查中"
    assert "累计数变小" in shown(press, "trust-checks-rows")


def test_what_the_platform_takes_back_lowers_a_figure_with_a_mark(press: Press):
    save(press, *some(press, Kind.CLAIM, 1, 2, 3))
    publish(press, Memory(), now=NOON, real_now=REAL)
    gone = some(press, Kind.CLAIM, 1, revision=1, cancelled=True)
    save(press, *gone, now=NOON + timedelta(minutes=1), sha="1")
    publish(press, Memory(), now=NOON + timedelta(minutes=2), real_now=REAL)
    assert shown(press, "headline-rate-more") == "0 / 2 张"
    assert "今日更正 ◆ 1 家" in shown(press, "trust-checks-rows")
    assert "核查中的数字 ● 无" in shown(press, "trust-checks-rows")


def test_counties_that_do_not_add_up_are_held(press: Press):
    save(press, *some(press, Kind.CLAIM, 1, 2, 3))
    with write(press.engine) as conn:
        conn.execute(update(rollup_day).values(claimed_count=2, claimed_fen=4_000))
    publish(press, Memory(), now=NOON, real_now=REAL)
    assert shown(press, "headline-claimed-value") == "核查中"
    assert "区县合计不符" in shown(press, "trust-checks-rows")


def test_what_was_good_is_kept_in_the_picture_to_the_fen(press: Press):
    save(press, *some(press, Kind.CLAIM, 1, 2))
    publish(press, Memory(), now=NOON, real_now=REAL)
    kept = picture(press)["good"]
    assert kept["luzhou"]["figures"]["claimed_fen"] == 4_000
    assert packed(unpacked(kept)) == kept


def test_a_picture_of_an_older_kind_is_no_past(press: Press):
    publish(press, Memory(), now=NOON, real_now=REAL)
    with read(press.engine) as conn:
        last = latest_snapshot(conn, city_scope(press.campaign).code)
    assert last
    for body in (b'{"values":{}}', b'{"good":{"x":{}}}', b"nonsense"):
        old = type(last)(
            **{n: getattr(last, n) for n in ("scope", "version", "build", "made_at", "etag")},
            body_gzip=gzip.compress(body),
        )
        assert snapshot._last_good(old) == {}


def _versions(press: Press, county: str) -> tuple[int, int]:
    with read(press.engine) as conn:
        found = read_news(conn, lease="worker").versions
    return found[city_scope(press.campaign).code], found[county]
