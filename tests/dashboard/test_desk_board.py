"""The board: what was said by hour, day and phase, with n and interval, releases marked and gaps drawn as gaps."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, insert

from domain.campaign import Campaign
from domain.readings import FeedHealth, Health
from domain.records import Label
from domain.trend_board import Tones
from store.buckets import DAY_US, HOUR_US
from store.engine import write
from store.queries.trend_board import trend_board
from store.schema import source_alive
from tests.dashboard.conftest import House
from tests.dashboard.desk_day import NOW
from tests.dashboard.test_desk import enter
from tests.store.posts import post, say, score

HOUR = timedelta(hours=1)
SILENT = FeedHealth(
    source="weibo", name="微博<b>", side="opinion", health=Health.DOWN, data_time=None, last_ok_at=None,
    seen_at=None, stale_after_s=600, delay_allowed_s=600, quarantined_count=0, trouble=None,
)  # fmt: skip


def tell(conn: Connection, county: str | None = None, *, last: datetime = NOW) -> None:
    """Four posts: the last one then, two an hour before it, one thirty hours before it."""
    negative, positive = Label.NEGATIVE, Label.POSITIVE
    told = [(0, negative, county), (1, negative, None), (1, None, None), (30, positive, county)]
    posts = (
        (post(n, published_at=last - HOUR * back), score(label, county=place))
        for n, (back, label, place) in enumerate(told)
    )
    say(conn, *posts)


def test_every_post_stands_in_its_hour_its_day_and_its_phase(
    conn: Connection, small_campaign: Campaign
) -> None:
    tell(conn, "140403")
    asked = {"since": NOW - HOUR * 47, "now": NOW + HOUR / 2}
    hours = trend_board(conn, small_campaign, (), size_us=HOUR_US, **asked)
    days = trend_board(conn, small_campaign, (), size_us=DAY_US, **asked)
    assert [b.tones.said for b in hours.buckets if b.tones.said] == [1, 2, 1]
    assert (len(hours.buckets), hours.buckets[-1].tones, hours.buckets[-1].until) == (
        48,
        Tones(negative=1),
        NOW + HOUR / 2,
    )
    assert [b.tones.said for b in days.buckets][-2:] == [1, 3]
    assert sum(phase.tones.said for phase in days.phases) == 4
    assert hours.issues == {("grab_fail", "140403"): 2, ("grab_fail", ""): 2}
    own = trend_board(conn, small_campaign, (), size_us=HOUR_US, **asked, within="140403")
    assert own.issues == {("grab_fail", "140403"): 2}
    assert sum(b.tones.said for b in own.buckets) == 2


def test_a_silent_source_is_a_gap(conn: Connection, small_campaign: Campaign) -> None:
    alive = {"source": "weibo", "since": NOW - HOUR * 47, "until": NOW - HOUR * 2}
    conn.execute(insert(source_alive), [alive])
    board = trend_board(conn, small_campaign, [SILENT], since=NOW - HOUR * 5, now=NOW, size_us=HOUR_US)
    assert [bool(b.silent) for b in board.buckets] == [False, False, False, True, True]


def test_a_share_has_its_n_and_an_interval_and_none_has_neither() -> None:
    assert Tones(unsure=3).negative_share is None
    low, high = Tones(negative=1, neutral=1).interval or (0, 0)
    assert 0 < low < 0.5 < high < 1


@pytest.mark.parametrize("span", ["", "48h", "30d", "all", "nonsense"])
def test_an_empty_board_says_so(house: House, span: str) -> None:
    page = enter(house).get(f"/desk/board?span={span}")
    assert page.status_code == 200
    assert "暂无数据" in page.text


def test_the_board_shows_n_interval_releases_and_the_way_to_the_posts(house: House) -> None:
    with write(house.engine) as conn:
        tell(conn, house.county, last=NOW - HOUR / 2)
    client = enter(house)
    page = client.get("/desk/board?span=48h").text
    assert "n=3，95%区间" in page
    assert 'class="release"' in page
    assert page.count("<circle") == 3
    link = re.search(r'href="(/desk/posts\?issue=grab_fail&amp;county=none[^"]*)"', page)
    assert link is not None
    assert "本页 2 条" in client.get(link[1].replace("&amp;", "&")).text
