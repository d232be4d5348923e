"""The fake speaks the platform's protocol, and an independent client understands it as well as ours does."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from domain.campaign import Campaign
from domain.errors import FetchError
from domain.records import Event, Kind
from ingest.http import Http
from ingest.source import Deployment
from ingest.sources.wechatpay import WeChatPay as Source
from ingest.wechatpay_signing import MerchantKey, SignatureError, authorization
from rehearsal.faults import LEVELS, Faults
from rehearsal.ledger import CLAIM, REDEMPTION, Happening, Ledger
from rehearsal.platforms.wechatpay import FILE, STOCKS, WeChatPay
from rehearsal.platforms.wechatpay_wire import Keys
from tests.rehearsal.asking import Client


@pytest.fixture(scope="module")
def keys() -> Keys:
    return Keys.made()


class Scene:
    """The fake with its clock in the test's hand."""

    def __init__(self, campaign: Campaign, keys: Keys, level: str = "none") -> None:
        self.now = campaign.campaign.launch_at
        ledger = Ledger(campaign, 5)
        shops = [shop for street in ledger.register.shops.values() for shop in street]
        self.fake = WeChatPay("city-pay", shops=shops, seed=5, faults=Faults(LEVELS[level], 5),
                              clock=lambda: self.now, keys=keys)  # fmt: skip
        played = ledger.play_until(self.now)
        self.happenings: list[Happening] = [h for h in played if h.lot.programme.platform == "city-pay"]
        self.fake.take(self.happenings)
        self.client = Client(Starlette(routes=self.fake.routes()))
        self.stock = self.fake.stocks()[0]["stock_id"]
        lots = {s["stock_id"]: s for s in self.fake.stocks()}
        assert len(lots) == len(self.fake.stocks()) > 1
        self.ended = datetime.fromtimestamp(
            max(h.lot.use_until for h in self.happenings), self.now.tzinfo
        ) + timedelta(days=3)

    def to(self, now: datetime) -> None:
        self.now = now
        self.fake.advance(now)

    def get(self, target: str, *, signed: bool = True, late: int = 0) -> httpx.Response:
        k = self.fake.keys
        key = MerchantKey(mchid=k.mchid, serial=k.merchant_serial, private=k.merchant)
        at = int(self.now.timestamp()) - late
        header = authorization(key, "GET", target if signed else "/v3/other", at=at, nonce="N")
        path, _, query = target.partition("?")
        params = dict(part.split("=") for part in query.split("&")) if query else None
        return self.client.get(path, params=params, headers={"Authorization": header})

    def flow(self) -> dict[str, Any]:
        answer = self.get(f"{STOCKS}/{self.stock}/use-flow")
        assert answer.status_code == 200
        return answer.json()


@pytest.fixture
def scene(small_campaign: Campaign, keys: Keys) -> Scene:
    return Scene(small_campaign, keys)


@contextmanager
def served(scene: Scene) -> Iterator[str]:
    app = Starlette(routes=[Mount("/pay/city-pay", routes=scene.fake.routes())])
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/pay/city-pay"
    finally:
        server.should_exit = True
        thread.join()


def source(scene: Scene, base_url: str, folder: Path) -> Source:
    k = scene.fake.keys
    k.write(folder)
    (folder / "merchants.csv").write_text(scene.fake.merchants.table())
    settings = {
        "id": "wechat", "kind": "wechatpay", "name": "微信支付", "every_s": 15, "stale_after_s": 180,
        "platform": "city-pay",
        "base_url": base_url, "mchid": k.mchid, "serial_no": k.merchant_serial, "api_v3_key_env": "APIV3",
        "private_key_file": "wechatpay-merchant.pem", "stocks": scene.fake.stocks(),
        "merchant_counties": "merchants.csv",
        "platform_keys": [{"serial": k.platform_serial, "file": "wechatpay-platform.pem"}],
    }  # fmt: skip
    where = Deployment(environ={"APIV3": k.api_v3}, folder=folder, clock=lambda: scene.now)
    return Source.model_validate(settings, context=where)


