"""Deletion on request (promises P4): who may, by what, that it is proven, and what the page about data says of it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from dashboard.clock import Clock
from dashboard.entry.visitors import SESSION_COOKIE
from dashboard.permissions import May, roles_with
from dashboard.privacy.forgetting import By, read_wish
from domain.audit import Action
from domain.errors import ConfigError
from domain.links import author_hash
from domain.papers import WantedPaper
from domain.retention import Retention
from store import schema
from store.engine import read, write
from store.queries.audit import Wanted, audit_page
from store.writes.briefings import ask
from store.writes.deliveries import enqueue_paper
from tests.dashboard.conftest import House
from tests.dashboard.test_briefings import DAY, there, work
from tests.dashboard.test_briefings import enter as desk
from tests.dashboard.test_labelling import enter
from tests.store.events import OPENING
from tests.store.posts import post, say, score

PAGE, ABOUT = "/posts/forgetting", "/about-data"
NOW = datetime(2022, 10, 28, 2, 0, tzinfo=UTC)
LINK = "https://news.example/4711"
KEY = b"k" * 32


@pytest.fixture
def said(house: House) -> None:
    with write(house.engine) as conn:
        mine = author_hash("forum", "某人", house.settings.author_key)
        say(conn, (post(1, "抢不到券", url=LINK), score()), (post(2, "抢到了", author_ref=mine), score()))


def words(house: House) -> list[str]:
    with read(house.engine) as conn:
        return list(conn.scalars(select(schema.posts.c.text).order_by(schema.posts.c.post_id)))


def last_act(house: House) -> tuple[str, str, dict[str, object], str]:
    with read(house.engine) as conn:
        entry = audit_page(conn, Wanted(), limit=1)[0]
    return entry.action, entry.subject, json.loads(entry.detail), str(entry)


@pytest.mark.parametrize("role", roles_with(May.JUDGE))
def test_p4_by_its_link_and_the_log_says_so_without_saying_what(house: House, said: None, role: str) -> None:
    client = enter(house, role)
    assert LINK not in client.get(PAGE).text
    answer = client.post(PAGE, data={"by": "link", "what": LINK}, headers={"sec-fetch-site": "same-origin"})
    assert answer.status_code == 200
    assert "已删除 1 条" in answer.text
    assert words(house) == ["", "抢到了"]
    action, subject, detail, entry = last_act(house)
    assert (action, subject, detail["posts"]) == (Action.ERASE, "by link", 1)
    assert "news.example" not in entry
    again = client.post(PAGE, data={"by": "link", "what": LINK}, headers={"sec-fetch-site": "same-origin"})
    assert "没有这样的帖文" in again.text


def test_p4_by_who_wrote_it_and_the_name_is_nowhere(house: House, said: None) -> None:
    form = {"by": "author", "media": "forum", "what": " 某人 "}
    answer = enter(house).post(PAGE, data=form, headers={"sec-fetch-site": "same-origin"})
    assert "已删除 1 条" in answer.text
    assert words(house) == ["抢不到券", ""]
    _, subject, detail, entry = last_act(house)
    assert (subject, detail["posts"]) == ("by author", 1)
    assert "某人" not in entry + answer.text


@pytest.mark.parametrize(
    "form",
    [{}, {"by": "link"}, {"by": "link", "what": "javascript:alert(1)"}, {"by": "x", "what": LINK},
     {"by": "link", "what": "https://weibo.com/u/1000000001"}, {"by": "author", "what": "某人"},
     {"by": "author-hash", "what": "1' OR 1=1"}, {"by": "link", "what": "https://x.example/" + "a" * 3000},
     {"by": "author", "media": "forum", "what": "\x00"}],
)  # fmt: skip
def test_what_is_no_wish_deletes_nothing(house: House, said: None, form: dict[str, str]) -> None:
    answer = enter(house).post(PAGE, data=form, headers={"sec-fetch-site": "same-origin"})
    assert answer.status_code == 400
    assert words(house) == ["抢不到券", "抢到了"]


def test_another_site_cannot_delete(house: House, said: None) -> None:
    form = {"by": "link", "what": LINK}
    answer = enter(house).post(PAGE, data=form, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    assert words(house) == ["抢不到券", "抢到了"]


QUOTED = "核销了三次都失败，收银台说系统忙"


@pytest.fixture
def papers(house: House) -> TestClient:
    """Two days' papers of the city: the first quotes the post, the second nobody."""
    with write(house.engine) as conn:
        about = post(1, QUOTED, url=LINK, published_at=OPENING)
        say(conn, (about, score(issues=("redeem_fail",))), now=OPENING)
    client = desk(house, now=DAY + timedelta(days=3))
    for day in (DAY, DAY + timedelta(days=1)):
        with write(house.engine) as conn:
            ask(conn, WantedPaper(scope=house.city, day=day), by="li", now=day)
        work(house, day + timedelta(hours=25))
    assert QUOTED in client.get("/briefings/1.json").text
    assert QUOTED not in client.get("/briefings/2.json").text
    return client


