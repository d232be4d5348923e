"""Is the audit log what it was? Walks the chain once and names the first entry that is not, and what it looks like."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import islice
from typing import NamedTuple

from domain.audit import GENESIS, Anchor, Words, seal

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
AHEAD = 1000
"""How many entries after a break are looked at, to tell what happened."""


class Tampering(StrEnum):
    EDITED = "edited"
    DELETED = "deleted"
    INSERTED = "inserted"
    REORDERED = "reordered"
    TAIL_CUT = "tail cut"
    OLD_BACKUP = "old backup"
    REWRITTEN = "rewritten"  # with all later hashes worked out anew


TAMPERING = {
    Tampering.EDITED: "内容被改",
    Tampering.DELETED: "记录被删",
    Tampering.INSERTED: "插入了记录",
    Tampering.REORDERED: "顺序被改",
    Tampering.TAIL_CUT: "末尾被截去",
    Tampering.OLD_BACKUP: "恢复了旧备份，或末尾连同链尾一并截去",
    Tampering.REWRITTEN: "记录被整段重写",
}


class Row(NamedTuple):
    """An entry as it is stored: `at` in microseconds since 1970."""

    number: int
    at: int
    who: str
    role: str
    address: str
    action: str
    subject: str
    outcome: str
    detail: str
    previous: str
    hash: str

    @property
    def words(self) -> Words:
        return (self.who, self.role, self.address, self.action, self.subject, self.outcome, self.detail)

    def holds(self, number: int) -> bool:
        """Whether its hash is right for an entry of that number."""
        return seal(self.previous, number, self.at, self.words) == self.hash


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`checked` entries hold. `number`: the first that does not; None: all do."""

    checked: int
    number: int | None = None
    looks_like: Tampering | None = None
    after: int | None = None  # an anchor shows no more than that it is somewhere after this entry
    head_hash: str = GENESIS

    @property
    def is_whole(self) -> bool:
        return self.number is None


class Head(NamedTuple):
    """Where the store says that the chain ends."""

    number: int
    hash: str


def check_chain(rows: Iterable[Row], head: Head, anchors: Sequence[Anchor] = ()) -> Verdict:
    """`rows` by number, `anchors` in any order. Holds one row in memory, and `AHEAD` of them at a break."""
    walk, previous, number = iter(rows), GENESIS, 0
    waiting = deque(sorted(anchors, key=lambda anchor: anchor.number))
    confirmed = 0  # the last entry that an anchor bears witness of
    for row in walk:
        if row.number != number + 1 or row.previous != previous or not row.holds(row.number):
            return _broken(number, previous, [row, *islice(walk, AHEAD)])
        number, previous = number + 1, row.hash
        if number > head.number:
            return Verdict(checked=number - 1, number=number, looks_like=Tampering.INSERTED)
        while waiting and waiting[0].number == number:
            anchor = waiting.popleft()
            if anchor.hash != row.hash:
                return _replaced(row, anchor, confirmed)
            confirmed = number
    return _at_the_end(number, previous, head, waiting)


def _at_the_end(number: int, previous: str, head: Head, waiting: Sequence[Anchor]) -> Verdict:
    if number < head.number:
        return Verdict(checked=number, number=number + 1, looks_like=Tampering.TAIL_CUT)
    if previous != head.hash:  # only the head's own row was changed
        return Verdict(checked=number - 1, number=number, looks_like=Tampering.EDITED)
    if waiting:
        return Verdict(checked=number, number=number + 1, looks_like=Tampering.OLD_BACKUP)
    return Verdict(checked=number, head_hash=previous)


def _replaced(row: Row, anchor: Anchor, confirmed: int) -> Verdict:
    """The chain is whole, but not the one that was anchored. An older copy that was carried on with tells by its
    time: the entry of that number came about only after the anchor was written."""
    is_later = _EPOCH + timedelta(microseconds=row.at) > anchor.at
    looks_like = Tampering.OLD_BACKUP if is_later else Tampering.REWRITTEN
    return Verdict(checked=confirmed, number=row.number, looks_like=looks_like, after=confirmed)


def _broken(good: int, previous: str, following: Sequence[Row]) -> Verdict:
    """What happened after entry `good`, whose hash is `previous`, by the entries from there on."""
    number, first = good + 1, following[0]
    own = _own_number(first)
    looks_like = _looks_like(number, own, following)
    if good and first.number == number and first.previous != previous:
        if looks_like is Tampering.EDITED and own == number:  # in order itself: what it was chained to is not
            number -= 1
        elif (
            looks_like is Tampering.INSERTED and own is not None and own < number
        ):  # pushed on by what came before
            number = own
    return Verdict(checked=number - 1, number=number, looks_like=looks_like)


def _looks_like(number: int, own: int | None, following: Sequence[Row]) -> Tampering:
    if any(row.holds(number) for row in following[1:]):  # the true one stands elsewhere
        is_foreign = own is None or own == number or _moved(following) < 0
        return Tampering.INSERTED if is_foreign else Tampering.REORDERED
    if following[0].number > number or (own is not None and own > number):
        return Tampering.DELETED
    if following[0].number < 1 or (own is not None and own < number):
        return Tampering.INSERTED
    return Tampering.EDITED


def _own_number(row: Row) -> int | None:
    """The number an entry was written under, if that is not far; None: its content was changed."""
    near = sorted(
        range(max(1, row.number - AHEAD), row.number + AHEAD + 1), key=lambda n: abs(n - row.number)
    )
    return next((n for n in near if row.holds(n)), None)


def _moved(following: Sequence[Row]) -> int:
    """By how much the numbers of all that follows were changed; below zero: it was pushed on. 0: it was not."""
    moves = {own - row.number for row in following[-2:] if (own := _own_number(row)) is not None}
    return moves.pop() if len(moves) == 1 else 0
