"""What every kind of source is: its settings, how it fetches bytes, how it parses them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, ValidationInfo

from domain.records import InboxMessage, Parsed, Payload, Pushed
from ingest.http import Http

EnvName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,63}$")]
HttpAddress = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/@?#]+(/[^\s#]*)?$", max_length=500)]
Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


class Source(BaseModel, ABC):
    """One `[[source]]` of `sources.toml`. Secrets stand there by the name of an environment variable only."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    side: ClassVar[Literal["payment", "opinion"]]
    only_pushed: ClassVar[bool] = False  # True: to be asked tells nothing, only what comes says that it lives
    tells_subsidies: ClassVar[bool] = False  # whether its form knows audited subsidies, not vouchers alone

    id: Id
    kind: str
    name: str  # Chinese, as the screens show it
    every_s: Annotated[float, Field(gt=0)]
    stale_after_s: Annotated[float, Field(gt=0)]

    @property
    def files_from(self) -> date | None:
        """The first day whose file is awaited, of a kind that tells by the day; None: no such file."""
        return None

    @abstractmethod
    def fetch(self, http: Http, cursor: str | None) -> Iterator[Payload]:
        """Payloads from `cursor` on, oldest first, each with the cursor that holds once it is saved.

        Lazy: the next one is fetched only after the last one was saved. Raises FetchError.
        Yields nothing when there is nothing new (304, no new file).
        """

    @abstractmethod
    def parse(self, payload: Payload) -> Parsed:
        """Records and rejects of one payload. Pure: no network, no clock, no disk. Raises ParseError.

        FetchError where the reading itself was cut off: the payload is then not seen yet, and fetched again.
        """


class PushedSource(Source, ABC):
    """A source that also speaks by itself: its messages come to `/hooks/<id>` and wait in the inbox."""

    @abstractmethod
    def accept(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Pushed:
        """Whether the platform vouches for a message, now; what it says is looked at later. Raises RefusedError."""

    @abstractmethod
    def payload_of(self, message: InboxMessage) -> Payload:
        """What `parse` reads, from what the inbox kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """What a source's settings refer to: given to pydantic as the validation context."""

    environ: Mapping[str, str] = field(default_factory=dict)
    folder: Path = Path()  # relative paths start here: where `sources.toml` lies
    # signed requests carry the time, and a rehearsal has its own
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)


def deployment(info: ValidationInfo) -> Deployment:
    return info.context if isinstance(info.context, Deployment) else Deployment()


def secret(name: str, environ: Mapping[str, str]) -> SecretStr:
    """The value of an environment variable, wrapped so that no repr or message shows it. Raises ValueError."""
    value = environ.get(name, "").strip()
    if not value:
        raise ValueError(f"environment variable {name} is not set")
    if not (value.isascii() and value.isprintable()):
        raise ValueError(f"environment variable {name} holds characters that no header can carry")
    return SecretStr(value)
