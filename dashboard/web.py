"""The web process: FastAPI with Dash inside it, behind the gate. It reads; it writes sign-ins, what is done to
displays and what they report, requests to read a source at once, why a difference is closed, what platforms push,
which walls are open, and the audit log of it all.

`create_app` puts the parts together; `dashboard.serving` says which, from the environment.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import FrameType, MappingProxyType
from typing import Any, Final

import httpx
from dash.development.base_component import Component
from fastapi import FastAPI
from sqlalchemy import Engine
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.access import Gate, at_fault
from dashboard.admin import audit_routes as admin_audit_routes
from dashboard.admin import entry_routes as admin_entry_routes
from dashboard.admin import people_routes as admin_people_routes
from dashboard.anchors import anchors_file
from dashboard.auditing import Denials
from dashboard.build import build_id
from dashboard.clock import Clock, real_now
from dashboard.desk import board_routes as desk_board_routes
from dashboard.desk import labelling_routes, rule_routes
from dashboard.desk import posts_routes as desk_posts_routes
from dashboard.desk import routes as desk_routes
from dashboard.desk import shift_routes as desk_shift_routes
from dashboard.entry import account_routes, doors, office_routes
from dashboard.entry.crowd import Crowd, Crowded
from dashboard.entry.hosts import Hosts, own_names
from dashboard.entry.identity import SignIn
from dashboard.entry.office_sign_in import OfficeSignIn
from dashboard.entry.own_account import OwnAccount
from dashboard.entry.roles import county_names
from dashboard.entry.second_factor import SecondFactors
from dashboard.entry.visitors import Visitors
from dashboard.headers import SecurityHeaders, content_policy
from dashboard.live import api
from dashboard.live.dash_page import wall_page
from dashboard.live.picture_answers import PictureAnswers, Shortcut
from dashboard.live.shelf import Shelf
from dashboard.live.stream import Lookout, Tail
from dashboard.live.watching import Watching
from dashboard.logs import LOGGING
from dashboard.packed import PackedFiles
from dashboard.papers import briefing_routes, evidence_routes
from dashboard.pictures import routes as picture_routes
from dashboard.privacy import about_data_routes, forgetting_routes
from dashboard.screens import display_api, display_routes, pairing_routes
from dashboard.screens.orders import OrderBook
from dashboard.screens.pairing import Reception
from dashboard.settings import Settings
from dashboard.sources import discrepancy_routes, flag_routes, lead_routes, source_routes
from dashboard.sources import hooks as hook_routes
from dashboard.sources.hooks import Hook
from domain.campaign import Campaign

SERVE: Final[dict[str, Any]] = {
    "factory": True,
    "http": "dashboard.bounded_http:BoundedHttp",
    "access_log": False,  # it would keep the tokens of pairing links
    "server_header": False,
    "log_config": LOGGING,
    "timeout_graceful_shutdown": 2,  # open streams never end by themselves
    "ws": "none",
}
"""How to start it: `uvicorn.run("dashboard.serving:app_from_env", host=..., port=..., workers=..., **SERVE)`."""


@dataclass(frozen=True)
class App:
    """The ASGI application. `site` is the FastAPI inside, without the gate: for the tests that compare its routes."""

    site: FastAPI
    outermost: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.outermost(scope, receive, send)


def create_app(
    settings: Settings,
    engine: Engine,
    clock: Clock,
    campaign: Campaign,
    *,
    wall_layout: Callable[[], Component],
    hooks: Mapping[str, Hook] = MappingProxyType({}),
    build: str | None = None,
    now: Callable[[], datetime] = real_now,
    office_transport: httpx.AsyncBaseTransport | None = None,
) -> App:
    """The whole web application. `now` is the real clock sessions live by; `clock` the campaign's.

    `hooks`: by source, who may push there. `office_transport`: another way to an office's own sign-in service.
    """
    about = campaign.campaign
    build = build or build_id()
    visitors = Visitors(engine, settings, now)
    lookout = Lookout(engine)
    tail = Tail(lookout, real_now=now)
    site = FastAPI(
        title=about.name,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        openapi_url="/api/openapi.json",
        lifespan=_tailing(tail, lookout, Watching(engine, tail, real_now=now)),
    )
    site.exception_handler(Exception)(at_fault)
    sign_in = SignIn(engine, secret_key=settings.secret_key)
    offers = {"asks_factor": settings.second_factor, "has_office": settings.office is not None}
    doors.add_routes(site, campaign, visitors, sign_in, **offers, now=now)
    office_routes.add_routes(site, visitors, sign_in, _office(settings, office_transport), now=now)
    account = OwnAccount(engine, sign_in, SecondFactors(settings.secret_key))
    account_routes.add_routes(site, visitors, account, now=now)
    admin_people_routes.add_routes(site, engine, campaign, now=now)
    admin_entry_routes.add_routes(site, engine, campaign, now=now)
    scopes = frozenset({about.city_code, *campaign.divisions})
    shelf = Shelf(engine, tail)
    orders = OrderBook(engine, tail, real_now=now)
    reception = Reception(engine, real_now=now)
    answers = PictureAnswers(
        engine, tail, shelf, clock=clock, build=build, city=about.city_code, scopes=scopes
    )
    api.add_routes(site, tail, shelf, visitors, orders, answers, clock=clock, build=build, scopes=scopes)
    source_routes.add_routes(site, engine, campaign, settings.sources, clock=clock)
    labelling_routes.add_routes(site, engine, campaign, clock=clock)
    forgetting_routes.add_routes(site, engine, campaign, clock=clock, key=settings.author_key)
    about_data_routes.add_routes(site, engine, campaign, settings.sources, clock=clock)
    lead_routes.add_routes(site, engine, campaign, clock=clock)  # before the reasons of flags
    flag_routes.add_routes(site, engine, campaign, clock=clock)
    discrepancy_routes.add_routes(site, engine, clock=clock)
    briefing_routes.add_routes(site, engine, campaign, clock=clock)
    evidence_routes.add_routes(site, engine, campaign, settings.sources, clock=clock)
    picture_routes.add_routes(site, engine, campaign, settings.fonts, clock=clock)
    desk_routes.add_routes(site, engine, campaign, clock=clock)
    desk_board_routes.add_routes(site, engine, campaign, settings.sources, clock=clock)
    desk_shift_routes.add_routes(site, engine, campaign, clock=clock)
    desk_posts_routes.add_routes(site, engine, campaign, clock=clock)
    rule_routes.add_routes(site, engine, campaign, clock=clock)
    pairing_routes.add_routes(site, campaign, visitors, reception, base_url=settings.base_url)
    display_api.add_routes(site, engine, orders, real_now=now)
    display_routes.add_routes(
        site, engine, campaign, reception, build=build, wall=f"{settings.base_url}/wall", real_now=now
    )
    admin_audit_routes.add_routes(site, engine, campaign, anchors_file(settings.data_dir), real_now=now)
    hook_routes.add_routes(site, engine, hooks, clock=clock)
    page = wall_page(site, wall_layout, title=about.name, build=build, scopes=scopes)
    inside, denials = Shortcut(PackedFiles(site), answers), Denials(engine, real_now=now)
    names = {about.city_code: "全市"} | county_names(campaign)
    known = {"city": about.city_code, "base_url": settings.base_url, "names": names}
    gate = Gate(inside, visitors=visitors, denials=denials, **known)
    policy = content_policy(page.csp_hashes())
    met = Hosts(Crowded(gate, Crowd()), names=own_names(settings.base_url, settings.hosts))
    return App(site, SecurityHeaders(met, policy=policy, is_https=settings.is_https))


def _office(settings: Settings, transport: httpx.AsyncBaseTransport | None) -> OfficeSignIn | None:
    if settings.office is None:
        return None
    back = f"{settings.base_url}{office_routes.BACK}"
    return OfficeSignIn(settings.office, secret_key=settings.secret_key, back=back, transport=transport)


def _tailing(
    tail: Tail, lookout: Lookout, watching: Watching
) -> Callable[[FastAPI], contextlib.AbstractAsyncContextManager[None]]:
    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(tail.run()), asyncio.create_task(watching.run())]
        with _told_to_stop(tail):
            yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        lookout.close()

    return lifespan


@contextlib.contextmanager
def _told_to_stop(tail: Tail) -> Iterator[None]:
    """End the streams when a signal comes: uvicorn tells the application only after they ended by themselves."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def tell(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(tail.close)
        following = before[signal.Signals(number)]
        if callable(following):
            following(number, frame)

    for number in before:
        signal.signal(number, tell)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
