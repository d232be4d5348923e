"""WeChat Pay cash coupons from the ledger: claims as counters, redemptions as callbacks, files after the end.

A stock's files are made at 10:00, first on the day after its end, and hold what happened before: what is given back
later stands in the next day's.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from heapq import heapify, heappop
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rehearsal.faults import Faults
from rehearsal.ledger import CLAIM, REDEMPTION, REFUND, Happening, Lot
from rehearsal.platforms.wechatpay_addresses import TOKEN_S, Addresses
from rehearsal.platforms.wechatpay_forms import (
    coupon,
    files_made_at,
    nobodys_stock,
    ready_at,
    refund_flow,
    stock,
    stock_id,
    use_flow,
    written_down,
)
from rehearsal.platforms.wechatpay_merchants import Merchants
from rehearsal.platforms.wechatpay_pushes import RETRY_S, Push, Pushes
from rehearsal.platforms.wechatpay_told import Told
from rehearsal.platforms.wechatpay_wire import Keys, asked_by_us, signed
from rehearsal.shops import Shop
from rehearsal.wire import answer

STOCKS = "/v3/marketing/favor/stocks"
FILE = "/v3/billdownload/file"
_WINDOW_S = 300
_MISDATED_S = 600
_JSON = "application/json"
_KINDS = {"use-flow": REDEMPTION, "refund-flow": REFUND}


class WeChatPay:
    """One creating merchant's stocks. `take` and `advance` come from one thread, answers from another.

    `lots`: those that will be played, set up before they open. `token_s`: how long the address of a file lives;
    `window_s`: how old a signature may be; `retry_s`: between two tries of a callback.
    """

    def __init__(
        self,
        platform: str,
        *,
        shops: Iterable[Shop],
        seed: int,
        faults: Faults,
        clock: Callable[[], datetime],
        keys: Keys | None = None,
        lots: Iterable[Lot] = (),
        token_s: float = TOKEN_S,
        window_s: float = _WINDOW_S,
        retry_s: float = RETRY_S,
    ) -> None:
        self.platform, self.faults = platform, faults
        self.keys = keys or Keys.made()
        self._told = Told()
        self.ailing = 0  # so many answers will be 500 SYSTEM_ERROR
        self.pushes = Pushes(
            self.keys, seed=seed, faults=faults, on_delivered=self._told.by_callback, retry_s=retry_s
        )
        self._window_s = window_s
        self._clock = clock
        self.merchants = Merchants(shops)
        self._lots: dict[str, Lot] = {stock_id(lot): lot for lot in lots}
        self._claimed: dict[str, int] = {}  # voucher -> when
        self._given: dict[str, int] = defaultdict(int)
        self._rows: dict[tuple[str, str], list[Happening]] = defaultdict(list)
        self._due: list[Happening] = []
        self._counted: list[Happening] = []
        self._made_at = 0.0
        self._now = 0
        self._addresses = Addresses(lasts_s=token_s, faults=faults)

    @property
    def published(self) -> list[Happening]:
        """Redemptions and refunds as they were told, numbered as the platform numbers them."""
        return self._told.all()

    @property
    def counted(self) -> list[Happening]:
        """Claims: only a counter tells them, and no file ever does."""
        return list(self._counted)

    @property
    def withheld(self) -> list[Happening]:
        """Redeemed or refunded, but in no callback that was taken and no file yet."""
        told = self._told.keys()
        rows = (h for rows in self._rows.values() for h in rows)
        return [h for h in rows if h.at <= self._now and (h.kind, h.event_no) not in told]

    @property
    def claims(self) -> dict[str, int]:
        """Stock -> what its counter says."""
        return dict(self._given)

    def stocks(self) -> list[dict[str, Any]]:
        """The source's `stocks` setting, of every stock known so far."""
        return [written_down(lot) for _, lot in sorted(self._lots.items())]

    def take(self, happenings: Iterable[Happening]) -> None:
        """Schedule what will happen. A voucher's claim comes before its redemption, as the ledger plays it."""
        for h in happenings:
            number = stock_id(h.lot)
            self._lots[number] = h.lot
            if h.kind == CLAIM:
                self._claimed[h.voucher_no] = h.at
                self._due.append(h)
                continue
            self._rows[number, h.kind].append(h)
            if h.kind == REDEMPTION:
                claimed, merchant = self._claimed.get(h.voucher_no, h.lot.opens), self.merchants.number(h)
                told = coupon(h, claimed=claimed, merchant=merchant, mchid=self.keys.mchid)
                self.pushes.plan(h, told)
        heapify(self._due)

    def advance(self, now: datetime) -> None:
        """Move the counters; what stands in a file that may be fetched is published."""
        self._now = int(now.timestamp())
        while self._due and self._due[0].at <= self._now:
            h = heappop(self._due)
            self._given[stock_id(h.lot)] += 1
            self._counted.append(h)
        made_at = files_made_at(self._now)
        if made_at == self._made_at:
            return
        self._made_at = made_at
        for (number, _), rows in self._rows.items():
            if made_at >= ready_at(self._lots[number]):
                for h in rows:
                    if h.at <= made_at:
                        self._told.by_file(h)

    def due_pushes(self) -> list[Push]:
        """Callbacks to POST now; report each answer's status to `pushes.answered`."""
        return self.pushes.due(self._now)

    def routes(self) -> list[Route]:
        return [
            Route(STOCKS, self._list),
            Route(f"{STOCKS}/{{stock_id}}", self._detail),
            Route(f"{STOCKS}/{{stock_id}}/{{flow}}", self._flow),
            Route(FILE, self._file),
        ]

    # ------------------------------------------------------------ answers

    async def _list(self, request: Request) -> Response:
        if problem := self._problem(request):
            return problem
        query = request.query_params
        try:
            offset, limit = int(query["offset"]), int(query["limit"])
        except (KeyError, ValueError):
            return _error(400, "PARAM_ERROR", "offset and limit are needed")
        if not 1 <= limit <= 10 or offset < 0 or query.get("stock_creator_mchid") != self.keys.mchid:
            return _error(400, "PARAM_ERROR", "limit is 1 to 10, the creator is you")
        stocks = [self._stock(number) for number in sorted(self._lots)]
        if offset == 0 and self.faults.turn("stock_unmapped", every=1):
            stocks.insert(0, nobodys_stock(stocks[0]))
        page = stocks[offset : offset + limit]
        return self._signed({"total_count": len(stocks), "data": page, "limit": limit, "offset": offset})

    async def _detail(self, request: Request) -> Response:
        if problem := self._problem(request):
            return problem
        number = request.path_params["stock_id"]
        if number not in self._lots:
            return _error(404, "NOT_FOUND", "no such stock")
        if request.query_params.get("stock_creator_mchid") != self.keys.mchid:
            return _error(400, "PARAM_ERROR", "the creator is you")
        return self._signed(self._stock(number))

    async def _flow(self, request: Request) -> Response:
        """Unsigned on purpose: so is the real one."""
        if problem := self._problem(request):
            return problem
        number, flow = request.path_params["stock_id"], request.path_params["flow"]
        now = self._clock().timestamp()
        if not self._addresses.may_be_asked(now):
            return _error(429, "FREQUENCY_LIMITED", "five a minute")
        if number not in self._lots or flow not in _KINDS:
            return _error(404, "NOT_FOUND", "no such stock")
        if self._now < ready_at(self._lots[number]):
            return _error(400, "INVALID_REQUEST", "from 10:00 on the day after the stock's end")
        body = self._flow_file(number, flow)
        token = self._addresses.made(body, now)
        digest = hashlib.sha1(body, usedforsecurity=False).hexdigest()
        prefix = request.url.path.partition("/v3/")[0]
        url = f"{request.url.scheme}://{request.url.netloc}{prefix}{FILE}?token={token}"
        return Response(json.dumps({"url": url, "hash_value": digest, "hash_type": "SHA1"}), media_type=_JSON)

    async def _file(self, request: Request) -> Response:
        if problem := self._problem(request):
            return problem
        body = self._addresses.opened(request.query_params.get("token", ""), self._clock().timestamp())
        if body is None:
            return _error(400, "INVALID_REQUEST", "the address has been used or is too old")
        return answer(self.faults, body, media_type="text/plain")

    def _problem(self, request: Request) -> Response | None:
        if self.ailing > 0:
            self.ailing -= 1
            return _error(500, "SYSTEM_ERROR", "try again later")
        target = request.scope["raw_path"].decode()
        if request.scope["query_string"]:
            target += f"?{request.scope['query_string'].decode()}"
        header = request.headers.get("authorization", "")
        now = int(self._clock().timestamp())
        told = {"method": request.method, "target": target, "window_s": self._window_s}
        if asked_by_us(self.keys, header, now=now, **told):
            return None
        return _error(401, "SIGN_ERROR", "the signature does not verify")

    def _signed(self, content: dict[str, Any]) -> Response:
        body = json.dumps(content, ensure_ascii=False).encode()
        late = _MISDATED_S if self.faults.turn("answer_misdated", every=30) else 0
        headers = signed(self.keys, body, at=int(self._clock().timestamp()) - late)
        return answer(self.faults, body, media_type=_JSON, headers=headers)

    def _stock(self, number: str) -> dict[str, Any]:
        given = self._given.get(number, 0)
        return stock(self._lots[number], mchid=self.keys.mchid, distributed=given, now=self._now)

    def _flow_file(self, number: str, flow: str) -> bytes:
        happened = sorted(self._rows.get((number, _KINDS[flow]), ()))
        rows = [(h, self.merchants.number(h)) for h in happened if h.at <= self._made_at]
        write = use_flow if flow == "use-flow" else refund_flow
        return write(rows, bom=int(number[-1]) % 2 == 0)  # nobody knows whether it begins with one: both


def _error(status: int, code: str, message: str) -> Response:
    """Never signed: only 2xx are."""
    return Response(json.dumps({"code": code, "message": message}), status_code=status, media_type=_JSON)
