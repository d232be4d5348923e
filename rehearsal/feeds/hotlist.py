"""Hot lists as newsnow serves them: `GET /api/s?id=weibo`, at most thirty titles, rank = place in the list.

An item's id is its title and it carries no date; an unknown id is a 500 with `statusCode` and `message`.
`POST /api/s/entire` tells what is kept of several lists: as they were when somebody last asked for one of them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from rehearsal.faults import Faults
from rehearsal.scenario import LISTS, Trend, Written
from rehearsal.wire import answer

_ITEMS = 30
_INTERVAL = {"weibo": timedelta(minutes=2)}  # so long a list passes for one of now
_USUAL = timedelta(minutes=10)
_FALL = 24  # places a title is below its best one when it appears and when it goes


class HotLists:
    """All lists; what stands on them follows from the time alone."""

    def __init__(self, trends: Sequence[Trend], *, faults: Faults) -> None:
        self._trends, self._faults = trends, faults
        self._now: datetime | None = None
        self._bodies: dict[str, bytes] = {}
        self._drawn: dict[str, list[Written]] = {}
        self._served: dict[tuple[str, str], Written] = {}
        self._kept: dict[str, tuple[datetime, list[dict[str, object]]]] = {}

    @property
    def served(self) -> list[Written]:
        """What stood on a list when somebody asked: a title that came and went unasked was never told."""
        return list(self._served.values())

    def advance(self, now: datetime) -> None:
        """Draw the lists once a simulated minute: nobody asks more often."""
        minute = now.replace(second=0, microsecond=0)
        if minute == self._now:
            return
        self._now = minute
        self._bodies = {name: self._draw(name, minute) for name in LISTS}

    def routes(self) -> list[Route]:
        return [Route("/api/s", self._get), Route("/api/s/entire", self._post, methods=["POST"])]

    async def _post(self, request: Request) -> Response:
        """No word of a list that is unknown or that nobody has asked for yet."""
        wanted = await request.json()
        names = [name for name in wanted.get("sources", []) if name in self._kept]
        body = json.dumps([self._entire(name) for name in names], ensure_ascii=False).encode()
        return answer(self._faults, body, media_type="application/json")

    def _entire(self, name: str) -> dict[str, object]:
        since, items = self._kept[name]
        now = self._now or since
        updated = now if now - since < _INTERVAL.get(name, _USUAL) else since
        return {
            "status": "cache",
            "id": name,
            "items": items,
            "updatedTime": int(updated.timestamp() * 1000),
        }

    async def _get(self, request: Request) -> Response:
        name = request.query_params.get("id", "")
        if name not in self._bodies or self._now is None:
            return JSONResponse({"statusCode": 500, "message": "Invalid source id"}, status_code=500)
        self._kept[name] = (self._now, json.loads(self._bodies[name])["items"])
        self._served |= {(name, written.external_id): written for written in self._drawn[name]}
        return answer(self._faults, self._bodies[name], media_type="application/json")

    def _draw(self, name: str, now: datetime) -> bytes:
        on = [
            t for t in self._trends if t.post.source == LISTS[name] and t.post.published_at <= now < t.until
        ]
        on = sorted(on, key=lambda t: (_place(t, now), t.post.title))[:_ITEMS]
        self._drawn[name] = [t.post for t in on]
        items = [
            {
                "id": t.post.external_id,
                "title": t.post.title,
                "url": f"https://{name}.example/search?q={quote(t.post.title)}",
                "mobileUrl": f"https://m.{name}.example/search?q={quote(t.post.title)}",
                "extra": {"info": f"{max(3, 300 - int(_place(t, now) * 9))}万热度"},
            }
            for t in on
        ]
        updated = int(now.timestamp() * 1000)
        answer_ = {"status": "success", "id": name, "updatedTime": updated, "items": items}
        return json.dumps(answer_, ensure_ascii=False).encode()


def _place(t: Trend, now: datetime) -> float:
    """Its best place half-way, lower before and after."""
    half = (t.until - t.post.published_at) / 2
    away = abs((now - t.post.published_at) - half) if half > timedelta(0) else half
    return t.rank + _FALL * (away / half)
