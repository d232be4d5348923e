"""Users, sessions, displays and sign-in tries as they are stored."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, update

from domain.errors import StoreError
from store.engine import write
from store.queries.access import all_displays, all_users, find_displays, find_session, find_user
from store.schema import users
from store.writes.access import (
    add_user,
    change_password,
    change_role,
    close_session,
    count_try,
    disable_user,
    enable_user,
    forget_tries,
    open_session,
    pair_display,
    saw_display,
    touch_session,
)
from store.writes.displays import revoke

WINDOW = timedelta(minutes=15)


def _add(conn: Connection, now: datetime, name: str = "duty") -> None:
    add_user(conn, name, role="desk", county=None, password_hash="$argon2id$x", now=now)


def _open(conn: Connection, now: datetime, token_hash: str = "t") -> None:
    open_session(conn, token_hash, user_name="duty", now=now, until=now + timedelta(hours=12))


def _try(conn: Connection, at: datetime, *, user_name: str = "duty", address: str = "10.0.0.1") -> bool:
    limits = {"window": WINDOW, "per_account": 5, "per_address": 20}
    return count_try(conn, user_name=user_name, address=address, now=at, **limits)


def test_a_user_is_found_as_added_and_its_hash_is_not_printed(conn: Connection, now: datetime):
    _add(conn, now)
    found = find_user(conn, "duty")
    assert found is not None
    assert (found.role, found.county, found.disabled, found.created_at) == ("desk", None, False, now)
    assert "argon2" not in repr(found)
    assert find_user(conn, "nobody") is None
    assert [user.name for user in all_users(conn)] == ["duty"]


def test_a_name_is_given_once_and_the_transaction_lives_on(conn: Connection, now: datetime):
    _add(conn, now)
    with pytest.raises(StoreError, match="'duty' exists already"):
        _add(conn, now)
    _add(conn, now, "second")
    assert len(all_users(conn)) == 2


def test_a_session_is_read_with_what_its_user_may_do_now(conn: Connection, now: datetime):
    _add(conn, now)
    _open(conn, now)
    conn.execute(update(users).values(role="county", county="140402"))
    touch_session(conn, "t", now + timedelta(minutes=1))
    session = find_session(conn, "t")
    assert session is not None
    assert (session.role, session.county) == ("county", "140402")
    assert session.seen_at == now + timedelta(minutes=1)
    assert session.until == now + timedelta(hours=12)


def _new_password(conn: Connection, name: str) -> None:
    change_password(conn, name, "new", now=datetime(2026, 3, 2, tzinfo=UTC), must_change=False)


def _new_role(conn: Connection, name: str) -> None:
    change_role(conn, name, role="county", county="140402")


@pytest.mark.parametrize("change", [disable_user, _new_password, _new_role])
def test_w2_taking_rights_away_closes_the_sessions(conn: Connection, now: datetime, change):
    _add(conn, now)
    _open(conn, now)
    change(conn, "duty")
    assert find_session(conn, "t") is None


def test_a_closed_session_is_gone_and_sessions_past_their_end_are_swept(conn: Connection, now: datetime):
    _add(conn, now)
    _open(conn, now, "first")
    _open(conn, now + timedelta(hours=12), "second")
    assert find_session(conn, "first") is None
    close_session(conn, "second")
    assert find_session(conn, "second") is None


def test_an_unknown_user_is_not_changed_in_silence(conn: Connection):
    with pytest.raises(StoreError, match="no user 'x'"):
        enable_user(conn, "x")


def test_the_sixth_try_is_refused_and_only_for_that_account_from_that_address(
    conn: Connection, now: datetime
):
    assert [_try(conn, now) for _ in range(6)] == [True] * 5 + [False]
    assert _try(conn, now, address="10.0.0.2")  # the owner, elsewhere
    assert _try(conn, now, user_name="other")


def test_tries_age_out_and_refused_ones_do_not_prolong_the_wait(conn: Connection, now: datetime):
    for minute in range(5):
        assert _try(conn, now + timedelta(minutes=minute))
    assert not _try(conn, now + timedelta(minutes=14))
    assert _try(conn, now + timedelta(minutes=15, seconds=1))


def test_an_address_is_limited_over_all_accounts(conn: Connection, now: datetime):
    allowed = [_try(conn, now, user_name=f"user-{n}") for n in range(25)]
    assert allowed == [True] * 20 + [False] * 5


def test_the_right_password_clears_the_count(conn: Connection, now: datetime):
    for _ in range(5):
        _try(conn, now)
    forget_tries(conn, user_name="duty", address="10.0.0.1")
    assert _try(conn, now)


def test_many_tries_at_once_count_as_one_after_the_other(engine: Engine, now: datetime):
    allowed: list[bool] = []

    def try_once() -> None:
        with write(engine) as conn:
            allowed.append(_try(conn, now))

    threads = [threading.Thread(target=try_once) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(allowed) == 5
    assert len(allowed) == 12


def test_a_display_is_paired_seen_and_revoked_once(conn: Connection, now: datetime):
    number = pair_display(conn, "一楼大厅", scope="140400", token_hash="h", now=now)
    saw_display(conn, number, now)
    found = find_displays(conn, ["h"])["h"]
    assert found is not None
    assert (found.display_id, found.name, found.scope, found.revoked_at) == (
        number,
        "一楼大厅",
        "140400",
        None,
    )
    assert found.seen_at == now
    revoke(conn, number, by="duty", now=now)
    with pytest.raises(StoreError, match="no paired display"):
        revoke(conn, number, by="duty", now=now)
    assert [display.revoked_at for display in all_displays(conn)] == [now]
    assert find_displays(conn, ["other"]) == {}
