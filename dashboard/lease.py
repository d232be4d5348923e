"""The worker's lease: one works at a time, and another takes over from one that died."""

from __future__ import annotations

import logging
import os
import socket
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from domain.errors import StoreError
from store.engine import write
from store.writes.leases import take_lease

log = logging.getLogger(__name__)

LEASE = "worker"
LEASE_LASTS = timedelta(seconds=10)
RENEW_EVERY_S = 3.0


def renew(engine: Engine, holder: str) -> int | None:
    """The lease's token; None while another holds it."""
    with write(engine) as conn:
        return take_lease(
            conn, LEASE, holder=holder, now=datetime.now(UTC), lasts=LEASE_LASTS, is_dead=_died_here
        )


def _died_here(holder: str) -> bool:
    """A worker of this host whose process is gone: killed, it could not hand its lease back."""
    host, _, pid = holder.rpartition(":")
    if host != socket.gethostname():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, ValueError):
        return False
    return False


def still_ours(engine: Engine, holder: str, token: int) -> bool:
    """False once another took over. A database that does not answer is asked again: the fence guards every write."""
    try:
        return renew(engine, holder) == token
    except (SQLAlchemyError, StoreError):
        log.exception("the lease could not be renewed")
        return True
