"""One worker at a time; one that slept while another took over is fenced off."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection

from domain.errors import StoreError
from store.writes.leases import check_fence, release_lease, take_lease

LASTS = timedelta(seconds=10)


def take(conn: Connection, holder: str, now: datetime, dead: str = "") -> int | None:
    return take_lease(conn, "worker", holder=holder, now=now, lasts=LASTS, is_dead=lambda held: held == dead)


def test_a_held_lease_is_not_given_to_another_until_it_runs_out(conn: Connection, now: datetime) -> None:
    assert take(conn, "a", now) == 1
    assert take(conn, "b", now + LASTS - timedelta(seconds=1)) is None
    assert take(conn, "b", now + LASTS) == 2


def test_renewing_keeps_the_token_and_moves_the_end(conn: Connection, now: datetime) -> None:
    take(conn, "a", now)
    assert take(conn, "a", now + timedelta(seconds=8)) == 1
    assert take(conn, "b", now + timedelta(seconds=12)) is None


def test_a_dead_holders_lease_is_taken_at_once(conn: Connection, now: datetime) -> None:
    take(conn, "a", now)
    assert take(conn, "b", now, dead="a") == 2


def test_a_released_lease_is_free_and_its_token_keeps_growing(conn: Connection, now: datetime) -> None:
    take(conn, "a", now)
    release_lease(conn, "worker", holder="a", now=now)
    assert take(conn, "b", now) == 2


def test_a_worker_that_slept_through_a_takeover_cannot_write(conn: Connection, now: datetime) -> None:
    token = take(conn, "a", now)
    assert token is not None
    check_fence(conn, "worker", token)
    take(conn, "b", now + LASTS)
    with pytest.raises(StoreError, match="fenced off"):
        check_fence(conn, "worker", token)
