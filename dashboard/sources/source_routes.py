"""Where the pages of `source_pages` are found. Read on demand: nobody looks at them every second."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from fastapi import FastAPI, Request
from sqlalchemy import Connection, Engine
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dashboard.answering import answering
from dashboard.auditing import Proven, doer_of
from dashboard.clock import Clock
from dashboard.pages import message_page
from dashboard.sources.discrepancy_pages import discrepancy_section
from dashboard.sources.discrepancy_routes import reconciliation_board
from dashboard.sources.promised import promised
from dashboard.sources.source_pages import quarantine_csv, quarantine_view, sources_page
from domain.audit import Action
from domain.campaign import Campaign
from domain.errors import ConfigError
from store.engine import read, write
from store.queries.source_reports import quarantine_page, quarantined_rows, source_board
from store.queries.sources import Expected
from store.writes.audit import write_audit
from store.writes.reruns import ask_rerun

log = logging.getLogger(__name__)

NO_CONFIGURATION = "来源配置读不出来，请联系运维人员。"
NO_SOURCE = "没有这个来源"
_MOST_DIGITS = 9


def add_routes(site: FastAPI, engine: Engine, campaign: Campaign, sources: Path, *, clock: Clock) -> None:
    """`/sources`, `/sources/<id>/quarantine`, the same as `.csv`, and `/sources/<id>/rerun`.

    `sources`: the path of `sources.toml`.
    """
    about = campaign.campaign
    banner = about.illustrative_banner if about.illustrative else None

    reached = answering(engine)

    async def answer(
        make: Callable[[Connection, tuple[Expected, ...]], Response | Proven],
        opened: Callable[[Engine], AbstractContextManager[Connection]] = read,
    ) -> Response:
        try:
            return await reached(lambda conn: make(conn, promised(sources)), opened)
        except ConfigError as error:
            log.error("the sources page has no configuration: %s", error)
            return _words(NO_CONFIGURATION, 503)

    @site.get("/sources", include_in_schema=False)
    async def every() -> Response:
        def make(conn: Connection, expected: tuple[Expected, ...]) -> Response:
            now = clock.now()
            differences = discrepancy_section(reconciliation_board(conn, now=now), campaign, now=now)
            board = source_board(conn, expected, now=now)
            return HTMLResponse(sources_page(board, banner=banner, reconciliation=differences))

        return await answer(make)

    @site.get("/sources/{source}/quarantine", include_in_schema=False)
    async def aside(source: str, page: str = "1") -> Response:
        def make(conn: Connection, expected: tuple[Expected, ...]) -> Response:
            known = _named(expected, source)
            if known is None:
                return _words(NO_SOURCE, 404)
            found = quarantine_page(conn, source, page=page_number(page))
            return HTMLResponse(quarantine_view(known, found, as_of=clock.now(), banner=banner))

        return await answer(make)

    @site.get("/sources/{source}/quarantine.csv", include_in_schema=False)
    async def download(request: Request, source: str) -> Response:
        doer = doer_of(request)

        def make(conn: Connection, expected: tuple[Expected, ...]) -> Response | Proven:
            if _named(expected, source) is None:
                return _words(NO_SOURCE, 404)
            name = (
                f'attachment; filename="quarantine-{source}.csv"'  # configured ids: letters, digits, hyphens
            )
            rows = tuple(quarantined_rows(conn, source))
            body = quarantine_csv(rows)
            return Proven(
                response=Response(body, media_type="text/csv", headers={"content-disposition": name}),
                doer=doer,
                action=Action.EXPORT,
                subject=f"quarantine of {source}",
                detail={"form": "csv", "as_of": clock.now(), "rows": len(rows)},
            )

        return await answer(make)

    @site.post("/sources/{source}/rerun", include_in_schema=False)
    async def again(request: Request, source: str) -> Response:
        doer = doer_of(request)

        def make(conn: Connection, expected: tuple[Expected, ...]) -> Response:
            if _named(expected, source) is None:
                return _words(NO_SOURCE, 404)
            if ask_rerun(conn, source, asked_by=doer.name, now=clock.now()):
                write_audit(conn, doer, Action.RERUN, subject=source)
            return RedirectResponse("/sources", 303)

        return await answer(make, write)


def _named(expected: tuple[Expected, ...], source: str) -> Expected | None:
    return next((e for e in expected if e.source == source), None)


def page_number(page: str) -> int:
    """What is no page number is the first page."""
    return int(page) if page.isascii() and page.isdigit() and len(page) <= _MOST_DIGITS else 1


def _words(words: str, status: int) -> Response:
    return HTMLResponse(message_page(words), status)
