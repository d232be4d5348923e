"""The sections on the calendar: rounds so far, what opens and falls due next."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from briefing.doubt import CLAIMED, kept_cell
from briefing.money import Ledger, is_silent, is_use_unknown
from briefing.paper import Cell, Kind, Section, Table
from briefing.text import day_of
from domain.campaign import Campaign, Round
from domain.deadlines import due_reports
from domain.readings_scenes import RoundState
from domain.sanity import Kept
from domain.terms import clock, day, month_day
from store.queries.rounds import claimed_of, lots_of, state_of, voucher_rounds

STATE = {
    RoundState.WAITING: "未开始",
    RoundState.OPEN: "领取中",
    RoundState.SOLD_OUT: "已领完",
    RoundState.CLOSED: "领取截止",
}
SOON = timedelta(days=7)
TOMORROW = "明日安排"


def rounds_section(campaign: Campaign, ledger: Ledger, *, as_of: datetime) -> Section:
    columns = (
        ("发放主体", Kind.TEXT), ("轮次", Kind.TEXT), ("开始", Kind.TEXT), ("状态", Kind.TEXT),
        ("投放（张）", Kind.COUNT), ("领取（张）", Kind.COUNT), ("核销（张）", Kind.COUNT),
    )  # fmt: skip
    opened = [r for r in voucher_rounds(campaign, _own(campaign, ledger)) if r.opens_at <= as_of]
    owner = {p.division: p.id for p in ledger.programmes}
    silent = {owner[p.code] for p in ledger.progress if is_silent(p)}
    unused = {owner[p.code] for p in ledger.progress if is_use_unknown(p)}
    held = {owner[p.code]: p.held for p in ledger.progress}
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            _name(campaign, r), f"第{r.no}轮", f"{month_day(r.opens_at)}{clock(r.opens_at)}",
            None if r.programme in silent
            else kept_cell(_state(r, ledger, as_of=as_of), held[r.programme], *CLAIMED),
            sum(line.qty for line in r.lines),
            None if r.programme in silent
            else kept_cell(claimed_of(r, ledger.lots), held[r.programme], *CLAIMED),
            None if r.programme in unused
            else kept_cell(_redeemed_of(r, ledger), held[r.programme], Kept.REDEEMED),
        )
        for r in opened
    )  # fmt: skip
    if not rows:
        return Section(heading="轮次", sentences=("尚无轮次开放领取。",))
    return Section(
        heading="轮次", tables=(Table(id="rounds", title="已开放轮次", columns=columns, rows=rows, names=2),)
    )


def _state(round_: Round, ledger: Ledger, *, as_of: datetime) -> str | None:
    state = state_of(round_, claimed_of(round_, ledger.lots), now=as_of)
    return None if state is None else STATE[state]


def _redeemed_of(round_: Round, ledger: Ledger) -> int:
    return sum(lot.redeemed_count for lot in lots_of(round_, ledger.lots))


def tomorrow_section(campaign: Campaign, ledger: Ledger, *, as_of: datetime) -> Section:
    since = day_of(as_of) + timedelta(days=1)
    sentences = _opening(campaign, ledger, since, since + timedelta(days=1)) or ["明日无新轮次开放。"]
    sentences += _falling_due(campaign, ledger, as_of, since + SOON)
    return Section(heading=TOMORROW, sentences=tuple(sentences))


def next_week_section(campaign: Campaign, ledger: Ledger, *, as_of: datetime) -> Section:
    """What opens and falls due in the seven days from the paper's moment on."""
    until = as_of + SOON
    sentences = _opening(campaign, ledger, as_of, until) or ["下周无新轮次开放。"]
    sentences += _falling_due(campaign, ledger, as_of, until)
    return Section(heading="下周安排", sentences=tuple(sentences))


def _opening(campaign: Campaign, ledger: Ledger, since: datetime, until: datetime) -> list[str]:
    """A sentence for every moment and number of round."""
    opening: dict[tuple[datetime, int], list[str]] = defaultdict(list)
    for r in _own(campaign, ledger):
        if since <= r.opens_at < until:
            opening[r.opens_at, r.no].append(_name(campaign, r))
    return [
        f"{month_day(at)}{clock(at)}，{'、'.join(names)}第{no}轮开放领取。"
        for (at, no), names in sorted(opening.items())
    ]


def _falling_due(campaign: Campaign, ledger: Ledger, since: datetime, until: datetime) -> list[str]:
    return [
        f"{day(d.due_at)}前，{d.who}报送{d.name}。"
        for d in due_reports(campaign, [p.id for p in ledger.programmes])
        if d.due_at is not None and since <= d.due_at < until
    ]


def _own(campaign: Campaign, ledger: Ledger) -> list[Round]:
    ids = {p.id for p in ledger.programmes}
    return sorted((r for r in campaign.round if r.programme in ids), key=lambda r: r.opens_at)


def _name(campaign: Campaign, round_: Round) -> str:
    programme = campaign.programmes[round_.programme]
    division = campaign.divisions.get(programme.division)
    return division.name if division else programme.name
