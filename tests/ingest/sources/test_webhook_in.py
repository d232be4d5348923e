"""A pushed feed: only who knows the secret, only now, each message once; then its posts go the way of all posts."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import Engine, select

from domain.campaign import Campaign
from domain.errors import ParseError, RefusedError
from domain.records import InboxMessage, Payload, Post
from ingest.drain import drain
from ingest.hmac_signing import signature, verify
from ingest.http import Http
from ingest.run import run_source
from ingest.source import Deployment
from ingest.sources.webhook_in import WebhookIn
from rehearsal.feeds.webhook import A_MESSAGE, Vendor, signed
from rehearsal.scenario import Written
from store import schema
from store.engine import read, write
from store.queries.gaps import source_gaps
from store.writes.inbox import keep_messages
from tests.ingest.scripted import site

SECRET = b"geheim-SECtest"
NOW = datetime(2022, 10, 28, 2, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ITEM = {"id": "p1", "title": "消费券", "content": "<p>抢不到</p>", "url": "https://vendor.example/1", "author_id": "u1",
        "published_at": "2022-10-28T09:00:00+08:00", "likes": 3, "comments": "1.2万"}  # fmt: skip


def source(**changes: Any) -> WebhookIn:
    fields = {"id": "vendor", "kind": "webhook_in", "name": "授权数据", "every_s": 60, "stale_after_s": 600,
              "secret_env": "VENDOR_SECRET"}  # fmt: skip
    environ = {"VENDOR_SECRET": SECRET.decode(), "OLD_SECRET": "geheim-before"}
    return WebhookIn.model_validate(fields | changes, context=Deployment(environ=environ))


def lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def accepted(of: WebhookIn, headers: Mapping[str, str], body: bytes, now: datetime = NOW) -> str:
    return of.accept(lower(headers), body, now=now).message_id


def written(n: int) -> Written:
    return Written(
        source="vendor", external_id=f"v{n:05d}", title=f"题{n}", text=f"消费券第{n}条，电话13812345678",
        published_at=NOW + n * MINUTE, label="neg", issue=None, county=None, relevance="campaign",
    )  # fmt: skip


# ---------------------------------------------------------------- the signature


def test_a_known_vector() -> None:
    """Computed for the design papers, not by this code."""
    assert (
        signature(b"SECtest", "", b'{"a":1}', "body")
        == "d73c0594413d9eafb5ad179a086b48c86a7e173acb4b5b48f242c4efa9400c8e"
    )
    digest = hmac.new(SECRET, b'1666922400.{"a":1}', hashlib.sha256).hexdigest()
    assert signature(SECRET, "1666922400", b'{"a":1}') == digest


@pytest.mark.parametrize("late_s", [-300, 0, 300])
def test_a_message_is_taken_within_five_minutes(late_s: int) -> None:
    body = b"[]"
    assert len(accepted(source(), signed(SECRET, body, at=NOW + timedelta(seconds=late_s)), body)) == 64


@pytest.mark.parametrize("late_s", [-301, 301, -86_400, 86_400 * 365])
def test_and_at_no_other_time(late_s: int) -> None:
    with pytest.raises(RefusedError, match="another time"):
        accepted(source(), signed(SECRET, b"[]", at=NOW + timedelta(seconds=late_s)), b"[]")


GOOD = lower(signed(SECRET, b"[]", at=NOW))


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (GOOD, b"[ ]"), (GOOD, b""), (GOOD | {"x-signature": "sha256=" + "0" * 64}, b"[]"),
        (GOOD | {"x-signature": ""}, b"[]"),
        (GOOD | {"x-signature": "sha256=" + "é" * 64}, b"[]"), (GOOD | {"x-signature": "sha1=" + "0" * 40}, b"[]"),
        (GOOD | {"x-timestamp": str(int(NOW.timestamp()) + 1)}, b"[]"),
        (GOOD | {"x-timestamp": "１６６６９２２４００"}, b"[]"),
        (GOOD | {"x-timestamp": "now"}, b"[]"), ({}, b"[]"), (lower(signed(b"other", b"[]", at=NOW)), b"[]"),
    ],
)  # fmt: skip
def test_what_is_not_signed_so_is_refused(headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(RefusedError):
        accepted(source(), headers, body)


def test_the_same_bytes_have_the_same_id_and_a_new_timestamp_another() -> None:
    of, later = source(), signed(SECRET, b"[]", at=NOW + timedelta(seconds=1))
    assert accepted(of, GOOD, b"[]") == accepted(of, GOOD, b"[]") != accepted(of, later, b"[]")


def test_a_vendor_that_signs_the_body_alone_is_known_by_it() -> None:
    of = source(covers="body")
    digest = {"x-signature": hmac.new(SECRET, b"[1]", hashlib.sha256).hexdigest()}
    ids = {accepted(of, digest | {"x-timestamp": str(int(NOW.timestamp()) + n)}, b"[1]") for n in range(3)}
    assert len(ids) == 1


def test_while_a_secret_is_being_changed_the_old_one_is_taken_too() -> None:
    old = signed(b"geheim-before", b"[]", at=NOW)
    accepted(source(old_secret_env="OLD_SECRET"), old, b"[]")
    with pytest.raises(RefusedError):
        accepted(source(), old, b"[]")


def test_every_secret_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[bytes] = []

    def compare(ours: bytes, theirs: bytes) -> bool:
        compared.append(ours)
        return ours == theirs

    monkeypatch.setattr("ingest.hmac_signing.hmac.compare_digest", compare)
    verify(GOOD, b"[]", [SECRET, b"b", b"c"], covers="timestamp.body", now=NOW)
    assert len(compared) == 3


def test_a_secret_is_named_and_never_written_down() -> None:
    assert "SECtest" not in repr(source())
    with pytest.raises(ValidationError, match="VENDOR_SECRET is not set"):
        WebhookIn.model_validate(source().model_dump(), context=Deployment(environ={}))


# ---------------------------------------------------------------- what it says


def parsed(body: bytes) -> Any:
    return source().parse(Payload(name="/webhook", body=body, media_type="application/json"))


def test_an_item_becomes_a_post() -> None:
    assert parsed(json.dumps([ITEM]).encode()).records == (
        Post(
            source="vendor", media="webhook", external_id="p1", title="消费券", text="抢不到",
            url="https://vendor.example/1", published_at=datetime(2022, 10, 28, 1, tzinfo=UTC), author_ref="u1",
            likes=3, comments=12_000,
        ),
    )  # fmt: skip


def test_a_field_of_the_vendors_own_is_named_and_neither_name_of_the_text_is_one() -> None:
    said = [ITEM, {"id": "p2", "text": "抢到了", "ip": "203.0.113.7"}, "no object"]
    assert parsed(json.dumps(said).encode()).unread == ("ip",)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"id": None}, "id"), ({"id": 7}, "id"), ({"id": ""}, "id"), ({"id": "a b"}, "id"), ({"id": "x" * 201}, "id"),
        ({"published_at": "昨天"}, "published_at"), ({"published_at": 5}, "published_at"),
        ({"published_at": True}, "published_at"),
        ({"likes": "赞"}, "likes"), ({"likes": -1}, "likes"), ({"county": "长治"}, "county"),
        ({"media": "微 信"}, "media"),
        ({"title": "", "content": "<br>"}, "text"), ({"title": 5}, "title"), ({"url": 5}, "url"),
    ],
)  # fmt: skip
def test_a_bad_item_is_a_reject_and_the_others_stay(change: dict[str, Any], field: str) -> None:
    found = parsed(json.dumps([ITEM | change, ITEM]).encode())
    assert [(reject.row, reject.field) for reject in found.rejects] == [("[0]", field)]
    assert len(found.records) == 1


@pytest.mark.parametrize(
    "at", ["2022-10-28T09:00:00+08:00", "2022-10-28T01:00:00Z", 1666918800, 1666918800000, "1666918800"]
)
def test_a_moment_is_rfc_3339_or_seconds(at: Any) -> None:
    (post,) = parsed(json.dumps([ITEM | {"published_at": at}]).encode()).records
    assert post.published_at == datetime(2022, 10, 28, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"x",
        b"",
        b"[NaN]",
        b'[{"id": "a", "id": "b"}]',
        b"[" * 50_000,
        b"\xff",
        b"[" + b"1," * 1000 + b"1]",
    ],
)
def test_what_is_no_array_is_quarantined(body: bytes) -> None:
    with pytest.raises(ParseError):
        parsed(body)


# ---------------------------------------------------------------- the whole way


def test_what_a_vendor_sends_becomes_posts_through_the_door(engine: Engine, small_campaign: Campaign) -> None:
    of, where, answers = source(), site(engine, small_campaign), [503, 204]

    def send(headers: Mapping[str, str], body: bytes) -> int:
        known = of.accept(lower(headers), body, now=clock[0])
        message = InboxMessage(
            source="vendor",
            message_id=known.message_id,
            received_at=clock[0],
            headers=known.headers,
            body=body,
        )
        with write(engine) as conn:
            keep_messages(conn, [message])
        return answers.pop(0) if answers else 204

    clock = [NOW]
    vendor = Vendor([written(n) for n in range(2 * A_MESSAGE)], secret=SECRET, send=send)
    for minute in range(0, 130, 2):
        if 60 <= minute < 90:
            continue
        clock[0] = NOW + minute * MINUTE
        vendor.advance(clock[0])
        drain([of], where, lambda: clock[0])
        run_source(of, where, lambda: clock[0])
    with read(engine) as conn:
        posts = conn.execute(select(schema.posts).order_by(schema.posts.c.external_id)).all()
        runs = conn.execute(select(schema.source_runs)).all()
        gaps = source_gaps(conn, "vendor", since=NOW, until=clock[0], stale_after_s=of.stale_after_s)
    assert [post.external_id for post in posts] == [f"v{n:05d}" for n in range(100)]
    assert {(p.text[-5:], len(p.author_ref), p.media, p.comments) for p in posts} == {
        ("[手机号]", 64, "wechat", 12_000)
    }
    assert sum(run.accepted for run in runs) == 100
    assert all(run.rows_in == run.accepted + run.duplicate for run in runs)
    assert [(gap.since, gap.until) for gap in gaps] == [(NOW + 58 * MINUTE, NOW + 90 * MINUTE)]


def test_bad_items_are_put_aside_with_their_message_and_silence_is_no_life(
    engine: Engine, small_campaign: Campaign
) -> None:
    of, where = source(), site(engine, small_campaign)
    bodies = (json.dumps([ITEM, {"id": 5}]).encode(), b"{}")
    for n, body in enumerate(bodies):
        message = InboxMessage(source="vendor", message_id=str(n), received_at=NOW, headers={}, body=body)
        with write(engine) as conn:
            keep_messages(conn, [message])
    assert drain([of], where, lambda: NOW) == 2
    later = NOW + timedelta(hours=1)
    run_source(of, where, lambda: later)
    with read(engine) as conn:
        aside = conn.execute(select(schema.quarantine.c.row, schema.quarantine.c.field)).all()
        (run,) = conn.execute(select(schema.source_runs)).all()
        state = conn.execute(select(schema.source_state)).one()
        raw = conn.execute(select(schema.raw_archive.c.forget_at)).scalars().all()
    assert {tuple(row) for row in aside} == {("[1]", "id"), ("1", "/webhook")}
    assert (run.rows_in, run.accepted, run.quarantined) == (3, 1, 2)
    assert state.last_ok_at == NOW
    assert raw == [NOW + timedelta(days=90)] * 2


def test_it_is_never_asked() -> None:
    assert list(source().fetch(Http(), None)) == []
