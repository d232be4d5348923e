"""The second factor: a secret in the person's phone (TOTP, RFC 6238), and codes on paper for when the phone is lost.

The secret is stored sealed with AES-256-GCM under a key derived from the secret key: the database alone, or a backup of
it, signs nobody in.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime

import pyotp
import segno
from pyotp.exceptions import OTPVerificationError

from dashboard.entry.sealing import Seal, derived_key

ISSUER = "券情"
STEPS_EITHER_WAY = 1  # phones' clocks run a little ahead or behind
RECOVERY_CODES = 10
_RECOVERY_CHARS, _RECOVERY_GROUP = 16, 4  # 80 bits in base32
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


class SecondFactors:
    """What the deployment's secret key makes possible."""

    def __init__(self, secret_key: str) -> None:
        self._seal = Seal(secret_key, b"quanqing second factor")
        self._codes = derived_key(secret_key, b"quanqing recovery codes")

    def sealed(self, secret: str, *, user_name: str) -> str:
        """For this person alone: moved to another's row it does not open."""
        return self._seal.closed(secret, of=user_name)

    def opened(self, sealed: str, *, user_name: str) -> str | None:
        """The secret; None if it was not sealed here for this person."""
        return self._seal.opened(sealed, of=user_name)

    def code_hash(self, code: str) -> str:
        """Keyed: codes cannot be tried out on a copy of the database."""
        return hmac.new(self._codes, plain_code(code).encode(), hashlib.sha256).hexdigest()


def new_secret() -> str:
    """160 bits in base32."""
    return pyotp.random_base32()


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The half minute the code is of, if it is of one about now."""
    try:
        return pyotp.TOTP(secret).verify_and_get_timecode(code, for_time=now, valid_window=STEPS_EITHER_WAY)
    except OTPVerificationError:
        return None


def qr_address(secret: str, user_name: str) -> str:
    """The code a phone scans, as the address of an image: an SVG that is only an image can run nothing."""
    told = pyotp.TOTP(secret).provisioning_uri(name=user_name, issuer_name=ISSUER)
    return segno.make(told, error="m").svg_data_uri(scale=5, border=3, dark="#04121f", light="#ffffff")


def in_groups(text: str, size: int = _RECOVERY_GROUP) -> str:
    return " ".join(text[at : at + size] for at in range(0, len(text), size))


def new_recovery_codes() -> tuple[str, ...]:
    return tuple(
        "".join(secrets.choice(_ALPHABET) for _ in range(_RECOVERY_CHARS)) for _ in range(RECOVERY_CODES)
    )


def plain_code(typed: str) -> str:
    """As people type codes: spaces, hyphens and small letters do not matter."""
    return "".join(typed.split()).replace("-", "").upper()


def is_recovery_code(typed: str) -> bool:
    return len(plain_code(typed)) == _RECOVERY_CHARS
