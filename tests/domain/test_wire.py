"""A message between processes is whole, or its reader knows within the deadline that it is not."""

from __future__ import annotations

import socket
import struct
import threading
import time

import pytest

from domain.wire import receive, send

SOON = 0.2


@pytest.fixture
def wire():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_bodies_arrive_as_they_were_sent(wire):
    ours, theirs = wire
    bodies = [b"", b"\x00" * 8, bytes(range(256)) * 20_000]  # the last is more than a socket holds
    sender = threading.Thread(target=lambda: [send(theirs, body) for body in bodies])
    sender.start()
    assert [receive(ours) for _ in bodies] == bodies
    sender.join()


def test_half_a_message_is_waited_for_until_the_deadline(wire):
    ours, theirs = wire
    theirs.sendall(struct.pack(">Q", 100) + b"half")
    with pytest.raises(TimeoutError):
        receive(ours, time.monotonic() + SOON)


def test_a_reader_that_does_not_read_stops_its_sender_at_the_deadline(wire):
    with pytest.raises(TimeoutError):
        send(wire[0], b"x" * 10_000_000, time.monotonic() + SOON)


@pytest.mark.parametrize("said", [b"", b"\x00" * 3, struct.pack(">Q", 100) + b"half"])
def test_the_other_side_gone_is_no_message(wire, said: bytes):
    ours, theirs = wire
    theirs.sendall(said)
    theirs.close()
    with pytest.raises(EOFError):
        receive(ours)


def test_more_than_may_be_said_is_not_read(wire):
    ours, theirs = wire
    theirs.sendall(struct.pack(">Q", 1 << 60))
    with pytest.raises(EOFError):
        receive(ours, most_bytes=1000)
