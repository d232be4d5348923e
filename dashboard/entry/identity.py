"""Who is asking: a person with a session, or a paired display. Signing in, and the tokens both are known by.

A token is 256 random bits; the store holds its SHA-256. Sessions live by the real clock, never by a rehearsal's.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, Engine

from dashboard.entry.addresses import line_of
from dashboard.entry.common_passwords import is_common
from dashboard.entry.sealing import derived_key
from dashboard.entry.throttle import Throttle
from dashboard.entry.waiting_room import WaitingRoom
from domain.audit import Action, Doer, Outcome
from domain.errors import ConfigError
from store.engine import read, write
from store.queries.access import User, find_user
from store.writes.access import count_try, forget_tries, open_session
from store.writes.audit import write_audit

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
WINDOW = timedelta(minutes=15)
TRIES_PER_ACCOUNT = 5  # from one address, in the window
TRIES_PER_ADDRESS = 20
HASHES_AT_ONCE = 2  # each takes 64 MB and a core
MOST_SIGNING_IN = 16
"""In one process, waiting and served: the last of them waits some three seconds. Strangers of many addresses would
make it minutes."""
PASSWORD_CHARS = (10, 200)
LEAST_DIFFERENT = 5
ONE_TIME_LASTS = timedelta(days=7)
"""How long a password that somebody else made and knows may be used to sign in: once, to change it."""
_NAME_CHARS = 64
_MARK_CHARS = 8  # tells names apart, and is too short to tell which of many words it was

_hasher = PasswordHasher()  # argon2id
_NOBODY = _hasher.hash(secrets.token_urlsafe(16))  # an unknown name costs as much as a known one


class Owes(StrEnum):
    """What somebody signed in has to do before anything else: the address where it is done."""

    CODE = "/account/code"
    PASSWORD = "/account/password"  # noqa: S105
    FACTOR = "/account/factor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who sent a request. `scope`: the one division it may see; None: all of them."""

    name: str
    role: str
    scope: str | None
    display_id: int | None = None
    awake: bool = True  # False: idle too long; may go on watching, nothing else
    owes: Owes | None = None
    token_id: int | None = None  # of a machine
    routes: frozenset[str] = frozenset()  # what a machine may read, by name

    @property
    def is_display(self) -> bool:
        return self.display_id is not None

    @property
    def is_machine(self) -> bool:
        return self.token_id is not None

    def may_see(self, scope: str) -> bool:
        return self.scope is None or self.scope == scope


def new_token() -> str:
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def hash_password(password: str) -> str:
    """argon2id. Raises ConfigError for a password too short, absurdly long, common, or of few characters repeated."""
    least, most = PASSWORD_CHARS
    if not least <= len(password) <= most or len(set(password)) < LEAST_DIFFERENT:
        raise ConfigError(
            f"password: must have {least} to {most} characters, {LEAST_DIFFERENT} of them different"
        )
    if is_common(password):
        raise ConfigError("password: one of the most common, or made of one: say something nobody else would")
    return _hasher.hash(password)


def metrics_token(secret_key: str) -> str:
    """What a Prometheus server sends as its bearer token: it cannot sign in."""
    return hmac.new(secret_key.encode(), b"metrics", hashlib.sha256).hexdigest()


