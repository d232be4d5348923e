"""Screens as they are stored: the fleet, what each was told, what was done to them, and codes that wait."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, func, select

from domain.displays import Action, DisplayAction, Orders, PairedDisplay, Report, Screen
from store.schema import display_actions, display_reports, displays, pairings

MOST_ACTIONS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """A screen that waits with a code. `display_id`: what it became, once somebody entered the code."""

    code: str
    until: datetime
    display_id: int | None


def fleet(conn: Connection) -> tuple[PairedDisplay, ...]:
    """Paired displays by name, then the revoked ones."""
    reports = display_reports
    query = (
        select(displays, *(c for c in reports.c if c.name != "display_id"))
        .outerjoin(reports, reports.c.display_id == displays.c.display_id)
        .order_by(displays.c.revoked_at.is_not(None), displays.c.name, displays.c.display_id)
    )
    return tuple(_paired(row) for row in conn.execute(query).mappings())


def all_orders(conn: Connection) -> tuple[Orders, ...]:
    return tuple(
        Orders(
            display_id=row.display_id,
            name=row.name,
            scope=row.scope,
            screen=_screen(row._mapping),
            pin=row.pin,
            identify_until=row.identify_until,
            reload_no=row.reload_no,
            is_revoked=row.revoked_at is not None,
        )
        for row in conn.execute(select(displays))
    )


def recent_actions(conn: Connection, *, most: int = MOST_ACTIONS) -> tuple[DisplayAction, ...]:
    """Newest first."""
    here = display_actions
    query = (
        select(displays.c.name, here.c.action, here.c.detail, here.c.done_by, here.c.done_at)
        .outerjoin(displays, displays.c.display_id == here.c.display_id)
        .order_by(here.c.action_id.desc())
        .limit(most)
    )
    return tuple(
        DisplayAction(**(dict(row) | {"action": Action(row["action"])}))
        for row in conn.execute(query).mappings()
    )


def wrong_codes(conn: Connection, by: str, *, since: datetime) -> int:
    here = display_actions.c
    query = select(func.count()).where(
        here.done_by == by, here.done_at > since, here.action == Action.WRONG_CODE
    )
    found: int = conn.execute(query).scalar_one()
    return found


def find_pairing(conn: Connection, secret_hash: str, now: datetime) -> Pairing | None:
    """None: unknown, or past its time."""
    query = select(pairings.c.code, pairings.c.until, pairings.c.display_id).where(
        pairings.c.secret_hash == secret_hash, pairings.c.until > now
    )
    row = conn.execute(query).mappings().one_or_none()
    return None if row is None else Pairing(**row)


def waiting_codes(conn: Connection, address: str, now: datetime) -> tuple[int, int]:
    """(codes that wait at this address, codes that wait anywhere)."""
    here = func.count().filter(pairings.c.address == address)
    at_address, anywhere = conn.execute(select(here, func.count()).where(pairings.c.until > now)).one()
    return at_address, anywhere


def _paired(row: RowMapping) -> PairedDisplay:
    return PairedDisplay(
        display_id=row["display_id"],
        name=row["name"],
        scope=row["scope"],
        screen=_screen(row),
        pin=row["pin"],
        created_at=row["created_at"],
        revoked_at=row["revoked_at"],
        seen_at=row["seen_at"],
        report=None if row["reported_at"] is None else _report(row),
    )


def _screen(row: Any) -> Screen:
    return Screen(**{name: row[name] for name in ("inches", "metres", "dim_from", "dim_until")})


def _report(row: RowMapping) -> Report:
    return Report(
        build=row["build"],
        width_px=row["width_px"],
        height_px=row["height_px"],
        pixel_ratio=row["pixel_ratio"],
        heap_bytes=row["heap_bytes"],
        scene=row["scene"],
        type_px={scene: (least, hero) for scene, (least, hero) in json.loads(row["type_px"]).items()},
    )
