"""P1, P2 and P5: who wrote something is not stored, not asked for and not shown."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select, update

from briefing.talk import QUOTE_LONGEST, quote
from dashboard.permissions import TABLE
from ingest.door import at_the_door
from store.engine import read, write
from store.schema import metadata, posts
from tests.dashboard.conftest import House
from tests.dashboard.desk_day import trouble
from tests.dashboard.wire import HTTP, Wire, address_of, wired
from tests.domain.test_personal import LISTED
from tests.ingest.test_door import KEY, post

ROOT = Path(__file__).parents[2]
GROUPING = {"group_by", "order_by", "groupby", "Counter", "distinct", "partition_by"}
SPAM_CAP = {"alerts/rules/opinion_burst.py", "alerts/rules/sentiment_turning.py"}
"""Where an author counts once, whatever they wrote: the only question that is asked of authors."""


def test_p1_no_listed_form_gets_past_the_door(now: datetime):
    for told, kept in LISTED:
        stored = at_the_door(post(title=told, text=f"我说：{told}", author_ref=told), KEY, now)
        assert (stored.title, stored.author_ref) == (kept.strip(), stored.author_ref), told
        assert re.fullmatch("[0-9a-f]{64}", stored.author_ref or ""), told
        numbers = {number for number in re.findall("[0-9０-９]{5,}", told) if number not in kept}
        assert not [number for number in numbers if number in str(stored)], told


def test_p1_no_table_has_a_place_for_a_person():
    """Whoever adds a column for a name, a picture or a place finer than a county, adds it against this."""
    words = ("avatar", "nick", "screen_name", "follower", "profile", "gender", "birth", "phone", "mobile", "id_card",
             "latitude", "longitude", "street", "ip_")  # fmt: skip
    columns = {f"{table.name}.{column.name}" for table in metadata.sorted_tables for column in table.columns}
    assert not {column for column in columns if any(word in column.split(".")[1] for word in words)}
    assert {c for c in columns if c.startswith("posts.") and "author" in c} == {"posts.author_ref"}


@pytest.fixture
def asked(house: House) -> Iterator[tuple[Wire, set[str]]]:
    """A store with an hour of complaints, each by somebody: the application, and who they were."""
    trouble(house)
    with write(house.engine) as conn:
        for number in conn.scalars(select(posts.c.post_id)).all():
            who = hashlib.sha256(str(number).encode()).hexdigest()
            conn.execute(update(posts).where(posts.c.post_id == number).values(author_ref=who))
    with read(house.engine) as conn:
        authors = set(conn.scalars(select(posts.c.author_ref)))
    with wired(house) as wire:
        yield wire, {author for author in authors if author}


def test_p2_no_page_and_no_file_shows_who_wrote(asked: tuple[Wire, set[str]]):
    wire, authors = asked
    shown = 0
    for method, template in HTTP:
        for part in ("1", "140400", "csv", "pay"):
            if method != "GET":
                continue
            for answer in wire.as_everybody(method, address_of(template, part)):
                assert not [author for author in authors if author[:16] in answer.text], template
                shown += "核销失败" in answer.text
    assert len(authors) == 20
    assert shown, "posts were shown, their authors not"


def test_p2_nobody_can_be_asked_for():
    assert not [path for _, path, _ in TABLE if re.search("author|person|people/|profile", path)]
    grouping = {
        str(file.relative_to(ROOT))
        for package in ("store", "alerts", "sentiment", "dashboard", "briefing", "layouts")
        for file in (ROOT / package).rglob("*.py")
        if _groups_by_author(file.read_text("utf-8"))
    }
    assert grouping == SPAM_CAP


def _groups_by_author(code: str) -> bool:
    """Whether anything is grouped, ordered or collected by author: a call, or the keys of a dict."""
    asked: list[ast.expr] = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rsplit(".", 1)[-1] in GROUPING:
            asked += node.args
        elif isinstance(node, ast.DictComp):
            asked.append(node.key)
    return any("author" in ast.unparse(expression) for expression in asked)


def test_p5_a_quote_is_short_and_leads_to_nobody():
    handles = (
        "@张三",
        "@zhang_san:",
        "＠李四 说",
        "回复@王五:好",
        "//@赵六: 转发",
        "微信zhang888888",
        "加V：wx_1234567",
    )
    for told in (*(told for told, _ in LISTED), *handles):
        said = quote(f"抢不到券 {told} " + "真的抢不到" * 30)
        assert len(said) <= QUOTE_LONGEST == 60
        for name in ("张三", "zhang", "李四", "王五", "赵六", "wx_1234567", "13812345678"):
            assert name not in said, told
