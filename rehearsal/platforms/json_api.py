"""A platform that is pulled: docs/json-api.openapi.yaml, spoken from the ledger.

The cursor stands in PUBLISHED order, never in the order of occurrence: an event let out late or again gets a later
place, so a client that follows the cursor misses nothing.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from heapq import heapify, heappop, heappush
from random import Random
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rehearsal.faults import Faults
from rehearsal.ledger import CLAIM, REDEMPTION, Happening
from rehearsal.platforms.books import Books
from rehearsal.platforms.json_events import SKEW_S, STRAYS, as_event, moment, statements
from rehearsal.wire import answer, error

_LATENCY_S = 2  # from the till to the platform's own store
_REPEAT_WITHIN_S = 1_800
_LIMIT = 2_000
_OVERLAP = 20
_STRAY_EVERY = 4_000
_JSON = "application/json"
_Due = tuple[int, str, bool, Happening]
"""(let out at, event number, again, happening)."""


class JsonApi:
    """One platform's log of events and its answers. `take` and `advance` come from one thread, answers from another."""

    def __init__(self, platform: str, *, token: str, seed: int, faults: Faults) -> None:
        self.platform, self.token = platform, token
        self.published: list[Happening] = []
        self.faults = faults
        self._rng = Random(f"{seed}/{platform}")
        self._due: list[_Due] = []
        self._log: list[bytes] = []  # one JSON object each, serialised once
        self._log_at: list[int] = []
        self._log_second: list[int] = []  # what each says of its own time
        self._counts: Counter[tuple[str, str, int, str]] = Counter()
        self._books = Books()
        self._now = 0
        self._newest = 0
        self._ahead = SKEW_S

    @property
    def counted(self) -> list[Happening]:
        """What only a counter has told: nothing, every event is let out."""
        return []

    @property
    def withheld(self) -> list[Happening]:
        """Happened, but not let out yet."""
        return [h for _, _, again, h in self._due if h.at <= self._now and not again]

    def take(self, happenings: Iterable[Happening]) -> None:
        """Schedule what will happen: a little after it does, some of it late or twice."""
        share, delay = self.faults.level.event_share, self.faults.level.delay_s
        rng = self._rng
        for h in happenings:
            self._books.enter(h)
            out = h.at + _LATENCY_S
            if share and rng.random() < share:
                out += 1 + int(rng.random() * delay)
            self._due.append((out, h.event_no, False, h))
            if share and rng.random() < share:
                again = out + 1 + int(rng.random() * _REPEAT_WITHIN_S)
                heappush(self._due, (again, h.event_no, True, h))
        heapify(self._due)

    def withhold(self, event_no: str) -> None:
        """Lose one event that was not let out yet: the books know it, the log never will."""
        kept = [due for due in self._due if due[1] != event_no]
        if len(kept) == len(self._due):
            raise ValueError(f"{event_no} is not waiting to be let out")
        self._due = kept
        heapify(self._due)

    def let_out_late(self, h: Happening) -> None:
        """What was lost is found again, and is let out with the next advance."""
        heappush(self._due, (self._now, h.event_no, False, h))

    def advance(self, now: datetime) -> None:
        """Let out everything due by `now`."""
        self._now = int(now.timestamp())
        reordered = repeated = 0
        while self._due and self._due[0][0] <= self._now:
            out, _, again, h = heappop(self._due)
            self._enter(out, h)
            if again:
                repeated += 1
                continue
            reordered += h.at < self._newest
            self._newest = max(self._newest, h.at)
            self.published.append(h)
            self._counts[h.lot.programme.sub_projects.redeem, h.lot.template.id, h.lot.round_no, h.kind] += 1
        self.faults.hit("event_reordered", reordered)
        self.faults.hit("event_repeated", repeated)

    def _enter(self, out: int, h: Happening) -> None:
        """Into the log, now and then followed by an event that never happened."""
        event = as_event(h, skewed="clock_skewed" in self.faults.level.seldom)
        self._append(out, event, second=h.at)
        if h.kind != REDEMPTION:
            return
        for name, wrong in STRAYS.items():
            if self.faults.turn(name, every=_STRAY_EVERY, of=self.platform):
                stray = {"event_no": f"X{len(self._log)}", "voucher_no": f"X{len(self._log)}"}
                self._append(out, event | stray | wrong, second=h.at)

    def _append(self, out: int, event: dict[str, Any], *, second: int) -> None:
        self._log_at.append(out)
        self._log_second.append(second)
        self._log.append(json.dumps(event, separators=(",", ":")).encode())

    def routes(self) -> list[Route]:
        return [
            Route("/v1/events", self._events),
            Route("/v1/counters", self._counters),
            Route("/v1/statements", self._statements),
        ]

    async def _events(self, request: Request) -> Response:
        if not self._authorised(request):
            return error(401, "unauthorized", "unknown or missing bearer token")
        try:
            start = self._position(request.query_params.get("cursor"))
            limit = int(request.query_params.get("limit", "500"))
        except ValueError:
            return error(400, "invalid_request", "cursor or limit cannot be read")
        if not 1 <= limit <= _LIMIT:
            return error(400, "invalid_request", f"limit must be 1 to {_LIMIT}")
        return answer(self.faults, self._page(start, limit), media_type=_JSON)

    async def _counters(self, request: Request) -> Response:
        if not self._authorised(request):
            return error(401, "unauthorized", "unknown or missing bearer token")
        counted_at = moment(self._now + self._skew())
        rows = [
            {
                "sub_project": sub_project,
                "template": template,
                "round": round_no,
                "kind": kind,
                "value_count": n,
                "counted_at": counted_at,
            }
            for (sub_project, template, round_no, kind), n in sorted(self._counts.copy().items())
            if kind in (CLAIM, REDEMPTION)
        ]
        return answer(self.faults, json.dumps({"counters": rows}).encode(), media_type=_JSON)

    async def _statements(self, request: Request) -> Response:
        if not self._authorised(request):
            return error(401, "unauthorized", "unknown or missing bearer token")
        try:
            day = date.fromisoformat(request.query_params.get("day", ""))
        except ValueError:
            return error(400, "invalid_request", "day cannot be read")
        body = {"day": day.isoformat(), "statements": statements(self._books, day, now=self._now)}
        return answer(self.faults, json.dumps(body).encode(), media_type=_JSON)

    def _page(self, start: int, limit: int) -> bytes:
        first, end = start, min(start + limit, len(self._log))
        fault = self.faults.page() if end - start > 1 else None
        if fault == "page_overlap" and start:
            first = start - min(_OVERLAP, start, limit // 2)
            end = min(first + limit, len(self._log))
            self.faults.hit(fault)
        elif fault == "page_short":
            end = start + max(1, (end - start) // 3)
            self.faults.hit(fault)
        elif fault == "page_equal_edge":
            end = self._between_equals(start, end)
        events = self._log[first:end]
        if fault == "page_shuffled":
            Random(start).shuffle(events)
            self.faults.hit(fault)
        tail = {
            "next_cursor": self._cursor(end),
            "has_more": end < len(self._log),
            "data_time": moment(self._complete_until(end)),
        }
        return b'{"events":[' + b",".join(events) + b"]," + json.dumps(tail).encode()[1:]

    def _between_equals(self, start: int, end: int) -> int:
        """The last place in the page where both neighbours happened in one second; its end, if there is none."""
        seconds = self._log_second
        edge = next((n for n in range(end - 1, start, -1) if seconds[n - 1] == seconds[n]), None)
        self.faults.hit("page_equal_edge", edge is not None)
        return edge or end

    def _skew(self) -> int:
        """How far the platform's own clock is off: now and then ten minutes, ahead or behind."""
        if not self.faults.turn("clock_skewed", every=4, of=self.platform):
            return 0
        self._ahead = -self._ahead
        return self._ahead

    def _complete_until(self, end: int) -> int:
        """Up to when a client that has read `end` entries has everything, as far as the platform's clock is right."""
        out = self._now if end >= len(self._log) else self._log_at[end]
        return out + self._skew() - _LATENCY_S - self.faults.level.delay_s - 1

    def _authorised(self, request: Request) -> bool:
        given = request.headers.get("authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {self.token}".encode())

    def _cursor(self, position: int) -> str:
        return base64.urlsafe_b64encode(f"{self.platform}.{position:010d}".encode()).decode().rstrip("=")

    def _position(self, cursor: str | None) -> int:
        """Raises ValueError for a cursor this platform never gave."""
        if cursor is None:
            return 0
        try:
            text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        except (binascii.Error, UnicodeDecodeError) as failure:
            raise ValueError("cursor") from failure
        platform, _, position = text.rpartition(".")
        if platform != self.platform or not 0 <= int(position) <= len(self._log):
            raise ValueError("cursor")
        return int(position)
