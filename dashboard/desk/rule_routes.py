"""`/desk/rules`: the rules as they are in force; a backtest is asked for here and run by the worker."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import FastAPI, Request
from sqlalchemy import Connection, Engine
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dashboard.answering import answering
from dashboard.auditing import doer_of
from dashboard.clock import Clock
from dashboard.desk.rule_form import BadBacktest, read_rule, read_wanted
from dashboard.desk.rule_pages import rules_page
from dashboard.entry.identity import Visitor
from dashboard.forms import form_fields
from domain.audit import Action
from domain.campaign import Campaign
from store.engine import write
from store.queries.backtests import latest_backtests
from store.queries.rule_parameters import rules_in_force
from store.writes.audit import write_audit
from store.writes.backtests import ask_backtest

SHOWN = 3
BUSY = "这条规则已有一次回放在等待，请待其完成。"


def add_routes(site: FastAPI, engine: Engine, campaign: Campaign, *, clock: Clock) -> None:
    about = campaign.campaign
    banner = about.illustrative_banner if about.illustrative else None
    answer = answering(engine)

    def page(
        conn: Connection, visitor: Visitor, *, fields: Mapping[str, str], problem: str | None, status: int
    ) -> Response:
        words = rules_page(
            rules_in_force(conn),
            latest_backtests(conn, limit=SHOWN),
            campaign,
            visitor,
            fields=fields,
            problem=problem,
            now=clock.now(),
            banner=banner,
        )
        return HTMLResponse(words, status)

    @site.get("/desk/rules", include_in_schema=False)
    async def rules(request: Request) -> Response:
        visitor, fields = request.scope["visitor"], request.query_params
        return await answer(lambda conn: page(conn, visitor, fields=fields, problem=None, status=200))

    @site.post("/desk/rules/backtests", include_in_schema=False)
    async def ask(request: Request) -> Response:
        doer, visitor = doer_of(request), request.scope["visitor"]
        posted = await form_fields(request) or {}
        fields = {name: values[0] for name, values in posted.items()}

        def make(conn: Connection) -> Response:
            now = clock.now()
            try:
                rule = read_rule(fields)
                kept = rules_in_force(conn).get(rule)
                wanted = read_wanted(rule, fields, kept.content if kept else None, now=now)
            except BadBacktest as problem:
                return page(conn, visitor, fields=fields, problem=str(problem), status=400)
            span = {"since": wanted.since, "until": wanted.until}
            if not ask_backtest(conn, rule, **span, changes=wanted.changes, who=doer.name, now=now):
                return page(conn, visitor, fields=fields, problem=BUSY, status=409)
            write_audit(conn, doer, Action.BACKTEST, subject=f"rule {rule}", detail=span)
            return RedirectResponse("/desk/rules#backtest", 303)

        return await answer(make, write)
