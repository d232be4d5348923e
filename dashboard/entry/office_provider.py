"""Which sign-in service of an office is believed."""

from __future__ import annotations

from dataclasses import dataclass, field

from domain.errors import ConfigError

_HERE = ("http://127.0.0.1", "http://localhost", "http://[::1]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """`claim`: which of the service's words is our account's name; one that people cannot change themselves."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    claim: str

    def __post_init__(self) -> None:
        if not is_safe(self.issuer):
            raise ConfigError("QUANQING_OIDC_ISSUER: must be an https address")


def is_safe(address: object) -> bool:
    """https, or a service on this very machine."""
    return isinstance(address, str) and (
        address.startswith("https://")
        or any(address == here or address.startswith((f"{here}:", f"{here}/")) for here in _HERE)
    )
