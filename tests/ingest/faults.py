"""A source that misbehaves on purpose: a raw socket server on loopback whose every path is one fault.

It counts how often each path was hit, so that a test can prove that its fault was really met.
"""

from __future__ import annotations

import socket
import ssl
import threading
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

Script = Callable[["Call"], None]


class Call:
    """One request: its path, headers, number of times this path was asked, and the raw connection."""

    def __init__(self, connection: socket.socket, head: str, hit: int, stopped: threading.Event) -> None:
        self.connection = connection
        request, *lines = head.split("\r\n")
        self.target = request.split(" ")[1]
        self.headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines if line)}
        self.hit = hit
        self.stopped = stopped

    def send(self, raw: bytes) -> None:
        self.connection.sendall(raw)

    def answer(self, body: bytes = b"", *, status: str = "200 OK", **headers: str) -> None:
        told = {"Content-Length": str(len(body)), "Connection": "close"}
        told |= {name.replace("_", "-"): value for name, value in headers.items()}
        lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        self.send(f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body)


class Faults:
    """`scripts` maps a path (without its query) to what happens there."""

    def __init__(self, scripts: dict[str, Script], tls: ssl.SSLContext | None = None) -> None:
        self.hits: Counter[str] = Counter()
        self.calls: list[Call] = []
        self.connections = 0
        self._scripts = scripts
        self._tls = tls
        self._stopped = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def allow(self) -> tuple[str, ...]:
        return (f"127.0.0.1:{self.port}",)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def stop(self) -> None:
        self._stopped.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept
        self._listener.close()

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _encrypted(self, connection: socket.socket) -> socket.socket:
        return self._tls.wrap_socket(connection, server_side=True) if self._tls else connection

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), self._encrypted(connection) as connection:
            head = b""
            while b"\r\n\r\n" not in head:
                part = connection.recv(65536)
                if not part:
                    return
                head += part
            path = head.split(b" ")[1].split(b"?")[0].decode()
            self.hits[path] += 1
            call = Call(connection, head.decode("latin-1"), self.hits[path], self._stopped)
            self.calls.append(call)
            self._scripts[path](call)


@contextmanager
def serving(scripts: dict[str, Script], tls: Path | None = None) -> Iterator[Faults]:
    """`tls`: a folder with server.crt and server.key."""
    context = None
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls / "server.crt", tls / "server.key")
    server = Faults(scripts, context)
    try:
        yield server
    finally:
        server.stop()


# ---------------------------------------------------------------- faults


def drip(call: Call) -> None:
    """One byte at a time for ever: each single read is quick."""
    call.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not call.stopped.wait(0.02):
        call.send(b"x")


def drip_headers(call: Call) -> None:
    call.send(b"HTTP/1.1 200 OK\r\n")
    while not call.stopped.wait(0.02):
        call.send(b"X-Slow: 1\r\n")


def endless_chunks(call: Call) -> None:
    call.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not call.stopped.wait(0.01):
        call.send(b"1\r\nx\r\n")


def stall(call: Call) -> None:
    """Takes the request and says nothing."""
    call.stopped.wait(10)


def cut(call: Call) -> None:
    """Promises more than it sends."""
    call.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this")


def cut_chunks(call: Call) -> None:
    call.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")


def hang_up(call: Call) -> None:
    """Closes before a single byte."""


def bomb(call: Call) -> None:
    """400 KB that unpack to 400 MB."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    million = bytes(1_000_000)
    call.answer(
        b"".join(packer.compress(million) for _ in range(400)) + packer.flush(), Content_Encoding="gzip"
    )


def flood(call: Call) -> None:
    """More than any feed has, uncompressed."""
    call.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    for _ in range(1_000):
        call.send(bytes(100_000))


def garbage(call: Call) -> None:
    call.send(b"SSH-2.0-OpenSSH_9.2\r\n")


def fine(call: Call) -> None:
    call.answer(b"fine", Content_Type="text/plain; charset=GBK")


def status(line: str, **headers: str) -> Script:
    return lambda call: call.answer(b"no", status=line, **headers)


def first_then_fine(script: Script, times: int = 1) -> Script:
    return lambda call: script(call) if call.hit <= times else fine(call)


def redirect(where: str, code: str = "302 Found") -> Script:
    return lambda call: call.answer(status=code, Location=where)
