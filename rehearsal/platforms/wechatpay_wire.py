"""How WeChat Pay signs and seals. It shares no code with the connector."""

from __future__ import annotations

import base64
import json
import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from rehearsal.platforms.wechatpay_forms import moment

SCHEME = "WECHATPAY2-SHA256-RSA2048"
PROBE = "WECHATPAY/SIGNTEST/"
_AUTHORIZATION = re.compile(
    rf'{SCHEME} mchid="(?P<mchid>[^"]*)",nonce_str="(?P<nonce>[^"]*)",signature="(?P<signature>[^"]*)",'
    r'timestamp="(?P<timestamp>[0-9]+)",serial_no="(?P<serial>[^"]*)"'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Both sides' keys, made when the rehearsal starts; real ones never come near it."""

    mchid: str
    merchant: rsa.RSAPrivateKey
    merchant_serial: str
    platform: rsa.RSAPrivateKey
    platform_serial: str
    api_v3: str

    @classmethod
    def made(cls, mchid: str = "1900000109") -> Keys:
        return cls(
            mchid=mchid,
            merchant=rsa.generate_private_key(65537, 2048),
            merchant_serial=secrets.token_hex(20).upper(),
            platform=rsa.generate_private_key(65537, 2048),
            platform_serial=f"PUB_KEY_ID_{secrets.token_hex(16)}",
            api_v3=secrets.token_hex(16),
        )

    def write(self, folder: Path) -> None:
        """What a merchant gets: `wechatpay-merchant.pem` (its private key) and `wechatpay-platform.pem` (public)."""
        folder.mkdir(parents=True, exist_ok=True)
        merchant, platform = self.pems()
        (folder / "wechatpay-merchant.pem").write_bytes(merchant)
        (folder / "wechatpay-platform.pem").write_bytes(platform)

    def pems(self) -> tuple[bytes, bytes]:
        """(the merchant's private key, the platform's public key)."""
        pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        spki = serialization.PublicFormat.SubjectPublicKeyInfo
        return (
            self.merchant.private_bytes(pem, pkcs8, serialization.NoEncryption()),
            self.platform.public_key().public_bytes(pem, spki),
        )


def signed(keys: Keys, body: bytes, *, at: int) -> dict[str, str]:
    """The signature headers of an answer or a callback."""
    nonce = secrets.token_hex(16)
    text = f"{at}\n{nonce}\n".encode() + body + b"\n"
    return {
        "Wechatpay-Timestamp": str(at),
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Signature": _b64(keys.platform.sign(text, padding.PKCS1v15(), hashes.SHA256())),
        "Wechatpay-Serial": keys.platform_serial,
        "Wechatpay-Signature-Type": SCHEME,
    }


def asked_by_us(keys: Keys, header: str, *, method: str, target: str, now: int, window_s: float) -> bool:
    """Whether a request is signed by the merchant, lately, for this very path and query (GET: no body)."""
    found = _AUTHORIZATION.fullmatch(header)
    if found is None or found["mchid"] != keys.mchid or found["serial"] != keys.merchant_serial:
        return False
    if abs(int(found["timestamp"]) - now) > window_s:
        return False
    text = f"{method}\n{target}\n{found['timestamp']}\n{found['nonce']}\n\n".encode()
    try:
        signature = base64.b64decode(found["signature"], validate=True)
        keys.merchant.public_key().verify(signature, text, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True


def notice(keys: Keys, notice_id: str, coupon: dict[str, Any], *, at: int) -> bytes:
    """The body of one COUPON.USE callback."""
    nonce = secrets.token_hex(6)
    plain = json.dumps(coupon, ensure_ascii=False, separators=(",", ":")).encode()
    sealed = AESGCM(keys.api_v3.encode()).encrypt(nonce.encode(), plain, b"coupon")
    envelope = {
        "id": notice_id,
        "create_time": moment(at),
        "resource_type": "encrypt-resource",
        "event_type": "COUPON.USE",
        "summary": "代金券核销通知",
        "resource": {
            "original_type": "coupon",
            "algorithm": "AEAD_AES_256_GCM",
            "ciphertext": _b64(sealed),
            "nonce": nonce,
            "associated_data": "coupon",
        },
    }
    return json.dumps(envelope, ensure_ascii=False).encode()


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
