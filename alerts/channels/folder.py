"""A folder the office's own system collects papers from. Alerts do not go there."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from alerts.channel import Channel, Wire
from alerts.message import Told
from alerts.whole import write_whole
from domain.errors import FetchError
from domain.readings import Level
from domain.text import excerpt


class Folder(Channel):
    limit_bytes: ClassVar[int] = 50_000

    kind: Literal["folder"]
    path: Path

    def secrets(self) -> tuple[str, ...]:
        return ()

    def wants(self, rule: str, level: Level) -> bool:
        return False

    def send(self, message: Told, wire: Wire) -> None:
        """Every file whole; sent again, the same bytes take the place of the same bytes."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            for attached in message.attachments:
                write_whole(self.path / attached.name, attached.body)
        except OSError as error:
            raise FetchError(self.id, excerpt(f"{type(error).__name__}: {error.strerror}")) from None


CHANNEL = Folder
