"""How far a campaign reached, as it was known at a moment: people, merchants, counties. No person is named."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, func, select

from domain.records import Kind
from domain.register import ListKind
from store.queries.recompute import standing_events
from store.schema import merchants, register_loads


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Of one programme. People by platform, so that one who uses two counts twice; None: no platform tells them."""

    claimants: int | None
    redeemers: int | None
    merchants_active: int  # with at least one redemption that was not refunded
    counties: frozenset[str]  # where it was redeemed


def reach_then(
    conn: Connection, programmes: Collection[str], *, until: datetime, known_by: datetime
) -> dict[str, Reach]:
    """By programme, of events before `until`."""
    claimants = _people(conn, Kind.CLAIM, until, known_by)
    redeemers = _people(conn, Kind.REDEMPTION, until, known_by)
    active, counties = _shops(conn, until, known_by), _counties(conn, until, known_by)
    return {
        p: Reach(
            claimants=claimants.get(p),
            redeemers=redeemers.get(p),
            merchants_active=active.get(p, 0),
            counties=counties.get(p, frozenset()),
        )
        for p in programmes
    }


def _people(conn: Connection, kind: Kind, until: datetime, known_by: datetime) -> dict[str, int]:
    """Only where every event tells whose it was: a part would read as the whole."""
    e = standing_events(known_by, until=until).c
    of_one = select(e.programme, e.platform, e.user_ref).where(e.kind == kind.value).distinct()
    people = of_one.subquery("people").c
    query = select(people.programme, func.count(), func.count(people.user_ref)).group_by(people.programme)
    return {programme: int(n) for programme, n, told in conn.execute(query) if n == told}


def _shops(conn: Connection, until: datetime, known_by: datetime) -> dict[str, int]:
    used, back = (
        standing_events(known_by, until=until).alias(name).c for name in ("used_then", "returned_then")
    )
    refunded = (
        select(back.event_no)
        .where(
            and_(
                back.kind == Kind.REFUND.value,
                back.programme == used.programme,
                back.platform == used.platform,
                back.sub_project == used.sub_project,
                back.origin_event_no == used.event_no,
            )
        )
        .exists()
    )
    shops = (
        select(used.programme, used.platform, used.merchant)
        .where(_redeemed(used.kind), used.merchant.is_not(None), ~refunded)
        .distinct()
        .subquery("shops")
        .c
    )
    query = select(shops.programme, func.count()).group_by(shops.programme)
    return {programme: int(n) for programme, n in conn.execute(query)}


def _counties(conn: Connection, until: datetime, known_by: datetime) -> dict[str, frozenset[str]]:
    e = standing_events(known_by, until=until).c
    found: dict[str, set[str]] = {}
    query = select(e.programme, e.county).where(_redeemed(e.kind), e.county.is_not(None)).distinct()
    for programme, county in conn.execute(query):
        found.setdefault(programme, set()).add(county)
    return {programme: frozenset(counties) for programme, counties in found.items()}


def _redeemed(kind: ColumnElement[str]) -> ColumnElement[bool]:
    return kind == Kind.REDEMPTION.value


def registered_merchants(conn: Connection, *, known_by: datetime) -> dict[str, int] | None:
    """By division, of the list that was the newest then; None: no list had been loaded."""
    loads = register_loads.c
    newest = (
        select(loads.version)
        .where(loads.kind == ListKind.MERCHANTS.value, loads.loaded_at <= known_by)
        .order_by(loads.load_id.desc())
        .limit(1)
    )
    version = conn.execute(newest).scalar_one_or_none()
    if version is None:
        return None
    listed = select(merchants.c.division, func.count()).where(merchants.c.version == version)
    return {division: int(n) for division, n in conn.execute(listed.group_by(merchants.c.division))}
