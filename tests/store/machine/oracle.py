"""What the ledger's figures must be, worked out from the table of invariants with plain dictionaries.

Written from the promises (section 4), not from the product: nothing is shared with it but the records themselves.
Everything is added up again from the list of what was delivered, every time: slow, and hard to get wrong.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import TypeVar

from domain.records import Entry, Event, Kind
from domain.sanctions import SanctionEntry

K = TypeVar("K")

SHANGHAI = timezone(timedelta(hours=8))
Key = tuple[str, str, str, str, Kind]
Place = tuple[str, str, str, int, str]  # tranche, programme, template, round, county
Cell = tuple[Place, str, datetime]  # place, sector, when
Sums = dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One line of a round: what the calendar alone says. `place` names the programme's own division."""

    place: Place
    opens_at: datetime
    use_until: datetime
    count: int
    face_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What a batch must come to. An amount filled in within the batch that brought its event may be either."""

    accepted: int
    repeated: int  # duplicates and completions together
    conflicting: tuple[Entry, ...]


@dataclass(slots=True)
class Known:
    """One revision of an event, and since when each thing is known of it."""

    entry: Entry
    since: datetime
    order_fen: int | None
    order_since: datetime


class Oracle:
    """The ledger's truth at any knowledge time."""

    def __init__(self, issues: Iterable[Issue]) -> None:
        self.issues = tuple(issues)
        self.known: dict[Key, dict[int, Known]] = {}
        self.booked: list[tuple[datetime, SanctionEntry]] = []

    def deliver(self, batch: Sequence[Entry], at: datetime) -> Fate:
        """I9, I13: of one revision the first stands; what agrees with it is a repetition, what does not a conflict.

        What comes after its correction says nothing any more.
        """
        accepted, conflicting = 0, []
        for entry in batch:
            revisions = self.known.setdefault(key_of(entry), {})
            number = entry.event.revision
            accepted += not revisions
            if not revisions or number > max(revisions):
                revisions[number] = Known(entry, at, entry.event.order_fen, at)
            elif number == max(revisions):
                stands = revisions[number]
                if _differ(stands, entry):
                    conflicting.append(entry)
                elif stands.order_fen is None and entry.event.order_fen is not None:
                    stands.order_fen, stands.order_since = entry.event.order_fen, at
        repeated = len(batch) - accepted - len(conflicting)
        return Fate(accepted=accepted, repeated=repeated, conflicting=tuple(conflicting))

    def cells(self, known_by: datetime | None = None) -> dict[Cell, Sums]:
        """The flows, by place, sector and moment; nothing is left out because another event has not come."""
        cells: dict[Cell, Sums] = defaultdict(Counter)
        for entry, order_fen in self.standing(known_by):
            face = entry.event.face_fen
            if entry.event.kind is Kind.CLAIM:
                _add(cells, entry, claimed_count=1, claimed_fen=face)
            elif entry.event.kind is Kind.REDEMPTION:
                _add(cells, entry, redeemed_gross_count=1, redeemed_gross_fen=face)
                if order_fen is not None:
                    _add(cells, entry, direct_spend_fen=order_fen, orders_count=1)
            elif entry.event.kind is Kind.APPLICATION:
                _add(cells, entry, subsidy_applied_count=1, subsidy_applied_fen=face)
            elif entry.event.kind is Kind.PAYMENT:
                _add(cells, entry, subsidy_paid_count=1, subsidy_paid_fen=face)
        for decisions in self.decisions(known_by).values():
            if decisions[0].event.kind is Kind.APPROVAL:
                fen = decisions[0].event.face_fen
                _add(cells, decisions[0], subsidy_approved_count=1, subsidy_approved_fen=fen)
            else:
                _add(cells, decisions[0], subsidy_rejected_count=1)
        told = {key_of(entry) for entry, _ in self.standing(known_by)}
        for (first, *others), order_fen in self.notices(known_by):
            lacking = face = first.event.face_fen
            _add(cells, first, refunded_count=1, refunded_fen=face)
            if order_fen is not None:
                _add(cells, first, direct_spend_fen=-order_fen, orders_count=-1)
            if origin_of(first) not in told:
                _add(cells, first, orphaned_count=1)
            for notice in (first, *others):
                said = notice.event.returned_fen
                returned = min(lacking, notice.event.face_fen if said is None else said)
                lacking -= returned
                _add(cells, notice, pool_returned_fen=returned)
        return cells

    def by_day(self, now: datetime, known_by: datetime | None = None) -> dict[tuple[Place, date], Sums]:
        """The flows by Shanghai day; issued on the day its round opened."""
        found: dict[tuple[Place, date], Sums] = defaultdict(Counter)
        for (place, _, at), sums in self.cells(known_by).items():
            _merge(found[place, at.astimezone(SHANGHAI).date()], sums)
        for issue in self.issues:
            if issue.opens_at <= (known_by or now):
                _merge(found[issue.place, issue.opens_at.astimezone(SHANGHAI).date()], _issued(issue))
        return _without_nothing(found)

    def by_place(self, now: datetime, known_by: datetime | None = None) -> dict[Place, Sums]:
        """I2: flows and stocks; what is claimed and not used is outstanding until use_until, then expired."""
        moment = known_by or now
        found: dict[Place, Sums] = defaultdict(Counter)
        for (place, _, _), sums in self.cells(known_by).items():
            _merge(found[place], sums)
        held: dict[tuple[str, str, str, int], Sums] = defaultdict(Counter)
        for place, sums in found.items():
            _merge(held[place[:4]], sums)
        for issue in self.issues:
            if issue.opens_at > moment:
                continue
            has = held[issue.place[:4]]
            stock = "expired" if moment > issue.use_until else "outstanding"
            left = {
                f"{stock}_{unit}": has.get(f"claimed_{unit}", 0) - has.get(f"redeemed_gross_{unit}", 0)
                for unit in ("count", "fen")
            }
            _merge(found[issue.place], _issued(issue) | left)
        return _without_nothing(found)

    def shops(self) -> dict[tuple[str, str, str, str], int]:
        """(programme, tranche, county, shop) -> vouchers used there and not given back."""
        back = {origin_of(entry) for entry, _ in self.standing() if entry.event.kind is Kind.REFUND}
        found: Counter[tuple[str, str, str, str]] = Counter()
        for entry, _ in self.standing():
            if entry.event.kind is Kind.REDEMPTION and entry.event.merchant and key_of(entry) not in back:
                found[entry.programme, entry.tranche, entry.county, entry.event.merchant] += 1
        return dict(found)

    def orphans(self) -> tuple[int, int]:
        """I3: (count, fen) of refund notices whose redemption has not come."""
        standing = {key_of(entry) for entry, _ in self.standing()}
        lost = [
            entry.event.face_fen
            for entry, _ in self.standing()
            if entry.event.kind is Kind.REFUND and origin_of(entry) not in standing
        ]
        return len(lost), sum(lost)

    def decisions(self, known_by: datetime | None = None) -> dict[Key, list[Entry]]:
        """I7: of each application what was decided, by event time: the first one stands."""
        found: dict[Key, list[Entry]] = defaultdict(list)
        for entry, _ in self.standing(known_by):
            if entry.event.kind in (Kind.APPROVAL, Kind.REJECTION):
                found[application_of(entry)].append(entry)
        for several in found.values():
            several.sort(key=lambda e: (e.event.occurred_at, e.event.event_no, e.event.kind.value))
        return found

    def standing(self, known_by: datetime | None = None) -> Iterable[tuple[Entry, int | None]]:
        """What stood at that moment: the highest revision known by then, if it was not taken back."""
        for revisions in self.known.values():
            heard = [n for n, known in revisions.items() if known_by is None or known.since <= known_by]
            if heard and not revisions[max(heard)].entry.event.cancelled:
                known = revisions[max(heard)]
                told = known_by is None or known.order_since <= known_by
                yield known.entry, known.order_fen if told else None

    def notices(self, known_by: datetime | None) -> Iterable[tuple[list[Entry], int | None]]:
        """I6: each redemption's notices by event time, with the order amount that goes out with the first."""
        notices: dict[Key, list[Entry]] = defaultdict(list)
        orders: dict[Key, int | None] = {}
        for entry, order_fen in self.standing(known_by):
            if entry.event.kind is Kind.REFUND:
                notices[origin_of(entry)].append(entry)
            else:
                orders[key_of(entry)] = order_fen
        for origin, several in notices.items():
            several.sort(key=lambda e: (e.event.occurred_at, e.event.event_no))
            yield several, orders.get(origin)


