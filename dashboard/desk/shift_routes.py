"""`/desk/shift`, and splitting an alert: what people write at the desk beside the acts of a case."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from fastapi import FastAPI, Request
from sqlalchemy import Connection, Engine
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dashboard.auditing import doer_of
from dashboard.clock import Clock
from dashboard.desk.answering import desk_answering
from dashboard.desk.form import BadForm, read_split
from dashboard.desk.parts import desk_message
from dashboard.desk.routes import BAD_FORM, number_in
from dashboard.desk.shift import PAGE, shift_page
from dashboard.forms import form_fields
from domain.audit import Action
from domain.campaign import Campaign
from domain.text import clean_text
from store.engine import write
from store.queries.cases import open_cases
from store.queries.shifts import shift_notes_of_late
from store.writes.audit import write_audit
from store.writes.intake import move_version
from store.writes.shifts import hand_over, take_over
from store.writes.splits import split_off


def add_routes(site: FastAPI, engine: Engine, campaign: Campaign, *, clock: Clock) -> None:
    about = campaign.campaign
    banner = about.illustrative_banner if about.illustrative else None
    answer = desk_answering(engine)

    async def written(to: str, work: Callable[[Connection, datetime], str | None]) -> Response:
        """Do it in one transaction and go on to `to`, or where the work says."""

        def make(conn: Connection) -> Response:
            now = clock.now()
            target = work(conn, now)
            move_version(conn, now)
            return RedirectResponse(target or to, 303)

        return await answer(make, write)

    @site.get(PAGE, include_in_schema=False)
    async def shift(request: Request) -> Response:
        visitor = request.scope["visitor"]

        def make(conn: Connection) -> Response:
            now = clock.now()
            notes, cases = shift_notes_of_late(conn), open_cases(conn, now=now, limit=None)
            return HTMLResponse(shift_page(notes, cases, visitor, now=now, banner=banner))

        return await answer(make)

    @site.post(PAGE, include_in_schema=False)
    async def over(request: Request) -> Response:
        doer = doer_of(request)
        text = clean_text((await form_fields(request) or {}).get("text", [""])[0])

        def work(conn: Connection, now: datetime) -> None:
            number = hand_over(conn, text, who=doer.name, now=now)
            write_audit(conn, doer, Action.SHIFT, subject=f"shift note {number}", detail={"taken": False})

        return await written(PAGE, work)

    @site.post(PAGE + "/{number}/take", include_in_schema=False)
    async def take(request: Request, number: str) -> Response:
        doer, note = doer_of(request), number_in(number)

        def work(conn: Connection, now: datetime) -> None:
            take_over(conn, note, who=doer.name, now=now)
            write_audit(conn, doer, Action.SHIFT, subject=f"shift note {note}", detail={"taken": True})

        return await written("/desk", work)

    @site.post("/desk/alerts/{number}/split", include_in_schema=False)
    async def split(request: Request, number: str) -> Response:
        doer, alert_id = doer_of(request), number_in(number)
        try:
            asked = read_split(await form_fields(request) or {})
        except BadForm:
            return desk_message(BAD_FORM, 400)

        def work(conn: Connection, now: datetime) -> str:
            new = split_off(conn, alert_id, **asked, who=doer.name, now=now)
            told = {"action": "split", "target": new, "posts": len(asked["posts"])}
            write_audit(conn, doer, Action.ALERT_ACT, subject=f"alert {alert_id}", detail=told)
            return f"/desk/alerts/{new}"

        return await written("/desk", work)
