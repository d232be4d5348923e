"""The money of one briefing: everything from `totals` as the ledger knew it, so that it equals it to the fen."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from briefing.doubt import NET
from briefing.text import day_of
from domain.campaign import Campaign, Programme
from domain.limits import held_of
from domain.measures import Figures, ratio
from domain.readings import CountyProgress, Pace, Scope, SectorShare
from domain.readings_scenes import CountyPace
from domain.records import Grade
from domain.sanity import Kept
from store.queries.counted import Lot
from store.queries.flows import Flows, spans_of
from store.queries.grades import weakest
from store.queries.ledger_cells import ledger_cells
from store.queries.pace import pace_board
from store.queries.progress import Money, programmes_of
from store.queries.rounds import LotSum
from store.queries.sanction_money import recovered_by_programme
from store.queries.totals import TotalsRow, total_of, totals

DAY = timedelta(days=1)
NO_FLOWS = Flows(merchants={}, merchants_in_all=0)
"""Those of now say nothing about then."""
MOST_NAMED = 3
"""As many are named in a sentence; the tables have all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """What one day moved. None: nobody has told of that day, which is not that nothing moved."""

    claimed_count: int | None
    redeemed_net_fen: int | None
    redeemed_count: int | None  # gross


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What the money's sections are written from."""

    programmes: tuple[Programme, ...]
    rows: tuple[TotalsRow, ...]  # by programme, of the scope
    places: tuple[TotalsRow, ...]  # the same by programme, county and sector
    total: Figures
    allocation_fen: int
    recovered: Mapping[str, int]  # by division code, fen: what merchants under sanction paid back
    today: Flow
    told_today: Flow  # of that, up to where each programme tells
    yesterday: Flow | None  # up to the same time of each of them; None before the second day
    progress: tuple[CountyProgress, ...]  # counties in official order, the city's own programme last
    paces: tuple[CountyPace, ...]
    sectors: tuple[SectorShare, ...]
    lots: dict[Lot, LotSum]
    held: frozenset[Kept]  # figures of the whole that cannot be: a sum with one doubtful part is doubtful

    @property
    def grade(self) -> Grade:
        """The weakest of its programmes'."""
        return weakest(row.grade or Grade.FLASH for row in self.rows)

    @property
    def data_time(self) -> datetime | None:
        """How far the furthest of its programmes has told; None where none has."""
        return max((row.data_time for row in self.rows if row.data_time), default=None)

    @property
    def recovered_fen(self) -> int:
        return sum(self.recovered.values())

    @property
    def balance_fen(self) -> int:
        """What is still free of the whole."""
        return self.total.balance_fen(self.allocation_fen, recovered_fen=self.recovered_fen)

    def balance_of(self, p: CountyProgress) -> int:
        return p.figures.balance_fen(p.allocation_fen, recovered_fen=self.recovered[p.code])

    @property
    def is_silent(self) -> bool:
        return all(is_silent(p) for p in self.progress)

    @property
    def is_use_unknown(self) -> bool:
        return all(is_use_unknown(p) for p in self.progress)

    @property
    def is_paid_known(self) -> bool:
        """A subsidy that was told to be paid was paid, whatever is not told of vouchers."""
        return bool(self.total.subsidy_paid_count) or not self.is_use_unknown

    @property
    def of_known_use(self) -> Figures:
        """The sum without the programmes whose use is unknown: of their claims nobody can say what became."""
        return Figures.total(p.figures for p in self.progress if not is_use_unknown(p))

    @property
    def redemption_rate(self) -> float | None:
        """Of vouchers claimed, of the programmes whose use is known: the others' claims are no base for it."""
        known = self.of_known_use
        return ratio(known.redeemed_gross_count, known.claimed_count)

    @property
    def left_out(self) -> str:
        """Says whose claims stand in the sum and in no rate; nothing where there are none, or no others."""
        names = [p.name for p in self.progress if is_use_unknown(p) and not is_silent(p)]
        if not names or self.is_use_unknown:
            return ""
        etc = f"等{len(names)}个发放主体" if len(names) > MOST_NAMED else ""
        return f"{'、'.join(names[:MOST_NAMED])}{etc}未报送核销，其领取不计入各项核销率、过期未用和在途。"


def is_silent(p: CountyProgress) -> bool:
    """Nothing has come from its platform: nothing is known, not nothing was used."""
    f = p.figures
    return p.stamp.data_time is None and not (
        f.claimed_count or f.redeemed_gross_count or f.subsidy_applied_count
    )


def is_use_unknown(p: CountyProgress) -> bool:
    return p.is_use_unknown


def is_behind(p: CountyProgress) -> bool:
    """Nobody is called so on figures that are unknown or under check."""
    return p.pace is Pace.BEHIND and not is_use_unknown(p) and not p.held & set(NET)


