"""What sources send that we have no place for: kept with the raw bytes, and said in the log once (promises L6)."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from pydantic import AliasChoices, BaseModel

from domain.personal import mask_personal
from domain.text import clean_text, excerpt

log = logging.getLogger(__name__)

MOST_NAMES = 100
"""Of one source: who makes names up, such as one for each person, fills neither the log nor the memory."""
_NAME_LENGTH = 64

_told: dict[str, set[str]] = {}  # source -> names; of this process


def unread(kind: type[BaseModel], *objects: Any) -> tuple[str, ...]:
    """The names in JSON objects that `kind` has no field for, sorted. What is no object has none."""
    names = {name for told in objects if isinstance(told, dict) for name in told}
    return tuple(sorted(names - _known(kind))) if names else ()


def _known(kind: type[BaseModel]) -> set[str]:
    aliases = [field.validation_alias for field in kind.model_fields.values()]
    chosen = {str(name) for alias in aliases if isinstance(alias, AliasChoices) for name in alias.choices}
    return chosen | kind.model_fields.keys()


def tell_unread(source: str, names: Iterable[str]) -> None:
    """One warning for each name a source has not sent before, without any value."""
    told = _told.setdefault(source, set())
    for name in names:
        shown = excerpt(mask_personal(clean_text(name)), _NAME_LENGTH)  # a name is whatever they wrote there
        if shown not in told and len(told) < MOST_NAMES:
            told.add(shown)
            log.warning("source %s: field %r is read nowhere: only the raw bytes keep it", source, shown)
