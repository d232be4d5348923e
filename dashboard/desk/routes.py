"""`/desk`: the queue, one alert, what people do with it, and the ledger of it all."""

from __future__ import annotations

from datetime import datetime

from fastapi import FastAPI, Request
from sqlalchemy import Connection, Engine
from starlette.responses import HTMLResponse, RedirectResponse, Response

from alerts.again import level_again
from alerts.parameters import Parameters
from dashboard.auditing import Proven, doer_of, not_theirs
from dashboard.clock import Clock
from dashboard.desk.answering import desk_answering
from dashboard.desk.case import case_page
from dashboard.desk.form import BadForm, act_detail, read_act, read_by_hand
from dashboard.desk.ledger import ledger_csv, ledger_rows, ledger_xlsx
from dashboard.desk.parts import desk_message
from dashboard.desk.queue import Queue, by_hand_page, queue_page, queue_part
from dashboard.entry.identity import Visitor
from dashboard.forms import form_fields
from domain.audit import Action
from domain.campaign import Campaign
from domain.cases import Case, record_of
from domain.errors import OvertakenError
from domain.evidence import system_evidence
from domain.terms import LEVEL
from domain.topics import is_about_posts
from store.engine import write
from store.queries.alert_records import alert_records
from store.queries.cases import cases_since, find_case, history_of, newest_move, open_cases
from store.queries.evidence import evidence_posts, trade_around, trade_of
from store.queries.outbox import channel_health, channels_used, told_of
from store.queries.rule_parameters import kept_parameters, rules_in_force
from store.queries.shifts import waiting_notes
from store.queries.splits import split_off_from
from store.writes.audit import write_audit
from store.writes.cases import act, open_by_hand, told_by_hand
from store.writes.intake import move_version

NO_ALERT = "没有这条预警。"
BAD_FORM = "提交的内容不完整，请返回重试。"
OVERTAKEN = "没有办理：页面打开之后，这条预警已由他人办理，或等级有变。请看过现在的情况再办。"
_MOST_DIGITS = 15
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def add_routes(site: FastAPI, engine: Engine, campaign: Campaign, *, clock: Clock) -> None:
    about = campaign.campaign
    banner = about.illustrative_banner if about.illustrative else None

    answer = desk_answering(engine)

    @site.get("/desk", include_in_schema=False)
    async def queue(request: Request) -> Response:
        visitor = request.scope["visitor"]

        def make(conn: Connection) -> Response:
            now = clock.now()
            shown = _queue(conn, campaign, visitor, now=now)
            return HTMLResponse(queue_page(*shown, visitor, now=now, banner=banner))

        return await answer(make)

    @site.get("/api/v1/desk", include_in_schema=False)
    async def live(request: Request) -> Response:
        visitor = request.scope["visitor"]

        def make(conn: Connection) -> Response:
            now = clock.now()
            return HTMLResponse(queue_part(*_queue(conn, campaign, visitor, now=now), now=now))

        return await answer(make)

    @site.get("/desk/alerts", include_in_schema=False)
    async def new(request: Request) -> Response:
        return HTMLResponse(by_hand_page(campaign, request.scope["visitor"], now=clock.now(), banner=banner))

    @site.get("/desk/alerts/{number}", include_in_schema=False)
    async def one(request: Request, number: str) -> Response:
        doer, visitor = doer_of(request), request.scope["visitor"]

        def make(conn: Connection) -> Response | Proven:
            case = find_case(conn, number_in(number), within=visitor.scope)
            if case is None:
                _note_if_anothers(conn, request, number_in(number))
                return desk_message(NO_ALERT, 404)
            return Proven(
                response=HTMLResponse(_page(conn, case, campaign, visitor, now=clock.now(), banner=banner)),
                doer=doer,
                action=Action.VIEW_POSTS,
                subject=f"alert {case.alert_id}",
                detail={"posts": case.evidence_count},
            )

        return await answer(make)

    @site.post("/desk/alerts/{number}/act", include_in_schema=False)
    async def do(request: Request, number: str) -> Response:
        doer, alert_id = doer_of(request), number_in(number)
        within = request.scope["visitor"].scope
        try:
            what = read_act(_single(await form_fields(request)), campaign)
        except BadForm:
            return desk_message(BAD_FORM, 400)

        def make(conn: Connection) -> Response:
            if find_case(conn, alert_id, within=within) is None:
                _note_if_anothers(conn, request, alert_id)
            try:
                act(conn, alert_id, what, who=doer.name, now=clock.now(), within=within)
            except OvertakenError:
                return desk_message(OVERTAKEN, 409, path=f"/desk/alerts/{alert_id}", name="看这条预警")
            move_version(conn, clock.now())
            write_audit(conn, doer, Action.ALERT_ACT, subject=f"alert {alert_id}", detail=act_detail(what))
            return RedirectResponse(f"/desk/alerts/{alert_id}", 303)

        return await answer(make, write)

    @site.post("/desk/alerts", include_in_schema=False)
    async def by_hand(request: Request) -> Response:
        doer = doer_of(request)
        try:
            found = read_by_hand(_single(await form_fields(request)), campaign)
        except BadForm:
            return desk_message(BAD_FORM, 400)

        def make(conn: Connection) -> Response:
            now = clock.now()
            alert_id = told_by_hand(conn, **found, who=doer.name, now=now)
            if alert_id is None:
                alert_id = open_by_hand(conn, **found, who=doer.name, now=now)
                move_version(conn, now)
                detail = {"level": found["level"], "county": found["county"]}
                write_audit(conn, doer, Action.ALERT_OPEN, subject=f"alert {alert_id}", detail=detail)
            return RedirectResponse(f"/desk/alerts/{alert_id}", 303)

        return await answer(make, write)

    @site.get("/desk/ledger.{form}", include_in_schema=False)
    async def ledger(request: Request, form: str) -> Response:
        doer = doer_of(request)
        if form not in ("csv", "xlsx"):
            return desk_message(NO_ALERT, 404)

        def make(conn: Connection) -> Proven:
            now = clock.now()
            rows = _ledger(conn, campaign, now)
            name = f'attachment; filename="desk-ledger.{form}"'
            body, kind = (
                (ledger_csv(rows), "text/csv; charset=utf-8") if form == "csv" else (ledger_xlsx(rows), _XLSX)
            )
            return Proven(
                response=Response(body, media_type=kind, headers={"content-disposition": name}),
                doer=doer,
                action=Action.EXPORT,
                subject="desk ledger",
                detail={"form": form, "scope": about.city_code, "as_of": now, "rows": len(rows)},
            )

        return await answer(make)


