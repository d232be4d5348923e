"""What people do with alerts, each act with its line in the history: who, when, what, why."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update

from domain.cases import BY_HAND, Act, Case, own_words
from domain.casework import NEEDS_NOTE, OPEN, Action, Stage, Verdict, allowed_to_unit, following
from domain.clocks import URGENT, broken
from domain.delivery import Occasion, times
from domain.errors import OvertakenError, StoreError
from domain.noted import Look, judged
from domain.readings import Level
from domain.signals import Signal
from store.queries.cases import find_case, newest_move
from store.schema import alert_history, alerts
from store.writes.alert_history import remember, take_turn
from store.writes.alert_rows import Announcement, noted_in, of_noted
from store.writes.merged import carry, merged_into

NOTE_CHARACTERS = 500
CLOCK_BROKEN = "clock"
_A_MOMENT = timedelta(minutes=10)  # in which the same words again are the same form sent again
_ORDER = list(Level)
_JUDGING = (Action.GRADE, Action.RAISE, Action.LOWER, Action.CLOSE, Action.DISMISS)


def act(
    conn: Connection, alert_id: int, what: Act, *, who: str, now: datetime, within: str | None = None
) -> None:
    """Do it. Raises StoreError for what the table does not allow, OvertakenError where it moved since it was shown.

    `within`: the one county that `who` is held to; it does what a unit may, with what was assigned to it.
    """
    take_turn(conn)  # two people at once: the second sees what the first did
    case = find_case(conn, alert_id, within=within)
    if case is None:
        raise StoreError(f"no alert {alert_id}")
    if within is not None and (case.office != within or what.action not in allowed_to_unit(case.stage)):
        raise StoreError(f"{what.action.value} on alert {alert_id} is not for {within}")
    if what.shown not in (None, newest_move(conn, alert_id)):
        raise OvertakenError(f"alert {alert_id} has moved since it was shown")
    stage = following(case.stage, what.action)
    if what.action in NEEDS_NOTE and not what.note.strip():
        raise StoreError(f"{what.action.value} needs a note")
    fields = _fields(conn, case, what, now) | {"stage": stage.value}
    if what.action in _JUDGING:
        given = Level(fields["level"]) if "level" in fields else None
        for number in (alert_id, *merged_into(conn, alert_id)):
            _note_now(conn, number, given=given if number == alert_id else None)
    conn.execute(update(alerts).where(alerts.c.alert_id == alert_id).values(fields))
    level = Level(fields.get("level", case.level.value))
    remember(
        conn,
        alert_id,
        what.action.value,
        level=level.value,
        title=case.title,
        now=now,
        who=who,
        stage=stage.value,
        note=_note(what),
    )
    if what.action is Action.MERGE:
        carry(conn, case, into=fields["merged_into"], who=who, now=now)


def open_by_hand(
    conn: Connection, *, title: str, level: Level, county: str | None, note: str, who: str, now: datetime
) -> int:
    """An event that a person found and no rule did. It counts as missed until its verdict says otherwise."""
    if not title.strip():
        raise StoreError("an alert needs a title")
    take_turn(conn)
    row = {
        "rule": BY_HAND, "subject": f"{who[:40]} {now.isoformat()}", "level": level.value, "title": title,
        "reasons": [note] if note else [], "evidence": [], "evidence_count": 0, "county": county, "raised_at": now,
        "refreshed_at": now, "closed_at": now, "closed_why": "found by a person", "by_hand": True,
        "signal": Signal.RECOVERED.value, "urgent_since": now if level in URGENT else None,
    }  # fmt: skip
    alert_id = int(conn.execute(insert(alerts).values(row).returning(alerts.c.alert_id)).scalar_one())
    remember(
        conn, alert_id, "opened", level=level.value, title=title, now=now, who=who, stage=Stage.FOUND.value
    )
    return alert_id


def told_by_hand(
    conn: Connection, *, title: str, level: Level, county: str | None, note: str, who: str, now: datetime
) -> int | None:
    """The number of the same event, told by the same person a moment ago and touched by nobody since; None: a new one.

    Whoever presses twice has not found two events: each would count as missed.
    """
    take_turn(conn)
    c = alerts.c
    alike = (
        c.rule == BY_HAND, c.title == title, c.level == level.value, c.county.is_not_distinct_from(county),
        c.stage == Stage.FOUND.value, c.raised_at > now - _A_MOMENT,
        c.subject.startswith(f"{who[:40]} ", autoescape=True),
    )  # fmt: skip
    rows = conn.execute(select(c.alert_id, c.reasons).where(*alike).order_by(c.alert_id))
    return next((row.alert_id for row in rows if row.reasons == ([note] if note else [])), None)


def break_clocks(
    conn: Connection, cases: tuple[Case, ...], *, now: datetime
) -> list[tuple[Occasion, Announcement]]:
    """Each clock that ran out and was not told of yet: kept in the history, and returned to be told.

    Another unit's deadline is another clock.
    """
    line = alert_history.c
    lines = select(line.alert_id, line.note, line.at).where(line.change == CLOCK_BROKEN)
    told: dict[tuple[int, str], list[datetime]] = defaultdict(list)
    for row in conn.execute(lines.order_by(line.entry_id)):
        told[row.alert_id, row.note].append(row.at)
    found = []
    for case in cases:
        for clock in broken(case.timing, now=now):
            before = told[case.alert_id, clock.kind.value]
            if clock.stopped_at is None and (not before or before[-1] <= clock.since):
                remember(
                    conn,
                    case.alert_id,
                    CLOCK_BROKEN,
                    level=case.level.value,
                    title=case.title,
                    now=now,
                    note=clock.kind.value,
                )
                news = Announcement(
                    alert_id=case.alert_id, level=case.level, title=case.title, reasons=case.reasons
                )
                found.append((Occasion("clock", clock.kind.value, times(len(before))), news))
    return found


def _fields(conn: Connection, case: Case, what: Act, now: datetime) -> dict[str, Any]:
    match what.action:
        case Action.GRADE | Action.RAISE | Action.LOWER:
            return _level(case, what, now)
        case Action.ASSIGN:
            if not what.office or what.due_at is None or what.due_at <= now:
                raise StoreError("assigning needs an office and a deadline to come")
            return {"office": what.office, "due_at": what.due_at, "reported_at": None}
        case Action.RETURN if case.stage is not Stage.RESPONDED:  # by the unit: it owes nothing any more
            return {"due_at": None, "reported_at": None}
        case Action.FEEDBACK:
            return {"reported_at": now}
        case Action.RESPOND:
            first, reported = case.timing.responded_at, case.timing.reported_at
            return {"responded_at": first or now, "reported_at": reported or now}
        case Action.BRIEF:
            return {"briefed_at": case.timing.briefed_at or now}
        case Action.PAUSE | Action.RESUME:
            return _pause(case, what.action, now)
        case Action.MERGE:
            return {"merged_into": _target(conn, case, what.target), "done_at": now}
        case Action.CLOSE:
            if what.verdict not in (Verdict.REAL, Verdict.PARTLY):
                raise StoreError("closing needs a verdict")
            if what.known_at is not None and what.known_at > now:
                raise StoreError("nobody has told of it at a moment to come")
            return {"done_at": now, "verdict": what.verdict.value, "known_at": what.known_at}
        case Action.DISMISS:
            return {"done_at": now, "verdict": Verdict.FALSE.value}
        case Action.SPLIT:
            return {"merged_into": None, "done_at": None}
        case Action.REOPEN:
            return {"done_at": None, "verdict": None}
        case _:
            return {}


def _note_now(conn: Connection, alert_id: int, *, given: Level | None) -> None:
    """What is judged by, if a rule finds it. `given`: the level it gets by hand; None: none."""
    mine = alerts.c.alert_id == alert_id
    row = conn.execute(select(alerts).where(mine)).one()
    if row.noted_level is not None:
        found, level = Look(Level(row.computed_level or row.level), row.volume), Level(row.level)
        noted = judged(found, noted_in(row), level=level, by_hand=row.by_hand, given=given)
        conn.execute(update(alerts).where(mine).values(of_noted(noted)))


def _level(case: Case, what: Act, now: datetime) -> dict[str, Any]:
    if what.level is None:
        raise StoreError("a level is missing")
    step = _ORDER.index(what.level) - _ORDER.index(case.level)
    if (what.action is Action.RAISE and step <= 0) or (what.action is Action.LOWER and step >= 0):
        raise StoreError(f"{what.level.value} is no {what.action.value} from {case.level.value}")
    urgent = case.timing.urgent_since or (now if what.level in URGENT else None)
    return {"level": what.level.value, "by_hand": case.by_hand or bool(step), "urgent_since": urgent}


def _pause(case: Case, action: Action, now: datetime) -> dict[str, Any]:
    paused_at = case.timing.paused_at
    if (action is Action.PAUSE) is (paused_at is not None):
        raise StoreError("the clocks already stand" if paused_at else "the clocks already run")
    if paused_at is None:
        return {"paused_at": now}
    more = int((now - paused_at).total_seconds())
    return {"paused_at": None, "paused_s": alerts.c.paused_s + more}


def _target(conn: Connection, case: Case, target: int | None) -> int:
    other = None if target is None or target == case.alert_id else find_case(conn, target)
    if other is None or other.stage not in OPEN:
        raise StoreError("merging needs another open alert")
    return other.alert_id


def _note(what: Act) -> str | None:
    """The person's words, with what was decided beside them."""
    decided = [
        f"level={what.level.value}" if what.level else "",
        f"office={what.office}" if what.action is Action.ASSIGN else "",
        f"due={what.due_at.isoformat()}" if what.action is Action.ASSIGN and what.due_at else "",
        f"into={what.target}" if what.action is Action.MERGE else "",
        f"verdict={what.verdict.value}" if what.action is Action.CLOSE and what.verdict else "",
    ]
    words = " ".join(word for word in (*decided, own_words(what.note)[:NOTE_CHARACTERS]) if word)
    return words or None
