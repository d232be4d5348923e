from __future__ import annotations

import gzip
import random
import resource
import ssl
import subprocess
import threading
import time
import zlib
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

import pytest

from domain.errors import FetchError
from ingest.answers import Limits, Validators
from ingest.http import Http
from tests.ingest import faults
from tests.ingest.faults import Call, Faults, Script, serving

PATIENT = Limits(total_s=0.5, connect_s=0.3, read_s=5.0, budget_s=5.0, tries=3)

UNHURRIED = Limits(total_s=10, connect_s=5, read_s=5, budget_s=30, tries=3)
"""Where the answer counts and not the time: a busy machine must not turn a refusal into a silence."""


def http_for(server: Faults, limits: Limits = UNHURRIED, pauses: list[float] | None = None) -> Http:
    kept = [] if pauses is None else pauses
    return Http(allow_private=server.allow, limits=limits, sleep=kept.append)


def failure(script: Script, limits: Limits = UNHURRIED) -> tuple[FetchError, int, float]:
    """(error, how often the server was asked, seconds) of a fetch that must fail."""
    with serving({"/x": script}) as server:
        started = time.monotonic()
        with pytest.raises(FetchError) as caught:
            http_for(server, limits).get("src", server.url("/x?key=geheim"))
        assert "geheim" not in str(caught.value)
        return caught.value, server.hits["/x"], time.monotonic() - started


def test_an_answer_carries_body_type_encoding_and_validators() -> None:
    def script(call: Call) -> None:
        call.answer(b"body", Content_Type="text/xml; charset=GBK", ETag='"1"')

    with serving({"/x": script}) as server:
        answer = http_for(server).get("src", server.url("/x"))
    assert (answer.status, answer.body, answer.media_type, answer.encoding) == (
        200,
        b"body",
        "text/xml",
        "gbk",
    )
    assert answer.validators.etag == '"1"'


@pytest.mark.parametrize("script", [faults.drip, faults.drip_headers, faults.endless_chunks, faults.stall])
def test_a_fetch_ends_in_time_however_slowly_the_answer_drips(script: Script) -> None:
    error, hits, seconds = failure(script, PATIENT)
    assert "no complete answer within" in str(error)
    assert error.cause == "down"
    assert not error.permanent
    assert hits == 1, "a fetch that used up its time is not repeated"
    assert seconds < PATIENT.read_s


@pytest.mark.parametrize(
    "script", [faults.cut, faults.cut_chunks, faults.hang_up, faults.garbage, faults.status("503 no")]
)
def test_a_passing_failure_is_tried_three_times(script: Script) -> None:
    error, hits, _ = failure(script)
    assert hits == 3
    assert error.cause == "down"
    assert not error.permanent


@pytest.mark.parametrize(
    "script", [faults.cut, faults.hang_up, faults.status("500 no"), faults.status("502 no")]
)
def test_a_failure_that_passes_is_not_seen_by_the_caller(script: Script) -> None:
    with serving({"/x": faults.first_then_fine(script, times=2)}) as server:
        pauses: list[float] = []
        assert http_for(server, pauses=pauses).get("src", server.url("/x")).body == b"fine"
        assert server.hits["/x"] == 3
    assert len(pauses) == 2
    assert all(0 <= pause <= 8 for pause in pauses)


@pytest.mark.parametrize(
    ("line", "cause", "permanent"),
    [
        ("401 no", "refused", True),
        ("403 no", "blocked", True),
        ("404 no", "refused", True),
        ("410 gone", "refused", True),
        ("432 x", "blocked", False),
    ],
)
def test_a_refusal_is_not_repeated(line: str, cause: str, permanent: bool) -> None:
    error, hits, _ = failure(faults.status(line))
    assert (error.cause, error.permanent, hits) == (cause, permanent, 1)


def test_a_server_that_asks_to_wait_a_little_is_waited_for() -> None:
    script = faults.first_then_fine(faults.status("429 slow down", Retry_After="2"))
    with serving({"/x": script}) as server:
        pauses: list[float] = []
        assert http_for(server, pauses=pauses).get("src", server.url("/x")).body == b"fine"
    assert 2 <= pauses[0] <= 3


