"""Published papers that quote what was to be forgotten: kept as they were published, and not given out any more.

PIPL art. 47: what the law on archives wants kept stays stored, and nothing else is done with it.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from domain.papers import PaperKind, WantedPaper
from store.schema import briefing_deliveries, briefing_files, briefings
from store.writes.briefings import ask

TELLING = 6
"""Shorter words are anybody's: they lead to no post, and would be found everywhere."""


def withhold(conn: Connection, words: Collection[str], *, by: str, why: str, now: datetime) -> int:
    """Papers with these words on them; how many. A new edition of each day is asked for, what waits is not sent.

    `by`: who asks for the new edition. `why`: what is noted with what was not sent.
    """
    told = {json.dumps(word, ensure_ascii=False)[1:-1] for word in words if len(word) >= TELLING}
    if not told:
        return 0
    found = [one for one in _standing(conn) if any(word in one[-1] for word in told)]
    for briefing_id, paper, _ in found:
        mine = briefings.c.briefing_id == briefing_id
        conn.execute(update(briefings).where(mine).values(withheld_at=now))
        waits = briefing_deliveries.c.sent_at.is_(None) & briefing_deliveries.c.dead_at.is_(None)
        late = update(briefing_deliveries).where(briefing_deliveries.c.briefing_id == briefing_id, waits)
        conn.execute(late.values(dead_at=now, trouble=why))
        ask(conn, paper, by=by, now=now)
    return len(found)


def _standing(conn: Connection) -> list[tuple[int, WantedPaper, str]]:
    """(number, which one, all that it says) of every paper that is given out."""
    files = briefing_files.c
    query = (
        select(briefings, files.body)
        .join(briefing_files, files.briefing_id == briefings.c.briefing_id)
        .where(files.form == "json", briefings.c.withheld_at.is_(None))
        .order_by(briefings.c.briefing_id)
    )
    return [(r.briefing_id, _paper(r), bytes(r.body).decode()) for r in conn.execute(query)]


def _paper(row: Row[Any]) -> WantedPaper:
    return WantedPaper(scope=row.scope, day=row.day, kind=PaperKind(row.kind), alert_id=row.alert_id)
