"""`/admin/audit` and the same as a file: for who audits and who administers. Nobody writes the log by hand."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import BinaryIO

from fastapi import FastAPI, Request
from sqlalchemy import Connection, Engine
from starlette.datastructures import QueryParams
from starlette.responses import HTMLResponse, Response, StreamingResponse

from dashboard.admin.audit_export import FORMS, scope_of, write_entries
from dashboard.admin.audit_page import Asked, Chain, audit_log_page
from dashboard.admin.audit_words import ROLES
from dashboard.anchors import read_anchors
from dashboard.answering import answering
from dashboard.auditing import Proven, doer_of
from dashboard.pages import message_page
from domain.audit import ACTION, Action
from domain.campaign import Campaign
from domain.terms import SHANGHAI
from domain.text import clean_text
from store.queries.audit import Wanted, audit_entries, audit_head_of, audit_page, hash_of, newest_entry

PAGE_ROWS = 50
NO_FORM = "没有这种格式"
_PART_BYTES = 65_536
_MOST_DIGITS = 15
_NAME_CHARACTERS = 64


def add_routes(
    site: FastAPI, engine: Engine, campaign: Campaign, anchors: Path, *, real_now: Callable[[], datetime]
) -> None:
    """`anchors`: their file, as this machine has it."""
    about = campaign.campaign
    banner = about.illustrative_banner if about.illustrative else None
    places = {about.city_code: "全市"} | {d.code: d.name for d in campaign.division}
    names = {office.id: office.name for office in campaign.office} | ROLES | places

    answer = answering(engine)

    @site.get("/admin/audit", include_in_schema=False)
    async def look(request: Request) -> Response:
        asked = read_asked(request.query_params)

        def make(conn: Connection) -> Response:
            found = audit_page(conn, _wanted(asked), limit=PAGE_ROWS + 1, before=asked.before)
            page = audit_log_page(
                found[:PAGE_ROWS],
                _chain(conn, anchors),
                asked,
                more=len(found) > PAGE_ROWS,
                names=names,
                now=real_now(),
                banner=banner,
            )
            return HTMLResponse(page)

        return await answer(make)

    @site.get("/admin/audit.{form}", include_in_schema=False)
    async def take(request: Request, form: str) -> Response:
        asked, doer = read_asked(request.query_params), doer_of(request)
        if form not in FORMS:
            return HTMLResponse(message_page(NO_FORM), 404)

        def make(conn: Connection) -> Proven:
            wanted = _wanted(asked)
            file = tempfile.TemporaryFile()  # noqa: SIM115 -- it goes out with the answer
            rows = write_entries(file, form, audit_entries(conn, wanted))
            file.seek(0)
            headers = {"content-disposition": f'attachment; filename="audit.{form}"'}
            return Proven(
                response=StreamingResponse(_parts(file), media_type=FORMS[form], headers=headers),
                doer=doer,
                action=Action.EXPORT,
                subject="audit log",
                detail={"form": form, "rows": rows} | scope_of(wanted),
            )

        return await answer(make)


def _parts(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while part := file.read(_PART_BYTES):
            yield part


def read_asked(query: QueryParams) -> Asked:
    """What cannot be asked for is not asked for."""
    action, before = query.get("action", ""), query.get("before", "")
    is_number = before.isascii() and before.isdigit() and len(before) <= _MOST_DIGITS
    return Asked(
        who=clean_text(query.get("who", ""))[:_NAME_CHARACTERS],
        action=action if action in ACTION else "",
        day=_day(query.get("day", "")),
        before=int(before) if is_number and int(before) > 0 else None,
    )


def _day(told: str) -> date | None:
    try:
        found = date.fromisoformat(told)
    except ValueError:
        return None
    return found if 2000 <= found.year < 2100 else None


def _wanted(asked: Asked) -> Wanted:
    start = None if asked.day is None else datetime.combine(asked.day, time(), SHANGHAI)
    return Wanted(
        who=asked.who or None,
        action=asked.action or None,
        since=start,
        until=None if start is None else start + timedelta(days=1),
    )


def _chain(conn: Connection, path: Path) -> Chain:
    anchors = read_anchors(path)
    newest = anchors.newest
    return Chain(
        head=audit_head_of(conn),
        verified=newest_entry(conn, Action.VERIFY),
        anchors=anchors,
        is_anchor_there=newest is not None and hash_of(conn, newest.number) == newest.hash,
    )
