"""Bytes or FetchError: total deadline, size caps, private-address guard, the only retry policy.

It works on httpcore, the engine under httpx: cookies, environment proxies and netrc are absent by construction.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Mapping

import httpcore
import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type
from tenacity.wait import wait_random_exponential

from domain.errors import FetchError
from domain.text import excerpt
from ingest.answers import Answer, BodyError, Limits, Validators, answer, read_body, retry_after
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
    """Worth another try; `after_s` is the server's own wish."""

    def __init__(
        self, source: str, message: str, *, cause: str = "down", after_s: float | None = None
    ) -> None:
        super().__init__(source, message, cause=cause)
        self.after_s = after_s


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
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl_context or httpx.create_ssl_context(trust_env=False),
            max_connections=32,
            keepalive_expiry=30.0,
            network_backend=GuardedBackend(AllowList(allow_private), resolve),
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
    ) -> Answer:
        """200 with a body, or 304 where `conditional` was given. Raises FetchError."""
        target = _checked(source, url)
        self._respect_wish(source, target)
        asked = {**(headers or {}), **(conditional.headers if conditional else {})}
        started = self._monotonic()
        retrying = Retrying(
            retry=retry_if_exception_type(_AgainError),
            stop=self._enough,
            wait=self._pause,
            sleep=self._sleep,
            reraise=True,
        )

        def once() -> Answer:
            left = self._limits.budget_s - (self._monotonic() - started)
            return self._once(source, target, asked, seconds=max(0.0, min(self._limits.total_s, left)))

        return retrying(once)

    # ------------------------------------------------------------ when to try again

    def _respect_wish(self, source: str, url: httpx.URL) -> None:
        left = self._not_before.get((source, _origin(url)), 0.0) - self._monotonic()
        if left > 0:
            raise FetchError(
                source, f"{_shown(url)} asked not to be called for {left:.0f} s more", cause="blocked"
            )

    def _pause(self, state: RetryCallState) -> float:
        wish = _wish(state)
        jitter = wait_random_exponential(multiplier=0.5, max=self._limits.wait_s)(state)
        return jitter if wish is None else wish + min(jitter, 1.0)

    def _enough(self, state: RetryCallState) -> bool:
        wish, limits = _wish(state), self._limits
        late = (state.seconds_since_start or 0.0) + state.upcoming_sleep >= limits.budget_s
        return state.attempt_number >= limits.tries or late or (wish or 0.0) > limits.wait_s

    # ------------------------------------------------------------ one try

    def _once(self, source: str, url: httpx.URL, headers: Mapping[str, str], *, seconds: float) -> Answer:
        try:
            with time_limit(seconds):
                return self._followed(source, url, dict(headers))
        except ForbiddenError as error:
            raise FetchError(source, f"{_shown(url)}: {error}", cause="refused", permanent=True) from None
        except OutOfTimeError:  # not tried again: one slow source must not hold a thread for a minute
            raise FetchError(source, f"{_shown(url)}: no complete answer within {seconds:.0f} s") from None
        except httpcore.LocalProtocolError:  # its text would quote the header, which may be the token
            message = f"{_shown(url)}: the request cannot be written: bad header or address"
            raise FetchError(source, message, cause="refused", permanent=True) from None
        except _WIRE_ERRORS as error:
            if isinstance(error.__cause__, ssl.SSLError) or isinstance(error.__context__, ssl.SSLError):
                raise _tls(source, url, error) from error
            raise _AgainError(source, excerpt(f"{_shown(url)}: {type(error).__name__}: {error}")) from error

    def _followed(self, source: str, url: httpx.URL, headers: dict[str, str]) -> Answer:
        for _ in range(MAX_REDIRECTS + 1):
            with self._pool.stream(
                "GET", str(url), headers=self._sent(headers), extensions=self._timeouts
            ) as response:
                received = httpx.Headers(response.headers)
                if response.status not in _REDIRECTS or "location" not in received:
                    return self._answered(source, url, response, received)
            there = _checked(source, received["location"], previous=url)
            if _origin(there) != _origin(url):
                headers = {}  # a token goes to nobody but whom it was meant for
            url = there
        raise FetchError(
            source, f"{_shown(url)}: more than {MAX_REDIRECTS} redirects", cause="refused", permanent=True
        )

    def _sent(self, headers: Mapping[str, str]) -> list[tuple[str, str]]:
        usual = {"User-Agent": _AGENT, "Accept": "*/*", "Accept-Encoding": "gzip, deflate"}
        return list({**usual, **headers}.items())

    @property
    def _timeouts(self) -> dict[str, object]:
        limits = self._limits
        pace = {
            "connect": limits.connect_s,
            "read": limits.read_s,
            "write": limits.read_s,
            "pool": limits.total_s,
        }
        return {"timeout": pace}

    def _answered(
        self, source: str, url: httpx.URL, response: httpcore.Response, headers: httpx.Headers
    ) -> Answer:
        if response.status == httpx.codes.NOT_MODIFIED:
            return answer(response.status, headers, b"")
        if response.status != httpx.codes.OK:
            raise self._refused(source, url, response.status, headers)
        try:
            body = read_body(response.iter_stream(), headers, self._limits)
        except BodyError as error:
            raise self._unusable(source, url, error) from error
        if not body:
            raise FetchError(source, f"{_shown(url)}: 200 with an empty body", cause="empty")
        return answer(response.status, headers, body)

    def _unusable(self, source: str, url: httpx.URL, error: BodyError) -> FetchError:
        message = f"{_shown(url)}: {error}"
        if error.cut:
            return _AgainError(source, message)
        return FetchError(source, message, cause="refused", permanent=True)

    def _refused(self, source: str, url: httpx.URL, status: int, headers: httpx.Headers) -> FetchError:
        message = f"{_shown(url)}: status {status}"
        cause = "blocked" if status in _BLOCKED else "refused"
        if status < 500 and status not in _WORTH_RETRYING:
            lasting = status not in (418, 432)  # these pass when the other side calms down
            return FetchError(source, message, cause=cause, permanent=lasting)
        wish = retry_after(headers)
        if wish is not None and wish > self._limits.wait_s:  # a shorter one is waited for at once
            self._not_before[source, _origin(url)] = self._monotonic() + wish
        return _AgainError(source, message, cause=cause if status < 500 else "down", after_s=wish)


