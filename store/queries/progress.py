"""The wall's money readings, all from the roll-ups: headline, counties, sectors, the minute curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from types import MappingProxyType

from sqlalchemy import Connection

from domain.campaign import Campaign, Programme
from domain.measures import Figures, shares, time_pace
from domain.readings import (
    CountyProgress,
    Headline,
    MinuteCurve,
    Release,
    Scope,
    SectorShare,
    Stamp,
    is_use_unknown,
)
from domain.records import Grade
from domain.sanity import Kept
from domain.terms import business_day_start
from store.queries.counted import Lot
from store.queries.flows import (
    Days,
    Flows,
    Minutes,
    Used,
    minutes_of_today,
    read_flows,
    told_today,
    used_beyond,
    used_yesterday,
)
from store.queries.grades import weakest
from store.queries.ledger_cells import Cell
from store.queries.pace import pace_of, pace_state
from store.queries.totals import TotalsRow, total_of, totals
from store.queries.tranche_minutes import kept_days
from store.schema import from_micros

_DAY = timedelta(days=1)


def programmes_of(campaign: Campaign, scope: Scope) -> tuple[Programme, ...]:
    """All programmes of the tranche in scope for the city's screen; a county's own for the county's."""
    return tuple(
        p
        for p in campaign.programme
        if p.tranche == campaign.in_scope.id and (scope.is_city or p.division == scope.code)
    )


def money_rows(
    conn: Connection,
    campaign: Campaign,
    *,
    now: datetime,
    cells: Sequence[Cell] | None = None,
    counted: Mapping[Lot, int] | None = None,
) -> list[TotalsRow]:
    """The tranche's figures by programme, county and sector: everything `Money` sums up. `cells`, `counted`: as of
    `totals`."""
    by, tranche = ("programme", "county", "sector"), campaign.in_scope.id
    return totals(conn, campaign, by=by, now=now, tranche=tranche, cells=cells, counted=counted)


