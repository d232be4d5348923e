"""Raw bytes: kept as they came, once, and found out if they are no longer that."""

from __future__ import annotations

import hashlib

import pytest
from sqlalchemy import Connection, LargeBinary, select, type_coerce, update

from domain.campaign import Campaign
from domain.records import Payload
from store.queries.verify import verify
from store.schema import Packed, raw_archive
from store.writes.intake import keep_raw
from tests.store.events import OPENING

BODY = '{"核销": 20}\n'.encode() * 5_000


@pytest.fixture
def sha256(conn: Connection) -> str:
    name = hashlib.sha256(BODY).hexdigest()
    payload = Payload(name="/flow", body=BODY, media_type="application/json", cursor="")
    for _ in range(2):
        keep_raw(conn, payload, source="test", sha256=name, now=OPENING)
    return name


def test_bytes_come_back_as_they_were_and_are_kept_packed_once(conn: Connection, sha256: str):
    assert conn.execute(select(raw_archive.c.sha256, raw_archive.c.body)).all() == [(sha256, BODY)]
    stored = conn.execute(select(type_coerce(raw_archive.c.body, LargeBinary))).scalar_one()
    assert len(stored) < len(BODY) / 10


@pytest.mark.parametrize(
    ("stored", "found"),
    [
        (Packed().process_bind_param(b"other", None), hashlib.sha256(b"other").hexdigest()),  # type: ignore[arg-type]
        (b"damaged", "unreadable"),
        (b"", "unreadable"),
    ],
)
def test_other_bytes_and_damaged_ones_are_named(
    conn: Connection, small_campaign: Campaign, sha256: str, stored: bytes, found: str
):
    assert verify(conn, small_campaign) == []
    conn.execute(update(raw_archive).values(body=type_coerce(stored, LargeBinary)))
    (difference,) = verify(conn, small_campaign)
    assert (difference.check, difference.where) == ("raw_archive", sha256)
    assert (difference.stored, difference.expected) == (found, sha256)
