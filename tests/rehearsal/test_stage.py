"""The whole stage over a real port: what a patient client reads is what the truth says was published."""

import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from domain.campaign import Campaign
from domain.measures import FIGURES
from rehearsal.faults import LEVELS
from rehearsal.ledger import Ledger
from rehearsal.stage import Stage, serve


@pytest.fixture
def stage(small_campaign: Campaign, tmp_path: Path, now: datetime) -> Callable[[str], Stage]:
    return lambda level: Stage(
        small_campaign, seed=11, faults=level, folder=tmp_path / level, clock=lambda: now
    )


def test_two_stages_with_one_seed_publish_the_same_whatever_their_steps(
    stage: Callable[[str], Stage], now: datetime
):
    one, two = stage("some"), stage("some")
    one.advance(now + timedelta(days=4))
    for hours in range(97):
        two.advance(now + timedelta(hours=hours))
    truths = [s.truth() for s in (one, two)]
    assert truths[0]["published"] == truths[1]["published"]
    assert truths[0]["outstanding"] == truths[1]["outstanding"]
    fed = [[p for p in t["posts"] if not p["source"].startswith("hot-")] for t in truths]
    assert fed[0] == fed[1]


def test_without_faults_everything_that_happened_is_published_or_outstanding(
    stage: Callable[[str], Stage], small_campaign: Campaign, now: datetime
):
    played = stage("none")
    at = now + timedelta(days=4)
    played.advance(at)
    truth = played.truth()
    ledger = Ledger(small_campaign, 11)
    happened = Counter(h.kind for h in ledger.play_until(at) if h.at <= at.timestamp())
    let_out = Counter(h.kind for h in played.published())
    held: Counter[str] = Counter()
    for told in truth["outstanding"].values():
        held.update({kind: n for kind, n in told.items() if kind != "files"})
    assert let_out + held == happened
    assert truth["published"]["total"]["claimed_count"] == let_out["claim"] > 0
    assert truth["faults"] == {}


def test_the_truth_has_the_shape_of_totals_and_lists_every_post(stage: Callable[[str], Stage], now: datetime):
    played = stage("none")
    played.advance(now)
    truth = played.truth()
    assert set(truth["published"]) == {"as_of", "version", "rows", "total"}
    row = truth["published"]["rows"][0]
    assert list(row) == ["programme", "tranche", "sector", *FIGURES, "grade", "data_time"]
    assert {p["source"] for p in truth["posts"]} == {"news-rss", "forum-atom"}, (
        "nobody has asked for a hot list"
    )
    assert all(datetime.fromisoformat(p["published_at"]) <= now for p in truth["posts"])


def test_after_the_freeze_nothing_moves(stage: Callable[[str], Stage], now: datetime):
    played = stage("none")
    played.advance(now)
    played.freeze()
    before = played.truth()
    played.advance(now + timedelta(days=3))
    assert played.truth() == before


def test_time_does_not_run_backwards(stage: Callable[[str], Stage], now: datetime):
    played = stage("none")
    played.advance(now)
    before = played.truth()
    played.advance(now - timedelta(hours=1))
    assert played.truth() == before


def test_a_patient_client_gets_the_whole_truth_through_every_fault_of_the_wire(
    stage: Callable[[str], Stage],
):
    played = stage("hard")
    played.faults.level = replace(LEVELS["hard"], drip_s=0.1, seldom=())
    with serve(played) as serving, httpx.Client(base_url=serving.base_url, timeout=5) as client:
        assert serving.ticker()
        (token,) = played.secrets.values()
        numbers = set(_patiently(client, token))
        assert numbers == {h.event_no for h in played.platforms["city-pay"].published}
        for path in ("/rss/news.xml", "/rss/forum.atom", "/hot/api/s?id=weibo"):
            while client_status(client, path) != 200:
                continue
        wire = LEVELS["hard"].wire
        for _ in range(LEVELS["hard"].wire_deck):  # a whole deck more
            client_status(client, "/rss/news.xml")
    assert {name: played.faults.hits[name] > 0 for name in wire} == dict.fromkeys(wire, True)


def test_without_faults_no_answer_fails(stage: Callable[[str], Stage]):
    played = stage("none")
    with serve(played) as serving, httpx.Client(base_url=serving.base_url, timeout=5) as client:
        headers = {"Authorization": f"Bearer {next(iter(played.secrets.values()))}"}
        for path in (
            "/pay/city-pay/v1/events",
            "/pay/city-pay/v1/counters",
            "/rss/news.xml",
            "/rss/forum.atom",
        ):
            assert client.get(path, headers=headers).status_code == 200
        assert client.get("/hot/api/s", params={"id": "douyin"}).json()["items"]


def test_the_sources_file_names_every_server_and_no_secret(small_campaign: Campaign, tmp_path: Path):
    played = Stage(
        small_campaign,
        seed=11,
        folder=tmp_path / 'odd "name"',
        clock=lambda: small_campaign.campaign.launch_at,
    )
    text = played.sources_toml("http://127.0.0.1:9/")
    sources = {s["id"]: s for s in tomllib.loads(text)["source"]}
    assert list(sources) == ["city-pay", "bank-a", "news-rss", "forum-atom", "hot-weibo", "hot-douyin"]
    assert sources["city-pay"]["base_url"] == "http://127.0.0.1:9/pay/city-pay"
    assert sources["city-pay"]["token_env"] in played.secrets
    assert sources["bank-a"]["folder"] == str(tmp_path / 'odd "name"' / "bank-a")
    assert not [token for token in played.secrets.values() if token in text]


def client_status(client: httpx.Client, path: str) -> int:
    try:
        return client.get(path).status_code
    except httpx.HTTPError:
        return 0


def _patiently(client: httpx.Client, token: str) -> Iterator[str]:
    """Every event number; asks again whatever the answer was like."""
    cursor = None
    while True:
        query = {"limit": "60"} | ({"cursor": cursor} if cursor else {})
        try:
            answer = client.get(
                "/pay/city-pay/v1/events", params=query, headers={"Authorization": f"Bearer {token}"}
            )
            if answer.status_code != 200:
                assert answer.status_code in (429, 500)
                assert answer.status_code == 500 or answer.headers["retry-after"] == "1"
                continue
            page = answer.json()
        except (httpx.HTTPError, ValueError):
            continue
        yield from (e["event_no"] for e in page["events"])
        cursor = page["next_cursor"]
        if not page["has_more"]:
            return
