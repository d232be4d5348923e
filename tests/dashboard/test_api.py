"""Snapshots as programs get them, and the process's health."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from starlette.testclient import TestClient

from dashboard.clock import Clock
from dashboard.entry.identity import metrics_token
from dashboard.entry.visitors import SESSION_COOKIE
from dashboard.live.picture_answers import parse_moment
from dashboard.live.stream import WORKER_LEASE
from store.engine import write
from store.writes.leases import take_lease
from tests.dashboard.conftest import ADDRESS, BUILD, House
from tests.dashboard.test_doors import _until

AT_NINE = datetime(2022, 10, 28, 1, 0, tzinfo=UTC)


@pytest.fixture
def inside(house: House) -> Iterator[TestClient]:
    """Signed in; the campaign's clock stands at 09:00 and runs sixty times as fast."""
    house.add_user()
    clock = Clock.rehearsal(AT_NINE, speed=60)
    with TestClient(house.app(clock), base_url=ADDRESS, follow_redirects=False) as client:
        client.cookies.set(SESSION_COOKIE, house.session())
        yield client


def test_the_newest_picture_comes_packed_with_its_build_and_the_servers_time(
    house: House, inside: TestClient
):
    house.picture(3, total="旧")
    house.picture(4, total="新")
    answer = inside.get("/api/v1/snapshot")
    assert answer.json()["values"] == {"total": {"children": "新"}}
    assert answer.headers["etag"] == f'"4-{BUILD[:8]}"'
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["x-build"] == BUILD
    assert answer.headers["x-clock-speed"] == "60"
    assert answer.headers["cache-control"] == "no-store"
    assert (
        timedelta() <= datetime.fromisoformat(answer.headers["x-server-time"]) - AT_NINE < timedelta(hours=1)
    )


