"""W12: strangers who are refused again and again wait for it; whoever is known never does."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from dashboard.entry import tarpit
from dashboard.entry.identity import Visitor
from dashboard.entry.tarpit import FREE, MOST_WAITING, WINDOW_S, Tarpit

SOMEBODY = Visitor(name="duty", role="finance", scope=None)


class Slept(list[float]):
    async def __call__(self, seconds: float) -> None:
        self.append(seconds)


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> Slept:
    found = Slept()
    monkeypatch.setattr(tarpit.asyncio, "sleep", found)
    monkeypatch.setattr(tarpit, "FREE", FREE)
    return found


def answered(pit: Tarpit, address: str = "203.0.113.7", *, status: int = 401, visitor: Any = None) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def one() -> None:
        slowly = pit.slowing({"client": (address, 1), "visitor": visitor}, send)
        await slowly({"type": "http.response.start", "status": status})
        await slowly({"type": "http.response.body"})

    asyncio.run(one())
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]


def test_w12_a_line_that_is_refused_again_and_again_waits_for_each_further_one(slept: Slept) -> None:
    now = [0.0]
    pit = Tarpit(monotonic=lambda: now[0])
    for n in range(FREE + 5):
        answered(pit, f"2001:db8::{n:x}")
    assert len(slept) == 5
    answered(pit, "203.0.113.9")
    answered(pit, "2001:db8::1", status=200)
    answered(pit, "2001:db8::1", visitor=SOMEBODY)
    assert len(slept) == 5
    now[0] = WINDOW_S
    answered(pit, "2001:db8::1")
    assert len(slept) == 5


def test_w12_no_more_answers_are_held_back_than_there_is_room_for(slept: Slept) -> None:
    pit = Tarpit(monotonic=lambda: 0.0)
    pit._waiting = MOST_WAITING
    for _ in range(FREE + 5):
        answered(pit)
    assert slept == []