def test_a_server_that_asks_to_wait_long_is_left_alone_for_that_time() -> None:
    clock = [1000.0]
    with serving({"/x": faults.first_then_fine(faults.status("429 slow down", Retry_After="600"))}) as server:
        http = Http(allow_private=server.allow, monotonic=lambda: clock[0], sleep=lambda _: None)
        for _ in range(2):
            with pytest.raises(FetchError) as caught:
                http.get("src", server.url("/x"))
            assert caught.value.cause == "blocked"
        assert server.hits["/x"] == 1
        assert http.get("another source", server.url("/x")).body == b"fine"
        clock[0] += 601
        assert http.get("src", server.url("/x")).body == b"fine"


def test_a_wish_of_days_counts_as_an_hour_and_a_date_is_read_against_the_servers_own_clock() -> None:
    dated = {"Date": "Fri, 28 Oct 2022 01:00:00 GMT", "Retry_After": "Fri, 28 Oct 2022 01:10:00 GMT"}
    for headers, seconds in (({"Retry_After": "999999"}, 3600), (dated, 600)):
        clock = [0.0]
        with serving({"/x": faults.first_then_fine(faults.status("503 later", **headers))}) as server:
            http = Http(allow_private=server.allow, monotonic=lambda c=clock: c[0], sleep=lambda _: None)
            with pytest.raises(FetchError) as caught:
                http.get("src", server.url("/x"))
            assert caught.value.after_s == seconds
            clock[0] = seconds - 1
            with pytest.raises(FetchError, match="asked not to be called") as caught:
                http.get("src", server.url("/x"))
            assert caught.value.after_s == 1
            clock[0] = seconds + 1
            assert http.get("src", server.url("/x")).body == b"fine"


def test_all_tries_together_stay_within_the_budget() -> None:
    limits = Limits(total_s=3, read_s=1, budget_s=1.5, tries=50)
    _, hits, seconds = failure(faults.stall, limits)
    assert 1 <= hits < 5
    assert seconds < 10, "without a budget it were fifty"


@pytest.mark.parametrize("script", [faults.bomb, faults.flood])
def test_a_body_over_the_size_limit_is_refused_while_it_streams(script: Script) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    error, hits, _ = failure(script, Limits(total_s=5))
    assert "size limit" in str(error)
    assert (error.cause, error.permanent, hits) == ("refused", True, 1)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000, "KB"


def test_a_packed_body_has_a_limit_of_its_own_however_little_it_unpacks_to() -> None:
    body = gzip.compress(random.Random(1).randbytes(5_100_000))  # what is random packs to its own size
    with serving({"/x": lambda call: call.answer(body, Content_Encoding="gzip")}) as server:
        with pytest.raises(FetchError, match="size limit"):
            http_for(server, Limits()).get("src", server.url("/x"))
        roomy = Limits(compressed_bytes=6_000_000)
        assert len(http_for(server, roomy).get("src", server.url("/x")).body) == 5_100_000


def test_one_call_may_have_limits_of_its_own_and_the_next_one_has_not() -> None:
    """A platform's file of details is larger than any feed."""
    answer = {"/x": lambda call: call.answer(b"x" * 2_000)}
    with serving(answer) as server:
        http, url = http_for(server, Limits(decoded_bytes=1_000)), server.url("/x")
        assert len(http.get("src", url, limits=Limits()).body) == 2_000
        assert len(http.post("src", url, content=b"", limits=Limits()).body) == 2_000
        with pytest.raises(FetchError, match="size limit"):
            http.get("src", url)
        with pytest.raises(FetchError, match="size limit"):
            http.post("src", url, content=b"")


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "zstd", "gzip, deflate"])
def test_nested_and_unknown_content_encodings_are_refused(encoding: str) -> None:
    error, _, _ = failure(lambda call: call.answer(b"xx", Content_Encoding=encoding))
    assert "content encoding" in str(error)


def test_gzip_and_deflate_are_unpacked_and_a_cut_one_is_noticed() -> None:
    text = "消费券".encode() * 5000
    packed = {"gzip": gzip.compress(text), "deflate": zlib.compress(text)}
    for encoding, body in packed.items():
        with serving({"/x": lambda call, b=body, e=encoding: call.answer(b, Content_Encoding=e)}) as server:
            assert http_for(server).get("src", server.url("/x")).body == text
        error, hits, _ = failure(lambda call, b=body, e=encoding: call.answer(b[:-6], Content_Encoding=e))
        assert "ends too early" in str(error)
        assert hits == 3


def test_an_empty_200_is_an_error_and_no_empty_list() -> None:
    error, _, _ = failure(lambda call: call.answer(b""))
    assert error.cause == "empty"


