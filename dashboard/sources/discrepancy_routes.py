"""Closing a discrepancy from the sources page: only with a cause, under the name of who is signed in."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta

from fastapi import FastAPI, Request
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dashboard.answering import NO_STORE
from dashboard.auditing import doer_of
from dashboard.clock import Clock
from dashboard.forms import form_fields
from dashboard.pages import message_page
from dashboard.reconciling import RECONCILE_JOB
from domain.audit import Action
from domain.errors import StoreError
from domain.statements import Cause, ReconciliationBoard
from store.engine import write
from store.queries.discrepancies import closed_discrepancies, open_discrepancies
from store.queries.jobs import last_success
from store.writes.audit import write_audit
from store.writes.discrepancies import close_discrepancy

log = logging.getLogger(__name__)

CLOSED_SHOWN = timedelta(days=7)
NO_CAUSE = "请选择结案原因。"
NOT_CLOSED = "没有结案：该差异已结案或不存在，或差额在页面打开后又变了（请刷新再看）；选“其他”须写明说明。"
_MOST_DIGITS = 15


def reconciliation_board(conn: Connection, *, now: datetime) -> ReconciliationBoard:
    return ReconciliationBoard(
        as_of=last_success(conn, RECONCILE_JOB),
        still_open=open_discrepancies(conn),
        closed=closed_discrepancies(conn, since=now - CLOSED_SHOWN),
    )


def add_routes(site: FastAPI, engine: Engine, *, clock: Clock) -> None:
    """`/discrepancies/<number>/close`."""

    @site.post("/discrepancies/{number}/close", include_in_schema=False)
    async def close(request: Request, number: str) -> Response:
        fields = {name: values[0] for name, values in (await form_fields(request) or {}).items()}
        doer = doer_of(request)
        if fields.get("cause") not in set(Cause):
            return _words(NO_CAUSE, 400)
        if not (number.isascii() and number.isdigit() and len(number) <= _MOST_DIGITS):
            return _words(NOT_CLOSED, 404)
        shown = _moment(fields.get("shown", ""))
        if shown is None:
            return _words(NOT_CLOSED, 409)

        def work() -> None:
            with write(engine) as conn:
                close_discrepancy(
                    conn,
                    int(number),
                    cause=Cause(fields["cause"]),
                    note=fields.get("note", ""),
                    closed_by=doer.name,
                    now=clock.now(),
                    shown=shown,
                )
                detail = {"cause": fields["cause"]}
                write_audit(
                    conn, doer, Action.DISCREPANCY_CLOSE, subject=f"discrepancy {number}", detail=detail
                )

        try:
            await asyncio.to_thread(work)
        except StoreError as refusal:
            log.info("%r could not close discrepancy %s: %s", doer.name, number, refusal)
            return _words(NOT_CLOSED, 409)
        except SQLAlchemyError:
            return _words(NO_STORE, 503)
        return RedirectResponse("/sources", 303)


def _words(words: str, status: int) -> Response:
    return HTMLResponse(message_page(words), status)


def _moment(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else None
