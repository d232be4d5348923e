"""Reads what the rules of funds, progress and data look at, of one moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from alerts.parameters import Parameters
from alerts.rules import report_due
from domain.campaign import Campaign
from domain.money_watch import MoneyWatch
from domain.readings import CountyProgress, FeedHealth
from store.queries.cases import subjects_done
from store.queries.money_watch import heard_of, mixed_tranches, projected, watched_rounds
from store.queries.put_aside import newly_put_aside
from store.queries.rounds import lot_sums
from store.queries.sanction_money import recovered_by_programme
from store.queries.short_refunds import short_refunds


def read_money(
    conn: Connection,
    campaign: Campaign,
    health: Sequence[FeedHealth],
    progress: Sequence[CountyProgress],
    parameters: Parameters,
    *,
    now: datetime,
) -> MoneyWatch:
    """`progress`: of every programme of the tranche."""
    sums = lot_sums(conn)
    mixing, aside = now - parameters.tranche_mixing.window, now - parameters.quarantined_rows.window
    return MoneyWatch(
        heard=heard_of(conn, health),
        rounds=tuple(watched_rounds(conn, campaign, sums, now=now)),
        unredeemed=projected(campaign, progress, sums, now=now),
        short_refunds=short_refunds(conn, campaign, until=now - parameters.refund_shortfall.after),
        unmapped=newly_put_aside(conn, since=mixing, unmapped=True),
        put_aside=newly_put_aside(conn, since=aside, unmapped=False),
        mixed=mixed_tranches(conn, campaign),
        recovered_fen=recovered_by_programme(conn, campaign.in_scope.id, known_by=now, until=now),
        handed_in=subjects_done(conn, report_due.ID),
    )
