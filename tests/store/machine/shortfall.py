"""What refunds still owe the pool, from the table: R23 of the domain's table, I6 and I7 of the invariants."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from domain.money_watch import ShortRefunds
from domain.records import Entry, Kind
from tests.store.machine.oracle import Key, Oracle, origin_of


class Short(NamedTuple):
    """Of one programme: redemptions, what they lack, and the numbers of all their notices."""

    count: int
    fen: int
    numbers: tuple[str, ...]


def shortfall(oracle: Oracle, until: datetime) -> dict[str, Short]:
    """Face less what was returned, of every redemption that was first refunded by then; unknown amounts are no lack."""
    notices: dict[Key, list[Entry]] = defaultdict(list)
    for entry, _ in oracle.standing():
        if entry.event.kind is Kind.REFUND:
            notices[origin_of(entry)].append(entry)
    found: dict[str, Short] = {}
    for (programme, *_), several in notices.items():
        fen = several[0].event.face_fen
        for notice in several:
            said = notice.event.returned_fen
            fen -= fen if said is None else said
        if fen > 0 and any(notice.event.occurred_at <= until for notice in several):
            before = found.get(programme, Short(0, 0, ()))
            numbers = (*before.numbers, *(notice.event.event_no for notice in several))
            found[programme] = Short(before.count + 1, before.fen + fen, tuple(sorted(numbers)))
    return found


def seen_shortfall(told: Iterable[ShortRefunds]) -> dict[str, Short]:
    """The product's answer in the oracle's words."""
    found = {}
    for one in told:
        assert one.notices_count == len(one.evidence)
        found[one.programme] = Short(one.count, one.fen, tuple(sorted(one.evidence)))
    return found
