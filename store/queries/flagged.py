"""The flagged set as one relation: a pure function of the events, the campaign file and a version of the register.

Nothing is stored with the events and no total knows of it: a flagged event is counted like any other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    String,
    Subquery,
    and_,
    bindparam,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)

from domain.campaign import Campaign
from domain.flags import Reason
from domain.records import Kind
from store.schema import UtcTime, events, merchants, sanctions

_EVENT = (
    "programme", "tranche", "platform", "sub_project", "kind", "event_no", "template", "round_no",
    "county", "merchant", "face_fen", "order_fen", "occurred_at",
)  # fmt: skip
_NO_TIME: ColumnElement[Any] = cast(null(), UtcTime)
_NO_TEXT: ColumnElement[Any] = cast(null(), String)


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """Which lists to judge by: sha256, or None where none is loaded."""

    merchants: str | None = None
    sanctions: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """When a redemption is flagged, and what it was held against."""

    test: ColumnElement[bool]
    at: ColumnElement[datetime | None] = _NO_TIME
    other: ColumnElement[str | None] = _NO_TEXT


def flagged(campaign: Campaign, by: Versions, reasons: Collection[Reason] = tuple(Reason)) -> Subquery:
    """One row a flag: an event that breaks two rules has two. A reason whose list is not loaded has none.

    Columns: reason, _EVENT's, other_at (listing, ban, redemption, claim), other (the merchant's division or sector).
    """
    parts = [*_redemptions(campaign, by, reasons)]
    if Reason.REFUND_BEFORE_REDEMPTION in reasons:
        parts.append(_early_refunds())
    if Reason.REDEEMED_BEFORE_CLAIM in reasons:
        parts.append(_early_redemptions())
    return (union_all(*parts) if parts else _nothing()).subquery("flagged")


def stands(source: FromClause, kind: Kind) -> ColumnElement[bool]:
    """Of that kind, and not taken back by its platform: what was is neither counted nor flagged.

    The kind stands in the statement's text: no engine finds an index of one kind by a parameter.
    """
    return and_(source.c.kind == bindparam(None, kind.value, literal_execute=True), ~source.c.cancelled)


def found_merchant(version: str) -> ColumnElement[bool]:
    """An event's line of the register. At most one: a number stands for every platform or for named ones."""
    return and_(
        merchants.c.version == version,
        merchants.c.no == events.c.merchant,
        merchants.c.platform.in_(("", events.c.platform)),
    )


def _redemptions(campaign: Campaign, by: Versions, reasons: Collection[Reason]) -> Iterator[Select[Any]]:
    """What a redemption can be judged by alone: one pass over all of them, and a part for each reason."""
    bans = _bans(by.sanctions) if by.sanctions else None
    rules = {reason: rule for reason, rule in _rules(campaign, by, bans).items() if reason in reasons}
    if not rules:
        return
    source: FromClause = events
    if by.merchants:
        source = source.outerjoin(merchants, found_merchant(by.merchants))
    if bans is not None:
        same = and_(bans.c.no == events.c.merchant, bans.c.platform.in_(("", events.c.platform)))
        source = source.outerjoin(bans, same)
    judged = [
        part
        for reason, rule in rules.items()
        for part in (
            case((rule.test, 1), else_=0).label(reason),
            rule.at.label(f"{reason}_at"),
            rule.other.label(f"{reason}_other"),
        )
    ]
    found = (
        select(*(events.c[name] for name in _EVENT), *judged)
        .select_from(source)
        .where(stands(events, Kind.REDEMPTION), or_(*(rule.test for rule in rules.values())))
        .cte("found")
    )
    for reason in rules:
        at, other = found.c[f"{reason}_at"], found.c[f"{reason}_other"]
        yield _part(reason, found, at=at, other=other).where(found.c[reason] == 1)


def _rules(campaign: Campaign, by: Versions, bans: Subquery | None) -> dict[Reason, _Rule]:
    at = events.c.occurred_at
    rules = {
        Reason.OUTSIDE_AREA: _outside_area(campaign, has_register=by.merchants is not None),
        Reason.OUTSIDE_WINDOW: _Rule(test=_outside_window(campaign)),
        Reason.BELOW_MINIMUM: _Rule(test=_below_minimum(campaign)),
    }
    if by.merchants:
        listed = merchants.c
        before, after = at < listed.listed_from, at >= listed.listed_until
        rules[Reason.UNKNOWN_MERCHANT] = _Rule(
            test=and_(events.c.merchant.is_not(None), or_(listed.no.is_(None), before, after)),
            at=case((before, listed.listed_from), else_=listed.listed_until),
        )
        late = campaign.late_phase_from
        in_time = () if late is None else (at < late,)
        rules[Reason.WRONG_SECTOR] = _Rule(test=and_(is_cross_sector(), *in_time), other=listed.sector)
    if bans is not None:
        rules[Reason.SANCTIONED] = _Rule(test=at >= bans.c.starts_at, at=bans.c.starts_at)
    return rules


