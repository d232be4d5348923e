"""Every total a platform states beside what the ledger says of the same: what reconciliation decides on.

False alarms cost trust, so a total is held against the ledger only where both are said to be whole:

- a day's statement: once the day is over, the platform's own delay has passed (`settles_after_seconds`), and some feed
  of the programme is complete past the day's end. Before that it is waiting, not different: a late feed is D1's.
- a lot's statement (no day): such are drawn up once the lot has ended. At once.
- a counter: the poll carries no moment of the platform's own, and what happens while it is asked may be in it or not.
  So it is judged at a midnight, by the last poll before and the first after it, each `SLACK` away: what the ledger has
  of that lot by then must lie between the two. On a quiet night they are equal and not one voucher is tolerated.
  Counters give way to statements of the same programme and metric, and claims are held against counters only where
  the platform tells claims as events (WeChat Pay only counts them).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from domain.campaign import Campaign
from domain.records import Kind
from domain.statements import Metric, Pair, Subject
from store.buckets import DAY_US, bucket_start
from store.schema import ALL, EVER, counters, counters_newest, feeds, rollup_day, statements

DAY = timedelta(days=1)
SLACK = timedelta(seconds=60)
"""How far a poll may lie from its midnight before the platform's clock and ours decide which day it belongs to."""
MEASURES_OF = {
    Metric.CLAIMED: ("claimed_count", "claimed_fen"),
    Metric.REDEEMED_GROSS: ("redeemed_gross_count", "redeemed_gross_fen"),
    Metric.REFUNDED: ("refunded_count", "pool_returned_fen"),
}
_COUNTED = {Kind.CLAIM: Metric.CLAIMED, Kind.REDEMPTION: Metric.REDEEMED_GROSS}


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


def comparisons(conn: Connection, campaign: Campaign, *, now: datetime) -> list[Comparison]:
    """Everything stated, the waiting included; at most one of a subject."""
    reach = reaches(conn)
    ledger = _Ledger(conn)
    stated = list(_stated(conn, campaign, ledger, reach, now=now))
    spoken_for = {(c.subject.programme, c.subject.metric) for c in stated}
    return stated + list(_counted(conn, campaign, ledger, reach, spoken_for, now=now))


class _Ledger:
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


def _stated(
    conn: Connection, campaign: Campaign, ledger: _Ledger, reach: Mapping[str, Reach], *, now: datetime
) -> Iterator[Comparison]:
    """The newest statement of each total; sub-projects of one programme add up."""
    groups: dict[Subject, list[Any]] = defaultdict(list)
    for row in _newest(conn):
        groups[_subject(row)].append(row)
    for subject, rows in groups.items():
        theirs = Pair(count=_sum(r.value_count for r in rows), fen=_sum(r.value_fen for r in rows))
        ours = ledger.of(subject)
        stated_at = max(r.stated_at for r in rows)
        until = stated_at if subject.day is None else subject.day + DAY
        yield Comparison(
            subject=subject,
            ours=_in_units_of(theirs, ours),
            theirs=theirs,
            stated_at=stated_at,
            until=until,
            is_due=subject.day is None or _is_whole(campaign, subject, until, reach, now=now),
        )


def _newest(conn: Connection) -> Iterable[Any]:
    total = [statements.c[name] for name in (*_TOTAL, "sub_project")]
    order = (statements.c.stated_at.desc(), statements.c.received_at.desc(), statements.c.raw_sha256)
    turn = func.row_number().over(partition_by=total, order_by=order).label("turn")
    ranked = select(statements, turn).subquery("ranked")
    return conn.execute(select(ranked).where(ranked.c.turn == 1))


_TOTAL = ("programme", "platform", "tranche", "metric", "template", "round_no", "day")


def _subject(row: Any) -> Subject:
    return Subject(
        programme=row.programme,
        platform=row.platform,
        tranche=row.tranche,
        metric=Metric(row.metric),
        day=None if row.day == EVER else row.day,
        template=None if row.template == ALL else row.template,
        round_no=row.round_no or None,
    )


