"""What comparing needs: ours summed up once, how far feeds have come, and one stated total beside ours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import Column, Connection, func, select

from domain.campaign import Campaign
from domain.statements import Metric, Pair, Subject
from store.schema import feed_spans, feeds, rollup_day

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
    is_counted: bool = False  # by polls of a counter: no statement

    @property
    def difference(self) -> Pair:
        """Platform less ours."""
        return self.theirs.less(self.ours)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far the feeds of one programme have come, and what their files of daily grade told whole."""

    complete_until: datetime | None = None
    # since and until; oldest first, with holes between them
    filed: tuple[tuple[datetime, datetime], ...] = ()

    def is_filed(self, since: datetime, until: datetime) -> bool:
        return any(first <= since and until <= last for first, last in self.filed)


def reaches(conn: Connection) -> dict[str, Reach]:
    """By programme. The feed furthest ahead counts, and any that told a time: each says of itself that it is whole."""
    filed: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
    c = feed_spans.c
    for programme, since, until in conn.execute(select(c.programme, c.since, c.until).order_by(c.since)):
        told = filed[programme]
        if told and since <= told[-1][1]:
            since, until = told[-1][0], max(told.pop()[1], until)
        told.append((since, until))
    newest = select(feeds.c.programme, func.max(feeds.c.data_time)).group_by(feeds.c.programme)
    return {
        programme: Reach(complete_until=whole, filed=tuple(filed[programme]))
        for programme, whole in conn.execute(newest)
    }


def delay_of(campaign: Campaign, platform: str) -> timedelta:
    """How long after midnight the platform's day may be judged."""
    return timedelta(seconds=campaign.platforms[platform].settles_after_seconds)


class LedgerSums:
    """The stored roll-ups, summed once at the grain that is asked for. Only sums: ours is what it is."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    @cached_property
    def _by_day(self) -> dict[tuple[Any, ...], Pairs]:
        c = rollup_day.c
        return self._sums(c.programme, c.tranche, c.day)

    @cached_property
    def _by_lot(self) -> dict[tuple[str, str, str, int], list[tuple[datetime, Pairs]]]:
        c = rollup_day.c
        found: dict[tuple[str, str, str, int], list[tuple[datetime, Pairs]]] = defaultdict(list)
        for key, pairs in self._sums(c.programme, c.tranche, c.template, c.round_no, c.day).items():
            *lot, day = key
            found[tuple(lot)].append((day, pairs))
        return found

    def _sums(self, *keys: Column[Any]) -> dict[tuple[Any, ...], Pairs]:
        """Key -> (count, fen) of each metric."""
        sums = [func.sum(rollup_day.c[name]) for pair in MEASURES_OF.values() for name in pair]
        found: dict[tuple[Any, ...], Pairs] = {}
        for row in self._conn.execute(select(*keys, *sums).group_by(*keys)):
            amounts = iter([int(value) for value in row[len(keys) :]])
            found[tuple(row[: len(keys)])] = dict(
                zip(MEASURES_OF, zip(amounts, amounts, strict=True), strict=True)
            )
        return found

    def of(self, subject: Subject) -> Pair:
        if subject.template is None or subject.round_no is None:
            days = ((subject.day, self._by_day.get((subject.programme, subject.tranche, subject.day), {})),)
            return _summed(subject.metric, days)
        lot = self._by_lot.get((subject.programme, subject.tranche, subject.template, subject.round_no), [])
        return _summed(subject.metric, (d for d in lot if subject.day in (None, d[0])))

    def count_before(self, subject: Subject, midnight: datetime) -> int:
        """Of a lot: what it came to on the days before."""
        lot = (subject.programme, subject.tranche, subject.template or "", subject.round_no or 0)
        before = (d for d in self._by_lot.get(lot, []) if d[0] < midnight)
        return _summed(subject.metric, before).count or 0

    def tells_claims(self, programme: str, tranche: str) -> bool:
        own = (pairs for key, pairs in self._by_day.items() if key[:2] == (programme, tranche))
        return any(pairs[Metric.CLAIMED][0] for pairs in own)


Pairs = Mapping[Metric, tuple[int, int]]


def _summed(metric: Metric, days: Iterable[tuple[datetime | None, Pairs]]) -> Pair:
    found = [pairs[metric] for _, pairs in days if pairs]
    return Pair(count=sum(n for n, _ in found), fen=sum(fen for _, fen in found))
