"""The first start on a store nobody can sign in to: the three accounts that run the system, each with its password."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from sqlalchemy import Engine

from dashboard.entry.identity import hash_password
from dashboard.permissions import ADMINS
from domain.audit import Action, Doer
from domain.errors import StoreError
from store.engine import write
from store.queries.access import all_users
from store.writes.access import add_user
from store.writes.audit import write_audit

NAMES: Mapping[str, str] = {
    "system-admin": "sysadmin",
    "security-admin": "secadmin",
    "auditor": "auditor",
}
_ALPHABET = (
    "abcdefghijkmnpqrstuvwxyz23456789"  # nothing that is taken for something else when read from a screen
)
_CHARS, _GROUP = 20, 5  # 100 bits


def one_time_password() -> str:
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(_CHARS))
    return "-".join(letters[at : at + _GROUP] for at in range(0, _CHARS, _GROUP))


def first_accounts(engine: Engine, doer: Doer) -> Mapping[str, str]:
    """By role's words, what is to be told once: the account and its password. Empty where there are users already.

    Several processes may start at once: one makes all three, the others none.
    """
    passwords = {role: one_time_password() for role in ADMINS}
    try:
        with write(engine) as conn:
            if all_users(conn):
                return {}
            for role, password in passwords.items():
                whose = {"role": role, "county": None, "password_hash": hash_password(password)}
                add_user(conn, NAMES[role], **whose, now=doer.at, must_change=True)
                write_audit(conn, doer, Action.USER_ADD, subject=NAMES[role], detail={"role": role})
    except StoreError:
        return {}
    return {ADMINS[role]: f"{NAMES[role]}  {password}" for role, password in passwords.items()}
