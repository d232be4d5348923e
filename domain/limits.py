"""What the campaign file lets a figure be."""

from domain.campaign import Campaign
from domain.measures import Figures
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
