"""Who plays which platform: the server, its secrets, and what `sources.toml` must say to reach it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from starlette.routing import Route

from domain.campaign import Campaign, Platform
from domain.terms import local
from rehearsal.faults import Faults
from rehearsal.ledger import Ledger
from rehearsal.platforms.activities import FILE_AT, Activity
from rehearsal.platforms.alipay import Alipay
from rehearsal.platforms.bank_drop import BankDrop
from rehearsal.platforms.json_api import JsonApi
from rehearsal.platforms.unionpay import UnionPay
from rehearsal.platforms.wechatpay import WeChatPay
from rehearsal.platforms.wechatpay_wire import Keys
from rehearsal.rsa import KeyPair
from rehearsal.server import Server


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """One platform. `settings`: the address of its server -> the source's own keys in `sources.toml`."""

    server: Server
    settings: Callable[[str], dict[str, Any]]
    every_s: int
    stale_after_s: int
    routes: list[Route] = field(default_factory=list)
    secrets: Mapping[str, str] = field(default_factory=dict)  # environment variable -> value


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What every platform is made of. `speed`: campaign seconds a real second."""

    campaign: Campaign
    ledger: Ledger
    seed: int
    faults: Faults
    folder: Path
    clock: Callable[[], datetime]
    speed: float

    def lasting(self, campaign_s: float, *, real_s: float) -> float:
        """A deadline that is there for the wire: the wire takes its real time, however fast the clock runs."""
        return max(campaign_s, real_s * self.speed)

    @property
    def first_day(self) -> date:
        return local(self.campaign.campaign.launch_at).date()


def cast(platform: Platform, scene: Scene) -> Role:
    return _CAST[platform.kind](platform, scene)


def bank_form(platform: object) -> str:
    """csv or xlsx: a key of the platform's own."""
    return str(getattr(platform, "format", "csv"))


def secret_name(platform: str, what: str) -> str:
    """The environment variable that holds one of a platform's secrets."""
    return f"QUANQING_REHEARSAL_{platform.upper().replace('-', '_')}_{what}"


def _json_api(platform: Platform, scene: Scene) -> Role:
    name, token = secret_name(platform.id, "TOKEN"), f"rehearsal-{platform.id}-{scene.seed}"
    server = JsonApi(platform.id, token=token, seed=scene.seed, faults=scene.faults)
    return Role(
        server=server,
        settings=lambda base: {
            "base_url": base,
            "platform": platform.id,
            "token_env": name,
            "statements_from": scene.first_day,
        },
        every_s=15,
        stale_after_s=180,
        routes=server.routes(),
        secrets={name: token},
    )


def _bank_drop(platform: Platform, scene: Scene) -> Role:
    folder, form = scene.folder / platform.id, bank_form(platform)
    return Role(
        server=BankDrop(
            scene.campaign, platform.id, folder=folder, form=form, seed=scene.seed, faults=scene.faults
        ),
        settings=lambda base: {"platform": platform.id, "folder": str(folder), "format": form},
        every_s=60,
        stale_after_s=7_200,
    )


def _wechatpay(platform: Platform, scene: Scene) -> Role:
    keys, folder = Keys.made(), scene.folder / platform.id
    shops = [shop for street in scene.ledger.register.shops.values() for shop in street]
    server = WeChatPay(
        platform.id,
        shops=shops,
        seed=scene.seed,
        faults=scene.faults,
        clock=scene.clock,
        keys=keys,
        lots=scene.ledger.lots(platform.id),
        token_s=scene.lasting(30, real_s=5),
        window_s=scene.lasting(300, real_s=60),
        retry_s=scene.lasting(60, real_s=1),
    )
    keys.write(folder)
    (folder / "merchants.csv").write_text(server.merchants.table(), encoding="utf-8")
    name = secret_name(platform.id, "API_V3_KEY")
    pinned = {"serial": keys.platform_serial, "file": str(folder / "wechatpay-platform.pem")}
    return Role(
        server=server,
        settings=lambda base: {
            "platform": platform.id,
            "base_url": base,
            "mchid": keys.mchid,
            "serial_no": keys.merchant_serial,
            "private_key_file": str(folder / "wechatpay-merchant.pem"),
            "api_v3_key_env": name,
            "platform_keys": [pinned],
            "merchant_counties": str(folder / "merchants.csv"),
            "stocks": server.stocks(),
        },
        every_s=120,  # one request for each stock or activity
        stale_after_s=600,
        routes=server.routes(),
        secrets={name: keys.api_v3},
    )


def _alipay(platform: Platform, scene: Scene) -> Role:
    app, own = KeyPair.new(), KeyPair.new()
    server = Alipay(
        scene.campaign,
        platform.id,
        app_id="2021000000000001",
        app_key=app,
        own_key=own,
        faults=scene.faults,
        link_s=scene.lasting(30, real_s=5),
    )
    ours, theirs = (secret_name(platform.id, what) for what in ("PRIVATE_KEY", "ALIPAY_PUBLIC_KEY"))
    return Role(
        server=server,
        settings=lambda base: {
            "platform": platform.id,
            "gateway": f"{base}/gateway.do",
            "app_id": server.app_id,
            "private_key_env": ours,
            "alipay_public_key_env": theirs,
            "bills_from": scene.first_day,
            "activities": [{"activity_id": a.number} | _lot(a) for a in server.book.activities],
        },
        every_s=120,  # one request for each stock or activity
        stale_after_s=600,
        routes=server.routes(),
        secrets={ours: app.private_text, theirs: own.public_text},
    )


def _unionpay(platform: Platform, scene: Scene) -> Role:
    merchant, own, secret = KeyPair.new(), KeyPair.new(), f"rehearsal-{platform.id}-{scene.seed}"
    server = UnionPay(
        scene.campaign,
        platform.id,
        app_id="rehearsal",
        secret=secret,
        mer_id="898140400000001",
        mer_key=merchant,
        own_key=own,
        faults=scene.faults,
        token_s=int(min(scene.lasting(7_200, real_s=30), 86_400)),
    )
    app, ours, theirs = (
        secret_name(platform.id, w) for w in ("SECRET", "PRIVATE_KEY", "UNIONPAY_PUBLIC_KEY")
    )
    return Role(
        server=server,
        settings=lambda base: {
            "platform": platform.id,
            "base_url": f"{base}/open/access/1.0",
            "app_id": server.app_id,
            "secret_env": app,
            "files": {
                "url": f"{base}/filedownload",
                "mer_id": server.mer_id,
                "cert_id": "68759585097",
                "private_key_env": ours,
                "unionpay_public_key_env": theirs,
                "since": scene.first_day,
                "no_trade_after_h": FILE_AT.hour,  # of the next day: then they are there
            },
            "activities": [
                {"activity_no": a.number, "configured": a.configured} | _lot(a)
                for a in server.book.activities
            ],
        },
        every_s=120,  # one request for each stock or activity
        stale_after_s=600,
        routes=server.routes(),
        secrets={app: secret, ours: merchant.private_text, theirs: own.public_text},
    )


def _lot(activity: Activity) -> dict[str, Any]:
    county = {"county": activity.county} if activity.county else {}
    lot = {"sub_project": activity.sub_project, "template": activity.template, "round": activity.round_no}
    return lot | county


_CAST: dict[str, Callable[[Platform, Scene], Role]] = {
    "json_api": _json_api,
    "bank_drop": _bank_drop,
    "wechatpay": _wechatpay,
    "alipay": _alipay,
    "unionpay": _unionpay,
}
