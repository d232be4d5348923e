"""Callbacks over a real port: to a web that is there, that is away, and that takes what it does not answer."""

from __future__ import annotations

import json
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from domain.campaign import Campaign
from rehearsal.courier import delivering
from rehearsal.faults import LEVELS, Faults
from rehearsal.ledger import REDEMPTION, Happening, Ledger
from rehearsal.platforms.wechatpay import WeChatPay
from rehearsal.platforms.wechatpay_wire import Keys
from tests.ingest.played import port_of

PATIENCE_S = 60.0


class Web:
    """Takes callbacks; `statuses` are its first answers, 204 all that follow. It has taken what it answered 500 to."""

    def __init__(self, *statuses: int) -> None:
        self.taken: list[str] = []
        self._statuses = list(statuses)

    def routes(self) -> list[Route]:
        return [Route("/hooks/city-pay", self._post, methods=["POST"])]

    async def _post(self, request: Request) -> Response:
        status = self._statuses.pop(0) if self._statuses else 204
        if status != 401:
            self.taken.append(json.loads(await request.body())["id"])
        return Response(status_code=status)


@pytest.fixture(scope="module")
def keys() -> Keys:
    return Keys.made()


@pytest.fixture
def platform(small_campaign: Campaign, keys: Keys) -> WeChatPay:
    """A while after the opening, with callbacks waiting."""
    ledger = Ledger(small_campaign, 5)
    shops = [shop for street in ledger.register.shops.values() for shop in street]
    now = small_campaign.campaign.launch_at + timedelta(minutes=12)
    fake = WeChatPay(
        "city-pay",
        shops=shops,
        seed=5,
        faults=Faults(LEVELS["none"], 5),
        clock=lambda: now,
        keys=keys,
        retry_s=0,
    )
    fake.take([h for h in ledger.play_until(now) if h.lot.programme.platform == "city-pay"])
    fake.advance(now)
    return fake


@contextmanager
def sent(platform: WeChatPay, port: int) -> Iterator[None]:
    now = platform._clock
    with delivering({"city-pay": platform.pushes}, f"http://127.0.0.1:{port}/hooks", now):
        yield


def until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def due(platform: WeChatPay) -> list[Happening]:
    return [
        h for h in platform.withheld if h.kind == REDEMPTION and h.at + 1 <= platform._clock().timestamp()
    ]


def test_every_callback_due_is_delivered_and_published_without_its_order_amount(platform: WeChatPay) -> None:
    waiting, web = due(platform), Web()
    assert waiting
    with port_of(web) as port, sent(platform, port):
        until(lambda: len(web.taken) == len(waiting))
    assert Counter(web.taken) == Counter(f"EV-{h.event_no}" for h in waiting)
    assert len(platform.published) == len(waiting)
    assert {h.order_fen for h in platform.published} == {None}
    assert due(platform) == []


def test_a_web_that_is_away_costs_tries_and_what_it_refuses_is_not_published(platform: WeChatPay) -> None:
    waiting = due(platform)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # nobody listens, and nobody else gets the port meanwhile
        with sent(platform, closed.getsockname()[1]):
            until(lambda: platform.pushes.tried_again > 0)
    assert platform.published == []
    web = Web(*[401] * 3)
    with port_of(web) as port, sent(platform, port):
        until(lambda: len(web.taken) == len(waiting))
    assert platform.pushes.tried_again >= 4
    assert len(platform.published) == len(waiting)


def test_what_was_taken_without_a_clear_answer_is_sent_again_until_there_is_one(
    platform: WeChatPay, small_campaign: Campaign
) -> None:
    waiting = due(platform)
    web = Web(*[500] * (len(waiting) * 9))
    with port_of(web) as port, sent(platform, port):
        until(lambda: platform.pushes.lost == len(waiting))
        assert platform.published == []
        web._statuses.clear()
    assert len(platform.published) == len(waiting), "the web holds them all: the truth must know"
    assert platform.pushes.lost == 0


def test_once_the_file_is_out_it_tells_the_order_amounts_and_what_no_callback_told(
    platform: WeChatPay, small_campaign: Campaign
) -> None:
    web = Web()
    waiting = due(platform)
    with port_of(web) as port, sent(platform, port):
        until(lambda: len(web.taken) == len(waiting))
    ended = max(r.use_until for r in small_campaign.round) + timedelta(days=1, hours=11)
    platform.advance(ended)
    told = [h for h in platform.published if h.kind == REDEMPTION]
    assert len(told) > len(waiting)
    assert all(h.order_fen for h in told)
