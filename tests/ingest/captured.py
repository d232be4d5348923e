"""Captures what the rehearsal's Alipay and UnionPay answer under tests/data: `python -m tests.ingest.captured`.

The connectors ask over a real port, and every answer is kept byte for byte as it came. Keys are made for one capture
and of the platforms' only the public halves are kept: nobody can sign these bytes anew, no test either.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx

from domain.campaign import Campaign, load_campaign
from ingest.answers import Answer, answer
from ingest.http import Http
from ingest.source import Deployment, Source
from ingest.sources.alipay import BILL_ADDRESS, Alipay
from ingest.sources.unionpay import QUOTA, UnionPay
from rehearsal.faults import Faults, Level
from rehearsal.ledger import REDEMPTION, Happening, Ledger
from rehearsal.platforms import alipay as alipay_server
from rehearsal.platforms import unionpay as unionpay_server
from rehearsal.platforms.activities import activities
from rehearsal.rsa import KeyPair
from tests.ingest.played import port_of

DATA = Path(__file__).parents[1] / "data"
DAY = date(2022, 10, 28)
ASKED_AT = datetime.fromisoformat("2022-10-29T10:00:00+08:00")  # the day's files are there since nine
VOUCHERS = (2, 5)  # of every hundred: both that were taken back on the first day are among them
STRAYS = Level(seldom=("bill_row_unmapped", "bill_row_bad_money"))
APP_ID, MER_ID, SECRET = "2021000000000001", "777290058110048", "geheim"

Name = Callable[[str, bytes], str]


class Kept(Http):
    """Every answer by the name its question has among the captured files."""

    def __init__(self, name: Name, **usual: Any) -> None:
        super().__init__(**usual)
        self.bodies: dict[str, bytes] = {}
        self._name = name

    def get(self, source: str, url: str, **rest: Any) -> Answer:
        return self._kept(url, b"", super().get(source, url, **rest))

    def post(self, source: str, url: str, **rest: Any) -> Answer:
        return self._kept(url, rest["content"], super().post(source, url, **rest))

    def _kept(self, url: str, asked: bytes, told: Answer) -> Answer:
        self.bodies[self._name(url, asked)] = told.body
        return told


class Frozen(Http):
    """Asks nobody: what was captured is the answer. `asked` are the names of what was needed, in order."""

    def __init__(self, name: Name, bodies: dict[str, bytes]) -> None:
        super().__init__()
        self.asked: list[str] = []
        self._name, self._bodies = name, bodies

    def get(self, source: str, url: str, **rest: Any) -> Answer:
        return self.post(source, url, content=b"")

    def post(self, source: str, url: str, **rest: Any) -> Answer:
        self.asked.append(self._name(url, rest["content"]))
        return answer(200, httpx.Headers(), self._bodies[self.asked[-1]])


def frozen(platform: str) -> dict[str, bytes]:
    """Name -> bytes of everything captured of one platform; its public key is `public-key.txt`."""
    return {path.name: path.read_bytes() for path in sorted((DATA / platform).iterdir())}


def alipay_name(url: str, asked: bytes) -> str:
    fields = dict(parse_qsl(asked.decode()))
    if "method" not in fields:
        return "bill.zip"
    if fields["method"] == BILL_ADDRESS:
        return "bill-address.json"
    return f"activity-{json.loads(fields['biz_content'])['activity_id']}.json"


def unionpay_name(url: str, asked: bytes) -> str:
    if url.endswith("backendToken"):
        return "token.json"
    if url.endswith(QUOTA):
        return f"quota-{json.loads(asked)['activityNo']}.json"
    return f"settlement-{dict(parse_qsl(asked.decode()))['settleDate']}.txt"


def alipay(campaign: Campaign, own: KeyPair, theirs: str, **changes: Any) -> Alipay:
    settings = {
        "id": "alipay", "kind": "alipay", "name": "支付宝", "every_s": 60, "stale_after_s": 600, "platform": "city-pay",
        "app_id": APP_ID, "private_key_env": "KEY", "alipay_public_key_env": "THEIRS", "bills_from": DAY,
        "activities": [{"activity_id": a.number, "sub_project": a.sub_project, "template": a.template,
                        "round": a.round_no} for a in activities(campaign, "city-pay")],
        **changes,
    }  # fmt: skip
    return Alipay.model_validate(settings, context=_deployment(own, theirs))


def unionpay(
    campaign: Campaign, own: KeyPair, theirs: str, *, files_url: str = "", **changes: Any
) -> UnionPay:
    files = {"mer_id": MER_ID, "cert_id": "68759663125", "private_key_env": "KEY", "unionpay_public_key_env": "THEIRS",
             "since": DAY}  # fmt: skip
    settings = {
        "id": "unionpay", "kind": "unionpay", "name": "云闪付", "every_s": 60, "stale_after_s": 600,
        "platform": "city-pay", "app_id": APP_ID, "secret_env": "SECRET",
        "files": files | ({"url": files_url} if files_url else {}),
        "activities": [{"activity_no": a.number, "configured": a.configured, "sub_project": a.sub_project,
                        "template": a.template, "round": a.round_no} for a in activities(campaign, "city-pay")],
        **changes,
    }  # fmt: skip
    return UnionPay.model_validate(settings, context=_deployment(own, theirs))


def _deployment(own: KeyPair, theirs: str) -> Deployment:
    environ = {"KEY": own.private_text, "THEIRS": theirs, "SECRET": SECRET}
    return Deployment(environ=environ, clock=lambda: ASKED_AT)


def happened(campaign: Campaign) -> list[Happening]:
    """A fiftieth of the launch day. The day's last three redemptions look as a spreadsheet on the way leaves them:
    a number behind a guard, a county in full-width digits, and a number whose digits are lost."""
    rows = sorted(
        h
        for h in Ledger(campaign, 5).play_until(campaign.campaign.launch_at)
        if h.lot.programme.platform == "city-pay"
        and int(h.voucher_no[1:]) % 100 in VOUCHERS
        and datetime.fromtimestamp(h.at, ASKED_AT.tzinfo).date() == DAY
    )
    guarded, wide, spoilt = [n for n, h in enumerate(rows) if h.kind == REDEMPTION][-3:]
    rows[guarded] = rows[guarded]._replace(event_no=f'="{rows[guarded].event_no}"')
    shop = rows[wide].shop
    assert shop is not None
    rows[wide] = rows[wide]._replace(shop=replace(shop, county=_full_width(shop.county)))
    rows[spoilt] = rows[spoilt]._replace(event_no="2.20E+16")
    return rows


def _full_width(digits: str) -> str:
    return "".join(chr(ord(digit) + 0xFEE0) for digit in digits)


def capture(campaign: Campaign) -> dict[str, dict[str, bytes]]:
    """Platform -> name -> bytes."""
    ours, wallets, cards = KeyPair.new(), KeyPair.new(), KeyPair.new()
    wallet = alipay_server.Alipay(
        campaign, "city-pay", app_id=APP_ID, app_key=ours, own_key=wallets, faults=Faults(STRAYS, 5)
    )
    card = unionpay_server.UnionPay(
        campaign, "city-pay", app_id=APP_ID, secret=SECRET, mer_id=MER_ID, mer_key=ours, own_key=cards,
        faults=Faults(STRAYS, 5),
    )  # fmt: skip
    rows = happened(campaign)

    def of_alipay(base: str) -> Source:
        return alipay(campaign, ours, wallets.public_text, gateway=f"{base}/gateway.do")

    def of_unionpay(base: str) -> Source:
        where = {"base_url": f"{base}/open/access/1.0", "files_url": f"{base}/filedownload"}
        return unionpay(campaign, ours, cards.public_text, **where)

    return {
        "alipay": _answers(wallet, of_alipay, alipay_name, rows) | _public(wallets),
        "unionpay": _answers(card, of_unionpay, unionpay_name, rows) | _public(cards),
    }


def _public(key: KeyPair) -> dict[str, bytes]:
    return {"public-key.txt": key.public_text.encode()}


def _answers(
    server: Any, source: Callable[[str], Source], name: Name, rows: list[Happening]
) -> dict[str, bytes]:
    server.take(rows)
    server.advance(ASKED_AT)
    with port_of(server) as port:
        http = Kept(name, allow_private=(f"127.0.0.1:{port}",))
        list(source(f"http://127.0.0.1:{port}").fetch(http, None))
    assert all(server.faults.hits.values()), "a stray row that is not there proves nothing"
    return http.bodies


if __name__ == "__main__":
    for platform, bodies in capture(load_campaign(DATA / "campaign-small.toml")).items():
        (DATA / platform).mkdir(parents=True, exist_ok=True)
        for file, body in bodies.items():
            (DATA / platform / file).write_bytes(body)
