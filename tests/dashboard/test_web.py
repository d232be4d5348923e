"""The pages and files as a whole: headers on everything, files compressed once, no trace of what is inside."""

from __future__ import annotations

import asyncio
import gzip
import re
from collections.abc import Iterator

import brotli
import pytest
from starlette.responses import Response
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from dashboard import packed as packing
from dashboard.build import ASSETS, build_id
from dashboard.entry.visitors import DISPLAY_COOKIE
from dashboard.packed import PackedFiles
from tests.dashboard.conftest import ADDRESS, BUILD, House

PLOTLY = "/assets/plotly-basic.min.js"


@pytest.fixture
def screen(house: House) -> Iterator[TestClient]:
    token, _ = house.display()
    with TestClient(
        house.app(), base_url=ADDRESS, follow_redirects=False, raise_server_exceptions=False
    ) as client:
        client.cookies.set(DISPLAY_COOKIE, token)
        yield client


@pytest.mark.parametrize(
    "path", ["/", "/login", "/wall", "/healthz", "/api/v1/snapshot", "/nowhere", "/assets/login.css", "/metrics",
             "/assets/none.css", "/_dash-component-suites/dash/none.js"],
)  # fmt: skip
def test_every_answer_carries_the_security_headers(screen: TestClient, path: str):
    headers = screen.get(path).headers
    policy = headers["content-security-policy"]
    assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]
    assert "'unsafe-eval'" not in policy
    for part in ("default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert part in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "server" not in headers
    if not path.startswith("/assets/login"):
        assert headers["cache-control"] == "no-store"


def test_the_wall_is_chinese_knows_its_build_and_asks_nobody_else(house: House, screen: TestClient):
    page = screen.get("/wall").text
    assert '<html lang="zh-CN">' in page
    assert f'content="{BUILD}"' in page
    assert f"<title>{house.campaign.campaign.name}</title>" in page
    assert "正在打开大屏" in page
    assert "login.css" not in page
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)


def test_only_the_small_plotly_is_asked_for_and_no_socket_is_opened(screen: TestClient):
    page = screen.get("/wall").text
    assert PLOTLY in page
    assert "plotly/package_data" not in page
    assert "websocket" not in page
    assert "_dash-ws" not in page


def test_every_file_the_wall_names_is_there_and_may_be_kept(screen: TestClient):
    files = re.findall(r'(?:src|href)="(/[^"]+)"', screen.get("/wall").text)
    assert len(files) > 8
    for address in files:
        answer = screen.get(address)
        assert answer.status_code == 200, address
        if not address.startswith("/_favicon"):
            assert "max-age=31536000" in answer.headers["cache-control"], address


@pytest.mark.parametrize(
    ("accepted", "packed", "unpack"),
    [
        ("br, gzip", "br", brotli.decompress),
        ("gzip;q=1.0", "gzip", gzip.decompress),
        ("identity", None, bytes),
    ],
)
def test_a_large_file_comes_in_the_encoding_the_browser_takes(
    screen: TestClient, accepted: str, packed: str | None, unpack
):
    path = "/assets/live.js"
    with screen.stream("GET", path, headers={"accept-encoding": accepted}) as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers.get("content-encoding") == packed
    assert int(answer.headers["content-length"]) == len(raw)
    assert unpack(raw) == (ASSETS / "live.js").read_bytes()
    again = screen.get(path, headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304


def test_a_file_is_compressed_once(house: House, screen: TestClient, monkeypatch: pytest.MonkeyPatch):
    first = screen.get(PLOTLY)
    monkeypatch.setattr(
        "dashboard.packed.brotli.compress", lambda *_, **__: pytest.fail("compressed a second time")
    )
    assert screen.get(PLOTLY).content == first.content
    assert len(first.content) > 1_000_000


def test_a_browser_that_leaves_in_the_middle_spoils_no_file_for_the_others():
    async def files(scope: Scope, receive: Receive, send: Send) -> None:
        """As Starlette streams: whoever is gone is sent no more."""
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/css")]}
        )
        leaving = asyncio.create_task(receive())
        await asyncio.sleep(0)
        gone = leaving.done() and leaving.result()["type"] == "http.disconnect"
        leaving.cancel()
        await send({"type": "http.response.body", "body": b"" if gone else b"a" * 2_000})

    async def left() -> Message:
        return {"type": "http.disconnect"}

    def asked(got: list[Message]) -> tuple[Scope, Send]:
        async def send(message: Message) -> None:
            got.append(message)

        return {
            "type": "http",
            "method": "GET",
            "path": "/assets/x.css",
            "query_string": b"",
            "headers": [],
        }, send

    async def run() -> bytes:
        packed, got = PackedFiles(files), list[Message]()
        scope, send = asked([])
        await packed(scope, left, send)
        scope, send = asked(got)
        await packed(scope, left, send)
        return b"".join(message.get("body", b"") for message in got)

    assert asyncio.run(run()) == b"a" * 2_000


