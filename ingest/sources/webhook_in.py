"""A licensed feed that pushes: a signed JSON array of posts to `/hooks/<id>`; an empty one says that it lives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    AliasChoices,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from domain.errors import ParseError
from domain.records import InboxMessage, Parsed, Payload, Post, Pushed, Reject
from domain.text import decode
from ingest import strict_json
from ingest.drift import unread
from ingest.hmac_signing import SIGNATURE, TIMESTAMP, Covers, verify
from ingest.http import Http
from ingest.numbers import count_of
from ingest.plain import plain_text, web_address
from ingest.rejects import BadFieldError, reject
from ingest.source import EnvName, PushedSource, deployment, secret
from ingest.times import feed_time

MAX_ITEMS = 1_000
_NAME = "/webhook"


class WebhookIn(PushedSource):
    """Signed over `<timestamp>.<body>` with a shared secret; `old_secret_env` is taken too while it changes."""

    side: ClassVar[Literal["opinion"]] = "opinion"
    only_pushed: ClassVar[bool] = True

    secret_env: EnvName
    old_secret_env: EnvName | None = None
    covers: Covers = "timestamp.body"
    media: Annotated[str, StringConstraints(min_length=1, max_length=32)] = "webhook"

    _secrets: tuple[SecretStr, ...] = PrivateAttr(default=())

    @model_validator(mode="after")
    def _resolve(self, info: ValidationInfo) -> Self:
        names = {"secret_env": self.secret_env, "old_secret_env": self.old_secret_env}
        found = []
        for key, name in names.items():
            try:
                found += [] if name is None else [secret(name, deployment(info).environ)]
            except ValueError as error:
                raise ValueError(f"{key}: {error}") from None
        self._secrets = tuple(found)
        return self

    def fetch(self, http: Http, cursor: str | None) -> Iterator[Payload]:
        """Nothing: it speaks by itself."""
        yield from ()

    def accept(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Pushed:
        secrets = [known.get_secret_value().encode() for known in self._secrets]
        message_id = verify(headers, body, secrets, covers=self.covers, now=now)
        return Pushed(message_id=message_id, headers={name: headers[name] for name in (TIMESTAMP, SIGNATURE)})

    def payload_of(self, message: InboxMessage) -> Payload:
        return Payload(
            name=_NAME, body=message.body, media_type="application/json", fetched_at=message.received_at
        )

    def parse(self, payload: Payload) -> Parsed:
        posts: list[Post] = []
        rejects: list[Reject] = []
        items = self._items(payload)
        for place, item in enumerate(items):
            try:
                posts.append(self._post(_checked(item)))
            except BadFieldError as error:
                rejects.append(reject(f"[{place}]", error))
        return Parsed(records=tuple(posts), rejects=tuple(rejects), unread=unread(_Item, *items))

    def _items(self, payload: Payload) -> list[Any]:
        try:
            items = strict_json.loads(decode(payload.body, payload.encoding))
        except ValueError as error:  # also UnicodeDecodeError
            raise ParseError(self.id, f"not strict JSON: {error}"[:300]) from None
        if not isinstance(items, list) or len(items) > MAX_ITEMS:
            raise ParseError(self.id, f"no array of at most {MAX_ITEMS} posts")
        return items

    def _post(self, item: _Item) -> Post:
        title, text = plain_text(item.title or "").replace("\n", " "), plain_text(item.text or "")
        if not title and not text:
            raise BadFieldError("text", "neither title nor text", item.id)
        return Post(
            source=self.id,
            media=item.media or self.media,
            external_id=item.id,
            title=title,
            text=text,
            url=web_address(item.url or ""),
            published_at=item.published_at,
            author_ref=item.author_id,
            county_hint=item.county,
            likes=item.likes,
            comments=item.comments,
            reposts=item.reposts,
            repost_of=item.repost_of,
            in_reply_to=item.in_reply_to,
        )


# ---------------------------------------------------------------- what the wire may hold


def _moment(value: Any) -> Any:
    """RFC 3339 with its offset, or seconds or milliseconds since 1970."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or (not value.isdigit() and "T" not in value):
        raise ValueError("neither RFC 3339 nor seconds since 1970")
    return feed_time(value).astimezone(UTC)


def _count(value: Any) -> Any:
    found = count_of(value)
    if value is not None and found is None:
        raise ValueError("not a count")
    return found


Number = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x20\x7f]{1,200}$")]
Count = Annotated[int | None, BeforeValidator(_count)]


class _Item(BaseModel):
    """Strict: 40 is no id. New fields are let through: the raw body is archived anyway."""

    model_config = ConfigDict(strict=True, extra="ignore")

    id: Number
    title: Annotated[str, StringConstraints(max_length=2_000)] | None = None
    text: Annotated[
        str | None, Field(validation_alias=AliasChoices("text", "content"), max_length=100_000)
    ] = None
    url: Annotated[str, StringConstraints(max_length=2_000)] | None = None
    published_at: Annotated[AwareDatetime, BeforeValidator(_moment)] | None = None
    author_id: Annotated[str, StringConstraints(max_length=200)] | None = None
    media: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,32}$")] | None = None
    county: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")] | None = None
    likes: Count = None
    comments: Count = None
    reposts: Count = None
    repost_of: Number | None = None
    in_reply_to: Number | None = None


def _checked(content: Any) -> _Item:
    """Raises BadFieldError for the first field that is wrong."""
    try:
        return _Item.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "item"
        shown = first["input"] if isinstance(first["input"], str | int | float) else ""
        raise BadFieldError(field, first["msg"].removeprefix("Value error, "), shown) from None


SOURCE = WebhookIn
