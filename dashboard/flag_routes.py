"""Where the pages of `flag_pages` are found. The board is what the worker kept; a list is worked out when asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from fastapi import FastAPI
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import HTMLResponse, Response

from dashboard.clock import Clock
from dashboard.flag_pages import flagged_view, flags_page
from dashboard.pages import message_page
from dashboard.source_routes import NO_STORE, page_number
from domain.campaign import Campaign
from domain.flags import Reason
from store.engine import read
from store.queries.flags import cross_sector, flag_page, last_board, unjudged
from store.queries.register import current_register
from store.queries.sanction_money import sanction_money_of

NO_REASON = "没有这一类线索"


def add_routes(site: FastAPI, engine: Engine, campaign: Campaign, *, clock: Clock) -> None:
    """`/flags` and `/flags/<reason>`."""
    about = campaign.campaign
    banner = about.illustrative_banner if about.illustrative else None

    async def answer(make: Callable[[Connection], str]) -> Response:
        def work() -> Response:
            with read(engine) as conn:
                return HTMLResponse(make(conn))

        try:
            return await asyncio.to_thread(work)
        except SQLAlchemyError:
            return HTMLResponse(message_page(NO_STORE), 503)

    @site.get("/flags", include_in_schema=False)
    async def every() -> Response:
        def make(conn: Connection) -> str:
            board, register = last_board(conn), current_register(conn)
            late = cross_sector(conn, campaign, register, programmes=list(campaign.programmes))
            booked = sanction_money_of(conn)
            return flags_page(board, late, unjudged(conn), campaign, booked=booked, banner=banner)

        return await answer(make)

    @site.get("/flags/{reason}", include_in_schema=False)
    async def one(reason: str, page: str = "1") -> Response:
        if reason not in [known.value for known in Reason]:
            return HTMLResponse(message_page(NO_REASON), 404)

        def make(conn: Connection) -> str:
            found = flag_page(
                conn,
                campaign,
                current_register(conn),
                Reason(reason),
                page=page_number(page),
                now=clock.now(),
            )
            return flagged_view(found, campaign, banner=banner)

        return await answer(make)
