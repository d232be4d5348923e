"""The flagged events counted and listed. What they are: `store.queries.flagged`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, case, func, select

from domain.campaign import Campaign
from domain.flags import CrossSector, FlagBoard, FlagCount, FlaggedEvent, FlagPage, Reason, Unjudged
from domain.records import Kind
from domain.register import RegisterVersion
from store.queries.flag_part import stands
from store.queries.flagged import Versions, flagged, found_merchant, is_cross_sector
from store.queries.register import register_at
from store.schema import events, judgements, merchants

EVIDENCE_KEPT = 200
ROWS_A_PAGE = 100


def flag_board(
    conn: Connection, campaign: Campaign, register: RegisterVersion, *, now: datetime
) -> FlagBoard:
    """Every flag, counted by reason, programme and tranche. Walks all redemptions: once a minute, not once a view."""
    flags = flagged(campaign, versions_of(register))
    group = (flags.c.reason, flags.c.programme, flags.c.tranche)
    turn = func.row_number().over(partition_by=group, order_by=(flags.c.occurred_at, flags.c.event_no))
    counted = select(
        *group,
        flags.c.event_no,
        func.count().over(partition_by=group).label("n"),
        func.sum(flags.c.face_fen).over(partition_by=group).label("fen"),
        turn.label("turn"),
    ).subquery("counted")
    query = select(counted).where(counted.c.turn <= EVIDENCE_KEPT).order_by(counted.c.turn)
    found: dict[tuple[Reason, str, str], tuple[int, int, list[str]]] = {}
    for row in conn.execute(query):
        key = (Reason(row.reason), row.programme, row.tranche)
        found.setdefault(key, (int(row.n), int(row.fen), []))[2].append(row.event_no)
    order = {reason: place for place, reason in enumerate(Reason)}
    counts = tuple(
        FlagCount(
            reason=reason, programme=programme, tranche=tranche, count=n, fen=fen, evidence=tuple(evidence)
        )
        for (reason, programme, tranche), (n, fen, evidence) in sorted(
            found.items(), key=lambda item: (order[item[0][0]], *item[0][1:])
        )
    )
    return FlagBoard(as_of=now, register=register, counts=counts)


def last_board(conn: Connection) -> FlagBoard | None:
    """The flags as the worker last worked them out; None: it never has."""
    row = conn.execute(select(judgements)).one_or_none()
    if row is None:
        return None
    return FlagBoard(
        as_of=row.judged_at,
        register=register_at(conn, merchants=row.merchants_version, sanctions=row.sanctions_version),
        counts=tuple(
            FlagCount(**(kept | {"reason": Reason(kept["reason"]), "evidence": tuple(kept["evidence"])}))
            for kept in row.counts
        ),
    )


def flag_page(
    conn: Connection,
    campaign: Campaign,
    register: RegisterVersion,
    reason: Reason,
    *,
    page: int,
    now: datetime,
) -> FlagPage:
    """Page `page` (from 1) of one reason's events, oldest first; a page that is not there is the nearest that is."""
    flags = flagged(campaign, versions_of(register), (reason,))
    total = int(conn.execute(select(func.count()).select_from(flags)).scalar_one())
    pages = max(1, -(-total // ROWS_A_PAGE))
    page = min(max(page, 1), pages)
    query = select(flags).order_by(flags.c.occurred_at, flags.c.event_no, flags.c.programme)
    query = query.limit(ROWS_A_PAGE).offset((page - 1) * ROWS_A_PAGE)
    return FlagPage(
        reason=reason,
        as_of=now,
        register=register,
        page=page,
        pages=pages,
        total=total,
        events=_events(conn, campaign, query) if total else (),
    )


def flagged_events(
    conn: Connection,
    campaign: Campaign,
    register: RegisterVersion,
    reasons: Collection[Reason] = tuple(Reason),
) -> tuple[FlaggedEvent, ...]:
    """All of them, oldest first."""
    flags = flagged(campaign, versions_of(register), reasons)
    order = (flags.c.occurred_at, flags.c.event_no, flags.c.programme, flags.c.reason)
    return _events(conn, campaign, select(flags).order_by(*order))


def unjudged(conn: Connection) -> Unjudged:
    """Counted from the events: in the roll-ups a refund that came before its redemption would hide one of them."""
    lacking = (func.count().filter(events.c[name].is_(None)) for name in ("merchant", "order_fen"))
    query = select(*lacking).select_from(events).where(stands(events, Kind.REDEMPTION))
    merchant, amount = (int(n) for n in conn.execute(query).one())
    return Unjudged(no_merchant_count=merchant, no_amount_count=amount)


def versions_of(register: RegisterVersion) -> Versions:
    return Versions(
        merchants=register.merchants.version if register.merchants else None,
        sanctions=register.sanctions.version if register.sanctions else None,
    )


def _events(conn: Connection, campaign: Campaign, query: Select[Any]) -> tuple[FlaggedEvent, ...]:
    return tuple(_event(campaign, dict(row._mapping)) for row in conn.execute(query))


def _event(campaign: Campaign, fields: dict[str, Any]) -> FlaggedEvent:
    """With what the campaign file says of it: the bound it was held against."""
    reason = fields["reason"] = Reason(fields["reason"])
    template = campaign.templates.get(fields["template"])
    if reason is Reason.OUTSIDE_WINDOW:
        round_ = campaign.rounds[fields["programme"], fields["round_no"]]
        early = fields["occurred_at"] < round_.opens_at
        fields["other_at"] = round_.opens_at if early else round_.use_until
    return FlaggedEvent(**fields, min_spend_fen=template.min_spend_fen if template else None)


def cross_sector(
    conn: Connection, campaign: Campaign, register: RegisterVersion, *, programmes: Sequence[str]
) -> CrossSector | None:
    """Net redemptions of the late phase, by whether the merchant's sector is the voucher's.

    None: no merchants are loaded or no late phase is set; before it begins everything is zero, and the share unknown.
    """
    since = campaign.late_phase_from
    if since is None or register.merchants is None:
        return None
    group = case((merchants.c.sector.is_(None), "unknown"), (is_cross_sector(), "cross"), else_="same").label(
        "in_sector"
    )
    back = events.alias("back")
    same = (back.c[name] == events.c[name] for name in ("programme", "platform", "sub_project"))
    refunded = (
        select(back.c.event_no)
        .where(*same, back.c.origin_event_no == events.c.event_no, stands(back, Kind.REFUND))
        .exists()
    )
    query = (
        select(group, func.count(), func.sum(events.c.face_fen))
        .select_from(events.outerjoin(merchants, found_merchant(register.merchants.version)))
        .where(
            stands(events, Kind.REDEMPTION),
            events.c.occurred_at >= since,
            events.c.programme.in_(programmes),
            ~refunded,
        )
        .group_by(group)
    )
    sums: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for name, n, fen in conn.execute(query):
        sums[name] = (int(n), int(fen))
    cross, own, unknown = sums["cross"], sums["same"], sums["unknown"]
    return CrossSector(
        since=since,
        cross_count=cross[0],
        cross_fen=cross[1],
        judged_count=cross[0] + own[0],
        judged_fen=cross[1] + own[1],
        unknown_count=unknown[0],
        unknown_fen=unknown[1],
    )
