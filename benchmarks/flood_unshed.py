"""The same application with nobody told to wait: what the limits of signing in are held against."""

from __future__ import annotations

from dashboard.entry import identity
from dashboard.serving import app_from_env
from dashboard.web import App

NEVER = 1_000_000_000


def app() -> App:
    identity.TRIES_PER_ACCOUNT = identity.TRIES_PER_ADDRESS = identity.MOST_SIGNING_IN = NEVER
    identity.HASHES_AT_ONCE = NEVER
    return app_from_env()
