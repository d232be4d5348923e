"""Which paper a form asks for: a day's, a week's, one of an alert; only what the visitor may read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from dashboard.entry.identity import Visitor
from dashboard.papers.paper_kinds import may_read
from domain.campaign import Campaign
from domain.errors import WatchError
from domain.papers import PaperKind, WantedPaper
from domain.terms import SHANGHAI, business_day_start, week_start
from store.queries.cases import find_case

NO_DAY = "请选择首发日起、今日为止的一天，以及您可查看的范围。"
NO_ALERT = "请填写您可查看的一条预警的编号。"
_MOST_DIGITS = 15


class UnfitWish(WatchError):
    """Nothing that can be made for this visitor. `words`: Chinese, one sentence."""

    def __init__(self, words: str) -> None:
        super().__init__("no such paper")
        self.words = words


def read_wanted(
    conn: Connection,
    campaign: Campaign,
    scopes: Mapping[str, str],
    told: Mapping[str, str],
    visitor: Visitor,
    *,
    now: datetime,
) -> WantedPaper:
    """`told`: the form's fields. Raises UnfitWish."""
    kind = next((k for k in PaperKind if k.value == told.get("kind", PaperKind.DAILY.value)), None)
    if kind is None:
        raise UnfitWish(NO_DAY)
    if kind is PaperKind.EVENT:
        return _of_alert(conn, scopes, told.get("alert", ""), visitor, now=now)
    day, scope = _day(told.get("day", "")), told.get("scope", "")
    first = min(p.launch_at for p in campaign.programme)
    if day is None or scope not in scopes or not may_read(visitor, kind, scope):
        raise UnfitWish(NO_DAY)
    if not business_day_start(first) <= day <= now:
        raise UnfitWish(NO_DAY)
    return WantedPaper(scope=scope, day=week_start(day) if kind is PaperKind.WEEKLY else day, kind=kind)


def wanted_detail(wanted: WantedPaper) -> dict[str, str | int]:
    """What the log of acts says of it."""
    detail: dict[str, str | int] = {"scope": wanted.scope, "day": f"{wanted.day:%Y-%m-%d}"}
    detail |= {} if wanted.kind is PaperKind.DAILY else {"kind": wanted.kind.value}
    return detail | ({"alert": wanted.alert_id} if wanted.alert_id else {})


def scope_of_alert(county: str | None, scopes: Mapping[str, str]) -> str:
    """The county's, or the city's where it is of no county with papers of its own. `scopes`: the city first."""
    return county if county is not None and county in scopes else next(iter(scopes))


def _of_alert(
    conn: Connection, scopes: Mapping[str, str], told: str, visitor: Visitor, *, now: datetime
) -> WantedPaper:
    is_number = told.isascii() and told.isdigit() and len(told) <= _MOST_DIGITS
    case = find_case(conn, int(told), within=visitor.scope) if is_number else None
    scope = scope_of_alert(case.county if case else None, scopes)
    if case is None or not may_read(visitor, PaperKind.EVENT, scope):
        raise UnfitWish(NO_ALERT)
    return WantedPaper(scope=scope, day=business_day_start(now), kind=PaperKind.EVENT, alert_id=case.alert_id)


def _day(told: str) -> datetime | None:
    """The day's start; None for what is no day."""
    try:
        return datetime.strptime(told, "%Y-%m-%d").replace(tzinfo=SHANGHAI)
    except ValueError:
        return None
