"""RSA signatures over text as the payment platforms make them: PKCS#1 v1.5 with SHA-256, base64."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

_LEAST_BITS = 2048


def key_text(name: str, environ: Mapping[str, str]) -> str:
    """A key from the environment variable, or from the file `<name>_FILE` names. Raises ValueError."""
    text = environ.get(name, "").strip()
    file = environ.get(f"{name}_FILE", "").strip()
    if not text and file:
        try:
            text = Path(file).read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            raise ValueError(f"the file that {name}_FILE names cannot be read") from None
    if not text:
        raise ValueError(f"neither {name} nor {name}_FILE is set")
    return text


def private_key(text: str) -> rsa.RSAPrivateKey:
    """From PEM, or from base64 without its frame as the platforms' tools write it; PKCS#1 or 8. Raises ValueError."""
    try:
        if "-----BEGIN" in text:
            key = serialization.load_pem_private_key(text.encode(), password=None)
        else:
            key = serialization.load_der_private_key(base64.b64decode(text, validate=True), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("not an RSA private key in PEM or base64, without password") from None
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < _LEAST_BITS:
        raise ValueError(f"not an RSA key of at least {_LEAST_BITS} bits")
    return key


def public_key(text: str) -> rsa.RSAPublicKey:
    """Raises ValueError."""
    try:
        if "-----BEGIN" in text:
            key = serialization.load_pem_public_key(text.encode())
        else:
            key = serialization.load_der_public_key(base64.b64decode(text, validate=True))
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("not an RSA public key in PEM or base64") from None
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < _LEAST_BITS:
        raise ValueError(f"not an RSA key of at least {_LEAST_BITS} bits")
    return key


def sorted_pairs(fields: Mapping[str, str]) -> str:
    """`k=v` by name, joined by `&`, nothing escaped: what both Alipay and UnionPay sign."""
    return "&".join(f"{name}={fields[name]}" for name in sorted(fields))


def sign(key: rsa.RSAPrivateKey, text: bytes) -> str:
    return base64.b64encode(key.sign(text, padding.PKCS1v15(), hashes.SHA256())).decode()


def verifies(key: rsa.RSAPublicKey, text: bytes, signature: str) -> bool:
    """Whether the base64 signature is the key's over exactly these bytes."""
    try:
        key.verify(base64.b64decode(signature, validate=True), text, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True
