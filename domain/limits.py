"""What the campaign file lets a figure be."""

from domain.campaign import Campaign
from domain.sanity import Limits


def limits_of(campaign: Campaign, programme: str) -> Limits:
    """Of one programme."""
    templates = [t for t in campaign.template if t.programme == programme]
    return Limits(
        face_least_fen=min(t.face_fen for t in templates),
        face_most_fen=max(t.face_fen for t in templates),
        min_spend_most_fen=max(t.min_spend_fen for t in templates),
    )