def test_who_takes_no_gzip_gets_it_plain(house: House, inside: TestClient):
    house.picture(1, total="一")
    answer = inside.get("/api/v1/snapshot", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in answer.headers
    assert json.loads(answer.content)["version"] == 1


@pytest.mark.parametrize("known", ['"1-b0b0b0b0"', 'W/"1-b0b0b0b0"', '"0-x", "1-b0b0b0b0"'])
def test_what_is_known_is_not_sent_again(house: House, inside: TestClient, known: str):
    house.picture(1)
    answer = inside.get("/api/v1/snapshot", headers={"if-none-match": known})
    assert answer.status_code == 304
    assert answer.content == b""
    assert answer.headers["x-build"] == BUILD


def test_who_shows_the_last_version_gets_the_changes_and_who_shows_nonsense_the_whole(
    house: House, inside: TestClient
):
    house.picture(3, total="旧", same="一")
    _until(lambda: inside.get("/api/v1/snapshot").headers.get("etag") == f'"3-{BUILD[:8]}"')
    house.picture(4, total="新", same="一")
    _until(lambda: inside.get("/api/v1/snapshot").json()["version"] == 4)
    changes = inside.get("/api/v1/snapshot?since=3")
    assert changes.headers["etag"] == f'"4-{BUILD[:8]}"'
    assert (changes.json()["since"], changes.json()["values"]) == (3, {"total": {"children": "新"}})
    whole = {"total": {"children": "新"}, "same": {"children": "一"}}
    for asked in ("since=2", "since=-1", "since=x", "since=" + "9" * 40, "since=4", "hinted=1e9", "hinted=٣"):
        answer = inside.get(f"/api/v1/snapshot?{asked}")
        assert answer.json()["values"] == whole, asked
    plain = inside.get("/api/v1/snapshot?since=3", headers={"accept-encoding": "identity"})
    assert plain.json()["values"] == whole


def test_a_new_version_is_served_within_a_moment(house: House, inside: TestClient):
    house.picture(1)
    _until(lambda: inside.get("/api/v1/snapshot").json().get("version") == 1)
    house.picture(2)
    _until(lambda: inside.get("/api/v1/snapshot").json()["version"] == 2)


def test_before_the_first_picture_the_wall_is_told_to_wait(inside: TestClient):
    answer = inside.get("/api/v1/snapshot")
    assert answer.status_code == 503
    assert answer.json() == {"error": {"code": 503, "message": "no picture yet"}}


def test_each_division_has_its_own_picture(house: House, inside: TestClient):
    house.picture(1, total="市")
    house.picture(1, scope=house.county, total="县")
    assert inside.get(f"/api/v1/snapshot/{house.county}").json()["scope"] == house.county
    assert inside.get("/api/v1/snapshot").json()["scope"] == house.city
    assert inside.get("/api/v1/snapshot/999999").status_code == 404
    assert inside.get("/api/v1/stream/999999").status_code == 404
    assert inside.get("/wall/999999").status_code == 404


@pytest.mark.parametrize(
    ("at", "found"),
    [("2022-10-28T09:05", "九点"), ("2022-10-28T01:05:00Z", "九点"), ("2022-10-28T10:00:00+08:00", "十点")],
)
def test_the_past_can_be_seen_again(house: House, inside: TestClient, at: str, found: str):
    house.picture(1, made_at=AT_NINE, total="九点")
    house.picture(2, made_at=AT_NINE + timedelta(hours=1), total="十点")
    assert inside.get("/api/v1/snapshot", params={"at": at}).json()["values"]["total"]["children"] == found


def test_a_time_before_the_first_picture_or_no_time_at_all_is_said(house: House, inside: TestClient):
    house.picture(1, made_at=AT_NINE)
    assert inside.get("/api/v1/snapshot", params={"at": "2022-10-27"}).status_code == 404
    assert inside.get("/api/v1/snapshot", params={"at": "yesterday"}).status_code == 400


def test_whatever_is_no_plain_question_for_the_newest_goes_the_usual_way(house: House, inside: TestClient):
    house.picture(1, made_at=AT_NINE)
    assert inside.get("/api/v1/snapshot?%61t=2022-10-27").status_code == 404, "asks for the past as well"
    for nowhere in ("/api/v1/snapshot/", f"/api/v1/snapshot/{house.city}/x", "/api/v1/snapshots"):
        assert inside.get(nowhere).status_code == 404, nowhere
    assert inside.post("/api/v1/snapshot").status_code == 404


def test_a_plus_that_became_a_space_is_a_plus():
    assert parse_moment("2022-10-28T09:05:00 08:00") == AT_NINE + timedelta(minutes=5)


def test_while_the_store_is_away_the_last_picture_stays_and_tells_its_age(house: House, inside: TestClient):
    house.picture(5, total="在")
    _until(lambda: inside.get("/api/v1/snapshot").status_code == 200)
    with write(house.engine) as conn:
        for table in ("snapshots", "sessions"):
            conn.exec_driver_sql(f"ALTER TABLE {table} RENAME TO away_{table}")
    _until(lambda: float(inside.get("/api/v1/snapshot").headers["x-verified-s"]) > 1.2)
    answer = inside.get("/api/v1/snapshot")
    assert answer.json()["values"]["total"]["children"] == "在"
    assert inside.get("/api/v1/snapshot", params={"at": "2022-10-28"}).status_code == 503
    with write(house.engine) as conn:
        for table in ("snapshots", "sessions"):
            conn.exec_driver_sql(f"ALTER TABLE away_{table} RENAME TO {table}")
    _until(lambda: float(inside.get("/api/v1/snapshot").headers["x-verified-s"]) < 1)


def test_an_unknown_visitor_during_an_outage_is_asked_to_wait_not_let_in(house: House, client: TestClient):
    with write(house.engine) as conn:
        conn.exec_driver_sql("ALTER TABLE sessions RENAME TO away")
    client.cookies.set(SESSION_COOKIE, "x" * 43)
    program, page = client.get("/api/v1/snapshot"), client.get("/wall")
    assert (program.status_code, page.status_code) == (503, 503)
    assert 'http-equiv="refresh"' in page.text
    assert page.headers["retry-after"] == "5"


def test_ready_means_store_worker_and_a_picture(house: House, client: TestClient):
    assert client.get("/healthz").json() == {"up": True}
    assert client.get("/readyz").status_code == 503
    house.picture(1)
    with write(house.engine) as conn:
        take_lease(conn, WORKER_LEASE, holder="w", now=house.now(), lasts=timedelta(seconds=10))
    _until(lambda: client.get("/readyz").status_code == 200)
    state = client.get("/readyz").json()
    assert state["snapshot_age_s"] < 30
    house.now.move(seconds=11)
    assert client.get("/readyz").json()["worker"] == "down"


def test_monitoring_reads_the_metrics_with_its_token_and_nobody_else_does(house: House, client: TestClient):
    house.picture(3)
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"authorization": "Bearer wrong"}).status_code == 401
    client.headers["authorization"] = f"Bearer {metrics_token(house.settings.secret_key)}"
    _until(lambda: f'quanqing_snapshot_version{{scope="{house.city}"}} 3' in client.get("/metrics").text)
    assert "quanqing_store_up 1" in client.get("/metrics").text
    assert client.get("/api/v1/snapshot").status_code == 401


def test_the_interface_is_described(inside: TestClient):
    paths = set(inside.get("/api/openapi.json").json()["paths"])
    assert {"/api/v1/snapshot", "/api/v1/snapshot/{scope}", "/api/v1/stream"} <= paths
    assert not [path for path in paths if not path.startswith("/api/")]


def test_the_bytes_in_the_store_are_the_bytes_on_the_wire(house: House, inside: TestClient):
    house.picture(1, total="字")
    with inside.stream("GET", "/api/v1/snapshot") as answer:
        raw = b"".join(answer.iter_raw())
    assert json.loads(gzip.decompress(raw))["values"]["total"]["children"] == "字"
