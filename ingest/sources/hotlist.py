"""Hot-search lists as newsnow serves them: the list's items in order, rank 1 first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from domain.errors import ParseError
from domain.records import Parsed, Payload
from domain.text import decode
from ingest import strict_json
from ingest.http import Http
from ingest.newsnow import ListId, items_of, places
from ingest.source import HttpAddress, Source


class Hotlist(Source):
    """One list of one newsnow server, such as `weibo` or `douyin`. Ranks are a new observation each time."""

    side: ClassVar[Literal["opinion"]] = "opinion"

    base_url: HttpAddress
    list_id: ListId

    def fetch(self, http: Http, cursor: str | None) -> Iterator[Payload]:
        asked = f"/api/s?id={self.list_id}&latest"
        answer = http.get(self.id, self.base_url.rstrip("/") + asked)
        yield Payload(name=asked, body=answer.body, media_type=answer.media_type, encoding=answer.encoding)

    def parse(self, payload: Payload) -> Parsed:
        """No data time: within its own cache the server's `updatedTime` is now, however old the items are."""
        try:
            told = strict_json.loads(decode(payload.body, payload.encoding))
        except ValueError as error:
            raise ParseError(self.id, f"not strict JSON: {error}"[:300]) from None
        try:
            items = items_of(told, self.list_id)
        except ValueError as error:
            raise ParseError(self.id, str(error)) from None
        posts, rejects = places(items, self.list_id, source=self.id)
        return Parsed(records=tuple(posts), rejects=tuple(rejects))


SOURCE = Hotlist
