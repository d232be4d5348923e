"""The campaign's money and progress as the rules of funds, progress and data look at them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain.measures import Unredeemed, ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What is known of one programme's sources. A programme without any is not in the map: nothing is known of it."""

    sources: tuple[str, ...]
    fresh: bool  # every one of them
    data_time: datetime | None  # of the one furthest behind; None: one never said


@dataclass(frozen=True, slots=True, kw_only=True)
class LotWatch:
    """One template of one round."""

    template: str
    qty: int
    claimed_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundWatch:
    """The vouchers of one round that has opened; audited subsidies are no vouchers."""

    programme: str
    no: int
    opens_at: datetime
    claim_closes_at: datetime
    use_until: datetime
    lots: tuple[LotWatch, ...]
    redeemed_count: int
    sold_out_after: timedelta | None  # None: not sold out, or not known when

    @property
    def qty(self) -> int:
        return sum(lot.qty for lot in self.lots)

    @property
    def claimed_count(self) -> int:
        """As events tell it or the platform counts it: a floor while a source is late."""
        return sum(lot.claimed_count for lot in self.lots)

    @property
    def claim_rate(self) -> float | None:
        return ratio(self.claimed_count, self.qty)

    @property
    def redemption_rate(self) -> float | None:
        return ratio(self.redeemed_count, self.claimed_count)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortRefunds:
    """Refunds of one programme that put less than the face back (work plan 七(五)), old enough to be looked at."""

    programme: str
    count: int  # redemptions
    fen: int  # face less what was returned by all notices
    evidence: tuple[str, ...]  # numbers of their notices, oldest first; the first few
    notices_count: int
    first_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PutAside:
    """Rows of one source that were quarantined within the window."""

    source: str
    count: int
    more: bool  # there are more than were counted
    fields: Mapping[str, int]  # field -> rows
    evidence: tuple[str, ...]  # their numbers, newest first; the first few
    first_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixed:
    """What the ledger holds of a programme under another tranche than its own."""

    programme: str
    tranche: str
    fen: int  # claimed and redeemed, gross


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyWatch:
    """Read in one transaction with everything else of a window."""

    heard: Mapping[str, Heard] = field(default_factory=dict)
    rounds: tuple[RoundWatch, ...] = ()
    unredeemed: Mapping[str, Unredeemed] = field(default_factory=dict)  # absent: too little to project from
    short_refunds: tuple[ShortRefunds, ...] = ()
    unmapped: tuple[PutAside, ...] = ()  # rows whose sub-project or stock no programme has
    put_aside: tuple[PutAside, ...] = ()  # all the others
    mixed: tuple[Mixed, ...] = ()
    recovered_fen: Mapping[str, int] = field(
        default_factory=dict
    )  # paid back by sanctioned merchants; absent: none
    handed_in: frozenset[str] = frozenset()  # subjects of `report_due` that a person closed

    def heard_now(self, programme: str) -> Heard | None:
        """None where the programme's sources are silent or never spoke: nothing can be said of what is missing."""
        found = self.heard.get(programme)
        return found if found and found.fresh and found.data_time is not None else None

    def sources_of(self, programme: str) -> tuple[str, ...]:
        found = self.heard.get(programme)
        return found.sources if found else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTicket:
    """A citizen's ticket of the campaign that nobody has answered. One in a state that no connector knows is none."""

    post_id: int
    source: str
    since: datetime  # since when it waits: handed in, or sent back
    county: str | None
