"""A secret word of each division wherever something of it is kept, and every address that could give one away."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from sqlalchemy import Connection

from alerts.judge import judge
from dashboard.permissions import TABLE
from domain.papers import PaperKind
from domain.readings import Level
from domain.records import Grade, Reject
from domain.terms import local
from domain.topics import LEADS
from store.engine import write
from store.writes import intake
from store.writes.alerts import Alarm, settle
from store.writes.briefings import Paper, publish
from store.writes.shifts import hand_over
from tests.dashboard.conftest import House
from tests.dashboard.test_source_pages import SOURCES
from tests.store.judged import save, used
from tests.store.posts import post, say, score

COUNTIES = ("140403", "140404")
PROGRAMMES = {"140403": "luzhou", "140404": "shangdang"}
DAY = datetime(2022, 10, 28, tzinfo=UTC)
KINDS = tuple(PaperKind)
LEAD = min(LEADS)
"""A rule whose alerts are leads."""
BANK = f"""
[[source]]
id = "bank"
kind = "bank_drop"
name = "SECRET-{COUNTIES[1]}"
platform = "bank-a"
every_s = 60
stale_after_s = 600
"""
"""The platform of the second county alone."""


def secret(scope: str) -> str:
    return f"SECRET-{scope}"


def fill(house: House) -> None:
    """Each division's picture, papers of every kind, post, alert, lead, flagged redemption and rows put aside."""
    house.settings.sources.write_text(SOURCES + BANK, encoding="utf-8")
    for version, scope in enumerate((house.city, *COUNTIES), start=1):
        house.picture(version, scope=scope, total=secret(scope))
        with write(house.engine) as conn:
            _said(conn, version, scope, is_city=scope == house.city, now=house.now())
            _papers(conn, scope, as_of=house.now())
            aside = [Reject(row=secret(scope), field="amount", reason="no money", excerpt=secret(scope))]
            intake.quarantine(conn, aside, source="pay", sha256=scope * 8, now=house.now())
    with write(house.engine) as conn:
        hand_over(conn, f"交给下一班：{secret(house.city)}", who="li", now=house.now())
        low = [
            used(house.campaign, n, p, order_fen=n, merchant=secret(c))
            for n, (c, p) in enumerate(PROGRAMMES.items(), 1)
        ]
        save(conn, house.campaign, *low)
    judge(house.engine, house.campaign, now=house.now())


def _said(conn: Connection, number: int, scope: str, *, is_city: bool, now: datetime) -> None:
    county, words = None if is_city else scope, f"核销失败 {secret(scope)}"
    (said,) = say(conn, (post(number, words, published_at=now), score(county=county)), now=now)
    facts = {"reasons": (words,), "evidence": (str(said),), "evidence_count": 1, "county": county}
    settle(conn, f"r{scope}", [Alarm(subject=scope, level=Level.RED, title=words, **facts)], now=now)
    facts |= {"evidence": ("R000001",)}
    settle(conn, LEAD, [Alarm(subject=scope, level=Level.BLUE, title=words, **facts)], now=now)


def _papers(conn: Connection, scope: str, *, as_of: datetime) -> None:
    """Of each kind, the event's of an alert; as the real ones are made up, so that their tables can be taken out."""
    columns = [{"name": "事项", "kind": "text"}]
    for kind in KINDS:
        reference = f"/evidence/{scope}?figure=a/b"
        row = {"cells": [secret(scope)], "refs": [reference], "written": [secret(scope)]}
        body = json.dumps({"sections": [{"tables": [{"title": "表", "columns": columns, "rows": [row]}]}]})
        facts = {
            "scope": scope,
            "day": DAY,
            "kind": kind,
            "title": secret(scope),
            "grade": Grade.FLASH,
            "as_of": as_of,
        }
        paper = Paper(
            **facts, known_by=as_of, freeze_id=f"{scope}{kind}", alert_id=int(kind is PaperKind.EVENT)
        )
        files = {"json": body.encode(), "html": secret(scope).encode()}
        publish(conn, paper, files, by="x", now=as_of)


WITHOUT_DATA = re.compile(
    r"/|/login.*|/pair|/healthz|/readyz|/metrics|/_.*|/assets/.*|/account/.*|/admin.*|/api/v1/stream.*"
    r"|/api/openapi.json|/displays"
)
"""Of people, of screens, of the program itself; the streams tell that there is something new, and never what."""


def addresses(house: House) -> Sequence[str]:
    """Every page and file there is, for each division. Raises KeyError where a new one has not been put in here."""
    asked = _asked(house)
    templates = [path for method, path, _ in TABLE if method == "GET" and not WITHOUT_DATA.fullmatch(path)]
    plain = {path: [path] for path in templates if not re.search("[<{*]", path)}
    return [address for path in templates for address in (plain | asked)[path]]


def _asked(house: House) -> Mapping[str, Sequence[str]]:
    scopes = (house.city, *COUNTIES)
    papers = range(1, len(scopes) * len(KINDS) + 1)
    moment = f"{local(house.now() + timedelta(seconds=1)):%Y-%m-%dT%H:%M:%S}"
    known = f"as_of={moment}"
    return {
        "/wall/<scope>": [f"/wall/{scope}" for scope in scopes],
        "/api/v1/snapshot": ["/api/v1/snapshot", "/api/v1/snapshot?at=2099-01-01", "/api/v1/snapshot?since=1"],
        "/api/v1/snapshot/<scope>": [
            f"/api/v1/snapshot/{scope}{query}" for scope in scopes for query in ("", "?since=1", "?at=2099-01-01")
        ],
        "/api/v1/desk": ["/api/v1/desk", "/api/v1/desk?known=1"],
        "/sources/{source}/quarantine": ["/sources/pay/quarantine"],
        "/sources/{source}/quarantine.csv": ["/sources/pay/quarantine.csv"],
        "/flags/{reason}": ["/flags/below_minimum", "/flags/unknown_merchant"],
        "/flags/leads/{number}": [f"/flags/leads/{n}" for n in range(1, 7)],
        "/desk": ["/desk", *(f"/desk?county={scope}" for scope in COUNTIES)],
        "/desk/posts": ["/desk/posts", "/desk/posts?q=SECRET", *(f"/desk/posts?county={scope}" for scope in COUNTIES)],
        "/desk/board": ["/desk/board", "/desk/board?span=all", *(f"/desk/board?county={scope}" for scope in COUNTIES)],
        "/desk/alerts/{number}": [f"/desk/alerts/{n}" for n in range(1, 7)],
        "/desk/ledger.{form}": ["/desk/ledger.csv", "/desk/ledger.xlsx"],
        "/briefings/{number}.{form}": [f"/briefings/{n}.{form}" for n in papers for form in ("json", "zip")],
        "/briefings/{number}/preview": [f"/briefings/{n}/preview" for n in papers],
        "/evidence/<scope>": [
            f"/evidence/{scope}?{known}{more}"
            for scope in scopes
            for more in ("", f"&version={quote(scope)}weekly&figure=a/b", "&post=1", "&post=2", "&post=3",
                         f"&version={COUNTIES[1]}weekly&figure=a/b")
        ],
    }  # fmt: skip
