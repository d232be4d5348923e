"""Models a deployment trained itself: one folder each, one of them in use; the shipped model is always there.

`<folder>/<version>/` holds weights, pin and card; `<folder>/in-use` names version and sha256 of the one in use. Going
back is naming an older one.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain.errors import ConfigError
from sentiment.weights import MODEL, PIN, load_weights

SHIPPED = "shipped"
ISSUES_RIGHT = "issues_right"
"""Share of posts whose first issue is right, among the figures of a set that names issues."""
_IN_USE = "in-use"


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    name: str  # `shipped`, or the weights' version
    directory: Path
    in_use: bool


def versions(folder: Path) -> tuple[Version, ...]:
    """The shipped model, then the trained ones by age."""
    chosen = _chosen(folder)
    trained = [p for p in folder.iterdir() if (p / PIN).is_file()] if folder.is_dir() else []
    trained.sort(key=lambda p: ((p / PIN).stat().st_mtime, p.name))
    return (
        Version(name=SHIPPED, directory=MODEL, in_use=chosen is None),
        *(
            Version(name=p.name, directory=p, in_use=chosen is not None and p.name == chosen[0])
            for p in trained
        ),
    )


def model_in_use(folder: Path) -> Path:
    """Where the weights in use lie. Raises ConfigError where they are not the ones that were chosen."""
    chosen = _chosen(folder)
    if chosen is None:
        return MODEL
    name, pinned = chosen
    directory = folder / name
    if _pin(directory) != pinned:
        raise ConfigError(
            f"model {name}: not the weights that were chosen; choose again with `quanqing model use`"
        )
    return directory


def use(folder: Path, name: str) -> None:
    """From the worker's next start, score with this model. Raises ConfigError for one that cannot be loaded."""
    if name == SHIPPED:
        load_weights(MODEL)
        (folder / _IN_USE).unlink(missing_ok=True)
        return
    if name not in {version.name for version in versions(folder)}:
        raise ConfigError(f"model {name}: there is none; see `quanqing model list`")
    load_weights(folder / name)
    new = folder / (_IN_USE + ".new")
    new.write_text(f"{name} {_pin(folder / name)}\n", encoding="ascii")
    os.replace(new, folder / _IN_USE)


def no_worse(old: Mapping[str, Mapping[str, Any]], new: Mapping[str, Mapping[str, Any]]) -> bool:
    """On the same frozen sets: the mean macro-F1 is no lower, and no set loses more than 0.02 of it, or of the share of
    right issues where it names them.

    Raises ConfigError without a set in common: then nothing speaks for the new one.
    """
    common = old.keys() & new.keys()
    if not common:
        raise ConfigError("no frozen set (named *_eval* or *_dev*, three classes) to compare the models on")
    gains = [new[name]["macro_f1"] - old[name]["macro_f1"] for name in sorted(common)]
    issues = [
        new[name][ISSUES_RIGHT] - old[name][ISSUES_RIGHT]
        for name in sorted(common)
        if ISSUES_RIGHT in old[name] and ISSUES_RIGHT in new[name]
    ]
    return bool(sum(gains) >= -1e-9 and min(gains + issues) >= -0.02)


def _chosen(folder: Path) -> tuple[str, str] | None:
    try:
        text = (folder / _IN_USE).read_text(encoding="ascii")
    except FileNotFoundError:
        return None
    name, _, pinned = text.strip().partition(" ")
    return name, pinned


def _pin(directory: Path) -> str:
    try:
        return (directory / PIN).read_text(encoding="ascii").strip()
    except OSError as error:
        raise ConfigError(f"{directory.name}: cannot be read: {error}") from error
