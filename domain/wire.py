"""Messages between a process of ours and its child: a length and a body, each within a deadline.

Not `multiprocessing.connection`: its `poll` bounds the wait for a message's first byte only, and a child that stops
in the middle of one would hold its parent for ever.
"""

from __future__ import annotations

import socket
import struct
import time

_LENGTH = struct.Struct(">Q")


def send(wire: socket.socket, body: bytes, deadline: float | None = None) -> None:
    """One message, before `deadline` (of time.monotonic; None: however long). Raises TimeoutError, OSError."""
    wire.settimeout(_left(deadline))
    wire.sendall(_LENGTH.pack(len(body)) + body)


def receive(wire: socket.socket, deadline: float | None = None, *, most_bytes: int | None = None) -> bytes:
    """One message. Raises TimeoutError, OSError; EOFError when the other side is gone or says more than it may."""
    (length,) = _LENGTH.unpack(_exactly(wire, _LENGTH.size, deadline))
    if most_bytes is not None and length > most_bytes:
        raise EOFError
    return _exactly(wire, length, deadline)


def _exactly(wire: socket.socket, length: int, deadline: float | None) -> bytes:
    body = bytearray()
    while len(body) < length:
        wire.settimeout(_left(deadline))
        chunk = wire.recv(min(1 << 20, length - len(body)))
        if not chunk:
            raise EOFError
        body += chunk
    return bytes(body)


def _left(deadline: float | None) -> float | None:
    if deadline is None:
        return None
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
