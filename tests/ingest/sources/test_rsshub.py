"""Somebody else's producer: a real RSSHub serves our connector (its own `/test/*` routes need no site outside)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from domain.errors import FetchError
from domain.records import Payload, Post
from ingest.http import Http
from ingest.sources.rss import Rss
from tests.ingest.rsshub_server import NoRssHub, rsshub

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    try:
        with rsshub() as url:
            yield url
    except NoRssHub as reason:
        pytest.skip(f"RSSHub: {reason}")


def source(server: str, route: str) -> Rss:
    return Rss.model_validate(
        {
            "id": "hub",
            "kind": "rss",
            "name": "x",
            "every_s": 60,
            "stale_after_s": 600,
            "url": f"{server}{route}",
        }
    )


def fetched(server: str, route: str, cursor: str | None = None) -> list[Payload]:
    http = Http(allow_private=(server.removeprefix("http://"),), sleep=lambda _: None)
    try:
        return list(source(server, route).fetch(http, cursor))
    finally:
        http.close()


def posts(server: str, route: str) -> list[Post]:
    (payload,) = fetched(server, route)
    parsed = source(server, route).parse(payload)
    assert parsed.rejects == ()
    return [record for record in parsed.records if isinstance(record, Post)]


def test_its_items_become_posts_with_everything_it_says_of_them(server: str) -> None:
    first, *others = posts(server, "/test/1")
    assert first == Post(
        source="hub", media="rss", external_id="https://github.com/DIYgod/RSSHub/issues/1", title="Title1",
        text="Description1", url="https://github.com/DIYgod/RSSHub/issues/1",
        published_at=datetime(2018, 12, 31, 15, 59, 50, tzinfo=UTC), author_ref="DIYgod1",
    )  # fmt: skip
    assert [post.title for post in others] == ["Title2", "Title3", "Title4", "Title5"]


def test_its_atom_tells_the_same_as_its_rss(server: str) -> None:
    def told(route: str) -> list[tuple[object, ...]]:
        return [(p.title, p.text, p.url, p.published_at, p.author_ref) for p in posts(server, route)]

    assert told("/test/1.atom") == told("/test/1.rss")


def test_scripts_in_a_description_leave_nothing(server: str) -> None:
    found = posts(server, "/test/complicated")
    assert len(found) >= 6
    assert all("alert" not in post.text and "<" not in post.text for post in found)
    assert len({post.external_id for post in found}) < len(found), "the route repeats its link and title"


def test_a_longer_title_than_any_post_and_filters_of_the_query_work(server: str) -> None:
    (long, *_) = posts(server, "/test/long")
    assert long.title.startswith("Long Title Long Title")
    assert [post.title for post in posts(server, "/test/1?filter_title=Title4%7CTitle5")] == [
        "Title4",
        "Title5",
    ]
    assert len(posts(server, "/test/1?limit=2")) == 2


def test_an_empty_route_is_a_source_in_trouble_and_no_empty_feed(server: str) -> None:
    with pytest.raises(FetchError, match="the route is empty") as caught:
        fetched(server, "/test/empty")
    assert (caught.value.cause, caught.value.permanent) == ("empty", False)


def test_a_broken_route_is_a_source_that_is_down(server: str) -> None:
    with pytest.raises(FetchError) as caught:
        fetched(server, "/test/error")
    assert caught.value.cause == "down"
    assert "error page" in str(caught.value)


def test_an_unchanged_feed_is_told_by_its_etag(server: str) -> None:
    """Its body names the time it was built: the same answer comes from its cache, for five minutes."""
    (payload,) = fetched(server, "/test/cache")
    assert payload.cursor is not None
    assert fetched(server, "/test/cache", payload.cursor) == []
