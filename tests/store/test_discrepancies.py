"""A discrepancy closes with its cause, by itself or by a person, and opens again when another one comes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine

from domain.campaign import Campaign
from domain.errors import StoreError
from domain.records import Kind
from domain.statements import Cause, Discrepancy, Metric, Subject
from store import schema
from store.engine import write
from store.queries.discrepancies import closed_discrepancies, open_discrepancies
from store.writes import reconcile as reconciling
from store.writes.discrepancies import close_discrepancy
from tests.store.events import event
from tests.store.stated_day import (
    CLAIMS,
    FACE,
    MIDNIGHT,
    MORNING,
    close,
    content,
    feed,
    only,
    run,
    save,
    state,
    state_all,
)


def test_a_late_event_closes_it_with_its_cause(played: Connection, small_campaign: Campaign) -> None:
    state_all(played, small_campaign, claimed_count=1, claimed_fen=FACE)
    run(played, small_campaign)
    save(played, small_campaign, event(small_campaign, "city", Kind.CLAIM, 9))
    assert run(played, small_campaign, MORNING + timedelta(minutes=1)).closed == 1
    (closed,) = closed_discrepancies(played, since=MORNING)
    assert (closed.cause, closed.closed_by, closed.difference.count) == (Cause.ARRIVED_LATE, None, 1)
    assert open_discrepancies(played) == ()


def test_a_platform_that_corrects_itself_closes_it_as_restated(
    played: Connection, small_campaign: Campaign
) -> None:
    state_all(played, small_campaign, claimed_count=1)
    run(played, small_campaign)
    state(
        played, small_campaign, Metric.CLAIMED, CLAIMS, CLAIMS * FACE, sha256="b" * 64,
        stated_at=MIDNIGHT + timedelta(hours=2),
    )  # fmt: skip
    run(played, small_campaign, MIDNIGHT + timedelta(hours=3))
    (closed,) = closed_discrepancies(played, since=MORNING)
    assert closed.cause is Cause.RESTATED


def test_a_person_closes_with_a_cause_and_it_stays_closed_while_the_difference_is_that_one(
    played: Connection, small_campaign: Campaign
) -> None:
    state_all(played, small_campaign, claimed_count=1)
    run(played, small_campaign)
    close(played, Cause.GAP_ACCEPTED)
    assert not run(played, small_campaign, MORNING + timedelta(hours=1)).opened
    (closed,) = closed_discrepancies(played, since=MORNING)
    assert (closed.closed_by, closed.cause, closed.note) == ("who", Cause.GAP_ACCEPTED, "说明")


def test_another_difference_after_a_persons_close_is_a_new_row(
    played: Connection, small_campaign: Campaign
) -> None:
    state_all(played, small_campaign, claimed_count=1)
    run(played, small_campaign)
    first = only(played)
    close(played, Cause.PLATFORM_ERROR)
    save(
        played,
        small_campaign,
        event(small_campaign, "city", Kind.CLAIM, 9),
        event(small_campaign, "city", Kind.CLAIM, 10),
    )
    later = MORNING + timedelta(hours=1)
    assert run(played, small_campaign, later).opened == 1
    second = only(played)
    assert second.discrepancy_id != first.discrepancy_id
    assert (first.difference.count, second.difference.count) == (1, -1)


def test_a_difference_that_was_accepted_went_away_and_came_back_is_new(
    played: Connection, small_campaign: Campaign
) -> None:
    state(played, small_campaign, Metric.CLAIMED, CLAIMS + 1, None)
    run(played, small_campaign)
    close(played, Cause.REFUND_TIMING)
    for hours, count in ((2, CLAIMS), (4, CLAIMS + 1)):
        at = MIDNIGHT + timedelta(hours=hours)
        state(played, small_campaign, Metric.CLAIMED, count, None, stated_at=at, sha256=str(hours) * 64)
        run(played, small_campaign, at)
    assert only(played).difference.count == 1
    assert len(content(played, schema.discrepancies)["discrepancies"]) == 2


def test_nothing_is_closed_without_a_cause_a_known_number_or_for_other_a_word(
    played: Connection, small_campaign: Campaign
) -> None:
    state_all(played, small_campaign, claimed_count=1)
    run(played, small_campaign)
    with pytest.raises(StoreError, match="note"):
        close(played, Cause.OTHER, note=" \u200b\n")
    with pytest.raises(StoreError, match="no open"):
        close_discrepancy(played, 10**6, cause=Cause.OTHER, note="x", closed_by="who", now=MORNING)
    number = only(played).discrepancy_id
    close(played, Cause.OTHER, note="x")
    with pytest.raises(StoreError, match="no open"):
        close_discrepancy(played, number, cause=Cause.OTHER, note="y", closed_by="else", now=MORNING)
    with pytest.raises(Exception, match=r"(?i)check|cause"):
        played.execute(schema.discrepancies.update().values(cause=None))


def test_what_changed_since_it_was_shown_is_not_accepted(
    played: Connection, small_campaign: Campaign
) -> None:
    state_all(played, small_campaign, claimed_count=1)
    run(played, small_campaign)
    seen = only(played)
    moved = MORNING + timedelta(minutes=1)
    state(played, small_campaign, Metric.CLAIMED, 900, None, stated_at=MIDNIGHT + timedelta(minutes=1))
    run(played, small_campaign, moved)
    known = {"cause": Cause.GAP_ACCEPTED, "note": "one voucher", "closed_by": "who", "now": moved}
    with pytest.raises(StoreError, match="figures that were shown"):
        close_discrepancy(played, seen.discrepancy_id, **known, shown=seen.refreshed_at)
    close_discrepancy(played, seen.discrepancy_id, **known, shown=only(played).refreshed_at)
    assert open_discrepancies(played) == ()


@pytest.mark.parametrize("goes_away", [False, True])
def test_what_a_person_closes_while_the_worker_settles_stays_as_they_saw_it(
    engine: Engine, small_campaign: Campaign, monkeypatch: pytest.MonkeyPatch, goes_away: bool
) -> None:
    """On SQLite the two wait for each other."""
    if engine.dialect.name == "sqlite":
        pytest.skip("one writer at a time")
    used = [event(small_campaign, "city", Kind.REDEMPTION, n) for n in range(1, 5)]
    with write(engine) as conn:
        save(conn, small_campaign, *used[:3])
        feed(conn, MORNING)
        state(conn, small_campaign, Metric.REDEEMED_GROSS, 4, 4 * FACE)
        run(conn, small_campaign)
        seen = only(conn)
        if goes_away:
            save(conn, small_campaign, used[3])
        else:
            after = {"stated_at": MIDNIGHT + timedelta(minutes=1)}
            state(conn, small_campaign, Metric.REDEEMED_GROSS, 9, 9 * FACE, **after)
    accepted = reconciling.accepted_discrepancies

    def meanwhile(conn: Connection) -> dict[Subject, Discrepancy]:
        with write(engine) as other:
            known = {"note": "one voucher", "closed_by": "who", "now": MORNING}
            close_discrepancy(other, seen.discrepancy_id, cause=Cause.PLATFORM_ERROR, **known)
        return accepted(conn)

    monkeypatch.setattr(reconciling, "accepted_discrepancies", meanwhile)
    with write(engine) as conn:
        done = run(conn, small_campaign, MORNING + timedelta(minutes=1))
    monkeypatch.undo()
    with write(engine) as conn:
        (closed,) = closed_discrepancies(conn, since=MORNING)
        assert (closed.closed_by, closed.cause, closed.difference) == (
            "who",
            Cause.PLATFORM_ERROR,
            seen.difference,
        )
        assert (done.refreshed, done.closed) == (0, 0)
        run(conn, small_campaign, MORNING + timedelta(minutes=2))
        assert [d.difference.count for d in open_discrepancies(conn)] == ([] if goes_away else [6])
