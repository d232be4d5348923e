"""Which steps of audited subsidies somebody must look at (I7)."""

from __future__ import annotations

from collections import Counter

from domain.records import Kind
from tests.store.machine.oracle import Key, Oracle, application_of, key_of


def subsidy_troubles(oracle: Oracle) -> Counter[tuple[str, str, str]]:
    """I7: (programme, event number, why) of every step of an application that somebody must look at."""
    found: Counter[tuple[str, str, str]] = Counter()
    standing = {key_of(entry): entry for entry, _ in oracle.standing()}
    decided, paid = oracle.decisions(), Counter[Key]()
    for origin, decisions in decided.items():
        first, asked = decisions[0].event, standing.get(origin)
        if first.kind is Kind.APPROVAL and asked and first.face_fen > asked.event.face_fen:
            found[origin[0], first.event_no, "beyond_application"] += 1
        for other in decisions[1:]:
            same = (other.event.kind, other.event.face_fen) == (first.kind, first.face_fen)
            found[origin[0], other.event.event_no, "second_decision" if same else "contradiction"] += 1
    steps = (Kind.APPROVAL, Kind.REJECTION, Kind.PAYMENT)
    followed = [entry for entry in standing.values() if entry.event.kind in steps]
    for entry in sorted(followed, key=lambda e: (e.event.occurred_at, e.event.event_no)):
        event, origin = entry.event, application_of(entry)
        asked = standing.get(origin)
        if asked is None:
            found[entry.programme, event.event_no, "orphan"] += 1
        elif event.occurred_at < asked.event.occurred_at:
            found[entry.programme, event.event_no, "early"] += 1
        if event.kind is not Kind.PAYMENT:
            continue
        paid[origin] += event.face_fen
        granted = [e.event for e in decided.get(origin, [])[:1] if e.event.kind is Kind.APPROVAL]
        if not granted:
            found[entry.programme, event.event_no, "unapproved"] += 1
        elif paid[origin] > granted[0].face_fen:
            found[entry.programme, event.event_no, "overpaid"] += 1
    return found
