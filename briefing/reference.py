"""What a figure or a quote is known by, and the address that opens its evidence on the desk.

A reference says all that is needed to work the figure out again: what it is, of which scope and tranche, as of which
moment, as known until when, and the paper it stands in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import quote

from briefing.paper import Briefing, Cell, Figure, Kind, Section, Table, Told
from domain.papers import PaperKind
from domain.terms import local

PATH = "/evidence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Whose figures, of which moment, as known until when."""

    scope: str
    tranche: str | None  # its name; None: where it is not said
    as_of: datetime
    known_by: datetime
    kind: PaperKind = PaperKind.DAILY
    alert_id: int = 0  # of an event's paper


def address(
    at: Moment, *, version: str | None = None, figure: str | None = None, post: int | None = None
) -> str:
    """Relative to the site. Of neither figure nor post: of all that stands in the paper."""
    told = {
        "kind": None if at.kind is PaperKind.DAILY else at.kind.value,
        "alert": str(at.alert_id) if at.alert_id else None,
        "as_of": _words(at.as_of),
        "known_by": None if at.known_by == at.as_of else _words(at.known_by),
        "tranche": at.tranche,
        "version": version,
        "figure": figure,
        "post": None if post is None else str(post),
    }
    asked = "&".join(f"{name}={quote(value, safe='/:')}" for name, value in told.items() if value is not None)
    return f"{PATH}/{at.scope}?{asked}"


def opens(base: str | None, ref: str | None) -> str | None:
    """The reference as a link to our own site; None where it would lead nowhere, or elsewhere."""
    is_ours = ref is not None and ref.startswith(f"{PATH}/")
    return f"{base}{ref}" if base and is_ours and base.startswith(("http://", "https://")) else None


def _words(moment: datetime) -> str:
    """Shanghai's time, to the minute where it is one."""
    here = local(moment).replace(tzinfo=None)
    return here.isoformat(timespec="auto" if here.second or here.microsecond else "minutes")


def key(*parts: str) -> str:
    return "/".join(part.replace("/", "／") for part in parts)


_POST = "post"


def post_key(post_id: int) -> str:
    """Of a quote in a sentence, as `key` is of a figure."""
    return key(_POST, str(post_id))


def cell_key(table: Table, row: tuple[Cell, ...], column: int) -> str | None:
    """None: words, which are no figure."""
    name, kind = table.columns[column]
    return None if kind is Kind.TEXT else key(table.id, row_name(table, row), name)


def row_name(table: Table, row: tuple[Cell, ...]) -> str:
    return "".join(str(cell) for cell in row[: table.names])


def figures_in(section: Section) -> Iterator[tuple[str, Figure]]:
    """By key: those of its sentences, then those of its tables."""
    for figure in section.figures:
        yield key(section.heading, figure.name), figure
    for table in section.tables:
        for row in table.rows:
            for i, (name, kind) in enumerate(table.columns):
                found = cell_key(table, row, i)
                if found is not None:
                    label = f"{table.title.partition('（')[0]}·{row_name(table, row)}·{name}"
                    yield found, Figure(name=label, kind=kind, cell=row[i])


def moment_of(briefing: Briefing) -> Moment:
    b = briefing
    return Moment(
        scope=b.scope.code,
        tranche=b.tranche,
        as_of=b.as_of,
        known_by=b.known_by,
        kind=b.kind,
        alert_id=b.alert_id,
    )


def short_address(briefing: Briefing) -> str:
    """Of the whole paper, as it can be typed."""
    return address(replace(moment_of(briefing), tranche=None))


def with_references(briefing: Briefing) -> Briefing:
    """The frozen paper, each of its figures and quotes with the reference of its evidence."""
    referring = _Referring(moment_of(briefing), briefing.freeze_id)
    return replace(briefing, sections=tuple(map(referring.section, briefing.sections)))


class _Referring:
    def __init__(self, at: Moment, version: str) -> None:
        self._at, self._version = at, version

    def _to(self, figure: str | None) -> str:
        head, _, post_id = (figure or "").partition("/")
        if head == _POST:
            return address(self._at, version=self._version, post=int(post_id))
        return address(self._at, version=self._version, figure=figure or None)

    def section(self, section: Section) -> Section:
        return replace(
            section,
            sentences=tuple(map(self._sentence, section.sentences)),
            figures=tuple(replace(f, ref=self._to(key(section.heading, f.name))) for f in section.figures),
            tables=tuple(map(self._table, section.tables)),
        )

    def _sentence(self, sentence: str) -> str:
        if not isinstance(sentence, Told):
            return sentence
        return Told(tuple(p if isinstance(p, str) else (p[0], self._to(p[1])) for p in sentence.pieces))

    def _table(self, table: Table) -> Table:
        """One that has references of its own keeps them."""
        return table if table.refs else replace(table, refs=tuple(self._rows(table)))

    def _rows(self, table: Table) -> Iterator[tuple[str | None, ...]]:
        for n, row in enumerate(table.rows):
            keys = [cell_key(table, row, i) for i in range(len(row))]
            refs = [None if k is None else self._to(k) for k in keys]
            if table.posts:  # the last column is the quote
                refs[-1] = address(self._at, version=self._version, post=table.posts[n])
            yield tuple(refs)
