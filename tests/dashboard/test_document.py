"""The head all pages share."""

from __future__ import annotations

from pathlib import Path

from dashboard.document import document, reloading, running
from tests.dashboard.little_house import ROOT

WALL = Path("dashboard/live/dash_page.py")
"""Dash fills in its own."""


def test_only_one_place_writes_a_pages_head() -> None:
    written = {
        path.relative_to(ROOT)
        for path in (ROOT / "dashboard").rglob("*.py")
        if "<!DOCTYPE" in path.read_text(encoding="utf-8")
    }
    assert written == {Path("dashboard/document.py"), WALL}


def test_a_title_is_text_and_the_looks_come_in_their_order() -> None:
    page = document(
        "</title><script>", "<p>{x}</p>", looks=("one", "two"), class_="a b", head=running("x.js")
    )
    assert "<title>&lt;/title&gt;&lt;script&gt;</title>" in page
    assert "<body>\n<p>{x}</p>\n</body>" in page
    assert '<html lang="zh-CN" class="a b">' in page
    assert page.index("noto-sans-sc.css") < page.index("/assets/one.css") < page.index("/assets/two.css")
    assert page.count("<script") == page.count('<script src="/assets/x.js" defer></script>\n') == 1


def test_a_page_without_extras_has_none() -> None:
    page = document("x", "", looks=())
    assert '<html lang="zh-CN">' in page
    assert "refresh" not in page
    assert '<meta http-equiv="refresh" content="30">' in document("x", "", looks=(), head=reloading(30))