class SignIn:
    """Checks a name and a password. Counts before it hashes, hashes at most two at a time, and answers all alike."""

    def __init__(self, engine: Engine, *, secret_key: str) -> None:
        self._engine = engine
        self._marks = derived_key(secret_key, b"quanqing names tried")
        self._room = WaitingRoom(most=MOST_SIGNING_IN, at_once=HASHES_AT_ONCE)
        self._wrong, self._too_many = Throttle(first=TRIES_PER_ADDRESS), Throttle(first=1)

    async def attempt(self, name: str, password: str, *, address: str, now: datetime) -> str | None:
        """A new session's token, or None. Raises TooManyTries before any hashing, Full before that.

        Raises Expired for the right password where somebody else made it too long ago.
        """
        name = name.strip()[:_NAME_CHARS]
        right = await self.is_right(name, password, address=address, now=now)
        return await asyncio.to_thread(self._open, name, address, now) if right else None

    async def is_right(self, name: str, password: str, *, address: str, now: datetime) -> bool:
        """Whether the password is the account's. A try like any other: raises TooManyTries before any hashing.

        Raises Full before that.
        """
        async with self._room.seat() as place:
            if not await asyncio.to_thread(self._count, name, address, now):
                await asyncio.to_thread(self._refused, name, "too many tries", self._too_many, address, now)
                raise TooManyTries
            async with place:
                right = await asyncio.to_thread(self._verify, name, password)
        if not right:
            await asyncio.to_thread(self._refused, name, "wrong", self._wrong, address, now)
        return right

    def _count(self, name: str, address: str, now: datetime) -> bool:
        limits = {"window": WINDOW, "per_account": TRIES_PER_ACCOUNT, "per_address": TRIES_PER_ADDRESS}
        with write(self._engine) as conn:
            return count_try(conn, user_name=name, address=line_of(address)[:64], now=now, **limits)

    def _verify(self, name: str, password: str) -> bool:
        with read(self._engine) as conn:
            user = find_user(conn, name)
        known = user is not None and not user.disabled
        right = _matches(user.password_hash if user and known else _NOBODY, password)
        return known and right

    def _open(self, name: str, address: str, now: datetime) -> str | None:
        with write(self._engine) as conn:
            user = find_user(conn, name)
            if user is None or user.disabled:
                return None
            is_late = user.must_change and now - user.password_since > ONE_TIME_LASTS
            if is_late:
                self._note_refused(conn, name, {"why": "one-time password expired"}, address, now)
        if is_late:
            raise Expired
        with write(self._engine) as conn:
            forget_tries(conn, user_name=name, address=line_of(address)[:64])
            return _opened(conn, user, address, now)

    def vouched(self, name: str, *, address: str, now: datetime) -> str | None:
        """A new session's token for whom an office's own service vouches; None where no such account may sign in."""
        with write(self._engine) as conn:
            user = find_user(conn, name)
            if user is None or user.disabled:
                return None
            return _opened(conn, user, address, now, vouched=True)

    def _refused(self, name: str, why: str, throttle: Throttle, address: str, now: datetime) -> None:
        nth = throttle.weigh(line_of(address), now)
        if nth is not None:
            with write(self._engine) as conn:
                self._note_refused(conn, name, {"why": why, "times": nth}, address, now)

    def _note_refused(
        self, conn: Connection, name: str, told: Mapping[str, object], address: str, now: datetime
    ) -> None:
        """A name nobody has is not kept: now and then it is a password, typed into the wrong field. Its keyed mark
        tells a name that is tried from everywhere from many names."""
        user = find_user(conn, name)
        marked = told if user else {**told, "name": self._mark(name)}
        doer = _doer(user, address, now)
        write_audit(conn, doer, Action.SIGN_IN, outcome=Outcome.REFUSED, detail=marked)

    def _mark(self, name: str) -> str:
        return hmac.new(self._marks, name.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[
            :_MARK_CHARS
        ]


class TooManyTries(Exception):
    """The account or the address has used up its tries; they come back within the window."""


class Expired(Exception):
    """The password is right, but somebody else made it, and too long ago."""


def _doer(user: User | None, address: str, now: datetime) -> Doer:
    if user is None:
        return Doer(name="", address=address, at=now)
    return Doer(name=user.name, role=user.role, address=address, at=now)


def _opened(conn: Connection, user: User, address: str, now: datetime, *, vouched: bool = False) -> str:
    token, until = new_token(), now + ABSOLUTE
    whose = {"user_name": user.name, "address": address[:64], "vouched": vouched}
    open_session(conn, token_hash(token), **whose, now=now, until=until)
    write_audit(
        conn, _doer(user, address, now), Action.SIGN_IN, detail={"by_office": True} if vouched else {}
    )
    return token


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password[: PASSWORD_CHARS[1]])
    except (VerificationError, InvalidHashError):
        return False