def _note_if_anothers(conn: Connection, request: Request, alert_id: int) -> None:
    if find_case(conn, alert_id) is not None:
        not_theirs(request)


def _queue(conn: Connection, campaign: Campaign, visitor: Visitor, *, now: datetime) -> Queue:
    within = visitor.scope
    return (
        open_cases(conn, now=now, within=within, limit=None),
        record_of(cases_since(conn, since=None, within=within)),
        channel_health(conn, channels_used(conn), now=now) if within is None else [],
        waiting_notes(conn) if within is None else (),
        campaign,
        _switched_off(conn),
    )


def _page(
    conn: Connection, case: Case, campaign: Campaign, visitor: Visitor, *, now: datetime, banner: str | None
) -> str:
    """A county that was assigned an alert of another place sees its own money beside it, and no channels."""
    within = visitor.scope
    return case_page(
        case,
        history_of(conn, [case.alert_id])[case.alert_id],
        evidence_posts(conn, case.evidence) if is_about_posts(case.rule) else (),
        trade_of(conn, campaign, case, within or case.county),
        system_evidence(trade_around(conn, campaign, within or case.county, until=case.refreshed_at))
        if is_about_posts(case.rule)
        else None,
        told_of(conn, case.alert_id) if within is None else (),
        campaign,
        visitor,
        records=alert_records(conn, campaign, case),
        again=_again(conn, case),
        split_off=split_off_from(conn, case.alert_id) if within is None else (),
        shown=newest_move(conn, case.alert_id),
        now=now,
        banner=banner,
    )


def _again(conn: Connection, case: Case) -> tuple[bool, str] | None:
    """The rule's level worked out once more from the facts and the parameters that were kept."""
    kept = kept_parameters(conn, case.rule, case.parameters) if case.parameters else None
    level = level_again(case.rule, case.facts, kept)
    if level is None or case.computed_level is None:
        return None
    return level is case.computed_level, LEVEL[level]


def _switched_off(conn: Connection) -> tuple[str, ...]:
    """Names of the rules that the worker does not run."""
    known = Parameters()
    kept = rules_in_force(conn)
    return tuple(given.name for rule, given in known.each() if rule in kept and not kept[rule].content["on"])


def _ledger(conn: Connection, campaign: Campaign, now: datetime) -> list[tuple[str, ...]]:
    cases = cases_since(conn, since=None)
    histories = history_of(conn, [case.alert_id for case in cases])
    return ledger_rows(cases, histories, campaign, now=now)


def number_in(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else 0


def _single(fields: dict[str, list[str]] | None) -> dict[str, str]:
    return {name: values[0] for name, values in (fields or {}).items()}
