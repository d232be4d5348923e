"""The pulled platform speaks its protocol: token, cursor in published order, limits, counters, faults of a stream."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from starlette.applications import Starlette

from domain.campaign import Campaign
from rehearsal.faults import EDGE, LEVELS, PAGE, STREAM, Faults, Level
from rehearsal.ledger import CLAIM, REDEMPTION, Happening, Ledger
from rehearsal.platforms.json_api import JsonApi
from tests.rehearsal.asking import Client

TOKEN = "a-token"  # not a secret: made for this test
QUIET_WIRE = replace(LEVELS["hard"], wire_deck=0, seldom=())  # a disorderly stream over a good line
AUTH = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def happenings(small_campaign: Campaign) -> list[Happening]:
    launch = small_campaign.campaign.launch_at
    return [h for h in Ledger(small_campaign, 5).play_until(launch) if h.lot.programme.platform == "city-pay"]


def _platform(happenings: list[Happening], level: Level = LEVELS["none"]) -> JsonApi:
    platform = JsonApi("city-pay", token=TOKEN, seed=5, faults=Faults(level, 5))
    platform.take(happenings)
    return platform


def _client(platform: JsonApi) -> Client:
    return Client(Starlette(routes=platform.routes()))


def _read_all(client: Client, *, cursor: str | None = None, limit: int = 700) -> tuple[list[dict], str]:
    events: list[dict] = []
    while True:
        query = {"limit": limit} | ({"cursor": cursor} if cursor else {})
        answer = client.get("/v1/events", params=query, headers=AUTH)
        assert answer.status_code == 200
        page = answer.json()
        events += page["events"]
        cursor = page["next_cursor"]
        if not page["has_more"]:
            return events, cursor


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}])
def test_without_its_token_nothing_is_told(happenings: list[Happening], headers: dict[str, str]):
    answer = _client(_platform(happenings)).get("/v1/events", headers=headers)
    assert answer.status_code == 401
    assert set(answer.json()["error"]) == {"code", "message"}


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 2001}, {"limit": "x"}, {"cursor": "guessed"}])
def test_a_request_that_makes_no_sense_is_refused(happenings: list[Happening], query: dict):
    assert _client(_platform(happenings)).get("/v1/events", params=query, headers=AUTH).status_code == 400


def test_a_client_that_follows_the_cursor_reads_every_event_once(happenings: list[Happening], now: datetime):
    platform = _platform(happenings)
    platform.advance(now)
    client = _client(platform)
    events, cursor = _read_all(client)
    due = {h.event_no for h in happenings if h.at <= now.timestamp() - 2}
    assert len(events) == len(due) == len(platform.published)
    assert {e["event_no"] for e in events} == due
    assert cursor
    assert _read_all(client, cursor=cursor)[0] == []
    platform.advance(now + timedelta(hours=1))
    later, _ = _read_all(client, cursor=cursor)
    assert later
    assert not {e["event_no"] for e in later} & due


def test_an_event_carries_what_the_ledger_says(happenings: list[Happening], now: datetime):
    platform = _platform(happenings)
    platform.advance(now + timedelta(days=70))
    told = {e["event_no"]: e for e in _read_all(_client(platform), limit=2000)[0]}
    for h in happenings:
        event = told[h.event_no]
        assert event["kind"] == h.kind
        assert event["template"] == h.lot.template.id
        assert event["sub_project"] == h.lot.programme.sub_projects.redeem
        assert event["face_fen"] == h.lot.template.face_fen
        assert datetime.fromisoformat(event["occurred_at"]).timestamp() == h.at
        assert event.get("order_fen") == h.order_fen
        assert event.get("origin_event_no") == h.origin_event_no
        assert ("county" in event) == (h.kind != CLAIM)


def test_everything_before_the_data_time_has_been_read(happenings: list[Happening], now: datetime):
    platform = _platform(happenings, QUIET_WIRE)
    platform.advance(now)
    seen, cursor, client = set(), None, _client(platform)
    for _ in range(6):
        query = {"limit": 500} | ({"cursor": cursor} if cursor else {})
        page = client.get("/v1/events", params=query, headers=AUTH).json()
        seen |= {e["event_no"] for e in page["events"]}
        cursor = page["next_cursor"]
        complete = datetime.fromisoformat(page["data_time"]).timestamp()
        assert {h.event_no for h in happenings if h.at <= complete} <= seen
    assert page["has_more"]


def test_events_come_late_twice_and_in_other_order_and_none_is_lost(
    happenings: list[Happening], now: datetime
):
    platform = _platform(happenings, QUIET_WIRE)
    platform.advance(now + timedelta(days=2))
    events, _ = _read_all(_client(platform), limit=130)
    events += _read_all(_client(platform), limit=97)[0]
    numbers = [e["event_no"] for e in events]
    assert set(numbers) == {h.event_no for h in platform.published}
    assert len(numbers) > 2 * len(set(numbers))
    hits = platform.faults.hits
    assert min(hits[f] for f in (*STREAM, *PAGE, *EDGE)) > 0


def test_an_event_told_again_is_told_the_same(happenings: list[Happening], now: datetime):
    platform = _platform(happenings, QUIET_WIRE)
    platform.advance(now + timedelta(days=2))
    first: dict[str, dict] = {}
    for event in _read_all(_client(platform))[0]:
        assert first.setdefault(event["event_no"], event) == event


def test_counters_count_what_is_published_and_no_refund(happenings: list[Happening], now: datetime):
    platform = _platform(happenings)
    platform.advance(now + timedelta(days=3))
    counters = _client(platform).get("/v1/counters", headers=AUTH).json()["counters"]
    assert {c["kind"] for c in counters} == {CLAIM, REDEMPTION}
    for c in counters:
        assert c["value_count"] == sum(
            (h.lot.template.id, h.lot.round_no, h.kind) == (c["template"], c["round"], c["kind"])
            for h in platform.published
        )


def test_what_has_happened_but_is_not_out_is_withheld(happenings: list[Happening], small_campaign: Campaign):
    platform = _platform(happenings)
    at = small_campaign.campaign.launch_at + timedelta(seconds=20)
    platform.advance(at)
    held = {h.event_no for h in platform.withheld}
    assert held
    assert held | {h.event_no for h in platform.published} == {
        h.event_no for h in happenings if h.at <= at.timestamp()
    }


def test_events_that_never_happened_and_clocks_that_are_off_change_nothing_of_the_truth(
    happenings: list[Happening], now: datetime
):
    level = replace(LEVELS["hard"], wire_deck=0, page_deck=0, event_share=0)
    platform = _platform(happenings, level)
    platform.advance(now + timedelta(days=2))
    told = {e["event_no"]: e for e in _read_all(_client(platform), limit=97)[0]}
    strays = [told.pop(number) for number in [*told] if number.startswith("X")]
    assert {h.event_no for h in platform.published} == set(told)
    assert (
        [e["sub_project"] for e in strays].count("SX2022-H2-R") == platform.faults.hits["event_unmapped"] > 0
    )
    assert ["99.90" in e.values() for e in strays].count(True) == platform.faults.hits["event_bad_money"] > 0
    off = {
        datetime.fromisoformat(told[h.event_no]["occurred_at"]).timestamp() - h.at for h in platform.published
    }
    assert off == {-600, 0, 600}
    answers = [_client(platform).get("/v1/counters", headers=AUTH).json() for _ in range(16)]
    times = {datetime.fromisoformat(a["counters"][0]["counted_at"]) for a in answers}
    assert max(times) - min(times) == timedelta(minutes=20)