def _sum(values: Iterable[int | None]) -> int | None:
    """None if any part is unknown: a sum of less is another figure."""
    known = list(values)
    return None if None in known else sum(value for value in known if value is not None)


def _in_units_of(theirs: Pair, ours: Pair) -> Pair:
    """What the platform does not state is not compared."""
    return Pair(
        count=None if theirs.count is None else ours.count, fen=None if theirs.fen is None else ours.fen
    )


def _is_whole(
    campaign: Campaign, subject: Subject, until: datetime, reach: Mapping[str, Reach], *, now: datetime
) -> bool:
    complete = reach.get(subject.programme, Reach()).complete_until
    return now >= until + _delay(campaign, subject.platform) and complete is not None and complete >= until


def _delay(campaign: Campaign, platform: str) -> timedelta:
    return timedelta(seconds=campaign.platforms[platform].settles_after_seconds)


# ---------------------------------------------------------------- counters


def _counted(
    conn: Connection,
    campaign: Campaign,
    ledger: _Ledger,
    reach: Mapping[str, Reach],
    spoken_for: set[tuple[str, Metric]],
    *,
    now: datetime,
) -> Iterator[Comparison]:
    """At most one of each lot and metric: sub-projects add up."""
    groups: dict[Subject, list[Any]] = defaultdict(list)
    for row in conn.execute(select(counters_newest)):
        programme, metric = campaign.programmes.get(row.programme), _COUNTED.get(Kind(row.kind))
        if programme is None or metric is None or (programme.id, metric) in spoken_for:
            continue
        subject = Subject(
            programme=programme.id,
            platform=row.platform,
            tranche=programme.tranche,
            metric=metric,
            template=row.template,
            round_no=row.round_no,
        )
        groups[subject].append(row)
    for subject, rows in groups.items():
        feed = reach.get(subject.programme, Reach())
        tells = ledger.tells_claims(subject.programme, subject.tranche) or feed.daily_until is not None
        if feed.complete_until is not None and (tells or subject.metric is not Metric.CLAIMED):
            latest = min(feed.complete_until, now - _delay(campaign, subject.platform))
            yield from _at_midnight(conn, ledger, subject, rows, bucket_start(latest, DAY_US))


def _at_midnight(
    conn: Connection, ledger: _Ledger, subject: Subject, rows: Sequence[Any], midnight: datetime
) -> Iterator[Comparison]:
    """Nothing where no poll followed the midnight yet: then nothing is known of it."""
    before = [_poll(conn, row, until=midnight - SLACK) for row in rows]
    after = [_poll(conn, row, since=midnight + SLACK) for row in rows]
    last = [poll for poll in after if poll is not None]
    if len(last) < len(rows):
        return
    low, high = sum(p.value_count for p in before if p is not None), sum(p.value_count for p in last)
    least, most = sorted((low, high))
    ours = ledger.count_before(subject, midnight)
    yield Comparison(
        subject=subject,
        ours=Pair(count=ours, fen=None),
        theirs=Pair(count=min(max(ours, least), most), fen=None),
        stated_at=max(p.counted_at for p in last),
        until=midnight,
        is_due=True,
    )


def _poll(
    conn: Connection, row: Any, *, until: datetime | None = None, since: datetime | None = None
) -> Any | None:
    """The last poll up to a moment, or the first one from it on: one step in the primary key."""
    c = counters.c
    bound, order = (
        (c.counted_at <= until, c.counted_at.desc())
        if until is not None
        else (c.counted_at >= since, c.counted_at.asc())
    )
    same = (c[name] == getattr(row, name) for name in _POLLED)
    query = select(c.value_count, c.counted_at).where(*same, bound).order_by(order).limit(1)
    return conn.execute(query).one_or_none()


_POLLED = ("programme", "platform", "sub_project", "template", "round_no", "kind")
