"""WECHATPAY2-SHA256-RSA2048 and AEAD_AES_256_GCM: how requests are signed, answers and callbacks checked and opened."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

SCHEME = "WECHATPAY2-SHA256-RSA2048"
PROBE = "WECHATPAY/SIGNTEST/"
"""A signature that begins so is wrong on purpose, to see whether we look. Unverified; refused either way."""
WINDOW_S = 300
"""The vendor says to refuse old timestamps; five minutes is customary, unverified."""
SIGNED = ("wechatpay-timestamp", "wechatpay-nonce", "wechatpay-signature", "wechatpay-serial")

PlatformKeys = Mapping[str, RSAPublicKey]
"""By serial: a certificate's in hex or `PUB_KEY_ID_…`. Pinned: an unknown serial is refused, never asked for."""


class SignatureError(ValueError):
    """Not signed by the platform, or not now: nothing of the body may be believed."""


class ProbeError(SignatureError):
    """The platform's own test with a wrong signature: refuse it like any other, raise no alarm."""


class SealError(ValueError):
    """The encrypted part cannot be opened with our key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantKey:
    """Who asks. `serial` is that of the merchant's own certificate."""

    mchid: str
    serial: str
    private: RSAPrivateKey

    def __repr__(self) -> str:
        return f"MerchantKey({self.mchid})"


def private_key(pem: bytes) -> RSAPrivateKey:
    """Raises ValueError."""
    key = load_pem_private_key(pem, password=None)
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("not an RSA private key")
    return key


def public_key(pem: bytes) -> RSAPublicKey:
    """Of a public key file or of a certificate. Raises ValueError."""
    certificate = b"BEGIN CERTIFICATE" in pem
    key = x509.load_pem_x509_certificate(pem).public_key() if certificate else load_pem_public_key(pem)
    if not isinstance(key, RSAPublicKey):
        raise ValueError("not an RSA public key")
    return key


def authorization(key: MerchantKey, method: str, target: str, *, body: str = "", at: int, nonce: str) -> str:
    """The header of one request. `target` is path and query as they go over the wire, `at` epoch seconds."""
    text = f"{method}\n{target}\n{at}\n{nonce}\n{body}\n"
    signature = base64.b64encode(key.private.sign(text.encode(), PKCS1v15(), SHA256())).decode()
    return (
        f'{SCHEME} mchid="{key.mchid}",nonce_str="{nonce}",signature="{signature}",'
        f'timestamp="{at}",serial_no="{key.serial}"'
    )


def verify(headers: Mapping[str, str], body: bytes, keys: PlatformKeys, *, now: datetime) -> int:
    """The signature over the raw body; gives the signed timestamp, epoch seconds. Raises SignatureError."""
    given = signed_headers(headers)
    timestamp, nonce, signature, serial = (given.get(name, "") for name in SIGNED)
    if not all((timestamp, nonce, signature, serial)):
        raise SignatureError("a signature header is missing")
    if signature.startswith(PROBE):
        raise ProbeError("a signature test of the platform")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise SignatureError("the timestamp is no number")
    if abs(int(timestamp) - now.timestamp()) > WINDOW_S:
        raise SignatureError(f"the timestamp is more than {WINDOW_S} s from our clock")
    key = keys.get(serial)
    if key is None:
        raise SignatureError("signed with a serial we do not pin")
    text = f"{timestamp}\n{nonce}\n".encode() + body + b"\n"
    try:
        key.verify(base64.b64decode(signature, validate=True), text, PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        raise SignatureError("the signature does not verify") from None
    return int(timestamp)


def signed_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The four that a signature needs, by lower-case name."""
    lower = {name.lower(): value for name, value in headers.items()}
    return {name: lower[name] for name in SIGNED if name in lower}


def unseal(ciphertext: str, *, nonce: str, associated_data: str, key: bytes) -> bytes:
    """AEAD_AES_256_GCM: base64(cipher ‖ tag); the key is the 32 characters of the APIv3 key. Raises SealError."""
    try:
        sealed = base64.b64decode(ciphertext, validate=True)
        return AESGCM(key).decrypt(nonce.encode(), sealed, associated_data.encode())
    except (InvalidTag, binascii.Error, ValueError):
        raise SealError("the resource cannot be decrypted with our key") from None
