"""Opening what most commands need, and the one way they print."""

from __future__ import annotations

import getpass
import json
import os
import socket
import sys
from collections.abc import Iterable
from dataclasses import asdict, is_dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine

from alerts.configured import load_channels, load_parameters
from dashboard.anchors import anchors_file
from dashboard.build import build_id
from dashboard.clock import real_now
from dashboard.settings import Settings
from dashboard.worker import Bench
from domain.audit import Doer
from domain.campaign import Campaign, load_campaign
from domain.errors import ConfigError
from domain.terms import SHANGHAI, local
from ingest.configured import load_sources
from ingest.http import Http
from sentiment.score_child import ScoreChild
from sentiment.versions import model_in_use
from store.engine import open_store
from store.migrations import migrate

CONSOLE = "console"
"""The role of who types commands at the machine itself."""


def open_house(settings: Settings) -> tuple[Engine, Campaign]:
    """The migrated store and the checked campaign."""
    campaign = load_campaign(settings.campaign)
    engine = open_store(settings.database_url)
    migrate(engine)
    return engine, campaign


def open_bench(settings: Settings) -> Bench:
    """Everything the worker works with. Loads the language model: a second or two."""
    engine, campaign = open_house(settings)
    return Bench(
        engine=engine,
        campaign=campaign,
        sources=load_sources(settings.sources, settings.environ, clock=settings.clock.now),
        clock=settings.clock,
        http=Http(allow_private=settings.allow_private),
        scorer=ScoreChild(campaign, model_dir=model_in_use(settings.data_dir / "models")),
        author_key=settings.author_key,
        build=build_id(),
        channels=load_channels(settings.alerts, settings.environ),
        parameters=load_parameters(settings.alerts),
        fonts=settings.fonts,
        desk=settings.desk,
        base_url=settings.base_url,
        anchors=anchors_file(settings.data_dir),
        backups=settings.backups,
    )


def console() -> Doer:
    """Whoever sits at this machine, as it knows them: nobody has signed in here."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container's user need not have a name
        name = f"uid {os.getuid()}"
    return Doer(name=name, role=CONSOLE, address=socket.gethostname(), at=real_now())


def moment(text: str, *, option: str) -> datetime:
    """A time as people type it, +08:00 unless they say otherwise. Raises ConfigError naming the option."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"{option}: {text!r} is no time such as 2022-10-28T18:00") from error
    return at if at.tzinfo else at.replace(tzinfo=SHANGHAI)


def print_json(document: Any) -> None:
    sys.stdout.write(as_json(document))


def as_json(document: Any) -> str:
    """As every `--json` prints it; times in Asia/Shanghai."""
    return json.dumps(document, ensure_ascii=False, indent=1, default=_plain) + "\n"


def print_lines(documents: Iterable[Any]) -> None:
    """JSON lines."""
    for document in documents:
        sys.stdout.write(json.dumps(document, ensure_ascii=False, default=_plain) + "\n")


def say(text: str) -> None:
    """One line for the person at the terminal, apart from the JSON on stdout."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return local(value).isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(f"not printable: {type(value).__name__}")
