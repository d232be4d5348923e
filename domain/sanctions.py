"""What sanctions come to in money (work plan 九(六)): not paid out to the merchant, and got back from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Booking(StrEnum):
    """What an office did. Both are gross: taking one back is an entry below zero."""

    WITHHELD = "withheld"  # redeemed, and not settled with the merchant
    RECOVERED = "recovered"  # settled before, and paid back into the fund


@dataclass(frozen=True, slots=True, kw_only=True)
class SanctionEntry:
    """One line of an office's sanction ledger. Key: (programme, entry_no); never changed, only countered."""

    entry_no: str
    programme: str
    tranche: str
    merchant: str  # as the programme's one platform numbers it
    kind: Booking
    amount_fen: int  # not zero
    booked_on: datetime  # 00:00 Asia/Shanghai of its day
    document: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SanctionMoney:
    """The entries of one programme summed, as of one moment."""

    programme: str
    tranche: str
    merchants_count: int
    withheld_fen: int
    recovered_fen: int
    booked_at: datetime  # when the newest entry was loaded
