"""What every channel is: its settings, whom it tells of what and when, and how it sends."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, field_validator

from alerts.message import Told
from domain.clocks import URGENT
from domain.papers import PaperKind
from domain.readings import Level
from domain.terms import local
from domain.topics import Topic, topics_of

Post = Callable[[str, str, bytes, Mapping[str, str]], bytes]
"""(channel, address, body, headers) -> the answer's body. Raises FetchError. The guarded client is handed in."""

Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=40)]
ClockTime = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
_ORDER = list(Level)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """How a channel reaches the world. `now` is the real time: signatures carry it."""

    post: Post
    now: Callable[[], datetime]


class Channel(BaseModel, ABC):
    """One `[[channel]]` of `alerts.toml`. Secrets stand there by the name of an environment variable only."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    limit_bytes: ClassVar[int]  # of the text
    per_minute: ClassVar[int] = 18  # the bots allow 20

    id: Id
    kind: str
    name: Name  # Chinese, as the desk shows it
    level: Level = Level.YELLOW  # and above
    rules: tuple[str, ...] = ()  # none, and no topics: all of them
    topics: tuple[Topic, ...] = ()  # the rules of these, as an office's `alerts` in the campaign file
    papers: tuple[
        Annotated[str, Field(pattern=r"^\d{6}$")], ...
    ] = ()  # whose briefings it gets, by division code
    paper_kinds: tuple[PaperKind, ...] = (PaperKind.DAILY,)  # and which of them
    quiet: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$")] | None = None
    digest: tuple[
        ClockTime, ...
    ] = ()  # times of the day at which blue and yellow go out together; none: at once

    @abstractmethod
    def send(self, message: Told, wire: Wire) -> None:
        """Returns when the channel has taken it. Raises FetchError."""

    @abstractmethod
    def secrets(self) -> tuple[str, ...]:
        """What must stand in no log and no table."""

    def recipients(self) -> tuple[str, ...]:
        """Who is reached, for receipts."""
        return (self.name,)

    def wants(self, rule: str, level: Level) -> bool:
        return _ORDER.index(level) >= _ORDER.index(self.level) and self._is_meant(rule)

    def _is_meant(self, rule: str) -> bool:
        if not self.rules and not self.topics:
            return True
        return rule in self.rules or not set(self.topics).isdisjoint(topics_of(rule))

    def held_until(self, level: Level, now: datetime) -> datetime | None:
        """The next digest, in Asia/Shanghai, for what is not urgent; None: it goes out at once."""
        if not self.digest or level in URGENT:
            return None
        today = local(now)
        at = [datetime.combine(today.date(), time.fromisoformat(t), today.tzinfo) for t in self.digest]
        day = timedelta(days=1)
        return min(moment for moment in (*at, *(a + day for a in at)) if moment > now)

    def is_quiet(self, now: datetime) -> bool:
        """Between its two times in Asia/Shanghai, over midnight too."""
        if self.quiet is None:
            return False
        begin, end = (time.fromisoformat(t) for t in self.quiet.split("-"))
        at = local(now).time()
        return begin <= at < end if begin <= end else at >= begin or at < end


class Addressed(Channel, ABC):
    """A channel that is posted to."""

    url: SecretStr  # the token of a bot is part of it

    @field_validator("url")
    @classmethod
    def _is_address(cls, url: SecretStr) -> SecretStr:
        if not url.get_secret_value().startswith(("https://", "http://")):
            raise ValueError("not an http(s) address")
        return url

    def secrets(self) -> tuple[str, ...]:
        _, _, place = self.url.get_secret_value().partition("://")
        parts = place.replace("?", "/").replace("=", "/").replace("&", "/").split("/")[1:]
        return tuple(part for part in parts if len(part) >= _SECRET_LENGTH)


_SECRET_LENGTH = 8