def test_an_unchanged_feed_costs_one_304() -> None:
    def script(call: Call) -> None:
        if call.headers.get("if-none-match") == '"7"':
            call.answer(status="304 Not Modified")
        else:
            call.answer(b"news", ETag='"7"', Last_Modified="Fri, 28 Oct 2022 01:00:00 GMT")

    with serving({"/x": script}) as server:
        http = http_for(server)
        first = http.get("src", server.url("/x"), conditional=Validators.from_cursor(None))
        kept = Validators.from_cursor(first.validators.as_cursor())
        second = http.get("src", server.url("/x"), conditional=kept)
        assert server.calls[1].headers["if-modified-since"] == "Fri, 28 Oct 2022 01:00:00 GMT"
    assert (first.unchanged, second.unchanged, second.body) == (False, True, b"")


@pytest.mark.parametrize("cursor", ["", "7", "not json", "[]", '{"etag": 5, "other": "x"}'])
def test_a_cursor_that_is_not_ours_asks_for_everything(cursor: str) -> None:
    assert Validators.from_cursor(cursor) == Validators()


# ---------------------------------------------------------------- redirects


def test_redirects_are_followed_five_times_and_no_more() -> None:
    scripts: dict[str, Script] = {f"/{n}": faults.redirect(f"/{n + 1}") for n in range(6)}
    with serving({**scripts, "/6": faults.fine}) as server:
        assert http_for(server).get("src", server.url("/1")).body == b"fine"
        with pytest.raises(FetchError, match="more than 5 redirects"):
            http_for(server).get("src", server.url("/0"))


@pytest.mark.parametrize(
    "where", ["file:/etc/passwd", "ftp://127.0.0.1/x", "gopher://x", "http://u:p@h/", "//u:p@h/"]
)
def test_a_redirect_leads_only_to_http_and_https(where: str) -> None:
    error, hits, _ = failure(faults.redirect(where))
    assert (error.cause, error.permanent, hits) == ("refused", True, 1)


def test_a_redirect_to_a_private_address_reaches_nobody() -> None:
    with serving({"/secret": faults.fine}) as canary:
        error, hits, _ = failure(faults.redirect(canary.url("/secret")))
        assert (error.cause, error.permanent, hits) == ("refused", True, 1)
        assert canary.connections == 0


def test_a_token_is_not_carried_to_another_host() -> None:
    with serving({"/x": faults.fine}) as other, serving({"/x": faults.redirect(other.url("/x"))}) as server:
        http = Http(allow_private=(*server.allow, *other.allow))
        http.get("src", server.url("/x"), headers={"Authorization": "Bearer geheim"})
        assert server.calls[0].headers["authorization"] == "Bearer geheim"
        assert "authorization" not in other.calls[0].headers


def test_cookies_and_proxy_settings_have_no_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    def script(call: Call) -> None:
        call.answer(b"x", Set_Cookie="id=1; Path=/")

    with serving({"/x": script}) as server, serving({}) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url(""))
        monkeypatch.setenv("ALL_PROXY", proxy.url(""))
        http = http_for(server)
        http.get("src", server.url("/x"))
        http.get("src", server.url("/x"))
        assert [call.headers.get("cookie") for call in server.calls] == [None, None]
        assert proxy.connections == 0


# ---------------------------------------------------------------- addresses

FORBIDDEN = [
    "http://127.0.0.1:{port}/", "http://localhost:{port}/", "http://[::1]:{port}/", "http://0.0.0.0:{port}/",
    "http://2130706433:{port}/", "http://0x7f000001:{port}/", "http://0177.0.0.1:{port}/", "http://127.1:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/", "http://[::]:{port}/", "http://127.0.0.1/", "http://10.0.0.1/",
    "http://172.16.0.1/", "http://192.168.1.1/", "http://169.254.169.254/latest/meta-data/", "http://100.64.0.1/",
    "http://[fd00::1]/", "http://[fe80::1]/", "http://[2002:7f00:1::]/", "http://[64:ff9b::7f00:1]/",
    "http://224.0.0.1/", "http://255.255.255.255/", "http://198.18.0.1/", "http://[::ffff:10.0.0.1]/",
    "http://1.1.1.1:22/", "http://1.1.1.1:8080/", "file:/etc/passwd", "ftp://1.1.1.1/", "gopher://1.1.1.1/",
    "http://user:pw@1.1.1.1/", "http:///x", "//1.1.1.1/", "http://[::1", "data:text/plain,x", "",
]  # fmt: skip


