"""Openings of rounds: what people write of after each of them is no surprise after the next one."""

from __future__ import annotations

from datetime import datetime, timedelta

from alerts.parameters import OpinionBurst
from domain.campaign import Campaign

APART = timedelta(hours=12)
"""Openings nearer than this are of the same rush: one says nothing of the other."""

Stretch = tuple[datetime, datetime]
"""(since, until]."""


def alike(
    campaign: Campaign, given: OpinionBurst, county: str | None, *, now: datetime
) -> tuple[Stretch, ...]:
    """The window that ends now, moved to the same distance from earlier openings that concern the county.

    Empty where no round has just been opened. A round of the city concerns every county.
    """
    opened = _openings(campaign, county, until=now)
    if not opened or now - opened[-1] >= given.release:
        return ()
    newest = opened[-1]
    earlier = [at for at in opened if newest - at >= APART and now - at <= given.release_lookback]
    ends = [at + (now - newest) for at in earlier]
    return tuple((end - given.window, end) for end in ends)


def older(campaign: Campaign, given: OpinionBurst, *, now: datetime) -> tuple[Stretch, ...]:
    """What `alike` asks for of any county and the baseline does not hold: what must be read besides."""
    opened = _openings(campaign, None, until=now)
    if not opened or now - opened[-1] >= given.release:
        return ()  # most moments: no county need be asked
    counties = {None, *(d.code for d in campaign.division)}
    found = {stretch for county in counties for stretch in alike(campaign, given, county, now=now)}
    first = now - given.baseline
    cut = ((since, min(until, first)) for since, until in sorted(found))
    return _apart([(since, until) for since, until in cut if since < until])


def _apart(stretches: list[Stretch]) -> tuple[Stretch, ...]:
    """Oldest first; those that overlap made one, so that no post is read twice."""
    whole: list[Stretch] = []
    for since, until in stretches:
        if whole and since <= whole[-1][1]:
            whole[-1] = whole[-1][0], max(until, whole[-1][1])
        else:
            whole.append((since, until))
    return tuple(whole)


def _openings(campaign: Campaign, county: str | None, *, until: datetime) -> list[datetime]:
    city = campaign.campaign.city_code
    concerned = {p.id for p in campaign.programme if county is None or p.division in (city, county)}
    return sorted({r.opens_at for r in campaign.round if r.programme in concerned and r.opens_at <= until})
