"""Pairing screens by a code, telling them what to do, keeping what they say. Every order is kept with who gave it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, text, update

from domain.displays import IDENTIFIED_FOR, Action, Report, Screen
from domain.errors import StoreError
from store.queries.displays import waiting_codes, wrong_codes
from store.schema import display_actions, display_reports, displays, pairings
from store.writes.upsert import insert_new, put


def open_pairing(
    conn: Connection,
    secret_hash: str,
    code: str,
    *,
    address: str,
    now: datetime,
    until: datetime,
    per_address: int,
    anywhere: int,
) -> bool:
    """Let a screen wait with a code. False: the code is taken. Raises StoreError where too many wait already."""
    if conn.dialect.name == "postgresql":  # many at once must not all read the same count
        conn.execute(text("LOCK TABLE pairings IN SHARE ROW EXCLUSIVE MODE"))
    conn.execute(delete(pairings).where(pairings.c.until <= now))
    at_address, everywhere = waiting_codes(conn, address, now)
    if at_address >= per_address or everywhere >= anywhere:
        raise StoreError("too many screens wait to be paired")
    row = {"secret_hash": secret_hash, "code": code, "address": address, "until": until}
    return bool(insert_new(conn, pairings, [row], returning=[pairings.c.code]))


def pair_by_code(
    conn: Connection,
    code: str | None,
    *,
    name: str,
    scope: str,
    screen: Screen,
    placeholder: str,
    by: str,
    now: datetime,
    window: timedelta,
    tries: int,
) -> int | None:
    """The new display's id, for the screen that waits with `code`; it is used up by this. None: no screen does.

    `placeholder`: the hash of a token nobody has, until the screen takes its own. Raises StoreError once the person
    has tried too many wrong codes.
    """
    if wrong_codes(conn, by, since=now - window) >= tries:
        raise StoreError(f"too many wrong codes by {by!r}")
    free = (pairings.c.code == code) & (pairings.c.until > now) & pairings.c.display_id.is_(None)
    waiting = conn.execute(pairings.select().where(free).with_for_update()).one_or_none() if code else None
    if waiting is None:
        note_action(conn, None, Action.WRONG_CODE, by=by, now=now)
        return None
    row = {"name": name, "scope": scope, "token_hash": placeholder, "created_at": now} | _screen(screen)
    done = conn.execute(insert(displays).values(**row).returning(displays.c.display_id))
    display_id: int = done.scalar_one()
    here = pairings.c.secret_hash == waiting.secret_hash
    conn.execute(update(pairings).where(here).values(display_id=display_id))
    note_action(conn, display_id, Action.PAIR, by=by, now=now, detail=name)
    return display_id


def take_token(conn: Connection, display_id: int, token_hash: str) -> bool:
    """The paired screen gets its token; a later one takes the place of an earlier. False: revoked meanwhile."""
    here = (displays.c.display_id == display_id) & displays.c.revoked_at.is_(None)
    return conn.execute(update(displays).where(here).values(token_hash=token_hash)).rowcount == 1


def rename(conn: Connection, display_id: int, name: str, *, by: str, now: datetime) -> None:
    _tell(conn, display_id, {"name": name}, Action.RENAME, by=by, now=now, detail=name)


def set_screen(conn: Connection, display_id: int, screen: Screen, *, by: str, now: datetime) -> None:
    """Diagonal, distance and dimming; what is None becomes unknown."""
    detail = f"{screen.inches:g}″ {screen.metres:g} m" if screen.inches and screen.metres else ""
    _tell(conn, display_id, _screen(screen), Action.SCREEN, by=by, now=now, detail=detail)


def pin_scene(conn: Connection, display_id: int, scene: str | None, *, by: str, now: datetime) -> None:
    """None gives the rotation back."""
    action = Action.PIN if scene else Action.UNPIN
    _tell(conn, display_id, {"pin": scene}, action, by=by, now=now, detail=scene or "")


def identify(conn: Connection, display_id: int, *, by: str, now: datetime) -> None:
    until = now + IDENTIFIED_FOR
    _tell(conn, display_id, {"identify_until": until}, Action.IDENTIFY, by=by, now=now)


def reload(conn: Connection, display_id: int, *, by: str, now: datetime) -> None:
    _tell(conn, display_id, {"reload_no": displays.c.reload_no + 1}, Action.RELOAD, by=by, now=now)


def revoke(conn: Connection, display_id: int, *, by: str, now: datetime) -> None:
    """For good: the screen has to be paired anew. Raises StoreError where it is revoked already."""
    _tell(conn, display_id, {"revoked_at": now}, Action.REVOKE, by=by, now=now)


def save_report(conn: Connection, display_id: int, report: Report, now: datetime) -> None:
    row = {
        "build": report.build,
        "width_px": report.width_px,
        "height_px": report.height_px,
        "pixel_ratio": report.pixel_ratio,
        "heap_bytes": report.heap_bytes,
        "scene": report.scene,
        "type_px": json.dumps(report.type_px),
    }
    put(conn, display_reports, {"display_id": display_id, "reported_at": now} | row)
    conn.execute(update(displays).where(displays.c.display_id == display_id).values(seen_at=now))


def note_action(
    conn: Connection, display_id: int | None, action: Action, *, by: str, now: datetime, detail: str = ""
) -> None:
    """Keep what was done; every process looks at the newest number and then asks what changed."""
    row = {"display_id": display_id, "action": action, "detail": detail, "done_by": by, "done_at": now}
    conn.execute(insert(display_actions).values(**row))


def _tell(
    conn: Connection,
    display_id: int,
    values: dict[str, Any],
    action: Action,
    *,
    by: str,
    now: datetime,
    detail: str = "",
) -> None:
    here = (displays.c.display_id == display_id) & displays.c.revoked_at.is_(None)
    if conn.execute(update(displays).where(here).values(**values)).rowcount == 0:
        raise StoreError(f"no paired display {display_id}")
    note_action(conn, display_id, action, by=by, now=now, detail=detail)


def _screen(screen: Screen) -> dict[str, Any]:
    return {name: getattr(screen, name) for name in ("inches", "metres", "dim_from", "dim_until")}
