"""The ledger's figures, summed along any of the dimensions; the one reading that wall, API, CLI and briefing share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Connection, cast, func, select

from domain.campaign import Campaign
from domain.measures import Figures, expired
from domain.records import Grade
from store import schema
from store.buckets import DAY_US, bucket_start
from store.queries.counted import Lot, counted_claims, counted_claims_by_day
from store.queries.grades import DayGrades, weakest
from store.queries.recompute import recomputed_cells
from store.schema import MEASURES

DIMENSIONS = ("programme", "tranche", "county", "sector", "template", "round", "day")


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalsRow:
    """One group's figures. `key` follows the `by` asked for."""

    key: tuple[Any, ...]
    figures: Figures
    grade: Grade | None  # the weakest of its days; None: no feed has reported
    data_time: datetime | None  # how far all its feeds are complete


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cell:
    """What lies under one combination of dimensions, before it is grouped."""

    programme: str
    tranche: str
    county: str
    sector: str
    template: str
    round_no: int
    day: datetime | None
    figures: Figures


def totals(
    conn: Connection,
    campaign: Campaign,
    *,
    by: Sequence[str],
    now: datetime,
    known_by: datetime | None = None,
    tranche: str | None = None,
) -> list[TotalsRow]:
    """Figures grouped along `by` (names of DIMENSIONS), sorted by key; groups with nothing at all are left out.

    `known_by`: as the ledger knew them at that moment, worked out from the events. Issued, outstanding and expired
    follow from the calendar at that moment and stand at the programme's own division; redemptions and spending
    stand where the voucher was used. Claims that a platform counts and no event has told yet stand at the
    programme's own division too: they give way to the events as these come. By day there is no outstanding or
    expired: they are stocks, not flows.
    """
    moment = known_by or now
    cells = [*_ledger_cells(conn, with_day="day" in by, known_by=known_by)]
    cells += _counted_cells(conn, campaign, cells, with_day="day" in by, known_by=known_by)
    cells += _calendar_cells(campaign, cells, moment, with_day="day" in by)
    groups: dict[tuple[Any, ...], list[_Cell]] = defaultdict(list)
    for cell in cells:
        if tranche is None or cell.tranche == tranche:
            groups[tuple(_dimension(cell, name) for name in by)].append(cell)
    feeds = _feeds(conn) if known_by is None else _feeds_as_of(conn, known_by)
    grades = DayGrades(conn, campaign, moment)
    rows = [
        TotalsRow(
            key=key,
            figures=sum((c.figures for c in members), Figures()),
            grade=_grade(grades, {(c.programme, c.day) for c in members if c.programme in feeds}),
            data_time=_data_time(feeds, {c.programme for c in members}, moment),
        )
        for key, members in sorted(groups.items(), key=lambda item: tuple(str(part) for part in item[0]))
    ]
    return [row for row in rows if row.figures != Figures()]


def _dimension(cell: _Cell, name: str) -> Any:
    return cell.round_no if name == "round" else getattr(cell, name)


def _ledger_cells(conn: Connection, *, with_day: bool, known_by: datetime | None) -> Iterable[_Cell]:
    table = schema.rollup_day if known_by is None else recomputed_cells(DAY_US, known_by=known_by)
    time = table.c.day if known_by is None else table.c.moment
    keys = [table.c[name] for name in ("programme", "tranche", "county", "sector", "template", "round_no")]
    # whole numbers: PostgreSQL's sums of them are decimals, and a thousand cells of those take longer than the query
    sums = [cast(func.sum(table.c[name]), BigInteger).label(name) for name in MEASURES]
    shown = [*keys, time.label("day")] if with_day else keys
    for row in conn.execute(select(*shown, *sums).group_by(*keys, *([time] if with_day else []))):
        fields = dict(row._mapping)
        amounts = {name: fields.pop(name) for name in MEASURES}
        fields.setdefault("day", None)
        yield _Cell(**fields, figures=Figures(**amounts))


def _counted_cells(
    conn: Connection,
    campaign: Campaign,
    cells: Sequence[_Cell],
    *,
    with_day: bool,
    known_by: datetime | None,
) -> list[_Cell]:
    """What the platforms' own counts of claims are ahead of the events, by lot and, if asked for, by day."""
    told: dict[tuple[Lot, datetime | None], int] = defaultdict(int)
    for cell in cells:
        told[Lot(cell.programme, cell.template, cell.round_no), cell.day] += cell.figures.claimed_count
    return [
        _counted_cell(campaign, lot, day, n - told[lot, day])
        for lot, day, n in _counted(conn, with_day=with_day, known_by=known_by)
        if n > told[lot, day] and lot.template in campaign.templates
    ]


