"""Several hot lists of one newsnow server by one call: `POST /api/s/entire`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, PrivateAttr, ValidationInfo, model_validator

from domain.errors import ParseError
from domain.records import Parsed, Payload, Post, Reject
from domain.text import decode
from ingest import strict_json
from ingest.http import Http
from ingest.newsnow import ListId, items_of, places
from ingest.rejects import BadFieldError, reject
from ingest.source import Deployment, HttpAddress, Source, deployment
from ingest.times import told_moment

_ASKED = "/api/s/entire"


class Hotlists(Source):
    """The lists as the server keeps them: this call makes it fetch none. Whoever looks at a list there, or a source of
    kind `hotlist`, keeps it fresh; one that nobody has refreshed for `oldest_s` is put aside, for a rank of an hour ago
    is no observation of now.
    """

    side: ClassVar[Literal["opinion"]] = "opinion"

    base_url: HttpAddress
    list_ids: Annotated[tuple[ListId, ...], Field(min_length=1, max_length=20)]
    oldest_s: Annotated[float, Field(gt=0, le=86_400)] = 1_800.0

    _clock: Callable[[], datetime] = PrivateAttr(default_factory=lambda: Deployment().clock)

    @model_validator(mode="after")
    def _resolve(self, info: ValidationInfo) -> Self:
        if len(set(self.list_ids)) != len(self.list_ids):
            raise ValueError("list_ids: one stands there twice")
        self._clock = deployment(info).clock
        return self

    def fetch(self, http: Http, cursor: str | None) -> Iterator[Payload]:
        answer = http.post(
            self.id,
            self.base_url.rstrip("/") + _ASKED,
            content=json.dumps({"sources": self.list_ids}).encode(),
            headers={"Content-Type": "application/json"},
            idempotent=True,
        )
        yield Payload(
            name=_ASKED, body=answer.body, media_type=answer.media_type, encoding=answer.encoding,
            fetched_at=self._clock(),
        )  # fmt: skip

    def parse(self, payload: Payload) -> Parsed:
        """A list that is missing, stale or of another shape is a reject of its own; the others are taken."""
        told = self._by_id(payload)
        posts: list[Post] = []
        rejects: list[Reject] = []
        for list_id in self.list_ids:
            try:
                items = self._items(told, list_id, payload.fetched_at)
            except BadFieldError as error:
                rejects.append(reject(list_id, error))
                continue
            found, bad = places(items, list_id, source=self.id, where=list_id, prefix=f"{list_id}:")
            posts += found
            rejects += bad
        if not posts:
            raise ParseError(self.id, f"none of the lists: {rejects[0].row}: {rejects[0].reason}")
        return Parsed(records=tuple(posts), rejects=tuple(rejects))

    def _by_id(self, payload: Payload) -> dict[Any, Any]:
        try:
            told = strict_json.loads(decode(payload.body, payload.encoding))
        except ValueError as error:
            raise ParseError(self.id, f"not strict JSON: {error}"[:300]) from None
        if not isinstance(told, list):
            raise ParseError(self.id, "no array of lists")
        return {str(one.get("id")): one for one in told if isinstance(one, dict)}

    def _items(self, told: dict[Any, Any], list_id: str, now: datetime | None) -> list[Any]:
        """Raises BadFieldError."""
        if list_id not in told:
            raise BadFieldError("id", "the server keeps no such list")
        try:
            items = items_of(told[list_id], list_id)
        except ValueError as error:
            raise BadFieldError("items", str(error)) from None
        refreshed = told_moment(told[list_id].get("updatedTime"))
        if refreshed is None:
            raise BadFieldError("updatedTime", "nobody says when it was refreshed")
        if now is not None and now - refreshed > timedelta(seconds=self.oldest_s):
            raise BadFieldError("updatedTime", "nobody has refreshed it for too long", refreshed.isoformat())
        return items


SOURCE = Hotlists
