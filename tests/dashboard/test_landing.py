"""Where people land who signed in without having asked for a page: at their role's work, which they may open."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient

from dashboard.entry.landing import LANDINGS, PAGES
from dashboard.entry.visitors import DISPLAY_COOKIE, SESSION_COOKIE
from dashboard.permissions import OF_ONE_COUNTY, ROLES, UNASSIGNED, look_up
from tests.dashboard.conftest import ADDRESS, PASSWORD, House

EXPECTED = {
    "task-force": "/wall",
    "commerce": "/wall",
    "finance": "/briefings",
    "cyberspace": "/desk",
    "audit": "/flags",
    "market": "/flags",
    "publicity": "/wall",
    "county": "/desk",
    "system-admin": "/admin/accounts",
    "security-admin": "/admin/grants",
    "auditor": "/admin/audit",
    "unassigned": "/login",
}


def sign_in(
    house: House, client: TestClient, role: str, *, county: str | None = None, **asked: str
) -> list[str]:
    """The addresses from the form to the page that is shown at last; that one was answered with 200."""
    house.add_user("who", role=role, county=county)
    answer = client.post("/login", data={"name": "who", "password": PASSWORD, **asked}, follow_redirects=True)
    assert answer.status_code == 200, answer.url
    assert answer.url.host == "127.0.0.1"
    return [str(a.url.path) for a in (*answer.history[1:], answer)]


@pytest.mark.parametrize("role", ROLES)
def test_every_role_lands_at_its_work(house: House, client: TestClient, role: str) -> None:
    county = house.county if role in OF_ONE_COUNTY else None
    page = client.get("/login").text
    told = re.findall(r'name="next" value="([^"]*)"', page)
    assert sign_in(house, client, role, county=county, next=told[0]) == ["/", EXPECTED[role]]


def test_every_role_has_a_landing() -> None:
    assert set(EXPECTED) == set(ROLES) == {*LANDINGS, UNASSIGNED}


def test_what_is_offered_is_for_whom_the_table_says(house: House) -> None:
    said = {path: look_up("GET", path, city=house.city).may for _, (path, _) in PAGES}
    assert said == {path: may for may, (path, _) in PAGES}


@pytest.mark.parametrize(
    ("role", "path"), [("cyberspace", "/desk"), ("county", "/desk"), ("task-force", "/wall/140403")]
)
def test_a_role_held_to_one_county_lands_within_it(
    house: House, client: TestClient, role: str, path: str
) -> None:
    assert sign_in(house, client, role, county="140403")[-1] == path


def test_whose_work_is_closed_to_them_reads_what_is_theirs(house: House, client: TestClient) -> None:
    """Flags are the whole city's."""
    assert sign_in(house, client, "market", county=house.county)[-1] == "/login"
    page = client.get("/login").text
    assert 'href="/briefings"' in page
    assert 'href="/flags"' not in page


def test_the_page_that_was_asked_for_goes_first(house: House, client: TestClient) -> None:
    turned_away = client.get("/briefings").headers["location"]
    assert turned_away == "/login?next=/briefings"
    (told,) = re.findall(r'name="next" value="([^"]*)"', client.get(turned_away).text)
    assert sign_in(house, client, "cyberspace", next=told) == ["/briefings"]


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "///evil.example", "/\tevil", "javascript:x",
     "https:evil.example", "\u2215\u2215evil.example", "/wall\r\nlocation: https://evil.example"],
)  # fmt: skip
def test_whatever_is_asked_for_nobody_lands_elsewhere(
    house: House, client: TestClient, elsewhere: str
) -> None:
    assert sign_in(house, client, "cyberspace", next=elsewhere) == ["/", "/desk"]


@pytest.mark.parametrize(
    "asked", ["/?next=//evil.example", "/?next=https://evil.example", "/?/\\evil.example"]
)
def test_the_front_door_listens_to_nobody(house: House, client: TestClient, asked: str) -> None:
    house.add_user(role="auditor")
    client.cookies.set(SESSION_COOKIE, house.session())
    assert client.get(asked).headers["location"] == "/admin/audit"


def test_the_front_door_knows_screens_and_strangers(house: House) -> None:
    with TestClient(house.app(), base_url=ADDRESS, follow_redirects=False) as client:
        assert client.get("/").headers["location"] == "/login"
        client.cookies.set(SESSION_COOKIE, "x" * 43)
        assert client.get("/").headers["location"] == "/login"
        client.cookies.clear()
        client.cookies.set(DISPLAY_COOKIE, house.display(house.county)[0])
        assert client.get("/", follow_redirects=True).url.path == f"/wall/{house.county}"


def test_the_button_leads_to_the_work_and_is_not_offered_twice(house: House, client: TestClient) -> None:
    sign_in(house, client, "cyberspace")
    page = client.get("/login").text
    assert '<a class="button" href="/desk">进入值班台</a>' in page
    assert re.findall(r'href="(/(?:desk|wall))"', page) == ["/desk", "/wall"]
    assert '<a class="button" href="/wall/140403">进入大屏</a>' in client.get("/login?next=/wall/140403").text


@pytest.mark.parametrize("role", LANDINGS)
def test_from_where_one_lands_leads_a_way_to_the_rest_and_out(
    house: House, client: TestClient, role: str
) -> None:
    """A wall is all picture: nobody is to click there."""
    where = sign_in(house, client, role, county=house.county if role in OF_ONE_COUNTY else None)[-1]
    assert where == "/wall" or re.search(r'href="/login["?]', client.get(where).text)
