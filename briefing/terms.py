"""A figure taken apart: what stands above the line, and below it."""

from __future__ import annotations

from dataclasses import dataclass

from briefing.paper import Cell, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    name: str
    kind: Kind
    cell: Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """`below` None: it is a sum or a count, of nothing."""

    words: str  # how it is worked out
    above: Term
    below: Term | None = None
