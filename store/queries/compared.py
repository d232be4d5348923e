"""Every total a platform states beside what the ledger says of the same: what reconciliation decides on.

False alarms cost trust, so a total is held against the ledger only where both are said to be whole:

- a day's statement: once the day is over, the platform's own delay has passed (`settles_after_seconds`), and some feed
  of the programme is complete past the day's end. Before that it is waiting, not different: a late feed is D1's.
- a lot's statement (no day): such are drawn up once the lot has ended. At once.
- a counter: the poll carries no moment of the platform's own, and what happens while it is asked may be in it or not.
  So it is judged at a midnight, by the last poll before and the first after it, each `SLACK` away: what the ledger has
  of that lot by then must lie between the two. On a quiet night they are equal and not one voucher is tolerated.
  Polls that differ and lie further from it than the platform's `stale_after_seconds` bracket anything: no comparison.
  Counters give way to statements of the same programme and metric, and claims are held against counters only where
  the platform tells claims as events (WeChat Pay only counts them).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from domain.campaign import Campaign
from store.queries.comparison import Comparison, LedgerSums, reaches
from store.queries.polled_totals import polled_totals
from store.queries.stated_totals import stated_totals


def comparisons(conn: Connection, campaign: Campaign, *, now: datetime) -> list[Comparison]:
    """Everything stated, the waiting included; at most one of a subject."""
    reach = reaches(conn)
    ledger = LedgerSums(conn)
    stated = list(stated_totals(conn, campaign, ledger, reach, now=now))
    spoken_for = {(c.subject.programme, c.subject.metric) for c in stated}
    return stated + list(polled_totals(conn, campaign, ledger, reach, spoken_for, now=now))
