"""The two feeds: well-formed, in their declared encodings, newest first, with conditional GET."""

import xml.etree.ElementTree as ET
from datetime import datetime, timedelta

import pytest
from starlette.applications import Starlette

from rehearsal.faults import LEVELS, Faults
from rehearsal.feeds.rss import Feed, atom, external_id, rss
from rehearsal.scenario import Written
from tests.rehearsal.asking import Client

ATOM = "{http://www.w3.org/2005/Atom}"


def _post(now: datetime, n: int, *, source: str) -> Written:
    return Written(
        source=source,
        external_id=f"p{n:05d}",
        title=f"第{n}条 <券> & 㐂",
        text=f"核销失败{n}次 <b>无语</b>",
        published_at=now + timedelta(minutes=n),
        label="neg",
        issue="redeem_fail",
        county=None,
        relevance="campaign",
    )


def _feed(now: datetime, source: str = "news-rss") -> Feed:
    posts = [_post(now, n, source=source) for n in range(5)]
    render = rss if source == "news-rss" else atom
    return Feed(posts, path="/feed", render=render, faults=Faults(LEVELS["none"], 1))


def _client(feed: Feed) -> Client:
    return Client(Starlette(routes=feed.routes()))


def test_rss_is_gb18030_and_holds_what_is_out_newest_first(now: datetime):
    feed = _feed(now)
    feed.advance(now + timedelta(minutes=2))
    answer = _client(feed).get("/feed")
    assert answer.headers["content-type"] == "application/rss+xml; charset=gb18030"
    text = answer.content.decode("gb18030")
    assert text.startswith('<?xml version="1.0" encoding="GB18030"?>')
    items = ET.fromstring(text.partition("?>")[2]).findall("channel/item")
    assert [i.findtext("guid") for i in items] == ["p00002", "p00001", "p00000"]
    assert items[0].findtext("title") == "第2条 <券> & 㐂"
    assert items[0].findtext("description") == "<p>核销失败2次 &lt;b&gt;无语&lt;/b&gt;</p>"
    assert items[0].findtext("pubDate") == "Fri, 28 Oct 2022 10:02:00 +0800"


def test_atom_is_utf_8_and_its_ids_are_those_of_the_truth(now: datetime):
    feed = _feed(now, "forum-atom")
    feed.advance(now + timedelta(minutes=9))
    entries = ET.fromstring(_client(feed).get("/feed").content).findall(f"{ATOM}entry")
    assert {e.findtext(f"{ATOM}id") for e in entries} == {external_id(p) for p in feed.served}
    assert len(entries) == 5
    assert datetime.fromisoformat(entries[0].findtext(f"{ATOM}published") or "") == now + timedelta(minutes=4)


def test_an_unchanged_feed_answers_304_to_either_condition(now: datetime):
    feed = _feed(now)
    feed.advance(now + timedelta(minutes=1))
    client = _client(feed)
    first = client.get("/feed")
    for name, header in (("If-None-Match", "etag"), ("If-Modified-Since", "last-modified")):
        again = client.get("/feed", headers={name: first.headers[header]})
        assert (again.status_code, again.content) == (304, b"")
    feed.advance(now + timedelta(minutes=2))
    assert client.get("/feed", headers={"If-None-Match": first.headers["etag"]}).status_code == 200


@pytest.mark.parametrize("value", ["yesterday", "", "Fri, 28 Oct 2022 10:02:00"])
def test_a_date_that_is_none_is_as_if_it_had_not_been_sent(now: datetime, value: str):
    feed = _feed(now)
    feed.advance(now)
    assert _client(feed).get("/feed", headers={"If-Modified-Since": value}).status_code == 200


def test_a_feed_that_has_said_nothing_is_empty_and_well_formed(now: datetime):
    for source in ("news-rss", "forum-atom"):
        body = _client(_feed(now, source)).get("/feed")
        assert body.status_code == 200
        assert "last-modified" not in body.headers
        text = body.content.decode("gb18030" if source == "news-rss" else "utf-8")
        assert not list(ET.fromstring(text.partition("?>")[2]).iter("item"))
