"""What is forgotten is nowhere any more, does not come in again, and changes no figure (promises P3, P4, I22)."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, insert, inspect, select, text

from dashboard.privacy.retention import forget
from domain.campaign import Campaign
from domain.links import author_hash, stored_link
from domain.records import Payload, Post, Reject, Score
from domain.text import QUOTED
from store import schema
from store.engine import read, write
from store.queries.evidence import evidence_posts
from store.queries.post_mark import mark_of_posts
from store.queries.posts import scored_posts, stored_posts, unscored_posts
from store.schema.base import unpacked
from store.writes.forgetting import forget_author, forget_link
from store.writes.intake import keep_raw, quarantine
from store.writes.posts import save_posts
from store.writes.shifts import hand_over
from store.writes.snapshots import save_snapshot
from tests.store.events import OPENING
from tests.store.posts import post, say, score

CANARY = "金丝雀说消费券根本抢不到"
LINK = "https://news.example/canary/4711"
AUTHOR = author_hash("forum", "金丝雀本人", b"k" * 32)
DAY = timedelta(days=1)
TRACES = (CANARY, CANARY[:8], "canary", "why-canary")


def told(no: int, **changes: Any) -> tuple[Post, Score]:
    return post(no, **changes), score(why=(("why-canary", 1.0),), county="140403")


def canary(**changes: Any) -> Post:
    fields = {"title": CANARY, "text": f"{CANARY}，气死", "url": LINK, "author_ref": AUTHOR}
    return post(1, **(fields | changes))


def fill(conn: Connection, campaign: Campaign, at: datetime = OPENING) -> list[int]:
    """The canary's post with everything that quotes it, and two others of the same hour."""
    ids = say(
        conn,
        (canary(external_id="canary-1"), told(1)[1]),
        told(2, text="另一条没有链接的帖文"),
        told(3, text="他还说过别的话", author_ref=AUTHOR),
        now=at,
    )
    body = f"<item>{CANARY}{LINK}</item>".encode()
    raw = Payload(name="feed.xml", media_type="text/xml", body=body)
    keep_raw(conn, raw, source="forum", sha256="a" * 64, now=at, forget_at=at + campaign.retention.raw)
    bad = Reject(row="item 2", field="title", reason="no date", excerpt=CANARY)
    quarantine(conn, [bad], source="forum", sha256="a" * 64, now=at)
    shown = {"values": {"list": {"children": [f"{CANARY[:8]}…", {"href": LINK}, "核销 12 张"]}}}
    for version, made_at in ((1, at), (2, at + timedelta(minutes=1))):
        packed = json.dumps(shown).encode()
        save_snapshot(conn, scope="140400", version=version, build="b", made_at=made_at, body=packed)
    alert = {
        "rule": "by_hand", "subject": "s", "level": "blue", "title": f"有人说：{CANARY}",
        "reasons": ["原话：另一条没有", f"{QUOTED}{CANARY}，[链接]，气…"],
        "evidence": [str(ids[0])], "evidence_count": 1, "raised_at": at, "refreshed_at": at,
    }  # fmt: skip
    conn.execute(insert(schema.alerts).values(alert | {"closed_why": f"已回复：{CANARY}"}))
    number = conn.execute(select(schema.alerts.c.alert_id)).scalar_one()
    sent = {name: alert[name] for name in ("level", "title", "reasons")} | {"alert_id": number}
    sent |= {"occasion": "level:blue", "channel": "duty", "created_at": at, "not_before": at}
    conn.execute(insert(schema.outbox).values(sent))
    hand_over(conn, f"盯着这一条：{CANARY}，{LINK}", who="li", now=at)
    return ids


def everything(conn: Connection) -> Iterator[tuple[str, str]]:
    """Every value of every table that stands in the database, search indexes included; packed ones unpacked."""
    for table in inspect(conn).get_table_names():
        for row in conn.execute(text(f'SELECT * FROM "{table}"')):
            yield from ((table, words) for value in row for words in _words(value))


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, (bytes, memoryview)):
        for unpack in (bytes, gzip.decompress, unpacked):
            try:
                yield (
                    unpack(bytes(value))
                    .decode("utf-8", "replace")
                    .encode()
                    .decode("unicode_escape", "replace")
                )
                yield unpack(bytes(value)).decode("utf-8", "replace")
            except Exception:  # noqa: BLE001 -- not packed in this way
                continue
    elif value is not None:
        yield json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else str(value)


def traces(conn: Connection, *more: str) -> set[str]:
    return {table for table, words in everything(conn) for trace in (*TRACES, *more) if trace in words}


def indexed(conn: Connection) -> int:
    """Posts the search can find: as many lines as words."""
    lines, words = (
        int(conn.execute(text(f"SELECT count(*) FROM {name}")).scalar_one())
        for name in ("post_index", "post_words")
    )
    assert lines == words
    return lines


def figures(conn: Connection) -> tuple[object, ...]:
    hours = conn.execute(select(schema.rollup_opinion).order_by(*schema.rollup_opinion.primary_key)).all()
    window = scored_posts(conn, since=OPENING - DAY, until=OPENING + DAY)
    seen = [(p.at, p.label, p.county, p.issues, p.media) for p in window]
    return [tuple(row) for row in hours], seen, len({p.author_ref for p in window})


