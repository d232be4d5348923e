"""Figures that the gate holds back: 核查中 in the place of each, and which of them stand on what."""

from __future__ import annotations

from briefing.paper import Cell
from domain.sanity import Kept
from domain.terms import CHECKING, UNKNOWN

CLAIMED = (Kept.CLAIMED,)
NET = (Kept.REDEEMED, Kept.REFUNDED)
SPENT = (Kept.SPEND, *NET)


def kept_cell(cell: Cell, held: frozenset[Kept], *needs: Kept) -> Cell:
    """The figure, or 核查中 where what it stands on is held back."""
    return CHECKING if held & set(needs) else cell


def kept_words(figure: str, unit: str, held: frozenset[Kept], *needs: Kept) -> str:
    if held & set(needs):
        return f"（{CHECKING}）"
    return UNKNOWN if figure == UNKNOWN else f"{figure}{unit}"
