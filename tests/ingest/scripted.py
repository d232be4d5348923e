"""A source whose answers a test writes, and the site it runs on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Literal

from sqlalchemy import Engine

from domain.campaign import Campaign
from domain.errors import FetchError, ParseError
from domain.records import Parsed, Payload
from ingest.http import Http
from ingest.run import Site
from ingest.source import Source


class Scripted(Source):
    """Answers with numbered payloads from the cursor on; `answers[i]` is what payload i parses to, or an error."""

    side: ClassVar[Literal["payment", "opinion"]] = "payment"
    platform: str = "none"
    answers: tuple[Any, ...] = ()
    breaks_at: int | None = None
    after_s: float | None = None  # how long it asks to be left alone, where it breaks

    def fetch(self, http: Http, cursor: str | None) -> Iterator[Payload]:
        for i in range(int(cursor or 0), len(self.answers)):
            if i == self.breaks_at:
                raise FetchError(self.id, "connection refused", after_s=self.after_s)
            yield Payload(
                name=f"page {i}", body=f"page {i}".encode(), media_type="text/plain", cursor=str(i + 1)
            )

    def parse(self, payload: Payload) -> Parsed:
        answer = self.answers[int(payload.name.split()[1])]
        if isinstance(answer, str):
            raise ParseError(self.id, answer)
        if isinstance(answer, BaseException):
            raise answer
        assert isinstance(answer, Parsed)
        return answer


def scripted(*answers: Parsed | str | BaseException, **changes: Any) -> Scripted:
    fields = {"id": "scripted", "kind": "scripted", "name": "脚本", "every_s": 60, "stale_after_s": 180}
    return Scripted(**(fields | {"answers": answers} | changes))


def site(engine: Engine, campaign: Campaign, fence: Callable[..., None] = lambda conn: None) -> Site:
    return Site(engine=engine, http=Http(), campaign=campaign, author_key=b"k" * 32, fence=fence)
