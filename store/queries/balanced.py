"""Do the accounts hold: each tranche's money in exactly one of them, and nothing promised that is not there?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, func, select

from domain.accounts import Account, balances
from domain.campaign import Campaign
from store.queries.difference import Difference
from store.queries.sanction_money import recovered_fen
from store.queries.totals import totals
from store.schema import events


def account_differences(conn: Connection, campaign: Campaign, *, now: datetime) -> Iterator[Difference]:
    """Promises I4, I5. OUT is booked flow by flow, what is outstanding follows from the calendar: they must agree."""
    for row in totals(conn, campaign, by=("tranche",), now=now):
        (tranche,) = row.key
        allocation_fen = sum(p.allocation_fen for p in campaign.programme if p.tranche == tranche)
        figures, recovered = row.figures, recovered_fen(conn, tranche)
        held = balances(figures, allocation_fen=allocation_fen, recovered_fen=recovered)
        promised_fen = figures.outstanding_fen + figures.subsidy_approved_fen - figures.subsidy_paid_fen
        if held[Account.OUT] != promised_fen:
            yield _found("out = outstanding + approved - paid", tranche, held[Account.OUT], promised_fen)
        if held[Account.POOL] < 0:
            yield _found("pool >= 0", tranche, held[Account.POOL], 0)
        if held[Account.SPENT] > allocation_fen:
            yield _found("spent <= allocation", tranche, held[Account.SPENT], allocation_fen)


def misplaced_events(conn: Connection, campaign: Campaign) -> Iterator[Difference]:
    """Promises I8: no event outside its programme's tranche, so that no refund goes to another than it came from."""
    keys = (events.c.programme, events.c.tranche)
    for programme, tranche, n in conn.execute(select(*keys, func.count()).group_by(*keys)):
        owner = campaign.programmes.get(programme)
        if owner is None or owner.tranche != tranche:
            yield _found("tranche of events", f"{programme}/{tranche}", int(n), 0)


def _found(check: str, where: str, stored: int, expected: int) -> Difference:
    return Difference(check=check, where=where, stored=stored, expected=expected)
