"""Works the flags out again and keeps them: rules and screens read what is kept, since this walks all redemptions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, Engine

from domain.campaign import Campaign
from domain.flags import FlagBoard
from store.engine import read, write
from store.queries.flags import flag_board
from store.queries.register import current_register
from store.writes.judgements import keep_board


def judge(
    engine: Engine,
    campaign: Campaign,
    *,
    now: datetime,
    fence: Callable[[Connection], None] = lambda conn: None,
) -> FlagBoard:
    """By the lists that count now. Reads and writes apart: nobody waits for the walk."""
    with read(engine) as conn:
        board = flag_board(conn, campaign, current_register(conn), now=now)
    with write(engine) as conn:
        fence(conn)
        keep_board(conn, board)
    return board
