"""Whose payload it is, and whose time a file of daily grade tells whole."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from datetime import datetime

from domain.campaign import Campaign
from domain.records import Entry, Grade, Parsed, Span
from ingest.source import Source


def reported(source: Source, entries: tuple[Entry, ...], campaign: Campaign) -> set[str]:
    """The programmes a payload speaks for: all of the source's platform, whether or not something happened there."""
    platform = getattr(source, "platform", None)
    return {p.id for p in campaign.programme if p.platform == platform} or {e.programme for e in entries}


def filed(
    parsed: Parsed, campaign: Campaign, programmes: AbstractSet[str], *, now: datetime
) -> set[tuple[str, datetime, datetime]]:
    """(programme, since, until) of what it tells whole of these programmes; nothing of the time after it came.

    Redemptions make a day, and audited subsidies that of a programme without vouchers.
    """
    if parsed.grade is not Grade.DAILY:
        return set()
    vouchers = {t.programme for t in campaign.template if t.kind == "voucher"}
    return {
        (programme, span.since, min(span.until, now))
        for span in parsed.spans
        for programme in _whose(span, campaign) & programmes
        if span.since < min(span.until, now) and (programme in vouchers) != span.of_subsidies
    }


def _whose(span: Span, campaign: Campaign) -> set[str]:
    if span.sub_project is None:
        return {p.id for p in campaign.programme}
    owner = campaign.sub_project_owner.get(span.sub_project)
    return {owner.id} if owner else set()
