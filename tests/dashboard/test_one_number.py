"""One version, one number: what a tile says in Chromium, what the API serves, and what `quanqing totals` adds up."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from benchmarks.workload import hot
from dashboard.clock import Clock
from dashboard.entry.identity import new_token, token_hash
from dashboard.live.snapshot import Memory, Press, publish
from domain.campaign import Campaign
from domain.records import Entry, Grade
from store.engine import open_store, write
from store.writes.access import pair_display
from store.writes.intake import move_version, report_feed
from store.writes.ledger import save_batch
from tests.conftest import REPOSITORY
from tests.dashboard.little_house import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EVENTS = 4_000
WAN, YI = 1_000_000, 10_000_000_000  # fen
COUNTY = "140404"
WALLS = ("140400", COUNTY)
TILES = ("claimed", "redeemed", "rate", "leverage", "spend")
TEXTS = "() => Object.fromEntries([...document.querySelectorAll('#headline [id]')].map(e => [e.id, e.textContent]))"


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One wall at one version: its tiles as drawn, the same slots of the API's answer, and `totals` in fen."""

    tiles: dict[str, str]
    served: dict[str, Any]
    totals: dict[str, Any]
    today: dict[str, Any]
    allocation_fen: int


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path, campaign: Campaign) -> Path:
    """A store with thousands of events of all programmes, and every scope's picture of them."""
    folder = tmp_path_factory.mktemp("one-number")
    (folder / "quanqing.db").write_bytes(migrated_sqlite.read_bytes())
    opening = campaign.campaign.launch_at
    clock = Clock.rehearsal(opening + timedelta(hours=5), speed=0)
    (folder / "settings.env").write_text(
        f"QUANQING_CLOCK={clock}\nQUANQING_CAMPAIGN={REPOSITORY / 'rehearsal' / 'campaign.toml'}\n"
    )
    engine = open_store(f"sqlite:///{folder / 'quanqing.db'}")
    (batch,) = hot(campaign, EVENTS, batch=EVENTS).batches
    with write(engine) as conn:
        entries = [
            replace(e, tranche=campaign.in_scope.id) for e in batch if _is_open(campaign, e, clock.now())
        ]
        save_batch(conn, entries, source="test", grade=Grade.FLASH, raw_sha256="0" * 64, now=clock.now())
        every = [p.id for p in campaign.programme]
        report_feed(conn, programmes=every, source="test", data_time=clock.now(), grade=Grade.FLASH)
        move_version(conn, clock.now())
    press = Press(engine=engine, campaign=campaign, expected=(), build="one-number")
    publish(press, Memory(), now=clock.now())
    engine.dispose()
    return folder


def _is_open(campaign: Campaign, entry: Entry, now: datetime) -> bool:
    """The workload claims from rounds that are still to come: the wall would rightly doubt that."""
    return campaign.rounds[entry.programme, entry.event.round_no].opens_at <= now


@pytest.fixture(scope="module")
def server(data: Path) -> Iterator[Server]:
    running = Server({"QUANQING_DATA_DIR": str(data)}, factory="dashboard.serving:app_from_env")
    running.start()
    yield running
    running.kill()


@pytest.fixture(scope="module")
def added_up(data: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """`quanqing totals`, and the same by day: of the one day there is."""
    whole, by_day = (_totals(data, by) for by in ("programme,tranche", "programme,tranche,day"))
    return whole, by_day


@pytest.fixture(scope="module", params=WALLS)
def shown(
    request: pytest.FixtureRequest,
    browser: Browser,
    server: Server,
    data: Path,
    campaign: Campaign,
    added_up: tuple[dict[str, Any], dict[str, Any]],
) -> Shown:
    scope = request.param
    page = browser.new_page()
    page.goto(f"{server.address}/wall?token={_paired(data, scope)}")
    page.goto(f"{page.url}?scene=overview")
    page.wait_for_function("() => /\\d/.test(document.querySelector('#headline-claimed-value')?.innerText)")
    document = page.request.get(f"{server.address}/api/v1/snapshot/{scope}").json()
    totals, today = added_up
    assert page.inner_text("#wall-version") == f"版本 {document['version']}"
    assert document["version"] == totals["version"] == today["version"]
    own = [p for p in campaign.programme if scope in (campaign.campaign.city_code, p.division)]
    tiles = page.evaluate(TEXTS)
    page.close()
    return Shown(
        tiles=tiles,
        served={slot: document["values"][slot] for slot in _slots()},
        totals=_sum(totals, own, campaign),
        today=_sum(today, own, campaign),
        allocation_fen=sum(p.allocation_fen for p in own),
    )


def _slots() -> list[str]:
    return [f"headline-{tile}-{part}" for tile in TILES for part in ("value", "unit", "more")]


def _paired(data: Path, scope: str) -> str:
    engine, token = open_store(f"sqlite:///{data / 'quanqing.db'}"), new_token()
    with write(engine) as conn:
        now = Clock().now()
        pair_display(conn, "大厅", scope=scope, token_hash=token_hash(token), now=now)
    engine.dispose()
    return token


def _totals(data: Path, by: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "dashboard", "totals", "--by", by, "--json", "--data", str(data)]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("QUANQING_")}
    done = subprocess.run(command, cwd=REPOSITORY, env=environ, capture_output=True, check=True)
    return json.loads(done.stdout)


