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
    Subquery,
    and_,
    case,
    false,
    func,
    literal,
    or_,
    select,
    union_all,
)

from domain.campaign import Campaign
from domain.flags import Reason
from domain.records import Kind
from store.queries.flag_part import EVENT, NO_TEXT, NO_TIME, part, stands
from store.queries.flagged_pairs import early_redemptions, early_refunds, second_redemptions
from store.schema import events, merchants, sanctions


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """Which lists to judge by: sha256, or None where none is loaded."""

    merchants: str | None = None
    sanctions: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """When a redemption is flagged, and what it was held against."""

    test: ColumnElement[bool]
    at: ColumnElement[datetime | None] = NO_TIME
    other: ColumnElement[str | None] = NO_TEXT


def flagged(campaign: Campaign, by: Versions, reasons: Collection[Reason] = tuple(Reason)) -> Subquery:
    """One row a flag: an event that breaks two rules has two. A reason whose list is not loaded has none.

    Columns: reason, EVENT's, other_at (listing, ban, redemption, claim), other (the merchant's division or sector).
    """
    parts = [*_redemptions(campaign, by, reasons)]
    if Reason.REFUND_BEFORE_REDEMPTION in reasons:
        parts.append(early_refunds())
    if Reason.REDEEMED_BEFORE_CLAIM in reasons:
        parts.append(early_redemptions())
    if Reason.REDEEMED_AGAIN in reasons:
        parts.append(second_redemptions())
    return (union_all(*parts) if parts else _nothing()).subquery("flagged")


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
        select(*(events.c[name] for name in EVENT), *judged)
        .select_from(source)
        .where(stands(events, Kind.REDEMPTION), or_(*(rule.test for rule in rules.values())))
        .cte("found")
    )
    for reason in rules:
        at, other = found.c[f"{reason}_at"], found.c[f"{reason}_other"]
        yield part(reason, found, at=at, other=other).where(found.c[reason] == 1)


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


def _nothing() -> Select[Any]:
    return part(Reason.UNKNOWN_MERCHANT, events).where(literal(1) == 0)


def _bans(version: str) -> Subquery:
    """From when on each number is banned: its first ban."""
    keys = (sanctions.c.no, sanctions.c.platform)
    query = select(*keys, func.min(sanctions.c.starts_at).label("starts_at"))
    return query.where(sanctions.c.version == version).group_by(*keys).subquery("bans")
