"""From requests to the audit log: who asks, what leaves the house, and who was turned away."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fastapi import Request
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import Response
from starlette.types import Scope

from dashboard.clock import real_now
from dashboard.entry.throttle import Throttle
from domain.audit import Action, Doer, Outcome
from store.engine import write
from store.writes.audit import write_audit

log = logging.getLogger(__name__)

DENIED = "denied"
"""In a request's scope once a page behind the gate has refused it."""

DENIALS_EACH = 3
"""Of one visitor at one page, in a quarter of an hour; then each tenfold (`Throttle`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """An answer that is sent only once the log says who got it: a file, or a page of what people wrote."""

    response: Response
    doer: Doer
    action: Action
    subject: str
    detail: Mapping[str, Any] = field(default_factory=dict)

    def prove(self, conn: Connection) -> None:
        write_audit(conn, self.doer, self.action, subject=self.subject, detail=self.detail)


def doer_of(request: Request) -> Doer:
    return _doer(request.scope, real_now())


def not_theirs(request: Request) -> None:
    """What was asked for is there and somebody else's: told like what is not there, and noted as a denial."""
    request.scope[DENIED] = True


def _doer(scope: Scope, at: datetime) -> Doer:
    visitor, client = scope.get("visitor"), scope.get("client")
    address = client[0] if client else ""
    if visitor is None:
        return Doer(name="", address=address, at=at)
    return Doer(name=visitor.name, role=visitor.role, address=address, at=at)


class Denials:
    """Who was turned away where. What a stranger can repeat must not fill the disk: see `Throttle`.

    With 200 entries of some 450 bytes in a quarter of an hour, a process that is attacked all day writes 9 MB of them.
    """

    def __init__(self, engine: Engine, *, real_now: Callable[[], datetime]) -> None:
        self._engine, self._real_now = engine, real_now
        self._throttle = Throttle(first=DENIALS_EACH)

    async def note(self, scope: Scope) -> None:
        """The path alone: an address may carry a token behind it. Turned away they are, noted or not."""
        doer, path = _doer(scope, self._real_now()), f"{scope['method']} {scope['path']}"
        nth = self._throttle.weigh((doer.name or doer.address, path[:200]), doer.at)
        if nth is None:
            return
        try:
            await asyncio.to_thread(self._write, doer, path, nth)
        except SQLAlchemyError:
            log.warning("could not note that %r was turned away", doer.name)

    def _write(self, doer: Doer, path: str, nth: int) -> None:
        detail = {} if nth <= DENIALS_EACH else {"times": nth}
        with write(self._engine) as conn:
            write_audit(conn, doer, Action.DENIED, subject=path, outcome=Outcome.REFUSED, detail=detail)
