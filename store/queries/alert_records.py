"""The records behind an alert, read when somebody opens it: bounded by the alert's own evidence and days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, null, select

from domain.alert_records import AlertRecords, RecordedEvent, RecordedLot
from domain.campaign import Campaign, Line, Round
from domain.cases import Case, programmes_concerned
from domain.readings import QuarantinedRow
from domain.records import Kind
from domain.terms import business_day_start
from domain.topics import LEADS
from store.queries.counted import Lot
from store.queries.merchant_days import merchant_course
from store.queries.merchant_days_again import first_refund_at
from store.queries.put_aside import EVIDENCE_MARK
from store.queries.rounds import LotSum, lot_sums, voucher_rounds
from store.schema import UtcTime, events, quarantine, raw_archive

EVENTS_SHOWN = 50
_NUMBERED = frozenset({"refund_shortfall", "ineligible_use", "money_fault"})
"""Rules whose evidence are numbers of events."""

_SUMMED = frozenset(
    {"clawback_risk", "not_launched", "claim_out", "low_redemption", "report_due", "money_fault"}
)
"""Rules whose evidence are sums: how far each round of a programme is claimed and used."""

_SHOWN = (
    "kind", "event_no", "occurred_at", "template", "round_no", "county", "merchant", "face_fen", "order_fen",
    "returned_fen",
)  # fmt: skip


def alert_records(conn: Connection, campaign: Campaign, case: Case) -> AlertRecords:
    if case.rule in LEADS and case.facts is not None:
        return _of_merchant(conn, case.facts)
    if case.rule in _NUMBERED and case.evidence:
        return AlertRecords(events=_numbered(conn, campaign, case))
    if case.rule in _SUMMED:
        return AlertRecords(lots=_lots(conn, campaign, case))
    if case.rule == "tranche_mixing" and not case.evidence:
        return AlertRecords(events=_under_another_tranche(conn, case))
    marked = [one.removeprefix(EVIDENCE_MARK) for one in case.evidence if one.startswith(EVIDENCE_MARK)]
    ids = [int(one) for one in marked if one.isascii() and one.isdigit()]
    return AlertRecords(rows=_put_aside(conn, ids[:EVENTS_SHOWN])) if ids else AlertRecords()


def _of_merchant(conn: Connection, facts: Mapping[str, Any]) -> AlertRecords:
    programme, merchant = str(facts["programme"]), str(facts["merchant"])
    since, until = (datetime.fromisoformat(facts[name]) for name in ("since", "until"))
    query = (
        _recorded(with_refunds=True)
        .where(
            # written so, SQLite walks the days, newest first, and not the whole programme by its key
            events.c.programme.concat("") == programme,
            events.c.merchant == merchant,
            events.c.kind == Kind.REDEMPTION.value,
            ~events.c.cancelled,
            events.c.occurred_at >= since,
            events.c.occurred_at <= until,
        )
        .order_by(events.c.occurred_at.desc())
        .limit(EVENTS_SHOWN)
    )
    days = merchant_course(conn, programme, merchant, since=business_day_start(since), until=until)
    return AlertRecords(events=_events(conn, query), merchant=merchant, days=days)


def _numbered(conn: Connection, campaign: Campaign, case: Case) -> tuple[RecordedEvent, ...]:
    """By the whole key but the kind: the programme is the subject's first part."""
    programme = campaign.programmes.get(case.subject.partition("/")[0])
    if programme is None:
        return ()
    subs = [sub for _, sub in programme.sub_projects]
    query = (
        _recorded(with_refunds=False)
        .where(
            events.c.programme == programme.id,
            events.c.platform == programme.platform,
            events.c.sub_project.in_(subs),
            events.c.event_no.in_(case.evidence[:EVENTS_SHOWN]),
            events.c.kind.in_((Kind.REDEMPTION.value, Kind.REFUND.value)),
        )
        .order_by(events.c.occurred_at.desc(), events.c.event_no)
    )
    return _events(conn, query)


def _under_another_tranche(conn: Connection, case: Case) -> tuple[RecordedEvent, ...]:
    """The subject names both, the programme and the tranche that is not its own.

    No index leads here: each batch would pay for what is read when somebody opens the gravest and rarest of alerts. Of
    100,000 events that walk took 16 ms on SQLite and 26 to 42 ms on PostgreSQL, of a million there 0.2 s.
    """
    programme, _, tranche = case.subject.partition("/")
    query = (
        _recorded(with_refunds=False)
        .where(events.c.programme == programme, events.c.tranche == tranche, ~events.c.cancelled)
        .order_by(events.c.occurred_at.desc(), events.c.event_no)
        .limit(EVENTS_SHOWN)
    )
    return _events(conn, query)


def _lots(conn: Connection, campaign: Campaign, case: Case) -> tuple[RecordedLot, ...]:
    sums, owners = lot_sums(conn), {p.id for p in programmes_concerned(case, campaign)}
    rounds = voucher_rounds(campaign, (r for r in campaign.round if r.programme in owners))
    return tuple(_lot(r, line, sums) for r in rounds for line in r.lines)


def _lot(r: Round, line: Line, sums: Mapping[Lot, LotSum]) -> RecordedLot:
    found = sums.get(Lot(r.programme, line.template, r.no), LotSum())
    return RecordedLot(
        template=line.template,
        round_no=r.no,
        opens_at=r.opens_at,
        use_until=r.use_until,
        qty=line.qty,
        claimed_count=found.claimed_count,
        redeemed_count=found.redeemed_count,
    )


def _recorded(*, with_refunds: bool) -> Select[Any]:
    """`with_refunds`: a redemption's first refund, by the index that holds nothing else."""
    refunded_at = first_refund_at() if with_refunds else null()
    return select(*(events.c[name] for name in _SHOWN), refunded_at.cast(UtcTime).label("refunded_at"))


def _events(conn: Connection, query: Select[Any]) -> tuple[RecordedEvent, ...]:
    return tuple(RecordedEvent(**row._mapping) for row in conn.execute(query))


def _put_aside(conn: Connection, ids: Sequence[int]) -> tuple[QuarantinedRow, ...]:
    query = (
        select(quarantine, raw_archive.c.name.label("payload"))
        .outerjoin(raw_archive, raw_archive.c.sha256 == quarantine.c.raw_sha256)
        .where(quarantine.c.quarantine_id.in_(ids))
        .order_by(quarantine.c.quarantine_id.desc())
    )
    return tuple(
        QuarantinedRow(
            row=found.row, field=found.field, reason=found.reason, excerpt=found.excerpt,
            received_at=found.received_at, sha256=found.raw_sha256, payload=found.payload,
        )
        for found in conn.execute(query)
    )  # fmt: skip
