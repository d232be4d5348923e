"""How a snapshot's trees come into the page: as they are said, in place where they fit, and text never as markup."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from dash import html
from dash.development.base_component import Component
from playwright.sync_api import Browser, Error, Page

from dashboard.build import ASSETS
from dashboard.live.drawn import texts

pytestmark = pytest.mark.browser

DRAW = (ASSETS / "draw.js").read_text(encoding="utf-8")

SAME = """(texts) => {
  const [one, other] = texts.map((text) => Object.assign(document.createElement("div"), { innerHTML: text }));
  return one.isEqualNode(other);
}"""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    page = context.new_page()
    page.evaluate(f"{DRAW};0")
    yield page
    context.close()


@pytest.fixture(autouse=True)
def _fresh(page: Page) -> None:
    page.evaluate("document.body.innerHTML = '<div id=\"slot\">旧<b>React</b></div>'")


def draw(page: Page, **props: Any) -> str:
    """The slot as HTML after these properties were set, as a snapshot says them."""
    said = json.dumps({name: json.loads(text) for name, text in texts(props).items()})
    slot = "document.getElementById('slot')"
    return str(
        page.evaluate(
            f"(said) => {{ quanqing.drawInto({slot}, JSON.parse(said)); return {slot}.outerHTML; }}", said
        )
    )


@pytest.mark.parametrize(
    ("children", "inside"),
    [
        ("一", "一"),
        (12, "12"),
        (0, "0"),
        (None, ""),
        ([], ""),
        (["a", None, html.B("b"), ["c"]], "a<b>b</b>c"),
        (html.Div([html.I(className="fill bad", style={"width": "3.0%", "fontSize": "2rem"})], className="bar"),
         '<div class="bar"><i class="fill bad" style="width: 3%; font-size: 2rem;"></i></div>'),
        (html.Img(src="data:image/svg+xml,x", alt="线", title="题"),
         '<img src="data:image/svg+xml,x" alt="线" title="题">'),
        (html.Span("x", key="k", **{"data-state": "on", "aria-label": "名"}),
         '<span data-state="on" aria-label="名">x</span>'),
        (html.Span("<img src=x onerror=alert(1)> & </span>"),
         "<span>&lt;img src=x onerror=alert(1)&gt; &amp; &lt;/span&gt;</span>"),
    ],
)  # fmt: skip
def test_what_is_said_is_what_stands_there(page: Page, children: Any, inside: str):
    drawn, wanted = draw(page, children=children), f'<div id="slot">{inside}</div>'
    assert page.evaluate(SAME, [drawn, wanted]), drawn


def test_properties_of_the_element_itself(page: Page):
    drawn = draw(page, className="card stale", hidden=True, **{"data-plan": '{"a":1}'})
    assert drawn.startswith(
        '<div id="slot" class="card stale" hidden="" data-plan="{&quot;a&quot;:1}">旧<b>React'
    )
    assert "hidden" not in draw(page, hidden=False)


def test_what_fits_stays_and_what_is_said_no_more_goes(page: Page):
    draw(page, children=[html.Span("1", className="num", title="t"), html.B("x"), "end"])
    page.evaluate("window.was = [...document.getElementById('slot').childNodes]")
    after = draw(page, children=[html.Span("2"), html.I("x"), html.B("y"), "end"])
    assert after == '<div id="slot"><span>2</span><i>x</i><b>y</b>end</div>'
    same = "[...document.getElementById('slot').childNodes].map((node, i) => node === was[i])"
    assert page.evaluate(same) == [True, False, False, False]
    assert draw(page, children=[html.Span(style={"left": "1px"})]) == (
        '<div id="slot"><span style="left: 1px;"></span></div>'
    )
    assert draw(page, children=[html.Span("a")]) == '<div id="slot"><span style="">a</span></div>'


def test_what_react_made_is_replaced_not_patched(page: Page):
    page.evaluate("window.was = document.querySelector('#slot b')")
    draw(page, children=["新", html.B("ours")])
    assert page.evaluate("was.isConnected") is False


@pytest.mark.parametrize(
    "children",
    [
        {"type": "Script", "namespace": "dash_html_components", "props": {"children": "alert(1)"}},
        {"type": "Iframe", "namespace": "dash_html_components", "props": {"src": "https://x.test"}},
        {"type": "Div", "namespace": "somebody_elses", "props": {}},
        html.Img(src="https://foreign.test/pixel.png"),
        html.Img(src="javascript:alert(1)"),
        html.Img(src="//foreign.test/pixel.png"),
        html.Img(src="/\\foreign.test/pixel.png"),
        {"type": "Div", "namespace": "dash_html_components", "props": {"onclick": "alert(1)"}},
    ],
)
def test_nothing_comes_into_the_page_that_no_panel_says(page: Page, children: Component | dict[str, Any]):
    with pytest.raises(Error, match=r"of ours"):
        draw(page, children=["a", children])
    assert page.locator("#slot script, #slot iframe, #slot img[src]").count() == 0
