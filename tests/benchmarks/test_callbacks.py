"""The callbacks' benchmark: what it sends, that it sees what is refused, and that nothing is lost in a short burst."""

from __future__ import annotations

import asyncio
import json
import threading

import pytest

from benchmarks import callbacks
from benchmarks.callback_load import NO_ANSWER, Push, request, sealed, send
from rehearsal.platforms.wechatpay_wire import Keys


def test_repetitions_are_sealed_anew_and_probes_are_few() -> None:
    pushes = sealed(Keys.made(), 1_000, port=1)
    ids = [json.loads(push.request.split(b"\r\n\r\n", 1)[1])["id"] for push in pushes if not push.probe]
    probes = sum(push.probe for push in pushes)
    assert 0 < probes < 50
    assert 0 < len(ids) - len(set(ids)) < 60
    assert len({push.request for push in pushes}) == 1_000


def _answering(*answers: bytes) -> tuple[int, threading.Event]:
    """A server that gives request N its answer; hangs up, where that is empty."""
    up, stop, port = threading.Event(), threading.Event(), []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            answer = answers[int(head.split(b"N: ")[1].split()[0])]
            if not answer:
                writer.close()
                return
            writer.write(answer)

    async def run() -> None:
        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        port.append(server.sockets[0].getsockname()[1])
        up.set()
        while not stop.is_set():
            await asyncio.sleep(0.01)
        server.close()

    threading.Thread(target=lambda: asyncio.run(run()), daemon=True).start()
    up.wait()
    return port[0], stop


def test_what_is_not_taken_is_seen_and_kept_to_be_sent_again() -> None:
    taken, later = b"HTTP/1.1 204 No Content\r\n\r\n", b"HTTP/1.1 503 x\r\ncontent-length: 2\r\n\r\n{}"
    port, stop = _answering(taken, later, b"", taken)
    pushes = [Push(request=request("/hooks/x", "h", {"N": str(n)}, b"")) for n in range(4)]
    told = send(pushes, port=port, rate=50)
    stop.set()
    assert dict(told.statuses) == {204: 2, 503: 1, NO_ANSWER: 1}
    assert sorted(told.refused, key=lambda push: push.request) == [pushes[1], pushes[2]]
    assert len(told.latencies_s) == 4


@pytest.mark.slow
def test_a_burst_is_answered_booked_once_and_seen(capsys: pytest.CaptureFixture[str]) -> None:
    assert callbacks.main(["--rate", "150", "--seconds", "6", "--store", "sqlite"]) == 0
    found = json.loads(capsys.readouterr().out)["sqlite"]
    assert found["sent"] == 900
    assert found["statuses"]["204"] > 850
    assert found["statuses"].keys() == {"204", "401"}
    assert (found["lost"], found["booked_wrongly"], found["quarantined"], found["probes_taken"]) == (
        0,
        0,
        0,
        0,
    )
    assert found["wall"]["polls"] > 0
    assert found["drained_after_s"] is not None
