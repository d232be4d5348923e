"""The order counties stand in where they are compared."""

from collections.abc import Sequence

from domain.readings import CountyProgress, Pace
from layouts.parts import NET, checking

LAST = {Pace.OVERDUE: 1, Pace.NOT_LAUNCHED: 2}
"""Those that have nothing to compare yet stand behind the others, overdue ones first."""


def ranked(rows: Sequence[CountyProgress]) -> list[CountyProgress]:
    """By fund use, launched ones first; the division code settles ties so that rows do not jump about."""
    return sorted(
        rows,
        key=lambda r: (
            LAST.get(r.pace, 0),
            r.stamp.data_time is None,
            checking(r.held, *NET),
            0.0 if checking(r.held, *NET) else -(r.fund_use_rate or 0.0),
            r.code,
        ),
    )
