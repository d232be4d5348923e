"""The day's own money against yesterday up to the same time; a small base gives no share (glossary 4.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from briefing.doubt import CLAIMED, NET, kept_cell, kept_words
from briefing.money import Ledger
from briefing.paper import Cell, Figure, Kind, joined, tell
from briefing.reference import key
from domain.measures import ENOUGH
from domain.sanity import Kept
from domain.terms import count, percent, wan

HEADING = "总体情况"
CLAIMS, CLAIMS_CHANGE, CLAIMS_SHARE = "当日领取（张）", "较前日同时领取变化（张）", "较前日同时领取变化率"
USED, CHANGE, CHANGE_SHARE = "当日净核销", "较前日同时净核销变化", "较前日同时净核销变化率"
_BOTH = (*CLAIMED, *NET)


def day_figures(ledger: Ledger) -> Iterator[Figure]:
    claims, claims_share = _claims(ledger)
    change, share = _change(ledger)
    cells: tuple[tuple[str, Kind, Cell, tuple[Kept, ...]], ...] = (
        (CLAIMS, Kind.COUNT, ledger.today.claimed_count, CLAIMED),
        (CLAIMS_CHANGE, Kind.COUNT, claims, CLAIMED),
        (CLAIMS_SHARE, Kind.RATE, claims_share, CLAIMED),
        (USED, Kind.WAN, ledger.today.redeemed_net_fen, NET),
        (CHANGE, Kind.WAN, change, _BOTH),
        (CHANGE_SHARE, Kind.RATE, share, _BOTH),
    )
    for name, kind, cell, needs in cells:
        yield Figure(name=name, kind=kind, cell=kept_cell(cell, ledger.held, *needs))


def day_sentence(ledger: Ledger) -> tuple[str, ...]:
    today, held = ledger.today, ledger.held
    claimed = tell("当日领取{}", _own(kept_words(count(today.claimed_count), "张", held, *CLAIMED), CLAIMS))
    net = tell("净核销{}", _own(kept_words(wan(today.redeemed_net_fen), "万元", held, *NET), USED))
    if ledger.yesterday is None:
        return (joined(claimed, "，", net, "；前日同时尚未发放，不作比较。"),)
    claims, change = (None, None) if held & set(CLAIMED) else _claims(ledger), _change(ledger)
    more = _moved(*claims, _vouchers, CLAIMS_CHANGE, CLAIMS_SHARE)
    gained = _moved(*((None, None) if held & set(_BOTH) else change), _money, CHANGE, CHANGE_SHARE)
    return (joined(claimed, "，", more, "；", net, "，", gained, "。"),)


def _moved(
    change: int | None, share: float | None, words: Callable[[int], str], name: str, share_name: str
) -> str:
    if change is None:
        return "不作比较"
    head = f"较前日同时{'增加' if change >= 0 else '下降'}{{}}"
    if share is None:
        return tell(head, _own(words(abs(change)), name))
    return tell(f"{head}（{{}}）", _own(words(abs(change)), name), _own(percent(abs(share)), share_name))


def _own(figure: str, name: str) -> tuple[str, str]:
    return figure, key(HEADING, name)


def _vouchers(n: int) -> str:
    return f"{count(n)}张"


def _money(fen: int) -> str:
    return f"{wan(fen)}万元"


def _claims(ledger: Ledger) -> tuple[int | None, float | None]:
    """In vouchers and as a share; None where the day is unknown, there is no yesterday, or too little to be a base."""
    now, before = (
        ledger.told_today.claimed_count,
        ledger.yesterday.claimed_count if ledger.yesterday else None,
    )
    if now is None or before is None:
        return None, None
    return now - before, (now - before) / before if before >= ENOUGH else None


def _change(ledger: Ledger) -> tuple[int | None, float | None]:
    """Likewise of the net redemptions, in fen."""
    now, yesterday = ledger.told_today.redeemed_net_fen, ledger.yesterday
    before = yesterday.redeemed_net_fen if yesterday else None
    if now is None or yesterday is None or before is None:
        return None, None
    is_small = (yesterday.redeemed_count or 0) < ENOUGH or before <= 0
    return now - before, None if is_small else (now - before) / before
