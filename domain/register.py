"""The merchant register (work plan 六(二)) and the sanction list (九(六)) as plain values.

A merchant is known by (platform, number): platforms number their merchants each in its own way. A list is known by
the sha256 of the file it was read from: the same bytes are the same version everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Basis(StrEnum):
    """Why a merchant may take part."""

    IN_STATISTICS = "in_statistics"
    HEADQUARTERS = "headquarters"
    APPROVED = "approved"  # on application: with the number and date of the approval


class SanctionKind(StrEnum):
    """Why a merchant may take part no longer."""

    DISCREDITED = "discredited"  # on the list of the discredited
    BANNED = "banned"  # put out of the campaign


class ListKind(StrEnum):
    """The two lists that are loaded, each with versions of its own."""

    MERCHANTS = "merchants"
    SANCTIONS = "sanctions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Merchant:
    """One line of the register."""

    no: str  # as the platform numbers it
    platform: str | None  # None: the number means this merchant on every platform
    name: str
    division: str  # six-digit code; the city's own where the county is not known
    sector: str | None  # None: not known, and then nothing is said of sectors
    basis: Basis
    approval_no: str | None = None
    approved_on: date | None = None
    listed_from: datetime | None = None  # None: from the beginning
    listed_until: datetime | None = None  # the first moment it is no longer on the list; None: without end


@dataclass(frozen=True, slots=True, kw_only=True)
class Sanction:
    """From `starts_at` on the merchant may redeem nothing."""

    no: str
    platform: str | None  # None: on every platform
    starts_at: datetime
    kind: SanctionKind
    document: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListVersion:
    """One version of one list, as it was loaded."""

    kind: ListKind
    version: str  # sha256 of the file
    rows_count: int
    loaded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterVersion:
    """What eligibility is judged by. None: no such list has been loaded, and what needs it is unknown."""

    merchants: ListVersion | None
    sanctions: ListVersion | None