def test_p4_a_published_paper_that_quotes_it_is_withheld_and_a_new_one_made(
    house: House, papers: TestClient
) -> None:
    with read(house.engine) as conn:
        before = conn.execute(select(schema.briefing_files).order_by(schema.briefing_files.c.form)).all()
    quoting = {f.briefing_id for f in before if f.form == "json" and QUOTED in f.body.decode()}
    assert len(quoting) == 2, "the day's own paper and the opinion office's"
    (evidence,) = set(re.findall(r'"(/evidence/[^"]+post=1)"', papers.get("/briefings/1.json").text))
    assert QUOTED in papers.get(evidence).text
    answer = enter(house).post(
        PAGE, data={"by": "link", "what": LINK}, headers={"sec-fetch-site": "same-origin"}
    )
    assert "已删除 1 条" in answer.text
    assert last_act(house)[2]["papers"] == len(quoting)
    for number in quoting:
        for form in ("pdf", "docx", "xlsx", "html", "json", "zip"):
            withheld = papers.get(f"/briefings/{number}.{form}")
            assert (withheld.status_code, QUOTED in withheld.text) == (410, False)
        assert papers.get(f"/briefings/{number}/preview").status_code == 410
    assert papers.get("/briefings/2.json").status_code == 200
    assert QUOTED not in papers.get(evidence).text
    with read(house.engine) as conn:
        kept = conn.execute(select(schema.briefing_files).order_by(schema.briefing_files.c.form)).all()
    assert kept == before, "what was published is not changed"
    work(house, DAY + timedelta(days=3))
    page = papers.get("/briefings").text
    assert "已停止提供" in page
    assert "第 2 版（更正）" in page
    (number,) = (paper.briefing_id for paper in there(house) if paper.edition == 2)
    new = papers.get(f"/briefings/{number}.json").text
    assert "以本版为准" in new
    assert QUOTED not in new


def test_a_paper_that_waits_to_be_sent_is_not_sent_any_more(house: House, papers: TestClient) -> None:
    with write(house.engine) as conn:
        for number in (1, 2):
            enqueue_paper(conn, number, {"mail": ("a@b.c",)}, now=OPENING)
    enter(house).post(PAGE, data={"by": "link", "what": LINK}, headers={"sec-fetch-site": "same-origin"})
    out = schema.briefing_deliveries.c
    with read(house.engine) as conn:
        told = conn.execute(select(out.briefing_id, out.dead_at.is_(None)).order_by(out.briefing_id)).all()
    assert [tuple(row) for row in told] == [(1, False), (2, True)]


def test_hostile_media_stays_text(house: House) -> None:
    with write(house.engine) as conn:
        say(conn, (post(1, media="<script>x"), score()))
    assert "<script>x" not in enter(house).get(PAGE).text


def test_a_hash_is_taken_as_it_is() -> None:
    assert read_wish(By.HASH, "a" * 64, media="", key=KEY).stored == "a" * 64
    with pytest.raises(ConfigError):
        read_wish(By.HASH, "a" * 63, media="", key=KEY)


def test_about_data_shows_the_periods_that_hold_here(house: House, said: None) -> None:
    house.campaign = house.campaign.model_copy(update={"retention": Retention(texts_days=41)})
    answer = enter(house, "market").get(ABOUT)
    assert answer.status_code == 200
    assert "41 天" in answer.text
    assert "90 天" in answer.text  # the raw bytes'
    assert "不少于 183 天" in answer.text
    assert PAGE not in answer.text
    assert "已过期未清理" not in answer.text


def test_about_data_is_for_a_countys_people_too(house: House) -> None:
    assert enter(house, "county", county=house.county).get(ABOUT).status_code == 200


def test_about_data_leads_who_may_delete_to_it_and_says_what_is_overdue(house: House, said: None) -> None:
    enter(house)
    late = house.app(Clock.rehearsal(NOW + timedelta(days=91), speed=0))
    client = TestClient(late, base_url="http://127.0.0.1:8050")
    client.cookies.set(SESSION_COOKIE, house.session("who"))
    page = client.get(ABOUT).text
    assert PAGE in page
    assert "已过期未清理" in page