class Money:
    """The figures one snapshot is drawn from, read once: every panel below shares them."""

    def __init__(
        self,
        conn: Connection,
        campaign: Campaign,
        scope: Scope,
        *,
        now: datetime,
        late: dict[str, tuple[str, ...]],
        rows: Sequence[TotalsRow] | None = None,
        held: Mapping[str, frozenset[Kept]] = MappingProxyType({}),
        flows: Flows | None = None,
    ) -> None:
        """`rows`: of `money_rows`, and `flows`, to share them between scopes. `held`: by programme, what the gate
        keeps back."""
        self._conn = conn
        self._campaign, self._scope, self._now, self._late = campaign, scope, now, late
        self._programmes = programmes_of(campaign, scope)
        self._held = held
        self._flows = read_flows(conn, campaign) if flows is None else flows
        rows = money_rows(conn, campaign, now=now) if rows is None else rows
        self._all_rows = rows
        own = {p.id for p in self._programmes}
        self._rows = [row for row in rows if row.key[0] in own]

    def _stamp(self, rows: Sequence[TotalsRow], programmes: Sequence[str]) -> Stamp:
        """Graded as the weakest of `rows`: what has let out vouchers and was never heard of is no better than 快报."""
        times = [row.data_time for row in rows if row.data_time]
        return Stamp(
            data_time=max(times, default=None),
            grade=weakest(row.grade or Grade.FLASH for row in rows),
            tranche=self._campaign.in_scope.name,
            as_of=self._now,
            late=tuple(dict.fromkeys(name for p in programmes for name in self._late.get(p, ()))),
        )

    def _held_of(self, programmes: Sequence[str]) -> frozenset[Kept]:
        """A sum with one doubtful part is doubtful."""
        return frozenset(kept for p in programmes for kept in self._held.get(p, ()))

    def headline(self) -> Headline:
        ids = [p.id for p in self._programmes]
        data_times = {row.key[0]: row.data_time for row in self._rows}
        told = told_today(self._conn, self._campaign, data_times, now=self._now)
        had_opened = any(p.launch_at < told[p.id] - _DAY for p in self._programmes if p.id in told)
        today_fen = self._today.net_fen_before(self._now) if told else None
        yesterday = self._used_yesterday(told) if had_opened else None
        return Headline(
            stamp=self._stamp(self._rows, ids),
            allocation_fen=sum(p.allocation_fen for p in self._programmes),
            figures=total_of(self._rows),
            rated=self._rated(),
            redeemed_today_fen=today_fen,
            told_today_fen=None if today_fen is None else today_fen - self._beyond(told, self._now).net_fen,
            redeemed_yesterday_fen=None if yesterday is None else yesterday.net_fen,
            redeemed_yesterday_count=None if yesterday is None else yesterday.redeemed_count,
            merchants_active=self._flows.merchants_of(ids),
            time_pace=pace_of(self._programmes, self._now),
            held=self._held_of(ids),
        )

    def _rated(self) -> Figures:
        told = {row.key[0] for row in self._rows if not is_use_unknown(row.figures, row.data_time)}
        return total_of([row for row in self._rows if row.key[0] in told])

    @cached_property
    def _today(self) -> Minutes:
        ids = [p.id for p in self._programmes]
        return minutes_of_today(self._conn, self._campaign, ids, now=self._now, kept=self._kept)

    def _used_yesterday(self, told: Mapping[str, datetime]) -> Used:
        """Of each programme up to where it has `told` of today: the rest of its yesterday would make a fall of it."""
        until, ids = self._now - _DAY, [p.id for p in self._programmes]
        whole = used_yesterday(self._conn, self._campaign, ids, now=self._now, kept=self._kept)
        untold = dict.fromkeys({row.key[0] for row in self._rows} - told.keys(), business_day_start(until))
        return whole.without(self._beyond({p: at - _DAY for p, at in told.items()} | untold, until))

    def _beyond(self, told: Mapping[str, datetime], until: datetime) -> Used:
        return used_beyond(self._conn, self._campaign, told, until=until)

    @cached_property
    def _kept(self) -> Days:
        """Days whose minutes stand added up: for the city alone, and where nobody else's are among them."""
        is_whole = self._scope.is_city and {row.key[0] for row in self._all_rows} <= {
            p.id for p in self._programmes
        }
        since = business_day_start(self._now) - timedelta(days=1)
        return kept_days(self._conn, self._campaign.in_scope.id, since=since) if is_whole else frozenset()

    def counties(self) -> tuple[CountyProgress, ...]:
        """In official order (by code); a county without a programme of its own is left out."""
        divisions = sorted(self._campaign.divisions.values(), key=lambda d: d.code)
        owned = ((division, self._campaign.county_programme(division.code)) for division in divisions)
        return tuple(
            self._progress(programme, residents=division.population_2020)
            for division, programme in owned
            if programme in self._programmes and programme is not None
        )

    def city(self) -> CountyProgress | None:
        """The city's own programme in the same terms; None on a county's screen."""
        programme = self._campaign.city
        residents = sum(d.population_2020 for d in self._campaign.division)
        return self._progress(programme, residents=residents) if programme in self._programmes else None

    def _progress(self, programme: Programme, *, residents: int) -> CountyProgress:
        own = [row for row in self._rows if row.key[0] == programme.id]
        city = self._campaign.city.id
        visiting = [row for row in self._all_rows if row.key[:2] == (city, programme.division)]
        figures = total_of(own)
        pace = time_pace(self._now, start=programme.launch_at, end=programme.end_at)
        division = self._campaign.divisions.get(programme.division)
        return CountyProgress(
            code=programme.division,
            name=division.name if division else programme.name,
            stamp=self._stamp(own, [programme.id]),
            launch_at=programme.launch_at,
            pace=pace_state(programme, figures, pace, self._now),
            time_pace=pace,
            allocation_fen=programme.allocation_fen,
            figures=figures,
            city_redeemed_fen=total_of(visiting).redeemed_net_fen,
            residents=residents,
            floor=self._campaign.rules.min_leverage,
            held=self._held_of([programme.id]),
        )

    def sectors(self) -> tuple[SectorShare, ...]:
        """In the campaign file's order; every sector the scope's templates name, redeemed yet or not."""
        own = {p.id for p in self._programmes}
        named = {t.sector for t in self._campaign.template if t.programme in own}
        sectors = [s for s in self._campaign.sector if s.id in named]
        by_sector = [[row for row in self._rows if row.key[2] == s.id] for s in sectors]
        sums = [total_of(rows) for rows in by_sector]
        parts = shares([figures.redeemed_net_fen for figures in sums])
        stamp = self._stamp(self._rows, sorted(own))
        return tuple(
            SectorShare(
                sector=sector.id,
                name=sector.name,
                stamp=stamp,
                figures=figures,
                share=share,
                floor=self._campaign.rules.min_leverage,
                held=self._held_of(sorted(own)),
            )
            for sector, figures, share in zip(sectors, sums, parts, strict=True)
        )

    def curve(self) -> MinuteCurve:
        """Today's minutes up to the newest one any feed has reported on; nothing is drawn beyond it."""
        stamp = self._stamp(self._rows, [p.id for p in self._programmes])
        today, found = business_day_start(self._now), self._today
        minutes = found.up_to(stamp.data_time)
        return MinuteCurve(
            stamp=stamp,
            minutes=tuple(map(from_micros, minutes)),
            claimed=found.drawn(minutes, found.claimed_count),
            redeemed=found.drawn(minutes, found.redeemed_count),
            releases=tuple(
                Release(
                    opens_at=r.opens_at,
                    programme=self._campaign.programmes[r.programme].name,
                    round_no=r.no,
                )
                for r in sorted(self._campaign.round, key=lambda r: r.opens_at)
                if today <= r.opens_at < today + timedelta(days=1)
                and r.programme in {p.id for p in self._programmes}
            ),
            held=self._held_of([p.id for p in self._programmes]),
        )