def told(h: Happening) -> tuple[Any, ...]:
    face = h.lot.template.face_fen
    county = h.shop.county if h.shop else None
    return h.kind, h.event_no, h.lot.template.id, face, county, h.at, h.origin_event_no, h.returned_fen


def read(e: Event) -> tuple[Any, ...]:
    at = int(e.occurred_at.timestamp())
    return e.kind.value, e.event_no, e.template, e.face_fen, e.county, at, e.origin_event_no, e.returned_fen


def test_a_request_that_is_not_signed_for_its_path_and_time_is_told_sign_error(scene: Scene) -> None:
    target = f"{STOCKS}/{scene.stock}?stock_creator_mchid={scene.fake.keys.mchid}"
    assert scene.get(target).status_code == 200
    for answer in (scene.get(target, signed=False), scene.get(target, late=301), scene.client.get(STOCKS)):
        assert (answer.status_code, answer.json()["code"]) == (401, "SIGN_ERROR")
        assert "wechatpay-signature" not in answer.headers


def test_flows_are_refused_before_ten_on_the_day_after_and_above_five_a_minute(scene: Scene) -> None:
    target = f"{STOCKS}/{scene.stock}/use-flow"
    scene.to(scene.now + timedelta(days=1))
    assert (scene.get(target).status_code, scene.get(target).json()["code"]) == (400, "INVALID_REQUEST")
    scene.to(scene.ended)
    codes = [scene.get(target).status_code for _ in range(6)]
    assert codes == [200] * 5 + [429]
    scene.to(scene.ended + timedelta(seconds=61))
    answer = scene.get(target)
    assert answer.status_code == 200
    assert "wechatpay-signature" not in answer.headers


def test_a_files_address_works_once_and_for_thirty_seconds(scene: Scene) -> None:
    scene.to(scene.ended)
    first, second = (FILE + scene.flow()["url"].partition(FILE)[2] for _ in range(2))
    assert [scene.get(first).status_code, scene.get(first).status_code] == [200, 400]
    scene.now += timedelta(seconds=31)
    assert scene.get(second).status_code == 400


def test_500_comes_on_demand(scene: Scene) -> None:
    scene.fake.ailing = 1
    target = f"{STOCKS}/{scene.stock}?stock_creator_mchid={scene.fake.keys.mchid}"
    answers = [scene.get(target), scene.get(target)]
    assert [a.status_code for a in answers] == [500, 200]
    assert answers[0].json()["code"] == "SYSTEM_ERROR"


def test_our_source_reads_counters_and_files_equal_to_the_truth(scene: Scene, tmp_path: Path) -> None:
    scene.to(scene.ended)
    with served(scene) as base_url:
        ours = source(scene, base_url, tmp_path)
        http = Http(allow_private=(base_url.split("/")[2],), sleep=lambda _: None)
        cursor, events, claims, rejects = None, [], {}, 0
        for _ in range(9):
            for payload in ours.fetch(http, cursor):
                cursor = payload.cursor
                parsed = ours.parse(payload)
                rejects += len(parsed.rejects)
                events += [r for r in parsed.records if isinstance(r, Event)]
                claims |= {
                    (r.template, r.round_no): r.value_count
                    for r in parsed.records
                    if not isinstance(r, Event)
                }
            scene.to(scene.now + timedelta(days=8))
        http.close()
    assert rejects == 0
    assert scene.fake.withheld == []
    assert set(map(read, events)) == set(map(told, scene.fake.published))
    assert {e.kind for e in events} == {Kind.REDEMPTION, Kind.REFUND}
    given = Counter((h.lot.template.id, h.lot.round_no) for h in scene.happenings if h.kind == CLAIM)
    assert claims == given


def test_a_wrong_key_is_refused_by_both_sides(scene: Scene, tmp_path: Path) -> None:
    with served(scene) as base_url:
        ours = source(scene, base_url, tmp_path)
        scene.fake.keys = Keys.made()
        http = Http(allow_private=(base_url.split("/")[2],), sleep=lambda _: None)
        with pytest.raises(FetchError, match="401"):
            list(ours.fetch(http, None))
        http.close()


