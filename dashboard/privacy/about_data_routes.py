"""`/about-data`: for whoever has signed in."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from fastapi import FastAPI, Request
from sqlalchemy import Connection, Engine
from starlette.responses import HTMLResponse, Response

from dashboard.answering import answering
from dashboard.clock import Clock
from dashboard.permissions import May, is_business_of
from dashboard.privacy.about_data_page import about_data_page
from dashboard.sources.promised import promised
from domain.campaign import Campaign
from domain.errors import ConfigError
from store.queries.kept import kept
from store.queries.sources import Expected, sources_of

log = logging.getLogger(__name__)


def add_routes(site: FastAPI, engine: Engine, campaign: Campaign, sources: Path, *, clock: Clock) -> None:
    """`sources`: the path of `sources.toml`."""
    answer = answering(engine)

    @site.get("/about-data", include_in_schema=False)
    async def look(request: Request) -> Response:
        visitor = request.scope.get("visitor")
        may_forget = visitor is not None and is_business_of(visitor, May.JUDGE)

        def make(conn: Connection) -> Response:
            own = sources_of(_sources(sources), campaign, within=visitor.scope if visitor else None)
            page = about_data_page(campaign, kept(conn), own, as_of=clock.now(), may_forget=may_forget)
            return HTMLResponse(page)

        return await answer(make)


def _sources(path: Path) -> Sequence[Expected]:
    """A file that cannot be read is the sources page's trouble, not this one's."""
    try:
        return promised(path)
    except ConfigError as error:
        log.error("the page about data has no sources: %s", error)
        return ()
