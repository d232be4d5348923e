"""What every figure of the money is made of: the amount above the line, the one below it, and the words for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from briefing.funds import GENERAL, HEADLINE
from briefing.paper import Kind
from domain.measures import Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Fund:
    """What was given, and what merchants under sanction paid back into it. Fen."""

    allocation_fen: int
    recovered_fen: int


Worked = Callable[[Figures, Fund], int]


class Basis(Enum):
    """What an amount stands on, and so of whom it is known."""

    PLAN = auto()  # the campaign file and the calendar: of everybody
    CLAIMS = auto()  # what platforms tell or count of claims, and tell of subsidies
    USE = auto()  # what they tell of redemptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    name: str
    kind: Kind
    of: Worked
    basis: Basis = Basis.USE


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    words: str
    above: Amount
    below: Amount | None = None
    of_known_use: bool = False  # claims whose use nobody has told are no part of it


ALLOCATION = Amount(name="分配额度", kind=Kind.WAN, of=lambda _, fund: fund.allocation_fen, basis=Basis.PLAN)
NET = Amount(name="净核销金额", kind=Kind.WAN, of=lambda f, _: f.redeemed_net_fen)
_USED = Measure(
    words="资金使用率=（净核销+已付审核补贴）÷分配额度",
    above=Amount(name="净核销+已付审核补贴", kind=Kind.WAN, of=lambda f, _: f.fund_used_fen),
    below=ALLOCATION,
)
_LEVERAGE = Measure(
    words="直接带动比=直接带动消费÷净核销金额",
    above=Amount(name="直接带动消费", kind=Kind.WAN, of=lambda f, _: f.direct_spend_fen),
    below=NET,
)
RATIOS: Mapping[str, Measure] = {
    "核销率": Measure(
        words="核销率=核销（毛）张数÷领取张数",
        above=Amount(name="核销（毛）张数", kind=Kind.COUNT, of=lambda f, _: f.redeemed_gross_count),
        below=Amount(name="领取张数", kind=Kind.COUNT, of=lambda f, _: f.claimed_count),
        of_known_use=True,
    ),
    "资金使用率": _USED,
    "使用率": _USED,
    "直接带动比": _LEVERAGE,
    "带动比": _LEVERAGE,
    "占比": Measure(words="占比=本行业净核销金额÷各行业净核销金额之和", above=NET, below=NET),
    "资金结余": Measure(
        words="结余=分配额度-净核销-已通过审核补贴+已追回",
        above=Amount(
            name="结余",
            kind=Kind.WAN,
            of=lambda f, fund: f.balance_fen(fund.allocation_fen, recovered_fen=fund.recovered_fen),
            basis=Basis.PLAN,
        ),  # a sum's: what nobody tells of is not spent in it
    ),
    "订单金额未报": Measure(
        words="净核销张数+未见核销的退券张数-已报订单金额的笔数",
        above=Amount(name="订单金额未报", kind=Kind.COUNT, of=lambda f, _: f.unpriced_count),
    ),
    "分配": Measure(words="活动配置的分配额度", above=ALLOCATION),
}
RATIOS = {
    **RATIOS,
    "结余": RATIOS["资金结余"],
    "累计使用率": _USED,
    "退券率": Measure(
        words="退券率=退券张数÷核销（毛）张数",
        above=Amount(name="退券张数", kind=Kind.COUNT, of=lambda f, _: f.refunded_count),
        below=Amount(name="核销（毛）张数", kind=Kind.COUNT, of=lambda f, _: f.redeemed_gross_count),
    ),
    "足额率": Measure(
        words="足额率=退回资金池金额÷退券面额",
        above=Amount(name="退回资金池金额", kind=Kind.WAN, of=lambda f, _: f.pool_returned_fen),
        below=Amount(name="退券面额", kind=Kind.WAN, of=lambda f, _: f.refunded_fen),
    ),
    "领取率": Measure(
        words="领取率=领取张数÷投放张数",
        above=Amount(name="领取张数", kind=Kind.COUNT, of=lambda f, _: f.claimed_count, basis=Basis.CLAIMS),
        below=Amount(name="投放张数", kind=Kind.COUNT, of=lambda f, _: f.issued_count, basis=Basis.PLAN),
    ),
    "退券面额": Measure(
        words="台账记录逐笔汇总",
        above=Amount(name="退券面额", kind=Kind.WAN, of=lambda f, _: f.refunded_fen),
    ),
    "退回": Measure(
        words="台账记录逐笔汇总",
        above=Amount(name="退回资金池金额", kind=Kind.WAN, of=lambda f, _: f.pool_returned_fen),
    ),
    "未退回资金池": Measure(
        words="退券面额-退回资金池金额",
        above=Amount(
            name="未退回资金池", kind=Kind.WAN, of=lambda f, _: f.refunded_fen - f.pool_returned_fen
        ),
    ),
    "分配额度": RATIOS["分配"],
    "已付审核补贴": Measure(
        words="台账记录逐笔汇总",
        above=Amount(
            name="已付审核补贴", kind=Kind.WAN, of=lambda f, _: f.subsidy_paid_fen, basis=Basis.CLAIMS
        ),
    ),
}
_SUMS = {
    "投放": "issued", "领取": "claimed", "核销（毛）": "redeemed_gross", "核销": "redeemed_gross", "退券": "refunded",
    "净核销": "redeemed_net",
    "过期未用": "expired", "在途": "outstanding", "审核补贴已付": "subsidy_paid",
}  # fmt: skip
_STOCKS = ("过期未用", "在途")
_SPEND = ("直接带动消费", "带动消费")
_BASIS = {"投放": Basis.PLAN, "领取": Basis.CLAIMS, "审核补贴已付": Basis.CLAIMS}


def measure_of(place: tuple[str, ...]) -> Measure | None:
    """None: a figure that is no sum of the programmes' (a day's flow, a round's, a projection)."""
    if place[0] == GENERAL and place[1].startswith(("当日", "较前日")):
        return None
    name, column = (place[1], place[-1]) if place[0] == HEADLINE else (place[-1].partition("（")[0],) * 2
    if name in RATIOS:
        return RATIOS[name]
    is_money = "元" in place[-1]
    if name in _SPEND:
        field = "direct_spend_fen" if is_money else "orders_count"
    elif name in _SUMS:
        field = f"{_SUMS[name]}_{'fen' if is_money else 'count'}"
    else:
        return None
    kind = Kind.WAN if is_money else Kind.COUNT
    words = "净核销订单的订单总金额之和" if name in _SPEND and is_money else "台账记录逐笔汇总"
    shown, basis = name if column == name else f"{name}·{column}", _BASIS.get(name, Basis.USE)
    amount = Amount(name=shown, kind=kind, of=_field(field), basis=basis)
    return Measure(words=words, above=amount, of_known_use=name in _STOCKS)


def _field(name: str) -> Worked:
    return lambda figures, _: int(getattr(figures, name))
