"""Callbacks on their way: real POSTs to where the web listens, several at a time, each signed as it leaves."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import datetime
from time import monotonic

import httpx

from rehearsal.platforms.wechatpay_pushes import Push, Pushes

_HANDS = 4
_IDLE_S = 0.1
_ANSWER_WITHIN_S = 5.0
_SETTLE_WITHIN_S = 20.0
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@contextmanager
def delivering(pushing: Mapping[str, Pushes], hooks: str, clock: Callable[[], datetime]) -> Iterator[None]:
    """Deliver each platform's callbacks to `<hooks>/<platform>` until the end of the block.

    Then what was sent without a clear answer is sent until there is one: what was taken is known before the truth is
    told. A web that is down costs tries, as it would cost the platform's.
    """
    stop = threading.Event()
    with ExitStack() as stack:
        client = stack.enter_context(httpx.Client(timeout=_ANSWER_WITHIN_S, trust_env=False))
        couriers = [_Courier(pushes, f"{hooks}/{name}", client, clock) for name, pushes in pushing.items()]
        hands = stack.enter_context(ThreadPoolExecutor(_HANDS * len(couriers) or 1, "courier"))
        walks = [hands.submit(courier.walk, stop) for courier in couriers for _ in range(_HANDS)]
        try:
            yield
        finally:
            stop.set()
        for walk in walks:
            walk.result()
        for courier in couriers:
            courier.settle()


class _Courier:
    """One platform's. `walk` may be done by several threads."""

    def __init__(
        self, pushes: Pushes, address: str, client: httpx.Client, clock: Callable[[], datetime]
    ) -> None:
        self._pushes, self._address, self._client, self._clock = pushes, address, client, clock

    def walk(self, stop: threading.Event) -> None:
        while not stop.is_set():
            push = self._pushes.next_due(self._now())
            if push is None:
                stop.wait(_IDLE_S)
            elif not self._deliver(push):
                stop.wait(_IDLE_S)  # the web is down: every try is counted, none is made in vain

    def settle(self) -> None:
        deadline = monotonic() + _SETTLE_WITHIN_S
        while monotonic() < deadline and (waiting := self._pushes.unclear(self._now())):
            for push in waiting:
                self._deliver(push)

    def _deliver(self, push: Push) -> bool:
        """Whether anybody was there."""
        status, unclear = 0, True
        try:
            status = self._client.post(self._address, content=push.body, headers=push.headers).status_code
            unclear = status >= httpx.codes.INTERNAL_SERVER_ERROR
        except _NOT_SENT:
            unclear = False
        except httpx.HTTPError:
            pass
        self._pushes.answered(push, status, now=self._now(), unclear=unclear)
        return bool(status)

    def _now(self) -> int:
        return int(self._clock().timestamp())
