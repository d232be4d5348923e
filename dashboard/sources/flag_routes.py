"""Where the pages of `flag_pages` are found. The board is what the worker kept; a list is worked out when asked for."""

from __future__ import annotations

from fastapi import FastAPI, Request
from sqlalchemy import Connection, Engine
from starlette.responses import HTMLResponse, Response

from dashboard.answering import answering
from dashboard.auditing import Proven, doer_of
from dashboard.clock import Clock
from dashboard.pages import message_page
from dashboard.sources.flag_pages import flagged_view, flags_page
from dashboard.sources.source_routes import page_number
from domain.audit import Action
from domain.campaign import Campaign
from domain.flags import Reason
from store.queries.flags import cross_sector, flag_page, last_board, unjudged
from store.queries.register import current_register
from store.queries.sanction_money import sanction_money_of

NO_REASON = "没有这一类线索"


def add_routes(site: FastAPI, engine: Engine, campaign: Campaign, *, clock: Clock) -> None:
    """`/flags` and `/flags/<reason>`."""
    about = campaign.campaign
    banner = about.illustrative_banner if about.illustrative else None

    answer = answering(engine)

    @site.get("/flags", include_in_schema=False)
    async def every() -> Response:
        def make(conn: Connection) -> Response:
            board, register = last_board(conn), current_register(conn)
            late = cross_sector(conn, campaign, register, programmes=list(campaign.programmes))
            booked = sanction_money_of(conn)
            return HTMLResponse(
                flags_page(board, late, unjudged(conn), campaign, booked=booked, banner=banner)
            )

        return await answer(make)

    @site.get("/flags/{reason}", include_in_schema=False)
    async def one(request: Request, reason: str, page: str = "1") -> Response:
        doer = doer_of(request)
        if reason not in [known.value for known in Reason]:
            return HTMLResponse(message_page(NO_REASON), 404)

        def make(conn: Connection) -> Proven:
            found = flag_page(
                conn,
                campaign,
                current_register(conn),
                Reason(reason),
                page=page_number(page),
                now=clock.now(),
            )
            return Proven(
                response=HTMLResponse(flagged_view(found, campaign, banner=banner)),
                doer=doer,
                action=Action.VIEW_FLAGGED,
                subject=f"flags {reason}",
                detail={"page": found.page, "rows": len(found.events)},
            )

        return await answer(make)