def is_cross_sector() -> ColumnElement[bool]:
    """Unknown, and so never true, where the merchant's sector is."""
    return merchants.c.sector != events.c.sector


def _outside_area(campaign: Campaign, *, has_register: bool) -> _Rule:
    """Where it was used and, if the register says so, where its merchant stands: either outside is outside."""
    city = campaign.campaign.city_code
    used, stands = events.c.county, merchants.c.division
    scopes = [(p.id, p.use_scope) for p in campaign.programme if p.use_scope != city]
    if not has_register:
        return _Rule(test=or_(false(), *(and_(events.c.programme == id, used != at) for id, at in scopes)))
    elsewhere = (
        and_(events.c.programme == id, or_(used != at, and_(stands != at, stands != city)))
        for id, at in scopes
    )
    outside = stands.not_in((city, *campaign.divisions))
    return _Rule(test=or_(outside, *elsewhere), other=stands)


def _outside_window(campaign: Campaign) -> ColumnElement[bool]:
    """The cheap comparison first: it decides nearly always."""
    at = events.c.occurred_at
    tests = (
        and_(
            or_(at < r.opens_at, at > r.use_until),
            events.c.round_no == r.no,
            events.c.programme == r.programme,
        )
        for r in campaign.round
    )
    return or_(false(), *tests)


def _below_minimum(campaign: Campaign) -> ColumnElement[bool]:
    templates: dict[int, list[str]] = defaultdict(list)
    for template in campaign.template:
        templates[template.min_spend_fen].append(template.id)
    tests = (and_(events.c.order_fen < fen, events.c.template.in_(ids)) for fen, ids in templates.items())
    return or_(false(), *tests)


def _early_refunds() -> Select[Any]:
    used = events.alias("used")
    at = used.c.occurred_at
    same = (used.c[name] == events.c[name] for name in ("programme", "platform", "sub_project"))
    source = events.join(used, and_(*same, used.c.event_no == events.c.origin_event_no))
    return (
        _part(Reason.REFUND_BEFORE_REDEMPTION, events, order_fen=used.c.order_fen, at=at)
        .select_from(source)
        .where(stands(events, Kind.REFUND), stands(used, Kind.REDEMPTION), events.c.occurred_at < at)
    )


def _early_redemptions() -> Select[Any]:
    """Held against the voucher's first claim; of a voucher whose claim no event tells nothing is known.

    A programme has one tranche and one platform, so that within it a voucher's number is enough. Joined, not looked
    up for each redemption: SQLite takes a third of the time, and PostgreSQL may hash. Two first claims at one moment
    are one flag.
    """
    claims, earlier = events.alias("claims"), events.alias("earlier")
    after = and_(_same_voucher(events, claims), events.c.occurred_at < claims.c.occurred_at)
    before = and_(_same_voucher(claims, earlier), earlier.c.occurred_at < claims.c.occurred_at)
    return (
        _part(Reason.REDEEMED_BEFORE_CLAIM, events, at=claims.c.occurred_at)
        .select_from(events.join(claims, after))
        .where(stands(events, Kind.REDEMPTION), stands(claims, Kind.CLAIM))
        .where(~exists().where(before, stands(earlier, Kind.CLAIM)))
        .distinct()
    )


def _same_voucher(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    return and_(*(one.c[name] == other.c[name] for name in ("programme", "voucher_no")))


def _part(
    reason: Reason,
    source: FromClause,
    *,
    order_fen: ColumnElement[Any] | None = None,
    at: ColumnElement[Any] = _NO_TIME,
    other: ColumnElement[Any] = _NO_TEXT,
) -> Select[Any]:
    given = {} if order_fen is None else {"order_fen": order_fen.label("order_fen")}
    return select(
        literal(reason.value, String).label("reason"),
        *(given.get(name, source.c[name]) for name in _EVENT),
        at.label("other_at"),
        other.label("other"),
    )


def _nothing() -> Select[Any]:
    return _part(Reason.UNKNOWN_MERCHANT, events).where(literal(1) == 0)


def _bans(version: str) -> Subquery:
    """From when on each number is banned: its first ban."""
    keys = (sanctions.c.no, sanctions.c.platform)
    query = select(*keys, func.min(sanctions.c.starts_at).label("starts_at"))
    return query.where(sanctions.c.version == version).group_by(*keys).subquery("bans")
