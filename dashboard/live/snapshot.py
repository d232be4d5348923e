"""All panels of a scope -> one immutable, versioned snapshot: built once, served to everyone."""

from __future__ import annotations

import gzip
import json
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine

from dashboard.live.drawn import Drawn, texts
from dashboard.live.gate import Good, packed, unpacked
from dashboard.live.painted import Canvas, panel_values
from dashboard.live.readings import Readings
from dashboard.live.shared import Kept, Shared, Slow
from dashboard.panels import WALL
from domain.campaign import Campaign
from domain.readings import Scope
from store.engine import read, write
from store.queries.snapshots import Snapshot, latest_snapshot, watched
from store.queries.source_reports import source_board
from store.queries.sources import Expected, version_number
from store.writes.intake import move_version
from store.writes.snapshots import save_changes, save_snapshot

log = logging.getLogger(__name__)

REDRAW_AFTER = timedelta(seconds=30)
"""Ages and staleness change with the time alone: without news the wall is drawn again this often."""

UNWATCHED_EVERY_S = 120.0
"""Real seconds: a county's wall nobody has open is drawn no more often, however fast the city's moves."""

UNWATCHED_AT_ONCE = 1
"""Of those, no more in one version that brings news: the city's next picture must not wait for twelve others."""

WATCHED_FOR = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """What is needed to print snapshots."""

    engine: Engine
    campaign: Campaign
    expected: tuple[Expected, ...]
    build: str
    fence: Callable[[Connection], None] = lambda conn: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Last:
    """The city's newest picture: which it is, and what the next one is measured against."""

    version: int
    build: str
    made_at: datetime
    good: Mapping[str, Good]


@dataclass(slots=True)
class Memory:
    """What one press remembers between versions. Lost at a restart: the store holds all that matters."""

    last: Last | None = None
    kept: Kept = field(default_factory=Kept)
    drawn: dict[str, Drawn] = field(default_factory=dict)  # by scope, the newest
    painted: defaultdict[str, Canvas] = field(default_factory=lambda: defaultdict(dict))  # by scope
    drawn_at: dict[str, float] = field(default_factory=dict)  # scope -> monotonic
    slow: Slow | None = None


def city_scope(campaign: Campaign) -> Scope:
    about = campaign.campaign
    return Scope(code=about.city_code, name=about.city_name, is_city=True)


def county_scopes(campaign: Campaign) -> tuple[Scope, ...]:
    """Counties with a programme of their own: the others have nothing to show."""
    return tuple(
        Scope(code=d.code, name=d.name, is_city=False)
        for d in campaign.division
        if campaign.county_programme(d.code) is not None
    )


def publish(press: Press, memory: Memory, *, now: datetime, real_now: datetime | None = None) -> int | None:
    """Build and store snapshots if anything changed, or time alone did. Returns the version, or None.

    The city's is built at every version, and is there to be seen before any county's is begun. A county's is built at
    every version while somebody has it open, else seldom.
    """
    with read(press.engine) as conn:
        number = version_number(conn)
        last = memory.last = memory.last or _last(conn, press)
    quiet = last is not None and last.build == press.build and number == last.version
    if last and quiet:
        if now - last.made_at < REDRAW_AFTER:
            return None
        with write(press.engine) as conn:
            press.fence(conn)
            move_version(conn, now)
    with read(press.engine) as conn:
        return _print(conn, press, memory, quiet=quiet, now=now, real_now=real_now or datetime.now(UTC))


def _print(
    conn: Connection, press: Press, memory: Memory, *, quiet: bool, now: datetime, real_now: datetime
) -> int:
    """Every picture of one version, out of one view of the store."""
    city, number = city_scope(press.campaign), version_number(conn)
    good = memory.last.good if memory.last else {}
    shared = Shared(
        conn, press.campaign, press.expected, now=now, good=good, slow=memory.slow, kept=memory.kept
    )
    whole = compose(shared, press, city, version=number, painted=memory.painted[city.code])
    _store(press, memory, {city.code: whole}, now=now)
    memory.last = Last(version=number, build=press.build, made_at=now, good=shared.gate.good)
    seen = watched(conn, since=real_now - WATCHED_FOR)
    counties = _counties_to_draw(press, memory, seen, at_once=None if quiet else UNWATCHED_AT_ONCE)
    pictures = {
        scope.code: compose(shared, press, scope, version=number, painted=memory.painted[scope.code])
        for scope in counties
    }
    _store(press, memory, pictures, now=now)
    return number


def _store(press: Press, memory: Memory, pictures: Mapping[str, Drawn], *, now: datetime) -> None:
    """Each whole, and what changed since the one before: every web process would work that out again."""
    if not pictures:
        return
    with write(press.engine) as conn:
        press.fence(conn)
        for scope, picture in pictures.items():
            made = {"scope": scope, "version": picture.version}
            save_snapshot(conn, **made, build=press.build, made_at=now, body=picture.whole())
            before = memory.drawn.get(scope)
            if before is not None and before.version != picture.version:
                save_changes(conn, **made, since=before.version, body_gzip=picture.changes(before))
    memory.drawn |= pictures
    memory.drawn_at |= dict.fromkeys(pictures, time.monotonic())


def _counties_to_draw(
    press: Press, memory: Memory, watched: Collection[str], *, at_once: int | None
) -> list[Scope]:
    """Those somebody has open, those never drawn, and of the others the longest overdue."""
    scopes, drawn_at = county_scopes(press.campaign), memory.drawn_at
    urgent = [s for s in scopes if s.code in watched or s.code not in drawn_at]
    due = time.monotonic() - UNWATCHED_EVERY_S
    overdue = [s for s in scopes if s not in urgent and drawn_at[s.code] <= due]
    return [*urgent, *sorted(overdue, key=lambda s: drawn_at[s.code])[:at_once]]


def measure(press: Press, memory: Memory, *, now: datetime) -> None:
    """What pictures are not to wait for. They show it from the next one on."""
    with read(press.engine) as conn:
        memory.slow = Slow(at=now, board=source_board(conn, press.expected, now=now))


def _last(conn: Connection, press: Press) -> Last | None:
    """As the store holds it: after a start."""
    found = latest_snapshot(conn, city_scope(press.campaign).code)
    if found is None:
        return None
    return Last(version=found.version, build=found.build, made_at=found.made_at, good=_last_good(found))


def _last_good(last: Snapshot) -> Mapping[str, Good]:
    """What the last picture of the city was measured against; nothing where it is of an older kind."""
    try:
        return unpacked(json.loads(gzip.decompress(last.body_gzip))["good"])
    except (KeyError, TypeError, ValueError, OSError) as error:
        log.warning("the last picture holds no figures to compare with: %s", error)
        return {}


def compose(
    shared: Shared, press: Press, scope: Scope, *, version: int, painted: Canvas | None = None
) -> Drawn:
    """Every panel's values, all of one version. `painted`: what the scope's panels last drew, brought up to date."""
    readings = Readings(shared, scope)
    head = {
        "version": version,
        "build": press.build,
        "scope": scope.code,
        "made_at": shared.now.isoformat(),
        "illustrative": press.campaign.campaign.illustrative,
    }
    values = {**panel_values(WALL, readings, painted), "wall-version": texts({"children": f"版本 {version}"})}
    return Drawn(head=head, values=values, rest={"good": packed(shared.gate.good)} if scope.is_city else {})
