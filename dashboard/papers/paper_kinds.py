"""Who reads which kind of paper: beside whose it is, every kind has its own readers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dashboard.entry.identity import Visitor
from dashboard.permissions import May, is_business_of
from domain.papers import PaperKind

READERS: Final[Mapping[PaperKind, May]] = {
    PaperKind.DAILY: May.READ,
    PaperKind.OPINION: May.OPINION,
    PaperKind.EVENT: May.DESK,  # whoever works on alerts
    PaperKind.WEEKLY: May.READ,
    PaperKind.FINAL: May.READ,
}


def may_read(visitor: Visitor, kind: PaperKind, scope: str) -> bool:
    """Whether papers of this kind are the visitor's business, and this division's."""
    return visitor.may_see(scope) and is_business_of(visitor, READERS[kind])


def kinds_for(visitor: Visitor) -> tuple[PaperKind, ...]:
    return tuple(kind for kind, may in READERS.items() if is_business_of(visitor, may))