def _checked(source: str, url: str, previous: httpx.URL | None = None) -> httpx.URL:
    """The address, if it is http or https, carries no password and does not lead from https to http."""
    try:
        target = httpx.URL(url) if previous is None else previous.join(url)
    except httpx.InvalidURL:
        raise FetchError(source, "not an address", cause="refused", permanent=True) from None
    downgrade = previous is not None and previous.scheme == "https" and target.scheme == "http"
    if target.scheme not in ("http", "https") or not target.host or target.userinfo or downgrade:
        message = f"{_shown(target)}: only http and https, no user name, no way back from https"
        raise FetchError(source, message, cause="refused", permanent=True)
    return target


def _shown(url: httpx.URL) -> str:
    """The address as messages show it: no query and no user name, they may hold secrets."""
    port = "" if url.port is None else f":{url.port}"
    return f"{url.scheme}://{url.host}{port}{url.path}"[:200]


def _origin(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.host}:{url.port}"


def _tls(source: str, url: httpx.URL, error: Exception) -> FetchError:
    expired = "expired" in str(error)
    message = f"{_shown(url)}: the certificate or the TLS version was not accepted"
    return FetchError(source, message, cause="expired" if expired else "refused", permanent=True)


def _wish(state: RetryCallState) -> float | None:
    error = state.outcome.exception() if state.outcome else None
    return error.after_s if isinstance(error, _AgainError) else None
