"""The interface we offer to platforms that have none: events by cursor, counters beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar
from urllib.parse import urlencode

from pydantic import (
    AfterValidator,
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

from domain.errors import FetchError, ParseError
from domain.records import Counter, Event, Kind, Parsed, Payload, Reject
from domain.text import clean_text, decode
from ingest import strict_json
from ingest.http import Http
from ingest.rejects import BadFieldError, reject
from ingest.source import EnvName, HttpAddress, Id, Source, deployment, secret
from ingest.times import rfc3339

MAX_PAGES = 200
"""Pages of one run; the next run goes on from the cursor, so that a long backlog starves nobody."""


class JsonApi(Source):
    """`GET {base_url}/v1/events` page by page, then `/v1/counters` once."""

    side: ClassVar[Literal["payment"]] = "payment"

    base_url: HttpAddress
    platform: Id
    token_env: EnvName
    page_limit: Annotated[int, Field(ge=1, le=2000)] = 1000

    _token: SecretStr = PrivateAttr(default=SecretStr(""))

    @model_validator(mode="after")
    def _resolve_token(self, info: ValidationInfo) -> Self:
        try:
            self._token = secret(self.token_env, deployment(info).environ)
        except ValueError as error:
            raise ValueError(f"token_env: {error}") from None
        return self

    def fetch(self, http: Http, cursor: str | None) -> Iterator[Payload]:
        for _ in range(MAX_PAGES):
            page, more = self._page(http, cursor)
            yield page
            if more is None:
                return
            if not more:
                break
            cursor = page.cursor
        yield self._get(http, "/v1/counters", {}, cursor=page.cursor)

    def _page(self, http: Http, cursor: str | None) -> tuple[Payload, bool | None]:
        """One page, and whether more follow. None: the body is no page; it keeps the cursor and `parse` says why."""
        query = {"limit": str(self.page_limit)} | ({} if cursor is None else {"cursor": cursor})
        page = self._get(http, "/v1/events", query, cursor=cursor)
        try:
            envelope = _EventPage.model_validate(strict_json.loads(decode(page.body)))
        except ValueError:
            return page, None
        if envelope.has_more and envelope.next_cursor == cursor:
            raise FetchError(self.id, "has_more is true but the cursor does not move", cause="refused")
        moved = Payload(
            name=page.name, body=page.body, media_type=page.media_type, cursor=envelope.next_cursor
        )
        return moved, envelope.has_more

    def _get(self, http: Http, path: str, query: Mapping[str, str], *, cursor: str | None) -> Payload:
        asked = path + (f"?{urlencode(query)}" if query else "")
        headers = {
            "Authorization": f"Bearer {self._token.get_secret_value()}",
            "Accept": "application/json",
        }
        answer = http.get(self.id, self.base_url.rstrip("/") + asked, headers=headers)
        return Payload(name=asked, body=answer.body, media_type=answer.media_type, cursor=cursor)

    def parse(self, payload: Payload) -> Parsed:
        try:
            content = strict_json.loads(decode(payload.body))
            if isinstance(content, dict) and "counters" in content:
                return self._counters(_CounterPage.model_validate(content))
            return self._events(_EventPage.model_validate(content))
        except ValidationError as error:
            raise ParseError(self.id, f"{_path(payload)}: {_first(error)}") from None
        except ValueError as error:  # also UnicodeDecodeError
            raise ParseError(self.id, f"{_path(payload)}: not strict JSON: {error}"[:300]) from None

    def _events(self, page: _EventPage) -> Parsed:
        records: list[Event] = []
        rejects: list[Reject] = []
        for place, item in enumerate(page.events):
            try:
                records.append(_checked(_EventItem, item).as_event(self.platform))
            except BadFieldError as error:
                rejects.append(reject(f"events[{place}]", error))
        return Parsed(records=tuple(records), rejects=tuple(rejects), data_time=page.data_time)

    def _counters(self, page: _CounterPage) -> Parsed:
        records: list[Counter] = []
        rejects: list[Reject] = []
        for place, item in enumerate(page.counters):
            try:
                records.append(_checked(_CounterItem, item).as_counter(self.platform))
            except BadFieldError as error:
                rejects.append(reject(f"counters[{place}]", error))
        return Parsed(records=tuple(records), rejects=tuple(rejects))


# ---------------------------------------------------------------- what the wire may hold


def _moment(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("not RFC 3339 with an offset")
    return rfc3339(value)


Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]
Number = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,64}$")]  # visible ASCII: ids, never names
Fen = Annotated[int, Field(ge=0, lt=2**53)]
Positive = Annotated[int, Field(gt=0, lt=2**53)]


class _Wire(BaseModel):
    """Strict: "40" is no number. New fields are let through: the raw body is archived anyway."""

    model_config = ConfigDict(strict=True, extra="ignore")


Item = TypeVar("Item", bound=_Wire)


class _EventPage(_Wire):
    events: list[Any] = Field(max_length=2000)
    next_cursor: Annotated[str, StringConstraints(min_length=1, max_length=2000)]
    has_more: bool
    data_time: Moment


class _CounterPage(_Wire):
    counters: list[Any] = Field(max_length=10_000)


class _EventItem(_Wire):
    event_no: Number
    kind: Literal["claim", "redemption", "refund"]
    sub_project: Number
    template: Number
    round: Annotated[int, Field(ge=1, le=999)]
    voucher_no: Number
    user_ref: Number | None = None
    county: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")] | None = None
    merchant: Annotated[str, AfterValidator(clean_text), StringConstraints(max_length=64)] | None = None
    order_no: Number | None = None
    face_fen: Positive
    order_fen: Fen | None = None
    paid_fen: Fen | None = None
    origin_event_no: Number | None = None
    returned_fen: Fen | None = None
    occurred_at: Moment
    revision: Annotated[int, Field(ge=0, lt=2**31)] = 0
    cancelled: bool = False

    def as_event(self, platform: str) -> Event:
        kind = Kind(self.kind)
        if kind is Kind.REFUND and self.origin_event_no is None:
            raise BadFieldError("origin_event_no", "a refund names its redemption")
        return Event(
            kind=kind,
            platform=platform,
            round_no=self.round,
            county=None if kind is Kind.CLAIM else self.county,
            **self.model_dump(exclude={"kind", "round", "county"}),
        )


class _CounterItem(_Wire):
    sub_project: Number
    template: Number
    round: Annotated[int, Field(ge=1, le=999)]
    kind: Literal["claim", "redemption"]
    value_count: Fen
    counted_at: Moment

    def as_counter(self, platform: str) -> Counter:
        rest = self.model_dump(exclude={"kind", "round"})
        return Counter(platform=platform, kind=Kind(self.kind), round_no=self.round, **rest)


def _checked(kind: type[Item], content: Any) -> Item:
    """Raises BadFieldError for the first field that is wrong."""
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "item"
        value = (
            "" if first["type"] == "missing" or isinstance(first["input"], dict | list) else first["input"]
        )
        raise BadFieldError(field, first["msg"].removeprefix("Value error, "), value) from None


def _first(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{'.'.join(str(part) for part in first['loc']) or 'body'}: {first['msg']}"


def _path(payload: Payload) -> str:
    return payload.name.partition("?")[0]


SOURCE = JsonApi
