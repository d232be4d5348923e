"""The ledger's figures, summed along any of the dimensions; the one reading that wall, API, CLI and briefing share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection

from domain.campaign import Campaign
from domain.measures import Figures, expired
from domain.records import Grade
from store.buckets import DAY_US, bucket_start
from store.queries.counted import Lot, counted_claims, counted_claims_by_day
from store.queries.feeds import data_time_of, feeds_as_of, feeds_of
from store.queries.grades import DayGrades, weakest
from store.queries.ledger_cells import Cell, Part, ledger_cells

DIMENSIONS = ("programme", "tranche", "county", "sector", "template", "round", "day")


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalsRow:
    """One group's figures. `key` follows the `by` asked for."""

    key: tuple[Any, ...]
    figures: Figures
    grade: Grade | None  # the weakest of its days; None: no feed has reported
    data_time: datetime | None  # how far all its feeds are complete


def totals(
    conn: Connection,
    campaign: Campaign,
    *,
    by: Sequence[str],
    now: datetime,
    known_by: datetime | None = None,
    until: datetime | None = None,
    cells: Sequence[Cell] | None = None,
    tranche: str | None = None,
    counted: Mapping[Lot, int] | None = None,
) -> list[TotalsRow]:
    """Figures grouped along `by` (names of DIMENSIONS), sorted by key; groups with nothing at all are left out.

    `known_by`: as the ledger knew them at that moment, worked out from the events; with `until`, of that earlier
    moment with what was learnt of it since. Issued, outstanding and expired
    follow from the calendar at that moment and stand at the programme's own division; redemptions and spending
    stand where the voucher was used. Claims that a platform counts and no event has told yet stand at the
    programme's own division too: they give way to the events as these come. By day there is no outstanding or
    expired: they are stocks, not flows. `cells`: of `ledger_cells` at the same moment, by day where days are asked
    for, to share them; `counted`: likewise of `counted_claims`, where they are not.
    """
    moment, with_day = until or known_by or now, "day" in by
    if counted is None:
        told = list(_counted(conn, with_day=with_day, known_by=known_by, until=until))
    else:
        told = [(lot, None, n) for lot, n in counted.items()]
    if cells is None:
        part = None if tranche is None else Part(tranche, frozenset(lot.programme for lot, *_ in told))
        cells = ledger_cells(conn, with_day=with_day, known_by=known_by, until=until, part=part)
    cells = [cell if with_day or cell.day is None else replace(cell, day=None) for cell in cells]
    cells += _counted_cells(campaign, cells, told)
    cells += _calendar_cells(campaign, cells, moment, with_day=with_day)
    groups: dict[tuple[Any, ...], list[Cell]] = defaultdict(list)
    for cell in cells:
        if tranche is None or cell.tranche == tranche:
            groups[tuple(_dimension(cell, name) for name in by)].append(cell)
    feeds = feeds_of(conn) if known_by is None else feeds_as_of(conn, known_by)
    grades = DayGrades(conn, campaign, moment)
    rows = [
        TotalsRow(
            key=key,
            figures=Figures.total(c.figures for c in members),
            grade=_grade(grades, {(c.programme, c.day) for c in members if c.programme in feeds}),
            data_time=data_time_of(feeds, {c.programme for c in members}, moment),
        )
        for key, members in sorted(groups.items(), key=lambda item: tuple(str(part) for part in item[0]))
    ]
    return [row for row in rows if row.figures != Figures()]


def _dimension(cell: Cell, name: str) -> Any:
    return cell.round_no if name == "round" else getattr(cell, name)


