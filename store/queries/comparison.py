"""What comparing needs: ours summed up once, how far feeds have come, and one stated total beside ours."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from domain.campaign import Campaign
from domain.statements import Metric, Pair, Subject
from store.schema import feeds, rollup_day

DAY = timedelta(days=1)
MEASURES_OF = {
    Metric.CLAIMED: ("claimed_count", "claimed_fen"),
    Metric.REDEEMED_GROSS: ("redeemed_gross_count", "redeemed_gross_fen"),
    Metric.REFUNDED: ("refunded_count", "pool_returned_fen"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One stated total and ours of the same. `until`: it speaks for every day before this moment."""

    subject: Subject
    ours: Pair
    theirs: Pair
    stated_at: datetime
    until: datetime
    is_due: bool  # False: waiting, since one of the two is not whole yet

    @property
    def difference(self) -> Pair:
        """Platform less ours."""
        return self.theirs.less(self.ours)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far the feeds of one programme have come."""

    complete_until: datetime | None = None
    daily_until: datetime | None = None  # in files of daily grade


def reaches(conn: Connection) -> dict[str, Reach]:
    """By programme. The feed furthest ahead counts: each says of itself that it is complete."""
    newest = select(feeds.c.programme, func.max(feeds.c.data_time), func.max(feeds.c.daily_until))
    rows = conn.execute(newest.group_by(feeds.c.programme))
    return {programme: Reach(complete_until=whole, daily_until=daily) for programme, whole, daily in rows}


def delay_of(campaign: Campaign, platform: str) -> timedelta:
    """How long after midnight the platform's day may be judged."""
    return timedelta(seconds=campaign.platforms[platform].settles_after_seconds)


class LedgerSums:
    """The stored roll-ups by lot and day, read once. Only sums: ours is what it is."""

    def __init__(self, conn: Connection) -> None:
        names = [name for pair in MEASURES_OF.values() for name in pair]
        c = rollup_day.c
        keys = (c.programme, c.tranche, c.template, c.round_no, c.day)
        query = select(*keys, *(func.sum(c[name]) for name in names)).group_by(*keys)
        self._sums: dict[_Place, dict[str, int]] = defaultdict(lambda: dict.fromkeys(names, 0))
        self._days: dict[_Place, list[tuple[datetime, int, int]]] = defaultdict(list)
        for programme, tranche, template, round_no, day, *found in conn.execute(query):
            own, lot = (programme, tranche), (template, round_no)
            for place in (
                (*own, None, None, day),
                (*own, *lot, day),
                (*own, *lot, None),
                (*own, None, None, None),
            ):
                sums = self._sums[place]
                for name, value in zip(names, found, strict=True):
                    sums[name] += int(value)
            used = dict(zip(names, found, strict=True))
            self._days[*own, *lot, None].append(
                (day, int(used["claimed_count"]), int(used["redeemed_gross_count"]))
            )

    def of(self, subject: Subject) -> Pair:
        count, fen = MEASURES_OF[subject.metric]
        sums = self._sums[_place(subject)]
        return Pair(count=sums[count], fen=sums[fen])

    def count_before(self, subject: Subject, midnight: datetime) -> int:
        """Of a lot: its claims or redemptions on the days before."""
        claims = subject.metric is Metric.CLAIMED
        days = self._days[_place(subject)]
        return sum(claimed if claims else redeemed for day, claimed, redeemed in days if day < midnight)

    def tells_claims(self, programme: str, tranche: str) -> bool:
        return self._sums[programme, tranche, None, None, None]["claimed_count"] > 0


_Place = tuple[str, str, str | None, int | None, datetime | None]
"""(programme, tranche, template, round, day); None: all of them."""


def _place(subject: Subject) -> _Place:
    return (subject.programme, subject.tranche, subject.template, subject.round_no, subject.day)