def _counted(
    conn: Connection, *, with_day: bool, known_by: datetime | None
) -> Iterator[tuple[Lot, datetime | None, int]]:
    if with_day:
        yield from ((*at, n) for at, n in counted_claims_by_day(conn, known_by=known_by).items())
    else:
        yield from ((lot, None, n) for lot, n in counted_claims(conn, known_by=known_by).items())


def _counted_cell(campaign: Campaign, lot: Lot, day: datetime | None, ahead: int) -> _Cell:
    programme, template = campaign.programmes[lot.programme], campaign.templates[lot.template]
    return _Cell(
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
    campaign: Campaign, cells: Sequence[_Cell], moment: datetime, *, with_day: bool
) -> list[_Cell]:
    """Issued by the rounds opened so far; outstanding and expired by what is claimed and not used of each."""
    held: dict[tuple[str, str, str, int], Figures] = defaultdict(Figures)
    for cell in cells:
        held[cell.tranche, cell.programme, cell.template, cell.round_no] += cell.figures
    found = []
    for programme in campaign.programme:
        for round_, line in campaign.issued(programme.id, moment):
            template = campaign.templates[line.template]
            figures = Figures(issued_count=line.qty, issued_fen=line.qty * template.face_fen)
            if not with_day:
                figures += _stocks(
                    held[programme.tranche, programme.id, template.id, round_.no], round_.use_until, moment
                )
            found.append(
                _Cell(
                    programme=programme.id,
                    tranche=programme.tranche,
                    county=programme.division,
                    sector=template.sector,
                    template=template.id,
                    round_no=round_.no,
                    day=bucket_start(round_.opens_at, DAY_US) if with_day else None,
                    figures=figures,
                )
            )
    return found


def _stocks(held: Figures, use_until: datetime, moment: datetime) -> Figures:
    gone_count = expired(
        claimed=held.claimed_count,
        redeemed_gross=held.redeemed_gross_count,
        use_until=use_until,
        as_of=moment,
    )
    gone_fen = expired(
        claimed=held.claimed_fen, redeemed_gross=held.redeemed_gross_fen, use_until=use_until, as_of=moment
    )
    return Figures(
        expired_count=gone_count,
        expired_fen=gone_fen,
        outstanding_count=held.claimed_count - held.redeemed_gross_count - gone_count,
        outstanding_fen=held.claimed_fen - held.redeemed_gross_fen - gone_fen,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """How far one source has reported on one programme."""

    source: str
    data_time: datetime | None


def _feeds(conn: Connection) -> dict[str, list[Feed]]:
    found: dict[str, list[Feed]] = defaultdict(list)
    for row in conn.execute(select(schema.feeds)):
        found[row.programme].append(Feed(source=row.source, data_time=row.data_time))
    return found


def _feeds_as_of(conn: Connection, known_by: datetime) -> dict[str, list[Feed]]:
    """The same from what each source's payloads said by then."""
    runs = schema.source_runs
    query = (
        select(runs.c.source, runs.c.data_time)
        .where(runs.c.finished_at <= known_by, runs.c.grade.is_not(None))
        .order_by(runs.c.run_id)
    )
    told: dict[str, Feed] = {}
    for source, data_time in conn.execute(query):
        before = told[source].data_time if source in told else None
        furthest = max((at for at in (before, data_time) if at), default=None)
        told[source] = Feed(source=source, data_time=furthest)
    found: dict[str, list[Feed]] = defaultdict(list)
    for programme, source in conn.execute(select(schema.feeds.c.programme, schema.feeds.c.source)):
        if source in told:
            found[programme].append(told[source])
    return found


def _grade(grades: DayGrades, parts: Iterable[tuple[str, datetime | None]]) -> Grade | None:
    """The weakest of its programmes' days, of those that any feed has reported on."""
    found = [grades.of(programme, day) for programme, day in parts]
    return weakest(found) if found else None


def _data_time(feeds: dict[str, list[Feed]], programmes: Iterable[str], moment: datetime) -> datetime | None:
    """The newest moment reported on: feeds further behind are named as late beside the figure, not hidden in it."""
    times = [f.data_time for programme in programmes for f in feeds.get(programme, ()) if f.data_time]
    return min(max(times), moment) if times else None


def total_of(rows: Sequence[TotalsRow]) -> Figures:
    """The sum of all groups: equal whatever they were grouped by."""
    return sum((row.figures for row in rows), Figures())
