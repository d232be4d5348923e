"""Hand-made ledger entries for the small campaign."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from domain.campaign import Campaign
from domain.records import Entry, Event, Kind
from ingest.admit import admit

OPENING = datetime(2022, 10, 28, 9, 0, tzinfo=timezone(timedelta(hours=8)))


def event(campaign: Campaign, programme: str, kind: Kind, no: int, **changes: Any) -> Event:
    """One event of the programme's first round and first template; voucher `no`, `no` minutes after the opening."""
    owner = campaign.programmes[programme]
    round_ = campaign.rounds[programme, 1]
    template = campaign.templates[round_.lines[0].template]
    fields: dict[str, Any] = {
        "kind": kind,
        "platform": owner.platform,
        "sub_project": owner.sub_projects.redeem,
        "event_no": f"{kind[:1].upper()}{no:06d}",
        "template": template.id,
        "round_no": 1,
        "voucher_no": f"V{no:06d}",
        "county": None,
        "face_fen": template.face_fen,
        "occurred_at": OPENING + timedelta(minutes=no),
    }
    if kind is not Kind.CLAIM:
        fields |= {"county": _county(campaign, programme), "merchant": f"M{no % 3}"}
    if kind is Kind.REDEMPTION:
        fields |= {
            "order_no": f"O{no:06d}",
            "order_fen": template.min_spend_fen + no,
            "paid_fen": template.min_spend_fen,
        }
    if kind is Kind.REFUND:
        fields |= {"origin_event_no": f"R{no:06d}", "returned_fen": template.face_fen}
        fields["event_no"] = f"B{no:06d}"
    return Event(**(fields | changes))


def step(campaign: Campaign, programme: str, kind: Kind, no: int, **changes: Any) -> Event:
    """One step of application `no` to the programme's car subsidy; a decision a day after it, a payment two more."""
    owner = campaign.programmes[programme]
    template = campaign.templates[f"{programme}.auto"]
    days = {Kind.APPLICATION: 0, Kind.PAYMENT: 3}.get(kind, 1)
    application_no = f"A{no:06d}"
    fields: dict[str, Any] = {
        "kind": kind,
        "platform": owner.platform,
        "sub_project": owner.sub_projects.redeem,
        "event_no": application_no if kind is Kind.APPLICATION else f"{kind[:1].upper()}S{no:06d}",
        "template": template.id,
        "round_no": 1,
        "voucher_no": f"S{no:06d}",
        "county": _county(campaign, programme),
        "face_fen": template.face_fen,
        "occurred_at": OPENING + timedelta(days=days, minutes=no),
        "origin_event_no": None if kind is Kind.APPLICATION else application_no,
        "order_fen": 8_000_000 if kind is Kind.APPLICATION else None,
    }
    return Event(**(fields | changes))


def entries(campaign: Campaign, *events: Event) -> tuple[Entry, ...]:
    admitted = admit(campaign, events)
    assert not admitted.rejects, admitted.rejects
    return admitted.entries


def _county(campaign: Campaign, programme: str) -> str:
    owner = campaign.programmes[programme]
    return owner.division if owner.level == "county" else campaign.division[0].code