def _counted_cells(
    campaign: Campaign, cells: Sequence[Cell], counted: Iterable[tuple[Lot, datetime | None, int]]
) -> list[Cell]:
    """What the platforms' own counts of claims are ahead of the events, by lot and, if asked for, by day.

    A lot's count is ahead of all its events by one number; it goes to the newest days first, to each no more than its
    count rose by beyond its events. Taken on its own, a day would count twice what was claimed after the last poll of
    the day before: that day's events tell it, and this day's rise holds it too.
    """
    told: dict[tuple[Lot, datetime | None], int] = defaultdict(int)
    for cell in cells:
        told[Lot(cell.programme, cell.template, cell.round_no), cell.day] += cell.figures.claimed_count
    told_in_all: dict[Lot, int] = defaultdict(int)
    for (lot, _), n in told.items():
        told_in_all[lot] += n
    rises: dict[Lot, list[tuple[datetime | None, int]]] = defaultdict(list)
    for lot, day, n in counted:
        if lot.template in campaign.templates:
            rises[lot].append((day, n))
    found = []
    for lot, days in rises.items():
        left = sum(n for _, n in days) - told_in_all[lot]
        for day, n in sorted(days, reverse=True):
            ahead = min(left, n - told[lot, day])
            if ahead > 0:
                found.append(_counted_cell(campaign, lot, day, ahead))
                left -= ahead
    return found


def _counted(
    conn: Connection, *, with_day: bool, known_by: datetime | None, until: datetime | None
) -> Iterator[tuple[Lot, datetime | None, int]]:
    if with_day:
        yield from ((*at, n) for at, n in counted_claims_by_day(conn, known_by=known_by, until=until).items())
    else:
        yield from ((lot, None, n) for lot, n in counted_claims(conn, known_by=known_by, until=until).items())


def _counted_cell(campaign: Campaign, lot: Lot, day: datetime | None, ahead: int) -> Cell:
    programme, template = campaign.programmes[lot.programme], campaign.templates[lot.template]
    return Cell(
        programme=programme.id,
        tranche=programme.tranche,
        county=programme.division,
        sector=template.sector,
        template=template.id,
        round_no=lot.round_no,
        day=day,
        figures=Figures(claimed_count=ahead, claimed_fen=ahead * template.face_fen),
    )


def _calendar_cells(
    campaign: Campaign, cells: Sequence[Cell], moment: datetime, *, with_day: bool
) -> list[Cell]:
    """Issued by the rounds opened so far; outstanding and expired by what is claimed and not used of each."""
    held: dict[tuple[str, str, str, int], list[_Held]] = defaultdict(list)
    for cell in cells:
        held[cell.tranche, cell.programme, cell.template, cell.round_no].append(_HELD(cell.figures))
    found = []
    for programme in campaign.programme:
        for round_, line in campaign.issued(programme.id, moment):
            template = campaign.templates[line.template]
            lot = held[programme.tranche, programme.id, template.id, round_.no]
            stocks = {} if with_day else _stocks(lot, round_.use_until, moment)
            found.append(
                Cell(
                    programme=programme.id,
                    tranche=programme.tranche,
                    county=programme.division,
                    sector=template.sector,
                    template=template.id,
                    round_no=round_.no,
                    day=bucket_start(round_.opens_at, DAY_US) if with_day else None,
                    figures=Figures(issued_count=line.qty, issued_fen=line.qty * template.face_fen, **stocks),
                )
            )
    return found


_Held = tuple[int, int, int, int]
_HELD = attrgetter("claimed_count", "claimed_fen", "redeemed_gross_count", "redeemed_gross_fen")


def _stocks(lot: Sequence[_Held], use_until: datetime, moment: datetime) -> dict[str, int]:
    """Of one template of one round, by name of `Figures`."""
    claimed_count, claimed_fen, gross_count, gross_fen = map(sum, zip(*lot, strict=True)) if lot else (0,) * 4
    until = {"use_until": use_until, "as_of": moment}
    gone_count = expired(claimed=claimed_count, redeemed_gross=gross_count, **until)
    gone_fen = expired(claimed=claimed_fen, redeemed_gross=gross_fen, **until)
    return {
        "expired_count": gone_count,
        "expired_fen": gone_fen,
        "outstanding_count": claimed_count - gross_count - gone_count,
        "outstanding_fen": claimed_fen - gross_fen - gone_fen,
    }


def _grade(grades: DayGrades, parts: Iterable[tuple[str, datetime | None]]) -> Grade | None:
    """The weakest of its programmes' days, of those that any feed has reported on."""
    found = [grades.of(programme, day) for programme, day in parts]
    return weakest(found) if found else None


def total_of(rows: Sequence[TotalsRow]) -> Figures:
    """The sum of all groups: equal whatever they were grouped by."""
    return Figures.total(row.figures for row in rows)
