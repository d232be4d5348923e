"""Text that was cut inside an emoji, as sites cut it: JSON can say half a character, UTF-8 and databases cannot."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from domain.campaign import Campaign
from domain.records import Payload, Post
from ingest.plain import plain_text
from ingest.run import import_payload
from ingest.source import Source
from store import schema
from store.engine import read
from tests.ingest.scripted import site
from tests.ingest.sources import (
    test_hotlist,
    test_rss,
    test_webhook_in,
    test_weibo_comments,
    test_weibo_search,
)

CUT = "抢到了\ud83d"
NOW = test_weibo_search.NOW
MBLOG = {
    "id": "4829000000000061",
    "mid": "4829000000000061",
    "created_at": "刚刚",
    "text": CUT,
    "user": {"id": CUT},
}
COMMENTS = f"{test_weibo_comments.PATH}?id=4829000000000001&mid=4829000000000001&max_id_type=0"
FEED = {
    "version": "https://jsonfeed.org/version/1.1",
    "items": [{"id": "1", "title": CUT, "content_text": CUT}],
}
LIST = {"status": "success", "id": "weibo", "items": [{"id": CUT, "title": CUT}]}  # Weibo's id is the title
CARDS = {"ok": 1, "data": {"cards": [{"card_type": 9, "mblog": MBLOG}]}}
ANSWERS: dict[str, tuple[Callable[[], Source], str, object]] = {
    "feed": (test_rss.source, "/feed", FEED),
    "hot list": (test_hotlist.source, "/api/s", LIST),
    "search": (test_weibo_search.source, "?page=1", CARDS),
    "comments": (test_weibo_search.source, COMMENTS, {"ok": 1, "data": {"data": [MBLOG], "max_id": 0}}),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_post_that_was_cut_inside_an_emoji_is_kept_without_the_half(
    engine: Engine, small_campaign: Campaign, answer: str
) -> None:
    made, name, content = ANSWERS[answer]
    body = json.dumps(content).encode()
    assert b"\\ud83d" in body
    payload = Payload(name=name, body=body, media_type="application/json", fetched_at=NOW)
    outcome = import_payload(made(), payload, site(engine, small_campaign), lambda: NOW)
    assert (outcome.accepted, outcome.quarantined, outcome.trouble) == (1, 0, None)
    with read(engine) as conn:
        (post,) = conn.execute(select(schema.posts.c.title, schema.posts.c.text))
    assert {post.title, post.text} - {""} == {"抢到了"}


def test_a_pushed_item_that_was_cut_so_is_set_aside_by_itself() -> None:
    """What is pushed has a form of ours, and half a character is no text in it."""
    cut = test_webhook_in.ITEM | {"id": "p2", "content": CUT}
    found = test_webhook_in.parsed(json.dumps([test_webhook_in.ITEM, cut]).encode())
    assert [record.external_id for record in found.records] == ["p1"]
    assert [(reject.row, reject.field) for reject in found.rejects] == [("[1]", "content")]
    repr(found.rejects).encode()


@given(st.text(st.characters(categories=["Cs", "L", "P", "S"]), max_size=40))
def test_no_markup_makes_plain_text_fail_or_keep_half_a_character(text: str) -> None:
    plain_text(text).encode()


def test_a_whole_emoji_stays() -> None:
    (post,) = test_rss.posts(json.dumps(FEED).replace("\\ud83d", "\\ud83d\\ude2d").encode())
    assert isinstance(post, Post)
    assert post.title == "抢到了😭"


def test_open_tags_cost_no_more_than_closed_ones() -> None:
    took = []
    for tags in ("<img>", "<img "):
        started = time.process_time()
        plain_text(tags * 16_000)
        took.append(time.process_time() - started)
    assert took[1] < 0.1 + 8 * took[0], "and a margin for a busy machine"
