"""How far each source has reported on each programme, now and as of earlier."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from store import schema

Feeds = dict[str, list["Feed"]]
"""By programme."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """How far one source has reported on one programme."""

    source: str
    data_time: datetime | None


def feeds_of(conn: Connection) -> Feeds:
    found: Feeds = defaultdict(list)
    for row in conn.execute(select(schema.feeds)):
        found[row.programme].append(Feed(source=row.source, data_time=row.data_time))
    return found


def feeds_as_of(conn: Connection, known_by: datetime) -> Feeds:
    """The same from what each source's payloads said by then."""
    runs = schema.source_runs
    furthest = func.max(runs.c.data_time, type_=runs.c.data_time.type)
    query = select(runs.c.source, furthest).where(runs.c.finished_at <= known_by, runs.c.grade.is_not(None))
    told = {
        source: Feed(source=source, data_time=data_time)
        for source, data_time in conn.execute(query.group_by(runs.c.source))
    }
    found: Feeds = defaultdict(list)
    for programme, source in conn.execute(select(schema.feeds.c.programme, schema.feeds.c.source)):
        if source in told:
            found[programme].append(told[source])
    return found


def data_time_of(feeds: Feeds, programmes: Iterable[str], moment: datetime) -> datetime | None:
    """The newest moment reported on: feeds further behind are named as late beside the figure, not hidden in it."""
    times = [f.data_time for programme in programmes for f in feeds.get(programme, ()) if f.data_time]
    return min(max(times), moment) if times else None
