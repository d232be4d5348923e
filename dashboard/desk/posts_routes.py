"""`/desk/posts`: the stream of posts."""

from __future__ import annotations

from fastapi import FastAPI, Request
from sqlalchemy import Connection, Engine
from starlette.responses import HTMLResponse, Response

from dashboard.answering import answering
from dashboard.auditing import Proven, doer_of
from dashboard.clock import Clock
from dashboard.desk.asked import PAGE, BadQuestion, read_question
from dashboard.desk.parts import desk_message
from dashboard.desk.posts import posts_page
from dashboard.permissions import May, is_business_of
from domain.audit import Action
from domain.campaign import Campaign
from store.queries.post_stream import post_stream, sources_of_posts

SHOWN = 50
BAD_QUESTION = "地址里的条件不对，请回到帖文页重新选择。"


def add_routes(site: FastAPI, engine: Engine, campaign: Campaign, *, clock: Clock) -> None:
    about = campaign.campaign
    banner = about.illustrative_banner if about.illustrative else None
    answer = answering(engine)

    @site.get(PAGE, include_in_schema=False)
    async def stream(request: Request) -> Response:
        doer, visitor = doer_of(request), request.scope["visitor"]
        try:
            question = read_question(request.query_params, campaign, within=visitor.scope)
        except BadQuestion:
            return desk_message(BAD_QUESTION, 400, path=PAGE, name="回到帖文")

        def make(conn: Connection) -> Proven:
            page = None if question.too_short else post_stream(conn, question.wanted, limit=SHOWN)
            shown = posts_page(
                page,
                question,
                campaign,
                sources_of_posts(conn),
                visitor,
                may_judge=is_business_of(visitor, May.JUDGE),
                now=clock.now(),
                banner=banner,
            )
            return Proven(
                response=HTMLResponse(shown),
                doer=doer,
                action=Action.VIEW_POSTS,
                subject="posts",
                detail=question.asked | {"posts": len(page.posts) if page else 0},
            )

        return await answer(make)
