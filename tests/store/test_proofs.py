"""Second factors, open sessions and machines' tokens as they are stored."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine

from domain.errors import StoreError
from store.engine import read, write
from store.queries.access import find_session
from store.queries.accounts import accounts, enabled_in_role, open_sessions
from store.queries.factors import find_factor, recovery_codes_left
from store.queries.tokens import all_tokens, find_token
from store.writes.access import add_user, close_session_named, disable_user, open_session, rotate_session
from store.writes.factors import forget_factor, keep_factor, use_recovery_code, use_step
from store.writes.tokens import make_token, revoke_token, saw_token

HASH = "ab" * 32


def _add(conn: Connection, now: datetime, name: str = "duty", role: str = "finance") -> None:
    add_user(conn, name, role=role, county=None, password_hash="$argon2id$x", now=now)


def _bind(conn: Connection, now: datetime) -> None:
    keep_factor(conn, "duty", sealed="sealed", step=100, code_hashes=["c1", "c2"], now=now)


def test_a_factor_is_kept_once_and_is_not_printed(conn: Connection, now: datetime) -> None:
    _add(conn, now)
    _bind(conn, now)
    with pytest.raises(StoreError, match="has a second factor already"):
        _bind(conn, now)
    found = find_factor(conn, "duty")
    assert found is not None
    assert (found.since, found.last_step) == (now, 100)
    assert "sealed" not in repr(found)
    assert recovery_codes_left(conn, "duty") == 2


def test_steps_count_forwards_only_and_codes_once(conn: Connection, now: datetime) -> None:
    _add(conn, now)
    _add(conn, now, "li")
    _bind(conn, now)
    assert [use_step(conn, "duty", step) for step in (100, 101, 101, 99, 103, 102)] == [
        False, True, False, False, True, False,
    ]  # fmt: skip
    assert not use_step(conn, "li", 500)
    assert not use_recovery_code(conn, "li", "c1")
    assert [use_recovery_code(conn, "duty", code) for code in ("c1", "c1", "c2", "c3")] == [
        True, False, True, False,
    ]  # fmt: skip


def test_one_code_brought_by_many_at_once_counts_once(engine: Engine, now: datetime) -> None:
    with write(engine) as conn:
        _add(conn, now)
        _bind(conn, now)
    counted: list[bool] = []

    def bring() -> None:
        with write(engine) as own:
            counted.append(use_step(own, "duty", 101))

    threads = [threading.Thread(target=bring) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(counted) == [False] * 7 + [True]


def test_a_factor_that_is_forgotten_takes_its_codes_and_sessions_along(
    conn: Connection, now: datetime
) -> None:
    _add(conn, now)
    _bind(conn, now)
    open_session(conn, HASH, user_name="duty", now=now, until=now + timedelta(hours=12), verified=True)
    forget_factor(conn, "duty")
    assert find_factor(conn, "duty") is None
    assert find_session(conn, HASH) is None
    assert recovery_codes_left(conn, "duty") == 0
    with pytest.raises(StoreError, match="has no second factor"):
        forget_factor(conn, "duty")


def test_a_session_goes_on_under_another_token_and_is_named_by_a_part_of_it(
    conn: Connection, now: datetime
) -> None:
    _add(conn, now)
    open_session(conn, HASH, user_name="duty", now=now, until=now + timedelta(hours=1), address="10.0.0.1")
    rotate_session(conn, HASH, "cd" * 32)
    with pytest.raises(StoreError, match="no such session"):
        rotate_session(conn, HASH, "ef" * 32)
    (found,) = open_sessions(conn, now=now)
    assert (found.handle, found.user_name, found.address, found.verified) == (
        "cd" * 8,
        "duty",
        "10.0.0.1",
        True,
    )
    assert open_sessions(conn, now=now + timedelta(hours=1)) == ()
    assert close_session_named(conn, found.handle) == "duty"
    with pytest.raises(StoreError, match="no such session"):
        close_session_named(conn, found.handle)


def test_accounts_are_listed_with_what_proves_them(conn: Connection, now: datetime) -> None:
    _add(conn, now)
    _add(conn, now, "sys", role="system-admin")
    _bind(conn, now)
    open_session(conn, HASH, user_name="duty", now=now, until=now + timedelta(hours=1))
    assert enabled_in_role(conn, "system-admin") == ("sys",)
    disable_user(conn, "sys")
    assert enabled_in_role(conn, "system-admin") == ()
    told = [(a.name, a.disabled, a.factor_since, a.seen_at, a.password_since) for a in accounts(conn)]
    assert told == [("duty", False, now, now, now), ("sys", True, None, None, now)]


def test_a_token_counts_until_its_end_or_until_it_is_revoked(engine: Engine, now: datetime) -> None:
    whose = {"scope": "140400", "routes": ["stream", "snapshot"], "by": "sec", "now": now}
    with write(engine) as conn:
        number = make_token(conn, "报表", token_hash=HASH, **whose, until=now + timedelta(days=30))
        saw_token(conn, number, now)
    with read(engine) as conn:
        found = find_token(conn, HASH)
        assert find_token(conn, "other") is None
    assert found is not None
    assert (found.routes, found.seen_at, found.counts(now)) == ({"stream", "snapshot"}, now, True)
    assert not found.counts(now + timedelta(days=30))
    with write(engine) as conn:
        revoke_token(conn, number, now=now)
        with pytest.raises(StoreError, match="no token"):
            revoke_token(conn, number, now=now)
        assert [token.counts(now) for token in all_tokens(conn)] == [False]
