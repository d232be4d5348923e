"""The day's own money against yesterday up to the same time; a small base gives no share (glossary 4.2)."""

from __future__ import annotations

from collections.abc import Iterator

from briefing.doubt import CLAIMED, NET, kept_cell
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
    if ledger.held & set(_BOTH):
        return ()
    today = ledger.today
    claimed = tell("当日领取{}", _own(f"{count(today.claimed_count)}张", CLAIMS))
    net = tell("净核销{}", _own(f"{wan(today.redeemed_net_fen)}万元", USED))
    claims, claims_share = _claims(ledger)
    change, share = _change(ledger)
    if claims is None or change is None:
        return (joined(claimed, "，", net, "；前日尚未发放，不作比较。"),)
    more = _moved(f"{count(abs(claims))}张", claims, claims_share, CLAIMS_CHANGE, CLAIMS_SHARE)
    gained = _moved(f"{wan(abs(change))}万元", change, share, CHANGE, CHANGE_SHARE)
    return (joined(claimed, "，", more, "；", net, "，", gained, "。"),)


def _moved(words: str, change: int, share: float | None, name: str, share_name: str) -> str:
    head = f"较前日同时{'增加' if change >= 0 else '下降'}{{}}"
    if share is None:
        return tell(head, _own(words, name))
    return tell(f"{head}（{{}}）", _own(words, name), _own(percent(abs(share)), share_name))


def _own(figure: str, name: str) -> tuple[str, str]:
    return figure, key(HEADING, name)


def _claims(ledger: Ledger) -> tuple[int | None, float | None]:
    """In vouchers and as a share; None where there is no yesterday, or too little of it to be a base."""
    before = ledger.yesterday
    if before is None:
        return None, None
    change = ledger.today.claimed_count - before.claimed_count
    return change, change / before.claimed_count if before.claimed_count >= ENOUGH else None


def _change(ledger: Ledger) -> tuple[int | None, float | None]:
    """Likewise of the net redemptions, in fen."""
    before = ledger.yesterday
    if before is None:
        return None, None
    change = ledger.today.redeemed_net_fen - before.redeemed_net_fen
    is_small = before.claimed_count < ENOUGH or before.redeemed_net_fen <= 0
    return change, None if is_small else change / before.redeemed_net_fen