def test_callbacks_come_twice_late_and_not_at_all_and_the_files_close_the_gap(
    small_campaign: Campaign, keys: Keys, tmp_path: Path
) -> None:
    scene = Scene(small_campaign, keys, "hard")
    ours = source(scene, "https://pay.example", tmp_path)
    heard: list[Event] = []
    probes = 0
    scene.to(scene.now + timedelta(hours=36))
    for push in scene.fake.due_pushes():
        try:
            heard.append(ours.open_callback(push.headers, push.body, now=scene.now).event)
            status = 200
        except SignatureError:
            probes += 1
            status = 401
            assert push.probe
        scene.fake.pushes.answered(push, status, now=int(scene.now.timestamp()))
    numbers = Counter(e.event_no for e in heard)
    known = {h.event_no for h in scene.fake.published}
    assert set(numbers) == known
    hits = scene.fake.faults.hits
    assert probes > 0
    assert (
        min(hits[f] for f in ("callback_lost", "callback_repeated", "callback_reordered", "callback_probe"))
        > 0
    )
    assert max(numbers.values()) == 2
    assert heard != sorted(heard, key=lambda e: e.occurred_at)
    lost = {told(h)[1] for h in scene.fake.withheld if h.kind == REDEMPTION}
    assert lost
    scene.to(scene.ended)
    assert scene.fake.withheld == []
    assert {told(h) for h in scene.fake.published if h.kind == REDEMPTION} >= {read(e) for e in heard}


def test_a_callback_not_answered_is_sent_again_each_minute_nine_times_in_all(scene: Scene) -> None:
    scene.to(scene.now + timedelta(hours=4))
    pushes = scene.fake.due_pushes()
    assert pushes
    bodies, sent = {json.loads(p.body)["id"] for p in pushes}, 0
    while pushes:
        sent += 1
        for push in pushes:
            scene.fake.pushes.answered(push, 0, now=int(scene.now.timestamp()))
        scene.now += timedelta(seconds=60)
        pushes = scene.fake.pushes.due(int(scene.now.timestamp()))
        pushes = [p for p in pushes if json.loads(p.body)["id"] in bodies]
    assert sent == 9
    assert scene.fake.pushes.lost == len(bodies)


def test_an_independent_client_signs_verifies_and_decrypts_as_the_fake_does(
    small_campaign: Campaign, keys: Keys
) -> None:
    """wechatpayv3 checks no clock, always verifies flows and answers None to what is forged: an oracle, no client."""
    oracle = pytest.importorskip("wechatpayv3")
    scene = Scene(small_campaign, keys)
    scene.to(datetime.now(scene.now.tzinfo))  # it dates its requests by the real clock
    merchant, platform = keys.pems()
    client = oracle.WeChatPay(
        wechatpay_type=oracle.WeChatPayType.NATIVE, mchid=keys.mchid, private_key=merchant.decode(),
        cert_serial_no=keys.merchant_serial, apiv3_key=keys.api_v3, appid="wx", notify_url="https://x.example/",
        public_key=platform.decode(), public_key_id=keys.platform_serial,
    )  # fmt: skip
    with served(scene) as base_url:
        client._core._gate_way = base_url.removesuffix("/pay/city-pay")
        detail = f"/pay/city-pay{STOCKS}/{scene.stock}?stock_creator_mchid={keys.mchid}"
        code, body = client._core.request(detail)
        assert (code, json.loads(body)["distributed_coupons"]) == (200, scene.fake.claims[scene.stock])
        flow = f"/pay/city-pay{STOCKS}/{scene.stock}/use-flow"
        assert client._core.request(flow, skip_verify=True)[0] == 200
    push = scene.fake.due_pushes()[0]
    opened = client.callback(push.headers, push.body)
    assert opened["resource"]["status"] == "USED"
    assert opened["resource"]["coupon_id"].startswith("7")
    forged = push.body.replace(b"coupon", b"coupoN", 1)
    assert client.callback(push.headers, forged) is None