def _sum(document: dict[str, Any], own: list[Any], campaign: Campaign) -> dict[str, int]:
    """The wall's rows of a `totals` answer, added up field by field."""
    ids = {p.id for p in own}
    rows = [r for r in document["rows"] if r["programme"] in ids and r["tranche"] == campaign.in_scope.id]
    assert rows
    return {name: sum(r[name] or 0 for r in rows) for name in rows[0] if name.endswith(("_fen", "_count"))}


def _money(fen: int) -> str:
    """As a person would write it: 万元, from one 亿 on 亿元, two decimals, half up."""
    unit, word = (YI, "亿元") if abs(fen) >= YI else (WAN, "万元")
    figure = (Decimal(fen) / unit).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return f"{figure:,} {word}"


def _is(shown: str, true: Fraction) -> bool:
    """Whether a shown decimal is the true ratio to its last digit."""
    digits = len(shown.partition(".")[2])
    return abs(Fraction(shown.replace(",", "")) - true) * 2 * 10**digits <= 1


def _words(value: Any) -> str:
    """Every word of a served component, without layout."""
    if isinstance(value, dict):
        return _words(value["props"].get("children"))
    return "".join(map(_words, value)) if isinstance(value, list) else "" if value is None else str(value)


def test_every_headline_number_is_the_same_on_the_tile_in_the_api_and_in_totals(shown: Shown) -> None:
    tiles = shown.tiles
    for slot, props in shown.served.items():
        assert re.sub(r"\s", "", tiles[slot]) == re.sub(r"\s", "", _words(props["children"])), slot
    figure = {tile: tiles[f"headline-{tile}-value"] for tile in TILES}
    of = shown.totals
    for tile, name in (
        ("claimed", "claimed_fen"),
        ("redeemed", "redeemed_net_fen"),
        ("spend", "direct_spend_fen"),
    ):
        assert f"{figure[tile]} {tiles[f'headline-{tile}-unit']}" == _money(of[name]), tile
        assert of[name] > 0
    assert tiles["headline-rate-unit"] == "%"
    assert _is(figure["rate"], Fraction(100 * of["redeemed_gross_count"], of["claimed_count"]))
    assert tiles["headline-leverage-unit"] == "倍"
    assert _is(figure["leverage"], Fraction(of["direct_spend_fen"], of["redeemed_net_fen"]))


def test_what_stands_under_the_headline_numbers_adds_up_too(shown: Shown) -> None:
    more = {tile: shown.tiles[f"headline-{tile}-more"] for tile in TILES}
    of = shown.totals
    assert f"{of['redeemed_gross_count']:,} / {of['claimed_count']:,} 张" in more["rate"]
    assert f"占资金 {_money(shown.allocation_fen)}" in more["claimed"]
    assert _is(_percent(more["claimed"]), Fraction(100 * of["claimed_fen"], shown.allocation_fen))
    assert _is(_percent(more["redeemed"]), Fraction(100 * of["redeemed_net_fen"], shown.allocation_fen))
    assert f"今日 {_money(shown.today['redeemed_net_fen'])}" in more["redeemed"]
    assert f"{of['orders_count']:,} 笔" in more["spend"]
    assert f"笔均 {of['direct_spend_fen'] // of['orders_count'] // 100:,} 元" in more["spend"]


def _percent(text: str) -> str:
    (found,) = re.findall(r"([\d.]+)%", text)
    return str(found)
