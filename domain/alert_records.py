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
class RecordedLot:
    """One template of one round, as the ledger has it now."""

    template: str
    round_no: int
    opens_at: datetime
    use_until: datetime
    qty: int
    claimed_count: int
    redeemed_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRecords:
    """Of one alert. Nothing at all where there is no more to show than its reasons say."""

    events: tuple[RecordedEvent, ...] = ()
    merchant: str | None = None
    days: tuple[MerchantDay, ...] = ()  # of the merchant, oldest first
    rows: tuple[QuarantinedRow, ...] = ()
    lots: tuple[RecordedLot, ...] = ()  # of the programme, in the campaign file's order

    @property
    def is_empty(self) -> bool:
        return not (self.events or self.days or self.rows or self.lots)


NO_RECORDS = AlertRecords()
