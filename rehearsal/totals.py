"""The truth's own sums, worked out from published happenings by plain loops.

Shares no code with the product on purpose: what the dashboard shows is compared with this to the fen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from domain.campaign import Campaign, Template
from rehearsal.ledger import (
    APPLICATION,
    APPROVAL,
    CLAIM,
    PAYMENT,
    REDEMPTION,
    REFUND,
    REJECTION,
    Happening,
)

KEYS = ("programme", "tranche", "sector", "template", "round")

_Lot = tuple[str, int]
"""(template id, round number)."""


def published_totals(
    campaign: Campaign, published: Iterable[Happening], *, by: Sequence[str], as_of: datetime
) -> dict[str, Any]:
    """What the servers had let out, in the shape of `quanqing totals --by ... --json`. Fen and counts.

    `by` is any of KEYS. A happening counts from when it happened; `version` is how many were counted.
    Raises ValueError for another key: a county or a day cannot be told for what is issued.
    """
    unknown = [key for key in by if key not in KEYS]
    if unknown:
        raise ValueError(f"totals: no key {unknown[0]!r} (known: {', '.join(KEYS)})")
    until = as_of.timestamp()
    counted = [h for h in published if h.at <= until]
    lots = _lot_figures(campaign, counted, as_of)
    newest: dict[tuple[Any, ...], int] = {}
    for h in counted:
        key = _key(campaign, h.lot.template, h.lot.round_no, by)
        newest[key] = max(newest.get(key, 0), h.at)
    cells: dict[tuple[Any, ...], dict[str, int]] = {}
    for (template, round_no), figures in lots.items():
        key = _key(campaign, campaign.templates[template], round_no, by)
        cell = cells.setdefault(key, dict.fromkeys(figures, 0))
        for name, value in figures.items():
            cell[name] += value
    rows = [
        {
            **dict(zip(by, key, strict=True)),
            **cells[key],
            "grade": "flash",
            "data_time": _iso(newest.get(key)),
        }
        for key in sorted(cells)
    ]
    total = {name: sum(cell[name] for cell in cells.values()) for name in _empty()}
    return {"as_of": as_of.isoformat(), "version": len(counted), "rows": rows, "total": total}


def _lot_figures(
    campaign: Campaign, counted: Sequence[Happening], as_of: datetime
) -> dict[_Lot, dict[str, int]]:
    """Every voucher of every round opened by `as_of`, and whatever else happened of anything."""
    lots: dict[_Lot, dict[str, int]] = {}
    for r in campaign.round:
        if r.opens_at <= as_of:
            for line in r.lines:
                template = campaign.templates[line.template]
                if template.kind == "voucher":
                    figures = lots.setdefault((line.template, r.no), _empty())
                    figures["issued_count"] += line.qty
                    figures["issued_fen"] += line.qty * template.face_yuan * 100
    owed_fen: dict[tuple[str, str], int] = {}  # of each redemption that was refunded
    redeemed = {(h.lot.programme.id, h.event_no) for h in counted if h.kind == REDEMPTION}
    orders: list[Happening] = []
    for h in counted:
        figures = lots.setdefault((h.lot.template.id, h.lot.round_no), _empty())
        face = h.lot.template.face_fen
        if h.kind == CLAIM:
            figures["claimed_count"] += 1
            figures["claimed_fen"] += face
        elif h.kind == REDEMPTION:
            figures["redeemed_gross_count"] += 1
            figures["redeemed_gross_fen"] += face
            orders.append(h)
        elif h.kind == REFUND:
            origin = h.lot.programme.id, h.origin_event_no or ""
            if origin not in owed_fen:
                owed_fen[origin] = face
                figures["refunded_count"] += 1
                figures["refunded_fen"] += face
                figures["orphaned_count"] += origin not in redeemed
            back_fen = min(h.returned_fen or 0, owed_fen[origin])
            owed_fen[origin] -= back_fen
            figures["pool_returned_fen"] += back_fen
        elif h.kind == APPLICATION:
            figures["subsidy_applied_count"] += 1
            figures["subsidy_applied_fen"] += h.subsidy_fen or 0
        elif h.kind == APPROVAL:  # here a desk decides once; the product has to cope with more
            figures["subsidy_approved_count"] += 1
            figures["subsidy_approved_fen"] += h.subsidy_fen or 0
        elif h.kind == REJECTION:
            figures["subsidy_rejected_count"] += 1
        elif h.kind == PAYMENT:
            figures["subsidy_paid_count"] += 1
            figures["subsidy_paid_fen"] += h.subsidy_fen or 0
    for h in orders:
        if (h.lot.programme.id, h.event_no) not in owed_fen and h.order_fen is not None:
            figures = lots[h.lot.template.id, h.lot.round_no]
            figures["direct_spend_fen"] += h.order_fen
            figures["orders_count"] += 1
    for (template, round_no), figures in lots.items():
        programme = campaign.templates[template].programme
        use_until = next(r.use_until for r in campaign.round if (r.programme, r.no) == (programme, round_no))
        state = "expired" if as_of > use_until else "outstanding"
        for unit in ("count", "fen"):
            gross = figures[f"redeemed_gross_{unit}"]
            figures[f"redeemed_net_{unit}"] = gross - figures[f"refunded_{unit}"]
            figures[f"{state}_{unit}"] = figures[f"claimed_{unit}"] - gross
    return lots


def _empty() -> dict[str, int]:
    """The figures' names as the product's contract prints them, written out: sharing its list would hide a slip."""
    return {
        "issued_count": 0, "issued_fen": 0, "claimed_count": 0, "claimed_fen": 0,
        "redeemed_gross_count": 0, "redeemed_gross_fen": 0, "refunded_count": 0, "refunded_fen": 0,
        "redeemed_net_count": 0, "redeemed_net_fen": 0, "pool_returned_fen": 0,
        "expired_count": 0, "expired_fen": 0, "outstanding_count": 0, "outstanding_fen": 0,
        "direct_spend_fen": 0, "orders_count": 0, "orphaned_count": 0,
        "subsidy_applied_count": 0, "subsidy_applied_fen": 0,
        "subsidy_approved_count": 0, "subsidy_approved_fen": 0, "subsidy_rejected_count": 0,
        "subsidy_paid_count": 0, "subsidy_paid_fen": 0,
    }  # fmt: skip


def _key(campaign: Campaign, template: Template, round_no: int, by: Sequence[str]) -> tuple[Any, ...]:
    values: dict[str, str | int] = {
        "programme": template.programme,
        "tranche": campaign.programmes[template.programme].tranche,
        "sector": template.sector,
        "template": template.id,
        "round": round_no,
    }
    return tuple(values[key] for key in by)


def _iso(at: int | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat()
