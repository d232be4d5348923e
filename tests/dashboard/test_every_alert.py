"""Whatever rule raised it: on the desk and in a message an alert is one click from its posts and the money, and its
level comes out the same again from what is stored. Over all the rules there are: one that nothing stirs here fails.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from html import escape, unescape
from pathlib import Path

import pytest
from sqlalchemy import Row, select, update
from starlette.testclient import TestClient

from alerts.again import Recheck, recheck
from alerts.message import told
from alerts.rules import RULES
from domain.campaign import Campaign
from domain.topics import is_about_posts
from store import schema
from store.engine import read, write
from store.writes.outbox import take_batch
from tests.dashboard.conftest import ADDRESS, House, open_house
from tests.dashboard.every_rule import MOMENTS, Moment, happen
from tests.dashboard.test_desk import enter

EVERY_RULE = pytest.mark.parametrize("rule", [rule.ID for rule in RULES])


@dataclass(frozen=True)
class Scene:
    """One moment with what it raised, by rule."""

    house: House
    client: TestClient
    rows: tuple[Row[tuple[object, ...]], ...]
    messages: dict[int, str]
    queue: str
    again: Recheck
    pages: dict[int, str] = field(default_factory=dict)

    def page(self, alert_id: int) -> str:
        """The alert's own, asked for once."""
        if alert_id not in self.pages:
            answer = self.client.get(f"/desk/alerts/{alert_id}")
            assert answer.status_code == 200
            self.pages[alert_id] = answer.text
        return self.pages[alert_id]


@pytest.fixture(scope="module")
def scenes(
    tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path, small_campaign: Campaign
) -> Iterator[tuple[Scene, ...]]:
    found = tuple(
        _scene(open_house(tmp_path_factory.mktemp("moment"), migrated_sqlite, small_campaign), moment)
        for moment in MOMENTS
    )
    yield found
    for scene in found:
        scene.house.engine.dispose()


def _scene(house: House, moment: Moment) -> Scene:
    house = happen(house, moment)
    messages = dict(addresses(house, moment))
    with read(house.engine) as conn:
        rows, again = tuple(conn.execute(select(schema.alerts))), recheck(conn)
    client = enter(house, at=moment.at)
    queue = client.get("/desk").text
    return Scene(house=house, client=client, rows=rows, messages=messages, queue=queue, again=again)


def addresses(house: House, moment: Moment) -> Iterator[tuple[int, str]]:
    """Of every message that waits, the address it sends people to."""
    with write(house.engine) as conn:
        conn.execute(update(schema.outbox).values(not_before=moment.at))
        while batch := take_batch(conn, "group", quiet=False, now=moment.at + timedelta(minutes=5)):
            said = told(batch, base_url=ADDRESS, limit=1_000_000).body
            for message in batch.messages:
                (address,) = set(re.findall(rf"\S+/desk/alerts/{message.alert_id}(?!\d)", said))
                yield message.alert_id, address
            numbers = schema.outbox.c.alert_id.in_([m.alert_id for m in batch.messages])
            conn.execute(update(schema.outbox).where(numbers).values(sent_at=moment.at))


def raised(scenes: tuple[Scene, ...], rule: str) -> list[tuple[Scene, Row[tuple[object, ...]]]]:
    found = [(scene, row) for scene in scenes for row in scene.rows if row.rule == rule]
    assert found, f"plant something for {rule} in tests/dashboard/every_rule.py"
    return found


@EVERY_RULE
def test_an_alert_is_one_click_from_its_posts_and_the_money(scenes: tuple[Scene, ...], rule: str) -> None:
    for scene, row in raised(scenes, rule):
        address = f"/desk/alerts/{row.alert_id}"
        assert f'href="{address}"' in scene.queue
        assert scene.messages[row.alert_id] == f"{ADDRESS}{address}"
        page = scene.page(row.alert_id)
        assert page.count("<svg") == 1
        assert "领取、核销与帖文" in page
        assert "同时段的全部帖文" in page
        link = re.search(r'href="(/desk/posts\?[^"]+)"', page)
        assert link is not None
        assert scene.client.get(unescape(link[1])).status_code == 200
        shown = page.count('<div class="post">')
        assert shown == (min(50, len(row.evidence)) if is_about_posts(rule) else 0)


@EVERY_RULE
def test_its_curve_is_drawn_from_where_its_cause_began(scenes: tuple[Scene, ...], rule: str) -> None:
    for scene, row in raised(scenes, rule):
        page = scene.page(row.alert_id)
        steps = [
            len(points.split()) for points in re.findall(r'<polyline class="\w+" points="([^"]*)"', page)
        ]
        every = re.search(r'aria-label="领取、核销与帖文，每 (\d+) (分钟|小时)"', page)
        assert every is not None
        unit = timedelta(minutes=1) if every[2] == "分钟" else timedelta(hours=1)
        began = row.began_at or row.refreshed_at
        if rule != "stale_feed":  # there the feed told of nothing since
            told = (min(steps) + 1) * int(every[1]) * unit  # the running step may not be told in full
            assert told >= row.refreshed_at - began


@EVERY_RULE
def test_what_no_post_caused_shows_its_records(scenes: tuple[Scene, ...], rule: str) -> None:
    """Only of a source, a channel or a job the reasons say all there is."""
    for scene, row in raised(scenes, rule):
        page = scene.page(row.alert_id)
        recorded = '<table class="records">' in page
        if is_about_posts(rule):
            assert not recorded
        elif not recorded:
            assert rule in ("stale_feed", "failing_channel", "failing_job", "unreconciled")
            assert row.evidence
            assert all(escape(str(one)) in page for one in row.evidence[:40])


@EVERY_RULE
def test_its_level_comes_out_the_same_again(scenes: tuple[Scene, ...], rule: str) -> None:
    for scene, row in raised(scenes, rule):
        assert row.alert_id not in scene.again.others
        assert row.alert_id not in scene.again.unknown
        page = scene.page(row.alert_id)
        assert "，一致。" in page
        assert all(escape(reason) in page for reason in row.reasons)
