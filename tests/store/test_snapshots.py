"""The pictures walls are served: found by version and by time, compressed once, thinned with age."""

import gzip
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection

from store.queries.news import read_news
from store.queries.snapshots import latest_snapshot, snapshot_at
from store.writes.snapshots import save_snapshot, thin_snapshots

BUILD = "0123456789abcdef"
CITY, COUNTY = "140400", "140402"


def _save(
    conn: Connection, version: int, made_at: datetime, *, scope: str = CITY, body: bytes = b"{}"
) -> str:
    return save_snapshot(conn, scope=scope, version=version, build=BUILD, made_at=made_at, body=body)


def test_a_picture_comes_back_as_it_was_saved(conn: Connection, now: datetime):
    etag = _save(conn, 7, now, body='{"件":1}'.encode())
    found = latest_snapshot(conn, CITY)
    assert found is not None
    assert (found.version, found.build, found.made_at, found.etag) == (7, BUILD, now, etag)
    assert gzip.decompress(found.body_gzip).decode() == '{"件":1}'
    assert etag == '"7-01234567"'


def test_the_same_body_is_the_same_bytes(conn: Connection, now: datetime):
    _save(conn, 1, now, body=b"x" * 99)
    _save(conn, 2, now + timedelta(hours=1), body=b"x" * 99)
    first, second = snapshot_at(conn, CITY, now), latest_snapshot(conn, CITY)
    assert first is not None
    assert second is not None
    assert first.body_gzip == second.body_gzip


def test_a_version_made_again_takes_the_place_of_the_first(conn: Connection, now: datetime):
    _save(conn, 1, now, body=b"old")
    _save(conn, 1, now, body=b"new")
    found = latest_snapshot(conn, CITY)
    assert found is not None
    assert gzip.decompress(found.body_gzip) == b"new"


def test_scopes_stand_apart(conn: Connection, now: datetime):
    _save(conn, 3, now)
    _save(conn, 5, now)
    _save(conn, 4, now, scope=COUNTY)
    assert read_news(conn, lease="worker").versions == {CITY: 5, COUNTY: 4}
    county = latest_snapshot(conn, COUNTY)
    assert county is not None
    assert county.version == 4


def test_before_the_first_picture_there_is_none(conn: Connection, now: datetime):
    assert read_news(conn, lease="worker").versions == {}
    assert latest_snapshot(conn, CITY) is None
    _save(conn, 1, now)
    assert snapshot_at(conn, CITY, now - timedelta(seconds=1)) is None


@pytest.mark.parametrize(("seconds", "version"), [(0, 1), (59, 1), (60, 2), (9999, 3)])
def test_the_past_shows_what_stood_there_then(conn: Connection, now: datetime, seconds: int, version: int):
    for number in (1, 2, 3):
        _save(conn, number, now + timedelta(minutes=number - 1))
    found = snapshot_at(conn, CITY, now + timedelta(seconds=seconds))
    assert found is not None
    assert found.version == version


def test_old_pictures_are_thinned_and_the_newest_stays(conn: Connection, now: datetime):
    for second in range(0, 7200, 10):
        _save(conn, second, now + timedelta(seconds=second))
    _save(conn, 1, now, scope=COUNTY)
    end = now + timedelta(hours=2)
    gone = thin_snapshots(conn, end)
    assert gone == 60 * 6 - 60  # of the older hour, one a minute is left
    assert read_news(conn, lease="worker").versions == {CITY: 7190, COUNTY: 1}
    kept = snapshot_at(conn, CITY, now + timedelta(seconds=119))
    assert kept is not None
    assert kept.version == 110  # the last of its minute
    assert thin_snapshots(conn, end) == 0


def test_a_scope_that_fell_silent_keeps_its_last_picture(conn: Connection, now: datetime):
    _save(conn, 1, now)
    _save(conn, 2, now + timedelta(seconds=1))
    assert thin_snapshots(conn, now + timedelta(days=400)) == 1
    assert read_news(conn, lease="worker").versions == {CITY: 2}
