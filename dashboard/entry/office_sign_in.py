"""Signing in through an office's own service: OpenID Connect, authorization code with PKCE.

The service says who somebody is; what they may do is decided here: an account of that name must be there already.
"""

from __future__ import annotations

import hmac
import json
import secrets
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import httpx
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from dashboard.entry.office_provider import Provider, is_safe
from dashboard.entry.sealing import Seal

ALGORITHMS = ("RS256", "PS256", "ES256")  # none of those that prove nothing, or that a shared secret proves
TRIP_S = 600  # to the service and back
LEEWAY_S = 60
KEPT_S = 600.0  # what the service says of itself
TIMEOUT_S = 5.0
WELL_KNOWN = "/.well-known/openid-configuration"


class Refused(Exception):
    """What came back does not prove who somebody is."""


class Away(Exception):
    """The service does not answer, or not as OpenID Connect says."""


class OfficeSignIn:
    def __init__(
        self,
        provider: Provider,
        *,
        secret_key: str,
        back: str,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """`back`: our address that people are sent back to."""
        self._provider, self._back, self._transport = provider, back, transport
        self._seal = Seal(secret_key, b"quanqing office sign-in")
        self._known: tuple[float, Mapping[str, Any], KeySet] | None = None

    async def start(self, target: str, now: datetime) -> tuple[str, str]:
        """(the service's address to go to, what the browser brings back as a cookie). Raises Away."""
        about, _ = await self._about()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        trip = {"state": state, "nonce": nonce, "verifier": verifier, "target": target}
        asked = {
            "response_type": "code",
            "client_id": self._provider.client_id,
            "redirect_uri": self._back,
            "scope": "openid profile",
            "state": state,
            "nonce": nonce,
            "code_challenge": create_s256_code_challenge(verifier),
            "code_challenge_method": "S256",
        }
        sealed = self._seal.closed(json.dumps(trip | {"until": now.timestamp() + TRIP_S}), of="trip")
        joint = "&" if "?" in about["authorization_endpoint"] else "?"
        return f"{about['authorization_endpoint']}{joint}{urlencode(asked)}", sealed

    async def finish(self, sealed: str, answer: Mapping[str, str], now: datetime) -> tuple[str, str]:
        """(the account's name, where to go on). `answer`: the parameters people came back with.

        Raises Refused or Away.
        """
        trip = json.loads(self._seal.opened(sealed, of="trip") or "null")
        if trip is None or now.timestamp() > trip["until"]:
            raise Refused("no trip of this browser")
        if not hmac.compare_digest(trip["state"].encode(), answer.get("state", "").encode()):
            raise Refused("state")
        if answer.get("iss", self._provider.issuer) != self._provider.issuer or "code" not in answer:
            raise Refused("answer")
        told = await self._tokens(answer["code"], trip["verifier"])
        claims = await self._claims(told, nonce=trip["nonce"], now=now)
        name = claims.get(self._provider.claim)
        if not isinstance(name, str) or not name:
            raise Refused("name")
        return name, trip["target"]

    async def _claims(self, told: Mapping[str, Any], *, nonce: str, now: datetime) -> Mapping[str, Any]:
        token = await self._proven(str(told.get("id_token", "")))
        options = {
            "iss": {"essential": True, "value": self._provider.issuer},
            "aud": {"essential": True, "value": self._provider.client_id},
        }
        params = {
            "nonce": nonce,
            "client_id": self._provider.client_id,
            "access_token": told.get("access_token"),
        }
        claims = CodeIDToken(token.claims, token.header, options, params)
        try:
            claims.validate(now=int(now.timestamp()), leeway=LEEWAY_S)
        except (JoseError, TypeError) as error:
            raise Refused("claims") from error
        return claims

    async def _proven(self, token: str) -> jwt.Token:
        """By the service's keys; asked for anew once, since it may have changed them."""
        for again in (False, True):
            _, keys = await self._about(again=again)
            try:
                return jwt.decode(token, keys, algorithms=ALGORITHMS)
            except (JoseError, ValueError, TypeError) as error:
                if again:
                    raise Refused("signature") from error
        raise AssertionError("the second time it returns or raises")

    async def _tokens(self, code: str, verifier: str) -> Mapping[str, Any]:
        about, _ = await self._about()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._back,
            "client_id": self._provider.client_id,
            "code_verifier": verifier,
        }
        who = httpx.BasicAuth(self._provider.client_id, self._provider.client_secret)
        async with self._client() as client:
            try:
                answer = await client.post(about["token_endpoint"], data=form, auth=who)
            except httpx.HTTPError as error:
                raise Away from error
        if answer.status_code in (400, 401):
            raise Refused("code")
        return _document(answer)

    async def _about(self, *, again: bool = False) -> tuple[Mapping[str, Any], KeySet]:
        """What the service says of itself, and its keys."""
        if self._known and not again and time.monotonic() - self._known[0] < KEPT_S:
            return self._known[1:]
        async with self._client() as client:
            try:
                about = _document(await client.get(self._provider.issuer.rstrip("/") + WELL_KNOWN))
                ends = [about.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
                if about.get("issuer") != self._provider.issuer or not all(map(is_safe, ends)):
                    raise Away
                keys = KeySet.import_key_set(_document(await client.get(about["jwks_uri"])))
            except (httpx.HTTPError, JoseError, KeyError, TypeError, ValueError) as error:
                raise Away from error
        self._known = (time.monotonic(), about, keys)
        return about, keys

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=self._transport, timeout=TIMEOUT_S, trust_env=False)


def _document(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        found = answer.json() if answer.is_success else None
    except ValueError as error:
        raise Away from error
    if not isinstance(found, dict):
        raise Away
    return found
