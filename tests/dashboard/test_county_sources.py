"""W4: a county's pages and papers speak of its own platforms, the city's and the listeners, of no other county's."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from briefing.compose import compose
from briefing.formats import FORMATS
from dashboard.entry.visitors import SESSION_COOKIE
from dashboard.live.snapshot import Memory, Press, city_scope, county_scopes, measure, publish
from dashboard.sources.promised import promised
from domain.campaign import Campaign
from domain.records import Grade, Reject
from store.engine import read, write
from store.queries.snapshots import latest_snapshot
from store.queries.sources import Expected, sources_of
from store.writes import intake
from store.writes.snapshots import saw_scope
from tests.dashboard.conftest import ADDRESS, House
from tests.store.events import OPENING

CITY, LUZHOU, SHANGDANG = "140400", "140403", "140404"
CITY_PAY = Expected(source="pay", name="全市付", side="payment", stale_after_s=600, platform="city-pay")
BANK = Expected(source="landing", name="邻县银行", side="payment", stale_after_s=600, platform="bank-a")
STRAY = Expected(source="stray", name="来路不明", side="payment", stale_after_s=600)
FORUM = Expected(source="forum", name="论坛", side="opinion", stale_after_s=1_800)
EVERY = (CITY_PAY, BANK, STRAY, FORUM)
ITS_BUSINESS = {CITY: EVERY, LUZHOU: (CITY_PAY, FORUM), SHANGDANG: (CITY_PAY, BANK, FORUM)}
NOON = OPENING + timedelta(hours=3)
REAL = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
def troubled(engine: Engine, small_campaign: Campaign) -> Engine:
    """Every platform has told something, fallen silent, and had rows put aside: whatever is shown of one is to show."""
    with write(engine) as conn:
        for n, e in enumerate(EVERY, start=1):
            fed = [p.id for p in small_campaign.programme if p.platform == e.platform]
            intake.report_feed(conn, programmes=fed, source=e.source, data_time=OPENING, grade=Grade.FLASH)
            intake.source_succeeded(conn, e.source, cursor=None, data_time=OPENING, now=OPENING)
            intake.source_failed(conn, e.source, trouble=f"trouble of {e.source}", now=NOON)
            rows = map(str, range(min(10**n, 1_111)))
            aside = [Reject(row=row, field="amount", reason="no money", excerpt="x") for row in rows]
            intake.quarantine(conn, aside, source=e.source, sha256=f"{n}" * 64, now=NOON)
        for scope in county_scopes(small_campaign):
            saw_scope(conn, scope.code, REAL)
        intake.move_version(conn, NOON)
    return engine


def named_in(text: str) -> tuple[Expected, ...]:
    return tuple(e for e in EVERY if e.name in text or f'"{e.source}"' in text)


@pytest.mark.parametrize("code", ITS_BUSINESS)
def test_w4_a_picture_names_the_sources_that_are_the_divisions_business(
    troubled: Engine, small_campaign: Campaign, code: str
) -> None:
    press, memory = Press(engine=troubled, campaign=small_campaign, expected=EVERY, build="b0b0"), Memory()
    measure(press, memory, now=NOON)
    publish(press, memory, now=NOON, real_now=REAL)
    with read(troubled) as conn:
        found = latest_snapshot(conn, code)
    assert found
    body = gzip.decompress(found.body_gzip).decode()
    assert named_in(body) == ITS_BUSINESS[code]
    assert f"0/{len(ITS_BUSINESS[code])}" in body  # the foot counts them
    aside = {CITY: "2,221", LUZHOU: "1,121", SHANGDANG: "1,221"}
    assert [n for n in aside.values() if f"▲ {n} 行" in body] == [aside[code]]


@pytest.mark.parametrize("code", ITS_BUSINESS)
def test_w4_so_does_the_daily_paper_in_every_format(
    troubled: Engine, small_campaign: Campaign, code: str
) -> None:
    scope = next(s for s in (city_scope(small_campaign), *county_scopes(small_campaign)) if s.code == code)
    with read(troubled) as conn:
        paper = compose(conn, small_campaign, EVERY, scope, as_of=NOON)
    for form in ("json", "html"):
        assert named_in(FORMATS[form](paper).decode()) == ITS_BUSINESS[code], form


def test_what_is_a_divisions_business(small_campaign: Campaign) -> None:
    assert {code: sources_of(EVERY, small_campaign, within=code) for code in ITS_BUSINESS} == ITS_BUSINESS
    assert sources_of(EVERY, small_campaign, within=None) == EVERY
    assert sources_of(EVERY, small_campaign, within="999999") == (CITY_PAY, FORUM)


SOURCES = "".join(
    f'[[source]]\nid = "{e.source}"\nkind = "{kind}"\nname = "{e.name}"\nstale_after_s = 600\n{more}\n'
    for e, kind, more in (
        (CITY_PAY, "json_api", 'platform = "city-pay"'),
        (BANK, "bank_drop", 'platform = "bank-a"'),
        (STRAY, "bank_drop", "platform = 7"),
        (FORUM, "rss", ""),
    )
)


@pytest.mark.parametrize("code", ITS_BUSINESS)
def test_w4_the_page_on_data_names_a_countys_own_sources(house: House, code: str) -> None:
    house.settings.sources.write_text(SOURCES, encoding="utf-8")
    assert [e.platform for e in promised(house.settings.sources)] == ["city-pay", "bank-a", None, None]
    house.add_user(role="commerce" if code == CITY else "county", county=None if code == CITY else code)
    with TestClient(house.app(), base_url=ADDRESS) as client:
        client.cookies.set(SESSION_COOKIE, house.session())
        assert named_in(client.get("/about-data").text) == ITS_BUSINESS[code]
