"""The interface we offer to platforms that have none: events by cursor, counters and daily totals beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal, Self
from urllib.parse import urlencode

from pydantic import (
    AfterValidator,
    Field,
    PrivateAttr,
    SecretStr,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from domain.errors import FetchError, ParseError
from domain.records import REFERRING, Counter, Event, Kind, Parsed, Payload, Reject
from domain.terms import local
from domain.text import clean_text, decode
from ingest import strict_json
from ingest.daily import DailyFiles, with_day
from ingest.drift import unread
from ingest.http import Http
from ingest.json_statements import read_statements, stated_count
from ingest.json_wire import Fen, Moment, Number, Positive, Wire, checked, first_problem
from ingest.rejects import BadFieldError, reject
from ingest.source import EnvName, HttpAddress, Id, Source, deployment, secret

MAX_PAGES = 200
"""Pages of one run; the next run goes on from the cursor, so that a long backlog starves nobody."""
_CORRECTED_WITHIN = timedelta(days=31)
"""So long the totals of a day are asked for again."""


class JsonApi(Source):
    """`GET {base_url}/v1/events` page by page, then `/v1/counters` once, then the days' own totals."""

    side: ClassVar[Literal["payment"]] = "payment"
    tells_subsidies: ClassVar[bool] = True

    base_url: HttpAddress
    platform: Id
    token_env: EnvName
    page_limit: Annotated[int, Field(ge=1, le=2000)] = 1000
    statements_from: date | None = None  # the first day whose totals are asked for; None: none are

    _token: SecretStr = PrivateAttr(default=SecretStr(""))
    _clock: Callable[[], datetime] = PrivateAttr()
    _days: DailyFiles = PrivateAttr(default_factory=DailyFiles)
    _told: tuple[date, str | None] = PrivateAttr(default=(date.min, None))  # since when, and which days

    @model_validator(mode="after")
    def _resolve_token(self, info: ValidationInfo) -> Self:
        self._clock = deployment(info).clock
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
        yield from self._statements(http, page.cursor)

    def _statements(self, http: Http, cursor: str | None) -> Iterator[Payload]:
        """Each day over, until its totals are there; all of them anew every day: a platform may correct itself."""
        now = self._clock()
        today = local(now).date()
        told = self._told[1] if self._told[0] == today else None
        since = max(self.statements_from or date.max, today - _CORRECTED_WITHIN)
        for day in self._days.due(told, since=since, now=now):
            answer = self._get(http, "/v1/statements", {"day": day.isoformat()}, cursor=cursor)
            count = stated_count(answer.body)
            if count != 0:
                yield answer  # a damaged one too: `parse` sets it aside, and it is asked for again
            if count:
                told = with_day(told, day)
                self._told = today, told

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
                return self._counters(content)
            if isinstance(content, dict) and "statements" in content:
                return read_statements(content, platform=self.platform)
            return self._events(content)
        except ValidationError as error:
            raise ParseError(self.id, f"{_path(payload)}: {first_problem(error)}") from None
        except ValueError as error:  # also UnicodeDecodeError
            raise ParseError(self.id, f"{_path(payload)}: not strict JSON: {error}"[:300]) from None

    def _events(self, content: Any) -> Parsed:
        page = _EventPage.model_validate(content)
        records: list[Event] = []
        rejects: list[Reject] = []
        for place, item in enumerate(page.events):
            try:
                records.append(checked(_EventItem, item).as_event(self.platform))
            except BadFieldError as error:
                rejects.append(reject(f"events[{place}]", error))
        return Parsed(
            records=tuple(records),
            rejects=tuple(rejects),
            data_time=page.data_time,
            unread=unread(_EventPage, content) + unread(_EventItem, *page.events),
        )

    def _counters(self, content: Any) -> Parsed:
        page = _CounterPage.model_validate(content)
        records: list[Counter] = []
        rejects: list[Reject] = []
        for place, item in enumerate(page.counters):
            try:
                records.append(checked(_CounterItem, item).as_counter(self.platform))
            except BadFieldError as error:
                rejects.append(reject(f"counters[{place}]", error))
        new = unread(_CounterPage, content) + unread(_CounterItem, *page.counters)
        return Parsed(records=tuple(records), rejects=tuple(rejects), unread=new)


# ---------------------------------------------------------------- what the wire may hold


class _EventPage(Wire):
    events: list[Any] = Field(max_length=2000)
    next_cursor: Annotated[str, StringConstraints(min_length=1, max_length=2000)]
    has_more: bool
    data_time: Moment


class _CounterPage(Wire):
    counters: list[Any] = Field(max_length=10_000)


class _EventItem(Wire):
    event_no: Number
    kind: Literal["claim", "redemption", "refund", "application", "approval", "rejection", "payment"]
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
        if kind in REFERRING and self.origin_event_no is None:
            named = "redemption" if kind is Kind.REFUND else "application"
            raise BadFieldError("origin_event_no", f"a {kind} names its {named}")
        return Event(
            kind=kind,
            platform=platform,
            round_no=self.round,
            county=None if kind is Kind.CLAIM else self.county,
            **self.model_dump(exclude={"kind", "round", "county"}),
        )


class _CounterItem(Wire):
    sub_project: Number
    template: Number
    round: Annotated[int, Field(ge=1, le=999)]
    kind: Literal["claim", "redemption"]
    value_count: Fen
    counted_at: Moment

    def as_counter(self, platform: str) -> Counter:
        rest = self.model_dump(exclude={"kind", "round"})
        return Counter(platform=platform, kind=Kind(self.kind), round_no=self.round, **rest)


def _path(payload: Payload) -> str:
    return payload.name.partition("?")[0]


SOURCE = JsonApi
