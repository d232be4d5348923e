"""What a screen takes of each answer: changes, wholes, and nothing of what is none."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from tests.dashboard.conftest import BUILD, House
from tests.dashboard.little_house import Server
from tests.dashboard.live.conftest import show
from tests.page_clock import until

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_only_what_changed_is_set_again(screen: Page, house: House):
    screen.evaluate("""() => {
      window.calls = [];
      const draw = quanqing.draw;
      quanqing.draw = (id, props) => { calls.push([id, props]); return draw(id, props); };
    }""")
    show(house, total="100", other="not on this page")
    screen.wait_for_function("() => calls.length > 0")
    show(house, total="300", other="not on this page")
    expect(screen.locator("#total")).to_have_text("300")
    ids = [id for id, _ in screen.evaluate("calls") if id == "total"]
    assert ids == ["total"]


def test_after_the_first_picture_only_changes_come_and_what_is_kept_is_whole(screen: Page, house: House):
    answers = []
    screen.on("response", lambda answer: answers.append(answer) if "/snapshot" in answer.url else None)
    show(house, total="100", other="stays")
    screen.wait_for_function("() => localStorage['quanqing-snapshot'].includes('stays')")
    answers.clear()
    show(house, total="300", other="stays")
    expect(screen.locator("#total")).to_have_text("300")
    (changes,) = [answer.json() for answer in answers if answer.status == 200]
    assert changes["values"] == {"total": {"children": "300"}}
    kept = "JSON.parse(JSON.parse(localStorage['quanqing-snapshot']).text)"
    screen.wait_for_function(f"() => {kept}.version === {changes['version']}")
    kept = screen.evaluate(kept)
    assert kept["values"] == {"total": {"children": "300"}, "other": {"children": "stays"}}
    assert "since" not in kept


def test_changes_to_another_picture_are_not_taken_and_the_whole_is_asked_for(screen: Page, house: House):
    asked = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        if "since=" not in route.request.url:
            route.continue_()
            return
        values = {"total": {"children": "falsch"}}
        body = {"version": 10**6, "since": 1, "scope": house.city, "build": BUILD, "values": values}
        route.fulfill(json=body)

    screen.route("**/api/v1/snapshot*", answer)
    show(house, total="400")
    expect(screen.locator("#total")).to_have_text("400")
    assert "since=" in asked[0]
    screen.unroute("**/api/v1/snapshot*")


def test_scenes_that_wait_their_turn_are_drawn_after_what_is_seen(screen: Page, house: House):
    screen.evaluate("""() => {
      for (const [name, isOn] of [["seen", true], ["waiting", false]]) {
        const scene = document.createElement("section");
        scene.className = isOn ? "scene shown" : "scene";
        scene.innerHTML = `<p id="${name}"></p>`;
        document.body.append(scene);
      }
      window.order = [];
      quanqing.draw = (id) => order.push(id);
    }""")
    show(house, waiting="1", seen="1", total="300")
    screen.wait_for_function("() => order.includes('waiting')")
    *seen, last = screen.evaluate("order")
    assert (sorted(seen), last) == (["seen", "total"], "waiting")


def test_a_new_build_reloads_the_page_once(screen: Page, server: Server, house: House):
    screen.evaluate("window.mark = 1")
    server.kill()
    screen.wait_for_timeout(500)
    assert screen.evaluate("window.mark") == 1  # not while nobody answers
    server.start(LITTLE_BUILD="another00000")
    screen.wait_for_function("() => window.mark === undefined")
    expect(screen.locator("#total")).to_have_text("100")
    screen.evaluate("window.mark = 2")
    show(house, total="200")
    expect(screen.locator("#total")).to_have_text("200")
    assert screen.evaluate("window.mark") == 2


BAD_ANSWERS = {
    "a proxy's sign-in page": {"status": 200, "content_type": "text/html", "body": "<html>请登录</html>"},
    "half a document": {
        "status": 200,
        "content_type": "application/json",
        "body": '{"version":2,"values":{"to',
    },
    "another document": {"status": 200, "content_type": "application/json", "body": '{"version":"2"}'},
    "null": {"status": 200, "content_type": "application/json", "body": "null"},
    "a gateway's error": {"status": 502, "body": "Bad Gateway"},
    "no answer": None,
}


@pytest.mark.parametrize("kind", BAD_ANSWERS)
def test_a_bad_answer_changes_nothing_on_the_screen(screen: Page, house: House, kind: str):
    faults, thrown = [], []
    screen.on("pageerror", lambda error: thrown.append(str(error)))

    def answer(route: Route) -> None:
        faults.append(route.request.url)
        route.abort() if BAD_ANSWERS[kind] is None else route.fulfill(**BAD_ANSWERS[kind])

    screen.route("**/api/v1/snapshot*", answer)
    show(house, total="200")
    until(screen, lambda: len(faults) > 1)  # asked again: the first answer was looked at
    expect(screen.locator("#total")).to_have_text("100")
    screen.unroute("**/api/v1/snapshot*")
    expect(screen.locator("#total")).to_have_text("200")
    assert thrown == []
