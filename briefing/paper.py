"""A briefing as values: sections of sentences and tables. Formats only lay it out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from domain.measures import Figures
from domain.papers import PaperKind
from domain.readings import Scope
from domain.records import Grade
from domain.terms import UNKNOWN, count, percent, times, wan


class Kind(StrEnum):
    """What a column holds, and by it how a cell is written."""

    TEXT = "text"
    COUNT = "count"
    WAN = "wan"  # cells are whole fen, written in 万元
    RATE = "rate"  # 0 to 1
    TIMES = "times"


Cell = str | int | float | None
Cited = tuple[str, str]
"""The words of a figure, and its key or the reference of its evidence."""


class Told(str):
    """A sentence that knows where its figures stand; a plain string to whoever only reads it."""

    pieces: tuple[str | Cited, ...]

    def __new__(cls, pieces: tuple[str | Cited, ...]) -> Told:
        told = super().__new__(cls, "".join(p if isinstance(p, str) else p[0] for p in pieces))
        told.pieces = pieces
        return told


def tell(words: str, *figures: str | Cited) -> Told:
    """`words` with a {} in the place of each figure."""
    between = words.split("{}")
    pairs = zip(between, [*figures, ""], strict=True)
    return Told(tuple(piece for pair in pairs for piece in pair if piece))


def joined(*parts: str, between: str = "") -> Told:
    """Sentences, or pieces of one, as one; every figure keeps its place."""
    pieces: list[str | Cited] = []
    for n, part in enumerate(parts):
        pieces += [between] if n and between else []
        pieces += part.pieces if isinstance(part, Told) else [part]
    return Told(tuple(pieces))


def cited(sentence: str) -> Iterator[tuple[str, str | None]]:
    """Its pieces, the figures among them with their references."""
    if not isinstance(sentence, Told):
        yield sentence, None
        return
    for piece in sentence.pieces:
        yield (piece, None) if isinstance(piece, str) else piece


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table. Every row has a cell for every column; None is unknown."""

    id: str
    title: str
    columns: tuple[tuple[str, Kind], ...]
    rows: tuple[tuple[Cell, ...], ...]
    bars: int | None = None  # the column drawn as bars beside the table
    names: int = 1  # the columns that name a row, from the left
    curves: bool = False  # every row is drawn along its columns
    most: int | None = field(
        default=None, repr=False
    )  # as many rows stand on a page; workbook and JSON have all
    posts: tuple[int, ...] = field(default=(), repr=False)  # by row: the post it quotes
    refs: tuple[tuple[str | None, ...], ...] = field(
        default=(), repr=False
    )  # by cell: what opens its evidence

    @property
    def on_page(self) -> Table:
        """With as many rows as a page shows."""
        return self if self.most is None else replace(self, rows=self.rows[: self.most])

    def ref(self, row: int, column: int) -> str | None:
        return self.refs[row][column] if self.refs else None

    @property
    def has_bars(self) -> bool:
        """Whether there is anything to draw: bars of nothing are a blank picture."""
        if self.bars is None:
            return False
        return any(map(_is_drawn, (row[self.bars] for row in self.rows)))

    @property
    def has_curves(self) -> bool:
        return self.curves and any(map(_is_drawn, (cell for row in self.rows for cell in row)))


def _is_drawn(cell: Cell) -> bool:
    return isinstance(cell, int | float) and cell > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure that stands in a sentence."""

    name: str
    kind: Kind
    cell: Cell
    ref: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    heading: str
    sentences: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()  # of the sentences, where no table has them
    tables: tuple[Table, ...] = ()
    annex: str = ""  # the title of the annex it stands in; empty: in the body


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One programme's figures as the ledger knew them: what the sentences and tables stand on."""

    programme: str
    name: str
    figures: Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Briefing:
    """A paper for one scope. The same ledger and moment give the same value."""

    title: str
    scope: Scope
    as_of: datetime
    known_by: datetime  # later than `as_of` only in a 更正
    corrects: int  # the number of the 更正 it is; 0 where it is none
    tranche: str
    grade: Grade
    data_time: datetime | None
    banner: str | None  # stands on every page while the figures are illustrative
    freeze_id: str  # of everything below: two papers with one id hold the same
    sections: tuple[Section, ...]
    facts: tuple[Fact, ...] = field(default=())
    kind: PaperKind = PaperKind.DAILY
    alert_id: int = 0  # of an event's paper
    number: str = ""  # 第1期, of kinds that are numbered


def written(kind: Kind, cell: Cell) -> str:
    """The cell as people read it; the one place that decides."""
    if cell is None:
        return UNKNOWN
    if isinstance(cell, str):
        return cell
    if kind is Kind.RATE:
        return percent(float(cell))
    if kind is Kind.TIMES:
        return times(float(cell))
    return wan(int(cell)) if kind is Kind.WAN else count(int(cell))
