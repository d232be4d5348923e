"""Where the pages of `briefing_pages` are found. A county's people see and ask for their own county's papers alone."""

from __future__ import annotations

from fastapi import FastAPI, Request
from sqlalchemy import Connection, Engine
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dashboard.answering import answering
from dashboard.auditing import Proven, doer_of, not_theirs
from dashboard.clock import Clock
from dashboard.entry.identity import Visitor
from dashboard.forms import single_fields
from dashboard.live.snapshot import city_scope, county_scopes
from dashboard.pages import message_page
from dashboard.papers.briefing_pages import OFFERED, TABLES, briefings_page, file_name
from dashboard.papers.paper_kinds import kinds_for, may_read
from dashboard.papers.paper_tables import tables_archive
from dashboard.papers.paper_wishes import UnfitWish, read_wanted, wanted_detail
from domain.audit import Action
from domain.campaign import Campaign
from store.engine import write
from store.queries.briefings import asked_for, paper_file, published, receipts, troubles
from store.writes.audit import write_audit
from store.writes.briefings import ask

NO_PAPER = "没有这份专报"
WITHHELD = "这一版专报的引文已应请求删除，不再提供；请用同一日的新版。"
_MOST_DIGITS = 9


def add_routes(site: FastAPI, engine: Engine, campaign: Campaign, *, clock: Clock) -> None:
    """`/briefings`, asking for one there, and `/briefings/<number>.<form>`."""
    about = campaign.campaign
    banner = about.illustrative_banner if about.illustrative else None
    scopes = {s.code: s.name for s in (city_scope(campaign), *county_scopes(campaign))}

    def own(visitor: Visitor) -> dict[str, str]:
        return {code: name for code, name in scopes.items() if visitor.may_see(code)}

    answer = answering(engine)

    def page(conn: Connection, visitor: Visitor, trouble: str | None = None, status: int = 200) -> Response:
        kinds, named = kinds_for(visitor), own(visitor)
        papers = published(conn, scope=visitor.scope, kinds=kinds)
        shown = briefings_page(
            papers,
            receipts(conn, papers),
            asked_for(conn),
            troubles(conn),
            named,
            kinds=kinds,
            now=clock.now(),
            banner=banner,
            trouble=trouble,
        )
        return HTMLResponse(shown, status)

    @site.get("/briefings", include_in_schema=False)
    async def every(request: Request) -> Response:
        visitor: Visitor = request.scope["visitor"]
        return await answer(lambda conn: page(conn, visitor))

    @site.post("/briefings", include_in_schema=False)
    async def wanted(request: Request) -> Response:
        visitor: Visitor = request.scope["visitor"]
        doer = doer_of(request)
        told = await single_fields(request) or {}

        def make(conn: Connection) -> Response:
            try:
                wanted = read_wanted(conn, campaign, scopes, told, visitor, now=clock.now())
            except UnfitWish as error:
                return page(conn, visitor, error.words, 422)
            if ask(conn, wanted, by=visitor.name, now=clock.now()):
                write_audit(conn, doer, Action.BRIEFING_ASK, subject="briefing", detail=wanted_detail(wanted))
            return RedirectResponse("/briefings", 303)

        return await answer(make, write)

    @site.get("/briefings/{number}.{form}", include_in_schema=False)
    async def download(request: Request, number: str, form: str) -> Response:
        return await file(request, number, form, "attachment")

    @site.get("/briefings/{number}/preview", include_in_schema=False)
    async def preview(request: Request, number: str) -> Response:
        """The mail's page, as it was published: without script, under the site's own policy."""
        return await file(request, number, "html", "inline")

    async def file(request: Request, number: str, form: str, disposition: str) -> Response:
        visitor: Visitor = request.scope["visitor"]
        doer = doer_of(request)
        known = number.isascii() and number.isdigit() and len(number) <= _MOST_DIGITS and form in OFFERED

        def make(conn: Connection) -> Response | Proven:
            kept = "json" if form == TABLES else form
            found = paper_file(conn, int(number), kept) if known else None
            if found is None or not may_read(visitor, found[0].kind, found[0].scope):
                if found is not None:
                    not_theirs(request)
                return HTMLResponse(message_page(NO_PAPER), 404)
            paper, body = found
            if paper.withheld_at is not None:
                return HTMLResponse(message_page(WITHHELD), 410)
            body = tables_archive(body) if form == TABLES else body
            headers = {"content-disposition": f'{disposition}; filename="{file_name(paper, form)}"'}
            return Proven(
                response=Response(body, media_type=OFFERED[form][1], headers=headers),
                doer=doer,
                action=Action.EXPORT,
                subject=f"briefing {number}",
                detail={"form": form, "scope": paper.scope, "as_of": paper.as_of, "edition": paper.edition},
            )

        return await answer(make)
