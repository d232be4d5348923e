"""Part of an alert made an alert of its own: two things that look alike to a rule and are not one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, update

from domain.cases import SPLIT_OFF, own_words
from domain.casework import OPEN, Action, Stage
from domain.errors import StoreError
from domain.signals import Signal
from store.queries.cases import find_case
from store.queries.evidence import evidence_posts
from store.queries.splits import evidence_left
from store.schema import alerts
from store.writes.alert_history import remember, take_turn


def split_off(
    conn: Connection, alert_id: int, posts: Sequence[int], *, title: str, note: str, who: str, now: datetime
) -> int:
    """Open an alert over these posts of the evidence; returns its number. Raises StoreError.

    It takes level and clocks along: who must answer within five hours of the first alert gains none by a split. The
    posts leave the first one's evidence, now and whenever its rule finds them again, until the two are merged again.
    Its level stays the rule's own, made of all that the rule sees.
    """
    take_turn(conn)
    case = find_case(conn, alert_id)
    if case is None or case.stage not in OPEN:
        raise StoreError(f"no open alert {alert_id}")
    chosen = [str(post) for post in dict.fromkeys(posts)]
    if not chosen or not set(chosen) < set(case.evidence) or not title.strip():
        raise StoreError("a split needs a title and some of the evidence, not all of it")
    told = evidence_posts(conn, chosen)
    if not told:
        raise StoreError("the posts are gone")
    row = {
        "rule": SPLIT_OFF, "subject": f"{alert_id} {now.isoformat()}", "level": case.level.value, "title": title,
        "reasons": list(case.reasons), "evidence": chosen, "evidence_count": len(chosen), "county": case.county,
        "raised_at": case.timing.raised_at, "refreshed_at": case.refreshed_at, "closed_at": now, "began_at": told[0].at,
        "closed_why": f"split off alert {alert_id}", "by_hand": True, "signal": Signal.RECOVERED.value,
        "urgent_since": case.timing.urgent_since, "split_from": alert_id,
    }  # fmt: skip
    new = int(conn.execute(insert(alerts).values(row).returning(alerts.c.alert_id)).scalar_one())
    left = evidence_left(case.evidence, case.evidence_count, chosen)
    conn.execute(update(alerts).where(alerts.c.alert_id == alert_id).values(left))
    why = own_words(note)
    for number, stage, own, words in (
        (alert_id, case.stage, case.title, f"into={new} {why}"),
        (new, Stage.FOUND, title, f"from={alert_id} {why}"),
    ):
        change, level = Action.SPLIT.value, case.level.value
        remember(
            conn,
            number,
            change,
            level=level,
            title=own,
            now=now,
            who=who,
            stage=stage.value,
            note=words.strip(),
        )
    return new
