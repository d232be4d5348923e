"""Signing in through an office's own service: what is believed, and what is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from joserfc.jwk import RSAKey
from starlette.testclient import TestClient

from dashboard.entry.office_provider import Provider
from dashboard.entry.visitors import SESSION_COOKIE
from dashboard.settings import read_settings
from domain.errors import ConfigError
from store.engine import write
from store.writes.access import add_user, disable_user
from tests.dashboard.conftest import ADDRESS, PASSWORD_HASH, House
from tests.dashboard.office_service import CLIENT, ISSUER, SECRET, OfficeService

PROVIDER = Provider(issuer=ISSUER, client_id=CLIENT, client_secret=SECRET, claim="preferred_username")


@pytest.fixture
def service(house: House) -> OfficeService:
    made = OfficeService(now=house.now)
    house.settings = replace(house.settings, office=PROVIDER)
    house.office_transport = made.transport()
    with write(house.engine) as conn:
        whose = {"role": "finance", "county": None, "password_hash": PASSWORD_HASH}
        add_user(conn, "wang", **whose, now=house.now(), must_change=True)  # nobody here knows that password
    return made


@pytest.fixture
def site(house: House, service: OfficeService) -> Iterator[TestClient]:
    with TestClient(house.app(), base_url=ADDRESS, follow_redirects=False) as opened:
        yield opened


def go(site: TestClient, service: OfficeService, **changed: str):
    address = site.get("/login/office", params={"next": "/briefings"}).headers["location"]
    return site.get("/login/office/back", params=service.sign_in(address) | changed)


def test_whom_the_office_vouches_for_is_in_under_the_account_of_that_name(
    site: TestClient, service: OfficeService
) -> None:
    assert "用单位账号登录" in site.get("/login").text
    answer = go(site, service)
    assert (answer.status_code, answer.headers["location"]) == (303, "/briefings")
    assert site.get("/briefings").status_code == 200
    assert site.get("/desk").status_code == 403


def test_a_second_factor_is_asked_for_all_the_same(house: House, service: OfficeService) -> None:
    house.settings = replace(house.settings, second_factor=True)
    house.add_user("li", role="cyberspace")
    service.name = "li"
    with TestClient(house.app(), base_url=ADDRESS, follow_redirects=False) as site:
        go(site, service)
        assert site.get("/desk").headers["location"].startswith("/account/factor")


@pytest.mark.parametrize(
    "fault",
    ["issuer", "audience", "audiences", "nonce", "no nonce", "no audience", "no end", "expired", "no name",
     "name is no text", "dates are text", "access token", "unsigned", "shared secret", "other key", "no token"],
)  # fmt: skip
def test_what_proves_nothing_lets_nobody_in(site: TestClient, service: OfficeService, fault: str) -> None:
    service.fault = fault
    assert go(site, service).status_code == 403
    assert SESSION_COOKIE not in site.cookies


@pytest.mark.parametrize("fault", ["away", "other issuer said", "plain http", "no json"])
def test_a_service_that_does_not_answer_as_it_should_is_away(
    site: TestClient, service: OfficeService, fault: str
) -> None:
    service.fault = fault
    assert site.get("/login/office").status_code == 503


def test_a_service_that_goes_away_half_way_lets_nobody_in(site: TestClient, service: OfficeService) -> None:
    address = site.get("/login/office").headers["location"]
    back = service.sign_in(address)
    service.fault = "away"
    assert site.get("/login/office/back", params=back).status_code == 503


@pytest.mark.parametrize(
    "changed", [{"state": "x"}, {"state": ""}, {"code": "guessed"}, {"iss": "https://evil.example"}]
)
def test_an_answer_to_another_question_is_refused(
    site: TestClient, service: OfficeService, changed: dict[str, str]
) -> None:
    assert go(site, service, **changed).status_code == 403


def test_a_trip_belongs_to_its_browser_counts_once_and_ends(
    house: House, site: TestClient, service: OfficeService
) -> None:
    address = site.get("/login/office").headers["location"]
    back = service.sign_in(address)
    with TestClient(house.app(), base_url=ADDRESS) as another:
        assert another.get("/login/office/back", params=back).status_code == 403
    assert site.get("/login/office/back", params=back).status_code == 303
    assert site.get("/login/office/back", params=back).status_code == 403
    address = site.get("/login/office").headers["location"]
    house.now.move(minutes=11)
    assert site.get("/login/office/back", params=service.sign_in(address)).status_code == 403


@pytest.mark.parametrize("trip", ["", "AAAA", "x" * 3000, "%00"])
def test_a_cookie_that_was_not_made_here_is_no_trip(
    site: TestClient, service: OfficeService, trip: str
) -> None:
    answer = site.get("/login/office/back?code=1&state=", headers={"cookie": f"quanqing-office={trip}"})
    assert answer.status_code == 403


def test_whom_nobody_made_an_account_is_refused_and_so_is_a_disabled_one(
    house: House, site: TestClient, service: OfficeService
) -> None:
    service.name = "stranger"
    assert "没有对应的账号" in go(site, service).text
    service.name = "wang"
    with write(house.engine) as conn:
        disable_user(conn, "wang")
    assert go(site, service).status_code == 403


def test_new_keys_of_the_service_are_asked_for_once(site: TestClient, service: OfficeService) -> None:
    assert go(site, service).status_code == 303
    service.key = RSAKey.generate_key(2048, {"kid": "two"})
    service.asked.clear()
    assert go(site, service).status_code == 303
    assert service.asked.count("/keys") == 1


def test_no_other_site_is_gone_on_to(site: TestClient, service: OfficeService) -> None:
    address = site.get("/login/office", params={"next": "https://evil.example"}).headers["location"]
    assert site.get("/login/office/back", params=service.sign_in(address)).headers["location"] == "/"


def test_without_a_service_there_is_none(client: TestClient) -> None:
    assert "用单位账号登录" not in client.get("/login").text
    assert client.get("/login/office").status_code == 404
    assert client.get("/login/office/back").status_code == 404


@pytest.mark.parametrize(
    ("given", "words"),
    [({"ISSUER": "http://sso.example", "CLIENT_ID": "q", "CLIENT_SECRET": "s"}, "https"),
     ({"ISSUER": "http://localhost.evil.example", "CLIENT_ID": "q", "CLIENT_SECRET": "s"}, "https"),
     ({"ISSUER": ISSUER, "CLIENT_SECRET": "s"}, "CLIENT_ID: missing"),
     ({"ISSUER": ISSUER, "CLIENT_ID": "q"}, "SECRET: missing")],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused(tmp_path, given: dict[str, str], words: str) -> None:
    environ = {f"QUANQING_OIDC_{name}": value for name, value in given.items()}
    with pytest.raises(ConfigError, match=words):
        read_settings(environ | {"QUANQING_SECRET_KEY": "geheim" * 6}, folder=tmp_path)


def test_the_secret_is_not_printed() -> None:
    assert SECRET not in repr(PROVIDER)
