"""All panels of a scope -> one immutable, versioned snapshot: built once, served to everyone."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from plotly.utils import PlotlyJSONEncoder
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from dashboard.panels import WALL, Panel, Readings
from domain.campaign import Campaign
from domain.errors import WatchError
from domain.readings import Scope
from store.engine import read, write
from store.queries.snapshots import latest_snapshot
from store.queries.sources import Expected, version_number
from store.writes.intake import move_version
from store.writes.snapshots import save_snapshot

log = logging.getLogger(__name__)

REDRAW_AFTER = timedelta(seconds=30)
"""Ages and staleness change with the time alone: without news the wall is drawn again this often."""

PANEL_FAULTS = (SQLAlchemyError, WatchError, ArithmeticError, LookupError, TypeError, ValueError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """What is needed to print snapshots."""

    engine: Engine
    campaign: Campaign
    expected: tuple[Expected, ...]
    build: str
    fence: Callable[[Connection], None] = lambda conn: None


def city_scope(campaign: Campaign) -> Scope:
    about = campaign.campaign
    return Scope(code=about.city_code, name=about.city_name, is_city=True)


def publish(press: Press, scope: Scope, *, now: datetime) -> int | None:
    """Build and store a snapshot if anything changed, or time alone did. Returns its version, or None."""
    with read(press.engine) as conn:
        number, last = version_number(conn), latest_snapshot(conn, scope.code)
    if last and last.build == press.build and number == last.version:
        if now - last.made_at < REDRAW_AFTER:
            return None
        with write(press.engine) as conn:
            press.fence(conn)
            move_version(conn, now)
    with read(press.engine) as conn:
        number = version_number(conn)
        body = compose(conn, press, scope, version=number, now=now)
    with write(press.engine) as conn:
        press.fence(conn)
        save_snapshot(conn, scope=scope.code, version=number, build=press.build, made_at=now, body=body)
    return number


def compose(conn: Connection, press: Press, scope: Scope, *, version: int, now: datetime) -> bytes:
    """The snapshot's JSON: {component id: {property: value}} of every panel, all of one version."""
    readings = Readings(conn, press.campaign, scope, press.expected, now=now)
    document = {
        "version": version,
        "build": press.build,
        "scope": scope.code,
        "made_at": now.isoformat(),
        "illustrative": press.campaign.campaign.illustrative,
        "values": panel_values(WALL, readings) | {"wall-version": {"children": f"版本 {version}"}},
    }
    return json.dumps(document, cls=PlotlyJSONEncoder, ensure_ascii=False, separators=(",", ":")).encode()


def panel_values(panels: Sequence[Panel], readings: Readings) -> dict[str, dict[str, Any]]:
    """Every panel's values; one that fails greys its own slot and says so, the others are drawn."""
    values: dict[str, dict[str, Any]] = {}
    for panel in panels:
        try:
            values |= panel.values(readings)
        except PANEL_FAULTS:
            log.exception("panel %s could not be drawn", panel.slot)
            values |= {panel.slot: {"className": "card stale failed"}}
    return values
