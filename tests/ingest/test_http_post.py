from __future__ import annotations

import pytest

from domain.errors import FetchError
from ingest.answers import Limits
from ingest.http import Http
from tests.ingest import faults
from tests.ingest.faults import Call, Faults, Script, serving

UNHURRIED = Limits(total_s=10, connect_s=5, read_s=5, budget_s=30, tries=3)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def http_for(server: Faults, limits: Limits = UNHURRIED) -> Http:
    return Http(allow_private=server.allow, limits=limits, sleep=lambda _: None)


def failure(script: Script, *, idempotent: bool = False) -> tuple[FetchError, int]:
    with serving({"/x": script}) as server:
        with pytest.raises(FetchError) as caught:
            http_for(server).post("src", server.url("/x"), content=b"key=geheim", idempotent=idempotent)
        assert "geheim" not in str(caught.value)
        return caught.value, server.hits["/x"]


def test_what_is_posted_arrives_with_its_length_and_type() -> None:
    seen: list[bytes] = []

    def script(call: Call) -> None:
        together = b"a=1&b=2" if "a=1&b=2" in call.headers else b""  # head and body in one packet, or in two
        seen.append(together or call.connection.recv(1000))
        call.answer(f"{call.headers['content-type']} {call.headers['content-length']}".encode())

    with serving({"/x": script}) as server:
        answer = http_for(server).post("src", server.url("/x"), content=b"a=1&b=2", headers=FORM)
    assert seen == [b"a=1&b=2"]
    assert answer.body == b"application/x-www-form-urlencoded 7"


@pytest.mark.parametrize("script", [faults.cut, faults.hang_up, faults.status("503 no")])
def test_a_post_that_fails_is_not_sent_again(script: Script) -> None:
    error, hits = failure(script)
    assert (hits, error.permanent) == (1, False)


@pytest.mark.parametrize("script", [faults.cut, faults.hang_up, faults.status("503 no")])
def test_a_pure_query_is_sent_three_times(script: Script) -> None:
    _, hits = failure(script, idempotent=True)
    assert hits == 3


def test_a_pure_query_that_succeeds_the_second_time_is_answered() -> None:
    with serving({"/x": faults.first_then_fine(faults.status("502 no"))}) as server:
        answer = http_for(server).post("src", server.url("/x"), content=b"q", idempotent=True)
    assert answer.body == b"fine"


@pytest.mark.parametrize("code", ["302 Found", "303 See Other", "307 Temporary Redirect"])
def test_a_post_follows_no_redirect(code: str) -> None:
    with serving({"/there": faults.fine}) as there:
        error, hits = failure(faults.redirect(there.url("/there"), code), idempotent=True)
        assert there.connections == 0
    assert (error.cause, error.permanent, hits) == ("refused", True, 1)


def test_a_post_ends_in_time_and_reaches_no_private_address() -> None:
    error, hits = failure(faults.drip, idempotent=True)
    assert "no complete answer within" in str(error)
    assert hits == 1
    with serving({"/x": faults.fine}) as server:
        with pytest.raises(FetchError, match="private"):
            Http().post("src", server.url("/x"), content=b"q")
        assert server.connections == 0


def test_a_server_that_asks_to_wait_long_is_left_alone_by_posts_and_gets_alike() -> None:
    with serving({"/x": faults.status("429 slow down", Retry_After="600")}) as server:
        http = http_for(server)
        for ask in (
            lambda: http.post("src", server.url("/x"), content=b"q"),
            lambda: http.get("src", server.url("/x")),
        ):
            with pytest.raises(FetchError) as caught:
                ask()
            assert caught.value.cause == "blocked"
        assert server.hits["/x"] == 1


def test_an_answer_over_the_size_limit_is_refused() -> None:
    with serving({"/x": faults.bomb}) as server:
        http = http_for(server, Limits(total_s=5))
        with pytest.raises(FetchError, match="size limit"):
            http.post("src", server.url("/x"), content=b"q")
