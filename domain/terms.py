"""Shared Chinese words and how figures are written. The only place that turns values into text people read."""

from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from domain.money import FEN_PER_WAN
from domain.records import Grade
from domain.sanctions import Booking
from domain.statements import Metric

SHANGHAI = ZoneInfo("Asia/Shanghai")

UNKNOWN = "—"
NO_DATA = "暂无数据"
CHECKING = "核查中"
"""In the place of a figure the gate holds back."""
SUBSIDY = "审核补贴"
GRADE = {Grade.FLASH: "快报", Grade.DAILY: "日结", Grade.FINAL: "核定"}
METRIC = {Metric.CLAIMED: "领取", Metric.REDEEMED_GROSS: "核销", Metric.REFUNDED: "退券"}
BOOKING = {Booking.WITHHELD: "暂扣", Booking.RECOVERED: "追回"}
LEVEL = {"blue": "蓝色", "yellow": "黄色", "orange": "橙色", "red": "红色"}
LABEL = {"neg": "负面", "neu": "中性", "pos": "正面"}
_MEDIUM = {
    **dict.fromkeys(("weibo", "wb"), "微博"),
    **dict.fromkeys(("rss", "news", "web"), "新闻网站"),
    **dict.fromkeys(("hotline", "12345"), "热线问政"),
    **dict.fromkeys(("xiaohongshu", "xhs"), "小红书"),
    **dict.fromkeys(("douyin", "dy"), "抖音"),
    **dict.fromkeys(("kuaishou", "ks"), "快手"),
    **dict.fromkeys(("bilibili", "bili"), "B站"),
    "forum": "论坛",
    "tieba": "贴吧",
    "zhihu": "知乎",
    "hotlist": "热搜榜",
}
WEEKDAY = "一二三四五六日"

_WAN_PER_YI = 10_000


def money(fen: int | None) -> tuple[str, str]:
    """(figure, unit): 万元 with two decimals, 亿元 from one 亿 on. Rounded half away from zero, from whole fen."""
    if fen is None:
        return UNKNOWN, ""
    if abs(fen) >= FEN_PER_WAN * _WAN_PER_YI:
        return _two_decimals(fen, FEN_PER_WAN * _WAN_PER_YI), "亿元"
    return _two_decimals(fen, FEN_PER_WAN), "万元"


def wan(fen: int | None) -> str:
    """万元 with two decimals and thousands separators, no unit."""
    return UNKNOWN if fen is None else _two_decimals(fen, FEN_PER_WAN)


def yuan(fen: int | None) -> str:
    """Yuan to the fen with thousands separators, no unit: where a single fen matters."""
    if fen is None:
        return UNKNOWN
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100:,}.{abs(fen) % 100:02d}"


def about_wan(fen: int) -> str:
    """An estimate in whole 万元 from ten on, one decimal below: more digits would promise what nobody knows."""
    tenths, whole = ((abs(fen) * parts * 2 + FEN_PER_WAN) // (2 * FEN_PER_WAN) for parts in (10, 1))
    return f"{whole:,}" if tenths >= 100 else f"{tenths // 10}.{tenths % 10}"


def count(n: int | None) -> str:
    return UNKNOWN if n is None else f"{n:,}"


def medium(media: str) -> str:
    """What people call where a post stands; what is not known keeps the word that its source gave it."""
    return _MEDIUM.get(media, media)


def percent(rate: float | None) -> str:
    """One decimal, as the glossary's edge rules ask."""
    return UNKNOWN if rate is None else f"{_half_up(_digits(rate) * 100, '0.1')}%"


def times(leverage: float | None) -> str:
    """Leverage with two decimals, no unit (倍)."""
    return UNKNOWN if leverage is None else _half_up(_digits(leverage), "0.01")


def _digits(number: float) -> Decimal:
    """Those that are written for it, not the longer ones it is held by."""
    return Decimal(repr(float(number)))


def _half_up(number: Decimal, to: str) -> str:
    """As a spreadsheet shows it, and as people learnt it: Python alone would round a half to the even digit."""
    return f"{number.quantize(Decimal(to), ROUND_HALF_UP) + 0:f}"


def local(at: datetime) -> datetime:
    """The moment in Asia/Shanghai, the only zone people see."""
    return at.astimezone(SHANGHAI)


def clock(at: datetime | None) -> str:
    """HH:MM."""
    return UNKNOWN if at is None else f"{local(at):%H:%M}"


def day(at: datetime) -> str:
    """2022年10月28日, without leading zeros, as in official documents."""
    at = local(at)
    return f"{at.year}年{at.month}月{at.day}日"


def month_day(at: datetime) -> str:
    """10月28日."""
    at = local(at)
    return f"{at.month}月{at.day}日"


def day_clock(at: datetime | None, *, now: datetime) -> str:
    """HH:MM today, 10月28日 HH:MM on other days."""
    if at is None:
        return UNKNOWN
    here = local(at)
    return clock(at) if here.date() == local(now).date() else f"{here.month}月{here.day}日 {here:%H:%M}"


def weekday(at: datetime) -> str:
    return f"星期{WEEKDAY[local(at).weekday()]}"


def span(gone: timedelta) -> str:
    """A duration in words, coarse on purpose: 38 秒, 5 分钟, 3 小时 20 分, 2 天."""
    s = int(gone.total_seconds())
    if s < 60:
        return f"{max(s, 0)} 秒"
    if s < 3600:
        return f"{s // 60} 分钟"
    if s < 86400:
        minutes = s % 3600 // 60
        return f"{s // 3600} 小时" + (f" {minutes} 分" if minutes else "")
    return f"{s // 86400} 天"


def business_day_start(at: datetime) -> datetime:
    """00:00 Asia/Shanghai of the statistical day `at` falls in."""
    return local(at).replace(hour=0, minute=0, second=0, microsecond=0)


def week_start(at: datetime) -> datetime:
    """00:00 Asia/Shanghai of the Monday of its week."""
    start = business_day_start(at)
    return start - timedelta(days=start.weekday())


def _two_decimals(value: int, unit: int) -> str:
    hundredths = (abs(value) * 100 * 2 + unit) // (2 * unit)
    sign = "-" if value < 0 and hundredths else ""
    return f"{sign}{hundredths // 100:,}.{hundredths % 100:02d}"
