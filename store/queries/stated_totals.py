"""Statements: the newest of each total, beside ours of the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from domain.campaign import Campaign
from domain.statements import Metric, Pair, Subject
from store.queries.comparison import DAY, Comparison, LedgerSums, Reach, delay_of
from store.schema import ALL, EVER, statements


def stated_totals(
    conn: Connection, campaign: Campaign, ledger: LedgerSums, reach: Mapping[str, Reach], *, now: datetime
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
    return now >= until + delay_of(campaign, subject.platform) and complete is not None and complete >= until
