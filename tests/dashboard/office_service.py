"""An office's own sign-in service as OpenID Connect says, with a fault for each thing that must be found out."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

ISSUER = "https://sso.example"
CLIENT, SECRET = "quanqing", "geheim between the two of us"


@dataclass
class OfficeService:
    """Whoever is sent here is `name`. `fault`: what it does wrong."""

    now: Any
    name: str = "wang"
    fault: str = ""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._answer)

    def sign_in(self, address: str) -> dict[str, str]:
        """What a browser sent to `address` comes back with."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return {"code": code, "state": asked["state"], "iss": ISSUER}

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        if self.fault == "away":
            raise httpx.ConnectError("refused", request=request)
        if request.url.path == "/.well-known/openid-configuration":
            other = {"other issuer said": "https://evil.example"}.get(self.fault, ISSUER)
            plain = "http://sso.example" if self.fault == "plain http" else ISSUER
            ends = {"authorization_endpoint": "auth", "token_endpoint": "token", "jwks_uri": "keys"}
            return httpx.Response(200, json={"issuer": other} | {n: f"{plain}/{p}" for n, p in ends.items()})
        if request.url.path == "/keys":
            if self.fault == "no json":
                return httpx.Response(200, text="<html>")
            return httpx.Response(200, json=KeySet([self.key]).as_dict(private=False))
        return self._token(request)

    def _token(self, request: httpx.Request) -> httpx.Response:
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        asked = self.codes.pop(form["code"], None)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        who = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        is_ours = request.headers["authorization"] == f"Basic {who}"
        if asked is None or not is_ours or asked["code_challenge"] != challenge:
            return httpx.Response(400, json={"error": "invalid_grant"})
        return httpx.Response(
            200, json={"access_token": "a", "token_type": "Bearer", "id_token": self._id(asked)}
        )

    def _id(self, asked: dict[str, str]) -> str:
        at = int(self.now().timestamp())
        claims: dict[str, Any] = {
            "iss": ISSUER, "aud": CLIENT, "sub": "7", "iat": at, "exp": at + 300,
            "nonce": asked["nonce"], "preferred_username": self.name,
        }  # fmt: skip
        claims |= {
            "issuer": {"iss": "https://evil.example"},
            "audience": {"aud": "another"},
            "audiences": {"aud": [CLIENT, "another"]},
            "nonce": {"nonce": "of another trip"},
            "expired": {"exp": at - 120, "iat": at - 400},
            "no name": {"preferred_username": ""},
            "name is no text": {"preferred_username": ["wang"]},
            "dates are text": {"exp": "tomorrow"},
            "access token": {"at_hash": "of another token"},
        }.get(self.fault, {})
        for gone in {"no nonce": ["nonce"], "no audience": ["aud"], "no end": ["exp"]}.get(self.fault, []):
            claims.pop(gone)
        if self.fault == "unsigned":
            return ".".join((_part({"alg": "none"}), _part(claims), ""))
        if self.fault == "shared secret":
            return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET), algorithms=["HS256"])
        if self.fault == "no token":
            return ""
        key = RSAKey.generate_key(2048, {"kid": "one"}) if self.fault == "other key" else self.key
        return jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key)


def _part(document: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()
