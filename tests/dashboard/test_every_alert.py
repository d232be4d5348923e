"""Whatever rule raised it: on the desk and in a message an alert is one click from its posts and the money, and its
level comes out the same again from what is stored. Iterates the rules there are; one that this day does not stir is
named and passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from html import escape

import pytest
from sqlalchemy import Row, select, update
from starlette.testclient import TestClient

from alerts.again import recheck
from alerts.judge import judge
from alerts.message import told
from alerts.rules import RULES
from alerts.watch import watch
from domain.records import Grade, Label
from domain.statements import Metric, Statement
from domain.topics import is_about_posts
from store import schema
from store.engine import read, write
from store.queries.sources import Expected
from store.writes.intake import report_feed, source_alive, source_succeeded
from store.writes.outbox import take_batch
from store.writes.reconcile import reconcile
from store.writes.statements import StatementEntry, save_statements
from tests.alerts.test_deliver import group
from tests.dashboard.conftest import ADDRESS, House
from tests.dashboard.desk_day import NOW, trouble
from tests.dashboard.test_desk import enter
from tests.store.posts import post, say, score
from tests.store.test_flags import ban, load, save, shop, used

DAY = NOW.replace(hour=16, minute=0) - timedelta(days=2)  # the day before, from midnight in Shanghai
SOURCES = (
    Expected(source="late", name="迟到的银行", side="payment", stale_after_s=600),
    Expected(source="forum", name="论坛", side="opinion", stale_after_s=90_000),
)
KNOWN = {"opinion_burst", "red_line", "high_reach", "sentiment_turning", "stale_feed", "money_fault", "ineligible_use",
         "unreconciled", "failing_channel"}  # fmt: skip
"""What this day stirs for sure: none of these may be passed over."""


@pytest.fixture
def client(house: House) -> TestClient:
    """Everything goes wrong at once."""
    trouble(house)
    county = house.county
    with write(house.engine) as conn:
        for table in (schema.alert_history, schema.alerts):  # raised before there was a channel
            conn.execute(table.delete())
        calm = [
            (post(500 + n, f"路过{n}", published_at=NOW - timedelta(hours=8), author_ref=f"c{n}"),
             score(Label.NEUTRAL, county=county))
            for n in range(30)
        ]  # fmt: skip
        angry = [
            (post(600 + n, f"黄牛在群里卖券，三折一张{n}", published_at=NOW, author_ref=f"d{n}", likes=9000 // (n + 1)),
             score(issues=("scalper",), county=county))
            for n in range(40)
        ]  # fmt: skip
        say(conn, *calm, *angry, now=NOW)
        source_alive(conn, "forum", joined=timedelta(days=1), now=NOW)
        source_succeeded(conn, "forum", cursor=None, data_time=None, now=NOW)
        source_succeeded(conn, "late", cursor=None, data_time=NOW - timedelta(hours=1), now=NOW)
        load(conn, [shop()], [ban("M2")])
        save(
            conn, house.campaign, used(house.campaign, 1, order_fen=1), used(house.campaign, 2, merchant="M2")
        )
        stated = Statement(
            platform="city-pay", sub_project="SP-CITY-R", metric=Metric.REDEEMED_GROSS, value_count=1,
            value_fen=2_000, day=DAY, stated_at=DAY + timedelta(hours=1),
        )  # fmt: skip
        entry = StatementEntry(statement=stated, programme="city", tranche="T1")
        save_statements(conn, [entry], source="pay", raw_sha256="a" * 64, now=NOW)
        report_feed(conn, programmes=["city"], source="pay", data_time=NOW, grade=Grade.FLASH)
        reconcile(conn, house.campaign, now=NOW)
    judge(house.engine, house.campaign, now=NOW)
    for minutes in (0, 2, 4):
        at = NOW + timedelta(minutes=minutes)
        watch(house.engine, RULES, house.campaign, SOURCES, now=at, channels=[group()])
        with write(house.engine) as conn:  # the channel refuses, again and again
            conn.execute(update(schema.outbox).values(tries=9, trouble="refused", tried_at=NOW))
    return enter(house)


@pytest.fixture
def rows(house: House, client: TestClient) -> list[Row[tuple[object, ...]]]:
    with read(house.engine) as conn:
        return list(conn.execute(select(schema.alerts)))


def mine(rows: list[Row[tuple[object, ...]]], rule: str) -> list[Row[tuple[object, ...]]]:
    found = [row for row in rows if row.rule == rule]
    if not found:
        assert rule not in KNOWN
        pytest.skip(f"{rule}: nothing stirs it here")
    return found


@pytest.mark.parametrize("rule", [rule.ID for rule in RULES])
def test_an_alert_is_one_click_from_its_posts_and_the_money(
    house: House, client: TestClient, rows: list[Row[tuple[object, ...]]], rule: str
) -> None:
    queue = client.get("/desk").text
    messages = dict(addresses(house))
    for row in mine(rows, rule):
        address = f"/desk/alerts/{row.alert_id}"
        assert f'href="{address}"' in queue
        assert messages[row.alert_id] == f"{ADDRESS}{address}"
        page = client.get(address)
        assert page.status_code == 200
        assert page.text.count("<svg") == 1
        assert "polyline" in page.text
        assert "领取、核销与帖文" in page.text
        assert "同时段的全部帖文" in page.text
        link = re.search(r'href="(/desk/posts\?[^"]+)"', page.text)
        assert link is not None
        assert client.get(link[1].replace("&amp;", "&")).status_code == 200
        shown = page.text.count('<div class="post">')
        assert shown == (min(50, len(row.evidence)) if is_about_posts(rule) else 0)
        if not is_about_posts(rule):
            assert all(escape(str(one)) in page.text for one in row.evidence[:40])


def addresses(house: House) -> Iterator[tuple[int, str]]:
    """Of every message that waits, the address it sends people to."""
    with write(house.engine) as conn:
        conn.execute(update(schema.outbox).values(not_before=NOW))
        while batch := take_batch(conn, "group", quiet=False, now=NOW + timedelta(minutes=5)):
            said = told(batch, base_url=ADDRESS, limit=1_000_000).body
            for message in batch.messages:
                (address,) = set(re.findall(rf"\S+/desk/alerts/{message.alert_id}(?!\d)", said))
                yield message.alert_id, address
            numbers = schema.outbox.c.alert_id.in_([m.alert_id for m in batch.messages])
            conn.execute(update(schema.outbox).where(numbers).values(sent_at=NOW))


@pytest.mark.parametrize("rule", [rule.ID for rule in RULES])
def test_its_level_comes_out_the_same_again(
    house: House, client: TestClient, rows: list[Row[tuple[object, ...]]], rule: str
) -> None:
    with read(house.engine) as conn:
        found = recheck(conn)
    for row in mine(rows, rule):
        assert row.alert_id not in found.others
        assert row.alert_id not in found.unknown
        page = client.get(f"/desk/alerts/{row.alert_id}").text
        assert "，一致。" in page
        assert all(escape(reason) in page for reason in row.reasons)
