"""Where a rehearsal may be played: its made-up figures never stand beside others, nor in their place."""

from __future__ import annotations

import shutil
from pathlib import Path

from dashboard.anchors import FOLDER as ANCHORS
from dashboard.settings import OWN_SETTINGS, STORE, Settings
from domain.errors import ConfigError
from store.engine import open_store
from store.migrations import current


def refuse_deployment(settings: Settings) -> None:
    """Where settings name a database, the data folder is its: a rehearsal's settings there would turn it away."""
    folder = settings.data_dir
    named = settings.database_url != f"sqlite:///{folder / STORE}"
    if named and not (folder / OWN_SETTINGS).exists():
        raise ConfigError(f"--data: {folder} goes with the database that is set; name another folder")


def clear(folder: Path) -> None:
    """Make room for a new rehearsal; a folder that holds anything else is left alone."""
    own = folder / OWN_SETTINGS
    if not own.exists() and any((folder / kept).exists() for kept in (STORE, ANCHORS)):
        raise ConfigError(f"--data: {folder} holds a store that no rehearsal made; name another folder")
    for path in (*folder.glob(f"{STORE}*"), own, folder / "truth.json", folder / "sources.toml"):
        path.unlink(missing_ok=True)
    for name in ("stage", ANCHORS):  # the anchors of a log that is gone would contradict the new one
        shutil.rmtree(folder / name, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)


def refuse_taken(database: str) -> None:
    """A rehearsal's figures never stand beside others."""
    engine = open_store(database)
    taken = current(engine) is not None
    engine.dispose()
    if taken:
        raise ConfigError("--database: it holds a store already; name an empty one")
