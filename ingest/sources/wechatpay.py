"""WeChat Pay cash coupons (代金券): claims as counters, redemptions as callbacks, both made good by the stock's files.

There is no live counter of redemptions, and the files come only after a stock has ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self
from urllib.parse import urlencode

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    StringConstraints,
    ValidationInfo,
    model_validator,
)

from domain.errors import FetchError, ParseError, RefusedError
from domain.records import InboxMessage, Parsed, Payload, Pushed
from ingest.http import Http
from ingest.parsing import is_readable
from ingest.rejects import BadFieldError, reject
from ingest.source import Deployment, EnvName, HttpAddress, Id, PushedSource, deployment, secret
from ingest.wechatpay_callback import (
    NAME,
    Callback,
    CallbackKeys,
    callback_payload,
    message_id,
    open_callback,
    received,
)
from ingest.wechatpay_claims import PAGE, flows_ready, parse_detail, parse_list, total_count
from ingest.wechatpay_client import Client, asked_at, is_whole
from ingest.wechatpay_flow import parse_flow
from ingest.wechatpay_progress import FLOWS, Progress
from ingest.wechatpay_signing import (
    MerchantKey,
    SignatureError,
    private_key,
    public_key,
    signed_headers,
    verify,
)
from ingest.wechatpay_stocks import Book, Number, Stock, read_merchant_counties

STOCKS = "/v3/marketing/favor/stocks"
_MAX_PAGES = 100


class PlatformKey(BaseModel):
    """One pinned public key or certificate of the platform; two while it changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    serial: Number
    file: Path


