"""What every platform of the rehearsal is to the stage."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from rehearsal.ledger import Happening


class Server(Protocol):
    """A platform as the stage drives it. `take` and `advance` come from one thread."""

    platform: str

    @property
    def published(self) -> list[Happening]:
        """Let out one by one, each once: what the ledger must hold as events."""

    @property
    def counted(self) -> list[Happening]:
        """Told by nothing but a counter so far."""

    @property
    def withheld(self) -> list[Happening]:
        """Happened, and told by nothing yet."""

    def take(self, happenings: Iterable[Happening]) -> None:
        """Schedule what will happen."""

    def advance(self, now: datetime) -> None:
        """Let out what is due."""
