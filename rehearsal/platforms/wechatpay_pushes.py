"""The callbacks WeChat Pay sends: late, twice, in other order, now and then not at all, with probes between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from random import Random
from threading import Lock
from typing import Any

from rehearsal.faults import Faults
from rehearsal.ledger import Happening
from rehearsal.platforms.wechatpay_wire import PROBE, Keys, notice, signed

_LATENCY_S = 1
_TRIES = 9
RETRY_S = 60
_LOST_SHARE = 0.02
_PROBE_SHARE = 0.01


@dataclass(order=True, slots=True)
class _Due:
    at: int
    no: int
    happening: Happening = field(compare=False)
    coupon: dict[str, Any] = field(compare=False)
    again: bool = field(compare=False, default=False)  # a repetition of what is sent anyway
    probe: bool = field(compare=False, default=False)
    tried: int = field(compare=False, default=0)
    unclear: bool = field(compare=False, default=False)  # sent, and perhaps taken: the answer did not come


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """One POST, ready to be sent. A probe must be answered with 4xx or 5xx, everything else with 2xx within 5 s."""

    headers: dict[str, str]
    body: bytes
    probe: bool
    due: _Due


class Pushes:
    """A queue of callbacks. `on_delivered` hears of every one that was taken; `lost` counts the rest.

    Planned by one thread, sent by others.
    """

    def __init__(
        self,
        keys: Keys,
        *,
        seed: int,
        faults: Faults,
        on_delivered: Callable[[Happening], None],
        retry_s: float = RETRY_S,
    ) -> None:
        self._keys, self._faults, self._on_delivered = keys, faults, on_delivered
        self._rng = Random(f"{seed}/wechatpay/pushes")
        self._retry_s = retry_s
        self._due: list[_Due] = []
        self._given_up: list[_Due] = []
        self._count = 0
        self._lock = Lock()
        self.delivered = self.lost = self.tried_again = self.probes_taken = 0

    def plan(self, h: Happening, coupon: dict[str, Any]) -> None:
        """Decide now how this one will be told."""
        share, rng = self._faults.level.event_share, self._rng
        out = h.at + _LATENCY_S
        if share and rng.random() < _LOST_SHARE:
            self.lost += 1
            self._faults.hit("callback_lost")
            return
        if share and rng.random() < share:
            out += 1 + int(rng.random() * self._faults.level.delay_s)
            self._faults.hit("callback_reordered")
        self._push(out, h, coupon)
        if share and rng.random() < share:
            self._push(out + 1 + int(rng.random() * 1_800), h, coupon, again=True)
            self._faults.hit("callback_repeated")
        if share and rng.random() < _PROBE_SHARE:
            self._push(out, h, coupon, probe=True)
            self._faults.hit("callback_probe")

    def due(self, now: int) -> list[Push]:
        """Everything to be sent by `now`, signed now. Each one must be reported back by `answered`."""
        return list(iter(lambda: self.next_due(now), None))

    def next_due(self, now: int) -> Push | None:
        """One to be sent now, signed now; None: there is none."""
        with self._lock:
            due = heappop(self._due) if self._due and self._due[0].at <= now else None
        return None if due is None else self._signed(due, now)

    def unclear(self, now: int) -> list[Push]:
        """Those that were perhaps taken, signed anew: only a clear answer tells. None of them stays in the queue."""
        with self._lock:
            waiting = [due for due in [*self._due, *self._given_up] if due.unclear]
            self._due = [due for due in self._due if not due.unclear]
            heapify(self._due)
            self.lost -= sum(due.unclear for due in self._given_up)
            self._given_up = []
        return [self._signed(due, now) for due in waiting]

    def answered(self, push: Push, status: int, *, now: int, unclear: bool = False) -> None:
        """2xx is the end of it; anything else is tried again once a minute, nine times in all. Status 0: no answer.

        `unclear`: it was sent and may have been taken all the same.
        """
        due = push.due
        taken = 200 <= status < 300
        with self._lock:
            if due.probe:
                self.probes_taken += taken
                return
            if taken:
                self.delivered += 1
            else:
                self._try_again(due, now, unclear=unclear)
        if taken:
            self._on_delivered(due.happening)

    def _try_again(self, due: _Due, now: int, *, unclear: bool) -> None:
        due.tried += 1
        due.unclear |= unclear
        if due.tried < _TRIES:
            due.at = now + int(self._retry_s)
            heappush(self._due, due)
            self.tried_again += 1
        else:
            self._given_up.append(due)
            self.lost += 1

    def _push(self, at: int, h: Happening, coupon: dict[str, Any], **kind: bool) -> None:
        self._count += 1
        with self._lock:
            heappush(self._due, _Due(at, self._count, h, coupon, **kind))

    def _signed(self, due: _Due, now: int) -> Push:
        # a notice keeps its id however often it is sent; nonce, seal and signature are new each time
        body = notice(self._keys, f"EV-{due.happening.event_no}", due.coupon, at=due.happening.at)
        headers = {"Content-Type": "application/json", **signed(self._keys, body, at=now)}
        if due.probe:
            headers["Wechatpay-Signature"] = PROBE + headers["Wechatpay-Signature"][len(PROBE) :]
        return Push(headers=headers, body=body, probe=due.probe, due=due)
