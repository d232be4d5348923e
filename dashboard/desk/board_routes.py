"""`/desk/board`: trends and issues."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from fastapi import FastAPI, Request
from sqlalchemy import Connection, Engine
from starlette.responses import HTMLResponse, Response

from dashboard.answering import answering
from dashboard.clock import Clock
from dashboard.desk.board import PAGE, SPANS, board_page
from dashboard.sources.promised import promised
from domain.campaign import Campaign
from domain.errors import ConfigError
from store.buckets import DAY_US, HOUR_US
from store.queries.sources import Expected, feed_health
from store.queries.trend_board import counted_since, trend_board

_BEFORE, _MOST = timedelta(days=14), timedelta(days=366)


def add_routes(site: FastAPI, engine: Engine, campaign: Campaign, sources: Path, *, clock: Clock) -> None:
    """`sources`: the path of `sources.toml`, which says whose silence is a gap."""
    about = campaign.campaign
    banner = about.illustrative_banner if about.illustrative else None
    answer = answering(engine)

    def expected() -> tuple[Expected, ...] | None:
        try:
            return promised(sources)
        except ConfigError:
            return None

    @site.get(PAGE, include_in_schema=False)
    async def board(request: Request) -> Response:
        visitor, asked = request.scope["visitor"], request.query_params.get("span", "")
        span = asked if asked in SPANS else next(iter(SPANS))

        def make(conn: Connection) -> Response:
            now, known = clock.now(), expected()
            found = trend_board(
                conn,
                campaign,
                feed_health(conn, known or (), now=now),
                since=_since(conn, campaign, span, now),
                now=now,
                size_us=HOUR_US if span == "48h" else DAY_US,
                within=visitor.scope,
            )
            page = board_page(
                found, campaign, visitor, span=span, sources_known=known is not None, now=now, banner=banner
            )
            return HTMLResponse(page)

        return await answer(make)


def _since(conn: Connection, campaign: Campaign, span: str, now: datetime) -> datetime:
    """Of the whole campaign: two weeks before it, or the first hour counted if that was later; a year at most."""
    if span == "48h":
        return now - timedelta(hours=47)
    if span == "30d":
        return now - timedelta(days=29)
    begin = campaign.campaign.launch_at - _BEFORE
    counted = counted_since(conn)
    return max(min(begin if counted is None else max(begin, counted), now), now - _MOST)
