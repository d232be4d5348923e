"""One application at a time: which decision stands, how long it took, what is listed."""

from datetime import datetime, timedelta

import pytest

from domain.records import Kind
from domain.subsidies import Step, Trouble, cases_of, progress_of

DAY = timedelta(days=1)


def step(kind: Kind, no: str, day: float, at: datetime, *, fen: int = 100, application: str = "A1") -> Step:
    return Step(
        programme="p", application_no=application, event_no=no, kind=kind, face_fen=fen, occurred_at=at + DAY * day
    )  # fmt: skip


def listed(*steps: Step) -> list[tuple[str, Trouble]]:
    return [(one.step.event_no, one.trouble) for one in progress_of("p", cases_of(steps)).listed]


def test_an_application_that_is_decided_and_paid_has_no_trouble(now: datetime):
    plain = (
        step(Kind.APPLICATION, "A1", 0, now),
        step(Kind.APPROVAL, "P1", 2, now, fen=80),
        step(Kind.PAYMENT, "F1", 5, now, fen=80),
    )
    assert listed(*plain) == listed(*reversed(plain)) == []
    found = progress_of("p", cases_of(reversed(plain)))
    assert (found.applied_count, found.approved_count, found.paid_fen, found.pending_count) == (1, 1, 80, 0)
    assert found.median_decision_s == DAY.total_seconds() * 2


@pytest.mark.parametrize(
    ("later", "trouble"),
    [
        ((Kind.APPROVAL, "X", 2, 100), Trouble.SECOND_DECISION),
        ((Kind.APPROVAL, "X", 2, 99), Trouble.CONTRADICTION),
        ((Kind.REJECTION, "X", 2, 100), Trouble.CONTRADICTION),
        ((Kind.APPROVAL, "X", 0.5, 101), Trouble.BEYOND_APPLICATION),
        ((Kind.PAYMENT, "X", 2, 101), Trouble.OVERPAID),
        ((Kind.PAYMENT, "X", -1, 100), Trouble.EARLY),
    ],
)
def test_each_trouble_is_named(now: datetime, later: tuple[Kind, str, float, int], trouble: Trouble):
    kind, no, day, fen = later
    first = (step(Kind.APPLICATION, "A1", 0, now), step(Kind.APPROVAL, "P1", 1, now))
    assert (no, trouble) in listed(*first, step(kind, no, day, now, fen=fen))
    assert listed(*first) == []


def test_a_payment_by_instalments_is_no_trouble_until_it_goes_beyond_what_was_approved(now: datetime):
    first = (step(Kind.APPLICATION, "A1", 0, now), step(Kind.APPROVAL, "P1", 1, now))
    parts = [step(Kind.PAYMENT, f"F{n}", 2 + n, now, fen=50) for n in range(3)]
    assert listed(*first, *parts[:2]) == []
    assert listed(*first, *parts) == [("F2", Trouble.OVERPAID)]


def test_a_payment_of_what_was_refused_or_never_decided_is_unapproved(now: datetime):
    asked, paid = step(Kind.APPLICATION, "A1", 0, now), step(Kind.PAYMENT, "F1", 3, now)
    assert listed(asked, paid) == [("F1", Trouble.UNAPPROVED)]
    assert listed(asked, step(Kind.REJECTION, "J1", 1, now), paid) == [("F1", Trouble.UNAPPROVED)]


def test_the_median_is_a_time_one_application_took_and_unknown_without_any(now: datetime):
    asked = [step(Kind.APPLICATION, f"A{n}", 0, now, application=f"A{n}") for n in range(4)]
    assert progress_of("p", cases_of(asked)).median_decision_s is None
    decided = [
        step(Kind.REJECTION, f"J{n}", days, now, application=f"A{n}") for n, days in enumerate((1, 2, 5, 9))
    ]
    found = progress_of("p", cases_of([*asked, *decided]))
    assert (found.median_decision_s, found.approval_rate) == (2 * DAY.total_seconds(), 0)