def key_of(entry: Entry) -> Key:
    e = entry.event
    return (entry.programme, e.platform, e.sub_project, e.event_no, e.kind)


def origin_of(notice: Entry) -> Key:
    e = notice.event
    return (notice.programme, e.platform, e.sub_project, str(e.origin_event_no), Kind.REDEMPTION)


def application_of(step: Entry) -> Key:
    e = step.event
    return (step.programme, e.platform, e.sub_project, str(e.origin_event_no), Kind.APPLICATION)


def _differ(stands: Known, other: Entry) -> bool:
    a, b = stands.entry.event, other.event
    told, tells = _told(a, stands.entry.county), _told(b, other.county)
    amounts = {stands.order_fen, b.order_fen} - {None}
    return told != tells or len(amounts) > 1


def _told(e: Event, county: str) -> tuple[object, ...]:
    voucher = (e.template, e.round_no, e.voucher_no, e.face_fen, e.cancelled)
    return (*voucher, county, e.occurred_at, e.origin_event_no, e.returned_fen)


def _add(cells: dict[Cell, Sums], entry: Entry, **amounts: int) -> None:
    e = entry.event
    place = (entry.tranche, entry.programme, e.template, e.round_no, entry.county)
    _merge(cells[place, entry.sector, e.occurred_at], amounts)


def _merge(sums: Sums, more: Sums) -> None:
    for name, amount in more.items():
        sums[name] = sums.get(name, 0) + amount


def _issued(issue: Issue) -> Sums:
    return {"issued_count": issue.count, "issued_fen": issue.count * issue.face_fen}


def _without_nothing(found: dict[K, Sums]) -> dict[K, Sums]:
    kept = {key: {name: n for name, n in sums.items() if n} for key, sums in found.items()}
    return {key: sums for key, sums in kept.items() if sums}
