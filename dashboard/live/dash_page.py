"""The wall's page: Dash draws the layout once and carries no data; `assets/live.js` brings that."""

from __future__ import annotations

from collections.abc import Callable, Collection

from dash import ClientsideFunction, Dash, Input, Output, dcc
from dash.backends._fastapi import reset_current_request, set_current_request
from dash.development.base_component import Component
from dash.exceptions import DashException
from fastapi import FastAPI, Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from dashboard.build import ASSETS
from dashboard.pages import message_page

BOOT = "quanqing-boot"
NOT_OF_THE_WALL = r"^((login|office|sources|desk|displays|pair)\.css|(desk|fleet|pair|live)\.js)$"
"""Assets of other pages, and live.js, which the page names itself: Dash would load each into the wall."""

_INDEX = """<!DOCTYPE html>
<html lang="zh-CN">
<head>
{%metas%}
<meta name="quanqing-build" content="BUILD">
<meta name="robots" content="noindex">
<script src="/assets/live.js?m=BUILD" defer></script>
<title>{%title%}</title>
{%favicon%}
{%css%}
</head>
<body>
{%app_entry%}
<footer>{%config%}{%scripts%}{%renderer%}</footer>
</body>
</html>"""
_OPENING = '<div id="react-entry-point"><div class="opening">正在打开大屏…</div></div>'


class _Page(Dash):
    """Dash, with a Chinese word in place of its `Loading...`."""

    def interpolate_index(self, **parts: str) -> str:
        return super().interpolate_index(**(parts | {"app_entry": _OPENING}))


def wall_page(
    site: FastAPI, wall_layout: Callable[[], Component], *, title: str, build: str, scopes: Collection[str]
) -> Dash:
    """Put Dash into `site`, its page at /wall and /wall/<scope>."""
    site.exception_handler(DashException)(_no_such_file)
    dash = _Page(
        "dashboard",
        server=site,
        title=title,
        update_title=None,
        assets_folder=str(ASSETS),
        assets_ignore=NOT_OF_THE_WALL,
        serve_locally=True,
        index_string=_INDEX.replace("BUILD", build),
        routing_callback_inputs=None,
    )
    # or every page opens a socket that nothing uses, plotly/dash#3939
    dash.backend.websocket_capability = False
    # or at start Dash puts this page on every other address
    dash.backend._setup_catchall = _nothing
    dash.layout = [wall_layout(), dcc.Store(id=BOOT)]
    # tells live.js that React has drawn the layout: properties set before are lost without a word
    dash.clientside_callback(ClientsideFunction("quanqing", "ready"), Output(BOOT, "data"), Input(BOOT, "id"))
    dash.enable_dev_tools(debug=False)
    dash._setup_server()  # reads assets/; Dash itself does so only at the first request for its own addresses

    def page(request: Request) -> Response:
        token = set_current_request(request)
        try:
            return HTMLResponse(dash.index())
        finally:
            reset_current_request(token)

    @site.get("/wall", include_in_schema=False)
    async def city_wall(request: Request) -> Response:
        return page(request)

    @site.get("/wall/{scope}", include_in_schema=False)
    async def county_wall(request: Request, scope: str) -> Response:
        return page(request) if scope in scopes else HTMLResponse(message_page("没有这个县区"), 404)

    return dash


def _nothing() -> None:
    pass


async def _no_such_file(_: Request, __: Exception) -> Response:
    """Dash raises for a component file it does not have."""
    return JSONResponse({"error": {"code": 404, "message": "没有这个文件"}}, 404)
