"""Servers whose TLS is not what it should be: nothing is asked of them, and why is said (promises F1, F6)."""

from __future__ import annotations

import ipaddress
import ssl
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from domain.errors import FetchError
from ingest.answers import Limits
from ingest.http import Http
from tests.ingest import faults
from tests.ingest.faults import Faults, serving

DAY = timedelta(days=1)
UNHURRIED = Limits(total_s=10, connect_s=5, read_s=5, budget_s=30, tries=3)


def certificate(folder: Path, *, until: datetime) -> Path:
    """For 127.0.0.1, signed by itself, good for two days up to `until`; its key beside it."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), until - 2 * DAY, until)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=True)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    plain = serialization.NoEncryption()
    (folder / "server.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    )
    path = folder / "server.crt"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return path


def ours(trusting: Path) -> ssl.SSLContext:
    """The very context that connectors ask with, trusting one certificate more."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_verify_locations(trusting)
    return context


def asked(server: Faults, context: ssl.SSLContext) -> bytes:
    http = Http(allow_private=server.allow, ssl_context=context, limits=UNHURRIED, sleep=lambda _: None)
    return http.get("src", server.url("/").replace("http:", "https:")).body


def test_a_certificate_is_good_until_its_last_day_and_no_longer(tmp_path: Path) -> None:
    for until, is_good in ((datetime.now(UTC) + DAY, True), (datetime.now(UTC) - DAY, False)):
        context = ours(certificate(tmp_path, until=until))
        with serving({"/": faults.fine}, tls=tmp_path) as server:
            if is_good:
                assert asked(server, context) == b"fine"
                continue
            with pytest.raises(FetchError, match="certificate") as caught:
                asked(server, context)
            assert (caught.value.cause, caught.value.permanent) == ("expired", True)
            assert server.hits["/"] == 0


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")  # deprecated: that is the point
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1], ids=lambda v: v.name)
def test_a_server_that_speaks_only_an_old_tls_is_refused(
    tmp_path: Path, version: ssl.TLSVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ours(certificate(tmp_path, until=datetime.now(UTC) + DAY))
    careless = ours(tmp_path / "server.crt")
    real = ssl.SSLContext.load_cert_chain

    def only_old(served: ssl.SSLContext, *files: Path) -> None:
        _speak(served, version)
        real(served, *files)

    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", only_old)
    with serving({"/": faults.fine}, tls=tmp_path) as server:
        with pytest.raises(FetchError, match="TLS version") as caught:
            asked(server, context)
        assert (caught.value.cause, caught.value.permanent) == ("refused", True)
        assert server.hits["/"] == 0
        _speak(careless, version)
        assert asked(server, careless) == b"fine", "the server does speak it"


def _speak(context: ssl.SSLContext, version: ssl.TLSVersion) -> None:
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version


def test_a_server_that_never_answers_the_first_hello_is_given_up_in_time() -> None:
    with serving({"/": faults.fine}) as server:  # waits for the end of a request, which no hello has
        started = time.monotonic()
        http = Http(allow_private=server.allow, limits=Limits(total_s=0.5, connect_s=0.3, tries=1))
        with pytest.raises(FetchError) as caught:
            http.get("src", server.url("/").replace("http:", "https:"))
        assert time.monotonic() - started < 10, "or it would wait for ever"
        assert (caught.value.cause, server.connections, server.hits["/"]) == ("down", 1, 0)
