"""What WeChat Pay has told of each use and each return, by callback or by file."""

from __future__ import annotations

from threading import Lock

from rehearsal.ledger import Happening
from rehearsal.platforms.wechatpay_forms import as_numbered


class Told:
    """Each happening once, as it was told last: numbered as the platform numbers it, and no order amount before the
    file is out. Callbacks are reported by other threads than the clock's."""

    def __init__(self) -> None:
        self._told: dict[tuple[str, str], Happening] = {}
        self._lock = Lock()

    def by_callback(self, h: Happening) -> None:
        with self._lock:
            self._told.setdefault((h.kind, h.event_no), as_numbered(h)._replace(order_fen=None))

    def by_file(self, h: Happening) -> None:
        with self._lock:
            self._told[h.kind, h.event_no] = as_numbered(h)

    def all(self) -> list[Happening]:
        with self._lock:
            return list(self._told.values())

    def keys(self) -> set[tuple[str, str]]:
        """Kind and number, as the ledger numbers it."""
        with self._lock:
            return set(self._told)
