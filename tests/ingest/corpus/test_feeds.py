"""Every odd feed comes to what was written beside it, and quickly."""

from __future__ import annotations

import time

import pytest

from domain.errors import ParseError
from domain.records import Payload, Post
from ingest.sources.rss import Rss
from tests.ingest.corpus.feeds import BASE, Feed, feeds

FEEDS = tuple(feeds())
NAMES = {"at": "published_at", "author": "author_ref", "id": "external_id"}


def source() -> Rss:
    return Rss.model_validate(
        {"id": "s", "kind": "rss", "name": "x", "every_s": 60, "stale_after_s": 600, "url": BASE}
    )


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)
def test_a_feed_comes_to_its_posts_or_is_set_aside_with_its_reason(feed: Feed) -> None:
    payload = Payload(name="/feed", body=feed.body, media_type="text/xml", encoding=feed.encoding)
    started = time.process_time()
    if feed.broken is not None:
        with pytest.raises(ParseError, match=feed.broken):
            source().parse(payload)
    else:
        parsed = source().parse(payload)
        posts = [record for record in parsed.records if isinstance(record, Post)]
        assert len(posts) == len(feed.posts)
        for post, wanted in zip(posts, feed.posts, strict=True):
            assert {name: told(post, name) for name in wanted} == wanted
        assert tuple(reject.row for reject in parsed.rejects) == feed.rejects
    assert time.process_time() - started < 2


def told(post: Post, name: str) -> object:
    if name == "id_starts":
        return post.external_id[:7]
    if name == "title_length":
        return len(post.title)
    value = getattr(post, NAMES.get(name, name))
    return value.isoformat() if name == "at" and value is not None else value


def test_the_corpus_is_large_and_its_names_are_unique() -> None:
    assert len({feed.name for feed in FEEDS}) == len(FEEDS) >= 50
    print(f"{len(FEEDS)} feeds, {sum(feed.broken is not None for feed in FEEDS)} of them set aside")
