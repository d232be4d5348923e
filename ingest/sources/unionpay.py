"""UnionPay (云闪付) vouchers: claims counted from the remaining quota, details in the daily settlement file."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal, Self
from urllib.parse import parse_qs, urlencode

from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import (
    Field,
    PrivateAttr,
    SecretStr,
    ValidationInfo,
    model_validator,
)

from domain.errors import FetchError, ParseError
from domain.records import Counter, Grade, Kind, Parsed, Payload
from domain.terms import local
from ingest.answers import FILE
from ingest.daily import DailyFiles, end_of, whole_day, with_day
from ingest.detail import Number
from ingest.http import Http
from ingest.parsing import is_readable
from ingest.rsa import key_text, private_key, public_key
from ingest.source import EnvName, HttpAddress, Id, Source, deployment, secret
from ingest.tables import TableError
from ingest.times import rfc3339
from ingest.unionpay_answers import (
    GOOD,
    NO_FILE,
    AnswerError,
    RefusedError,
    file_answer,
    file_request,
    params,
    read_settlement,
    remaining,
    token_request,
)
from ingest.unionpay_settings import Activity, Files

QUOTA = "activity.quota"
_FILE = "settlement"
_WITHOUT = "asked_at"
"""Stands in the name of what tells that a day had no trade, and of no file."""
_JSON = {"Content-Type": "application/json;charset=utf-8", "Accept": "application/json"}
_FORM = {"Content-Type": "application/x-www-form-urlencoded;charset=UTF-8"}
_EARLY = timedelta(
    seconds=60
)  # before its end a token is renewed: it must outlive the request it goes out with


class UnionPay(Source):
    """Every activity's quota, then the settlement files not read yet. `cursor` is the set of days read."""

    side: ClassVar[Literal["payment"]] = "payment"

    platform: Id
    base_url: HttpAddress = "https://open.95516.com/open/access/1.0"
    app_id: Number
    secret_env: EnvName
    activities: Annotated[tuple[Activity, ...], Field(min_length=1)]
    files: Files | None = None  # None: no settlement files, counters only

    _secret: SecretStr = PrivateAttr(default=SecretStr(""))
    _key: rsa.RSAPrivateKey = PrivateAttr()
    _theirs: rsa.RSAPublicKey = PrivateAttr()
    _clock: Callable[[], datetime] = PrivateAttr()
    _token: tuple[str, datetime] | None = PrivateAttr(default=None)  # with its end
    _days: DailyFiles = PrivateAttr(default_factory=DailyFiles)
    _without: set[date] = PrivateAttr(default_factory=set)  # days saved as days without trade

    @model_validator(mode="after")
    def _resolve(self, info: ValidationInfo) -> Self:
        where = deployment(info)
        self._clock = where.clock
        self._secret = secret(self.secret_env, where.environ)
        if self.files is not None:
            self._key = private_key(key_text(self.files.private_key_env, where.environ))
            self._theirs = public_key(key_text(self.files.unionpay_public_key_env, where.environ))
        if len({activity.activity_no for activity in self.activities}) != len(self.activities):
            raise ValueError("activities: an activity_no stands more than once")
        return self

    def fetch(self, http: Http, cursor: str | None) -> Iterator[Payload]:
        """Raises FetchError last for activities and days that were refused: one does not hold up the others."""
        troubles: list[FetchError] = []
        for activity in self.activities:
            try:
                yield self._quota(http, activity, cursor)
            except FetchError as error:
                troubles.append(error)
        if self.files is not None:
            for day in self._days.due(cursor, since=self.files.since, now=self._clock()):
                try:
                    file = self._file(http, self.files, day, cursor)
                except FetchError as error:
                    troubles.append(error)
                    continue
                if file is not None:
                    yield file
                    cursor = file.cursor
                    if _WITHOUT in file.name:
                        self._without.add(day)
        if troubles:
            raise troubles[0]
        self._days.tell_overdue(self.id, "settlement file", self._clock())

    # ------------------------------------------------------------ counters

    def _quota(self, http: Http, activity: Activity, cursor: str | None) -> Payload:
        asked_at = self._clock()
        body = self._with_token(http, activity)
        told = {"activityNo": activity.activity_no, "asked_at": asked_at.isoformat(timespec="seconds")}
        return Payload(
            name=f"{QUOTA}?{urlencode(told)}", body=body, media_type="application/json", cursor=cursor
        )

    def _with_token(self, http: Http, activity: Activity) -> bytes:
        """Asked again once with a new token, whatever the refusal: no document lists the codes of a dead token."""
        for fresh in (False, True):
            content = {
                "appId": self.app_id,
                "transSeqId": f"{local(self._clock()):%Y%m%d%H%M%S}{secrets.randbelow(10**6):06d}",
                "activityNo": activity.activity_no,
                "activityType": activity.activity_type,
                "backendToken": self._backend_token(http, fresh=fresh),
            }
            body = self._posted(http, QUOTA, content)
            try:
                with suppress(AnswerError):  # archived all the same: `parse` says what is wrong with it
                    params(body)
                return body
            except RefusedError as error:
                refusal = error
        raise FetchError(self.id, f"{QUOTA}: {refusal}", cause="refused")

    def _backend_token(self, http: Http, *, fresh: bool) -> str:
        now = self._clock()
        if self._token is None or fresh or now >= self._token[1]:
            asked = token_request(self.app_id, self._secret.get_secret_value(), now=now)
            self._token = None
            try:
                told = params(self._posted(http, "backendToken", asked))
                token, seconds = told["backendToken"], int(told["expiresIn"])
            except (AnswerError, RefusedError, KeyError, ValueError, TypeError) as error:
                raise FetchError(self.id, f"backendToken: {error}", cause="refused") from None
            if not isinstance(token, str) or not 0 < seconds <= 86_400:
                raise FetchError(self.id, "backendToken: no token with a lifetime", cause="refused")
            self._token = token, now + max(timedelta(seconds=seconds) - _EARLY, timedelta(0))
        return self._token[0]

    def _posted(self, http: Http, call: str, content: Mapping[str, str]) -> bytes:
        address, told = f"{self.base_url.rstrip('/')}/{call}", json.dumps(content).encode()
        return http.post(self.id, address, content=told, headers=_JSON, idempotent=True).body

    # ------------------------------------------------------------ files

    def _file(self, http: Http, files: Files, day: date, cursor: str | None) -> Payload | None:
        """None where there is none yet. A day without trade never gets one: that is told once it is sure."""
        asked_at = self._clock()
        asked = file_request(files.mer_id, f"{day:%m%d}", cert_id=files.cert_id, key=self._key, now=asked_at)
        form = urlencode(asked).encode()
        body = http.post(self.id, files.url, content=form, headers=_FORM, idempotent=True, limits=FILE).body
        try:
            code = file_answer(body, key=self._theirs).get("respCode", "")
        except AnswerError:  # damaged on the way: `parse` sets it aside, and it is asked for again
            code = None
        named = {"settleDate": day.isoformat()}
        if code == NO_FILE:
            if day in self._without or not files.has_no_trade(day, asked_at):
                return None
            named[_WITHOUT] = asked_at.isoformat(timespec="seconds")
        elif code not in (GOOD, None):
            raise FetchError(self.id, f"{_FILE}: {RefusedError(code)}", cause="refused")
        file = Payload(name=f"{_FILE}?{urlencode(named)}", body=body, media_type="text/plain", cursor=cursor)
        if code == GOOD and is_readable(self, file):
            self._days.found(day)
            return replace(file, cursor=with_day(cursor, day))
        if code == GOOD:  # as it was signed: set aside too, and asked for again
            self._days.missed(day, unreadable=True)
        return file

    @property
    def files_from(self) -> date | None:
        return self.files.since if self.files else None

    # ------------------------------------------------------------ parsing

    def parse(self, payload: Payload) -> Parsed:
        what, _, query = payload.name.partition("?")
        told = {name: values[-1] for name, values in parse_qs(query).items()}
        read = self._parse_quota if what == QUOTA else self._parse_file
        try:
            return read(payload.body, told)
        except (RefusedError, TableError, KeyError, ValueError) as error:
            raise ParseError(self.id, f"{what}: {error}"[:300]) from None

    def _parse_quota(self, body: bytes, told: Mapping[str, str]) -> Parsed:
        content: dict[str, Any] = params(body)
        activity = next((a for a in self.activities if a.activity_no == told["activityNo"]), None)
        if activity is None:
            raise AnswerError("no activity of sources.toml")
        left = remaining(content)
        if left > activity.configured:
            raise AnswerError(f"{left} remain of {activity.configured} configured")
        counter = Counter(
            platform=self.platform,
            sub_project=activity.sub_project,
            template=activity.template,
            round_no=activity.round,
            kind=Kind.CLAIM,
            value_count=activity.configured - left,
            counted_at=rfc3339(told["asked_at"]),  # the answer itself carries no time
        )
        return Parsed(records=(counter,))

    def _parse_file(self, body: bytes, told: Mapping[str, str]) -> Parsed:
        if self.files is None:
            raise AnswerError("no files in sources.toml")
        fields = file_answer(body, key=self._theirs)
        day = date.fromisoformat(told["settleDate"])
        if fields.get("settleDate") not in (None, f"{day:%m%d}"):
            raise AnswerError("the file of another day")
        code, asked_at = fields.get("respCode", ""), told.get(_WITHOUT)
        if code == NO_FILE and asked_at is not None and self.files.has_no_trade(day, rfc3339(asked_at)):
            return Parsed(records=(), data_time=end_of(day), grade=Grade.DAILY, spans=(whole_day(day),))
        if code != GOOD:
            raise RefusedError(code)
        lots = {activity.activity_no: activity.lot for activity in self.activities}
        detail = read_settlement(fields["fileContent"], platform=self.platform, lots=lots)
        return Parsed(
            records=tuple(detail.events),
            rejects=tuple(detail.rejects),
            unread=tuple(sorted(detail.unread)),
            data_time=end_of(day),
            grade=Grade.DAILY,
            spans=(whole_day(day),),
        )


SOURCE = UnionPay
