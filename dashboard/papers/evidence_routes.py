"""`/evidence/<scope>`: where the references of papers lead. The gate has seen to it that the scope is the visitor's."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from fastapi import FastAPI, Request
from sqlalchemy import Connection, Engine
from starlette.responses import HTMLResponse, Response

from briefing.draft import Question
from briefing.evidence import Readings
from briefing.evidence_reach import talk_behind
from briefing.reference import Moment
from dashboard.answering import answering
from dashboard.auditing import Proven, doer_of, not_theirs
from dashboard.clock import Clock
from dashboard.entry.identity import Visitor
from dashboard.live.snapshot import city_scope, county_scopes
from dashboard.pages import message_page
from dashboard.papers.evidence_asked import Asked, BadReference, read_reference
from dashboard.papers.evidence_page import Sheet, Told, figure_page, index_page, published_page
from dashboard.papers.evidence_quote import gone_page, quote_page
from dashboard.papers.evidence_told import told_in
from dashboard.papers.paper_kinds import may_read
from dashboard.papers.paper_wishes import scope_of_alert
from dashboard.permissions import May, is_business_of
from dashboard.sources.promised import promised
from domain.audit import Action, Doer
from domain.campaign import Campaign
from domain.errors import ConfigError, StoreError
from domain.papers import PaperKind
from domain.readings import Scope
from store.queries.briefings import Published, edition_of, paper_file
from store.queries.cases import find_case
from store.queries.evidence import quoted_post
from store.queries.sources import Expected

log = logging.getLogger(__name__)

BAD = "出处地址不完整，请从专报中重新打开。"
NOTHING = "没有这样的数字或引文：专报可能来自另一资金批次，或地址有误。"


def add_routes(site: FastAPI, engine: Engine, campaign: Campaign, sources: Path, *, clock: Clock) -> None:
    """`sources`: the path of `sources.toml`."""
    scopes = {s.code: s for s in (city_scope(campaign), *county_scopes(campaign))}
    answer = answering(engine)

    @site.get("/evidence/{scope}", include_in_schema=False)
    async def open_(request: Request, scope: str) -> Response:
        doer, visitor = doer_of(request), request.scope["visitor"]
        try:
            asked = read_reference(scope, request.query_params, now=clock.now())
        except BadReference:
            return HTMLResponse(message_page(BAD), 400)
        if scope not in scopes or asked.at.tranche not in (None, campaign.in_scope.name):
            return HTMLResponse(message_page(NOTHING), 404)

        def make(conn: Connection) -> Response | Proven:
            if _is_anothers(conn, asked.at, visitor):
                not_theirs(request)
                return HTMLResponse(message_page(NOTHING), 404)
            if not _is_there(conn, asked.at, scopes):
                return HTMLResponse(message_page(NOTHING), 404)
            sheet = _sheet(conn, campaign, scopes[scope], asked, visitor)
            question = _question(conn, campaign, _expected(sources), sheet)
            try:
                if asked.post is not None:
                    in_full = is_business_of(visitor, May.DESK)
                    return _quote(question, sheet, asked.post, doer, in_full=in_full)
                return HTMLResponse(*_figure(question, sheet, asked.figure))
            except (
                StoreError
            ):  # an alert that was split off has an older one's moment, and no history from then
                return HTMLResponse(message_page(NOTHING), 404)

        return await answer(make)


def _is_anothers(conn: Connection, at: Moment, visitor: Visitor) -> bool:
    """A kind of paper that others read, or an alert that is there and others'."""
    if not may_read(visitor, at.kind, at.scope):
        return True
    if at.kind is not PaperKind.EVENT or find_case(conn, at.alert_id) is None:
        return False
    return find_case(conn, at.alert_id, within=visitor.scope) is None


def _is_there(conn: Connection, at: Moment, scopes: Mapping[str, Scope]) -> bool:
    """An alert is one of that very scope, and there by then."""
    if at.kind is not PaperKind.EVENT:
        return True
    case = find_case(conn, at.alert_id)
    names = {code: scope.name for code, scope in scopes.items()}
    if case is None or scope_of_alert(case.county, names) != at.scope:
        return False
    return case.raised_at <= at.as_of


def _question(conn: Connection, campaign: Campaign, expected: Sequence[Expected], sheet: Sheet) -> Question:
    at = sheet.at
    return Question(
        conn=conn, campaign=campaign, configured=expected, scope=sheet.scope, as_of=at.as_of, known_by=at.known_by,
        alert_id=at.alert_id,
    )  # fmt: skip


def _sheet(conn: Connection, campaign: Campaign, scope: Scope, asked: Asked, visitor: Visitor) -> Sheet:
    """A paper that is not the visitor's to read is none here either."""
    about = campaign.campaign
    paper = edition_of(conn, scope.code, asked.version) if asked.version else None
    paper = paper if paper and may_read(visitor, paper.kind, paper.scope) else None
    file = paper_file(conn, paper.briefing_id, "json") if paper else None
    return Sheet(
        scope=scope,
        at=asked.at,
        tranche=campaign.in_scope.name,
        version=asked.version,
        told=_told(*file, asked) if file else None,
        banner=about.illustrative_banner if about.illustrative else None,
    )


def _told(paper: Published, body: bytes, asked: Asked) -> Told:
    """A withheld paper's figures stand; what it quotes is told no more, here either."""
    is_withheld = paper.withheld_at is not None and asked.post is not None
    return Told(paper=paper, words=None if is_withheld else told_in(body, asked))


def _figure(asked: Question, sheet: Sheet, figure: str | None) -> tuple[str, int]:
    readings = Readings(asked, sheet.at.kind)
    if figure is None:
        return index_page(sheet, readings), 200
    # a reference of before they named their kind: another may call something else by the same name
    is_its_own = sheet.told is None or sheet.told.paper.kind is sheet.at.kind
    found = readings.evidence(figure) if is_its_own else None
    if found is not None:
        return figure_page(sheet, readings, found), 200
    if sheet.told is not None and sheet.told.words is not None:
        return published_page(sheet, figure), 200
    return message_page(NOTHING), 404


def _quote(asked: Question, sheet: Sheet, post_id: int, doer: Doer, *, in_full: bool) -> Response | Proven:
    """Only a post that the paper's readings of the scope have: no other is anybody's business here."""
    said = talk_behind(sheet.at.kind, asked).said
    found = next((post for post in said if post.post_id == post_id), None)
    post = quoted_post(asked.conn, post_id)
    if found is None or post is None:
        was_cited = sheet.told is not None and sheet.told.words is not None and post is None
        return HTMLResponse(gone_page(sheet)) if was_cited else HTMLResponse(message_page(NOTHING), 404)
    shown = HTMLResponse(quote_page(sheet, found, post, in_full=in_full))
    if not in_full or post.forgotten_at is not None:
        return shown
    detail: dict[str, object] = {"posts": 1, "scope": sheet.scope.code}
    return Proven(
        response=shown, doer=doer, action=Action.VIEW_POSTS, subject=f"post {post_id}", detail=detail
    )


def _expected(path: Path) -> Sequence[Expected]:
    """A file that cannot be read is the sources page's trouble, not this one's."""
    try:
        return promised(path)
    except ConfigError as error:
        log.error("the page of evidence has no sources: %s", error)
        return ()
