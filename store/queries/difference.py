"""One thing `verify` finds that does not hold."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Where, what is stored, what it should be."""

    check: str
    where: str
    stored: int | str | None
    expected: int | str | None

    def __str__(self) -> str:
        return f"{self.check} at {self.where}: stored {self.stored}, expected {self.expected}"
