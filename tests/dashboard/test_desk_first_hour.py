"""What a duty officer needs in her first hour: words that explain, the money of whoever has told of it, the way out."""

from __future__ import annotations

import re
from datetime import timedelta

from sqlalchemy import select

from dashboard.desk.evidence import marked
from domain.evidence import SystemSide
from domain.readings import Level
from domain.records import Grade
from store.engine import write
from store.schema import alert_history, alerts
from store.writes.cases import open_by_hand
from store.writes.intake import report_feed
from tests.dashboard.conftest import House
from tests.dashboard.desk_day import NOW, trouble
from tests.dashboard.test_desk import enter

DAY = timedelta(days=1)


def test_what_explains_nothing_is_not_marked() -> None:
    assert (
        marked("又崩了，页面打不开！！", ("，", "了", "！！", "又", "打不开"))
        == "又崩了，页面<mark>打不开</mark>！！"
    )


def test_a_city_without_every_banks_file_still_shows_what_the_others_tell(house: House) -> None:
    """A bank that hands in yesterday's file, and one that never spoke, hide nothing, and are named."""
    trouble(house, broken=False)
    with write(house.engine) as conn:
        for table in (alert_history, alerts):
            conn.execute(table.delete())
        open_by_hand(conn, title="全市", level=Level.RED, county=None, note="", who="w", now=NOW)
        report_feed(conn, programmes=["city"], source="bank", data_time=NOW - DAY, grade=Grade.DAILY)
        (number,) = conn.scalars(select(alerts.c.alert_id))
    page = enter(house).get(f"/desk/alerts/{number}").text
    assert "数据未到这一时段、不在其中的：长治市本级；" in page
    assert "上党区" not in page.partition("不在其中的")[2].partition("；")[0], "it has not begun"
    assert 'class="unknown"' not in page
    assert f'class="{SystemSide.NO.value}">否' in page
    assert "1 个发放主体的数据未到" in page


def test_whoever_works_here_finds_the_way_out(house: House) -> None:
    client = enter(house)
    links = set(re.findall(r'href="(/login[^"]*)"', client.get("/desk").text))
    assert links == {"/login?next=/desk", "/login"}  # the latter, at the foot, for all pages of theirs
    page = client.get("/login?next=/desk").text
    assert 'action="/logout"' in page
    assert '<a class="button" href="/desk">返回</a>' in page
