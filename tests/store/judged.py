"""Redemptions, merchants and bans that the rules judge, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from domain.campaign import Campaign
from domain.flags import FlaggedEvent, Reason
from domain.records import Event, Grade, Kind
from domain.register import Basis, Merchant, Sanction, SanctionKind
from store.queries.flags import flagged_events
from store.queries.register import current_register
from store.writes.ledger import save_batch
from store.writes.register import load_merchants, load_sanctions
from tests.store.events import OPENING, entries, event

TICK = timedelta(microseconds=1)
SECOND = timedelta(seconds=1)


def save(conn: Connection, campaign: Campaign, *events: Event, now: datetime = OPENING) -> None:
    made = entries(campaign, *events)
    save_batch(conn, made, source="pay", grade=Grade.FLASH, raw_sha256="0" * 64, now=now)


def used(campaign: Campaign, no: int = 1, programme: str = "luzhou", **changes: Any) -> Event:
    return event(campaign, programme, Kind.REDEMPTION, no, **({"merchant": "M1"} | changes))


def shop(no: str = "M1", **changes: Any) -> Merchant:
    fields: dict[str, Any] = {
        "no": no,
        "platform": None,
        "name": "惠民超市",
        "division": "140403",
        "sector": "retail",
        "basis": Basis.IN_STATISTICS,
    }
    return Merchant(**(fields | changes))


def ban(no: str = "M1", *, starts_at: datetime = OPENING, platform: str | None = None) -> Sanction:
    return Sanction(
        no=no, platform=platform, starts_at=starts_at, kind=SanctionKind.BANNED, document="通报1号"
    )


def load(
    conn: Connection,
    merchants: Iterable[Merchant] | None = None,
    sanctions: Iterable[Sanction] | None = None,
    *,
    version: str = "a" * 64,
) -> None:
    if merchants is not None:
        load_merchants(conn, list(merchants), version=version, now=OPENING)
    if sanctions is not None:
        load_sanctions(conn, list(sanctions), version=version, now=OPENING)


def flags(conn: Connection, campaign: Campaign) -> list[FlaggedEvent]:
    return list(flagged_events(conn, campaign, current_register(conn)))


def reasons(conn: Connection, campaign: Campaign) -> list[Reason]:
    return [f.reason for f in flags(conn, campaign)]
