"""Works out once a minute what rules and screens cannot wait for: flags, merchants' days, minutes of back-fills."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, Engine

from domain.campaign import Campaign
from domain.flags import FlagBoard
from store.engine import read, write
from store.queries.flags import flag_board
from store.queries.register import current_register
from store.writes.days_aside import bring_days_back
from store.writes.judgements import keep_board
from store.writes.merchant_days import bring_up_to_date


def judge(
    engine: Engine,
    campaign: Campaign,
    *,
    now: datetime,
    fence: Callable[[Connection], None] = lambda conn: None,
) -> FlagBoard:
    """The flags by the lists that count now, the days of merchants that batches have touched, and the minutes of days
    that back-fills have put aside.

    Reads and writes apart: nobody waits for the walks.
    """
    with read(engine) as conn:
        board = flag_board(conn, campaign, current_register(conn), now=now)
    with write(engine) as conn:
        fence(conn)
        keep_board(conn, board)
    bring_up_to_date(engine, campaign, fence=fence)
    bring_days_back(engine, fence=fence)
    return board