def test_w12_a_file_of_many_names_is_packed_once_and_takes_nobodys_place(monkeypatch: pytest.MonkeyPatch):
    """Dash answers any version in a file's name: as many names as somebody likes."""
    packed, real = list[bytes](), packing._packed
    monkeypatch.setattr(packing, "MOST_FILES", 3)
    monkeypatch.setattr(packing, "_packed", lambda body, kind: packed.append(body) or real(body, kind))

    async def files(scope: Scope, receive: Receive, send: Send) -> None:
        await Response(scope["path"].rsplit(".", 1)[-1].encode() * 2_000, media_type="text/css")(
            scope, receive, send
        )

    async def asked(path: str) -> bytes:
        got: list[Message] = []

        async def send(message: Message) -> None:
            got.append(message)

        scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": []}
        await files_packed(scope, None, send)  # type: ignore[arg-type]
        return b"".join(message.get("body", b"") for message in got)

    async def everything() -> list[bytes]:
        return [await asked(f"/assets/{n}.a") for n in range(50)] + [
            await asked(f"/assets/x.{kind}") for kind in "bca"
        ]

    files_packed = PackedFiles(files)
    assert asyncio.run(everything()) == [b"a" * 2_000] * 50 + [b"b" * 2_000, b"c" * 2_000, b"a" * 2_000]
    assert packed == [b"a" * 2_000, b"b" * 2_000, b"c" * 2_000]


def test_what_dash_asks_once_a_page_is_packed_too(screen: TestClient):
    first = screen.get("/_dash-layout", headers={"accept-encoding": "br"})
    assert first.headers["content-encoding"] == "br"
    assert first.json()[0]["type"] == "Main"
    again = screen.get("/_dash-layout", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304


def test_asking_for_the_head_or_a_part_first_spoils_nothing(screen: TestClient):
    screen.head("/assets/scale.js")
    screen.get("/assets/quanqing.css", headers={"range": "bytes=0-3"})
    assert screen.get("/assets/scale.js").content == (ASSETS / "scale.js").read_bytes()
    assert screen.get("/assets/quanqing.css").content == (ASSETS / "quanqing.css").read_bytes()


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../dashboard/web.py",
        "/assets/%2e%2e/pyproject.toml",
        "/assets/..%2fpyproject.toml",
        "/assets//etc/passwd",
        "/assets/....//pyproject.toml",
        "/assets/%5c..%5cpyproject.toml",
        "/assets/live.js%00.css",
        "/assets/%ff",
        "/_dash-component-suites/dash/../dash.py",
        "/_dash-component-suites/os/path.py",
        "/_dash-component-suites/x",
        "/_dash-component-suites/dash/%2e%2e/%2e%2e/pyproject.toml",
        "/_dash-component-suites//",
    ],
)
def test_no_address_leads_out_of_the_folder_and_none_breaks_the_server(screen: TestClient, path: str):
    answer = screen.get(path)
    assert answer.status_code in (303, 404), answer.status_code
    assert "Traceback" not in answer.text
    assert "[project]" not in answer.text


def test_w9_a_fault_inside_says_nothing_about_the_inside(house: House, monkeypatch: pytest.MonkeyPatch):
    app = house.app()
    token, _ = house.display()

    def burst(*_: object) -> None:
        raise RuntimeError("secret detail in /some/path")

    monkeypatch.setattr("dash.Dash.index", burst)
    client = TestClient(app, base_url=ADDRESS, raise_server_exceptions=False)
    client.cookies.set(DISPLAY_COOKIE, token)
    answer = client.get("/wall")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "RuntimeError" not in answer.text
    assert "content-security-policy" in answer.headers


def test_the_build_is_short_and_stays_the_same():
    assert re.fullmatch("[0-9a-f]{12}", build_id())
    assert build_id.__wrapped__() == build_id()
