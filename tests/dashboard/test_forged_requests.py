"""W5 and W6: no page of another site does anything here, and every answer carries its headers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import product

import pytest

from tests.dashboard.conftest import House
from tests.dashboard.wire import HTTP, Answer, Wire, address_of, rows, wired


@pytest.fixture
def wire(house: House) -> Iterator[Wire]:
    with wired(house) as opened:
        yield opened


FORGED = (
    {"origin": "https://evil.example"}, {"origin": "null"}, {"origin": "http://127.0.0.1:8051"},
     {"origin": "https://127.0.0.1:8050.evil.example"}, {"referer": "https://evil.example/127.0.0.1:8050"},
     {"referer": "http://127.0.0.1:8050@evil.example/"}, {"sec_fetch_site": "cross-site"},
     {"sec_fetch_site": "same-site"}, {"sec_fetch_site": "cross-site", "origin": "http://127.0.0.1:8050"},
     {"origin": "https://evil.example", "referer": "http://127.0.0.1:8050/"},
     {"origin": "http://evil.example", "x_forwarded_host": "evil.example"},
     {"sec_fetch_site": "none, cross-site"},
    {"origin": "https://evil.example", "content_type": "text/plain"},
)  # fmt: skip


def test_w5_no_request_of_another_site_changes_anything(house: House, wire: Wire):
    before = rows(house)
    posts = [template for method, template in HTTP if method != "GET"]
    for headers, template, body in product(FORGED, posts, (b"name=x&action=verify", b"{}")):
        for answer in wire.as_everybody("POST", address_of(template, "1"), body=body, **headers):
            assert answer.status in (403, 404), (template, headers)
    assert rows(house) == before


def test_w5_no_get_has_an_effect(house: House, wire: Wire):
    before = rows(house)
    for method, template in HTTP:
        if method == "GET":
            wire.as_everybody("GET", address_of(template, "140400") + "?action=verify&name=x&next=/wall")
    assert rows(house) == before


def test_w6_every_answer_of_every_route_has_its_headers(wire: Wire):
    seen = Counter[int]()
    for method, template in (*HTTP, ("GET", "/nowhere"), ("PUT", "/wall"), ("OPTIONS", "/login")):
        for part in ("140400", "live.js", "nonsense"):
            for answer in wire.as_everybody(method, address_of(template, part)):
                seen[answer.status] += 1
                _has_its_headers(answer, template)
    assert seen.keys() >= {200, 303, 401, 403, 404}, seen


def _has_its_headers(answer: Answer, template: str) -> None:
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    assert "unsafe" not in policy["script-src"]
    assert "*" not in answer.headers["content-security-policy"]
    assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert not answer.headers.keys() & {
        "server",
        "x-powered-by",
        "access-control-allow-origin",
        "x-process-time",
    }
    is_a_file = template.startswith(("/assets", "/_dash", "/_favicon"))
    if not (is_a_file and answer.status in (200, 304)):
        kept = answer.headers["cache-control"]
        assert "no-store" in kept or "no-cache" in kept, (template, kept)
