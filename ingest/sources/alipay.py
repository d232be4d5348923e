"""Alipay activity vouchers: claims and redemptions counted live, their details in the next day's bill."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Literal, Self
from urllib.parse import parse_qs, urlencode

from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import (
    Field,
    PrivateAttr,
    ValidationInfo,
    model_validator,
)

from domain.errors import FetchError, ParseError
from domain.records import Counter, Grade, Kind, Parsed, Payload, Reject
from ingest.alipay_bill import is_whole, read_bill
from ingest.alipay_gateway import BUSY, AnswerError, RefusedError, form, opened
from ingest.answers import FILE
from ingest.daily import DailyFiles, end_of, whole_day, with_day
from ingest.detail import LotSettings, Number
from ingest.http import Http
from ingest.parsing import is_readable
from ingest.rejects import BadFieldError, reject
from ingest.rsa import key_text, private_key, public_key
from ingest.source import EnvName, HttpAddress, Id, Source, deployment
from ingest.tables import TableError
from ingest.times import rfc3339

QUERY = "alipay.marketing.activity.voucher.query"
BILL_ADDRESS = "alipay.data.dataservice.bill.downloadurl.query"
_BILL = "bill"
_NO_BILL = "BILL_NOT_EXIST"
"""In the sub_code where a day has no bill (yet). UNVERIFIED: its whole name differs between documents."""
_COUNTED = {"send_count": Kind.CLAIM, "use_count": Kind.REDEMPTION}
_FORM = {"Content-Type": "application/x-www-form-urlencoded;charset=utf-8", "Accept": "application/json"}


class Activity(LotSettings):
    """One activity by its number."""

    activity_id: Number


class Alipay(Source):
    """Every activity's counters, then the bills not read yet. `cursor` is the set of days read."""

    side: ClassVar[Literal["payment"]] = "payment"

    platform: Id
    gateway: HttpAddress = "https://openapi.alipay.com/gateway.do"
    app_id: Number
    private_key_env: EnvName
    alipay_public_key_env: EnvName
    activities: Annotated[tuple[Activity, ...], Field(min_length=1)]
    merchant_access_mode: Number = "SELF_MODE"
    bill_type: Number = "merchant_act"
    bills_from: date | None = None  # None: no bills, counters only

    _key: rsa.RSAPrivateKey = PrivateAttr()
    _theirs: rsa.RSAPublicKey = PrivateAttr()
    _clock: Callable[[], datetime] = PrivateAttr()
    _bills: DailyFiles = PrivateAttr(default_factory=DailyFiles)

    @model_validator(mode="after")
    def _resolve(self, info: ValidationInfo) -> Self:
        where = deployment(info)
        self._clock = where.clock
        self._key = private_key(key_text(self.private_key_env, where.environ))
        self._theirs = public_key(key_text(self.alipay_public_key_env, where.environ))
        if len({activity.activity_id for activity in self.activities}) != len(self.activities):
            raise ValueError("activities: an activity_id stands more than once")
        return self

    def fetch(self, http: Http, cursor: str | None) -> Iterator[Payload]:
        """Raises FetchError last for activities and days that were refused: one does not hold up the others."""
        troubles: list[FetchError] = []
        for activity in self.activities:
            try:
                yield self._counters(http, activity, cursor)
            except FetchError as error:
                troubles.append(error)
        for day in self._bills.due(cursor, since=self.bills_from or date.max, now=self._clock()):
            try:
                bill = self._bill(http, day, cursor)
            except FetchError as error:
                troubles.append(error)
                continue
            if bill is not None:
                yield bill
                cursor = bill.cursor
        if troubles:
            raise troubles[0]
        self._bills.tell_overdue(self.id, "bill", self._clock())

    def _counters(self, http: Http, activity: Activity, cursor: str | None) -> Payload:
        asked_at = self._clock().isoformat(timespec="seconds")
        content = {
            "activity_id": activity.activity_id,
            "merchant_access_mode": self.merchant_access_mode,
        }
        body = self._asked(http, QUERY, content)
        with suppress(AnswerError):  # archived all the same: `parse` says what is wrong with it
            self._opened(body, QUERY)
        query = urlencode({"activity_id": activity.activity_id, "asked_at": asked_at})
        return Payload(name=f"{QUERY}?{query}", body=body, media_type="application/json", cursor=cursor)

    def _bill(self, http: Http, day: date, cursor: str | None) -> Payload | None:
        """None where there is none yet."""
        content = {"bill_type": self.bill_type, "bill_date": day.isoformat()}
        body = self._asked(http, BILL_ADDRESS, content)
        try:
            address = self._opened(body, BILL_ADDRESS)["bill_download_url"]
        except _NoBillError:
            self._bills.missed(day)
            return None
        except (AnswerError, KeyError) as error:
            raise FetchError(self.id, f"{BILL_ADDRESS}: {error}", cause="refused") from None
        # valid for half a minute: fetched at once and never kept
        answer = http.get(self.id, str(address), limits=FILE)
        name = f"{_BILL}?{urlencode({'bill_date': day.isoformat()})}"
        bill = Payload(
            name=name, body=answer.body, media_type="application/zip", cursor=with_day(cursor, day)
        )
        if is_readable(self, bill):
            self._bills.found(day)
            return bill
        # set aside by whoever saves it, and asked for again: soon, where it was damaged on the way
        self._bills.missed(day, unreadable=is_whole(answer.body))
        return replace(bill, cursor=cursor)

    def _asked(self, http: Http, method: str, content: Mapping[str, str]) -> bytes:
        body = form(method, content, app_id=self.app_id, key=self._key, now=self._clock())
        return http.post(self.id, self.gateway, content=body, headers=_FORM, idempotent=True).body

    def _opened(self, body: bytes, method: str) -> dict[str, Any]:
        try:
            return opened(body, method, key=self._theirs)
        except RefusedError as error:
            if method == BILL_ADDRESS and _NO_BILL in error.sub_code.upper():
                raise _NoBillError from None
            busy = error.code in BUSY
            cause = "down" if busy else "refused"
            raise FetchError(self.id, f"{method}: {error}", cause=cause, permanent=not busy) from None

    @property
    def files_from(self) -> date | None:
        return self.bills_from

    # ------------------------------------------------------------ parsing

    def parse(self, payload: Payload) -> Parsed:
        what, _, query = payload.name.partition("?")
        told = {name: values[-1] for name, values in parse_qs(query).items()}
        try:
            if what == QUERY:
                return self._parse_counters(payload.body, told)
            return self._parse_bill(payload.body, told)
        except RefusedError as error:
            raise ParseError(self.id, f"{what}: {error}") from None
        except TableError as error:
            raise ParseError(self.id, f"{payload.name}: {error}"[:300]) from None
        except (AnswerError, KeyError, ValueError) as error:
            raise ParseError(self.id, f"{what}: {error}"[:300]) from None

    def _parse_counters(self, body: bytes, told: Mapping[str, str]) -> Parsed:
        content = opened(body, QUERY, key=self._theirs)
        activity = next((a for a in self.activities if a.activity_id == told["activity_id"]), None)
        if activity is None:
            raise AnswerError("no activity of sources.toml")
        _same_activity(content, activity.activity_id)
        inventory = content.get("voucher_inventory_info")
        if not isinstance(inventory, dict):
            raise AnswerError("no voucher_inventory_info")
        records: list[Counter] = []
        rejects: list[Reject] = []
        for field, kind in _COUNTED.items():
            try:
                records.append(
                    Counter(
                        platform=self.platform,
                        sub_project=activity.sub_project,
                        template=activity.template,
                        round_no=activity.round,
                        kind=kind,
                        value_count=_whole(inventory, field),
                        counted_at=rfc3339(told["asked_at"]),  # the answer itself carries no time
                    )
                )
            except BadFieldError as error:
                rejects.append(reject("voucher_inventory_info", error))
        return Parsed(records=tuple(records), rejects=tuple(rejects))

    def _parse_bill(self, body: bytes, told: Mapping[str, str]) -> Parsed:
        lots = {activity.activity_id: activity.lot for activity in self.activities}
        day = date.fromisoformat(told["bill_date"]) if "bill_date" in told else None
        detail = read_bill(body, platform=self.platform, lots=lots, day=day)
        return Parsed(
            records=tuple(detail.events),
            rejects=tuple(detail.rejects),
            unread=tuple(sorted(detail.unread)),
            data_time=end_of(day) if day else None,
            grade=Grade.DAILY,
            spans=(whole_day(day),) if day else (),
        )


class _NoBillError(Exception):
    """Alipay has no bill of that day, or none yet."""


def _same_activity(content: Mapping[str, Any], activity_id: str) -> None:
    """A good signature of an answer to another question is no answer to ours."""
    base = content.get("activity_base_info")
    for place in (content, base if isinstance(base, dict) else {}):
        if place.get("activity_id", activity_id) != activity_id:
            raise AnswerError("an answer about another activity")


def _whole(inventory: Mapping[str, Any], field: str) -> int:
    """Counts come as numbers or as digits in a string: the SDK names the fields, not their JSON type."""
    value = inventory.get(field)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 15:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**53:
        raise BadFieldError(field, "not a whole number", "" if value is None else value)
    return value


SOURCE = Alipay
