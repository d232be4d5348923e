"""Where people judge posts."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import FastAPI, Request
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError
from sqlalchemy import Connection, Engine
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dashboard.answering import answering
from dashboard.auditing import Proven, doer_of
from dashboard.clock import Clock
from dashboard.desk.labelling_page import labelling_page
from dashboard.forms import form_fields
from dashboard.pages import message_page
from domain.audit import Action
from domain.campaign import Campaign
from domain.errors import StoreError
from domain.issues import ISSUES
from domain.judgement import Judgement
from domain.records import Label, Relevance
from store.engine import write
from store.queries.labelling import judged_count, sampled_posts, uncertain_posts
from store.writes.audit import write_audit
from store.writes.corrections import correct_post
from store.writes.intake import move_version

PAGE = "/posts/labelling"
OFFERED = 10
NO_POST = "没有这条帖文，或它还没有被研判。"
BAD_FORM = "提交的内容不完整，请返回重试。"
_BACK = Annotated[str, StringConstraints(pattern=r"^(/desk/posts(\?[!-~]{0,1500})?)?$")]
_POST = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,17}$")]


class _Form(BaseModel):
    """What the page's form sends; anything else is refused."""

    model_config = ConfigDict(extra="forbid")

    post: _POST
    relevance: Relevance
    label: Label | Literal[""]
    issue: tuple[str, ...]
    county: str
    back: _BACK = ""

    def judgement(self, campaign: Campaign) -> Judgement:
        """Raises ValueError for an issue or county that does not exist."""
        if not set(self.issue) <= set(ISSUES) or (self.county and self.county not in campaign.divisions):
            raise ValueError("no such issue or county")
        return Judgement(
            relevance=self.relevance,
            label=self.label or None,
            issues=tuple(i for i in ISSUES if i in self.issue),
            county=self.county or None,
        )


def add_routes(site: FastAPI, engine: Engine, campaign: Campaign, *, clock: Clock) -> None:
    """`/posts/labelling` and `/posts/<id>/judgement`."""

    answer = answering(engine)

    @site.get(PAGE, include_in_schema=False)
    async def offer(request: Request) -> Response:
        doer = doer_of(request)

        def make(conn: Connection) -> Proven:
            lists = uncertain_posts(conn, limit=OFFERED), sampled_posts(conn, limit=OFFERED)
            page = labelling_page(campaign, *lists, judged=judged_count(conn), as_of=clock.now())
            return Proven(
                response=HTMLResponse(page),
                doer=doer,
                action=Action.VIEW_POSTS,
                subject="posts to judge",
                detail={"posts": sum(map(len, lists))},
            )

        return await answer(make)

    @site.post("/posts/{post}/judgement", include_in_schema=False)
    async def judge(request: Request, post: str) -> Response:
        fields = await form_fields(request)
        try:
            form = _Form.model_validate(_single(fields or {}) | {"post": post})
            judgement = form.judgement(campaign)
        except (ValidationError, ValueError):
            return HTMLResponse(message_page(BAD_FORM), 400)
        doer = doer_of(request)

        def make(conn: Connection) -> Response:
            try:
                correct_post(conn, int(form.post), judgement, by=doer.name, now=clock.now())
            except StoreError:
                return HTMLResponse(message_page(NO_POST), 404)
            move_version(conn, clock.now())
            write_audit(conn, doer, Action.JUDGE_POST, subject=f"post {form.post}", detail=asdict(judgement))
            return RedirectResponse(f"{form.back}#p{form.post}" if form.back else PAGE, 303)

        return await answer(make, write)


def _single(fields: dict[str, list[str]]) -> dict[str, object]:
    """One value each, but issues; a browser leaves out what is empty."""
    several = {"label": "", "county": "", "issue": fields.pop("issue", [])}
    return several | {name: values[0] for name, values in fields.items()}
