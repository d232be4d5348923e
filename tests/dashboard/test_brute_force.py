"""W1: three hundred tries to sign in are a handful of hashes, tell nobody who exists, and lock nobody out."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Iterator

import pytest

from dashboard.entry import identity
from dashboard.entry.identity import TRIES_PER_ACCOUNT, TRIES_PER_ADDRESS, SignIn, TooManyTries
from dashboard.entry.visitors import SESSION_COOKIE
from tests.dashboard.conftest import PASSWORD, House
from tests.dashboard.wire import Answer, Wire, wired

TRIES = 300


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The stored hash of each comparison made; no work is done on them."""
    made: list[str] = []
    monkeypatch.setattr(identity, "_matches", lambda kept, given: made.append(kept) or given == PASSWORD)
    return made


@pytest.fixture
def wire(house: House) -> Iterator[Wire]:
    house.add_user()
    with wired(house) as opened:
        yield opened


def signing_in(wire: Wire, name: str, password: str = "wrong", **headers: str) -> Answer:
    return wire.ask("POST", "/login", body=f"name={name}&password={password}&next=/wall".encode(), **headers)


def test_w1_three_hundred_tries_on_an_account_are_five_hashes(wire: Wire, hashed: list[str]):
    """Whatever the tries say of where they come from."""
    claims = [{"x_forwarded_for": f"203.0.113.{n % 250}", "x_real_ip": f"203.0.113.{n % 250}",
               "forwarded": f"for=203.0.113.{n % 250}", "user_agent": f"{n}"} for n in range(TRIES)]  # fmt: skip
    answers = [signing_in(wire, "duty", **claim) for claim in claims]
    assert len(hashed) == TRIES_PER_ACCOUNT == 5
    assert Counter(a.status for a in answers) == {401: 5, 429: TRIES - 5}
    assert signing_in(wire, "duty", PASSWORD).status == 429
    assert len(hashed) == 5


@pytest.mark.parametrize("spelling", ["duty", "duty ", " duty", "duty%09"])
def test_w1_another_spelling_of_a_name_is_no_other_account(wire: Wire, hashed: list[str], spelling: str):
    for _ in range(5):
        signing_in(wire, "duty")
    assert signing_in(wire, spelling).status == 429


def test_w1_three_hundred_names_are_twenty_hashes(wire: Wire, hashed: list[str]):
    answers = [signing_in(wire, f"user{n}") for n in range(TRIES)]
    assert len(hashed) == TRIES_PER_ADDRESS == 20
    assert Counter(a.status for a in answers) == {401: 20, 429: TRIES - 20}


def test_w1_nobody_locks_the_owner_out(house: House, wire: Wire, hashed: list[str]):
    """From another address the right password opens; who is in already stays in."""
    wire.sessions["duty"] = house.session()
    for _ in range(TRIES):
        signing_in(wire, "duty")
    sign_in = SignIn(house.engine, secret_key=house.settings.secret_key)
    token = asyncio.run(sign_in.attempt("duty", PASSWORD, address="10.0.0.1", now=house.now()))
    assert token
    for session in (wire.sessions["duty"], token):
        wire.sessions["duty"] = session
        assert wire.ask("GET", "/wall", role="duty").status == 200


def test_w1_known_and_unknown_names_get_one_answer_for_one_work(wire: Wire, hashed: list[str]):
    answers = {name: [signing_in(wire, name) for _ in range(7)] for name in ("duty", "nobody")}
    shown = {name: [_shown(a, name) for a in told] for name, told in answers.items()}
    assert shown["duty"] == shown["nobody"]
    assert len(hashed) == 2 * TRIES_PER_ACCOUNT
    known, unknown = set(hashed)
    assert known.split("$")[1:4] == unknown.split("$")[1:4], "variant, version, memory and rounds"


def test_w1_tries_at_once_are_counted_like_tries_one_by_one(
    house: House, hashed: list[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(identity, "MOST_SIGNING_IN", 60)
    house.add_user()
    sign_in = SignIn(house.engine, secret_key=house.settings.secret_key)

    async def storm() -> list[object]:
        tries = [sign_in.attempt("duty", "wrong", address="10.0.0.9", now=house.now()) for _ in range(60)]
        return list(await asyncio.gather(*tries, return_exceptions=True))

    ended = asyncio.run(storm())
    assert sum(isinstance(end, TooManyTries) for end in ended) == 60 - TRIES_PER_ACCOUNT
    assert len(hashed) == TRIES_PER_ACCOUNT


def _shown(answer: Answer, name: str) -> tuple[int, dict[str, str], str]:
    """All that whoever asks gets to see, but for the name typed."""
    assert SESSION_COOKIE not in answer.headers.get("set-cookie", "")
    headers = {n: v for n, v in answer.headers.items() if n != "content-length"}
    return answer.status, headers, re.sub(f'value="{name}"', "", answer.text)
