"""A platform's own books: what every day came to, by sub-project and kind, whatever it lets out or loses on the way."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime

from domain.terms import SHANGHAI
from rehearsal.ledger import CLAIM, REDEMPTION, REFUND, Happening

TOTALLED = (CLAIM, REDEMPTION, REFUND)


class Books:
    """Totals in vouchers and fen: face values, of refunds what went back to the pool."""

    def __init__(self) -> None:
        self._days: dict[date, dict[tuple[str, str], tuple[int, int]]] = defaultdict(dict)

    def enter(self, h: Happening) -> None:
        if h.kind not in TOTALLED:
            return
        day = self._days[datetime.fromtimestamp(h.at, SHANGHAI).date()]
        key = h.lot.programme.sub_projects.redeem, h.kind
        n, fen = day.get(key, (0, 0))
        day[key] = n + 1, fen + (h.lot.template.face_fen if h.returned_fen is None else h.returned_fen)

    def total(self, day: date, sub_project: str, kind: str) -> tuple[int, int]:
        """(vouchers, fen); zeros where nothing happened."""
        return self._days.get(day, {}).get((sub_project, kind), (0, 0))

    def begun(self, day: date) -> list[str]:
        """Sub-projects in which anything had happened by the end of the day."""
        return sorted({sub for d, own in self._days.copy().items() if d <= day for sub, _ in own.copy()})
