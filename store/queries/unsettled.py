"""Promises I12: is exactly that open which differs and nobody accepted, as of the last reconciliation?"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, FromClause, func, select

from domain.campaign import Campaign
from domain.statements import Discrepancy, Pair, Subject
from domain.terms import local
from store.buckets import DAY_US, bucket_start
from store.queries.compared import comparisons
from store.queries.comparison import DAY, Comparison
from store.queries.counted import polls_of
from store.queries.difference import Difference
from store.queries.discrepancies import accepted_discrepancies, open_discrepancies
from store.queries.polled_totals import SLACK
from store.schema import (
    counters,
    counters_newest,
    events,
    feeds,
    rollup_day,
    source_runs,
    statements,
    superseded,
)


def unsettled(conn: Connection, campaign: Campaign, *, reconciled_at: datetime) -> Iterator[Difference]:
    """What the last run should have opened, refreshed or closed. What came after it is the next run's."""
    found = comparisons(conn, campaign, now=reconciled_at)
    open_now = {row.subject: row for row in open_discrepancies(conn)}
    accepted = accepted_discrepancies(conn)
    for comparison in (c for c in found if c.is_due):
        row, person = open_now.get(comparison.subject), accepted.get(comparison.subject)
        stored = None if row is None else row.difference
        is_accepted = row is None and person is not None and person.difference == comparison.difference
        expected = None if comparison.difference.is_zero or is_accepted else comparison.difference
        if stored != expected and not _is_news(conn, comparison, since=reconciled_at):
            yield _found(comparison.subject, stored, expected)
    for row in given_way(conn, open_now.values(), found):
        if not _told_since(conn, row.subject, since=reconciled_at):
            yield _found(row.subject, row.difference, None)


def given_way(
    conn: Connection, rows: Collection[Discrepancy], found: Iterable[Comparison]
) -> list[Discrepancy]:
    """Open against a counter, and since then the platform states all of it itself: nobody compares it any more.

    All of it is a total of that lot, or one of every day up to the midnight of the difference: a statement of another
    day says nothing of it. A counter that merely was not polled at its midnight yet is none of these.
    """
    compared = {comparison.subject for comparison in found}
    stated = [comparison.subject for comparison in found if not comparison.is_counted]
    return [row for row in rows if row.subject not in compared and _is_stated(conn, row, stated)]


def _is_stated(conn: Connection, row: Discrepancy, stated: Iterable[Subject]) -> bool:
    subject = row.subject
    lots = ((None, None), (subject.template, subject.round_no))  # a total of all lots tells of this one too
    days = {
        total.day
        for total in stated
        if (total.programme, total.metric) == (subject.programme, subject.metric)
        and (total.template, total.round_no) in lots
    }
    if None in days:
        return True
    midnight = bucket_start(row.stated_at - SLACK, DAY_US)
    day = min((midnight - DAY, *(bucket_start(at, DAY_US) for at in _begun(conn, subject))))
    while day in days:
        day += DAY
    return day >= midnight


def _begun(conn: Connection, lot: Subject) -> Iterator[datetime]:
    """When it was first booked, to the day, and first counted, by each of its counters."""
    booked = select(func.min(rollup_day.c.day)).where(*_place(rollup_day, lot))
    of_lot = conn.execute(select(counters_newest).where(*_place(counters_newest, lot))).all()
    counted = (select(func.min(counters.c.counted_at)).where(*polls_of(newest)) for newest in of_lot)
    for query in (booked, *counted):
        if (at := conn.execute(query).scalar_one()) is not None:
            yield at


def _is_news(conn: Connection, comparison: Comparison, *, since: datetime) -> bool:
    """Whether either side, or the feed that makes it due, moved after that moment."""
    subject = comparison.subject
    return (
        _told_since(conn, subject, since=since)
        or _exists(conn, events, *_lot(events, subject), events.c.known_at > since)
        or _exists(conn, superseded, *_lot(superseded, subject), superseded.c.superseded_at > since)
        or _exists(conn, counters, *_place(counters, subject), counters.c.received_at > since)
        or _reached_since(conn, comparison, since=since)
    )


def _told_since(conn: Connection, subject: Subject, *, since: datetime) -> bool:
    of_metric = statements.c.metric == subject.metric.value
    own = (statements.c.programme == subject.programme, of_metric)
    return _exists(conn, statements, *own, statements.c.received_at > since)


def _reached_since(conn: Connection, comparison: Comparison, *, since: datetime) -> bool:
    """Whether the first payload that made the feed whole came after that moment."""
    query = (
        select(func.min(source_runs.c.finished_at))
        .select_from(source_runs.join(feeds, feeds.c.source == source_runs.c.source))
        .where(feeds.c.programme == comparison.subject.programme, source_runs.c.data_time >= comparison.until)
    )
    first = conn.execute(query).scalar_one()
    return first is not None and first > since


def _lot(table: FromClause, subject: Subject) -> Iterator[ColumnElement[bool]]:
    yield from _place(table, subject)
    if subject.day is not None:
        yield table.c.occurred_at >= subject.day
        yield table.c.occurred_at < subject.day + DAY


def _place(table: FromClause, subject: Subject) -> Iterator[ColumnElement[bool]]:
    yield table.c.programme == subject.programme
    if subject.template is not None:
        yield table.c.template == subject.template
        yield table.c.round_no == subject.round_no


def _exists(conn: Connection, table: FromClause, *where: ColumnElement[bool]) -> bool:
    return conn.execute(select(1).select_from(table).where(*where).limit(1)).first() is not None


def _found(subject: Subject, stored: Pair | None, expected: Pair | None) -> Difference:
    day = "" if subject.day is None else f"/{local(subject.day):%Y-%m-%d}"
    lot = "" if subject.template is None else f"/{subject.template}#R{subject.round_no}"
    where = f"{subject.programme}/{subject.platform}/{subject.tranche}/{subject.metric}{lot}{day}"
    return Difference(
        check="open discrepancies", where=where, stored=_words(stored), expected=_words(expected)
    )


def _words(pair: Pair | None) -> str | None:
    return None if pair is None else f"{pair.count} vouchers, {pair.fen} fen"
