"""What stands behind an alert that no post caused: events of the ledger, a merchant's days, quarantined rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.leads import MerchantDay
from domain.readings import QuarantinedRow


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedEvent:
    """One event as evidence. No person: number, place, time and money."""

    kind: str
    event_no: str
    occurred_at: datetime
    template: str
    round_no: int
    county: str
    merchant: str | None
    face_fen: int
    order_fen: int | None  # None: not told yet
    returned_fen: int | None  # of a refund; None: not said
    refunded_at: datetime | None  # of a redemption; None: not refunded


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRecords:
    """Of one alert. Nothing at all for rules whose evidence are figures alone."""

    events: tuple[RecordedEvent, ...] = ()
    merchant: str | None = None
    days: tuple[MerchantDay, ...] = ()  # of the merchant, oldest first
    rows: tuple[QuarantinedRow, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.events or self.days or self.rows)


NO_RECORDS = AlertRecords()
