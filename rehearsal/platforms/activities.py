"""What Alipay and UnionPay have in common: activities, counters that move at once, details a day later.

Claims are told by the counters as they happen, redemptions and refunds by the file of their day.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from domain.campaign import Campaign
from domain.terms import SHANGHAI
from rehearsal.faults import Faults
from rehearsal.ledger import CLAIM, REDEMPTION, REFUND, Happening
from rehearsal.platforms.strays import BAD_MONEY, UNKNOWN_ACTIVITY

FILE_AT = time(9)
"""When the file of a day is there, on the day after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One template of one round under the platform's own number."""

    number: str
    sub_project: str
    template: str
    round_no: int
    configured: int
    county: str | None  # None: used anywhere in the city


def activities(campaign: Campaign, platform: str) -> list[Activity]:
    """All of a platform's, in the order of the campaign file. Numbers are made up but always the same."""
    found: list[Activity] = []
    for r in campaign.round:
        programme = campaign.programmes[r.programme]
        if programme.platform != platform:
            continue
        for line in r.lines:
            found.append(
                Activity(
                    number=f"2022102800{len(found) + 1:08d}",
                    sub_project=programme.sub_projects.redeem,
                    template=line.template,
                    round_no=r.no,
                    configured=line.qty,
                    county=None if programme.level == "city" else programme.division,
                )
            )
    return found


class Book:
    """What happened so far, by activity and by day. Published is what stood in a file that is out."""

    def __init__(
        self, campaign: Campaign, platform: str, *, counted: Callable[[str, str], int] | None = None
    ) -> None:
        self.activities = activities(campaign, platform)
        self.published: list[Happening] = []
        self.now = 0
        self._number = {(a.template, a.round_no): a.number for a in self.activities}
        self._counted = counted  # (activity, kind) -> total: a test's own counters in place of the ledger's
        self._counts: Counter[tuple[str, str]] = Counter()
        self._due: list[Happening] = []
        self._days: dict[date, list[Happening]] = defaultdict(list)

    @property
    def moment(self) -> datetime:
        return datetime.fromtimestamp(self.now, SHANGHAI)

    @property
    def counted(self) -> list[Happening]:
        """Claims that only the counters have told so far."""
        return [h for h in self._undetailed() if h.kind == CLAIM]

    @property
    def withheld(self) -> list[Happening]:
        """Happened, but in no file yet, nor told by a counter that the totals go by."""
        return [h for h in self._undetailed() if h.kind != CLAIM]

    def take(self, happenings: Iterable[Happening]) -> None:
        self._due = sorted([*self._due, *happenings], reverse=True)

    def advance(self, now: datetime) -> None:
        before = self.now and self._newest_file()
        self.now = int(now.timestamp())
        while self._due and self._due[-1].at <= self.now:
            h = self._due.pop()
            self._counts[self.number(h), h.kind] += 1
            self._days[_day(h)].append(h)
        newest = self._newest_file()
        for day in sorted(self._days):
            if day <= newest and (not before or day > before):
                self.published += self._days[day]

    def number(self, h: Happening) -> str:
        return self._number[h.lot.template.id, h.lot.round_no]

    def count(self, number: str, kind: str) -> int:
        return self._counts[number, kind] if self._counted is None else self._counted(number, kind)

    def rows(self, day: date) -> list[Happening] | None:
        """What the file of a day holds; None as long as there is none: today's never is."""
        return list(self._days.get(day, ())) if self._is_out(day) else None

    def _undetailed(self) -> list[Happening]:
        return [h for day, rows in self._days.items() if not self._is_out(day) for h in rows]

    def _is_out(self, day: date) -> bool:
        return day <= self._newest_file()

    def _newest_file(self) -> date:
        here = self.moment
        return here.date() - timedelta(days=1 if here.time() >= FILE_AT else 2)


WORDS = {CLAIM: "发放", REDEMPTION: "核销", REFUND: "退款"}


def row(h: Happening, number: str) -> list[str]:
    """No, kind, activity, voucher, time, face, user, shop, county, order sum, paid, origin, returned."""
    return [
        h.event_no, WORDS[h.kind], number, h.voucher_no, f"{datetime.fromtimestamp(h.at, SHANGHAI):%Y-%m-%d %H:%M:%S}",
        yuan(h.lot.template.face_fen), h.user_ref, h.shop.no if h.shop else "", h.shop.county if h.shop else "",
        yuan(h.order_fen), yuan(h.paid_fen), h.origin_event_no or "", yuan(h.returned_fen),
    ]  # fmt: skip


_FACE_CELL, _ACTIVITY_CELL = 5, 2
_STRAYS = {
    "bill_row_unmapped": (_ACTIVITY_CELL, UNKNOWN_ACTIVITY),
    "bill_row_bad_money": (_FACE_CELL, BAD_MONEY),
}


def table(rows: Iterable[Happening], book: Book, faults: Faults) -> list[list[str]]:
    """The rows of a file, and at the worst level some that never happened."""
    told = [row(h, book.number(h)) for h in rows]
    for fault, (cell, wrong) in _STRAYS.items():
        if told and faults.turn(fault, every=1):
            stray = [f"X{told[0][0][1:]}{cell}", *told[0][1:]]
            stray[cell] = wrong
            told.append(stray)
    return told


def yuan(fen: int | None) -> str:
    return "" if fen is None else str(Decimal(fen).scaleb(-2))


def _day(h: Happening) -> date:
    return datetime.fromtimestamp(h.at, SHANGHAI).date()
