"""A screen nobody has paired gets a code to show, and its token once somebody has entered the code.

The screen is known meanwhile by a secret of 256 bits in a cookie; the store holds its SHA-256. Whoever reads the code
off the wall can do nothing with it but pair that very screen.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine

from dashboard.entry.identity import new_token, token_hash
from domain.audit import Action, Doer, Outcome
from domain.displays import CODE_CHARS, CODE_LASTS, CODE_LENGTH, Screen
from domain.errors import StoreError
from store.engine import read, write
from store.queries.displays import find_pairing, waiting_codes
from store.writes.audit import write_audit
from store.writes.displays import open_pairing, pair_by_code, take_token

WAITING_PER_ADDRESS = 60  # a whole city hall may come through one proxy
WAITING_ANYWHERE = 600
WRONG_CODES = 10  # by one person
WINDOW = timedelta(minutes=15)
_DRAWS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A screen that shows `code`. `secret`: new, to be kept by the screen; None: it has it already."""

    code: str
    left_s: float
    secret: str | None = None


class Reception:
    """Hands out codes and tokens. Raises StoreError where too many wait, SQLAlchemyError where the store is away."""

    def __init__(self, engine: Engine, *, real_now: Callable[[], datetime]) -> None:
        self._engine, self._real_now = engine, real_now

    def ask(self, secret: str | None, *, address: str) -> Waiting | str:
        """The code to show, or the display's token: until it is used, a token that got lost is given anew."""
        now = self._real_now()
        if secret is not None:
            with read(self._engine) as conn:
                found = find_pairing(conn, token_hash(secret), now)
            if found is not None and found.display_id is None:
                return Waiting(code=found.code, left_s=(found.until - now).total_seconds())
            if found is not None and found.display_id is not None:
                token = self._give(found.display_id)
                if token is not None:
                    return token
        return self._begin(address, now)

    def enter(self, code: str | None, *, name: str, scope: str, screen: Screen, doer: Doer) -> int | None:
        """A person has entered a code. None: no screen waits with it. Raises StoreError after too many wrong ones."""
        nobodys = token_hash(new_token())
        limits = {"window": WINDOW, "tries": WRONG_CODES}
        with write(self._engine) as conn:
            number = pair_by_code(
                conn, code, name=name, scope=scope, screen=screen, placeholder=nobodys, by=doer.name,
                now=self._real_now(), **limits,
            )  # fmt: skip
            subject, outcome = (
                ("", Outcome.REFUSED) if number is None else (f"display {number}", Outcome.DONE)
            )
            detail = {"name": name, "scope": scope}
            write_audit(conn, doer, Action.DISPLAY_PAIR, subject=subject, outcome=outcome, detail=detail)
            return number

    def _give(self, display_id: int) -> str | None:
        token = new_token()
        with write(self._engine) as conn:
            return token if take_token(conn, display_id, token_hash(token)) else None

    def _begin(self, address: str, now: datetime) -> Waiting:
        with read(self._engine) as conn:  # whoever floods us must not hold the store's one writer
            at_address, anywhere = waiting_codes(conn, address[:64], now)
        if at_address >= WAITING_PER_ADDRESS or anywhere >= WAITING_ANYWHERE:
            raise StoreError("too many screens wait to be paired")
        secret = new_token()
        limits = {"per_address": WAITING_PER_ADDRESS, "anywhere": WAITING_ANYWHERE}
        for _ in range(_DRAWS):
            code = "".join(secrets.choice(CODE_CHARS) for _ in range(CODE_LENGTH))
            with write(self._engine) as conn:
                until = now + CODE_LASTS
                is_new = open_pairing(
                    conn, token_hash(secret), code, address=address[:64], now=now, until=until, **limits
                )
            if is_new:
                return Waiting(code=code, left_s=CODE_LASTS.total_seconds(), secret=secret)
        raise StoreError("no free code was found")
