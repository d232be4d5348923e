"""`/flags/leads` and `/flags/leads/<number>`: merchant leads for whoever checks merchants."""

from __future__ import annotations

from fastapi import FastAPI, Request
from sqlalchemy import Connection, Engine
from starlette.responses import HTMLResponse, Response

from dashboard.answering import answering
from dashboard.auditing import Proven, doer_of
from dashboard.clock import Clock
from dashboard.desk.routes import number_in
from dashboard.pages import message_page
from dashboard.sources.lead_pages import lead_page, leads_page
from domain.audit import Action
from domain.campaign import Campaign
from domain.topics import LEADS
from store.queries.alert_records import alert_records
from store.queries.cases import find_case, open_cases
from store.queries.evidence import trade_of

NO_LEAD = "没有这条商户线索。"


def add_routes(site: FastAPI, engine: Engine, campaign: Campaign, *, clock: Clock) -> None:
    about = campaign.campaign
    banner = about.illustrative_banner if about.illustrative else None
    answer = answering(engine)

    @site.get("/flags/leads", include_in_schema=False)
    async def every() -> Response:
        def make(conn: Connection) -> Response:
            now = clock.now()
            leads = open_cases(conn, now=now, rules=LEADS, limit=None)
            return HTMLResponse(leads_page(leads, now=now, banner=banner))

        return await answer(make)

    @site.get("/flags/leads/{number}", include_in_schema=False)
    async def one(request: Request, number: str) -> Response:
        doer = doer_of(request)

        def make(conn: Connection) -> Response | Proven:
            case = find_case(conn, number_in(number))
            if case is None or case.rule not in LEADS:
                return HTMLResponse(message_page(NO_LEAD), 404)
            records = alert_records(conn, campaign, case)
            trade = trade_of(conn, campaign, case, case.county)
            return Proven(
                response=HTMLResponse(
                    lead_page(case, records, trade, campaign, now=clock.now(), banner=banner)
                ),
                doer=doer,
                action=Action.VIEW_FLAGGED,
                subject=f"lead {case.alert_id}",
                detail={"rows": len(records.events)},
            )

        return await answer(make)
