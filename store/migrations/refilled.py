"""Roll-ups filled from the events, as downgrades need it: frozen, however the product counts by now."""

from __future__ import annotations

from collections.abc import Sequence

MEASURES = (
    "claimed_count", "claimed_fen", "redeemed_gross_count", "redeemed_gross_fen", "refunded_count", "refunded_fen",
    "pool_returned_fen", "direct_spend_fen", "orders_count", "subsidy_applied_count", "subsidy_applied_fen",
    "subsidy_approved_count", "subsidy_approved_fen", "subsidy_rejected_count", "subsidy_paid_count",
    "subsidy_paid_fen",
)  # fmt: skip
_REFUNDS_AND_DECISIONS = """
    SELECT e.*, row_number() OVER (
        PARTITION BY programme, platform, sub_project, origin_event_no, CASE WHEN kind = 'refund' THEN 0 ELSE 1 END
        ORDER BY occurred_at, event_no, kind
    ) AS turn
    FROM events e WHERE NOT cancelled AND kind IN ('refund', 'approval', 'rejection')
"""
"""Of the refunds of one redemption, and of the decisions on one application, the first counts."""


def refilled(table: str, key: Sequence[str], *, moment: str, size_us: int) -> str:
    """The INSERT of all cells by `key`, of which `moment` is the start of its stretch of `size_us` (up to an hour)."""
    columns = ", ".join((*key, *MEASURES))
    sums = ", ".join(f"sum({name})" for name in MEASURES)
    some = " OR ".join(f"sum({name}) <> 0" for name in MEASURES)
    places = ", ".join(
        f"e.occurred_at - e.occurred_at % {size_us} AS {name}" if name == moment else f"e.{name}"
        for name in key
    )
    return (
        f"INSERT INTO {table} ({columns}) SELECT {', '.join(key)}, {sums} FROM ({_worth(places)}) AS worth "  # noqa: S608
        f"GROUP BY {', '.join(key)} HAVING {some} ORDER BY {', '.join(key)}"
    )


def _worth(places: str) -> str:
    standing = "FROM events e WHERE NOT e.cancelled AND e.kind = "
    firsts = f"FROM ({_REFUNDS_AND_DECISIONS}) AS e"
    redeemed = (
        "LEFT JOIN events used ON used.programme = e.programme AND used.platform = e.platform "
        "AND used.sub_project = e.sub_project AND used.event_no = e.origin_event_no "
        "AND used.kind = 'redemption' AND NOT used.cancelled"
    )
    ordered = "CASE WHEN {}.order_fen IS NULL THEN 0 ELSE {}1 END"
    return " UNION ALL ".join((
        _part(places, f"{standing}'claim'", claimed_count="1", claimed_fen="e.face_fen"),
        _part(
            places,
            f"{standing}'redemption'",
            redeemed_gross_count="1",
            redeemed_gross_fen="e.face_fen",
            direct_spend_fen="coalesce(e.order_fen, 0)",
            orders_count=ordered.format("e", ""),
        ),
        _part(
            places,
            f"{firsts} {redeemed} WHERE e.turn = 1 AND e.kind = 'refund'",
            refunded_count="1",
            refunded_fen="e.face_fen",
            pool_returned_fen="coalesce(e.returned_fen, e.face_fen)",
            direct_spend_fen="-coalesce(used.order_fen, 0)",
            orders_count=ordered.format("used", "-"),
        ),
        _part(places, f"{standing}'application'", subsidy_applied_count="1", subsidy_applied_fen="e.face_fen"),
        _part(places, f"{standing}'payment'", subsidy_paid_count="1", subsidy_paid_fen="e.face_fen"),
        _part(
            places,
            f"{firsts} WHERE e.turn = 1 AND e.kind = 'approval'",
            subsidy_approved_count="1",
            subsidy_approved_fen="e.face_fen",
        ),
        _part(places, f"{firsts} WHERE e.turn = 1 AND e.kind = 'rejection'", subsidy_rejected_count="1"),
    ))  # fmt: skip


def _part(places: str, source: str, **amounts: str) -> str:
    measures = ", ".join(f"{amounts.get(name, '0')} AS {name}" for name in MEASURES)
    return f"SELECT {places}, {measures} {source}"
