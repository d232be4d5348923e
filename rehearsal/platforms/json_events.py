"""What the pulled platform tells: events, those that never happened among them, and what its books say of a day."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from domain.terms import SHANGHAI
from rehearsal.ledger import APPLICATION, CLAIM, REDEMPTION, REFUND, Happening, hash_of
from rehearsal.platforms.books import Books
from rehearsal.platforms.strays import UNKNOWN_SUB_PROJECT

_DRAWN_UP_AFTER_S = 600  # after midnight
_METRIC = {CLAIM: "claimed", REDEMPTION: "redeemed_gross", REFUND: "refunded"}
SKEW_S = 600
_SKEWED_SHOPS = 13  # one till in so many has a clock of its own, where clocks are skewed
STRAYS: dict[str, dict[str, Any]] = {
    "event_unmapped": {"sub_project": UNKNOWN_SUB_PROJECT},
    "event_bad_money": {"order_fen": "99.90"},
}
"""Fault -> what is wrong with an event that never happened."""


def as_event(h: Happening, *, skewed: bool) -> dict[str, Any]:
    """`skewed`: by the clock of its till. Told again, an event is told the same."""
    lot, at = h.lot, h.at + (_off(h) if skewed else 0)
    event: dict[str, Any] = {
        "event_no": h.event_no,
        "kind": h.kind,
        "sub_project": lot.programme.sub_projects.redeem,
        "template": lot.template.id,
        "round": lot.round_no,
        "voucher_no": h.voucher_no,
        "user_ref": h.user_ref,
        "face_fen": h.face_fen,
        "occurred_at": moment(at),
    }
    if h.kind != CLAIM and h.shop:
        event |= {"county": h.shop.county, "merchant": h.shop.no}
    if h.kind == REDEMPTION:
        event |= {"order_no": f"D{h.event_no[1:]}", "order_fen": h.order_fen, "paid_fen": h.paid_fen}
    if h.kind == APPLICATION:
        event["order_fen"] = h.order_fen
    if h.origin_event_no is not None:
        event["origin_event_no"] = h.origin_event_no
    if h.kind == REFUND:
        event["returned_fen"] = h.returned_fen
    return event


def _off(h: Happening) -> int:
    """How far the clock of the till is off: always the same for one shop."""
    if h.shop is None:
        return 0
    draw = hash_of(int(h.shop.no[-4:]), h.shop.county)
    return 0 if draw % _SKEWED_SHOPS else (SKEW_S if draw % 2 else -SKEW_S)


def moment(at: int) -> str:
    return datetime.fromtimestamp(at, SHANGHAI).isoformat()


def statements(books: Books, day: date, *, now: int) -> list[dict[str, str | int]]:
    """Nothing until they are drawn up, then every sub-project that had begun by that day: zeros too."""
    end = datetime.combine(day + timedelta(days=1), time(), SHANGHAI)
    drawn_up = int(end.timestamp()) + _DRAWN_UP_AFTER_S
    if now < drawn_up:
        return []
    return [
        {
            "sub_project": sub_project,
            "metric": metric,
            "value_count": n,
            "value_fen": fen,
            "stated_at": moment(drawn_up),
        }
        for sub_project in books.begun(day)
        for kind, metric in _METRIC.items()
        for n, fen in (books.total(day, sub_project, kind),)
    ]