@pytest.mark.parametrize("address", FORBIDDEN)
def test_a_forbidden_address_is_never_connected_to(address: str) -> None:
    with serving({"/": faults.fine}) as canary:
        with pytest.raises(FetchError) as caught:
            Http(limits=UNHURRIED, sleep=lambda _: None).get("src", address.format(port=canary.port))
        assert caught.value.cause == "refused"
        assert caught.value.permanent
        assert canary.connections == 0


def test_a_name_that_changes_its_answer_gains_nothing() -> None:
    """The first look-up says a public address, the second loopback: what is checked is what is connected to."""
    answers = [[ip_address("127.0.0.1")], [ip_address("93.184.216.34")]]
    with serving({"/": faults.fine}) as canary:
        asked: list[str] = []

        def rebinding(host: str, port: int) -> list[IPv4Address | IPv6Address]:
            asked.append(host)
            return answers[len(asked) % 2 - 1]

        for _ in range(2):
            with pytest.raises(FetchError):
                Http(limits=Limits(connect_s=0.05, tries=1), resolve=rebinding).get(
                    "s", "http://rebind.example/"
                )
        assert len(asked) == 2
        assert canary.connections == 0


def test_a_resolver_that_hangs_does_not_hold_the_fetch() -> None:
    released, resolved = threading.Event(), threading.Event()
    limits = Limits(total_s=0.2, connect_s=0.1, budget_s=1, tries=1)

    def hanging(host: str, port: int) -> list[IPv4Address | IPv6Address]:
        released.wait(60)
        resolved.set()
        return []

    with pytest.raises(FetchError, match=r"no complete answer|ConnectTimeout"):
        Http(limits=limits, resolve=hanging).get("s", "http://slow.example/")
    assert not resolved.is_set()
    released.set()


def test_networks_and_pairs_may_be_allowed_and_others_stay_forbidden() -> None:
    with serving({"/": faults.fine}) as server:
        for entry in (f"127.0.0.1:{server.port}", "127.0.0.0/8"):
            assert Http(allow_private=(entry,)).get("s", server.url("/")).body == b"fine"
        for entry in (f"127.0.0.1:{server.port + 1}", "10.0.0.0/8"):
            with pytest.raises(FetchError, match="private"):
                Http(allow_private=(entry,)).get("s", server.url("/"))


def test_a_header_that_cannot_be_written_is_not_quoted() -> None:
    with serving({"/": faults.fine}) as server:
        with pytest.raises(FetchError) as caught:
            http_for(server).get("s", server.url("/"), headers={"Authorization": "Bearer geheim\r\nX: y"})
        assert "geheim" not in str(caught.value)
        assert server.hits["/"] == 0


# ---------------------------------------------------------------- TLS


def test_a_certificate_nobody_vouches_for_is_refused_and_no_switch_turns_that_off(tmp_path: Path) -> None:
    trusted = ssl.create_default_context(cafile=str(_certificate(tmp_path, "IP:127.0.0.1")))
    with serving({"/": faults.fine}, tls=tmp_path) as server:
        address = server.url("/").replace("http:", "https:")
        with pytest.raises(FetchError, match="certificate") as caught:
            http_for(server).get("s", address)
        assert (caught.value.cause, caught.value.permanent) == ("refused", True)
        assert server.hits["/"] == 0
        http = Http(allow_private=server.allow, ssl_context=trusted)
        assert http.get("s", address).body == b"fine"


def test_a_certificate_for_another_host_is_refused(tmp_path: Path) -> None:
    trusted = ssl.create_default_context(cafile=str(_certificate(tmp_path, "DNS:other.example")))
    with serving({"/": faults.fine}, tls=tmp_path) as server:
        http = Http(allow_private=server.allow, ssl_context=trusted)
        with pytest.raises(FetchError, match="certificate"):
            http.get("s", server.url("/").replace("http:", "https:"))
        assert server.hits["/"] == 0


def _certificate(folder: Path, name: str) -> Path:
    """A self-signed certificate and its key in the folder."""
    made = folder / "server.crt"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
         "-keyout", folder / "server.key", "-out", made, "-subj", "/CN=test", "-addext", f"subjectAltName={name}"],
        capture_output=True, check=True,
    )  # fmt: skip
    return made