def is_overdue(p: CountyProgress) -> bool:
    """By data of after the date, as the alert has it: of a platform that is silent nobody knows."""
    told = p.stamp.data_time
    return p.pace is Pace.OVERDUE and told is not None and told > p.launch_at + timedelta(days=1)


def read_ledger(
    conn: Connection, campaign: Campaign, scope: Scope, *, as_of: datetime, known_by: datetime
) -> Ledger:
    """`as_of` as it was known at `known_by`, then or later."""
    cells = ledger_cells(conn, with_day=True, known_by=known_by, until=as_of)
    known = partial(
        totals,
        conn,
        campaign,
        now=as_of,
        known_by=known_by,
        until=as_of,
        cells=cells,
        tranche=campaign.in_scope.id,
    )
    programmes = programmes_of(campaign, scope)
    own = {p.id for p in programmes}
    rows = known(by=("programme", "county", "sector"))
    by_programme = known(by=("programme",))
    held = {row.key[0]: held_of(campaign, row.key[0], row.figures) for row in by_programme}
    money = Money(conn, campaign, scope, now=as_of, late={}, rows=rows, held=held, flows=NO_FLOWS)
    progress = (*money.counties(), *(p for p in (money.city(),) if p))
    owner = {p.division: p for p in programmes}
    lots = {Lot(*row.key): LotSum.of((row.figures,)) for row in known(by=("programme", "template", "round"))}
    board = pace_board(campaign, [(owner[p.code], p) for p in progress], {}, lots, now=as_of)
    back = recovered_by_programme(conn, campaign.in_scope.id, known_by=known_by, until=as_of)
    told = {row.key[0]: row.data_time for row in by_programme if row.key[0] in own}
    today, told_today, yesterday = _flows(known, programmes, told, as_of=as_of)
    return Ledger(
        programmes=programmes,
        rows=tuple(row for row in by_programme if row.key[0] in own),
        places=tuple(row for row in rows if row.key[0] in own),
        total=total_of([row for row in by_programme if row.key[0] in own]),
        allocation_fen=sum(p.allocation_fen for p in programmes),
        recovered={p.division: back.get(p.id, 0) for p in programmes},
        today=today,
        told_today=told_today,
        yesterday=yesterday,
        progress=progress,
        paces=board.rows,
        sectors=money.sectors(),
        lots=lots,
        held=frozenset(kept for p in progress for kept in p.held),
    )


def _flows(
    known: Callable[..., list[TotalsRow]],
    programmes: tuple[Programme, ...],
    told: Mapping[str, datetime | None],
    *,
    as_of: datetime,
) -> tuple[Flow, Flow, Flow | None]:
    """The day's; of it what each programme has told; and yesterday's up to there. With what a platform only counts.

    All are of the same programmes: those that have moved on the day, or have `told` of it. Of another the day's file
    has not come, and its yesterday would make a fall of it; so would an afternoon that was not told yet.
    """
    by_day, day = partial(known, by=("programme", "day")), day_of(as_of)
    spans = spans_of(told, since=day, until=as_of)
    moved = _of_day(by_day(), told, day)
    claiming = spans.keys() | {i for i, f in moved.items() if f.claimed_count}
    using = spans.keys() | {i for i, f in moved.items() if f.redeemed_gross_count or f.refunded_count}
    today, heard = _flow(moved, claiming, using), claiming | using
    asked = [p for p in programmes if p.id in heard] or programmes
    if not any(p.launch_at < spans.get(p.id, as_of) - DAY for p in asked):
        return today, today, None
    now: dict[str, Figures] = {}
    before: dict[str, Figures] = {}
    for until in {spans.get(i, as_of) for i in heard}:
        own = [i for i in heard if spans.get(i, as_of) == until]
        rows = by_day() if until == as_of else by_day(until=until, cells=None)
        now |= _of_day(rows, own, day)
        before |= _of_day(by_day(until=until - DAY, cells=None), own, day_of(until - DAY))
    return today, _flow(now, claiming, using), _flow(before, claiming, using)


def _of_day(rows: Sequence[TotalsRow], own: Collection[str], day: datetime) -> dict[str, Figures]:
    return {row.key[0]: row.figures for row in rows if row.key[0] in own and row.key[1] == day}


def _flow(moved: Mapping[str, Figures], claiming: Collection[str], using: Collection[str]) -> Flow:
    claims = Figures.total(moved[i] for i in claiming if i in moved)
    use = Figures.total(moved[i] for i in using if i in moved)
    return Flow(
        claimed_count=claims.claimed_count if claiming else None,
        redeemed_net_fen=use.redeemed_net_fen if using else None,
        redeemed_count=use.redeemed_gross_count if using else None,
    )