def test_p3_after_ninety_days_no_table_holds_a_post_any_more_and_no_figure_changes(
    engine: Engine, small_campaign: Campaign
) -> None:
    with write(engine) as conn:
        fill(conn, small_campaign)
        for table in (
            schema.outbox,
            schema.alerts,
            schema.shift_notes,
        ):  # what a person wrote stays: that is no post
            conn.execute(table.delete())
        before = figures(conn)
    kept = small_campaign.retention.texts
    forget(engine, small_campaign, now=OPENING + kept - timedelta(seconds=1), fence=lambda conn: None)
    with read(engine) as conn:
        assert {"posts", "raw_archive", "quarantine", "snapshots", "scores"} <= traces(conn)
    with write(engine) as conn:
        save_snapshot(conn, scope="140400", version=9, build="b", made_at=OPENING + kept, body=b"{}")
    forget(engine, small_campaign, now=OPENING + kept + timedelta(minutes=1), fence=lambda conn: None)
    with read(engine) as conn:
        assert traces(conn) == set()
        assert figures(conn) == before
        assert indexed(conn) == 0
        assert unscored_posts(conn, model="newer", limit=9) == []
    with write(engine) as conn:  # a hot list shows it still; a model scored it meanwhile
        assert save_posts(conn, [canary(external_id="canary-1")], raw_sha256="b" * 64, now=OPENING) == 0
        say(conn, told(4, text="同一小时迟到的一条"), now=OPENING + kept)
        whole = schema.rollup_opinion.c.issue == ""
        (hour,) = conn.scalars(select(schema.rollup_opinion.c.posts_count).where(whole))
        assert hour == 4


def test_p3_half_a_year_after_the_end_no_row_of_a_post_is_left_and_the_hours_stay(
    engine: Engine, small_campaign: Campaign
) -> None:
    end = small_campaign.city.end_at
    assert end is not None
    ended = small_campaign.model_copy(
        update={"programme": tuple(p.model_copy(update={"end_at": end}) for p in small_campaign.programme)}
    )
    with write(engine) as conn:
        fill(conn, ended)
        before = figures(conn)[0]
    last = ended.retention.people_until(end)
    for now, left in ((last - timedelta(seconds=1), 3), (last, 0), (last, 0)):
        forget(engine, ended, now=now, fence=lambda conn: None)
        with read(engine) as conn:
            for table in (schema.posts, schema.scores):
                assert len(conn.execute(select(table)).all()) == left
            assert figures(conn)[0] == before


def test_p4_a_post_is_gone_by_its_link_and_does_not_come_again(
    engine: Engine, small_campaign: Campaign
) -> None:
    with write(engine) as conn:
        ids = fill(conn, small_campaign)
        before, mark = figures(conn), mark_of_posts(conn, since=OPENING - DAY, until=OPENING + DAY)
        assert forget_link(conn, LINK, now=OPENING + DAY) == 1
        left = traces(conn)
        assert left == {"scores"}  # the two others' own
        for table in (schema.alerts, schema.outbox):
            row = conn.execute(select(table.c.title, table.c.reasons)).one()
            assert (row.title, row.reasons) == ("有人说：—", ["原话：另一条没有", "原话：—"])
        assert figures(conn) == before
        assert mark_of_posts(conn, since=OPENING - DAY, until=OPENING + DAY) != mark
        assert evidence_posts(conn, [str(ids[0])]) == ()
        assert indexed(conn) == 2
        assert len(stored_posts(conn, since=None, county=None, issue=None, limit=9)) == 2
        again = (
            canary(external_id="canary-1"),
            canary(external_id="5", source="elsewhere"),  # another source has the same link
            canary(external_id="canary-1", url=None),
        )
        for one in again:
            assert save_posts(conn, [one], raw_sha256="b" * 64, now=OPENING + DAY) == 0
        assert forget_link(conn, LINK, now=OPENING + DAY) == 0
        pictures = conn.scalars(select(schema.snapshots.c.body_gzip)).all()
        assert all("核销 12 张" in gzip.decompress(body).decode() for body in pictures)


def test_p4_every_post_of_an_author_is_gone_and_none_comes_again(
    engine: Engine, small_campaign: Campaign
) -> None:
    with write(engine) as conn:
        fill(conn, small_campaign)
        before = figures(conn)
        assert forget_author(conn, AUTHOR, now=OPENING + DAY) == 2
        assert traces(conn, AUTHOR, "他还说过别的话") == {"scores"}
        assert figures(conn) == before
        assert save_posts(conn, [canary(external_id="77", url=None)], raw_sha256="b" * 64, now=OPENING) == 0
        assert save_posts(conn, [canary(external_id="78", url=None, author_ref="9" * 64)],
                          raw_sha256="b" * 64, now=OPENING) == 1  # fmt: skip


def test_p4_what_is_not_known_is_kept_out_all_the_same(conn: Connection) -> None:
    assert forget_link(conn, LINK, now=OPENING) == 0
    assert save_posts(conn, [canary()], raw_sha256="b" * 64, now=OPENING) == 0


@pytest.mark.parametrize(
    "url", ["https://weibo.com/1000000001/MbCdEfGh1", "https://m.weibo.cn/1000000001/MbCdEfGh1?x=1"]
)
def test_p4_a_link_is_looked_for_as_it_is_stored(conn: Connection, url: str) -> None:
    stored = stored_link("https://weibo.com/1000000001/MbCdEfGh1")
    say(conn, (post(1, url=stored), score()))
    assert forget_link(conn, stored_link(url) or "", now=OPENING) == 1
