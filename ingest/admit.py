"""At the campaign's door: whose event is it? What the campaign file does not know is quarantined, never guessed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from domain.campaign import Campaign, Programme, Template
from domain.records import SUBSIDY_KINDS, Counter, CounterEntry, Entry, Event, Kind, Reject
from domain.statements import Statement, StatementEntry
from domain.terms import local
from domain.text import excerpt


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """What may enter the ledger, and what may not."""

    entries: tuple[Entry, ...]
    counters: tuple[CounterEntry, ...]
    statements: tuple[StatementEntry, ...]
    rejects: tuple[Reject, ...]


class _Unknown(ValueError):
    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


AHEAD = timedelta(days=1)
"""So far a platform's clock, or its time zone, may be off; what is dated later is a slip in a file."""

MOST_FEN = 10**11  # a thousand million yuan


def admit(
    campaign: Campaign, records: Iterable[Event | Counter | Statement], *, now: datetime | None = None
) -> Admitted:
    """Resolve programme, tranche and sector of every record. The sub-project decides the tranche, a date never does.

    `now`: when they came; None: nothing is taken for too late.
    """
    latest = now + AHEAD if now is not None else datetime.max.replace(tzinfo=UTC)
    entries: list[Entry] = []
    counters: list[CounterEntry] = []
    statements: list[StatementEntry] = []
    rejects: list[Reject] = []
    for record in records:
        try:
            if isinstance(record, Event):
                _check_time("occurred_at", record.occurred_at, latest)
                entries.append(_entry(campaign, record))
            elif isinstance(record, Statement):
                _check_time("stated_at", record.stated_at, latest)
                statements.append(_stated(campaign, record))
            else:
                _check_time("counted_at", record.counted_at, latest)
                programme = _programme(campaign, record)
                counters.append(CounterEntry(counter=record, programme=programme.id))
        except _Unknown as problem:
            rejects.append(_reject(record, problem))
    return Admitted(
        entries=tuple(entries),
        counters=tuple(counters),
        statements=tuple(statements),
        rejects=tuple(rejects),
    )


def _stated(campaign: Campaign, statement: Statement) -> StatementEntry:
    find = _owner if statement.template is None else _programme
    programme = find(campaign, statement)
    if statement.day is not None and statement.stated_at < statement.day + timedelta(days=1):
        raise _Unknown("stated_at", "the total of a day that was not over")
    if statement.day is None and statement.template is None:
        raise _Unknown("day", "a total without a day is that of a lot that has ended")
    return StatementEntry(statement=statement, programme=programme.id, tranche=programme.tranche)


def _owner(campaign: Campaign, record: Event | Counter | Statement) -> Programme:
    programme = campaign.sub_project_owner.get(record.sub_project)
    if programme is None:
        raise _Unknown("sub_project", f"no programme has the sub-project {excerpt(record.sub_project, 64)!r}")
    if record.platform != programme.platform:
        raise _Unknown(
            "platform", f"{programme.id} is paid through {programme.platform}, not {record.platform}"
        )
    return programme


def _programme(campaign: Campaign, record: Event | Counter | Statement) -> Programme:
    programme = _owner(campaign, record)
    template = campaign.templates.get(record.template or "")
    if template is None or template.programme != programme.id:
        raise _Unknown("template", f"{programme.id} has no template {excerpt(record.template or '', 64)!r}")
    if (programme.id, record.round_no) not in campaign.rounds:
        raise _Unknown("round", f"{programme.id} has no round {record.round_no}")
    return programme


def _entry(campaign: Campaign, event: Event) -> Entry:
    programme = _programme(campaign, event)
    template = campaign.templates[event.template]
    _check_kind(template, event)
    _check_face(template, event)
    _check_amounts(event)
    if event.returned_fen is not None and not 0 <= event.returned_fen <= event.face_fen:
        raise _Unknown("returned_fen", f"{event.returned_fen} fen returned of a face of {event.face_fen}")
    return Entry(
        event=event,
        programme=programme.id,
        tranche=programme.tranche,
        sector=template.sector,
        county=_county(campaign, programme, event),
    )


def _check_time(field: str, at: datetime, latest: datetime) -> None:
    """A year mistyped would count on a day to come, where nobody looks, and stand before all that is told till then."""
    if at > latest:
        raise _Unknown(field, f"{at:%Y-%m-%d %H:%M} UTC is more than a day ahead")


def _check_amounts(event: Event) -> None:
    """More than anybody pays at a till: a thousand such would be more than a sum of them can hold."""
    for field, fen in (("order_fen", event.order_fen), ("paid_fen", event.paid_fen)):
        if fen is not None and not 0 <= fen <= MOST_FEN:
            raise _Unknown(field, f"{fen} fen are no amount of an order")


def _check_kind(template: Template, event: Event) -> None:
    """A car is paid for after an audit, a voucher without one: neither has the other's events."""
    if (event.kind in SUBSIDY_KINDS) != (template.kind == "audit_subsidy"):
        raise _Unknown("template", f"{template.id} is of kind {template.kind}: it has no {event.kind}")


def _check_face(template: Template, event: Event) -> None:
    """A voucher has its template's face; of an audited subsidy the template says the most there is."""
    most = template.face_fen
    if event.face_fen > most if event.kind in SUBSIDY_KINDS else event.face_fen != most:
        raise _Unknown("face_fen", f"{template.id} has a face of {most} fen, not {event.face_fen}")


def _county(campaign: Campaign, programme: Programme, event: Event) -> str:
    """Where it was used or bought; a claim stands at its programme's own division."""
    if event.kind is Kind.CLAIM:
        return programme.division
    if event.county is None:
        raise _Unknown("county", f"a {event.kind} must say where it was used or bought")
    if event.county not in campaign.divisions:
        raise _Unknown("county", f"no division {excerpt(event.county, 12)!r} in the campaign file")
    return event.county


def _reject(record: Event | Counter | Statement, problem: _Unknown) -> Reject:
    """The row by all that tells it from others of its payload: what has one name is put aside once."""
    place = f"{record.template}#R{record.round_no}" if record.template else "-"
    if isinstance(record, Event):
        row = f"{record.kind} {record.event_no}"
    elif isinstance(record, Counter):
        row = f"counter {record.kind} {place} {record.sub_project}"
    else:
        day = "" if record.day is None else f" {local(record.day):%Y-%m-%d}"
        row = f"statement {record.metric}{day} {place} {record.sub_project}"
    return Reject(row=row, field=problem.field, reason=str(problem), excerpt=f"{record.sub_project} {place}")
