"""120 ways to have a browser run what strangers wrote, through every field they reach, on every page of the desk.

The pages are served without their content policy: escaping alone has to hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, Route

from domain.readings import Level
from domain.records import Label
from store.engine import write
from store.writes.alerts import Alarm, settle
from store.writes.cases import open_by_hand
from store.writes.shifts import hand_over
from tests.dashboard.conftest import ADDRESS, House
from tests.dashboard.desk_day import NOW
from tests.dashboard.hostile_words import PAYLOADS
from tests.dashboard.test_desk import do, enter
from tests.store.posts import post, say, score

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WATCH = """() => {
  window.ran = [];
  for (const name of ["alert", "confirm", "prompt"]) window[name] = (words) => { window.ran.push(name + " " + words); };
}"""
LOOK = """() => {
  const all = (what) => [...document.querySelectorAll(what)];
  const ours = /^\\/(?!\\/)/, script = /^\\/assets\\/[a-z]+\\.js$/;
  return {
    ran: window.ran,
    scripts: all("script").map((s) => s.getAttribute("src") || "inline").filter((s) => !script.test(s)),
    handlers: all("*").flatMap((e) => e.getAttributeNames()).filter((n) => n.startsWith("on")),
    strangers: all("img, iframe, object, embed, base, video, audio, marquee, math, template, style")
      .map((e) => e.outerHTML),
    links: [...document.links].map((a) => a.protocol).filter((p) => p !== "http:" && p !== "https:"),
    forms: all("form").map((f) => f.getAttribute("action")).filter((a) => !ours.test(a)),
  };
}"""
KNOWN = """(n) => sessionStorage.setItem(
  "quanqing-desk-known", JSON.stringify([...Array(n).keys()].map((i) => i + 4 + ":red")))"""
CLEAN = {"ran": [], "scripts": [], "handlers": [], "strangers": [], "links": [], "forms": []}


def fill(house: House) -> list[int]:
    """Every payload as title, text, address, platform and deciding word of a post, and as an alert's words."""
    told = [
        (
            post(n, words, title=words, url=words, media=words[:32], source=f"s{n % 3}", author_ref=words[:64],
                 published_at=NOW),
            score(Label.NEGATIVE, county=house.county, why=((words, 1.0),)),
        )
        for n, words in enumerate(PAYLOADS)
    ]  # fmt: skip
    with write(house.engine) as conn:
        ids = say(conn, *told, now=NOW)
        alarm = Alarm(
            subject="x", level=Level.ORANGE, title=PAYLOADS[0], reasons=PAYLOADS, evidence=(), evidence_count=0,
            county=house.county,
        )  # fmt: skip
        for i in range(0, len(ids), 50):
            some = tuple(map(str, ids[i : i + 50]))
            settle(conn, f"r{i}", [replace(alarm, evidence=some, evidence_count=len(some))], now=NOW)
        for words in PAYLOADS:
            open_by_hand(conn, title=words, level=Level.RED, county=None, note=words, who="li", now=NOW)
        for words in PAYLOADS[:30]:
            hand_over(conn, words, who="li", now=NOW)
    return ids


@pytest.fixture
def page(house: House, browser: Browser) -> Iterator[Page]:
    ids = fill(house)
    client = enter(house)
    for words in PAYLOADS:
        do(client, 1, "raise" if words is PAYLOADS[0] else "lower", level="red", note=words[:500])
        do(client, 1, "pause" if len(words) % 2 else "resume", note=words[:500])
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    opened.add_init_script(f"({WATCH})()")
    opened.ids = ids  # type: ignore[attr-defined]

    def serve(route: Route) -> None:
        if "/api/v1/stream" in route.request.url:
            return route.abort()
        answer = client.get(route.request.url.removeprefix(ADDRESS))
        headers = {k: v for k, v in answer.headers.items() if k != "content-security-policy"}
        return route.fulfill(status=answer.status_code, body=answer.content, headers=headers)

    opened.route("**/*", serve)
    yield opened
    context.close()


def test_w7_no_page_of_the_desk_runs_what_strangers_wrote(page: Page) -> None:
    assert len(set(PAYLOADS)) >= 120
    first = page.ids[0]  # type: ignore[attr-defined]
    paths = ["/desk", "/desk/alerts/1", "/desk/alerts/2", "/desk/alerts/3", "/desk/alerts/9", "/desk/shift",
             "/desk/board", "/desk/board?span=all", "/posts/labelling", f"/desk/posts?edit={first}"]  # fmt: skip
    for path in paths:
        page.goto(ADDRESS + path)
        assert page.evaluate(LOOK) == CLEAN, path
    seen = 0
    page.goto(f"{ADDRESS}/desk/posts")
    while True:
        seen += page.locator("article.post").count()
        assert page.evaluate(LOOK) == CLEAN, page.url
        older = page.locator("a[rel=next]")
        if older.count() == 0:
            break
        older.click()
    assert seen == len(PAYLOADS)


def test_w7_neither_a_question_nor_news_runs_anything(page: Page) -> None:
    page.goto(f"{ADDRESS}/desk/posts")
    for words in PAYLOADS[::12]:
        page.fill("input[type=search]", words[:100])
        page.click("form[role=search] button")
        assert page.evaluate(LOOK) == CLEAN, words
        page.go_back()
    for known in range(0, len(PAYLOADS), 24):
        page.evaluate(KNOWN, known)
        page.goto(f"{ADDRESS}/desk/shift")
        page.evaluate("window.dispatchEvent(new Event('online'))")
        page.wait_for_selector("#desk-news a")
        assert page.evaluate(LOOK) == CLEAN, known
