"""A ledger entry as the row it becomes: a tuple in the table's own order, since a batch has tens of thousands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set
from operator import itemgetter
from typing import Any, NamedTuple

from domain.records import Entry
from store.schema.base import EPOCH
from store.writes.driver import Tuple

EventKey = tuple[str, str, str, str, str]
"""(programme, platform, sub_project, event_no, kind)."""


COMPLETABLE = ("user_ref", "merchant", "order_no", "order_fen", "paid_fen")
"""What a platform may tell only later: WeChat's callbacks know no order amount, its file of the next day does."""
_AGREED = ("merchant", "order_fen", "paid_fen")
"""What two deliveries agree on where both tell it. An order has other numbers elsewhere, and a user other names."""


class EventRow(NamedTuple):
    """One row of `events`, column by column; times in microseconds.

    For rows that are looked at one by one. A batch's thousands stay plain tuples in this order: whoever takes rows
    apart (the drivers, Python itself) has a quick way for those alone.
    """

    programme: str
    platform: str
    sub_project: str
    event_no: str
    kind: str
    tranche: str
    template: str
    round_no: int
    sector: str
    county: str
    voucher_no: str
    user_ref: str | None
    merchant: str | None
    order_no: str | None
    origin_event_no: str | None
    face_fen: int
    order_fen: int | None
    paid_fen: int | None
    returned_fen: int | None
    occurred_at: int
    received_at: int  # when its number was first heard of
    source: str
    grade: str
    raw_sha256: str
    known_at: int
    revision: int
    cancelled: bool

    @property
    def key(self) -> EventKey:
        return self[:5]

    @property
    def content(self) -> tuple[object, ...]:
        """What a second delivery must agree on."""
        return (
            self.template,
            self.round_no,
            self.voucher_no,
            self.county,
            self.origin_event_no,
            self.face_fen,
            self.returned_fen,
            self.occurred_at,
            bool(self.cancelled),  # SQLite answers 0 and 1
        )

    @property
    def substance(self) -> tuple[object, ...]:
        """All that anybody can see of it: where two rows differ in this, the first was another truth."""
        return (*self.content, *(getattr(self, name) for name in COMPLETABLE))

    def agrees(self, other: EventRow) -> bool:
        """Whether both tell of the same happening; what one of them lacks is no disagreement."""
        pairs = ((getattr(self, name), getattr(other, name)) for name in _AGREED)
        return self.content == other.content and all(None in pair or pair[0] == pair[1] for pair in pairs)

    def contradicts(self, other: EventRow) -> bool:
        """The same revision with other content: one of the two is wrong, and nobody says which."""
        return self.revision == other.revision and not self.agrees(other)

    def followed_by(self, later: EventRow) -> EventRow:
        """What stands once `later` has come too; itself if that changes nothing.

        A higher revision tells everything anew, so nothing of the lower one is carried over: the outcome depends
        on what has come, never on its order.
        """
        if later.revision < self.revision or self.contradicts(later):
            return self
        if later.revision == self.revision:
            return self._completed_by(later)
        if later.substance == self.substance:
            return self._replace(revision=later.revision)
        return later._replace(received_at=self.received_at)

    def _completed_by(self, later: EventRow) -> EventRow:
        """This row with what it lacked and `later` knows."""
        found = {
            name: getattr(later, name)
            for name in COMPLETABLE
            if getattr(self, name) is None and getattr(later, name) is not None
        }
        return self._replace(**found, known_at=later.known_at) if found else self


_NUMBER = EventRow._fields.index("event_no")


def repeats(row: Tuple, other: Tuple) -> bool:
    """Whether nothing at all is told anew of the same event: nine in ten of what comes again."""
    return row[5:20] == other[5:20] and row[25:] == other[25:]


def event_rows(
    entries: Iterable[Entry], received_at: int, source: str, grade: str, hashes: Iterable[str]
) -> list[Tuple]:
    """EventRows as plain tuples. `hashes`: of the payload each entry stood in; `received_at` in microseconds.

    By position, without the calls of a named tuple, an enumeration and `to_micros`: a batch has tens of thousands.
    """
    rows = []
    for entry, raw_sha256 in zip(entries, hashes, strict=True):
        e = entry.event
        gone = e.occurred_at - EPOCH
        row = (
            entry.programme,
            e.platform,
            e.sub_project,
            e.event_no,
            e.kind._value_,
            entry.tranche,
            e.template,
            e.round_no,
            entry.sector,
            entry.county,
            e.voucher_no,
            e.user_ref,
            e.merchant,
            e.order_no,
            e.origin_event_no,
            e.face_fen,
            e.order_fen,
            e.paid_fen,
            e.returned_fen,
            (gone.days * 86_400 + gone.seconds) * 1_000_000 + gone.microseconds,
            received_at,
            source,
            grade,
            raw_sha256,
            received_at,
            e.revision,
            e.cancelled,
        )
        rows.append(row)
    return rows


def with_keys(rows: Iterable[Tuple], keys: Set[Tuple], width: int = 5) -> dict[Tuple, Tuple]:
    """Those of the rows whose key is one of these, by it. `width`: of the key, with the number in its place.

    By the number first, which is hashed already: of ten thousand rows some hundreds are left to look at.
    """
    numbers = {key[_NUMBER] for key in keys}
    return {row[:width]: row for row in rows if row[_NUMBER] in numbers and row[:width] in keys}


def columns(*names: str) -> Callable[[Tuple], Any]:
    """These columns of a row as a tuple, at once: half of what they cost one by one. Of one its value."""
    return itemgetter(*map(EventRow._fields.index, names))
