"""What the campaign file lets a figure be, and what it plans."""

from collections.abc import Iterable

from domain.campaign import Campaign, Programme
from domain.measures import Figures, ratio
from domain.sanity import Kept, Limits, check


def limits_of(campaign: Campaign, programme: str) -> Limits:
    """Of one programme."""
    templates = [t for t in campaign.template if t.programme == programme]
    return Limits(
        face_least_fen=min(t.face_fen for t in templates),
        face_most_fen=max(t.face_fen for t in templates),
        min_spend_most_fen=max(t.min_spend_fen for t in templates),
    )


def held_of(campaign: Campaign, programme: str, figures: Figures) -> frozenset[Kept]:
    """What the gate before the screens would hold back of one programme's figures by themselves."""
    return frozenset(check(None, figures, limits=limits_of(campaign, programme)).held)


def design_leverage(campaign: Campaign, programmes: Iterable[Programme]) -> float | None:
    """Weighted design leverage of the vouchers planned: audited subsidies are none (glossary 4.2)."""
    ids = {p.id for p in programmes}
    lines = [
        (campaign.templates[ln.template], ln.qty)
        for r in campaign.round
        if r.programme in ids
        for ln in r.lines
    ]
    vouchers = [(t, n) for t, n in lines if t.kind == "voucher"]
    return ratio(sum(t.min_spend_fen * n for t, n in vouchers), sum(t.face_fen * n for t, n in vouchers))  # fmt: skip
