"""Bytes or FetchError: total deadline, size caps, private-address guard, the only retry policy.

It works on httpcore, the engine under httpx: cookies, environment proxies and netrc are absent by construction.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import httpcore
import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_random_exponential

from domain.errors import FetchError
from domain.text import excerpt
from ingest.addresses import checked, origin, shown
from ingest.answers import Answer, BodyError, Limits, Validators, answer, glance, read_body, retry_after
from ingest.guard import (
    AllowList,
    ForbiddenError,
    GuardedBackend,
    OutOfTimeError,
    Resolve,
    resolve,
    time_limit,
)

MAX_REDIRECTS = 5

_AGENT = "quanqing/0.1"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_WORTH_RETRYING = frozenset({408, 425, 429})
_BLOCKED = frozenset({403, 418, 429, 432, 451})  # 418 and 432: how Weibo turns crawlers away
_WIRE_ERRORS = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.RemoteProtocolError)


class _AgainError(FetchError):
    """Worth another try."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    method: str
    url: httpx.URL
    headers: Mapping[str, str]
    content: bytes | None = None
    limits: Limits


class Http:
    """One per worker, shared by its threads.

    `allow_private`: `host:port` or networks, for platforms inside the house and unusual ports.
    """

    def __init__(
        self,
        *,
        allow_private: tuple[str, ...] = (),
        limits: Limits | None = None,
        resolve: Resolve = resolve,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._limits = limits or Limits()
        self._sleep = sleep
        self._monotonic = monotonic
        # when a server is willing to be asked again; by source, so that one that is turned away stops no other
        self._not_before: dict[tuple[str, str], float] = {}
        self.guard = GuardedBackend(AllowList(allow_private), resolve)  # for what is not HTTP: SFTP
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl_context or httpx.create_ssl_context(trust_env=False),
            max_connections=32,
            keepalive_expiry=30.0,
            network_backend=self.guard,
        )

    def close(self) -> None:
        self._pool.close()

    def get(
        self,
        source: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        conditional: Validators | None = None,
        limits: Limits | None = None,
    ) -> Answer:
        """200 with a body, or 304 where `conditional` was given; `limits` of this call alone. Raises FetchError."""
        asked = {**(headers or {}), **(conditional.headers if conditional else {})}
        target, own = checked(source, url), limits or self._limits
        request = _Request(method="GET", url=target, headers=asked, limits=own)
        return self._tried(source, request, again=True)

    def post(
        self,
        source: str,
        url: str,
        *,
        content: bytes,
        headers: Mapping[str, str] | None = None,
        idempotent: bool = False,
        limits: Limits | None = None,
    ) -> Answer:
        """200 with a body. Tried once, unless the call is a pure query (`idempotent`). Raises FetchError."""
        target, own = checked(source, url), limits or self._limits
        request = _Request(method="POST", url=target, headers=headers or {}, content=content, limits=own)
        return self._tried(source, request, again=idempotent)

    def _tried(self, source: str, request: _Request, *, again: bool) -> Answer:
        self._respect_wish(source, request.url)
        started = self._monotonic()
        retrying = Retrying(
            retry=retry_if_exception_type(_AgainError),
            stop=self._enough if again else stop_after_attempt(1),
            wait=self._pause,
            sleep=self._sleep,
            reraise=True,
        )

        def once() -> Answer:
            left = request.limits.budget_s - (self._monotonic() - started)
            return self._once(source, request, seconds=max(0.0, min(request.limits.total_s, left)))

        return retrying(once)

    # ------------------------------------------------------------ when to try again

    def _respect_wish(self, source: str, url: httpx.URL) -> None:
        left = self._not_before.get((source, origin(url)), 0.0) - self._monotonic()
        if left > 0:
            message = f"{shown(url)} asked not to be called for {left:.0f} s more"
            raise FetchError(source, message, cause="blocked", after_s=left)

    def _pause(self, state: RetryCallState) -> float:
        wish = _wish(state)
        jitter = wait_random_exponential(multiplier=0.5, max=self._limits.wait_s)(state)
        return jitter if wish is None else wish + min(jitter, 1.0)

    def _enough(self, state: RetryCallState) -> bool:
        wish, limits = _wish(state), self._limits
        late = (state.seconds_since_start or 0.0) + state.upcoming_sleep >= limits.budget_s
        return state.attempt_number >= limits.tries or late or (wish or 0.0) > limits.wait_s

    # ------------------------------------------------------------ one try

    def _once(self, source: str, request: _Request, *, seconds: float) -> Answer:
        url = request.url
        try:
            with time_limit(seconds):
                return self._followed(source, request)
        except ForbiddenError as error:
            raise FetchError(source, f"{shown(url)}: {error}", cause="refused", permanent=True) from None
        except OutOfTimeError:  # not tried again: one slow source must not hold a thread for a minute
            raise FetchError(source, f"{shown(url)}: no complete answer within {seconds:.0f} s") from None
        except httpcore.LocalProtocolError:  # its text would quote the header, which may be the token
            message = f"{shown(url)}: the request cannot be written: bad header or address"
            raise FetchError(source, message, cause="refused", permanent=True) from None
        except _WIRE_ERRORS as error:
            if isinstance(error.__cause__, ssl.SSLError) or isinstance(error.__context__, ssl.SSLError):
                raise _tls(source, url, error) from error
            raise _AgainError(source, excerpt(f"{shown(url)}: {type(error).__name__}: {error}")) from error

    def _followed(self, source: str, request: _Request) -> Answer:
        first = request.url
        for _ in range(MAX_REDIRECTS + 1):
            url = request.url
            with self._pool.stream(
                request.method,
                str(url),
                headers=self._sent(request.headers),
                content=request.content,
                extensions=self._timeouts,
            ) as response:
                received = httpx.Headers(response.headers)
                moved = response.status in _REDIRECTS and "location" in received
                if not moved or request.method != "GET":  # what was posted goes to nobody else
                    return self._answered(source, request, response, received)
            there = checked(source, received["location"], previous=url)
            same = origin(there) == origin(url)  # nor does a token
            request = replace(request, url=there, headers=request.headers if same else {})
        message = f"{shown(first)}: more than {MAX_REDIRECTS} redirects"
        raise FetchError(source, message, cause="refused", permanent=True)

    def _sent(self, headers: Mapping[str, str]) -> list[tuple[str, str]]:
        usual = {"User-Agent": _AGENT, "Accept": "*/*", "Accept-Encoding": "gzip, deflate"}
        return list({**usual, **headers}.items())

    @property
    def _timeouts(self) -> dict[str, object]:
        own = self._limits
        pace = {"connect": own.connect_s, "read": own.read_s, "write": own.read_s, "pool": own.total_s}
        return {"timeout": pace}

    def _answered(
        self, source: str, request: _Request, response: httpcore.Response, headers: httpx.Headers
    ) -> Answer:
        if response.status == httpx.codes.NOT_MODIFIED:
            return answer(response.status, headers, b"")
        if response.status != httpx.codes.OK:
            told = glance(response.iter_stream(), headers)
            raise self._refused(source, request.url, response.status, headers, told=told)
        try:
            body = read_body(response.iter_stream(), headers, request.limits)
        except BodyError as error:
            raise self._unusable(source, request.url, error) from error
        if not body:
            raise FetchError(source, f"{shown(request.url)}: 200 with an empty body", cause="empty")
        return answer(response.status, headers, body)

    def _unusable(self, source: str, url: httpx.URL, error: BodyError) -> FetchError:
        message = f"{shown(url)}: {error}"
        if error.cut:
            return _AgainError(source, message)
        return FetchError(source, message, cause="refused", permanent=True)

    def _refused(
        self, source: str, url: httpx.URL, status: int, headers: httpx.Headers, *, told: bytes
    ) -> FetchError:
        message = f"{shown(url)}: status {status}"
        cause = "blocked" if status in _BLOCKED else "refused"
        if status < 500 and status not in _WORTH_RETRYING:  # 418 and 432 pass when the other side calms down
            return FetchError(source, message, cause=cause, permanent=status not in (418, 432), told=told)
        wish = retry_after(headers)
        if wish is not None and wish > self._limits.wait_s:  # a shorter one is waited for at once
            self._not_before[source, origin(url)] = self._monotonic() + wish
        return _AgainError(source, message, cause=cause if status < 500 else "down", after_s=wish, told=told)


def _tls(source: str, url: httpx.URL, error: Exception) -> FetchError:
    message = f"{shown(url)}: the certificate or the TLS version was not accepted"
    cause = "expired" if "expired" in str(error) else "refused"
    return FetchError(source, message, cause=cause, permanent=True)


def _wish(state: RetryCallState) -> float | None:
    error = state.outcome.exception() if state.outcome else None
    return error.after_s if isinstance(error, _AgainError) else None
