"""Text that leaves the process and comes back: into the store, a form, a cookie. Nobody else can read or make it."""

from __future__ import annotations

import base64
import secrets
from binascii import Error as BadBase64

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_BYTES = 12


def derived_key(secret_key: str, purpose: bytes) -> bytes:
    """256 bits of the deployment's secret key for one purpose: what is known of one tells nothing of another."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(secret_key.encode())


class Seal:
    """AES-256-GCM for one purpose."""

    def __init__(self, secret_key: str, purpose: bytes) -> None:
        self._cipher = AESGCM(derived_key(secret_key, purpose))

    def closed(self, text: str, *, of: str) -> str:
        """`of`: whose it is; brought by another it does not open."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return base64.urlsafe_b64encode(
            nonce + self._cipher.encrypt(nonce, text.encode(), of.encode())
        ).decode()

    def opened(self, sealed: str, *, of: str) -> str | None:
        """None if it was not sealed here, for this purpose and this one."""
        try:
            raw = base64.b64decode(sealed, altchars=b"-_", validate=True)
            return self._cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], of.encode()).decode()
        except (BadBase64, InvalidTag, ValueError):
            return None