class WeChatPay(PushedSource):
    """The stocks of one creating merchant."""

    side: ClassVar[Literal["payment"]] = "payment"

    base_url: HttpAddress = "https://api.mch.weixin.qq.com"
    platform: Id
    mchid: Annotated[str, StringConstraints(pattern=r"^[0-9]{4,32}$")]
    serial_no: Number
    private_key_file: Path
    api_v3_key_env: EnvName
    platform_keys: Annotated[tuple[PlatformKey, ...], Field(min_length=1)]
    stocks: tuple[Stock, ...]
    merchant_counties: Path | None = None

    _merchant: MerchantKey = PrivateAttr()
    _keys: CallbackKeys = PrivateAttr()
    _book: Book = PrivateAttr()
    _clock: Callable[[], datetime] = PrivateAttr()

    @model_validator(mode="after")
    def _resolve(self, info: ValidationInfo) -> Self:
        where = deployment(info)
        try:
            api_v3 = secret(self.api_v3_key_env, where.environ)
        except ValueError as error:
            raise ValueError(f"api_v3_key_env: {error}") from None
        if len(api_v3.get_secret_value()) != 32:
            raise ValueError("api_v3_key_env: an APIv3 key has 32 characters")
        self._merchant = MerchantKey(
            mchid=self.mchid,
            serial=self.serial_no,
            private=_from_file("private_key_file", self.private_key_file, where, private_key),
        )
        pinned = {
            key.serial: _from_file("platform_keys", key.file, where, public_key) for key in self.platform_keys
        }
        self._keys = CallbackKeys(platform=pinned, api_v3=SecretStr(api_v3.get_secret_value()))
        self._book = self._written_down(where)
        self._clock = where.clock
        return self

    def _written_down(self, where: Deployment) -> Book:
        stocks = {stock.stock_id: stock for stock in self.stocks}
        if len(stocks) != len(self.stocks):
            raise ValueError("stocks: a stock_id stands more than once")
        counties: dict[str, str] = {}
        if self.merchant_counties is not None:
            try:
                counties = read_merchant_counties(where.folder / self.merchant_counties)
            except ValueError as error:
                raise ValueError(f"merchant_counties: {error}") from None
        return Book(platform=self.platform, stocks=stocks, counties=counties)

    # ------------------------------------------------------------ fetching

    def fetch(self, http: Http, cursor: str | None) -> Iterator[Payload]:
        client = Client(
            source=self.id,
            http=http,
            base_url=self.base_url,
            merchant=self._merchant,
            platform_keys=self._keys.platform,
            clock=self._clock,
        )
        refused: FetchError | None = None
        for part in self._parts(client, Progress.from_cursor(cursor)):
            try:
                yield from part
            except FetchError as error:
                if error.cause in ("down", "blocked") and not error.permanent:  # a 403 is permanent
                    raise
                refused = refused or error  # the list's or one stock's trouble is not the others'
        if refused:
            raise refused

    def _parts(self, client: Client, progress: Progress) -> Iterator[Iterator[Payload]]:
        if progress.list_is_due(self._clock()):
            yield self._list(client, progress)
        for stock in self.stocks:
            if not progress.finished(stock.stock_id):
                yield self._stock(client, progress, stock.stock_id)

    def _list(self, client: Client, progress: Progress) -> Iterator[Payload]:
        """Every stock of the merchant, so that one nobody wrote down is seen."""
        for page in range(_MAX_PAGES):
            query = {"offset": page * PAGE, "limit": PAGE, "stock_creator_mchid": self.mchid}
            answer = client.get(f"{STOCKS}?{urlencode(query)}", cursor=progress.as_cursor())
            try:
                total = total_count(answer)
            except ValueError:
                yield answer  # `parse` says why
                return
            progress.hear(flows_ready(answer))
            last = (page + 1) * PAGE >= total
            if last:
                progress.listed = int(self._clock().timestamp())
            yield _at(answer, progress)
            if last:
                return

    def _stock(self, client: Client, progress: Progress, stock_id: str) -> Iterator[Payload]:
        target = f"{STOCKS}/{stock_id}?{urlencode({'stock_creator_mchid': self.mchid})}"
        detail = client.get(target, cursor=progress.as_cursor())
        now = self._clock()
        ready = flows_ready(detail)
        progress.hear(ready)
        due = stock_id in ready and now >= ready[stock_id]
        flows = [flow for flow in FLOWS if due and progress.book(f"{stock_id}/{flow}", now)]
        yield _at(detail, progress)
        for flow in flows:
            file = client.flow(f"{STOCKS}/{stock_id}/{flow}")
            if is_readable(self, file):
                progress.took(f"{stock_id}/{flow}", ready_at=ready[stock_id], now=now)
            elif is_whole(file):
                progress.set_aside(f"{stock_id}/{flow}", now)
            yield _at(file, progress)  # what cannot be read too: set aside, and asked for again

    # ------------------------------------------------------------ parsing

    def parse(self, payload: Payload) -> Parsed:
        path = payload.name.partition("?")[0]
        head, _, last = path.rpartition("/")
        try:
            if path == NAME:
                return self._callback(payload)
            if last in FLOWS:
                if not is_whole(payload):
                    raise ValueError("not the file whose SHA-1 was announced")
                return parse_flow(
                    payload.body,
                    self._book,
                    stock_id=head.rpartition("/")[2],
                    kind=FLOWS[last],
                    asked_at=asked_at(payload),
                )
            read = parse_list if path == STOCKS else parse_detail
            return read(payload, self._book)
        except ValueError as error:  # not JSON, no table, not signed, not to be decrypted
            raise ParseError(self.id, f"{path}: {error}"[:300]) from None

    def open_callback(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Callback:
        """With this source's keys and stocks; raises what `wechatpay_callback.open_callback` does."""
        return open_callback(headers, body, self._keys, book=self._book, now=now)

    # ------------------------------------------------------------ pushed

    def accept(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Pushed:
        try:
            verify(headers, body, self._keys.platform, now=now)
        except SignatureError as error:
            raise RefusedError(str(error)) from None
        return Pushed(message_id=message_id(body), headers=signed_headers(headers))

    def payload_of(self, message: InboxMessage) -> Payload:
        return callback_payload(message.headers, message.body, received_at=message.received_at)

    def _callback(self, payload: Payload) -> Parsed:
        headers, arrived = received(payload)
        try:
            opened = self.open_callback(headers, payload.body, now=arrived)
        except BadFieldError as error:
            return Parsed(records=(), rejects=(reject("callback", error),))
        return Parsed(records=(opened.event,))


def _at(payload: Payload, progress: Progress) -> Payload:
    return replace(payload, cursor=progress.as_cursor())


def _from_file(key: str, path: Path, where: Deployment, load: Callable[[bytes], Any]) -> Any:
    try:
        return load((where.folder / path).read_bytes())
    except OSError as error:
        raise ValueError(f"{key}: cannot be read: {error.strerror}") from None
    except (ValueError, TypeError):  # its own text may quote the file
        raise ValueError(f"{key}: not a PEM file of an RSA key") from None


SOURCE = WeChatPay
