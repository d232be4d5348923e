"""Counters: what polls around a midnight say a lot had come to, beside ours of the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from domain.campaign import Campaign
from domain.records import Kind
from domain.statements import Metric, Pair, Subject
from store.buckets import DAY_US, bucket_start
from store.queries.comparison import Comparison, LedgerSums, Reach, delay_of
from store.queries.counted import polls_of
from store.schema import counters, counters_newest

SLACK = timedelta(seconds=60)
"""How far a poll may lie from its midnight before the platform's clock and ours decide which day it belongs to."""
_COUNTED = {Kind.CLAIM: Metric.CLAIMED, Kind.REDEMPTION: Metric.REDEEMED_GROSS}


def polled_totals(
    conn: Connection,
    campaign: Campaign,
    ledger: LedgerSums,
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
        tells = ledger.tells_claims(subject.programme, subject.tranche) or bool(feed.filed)
        if feed.complete_until is not None and (tells or subject.metric is not Metric.CLAIMED):
            latest = min(feed.complete_until, now - delay_of(campaign, subject.platform))
            patience = timedelta(seconds=campaign.platforms[subject.platform].stale_after_seconds)
            yield from _compared(conn, ledger, subject, rows, latest, patience)


def _compared(
    conn: Connection,
    ledger: LedgerSums,
    subject: Subject,
    rows: Sequence[Any],
    latest: datetime,
    patience: timedelta,
) -> Iterator[Comparison]:
    """At the last midnight of which every counter's polls tell, however long ago they ended; nothing where none is."""
    midnight = bucket_start(min(latest, *(row.counted_at - SLACK for row in rows)), DAY_US)
    while True:
        around = [
            (_poll(conn, row, until=midnight - SLACK), _poll(conn, row, since=midnight + SLACK))
            for row in rows
        ]
        silent = [before for before, after in around if not _tell(before, after, midnight, patience)]
        if not silent:
            break
        if any(before is None for before in silent):
            return
        # whatever lies between has the same two polls around it
        midnight = bucket_start(min(before.counted_at for before in silent) - SLACK, DAY_US)
    least, most = sorted(sum(poll.value_count for poll in side) for side in zip(*around, strict=True))
    ours = ledger.count_before(subject, midnight)
    yield Comparison(
        subject=subject,
        ours=Pair(count=ours, fen=None),
        theirs=Pair(count=min(max(ours, least), most), fen=None),
        stated_at=max(after.counted_at for _, after in around),
        until=midnight,
        is_due=True,
        is_counted=True,
    )


def _tell(before: Any, after: Any, midnight: datetime, patience: timedelta) -> bool:
    """Whether both were polled around the midnight, or whenever, and the counter stood still between them.

    Polls further apart bracket whatever the ledger has: that it lies between them says nothing.
    """
    if before is None or after is None:
        return False
    is_near = midnight - before.counted_at <= patience and after.counted_at - midnight <= patience
    return bool(is_near or before.value_count == after.value_count)


def _poll(conn: Connection, row: Any, *, until: datetime | None = None, since: datetime | None = None) -> Any:
    """The last poll up to a moment, or the first one from it on, if any: one step in the primary key."""
    c = counters.c
    bound, order = (
        (c.counted_at <= until, c.counted_at.desc())
        if until is not None
        else (c.counted_at >= since, c.counted_at.asc())
    )
    query = select(c.value_count, c.counted_at).where(*polls_of(row), bound).order_by(order).limit(1)
    return conn.execute(query).one_or_none()
