"""What people do about their own account: another password, a second factor. Each gives the session another token."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine

from dashboard.entry.addresses import line_of
from dashboard.entry.identity import WINDOW, SignIn, TooManyTries, hash_password, new_token, token_hash
from dashboard.entry.second_factor import (
    SecondFactors,
    is_recovery_code,
    new_recovery_codes,
    plain_code,
    step_of,
)
from dashboard.entry.throttle import Throttle
from domain.audit import Action, Doer, Outcome
from domain.errors import StoreError
from store.engine import read, write
from store.queries.access import find_session
from store.queries.factors import find_factor, recovery_codes_left
from store.writes.access import change_password, count_try, forget_tries, open_session, rotate_session
from store.writes.audit import write_audit
from store.writes.factors import keep_factor, use_recovery_code, use_step

CODE_TRIES = 5
_ANYWHERE = "second factor"
"""In place of an address: who tries codes knows the password already, from wherever. And each sign-in clears tries of
the password, which must not clear these."""
_ANY_NUMBER = 1_000_000_000


class Wrong(Exception):
    """The password or code shown is not the account's."""


class OwnAccount:
    def __init__(self, engine: Engine, sign_in: SignIn, factors: SecondFactors) -> None:
        self._engine, self._sign_in, self.factors = engine, sign_in, factors
        self._too_many = Throttle(first=1)

    async def change_password(self, doer: Doer, old: str, new: str, *, token: str, now: datetime) -> str:
        """The session's new token; every other session of the account is closed.

        Raises Wrong, TooManyTries, ConfigError for a password that cannot be, StoreError for a session that has ended.
        """
        if not await self._sign_in.is_right(doer.name, old, address=doer.address, now=now):
            raise Wrong
        hashed = await asyncio.to_thread(hash_password, new)
        return await asyncio.to_thread(self._keep_password, doer, hashed, token, now)

    def _keep_password(self, doer: Doer, hashed: str, token: str, now: datetime) -> str:
        fresh, name, address = new_token(), doer.name, doer.address
        with write(self._engine) as conn:
            session = find_session(conn, token_hash(token))
            if session is None or session.user_name != name:
                raise StoreError("no such session")
            change_password(conn, name, hashed, now=now, must_change=False)
            forget_tries(conn, user_name=name, address=line_of(address)[:64])
            whose = {
                "user_name": name,
                "address": address[:64],
                "verified": session.verified,
                "vouched": session.vouched,
            }
            open_session(conn, token_hash(fresh), **whose, now=now, until=session.until)
            write_audit(conn, doer, Action.PASSWORD_CHANGE, subject=name)
        return fresh

    def has_factor(self, name: str) -> tuple[bool, int]:
        """Whether there is one, and how many recovery codes are left."""
        with read(self._engine) as conn:
            return find_factor(conn, name) is not None, recovery_codes_left(conn, name)

    def enrol(
        self, doer: Doer, sealed: str, code: str, *, token: str, now: datetime
    ) -> tuple[str, Sequence[str]]:
        """(the session's new token, recovery codes to be shown once). Raises Wrong, TooManyTries, StoreError."""
        name, secret = doer.name, self.factors.opened(sealed, user_name=doer.name)
        step = None if secret is None else step_of(secret, plain_code(code), now)
        if step is None:
            raise Wrong
        fresh, codes = new_token(), new_recovery_codes()
        with write(self._engine) as conn:
            hashes = [self.factors.code_hash(code) for code in codes]
            keep_factor(conn, name, sealed=sealed, step=step, code_hashes=hashes, now=now)
            rotate_session(conn, token_hash(token), token_hash(fresh))
            write_audit(conn, doer, Action.SECOND_FACTOR, subject=name, detail={"factor": "bound"})
        return fresh, codes

    def show_code(self, doer: Doer, typed: str, *, token: str, now: datetime) -> str:
        """The session's new token. Raises Wrong, TooManyTries, StoreError."""
        name, fresh = doer.name, new_token()
        with write(self._engine) as conn:
            may_try = _may_try(conn, name, now)
            nth = None if may_try else self._too_many.weigh(name, now)
            if nth is not None:
                refused = {"outcome": Outcome.REFUSED, "detail": {"why": "too many tries", "times": nth}}
                write_audit(conn, doer, Action.SECOND_FACTOR, subject=name, **refused)
        if not may_try:
            raise TooManyTries
        with write(self._engine) as conn:
            is_right = self._counts(conn, name, typed, now)
            if is_right:
                forget_tries(conn, user_name=name, address=_ANYWHERE)
                rotate_session(conn, token_hash(token), token_hash(fresh))
            _note_code(conn, doer, typed, is_right=is_right)
        if not is_right:
            raise Wrong
        return fresh

    def _counts(self, conn: Connection, name: str, typed: str, now: datetime) -> bool:
        if is_recovery_code(typed):
            return use_recovery_code(conn, name, self.factors.code_hash(typed))
        factor = find_factor(conn, name)
        secret = None if factor is None else self.factors.opened(factor.sealed, user_name=name)
        step = None if secret is None else step_of(secret, plain_code(typed), now)
        return step is not None and use_step(conn, name, step)


def _may_try(conn: Connection, name: str, now: datetime) -> bool:
    window: timedelta = WINDOW
    limits = {"per_account": CODE_TRIES, "per_address": _ANY_NUMBER}
    return count_try(conn, user_name=name, address=_ANYWHERE, now=now, window=window, **limits)


def _note_code(conn: Connection, doer: Doer, typed: str, *, is_right: bool) -> None:
    """Wrong ones are as few as there are tries."""
    if is_right:
        kind = "recovery code" if is_recovery_code(typed) else "code"
        write_audit(conn, doer, Action.SECOND_FACTOR, subject=doer.name, detail={"factor": kind})
    else:
        refused = {"outcome": Outcome.REFUSED, "detail": {"why": "wrong code"}}
        write_audit(conn, doer, Action.SECOND_FACTOR, subject=doer.name, **refused)
