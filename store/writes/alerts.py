"""Alerts by (rule, subject): open, refresh, raise, lower, close; every change in an append-only history.

The signal moves by `domain.signals`; what people decided (a level set by hand, a case that is done) stands until the
rule finds something graver than they had before them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select, update

from domain.cases import GROWN, MOVED, REOPENED
from domain.casework import OPEN, Stage
from domain.clocks import URGENT
from domain.gathering import gathered
from domain.peaks import title_of_receded
from domain.readings import GRAVITY, Level
from domain.signals import KEEP_OPEN, Signal, looked
from store.queries.splits import evidence_left, split_posts
from store.schema import alerts
from store.writes.alert_history import remember, take_turn
from store.writes.alert_rows import (
    ANEW,
    CONCLUDED,
    Alarm,
    Announcement,
    noted_in,
    of_alarm,
    of_levels,
    of_noted,
    of_signal,
    one_a_subject,
    peak_after,
    watched_in,
)
from store.writes.merged import held_levels, rise_together

__all__ = ["NOT_FOUND", "Alarm", "Announcement", "Settled", "settle"]

_AT_ONCE = timedelta(0)
NOT_FOUND = "no longer found"
_TOLD = frozenset({"opened", REOPENED, "raised", GROWN})
_COUNTED = {REOPENED: "opened", GROWN: "refreshed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """How many alerts of one rule changed in which way, and which of them are to be told of."""

    opened: int
    raised: int
    lowered: int
    refreshed: int
    closed: int
    announced: tuple[Announcement, ...] = ()
    grown: tuple[Announcement, ...] = ()  # told of already, at the same level, and twice as much since

    @property
    def visible(self) -> bool:
        return bool(self.opened or self.raised or self.lowered or self.closed)


def settle(
    conn: Connection,
    rule: str,
    found: Sequence[Alarm],
    *,
    now: datetime,
    hold: timedelta = _AT_ONCE,
    silent: frozenset[str] = frozenset(),
    judged: bool = True,
    gathers: bool = False,
    gone_why: str = NOT_FOUND,
) -> Settled:
    """Bring the alerts of `rule` in line with what it finds now.

    `hold`: how long it must be found before it counts. `silent`: sources that cannot be heard now. `judged`: people
    give the verdict; else an alert nobody touched is done when its cause is gone. `gathers`: what it found before stays
    evidence; else what it finds now is all there is.
    """
    take_turn(conn)
    known = _on_the_table(conn, rule)
    elsewhere = split_posts(conn, [row.alert_id for row in known.values()])
    held = held_levels(conn)
    counts = dict.fromkeys(("opened", "raised", "lowered", "refreshed", "closed"), 0)
    told: list[tuple[str, Announcement]] = []
    merged: list[tuple[str, Announcement, bool]] = []
    for alarm in one_a_subject(found):
        row = known.pop(alarm.subject, None)
        if row is None:
            alert_id, level, change = _open(conn, rule, alarm, hold, now)
        else:
            left = evidence_left(alarm.evidence, alarm.evidence_count, elsewhere.get(row.alert_id, ()))
            look = replace(alarm, **left)
            alarm = _going_on(row, look, gathers=gathers)
            alert_id, level, change = _refresh(conn, row, alarm, look, held.get(row.alert_id), hold, now)
        counts[_COUNTED.get(change, change)] += 1
        news = Announcement(alert_id=alert_id, level=level, title=alarm.title, reasons=alarm.reasons)
        if row is not None and row.stage == Stage.MERGED:
            merged.append((change, news, look.look.is_worse_than(noted_in(row))))
        else:
            told.append((change, news))
    for row in known.values():
        if row.closed_at is None:
            counts["closed"] += _miss(conn, row, silent, judged, gone_why, now)
    for change, news, worse in merged:  # when all are written: their targets may be among them
        risen = rise_together(conn, news, change, worse=worse, now=now) if change in _TOLD else None
        told += [risen] if risen else []
    return Settled(
        **counts,
        announced=tuple(news for change, news in told if change in _TOLD and change != GROWN),
        grown=tuple(news for change, news in told if change == GROWN),
    )


def _on_the_table(conn: Connection, rule: str) -> dict[str, Row[Any]]:
    """By subject: whose signal goes on, else the newest that somebody still works on."""
    going = alerts.c.closed_at.is_(None)
    query = (
        select(alerts)
        .where(alerts.c.rule == rule, or_(going, alerts.c.stage.in_([s.value for s in OPEN])))
        .order_by(going, alerts.c.alert_id)
    )
    return {row.subject: row for row in conn.execute(query)}


def _open(
    conn: Connection, rule: str, alarm: Alarm, hold: timedelta, now: datetime
) -> tuple[int, Level, str]:
    watched = looked(None, found=True, blind=False, hold=hold, now=now)
    fields = of_alarm(alarm) | of_signal(watched) | of_levels(alarm.level, alarm.level, by_hand=False)
    fields |= of_noted(alarm.look) | {"peak": peak_after(None, alarm), "volume": alarm.look.volume}
    row = {"rule": rule, "subject": alarm.subject, "raised_at": now} | fields
    if alarm.level in URGENT:
        row["urgent_since"] = now
    alert_id = int(conn.execute(insert(alerts).values(row).returning(alerts.c.alert_id)).scalar_one())
    change = "opened" if watched.signal is Signal.FIRING else "refreshed"
    if change == "opened":
        remember(conn, alert_id, change, level=alarm.level.value, title=alarm.title, now=now)
    return alert_id, alarm.level, change


def _going_on(row: Row[Any], alarm: Alarm, *, gathers: bool) -> Alarm:
    """What it is by now: begun when it began first."""
    began = min(filter(None, (row.began_at, alarm.began_at)), default=None)
    if not gathers:
        return replace(alarm, began_at=began)
    evidence, n = gathered(row.evidence, row.evidence_count, alarm.evidence, alarm.evidence_count)
    return replace(alarm, began_at=began, evidence=evidence, evidence_count=n)


def _refresh(
    conn: Connection,
    row: Row[Any],
    alarm: Alarm,
    look: Alarm,
    held: Level | None,
    hold: timedelta,
    now: datetime,
) -> tuple[int, Level, str]:
    """`alarm`: all that is known of it by now. `look`: what of it was found just now. `held`: by what is merged in."""
    watched = looked(watched_in(row), found=True, blind=False, hold=hold, now=now)
    worse = look.look.is_worse_than(noted_in(row))
    lowest = max(look.level, held or look.level, key=GRAVITY.__getitem__)
    level, change = _level_now(row, look.level, lowest, worse, now)
    fields = of_alarm(alarm) | of_signal(watched) | {"closed_at": None, "closed_why": None}
    fields |= {"peak": peak_after(row.peak, look), "volume": look.look.volume}
    if row.signal == Signal.PENDING.value:
        level, change = alarm.level, "opened" if watched.signal is Signal.FIRING else "refreshed"
        fields["raised_at"] = now
    if worse or row.signal == Signal.PENDING.value:
        fields |= of_noted(look.look)
    by_hand = row.by_hand and change in ("refreshed", GROWN)
    fields |= of_levels(level, alarm.level, by_hand=by_hand)
    fields["lower_since"] = (row.lower_since or now) if GRAVITY[lowest] < GRAVITY[level] else None
    if level in URGENT and row.urgent_since is None:
        fields["urgent_since"] = now
    if change == REOPENED:
        fields |= ANEW | {"urgent_since": now if level in URGENT else None}
    conn.execute(update(alerts).where(alerts.c.alert_id == row.alert_id).values(fields))
    if change != "refreshed":
        stage = Stage.FOUND.value if change == REOPENED else None
        remember(conn, row.alert_id, change, level=level.value, title=alarm.title, now=now, stage=stage)
    elif row.signal not in (Signal.FIRING.value, watched.signal.value):
        remember(conn, row.alert_id, watched.signal.value, level=level.value, title=alarm.title, now=now)
    elif alarm.county != row.county and row.signal != Signal.PENDING.value:
        remember(conn, row.alert_id, MOVED, level=level.value, title=alarm.title, now=now)
    return row.alert_id, level, change


def _level_now(
    row: Row[Any], computed: Level, lowest: Level, worse: bool, now: datetime
) -> tuple[Level, str]:
    """A rise counts at once, a fall when it lasted. What people decided yields only to what is worse than they had."""
    before, rank = GRAVITY[row.level], GRAVITY[computed.value]
    if row.stage in CONCLUDED:
        return (computed, REOPENED) if worse else (Level(row.level), "refreshed")
    if rank > before and (worse or not row.by_hand):
        return computed, "raised"
    if worse and rank == before:
        return computed, GROWN
    lasted = row.lower_since is not None and now - row.lower_since >= KEEP_OPEN
    if GRAVITY[lowest] < before and lasted and not row.by_hand:
        return lowest, "lowered"
    return Level(row.level), "refreshed"


def _miss(
    conn: Connection, row: Row[Any], silent: Iterable[str], judged: bool, why: str, now: datetime
) -> bool:
    """Not found this time. True if that ended the signal, and with it what nobody has to judge."""
    blind = bool(set(row.sources or ()) & set(silent))
    watched = looked(watched_in(row), found=False, blind=blind, hold=_AT_ONCE, now=now)
    fields = of_signal(watched, seen=False)
    ended, title, stage = watched.signal is Signal.RECOVERED, row.title, None
    if ended:
        fields |= {"closed_at": now, "closed_why": why}
        if row.signal == Signal.PENDING.value or (not judged and row.stage == Stage.FOUND):
            fields["stage"] = stage = Stage.CLOSED.value
        elif row.stage in OPEN:
            fields["title"] = title = title_of_receded(row.peak, title)
    conn.execute(update(alerts).where(alerts.c.alert_id == row.alert_id).values(fields))
    if row.signal == Signal.PENDING.value:
        return False  # nobody had heard of it
    if ended:
        remember(conn, row.alert_id, "closed", level=row.level, title=title, now=now, stage=stage)
    elif Signal.NO_DATA.value in (row.signal, watched.signal.value) and row.signal != watched.signal.value:
        remember(conn, row.alert_id, watched.signal.value, level=row.level, title=title, now=now)
    return ended
